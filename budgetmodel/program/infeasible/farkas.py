"""That nothing is feasible, proved: rows that together ask for more than anything within the bounds can give."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.arrays import Array
from budgetmodel.program.build.constraints import BALANCE
from budgetmodel.program.infeasible.elastic import NOTHING, Core, Elastic, Way

ROUNDING = 1e-14
"""By how much, relative to all that is added up, our own sums may be wrong: 45 roundings of the worst kind."""


def proved_gap(core: Core, price: Array) -> float:
    """By how much the rows, at these prices, ask for more than there is, £m: what is above 0 proves that nothing holds.

    Farkas' lemma, in our own arithmetic on the program's arrays and safe whatever a solver's tolerances: every x that
    meets the rows has Σ price x limit <= Σ (price' A) x, and what is in the program can at most be at its bounds. A
    column without an upper bound of its own is no larger than all the money of all years: flows, what is carried, and
    every sum of flows are not; and what is counted above the do-minimum need not be. The largest price of a rule (of
    any must row where no rule has one) is taken as £1 for £1; -infinity where prices say nothing.
    """
    program = core.program
    price = np.where(
        ((price > 0) & ~np.isfinite(program.lower)) | ((price < 0) & ~np.isfinite(program.upper)), 0, price
    )
    largest = float(np.abs(price[core.rule]).max(initial=0.0) or np.abs(price[core.unit]).max(initial=0.0))
    if largest == 0.0:
        return -np.inf
    price = price / largest
    limit = np.where(price > 0, program.lower, np.where(price < 0, program.upper, 0.0))
    asked = price * limit
    worth = program.transposed(price)
    balance = (core.rows["constraint"] == BALANCE.name).to_numpy()
    money = float(np.maximum(program.upper[balance], 0.0).sum())
    most = np.where(np.isfinite(program.high), program.high, money)
    given = np.where(worth > 0, worth * most, worth * program.low)
    noise = ROUNDING * (np.abs(asked).sum() + np.abs(given).sum())
    return float(asked.sum() - given.sum() - noise)


def proof_of(core: Core, first: Way | None) -> float:
    """The proved gap, £m, by the prices of the cheapest way out, or else by those of all rows at one price; or neither.

    Above 0 when it is proved that nothing is feasible.
    """
    best = -np.inf if first is None else proved_gap(core, first.dual)
    if best <= NOTHING:
        way = Elastic.of(core.program, core.unit).least(core.unit.astype(float))
        best = best if way is None else max(best, proved_gap(core, way.dual))
    return best
