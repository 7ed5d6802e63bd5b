"""How a command ends whatever happens: output that nobody takes, signals, names that no file has, and our own bugs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.files.journal import JOURNAL, SUFFIX
from budgetmodel.files.lock import LOCK
from budgetmodel.report.manifest import MANIFEST
from tests.cli.test_cli import book, command
from tests.job.test_job import files
from tests.support.builder import Book

posix = pytest.mark.skipif(os.name != "posix", reason="signals, links and /dev are matters of POSIX")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workbook `in.xlsx` and its results in `out`."""
    folder = tmp_path_factory.mktemp("door")
    bm.run(book().save(folder / "in.xlsx"), folder=folder / "out")
    return folder


# ---- output ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a matter of Linux")
@pytest.mark.parametrize("words", [["version"], ["--help"], ["check", "in.xlsx", "--json"]])
def test_standard_output_that_is_full_is_5_and_a_sentence(results: Path, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "budgetmodel", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=results,
        )  # fmt: skip
    said = "Not all that this command prints could be written (the disk is full): send it elsewhere.\n"
    assert (done.returncode, done.stderr) == (5, said)


@posix
def test_results_are_named_where_the_console_is_full(results: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "budgetmodel", "run", "in.xlsx", "-o", str(tmp_path / "out")],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=results,
        )  # fmt: skip
    assert done.returncode == 5
    assert "send it elsewhere. Results were written before: " in done.stderr
    assert (tmp_path / "out" / "results.xlsx").is_file()


@posix
def test_a_reader_that_goes_is_no_bug(results: Path) -> None:
    leader, follower = os.pipe()
    os.close(leader)
    done = subprocess.run(
        [sys.executable, "-m", "budgetmodel", "check", "in.xlsx"],
        stdout=follower, stderr=subprocess.PIPE, text=True, check=False, cwd=results,
    )  # fmt: skip
    os.close(follower)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a matter of Linux")
def test_standard_error_that_is_full_stops_nothing(results: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "budgetmodel", "check", "none.xlsx", "--json"],
            stdout=subprocess.PIPE, stderr=full, text=True, check=False, cwd=results,
        )  # fmt: skip
    assert done.returncode == 5
    assert "There is no file 'none.xlsx'" in json.loads(done.stdout)["error"]


def test_a_bug_is_told_where_no_trace_can_be_written(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile, budgetmodel.cli, budgetmodel.job\n"
        "def full(**_): raise OSError(28, 'No space left on device')\n"
        "def broken(*_): raise ZeroDivisionError\n"
        "tempfile.mkstemp, budgetmodel.job.Job.run = full, broken\n"
        "sys.argv = ['budgetmodel', 'run', 'in.xlsx']\n"
        "budgetmodel.cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "The trace could not be written (No space left on device). It is in line 3 of <string>." in done.stderr
    assert "Traceback" not in done.stderr


# ---- signals -----------------------------------------------------------------------------------------


@pytest.fixture
def not_ignored() -> Iterator[None]:
    """Children get signals also where the tests were started with them ignored, such as by `nohup ... &`."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@posix
@pytest.mark.usefixtures("not_ignored")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_polite_kill_and_a_terminal_that_goes_end_as_an_interrupt_does(results: Path, name: str) -> None:
    before = files(results / "out")
    arguments = [sys.executable, "-m", "budgetmodel", "run", "in.xlsx", "-o", "out", "--fresh"]
    with subprocess.Popen(arguments, cwd=results, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "Reading in.xlsx\n"
        running.send_signal(getattr(signal, name))
        assert running.stderr.read().endswith("Interrupted. Nothing was changed.\n")
    assert running.returncode == 130
    assert files(results / "out") == before


STOPPED = """
import os, signal, sys
from budgetmodel.files import sets
write = sets.write_files
def then_stopped(files, remove=()):
    done = write(files, remove)
    if "{file}" in [path.name for path in files]:
        os.kill(os.getpid(), signal.{name})
    return done
sets.write_files = then_stopped
import budgetmodel.excel.template.input_workbook as template
template.write_files = then_stopped
from budgetmodel.cli import main
sys.argv = ["budgetmodel", *{words!r}]
main()
"""


@posix
@pytest.mark.usefixtures("not_ignored")
@pytest.mark.parametrize(
    "words, file, said",
    [
        (["run", "in.xlsx", "-o", "out"], "results.xlsx", "Results were written before: 'out/results.xlsx' and "),
        (["template", "new.xlsx"], "new.xlsx", "'new.xlsx' was written before."),
    ],
)
def test_an_interrupt_after_the_files_count_says_so(
    results: Path, tmp_path: Path, words: list[str], file: str, said: str
) -> None:
    (tmp_path / "in.xlsx").write_bytes((results / "in.xlsx").read_bytes())
    code = STOPPED.format(file=file, name="SIGINT", words=words)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, f"Interrupted. {said}" in done.stderr) == (130, True), done.stderr
    assert [path.name for path in tmp_path.rglob(file)] == [file]


# ---- what stands in the folder -----------------------------------------------------------------------


def left_by_a_killed_run(folder: Path) -> None:
    """The folder as a run leaves it that is killed between the first file and the last: report.html is new."""
    kept = f".report.html.0.old{SUFFIX}"
    (folder / kept).write_bytes((folder / "report.html").read_bytes())
    (folder / "report.html").write_text("new")
    entry = {"file": "report.html", "new": f".report.html.0.new{SUFFIX}", "earlier": kept, "sha256": "0"}
    (folder / JOURNAL).write_text(json.dumps({"files": [entry]}))


@pytest.fixture
def unfinished(results: Path, tmp_path: Path) -> Path:
    """As `results`, in which the set is half in place."""
    (tmp_path / "outputs" / "in").mkdir(parents=True)
    (tmp_path / "in.xlsx").write_bytes((results / "in.xlsx").read_bytes())
    for name, content in files(results / "out").items():
        (tmp_path / "outputs" / "in" / name).write_bytes(content)
    left_by_a_killed_run(tmp_path / "outputs" / "in")
    return tmp_path


def test_readers_say_that_a_folder_is_unfinished(unfinished: Path) -> None:
    folder = unfinished / "outputs" / "in"
    before = files(folder)
    compared = command("compare", folder, folder, folder=unfinished)
    assert (compared.returncode, "is unfinished: a run was stopped while it wrote there" in compared.stderr) == (
        5,
        True,
    )
    examined = command("doctor", folder=unfinished)
    assert (examined.returncode, "FAIL  results: " in examined.stdout) == (5, True)
    explained = command("explain", "in.xlsx", "North", "--scenario", "Base", folder=unfinished)
    assert (explained.returncode, "is unfinished" in explained.stderr) == (0, True)
    assert files(folder) == before


def impossible() -> Book:
    """North 60 and South 41 of 100, in the scenario Slow."""
    where = "Rule=Much; Each=place; Measure=change; Limit=at least; Strength=must"
    return book().change("Slow", "Rules", "append", Where=where, Field="Value", Value=0.2)


@pytest.mark.parametrize("refused", [True, False])
def test_a_run_puts_back_first_also_where_it_comes_to_nothing(results: Path, unfinished: Path, refused: bool) -> None:
    made = book().set("Baseline", Amount="lots") if refused else impossible()
    made.save(unfinished / "in.xlsx")
    done = command("run", "in.xlsx", "--scenario", "Slow", "--no-breach", folder=unfinished)
    assert done.returncode == (3 if refused else 4), done.stderr
    left = {name: text for name, text in files(unfinished / "outputs" / "in").items() if name != "problems.xlsx"}
    assert left == files(results / "out")


def test_a_run_without_a_workbook_puts_back_too(results: Path, unfinished: Path) -> None:
    assert command("run", "none.xlsx", "-o", "outputs/in", folder=unfinished).returncode == 5
    assert files(unfinished / "outputs" / "in") == files(results / "out")


@posix
@pytest.mark.parametrize("name", [LOCK, JOURNAL])
def test_a_link_in_the_place_of_our_files_is_refused(results: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "victim").write_bytes(b"12")
    (tmp_path / "out" / name).symlink_to(tmp_path / "victim")
    done = command("run", results / "in.xlsx", "-o", "out", folder=tmp_path)
    assert (done.returncode, "solved" in done.stderr, name in done.stderr) == (5, False, True)
    assert (tmp_path / "victim").read_bytes() == b"12"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


DEEP = "[" * 200_000


@pytest.mark.parametrize(
    "manifest", [DEEP, '{"sha256": {"a\\u0000b": "0"}}', '{"sha256": {"a": 1}}', '{"sha256": []}', "7" * 5000, ""]
)
def test_an_odd_manifest_is_replaced(results: Path, manifest: str) -> None:
    (results / "out" / MANIFEST).write_text(manifest)
    done = command("run", "in.xlsx", "-o", "out", folder=results)
    assert done.returncode == 0, done.stderr
    assert "is not as the earlier run wrote it, and is replaced." in done.stderr or manifest == '{"sha256": []}'
    assert json.loads((results / "out" / MANIFEST).read_text("utf-8"))["sha256"]


def test_an_odd_journal_is_told_before_anything_is_read(results: Path, tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text(DEEP)
    done = command("run", results / "in.xlsx", "-o", tmp_path, folder=results)
    assert (done.returncode, "Reading" in done.stderr) == (5, False)
    assert "was left by a run that was stopped, and cannot be read." in done.stderr


LONG = "a" * 300


@pytest.mark.parametrize(
    "words",
    [
        ["run", "in.xlsx", "-o", LONG],
        ["run", f"{LONG}.xlsx"],
        ["run", "in.xlsx", "--pack", f"{LONG}.csv"],
        ["check", "in.xlsx", "--annotate", f"{LONG}.xlsx"],
        ["explain", f"{LONG}.xlsx", "--scenario", "Base"],
        ["template", f"{LONG}.xlsx"],
        ["demo", LONG],
        ["diff", "in.xlsx", f"{LONG}.xlsx"],
        ["compare", LONG, "out"],
    ],
)
def test_a_name_that_no_file_can_have_is_a_sentence(results: Path, words: list[str]) -> None:
    done = command(*words, folder=results)
    assert (done.returncode, done.stdout, "can be no file or folder here" in done.stderr) == (5, "", True)


@posix
@pytest.mark.parametrize(
    "words", [["run", "in.xlsx", "-o"], ["check", "in.xlsx", "--annotate"], ["template"], ["demo"]]
)
@pytest.mark.parametrize("folder", ["/proc/x", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_is_found_first(results: Path, words: list[str], folder: str) -> None:
    file = folder if words[0] in ("run", "demo") else f"{folder}/new.xlsx"
    done = command(*words, file, folder=results)
    assert done.returncode == 5, done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("Reading")]) == 1
    assert "solved" not in done.stderr
    assert done.stdout == ""


def test_a_new_folder_is_not_left_where_nothing_was_solved(tmp_path: Path) -> None:
    path = impossible().save(tmp_path / "in.xlsx")
    done = command("run", path, "-o", "a/b", "--scenario", "Slow", "--no-breach", folder=tmp_path)
    assert (done.returncode, (tmp_path / "a").exists()) == (4, False), done.stderr


@posix
def test_a_working_folder_that_has_gone_is_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, sys, budgetmodel.cli\n"
        "os.rmdir(os.getcwd()); sys.argv = ['budgetmodel', 'doctor']; budgetmodel.cli.main()\n"
    )
    root = str(Path(bm.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=gone,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert (done.returncode, "is not there any more" in done.stderr) == (5, True), done.stderr
