"""Which tables a comparison holds equal, and a short mark of their content, by which runs are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from budgetmodel.checks.cells import words
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.schema import SHEET, Column, Kind, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs

COUNTED = (
    *(schema.YEARS, schema.PLACES, schema.NEEDS, schema.SERVICES, schema.PROVIDERS, schema.SOURCES),
    *(schema.FUNDING, schema.BASELINE, schema.PROVISION, schema.TARGET, schema.RULES),
)
"""Sheets that scenarios must share to be compared: money, needs, services, rules, target. Regimes and Contracts are
what is compared."""

OBJECTIVE, REFERENCE = "Objective", "Frozen reference"
"""What must be shared besides: the objective of the scenario, and G0 against which the index is measured."""

NOTES = ("Source of figure", "Status", "Why", "Notes", "Authority", "Period")
"""Columns that describe a figure and change none."""

MARK = 12
"""Characters of a mark: hexadecimal digits of a SHA-256."""

FIGURES, GAPS = ".12g", ".9g"
"""Digits to which figures, and gaps worked out from them, are the same: £m and £k differ by rounding."""

TABLES_KEY = "tables compared"
"""The key of the `run` frame that has the marks."""


def counts(column: Column) -> bool:
    """Whether two tables that differ in this column only are different tables.

    >>> counts(SHEET["Funding"].column("Amount")), counts(SHEET["Needs"].column("Source"))
    (True, False)
    """
    is_note = column.name == "Source" and column.kind is Kind.TEXT
    return not is_note and column.name not in NOTES


def marks(inputs: Inputs, objective: str, reference: Array) -> dict[str, str]:
    """A mark for each of COUNTED, the objective and the reference: two scenarios share what has the same mark.

    `reference` is G0, of shape (components, years). The order of rows counts where it has a meaning only.
    """
    found = {name: _mark(_rows(inputs, name)) for name in COUNTED}
    g0 = [" ".join(f"{value:{GAPS}}" for value in row) for row in reference]
    return found | {OBJECTIVE: fold(objective), REFERENCE: _mark(g0)}


def written(found: Mapping[str, str]) -> str:
    """Marks as one line of the `run` frame."""
    return "; ".join(f"{name} {mark}" for name, mark in found.items())


def read_marks(text: str) -> dict[str, str]:
    """Marks from such a line; what is no mark is left out.

    >>> read_marks("Years 0a1b; Frozen reference 77; nonsense")
    {'Years': '0a1b', 'Frozen reference': '77'}
    """
    parts = [part.strip().rpartition(" ") for part in text.split(";")]
    return {name: mark for name, _, mark in parts if name}


def _rows(inputs: Inputs, sheet: str) -> list[str]:
    frame = inputs.frames.get(sheet)
    if frame is None:
        return []
    names = [column.name for column in SHEET[sheet].columns if counts(column) and column.name in frame]
    rows = ["\t".join(_said(row[name]) for name in names) for _, row in records(frame)]
    return rows if SHEET[sheet].ordered or sheet == schema.YEARS else sorted(rows)


def _said(value: object) -> str:
    """A value as it counts: members instead of the words that select them."""
    if value is None:
        return ""
    if isinstance(value, Selection):
        return "; ".join(sorted(value.members))
    if isinstance(value, float):
        return f"{value:{FIGURES}}"
    if is_dataclass(value):
        return _said(tuple(getattr(value, part.name) for part in fields(value)))
    return f"({', '.join(_said(part) for part in value)})" if isinstance(value, tuple) else words(value)


def _mark(rows: list[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()[:MARK]
