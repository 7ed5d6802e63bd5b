"""Puts the blocks of a program together: with its rules, without them, or with the turnover of stage 3."""

from __future__ import annotations

from budgetmodel.program.build.constraints import (
    BALANCE,
    KEEP_LEAST,
    KEEP_MOST,
    LINE,
    PLACE_KEY,
    RATIO,
    TURN,
    balance,
    keep_bands,
    line_totals,
    place_keys,
    ratios,
    turnover,
)
from budgetmodel.program.build.layout import Layout, lay_out
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.objectives import blocks_of
from budgetmodel.program.build.rules import read_rules, rule_blocks, rule_totals
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.build.totals import SPEND

STANDING = (BALANCE, LINE, SPEND, PLACE_KEY, KEEP_LEAST, KEEP_MOST, RATIO, TURN)
"""The constraints of every workbook, in the order of the program; those of rules are `rules.RULE`, those of
objectives `objectives.BLOCKS`."""


def assemble(structure: Structure, *, rules: bool = True, turnover_stage: bool = True) -> tuple[Program, Layout]:
    """The whole program of a scenario, and where its columns are.

    Without `rules` only the structure stays: balances, lines, place keys and the target; its optimum is the one that
    no rule prevents. Without `turnover_stage` the program ends with the objective, as it does for a scenario with a
    tolerance, which has no turnover stage.
    """
    layout = lay_out(structure)
    assembly = layout.assembly
    assembly.add(balance(layout))
    assembly.add(line_totals(layout))
    rules_read = read_rules(structure) if rules else []
    rule_totals(layout, rules_read)
    assembly.add(place_keys(layout))
    if rules:
        for keep in keep_bands(layout):
            assembly.add(keep)
        for rule in rule_blocks(layout, rules_read):
            assembly.add(rule)
    assembly.add(ratios(layout))
    blocks_of(structure.objective).add(layout)
    if turnover_stage and not structure.tolerance:
        assembly.add(turnover(layout))
    return assembly.finish([stage.cost for stage in structure.objective.stages]), layout
