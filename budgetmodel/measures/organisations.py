"""What each organisation holds, pays and receives: holders of money, and providers."""

from __future__ import annotations

import pandas as pd

from budgetmodel import schema
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import joined, money_by_member, ratio_by_member, wide
from budgetmodel.terms import several


def holders(facts: Facts) -> pd.DataFrame:
    """Money of each holder, and what it pays for contracts: the commissioners' side of the transaction cost."""
    years = facts.years
    members = tuple(dict.fromkeys(str(name) for name in facts.budget.frame(schema.SOURCES)["Holder"]))
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


def hosts(facts: Facts) -> pd.DataFrame:
    """Transaction cost on the money of pools, by the holder that hosts it; no rows where Sources names no host.

    A pool is a pot with sources of several holders in the year. It is holders' cost seen from the other side.
    """
    names = facts.budget.frame(schema.SOURCES)["Host"]
    of_source = dict(zip(facts.budget.sources, names, strict=True))
    members = list(dict.fromkeys(str(name) for name in names if name is not None))
    pots = facts.sources.groupby(["year", "pot"], observed=True)["holder"].agg(lambda own: several(list(own)))
    pools = pots.index[pots.to_numpy(dtype=bool)]
    pieces = []
    for frame, money in ((facts.sources, "cost"), (facts.flows, "fee_pence")):
        hosted = frame[pd.MultiIndex.from_frame(frame[["year", "pot"]]).isin(pools)]
        hosted = hosted.assign(host=hosted["source"].astype(object).map(of_source))
        pieces.append(wide(hosted.dropna(subset=["host"]), "host", money, members, facts.years))
    return money_by_member("host_transaction_cost", pieces[0] + pieces[1]) if members else joined([])


def providers(facts: Facts) -> pd.DataFrame:
    """Income of each provider, and its change on the do-minimum and on the Baseline."""
    members, years = facts.budget.providers, facts.years
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
