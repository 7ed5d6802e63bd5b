"""`run`: check a workbook, solve its scenarios, write the results, by a Job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.options import (
    BreachOption,
    ByOption,
    JsonOption,
    PackOption,
    SetOption,
    SolverOption,
    ThreadsOption,
    TimeLimitOption,
    WorkbookArgument,
)
from budgetmodel.cli.progress import Progress
from budgetmodel.cli.say import command_line, json_issues, one_for_all_record, print_issues, print_json, say
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.options import Options, by_of
from budgetmodel.job import Job, Outcome, Refused


def run(
    workbook: WorkbookArgument,
    scenario: Annotated[list[str] | None, typer.Option(help="Solve only this scenario; repeatable.")] = None,
    change: SetOption = None,
    pack: PackOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the results.")] = None,
    solver: SolverOption = "highs",
    explain: Annotated[bool, typer.Option("--explain", help="Say why each place got what it got; slower.")] = False,
    by: ByOption = "rule",
    frontier: Annotated[
        bool | None,
        typer.Option(
            "--frontier/--no-frontier",
            help="Say what giving up points of index would spare; by default but where that takes minutes.",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Solve again what this folder's results were solved for already.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write results_published.xlsx too: the edition for publication.")
    ] = False,
    board: Annotated[
        bool, typer.Option("--board", help="Write board.html, two pages for a board, and board.pdf where it can be.")
    ] = False,
    whatif: Annotated[
        str | None,
        typer.Option(
            "--whatif",
            metavar="SLIDERS",
            help='The sliders of whatif.html, as "Place ceiling; contract cost"; "" for the highest prices, "none" for '
            "no page. By default a page where that is quick.",
            show_default=False,
        ),
    ] = None,
    time_limit: TimeLimitOption = None,
    threads: ThreadsOption = None,
    breach: BreachOption = True,
    as_json: JsonOption = False,
) -> None:
    """Check a workbook, solve its scenarios, and write the results workbook and tables."""
    options = Options(
        solver=solver,
        fresh=fresh,
        time_limit=time_limit,
        threads=threads,
        frontier=frontier,
        breach=breach,
        explain=explain,
        by=by_of(by),
        publish=publish,
        board=board,
        whatif=False if whatif == "none" else whatif,
        command=command_line(),
    )
    job = Job(workbook, options, tuple(scenario or ()), tuple(change or ()), tuple(pack or ()), output)
    try:
        with Progress(workbook.name, quiet=as_json) as progress:
            outcome = job.run(progress)
    except Refused as refused:
        _print_refusal(refused, workbook.name, as_json)
        raise typer.Exit(refused.exit_code) from None
    (_print_json if as_json else _print)(outcome)
    if outcome.failures:
        raise typer.Exit(outcome.exit_code)


def _print(outcome: Outcome) -> None:
    from budgetmodel.report.console.conflicts import one_for_all_lines
    from budgetmodel.report.console.run import memory_lines, summary, unsolved_lines
    from budgetmodel.report.console.since import since_lines

    for line in memory_lines(outcome.results):
        say(line)
    for name, failure in outcome.failures.items():
        for line in unsolved_lines(name, failure):
            say(line)
    for line in one_for_all_lines(outcome.one_for_all) if outcome.one_for_all is not None else ():
        say(line)
    for line in since_lines(outcome.since):
        say(line)
    shown = outcome.results, outcome.comparison, outcome.files, outcome.failures, outcome.seconds
    for line in summary(*shown):
        typer.echo(line)


def _print_json(outcome: Outcome) -> None:
    from budgetmodel.comparison.headline import headline
    from budgetmodel.comparison.headline_record import headline_record
    from budgetmodel.comparison.since import SAME
    from budgetmodel.report.tables import breach_records, explanation_records, explanations_of, summary_records

    failures = outcome.failures
    issues = [*outcome.issues, *(issue for failure in failures.values() for issue in getattr(failure, "issues", ()))]
    answer: dict[str, object] = {
        "scenarios": summary_records(outcome.scenarios, outcome.results, failures),
        "files": [str(path) for path in outcome.files],
        "issues": json_issues(issues),
    }
    if (found := headline(outcome.results, outcome.comparison)) is not None:
        objective = outcome.results[found.leaders[0]].answer.objective
        answer["headline"] = headline_record(found, outcome.comparison.frames.get("breakeven"), objective)
    answer |= one_for_all_record(outcome.one_for_all)
    if outcome.since is not None and (len(outcome.since.rows) or outcome.since.trouble):
        answer["since_last_run"] = {
            "no_cell_differs": outcome.since.relation == SAME,
            "not_compared": outcome.since.trouble,
            "rows": outcome.since.records(),
        }
    if breached := [breach_records(result) for result in outcome.results.values() if not result.is_met]:
        answer["breaches"] = breached
    if explanations := explanations_of(failures):
        answer["explanations"] = [explanation_records(each) for each in explanations.values()]
    if stopped := [str(failure) for failure in failures.values() if isinstance(failure, SolverFailed)]:
        answer["error"] = " ".join(stopped)
        say(" ".join(stopped))
    print_json(answer)


def _print_refusal(refused: Refused, name: str, as_json: bool) -> None:
    """Print what is wrong with the inputs, and which file lists it."""
    if refused.trouble:
        say(refused.trouble)
    files = [str(path) for path in refused.files]
    if as_json:
        print_json({"scenarios": [], "files": files, "issues": json_issues(refused.issues)})
        return
    print_issues(refused.issues, name, err=True)
    listed = f" The list is in {files[0]}." if files else ""
    say(f"Nothing was solved; earlier results are unchanged.{listed}")
