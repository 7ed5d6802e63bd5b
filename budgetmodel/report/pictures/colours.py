"""The colours of pictures and of the HTML report, light and dark; the contrast of text is at least 4.5 : 1.

Whatever a colour marks is also marked by words or by shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from budgetmodel.excel.write.styles import BAD_TEXT, GOOD_TEXT, HEADER_FILL, LINE, TEXT, TOTAL_FILL, WHITE

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": WHITE,
        "panel": "#F3F6F8",
        "ink": TEXT,
        "soft": "#4C6272",
        "line": LINE,
        "total": TOTAL_FILL,
        "brand": HEADER_FILL,
        "on-brand": WHITE,
        "link": HEADER_FILL,
        "focus": "#FFB81C",
        "good": GOOD_TEXT,
        "bad": BAD_TEXT,
        "more": "#12436D",
        "less": "#75808A",
        "money": "#5B7083",
        "tone-1": "#1B7F79",
        "tone-2": "#005EB8",
        "tone-3": "#7C4DA0",
        "tone-4": "#8A6100",
        "cost": "#C0392B",
    }
)
"""Colours by their use. `tone-1` to `tone-4` are the levels at which money is decided, most local first."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#12181D",
        "panel": "#1C252C",
        "ink": "#E9EEF1",
        "soft": "#AFC0CC",
        "line": "#3A4852",
        "total": "#26323A",
        "brand": "#0B3F73",
        "on-brand": "#FFFFFF",
        "link": "#8CC8FF",
        "focus": "#FFB81C",
        "good": "#7FD6A4",
        "bad": "#FF9B90",
        "more": "#9CC8F5",
        "less": "#8B98A3",
        "money": "#8EA3B3",
        "tone-1": "#4FC3BB",
        "tone-2": "#6FB2F5",
        "tone-3": "#C3A0E3",
        "tone-4": "#E0B64F",
        "cost": "#FF8577",
    }
)

TEXT_PAIRS = (
    ("ink", "paper"),
    ("ink", "panel"),
    ("ink", "total"),
    ("soft", "paper"),
    ("soft", "panel"),
    ("link", "paper"),
    ("link", "panel"),
    ("good", "paper"),
    ("good", "panel"),
    ("bad", "paper"),
    ("bad", "panel"),
    ("on-brand", "brand"),
)
"""Text and its background: a contrast of at least 4.5 : 1."""

SHAPES = ("more", "less", "money", "tone-1", "tone-2", "tone-3", "tone-4", "cost")
"""Shapes, drawn on `paper`: a contrast of at least 3 : 1."""


def variables(colours: Mapping[str, str]) -> str:
    """The colours as CSS custom properties."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
