"""A scenario through the whole loop: the real daemon's parts on simulated days, against the lab."""
