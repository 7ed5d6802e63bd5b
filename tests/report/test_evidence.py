"""The evidence workbook: long tables as values, with the figures of the results workbook and no link to it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from budgetmodel.excel.is_results import is_results
from budgetmodel.report import write_results
from tests.metrics.test_real_terms import solved as in_real_terms
from tests.report.samples import solved

CHARTS = "Chart "
"""How the names of sheets begin that only feed charts."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    results, comparison = solved("several")
    written = write_results(results, tmp_path_factory.mktemp("evidence") / "results.xlsx", comparison, publish=True)
    return {file.name: file for file in written}


@pytest.fixture(scope="module")
def main(files: dict[str, Path]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(files["results.xlsx"], data_only=True)


@pytest.fixture(scope="module")
def evidence(files: dict[str, Path]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(files["results_evidence.xlsx"])


def test_every_hidden_table_is_visible_in_the_evidence_workbook(main, evidence):
    assert {sheet.sheet_state for sheet in evidence} == {"visible"}
    hidden = [s.title for s in main if s.sheet_state == "hidden" and not s.title.startswith(CHARTS)]
    assert len(hidden) > 8
    for name in (*hidden, "Checks"):
        ours, theirs = (
            {(c.row, c.column): c.value for row in book[name].iter_rows(min_row=5) for c in row if c.value is not None}
            for book in (main, evidence)
        )
        shown = {at: value for at, value in ours.items() if value != ""}
        assert shown.keys() == theirs.keys(), name
        for at, value in shown.items():  # a formula keeps its result with one digit more than a value has
            assert theirs[at] == (pytest.approx(value, rel=1e-14) if isinstance(value, float) else value), (name, at)


def test_it_holds_values_only_and_every_link_stays_inside(evidence):
    for sheet in evidence:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                if cell.hyperlink:
                    assert cell.hyperlink.location.rpartition("!")[0].strip("'") in evidence.sheetnames
    linked = {c.hyperlink.location for row in evidence["Cover"].iter_rows() for c in row if c.hyperlink}
    assert {location.rpartition("!")[0].strip("'") for location in linked} == set(evidence.sheetnames[1:])
    assert len([c for row in evidence["Checks"].iter_rows(min_row=6) for c in row if c.hyperlink]) > 50


def test_neither_workbook_refers_to_the_other(files):
    for name, file in files.items():
        if not name.endswith(".xlsx"):
            continue
        with zipfile.ZipFile(file) as archive:
            assert not [part for part in archive.namelist() if "externalLink" in part]
            links = [archive.read(part) for part in archive.namelist() if part.endswith(".rels")]
            assert not any(b"TargetMode=" in text for text in links)


def test_every_sheet_that_a_formula_names_is_in_its_workbook(tmp_path, files):
    by_hand = in_real_terms()  # its places have rows that look growth in real terms up
    written = write_results({by_hand.scenario: by_hand}, tmp_path / "results.xlsx")[0]
    for path in (written, files["results.xlsx"]):
        book = openpyxl.load_workbook(path)
        cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f")
        plain = (re.sub('"[^"]*"', "", str(formula)) for formula in cells)
        named = {name for text in plain for name in re.findall(r"'((?:[^']|'')+)'!", text)}
        assert {name.replace("''", "'") for name in named} <= set(book.sheetnames)
        assert "Real terms" in named or path is not written


def test_all_four_workbooks_are_in_the_manifest_and_known_as_ours(files):
    books = [name for name in files if name.endswith(".xlsx")]
    assert books == [
        "results.xlsx",
        "results_evidence.xlsx",
        "results_published.xlsx",
        "results_evidence_published.xlsx",
    ]
    assert set(books) <= set(json.loads(files["manifest.json"].read_text(encoding="utf-8"))["sha256"])
    assert all(is_results(files[name]) for name in books)


def test_what_the_evidence_workbook_prints_in_full_prints_one_page_in_the_other(files):
    main = openpyxl.load_workbook(files["results.xlsx"])
    rows = main["Checks"].max_row - 5
    assert rows > 40
    assert main["Checks"].print_area == "'Checks'!$A$1:$L$45"
    assert f"all {rows:,} rows" in main["Checks"]["A4"].value
    assert openpyxl.load_workbook(files["results_evidence.xlsx"])["Checks"].print_area in (None, "")


def test_questions_of_2020_are_shown_when_the_workbook_asks(tmp_path, main):
    asked = {"Four questions", "Scorecard", "Representation"}
    assert asked <= set(main.sheetnames)
    results, comparison = solved("two")
    path = write_results(results, tmp_path / "results.xlsx", comparison)[0]
    for name in ("results.xlsx", "results_evidence.xlsx"):
        assert not asked & set(openpyxl.load_workbook(path.with_name(name)).sheetnames)


def test_a_small_system_has_few_sheets(tmp_path):
    """Two places: decision, cover, Dashboard, By place, a sheet each, and three sheets of evidence."""
    results, comparison = solved("two")
    book = openpyxl.load_workbook(write_results(results, tmp_path / "results.xlsx", comparison)[0])
    assert [s.title for s in book if s.sheet_state == "visible"] == [
        *("Decision", "Cover", "Dashboard", "By place", "North", "South"),
        *("Comparison", "Checks", "Assumptions and changes"),
    ]


def test_the_evidence_cover_says_whose_evidence_it_is(evidence, main):
    facts = {row[0].value: row[1].value for row in evidence["Cover"].iter_rows(max_col=2)}
    assert facts["Master check"] == "ALL CHECKS PASS"
    rows = {row[0].value: row[2].value for row in main["Provenance"].iter_rows(min_row=6)}
    assert facts["Results id"] == rows["results id"]
    assert re.fullmatch(r"[0-9a-f]{12}", facts["Results id"])
