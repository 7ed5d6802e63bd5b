"""What a result table is: what a row of it is, its key, and its columns with their types, units and meanings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import pandas as pd

SCENARIO, UNIT = "scenario", "unit"
"""The first column of nearly every table, and the column that gives the unit of a `by row` figure."""


class ColumnType(StrEnum):
    """What a column holds; it decides the dtype, the decimals in CSV files and the look on sheets."""

    TEXT = "text"
    FLAG = "yes or no"
    COUNT = "count"
    RANK = "rank"
    MONEY = "money"
    SHARE = "share"
    INDEX = "index"
    PRICE = "price"
    NUMBER = "number"
    BY_ROW = "by row"
    TYPED = "as typed"


MEANINGS: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "Text; never missing, blank where there is nothing to say.",
    ColumnType.FLAG: "True or false; `TRUE` or `FALSE` in CSV files.",
    ColumnType.COUNT: "A whole number, never missing.",
    ColumnType.RANK: "A whole number from 1 upwards, missing where nothing is ranked.",
    ColumnType.MONEY: "£m, written to the penny (8 decimals) in CSV files.",
    ColumnType.SHARE: "A share: 0.02 is 2%.",
    ColumnType.INDEX: "Points of the fair-share gap index (do-minimum = 100).",
    ColumnType.PRICE: "What one step changes, per step.",
    ColumnType.NUMBER: "A number in the unit that stands beside it.",
    ColumnType.BY_ROW: "A number in the unit that the row's column `unit` names; £m is written to the penny.",
    ColumnType.TYPED: "A number or a word, as it is typed into the cell.",
}
"""What the types are, for the page of result tables."""

DTYPES = {
    ColumnType.TEXT: "str",
    ColumnType.FLAG: "bool",
    ColumnType.COUNT: "int64",
    ColumnType.TYPED: "object",
}
"""The dtypes of columns; every other type is float64, in which a missing figure is NaN."""

HEADED = {ColumnType.MONEY: "£m", ColumnType.SHARE: "%"}
"""The unit in the heading of a sheet's column, unless the record has a heading of its own."""


@dataclass(frozen=True)
class FrameColumn:
    """One column: its name in frames and CSV files, what it holds, its unit, its meaning, and its heading on sheets.

    `names_scenario` is whether its texts are names of scenarios: pages mark those that are not met.
    """

    name: str
    type: ColumnType
    note: str
    unit: str = ""
    heading: str = ""
    names_scenario: bool = False

    @property
    def dtype(self) -> str:
        """The dtype in every frame, empty ones included."""
        return DTYPES.get(self.type, "float64")

    @property
    def title(self) -> str:
        """The heading on a sheet of the workbook, with the unit.

        >>> FrameColumn("passed_on", ColumnType.MONEY, "").title, FrameColumn("pot", ColumnType.TEXT, "").title
        ('Passed on (£m)', 'Pot')
        """
        words = self.name.replace("_", " ").capitalize()
        unit = HEADED.get(self.type, "")
        return self.heading or (f"{words} ({unit})" if unit else words)


@dataclass(frozen=True)
class ObjectiveColumn(FrameColumn):
    """A column of what scenarios with an objective besides the index minimise.

    `metric` is the objective's; `instead_of` names the column that holds the same figure of the index.
    """

    metric: str = ""
    instead_of: str = ""


@dataclass(frozen=True)
class Frame:
    """One result table.

    `row` describes one row; the columns of `key` name each row once (no key: rows are read in their order). `part`
    is the part of a run that makes it. `file` is false for tables that Python and JSON have and no CSV file holds.
    The columns of `optional` come last, and only in a frame of a run that has their objective.
    """

    name: str
    part: str
    row: str
    key: tuple[str, ...]
    columns: tuple[FrameColumn, ...]
    file: bool = True
    optional: tuple[ObjectiveColumn, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The names of the columns but `scenario`."""
        return tuple(name for name in self.names if name != SCENARIO)

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of every column that has one, by column."""
        return {column.name: column.unit for column in (*self.columns, *self.optional) if column.unit}

    def column(self, name: str) -> FrameColumn:
        """The record of a column; KeyError when the table has none of that name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, FrameColumn]:
        return {column.name: column for column in (*self.columns, *self.optional)}

    def inside(self, table: pd.DataFrame) -> tuple[FrameColumn, ...]:
        """The records of the columns that a frame has: all, and the optional ones that are there."""
        return (*self.columns, *(column for column in self.optional if column.name in table))


Rows = pd.DataFrame | Mapping[str, Any] | Sequence[Any]
"""What a table is made of: a frame, columns by name, records by column name, or tuples in the order of the columns."""


def framed(frame: Frame, rows: Rows, scenario: str | None = None) -> pd.DataFrame:
    """Rows as the frame of a record: its columns in its order, with its dtypes; text is `str`, also without rows.

    With `scenario`, that name becomes the first column of every row. Raises ValueError when a frame's columns are not
    those of the record or a record has a column too many, and TypeError when what should be text is none.
    """
    table = rows.reset_index(drop=True) if isinstance(rows, pd.DataFrame) else _made(frame, rows, scenario)
    if scenario is not None:
        table.insert(0, SCENARIO, scenario)
    columns = frame.inside(table)
    if set(table.columns) != {column.name for column in columns}:
        raise ValueError(f"The table {frame.name} has the columns {list(frame.names)}, not {list(table.columns)}.")
    table = table[[column.name for column in columns]]
    wrong = {column.name: column.dtype for column in columns if table[column.name].dtype != column.dtype}
    for name in (name for name, dtype in wrong.items() if dtype == "str"):
        found = pd.api.types.infer_dtype(table[name], skipna=True)
        if len(table) and found not in ("string", "empty", "categorical"):
            raise TypeError(f"The column {name} of the table {frame.name} holds text, not {found}.")
    return table.astype(wrong) if wrong else table


def _made(frame: Frame, rows: Mapping[str, Any] | Sequence[Any], scenario: str | None) -> pd.DataFrame:
    if isinstance(rows, Mapping):
        return pd.DataFrame(dict(rows))
    extra = {str(name) for row in rows if isinstance(row, Mapping) for name in row} - set(frame.names)
    if extra:
        raise ValueError(f"The table {frame.name} has no column {', '.join(sorted(extra))}.")
    return pd.DataFrame(list(rows), columns=list(frame.names if scenario is None else frame.own))


def stacked(frame: Frame, pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one record below one another; an empty one when there are none, or none with rows."""
    filled = [piece for piece in pieces if len(piece)]
    return framed(frame, pd.concat(filled) if filled else ())
