"""Assumptions halved and doubled, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import budgetmodel as bm
from budgetmodel.explain.assumptions import distances, with_history
from budgetmodel.report.console.assumptions import assumption_lines
from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book, loose, two_places, with_years
from tests.support.figures import near

POINT = 1e-6


def book_of_assumptions() -> Book:
    """North 60 and South 40 of 100, which need the same. Places may grow by 10% at most: South gets 44 of 99.

    One pot contracts one provider for £1,000k at a fee of 2%, and is set up for £3m.
    """
    book = loose(two_places())
    book.set("Contracts", **{"Cost per contract": 1000, "Fee": 0.02})
    book.add("Regime costs", {"One-off cost": 3}, Regime="Split")
    return book.rule("Ceiling", "growth", "at most", 0.10, Each="place")


@pytest.fixture(scope="module")
def result() -> Result:
    return results_of(book_of_assumptions())["Base"]


@pytest.fixture(scope="module")
def rows(result: Result) -> Mapping[tuple[str, float], Mapping[str, Any]]:
    frame = bm.explanation(result, parts=["assumptions_effect"]).assumptions_effect
    return {(str(row["kind"]), float(row["factor"])): row for row in frame.to_dict("records")}


def test_every_assumption_is_halved_and_doubled(rows: Mapping[tuple[str, float], Mapping[str, Any]]) -> None:
    kinds = ("contract cost", "fee", "one-off cost", "ceiling", "history")  # one component: its weight is all
    assert list(rows) == [(kind, factor) for kind in kinds for factor in (0.5, 2.0)]
    assert rows["contract cost", 2.0]["value"] == "£1,000k a contract, £1.0m in all"
    assert rows["history", 2.0]["value"] == "-20.0% (South) to +20.0% (North)"
    assert rows["ceiling", 0.5]["value"] == "growth at most 10%"
    assert rows["ceiling", 0.5]["cell"].startswith("Rules!")
    assert rows["history", 0.5]["status"] == "illustrative"


def test_a_ceiling_halved_and_doubled(rows: Mapping[tuple[str, float], Mapping[str, Any]]) -> None:
    # Ratios are money over targets of 50 each, G = 0.25 x their difference, G0 = 0.25 x 0.4: index = 5 x |N - S|.
    # As it is: S 44, N 55: 55. Halved: S 42, N 57: 75. Doubled: S 48, N 51: 15.
    assert [rows["ceiling", factor]["index"] for factor in (0.5, 2.0)] == near([75, 15], POINT)
    assert [rows["ceiling", factor]["index_change"] for factor in (0.5, 2.0)] == near([20, -40], POINT)
    assert rows["ceiling", 0.5]["money_change"] == 0


def test_contract_costs(rows: Mapping[tuple[str, float], Mapping[str, Any]]) -> None:
    # 99.5 or 98 to spend, S 44: N 55.5 or 54, index 57.5 or 50. Money: £1m a year halved or doubled.
    assert [rows["contract cost", factor]["index"] for factor in (0.5, 2.0)] == near([57.5, 50], POINT)
    assert [rows["contract cost", factor]["money_change"] for factor in (0.5, 2.0)] == near([-0.5, 1.0], 1e-8)


def test_fees_and_one_off_cost_are_in_no_equation(rows: Mapping[tuple[str, float], Mapping[str, Any]]) -> None:
    # 2% of 99 is 1.98
    assert [rows["fee", factor]["money_change"] for factor in (0.5, 2.0)] == near([-0.99, 1.98], 1e-8)
    assert [rows["one-off cost", factor]["money_change"] for factor in (0.5, 2.0)] == near([-1.5, 3.0], 1e-8)
    assert {rows[kind, 2.0]["outcome"] for kind in ("fee", "one-off cost")} == {"in no equation"}
    assert {rows[kind, 2.0]["index_change"] for kind in ("fee", "one-off cost")} == {0}


def test_history_halved_and_doubled(rows: Mapping[tuple[str, float], Mapping[str, Any]], result: Result) -> None:
    # Halved: Baseline 55 and 45; South may have 49.5, the half of 99: index 0. Doubled: 70 and 30; South 33, North 66,
    # index 165 against the reference of the workbook.
    assert [rows["history", factor]["index"] for factor in (0.5, 2.0)] == near([0, 165], POINT)
    assert distances(result.inputs).tolist() == near([0.2, -0.2], 1e-12)
    assert with_history(result.inputs, 0.5).frame("Baseline")["Amount"].tolist() == near([55, 45], 1e-9)


def test_the_gap_closed_by_the_last_year_is_a_range_where_years_can_trade() -> None:
    # North keeps 60 of 100 a year, South has the rest. What South leaves of its 40 in the first year, up to £10m, it
    # has in the second: the index stays 100 x ((20 + c) / 20 + (20 - c) / 20) / 2, and c / 20 of the gap is closed.
    book = with_years(loose(two_places()), 2).set("Sources", Carry_forward=0.1)
    book.rule("Floor", "amount", "at least", 60, Places="North").rule("Ceiling", "growth", "at most", 2, Each="place")
    frame = bm.explanation(results_of(book)["Base"], parts=["assumptions_effect"]).assumptions_effect
    own = frame[(frame["kind"] == "ceiling") & (frame["factor"] == 0.5)].iloc[0]
    assert (own["closed_least"], own["closed_most"]) == (near(0, POINT), near(0.5, POINT))
    assert (own["index"], own["outcome"]) == (near(100, POINT), "solved again")


def test_a_factor_without_an_answer_says_so() -> None:
    # Both places must keep 95% of their Baseline: 95 of the 95 that contracts of £5m leave, and of 90 at twice that.
    book = book_of_assumptions().set("Contracts", **{"Cost per contract": 5000})
    book.rule("Floor", "growth", "at least", -0.05, Each="place")
    result = results_of(book)["Base"]
    frame = bm.explanation(result, parts=["assumptions_effect"]).assumptions_effect
    own = frame[(frame["kind"] == "contract cost") & (frame["factor"] == 2)].iloc[0]
    assert own["outcome"] == "no answer"
    assert np.isnan(own["index"])


def test_weights_halved_are_solved_again() -> None:
    book = book_of_assumptions().add("Services", Service="Play").add("Providers", Provider="Club")
    book.spend("North", "Play", "Club", 4).spend("South", "Play", "Club", 6)
    book.add("Target", {"Keep at least": 0, "Keep at most": "none"}, Component="Playing",
        Need_measure="Population", Services="Play", Weight=1)  # fmt: skip
    result = results_of(book)["Base"]
    frame = bm.explanation(result, parts=["assumptions_effect", "weights"])
    halved = frame.assumptions_effect.query("kind == 'weight' and name == 'Playing' and factor == 0.5")
    again = frame.weights.query("component == 'Playing' and factor == 0.5")  # by another way: the cost on the same face
    assert halved["index"].tolist() == near(again["index"].tolist(), POINT)


def test_the_console_lists_what_moves_the_index_most(result: Result) -> None:
    lines = assumption_lines(bm.explanation(result, parts=["assumptions_effect"]).assumptions_effect)
    figures = [line.split()[:6] for line in lines[2:5]]  # as above: history, ceiling, contract cost
    assert figures == [  # one year: the gap closed is 1 less the index
        ["100%", "-65%", "-55.00", "+110.00", "+0.0", "+0.0"],
        ["25%", "85%", "+20.00", "-40.00", "+0.0", "+0.0"],
        ["43%", "50%", "+2.50", "-5.00", "-0.5", "+1.0"],
    ]
    assert lines[2].split("  ")[-1].startswith("history: How far")
