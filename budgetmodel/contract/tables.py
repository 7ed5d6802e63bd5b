"""Tables of cells as the workbook holds them: values with their addresses, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # frames are read here, never made: whoever reads a change in words need not wait for pandas
    import pandas as pd

from budgetmodel.contract.frozen import Frozen


@dataclass(frozen=True)
class ErrorCell:
    """A cell that shows an Excel error such as `#REF!`."""

    text: str

    def __str__(self) -> str:
        """The error as Excel shows it."""
        return self.text


@dataclass(frozen=True)
class NoStoredValue:
    """A formula that was saved without its result."""

    formula: str

    def __str__(self) -> str:
        """The formula."""
        return self.formula


@dataclass(frozen=True)
class Unreadable:
    """What a file holds in a number cell that is no number Excel could hold, such as `NaN`, `1_000` or `1E309`."""

    text: str

    def __str__(self) -> str:
        """The text as the file holds it."""
        return self.text


class ShownAsPercent(float):
    """A number in a cell whose format shows it as a percentage: 0.05 in a cell that shows 5%."""

    __slots__ = ()


@dataclass(frozen=True)
class Address:
    """Where a value is: sheet and cell, and the change that put it there, if any."""

    sheet: str
    cell: str
    change: str = ""

    @property
    def text(self) -> str:
        """The address as a finance person writes it, `Rules!K14`; a change that is in no sheet has a name only."""
        return f"{self.sheet}!{self.cell}" if self.sheet else self.cell


@dataclass(frozen=True)
class Table:
    """One sheet's rows: for each column a tuple of cell values, and the Excel row of each.

    `letters` maps column names to Excel column letters; `headings` keeps the text of each header cell.
    `rows` holds the Excel row number of each row, 0 for a row that a scenario appended; `changed` maps
    (position, column) to the address of the change that set the value, such as `Changes!F6`; `appended` maps the
    position of an appended row to that address; `joined` maps the position of a row that came from another file's
    table to that table and the row's position in it; `origins` maps (position, column) of a row that was given across
    to the sheet and cell of the grid that holds the value, and (position, "") to those of its figure.
    """

    sheet: str
    header_row: int
    letters: Mapping[str, str]
    headings: Mapping[str, str]
    rows: tuple[int, ...]
    values: Mapping[str, tuple[object, ...]]
    extra: tuple[str, ...] = ()
    changed: Mapping[tuple[int, str], str] = field(default_factory=Frozen)
    appended: Mapping[int, str] = field(default_factory=Frozen)
    joined: Mapping[int, tuple[Table, int]] = field(default_factory=Frozen)
    origins: Mapping[tuple[int, str], tuple[str, str]] = field(default_factory=Frozen)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def column(self, name: str) -> tuple[object, ...]:
        """The values of a column; blanks when the workbook does not have it."""
        values = self.values.get(name)
        return (None,) * len(self.rows) if values is None else values

    def address(self, position: int, column: str) -> Address:
        """The address of the value of a row and column."""
        if position in self.joined:
            other, at = self.joined[position]
            return other.address(at, column)
        if position in self.appended:
            sheet, _, cell = self.appended[position].rpartition("!")
            return Address(sheet, cell, self.appended[position])
        origin = self.origins.get((position, column)) or self.origins.get((position, ""))
        if origin is not None:
            return Address(*origin, self.changed.get((position, column), ""))
        letter = self.letters.get(column, "A")
        return Address(self.sheet, f"{letter}{self.rows[position]}", self.changed.get((position, column), ""))

    def row_address(self, position: int, column: str) -> Address:
        """The address of a row as a whole: the value of `column`, or the figure of a row that was given across."""
        return self.address(position, "" if (position, "") in self.origins else column)

    def header_address(self, column: str) -> Address:
        """The address of a column's heading (column A of the header row when the column is missing).

        Of a table that is given across only, it is the first value of the column.
        """
        if not self.letters and self.origins:
            return self.address(0, column)
        return Address(self.sheet, f"{self.letters.get(column, 'A')}{self.header_row}")

    def edited(self, edits: Mapping[tuple[int, str], tuple[object, str]]) -> Table:
        """The table with some cells changed; each edit gives the new value and the change's address."""
        columns = {name: list(values) for name, values in self.values.items()}
        for (position, column), (value, _) in edits.items():
            columns.setdefault(column, [None] * len(self.rows))[position] = value
        marks = {**self.changed, **{key: change for key, (_, change) in edits.items()}}
        return replace(self, values=_frozen(columns), changed=Frozen(marks))

    def without(self, positions: Iterable[int]) -> Table:
        """The table without those rows."""
        gone = set(positions)
        keep = [position for position in range(len(self.rows)) if position not in gone]
        moved = {old: new for new, old in enumerate(keep)}
        return replace(
            self,
            rows=tuple(self.rows[position] for position in keep),
            values=_frozen({name: [values[i] for i in keep] for name, values in self.values.items()}),
            changed=Frozen({(moved[i], c): a for (i, c), a in self.changed.items() if i in moved}),
            appended=Frozen({moved[i]: a for i, a in self.appended.items() if i in moved}),
            joined=Frozen({moved[i]: a for i, a in self.joined.items() if i in moved}),
            origins=Frozen({(moved[i], c): a for (i, c), a in self.origins.items() if i in moved}),
        )

    def with_row(self, values: Mapping[str, object], change: str) -> Table:
        """The table with one more row, appended by the change at that address."""
        size = len(self.rows)
        names = [*self.values, *(name for name in values if name not in self.values)]
        columns = {name: [*self.values.get(name, (None,) * size), values.get(name)] for name in names}
        return replace(
            self,
            rows=(*self.rows, 0),
            values=_frozen(columns),
            appended=Frozen({**self.appended, size: change}),
        )

    def with_rows_of(self, other: Table, rows: Sequence[tuple[int, Mapping[str, object]]]) -> Table:
        """The table with rows of another one below its own.

        Each row is a position in `other` and the values that replace those it has there; it keeps its addresses.
        """
        size = len(self.rows)
        names = dict.fromkeys([*self.values, *other.values, *(name for _, own in rows for name in own)])
        columns = {
            name: [*self.column(name), *(own[name] if name in own else other.column(name)[at] for at, own in rows)]
            for name in names
        }
        added = {size + number: (other, at) for number, (at, _) in enumerate(rows)}
        return replace(
            self,
            headings=Frozen({**{name: name for name in names}, **self.headings}),
            rows=(*self.rows, *(other.rows[at] for at, _ in rows)),
            values=_frozen(columns),
            joined=Frozen({**self.joined, **added}),
        )


Tables = Mapping[str, Table]
"""The sheets of a workbook by name."""


def records(frame: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a typed frame with their positions; blanks stay None (iterrows would make some of them NaN)."""
    names = [str(name) for name in frame.columns]
    columns = [list(frame[name]) for name in names]
    return [
        (int(position), dict(zip(names, values, strict=True)))
        for position, values in zip(frame.index, zip(*columns, strict=True), strict=True)
    ]


def _frozen(columns: Mapping[str, Sequence[object]]) -> Mapping[str, tuple[object, ...]]:
    return Frozen({name: tuple(values) for name, values in columns.items()})
