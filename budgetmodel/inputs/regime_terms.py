"""Terms that a workbook may state and that no equation knows: rates of About, and what a regime costs once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs


def delay_cost_rate(inputs: Inputs) -> float | None:
    """What a pound of working capital costs in a year, as a share; None when About does not say."""
    return _rate(inputs, schema.DELAY_COST_RATE)


def overspend_tested(inputs: Inputs) -> float | None:
    """The overspend of a pool that is tested, as a share of what is in it; None when About does not say."""
    return _rate(inputs, schema.OVERSPEND_TESTED)


def one_off(inputs: Inputs, regime: str) -> Array:
    """What it costs once to set up a regime, by year: shape (years,), £m; zeros when the workbook does not say."""
    total = np.zeros(len(inputs.years))
    for amounts in one_off_by_payer(inputs, regime).values():
        total += amounts
    return total


def one_off_by_payer(inputs: Inputs, regime: str) -> dict[str, Array]:
    """The one-off cost of a regime by payer, in sheet order: shape (years,), £m. A payer that is not named is ""."""
    costs: pd.DataFrame = inputs.frame(schema.REGIME_COSTS)
    return {
        str(row["Payer"] or ""): float(row["One-off cost"]) * np.array(row["Phase-in by year"], dtype=float)
        for _, row in records(costs[costs["Regime"] == regime])
    }


def in_first_year(years: int) -> tuple[float, ...]:
    """The phase-in that a blank means: everything in the first year.

    >>> in_first_year(3)
    (1.0, 0.0, 0.0)
    """
    return tuple(1.0 if year == 0 else 0.0 for year in range(years))


def several(holders: Sequence[str]) -> bool:
    """Whether a pot is a pool of partners: its sources belong to more than one holder.

    >>> several(["NHS Bury CCG", "nhs bury ccg"]), several(["NHS Bury CCG", "Bury Council"])
    (False, True)
    """
    return len({schema.fold(holder) for holder in holders}) > 1


def _rate(inputs: Inputs, name: str) -> float | None:
    text = inputs.settings.get(name)
    return None if text is None else float(text)
