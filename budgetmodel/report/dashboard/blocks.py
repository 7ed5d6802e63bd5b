"""The blocks of the Dashboard: choices, headline figures and tables, as cells with formulas and their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from budgetmodel.contract.objectives import Units
from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard.chart_tables import Selected
from budgetmodel.report.negative_zero import missing
from budgetmodel.report.page import FIRST_ROW, Page
from budgetmodel.report.sheets import headlines, largest_prices
from budgetmodel.report.sheets.comparison import LABELS, LINES
from budgetmodel.report.sheets.inequality import YEAR_POINTS
from budgetmodel.report.sheets.pages import ALLOCATED, CHANGE_SHARE, MINIMUM, PROGRAMME

INDEX = "index"
MEASURES: Mapping[str, tuple[str, str]] = {
    INDEX: ("Index (points)", "index"),
    "shortfall": ("Weighted shortfall on should rules (£m)", "money"),
    "delivered": ("Delivered after fees (£m)", "money"),
    "transaction_cost": ("Transaction cost (£m)", "money"),
    "crossing": ("Spent outside its home (£m)", "money"),
    "contracts": ("Contracts a year (mean)", "mean"),
}
"""Measures of the table of scenarios: the heading of each and the kind of its figures."""

HEADLINE_FIGURES = (headlines.CLOSED, headlines.WORST_DISTANCE)
"""Columns of the sheet Headlines in the table of scenarios."""

CHOSEN, OTHER = "Chosen scenario (points)", "Other scenarios (points)"
DEAREST, FAIRER, LESS_FAIR, PRICE = "Rule and where it is dearest", "Fairer", "Less fair", "Price"
"""Headings of the columns that charts draw; those of prices are followed by their unit (`headed`)."""

FIRST_MEASURE = 1
"""The column of the first measure."""

HELPERS = 200
"""The first of the hidden columns, in which stands what charts and sentences are made of."""


@dataclass(frozen=True)
class DashboardCell:
    """A cell: row and column (from 0), value, kind, and its formula if it has one."""

    row: int
    column: int
    value: Any
    kind: str = "text"
    formula: str | None = None

    @property
    def at(self) -> str:
        """Its address, for formulas of the same sheet."""
        return str(xl_rowcol_to_cell(self.row, self.column, row_abs=True, col_abs=True))


@dataclass
class DashboardLayout:
    """The cells of the Dashboard while it is laid out.

    `headers` are heading rows of tables, `headings` the lines above tables and charts, `lists` cells with the range of
    their choices, `heat` coloured ranges with the cell of their limit, `breaks` rows that begin a printed page.
    """

    cells: list[DashboardCell] = field(default_factory=list)
    headers: list[tuple[int, int, list[str]]] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    lists: list[tuple[DashboardCell, str]] = field(default_factory=list)
    heat: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)

    def put(self, row: int, column: int, value: Any, kind: str = "text", formula: str | None = None) -> DashboardCell:
        """Add a cell."""
        self.cells.append(DashboardCell(row, column, value, kind, formula))
        return self.cells[-1]


@dataclass(frozen=True)
class DashboardTable:
    """A table on the Dashboard: its first and last row, its columns by heading, and its cells."""

    first: int
    last: int
    columns: Mapping[str, int]
    cells: Mapping[tuple[str, int], DashboardCell]

    def range(self, heading: str, first: int | None = None) -> str:
        """The cells of a column, for formulas of the same sheet."""
        letter = xl_col_to_name(self.columns[heading])
        return f"${letter}${(self.first if first is None else first) + 1}:${letter}${self.last + 1}"

    def values(self, heading: str) -> list[Any]:
        """The values of a column."""
        return [self.cells[heading, row].value for row in range(self.first, self.last + 1)]


def table(
    layout: DashboardLayout,
    row: int,
    headings: Mapping[str, int],
    rows: Sequence[Sequence[tuple[Any, str, str | None]]],
) -> DashboardTable:
    """Add headings at `row` in their columns, and the rows under them: (value, kind, formula) for each heading."""
    named = {at: heading for heading, at in headings.items()}
    for side in ([at for at in named if at < HELPERS], [at for at in named if at >= HELPERS]):
        if not side:
            continue
        across = range(min(side), max(side) + 1)
        layout.headers.append((row, across[0], [named.get(at, "") for at in across]))
        for n in range(len(rows)):
            for at in sorted({*across} - {*named}):
                layout.put(row + 1 + n, at, None)
    cells = {
        (heading, row + 1 + n): layout.put(row + 1 + n, at, *figure)
        for n, figures in enumerate(rows)
        for (heading, at), figure in zip(headings.items(), figures, strict=True)
    }
    return DashboardTable(row + 1, row + len(rows), headings, cells)


def scenarios(
    layout: DashboardLayout, row: int, comparison: Page, own: Page, names: Sequence[str], first: Selected
) -> DashboardTable:
    """A row per scenario, the do-minimum first: measures of Comparison and of Headlines (`own`), and the index again.

    The last two columns have the index for the chart.
    """
    labels = {line.metric: line.label for line in reversed(LINES) if line.groups == ""}
    measures = list(comparison.values("Measure"))
    listed = {metric: heading for metric, heading in MEASURES.items() if labels.get(metric) in measures}
    headings = {"Scenario": 0} | {h: FIRST_MEASURE + n for n, (h, _) in enumerate(listed.values())}
    headings |= {h: len(headings) + n for n, h in enumerate(HEADLINE_FIGURES)}
    headings |= {CHOSEN: HELPERS, OTHER: HELPERS + 1}
    figures: list[list[tuple[Any, str, str | None]]] = []
    for n, (name, at) in enumerate(zip(names, _columns(comparison, names), strict=True)):
        line: list[tuple[Any, str, str | None]] = [(name, "text", None)]
        for metric, (_, kind) in listed.items():
            position = measures.index(labels[metric])
            value = comparison.columns[at].values[position]
            reference = f"={comparison.link}!${xl_col_to_name(at)}${FIRST_ROW + 1 + position}"
            line.append((value, kind, None if missing(value) else reference))
        for heading in HEADLINE_FIGURES:
            value = own.values(heading)[list(own.values("Scenario")).index(name)]
            live = own.total_where(heading, {"Scenario": f"$A{row + 2 + n}"})
            line.append((0.0 if missing(value) else value, "percent", live))
        index, r = float(line[FIRST_MEASURE][0]), row + 2 + n
        is_first = name == first.scenario
        line.append((index if is_first else 0.0, "index", f"=IF($A{r}={chart_tables.SCENARIO},$B{r},0)"))
        line.append((0.0 if is_first else index, "index", f"=$B{r}-${xl_col_to_name(headings[CHOSEN])}{r}"))
        figures.append(line)
    return table(layout, row, headings, figures)


def _columns(comparison: Page, names: Sequence[str]) -> list[int]:
    """The column numbers of the scenarios on the sheet Comparison."""
    headings = [column.heading for column in comparison.columns]
    return [headings.index(name, LABELS) for name in names]


def years(
    layout: DashboardLayout, row: int, amounts: Page, inequality: Page, names: Sequence[str], first: Selected
) -> DashboardTable:
    """A row per year of the scenario shown: its index, and its money."""
    headings = {"Year": 0, "Index of the year (points)": 1, "Do-minimum (£m)": 2, "Allocated (£m)": 3}
    sources = ((inequality, YEAR_POINTS, "index"), (amounts, MINIMUM, "money"), (amounts, ALLOCATED, "money"))
    rows = []
    for n, year in enumerate(names):
        line: list[tuple[Any, str, str | None]] = [(year, "text", None)]
        for page, heading, kind in sources:
            where = {"Scenario": chart_tables.SCENARIO, "Year": "$A{r}"}
            value = sum_where(page, heading, {"Scenario": first.scenario, "Year": year})
            line.append((value, kind, page.total_where(heading, where).format(r=row + 2 + n)))
        rows.append(line)
    return table(layout, row, headings, rows)


def components(
    layout: DashboardLayout, row: int, inequality: Page, names: Sequence[str], first: Selected
) -> DashboardTable:
    """A row per component of the scenario and year shown: its gap, and the points that it adds to the year's index."""
    gap = "Gap against the reference (%)"
    headings = {"Component": 5, "Gap to reference (%)": 8, "Points of the year's index": 9}
    rows = []
    for n, component in enumerate(names):
        line: list[tuple[Any, str, str | None]] = [(component, "text", None)]
        own = {"Scenario": first.scenario, "Year": first.year, "Component": component}
        for heading, kind in ((gap, "percent"), (YEAR_POINTS, "index")):
            where = {"Scenario": chart_tables.SCENARIO, "Year": chart_tables.YEAR, "Component": "$F{r}"}
            formula = inequality.total_where(heading, where).format(r=row + 2 + n)
            line.append((sum_where(inequality, heading, own), kind, formula))
        rows.append(line)
    return table(layout, row, headings, rows)


def headed(heading: str, units: Units) -> str:
    """A heading of prices with their unit, as `Price (points)`."""
    return f"{heading} ({units.short})"


def prices(layout: DashboardLayout, row: int, page: Page, first: Selected, units: Units) -> DashboardTable:
    """The largest prices of the scenario shown; a row without a price is blank."""
    headings = {DEAREST: 0, headed(PRICE, units): 5, "Number": HELPERS, "Line": HELPERS + 1}
    headings |= {headed(name, units): HELPERS + 2 + n for n, name in enumerate((FAIRER, LESS_FAIR))}
    number, line, own_price = (
        f"${xl_col_to_name(headings[name])}" for name in ("Number", "Line", headed(PRICE, units))
    )
    priced = largest_prices.price_heading(page) if page.rows else ""
    own = [n for n, name in enumerate(page.values("Scenario")) if name == first.scenario]
    rows = []
    for n in range(largest_prices.SHOWN if page.rows else 0):
        r = row + 2 + n
        at = own[n] if n < len(own) else None
        where = {"Scenario": chart_tables.SCENARIO, largest_prices.NUMBER: f"{number}{r}"}
        label = page.values(largest_prices.RULE)[at] if at is not None else ""
        price = float(page.values(priced)[at]) if at is not None else None
        rows.append(
            [
                (label, "text", f'=IF({line}{r}=0,"",INDEX({page.cells(largest_prices.RULE)},{line}{r}))'),
                (price, "index", f'=IF({line}{r}=0,"",INDEX({page.cells(priced)},{line}{r}))'),
                (n + 1, "count", None),
                (at + 1 if at is not None else 0, "count", page.total_where(largest_prices.LINE, where)),
                (min(0.0, price or 0.0), "price", f"=MIN(0,{own_price}{r})"),
                (max(0.0, price or 0.0), "price", f"=MAX(0,{own_price}{r})"),
            ]
        )
    return table(layout, row, headings, rows)


def heat_map(layout: DashboardLayout, row: int, programmes: Page, places: Page) -> DashboardTable:
    """Place by programme: the change on the do-minimum as a share of it."""
    names = list(dict.fromkeys(programmes.values(PROGRAMME)))
    everything = "All programmes (%)"
    headings = {"Place": 0, everything: 1} | {f"{name} (%)": 2 + n for n, name in enumerate(names)}
    share, of_all = programmes.letter(CHANGE_SHARE), places.letter(CHANGE_SHARE)
    rows = []
    for n, place in enumerate(places.values("Place")):
        whole = f"={places.link}!${of_all}${FIRST_ROW + 1 + n}"
        line: list[tuple[Any, str, str | None]] = [(place, "text", None)]
        line.append((places.values(CHANGE_SHARE)[n], "percent", whole))
        for m in range(len(names)):
            at = n * len(names) + m
            reference = f"={programmes.link}!${share}${FIRST_ROW + 1 + at}"
            line.append((programmes.values(CHANGE_SHARE)[at], "percent", reference))
        rows.append(line)
    return table(layout, row, headings, rows)


def sum_where(page: Page, heading: str, where: Mapping[str, str]) -> float:
    """The sum of a column over the rows whose columns equal the words of `where`."""
    chosen = np.ones(page.rows, dtype=bool)
    for name, wanted in where.items():
        chosen &= np.array([value == wanted for value in page.values(name)], dtype=bool)
    return float(np.array(page.values(heading), dtype=float)[chosen].sum())
