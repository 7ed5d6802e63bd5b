"""Ways out that ask for no more than is needed: steps dropped, figures taken back as far as they go, and rounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Index, Mask
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.constraints import BALANCE
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.program.infeasible.elastic import PENNY, Core, Elastic, Way, core_of, solved, to_the_penny
from budgetmodel.program.infeasible.steps import Step, changed, one_less, rounded_away
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Basis

FINE = 1e-3
"""A limit is looked for until it is known to within this part of the way from the old figure."""

PIVOTS = 20_000
"""Pivots of one re-solve; beyond them it is solved from nothing."""


@dataclass
class Trials:
    """Whether a scenario with changed cells can be met: re-solves, each from the basis at which the last one ended.

    Limits of rules count as met to the penny, as they do where a scenario is solved. `solves` counts the re-solves.
    """

    structure: Structure
    basis: Basis | None = None
    solves: int = 0
    known: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def meets(self, steps: Sequence[Step]) -> bool:
        """Whether something meets every must row of the changed tables."""
        key = tuple((step.sheet, step.position, step.column, step.value) for step in steps)
        if key not in self.known:
            core = changed_core(self.structure, steps)
            self.known[key] = core is not None and self._feasible(to_the_penny(core))
        return self.known[key]

    def _feasible(self, program: Program) -> bool:
        self.solves += 1
        live = LiveModel.of(program, np.zeros(len(program.low)))
        basis = self.basis
        if basis is not None and (len(basis.rows), len(basis.columns)) == program.shape[:2]:
            found = live.resume(basis, "dual", PIVOTS, ending=True)
            if found.status not in ("optimal", "infeasible"):
                found = solved(live)
        else:
            found = solved(live)
        if found.status != "optimal" or program.missed(found.x) > PENNY:
            return False
        self.basis = found.basis or live.basis()
        return True


def changed_core(structure: Structure, steps: Sequence[Step]) -> Core | None:
    """The core of the changed tables; None without any money, when there is no do-minimum to compare with."""
    inputs = changed(structure.inputs, steps)
    if (inputs.funding.sum(axis=0) <= 0).any():
        return None
    ruled = all(step.sheet == schema.RULES for step in steps)
    again = replace(structure, inputs=inputs) if ruled else build_structure(inputs, structure.regime, {})
    return core_of(again, assemble(again, turnover_stage=False)[0])


def tightened(trials: Trials, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
    """The steps without those that are not needed, each with the value nearest to the old one; None if not enough.

    The smallest step is tried first. Values are tightened one after the other, the others as they are then, so that
    none can be taken back by itself.
    """
    if not trials.meets(steps):
        return None
    for step in sorted(steps, key=lambda step: step.amount):
        rest = tuple(other for other in steps if other is not step)
        if rest and trials.meets(rest):
            steps = rest
    for number, step in enumerate(steps):
        if step.moves:
            steps = (*steps[:number], _nearest(trials, steps, number), *steps[number + 1 :])
    return steps


def _nearest(trials: Trials, steps: tuple[Step, ...], number: int) -> Step:
    """A step with the value nearest to the old one with which the others are still enough."""

    def enough(step: Step) -> bool:
        return trials.meets((*steps[:number], step, *steps[number + 1 :]))

    step = steps[number]
    less = one_less(step)
    if less is None:
        return step
    if not enough(less):
        return replace(step, limit=True)
    old, told = float(step.old), float(step.value)  # type: ignore[arg-type]  # a step that moves has figures
    short, far = 0.0, (float(less.value) - old) / (told - old)  # type: ignore[arg-type]  # as has one less of it
    while far - short > FINE * far:
        middle = (short + far) / 2
        if enough(replace(step, value=old + middle * (told - old))):
            far = middle
        else:
            short = middle
    value, decimals = rounded_away(old, old + far * (told - old), step.unit, down=step.lowers)
    found = replace(step, value=value, decimals=decimals)
    return _settled(enough, found, step)


def _settled(enough: Callable[[Step], bool], found: Step, step: Step) -> Step:
    """The rounded value, proved by a solve, with one less in its last decimal tried."""
    if not enough(found):
        return step  # not to be had where loosening a rule can make nothing worse
    less = one_less(found)
    while less is not None and enough(less):
        found, less = less, one_less(less)
    return replace(found, limit=less is not None)


def in_pounds_of(structure: Structure, core: Core, way: Way, steps: tuple[Step, ...]) -> tuple[Way, tuple[Step, ...]]:
    """The least £m that must give way at these cells, and the least with one new Value for all rows of each.

    Returns the allocation of the latter as a way. Steps that change money or keys keep their amounts.
    """
    if any(step.sheet != schema.RULES for step in steps):
        return way, tuple(_moved(step) for step in steps)
    cell = core.rows["cell"].to_numpy()
    own = [structure.inputs.cell(schema.RULES, step.position, "Value") for step in steps]
    open_rows = core.rule & np.isin(cell, own)
    gave = set(cell[way.gave])
    least = way if gave == set(own) else Elastic.of(core.program, core.unit).least(np.where(open_rows, 1.0, np.inf))
    told = _at_new_values(structure, core, steps, open_rows)
    if least is None or told is None:
        return way, steps
    result = []
    for step, name in zip(steps, own, strict=True):
        rows = np.flatnonzero(told.gave & (cell == name))
        amount = float(np.abs(least.give[cell == name]).sum())
        given = float(np.abs(told.give[cell == name]).sum())
        result.append(replace(step, amount=amount, given=given, rows=rows if len(rows) else step.rows))
    return replace(told, dual=way.dual, cost=least.cost), tuple(result)


def _moved(step: Step) -> Step:
    """A step of money with the £m by which it moves."""
    if step.constraint != BALANCE.name or not step.moves:
        return step
    return replace(step, amount=abs(float(step.value) - float(step.old)))  # type: ignore[arg-type]  # it has figures


def _at_new_values(structure: Structure, core: Core, steps: tuple[Step, ...], open_rows: Mask) -> Way | None:
    """The least giving way of some rows when their rules' new Values hold in every row; None if not to be had.

    The rows at their new Values are added to the program of the core, where rows at the old ones may give way.
    """
    values = [step for step in steps if step.column == "Value"]
    other = changed_core(structure, values) if values else None
    program = core.program
    if other is not None:
        cells = [structure.inputs.cell(schema.RULES, step.position, "Value") for step in values]
        wanted = np.flatnonzero(other.rule & other.rows["cell"].isin(cells).to_numpy())
        program = _with_rows(core, other, to_the_penny(other), wanted)
        if program is None:
            return None
    rows = len(core.program.lower)
    padded = np.concatenate([core.unit, np.zeros(len(program.lower) - rows, dtype=bool)])
    price = np.full(len(program.lower), np.inf)
    price[:rows][open_rows] = 1.0
    found = Elastic.of(program, padded).least(price)
    return None if found is None else replace(found, give=found.give[:rows], dual=found.dual[:rows])


def _with_rows(core: Core, other: Core, program: Program, rows: Index) -> Program | None:
    """The program of a core with rows of another one below; None where those have columns that it has not."""
    starts, ends = program.start[rows], program.start[rows + 1]
    index = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)]).astype(np.int64)
    column = other.column[program.index[index]]
    place = np.searchsorted(core.column, column)
    if (place >= len(core.column)).any() or (core.column[place] != column).any():
        return None
    own = core.program
    return replace(
        own,
        rows=own.rows.iloc[np.concatenate([np.arange(len(own.lower)), np.zeros(len(rows), dtype=np.int64)])],
        lower=np.concatenate([own.lower, program.lower[rows]]),
        upper=np.concatenate([own.upper, program.upper[rows]]),
        start=np.concatenate([own.start, own.start[-1] + np.cumsum(ends - starts)]),
        index=np.concatenate([own.index, place]),
        value=np.concatenate([own.value, program.value[index]]),
    )
