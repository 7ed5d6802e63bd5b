"""Runs of different days side by side, from the tables that they wrote: what differs in the inputs comes first."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.comparison.sidebyside import net_changes
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.issues import FileTrouble, InputErrors, Issue
from budgetmodel.contract.status import NOT_MET, shown_name
from budgetmodel.excel.is_results import is_results
from budgetmodel.files.disk import read_regular
from budgetmodel.files.journal import unfinished
from budgetmodel.scenarios.table_marks import TABLES_KEY, read_marks

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

SHOWN = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
"""Metrics that are put side by side, in all years."""

NO_PROOF = "NOT_SOLVED"
"""The code of a scenario that has no answer although it is not infeasible."""

_HASH = re.compile(r"[0-9a-f]{64}")
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


@dataclass(frozen=True)
class Runs:
    """Runs side by side.

    `differences` has a row for each thing in which their inputs differ: `what`, `scenario` (blank for all), `key`,
    and per run its value. `metrics` has a row per run, scenario and metric of SHOWN. `sets` has for each scenario of
    each run the first "run: scenario" over the same tables, blank where the run did not record its tables.
    """

    runs: tuple[WrittenRun, ...]
    differences: pd.DataFrame
    metrics: pd.DataFrame
    sets: pd.DataFrame


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


def compare_runs(paths: Sequence[str | Path]) -> Runs:
    """Runs of different days side by side; each has the name of its folder, or its path where names clash.

    Raises FileTrouble and InputErrors as `read_run`, the latter with what is wrong in all of them.
    """
    names = _names([Path(path) for path in paths])
    found: list[WrittenRun] = []
    issues: list[Issue] = []
    for path, name in zip(paths, names, strict=True):
        try:
            found.append(read_run(path, name))
        except InputErrors as refused:
            issues += refused.issues
    if issues:
        raise InputErrors(issues)
    runs = tuple(found)
    sets = _sets(runs)
    return Runs(runs, _differences(runs), _metrics(runs), sets)


def _names(paths: Sequence[Path]) -> list[str]:
    """Short unique names of runs: the folder's, or as much of the path as is needed."""
    folders = [(path.parent if path.suffix.lower() == ".xlsx" else path).absolute() for path in paths]
    for depth in range(1, max(len(folder.parts) for folder in folders) + 1):
        names = ["/".join(folder.parts[-depth:]) for folder in folders]
        if len(set(names)) == len(set(folders)):
            break
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[number] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


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
        if (key == SHA or PACK_SHA.fullmatch(key)) and not _HASH.fullmatch(value):
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
        if not _HASH.fullmatch(proved.get((scenario, SHA), "")):
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


# ---- what differs ------------------------------------------------------------------------------------


def _differences(runs: Sequence[WrittenRun]) -> pd.DataFrame:
    """A row per thing in which the inputs of the runs differ, the workbook first, then settings, then cells."""
    rows = [*_facts(runs), *_tables(runs), *_cells(runs)]
    return pd.DataFrame(rows, columns=["what", "scenario", "key", *(run.name for run in runs)])


def _facts(runs: Sequence[WrittenRun]) -> list[list[str]]:
    """Files, hashes, versions and settings: once for all scenarios where all of a run share them."""
    notes = [{scenario: run.notes(scenario) for scenario in run.scenarios} for run in runs]
    keys = dict.fromkeys(key for own in notes for facts in own.values() for key in facts)
    rows = []
    for key in keys:
        if key in OWN_KEYS or key == TABLES_KEY or not _is_input(key):
            continue
        shared = [{facts.get(key, "none") for facts in own.values()} for own in notes]
        values = [" | ".join(sorted(each)) for each in shared]
        if len(set(values)) > 1:
            rows.append(["input" if key.startswith((INPUT, "pack")) else "setting", "", key, *values])
    for run_scenario in dict.fromkeys(scenario for own in notes for scenario in own):
        regimes = [
            own[run_scenario].get("regime", "") if run_scenario in own else run.absent(run_scenario)
            for run, own in zip(runs, notes, strict=True)
        ]
        if len(set(regimes)) > 1:
            rows.append(["scenario", run_scenario, "regime", *regimes])
    return rows


def _is_input(key: str) -> bool:
    """Whether a key of the `run` frame records an input: files, hashes, versions, the solver."""
    return key in (INPUT, SHA, "solver") or key.startswith("pack ") or key.endswith(" version")


def _tables(runs: Sequence[WrittenRun]) -> list[list[str]]:
    """Sheets that differ between the workbooks of the runs, by the marks that each run records."""
    marks = [[read_marks(run.notes(scenario).get(TABLES_KEY, "")) for scenario in run.scenarios] for run in runs]
    sheets = dict.fromkeys(sheet for own in marks for each in own for sheet in each)
    rows = []
    for sheet in sheets:
        values = [" | ".join(sorted({each.get(sheet, "not noted") for each in own})) for own in marks]
        if len(set(values)) > 1:
            rows.append(["sheet", "", sheet, *values])
    return rows


def _cells(runs: Sequence[WrittenRun]) -> list[list[str]]:
    """Cells that a scenario changes in one run, and not or to another value in another."""
    rows = []
    for scenario in dict.fromkeys(scenario for run in runs for scenario in run.scenarios):
        net = [{cell: (old, new) for cell, old, new in net_changes(run.frames["changes"], scenario)} for run in runs]
        for cell in dict.fromkeys(cell for own in net for cell in own):
            was = next(own[cell][0] for own in net if cell in own)
            values = [own[cell][1] if cell in own else f"{was} (unchanged)" for own in net]
            both = zip(values, runs, strict=True)
            here = [v if scenario in run.scenarios else run.absent(scenario) for v, run in both]
            if len(set(here)) > 1:
                rows.append(["changed cell", scenario, cell, *here])
    return rows


def _metrics(runs: Sequence[WrittenRun]) -> pd.DataFrame:
    pieces = []
    for run in runs:
        own = run.frames["metrics"]
        own = own[(own["group"] == "") & own["metric"].isin(SHOWN) & own["scenario"].isin(run.scenarios)]
        pieces.append(own.assign(value=own["value"].astype(float)).assign(run=run.name))
    joined = pd.concat(pieces, ignore_index=True)
    return joined[["run", "scenario", "metric", "value", "unit", "better"]]


def _sets(runs: Sequence[WrittenRun]) -> pd.DataFrame:
    """For each scenario the first one over the same tables; blank where a run did not record its tables.

    One that is not met stands alone.
    """
    firsts: dict[str, str] = {}
    rows = []
    for run in runs:
        for scenario in run.scenarios:
            marks = run.notes(scenario).get(TABLES_KEY, "")
            name = f"{run.name}: {scenario}"
            alone = bool(marks) and not run.is_met(scenario)
            rows.append((run.name, scenario, name if alone else firsts.setdefault(marks, name) if marks else ""))
    return pd.DataFrame(rows, columns=["run", "scenario", "set"])


# ---- in words ----------------------------------------------------------------------------------------

WIDTH, LISTED = 100, 30


def run_lines(found: Runs) -> list[str]:
    """For a console: what differs in the inputs, then the results, a line per run and scenario."""
    lines = ["What differs in the inputs"]
    for row in found.differences.to_dict("records")[:LISTED]:
        who = f"{row['scenario']}, " if row["scenario"] else ""
        values = "; ".join(f"{run.name}: {_short(str(row[run.name]))}" for run in found.runs)
        lines.append(f"  {row['what']}  {who}{row['key']}: {values}")
    more = len(found.differences) - LISTED
    lines += [f"  ... and {more} more: --json lists them all."] if more > 0 else []
    lines += [] if len(found.differences) else ["  Nothing: the same workbook, packs, changes, versions and solver."]
    if len(found.differences) and _other_workbooks(found):
        lines.append("  To see the cells of two workbooks: budgetmodel diff EARLIER.xlsx LATER.xlsx")
    lines += ["", "Short£m is what should rules are missed by, times their weights.", _heading(found)]
    wide = found.metrics.pivot_table(index=["run", "scenario"], columns="metric", values="value", sort=False)
    named = {run.name: run for run in found.runs}
    numbers = {name: number for number, name in enumerate(dict.fromkeys(found.sets["set"]), start=1) if name}
    for run, scenario, home in found.sets.itertuples(index=False):
        figures = wide.loc[(run, scenario)]
        columns = " ".join(f"{_figure(figures.get(metric)):>10}" for metric in SHOWN)
        lines.append(f"{_cut(f'{run}: {named[run].shown(scenario)}', 40)} {columns}  {numbers.get(home, '?')}")
    for each in found.runs:
        lines += [f"{_cut(f'{each.name}: {name}', 40)} {each.absent(name)}" for name in each.unsolved]
    if len(set(found.sets["set"])) > 1 or "" in set(found.sets["set"]):
        lines.append("Scenarios of different sets stand on different tables: do not rank them against each other.")
    return lines


def run_records(found: Runs) -> dict[str, object]:
    """As JSON: what differs first, then the results; money in £m."""
    return {
        "differences": [
            {
                **{name: row[name] for name in ("what", "scenario", "key")},
                "values": {run.name: row[run.name] for run in found.runs},
            }
            for row in found.differences.to_dict("records")
        ],
        "runs": [
            {
                "run": run.name,
                "folder": str(run.folder),
                "scenarios": list(run.scenarios),
                "not_met": [name for name in run.scenarios if not run.is_met(name)],
                "unsolved": [{"scenario": name, "status": status} for name, status in run.unsolved.items()],
            }
            for run in found.runs
        ],
        "sets": found.sets.to_dict("records"),
        "metrics": found.metrics.to_dict("records"),
    }


def _other_workbooks(found: Runs) -> bool:
    return bool((found.differences["key"] == SHA).any())


def _heading(found: Runs) -> str:
    heads = ("Index", "Short£m", "Delivered", "Cost£m", "Contr.")
    return f"{'Run: scenario':<40} {' '.join(f'{head:>10}' for head in heads)}  Set"


def _figure(value: object) -> str:
    return "" if value is None or value != value else f"{float(str(value)):,.2f}"


def _short(text: str) -> str:
    return f"{text[:12]}..." if _HASH.fullmatch(text) else text


def _cut(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + '.':<{width}}"
