"""The representation view: the money and the growth of each sector, in all and by place."""

from __future__ import annotations

import pandas as pd

from budgetmodel import schema
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import BETWEEN, joined, money_by_member, ratio_by_member, wide


def sectors(facts: Facts) -> pd.DataFrame:
    """Money of each sector with its share of all money, and its part in what all money grew by."""
    members, years = sectors_of(facts), facts.years
    spent = wide(facts.flows, "sector", "pence", members, years)
    minimum = wide(facts.lines, "sector", "minimum", members, years)
    before = wide(facts.lines, "sector", "baseline", members, years)
    growth = spent - before
    return joined(
        [
            money_by_member("sector_spent", spent),
            ratio_by_member("sector_share", spent, _all(spent)),
            ratio_by_member("sector_baseline_share", before, _all(before)),
            money_by_member("sector_change", spent - minimum),
            ratio_by_member("sector_change_pct", spent - minimum, minimum),
            money_by_member("sector_growth", growth),
            ratio_by_member("sector_growth_pct", growth, before),
            ratio_by_member("sector_share_of_growth", growth, _all(growth)),
        ]
    )


def sectors_by_place(facts: Facts) -> pd.DataFrame:
    """Each sector's share of each place's money."""
    years, places = list(facts.years), list(facts.budget.places)
    pairs = pd.MultiIndex.from_product([sectors_of(facts), places])
    sums = facts.flows.groupby(["sector", "place", "year"], observed=True)["pence"].sum().unstack("year")
    own = sums.reindex(index=pairs, columns=years).fillna(0)
    totals = wide(facts.flows, "place", "pence", places, years).loc[pairs.get_level_values(1)]
    own.index = totals.index = pd.Index([f"{sector}{BETWEEN}{place}" for sector, place in pairs])
    return ratio_by_member("sector_share_by_place", own, totals)


def sectors_of(facts: Facts) -> list[str]:
    """The sectors that have a provider, in the order of the contract."""
    present = set(facts.budget.frame(schema.PROVIDERS)["Sector"])
    return [name for name in schema.SHEET[schema.PROVIDERS].column("Sector").choices if name in present]


def _all(table: pd.DataFrame) -> pd.DataFrame:
    """A table in which every member has the total of all."""
    return pd.DataFrame([table.sum(axis=0)] * len(table), index=table.index)
