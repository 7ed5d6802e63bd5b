"""What a scenario comes to, in a line, as soon as it is proved: others may still be being solved."""

from __future__ import annotations

from budgetmodel.inequality import SMALLEST_REFERENCE
from budgetmodel.results import Result


def first_words(result: Result) -> str:
    """The share of the gap left over all years (the index), and the share closed by the last year.

    The latter is left out where keeping today's shares has no gap in that year. A scenario that minimises something
    else than the index has that figure first.
    """
    objective, year = result.answer.objective, result.inputs.years[-1]
    words = [] if objective.is_index else [f"{objective.noun} {objective.told(result.metric(objective.metric), 2)}"]
    words.append(f"share of the gap left {round(result.metric('index'), 2) + 0.0:.2f} of 100")
    if (result.answer.structure.reference[:, -1] >= SMALLEST_REFERENCE).any():
        words.append(f"closed by {year} {1 - result.metric('index', year) / 100:.0%}")
    return ", ".join(words)
