"""The convex stage: the spread of what freedom is left, over the free columns alone.

Every program is made smaller and solved by interior point; where the optimum is not proved, by HiGHS's active set
method, which is slow when large.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Outcome
from budgetmodel.program.solve.quadratic import Convex, by_interior_point
from budgetmodel.program.solve.reduction import reduced
from budgetmodel.program.solve.solver import by_active_set

ACTIVE_SET_AT_MOST = 6000
"""Free columns up to which the active set method is tried."""

Proved = Callable[[Array], bool]
"""Whether a point is the optimum: see `LastStage.proved`."""

EXACT = 5e-7
"""£m: an answer of the convex stage that misses a row by more than 50 pence is not taken."""


def spread(
    live: LiveModel,
    linear: Array,
    diagonal: Array,
    proved: Proved,
    *,
    patient: bool = True,
    reduce: bool = True,
    rough: bool = False,
) -> Outcome:
    """Minimise linear @ x + half the sum of diagonal x² over the face that a live model has been narrowed to.

    The optimum of every way is only taken when it keeps the rows and `proved` says that it is one. When not `patient`,
    only the way that is the likeliest to be quick is tried. Without `reduce` the program is solved as large as it is;
    `rough` is enough where no money is published. Where nothing is proved, the failed outcome's `x` is the last that
    kept the rows, empty where none did. Raises OutOfTime at the live model's deadline.
    """
    free = np.flatnonzero(live.high > live.low)
    x = live.low.copy()
    x[free] = 0.0
    nothing = np.zeros(0)
    if not len(free):
        return Outcome("optimal", x, nothing, nothing, 0.0)
    convex = _over_free(live, free, x, linear, diagonal)
    routes: list[Callable[[Convex, float], Array | None]] = [partial(solve_reduced, rough=rough)] if reduce else []
    if len(free) <= ACTIVE_SET_AT_MOST:
        routes.append(by_active_set)
    routes.append(by_interior_point)
    unproved = nothing
    for route in routes if patient else routes[:1]:
        live.deadline.keep()
        found = route(convex, live.deadline.left)
        live.deadline.keep()
        if found is not None:
            x[free] = found
            if live.residual(x) <= EXACT and _inside(x, live) <= EXACT:
                unproved = x.copy()
                if proved(x):
                    return Outcome("optimal", unproved, nothing, nothing, float(linear @ x + diagonal @ x**2 / 2))
    return Outcome("failed", unproved, nothing, nothing, float("nan"))


def solve_reduced(convex: Convex, seconds: float = inf, *, rough: bool = False) -> Array | None:
    """By interior point, made smaller before; its steps may take `seconds`."""
    small = reduced(convex)
    if (small.convex.low > small.convex.high + EXACT).any() or (small.convex.lower > small.convex.upper + EXACT).any():
        return None  # rounding made bounds cross: the unreduced program tolerates more
    found = by_interior_point(small.convex, seconds, rough=rough)
    return None if found is None else small.restored(found)


def _inside(x: Array, live: LiveModel) -> float:
    """By how much x misses the worst bound of a column."""
    return float(np.maximum(live.program.low - x, x - live.program.high).max(initial=0.0))


def _over_free(live: LiveModel, free: Index, fixed_x: Array, linear: Array, diagonal: Array) -> Convex:
    """The convex program over the free columns, the others being where they are fixed; HiGHS presolves none such."""
    start, index, value = _rows_over(live, free)
    fixed = np.concatenate([live.program.activity(fixed_x), live.cut_activity(fixed_x)])
    bounded = np.isfinite(live.lower) | np.isfinite(live.upper)
    length = np.diff(start)
    kept = (length > 0) & bounded
    take = np.repeat(kept, length)
    return Convex(
        linear[free],
        diagonal[free],
        live.low[free],
        live.high[free],
        live.lower[kept] - fixed[kept],
        live.upper[kept] - fixed[kept],
        np.concatenate([[0], np.cumsum(length[kept])]),
        index[take],
        value[take],
    )


def _rows_over(live: LiveModel, free: Index) -> tuple[Index, Index, Array]:
    """The rows, cuts included, over the free columns alone, renumbered."""
    number = np.full(len(live.low), -1, dtype=np.int64)
    number[free] = np.arange(len(free))
    program = live.program
    lengths = [np.diff(program.start), np.array([len(cut.index) for cut in live.cuts], dtype=np.int64)]
    column = np.concatenate([program.index, *(cut.index for cut in live.cuts)])
    value = np.concatenate([program.value, *(cut.value for cut in live.cuts)])
    owner = np.repeat(np.arange(len(live.lower)), np.concatenate(lengths))
    kept = number[column] >= 0
    start = np.searchsorted(owner[kept], np.arange(len(live.lower) + 1))
    return start, number[column[kept]], value[kept]
