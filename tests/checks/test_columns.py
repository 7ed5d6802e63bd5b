"""A fault in every column of the contract: those that the other files of faults do not touch are planted here."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel.contract import schema
from budgetmodel.excel.read.likeness import nearest_heading
from tests.checks.test_faults import EVERY, Fault, assert_found, fault, good_book, warned
from tests.checks.test_organisations import FAULTS, with_terms
from tests.checks.test_rows import PLANTED
from tests.support.builder import Book

NOTES = [
    # Columns that hold words for people: nothing is computed from them, but an error in one is an error all the same.
    fault("XL_ERROR", f"{sheet.name}.{column}", 0, "#N/A", "#N/A")
    for sheet in schema.SHEETS
    for column in ("Source", "Source of figure", "Authority", "Notes", "Why", "Purpose", "Owner", "Lead group")
    if column in {c.name for c in sheet.columns if c.kind is schema.Kind.TEXT}
]
STATUSES = [warned("STATUS_UNKNOWN", f"{sheet.name}.Status", 0, "publishd", "'published'")
            for sheet in schema.SHEETS if "Status" in {c.name for c in sheet.columns}]  # fmt: skip
CHOICES = [
    fault("CHOICE_UNKNOWN", "Needs.Basis", 0, "residnet", "'resident'"),
    fault("CHOICE_UNKNOWN", "Services.Level", 0, "plaice", "'place'"),
    fault("CHOICE_UNKNOWN", "Services.Delegation", 2, "retianed", "'retained'"),
    fault("CHOICE_UNKNOWN", "Sources.Kind", 0, "recurent", "'recurrent'"),
    fault("YEAR_UNKNOWN", "Services.Years", 0, "2031/32", "2031/32"),
    fault("YEAR_UNKNOWN", "Sources.Years", 0, "2031/32", "2031/32"),
    fault("CHOICE_UNKNOWN", "Regimes.Decided at", 0, "sytem", "'system'"),
    fault("CHOICE_UNKNOWN", "Contracts.Counted by", 0, "providr", "'provider'"),
    fault("CHOICE_UNKNOWN", "Indicators.Better", 0, "high", "'higher'"),
    fault("CHOICE_UNKNOWN", "Convergence.Kind", 0, "rampp", "'ramp'"),
    fault("CHOICE_UNKNOWN", "Convergence.Driver", 0, "openning", "'opening'"),
    fault("CHOICE_UNKNOWN", "Changes.Change", 0, "mulitply", "'multiply'"),
    fault("CHOICE_UNKNOWN", "Scenarios.Run", 0, "nope", "'no'"),
]
NAMES = [
    # A name that others refer to: they are orphans then, each told at its own cell.
    fault(
        "NAME_FORBIDDEN",
        "Services.Service",
        1,
        "Talking; therapies",
        also=frozenset({"SERVICE_UNKNOWN", "SELECTOR_EMPTY"}),
    ),
    fault("DUPLICATE_ROW", "Providers.Provider", 1, "Royal Trust", also=frozenset({"PROVIDER_UNKNOWN"})),
    fault("DUPLICATE_ROW", "Sources.Source", 1, "Core", also=frozenset({"SOURCE_UNKNOWN"})),
    fault("REGIME_UNKNOWN", "Regimes.Regime", 0, "Splitt", "'Splitt'", at=("Contracts", 0, "Regime")),
    fault("PLACE_UNKNOWN", "Indicators.Place", 0, "Burry", "'Bury'"),
    warned("COMPONENT_UNKNOWN", "Indicators.Component", 0, "Overal", "'Overall'"),
    fault("PLACE_UNKNOWN", "Provision.Places", 0, "Burry", "'Bury'"),
    fault("SERVICE_UNKNOWN", "Provision.Services", 0, "Talking therapy", "'Talking therapies'"),
    fault("PROVIDER_UNKNOWN", "Provision.Providers", 0, "Royal Trusts", "'Royal Trust'"),
    fault("SERVICE_UNKNOWN", "Sources.Lawful services", 1, "CART", "'CAR-T'"),
    fault("SERVICE_UNKNOWN", "Target.Services", 0, "all; not Hopsital", "'Hospital'"),
    fault("SELECTOR_EMPTY", "Services.Tags", 1, "MHSI; prevention", "'tag: MHSI'", at=("Rules", 1, "Services")),
    # The grant is at home in Bury and may lawfully reach 'group: North', where Bury no longer is.
    fault("HOME_NOT_LAWFUL", "Places.Group", 0, "Nroth", "'Bury'", at=("Sources", 2, "Home places")),
]
OTHERS = [
    fault("XL_ERROR", "About.Value", 0, "#REF!", "#REF!"),
    fault("XL_ERROR", "Needs.Period", 0, "#REF!", "#REF!"),
    fault("XL_ERROR", "Indicators.Period", 0, "#REF!", "#REF!"),
    fault("XL_ERROR", "Indicators.Definition", 0, "#N/A", "#N/A"),
    fault("BLANK_VS_ZERO", "Sources.Holder", 0, None, "blank"),
    fault("BLANK_VS_ZERO", "Indicators.Unit", 0, None, "blank"),
    fault("NOT_A_NUMBER", "Places.Deprivation score", 0, "high"),
    fault("NOT_A_NUMBER", "Indicators.Benchmark", 0, "average"),
    fault("OUT_OF_RANGE", "Contracts.Days to pay", 0, -5),
    fault("CHANGE_TABLE", "Changes.Table", 0, "Fundings", "'Funding'"),
    fault("CHANGE_NO_ROW", "Changes.Where", 0, "Source=Corr", "'Core'"),
    fault("CHANGE_FIELD", "Changes.Field", 0, "Amuont", "'Amount'"),
    fault("CHANGE_WHERE", "Changes.Row", 0, "Grant", "Source=Core"),
    fault("CHANGE_NO_ROW", "Changes.Year", 0, "2031/32", "2026/27"),
    fault("NOT_A_NUMBER", "Changes.Value", 0, "lots"),
    fault("UNIT_SCALE", "Changes.Unit", 1, "£k", "£m"),
    fault("QUESTION_UNKNOWN", "Scenarios.Engagement question", 0, "1; 7", "'7'"),
    fault("OUT_OF_RANGE", "Scenarios.Tolerance", 0, -1, "0 or more"),
    fault("NAME_FORBIDDEN", "Convergence.Policy", 0, "Ramp; slow"),
    fault("COMPONENT_UNKNOWN", "Convergence.Component", 0, "Overal", "'Overall'"),
    fault("OUT_OF_RANGE", "Convergence.Rounding", 0, -1, "0 or more"),
    *(
        fault("NOT_A_NUMBER", f"Convergence.{column.name}", 0, "fast")
        for column in schema.SHEET[schema.CONVERGENCE].columns
        if column.kind is schema.Kind.PERCENT
    ),
]
HERE = [*NOTES, *STATUSES, *CHOICES, *NAMES, *OTHERS]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Path]:
    """The good book with what it leaves out: where figures are from, their status, and the unit of a change."""
    book = with_terms(good_book())
    grant = "Source=Grant; Year=2026/27"
    book.change("Pooled", "Funding", "add", Where=grant, Field="Amount", Value=0.5, Unit="£m")
    more = {"Source": "the test", "Source of figure": "the test", "Status": "illustrative"}
    extra = {
        sheet.name: {column.name: more[column.name] for column in sheet.columns if column.name in more}
        for sheet in schema.SHEETS
        if sheet.name != schema.SOURCES
    }
    extra[schema.SCENARIOS] |= {"Engagement question": "1", "Tolerance": 1, "Run": "yes"}
    extra[schema.CHANGES] |= {schema.ROW: None, "Year": None}
    extra[schema.SOURCES] = {name: more[name] for name in ("Source of figure", "Status")}
    return book, book.save(tmp_path_factory.mktemp("good") / "good.xlsx", extra=extra)


@pytest.mark.parametrize("planted", HERE, ids=str)
def test_a_fault_is_found_at_its_cell(good: tuple[Book, Path], tmp_path: Path, planted: Fault) -> None:
    assert_found(planted, *good, tmp_path)


def test_every_column_of_the_contract_has_a_planted_fault() -> None:
    touched = {(planted.sheet, planted.column) for planted in (*EVERY, *PLANTED, *FAULTS, *HERE)}
    columns = {(sheet.name, column.name) for sheet in schema.SHEETS for column in sheet.columns}
    assert columns - touched == set(), "plant a fault in these columns"
    assert touched - columns == set(), "the contract has no such columns"


def test_the_good_book_has_nothing_to_report(good: tuple[Book, Path]) -> None:
    assert bm.check(good[1]) == []


def test_the_good_book_holds_every_column(good: tuple[Book, Path]) -> None:
    # Or a fault would be planted beside the table.
    file = openpyxl.load_workbook(good[1])
    for sheet in schema.SHEETS:
        headings = {schema.fold_heading(str(cell.value)) for cell in file[sheet.name][4]}
        assert {schema.fold(column.name) for column in sheet.columns} <= headings, sheet.name


# ---- slips in the names of columns ---------------------------------------------------------------------

SLIPS_OF_COLUMNS = [  # a column that need not be there, and a slip in a short name of it
    ("Rules.Places", "Palces"),
    ("Rules.Years", "Yaers"),
    ("Rules.Each", "Eech"),
    ("Rules.Each", "Eahc"),
    ("Rules.Each", "Ech"),
    ("Rules.Each", "Eachh"),
    ("Rules.Each", "aEch"),
    ("Rules.Weight", "Wieght"),
    ("Years.Weight", "Weigth (x)"),
    ("Places.Group", "Gruop"),
    ("Places.Code", "Cdoe"),
    ("Services.Tags", "Tasg"),
    ("Services.Notes", "Ntoes"),
    ("Needs.Period", "Peirod"),
    ("Regimes.Years", "Yeras"),
    ("Sources.Grade", "Garde"),
    ("Sources.Host", "Hosst"),
    ("Changes.Value", "Vlaue"),
    ("Changes.Where", "Whree"),
    ("Changes.Unit", "Uint"),
    ("Scenarios.Owner", "Onwer"),
]


@pytest.mark.parametrize("column, typed", SLIPS_OF_COLUMNS)
def test_one_slip_in_a_short_name_is_an_error_that_names_the_column(tmp_path: Path, column: str, typed: str) -> None:
    sheet, _, name = column.partition(".")
    book = with_terms(good_book())
    issues = bm.check(book.save(tmp_path / "in.xlsx", rename={column: typed}))
    found = [issue for issue in issues if issue.code == "COL_RENAMED"]
    assert [(i.severity, i.sheet, i.cell) for i in found] == [("error", sheet, book.cell(sheet, -1, name))]
    assert f"'{schema.SHEET[sheet].column(name).heading}'" in found[0].fix


LEGITIMATE = (
    *("Region", "Type", "Owner", "Date", "Comment", "Lead", "Name", "Number", "Total", "Cost", "Post", "Reach", "Core"),
    *("Mode", "Trade", "Player", "Height", "Ward", "Area", "Team", "Role", "Tier", "Zone", "Rank", "Rate", "Head"),
    *(
        "Code",
        "Category",
        "Description",
        "Version",
        "Approved",
        "Checked",
        "Reviewed",
        "Month",
        "Share",
        "Ratio",
        "Row",
    ),
    *("ID", "Key", "Ref", "Reference", "Contact", "Link", "File", "Page", "Size", "Sum", "Average", "Growth", "Change"),
    *("Population", "People", "Age", "Sex", "Ethnicity", "Deprivation", "Rural", "Note", "Notes", "Noted", "Payee"),
)
"""Extra columns that people keep beside the contract's."""


@pytest.mark.parametrize("sheet", schema.SHEETS, ids=lambda sheet: sheet.name)
def test_no_extra_column_of_ones_own_is_taken_for_a_misspelling(sheet: schema.Sheet) -> None:
    names = {column.name for column in sheet.columns}
    taken = {
        (column.name, heading)
        for column in sheet.columns
        if not column.required  # or it is an error that the column is missing, whatever else is there
        for heading in nearest_heading(column.name, [heading for heading in LEGITIMATE if heading not in names])
    }
    # What stands for the contract's own column was an error before one slip was looked for.
    assert taken <= {("Notes", "Note")}


def test_no_column_of_the_contract_is_taken_for_another_of_its_sheet() -> None:
    for sheet in schema.SHEETS:
        for column in sheet.columns:
            others = [other.name for other in sheet.columns if other.name != column.name]
            assert set(nearest_heading(column.name, others)) <= {"Source", "Sources"}
