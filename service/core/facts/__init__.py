"""What comes from outside, as plain values, and the pure readers of it."""
