"""The least shortfall and the least of the objective of a variant of a scenario, and nothing of its later stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from budgetmodel.answers.answer import Answer
from budgetmodel.answers.memory import Memory, key_of
from budgetmodel.answers.resolve import resolve, start_of
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.objectives import SHORTFALL, USUAL
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure, at_equal_costs, build_structure
from budgetmodel.program.prove.certificate import bounded
from budgetmodel.program.solve.stages import Solved, solve_values
from budgetmodel.scenarios.budget import Budget


def index_at_equal_costs(
    budget: Budget, scenario: str, first: str, options: Options = DEFAULT_OPTIONS
) -> tuple[float, float] | None:
    """Shortfall and objective of a scenario with its own pots and the contracts and costs of `first`'s regime.

    None when that is infeasible. The two scenarios must share their tables.
    Where both are solved already, `values_from` is faster: it starts from their answers.
    """
    reference = reference_gaps(budget.inputs)
    other, _ = scenario_structure(budget, first, reference)
    own, _ = scenario_structure(budget, scenario, reference)
    return _values_of(at_equal_costs(own, other), options)


def best_index(budget: Budget, scenario: str, options: Options = DEFAULT_OPTIONS) -> float | None:
    """The index that no rule and one pot could reach: law, place keys and the money itself still bind."""
    own, _ = scenario_structure(budget, scenario)
    structure = build_structure(own.inputs, own.regime, reference_gaps(budget.inputs), one_pot=True)
    structure = replace(structure, objective=USUAL)  # the index, whatever the scenario minimises
    values = _values_of(structure, options, rules=False)
    return None if values is None else values[1]


def _values_of(structure: Structure, options: Options, *, rules: bool = True) -> tuple[float, float] | None:
    """The least shortfall and the least of the objective, remembered or solved; None when nothing is feasible."""
    program, layout = assemble(structure, rules=rules, turnover_stage=False)
    key = key_of(program, layout, options.solver, structure.objective.stage.name)
    return _values(key, structure, program, Memory.of(options), lambda: solve_values(program, layout, options))


def values_from(
    answer: Answer,
    structure: Structure,
    options: Options = DEFAULT_OPTIONS,
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
    began = key_of(answer.program, answer.layout, options.solver, "all stages")
    key = key_of(program, layout, options.solver, f"{structure.objective.stage.name}, begun at {began}")

    def solved() -> Solved:
        return resolve(start_of(answer), structure, options, assembled, far=far).solved

    return _values(key, structure, program, Memory.of(options), solved)


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
