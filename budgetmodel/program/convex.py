"""The convex stage: the spread of what freedom is left, over the free columns alone.

Two of HiGHS's solvers know convex programs: the active set method, exact and slow when large, and HiPO, which runs in a
process of its own because its memory must not be ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from budgetmodel.program.highs import TOLERANCES, Convex
from budgetmodel.program.reduction import reduced
from budgetmodel.program.solver import LiveModel, Outcome

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ACTIVE_SET_UP_TO, ACTIVE_SET_AT_MOST = 1500, 6000
"""Free columns up to which the active set method is tried first, and at all."""

REDUCED_FROM = 1500
"""Free columns from which the program is made smaller first."""

APART_SECONDS = 600.0
"""How long the convex stage may take in its own process."""

EXACT = 2e-7
"""£m: an answer of the convex stage that misses a row by more than 20 pence is not taken."""


def spread(live: LiveModel, linear: Array, diagonal: Array, *, patient: bool = True) -> Outcome:
    """Minimise linear @ x + half the sum of diagonal x² over the face that a live model has been narrowed to.

    When not `patient`, only the way that is the likeliest to be quick is tried.
    """
    free = np.flatnonzero(live.high > live.low)
    x = live.low.copy()
    x[free] = 0.0
    nothing = np.zeros(0)
    if not len(free):
        return Outcome("optimal", x, nothing, nothing, 0.0)
    convex = _over_free(live, free, x, linear, diagonal)
    routes: list[Callable[[Convex], Array | None]] = [solve_apart]
    if len(free) >= REDUCED_FROM:
        routes.insert(0, solve_reduced)
    if len(free) <= ACTIVE_SET_AT_MOST:
        routes.insert(0 if len(free) <= ACTIVE_SET_UP_TO else len(routes), solve_here)
    for route in routes if patient else routes[:1]:
        found = route(convex)
        if found is not None:
            x[free] = found
            if live.residual(x) <= EXACT and _inside(x, live) <= EXACT:
                return Outcome("optimal", x, nothing, nothing, float(linear @ x + diagonal @ x**2 / 2))
    return Outcome("failed", x, nothing, nothing, float("nan"))


def solve_here(convex: Convex) -> Array | None:
    """By the active set method, in this process."""
    return convex.by_active_set()


def solve_reduced(convex: Convex) -> Array | None:
    """By HiPO in a process of its own, made smaller before."""
    small = reduced(convex)
    if (small.convex.low > small.convex.high + EXACT).any() or (small.convex.lower > small.convex.upper + EXACT).any():
        return None  # rounding left nothing: the program as it stands is more patient
    found = solve_apart(small.convex, TOLERANCES[:1])
    return None if found is None else small.restored(found)


def solve_apart(convex: Convex, tolerances: tuple[float, ...] = TOLERANCES) -> Array | None:
    """By HiPO, in a process of its own: on some programs HiPO 1.15 writes outside its memory, which must not be ours.

    None when that process fails in any way; what it gives is checked by the caller.
    """
    with tempfile.TemporaryDirectory(prefix="budgetmodel-") as folder:
        given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npz"
        np.savez(given, tolerances=np.array(tolerances), **asdict(convex))
        command = [sys.executable, "-m", "budgetmodel.program.apart", str(given), str(answer)]
        surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        try:
            done = subprocess.run(  # noqa: S603  # our own module, by our own interpreter
                command, env=surroundings, capture_output=True, timeout=APART_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0 or not answer.exists():
            return None
        with np.load(answer, allow_pickle=False) as found:
            return np.asarray(found["x"], dtype=np.float64)


def _inside(x: Array, live: LiveModel) -> float:
    """By how much x misses the worst bound of a column."""
    return float(np.maximum(live.program.low - x, x - live.program.high).max(initial=0.0))


def _over_free(live: LiveModel, free: Index, fixed_x: Array, linear: Array, diagonal: Array) -> Convex:
    """The convex program over the free columns, the others being where they are fixed; HiGHS presolves none such."""
    start, index, value = _rows_over(live, free)
    fixed = np.concatenate([live.program.activity(fixed_x), live.cut_activity(fixed_x)])
    bounded = np.isfinite(live.lower) | np.isfinite(live.upper)
    kept = np.flatnonzero((np.diff(start) > 0) & bounded)
    spans = [np.arange(start[i], start[i + 1]) for i in kept]
    take = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
    return Convex(
        linear[free],
        diagonal[free],
        live.low[free],
        live.high[free],
        live.lower[kept] - fixed[kept],
        live.upper[kept] - fixed[kept],
        np.concatenate([[0], np.cumsum(np.diff(start)[kept])]),
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
