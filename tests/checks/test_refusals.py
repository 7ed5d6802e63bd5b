"""A refusal costs no more for a hundred thousand wrong rows than for some hundreds: the rest is counted, and said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel.contract import schema
from budgetmodel.contract.issues import MADE, MADE_IN_SHEET, Issue, IssueList, grouped
from budgetmodel.contract.schema import SHEET
from budgetmodel.excel.read import workbook
from tests.checks.test_faults import good_book

ROWS = 400


def place(issue: Issue) -> tuple[str, str, str, str]:
    return issue.code, issue.severity, issue.sheet, "".join(filter(str.isalpha, issue.cell))


@pytest.fixture(scope="module")
def wrong_rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Issue, ...]]:
    """By sheet: the issues of the good book in which that sheet has 400 more rows, wrong in every cell."""
    folder = tmp_path_factory.mktemp("wrong")
    good = good_book().save(folder / "good.xlsx")
    found = {}
    for sheet in (schema.RULES, schema.REGIMES, schema.SCENARIOS, schema.BASELINE, schema.ABOUT, schema.CHANGES):
        book = openpyxl.load_workbook(good)
        for row in range(ROWS):
            book[sheet].append([f"wrong {row} in {column.value}" for column in book[sheet][4]])
        book.save(folder / "wrong.xlsx")
        found[sheet] = tuple(bm.check(folder / "wrong.xlsx"))
    return found


def test_some_hundreds_of_a_kind_are_made_whatever_the_sheet(wrong_rows: dict[str, tuple[Issue, ...]]) -> None:
    for sheet, issues in wrong_rows.items():
        made = Counter(map(place, issues))
        assert max(made.values()) == MADE, sheet  # so many, and the others counted


def test_the_rest_is_counted_in_one_message_of_the_column(wrong_rows: dict[str, tuple[Issue, ...]]) -> None:
    # 400 places that are none, 300 of them listed: 100 more.
    (baseline,) = [i for i in grouped(wrong_rows[schema.BASELINE]) if i.code == "PLACE_UNKNOWN"]
    assert len(baseline.cell.split(",")) == MADE
    assert baseline.more == ROWS - MADE
    assert baseline.found.endswith("(and 100 more rows like it)")
    assert baseline.as_dict()["found"] == baseline.found
    assert "more" not in baseline.as_dict()


def test_other_sheets_are_not_blamed_for_what_a_spoilt_one_lacks(tmp_path: Path) -> None:
    # Every row of Regimes is wrong: nothing is known of pots, so no source is said to be in none.
    path = good_book().save(tmp_path / "in.xlsx")
    book = openpyxl.load_workbook(path)
    for row in range(ROWS):
        book["Regimes"].append(["Split", f"Cor {row}", "each", "system"])
    book.save(path)
    codes = {issue.code for issue in bm.check(path)}
    assert codes == {"SOURCE_UNKNOWN"}


def test_issues_of_many_columns_are_counted_too() -> None:
    # 16,000 headings that are not used: one in each column.
    from budgetmodel.excel.read.cells import column_letter

    issues = IssueList()
    issues.extend(
        Issue("COL_UNUSED", "warning", "Funding", f"{column_letter(number)}4", f"'{number}'", "none", "Nothing to do.")
        for number in range(1, 16_001)
    )
    told = issues.told()
    assert len(told) == MADE_IN_SHEET
    assert told[0].found == f"'1' (and {16_000 - MADE_IN_SHEET:,} more rows like it)"
    assert grouped(told)[0].found == told[0].found


def test_long_sheets_are_refused_for_their_first_rows_and_nothing_else_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 400 wrong rows of Regimes where 350 are looked at first, and over 600 services, more than may be named.
    monkeypatch.setattr(workbook, "FIRST_LOOK", 350)
    monkeypatch.setattr(workbook, "MEMBERS", 600)
    path = good_book().save(tmp_path / "in.xlsx")
    book = openpyxl.load_workbook(path)
    for row in range(ROWS):
        book["Rules"].append([f"wrong {row}"] * len(SHEET["Rules"].columns))
    for row in range(601):
        book["Services"].append([f"Service {row}", "place", "own"])
    book.save(path)
    issues = bm.check(path)
    long = {issue.sheet: issue.found for issue in issues if issue.code == "BIG_FILE"}
    assert long == {
        "Rules": "more than half of the first 350 rows are wrong; the rows below were not looked at",
        "Services": "the sheet has over 600 rows; it was not looked at",
    }
    assert {issue.sheet for issue in issues if issue.severity == "error"} == {"Rules", "Services"}


def test_names_far_down_their_sheet_are_known_to_the_first_rows_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 400 rows of Needs, of which 100 are looked at first: all name places below the 100th row of Places.
    monkeypatch.setattr(workbook, "FIRST_LOOK", 100)
    made = good_book()
    for row in range(500):
        made.add("Places", Place=f"Ward {row}")
    for row in range(ROWS):
        made.add("Needs", {"Need measure": "Wards"}, Place=f"Ward {row + 100}", Value=1, Basis="resident")
    codes = {issue.code for issue in bm.check(made.save(tmp_path / "in.xlsx"))}
    assert not codes & {"BIG_FILE", "PLACE_UNKNOWN"}


@pytest.mark.slow
@pytest.mark.parametrize("sheet", schema.SHEETS, ids=lambda sheet: sheet.name)
def test_twenty_thousand_wrong_rows_of_any_sheet_stay_within_the_limits(sheet: schema.Sheet, tmp_path: Path) -> None:
    from tests.support.confined import MEMORY, SECONDS, check_confined

    path = good_book().save(tmp_path / "in.xlsx")
    book = openpyxl.load_workbook(path)
    width = len(sheet.columns)
    for row in range(20_000):
        book[sheet.name].append([f"wrong {row}"] * width)
    book.save(path)
    (outcome,) = check_confined([path])
    assert not outcome.death
    assert outcome.seconds < SECONDS
    assert outcome.memory < MEMORY
