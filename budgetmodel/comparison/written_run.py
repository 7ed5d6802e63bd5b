"""A run as its folder holds it: the tables that it wrote, read and looked through."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.issues import FileTrouble, InputErrors, Issue
from budgetmodel.contract.status import NOT_MET, shown_name
from budgetmodel.excel.is_results import is_results
from budgetmodel.files.disk import read_regular
from budgetmodel.files.journal import unfinished

READ = ("metrics", "run", "changes", "issues")
"""The tables of a run that are read; they must have the columns of their records."""

WORKBOOK, MANIFEST = "results.xlsx", "manifest.json"

AT_MOST = 1 << 30
"""Bytes of a table that is read."""

INPUT, SHA, PACK_SHA = "input", "input SHA-256", re.compile(r"pack \d+ SHA-256")
OWN_KEYS = ("remembered", "command", "status")
"""Keys of the `run` frame that describe the run itself and not its inputs."""

PROVED_KEYS = {"index": "index", "shortfall": "shortfall (£m)"}
"""Metrics that the `run` frame has too, from before rounding, by their key there."""

AGREES, SHORTFALL_SLACK = 1e-6, 1e-5
"""The most by which a metric may differ from the proof of its run, as a share: index and shortfall."""

NO_PROOF = "NOT_SOLVED"
"""The code of a scenario that has no answer although it is not infeasible."""

HASH = re.compile(r"[0-9a-f]{64}")
_GUARDED = re.compile(r"'[=+\-@\t\r\n]")


@dataclass(frozen=True)
class WrittenRun:
    """One run as read from its folder: `name` is unique among the runs read, `frames` are those of READ, as text."""

    name: str
    folder: Path
    frames: Mapping[str, pd.DataFrame]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that were solved, in order."""
        return tuple(dict.fromkeys(self.frames["run"]["scenario"]))

    def notes(self, scenario: str) -> dict[str, str]:
        """The `run` frame of a scenario: key -> value."""
        rows = self.frames["run"]
        rows = rows[rows["scenario"] == scenario]
        return dict(zip(rows["key"], rows["value"], strict=True))

    def is_met(self, scenario: str) -> bool:
        """Whether a scenario was answered as it was asked, and not with its way out applied."""
        return self.notes(scenario).get("status") != NOT_MET

    def shown(self, scenario: str) -> str:
        """The name by which its answer is spoken of: marked where it is not met."""
        return shown_name(scenario, self.notes(scenario).get("status", ""))

    @property
    def unsolved(self) -> dict[str, str]:
        """The scenarios that have no answer, in order, and whether each is infeasible or failed."""
        stops = self.frames["issues"][self.frames["issues"]["severity"] == "error"]
        codes = {str(scenario): set(rows) for scenario, rows in stops.groupby("scenario", sort=False)["code"]}
        return {
            scenario: "failed" if own == {NO_PROOF} else "infeasible"
            for scenario, own in codes.items()
            if scenario not in self.scenarios
        }

    def absent(self, scenario: str) -> str:
        """Why a scenario has no figures here."""
        return f"{self.unsolved[scenario]}: no answer" if scenario in self.unsolved else "no such scenario"


def read_run(path: str | Path, name: str = "") -> WrittenRun:
    """The tables of a run, from its folder or its results workbook; `name` is by default that of the folder.

    Raises FileTrouble when a table is missing or cannot be read or the workbook is not a results workbook, and
    InputErrors with everything that is wrong with their contents: columns, hashes, values that are not numbers,
    figures that the proof of the run contradicts.
    """
    given = Path(path)
    folder = given.parent if given.suffix.lower() == ".xlsx" else given
    if not given.exists():
        raise FileTrouble(f"There is no '{given}'. Name the folder of a run, or its {WORKBOOK}.")
    if given != folder and not is_results(given):
        raise FileTrouble(
            f"'{given}' holds no results of a run: it seems to be an input workbook. Two of those are compared by: "
            "budgetmodel diff EARLIER.xlsx LATER.xlsx"
        )
    issues: list[Issue] = []
    before = _set(folder)
    frames = {table: _table(folder / f"{table}.csv", FRAME[table].names, issues) for table in READ}
    if _set(folder) != before:
        raise FileTrouble(f"'{folder}' was written anew while it was read: compare it again.")
    if not issues:
        issues += _faults(frames, folder)
    if issues:
        raise InputErrors(issues)
    return WrittenRun(name or folder.name or str(folder), folder, frames)


def _set(folder: Path) -> bytes:
    """The manifest by which a set of results is known; FileTrouble where one is half in place."""
    if words := unfinished(folder):
        raise FileTrouble(words)
    try:
        return read_regular(folder / MANIFEST, AT_MOST)
    except OSError:  # results may be without one
        return b""


def _table(path: Path, columns: Sequence[str], issues: list[Issue]) -> pd.DataFrame:
    try:
        text = read_regular(path, AT_MOST).decode("utf-8")
    except FileNotFoundError:
        raise FileTrouble(f"There is no '{path}': run the workbook again, or name another folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileTrouble(f"'{path}' cannot be read ({type(error).__name__}). Name another folder.") from error
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise FileTrouble(f"'{path}' is no table that a run wrote ({error}). Name another folder.") from error
    if not rows or rows[0] != list(columns):
        found = f"the columns are {', '.join(rows[0]) if rows else 'missing'}"
        issues.append(_issue(path.name, "1", found, ", ".join(columns)))
        return pd.DataFrame(columns=list(columns))
    short = [number for number, row in enumerate(rows, start=1) if len(row) != len(columns)]
    if short:
        issues.append(_issue(path.name, str(short[0]), "the line has another number of cells", f"{len(columns)} cells"))
        return pd.DataFrame(columns=list(columns))
    return pd.DataFrame([[_unguarded(cell) for cell in row] for row in rows[1:]], columns=list(columns), dtype=object)


def _unguarded(text: str) -> str:
    """A text without the sign by which spreadsheets do not read it as a formula."""
    return text[1:] if _GUARDED.match(text) else text


def _issue(table: str, line: str, found: str, expected: str) -> Issue:
    fix = "Run the workbook again: the tables beside a results workbook are not to be edited."
    return Issue("RESULT_TABLE", "error", table, line, found, expected, fix)


def _faults(frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Issue]:
    """Values that no run writes into its tables."""
    run, metrics = frames["run"], frames["metrics"]
    issues = []
    for line, (key, value) in enumerate(zip(run["key"], run["value"], strict=True), start=2):
        if (key == SHA or PACK_SHA.fullmatch(key)) and not HASH.fullmatch(value):
            issues.append(_issue("run.csv", str(line), f"'{key}' is '{value}'", "64 hexadecimal digits"))
    for line, value in enumerate(metrics["value"], start=2):
        if _number(value) is None:
            issues.append(_issue("metrics.csv", str(line), f"the value is '{value}'", "a number"))
    if not len(run):
        issues.append(_issue("run.csv", "1", f"no scenario in '{folder.name}' has an answer", "a scenario"))
    return issues or _contradictions(run, metrics)


def _contradictions(run: pd.DataFrame, metrics: pd.DataFrame) -> list[Issue]:
    """Figures that differ from those that the run proved."""
    proved = {(s, k): v for s, k, v in zip(run["scenario"], run["key"], run["value"], strict=True)}
    issues = []
    for scenario in dict.fromkeys(run["scenario"]):
        if not HASH.fullmatch(proved.get((scenario, SHA), "")):
            issues.append(_issue("run.csv", "", f"'{scenario}' does not say what it was made of", f"'{SHA}'"))
        for metric, key in PROVED_KEYS.items():
            rows = metrics[(metrics["scenario"] == scenario) & (metrics["metric"] == metric) & (metrics["group"] == "")]
            reported, expected = (
                (_number(rows["value"].iloc[0]) if len(rows) == 1 else None),
                _number(proved.get((scenario, key))),
            )
            slack = AGREES if metric == "index" else SHORTFALL_SLACK
            if reported is None or expected is None or abs(reported - expected) > slack * max(1.0, abs(expected)):
                found = f"the {metric} of '{scenario}' is {reported if reported is not None else 'missing'}"
                issues.append(_issue("metrics.csv", "", found, f"what run.csv has proved: {expected}"))
    return issues


def _number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
