"""The published edition: the pages of the working one by the Analysis Function's rules for spreadsheets.

No panes, filters, fills, footers, images or charts; values instead of formulas; one table a sheet, at the left edge;
a sheet of notes; shorthand instead of blank cells. The class of the worksheets enforces the rules for every page:
methods for forbidden features do nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

from xlsxwriter.worksheet import Worksheet

from budgetmodel.excel.problem_rows import SHEET as PROBLEMS
from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, page_setup, row_height
from budgetmodel.report.contents import CONTENTS
from budgetmodel.report.dashboard import chart_tables, decision
from budgetmodel.report.edition import Edition
from budgetmodel.report.material import BOTH, DECIDE, EVIDENCE_FILE, Entry, Material, Placed
from budgetmodel.report.page import COVER, HEADER_ROW, Page, PageColumn, text_of
from budgetmodel.report.sheets.cover import PLAIN_TITLE, answer, limitations, master_check, past_date
from budgetmodel.report.sheets.since import NAME as SINCE_LAST_RUN

NOT_APPLICABLE = "[z]"
"""The text of a cell for which there is no figure."""

LEFT_OUT = (
    decision.NAME,
    "Dashboard",
    chart_tables.PLACES,
    chart_tables.ORDER,
    chart_tables.PROGRAMMES,
    chart_tables.STEPS,
    chart_tables.CURVE,
    SINCE_LAST_RUN,
)
"""Entries that are not published: they consist of charts, follow the choice of a scenario, or are about drafts."""

NOTES = "Notes"

MEANINGS = (
    ("[z]", "Not applicable: there is no such figure, for instance no price where a rule does not bind."),
    ("[x]", "Not available. This edition has none: the input must be whole before anything is worked out."),
    ("[c]", "Confidential. This edition has none: it holds budgets, and no person can be told from them."),
    ("(1.0)", "Negative figures stand in brackets."),
    ("£m", "Million pounds. Every heading names its unit; a cell holds the figure in that unit."),
    ("+ and -", "A change above 0 is more money for the place than the do-minimum gives; below 0 is less."),
    ("Rounding", "Figures are shown rounded and held in full, so what is shown may differ from its total by rounding."),
)
"""The shorthand and how to read figures: sign and meaning."""


class PublishedSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter ships no types
    """A worksheet of values and text without the features that a published spreadsheet must not have."""

    values_only = True
    note_on_blanks = f"{NOT_APPLICABLE} means that there is no such figure."

    def write_formula(self, row: int, col: int, formula: str, style: Any = None, value: Any = 0) -> int:
        """Write the result of the formula."""
        if value is None or value == "":
            return self.write_blank(row, col, None, style)
        done = self.write_string if isinstance(value, str) else self.write_number
        return int(done(row, col, value, style))

    def write_blank(self, row: int, col: int, _blank: Any, style: Any = None) -> int:
        """Write the shorthand for a missing figure."""
        return int(self.write_string(row, col, NOT_APPLICABLE, style))

    def add_table(self, top: int, left: int, bottom: int, right: int, options: Any = None) -> int:
        """Add a table without filter buttons."""
        return int(super().add_table(top, left, bottom, right, {**(options or {}), "autofilter": False}))

    def freeze_panes(self, *_: Any, **__: Any) -> None:
        """Do nothing: no panes."""

    def conditional_format(self, *_: Any, **__: Any) -> int:
        """Do nothing: no colours that depend on values."""
        return 0

    def set_footer(self, *_: Any, **__: Any) -> None:
        """Do nothing: no footers."""

    def insert_chart(self, *_: Any, **__: Any) -> int:
        """Do nothing: a screen reader cannot read a chart."""
        return 0

    def insert_image(self, *_: Any, **__: Any) -> int:
        """Do nothing: no images."""
        return 0

    def data_validation(self, *_: Any, **__: Any) -> int:
        """Do nothing: no input."""
        return 0


def notes_page(material: Material) -> Page:
    """The sheet Notes: the shorthand, how to read figures, and the limitations of the results."""
    first = next(iter(material.results.values()), None)
    settings = first.inputs.settings if first is not None else {}
    limits = [("Limitation", sentence) for sentence in limitations(settings, material.results)]
    rows = [*MEANINGS, *limits]
    columns = (
        PageColumn("Note", "text", [name for name, _ in rows]),
        PageColumn("What it means", "words", [words for _, words in rows], width=100.0),
    )
    return Page(NOTES, "What signs and shorthand mean, and what these results are not.", columns, table="tblNotes")


def write_front(book: Any, formats: Formats, sheets: Sequence[Placed], material: Material) -> None:
    """Write the cover: text in its first column, and the contents as its one table."""
    sheet = book.get_worksheet_by_name(COVER)
    first = next(iter(material.results.values()), None)
    settings = first.inputs.settings if first is not None else {}
    checks = material.page("Checks") if material.results else None
    sentences = [
        answer(material) if material.results else "No scenario has an answer; the sheet Problems says why.",
        past_date(material),
        f"{master_check(checks)[1]} (sheet Checks of the evidence workbook).",
        *(f"{name}: {settings[name]}" for name in ("Status", "Prepared by", "Approved by", "Use until")
          if settings.get(name)),
        f"This workbook has {len(sheets) + 1} sheets, each with one table. Shorthand is explained on the sheet Notes.",
    ]  # fmt: skip
    sheet.set_column(0, 0, CONTENTS_WIDTHS[0])
    sheet.set_column(1, 1, CONTENTS_WIDTHS[1])
    sheet.set_row(0, TITLE_POINTS)
    sheet.write_string(0, 0, text_of(settings.get("Title") or PLAIN_TITLE), formats.title())
    lines = [line for text in sentences if text for line in wrap(text_of(text), LINE_LENGTH, break_on_hyphens=False)]
    for row, text in enumerate(lines, start=1):
        sheet.write_string(row, 0, text, formats.plain())
    top = max(HEADER_ROW, len(lines) + 2)
    for row, page in enumerate(sheets, start=top + 1):
        sheet.write_url(row, 0, f"internal:'{page.name}'!A1", formats.link(), string=page.name)
        sheet.write_string(row, 1, text_of(page.purpose), formats.words())
        sheet.set_row(row, row_height([(page.purpose, CONTENTS_WIDTHS[1])]))
    columns = [{"header": name, "header_format": formats.header()} for name in ("Sheet", "What it shows")]
    sheet.add_table(top, 0, top + len(sheets), 1, {"name": "tblContents", "style": None, "columns": columns})
    page_setup(sheet, None)
    sheet.activate()
    sheet.set_first_sheet()


def _in_edition(entry: Entry) -> Entry:
    """An entry in this edition: what the evidence workbook shows stands there only, so that links to it stay inside.

    The list of problems is there only when there are any, as each sheet must have a table.
    """
    if entry.name == PROBLEMS:
        return replace(entry, when=lambda material: len(material.frames["issues"]) > 0)
    return replace(entry, files=(EVIDENCE_FILE,)) if EVIDENCE_FILE in entry.files else entry


CONTENTS_WIDTHS = (33.0, 100.0)
LINE_LENGTH = 140
"""Widths of the columns of the cover, and characters of a line of text over both."""

PUBLISHED = Edition(
    PublishedSheet,
    fills=False,
    front=write_front,
    contents=(
        Entry(NOTES, notes_page, level=DECIDE, files=BOTH),
        *(_in_edition(entry) for entry in CONTENTS if entry.name not in LEFT_OUT),
    ),
    live=False,
)
"""The edition to be published."""

PUBLISHED_EVIDENCE = replace(PUBLISHED, file=EVIDENCE_FILE)
"""The long tables of the edition to be published."""
