"""What is to be run, and how: the object, and the call that makes one and runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from budgetmodel.contract.events import READING, Event, Listener
from budgetmodel.contract.options import DEFAULT, DEFAULT_OPTIONS, By, Options, chosen
from budgetmodel.excel.read.guard import refuse_unreadable
from budgetmodel.files.words import refuse_name
from budgetmodel.job.outcome import Outcome

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.scenarios.budget import Budget

OUTPUTS = Path("outputs")
"""Where results go, a folder per workbook, when no other folder is named."""


@dataclass(frozen=True)
class Job:
    """What is to be run, and how: `options.memory` is the folder of results unless it is given.

    `scenarios` names those to solve, all when empty; `sets` are changes in words, as `--set` takes them; `packs` are
    files of more scenarios. Results go into `folder`, by default `outputs/` and the workbook's name. `earlier` is
    what a run before came to, of this workbook as it was: scenarios are looked at from its answers first, which is told
    in events and changes no figure.
    """

    workbook: Path
    options: Options = DEFAULT_OPTIONS
    scenarios: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    packs: tuple[Path, ...] = ()
    folder: Path | None = None
    earlier: Outcome | None = None

    @property
    def target(self) -> Path:
        """The folder of results."""
        return self.folder or OUTPUTS / self.workbook.stem

    def run(self, on_event: Listener = lambda _: None) -> Outcome:
        """Check, solve, compare, explain where asked for, and write; what a killed run left half done is undone first.

        Raises BadCommand for a change in words that cannot be read, a solver that is not here and a scenario that the
        workbook does not have; Refused (an InputErrors) for problems of the inputs, whose list is written; FileTrouble
        for a file that cannot be read or written, or that is an input and would be replaced; SolverFailed when a figure
        of the comparison or explanation is not proved. Whatever it raises, earlier results are unchanged.
        """
        from budgetmodel.files.sets import put_back_first
        from budgetmodel.job.order import Run

        for path in (self.target, *self.packs):
            refuse_name(path)
        undone = put_back_first(self.target)
        self.refuse()
        return Run(self, on_event, undone=bool(undone)).outcome()

    def refuse(self) -> None:
        """Raise what is found before anything is read: BadCommand for words and solver, FileTrouble for the file."""
        if self.sets:
            from budgetmodel.scenarios.set_grammar import read_sets

            read_sets(self.sets)
        if self.options.solver != DEFAULT:
            from budgetmodel.program.solve.solver import refuse_solver

            refuse_solver(self.options.solver)
        refuse_unreadable(self.workbook)

    def read(self, on_event: Listener = lambda _: None) -> Budget:
        """The budget with the job's packs and changes, nothing being solved or written.

        A notice says so where the folder of remembered answers has results that are half in place.

        Raises BadCommand, FileTrouble and InputErrors as `run` does.
        """
        self.refuse()
        on_event(Event("step", READING))
        from budgetmodel import reading
        from budgetmodel.files.journal import unfinished
        from budgetmodel.scenarios.budget import refuse_scenarios

        if self.options.memory is not None and (words := unfinished(self.options.memory)):
            on_event(Event("notice", READING, words=words))

        budget = reading.with_changes(reading.read(self.workbook), self.sets, self.packs, self.scenarios)
        refuse_scenarios(self.scenarios, budget)
        return budget


def run(
    workbook: str | Path,
    scenarios: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    packs: Sequence[str | Path] = (),
    folder: str | Path | None = None,
    on_event: Listener = lambda _: None,
    *,
    solver: str = DEFAULT,
    fresh: bool = False,
    time_limit: float | None = None,
    threads: int | None = None,
    breach: bool = True,
    frontier: bool | None = None,
    explain: bool = False,
    by: By = "rule",
    publish: bool = False,
    board: bool = False,
    whatif: str | Literal[False] | None = None,
    command: str = "",
    options: Options | None = None,
) -> Outcome:
    """Run a workbook as the command `run` does: the same checks, answers and files.

    `scenarios`, `sets`, `packs` and `folder` are those of `Job`; `on_event` is called with each `Event`. The keywords
    are those of `Options`, which may hold all of them instead. `command` is put on record with the results, where the
    command puts what was typed; it is the only thing in which the files of the two differ. Raises what `Job.run`
    raises; a scenario without an answer is in the outcome's `failures`.
    """
    given = {
        "time_limit": time_limit,
        "threads": threads,
        "breach": breach,
        "frontier": frontier,
        "by": by,
        "whatif": whatif,
    }
    job = Job(
        Path(workbook),
        chosen(
            options, solver=solver, fresh=fresh, command=command, publish=publish, board=board, explain=explain, **given
        ),
        tuple(scenarios or ()),
        tuple(sets),
        tuple(Path(pack) for pack in packs),
        None if folder is None else Path(folder),
    )
    return job.run(on_event)
