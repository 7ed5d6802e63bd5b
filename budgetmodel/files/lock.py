"""One writer at a time in a folder: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import NO_LINK, PLAIN, read_regular

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".budgetmodel-lock"
"""The lock's file. It goes when the lock is let go; one that a killed run left is taken over by the next."""

WAIT = 60.0
"""Seconds that a writer waits for another: writing takes a few."""

PAUSE = 0.05
BEYOND = 1 << 20
"""The byte that is locked on Windows: one behind the text, so that others can read who holds the lock."""

HELD = (BlockingIOError, PermissionError) if sys.platform == "win32" else (BlockingIOError,)
"""What the system raises where somebody else holds a lock."""

DIGITS = 20
"""The most digits of a process number, which is all that a lock's file holds."""


class Busy(FileTrouble):
    """Another run holds the lock."""


@contextmanager
def only_writer(folder: Path, wait: float | None = None, name: str = LOCK) -> Iterator[bool]:
    """Hold the folder's lock; yields False where the disk knows no locks (some network drives).

    `name` is the lock's file: whoever is to be alone in a folder for longer than it takes to write has another one.

    Raises Busy, a FileTrouble, when another run holds it for longer than `wait` seconds (WAIT), FileTrouble when the
    lock's name is taken by a link or by somebody else's file, which stay as they are, and OSError when the folder
    cannot be written.
    """
    path = folder / name
    descriptor = _taken(path, WAIT if wait is None else wait)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            _let_go(path, descriptor)


def _taken(path: Path, wait: float) -> int | None:
    """The descriptor of the locked file; None where the disk knows no locks."""
    until = time.monotonic() + wait
    while True:
        descriptor = _opened(path)
        try:
            locked = _locked(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        if locked:
            return descriptor
        os.close(descriptor)
        if locked is None:
            path.unlink(missing_ok=True)
            return None
        if time.monotonic() > until:
            raise Busy(
                f"Another run{_holder(path)} is writing files in '{path.parent}'. Wait until it is done, or choose "
                "another folder. Earlier results are unchanged."
            )
        time.sleep(PAUSE)


def _locked(path: Path, descriptor: int) -> bool | None:
    """Whether we hold the lock now; None where the disk knows no locks."""
    try:
        _lock(descriptor)
    except HELD:
        return False
    except OSError:
        return None
    if not _still_there(path, descriptor):  # its last holder took the file away while we waited
        return False
    with suppress(OSError):  # who holds it is told to others; nothing depends on it
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())
    return True


def _opened(path: Path) -> int:
    """The lock's file, opened; FileTrouble for what no run of ours has put there."""
    try:
        if path.is_symlink():
            raise _not_ours(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | PLAIN | NO_LINK, 0o666)
    except FileTrouble:  # an OSError, too
        raise
    except OSError as error:
        if path.is_symlink() or path.is_dir():
            raise _not_ours(path) from error
        raise
    try:
        facts = os.fstat(descriptor)
        text = os.read(descriptor, DIGITS + 1) if stat.S_ISREG(facts.st_mode) else b"?"
        if facts.st_nlink > 1 or not (text == b"" or (text.isdigit() and len(text) <= DIGITS)):
            raise _not_ours(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _not_ours(path: Path) -> FileTrouble:
    return FileTrouble(
        f"'{path}' is a link or somebody else's file, and nothing is written to it. Take it away, or choose another "
        "folder. Earlier results are unchanged."
    )


def held(folder: Path, name: str = LOCK) -> str:
    """Who writes in a folder at the moment: " (process 12)", or " " where that is not known; "" for nobody.

    Nothing is written, and nobody is kept waiting for longer than it takes to look.
    """
    path = folder / name
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN | NO_LINK)
    except (OSError, ValueError):
        return ""
    try:
        _lock(descriptor, shared=True)
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    except HELD:
        return _holder(path) or " "
    except OSError:  # the disk knows no locks
        return ""
    finally:
        os.close(descriptor)
    return ""


def _holder(path: Path) -> str:
    try:
        number = read_regular(path, DIGITS, follow=False).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (process {number})" if number.isdigit() else ""


def _still_there(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one that others would lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _let_go(path: Path, descriptor: int) -> None:
    """Take the file away while the lock is held, so that nobody locks a file that is gone; Windows needs it closed."""
    if sys.platform == "win32":
        with suppress(OSError):
            os.lseek(descriptor, BEYOND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    else:
        with suppress(OSError):
            path.unlink()
        with suppress(OSError):  # closed all the same
            os.close(descriptor)


def _lock(descriptor: int, *, shared: bool = False) -> None:
    """Lock without waiting; one of HELD when somebody else holds the lock."""
    if sys.platform == "win32":
        os.lseek(descriptor, BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
