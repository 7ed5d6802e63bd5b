"""The sheets of the results workbook, a module each."""
