"""Which files belong to one run: an id that every one of them bears, and a manifest with the SHA-256 of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from budgetmodel.report.tables import Frames, csv_tables

MANIFEST = "manifest.json"
"""The manifest's name beside the results workbook."""

RESULTS_ID = "results id"
"""The key of the `run` frame that says which results these are."""

DIGITS = 12
"""Digits of the id: as many as people compare by eye."""

OF_THE_RUN = "run"
"""The frame that holds the command and other facts that are not figures."""


def with_results_id(frames: Frames, tables: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, pd.DataFrame]]:
    """The tables and frames with the id of these results as one more fact of every scenario.

    The id is made of every table but the run's own facts, so equal figures have the same id whatever the command was.
    The workbook (Provenance), the report, run.csv and the manifest bear it: files of different runs are told apart.
    """
    total = hashlib.sha256()
    for name in sorted(tables.keys() - {OF_THE_RUN}):
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
    told = {"results id": str(found.iloc[0]) if len(found) else "", "sha256": files}
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def changed_files(folder: Path) -> list[str]:
    """The files that are not as the manifest of their folder says, or are gone; nothing when there is no manifest."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())["sha256"]
        files = {str(name): str(digest) for name, digest in told.items()}
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [MANIFEST]
    return [name for name, digest in files.items() if _sha256(folder / Path(name).name) != digest]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def notices(workbook: Path) -> list[str]:
    """What is to be said before results are written over those of an earlier run, in sentences."""
    from budgetmodel.files.open_elsewhere import open_elsewhere
    from budgetmodel.files.sets import JOURNAL

    folder = workbook.parent
    if (folder / JOURNAL).exists():
        return [
            f"An earlier run was stopped while it wrote into '{folder}': what it began to replace is put back first."
        ]
    told = [f"{name} is not as the earlier run wrote it, and is replaced." for name in changed_files(folder)]
    seems = open_elsewhere(workbook)
    return [*told, f"'{workbook}' is replaced. {seems}"] if seems else told
