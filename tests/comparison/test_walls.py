"""Walls and costs: the corners by hand, parts that add up exactly, and what must hold of any budget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import budgetmodel as bm
from budgetmodel.answers.memory import FOLDER
from budgetmodel.comparison.sets import better
from budgetmodel.comparison.walls import gain_parts
from budgetmodel.inputs.reach import pots
from tests.comparison.books import split_and_pooled, with_a_ceiling
from tests.support.builder import Book
from tests.support.figures import near
from tests.support.random_books import random_book

Compare = Callable[..., bm.Comparison]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Save a book, solve its scenarios and compare them."""

    def run(book: Book, **options: object) -> bm.Comparison:
        budget = bm.read(book.save(tmp_path / "in.xlsx"))
        return bm.compare(bm.solve_all(budget), budget, **options)  # type: ignore[arg-type]  # options of compare

    return run


def figures(comparison: bm.Comparison, scenario: str, figure: str = "index") -> dict[str, float]:
    walls = comparison.frames["walls"]
    return dict(walls[walls["scenario"] == scenario].set_index("part")[figure])


def ranking(comparison: bm.Comparison) -> pd.DataFrame:
    return comparison.frames["comparison_set"].set_index("scenario")


def test_walls_and_costs_by_hand(compare: Compare) -> None:
    # Split: 60 - 1 and 40 - 1, index 100 x 20 / 20. South is held to 44, so a pool that pays C for contracts has
    # 56 - C for North: index 100 x (12 - C) / 20. C is 2 at Split's costs (50) and 0.5 at its own (57.5).
    # Split's pots at Pooled's costs pay 0.5 in proportion to their amounts: 59.7 and 39.8, index 99.5.
    comparison = compare(with_a_ceiling(split_and_pooled()))
    assert figures(comparison, "Pooled") == {
        "neither": near(100),
        "walls only": near(50),
        "costs only": near(99.5),
        "both": near(57.5),
        "gain from walls": near(46),  # the mean of 100 - 50 and 99.5 - 57.5
        "gain from costs": near(-3.5),  # the mean of 100 - 99.5 and 50 - 57.5
        "gain in all": near(42.5),
    }
    assert figures(comparison, "Pooled", "shortfall")["gain in all"] == 0


def test_the_ranking_is_at_equal_costs_and_what_costs_do_stands_apart(compare: Compare) -> None:
    found = ranking(compare(with_a_ceiling(split_and_pooled())))
    assert list(found["rank"]) == [2, 1]
    assert list(found["index_at_equal_costs"]) == near([100, 50])
    assert list(found["released"]) == near([0, 1.5])  # two contracts at £1m less one at £0.5m
    assert list(found["costs_change_index"]) == near([0, 7.5])


def test_a_cheaper_regime_that_ends_less_fair_is_explained_with_its_cells(compare: Compare) -> None:
    # £1m more for the pool goes to North: 100 x 1 / 20 = 5 up. £1m more for South is £1m less for North: 10 down.
    found = compare(with_a_ceiling(split_and_pooled())).frames["behind"]
    assert set(found["finding"]) == {"what it saves raises its index"}
    said = dict(zip(found["cell"], found["words"], strict=True))
    assert "saves £1.5m in transaction cost, and ends 7.5000 points higher" in said[""]
    assert said["Sources!A5, A6"] == (
        "Sources!A5, A6: £1m more of the 2 sources in one purse in 2025/26 raises the index by up to 5.0000: "
        "ceilings leave it only to places above their share."
    )
    assert said["Rules!K5"] == (
        "Rules!K5: 'Pace ceiling' holds money back for South in 2025/26; "
        "£1m more room would lower the index by up to 10.0000."
    )
    assert dict(zip(found["cell"], found["price"], strict=True)) == near(
        {"": 5.0, "Sources!A5, A6": 5.0, "Rules!K5": -10.0}
    )


def test_without_a_ceiling_there_is_nothing_to_explain(compare: Compare) -> None:
    comparison = compare(split_and_pooled())
    assert len(comparison.frames["behind"]) == 0
    assert figures(comparison, "Pooled")["both"] == near(0)


def test_a_regime_that_narrows_what_money_may_reach_is_behind_and_the_sources_are_named(compare: Compare) -> None:
    # The first scenario is the pooled one here: the split keeps North's money in North.
    book = with_a_ceiling(split_and_pooled())
    book["Scenarios"].reverse()
    found = compare(book).frames["behind"]
    assert set(found["scenario"]) == {"Split"}
    assert found["words"].iloc[0] == "Split is behind Pooled at equal contract costs."
    assert list(found["rule"].iloc[1:3]) == ["North money", "South money"]
    assert "reaches less under Split than under Pooled" in found["words"].iloc[1]


def test_a_corner_without_an_answer_says_so(compare: Compare) -> None:
    # South must get 39.5, and each pot pays its own contract: at Split's costs it has 39. Pooled's costs leave 39.8.
    book = split_and_pooled().rule("South", "amount", "at least", 39.5, Places="South")
    book.set("Contracts", row=1, Cost_per_contract=1200)
    book.add("Regimes", Regime="Two", Sources="all", Pot="each").add("Contracts", Regime="Two", Cost_per_contract=0)
    book["Scenarios"].insert(0, {**book["Scenarios"][0], "Scenario": "Two", "Regime": "Two"})
    book.remove("Scenarios", {"Scenario": "Split"})
    # First: pots Split, costs 0 (South 40). Pooled costs 1.2: 0.48 of it South's, which leaves 39.52.
    book.set("Contracts", where={"Regime": "Pooled"}, Cost_per_contract=1300)  # 0.52 of it South's: 39.48
    comparison = compare(book)
    walls = comparison.frames["walls"].set_index("part")
    assert walls.loc["costs only", "status"] == "infeasible"
    assert np.isnan(walls.loc[["costs only", "gain from walls", "gain from costs"], "index"].astype(float)).all()
    assert walls.loc["gain from walls", "status"] == "a corner is infeasible"
    assert walls.loc["gain in all", "index"] == near(100)  # 60 and 40 against 49.35 each


@given(*[st.floats(min_value=0, max_value=1e6, allow_nan=False) for _ in range(4)])
def test_parts_add_up_to_the_last_digit(neither: float, walls: float, costs: float, both: float) -> None:
    by_walls, by_costs, whole = gain_parts(neither, walls, costs, both)
    units = [round(part * 10**6) for part in (by_walls, by_costs, whole)]
    assert units[0] + units[1] == units[2]
    assert [unit / 10**6 for unit in units] == [by_walls, by_costs, whole]
    mean = ((neither - costs) + (walls - both)) / 2
    assert by_costs == pytest.approx(mean, abs=2.1e-6)


def test_the_corners_are_looked_up_the_second_time(compare: Compare, tmp_path: Path) -> None:
    book = with_a_ceiling(split_and_pooled())
    first = compare(book, memory=tmp_path / "out")
    files = sorted((tmp_path / "out" / FOLDER).iterdir())
    second = compare(book, memory=tmp_path / "out")
    assert len(files) == 3  # two corners, and the index that no rule stands in the way of
    assert sorted((tmp_path / "out" / FOLDER).iterdir()) == files
    for name, frame in first.frames.items():
        pd.testing.assert_frame_equal(frame, second.frames[name], check_exact=True)


# ---- what must hold of any budget ----------------------------------------------------------------------

SEEDS = [pytest.param(seed, id=f"seed {seed}") for seed in (2, 5)]
SEEDS += [pytest.param(seed, id=f"seed {seed}", marks=pytest.mark.slow) for seed in range(70, 90)]


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_costs_and_one_pot_already_make_no_difference(seed: int, compare: Compare) -> None:
    book = random_book(seed, "tiny").remove("Changes").remove("Scenarios").remove("Regimes").remove("Contracts")
    for regime in ("Split", "Pooled"):
        book.add("Regimes", Regime=regime, Sources="all", Pot="One pot")
        book.add("Contracts", Regime=regime, Fee=0.01, Cost_per_contract=5).add(
            "Scenarios", Scenario=regime, Regime=regime
        )
    comparison = compare(book)
    gains = {part: value for part, value in figures(comparison, "Pooled").items() if part.startswith("gain")}
    assert gains == {"gain from walls": 0, "gain from costs": 0, "gain in all": 0}
    found = ranking(comparison)
    assert list(found["rank"]) == [1, 1]
    assert list(found["released"]) == [0, 0]


@pytest.mark.parametrize("seed", SEEDS)
def test_at_costs_of_0_merging_pots_never_worsens_and_costs_gain_nothing(seed: int, compare: Compare) -> None:
    book = random_book(seed, "tiny").set("Contracts", Fee=0, Cost_per_contract=0).remove("Changes")
    comparison = compare(book)
    found = ranking(comparison)
    corners = found[["shortfall_at_equal_costs", "index_at_equal_costs"]].to_numpy(dtype=float)
    by_name = dict(zip(found.index, map(tuple, corners), strict=True))
    assert better(by_name["Pooled"], by_name["Split"]) >= 0
    assert figures(comparison, "Pooled")["gain from costs"] == 0
    assert figures(comparison, "Pooled", "shortfall")["gain from costs"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_money_is_conserved_at_every_node_to_the_penny_and_every_view_adds_up(seed: int, tmp_path: Path) -> None:
    budget = bm.read(random_book(seed, "tiny").save(tmp_path / "in.xlsx"))
    failures: dict[str, bm.Infeasible] = {}
    for name, result in bm.solve_all(budget, failures=failures).items():  # type: ignore[arg-type]  # any failure
        own = result.inputs
        flows = result.flows.assign(pence=(result.flows["amount"] * 1e8).round().astype("int64"))
        cost, carried = ({year: round(result.metric(metric, year) * 1e8) for year in own.years}
                         for metric in ("contract_cost", "carried_forward"))  # fmt: skip
        before = 0
        for t, year in enumerate(own.years):
            of_year = flows[flows["year"] == year]
            # from sources: what they bring and bring over, less contracts and what they take on
            brought = sum(round(amount * 1e8) for amount in own.funding[:, t]) + before
            assert of_year["pence"].sum() == brought - cost[year] - carried[year], (name, year)
            before = carried[year]
        # through pots, over all years, where no source changes its pot: money carried over stays in it
        of_source = {source: set(row) for source, row in zip(own.sources, pots(own, result.regime), strict=True)}
        if all(len(each) == 1 for each in of_source.values()):
            paid = flows.groupby("pot")["pence"].sum()
            due = (result.contracts.groupby("pot")["cost"].sum() * 1e8).round()
            for pot in {pot for each in of_source.values() for pot in each}:
                inside = [pot in of_source[source] for source in own.sources]
                brought = sum(round(amount * 1e8) for amount in own.funding[inside].ravel())
                assert paid.get(pot, 0) + due.get(pot, 0) == brought, (name, pot)
        whole = flows["pence"].sum()
        for view in ("place", "service", "provider", "source", "pot"):
            assert flows.groupby(view)["pence"].sum().sum() == whole
        assert (result.allocation["amount"] * 1e8).round().sum() == whole
        assert round(result.metric("spent") * 1e8) == whole
        assert (result.contracts["amount"] * 1e8).round().sum() == whole
