"""Growth after the cost uplift and efficiency of the sheet Years, and the saving that each payee and place must find.

For money b of the year before (of the first year: the Baseline), money a of the year, cost uplift u and efficiency e:

- growth in cash a / b - 1; after uplift (real terms) (1 + growth) / (1 + u) - 1; after uplift less efficiency
  (1 + growth) / (1 + u - e) - 1. What the year before bought is paid for in full where the second is 0 or more, and
  where everybody saves the efficiency asked, where the third is.
- saving = what the activity of the year before costs at the prices of the year, less the money given:
  max(b (1 + u) - a, 0). Of it min(saving, b e) is what the efficiency factor asks of everybody; the rest is beyond it,
  max(b (1 + u - e) - a, 0).

This is how NHS prices move: the NHS Payment Scheme raises each year's prices by a cost uplift factor less an efficiency
factor (2025/26: 4.15% and 2.0%; Annex D, section 3), and a provider's efficiency requirement is the cost of last year's
activity at this year's prices less its income. Savings are those of each year, found once and kept; what a plan needs
in all is their sum. Activity is that of the year before: money that moves with patients looks like a saving where it
leaves. Where a year has no Cost uplift, nothing after uplift is worked out; where it has no Efficiency, nothing after
that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Numbers, Rows, Table, joined, money_by_year, ratio, rows_of, wide

Pence = NDArray[np.int64]

ALL = "All"
"""The member that stands for all money."""

BOTH, UPLIFT_ONLY, CASH_ONLY = "uplift and efficiency", "uplift only", "cash only"
"""What growth can be worked out after: what the sheet Years gives."""

PENNY = 0.5
"""Pence: less is rounding."""


@dataclass(frozen=True)
class Prices:
    """Cost uplift and efficiency as shares, by year: shape (years,); NaN where the workbook gives none."""

    uplift: Array
    efficiency: Array

    @classmethod
    def of(cls, inputs: Inputs) -> Prices:
        """Those of the sheet Years."""
        years = inputs.frame(schema.YEARS)
        return cls(*(years[name].to_numpy(dtype=float) for name in ("Cost uplift", "Efficiency")))

    @property
    def net(self) -> Array:
        """Uplift less efficiency."""
        return self.uplift - self.efficiency

    def basis(self, year: int | None = None) -> str:
        """What growth of a year, or of all years together, can be worked out after."""
        chosen = slice(None) if year is None else slice(year, year + 1)
        if np.isnan(self.uplift[chosen]).any():
            return CASH_ONLY
        return UPLIFT_ONLY if np.isnan(self.efficiency[chosen]).any() else BOTH


@dataclass(frozen=True)
class Moves:
    """Money by member and year in whole pence, and that of the year before: both of shape (members, years)."""

    before: Pence
    amount: Pence

    @classmethod
    def of(cls, baseline: Pence, amount: Pence) -> Moves:
        """From the Baseline, of shape (members,), and the money of each year."""
        return cls(np.concatenate([baseline[:, None], amount[:, :-1]], axis=1), amount)

    def cost(self, uplift: Array) -> Array:
        """The activity of the year before at the year's prices, in pence; NaN without an uplift."""
        return np.asarray(np.floor(self.before * (1.0 + uplift) + 0.5))

    def saving(self, prices: Prices) -> Array:
        """Cost less money given, where that is more than nothing: pence, NaN without an uplift."""
        return np.maximum(self.cost(prices.uplift) - self.amount, 0.0)

    def by_efficiency(self, prices: Prices) -> Array:
        """The part of the saving that the efficiency factor asks of everybody: pence, NaN without either."""
        asked = np.floor(np.maximum(self.before * prices.efficiency, 0.0) + 0.5)
        return np.minimum(self.saving(prices), asked)


def real_terms(facts: Facts) -> pd.DataFrame:
    """The frame `real_terms`: growth and saving of all money, places, groups, services, providers and sectors."""
    prices = Prices.of(facts.inputs)
    pieces = [_by(facts, prices, by, members, moves) for by, members, moves in _members(facts)]
    return pd.concat(pieces, ignore_index=True)


def shrinking(facts: Facts) -> pd.DataFrame:
    """The frame `shrinking`: places and services whose last year buys less than their Baseline; none without uplift."""
    inputs, prices = facts.inputs, Prices.of(facts.inputs)
    moves, uplift = _cells(facts), float(np.prod(1.0 + prices.uplift) - 1.0)
    before, last = moves.before[:, 0], moves.amount[:, -1]
    cost = np.floor(before * (1.0 + uplift) + 0.5)
    cell = np.flatnonzero(cost - last > PENNY)  # a NaN is not greater
    cell = cell[np.argsort(-(cost - last)[cell], kind="stable")]
    growth = ratio(last - before, before)[cell]
    names = [(place, service) for place in inputs.places for service in inputs.services]
    return pd.DataFrame(
        {
            "place": [names[n][0] for n in cell],
            "service": [names[n][1] for n in cell],
            "baseline": before[cell] / PENCE_PER_MILLION,
            "amount": last[cell] / PENCE_PER_MILLION,
            "growth": growth,
            "real_growth": (1.0 + growth) / (1.0 + uplift) - 1.0,
            "short": (cost - last)[cell] / PENCE_PER_MILLION,
            "years": _below(moves, prices)[cell].sum(axis=1).astype(np.int64),
        }
    )


def savings(facts: Facts) -> Rows:
    """Savings of providers and places in £m, and the cells that shrink in real terms: how many, and their Baseline.

    No rows where a year has no Cost uplift.
    """
    prices, years = Prices.of(facts.inputs), facts.years
    if prices.basis() == CASH_ONLY:
        return joined([])
    pieces = []
    for by, members, moves in _members(facts):
        if by in ("provider", "place"):
            table = Table(members, years, moves.saving(prices).astype(np.int64))
            pieces += [money_by_year(f"{by}_saving", years, table.of_years), _of_members(f"{by}_saving", table)]
    cells, below = _cells(facts), _below(_cells(facts), prices)
    over_plan = cells.before[:, 0] * np.prod(1.0 + prices.uplift) - cells.amount[:, -1] > PENNY
    money = np.array([int(cells.before[below[:, t], t].sum()) for t in range(len(years))], dtype=np.int64)
    groups = ["", *years]
    return joined(
        [
            *pieces,
            rows_of("cells_shrinking", groups, [float(over_plan.sum()), *below.sum(axis=0).astype(float)]),
            money_by_year("cells_shrinking_money", years, money, int(cells.before[over_plan, 0].sum())),
        ]
    )


def _of_members(metric: str, table: Table) -> Rows:
    """The sum over all years of each member, and each member's year, £m."""
    groups = [*table.members, *(f"{member}, {year}" for member in table.members for year in table.years)]
    pence = np.concatenate([table.of_members, table.values.ravel()])
    return rows_of(metric, groups, pence / PENCE_PER_MILLION)


def _below(moves: Moves, prices: Prices) -> NDArray[np.bool_]:
    """Where money that was there the year before grows by less than the cost uplift; false without one."""
    return np.asarray((moves.before > 0) & (moves.before * (1.0 + prices.uplift) - moves.amount > PENNY))


def _cells(facts: Facts) -> Moves:
    """Money by place and service, in the order of the sheets: shape (places x services, years)."""
    inputs, services = facts.inputs, len(facts.inputs.services)
    both = [
        frame["place"].cat.codes.astype(np.int64).to_numpy() * services + frame["service"].cat.codes.to_numpy()
        for frame in (facts.flows, facts.lines)
    ]
    size, years = len(inputs.places) * services, len(facts.years)
    amount, baseline = np.zeros((size, years), dtype=np.int64), np.zeros(size, dtype=np.int64)
    np.add.at(amount, (both[0], facts.flows["t"].to_numpy()), facts.flows["pence"].to_numpy())
    first = (facts.lines["year"].cat.codes == 0).to_numpy()
    np.add.at(baseline, both[1][first], facts.lines["baseline"].to_numpy()[first])
    return Moves.of(baseline, amount)


def _members(facts: Facts) -> Iterator[tuple[str, tuple[str, ...], Moves]]:
    """The money of every kind of member, with its name and its members."""
    inputs = facts.inputs
    places = _moves(facts, "place", inputs.places)
    yield "all", (ALL,), Moves(*(part.sum(axis=0, keepdims=True) for part in (places.before, places.amount)))
    yield "place", inputs.places, places
    of_place = inputs.frame(schema.PLACES)["Group"].tolist()
    groups = tuple(dict.fromkeys(group for group in of_place if group))
    inside = np.array([[group == name for group in of_place] for name in groups], dtype=np.int64)
    if groups:
        yield "group", groups, Moves(inside @ places.before, inside @ places.amount)
    yield "service", inputs.services, _moves(facts, "service", inputs.services)
    yield "provider", inputs.providers, _moves(facts, "provider", inputs.providers)
    sectors = tuple(dict.fromkeys(inputs.frame(schema.PROVIDERS)["Sector"]))
    yield "sector", sectors, _moves(facts, "sector", sectors)


def _moves(facts: Facts, label: str, members: tuple[str, ...]) -> Moves:
    amount = wide(facts.flows, label, "pence", members, facts.years).values
    before = wide(facts.lines, label, "baseline", members, facts.years).values[:, 0]
    return Moves.of(before, amount)


def _by(facts: Facts, prices: Prices, by: str, members: tuple[str, ...], moves: Moves) -> pd.DataFrame:
    """The rows of one kind of member: those of the plan first, then year by year."""
    years, size = facts.years, len(members)
    whole = Moves(moves.before[:, :1], moves.amount[:, -1:])
    over = Prices(np.array([np.prod(1.0 + prices.uplift) - 1.0]), np.array([np.nan]))
    net = np.array([np.prod(1.0 + prices.net) - 1.0])
    saving, efficient = moves.saving(prices), moves.by_efficiency(prices)
    sums = saving.sum(axis=1, keepdims=True), efficient.sum(axis=1, keepdims=True)
    figures = [
        np.concatenate([one, each], axis=1)
        for one, each in zip(
            _figures(whole, over.uplift, net, *sums),
            _figures(moves, prices.uplift, prices.net, saving, efficient),
            strict=True,
        )
    ]
    basis = [prices.basis(), *(prices.basis(t) for t in range(len(years)))]
    table = {name: values.ravel() for name, values in zip(_FIGURES, figures, strict=True)}
    return pd.DataFrame(
        {
            "by": by,
            "member": np.repeat(np.array(members, dtype=object), len(years) + 1),
            "year": np.tile(np.array(["", *years], dtype=object), size),
            **table,
            "basis": np.tile(np.array(basis, dtype=object), size),
        }
    )


_FIGURES = (
    *("before", "amount", "growth", "uplift", "net_uplift", "real_growth", "net_growth"),
    *("cost", "saving", "by_efficiency", "beyond_efficiency"),
)


def _figures(moves: Moves, uplift: Array, net: Array, saving: Array, efficient: Array) -> tuple[Numbers, ...]:
    """The figures of _FIGURES, each of the shape of the money; savings are in pence."""
    growth = ratio(moves.amount - moves.before, moves.before)
    wide_as = np.ones_like(growth)
    return (
        moves.before / PENCE_PER_MILLION,
        moves.amount / PENCE_PER_MILLION,
        growth,
        wide_as * uplift,
        wide_as * net,
        (1.0 + growth) / (1.0 + uplift) - 1.0,
        (1.0 + growth) / (1.0 + net) - 1.0,
        moves.cost(uplift) / PENCE_PER_MILLION,
        saving / PENCE_PER_MILLION,
        efficient / PENCE_PER_MILLION,
        (saving - efficient) / PENCE_PER_MILLION,
    )
