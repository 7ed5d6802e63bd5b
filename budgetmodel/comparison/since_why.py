"""Why the figures moved since the last run, where prices, fair shares or money say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.comparison.earlier import Earlier
from budgetmodel.comparison.since_figures import SEEN, both, place_changes, signed
from budgetmodel.contract import schema
from budgetmodel.contract.frames.since import CELL, REASON
from budgetmodel.contract.objectives import USUAL
from budgetmodel.contract.units import in_pounds
from budgetmodel.results import Result

ROW = ("rule", "strength", "year", "source", "place", "service", "provider", "component")
"""What names a row of the table `rules` in both runs: its cell may have moved."""

MOVED = 1e-6
"""£m: limits that differ by less are the same."""

TARGET_MOVED = 0.0005
"""Fair shares that differ by less than this share of all money are the same."""

LIMITS = 2
"""Most limits that a sentence names."""

Row = dict[str, Any]


def why_rows(
    earlier: Earlier, now: Mapping[str, pd.DataFrame], results: Mapping[str, Result], changed: Sequence[Row]
) -> list[Row]:
    """Rows of `since_last_run` with reasons, for each scenario that both runs have; none where nothing differs."""
    rows = []
    typed = any(row["what"] == CELL for row in changed)  # else limits moved with what is spent, if at all
    for name in both(earlier, results) if changed else ():
        result = results[name]
        index = _index(earlier, now, name)
        sentences = [
            *(_limits(earlier, now, result, index) if typed else ()),
            *_money(earlier, now, result),
            *_targets(earlier, now, name),
        ]
        rows += [{"what": REASON, "scenario": name, "words": f"{name}: {words}"} for words in sentences]
    return rows


def _index(earlier: Earlier, now: Mapping[str, pd.DataFrame], scenario: str) -> float:
    """By how much the index moved, in points."""
    values = []
    for metrics in (now["metrics"], earlier.run.frames["metrics"]):
        own = metrics[(metrics["scenario"] == scenario) & (metrics["metric"] == "index") & (metrics["group"] == "")]
        values.append(float(own["value"].iloc[0]))
    return values[0] - values[1]


def _limits(earlier: Earlier, now: Mapping[str, pd.DataFrame], result: Result, moved: float) -> Iterator[str]:
    """What the last run's prices say of the limits that changed: price times step, beside what the index did.

    Prices are derivatives of what the scenario minimises, so only those of the index can be put beside it.
    """
    if not result.answer.objective.is_index or earlier.run.notes(result.scenario).get("objective") != USUAL.name:
        return
    pairs = _paired(earlier.rules, now["rules"], result.scenario)
    pairs = pairs[(pairs["step"].abs() > MOVED) & pairs["price"].notna()]
    if not len(pairs):
        return
    pairs = pairs.assign(expected=pairs["price"] * pairs["step"])
    by_rule = pairs.groupby(["rule", "cell"], sort=False)["expected"].agg(["sum", "size"])
    most = by_rule[by_rule["sum"].abs() >= SEEN["index"]].sort_values("sum", key=lambda s: -s.abs(), kind="stable")
    if not len(most):
        if abs(moved) < SEEN["index"]:
            yield "the limits that changed held nothing back in the last run (their prices are 0)."
        return
    named = [
        f"'{rule}' ({cell}, {int(rows)} row{'s' if rows > 1 else ''}) {expected:+.2f} points"
        for (rule, cell), (expected, rows) in zip(most.index[:LIMITS], most.head(LIMITS).to_numpy(), strict=True)
    ]
    more = f" and {len(most) - LIMITS} more" if len(most) > LIMITS else ""
    whole = float(by_rule["sum"].sum())
    yield (
        f"at the last run's prices the limits that changed move the index by {whole:+.2f} points: {', '.join(named)}"
        f"{more}; it moved by {moved:+.2f} (prices hold for small steps)."
    )


def _paired(old: pd.DataFrame, new: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Rows of limits that both runs have: `price` of the last run, `cell` now, and `step`, the limit's change in £m."""
    sides = []
    for rules in (old, new):
        own = rules.loc[rules["scenario"] == scenario, [*ROW, "cell", "limit", "price"]]
        sides.append(own.assign(again=own.groupby(list(ROW), sort=False).cumcount()))
    joined = sides[1].merge(sides[0], on=[*ROW, "again"], how="inner", suffixes=("", "_old"), validate="one_to_one")
    return joined.assign(price=joined["price_old"], step=joined["limit"] - joined["limit_old"])


def _money(earlier: Earlier, now: Mapping[str, pd.DataFrame], result: Result) -> Iterator[str]:
    """Whether the money that moved lands above or below fair shares."""
    changes = place_changes(earlier, now, result.scenario)["change"]
    if not (changes.abs() >= SEEN["£m"]).any():
        return
    target = result.inputs.frames[schema.TARGET]
    component = str(target["Component"].iloc[int(np.argmax(target["Weight"].to_numpy(dtype=float)))])
    year = result.inputs.years[-1]
    places = now["places"]
    at = (places["scenario"] == result.scenario) & (places["component"] == component) & (places["year"] == year)
    distance = places[at].set_index("place")["distance"].reindex(changes.index)
    above, below = (float(changes[side].sum()) for side in (distance > 0, distance <= 0))
    total = float(changes.sum())
    lead = (
        f"{in_pounds(abs(total))} {'more' if total > 0 else 'less'} money in all; " if abs(total) >= SEEN["£m"] else ""
    )
    yield (
        f"{lead}places above their fair share of '{component}' in {year} get {signed(above)}, places at or below it "
        f"{signed(below)}: money above a fair share widens the gap, money below narrows it."
    )


def _targets(earlier: Earlier, now: Mapping[str, pd.DataFrame], scenario: str) -> Iterator[str]:
    """Whether the fair shares themselves changed, and whose most."""
    old, new = (_shares(places, scenario) for places in (earlier.places, now["places"]))
    change = {key: abs(share - old[key]) for key, share in new.items() if key in old}
    most = max(change, key=lambda key: change[key], default=None)
    if most is None or change[most] < TARGET_MOVED:
        return
    year, place, component = most
    yield (
        f"fair shares themselves changed, so the gap is measured against others: most that of {place} "
        f"('{component}', {year}), {old[most]:.1%} -> {new[most]:.1%} of all money for it."
    )


def _shares(places: pd.DataFrame, scenario: str) -> dict[tuple[str, str, str], float]:
    """The fair share of the money for a component in a year, by year, place and component, where there is a target."""
    own = places[(places["scenario"] == scenario) & places["target"].notna()]
    total = own.groupby(["year", "component"], sort=False)["target"].transform("sum")
    own, total = own[total > 0], total[total > 0]
    keys = zip(*(own[name].tolist() for name in ("year", "place", "component")), strict=True)
    return dict(zip(keys, (own["target"] / total).tolist(), strict=True))
