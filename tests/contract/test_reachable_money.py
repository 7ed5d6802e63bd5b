"""Growth of reachable money by hand, against the independent model, and what it is for: one payer's jump."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.support import oracle
from tests.support.builder import Book, loose, two_places, with_years
from tests.support.figures import near
from tests.support.random_books import random_book

MEASURE = "growth of reachable money"


def save(book: Book, path: Path) -> Path:
    return book.save(path / "in.xlsx")


def solved(book: Book, path: Path, scenario: str = "Base") -> bm.Result:
    return bm.solve(bm.read(save(book, path)), scenario)


def told(book: Book, path: Path, code: str) -> list[Issue]:
    return [issue for issue in bm.check(save(book, path)) if issue.code == code]


def limits(result: bm.Result, rule: str = "Pace") -> list[float]:
    """The limits of a rule's rows in £m, place by place within the years."""
    rows = result.frames["rules"].query("rule == @rule").sort_values(["year", "place"])
    return [float(limit) for limit in rows["limit"]]


def by_place(result: bm.Result) -> list[float]:
    """What North and South get, year by year."""
    flows = result.frames["flows"]
    return [float(x) for x in flows.groupby(["year", "place"], sort=True)["amount"].sum()]


def councils(south: float, second: float = 1.02) -> Book:
    """North has 60 in the Baseline and South 40, each paid by a council of its own, which pay nothing elsewhere.

    North's council grows by 2% a year, South's to `south` and then by `second`.
    """
    book = loose(with_years(two_places(), 2)).remove("Sources").remove("Funding")
    for place, amounts in (("North", [61.2, 61.2 * 1.02]), ("South", [south, south * second])):
        book.add("Sources", Source=f"{place} council", Home_places=place, Lawful_places=place)
        book.fund(f"{place} council", amounts)
    return book


def fund_for_all() -> Book:
    """£54m for North, £36m for South, and £10m for both, which between them paid 60 and 40 last year.

    Spread over its home the fund gives North 6 and South 4 beside their own 54 and 36: so they pay 54, 36 and 10 of
    the Baseline, and nothing grows in the first year. In the second South's own grows to 45 and the fund halves.
    """
    book = loose(with_years(two_places(), 2)).remove("Sources").remove("Funding")
    for place, amounts in (("North", [54, 54]), ("South", [36, 45])):
        book.add("Sources", Source=f"{place} own", Home_places=place).fund(f"{place} own", amounts)
    return book.add("Sources", Source="Fund").fund("Fund", [10, 5])


# ---- by hand -------------------------------------------------------------------------------------------


def test_a_ceiling_follows_the_money_that_may_come(tmp_path: Path) -> None:
    # South's council grows by 22% on the 40 that it paid: 40 x (1 + 0.22 + 0.01) = 49.2, then 48.8 x 1.03 = 50.264.
    # North: 60 x 1.03 = 61.8, then 61.2 x 1.03 = 63.036.
    book = councils(48.8).rule("Pace", MEASURE, "at most", 0.01, Each="place")
    result = solved(book, tmp_path)
    assert by_place(result) == near([61.2, 48.8, 62.424, 49.776])
    assert limits(result) == near([61.8, 49.2, 63.036, 50.264])
    assert result.certificate.worst_residual < 1e-6


def test_the_same_ceiling_on_average_growth_has_no_answer(tmp_path: Path) -> None:
    # All money grows by 10%, to 110: South may have 40 x 1.11 = 44.4 of its council's 48.8.
    book = councils(48.8).rule("Pace", "relative growth", "at most", 0.01, Each="place")
    with pytest.raises(bm.Infeasible):
        solved(book, tmp_path)


def test_money_for_more_than_the_selection_counts_by_the_selection_s_part(tmp_path: Path) -> None:
    # South's 36 + 4 = 40 become 45 + 2 = 47, and North's 54 + 6 = 60 become 54 + 3 = 57: 104 in all, as there is.
    result = solved(fund_for_all().rule("Pace", MEASURE, "at most", 0, Each="place"), tmp_path)
    assert limits(result) == near([60, 40, 57, 47])
    assert by_place(result) == near([60, 40, 57, 47])


def test_a_row_on_everything_follows_average_growth(tmp_path: Path) -> None:
    # 100 of 100, and 104 x (1 + 0.01) in the second year.
    result = solved(fund_for_all().rule("Pace", MEASURE, "at most", 0.01), tmp_path)
    assert limits(result) == near([101, 105])


def test_a_pot_shares_what_its_money_may_reach(tmp_path: Path) -> None:
    # In one pot all three may reach both places, 60% and 40% of each: 104 is 4% more for either. At most 1% beyond:
    # 60 x 1.01 = 60.6 and 40.4; to come nearer to halves South grows as fast as it may: 40.4 and 40.4 x 1.05 = 42.42.
    book = fund_for_all().add("Regimes", Regime="Pooled", Pot="The pool").add("Contracts", Regime="Pooled")
    book.add("Scenarios", Scenario="Together", Regime="Pooled").rule("Pace", MEASURE, "at most", 0.01, Each="place")
    result = solved(book, tmp_path, "Together")
    assert by_place(result) == near([59.6, 40.4, 61.58, 42.42])
    # In pots of their own: 40.4 of what is theirs and the fund's, then at most 40.4 x (1 + 0.175 + 0.01).
    assert limits(solved(book, tmp_path), "Pace")[3] == near(40.4 * 1.185)


def test_money_that_is_new_counts_beside_money_that_was_there(tmp_path: Path) -> None:
    # A grant for South of 8 in the second year only: its 36 + 4 = 40 become 45 + 2 + 8 = 55.
    book = fund_for_all().add("Sources", Source="Grant", Home_places="South", Lawful_places="South")
    result = solved(book.fund("Grant", [0, 8]).rule("Pace", MEASURE, "at most", 0, Each="place"), tmp_path)
    assert limits(result) == near([60, 40, 57, 55])
    assert told(book, tmp_path, "NO_MONEY_BEFORE") == []


def test_money_with_nothing_before_it_takes_average_growth_and_is_told(tmp_path: Path) -> None:
    # South's council has nothing in the second year and 50 in the third, when all money goes from 60 to 110: 83.3%.
    book = with_years(two_places(), 3).remove("Sources").remove("Funding")
    for place, amounts in (("North", [60, 60, 60]), ("South", [40, 0, 50])):
        book.add("Sources", Source=f"{place} council", Home_places=place, Lawful_places=place)
        book.fund(f"{place} council", amounts)
    book.rule("Pace", MEASURE, "at most", 0.01, Each="place", Strength="should")
    [issue] = told(book, tmp_path, "NO_MONEY_BEFORE")
    assert (issue.severity, issue.sheet, issue.cell) == ("warning", "Rules", book.cell("Rules", 0, "Measure"))
    assert "under regime 'Split' money comes in 2027/28 for 'South'" in issue.found
    assert "where none may be spent the year before" in issue.found
    # 1 + 5/6 + 0.01 times nothing is nothing: all 50 are missed, and so is nothing else.
    assert solved(loose(book), tmp_path).metric("shortfall") == near(50)


def test_an_uplift_of_nothing_and_a_scenario_s_change_of_money(tmp_path: Path) -> None:
    # +22% on the money of one scenario: 40 x (1 + 0.22 + 0.01) there, 40 x 1.01 in the other.
    book = councils(40, 1.0).rule("Pace", MEASURE, "at most", 0.01, Places="South")
    book.add("Scenarios", Scenario="Jump", Regime="Split")
    book.change("Jump", "Funding", "multiply", Where="Source=South council", Field="Amount", Value=1.22)
    assert limits(solved(book, tmp_path)) == near([40.4, 40.4])
    assert limits(solved(book, tmp_path, "Jump")) == near([49.2, 48.8 * 1.01])


# ---- what it is for ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_money_within_walls_always_keeps_pace_with_itself(seed: int, tmp_path: Path) -> None:
    # Payers of their own for each place and half of the services: whatever their money does, spreading it as the
    # Baseline was keeps floors and ceilings of 0% for every place and service.
    rng = random.Random(seed)  # noqa: S311  # no secret
    book = loose(with_years(two_places(), 3)).remove("Sources").remove("Funding").remove("Baseline")
    for service in ("Cure", "Home", "Visit"):
        book.add("Services", Service=service)
    for place in ("North", "South"):
        for service in ("Care", "Cure", "Home", "Visit"):
            book.spend(place, service, "Trust", round(rng.uniform(1, 50), 1))
        for services in ("Care; Cure", "Home; Visit"):
            name = f"{place} {services[:4]}"
            cells = {"Home_places": place, "Lawful_places": place, "Home_services": services}
            book.add("Sources", Source=name, **cells, Lawful_services=services)
            book.fund(name, [round(rng.uniform(10, 90), 1) for _ in range(3)])
    for limit in ("at least", "at most"):
        book.rule(f"Pace {limit}", MEASURE, limit, 0, Each="place, service")
    result = solved(book, tmp_path)
    assert result.frames["rules"].query("rule.str.startswith('Pace')")["slack"].abs().max() == near(0)


@pytest.mark.parametrize("seed", range(1, 5))
def test_random_books_agree_with_the_independent_model(seed: int, tmp_path: Path) -> None:
    book = random_book(seed, "tiny")
    rng = random.Random(f"reachable {seed}")  # noqa: S311  # no secret
    each = rng.choice(["place", "service", "place, service"])
    book.rule("Reachable pace", MEASURE, *rng.choice([("at least", -0.15), ("at most", 0.2)]), Each=each)
    book.rule("Reachable wish", MEASURE, "exactly", rng.uniform(-0.02, 0.02), Each="place", Strength="should")
    path = save(book, tmp_path)
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
        assert oracle.evaluate(path, name, results[name].flows).violation < 1e-6


# ---- ceilings on average growth that a payer outgrows --------------------------------------------------


def test_a_ceiling_on_average_growth_that_a_payer_outgrows_is_told_before_solving(tmp_path: Path) -> None:
    # All money grows by 10%, South's by 22%: 48.8 - 40 x 1.11 = 4.4 have nowhere to go.
    book = councils(48.8).rule("Pace", "relative growth", "at most", 0.01, Each="place", Years="2025/26")
    [issue] = told(book, tmp_path, "CEIL_SUM_LT_POT")
    assert (issue.sheet, issue.cell) == ("Rules", book.cell("Rules", 0, "Value"))
    assert "£4.4m of the money of 'South council' has nowhere to go in 2025/26" in issue.found
    cell = f"Funding!{book.cell('Funding', 2, 'Amount')}"
    assert issue.found.endswith(
        f"'Pace' follows average growth, 10.0% in 2025/26, and this money grows by 22.0% ({cell})"
    )
    assert issue.fix.startswith(
        "Let these ceilings follow the money that may reach them: type the Measure 'growth of reachable money'. Or: "
    )
    # The advice is good: no warning, and an answer.
    book.set("Rules", Measure=MEASURE)
    assert bm.check(save(book, tmp_path)) == []
    assert by_place(solved(book, tmp_path))[:2] == near([61.2, 48.8])


def test_other_ceilings_are_not_told_to_follow_money(tmp_path: Path) -> None:
    # An amount; and average growth where the money does not grow faster than it.
    book = councils(48.8).rule("Cap", "amount", "at most", 44, Places="South", Years="2025/26")
    [issue] = told(book, tmp_path, "CEIL_SUM_LT_POT")
    assert issue.fix.startswith("Raise a ceiling by £4.8m")
    book = councils(40.8).rule("Pace", "relative growth", "at most", -0.01, Each="place", Years="2025/26")
    assert all(issue.fix.startswith("Raise a ceiling") for issue in told(book, tmp_path, "CEIL_SUM_LT_POT"))
