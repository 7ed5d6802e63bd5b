"""Money that passes through a lead provider to its group: received, fee, kept and passed on.

Money passes through a lead when its contract has the form `lead provider` or is counted by lead group, and the
provider is in a lead group (under the form `lead provider` a provider without one is a group of its own). Of what is
left after the fee, a provider with a `Passed on share` passes that share on to its group and keeps the rest. One
without a share passes on everything, as its flows are its own money as a member; the provider that has the group's
name is the lead itself and keeps everything. So each penny received is fee, kept or passed on, once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Mask
from budgetmodel.contract.schema import fold
from budgetmodel.contract.units import from_pence
from budgetmodel.metrics.facts import LEAD_GROUP, Facts
from budgetmodel.metrics.shape import Rows, joined, money_by_member, money_by_year, wide

LEAD_PROVIDER = "lead provider"
"""The form of a contract in which a lead takes the money of its group."""

KEYS = ["year", "pot", "lead_group", "provider"]
PARTS = ("in", "fee", "kept", "passed_on")


def leads(facts: Facts) -> pd.DataFrame:
    """The frame `leads`: KEYS and PARTS, £m; `in` is the sum of `fee`, `kept` and `passed_on`, to the penny."""
    pence = lead_pence(facts)
    frame = pence[KEYS].astype(object)
    return frame.assign(**{part: from_pence(pence[part].to_numpy()) for part in PARTS})


def lead_money(facts: Facts) -> Rows:
    """The money of lead groups in all, by year, and by group; no rows when none passes through a lead."""
    pence = lead_pence(facts)
    if pence.empty:
        return joined([])
    groups = list(dict.fromkeys(str(name) for name in pence["lead_group"]))
    pieces = []
    for part in PARTS:
        table = wide(pence, "lead_group", part, groups, facts.years)
        pieces += [money_by_year(f"lead_{part}", facts.years, table.of_years)]
        pieces += [money_by_member(f"lead_{part}", table)]
    return joined(pieces)


def lead_pence(facts: Facts) -> pd.DataFrame:
    """KEYS, and PARTS in whole pence (int64), in the order of years, pots, groups and providers."""
    flows = facts.flows[[*KEYS, "pence", "fee_pence"]][_through(facts)]
    sums = flows.groupby(KEYS, observed=True)[["pence", "fee_pence"]].sum().reset_index()
    left = (sums["pence"] - sums["fee_pence"]).to_numpy(dtype=np.int64)
    going = sums["provider"].astype(object).map(_shares(facts)).to_numpy(dtype=float)
    passed = np.floor(left * going + 0.5).astype(np.int64)
    frame = sums.rename(columns={"pence": "in", "fee_pence": "fee"})
    return frame.assign(kept=left - passed, passed_on=passed)


def _through(facts: Facts) -> Mask:
    """Whether each flow passes through a lead: shape (flows,)."""
    s, flows = facts.structure, facts.flows
    line = flows["line"].to_numpy(dtype=np.int64)
    row = s.contract_row[s.lines["service"].to_numpy()[line], s.lines["provider"].to_numpy()[line]]
    contracts, members = facts.inputs.frame(schema.CONTRACTS), facts.inputs.frame(schema.PROVIDERS)
    grouped = members["Lead group"].notna().to_numpy()[s.lines["provider"].to_numpy()[line]]
    led = np.asarray(contracts["Form"] == LEAD_PROVIDER)[row]
    by_group = np.asarray(contracts["Counted by"] == LEAD_GROUP)[row] & grouped
    through: Mask = led | by_group
    return through


def _shares(facts: Facts) -> dict[str, float]:
    """The share of its money through a lead, after the fee, that each provider passes on."""
    result = {}
    members = facts.inputs.frame(schema.PROVIDERS)
    for name, group, share in zip(members["Provider"], members["Lead group"], members["Passed on share"], strict=True):
        is_lead = group is None or fold(str(group)) == fold(str(name))
        result[str(name)] = float(share) if share is not None and group is not None else 0.0 if is_lead else 1.0
    return result
