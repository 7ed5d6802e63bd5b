"""Every measure on a case that fits on a line of arithmetic, and what it does with ties, zeros and single members."""

from __future__ import annotations

import math

import numpy as np
import pytest

from budgetmodel import inequality as measure
from tests.inequality.close import close

# Two people have 1 each, one has 4: mean 2, shares 1/3 each.
THREE = [1.0, 1.0, 4.0]
# The same with the two who have 1 as one member of weight 2.
TIED, TWICE = [1.0, 4.0], [2.0, 1.0]

RELATIVE = {
    # pairs (1, 4) twice: (1/9)(3 + 3) = 2/3 of ordered pairs halved; 2/3 / 2 = 1/3
    "gini": (measure.gini, 1 / 3),
    # 1/2 (1/2 + 1/2 + 1) / 3
    "hoover": (measure.hoover, 1 / 3),
    # variance (1 + 1 + 4) / 3 = 2
    "coefficient of variation": (measure.coefficient_of_variation, math.sqrt(2) / 2),
    # (1/3)(1/2 ln 1/2 + 1/2 ln 1/2 + 2 ln 2) = ln 2 / 3
    "theil t": (measure.theil_t, math.log(2) / 3),
    # (1/3)(ln 2 + ln 2 + ln 1/2)
    "theil l": (measure.theil_l, math.log(2) / 3),
    # half the squared coefficient of variation
    "entropy 2": (lambda y, n=None: measure.generalised_entropy(y, n, alpha=2), 1 / 4),
    # ((2 + 2 + 1/2) / 3 - 1) / 2
    "entropy -1": (lambda y, n=None: measure.generalised_entropy(y, n, alpha=-1), 1 / 4),
    # geometric mean 4^(1/3)
    "atkinson 1": (lambda y, n=None: measure.atkinson(y, n, epsilon=1), 1 - 4 ** (1 / 3) / 2),
    # harmonic mean 3 / 2.25 = 4/3
    "atkinson 2": (lambda y, n=None: measure.atkinson(y, n, epsilon=2), 1 / 3),
    # ((1 + 1 + 2) / 3)^2 = 16/9
    "atkinson 1/2": (lambda y, n=None: measure.atkinson(y, n, epsilon=0.5), 1 / 9),
}

ABSOLUTE = {
    "absolute gini": (measure.absolute_gini, 2 / 3),
    # ln((e + e + e^-2) / 3)
    "kolm": (lambda y, n=None: measure.kolm(y, n, alpha=1), math.log((2 * math.e + math.exp(-2)) / 3)),
}

SPREAD = RELATIVE | ABSOLUTE


@pytest.mark.parametrize("name", SPREAD)
def test_a_measure_is_what_arithmetic_gives(name):
    of, expected = SPREAD[name]
    assert close(of(THREE), expected, 1e-12)
    assert close(of(TIED, TWICE), expected, 1e-12), "ties are one member of their weight"
    assert close(of([4.0, 1.0, 1.0]), expected, 1e-12), "the order of members does not matter"


@pytest.mark.parametrize("name", SPREAD)
def test_equality_is_exactly_nought(name):
    of, _ = SPREAD[name]
    assert of([0.1, 0.1, 0.1], [0.1, 0.2, 0.7]) == 0
    assert of([7.3]) == 0, "a single member"
    assert of([0.0, 0.0]) == 0, "nobody has anything"
    assert of([5.0, float("nan"), 5.0], [1.0, 0.0, 3.0]) == 0, "a member of weight 0 is left out"


def test_one_has_all():
    all_of_it = [0.0, 0.0, 0.0, 8.0]
    assert close(measure.gini(all_of_it), 3 / 4, 1e-12)
    assert close(measure.hoover(all_of_it), 3 / 4, 1e-12)
    assert close(measure.theil_t(all_of_it), math.log(4), 1e-12)
    assert close(measure.coefficient_of_variation(all_of_it), math.sqrt(3), 1e-12)
    assert measure.theil_l(all_of_it) == math.inf
    assert measure.generalised_entropy(all_of_it, alpha=-1) == math.inf
    assert measure.atkinson(all_of_it, epsilon=1) == 1
    # ((1/4) 8^(1/2))^2 = 1/2 of a mean of 2
    assert close(measure.atkinson(all_of_it, epsilon=0.5), 3 / 4, 1e-12)


def test_equivalents_are_the_same_for_all_that_is_as_good():
    assert close(measure.atkinson_equivalent(THREE, epsilon=2), 4 / 3, 1e-12)
    assert measure.atkinson_equivalent(THREE, epsilon=0) == 2
    assert close(measure.kolm_equivalent(THREE, alpha=1), -math.log((2 * math.exp(-1) + math.exp(-4)) / 3), 1e-12)
    assert close(measure.kolm_equivalent([-1.0, 1.0], alpha=2), -math.log(math.cosh(2)) / 2, 1e-12), "any values"
    # With the aversion of the English public, two fifths of life 60 and 80: no overflow.
    assert 60 < measure.atkinson_equivalent([60.0, 80.0], epsilon=10.95) < 65
    assert close(measure.atkinson_equivalent([1e-3, 1e3], epsilon=500), 1e-3 * 2 ** (1 / 499), 1e-9)
    assert close(measure.kolm_equivalent([0.0, 1e6], alpha=1), math.log(2), 1e-12)


def test_gaps():
    assert close(measure.gap_to_best([80.0, 78.0, 75.0], [1.0, 1.0, 2.0]), (0 + 2 + 10) / 4, 1e-12)
    assert close(measure.gap_to_best([10.0, 12.0], higher_is_better=False), 1.0, 1e-12)
    assert close(measure.gap_to_benchmark([80.0, 78.0, 75.0], benchmark=79.0), (0 + 1 + 4) / 3, 1e-12)
    assert close(measure.gap_to_benchmark([5.0, 9.0], benchmark=6.0, higher_is_better=False), 1.5, 1e-12)
    assert measure.gap_to_best([3.0]) == 0


def test_theil_between_and_within():
    # Groups a = (1, 3), b = (4, 4): means 2 and 4, all 3.
    values, groups = [1.0, 3.0, 4.0, 4.0], ["a", "a", "b", "b"]
    within_t = (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2  # of a
    split = measure.theil_t_by_group(values, groups)
    assert close(split.of_group["a"], 4 / 12 * within_t, 1e-12)  # a has 4 of 12
    assert split.of_group["b"] == 0
    assert close(split.between, (2 / 3 * math.log(2 / 3) + 4 / 3 * math.log(4 / 3)) / 2, 1e-12)
    assert close(split.total, split.between + split.within, 1e-12)
    within_l = (math.log(2) + math.log(2 / 3)) / 2
    split = measure.theil_l_by_group(values, groups)
    assert close(split.of_group["a"], within_l / 2, 1e-12)  # a is half of the members
    assert close(split.between, (math.log(3 / 2) + math.log(3 / 4)) / 2, 1e-12)
    assert close(split.total, split.between + split.within, 1e-12)


def test_middles_of_a_line_with_ties_and_weights():
    # weights 1, 3, 4, 2 of 10; ranks 1, 2, 2, 3: the two of rank 2 stand from 0.1 to 0.8
    assert close(list(measure.mid_ranks([1, 2, 2, 3], [1, 3, 4, 2])), [0.05, 0.45, 0.45, 0.9], 1e-12)
    assert close(
        list(measure.mid_ranks([1, 2, 2, 3], [1, 3, 4, 2], highest_first=True)), [0.95, 0.55, 0.55, 0.1], 1e-12
    )


def test_concentration_by_hand():
    # R = 1/4, 3/4; mean 2: (2/2)(1/2)(1 x -1/4 + 3 x 1/4) = 1/4
    assert close(measure.concentration_index([1.0, 3.0], [1, 2]), 0.25, 1e-12)
    assert close(measure.concentration_index([1.0, 3.0], [1, 2], highest_first=True), -0.25, 1e-12)
    assert close(measure.absolute_concentration_index([1.0, 3.0], [1, 2]), 0.5, 1e-12)
    assert close(measure.absolute_concentration_index([-1.0, 1.0], [1, 2]), 0.5, 1e-12)
    # 4 x 0.05 / 1; the shares of the well give the same with the other sign
    assert close(measure.erreygers_index([0.1, 0.3], [1, 2]), 0.2, 1e-12)
    assert close(measure.erreygers_index([0.9, 0.7], [1, 2]), -0.2, 1e-12)
    assert close(measure.erreygers_index([10.0, 30.0], [1, 2], upper=100), 0.2, 1e-12)
    assert measure.concentration_index([3.0], [1]) == 0
    assert measure.concentration_index([1.0, 3.0], [5, 5]) == 0, "one rank for all"
    assert measure.concentration_index([0.0, 0.0], [1, 2]) == 0
    # ties: (1, 9) share the middle 1/3, the third stands at 5/6; mean 4: (2/4)(1/3)(10 x -1/6 + 2 x 1/3) = -1/6
    assert close(measure.concentration_index([1.0, 9.0, 2.0], [1, 1, 2]), -1 / 6, 1e-12)
    assert close(measure.concentration_index([9.0, 1.0, 2.0], [1, 1, 2]), -1 / 6, 1e-12)


def test_slope_by_hand():
    # R = 1/4, 3/4: from 70 to 80 is half the line
    assert measure.slope_index_of_inequality([70.0, 80.0], [1, 2]) == 20
    assert measure.slope_index_of_inequality([70.0, 80.0], [1, 2], multiplier=-1) == -20
    assert measure.slope_index_of_inequality([70.0, 80.0], [40.5, 12.0], highest_first=True) == 20
    # 65 at the start, 85 at the end, 75 between
    assert close(measure.relative_index_of_inequality([70.0, 80.0], [1, 2]), 85 / 65, 1e-12)
    assert close(measure.relative_index_of_inequality([70.0, 80.0], [1, 2], multiplier=-1), 65 / 85, 1e-12)
    assert close(measure.relative_index_of_inequality([70.0, 80.0], [1, 2], over_mean=True), 20 / 75, 1e-12)
    # doubling over half the line is quadrupling over all of it, from 1 / sqrt(2)
    assert close(measure.relative_index_of_inequality([1.0, 2.0], [1, 2], transform="log"), 4, 1e-12)
    assert close(
        measure.slope_index_of_inequality([1.0, 2.0], [1, 2], transform="log"),
        2 * math.sqrt(2) - 1 / math.sqrt(2),
        1e-12,
    )
    # odds 1/3 and 3: ninefold over half the line, odds 1/9 and 9 at the ends
    assert close(measure.slope_index_of_inequality([0.25, 0.75], [1, 2], transform="logit"), 0.9 - 0.1, 1e-12)
    assert math.isnan(measure.slope_index_of_inequality([70.0], [1]))
    assert math.isnan(measure.relative_index_of_inequality([70.0, 80.0], [1, 1]))
    assert math.isnan(measure.relative_index_of_inequality([0.0, 10.0], [1, 2])), "the line begins below 0"
    assert measure.slope_index_of_inequality([0.1, 0.1, 0.1], [1, 2, 3], [1, 2, 4]) == 0


def test_curves():
    people, has = measure.lorenz_curve([4.0, 1.0, 1.0])
    assert close(list(people), [0, 2 / 3, 1], 1e-12)
    assert close(list(has), [0, 1 / 3, 1], 1e-12)
    people, has = measure.concentration_curve([4.0, 1.0, 1.0], [1, 2, 3])
    assert close(list(people), [0, 1 / 3, 2 / 3, 1], 1e-12)
    assert close(list(has), [0, 4 / 6, 5 / 6, 1], 1e-12)
    people, has = measure.lorenz_curve([0.0, 0.0])
    assert close(list(people), list(has), 1e-12)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: measure.gini([1.0, float("nan")]), "blank"),
        (lambda: measure.gini([]), "No member"),
        (lambda: measure.gini([1.0, 2.0], [1.0]), "unequal length"),
        (lambda: measure.gini([1.0, 2.0], [1.0, -1.0]), "below 0"),
        (lambda: measure.gini([1.0, 2.0], [0.0, 0.0]), "above 0"),
        (lambda: measure.gini(["many", 2.0]), "not all numbers"),
        (lambda: measure.theil_t([-1.0, 2.0]), "0 and above"),
        (lambda: measure.atkinson(THREE, epsilon=-1), "epsilon is -1"),
        (lambda: measure.kolm(THREE, alpha=0), "alpha is 0"),
        (lambda: measure.erreygers_index([10.0, 30.0], [1, 2]), "0 and 100 for per cent"),
        (lambda: measure.slope_index_of_inequality([0.0, 1.0], [1, 2], transform="log"), "no logarithm"),
        (lambda: measure.slope_index_of_inequality([50.0, 60.0], [1, 2], transform="logit"), "not per cent"),
        (lambda: measure.slope_index_of_inequality([1.0, 2.0], [1, float("nan")]), "rank is blank"),
        (lambda: measure.slope_index_of_inequality([1.0, 2.0], [1, 2], transform="probit"), "probit"),
        (lambda: measure.theil_t_by_group([1.0, 2.0], ["a"]), "2 values and 1 groups"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_arrays_are_left_as_they_are():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.0, 2.0])
    measure.gini(values, weights)
    measure.slope_index_of_inequality(values, [3, 1, 2], weights)
    assert values.tolist() == [3, 1, 2]
    assert weights.tolist() == [1, 0, 2]
