"""Success measures beside the money: level, gap to benchmark, trend with its breaks, slope index, money linked.

They are figures of the sheet Indicators, of the time that they are of. Nothing here says that an allocation moves them.

- Gap = value - benchmark of the row. Means over places weigh each by its people: residents, or else registered people.
- A break is where the Definition, the unit, or the framework (the year is known for some indicators) changes between
  two periods. No change is worked out across one, and a trend begins after the last.
- Slope index of inequality over `Places.Deprivation score`: see `inequality.slope_index_of_inequality`. It needs
  LEAST_PLACES places with a figure, a score and people, as `phe_sii` asks of its groups.
- Money linked: that of the services of the component which the workbook names beside the indicator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.checks.evidence import break_between, period
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inequality import slope_index_of_inequality
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.places import population

LEAST_PLACES = 5
"""Fewest places for a slope index: `phe_sii` asks for 5 to 100 groups."""

BETTER, WORSE, LEVEL = "better", "worse", "level"

BASES = ("resident", "registered")
"""The populations by which places are weighted: the first that the workbook has."""

NO_SCORE, NO_PEOPLE = "none: not every place with a figure has a Deprivation score", "none: nobody counts the people"
FEW, ALIKE = f"none: fewer than {LEAST_PLACES} places", "none: all places have one Deprivation score"
METHOD = "least squares over ranks by Deprivation score, weighted with {} people"
"""What stands beside a slope index: its method, or why there is none."""


@dataclass(frozen=True)
class Indicator:
    """One indicator: its rows with the columns of the sheet, and `order`, the number of the row's period from 0."""

    name: str
    rows: pd.DataFrame
    periods: tuple[str, ...]
    breaks: Mapping[int, str]

    @property
    def last(self) -> int:
        """The number of the last period."""
        return len(self.periods) - 1

    @property
    def since(self) -> int:
        """The first period that the last is comparable with."""
        return max(self.breaks, default=0)

    @cached_property
    def latest(self) -> pd.DataFrame:
        """The rows of the last period."""
        return self.rows[self.rows["order"] == self.last]

    def of(self, column: str) -> str:
        """The text of a column in the last period."""
        texts = [str(text) for text in self.latest[column] if isinstance(text, str)]
        return texts[0] if texts else ""

    @property
    def benchmark(self) -> float:
        """The benchmark that all places of the last period share; NaN where there is none."""
        found = self.latest["Benchmark"].astype(float).unique()
        return float(found[0]) if len(found) == 1 else float("nan")


@dataclass(frozen=True)
class Places:
    """What places are compared by: `people` (NaN where unknown), `score` and `group`, by place; `basis` of people."""

    people: Mapping[str, float]
    score: Mapping[str, float]
    group: Mapping[str, str]
    basis: str

    @classmethod
    def of(cls, inputs: Inputs) -> Places:
        """From the sheets Places and Needs."""
        frame = inputs.frame(schema.PLACES)
        names = [str(name) for name in frame["Place"]]
        basis = next((basis for basis in BASES if population(inputs, basis)), "")
        scores = frame["Deprivation score"].astype(float).tolist()
        groups = ["" if group is None or pd.isna(group) else str(group) for group in frame["Group"]]
        people = population(inputs, basis) if basis else {}
        return cls(people, dict(zip(names, scores, strict=True)), dict(zip(names, groups, strict=True)), basis)

    def mean(self, places: pd.Series[Any], values: Array) -> float:
        """The mean of places' values by people; NaN where one is not counted or there are none."""
        people = self.weights(places)
        known = len(people) > 0 and not np.isnan(people).any() and people.sum() > 0
        return float(people @ values / people.sum()) if known else float("nan")

    def weights(self, places: pd.Series[Any]) -> Array:
        """People of places: NaN where unknown."""
        return np.array([self.people.get(str(place), np.nan) for place in places], dtype=float)

    def scores(self, places: pd.Series[Any]) -> Array:
        """Deprivation scores of places: NaN where unknown."""
        return np.array([self.score[str(place)] for place in places], dtype=float)


def indicators_of(inputs: Inputs) -> list[Indicator]:
    """The indicators of a workbook, in the order of its sheet, their periods in order of time."""
    frame = inputs.frame(schema.INDICATORS)
    found = []
    for name, rows in frame.groupby("Indicator", sort=False):
        names = list(dict.fromkeys(_text(text) for text in rows["Period"]))
        at = {text: period(text) for text in names}
        if all(at.values()):
            names.sort(key=lambda text: at[text][1])  # type: ignore[index]  # none is None; equal years as written
        order = rows["Period"].map(lambda text, names=names: names.index(_text(text)))
        found.append(Indicator(str(name), rows.assign(order=order), tuple(names), _breaks(str(name), rows, names)))
    return found


def _breaks(name: str, rows: pd.DataFrame, names: list[str]) -> dict[int, str]:
    """The periods that cannot be compared with the one before, by number, and why."""
    breaks = {}
    texts = rows["Period"].map(_text)
    for number, (before, after) in enumerate(pairwise(names), start=1):
        sides = [rows[texts == text] for text in (before, after)]
        for column in ("Definition", "Unit"):
            old, new = ("; ".join(dict.fromkeys(_text(each) for each in side[column])) for side in sides)
            if old != new:
                breaks[number] = f"{column.lower()} changes from '{old}' to '{new}'"
                break
        else:
            year = break_between(name, before, after)
            if year:
                breaks[number] = f"definition changed in {year}"
    return breaks


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def indicators(facts: Facts) -> pd.DataFrame:
    """The frame `indicators`: a row per indicator, place and period."""
    places = Places.of(facts.inputs)
    rows: list[dict[str, object]] = []
    for each in indicators_of(facts.inputs):
        value = {(row["Place"], row["order"]): float(row["Value"]) for _, row in records(each.rows)}
        for _, row in records(each.rows):
            place, order = str(row["Place"]), int(row["order"])
            benchmark = float("nan") if row["Benchmark"] is None else float(row["Benchmark"])
            before = float("nan") if order in each.breaks else value.get((place, order - 1), float("nan"))
            rows.append(
                {
                    "indicator": each.name,
                    "place": place,
                    "period": each.periods[order],
                    "group": places.group[place],
                    "deprivation": places.score[place],
                    "unit": _text(row["Unit"]),
                    "better": _text(row["Better"]),
                    "value": float(row["Value"]),
                    "benchmark": benchmark,
                    "gap": float(row["Value"]) - benchmark,
                    "side": side(float(row["Value"]), benchmark, _text(row["Better"])),
                    "change": float(row["Value"]) - before,
                    "broken": each.breaks.get(order, ""),
                    "latest": order == each.last,
                }
            )
    return _framed("indicators", rows)


def side(value: float, benchmark: float, better: str) -> str:
    """Whether a value is better or worse than its benchmark; blank without one.

    >>> side(25.0, 19.8, "lower"), side(83.1, 83.1, "higher"), side(60.0, float("nan"), "higher")
    ('worse', 'level', '')
    """
    if np.isnan(benchmark):
        return ""
    return LEVEL if value == benchmark else BETTER if (value > benchmark) == (better == "higher") else WORSE


def success_measures(facts: Facts) -> pd.DataFrame:
    """The frame `success_measures`: a row per indicator."""
    places = Places.of(facts.inputs)
    return _framed("success_measures", [_summary(facts, places, each) for each in indicators_of(facts.inputs)])


def _summary(facts: Facts, places: Places, each: Indicator) -> dict[str, object]:
    latest, better = each.latest, each.of("Better")
    values = latest["Value"].to_numpy(dtype=float)
    order = np.argsort(-values if better == "higher" else values, kind="stable")
    sides = [side(v, b, better) for v, b in zip(values, latest["Benchmark"].astype(float), strict=True)]
    best, worst = int(order[0]), int(np.flatnonzero(values == values[order[-1]])[0])
    slope, method = slope_of(places, latest["Place"], values)
    component = each.of("Component")
    before, amount = _linked(facts, component)
    breaks = [f"{each.periods[number]}: {why}" for number, why in each.breaks.items()]
    return {
        "indicator": each.name,
        "period": each.periods[each.last],
        "unit": each.of("Unit"),
        "better": better,
        "mean": places.mean(latest["Place"], values),
        "benchmark": each.benchmark,
        "worse": float(sides.count(WORSE)) if any(sides) else float("nan"),
        "places": len(latest),
        "worst_place": str(latest["Place"].iloc[worst]),
        "worst": float(values[worst]),
        "best_place": str(latest["Place"].iloc[best]),
        "best": float(values[best]),
        "slope_index": slope,
        "method": method,
        "since": each.periods[each.since] if each.since < each.last else "",
        "trend": _trend(places, each),
        "breaks": "; ".join(breaks),
        "component": component,
        "before": before,
        "amount": amount,
    }


def slope_of(places: Places, names: pd.Series[Any], values: Array) -> tuple[float, str]:
    """The slope index of places' values by deprivation, and its method; NaN and why where there is none."""
    scores, people = places.scores(names), places.weights(names)
    why = (
        FEW
        if len(values) < LEAST_PLACES
        else NO_SCORE
        if np.isnan(scores).any()
        else NO_PEOPLE
        if not places.basis or np.isnan(people).any() or people.sum() <= 0
        else ALIKE
        if len(set(scores)) == 1
        else ""
    )
    if why:
        return float("nan"), why
    return slope_index_of_inequality(values, scores, people, highest_first=True), METHOD.format(places.basis)


def _trend(places: Places, each: Indicator) -> float:
    """The change of the mean since the last break, of the places with a figure in both periods."""
    if each.since == each.last:
        return float("nan")
    first = each.rows[each.rows["order"] == each.since][["Place", "Value"]]
    both = first.merge(each.latest[["Place", "Value"]], on="Place", suffixes=("", " now"), validate="1:1")
    return places.mean(both["Place"], (both["Value now"] - both["Value"]).to_numpy(dtype=float))


def _linked(facts: Facts, component: str) -> tuple[float, float]:
    """The Baseline and the last year's money of a component's services, £m; NaN without one."""
    for _, row in records(facts.inputs.frame(schema.TARGET)):
        if row["Component"] == component:
            services = set(row["Services"].members)
            last, first = facts.years[-1], facts.years[0]
            flows = facts.flows[(facts.flows["year"] == last) & facts.flows["service"].isin(services)]
            lines = facts.lines[(facts.lines["year"] == first) & facts.lines["service"].isin(services)]
            return int(lines["baseline"].sum()) / PENCE_PER_MILLION, int(flows["pence"].sum()) / PENCE_PER_MILLION
    return float("nan"), float("nan")


def indicator_groups(facts: Facts) -> pd.DataFrame:
    """The frame `indicator_groups`: a row per indicator and group of places; none where no place has a group."""
    places, rows = Places.of(facts.inputs), []
    for each in indicators_of(facts.inputs):
        group = each.latest["Place"].map(lambda place: places.group[str(place)])
        for name in dict.fromkeys(text for text in places.group.values() if text):
            own = each.latest[group == name]
            if own.empty:
                continue
            mean = places.mean(own["Place"], own["Value"].to_numpy(dtype=float))
            rows.append(
                {
                    "indicator": each.name,
                    "group": name,
                    "period": each.periods[each.last],
                    "unit": each.of("Unit"),
                    "places": len(own),
                    "value": mean,
                    "gap": mean - each.benchmark,
                    "deprivation": places.mean(own["Place"], places.scores(own["Place"])),
                }
            )
    return _framed("indicator_groups", rows)


def _framed(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows with the columns of a table's record but the scenario, also where there are none."""
    return pd.DataFrame(rows, columns=list(FRAME[name].own))
