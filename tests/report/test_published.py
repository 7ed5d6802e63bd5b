"""The published edition: the Analysis Function's rules, and the same figures as the working one."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from budgetmodel.report import write_results
from tests.report.samples import solved


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    results, comparison = solved("several")
    path = tmp_path_factory.mktemp("published") / "results.xlsx"
    written = write_results(results, path, comparison, publish=True)
    return written[0], written[2], written[3]


@pytest.fixture(scope="module", params=[1, 2], ids=["results", "evidence"])
def published(request: pytest.FixtureRequest, files: tuple[Path, Path, Path]) -> Path:
    return files[request.param]


@pytest.fixture(scope="module")
def book(published: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(published)


def test_nothing_that_the_rules_forbid(published, book):
    with zipfile.ZipFile(published) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name).decode() for name in names if name.startswith(("xl/worksheets/s", "xl/t"))}
        core = archive.read("docProps/core.xml").decode()
    assert not [name for name in names if re.search("chart|drawing|media|vba|external", name)]
    for name, text in parts.items():
        for tag in ("<pane", "<autoFilter", "<f>", "<headerFooter", "<conditionalFormatting", "<mergeCell", "hidden="):
            assert tag not in text, (name, tag)
    assert "<dc:title>" in core
    assert "<dc:language>en-GB</dc:language>" in core
    fills = {c.fill.fgColor.rgb for s in book for row in s.iter_rows() for c in row if c.fill.patternType == "solid"}
    assert fills == set()


def test_one_table_on_every_sheet_at_the_left_edge_and_nothing_below(book):
    for sheet in book:
        [table] = sheet.tables.values()
        left, top, _, bottom = range_boundaries(table.ref)
        assert (left, sheet.max_row) == (1, bottom), sheet.title
        assert sheet["A1"].value
        assert top > 3
    said = [str(sheet[cell].value) for sheet in book for cell in ("A4", "B3") if sheet[cell].value]
    assert any("[z] means that there is no such figure." in words for words in said)
    assert not [words for words in said if "blank cell" in words]
    assert book.active.title == "Cover"
    assert book.sheetnames[:2] == ["Cover", "Notes"]


def test_no_cell_of_a_table_is_blank(book):
    found = 0
    for sheet in book:
        [table] = sheet.tables.values()
        left, top, right, bottom = range_boundaries(table.ref)
        for row in sheet.iter_rows(top, bottom, left, right):
            for cell in row:
                assert cell.value is not None, (sheet.title, cell.coordinate)
                found += cell.value == "[z]"
                if cell.value == "[z]" and sheet.cell(top, cell.column).value.endswith(("(£m)", "(%)")):
                    assert cell.alignment.horizontal == "right", (sheet.title, cell.coordinate)
    assert found > 0
    notes = " ".join(str(cell.value) for row in book["Notes"].iter_rows() for cell in row)
    for sign in ("[z]", "[x]", "[c]", "in brackets"):
        assert sign in notes


def test_it_tells_the_same_figures_as_the_working_edition(files):
    working, *published = (openpyxl.load_workbook(file, data_only=True) for file in files)
    compared = 0
    for name in ("Allocation", "Places", "Comparison", "Rules and prices", "Checks"):
        book = next(book for book in published if name in book.sheetnames)
        for row in working[name].iter_rows(min_row=5):
            for cell in row:
                if isinstance(cell.value, int | float):
                    assert book[name][cell.coordinate].value == pytest.approx(cell.value, rel=1e-14)
                    compared += 1
    assert compared > 500


def test_an_edition_that_is_no_longer_true_goes(tmp_path):
    results, comparison = solved("two")
    path = tmp_path / "results.xlsx"
    write_results(results, path, comparison, publish=True)
    edition, evidence = tmp_path / "results_published.xlsx", tmp_path / "results_evidence_published.xlsx"
    first = edition.read_bytes()
    assert "Problems" not in openpyxl.load_workbook(edition).sheetnames  # there are none, and it would have no table
    write_results(results, path, comparison, publish=True)
    assert edition.read_bytes() == first  # equal inputs, equal bytes
    assert evidence.exists()
    write_results(results, path, comparison)
    assert not edition.exists()
    assert not evidence.exists()
    edition.write_text("mine")
    write_results(results, path, comparison)
    assert edition.read_text() == "mine"
