"""Services and Sources with rows by year: mergers, delegation, lawful places and hosts that change, worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.types import Read

FIRST, SECOND = "2025/26", "2026/27"
PENNY = 1e-8


def two_holders() -> Book:
    """Two places of equal need, each with a commissioner of its own, in one pot; 60 and 40 become 50 and 50.

    Each year the whole is 100: 60 from North's commissioner and 40 from South's, at home in their own place only.
    Equal shares of 50 take 10 of North's money to South.
    """
    book = Book()
    book.add("Years", Year=FIRST).add("Years", Year=SECOND)
    book.add("Places", Place="North").add("Places", Place="South").need("Population", {"North": 1000, "South": 1000})
    book.add("Services", Service="Care", Delegation="retained", Level="national").add("Providers", Provider="Trust")
    for place, amount in (("North", 60), ("South", 40)):
        book.add("Sources", Source=f"Core {place}", Holder=f"CCG {place}", Home_places=place, Lawful_places="all")
        book.fund(f"Core {place}", [amount, amount]).spend(place, "Care", "Trust", amount)
    book.add("Target", Component="Overall", Need_measure="Population")
    book.set("Target", Keep_at_least=0, Keep_at_most="none")
    book.add("Regimes", Regime="Pooled", Sources="all", Pot="One").add("Contracts", Regime="Pooled")
    return book.add("Scenarios", Scenario="Base", Regime="Pooled")


def from_second_year(book: Book, sheet: str, where: dict[str, object], **cells: object) -> Book:
    """Split a member's row in two: as it is for the first year, and with these cells for the second."""
    (row,) = book.rows(sheet, where)
    book.add(sheet, {**row, "Years": f"{SECOND} onwards"}, **cells)
    row["Years"] = FIRST
    return book


def by_year(result: Result, metric: str) -> list[float]:
    return [result.metric(metric, year) for year in (FIRST, SECOND)]


def merged() -> Book:
    """The commissioners merge in the second year; Care is delegated then; South's money may stay at home only then."""
    book = two_holders()
    for place in ("North", "South"):
        cells = {"Holder": "ICB", "Host": "ICB"}
        from_second_year(book, "Sources", {"Source": f"Core {place}"}, **cells)
    book.set("Sources", where={"Holder": "CCG North"}, Host="CCG North")
    return from_second_year(book, "Services", {"Service": "Care"}, Delegation="delegated", Level="system")


@pytest.fixture(scope="module")
def result() -> Result:
    return results_of(merged())["Base"]


def test_money_crosses_until_its_holders_merge(result: Result) -> None:
    # 10 of North's 60 go to South, where only CCG South is at home; from the second year the ICB is at home in both.
    assert by_year(result, "crossing_organisations") == near([10, 0], PENNY)
    assert by_year(result, "boundaries") == near([1, 0], PENNY)
    assert [result.metric("crossing_organisations")] == near([10], PENNY)


def test_money_of_an_organisation_is_that_of_its_years(result: Result) -> None:
    funding = {holder: result.metric("holder_funding", holder) for holder in ("CCG North", "CCG South", "ICB")}
    assert funding == near({"CCG North": 60, "CCG South": 40, "ICB": 100}, PENNY)
    names = result.frames["sources"]
    assert list(names["source"]) == ["Core North", "Core South"] * 2


def test_a_service_is_delegated_from_its_year_on(result: Result) -> None:
    assert [result.metric("delegation_spent", words) for words in ("retained", "delegated")] == near([100, 100], PENNY)


def test_a_pool_has_the_host_and_the_partners_of_the_year(result: Result) -> None:
    # One holder in the second year: no pool of several then.
    pools = result.pools
    assert set(zip(pools["year"], pools["holder"], pools["host"], strict=True)) == {
        (FIRST, "CCG North", "CCG North"),
        (FIRST, "CCG South", "CCG North"),
    }


def test_the_picture_and_pages_name_the_holder_and_level_of_the_year(result: Result) -> None:
    inputs = result.inputs
    assert inputs.sources == ("Core North", "Core South")
    assert inputs.services == ("Care",)
    assert inputs.by_year("Sources", "Holder").tolist() == [["CCG North", "ICB"], ["CCG South", "ICB"]]
    assert inputs.by_year("Services", "Level").tolist() == [["national", "system"]]
    assert len(inputs.frame("Sources")) == 2
    assert inputs.cell("Sources", 1, "Source") == "Sources!A6"
    assert inputs.rows_of("Sources", 1) == (1, 3)


def test_lawful_places_of_the_year_bound_the_money() -> None:
    # In the second year North's money is lawful in North alone: 60 stay there, and the plan is 60 and 40 again.
    book = from_second_year(two_holders(), "Sources", {"Source": "Core North"}, Lawful_places="North")
    spent = results_of(book)["Base"].allocation.groupby(["year", "place"])["amount"].sum()
    assert [spent[FIRST, "North"], spent[FIRST, "South"]] == near([50, 50], PENNY)
    assert [spent[SECOND, "North"], spent[SECOND, "South"]] == near([60, 40], PENNY)


def test_home_of_the_year_extends_the_pot() -> None:
    # In pots of their own each stays at home: 60 and 40. From the second year North's holder is at home everywhere.
    book = two_holders().set("Regimes", Pot="each")
    book = from_second_year(book, "Sources", {"Source": "Core North"}, Home_places="all")
    result = results_of(book)["Base"]
    spent = result.allocation.groupby(["year", "place"])["amount"].sum()
    assert [spent[year, "South"] for year in (FIRST, SECOND)] == near([40, 50], PENNY)
    assert by_year(result, "crossing_organisations") == near([0, 0], PENNY)


def with_tails() -> Book:
    """A fund of 20 pays for Clinic in North and ends after the first year; Core has 100 and then 108.

    Must rules fix what each service has: Clinic 20 in each place, then 14 in North and 20 in South; Care the rest.
    The fund may pay for nothing but Clinic in North, and all of it is spent there.
    """
    book = two_holders()
    book.add("Services", Service="Clinic")
    book.set("Sources", Home_services="all", Lawful_services="all")
    book.set("Funding", where={"Source": "Core North", "Year": SECOND}, Amount=68)
    here = {"Home_places": "North", "Lawful_places": "North", "Home_services": "Clinic", "Lawful_services": "Clinic"}
    book.add("Sources", here, Source="Fund", Holder="CCG North", Kind="non-recurrent").fund("Fund", [20, 0])
    for place in ("North", "South"):
        book.spend(place, "Clinic", "Trust", 20)
    for year, place, amount in (
        (FIRST, "North", 20),
        (FIRST, "South", 20),
        (SECOND, "North", 14),
        (SECOND, "South", 20),
    ):
        name = f"Clinic in {place}, {year}"
        book.rule(name, "amount", "exactly", amount, Years=year, Places=place, Services="Clinic")
    return book


def test_a_source_that_ends_shows_what_nobody_pays_after_it() -> None:
    # The fund paid all 20 of Clinic in North; 14 are paid there in the next year: 6 of its 20 are left unpaid.
    tails = results_of(with_tails())["Base"].tails
    (row,) = tails.to_dict("records")
    assert [row[name] for name in ("year", "source", "place", "service")] == [FIRST, "Fund", "North", "Clinic"]
    assert [row[name] for name in ("paid", "taken_over", "unpaid")] == near([20, 14, 6], PENNY)


def test_sources_that_last_have_no_tail(result: Result) -> None:
    assert result.tails.empty


def changed(**cells: object) -> Book:
    book = merged().add("Scenarios", {"Scenario": "Other", "Based on": "Base", "Regime": "Pooled"})
    return book.change("Other", "Sources", "set", Field="Host", Value="ICB", Reason="test", **cells)


def test_a_change_says_which_years_of_a_member_it_means(read: Read) -> None:
    with pytest.raises(bm.InputErrors) as refused:
        bm.solve(read(changed(Where="Source=Core South")), "Other")
    assert "'Core South' has a row for 2025/26 and one for 2026/27 onwards" in str(refused.value)
    assert "Type Source=Core South; Years=2025/26, or for all of them" in str(refused.value)
    for where in ("Source=Core South; Years=2025/26", "Source=Core South; Years=2025/26 | 2026/27 onwards"):
        inputs, _ = read(changed(Where=where)).inputs_of("Other")
        assert inputs is not None
        assert inputs.by_year("Sources", "Host")[1].tolist() == ["ICB", "ICB"]


def test_what_may_not_differ_is_changed_in_every_row(read: Read) -> None:
    book = changed(Where="Source=Core South; Years=2025/26")
    book.change("Other", "Sources", "set", Where="Source=Core North", Field="Carry forward", Value=0.1, Reason="test")
    inputs, issues = read(book).inputs_of("Other")
    assert inputs is not None, issues
    assert inputs.frame("Sources")["Carry forward"].tolist() == [0.1, 0.0]


FAULTS = (
    ("YEARS_GAP", {"Years": "2026/27"}, None, "no row of 'Core North' (Sources!J5) is for 2025/26"),
    ("YEARS_OVERLAP", {"Years": "all"}, {"Years": SECOND}, "'Core North' has 2026/27 here and in Sources!J5"),
    ("YEARS_OVERLAP", {"Years": None}, {"Years": SECOND}, "Sources!J5 is blank, which means all years"),
    ("DUPLICATE_ROW", {"Years": None}, {"Years": None}, "'Core North' stands already in Sources!A5"),
    ("YEARS_DIFFER", {"Years": FIRST}, {"Years": SECOND, "Carry forward": 0.1}, "'0.1' here, but '0' in Sources!H5"),
    ("YEARS_GAP", {"Years": FIRST}, {"Years": FIRST}, "no row of 'Core North' (Sources!J5, Sources!J7) is for 2026/27"),
)


@pytest.mark.parametrize("code, first, second, said", FAULTS)
def test_years_missed_or_twice_are_named_by_cell(
    read: Read, code: str, first: dict[str, object], second: dict[str, object] | None, said: str
) -> None:
    book = two_holders()
    (row,) = book.rows("Sources", {"Source": "Core North"})
    if second is not None:
        book.add("Sources", {**row, **second})
    row.update(first)
    with pytest.raises(bm.InputErrors) as refused:
        read(book)
    assert any(issue.code == code and said in str(issue) for issue in refused.value.issues), str(refused.value)


def test_what_may_not_differ_is_named_by_both_cells(read: Read) -> None:
    book = from_second_year(two_holders(), "Services", {"Service": "Care"}, Programme="Other")
    with pytest.raises(bm.InputErrors) as refused:
        read(book)
    (issue,) = [issue for issue in refused.value.issues if issue.code == "YEARS_DIFFER"]
    assert "'Other' here, but 'General' in Services!B5" in str(issue)


@pytest.mark.parametrize("seed", [0, pytest.param(4, marks=pytest.mark.slow)])
def test_rows_by_year_that_say_the_same_change_nothing(seed: int) -> None:
    plain = random_book(seed, size="tiny")
    years = [row["Year"] for row in plain.rows("Years")]
    single, split = plain.copy(), plain.copy()
    for sheet in ("Services", "Sources"):
        single.set(sheet, Years="all")
        for row in list(split.rows(sheet)) if len(years) > 1 else []:
            split.add(sheet, {**row, "Years": f"{years[1]} onwards"})
            row["Years"] = years[0]
    assert len(years) > 1
    expected = results_of(plain)
    for other in (results_of(single), results_of(split)):
        for name, result in expected.items():
            for frame in ("flows", "allocation", "metrics", "sources", "pools"):
                pd.testing.assert_frame_equal(result.frames[frame], other[name].frames[frame])
