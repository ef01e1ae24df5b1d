"""Sources of names beside the sweep, and the one loop that follows them."""
