"""The steps from a name to an alert. Start with ``examine.py``."""
