"""The Dashboard: yellow cells choose scenario, year, place and component; figures, tables and charts follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from budgetmodel.contract.objectives import Units
from budgetmodel.excel.write import styles
from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.dashboard import against, blocks, chart_tables, charts
from budgetmodel.report.dashboard.blocks import DashboardCell, DashboardLayout, DashboardTable
from budgetmodel.report.dashboard.chart_tables import Selected
from budgetmodel.report.dashboard.chart_titles import findings, headlines, titled, titles
from budgetmodel.report.dashboard.charts import Chart, CurvePage, Plan, Series
from budgetmodel.report.dashboard.live_sentences import Pieces, Sentence
from budgetmodel.report.material import Material
from budgetmodel.report.negative_zero import show_negative_zero_as_zero
from budgetmodel.report.page import (
    COVER,
    HEADER_ROW,
    LINK_ROW,
    NOTE_ROW,
    PURPOSE_ROW,
    TITLE_ROW,
    Page,
    mark,
    quoted,
    text_of,
    write_cell,
)
from budgetmodel.report.sheets import headlines as data
from budgetmodel.report.sheets import largest_prices
from budgetmodel.report.sheets.comparison import LABELS
from budgetmodel.report.sheets.cover import MASTER_CHECK, master_check
from budgetmodel.report.sheets.pages import BEFORE
from budgetmodel.report.sheets.place_background import leading
from budgetmodel.report.tables import units_of
from budgetmodel.results import Result

NAME = chart_tables.DASHBOARD
PURPOSE = "Choose in the yellow cells: every figure, table and chart of this sheet follows, without macros."
NOTE = "Money is £m. A plus is more money than the do-minimum gives; less stands in brackets."

LABEL_WIDTHS, FIGURE_WIDTH, COLUMNS = (26.0, 21.0), 13.5, 12
"""Widths of the columns, in characters, and the least number of columns."""

HEADLINES, VALUES, UNIT = 4, 8, "Unit"
"""The columns of the headline figures and of their values, and the heading of their units."""

CHART_ROWS, ROW_PIXELS, CHART_WIDTH, PAIR_WIDTH = 17, 20, 620, 1290
"""Rows of a chart of few bars, the pixels of a row, and the width of a chart and of one that has a line for itself."""

PAGE_ROWS = 52
"""Rows that always fit on a printed page."""

SHORT_HEAT = 12
"""Places beyond which the heat map has a page of its own."""

SCENARIOS_ROW, CHECK_ROW = HEADER_ROW + 14, HEADER_ROW + 6
"""Rows of the heading of the scenarios, and of the master check."""

SENTENCES = blocks.HELPERS + 10
"""The first of the hidden columns with titles, findings and what they are made of."""

LEFT, RIGHT = (0, 0), (5, 12)
"""The left edge of each chart of a pair: column, and pixels to the right of it."""

CHOICES = (
    (chart_tables.SCENARIO, "Scenario", "Choose a scenario of the run."),
    (chart_tables.YEAR, "Year", "Choose a year."),
    (chart_tables.PLACE, "Place", "Choose the place of the waterfall."),
    (chart_tables.COMPONENT, "Component", "Choose a component of the target: distances and the curve follow it."),
)
"""The yellow cells: the name of each, its label, and the message on what to choose."""


@dataclass(frozen=True)
class Dashboard:
    """The second sheet of the results. `first` is what it shows until a reader chooses."""

    first: Selected
    scenarios: tuple[str, ...]
    years: tuple[str, ...]
    components: tuple[str, ...]
    amounts: Page
    pages: Mapping[str, Page]
    units: Units
    base: str
    name: str = NAME
    purpose: str = PURPOSE

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name."""
        sheet = book.get_worksheet_by_name(self.name)
        layout, drawn = laid_out(self)
        _write(book, sheet, formats, self, layout)
        for chart in drawn:
            charts.draw(book, sheet, chart)


def dashboard(material: Material) -> Dashboard:
    """The Dashboard of a run with results."""
    places = material.page("Places")
    comparison = material.page("Comparison")
    own = [column.heading for column in comparison.columns[LABELS:]]
    names = ("Comparison", "Checks", "Inequality measures", largest_prices.NAME, data.HEADLINES, data.PLACES_COMPARED)
    pages = {name: material.page(name) for name in (*names, *SHEETS)}
    years, components = (tuple(dict.fromkeys(map(str, places.values(name)))) for name in ("Year", "Component"))
    return Dashboard(first_choice(material.results, places), tuple(own), years, components, amounts(material), pages,
                     units_of(material.frames), base_of(material))  # fmt: skip


def base_of(material: Material) -> str:
    """The scenario that the Decision page compares with until a reader chooses."""
    assert material.found is not None  # noqa: S101  # there are results
    return material.found.base


SHEETS = (chart_tables.PROGRAMMES, chart_tables.PLACES, chart_tables.ORDER, chart_tables.CURVE, chart_tables.STEPS)
"""The sheets with the tables that charts are drawn from."""


def amounts(material: Material) -> Page:
    """The sheet with the money by place and programme."""
    allocation = material.page("Allocation")
    return allocation if allocation.rows else material.page("Programmes")


def programmes_page(material: Material) -> Page:
    """The table by place and programme."""
    return chart_tables.programmes_page(amounts(material), first_choice(material.results, material.page("Places")))


def places_page(material: Material) -> Page:
    """The table by place."""
    places = material.page("Places")
    return chart_tables.places_page(
        material.page(chart_tables.PROGRAMMES), places, first_choice(material.results, places)
    )


def lorenz_page(places: Page, order: Page) -> CurvePage:
    """The table of the Lorenz curve, with its chart."""
    page = chart_tables.curve_page(places, order)
    return CurvePage(page.name, page.purpose, page.columns, table=page.table, frozen=page.frozen)


def steps_page(material: Material) -> Page:
    """The table of the waterfall."""
    first = first_choice(material.results, material.page("Places"))
    return chart_tables.steps_page(material.page(chart_tables.PROGRAMMES), first)


def first_choice(results: Mapping[str, Result], places: Page) -> Selected:
    """The first selection: the best scenario, its last year, and the place furthest under target at the do-minimum.

    The best scenario is that of the cover and of the sheets of places.
    """
    best = leading(results)
    year, component = str(places.values("Year")[-1]), str(places.values("Component")[0])
    keys = ("Scenario", "Year", "Component", "Place", BEFORE)
    rows = zip(*(places.values(name) for name in keys), strict=True)
    own = [(away, str(place)) for s, y, c, place, away in rows if (s, y, c) == (best, year, component) and away == away]
    place = min(own, key=lambda pair: pair[0])[1] if own else str(places.values("Place")[0])
    return Selected(best, year, place, component)


def laid_out(own: Dashboard) -> tuple[DashboardLayout, list[Chart]]:
    """The cells of the Dashboard and its charts, from top to bottom."""
    layout, first, pages = DashboardLayout(), own.first, own.pages
    places, curve = pages[chart_tables.PLACES], pages[chart_tables.CURVE]
    inequality = pages["Inequality measures"]
    rows = (_rows_of(places.rows), _rows_of(max(2 * places.rows, pages[chart_tables.STEPS].rows)), CHART_ROWS)
    by_chart = titles(first, own.units)

    scenarios = blocks.scenarios(
        layout, SCENARIOS_ROW + 1, pages["Comparison"], pages[data.HEADLINES], own.scenarios, first
    )
    charts_at = [scenarios.last + 2]
    for height in rows:
        charts_at.append(charts_at[-1] + height + 1)
    heat_at = charts_at.pop()
    heat = blocks.heat_map(layout, heat_at + 2, pages[chart_tables.PROGRAMMES], places)
    tables = heat.last + 4
    years = blocks.years(layout, tables + 1, own.amounts, inequality, own.years, first)
    components = blocks.components(layout, tables + 1, inequality, own.components, first)
    compared = max(years.last, components.last) + 2
    versus = against.against(layout, compared + 1, pages, first.scenario, own.base)
    priced = versus.last + 2
    prices = blocks.prices(layout, priced + 1, pages[largest_prices.NAME], first, own.units)
    pieces = Pieces(layout, HEADER_ROW + len(by_chart) + 3, SENTENCES)

    lists = (scenarios.range("Scenario", scenarios.first + _unsolved(scenarios, own.amounts)), years.range("Year"),
             places.cells("Place"), components.range("Component"))  # fmt: skip
    _choices(layout, HEADER_ROW, first, lists)
    _check(layout, CHECK_ROW, pages["Checks"])
    _headlines(layout, HEADER_ROW, headlines(first, scenarios, years, places, curve, _main(pages[data.HEADLINES])))
    found = findings(first, scenarios, prices, pages[chart_tables.PROGRAMMES], places, pages[chart_tables.ORDER],
                     pages[chart_tables.STEPS], own.units)  # fmt: skip
    title_cells = _titles(layout, HEADER_ROW, by_chart, found, pieces)
    _heat(layout, heat_at, heat, by_chart["Heat map"], found["Heat map"], pieces)
    layout.headings += [(SCENARIOS_ROW, 0, "Scenarios, all years"), (tables, 0, "Years of the scenario shown"),
                        (tables, 5, "Components in the year shown"), (compared, 0, against.HEADING),
                        (priced, 0, "Largest prices of rules"),
                        (HEADER_ROW - 1, SENTENCES, "Titles of the charts")]  # fmt: skip
    layout.breaks += [charts_at[0]] if charts_at[0] + rows[0] > PAGE_ROWS else []
    layout.breaks += [charts_at[1], *(charts_at[2:] if sum(rows[1:]) + 4 > PAGE_ROWS else []), heat_at]
    layout.breaks += [tables] if heat.last - heat.first > SHORT_HEAT else []

    drawn = []
    for plan in _plans(pages, scenarios, prices, own.units):
        row, (column, offset) = charts_at[plan.line], (LEFT, RIGHT)[plan.side]
        if any(series.values for series in plan.series):
            height = rows[plan.line] * ROW_PIXELS - 6
            alternative = f"{plan.name}: {plan.kind} chart. {by_chart[plan.name].words}. {found[plan.name].words}"
            title = _on(title_cells[plan.name].at)
            width = CHART_WIDTH if plan.pair else PAIR_WIDTH
            drawn.append(Chart(plan, title, text_of(alternative), (row, column, offset, width, height)))
    return layout, drawn


def _plans(pages: Mapping[str, Page], scenarios: DashboardTable, prices: DashboardTable, units: Units) -> list[Plan]:
    """The charts, two on a line."""
    order, change = pages[chart_tables.ORDER], "Change on the do-minimum (£m)"
    by_scenario = _series(scenarios, "Scenario", {blocks.CHOSEN: "chosen", blocks.OTHER: "other"}, "index")
    sides = {blocks.headed(blocks.FAIRER, units): "more", blocks.headed(blocks.LESS_FAIR, units): "less"}
    by_rule = _series(prices, blocks.DEAREST, sides, "index")
    return [
        Plan("Scenarios", 0, 0, "bar", ("Scenario", "Index (points)"), by_scenario, "count"),
        Plan("More or less", 0, 1, "bar", ("Place", change), charts.winners(order)),
        Plan("Distance from target", 1, 0, "bar", ("Place", "Distance from target (%)"), charts.distances(order),
             "percent", overlap=0, keyed=True),
        Plan("Waterfall", 1, 1, "bar", ("Programme and its step (£m)", "Money (£m)"),
             charts.steps(pages[chart_tables.STEPS]), stacked=True),
        Plan("Prices", 2, 0, "bar", ("Rule", f"Change in {units.noun} ({units.short})"), by_rule, "money", pair=False),
    ]  # fmt: skip


def _series(table: DashboardTable, categories: str, colours: Mapping[str, str], kind: str) -> tuple[Series, ...]:
    """Columns of a table of the Dashboard as series; none when the table is empty."""
    if table.last < table.first:
        return ()
    return tuple(
        Series(_on(DashboardCell(table.first - 1, table.columns[heading], "").at), _on(table.range(categories)),
               _on(table.range(heading)), colour, kind)
        for heading, colour in colours.items()
    )  # fmt: skip


def _on(cells: str) -> str:
    """Cells of the Dashboard, as charts refer to them."""
    return f"={quoted(NAME)}!{cells}"


def _rows_of(bars: int) -> int:
    """The height in rows of a chart of so many bars."""
    return max(CHART_ROWS, -(-charts.height_for(bars) // ROW_PIXELS))


def _unsolved(scenarios: DashboardTable, amounts: Page) -> int:
    """The number of scenarios before the first with an allocation (the do-minimum): they cannot be chosen."""
    solved = set(amounts.values("Scenario"))
    return next(n for n, name in enumerate(scenarios.values("Scenario")) if name in solved)


def _choices(layout: DashboardLayout, row: int, first: Selected, lists: Sequence[str]) -> None:
    layout.headers.append((row, 0, ["Choose", "Shown (input)", "", ""]))
    values = (first.scenario, first.year, first.place, first.component)
    for n, ((_, label, _), value, source) in enumerate(zip(CHOICES, values, lists, strict=True), start=1):
        layout.put(row + n, 0, label)
        cell = layout.put(row + n, 1, value, "input")
        layout.lists.append((cell, source))
        live = f'=IF(SUMPRODUCT(--({source}={cell.at.replace("$", "")})),"","Choose from the list.")'
        layout.put(row + n, 2, "", "note", live)


def _main(page: Page) -> str:
    """The main component and the last year of the scenarios, as a label has them."""
    components = [name for name in dict.fromkeys(page.values("Component")) if name]
    year = page.values("Year")[-1]
    return f"{components[0]}, {year}" if len(components) == 1 else f"main component, {year}"


def _check(layout: DashboardLayout, row: int, checks: Page) -> None:
    layout.put(row, 0, "Master check")
    layout.put(row, 1, master_check(checks)[1], "verdict", f"={MASTER_CHECK}")


def _headlines(layout: DashboardLayout, row: int, lines: Sequence[tuple[str, Any, str, str, str]]) -> None:
    layout.headers.append((row, HEADLINES, ["Headline figure", "", "", "", "Value", UNIT]))
    for n, (what, value, unit, kind, formula) in enumerate(lines, start=1):
        layout.put(row + n, HEADLINES, what)
        layout.put(row + n, VALUES, value, f"{kind} bold", formula)
        layout.put(row + n, VALUES + 1, unit, "beside")


def _titles(
    layout: DashboardLayout,
    row: int,
    by_chart: Mapping[str, Sentence],
    found: Mapping[str, Sentence],
    pieces: Pieces,
) -> dict[str, DashboardCell]:
    """Add the titles of the charts, each in a cell to which its chart refers: the finding, and what the figures are."""
    layout.headers.append((row, SENTENCES, ["Chart", "Finding", "Its figures", "Title"]))
    cells = {}
    for n, (name, title) in enumerate(by_chart.items(), start=1):
        layout.put(row + n, SENTENCES, name)
        finding = layout.put(row + n, SENTENCES + 1, found[name].words, "text", pieces.formula(name, found[name]))
        what = layout.put(row + n, SENTENCES + 2, title.words, "text", pieces.formula(name, title))
        words, live = titled(found[name], title), f"={finding.at}&CHAR(10)&{what.at}"
        cells[name] = layout.put(row + n, SENTENCES + 3, words, "text", live)
    return cells


def _heat(
    layout: DashboardLayout, row: int, heat: DashboardTable, title: Sentence, finding: Sentence, pieces: Pieces
) -> None:
    """Add title, finding and colours of the heat map; the colours end at its largest absolute figure."""
    layout.put(row, 0, finding.words, "heading", pieces.formula("Heat map", finding))
    layout.put(row + 1, 0, title.words, "finding", pieces.formula("Heat map", title))
    right = max(heat.columns.values())
    values = [cell.value for (_, _), cell in heat.cells.items() if cell.column > 0 and cell.value is not None]
    top = DashboardCell(heat.first, 1, "").at
    end = DashboardCell(heat.last, right, "").at
    limit = max((abs(float(value)) for value in values), default=0.0)
    layout.put(heat.first, blocks.HELPERS, "Colours end at (%)")
    cell = layout.put(heat.first, blocks.HELPERS + 1, limit, "percent", f"=MAX(MAX({top}:{end}),-MIN({top}:{end}))")
    layout.heat.append((heat.first, 1, heat.last, right, cell.at))


def _write(book: Any, sheet: Any, formats: Formats, own: Dashboard, layout: DashboardLayout) -> None:
    columns = max(COLUMNS, *(cell.column + 1 for cell in layout.cells))
    widths = [*LABEL_WIDTHS, *[FIGURE_WIDTH] * (columns - len(LABEL_WIDTHS))]
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width, None, {"hidden": number >= blocks.HELPERS})
    sheet.set_default_row(styles.ROW_POINTS)
    sheet.set_row(TITLE_ROW, styles.TITLE_POINTS)
    sheet.write_string(TITLE_ROW, 0, own.name, formats.title())
    sheet.write_string(PURPOSE_ROW, 0, own.purpose, formats.purpose())
    sheet.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", formats.link(), string=f"Back to {COVER}")
    sheet.write_string(NOTE_ROW, 0, NOTE, formats.plain())
    heights: dict[int, float] = {}
    for row, column, headings in layout.headers:
        for n, heading in enumerate(headings, start=column):
            beside = styles.BESIDE_FIGURES if heading == UNIT else {}
            style = formats.header(right=_figures(headings, n - column), border=0, **beside)
            write_cell(sheet, row, n, heading, style)
        alone = [(h, widths[n]) for n, h in enumerate(headings, start=column) if h and _alone(headings, n - column)]
        heights[row] = max(heights.get(row, 0.0), styles.header_height(alone, button=False))
    for row, height in heights.items():
        sheet.set_row(row, height)
    for row, column, text in layout.headings:
        sheet.write_string(row, column, text, formats.heading())
    for cell in layout.cells:
        _write_cell(sheet, formats, cell)
    for kind, cells in _figure_runs(layout.cells):
        show_negative_zero_as_zero(sheet, formats, kind, cells)
    for (name, label, words), (cell, source) in zip(CHOICES, layout.lists, strict=True):
        book.define_name(name, f"={quoted(own.name)}!{cell.at}")
        wrong = {"error_title": f"Not a {label.lower()} of this run", "error_message": words}
        shown_words = {"input_title": label, "input_message": words}
        sheet.data_validation(
            cell.row, 1, cell.row, 1, {"validate": "list", "source": f"={source}", **wrong, **shown_words}
        )
    for top, left, bottom, right, limit in layout.heat:
        sheet.conditional_format(top, left, bottom, right, styles.two_sided_scale(limit))
    mark(sheet, formats, CHECK_ROW, 1)
    sheet.freeze_panes(HEADER_ROW + 5, 0)
    styles.dashboard_setup(sheet, layout.breaks)


def _figure_runs(cells: Sequence[DashboardCell]) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Runs of adjacent figures with formulas of one kind in a column: the kind, and first and last cell."""
    figures = {(c.column, c.row): c.kind.partition(" ")[0] for c in cells if c.formula is not None}
    figures = {at: kind for at, kind in figures.items() if kind in styles.NUMBER_FORMATS and kind != "text"}
    runs: list[tuple[str, tuple[int, int, int, int]]] = []
    for (column, row), kind in sorted(figures.items()):
        if runs and runs[-1][0] == kind and runs[-1][1][2:] == (row - 1, column):
            runs[-1] = (kind, (*runs[-1][1][:2], row, column))
        else:
            runs.append((kind, (row, column, row, column)))
    return runs


def _alone(headings: Sequence[str], at: int) -> bool:
    """Whether a heading has only its own column: one followed by a blank extends into it."""
    return at + 1 >= len(headings) or bool(headings[at + 1])


def _write_cell(sheet: Any, formats: Formats, cell: DashboardCell) -> None:
    kind, _, bold = cell.kind.partition(" ")
    if kind == "link":
        sheet.write_url(cell.row, cell.column, f"internal:'{cell.value}'!A1", formats.link(), string=cell.value)
        return
    named: dict[str, Callable[[], Any]] = {
        "input": partial(formats.input, "text"),
        "verdict": formats.verdict,
        "heading": formats.heading,
        "finding": formats.purpose,
        "note": formats.warning,
        "text": formats.cell,
        "beside": partial(formats.cell, "general", **styles.BESIDE_FIGURES),
    }
    style = named.get(kind, partial(formats.cell, kind, bold=bool(bold)))()
    write_cell(sheet, cell.row, cell.column, cell.value, style, cell.formula)


def _figures(headings: Sequence[str], at: int) -> bool:
    """Whether the column of a heading has figures: the heading has a unit, or is `Value`, `Number` or `Line`."""
    return (headings[at].endswith(")") and "input" not in headings[at]) or headings[at] in ("Value", "Number", "Line")
