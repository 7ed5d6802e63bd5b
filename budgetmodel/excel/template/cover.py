"""The first sheet of an input workbook: what it is, where everything stands, and totals that follow what is typed.

Every formula is stored with what it comes to, so that viewers that do not calculate show figures too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from budgetmodel.contract import schema
from budgetmodel.contract.schema import ABOUT, BASELINE, COVER, FUNDING, GUIDE, SHEETS, TARGET, YEARS, Sheet
from budgetmodel.excel.template.guide import needed
from budgetmodel.excel.template.layout import (
    FIRST_ROW,
    LINK_ROW,
    PURPOSE_ROW,
    TITLE_ROW,
    Written,
    cells_of,
    field_of,
    letter_of,
    setting,
)
from budgetmodel.excel.write.styles import TITLE_POINTS, Formats, header_height, page_setup, row_height

WIDTHS = (26.0, 84.0, 18.0, 16.0)
FIGURES = ("Rows filled", "Amount", "Growth (%)")
PLAIN_TITLE = "Input workbook"
FACTS = ("System", "Money unit", "Price basis", "Prepared by", "Approved by", "Status", "Use until")
"""The settings of About that the cover repeats."""

FACTS_ROW = 3
CONTENTS_ROW = FACTS_ROW + len(FACTS) + 1
"""Where the contents begin, counted from 0; the totals follow them."""

TOTALS_ROW = CONTENTS_ROW + len(SHEETS) + 3
YEARS_SHOWN = 10
"""Years that the totals have room for."""

DIFFERENCE = f"{COVER}!$C${TOTALS_ROW + YEARS_SHOWN + 3}"
"""The cell that holds the first year's funding less the Baseline."""


@dataclass(frozen=True)
class Live:
    """A formula and what it comes to."""

    formula: str
    value: float | str


def total(written: Written, sheet: str, column: str) -> Live:
    """The sum of a column of figures."""
    return Live(f"=SUM({cells_of(written, sheet, column)})", float(sum(field_of(written, sheet, column).numbers)))


def live_totals(written: Written, sheet: str) -> dict[str, tuple[str, Live]]:
    """What stands above the headings of a sheet: by column, the words before the figure and the figure.

    The words stand in the column before. A text without figure has no words.
    """
    words = {FUNDING: ("Amount", "Total of all years"), BASELINE: ("Amount", "Total"), TARGET: ("Weight", "Sum")}
    if sheet not in words:
        return {}
    column, label = words[sheet]
    result = {column: (label, total(written, sheet, column))}
    if sheet in (FUNDING, BASELINE):
        text = "First year's funding less Baseline: "
        gap = _difference(written)
        shown = f"{gap:,.1f}" if isinstance(gap, float) else ""
        formula = f'="{text}"&TEXT({DIFFERENCE},"#,##0.0")'
        result["Source of figure"] = ("", Live(formula, f"{text}{shown}"))
    return result


def write_cover(page: Any, formats: Formats, written: Written) -> None:
    """Fill the sheet Cover."""
    for number, width in enumerate(WIDTHS):
        page.set_column(number, number, width)
    page.set_row(TITLE_ROW, TITLE_POINTS)
    page.write_string(TITLE_ROW, 0, setting(written, "Title") or PLAIN_TITLE, formats.title())
    purpose = f"What a health and care system has, needs and must keep to, for budgetmodel. Start with the {GUIDE}."
    page.write_string(PURPOSE_ROW, 0, purpose, formats.purpose())
    page.write_url(LINK_ROW, 0, f"internal:'{GUIDE}'!A1", formats.link(), string=f"How to fill it in: {GUIDE}")
    for offset, name in enumerate(FACTS):
        page.write_string(FACTS_ROW + offset, 0, name, formats.cell("text", bold=True))
        live = _fact(written, name)
        _write(page, FACTS_ROW + offset, 1, live, formats.calculated("text", text_wrap=True))
        page.set_row(FACTS_ROW + offset, row_height([(str(live.value), WIDTHS[1])]))
    _write_contents(page, formats, written)
    _write_totals(page, formats, written)
    page_setup(page, None, one_page=True)


def _fact(written: Written, name: str) -> Live:
    """A setting of About, wherever its row stands."""
    last = FIRST_ROW + 200
    keys, values = (cells_of(written, ABOUT, column, last) for column in ("Setting", "Value"))
    return Live(f'=IFERROR(INDEX({values},MATCH("{name}",{keys},0))&"","")', setting(written, name))


def _write_contents(page: Any, formats: Formats, written: Written) -> None:
    """A link to every sheet, what it is for, whether it is needed and how many rows it has."""
    _headings(page, formats, CONTENTS_ROW, ("Sheet", "What it holds", "Needed", "Rows filled"))
    entries = [(GUIDE, "How this workbook is filled in: every column, and how rules are written.", "")]
    entries += [(sheet.name, f"{sheet.purpose} One row per {sheet.row_of}.", needed(sheet)) for sheet in SHEETS]
    for row, (name, words, need) in enumerate(entries, start=CONTENTS_ROW + 1):
        page.write_url(row, 0, f"internal:'{name}'!A1", formats.link(), string=name)
        page.write_string(row, 1, words, formats.words())
        page.write_string(row, 2, need, formats.cell("text"))
        if name in schema.SHEET:
            _write(page, row, 3, _filled(written, schema.SHEET[name]), formats.calculated("count"))
        page.set_row(row, row_height([(words, WIDTHS[1])]))


def _filled(written: Written, sheet: Sheet) -> Live:
    """The number of rows that are filled, seen in the first column that must be."""
    column = next((column for column in sheet.columns if column.must_be_filled), sheet.columns[0])
    values = field_of(written, sheet.name, column.name).values
    count = sum(value is not None for value in values)
    return Live(f"=COUNTA({cells_of(written, sheet.name, column.name)})", float(count))


def _write_totals(page: Any, formats: Formats, written: Written) -> None:
    """The Baseline, then the funding of every year and how it grows."""
    _headings(page, formats, TOTALS_ROW, ("Year", "Totals, in the money unit of About", "Amount", "Growth (%)"))
    first = TOTALS_ROW + 1
    page.write_string(first, 0, "Year before", formats.cell("text"))
    page.write_string(first, 1, "Baseline: spending in the year before the first year", formats.words())
    baseline = total(written, BASELINE, "Amount")
    _write(page, first, 2, baseline, formats.calculated("money3"))
    years = [str(value) for value in field_of(written, YEARS, "Year").values if value is not None]
    before = baseline.value
    for offset in range(YEARS_SHOWN):
        row, n = first + 1 + offset, first + 2 + offset
        cell = f"{YEARS}!${letter_of(written, YEARS, 'Year')}{FIRST_ROW + 1 + offset}"
        year = years[offset] if offset < len(years) else ""
        amount: float | str = _funding(written, year) if year else ""
        growth = amount / before - 1 if isinstance(amount, float) and isinstance(before, float) and before else ""
        _write(page, row, 0, Live(f'=IF({cell}="","",{cell})', year), formats.calculated("text"))
        words = Live(f'=IF(A{n}="","","Funding of all sources")', "Funding of all sources" if year else "")
        _write(page, row, 1, words, formats.calculated("text"))
        cells = [cells_of(written, FUNDING, column) for column in ("Year", "Amount")]
        formula = f'=IF(A{n}="","",SUMPRODUCT(--({cells[0]}=A{n}),{cells[1]}))'
        _write(page, row, 2, Live(formula, amount), formats.calculated("money3"))
        _write(
            page,
            row,
            3,
            Live(f'=IF(OR(A{n}="",N(C{n - 1})=0),"",C{n}/C{n - 1}-1)', growth),
            formats.calculated("percent2"),
        )
        before = amount
    row = first + 1 + YEARS_SHOWN
    page.write_string(row, 0, "Difference", formats.cell("text", bold=True))
    page.write_string(row, 1, "The first year's funding less the Baseline", formats.words(bold=True))
    _write(
        page,
        row,
        2,
        Live(f'=IF(A{first + 2}="","",C{first + 2}-C{first + 1})', _difference(written)),
        formats.calculated("money3", bold=True),
    )


def _funding(written: Written, year: str) -> float:
    columns = (field_of(written, FUNDING, name).values for name in ("Year", "Amount"))
    return float(sum(v for y, v in zip(*columns, strict=True) if y == year and isinstance(v, int | float)))


def _difference(written: Written) -> float | str:
    """The first year's funding less the Baseline; nothing while there is no year."""
    year = next(iter(field_of(written, YEARS, "Year").values), None)
    spent = total(written, BASELINE, "Amount").value
    return _funding(written, str(year)) - spent if year is not None and isinstance(spent, float) else ""


def _headings(page: Any, formats: Formats, row: int, headings: tuple[str, ...]) -> None:
    for number, heading in enumerate(headings):
        page.write_string(row, number, heading, formats.header(right=heading in FIGURES))
    page.set_row(row, header_height(list(zip(headings, WIDTHS, strict=True)), button=False))


def _write(page: Any, row: int, column: int, live: Live, look: Any) -> None:
    page.write_formula(row, column, live.formula, look, live.value)
