"""Facts and decisions. Nothing in here touches clock, network, files or randomness."""
