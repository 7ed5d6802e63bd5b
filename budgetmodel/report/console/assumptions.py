"""Assumptions halved and doubled, as lines for the console: those that move the index most first."""

from __future__ import annotations

import pandas as pd

from budgetmodel.report.console.line import console_line

SHOWN = 10
"""Most assumptions that are listed; the rest is counted."""


def assumption_lines(frame: pd.DataFrame) -> list[str]:
    """A line per assumption: what half and double of it add to the index (points) and to costs (£m)."""
    key = frame["kind"] + ": " + frame["name"]
    wide = frame.assign(key=key).pivot(
        index="key", columns="factor", values=["index_change", "money_change", "outcome"]
    )
    wide = wide.reindex(key.drop_duplicates())
    factors = sorted(frame["factor"].unique())
    size = wide["index_change"].astype(float).abs().max(axis=1, skipna=False).fillna(float("inf"))
    cost = wide["money_change"].astype(float).abs().max(axis=1).to_numpy()
    order = pd.DataFrame({"size": size.round(9).to_numpy(), "cost": cost}).sort_values(
        ["size", "cost"], ascending=False, kind="stable"
    )
    lines = ["Assumptions halved and doubled: change of the index (points), of costs (£m)"]
    lines.append(f"{'Index half':>10} {'double':>10} {'Costs half':>10} {'double':>8}  Assumption")
    for n in order.index[:SHOWN]:
        row = wide.iloc[n]
        index = [_figure(row["index_change", factor], row["outcome", factor]) for factor in factors]
        costs = [f"{float(row['money_change', factor]):+.1f}" for factor in factors]
        lines.append(f"{index[0]:>10} {index[-1]:>10} {costs[0]:>10} {costs[-1]:>8}  {wide.index[n]}")
    left = len(wide) - SHOWN
    return [console_line(line) for line in [*lines, *([f"and {left} more"] if left > 0 else [])]]


def _figure(change: float, outcome: str) -> str:
    return str(outcome) if pd.isna(change) else f"{float(change):+.2f}"
