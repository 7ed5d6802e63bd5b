"""Convergence: how fast areas come to their targets by a rule, without an optimum. Plain functions on arrays.

Two kinds of rule are known. A *ramp* is NHS England's convergence adjustment: base growth for everybody, and a
capped part of the distance from target on top. *Floors* is a pace-of-change policy with continuous floors: a least
growth that is lower for areas far over target, nobody far under it, and the rest by what is still missing.

Money is £m (any one unit will do, with `rounding` in the same), shares are fractions: 0.5% is 0.005. Distance from
target is money / target - 1, below 0 under target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from budgetmodel.contract.arrays import Array

Driver = Literal["opening", "closing"]
HALVINGS = 200
"""Halvings of the interval in which the base growth of a ramp lies; 60 reach the last digit of a float."""

BANDS = (0.01, 0.025, 0.05)
"""Distances from target, either side, of which it is said when every place is within them."""

TIED = 1e-9
"""£m: sums that differ by less are the same."""


class PolicyUnmet(ValueError):
    """A rule that asks for more than there is: `asked` and `available`, in the unit of the money given."""

    def __init__(self, asked: float, available: float, year: int = 0) -> None:
        """`year` counts from 0."""
        self.asked, self.available, self.year = asked, available, year
        super().__init__(f"The floors ask for {asked:,.3f}, and there is {available:,.3f}.")


@dataclass(frozen=True)
class Convergence:
    """A rule with its parameters; the defaults are the ramp of 2025/26 and the floors of the published rounds.

    `kind` says which of them count; `component` is the one of the sheet Target whose money and need are meant, blank
    the one of the greatest weight. Ramp: slope and cap of each side, both as shares; `driver` is the distance before
    the year (`opening`) or that after base growth on the year's new target (`closing`); `scope` is the share of the
    money that is in scope. Floors: growth of at least `floor`, falling from a distance of `taper_from` over target to
    `floor_over` at `taper_to`; nobody ends more than `most_under` under target. `rounding` is in £m, 0 for none.
    """

    name: str = ""
    kind: str = "ramp"
    component: str = ""
    slope_over: float = 0.2
    cap_over: float = 0.005
    slope_under: float = 0.2
    cap_under: float = 0.005
    driver: str = "closing"
    scope: float = 1.0
    floor: float = 0.02
    floor_over: float = 0.01
    taper_from: float = 0.05
    taper_to: float = 0.10
    most_under: float = 0.05
    rounding: float = 0.001


def distance(money: ArrayLike, target: ArrayLike) -> Array:
    """Distance from target as a share of the target: below 0 is under target; NaN where the target is 0."""
    got, fair = np.asarray(money, dtype=float), np.asarray(target, dtype=float)
    return np.asarray(np.divide(got, fair, out=np.full(np.broadcast(got, fair).shape, np.nan), where=fair != 0) - 1)


def convergence(
    before: ArrayLike,
    *,
    slope_over: float = 0.2,
    cap_over: float = 0.005,
    slope_under: float = 0.2,
    cap_under: float = 0.005,
    scope: ArrayLike = 1.0,
) -> Array:
    """The convergence adjustment: a capped ramp of the distance before it, share of the grown baseline.

    -slope x distance, at most the cap of its side, x the share of the money that is in scope. Defaults: 2025/26.
    Source: NHS England, ICB allocations 2025/26, from whose figures it was verified.
    """
    gap = np.asarray(before, dtype=float)
    ramp = np.where(gap > 0, -np.minimum(slope_over * gap, cap_over), np.minimum(-slope_under * gap, cap_under))
    return np.asarray(ramp * np.asarray(scope, dtype=float))


def allocation(
    baseline: ArrayLike, base_growth: ArrayLike, adjustment: ArrayLike = 0.0, *, rounding: float = 0.001
) -> Array:
    """Baseline x (1 + base growth) x (1 + convergence), £m, rounded to £1k (0 = exact)."""
    exact = np.asarray(baseline, dtype=float) * (1 + np.asarray(base_growth)) * (1 + np.asarray(adjustment))
    return np.asarray(np.floor(exact / rounding + 0.5) * rounding if rounding else exact)


def ramp_allocation(
    policy: Convergence,
    baseline: ArrayLike,
    base_growth: ArrayLike,
    opening_target: ArrayLike,
    closing_target: ArrayLike,
    *,
    scope: ArrayLike | None = None,
) -> Array:
    """What a ramp gives every area at a known base growth, £m, by area.

    The driver is baseline / opening target - 1, or baseline x (1 + base growth) / closing target - 1. `scope` is the
    share in scope by area (blank = the policy's). The published allocations of 2025/26 (42 systems, three streams)
    follow to £1k with the driver `closing`.
    """
    before, growth = np.asarray(baseline, dtype=float), np.asarray(base_growth, dtype=float)
    gap = distance(before, opening_target) if policy.driver == "opening" else distance(
        before * (1 + growth), closing_target)  # fmt: skip
    moved = convergence(
        gap,
        slope_over=policy.slope_over,
        cap_over=policy.cap_over,
        slope_under=policy.slope_under,
        cap_under=policy.cap_under,
        scope=policy.scope if scope is None else scope,
    )
    return allocation(before, growth, moved, rounding=policy.rounding)


def floor_growth(policy: Convergence, before: ArrayLike) -> Array:
    """The least growth of areas so far from target, as shares, by area.

    `floor` up to `taper_from`, `floor_over` from `taper_to`, linear between: no area stands at a cliff.
    """
    marks, floors = (policy.taper_from, policy.taper_to), (policy.floor, policy.floor_over)
    return np.asarray(np.interp(np.asarray(before, dtype=float), marks, floors))


def converged(
    policy: Convergence,
    baseline: ArrayLike,
    opening_target: ArrayLike,
    closing_target: ArrayLike,
    quantum: float,
) -> Array:
    """What a rule gives every area when all of `quantum` is shared, £m, by area; the sum is the quantum.

    Ramp: base growth is what makes the sum the quantum. Floors: baseline x (1 + least growth), at least
    (1 - most_under) x closing target, and what is left in proportion to what is still missing to the closing target,
    or, where nothing is missing, to the closing target. Raises PolicyUnmet where the floors ask for more than the
    quantum. Rounded by largest remainder: no area is off by as much as `rounding`, the last takes what the quantum
    itself has beyond it.
    """
    before, opening = np.asarray(baseline, dtype=float), np.asarray(opening_target, dtype=float)
    closing = np.asarray(closing_target, dtype=float)
    if policy.kind == "ramp":
        exact = _ramp_of_all(policy, before, opening, closing, quantum)
    else:
        exact = np.maximum(
            before * (1 + floor_growth(policy, distance(before, opening))), (1 - policy.most_under) * closing
        )
        rest = quantum - float(exact.sum())
        if rest < -TIED * max(1.0, quantum):
            raise PolicyUnmet(float(exact.sum()), quantum)
        missing = np.maximum(closing - exact, 0.0)
        by = missing if missing.sum() > 0 else closing
        exact = exact + rest * by / by.sum()
    return _rounded(exact, quantum, policy.rounding)


def converged_path(policy: Convergence, baseline: ArrayLike, target: ArrayLike, opening_target: ArrayLike) -> Array:
    """A rule year after year: shape (areas, years), £m; every year's allocation is the next one's baseline.

    `target` has shape (areas, years); the money of a year is the sum of its targets. `opening_target` is that of the
    baseline. Raises PolicyUnmet with the year.
    """
    before, opening = np.asarray(baseline, dtype=float), np.asarray(opening_target, dtype=float)
    closing = np.asarray(target, dtype=float)
    found = np.zeros_like(closing)
    for year in range(closing.shape[1]):
        try:
            before = converged(policy, before, opening, closing[:, year], float(closing[:, year].sum()))
        except PolicyUnmet as unmet:
            raise PolicyUnmet(unmet.asked, unmet.available, year) from None
        found[:, year], opening = before, closing[:, year]
    return found


def years_until(
    policy: Convergence,
    baseline: ArrayLike,
    target: ArrayLike,
    growth: float,
    *,
    within: Sequence[float] = BANDS,
    horizon: int = 50,
) -> dict[float, int | None]:
    """Years until every area is within a distance of its target, either side; None where not within `horizon` years.

    All money grows by `growth` a year, and every target with it. 0 = it is so already. The rule goes on unrounded.
    Where floors cannot be met the count ends there.
    """
    exact = Convergence(**{**policy.__dict__, "rounding": 0.0})
    money, fair = np.asarray(baseline, dtype=float), np.asarray(target, dtype=float)
    fair = fair * money.sum() / fair.sum()
    found: dict[float, int | None] = dict.fromkeys(within)
    for year in range(horizon + 1):
        worst = float(np.nanmax(np.abs(distance(money, fair))))
        for band in within:
            if found[band] is None and worst <= band + TIED:
                found[band] = year
        if all(value is not None for value in found.values()):
            break
        later = fair * (1 + growth)
        try:
            money = converged(exact, money, fair, later, float(later.sum()))
        except PolicyUnmet:
            break
        fair = later
    return found


def _ramp_of_all(policy: Convergence, before: Array, opening: Array, closing: Array, quantum: float) -> Array:
    """Unrounded allocations whose base growth shares the quantum out."""
    exact = Convergence(**{**policy.__dict__, "rounding": 0.0})
    low, high = 0.0, 4.0 * quantum / float(before.sum())  # of 1 + base growth
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if ramp_allocation(exact, before, middle - 1, opening, closing).sum() < quantum:
            low = middle
        else:
            high = middle
    found = ramp_allocation(exact, before, (low + high) / 2 - 1, opening, closing)
    return np.asarray(found * quantum / found.sum())


def _rounded(exact: Array, quantum: float, rounding: float) -> Array:
    """Amounts rounded so that they add up to the quantum: by largest remainder, ties by position."""
    if not rounding:
        return exact
    down = np.floor(exact / rounding + TIED)
    spare = int(np.floor((quantum / rounding - down.sum()) + 1e-6))
    order = np.argsort(-(exact / rounding - down), kind="stable")
    down[order[: max(spare, 0)]] += 1
    found = down * rounding
    found[order[-1]] += quantum - found.sum()
    return np.asarray(found)
