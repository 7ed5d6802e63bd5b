"""The highest contract costs at which an allocation exists, by one linear program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.model import Program, summed
from budgetmodel.program.build.structure import at_costs_times
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Basis, Outcome
from budgetmodel.program.solve.stages import SIMPLEX_UP_TO, STEPS, SolvedStage


def highest_contract_cost(answer: Answer) -> float:
    """The highest multiple of all contract costs at which every must row can be met; infinite without such costs.

    Contract costs are part of the right-hand side of the source balances. With the multiple as a further column, the
    program maximises it: from the basis of the answer's first stage when that takes few steps, and without a start
    otherwise. Raises SolverFailed when there is no optimum.
    """
    program = answer.program.before(TURNOVER.name)
    twice = assemble(at_costs_times(answer.structure, 2.0), turnover_stage=False)[0]
    slope = np.zeros(len(program.upper))
    np.subtract(program.upper, twice.upper, out=slope, where=np.isfinite(program.upper))
    if not slope.any():
        return float("inf")
    wide, column = _with_multiple(program, slope)
    cost = np.zeros(wide.shape[1])
    cost[column] = -1.0
    live = LiveModel.of(wide, cost)
    found = _resumed(answer.stage(SHORTFALL.name), live)
    if found is None or found.status != "optimal":
        found = live.solve("simplex" if wide.shape[2] <= SIMPLEX_UP_TO else "ipx")
    if found.status != "optimal":
        raise SolverFailed(f"How dear contracts may get could not be found: {found.detail}.")
    return float(found.x[column])


def _resumed(stage: SolvedStage, live: LiveModel) -> Outcome | None:
    """Solved from the final basis of a stage, with the multiple at its lower bound; None without a basis."""
    basis = stage.outcome.basis
    if basis is None:
        return None
    for cut in stage.cuts:
        live.add(cut)
    at_least = np.append(basis.columns, np.int8(0))
    return live.resume(Basis(at_least, basis.rows), "primal", STEPS)


def _with_multiple(program: Program, slope: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[Program, int]:
    """The program with the multiple as its last column: limits fall by `slope` (£m) per unit of it."""
    rows, columns, _ = program.shape
    charged = np.flatnonzero(slope)
    owner = np.concatenate([np.repeat(np.arange(rows), np.diff(program.start)), charged])
    index = np.concatenate([program.index, np.full(len(charged), columns)])
    row, column, value = summed(owner, index, np.concatenate([program.value, slope[charged]]))
    wide = replace(
        program,
        kinds=np.append(program.kinds, "multiple"),
        low=np.append(program.low, 0.0),
        high=np.append(program.high, np.inf),
        costs={},
        lower=np.where(slope != 0, program.lower + slope, program.lower),
        upper=np.where(slope != 0, program.upper + slope, program.upper),
        start=np.searchsorted(row, np.arange(rows + 1)),
        index=column,
        value=value,
    )
    return wide, columns
