"""Figures in words: as people type them, and with as many digits as it takes to tell them apart."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.program.infeasible.steps import AMOUNT, PERCENT, SCALES

MOST = 12
"""Decimals beyond which two figures are told alike."""


def told_apart(values: Sequence[float], unit: str, decimals: int) -> tuple[str, ...]:
    """Figures of one cell in its unit, with `decimals` or as many more as it takes until different ones differ.

    >>> told_apart((100.002, 100.0), "£m", 1), told_apart((0.05, 0.0499996), "%", 1)
    (('£100.002m', '£100.0m'), ('5%', '4.99996%'))
    """
    for places in range(decimals, MOST + 1):
        texts = tuple(_told(value, unit, places) for value in values)
        if len(set(texts)) == len(set(values)):
            return tuple(_told(value, unit, places) for value in values)
    return tuple(_told(value, unit, MOST) for value in values)


def _told(value: float, unit: str, decimals: int) -> str:
    fewest = {PERCENT: 0, AMOUNT: 1}.get(unit, 2)
    text = f"{abs(value) * SCALES[unit][0]:,.{max(decimals, fewest)}f}"
    whole, _, part = text.partition(".")
    part = part[:fewest] + part[fewest:].rstrip("0")
    text = f"{whole}.{part}" if part else whole
    minus = "-" if value < 0 and text.strip("0.,") else ""
    return f"{minus}{text}%" if unit == PERCENT else f"{minus}£{text}m" if unit == AMOUNT else f"{minus}£{text}"
