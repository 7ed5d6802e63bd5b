"""The watcher: a thread looks for saves, the main thread runs them, and a page says which stage is shown.

A run is a `Job`, as everywhere; it is in the main thread so that Ctrl-C does what it does to `run`. A save that comes
while one is being solved is checked at once, and ends that run at its next event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Condition, RLock, Thread
from threading import Event as Flag
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote

from budgetmodel.contract.events import SAME, Event
from budgetmodel.contract.issues import BudgetError, FileTrouble, InputErrors
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.excel.is_results import is_results
from budgetmodel.files.lock import Busy, held, only_writer
from budgetmodel.files.sets import write_files
from budgetmodel.job import Job
from budgetmodel.live_page.document import document
from budgetmodel.live_page.parts import shown
from budgetmodel.live_page.state import ENDED, State, after, begun, finished, refused, same_again, stopped, troubled
from budgetmodel.report.markup import element
from budgetmodel.watch.saves import LOOK, Follower, Save, digest_of, workbooks

if TYPE_CHECKING:  # pandas and the solvers are loaded with the first run
    from budgetmodel.job import Outcome

PAGE = "watch.html"
"""The page, in the folder of results; the results of each workbook are in a folder of its name beside it."""

LOCK = ".budgetmodel-watch-lock"
"""The file that is locked while somebody watches into a folder."""

RELOAD = 2
"""Seconds after which the page reloads itself."""

BETWEEN = 0.4
"""Seconds between two versions of the page while a run goes on; first figures, answers and ends are written at once."""

LEFT_AT_MOST = 3
"""Runs in a row that saves may end before their time: the next one is left to its end, or AutoSave would starve it."""

PATIENT_END = 10.0
"""Seconds that the end waits for a check that is under way in the other thread."""

RETRY = 30.0
"""Seconds after which a run that a file stood in the way of is tried again."""


class Superseded(Exception):
    """The workbook was saved again while it was being solved."""


class NothingDiffers(Exception):
    """A save in which no scenario's inputs differ from those of the results."""


def now() -> str:
    """The time of day, as pages and lines say it."""
    return datetime.now().astimezone().strftime("%H:%M:%S")


@dataclass
class Watcher:
    """Follows a workbook, or all in a folder, and writes into `folder`.

    `say` is called with a line for the console, `ready` when the page is there.
    """

    path: Path
    folder: Path
    options: Options = DEFAULT_OPTIONS
    say: Callable[[str], object] = lambda _: None
    ready: Callable[[], object] = lambda: None
    stop: Flag = field(default_factory=Flag)
    states: dict[Path, State] = field(default_factory=dict)
    _good: dict[Path, tuple[State, Outcome]] = field(default_factory=dict)
    _waiting: dict[Path, Save] = field(default_factory=dict)
    _retry: dict[Path, float] = field(default_factory=dict)
    _left: dict[Path, int] = field(default_factory=dict)
    _running: Path | None = None
    _written: float = 0.0
    _change: Condition = field(default_factory=lambda: Condition(RLock()))
    _failed: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        """Watch until `stop` is set or something is raised: FileTrouble where another watches into this folder.

        At the end the page says that nobody follows the workbooks any more; results stay as they are.
        """
        with self._alone():
            looking = Thread(target=self._look, name="saves", daemon=True)
            looking.start()
            try:
                self._show()
                self.ready()
                while not self.stop.is_set():
                    save = self._next()
                    if save is not None:
                        self._solve(save)
            finally:
                self.stop.set()
                looking.join(timeout=PATIENT_END)
                with suppress(FileTrouble):  # what ended the watching says more
                    self._end()

    # ---- looking: in a thread of its own -----------------------------------------------------------------

    def _look(self) -> None:
        """Look for saves until the end; what goes wrong is raised by the main thread."""
        followers: dict[Path, Follower] = {}
        try:
            while not self.stop.wait(LOOK):
                for path in workbooks(self.path):
                    followers.setdefault(path, Follower(path))
                for path, follower in list(followers.items()):
                    save = follower.look()
                    if save is not None and not (self.path.is_dir() and is_results(path)):
                        self._seen(save)
        except BaseException as failure:
            with self._change:
                self._failed.append(failure)
                self._change.notify_all()

    def _seen(self, save: Save) -> None:
        """A save was found: it is next, and where it comes in the middle of a run it is checked at once."""
        with self._change:
            self._waiting[save.path] = save
            busy = self._running == save.path and not save.trouble
            self._change.notify_all()
        if busy:
            self._check_ahead(save)

    def _check_ahead(self, save: Save) -> None:
        """Check a save while the one before is still being solved, so that its problems are told within seconds."""
        from budgetmodel.reading import read

        state = begun(self._state(save.path), now())
        try:
            read(save.path)
        except InputErrors as problems:
            state = refused(state, problems)
        except BudgetError as trouble:
            state = troubled(state, str(trouble))
        else:
            state = replace(state, words="No errors. It is solved as soon as the run before it has been left.")
        with self._change:
            if self._waiting.get(save.path) is save:  # the run may have begun meanwhile
                self._keep(save.path, state)

    # ---- running: in the main thread ---------------------------------------------------------------------

    def _next(self) -> Save | None:
        """The next save to be solved, if one comes within a moment: the wait is short so that Ctrl-C is heard."""
        with self._change:
            if not self._waiting and not self._failed:
                self._change.wait(LOOK)
            if self._failed:
                raise self._failed[0]
            for path in self._waiting:
                return self._waiting.pop(path)
            for path, since in self._retry.items():
                if monotonic() - since > RETRY:
                    del self._retry[path]
                    return Save(path)
        return None

    def _solve(self, save: Save) -> None:
        """Run a workbook, and show what becomes of it."""
        path = save.path
        self._retry.pop(path, None)
        if save.trouble:
            self._keep(path, troubled(self._state(path), save.trouble), save.trouble)
            return
        self._keep(path, begun(self._state(path), now()), "saved, being checked")
        self._running = path
        try:
            self._run(path)
        except Superseded:
            self._left[path] = self._left.get(path, 0) + 1
            self.say(f"{now()} {path.name}: saved again, begun anew")
            return
        except BudgetError as trouble:
            if save.digest and digest_of(path) != save.digest:
                return  # it was read in the middle of the next save, which is seen soon
            self._refused(path, trouble)
        finally:
            self._running = None
        self._left[path] = 0

    def _run(self, path: Path) -> None:
        """The run itself; raises Superseded, and what a run raises."""
        good = self._good.get(path)
        job = Job(path, self.options, folder=self._target(path), earlier=good[1] if good else None)
        try:
            outcome = job.run(lambda event: self._hear(path, event))
        except NothingDiffers:
            if good is not None:
                self._good[path] = same_again(self._state(path), good[0]), good[1]
                self._keep(path, self._good[path][0], "nothing that counts differs")
            return
        self._done(path, outcome)

    def _refused(self, path: Path, trouble: BudgetError) -> None:
        """What stands in the way of a run: problems of the workbook, or a file, with which it is tried again later."""
        state = stopped(self._state(path), trouble)
        if isinstance(trouble, FileTrouble):
            self._retry[path] = monotonic()
        listed = "".join(f" {path}" for path in getattr(trouble, "files", ()))
        self._keep(path, state, f"{state.words}{listed}")

    def _done(self, path: Path, outcome: Outcome) -> None:
        state = finished(self._state(path), outcome)
        if outcome.files:
            self._good[path] = state, outcome
        where = f"published: {self._target(path) / 'report.html'}" if outcome.files else state.words
        self._keep(path, state, f"{where} ({outcome.seconds:.0f} s)")

    def _hear(self, path: Path, event: Event) -> None:
        """An event of the run: shown, unless a newer save makes it end here."""
        with self._change:
            newer = self._waiting.get(path)
            if self.stop.is_set() or (
                newer is not None and not newer.trouble and self._left.get(path, 0) < LEFT_AT_MOST
            ):
                raise Superseded
            state = after(self._state(path), event)
            if event.kind == "looked" and self._is_same(path, state):
                raise NothingDiffers
            said = f"{event.scenario}: {event.words}" if event.kind in ("looked", "ended") and event.words else ""
            self._keep(path, state, said, at_once=event.kind in ("looked", "ended", "notice"))

    def _is_same(self, path: Path, state: State) -> bool:
        """Whether all scenarios of the results in the folder were found to be unchanged."""
        good = self._good.get(path)
        unchanged = tuple(each.name for each in state.scenarios if each.look == SAME)
        return good is not None and unchanged == good[1].scenarios

    # ---- the page ----------------------------------------------------------------------------------------

    def _state(self, path: Path) -> State:
        return self.states.get(path, State(path.name))

    def _keep(self, path: Path, state: State, said: str = "", *, at_once: bool = True) -> None:
        """Note a state, write the page and say a line."""
        with self._change:
            self.states[path] = state
            if at_once or monotonic() - self._written > BETWEEN:
                self._show()
            if said:
                self.say(f"{now()} {path.name}: {said}")

    def _show(self) -> None:
        self._written = monotonic()
        states = dict(sorted(self.states.items()))
        write_files({self.folder / PAGE: page(self.path, states, self._link).encode()})

    def _target(self, path: Path) -> Path:
        """The folder of a workbook's results; Windows takes no names that end in a space or a point."""
        name = path.stem if path.suffix.lower() == ".xlsx" else path.name
        return self.folder / (name.rstrip(" .") or "workbook")

    def _link(self, path: Path, name: str) -> str:
        """The address of a file of a workbook's results, from the page."""
        return f"{quote(self._target(path).name)}/{quote(name)}"

    def _end(self) -> None:
        words = "This page is not kept any more: start the watching again to have saves solved."
        self.states = {
            path: replace(state, stage=ENDED, words=words, step="") for path, state in self.states.items()
        } or {self.path: State(self.path.name, stage=ENDED, words=words)}
        states = dict(sorted(self.states.items()))
        write_files({self.folder / PAGE: page(self.path, states, self._link, reload=None).encode()})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One watcher for a folder of results."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with only_writer(self.folder, 0.0, LOCK):
                yield
        except Busy as busy:
            who = held(self.folder, LOCK).rstrip()
            raise FileTrouble(
                f"Another watch{who} writes into '{self.folder}' already. Its page is '{self.folder / PAGE}'; end it "
                "first, or name another folder with --output."
            ) from busy


def page(
    path: Path, states: Mapping[Path, State], link: Callable[[Path, str], str], *, reload: int | None = RELOAD
) -> str:
    """The page of a watcher: each workbook with its state."""
    lead = "Change a cell, save, and look here: first figures in seconds, then the proved results."
    sections = [
        element(
            "section",
            element("h2", state.workbook),
            shown(state, lambda name, own=each: link(own, name)),  # type: ignore[misc]  # bound at once
        )
        for each, state in states.items()
    ] or [element("p", f"Waiting for a workbook in {path.name}." if path.is_dir() else "Waiting.", class_="lead")]
    return document("What your last save comes to", lead, sections, reload=reload)
