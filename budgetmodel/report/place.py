"""A sheet for each place, for local scrutiny: what it gets, against what, who decides, what held it, what would help.

It speaks of one scenario, the leading one, and shows what the place would get under each of the others. Sentences are
made of that scenario's figures when it is written; the figures are formulas on the sheets behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from budgetmodel import schema
from budgetmodel.explain.words import paragraph
from budgetmodel.money import pounds, to_pence
from budgetmodel.report.material import Material
from budgetmodel.report.names import sheet_names
from budgetmodel.report.page import COVER, Page, text_of
from budgetmodel.report.pages import (
    AFTER,
    ALLOCATED,
    AMOUNT,
    BASELINE,
    BEFORE,
    DECIDED,
    LEVEL,
    MINIMUM,
    NO_PROGRAMME,
    PROGRAMME,
    TARGET,
    deciders,
    programmes,
)
from budgetmodel.report.story import SCENARIO_CELL, TITLE_CELL, Row, Story, Told
from budgetmodel.report.tables import coded, texts
from budgetmodel.results import Result
from budgetmodel.tables import records

PLACE_LIMIT = 60
"""Places beyond which none has a sheet of its own; By place and the CSV files hold them all."""

ALL_YEARS = "All years"
RULES_SHOWN, PRICES_SHOWN, LARGEST = 8, 3, 3
"""Rules that are listed, prices told, and programmes named."""

SMALLEST = 0.05
"""£m: what reads £0.0m."""

Figures = tuple[float | None, ...]
Totals = tuple[float, ...]


def leading(results: Mapping[str, Result]) -> str:
    """The scenario that comes first as the program itself ranks: the least shortfall, to the penny, then the index."""
    ranked = [(to_pence(r.metric("shortfall")), r.metric("index"), n) for n, r in enumerate(results.values())]
    return list(results)[min(ranked)[2]]


def place_sheets(material: Material) -> list[Story]:
    """A sheet for every place of the leading scenario, in the order of the input; none beyond PLACE_LIMIT."""
    scenario = leading(material.results)
    result = material.results[scenario]
    places = list(dict.fromkeys(result.frames["places"]["place"].astype(str)))
    if len(places) > PLACE_LIMIT:
        return []
    taken = (COVER, *(entry.name for entry in material.entries), *OTHER_NAMES)
    names = sheet_names(places, taken)
    background = Background(material, result)
    return [place_sheet(background, place, names[place], f"tblPlace{n}") for n, place in enumerate(places, start=1)]


OTHER_NAMES = ("Dashboard", "Headroom", "Prices", "Freedom", "Weights", "Ways out", "Notes")
"""Sheets that stand under another name in the contents, and that places must not be called."""


@dataclass(frozen=True)
class Background:
    """What the sheets of all places share: the results, the scenario they speak of, and the sheets behind them."""

    material: Material
    result: Result

    @property
    def years(self) -> tuple[str, ...]:
        """The years of the plan."""
        return self.result.budget.years

    @property
    def allocation(self) -> Page:
        """The sheet Allocation."""
        return self.material.page("Allocation")

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The allocation of the scenario with the programme and level of each service."""
        scenario = self.result.scenario
        services = self.result.budget.frame(schema.SERVICES)[["Service", "Level"]]
        known = programmes({scenario: self.result})
        lines = self.result.frames["allocation"].merge(
            services, left_on="service", right_on="Service", how="left", validate="m:1"
        )
        named = [known.get((scenario, service), NO_PROGRAMME) for service in texts(lines["service"])]
        lines = lines.assign(Programme=named, Level=lines["Level"].fillna(""))
        return coded(lines[["year", "place", "amount", "do_minimum", "baseline", "Programme", "Level"]])

    @cached_property
    def decided(self) -> pd.DataFrame:
        """Amounts by year, place and who decides, £m."""
        flows = self.result.frames["flows"][["year", "source", "place", "amount"]].merge(
            deciders(self.result), on=["year", "source"], how="left", validate="m:1"
        )
        return coded(
            flows.groupby(["year", "place", "decided"], sort=False, observed=True)["amount"].sum().reset_index()
        )

    @cached_property
    def before(self) -> Mapping[tuple[str, str, str, str], float]:
        """The distance from target with the do-minimum, by scenario, year, place and component."""
        page = self.material.page("Places")
        keys = zip(*(page.values(name) for name in ("Scenario", "Year", "Place", "Component")), strict=True)
        return dict(zip(keys, page.values(BEFORE), strict=True))

    @cached_property
    def bound(self) -> pd.DataFrame:
        """The rows of rules that bind."""
        rules = self.material.frame(self.result.scenario, "rules")
        told = ["rule", "cell", "year", "source", "place", "service", "activity", "price"]
        return rules.loc[rules["binding"].astype(bool), told]

    @cached_property
    def common(self) -> int:
        """How many rules bind that speak of the whole system."""
        return int(self.bound.loc[(self.bound["place"] == "") & (self.bound["source"] == ""), "rule"].nunique())

    def by_year(self, frame: pd.DataFrame, column: str = "amount") -> list[float]:
        """A column summed by year, £m: rows of a year that stand together at once; pandas takes ten times as long."""
        sums, years = dict.fromkeys(self.years, 0.0), texts(frame["year"])
        starts = [n for n, year in enumerate(years) if n == 0 or year != years[n - 1]]
        values = np.nan_to_num(frame[column].to_numpy(dtype=float))
        for start, total in zip(starts, np.add.reduceat(values, starts) if starts else [], strict=True):
            sums[years[start]] += float(total)
        return list(sums.values())


def place_sheet(background: Background, place: str, name: str, table: str) -> Story:
    """The sheet of one place."""
    own = background.lines[background.lines["place"] == place]
    rows = [
        *_money_rows(background, own),
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
    told = _told(background, place, own)
    columns = (*background.years, ALL_YEARS)
    return Story(name, place, purpose, background.result.scenario, told, columns, rows, table)


def _with_all(values: Sequence[float]) -> Totals:
    return (*values, float(np.sum(values)))


def _sum_formulas(live: str | None, years: int) -> tuple[str | None, ...]:
    """A live formula for each year, and their sum; nothing where the sheet behind is not whole."""
    return (live,) * years + ("=SUM({first}{r}:{last}{r})",)


def _live(background: Background, heading: str, more: Mapping[str, str], *, year: bool = True) -> str | None:
    """The sum on the sheet Allocation for this place and scenario."""
    page = background.allocation
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, **({"Year": "{year}"} if year else {}), **more}
    return page.total_where(heading, where) if page.rows else None


def _money_rows(background: Background, own: pd.DataFrame) -> list[Row]:
    """The allocation against the Baseline and the do-minimum."""
    part, what, years = "What it gets", "All services", len(background.years)
    amount, minimum, before = (background.by_year(own, name) for name in ("amount", "do_minimum", "baseline"))
    more = [a - m for a, m in zip(amount, minimum, strict=True)]
    total = sum(minimum)
    shares = [_share(a, m) for a, m in zip([*amount, sum(amount)], [*minimum, total], strict=True)]
    grown = [_share(a, b) for a, b in zip(amount, before, strict=True)]

    def live(heading: str) -> tuple[str | None, ...]:
        return _sum_formulas(_live(background, heading, {}), years)

    return [
        Row(part, what, "Allocation (£m)", "money", _with_all(amount), live(ALLOCATED), total=True),
        Row(
            part,
            what,
            "Baseline, the year before (£m)",
            "money",
            (*before, None),
            (_live(background, BASELINE, {}),) * years + (None,),
        ),
        Row(
            part,
            what,
            "Change on the Baseline (%)",
            "percent",
            (*grown, None),
            ('=IF({c}{up1}=0,"",{c}{up2}/{c}{up1}-1)',) * years + (None,),
        ),
        Row(part, what, "Do-minimum (£m)", "money", _with_all(minimum), live(MINIMUM)),
        Row(
            part,
            what,
            "More than the do-minimum (£m)",
            "money",
            _with_all(more),
            ("={c}{up4}-{c}{up1}",) * (years + 1),
        ),
        Row(
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


def _need_rows(background: Background, place: str) -> list[Row]:
    """Fair share, money counted and distance in the weightiest component; in the others the distance."""
    part, years = "Against its need", len(background.years)
    frame = background.material.frame(background.result.scenario, "places")
    own = frame[(frame["place"] == place) & (frame["target"] > 0)]
    page = background.material.page("Places")
    listed = background.before
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, "Component": "$B{r}", "Year": "{year}"}

    def live(heading: str) -> str:
        return page.total_where(heading, where)

    rows: list[Row] = []
    for number, component in enumerate(by_weight(background.result)):
        its = own[own["component"] == component]
        if len(its) < years:
            continue
        target, amount = background.by_year(its, "target"), background.by_year(its)
        if number == 0:
            rows += [
                Row(part, component, "Fair share (£m)", "money", _with_all(target), _sum_formulas(live(TARGET), years)),
                Row(part, component, "Gets (£m)", "money", _with_all(amount), _sum_formulas(live(ALLOCATED), years)),
                Row(
                    part,
                    component,
                    "Distance from its fair share (%)",
                    "percent",
                    tuple(_share(a, t) for a, t in zip(_with_all(amount), _with_all(target), strict=True)),
                    ("={c}{up1}/{c}{up2}-1",) * (years + 1),
                ),
                Row(
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
            rows.append(Row(part, component, figure, "percent", (*distance, None), (live(AFTER),) * years + (None,)))
    return rows


def by_weight(result: Result) -> list[str]:
    """The components of the target, the weightiest first."""
    target = result.budget.frame(schema.TARGET)
    weights = target["Weight"].astype(float).to_numpy()
    return [str(target["Component"].iloc[n]) for n in np.argsort(-weights, kind="stable")]


def _split_rows(background: Background, own: pd.DataFrame, part: str, heading: str, column: str) -> list[Row]:
    """The money of a place by a column of its services, and the sum of these."""
    years = len(background.years)
    live = _live(background, ALLOCATED, {heading: "$B{r}"})
    rows = [
        Row(part, str(member), "Allocation (£m)", "money", _with_all(background.by_year(its)),
            _sum_formulas(live, years))
        for member, its in own.groupby(column, sort=False, observed=True)
    ]  # fmt: skip
    return [*rows, _total_row(part, rows)] if rows else []


def _total_row(part: str, rows: Sequence[Row]) -> Row:
    sums = tuple(
        float(np.sum([row.values[n] or 0.0 for row in rows])) for n in range(len(rows[0].values) if rows else 0)
    )
    count = len(rows)
    formula = "={c}{up1}" if count == 1 else "=SUM({c}{top}:{c}{up1})"
    return Row(part, "All", "Allocation (£m)", "money", sums, (formula,) * len(sums), total=True, spans=count)


def _decider_rows(background: Background, place: str) -> list[Row]:
    """The money of a place by who decides on its pot."""
    part, years, frame = "By who decides", len(background.years), background.decided
    page = background.material.page("Flows")
    where = {"Scenario": SCENARIO_CELL, "Place": TITLE_CELL, DECIDED: "$B{r}", "Year": "{year}"}
    live = page.total_where(AMOUNT, where) if page.rows else None
    rows = [
        Row(part, str(who), "Allocation (£m)", "money", _with_all(background.by_year(its)), _sum_formulas(live, years))
        for who, its in frame[frame["place"] == place].groupby("decided", sort=False, observed=True)
    ]
    return [*rows, _total_row(part, rows)] if rows else []


def _scenario_rows(background: Background, place: str) -> list[Row]:
    """What the place would get under each scenario."""
    page, years = background.allocation, len(background.years)
    where = {"Scenario": "$B{r}", "Place": TITLE_CELL, "Year": "{year}"}
    live = page.total_where(ALLOCATED, where) if page.rows else None
    rows = []
    for name, result in background.material.results.items():
        frame = background.material.frame(name, "allocation")
        if result.budget.years != background.years:
            continue
        values = _with_all(background.by_year(frame[frame["place"] == place]))
        rows.append(Row("Under each scenario", name, "Allocation (£m)", "money", values, _sum_formulas(live, years)))
    return rows if len(rows) > 1 else []


def _bound(background: Background, place: str) -> pd.DataFrame:
    """Rows of rules of the place that bind: rule, cell, year, activity, price."""
    return background.bound[background.bound["place"] == place]


def _rule_rows(background: Background, place: str) -> list[Row]:
    """The rules that bind in the place: the money that stands at their limits, the most first."""
    bound = _bound(background, place)
    sums = bound.groupby(["rule", "cell"], sort=False, observed=True)["activity"].sum()
    order = sums.sort_values(ascending=False, kind="stable").index[:RULES_SHOWN]
    by_year = bound.groupby(["rule", "cell", "year"], sort=False, observed=True)["activity"].sum().to_dict()
    rows = []
    for rule, cell in order:
        values = tuple(by_year.get((rule, cell, year)) for year in background.years)
        figure = f"At its limit, {cell} (£m)"
        row = Row("Rules that bind here", str(rule), figure, "money", (*values, None), (None,) * (len(values) + 1))
        rows.append(row)
    return rows


def _told(background: Background, place: str, own: pd.DataFrame) -> list[Told]:
    """The sentences, in parts."""
    why = background.material.waterfalls.get(background.result.scenario)
    told = [Told(f"What {place} gets", tuple(_gets(background, place, own)))]
    told.append(Told("Against its need", tuple(_needs(background, place))))
    if why is not None:
        told.append(Told("Why, and what would change it", (paragraph(why, place),)))
    else:
        told.append(Told("What held it, and what would change it", tuple(_held(background, place))))
    return told


def _gets(background: Background, place: str, own: pd.DataFrame) -> list[str]:
    """Money in the first and last year, against last year, do-minimum and the other scenarios; the largest parts."""
    years, scenario = background.years, background.result.scenario
    amount, minimum, before = (background.by_year(own, name) for name in ("amount", "do_minimum", "baseline"))
    first = f"{pounds(amount[0])} in {years[0]}"
    course = first if len(years) == 1 else f"{first} and {pounds(amount[-1])} in {years[-1]}"
    whole = "" if len(years) == 1 else f", {pounds(sum(amount))} over the {len(years)} years"
    sentences = [
        f"Under the scenario '{scenario}' it gets {course}{whole}. In the year before, {pounds(before[0])} was spent "
        f"on it, {_compared(amount[0], before[0], 'in its first year the plan gives')}.",
        "If everybody kept today's share of the money (the do-minimum), it would get "
        f"{pounds(sum(minimum))}; {_compared(sum(amount), sum(minimum), 'the plan gives')}.",
    ]
    sums = own.groupby("Programme", sort=False, observed=True)["amount"].sum()
    sums = sums.sort_values(ascending=False, kind="stable")
    named = [f"{name} ({_part(value / sums.sum())})" for name, value in sums.iloc[:LARGEST].items() if value > 0]
    if len(sums) > 1 and named:
        sentences.append(f"Most of it goes to {_and(named)}.")
    sentences += _decided(background, place)
    return sentences


def _decided(background: Background, place: str) -> list[str]:
    frame = background.decided
    sums = frame[frame["place"] == place].groupby("decided", sort=False, observed=True)["amount"].sum()
    if not len(sums) or not sums.sum():
        return []
    where = {schema.SERVICE_LEVEL: "at the level that runs each service"}
    named = {str(name): where.get(str(name), f"at the level '{name}'") for name in sums.index}
    if len(sums) == 1:
        return [f"All of it is decided {named[str(sums.index[0])]}."]
    shares = [f"{_part(value / sums.sum())} {named[str(name)]}" for name, value in sums.items()]
    return [f"It is decided {_and(shares)}."]


def _part(share: float) -> str:
    """A share in whole per cent; what is not nothing and not all never reads so."""
    return "less than 1%" if 0 < share < 0.005 else "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _compared(amount: float, base: float, who: str) -> str:
    """Words for the difference of two amounts, £m."""
    gap = amount - base
    if abs(gap) < SMALLEST:
        return f"{who} the same"
    share = f" ({abs(gap) / base:.1%})" if base > 0 else ""
    return f"{who} {pounds(abs(gap))}{share} {'more' if gap > 0 else 'less'}"


def _needs(background: Background, place: str) -> list[str]:
    """Where it stands from its fair share in the last year, before and after, component by component."""
    frame = background.material.frame(background.result.scenario, "places")
    last = background.years[-1]
    own = frame[(frame["place"] == place) & (frame["year"] == last) & (frame["target"] > 0)].set_index("component")
    ordered = [name for name in by_weight(background.result) if name in own.index]
    if not ordered:
        return ["It has no need in any component of the target, so there is no fair share to measure it by."]
    main = {str(name): float(own[name].loc[ordered[0]]) for name in ("target", "amount", "distance")}
    apart = dict(zip(own.index, own["distance"].astype(float), strict=True))
    sentences = [
        f"A fair share is money in proportion to need. In {last} its fair share of '{ordered[0]}' is "
        f"{pounds(main['target'])}; it gets {pounds(main['amount'])}, "
        f"that is {_from_share(main['distance'])}."
    ]
    if len(ordered) > 1:
        parts = [f"{_from_share(apart[name])} for '{name}'" for name in ordered[1:]]
        sentences.append(f"Of the other things that the plan makes more equal, it is {_and(parts)}.")
    return sentences


def _from_share(distance: float) -> str:
    if abs(distance) < SMALLEST / 100:
        return "at its fair share"
    return f"{abs(distance):.1%} {'more' if distance > 0 else 'less'} than its fair share"


def _held(background: Background, place: str) -> list[str]:
    """Which rules bind here, and what the dearest of their rows are worth."""
    bound = _bound(background, place)
    common = background.common
    elsewhere = f"{common} rule{'s' if common != 1 else ''} that speak{'' if common != 1 else 's'} of the whole system "
    sentences = []
    if bound.empty:
        sentences.append(f"No rule that speaks of {place} alone stands at its limit.")
    else:
        names = [f"'{rule}' ({cell})" for rule, cell in dict.fromkeys(zip(bound["rule"], bound["cell"], strict=True))]
        more = f" and {len(names) - RULES_SHOWN} more" if len(names) > RULES_SHOWN else ""
        listed = _and(names[:RULES_SHOWN]) + more
        sentences.append(f"What it gets stands at the limit of {listed}; the last rows of the table say when.")
    if common:
        sentences.append(f"{elsewhere}stand{'' if common != 1 else 's'} at their limits too: see Rules and prices.")
    return [*sentences, *_worth(bound)]


def _worth(bound: pd.DataFrame) -> list[str]:
    """What £1m more or less in the dearest limits does; limits of one rule and year that are worth the same share one.

    A price rises with the limit of what makes the plan less fair: there less would help.
    """
    priced = bound[bound["price"].abs() > 0]
    order = np.argsort(-priced["price"].abs().to_numpy(dtype=float), kind="stable")
    alike: dict[tuple[str, str, bool, str], list[str]] = {}
    for _, row in records(priced.iloc[order]):
        price = float(str(row["price"]))
        key = (str(row["rule"]), str(row["year"]), price > 0, f"{abs(price):.3g}")
        alike.setdefault(key, []).append(str(row["service"]))
    sentences = []
    for (rule, year, less, size), services in list(alike.items())[:PRICES_SHOWN]:
        named = [name for name in services if name]
        more = len(named) - LARGEST
        listed = f"{', '.join(named[:LARGEST])} and {more} more services" if more > 1 else _one_of(named)
        whose = f", for {listed}," if named else ""
        sentences.append(
            f"£1m {'less' if less else 'more'} in the limit of '{rule}' in {year}{whose} would make the whole plan "
            f"fairer: the index would fall by {size}."
        )
    return sentences or ["A small change of those limits would leave the index as it is."]


def _one_of(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
