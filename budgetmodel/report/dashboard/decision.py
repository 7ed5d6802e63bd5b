"""The Decision page as the first sheet: two yellow cells choose the scenarios, and figures and sentence follow them.

One A4 page. Below it, outside of what is printed, stand the workings: the lines that formulas look up, and the pieces
that the sentence is made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.excel.write import styles
from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.dashboard.blocks import DashboardLayout
from budgetmodel.report.dashboard.decision_layout import WIDTHS, Laid, laid_out
from budgetmodel.report.material import Material
from budgetmodel.report.negative_zero import show_negative_zero_as_zero
from budgetmodel.report.page import (
    COVER,
    LINK_ROW,
    PURPOSE_ROW,
    TITLE_ROW,
    Page,
    mark,
    quoted,
    text_of,
    write_cell,
)
from budgetmodel.report.sheets.cover import PLAIN_TITLE
from budgetmodel.report.sheets.decision_paper import Paper, paper_of
from budgetmodel.report.sheets.headlines import HEADLINES, PLACES_COMPARED

NAME = "Decision"
PURPOSE = "The answer, what is to be decided, and what it rests on, on one page."

INPUT = "(input)"
"""The end of the heading over yellow cells."""

SENTENCE_POINTS = 12
"""The size of the letters of the sentence."""


@dataclass(frozen=True)
class Decision:
    """The first sheet of the results. `pages` are the sheets that its formulas look up, `facts` a line on the run."""

    paper: Paper
    title: str
    facts: str
    pages: Mapping[str, Page]
    name: str = NAME
    purpose: str = PURPOSE

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name, which opens first."""
        sheet = book.get_worksheet_by_name(self.name)
        laid = laid_out(self.paper, self.pages)
        _write(book, sheet, formats, self, laid)
        sheet.activate()
        sheet.set_first_sheet()


def decision(material: Material) -> Decision:
    """The Decision page of a run with results."""
    paper = paper_of(material.results, material.frames, material.found)
    assert paper is not None  # noqa: S101  # the entry is shown only when something was solved
    inputs = material.results[paper.found.compared].inputs
    pages = {name: material.page(name) for name in (HEADLINES, PLACES_COMPARED, "Checks")}
    years = f"{inputs.years[0]} to {inputs.years[-1]}" if len(inputs.years) > 1 else inputs.years[0]
    parts = (inputs.settings.get("System"), years, inputs.settings.get("Price basis"), "money in £m")
    return Decision(
        paper=paper,
        title=str(inputs.settings.get("Title") or PLAIN_TITLE),
        facts=". ".join(str(part).strip().rstrip(".") for part in parts if part) + ".",
        pages=pages,
    )


def _write(book: Any, sheet: Any, formats: Formats, own: Decision, laid: Laid) -> None:
    for number, width in enumerate(WIDTHS):
        sheet.set_column(number, number, width)
    sheet.set_default_row(styles.ROW_POINTS)
    sheet.set_row(TITLE_ROW, styles.TITLE_POINTS)
    sheet.write_string(TITLE_ROW, 0, text_of(own.title), formats.title())
    sheet.write_string(PURPOSE_ROW, 0, text_of(f"{own.purpose} {own.facts}"), formats.purpose())
    sheet.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", formats.link(), string=f"Back to {COVER}")
    _write_layout(sheet, formats, laid.layout)
    for row, points in laid.heights.items():
        sheet.set_row(row, points)
    for (name, label), (cell, source) in zip(laid.choices, laid.layout.lists, strict=True):
        book.define_name(name, f"={quoted(own.name)}!{cell.at}")
        sheet.data_validation(
            cell.row, cell.column, cell.row, cell.column,
            {
                "validate": "list", "source": f"={source}", "input_title": label,
                "input_message": "Choose a scenario of the run; figures and sentence follow.",
                "error_title": "Not a scenario of this run", "error_message": "Choose from the list.",
            },
        )  # fmt: skip
    mark(sheet, formats, laid.check_row, 1)
    sheet.hide_gridlines(2)
    sheet.set_portrait()
    sheet.set_paper(styles.A4)
    sheet.set_margins(left=0.5, right=0.5, top=0.5, bottom=0.6)
    sheet.set_footer("&L&8&F&R&8Page &P of &N")
    sheet.print_area(0, 0, laid.last_row, len(WIDTHS) - 1)
    sheet.fit_to_pages(1, 1)


def _write_layout(sheet: Any, formats: Formats, layout: DashboardLayout) -> None:
    for row, column, headings in layout.headers:
        for n, heading in enumerate(headings, start=column):
            write_cell(sheet, row, n, text_of(heading), formats.header(right=_right(headings, n - column), border=0))
        widths = zip(headings, WIDTHS[column:], strict=False)
        alone = [pair for n, pair in enumerate(widths) if not _extends(headings, n)]
        sheet.set_row(row, styles.header_height(alone, button=False))
    for row, column, text in layout.headings:
        sheet.write_string(row, column, text_of(text), formats.heading())
    for cell in layout.cells:
        write_cell(sheet, cell.row, cell.column, cell.value, _look(formats, cell.kind), cell.formula)
        kind = cell.kind.partition(" ")[0]
        if cell.formula is not None and kind in styles.NUMBER_FORMATS and kind not in ("text", "general"):
            show_negative_zero_as_zero(sheet, formats, kind, (cell.row, cell.column, cell.row, cell.column))


def _look(formats: Formats, kind: str) -> Any:
    name, _, more = kind.partition(" ")
    if name == "text" and not more:
        return formats.cell()
    if name == "sentence":
        return formats.plain(bold=True, font_size=SENTENCE_POINTS)
    if name == "lines":
        return formats.plain()
    if name == "right":
        return formats.total("general", align="right") if more == "total" else formats.cell("general", align="right")
    named = {"input": lambda: formats.input("text"), "verdict": formats.verdict, "note": formats.warning}
    if name in named:
        return named[name]()
    return formats.total(name) if more == "total" else formats.cell(name, bold=bool(more))


def _extends(headings: Sequence[str], at: int) -> bool:
    """Whether a heading extends into the next column, which has none."""
    return at + 1 < len(headings) and not headings[at + 1]


def _right(headings: Sequence[str], at: int) -> bool:
    """Whether a heading stands over figures: all but the first do."""
    return at > 0 and bool(headings[at]) and not headings[at].endswith(INPUT)
