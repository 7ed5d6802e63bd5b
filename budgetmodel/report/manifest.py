"""The files that belong to one run: an id that every one of them has, and a manifest with the SHA-256 of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from budgetmodel.comparison.earlier import MANIFEST as MANIFEST
from budgetmodel.contract.frames import SINCE, names_of
from budgetmodel.files.disk import read_json, read_regular
from budgetmodel.report.tables import Frames, csv_tables

RESULTS_ID = "results id"
"""The key of the results id in the `run` frame."""

AT_MOST = 1 << 30
"""Bytes of a file that is looked at: results have a hundredth of it."""

DIGITS = 12
"""Hexadecimal digits of the id: few enough to compare by eye."""

OF_THE_RUN = "run"
"""The frame of the command and other facts that are not figures."""


def with_results_id(frames: Frames, tables: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, pd.DataFrame]]:
    """The tables and frames, with the id of these results added to the `run` frame of every scenario.

    The id is a hash of every table but `run` and those about an earlier run, so equal figures have the same id whatever
    the command was and whatever the folder held. The workbook (Provenance), the report, run.csv and the manifest have
    it, so that files of different runs can be distinguished.
    """
    total = hashlib.sha256()
    for name in sorted(tables.keys() - {OF_THE_RUN, *names_of(SINCE)}):
        total.update(f"{name} {hashlib.sha256(tables[name]).hexdigest()}\n".encode())
    number = total.hexdigest()[:DIGITS]
    run = frames[OF_THE_RUN]
    scenarios = list(dict.fromkeys(run["scenario"]))
    rows = pd.DataFrame({"scenario": scenarios, "key": RESULTS_ID, "value": number})
    marked = pd.concat([run, rows[list(run.columns)]], ignore_index=True) if scenarios else run
    return {**tables, **csv_tables({OF_THE_RUN: marked})}, {**frames, OF_THE_RUN: marked}


def manifest_bytes(contents: Mapping[str, bytes], frames: Frames) -> bytes:
    """The manifest of files by name, as JSON; equal files give equal bytes."""
    run = frames[OF_THE_RUN]
    found = run.loc[run["key"] == RESULTS_ID, "value"]
    files = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
    record = {"results id": str(found.iloc[0]) if len(found) else "", "sha256": files}
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def changed_files(folder: Path) -> list[str]:
    """The files that differ from the manifest of their folder or are missing; empty when there is no manifest."""
    try:
        digests = read_json(folder / MANIFEST, AT_MOST)["sha256"]
        files = {str(name): str(digest) for name, digest in digests.items()}
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [MANIFEST]
    return [name for name, digest in files.items() if _sha256(folder / Path(name).name) != digest]


def as_written(folder: Path, name: str) -> bool:
    """Whether the manifest of a folder lists a file, and the file is as that run wrote it."""
    try:
        digests = read_json(folder / MANIFEST, AT_MOST)["sha256"]
        return bool(digests[name] == _sha256(folder / name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(read_regular(path, AT_MOST)).hexdigest()
    except OSError:
        return ""


def notices(workbook: Path) -> list[str]:
    """The sentences to print before results replace those of an earlier run."""
    from budgetmodel.files.open_elsewhere import open_elsewhere

    folder = workbook.parent
    changed = [f"{name} is not as the earlier run wrote it, and is replaced." for name in changed_files(folder)]
    seems = open_elsewhere(workbook)
    return [*changed, f"'{workbook}' is replaced. {seems}"] if seems else changed
