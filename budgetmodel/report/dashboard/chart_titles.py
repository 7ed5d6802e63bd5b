"""The titles and findings of the charts of the Dashboard, as sentences that follow the yellow cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from budgetmodel.comparison.sets import NEARLY
from budgetmodel.contract.objectives import Units
from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard.blocks import DEAREST, HEADLINE_FIGURES, MEASURES, PRICE, DashboardTable, headed
from budgetmodel.report.dashboard.chart_tables import COMPONENT, PLACE, SCENARIO, YEAR, Selected
from budgetmodel.report.dashboard.live_sentences import LiveWords, Sentence, figure, join
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.pages import AFTER, ALLOCATED, BEFORE, CHANGE, CHANGE_SHARE, PROGRAMME

PRICE_FORMAT, INDEX_FORMAT = "+0.00;-0.00;0.00", "0.00"
INDEX = MEASURES["index"][0]
NO_PRICE = "No rule has a price."


def titles(first: Selected, units: Units) -> dict[str, Sentence]:
    """What the figures of each chart are, with their unit: the second line of its title."""
    scenario, year = LiveWords(SCENARIO, first.scenario, named=True), LiveWords(YEAR, first.year, named=True)
    component = LiveWords(COMPONENT, first.component, named=True)
    return {
        "Scenarios": join("Fair-share gap index, all years (points; 100 = do-minimum, 0 = equal)"),
        "More or less": join("Change on the do-minimum (£m): ", scenario, ", ", year),
        "Distance from target": join("Distance from target (%): ", component, ", ", scenario, ", ", year),
        "Waterfall": join("Do-minimum, change by programme, allocation (£m): ", scenario, ", ", year),
        "Prices": join(f"Change in {units.noun} per extra £1m ({units.short}): ", scenario),
        "Heat map": join("Change on the do-minimum by place and programme (%): ", scenario, ", ", year),
    }  # fmt: skip


def titled(finding: Sentence, title: Sentence) -> str:
    """The title of a chart: the finding, and under it what the figures are."""
    return f"{finding.words}\n{title.words}"


def findings(
    first: Selected,
    scenarios: DashboardTable,
    prices: DashboardTable,
    programmes: Page,
    places: Page,
    order: Page,
    steps: Page,
    units: Units,
) -> dict[str, Sentence]:
    """The finding of each chart."""
    return {
        "Scenarios": _scenarios(first, scenarios),
        "More or less": _winners(order),
        "Distance from target": _distances(places),
        "Waterfall": _waterfall(first, steps),
        "Prices": _prices(prices, units),
        "Heat map": _heat(programmes),
    }


def _scenarios(first: Selected, table: DashboardTable) -> Sentence:
    index = [float(value) for value in table.values(INDEX)]
    named, cells = table.range("Scenario"), table.range(INDEX)
    own = index[table.values("Scenario").index(first.scenario)]
    lowest = min(index)
    level = sum(value <= lowest + NEARLY for value in index) - 1
    at = f"INDEX({named},MATCH(MIN({cells}),{cells},0))"
    return join(
        LiveWords(SCENARIO, first.scenario, named=True), " comes to ",
        figure(f"SUMPRODUCT(({named}={SCENARIO})*{cells})", own, INDEX_FORMAT), " points. Lowest: ",
        LiveWords(at, str(table.values("Scenario")[index.index(lowest)])), ", ",
        figure(f"MIN({cells})", lowest, INDEX_FORMAT), "; level with it: ",
        figure(f"SUMPRODUCT(--({cells}<=MIN({cells})+{NEARLY}))-1", level, "0"), ".",
    )  # fmt: skip


def _winners(order: Page) -> Sentence:
    """The first and the last place of the sheet Chart order: the largest gain and the largest loss."""
    last = order.rows - 1
    parts: list[str | LiveWords] = []
    for word, at in (("Most: ", 0), (". Least: ", last)):
        change = float(order.values(chart_tables.SORTED_CHANGE)[at])
        share = float(order.values(chart_tables.SORTED_SHARE)[at] or 0.0)
        parts += [
            word,
            LiveWords(order.cell(chart_tables.BY_CHANGE, at), str(order.values(chart_tables.BY_CHANGE)[at])),
            " ",
        ]
        parts += [figure(order.cell(chart_tables.SORTED_CHANGE, at), change, chart_tables.LABEL_FORMAT), " ("]
        parts += [figure(f"N({order.cell(chart_tables.SORTED_SHARE, at)})", share, chart_tables.SHARE_FORMAT), ")"]
    return join(*parts, ".")


def _extreme(page: Page, heading: str, function: str, values: Sequence[float]) -> tuple[LiveWords, float]:
    """The line of a page with the largest or smallest figure of a column, and that figure."""
    found = (max if function == "MAX" else min)(values, default=0.0)
    cells = page.cells(heading)
    line = list(page.values(heading)).index(found) + 1 if len(values) else 1
    return LiveWords(f"MATCH({function}({cells}),{cells},0)", line), found


def _distances(places: Page) -> Sentence:
    parts: list[str | LiveWords] = ["Furthest under target, before: "]
    for n, heading in enumerate((BEFORE, AFTER)):
        line, lowest = _extreme(places, heading, "MIN", _known(places, heading))
        parts += ["; after: "] if n else []
        parts += [_named(places, "Place", line), " "]
        parts += [figure(f"MIN({places.cells(heading)})", lowest, chart_tables.SHARE_FORMAT)]
    return join(*parts, ".")


def _known(page: Page, heading: str) -> list[float]:
    return [float(value) for value in page.values(heading) if value is not None]


def _named(page: Page, heading: str, line: LiveWords) -> LiveWords:
    """The text of a column on a line of a page."""
    return LiveWords(f"INDEX({page.cells(heading)},{{line}})", str(page.values(heading)[int(line.words) - 1]), line)


def _waterfall(first: Selected, steps: Page) -> Sentence:
    heading = "Amount or change (£m)"
    amounts = list(steps.values(heading))
    top, last = steps.cell(heading, 0), steps.cell(heading, steps.rows - 1)
    return join(
        LiveWords(PLACE, first.place, named=True), " goes from ",
        figure(top, amounts[0], chart_tables.TOTAL_FORMAT), " to ",
        figure(last, amounts[-1], chart_tables.TOTAL_FORMAT), ": ",
        figure(f"{last}-{top}", amounts[-1] - amounts[0], chart_tables.LABEL_FORMAT), ".",
    )  # fmt: skip


def _prices(table: DashboardTable, units: Units) -> Sentence:
    if not table.values("Line"):
        return join(NO_PRICE)
    r, none = table.first + 1, not table.values("Line")[0]
    price = 0.0 if none else float(table.values(headed(PRICE, units))[0])
    change = figure(f"N({_cell(table, headed(PRICE, units), r)})", price, PRICE_FORMAT)
    dearest = LiveWords(_cell(table, DEAREST, r), str(table.values(DEAREST)[0]))
    parts = ("£1m more for '", dearest, f"' changes the {units.noun} by ", change, f" {units.short}.")
    return Sentence(parts, f"{_cell(table, 'Line', r)}=0", NO_PRICE, begins_instead=none)


def _cell(table: DashboardTable, heading: str, row: int) -> str:
    """A cell of a table of the Dashboard, its row counted from 1."""
    return f"${xl_col_to_name(table.columns[heading])}${row}"


def _heat(programmes: Page) -> Sentence:
    changes = _known(programmes, CHANGE_SHARE)
    parts: list[str | LiveWords] = []
    for word, function in (("Most: ", "MAX"), (". Least: ", "MIN")):
        line, value = _extreme(programmes, CHANGE_SHARE, function, changes)
        parts += [word, _named(programmes, "Place", line), ", ", _named(programmes, PROGRAMME, line), " "]
        parts += [figure(f"{function}({programmes.cells(CHANGE_SHARE)})", value, chart_tables.SHARE_FORMAT)]
    return join(*parts, ".")


def headlines(
    first: Selected, scenarios: DashboardTable, years: DashboardTable, places: Page, curve: Page, main: str
) -> list[tuple[str, Any, str, str, str]]:
    """The headline figures: label, value, unit, kind and formula; `main` names main component and last year."""
    gains = [float(v) for v in places.values(CHANGE)]
    cells, after = places.cells(CHANGE), places.cells(AFTER)
    known = [value for value in places.values(AFTER) if value is not None]
    formula, value = chart_tables.concentration(curve)

    def of_scenario(metric: str) -> tuple[Any, str, str]:
        heading, kind = MEASURES[metric]
        found = dict(zip(scenarios.values("Scenario"), scenarios.values(heading), strict=True))[first.scenario]
        named, figures = scenarios.range("Scenario"), scenarios.range(heading)
        return found, kind, f"=SUMPRODUCT(--({named}={SCENARIO}),{figures})"

    index, kind, live = of_scenario("index")
    year_index = years.range("Index of the year (points)")
    of_year = dict(zip(years.values("Year"), years.values("Index of the year (points)"), strict=True))[first.year]

    def of_headlines(heading: str) -> tuple[Any, str]:
        found = dict(zip(scenarios.values("Scenario"), scenarios.values(heading), strict=True))[first.scenario]
        return found, f"=SUMPRODUCT(--({scenarios.range('Scenario')}={SCENARIO}),{scenarios.range(heading)})"

    (closed, closed_live), (worst, worst_live) = (of_headlines(heading) for heading in HEADLINE_FIGURES)
    lines = [
        ("Share of the gap closed by the last year", closed, "%", "percent", closed_live),
        ("Fair-share gap index, all years", index, "points", kind, live),
        ("Index of the year", of_year, "points", "index", f"=SUMPRODUCT(({years.range('Year')}={YEAR})*{year_index})"),
    ]
    for metric, unit, over in (
        ("shortfall", "£m", "all years"),
        ("transaction_cost", "£m", "all years"),
        ("contracts", "number", "mean of all years"),
    ):
        if MEASURES[metric][0] in scenarios.columns:
            found, kind, live = of_scenario(metric)
            lines.append((f"{MEASURES[metric][0].partition(' (')[0]}, {over}", found, unit, kind, live))
    lines += [
        ("Allocated in the year", _sum(places, ALLOCATED), "£m", "money", f"=SUM({places.cells(ALLOCATED)})"),
        ("Change on the do-minimum", _sum(places, CHANGE), "£m", "money", f"=SUM({cells})"),
        ("Places that get more than the do-minimum", sum(v > 0 for v in gains), "number", "count",
         f'=COUNTIF({cells},">0")'),
        ("Places that get less", sum(v < 0 for v in gains), "number", "count", f'=COUNTIF({cells},"<0")'),
        (f"Place furthest under its fair share, {main}", worst, "%", "percent", worst_live),
        ("Furthest under target after, component chosen", min(known, default=0.0), "%", "percent", f"=MIN({after})"),
        ("Concentration of money against need, component chosen", value, "points", "index", f"={formula}"),
    ]  # fmt: skip
    return lines


def _sum(places: Page, heading: str) -> float:
    return float(sum(places.values(heading)))
