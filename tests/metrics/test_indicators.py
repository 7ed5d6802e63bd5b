"""Success measures beside the money, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from budgetmodel.inequality import slope_index_of_inequality
from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book, loose, two_places
from tests.support.figures import near

PLACES = {"Ash": 50, "Beech": 40, "Cedar": 30, "Dale": 20, "Elm": 10}
"""Deprivation scores."""

SMOKING = {"2015": (30, 30, 30, 30, 30), "2016": (26, 24, 21, 19, 15), "2017": (25, 23, 20, 18, 14)}


def five_places() -> Book:
    """Five places of 100 people with 20 each of Care and 0 of Play; Inner is Ash and Beech, Outer the others.

    Smoking changes its definition in 2016; its benchmark in 2017 is 18, and Overall's money stands beside it.
    """
    book = loose(two_places())
    for sheet in ("Places", "Needs", "Baseline", "Indicators"):
        book[sheet].clear()
    for place, score in PLACES.items():
        book.add("Places", {"Deprivation score": score}, Place=place, Group="Inner" if score > 30 else "Outer")
        book.spend(place, "Care", "Trust", 20)
        book.add("Indicators", Indicator="Ready", Place=place, Period="2016/17", Value=score, Unit="%")
    book.need("Population", dict.fromkeys(PLACES, 100))
    for period, values in SMOKING.items():
        for place, value in zip(PLACES, values, strict=True):
            more = {"Definition": "old" if period == "2015" else "new", "Component": "Overall"}
            more |= {"Benchmark": 18} if period == "2017" else {}
            book.add("Indicators", more, Indicator="Smoking", Place=place, Period=period, Value=value,
                Unit="%", Better="lower")  # fmt: skip
    return book.set("Funding", Amount=110)


@pytest.fixture(scope="module")
def result() -> Result:
    return results_of(five_places())["Base"]


def of(frame: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    [row] = frame.index
    return frame.loc[row]


def test_level_gap_and_trend_of_a_place(result: Result) -> None:
    ash = of(result.indicators, indicator="Smoking", place="Ash", period="2017")
    assert [ash[name] for name in ("value", "benchmark", "gap", "change")] == near([25, 18, 7, -1], 1e-12)
    assert ash[["side", "broken", "latest", "group", "deprivation"]].tolist() == ["worse", "", True, "Inner", 50]
    sides = {place: of(result.indicators, indicator="Smoking", place=place, period="2017")["side"] for place in PLACES}
    assert sides == {"Ash": "worse", "Beech": "worse", "Cedar": "worse", "Dale": "level", "Elm": "better"}


def test_no_change_is_worked_out_across_a_break_of_definition(result: Result) -> None:
    ash = of(result.indicators, indicator="Smoking", place="Ash", period="2016")
    assert ash["broken"] == "definition changes from 'old' to 'new'"
    assert np.isnan(ash["change"])
    smoking = of(result.success_measures, indicator="Smoking")
    assert smoking["breaks"] == "2016: definition changes from 'old' to 'new'"
    assert (smoking["since"], smoking["trend"]) == ("2016", near(-1, 1e-12))  # not from 30 in 2015


def test_all_places_and_the_slope_by_deprivation(result: Result) -> None:
    smoking = of(result.success_measures, indicator="Smoking")
    # ranks 0.1 to 0.9; mean 20: (-0.4 x 5 - 0.2 x 3 + 0 - 0.2 x 2 - 0.4 x 6) / (2 x 0.16 + 2 x 0.04) = -5.4 / 0.4
    assert smoking["slope_index"] == near(-13.5, 1e-9)
    assert "registered people" in smoking["method"]
    assert smoking[["mean", "benchmark", "worse", "places"]].tolist() == near([20, 18, 3, 5], 1e-12)
    assert smoking[["worst_place", "worst", "best_place", "best"]].tolist() == ["Ash", 25, "Elm", 14]


def test_money_is_that_of_the_component_that_the_workbook_names(result: Result) -> None:
    smoking, ready = (of(result.success_measures, indicator=name) for name in ("Smoking", "Ready"))
    assert smoking[["component", "before", "amount"]].tolist() == ["Overall", 100, near(110, 1e-8)]
    assert ready["component"] == ""
    assert ready[["before", "amount", "trend"]].isna().all()


def test_groups_of_places(result: Result) -> None:
    inner, outer = (of(result.indicator_groups, indicator="Smoking", group=name) for name in ("Inner", "Outer"))
    assert inner[["value", "gap", "deprivation", "places"]].tolist() == near([24, 6, 45, 2], 1e-12)
    assert outer[["value", "gap", "deprivation", "places"]].tolist() == near([52 / 3, 52 / 3 - 18, 20, 3], 1e-12)


@pytest.mark.parametrize(
    "values, scores, people, slope",
    [
        # parts 0.25, 0.5, 0.25: ranks 0.125, 0.5, 0.875; mean 66: 2 x 0.25 x 0.375 x 6 / (2 x 0.25 x 0.375^2) = 16
        ([60, 66, 72], [9, 5, 1], [1, 2, 1], 16),
        ([72, 66, 60], [1, 5, 9], [1, 2, 1], 16),  # in another order
        ([60, 60, 60], [9, 5, 1], [1, 2, 1], 0),
        # two of one score share the middle of their part: ranks 0.25, 0.25, 0.75; values 60, 64 (mean 62) and 70
        ([60, 64, 70], [9, 9, 1], [1, 1, 2], 16),
        ([60, 66, 72], [5, 5, 5], [1, 2, 1], np.nan),
    ],
)
def test_slope_index_of_inequality(values: list, scores: list, people: list, slope: float) -> None:
    arrays = (np.array(each, dtype=float) for each in (values, scores, people))
    found = slope_index_of_inequality(*arrays, highest_first=True)  # the most deprived have the highest score
    assert found == pytest.approx(slope, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    "score, why",
    [(None, "none: not every place with a figure has a Deprivation score"), (9, "none: all places have one")],
)
def test_without_an_order_of_places_there_is_no_slope_index(score: float | None, why: str) -> None:
    book = five_places()
    for place in book["Places"]:
        place["Deprivation score"] = score
    smoking = of(results_of(book)["Base"].success_measures, indicator="Smoking")
    assert np.isnan(smoking["slope_index"])
    assert smoking["method"].startswith(why)


def test_a_known_change_of_framework_is_a_break() -> None:
    book = five_places()
    book["Indicators"].clear()
    for period, value in (("2018/19", 70), ("2021/22", 60), ("2022/23", 65)):
        book.add("Indicators", Indicator="School readiness", Place="Ash", Period=period, Value=value, Unit="%")
    frame = results_of(book)["Base"].success_measures
    assert frame["breaks"].tolist() == ["2021/22: definition changed in 2021/22"]
    assert frame[["since", "trend"]].to_numpy().tolist() == [["2021/22", near(5, 1e-12)]]


def test_without_indicators_there_are_no_rows() -> None:
    book = five_places()
    book["Indicators"].clear()
    result = results_of(book)["Base"]
    assert [len(result.frames[name]) for name in ("indicators", "success_measures", "indicator_groups")] == [0, 0, 0]
