"""The objective `convergence`: every place gets what a rule gives it, as far as the rules of the workbook let it.

    D = Σ_t δ_t Σ_p |X[p,t] - a[p,t] Σ_q X[q,t]|        in £m

X is a place's spending on the services of the rule's component, £m; a its share by the rule, of all places with a need
(sum 1), worked out year after year from the Baseline and the component's targets; δ are the year weights, scaled to
sum 1. The share is that of the rule applied to the component's do-minimum total; what is in fact spent differs from
that total by contract costs, fees and money carried, which the places bear by the same shares. Where the must rules
let every place have its share, D is 0. Must rules win over the rule: national rules of pace of change set totals, and
do not set aside what is law or commitment (nhs_finance.md 2.2).
"""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import Infeasible, Issue
from budgetmodel.contract.objectives import CONVERGENCE
from budgetmodel.contract.schema import fold
from budgetmodel.contract.units import in_pounds
from budgetmodel.inputs.convergence import Convergence, PolicyUnmet, converged_path
from budgetmodel.inputs.convergence_sheet import component_of, policy_of
from budgetmodel.program.build.components import Component, component_spend
from budgetmodel.program.build.layout import Layout, labels
from budgetmodel.program.build.model import Block, Constraint
from budgetmodel.program.build.structure import Setting, Structure

BY_RULE = Constraint("by the rule", "Spending of a place above or below its share by the convergence rule", "£m")

UNMET = "CONVERGENCE_UNMET"
"""The code of a rule that asks for more than there is."""


def rule_component(s: Setting) -> int:
    """The number of the component that the scenario's rule is about."""
    name = component_of(s.inputs, policy_of(s.inputs))["Component"]
    return next(k for k, component in enumerate(s.components) if component.name == name)


def rule_shares(s: Setting) -> Array:
    """The share of each place by the rule: shape (places, years), each year sums to 1; 0 where need is 0.

    Raises Infeasible where the rule asks for more than there is, with the sum and the cell.
    """
    k = rule_component(s)
    component: Component = s.components[k]
    counted = component.need_shares > 0
    before = component_spend(s.components, s.lines, s.lines["baseline"].to_numpy(dtype=float)[:, None])[k, counted, 0]
    target = component.target[counted]
    policy = policy_of(s.inputs)
    try:
        amounts = converged_path(policy, before, target, component.need_shares[counted] * before.sum())
    except PolicyUnmet as unmet:
        raise Infeasible(s.inputs.scenario, [_unmet(s, policy, unmet)]) from None
    shares = np.zeros_like(component.target)
    shares[counted] = amounts / amounts.sum(axis=0)
    return shares


def _unmet(s: Setting, policy: Convergence, unmet: PolicyUnmet) -> Issue:
    """The sum that the rule asks for against the money there is, at the cell of its least growth."""
    frame = s.inputs.frame(schema.CONVERGENCE)
    at = int(np.flatnonzero([fold(str(name)) == fold(policy.name) for name in frame["Policy"]])[0])
    sheet, _, cell = s.inputs.cell(schema.CONVERGENCE, at, "Least growth").rpartition("!")
    asked, there, over = map(in_pounds, (unmet.asked, unmet.available, unmet.asked - unmet.available))
    found = (
        f"'{s.inputs.scenario}' cannot be met: the convergence rule '{policy.name}' asks for {asked} in "
        f"{s.inputs.years[unmet.year]}, and there is {there}: {over} too much"
    )
    fix = "Lower its least growth, raise 'Most under', or add the money in Funding."
    return Issue(UNMET, "error", sheet, cell, found, "floors within the money there is", fix)


def rule_block(layout: Layout) -> None:
    """Rows X - a x the sum of X - over + under = 0 per place with a need and year; the stage minimises over and under.

    X is target x ratio, by the ratio's own row.
    """
    s = layout.structure
    k, shares = rule_component(s), rule_shares(s)
    component = s.components[k]
    places = np.flatnonzero(component.need_shares > 0)
    place, year = (each.ravel() for each in np.meshgrid(places, np.arange(s.years), indexing="ij"))
    count, number = len(place), len(places)
    over = layout.assembly.columns("over the rule", count)
    under = layout.assembly.columns("under the rule", count)
    for side in (over, under):
        layout.assembly.cost(CONVERGENCE.stage.cost, side, np.asarray(s.inputs.year_weights)[year])
    rows = np.arange(count)
    each = np.repeat(rows, number)  # every place of the row's year
    other = np.tile(places, count)
    mine = (other == place[each]).astype(float)
    value = component.target[other, year[each]] * (mine - shares[place[each], year[each]])
    layout.assembly.add(
        Block(
            BY_RULE,
            labels(
                count,
                year=year,
                place=np.array(s.inputs.places, dtype=object)[place],
                component=component.name,
            ),
            np.concatenate([each, rows, rows]),
            np.concatenate([layout.ratio[k, other, year[each]], over, under]),
            np.concatenate([value, -np.ones(count), np.ones(count)]),
            np.zeros(count),
            np.zeros(count),
        )
    )


def rule_value(s: Structure, amounts: Array) -> float:
    """The distance of an allocation from the rule, £m; `amounts` has shape (lines, years), £m."""
    k, shares = rule_component(s), rule_shares(s)
    counted = s.components[k].need_shares > 0
    spend = component_spend(s.components, s.lines, amounts)[k, counted]
    apart = np.abs(spend - shares[counted] * spend.sum(axis=0)).sum(axis=0)
    return float((apart * np.asarray(s.inputs.year_weights)).sum())
