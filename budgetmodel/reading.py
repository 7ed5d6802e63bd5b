"""Reading and checking: from a workbook, packs and changes in words to a checked budget, or to all its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from budgetmodel.checks import check_tables, in_sheet_order
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import InputErrors, Issue, errors
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.structure import Setting, setting_of
from budgetmodel.program.infeasible.before_solving import clashes, no_headroom
from budgetmodel.program.infeasible.before_solving_words import Clash
from budgetmodel.program.infeasible.rule_bounds import Bounds, bounds
from budgetmodel.scenarios.budget import Budget, selected, with_what_if
from budgetmodel.scenarios.packs import with_packs
from budgetmodel.scenarios.set_grammar import read_sets


def read(path: str | Path, packs: Sequence[str | Path] = ()) -> Budget:
    """Read and check an input workbook, and join the scenarios of packs to its own.

    Raises InputErrors with every issue (warnings included) when there are errors in it, in any scenario's changes or
    in what they lead to, and FileTrouble when a file cannot be read.
    """
    budget, issues = _read(path)
    if budget is None:
        raise InputErrors(issues)
    return with_changes(budget, packs=packs)


def check(path: str | Path, sets: Sequence[str] = (), packs: Sequence[str | Path] = ()) -> list[Issue]:
    """Every issue of a workbook, of packs and of changes in words, in sheet order; never raises for their content."""
    read_sets(sets)  # what cannot be read is refused before the workbook is opened
    try:
        budget, issues = _read(path)
        return list(issues if budget is None else with_changes(budget, sets, packs).issues)
    except InputErrors as refused:
        return list(refused.issues)


def with_changes(
    budget: Budget,
    sets: Sequence[str] = (),
    packs: Sequence[str | Path] = (),
    scenarios: Sequence[str] | None = None,
) -> Budget:
    """A budget with the scenarios of packs beside its own, and with changes in words on top of every scenario.

    `sets` follow the grammar of `--set`: `Rules.Value[Rule=Pace ceiling] = 6%`, `Funding.Amount *= 0.97`,
    `remove Rules[Measure=moved]`, `append Funding[Source=A; Year=2026/27; Amount=5]`. `scenarios` are those that will
    be solved (see `scenarios.selected`); all of them when it is not given. Warnings join the budget's issues.

    Raises BadCommand for a change that does not follow the grammar, FileTrouble for a pack that cannot be read, and
    InputErrors with every problem of the packs, the changes and what they lead to in those scenarios.
    """
    rows = read_sets(sets)
    if not rows and not packs:
        return budget
    joined = with_packs(budget, packs) if packs else budget
    changed = with_what_if(joined, rows) if rows else joined
    names = selected(changed, [name for name in scenarios or () if name in changed.scenarios])
    touched = names if rows else [name for name in names if name not in budget.scenarios]
    of_scenarios = {issue for issues in budget.of_scenarios.values() for issue in issues}
    of_workbook = [issue for issue in changed.issues if issue not in of_scenarios]
    # The issues of scenarios without the changes need not be true of them any more.
    judged, issues = _judged(changed, of_workbook, touched, {} if rows else budget.of_scenarios)
    if judged is None:
        raise InputErrors(issues)
    return judged


def _read(path: str | Path) -> tuple[Budget | None, tuple[Issue, ...]]:
    """The budget, which carries its issues, or None when there are errors among them; and the issues."""
    found = read_workbook(path)
    inputs, checked = check_tables(found.tables, found.name, found.sha256)
    issues = [*found.issues, *checked]
    if inputs is None or errors(issues):
        return None, in_sheet_order(issues)
    return _judged(Budget(inputs, checked), issues, inputs.scenarios, {})


def _judged(
    budget: Budget, of_workbook: Sequence[Issue], names: Sequence[str], known: Mapping[str, Sequence[Issue]]
) -> tuple[Budget | None, tuple[Issue, ...]]:
    """A budget with the issues of its scenarios, or None when there are errors among them; and all issues.

    `of_workbook` are the issues of the unchanged workbook, `names` the scenarios to judge, `known` the issues of
    others.
    """
    workbook_issues, of_scenarios = set(of_workbook), {name: list(issues) for name, issues in known.items()}
    changed = {}
    for name in names:
        changed[name], found = budget.inputs_of(name)
        of_scenarios[name] = [issue for issue in found if issue not in workbook_issues]
    if not errors(issue for issues in of_scenarios.values() for issue in issues):
        for issue, scenarios in arithmetic_issues(budget, {n: own for n, own in changed.items() if own is not None}):
            for name in scenarios:
                of_scenarios[name].append(issue)
    ordered = in_sheet_order((*of_workbook, *(issue for issues in of_scenarios.values() for issue in issues)))
    if errors(ordered):
        return None, ordered
    frozen = Frozen({name: tuple(issues) for name, issues in of_scenarios.items()})
    return replace(budget, issues=ordered, of_scenarios=frozen), ordered


def arithmetic_issues(budget: Budget, changed: Mapping[str, Inputs]) -> list[tuple[Issue, list[str]]]:
    """Warnings of what some scenarios cannot meet, found before any program, each with the scenarios that share it.

    `changed` gives the inputs of each scenario after its changes.
    """
    scenarios_of: dict[Clash, list[str]] = {}
    # Scenarios without changes share their tables, and so their setting and bounds, unless a rule follows the regime.
    setting_and_bounds: dict[int, tuple[Setting, Bounds]] = {}
    known: dict[tuple[int, str], tuple[Clash, ...]] = {}
    for scenario, own in changed.items():
        regime, tables = str(budget.scenario_row(scenario)["Regime"]), id(own.tables)
        if (tables, regime) not in known:
            before = setting_and_bounds.get(tables)
            base = setting_of(own, regime, like=before[0] if before else None)
            limits = before[1] if before and not before[1].of_regime else bounds(base)
            setting_and_bounds[tables] = base, limits
            known[tables, regime] = (*clashes(base, limits), *no_headroom(base, limits))
        for clash in known[tables, regime]:
            scenarios_of.setdefault(clash, []).append(scenario)
    return [(clash.issue(scenarios), scenarios) for clash, scenarios in scenarios_of.items()]
