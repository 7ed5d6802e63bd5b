"""Writing files so that a failure leaves what was there before: all are prepared, then all are put in place.

Files written together are a set. Before the first is put in place, a journal names every file of the set and where its
earlier version is kept; taking the journal away is the moment from which the new set counts. A run that is killed in
between leaves the journal, and the next one puts the earlier files back before it does anything else: all old or all
new. A lock keeps a second run out meanwhile, so what a killed one left can be swept at once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.lock import only_writer
from budgetmodel.files.open_elsewhere import open_elsewhere

SUFFIX = ".budgetmodel-tmp"
"""How the names of our temporary files end."""

JOURNAL = ".budgetmodel-journal"
"""The file that is there while a set is put in place."""

STRAY_AFTER = 3600.0
"""Seconds after which a temporary file belongs to a run that was killed, where the disk knows no locks."""

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between attempts to replace a file that another program holds for a moment (Windows)."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Step:
    """A file of a set: its path, the prepared new version (None: it goes), the kept earlier one (None: there is none).

    `sha256` is that of the new version.
    """

    path: Path
    new: Path | None
    earlier: Path | None
    sha256: str


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
    with ExitStack() as held:
        for folder in dict.fromkeys(path.parent for path in paths):
            _enter(folder, next(path for path in paths if path.parent == folder), held)
        try:
            steps = [_prepare(path, contents.get(path), made) for path in paths]
            _put_in_place([step for step in steps if step.new is not None or step.earlier is not None])
        finally:
            for temporary in made:
                if not _needed(temporary):
                    with suppress(OSError):  # swept by the next run
                        temporary.unlink(missing_ok=True)
    return list(contents)


def _enter(folder: Path, path: Path, held: ExitStack) -> None:
    """Take the folder's lock, finish what a killed run left undone, and sweep."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        alone = held.enter_context(only_writer(folder))
        put_back(folder)
        _sweep(folder, 0.0 if alone else STRAY_AFTER)
    except FileTrouble:  # an OSError, too, and in words already
        raise
    except OSError as error:
        raise FileTrouble(sentence(path, error)) from error


def _needed(temporary: Path) -> bool:
    """Whether a journal that could not be undone still needs its kept files; where nobody can tell, they stay."""
    try:
        return (temporary.parent / JOURNAL).exists()
    except OSError:
        return True


def _prepare(path: Path, content: bytes | None, made: list[Path]) -> Step:
    """Write the new version beside `path` and keep the earlier one; both are noted in `made` before the first byte."""
    try:
        if path.is_dir():
            raise FileTrouble(f"'{path}' is a folder. Choose another name for the file.")
        new = None
        if content is not None:
            new = _beside(path, "new")
            made.append(new)
            _write(new, content)
        earlier = None
        if path.exists():
            earlier = _beside(path, "old")
            made.append(earlier)
            _keep(path, earlier)
    except FileTrouble:
        raise
    except OSError as error:
        raise FileTrouble(sentence(path, error)) from error
    return Step(path, new, earlier, hashlib.sha256(content or b"").hexdigest())


def _beside(path: Path, what: str) -> Path:
    """The name of a temporary file for `path`."""
    return path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.{what}{SUFFIX}")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _keep(path: Path, earlier: Path) -> None:
    """A second name (or, where the disk knows none, a copy) of the file as it is."""
    try:
        os.link(path, earlier)
    except OSError:
        shutil.copy2(path, earlier)


def _put_in_place(steps: Sequence[Step]) -> None:
    """Put every new version in place; on a failure put the earlier ones back. One file needs no journal."""
    folders = list(dict.fromkeys(step.path.parent for step in steps))
    done: list[Step] = []
    journals: list[Path] = []
    try:
        for folder in folders if len(steps) > 1 else ():
            own = [step for step in steps if step.path.parent == folder]
            journals.append(folder / JOURNAL)
            _write_journal(folder, own)
        for step in steps:
            done.append(step)
            try:
                if step.new is not None:
                    _replace(step.new, step.path)
                else:
                    step.path.unlink(missing_ok=True)
            except OSError as error:
                raise FileTrouble(sentence(step.path, error)) from error
        for journal in journals:
            _sync_folder(journal.parent)
            _take_away(journal)
    except BaseException:
        for step in done:
            _undo(step)
        for journal in journals:
            _take_away(journal, missing_ok=True)
        raise


def _take_away(journal: Path, *, missing_ok: bool = False) -> None:
    try:
        journal.unlink(missing_ok=missing_ok)
    except OSError as error:
        raise FileTrouble(sentence(journal, error)) from error


def _write_journal(folder: Path, steps: Sequence[Step]) -> None:
    """Name the files of the set; the journal itself appears whole or not at all."""
    files = [
        {
            "file": step.path.name,
            "new": step.new.name if step.new is not None else None,
            "earlier": step.earlier.name if step.earlier is not None else None,
            "sha256": step.sha256,
        }
        for step in steps
    ]
    temporary = _beside(folder / JOURNAL, "new")
    try:
        _write(temporary, json.dumps({"files": files}).encode())
        os.replace(temporary, folder / JOURNAL)  # noqa: PTH105  # its place for tests that make it fail
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise FileTrouble(sentence(steps[0].path, error)) from error


def put_back(folder: Path) -> list[str]:
    """Undo what a killed run had begun to put in place in this folder; returns the names of the set's files.

    Call it with the folder's lock. Raises FileTrouble when an earlier file cannot be put back, or when the journal is
    none of ours.
    """
    journal = folder / JOURNAL
    try:
        text = journal.read_bytes()
    except FileNotFoundError:
        return []
    try:
        steps = [
            Step(
                _inside(folder, entry["file"]),
                None if entry["new"] is None else _inside(folder, entry["new"]),
                None if entry["earlier"] is None else _inside(folder, entry["earlier"]),
                str(entry["sha256"]),
            )
            for entry in json.loads(text)["files"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise FileTrouble(
            f"'{journal}' was left by a run that was stopped, and cannot be read. Compare the files in its folder with "
            "manifest.json, then delete it."
        ) from error
    for step in steps:
        _undo(step)
    _take_away(journal, missing_ok=True)
    return [step.path.name for step in steps]


def _inside(folder: Path, name: str) -> Path:
    """A file of this very folder; ValueError for any other path."""
    if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in ("/", "\\", ":", "\0")):
        raise ValueError(name)
    return folder / name


def _undo(step: Step) -> None:
    """Put a file back as it was; doing it twice does no harm. When it fails, say where the earlier version is."""
    try:
        if step.new is not None and step.new.exists():
            return  # it was not put in place yet
        if step.earlier is not None:
            if step.earlier.exists():
                os.replace(step.earlier, step.path)  # noqa: PTH105  # its place for tests that make it fail
        elif step.new is not None and step.path.exists() and _sha256(step.path) == step.sha256:
            step.path.unlink()
    except OSError as error:
        kept = f": its earlier version is '{step.earlier}'" if step.earlier is not None else ""
        raise FileTrouble(
            f"'{step.path}' could not be put back{kept}. Close it where it is open; the next run puts it back."
        ) from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, too, where the system can."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
            if time.time() - stray.stat().st_mtime >= age:
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
        advice = open_elsewhere(path) or "Close it if it is open in Excel, or choose a folder that you may write to."
        return f"'{path}' cannot be written. {advice} {kept}"
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"'{path.parent}' is not a folder: '{path.name}' cannot be written there. {kept}"
    return f"'{path}' cannot be written: {error.strerror or error}. {kept}"
