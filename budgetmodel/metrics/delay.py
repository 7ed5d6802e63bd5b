"""Days to pay, the working capital tied up by them (£m), and its yearly cost at a stated rate."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inputs.regime_terms import delay_cost_rate
from budgetmodel.metrics.facts import Facts, by_year_in_pence
from budgetmodel.metrics.shape import Rows, by_member, by_year, joined, spread

DAYS = 365
"""Days of a year, also of a leap year."""


def delay(facts: Facts) -> Rows:
    """Days to pay, working capital (£m), and its cost at the workbook's rate, if it states one (£m a year)."""
    flows, years = facts.flows, facts.years
    t, pence = flows["t"].to_numpy(), flows["pence"].to_numpy()
    waited = (flows["pence"] * flows["days_to_pay"]).to_numpy(dtype=float)
    days = np.bincount(t, weights=waited, minlength=len(years))
    spent = np.bincount(t, weights=pence, minlength=len(years))
    waiting = by_year_in_pence(waited / DAYS / PENCE_PER_MILLION, t)
    yearly = np.bincount(t, weights=waiting, minlength=len(years)) / PENCE_PER_MILLION
    pieces = [
        by_year("days_to_pay", years, days / spent, float(days.sum() / spent.sum())),
        by_year("working_capital", years, yearly, float(np.mean(yearly))),
    ]
    rate = delay_cost_rate(facts.inputs)
    if rate is not None:
        pieces.append(by_year("delay_cost", years, yearly * rate))
    by_provider = spread(flows["provider"], flows["year"], waiting, facts.inputs.providers, years)
    money = by_provider.with_values(by_provider.values / PENCE_PER_MILLION)
    return joined([*pieces, by_member("provider_waiting", money, money.values.mean(axis=1))])
