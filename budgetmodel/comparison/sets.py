"""Comparison sets: scenarios over the same tables, of which only regimes, pots and contracts differ."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.checks.cells import words
from budgetmodel.contract import schema
from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.issues import InputErrors, Issue, grouped
from budgetmodel.contract.schema import SHEET
from budgetmodel.results import Result
from budgetmodel.scenarios.difference import ADDED, CHANGED, REMOVED, table_changes
from budgetmodel.scenarios.table_marks import COUNTED, OBJECTIVE, REFERENCE, TABLES_KEY, counts, read_marks

CLOSE = 1e-6
"""Shortfalls (£m) and indices that differ by at most this, absolutely or relatively, are level."""


NEARLY = 0.05
"""£m of weighted shortfall, and points of index, that decide nothing: half of the last digit that pages show."""


def sets(results: Mapping[str, Result]) -> dict[str, str]:
    """The set of each scenario, named by the first scenario in it.

    Scenarios share a set when the tables that count, their objective and the frozen reference are the same: money,
    needs, services, providers, target and rules. Regimes and contracts may differ, and so may notes. A scenario that is
    not met stands alone: what it would rank by is the answer to a question that nobody asked.
    """
    firsts: dict[str, str] = {}
    found = {}
    for name, result in results.items():
        found[name] = firsts.setdefault(result.note(TABLES_KEY), name) if result.is_met else name
    return found


def set_differences(results: Mapping[str, Result], against: str = "") -> pd.DataFrame:
    """Every cell in which scenarios of other sets differ from a scenario, by default the first.

    A row per cell, and per row of a sheet that only one of the two has. `cell` and
    `other_cell` are addresses such as `Funding!C7`, or the change that set the value.
    """
    first = against or next(iter(results), "")
    of = sets(results)
    rows: list[dict[str, str]] = []
    for name, result in results.items():
        if of[name] != of[first]:
            rows += _differences(name, result, first, results[first])
    return result_table("set_differences", rows)


def comparison_set(results: Mapping[str, Result]) -> tuple[str, ...]:
    """The scenarios, if they are one comparison set: only then may they be ranked against each other.

    Raises InputErrors otherwise, with an issue for each column in which they differ that lists every cell.
    """
    differences = set_differences(results)
    if len(differences):
        raise InputErrors(grouped(_issue(row) for row in differences.to_dict("records")))
    return tuple(results)


def better(one: tuple[float, float], other: tuple[float, float]) -> int:
    """1 when the first (shortfall in £m, index) is better than the second, -1 when worse, 0 when they are level.

    The shortfall is compared first; the index only where the shortfalls are level.

    >>> better((0.0, 40.0), (5.0, 30.0)), better((0.0, 40.0), (0.0, 30.0)), better((0.0, 30.0), (1e-9, 30.0))
    (1, -1, 0)
    """
    for a, b in zip(one, other, strict=True):
        if abs(a - b) > CLOSE * max(1.0, abs(a), abs(b)):
            return 1 if a < b else -1
    return 0


def ranked_better(one: tuple[float, float], other: tuple[float, float]) -> int:
    """As `better`, but shortfalls nearer than £0.05m do not decide: then the index does.

    >>> ranked_better((0.01, 30.0), (0.0, 40.0)), better((0.01, 30.0), (0.0, 40.0))
    (1, -1)
    """
    nearly = abs(one[0] - other[0]) <= NEARLY
    return better((0.0, one[1]), (0.0, other[1])) if nearly else better(one, other)


def nearly_level(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two (shortfall in £m, index) differ by no more than pages show."""
    return all(abs(a - b) <= NEARLY for a, b in zip(one, other, strict=True))


def _differences(name: str, result: Result, first: str, base: Result) -> list[dict[str, str]]:
    mine, theirs = (read_marks(each.note(TABLES_KEY)) for each in (result, base))
    differing = [part for part in {**theirs, **mine} if mine.get(part) != theirs.get(part)]
    sheets = [SHEET[part] for part in COUNTED if part in differing]
    found = table_changes(base.inputs.tables, result.inputs.tables, sheets) if sheets else pd.DataFrame()
    rows = [_row(name, first, change) for change in found.to_dict("records") if _counts(change)]
    listed = {row["sheet"] for row in rows}
    if OBJECTIVE in differing:
        row = {"sheet": schema.SCENARIOS, "column": OBJECTIVE, "value": mine[OBJECTIVE]}
        rows.append(_named(name, first) | row | {"key": name, "other_value": theirs[OBJECTIVE]})
    for part in differing:  # every cell is the same, but what selectors select is not
        if part not in (OBJECTIVE, REFERENCE) and part not in listed:
            rows.append(_named(name, first) | {"sheet": part, "key": "what its rows speak of"})
    if REFERENCE in differing and not rows:
        rows.append(_named(name, first) | {"sheet": schema.BASELINE, "column": REFERENCE, "key": "G0"})
    return rows


def _counts(change: Mapping[object, object]) -> bool:
    """Whether a difference counts: columns outside the contract and notes do not."""
    if change["kind"] != CHANGED:
        return True
    columns = {column.name: column for column in SHEET[str(change["sheet"])].columns}
    return str(change["column"]) in columns and counts(columns[str(change["column"])])


def _named(name: str, first: str) -> dict[str, str]:
    return dict.fromkeys(FRAME["set_differences"].names, "") | {"scenario": name, "against": first}


def _row(name: str, first: str, change: Mapping[object, object]) -> dict[str, str]:
    sheet = str(change["sheet"])
    kind = str(change["kind"])
    mine, theirs = {ADDED: ("a row", "no such row"), REMOVED: ("no such row", "a row")}.get(kind, ("blank", "blank"))
    values = {
        "sheet": sheet,
        "key": str(change["key"]),
        "column": str(change["column"]) or "whole row",
        "cell": _address(sheet, change["new_cell"]),
        "value": _text(change["new"]) or mine,
        "other_cell": _address(sheet, change["old_cell"]),
        "other_value": _text(change["old"]) or theirs,
    }
    return _named(name, first) | values


def _address(sheet: str, cell: object) -> str:
    text = str(cell or "")
    return text if "!" in text or not text else f"{sheet}!{text}"


def _text(value: object) -> str:
    return "" if value is None else words(value)


def _issue(row: Mapping[object, object]) -> Issue:
    """A difference as an issue: its address is the cell of the scenario that is compared."""
    text = {str(name): str(value) for name, value in row.items()}
    sheet, _, cell = (text["cell"] or text["other_cell"]).rpartition("!")
    what = f"{text['column']} of {text['key']}" if text["column"] else text["key"]
    found = f"'{text['scenario']}' has {text['value'] or 'another value'} for {what}"
    expected = f"what '{text['against']}' has: {text['other_value'] or 'its own'}"
    fix = "Compare scenarios over the same tables: only Regimes and Contracts may differ."
    return Issue("SETS_DIFFER", "error", sheet or text["sheet"], cell, found, expected, fix)
