"""The charts of the Dashboard, drawn by Excel itself from the tables that follow the yellow cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from budgetmodel.excel.write.styles import CHART, LINE, NUMBER_FORMATS, TEXT, Formats, chart_font
from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.page import HEADER_ROW, Page


@dataclass(frozen=True)
class Series:
    """A series of one colour: references to its name, categories and values; without a colour it is invisible."""

    name: str
    categories: str
    values: str
    colour: str = ""
    kind: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Plan:
    """A chart: its name, its position (line of charts, and 0 for left or 1 for right), and its series.

    `kind` is bar or scatter. `axes` are the titles of the category and of the value axis. `stacked` stacks the series;
    `overlap` is the overlap of the bars of a category, in per cent. Only a `keyed` chart has a legend: in the others
    there is one measure, and its bars carry their figures. One that is no `pair` has a line for itself.
    """

    name: str
    line: int
    side: int
    kind: str
    axes: tuple[str, str]
    series: tuple[Series, ...]
    number: str = "money"
    stacked: bool = False
    overlap: int = 100
    keyed: bool = False
    pair: bool = True


@dataclass(frozen=True)
class Chart:
    """A planned chart with the cell of its title, its alternative text, and its position.

    `place` is row and column, pixels to the right of it, width and height.
    """

    plan: Plan
    title: str
    alternative: str
    place: tuple[int, int, int, int, int]


def cell(page: Page, heading: str) -> str:
    """The reference to the heading of a column, for the name of a series."""
    return f"={page.link}!${page.letter(heading)}${HEADER_ROW + 1}"


def column(page: Page, name: str, categories: str, colour: str = "", kind: str = "") -> Series:
    """A column of a page as a series."""
    return Series(cell(page, name), f"={page.cells(categories)}", f"={page.cells(name)}", colour, kind)


def winners(order: Page) -> tuple[Series, ...]:
    """The series of gains and of losses on the do-minimum."""
    pairs = ((chart_tables.GAINS, "more"), (chart_tables.LOSES, "less"))
    return tuple(column(order, name, chart_tables.BY_CHANGE, colour, "change") for name, colour in pairs)


def distances(order: Page) -> tuple[Series, ...]:
    """The series of distance from target before and after."""
    pairs = ((chart_tables.SORTED_BEFORE, "before"), (chart_tables.SORTED_AFTER, "after"))
    return tuple(column(order, name, chart_tables.BY_DISTANCE, colour, "percent2") for name, colour in pairs)


def steps(page: Page) -> tuple[Series, ...]:
    """The series of the waterfall: an invisible base, the bars above it, and the bars of both ends."""
    colours = ("", "more", "more", "less", "less", "total")
    return tuple(
        column(page, name, chart_tables.LABEL, colour) for name, colour in zip(chart_tables.BARS, colours, strict=True)
    )


def curve(page: Page) -> tuple[Series, ...]:
    """Money less need, added up, before and after; 0 is the line of equality."""
    pairs = (
        (chart_tables.NEED_BEFORE, chart_tables.UNDER_BEFORE, "before"),
        (chart_tables.NEED, chart_tables.UNDER, "after"),
    )
    return tuple(
        Series(cell(page, y), f"={page.cells(x)}", f"={page.cells(y)}", colour, dashed=colour == "before")
        for x, y, colour in pairs
    )


@dataclass(frozen=True)
class CurvePage(Page):
    """The page of the Lorenz curve with its chart beside the table: for whoever looks closer."""

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name."""
        super().write(book, formats)
        plan = Plan(
            self.name,
            0,
            0,
            "scatter",
            (chart_tables.NEED, "Money less need, added up (% points)"),
            curve(self),
            "percent",
            keyed=True,
        )
        words = "Lorenz curve less the line of equality (% points): 0 is money in line with need"
        beside = (HEADER_ROW, len(self.columns) + 1, 0, 620, 360)
        draw(book, book.get_worksheet_by_name(self.name), Chart(plan, words, f"Scatter chart. {words}.", beside))


def draw(book: Any, sheet: Any, chart: Chart) -> None:
    """Put a chart into the sheet."""
    plan = chart.plan
    subtype = {"subtype": "straight"} if plan.kind == "scatter" else {"subtype": "stacked"} if plan.stacked else {}
    drawn = book.add_chart({"type": plan.kind, **subtype})
    for series in plan.series:
        drawn.add_series(_line(series) if plan.kind == "scatter" else _bars(plan, series))
    drawn.set_title({"name": chart.title, "name_font": chart_font(bold=True, size=10)})
    _axes(drawn, plan)
    drawn.set_legend({"position": "top", "font": chart_font()} if plan.keyed else {"none": True})
    row, column, offset, width, height = chart.place
    drawn.set_size({"width": width, "height": height})
    drawn.set_chartarea({"border": {"color": LINE}})
    drawn.show_hidden_data()  # what it draws stands on hidden sheets
    sheet.insert_chart(
        row, column, drawn, {"x_offset": offset, "y_offset": 2, "object_position": 2, "description": chart.alternative}
    )


def _line(series: Series) -> dict[str, object]:
    colour = CHART[series.colour]
    marker = {"type": "diamond" if series.dashed else "circle", "size": 6}
    dash = {"dash_type": "dash"} if series.dashed else {}
    return {
        "name": series.name,
        "categories": series.categories,
        "values": series.values,
        "line": {"color": colour, "width": 2.0, **dash},
        "marker": {**marker, "fill": {"color": colour}, "border": {"color": colour}},
    }


def _bars(plan: Plan, series: Series) -> dict[str, object]:
    options: dict[str, object] = {"name": series.name, "categories": series.categories, "values": series.values}
    options |= {"gap": 60, "overlap": plan.overlap}
    if not series.colour:
        return {**options, "fill": {"none": True}, "border": {"none": True}}
    options |= {"fill": {"color": CHART[series.colour]}, "border": {"color": CHART[series.colour]}}
    if series.kind:
        label = {"value": True, "num_format": label_format(series.kind), "font": chart_font(size=8)}
        options["data_labels"] = {**label, "position": "outside_end"}
    return options


def label_format(kind: str) -> str:
    """The number format of a label of a bar: that of the cells, with no text for 0."""
    if kind in SIGNED:
        return SIGNED[kind]
    more, less, _ = NUMBER_FORMATS[kind].replace("_)", "").split(";")
    return f"{more};{less};;"


SIGNED = {"change": '+"£"#,##0.0"m";-"£"#,##0.0"m";;'}
"""Formats of labels that say the unit and the sign, as a figure without a heading must."""


def _axes(drawn: Any, plan: Plan) -> None:
    category, value = plan.axes
    font, line = chart_font(), {"color": TEXT}
    numbers = {
        "name": value,
        "name_font": font,
        "num_font": font,
        "line": line,
        "num_format": NUMBER_FORMATS[plan.number].replace("_)", ""),
        "major_gridlines": {"visible": True, "line": {"color": LINE}},
    }
    if plan.kind == "scatter":
        whole = {"min": 0, "max": 1, "num_format": "0%", "label_position": "low"}
        drawn.set_x_axis({**numbers, **whole, "name": category})
        drawn.set_y_axis(numbers)
        return
    names = {"name": category, "name_font": font, "num_font": font, "line": line}
    drawn.set_y_axis({**names, "reverse": True, "label_position": "low"})
    drawn.set_x_axis({**numbers, "label_position": "high"})


def height_for(rows: int) -> int:
    """The height in pixels of a chart of so many bars."""
    return max(320, 120 + 20 * rows)
