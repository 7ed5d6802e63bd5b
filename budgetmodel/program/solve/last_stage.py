"""The last stage: the one plan that changes least by lines, on what the stages before have left, and its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.objectives import missing_cuts
from budgetmodel.program.solve.convex import spread
from budgetmodel.program.solve.live import Bounds, LiveModel
from budgetmodel.program.solve.outcome import Outcome
from budgetmodel.program.solve.vertices import by_vertices

SMALLEST_LINE = 0.1
"""£m: relative change is measured against at least this much."""

CARRY_SHARE = 1e-3
"""How much £m² carried forward count in stage 4 beside the spread over lines: as little as can be is carried."""

ENOUGH = 1e-8
"""How much lower the spread, Σ (X - X0)² / max(X0, £0.1m) in £m, could be at most: lines of £100m are then settled to
£1,000, because a plan that moves a line of £m X by D has a spread of D² / X more than the best."""

BY_ROUNDING = 1e-4
"""How much lower than the least the spread may seem to be, because rows are missed by pennies that have a price."""

STEPS = 3_000
"""Steps of the simplex method to the next vertex."""


@dataclass(frozen=True)
class LastStage:
    """The convex program Σ (X - X0)² / max(X0, £0.1m) over lines, on what a live model has been narrowed to.

    Where the program is `small` proofs go to a vertex; without `reduce` it is solved as large as it is.
    """

    model: LiveModel
    layout: Layout
    small: bool
    reduce: bool

    def spread(self, first: Array) -> Array:
        """The optimum over the current face, of which `first` is a vertex: the columns.

        Where no convex solver proves its optimum there, bounds that are met at the centre of the face are closed first,
        which gives it an interior; and where that does not help either, the optimum is sought over vertices. Raises
        SolverFailed where none of the ways proves the optimum.
        """
        face = self.model.bounds
        found = self._until_uncut(lambda: self._convex(patient=False))
        near = [first, found.x]
        if found.status != "optimal":
            self.model.set_cost(np.zeros(len(self.model.low)))
            centre = self._until_uncut(lambda: self.model.solve("ipx", "centre"))
            if centre.status == "optimal":
                self.model.stay_near(centre)
                found = self._until_uncut(lambda: self._convex(patient=False, face=face))
                self.model.reopen(face)
                near.append(found.x)
        return self._otherwise(found, near)

    def least_change(self, first: Array) -> Array:
        """The optimum over a set with an interior, of which `first` is a point.

        Raises SolverFailed where no optimum is proved.
        """
        found = self._until_uncut(lambda: self._convex(patient=False))
        return self._otherwise(found, [first, found.x])

    def least_change_if_quick(self) -> Array | None:
        """The optimum by the quickest way, whose own proof is believed; None where it has none."""
        found = self._until_uncut(lambda: self._convex(patient=False, believed=True))
        return found.x if found.status == "optimal" else None

    def _otherwise(self, found: Outcome, near: list[Array]) -> Array:
        """What was found, or else the optimum by the slower ways, of which the last begins at the best point `near`."""
        if found.status != "optimal":
            found = self._until_uncut(self._convex)
        if found.status != "optimal":
            first = min((x for x in (*near, found.x) if len(x)), key=self._cost)
            found = self._until_uncut(lambda: self._over_vertices(first))
        if found.status != "optimal":
            raise SolverFailed("The last stage ended without a proved optimum: its plan would be one of several.")
        return found.x

    def _cost(self, x: Array) -> float:
        linear, diagonal = spread_costs(self.layout, self.model.program)
        return float(linear @ x + diagonal @ x**2 / 2)

    def _convex(self, *, patient: bool = True, face: Bounds | None = None, believed: bool = False) -> Outcome:
        """The convex program as the model has been narrowed, proved on `face` unless `believed`."""

        def proved(x: Array) -> bool:
            return believed or self.proved(x, face)

        costs = spread_costs(self.layout, self.model.program)
        return spread(self.model, *costs, proved, patient=patient, reduce=self.reduce, rough=believed)

    def proved(self, x: Array, face: Bounds | None = None) -> bool:
        """Whether no plan on a face, by default the current one, has a spread lower than that of x by more than ENOUGH.

        A convex function lies above its tangents, so a linear program over the face, whose costs are the slope at x,
        says how much lower it could be at most.
        """
        linear, diagonal = spread_costs(self.layout, self.model.program)
        slope = linear + diagonal * x
        narrowed = self.model.bounds
        if face is not None:
            self.model.reopen(face)
        self.model.set_cost(slope)
        furthest = self.model.solve("simplex") if self.small else self.model.solve("ipx", "interior")
        if face is not None:
            self.model.reopen(narrowed)
        return furthest.status == "optimal" and -BY_ROUNDING <= float(slope @ (x - furthest.x)) <= ENOUGH

    def _over_vertices(self, first: Array) -> Outcome:
        """The optimum over vertices, from one of the points."""

        def furthest(slope: Array) -> Array | None:
            self.model.set_cost(slope)
            outcome = self.model.resume(None, "primal", STEPS)
            if outcome.status != "optimal":  # the last solve ended without a vertex, or too far away
                outcome = self.model.solve("simplex" if self.small else "ipx")
            return outcome.x if outcome.status == "optimal" else None

        x = by_vertices(first, *spread_costs(self.layout, self.model.program), furthest, ENOUGH / 10)
        nothing = np.zeros(0)
        return Outcome("failed" if x is None else "optimal", first if x is None else x, nothing, nothing, np.nan)

    def _until_uncut(self, solve: Callable[[], Outcome]) -> Outcome:
        return until_uncut(lambda: self.model, self.layout, solve)


def until_uncut(
    model: Callable[[], LiveModel],
    layout: Layout,
    solve: Callable[[], Outcome],
    begin: Callable[[], Outcome] | None = None,
) -> Outcome:
    """Solve until no cut is missing; `begin` makes the first solve in another way. Cuts are added to the `model`."""
    outcome = (begin or solve)()
    while outcome.status == "optimal" and (cuts := missing_cuts(model().program, layout, outcome.x)):
        for cut in cuts:
            model().add(cut)
        outcome = solve()
    return outcome


def spread_costs(layout: Layout, program: Program) -> tuple[Array, Array]:
    """The costs of stage 4: Σ (X - X0)² / max(X0, £0.1m) over lines, and a little for what is carried forward.

    Returns the linear costs and the diagonal of the Hessian, both of shape (columns,). Dividing by the line's size
    once makes equal relative change the cheapest way to spread a sum over lines. Flows have no cost: who pays for a
    line is decided afterwards.
    """
    structure = layout.structure
    linear, diagonal = np.zeros(program.shape[1]), np.zeros(program.shape[1])
    number, year = np.nonzero(layout.line >= 0)
    own = layout.line[number, year]
    minimum = structure.minimum[number, year]
    size = np.maximum(minimum, SMALLEST_LINE)
    diagonal[own] = 2.0 / size
    linear[own] = -2.0 * minimum / size
    diagonal[layout.carry[layout.carry >= 0]] = 2.0 * CARRY_SHARE
    return linear, diagonal
