"""What a run shows while it goes on, in a terminal and to a pipe; how it ends when it is interrupted or broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import budgetmodel as bm
from tests.cli.test_cli import book, command
from tests.job.test_job import files


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return book().save(tmp_path / "in.xlsx")


posix = pytest.mark.skipif(os.name == "nt", reason="a terminal of its own")


def test_a_pipe_gets_a_line_before_anything_heavy_is_loaded(workbook: Path, tmp_path: Path) -> None:
    arguments = [sys.executable, "-X", "importtime", "-m", "budgetmodel", "run", str(workbook)]
    done = subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", check=False, cwd=tmp_path)
    lines = done.stderr.splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines[: lines.index("Reading in.xlsx")] if "|" in line}
    assert "budgetmodel.job" in loaded
    assert not loaded & {"pandas", "numpy", "pulp", "highspy", "openpyxl", "xlsxwriter"}
    told = [line for line in lines if not line.startswith("import time:")]
    assert told[0] == "Reading in.xlsx"
    steps = [line for line in told if "(" not in line and line]
    # Side by side: either may end first. Each is told with its answer: fair shares, and South kept 6 under its 50.
    assert sorted(steps[1:-3]) == [
        "Base: solved, share of the gap left 0.00 of 100, closed by 2025/26 100%",
        "Slow: solved, share of the gap left 60.00 of 100, closed by 2025/26 40%",
    ]
    assert steps[-3:] == ["Comparing", "Explaining", "Writing"]


@posix
def test_a_terminal_gets_a_live_line(workbook: Path, tmp_path: Path) -> None:
    bm.run(workbook, folder=tmp_path / "out")
    shown = terminal(tmp_path, "run", str(workbook), "-o", "out", "--fresh")
    assert shown.index("Reading in.xlsx") < shown.index("Base: solved") < shown.index("Writing")
    assert "Solving (0 of 2)" in shown
    assert "Slow (2 of 2): " in shown
    assert " s left" in shown


@posix
def test_an_interrupt_ends_with_130_and_leaves_results_alone(workbook: Path, tmp_path: Path) -> None:
    bm.run(workbook, folder=tmp_path / "out")
    before = files(tmp_path / "out")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    arguments = [sys.executable, "-m", "budgetmodel", "run", str(workbook), "-o", "out", "--fresh"]
    # What a program ignores its children ignore: tests that run in the background of a script, or by nohup, do.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "Reading in.xlsx\n"
        running.send_signal(signal.SIGINT)
        assert running.stderr.read().endswith("Interrupted. Nothing was changed.\n")
    signal.signal(signal.SIGINT, ours)
    assert running.returncode == 130
    assert files(tmp_path / "out") == before


def terminal(folder: Path, *words: str) -> str:
    """What a command shows in a terminal of 100 columns."""
    import pty  # Windows has none

    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    for name in ("NO_COLOR", "CI"):
        environment.pop(name, None)
    arguments = [sys.executable, "-m", "budgetmodel", *words]
    with subprocess.Popen(arguments, cwd=folder, stdout=follower, stderr=follower, env=environment) as running:
        os.close(follower)
        shown = b"".join(iter(_reader(leader), b""))
        assert running.wait() == 0
    os.close(leader)
    return shown.decode("utf-8", "replace")


def _reader(descriptor: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return os.read(descriptor, 4096)
        except OSError:  # the other end is closed: Linux's way to say that nothing follows
            return b""

    return read


def test_the_version_alone(tmp_path: Path) -> None:
    done = command("--version", folder=tmp_path)
    listed = command("version", folder=tmp_path).stdout.splitlines()[0]
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, listed, "")


def test_the_trace_of_a_bug_goes_to_a_file_of_its_own(tmp_path: Path) -> None:
    code = (
        "import sys, budgetmodel.cli, budgetmodel.job\n"
        "def broken(*_): raise ZeroDivisionError\n"
        "budgetmodel.job.Job.run = broken\n"
        "sys.argv = ['budgetmodel', 'run', 'in.xlsx']\n"
        "budgetmodel.cli.main()\n"
    )
    named = set()
    for _ in range(2):
        environment = {**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 1
        path = Path(done.stderr.split("The trace is in ")[1].strip().removesuffix("."))
        assert path.parent == tmp_path
        assert "ZeroDivisionError" in path.read_text(encoding="utf-8")
        named.add(path)
    assert len(named) == 2
