"""Rules on growth that hold in a way nobody expects: on a base of zero, and without a floor under the year before."""

from __future__ import annotations

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.checks.test_faults import Check, check, only
from tests.support.builder import Book, two_places, with_years

__all__ = ["check"]  # the fixture


UNHEARD = "NO_SUPPLY"
"""What is always said of the service without rows."""


def with_new() -> Book:
    """North and South spend on Care; New may be provided in both, Unheard by nobody."""
    book = two_places().add("Services", Service="New").add("Services", Service="Unheard")
    return book.add("Provision", Places="all", Services="New", Providers="Trust")


def codes(issues: list[Issue]) -> list[str]:
    return [issue.code for issue in issues]


# ---- a base of zero ------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", ["service", "place, service", "place, service, provider"])
@pytest.mark.parametrize("measure", ["growth", "relative growth", "change", "do-minimum"])
@pytest.mark.parametrize("limit", ["at most", "exactly"])
def test_growth_on_a_zero_base_is_warned_of(check: Check, each: str, measure: str, limit: str) -> None:
    book = with_new().rule("Ceiling", measure, limit, 0.05, Each=each, Strength="should")
    issue = only(check(book), "ZERO_BASE")
    assert (issue.severity, issue.cell) == ("warning", book.cell("Rules", 0, "Measure"))
    assert "New" in issue.found
    assert "Unheard" not in issue.found  # no money can reach it anyway
    assert f"'{measure} {limit}'" in issue.found


def test_what_is_warned_of_is_held_at_zero(check: Check, tmp_path: object) -> None:
    book = with_new().rule("Ceiling", "growth", "at most", 0.5, Each="place, service")
    book.rule("Wish", "amount", "at least", 10, Services="New", Strength="should")
    assert "holds spending there at 0" in only(check(book), "ZERO_BASE").found
    result = bm.solve(bm.read(f"{tmp_path}/in.xlsx"), "Base")
    spent = result.allocation[result.allocation["service"] == "New"]["amount"]
    assert spent.sum() == pytest.approx(0, abs=1e-6)


def test_one_warning_a_rule_names_a_few_and_counts_the_rest(check: Check) -> None:
    book = with_new()
    for number in range(4):
        book.add("Places", Place=f"Town {number}").add(
            "Needs", {"Need measure": "Population"}, Place=f"Town {number}", Value=10
        )
    book.rule("Ceiling", "growth", "at most", 0.05, Each="place, service")
    issue = only(check(book), "ZERO_BASE")
    assert "for 'North, New'; 'South, New'; 'Town 0, New' and 3 more" in issue.found


def test_a_rule_of_one_sum_without_a_base_is_warned_of(check: Check) -> None:
    alone = with_new().rule("Ceiling", "change", "at most", 0.05, Services="New")
    assert codes(check(alone)) == [UNHEARD, "ZERO_BASE"]
    assert codes(check(with_new().rule("Ceiling", "change", "at most", 0.05, Services="New; Care"))) == [UNHEARD]


@pytest.mark.parametrize(
    "rule",
    [
        {"measure": "growth", "limit": "at most", "Years": "2026/27"},  # on what was spent in 2025/26
        {"measure": "growth", "limit": "at least"},
        {"measure": "change", "limit": "at most", "Services": "Unheard"},
        {"measure": "change", "limit": "at most", "Services": "Care", "Each": "place, service"},
    ],
)
def test_what_is_not_held_at_zero_is_not_warned_of(check: Check, rule: dict[str, str]) -> None:
    more = {"Each": "service"} | {k: v for k, v in rule.items() if k not in ("measure", "limit")}
    book = with_years(with_new(), 2).rule("Rule", rule["measure"], rule["limit"], 0.05, **more)
    assert "ZERO_BASE" not in codes(check(book))


def test_what_no_money_may_reach_is_not_warned_of(check: Check) -> None:
    book = with_new().rule("Ceiling", "change", "at most", 0.05, Each="place, service")
    book.set("Sources", Home_services="Care", Lawful_services="Care")
    assert codes(check(book)) == [UNHEARD]


# ---- no floor ------------------------------------------------------------------------------------------


def wish(years: int = 3, **more: object) -> Book:
    """Care and Talks in two places; a wish that Talks grow."""
    book = two_places().add("Services", Service="Talks")
    book.spend("North", "Talks", "Trust", 5).spend("South", "Talks", "Trust", 5).fund("Core", [])
    book = with_years(book.set("Funding", Amount=110), years)
    cells = {"Services": "Talks", "Strength": "should"} | more
    return book.rule("Wish", str(cells.pop("measure", "growth")), str(cells.pop("limit", "at least")), 0.05, **cells)


@pytest.mark.parametrize("measure", ["growth", "relative growth"])
@pytest.mark.parametrize("limit", ["at least", "exactly"])
def test_a_wish_to_grow_without_a_floor_is_warned_of(check: Check, measure: str, limit: str) -> None:
    book = wish(measure=measure, limit=limit)
    issue = only(check(book), "GROWTH_NO_FLOOR")
    assert (issue.severity, issue.cell) == ("warning", book.cell("Rules", 0, "Measure"))


@pytest.mark.parametrize(
    "book",
    [wish(years=1), wish(Years="2025/26"), wish(limit="at most"), wish(Strength="must"), wish(measure="change")],
)
def test_where_cutting_the_year_before_does_not_help_nothing_is_said(check: Check, book: Book) -> None:
    assert "GROWTH_NO_FLOOR" not in codes(check(book))


@pytest.mark.parametrize(
    "floor",
    [
        {"measure": "change", "value": 0, "Services": "Talks"},
        {"measure": "change", "value": 0, "Each": "service"},  # of every service, so of this one
        {"measure": "change", "value": -0.5, "Each": "place, service"},
        {"measure": "do-minimum", "value": 0, "Services": "Talks", "Places": "North"},
        {"measure": "amount", "value": 2, "Services": "Talks", "Each": "source"},
        {"measure": "amount", "value": 2, "Services": "Talks", "Years": "2025/26 to 2026/27"},
        {"measure": "growth", "value": 0, "Services": "Talks"},
        {"measure": "share", "value": 0.01, "Services": "Talks", "Of": "services=all"},
        {"measure": "change", "value": 0, "Services": "Talks", "limit": "exactly"},
    ],
)
def test_a_floor_within_what_shall_grow_is_one(check: Check, floor: dict[str, object]) -> None:
    book = wish()
    cells = dict(floor)
    book.rule("Floor", str(cells.pop("measure")), str(cells.pop("limit", "at least")), cells.pop("value"), **cells)  # type: ignore[arg-type]
    assert "GROWTH_NO_FLOOR" not in codes(check(book))


@pytest.mark.parametrize(
    "floor",
    [
        {"measure": "change", "value": 0},  # all services: Talks can make way for Care
        {"measure": "change", "value": 0, "Each": "place"},
        {"measure": "change", "value": 0, "Services": "Care"},
        {"measure": "change", "value": -1, "Services": "Talks"},
        {"measure": "share", "value": 0, "Services": "Talks", "Of": "services=all"},
        {"measure": "amount", "value": 0, "Services": "Talks"},
        {"measure": "amount", "value": 2, "Services": "Talks", "Strength": "should"},
        {"measure": "amount", "value": 20, "Services": "Talks", "limit": "at most"},
        {"measure": "amount", "value": 2, "Services": "Talks", "Years": "2025/26; 2027/28"},  # not 2026/27
        {"measure": "growth", "value": 0, "Services": "Talks", "Years": "2026/27"},  # on a year that may be cut
    ],
)
def test_a_floor_elsewhere_is_none(check: Check, floor: dict[str, object]) -> None:
    book = wish()
    cells = dict(floor)
    book.rule("Floor", str(cells.pop("measure")), str(cells.pop("limit", "at least")), cells.pop("value"), **cells)  # type: ignore[arg-type]
    assert "GROWTH_NO_FLOOR" in codes(check(book))


def test_members_without_a_floor_are_named(check: Check) -> None:
    book = wish(Each="place").rule("Floor", "amount", "at least", 1, Services="Talks", Places="North")
    found = only(check(book), "GROWTH_NO_FLOOR").found
    assert "'South'" in found
    assert "'North'" not in found
