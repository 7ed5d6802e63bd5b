"""The charts of the Dashboard, drawn by Excel itself from the tables that follow the yellow cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from budgetmodel.excel.write.styles import CHART, LINE, NUMBER_FORMATS, TEXT, chart_font
from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.page import HEADER_ROW, Page


@dataclass(frozen=True)
class Series:
    """A series of one colour: references to its name, its categories and its values.

    A `silent` series is not in the legend; one without a colour is invisible.
    """

    name: str
    categories: str
    values: str
    colour: str = ""
    kind: str = ""
    dashed: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Plan:
    """A chart: its name, its position (line of charts, and 0 for left or 1 for right), and its series.

    `kind` is bar or scatter. `axes` are the titles of the category and of the value axis. `stacked` stacks the series;
    `overlap` is the overlap of the bars of a category, in per cent.
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
    return tuple(column(order, name, chart_tables.BY_CHANGE, colour, "money") for name, colour in pairs)


def distances(order: Page) -> tuple[Series, ...]:
    """The series of distance from target before and after."""
    pairs = ((chart_tables.SORTED_BEFORE, "before"), (chart_tables.SORTED_AFTER, "after"))
    return tuple(column(order, name, chart_tables.BY_DISTANCE, colour, "percent2") for name, colour in pairs)


def steps(page: Page) -> tuple[Series, ...]:
    """The series of the waterfall: an invisible base, and the bars above it. The last bar is labelled, without legend.

    LibreOffice counts the entries of a legend in reverse when the axis is reversed: the order is a palindrome.
    """
    colours = ("", "more", "more", "less", "less", "total")
    own = (
        column(page, name, chart_tables.LABEL, colour) for name, colour in zip(chart_tables.BARS, colours, strict=True)
    )
    return tuple(
        replace(series, silent=name not in (chart_tables.MORE, chart_tables.LESS))
        for name, series in zip(chart_tables.BARS, own, strict=True)
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


def draw(book: Any, sheet: Any, chart: Chart) -> None:
    """Put a chart into the sheet."""
    plan = chart.plan
    subtype = {"subtype": "straight"} if plan.kind == "scatter" else {"subtype": "stacked"} if plan.stacked else {}
    drawn = book.add_chart({"type": plan.kind, **subtype})
    for series in plan.series:
        drawn.add_series(_line(series) if plan.kind == "scatter" else _bars(plan, series))
    drawn.set_title({"name": chart.title, "name_font": chart_font(bold=True, size=11)})
    _axes(drawn, plan)
    silent = [n for n, series in enumerate(plan.series) if series.silent]
    drawn.set_legend({"position": "bottom", "font": chart_font(), **({"delete_series": silent} if silent else {})})
    row, column, offset, width, height = chart.place
    drawn.set_size({"width": width, "height": height})
    drawn.set_chartarea({"border": {"color": LINE}})
    drawn.show_hidden_data()  # what it draws stands on hidden sheets
    sheet.insert_chart(row, column, drawn, {"x_offset": offset, "object_position": 2, "description": chart.alternative})


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
    more, less, _ = NUMBER_FORMATS[kind].replace("_)", "").split(";")
    return f"{more};{less};;"


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
