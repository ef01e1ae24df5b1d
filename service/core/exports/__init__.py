"""What others load: lists for people, for blockers and for sharing. Pure: entries in, text out, line by line."""
