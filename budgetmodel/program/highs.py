"""HiGHS with arrays alone: handing over, settings, and convex programs.

Nothing here needs PuLP or pandas, so that the process apart, which solves one convex program and ends, starts at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FEASIBILITY, CONVEX_FEASIBILITY = 1e-9, 1e-7
"""How closely HiGHS keeps rows and duals: of the linear stages, whose values are compared, and of the convex one."""

ITERATIONS_PER_SIDE = 10
"""Steps of the active set method per column and row: it needs fewer than 2 where it ends (measured on random
workbooks), and on some degenerate programs of 20 columns it goes round for ever."""

ACTIVE_SET_SECONDS = 60.0

TOLERANCES = (1e-8, 1e-10)
"""Tolerances of HiPO, tried in turn."""

STEPS_AT_MOST = 100
"""Steps of HiPO: it needs 25 to 40 where it ends."""


@dataclass(frozen=True)
class Convex:
    """Minimise linear @ x + half the sum of diagonal x², low <= x <= high, lower <= A x <= upper; A stored by row."""

    linear: Array
    diagonal: Array
    low: Array
    high: Array
    lower: Array
    upper: Array
    start: Index
    index: Index
    value: Array

    def by_active_set(self) -> Array | None:
        """The optimum by HiGHS's active set method; None when none was proved in time."""
        model = self._model("qpasm", TOLERANCES[0])
        model.setOptionValue("time_limit", ACTIVE_SET_SECONDS)
        model.setOptionValue("qp_iteration_limit", ITERATIONS_PER_SIDE * (len(self.linear) + len(self.lower)) + 100)
        model.setOptionValue("qp_regularization_value", 1e-12)  # its default moves money by tens of pounds
        return _optimum(model)

    def by_interior_point(self, tolerance: float) -> Array | None:
        """The optimum by HiPO; None when none was proved."""
        model = self._model("hipo", tolerance)
        model.setOptionValue("hipo_system", "augmented")  # the normal equations lose their digits on a thin face
        model.setOptionValue("ipm_iteration_limit", STEPS_AT_MOST)
        return _optimum(model)

    def _model(self, solver: str, tolerance: float) -> Any:
        model = quiet()
        model.setOptionValue("solver", solver)
        model.setOptionValue("ipm_optimality_tolerance", tolerance)
        model.setOptionValue("primal_feasibility_tolerance", CONVEX_FEASIBILITY)
        model.setOptionValue("dual_feasibility_tolerance", CONVEX_FEASIBILITY)
        limits, matrix = (self.lower, self.upper), (self.start, self.index, self.value)
        pass_arrays(model, self.linear, (self.low, self.high), limits, matrix)
        _pass_diagonal(model, self.diagonal)
        return model


def solve_file(given: Path, answer: Path) -> bool:
    """What the process apart does: read a convex program, solve it, write the optimum; False when none was proved."""
    with np.load(given, allow_pickle=False) as arrays:
        convex = Convex(**{field.name: arrays[field.name] for field in fields(Convex)})
        tolerances = arrays["tolerances"].tolist()
    for tolerance in tolerances:
        x = convex.by_interior_point(tolerance)
        if x is not None:
            np.savez(answer, x=x)
            return True
    return False


def quiet() -> Any:
    """A HiGHS model that says nothing."""
    model = highspy.Highs()
    settle(model)
    return model


def settle(model: Any) -> None:
    """One thread a model, so that scenarios run side by side and give the same digits on any machine."""
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("random_seed", 0)
    model.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
    model.setOptionValue("dual_feasibility_tolerance", FEASIBILITY)


def pass_arrays(
    model: Any,
    cost: Array,
    bounds: tuple[Array, Array],
    limits: tuple[Array, Array],
    matrix: tuple[Index, Index, Array],
) -> None:
    """Hand a program over; `matrix` holds start, index and value of the rows."""
    start, index, value = matrix
    by_row, minimise = 2, 1
    model.passModel(
        len(cost),
        len(limits[0]),
        len(value),
        by_row,
        minimise,
        0.0,
        cost,
        *bounds,
        *limits,
        start.astype(np.int32),
        index.astype(np.int32),
        value,
        np.zeros(len(cost), dtype=np.int32),
    )


def _pass_diagonal(model: Any, diagonal: Array) -> None:
    columns = np.flatnonzero(diagonal)
    hessian = highspy.HighsHessian()
    hessian.dim_ = len(diagonal)
    hessian.format_ = highspy.HessianFormat.kTriangular
    hessian.start_ = np.searchsorted(columns, np.arange(len(diagonal) + 1)).astype(np.int32)
    hessian.index_ = columns.astype(np.int32)
    hessian.value_ = diagonal[columns]
    model.passHessian(hessian)


def _optimum(model: Any) -> Array | None:
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(model.getSolution().col_value)
