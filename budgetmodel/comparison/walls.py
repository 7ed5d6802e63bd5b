"""The two-by-two of walls and costs: the effects of a regime's pots and of its contract costs on the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.answers.by_metric import by_metric
from budgetmodel.answers.values import values_from
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.program.build.structure import at_equal_costs
from budgetmodel.results import Result

NEITHER, WALLS_ONLY, COSTS_ONLY, BOTH = "neither", "walls only", "costs only", "both"
"""The corners: which of the first scenario's pots and contract costs are replaced by those of a regime."""

GAIN_WALLS, GAIN_COSTS, GAIN = "gain from walls", "gain from costs", "gain in all"
"""The fall of a figure: due to the pots, due to the contract costs, and in all."""

OPTIMAL, INFEASIBLE, UNKNOWN = "optimal", "infeasible", "a corner is infeasible"

DECIMALS = 6
"""Corners and gains are rounded to so many decimals of a point or of £1m, so that parts add up exactly.

Further decimals are within the tolerance of the shortfall in the later stages."""


@dataclass(frozen=True)
class WallCorner:
    """The pots of one scenario with the contract costs of another: least shortfall, £m, and objective; NaN if none."""

    pots: str
    costs: str
    status: str
    shortfall: float = float("nan")
    value: float = float("nan")

    @property
    def figures(self) -> tuple[float, float]:
        """Shortfall (£m) and objective."""
        return self.shortfall, self.value


def corner(pots: Result, costs: Result, options: Options = DEFAULT_OPTIONS) -> WallCorner:
    """The answer with the pots of one scenario and the contracts and costs of another over the same tables.

    The two programs differ only in what sources have left to spend, so that this one is re-solved from the answer of
    the scenario whose pots it has. Raises SolverFailed when the figures cannot be proved.
    """
    own, other = pots.answer.structure, costs.answer.structure
    if pots is costs or np.array_equal(own.source_cost, other.source_cost):
        return WallCorner(pots.scenario, costs.scenario, OPTIMAL, *pots.answer.values)
    found = values_from(pots.answer, at_equal_costs(own, other), options)
    if found is None:
        return WallCorner(pots.scenario, costs.scenario, INFEASIBLE)
    return WallCorner(pots.scenario, costs.scenario, OPTIMAL, *found)


def two_by_two(
    scenario: str, first: str, found: Mapping[tuple[str, str], WallCorner], objective: Objective = USUAL
) -> pd.DataFrame:
    """A scenario against the first of its set: four corners and the gain, split into walls and costs.

    `found` has the corners by (pots of, costs of). Each part is its effect averaged over both orders, walls first
    and costs first; walls and costs add up to the whole exactly. Gains are positive where a figure falls. Without an
    answer in a corner, the parts that need it are NaN.
    """
    names = {
        NEITHER: (first, first),
        WALLS_ONLY: (scenario, first),
        COSTS_ONLY: (first, scenario),
        BOTH: (scenario, scenario),
    }
    at = {part: found[pair] for part, pair in names.items()}
    rows: list[tuple[object, ...]] = [
        (scenario, first, part, *names[part], each.status, *(round(f, DECIMALS) + 0.0 for f in each.figures))
        for part, each in at.items()
    ]
    splits = [gain_parts(*(each.figures[n] for each in at.values())) for n in (0, 1)]
    known = all(each.status == OPTIMAL for each in at.values())
    for part, *figures in zip((GAIN_WALLS, GAIN_COSTS, GAIN), *splits, strict=True):
        status = OPTIMAL if known or np.isfinite(figures).all() else UNKNOWN
        rows.append((scenario, first, part, "", "", status, *figures))
    frame = result_table("walls", rows)
    return by_metric("walls", frame, [objective] * len(frame))


def gain_parts(neither: float, walls: float, costs: float, both: float) -> tuple[float, float, float]:
    """The fall from `neither` to `both`: the part of walls, the part of costs, and the whole; walls + costs = whole.

    The part of costs is the mean of their effects with either scenario's walls; the part of walls is the rest.

    >>> gain_parts(100.0, 40.0, 90.0, 36.0)
    (57.0, 7.0, 64.0)
    """
    figures = np.array([neither, walls, costs, both])
    if not np.isfinite(figures[[0, 3]]).all():
        return float("nan"), float("nan"), float("nan")
    units = 10**DECIMALS
    first, last = (round(figure * units) for figure in (neither, both))
    whole = first - last
    if not np.isfinite(figures).all():
        return float("nan"), float("nan"), whole / units
    by_costs = (first - round(costs * units) + round(walls * units) - last) // 2
    return (whole - by_costs) / units, by_costs / units, whole / units
