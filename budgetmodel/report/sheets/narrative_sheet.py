"""A sheet of sentences, followed by one table of figures by year; printed on two A4 pages."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, header_height, number_width, page_setup, row_height
from budgetmodel.report.negative_zero import fixed, holds_values, missing, show_negative_zero_as_zero
from budgetmodel.report.page import COVER, LINK_ROW, PURPOSE_ROW, TITLE_ROW, note_on_blanks, text_of, write_cell
from budgetmodel.report.sheets.place_chart import ROWS as CHART_ROWS
from budgetmodel.report.sheets.place_chart import YearChart, draw, pieces

SCENARIO_ROW = 3
"""The row of the scenario, counted from 0; sentences follow it."""

SCENARIO_CELL, TITLE_CELL = "$B$4", "$A$1"
"""The cells with which formulas compare: the scenario, and the member that the sheet is about."""

WRAP = 175
"""Most characters of a line of sentences: they extend over the columns of the table."""

LABEL_WIDTHS = (23.0, 44.0, 31.0)
LEAST_WIDTH = 10.5
"""Widths of the labels, and the least width of a year, in characters."""

HEADINGS = ("Part", "What", "Figure and unit")
PAGES, PAGE_ROWS = 2, 50
"""Number of A4 pages in print, and rows that always fit on the first."""


@dataclass(frozen=True)
class Paragraph:
    """A heading and its sentences."""

    heading: str
    sentences: tuple[str, ...]

    def lines(self) -> list[str]:
        """The sentences as lines of at most WRAP characters."""
        return textwrap.wrap(" ".join(text_of(sentence) for sentence in self.sentences), WRAP, break_on_hyphens=False)


FOLLOWS = "Figures, chart and sentences follow the scenario that the Dashboard shows."


@dataclass(frozen=True)
class YearRow:
    """A row of figures: part, what, figure with its unit, and a value (and a formula or None) for every column.

    In formulas `{r}` is the row's number, `{c}` the letter of the column, `{year}` the cell with the column's year,
    `{first}` and `{last}` the letters of the first and last year, `{up1}` the row above, and `{top}` the first of the
    rows that a total `spans`.
    """

    part: str
    what: str
    figure: str
    kind: str
    values: tuple[float | None, ...]
    formulas: tuple[str | None, ...]
    total: bool = False
    spans: int = 0


@dataclass(frozen=True)
class Narrative:
    """One sheet: a title, its scenario, sentences, a chart if there is one, and a table with a column per year.

    Where it `follows` a name of the workbook, its scenario is that of the name, and figures, chart and sentences follow
    it: `others` has the paragraphs of the scenarios other than `scenario`, in hidden columns at the side of the sheet.
    """

    name: str
    title: str
    purpose: str
    scenario: str
    paragraphs: Sequence[Paragraph]
    columns: Sequence[str]
    rows: Sequence[YearRow]
    table: str = ""
    follows: str = ""
    chart: YearChart | None = None
    others: Mapping[str, Sequence[Paragraph]] = field(default_factory=dict)

    @cached_property
    def chart_row(self) -> int:
        """The row after the sentences, counted from 0, in which the chart begins."""
        return SCENARIO_ROW + 2 + len(self.words)

    @cached_property
    def words(self) -> list[tuple[bool, tuple[str, ...]]]:
        """Whether each row of sentences is a heading, and its text under `scenario` and each of the others.

        A paragraph has as many rows as its longest; those of a shorter one stay blank.
        """
        told = [list(paragraphs) for paragraphs in (self.paragraphs, *self.others.values())]
        rows: list[tuple[bool, tuple[str, ...]]] = []
        for at in range(max(map(len, told), default=0)):
            same = [own[at] if at < len(own) else None for own in told]
            rows.append((True, tuple(text_of(each.heading) if each else "" for each in same)))
            lines = [each.lines() if each else [] for each in same]
            rows += [(False, texts) for texts in zip_longest(*lines, fillvalue="")]
        return rows

    @cached_property
    def header_row(self) -> int:
        """The row of the table's headings, counted from 0."""
        return self.chart_row + (CHART_ROWS if self.chart is not None else 0)

    @property
    def first_row(self) -> int:
        """The first row of figures, counted from 1 as in formulas."""
        return self.header_row + 2

    @property
    def break_row(self) -> int:
        """The row, counted from 0, that begins the second page, so that no part is cut; 0 when everything fits.

        It begins the last part that starts on the first page. It is also 0 when the rest would not fit on one page, and
        with a chart, which takes room that rows do not count: the sheet is then printed smaller.
        """
        if self.chart is not None:
            return 0
        room = PAGE_ROWS - self.header_row - 1
        if len(self.rows) <= room:
            return 0
        starts = [n for n in range(1, room + 1) if self.rows[n].part != self.rows[n - 1].part]
        fits = starts and len(self.rows) - starts[-1] < PAGE_ROWS
        return self.header_row + 1 + starts[-1] if fits else 0

    def formula(self, row: int, column: int) -> str | None:
        """The formula of a figure, if it has one; both counted from 0 within the table's figures."""
        text = self.rows[row].formulas[column]
        if text is None:
            return None
        letter, number = _letter(column), self.first_row + row
        return text.format(
            r=number,
            c=letter,
            year=f"{letter}${self.header_row + 1}",
            first=_letter(0),
            last=_letter(len(self.columns) - 2),
            top=number - self.rows[row].spans,
            **{f"up{n}": number - n for n in range(1, 10)},
        )

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name."""
        sheet = book.get_worksheet_by_name(self.name)
        widths = [*LABEL_WIDTHS, *(self._width(n) for n in range(len(self.columns)))]
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        sheet.set_row(TITLE_ROW, TITLE_POINTS)
        sheet.write_string(TITLE_ROW, 0, text_of(self.title), formats.title())
        sheet.write_string(PURPOSE_ROW, 0, text_of(self.purpose), formats.purpose())
        sheet.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", formats.link(), string=f"Back to {COVER}")
        sheet.write_string(SCENARIO_ROW, 0, "Scenario", formats.plain(bold=True))
        live = f"={self.follows}" if self.follows else None
        write_cell(sheet, SCENARIO_ROW, 1, self.scenario, formats.plain(bold=True), live)
        if self.follows and not holds_values(sheet):
            sheet.write_string(SCENARIO_ROW, 2, FOLLOWS, formats.plain())
        self._write_words(sheet, formats)
        self._write_table(sheet, formats, widths)
        if self.chart is not None:
            self._write_chart(book, sheet, formats, self.chart)
        page_setup(sheet, self.header_row)
        if self.break_row:  # Excel ignores page breaks in a sheet fitted to a number of pages
            sheet.set_h_pagebreaks([self.break_row])
        else:
            sheet.fit_to_pages(1, PAGES)

    def _write_chart(self, book: Any, sheet: Any, formats: Formats, chart: YearChart) -> None:
        """Write the chart, and what its title is made of into the cells that it covers."""
        first, last = len(HEADINGS), len(HEADINGS) + len(self.columns) - 2
        row = self.chart_row
        texts = pieces(chart, self.header_row + 1, last, self.columns[-2], TITLE_CELL)
        cells = [xl_rowcol_to_cell(row + n, 0) for n in range(1, len(texts) + 2)]
        money, share = (self.rows[at].values[-2] or 0.0 for at in (chart.money, chart.share))
        amounts = [f"£{value:,.1f}m" for value in (money, share)]
        finding = f"{self.title} gets {amounts[0]} in {self.columns[-2]}; its fair share is {amounts[1]}."
        title = f'={cells[-2]}&CHAR(10)&"Money and fair share by year (£m): "&{SCENARIO_CELL}'
        said = f"{finding}\nMoney and fair share by year (£m): {self.scenario}"
        formulas = [*texts[:-1], texts[-1].format(*cells), title]
        for n, (formula, value) in enumerate(zip(formulas, [*amounts, finding, said], strict=True), start=1):
            write_cell(sheet, row + n, 0, text_of(value), formats.plain(), formula)
        at = xl_rowcol_to_cell(row + len(formulas), 0, row_abs=True, col_abs=True)
        draw(book, sheet, self.name, chart, (row, self.header_row, self.header_row + 1), (first, last), at)

    def _width(self, column: int) -> float:
        sizes = [
            number_width(abs(value), row.kind, self.columns[column], button=False)
            for row in self.rows
            if (value := row.values[column]) is not None and value == value
        ]
        return max([LEAST_WIDTH, *sizes])

    def _write_words(self, sheet: Any, formats: Formats) -> None:
        """Write the sentences; where there are others, all words stand in hidden columns, and a formula picks them."""
        live = bool(self.others) and not holds_values(sheet)
        number = len(HEADINGS) + len(self.columns) + 1
        first, last = number + 1, number + 1 + len(self.others)
        if live:
            sheet.set_column(number, last, LEAST_WIDTH, None, {"hidden": True})
            names = f"{_cell(SCENARIO_ROW, first)}:{_cell(SCENARIO_ROW, last)}"
            for n, name in enumerate((self.scenario, *self.others)):
                sheet.write_string(SCENARIO_ROW, first + n, text_of(name), formats.plain())
            none = len(self.others) + 2  # a blank column after the last: a scenario that there is not has no words
            formula = f"=IFERROR(MATCH(1,INDEX(--({names}={SCENARIO_CELL}),0),0),{none})"
            write_cell(sheet, SCENARIO_ROW, number, 1, formats.plain(), formula)
        for at, (heading, texts) in enumerate(self.words, start=SCENARIO_ROW + 1):
            look = formats.heading() if heading else formats.plain()
            if not live or len(set(texts)) == 1:
                sheet.write_string(at, 0, texts[0], look)
                continue
            for n, text in enumerate(texts):
                sheet.write_string(at, first + n, text, formats.plain())
            span = f"{_cell(at, first)}:{_cell(at, last + 1)}"
            write_cell(sheet, at, 0, texts[0], look, f'=INDEX({span},{_cell(SCENARIO_ROW, number)})&""')

    def _write_table(self, sheet: Any, formats: Formats, widths: Sequence[float]) -> None:
        headings = [*HEADINGS, *self.columns]
        for number, heading in enumerate(headings):
            right = number >= len(HEADINGS)
            sheet.write_string(self.header_row, number, heading, formats.header(right=right))
        sheet.set_row(self.header_row, header_height(list(zip(headings, widths, strict=True)), button=False))
        for offset, row in enumerate(self.rows):
            at = self.header_row + 1 + offset
            for number, text in enumerate((row.part, row.what, row.figure)):
                look = formats.total() if row.total else formats.words()
                sheet.write_string(at, number, text_of(text), look)
            usual = formats.total(row.kind) if row.total else formats.cell(row.kind)
            for number, value in enumerate(row.values):
                own = fixed(formats, row.kind, value, total=row.total) if holds_values(sheet) else None
                look = own or usual
                write_cell(sheet, at, len(HEADINGS) + number, value, look, self.formula(offset, number))
            sheet.set_row(at, row_height(list(zip((row.part, row.what, row.figure), LABEL_WIDTHS, strict=True))))
        top = self.header_row + 1
        for kind, rows in groupby(row.kind for row in self.rows):
            end = top + len(list(rows))
            show_negative_zero_as_zero(sheet, formats, kind, (top, len(HEADINGS), end - 1, len(headings) - 1))
            top = end
        if any(missing(value) for row in self.rows for value in row.values):
            sheet.write_string(LINK_ROW, 1, note_on_blanks(sheet), formats.plain())
        if self.table:
            columns = [
                {"header": heading, "header_format": formats.header(right=number >= len(HEADINGS))}
                for number, heading in enumerate(headings)
            ]
            options = {"name": self.table, "style": None, "columns": columns, "autofilter": False}
            last = self.header_row + len(self.rows)
            described = {**options, "description": text_of(self.purpose)}
            sheet.add_table(self.header_row, 0, last, len(headings) - 1, described)


def _cell(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))


def _letter(column: int) -> str:
    """The letter of a column of figures."""
    return str(xl_col_to_name(len(HEADINGS) + column))
