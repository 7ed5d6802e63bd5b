"""Whether a workbook is open in Excel or LibreOffice, by the small file that these put beside it."""

from __future__ import annotations

from pathlib import Path

OWNER_BYTES = 54
"""Bytes of Excel's owner file that hold the name: its length, then the name."""

LONGEST = 60
"""Characters of a name that are shown."""


def open_elsewhere(path: Path) -> str:
    """A sentence on who has the file open, and what to do; nothing when nobody seems to.

    A program that crashed leaves its file, too: so this says "seems", and nothing is refused because of it.
    """
    for program, marker, owner in (
        ("Excel", path.with_name(f"~${path.name}"), _excel_owner),
        ("LibreOffice", path.with_name(f".~lock.{path.name}#"), _libreoffice_owner),
    ):
        try:
            content = marker.read_bytes()[:1000]
        except OSError:
            continue
        name = "".join(c for c in owner(content) if c.isprintable()).strip()[:LONGEST]
        who = f" by {name}" if name else ""
        return f"It seems to be open in {program}{who}: close it there without saving, then open it again."
    return ""


def _excel_owner(content: bytes) -> str:
    """Excel writes the length of the name, the name, and the same once more in two bytes a character."""
    return content[1 : 1 + min(content[0], OWNER_BYTES)].decode("cp1252", "replace") if content else ""


def _libreoffice_owner(content: bytes) -> str:
    """LibreOffice writes name, login, computer, date and profile, separated by commas."""
    fields = content.decode("utf-8", "replace").split(",")
    return fields[0].strip() or (fields[1].strip() if len(fields) > 1 else "")
