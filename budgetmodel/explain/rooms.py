"""How far the limits of rows may move until the basis of a vertex no longer fits: hundreds of rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from budgetmodel.program.inverse import Entries, Inverse
from budgetmodel.program.model import Program
from budgetmodel.program.outcome import Basis, Cut

Array = NDArray[np.float64]
Index = NDArray[np.int64]

PIVOT = 1e-9
"""Smaller changes of a basic variable are rounding."""

NO_ROOM = 1e-200
"""£m: stands for nothing, where it is divided by."""

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

    All else stands still meanwhile. The limit of a row that is basic, so not tight, moves nothing but its own room.
    """
    down, up = np.maximum(left.row_above[moved], 0.0), np.maximum(left.row_below[moved], 0.0)
    basic_column, basic_row = basis.columns == 1, basis.rows == 1
    tight = np.flatnonzero(~basic_row[moved])
    if not len(tight):
        return down, up
    own = _entries(program, cuts)
    own = own.where(basic_column[own.column])
    equation, unknown = np.cumsum(~basic_row) - 1, np.cumsum(basic_column) - 1
    inside, slack = own.where(~basic_row[own.row]), own.where(basic_row[own.row])
    matrix = Entries(equation[inside.row], unknown[inside.column], inside.value)
    loose = Entries(slack.row, unknown[slack.column], slack.value)
    below, above = left.below[basic_column], left.above[basic_column]
    inverse = Inverse.of(matrix, int(basic_column.sum()))
    for at in np.array_split(tight, -(-len(tight) // BATCH)):
        change, filled = inverse.of_rows(equation[moved[at]])
        row, activity = loose.times(change, filled)
        of_columns = _firsts(change[filled], below[filled], above[filled])
        of_rows = _firsts(activity, left.row_below[row], left.row_above[row])
        down[at], up[at] = (np.minimum(*pair) for pair in zip(of_columns, of_rows, strict=True))
    return down, up


def _entries(program: Program, cuts: Sequence[Cut]) -> Entries:
    """The non-zeros of a program and its cuts."""
    rows = len(program.lower)
    owner = np.repeat(np.arange(rows), np.diff(program.start))
    return Entries(
        np.concatenate([owner, *(np.full(len(cut.index), rows + n) for n, cut in enumerate(cuts))]),
        np.concatenate([program.index, *(cut.index for cut in cuts)]),
        np.concatenate([program.value, *(cut.value for cut in cuts)]),
    )


def _firsts(change: Array, below: Array, above: Array) -> tuple[Array, Array]:
    """When the first room is used up, going down and going up; `change` is by unit up, (variables, moves)."""
    change = np.where(np.abs(change) > PIVOT, change, 0.0)
    (down, up), (down_above, up_above) = _used_up(change, below), _used_up(-change, above)
    return np.minimum(down, down_above), np.minimum(up, up_above)


def _used_up(change: Array, room: Array) -> tuple[Array, Array]:
    """When the first of several rooms below is used up by moves down and by moves up."""
    ends = np.flatnonzero(np.isfinite(room))
    down, up = np.full((2, change.shape[1]), np.inf)
    if len(ends):
        change, room = change[ends], np.maximum(room[ends], NO_ROOM)
        used = change / room[:, None]
        moves = np.arange(change.shape[1])
        for first, at, sign in ((down, used.argmax(axis=0), 1.0), (up, used.argmin(axis=0), -1.0)):
            falls = sign * change[at, moves]
            np.divide(room[at], falls, out=first, where=falls > 0)
    return down, up
