"""The metrics of a solved scenario: facts once, then one function per family of measures.

A family is a function from Facts to Rows: `metric`, `group` and `value` of each. A group is blank for all
years together, a year, a member (a place, provider, holder, component, ...) for all years, or `member, year`. A figure
that is not reported has no row. The catalogue has units, directions and counting rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.metrics.catalogue import with_units
from budgetmodel.metrics.decisions import decisions, delegation, two_tiers
from budgetmodel.metrics.delay import delay
from budgetmodel.metrics.facts import Facts, facts_of
from budgetmodel.metrics.fairness import index, index_of, under_target, under_target_of
from budgetmodel.metrics.indicators import indicator_groups, indicators, success_measures
from budgetmodel.metrics.kinds import kinds
from budgetmodel.metrics.leads import lead_money, leads
from budgetmodel.metrics.one_off import one_off_cost
from budgetmodel.metrics.organisations import holders, hosts, providers
from budgetmodel.metrics.places import places
from budgetmodel.metrics.pools import pool_money, pools
from budgetmodel.metrics.pull import pull
from budgetmodel.metrics.real_terms import real_terms, savings, shrinking
from budgetmodel.metrics.ringfences import protections, ring_fences
from budgetmodel.metrics.sectors import sectors, sectors_by_place
from budgetmodel.metrics.shape import Rows, joined
from budgetmodel.metrics.spending import money, shortfall
from budgetmodel.metrics.stranded import incomes, stranded
from budgetmodel.metrics.tails import tails
from budgetmodel.metrics.walls import crossing_organisations, walls
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.prove.certificate import Proof
from budgetmodel.program.prove.solution import Pennies

Family = Callable[[Facts], Rows]

FAMILIES: tuple[Family, ...] = (
    index,
    shortfall,
    money,
    walls,
    under_target,
    places,
    holders,
    hosts,
    providers,
    sectors,
    sectors_by_place,
    crossing_organisations,
    decisions,
    delegation,
    two_tiers,
    delay,
    ring_fences,
    protections,
    kinds,
    lead_money,
    stranded,
    pool_money,
    one_off_cost,
    savings,
)
"""Every family of measures, in the order of the `metrics` frame."""

FRAMES: Mapping[str, Callable[[Facts], pd.DataFrame]] = MappingProxyType(
    {
        "leads": leads,
        "incomes": incomes,
        "pools": pools,
        "tails": tails,
        "real_terms": real_terms,
        "shrinking": shrinking,
        "pull": pull,
        "success_measures": success_measures,
        "indicators": indicators,
        "indicator_groups": indicator_groups,
    }
)
"""Measures with more columns than a metric has: frames of their own, by name."""


def metrics(structure: Structure, pennies: Pennies, proof: Proof) -> pd.DataFrame:
    """Every figure by which scenarios are compared: columns `metric`, `group`, `value`, `unit`, `better`.

    Money is as published, £m; the index, its gaps and the shortfall are those of the proved solution before rounding.
    """
    return metrics_of(facts_of(structure, pennies, proof.exact))


def metrics_of(facts: Facts) -> pd.DataFrame:
    """As `metrics`, from facts already built."""
    return with_units(joined([family(facts) for family in FAMILIES]).frame())


def fairness_metrics(structure: Structure, components: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """The measures of fairness of an allocation that was not solved for.

    `components` has the columns `component`, `year`, `place`, `amount` and `target` (£m); `gaps` has a row per
    component and a column per year.
    """
    return with_units(joined([index_of(structure, gaps), under_target_of(structure, components)]).frame())
