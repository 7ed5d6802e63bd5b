"""Reading and checking: from a workbook, packs and changes in words to a checked budget, or to all its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from budgetmodel.checks import check_tables, in_sheet_order
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Infeasible, InputErrors, Issue, errors
from budgetmodel.contract.objectives import CONVERGENCE
from budgetmodel.contract.status import CANNOT
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.by_rule import UNMET, rule_shares
from budgetmodel.program.build.structure import Setting, Structure, build_structure, objective_of, setting_of
from budgetmodel.program.infeasible.before_solving import CLASHES, clashes, no_headroom
from budgetmodel.program.infeasible.before_solving_words import Clash
from budgetmodel.program.infeasible.feasible import Verdict, verdicts
from budgetmodel.program.infeasible.rule_bounds import Bounds, bounds
from budgetmodel.runtime import tuned
from budgetmodel.scenarios.apply import faults_as_typed
from budgetmodel.scenarios.budget import Budget, none_to_run, selected, with_what_if
from budgetmodel.scenarios.packs import with_packs
from budgetmodel.scenarios.set_grammar import read_sets

SEE_EXPLAIN = "'explain WORKBOOK --scenario NAME' names the rules in conflict and the cheapest way out."
"""What to do about a scenario that cannot be met, where no way out was looked for."""


def read(path: str | Path, packs: Sequence[str | Path] = ()) -> Budget:
    """Read and check an input workbook, and join the scenarios of packs to its own.

    Raises InputErrors with every issue (warnings included) when there are errors in it, in any scenario's changes or
    in what they lead to, and FileTrouble when a file cannot be read.
    """
    budget, issues = _read(path)
    if budget is None:
        raise InputErrors(issues)
    return with_changes(budget, packs=packs)


@dataclass(frozen=True)
class Checked:
    """What a check found: every issue in sheet order, and whether each scenario can be met.

    `scenarios` has a Verdict for each scenario in the order of the sheet; none where errors stop a run, and then there
    is no `budget`.
    """

    issues: tuple[Issue, ...]
    scenarios: Mapping[str, Verdict]
    budget: Budget | None = None

    @property
    def exit_code(self) -> int:
        """What the command ends with: 3 for errors, 4 where no scenario can be met, else 0."""
        if errors(self.issues):
            return InputErrors.exit_code
        met = [verdict.status != CANNOT for verdict in self.scenarios.values()]
        return Infeasible.exit_code if met and not any(met) else 0


def check(
    path: str | Path, sets: Sequence[str] = (), packs: Sequence[str | Path] = (), *, solve: bool = False
) -> list[Issue]:
    """Every issue of a workbook, of packs and of changes in words, in sheet order; never raises for their content.

    A scenario that no allocation can meet is a warning, NOT_MET. All scenarios that can be looked at within seconds
    are; `solve` looks at all of them, however long it takes, and names a way out of each.
    """
    return list(checked(path, sets, packs, solve=solve).issues)


def checked(
    path: str | Path, sets: Sequence[str] = (), packs: Sequence[str | Path] = (), *, solve: bool = False
) -> Checked:
    """As `check`, with what is known of each scenario."""
    read_sets(sets)  # what cannot be read is refused before the workbook is opened
    try:
        budget, issues = _read(path)
        if budget is None:
            return Checked(issues, {})
        budget = with_changes(budget, sets, packs)
    except InputErrors as refused:
        return Checked(refused.issues, {})
    nothing = none_to_run(budget)
    if nothing:
        return Checked(in_sheet_order((*budget.issues, *nothing)), {})
    with tuned():
        found = scenario_verdicts(budget, in_full=solve)
    unmet = [_not_met(budget, name, verdict) for name, verdict in found.items() if verdict.status == CANNOT]
    return Checked(in_sheet_order((*budget.issues, *unmet)), Frozen(found), budget)


def scenario_verdicts(budget: Budget, *, in_full: bool = False) -> dict[str, Verdict]:
    """Whether each scenario of a budget to run can be met, as far as that is found out in seconds, or `in_full`."""
    impossible = {
        name for name, own in budget.of_scenarios.items() if any(issue.code in (*CLASHES, UNMET) for issue in own)
    }

    def structure(name: str) -> Structure:
        inputs, issues = budget.inputs_of(name)
        if inputs is None:
            raise InputErrors(issues)
        return build_structure(inputs, str(budget.scenario_row(name)["Regime"]), {})

    return verdicts({name: partial(structure, name) for name in budget.to_run}, impossible, in_full=in_full)


def _not_met(budget: Budget, scenario: str, verdict: Verdict) -> Issue:
    """A scenario that no allocation can meet, as an issue at its name."""
    sheet, _, cell = budget.cell(schema.SCENARIOS, budget.scenarios.index(scenario), "Scenario").rpartition("!")
    found = f"'{scenario}' cannot be met: no allocation keeps all its must rules"
    fix = f"{verdict.way_out}." if verdict.way_out else SEE_EXPLAIN
    return Issue("NOT_MET", "warning", sheet, cell, found, "must rules that can all hold", fix)


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
    rows = read_sets(sets, budget.inputs.tables)
    parked = [name for name in scenarios or () if name in budget.scenarios and name not in budget.to_run]
    if not rows and not packs and not parked:
        return budget
    joined = with_packs(budget, packs) if packs else budget
    changed = with_what_if(joined, rows) if rows else joined
    names = selected(changed, [name for name in scenarios or () if name in changed.scenarios])
    touched = names if rows else [name for name in names if name not in budget.of_scenarios]
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
        told = {(issue.code, issue.sheet, issue.cell) for issue in issues}
        more = [i for i in faults_as_typed(found.tables) if (i.code, i.sheet, i.cell) not in told]
        return None, in_sheet_order([*issues, *more])
    return _judged(Budget(inputs, checked), issues, inputs.to_run, {})  # the others when they are asked for


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
    found = [(clash.issue(scenarios), scenarios) for clash, scenarios in scenarios_of.items()]
    return found + [(issue, [name]) for name, own in changed.items() for issue in _rule_unmet(budget, name, own)]


def _rule_unmet(budget: Budget, scenario: str, own: Inputs) -> list[Issue]:
    """A convergence rule that asks for more than there is, as a warning of its scenario."""
    if objective_of(own) != CONVERGENCE:
        return []
    try:
        rule_shares(setting_of(own, str(budget.scenario_row(scenario)["Regime"])))
    except Infeasible as unmet:
        return [replace(issue, severity="warning") for issue in unmet.issues]
    return []
