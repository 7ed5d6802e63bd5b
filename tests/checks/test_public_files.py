"""What people's own files hold: each kind is read as what is meant, or refused at its cell, never as another number.

The kinds are those that 278 public workbooks and the test files of sixteen libraries showed.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.checks.cells import parse
from budgetmodel.checks.number_text import is_placeholder, number_of
from budgetmodel.contract import schema
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.contract.units import tidy_year
from tests.checks.test_faults import Check, Fault, check, fault, good_book, repaired
from tests.checks.test_organisations import with_terms
from tests.checks.test_rows import said
from tests.support.builder import Book, two_places
from tests.support.confined import parts_of, repacked
from tests.support.random_books import random_book

__all__ = ["check"]  # the fixture

AMOUNT = schema.SHEET["Funding"].column("Amount")
COUNT = schema.SHEET["Needs"].column("Value")

# ---- numbers as text --------------------------------------------------------------------------------------

READ = {
    "1234.5": 1234.5,
    " 1,234.5 ": 1234.5,
    "1,234,567": 1234567,
    "1\u00a0234\u00a0567.25": 1234567.25,  # a no-break space, as Excel shows thousands in many countries
    "1\u202f234": 1234,  # a narrow one, as French
    "1\u2009234": 1234,  # a thin space, as SI
    "(1,234)": -1234,
    "\u2212120": -120,
    "'500": 500,
    "5.": 5,
    "\uff11\uff12\uff13": 123,  # wide digits
    "\u0663\u0664": 34,  # Arabic digits
    "1e3": 1000,
}
REFUSED = {
    # The sign in the way is named, and no other number is offered.
    "1 234": "a space between its digits",
    "1 234,5": "a space between its digits",
    "1\u00a0234,5": "a no-break space between its digits",
    "12\u202f34": "a narrow no-break space between its digits",
    "1\u3000234": "a wide space between its digits",
    "12,34,567": "commas that do not part thousands",
    "1234,567": "a comma that does not part thousands",
    "01,234": "a comma that does not part thousands",
    "1.234.567": "several points",
    "1,234.567,8": "commas and points",
    "1'234": "an apostrophe between its digits",
    "1\u2019234.5": "an apostrophe between its digits",
    "1_234": "an underscore between its digits",
    "1\u00b7234": "a raised point between its digits",
    "1\u066c234": "an Arabic thousands sign",
    "0,123": "a decimal comma",
    "1.234,56": "a decimal comma",
    "1O 5": "is text",
    "(-5)": "brackets and a sign",
    "5-": "its minus sign at the end",
    "\u20135": "begins with a dash",
    "677*": "the mark '*'",
    "677 [r]": "the mark '[r]'",
    "677\u00b2": "the mark '\u00b2'",
    "405m": "the scale 'm'",
    "\u2460": "is text",
    "2025/26": "is text",
    "12:30": "is text",
    "5 per cent": "the percentage in words",
}


@pytest.mark.parametrize("text", READ)
def test_a_text_that_is_plainly_a_number_is_that_number(text: str) -> None:
    assert number_of(text).value == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_text_that_may_be_several_numbers_is_refused_by_the_name_of_its_sign(text: str) -> None:
    found = number_of(text)
    assert found.value is None
    assert REFUSED[text] in found.words
    assert not re.search(r"\d", found.fix), "another number is offered"


def grouped(size: int, sign: str, point: str = ".") -> Callable[[Decimal], str]:
    """A number with a sign between groups of so many digits (the last group has three, as in India)."""

    def write(number: Decimal) -> str:
        whole, _, rest = f"{number:f}".partition(".")
        head, tail = whole[:-3], whole[-3:]
        groups = [head[max(0, end - size) : end] for end in range(len(head), 0, -size)][::-1]
        return sign.join([*groups, tail]) + (point + rest if rest else "")

    return write


GROUPING = " \u00a0\u202f\u2009\u2007\u3000'\u2019`\u00b4_\u00b7\u066c\u060c|;:"
"""What people and programs put between thousands."""

MANGLERS: dict[str, Callable[[Decimal], str]] = {
    **{f"threes {ord(sign):04x}": grouped(3, sign) for sign in GROUPING},
    **{f"twos {ord(sign):04x}": grouped(2, sign) for sign in ", \u00a0'"},
    **{f"comma {ord(sign):04x}": grouped(3, sign, ",") for sign in ". \u00a0\u202f'"},
    "plain": lambda n: f"{n:f}",
    "commas": lambda n: f"{n:,f}",
    "bracketed": lambda n: f"({n:f})",
    "percent": lambda n: f"{n:f}%",
    "wide": lambda n: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in f"{n:f}"),
    "letters": lambda n: f"{n:f}".replace("0", "O").replace("1", "l"),
    "marked": lambda n: f"{n:f}\u00b2",
    "note": lambda n: f"{n:f} [1]",
    "pounds": lambda n: f"£{n:,f}",
    "twice": lambda n: f"{n:f} {n:f}",
    "minus behind": lambda n: f"{n:f}-",
    "scale": lambda n: f"{n:f}m",
}  # fmt: skip


def test_no_way_of_writing_a_number_is_read_as_another() -> None:
    # 200 numbers of 1 to 8 digits with 0 to 3 decimals, each written in every way.
    draw = random.Random(16)  # noqa: S311
    read = refused = 0
    for _ in range(200):
        number = Decimal(draw.randrange(1, 10 ** draw.randint(1, 8))).scaleb(-draw.randint(0, 3))
        for name, mangler in MANGLERS.items():
            text = mangler(number)
            if name.startswith("comma ") and re.fullmatch(r"\d{1,3}[,.]\d{3}", text):
                continue  # as the English write thousands, or decimals: see below
            value, finding = parse(text, COUNT)
            if value is None:
                assert finding is not None
                assert finding.severity == "error"
                refused += 1
                continue
            exact = float(number) / (100 if name == "percent" else 1) * (-1 if name == "bracketed" else 1)
            assert value == pytest.approx(exact, rel=1e-15), (name, text)
            read += 1
    assert read > 500
    assert refused > 2000


def test_a_decimal_comma_before_three_digits_is_told_where_it_can_be() -> None:
    # 1,234 is English for a thousand and more: it is read so and logged. 0,123 and 1234,567 are not English.
    assert parse("1,234", AMOUNT)[0] == 1234
    assert parse("0,123", AMOUNT)[0] is None
    assert parse("1234,567", AMOUNT)[0] is None


SHORTHAND = (
    *("..", ":", "[x]", "[c]", "[z]", "[low]", "[u]", "[w]", "[note 3]", "c", "z", "x", "*", "**", "#N/A", "TBC", "?"),
    *("-", "\u2013", "\u2014", "\u2012", "\u2212", "nil", "none", "n/a", "N.A.", "NaN", "null", "suppressed"),
    *("<5", "> 10", "\u22645", "less than 5", "£ -", " £ -   ", "-£-", "$ \u2014", "\u2026"),
)  # fmt: skip


@pytest.mark.parametrize("text", SHORTHAND)
def test_the_shorthand_of_statistics_is_a_missing_figure_and_no_number(text: str) -> None:
    found = number_of(text)
    assert (found.value, found.code) == (None, "PLACEHOLDER")
    assert "ype" in found.fix


def test_names_are_no_placeholders() -> None:
    assert not [name for name in ("Bury", "Care", "A", "1", "x-ray", "C2C", "North", "all") if is_placeholder(name)]


PLANTED = [
    fault("PCT_UNEXPECTED", "Funding.Amount", 0, "5%", "percentage"),
    fault("PCT_UNEXPECTED", "Baseline.Amount", 0, "(5%)", "percentage"),
    fault("PCT_UNEXPECTED", "Needs.Value", 0, "5 %", "percentage"),
    fault("PCT_UNEXPECTED", "Contracts.Cost per contract", 0, "5\uff05", "percentage"),
    fault("PCT_UNEXPECTED", "Contracts.Days to pay", 0, "5%", "percentage"),
    fault("PCT_UNEXPECTED", "Rules.Value", 2, "5%", "amount in £m"),
    fault("PCT_UNEXPECTED", "Rules.Value", 4, "5%", "pounds per unit of need"),
    fault("PCT_UNEXPECTED", "Indicators.Value", 0, "80%", "percentage"),
    repaired("TEXT_NUMBER", "Target.Weight", 0, "30%", "0.3"),
    fault("NUMBER_PARTED", "Funding.Amount", 0, "1 234", "a space"),
    fault("NUMBER_PARTED", "Needs.Value", 0, "12,34,567", "commas that do not part thousands"),
    fault("NUMBER_PARTED", "Rules.Value", 2, "1'234", "an apostrophe"),
    fault("NUMBER_PARTED", "Contracts.Fee", 0, "0 02", "a space"),
    fault("PLACEHOLDER", "Sources.Carry forward", 0, "[z]", "or leave the cell blank"),
    fault("PLACEHOLDER", "Needs.Value", 0, "<5", "a bound"),
    # Years wherever a year stands.
    repaired("YEAR_FORMAT", "Years.Year", 0, "FY25/26", "2025/26"),
    repaired("YEAR_FORMAT", "Funding.Year", 0, "2025\u221526", "2025/26"),
    repaired("YEAR_FORMAT", "Rules.Years", 1, "2026\u201327 onwards", "2026/27 onwards"),
    repaired("YEAR_FORMAT", "Rules.Years", 1, "all; not 2025-26", "not 2025/26"),
    repaired("YEAR_FORMAT", "Regimes.Years", 0, "FY25/26; 2026 / 27", "2025/26; 2026/27"),
    repaired("YEAR_FORMAT", "Regimes.Years", 0, "2025-26 to 2026-27", "2025/26 to 2026/27"),
    fault("YEAR_UNKNOWN", "Rules.Years", 1, "2025/26 - 2026/27", "'2025/26 to 2026/27'"),
    fault("YEAR_UNKNOWN", "Rules.Years", 1, "from 2026/27", "'2026/27 onwards'"),
    fault("YEAR_UNKNOWN", "Rules.Years", 1, "2026", "'2025/26' or '2026/27'"),
    fault("YEAR_AS_DATE", "Rules.Years", 1, dt.date(2026, 4, 1), "type 2026/27"),
    fault("YEAR_FORMAT", "Funding.Year", 0, 202526, "2025/26"),
    fault("YEAR_FORMAT", "Funding.Year", 0, "2025/2126", "no financial year".removeprefix("no ")),
    # Placeholders in selectors and in cells that may be blank.
    fault("PLACE_UNKNOWN", "Rules.Places", 0, "n/a", "or leave it blank for all"),
    fault("SERVICE_UNKNOWN", "Rules.Services", 0, "-", "or leave it blank for all"),
    fault("SOURCE_UNKNOWN", "Rules.Sources", 2, "None", "or leave it blank for all"),
    fault("PROVIDER_UNKNOWN", "Contracts.Providers", 2, "nan", "or leave it blank for all"),
    fault("YEAR_UNKNOWN", "Regimes.Years", 0, "\u2014", "or leave it blank for all"),
    fault("SCENARIO_UNKNOWN", "Scenarios.Based on", 1, "n/a", "or leave the cell blank"),
    fault("PLACE_UNKNOWN", "Rules.Places", 0, "Bury, Bolton", "'Bury; Bolton'"),
    fault("CHOICE_UNKNOWN", "Sources.Grade", 0, "n/a", "or leave the cell blank"),
    fault("EACH_UNKNOWN", "Rules.Each", 0, "none", "or leave the cell blank"),
    repaired("PLACEHOLDER", "Providers.Lead group", 0, "n/a", "no lead group"),
    repaired("PLACEHOLDER", "Places.Group", 2, "-", "no group"),
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[Fault, list[Issue]]:
    """What is said at each planted cell. Faults of different cells go into one book, so that few are checked."""
    folder = tmp_path_factory.mktemp("planted")
    batches: list[dict[tuple[str, int, str], Fault]] = []
    for planted in PLANTED:
        cell = (planted.sheet, planted.row, planted.column)
        batch = next((batch for batch in batches if cell not in batch), None)
        if batch is None:
            batches.append(batch := {})
        batch[cell] = planted
    result = {}
    for batch in batches:
        book = with_terms(good_book())
        path = book.save(folder / "in.xlsx")
        file = openpyxl.load_workbook(path)
        for planted in batch.values():
            file[planted.sheet][book.cell(planted.sheet, planted.row, planted.column)].value = planted.value
        file.save(path)
        issues = bm.check(path)
        for planted in batch.values():
            cell = book.cell(planted.sheet, planted.row, planted.column)
            result[planted] = [issue for issue in issues if (issue.sheet, issue.cell) == (planted.sheet, cell)]
    return result


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_a_planted_fault_is_told_at_its_cell(found: dict[Fault, list[Issue]], planted: Fault) -> None:
    issue = next(issue for issue in found[planted] if issue.code == planted.code)
    assert issue.severity == planted.severity
    assert planted.says in f"{issue.found} {issue.expected} {issue.fix}"
    assert {issue.code for issue in found[planted] if issue.severity == "error"} <= {planted.code}


def test_a_change_gives_no_money_as_a_percentage(check: Check, tmp_path: Path) -> None:
    book = good_book()
    at = {"Table": "Funding", "Where": "Source=Grant", "Field": "Amount"}
    for change in ("set", "add", "append"):
        spoilt = book.copy().change("Pooled", at["Table"], change, Where=at["Where"], Field=at["Field"], Value="5%")
        assert "PCT_UNEXPECTED" in {issue.code for issue in errors(check(spoilt))}
    # 105% of it is a factor, and a Value in per cent may be added to.
    book.change("Pooled", "Funding", "multiply", Where="Source=Grant", Field="Amount", Value="105%")
    book.change("Pooled", "Rules", "add", Where="Rule=Floor", Field="Value", Value="5%")
    assert check(book) == []
    changed = bm.read(tmp_path / "in.xlsx").inputs_of("Pooled")[0]
    assert changed is not None
    assert changed.frame("Funding")["Amount"].tolist()[4:] == pytest.approx([5.25, 5.25])  # 5 x 105%
    assert changed.frame("Rules")["Value"].tolist()[0] == pytest.approx(-0.15)  # -20% + 5 points


def test_money_shown_as_a_percentage_is_warned_of(tmp_path: Path) -> None:
    book = good_book()
    path = book.save(tmp_path / "in.xlsx")
    file = openpyxl.load_workbook(path)
    file["Funding"]["C5"].number_format = "0.0%"
    file["Funding"]["C6"].number_format = '0.0"%"'  # a text in the format: nothing is multiplied by 100
    file["Contracts"][book.cell("Contracts", 1, "Fee")].number_format = "0%"
    file.save(path)
    (issue,) = bm.check(path)
    assert said([issue]) == [("PCT_UNEXPECTED", "warning", "Funding", "C5")]
    assert "10,000%" in issue.found


# ---- years ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", "/-\\_\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2044\u2215\uff0f")
def test_a_year_is_read_whatever_stands_between(sign: str) -> None:
    forms = [f"2025{sign}26", f"2025 {sign} 26", f"2025{sign}2026", f"FY25{sign}26", f"FY 2025{sign}26", f"25{sign}26"]
    assert {tidy_year(form) for form in forms} == {"2025/26"}
    assert {tidy_year(f"2025{sign}{end}") for end in ("27", "25", "2126", "1926", "6")} == {None}


def test_changes_find_years_however_they_are_written(check: Check, tmp_path: Path) -> None:
    book = good_book()
    book.change("Pooled", "Funding", "add", Where="Source=Grant; Year=2026\u201327", Field="Amount", Value=1)
    book.change("Pooled", "Rules", "set", Where="Years=2026-27 onwards", Field="Value", Value=-0.01)
    assert check(book) == []
    budget = bm.read(tmp_path / "in.xlsx")
    changed = budget.inputs_of("Pooled")[0]
    assert changed is not None
    assert changed.frame("Funding")["Amount"].tolist()[5] == pytest.approx(6)  # the Grant's 5 and 1
    assert changed.frame("Rules")["Value"].tolist()[1] == pytest.approx(-0.01)
    assert bm.check(tmp_path / "in.xlsx", ["Funding.Amount[Source=Core; Year=FY25/26] += 5"]) == []
    assert bm.check(tmp_path / "in.xlsx", ["Rules.Years[Rule=Standard] = 2026-27 onwards"])[0].code == "YEAR_FORMAT"


def test_a_workbook_differs_in_no_year_that_is_written_otherwise(tmp_path: Path) -> None:
    book = good_book()
    before = book.save(tmp_path / "before.xlsx")
    for row in book["Funding"]:
        row["Year"] = str(row["Year"]).replace("/", "\u2013")
    book["Rules"][1]["Years"] = "2026-27 onwards"
    assert bm.diff(before, book.save(tmp_path / "after.xlsx")).empty


def test_providers_without_a_lead_group_are_no_group(check: Check, tmp_path: Path) -> None:
    # Or all whose cell says n/a would be one party.
    plain = bm.read(good_book().save(tmp_path / "plain.xlsx"))
    book = good_book()
    for row in book["Providers"]:
        row["Lead group"] = row.get("Lead group") or "n/a"
    for row in book["Places"]:
        row["Also known as"] = row.get("Also known as") or "-"
    assert [issue.code for issue in check(book)] == ["PLACEHOLDER"] * 2
    read = bm.read(tmp_path / "in.xlsx").frame("Providers")
    pd.testing.assert_frame_equal(read, plain.frame("Providers"))


# ---- the file -----------------------------------------------------------------------------------------------


def test_a_file_with_windows_paths_is_read_and_marked(tmp_path: Path) -> None:
    good = good_book().set("Funding", row=0, Amount="n/a").save(tmp_path / "good.xlsx")
    path = tmp_path / "windows.xlsx"
    path.write_bytes(repacked({name.replace("/", "\\"): content for name, content in parts_of(good).items()}))
    issues = bm.check(path)
    assert issues == bm.check(good)
    from budgetmodel.excel.annotate import annotate

    assert openpyxl.load_workbook(annotate(path, tmp_path / "copy.xlsx", issues))["Funding"]["C5"].comment is not None


@pytest.mark.parametrize(
    "name", ["..\\..\\evil.xml", "xl\\..\\..\\evil.xml", "\\evil.xml", "C:\\evil.xml", "xl\\Workbook.xml"]
)
def test_windows_paths_never_lead_out(tmp_path: Path, name: str) -> None:
    path = two_places().save(tmp_path / "in.xlsx")
    path.write_bytes(repacked({**parts_of(path), name: b"<x/>"}))
    (issue,) = bm.check(path)
    assert issue.code == "DAMAGED"


def other_book(path: Path, *sheets: str) -> Path:
    file = openpyxl.Workbook()
    file.active.title = sheets[0]
    for sheet in sheets[1:]:
        file.create_sheet(sheet)
    file.save(path)
    return path


@pytest.mark.parametrize("sheets", [("Sheet1",), ("Notes", "About", "Table 1"), tuple(f"Table {n}" for n in range(30))])
def test_a_strangers_workbook_has_one_message(tmp_path: Path, sheets: tuple[str, ...]) -> None:
    (issue,) = bm.check(other_book(tmp_path / "in.xlsx", *sheets))
    assert (issue.code, issue.severity, issue.cell) == ("SHEET_MISSING", "error", "in.xlsx")
    assert f"'{sheets[0]}'" in issue.found
    assert "Is this the input?" in issue.fix
    assert "template" in issue.fix


def test_a_workbook_that_lacks_some_sheets_has_a_message_for_each(check: Check) -> None:
    missing = [issue for issue in check(good_book(), omit=("Years", "Target")) if issue.code == "SHEET_MISSING"]
    assert [issue.sheet for issue in missing] == ["Years", "Target"]


def test_a_pack_as_the_input_is_told(tmp_path: Path) -> None:
    (issue,) = bm.check(other_book(tmp_path / "pack.xlsx", "Scenarios", "Changes"))
    assert "scenario pack" in issue.found
    assert "--pack pack.xlsx" in issue.fix


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    budget = bm.read(two_places().save(folder / "our plan.xlsx"))
    bm.write_results(bm.solve_all(budget), folder / "results.xlsx")
    return folder


def test_our_own_results_name_their_input(results: Path) -> None:
    for path in results.glob("results*.xlsx"):
        (issue,) = bm.check(path)
        assert (issue.code, issue.cell) == ("WRONG_TYPE", path.name)
        assert "results of budgetmodel" in issue.found
        assert issue.fix == "Name 'our plan.xlsx' instead."


def test_the_list_of_problems_is_no_input(results: Path) -> None:
    from budgetmodel.report.sheets.problems import write_problems

    (issue,) = bm.check(write_problems([], results, "our plan.xlsx"))
    assert "list of problems" in issue.found


# ---- headings -------------------------------------------------------------------------------------------------

MARKS = ("*", ":", "\u00b9", " [note 1]", "\u2020", " (note 2)", "\u00b2\u00b3", " [1]", " [r]", "#", " *", ".")


def marked(book: Book, path: Path) -> Path:
    """The book with a mark at every heading, another one each."""
    book.save(path)
    file = openpyxl.load_workbook(path)
    for number, sheet in enumerate(file.worksheets):
        for at, cell in enumerate(sheet[4]):
            if cell.value:
                cell.value = f"{cell.value}{MARKS[(number + at) % len(MARKS)]}"
    file.save(path)
    return path


def test_marks_on_headings_are_read_past(tmp_path: Path) -> None:
    plain = bm.read(good_book().save(tmp_path / "plain.xlsx"))
    read = bm.read(marked(good_book(), tmp_path / "marked.xlsx"))
    assert read.issues == ()
    for sheet in schema.SHEETS:
        pd.testing.assert_frame_equal(read.frame(sheet.name), plain.frame(sheet.name))


def test_a_unit_behind_a_mark_is_still_held_to_the_workbooks(check: Check) -> None:
    for heading in ("Amount (£k)*", "Amount* (£k) [note 1]", "Amount [£k]", "Amount (£k) (note 1)"):
        (issue,) = check(good_book(), rename={"Funding.Amount": heading})
        assert (issue.code, issue.sheet, issue.cell) == ("UNIT_SCALE", "Funding", "C4")
        assert "£k" in issue.found


def test_a_heading_that_may_be_the_missing_one_is_told_once(check: Check) -> None:
    issues = check(good_book(), rename={"Funding.Amount": "Total amount"})
    assert [issue.code for issue in issues if issue.cell == "C4"] == ["COL_RENAMED"]


def test_headings_that_cannot_be_found_bring_no_false_errors(check: Check) -> None:
    names = (column.name for column in schema.SHEET["Services"].columns)
    issues = check(good_book(), rename={f"Services.{name}": f"Column {at}" for at, name in enumerate(names)})
    assert {issue.code for issue in issues} == {"HEADER_SHIFT"}


# ---- totals without a label, section rows, pivots ---------------------------------------------------------------
# Of good_book: the Baseline is 108, Bury's rows 18 + 4 + 2 = 24, Bolton's 48; Funding 232; Children 300 + 500 + 400.


@pytest.mark.parametrize(
    "sheet,row,column,words",
    [
        ("Baseline", {"Amount": 108}, "Amount", "without a place or service or provider is the sum of the 9 rows"),
        ("Baseline", {"Place": "Bolton", "Amount": 48}, "Amount", "is the sum of the 3 rows of 'Bolton'"),
        ("Baseline", {"Amount": 107.6}, "Amount", "is nearly the sum of the 9 rows"),
        ("Funding", {"Amount": 232}, "Amount", "the sum of the 6 rows above"),
        ("Needs", {"Need measure": "Children", "Value": 1200}, "Value", "the sum of the 3 rows of 'Children'"),
        ("Target", {"Weight": 4}, "Weight", "the sum of the 2 rows above"),
    ],
)  # fmt: skip
def test_a_total_without_a_label_is_one_error(
    check: Check, sheet: str, row: dict[str, object], column: str, words: str
) -> None:
    book = good_book()
    book[sheet].append(row)
    issues = check(book)
    assert said(issues) == [("SUBTOTAL_ROW", "error", sheet, book.cell(sheet, len(book[sheet]) - 1, column))]
    assert words in issues[0].found
    assert issues[0].fix == "Delete it, or label it Total."


def test_subtotals_without_labels_are_each_told(check: Check) -> None:
    book = good_book()
    book["Baseline"].insert(3, {"Amount": 24})
    book["Baseline"].append({"Amount": 84})  # Bolton's 48 and Wigan's 36, since the last one
    book["Baseline"].append({"Amount": 108})
    assert said(check(book)) == [("SUBTOTAL_ROW", "error", "Baseline", f"D{row}") for row in (8, 15, 16)]


def test_a_figure_alone_that_is_no_sum_is_one_error(check: Check) -> None:
    book = good_book()
    book["Baseline"].append({"Amount": 500})
    (issue,) = check(book)
    assert said([issue]) == [("BLANK_VS_ZERO", "error", "Baseline", "D14")]
    assert "without labels, as a total does" in issue.found
    assert issue.fix == "Delete it, or label it Total, or fill in Place, Service and Provider."


def test_a_row_that_lacks_one_name_is_no_total(check: Check) -> None:
    # Bury's hospital has 18, which is nobody's sum: the name is asked for.
    (issue,) = check(good_book().set("Baseline", row=0, Provider=None))
    assert said([issue]) == [("BLANK_VS_ZERO", "error", "Baseline", "C5")]


def test_section_headings_are_one_error_each(check: Check) -> None:
    book = good_book()
    book["Baseline"].insert(0, {"Place": "North"})
    book["Baseline"].insert(4, {"Place": "Bolton"})
    book["Services"].insert(1, {"Service": "Community services"})
    book["Rules"].insert(2, {"Rule": "National rules"})
    expected = [("Services", "A6"), ("Baseline", "A5"), ("Baseline", "A9"), ("Rules", "A7")]
    issues = check(book)
    assert said(issues) == [("BLANK_VS_ZERO", "error", *where) for where in expected]
    assert all("stands alone in its row" in issue.found for issue in issues)


def test_a_pasted_pivot_is_one_error_a_column(check: Check) -> None:
    book = good_book()
    for sheet, column in (("Baseline", "Place"), ("Needs", "Need measure"), ("Funding", "Source")):
        last = None
        for row in book[sheet]:
            row[column], last = (None if row[column] == last else row[column]), row[column]
    issues = check(book)
    assert said(issues) == [
        ("BLANK_VS_ZERO", "error", "Needs", "A6,A7,A9,A10"),
        ("BLANK_VS_ZERO", "error", "Funding", "A6,A8,A10"),
        ("BLANK_VS_ZERO", "error", "Baseline", "A6,A7,A9,A10,A12,A13"),
    ]
    assert all("'Repeat all item labels'" in issue.fix for issue in issues)


def test_a_pivot_in_outline_form_is_told_as_such(check: Check) -> None:
    # The label of a group stands in a row of its own, and the rows under it have none.
    book = good_book()
    lines, book["Baseline"] = book["Baseline"], []
    for at in (0, 3, 6):
        book["Baseline"].append({"Place": lines[at]["Place"]})
        book["Baseline"] += [{**line, "Place": None} for line in lines[at : at + 3]]
    issues = check(book)
    assert [(issue.code, issue.sheet) for issue in issues] == [("BLANK_VS_ZERO", "Baseline")] * 4
    assert [issue.cell for issue in issues if "PivotTable" in issue.found] == ["A6,A7,A8,A10,A11,A12,A14,A15,A16"]


# ---- all at once, on random books ---------------------------------------------------------------------------------

EXACTLY: tuple[Callable[[float], object], ...] = (
    lambda v: f"{v:,.6f}",
    lambda v: f"{v:,.6f}".replace(",", "\u00a0"),
    lambda v: f"{v:,.6f}".replace(",", "\u202f"),
    lambda v: f" {v:.6f}\u200b",
)
NEVER: tuple[Callable[[float], object], ...] = (
    lambda v: f"{v + 1000:,.2f}".replace(",", " "),
    lambda v: f"{v + 1000:,.2f}".replace(",", "'"),
    lambda v: f"{v + 1000:.2f}".replace(".", ","),
    lambda v: f"{v:.2f}%",
    lambda v: f"{v:.2f} [r]",
    lambda v: f"£{v:.2f}",
    lambda v: f"<{v:.2f}",
    lambda _: "[c]",
)


@pytest.mark.parametrize("seed", [3, 8])
def test_mangled_books_read_the_same_or_are_refused_at_each_mangled_cell(tmp_path: Path, seed: int) -> None:
    book = random_book(seed, "tiny")
    for row in book["Baseline"]:
        row["Amount"] = round(row["Amount"], 6)
    plain = bm.read(book.save(tmp_path / "plain.xlsx"))
    read = book.copy()
    for at, row in enumerate(read["Baseline"]):
        row["Amount"] = EXACTLY[at % len(EXACTLY)](row["Amount"])
    for at, row in enumerate(read["Funding"]):
        row["Year"] = str(row["Year"]).replace("/", "-\u2013\u2215"[at % 3])
    path = marked(read, tmp_path / "read.xlsx")
    path.write_bytes(repacked({name.replace("/", "\\"): content for name, content in parts_of(path).items()}))
    again = bm.read(path)
    for sheet in schema.SHEETS:
        pd.testing.assert_frame_equal(again.frame(sheet.name), plain.frame(sheet.name), rtol=1e-15)

    refused = book.copy()
    for at, row in enumerate(refused["Baseline"]):
        row["Amount"] = NEVER[at % len(NEVER)](row["Amount"])
    found = {issue.cell for issue in errors(bm.check(refused.save(tmp_path / "refused.xlsx")))}
    assert found == {refused.cell("Baseline", at, "Amount") for at in range(len(refused["Baseline"]))}


def test_a_cell_with_two_values_is_damaged(tmp_path: Path) -> None:
    path = two_places().save(tmp_path / "in.xlsx")
    parts = parts_of(path)
    part = "xl/worksheets/sheet8.xml"
    spoilt = re.sub(rb'(<c r="C5"[^>]*>.*?)</c>', rb"\1<v>7</v></c>", parts[part])
    path.write_bytes(repacked({**parts, part: spoilt}))
    (issue,) = errors(bm.check(path))
    assert (issue.code, issue.sheet) == ("DAMAGED", "Funding")
    assert "cell C5 has two values" in issue.found


def test_two_values_in_one_cell_are_what_shows(tmp_path: Path) -> None:
    # readxl and calamine keep files in which an exporter wrote a value beside the text of a cell: the text shows.
    path = two_places().save(tmp_path / "in.xlsx")
    parts = parts_of(path)
    part = "xl/worksheets/sheet8.xml"
    for cell in (
        b"<v>12</v><is><t>100.5</t></is>",
        b"<is><t>100.5</t></is><v>12</v>",
        b"<is><r><t>100</t></r><r><t>.5</t></r></is>",
    ):
        spoilt = re.sub(rb'<c r="C5"[^>]*>.*?</c>', b'<c r="C5" t="inlineStr">' + cell + b"</c>", parts[part])
        path.write_bytes(repacked({**parts, part: spoilt}))
        budget = bm.read(path)
        assert [issue.code for issue in budget.issues] == ["TEXT_NUMBER"]
        assert budget.frame("Funding")["Amount"].tolist() == [100.5]
