"""The headline as plain values, for JSON."""

from __future__ import annotations

from math import isfinite

import pandas as pd

from budgetmodel.comparison.headline import Headline
from budgetmodel.comparison.headline_words import one_sentence, winner_words, worst_words
from budgetmodel.contract.objectives import USUAL, Objective

DIGITS = 12
"""Decimals of the figures; what is beyond is rounding."""


def headline_record(found: Headline, breakeven: pd.DataFrame | None, objective: Objective = USUAL) -> dict[str, object]:
    """The headline as plain values, for JSON: shares, £m, points; None where there is no such figure.

    `words` are the sentences of the front pages.
    """
    freed = found.released
    some = any(line.is_met for line in found.lines.values())
    words = [one_sentence(found, breakeven), worst_words(found)]
    return {
        "base": found.base,
        "compared": found.compared,
        "year": found.year,
        "leaders": list(found.leaders) if some else [],
        "words": [winner_words(found, objective), *words] if some else words,
        "released": None
        if freed is None
        else {"net": freed.net, "contracts": freed.contracts, "fees": freed.fees, "one_off": freed.one_off},
        "scenarios": [
            {
                "scenario": line.name,
                "gap_closed": _finite(line.closed),
                "index": _finite(line.index),
                "worst_place": None
                if line.worst is None
                else {
                    "place": line.worst.place,
                    "distance": _finite(line.worst.distance),
                    "component": line.worst.component,
                    "year": line.worst.year,
                },
            }
            for line in found.lines.values()
        ],
        "places": [
            {
                "place": line.place,
                **{
                    name: _finite(getattr(line, name))
                    for name in ("today", "last", "fair", "before", "after", "growth", "real", "difference")
                },
            }
            for line in found.places
        ],
    }


def _finite(value: float) -> float | None:
    return round(float(value), DIGITS) + 0.0 if isfinite(value) else None
