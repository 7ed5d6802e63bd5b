"""Rows of the `metrics` frame: in all, by year, and by member."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.money import PENCE_PER_MILLION

COLUMNS = ("metric", "group", "value")
"""The columns of what a family of measures returns."""

BETWEEN = ", "
"""What stands between a member and a year in a group."""

Numbers = NDArray[Any]


def rows_of(metric: str, groups: Sequence[str], values: Sequence[float] | Numbers) -> pd.DataFrame:
    """One row per group, in order."""
    return pd.DataFrame({"metric": metric, "group": list(groups), "value": np.asarray(values, dtype=float)})


def joined(pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Pieces below one another; no rows when there are none."""
    filled = [piece for piece in pieces if len(piece)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))


def by_year(metric: str, years: Sequence[str], values: Numbers, total: float | None = None) -> pd.DataFrame:
    """The figure of all years (the sum, unless `total` is given) and of each year."""
    whole = float(np.sum(values)) if total is None else total
    return rows_of(metric, ["", *years], [whole, *np.asarray(values, dtype=float)])


def money_by_year(
    metric: str, years: Sequence[str], pence: NDArray[np.int64], total: int | None = None
) -> pd.DataFrame:
    """Whole pence by year as £m, in all (the sum, unless `total` is given) and by year: shape of `pence` (years,)."""
    whole = int(pence.sum()) if total is None else total
    return by_year(metric, years, pence / PENCE_PER_MILLION, whole / PENCE_PER_MILLION)


def wide(frame: pd.DataFrame, member: str, pence: str, members: Sequence[str], years: Sequence[str]) -> pd.DataFrame:
    """Pence by member and year, 0 where there are none: index `members`, columns `years`, int64."""
    sums = frame.groupby([member, "year"], observed=True)[pence].sum()
    table = sums.unstack("year", fill_value=0)
    table.index, table.columns = table.index.astype(object), table.columns.astype(object)
    return table.reindex(index=list(members), columns=list(years), fill_value=0).astype(np.int64)


def by_member(metric: str, table: pd.DataFrame, total: pd.Series[Any] | None = None) -> pd.DataFrame:
    """A table of members and years as rows: each member in all (the sum, unless `total` is given) and by year.

    A value that is not a number is not reported: it has no row.
    """
    whole = table.sum(axis=1) if total is None else total
    members, years = [str(name) for name in table.index], [str(name) for name in table.columns]
    groups = [*members, *(f"{member}{BETWEEN}{year}" for member in members for year in years)]
    values = np.concatenate([whole.to_numpy(dtype=float), table.to_numpy(dtype=float).ravel()])
    rows = rows_of(metric, groups, values)
    return rows[rows["value"].notna()].reset_index(drop=True)


def money_by_member(metric: str, table: pd.DataFrame) -> pd.DataFrame:
    """Whole pence of members and years as £m, in all and by year."""
    return by_member(metric, table / PENCE_PER_MILLION, table.sum(axis=1) / PENCE_PER_MILLION)


def ratio_by_member(metric: str, part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """One table over another: in all (sums over sums) and by year; nothing where there is no positive whole."""
    sums = whole.sum(axis=1)
    total = (part.sum(axis=1) / sums.where(sums > 0)).where(sums > 0)
    return by_member(metric, part / whole.where(whole > 0), total)


def member_and_year(group: str, years: Sequence[str]) -> tuple[str, str]:
    """The member and the year that a group names; the year is blank for all years.

    >>> member_and_year("Wrightington, Wigan and Leigh, 2025/26", ["2025/26"])
    ('Wrightington, Wigan and Leigh', '2025/26')
    >>> member_and_year("Bury", ["2025/26"]), member_and_year("2025/26", ["2025/26"])
    (('Bury', ''), ('', '2025/26'))
    """
    if group in years:
        return "", group
    member, _, year = group.rpartition(BETWEEN)
    return (member, year) if year in years else (group, "")
