"""`explain`: why a place got what it got, or what a rule does and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import (
    OUTPUTS,
    ByOption,
    JsonOption,
    PackOption,
    SetOption,
    SolverOption,
    WorkbookArgument,
)
from budgetmodel.cli.progress import Progress
from budgetmodel.cli.say import check_by, check_scenarios, check_solver, command_line, json_issues, print_json, usage

if TYPE_CHECKING:
    from budgetmodel.contract.issues import Infeasible
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.explain.without import By
    from budgetmodel.inputs.inputs import Inputs
    from budgetmodel.results import Result


def explain(
    workbook: WorkbookArgument,
    subject: Annotated[
        str | None, typer.Argument(metavar="[PLACE or RULE]", help="A place or a rule.", show_default=False)
    ] = None,
    scenario: Annotated[str, typer.Option(help="The scenario to explain.", show_default=False)] = ...,  # type: ignore[assignment]  # typer's way to say required
    change: SetOption = None,
    pack: PackOption = None,
    solver: SolverOption = "highs",
    by: ByOption = "rule",
    as_json: JsonOption = False,
) -> None:
    """Say why: a place's way from its do-minimum to its allocation, or what a rule does and to whom."""
    from budgetmodel import api
    from budgetmodel.contract.issues import Infeasible
    from budgetmodel.scenarios.set_grammar import read_sets

    grouping = check_by(by)
    check_solver(solver)
    read_sets(change or ())
    budget = api.with_changes(api.read(workbook), change or (), pack or (), [scenario])
    check_scenarios([scenario], budget)
    folder = OUTPUTS / workbook.stem  # what a run solved there is looked up
    what = _subject(subject, api.scenario_structure(budget, scenario)[0].inputs) if subject else None
    with Progress(quiet=as_json) as progress:
        try:
            result = api.solve(
                budget,
                scenario,
                solver=solver,
                progress=lambda step: progress.update(scenario, step),
                command=command_line(),
                memory=folder if folder.is_dir() else None,
            )
        except Infeasible as failure:
            _explain_infeasible(failure, as_json)
            raise typer.Exit(failure.exit_code) from None
        if what is None:
            lines, told = _explain_scenario(result, progress)
        elif what[0] == "place":
            lines, told = _explain_place(result, what[1], grouping, solver, progress)
        else:
            lines, told = _explain_rule(result, what[1], solver, progress)
    if as_json:
        print_json({"scenario": scenario, "status": result.status, **told})
        return
    for line in lines:
        typer.echo(line)


def waterfalls_of(results: dict[str, Result], by: By, solver: str, progress: Progress) -> dict[str, Waterfall]:
    """The waterfall of every solved scenario."""
    from budgetmodel import api

    def told(name: str) -> Callable[[str], None]:
        return lambda key: progress.update(name, f"without {key}")

    return {name: api.why(result, by=by, solver=solver, progress=told(name)) for name, result in results.items()}


def _explain_scenario(result: Result, progress: Progress) -> tuple[list[str], dict[str, object]]:
    """The whole scenario: headroom, then ranked prices, then what is left free, then what other weights would do."""
    from budgetmodel.explain.explanation import explanation
    from budgetmodel.report.console.explain import scenario_lines, scenario_records

    explained = explanation(result, progress=lambda step: progress.update(result.scenario, step))
    return scenario_lines(explained), scenario_records(explained)


def _explain_place(
    result: Result, place: str, by: By, solver: str, progress: Progress
) -> tuple[list[str], dict[str, object]]:
    from budgetmodel.report.console.explain import place_lines, place_records

    why = waterfalls_of({result.scenario: result}, by, solver, progress)[result.scenario]
    return place_lines(why, place), place_records(why, place)


def _explain_rule(result: Result, rule: str, solver: str, progress: Progress) -> tuple[list[str], dict[str, object]]:
    from budgetmodel import api
    from budgetmodel.report.console.explain import rule_lines, rule_records

    progress.update(result.scenario, f"without {rule}")
    effect = api.rule_effect(result, rule, solver=solver)
    return rule_lines(result, rule, effect), rule_records(result, rule, effect)


def _explain_infeasible(failure: Infeasible, as_json: bool) -> None:
    """What is in conflict, and what to do about it."""
    from budgetmodel.report.console.conflicts import conflict_lines
    from budgetmodel.report.tables import explanation_records

    if as_json:
        issues = json_issues(failure.issues)
        told: dict[str, object] = {"scenario": failure.scenario, "status": "infeasible", "issues": issues}
        if failure.explanation is not None:
            told |= explanation_records(failure.explanation)
        print_json(told)
        return
    typer.echo(f"Scenario {failure.scenario}: no allocation meets every must rule.")
    lines = conflict_lines(failure.explanation) if failure.explanation is not None else [str(failure)]
    for line in lines:
        typer.echo(line)


def _subject(name: str, inputs: Inputs) -> tuple[str, str]:
    """What is to be explained: ("place", its name) or ("rule", its name); anything else ends with exit code 2."""
    from budgetmodel.contract.schema import fold
    from budgetmodel.contract.selectors import nearest
    from budgetmodel.explain.subjects import subjects

    known = subjects(inputs)
    if fold(name) not in known:
        near = nearest(name, list(known), {key: shown for key, (_, shown) in known.items()})
        hint = (
            f"Did you mean {' or '.join(repr(option) for option in near)}?"
            if near
            else "Name one as the workbook does."
        )
        usage(f"There is no place and no rule '{name}'. {hint}")
    return known[fold(name)]
