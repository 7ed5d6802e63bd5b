"""Walls between pots, counted: contracts, pots, payments, and money that crosses between organisations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.inputs.reach import crosses, holder_homes, holders
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, by_year, codes, joined, money_by_member, money_by_year, wide


def walls(facts: Facts) -> Rows:
    """Contracts, pots and payments; the figure of all years is the mean per year."""
    s = facts.structure
    payments = facts.flows[["year", "pot", "line"]].drop_duplicates()
    relations = facts.flows[["year", "pot", "provider"]].drop_duplicates()
    counts = {
        "contracts": s.contracts.astype(float),
        "pots": np.array([len(set(s.pots[:, t])) for t in range(s.years)], dtype=float),
        "payments": _counted(facts, payments),
        "relations": _counted(facts, relations),
    }
    return joined([by_year(metric, facts.years, n, float(np.mean(n))) for metric, n in counts.items()])


def crossing_organisations(facts: Facts) -> Rows:
    """Money of one organisation spent where only others are at home (£m), and the pairs of organisations it crosses.

    An organisation is at home wherever one of its sources is at home, place and service together.
    """
    names, may = list(holders(facts.inputs)), facts.structure.reach
    years = range(len(facts.years))
    flows = facts.flows
    t, pence, holder = flows["t"].to_numpy(), flows["pence"].to_numpy(), codes(flows["holder"], names)
    place, service = flows["place"].cat.codes.to_numpy(), flows["service"].cat.codes.to_numpy()
    away = np.zeros(len(flows), dtype=bool)
    for year in years:
        own = t == year
        away[own] = crosses(facts.inputs, may, year)[flows["s"].to_numpy()[own], place[own], service[own]]
    outside = np.flatnonzero(away)
    over = flows[["year", "holder", "place", "pence"]].iloc[outside]
    yearly = np.zeros(len(facts.years), dtype=np.int64)
    np.add.at(yearly, t[outside], pence[outside])
    crossed = np.zeros((len(facts.years), len(names), len(names)), dtype=bool)
    for year in years:
        at_home = np.stack(list(holder_homes(facts.inputs, may, year).values()))
        own = outside[t[outside] == year]
        of_flow, to = np.nonzero(at_home[:, place[own], service[own]].T)
        crossed[year, holder[own][of_flow], to] = True
    boundaries = crossed.sum(axis=(1, 2)).astype(float)
    by_holder = wide(over, "holder", "pence", names, facts.years)
    by_place = wide(over, "place", "pence", facts.inputs.places, facts.years)
    return joined(
        [
            money_by_year("crossing_organisations", facts.years, yearly),
            by_year("boundaries", facts.years, boundaries, float(np.mean(boundaries))),
            money_by_member("holder_crossing", by_holder),
            money_by_member("place_crossing", by_place),
        ]
    )


def _counted(facts: Facts, rows: pd.DataFrame) -> Array:
    """Rows by year: shape (years,)."""
    return np.asarray(rows["year"].value_counts().reindex(list(facts.years), fill_value=0), dtype=np.float64)
