"""How much of the gap is closed by the last year: of an allocation, and the range over all allocations of an optimum.

A re-solve ends with the least index, and several allocations may have it: years can trade with each other. So the share
of the gap that is closed by the last year has a range, from two more linear programs on the optimal face. On that face
every gap column stands at its gap, wherever it has a weight: otherwise the index could be less. So the largest value of
that year's gaps is a linear program too.
"""

from __future__ import annotations

import numpy as np

from budgetmodel.answers.resolve import Resolved
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import GINI
from budgetmodel.inequality import SMALLEST_REFERENCE
from budgetmodel.program.build.components import component_gaps
from budgetmodel.program.build.gap_index import GAP, WHOLE_GAP
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.objectives import missing_cuts
from budgetmodel.program.build.structure import Structure

NOT_KNOWN = (float("nan"), float("nan"))
"""No range: nothing is feasible, or the last year has no weight in the index."""

PIVOTS = 2000
"""Steps of the simplex method from the optimum to an end of its face; beyond them it is solved from nothing."""


def closed(s: Structure, amounts: Array) -> float:
    """The share of the gap that an allocation closes by the last year; `amounts` has shape (lines, years), £m."""
    gaps = component_gaps(s.components, s.lines, amounts)[:, -1]
    reference = np.maximum(s.reference[:, -1], SMALLEST_REFERENCE)
    return 1.0 - float(s.component_weights @ (gaps / reference))


def closed_range(found: Resolved) -> tuple[float, float]:
    """The least and the most of the gap that allocations of the re-solved optimum close by the last year, shares.

    NaN where there is no answer, and where the last year has no weight. Raises SolverFailed when an end is not found.
    """
    s = found.structure
    weight = float(s.inputs.year_weights[-1])
    if found.status != "optimal" or found.route is None or not weight > 0:
        return NOT_KNOWN
    cost = _of_last_year(found.program, s.years) / weight
    own = closed(s, found.amounts)
    if not cost.any():
        return own, own
    found.route.hold(found.stages[-1])
    most, least = (1.0 - sign * _end(found, sign * cost) / 100.0 for sign in (1.0, -1.0))
    return min(least, own), max(most, own)


def _of_last_year(program: Program, years: int) -> Array:
    """What each column adds to the last year's part of the index, as weighted."""
    cost = np.zeros_like(program.costs[GINI.stage.cost])
    for name, columns in program.groups.items():
        if name == GAP.name or name.startswith(WHOLE_GAP):
            last = np.asarray(columns)[years - 1 :: years]  # every gap has a column per year, in this order
            cost[last] = program.costs[GINI.stage.cost][last]
    return cost


def _end(found: Resolved, cost: Array) -> float:
    """The least of a cost on the optimal face, with all the cuts that it needs."""
    live = found.route.live if found.route is not None else None
    if live is None:
        raise TypeError("a range needs the live model of a re-solve")
    live.set_cost(cost)
    outcome = live.resume(None, "primal", PIVOTS)
    while True:
        if outcome.status != "optimal":
            outcome = live.solve("ipx")
        if outcome.status != "optimal":
            raise SolverFailed(f"The share of the gap closed was not found: {outcome.detail}.")
        cuts = missing_cuts(found.program, found.layout, outcome.x)
        if not cuts:
            return float(cost @ outcome.x)
        for cut in cuts:
            live.add(cut)
        outcome = live.resume(None, "dual", PIVOTS)
