"""The rule of a scenario: its row of the sheet Convergence, and the component of the target that it is about."""

from __future__ import annotations

from typing import Any

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.objectives import split
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import MILLIONS_PER_THOUSAND
from budgetmodel.inputs.convergence import Convergence
from budgetmodel.inputs.inputs import Inputs

FIELDS = {
    "Policy": "name",
    "Kind": "kind",
    "Component": "component",
    "Driver": "driver",
    "Slope over": "slope_over",
    "Cap over": "cap_over",
    "Slope under": "slope_under",
    "Cap under": "cap_under",
    "Scope share": "scope",
    "Least growth": "floor",
    "Least growth far over": "floor_over",
    "Falls from": "taper_from",
    "Falls to": "taper_to",
    "Most under": "most_under",
}
"""The columns of the sheet, and what the rule calls them."""


def policies(frame: pd.DataFrame) -> dict[str, Convergence]:
    """Every rule of the checked sheet, by its folded name."""
    found = {}
    for _, row in records(frame):
        given = {field: row[column] for column, field in FIELDS.items()}
        for column, field in FIELDS.items():
            if schema.SHEET[schema.CONVERGENCE].column(column).kind in (schema.Kind.NUMBER, schema.Kind.PERCENT):
                given[field] = float(given[field])
        given["component"] = given["component"] or ""
        rounding = float(row["Rounding"]) * MILLIONS_PER_THOUSAND
        found[fold(str(row["Policy"]))] = Convergence(**given, rounding=rounding)
    return found


def policy_of(inputs: Inputs) -> Convergence:
    """The rule that the scenario asks for; without a name NHS England's ramp of 2025/26, not rounded."""
    name = split(str(inputs.scenario_row(inputs.scenario)["Objective"]))[1] if inputs.scenario else ""
    return policies(inputs.frame(schema.CONVERGENCE))[fold(name)] if name else Convergence(rounding=0.0)


def component_of(inputs: Inputs, policy: Convergence) -> dict[str, Any]:
    """The row of the sheet Target whose services and need the rule is about: its own, or the one that weighs most."""
    frame = inputs.frame(schema.TARGET)
    if policy.component:
        frame = frame[frame["Component"] == policy.component]
    heaviest = int(frame["Weight"].to_numpy(dtype=float).argmax())
    return dict(frame.iloc[heaviest])
