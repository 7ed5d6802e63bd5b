"""The lines that the console prints of what changed since the last run into the folder."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from budgetmodel.report.console.line import WIDTH, console_line

if TYPE_CHECKING:
    from budgetmodel.comparison.since import Since

LEAD = "Since    "
"""How the first line begins; the others are indented by as much."""

NOTHING_DIFFERS = "No cell differs from the last run into this folder."


def since_lines(since: Since | None) -> list[str]:
    """What changed since the last run, wrapped; none for the first run into a folder."""
    from budgetmodel.comparison.since import SAME

    if since is None:
        return []
    sentences = [since.trouble] if since.trouble else []
    if since.relation == SAME:
        before = " The results still say what changed before that." if len(since.rows) else ""
        sentences.append(f"{NOTHING_DIFFERS}{before}")
    else:
        sentences += since.brief
    lines: list[str] = []
    for sentence in sentences:
        lead = " " * len(LEAD) if lines else LEAD
        lines += textwrap.wrap(sentence, WIDTH, initial_indent=lead, subsequent_indent=f"{' ' * len(LEAD)}  ")
    return [console_line(line) for line in lines]
