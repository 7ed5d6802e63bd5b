"""Walls between pots, counted: contracts and pots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import by_year, joined


def walls(facts: Facts) -> pd.DataFrame:
    """Contracts and pots; the figure of all years is the mean per year."""
    s = facts.structure
    counts = {
        "contracts": s.contracts.astype(float),
        "pots": np.array([len(set(s.pots[:, t])) for t in range(s.years)], dtype=float),
    }
    return joined([by_year(metric, facts.years, n, float(np.mean(n))) for metric, n in counts.items()])
