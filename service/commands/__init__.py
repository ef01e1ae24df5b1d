"""What each command of the command line does; ``cli.py`` parses and calls."""
