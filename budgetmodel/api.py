"""The Python interface: read, check, solve, solve_all. The command line calls exactly these."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from importlib.metadata import version as installed
from os import cpu_count
from pathlib import Path
from typing import TypeVar

import pandas as pd

from budgetmodel.answers.answer import Answer, proved, solve_assembled
from budgetmodel.answers.memory import Memory, key_of
from budgetmodel.answers.resolve import resolve, start_of
from budgetmodel.contract.issues import BudgetError, Infeasible, InputErrors, Issue, SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER, USUAL
from budgetmodel.contract.selectors import nearest
from budgetmodel.explain.waterfall import Waterfall, effect, waterfall
from budgetmodel.explain.without import By, rule_cause
from budgetmodel.inputs.content_hash import git_commit, sheet_hashes
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure, at_equal_costs, build_structure, reference_gaps
from budgetmodel.program.prove.certificate import Proof, bounded
from budgetmodel.program.prove.solution import Pennies
from budgetmodel.program.solve.solver import DEFAULT, FEASIBILITY, versions
from budgetmodel.program.solve.stages import Solved, solve_values
from budgetmodel.reading import check as check
from budgetmodel.reading import read as read
from budgetmodel.reading import with_changes as with_changes
from budgetmodel.results import NO, REMEMBERED, YES, Result, reference_notes, result_of
from budgetmodel.scenarios.budget import Budget
from budgetmodel.scenarios.table_marks import TABLES_KEY, marks, written

Progress = Callable[[str, str], None]
"""Called with a scenario's name and what is being done for it."""

T = TypeVar("T")

Then = Callable[[Mapping[str, T]], Iterable[Callable[[], object]]]
"""Asked, when a job is done, for more jobs: what is done so far is given, by name."""


def solve(
    budget: Budget,
    scenario: str,
    *,
    solver: str = DEFAULT,
    command: str = "",
    progress: Callable[[str], None] = lambda _: None,
    memory: str | Path | None = None,
    fresh: bool = False,
) -> Result:
    """Solve one scenario of a budget to a proved optimum.

    `memory` is the folder of the results: what was solved for it before is looked up in its folder `.budgetmodel`,
    unless `fresh`, and proved again; the key `remembered` of the `run` frame says so. Without it nothing is looked up
    and no file is written.

    Raises InputErrors when the scenario does not exist or its changes are wrong, Infeasible with its explanation,
    SolverFailed when no optimum was proved, and TypeError when `scenario` is no name.
    """
    structure, issues = scenario_structure(budget, scenario)
    found, pennies, proof, remembered = _solved(structure, solver, progress, Memory.beside(memory, fresh=fresh))
    rows, columns, nonzeros = found.program.shape
    objective = found.objective.name
    notes = {
        **provenance(budget),
        "regime": structure.regime,
        "scenarios of the workbook": ", ".join(budget.scenarios),
        "objective": objective,
        "solver": solver,
        "solver options": f"one thread, random seed 0, feasibility within {FEASIBILITY:g}",
        "program": f"{rows} rows, {columns} columns, {nonzeros} non-zeros",
        "stages": ", ".join([stage.name for stage in found.solved.stages] + [found.solved.ending]),
        "turnover (£m)": f"{found.stage(TURNOVER.name).value:.6f}",
        "warnings": str(sum(issue.severity == "warning" for issue in issues)),
        REMEMBERED: remembered,
        TABLES_KEY: written(marks(structure.inputs, objective, structure.reference)),
        "command": command,
    }
    return result_of(scenario, found, pennies, proof, notes, (*issues, *reference_notes(structure)))


def solve_all(
    budget: Budget,
    scenarios: Sequence[str] | None = None,
    *,
    solver: str = DEFAULT,
    command: str = "",
    progress: Progress = lambda _, __: None,
    failures: dict[str, BudgetError] | None = None,
    memory: str | Path | None = None,
    fresh: bool = False,
    then: Then[Result | None] | None = None,
) -> dict[str, Result]:
    """Solve several scenarios side by side: scenario -> Result, in the order of the sheet.

    `memory` and `fresh` are those of `solve`: with a folder, a scenario whose program was solved before is not solved
    again.

    A scenario that is infeasible, or whose solve fails, does not stop the others: it is put into `failures` when
    that is given, and otherwise raised once all are done. `then` is asked, each time one is done, for more jobs that
    can begin while others are still being solved: see `comparison.ranking.Early`.
    """
    names = list(budget.scenarios if scenarios is None else scenarios)
    collected: dict[str, BudgetError] = {}

    def one(name: str) -> Result | None:
        try:
            result = solve(
                budget,
                name,
                solver=solver,
                command=command,
                progress=lambda step: progress(name, step),
                memory=memory,
                fresh=fresh,
            )
        except (Infeasible, SolverFailed) as failure:
            collected[name] = failure
            progress(name, "infeasible" if isinstance(failure, Infeasible) else "failed")
            return None
        progress(name, "remembered" if result.note(REMEMBERED) == YES else "solved")
        return result

    solved = side_by_side(one, names, then)
    Memory.beside(memory).tidy()
    if failures is not None:
        failures.update(collected)
    elif collected:
        raise next(collected[name] for name in names if name in collected)
    return {name: result for name, result in zip(names, solved, strict=True) if result is not None}


def _solved(
    structure: Structure, solver: str, progress: Callable[[str], None], memory: Memory
) -> tuple[Answer, Pennies, Proof, str]:
    """An answer with its proof, remembered or solved, and which of the two."""
    program, layout = assemble(structure)
    key = key_of(program, layout, solver, "all stages")
    known = memory.recall(key, program)
    said = NO
    if known is not None:
        progress("proof")
        try:
            found = Answer(structure, program, layout, known)
            return found, *proved(found), YES
        except SolverFailed:
            said = "no: what was remembered could not be proved, and was forgotten"
    found = solve_assembled(structure, program, layout, solver, progress)
    progress("proof")
    proof = proved(found)
    trouble = memory.keep(key, found.solved)
    return found, *proof, f"no, and it could not be kept: {trouble}" if trouble else said


def index_at_equal_costs(
    budget: Budget,
    scenario: str,
    first: str,
    *,
    solver: str = DEFAULT,
    memory: str | Path | None = None,
    fresh: bool = False,
) -> tuple[float, float] | None:
    """Shortfall and objective of a scenario with its own pots and the contracts and costs of `first`'s regime.

    None when that is infeasible. The two scenarios must share their tables. `memory` and `fresh` are those of `solve`.
    Where both are solved already, `values_from` is faster: it starts from their answers.
    """
    reference = reference_gaps(budget.inputs)
    other, _ = scenario_structure(budget, first, reference)
    own, _ = scenario_structure(budget, scenario, reference)
    return _values_of(at_equal_costs(own, other), solver, Memory.beside(memory, fresh=fresh))


def best_index(
    budget: Budget, scenario: str, *, solver: str = DEFAULT, memory: str | Path | None = None, fresh: bool = False
) -> float | None:
    """The index that no rule and one pot could reach: law, place keys and the money itself still bind.

    `memory` and `fresh` are those of `solve`.
    """
    own, _ = scenario_structure(budget, scenario)
    structure = build_structure(own.inputs, own.regime, reference_gaps(budget.inputs), one_pot=True)
    structure = replace(structure, objective=USUAL)  # the index, whatever the scenario minimises
    values = _values_of(structure, solver, Memory.beside(memory, fresh=fresh), rules=False)
    return None if values is None else values[1]


def why(
    result: Result, *, by: By = "rule", solver: str = DEFAULT, progress: Callable[[str], None] = lambda _: None
) -> Waterfall:
    """Why every place of a solved scenario got what it got, in steps that add up to the penny.

    Every rule that may matter costs a solve, side by side; `by="measure"` takes rules of one measure and limit
    together. Raises SolverFailed when one of these answers is not proved.
    """
    return waterfall(result.answer, by=by, solver=solver, run=side_by_side, progress=progress)


def rule_effect(result: Result, rule: str, *, solver: str = DEFAULT) -> pd.DataFrame:
    """What one rule or keep row gives each place: year, place, amount (£m); year blank = all years together.

    Raises KeyError when the scenario has no rule of that name.
    """
    cause = rule_cause(result.answer, rule)
    if cause is None:
        raise KeyError(rule)
    return effect(result.answer, cause, solver)


def _values_of(structure: Structure, solver: str, memory: Memory, *, rules: bool = True) -> tuple[float, float] | None:
    """The least shortfall and the least of the objective, remembered or solved; None when nothing is feasible."""
    program, layout = assemble(structure, rules=rules, turnover_stage=False)
    key = key_of(program, layout, solver, structure.objective.stage.name)
    return _values(key, structure, program, memory, lambda: solve_values(program, layout, solver))


def values_from(
    answer: Answer,
    structure: Structure,
    solver: str,
    memory: Memory,
    *,
    assembled: tuple[Program, Layout] | None = None,
    far: bool = True,
) -> tuple[float, float] | None:
    """The least shortfall and the least of the objective, re-solved from an answer; None when there is none.

    `assembled` is the structure's program up to the objective, where the caller has it already; `far` is that of
    `resolve`. From which answer it is solved is part of what it is remembered by, so that equal runs give equal digits.
    """
    assembled = assembled or assemble(structure, turnover_stage=False)
    program, layout = assembled
    began = key_of(answer.program, answer.layout, solver, "all stages")
    key = key_of(program, layout, solver, f"{structure.objective.stage.name}, begun at {began}")

    def solved() -> Solved:
        return resolve(start_of(answer), structure, solver, assembled, far=far).solved

    return _values(key, structure, program, memory, solved)


def _values(
    key: str, structure: Structure, program: Program, memory: Memory, solve: Callable[[], Solved]
) -> tuple[float, float] | None:
    known = memory.recall(key, program)
    if known is None or not bounded(program, known.stages):
        known = solve()
        if known.status == "infeasible":
            return None
        memory.keep(key, known)
    return known.stage(SHORTFALL.name).value, known.stage(structure.objective.stage.name).value


def scenario_structure(
    budget: Budget, scenario: str, reference: Mapping[tuple[str, str], float] | None = None
) -> tuple[Structure, tuple[Issue, ...]]:
    """The arrays of a scenario and the warnings that go with them; raises InputErrors when it cannot be built.

    `reference` is G0 of the workbook as it stands, where the caller has it already.
    """
    if not isinstance(scenario, str):
        raise TypeError(f"A scenario is asked for by its name, not by {scenario!r}: {', '.join(budget.scenarios)}.")
    if scenario not in budget.scenarios:
        near = nearest(scenario, budget.scenarios)
        fix = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
        found = f"there is no scenario '{scenario}'"
        raise InputErrors(
            [Issue("SCENARIO_UNKNOWN", "error", "Scenarios", "", found, "a scenario of the workbook", fix)]
        )
    changed, found_issues = budget.inputs_of(scenario)
    known = set(budget.issues)
    issues = (*budget.issues_of(scenario), *(issue for issue in found_issues if issue not in known))
    if changed is None:
        raise InputErrors(issues)
    regime = str(budget.scenario_row(scenario)["Regime"])
    return build_structure(changed, regime, reference_gaps(budget.inputs) if reference is None else reference), issues


def side_by_side(job: Callable[[str], T], names: Sequence[str], then: Then[T] | None = None) -> list[T]:
    """Run a job for each name, as many at once as there are processors; HiGHS leaves Python free while it solves.

    The jobs that `then` asks for come after those of the names. All have ended when this returns; when it is
    interrupted, those that have not begun never do.
    """
    with ThreadPoolExecutor(max_workers=max(1, cpu_count() or 1)) as pool:
        running = {pool.submit(job, name): name for name in names}
        done: dict[str, T] = {}
        more: list[Future[object]] = []
        try:
            for future in as_completed(running):
                if future.exception() is None and then:
                    done[running[future]] = future.result()
                    more += [pool.submit(each) for each in then(done)]
            for late in more:
                late.result()
            return [future.result() for future in running]
        finally:
            for future in running:
                future.cancel()
            for late in more:
                late.cancel()


def provenance(budget: Budget) -> dict[str, str]:
    """What made a result: the input and its SHA-256, and every version that matters."""
    return {
        "input": budget.name,
        "input SHA-256": budget.sha256,
        **{f"sheet {name} SHA-256": digest for name, digest in sheet_hashes(budget.tables).items()},
        **{f"pack {n}": pack.name for n, pack in enumerate(budget.packs, start=1)},
        **{f"pack {n} SHA-256": pack.sha256 for n, pack in enumerate(budget.packs, start=1)},
        **{f"{name} version": number for name, number in versions_here().items()},
        "git commit": git_commit(),
    }


def versions_here() -> dict[str, str]:
    """The versions of budgetmodel and of what it stands on."""
    names = ("budgetmodel", "pandas", "numpy", "scipy", "clarabel", "openpyxl", "xlsxwriter")
    return {**{name: installed(name) for name in names}, **versions(), "python": platform.python_version()}
