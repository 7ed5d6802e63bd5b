"""Assumptions halved and doubled, as lines for the console: those that move the index most first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from budgetmodel.report.console.line import console_line

SHOWN = 10
"""Most assumptions that are listed; the rest is counted."""

Effect = tuple[float, float, str]
"""What a factor adds to the index (NaN where there is no answer), what to costs, and how the index was come by."""


def assumption_lines(frame: pd.DataFrame) -> list[str]:
    """A line per assumption: what half and double of it add to the index (points) and to costs (£m)."""
    effects: dict[str, list[Effect]] = {}
    for row in frame.sort_values("factor", kind="stable").to_dict("records"):
        effect = float(row["index_change"]), float(row["money_change"]), str(row["outcome"])
        effects.setdefault(f"{row['kind']}: {row['name']}", []).append(effect)
    lines = ["Assumptions halved and doubled: change of the index (points), of costs (£m)"]
    lines.append(f"{'Index half':>10} {'double':>10} {'Costs half':>10} {'double':>8}  Assumption")
    for name, own in sorted(effects.items(), key=lambda each: _size(each[1]), reverse=True)[:SHOWN]:
        index = [outcome if pd.isna(change) else f"{change:+.2f}" for change, _, outcome in own]
        costs = [f"{cost:+.1f}" for _, cost, _ in own]
        lines.append(f"{index[0]:>10} {index[-1]:>10} {costs[0]:>10} {costs[-1]:>8}  {name}")
    left = len(effects) - SHOWN
    return [console_line(line) for line in [*lines, *([f"and {left} more"] if left > 0 else [])]]


def _size(effects: Sequence[Effect]) -> tuple[float, float]:
    """By what an assumption is ranked: the change of the index, most of all where there is no answer; then of costs."""
    sizes = [float("inf") if pd.isna(change) else round(abs(change), 9) for change, _, _ in effects]
    return max(sizes), max(abs(cost) for _, cost, _ in effects)
