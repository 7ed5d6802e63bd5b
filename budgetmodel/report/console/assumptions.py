"""Assumptions halved and doubled, as lines for the console: those that move the index most first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from budgetmodel.comparison.headline_words import percent
from budgetmodel.report.console.line import console_line

SHOWN = 10
"""Most assumptions that are listed; the rest is counted."""

Effect = tuple[float, float, str, str]
"""What a factor adds to the index (NaN where there is no answer), what to costs, how that was come by, the gap closed.
"""


def assumption_lines(frame: pd.DataFrame) -> list[str]:
    """A line per assumption: what half and double of it add to the index (points) and to costs (£m)."""
    effects: dict[str, list[Effect]] = {}
    for row in frame.sort_values("factor", kind="stable").to_dict("records"):
        ends = f"{percent(float(row['closed_least']))}", f"{percent(float(row['closed_most']))}"
        gap = ends[0] if ends[0] == ends[1] else "-".join(end.rstrip("%") for end in ends) + "%"
        effect = float(row["index_change"]), float(row["money_change"]), str(row["outcome"]), gap
        effects.setdefault(f"{row['kind']}: {row['name']}", []).append(effect)
    lines = ["Assumptions halved and doubled: gap closed by the last year, change of index (points) and of costs (£m)"]
    names = ("Gap half", "double", "Index half", "double", "Costs half", "double")
    lines.append(_line(names, "Assumption"))
    for name, own in sorted(effects.items(), key=lambda each: _size(each[1]), reverse=True)[:SHOWN]:
        index = [outcome if pd.isna(change) else f"{change:+.2f}" for change, _, outcome, _ in own]
        costs = [f"{cost:+.1f}" for _, cost, _, _ in own]
        shut = [ends for *_, ends in own]
        lines.append(_line((shut[0], shut[-1], index[0], index[-1], costs[0], costs[-1]), name))
    left = len(effects) - SHOWN
    return [console_line(line) for line in [*lines, *([f"and {left} more"] if left > 0 else [])]]


WIDTHS = (8, 7, 10, 9, 10, 7)
"""Of the columns: two each for the gap closed, the index and costs."""


def _line(figures: Sequence[str], name: str) -> str:
    return " ".join(f"{text:>{width}}" for text, width in zip(figures, WIDTHS, strict=True)) + f"  {name}"


def _size(effects: Sequence[Effect]) -> tuple[float, float]:
    """By what an assumption is ranked: the change of the index, most of all where there is no answer; then of costs."""
    sizes = [float("inf") if pd.isna(change) else round(abs(change), 9) for change, *_ in effects]
    return max(sizes), max(abs(cost) for _, cost, *_ in effects)
