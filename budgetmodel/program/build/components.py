"""The components of the target: fair shares, what is spent on each, and how far that is from its fair shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import records
from budgetmodel.inequality import gap, gap_weights
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.need import do_minimum, need_by_place, shares, targets
from budgetmodel.inputs.reach import lines, masks


@read_only
@dataclass(frozen=True)
class Component:
    """One component of the target.

    `services` (bool, per service); `need_shares`, `weights` (per place); `target` (places, years) and `total`
    (years,) in £m; `weight` is its share of the target; `keep` the least and most of its do-minimum total.
    """

    name: str
    position: int
    services: Mask
    need_shares: Array
    weights: Array
    target: Array
    total: Array
    weight: float
    keep: tuple[float, float]


def reference_gaps(inputs: Inputs) -> dict[tuple[str, str], float]:
    """G0: the gap of the do-minimum, by component name and year (model.md, section 4)."""
    line = lines(inputs)
    minimum = do_minimum(line["baseline"].to_numpy(dtype=float), inputs.funding.sum(axis=0))
    components = components_of(inputs, line, minimum)
    gaps = component_gaps(components, line, minimum)
    return {
        (fold(component.name), year): float(gaps[k, t])
        for k, component in enumerate(components)
        for t, year in enumerate(inputs.years)
    }


def component_spend(components: tuple[Component, ...], line: pd.DataFrame, amounts: Array) -> Array:
    """What each place gets on each component's services: shape (components, places, years), £m.

    `amounts` has shape (lines, years).
    """
    place, service = line["place"].to_numpy(), line["service"].to_numpy()
    result = np.zeros((len(components), len(components[0].need_shares), amounts.shape[1]))
    for k, component in enumerate(components):
        linked = component.services[service]
        np.add.at(result[k], place[linked], amounts[linked])
    return result


def component_gaps(components: tuple[Component, ...], line: pd.DataFrame, amounts: Array) -> Array:
    """G of an allocation: shape (components, years)."""
    spend = component_spend(components, line, amounts)
    gaps = np.zeros((len(components), amounts.shape[1]))
    for k, component in enumerate(components):
        counted = component.need_shares > 0
        for t in range(amounts.shape[1]):
            ratios = spend[k, counted, t] / component.target[counted, t]
            gaps[k, t] = gap(ratios, component.weights[counted])
    return gaps


def components_of(inputs: Inputs, line: pd.DataFrame, minimum: Array) -> tuple[Component, ...]:
    """The components of the target with their need shares and fair shares, in the order of the sheet."""
    frame = inputs.frame(schema.TARGET)
    equity = inputs.frame(schema.PLACES)["Equity weight"].to_numpy(dtype=float)
    services = masks(list(frame["Services"]), inputs.services)
    weights = frame["Weight"].to_numpy(dtype=float)
    result = []
    for k, (position, row) in enumerate(records(frame)):
        need = shares(need_by_place(inputs.frame(schema.NEEDS), str(row["Need measure"]), inputs.places))
        total = minimum[services[k][line["service"].to_numpy()]].sum(axis=0)
        result.append(
            Component(
                name=str(row["Component"]),
                position=position,
                services=services[k],
                need_shares=need,
                weights=gap_weights(need, equity),
                target=targets(need, total),
                total=total,
                weight=float(weights[k] / weights.sum()),
                keep=(float(row["Keep at least"]), float(row["Keep at most"])),
            )
        )
    return tuple(result)


def reference_of(
    components: tuple[Component, ...],
    frozen: Mapping[tuple[str, str], float],
    inputs: Inputs,
    line: pd.DataFrame,
    minimum: Array,
) -> Array:
    """G0, shape (components, years): the unchanged workbook's where it has the component, else the scenario's own."""
    own = component_gaps(components, line, minimum)
    for k, component in enumerate(components):
        for t, year in enumerate(inputs.years):
            own[k, t] = frozen.get((fold(component.name), year), own[k, t])
    return own
