"""The value of each objective, recomputed from the tables; nothing is shared with the blocks that build programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.contract.objectives import GINI
from budgetmodel.inputs.inputs import Inputs


def index_itself(inputs: Inputs, components: pd.DataFrame, index: float) -> float:
    """The fair-share gap index, which is recomputed for every scenario."""
    return index


VALUES: Mapping[str, Callable[[Inputs, pd.DataFrame, float], float]] = MappingProxyType({GINI.name: index_itself})
"""The value of every built objective, by its name.

Each is a function of the tables, of the frame that `evaluate.component_frame` makes of an allocation (a row per
component, year and place, with `amount` and `target` in £m) and of the allocation's fair-share gap index.
"""
