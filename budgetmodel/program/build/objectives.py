"""What each objective adds to a program: its columns, rows and costs, its cuts, and its value of an allocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.objectives import CONVERGENCE, GINI, L1, Objective
from budgetmodel.program.build import by_rule, distance, gap_index
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Constraint, Cut, Program
from budgetmodel.program.build.structure import Structure


def no_cuts(program: Program, layout: Layout, x: Array) -> list[Cut]:
    """For an objective whose rows are all in the program from the beginning."""
    return []


def none_to_remake(cut: Cut, program: Program, was: Structure, now: Structure) -> Cut:
    """For an objective that adds no cuts; raises ValueError, since there is none to make anew."""
    raise ValueError("a cut of an objective that has none")


@dataclass(frozen=True)
class Blocks:
    """An objective as the program knows it.

    `rows` are the constraints that it adds, all of them definitions. `add` puts columns, rows and the cost of its stage
    into a program in the making. `value` is the objective's value of an allocation of shape (lines, years), £m.
    `missing` are the cuts that columns x violate; `remade` makes a cut found for one structure into that of another.
    """

    rows: tuple[Constraint, ...]
    add: Callable[[Layout], None]
    value: Callable[[Structure, Array], float]
    missing: Callable[[Program, Layout, Array], list[Cut]] = no_cuts
    remade: Callable[[Cut, Program, Structure, Structure], Cut] = none_to_remake


BLOCKS: Mapping[str, Blocks] = MappingProxyType(
    {
        GINI.name: Blocks(
            (gap_index.GAP,),
            gap_index.gap_blocks,
            gap_index.index_value,
            gap_index.missing_cuts,
            gap_index.remade_cut,
        ),
        L1.name: Blocks((distance.DISTANCE,), distance.distance_block, distance.distance_value),
        CONVERGENCE.name: Blocks((by_rule.BY_RULE,), by_rule.rule_block, by_rule.rule_value),
    }
)
"""The blocks of every built objective, by its name."""

OBJECTIVE_ROWS = tuple(constraint.name for blocks in BLOCKS.values() for constraint in blocks.rows)
"""The names of the constraints that objectives add: rows that define a measure and can be part of no conflict."""


def blocks_of(objective: Objective) -> Blocks:
    """The blocks of an objective."""
    return BLOCKS[objective.name]


def missing_cuts(program: Program, layout: Layout, x: Array) -> list[Cut]:
    """The rows that columns x violate and that the objective adds only when they are needed."""
    return blocks_of(layout.structure.objective).missing(program, layout, x)
