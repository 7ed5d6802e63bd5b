"""The chart of a place's sheet: its money and its fair share by year, drawn from the rows of its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from budgetmodel.excel.write.styles import CHART, LINE, WHITE, chart_font
from budgetmodel.report.page import quoted

ROWS, ROW_PIXELS, WIDTH = 14, 20, 900
"""Rows of the sheet under the chart, the pixels of a row, and the width of the chart."""

AMOUNT = "£#,##0.0\\m"
"""How amounts of £m are written in its title."""


@dataclass(frozen=True)
class YearChart:
    """Which rows of the table it draws, counted from 0, with the name of each line.

    Lines are named at their first year, where they are furthest apart; `under` is whether the money lies under the
    fair share there.
    """

    money: int
    share: int
    under: bool
    names: tuple[str, str] = ("Gets", "Fair share")


def pieces(chart: YearChart, first_row: int, last: int, year: str, title_cell: str) -> list[str]:
    """The formulas of the amounts of the last year and of the finding; `{0}` and `{1}` are the cells of the first two.

    `first_row` is the first row of figures and `last` the column of the last year, both counted from 0.
    """
    cells = [xl_rowcol_to_cell(first_row + row, last) for row in (chart.money, chart.share)]
    amounts = [f'=TEXT(ROUND({cell},1),"{AMOUNT}")' for cell in cells]
    return [*amounts, f'={title_cell}&" gets "&{{0}}&" in {year}; its fair share is "&{{1}}&"."']


def draw(
    book: Any, sheet: Any, name: str, chart: YearChart, rows: tuple[int, int, int], columns: tuple[int, int], title: str
) -> None:
    """Put the chart into the sheet `name`.

    `rows` are its top, the headings and the first figures, `columns` the first and last year, all counted from 0;
    `title` is the cell of its title.
    """
    top, headings, first = rows
    drawn = book.add_chart({"type": "line"})
    years = f"={quoted(name)}!{_span(headings, columns)}"
    first_only: list[dict[str, object]] = [{}] + [{"delete": True}] * (columns[1] - columns[0])
    sides = ("below", "above") if chart.under else ("above", "below")
    dashed = {"dash_type": "dash"}
    looks: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        ("after", "circle", sides[0], {}),
        ("less", "diamond", sides[1], dashed),
    )
    for row, words, (colour, marker, side, dash) in zip((chart.money, chart.share), chart.names, looks, strict=True):
        shade = {"color": CHART[colour]}
        labels = {"series_name": True, "custom": first_only, "position": side, "font": chart_font(bold=True)}
        drawn.add_series(
            {
                "name": words,
                "categories": years,
                "values": f"={quoted(name)}!{_span(first + row, columns)}",
                "line": {**shade, "width": 2.25, **dash},
                "marker": {"type": marker, "size": 6, "fill": shade, "border": shade},
                "data_labels": labels,
            }
        )
    drawn.set_title({"name": f"={quoted(name)}!{title}", "name_font": chart_font(bold=True, size=10)})
    drawn.set_legend({"none": True})
    drawn.set_x_axis({"name": "Year", "name_font": chart_font(), "num_font": chart_font()})
    lines = {"visible": True, "line": {"color": LINE}}
    drawn.set_y_axis({"name": "£m", "name_font": chart_font(), "num_font": chart_font(), "num_format": "#,##0",
                      "major_gridlines": lines})  # fmt: skip
    drawn.set_size({"width": WIDTH, "height": ROWS * ROW_PIXELS - 10})
    drawn.set_chartarea({"border": {"color": LINE}, "fill": {"color": WHITE}})  # it covers the pieces of its title
    words = f"Line chart of {name}: money and fair share by year, £m; the rows of the table below have the figures."
    sheet.insert_chart(top, 0, drawn, {"y_offset": 4, "object_position": 2, "description": words})


def _span(row: int, columns: tuple[int, int]) -> str:
    ends = (xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True) for column in columns)
    return ":".join(ends)
