"""How money is shared against need: the index, its components, and places under target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.inequality import relative_gaps
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import BETWEEN, by_year, joined, rows_of
from budgetmodel.program.certificate import year_index
from budgetmodel.program.structure import Structure

UNDER = (0.05, 0.025)
"""Places further under target than this are counted, as the NHS counts them."""

TIE = 1e-9
"""A place on the limit itself is not under it."""


def index(facts: Facts) -> pd.DataFrame:
    """The index, and each component's gap."""
    return index_of(facts.structure, facts.measures.gaps)


def index_of(s: Structure, gaps: pd.DataFrame) -> pd.DataFrame:
    """The index in all and by year, and each component's gap as a share of its reference gap.

    `gaps` has a row per component and a column per year.
    """
    years = year_index(gaps, s.reference, s.component_weights)
    relative = relative_gaps(gaps.to_numpy(dtype=float), s.reference)
    names = [str(name) for name in gaps.index]
    of_years = [f"{name}{BETWEEN}{year}" for name in names for year in s.budget.years]
    return joined(
        [
            by_year("index", s.budget.years, years, float(years @ s.budget.year_weights)),
            rows_of("component_gap", names, relative @ s.budget.year_weights),
            rows_of("gap", of_years, gaps.to_numpy(dtype=float).ravel()),
        ]
    )


def under_target(facts: Facts) -> pd.DataFrame:
    """The distance of the place furthest under target, and how many are more than 5% and 2.5% under."""
    components, years = facts.measures.components, list(facts.years)
    distance = (components["amount"] / components["target"] - 1).where(components["target"] > 0)
    worst = distance.groupby(components["year"]).min().reindex(years).to_numpy(dtype=float)
    last = components["year"] == years[-1]
    pieces = [by_year("worst_distance", years, worst, float(np.nanmin(worst)))]
    for limit in UNDER:
        under = distance[last] < -limit - TIE
        counts = under.groupby(components["component"][last], sort=False).sum()
        pieces.append(rows_of(f"places_under_{limit * 100:g}pct", [str(n) for n in counts.index], counts.to_numpy()))
    return joined(pieces)
