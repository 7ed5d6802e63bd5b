"""What was solved once is looked up, proved again, and solved anew when anything that matters has changed."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.answers import memory as module
from budgetmodel.answers.memory import FOLDER, Memory
from budgetmodel.cli import app
from budgetmodel.files.journal import JOURNAL
from tests.support.builder import Book, two_places

answers = importlib.import_module("budgetmodel.answers.answer")
of_values = importlib.import_module("budgetmodel.answers.values")


def book() -> Book:
    """Two places with a source each, split (index 100) and pooled (index 0 but for the cost of one contract)."""
    made = two_places()
    made["Sources"][:], made["Funding"][:], made["Regimes"][:], made["Contracts"][:] = [], [], [], []
    for source, place, amount in (("NCC", "North", 60), ("SCC", "South", 40)):
        made.add("Sources", Source=source, Home_places=place, Lawful_places="all")
        made.fund(source, [amount])
    made.add("Regimes", Regime="Split", Sources="all", Pot="each")
    made.add("Regimes", Regime="Pooled", Sources="all", Pot="One")
    for regime in ("Split", "Pooled"):
        made.add("Contracts", Regime=regime, **{"Cost per contract": 10})
    made["Scenarios"][:] = []
    for name in ("Split", "Pooled"):
        made.add("Scenarios", Scenario=name, Regime=name)
    return made


@pytest.fixture
def solved_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The regimes whose programs are solved through all stages, as they are; and 'index' for those of a comparison."""
    seen: list[str] = []
    stages, values, again = answers.solve_stages, of_values.solve_values, of_values.resolve

    def all_stages(program: Any, layout: Any, *rest: Any) -> Any:
        seen.append(layout.structure.regime)
        return stages(program, layout, *rest)

    def index(program: Any, layout: Any, *rest: Any) -> Any:
        seen.append("index")
        return values(program, layout, *rest)

    monkeypatch.setattr(answers, "solve_stages", all_stages)

    def corner(*rest: Any, **far: Any) -> Any:
        seen.append("index")
        return again(*rest, **far)

    monkeypatch.setattr(of_values, "solve_values", index)
    monkeypatch.setattr(of_values, "resolve", corner)
    return seen


@pytest.fixture
def solve(tmp_path: Path) -> Callable[..., dict[str, bm.Result]]:
    def run(made: Book, **options: Any) -> dict[str, bm.Result]:
        budget = bm.read(made.save(tmp_path / "in.xlsx"))
        return bm.solve_all(budget, **{"memory": tmp_path / "out", **options})

    return run


def entries(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*.solved"))


def test_an_unchanged_workbook_is_not_solved_again(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str]
) -> None:
    first = solve(book())
    assert sorted(solved_names) == ["Pooled", "Split"]
    again = solve(book())
    assert len(solved_names) == 2
    for name, result in again.items():
        assert (first[name].note("remembered"), result.note("remembered")) == ("no", "yes")
        assert result.certificate == first[name].certificate
        for frame, table in result.frames.items():
            other = first[name].frames[frame]
            if frame == "run":
                apart = ("remembered", "input SHA-256")  # the second file was saved a moment later
                table, other = (part[~part["key"].isin(apart)] for part in (table, other))
            pd.testing.assert_frame_equal(table, other)


def test_fresh_solves_again_and_remembers(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str], tmp_path: Path
) -> None:
    solve(book())
    before = [path.name for path in entries(tmp_path / "out")]
    assert solve(book(), fresh=True)["Split"].note("remembered") == "no"
    assert len(solved_names) == 4
    assert [path.name for path in entries(tmp_path / "out")] == before


def test_a_library_call_writes_nothing_unless_asked(solve: Callable[..., dict[str, bm.Result]], tmp_path: Path) -> None:
    solve(book(), memory=None)
    assert [path.name for path in tmp_path.iterdir()] == ["in.xlsx"]


def test_another_regimes_contracts_do_not_touch_a_scenario(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str]
) -> None:
    solve(book())
    solved_names.clear()
    dearer = book()
    dearer["Contracts"][1]["Cost per contract"] = 20
    results = solve(dearer)
    assert solved_names == ["Pooled"]
    assert results["Split"].note("remembered") == "yes"
    # two pools of one provider: one contract a source when split, one in all when pooled, at £20k
    assert results["Pooled"].metric("transaction_cost") == pytest.approx(0.02)


def test_notes_and_prose_touch_nothing(solve: Callable[..., dict[str, bm.Result]], solved_names: list[str]) -> None:
    solve(book())
    solved_names.clear()
    noted = book()
    noted["Services"][0]["Notes"] = "another note"
    noted["Scenarios"][0]["Purpose"] = "another purpose"
    noted["Indicators"][0]["Value"] = 80.2
    noted["Funding"][0]["Source of figure"] = "another paper"
    results = solve(noted)
    assert solved_names == []
    assert [result.note("remembered") for result in results.values()] == ["yes", "yes"]


@pytest.mark.parametrize(
    "change",
    [
        ("Funding", "Amount", 61),
        ("Baseline", "Amount", 59),
        ("Needs", "Value", 1001),
        ("Places", "Equity weight", 2),
    ],
)
def test_a_figure_that_counts_makes_both_be_solved_again(
    change: tuple[str, str, float], solve: Callable[..., dict[str, bm.Result]], solved_names: list[str]
) -> None:
    sheet, column, value = change
    solve(book())
    solved_names.clear()
    other = book()
    other[sheet][0][column] = value
    solve(other)
    assert sorted(solved_names) == ["Pooled", "Split"]


def test_a_scenario_of_changes_is_remembered_by_what_it_becomes(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str]
) -> None:
    changes = book()
    changes.add("Scenarios", Scenario="Richer", Regime="Split")
    row = {"Scenario": "Richer", "Table": "Funding", "Where": "Source=NCC", "Field": "Amount", "Reason": "r"}
    changes.add("Changes", **row, Change="set", Value=66)
    solve(changes)
    solved_names.clear()
    changes["Changes"][0] |= {"Change": "multiply", "Value": 1.1}  # 60 x 1.1 is 66 too
    assert solve(changes)["Richer"].note("remembered") == "yes"
    changes["Changes"][0]["Value"] = 1.2
    solve(changes)
    assert solved_names == ["Split"]


@pytest.mark.parametrize("what", ["version", "code", "solver"])
def test_another_version_code_or_solver_solves_again(
    what: str,
    solve: Callable[..., dict[str, bm.Result]],
    solved_names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve(book())
    options = {}
    if what == "version":
        known = module.installed
        monkeypatch.setattr(module, "installed", lambda name: known(name) + ".1")
    elif what == "code":
        monkeypatch.setattr(module, "code", lambda: "another")
    else:
        options["solver"] = "highs-ipm"
    results = solve(book(), **options)
    assert len(solved_names) == 4
    assert results["Split"].note("remembered") == "no"


def spoil_bytes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def spoil_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def spoil_archive(path: Path) -> None:
    """A right seal on what is no archive."""
    content = b"not an archive"
    path.write_bytes(hashlib.sha256(content).hexdigest().encode() + content)


def spoil_all(path: Path) -> None:
    path.write_bytes(b"not an archive")


def forge(path: Path, **edits: Callable[[Any], Any]) -> None:
    """Change arrays and put a right seal on them."""
    arrays = module.opened(path.read_bytes())
    assert arrays is not None
    for name, edit in edits.items():
        arrays[name] = edit(arrays[name])
    path.write_bytes(module.sealed(arrays))


def forge_allocation(path: Path) -> None:
    forge(path, x=lambda x: x * 1.01)


def forge_shape(path: Path) -> None:
    forge(path, x=lambda x: x[:-1])


def forge_nan(path: Path) -> None:
    forge(path, x=lambda x: np.full_like(x, np.nan))


def forge_duals(path: Path) -> None:
    forge(path, **{"1.row_dual": lambda dual: dual * 0.0})


def forge_words(path: Path) -> None:
    forge(path, x=lambda x: np.full(x.shape, "a lot"))


def forge_short_basis(path: Path) -> None:
    forge(path, **{"1.basis_rows": lambda rows: rows[:-1]})


def forge_other_basis(path: Path) -> None:
    """One more basic column than there are rows."""
    forge(
        path, **{"1.basis_columns": lambda columns: np.where(np.arange(len(columns)) == np.argmin(columns), 1, columns)}
    )


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_bytes,
        spoil_end,
        forge_short_basis,
        forge_other_basis,
        spoil_archive,
        spoil_all,
        forge_allocation,
        forge_shape,
        forge_nan,
        forge_duals,
        forge_words,
    ],
)
def test_a_spoilt_file_is_solved_again(
    spoil: Callable[[Path], None],
    solve: Callable[..., dict[str, bm.Result]],
    solved_names: list[str],
    tmp_path: Path,
) -> None:
    made = book()
    made.add("Rules", Rule="Floor", Places="North", Measure="amount", Limit="at least", Value=55)
    first = solve(made)
    solved_names.clear()
    for path in entries(tmp_path / "out"):
        spoil(path)
    again = solve(made)
    assert sorted(solved_names) == ["Pooled", "Split"]
    for name, result in again.items():
        assert result.note("remembered").startswith("no")
        pd.testing.assert_frame_equal(result.allocation, first[name].allocation)
    solved_names.clear()
    assert [result.note("remembered") for result in solve(made).values()] == ["yes", "yes"]  # mended
    assert solved_names == []


def test_no_proof_no_memory_and_it_says_so(solve: Callable[..., dict[str, bm.Result]], tmp_path: Path) -> None:
    made = book()
    made.add("Rules", Rule="Floor", Places="North", Measure="amount", Limit="at least", Value=55)
    solve(made)
    for path in entries(tmp_path / "out"):
        forge_duals(path)
    assert "could not be proved" in solve(made)["Pooled"].note("remembered")


def test_a_folder_that_cannot_be_written_costs_the_memory_only(
    solve: Callable[..., dict[str, bm.Result]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("a file where the folder should be")
    result = solve(book(), memory=tmp_path / "file")["Split"]
    assert result.note("remembered").startswith("no, and it could not be kept: ")
    assert result.metric("index") == pytest.approx(100, abs=0.1)


def test_results_half_in_place_are_told_and_remember_nothing(
    solve: Callable[..., dict[str, bm.Result]], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / JOURNAL).write_text("{}")
    said = solve(book())["Split"].note("remembered")
    assert "is unfinished: a run was stopped while it wrote there" in said
    assert not entries(tmp_path / "out")


def test_the_comparison_is_remembered_too(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str], tmp_path: Path
) -> None:
    results = solve(book())
    budget = bm.read(tmp_path / "in.xlsx")
    first = bm.compare(results, budget, memory=tmp_path / "out")
    solved = solved_names.count("index")
    again = bm.compare(results, budget, memory=tmp_path / "out")
    # Remembered: either one's pots at the other's costs, and the best index. Break-evens of small programs are not.
    assert solved_names.count("index") == 2 * solved - 3
    pd.testing.assert_frame_equal(again.metrics, first.metrics)
    for path in entries(tmp_path / "out"):
        forge(path, values=lambda values: values * 0.5 - 1.0)
    third = bm.compare(results, budget, memory=tmp_path / "out")
    assert solved_names.count("index") == 3 * solved - 3
    pd.testing.assert_frame_equal(third.metrics, first.metrics)


def test_what_is_unused_for_longest_is_forgotten_first(
    solve: Callable[..., dict[str, bm.Result]], tmp_path: Path
) -> None:
    solve(book())
    old, new = entries(tmp_path / "out")
    os.utime(old, (1, 1))
    Memory.beside(tmp_path / "out").tidy(at_most=new.stat().st_size)
    assert entries(tmp_path / "out") == [new]


def test_runs_at_once_and_killed_ones_leave_whole_files(
    solve: Callable[..., dict[str, bm.Result]], solved_names: list[str], tmp_path: Path
) -> None:
    results = solve(book())
    path = entries(tmp_path / "out")[0]
    stray = path.with_name(f".{path.name}.0123abcd.budgetmodel-tmp")  # what a killed run leaves behind
    stray.write_bytes(path.read_bytes()[:50])
    kept = Memory.beside(tmp_path / "out")
    solved = results["Split"].answer.solved
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: kept.keep(path.stem, solved), range(40))) == {""}
    assert module.opened(path.read_bytes()) is not None
    solved_names.clear()
    solve(book())
    assert len(solved_names) <= 1  # the one whose file was overwritten with the other's


def test_names_of_the_workbook_never_become_file_names(
    solve: Callable[..., dict[str, bm.Result]], tmp_path: Path
) -> None:
    made = book()
    made["Scenarios"][0]["Scenario"] = "../../out of here"
    solve(made)
    assert all(len(path.stem) == 64 and set(path.stem) <= set("0123456789abcdef") for path in entries(tmp_path / "out"))


def test_the_command_line_says_what_was_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book().save(tmp_path / "in.xlsx")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    said = []
    for options in ([], [], ["--fresh"], ["--json"]):
        done = runner.invoke(app, ["run", str(path), "-o", "out", *options])
        assert done.exit_code == 0, done.output
        said.append(done)
    assert ["Remembered from an earlier run" in done.output for done in said] == [False, True, False, False]
    assert len(json.loads(said[3].stdout)["scenarios"]) == 2
    run = pd.read_csv(tmp_path / "out" / "run.csv")
    assert set(run.loc[run["key"] == "remembered", "value"]) == {"yes"}
