"""The last good run in a folder, as the next one into it finds it: figures, prices and input cells, from its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from budgetmodel.comparison.written_run import WrittenRun, read_run
from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.issues import FileTrouble, InputErrors
from budgetmodel.contract.tables import Tables
from budgetmodel.files.disk import read_json, read_regular
from budgetmodel.scenarios.kept_cells import tables_of

MANIFEST = "manifest.json"
"""The manifest's file name, in the folder of the results workbook."""

CELLS, SINCE = "input_cells", "since_last_run"
"""The tables that a run leaves for the next: its input, and how it differed from the run before it."""

SETS = "comparison_set"
"""The table with the money that scenarios release; a run that compares nothing has none."""

NEEDED = ("run", "metrics", "changes", "issues", "allocation", "places", "rules")
"""The tables of the last run that are read; one that was edited since compares with nothing."""

AT_MOST = 1 << 30
"""Bytes of a table that is read: results have a hundredth of it."""

_GUARD = r"^'(?=[=+\-@\t\r\n])"
"""The sign before a text that a spreadsheet would read as a formula (`report.tables.harmless`)."""


@dataclass(frozen=True)
class Earlier:
    """The last good run of a folder.

    `allocation`, `places` and `rules` have the columns and dtypes of their records, `cells` the tables of its input,
    None where it kept none. `since` is its own comparison with a run before it, without rows where it had none;
    `released` is the money released by scenario, £m, of those that are compared with another.
    """

    results_id: str
    run: WrittenRun
    allocation: pd.DataFrame
    places: pd.DataFrame
    rules: pd.DataFrame
    cells: Tables | None
    since: pd.DataFrame
    released: Mapping[str, float]


def earlier_run(folder: Path) -> Earlier | str | None:
    """The last good run of a folder of results; None where there is none, a sentence where it cannot be read."""
    try:
        record = read_json(folder / MANIFEST, AT_MOST)
        digests = {str(name): str(digest) for name, digest in record["sha256"].items()}
        edited = _edited(folder, digests)
        if edited:
            return f"What changed since the last run is not said: {edited} is not as that run wrote it."
        return _read(folder, str(record["results id"]), digests)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, FileTrouble, InputErrors):
        return f"What changed since the last run is not said: its tables in '{folder}' cannot be read."


def _edited(folder: Path, digests: Mapping[str, str]) -> str:
    """The first table that is not as it was written; empty when all are."""
    kept = [f"{name}.csv" for name in (CELLS, SINCE, SETS) if f"{name}.csv" in digests]
    for name in (*(f"{name}.csv" for name in NEEDED), *kept):
        try:
            digest = hashlib.sha256(read_regular(folder / name, AT_MOST)).hexdigest()
        except OSError:  # it is gone, or no file any more
            return name
        if digest != digests.get(name):
            return name
    return ""


def _read(folder: Path, results_id: str, digests: Mapping[str, str]) -> Earlier:
    """The tables of the run; raises what readers of files and numbers raise."""
    kept = _table(folder, CELLS) if f"{CELLS}.csv" in digests else None
    since = _table(folder, SINCE) if f"{SINCE}.csv" in digests else result_table(SINCE, ())
    allocation, places, rules = (_table(folder, name) for name in ("allocation", "places", "rules"))
    cells = None if kept is None else tables_of(kept)
    sets = _table(folder, SETS) if f"{SETS}.csv" in digests else result_table(SETS, ())
    return Earlier(results_id, read_run(folder), allocation, places, rules, cells, since, released_of(sets))


def released_of(sets: pd.DataFrame) -> dict[str, float]:
    """The money that each scenario releases against another, £m, from the table `comparison_set`."""
    others = sets[sets["set"] != sets["scenario"]]
    return dict(zip(others["scenario"], others["released"].astype(float), strict=True))


def _table(folder: Path, name: str) -> pd.DataFrame:
    """A table from its file, with the columns and dtypes of its record; ValueError when a column is not there."""
    columns = FRAME[name].columns
    texts = pd.read_csv(
        folder / f"{name}.csv",
        usecols=[column.name for column in columns],
        dtype=str,
        keep_default_na=False,
        encoding="utf-8",
    )
    made = {column.name: _typed(texts[column.name], column.dtype) for column in columns}
    return result_table(name, pd.DataFrame(made, columns=[column.name for column in columns]))


def _typed(texts: pd.Series[str], dtype: str) -> pd.Series[Any]:
    """A column of a file as a frame has it; texts lose the sign of a guarded formula, a blank figure is missing."""
    if dtype == "bool":
        return texts == "TRUE"
    if dtype in ("str", "object"):
        return texts.str.replace(_GUARD, "", regex=True)
    numbers = pd.to_numeric(texts.where(texts != ""))
    return numbers.astype("int64") if dtype == "int64" else numbers.astype("float64")
