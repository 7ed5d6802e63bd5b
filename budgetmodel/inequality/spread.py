"""Inequality between members, whoever they are: no ranks needed.

All are 0 where every value is the same (a single member, or values that are all 0, included) and grow with inequality.
"Relative" measures do not change when every value is multiplied; "absolute" ones do not change when the same is added
to every value. All but the gaps to best and benchmark are unchanged when every member is counted k times over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from budgetmodel.contract.arrays import Array
from budgetmodel.inequality.fair_share import gap
from budgetmodel.inequality.members import mean_of, members, positive_mean


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """G = sum over i, j of n_i n_j |y_i - y_j| / (2 mu), n being shares of weight and mu the weighted mean.

    Relative. Range 0 (equal) to 1 less the smallest share (one member has all); no unit. Values below 0 are refused.
    Source: Gini (1912); Sen, On Economic Inequality (1973), 2.8.
    """
    y, n = members(values, weights)
    mean = positive_mean(y, n, "Gini")
    return gap(y - mean, n) / mean if mean else 0.0


def absolute_gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """G x mu = half the mean difference between two members, in the unit of the values; 0 and above.

    Absolute: any values. Source: Sen (1973), 2.8.
    """
    y, n = members(values, weights)
    return gap(y - mean_of(y, n), n)


def hoover(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """H = 1/2 sum of n |y / mu - 1|: the share of all that would have to move for every value to be the same.

    Relative. Range 0 to 1 less the smallest share; no unit. Also Robin Hood index, Pietra. Blind to what moves
    between members that are on the same side of the mean. Source: Hoover, Review of Economics and Statistics (1936).
    """
    y, n = members(values, weights)
    mean = positive_mean(y, n, "Hoover")
    return float(n @ np.abs(y - mean)) / (2 * mean) if mean else 0.0


def coefficient_of_variation(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """CV = sqrt(sum of n (y - mu)^2) / mu: the weighted standard deviation (of all, not a sample) over the mean.

    Relative. Range 0 to sqrt(1 / smallest share - 1); no unit. Values below 0 are refused. Source: Cowell, Measuring
    Inequality (2011), table A.1.
    """
    y, n = members(values, weights)
    mean = positive_mean(y, n, "The coefficient of variation")
    return float(np.sqrt(n @ ((y - mean) / mean) ** 2)) if mean else 0.0


def generalised_entropy(values: ArrayLike, weights: ArrayLike | None = None, *, alpha: float) -> float:
    """GE(alpha) = (sum of n (y / mu)^alpha - 1) / (alpha (alpha - 1)); its limits at 1 and 0 are Theil T and Theil L.

    Relative. Range 0 and above, no unit; `alpha` says where it looks: small at the bottom, large at the top; GE(2) is
    half the squared coefficient of variation. Infinite where a value is 0 and alpha is 0 or below. Source: Shorrocks,
    Econometrica 48 (1980).
    """
    if not np.isfinite(alpha):
        raise ValueError(f"alpha is {alpha}; generalised entropy takes a finite number.")
    y, n = members(values, weights)
    mean = positive_mean(y, n, "Generalised entropy")
    if mean == 0:
        return 0.0
    ratio = y / mean
    some = ratio > 0
    if alpha <= 0 and not some.all():
        return float("inf")
    log = np.log(ratio[some])
    if alpha == 0:
        found = -float(n[some] @ log)
    elif alpha == 1:
        found = float(n[some] @ (ratio[some] * log))
    elif alpha < 0.5:  # either form is exact near its own limit, where the formula as written loses its digits
        zeros = float(n[~some].sum())
        found = (float(n[some] @ np.expm1(alpha * log)) - zeros) / alpha / (alpha - 1)
    else:
        found = float(n[some] @ (ratio[some] * np.expm1((alpha - 1) * log))) / alpha / (alpha - 1)
    return max(found, 0.0)


def theil_t(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """T = sum of n (y / mu) ln(y / mu): GE(1); a value of 0 adds 0.

    Relative. Range 0 to ln(1 / smallest share); no unit (nats). Source: Theil, Economics and Information Theory (1967).
    """
    return generalised_entropy(values, weights, alpha=1.0)


def theil_l(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """L = sum of n ln(mu / y): GE(0), the mean log deviation; infinite where a value is 0 and another is not.

    Relative. Range 0 and above; no unit (nats). Source: Theil (1967); Shorrocks (1980).
    """
    return generalised_entropy(values, weights, alpha=0.0)


def atkinson_equivalent(values: ArrayLike, weights: ArrayLike | None = None, *, epsilon: float) -> float:
    """Equally distributed equivalent (sum of n y^(1 - e))^(1 / (1 - e)): the same for all that is as good as these.

    In the unit of the values, between their least and their mean: more is better. At e = 1 the geometric mean; 0 where
    a value is 0 and e is 1 or more. `epsilon` is 0 (only the mean counts) or above; the English public's answers on
    health gave 10.95. Values are of what is good; none is below 0. Source: Atkinson, Journal of Economic Theory 2
    (1970); Robson and others, Health Economics 26 (2017).
    """
    if not (epsilon >= 0 and np.isfinite(epsilon)):
        raise ValueError(f"epsilon is {epsilon}; Atkinson's aversion to inequality is 0 or above.")
    y, n = members(values, weights)
    mean = positive_mean(y, n, "Atkinson")
    if epsilon == 0 or mean == 0 or (y == y[0]).all():
        return mean
    some = y > 0
    if not some.all() and epsilon >= 1:
        return 0.0
    log = np.log(y[some])
    if epsilon == 1:
        return float(np.exp(n @ log))
    return float(np.exp(_log_mean_exp((1 - epsilon) * log, n[some]) / (1 - epsilon)))


def atkinson(values: ArrayLike, weights: ArrayLike | None = None, *, epsilon: float) -> float:
    """A = 1 - equally distributed equivalent / mu: the share of all that could go if the rest were shared equally.

    Relative. Range 0 to 1 (a value is 0 and epsilon is 1 or more); no unit. Source: Atkinson (1970).
    """
    y, n = members(values, weights)
    mean = positive_mean(y, n, "Atkinson")
    return max(1 - atkinson_equivalent(y, n, epsilon=epsilon) / mean, 0.0) if mean else 0.0


def kolm_equivalent(values: ArrayLike, weights: ArrayLike | None = None, *, alpha: float) -> float:
    """Equally distributed equivalent -(1 / a) ln(sum of n exp(-a y)), in the unit of the values; more is better.

    Between their least and their mean; any values. `alpha` is per unit of the values and above 0; the English public's
    answers on years of healthy life gave 0.15. Source: Kolm, Journal of Economic Theory 12 (1976); Robson (2017).
    """
    if not (alpha > 0 and np.isfinite(alpha)):
        raise ValueError(f"alpha is {alpha}; Kolm's aversion to inequality is above 0, per unit of the values.")
    y, n = members(values, weights)
    if (y == y[0]).all():
        return float(y[0])
    return float(-_log_mean_exp(-alpha * y, n) / alpha)


def kolm(values: ArrayLike, weights: ArrayLike | None = None, *, alpha: float) -> float:
    """K = mu - equally distributed equivalent = (1 / a) ln(sum of n exp(a (mu - y))), in the unit of the values.

    Absolute: any values. Range 0 and above. Source: Kolm (1976).
    """
    y, n = members(values, weights)
    return max(-kolm_equivalent(y - mean_of(y, n), n, alpha=alpha), 0.0)


def gap_to_benchmark(
    values: ArrayLike, weights: ArrayLike | None = None, *, benchmark: float, higher_is_better: bool = True
) -> float:
    """Sum of n max(0, benchmark - y): the mean shortfall from a benchmark such as England's value.

    Members beyond it add 0. In the unit of the values; 0 (nobody falls short) and above. Where less is better, of
    y - benchmark. Source: Foster, Greer and Thorbecke, Econometrica 52 (1984), the poverty gap undivided.
    """
    if not np.isfinite(benchmark):
        raise ValueError(f"The benchmark is {benchmark}; give a finite number in the unit of the values.")
    y, n = members(values, weights)
    short = benchmark - y if higher_is_better else y - benchmark
    return float(n @ np.maximum(short, 0.0))


def gap_to_best(values: ArrayLike, weights: ArrayLike | None = None, *, higher_is_better: bool = True) -> float:
    """Sum of n (best - y): the mean shortfall from the best member, in the unit of the values; 0 and above.

    Source: WHO, Handbook on health inequality monitoring (2013): mean difference from best performing subgroup.
    """
    y, n = members(values, weights)
    best = float(y.max() if higher_is_better else y.min())
    return gap_to_benchmark(y, n, benchmark=best, higher_is_better=higher_is_better)


def lorenz_curve(values: ArrayLike, weights: ArrayLike | None = None) -> tuple[Array, Array]:
    """The Lorenz curve: cumulative share of weight, from the lowest value up, and cumulative share of all n y.

    Both begin at 0 and end at 1; members of one value are one straight stretch, so the order of ties does not matter.
    Where all values are 0 it is the line of equality. Twice the area between it and that line is the Gini.
    Source: Lorenz, Publications of the American Statistical Association 9 (1905).
    """
    y, n = members(values, weights)
    positive_mean(y, n, "The Lorenz curve")
    return cumulative(y, n, y)


def cumulative(values: Array, shares: Array, by: Array) -> tuple[Array, Array]:
    """Cumulative shares of members and of what they have, ordered by `by`; ties are one stretch."""
    levels, level = np.unique(by, return_inverse=True)
    people = np.asarray(np.bincount(level, weights=shares, minlength=len(levels)), dtype=float)
    amounts = np.asarray(np.bincount(level, weights=shares * values, minlength=len(levels)), dtype=float)
    if amounts.sum() == 0:
        amounts = people
    return _from_nought_to_one(people), _from_nought_to_one(amounts)


def _from_nought_to_one(parts: Array) -> Array:
    sums = np.concatenate([[0.0], np.cumsum(parts)])
    return np.asarray(sums / sums[-1])


def _log_mean_exp(exponents: Array, shares: Array) -> float:
    """ln(sum of n exp(x)) without overflow."""
    most = exponents.max()
    return float(most + np.log(shares @ np.exp(exponents - most)))
