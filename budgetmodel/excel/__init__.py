"""Excel files: the guard at the door, reading cells into tables, and writing input workbooks."""
