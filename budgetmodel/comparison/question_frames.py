"""The frames that answer questions with the figures of all scenarios, and the catalogue that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.comparison.questions import QUESTION_COLUMNS, questions
from budgetmodel.comparison.scorecard import REPRESENTATION_COLUMNS, SCORE_COLUMNS, representation, scorecard
from budgetmodel.comparison.sidebyside import Comparison
from budgetmodel.metrics.catalogue import catalogue
from budgetmodel.results import Result

CATALOGUE_COLUMNS = ("metric", "label", "section", "unit", "better", "group", "rule", "caution", "aim")

ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "questions": QUESTION_COLUMNS,
        "scorecard": SCORE_COLUMNS,
        "representation": REPRESENTATION_COLUMNS,
        "measures": CATALOGUE_COLUMNS,
    }
)
"""Frames made of the figures of all scenarios, with their columns."""


def answers(results: Mapping[str, Result], comparison: Comparison) -> dict[str, pd.DataFrame]:
    """The frames of ANSWERS; none when nothing was solved."""
    if not results:
        return {}
    records = [[getattr(record, name) for name in CATALOGUE_COLUMNS] for record in catalogue().values()]
    return {
        "questions": questions(results, comparison.metrics),
        "scorecard": scorecard(results, comparison.metrics),
        "representation": representation(results, comparison.metrics),
        "measures": pd.DataFrame(records, columns=list(CATALOGUE_COLUMNS)),
    }
