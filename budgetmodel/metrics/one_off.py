"""The one-off cost of setting up the scenario's regime, as the workbook states it; no other figure includes it."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.units import largest_remainder, to_pence
from budgetmodel.inputs.regime_terms import one_off_by_payer
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, Table, joined, money_by_member, money_by_year

NOT_NAMED = "payer not named"


def one_off_cost(facts: Facts) -> Rows:
    """The one-off cost (£m) in all, by year and by payer; no rows when the workbook states none for the regime."""
    by_payer = one_off_by_payer(facts.inputs, facts.structure.regime)
    if not by_payer:
        return joined([])
    pence = {
        payer or NOT_NAMED: largest_remainder(years, to_pence(float(years.sum()))) for payer, years in by_payer.items()
    }
    table = Table(tuple(pence), facts.years, np.array(list(pence.values())))
    return joined(
        [
            money_by_year("one_off_cost", facts.years, table.of_years),
            money_by_member("one_off_cost", table),
        ]
    )
