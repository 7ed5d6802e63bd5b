"""A convex program over a face by vertices of the face alone: slower than an interior point, and never in doubt.

Wolfe, "Finding the nearest point in a polytope", Mathematical Programming 11 (1976): every step asks a linear program
for the vertex that lies furthest down the slope, and takes the cheapest mixture of the vertices found so far. It needs
no interior, which faces of small programs often lack, and ends when no vertex lies further down.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from budgetmodel.contract.arrays import Array

NONE = 1e-12
"""A share of a vertex that counts as none."""

STEPS_AT_MOST = 2_000
"""Vertices that are asked for at most; random books need up to 200."""


def by_vertices(
    first: Array,
    linear: Array,
    diagonal: Array,
    furthest: Callable[[Array], Array | None],
    enough: float,
) -> Array | None:
    """Minimise linear @ x + half the sum of diagonal x² over a polytope, to within `enough`, from one of its points.

    `furthest` gives the vertex at which a linear cost is least, None where that could not be found. A column with a
    linear cost must have a diagonal. None when the optimum was not reached.
    """
    curved = np.flatnonzero(diagonal > 0)
    root = np.sqrt(diagonal[curved])
    least = -linear[curved] / diagonal[curved]
    corners = [first]
    sides = [root * (first[curved] - least)]
    share = np.ones(1)
    for _ in range(STEPS_AT_MOST):
        x = share @ np.array(corners)
        slope = linear + diagonal * x
        corner = furthest(slope)
        if corner is None:
            return None
        if slope @ (x - corner) <= enough:
            return np.asarray(x)
        corners.append(corner)
        sides.append(root * (corner[curved] - least))
        share, kept = _cheapest_mixture(np.array(sides), np.append(share, 0.0))
        corners = [corners[at] for at in kept]
        sides = [sides[at] for at in kept]
    return None


def _cheapest_mixture(sides: Array, share: Array) -> tuple[Array, list[int]]:
    """The mixture of points (rows) nearest to the origin, and which of them it is made of; `share` is one to begin at.

    Wolfe's minor cycle: the nearest point of the plane through the points, and as far towards it as shares stay
    positive, leaving out the point whose share ends first.
    """
    kept = list(range(len(share)))
    while True:
        wanted = _nearest_of_plane(sides[kept])
        if (wanted > NONE).all():
            return wanted, kept
        falling = np.flatnonzero(wanted <= NONE)
        way = share[falling] / np.maximum(share[falling] - wanted[falling], np.finfo(float).tiny)
        step = min(1.0, float(way.min()))
        share = (1 - step) * share + step * wanted
        share[falling[int(way.argmin())]] = 0.0
        stay = np.flatnonzero(share > NONE)
        kept, share = [kept[at] for at in stay], share[stay] / share[stay].sum()


def _nearest_of_plane(points: Array) -> Array:
    """Shares, perhaps negative, that sum to 1, of the point nearest to the origin in the plane through points."""
    base, rest = points[-1], points[:-1] - points[-1]
    if not len(rest):
        return np.ones(1)
    own = np.linalg.lstsq(rest.T, -base, rcond=None)[0]
    return np.append(own, 1.0 - own.sum())
