"""Runs of different days side by side, from the tables that they wrote: what differs in the inputs comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.comparison.sidebyside import net_changes
from budgetmodel.comparison.written_run import HASH, INPUT, OWN_KEYS, SHA, WrittenRun, read_run
from budgetmodel.contract.issues import InputErrors, Issue
from budgetmodel.scenarios.table_marks import TABLES_KEY, read_marks

SHOWN = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
"""Metrics that are put side by side, in all years."""


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
    return f"{text[:12]}..." if HASH.fullmatch(text) else text


def _cut(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + '.':<{width}}"
