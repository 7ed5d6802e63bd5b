"""Winners and losers: a bar for each place to the left or right of no change, on one scale for all scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from budgetmodel.contract.units import PENCE_PER_MILLION, pounds, to_pence
from budgetmodel.report.markup import Markup, element
from budgetmodel.report.pictures.flow import pence_of
from budgetmodel.report.pictures.frame import LEFT_ARROW, RIGHT_ARROW, picture, shortened, signed

WIDTH, ROW, TOP = 720.0, 22.0, 26.0
NAMES, FIGURES = 190.0, 80.0
"""Pixels for the names on the left, and for a figure on either side of the bars."""

LABEL = 30
SCALE = f"less {LEFT_ARROW} do-minimum {RIGHT_ARROW} more"
SHOWN = 30
"""Most bars; with more places, those in the middle are added together."""


@dataclass(frozen=True)
class Change:
    """The change on the do-minimum of a place, or of `added` places together, in pence."""

    place: str
    pence: int
    added: int = 0

    @property
    def label(self) -> str:
        """The name, with the number of places added together."""
        return f"{self.place} ({self.added} places together)" if self.added else self.place

    @property
    def figure(self) -> str:
        """The change in words, with its sign."""
        return signed(pounds(abs(self.pence) / PENCE_PER_MILLION), self.pence)


def changes(allocation: pd.DataFrame) -> list[Change]:
    """The change on the do-minimum of each place of one scenario, all years together, the largest gain first."""
    by_place = allocation.assign(pence=pence_of(allocation["amount"])).groupby("place", sort=False)
    got, before = by_place["pence"].sum(), by_place["do_minimum"].sum()
    change = [Change(str(place), int(got[place]) - to_pence(float(before[place]))) for place in got.index]
    return sorted(change, key=lambda each: (-each.pence, each.place))


def folded(listed: Sequence[Change], shown: int = SHOWN) -> list[Change]:
    """The largest gains and losses one by one, and the sum of the places between them."""
    if len(listed) <= shown:
        return list(listed)
    half = (shown - 1) // 2
    middle = listed[half:-half]
    together = Change("other", sum(change.pence for change in middle), len(middle))
    return [*listed[:half], together, *listed[-half:]]


def reach_of(listed: Sequence[Sequence[Change]]) -> tuple[int, int]:
    """The largest loss and gain of any scenario, in pence: the ends of the common scale."""
    pence = [change.pence for changes_ in listed for change in changes_]
    return min([0, *pence]), max([0, *pence])


def bars(scenario: str, listed: Sequence[Change], ends: tuple[int, int], key: str) -> Markup:
    """The picture of one scenario; `ends` are those of `reach_of`."""
    low, high = ends
    room = WIDTH - NAMES - 2 * FIGURES
    pixels = room / max(high - low, 1)
    zero = NAMES + FIGURES - low * pixels
    parts = []
    for n, change in enumerate(listed):
        top = TOP + n * ROW
        width = abs(change.pence) * pixels
        left = zero if change.pence >= 0 else zero - width
        kind = "more" if change.pence >= 0 else "less"
        parts += [
            element("text", shortened(change.label, LABEL), class_="label", x=NAMES, y=top + 15, text_anchor="end"),
            element("rect", class_=f"bar {kind}", x=left, y=top + 3, width=max(width, 0.5), height=ROW - 6),
            element(
                "text",
                change.figure,
                class_="amount",
                x=zero + width + 5 if change.pence >= 0 else left - 5,
                y=top + 15,
                text_anchor="start" if change.pence >= 0 else "end",
            ),
        ]
    height = TOP + len(listed) * ROW + 6
    parts.append(element("line", class_="axis", x1=zero, x2=zero, y1=TOP - 4, y2=height - 4))
    parts.append(element("text", SCALE, class_="heading", x=zero, y=14, text_anchor="middle"))
    title = f"More or less than keeping today's share (the do-minimum) over all years, \u00a3m: {scenario}"
    return picture(title, finding(listed), (WIDTH, height), parts, key)


def finding(listed: Sequence[Change]) -> str:
    """The number of gains and losses, the largest of each, and the sum where it is below 0."""
    gains = [change for change in listed if change.pence > 0]
    losses = [change for change in listed if change.pence < 0]
    count = [sum(change.added or 1 for change in side) for side in (gains, losses)]
    who = "place gets" if count[0] == 1 else "places get"
    words = [f"{count[0]} {who} more than keeping today's share (the do-minimum), {count[1]} less."]
    if gains:
        words.append(f"Most is {gains[0].label}, {gains[0].figure}.")
    if losses:
        words.append(f"Least is {losses[-1].label}, {losses[-1].figure}.")
    total = sum(change.pence for change in listed)
    if total < -len(listed):  # pence: the do-minimum of a place is rounded
        less = pounds(-total / PENCE_PER_MILLION)
        words.append(f"All places together get {less} less: contracts cost it, or it is carried past the last year.")
    return " ".join(words)
