"""Columns of the inverse of a basis, many at once.

HiGHS gives a column of the inverse as a Python list as long as the program, and making that takes ten times as long as
the column itself. So the basis is taken apart here: whatever follows by one equation after another, which is most of
it, is worked out for all columns together, and only the core in which everything hangs together is left to HiGHS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.program.model import Program
from budgetmodel.program.solver import Basis, LiveModel

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


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

        `filled` says which rows of the matrix are.
        """
        own = self.where(filled[self.column])
        if not len(own.row):
            return own.row, np.zeros((0, right.shape[1]))
        start = np.flatnonzero(np.diff(own.row, prepend=-1))
        return own.row[start], np.add.reduceat(own.value[:, None] * right[own.column], start)


@dataclass(frozen=True)
class _Step:
    """Equations solved together: their other non-zeros, and the column and coefficient that each is solved for.

    Rows of `others` count within the step. In the core, which HiGHS solves, an equation has no column of its own.
    """

    equations: Index
    others: Entries
    columns: Index
    pivots: Array
    core: LiveModel | None = None


@dataclass(frozen=True)
class Inverse:
    """The inverse of a square matrix, as the steps in which a system of equations with it is solved."""

    size: int
    steps: tuple[_Step, ...]

    @classmethod
    def of(cls, matrix: Entries, size: int) -> Inverse:
        """Take a matrix apart: equations with one unknown first, unknowns of one equation last, the core between."""
        level, partner = _peeled(matrix, size)
        pivot = np.zeros(size)
        own = partner[matrix.row] == matrix.column
        pivot[matrix.row[own]] = matrix.value[own]
        others = matrix.where(~own)
        numbers = np.unique(level)
        steps = []
        for number in (*numbers[numbers > 0], *numbers[numbers == 0], *numbers[numbers < 0]):
            equations = np.flatnonzero(level == number)
            position = np.full(size, -1, dtype=np.int64)
            position[equations] = np.arange(len(equations))
            inside = others.where(level[others.row] == number)
            if number == 0:
                columns = np.setdiff1d(np.arange(size), partner)
                own_columns = np.isin(inside.column, columns)
                core = _factored(
                    Entries(
                        position[inside.row[own_columns]],
                        np.searchsorted(columns, inside.column[own_columns]),
                        inside.value[own_columns],
                    ),
                    len(equations),
                )
                inside = inside.where(~own_columns)
                columns = columns[core.basics()]  # in the order in which HiGHS gives them
            else:
                core, columns = None, partner[equations]
            outside = Entries(position[inside.row], inside.column, inside.value)
            steps.append(_Step(equations, outside, columns, pivot[equations], core))
        return cls(size, tuple(steps))

    def columns(self, numbers: Index) -> tuple[Array, Mask]:
        """Some columns of the inverse, (size, columns), and which of its rows are not empty."""
        found = np.zeros((self.size, len(numbers)))
        asked = np.full(self.size, -1, dtype=np.int64)
        asked[numbers] = np.arange(len(numbers))
        reached = np.zeros(self.size, dtype=bool)
        for step in self.steps:
            column = asked[step.equations]
            unit = np.flatnonzero(column >= 0)
            owner, product = step.others.times(found, reached)
            if not len(unit) and not len(owner):
                continue
            right = np.zeros((len(step.equations), len(numbers)))
            right[unit, column[unit]] = 1.0
            right[owner] -= product
            if step.core is None:
                touched = np.union1d(unit, owner)
                found[step.columns[touched]] = right[touched] / step.pivots[touched, None]
                reached[step.columns[touched]] = True
            else:
                solved = np.array([step.core.basis_solve(one) for one in right.T]).T
                found[step.columns] = solved
                reached[step.columns] = solved.any(axis=1)
        return found, reached


def _peeled(matrix: Entries, size: int) -> tuple[Index, Index]:
    """When each equation is solved, and for which column.

    A positive level has one unknown when its turn comes, a negative one gives an unknown that no other equation has,
    and 0 is the core, without a column (-1). Levels are solved upwards from 1, then 0, then upwards from the lowest.
    """
    level, partner = np.zeros(size, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    row, column = matrix.row, matrix.column
    for number in range(1, size + 1):
        of_row, of_column = np.bincount(row, minlength=size), np.bincount(column, minlength=size)
        first, last = of_row[row] == 1, of_column[column] == 1
        if not (first | last).any():
            break
        level[row[last]], partner[row[last]] = -number, column[last]
        level[row[first]], partner[row[first]] = number, column[first]
        left = (level[row] == 0) & ~np.isin(column, partner[partner >= 0])
        row, column = row[left], column[left]
    return level, partner


def _factored(matrix: Entries, size: int) -> LiveModel:
    """A square matrix held by HiGHS, every column basic."""
    start = np.searchsorted(matrix.row, np.arange(size + 1))
    still, nothing = np.zeros(size), np.zeros(0, dtype=object)
    program = Program(
        nothing, still, still, {}, pd.DataFrame(), still, still, start, matrix.column, matrix.value, {}
    )  # fmt: skip
    live = LiveModel.of(program, still)
    live.set_basis(Basis(np.ones(size, dtype=np.int8), np.zeros(size, dtype=np.int8)))
    return live
