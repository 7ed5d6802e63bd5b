"""The progress of a run on standard error: live lines in a terminal, few plain ones elsewhere, none with --json."""

from __future__ import annotations

from time import monotonic

from rich.console import Console
from rich.progress import Progress as Live
from rich.progress import ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from budgetmodel.contract.events import READING, SOLVING, Event
from budgetmodel.report.console.line import console_line

PAUSE = 1.0
"""Seconds between two plain lines about the same step, so that a log file stays short."""

MINUTES_FROM = 100.0
"""Seconds from which the time left is given in minutes."""


class Progress:
    """Prints the events of a run.

    In a terminal, a live line for the step with the likely time left, and one for each scenario being solved. Elsewhere
    a line for each step and for each scenario that ends, which has its answer, and between them at most one a second
    with the seconds that are gone and left. Notices are always printed.
    """

    def __init__(self, name: str, *, quiet: bool) -> None:
        """`name` is the file that is read."""
        self.name, self.quiet = name, quiet
        self.console = Console(stderr=True, highlight=False)
        columns = (SpinnerColumn("line"), TextColumn("{task.description}", markup=False), TimeElapsedColumn(), _Left())
        self.live = Live(*columns, console=self.console, transient=True)
        self.terminal = self.console.is_terminal and not quiet
        self.tasks: dict[str, TaskID] = {}
        self.printed_at = 0.0

    def __enter__(self) -> Progress:
        if self.terminal:
            self.live.start()
            self._show("", f"Reading {self.name}")
        return self

    def __exit__(self, *_: object) -> None:
        if self.terminal:
            self.live.stop()

    def __call__(self, event: Event) -> None:
        """Print one event of a run."""
        if event.kind == "notice":
            self._say(event.words)
        elif self.quiet:
            return
        elif event.kind == "ended":
            answer = f", {event.words}" if event.words else ""
            self._say(console_line(f"{event.scenario}: {event.stage}{answer}"))
            if event.scenario in self.tasks:
                self.live.remove_task(self.tasks.pop(event.scenario))
        elif self.terminal:
            self._show(event.scenario, self._words(event), event)
        elif self._due(event):
            times = (f"{event.seconds:.0f} s gone", left_words(event.left, at_least=event.at_least))
            parts = [self._words(event), *(words for words in times if words and event.number)]
            self._say(console_line(", ".join(parts)))

    def _words(self, event: Event) -> str:
        """`Solving (2 of 5)`, `Pooled (3 of 5): index`."""
        what = event.scenario or f"{event.stage.capitalize()}{f' {self.name}' if event.stage == READING else ''}"
        counted = f" ({event.number} of {event.of})" if event.of and (event.number or not event.scenario) else ""
        return f"{what}{counted}{f': {event.stage}' if event.scenario else ''}"

    def _due(self, event: Event) -> bool:
        """Whether an event gets a plain line: a step that begins, or one after a pause."""
        return event.stage != SOLVING and (
            (event.kind == "step" and not event.number) or monotonic() >= self.printed_at + PAUSE
        )

    def _say(self, line: str) -> None:
        self.printed_at = monotonic()
        self.console.print(line, markup=False, soft_wrap=True)

    def _show(self, key: str, words: str, event: Event | None = None) -> None:
        """Show a live line: the scenario's own, or that of the whole run, which has the time left."""
        if key not in self.tasks:
            self.tasks[key] = self.live.add_task(console_line(words), total=None)
        self.live.update(self.tasks[key], description=console_line(words))
        if event is not None:
            end = None if event.left is None else monotonic() + event.left
            self.live.update(self.tasks[""], end=end, at_least=event.at_least)


class _Left(ProgressColumn):
    """The likely time left, counted down between two events."""

    def render(self, task: Task) -> Text:
        """The time left as text; empty where it is not known."""
        end = task.fields.get("end")
        return Text("" if end is None else left_words(end - monotonic(), at_least=task.fields["at_least"]))


def left_words(seconds: float | None, *, at_least: bool = False) -> str:
    """Likely seconds, rounded, in words; empty where they are not known or below half a second.

    >>> [left_words(seconds) for seconds in (None, 0.4, 7.4, 42.0, 151.0)]
    ['', '', 'about 7 s left', 'about 40 s left', 'about 3 min left']
    >>> left_words(42.0, at_least=True)
    'at least 40 s left'
    """
    if seconds is None or seconds < 0.5:
        return ""
    if seconds >= MINUTES_FROM:
        rounded = f"{seconds / 60:.0f} min"
    else:
        rounded = f"{seconds:.0f} s" if seconds < 10 else f"{5 * round(seconds / 5)} s"
    return f"{'at least' if at_least else 'about'} {rounded} left"
