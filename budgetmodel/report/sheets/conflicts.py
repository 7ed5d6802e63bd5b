"""Why scenarios are infeasible and what would help: two sheets of results, and lines for the console."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from budgetmodel.contract.issues import Infeasibility
from budgetmodel.report.console.console import WIDTH, plain

if TYPE_CHECKING:
    from budgetmodel.report.sheets.page import Page
    from budgetmodel.report.tables import Frames

CELLS_SHOWN = 2
"""Cells of one row on the console."""

ROWS_SHOWN = 6
"""Rows of one conflict on the console; the rest is counted."""


def conflict_lines(explanation: Infeasibility, *, short: bool = False) -> list[str]:
    """An explanation for the console, at most 80 columns wide: conflicts with their rows, then the ways out.

    With `short` the rows of the conflicts are left out, and of the ways out only the cheapest is told.
    """
    lines: list[str] = []
    conflicts, remedies = explanation.conflicts, explanation.remedies
    several = conflicts["conflict"].nunique() > 1
    for number, rows in conflicts.groupby("conflict", sort=False):
        lead = f"Conflict {number}: " if several else "Conflict: "
        lines += _wrapped(f"{lead}{rows['headline'].iloc[0]}.", "")
        if not short:
            told = [f"{_few(cell)}: {words}" for cell, words in zip(rows["cell"], rows["words"], strict=True)]
            lines += [line for words in told[:ROWS_SHOWN] for line in _wrapped(words, "  ")]
            lines += [f"  ... and {len(told) - ROWS_SHOWN} more rows"] if len(told) > ROWS_SHOWN else []
    if not len(remedies):
        return lines or [plain(f"Scenario '{explanation.scenario}': no allocation meets every must rule.")]
    lines.append("Cheapest way out:" if several or not short else "Way out:")
    for number, steps in remedies.groupby("remedy", sort=False):
        if short and number != remedies["remedy"].iloc[0]:
            continue
        unproved = "" if bool(steps["proved"].all()) else " (not proved to be enough)"
        lines += _wrapped(f"{', '.join(steps['words'])}{unproved}.", "  ")
    return lines


def _few(cells: str) -> str:
    """The first cells of a list, the rest counted."""
    every = cells.split(",")
    return ", ".join(every) if len(every) <= CELLS_SHOWN else f"{every[0]} and {len(every) - 1} more"


def _wrapped(text: str, indent: str) -> list[str]:
    wrapped = textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=True
    )
    return [plain(line) for line in wrapped]


def conflict_pages(frames: Frames) -> list[Page]:
    """The sheets Conflicts and Ways out; none when no scenario is infeasible."""
    from budgetmodel.report.sheets.page import Page
    from budgetmodel.report.sheets.pages import column

    if "conflicts" not in frames:
        return []
    conflicts, remedies = frames["conflicts"], frames["remedies"].astype({"old_value": str, "new_value": str})
    named = zip(*(conflicts[name] for name in ("place", "service", "provider", "source")), strict=True)
    conflicts = conflicts.assign(whom=[", ".join(name for name in names if name) for names in named])
    rows = (
        column(conflicts, "scenario", "Scenario", "text"),
        column(conflicts, "conflict", "Conflict", "count"),
        column(conflicts, "headline", "In one sentence", "words"),
        column(conflicts, "gap", "Gap (£m)", "money3"),
        column(conflicts, "rule", "Rule", "words"),
        column(conflicts, "cell", "Cell", "words"),
        column(conflicts, "year", "Year", "text"),
        column(conflicts, "whom", "For", "words"),
        column(conflicts, "activity", "Activity (£m)", "money3"),
        column(conflicts, "limit", "Limit (£m)", "money3"),
        column(conflicts, "words", "What it asks", "words"),
    )
    steps = (
        column(remedies, "scenario", "Scenario", "text"),
        column(remedies, "remedy", "Way out", "count"),
        column(remedies, "alternative", "Kind", "text"),
        column(remedies, "rule", "Rule", "words"),
        column(remedies, "cell", "Cell", "text"),
        column(remedies, "amount", "Gives way by (£m)", "money3"),
        column(remedies, "old_value", "Value now", "text"),
        column(remedies, "new_value", "New value", "text"),
        column(remedies, "words", "What to do", "words"),
    )
    why = "Must rows that cannot all hold: without any one row of a conflict, the others can."
    out = "What would make an infeasible scenario feasible. The rows of one way out are needed together."
    return [
        Page("Conflicts", why, rows, table="tblConflicts", frozen=2),
        Page("Ways out", out, steps, table="tblWaysOut", frozen=2),
    ]
