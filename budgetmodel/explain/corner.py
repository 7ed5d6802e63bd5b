"""Round the corner of a vertex: how the index goes on where the vertex's own basis fits no further.

A limit that moves by £100 may use up a room of £50; then another basis takes over, as a rule the next one. It is found
by the dual simplex method, in a pivot or two, with the factors of the vertex's own basis. HiGHS takes 20 ms for the
same, nearly all of it for setting up and for reading out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.explain.ranging import PIVOT, Rooms, coefficients, first_used_up
from budgetmodel.program.build.model import Program
from budgetmodel.program.solve.basis_factors import Inverse
from budgetmodel.program.solve.outcome import AT_UPPER, BASIC, FREE, Cut, Outcome

PIVOTS = 12
"""Pivots after which the corner is left to HiGHS."""

SMALLEST = 1e-7
"""Smaller coefficients are no pivot: those of a program in £m are money, shares, and one over a target of money."""

NOTHING_CAN = -1
"""Stands for a variable where none can bring another back inside its bounds: there is no allocation."""

OUTSIDE = 1e-9
"""£m: what is less outside its bounds is inside, as for HiGHS."""

KEPT = 64
"""What was worked out before and is kept: half a megabyte each in a large program."""


@dataclass(frozen=True)
class Corner:
    """A vertex and what leads away from it. Variables are numbered: the columns, then the activities of rows and cuts.

    `basic` are the numbers of the basic ones, columns first, `below` and `above` their rooms, £m. For all variables,
    `price` is the reduced cost, `width` how far a nonbasic one may go from its bound, `rises` and `falls` which way.
    `tight` are the rows that are not basic; `by_row` and `by_column` hold all coefficients, `loose` those of the basic
    rows in the basic columns. `known` is what was worked out before.
    """

    basic: Index
    below: Array
    above: Array
    price: Array
    width: Array
    rises: Mask
    falls: Mask
    tight: Index
    by_row: Any
    by_column: Any
    loose: Any
    inverse: Inverse
    known: dict[tuple[str, int], Array] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, program: Program, cuts: Sequence[Cut], vertex: Outcome, left: Rooms) -> Corner:
        """The corner of a vertex; `left` are the rooms there. Raises ValueError where there is no basis."""
        if vertex.basis is None:
            raise ValueError("there is no corner without a basis")
        matrix = coefficients(program, cuts)
        status = np.concatenate([vertex.basis.columns, vertex.basis.rows])
        below = np.maximum(np.append(left.below, left.row_below), 0.0)
        above = np.maximum(np.append(left.above, left.row_above), 0.0)
        own, tight = np.flatnonzero(vertex.basis.columns == BASIC), np.flatnonzero(vertex.basis.rows != BASIC)
        loose = np.flatnonzero(vertex.basis.rows == BASIC)
        basic = np.append(own, len(program.low) + loose)
        moves = (status != BASIC) & (below + above > 0)
        return cls(
            basic=basic,
            below=below[basic],
            above=above[basic],
            price=np.append(vertex.reduced, vertex.row_dual),
            width=below + above,
            rises=moves & (status != AT_UPPER),
            falls=moves & ((status == AT_UPPER) | (status == FREE)),
            tight=tight,
            by_row=matrix,
            by_column=matrix.tocsc(),
            loose=matrix[loose][:, own],
            inverse=Inverse.of(matrix[tight][:, own], np.arange(len(tight))),
        )

    @property
    def columns(self) -> int:
        """The number of columns: the activity of row i is variable columns + i."""
        return int(self.by_row.shape[1])

    def once(self, find: Callable[[int], Array], number: int) -> Array:
        """What a method of this corner says of a number, asked for again and again: limits share their pivots."""
        key = find.__name__, number
        if key not in self.known:
            if len(self.known) >= KEPT:
                self.known.pop(next(iter(self.known)))
            self.known[key] = find(number)
        return self.known[key]

    def change(self, variable: int) -> Array:
        """How the basic variables follow one unit of a nonbasic one."""
        rows = np.zeros(self.by_row.shape[0])
        if variable >= self.columns:
            rows[variable - self.columns] = -1.0
        else:
            span = slice(*self.by_column.indptr[variable : variable + 2])
            rows[self.by_column.indices[span]] = self.by_column.data[span]
        own = self.inverse.solve(-rows[self.tight])
        return np.append(own, self.loose @ own + rows[self.basic[len(own) :] - self.columns])

    def slopes(self, place: int) -> Array:
        """How a basic variable, by its place among them, follows one unit of each nonbasic one."""
        own = len(self.inverse.unknowns)
        row = np.zeros(self.columns)
        if place < own:
            left = (np.arange(own) == place).astype(float)
        else:
            row = self.by_row[[int(self.basic[place]) - self.columns]].toarray().ravel()
            left = row[self.basic[:own]]
        tight = np.zeros(self.by_row.shape[0])
        tight[self.tight] = self.inverse.transposed(left)
        result = np.append(row - self.by_row.T @ tight, tight)
        result[self.basic] = 0.0
        return result


@dataclass(frozen=True)
class Exchange:
    """A basis a few pivots away from a corner's own, by what was exchanged.

    `left` are the places of what is basic no more, `low` whether it went to its lower bound, `ends` how far it went,
    £m, `slopes` how it follows every variable (pivots, variables); `entered` are the variables that came in for it,
    `changes` what each moves (pivots, basic).
    """

    left: Index
    low: Mask
    ends: Array
    slopes: Array
    entered: Index
    changes: Array

    @classmethod
    def none(cls, corner: Corner) -> Exchange:
        """The corner's own basis."""
        nothing = np.zeros(0, dtype=np.int64)
        slopes, changes = np.zeros((0, len(corner.price))), np.zeros((0, len(corner.basic)))
        return cls(nothing, np.zeros(0, dtype=bool), np.zeros(0), slopes, nothing, changes)

    @property
    def pivots(self) -> Array:
        """How what left follows what entered: square."""
        return self.slopes[:, self.entered]

    def further(self, place: int, low: bool, end: float, variable: int, corner: Corner) -> Exchange:
        """One pivot further: the basic variable at `place` goes to its bound, and another comes in."""
        slopes, change = corner.once(corner.slopes, place), corner.once(corner.change, variable)
        return Exchange(
            np.append(self.left, place),
            np.append(self.low, low),
            np.append(self.ends, end),
            np.vstack([self.slopes, slopes]),
            np.append(self.entered, variable),
            np.vstack([self.changes, change]),
        )


def round_corner(corner: Corner, row: int, sign: int, step: float) -> tuple[float, float] | None:
    """How the index follows the limit of a tight row when it has moved `step` £m, up or down (`sign`).

    Returns the index per £m of the limit and how far from the vertex that holds, £m; two NaN where no allocation keeps
    all rows there. None where it takes more than a few pivots, or where what was exchanged would have to change back.
    """
    limit = corner.columns + row
    drift = sign * corner.once(corner.change, limit)
    now = Exchange.none(corner)
    for _ in range(PIVOTS):
        # how far what came in has gone from its bound, and where every basic variable then stands from the vertex
        came = _solved(now.pivots, now.ends - step * drift[now.left])
        if not _inside(corner, now, came):
            return None
        stands = step * drift + came @ now.changes
        missed = np.maximum(-corner.below - stands, stands - corner.above)
        missed[now.left] = 0.0
        place = int(missed.argmax())
        if missed[place] <= OUTSIDE:
            return float(_price(corner, now)[limit]), step + _room(corner, now, drift, stands, came)
        low = bool(stands[place] < 0)
        variable = _entering(corner, now, corner.once(corner.slopes, place), rising=low)
        if variable == NOTHING_CAN:
            return float("nan"), float("nan")
        if variable is None:
            return None
        now = now.further(place, low, -corner.below[place] if low else corner.above[place], variable, corner)
    return None


def _inside(corner: Corner, now: Exchange, came: Array) -> bool:
    """Whether what came in is on its own side of the bound it left, and not past the other."""
    low = np.where(corner.falls[now.entered], -corner.width[now.entered], 0.0)
    high = np.where(corner.rises[now.entered], corner.width[now.entered], 0.0)
    return bool(((came >= low - OUTSIDE) & (came <= high + OUTSIDE)).all())


def _price(corner: Corner, now: Exchange) -> Array:
    """The reduced cost of every variable but those that left."""
    price: Array = corner.price - _solved(now.pivots.T, corner.price[now.entered]) @ now.slopes
    price[now.entered] = 0.0
    return price


def _entering(corner: Corner, now: Exchange, slopes: Array, *, rising: bool) -> int | None:
    """What comes in when a basic variable with these `slopes` has to rise, or fall, to its bound.

    Of all that can bring it there, what loses its price first; of several, what moves it most. NOTHING_CAN where
    nothing can; None where it would be something that left before, which is not brought back here.
    """
    back = _solved(now.pivots.T, slopes[now.entered])
    rate = slopes - back @ now.slopes
    rate[now.entered] = 0.0
    rate = rate if rising else -rate
    back = back if rising else -back
    able = np.flatnonzero((corner.rises & (rate > SMALLEST)) | (corner.falls & (rate < -SMALLEST)))
    returning = np.where(now.low, back, -back) > SMALLEST  # to rise from a lower bound, to fall from an upper
    if not len(able):
        return None if returning.any() else NOTHING_CAN
    lost = np.abs(_price(corner, now)[able]) / np.abs(rate[able])
    own = np.abs(_solved(now.pivots.T, corner.price[now.entered]))
    if (own[returning] < lost.min() * np.abs(back[returning])).any():
        return None
    first = able[lost <= lost.min() + PIVOT]
    return int(first[np.abs(rate[first]).argmax()])


def _room(corner: Corner, now: Exchange, drift: Array, stands: Array, came: Array) -> float:
    """How much further the limit may move until this basis fits no more, £m."""
    entering = -_solved(now.pivots, drift[now.left])
    speed = drift + entering @ now.changes
    speed[now.left] = 0.0
    room = min(first_used_up(corner.below + stands, -speed), first_used_up(corner.above - stands, speed))
    low, high = (np.where(may[now.entered], corner.width[now.entered], 0.0) for may in (corner.falls, corner.rises))
    return min(room, first_used_up(came + low, -entering), first_used_up(high - came, entering))


def _solved(matrix: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
