"""What differs between two frozen folders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import islice, zip_longest
from pathlib import Path

LINES = 3
"""Differing lines that are shown of a file."""

WIDTH = 220
"""Letters that are shown of a line."""


def hashes(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of every file of a frozen folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """File name -> "changed", "missing" or "extra", for what differs between two lists of hashes."""
    found = {}
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            found[name] = "missing"
        elif name not in before:
            found[name] = "extra"
        elif before[name] != after[name]:
            found[name] = "changed"
    return found


def compared(before: Path, after: Path) -> list[str]:
    """A line for every file that differs between two folders, each with its first differing lines under it."""
    told = []
    for name, how in differences(hashes(before), hashes(after)).items():
        told.append(f"{how}: {name}")
        if how == "changed":
            told += changed_lines(_text(before / name), _text(after / name))
    return told


def changed_lines(before: list[str], after: list[str]) -> list[str]:
    """The first lines that differ, with their numbers, and how many there are.

    Lines are taken by their number where both files have as many; else what stands between the lines that both begin
    with and those that both end with.
    """
    if len(before) == len(after):
        pairs = [(n, a, b) for n, (a, b) in enumerate(zip(before, after, strict=True), start=1) if a != b]
    else:
        shorter = min(len(before), len(after))
        first = next((n for n in range(shorter) if before[n] != after[n]), shorter)
        last = next((n for n in range(shorter - first) if before[-1 - n] != after[-1 - n]), shorter - first)
        rest = zip_longest(before[first : len(before) - last], after[first : len(after) - last])
        pairs = [(n, a, b) for n, (a, b) in enumerate(rest, start=first + 1)]
    told = []
    for number, old, new in islice(pairs, LINES):
        if old is not None:
            told.append(f"  line {number} - {_short(old)}")
        if new is not None:
            told.append(f"  line {number} + {_short(new)}")
    if len(pairs) > LINES:
        told.append(f"  ... {len(pairs)} lines in all")
    return told


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}..."


def _text(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")
