"""The parts of every picture: the SVG element with its title and description, signed figures and shortened names."""

from __future__ import annotations

from collections.abc import Iterable

from budgetmodel.report.markup import Markup, element

MINUS, LEFT_ARROW, RIGHT_ARROW = "\u2212", "\u2190", "\u2192"


def signed(text: str, value: float) -> str:
    """The text of an absolute figure with the sign of its value."""
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{text}"


def picture(title: str, finding: str, size: tuple[float, float], parts: Iterable[Markup], key: str) -> Markup:
    """An inline SVG of a size in pixels with title and description; `key` makes the ids unique on the page."""
    width, height = size
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", finding, id=f"{key}-finding"),
        *parts,
        role="img",
        aria_labelledby=f"{key}-title {key}-finding",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        xmlns="http://www.w3.org/2000/svg",
    )


def shortened(name: str, characters: int) -> str:
    """A name of at most so many characters; a cut is marked by an ellipsis."""
    return name if len(name) <= characters else f"{name[: characters - 1].rstrip()}\u2026"
