"""`run`: check a workbook, solve its scenarios, write the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from budgetmodel.cli.explaining import waterfalls_of
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
from budgetmodel.cli.say import (
    check_by,
    check_scenarios,
    check_solver,
    command_line,
    json_issues,
    print_issues,
    print_json,
    say,
)
from budgetmodel.contract.issues import BudgetError, FileTrouble, InputErrors, SolverFailed

if TYPE_CHECKING:
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget


def run(
    workbook: WorkbookArgument,
    scenario: Annotated[list[str] | None, typer.Option(help="Solve only this scenario; repeatable.")] = None,
    change: SetOption = None,
    pack: PackOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the results.")] = None,
    solver: SolverOption = "highs",
    explain: Annotated[bool, typer.Option("--explain", help="Say why each place got what it got; slower.")] = False,
    by: ByOption = "rule",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Solve again what this folder's results were solved for already.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write results_published.xlsx too: the edition for publication.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a workbook, solve its scenarios, and write the results workbook and tables."""
    started = perf_counter()
    from budgetmodel import api
    from budgetmodel.comparison import compare, early_jobs
    from budgetmodel.report.protect_inputs import refuse_file
    from budgetmodel.scenarios.budget import selected
    from budgetmodel.scenarios.set_grammar import read_sets

    read_sets(change or ())  # what cannot be read is said before the workbook is opened
    check_solver(solver)
    grouping = check_by(by)
    folder = output or OUTPUTS / workbook.stem
    _refuse_folder(folder, [workbook, *(pack or ())])
    try:
        budget = api.with_changes(api.read(workbook), change or (), pack or (), scenario)
    except InputErrors as refused:
        _refuse(refused, folder, workbook.name, as_json)
    check_scenarios(scenario or [], budget)
    refuse_file(folder)  # only now: problems of the workbook matter more
    scenario = list(selected(budget, scenario))
    failures: dict[str, BudgetError] = {}
    early = early_jobs(scenario, solver, memory=folder, fresh=fresh, in_full=explain)
    with Progress(quiet=as_json) as progress:
        results = api.solve_all(
            budget,
            scenario,
            solver=solver,
            command=command_line(),
            progress=progress.update,
            failures=failures,
            memory=folder,
            fresh=fresh,
            then=early.jobs,
        )
        progress.update("comparison", "equal costs")
        comparison = compare(results, budget, solver, memory=folder, fresh=fresh, in_full=explain, early=early)
        waterfalls = waterfalls_of(results, grouping, solver, progress) if explain else {}
        explanations = _reasons(results, progress) if explain else {}
        progress.update("results", "writing")
        files = _write(results, folder, comparison, failures, waterfalls, explanations, publish=publish)
    _report(results, comparison, failures, files, budget, scenario, as_json, perf_counter() - started)
    codes = [failure.exit_code for failure in failures.values()]
    if codes:
        raise typer.Exit(max(codes))


def _refuse_folder(folder: Path, inputs: Sequence[Path]) -> None:
    """An input that stands where results would go ends with exit code 5."""
    from budgetmodel.report import PUBLISHED_ENDING, RESULTS
    from budgetmodel.report.protect_inputs import refuse_folder

    refuse_folder(folder, inputs, (RESULTS, f"{Path(RESULTS).stem}{PUBLISHED_ENDING}"))


def _reasons(results: dict[str, Result], progress: Progress) -> dict[str, Explanation]:
    """Headroom, prices and freedom of every scenario; what weights do to all of them, with the last."""
    from budgetmodel.explain.explanation import PARTS, explanation

    def told(name: str) -> Callable[[str], None]:
        return lambda step: progress.update(name, step)

    last = list(results)[-1:]
    parts = {name: [part for part in PARTS if part != "weights" or name in last] for name in results}
    return {name: explanation(own, results, parts=parts[name], progress=told(name)) for name, own in results.items()}


def _write(
    results: dict[str, Result],
    folder: Path,
    comparison: Any,
    failures: dict[str, BudgetError],
    waterfalls: dict[str, Waterfall],
    explanations: dict[str, Explanation],
    *,
    publish: bool,
) -> list[Path]:
    """Write what was solved; a run without any answer leaves the last good results alone."""
    from budgetmodel.report import RESULTS, write_results
    from budgetmodel.report.manifest import notices
    from budgetmodel.report.sheets.problems import remove_problems

    if not results:
        return []
    target = folder / RESULTS
    for line in notices(target):
        say(line)
    files = write_results(results, target, comparison, failures, waterfalls, explanations, publish=publish)
    remove_problems(folder)
    return files


def _report(
    results: dict[str, Result],
    comparison: Any,
    failures: dict[str, BudgetError],
    files: list[Path],
    budget: Budget,
    asked: Sequence[str] | None,
    as_json: bool,
    seconds: float,
) -> None:
    issues = [*budget.issues, *(issue for failure in failures.values() for issue in getattr(failure, "issues", ()))]
    if not as_json:
        from budgetmodel.report.console.run import memory_lines, summary

        for line in memory_lines(results):
            say(line)
        for name, failure in failures.items():
            for line in _unsolved(name, failure):
                say(line)
        for line in summary(results, comparison, files, failures, seconds):
            typer.echo(line)
        return
    rows = []
    for name in asked or budget.scenarios:
        if name in results:
            rows.append(results[name].summary())
        else:
            status = "infeasible" if failures[name].exit_code == 4 else "failed"
            figures = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
            rows.append({"scenario": name, "status": status, **dict.fromkeys(figures)})
    from budgetmodel.report.tables import explanation_records, explanations_of

    answer: dict[str, object] = {
        "scenarios": rows,
        "files": [str(path) for path in files],
        "issues": json_issues(issues),
    }
    if explanations := explanations_of(failures):
        answer["explanations"] = [explanation_records(each) for each in explanations.values()]
    if stopped := [str(failure) for failure in failures.values() if isinstance(failure, SolverFailed)]:
        answer["error"] = " ".join(stopped)
        say(" ".join(stopped))
    print_json(answer)


def _unsolved(name: str, failure: BudgetError) -> list[str]:
    """Why a scenario has no result: in short where there is an explanation, else what the failure says."""
    from budgetmodel.report.console.conflicts import conflict_lines

    explanation = getattr(failure, "explanation", None)
    if explanation is None or not len(explanation.conflicts):
        return [f"{name}: not solved.", str(failure)]
    return [f"{name}: no allocation meets every must rule.", *conflict_lines(explanation, short=True)]


def _refuse(refused: InputErrors, folder: Path, name: str, as_json: bool) -> None:
    """Report what is wrong with the workbook, write the problem list and nothing else, and stop with exit code 3."""
    from budgetmodel.report.sheets.problems import write_problems

    files: list[Path] = []
    try:
        files.append(write_problems(refused.issues, folder, name))
    except FileTrouble as trouble:  # the problems of the workbook matter more, and are told all the same
        say(str(trouble))
    if as_json:
        print_json({"scenarios": [], "files": [str(path) for path in files], "issues": json_issues(refused.issues)})
    else:
        print_issues(refused.issues, name, err=True)
        listed = f" The list is in {files[0]}." if files else ""
        say(f"Nothing was solved; earlier results are unchanged.{listed}")
    raise typer.Exit(refused.exit_code)
