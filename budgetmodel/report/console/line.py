"""A line of the console. It imports nothing, so that a run prints its first line before heavy imports."""

from __future__ import annotations

WIDTH = 80
"""Most characters of a line."""


def console_line(line: str) -> str:
    """A line that every console can show: no control characters, nothing outside cp1252, cut at 80 columns."""
    shown = "".join(character if character.isprintable() else " " for character in line)
    safe = shown.encode("cp1252", "replace").decode("cp1252")
    return safe if len(safe) <= WIDTH else safe[: WIDTH - 3] + "..."


def short_words(text: str, width: int) -> str:
    """A text of at most so many characters; a cut is marked by three dots."""
    return text if len(text) <= width else f"{text[: width - 3]}..."
