"""Writing files so that a failure leaves what was there before: all are prepared, then all are put in place."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from budgetmodel.issues import FileTrouble

SUFFIX = ".budgetmodel-tmp"
"""How the names of our temporary files end."""

STRAY_AFTER = 3600.0
"""Seconds after which a temporary file of ours belongs to a run that was killed."""

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between attempts to replace a file that another program holds for a moment (Windows)."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_files(contents: Mapping[Path, bytes]) -> list[Path]:
    """Write every file, or change none of them; returns the paths in the order given.

    Each file is written to a temporary file in its own folder and flushed to disk; only when all of them are there are
    they put in place, in the order given, and put back if one of them cannot be. Missing folders are made.

    Raises FileTrouble with one plain sentence when a file is locked or read-only or the disk is full.
    """
    pairs: list[tuple[Path, Path]] = []
    try:
        for path, content in contents.items():
            _prepare(path, content, pairs)
        _replace_all(pairs)
    finally:
        for temporary, _ in pairs:
            temporary.unlink(missing_ok=True)
    return list(contents)


def _prepare(path: Path, content: bytes, pairs: list[tuple[Path, Path]]) -> None:
    """Write one temporary file beside `path`, and note it in `pairs` before the first byte."""
    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}{SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        if path.is_dir():
            raise FileTrouble(f"'{path}' is a folder. Choose another name for the file.")
        pairs.append((temporary, path))
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise FileTrouble(sentence(path, error)) from error


def _replace_all(pairs: list[tuple[Path, Path]]) -> None:
    """Put every temporary file in place; on a failure put the earlier files back."""
    kept: dict[Path, Path | None] = {}
    done: list[Path] = []
    try:
        for temporary, path in pairs:
            try:
                kept[path] = _keep(path)
                _replace(temporary, path)
            except OSError as error:
                raise FileTrouble(sentence(path, error)) from error
            done.append(path)
    except BaseException:
        for path in done:
            _put_back(path, kept.pop(path))
        raise
    finally:
        for earlier in kept.values():
            if earlier is not None:
                earlier.unlink(missing_ok=True)


def _put_back(path: Path, earlier: Path | None) -> None:
    """Undo one replacement; when even that fails, say under which name the earlier file is still there."""
    try:
        if earlier is None:
            path.unlink(missing_ok=True)
        else:
            earlier.replace(path)
    except OSError as error:
        raise FileTrouble(f"'{path}' could not be put back: its earlier version is '{earlier}'.") from error


def _keep(path: Path) -> Path | None:
    """A second name (or, where the disk knows none, a copy) of the file as it is; None when there is none."""
    if not path.exists():
        return None
    earlier = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.old{SUFFIX}")
    try:
        os.link(path, earlier)
    except OSError:
        shutil.copy2(path, earlier)
    return earlier


def _replace(temporary: Path, path: Path) -> None:
    """Move the temporary file over the old one; on Windows a virus scanner may need a moment to let go of it."""
    for pause in RETRIES if os.name == "nt" else ():
        try:
            os.replace(temporary, path)  # noqa: PTH105  # its place for tests that make it fail
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(temporary, path)  # noqa: PTH105  # as above


def _sweep(folder: Path) -> None:
    """Remove temporary files that a killed run left behind more than an hour ago."""
    for stray in folder.glob(f".*{SUFFIX}"):
        try:
            if time.time() - stray.stat().st_mtime > STRAY_AFTER:
                stray.unlink()
        except OSError:
            continue  # another run removed it first, or holds it


def sentence(path: Path, error: OSError) -> str:
    """What happened to a file and what to do, in one sentence."""
    kept = "Earlier results are unchanged."
    if error.errno in _FULL:
        return f"The disk is full: '{path}' cannot be written. {kept}"
    if error.errno == errno.EROFS:
        return f"'{path.parent}' is read-only: '{path.name}' cannot be written. Choose another folder. {kept}"
    if isinstance(error, PermissionError):
        advice = "Close it if it is open in Excel, or choose a folder that you may write to."
        return f"'{path}' cannot be written. {advice} {kept}"
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"'{path.parent}' is not a folder: '{path.name}' cannot be written there. {kept}"
    return f"'{path}' cannot be written: {error.strerror or error}. {kept}"
