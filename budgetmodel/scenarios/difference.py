"""What changed between two input workbooks: rows paired by what names them, values compared as the model reads them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

import pandas as pd

from budgetmodel.checks.cells import number, words
from budgetmodel.checks.frames import type_tables
from budgetmodel.checks.typed import Typed
from budgetmodel.contract.schema import SHEET, SHEETS, YEARS, Column, Kind, Sheet, fold
from budgetmodel.contract.selectors import ALL, Selection, parts, with_tidy_years
from budgetmodel.contract.tables import Table, Tables
from budgetmodel.excel.read.workbook import read_workbook

COLUMNS = ("sheet", "kind", "key", "column", "old_cell", "new_cell", "old", "new")
"""The columns of `diff`."""

NAMING = (Kind.NAME, Kind.MEMBER, Kind.CHOICE, Kind.YEAR)
"""Kinds of cells that are the same whatever their case."""

CHANGED, ADDED, REMOVED = "changed", "added", "removed"

ORDER = "(order of rows)"
"""Given in place of a column where rows are in another order and the order has a meaning."""

SHOWN, WIDTH = 40, 80
"""Lines and characters of the list on the console."""

TOLERANCE = 1e-12
"""Relative difference below which figures are the same: £m and £k differ by rounding."""

Change = dict[str, object]


def diff(before: str | Path, after: str | Path) -> pd.DataFrame:
    """Every difference between two input workbooks, in sheet order: one row per changed cell, added or removed row.

    Columns: `sheet`, `kind` (changed, added, removed), `key` (what names the row), `column` (of a changed cell),
    `old_cell`, `new_cell` (addresses such as `D17`), `old`, `new`. Values are compared as they are read: money in £m
    whatever the unit, 2% as 0.02, a blank as its default, other names of a place as its name; the order of rows
    counts only where it has a meaning (Contracts, Changes). `old` and `new` are such values; for a whole row they are
    its cells as text, and None on the other side. What cannot be read as its column wants is compared as text, so
    workbooks with problems can be compared too.

    Raises FileTrouble when a file cannot be read and InputErrors when it is no workbook.
    """
    return table_changes(read_workbook(before).tables, read_workbook(after).tables)


def table_changes(before: Tables, after: Tables, sheets: Sequence[Sheet] = SHEETS) -> pd.DataFrame:
    """As `diff`, of the tables of two workbooks or of two scenarios; a row that a change appended has its address."""
    old, new = type_tables(before), type_tables(after)
    changes = [change for sheet in sheets for change in _sheet_changes(sheet, old, new)]
    return pd.DataFrame([[change[name] for name in COLUMNS] for change in changes], columns=list(COLUMNS), dtype=object)


@dataclass(frozen=True)
class _Row:
    """One row: its table, its position, and its values as they are read, by column."""

    sheet: Sheet
    table: Table
    position: int
    values: dict[str, object]

    @property
    def identity(self) -> tuple[Hashable, ...]:
        return tuple(_same_as(self.values[name], self.sheet, name) for name in self.sheet.identity)

    @property
    def all_alike(self) -> tuple[Hashable, ...]:
        return tuple(_same_as(value, self.sheet, name) for name, value in self.values.items())

    @property
    def key(self) -> str:
        return ", ".join(str(value) for name in self.sheet.identity if (value := self.values[name]) is not None)

    @property
    def text(self) -> str:
        """The filled cells, as `column = value`, those of the key left out."""
        cells = {name: self.table.column(_own(self.table, name))[self.position] for name in self.values}
        shown = {name: words(v) for name, v in cells.items() if v is not None and name not in self.sheet.identity}
        return "; ".join(f"{name} = {value}" for name, value in shown.items())

    def cell(self, column: str) -> str:
        """The address of a value; nothing when the workbook does not have the column."""
        own = _own(self.table, column)
        given = own in self.table.letters or (self.position, own) in self.table.origins
        if not given and self.position not in self.table.appended:
            return ""
        address = self.table.address(self.position, own)
        return address.cell if address.sheet == self.sheet.name else address.text


def _rows(typed: Typed, sheet: Sheet, more: Sequence[str]) -> list[_Row]:
    """The rows of a sheet, with the columns of the contract and `more`; none when the sheet is not there."""
    table = typed.tables.get(sheet.name)
    if table is None:
        return []
    values = {
        column.name: [
            _read(cell, value, column)
            for cell, value in zip(table.column(column.name), typed.frames[sheet.name][column.name], strict=True)
        ]
        for column in sheet.columns
    }
    values |= {name: [_as_text(cell) for cell in table.column(_own(table, name))] for name in more}
    return [_Row(sheet, table, n, {name: column[n] for name, column in values.items()}) for n in range(len(table))]


def _own(table: Table, name: str) -> str:
    """The name of a column in this table; columns that are not the contract's may differ in case."""
    return next((own for own in table.letters if fold(own) == fold(name)), name)


def _column(sheet: Sheet, name: str) -> Column:
    """The contract's record of a column; one of the workbook's own is plain text."""
    return next((column for column in sheet.columns if column.name == name), Column(name))


def _sheet_changes(sheet: Sheet, before: Typed, after: Typed) -> Iterator[Change]:
    tables = [typed.tables[sheet.name] for typed in (before, after) if sheet.name in typed.tables]
    more = tuple({fold(name): name for table in tables for name in table.extra}.values())
    old, new = (_rows(typed, sheet, more) for typed in (before, after))
    pairs = _paired(old, new)
    paired_old, paired_new = {a.position for a, _ in pairs}, {b.position for _, b in pairs}
    for a, b in pairs:
        yield from _cell_changes(a, b)
    if sheet.ordered:
        yield from _moved(pairs)
    first = sheet.columns[0].name
    for row in new:
        if row.position not in paired_new:
            yield _change(sheet, ADDED, row.key, "", "", row.cell(first), None, row.text)
    for row in old:
        if row.position not in paired_old:
            yield _change(sheet, REMOVED, row.key, "", row.cell(first), "", row.text, None)


def _paired(old: Sequence[_Row], new: Sequence[_Row]) -> list[tuple[_Row, _Row]]:
    """Rows of the same name; where several bear it, equal ones first and the rest from top to bottom."""
    pairs: list[tuple[_Row, _Row]] = []
    for by in ("all_alike", "identity"):
        taken = [{pair[side].position for pair in pairs} for side in (0, 1)]
        waiting: dict[Hashable, list[_Row]] = {}
        for row in old:
            if row.position not in taken[0]:
                waiting.setdefault(getattr(row, by), []).append(row)
        for row in new:
            match = waiting.get(getattr(row, by)) if row.position not in taken[1] else None
            if match:
                pairs.append((match.pop(0), row))
    return sorted(pairs, key=lambda pair: pair[1].position)


def _cell_changes(a: _Row, b: _Row) -> Iterator[Change]:
    for name, new in b.values.items():
        old = a.values[name]
        if _same_as(old, b.sheet, name) != _same_as(new, b.sheet, name) and not _close(old, new):
            yield _change(b.sheet, CHANGED, b.key, name, a.cell(name), b.cell(name), old, new)


def _moved(pairs: Sequence[tuple[_Row, _Row]]) -> Iterator[Change]:
    """The first row that is in another place among the rows that both workbooks have."""
    was = sorted((a for a, _ in pairs), key=lambda row: row.position)
    for earlier, (now, row) in zip(was, pairs, strict=True):
        if earlier is not now:
            first = row.sheet.columns[0].name
            sides = (earlier.cell(first), row.cell(first), earlier.key, row.key)
            yield _change(row.sheet, CHANGED, row.key, ORDER, *sides)
            return


def _change(
    sheet: Sheet, kind: str, key: str, column: str, old_cell: str, new_cell: str, old: object, new: object
) -> Change:
    return dict(zip(COLUMNS, (sheet.name, kind, key, column, old_cell, new_cell, old, new), strict=True))


def _read(cell: object, typed: Any, column: Column) -> object:
    """What a cell is read as: a number, a text, or None for blank; a cell that cannot be read stays its text."""
    if typed is None or isinstance(typed, Selection) or (isinstance(typed, float) and math.isnan(typed)):
        return _as_text(cell)
    if column.kind is Kind.RAW and column.cells != "text":  # a cell of any kind: 2% as text is the same as 0.02
        figure = number(typed)[0]
        return figure if isinstance(figure, float) else words(typed)
    return typed if isinstance(typed, float) else words(typed)


def _as_text(cell: object) -> object:
    return None if cell is None else words(cell)


def _same_as(value: object, sheet: Sheet, name: str) -> Hashable:
    """What a value is compared as: names whatever their case, selectors whatever the order of their parts."""
    column = _column(sheet, name)
    if column.kind is Kind.SELECTOR:
        text = str(value or ALL)
        return frozenset(fold(part) for part in parts(with_tidy_years(text) if column.refers == YEARS else text))
    if isinstance(value, float):
        return f"{value:.12g}"
    is_name = column.kind in NAMING or column.refers or column.one_name_in or name in sheet.identity
    return None if value is None else fold(str(value)) if is_name else str(value)


def _close(old: object, new: object) -> bool:
    numbers = isinstance(old, float) and isinstance(new, float)
    return numbers and math.isclose(float(str(old)), float(str(new)), rel_tol=TOLERANCE)


def change_lines(changes: pd.DataFrame, before: str, after: str) -> list[str]:
    """The list for a console: at most `SHOWN` lines of `WIDTH` characters, the rest counted, and the sum of it."""
    records = changes.to_dict("records")
    lines = [shorten(change_line({str(k): v for k, v in each.items()}), WIDTH, placeholder=" ...") for each in records]
    if len(lines) > SHOWN:
        lines = [*lines[: SHOWN - 1], f"... and {len(lines) - SHOWN + 1} more: --json lists them all."]
    counts = [f"{int((changes['kind'] == kind).sum())} {kind}" for kind in (CHANGED, ADDED, REMOVED)]
    if not records:
        return [f"{before} and {after}: no difference."]
    return [*lines, f"{before} -> {after}: {', '.join(counts)}."]


def change_line(change: dict[str, Any]) -> str:
    """A row of `diff` in words: the cell, what names its row, and old -> new."""
    key = shorten(str(change["key"]), 34, placeholder="..")
    if change["kind"] == ADDED:
        return f"+ {change['sheet']}!{change['new_cell']} {key}: {change['new']}"
    if change["kind"] == REMOVED:
        return f"- {change['sheet']}!{change['old_cell']} {key}: {change['old']}"
    cells = " -> ".join(dict.fromkeys((change["old_cell"], change["new_cell"])))
    column = column_of(str(change["sheet"]), str(change["column"]))
    old, new = (value_words(change[side], column) for side in ("old", "new"))
    return f"{change['sheet']}!{cells} {key}, {change['column']}: {old} -> {new}"


def column_of(sheet: str, column: str) -> Column:
    """The contract's record of a column of a sheet; one of the workbook's own is plain text."""
    return _column(SHEET[sheet], column)


def value_words(value: object, column: Column) -> str:
    """A value as it is read, in words: `£100m`, `2%`, `blank`."""
    if value is None:
        return "blank"
    if isinstance(value, float) and column.kind is Kind.PERCENT:
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return f"£{value:.10g}m" if column.kind is Kind.MONEY else f"{value:.10g}"
    return str(value)
