"""The hashes of everything that is frozen, as they are in version control."""

from __future__ import annotations

import csv
import io
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

GOLDEN = Path(__file__).with_name("golden.csv")

MADE_WITH = "made with"
"""The first row of the file: what the hashes were made with, since other libraries may end in other digits."""

LIBRARIES = ("numpy", "pandas", "scipy", "highspy", "clarabel", "pulp", "openpyxl", "xlsxwriter", "typer", "rich")


def made_with() -> str:
    """This Python, its libraries and the kind of machine."""
    python = f"python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return "; ".join([python, *(f"{name} {version(name)}" for name in LIBRARIES)])


def as_csv(files: Mapping[str, str]) -> str:
    """Hashes by file name as CSV."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file", "SHA-256"))
    rows.writerows(files.items())
    return text.getvalue()


def keep(files: Mapping[str, str]) -> None:
    """Write the golden hashes anew."""
    GOLDEN.write_text(as_csv({MADE_WITH: made_with(), **files}), encoding="utf-8", newline="\n")


def kept() -> tuple[str, dict[str, str]]:
    """What the golden hashes were made with, and the hashes."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        files = dict(list(csv.reader(file))[1:])
    return files.pop(MADE_WITH), files
