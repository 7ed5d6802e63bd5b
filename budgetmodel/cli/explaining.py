"""`explain`: why a place got what it got, or what a rule does and to whom."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import (
    ByOption,
    JsonOption,
    PackOption,
    SetOption,
    SolverOption,
    TimeLimitOption,
    WorkbookArgument,
)
from budgetmodel.cli.progress import Progress
from budgetmodel.cli.say import command_line, json_issues, print_json, usage
from budgetmodel.contract.events import Event
from budgetmodel.contract.issues import Infeasible
from budgetmodel.contract.options import Options, by_of
from budgetmodel.contract.status import INFEASIBLE, NOT_MET
from budgetmodel.job import OUTPUTS, Job

if TYPE_CHECKING:
    from budgetmodel.inputs.inputs import Inputs
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget

Explained = tuple[list[str], dict[str, object]]
"""An explanation as lines for the console and as a record for JSON."""


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
    time_limit: TimeLimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why: a place's way from its do-minimum to its allocation, or what a rule does and to whom.

    Of a scenario that cannot be met: what conflicts and the cheapest way out, or, of a place or rule, its answer with
    that way out applied; the exit code is 4 all the same.
    """
    folder = OUTPUTS / workbook.stem  # what a run solved there is looked up
    memory = folder if folder.is_dir() else None
    options = Options(
        solver=solver,
        memory=memory,
        time_limit=time_limit,
        breach=subject is not None,  # of the whole scenario the conflict is what is asked for
        by=by_of(by),
        command=command_line(),
    )
    try:
        with Progress(workbook.name, quiet=as_json) as progress:
            job = Job(workbook, options, (scenario,), tuple(change or ()), tuple(pack or ()))
            lines, record = _explained(job, subject, progress)
    except Infeasible as failure:
        _explain_infeasible(failure, as_json)
        raise typer.Exit(failure.exit_code) from None
    if as_json:
        print_json({"scenario": scenario, **record})
    for line in lines if not as_json else ():
        typer.echo(line)
    if record["status"] == NOT_MET:
        raise typer.Exit(Infeasible.exit_code)


def _explained(job: Job, subject: str | None, progress: Progress) -> Explained:
    """The explanation of a scenario, or of a place or rule in it; raises what a run of the job would."""
    budget = job.read(progress)
    from budgetmodel import api
    from budgetmodel.answers.scenario_structure import scenario_structure
    from budgetmodel.runtime import tuned

    [scenario] = job.scenarios
    what = _subject(subject, scenario_structure(budget, scenario)[0].inputs) if subject else None
    started = perf_counter()

    def on(stage: str) -> None:
        progress(Event("stage", stage, scenario, 1, 1, perf_counter() - started))

    with tuned():
        result = _answer(api.solve, budget, scenario, job.options, on)
        if what is None:
            lines, record = _explain_scenario(result, on)
        elif what[0] == "place":
            lines, record = _explain_place(result, what[1], job.options, on)
        else:
            lines, record = _explain_rule(result, what[1], job.options, on)
    if result.is_met:
        return lines, {"status": result.status, **record}
    from budgetmodel.report.console.conflicts import breach_lines
    from budgetmodel.report.tables import breach_records

    return [*breach_lines(result), *lines], {"status": result.status, **breach_records(result), **record}


def _answer(
    solve: Callable[..., Result], budget: Budget, scenario: str, options: Options, on: Callable[[str], None]
) -> Result:
    """The answer of a scenario, or that with its way out applied; raises Infeasible where there is none."""
    try:
        return solve(budget, scenario, options=options, progress=on)
    except Infeasible as failure:
        if failure.answer is None:
            raise
        return failure.answer  # type: ignore[return-value]  # a Result, which the error knows by its frames alone


def _explain_scenario(result: Result, on: Callable[[str], None]) -> Explained:
    """The whole scenario: headroom, ranked prices, the freedom left, and the answer at other weights."""
    from budgetmodel.explain.explanation import explanation
    from budgetmodel.report.console.explain import scenario_lines, scenario_records

    explained = explanation(result, progress=on)
    return scenario_lines(explained), scenario_records(explained)


def _explain_place(result: Result, place: str, options: Options, on: Callable[[str], None]) -> Explained:
    from budgetmodel import api
    from budgetmodel.report.console.explain import place_lines, place_records
    from budgetmodel.report.shown import names_of_answers, shown_waterfall

    why = api.why(result, options=options, progress=lambda key: on(f"without {key}"))
    names = names_of_answers({result.scenario: result})
    return place_lines(shown_waterfall(why, names), place), place_records(why, place)


def _explain_rule(result: Result, rule: str, options: Options, on: Callable[[str], None]) -> Explained:
    from budgetmodel import api
    from budgetmodel.report.console.explain import rule_lines, rule_records
    from budgetmodel.report.shown import names_of_answers, shown_result

    on(f"without {rule}")
    effect = api.rule_effect(result, rule, options=options)
    shown = shown_result(result, names_of_answers({result.scenario: result}))
    return rule_lines(shown, rule, effect), rule_records(result, rule, effect)


def _explain_infeasible(failure: Infeasible, as_json: bool) -> None:
    """Print the conflict and its remedies."""
    from budgetmodel.report.console.conflicts import conflict_lines
    from budgetmodel.report.tables import explanation_records

    if as_json:
        issues = json_issues(failure.issues)
        record: dict[str, object] = {"scenario": failure.scenario, "status": INFEASIBLE, "issues": issues}
        if failure.explanation is not None:
            record |= explanation_records(failure.explanation)
        print_json(record)
        return
    typer.echo(f"Scenario {failure.scenario}: no allocation meets every must rule.")
    lines = conflict_lines(failure.explanation) if failure.explanation is not None else [str(failure)]
    for line in lines:
        typer.echo(line)


def _subject(name: str, inputs: Inputs) -> tuple[str, str]:
    """The subject: ("place", its name) or ("rule", its name); an unknown name ends with exit code 2."""
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
