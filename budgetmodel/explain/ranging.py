"""How far the limits of rows may move until the basis of a vertex no longer fits: hundreds of rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.solve.basis_factors import Inverse
from budgetmodel.program.solve.outcome import BASIC, Basis

PIVOT = 1e-9
"""Smaller changes of a basic variable are rounding."""

NO_ROOM = 1e-200
"""£m: the divisor used in place of 0."""

BATCH = 64
"""Limits that are moved together: what they change should fit the processor's cache."""


@dataclass(frozen=True)
class Rooms:
    """The room that every column and every row (cuts last) has at a vertex below and above its value, £m.

    What is a little outside by rounding has none.
    """

    below: Array
    above: Array
    row_below: Array
    row_above: Array


def rooms(program: Program, cuts: Sequence[Cut], basis: Basis, left: Rooms, moved: Index) -> tuple[Array, Array]:
    """How far down and up the limit of each of the rows `moved` may go, £m: two arrays, infinite where nothing ends.

    All other limits stay as they are. The limit of a row that is basic, so not tight, moves nothing but its own room.
    """
    down, up = np.maximum(left.row_above[moved], 0.0), np.maximum(left.row_below[moved], 0.0)
    basic_column, basic_row = np.flatnonzero(basis.columns == BASIC), np.flatnonzero(basis.rows == BASIC)
    tight = np.flatnonzero(basis.rows[moved] != BASIC)
    if not len(tight):
        return down, up
    own = coefficients(program, cuts)[:, basic_column]
    equations = np.flatnonzero(basis.rows != BASIC)
    asked = np.searchsorted(equations, moved[tight])
    inverse = Inverse.of(own[equations], asked)
    basic_column = basic_column[inverse.unknowns]
    below, above = left.below[basic_column], left.above[basic_column]
    loose = own[basic_row][:, inverse.unknowns]
    touched = np.flatnonzero(np.diff(loose.indptr))
    loose, basic_row = loose[touched], basic_row[touched]
    for few in np.array_split(np.arange(len(tight)), -(-len(tight) // BATCH)):
        change, at = inverse.of_rows(asked[few]), tight[few]
        of_columns = _firsts(change, below, above)
        of_rows = _firsts(loose @ change, left.row_below[basic_row], left.row_above[basic_row])
        down[at], up[at] = (np.minimum(*pair) for pair in zip(of_columns, of_rows, strict=True))
    return down, up


def first_used_up(room: Array, falling: Array) -> float:
    """When the first of several rooms is used up, each changing by `falling` a unit; infinite when none is."""
    used = falling > PIVOT
    return float((np.maximum(room[used], 0.0) / falling[used]).min(initial=np.inf))


def coefficients(program: Program, cuts: Sequence[Cut]) -> Any:
    """The coefficients of a program and its cuts, stored by row."""
    columns = len(program.low)
    own = sparse.csr_array((program.value, program.index, program.start), shape=(len(program.lower), columns))
    if not cuts:
        return own
    start = np.concatenate([[0], np.cumsum([len(cut.index) for cut in cuts])])
    index, value = (np.concatenate([getattr(cut, part) for cut in cuts]) for part in ("index", "value"))
    return sparse.vstack([own, sparse.csr_array((value, index, start), shape=(len(cuts), columns))], format="csr")


def _firsts(change: Array, below: Array, above: Array) -> tuple[Array, Array]:
    """When the first room is used up, going down and going up; `change` is by unit up, (variables, moves)."""
    change = np.where(np.abs(change) > PIVOT, change, 0.0)
    faster_down, faster_up = np.zeros((2, change.shape[1]))  # shares of a room by £m
    for room, sign in ((below, 1.0), (above, -1.0)):
        ends = np.flatnonzero(np.isfinite(room))
        used = change[ends] * (sign / np.maximum(room[ends], NO_ROOM))[:, None]
        np.maximum(faster_down, used.max(axis=0, initial=0.0), out=faster_down)
        np.maximum(faster_up, -used.min(axis=0, initial=0.0), out=faster_up)
    down, up = (np.divide(1.0, f, out=np.full_like(f, np.inf), where=f > 0) for f in (faster_down, faster_up))
    return down, up
