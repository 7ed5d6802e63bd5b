"""A convergence rule beside the optimum of the same scenario: what it leaves on the table, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import answer, proved
from budgetmodel.contract import schema
from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.objectives import CONVERGENCE, USUAL
from budgetmodel.inputs.convergence import BANDS, distance, years_until
from budgetmodel.inputs.convergence_sheet import policy_of
from budgetmodel.program.build.by_rule import rule_component, rule_shares
from budgetmodel.program.build.structure import Structure
from budgetmodel.results import Result
from budgetmodel.runtime import tuned


@tuned()
def beside_optimum(result: Result) -> pd.DataFrame:
    """What a convergence rule gives every place and year beside the optimum of the same scenario; a row for each.

    The scenario is solved once more with the usual objective, everything else as it is. Columns: year, place,
    `by_rule` (the rule's share of the money), `amount` (what the scenario gives), `optimum`, `left` (optimum less
    amount: what the rule leaves on the table; the sum over places is what contracts and carried money differ by),
    `target`, all £m on the services of the rule's component; `distance` and `optimum_distance` from target, shares.
    Raises BadCommand for a scenario with another objective, SolverFailed when no optimum is proved.
    """
    structure = _by_rule(result)
    pennies, _ = proved(answer(replace(structure, objective=USUAL, tolerance=0.0)))
    k, shares = rule_component(structure), rule_shares(structure)
    component, inputs = structure.components[k], structure.inputs
    own, best = (_spent(structure, k, flows) for flows in (result.frames["flows"], pennies.flows))
    pieces = []
    for t, year in enumerate(inputs.years):
        of_year = {
            "by_rule": shares[:, t] * own[:, t].sum(),
            "amount": own[:, t],
            "optimum": best[:, t],
            "left": best[:, t] - own[:, t],
            "target": component.target[:, t],
            "distance": distance(own[:, t], component.target[:, t]),
            "optimum_distance": distance(best[:, t], component.target[:, t]),
        }
        pieces.append(pd.DataFrame({"year": year, "place": inputs.places, **of_year}))
    return pd.concat(pieces, ignore_index=True)


def years_to_target(result: Result, within: Sequence[float] = BANDS) -> dict[float, int | None]:
    """Years from the Baseline until every place is within a distance of its target by the scenario's rule.

    All money and every target grow as the component's money does on average over the workbook's years; the rule goes
    on beyond them, and must rules are not asked. None where 50 years are not enough, or floors cannot be met. Raises
    BadCommand for a scenario with another objective.
    """
    structure = _by_rule(result)
    component = structure.components[rule_component(structure)]
    counted = component.need_shares > 0
    line = structure.lines
    linked = component.services[line["service"].to_numpy()]
    before = np.bincount(
        line["place"].to_numpy()[linked], line["baseline"].to_numpy(dtype=float)[linked], minlength=len(counted)
    )[counted]
    growth = float((component.total[-1] / before.sum()) ** (1 / structure.years) - 1)
    return years_until(policy_of(structure.inputs), before, component.need_shares[counted], growth, within=within)


def _by_rule(result: Result) -> Structure:
    if result.answer.objective != CONVERGENCE:
        raise BadCommand(
            f"'{result.scenario}' has no convergence rule: its objective is {result.answer.objective.name}."
        )
    return result.answer.structure


def _spent(s: Structure, component: int, flows: pd.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """£m of flows on a component's services, by place and year."""
    names = s.inputs.frame(schema.TARGET)["Services"].iloc[component].members
    own = flows[flows["service"].isin(names)]
    table = own.groupby(["place", "year"], observed=True)["amount"].sum().unstack("year")
    return table.reindex(index=list(s.inputs.places), columns=list(s.inputs.years)).fillna(0.0).to_numpy(dtype=float)
