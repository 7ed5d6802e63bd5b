"""Where things stand on a sheet of the input workbook, and its columns as they are written: headings, values, cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from budgetmodel.checks.cells import LARGEST
from budgetmodel.contract.schema import Column, Kind, Sheet, fold_heading, heading_unit
from budgetmodel.excel.write.styles import input_number, number_width, text_width

TITLE_ROW, PURPOSE_ROW, LINK_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2, 3, 4
"""Where things stand on every sheet, counted from 0. Live totals share the row of the link back."""

EMPTY_ROWS = 12
"""Rows drawn where a table has none yet."""

ROOM = 1_000
"""Blank rows that a table and the lists drawn from it reach below the rows that are there: a protected sheet's table
does not grow by itself."""

LAST_ROW = FIRST_ROW + 100_000
"""Live totals, and what is said of a cell that is typed into, reach to here (Excel's number of the row)."""

LONGEST_TEXT = 52.0

EMPTY_WIDTHS = {Kind.NAME: 24.0, Kind.MEMBER: 22.0, Kind.SELECTOR: 16.0, Kind.TEXT: 14.0, Kind.RAW: 12.0}
"""Least widths of columns that hold nothing yet, in characters."""

EMPTY_WIDTH = 11.0

SETTING_WIDTH = 44.0
"""Least width of the settings' values: titles and names of systems are typed there."""

TEXT_KINDS = (Kind.TEXT, Kind.NAME, Kind.MEMBER, Kind.CHOICE, Kind.YEAR, Kind.SELECTOR)


@dataclass(frozen=True)
class Field:
    """One column of one sheet as it is written: its heading, and the contract's record of it (None for an extra)."""

    heading: str
    column: Column
    values: tuple[object, ...]
    extra: bool = False

    @property
    def is_text(self) -> bool:
        """Whether cells hold text whatever they look like."""
        return self.column.kind in TEXT_KINDS or self.column.cells == "text"

    @property
    def numbers(self) -> list[float]:
        """The figures among the values."""
        return [value for value in self.values if isinstance(value, int | float)]

    @property
    def style(self) -> str:
        """The number format of the cells that are filled."""
        if self.is_text:
            return "text"
        return "input percent" if self.column.kind is Kind.PERCENT else input_number(self.numbers)

    @property
    def blank_style(self) -> str:
        """The number format of cells still to be filled: one that shows whatever is typed as it was typed."""
        if self.is_text or self.column.kind is Kind.PERCENT:
            return self.style
        if self.column.kind is Kind.RAW or not self.numbers:
            return "general"
        return self.style

    @property
    def width(self) -> float:
        """Characters that the column would like to have."""
        texts = [str(value) for value in self.values if isinstance(value, str)]
        wide = text_width(texts, self.heading, longest=LONGEST_TEXT)
        wide = wide if self.values else max(wide, EMPTY_WIDTHS.get(self.column.kind, EMPTY_WIDTH))
        largest = max((abs(number) for number in self.numbers), default=0.0)
        return wide if self.is_text else max(wide, number_width(largest, self.style, self.heading))


Written = Mapping[str, list[Field]]
"""The columns of every sheet, by the sheet's name."""


def fields_of(sheet: Sheet, frame: pd.DataFrame | None) -> list[Field]:
    """The columns of the contract in its order, each with its values, then columns that are the workbook's own."""
    frame = pd.DataFrame() if frame is None else frame
    given = {fold_heading(str(name)): str(name) for name in frame.columns}
    known = {fold_heading(column.name) for column in sheet.columns}
    fields = []
    for column in sheet.columns:
        name = given.get(fold_heading(column.name))
        values = tuple(_plain(value) for value in frame[name]) if name is not None else (None,) * len(frame)
        unit = heading_unit(name) if name is not None else ""
        fields.append(Field(f"{column.name} ({unit})" if unit else column.heading, column, values))
    extras = [name for key, name in given.items() if key not in known]
    fields += [Field(name, Column(name, Kind.RAW), tuple(map(_plain, frame[name])), extra=True) for name in extras]
    return fields


def _plain(value: Any) -> object:
    """A cell as text, int, float or None; raises ValueError for a number that no workbook can hold."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value or None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a number that a workbook can hold")
    return int(number) if number.is_integer() and abs(number) < LARGEST else number


def field_of(written: Written, sheet: str, column: str) -> Field:
    """The column of a sheet as it is written; KeyError when there is none."""
    for field in written[sheet]:
        if field.column.name == column:
            return field
    raise KeyError(column)


def letter_of(written: Written, sheet: str, column: str) -> str:
    """The letters of a column; KeyError when there is none."""
    for number, field in enumerate(written[sheet]):
        if field.column.name == column:
            return str(xl_col_to_name(number))
    raise KeyError(column)


def cells_of(written: Written, sheet: str, column: str, last: int = LAST_ROW) -> str:
    """The cells of a column from its first row, as a formula on any sheet names them: `Funding!$C$5:$C$100004`."""
    letter = letter_of(written, sheet, column)
    quoted = sheet if sheet.isalnum() else f"'{sheet}'"
    return f"{quoted}!${letter}${FIRST_ROW + 1}:${letter}${last}"


def names_of(written: Written, sheet: str) -> str:
    """The cells that name the members of a sheet, with room for more, as the source of a drop-down list."""
    for number, field in enumerate(written[sheet]):
        if field.column.kind in (Kind.NAME, Kind.YEAR):
            letter = xl_col_to_name(number)
            return f"='{sheet}'!${letter}${FIRST_ROW + 1}:${letter}${table_end(written[sheet])}"
    raise ValueError(f"{sheet} names no members")


def rows_of(fields: list[Field]) -> int:
    """The number of rows of a sheet that are written."""
    return max((len(field.values) for field in fields), default=0)


def table_end(fields: list[Field]) -> int:
    """Excel's number of the last row of a sheet's table, the blank rows for more included."""
    return FIRST_ROW + rows_of(fields) + ROOM


def table_name(sheet: str) -> str:
    """The name of a sheet's Excel table, which may hold no space.

    >>> table_name("Regime costs")
    'tblRegimecosts'
    """
    return f"tbl{sheet.replace(' ', '')}"


def setting(written: Written, name: str) -> str:
    """A setting of About as text, or nothing."""
    columns = (field_of(written, "About", column).values for column in ("Setting", "Value"))
    values = [str(value) for key, value in zip(*columns, strict=True) if key == name and value is not None]
    return values[0] if values else ""
