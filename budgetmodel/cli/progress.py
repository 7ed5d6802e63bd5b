"""What is being done, told while it is done."""

from __future__ import annotations

from typing import Any


class Progress:
    """What is being done, on standard error: a live line per scenario in a terminal, plain lines elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        self.quiet = quiet
        columns = (SpinnerColumn("line"), TextColumn("{task.description}"), TimeElapsedColumn())
        self.live = Progress(*columns, console=self.console, transient=True)
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> Progress:
        if self.console.is_terminal and not self.quiet:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def update(self, name: str, step: str) -> None:
        """A scenario has come to a step."""
        if self.quiet:
            return
        if not self.console.is_terminal:
            if step in ("solved", "remembered", "infeasible", "failed"):
                self.console.print(f"{name}: {step}", markup=False)
            return
        if name not in self.tasks:
            self.tasks[name] = self.live.add_task("", total=None)
        self.live.update(self.tasks[name], description=f"{name}: {step}")
