"""The vertex of an answer's objective, held live: how it follows a small change of limits or coefficients.

The shortfall is held. Where only limits move, the objective is convex and piecewise linear in the change, so its slope
to the left is never above its slope to the right; both are read from duals, never from differences of the objective.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.explain.ranging import PIVOT, Rooms, first_used_up, rooms
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.build.objectives import missing_cuts
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import AT_UPPER, BASIC, Basis, Outcome
from budgetmodel.program.solve.stages import ABSOLUTE_SLACK, RELATIVE_SLACK, SIMPLEX_UP_TO

STEP = 1e-4
"""£m: prices to the left and right are those of the next £100, so that money nobody sees does not count as a kink."""

SAME, ALIKE = 1e-6, 1e-2
"""Two slopes are the same when they differ by so much of themselves: of moved limits, and of moved coefficients."""

NOTHING = 1e-9
"""Smaller slopes are rounding."""

NO_FACTORS = RuntimeError
"""What scipy raises where a basis cannot be factored: HiGHS, which is more patient, is asked instead."""

LEAST_PIVOTS = 5000
"""Pivots after which a warm solve gives way to one from nothing."""


@dataclass(frozen=True)
class Move:
    """What one unit of a change adds to a program's limits (rows, then cuts), column bounds and coefficients.

    `row`, `column` and `value` are the coefficients that change, by how much. `alone` is the row whose limit is all
    that moves, by £1m, where that is so: hundreds of rows are priced by this short way.
    """

    lower: Array
    upper: Array
    low: Array
    high: Array
    row: Index
    column: Index
    value: Array
    alone: int | None = None

    @property
    def bends(self) -> bool:
        """Whether coefficients change, so that the objective is not piecewise linear in the change."""
        return len(self.value) > 0


@dataclass(frozen=True)
class Slope:
    """How the objective follows a move, per unit: the slopes below and above, and how far they hold, in units.

    `low` is NaN where nothing is feasible below (with the shortfall held), `high` where nothing is above. `start` <= 0
    is how far down `low` holds at least, `end` >= 0 how far up `high` does.
    """

    low: float
    high: float
    start: float
    end: float

    @property
    def price(self) -> float:
        """What one unit more does; where no more is possible, what one unit less undoes."""
        return self.low if np.isnan(self.high) else self.high


@dataclass(frozen=True)
class Standing:
    """Where a solve ended, by position of the basis.

    `own` is whether it holds a column, `column` and `row` are which; `below` and `above` are the room left there, £m.
    `basic` is whether each row is basic, so not tight.
    """

    outcome: Outcome
    basic: Mask
    own: Mask
    column: Index
    row: Index
    below: Array
    above: Array


class Face:
    """An answer's program at the vertex of its objective. Moved, solved, and always put back: not for two threads.

    `vertex` is where stage 2 ended, with the cuts that the program had then. `held` is the row that holds the
    shortfall, with `slack` £m; None where nothing can fall short. Whatever solves raises SolverFailed when the vertex
    cannot be reached again.
    """

    def __init__(self, answer: Answer) -> None:
        """Begin where stage 2 ended; HiGHS is given the program when something is moved for the first time."""
        self.answer = answer
        self.small = answer.program.shape[2] <= SIMPLEX_UP_TO
        self.program, self.layout = answer.program.before(TURNOVER.name), answer.layout
        self._stage = answer.objective_stage
        self.cost = self.program.costs[self._stage.cost]
        self._live: LiveModel | None = None
        self.slack = answer.stage(SHORTFALL.name).value * RELATIVE_SLACK + ABSOLUTE_SLACK
        self._still = np.zeros(len(self.program.low))
        first = answer.stage(SHORTFALL.name).outcome
        width, rows = len(self.program.low), len(self.program.lower)
        self._first = replace(first, x=first.x[:width], reduced=first.reduced[:width], row_dual=first.row_dual[:rows])
        columns = np.flatnonzero(self.program.costs[SHORTFALL.cost])
        holds = [np.isfinite(cut.upper) and np.array_equal(cut.index, columns) for cut in self._stage.cuts]
        self.held = len(self.program.lower) + holds.index(True) if True in holds else None
        self.vertex = self._stage.outcome
        if self.vertex.basis is None:
            self.vertex = replace(self.solve(), basis=self.live.basis())
        self.vertex_cuts = tuple(self.cuts)

    @property
    def live(self) -> LiveModel:
        """The program of stage 2 as HiGHS holds it, with the shortfall held, at the vertex."""
        if self._live is None:
            self._live = LiveModel.of(self.program, self.cost)
            for cut in self._stage.cuts:
                self._live.add(cut)
            found = self.solve(self._stage.outcome.basis)
            if found.status != "optimal":
                self._live = None
                raise SolverFailed(
                    f"The vertex of the {self.answer.objective.noun} was not found again: {found.detail}."
                )
        return self._live

    def assembled(self, structure: Structure) -> tuple[Program, Layout]:
        """A program without turnover, like this one."""
        return assemble(structure, turnover_stage=False)

    @property
    def cuts(self) -> Sequence[Cut]:
        """The rows that were added to the program."""
        return self._stage.cuts if self._live is None else self._live.cuts

    @property
    def rows(self) -> int:
        """The number of rows, cuts included."""
        return len(self.program.lower) + len(self.cuts)

    def solve(
        self, basis: Basis | None = None, simplex: Literal["dual", "primal"] = "dual", *, far: bool = False
    ) -> Outcome:
        """Solve the current program, from a basis or from where the last solve ended; with all the cuts it needs.

        `far` says that the optimum is likely to be thousands of pivots away.
        """
        outcome = self._resume(basis, simplex, far)
        while outcome.status == "optimal" and (cuts := missing_cuts(self.program, self.layout, outcome.x)):
            for cut in cuts:
                self.live.add(cut)
            outcome = self._resume(None, "dual", far)
        return outcome

    def _resume(self, basis: Basis | None, simplex: Literal["dual", "primal"], far: bool) -> Outcome:
        if far and simplex == "primal" and not self.small:  # measured: half the time of its pivots
            return self.live.solve("ipx")
        pivots = max(LEAST_PIVOTS, self.rows // 2)
        if basis is not None and len(basis.rows) < self.rows:  # cuts found since then do not bind there
            basis = Basis(
                basis.columns, np.append(basis.rows, np.full(self.rows - len(basis.rows), BASIC, dtype=np.int8))
            )
        outcome = self.live.resume(basis, simplex, pivots, steepest=far)
        return outcome if outcome.status in ("optimal", "infeasible") else self.live.solve("ipx")

    # ---- moves -----------------------------------------------------------------------------------------

    def of_row(self, row: int) -> Move:
        """£1m more of one row's limit."""
        limits = np.zeros(self.rows)
        limits[row] = 1.0
        still, nothing = self._still, np.zeros(0, dtype=np.int64)
        return Move(limits, limits, still, still, nothing, nothing, np.zeros(0), row)

    def effect(self, move: Move) -> float:
        """The most that one unit changes in any row at the vertex, £m."""
        if move.alone is not None:
            return 1.0
        moved = self.activity_of(move, self.vertex.x)
        limits = max(np.abs(part).max(initial=0.0) for part in (move.lower, move.upper, move.low, move.high))
        return float(max(limits, np.abs(moved).max(initial=0.0)))

    def shortfall_slope(self, move: Move) -> float:
        """What one unit adds to the least shortfall, by the duals of stage 1, £m."""
        outcome = self._first
        if move.alone is not None:
            return float(outcome.row_dual[move.alone])
        return _slope(move, outcome, self.activity_of(move, outcome.x))

    def slope(self, move: Move, outcome: Outcome) -> float:
        """What one unit adds to the objective, by an outcome's duals."""
        if move.alone is not None:
            found = float(outcome.row_dual[move.alone])
        else:
            found = _slope(move, outcome, self.activity_of(move, outcome.x))
        return 0.0 if abs(found) < NOTHING else found

    def activity_of(self, move: Move, x: Array) -> Array:
        """What the changed coefficients add to the activity of every row."""
        added = np.bincount(move.row, weights=move.value * x[move.column], minlength=self.rows)
        return np.asarray(added, dtype=np.float64)

    @contextmanager
    def moved(self, move: Move, by: float, *, far: bool = False) -> Iterator[Outcome]:
        """The outcome with so many units of a move; the program is put back at the end. `far` is that of `solve`."""
        live = self.live
        before = live.bounds
        with np.errstate(invalid="ignore"):
            live.set_bounds(
                live.low + by * move.low,
                live.high + by * move.high,
                live.lower + by * self._long(move.lower),
                live.upper + by * self._long(move.upper),
            )
        own = self._coefficients(move)
        live.set_coefficients(move.row, move.column, own + by * move.value)
        try:
            yield self.solve(far=far)
        finally:
            since = live.cuts[len(before[2]) - len(self.program.lower) :]
            lower = np.append(before[2], [cut.lower for cut in since])
            upper = np.append(before[3], [cut.upper for cut in since])
            live.set_bounds(before[0], before[1], lower, upper)
            live.set_coefficients(move.row, move.column, own)

    def _coefficients(self, move: Move) -> Array:
        """The coefficients of the matrix where a move changes it; 0 where there is no entry."""
        if not move.bends:
            return np.zeros(0)
        columns = len(self.program.low)
        owner = np.repeat(np.arange(len(self.program.lower)), np.diff(self.program.start))
        place = owner * columns + self.program.index
        wanted = move.row * columns + move.column
        at = np.minimum(np.searchsorted(place, wanted), len(place) - 1)
        return np.where(place[at] == wanted, self.program.value[at], 0.0)

    def _long(self, limits: Array) -> Array:
        """A move's limits for all rows: cuts found since it was made do not move."""
        return np.append(limits, np.zeros(self.rows - len(limits)))

    # ---- slopes ----------------------------------------------------------------------------------------

    def standing(self, outcome: Outcome, already: Array | None = None) -> Standing:
        """Where the last solve ended; `already` is what changed coefficients add to the rows there."""
        live = self.live
        if not live.at_vertex:
            raise SolverFailed("A solve that should end at a vertex did not.")
        heads = live.basics()
        own, column, row = heads >= 0, np.maximum(heads, 0), np.maximum(-1 - heads, 0)
        basic = np.zeros(self.rows, dtype=bool)
        basic[row[~own]] = True
        activity = np.concatenate([self.program.activity(outcome.x), live.cut_activity(outcome.x)])
        activity = activity if already is None else activity + already
        value = np.where(own, outcome.x[column], activity[row])
        low, high = np.where(own, live.low[column], live.lower[row]), np.where(own, live.high[column], live.upper[row])
        return Standing(outcome, basic, own, column, row, np.maximum(value - low, 0), np.maximum(high - value, 0))

    def reach(self, move: Move, at: Standing) -> tuple[float, float]:
        """How far down and up the basis stays feasible, in units, from where the last solve ended."""
        change = self.change(move, at)
        if move.alone is not None and not at.basic[move.alone]:
            touched = np.flatnonzero(change)  # a few thousand of tens of thousands
            room_below, room_above, below = at.below[touched], at.above[touched], change[touched]
            above = -below
        else:
            closing, width = move.low - move.high, self.live.high - self.live.low
            room_below, room_above = np.append(at.below, width), np.append(at.above, width)
            below = change - np.where(at.own, move.low[at.column], self._long(move.lower)[at.row])
            above = np.where(at.own, move.high[at.column], self._long(move.upper)[at.row]) - change
            below, above = np.append(below, -closing), np.append(above, -closing)  # bounds that would cross
        return (
            min(first_used_up(room_below, below), first_used_up(room_above, above)),
            min(first_used_up(room_below, -below), first_used_up(room_above, -above)),
        )

    def change(self, move: Move, at: Standing) -> Array:
        """How every basic variable follows one unit: columns, or activities of rows, in the order of `basics`."""
        if move.alone is not None:
            limits = np.zeros(self.rows)
            limits[move.alone] = not at.basic[move.alone]
            return self._solved(at, limits)
        basis = self.live.basis()  # reading it takes as long as a few pivots
        if basis is None:
            raise SolverFailed("A solve that should end at a vertex did not.")
        rows, columns = basis.rows, basis.columns
        limits = np.where(
            rows == AT_UPPER, self._long(move.upper), np.where(rows == BASIC, 0.0, self._long(move.lower))
        )
        held = np.where(columns == AT_UPPER, move.high, np.where(columns == BASIC, 0.0, move.low))
        return self._solved(at, limits - self.activity_of(move, at.outcome.x) - self._product(held))

    def _solved(self, at: Standing, right: Array) -> Array:
        change = self.live.basis_solve(right)
        change = np.where(at.own, change, -change)
        return np.where(np.abs(change) < PIVOT, 0.0, change)

    def _product(self, x: Array) -> Array:
        return np.concatenate([self.program.activity(x), self.live.cut_activity(x)]) if x.any() else np.zeros(self.rows)

    def slopes(self, moves: list[Move], walk: int = 0, far: float = np.inf) -> list[Slope]:
        """How the objective follows each of several moves.

        The basis of the vertex answers all it can before anything is solved again. `walk` is the number of further
        bases that are tried at each end to see how much further a slope holds; none is sought beyond `far` units.
        """
        return [self._sides(move, room, walk, far) for move, room in zip(moves, self.reaches(moves), strict=True)]

    def reaches(self, moves: list[Move]) -> list[tuple[float, float]]:
        """How far down and up the basis of the vertex stays feasible, for each move."""
        alone = [move.alone for move in moves if move.alone is not None]
        basis = self.vertex.basis
        if basis is not None and len(alone) == len(moves):
            with suppress(NO_FACTORS):
                down, up = rooms(self.program, self.vertex_cuts, basis, self._left(), np.array(alone, dtype=np.int64))
                return list(zip(down.tolist(), up.tolist(), strict=True))
        here = self.standing(self.solve(basis))
        return [self.reach(move, here) for move in moves]

    def _left(self) -> Rooms:
        """The rooms at the vertex."""
        program, cuts, x = self.program, self.vertex_cuts, self.vertex.x
        activity = np.append(program.activity(x), [cut.value @ x[cut.index] for cut in cuts])
        lower = np.append(program.lower, [cut.lower for cut in cuts])
        upper = np.append(program.upper, [cut.upper for cut in cuts])
        return Rooms(x - program.low, program.high - x, activity - lower, upper - activity)

    def _sides(self, move: Move, room: tuple[float, float], walk: int, far: float) -> Slope:
        own = self.slope(move, self.vertex)
        (low, start), (high, end) = (
            self._side(move, sign, own, one, walk, far) for sign, one in zip((-1, 1), room, strict=True)
        )
        return Slope(low, high, -start, end)

    def _side(self, move: Move, sign: int, own: float, room: float, walk: int, far: float) -> tuple[float, float]:
        """The slope on one side of the vertex, and how far it holds."""
        step = STEP / max(self.effect(move), 1e-12)
        if not np.isfinite(step) or self._falls_short(move, sign * step):
            return float("nan"), 0.0
        if move.bends or room < step:
            with self.moved(move, sign * step) as outcome:
                if outcome.status != "optimal":
                    return float("nan"), min(room, step)
                own, room = self.slope(move, outcome), step + self._room(move, outcome, sign * step)
        if np.isnan(own):
            return own, room
        tolerance = ALIKE if move.bends else SAME
        for _ in range(walk):
            if room >= far:
                break
            by = sign * (room + step)
            with self.moved(move, by) as outcome:
                if outcome.status != "optimal":
                    break
                slope = self.slope(move, outcome)
                if abs(slope - own) > tolerance * abs(own) + NOTHING:
                    break
                room += step + self._room(move, outcome, by)
        return own, min(room, far)

    def _room(self, move: Move, outcome: Outcome, by: float) -> float:
        """How much further the basis stays feasible in the direction in which the program has been moved."""
        at = self.standing(outcome, by * self.activity_of(move, outcome.x))
        return self.reach(move, at)[by > 0]

    def _falls_short(self, move: Move, by: float) -> bool:
        """Whether a move certainly raises the least shortfall above what is held: the shortfall is convex too."""
        if move.bends or self.held is None:
            return False
        if move.alone == self.held:
            return by < 0  # it is held at the least that can be had
        held = float(move.upper[self.held])
        return (self.shortfall_slope(move) - held) * by > self.slack


def _slope(move: Move, outcome: Outcome, moved: Array) -> float:
    rows, reduced = outcome.row_dual, outcome.reduced
    count = min(len(rows), len(move.lower))
    rows = rows[:count]
    limits = np.where(rows > 0, move.lower[:count], move.upper[:count])
    bounds = np.where(reduced > 0, move.low, move.high)
    # not a dot product: BLAS would wake its threads for it, which takes longer than the sum
    return float((rows * (limits - moved[:count])).sum() + (reduced * bounds).sum())
