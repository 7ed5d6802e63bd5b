"""Who listens to a run: its events, each with the time gone and, where that is known, the time left."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

from budgetmodel.answers.durations import Durations, Pace
from budgetmodel.contract.events import SOLVING, Event, Listener

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.results import Result

LOG = logging.getLogger("budgetmodel")
"""Where events go besides; it has no handler of its own, so nobody sees them unless they ask."""


class Telling:
    """How far a run is, told to its listener from any thread, one event at a time."""

    def __init__(self, listener: Listener, folder: Path, stages: tuple[str, ...]) -> None:
        """`folder` has how long earlier runs took; `stages` are those that this run will come to."""
        self.listener = listener
        self.started = perf_counter()
        self.known = Durations.beside(folder)
        self.pace = Pace(self.known, stages, self.seconds)
        self.lock = Lock()
        self.broken: BaseException | None = None
        self.names: tuple[str, ...] = ()
        self.ended_so_far = 0

    def seconds(self) -> float:
        """Seconds since the run began."""
        return perf_counter() - self.started

    def step(self, stage: str, number: int = 0, of: int = 0) -> None:
        """The run has come to a step, or on with it."""
        with self.lock:
            self.pace.begin(stage, number / of if of else 0.0)
            self._tell(Event("step", stage, number=number, of=of))

    def solving(
        self, names: tuple[str, ...], inputs: str, sizes: Mapping[str, int], *, threads: int, fresh: bool
    ) -> None:
        """The scenarios of these names begin; `inputs` is the digest of all that their answers follow from."""
        with self.lock:
            self.names = names
            self.pace.solving(dict.fromkeys(names, inputs), sizes, threads=threads, fresh=fresh)
            self._tell(Event("step", SOLVING, number=0, of=len(names)))

    def stage(self, name: str, stage: str) -> None:
        """A scenario that is solved has come to a stage."""
        with self.lock:
            self.pace.stage(name, stage)
            self._tell_of(name, stage)

    def looked(self, name: str, found: str, words: str) -> None:
        """A scenario was looked at before it is solved."""
        with self.lock:
            self._tell(Event("looked", found, name, self.names.index(name) + 1, len(self.names), words=words))

    def working(self, name: str, what: str) -> None:
        """Something is being worked out of a scenario that is solved already."""
        with self.lock:
            self._tell_of(name, what)

    def notice(self, stage: str, words: str) -> None:
        """A sentence that whoever listens must show."""
        with self.lock:
            self._tell(Event("notice", stage, words=words))

    def ended(self, name: str, end: str, result: Result | None) -> None:
        """A scenario has ended: its answer in a line is told at once, whatever the others still need."""
        from budgetmodel.comparison.first_answer import first_words

        number, of = self.names.index(name) + 1, len(self.names)
        words = first_words(result) if result is not None else ""
        with self.lock:
            self.pace.end(name)
            self.ended_so_far += 1
            self._tell(Event("ended", end, name, number, of, words=words))
            self._tell(Event("step", SOLVING, number=self.ended_so_far, of=of))

    def keep(self, folder: Path) -> None:
        """Keep how long each step took, for the time left of later runs."""
        self.known.joined(self.pace.durations()).keep(folder)

    def _tell_of(self, name: str, stage: str) -> None:
        self._tell(Event("stage", stage, name, self.names.index(name) + 1, len(self.names)))

    def _tell(self, event: Event) -> None:
        """Hand an event over, with the time; once that has failed, every thread ends at its next event."""
        if self.broken is not None:
            raise self.broken
        left, at_least = self.pace.left()
        timed = replace(event, seconds=self.seconds(), left=left, at_least=at_least)
        LOG.info("%s", timed)
        try:
            self.listener(timed)
        except BaseException as failure:
            self.broken = failure
            raise
