"""Figures of scenarios compared with one another: looked up, judged and put into words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from budgetmodel.contract.units import pounds
from budgetmodel.metrics.catalogue import Metric
from budgetmodel.metrics.shape import member_and_year

BETTER, WORSE, LEVEL = "better", "worse", "level"
"""How a figure compares with another; blank where neither direction is better."""

CLOSE = {"£m": 1e-3, "index": 1e-4}
"""Figures that differ by at most this are level, by unit: the model's answer is determined to £1,000."""

OTHERWISE_CLOSE = 1e-6


def table(metrics: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """The figures of a `metrics` frame by scenario, metric and group."""
    keys = zip(*(metrics[name].to_numpy(dtype=object) for name in ("scenario", "metric", "group")), strict=True)
    return dict(zip(keys, metrics["value"].to_numpy(dtype=float).tolist(), strict=True))


def groups_of_all_years(metrics: pd.DataFrame, metric: str, years: Sequence[str]) -> list[str]:
    """The groups of a metric that cover all years together, in order, over all scenarios."""
    own = metrics.loc[metrics["metric"] == metric, "group"]
    return [str(group) for group in own.unique() if not member_and_year(str(group), years)[1]]


def verdict(metric: Metric, value: float, against: float) -> str:
    """Whether a figure is better or worse than another, or level with it; blank where no direction is better."""
    tolerance = max(CLOSE.get(metric.unit, OTHERWISE_CLOSE), OTHERWISE_CLOSE * max(abs(value), abs(against)))
    if not metric.better:
        return ""
    if abs(value - against) <= tolerance:
        return LEVEL
    return BETTER if (value > against) == (metric.better == "higher") else WORSE


def named(metric: Metric, group: str) -> str:
    """The label of a metric and of its group.

    >>> from budgetmodel.metrics.catalogue import catalogue
    >>> named(catalogue()["sector_share"], "VCSE"), named(catalogue()["pots"], "")
    ('Share of all money: VCSE', 'Pots')
    """
    return f"{metric.label}: {group}" if group else metric.label


def in_words(value: float, unit: str) -> str:
    """A figure in a sentence.

    >>> in_words(-2.04, "£m"), in_words(0.125, "share"), in_words(33.0312, "index"), in_words(22.0, "contracts")
    ('(£2.0m)', '12.5%', '33.03 points', '22 contracts')
    """
    if unit == "£m":
        return pounds(value)
    if unit == "share":
        return f"{value:.1%}"
    if unit == "index":
        return f"{value:.2f} points"
    return f"{value:,.2f}".rstrip("0").rstrip(".") + f" {unit}"
