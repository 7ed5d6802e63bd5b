"""What the charts of the Dashboard are called and what they find, as sentences that follow the yellow cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.report import shown
from budgetmodel.report.blocks import MEASURES, Table
from budgetmodel.report.page import Page
from budgetmodel.report.pages import AFTER, ALLOCATED, BEFORE, CHANGE, CHANGE_SHARE, PROGRAMME
from budgetmodel.report.shown import COMPONENT, PLACE, SCENARIO, YEAR, Shown

PRICE_FORMAT, INDEX_FORMAT = "+0.000;(0.000);0.000", "0.00"
INDEX = MEASURES["index"][0]


@dataclass(frozen=True)
class Live:
    """Words with the formula (without its =) that makes them."""

    formula: str
    words: str


def join(*parts: str | Live) -> Live:
    """Words and live words as one sentence; plain text is ours, never that of an input."""
    formulas = [part.formula if isinstance(part, Live) else f'"{part}"' for part in parts]
    return Live("&".join(formulas), "".join(part.words if isinstance(part, Live) else part for part in parts))


def figure(formula: str, value: float, form: str) -> Live:
    """A figure inside words."""
    return Live(f'TEXT({formula},"{form}")', shown.formatted(value, form))


def titles(first: Shown, curve: Page) -> dict[str, Live]:
    """The titles of the charts, with their units."""
    scenario, year = Live(SCENARIO, first.scenario), Live(YEAR, first.year)
    place, component = Live(PLACE, first.place), Live(COMPONENT, first.component)
    return {
        "Scenarios": join("Fair-share gap index, all years (points; 100 = do-minimum, 0 = equal)"),
        "Winners and losers": join("Change on the do-minimum (£m): ", scenario, ", ", year),
        "Distance from target": join("Distance from target (%): ", component, ", ", scenario, ", ", year),
        "Waterfall": join(place, ": do-minimum to allocation (£m), ", scenario, ", ", year),
        "Need and money": join(
            "Lorenz curve less line of equality (% points): ", component, ", index ",
            figure(*shown.concentration(curve, shown.AREA_BEFORE), INDEX_FORMAT), " before, ",
            figure(*shown.concentration(curve), INDEX_FORMAT), " after",
        ),
        "Prices": join("Change in index per extra £1m (points): ", scenario),
        "Heat map": join("Change on the do-minimum by place and programme (%): ", scenario, ", ", year),
    }  # fmt: skip


def findings(
    first: Shown, scenarios: Table, prices: Table, programmes: Page, places: Page, curve: Page, steps: Page
) -> dict[str, Live]:
    """What each chart finds."""
    return {
        "Scenarios": _scenarios(first, scenarios),
        "Winners and losers": _winners(places),
        "Distance from target": _distances(places),
        "Waterfall": _waterfall(first, steps),
        "Need and money": _curve(curve),
        "Prices": _prices(prices),
        "Heat map": _heat(programmes),
    }


def _scenarios(first: Shown, table: Table) -> Live:
    index = [float(value) for value in table.values(INDEX)]
    named, cells = table.range("Scenario"), table.range(INDEX)
    own = index[table.values("Scenario").index(first.scenario)]
    lowest = min(index)
    at = f"INDEX({named},MATCH(MIN({cells}),{cells},0))"
    return join(
        Live(SCENARIO, first.scenario), " comes to ",
        figure(f"SUMPRODUCT(({named}={SCENARIO})*{cells})", own, INDEX_FORMAT), " points. Lowest: ",
        Live(at, str(table.values("Scenario")[index.index(lowest)])), ", ",
        figure(f"MIN({cells})", lowest, INDEX_FORMAT), ".",
    )  # fmt: skip


def _winners(places: Page) -> Live:
    change, names, shares = (list(places.values(name)) for name in (CHANGE, "Place", CHANGE_SHARE))
    cells = places.cells(CHANGE)
    parts: list[str | Live] = []
    for word, function, value in (("Most: ", "MAX", max(change)), (". Least: ", "MIN", min(change))):
        at = change.index(value)
        row = f"MATCH({function}({cells}),{cells},0)"
        parts += [word, Live(f"INDEX({places.cells('Place')},{row})", str(names[at])), " "]
        parts += [figure(f"{function}({cells})", value, shown.LABEL_FORMAT), " £m, "]
        parts += [figure(f"INDEX({places.cells(CHANGE_SHARE)},{row})", float(shares[at] or 0.0), shown.SHARE_FORMAT)]
    return join(*parts, ".")


def _distances(places: Page) -> Live:
    parts: list[str | Live] = ["Furthest under target, before: "]
    for n, heading in enumerate((BEFORE, AFTER)):
        values = [value for value in places.values(heading) if value is not None]
        lowest = min(values, default=0.0)
        cells = places.cells(heading)
        at = list(places.values(heading)).index(lowest) if values else 0
        name = f"INDEX({places.cells('Place')},MATCH(MIN({cells}),{cells},0))"
        parts += ["; after: "] if n else []
        parts += [Live(name, str(places.values("Place")[at])), " "]
        parts += [figure(f"MIN({cells})", lowest, shown.SHARE_FORMAT)]
    return join(*parts, ".")


def _waterfall(first: Shown, steps: Page) -> Live:
    amounts = list(steps.values("Amount or change (£m)"))
    top, last = (f"{steps.link}!$C${n}" for n in (shown.TOP, shown.TOP + steps.rows - 1))
    return join(
        Live(PLACE, first.place), " goes from ", figure(top, amounts[0], shown.TOTAL_FORMAT), " to ",
        figure(last, amounts[-1], shown.TOTAL_FORMAT), " £m: ",
        figure(f"{last}-{top}", amounts[-1] - amounts[0], shown.LABEL_FORMAT), " £m.",
    )  # fmt: skip


def _curve(curve: Page) -> Live:
    before, after = (figure(*shown.concentration(curve, heading), INDEX_FORMAT) for heading in (
        shown.AREA_BEFORE, shown.AREA
    ))  # fmt: skip
    return join(
        "Concentration index ",
        before,
        " before, ",
        after,
        " after: 0 is money in line with need, 100 all for one place.",
    )


def _prices(table: Table) -> Live:
    if not table.values("Line") or not table.values("Line")[0]:
        return Live('"No rule has a price."', "No rule has a price.")
    r = table.first + 1
    price = float(table.values("Price (points)")[0])
    told = figure(f"$H${r}", price, PRICE_FORMAT)
    return join("£1m more of the first rule of the table changes the index by ", told, " points.")


def _heat(programmes: Page) -> Live:
    values: Sequence[Any] = list(programmes.values(CHANGE_SHARE))
    told = [value for value in values if value is not None]
    cells = programmes.cells(CHANGE_SHARE)
    parts: list[str | Live] = []
    for word, function, value in (
        ("Most: ", "MAX", max(told, default=0.0)),
        (". Least: ", "MIN", min(told, default=0.0)),
    ):
        at = values.index(value) if told else 0
        row = f"MATCH({function}({cells}),{cells},0)"
        for heading, before in (("Place", word), (PROGRAMME, ", ")):
            named = str(programmes.values(heading)[at])
            parts += [before, Live(f"INDEX({programmes.cells(heading)},{row})", named)]
        parts += [" ", figure(f"{function}({cells})", value, shown.SHARE_FORMAT)]
    return join(*parts, ".")


def headlines(
    first: Shown, scenarios: Table, years: Table, places: Page, curve: Page
) -> list[tuple[str, Any, str, str, str]]:
    """The headline figures: what, value, unit, kind and formula."""
    gains = [float(v) for v in places.values(CHANGE)]
    cells, after = places.cells(CHANGE), places.cells(AFTER)
    known = [value for value in places.values(AFTER) if value is not None]
    formula, value = shown.concentration(curve)

    def of_scenario(metric: str) -> tuple[Any, str, str]:
        heading, kind = MEASURES[metric]
        found = dict(zip(scenarios.values("Scenario"), scenarios.values(heading), strict=True))[first.scenario]
        named, figures = scenarios.range("Scenario"), scenarios.range(heading)
        return found, kind, f"=SUMPRODUCT(--({named}={SCENARIO}),{figures})"

    index, kind, live = of_scenario("index")
    year_index = years.range("Index of the year (points)")
    of_year = dict(zip(years.values("Year"), years.values("Index of the year (points)"), strict=True))[first.year]
    lines = [
        ("Fair-share gap index, all years", index, "points", kind, live),
        ("Index of the year", of_year, "points", "index", f"=SUMPRODUCT(({years.range('Year')}={YEAR})*{year_index})"),
    ]
    for metric, unit in (("shortfall", "£m"), ("transaction_cost", "£m"), ("contracts", "number")):
        if MEASURES[metric][0] in scenarios.columns:
            found, kind, live = of_scenario(metric)
            lines.append((f"{MEASURES[metric][0].partition(' (')[0]}, all years", found, unit, kind, live))
    lines += [
        ("Allocated in the year", _sum(places, ALLOCATED), "£m", "money", f"=SUM({places.cells(ALLOCATED)})"),
        ("Change on the do-minimum", _sum(places, CHANGE), "£m", "money", f"=SUM({cells})"),
        ("Places that get more than the do-minimum", sum(v > 0 for v in gains), "number", "count",
         f'=COUNTIF({cells},">0")'),
        ("Places that get less", sum(v < 0 for v in gains), "number", "count", f'=COUNTIF({cells},"<0")'),
        ("Furthest under target after, component chosen", min(known, default=0.0), "%", "percent", f"=MIN({after})"),
        ("Concentration of money against need, component chosen", value, "points", "index", f"={formula}"),
    ]  # fmt: skip
    return lines


def _sum(places: Page, heading: str) -> float:
    return float(sum(places.values(heading)))
