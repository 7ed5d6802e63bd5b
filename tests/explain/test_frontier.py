"""What giving up fairness spares, and what shortfall and index cost each other, worked by hand.

North and South need the same, spent 60 and 40, and have 100: with South at s the index is 10 x |50 - s|.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.explain.exchange import sentence as exchanged
from budgetmodel.explain.explanation import explanation
from budgetmodel.explain.frontier import sentence
from tests.support.builder import loose, two_places
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.types import Solve


def test_the_frontier_by_hand(solve: Solve) -> None:
    # North may fall by 10% at most: 54, so South has 46 and the index is 40. With 5 points it is 45: South has 45.5.
    book = loose(two_places()).rule("Floor", "growth", "at least", -0.1, Each="place, service")
    frame = explanation(solve(book), parts=["frontier"]).frontier.set_index("tolerance")
    assert list(frame.index) == [0, 0.5, 1, 2, 5]
    assert list(frame["index"]) == near([40, 40.5, 41, 42, 45], 1e-5)
    assert list(frame["always_at_floor"]) == [1, 0, 0, 0, 0]
    assert list(frame["at_floor"]) == [1, 0, 0, 0, 0]
    assert list(frame["at_ceiling"]) == [0] * 5
    assert list(frame["moved"]) == near([6, 5.95, 5.9, 5.8, 5.5], 1e-5)
    best, last = frame.loc[0], frame.loc[5]
    assert (best["largest_fall"], best["fall_of"]) == (near(-0.1), "North, Care")
    assert (last["largest_rise"], last["rise_of"]) == (near(0.1375, 1e-5), "South, Care")  # 45.5 after 40
    assert sentence(frame.reset_index()) == (
        "1 place's service is at a limit in every year; 2 points less fairness would spare 1 of them theirs."
    )


def test_plans_of_the_frontier_are_those_of_scenarios_with_that_tolerance(solve: Solve, tmp_path: Path) -> None:
    book = random_book(3, "small")
    options = bm.Options(memory=tmp_path)
    for _ in ("solved", "remembered"):
        frame = explanation(solve(book, "Pooled"), parts=["frontier"], options=options).frontier
        row = frame.set_index("tolerance").loc[2]
        own = solve(book.set("Scenarios", where={"Scenario": "Pooled"}, Tolerance=2), "Pooled")
        assert own.metric("index") == near(row["index"], 1e-4)
        more = (own.allocation["amount"] - own.allocation["do_minimum"]).clip(lower=0).sum()
        assert more == near(row["moved"], 1e-2)
        book.set("Scenarios", where={"Scenario": "Pooled"}, Tolerance=None)


def test_what_shortfall_and_index_cost_each_other(solve: Solve) -> None:
    # North should have 55: South has 45 and the index is 50. £1m less for North lowers it by 10, up to 50 and 50.
    result = solve(loose(two_places()).rule("Wish", "amount", "at least", 55, Places="North", Strength="should"))
    [row] = explanation(result, parts=["exchange"]).exchange.to_dict("records")
    assert (row["shortfall"], row["best"]) == (near(0), near(50))
    assert (row["price"], row["holds_for"]) == (near(-10), near(5, 1e-5))
    assert (row["for_a_million"], row["for_a_point"]) == (near(-10, 1e-5), near(0.1, 1e-5))
    assert row["raised_by"] == ""
    words = exchanged(explanation(result, parts=["exchange"]).exchange)
    assert words == (
        "£1m more of weighted shortfall would lower the index by 10.00 points; "
        "one point less of index costs £0.10m of it."
    )


def test_a_rule_is_named_whose_relaxing_lowers_the_shortfall_and_raises_the_index(solve: Solve) -> None:
    # North should have 55 and must not have more than 52: 3 short, index 20. With 53 allowed: 2 short, index 30.
    book = loose(two_places()).rule("Wish", "amount", "at least", 55, Places="North", Strength="should")
    book.rule("Cap", "amount", "at most", 52, Places="North")
    result = solve(book)
    assert (result.metric("shortfall"), result.metric("index")) == (near(3), near(20, 1e-5))
    [row] = explanation(result, parts=["exchange"]).exchange.to_dict("records")
    assert row["raised_by"].endswith("'Cap'")
    assert solve(book.set("Rules", where={"Rule": "Cap"}, Value=53)).metric("index") == near(30, 1e-5)


@pytest.mark.parametrize("frontier", [True, False])
def test_every_run_has_both_unless_told_not_to(frontier: bool, tmp_path: Path) -> None:
    book = loose(two_places()).rule("Floor", "growth", "at least", -0.1, Each="place, service")
    outcome = bm.run(book.save(tmp_path / "in.xlsx"), folder=tmp_path / "out", options=bm.Options(frontier=frontier))
    names = {path.name for path in outcome.files}
    assert ({"frontier.csv"} <= names) == frontier


def test_a_scenario_and_the_same_with_a_tolerance_have_one_frontier(solve: Solve, tmp_path: Path) -> None:
    # What is remembered of the one answers the other: frontier, exchange and the best plan.
    book = random_book(3, "small")
    options = bm.Options(memory=tmp_path)
    parts = ["frontier", "exchange"]
    plain = explanation(solve(book, "Pooled"), parts=parts, options=options)
    remembered = len(list((tmp_path / ".budgetmodel").iterdir()))
    book.set("Scenarios", where={"Scenario": "Pooled"}, Tolerance=2)
    steadier = explanation(solve(book, "Pooled"), parts=parts, options=options)
    assert list(steadier.frontier["index"]) == near(list(plain.frontier["index"]), 1e-5)
    assert steadier.exchange.equals(plain.exchange)
    assert len(list((tmp_path / ".budgetmodel").iterdir())) <= remembered + 1  # the best plan, which nobody published
