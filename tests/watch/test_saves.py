"""A real change of content is found once, however a program saves; what is no change is not."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from budgetmodel.watch.saves import AGAIN, LOOK, PATIENCE, SETTLE, Follower, Save, workbooks
from tests.support.builder import two_places


@dataclass
class Desk:
    """A workbook that a follower has seen once, with a clock that the test moves."""

    path: Path
    seconds: float = 0.0
    online: bool = False
    refused: bool = False

    def __post_init__(self) -> None:
        self.follower = Follower(self.path, clock=lambda: self.seconds, facts=self.facts)
        assert self.path not in {save.path for save in self.wait(SETTLE / 2)}  # not before it has come to rest
        assert [save.path for save in self.wait(2 * SETTLE)] == [self.path]

    def facts(self, path: Path) -> os.stat_result:
        if self.refused:
            raise PermissionError(13, "Permission denied")
        facts = path.stat()
        if not self.online:
            return facts
        online = SimpleNamespace(st_file_attributes=stat.FILE_ATTRIBUTE_OFFLINE, **{
            name: getattr(facts, name) for name in ("st_ino", "st_size", "st_mtime_ns")})  # fmt: skip
        return cast(os.stat_result, online)

    def wait(self, seconds: float) -> list[Save]:
        """What is found while time goes on."""
        found = []
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds += LOOK
            save = self.follower.look()
            found += [save] if save is not None else []
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(two_places().save(tmp_path / "in.xlsx"))


@pytest.fixture
def other(tmp_path: Path) -> bytes:
    """Another workbook's bytes."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return two_places().set("Funding", Amount=130).save(folder / "other.xlsx").read_bytes()


def test_a_save_is_found_within_two_seconds_and_once(desk: Desk, other: bytes) -> None:
    desk.path.write_bytes(other)
    assert len(desk.wait(2.0)) == 1
    assert desk.wait(3 * AGAIN) == []


def test_excel_writes_a_temporary_file_deletes_and_renames(desk: Desk, other: bytes) -> None:
    temporary = desk.path.with_name("A1B2C3D4")
    temporary.write_bytes(other)
    desk.path.unlink()
    assert desk.wait(3.0) == []  # the moment in which there is no file of this name
    temporary.rename(desk.path)
    assert [save.trouble for save in desk.wait(2.0)] == [""]


def test_a_file_renamed_over_it_is_found(desk: Desk, other: bytes) -> None:
    temporary = desk.path.with_name("saving.tmp")
    temporary.write_bytes(other)
    temporary.replace(desk.path)
    assert len(desk.wait(2.0)) == 1


def test_a_slow_save_in_place_is_found_when_it_is_whole(desk: Desk, other: bytes) -> None:
    found = []
    for end in range(0, len(other), len(other) // 8):
        desk.path.write_bytes(other[:end])
        found += desk.wait(SETTLE / 2)
    assert found == []
    desk.path.write_bytes(other)
    assert len(desk.wait(2.0)) == 1


def test_a_half_save_waits_and_is_handed_on_when_it_stays_half(desk: Desk, other: bytes) -> None:
    desk.path.write_bytes(other[: len(other) // 2])
    assert desk.wait(PATIENCE - 2) == []
    assert len(desk.wait(4.0)) == 1  # the run says that it is damaged
    desk.path.write_bytes(other)
    assert len(desk.wait(2.0)) == 1


def test_two_saves_in_a_second_are_one(desk: Desk, other: bytes) -> None:
    before = desk.path.read_bytes()
    desk.path.write_bytes(other)
    found = desk.wait(SETTLE / 2)
    desk.path.write_bytes(before + b"")
    found += desk.wait(SETTLE / 2)
    desk.path.write_bytes(other)
    assert len(found + desk.wait(3.0)) == 1


def test_a_touch_without_a_change_is_none(desk: Desk) -> None:
    os.utime(desk.path, (1.8e9, 1.8e9))
    assert desk.wait(5.0) == []


def test_the_same_bytes_written_again_are_no_change(desk: Desk) -> None:
    desk.path.write_bytes(desk.path.read_bytes())
    assert desk.wait(5.0) == []


def test_a_change_that_leaves_size_and_time_as_they_were_is_found_later(desk: Desk) -> None:
    facts, content = desk.path.stat(), desk.path.read_bytes()
    with desk.path.open("r+b") as stream:
        stream.seek(len(content) - 1)  # the last byte is the length of the archive's comment
        stream.write(bytes([content[-1]]))
        stream.seek(10)  # the time of day of the first part
        stream.write(bytes([content[10] ^ 1]))
    os.utime(desk.path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert desk.path.stat().st_size == facts.st_size
    assert len(desk.wait(AGAIN + 2)) == 1


def test_an_online_only_file_is_told_at_once_and_read_when_it_is_here(desk: Desk, other: bytes) -> None:
    desk.online = True
    [told] = desk.wait(2.0)
    assert told.trouble.startswith("'in.xlsx' is an online-only file")
    assert desk.wait(AGAIN + 2) == []
    desk.path.write_bytes(other)
    desk.online = False
    assert [save.trouble for save in desk.wait(2.0)] == [""]


def test_a_file_that_stays_away_is_told_once_and_found_when_it_is_back(desk: Desk, other: bytes) -> None:
    desk.path.unlink()
    [told] = desk.wait(PATIENCE + 5)
    assert told.trouble.startswith("'in.xlsx' is not there any more. Save it again under this name")
    desk.path.write_bytes(other)
    assert [save.trouble for save in desk.wait(2.0)] == [""]


def test_a_file_that_cannot_be_looked_at_is_told_after_a_while(desk: Desk) -> None:
    desk.refused = True
    assert desk.wait(PATIENCE - 2) == []
    [told] = desk.wait(4.0)
    assert "Permission denied" in told.trouble
    desk.refused = False
    assert [save.trouble for save in desk.wait(3.0)] == [""]


def test_a_file_too_large_for_a_workbook_is_handed_on_once(desk: Desk) -> None:
    with desk.path.open("r+b") as stream:
        stream.truncate(21 * 1024 * 1024)
    assert len(desk.wait(PATIENCE + 5)) == 1
    assert desk.wait(2 * AGAIN) == []


def test_in_a_folder_locks_and_temporary_files_are_no_workbooks(tmp_path: Path) -> None:
    names = (
        "in.xlsx",
        "B & C's £.XLSX",
        "~$in.xlsx",
        ".~lock.in.xlsx#",
        ".hidden.xlsx",
        "A1B2C3D4",
        "in.tmp",
        "in.csv",
    )
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in workbooks(tmp_path)] == ["B & C's £.XLSX", "in.xlsx"]
    shutil.rmtree(tmp_path)
    assert list(workbooks(tmp_path / "gone")) == [tmp_path / "gone"]
