"""Rows that are no data, and figures and labels that look mistyped: each found at its cell, none where all is well."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue, errors
from tests.checks.test_faults import Check, Fault, check, fault, good_book, only, repaired, warned
from tests.support.builder import Book, two_places
from tests.support.random_books import random_book

__all__ = ["check"]  # the fixture

EXAMPLE = Path(__file__).parents[2] / "inputs" / "greater_manchester.xlsx"
SLIPS = {"UNIT_SCALE", "UNIT_MIXED", "OUTLIER_YOY", "COPY_BLOCK", "HEADER_STALE", "TRAILING_NOTE", "SUBTOTAL_ROW"}
FOLLOW = {"FLOOR_GT_CEIL", "FLOOR_SUM_GT_POT", "NO_HEADROOM", "NOT_MET"}
"""What follows from an amount or floor that is far too large: floors that the money cannot pay."""

# Of good_book's Baseline: Hospital 18 + 36 + 27, talking therapies 4 + 8 + 6, CAR-T 2 + 4 + 3 = 108, of which Bury
# has 18 + 4 + 2 = 24. Of its Funding: Core 100 + 102, National 10 + 10, Grant 5 + 5: 115 and 117 a year.


def said(issues: list[Issue]) -> list[tuple[str, str, str, str]]:
    return [(issue.code, issue.severity, issue.sheet, issue.cell) for issue in issues]


def note(book: Book, sheet: str, column: str, text: str, **more: object) -> Book:
    """A row with nothing but a text in one column."""
    book[sheet].append({column: text, **more})
    return book


# ---- totals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["template", "moved", "shuffled", "pounds", "thousands"])
@pytest.mark.parametrize(
    "sheet,row,column",
    [
        ("Baseline", {"Place": "Total", "Amount": 108}, "Place"),
        ("Baseline", {"Place": "GRAND TOTAL:", "Amount": 108}, "Place"),
        ("Baseline", {"Place": "Bury sub-total", "Amount": 24}, "Place"),
        ("Baseline", {"Place": "Bury borough", "Service": "Total", "Amount": 24}, "Service"),
        ("Baseline", {"Place": "Total", "Service": "Hospital", "Provider": "Total", "Amount": 81}, "Place"),
        ("Baseline", {"Service": "Acute total", "Amount": 81}, "Service"),  # a programme
        ("Baseline", {"Place": "Total for Bolton", "Amount": 48}, "Place"),
        ("Baseline", {"Place": "Test system", "Amount": 108}, "Place"),  # the name in About
        ("Funding", {"Source": "Total", "Year": "2025/26", "Amount": 115}, "Source"),
        ("Funding", {"Source": "Core", "Year": "Total", "Amount": 202}, "Year"),
        ("Needs", {"Need measure": "Children", "Place": "Total", "Value": 1200}, "Place"),
        ("Needs", {"Need measure": "Total population", "Value": 4500}, "Need measure"),
        ("Target", {"Component": "Total", "Weight": 4}, "Component"),
    ],
)
def test_a_total_that_agrees_is_left_out_and_logged(
    check: Check, tmp_path: Path, layout: str, sheet: str, row: dict[str, object], column: str
) -> None:
    plain = bm.read(good_book().save(tmp_path / "plain.xlsx"))
    book = good_book()
    book[sheet].append(row)
    issues = check(book, layout=layout)
    last = len(book[sheet]) - 1
    assert said(issues) == [("SUBTOTAL_ROW", "repaired", sheet, book.cell(sheet, last, column))]
    assert "agrees" in issues[0].found
    read = bm.read(tmp_path / "in.xlsx")
    assert len(read.frame(sheet)) == len(plain.frame(sheet)) == last
    assert read.funding.sum() == pytest.approx(plain.funding.sum())


def test_subtotals_between_blocks_and_a_grand_total(check: Check, tmp_path: Path) -> None:
    book = good_book()
    lines, book["Baseline"] = book["Baseline"], []
    for at in (0, 3, 6):  # 24, 48 and 36
        book["Baseline"] += lines[at : at + 3]
        book["Baseline"].append({"Place": "Sub-total", "Amount": {0: 24, 3: 48, 6: 36}[at]})
    book["Baseline"].append({"Place": "Total", "Amount": 108})
    issues = check(book)
    assert said(issues) == [("SUBTOTAL_ROW", "repaired", "Baseline", f"A{row}") for row in (8, 12, 16, 17)]
    assert bm.read(tmp_path / "in.xlsx").frame("Baseline")["Amount"].sum() == pytest.approx(108)


def test_a_total_that_does_not_agree_is_an_error_with_its_sums(check: Check) -> None:
    # 120 - 108 = 12 is more than 9 rows x £0.5m; the row of 36 is the largest.
    book = good_book()
    book["Baseline"].append({"Place": "Total", "Amount": 120})
    issues = check(book)
    wrong = only(issues, "TOT_MISMATCH")
    assert (wrong.severity, wrong.sheet, wrong.cell) == ("error", "Baseline", book.cell("Baseline", 9, "Amount"))
    for words in ("£120m", "£108m", "£12m", "D8 (£36m)"):
        assert words in wrong.found
    assert "108" in wrong.fix
    assert only(issues, "SUBTOTAL_ROW").cell == book.cell("Baseline", 9, "Place")
    assert len(issues) == 2


def test_the_row_that_holds_just_the_difference_is_the_suspect(check: Check) -> None:
    # 81 = 108 - 27, Wigan's hospital.
    book = good_book()
    book["Baseline"].append({"Place": "Total", "Amount": 81})
    assert "just that stands in D11 (£27m)" in only(check(book), "TOT_MISMATCH").found


@pytest.mark.parametrize(
    "stated,code",
    # The hospital of Bury at 18.04: 2 decimals, 9 rows, so 9 x 0.005 = £0.045m may be rounding; the sum is 108.04.
    [
        (108.04, None),
        (108.08, "TOT_ROUNDING"),
        (108.0, "TOT_ROUNDING"),
        (108.09, "TOT_MISMATCH"),
        (107, "TOT_MISMATCH"),
    ],
)
def test_roundings_are_told_from_faults(check: Check, stated: float, code: str | None) -> None:
    book = good_book().set("Baseline", row=0, Amount=18.04)
    book["Baseline"].append({"Place": "Total", "Amount": stated})
    issues = check(book)
    assert {issue.code for issue in issues} == {"SUBTOTAL_ROW"} | ({code} if code else set())
    assert bool(errors(issues)) == (code == "TOT_MISMATCH")


def test_a_thousand_pounds_is_never_a_fault(check: Check) -> None:
    # Six decimals: 9 x £0.50 is under £1k, which is allowed: £900 is a rounding, £1,100 is none.
    for gap, code in ((0.0009, "TOT_ROUNDING"), (0.0011, "TOT_MISMATCH")):
        book = good_book().set("Baseline", row=0, Amount=18.000001)
        book["Baseline"].append({"Place": "Total", "Amount": 108.000001 + gap})
        assert only(check(book), code)


def test_a_total_over_a_figure_that_cannot_be_read_is_not_blamed(check: Check) -> None:
    book = good_book().set("Baseline", row=4, Amount="n/a")
    book["Baseline"].append({"Place": "Total", "Amount": 108})
    issues = check(book)
    assert [issue.code for issue in issues] == ["PLACEHOLDER", "SUBTOTAL_ROW"]
    assert "not checked" in issues[1].found


@pytest.mark.parametrize(
    "sheet,row,codes",
    [
        # Money of the whole system that no place has: data without a place, not a total.
        (
            "Baseline",
            {"Place": "Test system", "Service": "CAR-T", "Provider": "National Centre", "Amount": 30},
            {"PLACE_UNKNOWN"},
        ),
        ("Baseline", {"Place": "Total", "Service": "CAR-D", "Provider": "Total", "Amount": 9}, None),
        ("Baseline", {"Place": "Total", "Amount": None}, None),
        ("Baseline", {"Place": "Total knee replacement", "Amount": 7}, None),
        ("Funding", {"Source": "Totally new", "Year": "2025/26", "Amount": 115}, {"SOURCE_UNKNOWN"}),
    ],
)
def test_what_is_not_surely_a_total_stays_an_error(
    check: Check, sheet: str, row: dict[str, object], codes: set[str] | None
) -> None:
    book = good_book()
    book[sheet].append(row)
    issues = check(book)
    assert errors(issues)
    assert not {"SUBTOTAL_ROW", "TOT_MISMATCH"} & {issue.code for issue in issues}
    assert codes is None or {issue.code for issue in issues} == codes


def test_a_member_that_is_called_total_is_a_member(check: Check) -> None:
    book = two_places().add("Places", Place="Total").need("Population", {"Total": 500})
    book.spend("Total", "Care", "Trust", 10)
    assert check(book) == []
    book = (
        good_book()
        .add("Services", Service="Total hip replacement")
        .spend("Bury", "Total hip replacment", "Royal Trust", 1)
    )
    issue = only(check(book), "SERVICE_UNKNOWN")
    assert "'Total hip replacement'" in issue.fix


def test_a_need_measure_may_be_called_total(check: Check) -> None:
    book = good_book().need("Total population", {"Bury": 1, "Bolton": 2, "Wigan, west": 3})
    assert check(book) == []


def test_a_scenario_neither_changes_nor_repeats_a_total(check: Check) -> None:
    book = good_book()
    book["Funding"].append({"Source": "Total", "Year": "2025/26", "Amount": 115})
    book.change("Pooled", "Funding", "multiply", Where="Source=Grant", Field="Amount", Value=1.1)
    assert [issue.code for issue in check(book)] == ["SUBTOTAL_ROW"]
    book.change("Pooled", "Funding", "set", Where="Source=Total", Field="Amount", Value=116)
    assert [issue.code for issue in errors(check(book))] == ["CHANGE_NO_ROW"]


# ---- notes under a table -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sheet,column,text",
    [
        ("Baseline", "Place", "Source: NHS England"),
        ("Baseline", "Place", "* restated"),
        ("Funding", "Source", "Notes: final"),
        ("Needs", "Need measure", "Source: ONS"),
        ("Services", "Service", "Note. As commissioned in 2025"),
        ("Places", "Place", "Source: ONS"),
        ("Rules", "Rule", "\u2020 agreed by the board"),
        ("Contracts", "Regime", "(a) fees as in the framework"),
        ("Funding", "Source", "These figures were restated in the autumn"),
    ],
)
def test_a_note_under_a_table_is_left_out_and_logged(
    check: Check, tmp_path: Path, sheet: str, column: str, text: str
) -> None:
    book = note(good_book(), sheet, column, text)
    rows = len(book[sheet]) - 1
    issues = check(book)
    assert said(issues) == [("TRAILING_NOTE", "repaired", sheet, book.cell(sheet, rows, column))]
    assert text[:30] in issues[0].found
    assert len(bm.read(tmp_path / "in.xlsx").frame(sheet)) == rows


def test_notes_after_a_total(check: Check) -> None:
    book = good_book()
    book["Funding"].append({"Source": "Total", "Amount": 232})
    note(book, "Funding", "Source", "Note: figures may not add up")
    note(book, "Funding", "Source", "Source: the council")
    assert [issue.code for issue in check(book)] == ["SUBTOTAL_ROW", "TRAILING_NOTE", "TRAILING_NOTE"]


def test_the_same_note_under_several_tables(check: Check) -> None:
    book = good_book()
    for sheet, column in (("Places", "Place"), ("Baseline", "Place"), ("Services", "Service")):
        note(book, sheet, column, "Source: the council")
    assert [(issue.code, issue.sheet) for issue in check(book)] == [
        ("TRAILING_NOTE", sheet) for sheet in ("Places", "Services", "Baseline")
    ]


@pytest.mark.parametrize(
    "sheet,column,text",
    [
        ("Baseline", "Place", "Bury"),  # a row begun and not finished
        ("Baseline", "Place", "Burry"),
        ("Funding", "Source", "Source B"),
        ("Services", "Service", "Care at home for people who leave hospital early"),
    ],
)
def test_a_row_begun_is_no_note(check: Check, sheet: str, column: str, text: str) -> None:
    issues = check(note(good_book(), sheet, column, text))
    assert "BLANK_VS_ZERO" in {issue.code for issue in errors(issues)}
    assert "TRAILING_NOTE" not in {issue.code for issue in issues}


@pytest.mark.parametrize("sheet,column,number", [("Funding", "Year", False), ("Funding", "Amount", True)])
def test_blank_is_not_zero_is_said_of_numbers_only(check: Check, sheet: str, column: str, number: bool) -> None:
    issues = [
        issue for issue in check(good_book().set(sheet, row=0, **{column: None})) if issue.code == "BLANK_VS_ZERO"
    ]
    assert [("blank is not zero" in issue.fix) for issue in issues] == [number]


def test_a_note_above_data_is_an_error(check: Check) -> None:
    book = note(good_book(), "Baseline", "Place", "Source: NHS England")
    book["Baseline"].insert(3, book["Baseline"].pop())
    issues = check(book)
    assert errors(issues)
    assert "TRAILING_NOTE" not in {issue.code for issue in issues}


def test_a_place_that_others_name_is_no_note(check: Check) -> None:
    book = note(two_places(), "Places", "Place", "Note: East").need("Population", {"Note: East": 10})
    assert [issue.code for issue in check(book)] == ["NO_SUPPLY"]


# ---- units, jumps and copies -----------------------------------------------------------------------------

PLANTED = [
    # Core has 100 and 102: 102,000 is 1,020 times the other year.
    warned("UNIT_MIXED", "Funding.Amount", 1, 102_000, "1,000 times"),
    warned("UNIT_MIXED", "Funding.Amount", 2, 0.00001, "1,000,000 times smaller"),
    # Hospital costs 18, 36 and 27 for 1,000, 2,000 and 1,500 people, the same per head.
    warned("UNIT_MIXED", "Baseline.Amount", 0, 18_000, "'Hospital'"),
    warned("UNIT_MIXED", "Baseline.Amount", 4, 0.008, "multiply it by 1,000"),
    # 102 to 1,000 and 5 to 0.9 are more than fivefold; 5 to 25 is just fivefold.
    warned("OUTLIER_YOY", "Funding.Amount", 1, 1000, "'Core' goes from £100m in 2025/26 to £1,000m"),
    warned("OUTLIER_YOY", "Funding.Amount", 5, 0.9, "'Grant'"),
    warned("COPY_BLOCK", "Funding.Amount", 1, 100, "all 3 sources"),
    # Percentages in range that are a hundred times too large.
    warned("PCT_SCALE", "Rules.Value", 0, 5, "500%"),
    warned("PCT_SCALE", "Rules.Value", 0, -20, "type -20% or -0.2"),
    warned("PCT_SCALE", "Rules.Value", 3, 2, "200%"),
    warned("PCT_SCALE", "Rules.Value", 6, 1.5),
    warned("PCT_SCALE", "Contracts.Fee", 1, 0.5, "0.005"),
    warned("PCT_SCALE", "Years.Efficiency", 0, 1.1, "1.1%"),
    warned("PCT_SCALE", "Years.Cost uplift", 0, 3, "0.03"),
    warned("PCT_SCALE", "Target.Keep at least", 0, 99, "0.99"),
    warned("PCT_SCALE", "Target.Keep at most", 0, 105, "1.05"),
    # Brackets are a minus, as in NHS working papers.
    repaired("NEG_BRACKETS", "Rules.Value", 0, "(0.2)", "-0.2"),
    repaired("NEG_BRACKETS", "Rules.Value", 0, "(6.09)%", "-0.0609"),
    fault("NEG_BUDGET", "Funding.Amount", 0, "(21,488)", "'(21,488)', read as -21488, is negative"),
    fault("NEG_BUDGET", "Funding.Amount", 0, "(3.0)", "'(3.0)', read as -3, is negative"),
    fault("NEG_BUDGET", "Funding.Amount", 0, -3.0, "-3 is negative"),
    # Codes that were turned into something else.
    warned("LEADING_ZERO", "Places.Sub-ICB code", 0, 1, "001"),
    warned("LEADING_ZERO", "Places.Code", 0, 8000001, "text"),
    warned("SCI_NOTATION", "Places.Sub-ICB code", 0, 100_000, "1E5"),
    warned("SCI_NOTATION", "Providers.Code", 0, 1_400_000, "14E5"),
    warned("SCI_NOTATION", "Providers.Code", 0, "1E+05", "1E5"),
    warned("TEXT_AS_DATE", "Places.Sub-ICB code", 0, dt.date(2025, 12, 1), "01D"),
    warned("TEXT_AS_DATE", "Providers.Code", 0, dt.date(2025, 6, 1), "again"),
    # Text that a program takes for a formula.
    warned("FORMULA_INJECTION", "Services.Programme", 0, "+Acute", "'+'"),
    warned("FORMULA_INJECTION", "Rules.Rule", 0, "@Floor", "'@'"),
    warned("FORMULA_INJECTION", "Indicators.Indicator", 0, "-2 years", "text"),
    # Years.
    fault("YEAR_AS_DATE", "Funding.Year", 0, 0.96, "2024/25"),  # 24/25
    fault("YEAR_AS_DATE", "Funding.Year", 0, 2025 / 26, "2025/26"),
    fault("YEAR_AS_DATE", "Funding.Year", 0, 45748, "date"),  # 1 April 2025
    fault("YEAR_AS_DATE", "Funding.Year", 0, dt.date(2025, 5, 4), "2004/05"),
    fault("YEAR_FORMAT", "Funding.Year", 0, "FY25", "2024/25 or 2025/26"),
    fault("YEAR_FORMAT", "Funding.Year", 0, 2025, "2024/25 or 2025/26"),
    repaired("YEAR_FORMAT", "Funding.Year", 0, "2025/2026", "2025/26"),
    repaired("YEAR_FORMAT", "Funding.Year", 0, "FY25/26", "2025/26"),
    repaired("YEAR_FORMAT", "Funding.Year", 0, "25-26", "2025/26"),
    repaired("WHITESPACE_CASE", "Years.Year", 0, "2025/26 ", "'2025/26'"),
]


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_what_is_planted_is_found_and_nothing_else(tmp_path: Path, planted: Fault) -> None:
    book = good_book()
    path = book.save(tmp_path / "in.xlsx")
    cell = book.cell(planted.sheet, planted.row, planted.column)
    file = openpyxl.load_workbook(path)
    file[planted.sheet][cell].value = planted.value
    file.save(path)
    issues = [issue for issue in bm.check(path) if issue.code not in FOLLOW]
    assert said(issues) == [(planted.code, planted.severity, planted.sheet, cell)]
    assert planted.says in f"{issues[0].found} {issues[0].expected} {issues[0].fix}"


@pytest.mark.parametrize(
    "place,row,value",
    [
        ("Funding.Amount", 1, 500),  # just fivefold
        ("Funding.Amount", 1, 0),
        ("Baseline.Amount", 0, 180),  # ten times as much per head
        ("Target.Keep at most", 0, 10),
        ("Target.Keep at least", 0, 1),
        ("Contracts.Fee", 1, 0.1),
        ("Services.Programme", 0, "-"),
        ("Services.Notes", 0, "- see the plan"),
        ("Places.Sub-ICB code", 0, "1E5"),
        ("Places.Sub-ICB code", 0, "00T"),
        ("Providers.Code", 0, None),
    ],
)
def test_what_may_well_be_meant_is_not_questioned(check: Check, place: str, row: int, value: object) -> None:
    sheet, _, column = place.partition(".")
    issues = check(good_book().set(sheet, row=row, **{column: value}))
    assert [issue for issue in issues if issue.code not in FOLLOW] == []


def test_a_sheet_in_another_unit_is_found_at_its_heading(check: Check) -> None:
    # Funding 115 and 117 against a Baseline of 108: 115,000 / 108 is about 1,065.
    for sheet, says in (("Funding", "£115,000.0m"), ("Baseline", "£108,000.0m")):
        book = good_book()
        for row in book[sheet]:
            row["Amount"] *= 1000
        issues = [issue for issue in check(book) if issue.code not in FOLLOW]
        assert said(issues) == [("UNIT_SCALE", "warning", sheet, book.cell(sheet, -1, "Amount"))]
        assert says in issues[0].found
        assert "divide them by 1,000" in issues[0].fix


def test_amounts_a_thousand_times_too_small_are_to_be_multiplied(check: Check) -> None:
    book = good_book()
    for row in book["Baseline"]:
        row["Amount"] /= 1000
    issue = only(check(book), "UNIT_SCALE")
    assert issue.sheet == "Baseline"  # £108,000 a year is no health system, £115m may be one
    assert "£108,000 a year" in issue.found
    assert "multiply them by 1,000" in issue.fix


def test_a_jump_and_back_is_told_once(check: Check) -> None:
    book = two_places()
    for year, amount in (("2026/27", 1010), ("2027/28", 102)):
        book.add("Years", Year=year).add("Funding", Source="Core", Year=year, Amount=amount)
    issues = check(book)
    assert said(issues) == [("OUTLIER_YOY", "warning", "Funding", book.cell("Funding", 1, "Amount"))]


def test_a_jump_that_a_scenario_makes_names_the_change(check: Check) -> None:
    book = good_book()
    book.change("Pooled", "Funding", "multiply", Where="Source=Grant; Year=2026/27", Field="Amount", Value=10)
    issue = only(check(book), "OUTLIER_YOY")
    assert issue.cell == book.cell("Funding", 5, "Amount")
    assert "(set by Changes!" in issue.found


def test_a_jump_of_the_workbook_is_not_told_again_for_a_scenario_that_keeps_it(check: Check) -> None:
    # good_book's scenario multiplies both years of Core by 1.01.
    issues = check(good_book().set("Funding", row=1, Amount=1000))
    assert [issue.code for issue in issues] == ["OUTLIER_YOY"]
    assert "set by" not in issues[0].found


def test_places_with_the_same_figures_throughout(check: Check) -> None:
    book = two_places()
    book.remove("Baseline")
    for service in ("Beds", "Clinics", "Drugs"):
        book.add("Services", Service=service)
    for place in ("North", "South"):
        for amount, service in enumerate(("Care", "Beds", "Clinics", "Drugs"), start=11):
            book.spend(place, service, "Trust", amount)
    issues = check(book)
    assert said(issues) == [("COPY_BLOCK", "warning", "Baseline", book.cell("Baseline", 4, "Amount"))]
    assert "'South' spends just what 'North' does on all 4 services" in issues[0].found
    assert check(book.set("Baseline", row=7, Amount=14.5)) == []


def test_signs_the_wrong_way_round_are_one_cause(check: Check) -> None:
    book = good_book()
    for row in book["Baseline"]:
        row["Amount"] *= -1
    issues = check(book)
    cause = only(issues, "NEG_SIGN_CONVENTION")
    assert (cause.severity, cause.cell) == ("error", book.cell("Baseline", -1, "Amount"))
    assert "9 of 9" in cause.found
    assert {issue.code for issue in issues} == {"NEG_SIGN_CONVENTION", "NEG_BUDGET"}


# ---- headings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading,stale",
    [
        ("Population 2022/23", True),
        ("Spend 2022-23", True),
        ("Spend 22/23", True),
        ("Spend 2024/25", False),  # the year before the first
        ("Plan 2026/27", False),
        ("Aged 18-19", False),
        ("IMD 2019", False),
    ],
)
def test_a_heading_of_another_year(check: Check, heading: str, stale: bool) -> None:
    issues = check(good_book(), extra={"Places": {heading: 5}})
    found = [issue for issue in issues if issue.code == "HEADER_STALE"]
    assert [(issue.severity, issue.sheet, issue.cell) for issue in found] == [("warning", "Places", "H4")] * stale


def test_a_used_heading_of_another_year(check: Check) -> None:
    book = good_book()
    issues = check(book, rename={"Baseline.Amount": "Amount (2019/20)"})
    assert said(issues) == [("HEADER_STALE", "warning", "Baseline", book.cell("Baseline", -1, "Amount"))]


# ---- no false alarms -----------------------------------------------------------------------------------


def test_the_worked_example_raises_no_suspicion() -> None:
    assert bm.read(EXAMPLE).issues == ()


@pytest.mark.parametrize("size, seeds", [("tiny", 8), ("small", 4), pytest.param("small", 40, marks=pytest.mark.slow)])
def test_random_books_raise_no_suspicion(tmp_path: Path, size: str, seeds: int) -> None:
    for seed in range(seeds):
        issues = bm.read(random_book(seed, size).save(tmp_path / "in.xlsx")).issues  # a check would solve besides
        assert not SLIPS & {issue.code for issue in issues}, [issue.sentence for issue in issues]
        assert not errors(issues)
