"""Shortfall against index: what £1m of one buys of the other, since the shortfall comes first at any price."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER, Stage
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.explain.kept import kept
from budgetmodel.explain.sensitivity import NOTHING, Face
from budgetmodel.program.build.model import Cut
from budgetmodel.program.solve.last_stage import until_uncut
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.stages import SIMPLEX_UP_TO, Solved, SolvedStage

MILLION = 1.0
"""£m of weighted shortfall that is allowed more."""

POINT = 1.0
"""Points of index (or of another objective's unit) that are asked for less."""

LISTED = 3
"""Rules that are named: those that raise the index most."""


def exchange(
    answer: Answer, options: Options = DEFAULT_OPTIONS, progress: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """One row: the price of the shortfall in the objective, and both ways of exchanging them, each solved.

    `price` is what the first £1m more of weighted shortfall would add to the objective (less is better), true for
    `holds_for` £m, at most all the money; `for_a_million` is what £1m more adds in all; `for_a_point` is the £m of
    weighted shortfall that one point less costs, missing where no allocation has it. `raised_by` names rules whose
    relaxing lowers the shortfall and raises the objective. No row where nothing can fall short, or where something
    else than the index is minimised. What both ways come to is remembered where `options` have a memory, and missing
    where no solver proves it. Raises SolverFailed when the vertex of the objective is not found again.
    """
    progress("shortfall against index")
    face = Face(answer)
    if face.held is None or not answer.objective.is_index:
        return pd.DataFrame(columns=list(FRAME["exchange"].own))
    [slope] = face.slopes([face.of_row(face.held)], far=float(answer.structure.funding.sum()))
    shortfall, best = answer.values
    of_shortfall, of_index = SHORTFALL, answer.objective_stage
    held = face.cuts[face.held - len(face.program.lower)].upper
    for_a_million = _least(answer, of_index, _at_most(answer, of_shortfall, held + MILLION), options) - best
    for_a_point = _least(answer, of_shortfall, _at_most(answer, of_index, best - POINT), options) - shortfall
    row = shortfall, best, slope.high, slope.end, for_a_million, for_a_point, _raised_by(answer, slope.high)
    return pd.DataFrame([row], columns=list(FRAME["exchange"].own))


def sentence(frame: pd.DataFrame) -> str:
    """What the exchange says of one scenario; empty where there is none, or where nothing is to be had."""
    if frame.empty or not frame["for_a_million"].iloc[0] < -NOTHING:
        return ""
    row = frame.iloc[0]
    words = f"£1m more of weighted shortfall would lower the index by {-row['for_a_million']:.2f} points"
    if pd.notna(row["for_a_point"]):
        words += f"; one point less of index costs £{row['for_a_point']:,.2f}m of it"
    if row["raised_by"]:
        words += f". Relaxing these rules lowers the shortfall and raises the index: {row['raised_by']}"
    return f"{words}."


def _at_most(answer: Answer, stage: Stage | SolvedStage, limit: float) -> Cut:
    """The row that keeps what a stage minimises at a limit."""
    cost = answer.program.before(TURNOVER.name).costs[stage.cost]
    columns = np.flatnonzero(cost)
    return Cut(columns, cost[columns], -np.inf, limit)


def _least(answer: Answer, stage: Stage | SolvedStage, row: Cut, options: Options) -> float:
    """The least of what a stage minimises where one row takes the place of that which holds the shortfall.

    Only the value is wanted, so that large programs are solved without a vertex. Missing where nothing is feasible, or
    nothing proved.
    """
    program = answer.program.before(TURNOVER.name)
    shortfall = np.flatnonzero(program.costs[SHORTFALL.cost])

    def solve() -> Solved:
        live = LiveModel.of(program, program.costs[stage.cost])
        for cut in answer.objective_stage.cuts:
            if not np.array_equal(cut.index, shortfall):
                live.add(cut)
        live.add(row)
        small = program.shape[2] <= SIMPLEX_UP_TO
        ways = [partial(live.solve, "simplex")] if small else [partial(live.solve, "ipx", "interior")]
        for way in (*ways, partial(live.solve, "ipx")):
            found = until_uncut(lambda: live, answer.layout, way)
            if found.status in ("optimal", "infeasible"):
                break
        if found.status != "optimal":
            return Solved(found.status, (), found.x)
        return Solved(found.status, (SolvedStage(stage.name, found.objective, found, tuple(live.cuts)),), found.x)

    solved = kept(answer, options, f"least {stage.name}, {row.upper!r} at most", solve)
    return solved.stages[0].value if solved.stages else float("nan")


def _raised_by(answer: Answer, price: float) -> str:
    """The rules whose relaxing lowers the shortfall and raises the objective, by the prices of both stages.

    The objective I at the least shortfall S follows a limit b by dI/db + dI/dS x dS/db: the row's price with the
    shortfall held, and the shortfall's own price times what the limit does to the least shortfall.
    """
    first, second = (stage.outcome.row_dual for stage in (answer.stage(SHORTFALL.name), answer.objective_stage))
    rows = answer.program.rows
    own = np.flatnonzero((rows["rule"] != "").to_numpy()[: len(first)] & (rows["cell"] != "").to_numpy()[: len(first)])
    y, z = first[own], second[own]
    relaxing = -np.sign(np.where(np.abs(y) > NOTHING, y, 0.0))  # a floor is lowered, a ceiling raised
    effect = relaxing * (z + (0.0 if np.isnan(price) else price) * y)
    table = rows.iloc[own][["rule", "cell"]].assign(effect=effect)
    worth = table[relaxing != 0].groupby(["rule", "cell"], sort=False)["effect"].sum()
    raised = worth[worth > NOTHING].sort_values(ascending=False, kind="stable").iloc[:LISTED]
    return "; ".join(f"{cell} '{rule}'" for rule, cell in raised.index)
