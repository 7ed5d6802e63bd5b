"""A program as one row of figures, so that what a change of the workbook does to it is a difference of two rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.objectives import SHORTFALL
from budgetmodel.program.build.model import Program

PARTS = ("lower", "upper", "low", "high", "value", "shortfall", "objective")
"""The parts of the row in order: limits of rows, bounds of columns, non-zeros, and the costs of the two stages."""


@dataclass(frozen=True)
class Pattern:
    """Where the non-zeros of several programs of the same rows and columns are: the union of theirs, by row.

    `start` and `index` are those of `Program`; `key` is row x columns + column, sorted.
    """

    rows: int
    columns: int
    key: Index

    @property
    def start(self) -> Index:
        """Where each row begins: shape (rows + 1,)."""
        return np.searchsorted(self.key, np.arange(self.rows + 1) * self.columns).astype(np.int64)

    @property
    def index(self) -> Index:
        """The column of each non-zero."""
        return self.key % self.columns

    @property
    def sizes(self) -> tuple[int, ...]:
        """How long each of PARTS is."""
        return self.rows, self.rows, self.columns, self.columns, len(self.key), self.columns, self.columns


def pattern_of(programs: Sequence[Program]) -> Pattern:
    """The union of the non-zeros of programs with the same rows and columns."""
    rows, columns, _ = programs[0].shape
    return Pattern(rows, columns, np.unique(np.concatenate([_keys(program) for program in programs])))


def flat(program: Program, pattern: Pattern, objective: str) -> Array:
    """The parts of a program, one after the other, in the order of PARTS; `objective` names the cost of its stage."""
    value = np.zeros(len(pattern.key))
    value[np.searchsorted(pattern.key, _keys(program))] = program.value
    costs = program.costs[SHORTFALL.cost], program.costs[objective]
    return np.concatenate([program.lower, program.upper, program.low, program.high, value, *costs])


def _keys(program: Program) -> Index:
    owner = np.repeat(np.arange(len(program.lower), dtype=np.int64), np.diff(program.start))
    return owner * len(program.low) + program.index
