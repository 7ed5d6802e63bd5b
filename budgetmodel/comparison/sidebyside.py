"""Scenarios side by side: every metric, also of the do-minimum, and the ranking at equal contract costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.answers.values import best_index
from budgetmodel.comparison.ranking import NOTHING_FOUND, Pair, Progress, ranked
from budgetmodel.comparison.released import released_metrics
from budgetmodel.contract.content import LISTED, SHORT, Content, counted
from budgetmodel.contract.frames import below, result_table
from budgetmodel.contract.frozen import Frames, read_only, rows_of
from budgetmodel.contract.options import DEFAULT, Options, chosen
from budgetmodel.contract.schema import fold
from budgetmodel.metrics.catalogue import with_units
from budgetmodel.program.solve.solver import refuse_solver
from budgetmodel.results import DO_MINIMUM, Result, check_mapping
from budgetmodel.runtime import tuned
from budgetmodel.scenarios.budget import Budget, check_budget
from budgetmodel.solved_tables import do_minimum_metrics

NEW_ROW, NOTHING = "new row", "none"
"""The text for a cell without a value before a change, and for one without a value after it."""

BEST = "best_index"
"""The metric of the lowest index with one pot and without rules: law, place keys and the money itself still bind."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Content):
    """Several scenarios compared.

    `metrics` has a row per scenario, metric and group, the do-minimum included as a scenario of its own;
    `differences` lists what the scenarios change in the inputs, and comes first in every report. `frames` has those of
    `ranking.Ranking` when the comparison was made with the budget; otherwise it is empty.
    """

    metrics: pd.DataFrame
    differences: pd.DataFrame
    frames: Frames = field(default_factory=lambda: Frames({}))

    def table(self, metrics: tuple[str, ...], group: str = "") -> pd.DataFrame:
        """Scenarios as rows, the named metrics as columns."""
        rows = self.metrics[(self.metrics["group"] == group) & self.metrics["metric"].isin(metrics)]
        wide = rows.pivot(index="scenario", columns="metric", values="value")
        return wide.reindex(index=list(dict.fromkeys(self.metrics["scenario"])), columns=list(metrics))

    def _card(self) -> tuple[str, Mapping[str, object]]:
        scenarios = tuple(dict.fromkeys(str(name) for name in self.metrics["scenario"]))
        ranked = self.table(("index",))["index"] if scenarios else pd.Series(dtype=float)
        return f"Comparison of {len(scenarios)} scenarios", {
            "content": self.content_hash[:SHORT],
            "scenarios": counted(scenarios),
            **{f"index {n}": f"{value:.4f}, {name}" for n, (name, value) in enumerate(ranked.head(LISTED).items(), 1)},
            "metrics": f"{len(self.metrics):,} rows of {self.metrics['metric'].nunique()} metrics",
            "differences": f"{len(self.differences):,} changed cells",
            "frames (rows)": rows_of(self.frames),
        }


def net_changes(differences: pd.DataFrame, scenario: str) -> list[tuple[str, str, str]]:
    """The net changes of a scenario: each cell once, with its value in the workbook and in the scenario.

    `differences` has the columns of the `changes` frame. A cell that several changes set has the first old value
    and the last new one; a new row has the name of its sheet and of its change in place of a cell.
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


@tuned()
def compare(
    results: Mapping[str, Result],
    base: Budget | None = None,
    solver: str = DEFAULT,
    *,
    memory: str | Path | None = None,
    fresh: bool = False,
    in_full: bool = False,
    time_limit: float | None = None,
    threads: int | None = None,
    options: Options | None = None,
    found: Mapping[Pair, Any] = NOTHING_FOUND,
    progress: Progress = lambda _, __: None,
) -> Comparison:
    """Put results side by side.

    With `base`, the budget that they were solved from, the scenarios of each comparison set are ranked at equal
    contract costs (metrics `index_at_equal_costs` and `shortfall_at_equal_costs`), their gain is split into walls and
    costs, and the costs at which no money is released are found: see `ranking`. The lowest index with
    one pot and without rules is solved for too (`best_index`). Scenarios that do not share their tables are shown side
    by side and not ranked.

    `memory`, `fresh` and `time_limit` (for each re-solve) are those of `solve`, `threads` that of `solve_all`; with
    `in_full` break-evens are solved in full; `options` may hold all of these. `found` has what was solved for the
    ranking already (`ranking.ready`), and `progress` is called with how many re-solves are done, and of how many.

    Raises SolverFailed when a figure is not proved, TypeError when `results` is not a mapping of results or `base` not
    a Budget, and BadCommand for an unknown solver.
    """
    given = {"memory": memory, "fresh": fresh, "time_limit": time_limit, "threads": threads}
    options = chosen(options, solver=solver, explain=in_full, **given)
    check_mapping(results)
    if base is not None:
        check_budget(base)
    refuse_solver(options.solver)
    if not results:
        return Comparison(result_table("metrics", ()), result_table("changes", ()))
    pieces = [result.frames["metrics"] for result in results.values()]
    frames: Mapping[str, pd.DataFrame] = {}
    if base is not None:
        first = next(iter(results))
        ranking = ranked(
            results,
            options,
            also={BEST: lambda: best_index(base, first, options)},
            found=found,
            progress=progress,
        )
        frames = ranking.frames
        pieces += [
            ranking.metrics,
            _best(ranking.more[BEST], frames["comparison_set"]),
            released_metrics(results, frames["comparison_set"]),
            do_minimum_metrics(
                _first_structure(base, results), _free_name(results), (r.answer.objective for r in results.values())
            ),
        ]
    differences = below("changes", [result.frames["changes"] for result in results.values()])
    return Comparison(below("metrics", pieces), differences, Frames(frames))


def _best(best: object, sets: pd.DataFrame) -> pd.DataFrame:
    """The lowest index with one pot and without rules, for every scenario over the tables of the first."""
    names = list(sets.loc[sets["set"] == sets["set"].iloc[0], "scenario"]) if best is not None else []
    rows = [(name, BEST, "", best) for name in names]
    return with_units(pd.DataFrame(rows, columns=["scenario", "metric", "group", "value"]))


def _first_structure(base: Budget, results: Mapping[str, Result]):  # type: ignore[no-untyped-def]  # program's own type
    return scenario_structure(base, next(iter(results)))[0]


def _free_name(results: Mapping[str, Result]) -> str:
    """The name of the do-minimum, marked when a scenario of the workbook has the same."""
    taken = {fold(name) for name in results}
    return DO_MINIMUM if fold(DO_MINIMUM) not in taken else f"{DO_MINIMUM} (reference)"
