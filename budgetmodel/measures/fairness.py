"""How money is shared against need: the index, its components, and places under target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.inequality import relative_gaps
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import BETWEEN, by_member, by_year, joined, rows_of
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
    return under_target_of(facts.structure, facts.measures.components)


def under_target_of(s: Structure, components: pd.DataFrame) -> pd.DataFrame:
    """How far places are under target.

    `components` has the columns `component`, `year`, `place`, `amount` and `target` (£m).
    """
    years = list(s.budget.years)
    distance = _distance(components)
    worst = distance.groupby(components["year"]).min().reindex(years).to_numpy(dtype=float)
    last = components["year"] == years[-1]
    pieces = [by_year("worst_distance", years, worst, float(np.nanmin(worst)))]
    pieces += [
        rows_of(f"places_under_{limit * 100:g}pct", names, counts)
        for limit in UNDER
        for names, counts in [_under(distance[last], components[last], ["component"], limit)]
    ]
    pieces += [
        rows_of(f"places_under_{limit * 100:g}pct_by_year", names, counts)
        for limit in UNDER
        for names, counts in [_under(distance, components, ["component", "year"], limit)]
    ]
    return joined([*pieces, _worst_places(components, distance), _distances(components)])


def _distance(components: pd.DataFrame) -> pd.Series[float]:
    """Money over target, less 1, of every row; not a number where there is no target."""
    return (components["amount"] / components["target"] - 1).where(components["target"] > 0)


def _under(
    distance: pd.Series[float], components: pd.DataFrame, by: list[str], limit: float
) -> tuple[list[str], list[float]]:
    """How many places are further under target than a limit, by group."""
    under = (distance < -limit - TIE).groupby([components[name] for name in by], sort=False).sum()
    names = [BETWEEN.join(key) if isinstance(key, tuple) else str(key) for key in under.index]
    return names, [float(count) for count in under]


def _worst_places(components: pd.DataFrame, distance: pd.Series[float]) -> pd.DataFrame:
    """The component and place furthest under target: of all years, then of each year; the first of equals."""
    of_years = distance.groupby(components["year"], sort=False).idxmin()
    at = [distance.idxmin(), *of_years]
    named = [BETWEEN.join(components.loc[n, ["component", "place"]]) for n in at]
    groups = [named[0], *(f"{name}{BETWEEN}{year}" for name, year in zip(named[1:], of_years.index, strict=True))]
    return rows_of("worst_place", groups, distance.loc[at].to_numpy())


def _distances(components: pd.DataFrame) -> pd.DataFrame:
    """Every place's distance from target by component: in all (money and targets of all years) and by year."""
    keys = [components["component"], components["place"]]
    members = components["component"] + BETWEEN + components["place"]
    money = components[["amount", "target"]].groupby(keys, sort=False).sum()
    whole = (money["amount"] / money["target"] - 1).where(money["target"] > 0)
    table = pd.DataFrame({"member": members, "year": components["year"], "distance": _distance(components)})
    years = table.pivot(index="member", columns="year", values="distance")
    years = years.reindex(index=list(dict.fromkeys(members)), columns=list(dict.fromkeys(components["year"])))
    return by_member("distance", years, pd.Series(whole.to_numpy(), index=years.index))
