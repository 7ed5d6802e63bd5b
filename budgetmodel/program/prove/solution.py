"""From flows by source to published money: everything in whole pence that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.units import PENCE_PER_MILLION, from_pence, largest_remainder, to_pence
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.payers.decide import Payers

Pence = NDArray[np.int64]

FLOW_KEYS = ["year", "source", "pot", "place", "service", "provider"]


@dataclass(frozen=True)
class Shares:
    """The exact (unrounded) money of a solution: `flows` by source with `amount` in £m; `carried` (sources, years)."""

    flows: pd.DataFrame
    carried: Array


@dataclass(frozen=True)
class Pennies:
    """The published money of a solution, in whole pence.

    `flows` has the keys FLOW_KEYS, `pence` and the columns of the flow's contract. `funding`, `cost` and `carried`
    have shape (sources, years).
    """

    flows: pd.DataFrame
    funding: Pence
    cost: Pence
    carried: Pence


def exact_flows(structure: Structure, paid: Payers) -> Shares:
    """Who pays what as a frame, before it is rounded."""
    flows = pd.DataFrame({"t": paid.year, "s": paid.source, "line": paid.line, "amount": paid.amount})
    return Shares(_labelled(structure, flows), paid.carried)


def in_pence(structure: Structure, exact: Shares) -> Pennies:
    """Round to whole pence: costs and carry first, then each source's flows by largest remainder to what it spends."""
    funding = np.vectorize(to_pence, otypes=[np.int64])(structure.source_funding)
    cost = _cost_pence(structure)
    carried = np.round(exact.carried * PENCE_PER_MILLION).astype(np.int64)
    has = funding - cost
    for t in range(structure.years):  # rounding lets no source carry out more than it has
        carried[:, t] = np.minimum(carried[:, t], np.maximum(has[:, t], 0))
        has[:, t + 1 : t + 2] += carried[:, t : t + 1]
    carried_in = np.concatenate([np.zeros((len(carried), 1), dtype=np.int64), carried[:, :-1]], axis=1)
    spends = funding - cost + carried_in - carried
    flows = exact.flows.sort_values(FLOW_KEYS, ignore_index=True)
    pence = np.zeros(len(flows), dtype=np.int64)
    source, year, amount = flows["s"].to_numpy(), flows["t"].to_numpy(), flows["amount"].to_numpy()
    for at in flows.groupby(["s", "t"], sort=False).indices.values():
        pence[at] = largest_remainder(amount[at], int(spends[source[at[0]], year[at[0]]]))
    spent = np.zeros_like(spends)
    np.add.at(spent, (source, year), pence)
    if (spent != spends).any():
        s, t = np.argwhere(spent != spends)[0]
        apart = int(spends[s, t] - spent[s, t])
        raise SolverFailed(f"{apart} pence of {structure.inputs.sources[s]} found no line: not published.")
    flows = flows.assign(pence=pence, amount=from_pence(pence))
    return Pennies(flows[flows["pence"] > 0].reset_index(drop=True), funding, cost, carried)


def _labelled(s: Structure, flows: pd.DataFrame) -> pd.DataFrame:
    """Flows with names beside their numbers, and the columns of their contract row; names sort by the alphabet."""
    inputs = s.inputs
    t, source, line = (flows[name].to_numpy() for name in ("t", "s", "line"))
    place, service, provider = (s.lines[name].to_numpy()[line] for name in ("place", "service", "provider"))
    row = s.contract_row[service, provider]
    contracts = inputs.frame(schema.CONTRACTS)
    return flows.assign(
        year=named(inputs.years, t),
        source=named(inputs.sources, source),
        pot=named(s.pots.ravel(), source * s.years + t),
        place=named(inputs.places, place),
        service=named(inputs.services, service),
        provider=named(inputs.providers, provider),
        fee=contracts["Fee"].to_numpy(dtype=float)[row],
        form=named(contracts["Form"], row),
        days_to_pay=contracts["Days to pay"].to_numpy(dtype=float)[row],
    )


def named(labels: Any, numbers: NDArray[np.int64]) -> pd.Categorical[Any]:
    """Labels of items that are given by number, as categories in the order of the alphabet: no text is copied."""
    known = pd.Categorical(list(labels))
    return pd.Categorical.from_codes(known.codes[numbers], dtype=known.dtype)


def _cost_pence(s: Structure) -> Pence:
    """Contract costs in pence: each pot's total, split over its sources by largest remainder."""
    result = np.zeros(s.source_cost.shape, dtype=np.int64)
    by_label = np.argsort(np.array(s.inputs.sources, dtype=object), kind="stable")
    for t in range(s.years):
        for pot in dict.fromkeys(s.pots[:, t]):
            inside = by_label[s.pots[by_label, t] == pot]
            cost = s.source_cost[inside, t]
            if cost.sum() > 0:
                result[inside, t] = largest_remainder(cost, to_pence(float(cost.sum())))
    return result
