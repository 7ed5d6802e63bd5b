"""What surrounds the tables: hidden and merged cells, links, macros, formulas and the values stored with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

import budgetmodel as bm
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.excel.read.cells import Block, Formula, SheetCells, block, clean_text
from budgetmodel.excel.read.formulas import stale_sums
from budgetmodel.excel.read.workbook import read_workbook
from tests.checks.test_faults import good_book
from tests.support.builder import Book
from tests.support.confined import parts_of, repacked
from tests.support.random_books import random_book

EXAMPLE = Path(__file__).parents[3] / "inputs" / "greater_manchester.xlsx"
LINK_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Spoil = Callable[[openpyxl.Workbook], None]


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., list[Issue]]:
    """Save a book, change the file through openpyxl, and check it."""

    def run(change: Spoil, book: Book | None = None) -> list[Issue]:
        path = (book or good_book()).save(tmp_path / "in.xlsx")
        file = openpyxl.load_workbook(path)
        change(file)
        file.save(path)
        return bm.check(path)

    return run


def with_formulas(path: Path, formulas: dict[str, tuple[str, object]], *, excel: bool = False) -> Path:
    """Put formulas with stored values into a saved book: "Sheet!C5" -> (formula, value or None for none at all).

    `excel` adds the order of calculation that Excel keeps.
    """
    file = openpyxl.load_workbook(path)
    for where, (formula, _) in formulas.items():
        sheet, _, cell = where.partition("!")
        file[sheet][cell] = formula
    file.save(path)
    parts = parts_of(path)
    for number, name in enumerate(file.sheetnames, start=1):
        part = f"xl/worksheets/sheet{number}.xml"
        for where, (_, value) in formulas.items():
            sheet, _, cell = where.partition("!")
            if sheet == name and value is not None:
                kind = ' t="str"' if isinstance(value, str) else ""
                pattern = rf'<c r="{cell}"([^>]*?)><f>(.*?)</f><v ?/?>(</v>)?</c>'.encode()
                new = rf'<c r="{cell}"\1{kind}><f>\2</f><v>{value}</v></c>'.encode()
                parts[part], count = re.subn(pattern, new, parts[part])
                assert count == 1, where
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'fullCalcOnLoad="1"', b"")
    if excel:
        parts["xl/calcChain.xml"] = b"<calcChain/>"
        related(parts, "calcChain", "calcChain.xml")
    path.write_bytes(repacked(parts))
    return path


def related(parts: dict[str, bytes], kind: str, target: str, part: str = "xl/_rels/workbook.xml.rels") -> None:
    link = f'<Relationship Id="rId{kind}" Type="{LINK_KIND}/{kind}" Target="{target}"/></Relationships>'
    parts[part] = parts[part].replace(b"</Relationships>", link.encode())


def only(issues: list[Issue], code: str) -> Issue:
    found = [issue for issue in issues if issue.code == code]
    assert len(found) == 1, [issue.sentence for issue in issues]
    return found[0]


# ---- hidden ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state,says", [("hidden", "the sheet is hidden"), ("veryHidden", "very hidden")])
def test_a_hidden_sheet_is_warned_of_and_read(checked: Callable[..., list[Issue]], state: str, says: str) -> None:
    def hide(file: openpyxl.Workbook) -> None:
        file["Funding"].sheet_state = state

    issues = checked(hide)
    issue = only(issues, "HIDDEN_SHEET")
    assert (issue.severity, issue.sheet, len(issues)) == ("warning", "Funding", 1)
    assert says in issue.found


def test_a_hidden_sheet_outside_the_contract_is_only_not_used(checked: Callable[..., list[Issue]]) -> None:
    def add(file: openpyxl.Workbook) -> None:
        file.create_sheet("Workings").sheet_state = "hidden"

    assert [issue.code for issue in checked(add)] == ["SHEET_UNUSED"]


def test_hidden_rows_are_listed_and_read(checked: Callable[..., list[Issue]], tmp_path: Path) -> None:
    def hide(file: openpyxl.Workbook) -> None:
        for row in (1, 6, 7, 8, 10, 500):  # 1 is above the table of rows 5 to 13, 500 below it
            file["Baseline"].row_dimensions[row].hidden = True

    issues = checked(hide)
    issue = only(issues, "HIDDEN_ROWS")
    assert (issue.severity, issue.where, len(issues)) == ("warning", "Baseline!A6,A7,A8,A10", 1)
    assert "4 rows are hidden (6-8, 10)" in issue.found
    assert len(bm.read(tmp_path / "in.xlsx").tables["Baseline"]) == 9


def test_hidden_columns_of_the_contract_are_listed(checked: Callable[..., list[Issue]]) -> None:
    def hide(file: openpyxl.Workbook) -> None:
        file["Funding"].column_dimensions["C"].hidden = True
        file["Places"].column_dimensions["Z"].hidden = True

    issues = checked(hide)
    issue = only(issues, "HIDDEN_ROWS")
    assert (issue.severity, issue.where, len(issues)) == ("warning", "Funding!C4", 1)
    assert "'Amount'" in issue.found


# ---- merged --------------------------------------------------------------------------------------------------


def merge(sheet: str, cells: str) -> Spoil:
    def change(file: openpyxl.Workbook) -> None:
        page: Worksheet = file[sheet]
        page.merge_cells(cells)

    return change


def test_merged_labels_are_filled_down_and_logged(checked: Callable[..., list[Issue]], tmp_path: Path) -> None:
    # The Baseline has three rows per place: A5:A7 are Bury, and the merge leaves A6 and A7 blank.
    issues = checked(merge("Baseline", "A5:A7"))
    issue = only(issues, "MERGED")
    assert (issue.severity, issue.where, len(issues)) == ("repaired", "Baseline!A5", 1)
    assert "A5:A7 were read as 'Bury' in each of 3 rows" in issue.found
    assert bm.read(tmp_path / "in.xlsx").tables["Baseline"].column("Place")[:4] == ("Bury", "Bury", "Bury", "Bolton")


def test_a_merged_selector_does_not_become_all(checked: Callable[..., list[Issue]], tmp_path: Path) -> None:
    # Blank Lawful places would mean everywhere.
    book = good_book().set("Sources", row=0, **{"Lawful places": "Bury; Bolton"}, Home_places="Bury")
    issues = checked(merge("Sources", "F5:F6"), book)
    assert only(issues, "MERGED").severity == "repaired"
    raw = read_workbook(tmp_path / "in.xlsx").tables["Sources"].column("Lawful places")
    assert raw[:2] == ("Bury; Bolton", "Bury; Bolton")


@pytest.mark.parametrize("sheet,cells", [("Baseline", "D5:D7"), ("Needs", "C5:C6"), ("Target", "D5:D6")])
def test_merged_figures_are_an_error(checked: Callable[..., list[Issue]], sheet: str, cells: str) -> None:
    issue = only([i for i in checked(merge(sheet, cells)) if i.code == "MERGED"], "MERGED")
    assert (issue.severity, issue.where) == ("error", f"{sheet}!{cells.partition(':')[0]}")


def test_an_optional_figure_that_a_merge_would_make_a_default_is_an_error(checked: Callable[..., list[Issue]]) -> None:
    # Equity weight is in G; blank would mean 1.
    book = good_book().set("Places", Equity_weight=2)
    assert [issue.code for issue in errors(checked(merge("Places", "G5:G7"), book))] == ["MERGED"]


@pytest.mark.parametrize("cells", ["A1:F1", "A2:F2", "A40:F41"])
def test_merges_outside_the_table_are_nothing(checked: Callable[..., list[Issue]], cells: str) -> None:
    assert checked(merge("Baseline", cells)) == []


def test_a_merge_across_columns_is_warned_of(checked: Callable[..., list[Issue]]) -> None:
    issue = only(checked(merge("Baseline", "E5:F5")), "MERGED")
    assert (issue.severity, issue.where) == ("warning", "Baseline!E5")


# ---- the book as a whole -------------------------------------------------------------------------------------


def test_iterative_calculation_is_warned_of(checked: Callable[..., list[Issue]]) -> None:
    def iterate(file: openpyxl.Workbook) -> None:
        file.calculation.iterate = True

    issues = checked(iterate)
    assert [(issue.code, issue.severity) for issue in issues] == [("CIRCULAR", "warning")]


def linked(parts: dict[str, bytes], xml: bytes, target: str) -> None:
    """Add an external link to a workbook's parts."""
    parts["xl/externalLinks/externalLink1.xml"] = xml
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        f'<Relationships><Relationship Id="rId1" Type="{LINK_KIND}/externalLinkPath" Target="{target}" '
        'TargetMode="External"/></Relationships>'
    ).encode()
    related(parts, "externalLink", "externalLinks/externalLink1.xml")
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"</sheets>",
        b'</sheets><externalReferences><externalReference r:id="rIdexternalLink"/></externalReferences>',
    )


def test_a_link_to_another_file_is_named_with_the_cells_that_read_it(tmp_path: Path) -> None:
    path = with_formulas(
        good_book().save(tmp_path / "in.xlsx"),
        {"Funding!C5": ("=[1]Sheet1!C4", 100), "Funding!C6": ("='[1]Year two'!C4+0", 102)},
        excel=True,
    )
    parts = parts_of(path)
    linked(parts, b"<externalLink/>", "file:///C:/Finance/Budget%2024-25.xlsx")
    path.write_bytes(repacked(parts))
    issues = bm.check(path)
    issue = only(issues, "EXT_LINK")
    assert (issue.severity, issue.where, len(issues)) == ("warning", "Funding!C5,C6", 1)
    assert "Budget 24-25.xlsx'" in issue.found
    assert bm.read(path).funding.sum(axis=None) > 0


def test_a_link_that_no_input_cell_reads_is_named_too_and_so_is_a_live_one(tmp_path: Path) -> None:
    path = good_book().save(tmp_path / "in.xlsx")
    parts = parts_of(path)
    linked(parts, b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>', "x")
    parts["xl/connections.xml"] = b'<connections><connection id="1" name="Ledger"/></connections>'
    related(parts, "connections", "connections.xml")
    path.write_bytes(repacked(parts))
    issues = bm.check(path)
    assert [(issue.code, issue.severity, issue.where) for issue in issues] == [("EXT_LINK", "warning", "in.xlsx")] * 2
    assert "'Ledger'" in issues[0].found + issues[1].found
    assert "'cmd /C calc'" in issues[0].found + issues[1].found


# ---- formulas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula,stored,total",
    [
        ("=SUM(D6:D7)", 99, 6),  # Bury: talking therapies 4, CAR-T 2
        ("=D6+D7", 99, 6),
        ("=SUM(D6,D7:D7)", 6.01, 6),
        ("=sum($D$6:$D$7)", 0.5, 6),
    ],
)
def test_a_stored_sum_that_is_none_is_warned_of(tmp_path: Path, formula: str, stored: float, total: float) -> None:
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), {"Baseline!D5": (formula, stored)}, excel=True)
    issue = only(bm.check(path), "STALE_CACHE")
    assert (issue.severity, issue.where) == ("warning", "Baseline!D5")
    assert f"{stored:.15g}" in issue.found
    assert f"{total:.15g}" in issue.found


@pytest.mark.parametrize(
    "formula,stored",
    [
        ("=SUM(D6:D7)", 6),
        ("=D6+D7", 6.0000000000001),
        ("=SUM(A6:D7)", 6),  # text adds nothing
        ("=SUM(A5:D7)", 6),  # a circle: another warning's business
        ("=SUM(D6:D7)*2", 99),  # not a plain sum: not looked at
        ("=D6-D7", 99),
        ("=SUM(Needs!C5:C6)", 99),
        ("=IF(D6>0,5,6)", 5),
    ],
)
def test_a_sum_that_is_right_or_no_plain_sum_is_left_alone(tmp_path: Path, formula: str, stored: float) -> None:
    # Other checks may speak of what 99 does to the plan: Bury spends far more than its rules and the money allow.
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), {"Baseline!D5": (formula, stored)}, excel=True)
    issues = bm.check(path)
    assert not errors(issues), [issue.sentence for issue in issues]
    assert not [issue.sentence for issue in issues if (issue.code, issue.sheet) == ("STALE_CACHE", "Baseline")]
    assert bm.read(path).frame("Baseline")["Amount"][0] == pytest.approx(stored)


def test_a_shared_formula_is_worked_out_where_it_stands() -> None:
    # C1 = A1+B1 filled down: C2 is A2+B2 = 7, and holds 8.
    sheet = SheetCells(
        "A",
        ((1, {1: 1, 2: 2, 3: 3}), (2, {1: 3, 2: 4, 3: 8})),
        formulas={(1, 3): Formula("=A1+B1"), (2, 3): Formula("=A1+B1", 1, 0)},
    )
    assert list(stale_sums(sheet)) == [(2, 3, 8.0, 7.0)]


def test_a_formula_without_a_stored_value_is_an_error(tmp_path: Path) -> None:
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), {"Funding!C5": ("=50+50", None)})
    issue = only(bm.check(path), "NO_CACHED_VALUE")
    assert (issue.severity, issue.where) == ("error", "Funding!C5")
    assert "'=50+50'" in issue.found


def test_a_formula_that_shows_nothing_is_a_blank(tmp_path: Path) -> None:
    # ="" in the optional Also known as (D): Excel stores an empty text, which is a value.
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), {"Places!D6": ('=""', "")}, excel=True)
    assert bm.check(path) == []


def by_a_program(path: Path, value: float = 0) -> list[Issue]:
    """The book as xlsxwriter writes it, with a formula for Needs!C5 that nobody has calculated."""
    source = openpyxl.load_workbook(good_book().save(path))
    with xlsxwriter.Workbook(path) as book:
        for page in source.worksheets:
            sheet = book.add_worksheet(page.title)
            for row in page.iter_rows():
                for cell in row:
                    if (page.title, cell.coordinate) == ("Needs", "C5"):
                        sheet.write_formula("C5", "=900+100", None, value)
                    elif cell.value is not None:
                        sheet.write(cell.row - 1, cell.column - 1, cell.value)
    return bm.check(path)


def test_a_zero_that_a_program_stored_for_a_formula_is_no_value(tmp_path: Path) -> None:
    issue = only(by_a_program(tmp_path / "in.xlsx"), "NO_CACHED_VALUE")
    assert (issue.severity, issue.where) == ("error", "Needs!C5")
    assert "Open the file in Excel" in issue.fix


def test_a_value_that_a_program_stored_for_a_formula_is_one(tmp_path: Path) -> None:
    assert by_a_program(tmp_path / "in.xlsx", 1000) == []


@pytest.mark.parametrize(
    "formulas,excel,codes",
    [
        ({"Baseline!D5": ("=D6-D6", 0)}, True, []),  # Excel has calculated it
        ({"Baseline!D5": ("=D6-D6", 0)}, False, []),  # LibreOffice keeps no order of calculation: 0 may be 0
        ({"Baseline!D5": ("=D6+D7", 0)}, False, ["NO_CACHED_VALUE"]),  # 4 + 2 is not 0
        ({"Baseline!D5": ("=D6+D7", 0)}, True, ["STALE_CACHE"]),
        ({"Baseline!D5": ("=D6+D7", 0), "Funding!C5": ("=50+50", 100)}, False, ["STALE_CACHE"]),
    ],
)
def test_a_stored_zero_is_a_zero_unless_the_book_was_never_calculated(
    tmp_path: Path, formulas: dict[str, tuple[str, object]], excel: bool, codes: list[str]
) -> None:
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), formulas, excel=excel)
    assert [issue.code for issue in bm.check(path)] == codes


def test_error_cells_keep_their_code(tmp_path: Path) -> None:
    path = with_formulas(good_book().save(tmp_path / "in.xlsx"), {"Funding!C5": ("=1/0", 1)}, excel=True)
    parts = parts_of(path)
    part = "xl/worksheets/sheet8.xml"
    parts[part] = (
        parts[part]
        .replace(b"<f>1/0</f><v>1</v>", b"<f>1/0</f><v>#DIV/0!</v>")
        .replace(b'<c r="C5"', b'<c r="C5" t="e"')
    )
    path.write_bytes(repacked(parts))
    assert [(issue.code, issue.where) for issue in bm.check(path)] == [("XL_ERROR", "Funding!C5")]


# ---- no false alarms -----------------------------------------------------------------------------------------


def test_the_worked_example_and_random_books_raise_none_of_these(tmp_path: Path) -> None:
    ours = {"HIDDEN_SHEET", "HIDDEN_ROWS", "MERGED", "EXT_LINK", "CIRCULAR", "STALE_CACHE", "NO_CACHED_VALUE"}
    ours |= {"BIG_FILE", "CONTROL_CHARACTER", "MACROS", "DAMAGED"}
    paths = [EXAMPLE, *(random_book(seed, "tiny").save(tmp_path / f"{seed}.xlsx") for seed in range(5))]
    for path in paths:
        assert not ours & {issue.code for issue in bm.read(path).issues}  # a check would solve besides


# ---- small things --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text,found",
    [
        ("A5:B10", Block(5, 1, 10, 2)),
        ("$B$10:A5", Block(5, 1, 10, 2)),
        ("XFD1048576", Block(1_048_576, 16_384, 1_048_576, 16_384)),
        ("XFE1", None),
        ("A1048577", None),
        ("A0", None),
        ("A", None),
        ("A1:B2:C3", None),
        ("", None),
    ],
)
def test_references_are_read_within_the_sheet(text: str, found: Block | None) -> None:
    assert block(text) == found


@pytest.mark.parametrize(
    "text,cleaned",
    [
        ("Bury", "Bury"),
        ("Bu_x0007_ry", "Bury"),
        ("a_x000D_\nb", "a\r\nb"),
        ("_x005F_x0007_", "_x0007_"),
        ("a\x0bb", "a b"),
        ("_xD800_x", "x"),
        ("£ \u00e9 \u4e2d \U0001f600", "£ \u00e9 \u4e2d \U0001f600"),
    ],
)
def test_texts_lose_what_does_not_show_and_nothing_else(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
