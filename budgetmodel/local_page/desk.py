"""What the page is about: workbooks that were dropped, in a folder that goes at the end, and the run of the latest."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Condition, RLock
from typing import TYPE_CHECKING

from budgetmodel.contract.events import Event
from budgetmodel.contract.issues import BudgetError, FileTrouble
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.files.disk import write_new
from budgetmodel.files.lock import Busy, only_writer
from budgetmodel.job import Job
from budgetmodel.live_page.state import State, after, begun, finished, stopped

if TYPE_CHECKING:  # pandas and the solvers are loaded with the first run
    from budgetmodel.job import Outcome

PREFIX = "budgetmodel-app-"
"""How the names of temporary folders begin."""

LOCK = ".budgetmodel-app-lock"
"""The file that is locked while a folder is in use."""

AT_MOST = 50
"""Workbooks that may be dropped between start and end."""

LONGEST = 100
"""Letters of a file's name that the page shows."""

MOMENT = 0.25
"""Seconds after which the waiting main thread listens for Ctrl-C."""


class Superseded(Exception):
    """Another workbook was dropped while one was being solved, or the page is closed."""


@dataclass(frozen=True)
class Dropped:
    """A workbook on the disk: the number of its folder, and the name that the page shows and no path has."""

    number: int
    name: str
    path: Path


@dataclass
class Desk:
    """The workbook that the page shows: requests ask in their threads, the main thread solves."""

    folder: Path
    options: Options = DEFAULT_OPTIONS
    state: State | None = None
    closed: bool = False
    solved: int = 0
    _dropped: int = 0
    _next: Dropped | None = None
    _files: dict[tuple[int, str], Path] = field(default_factory=dict)
    _shown: int = 0
    _earlier: dict[str, tuple[int, Outcome]] = field(default_factory=dict)
    _change: Condition = field(default_factory=lambda: Condition(RLock()))

    # ---- asked by requests -------------------------------------------------------------------------------

    def drop(self, name: str, content: bytes) -> str:
        """A workbook has come; returns what is wrong, or nothing. Its name is shown and never becomes a path."""
        shown = "".join(sign for sign in name if sign.isprintable())[-LONGEST:].strip() or "workbook"
        with self._change:
            if self._dropped >= AT_MOST:
                return f"{AT_MOST} workbooks were dropped: close this page and start it again."
            self._dropped += 1
            number = self._dropped
            path = self.folder / str(number) / "workbook.xlsx"
            try:
                path.parent.mkdir()
                write_new(path, content)
            except OSError as error:
                return f"The workbook cannot be kept here: {error.strerror or error}."
            self._next = Dropped(number, shown, path)
            self._change.notify_all()
        return ""

    def file(self, number: int, name: str) -> Path | None:
        """A file of results, if there is one of this very name."""
        with self._change:
            return self._files.get((number, name))

    def shown(self) -> tuple[State | None, int]:
        """What is known of the workbook, and the number under which its files are asked for."""
        with self._change:
            return self.state, self._shown

    def close(self) -> None:
        """The page is closed: the main thread ends."""
        with self._change:
            self.closed = True
            self._change.notify_all()

    # ---- in the main thread ------------------------------------------------------------------------------

    def work(self) -> None:
        """Solve what is dropped until the page is closed."""
        while not self.closed:
            with self._change:
                if self._next is None:
                    self._change.wait(MOMENT)
                dropped, self._next = self._next, None
            if dropped is not None:
                with suppress(Superseded):
                    self._solve(dropped)

    def _solve(self, dropped: Dropped) -> None:
        """Run a workbook; a second one of the same name goes on from the answers of the first."""
        target, earlier = dropped.number, None
        if dropped.name in self._earlier:
            target, earlier = self._earlier[dropped.name]
        folder = self.folder / str(target) / "results"
        with self._change:
            before = State(dropped.name, "dropped")
            if self.state is not None and self._shown == target:
                before = self.state
            self._shown = target
            self.state = begun(before, datetime.now().astimezone().strftime("%H:%M:%S"))
        try:
            outcome = Job(dropped.path, self.options, folder=folder, earlier=earlier).run(self._hear)
        except BudgetError as trouble:
            self._know(target, stopped(self._own(), trouble), getattr(trouble, "files", ()))
            return
        if outcome.files:
            self._earlier[dropped.name] = target, outcome
        self.solved += 1
        state = finished(self._own(), outcome)
        self._know(target, state, [folder / name for name in state.files])

    def _own(self) -> State:
        with self._change:
            return self.state or State("")

    def _know(self, number: int, state: State, files: Iterable[Path]) -> None:
        """Note a state, and which files may be asked for."""
        with self._change:
            self.state = state
            for path in files:
                self._files[number, path.name] = path

    def _hear(self, event: Event) -> None:
        with self._change:
            if self.closed or self._next is not None:
                raise Superseded
            self.state = after(self._own(), event)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A folder of this user alone that goes at the end; those that a killed page has left go first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _sweep(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with only_writer(folder, 0.0, LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove a folder of ours that nobody holds any more; one that another user has made stays."""
    try:
        facts = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or (hasattr(os, "getuid") and facts.st_uid != os.getuid()):
            return
        with only_writer(folder, 0.0, LOCK):
            pass
    except (Busy, FileTrouble, OSError):
        return
    shutil.rmtree(folder, ignore_errors=True)
