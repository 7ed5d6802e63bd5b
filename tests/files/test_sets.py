"""Files written together are all old or all new, at whichever call a run is killed; a second run waits its turn."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files import lock, sets
from budgetmodel.files.journal import unfinished
from budgetmodel.files.lock import LOCK, only_writer
from budgetmodel.files.open_elsewhere import open_elsewhere
from budgetmodel.files.sets import JOURNAL, SUFFIX, put_back, put_back_first, recording, write_files
from tests.support.nth_call import at_call, failing, signalled

posix = pytest.mark.skipif(os.name != "posix", reason="fork, SIGKILL and renaming open files are a matter of POSIX")

NAMES = ("results.xlsx", "report.html", "a.csv")
OLD = {name: f"old {name}".encode() for name in NAMES[:2]} | {"gone.csv": b"old gone.csv"}
NEW = {name: f"new {name}".encode() for name in NAMES}
"""A set before and after: two files replaced, one added, one taken away."""


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program has written is there after its death; to flush it is a matter of power cuts, and slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def begin(folder: Path) -> None:
    """The folder as an earlier run left it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in OLD.items():
        (folder / name).write_bytes(content)


def write_set(folder: Path) -> None:
    """Write the new set."""
    write_files({folder / name: content for name, content in NEW.items()}, remove=[folder / "gone.csv"])


def found(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@posix
def test_a_run_killed_at_any_call_leaves_all_old_or_all_new(tmp_path):
    folder = tmp_path / "set"
    seen = []
    for number in range(1, 200):
        begin(folder)
        child = os.fork()
        if child == 0:
            with at_call(folder, number, lambda _: os._exit(9)) as calls:
                write_set(folder)
                os._exit(0 if calls.count < number else 1)
        _, status = os.waitpid(child, 0)
        assert whole(folder) or "is unfinished: a run was stopped" in unfinished(folder)
        write_files({folder / "next run": b""})  # what the next run does first is put things right
        after = found(folder)
        assert after.pop("next run") == b""
        assert after in (OLD, NEW), (number, sorted(after))
        seen.append(after == NEW)
        if os.waitstatus_to_exitcode(status) == 0:
            break
        assert os.waitstatus_to_exitcode(status) == 9
    else:
        pytest.fail("the loop never came to its end")
    assert number > 30
    assert seen == sorted(seen)  # old up to one call, new from there on
    assert seen[0] is False


@posix
def test_a_set_that_was_cut_off_can_be_told_before_the_next_run(tmp_path, monkeypatch):
    begin(tmp_path / "set")
    folder = tmp_path / "set"
    replaced = []

    def stop(*args: Any) -> None:
        replaced.append(args)
        if len(replaced) >= 3:  # the journal, then two files; nobody is left to undo it
            raise SystemExit

    replace = os.replace
    monkeypatch.setattr(sets.os, "replace", lambda *args: (stop(*args), replace(*args)))
    with pytest.raises(SystemExit):
        write_set(folder)
    monkeypatch.undo()
    assert (folder / JOURNAL).exists()
    assert [each["file"] for each in json.loads((folder / JOURNAL).read_text())["files"]] == [*NAMES, "gone.csv"]
    assert put_back(folder) == [*NAMES, "gone.csv"]
    assert {name: content for name, content in found(folder).items() if not name.endswith(SUFFIX)} == OLD


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("earlier", [True, False])
def test_a_failure_at_any_call_leaves_all_old_or_all_new(tmp_path, code, earlier):
    folder, old = tmp_path / "set", OLD if earlier else {}
    for number in range(1, 200):
        begin(folder)
        for name in OLD if not earlier else ():
            (folder / name).unlink()
        with at_call(folder, number, failing(code)) as calls:
            try:
                write_set(folder)
                failed = None
            except FileTrouble as trouble:
                failed = trouble
        if failed is not None:
            assert failed.exit_code == 5
            assert "\n" not in str(failed)
            assert str(folder) in str(failed)
        assert whole(folder, old, NEW)
        write_files({folder / "next run": b""})
        after = found(folder)
        del after["next run"]
        assert after == (NEW if failed is None else old), number
        if calls.count < number:
            break
    else:
        pytest.fail("the loop never came to its end")
    assert number > 30


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_from_a_call_on_loses_nothing(tmp_path, code):
    folder, mixed = tmp_path / "set", 0
    for number in range(1, 200):
        begin(folder)
        with at_call(folder, number, failing(code), onwards=True) as calls:
            try:
                write_set(folder)
                words = ""
            except FileTrouble as trouble:
                words = str(trouble)
        if not whole(folder):  # what was in place could not be put back either
            mixed += 1
            assert "the next run puts it back" in words
            assert "is unfinished" in unfinished(folder)
        put_back_first(folder)
        assert whole(folder)
        write_files({folder / "next run": b""})
        after = found(folder)
        del after["next run"]
        assert after == (OLD if words else NEW), number
        if calls.count < number:
            break
    else:
        pytest.fail("the loop never came to its end")
    assert mixed > 0


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_at_any_call_comes_before_the_set_or_after_it(tmp_path, name):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    folder, number = tmp_path / "set", getattr(signal, name)
    seen, before = [], signal.signal(number, stop)
    try:
        for call in range(1, 200):
            begin(folder)
            interrupted = False
            with recording() as written, at_call(folder, call, signalled(number)) as calls:
                try:
                    write_set(folder)
                except KeyboardInterrupt:
                    interrupted = True
            assert interrupted == (calls.count >= call)
            assert {path.name for path in written} == (set(NEW) if whole(folder, NEW) else set())
            assert whole(folder, NEW) or whole(folder, OLD)
            seen.append(bool(written))
            if not interrupted:
                break
    finally:
        signal.signal(number, before)
    assert seen == sorted(seen)  # old up to one call, new from there on
    assert seen[0] is False


def whole(folder: Path, *versions: dict[str, bytes]) -> bool:
    """Whether the files that a user sees are all of one version: OLD or NEW, or one of those named."""
    seen = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
    return seen in (versions or (OLD, NEW))


def test_a_second_run_is_refused_with_a_sentence_when_the_first_takes_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "WAIT", 0.1)
    (tmp_path / "results.xlsx").write_bytes(b"old")
    with only_writer(tmp_path) as held:
        assert held
        with pytest.raises(FileTrouble, match=rf"Another run \(process {os.getpid()}\) is writing files") as refused:
            write_files({tmp_path / "results.xlsx": b"new"})
    assert refused.value.exit_code == 5
    assert found(tmp_path) == {"results.xlsx": b"old"}
    write_files({tmp_path / "results.xlsx": b"new"})
    assert found(tmp_path) == {"results.xlsx": b"new"}


@posix
def test_the_lock_of_a_killed_run_does_not_stand_in_the_way(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from budgetmodel.files.lock import only_writer\n"
        "with only_writer(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert (tmp_path / LOCK).read_text() == str(child.pid)
        child.send_signal(signal.SIGKILL)
    started = time.monotonic()
    write_files({tmp_path / "results.xlsx": b"new"})
    assert time.monotonic() - started < 5
    assert found(tmp_path) == {"results.xlsx": b"new"}


def test_runs_at_the_same_time_never_mix_their_sets(tmp_path):
    script = (
        "import sys; from pathlib import Path; from budgetmodel.files.sets import write_files\n"
        "names = ['results.xlsx', 'report.html', 'a.csv']\n"
        "for _ in range(8): write_files({Path(sys.argv[1], n): sys.argv[2].encode() * 5000 for n in names})\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), letter]) for letter in "abc"]
    assert [child.wait() for child in children] == [0] * 3
    after = found(tmp_path)
    assert sorted(after) == sorted(NAMES)
    assert len(set(after.values())) == 1


KILLED = """
import sys
from pathlib import Path
from budgetmodel.files.sets import write_files
print("ready", flush=True)
while True:
    for letter in (b"b", b"a"):
        write_files({Path(sys.argv[1], name): letter * 200_000 for name in ("results.xlsx", "report.html", "a.csv")})
"""


def kill_at_random(folder: Path, times: int, seed: int) -> None:
    """Kill a run that writes one set after another; the next run finds one whole set, and leaves nothing else."""
    pauses = random.Random(seed)  # noqa: S311
    for name in NAMES:
        (folder / name).write_bytes(b"a" * 200_000)
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(pauses.uniform(0.0, 0.05))
            child.send_signal(signal.SIGKILL)
        for name in NAMES:  # each file is whole even before the next run
            content = (folder / name).read_bytes()
            assert content == content[:1] * 200_000
        write_files({folder / "next run": b""})
        after = found(folder)
        del after["next run"]
        (folder / "next run").unlink()
        assert sorted(after) == sorted(NAMES)
        assert len(set(after.values())) == 1


@posix
def test_a_run_killed_at_a_random_moment_leaves_one_whole_set(tmp_path):
    kill_at_random(tmp_path, 4, seed=1)


@posix
@pytest.mark.slow
def test_many_runs_killed_at_random_moments_leave_one_whole_set(tmp_path):
    kill_at_random(tmp_path, 150, seed=2)


@pytest.mark.parametrize("name", ["../victim", "/etc/passwd", "a/b", "..", "C:x", "a\\b", ""])
def test_a_journal_reaches_no_file_outside_its_folder(tmp_path, name):
    folder = tmp_path / "set"
    folder.mkdir()
    (tmp_path / "victim").write_bytes(b"")
    entry = {"file": name, "new": "gone", "earlier": None, "sha256": hashlib.sha256(b"").hexdigest()}
    (folder / JOURNAL).write_text(json.dumps({"files": [entry]}))
    with pytest.raises(FileTrouble, match="cannot be read"):
        write_files({folder / "results.xlsx": b"new"})
    assert (tmp_path / "victim").exists()
    assert not (folder / "results.xlsx").exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"files": [1]}', '{"files": [{"file": "a"}]}'])
def test_a_journal_that_is_none_stops_with_a_sentence(tmp_path, content):
    (tmp_path / JOURNAL).write_text(content)
    with pytest.raises(FileTrouble, match="Compare the files") as stopped:
        write_files({tmp_path / "results.xlsx": b"new"})
    assert stopped.value.exit_code == 5
    assert list(found(tmp_path)) == [JOURNAL]


# ---- open elsewhere ----------------------------------------------------------------------------------


def excel_owner(name: str) -> bytes:
    """Excel's owner file: the length, the name in one byte a character, then in two."""
    return bytes([len(name)]) + name.encode("cp1252").ljust(54) + bytes([len(name), 0]) + name.encode("utf-16-le")


@pytest.mark.parametrize(
    "marker, content, words",
    [
        ("~$results.xlsx", excel_owner("Zoë Finance"), "open in Excel by Zoë Finance: close it"),
        ("~$results.xlsx", b"", "open in Excel: close it"),
        (
            ".~lock.results.xlsx#",
            b"Ann Lee,ann,PC1,25.11.2026 22:00,file:///home/ann;",
            "LibreOffice by Ann Lee: close",
        ),
        (".~lock.results.xlsx#", b",ann,PC1,25.11.2026 22:00,file:///home/ann;", "LibreOffice by ann: close"),
        (".~lock.results.xlsx#", b"\xff\x00\x07", "open in LibreOffice"),
    ],
)
def test_who_has_it_open_is_told(tmp_path, monkeypatch, marker, content, words):
    path = tmp_path / "results.xlsx"
    path.write_bytes(b"old")
    (tmp_path / marker).write_bytes(content)
    assert words in open_elsewhere(path)
    assert "\n" not in open_elsewhere(path)
    replace = os.replace

    def shared(source: Path, target: Path) -> None:
        if target == path:  # what Windows says of a file that Excel holds
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        replace(source, target)

    monkeypatch.setattr(sets.os, "replace", shared)
    with pytest.raises(FileTrouble) as stopped:
        write_files({tmp_path / "a.csv": b"new", path: b"new"})
    assert words in str(stopped.value)
    assert "Earlier results are unchanged" in str(stopped.value)
    assert {name: text for name, text in found(tmp_path).items() if name != marker} == {"results.xlsx": b"old"}


def test_nobody_has_it_open(tmp_path):
    assert open_elsewhere(tmp_path / "results.xlsx") == ""
