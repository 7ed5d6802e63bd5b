"""A folder in which commands are given as a user gives them, and the frozen files of what they answered."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

import budgetmodel as bm
from budgetmodel.cli import main
from tests.freeze.neutral import ROOT, broken, in_order, names_of, neutral, words_of
from tests.freeze.sheets import as_text

ENVIRONMENT = {"COLUMNS": "100", "LINES": "50", "NO_COLOR": "1", "TERM": "dumb"}
"""A console of a known width, without colours."""

UNSET = ("SOURCE_DATE_EPOCH", "FORCE_COLOR", "CLICOLOR_FORCE", "TERMINAL_WIDTH")
"""What would change dates in workbooks, colours and widths."""


class Desk:
    """Gives commands in `work` and writes what they answer below `frozen`."""

    def __init__(self, work: Path, frozen: Path) -> None:
        home = Path(bm.__file__ or "").resolve().parent.parent
        if home != ROOT:
            raise SystemExit(f"budgetmodel is imported from {home}, not from {ROOT}. Set PYTHONPATH to {ROOT}.")
        self.work, self.frozen = work.resolve(), frozen.resolve()
        self.work.mkdir(parents=True)
        os.chdir(self.work)
        os.environ.update(ENVIRONMENT)
        for name in UNSET:
            os.environ.pop(name, None)
        self.versions = json.loads(self._told("version", "--json")[1])

    def _told(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command, given within this process."""
        out, err = io.StringIO(), io.StringIO()
        code: object = 0
        given, sys.argv = sys.argv, ["budgetmodel", *words]
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            sys.argv = given
        return int(str(code)), out.getvalue(), err.getvalue()

    def answer(self, *words: str) -> str:
        """What a command says, with its exit code, as it is frozen."""
        code, out, err = self._told(*words)
        out, err = self.plain(out), self.plain(in_order(err))
        out = words_of(out) if "--help" in words else broken(out)
        err = words_of(err) if code == 2 else err  # typer draws a box about a usage error
        return f"$ budgetmodel {shlex.join(words)}\nexit code {code}\n---- output\n{out}---- errors\n{err}"

    def command(self, name: str, *words: str) -> None:
        """Freeze what a command says under a name."""
        self.keep(f"{name}.txt", self.answer(*words))

    def plain(self, text: str) -> str:
        """The text without what differs between machines and days."""
        return neutral(text, self.work, self.versions)

    def keep(self, name: str, text: str) -> None:
        """Write a frozen file."""
        path = self.frozen / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")

    def frame(self, name: str, frame: pd.DataFrame) -> None:
        """Freeze a frame with all its digits."""
        self.keep(f"{name}.csv", self.plain(frame.to_csv(index=False, lineterminator="\n")))

    def file(self, path: Path, name: str) -> None:
        """Freeze a file that a command wrote: a workbook as text, a manifest by its names, any other as it is."""
        if path.suffix == ".xlsx":
            self.keep(f"{name}.txt", self.plain(as_text(path)))
        elif path.name == "manifest.json":
            self.keep(f"{name}.txt", names_of(path.read_text(encoding="utf-8")))
        else:
            self.keep(name, broken(self.plain(path.read_bytes().decode("utf-8"))))

    def files(self, folder: Path, name: str, leave: Iterable[str] = ()) -> list[str]:
        """Freeze every file that is seen in a folder, but those to leave; returns their names."""
        found = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
        for path in found:
            if path.name not in leave:
                self.file(path, f"{name}/{path.name}")
        return [path.name for path in found]
