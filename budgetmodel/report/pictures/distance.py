"""Distance from target before and after: an open ring for the do-minimum, a dot for the allocation, for each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from budgetmodel.report.markup import Markup, element
from budgetmodel.report.pictures.frame import LEFT_ARROW, RIGHT_ARROW, picture, shortened, signed

WIDTH, ROW, TOP = 720.0, 22.0, 44.0
NAMES, FIGURES = 190.0, 110.0
LABEL = 30
SHOWN = 30
"""Most places that are drawn: those furthest from target after, on either side."""

STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""The possible steps of the scale, as shares."""

MARKS = 8


@dataclass(frozen=True)
class Distance:
    """A place's distance from its target, as a share of it: before (the do-minimum) and after."""

    place: str
    before: float
    after: float

    @property
    def words(self) -> str:
        """Both figures as percentages."""
        return f"{percent(self.before)} {RIGHT_ARROW} {percent(self.after)}"


def percent(share: float) -> str:
    """A share with its sign; one that rounds to 0 has none.

    >>> percent(0.0123), percent(-0.0004)
    ('+1.2%', '0.0%')
    """
    shown = round(share * 100, 1) + 0.0
    return signed(f"{abs(shown):.1f}%", shown)


def drawn(listed: Sequence[Distance], shown: int = SHOWN) -> list[Distance]:
    """The places furthest under target first; of many, those furthest under and furthest over."""
    ordered = sorted(listed, key=lambda distance: (round(distance.after, 6), distance.place))
    if len(ordered) <= shown:
        return ordered
    return [*ordered[: shown - shown // 2], *ordered[-(shown // 2) :]]


def distances(scenario: str, what: str, listed: Sequence[Distance], ends: tuple[float, float], key: str) -> Markup:
    """The picture of one scenario; `what` names component and year, `ends` is the common scale of all scenarios."""
    low, high = ends
    room = WIDTH - NAMES - FIGURES - 20

    def x(share: float) -> float:
        return NAMES + 12 + (share - low) / (high - low) * room

    height = TOP + len(listed) * ROW + 6
    parts = _grid(ends, x, height)
    for n, distance in enumerate(listed):
        y = TOP + n * ROW + ROW / 2
        parts += [
            element("text", shortened(distance.place, LABEL), class_="label", x=NAMES, y=y + 4, text_anchor="end"),
            element("line", class_="joined", x1=x(distance.before), x2=x(distance.after), y1=y, y2=y),
            element("circle", class_="before", cx=x(distance.before), cy=y, r=5.0),
            element("circle", class_="after", cx=x(distance.after), cy=y, r=5.0),
            element("text", distance.words, class_="amount", x=WIDTH - FIGURES + 2, y=y + 4),
        ]
    title = f"Distance from target before (ring) and after (dot), {what}: {scenario}"
    return picture(title, finding(listed), (WIDTH, height), parts, key)


def common_ends(listed: Sequence[Sequence[Distance]]) -> tuple[float, float]:
    """The ends of a scale that includes every distance and 0, at whole steps."""
    shares = [0.0, *(share for own in listed for d in own for share in (d.before, d.after))]
    step = _step(min(shares), max(shares))
    low = -step * -(min(shares) // step) if min(shares) < 0 else 0.0
    high = step * -(-max(shares) // step) if max(shares) > 0 else 0.0
    return (low, high) if high > low else (-step, step)


def _step(low: float, high: float) -> float:
    return next((step for step in STEPS if (high - low) / step <= MARKS), STEPS[-1])


def _grid(ends: tuple[float, float], x: Callable[[float], float], height: float) -> list[Markup]:
    low, high = ends
    step = _step(low, high)
    parts = []
    for n in range(round(low / step), round(high / step) + 1):
        at = x(n * step)
        parts.append(element("line", class_="axis" if n == 0 else "grid", x1=at, x2=at, y1=TOP - 4, y2=height - 4))
        parts.append(element("text", percent(n * step), class_="tick", x=at, y=TOP - 10, text_anchor="middle"))
    words = f"under target {LEFT_ARROW}  {RIGHT_ARROW} over target"
    return [element("text", words, class_="heading", x=x(0.0), y=14, text_anchor="middle"), *parts]


def finding(listed: Sequence[Distance]) -> str:
    """The range of distances before and after, and the place furthest under target."""
    if not listed:
        return "No place has a target."
    before = (min(d.before for d in listed), max(d.before for d in listed))
    after = (min(d.after for d in listed), max(d.after for d in listed))
    worst = min(listed, key=lambda d: (round(d.after, 6), d.place))
    nearer = sum(abs(d.after) < abs(d.before) for d in listed)
    under = f"Furthest under afterwards: {worst.place}, {worst.words}."
    under = under if round(worst.after, 3) < 0 else "None is under its target afterwards."
    return (
        f"Before, places are between {percent(before[0])} and {percent(before[1])} from target; after, between "
        f"{percent(after[0])} and {percent(after[1])}. {nearer} of {len(listed)} come nearer to it. {under}"
    )
