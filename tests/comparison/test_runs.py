"""Runs of different days: what differs comes first, results are told by run, and no table is taken on trust."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.comparison.runs import compare_runs
from budgetmodel.comparison.written_run import read_run
from tests.comparison.books import split_and_pooled, with_a_ceiling
from tests.support.builder import Book

Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of March, of April (more money, and Pooled dearer), and of May: other contracts over March's tables."""
    folder = tmp_path_factory.mktemp("days")
    ceiling = with_a_ceiling(split_and_pooled())
    april = ceiling.copy().set("Funding", row=0, Amount=62)
    april.change("Pooled", "Contracts", "set", Where="Regime=Pooled", Field="Cost per contract", Value=600)
    may = ceiling.copy().set("Contracts", where={"Regime": "Pooled"}, Cost_per_contract=700)
    for name, book in (("march", ceiling), ("april", april), ("may", may)):
        write(book, folder / name)
    return folder


def write(book: Book, folder: Path) -> None:
    folder.mkdir()
    results = bm.solve_all(bm.read(book.save(folder / "in.xlsx")))
    bm.write_results(results, folder / "results.xlsx")


@pytest.fixture
def copied(days: Path, tmp_path: Path) -> Path:
    """March's tables in a folder that a test may spoil."""
    folder = tmp_path / "march"
    folder.mkdir()
    for name in ("run.csv", "metrics.csv", "changes.csv", "issues.csv"):
        (folder / name).write_bytes((days / "march" / name).read_bytes())
    return folder


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["compare", *map(str, words)])
    code = getattr(done.exception, "exit_code", done.exit_code)
    return code, done.stdout, done.stderr + str(done.exception or "")


def test_what_differs_comes_first_and_scenarios_are_told_by_run(days: Path) -> None:
    code, out, _ = run(days / "march", days / "april" / "results.xlsx")
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "What differs in the inputs")
    assert lines[1].startswith("  input  input SHA-256: march: ")
    assert any(line.startswith("  sheet  Funding: march: ") for line in lines)
    assert "  changed cell  Pooled, Contracts!F6: march: 500 (unchanged); april: 600" in lines
    at = next(n for n, line in enumerate(lines) if line.startswith("Run: scenario"))
    assert [line.split("  ")[0] for line in lines[at + 1 : at + 5]] == [
        "march: Split",
        "march: Pooled",
        "april: Split",
        "april: Pooled",
    ]
    # March: 100 and 57.5 (see test_walls). April's £2m more are North's: 100 x (61 - 39) / (102 / 100 x 20) = 107.84.
    assert lines[at + 1].split()[2:4] == ["100.00", "0.00"]
    assert lines[at + 2].split()[2] == "57.50"
    assert lines[at + 3].split()[2] == "107.84"
    assert lines[-1].startswith("Scenarios of different sets stand on different tables")


def test_json_holds_the_same(days: Path) -> None:
    code, out, _ = run(days / "march", days / "may", "--json")
    told = json.loads(out)
    assert code == 0
    assert list(told) == ["differences", "runs", "sets", "metrics"]
    assert [row["key"] for row in told["differences"]] == ["input SHA-256"]  # contracts are what is compared
    assert {row["set"] for row in told["sets"]} == {"march: Split"}
    index = {(r["run"], r["scenario"]): r["value"] for r in told["metrics"] if r["metric"] == "index"}
    assert index["may", "Pooled"] == pytest.approx(100 * (12 - 0.7) / 20, abs=1e-6)


def test_runs_over_other_tables_are_refused_when_they_must_be_the_same(days: Path) -> None:
    assert run(days / "march", days / "may", "--same-tables")[0] == 0
    code, _, err = run(days / "march", days / "april", "--same-tables")
    assert code == 3
    assert "no comparison set" in err


def test_a_run_beside_itself_differs_in_nothing_and_has_two_names(days: Path) -> None:
    code, out, _ = run(days / "march", days / "march")
    assert code == 0
    assert "  Nothing: the same workbook, packs, changes, versions and solver." in out
    assert "march (2): Pooled" in out


def test_two_input_workbooks_are_no_results_although_a_run_lies_beside_them(days: Path, tmp_path: Path) -> None:
    code, out, err = run(days / "march" / "in.xlsx", days / "april" / "results.xlsx")
    assert (code, out) == (5, "")
    assert f"'{days / 'march' / 'in.xlsx'}' holds no results of a run: it seems to be an input workbook." in err
    assert "budgetmodel diff EARLIER.xlsx LATER.xlsx" in err
    (tmp_path / "note.xlsx").write_text("no workbook at all")
    assert run(tmp_path / "note.xlsx", days / "april")[0] == 5


def test_a_scenario_without_an_answer_is_told(days: Path, tmp_path: Path) -> None:
    hard = with_a_ceiling(split_and_pooled())
    hard.change(
        "Pooled",
        "Rules",
        "append",
        Where="Rule=Too much; Measure=amount; Limit=at least; Strength=must",
        Field="Value",
        Value=900,
    )
    folder = tmp_path / "hard"
    folder.mkdir()
    failures: dict[str, bm.Infeasible | bm.SolverFailed] = {}
    results = bm.solve_all(bm.read(hard.save(folder / "in.xlsx")), failures=failures, breach=False)
    bm.write_results(results, folder / "results.xlsx", failures=failures)
    assert list(failures) == ["Pooled"]
    code, out, _ = run(days / "march", folder)
    assert code == 0
    assert "  scenario  Pooled, regime: march: Pooled; hard: infeasible: no answer" in out.splitlines()
    assert [line.split() for line in out.splitlines() if line.startswith("hard: Pooled")] == [
        ["hard:", "Pooled", "infeasible:", "no", "answer"]
    ]
    told = json.loads(run(days / "march", folder, "--json")[1])["runs"]
    assert [each["unsolved"] for each in told] == [[], [{"scenario": "Pooled", "status": "infeasible"}]]


def test_folders_of_one_name_are_told_apart_by_their_path(days: Path, copied: Path) -> None:
    found = compare_runs([days / "march", copied])
    assert [each.name for each in found.runs] == [f"{days.name}/march", f"{copied.parent.name}/march"]


def test_a_missing_table_is_file_trouble(copied: Path, days: Path) -> None:
    (copied / "changes.csv").unlink()
    code, _, err = run(days / "april", copied)
    assert code == 5
    assert "changes.csv'" in err
    assert run(days / "april", days / "june")[0] == 5


@pytest.mark.parametrize(
    "table, old, new, said",
    [
        ("metrics", "scenario,metric", "scenario,measure", "the columns are scenario, measure"),
        ("metrics", "Pooled,index,,57.5", "Pooled,index,,7.5", "the index of 'Pooled' is 7.5"),
        ("metrics", "Pooled,index,,57.5", "Pooled,index,,better", "the value is 'better'"),
        ("metrics", "Pooled,index,,57.5", "Pooled,index,,nan", "the value is 'nan'"),
        ("run", "Split,input SHA-256,", "Split,input SHA-256,x", "'input SHA-256' is 'x"),
        ("run", "Split,input SHA-256,", "Split,input hash,", "'Split' does not say what it was made of"),
        ("run", "Split,regime,Split", "Split,regime,Split,more", "another number of cells"),
    ],
)
def test_tables_that_no_run_wrote_are_refused(copied: Path, table: str, old: str, new: str, said: str) -> None:
    path = copied / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(bm.InputErrors) as refused:
        read_run(copied)
    assert {issue.code for issue in refused.value.issues} == {"RESULT_TABLE"}
    assert said in str(refused.value)


def test_one_result_is_a_usage_error(days: Path) -> None:
    assert run(days / "march")[0] == 2
