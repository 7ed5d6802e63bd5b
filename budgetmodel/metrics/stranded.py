"""Provider income compared with the do-minimum and the Baseline, and the stranded cost of lost income.

A provider's loss is the amount by which its income is below its do-minimum, its income at every line's share of the
Baseline. Its variable costs fall with that income; the rest, loss x (1 - variable cost share), is stranded cost. It is
compared with transition money: the spending in the year of sources of the kind `non-recurrent`, as far as such a source
may pay for one of the provider's lines. Sources pay in the order of their sheet, each in proportion to the cost still
unpaid. The plan spends this money on something else, so cover is a claim on it; cost that no such source can pay is
unfunded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.units import from_pence, largest_remainder
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, Table, joined, money_by_member, money_by_year, wide

Pence = NDArray[np.int64]

NON_RECURRENT = "non-recurrent"
"""The kind of source that pays for transitions: its money ends."""

COSTS = ("stranded", "covered", "unfunded")


def incomes(facts: Facts) -> pd.DataFrame:
    """The frame `incomes`: a row per year and provider, £m.

    Columns `year`, `provider`, `sector`, `income`, `do_minimum`, `baseline`, `change` (on the do-minimum),
    `change_on_baseline`, `variable_cost_share`, and COSTS, which are missing where no variable cost share is stated.
    """
    members, years = facts.inputs.providers, facts.years
    tables = _incomes(facts)
    described = facts.inputs.frame(schema.PROVIDERS)
    share = _variable_shares(facts)
    frame = pd.DataFrame(
        {
            "year": np.repeat(np.array(years, dtype=object), len(members)),
            "provider": np.tile(np.array(members, dtype=object), len(years)),
            "sector": np.tile(described["Sector"].to_numpy(dtype=object), len(years)),
            **{name: from_pence(table.T.ravel()) for name, table in tables.items()},
            "variable_cost_share": np.tile(share, len(years)),
        }
    )
    known = np.tile(~np.isnan(share), len(years))
    for name, table in stranded_pence(facts).items():
        frame[name] = np.where(known, from_pence(table.T.ravel()), np.nan)
    return frame


def stranded(facts: Facts) -> Rows:
    """Stranded cost, its parts covered by transition money and unfunded, £m: in all, by year and by provider."""
    known = ~np.isnan(_variable_shares(facts))
    if not known.any():
        return joined([])
    members = tuple(name for name, yes in zip(facts.inputs.providers, known, strict=True) if yes)
    pieces = []
    for name, table in stranded_pence(facts).items():
        by_provider = Table(members, facts.years, table[known])
        pieces += [
            money_by_year(f"cost_{name}", facts.years, table.sum(axis=0)),
            money_by_member(f"cost_{name}", by_provider),
        ]
    return joined(pieces)


def stranded_pence(facts: Facts) -> dict[str, Pence]:
    """COSTS in whole pence: shape (providers, years), 0 where no variable cost share is stated."""
    change = _incomes(facts)["change"]
    fixed = 1.0 - np.nan_to_num(_variable_shares(facts), nan=1.0)
    cost = np.floor(np.maximum(-change, 0) * fixed[:, None] + 0.5).astype(np.int64)
    covered = np.zeros_like(cost)
    for t in range(len(facts.years)):
        for amount, open_to in _transition(facts, t):
            due = np.where(open_to, cost[:, t] - covered[:, t], 0)
            paid = min(int(due.sum()), amount)
            covered[:, t] += largest_remainder(due.astype(float), paid)
    return dict(zip(COSTS, (cost, covered, cost - covered), strict=True))


def _incomes(facts: Facts) -> dict[str, Pence]:
    """Income, do-minimum, Baseline and the changes on them, in whole pence: shape (providers, years)."""
    members, years = facts.inputs.providers, facts.years
    income = wide(facts.flows, "provider", "pence", members, years).values
    minimum = wide(facts.lines, "provider", "minimum", members, years).values
    before = wide(facts.lines, "provider", "baseline", members, years).values
    return {
        "income": income,
        "do_minimum": minimum,
        "baseline": before,
        "change": income - minimum,
        "change_on_baseline": income - before,
    }


def _variable_shares(facts: Facts) -> Array:
    """Variable cost share by provider: shape (providers,), NaN where the workbook states none."""
    return facts.inputs.frame(schema.PROVIDERS)["Variable cost share"].to_numpy(dtype=float)


def _transition(facts: Facts, year: int) -> list[tuple[int, Mask]]:
    """The spending of each non-recurrent source in a year, in pence, and the providers that it may pay."""
    s, sources = facts.structure, facts.sources
    rows = sources[sources["year"] == facts.years[year]]
    place, service, provider = (s.lines[name].to_numpy() for name in ("place", "service", "provider"))
    found = []
    for number, (kind, amount) in enumerate(zip(rows["kind"], rows["spent"], strict=True)):
        if kind == NON_RECURRENT and amount > 0:
            may = s.reach.places[number, year][place] & s.reach.services[number, year][service]
            open_to = np.zeros(len(facts.inputs.providers), dtype=bool)
            open_to[provider[may]] = True
            found.append((int(amount), open_to))
    return found
