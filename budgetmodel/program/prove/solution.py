"""From columns to published money: purses shared out by source, everything in whole pence that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.units import PENCE_PER_MILLION, from_pence, largest_remainder, to_pence
from budgetmodel.program.build.constraints import Layout
from budgetmodel.program.build.structure import Structure

Pence = NDArray[np.int64]

FLOW_KEYS = ["year", "source", "pot", "place", "service", "provider"]

PASSES = 200
"""Rounds in which sources pay for what is at home before the rest is shared; few are needed."""

CROSSES = 1e-9
"""£m: less than a penny is not moved to get money home."""


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


def share_out(layout: Layout, x: Array) -> Shares:
    """Share each purse's flows among its sources: to home places and services first, the rest pro rata."""
    s = layout.structure
    amount = np.maximum(x[layout.flow], 0.0)
    carried_by_purse = np.where(layout.carry >= 0, x[np.maximum(layout.carry, 0)], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        portion = np.where(s.source_funding > 0, s.source_funding / s.funding[s.purse_of], 0.0)
    carried = np.maximum(carried_by_purse[s.purse_of] * portion, 0.0)
    carried_in = np.concatenate([np.zeros((len(carried), 1)), carried[:, :-1]], axis=1)
    inputs = s.source_funding - s.source_cost + carried_in - carried
    pieces: dict[str, list[NDArray[Any]]] = {"t": [], "s": [], "line": [], "amount": []}
    flow_year, flow_purse, flow_line = (s.flows[name].to_numpy() for name in ("year", "purse", "line"))
    for rows in s.flows.groupby(["year", "purse"], sort=True).indices.values():
        year, purse = int(flow_year[rows[0]]), int(flow_purse[rows[0]])
        sources = np.flatnonzero(s.purse_of == purse)
        line = flow_line[rows]
        paid = home_first(amount[rows], inputs[sources, year], _home(layout, sources, line))
        source, number = np.nonzero(paid > 0)
        found = (np.full(len(source), year), sources[source], line[number], paid[source, number])
        for name, values in zip(pieces, found, strict=True):
            pieces[name].append(values)
    flows = pd.DataFrame({name: np.concatenate(values) for name, values in pieces.items()})
    return Shares(_labelled(s, flows), carried)


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


def _home(layout: Layout, sources: NDArray[np.int64], line: NDArray[np.int64]) -> Mask:
    """Whether a line is at home for each source: shape (sources, lines)."""
    place, service, may = layout.member["place"][line], layout.member["service"][line], layout.structure.reach
    home: Mask = may.home_places[sources][:, place] & may.home_services[sources][:, service]
    return home


def home_first(flows: Array, budgets: Array, home: Mask) -> Array:
    """What each source of a purse pays of each flow: shape (sources, flows); rows sum to budgets, columns to flows.

    As much as can be is paid by those at home, in proportion to their money where several are; where a source that is
    at home in few places would be left over, those that are at home elsewhere too make room for it. The rest is shared
    pro rata. Flows that the same sources are at home in are one here: they are paid alike.
    """
    kinds, kind = np.unique(home, axis=1, return_inverse=True)
    kind = kind.ravel()
    due = np.bincount(kind, weights=flows, minlength=kinds.shape[1]).astype(np.float64)
    paid = _make_room(*_in_proportion(due, np.maximum(budgets, 0.0), kinds), kinds)
    left, open_due = np.maximum(budgets - paid.sum(axis=1), 0.0), np.maximum(due - paid.sum(axis=0), 0.0)
    if left.sum() > 0 and open_due.sum() > 0:
        paid += np.outer(left / left.sum(), open_due)
    share = np.divide(flows, due[kind], out=np.zeros_like(flows), where=due[kind] > 0)
    return np.asarray(paid[:, kind] * share)


def _in_proportion(due: Array, left: Array, home: Mask) -> tuple[Array, Array, Array]:
    """What sources pay at home in proportion to their money, what is then still due, and what money is left."""
    paid = np.zeros(home.shape)
    whole = max(1.0, float(due.sum()))
    for _ in range(PASSES):
        weight = home * left[:, None]
        total = weight.sum(axis=0)
        wanted = np.where(total > 0, weight / np.where(total > 0, total, 1.0), 0.0) * due
        asked = wanted.sum(axis=1)
        step = wanted * np.where(asked > left, left / np.where(asked > 0, asked, 1.0), 1.0)[:, None]
        paid += step
        due = np.maximum(due - step.sum(axis=0), 0.0)
        left = np.maximum(left - step.sum(axis=1), 0.0)
        if step.sum() <= 1e-12 * whole:
            break
    return paid, due, left


def _make_room(paid: Array, due: Array, left: Array, home: Mask) -> Array:
    """As `paid`, with as much paid at home as can be: sources give way along chains (a greatest flow)."""
    paid, due, left = paid.copy(), due.copy(), left.copy()
    for source in range(len(left)):
        while left[source] > CROSSES and (chain := _chain(paid, due, home, source)):
            moved = min([left[source], due[chain[-1][1]], *(paid[giver, at] for _, at, giver in chain if giver >= 0)])
            for payer, at, giver in chain:
                paid[payer, at] += moved
                if giver >= 0:
                    paid[giver, at] -= moved
            due[chain[-1][1]] -= moved
            left[source] -= moved
    return paid


def _chain(paid: Array, due: Array, home: Mask, source: int) -> list[tuple[int, int, int]]:
    """The shortest chain by which a source's money gets home: (payer, kind of flow, who gives way there) of each link.

    The last link has nobody who gives way (-1): there something is still due. Nothing where there is no chain.
    """
    came: dict[int, tuple[int, int]] = {}  # of a source that can give way: for whom, and where
    queue = [source]
    for payer in queue:
        for at in np.flatnonzero(home[payer]).tolist():
            if due[at] > CROSSES:
                chain = [(payer, at, -1)]
                while payer != source:
                    taker, place = came[payer]
                    chain.insert(0, (taker, place, payer))
                    payer = taker
                return chain
            for giver in np.flatnonzero(paid[:, at] > CROSSES).tolist():
                if giver != source and giver not in came:
                    came[giver] = payer, at
                    queue.append(giver)
    return []


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
