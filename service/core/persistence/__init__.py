"""What becomes of a site over time: states, episodes, blocks, due times. Pure."""
