"""Measures of inequality as plain functions on arrays: the fair-share gap, its index, the slope index."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.arrays import Array

SMALLEST_REFERENCE = 0.001
"""A component whose reference gap is smaller is near equality; the index divides by this instead."""


def gap_weights(need_shares: Array, equity_weights: Array) -> Array:
    """w: need share x equity weight, scaled to sum 1; shape (places,).

    >>> gap_weights(np.array([0.5, 0.5]), np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    weights = need_shares * equity_weights
    return np.asarray(weights / weights.sum())


def gap(ratios: Array, weights: Array) -> float:
    """G: the weighted mean gap between every two places' funding-to-need ratios.

    G = sum over pairs p < q of w_p w_q |r_p - r_q|, computed by one sort (model.md, section 4). Places of weight 0
    are left out; their ratios may be anything, NaN included.

    >>> round(gap(np.array([0.9, 1.1]), np.array([0.5, 0.5])), 12)  # 0.5 x 0.5 x 0.2
    0.05
    """
    counted = weights > 0
    slopes = gap_slopes(ratios[counted], weights[counted])
    return float(slopes @ ratios[counted])


def gap_slopes(ratios: Array, weights: Array) -> Array:
    """The slope of G at `ratios` for each place: w_p x (weight ranked below - weight ranked above).

    G is the largest of the linear functions that the orderings of places give; this is the one that is tight at
    `ratios`. Shape (places,).
    """
    order = np.argsort(ratios, kind="stable")
    ranked = weights[order]
    below = np.concatenate([[0.0], np.cumsum(ranked)[:-1]])
    above = ranked.sum() - below - ranked
    slopes = np.empty_like(weights)
    slopes[order] = ranked * (below - above)
    return slopes


def index(gaps: Array, reference: Array, year_weights: Array, component_weights: Array) -> float:
    """The fair-share gap index: 100 = today's pattern carried forward, 0 = every place at its need share.

    `gaps` and `reference` have shape (components, years); both kinds of weights sum to 1.
    """
    return float(100.0 * component_weights @ relative_gaps(gaps, reference) @ year_weights)


def relative_gaps(gaps: Array, reference: Array) -> Array:
    """Each gap as a share of its reference gap: shape (components, years)."""
    return np.asarray(gaps / np.maximum(reference, SMALLEST_REFERENCE))


def slope_index_of_inequality(values: Array, deprivation: Array, people: Array) -> float:
    """SII: the value at the least deprived end of the population less that at the most deprived end, by the line.

    Places are ranked from the most deprived (highest score) to the least; each stands at the middle of its part of the
    population, from 0 to 1, and places of one score share the middle of theirs. The line is fitted by least squares
    weighted with people: SII = sum w (x - mean x)(y - mean y) / sum w (x - mean x)^2. All three have shape (places,).
    NaN where all have one score. It is the method of OHID's Fingertips (`phe_sii` of PHEindicatormethods, without its
    transformation and confidence interval).

    >>> round(slope_index_of_inequality(np.array([70.0, 80.0]), np.array([30.0, 10.0]), np.array([1.0, 1.0])), 9)
    20.0
    """
    weights = people / people.sum()
    scores, of_score = np.unique(-deprivation, return_inverse=True)  # the most deprived first
    part = np.bincount(of_score, weights=weights, minlength=len(scores))
    rank = (np.cumsum(part) - part / 2.0)[of_score]
    apart, level = rank - weights @ rank, values - weights @ values
    spread = float(weights @ apart**2)
    return float((weights * apart) @ level / spread) if len(scores) > 1 else float("nan")
