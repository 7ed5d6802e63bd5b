"""Scenarios with Run = no: neither solved nor reported, but there for those who ask for them or are based on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.scenarios.budget import selected
from tests.support.builder import Book, two_places


def parked_book() -> Book:
    """Base is not run; More is based on it; Old is parked with a change that is wrong."""
    book = two_places()
    book.set("Scenarios", row=0, Run="No")
    book.add("Scenarios", Scenario="More", Regime=None, Based_on="Base")
    book.add("Scenarios", Scenario="Old", Regime=None, Based_on="Base", Run="no")
    book.change("Base", "Funding", "add", Field="Amount", Value=1)
    return book.change("Old", "Fundin", "add", Field="Amount", Value=1)


@pytest.fixture(scope="module")
def book() -> Book:
    return parked_book()


@pytest.fixture(scope="module")
def path(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return book.save(tmp_path_factory.mktemp("parked") / "in.xlsx")


@pytest.fixture(scope="module")
def outcome(path: Path) -> bm.Outcome:
    """The second run into a folder: in the first, Base was asked for by name."""
    bm.run(path, ["Base"], folder=path.parent / "out")
    return bm.run(path, folder=path.parent / "out")


def test_a_parked_scenario_is_neither_solved_nor_reported(outcome: bm.Outcome) -> None:
    assert outcome.scenarios == tuple(outcome.results) == ("More",)
    assert "Base" not in set(outcome.comparison.metrics["scenario"])


def test_what_is_based_on_it_has_its_changes(outcome: bm.Outcome) -> None:
    assert len(outcome.results["More"].changes) == 1  # Base's row: £1m more funding of the one source and year


def test_what_refers_to_it_is_told_with_its_cell(path: Path, book: Book) -> None:
    told = {issue.where: issue.found for issue in bm.check(path) if issue.code == "PARKED"}
    base, run = (f"Scenarios!{book.cell('Scenarios', row, column)}" for row, column in ((1, "Based on"), (0, "Run")))
    assert set(told) == {base, run}
    assert run in told[base]
    assert "'More'" in told[base]
    assert "'More' is the base of comparisons" in told[run]


def test_it_is_solved_when_asked_for_by_name(path: Path) -> None:
    assert bm.solve(bm.read(path), "Base").is_met


def test_what_is_wrong_with_its_changes_is_told_when_it_is_asked_for(path: Path) -> None:
    assert not [issue for issue in bm.check(path) if issue.sheet == "Changes"]
    said = CliRunner().invoke(app, ["run", str(path), "--scenario", "Old", "-o", str(path.parent / "old")])
    assert said.exit_code == 3
    assert "'Fundin' is no sheet" in said.output
    with pytest.raises(bm.InputErrors, match="Fundin"):
        bm.solve(bm.read(path), "Old")


def test_the_changes_of_a_parked_scenario_are_not_told_beside_other_errors(tmp_path: Path) -> None:
    book = parked_book().set("Funding", row=0, Amount="lots")
    assert {issue.sheet for issue in bm.check(book.save(tmp_path / "in.xlsx")) if issue.severity == "error"} == {
        "Funding"
    }


def test_a_workbook_with_nothing_to_run_says_so_with_the_cells(tmp_path: Path) -> None:
    book = two_places().set("Scenarios", Run="no")
    path = book.save(tmp_path / "in.xlsx")
    [issue] = [issue for issue in bm.check(path) if issue.severity == "error"]
    assert (issue.code, issue.where) == ("NONE_TO_RUN", f"Scenarios!{book.cell('Scenarios', 0, 'Run')}")
    said = CliRunner().invoke(app, ["run", str(path), "-o", str(tmp_path / "out")])
    assert said.exit_code == 3
    assert "every scenario has Run = no" in said.output
    assert (tmp_path / "out" / "problems.xlsx").exists()
    with pytest.raises(bm.InputErrors, match="every scenario has Run = no"):
        bm.solve_all(bm.read(path))
    assert list(bm.solve_all(bm.read(path), ["Base"])) == ["Base"]


def test_a_pack_follows_the_scenarios_that_are_run(path: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.csv"
    pack.write_text(
        "Scenario,Run,Table,Field,Change,Value\nCut,,Funding,Amount,multiply,0.9\nLater,no,Funding,Amount,add,1\n"
    )
    budget = bm.read(path, packs=[pack])
    assert budget.to_run == ("More", "Cut (More)")
    assert selected(budget, ["Base"])[:2] == ("Base", "Cut (Base)")
    assert selected(budget, ["More"]) == ("More", "Cut (More)")


def test_a_scenario_that_is_not_run_any_more_is_told_with_its_cell(outcome: bm.Outcome, book: Book) -> None:
    words = " ".join(outcome.since.rows["words"])
    assert f"'Base' was not solved this time: Scenarios!{book.cell('Scenarios', 0, 'Run')} says no" in words
