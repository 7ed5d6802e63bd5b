"""Re-solves: a changed scenario of the same rows and columns, solved from the bases of one that is solved already.

Only the stages up to the objective are solved, to the least shortfall and the least objective at it, with their
proof. The figures do not depend on where the solve starts: the arrays are those of the changed tables, and the bounds
are proved from them alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER, Stage
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.build.objectives import blocks_of
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.prove.certificate import GAP_TOLERANCE, RESIDUAL_TOLERANCE, dual_bound
from budgetmodel.program.solve.deadline import Deadline, OutOfTime
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Outcome
from budgetmodel.program.solve.solver import HIGHS_ALGORITHMS
from budgetmodel.program.solve.stages import Route, Solved, SolvedStage, first_stages, held_by_value, route_of

LEAST_PIVOTS, PIVOTS_PER_ROW = 1000, 0.1
"""Pivots after which a re-solve is given up: interior point from nothing is then the faster (benchmarks/live.py)."""

SAME_SHORTFALL = 1e-8
"""Absolutely or relatively: by so little may the shortfall that is proved beforehand differ from the base's."""


@dataclass(frozen=True)
class Start:
    """What re-solves start from: a program without the turnover, and its stages up to the objective, with bases."""

    structure: Structure
    program: Program
    layout: Layout
    stages: tuple[SolvedStage, ...]

    def stage(self, of: Stage) -> SolvedStage:
        """A stage as it was solved."""
        return next(stage for stage in self.stages if stage.name == of.name)


@dataclass(frozen=True)
class Resolved:
    """A program solved up to its objective, and how: `live` from the bases of another, with `how` in words.

    `status` is optimal or infeasible; the figures are NaN when infeasible. `value` is the objective's, recomputed from
    the allocation; the bounds say how low the two could be at most. `amounts` has shape (lines, years), £m: one of the
    allocations that reach these two figures, not the published one, which the later stages choose among them.
    """

    structure: Structure
    program: Program
    layout: Layout
    status: str
    live: bool
    how: str
    stages: tuple[SolvedStage, ...] = ()
    route: Route | None = None
    shortfall: float = float("nan")
    shortfall_bound: float = float("nan")
    value: float = float("nan")
    bound: float = float("nan")
    amounts: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def x(self) -> Array:
        """The columns of the vertex at which the objective's stage ended."""
        return self.stages[-1].outcome.x

    @property
    def solved(self) -> Solved:
        """As the stages alone."""
        return Solved(self.status, self.stages, self.x if self.stages else np.zeros(0))

    @property
    def start(self) -> Start:
        """Where further re-solves may start from, when this one was solved from nothing."""
        return Start(self.structure, self.program, self.layout, self.stages)


def start_of(answer: Answer) -> Start:
    """An answer as a start of re-solves."""
    program = answer.program.before(TURNOVER.name)
    leading = tuple(answer.stage(stage.name) for stage in answer.objective.leading)
    return Start(answer.structure, program, answer.layout, leading)


def solve_afresh(
    structure: Structure, options: Options = DEFAULT_OPTIONS, how: str = "solved from nothing"
) -> Resolved:
    """The stages of a scenario up to its objective, without a start; raises SolverFailed when they are not proved."""
    return _afresh(structure, *assemble(structure, turnover_stage=False), options, how)


def resolve(
    start: Start,
    structure: Structure,
    options: Options = DEFAULT_OPTIONS,
    assembled: tuple[Program, Layout] | None = None,
    *,
    far: bool = False,
) -> Resolved:
    """A changed scenario up to its objective, from the bases of `start` where its rows and columns are the same.

    Where they are not, where the answer is too far away for a few pivots, or where the result is not proved, the
    scenario is solved from nothing, and `how` records it. Raises SolverFailed when that is not proved either, or when
    another of PuLP's solvers is asked for and does not agree, and when the time limit of `options` is reached from the
    start's bases or from nothing. `assembled` is the changed scenario's program without
    the turnover, where the caller has it already. With `far` the change is known to be large: the pivots are those
    that suit one from the first, and where they do not suffice both stages are solved from nothing at once.
    """
    program, layout = assembled or assemble(structure, turnover_stage=False)
    other = unlike(start, structure, program)
    if other:
        return _afresh(structure, program, layout, options, f"solved from nothing: {other}")
    if not options.shortcuts.warm_starts:
        return _afresh(structure, program, layout, options, "solved from nothing: warm starts are switched off")
    if any(stage.outcome.basis is None for stage in start.stages):
        return _afresh(structure, program, layout, options, "solved from nothing: the start has no basis")
    try:
        found = _Warm(start, program, layout, options, far, Deadline.after(options.time_limit)).solved(structure)
    except _TooFarError:
        return _afresh(structure, program, layout, options, "solved from nothing: too far from the base")
    except OutOfTime:
        raise
    except SolverFailed as failure:
        if options.solver not in HIGHS_ALGORITHMS:
            raise
        return _afresh(structure, program, layout, options, f"solved from nothing: {failure}")
    return found


def unlike(start: Start, structure: Structure, program: Program) -> str:
    """In what a program's rows or columns are not those of the start, in words; empty when they are the same."""
    was = start.structure
    if was.objective != structure.objective:
        return "the objective is another"
    for dimension in ("year", "place", "service", "provider", "source"):
        if was.inputs.members(dimension) != structure.inputs.members(dimension):
            return f"the {dimension}s are others"
    if not np.array_equal(was.purse_of, structure.purse_of):
        return "other money shares a pot"
    if not (_alike(was.lines[_LINE], structure.lines[_LINE]) and _alike(was.flows, structure.flows)):
        return "other money may go to other places, services or providers"
    labels = [name for name in program.rows if name != "cell"]
    if not _alike(start.program.rows[labels], program.rows[labels]):
        return "there are other rules, or rules with other members"
    if not np.array_equal(start.program.kinds, program.kinds):
        return "the rules have other columns"
    return ""


_LINE = ["place", "service", "provider"]


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return len(one) == len(other) and one.reset_index(drop=True).equals(other.reset_index(drop=True))


class _TooFarError(Exception):
    """Both stages are quicker from nothing."""


@dataclass
class _Warm:
    """One re-solve on its way; `gave_up` notes the stages in which the start was no help."""

    start: Start
    program: Program
    layout: Layout
    options: Options
    far: bool
    deadline: Deadline
    gave_up: list[str] = field(default_factory=list)

    def solved(self, structure: Structure) -> Resolved:
        """The two stages, with proof."""
        route, stages = self._at_the_same_shortfall() or (self._across() if self.far else self._both())
        how = "re-solved from the base's basis"
        if self.gave_up:
            stages_of = " and ".join(dict.fromkeys(self.gave_up))
            how = f"too far from the base for a few pivots: {stages_of} solved from nothing"
        if route is None:
            return Resolved(structure, self.program, self.layout, "infeasible", not self.gave_up, how)
        return _proved(Resolved(structure, self.program, self.layout, "optimal", not self.gave_up, how, stages, route))

    @property
    def _own(self) -> Stage:
        """The objective's stage."""
        return self.layout.structure.objective.stage

    def _at_the_same_shortfall(self) -> tuple[Route, tuple[SolvedStage, ...]] | None:
        """The objective with the shortfall held where the base has it; None when that is not to be had.

        Where the base's prices, or the bounds of the columns alone, prove that the changed scenario cannot have less
        either, this spares the first stage: a feasible point at that value is its optimum.
        """
        base = self.start.stage(SHORTFALL)
        held = replace(base, cuts=tuple(self._remade(cut, np.inf) for cut in base.cuts))
        unpriced = replace(held, outcome=replace(base.outcome, row_dual=np.zeros_like(base.outcome.row_dual)))
        bound, proof = max(
            ((dual_bound(self.program, stage), stage) for stage in (unpriced, held)), key=lambda found: found[0]
        )
        if abs(base.value - bound) > SAME_SHORTFALL * max(1.0, base.value):
            return None
        own = self._own
        route = self._route(own, base.value)
        solved = self._minimise(route, own)
        if solved is None:
            return None
        outcome = replace(proof.outcome, x=solved.outcome.x, detail="met without a first stage", basis=None)
        return route, (replace(proof, outcome=outcome), solved)

    def _both(self) -> tuple[Route | None, tuple[SolvedStage, ...]]:
        """Stage 1 from the base's stage 1, then stage 2 from its stage 2."""
        shortfall = self._minimise(self._route(SHORTFALL, np.inf), SHORTFALL)
        if shortfall is None:
            return None, ()
        own = self._own
        route = self._route(own, shortfall.value)
        return route, (shortfall, self._minimise(route, own) or route.hold_by_value(shortfall, own))

    def _across(self) -> tuple[Route | None, tuple[SolvedStage, ...]]:
        """Both stages approached together: the base's stage 1 ended, but for a step, where both are least together."""
        route = self._route(SHORTFALL, np.inf)
        stages = first_stages(route, begin=lambda cost: self._approached(route, cost))
        return (route, stages) if stages else (None, ())

    def _approached(self, route: Route, cost: Array) -> Outcome:
        live = _live(route)
        live.set_cost(cost)
        found = live.resume(self.start.stage(SHORTFALL).outcome.basis, "dual", self._most, steepest=True)
        if found.status == "failed":
            raise _TooFarError
        return found

    def _route(self, stage: Stage, shortfall: float) -> Route:
        """A route whose model is where the base's same stage ended, the shortfall held to a value."""
        live = LiveModel.of(self.program, self.program.costs[stage.cost], self.deadline)
        for cut in self.start.stage(stage).cuts:
            live.add(self._remade(cut, shortfall))
        shortcuts = self.options.shortcuts
        return Route(self.program, self.layout, self.options.solver, live, deadline=self.deadline, shortcuts=shortcuts)

    def _remade(self, cut: Cut, shortfall: float) -> Cut:
        """A row that the base's solve added, as the changed scenario has it."""
        if cut.lower == -np.inf:
            return held_by_value(self.program, SHORTFALL.cost, shortfall)
        blocks = blocks_of(self.layout.structure.objective)
        return blocks.remade(cut, self.program, self.start.structure, self.layout.structure)

    def _minimise(self, route: Route, stage: Stage) -> SolvedStage | None:
        """A stage from the base's basis; None when nothing is feasible."""
        return route.minimise(stage, lambda: self._begun(route, stage))

    def _begun(self, route: Route, stage: Stage) -> Outcome:
        found = self._resumed(route, stage)
        if found.status in ("optimal", "infeasible"):
            return found
        if self.far:
            raise _TooFarError
        self.gave_up.append(stage.name)  # recorded in the result
        return route.solve(stage)

    def _resumed(self, route: Route, stage: Stage) -> Outcome:
        """Simplex from the base's basis: dual where limits changed, primal where costs did, one after the other.

        Changed limits leave the basis's prices right and its amounts wrong, which the dual method mends at the base's
        costs; changed costs the other way round.
        """
        live = _live(route)
        base, cost = self.start.program, self.program.costs[stage.cost]
        basis = self.start.stage(stage).outcome.basis
        dearer = not np.array_equal(base.costs[stage.cost], cost)
        if dearer and _same_limits(base, self.program):
            return live.resume(basis, "primal", self._most)
        if dearer:
            live.set_cost(base.costs[stage.cost])
        if not self.far:
            found = live.resume(basis, "dual", LEAST_PIVOTS)
        if self.far or found.status == "failed":
            found = live.resume(basis, "dual", self._most, steepest=True)
        if dearer:
            live.set_cost(cost)
            found = live.resume(None, "primal", self._most) if found.status == "optimal" else found
        return found

    @property
    def _most(self) -> int:
        return max(LEAST_PIVOTS, int(PIVOTS_PER_ROW * self.program.shape[0]))


def _live(route: Route) -> LiveModel:
    if route.live is None:
        raise TypeError("a re-solve needs a route with a live model")
    return route.live


def _same_limits(one: Program, other: Program) -> bool:
    """Whether two programs of the same rows and columns differ in nothing but the costs of the objective."""
    parts = ("low", "high", "lower", "upper", "start", "index", "value")
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in parts) and np.array_equal(
        one.costs[SHORTFALL.cost], other.costs[SHORTFALL.cost]
    )


def _afresh(structure: Structure, program: Program, layout: Layout, options: Options, how: str) -> Resolved:
    route = route_of(program, layout, options)
    stages = first_stages(route)
    if not stages:
        return Resolved(structure, program, layout, "infeasible", False, how)
    return _proved(Resolved(structure, program, layout, "optimal", False, how, stages, route))


def _proved(found: Resolved) -> Resolved:
    """With its figures and their bounds; raises SolverFailed when something does not hold."""
    program, structure, x = found.program, found.structure, found.x
    missed = program.missed(x)
    if missed > RESIDUAL_TOLERANCE:
        raise SolverFailed(f"a row is missed by £{missed * 1e6:,.2f}")
    amounts = found.layout.amounts(x)
    objective = structure.objective
    values = {
        SHORTFALL.name: float(program.costs[SHORTFALL.cost] @ x),
        objective.stage.name: blocks_of(objective).value(structure, amounts),
    }
    bounds = {stage.name: dual_bound(program, stage) for stage in found.stages}
    for name, value in values.items():
        gap = value - bounds[name]
        if gap > GAP_TOLERANCE * max(1.0, abs(value)):
            raise SolverFailed(f"the {name} is proved only to within {gap:.2e}")
    return replace(
        found,
        shortfall=values[SHORTFALL.name],
        shortfall_bound=bounds[SHORTFALL.name],
        value=values[objective.stage.name],
        bound=bounds[objective.stage.name],
        amounts=amounts,
    )
