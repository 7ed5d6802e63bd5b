"""Where the columns of a program are, and the labels of its rows: what every block of constraints builds on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.build.model import Assembly, Labels
from budgetmodel.program.build.structure import Structure

LINE_DIMENSIONS = ("place", "service", "provider")
"""The dimensions that identify a line."""


@dataclass(frozen=True)
class Layout:
    """Where the program's columns are: flow, carry (purse, year), line (line, year) and ratio (component, place, year).

    -1 means no column. `member` has the place, service and provider of every line, `baseline` its Baseline, £m.
    `totals` remembers the spending columns that rules share.
    """

    structure: Structure
    assembly: Assembly
    flow: Index
    carry: Index
    line: Index
    ratio: Index
    member: Mapping[str, Index]
    baseline: Array
    totals: dict[object, object] = field(default_factory=dict)

    def amounts(self, x: Array) -> Array:
        """The allocation that columns stand for: shape (lines, years), £m; 0 where a line has no column."""
        return np.where(self.line >= 0, x[np.maximum(self.line, 0)], 0.0)


def lay_out(structure: Structure) -> Layout:
    """Make the columns that every block may use."""
    assembly = Assembly()
    years, lines = structure.years, len(structure.lines)
    flow = assembly.columns("flow", len(structure.flows))
    purse, year = np.nonzero(structure.carry_limit > 0)
    carry = np.full((structure.purses, years), -1, dtype=np.int64)
    carry[purse, year] = assembly.columns("carry", len(purse), high=structure.carry_limit[purse, year])
    reached = np.zeros((lines, years), dtype=bool)
    reached[structure.flows["line"].to_numpy(), structure.flows["year"].to_numpy()] = True
    number, year = np.nonzero(reached)
    line = np.full((lines, years), -1, dtype=np.int64)
    line[number, year] = assembly.columns("line", len(number))
    needed = np.stack([component.need_shares > 0 for component in structure.components])
    ratio = np.full((*needed.shape, years), -1, dtype=np.int64)
    component, place = np.nonzero(needed)
    ratio[component, place] = assembly.columns("ratio", len(component) * years).reshape(-1, years)
    member = {d: structure.lines[d].to_numpy(dtype=np.int64) for d in LINE_DIMENSIONS}
    baseline = structure.lines["baseline"].to_numpy(dtype=float)
    return Layout(structure, assembly, flow, carry, line, ratio, member, baseline)


def labels(count: int, **columns: Any) -> Labels:
    """Row labels: the given columns, the usual ones blank where not given."""
    names = ("rule", "cell", "year", "source", "place", "service", "provider", "component", "strength")
    result: Labels = {name: np.full(count, "", dtype=object) for name in names}
    result["year"] = np.full(count, -1, dtype=np.int64)
    for name, values in columns.items():
        result[name][:] = values
    return result
