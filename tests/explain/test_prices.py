"""Prices by hand and against finite differences: of rows, with the shortfall held, and of the figures of a workbook.

Unless a test says otherwise there are two places, North and South, of equal need, with £60m and £40m in the Baseline
and £100m to spend; then G0 = 0.5 x 0.5 x (1.2 - 0.8) = 0.1, targets are 50, and with North at n and South at s the
index is 100 x 0.25 x |n - s| / 50 / 0.1 = 5 x |n - s|.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.answers.answer import Answer, answer
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.issues import BudgetError
from budgetmodel.contract.objectives import TURNOVER
from budgetmodel.explain.price_figures import Figure
from budgetmodel.explain.prices import KINDS, price_list, words
from budgetmodel.explain.sensitivity import Face, Slope
from budgetmodel.program.solve.live import LiveModel
from tests.program.build.test_golden_lp import registered
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near, row
from tests.support.random_books import random_book
from tests.support.types import Solve

NONE = float("nan")


def told(row: pd.Series[Any]) -> list[float]:
    return [float(row[name]) for name in ("price", "price_low", "price_high", "valid_from", "valid_to")]


def listed(result: bm.Result, name: str, **labels: str) -> pd.Series[Any]:
    prices = price_list(result.answer, result.frames["rules"])
    rows = prices[prices["name"] == name]
    for column, value in labels.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def pace() -> Book:
    """South may grow by 10% and wants to grow by 25%: North 56, South 44, index 60."""
    return two_places().rule("Pace", "relative growth", "at most", 0.1, Each="place")


# ---- rows by hand ------------------------------------------------------------------------------------


def test_a_ceiling_that_binds(solve: Solve) -> None:
    # £1m more for South takes it from North: 5 x 2. It holds up to 50, where both are equal, and down to 34, where
    # North meets its own ceiling of 66.
    result = solve(pace())
    assert told(row(result.rules, rule="Pace", place="South")) == near([-10, -10, -10, 34, 50])
    assert told(row(result.rules, rule="Pace", place="North")) == near([0, NONE, NONE, NONE, NONE])


def test_money_alone(solve: Solve) -> None:
    # South is at its ceiling, so that £1m more is North's: 5 x 1, within the keep band of 99 to 105.
    assert told(row(solve(pace()).rules, rule="source balance")) == near([5, 5, 5, 99, 105])


def test_a_ceiling_at_the_optimum_has_two_prices(solve: Solve) -> None:
    # South's 50 is what it should have: more changes nothing, less costs 10 per £1m, down to nothing.
    result = solve(two_places().rule("Cap", "amount", "at most", 50, Places="South"))
    assert told(row(result.rules, rule="Cap")) == near([0, -10, 0, 0, 150])


def test_a_floor_that_no_more_fits_under(solve: Solve) -> None:
    # Both floors together take all the money: North's cannot rise, and each £1m less of it is South's: 5 x 2. North's
    # 56 against South's 44 is 60; at 50 they are equal.
    book = two_places().rule("North", "amount", "at least", 56, Places="North")
    result = solve(book.rule("South", "amount", "at least", 44, Places="South"))
    assert told(row(result.rules, rule="North")) == near([10, 10, NONE, 50, 56])


def test_the_shortfall_is_held(solve: Solve) -> None:
    # North must have 54, South should have 60 and gets 46: 14 short, index 40. Less for North is South's, and lowers
    # index and shortfall; more would add to the shortfall. £1m more money is South's and lowers the index by 5.
    book = two_places().rule("Floor", "change", "at least", -0.1, Places="North")
    result = solve(book.rule("Want", "amount", "at least", 60, Places="South", Strength="should"))
    assert result.metric("shortfall") == near(14)
    floor, money = row(result.rules, rule="Floor"), row(result.rules, rule="source balance")
    assert told(floor)[:3] == near([10, 10, NONE])
    assert (floor.shortfall_price, money.shortfall_price) == (near(1), near(-1))
    assert told(money)[:3] == near([-5, NONE, -5])
    # South's 60 held at a shortfall of 14 is a floor of 46: £1m less of it lets go of nothing, for South wants more.
    assert told(row(result.rules, rule="Want"))[:3] == near([0, 0, NONE])


# ---- figures of the workbook by hand -------------------------------------------------------------------


def test_one_point_of_a_ceiling(solve: Solve) -> None:
    # One point of 40 is £0.4m for South: 0.4 x 10. Above 25% South has its 50; under 0 both ceilings leave money over.
    price = listed(solve(pace()), "Pace")
    assert (price.kind, price.unit, price.one_step, price.value) == ("rule", "percentage point", 0.01, 0.1)
    assert told(price) == near([-4, -4, -4, 0, 0.25])
    assert (price["rank"], price.cell) == (1, "Rules!K5")
    words = "1 percentage point more here lowers the index by 4.000, true for the next 15 points."
    assert price.words == words


def test_one_point_of_a_share(solve: Solve) -> None:
    # South at most 45% of 100: one point is £1m. The coefficient is what changes, not the limit.
    result = solve(two_places().rule("Share", "share", "at most", 0.45, Places="South", Of="places=all"))
    assert told(listed(result, "Share")) == near([-10, -10, -10, 0, 0.5])


def test_a_pound_per_head(solve: Solve) -> None:
    # £1 for 1,000 people is £0.001m: 0.001 x 10.
    result = solve(two_places().rule("Cap", "per head", "at most", 45_000, Places="South", Of="Population"))
    price = listed(result, "Cap")
    assert (price.unit, price.one_step, price.value) == ("£1 per unit of need", near(1), near(45_000))
    assert [price.price, price.price_high] == near([-0.01, -0.01])
    assert (price.valid_from, price.valid_to) == (pytest.approx(0, abs=0.01), pytest.approx(50_000, abs=0.01))


def test_more_money_can_raise_the_index(solve: Solve) -> None:
    # With d more the average grows by d%: South's ceiling is 40 x (1.1 + d%) = 44 + 0.4 d, North gets the rest,
    # 56 + 0.6 d, targets are 50 + d / 2 and the index is 250 (12 + 0.2 d) / (50 + d / 2), whose slope at 0 is
    # 250 (0.2 x 50 - 12 / 2) / 2500 = 0.4. North is 12% above its share.
    price = listed(solve(pace()), "Core")
    assert (price.kind, price.year, price.cell, price.value) == ("source", "2025/26", "Funding!C5", 100)
    assert [price.price_low, price.price_high] == pytest.approx([0.4, 0.4], abs=1e-4)
    assert price.words.startswith("£1m more here raises the index by 0.400")
    assert price.why == (
        "All money must be spent: of £1m more in 2025/26, £0.60m to North (12.0% above its share), £0.40m to South "
        "(12.0% below its share); places below their share are kept from it by 'Pace' of South."
    )


def test_keep_bands_and_carry_forward(solve: Solve) -> None:
    # North must have 60 on Care; South has the rest. Each £1m that comes from Cure to Care is South's, in a component
    # of two whose G0 is 0.1 as before: 5 x 1/2. Cure may fall to 99% of 10, so a point less of it is £0.1m.
    book = two_places().add("Services", Service="Cure").fund("Core", [])
    book.set("Funding", Amount=110).spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4)
    book.set("Target", Component="Care", Services="Care", Keep_at_least=0, Keep_at_most="none")
    book.add("Target", Component="Cure", Need_measure="Population", Services="Cure", Keep_at_most="none")
    book.rule("North", "amount", "at least", 60, Places="North", Services="Care")
    result = solve(book)
    assert told(row(result.rules, rule="Keep at least: Cure"))[:3] == near([2.5, 2.5, 2.5])
    price = listed(result, "Keep at least: Cure")
    assert (price.kind, price.value, price.price, price.price_low) == ("keep", 0.99, near(0.25), near(0.25))


def test_carry_forward_has_a_price(solve: Solve) -> None:
    # A year weighs half: 2.5 x |n - s|. In the first South is held at 44 and North has 56, of which 5 are carried into
    # the second and shared equally there. £1m more lowers the index by 2.5, and a point of 100 is £1m; nothing can be
    # carried below 0, and at 12 North has 44, too.
    book = with_years(two_places(), 2).set("Sources", Carry_forward=0.05).set("Target", Keep_at_most="none")
    book.set("Target", Keep_at_least=0)
    book.rule("Cap", "amount", "at most", 44, Places="South", Years="2025/26")
    result = solve(book)
    price = listed(result, "Carry forward: Core")
    assert told(price) == near([-2.5, -2.5, -2.5, 0, 0.12])


def test_every_kind_is_listed_and_ranked(solve: Solve) -> None:
    book = with_years(pace(), 2, growth=0.02).set("Sources", Carry_forward=0.02)
    result = solve(book)
    prices = price_list(result.answer, result.frames["rules"])
    assert set(prices["kind"]) == set(KINDS)
    priced = prices[prices["price"] != 0]
    assert list(priced["rank"]) == list(range(1, len(priced) + 1))
    assert list(priced["price"].abs()) == sorted(priced["price"].abs(), reverse=True)
    assert sorted(priced["ends"]) == list(range(1, len(priced) + 1))
    assert prices["words"].str.len().gt(0).all()


def test_words_of_both_sides() -> None:
    figure = Figure("rule", "Cap", "Rules!K5", "", "£1m", "Rules", 0, "Value", 50.0, 1.0)
    assert words(figure, Slope(-10.0, 0.0, -50.0, 100.0)) == (
        "£1m more here leaves the index as it is, true for the next £100.0m; £1m less raises the index by 10.000, "
        "true for the next £50.0m."
    )
    assert words(figure, Slope(10.0, NONE, -6.0, 0.0)) == (
        "£1m less here lowers the index by 10.000, true for the next £6.0m; "
        "more would leave a must row that cannot hold."
    )
    assert words(figure, Slope(NONE, -5.0, 0.0, 8.0), -1.0) == (
        "£1m more here lowers the index by 5.000, true for the next £8.0m; "
        "less would add £1.00m a step to the shortfall."
    )


# ---- finite differences ------------------------------------------------------------------------------


def two_services() -> Book:
    book = two_places().add("Services", Service="Cure").set("Funding", Amount=110)
    return book.spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4)


def ruled(measure: str, limit: str, value: float, book: Book | None = None, **cells: object) -> Book:
    return (book or two_places()).rule("Rule", measure, limit, value, **{"Places": "South", **cells})


def keeping(**cells: object) -> Book:
    """North must have 60 on Care; the two components compete for money."""
    book = two_services().set("Target", Component="Care", Services="Care", Keep_at_least=0, Keep_at_most="none")
    book.add("Target", {"Component": "Cure", "Need measure": "Population", "Services": "Cure", **cells})
    return book.rule("North", "amount", "at least", 60, Places="North", Services="Care")


PRICED: dict[str, Book] = {
    "source balance": pace(),
    "line": pace(),
    "ratio": pace(),
    "gap": pace(),
    "distance": pace().set("Scenarios", Objective="l1"),
    "by the rule": pace()
    .add("Convergence", {"Policy": "Half", "Kind": "ramp", "Slope under": 0.5, "Cap under": 1})
    .set("Scenarios", Objective="convergence: Half"),
    "place key": two_services()
    .set("Services", where={"Service": "Cure"}, Place_key="baseline")
    .rule("Pace", "relative growth", "at most", 0.05, Each="place", Services="Care")
    .rule("Cure", "amount", "at most", 10, Services="Cure"),
    "keep at least": keeping(),
    "keep at most": keeping().set("Target", where={"Component": "Care"}, Keep_at_most=1.0005),
    "spend": ruled("amount", "at most", 48, two_services()),
    "amount": ruled("amount", "at most", 45),
    "growth": ruled("growth", "at most", 0.05),
    "relative growth": pace(),
    "growth of reachable money": ruled("growth of reachable money", "at most", 0.05),
    "real growth": ruled("real growth", "at most", 0.05).set("Years", Cost_uplift=0.04),
    "change": ruled("change", "at most", 0.05),
    "do-minimum": ruled("do-minimum", "at most", 0.05),
    "share": ruled("share", "at most", 0.45, Of="places=all"),
    "per head": ruled("per head", "at most", 45_000, Of="Population"),
    "fair share": ruled("fair share", "at most", -0.05, Of="Overall"),
    "moved": ruled("moved", "at most", 0.04, Places="all", Each="place"),
}
"""For every constraint a book in which one of its rows has a price."""


def test_every_registered_constraint_has_a_priced_book() -> None:
    names = {constraint.name for constraint in registered()} - {TURNOVER.name}  # turnover comes after the index
    missing, left_over = names - set(PRICED), set(PRICED) - names
    assert not missing, f"add a book to PRICED of tests/explain/test_prices.py for: {', '.join(sorted(missing))}"
    assert not left_over, f"no constraint has these PRICED: {', '.join(sorted(left_over))}"


def solved(book: Book, path: Path, scenario: str = "Base") -> Answer:
    return answer(scenario_structure(bm.read(book.save(path)), scenario)[0])


def index_with(face: Face, number: int, by: float) -> float:
    """The index with one row's limit moved, the shortfall held, solved from nothing; NaN when nothing is feasible."""
    live = LiveModel.of(face.program, face.cost)
    for cut in face.live.cuts:
        live.add(cut)
    lower, upper = live.lower.copy(), live.upper.copy()
    lower[number] += by
    upper[number] += by
    live.set_bounds(live.low, live.high, lower, upper)
    outcome = live.solve("simplex")
    assert outcome.status in ("optimal", "infeasible")
    return outcome.objective


def holds(face: Face, number: int, slope: Slope, now: float) -> None:
    """A row's slopes are the finite differences within their ranges, and bound them beyond."""
    assert not slope.low > slope.high + 1e-6 * (1 + abs(slope.high))
    for sign, price, room in ((-1, slope.low, -slope.start), (1, slope.high, slope.end)):
        if np.isnan(price):
            assert np.isnan(index_with(face, number, sign * max(0.002, 2 * room)))
            continue
        for by in (0.5 * room, room):
            if 0.001 < by < 1000:
                difference = sign * (index_with(face, number, sign * by) - now) / by
                assert difference == pytest.approx(price, rel=1e-5, abs=1e-6 + 1e-8 / by)
        further = sign * (index_with(face, number, sign * (1.5 * room + 0.01)) - now) / (1.5 * room + 0.01)
        assert np.isnan(further) or sign * (further - price) >= -1e-5 * (1 + abs(price))


@pytest.mark.parametrize("name", PRICED)
def test_the_price_of_a_row_is_its_finite_difference(name: str, tmp_path: Path) -> None:
    face = Face(solved(PRICED[name], tmp_path / "in.xlsx"))
    rows = face.program.rows
    own = (rows["constraint"] == name).to_numpy()
    numbers = np.flatnonzero(own & (np.abs(face.vertex.row_dual[: len(own)]) > 1e-9))
    assert len(numbers), "the book does not price this constraint"
    now = face.vertex.objective
    for number, slope in zip(numbers, face.slopes([face.of_row(int(n)) for n in numbers], 30, 1000.0), strict=True):
        holds(face, int(number), slope, now)


@pytest.mark.parametrize("name", PRICED)
def test_limits_moved_together_reach_as_far_as_each_alone(name: str, tmp_path: Path) -> None:
    face = Face(solved(PRICED[name], tmp_path / "in.xlsx"))
    moves = [face.of_row(number) for number in range(len(face.program.lower))]
    together = face.reaches(moves)
    face.vertex = face.solve(face.vertex.basis)
    here = face.standing(face.vertex)
    alone = [face.reach(move, here) for move in moves]  # each by a solve of HiGHS's own
    assert np.isfinite(alone).any()
    assert np.array(together) == pytest.approx(np.array(alone), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 40))])
def test_prices_of_random_books(seed: int, tmp_path: Path) -> None:
    budget = bm.read(random_book(seed, "tiny" if seed % 2 else "small").save(tmp_path / "in.xlsx"))
    try:
        found = answer(scenario_structure(budget, budget.scenarios[0])[0])
    except BudgetError:
        pytest.skip("this book has no answer")
    face = Face(found)
    rows = face.program.rows
    named = rows["strength"].isin(["must", "should"]).to_numpy()
    numbers = np.flatnonzero(named & (np.abs(face.vertex.row_dual[: len(named)]) > 1e-9))
    now = face.vertex.objective
    for number, slope in zip(numbers, face.slopes([face.of_row(int(n)) for n in numbers], 30, 1000.0), strict=True):
        holds(face, int(number), slope, now)


FIGURES: dict[str, tuple[str, str, str, float]] = {
    "source balance": ("Core", "Funding", "Amount", 0.01),
    "keep at least": ("Keep at least: Cure", "Target", "Keep at least", 1e-4),
    "keep at most": ("Keep at most: Care", "Target", "Keep at most", 1e-5),
    "amount": ("Rule", "Rules", "Value", 0.01),
    "per head": ("Rule", "Rules", "Value", 10.0),
    "relative growth": ("Pace", "Rules", "Value", 1e-4),
    **dict.fromkeys(
        ("growth", "growth of reachable money", "real growth", "change", "do-minimum", "share", "fair share", "moved"),
        ("Rule", "Rules", "Value", 1e-4),
    ),
}
"""For every constraint with a figure of its own: the name of its price, its cell and a small change of it."""


def test_both_keep_bands_of_an_appended_component_have_prices_of_their_own(tmp_path: Path) -> None:
    """They stand in one cell, that of the change: the same component in Target is priced alike."""
    made = []
    for appended in (False, True):
        book = two_places().add("Services", Service="Aid")
        book.spend("North", "Aid", "Trust", 10).spend("South", "Aid", "Trust", 2).set("Funding", row=0, Amount=112)
        book.set("Target", row=0, Services="Care; Aid").rule(
            "Floor", "change", "at least", 0, Services="Aid", Each="place"
        )
        cells = {"Component": "Aid gap", "Need measure": "Population", "Services": "Aid", "Weight": 1}
        if appended:
            book.change(
                "Base", "Target", "append", Where="; ".join(f"{k}={v}" for k, v in (cells | {"Why": "x"}).items())
            )
        else:
            book.add("Target", **{name.replace(" ", "_"): value for name, value in cells.items()})
        result = bm.solve(bm.read(book.save(tmp_path / f"{appended}.xlsx")), "Base")
        made.append(bm.explanation(result, parts=["prices"]).prices.set_index("name")["price"])
    assert made[1].to_dict() == pytest.approx(made[0].to_dict())
    assert made[0]["Keep at most: Aid gap"] == pytest.approx(-0.75)  # from 1.05 to 1.06: 46.25 becomes 45.50
    assert made[0]["Keep at least: Aid gap"] == 0


def test_every_measure_has_a_figure() -> None:
    assert set(FIGURES) == set(PRICED) - {"line", "ratio", "gap", "distance", "by the rule", "spend", "place key"}


@pytest.mark.parametrize("name", FIGURES)
def test_the_price_of_a_figure_is_that_of_a_changed_workbook(name: str, tmp_path: Path) -> None:
    price_of, sheet, column, by = FIGURES[name]
    book = PRICED[name]
    base = bm.solve(bm.read(book.save(tmp_path / "in.xlsx")), "Base")
    price = listed(base, price_of)
    change = book.copy()
    heading, wanted = ("Component", price_of.partition(": ")[2]) if sheet == "Target" else ("Rule", price_of)
    where = {heading: wanted} if sheet != "Funding" else None
    for cells in change.rows(sheet, where):
        cells[column] = float(price["value"]) + by
    more = bm.solve(bm.read(change.save(tmp_path / "more.xlsx")), "Base")
    assert more.metric("shortfall") == near(base.metric("shortfall"))
    difference = (more.metric("index") - base.metric("index")) / by * float(price["one_step"])
    assert price["price_high"] != 0
    assert difference == pytest.approx(float(price["price_high"]), rel=2e-3)
