"""Who pays, worked out by hand: what has to cross organisations does, and nothing else.

Unless a test says otherwise, NHS (held by the ICB) is at home in Hospital and Council in Support, everywhere; both may
pay for everything, in one pot. Rules fix what each service gets, so that only the payers are left to decide.
"""

from __future__ import annotations

import pytest

import budgetmodel as bm
from budgetmodel.comparison.crossing import crossing_line, crossing_sentence, foremost
from budgetmodel.contract.measures import MEASURES
from budgetmodel.program.payers.source_rows import SAME_YEAR
from tests.support.builder import Book
from tests.support.figures import near
from tests.support.types import Solve

FIRST, SECOND = "2025/26", "2026/27"


def book_of(
    funding: dict[str, list[float]], services: dict[str, list[float]], *, holders: dict[str, str] | None = None
) -> Book:
    """One place; what each source has, and what each service must get, by year in £m."""
    years = [FIRST, SECOND][: len(next(iter(funding.values())))]
    book = Book()
    for year in years:
        book.add("Years", Year=year)
    book.add("Places", Place="Town").need("Population", {"Town": 1000})
    book.add("Providers", Provider="Trust", Sector="acute")
    for service, amounts in services.items():
        book.add("Services", Service=service).spend("Town", service, "Trust", amounts[0])
        for year, amount in zip(years, amounts, strict=True):
            book.rule(f"{service} {year}", "amount", "exactly", amount, Services=service, Years=year)
    homes = {"NHS": "Hospital", "Council": "Support"}
    for source, amounts in funding.items():
        holder = (holders or {"NHS": "ICB"}).get(source, source)
        book.add("Sources", Source=source, Holder=holder, Home_services=homes.get(source, "all"))
        book.fund(source, dict(zip(years, amounts, strict=True)))
    book.add("Target", Component="Overall", Need_measure="Population", Keep_at_least=0)
    book.add("Regimes", Regime="Pool", Sources="all", Pot="The pool").add("Contracts", Regime="Pool")
    book.add("Scenarios", Scenario="Pool", Regime="Pool")
    return book


def pays(result: bm.Result, source: str, service: str) -> list[float]:
    """What a source pays for a service, £m, by year."""
    flows = result.frames["flows"]
    own = flows[(flows["source"] == source) & (flows["service"] == service)]
    return [float(own.loc[own["year"] == year, "amount"].sum()) for year in result.inputs.years]


def crossing(result: bm.Result) -> list[float]:
    return [result.metric("crossing_organisations", year) for year in result.inputs.years]


def test_only_what_a_service_lacks_crosses(solve: Solve) -> None:
    # Support gets 45, of which the Council has 40: 5 of the NHS's 60 cross, and no penny crosses the other way.
    result = solve(book_of({"NHS": [60], "Council": [40]}, {"Hospital": [55], "Support": [45]}), "Pool")
    assert (pays(result, "NHS", "Support"), pays(result, "Council", "Hospital")) == ([5], [0])
    assert (crossing(result), result.certificate.crossing) == ([5], near(5))
    assert result.certificate.crossing_bound == pytest.approx(5, abs=1e-9)


def test_nothing_crosses_where_everybody_can_pay_at_home(solve: Solve) -> None:
    result = solve(book_of({"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]}), "Pool")
    assert (pays(result, "NHS", "Hospital"), pays(result, "Council", "Support")) == ([60], [40])
    assert crossing(result) == [0]


def test_a_ring_fence_makes_money_cross(solve: Solve) -> None:
    # The NHS must put 3 into Support though the Council could pay for all of it: 3 of the Council's money goes to
    # Hospital instead, and 6 cross where 0 would do without the rule.
    book = book_of({"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]})
    book.rule("Ring-fence", "amount", "at least", 3, Sources="NHS", Services="Support")
    result = solve(book, "Pool")
    assert (pays(result, "NHS", "Support"), pays(result, "Council", "Hospital")) == ([3], [3])
    assert (crossing(result), result.certificate.crossing_bound) == ([6], near(6))


def test_a_share_of_sources_is_kept(solve: Solve) -> None:
    # The Council must pay a quarter of Hospital, 15 of 60, and the NHS makes up for that in Support.
    book = book_of({"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]})
    book.rule("Joint", "share", "at least", 0.25, Sources="Council", Services="Hospital", Of="sources=all")
    result = solve(book, "Pool")
    assert (pays(result, "Council", "Hospital"), pays(result, "NHS", "Support")) == ([15], [15])
    assert crossing(result) == [30]


def test_what_should_rules_on_sources_miss_stays_what_it_has_to_be(solve: Solve) -> None:
    # The Council should pay 25 of Hospital and 30 of Support, and has 40: 15 are missed, whoever pays. The most that
    # can stay at home then does: 30 in Support, so 10 in Hospital, and the NHS's last 10 go to Support.
    book = book_of({"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]})
    for service, amount in (("Hospital", 25), ("Support", 30)):
        book.rule(
            f"Hope for {service}", "amount", "at least", amount, Sources="Council", Services=service, Strength="should"
        )
    result = solve(book, "Pool")
    assert result.metric("shortfall") == near(15)
    assert (pays(result, "Council", "Hospital"), pays(result, "Council", "Support")) == (near([10]), near([30]))
    assert (crossing(result), result.certificate.crossing_bound) == (near([20]), pytest.approx(20, abs=1e-6))


def test_money_that_is_carried_forward_is_paid_at_home_too(solve: Solve) -> None:
    # The NHS may carry 6 of its 60 out of the first year and must: Hospital takes 54 then, and 66 a year later.
    book = book_of({"NHS": [60, 60], "Council": [40, 40]}, {"Hospital": [54, 66], "Support": [40, 40]})
    book.set("Sources", where={"Source": "NHS"}, Carry_forward=0.1)
    result = solve(book, "Pool")
    assert pays(result, "NHS", "Hospital") == near([54, 66])
    assert crossing(result) == [0, 0]


def test_the_payer_of_the_year_before_stays(solve: Solve) -> None:
    # Either council may pay for the NHS's part of Support. First year: both are at home, in proportion to 20 and 20,
    # so each pays 20 of 50 and the NHS 10. Second year: A has 30, B 20, and Support still 50. Hospital takes all of the
    # NHS's 50, so A pays 30 and B 20. Nothing is left to choose; no payer changes more than the 10 that must.
    funding = {"NHS": [60, 50], "A": [20, 30], "B": [20, 20]}
    book = book_of(funding, {"Hospital": [50, 50], "Support": [50, 50]})
    for source in ("A", "B"):
        book.set("Sources", where={"Source": source}, Home_services="Support")
    result = solve(book, "Pool")
    assert [pays(result, source, "Support") for source in ("NHS", "A", "B")] == [[10, 0], [20, 30], [20, 20]]
    assert crossing(result) == [10, 0]


def test_a_change_of_payer_is_not_made_without_need(solve: Solve) -> None:
    # Both councils are at home in both services, so each pays its share in the first year: A 60%. In the second A has
    # 10 less and Rest gets 10 less. If nothing changed A would pay 24 + 30 = 54 of its 50, so 4 must change hands.
    # That is what a share of 50 in 90 of both services does: 22.22 and 27.78 are 1.78 and 2.22 less.
    book = book_of({"A": [60, 50], "B": [40, 40]}, {"Care": [40, 40], "Rest": [60, 50]})
    result = solve(book, "Pool")
    assert pays(result, "A", "Care") == pytest.approx([24, 40 * 50 / 90], abs=1e-7)
    assert pays(result, "A", "Rest") == pytest.approx([36, 50 * 50 / 90], abs=1e-7)


def test_a_line_that_is_new_is_paid_by_those_at_home(solve: Solve) -> None:
    # Support begins in the second year; the Council, who paid Hospital's last 10 before, is at home there.
    book = book_of({"NHS": [60, 60], "Council": [10, 10]}, {"Hospital": [70, 60], "Support": [0, 10]})
    result = solve(book, "Pool")
    assert (pays(result, "Council", "Hospital"), pays(result, "Council", "Support")) == ([10, 0], [0, 10])
    assert crossing(result) == [10, 0]


def test_what_is_free_is_shared_in_proportion(solve: Solve) -> None:
    # One holder has both sources, and both are at home everywhere: 60 and 40 pay each service 60 to 40.
    book = book_of({"A": [60], "B": [40]}, {"Care": [25], "Rest": [75]}, holders={"A": "ICB", "B": "ICB"})
    result = solve(book, "Pool")
    assert (pays(result, "A", "Care"), pays(result, "B", "Care")) == (near([15]), near([10]))
    assert (pays(result, "A", "Rest"), pays(result, "B", "Rest")) == (near([45]), near([30]))


def test_money_of_one_holder_stays_with_the_source_at_home(solve: Solve) -> None:
    # The holder has a grant for Support and money for Hospital. Nothing crosses organisations either way; the grant
    # still pays for Support.
    book = book_of(
        {"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]}, holders={"NHS": "ICB", "Council": "ICB"}
    )
    result = solve(book, "Pool")
    assert (pays(result, "NHS", "Hospital"), pays(result, "Council", "Support")) == ([60], [40])


def test_the_page_says_what_crosses_and_over_which_wall(solve: Solve) -> None:
    # 5 of the ICB's money pay for Support, where only the Council is at home.
    result = solve(book_of({"NHS": [60], "Council": [40]}, {"Hospital": [55], "Support": [45]}), "Pool")
    assert crossing_sentence(result) == (
        "Pool needs £5.0m to cross organisations in 2025/26; with less its allocation cannot be paid for. Most over "
        "one wall is £5.0m of ICB's money where only Council is at home: Support in Town."
    )
    assert crossing_line(result) == "Pool £5.0m: £5.0m ICB to Council"
    assert foremost({"Pool": result}) == "Pool"


def test_nothing_is_said_where_nothing_crosses(solve: Solve) -> None:
    result = solve(book_of({"NHS": [60], "Council": [40]}, {"Hospital": [60], "Support": [40]}), "Pool")
    assert (crossing_sentence(result), crossing_line(result), foremost({"Pool": result})) == ("", "", "")


def test_measures_that_see_sources_compare_within_a_year() -> None:
    # Who pays is decided year by year; a measure that sees sources and another year would need them all at once.
    assert {measure.base for measure in MEASURES if measure.sees_sources} <= set(SAME_YEAR)
