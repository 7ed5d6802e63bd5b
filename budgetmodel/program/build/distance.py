"""The objective `l1`: what every place's spending is above or below its fair-share target, weighted and added up.

    D = Σ_t δ_t Σ_k ω_k Σ_p e_pk |X[p,k,t] - T[p,k,t]|        in £m

X is the component's linked spending of the place, T its target (both £m); δ are the year weights and ω the component
weights, each scaled to sum 1. e_pk is the equity weight of the place divided by the mean equity weight by need,
Σ_q n_qk x equity weight of q: with equal equity weights it is 1, so that D is pounds as they are, and equity weights
that are all doubled change nothing. Since T = n x the component's do-minimum total, e_pk T is that total times the
index's own weight w of the place: D weighs |r - 1| as the index weighs |r_p - r_q|. Where need is 0 there is no target,
and no term.
"""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.objectives import L1
from budgetmodel.program.build.components import component_spend
from budgetmodel.program.build.layout import Layout, labels
from budgetmodel.program.build.model import Block, Constraint
from budgetmodel.program.build.structure import Structure

DISTANCE = Constraint("distance", "Spending of a place above or below its target", "£m")


def distance_block(layout: Layout) -> None:
    """Rows T r - over + under = T per component, place with a need, and year; the stage minimises over and under.

    T r is the place's linked spending, by the ratio's own row. Where a weight is 0 there is no row: nothing would keep
    its columns small.
    """
    s = layout.structure
    scale = distance_scale(s)
    component, place, year = np.nonzero((layout.ratio >= 0) & (scale > 0))
    count = len(component)
    over = layout.assembly.columns("over target", count)
    under = layout.assembly.columns("under target", count)
    for side in (over, under):
        layout.assembly.cost(L1.stage.cost, side, scale[component, place, year])
    target = np.stack([c.target for c in s.components])[component, place, year]
    rows = np.arange(count)
    ratio = layout.ratio[component, place, year]
    layout.assembly.add(
        Block(
            DISTANCE,
            labels(
                count,
                year=year,
                place=np.array(s.inputs.places, dtype=object)[place],
                component=np.array([c.name for c in s.components], dtype=object)[component],
            ),
            np.concatenate([rows, rows, rows]),
            np.concatenate([ratio, over, under]),
            np.concatenate([target, -np.ones(count), np.ones(count)]),
            target,
            target,
        )
    )


def distance_scale(s: Structure) -> Array:
    """What £1m above or below target adds: δ_t ω_k e_pk; shape (components, places, years), 0 where need is 0."""
    equity = np.stack([np.divide(c.weights, c.need_shares, out=np.zeros_like(c.weights), where=c.need_shares > 0)
                       for c in s.components])  # fmt: skip
    by_year = np.outer(s.component_weights, s.inputs.year_weights)
    return np.asarray(equity[:, :, None] * by_year[:, None, :])


def distance_value(s: Structure, amounts: Array) -> float:
    """The weighted distance of an allocation, £m; `amounts` has shape (lines, years), £m."""
    spend = component_spend(s.components, s.lines, amounts)
    target = np.stack([c.target for c in s.components])
    return float((distance_scale(s) * np.abs(spend - target)).sum())
