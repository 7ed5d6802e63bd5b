"""Shortfall against index: what £1m of one buys of the other, since the shortfall comes first at any price."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.objectives import SHORTFALL
from budgetmodel.explain.sensitivity import NOTHING, Face
from budgetmodel.program.build.model import Cut

MILLION = 1.0
"""£m of weighted shortfall that is allowed more."""

POINT = 1.0
"""Points of index (or of another objective's unit) that are asked for less."""

LISTED = 3
"""Rules that are named: those that raise the index most."""


def exchange(answer: Answer, progress: Callable[[str], None] = lambda _: None) -> pd.DataFrame:
    """One row: the price of the shortfall in the objective, and both ways of exchanging them, each solved.

    `price` is what the first £1m more of weighted shortfall would add to the objective (less is better), true for
    `holds_for` £m, at most all the money; `for_a_million` is what £1m more adds in all; `for_a_point` is the £m of
    weighted shortfall that one point less costs, missing where no allocation has it. `raised_by` names rules whose
    relaxing lowers the shortfall and raises the objective. No row where nothing can fall short, or where something
    else than the index is minimised. Raises SolverFailed when a solve has no optimum.
    """
    progress("shortfall against index")
    face = Face(answer)
    if face.held is None or not answer.objective.is_index:
        return pd.DataFrame(columns=list(FRAME["exchange"].own))
    [slope] = face.slopes([face.of_row(face.held)], far=float(answer.structure.funding.sum()))
    shortfall, best = answer.values
    with face.moved(face.of_row(face.held), MILLION, far=True) as outcome:
        for_a_million = outcome.objective - best
    row = shortfall, best, slope.high, slope.end, for_a_million, _for_a_point(face), _raised_by(answer, slope.high)
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


def _for_a_point(face: Face) -> float:
    """£m of weighted shortfall more at which the objective is a point lower; missing where it cannot be.

    The face is not put back: nothing is to be asked of it afterwards.
    """
    live, shortfall = face.live, face.program.costs[SHORTFALL.cost]
    least_shortfall, best = face.answer.values
    upper = live.upper.copy()
    upper[face.held] = np.inf
    columns = np.flatnonzero(face.cost)
    live.set_bounds(live.low, live.high, live.lower, upper)
    wanted = best - POINT
    least = face.solve(simplex="primal", far=True)
    if least.status != "optimal" or least.objective > wanted:
        return float("nan")
    live.add(Cut(columns, face.cost[columns], -np.inf, wanted))
    live.set_cost(shortfall)
    found = face.solve(simplex="primal")
    return found.objective - least_shortfall if found.status == "optimal" else float("nan")


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
