"""The sheets that give a table across: their heads are members, so any heading is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from budgetmodel.checks.cells import words
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Issue, IssueList
from budgetmodel.contract.schema import GRIDS, Grid, Sheet, fold
from budgetmodel.contract.tables import Table
from budgetmodel.excel.read.cells import SheetCells, column_letter

Reading = Callable[[Sheet, SheetCells, IssueList], Table | None]


def grids_of(contract: Sequence[Sheet]) -> tuple[Grid, ...]:
    """The grids of the tables that are looked for."""
    names = {sheet.name for sheet in contract}
    return tuple(grid for grid in GRIDS if grid.table in names)


def read_grids(
    sheets: Sequence[SheetCells], grids: Sequence[Grid], read: Reading, issues: IssueList
) -> dict[str, Table]:
    """The grids among the sheets, each as a table with a column per head; what is wrong with their shape is added.

    Rows without a name at the side are kept, so that the figures in them are told.
    """
    present = {fold(cells.name): cells for cells in sheets if cells.rows}
    found: dict[str, Table] = {}
    for grid in grids:
        cells = present.get(fold(grid.name))
        if cells is None:
            continue
        issues.extend(cells.issues)
        shape = IssueList()
        table = read(grid.as_sheet, cells, shape) if cells.whole else None
        issues.extend(issue for issue in shape.told() if issue.code != "COL_UNUSED")  # those are the heads
        if table is not None:
            found[grid.name] = _whole(table, cells, issues)
    return found


def _whole(table: Table, cells: SheetCells, issues: IssueList) -> Table:
    """The table with its rows of figures only, too; a head that stands twice is an error."""
    heads = next(row for number, row in cells.rows if number == table.header_row)
    issues.extend(_twice(table, heads))
    numbers = {
        name: number for number in heads for name, letter in table.letters.items() if column_letter(number) == letter
    }
    data = [
        (row, values)
        for row, values in cells.rows
        if row > table.header_row and any(number in values for number in numbers.values())
    ]
    return replace(
        table,
        rows=tuple(row for row, _ in data),
        values=Frozen({name: tuple(values.get(number) for _, values in data) for name, number in numbers.items()}),
    )


def _twice(table: Table, heads: Mapping[int, object]) -> list[Issue]:
    first: dict[str, str] = {}
    found = []
    for number, head in sorted(heads.items()):
        cell = f"{column_letter(number)}{table.header_row}"
        other = first.setdefault(fold(words(head)), cell)
        if other != cell:
            what = f"'{words(head)}' heads {other} too"
            fix = "Put all its figures into one column."
            found.append(Issue("COL_DUP", "error", table.sheet, cell, what, "each column once", fix))
    return found
