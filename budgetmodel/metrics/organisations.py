"""The money that each organisation has, pays and receives: holders of sources, hosts of pools, and providers."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.inputs.reach import holders as names_of_holders
from budgetmodel.inputs.regime_terms import several
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, joined, money_by_member, ratio_by_member, spread, wide


def holders(facts: Facts) -> Rows:
    """Money of each holder and its transaction cost, £m: the commissioners' side."""
    years = facts.years
    members = names_of_holders(facts.inputs)
    funding = wide(facts.sources, "holder", "funding", members, years)
    cost = wide(facts.sources, "holder", "cost", members, years)
    spent = wide(facts.flows, "holder", "pence", members, years)
    fees = wide(facts.flows, "holder", "fee_pence", members, years)
    figures = {
        "holder_funding": funding,
        "holder_spent": spent,
        "holder_delivered": spent - fees,
        "holder_contract_cost": cost,
        "holder_fees": fees,
        "holder_transaction_cost": cost + fees,
    }
    return joined([money_by_member(metric, table) for metric, table in figures.items()])


def hosts(facts: Facts) -> Rows:
    """Transaction cost on the money of pools, by the holder that hosts it; no rows where Sources names no host.

    A pool is a pot with sources of several holders in the year. The same cost is also in that of the holders.
    """
    names = facts.inputs.by_year(schema.SOURCES, "Host")
    members = list(dict.fromkeys(str(name) for name in names.ravel() if name is not None))
    if not members:
        return joined([])
    holders_of: dict[tuple[str, str], list[str]] = {}
    keys = list(zip(facts.sources["year"], facts.sources["pot"], strict=True))
    for key, holder in zip(keys, facts.sources["holder"], strict=True):
        holders_of.setdefault(key, []).append(holder)
    pooled = {key for key, own in holders_of.items() if several(own)}
    of_rows = zip(keys, names.T.ravel(), strict=True)  # the frame of sources goes year by year
    host = np.array([name if key in pooled else None for key, name in of_rows], dtype=object)
    # the row of a flow's year and source in the frame of sources
    row = facts.flows["t"].to_numpy() * len(facts.inputs.sources) + facts.flows["s"].to_numpy()
    cost = spread(host, facts.sources["year"], facts.sources["cost"].to_numpy(), members, facts.years)
    fees = spread(host[row], facts.flows["year"], facts.flows["fee_pence"].to_numpy(), members, facts.years)
    return money_by_member("host_transaction_cost", cost + fees)


def providers(facts: Facts) -> Rows:
    """Income of each provider (£m), and its change on the do-minimum and on the Baseline (£m and share)."""
    members, years = facts.inputs.providers, facts.years
    income = wide(facts.flows, "provider", "pence", members, years)
    minimum = wide(facts.lines, "provider", "minimum", members, years)
    before = wide(facts.lines, "provider", "baseline", members, years)
    return joined(
        [
            money_by_member("provider_income", income),
            money_by_member("provider_change", income - minimum),
            ratio_by_member("provider_change_pct", income - minimum, minimum),
            money_by_member("provider_change_on_baseline", income - before),
            ratio_by_member("provider_change_on_baseline_pct", income - before, before),
        ]
    )
