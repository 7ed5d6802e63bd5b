"""A new folder for somebody who types no commands; what is there already stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import there, write_new
from budgetmodel.files.words import refuse_name, sentence
from budgetmodel.start_files.texts import HOW_TO, cmd_file, shell_file

WORKBOOK, WINDOWS, MAC, LINUX, HELP = "workbook.xlsx", "Start.cmd", "Start.command", "start.sh", "How to.txt"
"""The names of the files. On disks that take `start` and `Start` for one name the endings differ."""

MAY_START = 0o755


@dataclass(frozen=True)
class Made:
    """What became of each file: `written`, or `kept` because there was one of this name."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def make_folder(folder: Path, workbook: Callable[[Path], object], python: str = sys.executable) -> Made:
    """Write the files that are not there yet; `workbook` writes the input workbook at a path.

    Raises FileTrouble where the folder is none or cannot be written.
    """
    refuse_name(folder)
    names = {"workbook": WORKBOOK, "windows": WINDOWS, "mac": MAC, "linux": LINUX}
    texts = {
        WINDOWS: cmd_file(python),
        MAC: shell_file(python),
        LINUX: shell_file(python),
        HELP: HOW_TO.format(**names).replace("\n", "\r\n"),
    }
    written, kept = [], []
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (WORKBOOK, *texts):
            path = folder / name
            if there(path):
                kept.append(path)
                continue
            if name == WORKBOOK:
                workbook(path)
            else:
                write_new(path, texts[name].encode("utf-8", "surrogateescape"))
                if name in (MAC, LINUX):
                    path.chmod(MAY_START)
            written.append(path)
    except FileTrouble:  # an OSError, too, and in words already
        raise
    except OSError as error:
        raise FileTrouble(sentence(path, error)) from error
    return Made(tuple(written), tuple(kept))
