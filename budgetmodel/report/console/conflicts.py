"""The conflicts of an infeasible scenario and their remedies, as lines for the console."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.status import shown_name
from budgetmodel.contract.units import in_pounds
from budgetmodel.report.console.line import WIDTH, console_line

if TYPE_CHECKING:
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.results import Result

CELLS_SHOWN = 2
"""Most cells of one row on the console."""

ROWS_SHOWN = 6
"""Most rows of one conflict on the console; the rest is counted."""


def conflict_lines(explanation: Infeasibility, *, short: bool = False) -> list[str]:
    """An explanation for the console, at most 80 columns wide: conflicts with their rows, then the ways out.

    With `short` the rows of the conflicts are left out, and only the cheapest way out is listed.
    """
    lines: list[str] = []
    conflicts, remedies = explanation.conflicts, explanation.remedies
    several = conflicts["conflict"].nunique() > 1
    for number, rows in conflicts.groupby("conflict", sort=False):
        lead = f"Conflict {number}: " if several else "Conflict: "
        lines += _wrapped(f"{lead}{rows['headline'].iloc[0]}.", "")
        if not short:
            row_words = [f"{_few(cell)}: {words}" for cell, words in zip(rows["cell"], rows["words"], strict=True)]
            lines += [line for words in row_words[:ROWS_SHOWN] for line in _wrapped(words, "  ")]
            lines += [f"  ... and {len(row_words) - ROWS_SHOWN} more rows"] if len(row_words) > ROWS_SHOWN else []
    if explanation.proof > 0 and not short:
        lines += _wrapped(
            f"Proved: the must rows together ask for {in_pounds(explanation.proof)} more than there is.", ""
        )
    if not len(remedies):
        return lines or [console_line(f"Scenario '{explanation.scenario}': no allocation meets every must rule.")]
    lines.append("Way out:" if short or remedies["remedy"].nunique() == 1 else "Ways out, the cheapest first:")
    for number, steps in remedies.groupby("remedy", sort=False):
        if short and number != remedies["remedy"].iloc[0]:
            continue
        unproved = "" if bool(steps["proved"].all()) else " (not proved to be enough)"
        lines += _wrapped(f"{', '.join(steps['words'])}{unproved}.", "  ")
    return lines


def breach_lines(answer: Result) -> list[str]:
    """What an answer with its way out applied misses: a sentence, and the name under which it is reported."""
    from budgetmodel.report.shown import misses

    name = shown_name(answer.scenario, answer.status)
    return _wrapped(f"Reported as '{name}'. {misses(answer)}", "")


def _few(cells: str) -> str:
    """The cells of a list, or the first and how many more there are."""
    every = cells.split(",")
    return ", ".join(every) if len(every) <= CELLS_SHOWN else f"{every[0]} and {len(every) - 1} more"


def _wrapped(text: str, indent: str) -> list[str]:
    wrapped = textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=True
    )
    return [console_line(line) for line in wrapped]


def one_for_all_lines(one: OneForAll) -> list[str]:
    """The change with which all infeasible scenarios can be met: what to type, on the command line and in Changes."""
    lines = _wrapped(one.words, "")
    lines += [console_line(f"  {text}") for text in one.sets]
    for row in one.changes:
        filled = "; ".join(f"{name}: {value}" for name, value in row.items() if value is not None)
        lines += _wrapped(f"Or a row of the sheet Changes: {filled}.", "  ")
    return lines
