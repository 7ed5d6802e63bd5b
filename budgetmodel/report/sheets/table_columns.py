"""Columns of result tables as columns of a sheet: heading and look come from the table's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from budgetmodel.contract.frames import FRAME, ColumnType
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
"""How figures of a type are shown, unless a sheet says otherwise."""


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
) -> PageColumn:
    """A column of a result table as a column of a sheet; `look` is how its figures are shown, where not as usual."""
    record = FRAME[table].column(name)
    return PageColumn(record.title, look or LOOKS[record.type], frame[name].tolist(), formula, width=width)


def columns_of(table: str, frame: pd.DataFrame, *names: str) -> tuple[PageColumn, ...]:
    """Several columns of a result table, each shown as usual."""
    return tuple(column(table, frame, name) for name in names)
