"""Infeasibility: why a scenario has no answer, and the ways out, as frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from budgetmodel.contract.content import SHORT, Content
from budgetmodel.contract.frozen import read_only

CARD_ROWS = 3
"""Conflicts, and remedies, that the card of an Infeasibility words."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Infeasibility(Content):
    """Why a scenario has no answer, and what would give it one. Money is £m.

    `conflicts` has a row per must row of a conflict set: without any one row of a set, the others can all hold.
    `headline` and `gap` are the set's; `activity` and `limit` are the row's at the cheapest way out. `remedies` has a
    row per cell to change; the rows of one `remedy` are needed together, and `alternative` is its kind:
    `cheapest`, `as cheap`, or `money instead` of any rule. `amount` is what gives way; `new_value` is what to type.
    """

    scenario: str
    conflicts: pd.DataFrame
    remedies: pd.DataFrame

    def _card(self) -> tuple[str, Mapping[str, object]]:
        headlines = list(self.conflicts["headline"].drop_duplicates())
        ways = list(self.remedies.drop_duplicates("remedy")["words"])
        return f"Infeasibility of scenario {self.scenario!r}", {
            "content": self.content_hash[:SHORT],
            "conflicts": f"{self.conflicts['conflict'].nunique()} sets of {len(self.conflicts)} rows",
            **{f"conflict {n}": words for n, words in enumerate(headlines[:CARD_ROWS], start=1)},
            "remedies": f"{self.remedies['remedy'].nunique()} ways out of {len(self.remedies)} cells",
            **{f"remedy {n}": words for n, words in enumerate(ways[:CARD_ROWS], start=1)},
        }
