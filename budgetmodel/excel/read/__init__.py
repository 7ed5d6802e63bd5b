"""From an Excel file to tables of cells, behind a guard that looks at the file first."""
