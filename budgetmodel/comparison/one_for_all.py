"""One change with which every infeasible scenario can be met: a value for each cell, proved for each scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.infeasibility import PERCENT, CellChange, Infeasibility, WayOut
from budgetmodel.contract.issues import InputErrors
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.infeasible.nearly import met_to_the_penny
from budgetmodel.runtime import tuned
from budgetmodel.scenarios.budget import Budget

KIND = "one for all"
"""What such a way out is called in the column `alternative`."""


@dataclass(frozen=True)
class OneForAll:
    """Changes with which all `scenarios` can be met, proved by a solve of each; `steps` has one value for each cell.

    `asked` gives, for each step, what each scenario alone would need, in the order of the scenarios.
    """

    scenarios: tuple[str, ...]
    steps: tuple[CellChange, ...]
    asked: tuple[tuple[object, ...], ...]

    @property
    def way(self) -> WayOut:
        """The steps as a way out that `Budget.with_way_out` takes; of the first of the scenarios."""
        return WayOut(self.scenarios[0], 1, KIND, proved=True, steps=self.steps)

    @property
    def sets(self) -> tuple[str, ...]:
        """The options of the command line: `--set "Rules.Value[Rule=Place floor] = -0.6%"`."""
        return tuple(f'--set "{_set_text(step)}"' for step in self.steps)

    @property
    def changes(self) -> tuple[dict[str, object], ...]:
        """The rows of the sheet Changes, but for the scenario: Table, Where, Field, Change, Value."""
        return tuple(
            {
                "Table": step.table,
                "Where": step.where,
                "Field": step.field,
                "Change": step.change,
                "Value": None if step.change == "append" else step.new,
            }
            for step in self.steps
        )

    def remedies(self, after: Mapping[str, int]) -> pd.DataFrame:
        """Rows of the table `remedies` for each of the scenarios, numbered on from the way out that is its last."""
        rows: list[dict[str, object]] = [
            {
                "scenario": scenario,
                "remedy": after[scenario] + 1,
                "alternative": KIND,
                "rule": step.rule,
                "cell": step.cell,
                "change_cell": step.change_cell,
                "amount": np.nan,
                "old_value": step.old,
                "new_value": step.new,
                "proved": True,
                "words": self.words if at == 0 else f"and {step.cell} at {step.typed or 'blank'}",
                "table": step.table,
                "change": step.change,
                "where": step.where,
                "field": step.field,
                "unit": PERCENT if step.percent else "",
            }
            for scenario in self.scenarios
            for at, step in enumerate(self.steps)
        ]
        return result_table("remedies", rows)

    @property
    def words(self) -> str:
        """What to do, in one sentence."""
        cells = " and ".join(f"{step.cell} at {step.typed or 'blank'}" for step in self.steps)
        return f"With {cells}, all {len(self.scenarios)} scenarios that cannot be met can be."


@tuned()
def one_for_all(budget: Budget, failures: Iterable[Infeasibility]) -> OneForAll | None:
    """The one value for each cell with which all infeasible scenarios can be met; None where no such is proved.

    Looked for are cells that a proved way out of every scenario changes: the value furthest from the old one will do
    for all. Where there are no such cells, the cells of every scenario's `way_to_apply` are changed together. Every
    scenario is then solved for feasibility with it. Nothing for fewer than two scenarios.
    """
    found = list(failures)
    if len(found) < 2:
        return None
    for chosen in _candidates(found):
        merged = _furthest(chosen)
        if merged is None:
            continue
        one = OneForAll(tuple(each.scenario for each in found), *merged)
        if all(_met(budget, scenario, one.way) for scenario in one.scenarios):
            return one
    return None


def _candidates(found: Sequence[Infeasibility]) -> list[list[WayOut]]:
    """A way for each scenario: those that change the same cells, the cheapest together first; then each one's own."""
    proved = [[way for way in each.ways if way.proved] for each in found]
    alike = []
    for cells in dict.fromkeys(frozenset(way.cells) for ways in proved for way in ways):
        of_all = [next((way for way in ways if frozenset(way.cells) == cells), None) for ways in proved]
        complete = [way for way in of_all if way is not None]
        if len(complete) == len(found):
            alike.append(complete)
    alike.sort(key=lambda ways: (not all(way.of_rules for way in ways), sum(way.cost for way in ways)))
    own = [each.way_to_apply for each in found]
    each_own = [way for way in own if way is not None]
    return [*alike, each_own] if len(each_own) == len(found) else alike


def _furthest(ways: Sequence[WayOut]) -> tuple[tuple[CellChange, ...], tuple[tuple[object, ...], ...]] | None:
    """For each cell the change that is furthest from the old value, with what each way asks of it.

    None where one scenario would raise what another lowers, or where they blank or word what others give a figure.
    """
    by_cell: dict[tuple[str, str, str], list[CellChange]] = {}
    for way in ways:
        for step in way.steps:
            by_cell.setdefault((step.table, step.where, step.field), []).append(step)
    steps = []
    for changes in by_cell.values():
        moves = [
            change.new - change.old
            for change in changes
            if isinstance(change.new, float) and isinstance(change.old, float)
        ]
        if len(moves) == len(changes):
            if min(moves) < 0 < max(moves):
                return None
            steps.append(changes[max(range(len(moves)), key=lambda n: abs(moves[n]))])
        elif len({change.new for change in changes}) == 1:
            steps.append(changes[0])
        else:
            return None
    return tuple(steps), tuple(tuple(change.new for change in changes) for changes in by_cell.values())


def _met(budget: Budget, scenario: str, way: WayOut) -> bool:
    """Whether a scenario can be met with the changes of a way on top, by a solve."""
    try:
        structure, _ = scenario_structure(budget.with_way_out(replace(way, scenario=scenario)), scenario)
    except InputErrors:
        return False
    return met_to_the_penny(structure, assemble(structure, turnover_stage=False)[0])


def _set_text(step: CellChange) -> str:
    if step.change == "append":
        return f"append {step.table}[{step.where}]"
    value = step.typed or '""'
    return f"{step.table}.{step.field}[{step.where}] = {value}"
