"""Facts about the health system that no workbook holds: text tables with a source on every row."""
