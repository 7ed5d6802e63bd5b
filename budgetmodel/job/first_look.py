"""What a changed workbook comes to, seconds after it is read: re-solves from the answers of the run before.

A re-solve proves shortfall and objective value; which of the allocations that reach them is published is decided by
later stages, so no place's money is told. The run that follows solves and proves everything as if nobody had looked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from budgetmodel.answers.resolve import Resolved, resolve, start_of, unlike
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.events import AHEAD, OTHER, SAME
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.options import Options
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.job.outcome import Outcome
from budgetmodel.job.telling import Telling
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.results import Result
from budgetmodel.scenarios.budget import Budget
from budgetmodel.side_by_side import side_by_side

SECONDS = 6.0
"""What a re-solve may take: one that takes longer is no first look."""

NO_ANSWER = "no allocation keeps all its must rules; the way out follows"


def look(budget: Budget, names: Sequence[str], earlier: Outcome | None, options: Options, told: Telling) -> None:
    """Tell of each scenario that was solved before whether its inputs are unchanged, or its re-solved figures.

    Without a run before nothing is done. Where nothing in the workbook differs, every scenario is unchanged, whatever
    became of it. Results with a way out applied are no start: their tables are not the workbook's.
    """
    if earlier is None:
        return
    if budget.content_hash == earlier.content and tuple(names) == earlier.scenarios:
        for name in names:
            told.looked(name, SAME, "")
        return
    before = {name: result for name, result in earlier.results.items() if result.is_met}
    inputs = {name: budget.inputs_of(name)[0] for name in names if name in before}
    changed = [name for name, own in inputs.items() if own is None or not _same(own, before[name])]
    for name in inputs:
        if name not in changed:
            told.looked(name, SAME, "")
    reference = reference_gaps(budget.inputs)
    brief = replace(options, time_limit=min(SECONDS, options.time_limit or SECONDS))

    def one(name: str) -> None:
        told.looked(name, *_looked(budget, name, before[name], reference, brief))

    side_by_side(one, changed, threads=options.threads)


def _same(inputs: Inputs, result: Result) -> bool:
    return inputs.content_hash == result.inputs.content_hash


def _looked(
    budget: Budget, name: str, before: Result, reference: Mapping[tuple[str, str], float], options: Options
) -> tuple[str, str]:
    """What is found of a changed scenario, and its figures in words."""
    structure, _ = scenario_structure(budget, name, reference)
    assembled = assemble(structure, turnover_stage=False)
    start = start_of(before.answer)
    if unlike(start, structure, assembled[0]):
        return OTHER, ""
    try:
        found = resolve(start, structure, options, assembled)
    except SolverFailed:  # the run solves it without a start, and says what is wrong if that fails, too
        return OTHER, ""
    return (AHEAD, _words(before, found)) if found.status == "optimal" else (AHEAD, NO_ANSWER)


def _words(before: Result, found: Resolved) -> str:
    """The value of the objective and the shortfall, each with what it was."""
    objective = before.answer.objective
    noun = "share of the gap left" if objective.is_index else objective.noun
    shortfall, value = before.answer.values
    words = f"{noun} {objective.told(found.value, 2)} (before: {objective.told(value, 2)})"
    if found.structure.tolerance:  # what is published gives some of it up, which is not known yet
        words = f"the least {words}, of which some is given up for a plan that changes less"
    if max(found.shortfall, shortfall) < 0.005:
        return words
    return f"{words}, aims short of £{found.shortfall:,.2f}m (before: £{shortfall:,.2f}m)"
