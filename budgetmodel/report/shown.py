"""What pages and the console are given: answers under the names by which they speak of them, and what those miss.

A scenario that is not met is marked in its name, once, here: every page, sheet, table and line that names its answer
takes the name from what this module hands on. The CSV tables and JSON have the scenario's own name, and its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from budgetmodel.comparison import Comparison
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.frozen import Frames as FrozenFrames
from budgetmodel.contract.issues import BudgetError
from budgetmodel.contract.status import shown_name
from budgetmodel.contract.units import in_pounds
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result

NONE_MET = "No scenario can be met as it is asked: every figure is of one with its cheapest way out applied."
"""What every page says first where no scenario is met."""

CELLS_NAMED = 3
"""So many cells that are missed are named in a sentence; the rest is counted."""

Names = Mapping[str, str]
"""The name that pages use, by scenario; only of those whose name is another."""


@dataclass(frozen=True)
class Shown:
    """A run as pages show it. `failures` are the scenarios without any answer, `names` those under another name."""

    results: Mapping[str, Result]
    comparison: Comparison
    failures: Mapping[str, BudgetError]
    waterfalls: Mapping[str, Waterfall]
    names: Names


def shown(
    results: Mapping[str, Result],
    comparison: Comparison,
    failures: Mapping[str, BudgetError],
    waterfalls: Mapping[str, Waterfall],
) -> Shown:
    """A run under the names that pages use."""
    names = names_of_answers(results)
    without = {name: failure for name, failure in failures.items() if name not in results}
    if not names:
        return Shown(results, comparison, without, waterfalls, names)
    return Shown(
        {names.get(name, name): shown_result(result, names) for name, result in results.items()},
        replace(
            comparison,
            metrics=renamed("metrics", comparison.metrics, names),
            differences=renamed("changes", comparison.differences, names),
            frames=FrozenFrames(renamed_frames(comparison.frames, names)),
        ),
        without,
        {names.get(name, name): shown_waterfall(why, names) for name, why in waterfalls.items()},
        names,
    )


def names_of_answers(results: Mapping[str, Result]) -> Names:
    """The names that pages use of scenarios that are not met; a name that another scenario has is marked again."""
    names: dict[str, str] = {}
    for scenario, result in results.items():
        name = shown_name(scenario, result.status)
        while name != scenario and (name in results or name in names.values()):
            name = shown_name(name, result.status)
        if name != scenario:
            names[scenario] = name
    return names


def renamed_frames(frames: Frames, names: Names) -> dict[str, pd.DataFrame]:
    """Result tables with the names that pages use, in every column that names a scenario."""
    return {table: renamed(table, frame, names) for table, frame in frames.items()}


def renamed(table: str, frame: pd.DataFrame, names: Names) -> pd.DataFrame:
    """One result table with the names that pages use."""
    columns = [column.name for column in FRAME[table].inside(frame) if column.names_scenario]
    return frame.assign(**{name: frame[name].replace(dict(names)) for name in columns}) if names else frame


def shown_result(result: Result, names: Names) -> Result:
    """A result under the name that pages use."""
    if result.scenario not in names:
        return result
    frames = FrozenFrames(renamed_frames(result.frames, names))
    return replace(result, scenario=names[result.scenario], frames=frames)


def shown_waterfall(why: Waterfall, names: Names) -> Waterfall:
    """Why places got what they got, under the name that pages use."""
    return replace(
        why,
        steps=renamed("waterfall", why.steps, names),
        standing=renamed("standing", why.standing, names),
        places=renamed("distances", why.places, names),
        helps=renamed("helps", why.helps, names),
    )


# ---- in words ------------------------------------------------------------------------------------------


def none_met(results: Mapping[str, Result]) -> bool:
    """Whether there are answers, and none of them is of a scenario as it is asked."""
    return bool(results) and not any(result.is_met for result in results.values())


def not_met_words(results: Mapping[str, Result]) -> list[str]:
    """A sentence for each scenario that is not met: what its answer misses, by how much, and where."""
    return [f"{name}. {misses(result)}" for name, result in results.items() if not result.is_met]


def misses(result: Result) -> str:
    """What an answer misses, by cell, worst first: `... misses "Floor" (Rules!K8) by £2.0m in 3 rows and ...`."""
    rows = result.breaches
    if not len(rows):
        return "With its way out applied, the answer misses every must rule by less than a pound a row."
    cells = [_cell(group) for _, group in rows.groupby("breach", sort=True)]
    listed = cells[:CELLS_NAMED] + ([f"{len(cells) - CELLS_NAMED} more cells"] if len(cells) > CELLS_NAMED else [])
    return f"With its way out applied, the answer misses {_and(listed)}."


def _cell(rows: pd.DataFrame) -> str:
    """One cell: by how much it is missed, and the row that it misses most."""
    worst = rows.iloc[int(rows["short"].to_numpy(dtype=float).argmax())]
    whom = ", ".join(str(worst[name]) for name in ("place", "service", "provider", "source", "year") if worst[name])
    total, rule = in_pounds(float(rows["short"].sum())), f'"{worst["rule"]}" ({worst["cell"]})'
    if len(rows) == 1:
        return f"{rule} by {total}{f' ({whom})' if whom else ''}"
    return f"{rule} by {total} in {len(rows)} rows, {in_pounds(float(worst['short']))} at most ({whom})"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
