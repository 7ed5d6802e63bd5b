"""Writing files so that a failure leaves what was there before: all are prepared, then all are put in place.

Files written together are a set. Before the first is put in place, a journal names every file of the set and where its
earlier version is kept; taking the journal away is the moment from which the new set counts. A run that is killed in
between leaves the journal, and the next one puts the earlier files back before it does anything else: all old or all
new. A lock keeps a second run out meanwhile, so what a killed one left can be swept at once. Signals wait while a set
is put in place, so an interrupt comes before the first file or after the last, and `recording` says which.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import keep, sync_folder, there, write_new
from budgetmodel.files.interrupts import held_off
from budgetmodel.files.journal import JOURNAL, SUFFIX, Step, beside, read_journal, undo, write_journal
from budgetmodel.files.lock import Busy, only_writer
from budgetmodel.files.words import sentence

STRAY_AFTER = 3600.0
"""Seconds after which a temporary file belongs to a run that was killed, where the disk knows no locks."""

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between attempts to replace a file that another program holds for a moment (Windows)."""

ENTRIES = 20
"""Attempts to make a folder and lock it: another run may take away the one that it had made to see whether it can."""

_LISTENERS: ContextVar[tuple[list[Path], ...]] = ContextVar("listeners", default=())
"""Whoever is told of what this thread writes. It is of the block that asked, and restored at its end."""


@contextmanager
def recording() -> Iterator[list[Path]]:
    """The paths of each set that this thread writes within the block, from the moment in which the set counts.

    Nothing can come between that moment and the record, so whoever ends an interrupted program can say what is true.
    """
    written: list[Path] = []
    token = _LISTENERS.set((*_LISTENERS.get(), written))
    try:
        yield written
    finally:
        _LISTENERS.reset(token)


def write_files(contents: Mapping[Path, bytes], remove: Collection[Path] = ()) -> list[Path]:
    """Write every file and take away those of `remove`, or change nothing; returns the paths written, in order.

    Each file is written to a temporary file in its own folder and flushed to disk; only when all of them are there are
    they put in place, in the order given, and put back if one of them cannot be. Missing folders are made. Files of
    one folder are all old or all new even after a run is killed (see above), once the next one has run.

    Raises FileTrouble with one plain sentence when a file is locked or read-only, the disk is full, or another run
    writes there.
    """
    paths = [*contents, *remove]
    made: list[Path] = []
    with ExitStack() as locks:
        for folder in dict.fromkeys(path.parent for path in paths):
            _enter(folder, next(path for path in paths if path.parent == folder), locks)
        try:
            steps = [_prepare(path, contents.get(path), made) for path in paths]
            with held_off():
                _put_in_place([step for step in steps if step.new is not None or step.earlier is not None])
                for listener in _LISTENERS.get():
                    listener += contents
        finally:
            for temporary in made:
                if not _needed(temporary):
                    with suppress(OSError):  # swept by the next run
                        temporary.unlink(missing_ok=True)
    return list(contents)


def put_back_first(folder: Path) -> list[str]:
    """Undo what a killed run had begun in a folder, and sweep; returns the names of that set's files.

    Without a journal nothing is done. Raises FileTrouble when an earlier file cannot be put back, when the journal is
    none of ours, or when another run writes there for too long.
    """
    with _told(folder / JOURNAL):
        if not there(folder / JOURNAL):
            return []
    with ExitStack() as locks:
        return _enter(folder, folder / JOURNAL, locks)


def refuse_unwritable(folder: Path, name: str) -> None:
    """Raise FileTrouble, before work is done for nothing, when the file `name` could not be written into a folder.

    Missing folders are made to see whether they can be, and taken away again.
    """
    made: list[Path] = []
    try:
        for _ in range(ENTRIES):
            missing = [each for each in (folder, *folder.parents) if not there(each)]
            for each in reversed(missing):
                with suppress(FileExistsError):  # another run was quicker
                    each.mkdir()
                    made.append(each)
            try:
                with suppress(Busy), only_writer(folder, wait=0.0):
                    pass
                return
            except FileNotFoundError:
                if not missing:  # it was there, and no file can be made in it
                    raise
        raise FileNotFoundError(folder)
    except FileTrouble:  # an OSError, too, and in words already
        raise
    except OSError as error:
        raise FileTrouble(sentence(folder / name, error)) from error
    finally:
        for each in reversed(made):
            with suppress(OSError):  # another run writes there meanwhile
                each.rmdir()


def _enter(folder: Path, path: Path, locks: ExitStack) -> list[str]:
    """Take the folder's lock, finish what a killed run left undone, and sweep; returns the names of what was undone."""
    with _told(path):
        alone = _locked(folder, locks)
        undone = put_back(folder)
        _sweep(folder, 0.0 if alone else STRAY_AFTER)
        return undone


def _locked(folder: Path, locks: ExitStack) -> bool:
    """Make a folder where it is missing, and lock it; False where the disk knows no locks."""
    for left in reversed(range(ENTRIES)):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return locks.enter_context(only_writer(folder))
        except FileNotFoundError:
            if not left:
                raise
    raise AssertionError("the last attempt raises")


def _needed(temporary: Path) -> bool:
    """Whether a journal that could not be undone still needs its kept files; where nobody can tell, they stay."""
    try:
        return there(temporary.parent / JOURNAL)
    except OSError:
        return True


def _prepare(path: Path, content: bytes | None, made: list[Path]) -> Step:
    """Write the new version beside `path` and keep the earlier one; both are noted in `made` before the first byte."""
    with _told(path):
        if path.is_dir():
            raise FileTrouble(f"'{path}' is a folder. Choose another name for the file.")
        new = None
        if content is not None:
            new = beside(path, "new")
            made.append(new)
            write_new(new, content)
        earlier = None
        if there(path):
            earlier = beside(path, "old")
            made.append(earlier)
            keep(path, earlier)
    return Step(path, new, earlier, hashlib.sha256(content or b"").hexdigest())


def _put_in_place(steps: Sequence[Step]) -> None:
    """Put every new version in place; on a failure put the earlier ones back. One file needs no journal."""
    folders = list(dict.fromkeys(step.path.parent for step in steps))
    done: list[Step] = []
    journals: list[Path] = []
    try:
        for folder in folders if len(steps) > 1 else ():
            own = [step for step in steps if step.path.parent == folder]
            journals.append(folder / JOURNAL)
            with _told(own[0].path):
                write_journal(folder, own)
        for step in steps:
            done.append(step)
            with _told(step.path):
                if step.new is not None:
                    _replace(step.new, step.path)
                else:
                    step.path.unlink(missing_ok=True)
        for folder in folders:
            with _told(folder / JOURNAL):
                sync_folder(folder)
        for journal in journals:
            _take_away(journal)
    except BaseException:
        for step in done:
            undo(step)
        for journal in journals:
            _take_away(journal, missing_ok=True)
        raise
    for journal in journals:
        with suppress(OSError):  # the set counts already; should the journal come back, all of it is old
            sync_folder(journal.parent)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with a file, in words."""
    try:
        yield
    except FileTrouble:  # an OSError, too, and in words already
        raise
    except OSError as error:
        raise FileTrouble(sentence(path, error)) from error


def _take_away(journal: Path, *, missing_ok: bool = False) -> None:
    with _told(journal):
        journal.unlink(missing_ok=missing_ok)


def put_back(folder: Path) -> list[str]:
    """Undo what a killed run had begun to put in place in this folder; returns the names of the set's files.

    Call it with the folder's lock. Raises FileTrouble when an earlier file cannot be put back, or when the journal is
    none of ours.
    """
    steps = read_journal(folder)
    if steps is None:
        return []
    for step in steps:
        undo(step)
    with _told(folder / JOURNAL):
        sync_folder(folder)
    _take_away(folder / JOURNAL, missing_ok=True)
    with _told(folder / JOURNAL):  # before what it kept is swept
        sync_folder(folder)
    return [step.path.name for step in steps]


def _replace(temporary: Path, path: Path) -> None:
    """Move the temporary file over the old one; on Windows a virus scanner may need a moment to let go of it."""
    for pause in RETRIES if os.name == "nt" else ():
        try:
            os.replace(temporary, path)  # noqa: PTH105  # its place for tests that make it fail
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(temporary, path)  # noqa: PTH105  # as above


def _sweep(folder: Path, age: float) -> None:
    """Remove temporary files that a killed run left behind, if they are older than `age` seconds."""
    for stray in folder.glob(f".*{SUFFIX}"):
        try:
            if time.time() - stray.lstat().st_mtime >= age:
                stray.unlink()
        except OSError:
            continue  # another run removed it first, or holds it
