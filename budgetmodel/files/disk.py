"""The calls by which files are opened and put on disk: none writes through a link, none waits for a pipe or device."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

PLAIN = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Bytes as they are (Windows), and no waiting for the other end of a pipe (elsewhere)."""

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""Fails at a link. Windows has no such flag, and lets only administrators make links: there `refuse_link` looks."""

CHUNK = 1 << 20

_CANNOT_SYNC = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, getattr(errno, "ENOTSUP", errno.EINVAL)}
"""What file systems say that cannot put the names of a folder on disk; none of it means that a name was lost."""


def refuse_link(path: Path) -> None:
    """Raise OSError (ELOOP) where a path is a link."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(path))


def there(path: Path) -> bool:
    """Whether there is anything of this name, a link included; OSError where the disk does not say."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_regular(path: Path, at_most: int, *, follow: bool = True) -> bytes:
    """All bytes of a regular file; `follow` is whether it may be a link.

    Raises OSError where there is none, where it is a pipe, a device or a folder (EINVAL), where it has more than
    `at_most` bytes (EFBIG), and where no file can have such a name.
    """
    if not follow:
        refuse_link(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN | (0 if follow else NO_LINK))
    except ValueError as error:  # a null character, or a letter that no file name has
        raise OSError(errno.EINVAL, "no file has such a name", str(path)) from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        parts, length = [], 0
        while part := os.read(descriptor, CHUNK):
            length += len(part)
            if length > at_most:
                raise OSError(errno.EFBIG, f"it has more than {at_most:,} bytes", str(path))
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def read_json(path: Path, at_most: int, *, follow: bool = True) -> Any:
    """What a JSON file says; raises OSError as `read_regular`, ValueError for what is none or is nested too deep."""
    text = read_regular(path, at_most, follow=follow)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(f"'{path}' is nested too deep") from error


def write_new(path: Path, content: bytes) -> None:
    """A new file, flushed to disk; raises OSError, and FileExistsError where there is anything of that name."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN | NO_LINK, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest[:CHUNK]) :]
        os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):  # what went wrong before says more
            os.close(descriptor)
        raise
    os.close(descriptor)


def keep(path: Path, earlier: Path) -> None:
    """A second name (or, where the disk knows none, a copy) of the file as it is; a link is kept as a link."""
    try:
        if os.link in os.supports_follow_symlinks:
            os.link(path, earlier, follow_symlinks=False)
        else:
            os.link(path, earlier)
    except OSError:
        if path.is_symlink():
            earlier.symlink_to(os.readlink(path))  # noqa: PTH115  # as it is written there
            return
        write_new(earlier, read_regular(path, 1 << 40, follow=False))
        with suppress(OSError):  # times and permissions: where they cannot be kept, the content is
            shutil.copystat(path, earlier)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, too, where the system can; raises OSError where the disk fails."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
