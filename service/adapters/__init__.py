"""Outside systems, one file each; they know ports, not the flow."""
