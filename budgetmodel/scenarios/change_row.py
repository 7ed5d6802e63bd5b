"""One change to a workbook's tables, whoever made it: the Changes sheet, a pack, `--set`, or `Budget.changed`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.tables import Address

WHAT_IF = "what if"
"""The reason of a change that was given none."""

KEEP: Any = object()
"""The default of a value that was not given: None would be a value, a blank cell."""


@dataclass(frozen=True)
class ChangeRow:
    """One change: a row of the Changes sheet or of a pack, a `--set`, or a call of `changed`.

    `row` and `year` say in words of their own what a condition of `where` on the table's naming column and year would.

    `label` names it in messages and in the ledger: `Changes!F6`, `--set 2`, `changed() 1`. `cells` gives the address
    of each of its columns; a column that is in no sheet has none.
    """

    table: str
    change: str
    where: str = ""
    field: str = ""
    value: object = None
    unit: str = ""
    reason: str = WHAT_IF
    owner: str = ""
    label: str = ""
    row: str = ""
    year: str = ""
    cells: Mapping[str, Address] = dataclasses.field(default_factory=Frozen)

    def address(self, column: str) -> Address:
        """The address of the cell that gives a column of the change; its label where there is none."""
        return self.cells.get(column, Address("", self.label))
