"""The arrays of a scenario, from a budget and its name."""

from __future__ import annotations

from collections.abc import Mapping

from budgetmodel.contract.issues import InputErrors, Issue
from budgetmodel.contract.selectors import nearest
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.scenarios.budget import Budget


def scenario_structure(
    budget: Budget, scenario: str, reference: Mapping[tuple[str, str], float] | None = None
) -> tuple[Structure, tuple[Issue, ...]]:
    """The arrays of a scenario and the warnings that go with them; raises InputErrors when it cannot be built.

    `reference` is G0 of the unchanged workbook, where the caller has it already.
    """
    if not isinstance(scenario, str):
        raise TypeError(f"A scenario is asked for by its name, not by {scenario!r}: {', '.join(budget.scenarios)}.")
    if scenario not in budget.scenarios:
        near = nearest(scenario, budget.scenarios)
        fix = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
        found = f"there is no scenario '{scenario}'"
        raise InputErrors(
            [Issue("SCENARIO_UNKNOWN", "error", "Scenarios", "", found, "a scenario of the workbook", fix)]
        )
    changed, found_issues = budget.inputs_of(scenario)
    known = set(budget.issues)
    issues = (*budget.issues_of(scenario), *(issue for issue in found_issues if issue not in known))
    if changed is None:
        raise InputErrors(issues)
    regime = str(budget.scenario_row(scenario)["Regime"])
    return build_structure(changed, regime, reference_gaps(budget.inputs) if reference is None else reference), issues
