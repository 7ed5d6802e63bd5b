"""The sheets Breaches, Conflicts and Ways out: what answers miss that are not met, and why, and what would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of

if TYPE_CHECKING:
    from budgetmodel.report.tables import Frames


UNIT_LOOKS = {"share": "percent2", "£": "pounds"}
"""The kind of a figure in the unit of its cell; money is shown in the workbook's unit."""


def breaches_page(frames: Frames) -> Page:
    """The sheet Breaches: every must row that an answer with a way out applied does not keep, worst cell first."""
    frame = frames["breaches"]
    named = zip(*(frame[name] for name in ("place", "service", "provider", "source")), strict=True)
    looks = [UNIT_LOOKS.get(str(unit), "money3") for unit in frame["unit"]]
    columns = (
        *columns_of("breaches", frame, "scenario", "breach"),
        column("breaches", frame, "rule", "words"),
        *columns_of("breaches", frame, "cell", "year"),
        PageColumn("For", "words", [", ".join(name for name in names if name) for names in named]),
        *columns_of("breaches", frame, "kind", "asks", "gives"),
        column("breaches", frame, "short", formula="=ABS(I{r}-H{r})"),
        replace(column("breaches", frame, "value"), kinds=looks),
        replace(column("breaches", frame, "given"), kinds=looks),
        column("breaches", frame, "words", "words"),
    )
    purpose = (
        "What the answer of a scenario that is not met misses of the workbook as it stands. Its cheapest way out is "
        "applied to its tables (sheet Ways out), and every row here is measured from the money that it shares out."
    )
    return Page("Breaches", purpose, columns, table="tblBreaches", frozen=2)


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
