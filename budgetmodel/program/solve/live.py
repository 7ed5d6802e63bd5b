"""A program held by HiGHS: costs change, rows are added, bounds tighten to a face, and it is solved again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.solve.deadline import NEVER, Deadline
from budgetmodel.program.solve.outcome import Basis, Outcome
from budgetmodel.program.solve.solver import (
    allow,
    pass_program,
    quiet,
    read_basis,
    read_outcome,
    stopped_in_time,
    written_basis,
)

Bounds = tuple[Array, Array, Array, Array]
"""Of the columns, low and high; of the rows, lower and upper."""

Ending = Literal["vertex", "centre", "interior"]
"""Where a solve may end: see LiveModel.solve."""

DUAL_TOLERANCE = 1e-9
"""Duals of a vertex smaller than this say nothing about which bounds bind."""

INTERIOR_DUAL = 1e-4
"""Duals of an interior point smaller than this say nothing: what they would close shows by its distance instead."""

ON_BOUND = 1e-7
"""£m: at the centre of a face, closer than this to a bound is taken for a bound that always binds; what is found with
such bounds closed is proved with them open."""

DEPENDENT_EQUATIONS = 1 << 10
"""HiGHS's presolve rule that looks for dependent equations: on a face it takes longer than it saves."""

USUAL_GAP, INTERIOR_GAP = 1e-8, 1e-10
"""Relative gap at which an interior point solve ends: HiGHS's own, and where its prices are what is wanted."""

IIS_IRREDUCIBLE = 6
"""HiGHS's `iis_strategy`: an irreducible infeasible subsystem, sought from the linear program."""


@dataclass
class LiveModel:
    """A program held by HiGHS, in process: costs change, rows are added, bounds tighten, and it is solved again.

    Every solve raises OutOfTime where it goes on until `deadline`.
    """

    program: Program
    model: Any
    low: Array
    high: Array
    lower: Array
    upper: Array
    cuts: list[Cut] = field(default_factory=list)
    deadline: Deadline = NEVER

    @classmethod
    def of(cls, program: Program, cost: Array, deadline: Deadline = NEVER) -> LiveModel:
        """Hand the program's arrays to HiGHS."""
        model = quiet()
        pass_program(model, program, cost)
        return cls.around(program, model, deadline)

    @classmethod
    def around(cls, program: Program, model: Any, deadline: Deadline = NEVER) -> LiveModel:
        """Take over a HiGHS model that already holds the program."""
        low, high = program.low.copy(), program.high.copy()
        return cls(program, model, low, high, program.lower.copy(), program.upper.copy(), deadline=deadline)

    def widened(self, program: Program) -> LiveModel:
        """A model of a program that this one's is the beginning of, with this one's bounds and cuts."""
        columns, rows = len(self.program.low), len(self.program.lower)
        wide = LiveModel.of(program, np.zeros(len(program.low)), self.deadline)
        wide.low[:columns], wide.high[:columns] = self.low, self.high
        wide.lower[:rows], wide.upper[:rows] = self.lower[:rows], self.upper[:rows]
        wide._push_bounds()
        for number, cut in enumerate(self.cuts):
            wide.add(replace(cut, lower=self.lower[rows + number], upper=self.upper[rows + number]))
        return wide

    def set_cost(self, cost: Array) -> None:
        """Change what is minimised."""
        self.model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def add(self, cut: Cut) -> None:
        """Add a row."""
        self.model.addRow(cut.lower, cut.upper, len(cut.index), cut.index.astype(np.int32), cut.value)
        self.lower, self.upper = np.append(self.lower, cut.lower), np.append(self.upper, cut.upper)
        self.cuts.append(cut)

    def solve(self, algorithm: str, ending: Ending = "vertex") -> Outcome:
        """Solve with the current bounds and cuts, by HiGHS's `simplex`, `ipx` or `hipo`.

        To a `vertex` with exact prices; or to the `centre` of the optimal face, without crossover, and without
        presolve too: what presolve takes out comes back at a bound. `interior` is the centre as far as prices go, with
        presolve, and closer than HiGHS would: prices there are 0 only where no optimal prices are anything else.
        """
        interior = ending == "interior"
        self.model.setOptionValue("presolve_rule_off", DEPENDENT_EQUATIONS if interior else 0)
        self.model.setOptionValue("ipm_optimality_tolerance", INTERIOR_GAP if interior else USUAL_GAP)
        self.model.setOptionValue("solver", algorithm)
        self.model.setOptionValue("run_crossover", "on" if ending == "vertex" else "off")
        self.model.setOptionValue("presolve", "off" if ending == "centre" else "choose")
        self._run()
        return read_outcome(self.model, basis=ending == "vertex")

    def resume(
        self,
        basis: Basis | None,
        simplex: Literal["dual", "primal"],
        iterations: int,
        *,
        ending: bool = False,
        steepest: bool = False,
    ) -> Outcome:
        """Solve by simplex from a basis (None: where the last solve ended), for so many iterations at most.

        Only with `ending` does the outcome have a basis of its own: reading one out takes half as long as few pivots.

        Weights of the pivoting start at 1 (devex): steepest edge would first solve a system per row, which takes ten
        times as long as the few pivots after a small change. After a large one it pays: `steepest` needs a tenth of
        the pivots (measured, all contract costs of an example exchanged: 379 instead of 4,447). Costs and bounds are
        not perturbed: near an optimum that only makes pivots that have to be taken back.
        """
        if basis is not None:
            self.model.setBasis(written_basis(basis))
        own = {
            "solver": "simplex",
            "presolve": "off",
            "simplex_strategy": {"dual": 1, "primal": 4}[simplex],
            "simplex_dual_edge_weight_strategy": 2 if steepest else 1,
            "dual_simplex_cost_perturbation_multiplier": 0.0,
            "primal_simplex_bound_perturbation_multiplier": 0.0,
            "simplex_iteration_limit": iterations,
        }
        before = {name: self.model.getOptionValue(name)[1] for name in own}
        for name, value in own.items():
            self.model.setOptionValue(name, value)
        self._run()
        for name, value in before.items():
            self.model.setOptionValue(name, value)
        return read_outcome(self.model, basis=ending)

    def basis(self) -> Basis | None:
        """The basis with which the last solve ended; None where it did not end at a vertex."""
        return read_basis(self.model)

    @property
    def at_vertex(self) -> bool:
        """Whether the last solve ended with a basis."""
        return bool(self.model.getBasis().valid)

    def basics(self) -> Index:
        """The basic variable of each position of the basis: a column's number, or -1 - row for a row's activity."""
        return np.asarray(self.model.getBasicVariables()[1], dtype=np.int64)

    def basis_solve(self, right: Array) -> Array:
        """Solve B z = right, B being the basis that the last solve ended with; a row's own column in B is its unit.

        So z is the change of a basic column, and minus the change of a basic row's activity.
        """
        return np.asarray(self.model.getBasisSolve(right)[1], dtype=np.float64)

    def set_bounds(self, low: Array, high: Array, lower: Array, upper: Array) -> None:
        """Give columns and rows other bounds; only those that differ from the current ones are passed to HiGHS."""
        columns = np.flatnonzero((low != self.low) | (high != self.high)).astype(np.int32)
        rows = np.flatnonzero((lower != self.lower) | (upper != self.upper)).astype(np.int32)
        self.low, self.high, self.lower, self.upper = low, high, lower, upper
        if len(columns):
            self.model.changeColsBounds(len(columns), columns, low[columns], high[columns])
        if len(rows):
            self.model.changeRowsBounds(len(rows), rows, lower[rows], upper[rows])

    def set_coefficients(self, row: Index, column: Index, value: Array) -> None:
        """Overwrite single coefficients of the matrix."""
        for i, j, v in zip(row.tolist(), column.tolist(), value.tolist(), strict=True):
            self.model.changeCoeff(i, j, v)

    def stay_optimal(self, outcome: Outcome) -> None:
        """Narrow the program to the optimal face of the stage just solved.

        A feasible point is optimal exactly if it is complementary to one optimal dual solution: columns with a
        reduced cost stay at their bound, rows with a price stay tight.
        """
        activity = np.concatenate([self.program.activity(outcome.x), self.cut_activity(outcome.x)])
        self.low, self.high = _complementary(self.low, self.high, outcome.reduced, outcome.x)
        self.lower, self.upper = _complementary(self.lower, self.upper, outcome.row_dual, activity)
        self._push_bounds()

    def stay_near(self, centre: Outcome) -> None:
        """Narrow the program to the optimal face whose analytic centre was just found.

        An interior point solve without crossover ends at the centre of the optimal face. Bounds met or priced there
        bind everywhere on it; they become equations, so that the face has an interior, which the convex program that
        follows needs.
        """
        activity = np.concatenate([self.program.activity(centre.x), self.cut_activity(centre.x)])
        self.low, self.high = _closed(self.low, self.high, centre.reduced, centre.x)
        self.lower, self.upper = _closed(self.lower, self.upper, centre.row_dual, activity)

    def reopen(self, earlier: Bounds) -> None:
        """Go back to earlier bounds, as `bounds` gave them; cuts made since then stay."""
        self.low, self.high, lower, upper = earlier
        since = self.cuts[len(lower) - len(self.program.lower) :]
        self.lower = np.append(lower, [cut.lower for cut in since])
        self.upper = np.append(upper, [cut.upper for cut in since])
        self._push_bounds()

    @property
    def bounds(self) -> Bounds:
        """The current bounds."""
        return self.low, self.high, self.lower, self.upper

    def conflict_rows(self) -> Index:
        """The rows of an irreducible infeasible subsystem as HiGHS finds it; none when it finds none."""
        self.model.setOptionValue("iis_strategy", IIS_IRREDUCIBLE)
        _, found = self.model.getIis()
        rows = np.array(found.row_index_, dtype=np.int64)
        return rows[rows < len(self.program.lower)]

    def relax_rows(self, rows: Index) -> None:
        """Take the limits of some rows away."""
        self.lower, self.upper = self.lower.copy(), self.upper.copy()
        self.lower[rows], self.upper[rows] = -np.inf, np.inf
        self._push_bounds()

    def residual(self, x: Array) -> float:
        """By how much x misses the worst row of the program as it was assembled, £m."""
        activity = self.program.activity(x)
        return float(np.maximum(self.program.lower - activity, activity - self.program.upper).max(initial=0.0))

    def cut_activity(self, x: Array) -> Array:
        """What the cuts come to at x."""
        return np.array([cut.value @ x[cut.index] for cut in self.cuts])

    def _run(self) -> None:
        self.deadline.keep()
        allow(self.model, self.deadline.left)
        self.model.run()
        self.deadline.keep(stopped=stopped_in_time(self.model))

    def _push_bounds(self) -> None:
        columns = np.arange(len(self.low), dtype=np.int32)
        rows = np.arange(len(self.lower), dtype=np.int32)
        self.model.changeColsBounds(len(columns), columns, self.low, self.high)
        self.model.changeRowsBounds(len(rows), rows, self.lower, self.upper)


def _complementary(lower: Array, upper: Array, dual: Array, value: Array) -> tuple[Array, Array]:
    """Bounds closed where the dual prices one: at the value just found, so that the face is never empty by rounding."""
    priced = _priced(lower, upper, dual, DUAL_TOLERANCE)
    return np.where(priced, value, lower), np.where(priced, value, upper)


def _closed(lower: Array, upper: Array, dual: Array, value: Array) -> tuple[Array, Array]:
    """Bounds closed where the centre of the face lies on one: at the centre's own value, which fits all rows."""
    on_bound = (value - lower < ON_BOUND) | (upper - value < ON_BOUND)
    closed = (lower < upper) & (on_bound | _priced(lower, upper, dual, INTERIOR_DUAL))
    return np.where(closed, value, lower), np.where(closed, value, upper)


def _priced(lower: Array, upper: Array, dual: Array, tolerance: float) -> Mask:
    """Where a dual prices a bound."""
    return ((dual > tolerance) & np.isfinite(lower)) | ((dual < -tolerance) & np.isfinite(upper))
