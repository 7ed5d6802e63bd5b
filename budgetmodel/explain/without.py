"""Answers that were not given: a solved scenario once more, without one rule, without its walls, without its costs.

Every one is solved through all four stages, because only the whole way leads to one allocation, and is proved as the
published answer is. What can be shown to change nothing is not solved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from budgetmodel.answers.answer import Answer
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.contract.options import By as By
from budgetmodel.contract.schema import fold
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import component_spend
from budgetmodel.program.build.constraints import KEEP_LEAST, KEEP_MOST
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.objectives import blocks_of
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.program.payers.decide import who_pays
from budgetmodel.program.prove.certificate import GAP_TOLERANCE, RESIDUAL_TOLERANCE, dual_bound
from budgetmodel.program.prove.solution import exact_flows, in_pence
from budgetmodel.program.solve.live import DUAL_TOLERANCE
from budgetmodel.program.solve.stages import Solved, solve_stages

Pence = NDArray[np.int64]

FREE, RULE, KEEP, WALLS, COSTS = "fair share", "rule", "keep", "walls", "contract costs"
ALL_RULES = "all rules"
"""Kinds of causes; FREE is the answer that fair shares alone would give, ALL_RULES every rule and keep row at once."""

KEEPS = (KEEP_LEAST.name, KEEP_MOST.name)

NEAR = 1e-5
"""£m: a row with less slack than £10 may matter, and is solved without."""


@dataclass(frozen=True)
class Cause:
    """Something that can be taken away: `rows` are its rows of the program, for rules and keep rows."""

    kind: str
    name: str = ""
    cell: str = ""
    rows: Index | None = None

    @property
    def key(self) -> str:
        """A name that no other cause of the scenario has."""
        return f"{self.kind}: {self.name}" if self.name else self.kind


@dataclass(frozen=True)
class Money:
    """An allocation in whole pence: `total` by place and year, `linked` by component, place and year."""

    total: Pence
    linked: Pence


def causes(answer: Answer, by: By = "rule") -> list[Cause]:
    """Everything that could be taken away from a scenario: its rules and keep rows, then walls, then contract costs.

    A regime with one pot has no walls, and one without contract costs has none to take away.
    """
    found = _rule_causes(answer, by) + _keep_causes(answer.program, by)
    if any(len(set(pots)) > 1 for pots in answer.structure.pots.T):
        found.append(Cause(WALLS))
    if (answer.structure.source_cost > 0).any():
        found.append(Cause(COSTS))
    return found


def all_rules(found: list[Cause]) -> Cause | None:
    """Every rule and keep row as one cause; None when fewer than two of them ask anything."""
    rows = [cause.rows for cause in found if cause.rows is not None and len(cause.rows)]
    return Cause(ALL_RULES, rows=np.concatenate(rows)) if len(rows) > 1 else None


def rule_cause(answer: Answer, name: str) -> Cause | None:
    """One rule or keep row by its name; None when no row of the program bears it."""
    return next((cause for cause in causes(answer) if cause.rows is not None and cause.name == name), None)


def matters(answer: Answer, cause: Cause) -> bool:
    """Whether taking a cause away might change the answer; False is proved.

    A row that no stage prices and that has slack at the answer can go without any change: the prices of each stage
    stay feasible and so prove the same value of the program without it; the optimal faces, which those prices
    describe, only widen; and the answer, which the row does not touch, still is the one spread that is best near it
    and, the last stage being strictly convex, everywhere.
    """
    if cause.rows is None:
        return True
    if len(cause.rows) == 0:
        return False
    for stage in answer.solved.stages:
        prices = stage.outcome.row_dual
        if (np.abs(prices[cause.rows[cause.rows < len(prices)]]) > DUAL_TOLERANCE).any():
            return True
    program = answer.program
    activity = program.activity(answer.solved.x)[cause.rows]
    return bool((np.minimum(activity - program.lower[cause.rows], program.upper[cause.rows] - activity) < NEAR).any())


def money(structure: Structure, layout: Layout, x: Array) -> Money:
    """An allocation as it would be published: rounded to pence exactly as results are."""
    pennies = in_pence(structure, exact_flows(structure, who_pays(layout, x)))
    flows = pennies.flows
    lines = np.zeros((len(structure.lines), structure.years), dtype=np.int64)
    np.add.at(lines, (flows["line"].to_numpy(), flows["t"].to_numpy()), flows["pence"].to_numpy())
    total = np.zeros((len(structure.inputs.places), structure.years), dtype=np.int64)
    np.add.at(total, structure.lines["place"].to_numpy(), lines)
    linked = component_spend(structure.components, structure.lines, lines.astype(np.float64))
    return Money(total, np.rint(linked).astype(np.int64))


def without(answer: Answer, cause: Cause, options: Options = DEFAULT_OPTIONS) -> Money | None:
    """The allocation without a cause; None when there is no such allocation.

    Only more money to spend, or a free hand under a law that leaves it nowhere to go, can leave none: a rule or a
    wall less never does. Raises SolverFailed when an optimum is not proved.
    """
    structure, program, layout = _program(answer, cause)
    solved = solve_stages(program, layout, options)
    if solved.status == "infeasible":
        return None
    _insist(structure, program, layout, solved, cause)
    return money(structure, layout, solved.x)


def _rule_causes(answer: Answer, by: By) -> list[Cause]:
    rows, inputs = answer.program.rows, answer.structure.inputs
    rules = inputs.frame(schema.RULES)
    named = rows[(rows["rule"] != "") & (rows["strength"] != "definition")]
    found = []
    for measure, limit, name in zip(rules["Measure"], rules["Limit"], rules["Rule"], strict=True):
        own = named[named["rule"] == name]
        cell = str(own["cell"].iloc[0]) if len(own) else ""
        found.append((f"{measure}, {limit}", Cause(RULE, str(name), cell, own.index.to_numpy())))
    if by == "rule":
        return [cause for _, cause in found]
    groups: dict[str, list[Cause]] = {}
    for label, cause in found:
        groups.setdefault(label, []).append(cause)
    return [_together(label, members) for label, members in groups.items()]


def _keep_causes(program: Program, by: By) -> list[Cause]:
    found = []
    for constraint in KEEPS:
        own = program.rows[program.rows["constraint"] == constraint]
        members = [
            Cause(KEEP, f"{constraint.capitalize()}: {component}", str(part["cell"].iloc[0]), part.index.to_numpy())
            for component, part in own.groupby("component", sort=False)
        ]
        found += members if by == "rule" or not members else [_together(constraint.capitalize(), members)]
    return found


def _together(label: str, members: list[Cause]) -> Cause:
    if len(members) == 1:
        return members[0]
    cells = ", ".join(dict.fromkeys(cause.cell for cause in members if cause.cell))
    rows = np.concatenate([cause.rows for cause in members if cause.rows is not None])
    return Cause(members[0].kind, f"{label} ({len(members)} together)", cells, rows)


def _program(answer: Answer, cause: Cause) -> tuple[Structure, Program, Layout]:
    """The program without a cause. Without a rule, purses stay as they are: the rule is all that is different."""
    structure = answer.structure
    if cause.rows is not None:
        return structure, _without_rows(answer.program, cause.rows), answer.layout
    if cause.kind == FREE:
        structure = _one_pot(structure, rules=False)
    elif cause.kind == WALLS:
        structure = _with_costs_of(_one_pot(structure), structure)
    elif cause.kind == COSTS:
        nothing = np.zeros_like(structure.cost), np.zeros_like(structure.source_cost)
        structure = replace(structure, cost=nothing[0], source_cost=nothing[1])
    else:
        raise ValueError(f"nothing is known of a cause of kind {cause.kind!r}")
    program, layout = assemble(structure, rules=cause.kind != FREE)
    return structure, program, layout


def _one_pot(structure: Structure, *, rules: bool = True) -> Structure:
    """The same tables, one pot, no contract costs; without `rules` nothing treats two sources differently."""
    inputs = structure.inputs
    if not rules:
        none = inputs.frame(schema.RULES).iloc[:0]
        inputs = inputs.with_frames({schema.RULES: none})
    names = [fold(component.name) for component in structure.components]
    reference = {
        (name, year): float(structure.reference[k, t])
        for k, name in enumerate(names)
        for t, year in enumerate(inputs.years)
    }
    return build_structure(inputs, structure.regime, reference, one_pot=True)


def _with_costs_of(one: Structure, own: Structure) -> Structure:
    """A single pot that pays what the regime's contracts cost: its sources spend to the penny what they spent."""
    cost = np.zeros_like(one.funding)
    np.add.at(cost, one.purse_of, own.source_cost)
    return replace(one, pots=own.pots, source_cost=own.source_cost, cost=cost)


def _without_rows(program: Program, rows: Index) -> Program:
    """The program without some rows; columns stay where they are, so that the layout still fits."""
    kept = np.ones(len(program.lower), dtype=bool)
    kept[rows] = False
    lengths = np.diff(program.start)
    inside = np.repeat(kept, lengths)
    return replace(
        program,
        rows=program.rows[kept].reset_index(drop=True),
        lower=program.lower[kept],
        upper=program.upper[kept],
        start=np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int64),
        index=program.index[inside],
        value=program.value[inside],
    )


def _insist(structure: Structure, program: Program, layout: Layout, solved: Solved, cause: Cause) -> None:
    """Raise SolverFailed unless rows hold, and duals prove shortfall and objective, as of a published answer.

    The objective is computed from the flows, not from the program's own columns.
    """
    x, named = solved.x, (program.rows["strength"] != "definition").to_numpy() & (program.rows["strength"] != "")
    activity = program.activity(x)[named]
    missed = np.maximum(program.lower[named] - activity, activity - program.upper[named]).max(initial=0.0)
    if missed > RESIDUAL_TOLERANCE:
        raise SolverFailed(f"Without {cause.key}: a row is missed by £{missed * 1e6:,.2f}.")
    flows = structure.flows
    spent = np.zeros((len(structure.lines), structure.years))
    np.add.at(spent, (flows["line"].to_numpy(), flows["year"].to_numpy()), np.maximum(x[layout.flow], 0.0))
    objective = structure.objective
    values = {
        SHORTFALL.name: float(program.costs[SHORTFALL.cost] @ x),
        objective.stage.name: blocks_of(objective).value(structure, spent),
    }
    core = program.before(TURNOVER.name)  # what the stages up to the objective solved
    for name, value in values.items():
        gap = value - dual_bound(core, solved.stage(name))
        if gap > GAP_TOLERANCE * max(1.0, abs(value)):
            raise SolverFailed(f"Without {cause.key}: the {name} is proved only to within {gap:.2e}.")
