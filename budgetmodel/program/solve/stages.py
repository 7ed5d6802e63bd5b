"""Solving in stages, so that the answer is one answer: shortfall, objective, turnover, spread (model.md, section 5).

A scenario with a tolerance has one stage instead of the last two: the plan that changes least within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, STAGES, TURNOVER, Hold, Objective, Stage
from budgetmodel.contract.options import ALL_SHORTCUTS, DEFAULT_OPTIONS, Options, Shortcuts
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.solve.deadline import NEVER, Deadline
from budgetmodel.program.solve.last_stage import LastStage, until_uncut
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Outcome, Status
from budgetmodel.program.solve.solver import (
    FIXED_ALGORITHMS,
    HIGHS_ALGORITHMS,
    PULP_UP_TO,
    second_opinion,
    solve_with_pulp,
    stopped_in_time,
)

SPREAD = "spread"
"""How the last freedom is settled."""

LEAST_CHANGE = "least change within the tolerance"
"""How the freedom that a tolerance gives is settled."""

SIMPLEX_UP_TO = 15_000
"""Non-zeros up to which dual simplex is the faster: see benchmarks/main_job.py."""

AGREEMENT = 1e-6
"""How closely a second solver must agree, absolutely or relatively."""

RELATIVE_SLACK = 1e-7
ABSOLUTE_SLACK = 1e-7
"""A stage that is held by its value is held to value x (1 + relative) + absolute."""

SHORTFALL_WEIGHT = 2e4
"""How heavy the shortfall is beside the objective where both are approached together: a year's funding of it."""

STEPS = 3_000
"""Steps of the simplex method that a stage may need from where both were approached; beyond them it starts afresh."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SolvedStage:
    """One solved stage: its value, and the duals that prove it (empty where the solver gave none)."""

    name: str
    value: float
    outcome: Outcome
    cuts: tuple[Cut, ...] = ()

    @property
    def cost(self) -> str:
        """The name of the cost vector that was minimised."""
        return STAGES[self.name].cost

    @property
    def hold(self) -> Hold:
        """How the stage is kept for those that follow."""
        return STAGES[self.name].hold


@read_only
@dataclass(frozen=True)
class Solved:
    """The stages of one program and the columns at the end: `status` is optimal or infeasible.

    `ending` names the way in which the freedom that the stages left was settled.
    """

    status: str
    stages: tuple[SolvedStage, ...]
    x: Array
    ending: str = ""

    def stage(self, name: str) -> SolvedStage:
        """A stage by name."""
        return next(stage for stage in self.stages if stage.name == name)


def solve_stages(
    program: Program, layout: Layout, options: Options = DEFAULT_OPTIONS, progress: Progress = lambda _: None
) -> Solved:
    """Minimise shortfall, then the objective, then turnover, then spread what freedom is left; or change the least.

    Raises SolverFailed when a stage ends without an optimum, or when all of them together reach the time limit of
    `options`; an infeasible program is returned as such.
    """
    route = route_of(program.before(TURNOVER.name), layout, options)
    stages = first_stages(route, progress)
    return finish(route, stages, program, progress) if stages else Solved("infeasible", (), np.zeros(0))


def first_stages(
    route: Route, progress: Progress = lambda _: None, begin: Callable[[Array], Outcome] | None = None
) -> tuple[SolvedStage, ...]:
    """The stages up to the objective's own, each at a vertex with its prices; nothing when the program is infeasible.

    `begin` is that of `Route.approach`.
    """
    first, *others = route.objective.leading
    progress(first.name)
    if route.approach(begin) == "infeasible":
        return ()
    solved = route.minimise(first)
    if solved is None:
        return ()
    found = [solved]
    for stage in others:
        route.hold(found[-1])
        progress(stage.name)
        # None: the face of the stage before is thinner than the solver's arithmetic
        found.append(route.minimise(stage) or route.hold_by_value(found[-1], stage))
    return tuple(found)


def finish(
    route: Route, stages: Sequence[SolvedStage], program: Program, progress: Progress = lambda _: None
) -> Solved:
    """Turnover and spread, on the face that the first stages left; `program` is the whole program.

    Where the scenario has a tolerance: the plan that changes least, the objective being within it.
    """
    tolerance = route.layout.structure.tolerance
    if tolerance:
        progress(SPREAD)
        route.allow(stages[-1], tolerance)
        return Solved("optimal", tuple(stages), route.least_change(stages[-1]), LEAST_CHANGE)
    progress(TURNOVER.name)
    route.hold(stages[-1])
    route.widen(program)
    turnover = route.minimise(TURNOVER) or route.hold_by_value(stages[-1], TURNOVER)
    progress(SPREAD)
    return Solved("optimal", (*stages, turnover), route.settle(turnover), SPREAD)


def plan_within(
    program: Program,
    layout: Layout,
    leading: Sequence[SolvedStage],
    tolerance: float,
    options: Options = DEFAULT_OPTIONS,
) -> Array:
    """The plan that changes least where the objective may be so much above its least: columns of `program`.

    `program` ends with the objective, `leading` are its solved stages, of which the first is held by the face that its
    prices leave: held by its value, a sliver of a millionth of a pound is all the room there is, and the interior point
    method takes twice the steps in it. Its own proof is believed. Where it has none, the first stage is held by its
    value, and small programs are solved in the slower ways; raises SolverFailed where nothing helps.
    """
    route = route_of(program, layout, options)
    for narrowed in (_on_the_face, _at_the_value):
        route.live = narrowed(program, leading, route.deadline)
        route.allow(leading[-1], tolerance)
        found = route.least_change_if_quick()
        if found is not None:
            return found
    if program.shape[2] > SIMPLEX_UP_TO:
        raise SolverFailed("The plan that changes least was not found in the time that its figures are worth.")
    return route.least_change(leading[-1])


def _on_the_face(program: Program, leading: Sequence[SolvedStage], deadline: Deadline) -> LiveModel:
    """A program on the face that the first stage's prices leave, with the cuts of the last."""
    first, cuts = leading[0], leading[-1].cuts
    held = np.flatnonzero(program.costs[first.cost])
    live = LiveModel.of(program, np.zeros(program.shape[1]), deadline)
    for cut in cuts[: len(first.cuts)]:
        live.add(cut)
    live.stay_optimal(first.outcome)
    for cut in cuts[len(first.cuts) :]:
        if not np.array_equal(cut.index, held):
            live.add(cut)
    return live


def _at_the_value(program: Program, leading: Sequence[SolvedStage], deadline: Deadline) -> LiveModel:
    """A program with the first stage held by its value, with the cuts of the last."""
    live = LiveModel.of(program, np.zeros(program.shape[1]), deadline)
    for cut in leading[-1].cuts:
        live.add(cut)
    return live


def solve_values(program: Program, layout: Layout, options: Options = DEFAULT_OPTIONS) -> Solved:
    """The least shortfall and, at that, the least of the objective, for their values alone: no later stages."""
    stages = first_stages(route_of(program, layout, options))
    return Solved("optimal", stages, stages[-1].outcome.x) if stages else Solved("infeasible", (), np.zeros(0))


def route_of(program: Program, layout: Layout, options: Options) -> Route:
    """The way of a program through its stages, by the solver of `options`; their time limit begins now."""
    return Route(
        program, layout, options.solver, deadline=Deadline.after(options.time_limit), shortcuts=options.shortcuts
    )


@dataclass
class Route:
    """The way of one program through its stages: a live HiGHS model, with a second opinion where one is asked for."""

    program: Program
    layout: Layout
    solver: str
    live: LiveModel | None = None
    near: bool = False
    deadline: Deadline = NEVER
    shortcuts: Shortcuts = ALL_SHORTCUTS

    @property
    def objective(self) -> Objective:
        """What the scenario minimises after the shortfall."""
        return self.layout.structure.objective

    def approach(self, begin: Callable[[Array], Outcome] | None = None) -> Status | None:
        """Go to where both first stages end, by one solve with their costs added up, the shortfall by far the heavier.

        Each stage then starts from there and needs a few steps of the simplex method instead of an interior point
        solve of its own. The weight decides how few: what a stage ends with is its own optimum, whatever it is.
        Small programs, and algorithms that were asked for, go from stage to stage. `begin` makes the first solve for
        these costs in another way, such as from an earlier basis. Returns how it ended; None where it was not tried.
        """
        if begin is None and self._from_stage_to_stage:
            return None
        weight = SHORTFALL_WEIGHT / self.layout.structure.source_funding.sum(axis=0).mean()
        costs = self.program.costs
        cost = costs[self.objective.stage.cost] + weight * costs[SHORTFALL.cost]
        outcome = self._until_uncut(lambda: self._first(cost), partial(begin, cost) if begin else None)
        self.near = outcome.status == "optimal"
        return outcome.status

    def minimise(self, stage: Stage, begin: Callable[[], Outcome] | None = None) -> SolvedStage | None:
        """Solve a stage on what the earlier ones left; None when nothing is feasible.

        `begin` makes the first solve in another way, such as from an earlier basis.
        """
        outcome = self._until_uncut(lambda: self.solve(stage), begin)
        if outcome.status == "infeasible":
            return None
        if outcome.status != "optimal":
            raise SolverFailed(f"The {stage.name} stage ended without an optimum: {outcome.detail}.")
        solved = SolvedStage(stage.name, outcome.objective, outcome, tuple(self._model.cuts))
        if self.solver not in HIGHS_ALGORITHMS and stage in self.objective.leading:
            self._ask_another(solved)
        return solved

    def _ask_another(self, stage: SolvedStage) -> None:
        """Solve the stage with another of PuLP's solvers too; raise SolverFailed unless both agree."""
        self.deadline.keep()
        cost, seconds = self.program.costs[stage.cost], self.deadline.left
        found = second_opinion(self.program, cost, self.solver, stage.cuts, seconds)
        self.deadline.keep()
        if found.status != "optimal":
            raise SolverFailed(f"{self.solver} ended the {stage.name} stage without an optimum ({found.status}).")
        if abs(found.objective - stage.value) > AGREEMENT * max(1.0, abs(stage.value)):
            words = f"{self.solver} says {found.objective:.9g}, HiGHS {stage.value:.9g}"
            raise SolverFailed(f"Two solvers disagree on the {stage.name}: {words}. Not published.")

    def hold_by_value(self, earlier: SolvedStage, stage: Stage) -> SolvedStage:
        """Solve a stage whose face came out empty by rounding: the earlier stage held by its value, with slack."""
        self.live, self.near = LiveModel.of(self.program, np.zeros(self.program.shape[1]), self.deadline), False
        for cut in earlier.cuts:
            self.live.add(cut)
        self._model.add(held_by_value(self.program, earlier.cost, earlier.value))
        found = self.minimise(stage)
        if found is None:
            raise SolverFailed(f"The {stage.name} stage found nothing feasible, though the stages before it did.")
        return found

    def settle(self, stage: SolvedStage) -> Array:
        """Stage 4 on the face that the turnover stage leaves by its own prices; raises SolverFailed as `LastStage`."""
        if self.shortcuts.optimal_faces:
            self._model.stay_optimal(stage.outcome)
        else:
            self.hold(stage)
        return self._last.spread(stage.outcome.x)

    def allow(self, stage: SolvedStage, tolerance: float) -> None:
        """Let a stage's value be so much above its least."""
        columns = np.flatnonzero(self.program.costs[stage.cost])
        self._model.add(Cut(columns, self.program.costs[stage.cost][columns], -np.inf, stage.value + tolerance))

    def least_change(self, stage: SolvedStage) -> Array:
        """The plan that changes least of those that are allowed, `stage` having ended at one of them.

        Raises SolverFailed as `LastStage`.
        """
        return self._last.least_change(stage.outcome.x)

    def least_change_if_quick(self) -> Array | None:
        """As `least_change`, with the interior point method's word for its proof; None where it has none."""
        return self._last.least_change_if_quick()

    @property
    def _last(self) -> LastStage:
        small = self._algorithm == "simplex"
        return LastStage(self._model, self.layout, small=small, reduce=self.shortcuts.convex_reduction)

    def widen(self, program: Program) -> None:
        """Go on with the whole program: the turnover's columns and rows would only slow the stages before."""
        self.live = self._model.widened(program)
        self.program = program
        self.near = False

    def hold(self, stage: SolvedStage) -> None:
        """Keep a stage's value for those that follow.

        The shortfall is held to value x (1 + relative) + absolute, as in the design: its price on the objective can
        be steep, and everybody who checks it must hold it at one value. Later stages keep to the exact optimal face.
        """
        if stage.hold == "face" and self.shortcuts.optimal_faces:
            self._model.stay_optimal(stage.outcome)
        elif self.program.costs[stage.cost].any():
            self._model.add(held_by_value(self.program, stage.cost, stage.value))

    @property
    def _from_stage_to_stage(self) -> bool:
        """Whether every stage is solved for itself, to a vertex."""
        return not self.shortcuts.route_by_size or self.solver in FIXED_ALGORITHMS or self._algorithm == "simplex"

    @property
    def _algorithm(self) -> str:
        chosen = HIGHS_ALGORITHMS.get(self.solver, "")
        small = self.shortcuts.route_by_size and self.program.shape[2] <= SIMPLEX_UP_TO
        return chosen or ("simplex" if small else "ipx")

    @property
    def _model(self) -> LiveModel:
        if self.live is None:
            self.live = LiveModel.of(self.program, np.zeros(self.program.shape[1]), self.deadline)
        return self.live

    def solve(self, stage: Stage) -> Outcome:
        """Solve a stage once, the cuts being what they are."""
        cost = self.program.costs[stage.cost]
        if self.near:
            self._model.set_cost(cost)
            outcome = self._model.resume(None, "primal", STEPS, ending=True)
            if outcome.status == "optimal":
                return outcome
        outcome = self._first(cost)
        if outcome.status == "failed" and self._algorithm != "simplex":
            outcome = self._model.solve("simplex")
        return outcome

    def _first(self, cost: Array) -> Outcome:
        """Solve for a cost by the usual algorithm; the first time through PuLP where the program is small."""
        if self.live is None and self.program.shape[2] <= PULP_UP_TO:
            self.deadline.keep()
            outcome, model = solve_with_pulp(self.program, cost, self._algorithm, self.deadline.left)
            self.deadline.keep(stopped=stopped_in_time(model))
            self.live = LiveModel.around(self.program, model, self.deadline)
            return outcome
        self._model.set_cost(cost)
        return self._model.solve(self._algorithm)

    def _until_uncut(self, solve: Callable[[], Outcome], begin: Callable[[], Outcome] | None = None) -> Outcome:
        """Solve until no cut is missing."""
        return until_uncut(lambda: self._model, self.layout, solve, begin)


def held_by_value(program: Program, cost: str, value: float) -> Cut:
    """The row that holds a stage to its value, with slack: value x (1 + relative) + absolute."""
    columns = np.flatnonzero(program.costs[cost])
    limit = value * (1 + RELATIVE_SLACK) + ABSOLUTE_SLACK
    return Cut(columns, program.costs[cost][columns], -np.inf, limit)
