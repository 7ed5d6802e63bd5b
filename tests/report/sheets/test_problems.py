"""The Problems sheet: in the results of a run, and alone when a run is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from budgetmodel.report import write_results
from budgetmodel.report.sheets import problems
from budgetmodel.report.sheets.problems import problems_bytes, problems_page, remove_problems, write_problems
from tests.support.builder import two_places

HEADINGS = ["Code", "Severity", "Cell", "Found", "Expected", "What to type"]
INJECTIONS = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "http://example.org", "{=1}", "\x07 bell"]


def issue(code: str) -> Issue:
    return Issue(code, "warning", "Rules", "K5", "x", "y", "z")


def rows(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_results_hold_warnings_and_repairs(tmp_path: Path) -> None:
    made = two_places().set("Years", Colour="red").set("Years", Weight="1")
    results = bm.solve_all(bm.read(made.save(tmp_path / "in.xlsx")))
    found = rows(openpyxl.load_workbook(write_results(results, tmp_path / "results.xlsx")[0])["Problems"])
    assert found[0] == [*HEADINGS, "Scenario"]
    assert [(row[0], row[1], row[2], row[6]) for row in found[1:]] == [
        ("COL_UNUSED", "warning", "Years!E4", "Base"),
        ("TEXT_NUMBER", "repaired", "Years!B5", "Base"),
    ]
    assert all(isinstance(row[5], str) for row in found[1:])  # each says what to type


def test_what_scenarios_share_stands_once() -> None:
    everywhere, own = issue("A"), issue("B")
    told = [("One", everywhere), ("One", own), ("Two", everywhere), ("Three", everywhere)]
    frames = {
        "issues": pd.DataFrame([{"scenario": name, **one.as_dict()} for name, one in told]),
        "run": pd.DataFrame({"scenario": ["One", "Two", "Three"], "key": "k", "value": "v"}),
    }
    page = problems_page(frames)
    assert list(page.values("Code")) == ["A", "B"]
    assert list(page.values("Scenario")) == ["all", "One"]
    two = {**frames, "run": pd.DataFrame({"scenario": ["One", "Two", "Three", "Four"], "key": "k", "value": "v"})}
    assert list(problems_page(two).values("Scenario")) == ["One, Two, Three", "One"]


def test_a_row_per_cell_in_the_words_of_the_issue() -> None:
    issues = [
        Issue("BLANK_VS_ZERO", "error", "Baseline", "D5,D9", "the cell is blank", "an amount", "Type it."),
        Issue("SHEET_MISSING", "error", "Target", "", "there is no sheet", "a sheet", "Add it."),
        Issue("WRONG_TYPE", "error", "", "in.xlsx", "the file is empty", "a workbook", "Save it."),
    ]
    sheet = opened(problems_bytes(issues, "in.xlsx"))["Problems"]
    assert rows(sheet) == [
        HEADINGS,
        ["BLANK_VS_ZERO", "error", "Baseline!D5", "the cell is blank", "an amount", "Type it."],
        ["BLANK_VS_ZERO", "error", "Baseline!D9", "the cell is blank", "an amount", "Type it."],
        ["SHEET_MISSING", "error", "Target", "there is no sheet", "a sheet", "Add it."],
        ["WRONG_TYPE", "error", "in.xlsx", "the file is empty", "a workbook", "Save it."],
    ]
    assert sheet["A4"].value.startswith("in.xlsx: 3 errors, 0 warnings, 0 repairs.")


@pytest.mark.parametrize("text", INJECTIONS)
def test_text_never_becomes_a_formula_or_a_link(text: str) -> None:
    sheet = opened(problems_bytes([Issue("A", "error", text, "D5", text, text, text)], text))["Problems"]
    assert all(cell.data_type in ("s", "n") and cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
    assert text.strip("\x07\t") in sheet["D6"].value


def test_equal_lists_give_equal_bytes() -> None:
    issues = [Issue("A", "warning", "Rules", "K5", "x", "y", "z")]
    assert problems_bytes(issues, "in.xlsx") == problems_bytes(issues, "in.xlsx")


def test_too_many_rows_are_put_together_by_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("budgetmodel.excel.problem_rows.LISTED", 3)
    issues = [Issue("A", "error", "Baseline", f"D{n}", "x", "y", "z") for n in range(5, 10)]
    assert rows(opened(problems_bytes(issues, "in.xlsx"))["Problems"])[1][2] == "Baseline!D5,D6,D7,D8,D9"


def test_only_our_own_list_is_taken_away(tmp_path: Path) -> None:
    remove_problems(tmp_path)  # there is none: nothing happens
    path = write_problems([Issue("A", "error", "Rules", "K5", "x", "y", "z")], tmp_path, "in.xlsx")
    assert path.name == problems.FILE
    remove_problems(tmp_path)
    assert not path.exists()
    openpyxl.Workbook().save(path)
    remove_problems(tmp_path)
    assert path.exists()
    path.write_bytes(b"mine")
    remove_problems(tmp_path)
    assert path.read_bytes() == b"mine"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "mine")
    remove_problems(tmp_path)
    assert path.exists()
