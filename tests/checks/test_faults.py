"""One fault in one cell of a good workbook: found there, under its code, with what to type instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue, errors
from tests.support.builder import Book

Check = Callable[..., list[Issue]]


def good_book() -> Book:
    """Three places, three services, three sources, two years: something of everything, and nothing wrong."""
    book = Book()
    for year in ("2025/26", "2026/27"):
        book.add("Years", Year=year, Weight=1)
    book.add("Places", Place="Bury", Also_known_as="Bury borough", Group="North", Equity_weight=1)
    book.add("Places", Place="Bolton", Group="North", Equity_weight=1)
    book.add("Places", Place="Wigan, west", Also_known_as="Wigan", Group="South", Equity_weight=1)
    book.need("Population", {"Bury": 1000, "Bolton": 2000, "Wigan, west": 1500})
    book.need("Children", {"Bury": 300, "Bolton": 500, "Wigan, west": 400}, Basis="count")
    book.add("Services", Service="Hospital", Programme="Acute", Place_key="Population")
    book.add("Services", Service="Talking therapies", Programme="Mental health", Tags="MHIS; prevention")
    book.add("Services", Service="CAR-T", Programme="Specialised", Delegation="retained")
    book.add("Providers", Provider="Royal Trust")
    book.add("Providers", Provider="Helping Hands", Sector="VCSE", Lead_group="Alliance")
    book.add("Providers", Provider="National Centre")
    own = {"Home services": "all; not CAR-T", "Lawful services": "all; not CAR-T"}
    book.add("Sources", own, Source="Core", Carry_forward=0.05).fund("Core", [100, 102])
    national = {"Home services": "CAR-T", "Lawful services": "CAR-T"}
    book.add("Sources", national, Source="National", Holder="NHS England").fund("National", [10, 10])
    grant = {"Home places": "Bury", "Lawful places": "group: North", "Home services": "tag: prevention"}
    book.add("Sources", grant, Source="Grant", Holder="Council").fund("Grant", [5, 5])
    for place, need in (("Bury", 2), ("Bolton", 4), ("Wigan, west", 3)):
        book.spend(place, "Hospital", "Royal Trust", 9 * need)
        book.spend(place, "Talking therapies", "Helping Hands", 2 * need)
        book.spend(place, "CAR-T", "National Centre", need)
    book.add("Provision", Places="all", Services="Talking therapies", Providers="Royal Trust")
    book.add("Target", Component="Overall", Need_measure="Population", Services="all", Weight=3)
    book.add("Target", Component="Young", Need_measure="Children", Services="programme: Mental health", Weight=1)
    book.rule("Floor", "change", "at least", -0.2, Each="place", Places="all")
    book.rule("Standard", "growth", "at least", 0, Services="tag: MHIS", Years="2026/27 onwards")
    book.rule("Sum", "amount", "at least", 5, Sources="Core", Places="Bury")
    book.rule("VCSE", "share", "at least", 0.01, Providers="sector: VCSE", Of="providers=all", Each="place")
    book.rule("Rate", "per head", "at least", 10, Of="Population", Strength="should", Weight=2)
    book.rule("Fair", "fair share", "at least", -0.5, Of="Overall", Each="place", Strength="should")
    book.rule("Moved", "moved", "at most", 0.5, Each="service", Strength="should")
    book.add("Regimes", Regime="Split", Sources="all", Pot="each")
    book.add("Regimes", Regime="Pooled", Sources="all; not National", Pot="The pool")
    book.add("Regimes", Regime="Pooled", Sources="National", Pot="each")
    book.add("Contracts", Regime="Split", Services="all", Providers="all")
    book.add("Contracts", Regime="Pooled", Services="Hospital", Providers="Royal Trust", Fee=0.01)
    book.add("Contracts", Regime="Pooled", Services="all", Providers="all")
    book.add("Indicators", Indicator="Life expectancy", Place="Bury", Value=80)
    book.add("Scenarios", Scenario="Split", Regime="Split")
    book.add("Scenarios", Scenario="Pooled", Regime="Pooled", Based_on="Split")
    book.change("Pooled", "Funding", "multiply", Where="Source=Core", Field="Amount", Value=1.01)
    return book


@dataclass(frozen=True)
class Fault:
    """What is typed where, the code that finds it, and words that the message must hold.

    `at` is where it is reported, if not where it was typed; `also` are codes of errors that follow from it.
    """

    code: str
    sheet: str
    row: int
    column: str
    value: object
    says: str = ""
    severity: str = "error"
    at: tuple[str, int, str] | None = None
    also: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.code} {self.sheet}.{self.column} = {self.value}"


def fault(code: str, place: str, row: int, value: object, says: str = "", **more: object) -> Fault:
    sheet, _, column = place.partition(".")
    return Fault(code, sheet, row, column, value, says, **more)  # type: ignore[arg-type]


def warned(*what: object, **more: object) -> Fault:
    return fault(*what, severity="warning", **more)  # type: ignore[arg-type]


def repaired(*what: object, **more: object) -> Fault:
    return fault(*what, severity="repaired", **more)  # type: ignore[arg-type]


NUMBERS = [
    fault("NOT_A_NUMBER", "Funding.Amount", 0, "lots"),
    fault("NOT_A_NUMBER", "Funding.Amount", 0, True),
    fault("NOT_A_NUMBER", "Baseline.Amount", 1, dt.date(2025, 4, 1), "date"),
    fault("NOT_A_NUMBER", "Needs.Value", 0, "about 1000"),
    fault("NOT_A_NUMBER", "Rules.Value", 0, "a fifth"),
    fault("NOT_A_NUMBER", "Contracts.Fee", 0, "low"),
    fault("PLACEHOLDER", "Baseline.Amount", 0, "n/a"),
    fault("PLACEHOLDER", "Needs.Value", 1, "TBC"),
    fault("CURRENCY", "Funding.Amount", 1, "£100m"),
    fault("LOCALE_DECIMAL", "Funding.Amount", 1, "100,25", "point"),
    fault("OCR_NUMBER", "Baseline.Amount", 0, "1O5", "105"),
    fault("OUT_OF_RANGE", "Needs.Value", 0, -1),
    fault("OUT_OF_RANGE", "Baseline.Amount", 0, 1e13),
    fault("PCT_SCALE", "Contracts.Fee", 1, 2, "0.02"),
    fault("PCT_SCALE", "Sources.Carry forward", 0, 5, "0.02"),
    repaired("TEXT_NUMBER", "Funding.Amount", 0, "100.0"),
    repaired("TEXT_NUMBER", "Contracts.Fee", 0, "2%", "0.02"),
    repaired("TEXT_NUMBER", "Rules.Value", 2, " 5 "),
]
BLANKS = [
    fault("BLANK_VS_ZERO", place, 0, None, "blank")
    for place in (
        "Funding.Amount",
        "Baseline.Amount",
        "Needs.Value",
        "Rules.Value",
        "Rules.Measure",
        "Contracts.Fee",
        "Contracts.Cost per contract",
        "Target.Weight",
        "Target.Need measure",
        "Services.Programme",
        "Scenarios.Regime",
        "Indicators.Value",
    )
] + [
    warned("CHANGE_NO_REASON", "Changes.Reason", 0, None, "no reason given"),
    fault("BLANK_VS_ZERO", "Needs.Need measure", 0, None, "blank", also=frozenset({"PLACE_MISSING"})),
    fault("BLANK_VS_ZERO", "Years.Year", 1, None, also=frozenset({"YEAR_UNKNOWN", "SELECTOR_EMPTY"})),
    fault("BLANK_VS_ZERO", "Places.Place", 1, None, also=frozenset({"PLACE_UNKNOWN"})),
    fault("BLANK_VS_ZERO", "Baseline.Place", 2, None),
    fault("BLANK_VS_ZERO", "Regimes.Pot", 0, None, "blank"),
    fault("BLANK_VS_ZERO", "Rules.Of", 3, None, "services=all"),
    fault("BLANK_VS_ZERO", "Rules.Of", 4, None, "need measure"),
    fault("BLANK_VS_ZERO", "Rules.Of", 5, None, "component"),
]
UNKNOWN = [
    fault("PLACE_UNKNOWN", "Baseline.Place", 0, "Burry", "'Bury'"),
    fault("SERVICE_UNKNOWN", "Baseline.Service", 1, "Taking therapies", "'Talking therapies'"),
    fault("PROVIDER_UNKNOWN", "Baseline.Provider", 1, "Helping Hand", "'Helping Hands'"),
    fault("PLACE_UNKNOWN", "Needs.Place", 0, "Timbuktu", also=frozenset({"PLACE_MISSING"})),
    fault("SOURCE_UNKNOWN", "Funding.Source", 0, "Cores", "'Core'"),
    fault("YEAR_UNKNOWN", "Funding.Year", 1, "2027/28"),
    fault("REGIME_UNKNOWN", "Contracts.Regime", 0, "Spilt", "'Split'", also=frozenset({"NO_CONTRACT"})),
    fault("REGIME_UNKNOWN", "Scenarios.Regime", 1, "Pool", "'Pooled'"),
    fault("SCENARIO_UNKNOWN", "Scenarios.Based on", 1, "Splitt", "'Split'"),
    fault("SCENARIO_UNKNOWN", "Changes.Scenario", 0, "Poolled", "'Pooled'"),
    fault("NEED_UNKNOWN", "Target.Need measure", 0, "Populations", "'Population'"),
    fault("NEED_UNKNOWN", "Services.Place key", 0, "Popluation", "'Population'"),
    fault("NEED_UNKNOWN", "Rules.Of", 4, "Child", "'Children'"),
    fault("COMPONENT_UNKNOWN", "Rules.Of", 5, "Overal", "'Overall'"),
    fault("CHOICE_UNKNOWN", "Rules.Measure", 0, "changes", "'change'"),
    fault("CHOICE_UNKNOWN", "Rules.Limit", 0, "at lest", "'at least'"),
    fault("CHOICE_UNKNOWN", "Rules.Strength", 0, "could"),
    fault("CHOICE_UNKNOWN", "Contracts.Form", 0, "blok", "'block'"),
    fault("CHOICE_UNKNOWN", "Providers.Sector", 1, "VCS", "'VCSE'", also=frozenset({"SELECTOR_EMPTY"})),
    fault("OBJECTIVE_UNKNOWN", "Scenarios.Objective", 0, "ginni", "'gini'"),
    warned("STATUS_UNKNOWN", "Funding.Status", 0, "guessed"),
    warned("SETTING_UNUSED", "About.Setting", 0, "Titel", "'Title'"),
    repaired("WHITESPACE_CASE", "Baseline.Place", 0, "bury ", "'Bury'"),
    repaired("WHITESPACE_CASE", "Places.Group", 1, "NORTH", "'North'"),
    repaired("WHITESPACE_CASE", "Needs.Need measure", 1, " population", "'Population'"),
    repaired("WHITESPACE_CASE", "Services.Programme", 1, "Mental  health", "'Mental health'"),
    repaired("WHITESPACE_CASE", "Providers.Lead group", 2, "royal trust", "'Royal Trust'"),
    repaired("WHITESPACE_CASE", "Sources.Holder", 1, "icb", "'ICB'"),
    repaired("WHITESPACE_CASE", "Regimes.Regime", 2, "pooled", "'Pooled'"),
    repaired("WHITESPACE_CASE", "Target.Need measure", 1, "children", "'Children'"),
    repaired("WHITESPACE_CASE", "Services.Place key", 0, "POPULATION", "'Population'"),
    repaired("WHITESPACE_CASE", "Contracts.Form", 0, "BLOCK", "'block'"),
    repaired("WHITESPACE_CASE", "Rules.Limit", 0, "At  Least", "'at least'"),
    repaired("WHITESPACE_CASE", "Rules.Strength", 0, "must ", "'must'"),
    repaired("WHITESPACE_CASE", "Target.Keep at most", 0, "None", "'none'"),
    repaired("WHITESPACE_CASE", "Needs.Status", 0, "Published", "'published'"),
    repaired("PLACE_ALIAS", "Baseline.Place", 6, "wigan", "'Wigan, west'"),
    repaired("PLACE_ALIAS", "Rules.Places", 2, "all; not Bury Borough", "'Bury'"),
]
NOT_BUILT = [
    fault("OBJECTIVE_NOT_BUILT", "Scenarios.Objective", 1, name, f"'{name}'")
    for name in ("shortfall", "banded", "minimax", "leximin", "owa", "atkinson", "kolm", "sii:Life expectancy")
]
DUPLICATES = [
    fault("PLACE_DUP", "Places.Place", 1, "BURY", "Places!A5", also=frozenset({"PLACE_UNKNOWN"})),
    fault("ALIAS_CLASH", "Places.Also known as", 1, "Bury", "'Bury'"),
    fault("DUPLICATE_ROW", "Funding.Year", 1, "2025/26", at=("Funding", 1, "Source")),
    fault("DUPLICATE_ROW", "Needs.Place", 1, "Bury borough", also=frozenset({"PLACE_MISSING"})),
    fault("DUPLICATE_ROW", "Rules.Rule", 1, "floor"),
    fault("DUPLICATE_ROW", "Target.Component", 1, "Overall"),
    fault("DUP_SCENARIO", "Scenarios.Scenario", 1, "Split", also=frozenset({"SCENARIO_UNKNOWN", "SCENARIO_CIRCLE"})),
]
MONEY = [
    fault("NEG_BUDGET", "Funding.Amount", 0, -1, "negative"),
    fault("NEG_BUDGET", "Baseline.Amount", 3, -0.5, "negative"),
    fault("NEG_BUDGET", "Rules.Value", 2, -5, "negative"),
]
BROKEN_CELLS = [
    fault("XL_ERROR", place, 0, error, error)
    for place, error in (
        ("Funding.Amount", "#REF!"),
        ("Baseline.Amount", "#DIV/0!"),
        ("Needs.Value", "#N/A"),
        ("Rules.Value", "#VALUE!"),
        ("Rules.Places", "#REF!"),
        ("Services.Programme", "#NAME?"),
    )
] + [
    fault("NO_CACHED_VALUE", place, 0, "=1+1", "F9")
    for place in ("Funding.Amount", "Baseline.Amount", "Needs.Value", "Rules.Value", "Contracts.Fee")
]
WEIGHTS = [
    fault("WEIGHT_NOT_POSITIVE", place, 0, value)
    for place in ("Years.Weight", "Places.Equity weight", "Target.Weight", "Rules.Weight")
    for value in (0, -1)
]
YEARS = [
    fault("YEAR_MISSING", "Years.Year", 1, "2027/28", "2025/26", also=frozenset({"YEAR_UNKNOWN", "SELECTOR_EMPTY"})),
    fault("YEAR_FORMAT", "Funding.Year", 0, "2025"),
    fault("YEAR_AS_DATE", "Funding.Year", 0, dt.date(2025, 4, 1), "text"),
    repaired("YEAR_FORMAT", "Funding.Year", 0, "2025-26", "2025/26"),
    fault("TEXT_AS_DATE", "Services.Programme", 0, dt.date(2025, 3, 1)),
]
SELECTORS = [
    fault("PLACE_UNKNOWN", "Rules.Places", 0, "Bury; Bolten", "'Bolton'"),
    fault("PLACE_UNKNOWN", "Rules.Places", 0, "all; not Burry", "'Bury'"),
    fault("SERVICE_UNKNOWN", "Sources.Home services", 0, "Hospitals", "'Hospital'"),
    fault("SELECTOR_EMPTY", "Rules.Services", 1, "tag: MHIT", "'tag: MHIS'"),
    fault("SELECTOR_EMPTY", "Rules.Services", 1, "colour: red", "colour"),
    fault("SELECTOR_EMPTY", "Rules.Services", 1, "all; not tag: green", "green"),
    fault("SELECTOR_EMPTY", "Rules.Providers", 3, "sector: VCSE; not Helping Hands", "exceptions"),
    fault("SELECTOR_EMPTY", "Rules.Years", 1, "2030/31 onwards", "2030/31"),
    fault("SELECTOR_EMPTY", "Rules.Years", 1, "2026/27 to 2025/26", "ends before"),
    fault("SOURCE_UNKNOWN", "Regimes.Sources", 2, "Nationl", "'National'"),
    fault("SELECTOR_EMPTY", "Rules.Places", 0, ";", "a blank cell means all"),
    fault("SELECTOR_EMPTY", "Rules.Sources", 2, " ; ;", "a blank cell means all"),
    fault("CHANGE_WHERE", "Changes.Where", 0, ";", "every row"),
]
SENSE = [
    fault("SOURCE_NO_POT", "Regimes.Sources", 0, "Core; Grant", "'National'"),
    fault("SOURCE_TWICE", "Regimes.Sources", 2, "National; Core", "'Core'"),
    fault("SOURCE_NO_POT", "Regimes.Years", 0, "2025/26", "2026/27", at=("Regimes", 0, "Sources")),
    fault("POT_NAME", "Regimes.Pot", 1, "core", "source's name"),
    fault("HOME_NOT_LAWFUL", "Sources.Lawful places", 2, "Bolton", "'Bury'", at=("Sources", 2, "Home places")),
    fault("HOME_NOT_LAWFUL", "Sources.Home services", 1, "all", "'Hospital'"),
    fault("NO_CONTRACT", "Contracts.Services", 2, "Hospital", "'Talking therapies'"),
    fault("NO_CONTRACT", "Contracts.Providers", 0, "sector: VCSE", at=("Contracts", 0, "Services")),
    fault("SCENARIO_CIRCLE", "Scenarios.Based on", 0, "Pooled", "itself"),
    warned("ORPHAN_SERVICE", "Sources.Home places", 1, "Bury; Bolton", "'CAR-T'", at=("Baseline", 8, "Service")),
    warned("ZERO_TARGET", "Needs.Value", 3, 0),
    warned("FLOOR_GT_CEIL", "Target.Keep at most", 0, 0.9),
    warned(
        "FUNDING_MISSING", "Funding.Source", 3, "Core", also=frozenset({"DUPLICATE_ROW"}), at=("Sources", 1, "Source")
    ),
]
NAMES = [fault("NAME_FORBIDDEN", "Target.Component", 1, f"You{sign}ng", f"'{sign}'") for sign in (";", "|", "=")] + [
    fault("NAME_FORBIDDEN", "Rules.Rule", 0, "Floor; places"),
    fault("NAME_FORBIDDEN", "Scenarios.Scenario", 0, "A=B", also=frozenset({"SCENARIO_UNKNOWN"})),
    fault("NAME_FORBIDDEN", "Providers.Provider", 2, "All", "every member", also=frozenset({"PROVIDER_UNKNOWN"})),
]
RULES = [
    fault("MOVED_LIMIT", "Rules.Limit", 6, "at least", "at most"),
    fault("MOVED_EACH", "Rules.Each", 6, None, "Each"),
    fault("RULE_SOURCES", "Rules.Sources", 1, "Core", "Baseline has no sources"),
    fault("RULE_SOURCES", "Rules.Each", 0, "place, source", "Baseline has no sources"),
    fault("RULE_SOURCES", "Rules.Sources", 5, "Grant"),
    fault("RULE_SOURCES", "Rules.Sources", 6, "all; not Grant"),
    fault("EACH_UNKNOWN", "Rules.Each", 0, "plaice", "'place'"),
    fault("EACH_UNKNOWN", "Rules.Each", 0, "place, year"),
    fault("EACH_UNKNOWN", "Rules.Each", 0, "place; service", "commas: place, service"),
    fault("EACH_UNKNOWN", "Rules.Each", 0, "Places and provider / source", "commas: place, provider, source"),
    fault("OF_FORMAT", "Rules.Of", 3, "services=all; providers=all", "services=all // providers=all"),
    fault("OF_FORMAT", "Rules.Of", 3, "services=all; not CAR-T / Provider = all", "not CAR-T // Provider = all"),
    fault("OF_FORMAT", "Rules.Of", 3, "all", "services=all"),
    fault("OF_FORMAT", "Rules.Of", 3, "provider = all // providers=all"),
    fault("OF_FORMAT", "Rules.Of", 3, "porviders=all", "providers=all"),
    fault("PROVIDER_UNKNOWN", "Rules.Of", 3, "providers=Royal Trusts", "'Royal Trust'"),
    warned("OF_UNUSED", "Rules.Of", 0, "services=all"),
]
EVERY = [
    *NUMBERS,
    *BLANKS,
    *UNKNOWN,
    *NOT_BUILT,
    *DUPLICATES,
    *MONEY,
    *BROKEN_CELLS,
    *WEIGHTS,
    *YEARS,
    *SELECTORS,
    *SENSE,
    *NAMES,
    *RULES,
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Path]:
    book = good_book()
    return book, book.save(tmp_path_factory.mktemp("good") / "good.xlsx")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Save a book and check it."""

    def run(book: Book, **options: object) -> list[Issue]:
        return bm.check(book.save(tmp_path / "in.xlsx", **options))

    return run


def test_the_good_book_has_nothing_to_report(good: tuple[Book, Path]) -> None:
    assert bm.check(good[1]) == []


@pytest.mark.parametrize("planted", EVERY, ids=str)
def test_a_planted_fault_is_found_at_its_cell(good: tuple[Book, Path], tmp_path: Path, planted: Fault) -> None:
    assert_found(planted, *good, tmp_path)


def assert_found(planted: Fault, book: Book, path: Path, folder: Path) -> None:
    """Plant a fault in a copy of a saved book: it is found at its cell, and besides it only what follows from it."""
    file = openpyxl.load_workbook(path)
    file[planted.sheet][book.cell(planted.sheet, planted.row, planted.column)].value = planted.value
    spoilt = folder / "spoilt.xlsx"
    file.save(spoilt)

    try:
        issues = bm.read(spoilt).issues
        assert planted.severity != "error"
    except bm.InputErrors as refused:
        issues = refused.issues
        assert errors(issues)
    sheet, row, column = planted.at or (planted.sheet, planted.row, planted.column)
    found = [i for i in issues if (i.code, i.sheet, i.cell) == (planted.code, sheet, book.cell(sheet, row, column))]
    assert found, [issue.sentence for issue in issues]
    assert found[0].severity == planted.severity
    assert planted.says in f"{found[0].found} {found[0].expected} {found[0].fix}"
    assert {issue.code for issue in errors(issues)} - {planted.code} <= planted.also


@pytest.mark.parametrize("value,stops", [(-1, True), ("100", False)])
def test_check_lists_what_read_carries_and_never_raises(
    check: Check, tmp_path: Path, value: object, stops: bool
) -> None:
    issues = check(good_book().set("Funding", row=0, Amount=value))
    assert len(issues) == 1
    if stops:
        with pytest.raises(bm.InputErrors, match="Funding!C5") as refused:
            bm.read(tmp_path / "in.xlsx")
        assert list(refused.value.issues) == issues
    else:
        assert list(bm.read(tmp_path / "in.xlsx").issues) == issues


def only(issues: list[Issue], code: str) -> Issue:
    found = [issue for issue in issues if issue.code == code]
    assert len(found) == 1, [issue.sentence for issue in issues]
    return found[0]


# ---- sheets and columns ------------------------------------------------------------------------------


def test_every_missing_sheet_is_named_at_once(check: Check) -> None:
    issues = check(good_book(), omit=("Funding", "Regimes"))
    missing = [issue for issue in issues if issue.code == "SHEET_MISSING"]
    assert [(issue.sheet, issue.severity) for issue in missing] == [("Funding", "error"), ("Regimes", "error")]
    assert errors(issues) == tuple(missing)


def test_sheets_that_may_be_missing(check: Check) -> None:
    book = good_book()
    assert check(book, omit=("Indicators", "Changes", "Provision")) == []


def test_a_misspelt_sheet_is_named_with_the_right_name(check: Check) -> None:
    issue = only(check(good_book(), rename={"Baseline": "Base line"}), "SHEET_MISSING")
    assert (issue.severity, issue.sheet, issue.fix) == ("error", "Base line", "Rename it to 'Baseline'.")


@pytest.mark.parametrize("column,typed", [("Amount", "Ammount"), ("Source", "Sorce"), ("Year", "Yaer")])
def test_a_misspelt_column_is_named_with_the_right_name(check: Check, column: str, typed: str) -> None:
    book = good_book()
    issue = only(check(book, rename={f"Funding.{column}": typed}), "COL_RENAMED")
    assert (issue.severity, issue.sheet, issue.cell) == ("error", "Funding", book.cell("Funding", -1, column))
    assert f"'{column}" in issue.fix


def test_a_misspelt_column_that_need_not_be_there_is_an_error_too(check: Check) -> None:
    # Silently unused, it would let Carry forward fall back to its default of 0.
    book = good_book()
    issue = only(check(book, rename={"Sources.Carry forward": "Carry foward"}), "COL_RENAMED")
    assert (issue.severity, issue.cell) == ("error", book.cell("Sources", -1, "Carry forward"))


@pytest.mark.parametrize("typed", ["Sum", "Ammount"])
@pytest.mark.parametrize("unit", ["£k", "£m"])
def test_a_missing_column_of_money_is_asked_for_in_the_unit_of_the_workbook(
    check: Check, typed: str, unit: str
) -> None:
    issues = check(good_book(), money_unit=unit, rename={"Funding.Amount": typed})
    issue = only([issue for issue in issues if issue.severity == "error"], "COL_RENAMED")
    assert f"'Amount ({unit})'" in issue.fix


def test_a_missing_column_is_an_error(check: Check) -> None:
    issues = check(good_book(), rename={"Rules.Strength": "Colour"})
    issue = only(issues, "COL_RENAMED")
    assert (issue.severity, issue.sheet) == ("error", "Rules")
    assert "Strength" in issue.found


def test_a_column_that_stands_twice_is_an_error(check: Check) -> None:
    book = good_book()
    issue = only(check(book, rename={"Funding.Status": "amount (£m)"}), "COL_DUP")
    assert (issue.severity, issue.sheet, issue.cell) == ("error", "Funding", book.cell("Funding", -1, "Status"))


def test_extra_columns_and_sheets_are_warned_of_and_kept(check: Check, tmp_path: Path) -> None:
    book = good_book()
    issues = check(book, extra={"Places": {"Ward": "East"}})
    issue = only(issues, "COL_UNUSED")
    assert (issue.severity, issue.cell, errors(issues)) == ("warning", "H4", ())
    assert bm.read(tmp_path / "in.xlsx").tables["Places"].column("Ward") == ("East",) * 3

    file = openpyxl.load_workbook(tmp_path / "in.xlsx")
    file.create_sheet("Jottings")["A1"] = "remember"
    file.save(tmp_path / "in.xlsx")
    issue = only(bm.check(tmp_path / "in.xlsx"), "SHEET_UNUSED")
    assert (issue.severity, issue.sheet) == ("warning", "Jottings")


@pytest.mark.parametrize("layout", ["moved", "shuffled", "bare", "pounds", "thousands"])
def test_layouts_that_mean_the_same_read_the_same(check: Check, tmp_path: Path, layout: str) -> None:
    plain = bm.read(good_book().save(tmp_path / "plain.xlsx"))
    assert check(good_book(), layout=layout) == []
    other = bm.read(tmp_path / "in.xlsx")
    assert other.years == plain.years
    assert other.funding.sum(axis=0) == pytest.approx(plain.funding.sum(axis=0))
    assert sorted(other.places) == sorted(plain.places)


def test_faults_are_found_in_a_moved_sheet(check: Check) -> None:
    book = good_book().set("Funding", row=2, Amount=-4)
    issue = only(check(book, layout="moved"), "NEG_BUDGET")
    assert (issue.sheet, issue.cell) == ("Funding", book.cell("Funding", 2, "Amount"))
    assert issue.cell == "E12"  # the header in row 9, from column C on


def test_headings_without_a_table_are_missed(check: Check, tmp_path: Path) -> None:
    path = good_book().save(tmp_path / "in.xlsx")
    file = openpyxl.load_workbook(path)
    file["Funding"].delete_rows(4)
    file.save(path)
    issue = only(bm.check(path), "HEADER_SHIFT")
    assert (issue.sheet, issue.severity) == ("Funding", "error")


# ---- money unit --------------------------------------------------------------------------------------


def test_a_unit_in_a_heading_that_contradicts_about_is_an_error(check: Check) -> None:
    book = good_book()
    issue = only(check(book, rename={"Funding.Amount": "Amount (£k)"}), "UNIT_SCALE")
    assert (issue.severity, issue.sheet, issue.cell) == ("error", "Funding", book.cell("Funding", -1, "Amount"))
    assert "£k" in issue.found
    assert "£m" in issue.fix


def test_the_cost_of_a_contract_is_always_in_thousands(check: Check) -> None:
    book = good_book()
    issue = only(check(book, rename={"Contracts.Cost per contract": "Cost per contract (£m)"}), "UNIT_SCALE")
    assert issue.cell == book.cell("Contracts", -1, "Cost per contract")


@pytest.mark.parametrize("heading", ["£ millions", "£m, cash", "£bn", "£mn", "GBPm", "millions", "£ounces", "£k or £m"])
def test_a_contradicting_unit_is_found_however_it_is_written(check: Check, heading: str) -> None:
    issues = check(good_book(), layout="thousands", rename={"Funding.Amount": f"Amount ({heading})"})
    issue = only(issues, "UNIT_SCALE")
    assert (issue.severity, issue.sheet) == ("error", "Funding")
    assert heading in issue.found
    assert "'Amount (£k)'" in issue.fix


@pytest.mark.parametrize(
    "heading", ["£ thousands", "£000, cash", "£'000s", "£,000", "GBPk", "2025/26 prices", "a", "b"]
)
def test_the_unit_of_the_workbook_may_be_written_in_many_ways(check: Check, heading: str) -> None:
    assert check(good_book(), layout="thousands", rename={"Funding.Amount": f"Amount ({heading})"}) == []


@pytest.mark.parametrize("unit", ["£k", "£m", "£"])
@pytest.mark.parametrize("heading", ["£", "£m", "£k", "%, £m or £ per head", "in the unit of the Measure", "%"])
def test_the_value_of_a_rule_is_in_question_when_its_heading_names_one_other_unit(
    check: Check, unit: str, heading: str
) -> None:
    book = good_book().rule("Hospital's floor", "amount", "at least", 50, Services="Hospital")
    found = [issue.cell for issue in check(book, money_unit=unit, rename={"Rules.Value": f"Value ({heading})"})]
    assert found == ([book.cell("Rules", -1, "Value")] if heading in {"£", "£m", "£k"} - {unit} else [])


def test_the_value_of_rules_per_head_is_in_pounds_whatever_the_unit(check: Check) -> None:
    book = good_book()
    book["Rules"].clear()
    book.rule("Floor", "per head", "at least", 1, Of="Population")
    assert check(book, layout="thousands", rename={"Rules.Value": "Value (£ per head)"}) == []


@pytest.mark.parametrize(
    "setting", ["Money unit (£, £k or £m)", "money unit (see the guide)", "Money unit (£k)", "MONEY UNIT"]
)
def test_the_money_unit_is_read_whatever_its_label_has_in_brackets(check: Check, tmp_path: Path, setting: str) -> None:
    plain = bm.read(good_book().save(tmp_path / "plain.xlsx"))
    book = good_book().add("About", Setting=setting, Value="£k")
    book["Baseline"].append({"Place": "Total", "Amount": 108})  # and the total over the rows is held against the same
    issues = check(book, money_unit="£k")
    assert [issue.code for issue in issues] == ["SUBTOTAL_ROW"]
    read = bm.read(tmp_path / "in.xlsx")
    assert read.funding.sum() == pytest.approx(plain.funding.sum())
    assert read.settings["Money unit"] == "£k"


@pytest.mark.parametrize("value", ["£m", None])
def test_a_label_that_says_another_money_unit_than_its_value_is_an_error(check: Check, value: str | None) -> None:
    book = good_book().add("About", Setting="Money unit (£k)", Value=value)
    issue = only(check(book), "UNIT_SCALE")
    assert (issue.severity, issue.cell) == ("error", book.cell("About", len(book["About"]) - 1, "Setting"))
    assert "£k" in issue.found


@pytest.mark.parametrize("setting", ["Money unit (£k)", "money UNIT"])
def test_a_setting_stands_once_whatever_its_label_has_in_brackets(check: Check, setting: str) -> None:
    book = good_book().about("Money unit", "£m").add("About", Setting=setting, Value="£k")
    assert "DUPLICATE_ROW" in {issue.code for issue in errors(check(book))}


@pytest.mark.parametrize(
    "setting, value, severity",
    [
        ("Money units", "£k", "error"),
        ("Monye unit", "£ thousands", "error"),
        ("Units", "£k", "error"),
        ("Money unit -", "£bn", "error"),
        ("Money units", "£m", "warning"),  # it changes nothing
        ("Money notes", "All cash", "warning"),
        ("Currency", "GBP", "warning"),
    ],
)
def test_a_setting_nearly_named_money_unit_is_an_error_where_it_says_another(
    check: Check, setting: str, value: str, severity: str
) -> None:
    issue = only(
        check(good_book().about("Money unit", "£m").add("About", Setting=setting, Value=value)), "SETTING_UNUSED"
    )
    assert (issue.severity, issue.sheet) == (severity, "About")
    if severity == "error":
        assert value in issue.found
        assert issue.fix == "Rename it to 'Money unit'."


def test_a_mark_behind_a_setting_is_read_past(check: Check) -> None:
    # Two rows of one setting, whatever the mark: no second unit is passed over.
    issue = only(
        check(good_book().about("Money unit", "£m").add("About", Setting="Money unit:", Value="£k")), "DUPLICATE_ROW"
    )
    assert (issue.severity, issue.sheet) == ("error", "About")


def test_an_unknown_money_unit_is_an_error(check: Check) -> None:
    issue = only(check(good_book().about("Money unit", "$m")), "UNIT_UNKNOWN")
    assert (issue.severity, issue.sheet) == ("error", "About")


# ---- rows that are not there ---------------------------------------------------------------------------


def test_a_place_without_a_need(check: Check) -> None:
    book = good_book().remove("Needs", {"Need measure": "Children", "Place": "Wigan, west"})
    issue = only(check(book), "PLACE_MISSING")
    assert (issue.severity, issue.sheet) == ("error", "Needs")
    assert "Wigan, west" in issue.found


def test_a_year_without_money(check: Check) -> None:
    book = good_book().remove("Funding", {"Year": "2026/27"})
    issue = only(check(book), "YEAR_NO_MONEY")
    assert (issue.severity, issue.sheet, issue.cell) == ("error", "Years", book.cell("Years", 1, "Year"))


def test_a_source_without_money_in_a_year_is_noted(check: Check) -> None:
    book = good_book().remove("Funding", {"Source": "Grant", "Year": "2026/27"})
    issues = check(book)
    assert only(issues, "FUNDING_MISSING").cell == book.cell("Sources", 2, "Source")
    assert errors(issues) == ()


def test_a_baseline_of_nothing(check: Check) -> None:
    assert only(check(good_book().set("Baseline", Amount=0)), "BASELINE_ZERO").severity == "error"


def test_a_place_key_of_nothing(check: Check) -> None:
    book = (
        good_book()
        .set("Services", row=0, Place_key="baseline")
        .set("Baseline", where={"Service": "Hospital"}, Amount=0)
    )
    issue = only(check(book), "PLACE_KEY_ZERO")
    assert (issue.severity, issue.cell) == ("error", book.cell("Services", 0, "Place key"))


def test_a_component_without_spending(check: Check) -> None:
    book = good_book().set("Baseline", where={"Service": "Talking therapies"}, Amount=0)
    issue = only(check(book), "COMPONENT_ZERO")
    assert (issue.severity, issue.sheet, issue.cell) == ("error", "Target", book.cell("Target", 1, "Services"))
    assert "'Young'" in issue.found


def test_needs_that_are_all_zero(check: Check) -> None:
    book = good_book().set("Needs", where={"Need measure": "Children"}, Value=0)
    stop = [issue for issue in errors(check(book)) if issue.code == "ZERO_TARGET"]
    assert [(issue.sheet, issue.cell) for issue in stop] == [("Needs", book.cell("Needs", 3, "Value"))]


def test_a_needed_sheet_without_rows(check: Check) -> None:
    issues = check(good_book().remove("Target"))
    assert ("NO_ROWS", "Target") in {(issue.code, issue.sheet) for issue in errors(issues)}


def test_a_regime_without_a_contract_row(check: Check) -> None:
    book = good_book().remove("Contracts", {"Regime": "Split"})
    issue = only(check(book), "NO_CONTRACT")
    assert issue.sheet == "Contracts"
    assert "'Split'" in issue.found


def test_a_flow_that_nobody_pays_now_needs_a_contract_too(check: Check) -> None:
    # Royal Trust may give talking therapies by Provision alone: no money has flowed yet.
    book = good_book().set("Contracts", row=0, Services="all", Providers="Helping Hands; National Centre")
    book.add("Contracts", Regime="Split", Services="Hospital", Providers="Royal Trust")
    issues = check(book)
    rows = [issue for issue in issues if issue.code == "NO_CONTRACT"]
    assert rows
    assert all("'Talking therapies' from 'Royal Trust'" in issue.found for issue in rows)


# ---- several at once -------------------------------------------------------------------------------------


def test_every_fault_is_reported_at_once_in_the_order_of_the_sheets(check: Check) -> None:
    book = good_book()
    book.set("Scenarios", row=1, Objective="minimax")
    book.set("Rules", row=0, Each="plaice")
    book.set("Baseline", row=4, Amount=None)
    book.set("Baseline", row=2, Amount="some")
    book.set("Funding", row=1, Amount=-1)
    book.set("Needs", row=0, Value="many")
    book.set("Years", row=0, Weight=0)
    issues = check(book)
    assert [(issue.code, issue.sheet, issue.cell) for issue in issues] == [
        ("WEIGHT_NOT_POSITIVE", "Years", book.cell("Years", 0, "Weight")),
        ("NOT_A_NUMBER", "Needs", book.cell("Needs", 0, "Value")),
        ("NEG_BUDGET", "Funding", book.cell("Funding", 1, "Amount")),
        ("NOT_A_NUMBER", "Baseline", book.cell("Baseline", 2, "Amount")),
        ("BLANK_VS_ZERO", "Baseline", book.cell("Baseline", 4, "Amount")),
        ("EACH_UNKNOWN", "Rules", book.cell("Rules", 0, "Each")),
        ("OBJECTIVE_NOT_BUILT", "Scenarios", book.cell("Scenarios", 1, "Objective")),
    ]


def test_each_fault_is_reported_once(check: Check) -> None:
    book = good_book().set("Baseline", Place="Atlantis")
    issues = check(book)
    assert len(issues) == len(set(issues))
    assert [issue.cell for issue in issues if issue.code == "PLACE_UNKNOWN"] == [
        book.cell("Baseline", row, "Place") for row in range(len(book["Baseline"]))
    ]


def test_a_file_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "notes.xlsx"
    path.write_text("not a workbook")
    assert [issue.severity for issue in bm.check(path)] == ["error"]
    with pytest.raises(bm.InputErrors):
        bm.read(path)
    with pytest.raises(bm.FileTrouble):
        bm.check(tmp_path / "nowhere.xlsx")


def test_the_input_is_never_written_to(good: tuple[Book, Path]) -> None:
    before = good[1].read_bytes()
    bm.check(good[1])
    bm.read(good[1])
    assert good[1].read_bytes() == before
