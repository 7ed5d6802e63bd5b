"""The lines that the console prints at the end of a run, and the lines of `explain`."""
