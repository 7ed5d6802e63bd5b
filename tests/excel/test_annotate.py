"""The marked copy: every problem in colour with a comment and a link, everything of the user's kept, nothing run."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

import budgetmodel as bm
from budgetmodel.contract.issues import FileTrouble, InputErrors, Issue
from budgetmodel.excel import annotate as subject
from budgetmodel.excel.annotate import MARK, annotate
from budgetmodel.excel.write.styles import SEVERITY_FILL
from tests.support.builder import two_places

INJECTIONS = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "http://example.org", "\x07 bell"]


def issue(cell: str, severity: str = "error", sheet: str = "Baseline", found: str = "wrong", code: str = "A") -> Issue:
    return Issue(code, severity, sheet, cell, found, "an amount", "Type it.")  # type: ignore[arg-type]


def colour(cell: openpyxl.cell.Cell) -> str:
    return f"#{cell.fill.fgColor.rgb[-6:]}" if cell.fill.fill_type == "solid" else ""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A user's workbook: a formula, a bold cell, a comment, a merged title, a column hidden, text like a formula."""
    path = two_places().save(tmp_path / "user.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Baseline"]
    sheet["D5"] = "=20+20"
    sheet["D5"].font = Font(bold=True)
    sheet["D5"].number_format = "0.000"
    sheet["D6"].comment = Comment("ask Ann", "Bob")
    sheet["E5"] = "=SUM(1)"
    sheet["E5"].data_type = "s"
    sheet.merge_cells("A1:C1")
    sheet.column_dimensions["F"].hidden = True
    sheet.column_dimensions["A"].width = 33
    book.defined_names["mine"] = openpyxl.workbook.defined_name.DefinedName("mine", attr_text="Baseline!$D$5")
    book.save(path)
    return path


def marked(user: Path, issues: list[Issue]) -> openpyxl.Workbook:
    before = user.read_bytes()
    path = annotate(user, user.with_name("copy.xlsx"), issues)
    assert user.read_bytes() == before
    return openpyxl.load_workbook(path)


def rows(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]


def test_cells_are_coloured_by_severity_and_say_what_is_wrong(user: Path) -> None:
    issues = [issue("D5,D6"), issue("B5", "warning"), issue("A6", "repaired"), issue("D6", "warning", code="B")]
    sheet = marked(user, issues)["Baseline"]
    assert [colour(sheet[cell]) for cell in ("D5", "D6", "B5", "A6", "A5")] == [
        SEVERITY_FILL["error"],
        SEVERITY_FILL["error"],  # the worst of its two
        SEVERITY_FILL["warning"],
        SEVERITY_FILL["repaired"],
        "",
    ]
    said = sheet["D5"].comment.text
    assert said == f"{MARK}\n\nA (error)\nFound: wrong\nExpected: an amount\nType: Type it."
    both = sheet["D6"].comment.text
    assert both.startswith("ask Ann")  # the user's own comment stands first
    assert "A (error)" in both
    assert "B (warning)" in both
    assert sheet["D6"].comment.author == "Bob"
    assert sheet["A5"].comment is None


def test_the_first_sheet_lists_everything_with_links(user: Path) -> None:
    issues = [
        issue("D5,D6"),
        issue("", sheet="Years"),
        issue("", sheet="Elsewhere", found="there is no sheet"),
        issue("user.xlsx", sheet=""),
    ]
    book = marked(user, issues)
    assert book.sheetnames[0] == "Problems"
    assert book.active.title == "Problems"
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == ["Problems"]
    sheet = book["Problems"]
    found = rows(sheet)
    assert found[0] == ["Code", "Severity", "Cell", "Found", "Expected", "What to type"]
    assert [row[2] for row in found[1:]] == ["Baseline!D5", "Baseline!D6", "Years", "Elsewhere", "user.xlsx"]
    links = [sheet.cell(at, 3).hyperlink for at in range(6, 11)]
    assert [link and link.location for link in links] == ["'Baseline'!D5", "'Baseline'!D6", "'Years'!A1", None, None]
    assert all(link.target is None for link in links if link)
    assert "5 errors" in sheet["A3"].value or "4 errors" in sheet["A3"].value


def test_what_the_user_made_stays(user: Path) -> None:
    book = marked(user, [issue("D5"), issue("E5")])
    sheet = book["Baseline"]
    assert (sheet["D5"].value, sheet["D5"].data_type) == ("=20+20", "f")
    assert sheet["D5"].font.bold
    assert sheet["D5"].number_format == "0.000"
    assert (sheet["E5"].value, sheet["E5"].data_type) == ("=SUM(1)", "s")  # text that looks like a formula
    assert [area.coord for area in sheet.merged_cells.ranges] == ["A1:C1"]
    assert sheet.column_dimensions["F"].hidden
    assert sheet.column_dimensions["A"].width == 33
    assert book.defined_names["mine"].attr_text == "Baseline!$D$5"
    original = openpyxl.load_workbook(user)
    for name in original.sheetnames:
        assert rows(book[name]) == rows(original[name])


@pytest.mark.parametrize("text", INJECTIONS)
def test_text_never_becomes_a_formula(user: Path, text: str) -> None:
    wrong = Issue(text, "error", "Baseline", "D6", text, text, text)
    sheet = marked(user, [wrong])["Problems"]
    cells = [sheet.cell(6, column) for column in (1, 4, 5, 6)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value.strip() for cell in cells] == [text.replace("\x07", " ").strip()] * 4
    assert all(cell.hyperlink is None for cell in cells)


def test_merged_cells_ranges_and_sheet_names_of_any_case(user: Path) -> None:
    book = openpyxl.load_workbook(user)
    book["Baseline"].title = "other"
    book["other"].title = "baseline"
    book["Years"].title = "Year's"
    book.save(user)
    sheet = marked(user, [issue("B1"), issue("A5:B6"), issue("B5", sheet="Year's")])
    assert colour(sheet["baseline"]["A1"]) == SEVERITY_FILL["error"]  # the first cell of the merged ones
    assert [colour(sheet["baseline"][cell]) for cell in ("A5", "B5", "A6", "B6")] == [SEVERITY_FILL["error"]] * 4
    assert sheet["Problems"]["C8"].hyperlink.location == "'Year''s'!B5"


def test_a_marked_copy_of_a_marked_copy_bears_the_new_marks_only(user: Path) -> None:
    marked(user, [issue("D5"), issue("D6")])
    again = annotate(user.with_name("copy.xlsx"), user.with_name("again.xlsx"), [issue("B5")])
    book = openpyxl.load_workbook(again)
    assert book.sheetnames.count("Problems") == 1
    assert [row[2] for row in rows(book["Problems"])[1:]] == ["Baseline!B5"]
    sheet = book["Baseline"]
    assert [colour(sheet[cell]) for cell in ("D5", "D6", "B5")] == ["", "", SEVERITY_FILL["error"]]
    assert sheet["D5"].comment is None
    assert (sheet["D6"].comment.text, sheet["D6"].comment.author) == ("ask Ann", "Bob")


def test_a_sheet_of_the_users_called_problems_is_kept(user: Path) -> None:
    book = openpyxl.load_workbook(user)
    book.create_sheet("Problems")["A1"] = "mine"
    book.save(user)
    made = marked(user, [issue("D5")])
    assert made["Problems"]["A1"].value == "mine"
    assert made.worksheets[0]["A1"].value == "Problems"
    assert made.worksheets[0].title != "Problems"


def test_beyond_so_many_comments_cells_are_coloured_and_counted(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "COMMENTED", 1)
    book = marked(user, [issue("B5", "warning"), issue("D5")])
    assert book["Baseline"]["D5"].comment is not None  # the error comes first
    assert book["Baseline"]["B5"].comment is None
    assert colour(book["Baseline"]["B5"]) == SEVERITY_FILL["warning"]
    assert "1 of the coloured cells have no comment" in book["Problems"]["A3"].value


def test_a_good_workbook_is_copied_with_an_empty_list(user: Path) -> None:
    book = marked(user, [])
    assert "There are no problems" in book["Problems"]["A3"].value
    assert len(rows(book["Problems"])) == 1


def test_the_marks_stand_where_the_check_found_the_problems(tmp_path: Path) -> None:
    path = two_places().set("Baseline", Amount="lots").set("Years", Colour="red").save(tmp_path / "in.xlsx")
    issues = bm.check(path)
    book = openpyxl.load_workbook(annotate(path, tmp_path / "copy.xlsx", issues))
    filled = PatternFill("solid").fill_type
    found = {
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None and cell.fill.fill_type == filled
    }
    assert found == {("Baseline", "D5"), ("Baseline", "D6"), ("Years", "E4")}
    assert {(i.sheet, i.cell) for i in bm.check(tmp_path / "copy.xlsx") if i.sheet != "Problems"} == found


def test_nothing_is_overwritten_and_a_damaged_file_is_refused(user: Path) -> None:
    taken = user.with_name("taken.xlsx")
    taken.write_text("mine")
    with pytest.raises(FileTrouble, match="is the workbook itself"):
        annotate(user, user, [])
    with pytest.raises(FileTrouble, match="exists already"):
        annotate(user, taken, [])
    with pytest.raises(FileTrouble, match="does not end in"):
        annotate(user, user.with_name("copy.ods"), [])
    user.write_bytes(user.read_bytes()[:3000])
    with pytest.raises(InputErrors):
        annotate(user, user.with_name("copy.xlsx"), [])
    assert not user.with_name("copy.xlsx").exists()
