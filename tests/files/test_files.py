"""Atomic writing: whatever fails, at whichever call, old files stay whole and nothing of ours is left behind."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files import lock, sets
from budgetmodel.files.sets import STRAY_AFTER, SUFFIX, write_files

ERRORS = [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO]


def fail_at(monkeypatch: pytest.MonkeyPatch, number: int, code: int) -> Callable[[], int]:
    """The n-th call that touches the disk fails; returns a function that tells how many there were."""
    calls = 0

    def failing(function):
        def wrapped(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls == number:
                raise OSError(code, os.strerror(code))
            return function(*args, **kwargs)

        return wrapped

    monkeypatch.setattr(sets.os, "replace", failing(os.replace))
    monkeypatch.setattr(sets.os, "fsync", failing(os.fsync))
    monkeypatch.setattr(sets.os, "link", failing(os.link))
    monkeypatch.setattr(lock.os, "open", failing(os.open))
    monkeypatch.setattr(sets.shutil, "copy2", failing(shutil.copy2))
    monkeypatch.setattr(Path, "open", failing(Path.open))
    monkeypatch.setattr(Path, "mkdir", failing(Path.mkdir))
    return lambda: calls


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("earlier", [True, False])
def test_a_failure_at_any_call_changes_nothing(tmp_path, monkeypatch, code, earlier):
    paths = [tmp_path / name for name in ("results.xlsx", "a.csv", "b.csv")]
    old = {path: f"old {path.name}".encode() for path in paths} if earlier else {}
    new = {path: f"new {path.name}".encode() for path in paths}
    for number in range(1, 100):
        for path in paths:
            path.unlink(missing_ok=True)
        for path, content in old.items():
            path.write_bytes(content)
        with monkeypatch.context() as patch:
            count = fail_at(patch, number, code)
            try:
                write_files(new)
                outcome = new
            except FileTrouble:
                outcome = old
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == outcome, number
        if count() < number:
            break
    else:
        pytest.fail("the loop never came to its end")
    assert number > 8


def test_an_interruption_while_replacing_puts_everything_back(tmp_path, monkeypatch):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"old")
    replace, calls = os.replace, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return replace(*args)

    monkeypatch.setattr(sets.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(dict.fromkeys(paths, b"new"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old", "b": b"old"}


def test_what_cannot_be_put_back_is_kept_until_the_next_run_puts_it_back(tmp_path, monkeypatch):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"old")
    replace, calls = os.replace, []

    def broken(*args):
        calls.append(args)
        if len(calls) > 2:  # the journal and "a" are in place; "b" fails, and so does putting "a" back
            raise OSError(errno.EIO, "disk trouble")
        return replace(*args)

    with monkeypatch.context() as patch:
        patch.setattr(sets.os, "replace", broken)
        with pytest.raises(FileTrouble, match="earlier version is"):
            write_files(dict.fromkeys(paths, b"new"))
    assert [path.read_bytes() for path in tmp_path.glob(f".a*.old{SUFFIX}")] == [b"old"]
    write_files({tmp_path / "c": b"new"})
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {"a": b"old", "b": b"old", "c": b"new"}


@pytest.mark.parametrize(
    "code, words",
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "open in Excel"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_the_sentence_says_what_to_do(tmp_path, monkeypatch, code, words):
    fail_at(monkeypatch, 3, code)
    with pytest.raises(FileTrouble, match=words) as caught:
        write_files({tmp_path / "results.xlsx": b"new"})
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 5


def test_missing_folders_are_made(tmp_path):
    path = tmp_path / "a b" / "c" / "results.xlsx"
    assert write_files({path: b"new"}) == [path]
    assert path.read_bytes() == b"new"


def test_a_folder_or_a_file_in_the_way_is_named(tmp_path):
    with pytest.raises(FileTrouble, match="is a folder"):
        write_files({tmp_path: b"new"})
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileTrouble, match="not a folder"):
        write_files({tmp_path / "file" / "results.xlsx": b"new"})


def strays(folder: Path) -> list[str]:
    """One of our temporary files from two hours ago, one from now, and somebody else's, in a folder."""
    old, young, other = (folder / name for name in (f".a.1{SUFFIX}", f".b.2{SUFFIX}", ".other.tmp"))
    for path in (old, young, other):
        path.write_bytes(b"")
    for path in (old, other):
        os.utime(path, (time.time() - STRAY_AFTER - 3600,) * 2)
    return [old.name, young.name, other.name]


def test_strays_of_a_killed_run_are_swept_by_the_next(tmp_path):
    _, _, other = strays(tmp_path)
    write_files({tmp_path / "new": b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == [other, "new"]


def test_where_the_disk_knows_no_locks_strays_are_swept_after_an_hour(tmp_path, monkeypatch):
    def unknown(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    locking = (lock.msvcrt, "locking") if os.name == "nt" else (lock.fcntl, "flock")
    monkeypatch.setattr(*locking, unknown)
    _, young, other = strays(tmp_path)
    write_files({tmp_path / "new": b"new"})
    assert sorted(path.name for path in tmp_path.iterdir()) == [young, other, "new"]


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_files_are_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_files({tmp_path / "ours": b""})
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="a limit of file size is a matter of POSIX")
def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "results.xlsx"
    path.write_bytes(b"old")
    script = (
        "import resource, sys; from pathlib import Path; from budgetmodel.files.sets import write_files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_files({Path(sys.argv[1]): bytes(5000)})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert "The disk is full" in done.stderr
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("results.xlsx", b"old")]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")
def test_a_killed_run_leaves_a_whole_file(tmp_path):
    path = tmp_path / "results.xlsx"
    sizes = dict.fromkeys(b"ab", 3000000)
    path.write_bytes(b"a" * 3_000_000)
    script = (
        "import sys; from pathlib import Path; from budgetmodel.files.sets import write_files\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for letter in (b'b', b'a'):\n"
        "        write_files({Path(sys.argv[1]): letter * 3_000_000})\n"
    )
    pauses = random.Random(1)  # noqa: S311
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            time.sleep(pauses.uniform(0.01, 0.15))
            child.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert content == content[:1] * sizes[content[0]]


def test_runs_at_the_same_time_do_not_disturb_each_other(tmp_path):
    script = (
        "import sys; from pathlib import Path; from budgetmodel.files.sets import write_files\n"
        "for _ in range(20): write_files({Path(sys.argv[1]): sys.argv[2].encode() * 10000})\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "results.xlsx")]
    children = [subprocess.Popen([*command, letter]) for letter in "abcd"]
    assert [child.wait() for child in children] == [0] * 4
    content = (tmp_path / "results.xlsx").read_bytes()
    assert content == content[:1] * 10000
    assert len(list(tmp_path.iterdir())) == 1
