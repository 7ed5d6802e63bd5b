"""The results workbook: what it holds, that its text is text, and that equal inputs give equal bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from budgetmodel.comparison.question_frames import ANSWERS
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.issues import (
    FileTrouble,
    Infeasible,
    Issue,
    SolverFailed,
)
from budgetmodel.report import write_results
from budgetmodel.report.sheets.sheet_names import sheet_names
from budgetmodel.results import FRAMES, seal_of
from tests.report.samples import formula_cells, renamed, solved
from tests.support.random_books import random_book

PLACES = list(sheet_names(solved("several")[0]["Split"].inputs.places, []).values())
VISIBLE = [
    "Decision",
    "Cover",
    "Dashboard",
    "By place",
    *PLACES,
    "Comparison",
    "Checks",
    "Assumptions and changes",
    "Four questions",
    "Scorecard",
    "Representation",
]
HIDDEN = [
    "Problems",
    "Headlines",
    "Places compared",
    "Allocation",
    "Places",
    "Components",
    "Money",
    "Flows",
    "Contracts",
    "Real terms",
    "Rules and prices",
    "Largest prices",
    "Inequality measures",
    "Provenance",
    "Chart places",
    "Chart order",
    "Chart programmes",
    "Chart steps",
    "Chart curve",
]
SHEETS = [*VISIBLE, *HIDDEN]
INJECTIONS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "{=1+1}",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "http://example.org",
    "internal:Cover!A1",
    "file:///etc/passwd",
    "\t=1",
    "\ud800 half a character",
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "results.xlsx"
    results, comparison = solved("several")
    write_results(results, path, comparison)
    return openpyxl.load_workbook(path)


def header_row(sheet: openpyxl.worksheet.worksheet.Worksheet) -> int:
    """The row of the headings; it stands below sentences on the sheets of places."""
    return next((int(table.ref.split(":")[0].lstrip("A")) for table in sheet.tables.values()), 5)


def test_every_file_of_a_run_is_written(tmp_path):
    results, comparison = solved("two")
    files = write_results(results, tmp_path / "new" / "folder" / "results.xlsx", comparison)
    tables = [*FRAMES, "comparison_set", *ANSWERS]
    names = [
        "results.xlsx",
        "results_evidence.xlsx",
        "report.html",
        *(f"{name}.csv" for name in tables),
        "manifest.json",
    ]
    assert [file.name for file in files] == names
    assert sorted(tmp_path.joinpath("new", "folder").iterdir()) == sorted(files)


def test_the_comparison_is_made_when_none_is_given(tmp_path):
    results, _ = solved("two")
    assert write_results(results, tmp_path / "results.xlsx")[0].exists()


def test_a_name_that_is_no_workbook_is_refused(tmp_path):
    with pytest.raises(FileTrouble, match=r"\.xlsx"):
        write_results(solved("two")[0], tmp_path / "results.csv")


def test_sheets_stand_in_a_fixed_order_and_those_that_formulas_read_are_hidden(book):
    assert book.sheetnames == SHEETS
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == VISIBLE
    assert {sheet.sheet_state for sheet in book if sheet.title in HIDDEN} == {"hidden"}  # a reader can show them


def test_tabs_have_the_colour_of_their_level(book):
    levels = (VISIBLE[:4], PLACES, VISIBLE[4 + len(PLACES) :], [name for name in HIDDEN if name != "Problems"])
    colours = [{book[name].sheet_properties.tabColor.rgb for name in level} for level in levels]
    assert [len(own) for own in colours] == [1, 1, 1, 1]
    assert len(set.union(*colours)) == 4


def test_pages_print_on_a4_landscape_one_page_wide_with_their_header(book):
    for sheet in book:
        way = "portrait" if sheet.title == "Decision" else "landscape"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == (way, 9)
        assert sheet.page_setup.fitToWidth in (1, None)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert not sheet.sheet_view.showGridLines
        if sheet.title not in ("Decision", "Cover", "Dashboard"):
            row = header_row(sheet)
            assert sheet.print_title_rows == f"${row}:${row}"
            assert (sheet.freeze_panes is not None) == (row == 5)


def test_tables_have_names_and_one_header_row_of_unique_headings(book):
    tables = [table for sheet in book for table in sheet.tables.values()]
    assert len({table.name for table in tables}) == len(tables) >= 9
    for sheet in book.worksheets[1:]:
        headings = [cell.value for cell in sheet[header_row(sheet)] if cell.value is not None]
        assert headings, sheet.title
        assert len(set(headings)) == len(headings)
        assert not sheet.merged_cells.ranges


def test_every_figure_has_its_unit_in_the_heading(book):
    for name in ("Allocation", "By place", "Money", "Places", "Flows", "Rules and prices"):
        sheet = book[name]
        for heading, cell in zip(sheet[5], sheet[6], strict=True):
            if (
                cell.data_type in ("n", "f")
                and cell.value is not None
                and heading.value not in ("Days to pay", "Binds")
            ):
                assert "(" in heading.value, (name, heading.value)


def test_links_lead_to_sheets_both_ways(book):
    cover = book["Cover"]
    targets = [cell.hyperlink.location for row in cover.iter_rows() for cell in row if cell.hyperlink]
    assert [target.split("!")[0].strip("'") for target in targets] == [name for name in VISIBLE if name != "Cover"]
    [named] = [row[1].value for row in cover.iter_rows() if row[0].value == "Hidden sheets"]
    assert ", ".join(HIDDEN) in named
    for sheet in (sheet for sheet in book if sheet.title != "Cover"):
        assert sheet["A3"].hyperlink.location.startswith("'Cover'")


def test_the_cover_says_what_these_results_are_not(book):
    words = " ".join(str(cell.value) for row in book["Cover"].iter_rows() for cell in row if cell.value)
    assert "No claim is made about health outcomes" in words
    assert "illustrative" in words
    assert "ALL CHECKS PASS" in words
    assert solved("several")[0]["Split"].inputs.sha256 in words


def test_the_master_check_has_a_name(book):
    assert "master_check" in book.defined_names


def test_comparison_shows_differences_in_inputs_first(book):
    sheet = book["Comparison"]
    assert sheet["B6"].value == "Regime"
    assert [cell.value for cell in sheet[5]][4:] == ["Do-minimum", *solved("several")[0]]
    changed = [row[1].value for row in sheet.iter_rows(min_row=6) if str(row[1].value).startswith("Cell ")]
    assert len(changed) == len(solved("several")[0]["Changed"].changes)


def test_text_is_never_a_formula_or_a_link(tmp_path):
    results, _ = solved("two")
    for sample in INJECTIONS:
        hostile = renamed(results, {"North": sample, "Trust": sample, "Core": sample})
        path = write_results(hostile, tmp_path / "results.xlsx")[0]
        book = openpyxl.load_workbook(path)
        shown = sample.encode("utf-8", "replace").decode()
        found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == shown]
        assert found, sample
        assert {cell.data_type for cell in found} == {"s"}
        assert not any(cell.hyperlink for cell in found)
        texts = [book[sheet][cell].value for sheet, cell in formula_cells(path)]
        assert not any(shown in str(text) for text in texts)


def test_long_text_is_cut_to_what_a_cell_holds(tmp_path):
    hostile = renamed(solved("two")[0], {"Trust": "x" * 40_000})
    book = openpyxl.load_workbook(write_results(hostile, tmp_path / "results.xlsx")[0])
    assert max(len(str(cell.value)) for row in book["Flows"].iter_rows() for cell in row) == 32_767


def test_an_infinite_figure_is_refused(tmp_path):
    results, _ = solved("two")
    frames = dict(results["Base"].frames)
    frames["allocation"].loc[0, "amount"] = float("inf")
    broken = {**results, "Base": replace(results["Base"], frames=frames, seal=seal_of(frames))}
    with pytest.raises(ValueError, match="infinite"):
        write_results(broken, tmp_path / "results.xlsx")
    assert not list(tmp_path.iterdir())


def test_equal_inputs_give_equal_bytes(tmp_path):
    results, comparison = solved("several")
    first = {file.name: file.read_bytes() for file in write_results(results, tmp_path / "results.xlsx", comparison)}
    second = {file.name: file.read_bytes() for file in write_results(results, tmp_path / "results.xlsx", comparison)}
    assert first == second


def test_bytes_do_not_depend_on_the_seed_of_hashing(tmp_path):
    script = (
        "import sys, hashlib; from budgetmodel import api; from budgetmodel.report import write_results\n"
        "files = write_results(api.solve_all(api.read(sys.argv[1])), sys.argv[2])\n"
        "print([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])\n"
    )
    root = Path(__file__).parents[2]
    book = random_book(3, "tiny").save(tmp_path / "in.xlsx")
    said = [
        subprocess.run(
            [sys.executable, "-c", script, str(book), str(tmp_path / "out" / "results.xlsx")],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
            cwd=root,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland"))
    ]
    assert said[0] == said[1]


def test_scenarios_without_an_answer_are_named(tmp_path):
    results, comparison = solved("two")
    conflict = Issue(
        "CONFLICT", "error", "Rules", "K5", "asks 120, there are 100", "rules that go together", "Relax it."
    )
    failures = {"Strict": Infeasible("Strict", [conflict]), "Odd": SolverFailed("The time limit was reached.")}
    path = write_results(results, tmp_path / "results.xlsx", comparison, failures)[0]
    book = openpyxl.load_workbook(path)
    cover = {row[0].value: row[1].value for row in book["Cover"].iter_rows()}
    assert cover["Strict"].startswith("Infeasible")
    assert cover["Odd"].startswith("Failed: The time limit was reached.")
    assert [(row[6].value, row[0].value) for row in book["Problems"].iter_rows(min_row=6)] == [
        ("Strict", "CONFLICT"),
        ("Odd", "NOT_SOLVED"),
    ]


def test_a_run_without_any_answer_says_so(tmp_path):
    failures = {"Strict": Infeasible("Strict", [])}
    files = write_results({}, tmp_path / "results.xlsx", failures=failures)
    book = openpyxl.load_workbook(files[0])
    assert book.sheetnames == ["Cover", "Problems"]
    words = " ".join(str(cell.value) for row in book["Cover"].iter_rows() for cell in row if cell.value)
    assert "No scenario has an answer" in words
    assert "NOTHING SOLVED" in words
    for name in FRAMES:
        header = (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header == ["scenario", *solved("two")[0]["Base"].frames[name].columns[1:]]


def test_too_many_rows_go_to_the_csv_files(tmp_path, monkeypatch):
    from budgetmodel.report.sheets import pages

    for limit in ("FLOW_LIMIT", "RULE_LIMIT", "ALLOCATION_LIMIT"):
        monkeypatch.setattr(pages, limit, 3)
    results, comparison = solved("several")
    book = openpyxl.load_workbook(write_results(results, tmp_path / "results.xlsx", comparison)[0])
    assert "flows.csv" in book["Flows"]["A4"].value
    assert "rules.csv" in book["Rules and prices"]["A4"].value
    assert book["Rules and prices"].max_row == 8
    assert "allocation.csv" in book["Allocation"]["A4"].value
    values = openpyxl.load_workbook(tmp_path / "results.xlsx", data_only=True)
    assert values["Cover"]["B4"].value == "ALL CHECKS PASS"


def test_properties_hold_no_person_and_a_fixed_date(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    path = write_results(solved("two")[0], tmp_path / "results.xlsx")[0]
    properties = openpyxl.load_workbook(path).properties
    assert (properties.title, properties.creator) == ("Test budget", "budgetmodel")
    assert properties.created.year == 2023


def test_conflicts_and_ways_out_have_their_sheets_and_tables(tmp_path):
    results, comparison = solved("two")
    conflict = {
        **dict.fromkeys(FRAME["conflicts"].names, ""),
        "scenario": "Strict",
        "conflict": 1,
        "headline": "=A asks too much",
        "gap": 10.0,
        "cell": "Rules!K5",
        "activity": 60.0,
        "limit": 70.0,
        "proved_gap": 10.0,
    }
    remedy = {
        **dict.fromkeys(FRAME["remedies"].names, ""),
        "scenario": "Strict",
        "remedy": 1,
        "cell": "Rules!K5",
        "amount": 10.0,
        "new_value": 60.0,
        "proved": True,
    }
    explanation = Infeasibility("Strict", pd.DataFrame([conflict]), pd.DataFrame([remedy]))
    failures = {"Strict": Infeasible("Strict", [], explanation)}
    path = write_results(results, tmp_path / "results.xlsx", comparison, failures)[0]
    book = openpyxl.load_workbook(path)
    assert book["Conflicts"]["D6"].value == 10.0
    assert book["Conflicts"]["C6"].data_type == "s"  # a headline is never a formula
    assert book["Ways out"]["H6"].value == "60.0"
    assert (tmp_path / "remedies.csv").read_text(encoding="utf-8").splitlines()[1].startswith("Strict,1,")
    write_results(results, tmp_path / "results.xlsx", comparison)
    assert "Conflicts" not in openpyxl.load_workbook(path).sheetnames
    assert not (tmp_path / "conflicts.csv").exists()  # what was is no longer true
