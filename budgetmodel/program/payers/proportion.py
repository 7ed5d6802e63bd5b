"""What is still free, shared in proportion: one strictly convex program, solved to the last digit.

Minimise Σ y² / (2 w), rows @ y = right (or >= right), low <= y <= high. Its dual is a smooth convex function of the row
prices, quadratic in pieces: each y is its weight times the prices of its rows, cut off at its bounds. Newton's method
with a line search finds the right piece, and there one step is exact. So no tolerance of a solver moves money, and the
answer does not depend on the order of rows. Parts that no row connects are solved one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.solve.quadratic import Convex, by_interior_point

STEPS_AT_MOST = 500
"""Newton steps: 5 to 80 are needed where the program has an answer (measured on random books)."""

LENGTHS, LEVEL = 60, 0.1
"""How many lengths of a step are tried, and which share of the slope at its beginning may be left at its end."""

RIDGE, LEAST_RIDGE = 1e-2, 1e-14
"""Added to the scaled Newton matrix, which is singular in the price level of every connected part: a share of what is
missed, so that prices do not run away before it is known which parts are connected; and at least so much."""

CLOSE, EXACT = 1e-12, 1e-15
"""How closely rows must be kept, as a share of all that is shared (£0.006 of £6bn), and how closely is enough."""

NEAR = 1e-10
"""Where rows are this close, the next piece is where the whole step leads: amounts that are just at a bound may change
sides at every step, and half a step between two pieces is in neither."""

IDLE_STEPS = 12
"""Steps that are taken after rows are CLOSE although they halve nothing, in case they still find the right piece."""


@dataclass(frozen=True)
class Sharing:
    """A program of the module's kind: `weight`, `low` and `high` by amount; `rows` (rows, amounts), sparse by row.

    `equal` marks the rows that hold with equality; the others are at least `right`.
    """

    weight: Array
    low: Array
    high: Array
    rows: Any
    right: Array
    equal: Mask


@dataclass(frozen=True)
class Part:
    """A connected part of a program: `matrix` (rows, amounts), every row divided by its `size`; see `Sharing`."""

    weight: Array
    low: Array
    high: Array
    matrix: Array
    right: Array
    equal: Mask
    size: Array

    def at(self, price: Array) -> Point:
        """The amounts that some prices of the rows mean."""
        wanted = self.weight * (price @ self.matrix)
        amount = np.clip(wanted, self.low, self.high)
        free = (self.low <= wanted) & (wanted <= self.high)
        return Point(price, amount, free, self.matrix @ amount - self.right)

    def moved(self, at: Point, step: Array) -> Point:
        """The point that a step leads to; prices of rows that are at least something do not fall below 0."""
        price = at.price + step
        return self.at(np.where(self.equal, price, np.maximum(price, 0.0)))

    def missed(self, at: Point, active: Mask) -> float:
        """By how much the worst of some rows is missed, £m."""
        return float(np.abs(at.gradient * self.size)[active].max(initial=0.0))


@dataclass(frozen=True)
class Point:
    """Row prices with the amounts that they mean, which of these are free, and what the rows then have too much."""

    price: Array
    amount: Array
    free: Mask
    gradient: Array


def shared(sharing: Sharing) -> Array | None:
    """The amounts, £m; None where no optimum was found.

    Where rounding leaves the rows of a part no room, so that Newton steps do not come to keep them, it is solved by
    interior point, which is exact to a few pounds.
    """
    whole = float(np.abs(sharing.right).sum())
    open_now = sharing.low < sharing.high
    amount = np.where(open_now, 0.0, sharing.low)
    right = sharing.right - sharing.rows @ amount
    free = np.flatnonzero(open_now)
    for rows, own in _connected(sharing.rows[:, free]):
        columns = free[own]
        matrix = sharing.rows[rows][:, columns].toarray()
        size = np.sqrt(matrix**2 @ sharing.weight[columns])  # divided by it, the Newton matrix begins with ones
        bounds = sharing.low[columns], sharing.high[columns]
        part = Part(
            sharing.weight[columns], *bounds, matrix / size[:, None], right[rows] / size, sharing.equal[rows], size
        )
        found = _newton(part, whole)
        found = _by_interior_point(part) if found is None else found
        if found is None:
            return None
        amount[columns] = found
    return amount


def _by_interior_point(part: Part) -> Array | None:
    """The amounts of a part by Clarabel."""
    matrix = sparse.csr_array(part.matrix * part.size[:, None])
    right = part.right * part.size
    upper = np.where(part.equal, right, np.inf)
    none = np.zeros(len(part.weight))
    lines = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data
    return by_interior_point(Convex(none, 1.0 / part.weight, part.low, part.high, right, upper, *lines))


def _connected(rows: Any) -> list[tuple[Index, Index]]:
    """The rows and columns of each part that is connected by its non-zeros; rows without any are in none."""
    count = rows.shape[0]
    links = sparse.block_array([[None, rows], [rows.T, None]], format="csr")
    number, part = csgraph.connected_components(links, directed=False)
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(number + 1))
    members = (order[ends[n] : ends[n + 1]] for n in range(number))
    return [(own[own < count], own[own >= count] - count) for own in members if len(own) > 1]


def _newton(part: Part, whole: float) -> Array | None:
    """Newton steps until they bring the rows no nearer."""
    # At first every amount costs the same at the margin, as if nothing were cut off.
    price = np.where(part.equal, 1.0, 0.0)
    all_of_it = float((part.matrix @ (part.weight * (price @ part.matrix)))[part.equal].sum())
    at = part.at(price * max(part.right[part.equal].sum() / all_of_it, 0.0) if all_of_it else price)
    best, least, idle = at, np.inf, 0
    for _ in range(STEPS_AT_MOST):
        active = part.equal | (at.price > 0) | (at.gradient < 0)
        missed = part.missed(at, active)
        idle = 0 if missed < least / 2 else idle + (least <= CLOSE * whole)
        best, least = (at, missed) if missed < least else (best, least)
        if idle == IDLE_STEPS or missed <= EXACT * whole:
            break
        step = _step(part, at, active)
        following = part.moved(at, step) if missed <= NEAR * whole else _improved(part, at, step)
        if following is None:
            break
        at = following
    return best.amount if least <= CLOSE * whole else None


def _step(part: Part, at: Point, active: Mask) -> Array:
    """The Newton step of the active rows' prices; 0 for the others, and for those that could only fall below 0."""
    step = np.zeros(len(active))
    while True:
        rows = part.matrix[np.ix_(active, at.free)]
        matrix = (rows * part.weight[at.free]) @ rows.T
        matrix[np.diag_indices_from(matrix)] += max(RIDGE * float(np.abs(at.gradient[active]).max()), LEAST_RIDGE)
        step[:] = 0.0
        step[active] = np.linalg.solve(matrix, -at.gradient[active])
        stuck = ~part.equal & (at.price <= 0) & (step < 0)
        if not stuck.any():
            return step
        active = active & ~stuck


def _improved(part: Part, at: Point, step: Array) -> Point | None:
    """Where the dual is about lowest along a step; None where it falls nowhere.

    Its slope along the step only ever rises, so it is enough to look for where that is near 0.
    """
    falls = ~part.equal & (step < 0)
    longest = float((at.price[falls] / -step[falls]).min(initial=np.inf))
    slope = float(at.gradient @ step)
    if not slope < 0:
        return None
    (low, at_low), (high, at_high), length = (0.0, slope), (np.inf, 0.0), min(1.0, longest)
    best = None
    for _ in range(LENGTHS):
        new = part.moved(at, length * step)
        now = float(new.gradient @ step)
        if abs(now) <= -LEVEL * slope or (now < 0 and length >= longest):
            return new
        if now < 0:
            low, at_low, best = length, now, new
        else:
            high, at_high = length, now
        if high == np.inf:
            length = min(2 * length, longest)
        else:
            straight = low + (high - low) * at_low / (at_low - at_high)  # where the slope is 0 if it rises evenly
            length = (straight + (low + high) / 2) / 2
    return best
