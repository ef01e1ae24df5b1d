"""The long-running process: ticks, health, signals."""
