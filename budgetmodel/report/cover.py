"""The first sheet: what this is, whether everything adds up, what came out, and where everything stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.comparison import Comparison
from budgetmodel.issues import BudgetError, Infeasible
from budgetmodel.report.material import Material, Sheet
from budgetmodel.report.page import COVER, Page, mark, text_of, write_cell
from budgetmodel.report.proof import RESULT
from budgetmodel.results import Result
from budgetmodel.workbook.styles import TITLE_POINTS, Formats, header_height, page_setup, row_height

WIDTHS = (27.0, 88.0, 16.0, 16.0)
"""Widths of the columns, in characters."""

PLAIN_TITLE = "Results of a budget run"
MASTER_CHECK = "master_check"
"""The name of the cell that says whether all checks pass."""

SETTINGS = ("System", "Price basis", "Status", "Prepared by", "Approved by", "Use until")
"""What is repeated of the About sheet."""

ILLUSTRATIVE = "illustrative"


@dataclass(frozen=True)
class Scenario:
    """A line of the cover's table of scenarios."""

    name: str
    words: str
    index: float | None = None
    equal: float | None = None


def write_cover(
    book: Any,
    formats: Formats,
    sheets: Sequence[Sheet],
    material: Material,
) -> None:
    """Write the cover into its sheet; `sheets` are those that follow it."""
    results, failures = material.results, material.failures
    sheet = book.get_worksheet_by_name(COVER)
    for number, width in enumerate(WIDTHS):
        sheet.set_column(number, number, width)
    first = next(iter(results.values()), None)
    settings = first.budget.settings if first is not None else {}
    sheet.set_row(0, TITLE_POINTS)
    sheet.write_string(0, 0, text_of(settings.get("Title") or PLAIN_TITLE), formats.title())
    sheet.write_string(1, 0, text_of(_purpose(results, failures)), formats.purpose())
    _write_check(book, sheet, formats, 3, sheets)
    row = _write_facts(sheet, formats, 5, settings, results)
    row = _write_scenarios(sheet, formats, row + 1, _lines(results, material.comparison, failures))
    row = _write_contents(sheet, formats, row + 1, sheets)
    _write_limits(sheet, formats, row + 1, limitations(settings, results))
    page_setup(sheet, None, one_page=True)
    sheet.activate()
    sheet.set_first_sheet()


def _purpose(results: Mapping[str, Result], failures: Mapping[str, BudgetError]) -> str:
    first = next(iter(results.values()), None)
    if first is None:
        return f"No scenario has an answer: {len(failures)} of {len(failures)} failed. The Problems sheet says why."
    budget = first.budget
    shared = (
        f"How the money of {len(budget.places)} places, {len(budget.services)} services and {len(budget.years)} years "
        f"is shared so that it meets unequal need, under {len(results)} "
    )
    scenarios = "scenario" if len(results) == 1 else "scenarios"
    failed = f"; {len(failures)} failed" if failures else ""
    stuck = [name for name, result in results.items() if not result.can_converge]
    growth = (
        f"No headroom in {', '.join(stuck)}: floors take all the growth of some year, and nothing can converge then. "
    )
    first_of_all = growth if stuck else ""
    return f"{first_of_all}{shared}{scenarios}{failed}, with proof."


def master_check(checks: Page | None) -> tuple[str, str]:
    """The formula of the master check and what it comes to; no formula when nothing was solved."""
    if checks is None or not checks.rows:
        return "", "NOTHING SOLVED, NOTHING CHECKED"
    cells = checks.cells(RESULT)
    failing = sum(value != "PASS" for value in checks.values(RESULT))
    count = f'ROWS({cells})-COUNTIF({cells},"PASS")'
    formula = f'=IF({count}=0,"ALL CHECKS PASS",{count}&" CHECKS FAIL")'
    return formula, "ALL CHECKS PASS" if failing == 0 else f"{failing} CHECKS FAIL"


def _write_check(book: Any, sheet: Any, formats: Formats, row: int, sheets: Sequence[Sheet]) -> None:
    checks = next((page for page in sheets if isinstance(page, Page) and page.name == "Checks"), None)
    formula, verdict = master_check(checks)
    sheet.write_string(row, 0, "Master check", formats.heading())
    write_cell(sheet, row, 1, verdict, formats.verdict(), formula or None)
    mark(sheet, formats, row, 1)
    book.define_name(MASTER_CHECK, f"={COVER}!$B${row + 1}")


def _write_facts(
    sheet: Any, formats: Formats, row: int, settings: Mapping[str, str], results: Mapping[str, Result]
) -> int:
    """Label and text, a line each; returns the next free row."""
    facts: list[tuple[str, str]] = []
    first = next(iter(results.values()), None)
    if first is not None:
        facts += [("Input", first.budget.name), ("Input SHA-256", first.budget.sha256)]
    facts += [(name, settings[name]) for name in SETTINGS if settings.get(name)]
    if settings:
        facts.append(("Assured by", "(name and date, filled in by hand)"))
    facts.append(("Reading the figures", "Money is £m unless a heading says otherwise; negatives stand in brackets."))
    for label, text in facts:
        sheet.write_string(row, 0, label, formats.cell("text", bold=True))
        sheet.write_string(row, 1, text_of(text), formats.words())
        sheet.set_row(row, row_height([(text, WIDTHS[1])]))
        row += 1
    return row


def _lines(
    results: Mapping[str, Result], comparison: Comparison, failures: Mapping[str, BudgetError]
) -> list[Scenario]:
    index, equal = (_by_scenario(comparison, metric) for metric in ("index", "index_at_equal_costs"))
    names = sorted(index, key=lambda name: name in results)
    lines = [Scenario(name, _words(results.get(name)), index[name], equal.get(name)) for name in names]
    for name, failure in failures.items():
        kind = "infeasible" if isinstance(failure, Infeasible) else "failed"
        lines.append(Scenario(name, f"{kind}: {_first_line(failure)} The Problems sheet says why."))
    return lines


def _by_scenario(comparison: Comparison, metric: str) -> dict[str, float]:
    """A metric over all years, by scenario."""
    rows = comparison.metrics[(comparison.metrics["metric"] == metric) & (comparison.metrics["group"] == "")]
    return {str(name): float(value) for name, value in zip(rows["scenario"], rows["value"], strict=True)}


def _words(result: Result | None) -> str:
    if result is None:
        return "the reference: everybody keeps the share of the Baseline"
    purpose = result.budget.scenario_row(result.scenario).get("Purpose") if result.budget.scenarios else None
    return f"{result.status} and proved. Regime: {result.regime}. {purpose or ''}".strip()


def _first_line(failure: BudgetError) -> str:
    return str(failure).strip().partition("\n")[0]


def _write_scenarios(sheet: Any, formats: Formats, row: int, lines: Sequence[Scenario]) -> int:
    """The table of scenarios; returns the next free row."""
    headings = ("Scenario", "Status and purpose", "Fair-share gap index", "Index at equal contract costs")
    _write_headings(sheet, formats, row, headings)
    for line in lines:
        row += 1
        sheet.write_string(row, 0, text_of(line.name), formats.words(bold=True))
        sheet.write_string(row, 1, text_of(line.words), formats.words())
        write_cell(sheet, row, 2, line.index, formats.cell("index"))
        write_cell(sheet, row, 3, line.equal, formats.cell("index"))
        sheet.set_row(row, row_height([(line.name, WIDTHS[0]), (line.words, WIDTHS[1])]))
    return row + 1


def _write_headings(sheet: Any, formats: Formats, row: int, headings: Sequence[str]) -> None:
    for number, heading in enumerate(headings):
        sheet.write_string(row, number, heading, formats.header(right=number > 1))
    sheet.set_row(row, header_height(list(zip(headings, WIDTHS, strict=False)), button=False))


def _write_contents(sheet: Any, formats: Formats, row: int, pages: Iterable[Sheet]) -> int:
    """A link to every sheet and what it is for; returns the next free row."""
    _write_headings(sheet, formats, row, ("Contents", "What it shows"))
    for page in pages:
        row += 1
        sheet.write_url(row, 0, f"internal:'{page.name}'!A1", formats.link(), string=page.name)
        sheet.write_string(row, 1, page.purpose, formats.words())
        sheet.set_row(row, row_height([(page.purpose, WIDTHS[1])]))
    return row + 1


def limitations(settings: Mapping[str, str], results: Mapping[str, Result]) -> list[str]:
    """What these results are not, in plain sentences."""
    sentences = [
        "Optimised for the fair-share gap index: must rules hold, the shortfall on should rules is least, and then the "
        "index is lowest. 100 is the do-minimum, 0 is equality.",
        "No claim is made about health outcomes: money in line with need is what is measured.",
        "Sums shown with one decimal may differ in the last digit; the cells hold whole pence and agree exactly.",
        "Prices on the sheet Rules and prices hold for small changes and need not be the only ones.",
    ]
    if ILLUSTRATIVE in settings.get("Status", "").casefold():
        sentences.append("The input holds illustrative data: these figures show the method and decide nothing.")
    if settings.get("Use until"):
        sentences.append(f"Not to be used after {settings['Use until']}.")
    return sentences if results else sentences[1:2]


def _write_limits(sheet: Any, formats: Formats, row: int, sentences: Sequence[str]) -> None:
    _write_headings(sheet, formats, row, ("Limitations", ""))
    for number, sentence in enumerate(sentences, start=1):
        sheet.write_string(row + number, 0, f"{number}", formats.cell("text"))
        sheet.write_string(row + number, 1, text_of(sentence), formats.words())
        sheet.set_row(row + number, row_height([(sentence, WIDTHS[1])]))
