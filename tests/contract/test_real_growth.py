"""Real growth by hand and against the independent model, and that it is spoken of as growth is."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.support import oracle
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.real_growth import with_real_growth


def south(result: bm.Result) -> list[float]:
    flows = result.frames["flows"]
    flows = flows[flows["place"] == "South"]
    return [float(flows.loc[flows["year"] == year, "amount"].sum()) for year in flows["year"].unique()]


def two_years(first: float | None = 0.04, second: float | None = 0.02) -> Book:
    """£100m and £110m for North and South of equal need, who had 60 and 40; costs rise by 4% and by 2%."""
    book = with_years(two_places(), 2, growth=0.1)
    return book.set("Years", row=0, Cost_uplift=first).set("Years", row=1, Cost_uplift=second)


def save(book: Book, path: Path) -> Path:
    return book.save(path / "in.xlsx")


def solved(book: Book, path: Path) -> bm.Result:
    return bm.solve(bm.read(save(book, path)), "Base")


def uplifts(book: Book, path: Path) -> list[Issue]:
    return [issue for issue in bm.check(save(book, path)) if issue.code == "COST_UPLIFT_BLANK"]


# ---- by hand -------------------------------------------------------------------------------------------


def test_without_the_rule_both_places_get_their_share(tmp_path: Path) -> None:
    assert south(solved(two_years(), tmp_path)) == near([50, 55])


def test_a_ceiling_grows_with_the_costs_of_each_year(tmp_path: Path) -> None:
    # 40 x 1.05 x 1.04 = 43.68; then 43.68 x 1.05 x 1.02 = 46.78128.
    result = solved(two_years().rule("Pace", "real growth", "at most", 0.05, Places="South"), tmp_path)
    assert south(result) == near([43.68, 46.78128])
    rows = result.frames["rules"].query("rule == 'Pace'")
    assert list(rows["limit"]) == near([43.68, 46.78128])
    assert result.certificate.worst_residual < 1e-6


def test_a_floor_under_a_place_that_is_over_its_share(tmp_path: Path) -> None:
    # North at least holds its 60 in real terms in the second year only, on the 50 of the first: 50 x 1.02 = 51 < 55.
    book = two_years().rule("Floor", "real growth", "at least", 0, Places="North", Years="2026/27")
    assert south(solved(book, tmp_path)) == near([50, 55])
    # From the first year on: 62.4 of 100, and 62.4 x 1.02 = 63.648 of 110.
    book.set("Rules", Years=None)
    assert south(solved(book, tmp_path)) == near([37.6, 46.352])


def test_a_should_rule_falls_short_by_what_is_missing_in_pounds(tmp_path: Path) -> None:
    # 100 x 1.04 = 104 of 100: 4 short; then at best 100 x 1.02 = 102 of 110. At a weight of 3.
    book = two_years().rule("Wish", "real growth", "at least", 0, Strength="should", Weight=3)
    assert solved(book, tmp_path).metric("shortfall") == near(12)


def test_growth_and_change_do_not_look_at_the_uplift(tmp_path: Path) -> None:
    for measure, expected in (("growth", [42, 44.1]), ("change", [42, 42])):
        book = two_years().rule("Pace", measure, "at most", 0.05, Places="South")
        assert south(solved(book, tmp_path)) == near(expected)


def test_a_scenario_may_change_the_uplift(tmp_path: Path) -> None:
    # 40 x 1.05 x 1.1 = 46.2, then 46.2 x 1.05 x 1.02 = 49.4802.
    book = two_years().rule("Pace", "real growth", "at most", 0.05, Places="South")
    book.change("Base", "Years", "set", Where="Year=2025/26", Field="Cost uplift", Value=0.1)
    assert south(solved(book, tmp_path)) == near([46.2, 49.4802])


# ---- a blank uplift ------------------------------------------------------------------------------------


def test_a_blank_uplift_counts_as_nothing_and_is_warned_of_once(tmp_path: Path) -> None:
    book = two_years(None, None).rule("Pace", "real growth", "at most", 0.05, Places="South", Each="place")
    book.rule("Wish", "real growth", "at least", 0.01, Places="South", Strength="should", Years="2025/26")
    [issue] = uplifts(book, tmp_path)
    cells = ",".join(book.cell("Years", row, "Cost uplift") for row in (0, 1))
    assert (issue.severity, issue.sheet, issue.cell) == ("warning", "Years", cells)
    assert "the Cost uplift of 2025/26, 2026/27 is blank: it counts as 0 in 'Pace', 'Wish'" in issue.found
    assert south(solved(book, tmp_path)) == near([42, 44.1])  # as growth


def test_only_years_that_a_rule_speaks_of_are_warned_of(tmp_path: Path) -> None:
    book = two_years(None, 0.02).rule("Pace", "real growth", "at most", 0.05, Places="South")
    [issue] = uplifts(book, tmp_path)
    assert issue.cell == book.cell("Years", 0, "Cost uplift")
    assert uplifts(book.set("Rules", Years="2026/27"), tmp_path) == []
    assert uplifts(book.set("Rules", Years=None, Measure="growth"), tmp_path) == []
    assert uplifts(two_years(0, 0).rule("Pace", "real growth", "at most", 0.05, Places="South"), tmp_path) == []


# ---- spoken of as growth is ----------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["growth", "real growth"])
def test_the_same_book_is_told_the_same(measure: str, tmp_path: Path) -> None:
    # £100m, as last year, and a floor of 1%: £1m too much. Costs do not rise.
    flat = two_places().set("Years", Cost_uplift=0).rule("R", measure, "at least", 0.01)
    with pytest.raises(bm.Infeasible) as caught:
        solved(flat, tmp_path)
    found = caught.value.explanation
    assert found is not None
    assert any("'R' asks for at least £101.0m in 2025/26" in words for words in found.conflicts["words"])
    assert found.conflicts["gap"].iloc[0] == near(1)
    rule = found.remedies.set_index("rule").loc["R"]
    assert rule["new_value"] == near(0)
    # Three years of £100m: a floor of 0% for each place takes all growth; 200 is 20,000%; a wish without a floor.
    book = with_years(two_places(), 3).set("Years", Cost_uplift=0)
    for cells, value, code in (
        ({"Each": "place"}, 0, "NO_HEADROOM"),
        ({}, 200, "PCT_SCALE"),
        ({"Places": "South", "Strength": "should"}, 0.05, "GROWTH_NO_FLOOR"),
    ):
        said = bm.check(save(book.copy().rule("R", measure, "at least", value, **cells), tmp_path))
        assert code in [issue.code for issue in said]


def test_costs_that_rise_faster_than_the_money_leave_no_headroom(tmp_path: Path) -> None:
    # The money grows by 10% and costs by 12%: even a fall of 1% in real terms, 0.99 x 1.12 = 1.1088, is too much.
    book = two_places().set("Funding", Amount=110).set("Years", Cost_uplift=0.12)
    book.rule("R", "real growth", "at least", -0.01, Each="place")
    [issue] = [issue for issue in bm.check(save(book, tmp_path)) if issue.code == "NO_HEADROOM"]
    assert "guarantees every place 10.9% since the Baseline in 2025/26" in issue.found
    assert "grows by 10.0%" in issue.found


# ---- against the independent model ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 5))
def test_random_books_with_real_growth_agree_with_the_independent_model(seed: int, tmp_path: Path) -> None:
    path = save(with_real_growth(random_book(seed, "tiny"), seed), tmp_path)
    budget = bm.read(path)
    failures: dict[str, Exception] = {}
    results = bm.solve_all(budget, failures=failures)  # type: ignore[arg-type]  # any failure will do here
    for name in budget.scenarios:
        answer = oracle.solve(path, name)
        if answer.status == "infeasible":
            assert isinstance(failures[name], bm.Infeasible)
            continue
        certificate = results[name].certificate
        assert certificate.shortfall == pytest.approx(answer.shortfall, abs=1e-5)
        assert certificate.index == pytest.approx(answer.index, abs=1e-6, rel=1e-6)
        seen = oracle.evaluate(path, name, results[name].flows)
        assert seen.violation < 1e-6
