"""Events, when to try again, signatures."""
