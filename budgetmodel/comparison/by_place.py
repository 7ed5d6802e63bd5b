"""What each place gets under a scenario: today, in the last year, against its fair share, and against another scenario.

Money is £m. A place that gets less than another scenario gives is said to get less, never to lose: its money may grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.results import Result


@dataclass(frozen=True)
class PlaceLine:
    """A place: £m, shares; NaN where there is no such figure.

    `today` is its Baseline, `last` its money in the last year, `fair` its fair share of the main component then;
    `before` is the distance of the do-minimum from that, `after` that of the allocation. `growth` is from today to the
    last year in cash, `real` the same after the Cost uplift of every year. `amount`, `minimum` and `other` are of all
    years: under the scenario, the do-minimum and the scenario it is compared with.
    """

    place: str
    today: float
    last: float
    fair: float
    before: float
    after: float
    growth: float
    real: float
    amount: float
    minimum: float
    other: float

    @property
    def difference(self) -> float:
        """What the place gets less what the other scenario gives it, all years, £m."""
        return round(self.amount - self.other, 8) + 0.0


def place_lines(result: Result, base: Result | None) -> tuple[PlaceLine, ...]:
    """A line per place, in the order of the sheet; `base` is the scenario compared with, None for the do-minimum."""
    inputs, year = result.inputs, result.inputs.years[-1]
    allocation = result.frames["allocation"]
    of_place = allocation.groupby("place", sort=False)[["amount", "do_minimum"]].sum()
    last = allocation[allocation["year"] == year].groupby("place", sort=False)[["amount", "baseline"]].sum()
    fair = _fair(result)
    other = of_place["do_minimum"]
    if base is not None:
        other = base.frames["allocation"].groupby("place", sort=False)["amount"].sum()
    rise = uplift(result)
    lines = []
    for place in inputs.places:
        amount, minimum = (float(of_place[name].get(place, 0.0)) for name in ("amount", "do_minimum"))
        now, today = (float(last[name].get(place, 0.0)) for name in ("amount", "baseline"))
        growth = now / today - 1 if today > 0 else nan
        own = fair.get(place, (nan, nan, nan))
        lines.append(
            PlaceLine(
                place, today, now, *own, growth, (1 + growth) / rise - 1, amount, minimum, float(other.get(place, nan))
            )
        )
    return tuple(lines)


def uplift(result: Result) -> float:
    """What costs rise by from today to the last year, as a factor; NaN where a Cost uplift is blank."""
    rates = result.inputs.frame(schema.YEARS)["Cost uplift"].to_numpy(dtype=float)
    return float(np.prod(1 + rates))


def main_row(result: Result) -> pd.Series[Any]:
    """The row of the component of the target with the largest weight; the first of several."""
    target = result.inputs.frame(schema.TARGET)
    return target.iloc[int(target["Weight"].to_numpy(dtype=float).argmax())]


def _fair(result: Result) -> dict[str, tuple[float, float, float]]:
    """Fair share (£m) of the main component in the last year, and the distances before and after, by place."""
    main = main_row(result)
    year = result.inputs.years[-1]
    allocation, places = result.frames["allocation"], result.frames["places"]
    inside = (allocation["year"] == year) & allocation["service"].isin(main["Services"].members)
    minimum = allocation[inside].groupby("place", sort=False)["do_minimum"].sum()
    own = places[(places["component"] == main["Component"]) & (places["year"] == year)]
    found = {}
    for place, share, distance in zip(own["place"], own["target"], own["distance"], strict=True):
        before = float(minimum.get(place, 0.0)) / share - 1 if share > 0 else nan
        found[str(place)] = (float(share), before, float(distance))
    return found
