"""Ways out that ask for no more than is needed: steps dropped, figures taken back as far as they go, and rounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Index
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.constraints import BALANCE
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.program.infeasible.elastic import PENNY, Core, Elastic, Way, core_of, solved, to_the_penny
from budgetmodel.program.infeasible.steps import FINEST, SCALES, Step, changed, figures, nearer_by, rounded_away
from budgetmodel.program.solve.deadline import Deadline, OutOfTime
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Basis, Outcome

FINE = 0.02
"""A limit is looked for until it is known to within this part of the way from the old figure; then it is rounded."""

ROUNDS = 3
"""Rounds in which steps are dropped and figures taken back."""

PIVOTS = 1_000
"""Pivots of one re-solve; beyond them it is solved from nothing."""

SECONDS = 3.0
"""The same of the clock: near a limit a thousand pivots took 35 s, from nothing 2 s. Either way the answer is one."""


@dataclass
class Trials:
    """Whether a scenario with changed cells can be met: re-solves, each from the basis at which the last one ended.

    Limits of rules count as met to the penny, as they do where a scenario is solved. `solves` counts the re-solves;
    once pivots were given up, all later ones are from nothing (`afresh`).
    """

    structure: Structure
    basis: Basis | None = None
    solves: int = 0
    afresh: bool = False
    known: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def meets(self, steps: Sequence[Step]) -> bool:
        """Whether something meets every must row of the changed tables."""
        key = tuple(_values(steps))
        if key not in self.known:
            core = changed_core(self.structure, steps)
            self.known[key] = core is not None and self._feasible(to_the_penny(core))
        return self.known[key]

    def _feasible(self, program: Program) -> bool:
        self.solves += 1
        found = self._from_the_last(program)
        if found is None or found.status not in ("optimal", "infeasible"):
            live = LiveModel.of(program, np.zeros(len(program.low)))
            found = solved(live)
            found = replace(found, basis=found.basis or live.basis())
        if found.status != "optimal" or program.missed(found.x) > PENNY:
            return False
        self.basis = found.basis
        return True

    def _from_the_last(self, program: Program) -> Outcome | None:
        """What a few pivots from the last feasible basis come to; None where there is none, or they take SECONDS."""
        basis = self.basis
        if self.afresh or basis is None or (len(basis.rows), len(basis.columns)) != program.shape[:2]:
            return None
        live = LiveModel.of(program, np.zeros(len(program.low)), Deadline.after(SECONDS))
        found = None
        with suppress(OutOfTime):
            found = live.resume(basis, "dual", PIVOTS, ending=True)
        self.afresh = found is None or found.status not in ("optimal", "infeasible")
        return found


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

    Values are tightened one after the other, the others as they are then, so that none can be taken back by itself.
    With less money in one place, a step in another may no longer be needed: so it is gone through again.
    """
    if not trials.meets(steps):
        return None
    for _ in range(ROUNDS):
        before = steps
        steps = _needed(trials, steps)
        for number, step in enumerate(steps):
            if step.moves:
                steps = (*steps[:number], _nearest(trials, steps, number), *steps[number + 1 :])
        if len(steps) == 1 or _values(steps) == _values(before):
            break
    return steps


def _values(steps: Sequence[Step]) -> list[tuple[object, ...]]:
    return [(step.sheet, step.position, step.column, step.value) for step in steps]


def _needed(trials: Trials, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps without which nothing is feasible; the smallest is tried first."""
    for step in sorted(steps, key=lambda step: step.amount):
        rest = tuple(other for other in steps if other is not step)
        if rest and trials.meets(rest):
            steps = rest
    return steps


def _nearest(trials: Trials, steps: tuple[Step, ...], number: int) -> Step:
    """A step with the value nearest to the old one with which the others are still enough.

    First the limit is looked for, then it is rounded to what a person types, then the last decimal is settled.
    """

    def enough(step: Step) -> bool:
        return trials.meets((*steps[:number], step, *steps[number + 1 :]))

    step = steps[number]
    less = nearer_by(step, 1)
    if less is not None and not enough(less):
        return replace(step, limit=True)
    old, told = figures(step)
    short, far = 0.0, 1.0
    while far - short > FINE * far and far * abs(told - old) * SCALES[step.unit][0] > 10.0 ** -FINEST[step.unit]:
        middle = (short + far) / 2
        if enough(replace(step, value=old + middle * (told - old))):
            far = middle
        else:
            short = middle
    value, decimals = rounded_away(old, old + far * (told - old), step.unit, down=step.lowers)
    found = replace(step, value=value, decimals=decimals)
    too_near = old + short * (told - old)

    def enough_yet(step: Step) -> bool:
        """As `enough`; a rule nearer to its old Value than one that was tried in vain need not be tried."""
        value = figures(step)[1]
        beyond = value >= too_near if step.lowers else value <= too_near
        return not (beyond and step.sheet == schema.RULES) and enough(step)

    return _last_decimal(enough_yet, found) if enough(found) else step


def _last_decimal(enough: Callable[[Step], bool], found: Step) -> Step:
    """The rounded step taken back in its last decimal as far as it goes: the next value is not enough."""
    good, bad = 0, 1
    while (less := nearer_by(found, bad)) is not None and enough(less):
        good, bad = bad, 2 * bad
    while bad - good > 1:
        middle = (good + bad) // 2
        less = nearer_by(found, middle)
        if less is not None and enough(less):
            good = middle
        else:
            bad = middle
    return replace(nearer_by(found, good) or found, limit=True)


def in_pounds_of(structure: Structure, core: Core, way: Way, steps: tuple[Step, ...]) -> tuple[Way, tuple[Step, ...]]:
    """What the steps cost: money by how much it moves, then the least £m by which rules and keys must give way.

    Where rules alone change: also the least that gives way with one new Value for all rows of each, and the allocation
    of that as a way. As it was where a solve finds nothing.
    """
    money = [step for step in steps if step.sheet in (schema.FUNDING, schema.SOURCES) and step.moves]
    base = changed_core(structure, money) if money else core
    own = {step: _cell(structure, step) for step in steps if step not in money}
    if base is None:
        return way, steps
    as_told = base is core and set(core.rows["cell"].to_numpy()[way.gave]) == set(own.values())
    least = way if as_told else _least(base, set(own.values()))
    if least is None:
        return way, steps
    cell = base.rows["cell"].to_numpy()
    costed = [
        replace(step, amount=float(np.abs(least.give[cell == own[step]]).sum()))
        if step in own
        else _moved(structure, core, step)
        for step in steps
    ]
    if any(step.sheet != schema.RULES for step in steps):
        return way, tuple(costed)
    told = _at_new_values(structure, core, costed)
    if told is None:
        return way, tuple(costed)
    for number, step in enumerate(costed):
        rows = np.flatnonzero(told.gave & (cell == _cell(structure, step)))
        given = float(np.abs(told.give[rows]).sum())
        costed[number] = replace(step, given=given, rows=rows if len(rows) else step.rows)
    return replace(told, dual=way.dual, cost=least.cost), tuple(costed)


def _cell(structure: Structure, step: Step) -> str:
    """The cell by which the rows of a step's rule or key are labelled."""
    column = "Value" if step.sheet == schema.RULES else step.column
    return structure.inputs.cell(step.sheet, step.position, column)


def _least(core: Core, cells: set[str]) -> Way | None:
    """The least £m by which the rows of some cells give way, all other rows holding; those of rules to the penny."""
    own = core.unit & core.rows["cell"].isin(cells).to_numpy()
    price = np.where(own, 1.0, np.inf)
    exact = Elastic.of(core.program, core.unit).least(price)
    return exact or Elastic.of(to_the_penny(core), core.unit).least(price)


def _moved(structure: Structure, core: Core, step: Step) -> Step:
    """A step of money with the £m by which it moves; of a carry forward, in the years in which it is too small."""
    old, value = figures(step)
    if step.constraint == BALANCE.name:
        return replace(step, amount=abs(value - old))
    found = core.rows.iloc[step.rows]
    funding = structure.funding[found["purse"].to_numpy(), found["year"].to_numpy(dtype=np.int64)]
    return replace(step, amount=float(((value - old) * funding).sum()))


def _at_new_values(structure: Structure, core: Core, steps: Sequence[Step]) -> Way | None:
    """The least giving way of the rules of steps when their new Values hold in every row; None if not to be had.

    The rows at their new Values are added to the program of the core, where rows at the old ones may give way.
    """
    values = [step for step in steps if step.column == "Value"]
    other = changed_core(structure, values) if values else None
    program = core.program
    if other is not None:
        cells = {_cell(structure, step) for step in values}
        wanted = np.flatnonzero(other.rule & other.rows["cell"].isin(cells).to_numpy())
        wider = _with_rows(core, other, to_the_penny(other), wanted)
        if wider is None:
            return None
        program = wider
    rows = len(core.program.lower)
    padded = np.concatenate([core.unit, np.zeros(len(program.lower) - rows, dtype=bool)])
    price = np.full(len(program.lower), np.inf)
    price[:rows][core.rows["cell"].isin({_cell(structure, step) for step in steps}).to_numpy()] = 1.0
    found = Elastic.of(program, padded).least(price)
    return None if found is None else replace(found, give=found.give[:rows], dual=found.dual[:rows])


def _with_rows(core: Core, other: Core, program: Program, rows: Index) -> Program | None:
    """The program of a core with rows of another one below; None where those have columns that it has not."""
    if not len(rows):  # at its new Value a rule that asks for 0 has no rows
        return core.program
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
