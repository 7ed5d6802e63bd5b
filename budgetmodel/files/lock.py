"""One writer at a time in a folder: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble

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


@contextmanager
def only_writer(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; yields False where the disk knows no locks (some network drives).

    Raises FileTrouble when another run holds it for longer than WAIT, and OSError when the folder cannot be written.
    """
    path = folder / LOCK
    descriptor = _taken(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            _let_go(path, descriptor)


def _taken(path: Path) -> int | None:
    """The descriptor of the locked file; None where the disk knows no locks."""
    until = time.monotonic() + WAIT
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        else:
            if _still_there(path, descriptor):
                with suppress(OSError):  # who holds it is told to others; nothing depends on it
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, str(os.getpid()).encode())
                return descriptor
            os.close(descriptor)  # its last holder took the file away while we waited
            continue
        if time.monotonic() > until:
            raise FileTrouble(
                f"Another run{_holder(path)} is writing files in '{path.parent}'. Wait until it is done, or choose "
                "another folder. Earlier results are unchanged."
            )
        time.sleep(PAUSE)


def _holder(path: Path) -> str:
    try:
        number = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" (process {number})" if number.isdigit() else ""


def _still_there(path: Path, descriptor: int) -> bool:
    """Whether the locked file is the one that others would lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
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


def _lock(descriptor: int) -> None:
    """Lock without waiting; BlockingIOError or PermissionError when somebody else holds the lock."""
    if sys.platform == "win32":
        os.lseek(descriptor, BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
