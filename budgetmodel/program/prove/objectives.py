"""The value of each objective, recomputed from the tables; nothing is shared with the blocks that build programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.objectives import CONVERGENCE, GINI, L1
from budgetmodel.inputs.convergence import converged_path
from budgetmodel.inputs.convergence_sheet import component_of, policy_of
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


def distance_from_rule(inputs: Inputs, components: pd.DataFrame, index: float) -> float:
    """What places spend above or below their share by the convergence rule, £m, by year weight."""
    policy = policy_of(inputs)
    row = component_of(inputs, policy)
    own = components[(components["component"] == row["Component"]) & (components["need_share"] > 0)]
    amount, target = (own.pivot(index="place", columns="year", values=name)[list(inputs.years)] for name in
                      ("amount", "target"))  # fmt: skip
    baseline = inputs.frame(schema.BASELINE)
    linked = baseline[baseline["Service"].isin(row["Services"].members)]
    before = linked.groupby("Place")["Amount"].sum().reindex(amount.index, fill_value=0.0)
    need = own.drop_duplicates("place").set_index("place")["need_share"].reindex(amount.index)
    by_rule = converged_path(policy, before, target, need * before.sum())
    shares = by_rule / by_rule.sum(axis=0)
    apart = (amount - shares * amount.sum(axis=0).to_numpy()).abs().sum(axis=0)
    of_year = _by_name(inputs, schema.YEARS, "Year", "Weight").reindex(list(inputs.years))
    return float((apart * of_year / of_year.sum()).sum())


def _by_name(inputs: Inputs, sheet: str, name: str, figure: str) -> pd.Series[float]:
    """A column of figures of a sheet, by the names of another."""
    return inputs.frame(sheet).set_index(name)[figure].astype(float)


VALUES: Mapping[str, Callable[[Inputs, pd.DataFrame, float], float]] = MappingProxyType(
    {GINI.name: index_itself, L1.name: weighted_distance, CONVERGENCE.name: distance_from_rule}
)
"""The value of every built objective, by its name.

Each is a function of the tables, of the frame that `evaluate.component_frame` makes of an allocation (a row per
component, year and place, with `amount` and `target` in £m) and of the allocation's fair-share gap index.
"""
