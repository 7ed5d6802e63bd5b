"""Which scenarios are new, gone, or have lost or found an answer since the last run, with the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from budgetmodel.comparison.earlier import Earlier
from budgetmodel.contract import schema
from budgetmodel.contract.frames.since import SCENARIO
from budgetmodel.contract.issues import BudgetError, Infeasible
from budgetmodel.contract.status import FAILED, INFEASIBLE, NOT_MET, OPTIMAL
from budgetmodel.results import Result
from budgetmodel.scenarios.budget import Budget

LISTED = "scenarios of the workbook"
"""The key of the `run` table with the names of all scenarios of the workbook."""

ABSENT = "not in the run"

SAID = {
    OPTIMAL: "has an answer that meets it",
    NOT_MET: "cannot be met and is answered with its way out applied",
    INFEASIBLE: "cannot be met and has no answer",
    FAILED: "has no answer, as the solver gave up",
}
"""What a scenario of a status is, in words."""

WAS = {
    OPTIMAL: "had an answer that met it",
    NOT_MET: "could not be met and was answered with its way out applied",
    INFEASIBLE: "could not be met and had no answer",
    FAILED: "had no answer, as the solver gave up",
}
"""What it was."""

Row = dict[str, Any]


def scenario_rows(
    earlier: Earlier, budget: Budget, results: Mapping[str, Result], failures: Mapping[str, BudgetError]
) -> list[Row]:
    """Rows of `since_last_run`: scenarios that are in one of the runs only, or whose status is another."""
    old, new = _statuses_of(earlier), _statuses(results, failures)
    listed = next((earlier.run.notes(name).get(LISTED, "") for name in earlier.run.scenarios), "")
    names = listed.split(", ")
    rows = []
    for name in dict.fromkeys([*new, *old]):
        was, now = old.get(name, ABSENT), new.get(name, ABSENT)
        if was == now:
            continue
        if was == ABSENT:
            words = f"'{name}' {'was not solved in the last run' if name in names else 'is new'}; it {SAID[now]}"
        elif now == ABSENT:
            gone = _gone(budget, name)
            words = f"'{name}' {gone}"
        else:
            words = f"'{name}' {SAID[now]}; in the last run it {WAS[was]}"
        way = "".join(_way_out(failures.get(name)))
        rows.append({"what": SCENARIO, "scenario": name, "old": was, "new": now, "words": f"{words}.{way}"})
    return rows


def _gone(budget: Budget, name: str) -> str:
    """Why a scenario of the last run is not in this one; the cell that leaves it out is named."""
    if name not in budget.scenarios:
        return "is no scenario of the workbook any more"
    if name in budget.to_run:
        return "was not solved this time"
    cell = budget.cell(schema.SCENARIOS, budget.scenarios.index(name), schema.RUN)
    return f"was not solved this time: {cell} says {schema.NO}"


def _statuses(results: Mapping[str, Result], failures: Mapping[str, BudgetError]) -> dict[str, str]:
    found = {name: INFEASIBLE if isinstance(failure, Infeasible) else FAILED for name, failure in failures.items()}
    return {**found, **{name: result.status for name, result in results.items()}}


def _statuses_of(earlier: Earlier) -> dict[str, str]:
    solved = {name: earlier.run.notes(name).get("status", OPTIMAL) for name in earlier.run.scenarios}
    return {**solved, **earlier.run.unsolved}


def _way_out(failure: BudgetError | None) -> Iterator[str]:
    """The cheapest way out of a scenario that cannot be met, as a sentence."""
    explanation = getattr(failure, "explanation", None)
    way = explanation.way_to_apply if explanation is not None else None
    if way is not None:
        yield f" Way out: {way.words}."
