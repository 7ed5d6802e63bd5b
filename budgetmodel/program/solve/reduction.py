"""A convex program made smaller before it is solved: the same optimum in fewer rows and columns.

HiGHS presolves no convex programs. Most rows of a face make one column a multiple of another (a line of one
flow, a line that grows with the average); such columns become one. Columns without a cost that occur in one row are
that row's slack. What is left is two thirds of the program, and the normal equations keep their digits on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.solve.quadratic import Convex

SAME = 1e-10
"""£m: what differs by less is the same."""

ENOUGH = 0.002
"""A round that takes away less than this share of the columns is the last."""

ALIKE = 20.0
"""Coefficients within this ratio may be divided by each other either way."""

NOTHING = 1e-11
"""A coefficient that adds up to less is none."""


@dataclass(frozen=True)
class Slack:
    """Columns that were taken out of rows as their slack, with the other non-zeros that those rows then had.

    `low` and `high` are bounds of the columns, `lower` and `upper` limits of all rows as they were before.
    """

    row: Index
    column: Index
    value: Array
    low: Array
    high: Array
    beside: tuple[Index, Index, Array]
    lower: Array
    upper: Array

    def filled(self, x: Array) -> Array:
        """The columns, given all others: as near to 0 as the rows let them."""
        row, column, value = self.beside
        activity: Array = np.bincount(row, weights=value * x[column], minlength=len(self.lower)).astype(np.float64)
        own: Array = np.clip(0.0, self.low, self.high)
        np.add.at(activity, self.row, self.value * own)
        rank = _rank(self.row)
        for turn in range(int(rank.max(initial=-1)) + 1):
            at = np.flatnonzero(rank == turn)
            rows = self.row[at]
            missing = np.clip(activity[rows], self.lower[rows], self.upper[rows]) - activity[rows]
            moved = np.clip(own[at] + missing / self.value[at], self.low[at], self.high[at])
            activity[rows] += self.value[at] * (moved - own[at])
            own[at] = moved
        return own


@dataclass(frozen=True)
class Reduced:
    """A smaller convex program, and the way back.

    Every column of the large program is scale x another one's value + shift; that one, `owner`, is a column of the
    small program (`column` gives its number) or the slack of a row, found from all others.
    """

    convex: Convex
    column: Index
    owner: Index
    scale: Array
    shift: Array
    slacks: tuple[Slack, ...]

    def restored(self, x: Array) -> Array:
        """The columns of the large program."""
        own = np.zeros(len(self.owner))
        own[self.column] = x
        for slack in reversed(self.slacks):
            own[slack.column] = slack.filled(self.scale * own[self.owner] + self.shift)
        return np.asarray(self.scale * own[self.owner] + self.shift, dtype=np.float64)


@dataclass
class Work:
    """A program being reduced: its non-zeros by row and column number, and what is left of it."""

    row: Index
    column: Index
    value: Array
    low: Array
    high: Array
    lower: Array
    upper: Array
    linear: Array
    diagonal: Array
    column_left: Mask
    row_left: Mask
    owner: Index
    scale: Array
    shift: Array
    slacks: list[Slack]

    @classmethod
    def on(cls, convex: Convex) -> Self:
        """A copy to work on."""
        rows, columns = len(convex.lower), len(convex.low)
        return cls(
            np.repeat(np.arange(rows), np.diff(convex.start)),
            convex.index,
            convex.value,
            convex.low.copy(),
            convex.high.copy(),
            convex.lower.copy(),
            convex.upper.copy(),
            convex.linear.copy(),
            convex.diagonal.copy(),
            np.ones(columns, dtype=bool),
            np.ones(rows, dtype=bool),
            np.arange(columns),
            np.ones(columns),
            np.zeros(columns),
            [],
        )

    def take_slack_columns(self) -> int:
        """Columns without a cost that occur in one row widen its limits; those that occur in none go."""
        free = (self.linear == 0) & (self.diagonal == 0) & self.column_left
        count = np.bincount(self.column, minlength=len(self.low))
        single = free[self.column] & (count[self.column] == 1)
        row, column, value = self.row[single], self.column[single], self.value[single]
        rest = ~single & np.isin(self.row, row)
        beside = self.row[rest], self.column[rest], self.value[rest]
        bounds = self.low[column], self.high[column]
        self.slacks.append(Slack(row, column, value, *bounds, beside, self.lower.copy(), self.upper.copy()))
        least = np.where(value > 0, value * self.low[column], value * self.high[column])
        most = np.where(value > 0, value * self.high[column], value * self.low[column])
        np.subtract.at(self.lower, row, most)
        np.subtract.at(self.upper, row, least)
        self._keep(~single)
        lone = free & (count == 0)
        self.shift[lone] = np.clip(0.0, self.low[lone], self.high[lone])
        self.column_left[lone] = False
        self.column_left[column] = False
        return len(column)

    def take_single_rows(self) -> int:
        """Rows without limits go; those of one column become its bounds."""
        self.row_left &= np.isfinite(self.lower) | np.isfinite(self.upper)
        self._keep(self.row_left[self.row])
        count = np.bincount(self.row, minlength=len(self.lower))
        self.row_left &= count > 0
        single = count[self.row] == 1
        row, column, value = self.row[single], self.column[single], self.value[single]
        ends = self.lower[row] / value, self.upper[row] / value
        np.maximum.at(self.low, column, np.minimum(*ends))
        np.minimum.at(self.high, column, np.maximum(*ends))
        self.row_left[row] = False
        self._keep(~single)
        return len(row)

    def take_settled(self) -> int:
        """Rows that hold whatever the columns are go; rows that hold at one end only settle their columns there.

        A column that is settled becomes a number.
        """
        rows = len(self.lower)
        up = self.value > 0
        low, high = self.low[self.column], self.high[self.column]
        least = np.bincount(self.row, weights=self.value * np.where(up, low, high), minlength=rows)
        most = np.bincount(self.row, weights=self.value * np.where(up, high, low), minlength=rows)
        size = SAME * (1 + np.bincount(self.row, weights=np.abs(self.value), minlength=rows))
        at_most = self.row_left & (least >= self.upper - size)
        at_least = self.row_left & (most <= self.lower + size) & ~at_most
        idle = self.row_left & (least >= self.lower) & (most <= self.upper) & ~at_most & ~at_least
        for forced, end in ((at_most, np.where(up, low, high)), (at_least, np.where(up, high, low))):
            inside = forced[self.row]
            self.low[self.column[inside]] = self.high[self.column[inside]] = end[inside]
        self.row_left &= ~(idle | at_most | at_least)
        self._keep(self.row_left[self.row])
        settled = self.column_left & (self.high - self.low <= SAME)
        value = np.where(settled, self.low, 0.0)
        moved = np.bincount(self.row, weights=self.value * value[self.column], minlength=rows)
        self.lower, self.upper = self.lower - moved, self.upper - moved
        self.shift += self.scale * value[self.owner]
        self.column_left &= ~settled
        self._keep(~settled[self.column])
        return int(settled.sum() + (idle | at_most | at_least).sum())

    def join_columns(self) -> int:
        """Equations of two columns: the one becomes a multiple of the other, with its cost and bounds."""
        rows, columns = len(self.lower), len(self.low)
        count = np.bincount(self.row, minlength=rows)
        pairs = np.flatnonzero((count == 2) & (self.lower == self.upper))
        first = np.searchsorted(self.row, pairs)
        gone, kept, of = self._matched(first)
        if not len(gone):
            return 0
        pivot, other, row = self.value[gone], self.value[kept], pairs[of]
        own, into = self.column[gone], self.column[kept]
        ratio, constant = -other / pivot, self.lower[row] / pivot
        ends = (self.low[own] - constant) / ratio, (self.high[own] - constant) / ratio
        self.low[into] = np.maximum(self.low[into], np.minimum(*ends))
        self.high[into] = np.minimum(self.high[into], np.maximum(*ends))
        linear, diagonal = self.linear[own], self.diagonal[own]
        self.linear[into] += ratio * (linear + diagonal * constant)
        self.diagonal[into] += diagonal * ratio**2
        self.linear[own] = self.diagonal[own] = 0.0
        self.column_left[own], self.row_left[row] = False, False
        owner, scale, shift = np.arange(columns), np.ones(columns), np.zeros(columns)
        owner[own], scale[own], shift[own] = into, ratio, constant
        self._keep(self.row_left[self.row])
        moved = np.bincount(self.row, weights=self.value * shift[self.column], minlength=rows)
        self.lower, self.upper = self.lower - moved, self.upper - moved
        self.row, self.column, self.value = _added(
            self.row, owner[self.column], self.value * scale[self.column], columns
        )
        self.shift += self.scale * shift[self.owner]
        self.scale *= scale[self.owner]
        self.owner = owner[self.owner]
        return len(own)

    def _matched(self, first: Index) -> tuple[Index, Index, Index]:
        """Of rows of two columns, those that share no column with one before: places of what goes and what stays.

        The one in fewer rows goes, unless its coefficient is so small that the other would be multiplied up.
        """
        count = np.bincount(self.column, minlength=len(self.low))
        size, weight = np.abs(self.value), count[self.column]
        one, two = size[first], size[first + 1]
        alike = (one < ALIKE * two) & (two < ALIKE * one)
        takes_first = np.where(alike, weight[first] <= weight[first + 1], one > two)
        seen: set[int] = set()
        taken = []
        pairs = zip(self.column[first].tolist(), self.column[first + 1].tolist(), strict=True)
        for number, (left, right) in enumerate(pairs):
            if left not in seen and right not in seen:
                seen.update((left, right))
                taken.append(number)
        of = np.array(taken, dtype=np.int64)
        start, up = first[of], takes_first[of]
        return np.where(up, start, start + 1), np.where(up, start + 1, start), of

    def _keep(self, inside: Mask) -> None:
        self.row, self.column, self.value = self.row[inside], self.column[inside], self.value[inside]


def reduced(convex: Convex) -> Reduced:
    """The smaller program of a convex one."""
    work = Work.on(convex)
    while True:
        taken = work.take_single_rows() + work.take_settled() + work.take_slack_columns() + work.join_columns()
        if taken <= ENOUGH * len(convex.low):
            break
    work.take_single_rows()
    columns, rows = np.flatnonzero(work.column_left), np.flatnonzero(work.row_left)
    number = np.full(len(work.low), -1, dtype=np.int64)
    number[columns] = np.arange(len(columns))
    small = Convex(
        work.linear[columns],
        work.diagonal[columns],
        work.low[columns],
        work.high[columns],
        work.lower[rows],
        work.upper[rows],
        np.searchsorted(work.row, np.append(rows, len(work.lower))),
        number[work.column],
        work.value,
    )
    return Reduced(small, columns, work.owner, work.scale, work.shift, tuple(work.slacks))


def _added(row: Index, column: Index, value: Array, columns: int) -> tuple[Index, Index, Array]:
    """Non-zeros by row and column, those of one place added up."""
    key = row * columns + column
    order = np.argsort(key, kind="stable")
    places, starts = np.unique(key[order], return_index=True)
    total = np.add.reduceat(value[order], starts) if len(starts) else value
    kept = np.abs(total) > NOTHING
    return places[kept] // columns, places[kept] % columns, total[kept]


def _rank(row: Index) -> Index:
    """The place of each entry among those of its row: 0, 1, ..."""
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], row[order])
    result = np.empty(len(row), dtype=np.int64)
    result[order] = np.arange(len(row)) - first
    return result
