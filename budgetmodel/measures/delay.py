"""Days to pay, and the money that waits: a one-off when it is freed, and its yearly cost at a stated rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import by_member, by_year, joined, wide
from budgetmodel.money import PENCE_PER_MILLION, largest_remainder, to_pence
from budgetmodel.terms import delay_cost_rate

DAYS = 365
"""Days of a year, leap years too."""


def delay(facts: Facts) -> pd.DataFrame:
    """Days to pay, the money that waits, and what that costs at the workbook's rate, if it states one."""
    flows, years = facts.flows, facts.years
    days = (flows["pence"] * flows["days_to_pay"]).groupby(flows["year"], observed=False).sum()
    spent = flows["pence"].groupby(flows["year"], observed=False).sum()
    waiting = flows.assign(waiting=_waiting(flows))
    yearly = np.asarray(waiting["waiting"].groupby(flows["year"], observed=False).sum()) / PENCE_PER_MILLION
    pieces = [
        by_year("days_to_pay", years, (days / spent).to_numpy(dtype=float), float(days.sum() / spent.sum())),
        by_year("working_capital", years, yearly, float(np.mean(yearly))),
    ]
    rate = delay_cost_rate(facts.budget)
    if rate is not None:
        pieces.append(by_year("delay_cost", years, yearly * rate))
    by_provider = wide(waiting, "provider", "waiting", facts.budget.providers, years) / PENCE_PER_MILLION
    return joined([*pieces, by_member("provider_waiting", by_provider, by_provider.mean(axis=1))])


def _waiting(flows: pd.DataFrame) -> NDArray[np.int64]:
    """The money of each flow that waits to be paid, in whole pence that add up to the year's."""
    exact = (flows["pence"] * flows["days_to_pay"]).to_numpy(dtype=float) / DAYS / PENCE_PER_MILLION
    result = np.zeros(len(flows), dtype=np.int64)
    for at in flows.groupby("t", sort=True).indices.values():
        result[at] = largest_remainder(exact[at], to_pence(float(exact[at].sum())))
    return result
