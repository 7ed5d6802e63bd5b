"""The journal of a folder: which files of a set are put in place, and where the earlier ones are kept."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import read_json, read_regular, sync_folder, there, write_new
from budgetmodel.files.lock import LOCK, held

JOURNAL = ".budgetmodel-journal"
"""The file that is there while a set is put in place."""

SUFFIX = ".budgetmodel-tmp"
"""How the names of our temporary files end."""

AT_MOST = 4_000_000
"""Bytes of a journal: a run's has some thousands."""

NAME = 60
"""Bytes of a file's name that its temporary files have, too, for those who look into the folder."""


@dataclass(frozen=True)
class Step:
    """A file of a set: its path, the prepared new version (None: it goes), the kept earlier one (None: there is none).

    `sha256` is that of the new version.
    """

    path: Path
    new: Path | None
    earlier: Path | None
    sha256: str


def beside(path: Path, what: str) -> Path:
    """The name of a temporary file for `path`, which no name of a user's is like."""
    start = path.name.encode("utf-8", "ignore")[:NAME].decode("utf-8", "ignore")
    return path.with_name(f".{start}.{secrets.token_hex(4)}.{what}{SUFFIX}")


def write_journal(folder: Path, steps: Sequence[Step]) -> None:
    """Name the files of the set; the journal itself appears whole or not at all, and is on disk before it is used.

    Raises OSError.
    """
    files = [
        {
            "file": step.path.name,
            "new": step.new.name if step.new is not None else None,
            "earlier": step.earlier.name if step.earlier is not None else None,
            "sha256": step.sha256,
        }
        for step in steps
    ]
    temporary = beside(folder / JOURNAL, "new")
    try:
        write_new(temporary, json.dumps({"files": files}).encode())
        os.replace(temporary, folder / JOURNAL)  # noqa: PTH105  # its place for tests that make it fail
        sync_folder(folder)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_journal(folder: Path) -> list[Step] | None:
    """The steps of a folder's journal; None where there is none. Raises FileTrouble for one that is none of ours."""
    journal = folder / JOURNAL
    try:
        record = read_json(journal, AT_MOST, follow=False)
        return [_step(folder, entry) for entry in record["files"]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(journal) from error


def _unreadable(journal: Path) -> FileTrouble:
    return FileTrouble(
        f"'{journal}' was left by a run that was stopped, and cannot be read. Compare the files in its folder with "
        "manifest.json, then delete it."
    )


def _step(folder: Path, entry: Any) -> Step:
    """A step as a journal has it; ValueError, KeyError or TypeError for anything that no run of ours writes."""
    path, kept = _inside(folder, entry["file"]), [entry["new"], entry["earlier"]]
    if path.name in (JOURNAL, LOCK) or path.name.endswith(SUFFIX):
        raise ValueError(path.name)
    if any(name is not None and not (isinstance(name, str) and name.endswith(SUFFIX)) for name in kept):
        raise ValueError(kept)
    new, earlier = (None if name is None else _inside(folder, name) for name in kept)
    return Step(path, new, earlier, str(entry["sha256"]))


def _inside(folder: Path, name: str) -> Path:
    """A file of this very folder; ValueError for any other path."""
    if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in ("/", "\\", ":", "\0")):
        raise ValueError(name)
    if len(os.fsencode(name)) > 255:
        raise ValueError(name)
    return folder / name


def undo(step: Step) -> None:
    """Put a file back as it was; doing it twice does no harm. When it fails, say where the earlier version is."""
    try:
        if step.new is not None and there(step.new):
            return  # it was not put in place yet
        if step.earlier is not None:
            if there(step.earlier):
                os.replace(step.earlier, step.path)  # noqa: PTH105  # its place for tests that make it fail
        elif step.new is not None and _is_version(step.path, step.sha256):
            step.path.unlink()
    except OSError as error:
        kept = f": its earlier version is '{step.earlier}'" if step.earlier is not None else ""
        raise FileTrouble(
            f"'{step.path}' could not be put back{kept}. Close it where it is open; the next run puts it back."
        ) from error


def _is_version(path: Path, sha256: str) -> bool:
    """Whether there is a file with this SHA-256; what is no regular file has none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    return hashlib.sha256(read_regular(path, 1 << 40)).hexdigest() == sha256


def unfinished(folder: Path) -> str:
    """A sentence when the set of a folder is half in place; nothing otherwise. For readers: nothing is written."""
    try:
        if not there(folder / JOURNAL):
            return ""
    except (OSError, ValueError):  # what cannot be looked at is not read either, and that is told where it is tried
        return ""
    if writer := held(folder):
        return f"'{folder}' is unfinished: another run{writer.rstrip()} is writing there. Wait until it is done."
    return (
        f"'{folder}' is unfinished: a run was stopped while it wrote there, so old and new files stand side by side. "
        "Run the workbook into this folder again: the earlier files are put back first."
    )
