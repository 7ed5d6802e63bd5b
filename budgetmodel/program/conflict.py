"""Why nothing is feasible: the must rows that cannot all hold, found by letting each give way at a price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.issues import Issue
from budgetmodel.money import pounds
from budgetmodel.program.arithmetic import clashes
from budgetmodel.program.bounds import bounds
from budgetmodel.program.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.model import Program
from budgetmodel.program.solver import LiveModel
from budgetmodel.program.structure import Structure

Array = NDArray[np.float64]

RULE_PRICE = 1.0
STRUCTURE_PRICE = 10.0
"""What £1m of giving way costs: rules give way before balances and place keys do."""

MISSED = 1e-6
"""£m: a row that gives way by less than a pound holds."""

LISTED = 12
"""At most so many rules are named."""


def conflict(structure: Structure, program: Program) -> tuple[Issue, ...]:
    """Why a scenario is infeasible: what arithmetic alone shows first, then the must rows in conflict.

    Those are the rows that give way in the cheapest way out, and those that force them to.
    """
    return (
        *(clash.issue([structure.budget.scenario], "error") for clash in clashes(structure, bounds(structure))),
        *_rows(structure, program),
    )


def _rows(structure: Structure, program: Program) -> tuple[Issue, ...]:
    must = np.flatnonzero(program.rows["strength"].to_numpy() == "must")
    elastic, cost, owner, sign = _elastic(program, must)
    outcome = LiveModel.of(elastic, cost).solve("simplex")
    if outcome.status != "optimal":
        return (_unexplained(structure),)
    first = len(program.low)
    given = np.zeros(len(program.lower))
    np.add.at(given, owner, outcome.x[first:] * sign)
    pressed = np.abs(outcome.row_dual[: len(program.lower)]) > MISSED
    rows = program.rows.assign(given=given, pressed=pressed)
    rows = rows[(rows["strength"] == "must") & ((rows["given"].abs() > MISSED) | rows["pressed"])]
    issues = [
        _issue(structure, group) for _, group in rows.groupby(["constraint", "rule", "cell"], sort=False, dropna=False)
    ]
    return tuple(sorted(issues, key=lambda issue: issue.code)[:LISTED]) or (_unexplained(structure),)


def _elastic(program: Program, must: NDArray[np.int64]) -> tuple[Program, Array, NDArray[np.int64], Array]:
    """The program with a column that lets each side of each must row give way; its costs; their rows and signs."""
    up = must[np.isfinite(program.lower[must])]
    down = must[np.isfinite(program.upper[must])]
    owner = np.concatenate([up, down])
    sign = np.concatenate([np.ones(len(up)), -np.ones(len(down))])
    extra = len(program.low) + np.arange(len(owner))
    kinds = program.rows["constraint"].to_numpy()[owner]
    price = np.where(np.isin(kinds, [BALANCE.name, PLACE_KEY.name]), STRUCTURE_PRICE, RULE_PRICE)
    row = np.concatenate([np.repeat(np.arange(len(program.lower)), np.diff(program.start)), owner])
    column = np.concatenate([program.index, extra])
    value = np.concatenate([program.value, sign])
    order = np.lexsort((column, row))
    elastic = replace(
        program,
        kinds=np.concatenate([program.kinds, np.full(len(owner), "gives way", dtype=object)]),
        low=np.concatenate([program.low, np.zeros(len(owner))]),
        high=np.concatenate([program.high, np.full(len(owner), np.inf)]),
        start=np.searchsorted(row[order], np.arange(len(program.lower) + 1)),
        index=column[order],
        value=value[order],
    )
    return elastic, np.concatenate([np.zeros(len(program.low)), price]), owner, sign


def _issue(structure: Structure, rows: pd.DataFrame) -> Issue:
    first = rows.iloc[0]
    sheet, _, cell = str(first["cell"]).rpartition("!")
    missed = rows["given"].abs()
    worst = rows.iloc[int(missed.to_numpy().argmax())]
    who = _who(structure, worst)
    total = float(missed.sum())
    if first["constraint"] == BALANCE.name and float(worst["given"]) < -MISSED:
        found = f"contract costs take {pounds(total)} more than the money of {worst['source']}{who}"
        fix = "Lower the cost per contract in Contracts, or add money in Funding."
    elif first["constraint"] == BALANCE.name:
        what = f"the money of {worst['source']}"
        found = f"{pounds(total)} of {what}{who} has nowhere to go"
        if total <= MISSED:
            found = f"{what}{who} must all be spent"
        fix = "Raise a ceiling, widen what the money may reach, or allow carry forward."
    elif first["constraint"] == PLACE_KEY.name:
        found = f"the place key of '{worst['service']}'{who} cannot hold" + _short(total)
        fix = "Clear the place key, or let the money reach every place."
    else:
        verdict = "cannot hold" + _short(total) if total > MISSED else "stands against it"
        if float(worst["given"]) < -MISSED:
            verdict = f"is a ceiling that leaves {pounds(total, 3)} with nowhere to go"
        found = f"must rule '{first['rule']}'{who} {verdict}"
        fix = "Change its Value, narrow it, or make it a should rule."
    code = "INFEASIBLE" if total > MISSED else "INFEASIBLE_WITH"
    return Issue(code, "error", sheet, cell, found, "must rows that can all hold", fix)


def _short(total: float) -> str:
    return f": it misses by {pounds(total, 3)} in all" if total > MISSED else ""


def _who(structure: Structure, row: pd.Series[Any]) -> str:
    names = [str(row[d]) for d in ("place", "service", "provider") if row[d] and str(row[d]) not in str(row["rule"])]
    year = int(row["year"])
    names += [structure.budget.years[year]] if year >= 0 else []
    return f" ({', '.join(names)})" if names else ""


def _unexplained(structure: Structure) -> Issue:
    found = f"no allocation meets every must row under regime '{structure.regime}'"
    return Issue("INFEASIBLE", "error", "Rules", "", found, "must rows that can all hold", "Relax a must rule.")
