"""Something happens at the n-th call that touches a folder: the calls of `os`, as our code and pathlib make them.

Functions of `os` are replaced within a block, so nothing has to be compiled, and what is tried is the same on every
system. A call counts when it names a path in the folder or a descriptor that was opened there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

NAMES = (
    "open", "close", "read", "write", "fsync", "fstat", "ftruncate", "lseek", "stat", "lstat", "readlink", "scandir",
    "replace", "link", "symlink", "unlink", "mkdir", "rmdir", "utime",
)  # fmt: skip
"""The functions of `os` by which files are read, written and named; `flock` is added where there is one."""

Act = Callable[[str], None]
"""What happens at a call, which is named; it may raise, or end the process."""


class Calls:
    """How many calls there were; `act` comes before the n-th, or before each from the n-th on.

    Of bytes that are to be written, half are written before.
    """

    def __init__(self, folder: Path, number: int, act: Act, *, onwards: bool = False) -> None:
        self.folder, self.number, self.act, self.onwards = os.fspath(folder), number, act, onwards
        self.count = 0
        self.descriptors: set[int] = set()
        self.acting = False

    def counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose calls count."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self.acting or not self.concerns(args):
                return function(*args, **kwargs)
            self.count += 1
            half = 0
            if self.count == self.number or (self.onwards and self.count > self.number):
                if name == "write":
                    half = function(args[0], args[1][: len(args[1]) // 2])
                    args = (args[0], args[1][half:])
                if name == "close":  # a descriptor is closed also where the system then reports a failure
                    self.descriptors.discard(args[0])
                    function(*args)
                self.acting = True
                try:
                    self.act(name)
                finally:
                    self.acting = False
                if name == "close":
                    return None
            done = function(*args, **kwargs)
            if name == "open":
                self.descriptors.add(done)
            elif name == "close":
                self.descriptors.discard(args[0])
            return half + done if name == "write" else done

        return wrapped

    def concerns(self, args: tuple[Any, ...]) -> bool:
        """Whether a call touches the folder."""
        for each in args[:2]:
            if isinstance(each, int) and not isinstance(each, bool) and each in self.descriptors:
                return True
            if isinstance(each, (str, Path)) and os.fspath(each).startswith(self.folder):
                return True
        return False


@contextmanager
def at_call(folder: Path, number: int, act: Act, *, onwards: bool = False) -> Iterator[Calls]:
    """Within the block, something happens at the n-th call that touches a folder."""
    calls = Calls(folder, number, act, onwards=onwards)
    targets = [(os, name) for name in NAMES]
    if os.name == "posix":
        import fcntl

        targets.append((fcntl, "flock"))
    patches = [patch.object(owner, name, calls.counted(name, getattr(owner, name))) for owner, name in targets]
    for each in patches:
        each.start()
    try:
        yield calls
    finally:
        for each in reversed(patches):
            each.stop()


def failing(code: int) -> Act:
    """A call that fails as the operating system says it."""

    def fail(_: str) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def signalled(number: int) -> Act:
    """A signal that comes before a call."""

    def send(_: str) -> None:
        os.kill(os.getpid(), number)

    return send
