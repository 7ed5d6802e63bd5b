"""Headroom, freedom, weights and what the console says of them, by hand.

Two places, North and South, of equal need, with £60m and £40m in the Baseline and £100m to spend.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.explain.headroom import headroom, no_convergence
from budgetmodel.report.console.prices import explanation_lines, headroom_lines, price_lines
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.types import Solve

FREEDOM = 2e-5
"""£m: freedom holds the index to 1e-7 of itself, and an allocation at the end of it may use that up."""


def column(frame: pd.DataFrame, figure: str, **where: object) -> list[Any]:
    for key, value in where.items():
        frame = frame[frame[key] == value]
    return list(frame[figure])


# ---- headroom ----------------------------------------------------------------------------------------


def test_headroom_is_average_growth_less_the_largest_floor(solve: Solve) -> None:
    # The money grows by 5%, then 5%. In the first year the pace floor guarantees 5% - 4% = 1% and the change floor
    # -2%; in the second the change floor alone, 0.98 / 1.05 - 1 = -6.7%, is below the pace floor's 1%. North has 60
    # against a target of 50, 20% over, South 20% under: 0.2 / 0.04 = 5 years.
    book = with_years(two_places().set("Funding", Amount=105), 2, growth=0.05)
    book.rule("Pace", "relative growth", "at least", -0.04, Each="place")
    book.rule("Floor", "change", "at least", -0.02, Each="place")
    structure = solve(book).answer.structure
    frame = headroom(structure)
    assert column(frame, "place") == ["North", "South"] * 2
    assert column(frame, "average_growth") == near([0.05] * 4, FREEDOM)
    assert column(frame, "floor") == near([0.01] * 4, FREEDOM)
    assert column(frame, "headroom") == near([0.04] * 4, FREEDOM)
    assert column(frame, "distance") == near([0.2, -0.2] * 2, FREEDOM)
    assert column(frame, "years_to_target") == near([5.0] * 4, FREEDOM)
    assert set(frame["rule"]) == {"Pace"}
    assert set(frame["cell"]) == {"Rules!K5"}
    assert no_convergence(structure) == ()


@pytest.mark.parametrize(
    "measure, value, floor",
    [("growth", 0.02, 0.02), ("relative growth", -0.01, 0.09), ("change", 0.03, 0.03), ("do-minimum", -0.1, -0.01)],
)
def test_what_each_measure_guarantees(measure: str, value: float, floor: float, solve: Solve) -> None:
    # The money grows by 10%: 10% - 1% is 9%, and 0.9 x 1.1 is 1% less than the Baseline.
    book = two_places().set("Funding", Amount=110).rule("Floor", measure, "at least", value, Each="place")
    assert column(headroom(solve(book).answer.structure), "floor") == near([floor, floor], FREEDOM)


def test_floors_that_guarantee_no_place_its_growth(solve: Solve) -> None:
    # Of one service only, without Each, a should row, a ceiling: none of them holds a place's growth up.
    book = two_places().add("Services", Service="Cure").spend("North", "Cure", "Trust", 5)
    book.spend("South", "Cure", "Trust", 5).set("Funding", Amount=110)
    book.rule("Care", "growth", "at least", 0, Each="place", Services="Care")
    book.rule("Together", "growth", "at least", 0)
    book.rule("Wish", "growth", "at least", 0, Each="place", Strength="should")
    book.rule("Cap", "growth", "at most", 0.9, Each="place")
    frame = headroom(solve(book).answer.structure)
    assert column(frame, "headroom") == near([np.nan, np.nan], FREEDOM)
    assert column(frame, "rule") == ["", ""]
    assert headroom_lines(frame) == ["Headroom: no floor guarantees a place its growth, so none stands in the way."]


def test_without_headroom_the_first_line_says_so(solve: Solve) -> None:
    result = solve(two_places().rule("Floor", "growth", "at least", 0, Each="place"))
    explained = bm.explanation(result, parts=["headroom"])
    assert column(explained.headroom, "headroom") == near([0, 0], FREEDOM)
    assert column(explained.headroom, "years_to_target") == [np.inf, np.inf]
    lines = explanation_lines(explained)
    assert lines[0].startswith("NOTHING CAN CONVERGE. Rules!K5")
    assert "no convergence possible" in " ".join(line.strip() for line in lines)
    assert lines[-1].endswith("never")


# ---- freedom -----------------------------------------------------------------------------------------


def test_freedom_of_places(solve: Solve) -> None:
    # Cure counts in no component. Care is shared equally whatever it comes to, from 99 to 105 of 110; the rest is
    # Cure, and anybody's. North has least with Care at 99 or 105 and no Cure, 99 / 2 = 49.5, and most with 49.5 + 11.
    book = two_places().add("Services", Service="Cure").set("Funding", Amount=110)
    book.spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4).set("Target", Services="Care")
    explained = bm.explanation(solve(book), parts=["freedom"])
    for year in ("", "2025/26"):
        assert column(explained.freedom, "least", year=year) == near([49.5, 49.5], FREEDOM)
        assert column(explained.freedom, "most", year=year) == near([60.5, 60.5], FREEDOM)
        assert sum(column(explained.freedom, "amount", year=year)) == near(110, FREEDOM)
    assert len(explanation_lines(explained)) == 4


def test_freedom_between_years(solve: Solve) -> None:
    # South's ceiling binds in the second year only, where it leaves North 56. What is carried out of the first year
    # would come from both alike and go to North: 5 more for it there, index 2.5 a £1m; so nothing is carried.
    book = with_years(two_places(), 2).set("Sources", Carry_forward=0.05)
    book.rule("Cap", "amount", "at most", 44, Places="South", Years="2026/27")
    frame = bm.explanation(solve(book), parts=["freedom"]).freedom
    assert column(frame, "least", place="North") == near([106, 50, 56], FREEDOM)
    assert column(frame, "most", place="North") == near([106, 50, 56], FREEDOM)
    lines = explanation_lines(bm.explanation(solve(book), parts=["freedom"]))
    assert lines == ["Freedom: none; at this shortfall and index every place gets what it gets."]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (3, 5, 7, 9))])
def test_freedom_of_random_books(seed: int, tmp_path: Path) -> None:
    budget = bm.read(random_book(seed, "tiny").save(tmp_path / "in.xlsx"))
    result = bm.solve(budget, budget.scenarios[0])
    frame = bm.explanation(result, parts=["freedom"]).freedom
    assert (frame["least"] <= frame["amount"]).all()
    assert (frame["amount"] <= frame["most"]).all()
    paid = result.allocation.groupby("place")["amount"].sum()
    together = frame[frame["year"] == ""].set_index("place")
    assert dict(together["amount"]) == near(dict(paid), FREEDOM)
    # What one place can gain, the others can lose.
    money = float(paid.sum())
    assert (together["most"] - together["least"]).max() <= money - together["least"].sum() + 1e-4


# ---- weights -----------------------------------------------------------------------------------------


def disputed() -> Book:
    """Two components of the same money: by one the places need the same, by the other North three times as much."""
    book = two_places().need("Frailty", {"North": 750, "South": 250}).set("Target", Component="Heads")
    book.add("Target", Component="Frailty", Need_measure="Frailty")
    book.add("Scenarios", Scenario="Held", Regime="Split")
    book.rule("Most", "amount", "at most", 100, Places="North")
    return book.change("Held", "Rules", "set", Where="Rule=Most", Field="Value", Value=60)


def test_weights_move_index_and_rank(tmp_path: Path) -> None:
    # Heads: G = 0.25 |n - s| / 50, G0 0.1, so 5 |n - s| on its own: 0 at n = 50, 250 at n = 75.
    # Frailty: G = 0.1875 |n / 75 - s / 25|, G0 = 0.1875 x 0.8 = 0.15: 0 at n = 75, 166 2/3 at n = 50.
    # Per £1m to North: +10 against -6 2/3. With equal weights n = 50: half of 166 2/3. With Heads halved (1/3, 2/3),
    # +3 1/3 against -4 4/9: n = 75, a third of 250; where North is held at 60, a third of 100 and two thirds of
    # 0.1875 x (1.6 - 0.8) / 0.15 x 100 = 100. With Heads half as much again (0.6, 0.4) n stays 50. Frailty halved is
    # Heads doubled; half as much again (0.4, 0.6): +4 against -4, so that all from 50 to 75 are alike.
    budget = bm.read(disputed().save(tmp_path / "in.xlsx"))
    results = bm.solve_all(budget)
    frame = bm.explanation(results["Base"], results, parts=["weights"]).weights
    base, held = frame[frame["scenario"] == "Base"], frame[frame["scenario"] == "Held"]
    assert column(base, "component") == ["", "Heads", "Heads", "Frailty", "Frailty"]
    assert column(base, "factor") == [1, 0.5, 1.5, 0.5, 1.5]
    assert column(base, "index") == near([500 / 6, 250 / 3, 0.4 * 500 / 3, 500 / 9, 100], FREEDOM)
    assert column(base, "same_allocation") == near([500 / 6, 1000 / 9, 0.4 * 500 / 3, 500 / 9, 100], FREEDOM)
    assert column(held, "index") == near([500 / 6, 100, 0.4 * 500 / 3, 500 / 9, 100], FREEDOM)
    assert column(base, "rank") == [1, 1, 1, 1, 1]
    assert column(held, "rank") == [1, 2, 1, 1, 1]
    told = explanation_lines(bm.explanation(results["Held"], results, parts=["weights"]))
    assert "Heads: -50% 100.00 (rank 2), +50% 66.67" in told


# ---- all together --------------------------------------------------------------------------------------


def test_an_explanation_of_a_random_book(tmp_path: Path) -> None:
    budget = bm.read(random_book(2, "small").save(tmp_path / "in.xlsx"))
    told: list[str] = []
    result = bm.solve(budget, budget.scenarios[0])
    explained = bm.explanation(result, progress=told.append)
    assert told
    names = ["headroom", "frontier", "exchange", "prices", "freedom", "assumptions_effect", "weights"]
    assert list(explained.frames) == names
    assert all(frame.columns[0] == "scenario" and len(frame) for frame in explained.frames.values())
    lines = explanation_lines(explained)
    assert all(0 <= len(line) <= 80 for line in lines)
    assert lines[0].startswith(("Headroom", "NOTHING CAN CONVERGE"))
    with pytest.raises(ValueError, match="There is no part 'costs' of an explanation"):
        bm.explanation(result, parts=["costs"])


def test_no_price_is_said_in_words(solve: Solve) -> None:
    explained = bm.explanation(solve(two_places()), parts=["prices"])
    assert list(explained.prices["rank"].isna()) == [True] * len(explained.prices)
    assert price_lines(explained.prices) == ["Prices: none; a step of any rule or source leaves the index as it is."]


# ---- many places ---------------------------------------------------------------------------------------


def many_places() -> Book:
    names = [f"Place {n:02d}" for n in range(62)]
    book = two_places().remove("Places").remove("Needs").remove("Baseline").remove("Indicators")
    for n, name in enumerate(names):
        book.add("Places", Place=name).spend(name, "Care", "Trust", 1 if n else 2)
    book.need("Population", dict.fromkeys(names, 1000.0)).set("Funding", Amount=63)
    return book.rule("Cap", "amount", "at most", 0.9, Places=names[1])


def test_prices_of_more_than_sixty_places(solve: Solve) -> None:
    # 62 places of equal need; the first spent 2, the others 1, of 63. With one held at c the others share 63 - c: the
    # 61 pairs with it give G = 61 x ((63 - c) / 61 - c) / (63 / 62) / 62² = (63 - 62 c) / (62 x 63), and G0 is
    # 61 / (62 x 63), so that £1m more lowers the index by 100 x 62 / 61, up to c = 63 / 62.
    result = solve(many_places())
    assert result.metric("index") == near(100 * (63 - 62 * 0.9) / 61, FREEDOM)
    prices = bm.explanation(result, parts=["prices"]).prices
    assert column(prices, "price", name="Cap") == pytest.approx([-6200 / 61], rel=1e-6)
    assert column(prices, "valid_to", name="Cap") == pytest.approx([63 / 62], abs=1e-6)


@pytest.mark.slow
def test_freedom_of_more_than_sixty_places(solve: Solve) -> None:
    frame = bm.explanation(solve(many_places()), parts=["freedom"]).freedom
    assert len(frame) == 2 * 62
    assert float((frame["most"] - frame["least"]).max()) < 1e-5
