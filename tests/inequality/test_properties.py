"""What a measure must do on any values, and formulas that share nothing with the package's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budgetmodel import inequality as measure
from tests.inequality.close import close
from tests.inequality.test_by_hand import ABSOLUTE, RELATIVE, SPREAD


@st.composite
def members(draw):
    some = draw(st.integers(2, 8))
    values = draw(st.lists(st.integers(1, 400), min_size=some, max_size=some))
    weights = draw(st.lists(st.integers(1, 9), min_size=some, max_size=some))
    ranks = draw(st.lists(st.integers(1, 5), min_size=some, max_size=some))
    return np.array(values) / 8, np.array(weights, dtype=float), np.array(ranks, dtype=float)


@given(members())
@settings(max_examples=20, deadline=None)
def test_scale_translation_replication_and_transfer(drawn):
    y, n, ranks = drawn
    for name, (of, _) in SPREAD.items():
        own = of(y, n)
        assert own >= 0, name
        assert close(of(y, 3 * n), own, 1e-9), f"{name}: weights have any scale"
        assert close(of(np.repeat(y, 2), np.repeat(n, 2)), own, 1e-9), f"{name}: replication"
        assert close(of(np.repeat(y, n.astype(int))), own, 1e-9), f"{name}: a weight is so many people"
        if name in RELATIVE:
            assert close(of(5 * y, n), own, 1e-9), f"{name}: scale"
        if name in ABSOLUTE:
            assert close(of(y + 5, n), own, 1e-9), f"{name}: translation"
        poor, rich = int(y.argmin()), int(y.argmax())
        moved = y.copy()
        step = (y[rich] - y[poor]) / 4
        some = min(n[poor], n[rich])
        moved[poor] += step * some / n[poor]
        moved[rich] -= step * some / n[rich]
        if y[rich] > y[poor]:
            assert of(moved, n) <= own + 1e-9, f"{name}: a transfer from rich to poor"
            if name != "hoover":
                assert of(moved, n) < own, f"{name}: strictly"
    for of in (measure.concentration_index, measure.slope_index_of_inequality):
        if len(set(ranks)) > 1:
            own = of(y, ranks, n)
            assert close(of(np.repeat(y, 2), np.repeat(ranks, 2), np.repeat(n, 2)), own, 1e-8)
            assert close(of(y, ranks, n, highest_first=True), -own, 1e-8)
            assert close(of(y, ranks**3, n), own, 1e-8), "only the order of ranks matters"


@given(members())
@settings(max_examples=20, deadline=None)
def test_formulas_written_the_other_way(drawn):
    y, n, ranks = drawn
    share, mean = n / n.sum(), np.average(y, weights=n)
    pairs = np.abs(y[:, None] - y[None, :]) * share[:, None] * share[None, :]
    assert close(measure.gini(y, n), pairs.sum() / 2 / mean, 1e-10)
    people, has = measure.lorenz_curve(y, n)
    assert close(measure.gini(y, n), 1 - 2 * np.trapezoid(has, people), 1e-10)
    assert close(measure.hoover(y, n), np.max(people - has), 1e-10)  # the widest gap to the line of equality
    people, has = measure.concentration_curve(y, ranks, n)
    assert close(measure.concentration_index(y, ranks, n), 1 - 2 * np.trapezoid(has, people), 1e-10)
    assert close(measure.concentration_index(y, y, n), measure.gini(y, n), 1e-10)  # ranked by itself it is the Gini
    groups = [str(rank) for rank in ranks]
    for alpha in (-1.0, 0.0, 0.5, 1.0, 2.0):
        split = measure.entropy_by_group(y, groups, n, alpha=alpha)
        assert close(split.between + split.within, split.total, 1e-9)
        nearby = measure.generalised_entropy(y, n, alpha=alpha + 1e-7)
        assert close(nearby, split.total, 1e-5), "there is no jump at 0, 1/2 and 1"
    if len(set(ranks)) > 1:
        middle = [(n[ranks < r].sum() + n[ranks == r].sum() / 2) / n.sum() for r in ranks]
        slope, start = np.polyfit(middle, y, 1, w=np.sqrt(n))
        assert close(measure.slope_index_of_inequality(y, ranks, n), slope, 1e-7)
        if start > 1e-6 and start + slope > 1e-6:
            assert close(measure.relative_index_of_inequality(y, ranks, n), (start + slope) / start, 1e-4)
        odds = np.log(y / (60 - y))
        slope, start = np.polyfit(middle, odds, 1, w=np.sqrt(n))
        ends = 1 / (1 + np.exp(-np.array([start, start + slope])))
        found = measure.slope_index_of_inequality(y / 60, ranks, n, transform="logit")
        assert close(found, ends[1] - ends[0], 1e-9)


# Population, infant deaths per 1,000 and children in year 6 with obesity by decile of deprivation, the most deprived
# first, with the indices that the Office for Health Improvement and Disparities computes of them: test data of its
# package PHEindicatormethods (tests/testthat/testdata_SII.xlsx).
LIFE = (
    [7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534],
    [
        75.9334590103081, 78.3442382727843, 83.8360631041654, 83.6375399664931, 80.4655031529559,
        81.1156759857022, 81.6930835718562, 84.1900062060987, 80.5955641081472, 86.2894349578624,
    ],
)  # fmt: skip
INFANTS = (
    [279012, 255993, 236961, 214315, 192812, 183546, 168593, 164822, 154836, 138165],
    [
        5.892219689475721, 4.7345044591063035, 3.827634083245766, 3.8681380211371112, 3.6771570234217785,
        3.1436261209723995, 3.1258711808912585, 2.942568346458604, 2.82879950399132, 2.7648101907140012,
    ],
)  # fmt: skip
OBESITY = (
    [34353, 32112, 27715, 25372, 23889, 23260, 23180, 24193, 23609, 24488],
    [7287, 6881, 5656, 4868, 4176, 3876, 3617, 3546, 3314, 2960],
)


@pytest.mark.parametrize(
    "case, transform, multiplier, slope, ratio",
    [
        (LIFE, "identity", 1, 6.934616473668819, 1.0888180804446217),
        (INFANTS, "identity", 1, -3.2752012326471758, 0.40600068953980034),
        (INFANTS, "log", 1, -3.15590713895456, 0.4418848436076823),
        (INFANTS, "log", -1, 3.15590713895456, 2.2630330378288055),
        (OBESITY, "identity", 100, -10.720032333730494, 0.5334015306465507),
        (OBESITY, "identity", -100, 10.720032333730494, 1.874760274474414),
        (OBESITY, "logit", 1, -0.1096462611125906, 0.5341775743253946),
        (OBESITY, "logit", -1, 0.1096462611125906, 1.8720366560930344),
    ],
)
def test_slope_and_relative_index_are_those_that_the_nation_computes(case, transform, multiplier, slope, ratio):
    people, values = case
    if case is OBESITY:
        values = np.divide(values, people)
    how = {"transform": transform, "multiplier": multiplier}
    ranks = range(1, 11)
    assert close(measure.slope_index_of_inequality(values, ranks, people, **how), slope, 1e-11)
    assert close(measure.relative_index_of_inequality(values, ranks, people, **how), ratio, 1e-11)
