"""The cells of a workbook as a table of text, for the next run to compare its own with; and tables made of it again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

import pandas as pd

from budgetmodel.checks.cells import words
from budgetmodel.checks.grids import unfolded
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.tables import Table, Tables

HEADING, OWN_HEADING, NUMBER, TEXT, FLAG, DATE = "heading", "own heading", "number", "text", "yes or no", "date"
"""Kinds of cells. What is none of them (an error, a formula without a value) is kept as its text."""

_LETTERS = re.compile(r"[A-Z]+")

Row = tuple[str, str, int, str, str, str]


def kept_cells(tables: Tables) -> pd.DataFrame:
    """The result table `input_cells`: every heading and filled cell of the sheets, in their order.

    Rows that a pack joined are left out: they are cells of another file, whose hash is on record.
    """
    rows = [row for table in tables.values() for row in (*_headings(table), *_cells(table))]
    return result_table("input_cells", rows)


def _headings(table: Table) -> Iterator[Row]:
    for column, letter in table.letters.items():
        kind = OWN_HEADING if column in table.extra else HEADING
        yield table.sheet, f"{letter}{table.header_row}", table.header_row, column, kind, table.headings.get(column, "")


def _cells(table: Table) -> Iterator[Row]:
    columns = [(column, table.letters[column], table.column(column)) for column in table.letters]
    for position, row in enumerate(table.rows):
        if position in table.joined or (position, "") in table.origins:  # the cells of a grid are kept as the grid's
            continue
        for column, letter, values in columns:
            if values[position] is not None:
                yield table.sheet, f"{letter}{row}", row, column, *_typed(values[position])


def _typed(value: object) -> tuple[str, str]:
    """The kind of a value, and its text."""
    if isinstance(value, bool):
        return FLAG, words(value)
    if isinstance(value, int | float):
        return NUMBER, repr(float(value))
    if isinstance(value, dt.datetime | dt.date):
        return DATE, value.isoformat()
    return TEXT, str(value)


def tables_of(cells: pd.DataFrame) -> Tables:
    """The tables behind a frame `input_cells`, or one read from its file: the same sheets, addresses and values.

    Grids are unfolded as when a workbook is read.

    Raises ValueError for a number or a date that is none.
    """
    columns = ("sheet", "cell", "row", "column", "kind", "value")
    rows = zip(*(cells[name].tolist() for name in columns), strict=True)
    by_sheet: dict[str, list[Row]] = {}
    for sheet, cell, row, column, kind, value in rows:
        by_sheet.setdefault(sheet, []).append((sheet, cell, int(row), column, kind, value))
    return unfolded({sheet: _table(sheet, own) for sheet, own in by_sheet.items()})


def _table(sheet: str, rows: Iterable[Row]) -> Table:
    letters: dict[str, str] = {}
    headings: dict[str, str] = {}
    extra: list[str] = []
    filled: dict[int, dict[str, object]] = {}
    header_row = 1
    for _, cell, row, column, kind, value in rows:
        if kind in (HEADING, OWN_HEADING):
            found = _LETTERS.match(cell)
            letters[column], headings[column], header_row = found.group() if found else "A", value, row
            extra += [column] if kind == OWN_HEADING else []
        else:
            filled.setdefault(row, {})[column] = _value(kind, value)
    values = {column: tuple(own.get(column) for own in filled.values()) for column in letters}
    return Table(sheet, header_row, Frozen(letters), Frozen(headings), tuple(filled), Frozen(values), tuple(extra))


def _value(kind: str, text: str) -> object:
    if kind == NUMBER:
        return float(text)
    if kind == FLAG:
        return text == words(True)  # the value itself
    return dt.datetime.fromisoformat(text) if kind == DATE else text
