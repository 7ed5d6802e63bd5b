"""Money through lead providers, worked by hand: what comes in is fee, kept and passed on, to the penny."""

from __future__ import annotations

import pytest

from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book
from tests.support.figures import row

POUND = 1e-6
"""£m: the program holds money to a few pence; what is worked by hand agrees to less than a pound."""


def led_book(**contract: object) -> Book:
    """One place, so nothing moves: everybody gets the Baseline. Mercy leads the Alliance, Solo is in no group."""
    book = Book()
    book.add("Years", Year="2025/26").add("Places", Place="North").need("Population", {"North": 1000})
    book.add("Services", Service="Care")
    book.add("Providers", {"Passed on share": 0.4}, Provider="Mercy", Lead_group="Alliance")
    book.add("Providers", Provider="Charity", Lead_group="Alliance", Sector="VCSE")
    book.add("Providers", Provider="Solo")
    book.add("Sources", Source="Core").fund("Core", [100])
    for provider, amount in (("Mercy", 50), ("Charity", 20.01), ("Solo", 29.99)):
        book.spend("North", "Care", provider, amount)
    book.add("Target", Component="Overall", Need_measure="Population")
    book.add("Regimes", Regime="Led")
    terms = {"Form": "lead provider", "Fee": 0.01, "Counted_by": "lead group", **contract}
    book.add("Contracts", Regime="Led", Providers="Mercy; Charity", **terms)
    book.add("Contracts", Regime="Led", Fee=0.02, Counted_by="lead group")
    return book.add("Scenarios", Scenario="Base", Regime="Led")


def solved(book: Book) -> Result:
    return results_of(book)["Base"]


def test_a_lead_keeps_and_passes_on_by_its_share_and_members_get_their_own_flows() -> None:
    frame = solved(led_book()).leads
    assert list(frame["provider"]) == ["Mercy", "Charity"]  # Solo is in no group, and its contract no lead's
    mercy, charity = row(frame, provider="Mercy"), row(frame, provider="Charity")
    # Mercy: 50.00 in, 1% fee 0.50, left 49.50: 40% passed on 19.80, kept 29.70.
    assert [mercy[part] for part in ("in", "fee", "kept", "passed_on")] == [
        pytest.approx(figure, abs=POUND) for figure in (50, 0.5, 29.7, 19.8)
    ]
    # Charity: 20.01 in, fee 0.2001; what is left flows to it as a member.
    assert [charity[part] for part in ("in", "fee", "kept", "passed_on")] == [
        pytest.approx(figure, abs=POUND) for figure in (20.01, 0.2001, 0, 19.8099)
    ]
    assert {mercy["lead_group"], charity["lead_group"]} == {"Alliance"}
    assert {mercy["pot"], charity["pot"]} == {"Core"}
    assert {mercy["year"], charity["year"]} == {"2025/26"}


def test_groups_are_added_up_in_the_metrics() -> None:
    result = solved(led_book())
    # 70.01 in = 0.7001 fee + 29.70 kept + 39.6099 passed on
    for group in ("", "2025/26", "Alliance", "Alliance, 2025/26"):
        assert result.metric("lead_in", group) == pytest.approx(70.01, abs=POUND)
        assert result.metric("lead_fee", group) == pytest.approx(0.7001, abs=POUND)
        assert result.metric("lead_kept", group) == pytest.approx(29.7, abs=POUND)
        assert result.metric("lead_passed_on", group) == pytest.approx(39.6099, abs=POUND)


def test_the_provider_that_bears_the_name_of_the_group_is_the_lead() -> None:
    book = led_book().set("Providers", where={"Lead group": "Alliance"}, Lead_group="Mercy")
    book.set("Providers", where={"Provider": "Mercy"}, **{"Passed on share": None})
    frame = solved(book).leads
    assert (row(frame, provider="Mercy")["passed_on"], row(frame, provider="Charity")["kept"]) == (0, 0)
    assert row(frame, provider="Mercy")["kept"] == pytest.approx(49.5, abs=POUND)


def test_without_a_lead_among_its_members_a_group_passes_everything_on() -> None:
    book = led_book().set("Providers", **{"Passed on share": None})
    frame = solved(book).leads
    assert list(frame["kept"]) == [0, 0]
    assert frame["passed_on"].sum() == pytest.approx(70.01 - 0.7001, abs=POUND)


def test_a_contract_counted_by_lead_group_passes_through_the_lead_whatever_its_form() -> None:
    frame = solved(led_book(Form="block")).leads
    assert list(frame["provider"]) == ["Mercy", "Charity"]


def test_a_contract_of_the_form_lead_provider_does_so_however_it_is_counted() -> None:
    frame = solved(led_book(Counted_by="provider")).leads
    assert list(frame["provider"]) == ["Mercy", "Charity"]


def test_a_lead_contract_with_a_provider_in_no_group_is_a_group_of_its_own() -> None:
    book = led_book().set("Contracts", row=0, Providers="all")
    solo = row(solved(book).leads, provider="Solo")
    assert solo["lead_group"] == "Solo"
    assert solo["kept"] == pytest.approx(29.99 * 0.99, abs=POUND)
    assert solo["passed_on"] == 0


def test_other_contracts_have_no_lead() -> None:
    result = solved(led_book(Form="block", Counted_by="provider"))
    assert result.leads.empty
    assert not result.metrics["metric"].str.startswith("lead_").any()
