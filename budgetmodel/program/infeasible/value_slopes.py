"""The basis that each rule row's Value multiplies, so that giving way in £m can be converted to a Value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.elastic import Core, core_of

SHIFT = 1.0
"""By how much Values are moved to see what a row's limit depends on: limits are linear in the Value."""


def basis_of(structure: Structure, core: Core) -> Callable[[Array], Array]:
    """The basis of every row of a core as a function of x: how fast its limit grows with its Value, £m.

    Found by building the program again with every Value moved away from nought; limits are linear in their Value.
    """
    frame = structure.inputs.frame(schema.RULES)
    step = np.where(frame["Limit"] == "at most", -SHIFT, SHIFT)
    step[frame["Strength"] != "must"] = 0.0  # their shortfall has columns, which must stay the same
    moved = frame.assign(Value=frame["Value"].astype(float) + step)
    inputs = structure.inputs.with_frames({schema.RULES: moved})
    again = replace(structure, inputs=inputs)
    other = core_of(again, assemble(again, turnover_stage=False)[0])
    match = _matched(core, other)
    known = match >= 0
    by_cell = {
        structure.inputs.cell(schema.RULES, position, "Value"): float(step[n])
        for n, position in enumerate(frame.index.tolist())
    }
    own = np.array([by_cell.get(cell, np.nan) for cell in core.rows["cell"]])

    def slope(x: Array) -> Array:
        difference = np.full(len(core.unit), np.nan)
        full = np.zeros(int(max(core.column.max(initial=-1), other.column.max(initial=-1))) + 1)
        full[core.column] = x
        mine = core.program.activity(x) - bound_of(core.program)
        theirs = other.program.activity(full[other.column]) - bound_of(other.program)
        difference[known] = (mine[known] - theirs[match[known]]) / own[known]
        return difference

    return slope


def bound_of(program: Program) -> Array:
    """The limit of every row, the lower where there are two."""
    return np.where(np.isfinite(program.lower), program.lower, program.upper)


def _matched(core: Core, other: Core) -> Index:
    """For each rule row of a core, the row of the other with the same labels; -1 when there is none."""
    keys = ["constraint", "cell", "year", "source", "place", "service", "provider"]
    mine = core.rows.loc[core.rule, keys].assign(row=np.flatnonzero(core.rule))
    theirs = other.rows.loc[other.rule, keys].assign(match=np.flatnonzero(other.rule))
    both = mine.merge(theirs, on=keys, how="left", validate="1:1")
    result = np.full(len(core.unit), -1, dtype=np.int64)
    result[both["row"].to_numpy()] = both["match"].fillna(-1).to_numpy(dtype=np.int64)
    return result
