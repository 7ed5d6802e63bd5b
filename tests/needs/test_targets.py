"""Targets, distances and allocations are those that NHS England published, and follow from need by arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.needs import Block, allocation, convergence, distance, national_target
from tests.support.figures import near

DATA = Path(__file__).with_name("data")
PUBLISHED = DATA / "greater_manchester_2024_2025.csv"

# Two places: registered 100 and 300; need (mix of one component) 90 and 310; avoidable mortality 140 and 260.
AREAS = pd.DataFrame(
    {
        "place": ["North", "South"],
        "registered": [100.0, 300.0],
        "general_acute": [90.0, 310.0],
        "health_inequalities": [140.0, 260.0],
        # 0.9 x 90 + 0.1 x 140 = 95, x 1.1; 0.9 x 310 + 0.1 x 260 = 305, x 0.9
        "core_overall": [104.5, 274.5],
    }
)
ONE = {"general_acute": 1.0}


@pytest.fixture(scope="module")
def published():
    return pd.read_csv(DATA / "icb_allocations_2025_26.csv")


@pytest.mark.parametrize("stream", ["core", "pmc", "specialised"])
def test_every_allocation_of_42_systems_to_the_thousand(published, stream):
    own = published[published["stream"] == stream]
    assert len(own) == 42
    money = allocation(own["opening_baseline_k"] / 1000, own["base_growth"], own["convergence"])
    assert list(1000 * money) == near(list(own["allocation_k"]), 1e-6)
    assert list(distance(own["opening_baseline_k"], own["target_k"])) == near(list(own["opening_dft"]), 1e-9)
    assert list(distance(own["allocation_k"], own["implied_closing_target_k"])) == near(list(own["post_dft"]), 1e-9)
    ramp = convergence(own["pre_convergence_closing_dft"], scope=own["convergence_scope_share"])
    assert list(ramp) == near(list(own["convergence"]), 1e-6)  # the published distance has been rounded


def test_closing_targets_of_42_systems_are_their_share_of_need(published):
    own = published[published["stream"] == "core"].set_index("icb_code")
    areas = pd.read_csv(DATA / "icb_weighted_populations_2025_26.csv")
    areas = areas[areas["icb_code"] != "ENG"].rename(columns=lambda name: name.removeprefix("wp_"))
    areas = areas.rename(columns={"icb_code": "place", "registered_pop_projected": "registered"})
    money = own["implied_closing_target_k"].sum() / 1000
    found = bm.targets(areas, money, closing=(own["allocation_k"] / 1000).to_dict(), closing_quantum=money)
    found = found.set_index("place").loc[own.index]
    assert list(found["target"] * 1000) == near(list(own["implied_closing_target_k"]), 1e-3)
    assert list(found["closing_distance"]) == near(list(own["post_dft"]), 1e-9)
    heads = 1e6 * found["closing"] / found["registered"]
    assert list(heads) == near(list(own["per_head"]), 1e-6)


def test_the_national_formula_gives_the_published_targets():
    areas = pd.read_csv(DATA / "england_2018_19.csv")
    blocks = (
        Block(65_214.610655, {"hospital_community": 1.0}, ("mff", "eaca")),
        Block(8_936.517962, {"prescribing": 1.0}),
    )
    found = national_target(areas, blocks, health_inequalities=0.10)
    assert list(1000 * found / areas["target_k"]) == near([1.0] * len(areas), 1e-8)
    # the mix of hospital and community need, to the digits of the file
    mix = {"general_acute": 0.74434514, "community": 0.06413866, "mental_health": 0.14985545, "maternity": 0.04166075}
    again = national_target(areas, (Block(blocks[0].amount, mix, ("mff", "eaca")), blocks[1]))
    assert list(again / found) == near([1.0] * len(areas), 1e-7)


def test_targets_by_hand():
    found = bm.targets(
        AREAS,
        379.0,
        baseline={"North": 110.0, "South": 250.0},
        closing={"North": 120.0, "south": 269.0},
        residents={"North": 80.0},
    )
    assert found["target"].tolist() == near([104.5, 274.5], 1e-9)
    assert found["opening_distance"].tolist() == near([110 / 104.5 - 1, 250 / 274.5 - 1], 1e-12)
    # closing money 389: shares 104.5 / 379 and 274.5 / 379 of it
    assert found["closing_distance"].tolist() == near(
        [120 / (389 * 104.5 / 379) - 1, 269 / (389 * 274.5 / 379) - 1], 1e-12
    )
    assert found["per_registered"].tolist() == near([1e6 * 1.045, 1e6 * 0.915], 1e-6)
    assert found["per_resident"].tolist() == near([1e6 * 104.5 / 80, float("nan")], 1e-6)


def test_another_weight_keeps_the_cost_factor_that_the_published_need_holds():
    found = bm.targets(AREAS, 400.0, health_inequalities=0.0, mix=ONE)
    assert found["population"].tolist() == near([90 * 1.1, 310 * 0.9], 1e-9)
    same = bm.targets(AREAS, 400.0, health_inequalities=0.10, mix=ONE)
    assert same["target"].tolist() == near(bm.targets(AREAS, 400.0)["target"].tolist(), 1e-9)
    own = bm.targets(AREAS, 400.0, health_inequalities=0.5, mix=ONE, cost={"North": 1.0, "South": 2.0})
    assert own["population"].tolist() == near([115.0, 570.0], 1e-9)  # (90 + 140) / 2, (310 + 260) / 2 x 2


def test_what_the_weight_is_worth():
    found = bm.targets_by_weight(AREAS, 400.0, mix=ONE)
    assert found["health_inequalities"].tolist() == [0.0, 0.0, 0.10, 0.10, 0.15, 0.15]
    first = 400 * 99 / (99 + 279)  # of 0%; of 10% it is 104.5 of 379
    north = found[found["place"] == "North"]
    assert north["change"].tolist()[1] == near(400 * 104.5 / 379 - first, 1e-9)
    assert found["change"].sum() == near(0.0, 1e-9)
    need = bm.need(PUBLISHED, by="sub-ICB")
    change = bm.targets_by_weight(need, 6000.0)
    change = change[change["health_inequalities"] == 0.10].set_index("place")["change"]
    # From the same file by other means (least squares in each area): Manchester +58.5, Stockport -23.8, Oldham +6.8.
    assert change["NHS Manchester CCG"] == near(58.5, 3.0)
    assert change["NHS Stockport CCG"] == near(-23.8, 1.0)
    assert change["NHS Oldham CCG"] == near(6.8, 0.5)


def test_primary_medical_is_85_of_need_and_15_of_inequalities():
    table = pd.read_csv(PUBLISHED)
    need = bm.need(PUBLISHED)
    published = bm.targets(need, 600.0, stream="primary medical")
    mixed = bm.targets(need, 600.0, stream="primary medical", health_inequalities=0.15)
    assert mixed["target"].tolist() == near(published["target"].tolist(), 1e-9)
    by_hand = 0.85 * table["Primary Medical Care WP"] + 0.15 * table["Health Ineq WP"]
    assert np.abs(by_hand - table["Final PMC WP"]).max() < 1e-4


def test_what_the_map_is_worth():
    moved = bm.targets_by_geography(bm.need(PUBLISHED, by="sub-ICB"), bm.need(PUBLISHED, by="council"), 6000.0)
    away = moved[~moved["same"]].set_index(["before", "after"])["amount"]
    # 0.326% of £6bn: one practice of 12,103 people that Oldham's group has in Tameside
    assert away["NHS Oldham CCG", "Tameside"] == near(19.54, 0.01)
    assert len(away) == 2
    assert moved["amount"].sum() == near(6000.0, 1e-8)


def test_the_ramp_has_a_slope_and_a_cap_for_each_side():
    ramp = convergence([0.10, 0.01, 0.0, -0.02, -0.10], slope_over=0.1, cap_over=0.005, slope_under=0.5, cap_under=0.03)
    assert list(ramp) == near([-0.005, -0.001, 0.0, 0.01, 0.03], 1e-12)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: bm.targets(AREAS.drop(columns="place"), 1.0), "no column 'place'"),
        (lambda: bm.targets(AREAS, 1.0, baseline={"Nort": 1.0}), "Did you mean 'North'"),
        (lambda: bm.targets(AREAS, 1.0, health_inequalities=15), "10% is 0.1"),
        (lambda: bm.targets(AREAS, 1.0, stream="primary medical"), "Primary medical weighted population"),
        (lambda: bm.targets(AREAS, 1.0, cost={"North": 1.0}, mix=ONE), "no cost index: South"),
        (lambda: national_target(AREAS, (Block(1.0, {"general_acute": 0.5}),)), "sum to 0.5"),
        (lambda: national_target(AREAS, (Block(1.0, {"maternity": 1.0}),)), "no column 'maternity'"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()
