"""The folder around a set: links, odd journals, who writes there, folders that go, and the order of what is flushed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import keep, read_regular
from budgetmodel.files.interrupts import held_off
from budgetmodel.files.journal import JOURNAL, SUFFIX, unfinished
from budgetmodel.files.lock import LOCK, only_writer
from budgetmodel.files.sets import put_back_first, recording, refuse_unwritable, write_files
from budgetmodel.files.words import refuse_name
from tests.support.nth_call import at_call

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes are matters of POSIX")


@posix
@pytest.mark.parametrize("link", ["symbolic", "hard", "dangling", "file", "folder", "pipe"])
def test_a_lock_that_is_none_of_ours_is_left_alone(tmp_path, link):
    folder, victim, path = tmp_path / "set", tmp_path / "victim", tmp_path / "set" / LOCK
    folder.mkdir()
    victim.write_bytes(b"" if link == "hard" else b"12")
    if link == "symbolic":
        path.symlink_to(victim)
    elif link == "hard":
        path.hardlink_to(victim)
    elif link == "dangling":
        path.symlink_to(tmp_path / "nothing")
    elif link == "file":
        path.write_bytes(b"minutes of the board")
    elif link == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    before = victim.read_bytes()
    with pytest.raises(FileTrouble, match="is a link or somebody else's file") as refused:
        write_files({folder / "results.xlsx": b"new"})
    assert refused.value.exit_code == 5
    assert victim.read_bytes() == before
    assert not (tmp_path / "nothing").exists()
    assert [each.name for each in folder.iterdir()] == [LOCK]
    if link == "file":
        assert path.read_bytes() == b"minutes of the board"


@posix
def test_results_that_are_links_are_replaced_and_what_they_point_to_stays(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "victim").write_bytes(b"mine")
    paths = [tmp_path / "set" / name for name in ("results.xlsx", "a.csv")]
    for path in paths:
        path.symlink_to(tmp_path / "victim")
    (tmp_path / "set" / "b.csv").mkdir()
    with pytest.raises(FileTrouble, match="is a folder"):
        write_files(dict.fromkeys([*paths, tmp_path / "set" / "b.csv"], b"new"))
    assert all(path.is_symlink() for path in paths)
    write_files(dict.fromkeys(paths, b"new"))
    assert [(path.is_symlink(), path.read_bytes()) for path in paths] == [(False, b"new")] * 2
    assert (tmp_path / "victim").read_bytes() == b"mine"


@posix
@pytest.mark.parametrize("links", [True, False])
def test_what_is_kept_is_kept_as_it_is_also_where_the_disk_knows_no_second_names(tmp_path, monkeypatch, links):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")

    def unknown(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no")

    if not links:
        monkeypatch.setattr(os, "link", unknown)
    for name in ("file", "link"):
        keep(tmp_path / name, tmp_path / f"kept {name}")
        assert (tmp_path / f"kept {name}").read_bytes() == b"old"
        assert (tmp_path / f"kept {name}").is_symlink() == (name == "link")
        with pytest.raises(FileExistsError):  # never over what is there
            keep(tmp_path / name, tmp_path / "kept file")


@posix
def test_no_reader_waits_for_a_pipe_or_reads_without_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    for name, why in (
        ("pipe", "no regular"), (".", "no regular"), ("large", "more than 10 bytes"),
        ("a\0b", "no file has"), ("x" * 300, "too long"),
    ):  # fmt: skip
        with pytest.raises(OSError, match=why):
            read_regular(tmp_path / name, 10)
    assert read_regular(tmp_path / "large", 11) == bytes(11)


ODD = {"file": "a.csv", "new": f".a{SUFFIX}", "earlier": f".b{SUFFIX}", "sha256": "0"}


@pytest.mark.parametrize(
    "entry",
    [
        "[" * 200_000, '{"files": ' * 90_000, '{"files": 1}', '{"files": null}', "\0", "7" * 5000,
        ODD | {"file": "x" * 300}, ODD | {"file": LOCK}, ODD | {"file": "a\0b"}, ODD | {"file": 7},
        ODD | {"file": "\ud800"},
        ODD | {"new": "results.xlsx"}, ODD | {"earlier": "in.xlsx"}, ODD | {"earlier": ["x"]}, ODD | {"new": True},
    ],
)  # fmt: skip
def test_an_odd_journal_moves_nothing_and_is_a_sentence(tmp_path, entry):
    text = entry if isinstance(entry, str) else json.dumps({"files": [entry]})
    (tmp_path / JOURNAL).write_text(text)
    (tmp_path / "in.xlsx").write_bytes(b"mine")
    with pytest.raises(FileTrouble, match=r"cannot be read\. Compare the files") as refused:
        put_back_first(tmp_path)
    assert (refused.value.exit_code, len(str(refused.value).splitlines())) == (5, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [JOURNAL, "in.xlsx"]


def test_a_journal_of_any_size_is_not_read_whole(tmp_path):
    with (tmp_path / JOURNAL).open("wb") as stream:
        stream.truncate(1 << 33)
    with pytest.raises(FileTrouble, match="cannot be read"):
        put_back_first(tmp_path)


def test_readers_are_told_who_writes_at_the_moment(tmp_path):
    assert unfinished(tmp_path) == unfinished(tmp_path / "none") == ""
    (tmp_path / JOURNAL).write_text("{}")
    assert "a run was stopped while it wrote there" in unfinished(tmp_path)
    with only_writer(tmp_path):
        assert f"another run (process {os.getpid()}) is writing there" in unfinished(tmp_path)


def test_names_are_on_disk_before_the_next_step_needs_them(tmp_path):
    # The journal is there for sure before the first file is replaced, all files before it goes, and its going before
    # what it kept goes: else a power cut could leave a new file without a journal.
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"old")
    seen: list[str] = []
    with at_call(tmp_path, 1, seen.append, onwards=True):
        write_files(dict.fromkeys(paths, b"new"))
    steps = [name for name in seen if name in ("replace", "unlink", "fsync", "link")]
    contents = ["fsync", "link"] * 2
    journal = ["fsync", "replace", "fsync"]
    # the journal, the two earlier versions, the two new names (gone already), the lock
    assert steps == [*contents, *journal, "replace", "replace", "fsync", "unlink", "fsync", *["unlink"] * 5]


def test_a_folder_that_goes_meanwhile_is_a_sentence_or_made_again(tmp_path):
    folder = tmp_path / "set"
    for call in range(1, 100):
        folder.mkdir(exist_ok=True)
        (folder / "a").write_bytes(b"old")
        said = ""
        with at_call(folder, call, lambda _: shutil.rmtree(folder)) as calls:
            try:
                write_files({folder / "a": b"new", folder / "b": b"new"})
            except FileTrouble as trouble:
                said = str(trouble)
        assert len(said.splitlines()) < 2
        if calls.count < call:
            break
        if folder.exists():
            write_files({folder / "next": b""})
            assert {path.name for path in folder.iterdir()} <= {"a", "b", "next"}
    else:
        pytest.fail("the loop never came to its end")
    assert call > 30


def test_who_reads_a_file_meanwhile_reads_it_to_its_end(tmp_path):
    path = tmp_path / "results.xlsx"
    path.write_bytes(b"old" * 1000)
    with path.open("rb") as reader:
        first = reader.read(10)
        if os.name == "nt":
            with pytest.raises(FileTrouble):
                write_files({path: b"new"})
        else:
            write_files({path: b"new"})
        assert first + reader.read() == b"old" * 1000


def test_whether_a_folder_can_be_written_is_found_without_a_trace(tmp_path):
    refuse_unwritable(tmp_path / "a" / "b", "results.xlsx")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    refuse_unwritable(tmp_path / "a", "results.xlsx")
    with only_writer(tmp_path / "a"):
        refuse_unwritable(tmp_path / "a", "results.xlsx")  # another run writes there: so it can be written
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileTrouble, match="is not a folder"):
        refuse_unwritable(tmp_path / "file" / "b", "results.xlsx")


@posix
@pytest.mark.parametrize("name", ["x" * 300, "/".join(["x" * 200] * 30), "a\0b", "loop"])
def test_a_name_that_no_file_can_have_is_a_sentence(tmp_path, name):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FileTrouble, match="can be no file or folder here") as refused:
        refuse_name(tmp_path / name)
    assert len(str(refused.value)) < 200
    refuse_name(tmp_path / "new")


def test_a_name_of_many_bytes_has_temporary_files_too(tmp_path):
    path = tmp_path / f"{'😀' * 60}.xlsx"  # 245 bytes
    write_files({path: b"new"})
    write_files({path: b"newer"})
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def fail_after(number: int) -> None:
    """A signal comes, then something goes wrong."""
    os.kill(os.getpid(), number)
    raise ZeroDivisionError


@posix
def test_signals_wait_until_the_block_is_over(tmp_path):
    came: list[int] = []
    before = {n: signal.signal(n, lambda number, _: came.append(number)) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with held_off():
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGTERM]
        with pytest.raises(ZeroDivisionError), held_off():  # what the block raises is told
            fail_after(signal.SIGHUP)
        assert came == [signal.SIGTERM]
        os.kill(os.getpid(), signal.SIGHUP)
        assert came == [signal.SIGTERM, signal.SIGHUP]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_thread_records_its_own_files_only(tmp_path):
    with recording() as written, recording() as too:
        other = threading.Thread(target=write_files, args=({tmp_path / "a": b""},))
        other.start()
        other.join()
        write_files({tmp_path / "b": b""})
    write_files({tmp_path / "c": b""})
    assert written == too == [tmp_path / "b"]


def test_twenty_runs_at_once_leave_one_whole_set(tmp_path):
    script = (
        "import sys; from pathlib import Path; from budgetmodel.files.sets import *\n"
        "folder = Path(sys.argv[1]); put_back_first(folder); refuse_unwritable(folder, 'a')\n"
        "write_files({folder / name: sys.argv[2].encode() * 5000 for name in ('results.xlsx', 'report.html', 'a')})\n"
    )
    folder = tmp_path / "new" / "set"  # which each of them makes to see whether it can, and takes away
    children = [subprocess.Popen([sys.executable, "-c", script, str(folder), chr(97 + n)]) for n in range(20)]
    assert [child.wait() for child in children] == [0] * 20
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(after) == ["a", "report.html", "results.xlsx"]
    assert len(set(after.values())) == 1
