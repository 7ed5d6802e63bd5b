"""What explanations solve of a scenario besides, remembered beside the scenario's own answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from budgetmodel.answers.answer import Answer
from budgetmodel.answers.memory import Memory, key_of
from budgetmodel.contract.objectives import TURNOVER
from budgetmodel.contract.options import Options
from budgetmodel.program.solve.stages import Solved


def kept(answer: Answer, options: Options, kind: str, solve: Callable[[], Solved]) -> Solved:
    """What `solve` gives of a scenario's program up to its objective; remembered, `kind` being what it is.

    The tolerance is left out of the key: a scenario and the same with a tolerance have one frontier.
    """
    program = answer.program.before(TURNOVER.name)
    layout = replace(answer.layout, structure=replace(answer.structure, tolerance=0.0))
    memory, key = Memory.of(options), key_of(program, layout, options.solver, kind)
    known = memory.recall(key, program)
    if known is not None:
        return known
    solved = solve()
    if solved.status == "optimal":
        memory.keep(key, solved)
    return solved
