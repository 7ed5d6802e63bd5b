"""A line of the console. It loads nothing, so that the first line of a run comes before anything heavy is loaded."""

from __future__ import annotations

WIDTH = 80
"""Characters of a line at most."""


def console_line(line: str) -> str:
    """A line that every console can show: no control characters, nothing outside cp1252, cut at 80 columns."""
    shown = "".join(character if character.isprintable() else " " for character in line)
    safe = shown.encode("cp1252", "replace").decode("cp1252")
    return safe if len(safe) <= WIDTH else safe[: WIDTH - 3] + "..."
