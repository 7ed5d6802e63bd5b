"""Writing files: all of a set or none, one writer at a time, and what is open elsewhere."""
