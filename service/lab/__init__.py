"""A small internet on loopback, for tests and replays."""
