"""The frames that answer questions with the figures of all scenarios, and the catalogue that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from budgetmodel.comparison.headline_frames import headline_frames
from budgetmodel.comparison.questions import questions
from budgetmodel.comparison.scorecard import representation, scorecard
from budgetmodel.comparison.sidebyside import Comparison
from budgetmodel.contract.frames import ASKED, names_of, result_table
from budgetmodel.metrics.catalogue import catalogue_of
from budgetmodel.results import Result

ANSWERS = names_of(ASKED)
"""The names of the frames made of the figures of all scenarios."""


def answers(results: Mapping[str, Result], comparison: Comparison) -> dict[str, pd.DataFrame]:
    """The frames of ANSWERS; none when nothing was solved."""
    if not results:
        return {}
    known = catalogue_of(comparison.metrics["metric"])
    return {
        "questions": questions(results, comparison.metrics),
        "scorecard": scorecard(results, comparison.metrics),
        "representation": representation(results, comparison.metrics),
        "measures": result_table("measures", [asdict(record) for record in known]),
        **headline_frames(results, comparison),
    }
