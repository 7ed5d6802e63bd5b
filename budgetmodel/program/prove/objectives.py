"""The value of each objective, recomputed from the tables; nothing is shared with the blocks that build programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.objectives import GINI, L1
from budgetmodel.inputs.inputs import Inputs


def index_itself(inputs: Inputs, components: pd.DataFrame, index: float) -> float:
    """The fair-share gap index, which is recomputed for every scenario."""
    return index


def weighted_distance(inputs: Inputs, components: pd.DataFrame, index: float) -> float:
    """What places are above or below target, £m, by year, component and equity weight: all weights from the tables."""
    counted = components[components["need_share"] > 0]
    equity = counted["place"].map(_by_name(inputs, schema.PLACES, "Place", "Equity weight"))
    by_need = (counted["need_share"] * equity).groupby([counted["component"], counted["year"]]).transform("sum")
    of_component, of_year = (
        counted[column].map(weights / weights.sum())
        for column, weights in (
            ("component", _by_name(inputs, schema.TARGET, "Component", "Weight")),
            ("year", _by_name(inputs, schema.YEARS, "Year", "Weight")),
        )
    )
    apart = (counted["amount"] - counted["target"]).abs()
    return float((of_year * of_component * equity / by_need * apart).sum())


def _by_name(inputs: Inputs, sheet: str, name: str, figure: str) -> pd.Series[float]:
    """A column of figures of a sheet, by the names of another."""
    return inputs.frame(sheet).set_index(name)[figure].astype(float)


VALUES: Mapping[str, Callable[[Inputs, pd.DataFrame, float], float]] = MappingProxyType(
    {GINI.name: index_itself, L1.name: weighted_distance}
)
"""The value of every built objective, by its name.

Each is a function of the tables, of the frame that `evaluate.component_frame` makes of an allocation (a row per
component, year and place, with `amount` and `target` in £m) and of the allocation's fair-share gap index.
"""
