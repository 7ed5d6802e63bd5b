"""Infeasibility: why a scenario has no answer, and the ways out, as frames."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.content import SHORT, Content
from budgetmodel.contract.frozen import read_only

AS_CHEAP = "as cheap"
"""The kind of a way out of rules alone that costs as much as the cheapest such."""

CHEAPEST_OF = "cheapest change of {}"
"""The kind of any other way out, with what it changes: rules, money, place keys."""

RULES_ALONE = CHEAPEST_OF.format("rules")
"""The kind of the way out of rules alone that lets them give way least, in pounds."""

PERCENT = "%"
"""The unit of values that are shares."""

CARD_ROWS = 3
"""Conflicts, and remedies, that the card of an Infeasibility words."""


@dataclass(frozen=True)
class CellChange:
    """One cell to change, as a row of the sheet Changes would, or `Budget.changed`.

    `table`, `change` (set or append), `where` and `field` are columns of that sheet; `new` is what to type, in the
    workbook's money unit, None to clear the cell. `cell` is its address, `rule` the rule that gives way there, by
    `amount` (£m). `words` is the advice; `percent` is whether the values are shares.
    """

    table: str
    change: str
    where: str
    field: str
    old: object
    new: object
    cell: str
    change_cell: str
    rule: str
    amount: float
    words: str
    percent: bool = False

    @property
    def typed(self) -> str:
        """The new value as a person types it; a percentage with its sign."""
        if not isinstance(self.new, float):
            return "" if self.new is None else str(self.new)
        return f"{self.new * 100:.12g}%" if self.percent else f"{self.new:.12g}"


@dataclass(frozen=True)
class WayOut:
    """A complete way out of a conflict: all its steps are needed together.

    `kind` is that of the column `alternative`; `proved` is whether the changed tables were shown feasible. `cost` is
    what gives way in all, £m. `Budget.with_way_out` takes it.
    """

    scenario: str
    number: int
    kind: str
    proved: bool
    steps: tuple[CellChange, ...]

    @property
    def cost(self) -> float:
        """What gives way in all, £m."""
        return sum(step.amount for step in self.steps)

    @property
    def of_rules(self) -> bool:
        """Whether only rules change: the money is that of the workbook."""
        return all(step.table == schema.RULES for step in self.steps)

    @property
    def words(self) -> str:
        """What to do, in one sentence."""
        return ", ".join(step.words for step in self.steps)

    @property
    def cells(self) -> tuple[tuple[str, str, str], ...]:
        """The cells it changes, as (table, where, field)."""
        return tuple((step.table, step.where, step.field) for step in self.steps)


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Infeasibility(Content):
    """Why a scenario has no answer, and what would give it one. Money is £m.

    `conflicts` has a row per must row of a conflict set: without any one row of a set, the others can all hold.
    `headline` and `gap` are the set's; `activity` and `limit` are the row's at the cheapest way out. `remedies` has a
    row per cell to change; the rows of one `remedy` are needed together, and `alternative` is its kind: see the
    constants of this module. `amount` is what gives way; `new_value` is what to type. The cheapest of all is first.
    `proof` is by how much the must rows together ask for more than there is, £m, recomputed from the tables: above 0,
    no allocation meets them.
    """

    scenario: str
    conflicts: pd.DataFrame
    remedies: pd.DataFrame
    proof: float = float("nan")

    @property
    def ways(self) -> tuple[WayOut, ...]:
        """The ways out, the cheapest of all first."""
        return tuple(
            WayOut(
                self.scenario,
                int(steps["remedy"].iloc[0]),
                str(steps["alternative"].iloc[0]),
                bool(steps["proved"].all()),
                tuple(_cell_change(row) for row in steps.to_dict("records")),
            )
            for _, steps in self.remedies.groupby("remedy", sort=False)
        )

    @property
    def way_to_apply(self) -> WayOut | None:
        """The way out with which a scenario is best shown: proved, and of rules alone where that can be.

        Money is not there for the asking: a plan that spends more than the workbook's money is no plan for it.
        """
        proved = [way for way in self.ways if way.proved]
        return next((way for way in proved if way.of_rules), proved[0] if proved else None)

    def _card(self) -> tuple[str, Mapping[str, object]]:
        headlines = list(self.conflicts["headline"].drop_duplicates())
        ways = list(self.remedies.drop_duplicates("remedy")["words"])
        return f"Infeasibility of scenario {self.scenario!r}", {
            "content": self.content_hash[:SHORT],
            "conflicts": f"{self.conflicts['conflict'].nunique()} sets of {len(self.conflicts)} rows",
            **{f"conflict {n}": words for n, words in enumerate(headlines[:CARD_ROWS], start=1)},
            "proof": f"the must rows together ask for £{self.proof:,.6f}m more than there is",
            "remedies": f"{self.remedies['remedy'].nunique()} ways out of {len(self.remedies)} cells",
            **{f"remedy {n}": words for n, words in enumerate(ways[:CARD_ROWS], start=1)},
        }


def _cell_change(row: Mapping[Hashable, Any]) -> CellChange:
    cleared = row["change"] == "set" and row["new_value"] == ""
    return CellChange(
        table=row["table"],
        change=row["change"],
        where=row["where"],
        field=row["field"],
        old=row["old_value"],
        new=None if cleared else row["new_value"],
        cell=row["cell"],
        change_cell=row["change_cell"],
        rule=row["rule"],
        amount=float(row["amount"]),
        words=row["words"],
        percent=row["unit"] == PERCENT,
    )
