"""Horizontal bars to either side of 0, each with its name and figure: neutral colours, one scale, no legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from budgetmodel.report.markup import Markup, element
from budgetmodel.report.pictures.frame import picture, shortened

WIDTH, ROW, TOP = 720.0, 20.0, 24.0
NAMES, FIGURES = 190.0, 78.0
"""Pixels for the names on the left, and for a figure on either side of the bars."""

LABEL = 30


@dataclass(frozen=True)
class Bar:
    """A bar: name, value, the figure beside it, and whether it is the one that is spoken of."""

    name: str
    value: float
    figure: str
    main: bool = True


def signed_bars(title: str, finding: str, scale: str, bars: Sequence[Bar], key: str) -> Markup:
    """The picture; `scale` says what is to the left and to the right of 0."""
    low, high = min([0.0, *(bar.value for bar in bars)]), max([0.0, *(bar.value for bar in bars)])
    left_room = FIGURES if low < 0 else 0.0
    pixels = (WIDTH - NAMES - left_room - FIGURES - 10) / ((high - low) or 1.0)
    zero = NAMES + 10 + left_room - low * pixels
    parts = []
    for n, bar in enumerate(bars):
        top, width = TOP + n * ROW, abs(bar.value) * pixels
        less = bar.value < 0
        start, end = (zero - width, zero - width - 5) if less else (zero, zero + width + 5)
        colour = "tone-2" if bar.main and not less else "money"
        parts += [
            element("text", shortened(bar.name, LABEL), class_="label", x=NAMES, y=top + 14, text_anchor="end"),
            element("rect", class_=f"bar {colour}", x=start, y=top + 3, width=max(width, 0.5), height=ROW - 6),
            element("text", bar.figure, class_="amount", x=end, y=top + 14, text_anchor="end" if less else "start"),
        ]
    height = TOP + len(bars) * ROW + 6
    parts.append(element("line", class_="axis", x1=zero, x2=zero, y1=TOP - 4, y2=height - 4))
    anchor = "middle" if low < 0 else "start"
    parts.append(element("text", scale, class_="heading", x=zero, y=13, text_anchor=anchor))
    return picture(title, finding, (WIDTH, height), parts, key)
