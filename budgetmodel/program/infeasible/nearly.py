"""What is infeasible by pennies only, or to the solver only: the same program with a penny of room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.elastic import PENNY, STRUCTURE, core_of, is_feasible, to_the_penny

ROOM = 2.0
"""Pennies by which must limits of rules are loosened where a program has less than one of room: what is met to the
penny then has a penny of room, ten times what a solver calls nothing."""


def met_to_the_penny(structure: Structure, program: Program) -> bool:
    """Whether something meets every must row, the limits of rules to the penny."""
    return is_feasible(to_the_penny(core_of(structure, program)))


def without_room(structure: Structure, program: Program) -> bool:
    """Whether nothing is left once must limits of rules are a penny tighter."""
    return not is_feasible(to_the_penny(core_of(structure, program), -1.0))


def with_room(program: Program) -> Program:
    """The program with the must limits of rules loosened by ROOM."""
    rows = program.rows
    ruled = ((rows["strength"] == "must") & ~rows["constraint"].isin(STRUCTURE)).to_numpy()
    room = np.where(ruled, ROOM * PENNY, 0.0)
    return replace(program, lower=program.lower - room, upper=program.upper + room)
