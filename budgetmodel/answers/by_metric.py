"""Tables of objective values: each value in the column of the metric that it is a value of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.objectives import Objective


def by_metric(table: str, frame: pd.DataFrame, objectives: Sequence[Objective]) -> pd.DataFrame:
    """A result table whose columns for the index hold the value of each row's objective, sorted out by metric.

    `objectives` has the objective of each row. Rows of scenarios that minimise the index keep their values; those of
    others go into the optional columns of their metric and leave a blank. Where all minimise the index, the frame
    stays as it is.
    """
    others = dict.fromkeys(objective.metric for objective in objectives if not objective.is_index)
    if not others:
        return frame
    result = frame.copy()
    for column in FRAME[table].optional:
        own = np.array([objective.metric == column.metric for objective in objectives], dtype=bool)
        if column.metric in others:
            result[column.name] = frame[column.instead_of].where(own)
            result[column.instead_of] = result[column.instead_of].mask(own)
    return result_table(table, result)
