"""The first sheet: title, master check, answer, scenarios, contents, facts, limitations and sign-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from budgetmodel.checks.about import last_day
from budgetmodel.comparison.crossing import crossing_sentence, foremost
from budgetmodel.comparison.headline_words import one_sentence, others_words, winner_words, worst_words
from budgetmodel.comparison.leaders import rivals_of
from budgetmodel.comparison.since import brief
from budgetmodel.comparison.wall_words import wall_sentences
from budgetmodel.contract.issues import BudgetError
from budgetmodel.contract.objectives import sentences as objective_sentences
from budgetmodel.contract.units import pounds
from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, header_height, page_setup, row_height
from budgetmodel.report.material import LEVELS, Material, Placed
from budgetmodel.report.page import COVER, Page, mark, text_of, write_cell
from budgetmodel.report.sheets.checks import RESULT
from budgetmodel.report.sheets.cover_scenarios import write_scenarios
from budgetmodel.report.sheets.since import since_rows
from budgetmodel.report.shown import NONE_MET, none_met, not_met_words
from budgetmodel.results import Result

WIDTHS = (27.0, 72.0, 12.5, 12.5, 12.5, 13.5, 12.5, 14.5)
"""Widths of the columns, in characters."""

PLAIN_TITLE = "Results of a budget run"
MASTER_CHECK = "master_check"
"""The name of the cell with the verdict on all checks."""

CHECK_ROW = 3
"""The row of the master check, counted from 0; the answer follows it."""

COUNT_AT, COUNT_COLUMN = 2, "C"
"""The column of the number of checks that fail, by number and letter, to the right of the verdict."""

SETTINGS = {
    "System": "System",
    "Status": "Status",
    "Prepared by": "Owner: prepared by",
    "Approved by": "Approved by",
    "Use until": "Sunset date: use until",
    "Price basis": "Price basis",
}
"""The settings of the sheet About that the cover repeats, and their labels there."""

ILLUSTRATIVE = "illustrative"

NO_RANKING = "None is ranked, since each answers another question than was asked."
"""What stands in the place of a ranking where no scenario is met."""

CHECKS = "Checks"
"""The name of the sheet with the checks."""

SUNSET, USE_UNTIL = "SUNSET", "Use until"
"""The code of warnings about the sunset date, and the setting with that date."""

BOLD = 0.9
"""The share of the width of plain text that fits in bold."""

SMALLEST = 0.05
"""£m: less is shown as £0.0m."""

UNMET_NAMED = 6
"""Most lines on scenarios that are not met; the sheet Breaches has all of them."""

OTHERS_NAMED = 6
"""Most other scenarios that the answer names; with more, only the table below lists them."""

SIGN_OFF = (
    ("Analyst", "made the model and ran it"),
    ("Assurer", "checked it, independent of the analyst"),
    ("Approver", "answers for its use"),
)
"""The roles that sign, and what each signs for (the roles of the Aqua Book)."""

TO_FILL_IN = "Name and date (input, filled in by hand)"


def write_cover(
    book: Any,
    formats: Formats,
    sheets: Sequence[Placed],
    material: Material,
) -> None:
    """Write the cover into its sheet; `sheets` are those that follow it."""
    results, failures = material.results, material.failures
    sheet = book.get_worksheet_by_name(COVER)
    for number, width in enumerate(WIDTHS):
        sheet.set_column(number, number, width)
    first = next(iter(results.values()), None)
    settings = first.inputs.settings if first is not None else {}
    sheet.set_row(0, TITLE_POINTS)
    sheet.write_string(0, 0, text_of(settings.get("Title") or PLAIN_TITLE), formats.title())
    sheet.write_string(1, 0, text_of(_purpose(results, failures)), formats.purpose())
    _write_check(book, sheet, formats, CHECK_ROW, sheets)
    row = _write_answer(sheet, formats, CHECK_ROW + 1, material)
    row = write_scenarios(sheet, formats, row + 1, WIDTHS, material)
    row = _write_contents(sheet, formats, row + 1, sheets)
    facts = row + 1
    row = _write_facts(sheet, formats, facts, settings, results)
    row = _write_limits(sheet, formats, row + 1, limitations(settings, results))
    _write_sign_off(sheet, formats, row + 1)
    page_setup(sheet, None)
    sheet.set_h_pagebreaks([facts])
    if book.worksheets()[0] is sheet:  # else the page before it is what opens
        sheet.activate()
        sheet.set_first_sheet()


def _write_answer(sheet: Any, formats: Formats, row: int, material: Material) -> int:
    """Write the answer, and a warning when the figures are past their date; returns the next free row."""
    unmet = not_met_words(material.results)
    lines = [("Not met", words, formats.words(bold=True)) for words in _first_few(unmet)]
    lines += [("Answer", answer(material), formats.words(bold=True))] if material.results else []
    found = material.found
    if found is not None:
        turns = material.frames.get("breakeven")
        walls = wall_sentences(material.results, material.frames, found.base, found.compared)
        for label, sentences in (
            (f"{found.compared} against {found.base}", [one_sentence(found, turns), worst_words(found)]),
            ("What walls do", walls),
        ):
            lines += [(label, " ".join(sentences).strip(), formats.words())] if sentences else []
    since = since_rows(material.frames)
    lines += [("Since the last run", "\n".join(brief(since)), formats.words())] if since is not None else []
    crossing = foremost(material.results)
    if crossing:
        lines.append(("Across organisations", crossing_sentence(material.results[crossing]), formats.words()))
    late = past_date(material)
    if late:
        lines.append(("DO NOT USE", late, formats.words(bold=True)))
    for label, text, look in lines:
        sheet.write_string(row, 0, label, formats.heading())
        sheet.write_string(row, 1, text_of(text), look)
        sheet.set_row(row, row_height([(label, WIDTHS[0] * BOLD), (text, WIDTHS[1] * BOLD)]))
        row += 1
    return row


def _first_few(unmet: Sequence[str]) -> list[str]:
    """The first sentences on what is not met, and how many more there are."""
    if len(unmet) <= UNMET_NAMED:
        return list(unmet)
    return [*unmet[: UNMET_NAMED - 1], f"{len(unmet) - UNMET_NAMED + 1} more scenarios: see the sheet Breaches."]


def past_date(material: Material) -> str:
    """The warning about a sunset date that has passed or cannot be read; else blank.

    The checks of the input compare it with the day of the run; here it is also compared with the date of the file.
    """
    issues = material.frames["issues"]
    expired = issues[issues["code"] == SUNSET]
    if len(expired):
        found, fix = (str(expired[name].iloc[0]) for name in ("found", "fix"))
        return f"About says: {found}. {fix}"
    first = next(iter(material.results.values()), None)
    until = last_day(first.inputs.settings.get(USE_UNTIL, "")) if first is not None else None
    if until is None or material.created.date() <= until:
        return ""
    return f"About says: the workbook was to be used until {until.isoformat()}, which has passed. Bring it up to date."


def answer(material: Material) -> str:
    """The answer in a sentence or two: who comes nearest, ties named as ties, and what the others come to."""
    results = material.results
    found = material.found
    if found is None or none_met(results):
        return f"{NONE_MET} {NO_RANKING}"
    best = results[found.leaders[0]]
    words = winner_words(found, best.answer.objective)
    short = best.metric("shortfall")
    missed = f" It misses {pounds(short)} of what should hold, weighted." if short >= SMALLEST else ""
    if len(found.leaders) > 1:
        missed = missed.replace("It misses", f"'{best.scenario}' misses")
    others = others_words(found)
    return f"{words}{missed}{f' {others}' if others else ''}{not_ranked(results)}"


def not_ranked(results: Mapping[str, Result]) -> str:
    """The scenarios that are not ranked, in sentences: those with another objective than the first, and those not met.

    Empty where there are none.
    """
    others = {name: r for name, r in results.items() if name not in rivals_of(results)}
    unranked = [f"'{name}' ({r.answer.objective.title})" for name, r in others.items() if r.is_met]
    words = f" Not ranked with them, as they minimise something else: {', '.join(unranked)}." if unranked else ""
    unmet = [f"'{name}'" for name, r in others.items() if not r.is_met]
    return words + (
        f" Not ranked, as the answer keeps other rules than were asked: {', '.join(unmet)}." if unmet else ""
    )


def _purpose(results: Mapping[str, Result], failures: Mapping[str, BudgetError]) -> str:
    first = next(iter(results.values()), None)
    if first is None:
        return f"No scenario has an answer, of {len(failures)}. The Problems sheet says why."
    inputs = first.inputs
    shared = (
        f"How the money of {len(inputs.places)} places, {len(inputs.services)} services and {len(inputs.years)} years "
        f"is shared so that it meets unequal need, under {len(results)} "
    )
    scenarios = "scenario" if len(results) == 1 else "scenarios"
    failed = f"; {len(failures)} without an answer" if failures else ""
    stuck = [name for name, result in results.items() if not result.can_converge]
    growth = (
        f"No headroom in {', '.join(stuck)}: floors take all the growth of some year, and nothing can converge then. "
    )
    first_of_all = growth if stuck else ""
    unmet = sum(not result.is_met for result in results.values())
    some = f"; {unmet} cannot be met and is shown with its cheapest way out" if unmet else ""
    some = some.replace("and is shown with its", "and are shown with their") if unmet > 1 else some
    first_of_all = f"{NONE_MET} " if none_met(results) else first_of_all
    return f"{first_of_all}{shared}{scenarios}{'' if none_met(results) else some}{failed}, with proof."


def master_check(checks: Page | None) -> tuple[str, str]:
    """The formula of the master check and its result; a blank formula when nothing was solved."""
    if checks is None or not checks.rows:
        return "", "NOTHING SOLVED, NOTHING CHECKED"
    failing = failed(checks)
    count = f"{COUNT_COLUMN}{CHECK_ROW + 1}"
    formula = f'=IF({count}=0,"ALL CHECKS PASS",{count}&" CHECKS FAIL")'
    return formula, "ALL CHECKS PASS" if failing == 0 else f"{failing} CHECKS FAIL"


def checks_of(sheets: Sequence[Placed]) -> Page | None:
    """The page of checks, if it is among the sheets."""
    return next((each.sheet for each in sheets if isinstance(each.sheet, Page) and each.name == CHECKS), None)


def failed(checks: Page) -> int:
    """The number of checks whose verdict is not PASS."""
    return sum(value != "PASS" for value in checks.values(RESULT))


def _write_check(book: Any, sheet: Any, formats: Formats, row: int, sheets: Sequence[Placed]) -> None:
    checks = checks_of(sheets)
    formula, verdict = master_check(checks)
    sheet.write_string(row, 0, "Master check", formats.heading())
    write_cell(sheet, row, 1, verdict, formats.verdict(), formula or None)
    if checks is not None and checks.rows:
        cells = checks.cells(RESULT)
        count = f'=ROWS({cells})-COUNTIF({cells},"PASS")'
        write_cell(sheet, row, COUNT_AT, failed(checks), formats.plain(align="right"), count)
        sheet.write_string(row, COUNT_AT + 1, f"of {checks.rows:,} checks fail", formats.plain())
    mark(sheet, formats, row, 1)
    book.define_name(MASTER_CHECK, f"={COVER}!$B${row + 1}")


def _write_facts(
    sheet: Any, formats: Formats, row: int, settings: Mapping[str, str], results: Mapping[str, Result]
) -> int:
    """Write label and text, a line each; returns the next free row."""
    _write_headings(sheet, formats, row, ("About", "What it says"))
    row += 1
    facts = [(label, settings[name]) for name, label in SETTINGS.items() if settings.get(name)]
    first = next(iter(results.values()), None)
    if first is not None:
        facts.append(("Years", f"{first.inputs.years[0]} to {first.inputs.years[-1]}"))
        facts += [("Input", first.inputs.name), ("Input SHA-256", first.inputs.sha256)]
    facts.append(("Reading the figures", "Money is £m unless a heading says otherwise; negatives stand in brackets."))
    for label, text in facts:
        sheet.write_string(row, 0, label, formats.cell("text", bold=True))
        sheet.write_string(row, 1, text_of(text), formats.words())
        sheet.set_row(row, row_height([(text, WIDTHS[1])]))
        row += 1
    return row


def _write_headings(sheet: Any, formats: Formats, row: int, headings: Sequence[str]) -> None:
    for number, heading in enumerate(headings):
        sheet.write_string(row, number, heading, formats.header(right=number > 1))
    sheet.set_row(row, header_height(list(zip(headings, WIDTHS, strict=False)), button=False))


def _write_contents(sheet: Any, formats: Formats, row: int, sheets: Sequence[Placed]) -> int:
    """Write, level by level, a link to every visible sheet with its purpose; returns the next free row.

    Hidden sheets have no link, as none leads there: they are named in one line.
    """
    for level in LEVELS:
        shown = [each for each in sheets if each.level == level and not each.hidden]
        if not shown:
            continue
        _write_headings(sheet, formats, row, (level.name, level.says))
        for page in shown:
            row += 1
            sheet.write_url(row, 0, f"internal:'{page.name}'!A1", formats.link(), string=page.name)
            sheet.write_string(row, 1, text_of(page.purpose), formats.words())
            sheet.set_row(row, row_height([(page.purpose, WIDTHS[1])]))
        row += 1
    hidden = [each.name for each in sheets if each.hidden]
    if hidden:
        words = HIDDEN_WORDS.format(names=", ".join(hidden))
        sheet.write_string(row, 0, "Hidden sheets", formats.cell("text"))
        sheet.write_string(row, 1, text_of(words), formats.words())
        sheet.set_row(row, row_height([(words, WIDTHS[1])]))
        row += 1
    return row


HIDDEN_WORDS = (
    "What formulas and charts read: {names}. To see one, right-click any tab and choose Unhide. Long tables stand, "
    "all visible, in the evidence workbook beside this one."
)
"""The line on the cover that names the hidden sheets."""


def limitations(settings: Mapping[str, str], results: Mapping[str, Result]) -> list[str]:
    """The limitations of the results, in sentences."""
    claims = "No claim is made about health outcomes: money in line with need is what is measured."
    sentences = [
        *objective_sentences({name: result.answer.objective for name, result in results.items()}),
        claims,
        "Sums shown with one decimal may differ in the last digit; the cells hold whole pence and agree exactly.",
        "Prices on the sheet Rules and prices hold for small changes and need not be the only ones.",
    ]
    if ILLUSTRATIVE in settings.get("Status", "").casefold():
        sentences.append("The input holds illustrative data: these figures show the method and decide nothing.")
    if settings.get("Use until"):
        sentences.append(f"Not to be used after {settings['Use until']}: figures and rules age.")
    return sentences if results else [claims]


def _write_limits(sheet: Any, formats: Formats, row: int, sentences: Sequence[str]) -> int:
    """Write the limitations; returns the next free row."""
    _write_headings(sheet, formats, row, ("Limitations", "In plain words"))
    for sentence in sentences:
        row += 1
        sheet.write_string(row, 0, "Limitation", formats.cell("text"))
        sheet.write_string(row, 1, text_of(sentence), formats.words())
        sheet.set_row(row, row_height([(sentence, WIDTHS[1])]))
    return row + 1


def _write_sign_off(sheet: Any, formats: Formats, row: int) -> None:
    """Write a cell for each role that signs, in the style of inputs."""
    _write_headings(sheet, formats, row, ("Sign-off", TO_FILL_IN))
    for number, (role, does) in enumerate(SIGN_OFF, start=row + 1):
        label = f"{role}: {does}"
        sheet.write_string(number, 0, label, formats.words())
        sheet.write_blank(number, 1, None, formats.input("text", wrap=True))
        sheet.set_row(number, row_height([(label, WIDTHS[0])]))
