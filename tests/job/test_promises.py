"""What holds of every command: no connection, the same bytes whoever runs it, and an input read as it was."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.excel.read import guard
from budgetmodel.files.journal import unfinished
from budgetmodel.report.manifest import changed_files
from tests.cli.test_cli import book, command
from tests.job.test_job import files

ALONE = """
import contextlib, io, sys
opened = []
sys.addaudithook(lambda event, what: opened.append((event, str(what))) if event.split(".")[0] == "socket" else None)
from budgetmodel.cli import main
codes = []
for words in {commands!r}:
    sys.argv = ["budgetmodel", *words]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main()
    except SystemExit as ended:
        codes.append(ended.code)
print(codes, opened)
"""

COMMANDS = (
    ["version"],
    ["run", "in.xlsx", "-o", "out"],
    ["check", "in.xlsx", "--annotate", "copy.xlsx"],
    ["explain", "in.xlsx", "North", "--scenario", "Base"],
    ["template", "blank.xlsx"],
    ["diff", "in.xlsx", "blank.xlsx"],
    ["compare", "out", "out"],
    ["doctor"],
)


def test_no_command_opens_a_socket(tmp_path: Path) -> None:
    book().save(tmp_path / "in.xlsx")
    code = ALONE.format(commands=COMMANDS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.strip() == f"{[0] * len(COMMANDS)} []", done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace sees what libraries in C do")
def test_no_library_opens_a_socket_either(tmp_path: Path) -> None:
    path, log = book().save(tmp_path / "in.xlsx"), tmp_path / "log"
    traced = ["strace", "-f", "-qq", "-e", "trace=socket,connect,bind", "-e", "signal=none", "-o", str(log)]
    run = [sys.executable, "-m", "budgetmodel", "run", str(path), "-o", "out"]
    done = subprocess.run([*traced, *run], capture_output=True, text=True, check=False, cwd=tmp_path)
    if "ptrace" in done.stderr:
        pytest.skip("this machine lets nothing be traced")
    assert done.returncode == 0, done.stderr
    assert log.read_text() == ""


def test_bytes_do_not_depend_on_process_seed_threads_or_folder(tmp_path: Path) -> None:
    book().save(tmp_path / "in.xlsx")
    words = ["run", "in.xlsx", "-o", "out", "--explain", "--publish"]
    found = []
    for seed, threads in (("0", "1"), ("4711", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "TZ": f"XXX{threads}"}
        environment |= {"LC_ALL": "C" if seed == "0" else "C.UTF-8"}
        arguments = [sys.executable, "-m", "budgetmodel", *words]
        subprocess.run(arguments, capture_output=True, check=True, cwd=tmp_path, env=environment)
        found.append({name: hashlib.sha256(text).hexdigest() for name, text in files(tmp_path / "out").items()})
        shutil.move(tmp_path / "out", tmp_path / f"out {seed}")
    assert found[0] == found[1]
    assert len(found[0]) > 20


def test_an_input_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(b"PK half")
    monkeypatch.setattr(guard, "PAUSES", (0.0, 0.0, 0.0))
    fstat, times = os.fstat, []

    def saved(descriptor: int) -> os.stat_result:
        facts = fstat(descriptor)
        times.append(facts)
        if len(times) == 1:  # between the first look at it and the last byte
            path.write_bytes(b"PK and whole")
        return facts

    monkeypatch.setattr(guard.os, "fstat", saved)
    assert guard.read_bytes(path) == b"PK and whole"
    assert len(times) == 4

    def always(descriptor: int) -> os.stat_result:
        with path.open("ab") as stream:
            stream.write(b"more")
        return fstat(descriptor)

    monkeypatch.setattr(guard.os, "fstat", always)
    with pytest.raises(bm.FileTrouble, match="was changed by another program while it was read"):
        guard.read_bytes(path)


def test_a_copy_is_not_marked_with_the_problems_of_another_version(tmp_path: Path) -> None:
    from budgetmodel.excel.annotate import annotate, file_hash

    path = book().save(tmp_path / "in.xlsx")
    before = file_hash(path)
    book().set("Baseline", Amount="lots").save(path)
    with pytest.raises(bm.FileTrouble, match="was changed while it was checked"):
        annotate(path, tmp_path / "copy.xlsx", [], before)
    assert not (tmp_path / "copy.xlsx").exists()


@pytest.mark.slow
def test_twenty_runs_at_once_leave_the_files_of_one(tmp_path: Path) -> None:
    inputs = [book().set("Funding", Amount=100 + n).save(tmp_path / f"in{n}.xlsx") for n in range(2)]
    arguments = [sys.executable, "-m", "budgetmodel", "run"]
    running = [
        subprocess.Popen(
            [*arguments, str(inputs[n % 2]), "-o", "out", "--json"], cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for n in range(20)
    ]  # fmt: skip
    said = [each.communicate() for each in running]
    assert [each.returncode for each in running] == [0] * 20, said
    assert all(json.loads(out)["files"] for out, _ in said)
    assert changed_files(tmp_path / "out") == []
    assert unfinished(tmp_path / "out") == ""
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == [".budgetmodel"]
    assert command("compare", "out", "out", folder=tmp_path).returncode == 0
