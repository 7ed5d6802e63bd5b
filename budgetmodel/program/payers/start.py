"""What a solution gives to each line and takes from each source, before it is decided which source pays which line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.build.layout import Layout

DUST = 1e-9
"""£m: a line or a source with less in a year than a tenth of a penny, the solver's rounding, has nothing."""


@dataclass(frozen=True)
class Start:
    """An allocation with sources that could pay for it: every purse's flow shared by what its sources have to spend.

    `year`, `source`, `line` and `amount` (£m) have an element per flow. `totals` (lines, years) and `budgets` (sources,
    years) are their sums, £m: they stay as they are, and so does `carried`, the money carried out (sources, years).
    """

    year: Index
    source: Index
    line: Index
    amount: Array
    totals: Array
    budgets: Array
    carried: Array


def start_of(layout: Layout, x: Array) -> Start:
    """Share each purse's flows and carry among its sources: carry by amount, flows by what each then has to spend."""
    s = layout.structure
    amount = np.maximum(x[layout.flow], 0.0)
    carried_by_purse = np.where(layout.carry >= 0, x[np.maximum(layout.carry, 0)], 0.0)
    funding = s.funding[s.purse_of]
    portion = np.divide(s.source_funding, funding, out=np.zeros_like(funding), where=s.source_funding > 0)
    carried = np.maximum(carried_by_purse[s.purse_of] * portion, 0.0)
    carried_in = np.concatenate([np.zeros((len(carried), 1)), carried[:, :-1]], axis=1)
    spends = np.maximum(s.source_funding - s.source_cost + carried_in - carried, 0.0)
    purse_spends = np.zeros_like(s.funding)
    np.add.at(purse_spends, s.purse_of, spends)
    whole = purse_spends[s.purse_of]
    share = np.divide(spends, whole, out=np.zeros_like(whole), where=whole > 0)
    year, purse, line = (s.flows[name].to_numpy(dtype=np.int64) for name in ("year", "purse", "line"))
    flow, source = np.nonzero(purse[:, None] == s.purse_of[None, :])
    paid = amount[flow] * share[source, year[flow]]
    at = (line[flow], year[flow]), (source, year[flow])
    sums = _sums(paid, at, layout.line.shape, share.shape)
    kept = (paid > 0) & (sums[0][at[0]] > DUST) & (sums[1][at[1]] > DUST)
    flow, source, paid = flow[kept], source[kept], paid[kept]
    at = (line[flow], year[flow]), (source, year[flow])
    return Start(year[flow], source, line[flow], paid, *_sums(paid, at, layout.line.shape, share.shape), carried)


def _sums(
    paid: Array, at: tuple[tuple[Index, Index], tuple[Index, Index]], *shapes: tuple[int, ...]
) -> tuple[Array, Array]:
    """What each line gets and each source spends, by year."""
    totals, budgets = np.zeros(shapes[0]), np.zeros(shapes[1])
    np.add.at(totals, at[0], paid)
    np.add.at(budgets, at[1], paid)
    return totals, budgets
