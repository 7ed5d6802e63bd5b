"""Scenarios that are not to run, and what speaks of them: those based on them, and the base of comparisons."""

from __future__ import annotations

from collections.abc import Iterator

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.tables import records

NOTHING_TO_DO = f"Nothing to do, or type {schema.YES} for it."


def check_parked(typed: Typed) -> None:
    """Notes of scenarios with Run = no that others are based on or would be held against.

    That none is left to run stops a run only where none is asked for by name: `scenarios.budget.none_to_run` says so.
    """
    table = typed.tables.get(schema.SCENARIOS)
    if table is None or schema.RUN not in table.values:
        return
    rows = [row for _, row in records(typed.frames[schema.SCENARIOS])]
    cell_of = {row["Scenario"]: table.address(at, schema.RUN).text for at, row in enumerate(rows) if _parked(row)}
    to_run = [row["Scenario"] for row in rows if not _parked(row)]
    for at, finding, column in (*_based_on(rows, cell_of), *_first(rows, to_run)):
        typed.report(finding, schema.SCENARIOS, at, column)


def _parked(row: dict[str, object]) -> bool:
    return row[schema.RUN] == schema.NO


def _based_on(rows: list[dict[str, object]], cell_of: dict[object, str]) -> Iterator[tuple[int, Finding, str]]:
    for at, row in enumerate(rows):
        base = row["Based on"]
        if base in cell_of and not _parked(row):
            found = f"'{base}' is not run ({cell_of[base]}); its changes are made for '{row['Scenario']}' all the same"
            yield at, Finding("PARKED", found, "a scenario that is run or not", NOTHING_TO_DO, "repaired"), "Based on"


def _first(rows: list[dict[str, object]], to_run: list[object]) -> Iterator[tuple[int, Finding, str]]:
    if to_run and _parked(rows[0]):
        first, base = rows[0]["Scenario"], to_run[0]
        found = f"'{first}' is the first scenario and is not run: '{base}' is the base of comparisons"
        yield 0, Finding("PARKED", found, "the first scenario to run", NOTHING_TO_DO, "repaired"), schema.RUN
