"""Columns of result tables as columns of a sheet: heading and number format come from the table's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from budgetmodel.contract.frames import FRAME, ColumnType
from budgetmodel.contract.objectives import USUAL, Units, units
from budgetmodel.report.page import PageColumn

LOOKS: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "text",
    ColumnType.FLAG: "text",
    ColumnType.COUNT: "count",
    ColumnType.RANK: "count",
    ColumnType.MONEY: "money3",
    ColumnType.SHARE: "percent",
    ColumnType.INDEX: "index",
    ColumnType.PRICE: "price",
    ColumnType.NUMBER: "general",
    ColumnType.BY_ROW: "general",
    ColumnType.TYPED: "text",
}
"""The kind of figures of each type, unless a sheet names another."""


INDEX_UNITS = units([USUAL])
"""The units of prices in the headings of records."""


def heading(table: str, name: str) -> str:
    """The heading of a result table's column on sheets.

    >>> heading("contracts", "cost")
    'Contract cost, all years (£m)'
    """
    return FRAME[table].column(name).title


def column(
    table: str,
    frame: pd.DataFrame,
    name: str,
    look: str = "",
    *,
    formula: str | Sequence[str | None] | None = None,
    width: float | None = None,
    used: Units = INDEX_UNITS,
) -> PageColumn:
    """A column of a result table as a column of a sheet; `look` is the kind of its figures, where not that of LOOKS.

    `used` has the units of the scenarios' objective, for the heading of a price.
    """
    record = FRAME[table].column(name)
    title = in_units(record.title, used)
    return PageColumn(title, look or LOOKS[record.type], frame[name].tolist(), formula, width=width)


def columns_of(table: str, frame: pd.DataFrame, *names: str, used: Units = INDEX_UNITS) -> tuple[PageColumn, ...]:
    """Several columns of a result table, each with the kind of LOOKS."""
    return tuple(column(table, frame, name, used=used) for name in names)


def of_objectives(table: str, frame: pd.DataFrame) -> tuple[PageColumn, ...]:
    """The columns of a frame for objectives other than the index."""
    return tuple(column(table, frame, each.name, "money3") for each in FRAME[table].optional if each.name in frame)


def in_units(heading: str, used: Units) -> str:
    """A heading in which the index and its unit are replaced by those of the scenarios' objective.

    >>> in_units("Price (index points for £1m)", Units("weighted distance", "£m of weighted distance", "£m"))
    'Price (£m of weighted distance for £1m)'
    >>> in_units("Index for one step more", Units("weighted distance", "£m of weighted distance", "£m"))
    'Weighted distance for one step more'
    """
    if used == INDEX_UNITS:
        return heading
    words = heading.replace(INDEX_UNITS.price, used.price)
    for noun, other in ((INDEX_UNITS.noun, used.noun), (INDEX_UNITS.noun.capitalize(), used.noun.capitalize())):
        words = " ".join(other if word == noun else word for word in words.split(" "))
    return words
