"""The evidence workbook: the long tables of a run as values, so that results.xlsx is what a board reads and prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, page_setup, row_height
from budgetmodel.report.manifest import RESULTS_ID
from budgetmodel.report.material import Material, Placed
from budgetmodel.report.page import COVER, text_of
from budgetmodel.report.sheets.cover import PLAIN_TITLE, checks_of, master_check
from budgetmodel.report.shown import NONE_MET, none_met

FACTS_ROW = 3
"""The row of the first fact, counted from 0."""

WIDTHS = (33.0, 110.0)
"""Widths of the columns of the cover, in characters."""

PURPOSE = "Evidence: the long tables behind the results, as values. Its figures are those of the results workbook."


def write_front(book: Any, formats: Formats, sheets: Sequence[Placed], material: Material) -> None:
    """Write the cover: title, verdict on the checks, whose evidence it is, and a link to every sheet."""
    sheet = book.get_worksheet_by_name(COVER)
    first = next(iter(material.results.values()), None)
    settings = first.inputs.settings if first is not None else {}
    for number, width in enumerate(WIDTHS):
        sheet.set_column(number, number, width)
    sheet.set_row(0, TITLE_POINTS)
    sheet.write_string(0, 0, text_of(settings.get("Title") or PLAIN_TITLE), formats.title())
    first_of_all = f"{NONE_MET} " if none_met(material.results) else ""
    sheet.write_string(1, 0, f"{first_of_all}{PURPOSE}", formats.purpose())
    facts = [("Master check", master_check(checks_of(sheets))[1])]
    facts += [(name, settings[name]) for name in ("System", "Status", "Use until") if settings.get(name)]
    facts += [("Results id", found) for found in results_id(material)]
    for row, (label, text) in enumerate(facts, start=FACTS_ROW):
        sheet.write_string(row, 0, label, formats.heading())
        sheet.write_string(row, 1, text_of(text), formats.words())
        sheet.set_row(row, row_height([(text, WIDTHS[1])]))
    contents = FACTS_ROW + len(facts) + 1
    for number, heading in enumerate(("Contents", "What it shows")):
        sheet.write_string(contents, number, heading, formats.header())
    for row, page in enumerate(sheets, start=contents + 1):
        sheet.write_url(row, 0, f"internal:'{page.name}'!A1", formats.link(), string=page.name)
        sheet.write_string(row, 1, text_of(page.purpose), formats.words())
        sheet.set_row(row, row_height([(page.purpose, WIDTHS[1])]))
    page_setup(sheet, None)
    sheet.activate()
    sheet.set_first_sheet()


def results_id(material: Material) -> list[str]:
    """The id that every file of these results has; none where a table of the run has no such row."""
    run = material.frames["run"]
    return [str(value) for value in run.loc[run["key"] == RESULTS_ID, "value"].iloc[:1]]
