"""The input workbook as it is written: blank, or filled with tables."""
