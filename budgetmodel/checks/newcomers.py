"""Places, services and providers that no money can reach, each told with all that it still needs."""

from __future__ import annotations

from collections.abc import Iterator

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.sense import used_measures
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.schema import Kind
from budgetmodel.contract.selectors import Selection

MEMBERS = (
    (schema.PROVIDERS, "Provider", "ORPHAN_PROVIDER"),
    (schema.SERVICES, "Service", "NO_SUPPLY"),
    (schema.PLACES, "Place", "NO_SUPPLY"),
)
"""Sheet, column and code of the message."""

NAMED = 5
"""Measures that a message names."""


def check_newcomers(typed: Typed) -> None:
    """Warn of members that no row of Baseline or Provision names: they get £0, whatever else is right."""
    for sheet, column, code in MEMBERS:
        if not typed.has(schema.BASELINE, schema.SOURCES, sheet) or not len(typed.frames[schema.BASELINE]):
            continue
        supplied = {name for name in typed.frames[schema.BASELINE][column] if name is not None}
        supplied |= _selected(typed, schema.PROVISION, f"{column}s")
        names = typed.frames[sheet][column].drop_duplicates()
        for position, name in zip(names.index, names, strict=True):
            if name is not None and name not in supplied:
                found = f"'{name}' has no row of Baseline or Provision, so it gets £0"
                more = list(_missing(typed, sheet, name))
                fix = "Add its rows, or take it out."
                if more:
                    fix = f"Add its rows of Baseline or Provision, and {' and '.join(more)}; or take it out."
                typed.report(Finding(code, found, "at least one row", fix, "warning"), sheet, position, column)


def _missing(typed: Typed, sheet: str, name: str) -> Iterator[str]:
    """What else a member needs before money reaches it, in words."""
    if sheet == schema.PLACES and typed.has(schema.NEEDS):
        needs = typed.frames[schema.NEEDS]
        known = {measure for measure, place in zip(needs["Need measure"], needs["Place"], strict=True) if place == name}
        lacking = [f"'{measure}'" for measure in used_measures(typed) if measure not in known]
        if lacking:
            rest = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
            yield f"a row of Needs for {', '.join(lacking[:NAMED])}{rest}"
    for home in schema.SHEET[schema.SOURCES].columns:
        reaches = home.kind is Kind.SELECTOR and home.refers == sheet and home.name.startswith("Home")
        if reaches and name not in _selected(typed, schema.SOURCES, home.name):
            yield f"a source of Sources whose '{home.name}' include it"


def _selected(typed: Typed, sheet: str, column: str) -> set[str]:
    """The members that any cell of a column selects."""
    cells = typed.frames[sheet][column]
    return {name for cell in cells if isinstance(cell, Selection) for name in cell.members}
