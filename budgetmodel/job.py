"""Job: a whole run, from the workbook to the written results, whoever asks for it.

The command `run`, `budgetmodel.run` in Python, and every front end are a Job and a listener of its events. What a run
does, and in which order, is written here and nowhere else.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from budgetmodel.answers.durations import Durations, Pace
from budgetmodel.contract.events import COMPARING, EXPLAINING, READING, SOLVING, WRITING, Event, Listener
from budgetmodel.contract.issues import BadCommand, BudgetError, FileTrouble, InputErrors, Issue, SolverFailed
from budgetmodel.contract.options import DEFAULT, DEFAULT_OPTIONS, By, Options, chosen
from budgetmodel.excel.read.guard import refuse_unreadable
from budgetmodel.files.words import refuse_name

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.comparison import Comparison
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.comparison.ranking import Pair
    from budgetmodel.comparison.since import Since
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget

OUTPUTS = Path("outputs")
"""Where results go, a folder per workbook, when no other folder is named."""

FRONTIER_LEFT_OUT = (
    "What a few points of index given up would spare is not worked out of large scenarios; --frontier adds it."
)

IN_EVERY_RUN = ("frontier", "exchange")
"""The parts of an explanation that a run has without being asked to explain, where `options.frontier` says so."""

PUT_BACK = "An earlier run was stopped while it wrote into '{folder}': the files from before it were put back."
"""What is told when a run's first act was to undo what another had begun."""

LOG = logging.getLogger("budgetmodel")
"""Where events go besides; it has no handler of its own, so nobody sees them unless they ask."""


class Refused(InputErrors):
    """A run was refused for what is wrong with its inputs; earlier results are unchanged.

    `files` holds the list of problems that was written; where that could not be, `trouble` is the reason.
    """

    def __init__(self, issues: Sequence[Issue], files: tuple[Path, ...], trouble: str) -> None:
        """Carry the issues and what became of their list."""
        self.files, self.trouble = files, trouble
        super().__init__(issues)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with all that it carries."""
        return type(self), (self.issues, self.files, self.trouble)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    `scenarios` are those that were asked for, in the order of the sheet; each is in `results`, or in
    `failures` with its Infeasible or SolverFailed, or in both: then no allocation meets it, and its result, of status
    `not met`, is the answer with its cheapest way out applied. `comparison` is of those in `results`. `files` were
    written, the results workbook first; none when no scenario has a result: earlier ones are unchanged. `issues` are
    the warnings and repairs of the workbook. `seconds` is how long it took, and makes no outcome unlike another.
    `one_for_all` is the change with which every scenario can be met that cannot, where there are two or more and one
    such change is proved to do. `since` is what changed since the last good run into the folder.
    """

    scenarios: tuple[str, ...]
    results: Mapping[str, Result]
    failures: Mapping[str, BudgetError]
    comparison: Comparison
    files: tuple[Path, ...]
    issues: tuple[Issue, ...]
    seconds: float = field(compare=False)
    one_for_all: OneForAll | None = None
    since: Since | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """The mappings cannot be changed."""
        from budgetmodel.contract.frozen import Frozen

        for name in ("results", "failures"):
            object.__setattr__(self, name, Frozen(getattr(self, name)))

    def __repr__(self) -> str:
        """In a line: what there is, not all that is in it."""
        where = f" in {self.files[0].parent}" if self.files else ""
        return (
            f"Outcome({len(self.results)} results, {len(self.failures)} failures, {len(self.files)} files{where}, "
            f"{self.seconds:.1f} s)"
        )

    @property
    def exit_code(self) -> int:
        """What the command ends with: 0, or the highest code of a failure."""
        return max((failure.exit_code for failure in self.failures.values()), default=0)


@dataclass(frozen=True)
class Job:
    """What is to be run, and how: `options.memory` is the folder of results unless it is given.

    `scenarios` names those to solve, all when empty; `sets` are changes in words, as `--set` takes them; `packs` are
    files of more scenarios. Results go into `folder`, by default `outputs/` and the workbook's name.
    """

    workbook: Path
    options: Options = DEFAULT_OPTIONS
    scenarios: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    packs: tuple[Path, ...] = ()
    folder: Path | None = None

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

        for path in (self.target, *self.packs):
            refuse_name(path)
        undone = put_back_first(self.target)
        self.refuse()
        return _Run(self, on_event, undone=bool(undone)).outcome()

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
    command: str = "",
    options: Options | None = None,
) -> Outcome:
    """Run a workbook as the command `run` does: the same checks, answers and files.

    `scenarios`, `sets`, `packs` and `folder` are those of `Job`; `on_event` is called with each `Event`. The keywords
    are those of `Options`, which may hold all of them instead. `command` is put on record with the results, where the
    command puts what was typed; it is the only thing in which the files of the two differ. Raises what `Job.run`
    raises; a scenario without an answer is in the outcome's `failures`.
    """
    given = {"time_limit": time_limit, "threads": threads, "breach": breach, "frontier": frontier, "by": by}
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


class _Run:
    """A job on its way: how far it is, and who listens."""

    def __init__(self, job: Job, listener: Listener, *, undone: bool) -> None:
        self.job, self.listener, self.undone = job, listener, undone
        self.options = replace(job.options, memory=job.options.memory or job.target)
        self.started = perf_counter()
        self.known = Durations.beside(job.target)
        self.explains = self.options.explain or self.options.frontier is not False
        explaining = (EXPLAINING,) if self.explains else ()
        self.pace = Pace(self.known, (READING, SOLVING, COMPARING, *explaining, WRITING), self.seconds)
        self.lock = Lock()
        self.broken: BaseException | None = None
        self.names: tuple[str, ...] = ()
        self.ended = 0

    def outcome(self) -> Outcome:
        """The whole run, in its order."""
        self.step(READING)
        if self.undone:
            self._notice(READING, PUT_BACK.format(folder=self.job.target))
        from budgetmodel.api import solved_side_by_side  # with it, all that adds up: the settings reach what is loaded
        from budgetmodel.runtime import tuned

        with tuned():
            budget = self._read()
            found: dict[Pair, Any] = {}
            sizes = self._begin(budget)
            results, failures = solved_side_by_side(
                *(budget, self.names, self.options, self._scenario),
                then=self._early(found),
                sizes=sizes,
                ended=self._ended,
            )
            one = self._one_for_all(budget, failures)
            comparison = self._compare(budget, results, found)
            explained = self._explain(results)
            since = self._since(budget, results, failures, comparison)
            files = self._write(results, comparison, failures, *explained, since) if results else []
        if files:
            self.known.joined(self.pace.durations()).keep(self.job.target)
        return Outcome(
            self.names,
            results,
            failures,
            comparison,
            tuple(files),
            budget.issues,
            self.seconds(),
            one,
            since,
        )

    def seconds(self) -> float:
        """Seconds since the run began."""
        return perf_counter() - self.started

    def step(self, stage: str, number: int = 0, of: int = 0) -> None:
        """The run has come to a step, or on with it."""
        with self.lock:
            self.pace.begin(stage, number / of if of else 0.0)
            self._tell(Event("step", stage, number=number, of=of))

    def _scenario(self, name: str, stage: str, *, solving: bool = True) -> None:
        """A scenario has come to a stage."""
        number, of = self.names.index(name) + 1, len(self.names)
        with self.lock:
            if solving:
                self.pace.stage(name, stage)
            self._tell(Event("stage", stage, name, number, of))

    def _notice(self, stage: str, words: str) -> None:
        """A sentence that whoever listens must show."""
        with self.lock:
            self._tell(Event("notice", stage, words=words))

    def _ended(self, name: str, end: str, result: Result | None) -> None:
        """A scenario has ended: its answer in a line is told at once, whatever the others still need."""
        from budgetmodel.comparison.first_answer import first_words

        number, of = self.names.index(name) + 1, len(self.names)
        words = first_words(result) if result is not None else ""
        with self.lock:
            self.pace.end(name)
            self.ended += 1
            self._tell(Event("ended", end, name, number, of, words=words))
            self._tell(Event("step", SOLVING, number=self.ended, of=of))

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

    def _read(self) -> Budget:
        """The budget with its changes; what is wrong with it, with the folder or the scenarios' names is raised."""
        from budgetmodel import reading
        from budgetmodel.files.sets import refuse_unwritable
        from budgetmodel.report import RESULTS, workbook_names
        from budgetmodel.report.protect_inputs import refuse_file, refuse_folder
        from budgetmodel.scenarios.budget import selected

        job = self.job
        workbooks = tuple(workbook_names(RESULTS).values())
        refuse_folder(job.target, [job.workbook, *job.packs], workbooks)
        try:
            budget = reading.with_changes(reading.read(job.workbook), job.sets, job.packs, job.scenarios)
        except InputErrors as problems:
            raise self._refused(problems) from None
        refuse_scenarios(job.scenarios, budget)
        refuse_file(job.target, workbooks)  # only now: problems of the workbook matter more
        refuse_unwritable(job.target, RESULTS)
        self.names = selected(budget, job.scenarios)
        return budget

    def _refused(self, problems: InputErrors) -> Refused:
        """The refusal, its list written: that and nothing else."""
        from budgetmodel.report.sheets.problems import write_problems

        try:
            listed = write_problems(problems.issues, self.job.target, self.job.workbook.name)
        except FileTrouble as trouble:  # the problems of the workbook matter more, and are reported all the same
            return Refused(problems.issues, (), str(trouble))
        return Refused(problems.issues, (listed,), "")

    def _begin(self, budget: Budget) -> dict[str, int]:
        """The scenarios begin; returns where the sizes of their programs are to be put."""
        from budgetmodel.answers.memory import code
        from budgetmodel.api import processors

        packs = [pack.sha256 for pack in budget.packs]
        facts = [code(), self.options.solver, budget.sha256, *packs, *self.job.sets]
        inputs = hashlib.sha256("\n".join(facts).encode()).hexdigest()
        sizes: dict[str, int] = {}
        with self.lock:
            threads = min(self.options.threads or processors(), len(self.names)) or 1
            self.pace.solving(dict.fromkeys(self.names, inputs), sizes, threads=threads, fresh=self.options.fresh)
            self._tell(Event("step", SOLVING, number=0, of=len(self.names)))
        return sizes

    def _early(self, found: dict[Pair, Any]) -> Callable[[Mapping[str, Result | None]], list[Callable[[], None]]]:
        """What can begin each time a scenario has ended: re-solves of the comparison, whose answers go into `found`."""
        from budgetmodel.comparison.ranking import ready

        if not self.options.shortcuts.early_resolves:
            return lambda _: []
        begun: set[Pair] = set()

        def keep(pair: Pair, job: Callable[[], Any]) -> None:
            with suppress(SolverFailed):  # the comparison tries again, and reports what is wrong
                found[pair] = job()

        def then(done: Mapping[str, Result | None]) -> list[Callable[[], None]]:
            late = {pair: job for pair, job in ready(self.names, done, self.options).items() if pair not in begun}
            begun.update(late)
            return [partial(keep, pair, job) for pair, job in late.items()]

        return then

    def _one_for_all(self, budget: Budget, failures: Mapping[str, BudgetError]) -> OneForAll | None:
        """One change for all infeasible scenarios, proved for each of them; None for fewer than two."""
        from budgetmodel.comparison.one_for_all import one_for_all

        found = [getattr(failure, "explanation", None) for failure in failures.values()]
        known = [each for each in found if each is not None]
        return one_for_all(budget, known)

    def _compare(self, budget: Budget, results: Mapping[str, Result], found: Mapping[Pair, Any]) -> Comparison:
        from budgetmodel.comparison import compare

        if results:
            self.step(COMPARING)
        return compare(results, budget, options=self.options, found=found, progress=partial(self.step, COMPARING))

    def _explain(self, results: Mapping[str, Result]) -> tuple[dict[str, Waterfall], dict[str, Explanation]]:
        """The frontier of every scenario; with `explain` waterfalls, headroom, prices and freedom too.

        What weights do to all scenarios is with the last. In large programs assumptions are halved and doubled for the
        first scenario and the leading one only: each costs two solves.
        """
        from budgetmodel.api import side_by_side, why
        from budgetmodel.explain.explanation import PARTS, explanation
        from budgetmodel.report.sheets.place_background import leading

        options, names = self.options, list(results)
        if not names or not self.explains:
            return {}, {}
        self.step(EXPLAINING)
        if not options.explain:
            names = [name for name in names if self._has_frontier(results[name])]
        if len(names) < len(results):
            self._notice(EXPLAINING, FRONTIER_LEFT_OUT)
        spoken_of = (next(iter(results)), leading(results)) if options.explain else ()
        waterfalls = {}
        for name in names if options.explain else ():
            waterfalls[name] = why(results[name], options=options, progress=partial(self._working, name, "without "))

        def one(name: str) -> Explanation:
            left_out = {"weights"} if name != names[-1] else set()
            left_out |= set() if self._has_frontier(results[name]) else set(IN_EVERY_RUN)
            left_out |= set() if options.explain else set(PARTS) - set(IN_EVERY_RUN)
            left_out |= set() if _is_quick(results[name]) or name in spoken_of else {"assumptions_effect"}
            wanted = [part for part in PARTS if part not in left_out]
            working = partial(self._working, name, "")
            return explanation(results[name], results, parts=wanted, options=options, progress=working)

        explained = side_by_side(one, names, threads=options.threads)
        return waterfalls, dict(zip(names, explained, strict=True))

    def _since(
        self,
        budget: Budget,
        results: Mapping[str, Result],
        failures: Mapping[str, BudgetError],
        comparison: Comparison,
    ) -> Since:
        """What changed since the last good run into the folder, which is still there."""
        from budgetmodel.comparison.since import since_last_run

        return since_last_run(self.job.target, budget, results, failures, comparison.frames)

    def _has_frontier(self, result: Result) -> bool:
        """Whether the frontier of a scenario is asked for, or quick where nothing was said."""
        from budgetmodel.explain.frontier import QUICK_UP_TO

        quick = result.answer.program.shape[2] <= QUICK_UP_TO
        return quick or self.options.explain if self.options.frontier is None else self.options.frontier

    def _working(self, name: str, before: str, what: str) -> None:
        """What is being worked out of a scenario that is explained."""
        self._scenario(name, f"{before}{what}", solving=False)

    def _write(
        self,
        results: Mapping[str, Result],
        comparison: Comparison,
        failures: Mapping[str, BudgetError],
        waterfalls: Mapping[str, Waterfall],
        explanations: Mapping[str, Explanation],
        since: Since,
    ) -> list[Path]:
        """Write what was solved; a run without any answer does not come here, and leaves earlier results alone."""
        from budgetmodel.report import RESULTS, write_results
        from budgetmodel.report.manifest import notices
        from budgetmodel.report.sheets.problems import remove_problems

        target = self.job.target / RESULTS
        self.step(WRITING)
        for sentence in notices(target):
            self._notice(WRITING, sentence)
        publish, fast = self.options.publish, self.options.shortcuts.fast_sheets
        made = results, target, comparison, failures, waterfalls, explanations
        told = partial(self._notice, WRITING)
        files = write_results(*made, since=since, publish=publish, board=self.options.board, told=told, fast=fast)
        remove_problems(self.job.target)
        return files


def _is_quick(result: Result) -> bool:
    """Whether a scenario's program is so small that further solves take no time."""
    from budgetmodel.program.solve.stages import SIMPLEX_UP_TO

    return result.answer.program.shape[2] <= SIMPLEX_UP_TO


def refuse_scenarios(asked: Sequence[str], budget: Budget) -> None:
    """Raise BadCommand for a scenario that the workbook does not have."""
    from budgetmodel.contract.selectors import nearest

    for name in asked:
        if name not in budget.scenarios:
            near = nearest(name, budget.scenarios)
            hint = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
            raise BadCommand(f"There is no scenario '{name}'. {hint}")
