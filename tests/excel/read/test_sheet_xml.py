"""The reader against openpyxl, cell by cell, on files of many makers; and cells whose values are known by hand."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

import budgetmodel as bm
from budgetmodel.contract.tables import ErrorCell, NoStoredValue, Unreadable
from budgetmodel.excel.read.cells import Formula, SheetCells
from budgetmodel.excel.read.package import Package, outline
from budgetmodel.excel.read.shared_xml import read_shared
from budgetmodel.excel.read.sheet_xml import read_cells
from tests.checks.test_faults import good_book
from tests.report.samples import SOFFICE, recalculated
from tests.support.builder import LAYOUTS, two_places
from tests.support.confined import parts_of, repacked, rewritten_as_excel_does
from tests.support.random_books import random_book

EXAMPLE = Path(__file__).parents[3] / "inputs" / "greater_manchester.xlsx"

Where = tuple[str, int, int]
"""Sheet, row and column of a cell."""


def sheets(path: Path) -> list[SheetCells]:
    package = Package(path.read_bytes())
    book = outline(package)
    shared = read_shared(package, book)
    return [read_cells(package, sheet, shared) for sheet in book.sheets]


def values(path: Path) -> dict[Where, object]:
    """What our reader finds in each filled cell."""
    return {
        (sheet.name, row, column): value
        for sheet in sheets(path)
        for row, cells in sheet.rows
        for column, value in cells.items()
    }


def plainly(value: object) -> tuple[str, object]:
    """A value with its kind, for in Python True is 1 and 1 is 1.0; whole numbers and others are of one kind."""
    if isinstance(value, bool):
        return "truth", value
    if isinstance(value, int | float):
        return "number", float(value)
    return type(value).__name__, value


def ours(path: Path) -> dict[Where, tuple[str, object]]:
    """The values of our reader by kind; openpyxl passes over a formula without a value as over a blank cell."""
    return {
        where: ("error", value.text) if isinstance(value, ErrorCell) else plainly(value)
        for where, value in values(path).items()
        if not isinstance(value, NoStoredValue)
    }


def by_openpyxl(path: Path) -> dict[Where, tuple[str, object]]:
    """The values of openpyxl by kind."""
    return {
        (sheet.title, cell.row, cell.column): ("error", cell.value) if cell.data_type == "e" else plainly(cell.value)
        for sheet in openpyxl.load_workbook(path, data_only=True).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and str(cell.value).strip()
    }


def formulas_by_openpyxl(path: Path) -> dict[Where, str]:
    return {
        (sheet.title, cell.row, cell.column): getattr(cell.value, "text", cell.value)
        for sheet in openpyxl.load_workbook(path).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def agree(path: Path) -> int:
    """Assert that both readers find the same in a workbook; the number of cells compared."""
    found, expected = ours(path), by_openpyxl(path)
    assert {where: value for where, value in found.items() if expected.get(where) != value} == {}
    assert expected.keys() == found.keys()
    formulas = {(sheet.name, *where): formula for sheet in sheets(path) for where, formula in sheet.formulas.items()}
    typed = formulas_by_openpyxl(path) if any(b"<f" in part for part in parts_of(path).values()) else {}
    assert typed.keys() == formulas.keys()
    # Of a formula filled down ours keeps how it was typed, and how far below that the cell stands.
    whole = {where: formula.text for where, formula in formulas.items() if not formula.down and not formula.right}
    assert {where: text for where, text in whole.items() if typed[where] != text} == {}
    return len(found)


def every_kind(path: Path) -> Path:
    """Dates, times, truths, errors, rich texts, numbers large and small, percentages, formulas of every type."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A")
        codes = ("dd/mm/yyyy", "[hh]:mm", "hh:mm", '"d" 0', "0.0%", "mmm-yy", "[Red]#,##0.00;(#,##0.00)", "@")
        formats = {code: book.add_format({"num_format": code}) for code in codes}
        bold = book.add_format({"bold": True})
        sheet.write_datetime(0, 0, dt.datetime(2025, 4, 1, 12, 30), formats["dd/mm/yyyy"])  # noqa: DTZ001
        sheet.write_number(1, 0, 1.5, formats["[hh]:mm"])
        sheet.write_number(2, 0, 0.25, formats["hh:mm"])
        sheet.write_number(3, 0, 3, formats['"d" 0'])
        sheet.write_boolean(4, 0, True)
        sheet.write_formula(5, 0, "=1+1", None, 2)
        sheet.write_formula(6, 0, '="a"', None, "a")
        sheet.write_rich_string(7, 0, "a", bold, "b", "c")
        sheet.write_string(8, 0, "  spaced \n £ & <x> ")
        for row, number in enumerate((1e-7, 123456789012345678, -0.1, 1e12, 0, 0.1 + 0.2, 1e300), start=9):
            sheet.write_number(row, 0, number)
        sheet.write_array_formula("B1:B2", "{=ROW(1:2)}", None, 1)
        sheet.write_boolean("C1", False)
        sheet.write_number("C2", 0.044, formats["0.0%"])
        sheet.write_number("C3", 45748, formats["mmm-yy"])
        sheet.write_number("C4", -1234.5, formats["[Red]#,##0.00;(#,##0.00)"])
        sheet.write_string("C5", "2025/26", formats["@"])
        sheet.write_number("C6", 7, formats["@"])
        sheet.write_string("C7", "1E5")
        for row, error in enumerate(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"), start=7):
            sheet.write_formula(row, 2, "=1/0", None, error)
        sheet.write_formula("D1", "=A5", None, True)
        sheet.write_formula("D2", "=C3", formats["mmm-yy"], 45748)
        sheet.write_formula("D3", "=A10", None, 1e-7)
        sheet.write_formula("D4", '=IF(A14=0,"")', None, "")
        sheet.write_rich_string("D5", bold, "Wigan", ", west")
        sheet.write_string("AB60", "last")
        book.add_worksheet("B & C").write_string("B2", "another sheet")
    return path


def test_every_kind_of_cell_reads_as_openpyxl_reads_it(tmp_path: Path) -> None:
    # A1:A16; B1:B2; C1:C14; D1 to D5 without the blank D4; and the two last ones.
    assert agree(every_kind(tmp_path / "in.xlsx")) == 16 + 2 + 14 + 4 + 2


def test_the_worked_example_reads_as_openpyxl_reads_it() -> None:
    assert agree(EXAMPLE) > 9000


@pytest.mark.parametrize("layout", LAYOUTS)
def test_random_books_read_as_openpyxl_reads_them(tmp_path: Path, layout: str) -> None:
    # Six layouts of two books, one with its texts in the cells, as openpyxl writes them, and one with shared texts.
    path = random_book(1).save(tmp_path / "in.xlsx", layout=layout)
    assert agree(path) > 200
    path = random_book(2).save(tmp_path / "in.xlsx", layout=layout)
    assert agree(rewritten_as_excel_does(path)) > 200


def test_dates_counted_from_1904_read_as_openpyxl_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        book.add_worksheet("A").write_number(0, 0, 1, book.add_format({"num_format": "dd/mm/yyyy"}))
    assert agree(path) == 1
    assert values(path)["A", 1, 1] == dt.datetime(1904, 1, 2)  # noqa: DTZ001


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.slow
def test_what_libreoffice_saves_reads_as_openpyxl_reads_it(tmp_path: Path) -> None:
    originals = [
        EXAMPLE,
        every_kind(tmp_path / "kinds.xlsx"),
        good_book().save(tmp_path / "good.xlsx"),
        *(random_book(seed, "tiny").save(tmp_path / f"{seed}.xlsx") for seed in range(3)),
    ]
    for before, after in zip(originals, recalculated(originals, tmp_path), strict=True):
        assert agree(after) >= 30
        if before == tmp_path / "kinds.xlsx":
            continue  # LibreOffice computes its errors anew
        was, found = ours(before), ours(after)
        assert was.keys() <= found.keys()
        contract = {where: value for where, value in was.items() if where[0] not in bm.schema.OWN_SHEETS}
        for where, (kind, value) in contract.items():  # it saves 15 digits
            assert found[where] == (kind, pytest.approx(value, rel=1e-14) if kind == "number" else value), where


# ---- cells whose values are known ----------------------------------------------------------------------------

KNOWN: dict[str, object] = {
    '<c r="A1"><v>1</v></c>': 1,
    '<c r="A1" t="n"><v> -2.50 </v></c>': -2.5,
    '<c r="A1"><v>4.4999999999999998E-2</v></c>': 0.045,
    '<c r="A1" t="b"><v>1</v></c>': True,
    '<c r="A1" t="b"><v>0</v></c>': False,
    '<c r="A1" t="b"><v>2</v></c>': Unreadable("2"),
    '<c r="A1" t="e"><v>#N/A</v></c>': ErrorCell("#N/A"),
    '<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>': ErrorCell("#DIV/0!"),
    '<c r="A1" t="str"><f>"a"</f><v>a</v></c>': "a",
    '<c r="A1" t="str"><f>""</f><v></v></c>': None,  # calculated, and empty
    '<c r="A1"><f>1+1</f></c>': NoStoredValue("=1+1"),
    '<c r="A1"><f>1+1</f><v/></c>': NoStoredValue("=1+1"),
    '<c r="A1"><f>1+1</f><v>2</v></c>': 2,
    '<c r="A1" t="inlineStr"><is><t>Bury</t></is></c>': "Bury",
    '<c r="A1" t="inlineStr"><is><t xml:space="preserve"> Bury </t></is></c>': " Bury ",
    '<c r="A1" t="inlineStr"><is><r><t>Bu</t></r><r><rPr><b/></rPr><t>ry</t></r></is></c>': "Bury",
    '<c r="A1" t="inlineStr"><is><t>Bury</t><rPh sb="0" eb="1"><t>guide</t></rPh></is></c>': "Bury",
    '<c r="A1" t="inlineStr"><is><t></t></is></c>': None,
    '<c r="A1" t="inlineStr"><is><t>A &amp; B &lt;x&gt; &#163;</t></is></c>': "A & B <x> £",
    '<c r="A1" t="inlineStr"><is><t>01</t></is></c>': "01",
    '<c r="A1" t="d"><v>2025-04-01</v></c>': dt.datetime(2025, 4, 1),  # noqa: DTZ001
    '<c r="A1" t="d"><v>2025-04-01T12:30:00</v></c>': dt.datetime(2025, 4, 1, 12, 30),  # noqa: DTZ001
    '<c r="A1" t="d"><v>in April</v></c>': Unreadable("in April"),
    '<c r="A1" s="1"/>': None,
    '<c r="A1"><v></v></c>': None,
}


@pytest.mark.parametrize("cell", KNOWN)
def test_a_cell_with_a_known_value(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "in.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("A").write_number(0, 0, 12345)
    parts = parts_of(path)
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b'<c r="A1"><v>12345</v></c>', cell.encode())
    assert cell.encode() in parts[part]
    path.write_bytes(repacked(parts))
    expected = {} if KNOWN[cell] is None else {("A", 1, 1): plainly(KNOWN[cell])}
    assert {where: plainly(value) for where, value in values(path).items()} == expected


def test_shared_texts_of_runs_and_guides(tmp_path: Path) -> None:
    path = rewritten_as_excel_does(two_places().save(tmp_path / "in.xlsx"))
    before = values(path)
    parts = parts_of(path)
    rich = b'<si><r><t>Nor</t></r><r><rPr><b/></rPr><t>th</t></r><rPh sb="0" eb="1"><t>guide</t></rPh></si>'
    strings = parts["xl/sharedStrings.xml"]
    assert b"<si><t>North</t></si>" in strings
    parts["xl/sharedStrings.xml"] = strings.replace(b"<si><t>North</t></si>", rich)
    path.write_bytes(repacked(parts))
    assert values(path) == before
    assert agree(path) == len(before)


def test_a_formula_filled_down_keeps_where_it_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A")
        for row in range(3):
            sheet.write_formula(row, 2, f"=A{row + 1}+B{row + 1}", None, row)
    parts = parts_of(path)
    part = "xl/worksheets/sheet1.xml"
    first, rest = b'<f t="shared" ref="C1:C3" si="0">A1+B1</f>', b'<f t="shared" si="0"/>'
    parts[part] = re.sub(rb"<f>A1\+B1</f>", first, re.sub(rb"<f>A[23]\+B[23]</f>", rest, parts[part]))
    path.write_bytes(repacked(parts))
    assert agree(path) == 3
    (sheet,) = sheets(path)
    assert dict(sheet.formulas) == {
        (1, 3): Formula("=A1+B1"),
        (2, 3): Formula("=A1+B1", down=1),
        (3, 3): Formula("=A1+B1", down=2),
    }


# ---- files of other makers ---------------------------------------------------------------------------------


def test_names_with_a_prefix_before_every_tag_read_the_same(tmp_path: Path) -> None:
    path = two_places().save(tmp_path / "in.xlsx")
    plain = values(path)
    parts = parts_of(path)
    for name in [*(n for n in parts if n.startswith("xl/worksheets/sheet")), "xl/workbook.xml"]:
        parts[name] = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", parts[name]).replace(b"xmlns=", b"xmlns:x=")
    path.write_bytes(repacked(parts))
    assert values(path) == plain
    assert bm.check(path) == []


def test_cells_without_addresses_are_counted(tmp_path: Path) -> None:
    path = two_places().save(tmp_path / "in.xlsx", layout="bare")  # header in row 1, so that no row is left out
    plain = values(path)
    parts = parts_of(path)
    part = "xl/worksheets/sheet8.xml"
    parts[part] = re.sub(rb'<(row|c) r="[A-Z0-9]+"', rb"<\1", parts[part])
    path.write_bytes(repacked(parts))
    assert values(path) == plain
