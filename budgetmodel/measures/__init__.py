"""Everything that is measured of a solved scenario: facts once, then one function per family of measures.

A family is a function from Facts to a frame with the columns `metric`, `group` and `value`. A group is blank for all
years together, a year, a member (a place, provider, holder, component, ...) for all years, or `member, year`. What is
not reported has no row. Units, directions and counting rules stand in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from budgetmodel.measures.catalogue import with_units
from budgetmodel.measures.facts import Facts, facts_of
from budgetmodel.measures.fairness import index, index_of, under_target
from budgetmodel.measures.shape import joined
from budgetmodel.measures.spending import money, shortfall
from budgetmodel.measures.walls import walls
from budgetmodel.program.certificate import Proof
from budgetmodel.program.solution import Pennies
from budgetmodel.program.structure import Structure

Family = Callable[[Facts], pd.DataFrame]

FAMILIES: tuple[Family, ...] = (
    index,
    shortfall,
    money,
    walls,
    under_target,
)
"""Every family of measures, in the order of the `metrics` frame."""


def metrics(structure: Structure, pennies: Pennies, proof: Proof) -> pd.DataFrame:
    """Every figure by which scenarios are compared: columns `metric`, `group`, `value`, `unit`, `better`.

    Money is as published, £m; the index, its gaps and the shortfall are those of the proved solution before rounding.
    """
    facts = facts_of(structure, pennies, proof.exact)
    return with_units(joined([family(facts) for family in FAMILIES]))


def index_metrics(structure: Structure, gaps: pd.DataFrame) -> pd.DataFrame:
    """The index and gaps of an allocation that was not solved for; `gaps` by component and year."""
    return with_units(index_of(structure, gaps))
