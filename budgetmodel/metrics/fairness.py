"""Money compared with need: the index, its components, and places under target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.inequality import relative_gaps
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import BETWEEN, Rows, Table, by_member, by_year, codes, joined, ratio, rows_of
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.prove.certificate import year_index

UNDER = (0.05, 0.025)
"""Places more than this share under target are counted; the NHS uses the same limits."""


TIE = 1e-9
"""Tolerance (share): a place on the limit itself is not under it."""


def index(facts: Facts) -> Rows:
    """The index and each component's gap, and the value of the scenario's objective when it is not the index."""
    found = index_of(facts.structure, facts.measures.gaps)
    objective = facts.structure.objective
    return found if objective.is_index else joined([found, rows_of(objective.metric, [""], [facts.measures.value])])


def index_of(s: Structure, gaps: pd.DataFrame) -> Rows:
    """The index in all and by year, and each component's gap as a share of its reference gap.

    `gaps` has a row per component and a column per year.
    """
    years = year_index(gaps, s.reference, s.component_weights)
    relative = relative_gaps(gaps.to_numpy(dtype=float), s.reference)
    names = [str(name) for name in gaps.index]
    of_years = [f"{name}{BETWEEN}{year}" for name in names for year in s.inputs.years]
    return joined(
        [
            by_year("index", s.inputs.years, years, float(years @ s.inputs.year_weights)),
            rows_of("component_gap", names, relative @ s.inputs.year_weights),
            rows_of("gap", of_years, gaps.to_numpy(dtype=float).ravel()),
        ]
    )


def under_target(facts: Facts) -> Rows:
    """The distance of the place furthest under target, and how many are more than 5% and 2.5% under."""
    return under_target_of(facts.structure, facts.measures.components)


def under_target_of(s: Structure, components: pd.DataFrame) -> Rows:
    """The distances of places from target (shares), the largest ones, and counts of places beyond the limits UNDER.

    `components` has the columns `component`, `year`, `place`, `amount` and `target` (£m), and a
    row for each combination of the first three.
    """
    names, years, places = tuple(component.name for component in s.components), s.inputs.years, s.inputs.places
    at = codes(components["component"], names), codes(components["year"], years), codes(components["place"], places)
    money, target = np.zeros((2, len(names), len(years), len(places)))
    money[at], target[at] = components["amount"].to_numpy(dtype=float), components["target"].to_numpy(dtype=float)
    distance = ratio(money, target) - 1
    worst = np.fmin.reduce(np.fmin.reduce(distance, axis=2), axis=0)
    of_years = [f"{name}{BETWEEN}{year}" for name in names for year in years]
    under = [(limit, (distance < -limit - TIE).sum(axis=2)) for limit in UNDER]
    whole = ratio(money.sum(axis=1), target.sum(axis=1)) - 1
    pairs = tuple(f"{name}{BETWEEN}{place}" for name in names for place in places)
    by_pair = Table(pairs, years, distance.transpose(0, 2, 1).reshape(-1, len(years)))
    return joined(
        [
            by_year("worst_distance", years, worst, float(np.nanmin(worst))),
            *(rows_of(f"places_under_{limit * 100:g}pct", names, counts[:, -1]) for limit, counts in under),
            *(rows_of(f"places_under_{limit * 100:g}pct_by_year", of_years, counts.ravel()) for limit, counts in under),
            _worst_places(distance, names, years, places),
            by_member("distance", by_pair, whole.ravel()),
        ]
    )


def _worst_places(distance: Array, names: Sequence[str], years: Sequence[str], places: Sequence[str]) -> Rows:
    """The component and place furthest under target: of all years, then of each year; the first of equals."""
    groups, values = [], []
    for year, of_year in (("", distance), *((year, distance[:, t : t + 1]) for t, year in enumerate(years))):
        at = int(np.nanargmin(of_year))
        first, place = at // (of_year.shape[1] * len(places)), at % len(places)
        groups.append(BETWEEN.join([names[first], places[place], *([year] if year else [])]))
        values.append(float(of_year.flat[at]))
    return rows_of("worst_place", groups, values)
