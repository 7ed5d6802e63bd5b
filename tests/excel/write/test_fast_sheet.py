"""Columns that go in at once give the bytes that xlsxwriter gives when it is handed cell by cell."""

import io
import zipfile

import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from budgetmodel.comparison.question_frames import answers
from budgetmodel.excel.template.input_workbook import blank_tables, input_bytes
from budgetmodel.excel.write.fast_sheet import FastSheet, new_workbook
from budgetmodel.excel.write.named_styles import PROPERTIES, STYLES, changes
from budgetmodel.excel.write.styles import CREATED, INPUT_FILL, Formats
from budgetmodel.report.page import Page, PageColumn, write_page
from budgetmodel.report.tables import gather
from budgetmodel.report.workbook import material_of, workbook_bytes
from tests.report.samples import solved

FIGURES = [1.5, None, float("nan"), -0.1, 12345678.123456789, 1e-12, 7, True, 0.0, 1e300]
TEXTS = [
    "Bury",
    "",
    None,
    "a <b> & 'c' \"d\"",
    "Bury",
    " led and followed ",
    "two\nlines",
    "\x01\ufffe",
    "x" * 40_000,
    "é",
]
LISTED = ["=A7+1", None, '=IF(A8<2,"a&b","")', "=SUM(A7:A9)", "=XLOOKUP(1,A7:A9,A7:A9)", "=SUM(A7:A10)", "=A7>A8",
          "=CONCAT(A7,A8)", "={1,2}", "=A7/A9"]  # fmt: skip
COMES_TO = [2.5, 3.0, "a&b", None, "<none>", "#N/A", True, "", 1, "#DIV/0!"]

PAGES = {
    "figures and texts": (PageColumn("Text", "text", TEXTS), PageColumn("Figure (£m)", "money", FIGURES)),
    "formulas": (PageColumn("Figure (£m)", "money", FIGURES), PageColumn("Twice (£m)", "money", FIGURES, "=2*A{r}")),
    "formulas of rows": (
        PageColumn("Figure (£m)", "money", FIGURES),
        PageColumn("Listed", "general", COMES_TO, LISTED),
    ),
    "kinds of rows": (
        PageColumn("Figure", "money", FIGURES, kinds=["money", "percent"] * 5),
        PageColumn("T", "words", TEXTS),
    ),
    "links": (
        PageColumn("Where", "link", ["Sheet!A1", "", "Sheet!A2"]),
        PageColumn("Figure (£m)", "money", FIGURES[:3]),
    ),
    "one column": (PageColumn("Text", "text", TEXTS),),
    "no rows": (PageColumn("Text", "text", []), PageColumn("Figure (£m)", "money", [])),
    "many rows": (PageColumn("Figure (£m)", "money", FIGURES * 9), PageColumn("Text", "text", TEXTS * 9)),
}


def written(kind: type[Worksheet], columns: tuple[PageColumn, ...], totals: frozenset[int] = frozenset()) -> bytes:
    """A workbook of one page, and of a sheet with what pages do not have, on worksheets of a kind."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"created": CREATED})
    formats = Formats(book)
    book.add_worksheet("Page", kind)
    write_page(book, formats, Page("Page", "What it is for.", columns, table="tblPage", totals=totals))
    other = book.add_worksheet("Other", kind)
    other.set_row(3, 30, formats.heading())
    other.set_column(4, 4, 12, formats.plain(italic=True))
    other.write_string(3, 1, "in the style of its row")
    other.write_number(5, 4, 1.0)
    other.write_boolean(5, 5, True, formats.plain())
    other.write_array_formula(6, 1, 6, 1, "{=SUM(E6:E7)}", formats.plain(), 1.0)
    other.write_dynamic_array_formula(7, 1, 7, 2, "=SORT(E6:E7)", formats.plain(), 1.0)
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize("columns", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("totals", [frozenset(), frozenset({0, 2})], ids=["plain", "totals"])
def test_a_page_has_the_bytes_that_xlsxwriter_gives_it_cell_by_cell(columns, totals):
    assert written(FastSheet, columns, totals) == written(Worksheet, columns, totals)


def test_a_comment_is_left_to_xlsxwriter():
    def commented(kind: type[Worksheet]) -> bytes:
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True})
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("Page", kind)
        sheet.write_number(1, 1, 2.5, Formats(book).cell("money"))
        sheet.write_comment(40, 3, "Why")
        book.close()
        return stream.getvalue()

    assert commented(FastSheet) == commented(Worksheet)


def test_changed_parts_are_packed_changed_and_others_as_they_are():
    def parts(book: xlsxwriter.Workbook, stream: io.BytesIO) -> dict[str, bytes]:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("Page")
        sheet.write_number(0, 0, 1.0, book.add_format({"bg_color": INPUT_FILL}))
        book.close()
        with zipfile.ZipFile(stream) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    stream, bare = io.BytesIO(), io.BytesIO()
    found = parts(new_workbook(stream, changes({INPUT_FILL: ("Input", 20)})), stream)
    plain = parts(xlsxwriter.Workbook(bare, {"in_memory": True}), bare)
    assert list(found) == list(plain)
    differ = {name for name in plain if found[name] != plain[name]}
    assert differ == {STYLES, PROPERTIES}
    assert b'<cellStyle name="Input"' in found[STYLES]
    assert b"<dc:language>en-GB</dc:language>" in found[PROPERTIES]


# An xlsxwriter that the fast way was not tested with


def unheard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version."""
    monkeypatch.setattr(xlsxwriter, "__version__", "99.0.0")


def rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tested version with another inside: a method that the fast way takes over has one more parameter."""
    own = Worksheet._write_cell

    def more(sheet, row, col, cell, shown=None):
        return own(sheet, row, col, cell)

    monkeypatch.setattr(Worksheet, "_write_cell", more)


def results_workbook() -> bytes:
    results, comparison = solved("two")
    frames = gather(results, {}) | answers(results, comparison)
    return workbook_bytes(material_of(results, frames, comparison, created=CREATED))


def input_workbook() -> bytes:
    return input_bytes(blank_tables())


def kind_of_sheet() -> type[Worksheet]:
    """The kind of worksheet that a new workbook has where a fast one is asked for."""
    return type(new_workbook(io.BytesIO(), {}).add_worksheet("Page", FastSheet))


def test_the_version_installed_takes_the_fast_way():
    assert kind_of_sheet() is FastSheet


@pytest.mark.parametrize("another", [unheard_of, rebuilt])
@pytest.mark.parametrize("workbook", [results_workbook, input_workbook])
def test_another_xlsxwriter_gives_the_same_workbook_by_its_public_calls(workbook, another, monkeypatch):
    fast = workbook()
    another(monkeypatch)
    assert kind_of_sheet() is Worksheet
    assert workbook() == fast
