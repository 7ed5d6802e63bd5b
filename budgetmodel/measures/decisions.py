"""Where money is decided, how far from people that is, and whether places are treated alike (the two-tier check)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel import schema
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import BETWEEN, by_year, joined, money_by_member, ratio_by_member, rows_of, wide

LEVELS = schema.SHEET[schema.SERVICES].column("Level").choices
"""The levels of decision, nearest to people first: the distance of a level is its position."""

DELEGATIONS = schema.SHEET[schema.SERVICES].column("Delegation").choices

LOCAL = ("neighbourhood", "place")
"""Levels at which a place decides itself."""


def decisions(facts: Facts) -> pd.DataFrame:
    """Money and share of money by the level at which it is decided, and the mean distance of that level."""
    years = facts.years
    decided = wide(facts.flows, "decided_at", "pence", LEVELS, years)
    total = decided.sum(axis=0)
    every = pd.DataFrame([total] * len(decided), index=decided.index)
    steps = decided.mul(np.arange(len(LEVELS)), axis=0).sum(axis=0)
    distance = (steps / total).to_numpy(dtype=float)
    return joined(
        [
            money_by_member("decided", decided),
            ratio_by_member("decided_share", decided, every),
            by_year("decision_distance", years, distance, float(steps.sum() / total.sum())),
        ]
    )


def delegation(facts: Facts) -> pd.DataFrame:
    """Money of own, delegated and retained services, and its change on the do-minimum."""
    years = facts.years
    spent = wide(facts.flows, "delegation", "pence", DELEGATIONS, years)
    minimum = wide(facts.lines, "delegation", "minimum", DELEGATIONS, years)
    return joined([money_by_member("delegation_spent", spent), money_by_member("delegation_change", spent - minimum)])


def two_tiers(facts: Facts) -> pd.DataFrame:
    """Each place's share of money that is decided at place or nearer, and the spread of that share over places.

    Told of all money and, apart, of the money of services that are themselves planned at place or nearer.
    """
    near = facts.flows[facts.flows["level"].isin(LOCAL)]
    return joined([*_shares(facts, facts.flows, "delegated"), *_shares(facts, near, "delegated_of_local")])


def _shares(facts: Facts, flows: pd.DataFrame, metric: str) -> list[pd.DataFrame]:
    members, years = facts.budget.places, facts.years
    total = wide(flows, "place", "pence", members, years)
    local = wide(flows[flows["decided_at"].isin(LOCAL)], "place", "pence", members, years)
    if not total.to_numpy().any():
        return []
    share = (local / total).where(total > 0)
    whole = (local.sum(axis=1) / total.sum(axis=1)).where(total.sum(axis=1) > 0)
    columns = {"": whole, **{year: share[year] for year in years if share[year].notna().any()}}
    spread = {group: float(column.max() - column.min()) for group, column in columns.items()}
    ends = []
    for end in ("most", "least"):
        at = {group: str(c.idxmax() if end == "most" else c.idxmin()) for group, c in columns.items()}
        groups = [f"{place}{BETWEEN}{group}" if group else place for group, place in at.items()]
        ends.append(rows_of(f"{metric}_{end}", groups, [float(columns[group][place]) for group, place in at.items()]))
    return [
        ratio_by_member(f"{metric}_share", local, total),
        rows_of(f"{metric}_spread", list(spread), list(spread.values())),
        *ends,
    ]
