"""The command line as people and machines meet it: what it prints, and the exit code that goes with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from tests.support.builder import Book, two_places

ISSUE = ["code", "severity", "sheet", "cell", "found", "expected", "fix"]
FIGURES = ["index", "shortfall", "delivered", "transaction_cost", "contracts"]

Done = subprocess.CompletedProcess[str]


def command(*words: object, folder: Path) -> Done:
    """Run `python -m budgetmodel` in a folder."""
    arguments = [sys.executable, "-m", "budgetmodel", *map(str, words)]
    plain = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        arguments, capture_output=True, text=True, encoding="utf-8", check=False, cwd=folder, env=plain
    )


def answer(done: Done) -> dict[str, Any]:
    """The one JSON object on standard output."""
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def book() -> Book:
    """The two places, with a second scenario that gives South a pace ceiling: 44, an index of 60."""
    made = two_places().add("Scenarios", Scenario="Slow", Based_on="Base", Regime="Split")
    where = "Rule=Pace; Each=place; Measure=growth; Limit=at most; Strength=must"
    return made.change("Slow", "Rules", "append", Where=where, Field="Value", Value=0.1)


def faulty(folder: Path) -> Path:
    wrong = two_places().set("Baseline", Amount="lots").set("Funding", Amount=-1).set("Years", Colour="red")
    return wrong.save(folder / "faulty.xlsx")


# ---- run ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("folder with spaces")
    path = book().save(folder / "in put.xlsx")
    return folder, command("run", path, "--json", folder=folder)


def test_run_prints_one_json_object_and_writes_its_files(ran: tuple[Path, Done]) -> None:
    folder, done = ran
    assert done.returncode == 0, done.stderr
    said = answer(done)
    assert list(said) == ["scenarios", "files", "issues", "headline"]
    assert [list(row) for row in said["scenarios"]] == [["scenario", "status", *FIGURES]] * 2
    base, slow = said["scenarios"]
    assert (base["scenario"], base["status"], slow["scenario"], slow["status"]) == (
        "Base",
        "optimal",
        "Slow",
        "optimal",
    )
    assert (base["index"], slow["index"]) == (pytest.approx(0, abs=1e-6), pytest.approx(60, abs=1e-6))
    assert (base["shortfall"], base["delivered"], base["transaction_cost"], base["contracts"]) == (0, 100, 0, 1)
    assert said["issues"] == []
    files = [Path(name) for name in said["files"]]
    assert all((folder / file).is_file() for file in files)
    assert Path("outputs", "in put", "results.xlsx") in [
        f if not f.is_absolute() else f.relative_to(folder) for f in files
    ]
    names = {file.name for file in files}
    frames = ("allocation", "flows", "places", "rules", "metrics", "contracts", "changes", "issues", "run")
    assert {f"{frame}.csv" for frame in frames} <= names


def test_run_leaves_the_input_alone_and_nothing_half_written(ran: tuple[Path, Done]) -> None:
    folder, _ = ran
    written = sorted(p.name for p in (folder / "outputs" / "in put").rglob("*") if p.is_file())
    assert not [name for name in written if name.startswith((".", "~")) or name.endswith((".tmp", ".part"))]
    assert sorted(p.name for p in folder.iterdir()) == ["in put.xlsx", "outputs"]


def test_run_speaks_to_people_in_at_most_fifteen_lines(tmp_path: Path) -> None:
    path = book().save(tmp_path / "in.xlsx")
    done = command("run", path, "--scenario", "Slow", "-o", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 0 < len(done.stdout.splitlines()) <= 15
    assert "Slow" in done.stdout
    assert "60.0" in done.stdout
    assert "Slow" in done.stderr  # progress is on standard error
    assert (tmp_path / "out" / "results.xlsx").is_file()


def test_equal_inputs_give_equal_tables(ran: tuple[Path, Done], tmp_path: Path) -> None:
    folder, _ = ran
    again = command("run", folder / "in put.xlsx", "--json", "-o", tmp_path / "again", folder=folder)
    first = folder / "outputs" / "in put"
    tables = {path.relative_to(first) for path in first.rglob("*.csv")}
    assert tables
    for table in tables:
        if table.name != "run.csv":  # holds the command
            assert (tmp_path / "again" / table).read_bytes() == (first / table).read_bytes(), table
    assert answer(again)["scenarios"] == answer(ran[1])["scenarios"]


def test_run_of_named_scenarios(tmp_path: Path) -> None:
    path = book().save(tmp_path / "in.xlsx")
    done = command("run", path, "--json", "--scenario", "Slow", folder=tmp_path)
    assert [row["scenario"] for row in answer(done)["scenarios"]] == ["Slow"]


def test_run_with_a_change_and_a_pack(tmp_path: Path) -> None:
    # The pack's scenario has 1.2 x 100 to spend. The change caps growth at 10%: 56 and 44 of 100, ratios of 1.12 and
    # 0.88 instead of 1.2 and 0.8, an index of 60.
    path = two_places().save(tmp_path / "in.xlsx")
    pack = tmp_path / "more.csv"
    pack.write_text("Scenario,Table,Where,Field,Change,Value,Reason\nMore,Funding,,Amount,multiply,1.2,what if\n")
    rule = "append Rules[Rule=Pace; Each=place; Measure=growth; Limit=at most; Strength=must; Value=10%]"
    done = command("run", path, "--json", "--pack", pack, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["scenario"] for row in answer(done)["scenarios"]] == ["Base", "More (Base)"]
    assert [row["delivered"] for row in answer(done)["scenarios"]] == [100, 120]
    done = command("run", path, "--set", rule, "--scenario", "Base", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Inputs   all: Rules, new row (--set 1)" in done.stdout
    assert "60.0" in done.stdout
    assert "--set 1" in (tmp_path / "outputs" / "in" / "changes.csv").read_text(encoding="utf-8")


def test_a_change_that_cannot_be_read_is_a_usage_error_and_one_that_finds_nothing_an_input_problem(
    tmp_path: Path,
) -> None:
    path = two_places().save(tmp_path / "in.xlsx")
    for name in ("run", "check"):
        done = command(name, path, "--set", "Funding.Amount[Core] = 5", folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--set 1 'Funding.Amount[Core] = 5': 'Core' names no column. Type Source=Core." in done.stderr
    done = command("run", path, "--set", "Funding.Amount[Source=Cora] = 5", "--json", folder=tmp_path)
    assert done.returncode == 3
    [issue] = answer(done)["issues"]
    assert (issue["code"], issue["sheet"], issue["cell"]) == ("CHANGE_NO_ROW", "", "--set 1")
    assert "'Core'" in issue["fix"]
    done = command("check", path, "--set", "Funding.Amount = -5", "--json", folder=tmp_path)
    assert done.returncode == 3
    assert [issue["code"] for issue in answer(done)["issues"]] == ["NEG_BUDGET"]


def test_an_unknown_scenario_is_a_usage_error_with_a_suggestion(tmp_path: Path) -> None:
    path = book().save(tmp_path / "in.xlsx")
    done = command("run", path, "--scenario", "Slwo", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'Slow'" in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_an_unknown_solver_is_a_usage_error(tmp_path: Path) -> None:
    done = command("run", book().save(tmp_path / "in.xlsx"), "--solver", "high", folder=tmp_path)
    assert done.returncode == 2
    assert "highs" in done.stderr


@pytest.mark.parametrize("solver", ["highs-simplex", "highs-ipm"])
def test_run_with_another_algorithm(tmp_path: Path, solver: str) -> None:
    done = command("run", book().save(tmp_path / "in.xlsx"), "--solver", solver, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["index"] for row in answer(done)["scenarios"]] == pytest.approx([0, 60], abs=1e-6)


def test_a_faulty_workbook_is_not_run(tmp_path: Path) -> None:
    done = command("run", faulty(tmp_path), "--json", folder=tmp_path)
    assert done.returncode == 3
    said = answer(done)
    listed = Path("outputs", "faulty", "problems.xlsx")
    assert (said["scenarios"], said["files"]) == ([], [str(listed)])
    assert {issue["code"] for issue in said["issues"]} == {"NOT_A_NUMBER", "NEG_BUDGET", "COL_UNUSED"}
    assert [path.name for path in (tmp_path / "outputs" / "faulty").iterdir()] == ["problems.xlsx"]
    people = command("run", tmp_path / "faulty.xlsx", folder=tmp_path)
    assert people.returncode == 3
    assert "Funding!C5" in people.stderr
    assert "Baseline!D5" in people.stderr
    assert str(listed) in people.stderr


def test_a_refused_run_leaves_the_last_good_results_and_a_good_one_takes_its_list_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    good = two_places().save(tmp_path / "in.xlsx")
    assert command("run", good, "-o", out, folder=tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert command("run", faulty(tmp_path), "-o", out, folder=tmp_path).returncode == 3
    after = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert after.pop("problems.xlsx")
    assert after == before
    assert command("run", good, "-o", out, folder=tmp_path).returncode == 0
    assert not (out / "problems.xlsx").exists()


def test_a_list_that_cannot_be_written_hides_no_problem(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    done = command("run", faulty(tmp_path), "--json", "-o", tmp_path / "taken", folder=tmp_path)
    assert done.returncode == 3
    assert answer(done)["files"] == []
    assert "NEG_BUDGET" in done.stdout
    assert "is not a folder" in done.stderr


def test_an_infeasible_scenario_has_status_and_no_figures(tmp_path: Path) -> None:
    path = book().rule("Too much", "amount", "at least", 101).save(tmp_path / "in.xlsx")
    done = command("run", path, "--json", "--no-breach", folder=tmp_path)
    assert done.returncode == 4
    said = answer(done)
    assert said["scenarios"] == [
        {"scenario": n, "status": "infeasible", **dict.fromkeys(FIGURES)} for n in ("Base", "Slow")
    ]
    assert any(issue["sheet"] == "Rules" and "K5" in issue["cell"] for issue in said["issues"])


@pytest.mark.parametrize("verb", ["run", "check"])
@pytest.mark.parametrize("name", ["nowhere.xlsx", "."])
def test_a_file_that_cannot_be_read_is_file_trouble(tmp_path: Path, verb: str, name: str) -> None:
    done = command(verb, name, folder=tmp_path)
    assert done.returncode == 5
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_results_that_cannot_be_written_are_file_trouble(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    done = command("run", book().save(tmp_path / "in.xlsx"), "-o", tmp_path / "taken", folder=tmp_path)
    assert done.returncode == 5
    assert "Traceback" not in done.stderr
    assert (tmp_path / "taken").read_text() == "a file where the folder should be"


# ---- check -------------------------------------------------------------------------------------------


def test_check_of_a_good_workbook(tmp_path: Path) -> None:
    path = book().save(tmp_path / "in.xlsx")
    done = command("check", path, "--json", folder=tmp_path)
    assert (done.returncode, answer(done)) == (0, {"issues": []})
    people = command("check", path, folder=tmp_path)
    assert people.returncode == 0
    assert "No problems" in people.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.xlsx"]


def test_check_lists_every_problem_grouped_by_column(tmp_path: Path) -> None:
    done = command("check", faulty(tmp_path), "--json", folder=tmp_path)
    assert done.returncode == 3
    said = answer(done)
    assert list(said) == ["issues"]
    assert all(list(issue) == ISSUE for issue in said["issues"])
    assert [(i["code"], i["severity"], i["sheet"], i["cell"]) for i in said["issues"]] == [
        ("COL_UNUSED", "warning", "Years", "E4"),
        ("NEG_BUDGET", "error", "Funding", "C5"),
        ("NOT_A_NUMBER", "error", "Baseline", "D5,D6"),  # every address, no ranges
    ]


def test_check_names_cells_to_people(tmp_path: Path) -> None:
    done = command("check", faulty(tmp_path), folder=tmp_path)
    assert done.returncode == 3
    assert "Funding!C5" in done.stdout
    assert "D5" in done.stdout
    assert "D6" in done.stdout


def test_check_fits_on_a_screen_and_says_how_many_there_are_and_how_to_see_all(tmp_path: Path) -> None:
    made = two_places()
    for column in ("Colour", "Flavour", "Mood", "Smell", "Sound", "Taste", "Touch", "Weight of it", "Note", "Extra"):
        made = made.set("Years", **{column: "red"}).set("Places", **{column: "red"})
    done = command("check", made.set("Funding", Amount=-1).save(tmp_path / "in.xlsx"), folder=tmp_path)
    lines = done.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "NEG_BUDGET" in done.stdout  # the error is there, although 20 warnings stand before it
    assert lines[-3].startswith("... and more: ")
    assert lines[-2] == "in.xlsx: 1 error, 20 warnings, 0 repairs: a run is refused."
    assert "--json" in lines[-1]
    assert "--annotate" in lines[-1]


def test_check_writes_a_marked_copy_when_asked(tmp_path: Path) -> None:
    path = faulty(tmp_path)
    before = path.read_bytes()
    done = command("check", path, "--annotate", "copy.xlsx", folder=tmp_path)
    assert done.returncode == 3
    assert "copy.xlsx" in done.stdout.splitlines()[-1]
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.xlsx", "faulty.xlsx"]
    machine = command("check", path, "--annotate", "other.xlsx", "--json", folder=tmp_path)
    assert list(answer(machine)) == ["issues"]
    assert (tmp_path / "other.xlsx").is_file()


@pytest.mark.parametrize("copy", ["faulty.xlsx", "./faulty.xlsx", "copy.xlsm", "copy", "taken.xlsx", "link.xlsx"])
def test_a_marked_copy_goes_to_a_new_file_only(tmp_path: Path, copy: str) -> None:
    path = faulty(tmp_path)
    (tmp_path / "taken.xlsx").write_text("mine")
    os.link(path, tmp_path / "link.xlsx")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = command("check", path, "--annotate", copy, folder=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_damaged_workbook_has_no_marked_copy(tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(faulty(tmp_path).read_bytes()[:2000])
    done = command("check", "in.xlsx", "--annotate", "copy.xlsx", folder=tmp_path)
    assert done.returncode == 3
    assert "DAMAGED" in done.stdout
    assert "No marked copy was made" in done.stderr
    assert not (tmp_path / "copy.xlsx").exists()


def test_warnings_alone_do_not_stop(tmp_path: Path) -> None:
    path = two_places().set("Years", Colour="red").save(tmp_path / "in.xlsx")
    done = command("check", path, "--json", folder=tmp_path)
    assert done.returncode == 0
    assert [issue["code"] for issue in answer(done)["issues"]] == ["COL_UNUSED"]


# ---- failures told to machines -------------------------------------------------------------------------

NOWHERE = "There is no file 'nowhere.xlsx'. Check the name and the folder."


@pytest.mark.parametrize(
    "words, usual",
    [
        (["run", "nowhere.xlsx"], {"scenarios": [], "files": [], "issues": []}),
        (["check", "nowhere.xlsx"], {"issues": []}),
        (["explain", "nowhere.xlsx", "--scenario", "Base"], {"scenario": "Base", "status": "failed", "issues": []}),
        (["diff", "faulty.xlsx", "nowhere.xlsx"], {"changes": []}),
        (["compare", "nowhere", "nowhere"], {"differences": [], "runs": [], "sets": [], "metrics": []}),
        (["template", "faulty.xlsx"], {"files": []}),
        (["demo", "faulty.xlsx"], {"files": []}),
        (["check", "faulty.xlsx", "--annotate", "faulty.xlsx"], {"issues": []}),
        (["check", "faulty.xlsx", "--annotate", "faulty.xlsx/copy.xlsx"], {"issues": []}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_file_trouble_is_told_in_one_json_object(tmp_path: Path, words: list[str], usual: dict[str, Any]) -> None:
    faulty(tmp_path)
    done = command(*words, "--json", folder=tmp_path)
    said = answer(done)
    error = said.pop("error")
    assert (done.returncode, said) == (5, usual)
    assert error in done.stderr
    assert error == NOWHERE or words[1] != "nowhere.xlsx"


def test_input_problems_are_told_in_one_json_object_whatever_was_asked(tmp_path: Path) -> None:
    faulty(tmp_path)
    listed = answer(command("check", "faulty.xlsx", "--json", folder=tmp_path))["issues"]
    done = command("explain", "faulty.xlsx", "--scenario", "Base", "--json", folder=tmp_path)
    assert (done.returncode, answer(done)) == (3, {"scenario": "Base", "status": "failed", "issues": listed})
    done = command("diff", "faulty.xlsx", "broken.xlsx", "--json", folder=tmp_path)
    assert done.returncode == 5
    (tmp_path / "broken.xlsx").write_bytes((tmp_path / "faulty.xlsx").read_bytes()[:2000])
    done = command("diff", "faulty.xlsx", "broken.xlsx", "--json", folder=tmp_path)
    said = answer(done)
    assert (done.returncode, said["changes"], [issue["code"] for issue in said["issues"]]) == (3, [], ["DAMAGED"])


@pytest.mark.parametrize("words", [["run"], ["explain", "--scenario", "Base"]], ids=" ".join)
def test_a_solver_that_fails_is_told_in_one_json_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise bm.SolverFailed("No optimum was proved.")

    monkeypatch.setattr("budgetmodel.api.solve", fail)
    monkeypatch.chdir(tmp_path)
    path = two_places().save(tmp_path / "in.xlsx")
    done = CliRunner().invoke(app, [words[0], str(path), *words[1:], "--json"])
    said = json.loads(done.stdout)
    assert getattr(done.exception, "exit_code", done.exit_code) == 6
    assert said["error"] == "No optimum was proved."
    assert (said["scenarios"][0] if words == ["run"] else said)["status"] == "failed"


def test_a_scenario_that_cannot_be_met_is_one_error_per_code_sheet_and_column(tmp_path: Path) -> None:
    path = two_places().rule("Too much", "amount", "at least", 101).save(tmp_path / "in.xlsx")
    issues = answer(command("run", path, "--json", folder=tmp_path))["issues"]
    places = [(i["code"], i["sheet"], i["cell"].rstrip("0123456789")) for i in issues]
    assert "FLOOR_SUM_GT_POT" in {code for code, _, _ in places}
    assert len(set(places)) == len(places)


# ---- demo, doctor, version, help -----------------------------------------------------------------------


def test_demo_puts_the_example_into_a_new_folder(tmp_path: Path) -> None:
    done = command("demo", tmp_path / "new one", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    [file] = answer(done)["files"]
    assert Path(file).parent == tmp_path / "new one"
    checked = command("check", file, "--json", folder=tmp_path)
    assert checked.returncode == 0
    assert [i for i in answer(checked)["issues"] if i["severity"] == "error"] == []


def test_demo_touches_nothing_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("mine")
    done = command("demo", tmp_path / "mine", folder=tmp_path)
    assert done.returncode == 5
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["work.txt"]


def test_commands_that_do_not_exist_yet_are_named_in_the_decisions() -> None:
    decisions = Path(__file__).parents[2] / "docs" / "decisions" / "README.md"
    text = decisions.read_text(encoding="utf-8").split("## Not yet here")[1]
    commands = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
    assert len(commands) == 14
    for name in ("need", "frontier", "sweep", "watch", "app"):
        assert (f"`{name}`" in text) != (name in commands), name


def test_doctor(tmp_path: Path) -> None:
    done = command("doctor", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    checks = answer(done)["checks"]
    assert all(list(row) == ["check", "ok", "detail"] for row in checks)
    assert {"libraries", "solver", "write permission"} <= {row["check"] for row in checks}
    assert all(row["ok"] for row in checks)
    assert list(tmp_path.iterdir()) == []
    assert "HiGHS" in command("doctor", folder=tmp_path).stdout


def test_version(tmp_path: Path) -> None:
    done = command("version", "--json", folder=tmp_path)
    assert done.returncode == 0
    assert {"budgetmodel", "pandas", "pulp", "highspy", "python"} <= set(answer(done))
    assert command("version", folder=tmp_path).stdout.startswith("budgetmodel ")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["check", "--help"]])
def test_help_loads_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    arguments = [sys.executable, "-X", "importtime", "-m", "budgetmodel", *words]
    done = subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "budgetmodel" in loaded  # the report is read rightly
    assert not loaded & {"pandas", "numpy", "pulp", "highspy", "openpyxl", "xlsxwriter"}


@pytest.mark.parametrize("words", [["rnu"], ["run"], ["run", "--what"], []])
def test_usage_errors(tmp_path: Path, words: list[str]) -> None:
    done = command(*words, folder=tmp_path)
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
