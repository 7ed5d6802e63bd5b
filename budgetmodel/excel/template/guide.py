"""The two sheets that explain an input workbook: Cover (contents, live totals) and Guide (every column, the grammar).

The rows about sheets and columns come from `contract/schema.py`; what a person must know besides stands here, as data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.contract import schema
from budgetmodel.contract.glossary import GLOSSARY
from budgetmodel.contract.measures import MEASURES
from budgetmodel.contract.schema import CHANGEABLE, COVER, GRIDS, GUIDE, SHEET, SHEETS, Column, Kind, Sheet
from budgetmodel.excel.template.layout import HEADER_ROW, LINK_ROW, PURPOSE_ROW, TITLE_ROW, table_name
from budgetmodel.excel.template.validation import NUMERIC, default_words, range_words
from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, header_height, page_setup, row_height

WIDTHS = (12.0, 30.0, 50.0, 11.0, 18.0, 26.0, 15.0, 25.0)
HEADINGS = ("Subject", "Column or entry", "What it is", "Needed", "Unit", "What it may hold", "If blank", "Example")


@dataclass(frozen=True)
class Line:
    """A row of the guide: its subject, the entry explained, and the cells beside it. `look` shows a style."""

    subject: str
    entry: str
    meaning: str
    needed: str = ""
    unit: str = ""
    holds: str = ""
    blank: str = ""
    example: str = ""
    look: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the row, in the order of `HEADINGS`."""
        return (
            *(self.subject, self.entry, self.meaning, self.needed),
            *(self.unit, self.holds, self.blank, self.example),
        )


STEPS = (
    Line(
        "How to", "1. Say who and what", "Fill About, then Years, Places, Services, Providers and Sources: the names."
    ),
    Line("How to", "2. Give the figures", "Fill Needs, Funding and Baseline. The drop-down lists follow the names."),
    Line("How to", "3. Say what counts", "Fill Target, Rules, Regimes, Contracts and Scenarios."),
    Line("How to", "4. Check and run", "Save, then: python3 start.py check WORKBOOK.xlsx, and when it is clean: run."),
    Line(
        "How to",
        "Add rows",
        "Type in the next blank row, or copy and paste values. Rows may stand in any order, except "
        "in Years, Contracts and Changes. Blank rows are left out.",
    ),
    Line(
        "How to",
        "Sort, filter, own columns",
        "The buttons in the headings sort and filter. Columns of your own may "
        "stand to the right of a table; selectors can use them.",
    ),
    Line(
        "How to",
        "Locked cells",
        "Headings and live totals are locked against slips only. There is no password: Review, Unprotect Sheet.",
    ),
    Line("Colours", "Yellow, blue text", "Style Input: for you to fill in.", look="input"),
    Line(
        "Colours",
        "Light blue",
        "Style Calculation: a live total; it calculates itself and is not read.",
        look="calculated",
    ),
    Line(
        "Colours",
        "White on dark blue",
        "A heading. Its name must stay; the unit in brackets is part of the contract.",
        look="header",
    ),
    Line(
        "Blank cells",
        "Blank is never 0",
        "A blank in a column that is needed is an error. Elsewhere this guide says what it counts as, under If blank.",
    ),
    Line(
        "Units",
        "Money",
        "In the money unit of About: £m unless it says £k or £. After a change of it, change the "
        "unit in the headings of Funding, Baseline and Regime costs too. Cost per contract is in £k always.",
    ),
    Line("Units", "Percentages", "True percentages: type 2% (which is 0.02), not 2.", example="2%"),
    Line("Units", "Years", "Financial years as text, one after another.", example="2025/26"),
    Line(
        "Units",
        "Source and Status",
        "Every row may say where its figure is from, and whether it is published, derived or illustrative.",
    ),
)
"""How the workbook is filled in, and what its colours and blanks mean."""

SETTINGS = {
    "Title": ("What the plan is called; the title of the results.", ""),
    "System": ("The health and care system.", "Greater Manchester"),
    "System code": ("Its code, as text.", "QOP"),
    "Money unit": ("The unit of all money in this workbook: £m, £k or £. Blank = £m.", "£m"),
    "Price basis": ("Cash or real terms; it is reported and changes no equation.", "Cash"),
    "Prepared by": ("The team or role that stands behind the figures.", "Finance strategy team"),
    "Approved by": ("Who approved them, and when.", "Finance committee"),
    "Status": ("Draft, final; say here if figures are dummies.", "DRAFT"),
    "Use until": ("The date after which these figures must not be used.", "2027-03-31"),
    "Delay cost rate": (
        "What a pound of working capital costs in a year, as a percentage. It is never added to recurring savings. "
        "Blank = not reported.",
        "3.5%",
    ),
    "Overspend tested": (
        "The overspend of a pool, as a percentage of what is in it, for which it is shown who bears what. "
        "Blank = not tested.",
        "5%",
    ),
    "Engagement questions": (
        "yes writes the sheets Four questions, Scorecard and Representation into the results: the questions of the "
        "2020 engagement exercise on integrated care. Blank = no. It changes no figure.",
        "no",
    ),
    "Template version": ("The version of this template. Leave it as it is.", "1.0"),
}
"""What each setting of About is, and an example."""

SELECTORS = (
    ("all", "Every member. A blank cell means the same."),
    ("Bury; Bolton", "These two. A semicolon separates, so names may hold commas."),
    ("programme: Mental health", "All whose column Programme holds this; any column of the naming sheet may be used."),
    ("tag: MHIS", "One of the values in Tags; the name of the column may leave out its last s."),
    ("sector: VCSE; Royal Trust", "All of the sector, and one more."),
    ("all; not CAR-T", "All but one. An exception alone means all but it."),
    ("2026/27 onwards", "Years: this one and all after it."),
    ("2025/26 to 2027/28", "Years: from the first to the last of these."),
)
"""Entries of a selector column, and what they select."""

GRAMMAR = (
    Line(
        "Rules",
        "A rule",
        "The spending that the row selects is held, each year, to Value times what Measure compares "
        "it with. must holds always; should costs its Weight for each £1m short.",
    ),
    Line(
        "Rules",
        "Each",
        "Makes a constraint for every member of place, service, provider or source, or of several; "
        "blank makes one sum.",
        example="place, service",
    ),
    Line(
        "Rules", "Of, for share", "Dimensions not named are those of the rule.", example="services=all // providers=all"
    ),
    *(
        Line(
            grid.table, f"Sheet {grid.name}", f"{grid.purpose} Beside or instead of rows here, never for the same row."
        )
        for grid in GRIDS
    ),
    Line(
        "Regimes",
        "Pots",
        "Sources in one pot are spent together. Every source is in exactly one pot in every year of a "
        "regime; the word each gives every source a pot of its own.",
        example="each",
    ),
    Line("Contracts", "Order", "The first row that matches wins: put the general row last."),
    Line(
        "Changes",
        "Row and Year",
        "Choose Table first: the lists of Row and Field follow it. Row is a name in "
        f"{', '.join(f'{SHEET[name].row_column.name} of {name}' for name in CHANGEABLE)}. Where a name has several "
        "rows, Where says which.",
        example="Core",
    ),
    Line(
        "Changes",
        "Where",
        "Instead of Row and Year, or beside them: column = value | value; the next column = value. All three blank "
        "picks every row.",
        example="Place=Bury | Bolton; Year=2026/27",
    ),
    Line(
        "Changes",
        "Change",
        "set, add, multiply (Value is the factor), remove (no Field), append (Where is the new row, column=value).",
        example="multiply",
    ),
)
"""How rules, pots, contracts and changes are written."""


def guide_lines() -> list[Line]:
    """Every row of the guide, in order."""
    lines = [*STEPS, *(Line("Words", term.entry, term.meaning) for term in GLOSSARY)]
    lines += [Line("Selectors", entry, meaning) for entry, meaning in SELECTORS]
    lines += [
        Line("Rules", f"Measure: {each.name}", f"{each.meaning} {each.defined}".rstrip(), example=each.example)
        for each in MEASURES
    ]
    lines += GRAMMAR
    for sheet in SHEETS:
        lines += [_sheet_line(sheet), *(_column_line(sheet, column) for column in sheet.columns)]
        if sheet.name == schema.ABOUT:
            lines += [
                Line(sheet.name, f"Setting: {name}", SETTINGS[name][0], example=SETTINGS[name][1])
                for name in schema.SETTINGS
            ]
    return lines


def needed(sheet: Sheet) -> str:
    """Whether a sheet must be there, and filled."""
    return "optional" if sheet.optional else "rows needed" if sheet.rows_needed else "needed"


def _sheet_line(sheet: Sheet) -> Line:
    key = " and ".join(sheet.key)
    once = f" {key}: each {'combination ' if len(sheet.key) > 1 else ''}once." if key else ""
    return Line(sheet.name, "(the sheet)", f"{sheet.purpose} One row per {sheet.row_of}.{once}", needed(sheet))


def _column_line(sheet: Sheet, column: Column) -> Line:
    need = "yes" if column.must_be_filled else "the column" if column.required else "no"
    example = "" if column.example == "" else str(column.example)
    note = column.note or _plain_note(column)
    return Line(sheet.name, column.name, note, need, _unit(column), _holds(column), _blank(column), example)


def _plain_note(column: Column) -> str:
    if column.kind is Kind.MEMBER:
        return f"As it stands in the sheet {column.refers}"
    return f"The {column.name[0].lower()}{column.name[1:]}"


def _unit(column: Column) -> str:
    if column.kind is Kind.MONEY:
        return "the money unit of About"
    return column.unit if column.kind in NUMERIC else ""


def _holds(column: Column) -> str:
    """What may be typed, in words."""
    if column.kind in NUMERIC:
        word = f", or {' or '.join(column.choices)}" if column.choices else ""
        return f"{'a percentage' if column.kind is Kind.PERCENT else 'a number'}{range_words(column)}{word}"
    if column.choices:
        return f"one of: {', '.join(column.choices)}"
    if column.kind is Kind.MEMBER or (column.kind is Kind.YEAR and column.refers):
        return f"a name of the sheet {column.refers}"
    if column.kind is Kind.SELECTOR:
        return f"a selector of {column.refers}"
    plain = {Kind.NAME: "a name without ; | =", Kind.YEAR: "a year as text, such as 2025/26"}
    if column.refers:
        return f"a measure of the sheet {column.refers}{''.join(f', or {word}' for word in column.suggest)}"
    if column.suggest:
        return f"text, such as {', '.join(column.suggest)}"
    return plain.get(
        column.kind,
        {"any": "text or a number", "number": "a number"}.get(column.cells, "text")
        if column.kind is Kind.RAW
        else "text",
    )


def _blank(column: Column) -> str:
    """What a blank cell means."""
    if column.must_be_filled:
        return "an error"
    if column.kind is Kind.SELECTOR:
        return "all"
    if column.default is not None:
        return f"counts as {default_words(column)}"
    said = re.search(r"blank = ([^;,.]+)", column.note, re.IGNORECASE)
    return said[1] if said else "nothing is said"


def write_guide(page: Any, formats: Formats) -> None:
    """Fill the sheet Guide: one table, a row per thing to know."""
    lines = guide_lines()
    _write_top(
        page, formats, GUIDE, "How this workbook is filled in: every sheet and column, and how rules are written."
    )
    for number, width in enumerate(WIDTHS):
        page.set_column(number, number, width)
    looks = {"input": formats.input("text"), "calculated": formats.calculated(), "header": formats.input_header()}
    for offset, line in enumerate(lines, start=HEADER_ROW + 1):
        for number, text in enumerate(line.cells):
            look = looks.get(line.look) if number == 1 else None
            page.write_string(offset, number, text, look or formats.words(bold=number == 1))
        page.set_row(offset, row_height(list(zip(line.cells, WIDTHS, strict=True))))
    write_table(page, formats, GUIDE, HEADINGS, HEADER_ROW + len(lines), "Guide: a row per thing to know")
    page.set_row(HEADER_ROW, header_height(list(zip(HEADINGS, WIDTHS, strict=True))))
    page.freeze_panes(HEADER_ROW + 1, 2)
    page_setup(page, HEADER_ROW)


def write_table(page: Any, formats: Formats, name: str, headings: Sequence[str], last: int, words: str) -> None:
    """Make an Excel table of the cells from the header row to the row `last` (counted from 0)."""
    columns = [{"header": heading, "header_format": formats.input_header()} for heading in headings]
    options = {"name": table_name(name), "style": None, "columns": columns, "description": words}
    page.add_table(HEADER_ROW, 0, last, len(headings) - 1, options)


def _write_top(page: Any, formats: Formats, title: str, purpose: str) -> None:
    page.set_row(TITLE_ROW, TITLE_POINTS)
    page.write_string(TITLE_ROW, 0, title, formats.title())
    page.write_string(PURPOSE_ROW, 0, purpose, formats.purpose())
    page.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", formats.link(), string=f"Back to {COVER}")
