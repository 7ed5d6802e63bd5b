"""Rows of the `metrics` frame: in all, by year, and by member; and tables of figures by member and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.units import PENCE_PER_MILLION

COLUMNS = ("metric", "group", "value")
"""The columns of the frame that rows become."""

BETWEEN = ", "
"""The separator between a member and a year in a group."""

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """The result of a family of measures: the name, group and value of each row.

    Tuples, joined into one frame at the end: hundreds of small frames take longer than the measures themselves.
    """

    metric: tuple[str, ...]
    group: tuple[str, ...]
    value: tuple[float, ...]

    def frame(self) -> pd.DataFrame:
        """The rows as a frame with the columns COLUMNS."""
        values = np.array(self.value, dtype=float)
        return pd.DataFrame(dict(zip(COLUMNS, (list(self.metric), list(self.group), values), strict=True)))


@dataclass(frozen=True)
class Table:
    """Figures by member and year: `values` has shape (members, years)."""

    members: tuple[str, ...]
    years: tuple[str, ...]
    values: Numbers

    def __add__(self, other: Table) -> Table:
        """The sum of two tables of the same members and years."""
        return self.with_values(self.values + other.values)

    def __sub__(self, other: Table) -> Table:
        """The difference of two tables of the same members and years."""
        return self.with_values(self.values - other.values)

    def with_values(self, values: Numbers) -> Table:
        """Other figures of the same members and years."""
        return replace(self, values=values)

    @property
    def of_members(self) -> Numbers:
        """The sum of each member over all years: shape (members,)."""
        return np.asarray(self.values.sum(axis=1))

    @property
    def of_years(self) -> Numbers:
        """The sum of each year over all members: shape (years,)."""
        return np.asarray(self.values.sum(axis=0))

    @property
    def whole(self) -> Table:
        """A table in which every member has the total of all."""
        return self.with_values(np.broadcast_to(self.of_years, self.values.shape))


def rows_of(metric: str, groups: Sequence[str], values: Sequence[float] | Numbers) -> Rows:
    """One row per group, in order."""
    return Rows((metric,) * len(groups), tuple(groups), tuple(np.asarray(values, dtype=float).tolist()))


def joined(pieces: Sequence[Rows]) -> Rows:
    """The rows of all pieces, in order."""
    return Rows(
        tuple(name for piece in pieces for name in piece.metric),
        tuple(name for piece in pieces for name in piece.group),
        tuple(value for piece in pieces for value in piece.value),
    )


def by_year(metric: str, years: Sequence[str], values: Numbers, total: float | None = None) -> Rows:
    """The figure of all years (the sum, unless `total` is given) and of each year."""
    whole = float(np.sum(values)) if total is None else total
    return rows_of(metric, ["", *years], [whole, *np.asarray(values, dtype=float)])


def money_by_year(metric: str, years: Sequence[str], pence: NDArray[np.int64], total: int | None = None) -> Rows:
    """Whole pence by year as £m, in all (the sum, unless `total` is given) and by year: shape of `pence` (years,)."""
    whole = int(pence.sum()) if total is None else total
    return by_year(metric, years, pence / PENCE_PER_MILLION, whole / PENCE_PER_MILLION)


def wide(frame: pd.DataFrame, member: str, pence: str, members: Sequence[str], years: Sequence[str]) -> Table:
    """Pence (int64) by member and year, 0 where there are none; rows of no such member or year are left out."""
    return spread(frame[member], frame["year"], frame[pence].to_numpy(dtype=np.int64), members, years)


def spread(member: Any, year: Any, pence: NDArray[np.int64], members: Sequence[str], years: Sequence[str]) -> Table:
    """As `wide`, from arrays of labels and money."""
    row, column = codes(member, members), codes(year, years)
    known = (row >= 0) & (column >= 0)
    values = np.zeros((len(members), len(years)), dtype=np.int64)
    np.add.at(values, (row[known], column[known]), pence[known])
    return Table(tuple(members), tuple(years), values)


def codes(labels: Any, members: Sequence[str]) -> NDArray[np.int64]:
    """The position of each label among the members, -1 for a label that is not a member."""
    known = labels if isinstance(labels, pd.Categorical) else getattr(labels, "cat", None)
    if known is None:
        which, names = pd.factorize(np.asarray(labels, dtype=object))
        found = list(names)
    else:
        which, found = np.asarray(known.codes), list(known.categories)
    order = {name: n for n, name in enumerate(members)}
    # the last element belongs to code -1: no label
    return np.array([*(order.get(name, -1) for name in found), -1], dtype=np.int64)[which]


def by_member(metric: str, table: Table, total: Numbers | None = None) -> Rows:
    """A table of members and years as rows: each member in all (the sum, unless `total` is given) and by year.

    A NaN has no row.
    """
    whole = np.nansum(table.values, axis=1) if total is None else total
    groups = [*table.members, *(f"{member}{BETWEEN}{year}" for member in table.members for year in table.years)]
    values = np.concatenate([np.asarray(whole, dtype=float), np.asarray(table.values, dtype=float).ravel()])
    reported = ~np.isnan(values)
    return rows_of(metric, [group for group, yes in zip(groups, reported, strict=True) if yes], values[reported])


def money_by_member(metric: str, table: Table) -> Rows:
    """Whole pence of members and years as £m, in all and by year."""
    return by_member(metric, table.with_values(table.values / PENCE_PER_MILLION), table.of_members / PENCE_PER_MILLION)


def ratio_by_member(metric: str, part: Table, whole: Table) -> Rows:
    """One table over another: in all (sums over sums) and by year; no row where the whole is not positive."""
    shares = part.with_values(ratio(part.values, whole.values))
    return by_member(metric, shares, ratio(part.of_members, whole.of_members))


def ratio(part: Numbers, whole: Numbers) -> Array:
    """One over the other, NaN where the whole is not positive."""
    nothing = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=np.asarray(whole) > 0))


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
