"""The money flow of a scenario as a Sankey diagram: heights in proportion to money, one scale for all scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from budgetmodel.contract.units import PENCE_PER_MILLION, pounds
from budgetmodel.report.markup import Markup, element
from budgetmodel.report.pictures.flow import COLUMNS, LEVEL, MOST, PLACE, POT, SECTOR, SMALL, Link, MoneyFlow, Node
from budgetmodel.report.pictures.frame import picture, shortened

WIDTH, TOP = 1220.0, 34.0
BAR, GAP, SLOT = 12.0, 4.0, 14.0
"""Pixels: the width of a node, the gap between two, and the height that a label needs."""

LEFT = (235.0, 405.0, 655.0, 845.0, 1035.0)
"""The left edge of the nodes of each column, in pixels."""

MONEY_HEIGHT = 300.0
"""The height in pixels of all the money of the largest scenario."""

LABELS = (24, 26, 18, 18, 18)
"""Most characters of a name in each column of the picture; its title has the full name."""

LITTLE = 5_000_000
"""Pence: less is shown as `under £0.1m`, not as £0.0m."""

TONES = 4
NAMED_FLOWS = 3


@dataclass(frozen=True)
class Placed:
    """A node in the picture: its top and height in pixels."""

    top: float
    height: float


def scale(flows: Sequence[MoneyFlow]) -> float:
    """Pixels for a penny: one scale for all scenarios, so that pictures can be compared."""
    return MONEY_HEIGHT / max([1, *(flow.total for flow in flows)])


def sankey(flow: MoneyFlow, pixels: float, levels: Sequence[str], key: str) -> Markup:
    """The picture; `levels` gives each level its colour by position, `key` makes the ids of its parts unique."""
    placed = _place(flow, pixels, levels)
    starts, ends = _stacked(flow, placed, pixels)
    ribbons = [
        _ribbon(link, starts[link], ends[link], link.pence * pixels, levels)
        for link in sorted(flow.links, key=lambda link: -link.pence)
    ]
    headings = [
        element("text", heading, class_="heading", x=LEFT[n] + (BAR if n == 0 else 0), y=14, text_anchor=_anchor(n))
        for n, heading in enumerate(COLUMNS)
    ]
    bars = [part for node, at in placed.items() for part in _bar(flow, node, at, levels)]
    height = max((at.top + max(at.height, SLOT) for at in placed.values()), default=TOP) + GAP
    title = f"Where the money goes: {flow.scenario}"
    return picture(title, finding(flow), (WIDTH, height), [*ribbons, *headings, *bars], key)


def finding(flow: MoneyFlow) -> str:
    """The content of the picture in words: pots, levels, the largest flows, and money that reaches no provider."""
    total = flow.total
    columns = [[node for node in flow.nodes if node.column == n and not node.leaves] for n in range(len(COLUMNS))]
    holders, pots = (sum(node.added or 1 for node in columns[n]) for n in (0, 1))
    lost = [node for node in flow.nodes if node.leaves]
    decided = ", ".join(
        f"{flow.through(node) / max(total, 1):.1%} at {node.label} level"
        for node in sorted(columns[LEVEL], key=lambda n: (-flow.through(n), n.name))
    )
    largest = sorted(flow.links, key=lambda link: (-link.pence, link.start, link.end))[:NAMED_FLOWS]
    named = "; ".join(f"{link.start.label} to {link.end.label} {_shown(link.pence)}" for link in largest)
    left = "; ".join(f"{node.label} {_shown(flow.into(node))}" for node in lost) or "nothing"
    return (
        f"{_shown(total)} from {holders} {'holder' if holders == 1 else 'holders'} stands in {pots} "
        f"{'pot' if pots == 1 else 'pots'}. Decided: {decided}. Leaving before it reaches a provider: {left}. "
        f"The largest flows: {named}."
    )


def folding_note(flow: MoneyFlow) -> str:
    """The nodes that were added together, by name, and the limits for it; blank when there are none."""
    if not flow.folded:
        return ""
    listed = "; ".join(f"'{node.label}' under '{COLUMNS[node.column]}'" for node in flow.folded)
    return (
        f"Added together, not left out: {listed}. These are less than {SMALL:.1%} of the money each, or beyond the "
        f"{MOST} largest of a column."
    )


def _shown(pence: int) -> str:
    """£m to one decimal; an amount below LITTLE is not shown as 0."""
    return "under £0.1m" if 0 < pence < LITTLE else pounds(pence / PENCE_PER_MILLION)


def _place(flow: MoneyFlow, pixels: float, levels: Sequence[str]) -> dict[Node, Placed]:
    """Nodes from the top: holders as listed, pots by their holders' positions, levels in order, others by size."""
    placed: dict[Node, Placed] = {}
    rank = {level: n for n, level in enumerate(levels)}
    for column in range(len(COLUMNS)):
        own = [node for node in flow.nodes if node.column == column]
        if column == POT:
            own = sorted(own, key=lambda node: (_weighted(flow, node, placed), node.name))
        elif column == LEVEL:
            own = sorted(own, key=lambda node: (node.leaves, rank.get(node.name, len(rank)), node.name))
        elif column in (SECTOR, PLACE):
            own = sorted(own, key=lambda node: (node.leaves, -flow.through(node), node.name))
        top = TOP
        for node in own:
            height = flow.through(node) * pixels
            placed[node] = Placed(top + max(0.0, (SLOT - height) / 2), height)
            top += max(height, SLOT) + GAP
    return placed


def _weighted(flow: MoneyFlow, node: Node, placed: Mapping[Node, Placed]) -> float:
    """The mean position of the nodes from which a node's money comes, weighted by money, in pixels."""
    parts = [
        (placed[link.start].top + placed[link.start].height / 2, link.pence) for link in flow.links if link.end == node
    ]
    return round(sum(at * pence for at, pence in parts) / max(sum(pence for _, pence in parts), 1), 6)


def _stacked(
    flow: MoneyFlow, placed: Mapping[Node, Placed], pixels: float
) -> tuple[dict[Link, float], dict[Link, float]]:
    """The top of each link at its start and end: at a node, links are in the order of the nodes at their other ends."""
    starts: dict[Link, float] = {}
    ends: dict[Link, float] = {}
    for node, at in placed.items():
        out = sorted((k for k in flow.links if k.start == node), key=lambda k: (placed[k.end].top, k.end, k.level))
        into = sorted((k for k in flow.links if k.end == node), key=lambda k: (placed[k.start].top, k.start, k.level))
        for links, tops in ((out, starts), (into, ends)):
            top = at.top
            for link in links:
                tops[link] = top
                top += link.pence * pixels
    return starts, ends


def _ribbon(link: Link, start: float, end: float, height: float, levels: Sequence[str]) -> Markup:
    """A band from node to node, with a height in proportion to its money."""
    left, right = LEFT[link.start.column] + BAR, LEFT[link.end.column]
    middle = (left + right) / 2
    path = (
        f"M{left:.1f} {start:.2f}C{middle:.1f} {start:.2f} {middle:.1f} {end:.2f} {right:.1f} {end:.2f}"
        f"v{height:.2f}C{middle:.1f} {end + height:.2f} {middle:.1f} {start + height:.2f} "
        f"{left:.1f} {start + height:.2f}z"
    )
    words = f"{link.start.label} to {link.end.label}: {_shown(link.pence)}"
    words += f", decided at {link.level} level" if link.level else ""
    return element("path", element("title", words), class_=f"band {_tone(link, levels)}", d=path)


def _tone(link: Link, levels: Sequence[str]) -> str:
    if link.end.leaves:
        return "cost"
    return tone(link.level, levels) if link.level else "money"


def tone(level: str, levels: Sequence[str]) -> str:
    """The CSS class of a level's colour."""
    return f"tone-{levels.index(level) % TONES + 1}" if level in levels else "money"


def _bar(flow: MoneyFlow, node: Node, at: Placed, levels: Sequence[str]) -> list[Markup]:
    """A node and its label: its name and its money."""
    left = LEFT[node.column]
    kind = "cost" if node.leaves else tone(node.name, levels) if node.column == LEVEL else "money"
    words = f"{node.label}: {_shown(flow.through(node))}"
    if members := flow.folded.get(node):
        words += f" ({', '.join(members)})"
    bar = element(
        "rect", element("title", words), class_=f"node {kind}", x=left, y=at.top, width=BAR, height=max(at.height, 0.5)
    )
    x = left - 5 if node.column == 0 else left + BAR + 5
    label = element(
        "text",
        shortened(node.label, LABELS[node.column]),
        " ",
        element("tspan", _shown(flow.through(node)), class_="amount"),
        class_="label",
        x=x,
        y=at.top + at.height / 2 + 4,
        text_anchor="end" if node.column == 0 else "start",
    )
    return [bar, label]


def _anchor(column: int) -> str:
    return "end" if column == 0 else "start"
