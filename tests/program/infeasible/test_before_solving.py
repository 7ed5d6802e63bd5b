"""Arithmetic before the program: what a scenario cannot meet, with its sums by hand, and never a false claim."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.support.builder import Book, two_places, with_years
from tests.support.random_books import random_book

CLASHES = ("FLOOR_GT_CEIL", "FLOOR_SUM_GT_POT", "RING_GT_SOURCE", "CEIL_SUM_LT_POT")


def told(book: Book, path: Path) -> list[Issue]:
    """What arithmetic says of a book; it never stops a run."""
    issues = [i for i in bm.check(book.save(path / "in.xlsx")) if i.code in (*CLASHES, "NO_HEADROOM")]
    assert all(issue.severity == "warning" for issue in issues)
    bm.read(path / "in.xlsx")  # must not raise
    return issues


def values(book: Book, *rows: int) -> set[str]:
    return {book.cell("Rules", row, "Value") for row in rows}


def only(issues: list[Issue], code: str, book: Book, *rows: int) -> str:
    """The one issue, of that code, at the Value cells of those rules: what it says."""
    assert [issue.code for issue in issues] == [code]
    assert issues[0].sheet == "Rules"
    assert set(issues[0].cell.split(",")) == values(book, *rows)
    return issues[0].found


def cannot_be_solved(path: Path, scenario: str, code: str) -> None:
    """The solver agrees, and the same finding leads its explanation."""
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(bm.read(path / "in.xlsx"), scenario)
    assert caught.value.issues[0].code == code
    assert caught.value.issues[0].severity == "error"


def floors(north: float, south: float, **cells: Any) -> Book:
    """Two places with £100m between them, and a floor in each."""
    book = two_places().rule("North floor", "amount", "at least", north, Places="North", **cells)
    return book.rule("South floor", "amount", "at least", south, Places="South", **cells)


def caps(north: float, south: float, **cells: Any) -> Book:
    """Two places with £100m to spend, and a ceiling in each."""
    book = two_places().rule("North cap", "amount", "at most", north, Places="North", **cells)
    return book.rule("South cap", "amount", "at most", south, Places="South", **cells)


# ---- FLOOR_GT_CEIL -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "measure,value,cells",
    [
        ("amount", 70, {}),
        ("growth", 0.1, {}),  # 60 x 1.1 = 66
        ("change", 0.1, {}),
        ("do-minimum", 0.1, {}),
        ("relative growth", 0.1, {}),  # the average growth is 0
        ("per head", 66_000, {"Of": "Population"}),  # 1,000 people x £66,000
        ("fair share", 0.2, {"Of": "Overall"}),  # the fair share is 50; 50 x 1.2 = 60, above 59
    ],
)
def test_a_floor_above_the_ceiling_on_the_same_money(tmp_path: Path, measure: str, value: float, cells: Any) -> None:
    # The ceiling selects the same line in other words: all places but South.
    book = two_places().rule("Floor", measure, "at least", value, Places="North", **cells)
    book.rule("Ceiling", "amount", "at most", 59, Places="all; not South", Services="Care", Each="service")
    floor = {"amount": 70, "fair share": 60}.get(measure, 66)
    found = only(told(book, tmp_path), "FLOOR_GT_CEIL", book, 0, 1)
    assert found.startswith("Scenario 'Base' cannot be met: ")
    assert f"£{floor - 59}.0m apart" in found  # floor - 59
    cannot_be_solved(tmp_path, "Base", "FLOOR_GT_CEIL")


def test_growth_on_growth(tmp_path: Path) -> None:
    # North: 60 x 1.1 x 1.1 = 72.6 in the second year, where a ceiling allows 70: 2.6 apart.
    book = with_years(two_places(), 2, 0.1).rule("Floor", "growth", "at least", 0.1, Places="North")
    book.rule("Ceiling", "amount", "at most", 70, Places="North", Years="2026/27")
    found = only(told(book, tmp_path), "FLOOR_GT_CEIL", book, 0, 1)
    assert "£2.6m apart" in found
    assert "2026/27" in found


@pytest.mark.parametrize("change", [{"Strength": "should"}, {"Value": 60}, {"Places": "South"}, {"Limit": "at most"}])
def test_no_clash_where_one_gives_way_or_speaks_of_other_money(tmp_path: Path, change: dict[str, Any]) -> None:
    book = two_places().rule("Floor", "amount", "at least", 61, Places="North")
    book.rule("Ceiling", "amount", "at most", 60, Places="North").set("Rules", 0, **change)
    assert not told(book, tmp_path)
    bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")


# ---- FLOOR_SUM_GT_POT ----------------------------------------------------------------------------------


def test_floors_above_the_money(tmp_path: Path) -> None:
    book = floors(70, 40)  # 70 + 40 - 100 = 10
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0, 1)
    assert "need £10.0m more than it has in 2025/26: £110.0m against £100.0m (funding £100.0m)" in found
    assert f"'North floor' £70.0m (Rules!{book.cell('Rules', 0, 'Value')})" in found
    cannot_be_solved(tmp_path, "Base", "FLOOR_SUM_GT_POT")


def test_floors_that_just_fit_are_not_told_of(tmp_path: Path) -> None:
    assert not told(floors(60, 40), tmp_path)


def test_floors_on_the_same_money_count_once(tmp_path: Path) -> None:
    # The three together would be 200; all of them are met by 60 + 40.
    book = floors(60, 40).rule("Whole", "amount", "at least", 100)
    book.rule("Again", "change", "at least", -0.01, Each="place, service, provider")
    assert not told(book, tmp_path)
    bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")


def test_the_better_of_two_floors_on_the_same_money_counts(tmp_path: Path) -> None:
    # 99% of 60 and 40 of the cells, but 45 in the South: 59.4 + 45 - 100 = 4.4.
    book = two_places().rule("Cells", "change", "at least", -0.01, Each="place, service, provider")
    book.rule("South", "amount", "at least", 45, Places="South")
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0, 1)
    assert "need £4.4m more" in found


def test_contract_costs_come_off_the_money(tmp_path: Path) -> None:
    # One contract of £5m: 100 - 5 = 95 for floors of 100.
    book = floors(60, 40).set("Contracts", Cost_per_contract=5_000)
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0, 1)
    assert "need £5.0m more than it has in 2025/26: £100.0m against £95.0m" in found
    assert "less contract costs £5.0m" in found
    cannot_be_solved(tmp_path, "Base", "FLOOR_SUM_GT_POT")


@pytest.mark.parametrize(
    "first,second,gap,when", [(0, 116, 6, "in 2026/27"), (100, 105, 5, "together"), (95, 105, 0, "")]
)
def test_carry_forward_adds_to_one_year_and_not_to_both(
    tmp_path: Path, first: float, second: float, gap: float, when: str
) -> None:
    # 100 a year, 10% may be carried: at most 110 in the second year, and 200 in the two together.
    book = with_years(two_places(), 2).set("Sources", Carry_forward=0.1)
    book.rule("First", "amount", "at least", first, Years="2025/26")
    book.rule("Second", "amount", "at least", second, Years="2026/27")
    issues = told(book, tmp_path)
    if not gap:
        assert not issues
        bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")
        return
    found = only(issues, "FLOOR_SUM_GT_POT", book, *((0, 1) if first else (1,)))
    assert f"£{gap}.0m more" in found
    assert when in found
    cannot_be_solved(tmp_path, "Base", "FLOOR_SUM_GT_POT")


def walls() -> Book:
    """North has £60m of its own and South £40m, pooled under the regime Pooled."""
    book = two_places().remove("Sources").remove("Funding")
    for place, amount in (("North", 60), ("South", 40)):
        book.add("Sources", Source=f"{place} core", Home_places=place).fund(f"{place} core", [amount])
    book.add("Regimes", Regime="Pooled", Pot="The pool").add("Contracts", Regime="Pooled")
    return book.add("Scenarios", Scenario="Together", Regime="Pooled")


def test_a_place_is_held_against_what_may_reach_it(tmp_path: Path) -> None:
    # 45 - 40 = 5 within the walls; the pool can pay.
    book = walls().rule("South floor", "amount", "at least", 45, Places="South")
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0)
    assert found.startswith("Scenario 'Base' cannot be met: must floors that only the money of 'South core' can pay")
    assert "need £5.0m more" in found
    bm.solve(bm.read(tmp_path / "in.xlsx"), "Together")


def test_scenarios_that_share_a_clash_share_a_message(tmp_path: Path) -> None:
    book = walls().rule("Floor", "amount", "at least", 103)
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0)
    assert found.startswith("Scenarios 'Base', 'Together' cannot be met: must floors need £3.0m more than all sources")


def test_a_scenario_s_change_is_named(tmp_path: Path) -> None:
    book = floors(60, 40).add("Scenarios", Scenario="Dear", Regime="Split")
    book.change("Dear", "Rules", "set", Where="Rule=South floor", Field="Value", Value=42)
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0, 1)
    assert found.startswith("Scenario 'Dear' cannot be met: ")
    assert f"{book.cell('Rules', 1, 'Value')}, set by Changes!{book.cell('Changes', 0, 'Change')}" in found
    bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")


def test_a_floor_where_nothing_can_be_bought(tmp_path: Path) -> None:
    book = two_places().add("Services", Service="Cure").rule("Floor", "amount", "at least", 1, Services="Cure")
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0)
    assert "asks for £1.0m" in found
    cannot_be_solved(tmp_path, "Base", "FLOOR_SUM_GT_POT")


def test_a_floor_that_no_source_may_pay(tmp_path: Path) -> None:
    book = two_places().set("Sources", Home_places="South", Lawful_places="South")
    book.rule("Floor", "amount", "at least", 1, Places="North")
    assert "where no source may spend" in only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0)


def test_the_five_largest_floors_are_named(tmp_path: Path) -> None:
    # Six providers: 6 + 5 + 4 + 3 + 2 + 1 = 21 more than 100.
    book = two_places().rule("Most", "amount", "at least", 100, Providers="Trust")
    for n in range(1, 7):
        book.add("Providers", Provider=f"P{n}").spend("North", "Care", f"P{n}", 1)
        book.rule(f"Floor {n}", "amount", "at least", n, Providers=f"P{n}")
    found = only(told(book, tmp_path), "FLOOR_SUM_GT_POT", book, 0, 6, 5, 4, 3)
    assert "need £21.0m more" in found
    assert "The 5 largest floors: 'Most' £100.0m" in found
    assert "Floor 2" not in found


# ---- RING_GT_SOURCE ------------------------------------------------------------------------------------


def test_a_ring_fence_above_its_source(tmp_path: Path) -> None:
    book = two_places().add("Sources", Source="Grant").fund("Grant", [5])
    book.rule("Ring-fence", "amount", "at least", 8, Sources="Grant", Places="South")  # 8 - 5 = 3
    found = only(told(book, tmp_path), "RING_GT_SOURCE", book, 0)
    assert "ring-fences on the money of 'Grant' need £3.0m more than it has in 2025/26" in found
    cannot_be_solved(tmp_path, "Base", "RING_GT_SOURCE")


def test_ring_fences_of_one_source_add_up(tmp_path: Path) -> None:
    book = two_places().add("Sources", Source="Grant").fund("Grant", [5])
    book.rule("Ring-fence", "amount", "at least", 3, Sources="Grant", Each="place")  # 3 + 3 - 5 = 1
    assert "need £1.0m more" in only(told(book, tmp_path), "RING_GT_SOURCE", book, 0)


def test_a_ring_fence_may_use_what_was_carried_in(tmp_path: Path) -> None:
    # 5 a year, of which 20% may be carried: 6 in the second year.
    book = with_years(two_places(), 2).add("Sources", Source="Grant", Carry_forward=0.2).fund("Grant", [5, 5])
    book.rule("Ring-fence", "amount", "at least", 6, Sources="Grant", Years="2026/27")
    assert not told(book, tmp_path)
    bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")
    book.set("Rules", 0, Value=7)
    assert "need £1.0m more" in only(told(book, tmp_path), "RING_GT_SOURCE", book, 0)


# ---- CEIL_SUM_LT_POT -----------------------------------------------------------------------------------


def test_money_that_ceilings_leave_nowhere_to_go(tmp_path: Path) -> None:
    book = caps(45, 40)  # 100 - 45 - 40 = 15
    found = only(told(book, tmp_path), "CEIL_SUM_LT_POT", book, 0, 1)
    assert "£15.0m of the money of 'Core' has nowhere to go in 2025/26: £100.0m must be spent" in found
    assert "ceilings let £85.0m in" in found
    cannot_be_solved(tmp_path, "Base", "CEIL_SUM_LT_POT")


@pytest.mark.parametrize("south", [55, None])
def test_room_enough(tmp_path: Path, south: float | None) -> None:
    book = caps(45, 55)
    if south is None:
        book.remove("Rules", {"Rule": "South cap"})
    assert not told(book, tmp_path)


def test_contract_costs_are_spent_too(tmp_path: Path) -> None:
    # One contract of £5m: 95 are left to be spent, and 85 may be: 10.
    book = caps(45, 40).set("Contracts", Cost_per_contract=5_000)
    assert "£10.0m of the money" in only(told(book, tmp_path), "CEIL_SUM_LT_POT", book, 0, 1)


@pytest.mark.parametrize("cap,gap", [(90, 0), (85, 5)])
def test_money_may_be_carried_forward(tmp_path: Path, cap: float, gap: float) -> None:
    # 100 a year, 10% may be carried out of the first: 90 must be spent in it.
    book = with_years(two_places(), 2).set("Sources", Carry_forward=0.1)
    book.rule("Cap", "amount", "at most", cap, Years="2025/26")
    issues = told(book, tmp_path)
    if not gap:
        assert not issues
        bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")
        return
    found = only(issues, "CEIL_SUM_LT_POT", book, 0)
    assert "£5.0m of the money" in found
    assert "less at most £10.0m carried forward" in found


def test_money_carried_forward_must_go_somewhere_later(tmp_path: Path) -> None:
    # 90 and 105 may be spent of 200: 5 are left over, though either year alone would do.
    book = with_years(two_places(), 2).set("Sources", Carry_forward=0.1)
    book.rule("First", "amount", "at most", 90, Years="2025/26")
    book.rule("Second", "amount", "at most", 105, Years="2026/27")
    found = only(told(book, tmp_path), "CEIL_SUM_LT_POT", book, 0, 1)
    assert "£5.0m of the money of 'Core' has nowhere to go in 2025/26 to 2026/27 together" in found
    cannot_be_solved(tmp_path, "Base", "CEIL_SUM_LT_POT")


def test_ceilings_within_walls(tmp_path: Path) -> None:
    # North has 60 and may take 55: 5 are left over, but not in the pool.
    book = walls().rule("North cap", "amount", "at most", 55, Places="North")
    found = only(told(book, tmp_path), "CEIL_SUM_LT_POT", book, 0)
    assert found.startswith("Scenario 'Base' cannot be met: £5.0m of the money of 'North core' has nowhere to go")


def test_a_ceiling_on_one_source_s_money(tmp_path: Path) -> None:
    # The grant of 5 may only put 2 into each place: 1 is left over; the core money does not help it.
    book = two_places().add("Sources", Source="Grant").fund("Grant", [5])
    book.rule("Cap", "amount", "at most", 2, Sources="Grant", Each="place")
    assert "£1.0m of the money of 'Grant'" in only(told(book, tmp_path), "CEIL_SUM_LT_POT", book, 0)


# ---- NO_HEADROOM ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "measure,value,cells,warned",
    [
        ("growth", 0.02, {"Each": "place"}, True),  # 102 of 100 is 2%: all of it is promised
        ("growth", 0.01, {"Each": "place"}, False),  # 1% is left
        ("relative growth", 0, {"Each": "place"}, True),
        ("relative growth", -0.01, {"Each": "place"}, False),
        ("change", 0.02, {"Each": "place, service"}, True),
        ("growth", 0.02, {}, False),  # places may still change among themselves
        ("growth", 0.02, {"Each": "service"}, False),
        ("growth", 0.02, {"Each": "place", "Strength": "should"}, False),
        ("growth", 0.02, {"Each": "place", "Places": "North"}, False),
    ],
)
def test_headroom(tmp_path: Path, measure: str, value: float, cells: dict[str, Any], warned: bool) -> None:
    book = two_places().set("Funding", Amount=102).rule("Floor", measure, "at least", value, **cells)
    issues = told(book, tmp_path)
    if not warned:
        assert not issues
        return
    found = only(issues, "NO_HEADROOM", book, 0)
    assert "no convergence possible (headroom 0.0%)" in found
    result = bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")
    assert result.metric("index") == pytest.approx(100, abs=1e-4)  # nobody came nearer


# ---- never a false claim -------------------------------------------------------------------------------


def pressed(book: Book, seed: int) -> Book:
    """The book with a few must rules more, near the edge of what can be met: some are beyond it."""
    rng = random.Random(seed)  # noqa: S311  # for test books
    book = book.copy()
    names = {d: [row[d] for row in book[f"{d}s"]] for d in ("Place", "Service", "Provider", "Source")}
    for n in range(rng.randint(1, 4)):
        limit = rng.choice(["at least", "at most"])
        measure = rng.choice(["amount", "ring", "growth", "relative growth", "change", "do-minimum"])
        cells: dict[str, Any] = {"Years": rng.choice([None, book["Years"][-1]["Year"]])}
        value = rng.uniform(-0.02, 0.05)
        if measure == "ring":
            source = rng.choice(names["Source"])
            amounts = [row["Amount"] for row in book["Funding"] if row["Source"] == source]
            measure, value = "amount", max(amounts, default=1) * rng.uniform(0.7, 1.3)
            cells["Sources"] = source
        elif measure == "amount":
            column = rng.choice(["Place", "Service", "Provider"])
            member = rng.choice(names[column])
            spent = sum(row["Amount"] for row in book["Baseline"] if row[column] == member)
            value = spent * rng.uniform(0.9, 1.1)
            cells[f"{column}s"] = member
        else:
            cells["Each"] = rng.choice([None, "place", "service", "place, service", "provider"])
            cells["Places"] = rng.choice([None, "; ".join(rng.sample(names["Place"], 1))])
        book.rule(f"Press {n}", measure, limit, round(value, 4), **cells)
    if rng.random() < 0.4:
        book.set("Sources", Carry_forward=rng.choice([0, 0.02, 0.2]))
    if rng.random() < 0.3:
        book.set("Contracts", Cost_per_contract=rng.choice([50, 500]))
    return book


QUICK = [("tiny", seed) for seed in range(1, 9)] + [("small", seed) for seed in range(1, 3)]
SLOW = [("tiny", seed) for seed in range(9, 41)] + [("small", seed) for seed in range(3, 21)]


@pytest.mark.parametrize("size,seed", [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
@pytest.mark.parametrize("press", [False, True], ids=["as made", "pressed"])
def test_what_arithmetic_claims_the_solver_confirms(tmp_path: Path, size: str, seed: int, press: bool) -> None:
    book = random_book(seed, size)
    issues = told(pressed(book, seed) if press else book, tmp_path)
    budget = bm.read(tmp_path / "in.xlsx")
    claims = [i for i in issues if i.code in CLASHES]
    for scenario in budget.scenarios:
        if any(f"'{scenario}'" in i.found.partition(" cannot be met: ")[0] for i in claims):
            with pytest.raises(bm.Infeasible):
                bm.solve(budget, scenario)


def test_the_pressed_books_do_clash(tmp_path: Path) -> None:
    # So that the test above cannot pass by silence.
    codes = {issue.code for seed in range(1, 9) for issue in told(pressed(random_book(seed, "tiny"), seed), tmp_path)}
    assert {"FLOOR_SUM_GT_POT", "CEIL_SUM_LT_POT"} <= codes
