"""Ring-fences: money that the law reserves for some services, and must rules that reserve money for some.

Both are found in the data: a source whose lawful services are not all services, and a must rule of the kind `at least`
or `exactly` that selects only some services, providers or sources.
"""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inputs.reach import reach_by_year
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, Table, by_member, by_year, codes, joined, money_by_member

BINDING = 1e-5
"""£m: a row with less slack than £10 binds."""

TENS_OF_POUNDS = round(BINDING * PENCE_PER_MILLION)
"""The same in pence."""

KEEPING = ("at least", "exactly")
"""Limits that reserve money for the members that a rule selects."""


def ring_fences(facts: Facts) -> Rows:
    """Sources that the law reserves for some services: how many, how many are met and bind, and their headroom (£m).

    A ring-fence is met when none of its money is spent elsewhere. Its headroom is the money spent on the same services
    in the same places by sources that could be spent elsewhere: when there is none, the ring-fence binds.
    """
    services, places = (reach_by_year(facts.inputs, f"Lawful {what}") for what in ("services", "places"))
    fenced = np.flatnonzero(~services.all(axis=(1, 2)))
    if not len(fenced):
        return joined([])
    source, place, service = (facts.flows[name].cat.codes.to_numpy() for name in ("source", "place", "service"))
    t, pence = facts.flows["t"].to_numpy(), facts.flows["pence"].to_numpy()
    own, inside, free = np.zeros((3, len(fenced), len(facts.years)), dtype=np.int64)
    for n, s in enumerate(fenced):
        within = places[s][t, place] & services[s][t, service]
        mine = (source == s) & ~services[s].all(axis=1)[t]
        elsewhere = (services & ~services[s]).any(axis=2)
        for total, chosen in ((own, mine), (inside, mine & within), (free, within & elsewhere[source, t])):
            np.add.at(total[n], t[chosen], pence[chosen])
    has_money = own > 0
    names = [facts.inputs.sources[s] for s in fenced]
    counts = {
        "ring_fences": has_money,
        "ring_fences_met": has_money & (own == inside),
        "ring_fences_binding": has_money & (free <= TENS_OF_POUNDS),
    }
    pieces = []
    for metric, holds in counts.items():
        of_years = holds.sum(axis=0).astype(float)
        pieces.append(by_year(metric, facts.years, of_years, float(np.mean(of_years))))
    table = Table(tuple(names), facts.years, free)
    return joined([*pieces, money_by_member("ring_fence_headroom", table)])


def protections(facts: Facts) -> Rows:
    """Must rules that reserve money for some members: how many rows are met and bind, and the least headroom (£m)."""
    names = _keeping_rules(facts)
    rules, years = facts.measures.rules, list(facts.years)
    rows = rules[rules["rule"].isin(names) & (rules["component"] == "")]
    if not len(rows):
        return joined([])
    slack, t = rows["slack"].to_numpy(dtype=float), codes(rows["year"], years)
    counts = {
        "protections": np.ones(len(rows), dtype=bool),
        "protections_met": slack >= -BINDING,
        "protections_binding": slack <= BINDING,
    }
    pieces = []
    for metric, holds in counts.items():
        of_years = np.bincount(t, weights=holds, minlength=len(years))
        pieces.append(by_year(metric, years, of_years, float(np.mean(of_years))))
    with_rows = set(rows["rule"])
    protecting = [name for name in names if name in with_rows]
    least = np.full((len(protecting), len(years)), np.nan)
    np.fmin.at(least, (codes(rows["rule"], protecting), t), slack)
    table = Table(tuple(protecting), tuple(years), least)
    return joined([*pieces, by_member("protection_headroom", table, np.fmin.reduce(least, axis=1))])


def _keeping_rules(facts: Facts) -> list[str]:
    """The must rules that reserve money for less than all services, providers or sources, in the sheet's order."""
    sizes = {f"{d.capitalize()}s": len(facts.inputs.members(d)) for d in ("service", "provider", "source")}
    return [
        str(rule["Rule"])
        for _, rule in records(facts.inputs.frame(schema.RULES))
        if rule["Strength"] == "must"
        and rule["Limit"] in KEEPING
        and any(len(rule[heading].members) < size for heading, size in sizes.items())
    ]
