"""Whether a figure is as near as it must be, as one call on a line."""

from __future__ import annotations

from tests.support.figures import near


def close(found: object, expected: object, within: float) -> bool:
    """`found == near(expected, within)`, for lists too."""
    return bool(found == near(expected, within))
