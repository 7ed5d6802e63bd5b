"""What a Problems sheet lists: a row per cell that has a problem, whoever writes the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from budgetmodel.contract.issues import SEVERITIES, Issue, distinct, grouped

SHEET = "Problems"

HEADINGS = (
    ("code", "Code"),
    ("severity", "Severity"),
    ("where", "Cell"),
    ("found", "Found"),
    ("expected", "Expected"),
    ("fix", "What to type"),
)
"""The columns of the sheet: attribute of an Issue, and heading."""

LISTED = 10_000
"""Rows beyond which cells of one column with the same problem share a row."""

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(:[A-Z]{1,3}[1-9]\d{0,6})?")


def addresses(issue: Issue) -> list[str]:
    """The cells that an issue names, each `D5` or `D5:D9`; none when it speaks of a whole sheet or of the file."""
    parts = [part.strip() for part in issue.cell.split(",")] if issue.sheet else []
    return [part for part in parts if _ADDRESS.fullmatch(part)]


def listed(issues: Iterable[Issue]) -> list[Issue]:
    """An issue per cell, or, where that would be too many rows, one per code, sheet and column."""
    every = [replace(issue, cell=cell) for issue in distinct(issues) for cell in (addresses(issue) or [issue.cell])]
    return every if len(every) <= LISTED else list(grouped(every))


def tally(issues: Sequence[Issue]) -> str:
    """How many there are of each severity, in words.

    >>> tally([Issue("A", "error", "Rules", "K5", "", "", ""), Issue("B", "repaired", "Rules", "K6", "", "", "")])
    '1 error, 0 warnings, 1 repair'
    """
    words = {"error": "error", "warning": "warning", "repaired": "repair"}
    counts = {severity: sum(issue.severity == severity for issue in issues) for severity in SEVERITIES}
    return ", ".join(f"{count} {words[name]}{'' if count == 1 else 's'}" for name, count in counts.items())


def meaning(issues: Sequence[Issue]) -> str:
    """What the list means for a run, in a sentence or two."""
    if not issues:
        return "There are no problems."
    stops = any(issue.severity == "error" for issue in issues)
    verdict = "The errors must be mended before it can be run." if stops else "Nothing stops a run."
    repaired = any(issue.severity == "repaired" for issue in issues)
    return f"{tally(issues)}. {verdict}{' A repair is made in reading only, not in the file.' if repaired else ''}"
