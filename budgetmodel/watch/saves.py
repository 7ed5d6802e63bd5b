"""Saves: when a workbook has been saved with another content, found by looking again and again.

No events of the operating system: they never come from many network drives and online folders. Excel saves into a
temporary file and renames it, others write in place, slowly or twice; so a file is read when nothing about it has
changed for a moment, and counts when its bytes are others and are a whole archive.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from budgetmodel.excel.read.guard import FILE_LIMIT
from budgetmodel.files.disk import read_regular

LOOK = 0.25
"""Seconds between two looks at a file."""

SETTLE = 0.8
"""Seconds for which size and time of a file must stay as they are before it is read."""

PATIENCE = 10.0
"""Seconds for which a file may be missing, unreadable or cut short, as in the middle of a save, before that is told."""

AGAIN = 15.0
"""Seconds after which a file is read again although size and time are as they were."""

ENDINGS = (".xlsx", ".xlsm")
"""How the names of workbooks end."""

PASSING = ("~", ".", "$")
"""How the names of lock files and temporary files begin."""

_ONLINE = (
    getattr(stat, "FILE_ATTRIBUTE_OFFLINE", 0x1000) | 0x40000 | 0x400000  # recall on open, recall on data access
)
"""The attributes of Windows by which a file is named but not here."""

_DATALESS = 0x40000000
"""The flag of macOS for the same."""

ONLINE = (
    "'{name}' is an online-only file, which is not on this computer yet: right-click it and choose 'Always keep on "
    "this device'."
)
MISSING = "'{name}' is not there any more. Save it again under this name, or start again with its new one."
UNREADABLE = "'{name}' cannot be read ({why}). Close it where it is being saved, or save it again."


@dataclass(frozen=True)
class Save:
    """A workbook was saved with another content, whose SHA-256 is `digest`; or `trouble` says why it cannot be read."""

    path: Path
    digest: str = ""
    trouble: str = ""


def is_online_only(facts: os.stat_result) -> bool:
    """Whether a file has a name and a size here, and its content elsewhere: to read it would fetch it."""
    windows = getattr(facts, "st_file_attributes", 0) & _ONLINE
    return bool(windows or getattr(facts, "st_flags", 0) & _DATALESS)


@dataclass
class Follower:
    """One workbook that is looked at again and again; `look` says when there is something to do.

    `clock` gives seconds, `facts` what the disk says of a file: tests give others.
    """

    path: Path
    clock: Callable[[], float] = time.monotonic
    facts: Callable[[Path], os.stat_result] = os.stat
    digest: str = ""
    _sign: tuple[int, ...] = ()
    _since: float = field(default=float("-inf"))
    _read: float = field(default=float("-inf"))
    _bad_since: float | None = None
    _told: str = ""

    def look(self) -> Save | None:
        """Look once: a Save when its content is another than the last that was returned, or when it cannot be read.

        What cannot be read is returned once, after PATIENCE; online-only files at once.
        """
        try:
            facts = self.facts(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self._sign = ()
            return self._bad(MISSING)
        except OSError as error:
            return self._bad(UNREADABLE, error)
        if is_online_only(facts):
            return self._tell(ONLINE.format(name=self.path.name))
        now, sign = self.clock(), (facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if sign != self._sign:
            self._sign, self._since, self._read = sign, now, float("-inf")
            return None
        if now - self._since < SETTLE or now - self._read < AGAIN:
            return None
        return self._content(now)

    def _content(self, now: float) -> Save | None:
        """Read a file that has come to rest."""
        try:
            content = content_of(self.path)
        except OSError as error:
            return self._bad(UNREADABLE, error)
        digest = hashlib.sha256(content).hexdigest()
        if digest == self.digest:
            self._bad_since, self._told, self._read = None, "", now
            return None
        if not is_whole(content) and self._waits(now):
            return None
        self._bad_since, self._told, self._read, self.digest = None, "", now, digest
        return Save(self.path, digest)

    def _waits(self, now: float) -> bool:
        """Whether something that looks like the middle of a save is still within PATIENCE."""
        if self._bad_since is None:
            self._bad_since = now
        return now - self._bad_since < PATIENCE

    def _bad(self, words: str, error: OSError | None = None) -> Save | None:
        if self._waits(self.clock()):
            return None
        why = "" if error is None else error.strerror or type(error).__name__
        return self._tell(words.format(name=self.path.name, why=why))

    def _tell(self, words: str) -> Save | None:
        """Trouble, once; the content counts as new when it comes back."""
        if words == self._told:
            return None
        self._told, self.digest = words, ""
        return Save(self.path, trouble=words)


def content_of(path: Path) -> bytes:
    """The bytes of a workbook; of a file that is too large to be one its size, and the run says so in its own words."""
    size = path.stat().st_size
    return f"{size} bytes".encode() if size > FILE_LIMIT else read_regular(path, FILE_LIMIT)


def digest_of(path: Path) -> str:
    """The SHA-256 of a workbook's content; empty where it cannot be read at the moment."""
    try:
        return hashlib.sha256(content_of(path)).hexdigest()
    except OSError:
        return ""


def is_whole(content: bytes) -> bool:
    """Whether bytes are an archive that is not cut short; what is in it is looked at when it is run."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return bool(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return False


def workbooks(path: Path) -> Iterator[Path]:
    """The workbook itself, or those in a folder: no lock files, no temporary files, no results of ours."""
    if not path.is_dir():
        yield path
        return
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208  # names alone: nothing is fetched from an online folder
    except OSError:
        return
    for name in names:
        if name.lower().endswith(ENDINGS) and not name.startswith(PASSING):
            yield path / name
