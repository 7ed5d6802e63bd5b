"""Columns of the inverse of a basis, many at once.

HiGHS gives a column of the inverse as a Python list as long as the program, and making the list takes ten times as long
as the column. So equations are eliminated here in rounds, all columns together, and only a core of a few hundred, in
which everything hangs together, is left to HiGHS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.program.live import LiveModel
from budgetmodel.program.model import Program, summed
from budgetmodel.program.outcome import Basis

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

FILL = 9
"""A pivot is eliminated if that makes at most so many new non-zeros (measured: with 4 the core of 11,600 equations is
600, with 9 it is 300, with 25 it is 150)."""

SAFE = 0.2
"""A pivot is at least so much of the largest coefficient of its column."""

MISSED = 1e-7
"""What was eliminated is trusted if it misses no equation with a right side of 1 by more."""

WORTH = 0.02
"""Rounds end when they would eliminate less of what is left."""


@dataclass(frozen=True)
class Entries:
    """Non-zeros of a matrix, ordered by row."""

    row: Index
    column: Index
    value: Array

    def where(self, chosen: Mask) -> Entries:
        """Some of the non-zeros."""
        return Entries(self.row[chosen], self.column[chosen], self.value[chosen])

    def times(self, right: Array, filled: Mask) -> tuple[Index, Array]:
        """The product with a matrix: the rows that are not empty, and their values, (those rows, its columns).

        `filled` says which rows of the matrix are not empty.
        """
        own, width = self.where(filled[self.column]), right.shape[1]
        fresh = np.diff(own.row, prepend=-1) != 0
        count = int(fresh.sum())
        # not np.add.reduceat, which takes three times as long
        place = np.add.outer((np.cumsum(fresh) - 1) * width, np.arange(width))
        terms = own.value[:, None] * right[own.column]
        sums: Array = np.bincount(place.ravel(), weights=terms.ravel(), minlength=count * width).astype(np.float64)
        return own.row[fresh], sums.reshape(count, width)


@dataclass(frozen=True)
class _Round:
    """Equations `rows` that are solved for `columns`, each for its own, whose coefficients are `pivots`.

    No equation of a round has the column of another. `passes` says how much of which of them is taken from every
    equation that is left. `others` are their other non-zeros, with rows counted within the round.
    """

    rows: Index
    columns: Index
    pivots: Array
    passes: Entries
    others: Entries


@dataclass(frozen=True)
class Inverse:
    """The inverse of a square matrix: what was eliminated, and the core that HiGHS holds (None when nothing is left).

    `rows` are the equations of the core, `columns` its unknowns in the order in which HiGHS gives them.
    """

    size: int
    rounds: tuple[_Round, ...]
    rows: Index
    columns: Index
    core: LiveModel | None

    @classmethod
    def of(cls, matrix: Entries, size: int) -> Inverse:
        """Eliminate what is cheap to eliminate, and factor the rest; all of it where elimination loses digits."""
        rounds: list[_Round] = []
        left, rest = size, matrix
        while len(pivots := _independent(rest, size)) > WORTH * left:
            own, rest = _eliminated(rest, pivots, size)
            rounds.append(own)
            left -= len(pivots)
        found = cls._with_core(rounds, rest, size)
        return found if found._missed(matrix) <= MISSED else cls._with_core([], matrix, size)

    @classmethod
    def _with_core(cls, rounds: Sequence[_Round], rest: Entries, size: int) -> Inverse:
        """What was eliminated, and a factored rest."""
        rows, columns = np.unique(rest.row), np.unique(rest.column)
        if not len(rows):
            return cls(size, tuple(rounds), rows, columns, None)
        inside = Entries(np.searchsorted(rows, rest.row), np.searchsorted(columns, rest.column), rest.value)
        core = _factored(inside, len(rows))
        return cls(size, tuple(rounds), rows, columns[core.basics()], core)

    def _missed(self, matrix: Entries) -> float:
        """By how much the solution of equations whose right sides are all 1 misses the worst of them."""
        every = np.ones(self.size, dtype=bool)
        solution, _ = self._solved(np.ones((self.size, 1)), every)
        return float(np.abs(matrix.times(solution, every)[1] - 1.0).max(initial=0.0))

    def of_rows(self, numbers: Index) -> tuple[Array, Mask]:
        """Some columns of the inverse, (size, columns), and which of its rows are not empty."""
        right, given = np.zeros((self.size, len(numbers))), np.zeros(self.size, dtype=bool)
        right[numbers, np.arange(len(numbers))], given[numbers] = 1.0, True
        return self._solved(right, given)

    def _solved(self, right: Array, given: Mask) -> tuple[Array, Mask]:
        """The solutions of right sides, which are overwritten; `given` says which of their rows are not empty."""
        for one in self.rounds:
            rows, product = one.passes.times(right, given)
            right[rows] -= product
            given[rows] = True
        found, filled = np.zeros_like(right), np.zeros(self.size, dtype=bool)
        if self.core is not None and given[self.rows].any():
            found[self.columns] = np.array([self.core.basis_solve(column) for column in right[self.rows].T]).T
            filled[self.columns] = found[self.columns].any(axis=1)
        for one in reversed(self.rounds):
            rows, product = one.others.times(found, filled)
            value = right[one.rows]
            value[rows] -= product
            touched = np.union1d(rows, np.flatnonzero(given[one.rows]))
            found[one.columns[touched]] = value[touched] / one.pivots[touched, None]
            filled[one.columns[touched]] = True
        return found, filled


def _independent(matrix: Entries, size: int) -> Index:
    """Non-zeros to eliminate in one round, the cheapest first: none in the row or column of what another changes."""
    row, column = matrix.row, matrix.column
    of_row, of_column = np.bincount(row, minlength=size), np.bincount(column, minlength=size)
    largest = np.zeros(size)
    np.maximum.at(largest, column, np.abs(matrix.value))
    fill = (of_row[row] - 1) * (of_column[column] - 1)
    cheap = np.flatnonzero((fill <= FILL) & (np.abs(matrix.value) >= SAFE * largest[column]))
    cheap = cheap[np.argsort(fill[cheap], kind="stable")]
    in_column = row[np.argsort(column, kind="stable")].tolist()
    in_row = column.tolist()
    row_start = np.concatenate([[0], np.cumsum(of_row)]).tolist()
    column_start = np.concatenate([[0], np.cumsum(of_column)]).tolist()
    changed_rows, changed_columns = bytearray(size), bytearray(size)
    chosen = []
    for at, i, j in zip(cheap.tolist(), row[cheap].tolist(), column[cheap].tolist(), strict=True):
        if changed_rows[i] or changed_columns[j]:
            continue
        chosen.append(at)
        for other in in_column[column_start[j] : column_start[j + 1]]:
            changed_rows[other] = True
        for other in in_row[row_start[i] : row_start[i + 1]]:
            changed_columns[other] = True
    return np.array(chosen, dtype=np.int64)


def _eliminated(matrix: Entries, at: Index, size: int) -> tuple[_Round, Entries]:
    """A round that eliminates some non-zeros, and the matrix that is left."""
    rows, columns, pivots = matrix.row[at], matrix.column[at], matrix.value[at]
    of_row, of_column = np.full((2, size), -1, dtype=np.int64)
    of_row[rows] = of_column[columns] = np.arange(len(at))
    pivot_row, pivot_column = of_row[matrix.row] >= 0, of_column[matrix.column] >= 0
    others = matrix.where(pivot_row & ~pivot_column)
    order = np.argsort(of_row[others.row], kind="stable")
    others = Entries(of_row[others.row][order], others.column[order], others.value[order])
    below = matrix.where(pivot_column & ~pivot_row)
    number = of_column[below.column]
    factor = below.value / pivots[number]
    # each non-zero below a pivot takes that much of the pivot's row from its own
    start = np.searchsorted(others.row, np.arange(len(at) + 1))
    count = np.diff(start)[number]
    which = np.repeat(np.arange(len(number)), count)
    taken = start[number][which] + np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    rest = matrix.where(~pivot_row & ~pivot_column)
    left = summed(
        np.concatenate([rest.row, below.row[which]]),
        np.concatenate([rest.column, others.column[taken]]),
        np.concatenate([rest.value, -factor[which] * others.value[taken]]),
    )
    return _Round(rows, columns, pivots, Entries(below.row, rows[number], factor), others), Entries(*left)


def _factored(matrix: Entries, size: int) -> LiveModel:
    """A square matrix held by HiGHS, every column basic."""
    start = np.searchsorted(matrix.row, np.arange(size + 1))
    still, kinds = np.zeros(size), np.full(size, "core", dtype=object)
    program = Program(
        kinds, still, still, {}, pd.DataFrame(), still, still, start, matrix.column, matrix.value, {}
    )  # fmt: skip
    live = LiveModel.of(program, still)
    live.set_basis(Basis(np.ones(size, dtype=np.int8), np.zeros(size, dtype=np.int8)))
    return live
