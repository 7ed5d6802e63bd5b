"""What only sense can tell: places that are none, money out of reach, bases and periods mixed, files out of date."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.checks import check_tables
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.knowledge.facts import facts, says
from tests.checks.test_faults import good_book, only
from tests.support import oracle
from tests.support.builder import Book, two_places

Check = Callable[[Book], list[Issue]]
GM = ("Bolton", "Bury", "Manchester", "Oldham", "Rochdale", "Salford", "Stockport", "Tameside", "Trafford", "Wigan")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return lambda book: bm.check(book.save(tmp_path / "in.xlsx"))


def where(book: Book, issue: Issue) -> tuple[str, str, str]:
    return issue.severity, issue.sheet, issue.cell


def greater_manchester(*more: str, years: tuple[str, ...] = ("2024/25",)) -> Book:
    """The ten places and others, each spending the same; their needs are 10, 20, 30, ... and so no sum of others."""
    book = Book().about("System", "Greater Manchester")
    for year in years:
        book.add("Years", Year=year)
    for place in (*GM, *more):
        book.add("Places", Place=place)
    book.need("Population", {place: 10.0 * (i + 1) for i, place in enumerate((*GM, *more))})
    book.add("Services", Service="Care").add("Providers", Provider="Trust")
    book.add("Sources", Source="Core").fund("Core", [100.0] * len(years))
    for place in (*GM, *more):
        book.spend(place, "Care", "Trust", 100.0 / (10 + len(more)))
    book.add("Target", Component="Overall", Need_measure="Population")
    book.add("Regimes", Regime="Split").add("Contracts", Regime="Split").add("Scenarios", Scenario="S", Regime="Split")
    return book


# ---- places ------------------------------------------------------------------------------------------


def test_places_that_make_sense_are_not_warned_of(check: Check) -> None:
    assert check(greater_manchester()) == []


def test_a_place_that_bears_the_systems_name_is_a_total(check: Check) -> None:
    book = greater_manchester("Greater Manchester")
    issue = only(check(book), "TOTAL_AS_PLACE")
    assert where(book, issue) == ("warning", "Places", book.cell("Places", 10, "Place"))
    assert "whole system" in issue.found


def test_one_place_alone_may_be_the_system(check: Check) -> None:
    book = two_places()
    names = [row["Place"] for row in book["Places"]]
    book.about("System", names[0])
    assert [i.code for i in check(book)] == ["TOTAL_AS_PLACE"]
    for sheet in ("Places", "Needs", "Baseline", "Indicators"):
        book.remove(sheet, {"Place": names[1]})
    assert check(book) == []


def test_a_place_that_needs_what_all_others_need_is_a_total(check: Check) -> None:
    # 10 + 20 + ... + 100 = 550; it spends nothing, so its need alone gives it away among eleven places.
    book = greater_manchester("Everyone").set("Needs", where={"Place": "Everyone"}, Value=550)
    book.set("Baseline", where={"Place": "Everyone"}, Amount=0)
    issue = only(check(book), "TOTAL_AS_PLACE")
    assert issue.cell == book.cell("Places", 10, "Place")
    book.set("Needs", where={"Place": "Everyone"}, Value=551)
    assert not [i for i in check(book) if i.code == "TOTAL_AS_PLACE"]


def test_needs_of_one_two_and_three_are_no_total(check: Check) -> None:
    # 1 + 2 = 3 in need, and in money too: of three places that is chance, unless a second measure says it otherwise.
    book = good_book().set("Needs", where={"Place": "Bury"}, Value=1).set("Needs", where={"Place": "Bolton"}, Value=3)
    book.set("Needs", where={"Place": "Wigan, west"}, Value=2)
    book.set("Baseline", where={"Place": "Bolton"}, Amount=9).set("Baseline", where={"Place": "Bury"}, Amount=3)
    book.set("Baseline", where={"Place": "Wigan, west"}, Amount=6)
    assert check(book) == []
    book.set("Baseline", where={"Place": "Bury"}, Amount=6).set("Baseline", where={"Place": "Wigan, west"}, Amount=3)
    assert only(check(book), "TOTAL_AS_PLACE").cell == book.cell("Places", 1, "Place")


def test_the_systems_name_is_no_other_name_of_a_place(check: Check) -> None:
    book = greater_manchester().set("Places", row=2, Also_known_as="MHCC; NHS Manchester Integrated Care")
    issue = only(check(book), "PLACE_CITY_REGION")
    assert where(book, issue) == ("warning", "Places", book.cell("Places", 2, "Also known as"))
    assert "not of 'Manchester'" in issue.found


@pytest.mark.parametrize(
    "typed,says_",
    [
        ("Greater Manchester", "the whole system"),
        ("NHS Manchester Integrated Care", "the whole system"),
        ("Bury and Rochdale", "'Bury' and 'Rochdale'"),
        ("00W", "14L"),
    ],
)
def test_an_unknown_place_that_is_known_elsewhere_is_explained(check: Check, typed: str, says_: str) -> None:
    # No guess: the nearest name of 'Greater Manchester' would be the place 'Manchester'.
    book = greater_manchester().set("Baseline", row=2, Place=typed)
    issue = only(check(book), "PLACE_UNKNOWN")
    assert (issue.severity, issue.cell) == ("error", book.cell("Baseline", 2, "Place"))
    assert says_ in issue.fix
    assert "Did you mean" not in issue.fix


def test_the_whole_system_in_a_selector_is_told_to_be_all(check: Check) -> None:
    book = greater_manchester().rule("Floor", "change", "at least", -0.1, Places="Greater Manchester")
    assert "type all" in only(check(book), "PLACE_UNKNOWN").fix


def test_a_place_of_another_system(check: Check) -> None:
    book = greater_manchester("Glossop").set("Places", row=10, Code="E07000037")
    issue = only(check(book), "PLACE_EXTRA")
    assert where(book, issue) == ("warning", "Places", book.cell("Places", 10, "Place"))
    assert "'Glossop'" in issue.found
    # Places of a workbook's own making under the same system code: nothing is known of them.
    assert not [i for i in check(good_book()) if i.code == "PLACE_EXTRA"]


def test_a_body_that_was_merged(check: Check) -> None:
    book = good_book().set("Places", row=0, **{"Sub-ICB code": "00W"})
    assert "2017/18" in only(check(book), "PLACE_SPLIT").found
    for year, earlier in (("2025/26", "2015/16"), ("2026/27", "2016/17")):
        for sheet in ("Years", "Funding"):
            book.set(sheet, where={"Year": year}, Year=earlier)
    book.set("Rules", row=1, Years="2016/17 onwards")
    assert check(book) == []  # it was there then
    book.set("Places", row=1, **{"Sub-ICB code": "14L"})
    issue = only(check(book), "PLACE_SPLIT")
    assert where(book, issue) == ("warning", "Places", book.cell("Places", 0, "Sub-ICB code"))
    assert "counted twice" in issue.found


def test_aliases_are_logged_once_per_column(check: Check) -> None:
    book = good_book().set("Baseline", where={"Place": "Wigan, west"}, Place="Wigan")
    issue = only(check(book), "PLACE_ALIAS")
    assert where(book, issue) == ("repaired", "Baseline", book.cell("Baseline", 6, "Place"))
    assert issue.found == "'Wigan' was read as 'Wigan, west', and 2 more cells name an alias"


# ---- needs and indicators ------------------------------------------------------------------------------


def test_a_measure_of_two_bases(check: Check) -> None:
    book = good_book().set("Needs", row=2, Basis="resident")
    issue = only(check(book), "DENOM_MIX")
    assert where(book, issue) == ("warning", "Needs", book.cell("Needs", 2, "Basis"))


def test_components_of_two_bases_on_the_same_services(check: Check) -> None:
    book = good_book().set("Needs", where={"Need measure": "Children"}, Basis="resident")
    issue = only(check(book), "DENOM_MIX")  # talking therapies are in both components
    assert where(book, issue) == ("warning", "Target", book.cell("Target", 1, "Need measure"))
    assert "'Talking therapies'" in issue.found
    book.set("Target", row=0, Services="Hospital")
    assert not [i for i in check(book) if i.code == "DENOM_MIX"]


def council_book() -> Book:
    """Two places, and care that the council alone pays for: £30m and £70m; needs 1:1 registered, 3:7 resident."""
    book = Book().add("Years", Year="2025/26").add("Places", Place="A").add("Places", Place="B")
    book.need("Patients", {"A": 50, "B": 50}).need("Residents", {"A": 30, "B": 70}, Basis="resident")
    book.add("Services", Service="Home care").add("Providers", Provider="Carers")
    book.add("Sources", Source="Tax", Holder="A and B Council").fund("Tax", [100])
    book.spend("A", "Home care", "Carers", 30).spend("B", "Home care", "Carers", 70)
    book.add("Target", Component="Overall", Need_measure="Residents")
    book.add("Regimes", Regime="Split").add("Contracts", Regime="Split").add("Scenarios", Scenario="S", Regime="Split")
    return book


def test_council_money_against_registered_people(check: Check) -> None:
    assert check(council_book()) == []
    book = council_book().set("Target", row=0, Need_measure="Patients")
    issue = only(check(book), "GEO_BASIS")
    assert where(book, issue) == ("warning", "Target", book.cell("Target", 0, "Need measure"))
    assert "£20.0m for 'A', of £100.0m" in issue.fix  # 50% of 100 against 30% of 100

    book = council_book().rule("Rate", "per head", "at least", 1, Of="Patients")
    issue = only(check(book), "GEO_BASIS")
    assert (issue.sheet, issue.cell) == ("Rules", book.cell("Rules", 0, "Of"))

    book = council_book().set("Services", row=0, Place_key="Patients")
    issue = only(check(book), "GEO_BASIS")
    assert (issue.sheet, issue.cell) == ("Services", book.cell("Services", 0, "Place key"))

    book = council_book().set("Target", row=0, Need_measure="Patients")
    book.add("Sources", Source="NHS", Holder="NHS A ICB").fund("NHS", [1])
    assert check(book) == []  # both pay: nothing is certain


@pytest.mark.parametrize("sheet,first", [("Needs", "2015"), ("Needs", "2015/16"), ("Indicators", "2015/16")])
def test_calendar_and_financial_years_in_one_measure(check: Check, sheet: str, first: str) -> None:
    book = good_book().add("Indicators", Indicator="Life expectancy", Place="Bolton", Value=80)
    book.set(sheet, row=0, Period=first).set(sheet, row=1, Period="2015/16" if first == "2015" else "2015")
    issue = next(i for i in check(book) if i.code == "YEAR_CALENDAR")
    assert where(book, issue) == ("warning", sheet, book.cell(sheet, 1, "Period"))


def test_three_years_pooled_beside_a_single_one(check: Check) -> None:
    book = good_book().set("Indicators", row=0, Period="2018-20")
    assert check(book) == []
    book.add("Indicators", Indicator="Life expectancy", Place="Bolton", Value=80, Period="2019")
    issue = only(check(book), "IND_YEAR")
    assert where(book, issue) == ("warning", "Indicators", book.cell("Indicators", 1, "Period"))


def readiness(*periods: str, value: float = 60, **more: object) -> Book:
    book = good_book().remove("Indicators")
    for period, place in zip(periods, ("Bury", "Bolton", "Wigan, west"), strict=False):
        cells = {"Indicator": "School readiness", "Place": place, "Period": period, "Value": value, "Unit": "%"}
        book.add("Indicators", {**cells, **more})
    return book


@pytest.mark.parametrize("before,after", [("2020/21", "2021/22"), ("2019", "2022")])
def test_a_good_level_of_development_across_its_reform(check: Check, before: str, after: str) -> None:
    book = readiness(before, after)
    issue = only(check(book), "IND_YEAR")
    assert where(book, issue) == ("warning", "Indicators", book.cell("Indicators", 1, "Period"))
    assert "2021/22" in issue.found
    assert check(readiness(after, after)) == []


@pytest.mark.parametrize(
    "indicator,unit,value,better,code,column",
    [
        ("Life expectancy at birth, male", "years", 805, "higher", "IND_RANGE", "Value"),
        ("Life expectancy at birth, male", "years", 80.5, "lower", "IND_DIRECTION", "Better"),
        ("Year 6 children with obesity", "%", 25, "higher", "IND_DIRECTION", "Better"),
        ("Year 6 children with obesity", "%", 80, "lower", "IND_RANGE", "Value"),
        ("Reception children with obesity", "%", 98, "lower", "IND_RANGE", "Value"),
        ("Good level of development", "%", 650, "higher", "IND_RANGE", "Value"),
        ("Good level of development", "%", 65, "lower", "IND_DIRECTION", "Better"),
    ],
)
def test_an_indicator_that_is_not_plausible(
    check: Check, indicator: str, unit: str, value: float, better: str, code: str, column: str
) -> None:
    book = good_book().remove("Indicators")
    book.add("Indicators", Indicator=indicator, Place="Bury", Value=value, Unit=unit, Better=better)
    [issue] = check(book)
    assert (issue.code, *where(book, issue)) == (
        code,
        "warning",
        "Indicators",
        book.cell("Indicators", 0, column),
    )


@pytest.mark.parametrize(
    "indicator,unit,value,better",
    [
        ("Inequality in life expectancy at birth", "years", 9.5, "lower"),
        ("Good level of development", "%", 0.65, "higher"),  # a true percentage, as the contract has it
        ("Children not at a good level of development", "number", 900, "lower"),
        ("Year 6 children with obesity", "number", 900, "lower"),
        ("Jobs", "number", 900, "higher"),
    ],
)
def test_indicators_that_may_well_be_right(check: Check, indicator: str, unit: str, value: float, better: str) -> None:
    book = good_book().remove("Indicators")
    book.add("Indicators", Indicator=indicator, Place="Bury", Value=value, Unit=unit, Better=better)
    assert check(book) == []


def test_two_scales_in_one_indicator(check: Check) -> None:
    book = readiness("2022/23", "2022/23", "2022/23").set("Indicators", row=1, Value=0.65)
    issue = only(check(book), "IND_RANGE")
    assert issue.cell == book.cell("Indicators", 1, "Value")


# ---- money -----------------------------------------------------------------------------------------------


def test_a_ring_fence_on_what_its_source_cannot_reach(check: Check) -> None:
    book = good_book().rule("Ring", "amount", "at least", 2, Sources="Grant", Places="Wigan, west")
    issues = [i for i in check(book) if i.code == "RING_NO_SERVICE"]
    assert {where(book, i) for i in issues} == {("warning", "Rules", book.cell("Rules", 7, "Sources"))}
    assert ["'Split'" in i.found or "'Pooled'" in i.found for i in issues] == [True, True]
    book.set("Rules", row=7, Places="Bury")
    assert check(book) == []


def test_a_ring_fence_for_each_source_names_the_one_that_cannot(check: Check) -> None:
    book = good_book().rule("Ring", "amount", "at least", 1, Each="source", Services="Hospital")
    found = [i.found for i in check(book) if i.code == "RING_NO_SERVICE"]
    assert any("from 'National'" in words and "'Split'" in words for words in found)


def test_nothing_is_asked_where_nobody_needs_it(check: Check) -> None:
    # The grant reaches Bury alone; the rule asks 0 of the other two places.
    book = good_book().need("Smokers", {"Bury": 10, "Bolton": 0, "Wigan, west": 0}, Basis="count")
    book.rule("Ring", "per head", "at least", 1, Of="Smokers", Sources="Grant", Each="place")
    assert not [i for i in check(book) if i.code == "RING_NO_SERVICE"]
    book.set("Needs", where={"Need measure": "Smokers", "Place": "Wigan, west"}, Value=1)
    assert "'Wigan, west'" in next(i for i in check(book) if i.code == "RING_NO_SERVICE").found


def test_money_that_nobody_may_spend(check: Check) -> None:
    book = good_book().add("Services", Service="Space")
    book.add("Sources", Source="Rocket", Home_services="Space", Lawful_services="Space").fund("Rocket", [7, 8])
    issue = next(i for i in check(book) if i.code == "ORPHAN_SOURCE")
    assert where(book, issue) == ("warning", "Sources", book.cell("Sources", 3, "Home services"))
    assert "£15.0m" in issue.found  # 7 + 8
    book.add("Provision", Places="Bury", Services="Space", Providers="Royal Trust")
    assert not [i for i in check(book) if i.code == "ORPHAN_SOURCE"]


def test_a_regime_that_no_scenario_uses_is_nobodys_trouble(check: Check) -> None:
    book = good_book().rule("Ring", "amount", "at least", 1, Sources="Grant", Services="Hospital")
    pooled = [i for i in check(book) if i.code == "RING_NO_SERVICE" and "'Pooled'" in i.found]
    assert pooled == []  # pooled, the grant is lawful for the hospital, which is at home for the core
    book.remove("Changes").remove("Scenarios", {"Scenario": "Split"}).set("Scenarios", row=0, Based_on=None)
    assert check(book) == []


def test_a_provider_without_a_line(check: Check) -> None:
    book = good_book().add("Providers", Provider="Idle Trust")
    issue = only(check(book), "ORPHAN_PROVIDER")
    assert where(book, issue) == ("warning", "Providers", book.cell("Providers", 3, "Provider"))


def test_retained_services_in_the_reach_of_others(check: Check) -> None:
    book = good_book().set("Sources", row=0, Lawful_services="all").set("Sources", row=0, Home_services="all")
    issue = next(i for i in check(book) if i.code == "RETAINED_MOVED")
    assert where(book, issue) == ("warning", "Sources", book.cell("Sources", 0, "Lawful services"))
    assert "'CAR-T'" in issue.found


def test_retained_money_in_a_pool(check: Check) -> None:
    book = good_book().set("Regimes", row=1, Sources="all").remove("Regimes", {"Pot": "each", "Regime": "Pooled"})
    issue = only(check(book), "RETAINED_MOVED")
    assert (issue.cell, "'Grant' may pay for 'CAR-T'" in issue.found) == (
        book.cell("Sources", 2, "Lawful services"),
        True,
    )
    book.set("Sources", row=2, Lawful_services="all; not CAR-T")
    assert check(book) == []  # pooled, but each keeps to what is lawful
    book.set("Sources", row=1, Lawful_services="all")
    issue = only(check(book), "RETAINED_MOVED")
    assert where(book, issue) == ("warning", "Sources", book.cell("Sources", 1, "Lawful services"))
    assert "'Hospital' and 1 more" in issue.found


def test_money_that_ends_before_what_it_pays_for(check: Check) -> None:
    # Only the core pays for the hospital, 9 x (2 + 4 + 3) = £81m, and therapies, 2 x 9 = £18m less Bury's £4m,
    # which the grant could pay too: 81 + 18 - 4 = £95m.
    book = good_book().set("Sources", row=0, Kind="non-recurrent")
    assert check(book) == []
    book.set("Funding", where={"Source": "Core", "Year": "2026/27"}, Amount=0)
    issue = only(check(book), "RECURRENT_NR")
    assert where(book, issue) == ("warning", "Sources", book.cell("Sources", 0, "Kind"))
    assert "ends in 2025/26" in issue.found
    assert "£95.0m" in issue.found


# ---- what is published ---------------------------------------------------------------------------------


@pytest.mark.parametrize("year,count,warned", [("2024/25", 59, 0), ("2024/25", 60, 1), ("2025/26", 70, 0)])
def test_more_specialised_services_than_were_delegated(check: Check, year: str, count: int, warned: int) -> None:
    book = greater_manchester(years=(year,))
    for number in range(count):
        book.add("Services", Service=f"Service {number}", Programme="Specialised care", Delegation="delegated")
    issues = [i for i in check(book) if i.code != "NO_SUPPLY"]  # nobody provides what was added
    assert [i.code for i in issues] == ["DELEGATION_DATE"] * warned
    if warned:  # the sixtieth, after the one service that was there
        assert where(book, issues[0]) == ("warning", "Services", book.cell("Services", 60, "Delegation"))


def test_a_public_health_grant_where_there_is_none(check: Check) -> None:
    book = greater_manchester().set("Sources", row=0, Source="Public health grant")
    book.set("Funding", row=0, Source="Public health grant")
    issue = only(check(book), "RING_WRONG_BODY")
    assert where(book, issue) == ("warning", "Sources", book.cell("Sources", 0, "Source"))
    assert "retained business rates" in issue.expected
    assert check(book.set("Sources", row=0, Authority="Notional amount")) == []
    book.set("Sources", row=0, Authority="Grant")
    for sheet in ("Years", "Funding"):
        book.set(sheet, row=0, Year="2026/27")
    assert check(book) == []  # a grant of consolidated elements is paid again


def test_better_care_under_the_published_growth(check: Check) -> None:
    book = greater_manchester(years=("2025/26",)).rule("Better care", "growth", "at least", 0.038)
    issue = only(check(book), "BCF_BELOW_MIN")
    assert where(book, issue) == ("warning", "Rules", book.cell("Rules", 0, "Value"))
    assert "3.9%" in issue.found
    kept = check(book.set("Rules", row=0, Value=0.039))
    assert {issue.code for issue in kept} <= {"FLOOR_SUM_GT_POT", "NOT_MET"}  # 3.9% is more than this book has
    other = greater_manchester().rule("Better care", "growth", "at least", 0.01)
    assert {issue.code for issue in check(other)} <= {"FLOOR_SUM_GT_POT", "NOT_MET"}  # 2024/25


# ---- about the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version,warned", [("1", 0), (1.0, 0), ("v1.0.0", 0), ("2.0", 1), ("0.9", 1), ("new", 1)])
def test_the_version_of_the_template(check: Check, version: object, warned: int) -> None:
    book = good_book().about("Template version", version)
    issues = check(book)
    assert [(i.code, *where(book, i)) for i in issues] == [
        ("VERSION_MISMATCH", "warning", "About", book.cell("About", 8, "Value"))
    ] * warned


@pytest.mark.parametrize(
    "until,today,warned",
    [
        ("2026-03-31", "2026-03-31", 0),
        ("2026-03-31", "2026-04-01", 1),
        ("31/03/2026", "2026-04-01", 1),
        ("31 March 2026", "2026-03-30", 0),
        (dt.date(2026, 3, 31), "2026-04-01", 1),
        ("2025/26", "2026-03-31", 0),
        ("2025/26", "2026-04-01", 1),
        ("until further notice", "2020-01-01", 1),
        (None, "2099-01-01", 0),
    ],
)
def test_a_workbook_is_used_until_its_day(tmp_path: Path, until: object, today: str, warned: int) -> None:
    book = good_book().about("Use until", until)
    tables = read_workbook(book.save(tmp_path / "in.xlsx")).tables
    budget, issues = check_tables(tables, today=dt.date.fromisoformat(today))
    assert budget is not None
    assert [(i.code, *where(book, i)) for i in issues] == [
        ("SUNSET", "warning", "About", book.cell("About", 7, "Value"))
    ] * warned


@pytest.mark.parametrize(
    "stated,note,warned",
    [
        ("Cash", "Plan at 2016/17 prices", 1),
        ("2025/26 prices", "Plan at 2016/17 prices", 1),
        ("2025/26 prices", "Plan, cash terms", 1),
        ("Cash", "Plan in real terms", 1),
        ("2025/26 prices", "Plan at 2025/26 prices", 0),
        ("2025/26 prices", "Uprated from 2016/17 prices", 0),
        ("Cash, 2016/17 to 2020/21", "Accounts of 2015/16", 0),
        (None, "Plan at 2016/17 prices", 0),
    ],
)
@pytest.mark.parametrize("sheet", ["Funding", "Baseline"])
def test_prices_that_mix(check: Check, sheet: str, stated: object, note: str, warned: int) -> None:
    book = good_book().about("Price basis", stated).set(sheet, row=1, Source_of_figure=note)
    issues = check(book)
    assert [(i.code, *where(book, i)) for i in issues] == [
        ("PRICE_BASIS", "warning", sheet, book.cell(sheet, 1, "Source of figure"))
    ] * warned


@pytest.mark.parametrize("name", ["Split/Pooled", "A scenario with rather more than 31 letters", "Split:"])
def test_a_scenario_name_that_no_sheet_can_bear(check: Check, name: str) -> None:
    book = good_book().set("Scenarios", row=1, Scenario=name).remove("Changes")
    issue = only(check(book), "NAME_CLASH")
    assert where(book, issue) == ("warning", "Scenarios", book.cell("Scenarios", 1, "Scenario"))
    assert len(check(book)) == 1


# ---- the tables behind it --------------------------------------------------------------------------------


def test_every_fact_has_a_source() -> None:
    names = [file.name for file in files("budgetmodel.knowledge").iterdir()]
    tables = [name.removesuffix(".csv") for name in names if name.endswith(".csv")]
    assert len(tables) > 5
    for name in tables:
        assert facts(name), name
        assert all(fact["source"] and None not in fact.values() and None not in fact for fact in facts(name)), name


def test_the_places_are_those_of_the_worked_example() -> None:
    example = (files("budgetmodel") / "examples/greater_manchester/places.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(example.splitlines()))
    assert [(row["Place"], row["Code (ONS)"], row["Sub-ICB code"]) for row in rows] == [
        (fact["place"], fact["ons_code"], fact["sub_icb_code"]) for fact in facts("places")
    ]


def test_phrases_stand_in_order() -> None:
    assert says("Year 6: obese or overweight", "year 6*obes")
    assert not says("Obese in year 6", "year 6*obes")


def test_no_sense_check_stops_a_run(check: Check) -> None:
    book = good_book().about("Template version", "9").about("Use until", "never").set("Needs", row=2, Basis="resident")
    assert errors(check(book)) == ()


# ---- a source twice in the same pot --------------------------------------------------------------------


def in_one_pot_twice(**second: str) -> Book:
    """Core and Grant share a pot; a second row says so of Core again."""
    book = two_places().add("Sources", Source="Grant").fund("Grant", [10]).set("Regimes", Pot="Pool")
    return book.add("Regimes", {"Regime": "Split", "Sources": "Core", "Pot": "Pool"} | second)


def test_a_source_twice_in_the_same_pot_is_in_one_pot(check: Check, tmp_path: Path) -> None:
    book = in_one_pot_twice()
    issue = only(check(book), "POT_TWICE")
    assert where(book, issue) == ("warning", "Regimes", book.cell("Regimes", 1, "Sources"))
    assert f"Regimes!{book.cell('Regimes', 0, 'Decided at')}" in issue.found
    twice = bm.solve(bm.read(tmp_path / "in.xlsx"), "Base")
    once = bm.solve(bm.read(book.remove("Regimes", {"Sources": "Core"}).save(tmp_path / "once.xlsx")), "Base")
    assert twice.allocation["amount"].tolist() == pytest.approx(once.allocation["amount"].tolist())
    assert oracle.solve(tmp_path / "in.xlsx", "Base").status == "optimal"


@pytest.mark.parametrize("pot", ["each", "EACH"])
def test_a_source_twice_in_a_pot_of_its_own(check: Check, pot: str) -> None:
    assert [issue.code for issue in check(in_one_pot_twice(Pot=pot).set("Regimes", row=0, Pot="each"))] == ["POT_TWICE"]


def test_rows_of_one_pot_that_contradict_each_other(check: Check) -> None:
    book = in_one_pot_twice(**{"Decided at": "place"})
    issue = only(check(book), "POT_LEVELS")
    assert where(book, issue) == ("error", "Regimes", book.cell("Regimes", 1, "Decided at"))
    assert "decided at place, but Regimes!" in issue.found
    assert "says system" in issue.found
    # One pot may well be decided at two levels, if no source is.
    apart = book.set("Regimes", row=0, Sources="Grant")
    assert [issue.code for issue in check(apart)] == []


# ---- names that only selectors forbid ------------------------------------------------------------------


def test_what_no_selector_speaks_of_may_be_called_all(check: Check, tmp_path: Path) -> None:
    book = two_places().set("Target", Component="All").set("Regimes", Regime="All").set("Contracts", Regime="All")
    book.set("Scenarios", Scenario="All", Regime="All")
    book.rule("All", "fair share", "at least", -0.5, Of="all", Each="place")
    book.change("All", "Rules", "set", Where="Rule=All", Field="Value", Value=-0.4)
    assert check(book) == []
    assert bm.solve(bm.read(tmp_path / "in.xlsx"), "All").status == "optimal"


@pytest.mark.parametrize("sheet,column", [("Places", "Place"), ("Services", "Service"), ("Sources", "Source")])
def test_what_selectors_speak_of_may_not(check: Check, sheet: str, column: str) -> None:
    book = two_places().add(sheet, {column: "ALL"})
    assert only(check(book), "NAME_FORBIDDEN").cell == book.cell(sheet, len(book[sheet]) - 1, column)


@pytest.mark.parametrize("typed, read", [("yes", "yes"), (" YES ", "yes"), ("No", "no")])
def test_a_workbook_may_ask_for_the_sheets_of_2020(tmp_path: Path, typed: str, read: str) -> None:
    book = good_book().about("Engagement questions", typed)
    budget, issues = check_tables(read_workbook(book.save(tmp_path / "in.xlsx")).tables)
    assert budget is not None
    assert budget.settings["Engagement questions"] == read
    assert not [issue for issue in issues if issue.severity == "error"]


def test_a_setting_of_yes_or_no_that_is_neither_is_named(tmp_path: Path) -> None:
    book = good_book().about("Engagement questions", "maybe")
    budget, issues = check_tables(read_workbook(book.save(tmp_path / "in.xlsx")).tables)
    [found] = [issue for issue in issues if issue.severity == "error"]
    at = next(n for n, row in enumerate(book["About"]) if row["Setting"] == "Engagement questions")
    assert (budget, found.code, found.sheet, found.cell) == (
        None,
        "CHOICE_UNKNOWN",
        "About",
        book.cell("About", at, "Value"),
    )
    assert "yes" in found.expected + found.fix
