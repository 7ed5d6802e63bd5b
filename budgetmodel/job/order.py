"""The order of a run: refuse, read, look, solve, compare, explain, write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from budgetmodel.contract.events import COMPARING, EXPLAINING, READING, SOLVING, WRITING, Listener
from budgetmodel.contract.issues import BudgetError, FileTrouble, InputErrors, SolverFailed
from budgetmodel.job.asking_again import asked_again
from budgetmodel.job.explaining import early, explain, explains
from budgetmodel.job.outcome import Outcome, Refused
from budgetmodel.job.telling import Telling

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.comparison import Comparison
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.comparison.ranking import Pair
    from budgetmodel.comparison.since import Since
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.job.job import Job
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget
    from budgetmodel.whatif import WhatIf

PUT_BACK = "An earlier run was stopped while it wrote into '{folder}': the files from before it were put back."
"""What is told when a run's first act was to undo what another had begun."""


class Run:
    """A job on its way."""

    def __init__(self, job: Job, listener: Listener, *, undone: bool) -> None:
        """`undone` says that what an earlier run had half written was put back."""
        self.job, self.undone = job, undone
        self.options = replace(job.options, memory=job.options.memory or job.target)
        explaining = (EXPLAINING,) if explains(self.options) else ()
        self.told = Telling(listener, job.target, (READING, SOLVING, COMPARING, *explaining, WRITING))
        self.names: tuple[str, ...] = ()

    def outcome(self) -> Outcome:
        """The whole run, in its order."""
        self.told.step(READING)
        if self.undone:
            self.told.notice(READING, PUT_BACK.format(folder=self.job.target))
        from budgetmodel.api import solved_side_by_side  # with it, all that adds up: the settings reach what is loaded
        from budgetmodel.job.first_look import look
        from budgetmodel.runtime import tuned

        with tuned():
            budget = self._read()
            found: dict[Pair, Any] = {}
            fronts: dict[str, Explanation] = {}
            sizes = self._begin(budget)
            look(budget, self.names, self.job.earlier, self.options, self.told)
            results, failures = solved_side_by_side(
                *(budget, self.names, self.options, self.told.stage),
                then=self._early(found, fronts),
                sizes=sizes,
                ended=self.told.ended,
            )
            one = self._one_for_all(budget, failures)
            comparison = self._compare(budget, results, found)
            explained = explain(results, self.options, self.told, fronts)
            since = self._since(budget, results, failures, comparison)
            offline = asked_again(budget, results, self.options, self.job.scenarios, self.told)
            files = self._write(results, comparison, failures, *explained, since, one, offline) if results else []
        if files:
            self.told.keep(self.job.target)
        return Outcome(
            self.names,
            results,
            failures,
            comparison,
            tuple(files),
            budget.issues,
            self.told.seconds(),
            one,
            since,
            budget.content_hash,
        )

    def _read(self) -> Budget:
        """The budget with its changes; what is wrong with it, with the folder or the scenarios' names is raised."""
        from budgetmodel import reading
        from budgetmodel.files.sets import refuse_unwritable
        from budgetmodel.report import RESULTS, workbook_names
        from budgetmodel.report.protect_inputs import refuse_file, refuse_folder
        from budgetmodel.scenarios.budget import refuse_none, refuse_scenarios, selected

        job = self.job
        workbooks = tuple(workbook_names(RESULTS).values())
        refuse_folder(job.target, [job.workbook, *job.packs], workbooks)
        try:
            budget = reading.with_changes(reading.read(job.workbook), job.sets, job.packs, job.scenarios)
            refuse_none(job.scenarios, budget)
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
        from budgetmodel.side_by_side import processors

        packs = [pack.sha256 for pack in budget.packs]
        facts = [code(), self.options.solver, budget.sha256, *packs, *self.job.sets]
        inputs = hashlib.sha256("\n".join(facts).encode()).hexdigest()
        sizes: dict[str, int] = {}
        threads = min(self.options.threads or processors(), len(self.names)) or 1
        self.told.solving(self.names, inputs, sizes, threads=threads, fresh=self.options.fresh)
        return sizes

    def _early(
        self, found: dict[Pair, Any], fronts: dict[str, Explanation]
    ) -> Callable[[Mapping[str, Result | None]], list[Callable[[], None]]]:
        """What can begin each time a scenario has ended.

        These are re-solves of the comparison, whose answers go into `found`, and frontiers, which go into `fronts`.
        """
        from budgetmodel.comparison.ranking import ready

        if not self.options.shortcuts.early_resolves:
            return lambda _: []
        begun: set[Pair] = set()
        explained: set[str] = set()

        def keep(pair: Pair, job: Callable[[], Any]) -> None:
            with suppress(SolverFailed):  # the comparison tries again, and reports what is wrong
                found[pair] = job()

        def then(done: Mapping[str, Result | None]) -> list[Callable[[], None]]:
            late = {pair: job for pair, job in ready(self.names, done, self.options).items() if pair not in begun}
            begun.update(late)
            resolves = [partial(keep, pair, job) for pair, job in late.items()]
            return [*resolves, *early(done, explained, self.options, self.told, fronts)]

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
            self.told.step(COMPARING)
        return compare(results, budget, options=self.options, found=found, progress=partial(self.told.step, COMPARING))

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

    def _write(
        self,
        results: Mapping[str, Result],
        comparison: Comparison,
        failures: Mapping[str, BudgetError],
        waterfalls: Mapping[str, Waterfall],
        explanations: Mapping[str, Explanation],
        since: Since,
        one_for_all: OneForAll | None,
        offline: WhatIf | None,
    ) -> list[Path]:
        """Write what was solved; a run without any answer does not come here, and leaves earlier results alone."""
        from budgetmodel.report import RESULTS, write_results
        from budgetmodel.report.manifest import notices
        from budgetmodel.report.sheets.problems import remove_problems

        target = self.job.target / RESULTS
        self.told.step(WRITING)
        for sentence in notices(target):
            self.told.notice(WRITING, sentence)
        publish, fast = self.options.publish, self.options.shortcuts.fast_sheets
        made = results, target, comparison, failures, waterfalls, explanations
        told = partial(self.told.notice, WRITING)
        board = self.options.board
        files = write_results(
            *made,
            since=since,
            one_for_all=one_for_all,
            publish=publish,
            board=board,
            whatif=offline,
            told=told,
            fast=fast,
        )
        remove_problems(self.job.target)
        return files
