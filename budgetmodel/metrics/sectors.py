"""The representation view: the money and the growth of each sector, in all and by place."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import BETWEEN, Rows, Table, codes, joined, money_by_member, ratio_by_member, wide


def sectors(facts: Facts) -> Rows:
    """Money of each sector (£m), its share of all money, its growth, and its share of the growth of all money."""
    members, years = sectors_of(facts), facts.years
    spent = wide(facts.flows, "sector", "pence", members, years)
    minimum = wide(facts.lines, "sector", "minimum", members, years)
    before = wide(facts.lines, "sector", "baseline", members, years)
    growth = spent - before
    return joined(
        [
            money_by_member("sector_spent", spent),
            ratio_by_member("sector_share", spent, spent.whole),
            ratio_by_member("sector_baseline_share", before, before.whole),
            money_by_member("sector_change", spent - minimum),
            ratio_by_member("sector_change_pct", spent - minimum, minimum),
            money_by_member("sector_growth", growth),
            ratio_by_member("sector_growth_pct", growth, before),
            ratio_by_member("sector_share_of_growth", growth, growth.whole),
        ]
    )


def sectors_by_place(facts: Facts) -> Rows:
    """Each sector's share of each place's money."""
    years, places = facts.years, facts.inputs.places
    whole = wide(facts.flows, "place", "pence", places, years)
    members = sectors_of(facts)
    own = np.zeros((len(members), len(places), len(years)), dtype=np.int64)
    of_sector, of_place = codes(facts.flows["sector"], members), codes(facts.flows["place"], places)
    np.add.at(own, (of_sector, of_place, facts.flows["t"].to_numpy()), facts.flows["pence"].to_numpy())
    pairs = tuple(f"{sector}{BETWEEN}{place}" for sector in members for place in places)
    part = Table(pairs, years, own.reshape(-1, len(years)))
    return ratio_by_member("sector_share_by_place", part, part.with_values(np.tile(whole.values, (len(members), 1))))


def sectors_of(facts: Facts) -> list[str]:
    """The sectors that have a provider, in the order of the contract."""
    present = set(facts.inputs.frame(schema.PROVIDERS)["Sector"])
    return [name for name in schema.SHEET[schema.PROVIDERS].column("Sector").choices if name in present]
