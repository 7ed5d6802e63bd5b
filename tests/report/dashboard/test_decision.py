"""The Decision page: its figures and sentence follow the yellow cells; it is one page for any number of scenarios."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel.comparison import Comparison, compare
from budgetmodel.comparison.headline import headline
from budgetmodel.comparison.headline_words import closes, percent, places_words, today_or
from budgetmodel.report import write_results
from tests.comparison.books import split_and_pooled
from tests.report.samples import SOFFICE, cells, recalculated, solved
from tests.support.builder import Book, two_places
from tests.support.figures import near

COMPARED, AGAINST = "B6", "B7"
"""The yellow cells."""

PAIRS = (("Joint", "Pooled"), ("Split", "Do-minimum"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of five scenarios, one of which changes inputs."""
    results, comparison = solved("several")
    return write_results(results, tmp_path_factory.mktemp("decision") / "several.xlsx", comparison)[0]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bm.Result], Comparison, Path]:
    """Two places; pots apart, one pot, and one pot whose contract costs £3m."""
    folder = tmp_path_factory.mktemp("small")
    book = split_and_pooled()
    book.add("Regimes", Regime="Joint", Sources="all", Pot="Joint")
    book.add("Contracts", Regime="Joint", Cost_per_contract=3000)
    book.add("Scenarios", Scenario="Joint", Regime="Joint")
    budget = bm.read(book.save(folder / "book.xlsx"))
    results = bm.solve_all(budget)
    comparison = compare(results, budget)
    return results, comparison, write_results(results, folder / "results.xlsx", comparison)[0]


def texts(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[str]:
    return [str(row[0].value) for row in sheet.iter_rows() if row[0].value is not None]


def test_it_opens_first_and_prints_as_one_a4_page(path: Path) -> None:
    book = openpyxl.load_workbook(path, data_only=True)
    sheet = book.worksheets[0]
    assert book.active is sheet
    assert sheet.title == "Decision"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert {sheet.page_setup.fitToHeight, sheet.page_setup.fitToWidth} <= {None, 1}
    assert sheet.print_area
    said = texts(sheet)
    for heading in ("To decide: 'Pooled' against 'Split'", "It depends on", "What would change our mind"):
        assert heading in said
    assert not [text for text in said if "loses" in text.casefold().split()]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_figures_and_sentence_follow_the_yellow_cells(small, tmp_path: Path) -> None:
    results, comparison, path = small
    files = []
    for n, (compared, against) in enumerate(PAIRS):
        copy = openpyxl.load_workbook(path)
        copy["Decision"][COMPARED].value, copy["Decision"][AGAINST].value = compared, against
        files.append(tmp_path / f"pair{n}.xlsx")
        copy.save(files[-1])
    for (compared, against), file in zip(PAIRS, recalculated(files, tmp_path), strict=True):
        found = headline(results, comparison, against, compared)
        assert found is not None
        own = {at: value for (sheet, at), value in cells(file).items() if sheet == "Decision"}
        first = [str(own.get(f"A{row}", "")) for row in range(9, 13)]
        same = "Every place gets the same under both in 2025/26"
        assert first[0] == (f"'{compared}' {places_words(found)}" if found.more or found.less else same)
        base = f" ({today_or(against, found)}: {percent(found.base_line.closed)})"
        assert first[1] == closes(found.line.closed, found.year) + base
        by_place = {own.get(f"A{row}"): row for row in range(20, 40)}
        for line in found.places:
            row = by_place[line.place]
            assert own[f"C{row}"] == near(line.last)
            assert own[f"D{row}"] == near(line.growth)
            assert own.get(f"I{row}", 0.0) == near(line.difference)
        assert "The figures above follow the yellow cells" in " ".join(str(value) for value in own.values())


def _written(book: Book, folder: Path, scenarios: list[str] | None = None) -> openpyxl.worksheet.worksheet.Worksheet:
    """The Decision page of a book, of some of its scenarios."""
    budget = bm.read(book.save(folder / "book.xlsx"))
    results = {name: bm.solve(budget, name) for name in scenarios or budget.scenarios}
    written = write_results(results, folder / "results.xlsx", compare(results, budget), board=False)
    return openpyxl.load_workbook(written[0], data_only=True)["Decision"]


def test_one_scenario_stands_against_keeping_todays_shares(tmp_path: Path) -> None:
    sheet = _written(two_places(), tmp_path)
    assert (sheet[COMPARED].value, sheet[AGAINST].value) == ("Base", "Do-minimum")
    said = texts(sheet)
    assert "To decide: 'Base' against keeping today's shares" in said
    assert not [text for text in said if "frees" in text]  # today's pattern has no contracts of its own
    assert any("cash only" in str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_a_board_pack_has_three_charts_and_goes_with_its_run(small, tmp_path: Path, monkeypatch) -> None:
    from budgetmodel.report import printed

    monkeypatch.setattr(printed.shutil, "which", lambda _: None)  # no browser, no LibreOffice
    told: list[str] = []
    results, comparison, _ = small
    files = write_results(results, tmp_path / "results.xlsx", comparison, board=True, told=told.append)
    assert (tmp_path / "board.html") in files
    assert told == [printed.NO_PRINTER]
    text = (tmp_path / "board.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert "<script" not in text
    write_results(results, tmp_path / "results.xlsx", comparison)
    assert not (tmp_path / "board.html").exists()  # its figures would be those of an earlier run
