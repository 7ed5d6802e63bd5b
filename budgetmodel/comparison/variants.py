"""Many variants of one scenario, each re-solved from the answer of the unchanged scenario."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.answers.resolve import Resolved, resolve, solve_afresh
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import Infeasible, InputErrors, SolverFailed
from budgetmodel.contract.objectives import Objective
from budgetmodel.contract.options import DEFAULT, Options, chosen
from budgetmodel.inequality import relative_gaps
from budgetmodel.program.build.components import component_gaps, reference_gaps
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.conflict import explain
from budgetmodel.program.solve.solver import refuse_solver
from budgetmodel.runtime import tuned
from budgetmodel.scenarios.budget import Budget, check_budget
from budgetmodel.side_by_side import side_by_side

AS_IT_STANDS = "as it stands"
"""The first row: the scenario without a change."""


def _proved(objective: Objective) -> tuple[str, ...]:
    """Columns that are proved, and the same however a variant was solved."""
    metric = objective.metric
    return "variant", "status", "shortfall", metric, "shortfall_change", f"{metric}_change"


@tuned()
def what_if(
    budget: Budget,
    scenario: str,
    variants: Mapping[str, Budget],
    *,
    places: bool = False,
    solver: str = DEFAULT,
    time_limit: float | None = None,
    threads: int | None = None,
    options: Options | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The shortfall and the objective of many variants of one scenario: a row per variant, the scenario itself first.

    `variants` names budgets made from `budget`, each with its change: `{"floor 1% lower": budget.changed(...)}`.
    The index of all is measured against the reference of `budget`.

    Columns: `variant`, `status` (optimal, infeasible, refused or failed), `shortfall` (£m), `index`, the change of
    both, then `delivered` and `transaction_cost` (£m, all years), `component_gap: NAME` (share of the reference) and,
    with `places`, `place: NAME` (£m, all years); then `how` it was solved and `proved_to` (how much lower the objective
    could be at most). Where the scenario has another objective than the index, its metric and the change of it replace
    the index. Shortfall and objective are those that `solve` publishes, each proved. The others are
    of one of the allocations that reach them: `solve` chooses among these in two further stages, which are left out.

    `solver`, `time_limit` (seconds for each variant) and `threads` are those of `Options`, or come in one as `options`.

    Variants whose rows and columns are those of the scenario are re-solved from its answer; others, and those whose
    re-solve takes too many steps, are solved afresh; `how` states which.

    A variant whose tables do not pass the checks, or whose figures cannot be proved, does not stop the others: its
    status is refused or failed, and `how` states what is wrong. Raises InputErrors when the scenario does not exist,
    Infeasible when the unchanged scenario cannot be met, SolverFailed when its figures cannot be proved, TypeError when
    one of the budgets is not a Budget, and BadCommand for an unknown solver.
    """
    check_budget(budget)
    options = chosen(options, solver=solver, time_limit=time_limit, threads=threads)
    refuse_solver(options.solver)
    for variant in variants.values():
        check_budget(variant)
    reference = reference_gaps(budget.inputs)
    structure, _ = scenario_structure(budget, scenario, reference)
    progress(AS_IT_STANDS)
    base = solve_afresh(structure, options)
    if base.status == "infeasible":
        raise Infeasible(scenario, *explain(structure, base.program, options.shortcuts))
    start = base.start

    def job(name: str) -> dict[Hashable, Any]:
        row: dict[Hashable, Any]
        try:
            changed, _ = scenario_structure(variants[name], scenario, reference)
            row = _row(name, resolve(start, changed, options), places)
        except InputErrors as refused:
            row = {"variant": name, "status": "refused", "how": str(refused)}
        except SolverFailed as failure:
            row = {"variant": name, "status": "failed", "how": str(failure)}
        progress(name)
        return row

    rows = [_row(AS_IT_STANDS, base, places), *side_by_side(job, list(variants), threads=options.threads)]
    frame = pd.DataFrame(rows)
    proved = _proved(structure.objective)
    for figure in ("shortfall", structure.objective.metric):
        frame[f"{figure}_change"] = frame[figure] - frame[figure].iloc[0]
    last = ["how", "proved_to"]
    first = [*proved, "delivered", "transaction_cost"]
    return frame[[*first, *(name for name in frame if name not in (*first, *last)), *last]]


def _row(name: str, found: Resolved, places: bool) -> dict[Hashable, Any]:
    row: dict[Hashable, Any] = {"variant": name, "status": found.status, "how": found.how}
    if found.status != "optimal":
        return row
    structure = found.structure
    spent = found.x[found.layout.flow]
    fees = float(structure.fee @ spent)
    row |= {
        "shortfall": found.shortfall,
        structure.objective.metric: found.value,
        "delivered": float(spent.sum()) - fees,
        "transaction_cost": fees + float(structure.cost.sum()),
        "proved_to": max(found.value - found.bound, 0.0),
    }
    gaps = _component_gaps(structure, found.amounts)
    row |= {f"component_gap: {c.name}": float(g) for c, g in zip(structure.components, gaps, strict=True)}
    if places:
        amounts = _by_place(structure, found.amounts)
        row |= {f"place: {p}": float(a) for p, a in zip(structure.inputs.places, amounts, strict=True)}
    return row


def _component_gaps(structure: Structure, amounts: Array) -> Array:
    """Σ over years of weight x G / G0, by component: shape (components,)."""
    gaps = component_gaps(structure.components, structure.lines, amounts)
    return np.asarray(relative_gaps(gaps, structure.reference) @ structure.inputs.year_weights)


def _by_place(structure: Structure, amounts: Array) -> Array:
    """The amount of each place over all years: shape (places,), £m."""
    place = structure.lines["place"].to_numpy()
    sums = np.bincount(place, weights=amounts.sum(axis=1), minlength=len(structure.inputs.places))
    return np.asarray(sums, dtype=np.float64)
