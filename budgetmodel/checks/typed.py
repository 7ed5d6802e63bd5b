"""The typed tables of a workbook while they are checked, and what its About states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from budgetmodel.checks.cells import Finding, words
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import MADE, IssueList
from budgetmodel.contract.schema import setting_named
from budgetmodel.contract.selectors import Members
from budgetmodel.contract.tables import Address, Tables


@dataclass
class Typed:
    """The typed frames so far, the members of each naming sheet, and the issues found; grows during the checks.

    `wrong` has the positions of the rows of each sheet in which an error was found; `spoilt` are the sheets with so
    many that only some of them are looked at further. `stated` are the settings of About, once one was asked for.
    """

    tables: Tables
    frames: dict[str, pd.DataFrame]
    members: dict[str, Members]
    issues: IssueList
    wrong: dict[str, set[int]] = field(default_factory=dict)
    spoilt: frozenset[str] = frozenset()
    stated: dict[str, tuple[int, object]] | None = None

    def report(self, finding: Finding, sheet: str, position: int, column: str) -> None:
        """Record a finding at a cell."""
        if finding.severity == "error":
            self.wrong.setdefault(sheet, set()).add(position)
        if self.issues.room(finding.code, finding.severity, sheet, column):
            table = self.tables.get(sheet)
            address = Address(sheet, "") if table is None else table.address(position, column)
            self.issues.made.append(finding.at(address))

    def has(self, *sheets: str) -> bool:
        """Whether these sheets are there, and right enough, to be checked against each other."""
        return all(sheet in self.tables and sheet not in self.spoilt for sheet in sheets)

    def leave_out_most_wrong_rows(self) -> None:
        """Keep `MADE` wrong rows of a sheet that has more: what else is wrong with the others is not asked.

        The other sheets are not held against it either, since they would be blamed for what it lacks.
        """
        spoilt = {sheet: sorted(rows)[MADE:] for sheet, rows in self.wrong.items() if len(rows) > MADE}
        for sheet, gone in spoilt.items():
            self.frames[sheet] = self.frames[sheet].drop(index=gone).reset_index(drop=True)
        left = {sheet: self.tables[sheet].without(gone) for sheet, gone in spoilt.items()}
        self.tables, self.spoilt = Frozen({**self.tables, **left}), self.spoilt | spoilt.keys()
        self.wrong, self.stated = {}, None


def setting(typed: Typed, name: str) -> tuple[int, object] | None:
    """The position and value of a setting of About; None when it is absent or blank."""
    if typed.stated is None:
        typed.stated = {}
        for position, label, value in about_rows(typed):
            named = setting_named(label)
            if named is not None and value is not None:
                typed.stated.setdefault(named, (position, value))
    return typed.stated.get(name)


def about_rows(typed: Typed) -> Iterator[tuple[int, str, object]]:
    """The position, label and value of each row of About that has a label."""
    about = typed.frames[schema.ABOUT]
    for position, (label, value) in enumerate(zip(about["Setting"], about["Value"], strict=True)):
        if label is not None:
            yield position, str(label), value


def setting_text(typed: Typed, name: str) -> str:
    """The text of a setting of About; empty when it is absent or blank."""
    found = setting(typed, name)
    return "" if found is None else words(found[1])
