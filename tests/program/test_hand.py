"""Small budgets solved by hand: what the allocation must be, and the arithmetic that says so.

Unless a test says otherwise there are two places, North and South, of equal need, with £60m and £40m in the Baseline
and £100m to spend. Then both targets are 50, G0 = 0.5 x 0.5 x (1.2 - 0.8) = 0.1, and with South at s the index is
100 x 0.25 x |100 - 2s| / 50 / 0.1 = 10 x |50 - s|.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import budgetmodel as bm
from tests.support.builder import Book, loose, two_places, with_years
from tests.support.figures import near, row
from tests.support.types import Solve


def spent(result: bm.Result, **who: str) -> float:
    """£m of flows to the given members."""
    flows = result.frames["flows"]
    for column, name in who.items():
        flows = flows[flows[column] == name]
    return float(flows["amount"].sum())


def by_year(result: bm.Result, **who: str) -> list[float]:
    return [spent(result, year=year, **who) for year in result.inputs.years]


def two_services() -> Book:
    """Lung costs 10 and Heart 40 in each place; 100 to spend."""
    book = two_places().remove("Services").remove("Baseline")
    book.add("Services", Service="Lung", Tags="new").add("Services", Service="Heart")
    for place in ("North", "South"):
        book.spend(place, "Lung", "Trust", 10).spend(place, "Heart", "Trust", 40)
    return book


# ---- one service -------------------------------------------------------------------------------------


def test_free_money_makes_both_places_equal(solve: Solve) -> None:
    result = solve(two_places())
    assert (spent(result, place="North"), spent(result, place="South")) == (50, 50)
    assert (result.metric("index"), result.metric("shortfall"), result.metric("spent")) == (near(0), 0, 100)
    allocation = result.allocation.set_index("place")
    assert list(allocation["do_minimum"]) == [60, 40]
    assert list(allocation["change"]) == [-10, 10]
    places = result.places.set_index("place")
    assert (list(places["target"]), list(places["distance"])) == ([50, 50], near([0, 0]))
    assert list(places["per_head_registered"]) == near([50_000, 50_000])  # £50m for 1,000 people


def test_carrying_todays_pattern_forward_scores_100(solve: Solve) -> None:
    assert solve(two_places().rule("Still", "change", "exactly", 0, Each="place")).metric("index") == near(100)


def test_the_do_minimum_is_reported_as_a_scenario_of_its_own(tmp_path: Path) -> None:
    budget = bm.read(two_places().save(tmp_path / "in.xlsx"))
    results = bm.solve_all(budget)
    for _ in range(2):  # the function is there the second time, too
        metrics = bm.compare(results, budget).metrics
    index = metrics[(metrics["metric"] == "index") & (metrics["group"] == "")].set_index("scenario")["value"]
    assert dict(index) == near({"Base": 0, "Do-minimum": 100})


def test_a_pace_ceiling_that_binds(solve: Solve) -> None:
    # South at most 40 x 1.1 = 44, six short of 50: 10 x 6.
    result = solve(two_places().rule("Pace", "relative growth", "at most", 0.1, Each="place"))
    assert (spent(result, place="South"), result.metric("index")) == (near(44), near(60))
    south, north = row(result.rules, rule="Pace", place="South"), row(result.rules, rule="Pace", place="North")
    assert (south.activity, south.limit, south.slack, south.binding) == (near(44), near(44), near(0), True)
    assert (north.activity, north.limit, north.slack, north.binding) == (near(56), near(66), near(10), False)
    # £1m more for South lowers the index by 10; North's ceiling costs nothing.
    assert (south.price, north.price) == (near(-10), 0)


def test_a_ring_fence_that_binds(solve: Solve) -> None:
    # North's own 50 may not leave North; the grant of 50 would all go South. A ring-fence of 5 of it for North
    # leaves 45 for South: 10 x 5.
    book = two_places().set("Sources", row=0, Source="North core", Home_places="North", Lawful_places="North")
    book.remove("Funding").fund("North core", [50]).add("Sources", Source="Grant").fund("Grant", [50])
    assert solve(book).metric("index") == near(0)
    book.rule("Ring-fence", "amount", "at least", 5, Sources="Grant", Places="North")
    result = solve(book)
    assert spent(result, source="Grant", place="North") == near(5)
    assert (spent(result, place="South"), result.metric("index")) == (near(45), near(50))
    fence = row(result.rules, rule="Ring-fence")
    assert (fence.limit, fence.slack, fence.binding, fence.price) == (5, near(0), True, near(10))
    assert fence.cell == "Rules!K5"


def test_a_growth_chain_over_three_years(solve: Solve) -> None:
    # South 42, 44.1, 46.305: 8, 5.9 and 3.695 short of 50.
    book = with_years(two_places(), 3).rule("Ceiling", "growth", "at most", 0.05, Places="South")
    result = solve(book)
    assert by_year(result, place="South") == near([42, 44.1, 46.305])
    assert [result.metric("index", year) for year in result.inputs.years] == near([80, 59, 36.95])
    assert result.metric("index") == near((80 + 59 + 36.95) / 3)


def test_year_weights(solve: Solve) -> None:
    book = with_years(two_places(), 3).rule("Ceiling", "growth", "at most", 0.05, Places="South")
    book.set("Years", row=0, Weight=2)
    assert solve(book).metric("index") == near((2 * 80 + 59 + 36.95) / 4)


def test_money_carried_in_may_be_carried_on(solve: Solve) -> None:
    # A contract costs 5 a year. In 2027/28 at least 95 = 90 - 5 + 10, so all 10 of 2026/27 are carried out though its
    # contract leaves 5 of them: what was carried in pays. At least 20 are spent then: 10 - 5 + 25 - 10.
    book = loose(with_years(two_places(), 3))
    for row_of, amount in zip(book["Funding"], (100, 10, 90), strict=True):
        row_of["Amount"] = amount
    book.set("Sources", Carry_forward=1).set("Contracts", Cost_per_contract=5000)
    book.rule("Middle", "amount", "exactly", 20, Years="2026/27").rule("End", "amount", "at least", 95, Years="2027/28")
    result = solve(book)
    assert by_year(result) == near([70, 20, 95])
    assert float(result.note("index in whole pence")) == near(result.metric("index"), rel=1e-7)


# ---- a tolerance -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tolerance, south", [(None, 50), (0, 50), (2, 49.8), (30, 47), (1000, 40)])
def test_a_tolerance_gives_the_plan_that_changes_least_within_it(
    tolerance: float | None, south: float, solve: Solve
) -> None:
    # The index is 10 x |50 - s|: with 2 points s may be 49.8, nearer to the 40 of the do-minimum; with 1,000 it is 40.
    result = solve(two_places().set("Scenarios", Tolerance=tolerance))
    assert spent(result, place="South") == near(south)
    assert result.metric("index") == near(10 * (50 - south))
    proof = result.certificate
    assert (proof.best, proof.bound, proof.tolerance) == (near(0), near(0), tolerance or 0)
    assert result.note("lowest index, proved bound") == ("" if not tolerance else f"{proof.bound:.9f}")


def test_a_tolerance_spreads_the_change_over_services(solve: Solve) -> None:
    # Each place has Lung 10 and Heart 40 a year, and North needs 60% of all: targets 60 and 40, best with 10 moved.
    # G = 0.6 x 0.4 x (N/60 - S/40) with N = 50 + m, and G0 that of m = 0; index = 100 x (1 - m/10). 40 points: m = 6.
    # Σ change²/X0 is least when both services move alike in proportion: Lung by a fifth of 6 (1.2), Heart by 4.8.
    book = loose(two_services().remove("Needs").need("Population", {"North": 600, "South": 400}))
    result = solve(book.set("Scenarios", Tolerance=40))
    assert result.metric("index") == near(40)
    got = {(row["place"], row["service"]): row["amount"] for _, row in result.allocation.iterrows()}
    assert got == {
        ("North", "Lung"): near(11.2), ("North", "Heart"): near(44.8),
        ("South", "Lung"): near(8.8), ("South", "Heart"): near(35.2),
    }  # fmt: skip


def test_carry_forward_that_pays(solve: Solve) -> None:
    # 110, then 90, where 100 is wished for: 10 short. Carrying 10 of the 11 allowed over mends it.
    book = loose(with_years(two_places(), 2)).remove("Funding").fund("Core", [110, 90])
    book.rule("Wish", "amount", "at least", 100, Years="2026/27", Strength="should")
    without = solve(book)
    assert (without.metric("shortfall"), by_year(without), without.metric("carried_forward")) == (10, [110, 90], 0)
    book.set("Sources", Carry_forward=0.1)
    result = solve(book)
    assert (result.metric("shortfall"), result.metric("carried_forward")) == (near(0), near(10))
    assert by_year(result) == near([100, 100])
    # 5% of 110 is 5.5: 4.5 stay short.
    book.set("Sources", Carry_forward=0.05)
    assert solve(book).metric("shortfall") == near(4.5)


def test_a_should_row_that_cannot_be_met_in_full(solve: Solve) -> None:
    # The ceiling lets South have 44 of the 60 wished for: 16 short, at weight 3.
    book = two_places().rule("Pace", "change", "at most", 0.1, Places="South")
    book.rule("Wish", "amount", "at least", 60, Places="South", Strength="should", Weight=3)
    result = solve(book)
    assert (result.metric("shortfall"), result.metric("index")) == (near(48), near(60))
    wish = row(result.rules, rule="Wish")
    assert (wish.strength, wish.activity, wish.slack) == ("should", near(44), near(-16))
    # Without the ceiling the wish is met, whatever it does to the index: 10 x |50 - 60|.
    result = solve(book.remove("Rules", {"Rule": "Pace"}))
    assert (result.metric("shortfall"), result.metric("index")) == (near(0), near(100))


def test_the_shortfall_comes_before_the_index(solve: Solve) -> None:
    # An exact wish of 55 for South: met, at an index of 50, though 0 were to be had.
    book = two_places().rule("Wish", "amount", "exactly", 55, Places="South", Strength="should")
    result = solve(book)
    assert (result.metric("shortfall"), spent(result, place="South")) == (near(0), near(55))
    assert result.metric("index") == near(50)


# ---- the measures (each with all its properties: tests/contract/test_measures.py) -------------------------

# £110m to spend, so growth is 10%, targets are 55 and the do-minimum is 66 and 44: G0 = 0.25 x 22 / 55 = 0.1. With
# South at s the index is 100 x 0.25 x |110 - 2s| / 55 / 0.1 = |110 - 2s| / 0.22.
MEASURES = [
    ("amount", "at most", 45, {}, 45),
    ("growth", "at most", 0.05, {}, 42),  # 40 x 1.05
    ("relative growth", "at most", 0.05, {}, 46),  # 40 x (1 + 0.1 + 0.05)
    ("growth of reachable money", "at most", 0.05, {}, 46),  # one source, so the same
    ("change", "at most", 0.08, {}, 43.2),  # 40 x 1.08
    ("do-minimum", "at most", 0.05, {}, 46.2),  # 44 x 1.05
    ("share", "at most", 0.42, {"Of": "places=all"}, 46.2),  # 110 x 0.42
    ("per head", "at most", 45_500, {"Of": "Population"}, 45.5),  # 1,000 people
    ("fair share", "at most", -0.1, {"Of": "Overall"}, 49.5),  # 55 x 0.9
    ("moved", "at most", 0.04, {"Each": "place", "Places": "all"}, 48.4),  # 44 + 4% of 110
    ("amount", "exactly", 50, {}, 50),
    ("amount", "at least", 65, {"Places": "North"}, 45),
    ("growth", "at least", 0.05, {"Places": "North"}, 47),  # North 60 x 1.05 = 63
    ("relative growth", "at least", -0.05, {"Places": "North"}, 47),  # North 60 x 1.05
    ("change", "exactly", 0.15, {}, 46),  # 40 x 1.15
    ("do-minimum", "at least", -0.1, {"Places": "North"}, 50.6),  # North 66 x 0.9 = 59.4
    ("share", "at least", 0.55, {"Of": "places=all", "Places": "North"}, 49.5),  # North 60.5
    ("share", "at most", 0.6, {"Of": "places=North"}, 41.25),  # s = 0.6 x (110 - s)
    ("per head", "exactly", 48_000, {"Of": "Population"}, 48),
    ("fair share", "at least", 0.1, {"Of": "Overall", "Places": "North"}, 49.5),  # North 60.5
]


@pytest.mark.parametrize("measure,limit,value,cells,south", MEASURES)
def test_every_measure_with_and_without(
    solve: Solve, measure: str, limit: str, value: float, cells: dict[str, str], south: float
) -> None:
    book = two_places().set("Funding", Amount=110)
    without = solve(book)
    assert (spent(without, place="South"), without.metric("index")) == (near(55), near(0))
    result = solve(book.rule("Rule", measure, limit, value, **{"Places": "South", **cells}))
    assert spent(result, place="South") == near(south)
    assert result.metric("index") == near((110 - 2 * south) / 0.22)
    assert bool(row(result.rules, rule="Rule").binding)


@pytest.mark.parametrize(
    "measure,south",
    [
        ("growth", [42, 44.1]),  # each year 5% on the year before
        ("relative growth", [42, 48.3]),  # the second year all money grows by 10%: 42 x 1.15
        ("growth of reachable money", [42, 48.3]),  # all of it may reach South
        ("change", [42, 42]),  # always against the Baseline
        ("do-minimum", [42, 46.2]),  # 40 and 44, and 5% more
    ],
)
def test_what_the_measures_of_growth_grow_from(solve: Solve, measure: str, south: list[float]) -> None:
    book = with_years(two_places(), 2, growth=0.1).rule("Ceiling", measure, "at most", 0.05, Places="South")
    assert by_year(solve(book), place="South") == near(south)


def test_the_year_before_counts_also_when_the_rule_does_not_speak_of_it(solve: Solve) -> None:
    # Free in the first year: South 50. In the second it may not grow: 50 again.
    book = with_years(two_places(), 2, growth=0.1).rule(
        "Ceiling", "growth", "at most", 0, Places="South", Years="2026/27"
    )
    assert by_year(solve(book), place="South") == near([50, 50])


def test_each_makes_a_row_per_member_and_without_it_the_selection_is_one_sum(solve: Solve) -> None:
    # 100 in all is below 110, so the sum does not bind; each place at most 55 does not allow 58.
    book = two_places().rule("South", "amount", "at least", 58, Places="South")
    assert spent(solve(book.copy().rule("Together", "amount", "at most", 110)), place="South") == near(58)
    book.rule("One by one", "amount", "at most", 55, Each="place")
    with pytest.raises(bm.Infeasible):
        solve(book)


def test_share_of_another_service_member_by_member(solve: Solve) -> None:
    # In each place Lung gets at least 40% of Heart: with 50 a place, Heart 50 / 1.4 and Lung the rest.
    book = loose(two_services()).rule(
        "Pathway", "share", "at least", 0.4, Services="Lung", Of="services=Heart", Each="place"
    )
    result = solve(book)
    assert result.metric("index") == near(0)
    for place in ("North", "South"):
        assert spent(result, place=place, service="Heart") == near(50 / 1.4)
    # Of two dimensions: Lung in North at least 15% of all money.
    book = loose(two_services()).rule(
        "Two", "share", "at least", 0.15, Services="Lung", Places="North", Of="services=all // places=all"
    )
    assert spent(solve(book), place="North", service="Lung") == near(15)


def test_share_per_head_and_amount_may_look_at_single_sources(solve: Solve) -> None:
    # Of South's 50, at least 30% from the grant of 20; North's half of what the grant gives is at most 1 per head.
    book = two_places().add("Sources", Source="Grant").remove("Funding").fund("Core", [80]).fund("Grant", [20])
    book.rule("Mix", "share", "at least", 0.3, Sources="Grant", Places="South", Of="sources=all")
    result = solve(book)
    assert spent(result, place="South", source="Grant") >= 15 - 1e-6
    book.rule("Little", "per head", "at most", 1_000, Sources="Grant", Places="North", Of="Population")
    result = solve(book)
    assert spent(result, place="North", source="Grant") <= 1 + 1e-6
    assert spent(result, source="Grant") == 20


def test_fair_share_of_a_component_with_blank_services_means_the_components_services(solve: Solve) -> None:
    # The target of Lung is 10 a place; blank Services holds Lung at 15, `all` holds everything at 15.
    book = loose(two_services()).set("Target", Services="Lung")
    book.rule("Fair", "fair share", "at least", 0.5, Of="Overall", Places="North")
    assert spent(solve(book), place="North", service="Lung") == near(15)
    result = solve(book.set("Rules", Services="all"))
    assert spent(result, place="North", service="Lung") == near(10)


def test_per_head_of_a_sum_of_places(solve: Solve) -> None:
    # £30,000 for each of 2,000 people: Lung gets 60 in all.
    book = loose(two_services()).rule("Rate", "per head", "exactly", 30_000, Services="Lung", Of="Population")
    assert spent(solve(book), service="Lung") == near(60)


def test_moved_counts_what_members_gain_above_their_do_minimum(solve: Solve) -> None:
    # At most 3% of 100 may change service: Lung from 20 to 23, where 30 is wished for: 7 short.
    book = loose(two_services()).rule("Moved", "moved", "at most", 0.03, Each="service")
    book.rule("Wish", "amount", "at least", 30, Services="tag: new", Strength="should")
    result = solve(book)
    assert (result.metric("shortfall"), spent(result, service="Lung")) == (near(7), near(23))
    moved = row(result.rules, rule="Moved")
    assert (moved.activity, moved.limit, moved.binding) == (near(3), near(3), True)


# ---- keys, bands, weights --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key,south,index", [(None, 50, 0), ("baseline", 40, 100), ("Population", 50, 0), ("Odd", 75, 250)]
)
def test_place_key(solve: Solve, key: str | None, south: float, index: float) -> None:
    book = two_places().need("Odd", {"North": 1, "South": 3}).set("Services", Place_key=key)
    result = solve(book)
    assert (spent(result, place="South"), result.metric("index")) == (near(south), near(index))


def test_a_place_key_fixes_one_service_and_leaves_the_other_free(solve: Solve) -> None:
    # Heart goes 3 : 1; Lung has to even it out. With 80 in Heart that is 60 : 20, so Lung (20) all goes South: 60 : 40.
    # Heart must stay at 80.
    book = loose(two_services()).need("Odd", {"North": 3, "South": 1}).set("Services", row=1, Place_key="Odd")
    book.rule("Still", "change", "exactly", 0, Each="service")
    result = solve(book)
    assert spent(result, service="Heart", place="North") == near(60)
    assert spent(result, service="Lung", place="South") == near(20)
    # Both places were equal in the Baseline, so G0 counts as 0.001: 100 x 0.25 x 0.4 / 0.001.
    assert result.metric("index") == near(10_000)
    assert "ALREADY_EQUAL" in set(result.issues["code"])


def test_the_keep_band(solve: Solve) -> None:
    # Lung must have 24; 20 x 1.05 = 21 may be kept: 3 over. 20 x 0.99 = 19.8 should be kept of 15: 4.8 under.
    book = two_services().set("Target", Services="Lung").rule("Lung", "amount", "at least", 24, Services="Lung")
    result = solve(book)
    assert (result.metric("shortfall"), result.metric("keep_shortfall")) == (near(3), near(3))
    assert row(result.rules, rule="Keep at most: Overall").slack == near(-3)
    book.set("Rules", Limit="at most", Value=15)
    assert solve(book).metric("keep_shortfall") == near(4.8)
    assert solve(loose(book)).metric("shortfall") == near(0)


def test_the_keep_band_stops_an_index_by_contraction(solve: Solve) -> None:
    # Lung is unequal (15 and 5) and frozen by a must ceiling of 5 in South; without the band the index falls to 0 by
    # cutting North to 5. Kept at 99% of 20, Lung has 19.8: North 14.8. G0 = 0.25 x (1.5 - 0.5), G = 0.25 x 0.98.
    book = two_services().set("Target", Services="Lung")
    book.set("Baseline", where={"Place": "North", "Service": "Lung"}, Amount=15)
    book.set("Baseline", where={"Place": "South", "Service": "Lung"}, Amount=5)
    book.rule("Ceiling", "amount", "at most", 5, Places="South", Services="Lung")
    result = solve(book)
    assert (spent(result, service="Lung", place="North"), result.metric("index")) == (near(14.8), near(98))
    assert solve(loose(book)).metric("index") == near(0)


def three_places() -> Book:
    """East, North and South, of equal need, get 50, 60 and 40 of 150; North may not change."""
    book = two_places().add("Places", Place="East").spend("East", "Care", "Trust", 50)
    book.add("Needs", Need_measure="Population", Place="East", Value=1000).set("Funding", Amount=150)
    return book.rule("Still", "change", "exactly", 0, Places="North")


def test_equity_weights(solve: Solve) -> None:
    # Ratios 1, 1.2, 0.8; North stays at 1.2, the others end at 0.9 each.
    # Equal weights: gaps 0.2 + 0.4 + 0.2 = 0.8 before, 0.3 + 0.3 + 0 after: 75.
    result = solve(three_places())
    assert (spent(result, place="East"), result.metric("index")) == (near(45), near(75))
    # South three times: pairs N-S 3, N-E 1, E-S 3: before 3 x 0.4 + 0.2 + 3 x 0.2 = 2, after 0.9 + 0.3 = 1.2: 60.
    result = solve(three_places().set("Places", where={"Place": "South"}, Equity_weight=3))
    assert (spent(result, place="East"), result.metric("index")) == (near(45), near(60))


def test_zero_need_has_no_ratio_but_its_money_counts(solve: Solve) -> None:
    # Nil needs nothing and gets 10. Targets: half of 110 each. South at most 44, North 56.
    book = two_places().add("Places", Place="Nil").spend("Nil", "Care", "Trust", 10)
    book.add("Needs", Need_measure="Population", Place="Nil", Value=0).set("Funding", Amount=110)
    book.rule("Nil", "amount", "exactly", 10, Places="Nil").rule("Pace", "change", "at most", 0.1, Places="South")
    result = solve(book)
    # G0 = 0.25 x 20 / 55, G = 0.25 x 12 / 55
    assert result.metric("index") == near(60)
    places = result.places.set_index("place")
    assert (places.loc["Nil", "amount"], places.loc["Nil", "target"]) == (10, 0)
    assert np.isnan(places.loc["Nil", "ratio"])
    assert row(result.rules, rule="Keep at least: Overall").activity == near(110)
    assert "ZERO_TARGET" in set(result.issues["code"])


def test_component_weights_and_need_measures(solve: Solve) -> None:
    # Overall is level and stays. Lung need is 3 : 1, so targets 15 and 5, ratios 2/3 and 2: frozen, it scores 100 at
    # three quarters of the weight.
    book = two_services().need("Lung need", {"North": 3000, "South": 1000})
    book.add("Target", Component="Lung", Need_measure="Lung need", Services="Lung", Weight=3)
    book.rule("Still", "change", "exactly", 0, Each="place, service")
    result = solve(book)
    assert result.metric("index") == near(75)
    assert (result.metric("component_gap", "Lung"), result.metric("component_gap", "Overall")) == (near(1), near(0))


def test_one_place_has_an_index_of_zero(solve: Solve) -> None:
    book = two_places()
    for sheet in ("Places", "Needs", "Baseline", "Indicators"):
        book.remove(sheet, {"Place": "South"})
    result = solve(book)
    assert (result.metric("index"), spent(result)) == (0, 100)


# ---- walls, law and contracts ----------------------------------------------------------------------------


def walled() -> Book:
    """North's 60 and South's 40 are at home in their places; Pool joins them."""
    book = two_places().remove("Sources").remove("Funding")
    for place, amount in (("North", 60), ("South", 40)):
        book.add("Sources", Source=f"{place} core", Home_places=place).fund(f"{place} core", [amount])
    book.add("Regimes", Regime="Pool", Sources="all", Pot="The pool").add("Contracts", Regime="Pool")
    return book.add("Scenarios", Scenario="Pool", Regime="Pool")


def test_walls_hold_money_and_a_pool_frees_it(solve: Solve) -> None:
    assert solve(walled()).metric("index") == near(100)
    pooled = solve(walled(), "Pool")
    assert (pooled.metric("index"), pooled.metric("crossing")) == (near(0), near(10))
    assert set(pooled.flows["pot"]) == {"The pool"}
    # A source pays at home first: all of South's 40 stay in South, 10 of North's money crosses.
    assert (spent(pooled, source="South core", place="South"), spent(pooled, source="North core", place="South")) == (
        near(40),
        near(10),
    )


def test_the_law_holds_in_any_pot(solve: Solve) -> None:
    assert solve(walled().set("Sources", row=0, Lawful_places="North"), "Pool").metric("index") == near(100)


def test_pots_may_change_with_the_years(solve: Solve) -> None:
    book = with_years(walled(), 2).set("Regimes", row=0, Years="2025/26")
    book.add("Regimes", Regime="Split", Sources="all", Pot="Joint", Years="2026/27 onwards")
    result = solve(book)
    assert [result.metric("index", year) for year in result.inputs.years] == near([100, 0])


def test_a_retained_service_is_reached_by_no_other_money(solve: Solve) -> None:
    book = (
        two_services().set("Sources", row=0, Home_services="Heart", Lawful_services="Heart").set("Funding", Amount=80)
    )
    book.add("Sources", Source="National", Home_services="Lung", Lawful_services="Lung").fund("National", [20])
    book.set("Regimes", Pot="The pool")
    result = solve(book)
    assert (spent(result, service="Lung"), spent(result, service="Lung", source="National")) == (20, 20)


def contract_book() -> Book:
    """Two sources, two providers of one lead group; Split counts providers, Pool lead groups."""
    book = walled().set("Providers", Lead_group="Alliance").add("Providers", Provider="Clinic", Lead_group="Alliance")
    book.add("Provision", Places="all", Services="all", Providers="Clinic")
    book.set("Contracts", where={"Regime": "Split"}, Cost_per_contract=100)
    book.remove("Contracts", {"Regime": "Pool"})
    book.add(
        "Contracts", Regime="Pool", Providers="Clinic", Cost_per_contract=300, Counted_by="lead group", Form="grant"
    )
    return book.add("Contracts", Regime="Pool", Cost_per_contract=100, Counted_by="lead group")


def test_contracts_are_counted_by_pot_and_provider_or_lead_group(solve: Solve) -> None:
    split = solve(contract_book())  # 2 pots x 2 providers x £100k
    assert (split.metric("contracts"), split.metric("transaction_cost")) == (4, near(0.4))
    assert (spent(split, source="North core"), spent(split, source="South core")) == (near(59.8), near(39.8))
    pool = solve(contract_book(), "Pool")  # one pot, one lead group, several forms: one contract, at its dearest
    assert (pool.metric("contracts"), pool.metric("contract_cost"), spent(pool)) == (1, near(0.3), near(99.7))
    contract = pool.contracts.iloc[0]
    assert (contract["counterparty"], contract["form"], contract["cost"]) == ("Alliance", "grant", near(0.3))
    # £300k is charged 60 : 40
    assert (spent(pool, source="North core"), spent(pool, source="South core")) == (near(59.82), near(39.88))


def test_a_provider_without_a_lead_group_counts_as_itself(solve: Solve) -> None:
    book = contract_book().set("Providers", where={"Provider": "Clinic"}, Lead_group=None)
    assert solve(book, "Pool").metric("contracts") == 2


def test_contracts_are_the_mean_of_the_years_and_need_an_amount(solve: Solve) -> None:
    # South core has no money in the second year: 4 contracts, then 2.
    book = with_years(contract_book(), 2).remove("Funding", {"Source": "South core", "Year": "2026/27"})
    result = solve(book)
    assert [result.metric("contracts", year) for year in result.inputs.years] == [4, 2]
    assert (result.metric("contracts"), result.metric("contract_cost")) == (3, near(0.6))


def test_fees_are_part_of_the_flow(solve: Solve) -> None:
    # A contract of £0.5m leaves 99.5 of flows; 2% of it is 1.99.
    result = solve(two_places().set("Contracts", Fee=0.02, Cost_per_contract=500))
    assert (result.metric("spent"), result.metric("fees")) == (near(99.5), near(1.99))
    assert (result.metric("delivered"), result.metric("transaction_cost")) == (near(97.51), near(2.49))
    assert set(result.flows["fee"]) == {0.02}


# ---- one answer ------------------------------------------------------------------------------------------


def test_what_is_left_free_is_spread_by_relative_change(solve: Solve) -> None:
    # North must have 45 of its do-minimum of 55; Lung and Heart (11 and 44) each change by the same share, 45/55.
    book = two_services().set("Funding", Amount=110).rule("North", "amount", "exactly", 45, Places="North")
    result = solve(book)
    assert (spent(result, place="North", service="Lung"), spent(result, place="North", service="Heart")) == (
        near(9),
        near(36),
    )
    assert (spent(result, place="South", service="Lung"), spent(result, place="South", service="Heart")) == (
        near(13),
        near(52),
    )


def test_turnover_holds_lines_to_average_growth(solve: Solve) -> None:
    # All is equal already: every line grows with the money, 10% and then 5%.
    book = with_years(two_services(), 2).remove("Funding").fund("Core", [110, 115.5])
    result = solve(book)
    assert by_year(result, place="North", service="Lung") == near([11, 11.55])
    assert by_year(result, place="South", service="Heart") == near([44, 46.2])


def test_the_reference_is_frozen_for_every_scenario(solve: Solve) -> None:
    # The need of South trebles in the scenario: targets 25 and 75. Held at 60 and 40, G = 3/16 x (2.4 - 0.5333) =
    # 0.35, of the frozen 0.1.
    book = two_places().rule("Still", "change", "exactly", 0, Each="place")
    book.add("Scenarios", Scenario="More need", Based_on="Base", Regime="Split")
    book.change("More need", "Needs", "set", Where="Place=South", Field="Value", Value=3000)
    assert solve(book, "More need").metric("index") == near(350)


def test_a_component_that_the_base_lacks_takes_its_own_reference(solve: Solve) -> None:
    book = two_places().rule("Still", "change", "exactly", 0, Each="place").need("Odd", {"North": 1, "South": 3})
    book.add("Scenarios", Scenario="Other", Based_on="Base", Regime="Split")
    book.change("Other", "Target", "remove", Where="Component=Overall")
    book.change(
        "Other", "Target", "append", Where="Component=New; Need measure=Odd; Weight=1", Field="Services", Value="all"
    )
    assert solve(book, "Other").metric("index") == near(100)


def test_published_money_is_whole_pence(solve: Solve) -> None:
    # £100 for three places of equal need: 33.34, 33.33, 33.33.
    book = three_places().remove("Rules").remove("Funding").fund("Core", [0.0001])
    pence = (solve(book).flows["amount"] * 1e8).round(6)
    assert sorted(pence) == [3333, 3333, 3334]


def test_money_that_is_at_home_in_one_place_goes_there_before_it_crosses(solve: Solve) -> None:
    # 50 for each of three places of equal need. The grant of 30 is at home in North alone, Core in all three: North
    # has room for the whole grant, so that Core pays 20 there and nothing crosses.
    book = (
        two_places().add("Places", Place="West").need("Population", {"West": 1000}).spend("West", "Care", "Trust", 50)
    )
    book.set("Sources", row=0, Source="Core").set("Funding", row=0, Amount=120).set("Regimes", row=0, Pot="Pool")
    book.add("Sources", Source="Grant", Home_places="North", Lawful_places="all").fund("Grant", [30])
    result = solve(book)
    assert spent(result, source="Grant", place="North") == 30
    assert [spent(result, source="Core", place=place) for place in ("North", "South", "West")] == [20, 50, 50]
    assert result.metric("crossing") == 0
