"""Figures below 0 that round to 0 are shown as 0, without brackets. The cells have the unrounded value.

A number format alone is not safe: formats with conditions may write a minus of their own in some of their parts, and
programs differ in which. A conditional format does it the same way everywhere; a sheet of values alone needs none.
"""

from __future__ import annotations

from math import isnan
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from budgetmodel.excel.write.styles import Formats, half_digit


def is_negative_zero(kind: str, value: object) -> bool:
    """Whether a figure is below 0 and rounds to 0 in the number format `kind`."""
    half = half_digit(kind) if isinstance(value, float) and value < 0 else None
    return half is not None and isinstance(value, float) and value > -half


def holds_values(sheet: Any) -> bool:
    """Whether a worksheet has no formula, so that its figures never change."""
    return bool(getattr(sheet, "values_only", False))


def missing(value: object) -> bool:
    """Whether a figure is None, blank or NaN."""
    return value is None or value == "" or (isinstance(value, float) and isnan(value))


def fixed(formats: Formats, kind: str, value: object, *, total: bool) -> Any:
    """The format of a figure in a sheet of values, where it is not the usual one of its kind; None where it is.

    The sign for a missing figure is aligned to the right, like figures.
    """
    if is_negative_zero(kind, value):
        return formats.nought_cell(kind, total=total)
    if missing(value):
        return formats.total(kind, align="right") if total else formats.cell(kind, align="right")
    return None


def show_negative_zero_as_zero(sheet: Any, formats: Formats, kind: str, cells: tuple[int, int, int, int]) -> None:
    """Show a negative figure as 0 that `kind` rounds to 0; `cells` are first row, column, last row, column."""
    half, own = half_digit(kind), xl_rowcol_to_cell(cells[0], cells[1])
    if half is None or holds_values(sheet):
        return
    least = f"{half:.10f}".rstrip("0")
    rule = {"type": "formula", "criteria": f"=AND({own}<0,{own}>-{least})", "format": formats.nought(kind)}
    sheet.conditional_format(*cells, rule)
