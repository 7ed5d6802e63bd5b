"""Read, check, solve, solve_all: the Python interface. A run (`job`) is made of the same calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from budgetmodel.answers.answer import Answer, proved, solve_assembled
from budgetmodel.answers.durations import BUILDING, PROOF
from budgetmodel.answers.memory import ALL_STAGES, Memory, key_of
from budgetmodel.answers.provenance import provenance
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.issues import BudgetError, Infeasible, InputErrors, SolverFailed
from budgetmodel.contract.nearest_name import UnknownName
from budgetmodel.contract.objectives import CONVERGENCE, TURNOVER
from budgetmodel.contract.options import DEFAULT, By, Options, chosen
from budgetmodel.contract.schema import fold
from budgetmodel.contract.status import FAILED, INFEASIBLE, NOT_MET
from budgetmodel.explain.waterfall import Waterfall, effect, waterfall
from budgetmodel.explain.without import rule_cause
from budgetmodel.files.journal import unfinished
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.breaches import breaches
from budgetmodel.program.prove.certificate import Proof
from budgetmodel.program.prove.solution import Pennies
from budgetmodel.program.solve.solver import FEASIBILITY, refuse_solver
from budgetmodel.reading import check as check
from budgetmodel.reading import read as read
from budgetmodel.reading import with_changes as with_changes
from budgetmodel.results import NO, REMEMBERED, YES, Result, result_of
from budgetmodel.runtime import tuned
from budgetmodel.scenarios.budget import Budget, check_budget, refuse_none
from budgetmodel.scenarios.table_marks import TABLES_KEY, marks, written
from budgetmodel.side_by_side import Then, side_by_side
from budgetmodel.solved_tables import reference_notes, room_notes

Progress = Callable[[str, str], None]
"""Called with a scenario's name and what is being done for it."""

Ended = Callable[[str, str, Result | None], None]
"""Called with a scenario's name, how it ended and its result, if it has one."""


@tuned()
def solve(
    budget: Budget,
    scenario: str,
    *,
    solver: str = DEFAULT,
    command: str = "",
    progress: Callable[[str], None] = lambda _: None,
    memory: str | Path | None = None,
    fresh: bool = False,
    time_limit: float | None = None,
    breach: bool = True,
    options: Options | None = None,
    sizes: dict[str, int] | None = None,
) -> Result:
    """Solve one scenario of a budget to a proved optimum.

    `memory` is the folder of the results: what was solved for it before is looked up in its folder `.budgetmodel`,
    unless `fresh`, and proved again; the key `remembered` of the `run` frame records it. Without a folder nothing is
    looked up and no file is written, nor where a run was stopped while it wrote there: `remembered` says so.
    `time_limit` is in seconds, for all stages together. Whoever has these in one
    object gives `options` instead. `progress` is called with each stage as it begins, and `sizes` is given the
    non-zeros of the program by scenario when it is built.

    A scenario that no allocation can meet is solved once more with its cheapest way out applied, unless `breach` is
    False: the `answer` of the Infeasible that is raised is a Result of status `not met`.

    Raises InputErrors when the scenario does not exist or its changes are wrong, Infeasible with its explanation,
    SolverFailed when no optimum was proved or the time limit was reached, BadCommand (a ValueError) for a solver that
    is none or is not installed and for options that mean nothing, and TypeError when `budget` is no Budget, `scenario`
    no name, or an option is given twice.
    """
    check_budget(budget)
    given = {"memory": memory, "fresh": fresh, "time_limit": time_limit, "breach": breach}
    options = chosen(options, solver=solver, command=command, **given)
    refuse_solver(options.solver)
    progress(BUILDING)
    try:
        return _result(budget, scenario, options, progress, sizes)
    except Infeasible as failure:
        if not options.breach:
            raise
        answered = _not_met(budget, failure, options, progress)
        raise Infeasible(scenario, failure.issues, failure.explanation, *answered) from None


def _result(
    budget: Budget,
    scenario: str,
    options: Options,
    progress: Callable[[str], None],
    sizes: dict[str, int] | None = None,
    asked: Inputs | None = None,
) -> Result:
    """A scenario solved to a proved optimum; raises Infeasible and SolverFailed.

    `asked` are its inputs before a way out that the budget has applied: what the answer misses of them is measured.
    """
    structure, issues = scenario_structure(budget, scenario)
    program, layout = assemble(structure)
    rows, columns, nonzeros = program.shape
    if sizes is not None:
        sizes[scenario] = nonzeros
    found, pennies, proof, remembered = _solved(structure, program, layout, options, progress)
    objective = found.objective.name
    notes = {
        **provenance(budget),
        "regime": structure.regime,
        "scenarios of the workbook": ", ".join(budget.scenarios),
        "objective": objective,
        "solver": options.solver,
        "solver options": f"one thread, random seed 0, feasibility within {FEASIBILITY:g}",
        "program": f"{rows} rows, {columns} columns, {nonzeros} non-zeros",
        "stages": ", ".join([stage.name for stage in found.solved.stages] + [found.solved.ending]),
        **({} if structure.tolerance else {"turnover (£m)": f"{found.stage(TURNOVER.name).value:.6f}"}),
        "warnings": str(sum(issue.severity == "warning" for issue in issues)),
        REMEMBERED: remembered,
        TABLES_KEY: written(marks(structure.inputs, _aim(structure), structure.reference)),
        "command": options.command,
    }
    room = room_notes(scenario, loosened=found.program is not program)
    missed = None if asked is None else _missed(scenario, asked, pennies)
    return result_of(scenario, found, pennies, proof, notes, (*issues, *reference_notes(structure), *room), missed)


def _aim(structure: Structure) -> str:
    """What scenarios that are ranked have in common: the objective, and of a convergence rule which rule it is."""
    row = structure.inputs.scenario_row(structure.inputs.scenario)
    rule = "-".join(fold(str(row["Objective"])).replace(";", " ").replace(":", " ").split())  # a mark is one word
    return rule if structure.objective == CONVERGENCE else structure.objective.name


def _missed(scenario: str, asked: Inputs, pennies: Pennies) -> pd.DataFrame:
    """What an answer with a way out applied misses; raises SolverFailed where it has nothing to spend in some year."""
    empty = sorted(set(asked.years) - set(pennies.flows["year"]))
    if empty:
        raise SolverFailed(f"Contract costs leave nothing to spend in {', '.join(empty)}.")
    return breaches(scenario, asked, pennies)


def _not_met(
    budget: Budget, failure: Infeasible, options: Options, progress: Callable[[str], None]
) -> tuple[Result | None, str]:
    """The answer of an infeasible scenario with its cheapest way out applied; or None, and why there is none."""
    scenario, explanation = failure.scenario, failure.explanation
    way = None if explanation is None else explanation.way_to_apply
    if way is None:
        return None, "There is no answer with a way out either: none was proved to be enough."
    asked, _ = budget.inputs_of(scenario)
    try:
        return _result(budget.with_way_out(way), scenario, options, progress, asked=asked), ""
    except (InputErrors, Infeasible, SolverFailed) as trouble:
        why = str(trouble).strip().partition("\n")[0]
        return None, f"There is no answer with the way out either: {why}"


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
    time_limit: float | None = None,
    threads: int | None = None,
    breach: bool = True,
    options: Options | None = None,
) -> dict[str, Result]:
    """Solve several scenarios side by side, by default those to run: scenario -> Result, in the order of the sheet.

    `memory`, `fresh` and `time_limit` (for each scenario) are those of `solve`: with a folder, a scenario whose program
    was solved before is not solved again. `threads` is how many are solved at once. `options` may hold all of these.

    A scenario that is infeasible, or whose solve fails, does not stop the others: it is put into `failures` when
    that is given, and otherwise raised once all are done. One that is infeasible has an answer of status `not met`
    among the results besides, unless `breach` is False or its way out cannot be solved. Raises BadCommand and
    TypeError as `solve` does.
    """
    given = {"memory": memory, "fresh": fresh, "time_limit": time_limit, "threads": threads, "breach": breach}
    options = chosen(options, solver=solver, command=command, **given)
    results, collected = solved_side_by_side(budget, scenarios, options, progress)
    if failures is not None:
        failures.update(collected)
    elif collected:
        raise next(iter(collected.values()))
    return results


@tuned()
def solved_side_by_side(
    budget: Budget,
    scenarios: Sequence[str] | None,
    options: Options,
    progress: Progress,
    *,
    then: Then[Result | None] | None = None,
    sizes: dict[str, int] | None = None,
    ended: Ended | None = None,
) -> tuple[dict[str, Result], dict[str, BudgetError]]:
    """The results of scenarios and the failures of the others, both by name in the order asked for.

    A scenario that is not met is among both: its failure says why, and carries its result.

    `then` is asked, each time one has ended, for more jobs that can begin while others are still being solved.
    `ended` is told how one ended, with its result; by default `progress` is told how.
    """
    tell: Ended = ended or (lambda name, end, _: progress(name, end))
    check_budget(budget)
    refuse_solver(options.solver)
    refuse_none(scenarios, budget)
    names = list(budget.to_run if scenarios is None else scenarios)
    collected: dict[str, BudgetError] = {}

    def one(name: str) -> Result | None:
        try:
            result = solve(
                budget,
                name,
                progress=lambda step: progress(name, step),
                options=options,
                sizes=sizes,
            )
        except (Infeasible, SolverFailed) as failure:
            collected[name] = failure
            answer = getattr(failure, "answer", None)
            end = NOT_MET if answer is not None else INFEASIBLE if isinstance(failure, Infeasible) else FAILED
            found = answer if isinstance(answer, Result) else None
            tell(name, end, found)
            return found
        tell(name, "remembered" if result.note(REMEMBERED) == YES else "solved", result)
        return result

    solved = side_by_side(one, names, then, threads=options.threads)
    Memory.of(options).tidy()
    results = {name: result for name, result in zip(names, solved, strict=True) if result is not None}
    return results, {name: collected[name] for name in names if name in collected}


def _solved(
    structure: Structure, program: Program, layout: Layout, options: Options, progress: Callable[[str], None]
) -> tuple[Answer, Pennies, Proof, str]:
    """An answer with its proof, and whether it was remembered; a folder half in place remembers nothing."""
    unfit = "" if options.memory is None else unfinished(options.memory)
    memory, key = Memory() if unfit else Memory.of(options), key_of(program, layout, options.solver, ALL_STAGES)
    known = memory.recall(key, program)
    lookup = NO
    if known is not None:
        progress(PROOF)
        try:
            found = Answer(structure, program, layout, known)
            return found, *proved(found), YES
        except SolverFailed:
            lookup = "no: what was remembered could not be proved, and was forgotten"
    found = solve_assembled(structure, program, layout, options, progress)
    progress(PROOF)
    proof = proved(found)
    trouble = unfit or memory.keep(key, found.solved)
    return found, *proof, f"no, and it could not be kept: {trouble}" if trouble else lookup


@tuned()
def why(
    result: Result,
    *,
    by: By = "rule",
    solver: str = DEFAULT,
    time_limit: float | None = None,
    threads: int | None = None,
    options: Options | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Waterfall:
    """Why every place of a solved scenario got what it got, in steps that add up to the penny.

    Every rule that may matter costs a solve, side by side; `by="measure"` takes rules of one measure and limit
    together; `time_limit` is in seconds for each of them, `threads` how many are solved at once, and `options` may hold
    all of these. Raises SolverFailed when one of these answers is not proved.
    """
    options = chosen(options, by=by, solver=solver, time_limit=time_limit, threads=threads)
    run = partial(side_by_side, threads=options.threads)
    return waterfall(result.answer, options, run=run, progress=progress)


@tuned()
def rule_effect(result: Result, rule: str, *, solver: str = DEFAULT, options: Options | None = None) -> pd.DataFrame:
    """What one rule or keep row gives each place: year, place, amount (£m); year blank = all years together.

    Raises KeyError, with the nearest name, when the scenario has no rule of that name.
    """
    cause = rule_cause(result.answer, rule)
    if cause is None:
        raise UnknownName("rule", rule, dict.fromkeys(name for name in result.rules["rule"] if name))
    return effect(result.answer, cause, chosen(options, solver=solver))
