"""Grids into the rows of the tables that they give across, each value with the cell of the grid that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.schema import GRIDS, SHEET, Grid
from budgetmodel.contract.tables import Table, Tables

Cell = tuple[object, tuple[str, str]]
"""A value, and the sheet and cell that hold it."""


def unfolded(tables: Tables) -> Tables:
    """The tables with a row for every figure of their grids, which stay as they are.

    A blank cell of a grid makes no row. Rows and columns that are totals become rows that are totals, which are told
    and left out with those of any sheet; names in the heads and at the side are checked as names in a row are.
    """
    made = dict(tables)
    for grid in GRIDS:
        wide = tables.get(grid.name)
        if wide is not None:
            made[grid.table] = _with_rows(made.get(grid.table) or _empty(SHEET[grid.table].name), wide, grid)
    return Frozen(made)


def _empty(name: str) -> Table:
    names = {column.name: column.name for column in SHEET[name].columns}
    return Table(name, 1, Frozen({}), Frozen(names), (), Frozen(dict.fromkeys(names, ())))


def _with_rows(table: Table, wide: Table, grid: Grid) -> Table:
    rows = list(_rows(wide, grid))
    size = len(table)
    names = dict.fromkeys([*table.values, *(name for row in rows for name in row)])
    columns = {name: (*table.column(name), *(row[name][0] if name in row else None for row in rows)) for name in names}
    origins = {
        (size + at, name): origin
        for at, row in enumerate(rows)
        for name, origin in (*((name, cell) for name, (_, cell) in row.items()), ("", row[grid.value][1]))
    }
    return replace(
        table,
        headings=Frozen({**{name: name for name in names}, **table.headings}),
        rows=(*table.rows, *(0 for _ in rows)),
        values=Frozen(columns),
        origins=Frozen({**table.origins, **origins}),
    )


def _rows(wide: Table, grid: Grid) -> Iterator[Mapping[str, Cell]]:
    """A row for every filled figure, row by row and from left to right."""
    sides = [name for name in (*grid.down, *grid.beside) if name in wide.letters]
    heads = sorted(wide.extra, key=lambda head: (len(wide.letters[head]), wide.letters[head]))
    for at, number in enumerate(wide.rows):
        side = {name: (wide.column(name)[at], (wide.sheet, f"{wide.letters[name]}{number}")) for name in sides}
        for head in heads:
            value = wide.column(head)[at]
            if value is not None:
                letter = wide.letters[head]
                across = (wide.headings[head], (wide.sheet, f"{letter}{wide.header_row}"))
                yield {**side, grid.across: across, grid.value: (value, (wide.sheet, f"{letter}{number}"))}
