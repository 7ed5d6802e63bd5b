"""A sheet for each place: its money, comparisons, level of decision, binding rules and changes that would help.

Sentences, figures and chart follow the scenario that the Dashboard shows: figures are formulas over other sheets, and
of the sentences each scenario has its own. The allocation under each scenario stands beside them. Only the list of
rules that bind is of one scenario, the leading one, which it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from budgetmodel.report.material import Material
from budgetmodel.report.page import COVER, SCENARIO_SHOWN, text_of
from budgetmodel.report.sheets.carrying import EFFECTS
from budgetmodel.report.sheets.indicators import BY_PLACE, place_paragraphs
from budgetmodel.report.sheets.narrative_sheet import SCENARIO_CELL, TITLE_CELL, Narrative, Paragraph, YearRow
from budgetmodel.report.sheets.pages import (
    AFTER,
    ALLOCATED,
    AMOUNT,
    BASELINE,
    BEFORE,
    DECIDED,
    LEVEL,
    MINIMUM,
    PROGRAMME,
    TARGET,
)
from budgetmodel.report.sheets.place_background import Background, by_weight, leading
from budgetmodel.report.sheets.place_chart import YearChart
from budgetmodel.report.sheets.place_words import paragraphs_of_place
from budgetmodel.report.sheets.real_terms import SHRINKING, real_rows
from budgetmodel.report.sheets.sheet_names import sheet_names

PLACE_LIMIT = 60
"""Most places with a sheet each; with more none has one, and By place and the CSV files have them all."""

OTHER_NAMES = (
    "Dashboard",
    "Headroom",
    "Prices",
    "Freedom",
    "Weights",
    "Ways out",
    "Notes",
    SHRINKING,
    BY_PLACE,
    EFFECTS,
)
"""Names of sheets whose entries in the contents have other names; no place may have such a name."""

ALL_YEARS = "All years"
FAIR_SHARE, GETS = "Fair share (£m)", "Gets (£m)"
RULES_SHOWN = 8
"""Most rules that are listed."""

Figures = tuple[float | None, ...]
Totals = tuple[float, ...]


def place_sheets(material: Material) -> list[Narrative]:
    """A sheet for every place of the leading scenario, in the order of the input; none beyond PLACE_LIMIT."""
    scenario = leading(material.results)
    result = material.results[scenario]
    places = list(dict.fromkeys(result.frames["places"]["place"].astype(str)))
    if len(places) > PLACE_LIMIT:
        return []
    taken = (COVER, *(entry.name for entry in material.entries), *OTHER_NAMES)
    names = sheet_names(places, taken)
    background = Background(material, result)
    others = [
        Background(material, other, listed=False)
        for key, other in material.results.items()
        if key != scenario and other.inputs.years == result.inputs.years
    ]
    numbered = enumerate(places, start=1)
    return [place_sheet(background, place, names[place], f"tblPlace{n}", others) for n, place in numbered]


def place_sheet(
    background: Background, place: str, name: str, table: str, others: Sequence[Background] = ()
) -> Narrative:
    """The sheet of one place; `others` are the scenarios whose sentences it has besides."""
    own = background.of_place(place)
    rows = [
        *_money_rows(background, own),
        *real_rows(background, place),
        *_need_rows(background, place),
        *_split_rows(background, own, "By programme", PROGRAMME, "Programme"),
        *_split_rows(background, own, "By level of service", LEVEL, "Level"),
        *_decider_rows(background, place),
        *_scenario_rows(background, place),
        *_rule_rows(background, place),
    ]
    purpose = (
        f"What {text_of(place)} gets, against its need, last year and the do-minimum; who decides; what held it; "
        "and what would change it."
    )
    paragraphs = _paragraphs(background, place, own)
    told = {each.result.scenario: _paragraphs(each, place, each.of_place(place)) for each in others}
    columns = (*background.years, ALL_YEARS)
    scenario = background.result.scenario
    return Narrative(
        name, place, purpose, scenario, paragraphs, columns, rows, table, SCENARIO_SHOWN, _chart(rows), told
    )


def _paragraphs(background: Background, place: str, own: pd.DataFrame) -> list[Paragraph]:
    return [*paragraphs_of_place(background, place, own), *place_paragraphs(background.result, place)]


def _chart(rows: Sequence[YearRow]) -> YearChart | None:
    """The chart of the money and the fair share in the component of largest weight; None where there is no target."""
    at = {row.figure: n for n, row in reversed(list(enumerate(rows)))}
    if not {GETS, FAIR_SHARE} <= at.keys():
        return None
    money, share = (rows[at[figure]].values[0] or 0.0 for figure in (GETS, FAIR_SHARE))
    return YearChart(at[GETS], at[FAIR_SHARE], under=money < share)


def _with_all(values: Sequence[float]) -> Totals:
    return (*values, float(np.sum(values)))


def _sum_formulas(live: str | None, years: int) -> tuple[str | None, ...]:
    """A formula for each year, None where its sheet does not list all rows, and the formula of their sum."""
    return (live,) * years + ("=SUM({first}{r}:{last}{r})",)


def _live(background: Background, heading: str, more: Mapping[str, str], *, year: bool = True) -> str | None:
    """The formula of the sum on the sheet Allocation for this place and scenario; None when it has no rows."""
    page = background.allocation
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, **({"Year": "{year}"} if year else {}), **more}
    return page.total_where(heading, where) if page.rows else None


def _money_rows(background: Background, own: pd.DataFrame) -> list[YearRow]:
    """The allocation compared with the Baseline and the do-minimum."""
    part, what, years = "What it gets", "All services", len(background.years)
    amount, minimum, before = (background.by_year(own, name) for name in ("amount", "do_minimum", "baseline"))
    more = [a - m for a, m in zip(amount, minimum, strict=True)]
    total = sum(minimum)
    shares = [_share(a, m) for a, m in zip([*amount, sum(amount)], [*minimum, total], strict=True)]
    grown = [_share(a, b) for a, b in zip(amount, before, strict=True)]

    def live(heading: str) -> tuple[str | None, ...]:
        return _sum_formulas(_live(background, heading, {}), years)

    return [
        YearRow(part, what, "Allocation (£m)", "money", _with_all(amount), live(ALLOCATED), total=True),
        YearRow(
            part,
            what,
            "Baseline, the year before (£m)",
            "money",
            (*before, None),
            (_live(background, BASELINE, {}),) * years + (None,),
        ),
        YearRow(
            part,
            what,
            "Change on the Baseline (%)",
            "percent",
            (*grown, None),
            ('=IF({c}{up1}=0,"",{c}{up2}/{c}{up1}-1)',) * years + (None,),
        ),
        YearRow(part, what, "Do-minimum (£m)", "money", _with_all(minimum), live(MINIMUM)),
        YearRow(
            part,
            what,
            "More than the do-minimum (£m)",
            "money",
            _with_all(more),
            ("={c}{up4}-{c}{up1}",) * (years + 1),
        ),
        YearRow(
            part,
            what,
            "More than the do-minimum (%)",
            "percent",
            tuple(shares),
            ('=IF({c}{up2}=0,"",{c}{up1}/{c}{up2})',) * (years + 1),
        ),
    ]


def _share(amount: float, base: float) -> float | None:
    return amount / base - 1 if base else None


def _need_rows(background: Background, place: str) -> list[YearRow]:
    """Fair share, money and distance of the component of largest weight; the distance of the others."""
    part, years = "Against its need", len(background.years)
    frame = background.material.frame(background.result.scenario, "places")
    own = frame[(frame["place"] == place) & (frame["target"] > 0)]
    page = background.material.page("Places")
    listed = background.before
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, "Component": "$B{r}", "Year": "{year}"}

    def live(heading: str) -> str:
        return page.total_where(heading, where)

    rows: list[YearRow] = []
    for number, component in enumerate(by_weight(background.result)):
        its = own[own["component"] == component]
        if len(its) < years:
            continue
        target, amount = background.by_year(its, "target"), background.by_year(its)
        if number == 0:
            rows += [
                YearRow(part, component, FAIR_SHARE, "money", _with_all(target), _sum_formulas(live(TARGET), years)),
                YearRow(part, component, GETS, "money", _with_all(amount), _sum_formulas(live(ALLOCATED), years)),
                YearRow(
                    part,
                    component,
                    "Distance from its fair share (%)",
                    "percent",
                    tuple(_share(a, t) for a, t in zip(_with_all(amount), _with_all(target), strict=True)),
                    ('=IF({c}{up2}=0,"",{c}{up1}/{c}{up2}-1)',) * (years + 1),
                ),
                YearRow(
                    part,
                    component,
                    "The same with the do-minimum (%)",
                    "percent",
                    (*(listed[background.result.scenario, year, place, component] for year in background.years), None),
                    (live(BEFORE),) * years + (None,),
                ),
            ]
        else:
            distance = tuple(background.by_year(its, "distance"))
            figure = "Distance from its fair share (%)"
            rows.append(
                YearRow(part, component, figure, "percent", (*distance, None), (live(AFTER),) * years + (None,))
            )
    return rows


def _split_rows(background: Background, own: pd.DataFrame, part: str, heading: str, column: str) -> list[YearRow]:
    """The money of a place by a column of its services, and the sum of these."""
    years = len(background.years)
    live = _live(background, ALLOCATED, {heading: "$B{r}"})
    rows = [
        YearRow(part, str(member), "Allocation (£m)", "money", _with_all(background.by_year(its)),
            _sum_formulas(live, years))
        for member, its in own.groupby(column, sort=False, observed=True)
    ]  # fmt: skip
    return [*rows, _total_row(part, rows)] if rows else []


def _total_row(part: str, rows: Sequence[YearRow]) -> YearRow:
    sums = tuple(
        float(np.sum([row.values[n] or 0.0 for row in rows])) for n in range(len(rows[0].values) if rows else 0)
    )
    count = len(rows)
    formula = "={c}{up1}" if count == 1 else "=SUM({c}{top}:{c}{up1})"
    return YearRow(part, "All", "Allocation (£m)", "money", sums, (formula,) * len(sums), total=True, spans=count)


def _decider_rows(background: Background, place: str) -> list[YearRow]:
    """The money of a place by the level at which its pot is decided."""
    part, years, frame = "By who decides", len(background.years), background.decided
    own = {str(who): its for who, its in frame[frame["place"] == place].groupby("decided", observed=True)}
    page = background.material.page("Flows")
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, DECIDED: "$B{r}", "Year": "{year}"}
    live = page.total_where(AMOUNT, where) if page.rows else None
    rows = []
    for who in dict.fromkeys([*own, *background.levels]):  # another scenario may decide elsewhere
        values = background.by_year(own[who]) if who in own else [0.0] * years
        rows.append(YearRow(part, who, "Allocation (£m)", "money", _with_all(values), _sum_formulas(live, years)))
    return [*rows, _total_row(part, rows)] if rows else []


def _scenario_rows(background: Background, place: str) -> list[YearRow]:
    """The allocation of the place under each scenario."""
    page, years = background.allocation, len(background.years)
    where = {"Scenario": "$B{r}", "Place": TITLE_CELL, "Year": "{year}"}
    live = page.total_where(ALLOCATED, where) if page.rows else None
    rows = []
    for name, result in background.material.results.items():
        frame = background.material.frame(name, "allocation")
        if result.inputs.years != background.years:
            continue
        values = _with_all(background.by_year(frame[frame["place"] == place]))
        rows.append(
            YearRow("Under each scenario", name, "Allocation (£m)", "money", values, _sum_formulas(live, years))
        )
    return rows if len(rows) > 1 else []


def _rule_rows(background: Background, place: str) -> list[YearRow]:
    """The rules that bind in the place, with the money in their binding rows, the most first."""
    bound = background.bound_in(place)
    sums = bound.groupby(["rule", "cell"], sort=False, observed=True)["activity"].sum()
    order = sums.sort_values(ascending=False, kind="stable").index[:RULES_SHOWN]
    by_year = bound.groupby(["rule", "cell", "year"], sort=False, observed=True)["activity"].sum().to_dict()
    part, rows = f"Rules that bind in '{background.result.scenario}'", []
    for rule, cell in order:
        values = tuple(by_year.get((rule, cell, year)) for year in background.years)
        figure = f"At its limit, {cell} (£m)"
        blank = (None,) * (len(values) + 1)
        rows.append(YearRow(part, str(rule), figure, "money", (*values, None), blank))
    return rows
