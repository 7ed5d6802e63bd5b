"""Winners and losers: what each place gets, against the do-minimum, in money and a head."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel import schema
from budgetmodel.budget import Budget
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import by_member, by_year, joined, money_by_member, money_by_year, ratio_by_member, wide
from budgetmodel.money import MILLIONS_PER_POUND, PENCE_PER_MILLION

BASES = ("registered", "resident")
"""The populations by which money is told a head."""


def places(facts: Facts) -> pd.DataFrame:
    """Money of each place, and its change on the do-minimum in £m, as a share, and in £ a head."""
    members, years = facts.budget.places, facts.years
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
        heads = population(facts.budget, basis)
        if heads:
            people = pd.Series(heads).reindex(list(members))
            people = people.where(people > 0)
            pounds = change / PENCE_PER_MILLION / MILLIONS_PER_POUND
            pieces.append(by_member(f"place_change_per_{basis}", pounds.div(people, axis=0)))
    return joined([*pieces, _winners(change, years)])


def population(budget: Budget, basis: str) -> dict[str, float]:
    """Heads by place: the first need measure of that basis; nothing when the workbook has none."""
    needs = budget.frame(schema.NEEDS)
    rows = needs[needs["Basis"] == basis]
    if rows.empty:
        return {}
    rows = rows[rows["Need measure"] == rows["Need measure"].iloc[0]]
    return dict(zip(rows["Place"], rows["Value"].astype(float), strict=True))


def _winners(change: pd.DataFrame, years: tuple[str, ...]) -> pd.DataFrame:
    """How many places gain and lose, and how much: of all years by what each comes to over all of them."""
    whole = change.sum(axis=1)
    pieces = []
    for metric, sign in (("winners", 1), ("losers", -1)):
        counts = (change * sign > 0).sum(axis=0).to_numpy(dtype=float)
        pieces.append(by_year(metric, years, counts, float((whole * sign > 0).sum())))
    for metric, sign in (("gained", 1), ("lost", -1)):
        sums = np.asarray((change * sign).clip(lower=0).sum(axis=0), dtype=np.int64)
        pieces.append(money_by_year(metric, years, sums, int((whole * sign).clip(lower=0).sum())))
    return joined(pieces)
