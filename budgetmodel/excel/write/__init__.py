"""The look of every workbook that is written, and a faster way to write a sheet."""
