"""The level at which money is decided, its distance, and whether places are treated alike (the two-tier check)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.metrics.facts import DELEGATIONS, LEVELS, Facts
from budgetmodel.metrics.shape import (
    BETWEEN,
    Rows,
    by_year,
    joined,
    money_by_member,
    ratio,
    ratio_by_member,
    rows_of,
    wide,
)

LOCAL = ("neighbourhood", "place")
"""Levels at which a place makes its own decisions."""


def decisions(facts: Facts) -> Rows:
    """Money and share of money by the level at which it is decided, and the mean distance of that level.

    The distance of a level is its position among LEVELS.
    """
    years = facts.years
    decided = wide(facts.flows, "decided_at", "pence", LEVELS, years)
    total, steps = decided.of_years, np.arange(len(LEVELS)) @ decided.values
    return joined(
        [
            money_by_member("decided", decided),
            ratio_by_member("decided_share", decided, decided.whole),
            by_year("decision_distance", years, steps / total, float(steps.sum() / total.sum())),
        ]
    )


def delegation(facts: Facts) -> Rows:
    """Money of own, delegated and retained services, and its change on the do-minimum."""
    years = facts.years
    spent = wide(facts.flows, "delegation", "pence", DELEGATIONS, years)
    minimum = wide(facts.lines, "delegation", "minimum", DELEGATIONS, years)
    return joined([money_by_member("delegation_spent", spent), money_by_member("delegation_change", spent - minimum)])


def two_tiers(facts: Facts) -> Rows:
    """Each place's share of money that is decided at the levels LOCAL, and the spread of that share over places.

    Once for all money, and once for the money of services that are themselves planned at these levels.
    """
    local = facts.flows[facts.flows["level"].isin(LOCAL)]
    return joined([*_shares(facts, facts.flows, "delegated"), *_shares(facts, local, "delegated_of_local")])


def _shares(facts: Facts, flows: pd.DataFrame, metric: str) -> list[Rows]:
    members, years = facts.inputs.places, facts.years
    total = wide(flows, "place", "pence", members, years)
    local = wide(flows[flows["decided_at"].isin(LOCAL)], "place", "pence", members, years)
    if not total.values.any():
        return []
    share = ratio(local.values, total.values)
    columns = {"": ratio(local.of_members, total.of_members)}
    columns |= {year: share[:, t] for t, year in enumerate(years) if not np.isnan(share[:, t]).all()}
    spread = {group: float(np.nanmax(column) - np.nanmin(column)) for group, column in columns.items()}
    ends = []
    for end, furthest in (("most", np.nanargmax), ("least", np.nanargmin)):
        at = {group: int(furthest(column)) for group, column in columns.items()}
        groups = [f"{members[n]}{BETWEEN}{group}" if group else members[n] for group, n in at.items()]
        ends.append(rows_of(f"{metric}_{end}", groups, [float(columns[group][n]) for group, n in at.items()]))
    return [
        ratio_by_member(f"{metric}_share", local, total),
        rows_of(f"{metric}_spread", list(spread), list(spread.values())),
        *ends,
    ]
