"""What changed since the last run in the figures: headlines, and the money of every place over all years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from budgetmodel.comparison.earlier import Earlier
from budgetmodel.comparison.figures import table
from budgetmodel.contract.frames.since import HEADLINE, PLACE, SUMMARY
from budgetmodel.contract.units import PENNY_DECIMALS, in_pounds, pounds
from budgetmodel.metrics.catalogue import catalogue, of_objectives
from budgetmodel.results import Result

HEADLINES = ("index", "shortfall", "transaction_cost", "contracts", "delivered", "worst_distance")
"""Metrics of all years that are put side by side, and the value of the scenario's own objective."""

CLOSED = "gap_closed"
"""The key of the share of the gap that is closed by the last year: 1 less that year's index as a share."""

RELEASED = ("released", "Released against the first scenario, net of one-off cost")
"""The key and label of the money released."""

CLOSE = 1e-6
"""Figures that differ by less are the same: £1, or a millionth of a point."""

SEEN = {"£m": 0.05, "index": 0.005}
"""By unit, the least change that the figures of a sentence show."""

NAMED = 3
"""Places that a sentence names of those that get more, and of those that get less."""

Row = dict[str, Any]


def figures(
    earlier: Earlier, now: Mapping[str, pd.DataFrame], results: Mapping[str, Result], released: Mapping[str, float]
) -> list[Row]:
    """Rows of `since_last_run` on the scenarios that both runs have: a sentence, headlines, places.

    `released` is the money that a scenario releases against another in this run, £m.
    """
    rows: list[Row] = []
    for name in both(earlier, results):
        freed = [each[name] for each in (earlier.released, released) if name in each]
        rows += _of_scenario(earlier, now, results[name], freed if len(freed) == 2 else [])
    return rows


def both(earlier: Earlier, results: Mapping[str, Result]) -> list[str]:
    """The scenarios with an answer in both runs that answers the same question: met in both, or in neither."""
    return [
        name
        for name, result in results.items()
        if name in earlier.run.scenarios and earlier.run.is_met(name) == result.is_met
    ]


def place_changes(earlier: Earlier, now: Mapping[str, pd.DataFrame], scenario: str) -> pd.DataFrame:
    """Money of all years by place: `before`, `after`, `change` in £m; a place of one run only has 0 in the other."""
    sums = []
    for allocation in (earlier.allocation, now["allocation"]):
        own = allocation[allocation["scenario"] == scenario]
        sums.append(own.groupby("place", sort=False)["amount"].sum().round(PENNY_DECIMALS))
    wide = pd.concat([sums[1].rename("after"), sums[0].rename("before")], axis=1).fillna(0.0)
    return wide.assign(change=(wide["after"] - wide["before"]).round(PENNY_DECIMALS) + 0.0)


def _of_scenario(
    earlier: Earlier, now: Mapping[str, pd.DataFrame], result: Result, freed: list[float]
) -> Iterator[Row]:
    """The rows of a scenario; `freed` is what it releases in the last run and now, £m, empty where it is not known."""
    name = result.scenario
    heads = list(_headlines(earlier, now, result))
    heads += [_headline(name, *RELEASED, "£m", *freed)] if freed else []
    places = place_changes(earlier, now, name)
    yield {"what": SUMMARY, "scenario": name, "words": _sentence(name, heads, places)}
    yield from heads
    for place, before, after, change in places[["before", "after", "change"]].itertuples():
        words = f"{name}, {place}: {pounds(before)} -> {pounds(after)} over all years ({signed(change)})."
        figure = {"before": before, "after": after, "change": change, "unit": "£m", "words": words}
        yield {"what": PLACE, "scenario": name, "key": str(place), **figure}


def _headlines(earlier: Earlier, now: Mapping[str, pd.DataFrame], result: Result) -> Iterator[Row]:
    """A row per headline that both runs have; the share of the gap closed by the last year comes first."""
    name, own, year = result.scenario, result.answer.objective, result.inputs.years[-1]
    old, new = table(earlier.run.frames["metrics"]), table(now["metrics"])
    sides = [figures.get((name, "index", year)) for figures in (old, new)]
    if None not in sides:
        closed = [1 - side / 100 for side in sides if side is not None]
        yield _headline(name, CLOSED, f"Share of the gap closed by {year}", "share", *closed)
    records = {**catalogue(), **of_objectives()}
    for metric in dict.fromkeys((*HEADLINES, own.metric)):
        before, after = old.get((name, metric, "")), new.get((name, metric, ""))
        if before is not None and after is not None:
            yield _headline(name, metric, records[metric].label, records[metric].unit, before, after)


def _headline(scenario: str, key: str, label: str, unit: str, before: float, after: float) -> Row:
    """A row on one figure; `before` and `after` are rounded as files have them."""
    before, after = round(before, PENNY_DECIMALS) + 0.0, round(after, PENNY_DECIMALS) + 0.0
    said = [_said(figure, unit) for figure in (before, after)]
    words = f"{scenario}, {label}: {said[0]}, as before." if said[0] == said[1] else ""
    return {
        "what": HEADLINE,
        "scenario": scenario,
        "key": key,
        "column": label,
        "before": before,
        "after": after,
        "change": round(after - before, PENNY_DECIMALS) + 0.0,
        "unit": unit,
        "words": words or f"{scenario}, {label}: {said[0]} -> {said[1]}.",
    }


def _said(figure: float, unit: str) -> str:
    """A figure as people say it.

    >>> _said(0.958, "share"), _said(-1.25, "£m"), _said(33.0333, "index"), _said(1.0, "contracts")
    ('95.8%', '(£1.3m)', '33.03', '1.00')
    """
    if unit == "share":
        return f"{figure:.1%}"
    return pounds(figure) if unit == "£m" else f"{figure:,.2f}"


def _sentence(name: str, heads: list[Row], places: pd.DataFrame) -> str:
    """A scenario in a sentence: the gap, and the places that get most more and most less."""
    moved = places["change"][places["change"].abs() >= SEEN["£m"]]
    lead = f"{name}: {_gap_words({row['key']: row for row in heads})}"
    if not len(moved):
        return f"{lead}; no place's money moves by £{SEEN['£m'] * 1e6:,.0f} over all years."
    ordered = moved.sort_values(kind="stable")
    ends = (ordered[ordered > 0].iloc[::-1], ordered[ordered < 0])
    listed = [f"{place} {signed(change)}" for end in ends for place, change in end.head(NAMED).items()]
    more = f" and {len(moved) - len(listed)} more places" if len(moved) > len(listed) else ""
    return f"{lead}; over all years {', '.join(listed)}{more}."


def _gap_words(heads: Mapping[str, Row]) -> str:
    """What became of the gap: the share left over all years, and the share closed by the last year."""
    index, closed = heads.get("index"), heads.get(CLOSED)
    if index is None:
        return "its gap is not known"
    if abs(index["change"]) < SEEN["index"]:
        return f"share of the gap left (index) {index['after']:.2f}, as before"
    way = "more unequal" if index["change"] > 0 else "fairer"
    words = f"share of the gap left (index) {index['before']:.2f} -> {index['after']:.2f}, {way}"
    if closed is None or round(closed["before"], 3) == round(closed["after"], 3):
        return words
    by = closed["column"].rpartition(" ")[2]
    return f"{words}; closed by {by}: {closed['before']:.1%} -> {closed['after']:.1%}"


def signed(change: float) -> str:
    """A change of £m with its sign: `+£0.3m`, `-£12,000`."""
    return f"{'-' if change < 0 else '+'}{in_pounds(abs(change))}"
