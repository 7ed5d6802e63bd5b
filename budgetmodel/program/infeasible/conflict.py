"""Why nothing is feasible: arithmetic, then the smallest sets of rows that cannot all hold, then the way out."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.issues import Issue, SolverFailed
from budgetmodel.contract.options import ALL_SHORTCUTS, Shortcuts
from budgetmodel.contract.units import in_pounds
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.rules import RULE
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.before_solving import clashes
from budgetmodel.program.infeasible.cheapest_repair import cheapest, ways_out
from budgetmodel.program.infeasible.conflict_words import conflict_frame, remedy_frame
from budgetmodel.program.infeasible.elastic import CARRY, NOTHING, Core, Way, core_of
from budgetmodel.program.infeasible.farkas import proof_of
from budgetmodel.program.infeasible.irreducible import Conflict, conflicts
from budgetmodel.program.infeasible.rule_bounds import bounds
from budgetmodel.program.infeasible.value_slopes import basis_of

LISTED = 12
"""At most so many rules are named as issues."""

CONSTRAINT = MappingProxyType({each.name: each for each in (BALANCE, PLACE_KEY, CARRY, *RULE.values())})
"""What can be in conflict, by name."""


def explain(
    structure: Structure, program: Program, shortcuts: Shortcuts = ALL_SHORTCUTS
) -> tuple[tuple[Issue, ...], Infeasibility]:
    """Why a scenario is infeasible, as issues and as frames.

    First what arithmetic alone shows, then the sets of must rows in conflict, then the cheapest change in pounds that
    lets them hold, with others. Raises SolverFailed when it cannot be proved that no allocation meets every must row.
    """
    by_arithmetic = tuple(
        clash.issue([structure.inputs.scenario], "error") for clash in clashes(structure, bounds(structure))
    )
    core = core_of(structure, program)
    first = cheapest(core)
    proof = proof_of(core, first)
    if proof <= NOTHING:
        raise SolverFailed(
            f"The solver finds no allocation that meets every must rule of scenario '{structure.inputs.scenario}', "
            "but it cannot be proved that there is none: figures are too far apart in size; see budgetmodel check."
        )
    if first is None:
        nothing = conflict_frame(structure, core, (), None, proof)
        found = Infeasibility(structure.inputs.scenario, nothing, remedy_frame(structure, core, ()), proof)
        return (*by_arithmetic, _unexplained(structure)), found
    sets = conflicts(core, first)
    basis = basis_of(structure, core)
    ways = ways_out(structure, core, basis, first, even=shortcuts.even_repair)
    slope = basis(ways[0].way.x)
    return (*by_arithmetic, *_rows(structure, core, sets, ways[0].way)), Infeasibility(
        structure.inputs.scenario,
        conflict_frame(structure, core, sets, (ways[0].way, slope), proof),
        remedy_frame(structure, core, ways),
        proof,
    )


def _rows(structure: Structure, core: Core, sets: tuple[Conflict, ...], way: Way) -> tuple[Issue, ...]:
    """The rules, balances and keys that give way in the cheapest way out, and those in conflict with them."""
    named = np.zeros(len(core.unit), dtype=bool)
    for each in sets:
        named[each.rows] = True
    gave = way.gave
    rows = core.rows.assign(given=np.where(gave, way.give, 0.0))[core.unit & (named | gave)]
    issues = [
        _issue(structure, group) for _, group in rows.groupby(["constraint", "rule", "cell"], sort=False, dropna=False)
    ]
    return tuple(sorted(issues, key=lambda issue: issue.code)[:LISTED]) or (_unexplained(structure),)


def _issue(structure: Structure, rows: pd.DataFrame) -> Issue:
    first = rows.iloc[0]
    sheet, _, cell = str(first["cell"]).rpartition("!")
    missed = rows["given"].abs()
    worst = rows.iloc[int(missed.to_numpy().argmax())]
    who = _who(structure, worst)
    total = float(missed.sum())
    fix = f"{CONSTRAINT[str(first['constraint'])].remedy}."
    if first["constraint"] == BALANCE.name and float(worst["given"]) < -NOTHING:
        found = f"{in_pounds(total)} more is needed than the money of {worst['source']}{who} after contract costs"
        fix = "Add money in Funding, or lower the cost per contract in Contracts."
    elif first["constraint"] == BALANCE.name:
        what = f"the money of {worst['source']}"
        found = f"{in_pounds(total)} of {what}{who} has nowhere to go"
        if total <= NOTHING:
            found = f"{what}{who} must all be spent"
    elif first["constraint"] == PLACE_KEY.name:
        found = f"the place key of '{worst['service']}'{who} cannot hold" + _short(total)
    elif first["constraint"] == CARRY.name:
        found = f"the carry forward of {worst['source']}{who} lets no more through" + _short(total)
    else:
        verdict = "cannot hold" + _short(total) if total > NOTHING else "stands against it"
        if float(worst["given"]) < -NOTHING:
            verdict = f"is a ceiling that leaves {in_pounds(total)} with nowhere to go"
        found = f"must rule '{first['rule']}'{who} {verdict}"
    code = "INFEASIBLE" if total > NOTHING else "INFEASIBLE_WITH"
    return Issue(code, "error", sheet, cell, found, "must rows that can all hold", fix)


def _short(total: float) -> str:
    return f": it misses by {in_pounds(total)} in all" if total > NOTHING else ""


def _who(structure: Structure, row: pd.Series[Any]) -> str:
    names = [str(row[d]) for d in ("place", "service", "provider") if row[d] and str(row[d]) not in str(row["rule"])]
    year = int(row["year"])
    names += [structure.inputs.years[year]] if year >= 0 else []
    return f" ({', '.join(names)})" if names else ""


def _unexplained(structure: Structure) -> Issue:
    found = f"no allocation meets every must row under regime '{structure.regime}'"
    return Issue("INFEASIBLE", "error", "Rules", "", found, "must rows that can all hold", "Relax a must rule.")
