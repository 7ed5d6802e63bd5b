"""The lines that the console prints at the end of a run: short, plain characters, 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from budgetmodel.contract.status import CANNOT, NOT_TRIED
from budgetmodel.report.console.answer import answer_lines, fitted
from budgetmodel.report.console.line import WIDTH, console_line, short_words

if TYPE_CHECKING:
    from budgetmodel.comparison import Comparison
    from budgetmodel.comparison.headline import Headline, ScenarioLine
    from budgetmodel.contract.issues import BudgetError, Issue
    from budgetmodel.program.infeasible.feasible import Verdict
    from budgetmodel.results import Result

LINES = 15
FIXED = 7
"""Lines of a summary that are not scenarios: title, size, heading, legend, proof, files, open first."""
NEXT = "Next     change a yellow cell or a row of Changes in the input, and run again"
"""The last line of a summary, where there is room."""

CHANGE_LINES = 3
"""Most lines of a summary that list what the scenarios change in the inputs."""

NAME_WIDTH, PLACE_WIDTH = 21, 20
LISTED_CELLS = 5
NOTHING: Mapping[str, Verdict] = MappingProxyType({})

WAYS_SHOWN = 5
"""Most lines of a check on ways out."""

PAGES = ("report.html", "whatif.html")
"""The pages of a run that the last lines name."""

WORDS = {"error": "ERROR", "warning": "warning", "repaired": "repaired"}


def summary(
    results: Mapping[str, Result],
    comparison: Comparison | None,
    files: Sequence[Path],
    failures: Mapping[str, BudgetError],
    seconds: float,
) -> list[str]:
    """At most LINES lines for the end of a run: scenarios, index, costs, proof, and the files to open."""
    from budgetmodel.comparison.headline import headline
    from budgetmodel.report.shown import shown

    if comparison is not None:
        seen = shown(results, comparison, failures, {})
        results, comparison, failures = seen.results, seen.comparison, seen.failures
    if not results:
        lines = [f"No scenario has an answer ({_counted(failures)}, {seconds:.1f} s)."]
        lines += [_failure(name, failure) for name, failure in list(failures.items())[: LINES - 4]]
        lines.append(f"Wrote    {files[0]}" if files else "Nothing was written; earlier results are unchanged.")
        return [
            console_line(line) for line in [*lines, "Next     budgetmodel check WORKBOOK lists every note on the input"]
        ]
    stuck = [name for name, result in results.items() if not result.can_converge]
    first = [f"NO HEADROOM: nothing can converge where floors take all growth: {', '.join(stuck)}"] if stuck else []
    changes = _change_lines(results, comparison)
    found = headline(results, comparison)
    answered = answer_lines(found)
    scenarios = _scenario_lines(results, comparison, failures, found.lines if found is not None else {})
    minimised = [*_objective_lines(results), *_crossing_lines(results)]
    first = [*_unmet_lines(results), *first]
    room = LINES - FIXED - len(changes) - len(first) - len(minimised)
    answered, scenarios = fitted(answered, scenarios, len(_references(results, comparison)), room)
    lines = [
        *(short_words(line, WIDTH) for line in first),
        *_title(results, seconds),
        *changes,  # before any figure
        *answered,
        _heading(),
        *scenarios,
        *minimised,
        _legend(found, results),
        _proof(results),
        *_files(files),
    ]
    lines = [line for line in lines if line]
    if files and len(lines) < LINES:
        lines.append(NEXT)
    return [console_line(line) for line in lines]


def _unmet_lines(results: Mapping[str, Result]) -> list[str]:
    """Which scenarios are not met, before any figure; what each misses is told when it ends."""
    from budgetmodel.report.shown import none_met

    unmet = [name for name, result in results.items() if not result.is_met]
    if none_met(results):
        return ["NOT MET: no scenario can be met as asked; all figures are with a way out applied"]
    return [f"NOT MET: {len(unmet)} of {len(results)} scenarios; figures with a way out applied"] if unmet else []


def _change_lines(results: Mapping[str, Result], comparison: Comparison | None) -> list[str]:
    """The changes of the inputs by the scenarios, before any figure: a line per set of changes and its scenarios."""
    from budgetmodel.comparison import net_changes

    if comparison is None:
        return []
    sharing: dict[tuple[str, ...], list[str]] = {}
    for name in results:
        own = net_changes(comparison.differences, name)
        if own:
            sharing.setdefault(tuple(f"{cell} {was} -> {now}" for cell, was, now in own), []).append(name)
    lines = []
    for changes, names in sharing.items():
        who = "all" if len(names) == len(results) else ", ".join(names)
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        line = f"Inputs   {short_words(who, 30)}: {changes[0]}"
        lines.append(f"{short_words(line, WIDTH - len(more))}{more}")
    if len(lines) > CHANGE_LINES:
        left = len(lines) - CHANGE_LINES + 1
        lines = [*lines[: CHANGE_LINES - 1], f"Inputs   ... and {left} more sets of changes: see the sheet Comparison"]
    return lines


def memory_lines(results: Mapping[str, Result]) -> list[str]:
    """The scenarios recalled from memory instead of solved, and those that could not be stored for the next run."""
    from budgetmodel.results import NO, REMEMBERED, YES

    by_note: dict[str, list[str]] = {}
    for name, result in results.items():
        by_note.setdefault(result.note(REMEMBERED), []).append(name)
    lines = []
    for words, names in by_note.items():
        listed = ", ".join(f"'{name}'" for name in names)
        if words == YES:
            lines.append(f"Remembered from an earlier run and proved again: {listed}. --fresh solves anew.")
        elif words != NO:
            lines.append(f"Remembered of {listed}: {words}")
    return lines


def unsolved_lines(name: str, failure: BudgetError) -> list[str]:
    """Why a scenario has no result, or one that is not met: a short explanation, else the message of the failure."""
    from budgetmodel.report.console.conflicts import breach_lines, conflict_lines

    explanation, answer = getattr(failure, "explanation", None), getattr(failure, "answer", None)
    if explanation is None or not len(explanation.conflicts):
        lines = [f"{name}: not solved.", str(failure)]
    else:
        lines = [f"{name}: no allocation meets every must rule.", *conflict_lines(explanation, short=True)]
    if answer is not None:
        return [*lines, *breach_lines(answer)]
    return [*lines, *textwrap.wrap(getattr(failure, "unanswered", ""), WIDTH, subsequent_indent="  ")]


def _title(results: Mapping[str, Result], seconds: float) -> list[str]:
    from budgetmodel.contract.units import pounds

    inputs = next(iter(results.values())).inputs
    size = (
        f"{inputs.name}: {len(inputs.places)} places, {len(inputs.services)} services, {len(inputs.years)} years, "
        f"{pounds(float(inputs.funding[:, 0].sum()))} in {inputs.years[0]}"
    )
    title = str(inputs.settings.get("Title") or "Results")
    took = f" ({seconds:.1f} s)"
    return [title[: WIDTH - len(took)] + took, size]


def _heading() -> str:
    figures = f"{'Gap%':>6} {'Index':>6} {'Short£m':>7} {'Cost£m':>7} {'Contr.':>6}"
    return f"{'Scenario':<{NAME_WIDTH}} {figures}  Worst place"


def _scenario_lines(
    results: Mapping[str, Result],
    comparison: Comparison | None,
    failures: Mapping[str, BudgetError],
    own: Mapping[str, ScenarioLine],
) -> list[str]:
    """A line per scenario; the do-minimum first."""
    references = _references(results, comparison)
    lines = [f"{_cut(name, NAME_WIDTH)} {_shown(0.0, 1):>6} {_shown(index):>6}" for name, index in references]
    for name, result in results.items():
        line = own[name]
        closed = _shown(line.closed * 100, 1) if line.closed == line.closed else "n/a"
        figures = [f"{closed:>6}", f"{_shown(line.index):>6}"]
        figures.append(f"{result.metric('shortfall'):7,.1f}")
        figures += [f"{result.metric('transaction_cost'):7,.1f}", f"{result.metric('contracts'):6,.0f}"]
        lines.append(f"{_cut(name, NAME_WIDTH)} {' '.join(figures)}  {_worst_place(line)}")
    return lines + [_failure(name, failure) for name, failure in failures.items()]


def _failure(name: str, failure: BudgetError) -> str:
    return f"{_cut(name, NAME_WIDTH)} {_kind(failure)}: no answer"


def _counted(failures: Mapping[str, BudgetError]) -> str:
    """`2 infeasible, 1 failed`."""
    kinds = [_kind(failure) for failure in failures.values()]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("infeasible", "failed") if kind in kinds)


def _kind(failure: BudgetError) -> str:
    from budgetmodel.contract.issues import Infeasible

    return "infeasible" if isinstance(failure, Infeasible) else "failed"


def _references(results: Mapping[str, Result], comparison: Comparison | None) -> list[tuple[str, float]]:
    return [(name, value) for name, value in _by_scenario(comparison, "index").items() if name not in results]


def _by_scenario(comparison: Comparison | None, metric: str) -> dict[str, float]:
    if comparison is None or not len(comparison.metrics):
        return {}
    rows = comparison.metrics[(comparison.metrics["metric"] == metric) & (comparison.metrics["group"] == "")]
    return {str(name): float(value) for name, value in zip(rows["scenario"], rows["value"], strict=True)}


def _shown(value: float, decimals: int = 2) -> str:
    """A figure without a minus before 0."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def _cut(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + '.':<{width}}"


def _worst_place(line: ScenarioLine) -> str:
    """The place furthest under its fair share in the last year on the main component, and its distance."""
    if line.worst is None:
        return ""
    distance = f"{round(line.worst.distance, 3) + 0.0:+.1%}".replace("+0.0%", "0.0%")
    return f"{_cut(line.worst.place, PLACE_WIDTH - len(distance) - 1).rstrip()} {distance}"


def _legend(found: Headline | None, results: Mapping[str, Result]) -> str:
    """The meaning of the shortfall, and the component and year of the worst place."""
    components = {line.worst.component for line in found.lines.values() if line.worst} if found is not None else set()
    of = f"'{components.pop()}'" if len(components) == 1 else "the weightiest component"
    year = f", {next(iter(results.values())).inputs.years[-1]}"
    lead = "Short£m  rules missed x weight; worst place: "
    return f"{lead}{short_words(of, WIDTH - len(lead) - len(year))}{year}"


def _proof(results: Mapping[str, Result]) -> str:
    proofs = [result.certificate for result in results.values()]
    residual = max(proof.worst_residual for proof in proofs)
    gaps = [proof.gap for proof in proofs if proof.objective.is_index]
    index = f"index within {max(gaps):.0e}, " if gaps else ""
    shortfall = max(proof.shortfall_gap for proof in proofs)
    return f"Proof    worst row £{residual * 1e6:.6f}; {index}shortfall within £{shortfall * 1e6:.2f}"


def _objective_lines(results: Mapping[str, Result]) -> list[str]:
    """A line per objective other than the index: its values, and the largest gap to which they are proved.

    `l1       weighted distance, within 2e-10: Pooled £1.60m, Split £1.71m`
    """
    lines = []
    for objective in dict.fromkeys(result.certificate.objective for result in results.values()):
        proofs = {name: r.certificate for name, r in results.items() if r.certificate.objective == objective}
        values = ", ".join(f"{name} {objective.told(proof.value, 2)}" for name, proof in proofs.items())
        within = max(proof.gap for proof in proofs.values())
        if not objective.is_index:
            lines.append(short_words(f"{objective.name:<8} {objective.noun}, within {within:.0e}: {values}", WIDTH))
    return lines


def _crossing_lines(results: Mapping[str, Result]) -> list[str]:
    """What pooling needs to move across organisations, where most is; no line where nothing crosses."""
    from budgetmodel.comparison.crossing import crossing_line, foremost

    name = foremost(results)
    return [short_words(f"Across   {crossing_line(results[name])}", WIDTH)] if name else []


def _files(files: Sequence[Path]) -> list[str]:
    if not files:
        return ["Nothing was written."]
    tables = sum(path.suffix == ".csv" for path in files)
    lines = [f"Wrote    {_short(files[0], WIDTH - 30)} and {tables} CSV tables" if tables else f"Wrote    {files[0]}"]
    report = " or ".join(path.name for path in files if path.name in PAGES)
    lines.append(f"Open     {f'{report} in a browser, or ' if report else ''}{files[0].name}: Decision, then Dashboard")
    return lines


def _short(path: Path, width: int) -> str:
    """A path, with its beginning left out when it is long."""
    text = str(path)
    return text if len(text) <= width else f"...{text[-(width - 3) :]}"


def issue_lines(issues: Iterable[Issue], limit: int) -> list[str]:
    """The issues in sheet order, repeats grouped, wrapped at 80 columns; at most `limit` lines, the rest counted.

    When there are more than fit, errors come before warnings and repairs; if not all errors fit, `expected` is left
    out.
    """
    from budgetmodel.checks import in_sheet_order
    from budgetmodel.contract.issues import grouped

    groups = grouped(in_sheet_order(tuple(issues)))
    lines = [line for issue in groups for line in _issue(issue)]
    if len(lines) <= limit:
        return lines
    ranked = sorted(groups, key=lambda issue: list(WORDS).index(issue.severity))
    for brief in (False, True):
        lines, shown = _fill(ranked, limit - 1, brief=brief)
        if shown == len(ranked) or ranked[shown].severity != "error":
            break
    return [*lines, console_line(_more(ranked[shown:]))] if shown < len(ranked) else lines


def _fill(groups: Sequence[Issue], room: int, *, brief: bool) -> tuple[list[str], int]:
    """The lines of as many groups as fit, at least the beginning of the first, and the number of these groups."""
    lines: list[str] = []
    for shown, issue in enumerate(groups):
        block = _issue(issue, brief=brief)
        if len(lines) + len(block) > room:
            return (lines, shown) if lines else (block[: max(room, 1)], 1)
        lines += block
    return lines, len(groups)


def _more(groups: Sequence[Issue]) -> str:
    """How many groups of each severity are not shown, and in how many cells."""
    names = {"error": "error", "warning": "warning", "repaired": "repair"}
    counts = {name: sum(issue.severity == name for issue in groups) for name in names}
    shown = ", ".join(f"{count} kinds of {names[name]}" for name, count in counts.items() if count)
    cells = sum(len(_cells(issue)) or 1 for issue in groups)
    return f"... and more: {shown} ({cells:,} cells)".replace(" 1 kinds", " 1 kind").replace("(1 cells", "(1 cell")


def _issue(issue: Issue, *, brief: bool = False) -> list[str]:
    """One group of issues: severity and cells, then what was found and what to do."""
    expected = "" if brief else f"; expected {issue.expected}"
    finding = f"{WORDS[issue.severity]}  {_where_and_what(issue)}{expected}"
    text = f"{finding}{'' if finding.endswith('...') else '.'} {issue.fix} [{issue.code}]"
    wrapped = textwrap.wrap(" ".join(text.split()), WIDTH, subsequent_indent="    ", break_long_words=True)
    return [console_line(line) for line in wrapped]


def _where_and_what(issue: Issue) -> str:
    """`Baseline!D5, D9: the cell is blank`, or `37 cells in Baseline column D are blank: D5, D9, ...`."""
    cells = _cells(issue)
    if len(cells) < 2:
        return f"{issue.where}: {issue.found}"
    if len(cells) <= LISTED_CELLS:
        return f"{issue.sheet}!{', '.join(cells)}: {issue.found}"
    columns = {cell.rstrip("0123456789") for cell in cells}
    column = f" column {columns.pop()}" if len(columns) == 1 else ""
    named = f"{', '.join(cells[:LISTED_CELLS])}, ..."
    if issue.found == "the cell is blank":
        return f"{len(cells):,} cells in {issue.sheet}{column} are blank: {named}"
    return f"{len(cells):,} cells in {issue.sheet}{column} ({named}): {issue.found}"


def _cells(issue: Issue) -> list[str]:
    return [cell for cell in issue.cell.split(",") if cell]


def verdict_lines(issues: Sequence[Issue], name: str, verdicts: Mapping[str, Verdict] = NOTHING) -> list[str]:
    """After the list: the number of issues of each severity, which scenarios cannot be met, and how to list all.

    `verdicts` has what is known of each scenario.
    """
    from budgetmodel.contract.issues import grouped
    from budgetmodel.excel.problem_rows import tally

    stops = sum(issue.severity == "error" for issue in issues)
    met = [] if stops else _met_lines(verdicts)
    if not issues:
        return [console_line(f"{name}: No problems: ready to run."), *met]
    words = f"{tally(issues)}: a run is refused" if stops else f"No problems that stop a run; {tally(issues)}"
    words = words if stops or not any(each.status == CANNOT for each in verdicts.values()) else tally(issues)
    room = WIDTH - len(words) - 3
    shown = name if len(name) <= room else f"...{name[-(room - 3) :]}"
    together = len(grouped(issues))
    groups = [f"Like ones stand together: {len(issues):,} are told as {together:,}."] if together < len(issues) else []
    every = "Every cell: --json lists them, --annotate COPY.xlsx marks them in a copy."
    return [console_line(f"{shown}: {words}."), *met, *groups, every]


def _met_lines(verdicts: Mapping[str, Verdict]) -> list[str]:
    """Which scenarios cannot be met, with a way out of each where one was looked for, and which were not tried.

    No lines where all are known to be met.
    """
    unmet = [name for name, each in verdicts.items() if each.status == CANNOT]
    untried = [name for name, each in verdicts.items() if each.status == NOT_TRIED]
    lines = []
    if unmet and len(unmet) == len(verdicts):
        applied = "with a way out applied, marked 'not met'"
        lines.append(f"None of {len(unmet)} scenarios can be met: a run answers them {applied}.")
        if len(unmet) == 1:
            lines = [f"The only scenario, '{unmet[0]}', cannot be met: a run answers it {applied}."]
    elif unmet:
        rest = "others run" if untried else "the others run"
        lines.append(f"{len(unmet)} of {len(verdicts)} scenarios cannot be met: {', '.join(unmet)}; {rest}.")
    sharing: dict[str, list[str]] = {}
    for name in unmet:
        sharing.setdefault(verdicts[name].way_out, []).append(name)
    told = [f"{', '.join(names)}: {way}." for way, names in sharing.items() if way]
    lines += told if len(told) <= WAYS_SHOWN else [*told[: WAYS_SHOWN - 1], "explain names the ways out of the others."]
    if untried:
        lines.append(f"Not tried whether they can be met: {', '.join(untried)}. check --solve tries them.")
    wrapped = (part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="  "))
    return [console_line(line) for line in wrapped]
