"""Proof, recomputed after solving: residuals and measures from the tables, and bounds from the duals.

"Optimal" from a solver is not evidence. A certificate recomputes every row's residual from the input tables and the
flows alone, and a dual bound for the shortfall and the objective from the program's arrays alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER, Objective
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inequality import index, relative_gaps
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.payers.decide import Payers
from budgetmodel.program.prove.crossing import least_crossing
from budgetmodel.program.prove.evaluate import Spending, component_frame, evaluate, gaps, place_key_residuals
from budgetmodel.program.prove.objectives import VALUES
from budgetmodel.program.prove.solution import Pennies, Shares
from budgetmodel.program.solve.stages import SolvedStage

RESIDUAL_TOLERANCE = 1e-6
"""£m: no row may be missed by more than a pound before rounding."""

GAP_TOLERANCE = 1e-5
"""The shortfall (£m) and the objective (in its unit) are proved to within this, absolutely or relatively."""

CROSSING_TOLERANCE = 1e-6
"""£m: the least money across organisations is proved to within a pound."""

PENNY = 1.0 / PENCE_PER_MILLION


@dataclass(frozen=True)
class Measures:
    """What an allocation measures: `rules` as `evaluate` gives them, `components` per place, `gaps` per year.

    `index` is the fair-share gap index, `value` that of the scenario's objective.
    """

    rules: pd.DataFrame
    components: pd.DataFrame
    gaps: pd.DataFrame
    index: float
    value: float
    shortfall: float
    keep_shortfall: float


@dataclass(frozen=True)
class Certificate:
    """The proof of one solution: worst residuals before and after rounding, values, and proved lower bounds.

    `crossing` is the money that crosses organisations, £m, and `crossing_bound` how low it could be at most with the
    same money to every line and from every source. `value` is that of the objective, `bound` how low it could be at
    most; `index` is the fair-share gap index of the allocation, which is the value where the objective is the index,
    and has no bound of its own where it is not. `best` is the least value that was found, and `tolerance` how much
    above it the plan may be: 0, and then `value` is `best`, unless the scenario has a tolerance. `index_rounded` is the
    index of the published whole pence.
    """

    worst_residual: float
    worst_row: str
    worst_residual_rounded: float
    shortfall: float
    shortfall_bound: float
    index: float
    objective: Objective
    value: float
    bound: float
    best: float
    tolerance: float
    index_rounded: float
    crossing: float
    crossing_bound: float

    @property
    def crossing_gap(self) -> float:
        """How much less money could cross organisations at most, £m."""
        return max(self.crossing - self.crossing_bound, 0.0)

    @property
    def shortfall_gap(self) -> float:
        """How much better the shortfall could be at most, £m."""
        return max(self.shortfall - self.shortfall_bound, 0.0)

    @property
    def gap(self) -> float:
        """How much lower the least value of the objective could be at most, at this shortfall."""
        return max(self.least - self.bound, 0.0)

    @property
    def least(self) -> float:
        """The least value of the objective: that of the plan itself unless the scenario has a tolerance."""
        return self.best if self.tolerance else self.value

    @property
    def above(self) -> float:
        """By how much the plan is above what the tolerance allows; 0 without one, where `gap` says it."""
        return max(self.value - self.best - self.tolerance, 0.0) if self.tolerance else 0.0


@dataclass(frozen=True)
class Proof:
    """A certificate, and what the solution measures exactly and as published in whole pence."""

    certificate: Certificate
    exact: Measures
    published: Measures


def measure(spending: Spending, reference: Array, objective: Objective) -> Measures:
    """Every rule, component and gap of what is spent, its objective, and its index against `reference`.

    `reference` is G0, of shape (components, years).
    """
    inputs = spending.inputs
    rules = evaluate(spending)
    components = component_frame(spending)
    found = gaps(components)
    weights = inputs.frame("Target")["Weight"].to_numpy(dtype=float)
    against = index(found.to_numpy(dtype=float), reference, inputs.year_weights, weights / weights.sum())
    missed = missed_money(rules)
    keep = rules.loc[missed.index, "component"] != ""
    return Measures(
        rules=rules,
        components=components,
        gaps=found,
        index=against,
        value=VALUES[objective.name](inputs, components, against),
        shortfall=float(missed.sum()),
        keep_shortfall=float(missed[keep].sum()),
    )


def missed_money(rules: pd.DataFrame) -> pd.Series[float]:
    """The weighted shortfall of every should row, £m; what rounding to pence explains is none."""
    should = rules[rules["strength"] == "should"]
    missed = -should["slack"].astype(float)
    real = missed > PENNY * (should["flows"].astype(float) + 1)
    return (missed * should["weight"].astype(float)).where(real, 0.0)


def certify(
    structure: Structure,
    program: Program,
    stages: Mapping[str, SolvedStage],
    paid: Payers,
    exact: Shares,
    rounded: Pennies,
) -> Proof:
    """Prove a solution, or raise SolverFailed saying what does not hold."""
    spending = Spending.of(structure.inputs, exact.flows)
    before = measure(spending, structure.reference, structure.objective)
    after = measure(Spending.of(structure.inputs, rounded.flows), structure.reference, structure.objective)
    keys = place_key_residuals(spending)
    residual, row = _worst(structure, exact, before.rules, keys)
    crossing, crossing_bound = least_crossing(structure, paid)
    core = program.before(TURNOVER.name)  # what the stages up to the objective solved
    certificate = Certificate(
        worst_residual=residual,
        worst_row=row,
        worst_residual_rounded=_worst_rounded(after.rules),
        shortfall=before.shortfall,
        shortfall_bound=max(dual_bound(core, stages[SHORTFALL.name]), 0.0),
        index=before.index,
        objective=structure.objective,
        value=before.value,
        bound=dual_bound(core, stages[structure.objective.stage.name]),
        best=stages[structure.objective.stage.name].value,
        tolerance=structure.tolerance,
        index_rounded=after.index,
        crossing=crossing,
        crossing_bound=crossing_bound,
    )
    _insist(certificate, after.rules)
    return Proof(certificate, before, after)


def dual_bound(program: Program, stage: SolvedStage) -> float:
    """A proved lower bound of a stage's value, from its duals: safe whatever the solver's tolerances.

    For any row prices y, Σ y x limit + Σ (c - A'y) x bound bounds the minimum from below (Neumaier and Shcherbina,
    "Safe bounds in linear and mixed-integer linear programming", 2004). The rows include those that hold the
    shortfall.
    """
    lower = np.concatenate([program.lower, [cut.lower for cut in stage.cuts]])
    upper = np.concatenate([program.upper, [cut.upper for cut in stage.cuts]])
    rows = len(program.lower)
    price = stage.outcome.row_dual[: len(lower)].copy()
    price[((price > 0) & ~np.isfinite(lower)) | ((price < 0) & ~np.isfinite(upper))] = 0.0
    reduced = program.costs[stage.cost] - program.transposed(price[:rows])
    for own, cut in zip(price[rows:], stage.cuts, strict=True):
        np.subtract.at(reduced, cut.index, own * cut.value)
    far = _far(program)
    return float(_least(price, lower, upper, far).sum() + _least(reduced, program.low, program.high, far).sum())


def bounded(program: Program, stages: Sequence[SolvedStage]) -> bool:
    """Whether the duals of stages prove their values."""
    gaps = [(stage.value - dual_bound(program, stage), stage.value) for stage in stages]
    return all(gap <= GAP_TOLERANCE * max(1.0, abs(value)) for gap, value in gaps)


def _least(price: Array, lower: Array, upper: Array, far: float) -> Array:
    """The least of price x value within bounds; a missing bound is one that every sensible solution respects."""
    low = np.where(np.isfinite(lower), lower, -far)
    high = np.where(np.isfinite(upper), upper, far)
    return np.where(price > 0, price * low, price * high)


def _far(program: Program) -> float:
    """A bound that every column of every sensible solution respects: all the money there is, several times over."""
    finite = program.lower[np.isfinite(program.lower)]
    return float(10.0 * max(1.0, np.abs(finite).max(initial=1.0)))


def _worst(s: Structure, exact: Shares, rules: pd.DataFrame, keys: pd.DataFrame) -> tuple[float, str]:
    """The worst residual of any must rule, place key, source balance or carry limit, in £m, and where it is."""
    flows, carried = exact.flows, exact.carried
    found = [(0.0, "none")]
    must = rules[rules["strength"] == "must"]
    if len(must):
        at = int(np.argmin(must["slack"].to_numpy(dtype=float)))
        found.append((-float(must["slack"].iloc[at]), f"{must['rule'].iloc[at]} ({must['cell'].iloc[at]})"))
    if len(keys):
        at = int(np.argmax(keys["residual"].to_numpy(dtype=float)))
        found.append((float(keys["residual"].iloc[at]), f"place key of {keys['service'].iloc[at]}"))
    spent = np.zeros_like(s.source_funding)
    np.add.at(spent, (flows["s"].to_numpy(), flows["t"].to_numpy()), flows["amount"].to_numpy())
    carried_in = np.concatenate([np.zeros((len(carried), 1)), carried[:, :-1]], axis=1)
    balance = np.abs(spent + s.source_cost + carried - s.source_funding - carried_in)
    at = int(np.argmax(balance.max(axis=1)))
    found.append((float(balance.max()), f"balance of {s.inputs.sources[at]}"))
    limits = s.inputs.frame("Sources")["Carry forward"].to_numpy(dtype=float)[:, None] * s.source_funding
    limits[:, -1] = 0.0
    found.append((float((carried - limits).max()), "carry forward"))
    return max(found)


def _worst_rounded(rules: pd.DataFrame) -> float:
    must = rules[rules["strength"] == "must"]
    return max(0.0, -float(must["slack"].min())) if len(must) else 0.0


def _insist(certificate: Certificate, rounded: pd.DataFrame) -> None:
    """Raise SolverFailed unless everything is proved."""
    if certificate.worst_residual > RESIDUAL_TOLERANCE:
        pounds = certificate.worst_residual * 1e6
        raise SolverFailed(f"The answer misses {certificate.worst_row} by £{pounds:,.2f}: not published.")
    for what, value, gap in (
        ("shortfall", certificate.shortfall, certificate.shortfall_gap),
        (certificate.objective.noun, certificate.least, certificate.gap),
        (f"{certificate.objective.noun} within the tolerance", certificate.least, certificate.above),
    ):
        if gap > GAP_TOLERANCE * max(1.0, abs(value)):
            raise SolverFailed(f"The {what} is proved only to within {gap:.2e}: not published.")
    if certificate.crossing_gap > CROSSING_TOLERANCE:
        pounds = certificate.crossing_gap * 1e6
        raise SolverFailed(f"The least money across organisations is proved only to within £{pounds:,.2f}.")
    must = rounded[rounded["strength"] == "must"]
    allowed = RESIDUAL_TOLERANCE + PENNY * (must["flows"].astype(float) + 1)
    if len(must) and (-must["slack"].astype(float) > allowed).any():
        worst = must.iloc[int((-must["slack"].astype(float) - allowed).to_numpy().argmax())]
        raise SolverFailed(f"Rounded to pence, {worst['rule']} ({worst['cell']}) no longer holds: not published.")


def year_index(found: pd.DataFrame, reference: Array, weights: Array) -> Array:
    """A year's own index: 100 Σ ω G / G0, the year weights left out; shape (years,)."""
    return np.asarray(100.0 * weights @ relative_gaps(found.to_numpy(dtype=float), reference))
