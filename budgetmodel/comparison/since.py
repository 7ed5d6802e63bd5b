"""What changed since the last run into the same folder: which inputs differ, and what that did.

A run is compared with the last good one in its folder that was another. A run that differs in nothing keeps the
comparison that the folder has: running twice gives the same files, and opening the results again the next morning still
says what the last change did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from budgetmodel.comparison.earlier import Earlier, earlier_run, released_of
from budgetmodel.comparison.since_figures import CLOSE, figures
from budgetmodel.comparison.since_inputs import input_rows
from budgetmodel.comparison.since_scenarios import scenario_rows
from budgetmodel.comparison.since_why import why_rows
from budgetmodel.contract.frames import below, result_table
from budgetmodel.contract.frames.since import CELL, HEADLINE, REASON, RUN, SCENARIO, SETTING, SUMMARY
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.issues import BudgetError
from budgetmodel.results import Result
from budgetmodel.scenarios.budget import Budget
from budgetmodel.scenarios.kept_cells import kept_cells

FIRST, SAME, OTHER = "first", "same", "other"
"""What a run is to the last one in its folder: there was none, nothing differs, something does."""

NOTHING: Mapping[str, pd.DataFrame] = MappingProxyType({})

COMPARED = ("run", "changes", "metrics", "allocation", "places", "rules")
"""The tables of this run that are compared."""


@read_only
@dataclass(frozen=True, eq=False)
class Since:
    """What changed since the last run.

    `rows` is the result table `since_last_run`: of a run that is the SAME, that of the run before. `kept` is the table
    `input_cells`, for the next run. `trouble` is a sentence on what could not be compared, empty where all was.
    """

    relation: str = FIRST
    rows: pd.DataFrame = field(default_factory=lambda: result_table("since_last_run", ()))
    kept: pd.DataFrame = field(default_factory=lambda: result_table("input_cells", ()))
    trouble: str = ""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables to be written with the results; one without rows is not there."""
        found = {"input_cells": self.kept, "since_last_run": self.rows}
        return {name: table for name, table in found.items() if len(table)}

    def words(self, *what: str) -> list[str]:
        """The sentences of rows, in their order; of some kinds of rows only where named."""
        rows = self.rows[self.rows["what"].isin(what)] if what else self.rows
        return [str(words) for words in rows["words"] if words]

    @property
    def brief(self) -> list[str]:
        """What a front page says of it, in a few sentences."""
        return brief(self.rows)

    def records(self) -> list[dict[str, Any]]:
        """The rows as plain values for JSON; a figure that is not there is None."""
        rows = self.rows.astype(object).where(self.rows.notna(), None)
        return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def since_last_run(
    folder: Path,
    budget: Budget,
    results: Mapping[str, Result],
    failures: Mapping[str, BudgetError],
    compared: Mapping[str, pd.DataFrame] = NOTHING,
) -> Since:
    """This run against the last good one in `folder`; call it before the results are written there.

    `compared` are the frames of the comparison. Without any result it has what differs in the inputs, and which
    scenarios have no answer.
    """
    kept = kept_cells(budget.tables)
    earlier = earlier_run(folder)
    if earlier is None:
        return Since(kept=kept)
    if isinstance(earlier, str):
        return Since(kept=kept, trouble=earlier)
    now = {name: below(name, [result.frames[name] for result in results.values()]) for name in COMPARED}
    inputs, trouble = input_rows(earlier, budget, kept, now)
    scenarios = scenario_rows(earlier, budget, results, failures)
    sets = compared["comparison_set"] if "comparison_set" in compared else result_table("comparison_set", ())
    moved = figures(earlier, now, results, released_of(sets))
    changed = [*inputs, *scenarios]
    if not changed and all(abs(row["change"]) <= CLOSE for row in moved if "change" in row):
        return Since(SAME, earlier.since, kept, trouble)
    reasons = why_rows(earlier, now, results, changed)
    rows = [_which(earlier, changed), *changed, *moved, *reasons]
    return Since(OTHER, table_of(rows), kept, trouble)


CELLS_NAMED, SCENARIOS_NAMED = 4, 3
"""Cells, and scenarios, that a front page names; the rest is counted."""


def brief(rows: pd.DataFrame) -> list[str]:
    """The table `since_last_run` in a few sentences: which run, which cells, whose answer, what moved, and why.

    The scenarios named are those whose index moved most. Empty when the table has no rows.
    """
    said = {what: [str(words) for words in own["words"] if words] for what, own in rows.groupby("what", sort=False)}
    cells = [*said.get(CELL, []), *said.get(SETTING, [])]
    left = len(cells) - CELLS_NAMED
    listed = cells if left <= 1 else [*cells[:CELLS_NAMED], f"{left} more are in the table since_last_run."]
    index = rows[(rows["what"] == HEADLINE) & (rows["key"] == "index")]
    moved = index.assign(size=index["change"].abs().round(6)).sort_values("size", ascending=False, kind="stable")
    names = list(moved["scenario"].head(SCENARIOS_NAMED))
    sentences = [*said.get(RUN, []), *listed, *said.get(SCENARIO, [])]
    for name in names:
        own = rows[rows["scenario"] == name]
        sentences += own.loc[own["what"] == SUMMARY, "words"].astype(str).tolist()
        sentences += own.loc[own["what"] == REASON, "words"].astype(str).tolist() if name == names[0] else []
    more = len(index) - len(names)
    return [*sentences, *([f"{more} more scenarios are in the table since_last_run."] if more > 0 else [])]


def table_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the result table; what a row does not give is blank."""
    texts = dict.fromkeys(("scenario", "what", "sheet", "cell", "old_cell", "key", "column", "old", "new", "unit"), "")
    blank = {**texts, **dict.fromkeys(("before", "after", "change"), float("nan")), "words": ""}
    return result_table("since_last_run", [{**blank, **row} for row in rows])


def _which(earlier: Earlier, changed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The run that this one is compared with, and how much differs."""
    counts = {what: sum(row["what"] == what for row in changed) for what in (CELL, SETTING, SCENARIO)}
    cells = "no cell differs" if not counts[CELL] else f"{counts[CELL]:,} cells differ"
    cells = "1 cell differs" if counts[CELL] == 1 else cells
    others = counts[SETTING] + counts[SCENARIO]
    does = "" if counts[CELL] else " does" if others == 1 else " do"
    things = f"{others} other thing{'s' if others > 1 else ''}"
    more = f", {'and' if counts[CELL] else 'but'} {things}{does}" if others else ""
    run = earlier.run.frames["run"]
    name = str(run.loc[run["key"] == "input", "value"].iloc[0])
    words = f"Against the last run into this folder (of {name}, results {earlier.results_id}): {cells}{more}."
    return {"what": RUN, "key": "results id", "old": earlier.results_id, "words": words}
