"""Inequality along a ranking, such as deprivation: who has it depends on where a member stands.

`ranks` is anything that orders the members: the lowest stands first, and members of one rank share the middle of their
stretch. With a deprivation rank of which 1 is the most deprived, the most deprived stand first; with a score that is
highest for the most deprived, `highest_first=True` gives the same.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from budgetmodel.contract.arrays import Array
from budgetmodel.inequality.members import mean_of, ranked_members
from budgetmodel.inequality.spread import cumulative

Transform = Literal["identity", "log", "logit"]
"""The scale on which the values lie on a straight line: as they are, logarithms (rates), log odds (shares)."""


def mid_ranks(ranks: ArrayLike, weights: ArrayLike | None = None, *, highest_first: bool = False) -> Array:
    """R: the middle of each member's stretch when all stand in line, between 0 and 1; ties share one middle.

    R = share of weight before the member + half the share of the members of its rank. The weighted mean is 1/2. Shape
    of those of `ranks` whose weight is above 0. Source: Low and Low, Journal of Public Health 26 (2004).

    >>> mid_ranks([1, 2, 2], [2.0, 1.0, 1.0]).tolist()
    [0.25, 0.75, 0.75]
    """
    (_, by), n = ranked_members([np.zeros(np.shape(ranks)), ranks], weights)
    return _middles(-by if highest_first else by, n)


def concentration_index(
    values: ArrayLike, ranks: ArrayLike, weights: ArrayLike | None = None, *, highest_first: bool = False
) -> float:
    """C = (2 / mu) sum of n y (R - 1/2): relative; below 0, those who stand first have more than their share.

    Range -1 to 1, no unit; 0 for a single member, equal values or one rank for all. Values below 0 are refused. Source:
    Kakwani, Wagstaff and van Doorslaer, Journal of Econometrics 77 (1997); O'Donnell and others, World Bank (2008), 8.
    """
    y, middle, n = _ranked(values, ranks, weights, highest_first)
    if (y < 0).any():
        raise ValueError("The concentration index is for values of 0 and above; the absolute one takes any.")
    mean = mean_of(y, n)
    return _covariance(y, middle, n) * 2 / mean if mean else 0.0


def absolute_concentration_index(
    values: ArrayLike, ranks: ArrayLike, weights: ArrayLike | None = None, *, highest_first: bool = False
) -> float:
    """The generalised concentration index, mu C = 2 sum of n y (R - 1/2), in the unit of the values; any values.

    Absolute. Below 0, those who stand first have more. Source: O'Donnell and others, World Bank (2008), 9.
    """
    return 2 * _covariance(*_ranked(values, ranks, weights, highest_first))


def erreygers_index(
    values: ArrayLike,
    ranks: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    lower: float = 0.0,
    upper: float = 1.0,
    highest_first: bool = False,
) -> float:
    """E = 4 mu C / (upper - lower): for values with bounds, such as shares; the same whether ill or well is counted.

    Range -1 to 1, no unit; below 0, those who stand first have more. `lower` and `upper` are the least and the most
    that a value can be: 0 and 100 for per cent. Raises ValueError for a value beyond them. Source: Erreygers, Journal
    of Health Economics 28 (2009).
    """
    if not (np.isfinite(lower) and np.isfinite(upper) and lower < upper):
        raise ValueError(f"The bounds are {lower} and {upper}; the lower must be below the upper.")
    y, middle, n = _ranked(values, ranks, weights, highest_first)
    if y.min() < lower or y.max() > upper:
        raise ValueError(f"A value is outside {lower:g} to {upper:g}; say lower and upper, 0 and 100 for per cent.")
    return 8 * _covariance(y, middle, n) / (upper - lower)


def slope_index_of_inequality(
    values: ArrayLike,
    ranks: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    transform: Transform = "identity",
    multiplier: float = 1.0,
    highest_first: bool = False,
) -> float:
    """SII: the fitted value at the end of the line (R = 1) less that at its start (R = 0), x `multiplier`.

    The line is fitted by least squares weighted by `weights` to the values, their logarithms (`log`) or log odds
    (`logit`), against the mid-ranks; on a transformed scale the two ends are turned back before they are subtracted.
    Without a transform SII = sum of n (R - 1/2) y / sum of n (R - 1/2)^2. In the unit of the values; any sign: above 0,
    those who stand last have more. NaN where all share one rank, a single member included: there is no slope.
    `multiplier` 100 gives per cent, -1 turns the sign. Raises ValueError for a value of 0 or below with `log`, or not
    between 0 and 1 with `logit`. Source: Low and Low (2004); OHID, PHEindicatormethods, phe_sii.
    """
    first, last = _ends(values, ranks, weights, transform, highest_first)
    return multiplier * (last - first)


def relative_index_of_inequality(
    values: ArrayLike,
    ranks: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    transform: Transform = "identity",
    multiplier: float = 1.0,
    highest_first: bool = False,
    over_mean: bool = False,
) -> float:
    """RII: the fitted value at R = 1 over that at R = 0; 1 is no gradient, no unit.

    A `multiplier` below 0 gives its inverse, its size changes nothing. `over_mean` gives the other convention: slope
    index over the weighted mean of the values, in which 0 is no gradient. NaN where all share one rank, where the
    fitted value below the line is 0 (all values are 0), or where the two ends are of unequal sign, which makes a ratio
    meaningless: use the slope index or a transform. Source: Kunst and Mackenbach (1994) and OHID, phe_sii; over
    the mean: Pamuk, Population Studies 39 (1985).
    """
    first, last = _ends(values, ranks, weights, transform, highest_first)
    if over_mean:
        (y,), n = ranked_members([values], weights)
        mean = mean_of(y, n)
        return multiplier * (last - first) / mean if mean else float("nan")
    if not first * last > 0:
        return float("nan")
    return last / first if multiplier >= 0 else first / last


def concentration_curve(
    values: ArrayLike, ranks: ArrayLike, weights: ArrayLike | None = None, *, highest_first: bool = False
) -> tuple[Array, Array]:
    """Cumulative share of weight by rank, and cumulative share of all n y; both from 0 to 1.

    Members of one rank are one straight stretch. Above the line of equality, those who stand first have more than their
    share; twice the area between it and that line, signed, is the concentration index. Source: World Bank (2008), 7.
    """
    (y, by), n = ranked_members([values, ranks], weights)
    if (y < 0).any():
        raise ValueError("The concentration curve is for values of 0 and above.")
    return cumulative(y, n, -by if highest_first else by)


def _ranked(
    values: ArrayLike, ranks: ArrayLike, weights: ArrayLike | None, highest_first: bool
) -> tuple[Array, Array, Array]:
    (y, by), n = ranked_members([values, ranks], weights)
    return y, _middles(-by if highest_first else by, n), n


def _middles(by: Array, shares: Array) -> Array:
    levels, level = np.unique(by, return_inverse=True)
    size = np.bincount(level, weights=shares, minlength=len(levels))
    return np.asarray((np.cumsum(size) - size / 2)[level])


def _covariance(values: Array, middles: Array, shares: Array) -> float:
    """Sum of n (y - mu) (R - 1/2): exactly 0 for equal values."""
    return float(shares @ ((values - mean_of(values, shares)) * (middles - 0.5)))


def _ends(
    values: ArrayLike, ranks: ArrayLike, weights: ArrayLike | None, transform: str, highest_first: bool
) -> tuple[float, float]:
    """The fitted values at R = 0 and R = 1, in the unit of the values; NaN where there is no slope."""
    y, middle, n = _ranked(values, ranks, weights, highest_first)
    if transform not in ("identity", "log", "logit"):
        raise ValueError(f"transform is '{transform}'; choose identity, log or logit.")
    if transform == "log" and (y <= 0).any():
        raise ValueError("A value is 0 or below, which has no logarithm; use transform='identity'.")
    if transform == "logit" and ((y <= 0) | (y >= 1)).any():
        raise ValueError("A value is not between 0 and 1, which has no log odds; give shares, not per cent.")
    if len(np.unique(middle)) == 1:
        return float("nan"), float("nan")
    on_scale = np.log(y) if transform == "log" else np.log(y / (1 - y)) if transform == "logit" else y
    away = middle - 0.5
    slope = _covariance(on_scale, middle, n) / float(n @ away**2)
    ends = mean_of(on_scale, n) + slope * np.array([-0.5, 0.5])
    if transform == "log":
        ends = np.exp(ends)
    elif transform == "logit":
        ends = 1 / (1 + np.exp(-ends))
    return float(ends[0]), float(ends[1])
