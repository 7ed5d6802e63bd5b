"""Why a place got what it got: steps worked by hand, and what must hold of every budget's steps.

Unless a test says otherwise there are two places, North and South, of equal need, with £60m and £40m in the Baseline
and £100m to spend, so that fair shares alone would give 50 and 50.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.units import to_pence
from budgetmodel.explain.waterfall import Waterfall, waterfall
from budgetmodel.explain.without import Cause, causes, matters, without
from tests.support.builder import Book, loose, two_places, with_years
from tests.support.random_books import random_book

THOUSAND = 0.001  # £1k in £m
Explain = Callable[..., Waterfall]


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    """Save a book, solve a scenario and say why."""

    def run(book: Book, scenario: str = "Base", **options: str) -> Waterfall:
        budget = bm.read(book.save(tmp_path / "in.xlsx"))
        return waterfall(bm.solve(budget, scenario).answer, bm.Options(**options))  # type: ignore[arg-type]  # by

    return run


def two_sources() -> Book:
    """The same 100, now North's own 60 and South's own 40, each at home in its place and lawful everywhere."""
    book = loose(two_places()).set("Sources", row=0, Source="North core", Home_places="North")
    book.add("Sources", Source="South core", Home_places="South")
    return book.remove("Funding").fund("North core", [60]).fund("South core", [40])


def steps(why: Waterfall, place: str, year: str = "") -> list[tuple[str, float]]:
    """(kind, or the rule's name, and £m) of every step of a place."""
    rows = why.steps[(why.steps["place"] == place) & (why.steps["year"] == year)]
    return [
        (rule or kind, round(amount, 6))
        for kind, rule, amount in zip(rows["kind"], rows["rule"], rows["amount"], strict=True)
    ]


# ---- by hand ---------------------------------------------------------------------------------------------


def test_a_floor_gives_to_one_place_and_takes_from_the_other(explain: Explain) -> None:
    # North keeps 95% of its 60: 57. Without the floor both get 50.
    why = explain(loose(two_places()).rule("Floor", "change", "at least", -0.05, Places="North"))
    assert steps(why, "North") == [("do-minimum", 60), ("fair share", -10), ("Floor", 7), ("interaction", 0)]
    assert steps(why, "South") == [("do-minimum", 40), ("fair share", 10), ("Floor", -7), ("interaction", 0)]
    south = why.steps[(why.steps["place"] == "South") & (why.steps["year"] == "")]
    assert list(south["after"]) == [40, 50, 43, 43]
    assert list(south["cell"]) == ["", "", "Rules!K5", ""]
    assert list(south["step"]) == [0, 1, 2, 3]
    assert list(why.steps.columns) == list(FRAME["waterfall"].names)
    # 43 of 50 is 14% under, 57 of 50 is 14% over; without the floor both are at their share.
    assert [list(row) for row in why.helps[["place", "rule", "amount"]].to_numpy()] == [
        ["North", "Floor", pytest.approx(-7)],
        ["South", "Floor", pytest.approx(7)],
    ]
    assert list(why.helps["far"]) == pytest.approx([0.14, 0.14])
    assert list(why.helps["far_without"]) == pytest.approx([0, 0], abs=1e-7)
    standing = why.standing[why.standing["year"] == ""].set_index("place")
    assert list(standing.loc["South", ["need_share", "target", "do_minimum", "amount"]]) == [0.5, 50, 40, 43]
    assert standing.loc["South", "distance_before"] == pytest.approx(-0.2)
    assert standing.loc["South", "distance"] == pytest.approx(-0.14)


def test_a_wall_keeps_money_where_it_is(explain: Explain) -> None:
    # Separate pots: North's 60 cannot reach South. In one pot both would get 50.
    why = explain(two_sources())
    assert steps(why, "North") == [("do-minimum", 60), ("fair share", -10), ("walls", 10), ("interaction", 0)]
    assert steps(why, "South") == [("do-minimum", 40), ("fair share", 10), ("walls", -10), ("interaction", 0)]
    assert list(why.helps["kind"]) == ["walls", "walls"]


def test_one_pot_has_no_walls(explain: Explain) -> None:
    book = two_sources().set("Regimes", Pot="Everything")
    assert steps(explain(book), "South") == [("do-minimum", 40), ("fair share", 10), ("interaction", 0)]


def test_rules_that_stand_in_for_one_another_overlap(explain: Explain) -> None:
    # Pace holds South at 44, and North's 55 would hold it at 45. Without Pace South gets 45: its own step is -1.
    # Without both it gets 50, so together they take 6, of which 5 belong to neither. North's 55 does not bind.
    book = loose(two_places()).rule("Pace", "change", "at most", 0.1, Places="South")
    why = explain(book.rule("Enough", "amount", "at least", 55, Places="North"))
    assert steps(why, "South") == [
        *[("do-minimum", 40), ("fair share", 10)],
        *[("Pace", -1), ("overlap", -5), ("interaction", 0)],
    ]
    assert why.idle == ("Enough",)


def test_two_rules_that_bind_at_once(explain: Explain) -> None:
    # Both hold South at 44 exactly: without either the other still does, so alone each moves nothing; together -6.
    book = loose(two_places()).rule("Pace", "change", "at most", 0.1, Places="South")
    why = explain(book.rule("Enough", "amount", "at least", 56, Places="North"))
    assert why.idle == ()
    assert steps(why, "South") == [
        *[("do-minimum", 40), ("fair share", 10)],
        *[("Pace", 0), ("Enough", 0), ("overlap", -6), ("interaction", 0)],
    ]


def test_a_wall_and_a_rule_interact(explain: Explain) -> None:
    # Walls hold South at 40, where Pace (42) does not bind. Without walls Pace holds it at 42: the walls' step is -2.
    # Fair shares alone would give +10, so 8 belong to walls and rule together.
    why = explain(two_sources().rule("Pace", "amount", "at most", 42, Places="South"))
    assert steps(why, "South") == [("do-minimum", 40), ("fair share", 10), ("walls", -2), ("interaction", -8)]
    assert why.idle == ("Pace",)


def test_contract_costs_are_a_step_of_their_own(explain: Explain) -> None:
    # One contract of £1,000k leaves 99 to spend, 49.5 each; without the cost 50 each.
    why = explain(loose(two_places()).set("Contracts", Cost_per_contract=1000))
    assert steps(why, "South") == [("do-minimum", 40), ("fair share", 10), ("contract costs", -0.5), ("interaction", 0)]
    assert steps(why, "North") == [
        *[("do-minimum", 60), ("fair share", -10)],
        *[("contract costs", -0.5), ("interaction", 0)],
    ]


def test_walls_are_taken_away_at_unchanged_contract_costs(explain: Explain) -> None:
    # Two pots with one contract each, £1m apiece: 59 and 39 are left. One pot that still pays 2 gives 49 each, so
    # walls take 10 from South; without costs South has 40, so they take 1: 40 + 10 - 10 - 1 = 39.
    why = explain(two_sources().set("Contracts", Cost_per_contract=1000))
    assert steps(why, "South") == [
        *[("do-minimum", 40), ("fair share", 10)],
        *[("walls", -10), ("contract costs", -1), ("interaction", 0)],
    ]


def test_what_has_no_answer_without_it_is_said(explain: Explain) -> None:
    # A contract of £1m leaves 99 to spend, which is what ceilings of 54 and 45 take; the whole 100 has nowhere to go.
    book = loose(two_places()).set("Contracts", Cost_per_contract=1000)
    book.rule("Cap N", "amount", "at most", 54, Places="North").rule("Cap S", "amount", "at most", 45, Places="South")
    why = explain(book)
    assert why.unanswered == ("contract costs",)
    # Without Cap S all of the 99 is shared evenly (49.5 is under Cap N): its step is 45 - 49.5. Without Cap N South
    # stays at 45. Without both 49.5: nothing is left over for both together. The cost's 0.5 is in the interaction.
    assert steps(why, "South") == [
        *[("do-minimum", 40), ("fair share", 10)],
        *[("Cap N", 0), ("Cap S", -4.5), ("overlap", 0), ("interaction", -0.5)],
    ]


def test_each_year_has_its_steps_and_all_years_their_sum(explain: Explain) -> None:
    # South at most 42, 44.1, 46.305 where fair shares are 50 each year.
    book = with_years(loose(two_places()), 3).rule("Ceiling", "growth", "at most", 0.05, Places="South")
    why = explain(book)
    years = ["2025/26", "2026/27", "2027/28"]
    assert [dict(steps(why, "South", year))["Ceiling"] for year in years] == [-8, -5.9, -3.695]
    assert dict(steps(why, "South"))["Ceiling"] == pytest.approx(-17.595)


def test_rules_of_one_measure_can_be_one_step(explain: Explain) -> None:
    # Ceilings of 44 and 45 on South are one cause by measure and limit: without both South gets 50, with both 44.
    book = loose(two_places()).rule("A", "amount", "at most", 44, Places="South")
    why = explain(book.rule("B", "amount", "at most", 45, Places="South"), by="measure")
    assert steps(why, "South") == [
        *[("do-minimum", 40), ("fair share", 10)],
        *[("amount, at most (2 together)", -6), ("interaction", 0)],
    ]
    cell = why.steps.loc[why.steps["kind"] == "rule", "cell"].iloc[0]
    assert cell == "Rules!K5, Rules!K6"


def test_a_keep_row_is_a_cause_like_a_rule(explain: Explain) -> None:
    # Care (60 and 40) counts towards the target of 50 each, Other (50 and 50) does not. Without keep rows Care ends at
    # 50 each and Other stays: the least turnover. Keep at most 90% holds Care at 90, so 45 each; the other 10 go to
    # Other, spread evenly. Both places get 100 either way, but on Care they are 10% under their share because of it.
    book = two_places().add("Services", Service="Other")
    book.spend("North", "Other", "Trust", 50).spend("South", "Other", "Trust", 50)
    book.remove("Funding").fund("Core", [200]).set("Target", Services="Care", Keep_at_least=0, Keep_at_most=0.9)
    why = explain(book)
    keep = "Keep at most: Overall"
    found = [("do-minimum", 90), ("fair share", 10), (keep, 0), ("interaction", 0)]
    assert steps(why, "South") == [(name, pytest.approx(amount, abs=THOUSAND)) for name, amount in found]
    helped = why.helps[why.helps["place"] == "South"].iloc[0]
    assert (helped["rule"], helped["cell"]) == (keep, "Target!F5")
    assert (helped["far"], helped["far_without"]) == (pytest.approx(0.1, abs=1e-5), pytest.approx(0, abs=1e-5))


def test_one_place_and_a_place_without_need(explain: Explain) -> None:
    # South has no need: it has no fair share, gets nothing free of rules, and nothing can bring it nearer.
    book = loose(two_places()).set("Needs", where={"Place": "South"}, Value=0)
    book.rule("Floor", "change", "at least", 0, Places="South")
    why = explain(book)
    south = why.standing[(why.standing["place"] == "South") & (why.standing["year"] == "")].iloc[0]
    assert (south["need_share"], south["target"]) == (0, 0)
    assert np.isnan(south["distance"])
    assert "South" not in set(why.helps["place"])
    assert np.isnan(why.places.set_index("place").loc["South", "far"])


# ---- of every budget ---------------------------------------------------------------------------------------


CASES = [
    *[(1, "tiny"), (2, "tiny")],
    *[pytest.param((seed, "tiny"), marks=pytest.mark.slow) for seed in range(3, 30)],
    *[pytest.param((seed, "small"), marks=pytest.mark.slow) for seed in range(2, 8)],
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def random_case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, bm.Result]:
    """A random book and the first scenario of it that has an answer."""
    book = random_book(*request.param)
    budget = bm.read(book.save(tmp_path_factory.mktemp("random") / "book.xlsx"))
    for scenario in budget.scenarios:
        try:
            return book, bm.solve(budget, scenario)
        except bm.Infeasible:
            continue
    pytest.skip("no scenario of this book has an answer")


@pytest.fixture(scope="module")
def explained(random_case: tuple[Book, bm.Result]) -> Waterfall:
    return api.why(random_case[1])


def pence(amounts: pd.Series[float]) -> pd.Series[int]:
    return amounts.map(to_pence)


def test_steps_add_up_to_the_published_allocation_to_the_penny(
    random_case: tuple[Book, bm.Result], explained: Waterfall
) -> None:
    allocation = random_case[1].allocation
    exact = explained.steps.assign(pence=pence(explained.steps["amount"]), after=pence(explained.steps["after"]))
    paid = allocation.assign(pence=pence(allocation["amount"])).groupby(["year", "place"])["pence"].sum()
    ends = exact.groupby(["year", "place"])["pence"].sum()
    assert ends.drop("", level="year").to_dict() == paid.to_dict()
    assert ends.loc[""].to_dict() == paid.groupby("place").sum().to_dict()
    last = exact.groupby(["year", "place"])["after"].last()
    assert last.to_dict() == ends.to_dict()
    by_step = exact[exact["year"] != ""].groupby(["place", "step"])["pence"].sum()
    assert by_step.to_dict() == exact[exact["year"] == ""].set_index(["place", "step"])["pence"].to_dict()


def test_a_step_sums_to_the_difference_in_all_money(random_case: tuple[Book, bm.Result], explained: Waterfall) -> None:
    result = random_case[1]
    together = explained.steps[explained.steps["year"] == ""]
    sums = pence(together["amount"]).groupby([together["kind"], together["rule"]]).sum()
    funding = sum(to_pence(float(amount)) for amount in result.inputs.funding.ravel())
    cost = to_pence(result.metric("contract_cost"))
    for (kind, rule), total in sums.items():
        if "contract costs" in explained.unanswered and kind == "interaction":
            due = -cost
        else:
            due = {"do-minimum": funding, "contract costs": -cost}.get(kind, 0)
        assert total == due, (kind, rule)


def without_rule(book: Book, scenario: str, cause: Cause) -> Book:
    """The book without a rule, and with this scenario as the only one that changes nothing."""
    other = book.copy().remove("Rules", where={"Rule": cause.name})
    if cause.kind == "keep":
        heading, component = cause.name.split(": ")
        blank = 0 if heading == "Keep at least" else "none"
        other.set("Target", where={"Component": component}, **{heading.replace(" ", "_"): blank})
    return other


def test_what_is_proved_not_to_matter_does_not(random_case: tuple[Book, bm.Result], tmp_path: Path) -> None:
    """Solved without each rule by leaving it out of the workbook."""
    book, result = random_case
    answer = result.answer
    if len(result.changes):
        pytest.skip("the rules of this scenario are not those of the sheet")
    before = result.allocation.groupby(["year", "place"])["amount"].sum()
    idle = [cause for cause in causes(answer) if cause.rows is not None and not matters(answer, cause)]
    for number, cause in enumerate(idle[:4]):
        other = without_rule(book, result.scenario, cause)
        if len(other["Rules"]) == len(book["Rules"]) and cause.kind == "rule":
            continue
        other["Changes"].clear()
        budget = bm.read(other.save(tmp_path / f"{number}.xlsx"))
        after = bm.solve(budget, result.scenario).allocation.groupby(["year", "place"])["amount"].sum()
        assert (before - after).abs().max() <= THOUSAND, cause.name


def test_a_rules_effect_is_that_of_leaving_it_out_of_the_workbook(
    random_case: tuple[Book, bm.Result], tmp_path: Path
) -> None:
    book, result = random_case
    if len(result.changes):
        pytest.skip("the rules of this scenario are not those of the sheet")
    relevant = [cause for cause in causes(result.answer) if cause.rows is not None and matters(result.answer, cause)]
    for number, cause in enumerate(relevant[:3]):
        other = without_rule(book, result.scenario, cause)
        other["Changes"].clear()
        budget = bm.read(other.save(tmp_path / f"{number}.xlsx"))
        after = bm.solve(budget, result.scenario).allocation
        wide = after.pivot_table(index="place", columns="year", values="amount", aggfunc="sum", sort=False)
        found = without(result.answer, cause)
        assert found is not None
        assert found.total / 1e8 == pytest.approx(wide.to_numpy(), abs=THOUSAND), cause.name
