"""Helpers that tests share: a workbook builder, an independent oracle and random workbooks."""
