"""Convergence by rule: the published rounds, and cases worked by hand for each side, cap, driver and floor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.needs import converged, converged_path, floor_growth, ramp_allocation, years_until
from tests.support.figures import near

DATA = Path(__file__).with_name("data")
EXACT = bm.Convergence(rounding=0.0)
FLOORS = bm.Convergence(kind="floors", rounding=0.0)


@pytest.mark.parametrize("stream", ["core", "pmc", "specialised"])
def test_42_systems_get_what_was_published_from_baseline_and_targets_alone(stream):
    published = pd.read_csv(DATA / "icb_allocations_2025_26.csv")
    own = published[published["stream"] == stream]
    money = ramp_allocation(
        bm.Convergence(),
        own["opening_baseline_k"] / 1000,
        own["base_growth"],
        own["target_k"] / 1000,
        own["implied_closing_target_k"] / 1000,
        scope=own["convergence_scope_share"],
    )
    assert list(1000 * money) == near(list(own["allocation_k"]), 1e-6)
    grown = own["opening_baseline_k"] * (1 + own["base_growth"]) / own["implied_closing_target_k"] - 1
    ramp = bm.convergence(grown, scope=own["convergence_scope_share"])
    assert list(ramp) == near(list(own["convergence"]), 1e-11)
    # by the distance before the year, no stream has what was published
    other = ramp_allocation(
        bm.Convergence(driver="opening"),
        own["opening_baseline_k"] / 1000,
        own["base_growth"],
        own["target_k"] / 1000,
        own["implied_closing_target_k"] / 1000,
    )
    assert (np.abs(1000 * other - own["allocation_k"]) > 0.5).any()


# Two places: 60 and 40 of targets 50 and 50 each year: 20% over and 20% under. Base growth 10%, new targets 55.
@pytest.mark.parametrize(
    "changes, north, south",
    [
        # both caps hold: 66 x 0.995 and 44 x 1.005
        ({}, 65.67, 44.22),
        # a slope of 0.2 and no cap: 66 x (1 - 0.2 x 0.2) and 44 x (1 + 0.2 x 0.2)
        ({"cap_over": 1.0, "cap_under": 1.0}, 63.36, 45.76),
        # each side its own: 66 x (1 - 0.1 x 0.2), and the cap of 3%: 44 x 1.03
        ({"slope_over": 0.1, "cap_over": 1.0, "slope_under": 0.5, "cap_under": 0.03}, 64.68, 45.32),
        # half in scope
        ({"scope": 0.5}, 65.835, 44.11),
        # nothing moves
        ({"cap_over": 0.0, "slope_under": 0.0}, 66.0, 44.0),
    ],
)
def test_a_ramp_by_hand(changes, north, south):
    found = ramp_allocation(replace(EXACT, **changes), [60, 40], 0.1, [50, 50], [55, 55])
    assert list(found) == near([north, south])


def test_the_driver_is_the_distance_before_the_year_or_after_base_growth_on_the_new_target():
    # 60 on 50 is 20% over, 66 on a new target of 60 is 10% over; the slope is 0.2 without caps
    free = replace(EXACT, cap_over=1.0, cap_under=1.0)
    assert list(ramp_allocation(free, [60], 0.1, [50], [60])) == near([66 * 0.98])
    assert list(ramp_allocation(replace(free, driver="opening"), [60], 0.1, [50], [60])) == near([66 * 0.96])


def test_base_growth_shares_all_the_money():
    # 60 x 0.995 + 40 x 1.005 = 99.9 of which 110: 110 / 99.9 x 59.7 and 40.2
    found = converged(EXACT, [60, 40], [50, 50], [55, 55], 110)
    assert list(found) == near([110 * 59.7 / 99.9, 110 * 40.2 / 99.9])
    assert list(converged(bm.Convergence(), [60, 40], [50, 50], [55, 55], 110)) == near([65.736, 44.264], 1e-9)


def test_the_floors_by_hand():
    # Opening 20% over, at target, 20% under of 100 each; 300 grow to 315, targets 105.
    # Floors: 120 x 1.01 = 121.2; 100 x 1.02 = 102; max(80 x 1.02, 0.95 x 105) = 99.75. 322.95: more than there is.
    with pytest.raises(bm.PolicyUnmet) as unmet:
        converged(FLOORS, [120, 100, 80], [100] * 3, [105] * 3, 315)
    assert (unmet.value.asked, unmet.value.available) == near((322.95, 315))
    # At most 20% under: 81.6 or 84. 121.2 + 102 + 84 = 307.2, 7.8 left; missing 0, 3 and 21: 7.8 / 24 of each.
    wide = replace(FLOORS, most_under=0.2)
    assert list(converged(wide, [120, 100, 80], [100] * 3, [105] * 3, 315)) == near([121.2, 102.975, 90.825])


@pytest.mark.parametrize("gap, growth", [(-0.5, 0.02), (0.05, 0.02), (0.075, 0.015), (0.1, 0.01), (0.4, 0.01)])
def test_the_floor_falls_without_a_cliff(gap, growth):
    assert float(floor_growth(FLOORS, gap)) == near(growth)


def test_ten_places_of_registered_population_as_worked_in_the_reference():
    # £6,000m by registered population, targets by need, growth 4%; opening distances as printed there
    registered = np.array([321544, 210379, 264923, 245741, 307123, 323114, 222234, 248079, 340639, 703099], float)
    need = np.array([10.2, 6.38, 8.3, 8.02, 9.978, 9.957, 7.444, 7.146, 11.099, 21.477])
    before, share = 6000 * registered / registered.sum(), need / need.sum()
    found = converged(FLOORS, before, 6000 * share, 6240 * share, 6240)
    printed = [630.8, 404.0, 515.2, 493.0, 613.3, 621.1, 457.6, 472.7, 682.2, 1350.2]
    assert list(found) == near(printed, 0.06)
    assert found.sum() == near(6240)


def test_a_rule_keeps_the_sum_the_order_and_moves_more_with_more_slope():
    random = np.random.default_rng(7)
    for _ in range(40):
        share = random.dirichlet(np.full(6, 5.0))
        before = 100 * share * random.uniform(0.97, 1.03, 6)
        target = 104 * share
        for policy in (EXACT, FLOORS, bm.Convergence(), replace(EXACT, driver="opening")):
            found = converged(policy, before, 100 * share, target, 104)
            assert found.sum() == near(104, 1e-9)
            if policy.rounding == 0:  # who is further under stays no nearer than who was ahead
                gaps = (found / target)[np.argsort(before / share)]
                assert (np.diff(gaps) > -1e-9).all()
        spread = [
            np.ptp(converged(replace(EXACT, slope_over=s, slope_under=s), before, 100 * share, target, 104) / target)
            for s in (0.0, 0.05, 0.1, 0.2)
        ]
        assert (np.diff(spread) < 1e-12).all()


def test_year_after_year_and_years_until_everybody_is_near():
    # 20% over and under; 0.995 and 1.005 a year, so that the ratio of the two falls by 1.005 / 0.995 - 1, 1.005%
    found = converged_path(EXACT, [60, 40], [[50, 50], [50, 50]], [50, 50])
    ratio = 1.5 * (0.995 / 1.005)
    assert found[0, 0] / found[1, 0] == near(ratio)
    assert found[0, 1] / found[1, 1] == near(ratio * 0.995 / 1.005)
    # within 10% at a ratio of 11 / 9: log(1.5 / 1.2222) / log(1.005 / 0.995) = 20.5 years
    assert years_until(EXACT, [60, 40], [50, 50], 0.0, within=(0.2, 0.1)) == {0.2: 0, 0.1: 21}
    assert years_until(replace(EXACT, slope_over=0, slope_under=0), [60, 40], [1, 1], 0.05) == {
        0.01: None,
        0.025: None,
        0.05: None,
    }
