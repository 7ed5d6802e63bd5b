"""The commands and their options; no logic. Heavy imports wait inside the commands, so that --help is quick."""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from budgetmodel.issues import BudgetError, FileTrouble, InputErrors, Issue, grouped

if TYPE_CHECKING:
    from budgetmodel.budget import Budget
    from budgetmodel.explain.counterfactual import By
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.issues import Infeasible
    from budgetmodel.results import Result

USAGE, BUG, INTERRUPTED = 2, 1, 130

OUTPUTS = Path("outputs")
"""Where results go, a folder per workbook, when no other folder is named."""

ISSUES_SHOWN = 20
"""Lines of problems on the console; the rest is counted."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Share a health and care system's money so that unequal need is met, with proof.",
)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]
SolverOption = Annotated[
    str, typer.Option(help="highs (default), highs-simplex, highs-ipm, highs-hipo, or a PuLP solver.")
]
ByOption = Annotated[
    str, typer.Option(help="Explain by rule, or by measure: rules of one measure and limit together, which is quicker.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="CHANGE", help='What if: "Rules.Value[Rule=Pace ceiling] = 6%"; repeatable.'),
]
PackOption = Annotated[
    list[Path] | None, typer.Option("--pack", metavar="FILE", help="A file of scenarios to add; repeatable.")
]
WorkbookArgument = Annotated[Path, typer.Argument(help="The input workbook (.xlsx).", show_default=False)]


def main() -> None:
    """Run the command line; every failure becomes a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a sign shows '?', not a traceback
    try:
        app()
    except KeyboardInterrupt:
        _say("Interrupted. Nothing was changed.")
        sys.exit(INTERRUPTED)
    except BudgetError as failure:
        _say(str(failure))
        sys.exit(failure.exit_code)
    except Exception as error:  # the last door: a bug must not show a traceback
        _say(f"A bug in budgetmodel: {type(error).__name__}. The trace is in {_log_trace()}.")
        sys.exit(BUG)


@app.command()
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
    from budgetmodel.scenarios import selected
    from budgetmodel.whatif import read_sets

    read_sets(change or ())  # what cannot be read is said before the workbook is opened
    _check_solver(solver)
    grouping = _check_by(by)
    try:
        budget = api.with_changes(api.read(workbook), change or (), pack or (), scenario)
    except InputErrors as refused:
        _refuse(refused, output or OUTPUTS / workbook.stem, workbook.name, as_json)
    _check_scenarios(scenario or [], budget)
    scenario = list(selected(budget, scenario))
    failures: dict[str, BudgetError] = {}
    folder = output or OUTPUTS / workbook.stem
    early = early_jobs(scenario, solver, memory=folder, fresh=fresh, in_full=explain)
    with _Progress(quiet=as_json) as progress:
        results = api.solve_all(
            budget,
            scenario,
            solver=solver,
            command=_command(),
            progress=progress.update,
            failures=failures,
            memory=folder,
            fresh=fresh,
            then=early.jobs,
        )
        progress.update("comparison", "equal costs")
        comparison = compare(results, budget, solver, memory=folder, fresh=fresh, in_full=explain, early=early)
        waterfalls = _why(results, grouping, solver, progress) if explain else {}
        explanations = _reasons(results, progress) if explain else {}
        progress.update("results", "writing")
        files = _write(results, folder, comparison, failures, waterfalls, explanations, publish=publish)
    _report(results, comparison, failures, files, budget, scenario, as_json, perf_counter() - started)
    codes = [failure.exit_code for failure in failures.values()]
    if codes:
        raise typer.Exit(max(codes))


@app.command()
def check(
    workbook: WorkbookArgument,
    annotate: Annotated[
        Path | None, typer.Option(metavar="COPY.xlsx", help="Write a copy with the problem cells marked.")
    ] = None,
    change: SetOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every problem of a workbook; nothing is solved, and the workbook is never written to."""
    from budgetmodel import api
    from budgetmodel.issues import errors

    if annotate is not None:
        from budgetmodel.workbook.annotate import refuse_copy

        refuse_copy(workbook, annotate)
    issues = api.check(workbook, change or (), pack or ())
    if as_json:
        _print_json({"issues": [issue.as_dict() for issue in grouped(issues)]})
    else:
        _print_issues(issues, workbook.name)
    if annotate is not None:
        _annotate(workbook, annotate, issues, quiet=as_json)
    if errors(issues):
        raise typer.Exit(InputErrors.exit_code)


@app.command()
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
    from budgetmodel.issues import Infeasible
    from budgetmodel.whatif import read_sets

    grouping = _check_by(by)
    _check_solver(solver)
    read_sets(change or ())
    budget = api.with_changes(api.read(workbook), change or (), pack or (), [scenario])
    _check_scenarios([scenario], budget)
    folder = OUTPUTS / workbook.stem  # what a run solved there is looked up
    what = _subject(subject, api.scenario_structure(budget, scenario)[0].budget) if subject else None
    with _Progress(quiet=as_json) as progress:
        try:
            result = api.solve(
                budget,
                scenario,
                solver=solver,
                progress=lambda step: progress.update(scenario, step),
                command=_command(),
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
        _print_json({"scenario": scenario, "status": result.status, **told})
        return
    for line in lines:
        typer.echo(line)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(help="The new workbook (.xlsx).", show_default=False)],
    example: Annotated[bool, typer.Option("--example", help="The worked example instead of blank tables.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a blank input workbook, or the worked example; never over a file that is there."""
    from budgetmodel.workbook.write import blank_tables, write_new

    if example:
        from budgetmodel.examples.greater_manchester import tables

        path = write_new(tables(), file)
    else:
        path = write_new(blank_tables(), file)
    if as_json:
        _print_json({"files": [str(path)]})
    else:
        typer.echo(f"Wrote {path}: {'the worked example' if example else 'a blank workbook; its Guide sheet helps'}.")
        typer.echo(f'Next: fill in the yellow cells, save, and: python -m budgetmodel check "{path}"')


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="The earlier input workbook.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="The later input workbook.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """List what changed between two input workbooks: rows by their key, with the cells of both."""
    from budgetmodel.difference import change_lines, diff

    try:
        changes = diff(before, after)
    except InputErrors as refused:
        if as_json:
            _print_json({"changes": [], "issues": [issue.as_dict() for issue in grouped(refused.issues)]})
        else:
            _print_issues(refused.issues, f"{before.name} and {after.name}", err=True)
        raise typer.Exit(refused.exit_code) from None
    if as_json:
        _print_json({"changes": changes.to_dict("records")})
        return
    for line in change_lines(changes, before.name, after.name):
        typer.echo(line)


@app.command()
def compare(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULT RESULT...", help="Folders of runs, or their results.xlsx.")
    ],
    same: Annotated[
        bool, typer.Option("--same-tables", help="Refuse runs that do not stand on the same tables.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put runs of different days side by side; what differs in their inputs comes first."""
    from budgetmodel.comparison.runs import compare_runs, run_lines, run_records

    if len(results) < 2:
        _usage("Name two results or more: budgetmodel compare outputs/march outputs/april")
    try:
        found = compare_runs(results)
    except InputErrors as refused:
        if as_json:
            _print_json({"differences": [], "issues": [issue.as_dict() for issue in grouped(refused.issues)]})
        else:
            _print_issues(refused.issues, "these results", err=True)
        raise typer.Exit(refused.exit_code) from None
    if as_json:
        _print_json(run_records(found))
    else:
        for line in run_lines(found):
            typer.echo(line)
    if same and len(set(found.sets["set"])) > 1:
        _say("These runs do not stand on the same tables: they are no comparison set.")
        raise typer.Exit(InputErrors.exit_code)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the worked example.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Put the worked example into a new folder."""
    from budgetmodel.examples import NAME, write_example

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileTrouble(f"'{folder}' exists already. Name a new folder.")
    path = write_example(folder / NAME)
    if as_json:
        _print_json({"files": [str(path)]})
    else:
        typer.echo(f"Wrote {path}: a worked example, illustrative where its About sheet says so.")
        typer.echo(f'Next: python -m budgetmodel run "{path}"')


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Check that solver, libraries and write permission are in order on this machine."""
    from budgetmodel.doctor import findings

    found = findings(Path.cwd())
    if as_json:
        _print_json({"checks": [{"check": f.check, "ok": f.ok, "detail": f.detail} for f in found]})
    else:
        for finding in found:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check}: {finding.detail}")
    bad = [finding for finding in found if not finding.ok]
    if bad:
        raise typer.Exit(max(finding.exit_code for finding in bad))


@app.command()
def version(as_json: JsonOption = False) -> None:
    """The version of budgetmodel and of what it stands on."""
    from budgetmodel.api import versions_here

    facts = versions_here()
    if as_json:
        _print_json(facts)
    else:
        for name, number in facts.items():
            typer.echo(f"{name} {number}")


class _Progress:
    """What is being done, on standard error: a live line per scenario in a terminal, plain lines elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        self.quiet = quiet
        columns = (SpinnerColumn("line"), TextColumn("{task.description}"), TimeElapsedColumn())
        self.live = Progress(*columns, console=self.console, transient=True)
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> _Progress:
        if self.console.is_terminal and not self.quiet:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def update(self, name: str, step: str) -> None:
        """A scenario has come to a step."""
        if self.quiet:
            return
        if not self.console.is_terminal:
            if step in ("solved", "remembered", "infeasible", "failed"):
                self.console.print(f"{name}: {step}", markup=False)
            return
        if name not in self.tasks:
            self.tasks[name] = self.live.add_task("", total=None)
        self.live.update(self.tasks[name], description=f"{name}: {step}")


def _why(results: dict[str, Result], by: By, solver: str, progress: _Progress) -> dict[str, Waterfall]:
    """The waterfall of every solved scenario."""
    from budgetmodel import api

    def told(name: str) -> Callable[[str], None]:
        return lambda key: progress.update(name, f"without {key}")

    return {name: api.why(result, by=by, solver=solver, progress=told(name)) for name, result in results.items()}


def _reasons(results: dict[str, Result], progress: _Progress) -> dict[str, Explanation]:
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
    from budgetmodel.report import write_results
    from budgetmodel.report.manifest import notices
    from budgetmodel.report.problems import remove_problems

    if not results:
        return []
    target = folder / "results.xlsx"
    for line in notices(target):
        _say(line)
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
        from budgetmodel.report.console import memory_lines, summary

        for line in memory_lines(results):
            _say(line)
        for name, failure in failures.items():
            for line in _unsolved(name, failure):
                _say(line)
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
        "issues": [issue.as_dict() for issue in grouped(issues)],
    }
    if explanations := explanations_of(failures):
        answer["explanations"] = [explanation_records(each) for each in explanations.values()]
    _print_json(answer)


def _unsolved(name: str, failure: BudgetError) -> list[str]:
    """Why a scenario has no result: in short where there is an explanation, else what the failure says."""
    from budgetmodel.report.conflicts import conflict_lines

    explanation = getattr(failure, "explanation", None)
    if explanation is None or not len(explanation.conflicts):
        return [f"{name}: not solved.", str(failure)]
    return [f"{name}: no allocation meets every must rule.", *conflict_lines(explanation, short=True)]


def _refuse(refused: InputErrors, folder: Path, name: str, as_json: bool) -> None:
    """Report what is wrong with the workbook, write the problem list and nothing else, and stop with exit code 3."""
    from budgetmodel.report.problems import write_problems

    files: list[Path] = []
    try:
        files.append(write_problems(refused.issues, folder, name))
    except FileTrouble as trouble:  # the problems of the workbook matter more, and are told all the same
        _say(str(trouble))
    if as_json:
        issues = [issue.as_dict() for issue in grouped(refused.issues)]
        _print_json({"scenarios": [], "files": [str(path) for path in files], "issues": issues})
    else:
        _print_issues(refused.issues, name, err=True)
        listed = f" The list is in {files[0]}." if files else ""
        _say(f"Nothing was solved; earlier results are unchanged.{listed}")
    raise typer.Exit(refused.exit_code)


def _annotate(workbook: Path, copy: Path, issues: Sequence[Issue], *, quiet: bool) -> None:
    """Write the marked copy, and say so; a file that cannot be opened has none."""
    from budgetmodel.workbook.annotate import annotate

    try:
        annotate(workbook, copy, issues)
    except InputErrors:
        _say(f"No marked copy was made: '{workbook.name}' cannot be opened.")
        return
    if not quiet:
        typer.echo(f"Marked copy: {copy}. Its first sheet lists every problem with a link to its cell.")


def _explain_scenario(result: Result, progress: _Progress) -> tuple[list[str], dict[str, object]]:
    """The whole scenario: headroom, then ranked prices, then what is left free, then what other weights would do."""
    from budgetmodel.explain.explanation import explanation
    from budgetmodel.report.because import scenario_lines, scenario_records

    explained = explanation(result, progress=lambda step: progress.update(result.scenario, step))
    return scenario_lines(explained), scenario_records(explained)


def _explain_place(
    result: Result, place: str, by: By, solver: str, progress: _Progress
) -> tuple[list[str], dict[str, object]]:
    from budgetmodel.report.because import place_lines, place_records

    why = _why({result.scenario: result}, by, solver, progress)[result.scenario]
    return place_lines(why, place), place_records(why, place)


def _explain_rule(result: Result, rule: str, solver: str, progress: _Progress) -> tuple[list[str], dict[str, object]]:
    from budgetmodel import api
    from budgetmodel.report.because import rule_lines, rule_records

    progress.update(result.scenario, f"without {rule}")
    effect = api.rule_effect(result, rule, solver=solver)
    return rule_lines(result, rule, effect), rule_records(result, rule, effect)


def _explain_infeasible(failure: Infeasible, as_json: bool) -> None:
    """What is in conflict, and what to do about it."""
    from budgetmodel.report.conflicts import conflict_lines
    from budgetmodel.report.tables import explanation_records

    if as_json:
        issues = [issue.as_dict() for issue in grouped(failure.issues)]
        told: dict[str, object] = {"scenario": failure.scenario, "status": "infeasible", "issues": issues}
        if failure.explanation is not None:
            told |= explanation_records(failure.explanation)
        _print_json(told)
        return
    typer.echo(f"Scenario {failure.scenario}: no allocation meets every must rule.")
    lines = conflict_lines(failure.explanation) if failure.explanation is not None else [str(failure)]
    for line in lines:
        typer.echo(line)


def _subject(name: str, budget: Budget) -> tuple[str, str]:
    """What is to be explained: ("place", its name) or ("rule", its name); anything else ends with exit code 2."""
    from budgetmodel.explain.subjects import subjects
    from budgetmodel.schema import fold
    from budgetmodel.selectors import nearest

    known = subjects(budget)
    if fold(name) not in known:
        near = nearest(name, list(known), {key: shown for key, (_, shown) in known.items()})
        hint = (
            f"Did you mean {' or '.join(repr(option) for option in near)}?"
            if near
            else "Name one as the workbook does."
        )
        _usage(f"There is no place and no rule '{name}'. {hint}")
    return known[fold(name)]


def _check_by(by: str) -> By:
    choices: dict[str, By] = {"rule": "rule", "measure": "measure"}
    if by not in choices:
        _usage(f"There is no way to explain by '{by}'. Choose from: {', '.join(choices)}.")
    return choices[by]


def _check_solver(solver: str) -> None:
    from budgetmodel.program.solver import solver_names

    if solver not in solver_names():
        _usage(f"There is no solver '{solver}' here. Choose from: {', '.join(solver_names())}.")


def _check_scenarios(asked: Sequence[str], budget: Budget) -> None:
    from budgetmodel.selectors import nearest

    for name in asked:
        if name not in budget.scenarios:
            near = nearest(name, budget.scenarios)
            hint = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
            _usage(f"There is no scenario '{name}'. {hint}")


def _print_issues(issues: Sequence[Issue], name: str, *, err: bool = False) -> None:
    from budgetmodel.report.console import issue_lines, verdict_lines

    for line in [*issue_lines(issues, ISSUES_SHOWN), *verdict_lines(issues, name)]:
        typer.echo(line, err=err)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _usage(sentence: str) -> NoReturn:
    _say(sentence)
    raise typer.Exit(USAGE)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _command() -> str:
    return " ".join(["budgetmodel", *sys.argv[1:]])


def _log_trace() -> Path:
    path = Path(tempfile.gettempdir()) / "budgetmodel.log"
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path
