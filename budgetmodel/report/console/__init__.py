"""What the console says at the end of a run, and what `explain` prints."""
