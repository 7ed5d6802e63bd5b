"""Freedom left: the least and the most that every place could get at the same shortfall and index."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.explain.sensitivity import Face
from budgetmodel.program.build.model import Cut

RELATIVE_SLACK, ABSOLUTE_SLACK = 1e-7, 1e-7
"""The index is held to its value x (1 + relative) + absolute, as the shortfall is."""

ALL_YEARS = ""
"""The value of the column `year` in rows for all years together."""


def freedom(
    answer: Answer, allocation: pd.DataFrame, *, by_year: bool = True, progress: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Per place, for all years together (year blank) and each year: what it gets, and the least and most it could, £m.

    Shortfall and index are held to their values x (1 + 1e-7) + 1e-7; the later stages, which choose among what is
    left, are not. `allocation` is that frame of the result. The published amount is in whole pence, so the range is
    widened to it where rounding leaves it outside. Two solves a row; without `by_year` only all years together.

    Raises SolverFailed when one of them ends without an optimum.
    """
    structure = answer.structure
    paid = allocation.groupby(["place", "year"])["amount"].sum()
    face = Face(answer)
    columns = np.flatnonzero(face.cost)
    if len(columns):
        limit = face.vertex.objective * (1 + RELATIVE_SLACK) + ABSOLUTE_SLACK
        face.live.add(Cut(columns, face.cost[columns], -np.inf, limit))
    rows = []
    single = structure.inputs.years[0] if by_year and structure.years == 1 else ""
    for year, place, cost in _wanted(face, by_year=by_year and not single):
        progress(f"freedom of {structure.inputs.places[place]}{' ' if year else ''}{year}")
        amounts = paid[structure.inputs.places[place]]
        amount = float(amounts[year] if year else amounts.sum())
        least, most = _extreme(face, cost), -_extreme(face, -cost)
        amounts_of_place = (structure.inputs.places[place], amount, min(least, amount), max(most, amount))
        rows += [(year, *amounts_of_place), (single, *amounts_of_place)] if single else [(year, *amounts_of_place)]
    return pd.DataFrame(rows, columns=list(FRAME["freedom"].own))


def _wanted(face: Face, *, by_year: bool) -> Iterator[tuple[str, int, Array]]:
    """Year, place and the columns that add up to what it gets."""
    structure, line = face.answer.structure, face.layout.line
    for place in range(len(structure.inputs.places)):
        inside = structure.lines["place"].to_numpy() == place
        for t in (None, *range(structure.years)) if by_year else (None,):
            own = line[inside] if t is None else line[inside][:, t]
            cost = np.zeros(len(face.program.low))
            cost[own[own >= 0]] = 1.0
            yield (ALL_YEARS if t is None else structure.inputs.years[t]), place, cost


def _extreme(face: Face, cost: Array) -> float:
    face.live.set_cost(cost)
    outcome = face.solve(simplex="primal")
    if outcome.status != "optimal":
        raise SolverFailed(f"The freedom of a place was not found: {outcome.detail}.")
    return outcome.objective
