"""What distinguishes one input, and one copy of the program, from another: hashes of sheets, and the commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from budgetmodel.contract.tables import Table

ROOT = Path(__file__).resolve().parents[2]
"""Where a working copy of the repository would have its `.git`."""

UNKNOWN = "not known: this copy of the program is no working copy of its repository"


def sheet_hashes(tables: Mapping[str, Table]) -> dict[str, str]:
    """The SHA-256 of each sheet's content: its columns and cells, whatever their order of columns, fonts or formulas.

    A whole number and the same number with a decimal point are one value; blank cells count as blanks.
    """
    return {name: _hash(table) for name, table in tables.items()}


def _hash(table: Table) -> str:
    columns = {name: [_plain(value) for value in values] for name, values in table.values.items()}
    text = json.dumps(columns, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: object) -> str | None:
    """A cell as text; numbers by their value."""
    if value is None:
        return None
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def git_commit(root: Path = ROOT) -> str:
    """The commit of the working copy that the program runs from; UNKNOWN when it cannot be found.

    Read from the files of git, so that no program is started. Changes that are not committed do not show in it.
    """
    try:
        git = root / ".git"
        if git.is_file():  # a worktree: the file names the folder
            git = (root / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head
        name = head.removeprefix("ref:").strip()
        shared = git / "commondir"
        common = (git / shared.read_text(encoding="utf-8").strip()).resolve() if shared.is_file() else git
        if (common / name).is_file():
            return (common / name).read_text(encoding="utf-8").strip()
        packed = (common / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), UNKNOWN)
    except (OSError, UnicodeDecodeError, IndexError):
        return UNKNOWN
