"""Atomic writing: old files stay whole, and nothing of ours is left behind."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files import lock, sets
from budgetmodel.files.sets import STRAY_AFTER, SUFFIX, write_files
from tests.support.nth_call import at_call


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
def test_the_sentence_says_what_to_do(tmp_path, code, words):
    def fail(name: str) -> None:
        if name == "fsync":
            raise OSError(code, os.strerror(code))

    with at_call(tmp_path, 1, fail, onwards=True), pytest.raises(FileTrouble, match=words) as caught:
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
