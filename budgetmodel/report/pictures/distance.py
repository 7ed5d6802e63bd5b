"""Distance from target: for each place an open ring for the do-minimum, and a mark for each scenario."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from budgetmodel.report.markup import Markup, element
from budgetmodel.report.pictures.frame import LEFT_ARROW, RIGHT_ARROW, picture, shortened, signed

WIDTH, TOP = 720.0, 44.0
NAMES = 190.0
LABEL = 30
SHOWN = 30
"""Most places that are drawn: those furthest from target after, on either side."""

STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""The possible steps of the scale, as shares."""

MARKS = 8

ROW_OF_MANY, LANE, MARK = 34.0, 6.0, 5.0
"""Pixels of a row with a mark per scenario, between two marks, and from the middle of a mark to its corner."""

SHAPES = (
    tuple((math.cos(math.pi * n / 8), math.sin(math.pi * n / 8)) for n in range(16)),
    ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    ((0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)),
    ((0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)),
    ((0.0, 1.1), (1.05, -0.8), (-1.05, -0.8)),
)
"""Circle, square, triangle, diamond, triangle on its tip: corners around the middle."""

TONES = 4
"""Colours of marks."""


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


def overlaid(
    what: str, listed: Mapping[str, Sequence[Distance]], places: Sequence[str], ends: tuple[float, float], key: str
) -> Markup:
    """One picture of all scenarios: for each place a ring for the do-minimum and a mark per scenario.

    `what` names component and year, `listed` has the distances by scenario, `places` are those drawn, from the top, and
    `ends` is the scale. The ring is that of the first scenario; marks differ in shape and colour (`marked`).
    """
    low, high = ends
    room = WIDTH - NAMES - 32
    lane = min(LANE, (ROW_OF_MANY - 8) / max(len(listed), 1))

    def x(share: float) -> float:
        return NAMES + 12 + (share - low) / (high - low) * room

    height = TOP + len(places) * ROW_OF_MANY + 6
    by_place = {name: {each.place: each for each in own} for name, own in listed.items()}
    parts = _grid(ends, x, height)
    for row, place in enumerate(places):
        y = TOP + row * ROW_OF_MANY + ROW_OF_MANY / 2
        found = {name: own[place] for name, own in by_place.items() if place in own}
        parts.append(element("text", shortened(place, LABEL), class_="label", x=NAMES, y=y + 4, text_anchor="end"))
        for n, (name, distance) in enumerate(found.items()):
            at = y + (n - (len(found) - 1) / 2) * lane
            if n == 0:
                parts.append(element("circle", class_="before", cx=x(distance.before), cy=y, r=5.0))
            number = list(listed).index(name)
            words = element("title", f"{place}, {name}: {distance.words}")
            parts.append(element("g", words, marked(number, x(distance.after), at)))
    title = f"Distance from target with the do-minimum (ring) and by scenario, {what}"
    return picture(title, findings(listed), (WIDTH, height), parts, key)


def marked(number: int, x: float, y: float) -> Markup:
    """The mark of a scenario by its number: a shape and a colour, so that neither has to be told apart alone."""
    turn, at = divmod(number, len(SHAPES))
    shape, tone = SHAPES[at], f"tone-{(number + turn) % TONES + 1}"
    corners = " ".join(f"{x + dx * MARK:.2f},{y + dy * MARK:.2f}" for dx, dy in shape)
    return element("polygon", class_=tone, points=corners)


def findings(listed: Mapping[str, Sequence[Distance]]) -> str:
    """The finding of every scenario, each with its name."""
    return " ".join(f"{name}: {finding(own)}" for name, own in listed.items())


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
