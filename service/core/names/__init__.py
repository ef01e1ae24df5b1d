"""One set of rules that generates and recognises lookalike names. Pure."""
