"""The sheets Conflicts and Ways out: why scenarios are infeasible and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from budgetmodel.report.page import Page
from budgetmodel.report.sheets.pages import column

if TYPE_CHECKING:
    from budgetmodel.report.tables import Frames


def conflict_pages(frames: Frames) -> list[Page]:
    """The sheets Conflicts and Ways out; none when no scenario is infeasible."""
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
