"""The weights that are at work: what £1m moved does to each component of the index, beside its stated weight.

A year's index adds up 100 x component weight x G / G0, where G is the gap between places' ratios of money to
target. £1m changes a ratio by 1 / target, so a component of little money, or one that is nearly equal to begin with,
moves by more for the same £1m: beside its stated weight it has a second one, 1 / (G0 x target), which nobody typed.

Pull of a component in a year: from its place most over target with the do-minimum to the one most under, as much as
brings one of them to target but at most £1m is moved within the component's services, and the change of the
component's part of the year's index is divided by what was moved: points for £1m. Weight at work = its part of the
pulls of all components in that year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.inequality import gap
from budgetmodel.metrics.facts import Facts
from budgetmodel.program.build.components import component_spend
from budgetmodel.program.build.gap_index import index_scale
from budgetmodel.program.build.structure import Structure

MILLION = 1.0
"""£m that is moved at most."""

MANY = 3.0
"""A component whose weight at work is so many times its stated weight has a warning."""

NOTHING = 1e-9
"""£m: a place this near to its target is at it."""


def pull(facts: Facts) -> pd.DataFrame:
    """The frame `pull`: a row per year and component."""
    s = facts.structure
    spend = component_spend(s.components, s.lines, s.minimum)
    total, weights = s.minimum.sum(axis=0), np.asarray(s.component_weights, dtype=float)
    scale = index_scale(s) / s.inputs.year_weights
    rows = []
    for t, year in enumerate(facts.years):
        moves = [_moved(s, k, spend[k, :, t], t) for k in range(len(s.components))]
        pulls = np.array([scale[k, t] * change for k, (change, _, _) in enumerate(moves)])
        whole = float(np.abs(pulls).sum())
        for k, component in enumerate(s.components):
            _, over, under = moves[k]
            at_work = abs(float(pulls[k])) / whole if whole > 0 else float("nan")
            money = float(spend[k, :, t].sum())
            rows.append(
                {
                    "year": year,
                    "component": component.name,
                    "weight": float(weights[k]),
                    "from_place": facts.inputs.places[over] if over >= 0 else "",
                    "to_place": facts.inputs.places[under] if under >= 0 else "",
                    "pull": float(pulls[k]),
                    "pull_share": at_work,
                    "times": at_work / float(weights[k]),
                    "amount": money,
                    "amount_share": money / float(total[t]),
                    "warning": warning(component.name, at_work, float(weights[k]), money),
                }
            )
    return pd.DataFrame(rows)


def _moved(s: Structure, component: int, spent: Array, year: int) -> tuple[float, int, int]:
    """What £1m moved adds to the gap G, and the places it is moved between; 0 and -1 where all are at their target."""
    own = s.components[component]
    counted = np.flatnonzero(own.need_shares > 0)
    target, weights = own.target[counted, year], own.weights[counted]
    money = spent[counted]
    ratio = money / target
    over, under = int(ratio.argmax()), int(ratio.argmin())
    most = min(MILLION, float(money[over] - target[over]), float(target[under] - money[under]))
    if most <= NOTHING:
        return 0.0, -1, -1
    after = money.copy()
    after[over] -= most
    after[under] += most
    return (gap(after / target, weights) - gap(ratio, weights)) / most, int(counted[over]), int(counted[under])


def warning(component: str, at_work: float, weight: float, money: float) -> str:
    """What to know of a component that pulls MANY times its stated weight or more; else blank.

    >>> warning("Obesity", 0.6, 0.1, 97.4)
    "'Obesity' pulls 6.0 times its stated weight: 60% at work against 10% stated, on £97.4m"
    >>> warning("Overall", 0.2, 0.7, 5800.0)
    ''
    """
    if not at_work >= MANY * weight:
        return ""
    return (
        f"'{component}' pulls {at_work / weight:.1f} times its stated weight: {at_work:.0%} at work against "
        f"{weight:.0%} stated, on £{money:,.1f}m"
    )
