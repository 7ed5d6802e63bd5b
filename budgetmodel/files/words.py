"""What went wrong with a file, and what to do, in a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.open_elsewhere import open_elsewhere

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)

SHOWN = 80
"""Letters of a name that no file can have."""


def sentence(path: Path, error: OSError) -> str:
    """What happened to a file and what to do, in one sentence."""
    kept = "Earlier results are unchanged."
    if error.errno in _FULL:
        return f"The disk is full: '{path}' cannot be written. {kept}"
    if error.errno == errno.EROFS:
        return f"'{path.parent}' is read-only: '{path.name}' cannot be written. Choose another folder. {kept}"
    if isinstance(error, PermissionError):
        advice = open_elsewhere(path) or "Close it if it is open in Excel, or choose a folder that you may write to."
        return f"'{path}' cannot be written. {advice} {kept}"
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"'{path.parent}' is not a folder: '{path.name}' cannot be written there. {kept}"
    if isinstance(error, FileNotFoundError):
        return f"'{path.parent}' cannot be made or has gone meanwhile: '{path.name}' cannot be written there."
    return f"'{path}' cannot be written: {error.strerror or error}. {kept}"


def refuse_name(path: Path) -> None:
    """Raise FileTrouble for a path that no file can have here: too long, a link to itself, a null character.

    Whether there is such a file is another's question.
    """
    try:
        os.stat(path)  # noqa: PTH116  # Path.stat in some Pythons hides why
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except (OSError, ValueError) as error:
        shown = ascii(str(path))[1:-1]
        short = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
        why = getattr(error, "strerror", None) or error
        raise FileTrouble(f"'{short}' can be no file or folder here ({why}): choose another name.") from error
