"""What sliders do to a program: it is built anew from the changed workbook, and the differences are kept.

No second model: the tables are changed by the grammar of the sheet Changes, checked, and put together as for a run.
An effect that is a straight line in the value is kept as its slope, any other as a difference for every step. What two
sliders do together is tried too: one whose effect depends on another is moved alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from budgetmodel.answers.resolve import Start, start_of, unlike
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import BudgetError, InputErrors
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.results import Result
from budgetmodel.scenarios.budget import Budget
from budgetmodel.scenarios.change_row import ChangeRow
from budgetmodel.whatif.flat import Pattern, flat, pattern_of
from budgetmodel.whatif.slider import Slider, Term

EXACT = 1e-9
"""Figures that differ by less, of themselves or of 1, are the same: the rounding of the sums that make them."""

STEPS = 8
"""Steps to either side of a slider whose effect is no straight line: each is a program of its own."""

HALVINGS = 3
"""How often a range is halved when its end cannot be built."""

SEED = 17
"""Of the positions at which sliders are tried together."""

Values = dict[Slider, float]


class CannotMoveError(Exception):
    """A slider that cannot be carried, with the reason as a sentence."""


@dataclass(frozen=True)
class Translated:
    """A program and its sliders: `base` is the published row of figures, `terms` what each slider adds to it.

    `alone` are the sliders whose effect depends on where others are: they are moved with all others as published.
    `left_out` has a sentence for each slider that could not be carried.
    """

    pattern: Pattern
    base: Array
    sliders: tuple[Slider, ...]
    terms: tuple[Term, ...]
    alone: tuple[bool, ...]
    left_out: tuple[str, ...]

    def at(self, values: Values) -> Array:
        """The row of figures at values of some sliders; the others are where they were published."""
        row = self.base.copy()
        for slider, term in zip(self.sliders, self.terms, strict=True):
            if slider in values and values[slider] != slider.published:
                row[term.index] += _added(slider, term, values[slider])
        return row


def _added(slider: Slider, term: Term, value: float) -> Array:
    if term.straight:
        return term.slope * (value - slider.published)
    return np.asarray(term.steps[slider.below + round((value - slider.published) / slider.step)])


class Builder:
    """Builds the program of a scenario at values of sliders."""

    def __init__(self, budget: Budget, result: Result) -> None:
        """Begin with a solved scenario of a budget."""
        self.budget, self.result = budget, result
        self.reference = reference_gaps(budget.inputs)
        self.start: Start = start_of(result.answer)
        self.objective = result.answer.objective.stage.cost

    def structure(self, values: Values) -> Structure:
        """The arrays at these values; raises InputErrors when the changed workbook does not pass the checks."""
        rows = tuple(change_of(slider, value) for slider, value in values.items() if value != slider.published)
        budget = replace(self.budget, what_if=(*self.budget.what_if, *((row,) for row in rows)))
        return scenario_structure(budget, self.result.scenario, self.reference)[0]

    def program(self, values: Values) -> Program:
        """The program without turnover; raises CannotMoveError where rows or columns are not those published."""
        try:
            structure = self.structure(values)
            program, _ = assemble(structure, turnover_stage=False)
        except InputErrors as refused:
            raise CannotMoveError(str(refused).strip().splitlines()[0]) from None
        except BudgetError as trouble:
            raise CannotMoveError(str(trouble)) from None
        other = unlike(self.start, structure, program)
        if other:
            raise CannotMoveError(other)
        for part in ("lower", "upper", "low", "high"):
            was, now = getattr(self.start.program, part), getattr(program, part)
            if not np.array_equal(np.isinf(was), np.isinf(now)):
                raise CannotMoveError("a limit appears or goes")
        return program


def change_of(slider: Slider, value: float) -> ChangeRow:
    """The change that a slider makes."""
    reason = f"what if: {slider.name}"
    return ChangeRow(
        slider.table, slider.change, slider.where, slider.field, value, reason=reason, label=f"slider '{slider.name}'"
    )


def translate(
    budget: Budget, result: Result, sliders: Sequence[Slider], progress: Callable[[str], None] = lambda _: None
) -> Translated:
    """What each slider does to the program of a scenario; raises CannotMoveError where its program is not rebuilt."""
    builder = Builder(budget, result)
    base = builder.program({})
    built: dict[Slider, tuple[Slider, list[tuple[float, Program]]]] = {}
    left_out = []
    for slider in sliders:
        progress(slider.name)
        try:
            built[slider] = _ends(builder, slider)
        except CannotMoveError as why:
            left_out.append(f"{slider.name} has no slider: {why}.")
    pattern = pattern_of([base, builder.start.program, *(p for _, ends in built.values() for _, p in ends)])
    row = flat(base, pattern, builder.objective)
    if not same(row, flat(builder.start.program, pattern, builder.objective)):
        raise CannotMoveError("its answer was found with two pennies of room")
    carried: list[tuple[Slider, Term]] = []
    for slider, ends in built.values():
        rows = [(value, flat(program, pattern, builder.objective)) for value, program in ends]
        try:
            carried.append(_straight(slider, row, rows) or _by_steps(builder, slider, pattern, row))
        except CannotMoveError as why:
            left_out.append(f"{slider.name} has no slider: {why}.")
    moving = [(slider, term) for slider, term in carried if len(term.index)]
    left_out += [f"{slider.name} has no slider: it changes nothing here." for slider, t in carried if not len(t.index)]
    found = Translated(
        pattern,
        row,
        tuple(slider for slider, _ in moving),
        tuple(term for _, term in moving),
        (False,) * len(moving),
        tuple(left_out),
    )
    return replace(found, alone=_alone(builder, found))


def _ends(builder: Builder, slider: Slider) -> tuple[Slider, list[tuple[float, Program]]]:
    """The programs at both ends of a slider's range, which is made narrower until they can be built."""
    below, above = slider.below, slider.above
    found: dict[int, Program] = {}
    why: CannotMoveError | None = None
    for side in (-1, 1):
        for _ in range(HALVINGS + 1):
            steps = below if side < 0 else above
            if steps == 0:
                break
            try:
                found[side] = builder.program({slider: slider.at(side * steps)})
                break
            except CannotMoveError as trouble:
                why = trouble
                below, above = (below // 2, above) if side < 0 else (below, above // 2)
    below, above = (below if -1 in found else 0), (above if 1 in found else 0)
    if not found:
        raise why or CannotMoveError("it has no range")
    narrow = slider.within(below, above)
    ends = [(slider.at(side * (below if side < 0 else above)), found[side]) for side in found]
    if len(ends) == 1:  # a third point, between
        middle = slider.at((above + below) // 2 * (1 if above else -1))
        if middle != slider.published:
            ends.append((middle, builder.program({slider: middle})))
    return narrow, ends


def _straight(slider: Slider, base: Array, rows: Sequence[tuple[float, Array]]) -> tuple[Slider, Term] | None:
    """The effect as a slope, when all rows lie on one straight line through the published one."""
    value, far = max(rows, key=lambda each: abs(each[0] - slider.published))
    slope = difference(far, base) / (value - slider.published)
    for other, row in rows:
        if not same(base + slope * (other - slider.published), row):
            return None
    index = np.flatnonzero(slope)
    return slider, Term(index, slope[index], np.zeros((0, 0)))


def _by_steps(builder: Builder, slider: Slider, pattern: Pattern, base: Array) -> tuple[Slider, Term]:
    """The effect step by step, over fewer of them."""
    coarse = slider.coarser(STEPS)
    rows = []
    for steps in range(-coarse.below, coarse.above + 1):
        program = builder.program({coarse: coarse.at(steps)})
        if len(np.setdiff1d(pattern_of([program]).key, pattern.key)):
            raise CannotMoveError("coefficients appear between its ends")
        rows.append(difference(flat(program, pattern, builder.objective), base))
    stacked = np.stack(rows)
    index = np.flatnonzero(stacked.any(axis=0))
    return coarse, Term(index, np.zeros(0), stacked[:, index])


def _alone(builder: Builder, found: Translated) -> tuple[bool, ...]:
    """Which sliders are moved alone: those that, with the ones before, do not add up to the program built anew."""
    draw = np.random.default_rng(SEED)
    values = {each: each.at(_somewhere(draw, each)) for each in found.sliders}
    if _adds_up(builder, found, values):
        return (False,) * len(found.sliders)
    together: Values = {}
    alone = []
    for slider in found.sliders:
        tried = {**together, slider: values[slider]}
        fits = len(tried) == 1 or _adds_up(builder, found, tried)
        together = tried if fits else together
        alone.append(not fits)
    return tuple(alone)


def _somewhere(draw: np.random.Generator, slider: Slider) -> int:
    steps = [n for n in range(-slider.below, slider.above + 1) if n]
    return int(draw.choice(steps))


def _adds_up(builder: Builder, found: Translated, values: Values) -> bool:
    try:
        program = builder.program(values)
    except CannotMoveError:
        return False
    if len(np.setdiff1d(pattern_of([program]).key, found.pattern.key)):
        return False
    return same(found.at(values), flat(program, found.pattern, builder.objective))


def difference(one: Array, other: Array) -> Array:
    """One row of figures less another; 0 where both are infinite or the same but for rounding."""
    inside = np.isfinite(one) & np.isfinite(other)
    gap = np.where(inside, one, 0.0) - np.where(inside, other, 0.0)
    scale = np.maximum(np.abs(np.where(inside, one, 0.0)), np.abs(np.where(inside, other, 0.0)))
    return np.asarray(np.where(np.abs(gap) <= 1e-14 * scale, 0.0, gap))


def same(one: Array, other: Array) -> bool:
    """Whether two rows of figures are the same but for the rounding of sums."""
    if not np.array_equal(np.isinf(one), np.isinf(other)):
        return False
    gap = np.abs(difference(one, other))
    return bool((gap <= EXACT * np.maximum(1.0, np.abs(np.where(np.isinf(other), 1.0, other)))).all())
