"""Winners and losers: the money of each place and its change on the do-minimum, in £m and in £ a head."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.units import MILLIONS_PER_POUND, PENCE_PER_MILLION
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import (
    Rows,
    Table,
    by_member,
    by_year,
    joined,
    money_by_member,
    money_by_year,
    ratio_by_member,
    wide,
)

BASES = ("registered", "resident")
"""The populations by which money is divided to give £ a head."""


def places(facts: Facts) -> Rows:
    """Money of each place, and its change on the do-minimum in £m, as a share, and in £ a head."""
    members, years = facts.inputs.places, facts.years
    spent = wide(facts.flows, "place", "pence", members, years)
    fees = wide(facts.flows, "place", "fee_pence", members, years)
    minimum = wide(facts.lines, "place", "minimum", members, years)
    change = spent - minimum
    pieces = [
        money_by_member("place_spent", spent),
        money_by_member("place_delivered", spent - fees),
        money_by_member("place_change", change),
        ratio_by_member("place_change_pct", change, minimum),
    ]
    for basis in BASES:
        heads = population(facts.inputs, basis)
        if heads:
            people = np.array([heads.get(place, np.nan) for place in members])
            pounds = change.values / PENCE_PER_MILLION / MILLIONS_PER_POUND
            a_head = pounds / np.where(people > 0, people, np.nan)[:, None]
            pieces.append(by_member(f"place_change_per_{basis}", change.with_values(a_head)))
    return joined([*pieces, _winners(change, years)])


def population(inputs: Inputs, basis: str) -> dict[str, float]:
    """Heads by place: the first need measure of that basis; empty when the workbook has none."""
    needs = inputs.frame(schema.NEEDS)
    rows = needs[needs["Basis"] == basis]
    if rows.empty:
        return {}
    rows = rows[rows["Need measure"] == rows["Need measure"].iloc[0]]
    return dict(zip(rows["Place"], rows["Value"].astype(float), strict=True))


def _winners(change: Table, years: tuple[str, ...]) -> Rows:
    """How many places gain and lose, and how much (£m); for all years, by each place's sum over them."""
    whole = change.of_members
    pieces = []
    for metric, sign in (("winners", 1), ("losers", -1)):
        counts = (change.values * sign > 0).sum(axis=0)
        pieces.append(by_year(metric, years, counts, float((whole * sign > 0).sum())))
    for metric, sign in (("gained", 1), ("lost", -1)):
        sums = np.maximum(change.values * sign, 0).sum(axis=0)
        pieces.append(money_by_year(metric, years, sums, int(np.maximum(whole * sign, 0).sum())))
    return joined(pieces)
