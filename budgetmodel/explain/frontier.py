"""Fairness against change: what plans that give up a few points of index spare places and services.

The plan that changes least has the least Σ (X - X0)² / max(X0, £0.1m) over lines; at 0 points it is the published one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.answers.memory import ALL_STAGES, Memory, key_of
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import TURNOVER
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.explain.kept import kept
from budgetmodel.inequality import index
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import component_gaps
from budgetmodel.program.solve.deadline import OutOfTime
from budgetmodel.program.solve.stages import Solved, plan_within, solve_stages

TOLERANCES = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Points of index given up."""

TOLD = 2.0
"""The tolerance that the sentence is about."""

AT_LIMIT = 1e-3
"""£m: nearer to a limit than this is at it, as closely as plans are settled."""

OVER = 1.0
"""£m: falls and rises of smaller services are not looked at."""

QUICK_UP_TO = 200_000
"""Non-zeros of a program up to which a run has the frontier without being asked. The worked example has 90,000 in a
scenario: frontier and exchange of one take 12 s of processor."""

PLAN = "plan that changes least"
"""What is remembered of a tolerance."""


UNPROVED = (*(np.nan,) * 7, "", np.nan, "")
"""The figures of a plan that was not proved."""


def frontier(
    answer: Answer,
    options: Options = DEFAULT_OPTIONS,
    tolerances: Sequence[float] = TOLERANCES,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """A row per tolerance: the index, what is at a limit, what is moved, and the largest real fall and rise.

    Each is a convex solve; with a memory in `options` its plan is remembered. The frame has no rows where the scenario
    minimises another objective than the index; figures are missing where a plan was not proved. Raises OutOfTime at the
    time limit of `options`.
    """
    rows: list[tuple[object, ...]] = []
    for tolerance in tolerances if answer.objective.is_index else ():
        progress(f"{tolerance:g} points given up")
        try:
            plan = _plan(answer, tolerance, options)
        except OutOfTime:
            raise
        except SolverFailed:  # the published plan is proved all the same
            rows.append((tolerance, *UNPROVED))
        else:
            rows.append((tolerance, *_figures(answer, plan)))
    return pd.DataFrame(rows, columns=list(FRAME["frontier"].own))


def sentence(frame: pd.DataFrame) -> str:
    """What two points of index would spare, of one scenario's frontier; empty where there is nothing to say."""
    known = frame.dropna(subset=["index"])
    always = (known["always_at_floor"] + known["always_at_ceiling"]).astype(int)
    by_tolerance = dict(zip(known["tolerance"], always, strict=True))
    if TOLD not in by_tolerance or not by_tolerance.get(0.0):
        return ""
    held = by_tolerance[0.0]
    spared = held - by_tolerance[TOLD]
    cells = "place's service is" if held == 1 else "places' services are"
    if spared <= 0:
        return f"{held} {cells} at a limit in every year; {TOLD:g} points less fairness would spare none of them."
    return (
        f"{held} {cells} at a limit in every year; {TOLD:g} points less fairness would spare {spared} of them theirs."
    )


def _plan(answer: Answer, tolerance: float, options: Options) -> Array:
    """The columns of the plan with a tolerance; what the answer published is not solved again."""
    if tolerance == answer.structure.tolerance:
        return answer.solved.x
    if not tolerance:
        return _best(answer, options)

    def solve() -> Solved:
        leading = tuple(answer.stage(stage.name) for stage in answer.objective.leading)
        program = answer.program.before(TURNOVER.name)
        x = plan_within(program, answer.layout, leading, tolerance, options)
        allowed = replace(leading[-1], value=leading[-1].value + tolerance)
        return Solved("optimal", (*leading[:-1], allowed), x, PLAN)

    return kept(answer, options, f"{PLAN}, {tolerance:g}", solve).x


def _best(answer: Answer, options: Options) -> Array:
    """The columns of the best plan of a scenario that has a tolerance, as it would be published without one."""
    structure = replace(answer.structure, tolerance=0.0)
    program, layout = assemble(structure)
    memory = Memory.of(options)
    key = key_of(program, layout, options.solver, ALL_STAGES)
    known = memory.recall(key, program)
    solved = known or solve_stages(program, layout, options)
    if known is None:
        memory.keep(key, solved)
    return solved.x


def _figures(answer: Answer, x: Array) -> tuple[object, ...]:
    """The figures of a plan, in the order of the frame."""
    s, layout = answer.structure, answer.layout
    amounts = np.where(layout.line >= 0, x[np.maximum(layout.line, 0)], 0.0)
    weights = s.inputs.year_weights, s.component_weights
    found = index(component_gaps(s.components, s.lines, amounts), s.reference, *weights)
    cell = s.lines["place"].to_numpy() * len(s.inputs.services) + s.lines["service"].to_numpy()
    cells = len(s.inputs.places) * len(s.inputs.services)
    spent, minimum = (_by_cell(cell, cells, of_lines) for of_lines in (amounts, s.minimum))
    before = _by_cell(cell, cells, s.lines["baseline"].to_numpy(dtype=float)[:, None])[:, 0]
    falls, rises = _real_growth(before, spent[:, -1], float(np.prod(1 + np.asarray(s.inputs.rates.uplift))))
    held = [_held(answer, x, side) for side in ("floor", "ceiling")]
    names = [f"{place}, {service}" for place in s.inputs.places for service in s.inputs.services]
    extremes = [(growth, "" if at is None else names[at]) for growth, at in (falls, rises)]
    return (
        found,
        *(sum(years == s.years for years in of.values()) for of in held),
        *(sum(of.values()) for of in held),
        float(np.maximum(spent - minimum, 0.0).sum()),
        *extremes[0],
        *extremes[1],
    )


def _by_cell(cell: Index, cells: int, amounts: Array) -> Array:
    """Lines added up by place and service: shape (cells, years)."""
    total = np.zeros((cells, amounts.shape[1]))
    np.add.at(total, cell, amounts)
    return total


def _real_growth(before: Array, after: Array, uplift: float) -> tuple[tuple[float, int | None], ...]:
    """The least and the greatest growth after cost uplift, as shares, and whose each is; of services over £1m.

    Where several have the same to a millionth, it is the largest of them.
    """
    large = np.flatnonzero(before > OVER)
    if not len(large):
        return (np.nan, None), (np.nan, None)
    growth = np.round(after[large] / before[large] / uplift - 1, 6)
    found = []
    for extreme in (growth.min(), growth.max()):
        alike = large[growth == extreme]
        found.append((float(extreme), int(alike[before[alike].argmax()])))
    return tuple(found)


def _held(answer: Answer, x: Array, side: str) -> dict[tuple[str, str], int]:
    """The places' services at a must floor or ceiling of their own, with the number of years in which they are."""
    program = answer.program.before(TURNOVER.name)
    rows = program.rows
    own = (rows["strength"] == "must") & (rows["place"] != "") & (rows["service"] != "") & (rows["rule"] != "")
    at = np.flatnonzero(own.to_numpy())
    activity, limit = (
        program.activity(x[: len(program.low)])[at],
        (program.lower if side == "floor" else program.upper)[at],
    )
    near = at[np.isfinite(limit) & (np.abs(activity - limit) <= AT_LIMIT)]
    years = rows.iloc[near][["place", "service", "year"]].drop_duplicates()
    counted = Counter(zip(years["place"], years["service"], strict=True))
    return dict(counted)
