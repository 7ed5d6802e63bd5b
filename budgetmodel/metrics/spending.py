"""Money spent, delivered, carried forward and lost to contracts, and the shortfall of should rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, by_year, joined, money_by_year
from budgetmodel.program.prove.certificate import missed_money


def shortfall(facts: Facts) -> Rows:
    """The weighted shortfall of should rules (£m), and its part from keep rows."""
    rules, years = facts.measures.rules, list(facts.years)
    missed = missed_money(rules)
    should = rules.loc[missed.index]
    keep = should["component"] != ""
    of_years = missed.groupby(should["year"]).sum().reindex(years, fill_value=0.0)
    of_keep = missed[keep].groupby(should["year"]).sum().reindex(years, fill_value=0.0)
    return joined(
        [
            by_year("shortfall", years, of_years.to_numpy(dtype=float)),
            by_year("keep_shortfall", years, of_keep.to_numpy(dtype=float)),
        ]
    )


def money(facts: Facts) -> Rows:
    """Money spent, delivered, lost to fees and contracts, carried forward and spent outside its source's home, £m."""
    flows, years = facts.flows, facts.years
    pence = flows["pence"].to_numpy()
    spent, fees = _yearly(facts, pence), _yearly(facts, flows["fee_pence"].to_numpy())
    cost, carried = facts.pennies.cost.sum(axis=0), facts.pennies.carried.sum(axis=0)
    crossing = _yearly(facts, np.where(flows["crosses"], pence, 0))
    figures = {
        "spent": spent,
        "delivered": spent - fees,
        "transaction_cost": fees + cost,
        "fees": fees,
        "contract_cost": cost,
        "carried_forward": carried,
        "crossing": crossing,
    }
    return joined([money_by_year(metric, years, money) for metric, money in figures.items()])


def _yearly(facts: Facts, pence: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pence of flows by year: shape (years,)."""
    sums = np.zeros(len(facts.years), dtype=np.int64)
    np.add.at(sums, facts.flows["t"].to_numpy(), pence)
    return sums
