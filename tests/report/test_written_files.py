"""What a run writes when the disk, another program or another run is in the way: old or new, and a sentence."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.files.lock import only_writer
from budgetmodel.files.sets import put_back
from budgetmodel.report import write_results
from budgetmodel.report.manifest import MANIFEST, changed_files
from tests.report.samples import solved
from tests.support.builder import two_places

posix = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and limits of file size are a matter of POSIX")

FULL = """
import resource, sys
sys.argv = ["budgetmodel", "run", sys.argv[1], "-o", sys.argv[2]]
from budgetmodel.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
main()
"""
"""A run on a disk that takes no file beyond 12,000 bytes: the workbook is larger."""

KILLED = """
import sys
from pathlib import Path
import budgetmodel as bm
from budgetmodel.report import write_results
from tests.report.samples import solved
sets = [solved("two"), solved("several")]
print("ready", flush=True)
while True:
    for results, comparison in sets:
        write_results(results, Path(sys.argv[1]) / "results.xlsx", comparison)
"""


def run(path: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`budgetmodel run`, its answer and its sentences."""
    command = [sys.executable, "-m", "budgetmodel", "run", str(path), "-o", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@posix
def test_a_full_disk_ends_a_run_with_exit_code_5_and_the_old_files(tmp_path):
    path, folder = two_places().save(tmp_path / "in put é.xlsx"), tmp_path / "Ergebnisse für Bury"
    assert run(path, folder).returncode == 0
    before = contents(folder)
    assert "report.html" in before
    done = subprocess.run([sys.executable, "-c", FULL, path, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert "The disk is full" in done.stderr
    assert "Earlier results are unchanged" in done.stderr
    assert contents(folder) == before


def test_a_workbook_that_seems_open_is_told_and_replaced(tmp_path):
    path, folder = two_places().save(tmp_path / "in.xlsx"), tmp_path / "out"
    folder.mkdir()
    (folder / ".~lock.results.xlsx#").write_bytes(b"Ann Lee,ann,PC1,25.11.2026 22:00,file:///home/ann;")
    done = run(path, folder)
    assert done.returncode == 0, done.stderr
    assert "It seems to be open in LibreOffice by Ann Lee" in done.stderr
    assert (folder / "report.html").is_file()


def test_another_run_that_is_writing_is_waited_for(tmp_path):
    path, folder = two_places().save(tmp_path / "in.xlsx"), tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "budgetmodel", "run", str(path), "-o", str(folder), "--json"]
    with only_writer(folder):
        second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(4)  # a run of this size takes one or two seconds
        assert second.poll() is None
        assert not (folder / "results.xlsx").exists()
    out, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert str(folder / "report.html") in json.loads(out)["files"]
    assert changed_files(folder) == []


def kill_at_random(folder: Path, times: int, seed: int) -> None:
    """Kill a run that writes results; the next one leaves the files of one run, whole, and nothing else."""
    pauses = random.Random(seed)  # noqa: S311
    results, comparison = solved("two")
    names = {path.name for path in write_results(results, folder / "results.xlsx", comparison)}
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(pauses.uniform(0.0, 2.0))
            child.send_signal(signal.SIGKILL)
        with only_writer(folder):
            put_back(folder)
        assert changed_files(folder) == []  # all of one run
        assert json.loads((folder / MANIFEST).read_bytes())["results id"] in (folder / "report.html").read_text("utf-8")
        write_results(results, folder / "results.xlsx", comparison)
        assert {path.name for path in folder.iterdir()} == names


@posix
def test_a_run_killed_while_it_writes_leaves_the_files_of_one_run(tmp_path):
    kill_at_random(tmp_path, 2, seed=3)


@posix
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_runs_killed_while_they_write_leave_the_files_of_one_run(tmp_path):
    kill_at_random(tmp_path, 40, seed=4)


@pytest.mark.parametrize(
    "name", ["results.xlsx", "Results.XLSX", "results_evidence.xlsx", "results_published.xlsx", "problems.xlsx"]
)
def test_an_input_in_the_way_of_results_is_refused_before_anything_is_solved(tmp_path, name):
    path = two_places().save(tmp_path / "in.xlsx").rename(tmp_path / name)
    before = contents(tmp_path)
    done = run(path, tmp_path)
    assert done.returncode == 5
    assert f"'{path}' is an input, which is never written to" in done.stderr
    assert "solved" not in done.stderr
    assert contents(tmp_path) == before


def test_results_into_a_file_are_refused_before_anything_is_solved(tmp_path):
    path = two_places().save(tmp_path / "in.xlsx")
    before = contents(tmp_path)
    done = run(path, path)
    assert (done.returncode, contents(tmp_path)) == (5, before)
    assert f"'{path}' is a file. Name a folder for the results" in done.stderr
    assert "solved" not in done.stderr


def test_a_pack_that_bears_the_name_of_a_table_is_refused(tmp_path):
    path, pack = two_places().save(tmp_path / "in.xlsx"), tmp_path / "out" / "changes.csv"
    pack.parent.mkdir()
    pack.write_text("Scenario,Table,Where,Field,Change,Value,Reason\n", encoding="utf-8")
    done = run(path, pack.parent, "--pack", str(pack))
    assert (done.returncode, list(contents(pack.parent))) == (5, ["changes.csv"])
    assert run(path, tmp_path / "elsewhere", "--pack", str(pack)).returncode != 5


def test_results_are_never_written_over_their_own_input(tmp_path):
    path = two_places().save(tmp_path / "in.xlsx")
    before = path.read_bytes()
    results = bm.solve_all(bm.read(path))
    with pytest.raises(bm.FileTrouble, match="is an input of these results, which is never written to"):
        bm.write_results(results, path)
    assert contents(tmp_path) == {"in.xlsx": before}
    path.rename(tmp_path / "out_published.xlsx")
    with pytest.raises(bm.FileTrouble, match=r"out_published\.xlsx"):
        bm.write_results(results, tmp_path / "out.xlsx", publish=True)
    assert contents(tmp_path) == {"out_published.xlsx": before}
