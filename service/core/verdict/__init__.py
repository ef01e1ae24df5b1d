"""Facts in, verdicts with their reasons out: availability, likeness, signals, judgement. Pure."""
