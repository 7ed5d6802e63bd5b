"""The sheets Conflicts and Ways out: the conflicts of infeasible scenarios and their remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of

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
        *columns_of("conflicts", conflicts, "scenario", "conflict"),
        column("conflicts", conflicts, "headline", "words"),
        column("conflicts", conflicts, "gap"),
        column("conflicts", conflicts, "rule", "words"),
        column("conflicts", conflicts, "cell", "words"),
        column("conflicts", conflicts, "year"),
        PageColumn("For", "words", conflicts["whom"].tolist()),
        *columns_of("conflicts", conflicts, "activity", "limit"),
        column("conflicts", conflicts, "words", "words"),
    )
    steps = (
        *columns_of("remedies", remedies, "scenario", "remedy", "alternative"),
        column("remedies", remedies, "rule", "words"),
        *columns_of("remedies", remedies, "cell", "amount", "old_value", "new_value"),
        column("remedies", remedies, "words", "words"),
    )
    why = "Must rows that cannot all hold: without any one row of a conflict, the others can."
    out = "What would make an infeasible scenario feasible. The rows of one way out are needed together."
    return [
        Page("Conflicts", why, rows, table="tblConflicts", frozen=2),
        Page("Ways out", out, steps, table="tblWaysOut", frozen=2),
    ]
