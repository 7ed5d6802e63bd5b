"""The headline of a run: every front page, the console and JSON take it from here.

One scenario (the compared) stands against another (the base). What leads is the share of the gap that is closed by the
last year: 1 less that year's index over 100, since the index of today's pattern is 100 in every year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

from budgetmodel.comparison.breakeven import one_off
from budgetmodel.comparison.by_place import PlaceLine, main_row, place_lines
from budgetmodel.comparison.leaders import leaders, rivals_of
from budgetmodel.comparison.sets import NEARLY, sets
from budgetmodel.comparison.sidebyside import Comparison
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.units import PENNY_DECIMALS
from budgetmodel.results import DO_MINIMUM, Result

TODAY = 100.0
"""The index of today's pattern, in every year and over all."""

LEAST_MONEY = 0.05
"""£m over all years: a place whose money differs by less gets the same, as pages would show £0.0m."""


@dataclass(frozen=True)
class WorstPlace:
    """The place furthest under its fair share of a component in a year; `distance` is a share, below 0 under it."""

    place: str
    distance: float
    component: str
    year: str

    @property
    def words(self) -> str:
        """With component and year, always: `Salford, 4.5% under its fair share of 'Overall' in 2020/21`."""
        of = f"its fair share of '{self.component}' in {self.year}"
        if round(self.distance, 3) == 0:
            return f"nobody; the place nearest to it, {self.place}, is at {of}"
        return f"{self.place}, {abs(self.distance):.1%} {'under' if self.distance < 0 else 'over'} {of}"


@dataclass(frozen=True)
class Released:
    """Money freed against another scenario, £m over all years, with its parts; each is above 0 where it frees money.

    `contracts` and `fees` are those of the other less its own, `one_off` is its own one-off cost less the other's.
    """

    contracts: float
    fees: float
    one_off: float

    @property
    def net(self) -> float:
        """The one number: contracts + fees - one-off, to the penny."""
        return round(self.contracts + self.fees - self.one_off, PENNY_DECIMALS)


@dataclass(frozen=True)
class ScenarioLine:
    """A scenario's headline figures. `closed` is a share (NaN: no gap to close), `index` in points, `shortfall` £m."""

    name: str
    regime: str
    is_met: bool
    nearest: bool
    closed: float
    index: float
    shortfall: float
    worst: WorstPlace | None


@dataclass(frozen=True)
class Headline:
    """A compared scenario against a base, and every scenario's own line.

    `base` may be the name of the do-minimum. `leaders` come nearest, the best first: several are level. `places` are in
    the order of the sheet. `released` is None against the do-minimum, which has no contracts of its own. `values` has
    what each scenario minimises, in the unit of its objective; `rivals` is how many are ranked with one another.
    """

    base: str
    compared: str
    years: tuple[str, ...]
    leaders: tuple[str, ...]
    lines: Mapping[str, ScenarioLine]
    base_line: ScenarioLine
    places: tuple[PlaceLine, ...]
    released: Released | None
    has_uplift: bool
    values: Mapping[str, float]
    rivals: int

    @property
    def year(self) -> str:
        """The last year."""
        return self.years[-1]

    @property
    def line(self) -> ScenarioLine:
        """The line of the compared scenario."""
        return self.lines[self.compared]

    @property
    def more(self) -> tuple[PlaceLine, ...]:
        """The places that get more than the base gives, most first."""
        own = [place for place in self.places if place.difference >= LEAST_MONEY]
        return tuple(sorted(own, key=lambda place: -place.difference))

    @property
    def less(self) -> tuple[PlaceLine, ...]:
        """The places that get less than the base gives, least first."""
        own = [place for place in self.places if place.difference <= -LEAST_MONEY]
        return tuple(sorted(own, key=lambda place: place.difference))


def headline(
    results: Mapping[str, Result],
    comparison: Comparison | None,
    base: str | None = None,
    compared: str | None = None,
    lines: Mapping[str, ScenarioLine] | None = None,
) -> Headline | None:
    """The headline of a compared scenario against a base; None where nothing was solved.

    By default the compared one is the scenario that comes nearest, and the base the first of its comparison set; where
    that comes nearest itself, the best of the others of its set is compared with it. A scenario alone in its set is
    compared with the do-minimum, which `base` may also name. `lines` are those of `scenario_lines`, if they are known.
    KeyError for a name that is no scenario of these results.
    """
    if not results:
        return None
    minimum = minimum_name(results, comparison)
    usual = default_pair(results, minimum)
    compared = usual[1] if compared is None else compared
    base = against_of(results, minimum)[compared] if base is None and compared != usual[1] else base or usual[0]
    lines = scenario_lines(results, comparison) if lines is None else lines
    own = results[compared]
    against = None if base == minimum else results[base]
    return Headline(
        base=base,
        compared=compared,
        years=own.inputs.years,
        leaders=leaders(results),
        lines=Frozen(lines),
        base_line=lines[base] if against is not None else _minimum_line(minimum, comparison, own.inputs.years[-1]),
        places=place_lines(own, against),
        released=None if against is None else released(own, against),
        has_uplift=bool(own.inputs.frame(schema.YEARS)["Cost uplift"].notna().all()),
        values=Frozen({name: result.metric(result.answer.objective.metric) for name, result in results.items()}),
        rivals=len(rivals_of(results)),
    )


def scenario_lines(results: Mapping[str, Result], comparison: Comparison | None) -> dict[str, ScenarioLine]:
    """The headline figures of every scenario."""
    first = leaders(results)
    reference = _index_of(comparison, minimum_name(results, comparison))
    return {name: _line(result, first, reference) for name, result in results.items()}


def minimum_name(results: Mapping[str, Result], comparison: Comparison | None) -> str:
    """The name of the do-minimum in these results: marked where a scenario of the workbook has the same."""
    if comparison is None:
        return DO_MINIMUM
    others = [str(name) for name in comparison.metrics["scenario"].unique() if str(name) not in results]
    return others[-1] if others else DO_MINIMUM


def default_pair(results: Mapping[str, Result], minimum: str = DO_MINIMUM) -> tuple[str, str]:
    """Base and compared scenario, as `headline` chooses them."""
    best, of = leaders(results)[0], sets(results)
    if of[best] != best:
        return of[best], best
    mates = {name: results[name] for name in rivals_of(results) if of[name] == best and name != best}
    return (best, leaders(mates)[0]) if mates else (minimum, best)


def against_of(results: Mapping[str, Result], minimum: str = DO_MINIMUM) -> dict[str, str]:
    """The base of each scenario: the first of its comparison set; of that one itself, the do-minimum."""
    return {name: first if first != name else minimum for name, first in sets(results).items()}


def released(own: Result, base: Result) -> Released:
    """The money that a scenario frees against another, in its parts."""
    contracts, fees = (base.metric(name) - own.metric(name) for name in ("contract_cost", "fees"))
    once = (one_off(own) or 0.0) - (one_off(base) or 0.0)
    return Released(*(round(part, PENNY_DECIMALS) + 0.0 for part in (contracts, fees, once)))


def closed_by(year_index: float, reference: float = TODAY) -> float:
    """The share of the gap that is closed, from the index of a year; NaN where today's pattern leaves none.

    >>> closed_by(4.0), closed_by(120.0), closed_by(0.0, reference=0.0)
    (0.96, -0.2, nan)
    """
    return round(1 - year_index / TODAY, 12) if reference > NEARLY else nan


def main_component(result: Result) -> str:
    """The component of the target with the largest weight; the first of several."""
    return str(main_row(result)["Component"])


def worst_place(result: Result) -> WorstPlace | None:
    """The place furthest under its fair share of the main component in the last year; None without any distance."""
    year, component = result.inputs.years[-1], main_component(result)
    places = result.frames["places"]
    inside = (places["component"] == component) & (places["year"] == year) & places["distance"].notna()
    own = places[inside]
    if not len(own):
        return None
    at = int(own["distance"].to_numpy(dtype=float).argmin())
    return WorstPlace(str(own["place"].iloc[at]), float(own["distance"].iloc[at]), component, year)


def _line(result: Result, first: tuple[str, ...], reference: Mapping[str, float]) -> ScenarioLine:
    year = result.inputs.years[-1]
    return ScenarioLine(
        name=result.scenario,
        regime=result.regime,
        is_met=result.is_met,
        nearest=result.scenario in first,
        closed=closed_by(result.metric("index", year), reference.get(year, TODAY)),
        index=result.metric("index"),
        shortfall=result.metric("shortfall"),
        worst=worst_place(result),
    )


def _minimum_line(minimum: str, comparison: Comparison | None, year: str) -> ScenarioLine:
    """The do-minimum's own line: it closes nothing."""
    index = _index_of(comparison, minimum)
    last = index.get(year, TODAY)
    return ScenarioLine(minimum, "", True, False, closed_by(last, last), index.get("", TODAY), nan, None)


def _index_of(comparison: Comparison | None, scenario: str) -> dict[str, float]:
    """The index of a scenario of a comparison by year, and of all years under a blank."""
    if comparison is None:
        return {}
    rows = comparison.metrics
    own = rows[(rows["metric"] == "index") & (rows["scenario"] == scenario)]
    return {str(group): float(value) for group, value in zip(own["group"], own["value"], strict=True)}
