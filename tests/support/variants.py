"""A budget with one more row of Changes for a scenario, without a file in between."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pandas as pd

import budgetmodel as bm
from budgetmodel.schema import CHANGES


def changed(budget: bm.Budget, scenario: str, **change: object) -> bm.Budget:
    """The budget with the change, in the columns of the Changes sheet; its own tables stay as they are."""
    row = {"Scenario": scenario, "Reason": "test", **change}
    frame = budget.frame(CHANGES)
    one = pd.DataFrame([{name: row.get(name) for name in frame.columns}], dtype=object)
    frames = {**budget.frames, CHANGES: pd.concat([frame.astype(object), one], ignore_index=True)}
    tables = {**budget.tables, CHANGES: budget.tables[CHANGES].with_row(row, "Changes!A5")}
    return replace(budget, tables=MappingProxyType(tables), frames=MappingProxyType(frames))
