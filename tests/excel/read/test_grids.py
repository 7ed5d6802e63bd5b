"""Baseline and Funding given across: the same budget as given in rows, and every message at the grid's own cell."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.support.builder import Book, two_places, with_years


def book_in_rows() -> Book:
    """Two places and services of one provider, two years; funding 100 and 100 of the core, a grant in one year."""
    book = with_years(two_places(), 2)
    book.add("Services", Service="Cure").spend("North", "Cure", "Trust", 6)
    book.add("Sources", Source="Grant").fund("Grant", [5])
    book.change("Base", "Baseline", "add", Where="Place=North; Service=Cure", Field="Amount", Value=1)
    return book.change("Base", "Funding", "multiply", Where="Source=Grant", Field="Amount", Value=2)


def write_grid(page: Worksheet, sides: tuple[str, ...], cells: dict[tuple[str, ...], dict[str, object]]) -> None:
    """Headings in row 4, as the template has them."""
    heads = list(dict.fromkeys(head for row in cells.values() for head in row))
    for column, heading in enumerate((*sides, *heads), start=1):
        page.cell(4, column, heading)
    for number, (names, row) in enumerate(cells.items(), start=5):
        for column, name in enumerate((*names, *(row.get(head) for head in heads)), start=1):
            page.cell(number, column, name)


def across(path: Path, book: Book, *, keep: tuple[str, ...] = ()) -> Path:
    """The book saved with its Baseline and Funding as grids; sheets to `keep` are there as rows besides."""
    baseline: dict[tuple[str, ...], dict[str, object]] = {}
    for row in book["Baseline"]:
        baseline.setdefault((row["Place"], row["Provider"]), {})[row["Service"]] = row["Amount"]
    funding: dict[tuple[str, ...], dict[str, object]] = {}
    for row in book["Funding"]:
        funding.setdefault((row["Source"],), {})[row["Year"]] = row["Amount"]
    book.save(path, omit=tuple(name for name in ("Baseline", "Funding") if name not in keep))
    file = openpyxl.load_workbook(path)
    write_grid(file.create_sheet("Baseline grid"), ("Place", "Provider"), baseline)
    write_grid(file.create_sheet("Funding grid"), ("Source",), funding)
    file.save(path)
    return path


def edited(path: Path, sheet: str, **cells: object) -> list[Issue]:
    """The issues of a copy with some cells of a sheet typed over."""
    file = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        file[sheet][cell] = value
    file.save(path.with_name("edited.xlsx"))
    return bm.check(path.with_name("edited.xlsx"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return across(tmp_path_factory.mktemp("grids") / "grids.xlsx", book_in_rows())


def test_a_budget_given_across_is_the_one_given_in_rows(path: Path, tmp_path: Path) -> None:
    grids, rows = bm.read(path), bm.read(book_in_rows().save(tmp_path / "rows.xlsx"))
    assert [issue.code for issue in grids.issues] == ["FUNDING_MISSING"]  # the blank of the grant: said, and no money
    assert grids.funding.tolist() == rows.funding.tolist() == [[100.0, 100.0], [5.0, 0.0]]  # a blank makes no row
    names = ["Place", "Service", "Provider", "Amount"]
    as_sets = [{tuple(row) for row in each.frame("Baseline")[names].to_numpy()} for each in (grids, rows)]
    assert as_sets[0] == as_sets[1]


def test_each_figure_and_each_change_has_the_cell_of_the_grid(path: Path) -> None:
    budget = bm.read(path)
    frame = budget.frame("Baseline")
    [at] = frame.index[(frame["Service"] == "Cure")]
    cure = openpyxl.load_workbook(path)["Baseline grid"]
    [cell] = [f"{c.column_letter}5" for c in cure[4] if c.value == "Cure"]
    assert budget.cell("Baseline", at, "Amount") == f"Baseline grid!{cell}"
    assert budget.cell("Baseline", at, "Place") == "Baseline grid!A5"
    inputs, _ = budget.inputs_of("Base")
    assert inputs is not None
    assert list(inputs.ledger["cell"]) == [f"Baseline grid!{cell}", "Funding grid!B6"]
    assert list(inputs.ledger["new"]) == ["7", "10"]  # 6 + 1, 5 x 2


def test_unknown_names_in_heads_and_at_the_side_are_told_there(path: Path) -> None:
    told = {(issue.code, issue.where) for issue in edited(path, "Baseline grid", D4="Cuer", A6="Soth")}
    assert told >= {("SERVICE_UNKNOWN", "Baseline grid!D4"), ("PLACE_UNKNOWN", "Baseline grid!A6")}


def test_words_in_a_figure_and_a_row_without_a_name_are_told(path: Path) -> None:
    told = {(issue.code, issue.where) for issue in edited(path, "Funding grid", B5="lots", B8=7)}
    assert ("NOT_A_NUMBER", "Funding grid!B5") in told
    assert ("BLANK_VS_ZERO", "Funding grid!A8") in told


def test_a_head_that_stands_twice_is_told(path: Path) -> None:
    [issue] = [each for each in edited(path, "Funding grid", D4="2025/26") if each.severity == "error"]
    assert (issue.code, issue.where) == ("COL_DUP", "Funding grid!D4")
    assert "B4" in issue.found


def test_totals_are_told_and_left_out(path: Path) -> None:
    # Down: 105 and 100; across: 200 and 5.
    cells = {"A7": "Total", "B7": 105, "C7": 100, "D4": "Total", "D5": 200, "D6": 5}
    issues = edited(path, "Funding grid", **cells)
    told = {issue.where for issue in issues if issue.severity == "repaired"}
    assert told == {"Funding grid!A7", "Funding grid!D4"}
    assert [issue for issue in issues if issue.severity == "error"] == []
    budget = bm.read(path.with_name("edited.xlsx"))
    assert budget.funding.tolist() == [[100.0, 100.0], [5.0, 0.0]]


def test_a_figure_given_in_rows_and_across_is_an_error_with_both_cells(tmp_path: Path) -> None:
    book = book_in_rows()
    issues = bm.check(across(tmp_path / "both.xlsx", book, keep=("Funding",)))
    found = [issue for issue in issues if issue.code == "DUPLICATE_ROW"]
    assert {issue.where for issue in found} >= {"Funding grid!B5", "Funding grid!C5", "Funding grid!B6"}
    assert any(book.cell("Funding", 0, "Source") in issue.found for issue in found)


def test_what_changed_since_the_last_run_names_the_cell_of_the_grid(path: Path, tmp_path: Path) -> None:
    edited(path, "Funding grid", B5=100)
    bm.run(path.with_name("edited.xlsx"), folder=tmp_path / "out")
    edited(path, "Funding grid", B5=101)
    again = bm.run(path.with_name("edited.xlsx"), folder=tmp_path / "out")
    cells = again.since.rows[again.since.rows["what"] == "cell"]
    assert list(cells["cell"]) == ["Funding grid!B5"]
    assert (cells["old"].iloc[0], cells["new"].iloc[0]) == ("£100m", "£101m")
