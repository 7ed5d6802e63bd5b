"""Scenarios side by side: every metric, the do-minimum beside them, and the ranking at equal contract costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.api import best_index, index_at_equal_costs, scenario_structure, side_by_side
from budgetmodel.budget import Budget
from budgetmodel.measures.catalogue import with_units
from budgetmodel.results import DO_MINIMUM, Result, do_minimum_metrics
from budgetmodel.schema import fold

NEW_ROW, NOTHING = "new row", "none"
"""How a cell's value is shown where there was none before, and where there is none after."""


@dataclass(frozen=True)
class Comparison:
    """Several scenarios compared.

    `metrics` has a row per scenario, metric and group, the do-minimum included as a scenario of its own;
    `differences` lists what the scenarios change in the inputs, and comes first in every report.
    """

    metrics: pd.DataFrame
    differences: pd.DataFrame

    def table(self, metrics: tuple[str, ...], group: str = "") -> pd.DataFrame:
        """Scenarios as rows, the named metrics as columns."""
        rows = self.metrics[(self.metrics["group"] == group) & self.metrics["metric"].isin(metrics)]
        wide = rows.pivot(index="scenario", columns="metric", values="value")
        return wide.reindex(index=list(dict.fromkeys(self.metrics["scenario"])), columns=list(metrics))


def net_changes(differences: pd.DataFrame, scenario: str) -> list[tuple[str, str, str]]:
    """What a scenario's changes come to: each cell once, with its value in the workbook and in the scenario.

    `differences` has the columns of the `changes` frame. A cell that several changes hit counts from the first value
    to the last; a new row has the name of its sheet and of its change for a cell.
    """
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    own = differences[differences["scenario"] == scenario] if len(differences) else differences
    for cell, old, new, by in zip(*(own[name] for name in ("cell", "old", "new", "change_cell")), strict=True):
        is_row = "!" not in cell
        key = f"{cell}, {NEW_ROW} ({by})" if is_row else cell
        first.setdefault(key, "" if is_row else str(old))
        last[key] = str(new)
    return [(key, first[key] or NOTHING, last[key] or NOTHING) for key in first if first[key] != last[key]]


def compare(
    results: Mapping[str, Result],
    base: Budget | None = None,
    solver: str = "highs",
    *,
    memory: str | Path | None = None,
    fresh: bool = False,
) -> Comparison:
    """Put results side by side.

    With `base`, the budget that they were solved from, the ranking at equal contract costs and the index that no rule
    stands in the way of are solved for too: metrics `index_at_equal_costs`, `shortfall_at_equal_costs` and
    `best_index`. `memory` and `fresh` are those of `solve`.
    """
    if not results:
        return Comparison(
            pd.DataFrame(columns=["scenario", "metric", "group", "value", "unit", "better"]), pd.DataFrame()
        )
    pieces = [result.frames["metrics"] for result in results.values()]
    if base is not None:
        pieces += [
            _more(base, results, solver, memory, fresh),
            do_minimum_metrics(_first_structure(base, results), _free_name(results)),
        ]
    differences = pd.concat([result.frames["changes"] for result in results.values()], ignore_index=True)
    return Comparison(pd.concat(pieces, ignore_index=True), differences)


def _first_structure(base: Budget, results: Mapping[str, Result]):  # type: ignore[no-untyped-def]  # program's own type
    return scenario_structure(base, next(iter(results)))[0]


def _free_name(results: Mapping[str, Result]) -> str:
    """The do-minimum's name, unless a scenario of the workbook bears it."""
    taken = {fold(name) for name in results}
    return DO_MINIMUM if fold(DO_MINIMUM) not in taken else f"{DO_MINIMUM} (reference)"


def _more(
    base: Budget, results: Mapping[str, Result], solver: str, memory: str | Path | None, fresh: bool
) -> pd.DataFrame:
    """The metrics that need solves of their own."""
    first = next(iter(results))
    same = [name for name, result in results.items() if _same_tables(result, results[first])]
    others = [name for name in same if name != first]
    kinds = [f"{name}|equal" for name in others] + [f"{first}|best"]

    def job(task: str) -> tuple[float, float] | None:
        name, _, what = task.rpartition("|")
        if what == "best":
            value = best_index(base, name, solver=solver, memory=memory, fresh=fresh)
            return None if value is None else (0.0, value)
        return index_at_equal_costs(base, name, first, solver=solver, memory=memory, fresh=fresh)

    solved = dict(zip(kinds, side_by_side(job, kinds), strict=True))
    own = results[first]
    rows = [(first, own.metric("shortfall"), own.metric("index"))]
    rows += [(name, *found) for name in others if (found := solved[f"{name}|equal"]) is not None]
    records = [
        (name, metric, "", value)
        for name, shortfall, index in rows
        for metric, value in (("shortfall_at_equal_costs", shortfall), ("index_at_equal_costs", index))
    ]
    best = solved[f"{first}|best"]
    if best is not None:
        records += [(name, "best_index", "", best[1]) for name in same]
    return with_units(pd.DataFrame(records, columns=["scenario", "metric", "group", "value"]))


def _same_tables(one: Result, other: Result) -> bool:
    """Whether two results come from the same tables: only then do their regimes compare."""
    columns = ["cell", "new"]
    return bool(one.frames["changes"][columns].equals(other.frames["changes"][columns]))
