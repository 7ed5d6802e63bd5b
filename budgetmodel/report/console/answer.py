"""The answer of a run in two lines of the console, and how many lines are left for the scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from budgetmodel.report.console.line import WIDTH, short_words

if TYPE_CHECKING:
    from budgetmodel.comparison.headline import Headline


def answer_lines(found: Headline | None) -> list[str]:
    """Who comes nearest, ties named as ties, with the share of the gap; then the compared scenario against its base."""
    from budgetmodel.comparison.headline_words import percent, today_or
    from budgetmodel.contract.units import pounds

    if found is None or not any(line.is_met for line in found.lines.values()):
        return []  # where none is met, the lines before say so
    best, names = found.lines[found.leaders[0]], ", ".join(found.leaders)
    level = " level" if len(found.leaders) > 1 else ""
    share = f"{percent(best.closed)} of the gap closed" if best.closed == best.closed else "no gap to close"
    closed = f": {share} by {found.year}"
    lines = [f"Answer   {short_words(names, WIDTH - 9 - len(level) - len(closed))}{level}{closed}"]
    freed = "" if found.released is None else f", {pounds(found.released.net)} freed net"
    counts = f": {len(found.more)} of {len(found.places)} places more, {len(found.less)} less{freed}"
    pair = f"{found.compared} against {today_or(found.base, found).strip(chr(39))}"
    return [*lines, f"Against  {short_words(pair, WIDTH - 9 - len(counts))}{counts}"]


def fitted(answered: list[str], scenarios: list[str], references: int, room: int) -> tuple[list[str], list[str]]:
    """The answer and the scenarios in so many lines.

    What does not fit goes in this order: the pair that is compared, where that is enough; the do-minimum; scenarios,
    which are counted.
    """
    for told in (answered, answered[:1]):
        if len(told) + len(scenarios) <= room:
            return told, scenarios
    own, room = scenarios[references:], room - len(answered)
    if len(own) <= room:
        return answered, own
    return answered, [*own[: room - 1], f"... and {len(own) - room + 1} more: see the sheet Comparison"]
