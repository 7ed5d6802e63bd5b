"""From the flows of a scenario to a picture's nodes and links, in whole pence, so that every node balances.

Money comes from holders, is in pots, is decided on at a level, is paid to sectors of providers and ends in places.
Contract costs and money carried past the last year leave the pots; fees leave between levels and sectors. All years
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.units import PENCE_PER_MILLION, largest_remainder, to_pence
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import pot_table, value_by_year
from budgetmodel.report.tables import texts
from budgetmodel.results import Result

HOLDER, POT, LEVEL, SECTOR, PLACE = range(5)
"""The columns of the picture."""

COLUMNS = ("Who holds the money", "Which pot it stands in", "Where it is decided", "Who is paid", "For which place")

SMALL = 0.005
"""Nodes with less of a scenario's money than this share are added together as one node of their column."""

MOST = 24
"""Most nodes of a column; beyond these the smallest are added together too."""

CONTRACTS, FEES, CARRIED = "Contract costs", "Fees", "Carried past the last year"
OTHER = "other"
UNSTATED = "no stated"
"""The level of money for which neither regime nor service states one."""

Pence = NDArray[np.int64]


@dataclass(frozen=True, order=True)
class Node:
    """A node: its column, whether its money reaches no provider, its name, and the number of nodes it adds up."""

    column: int
    leaves: bool
    name: str
    added: int = 0

    @property
    def label(self) -> str:
        """The name, with the number of nodes added together."""
        return f"{self.name} ({self.added} together)" if self.added else self.name


@dataclass(frozen=True)
class Link:
    """Money from one node to another, in pence, and the level at which it is decided, blank where none is known."""

    start: Node
    end: Node
    pence: int
    level: str = ""


@dataclass(frozen=True)
class MoneyFlow:
    """A scenario's money from holders to places. `folded` has the names that each added-up node replaces."""

    scenario: str
    links: tuple[Link, ...]
    folded: Mapping[Node, tuple[str, ...]]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node once, in the order of the links."""
        return tuple(dict.fromkeys(node for link in self.links for node in (link.start, link.end)))

    @cached_property
    def total(self) -> int:
        """All the money, in pence."""
        return sum(link.pence for link in self.links if link.start.column == HOLDER)

    @cached_property
    def _moved(self) -> Mapping[tuple[Node, bool], int]:
        """Pence out of each node (True) and into it (False)."""
        sums: dict[tuple[Node, bool], int] = {}
        for link in self.links:
            for end in ((link.start, True), (link.end, False)):
                sums[end] = sums.get(end, 0) + link.pence
        return sums

    def into(self, node: Node) -> int:
        """Pence into a node."""
        return self._moved.get((node, False), 0)

    def out_of(self, node: Node) -> int:
        """Pence out of a node."""
        return self._moved.get((node, True), 0)

    def through(self, node: Node) -> int:
        """Pence of a node: the larger of what comes in and what goes out."""
        return max(self.into(node), self.out_of(node))


def pence_of(amounts: pd.Series[float]) -> Pence:
    """A column of £m as whole pence."""
    return np.round(amounts.to_numpy(dtype=float) * PENCE_PER_MILLION).astype(np.int64)


def money_flows(results: Mapping[str, Result], frames: Mapping[str, pd.DataFrame]) -> list[MoneyFlow]:
    """The money of every scenario; the same holders, sectors and places are added together in all, for comparison."""
    found = {name: _links(result, frames) for name, result in results.items()}
    shared = _small([pair for links in found.values() for pair in _sizes(links).items()])
    flows = []
    for name, links in found.items():
        own = _small(list(_sizes(links).items()))
        small = {n for n in own if n.column in (POT, LEVEL)} | {n for n in shared if n.column not in (POT, LEVEL)}
        flows.append(_folded(name, links, small))
    return flows


def decided_at(inputs: Inputs, regime: str, flows: pd.DataFrame) -> list[str]:
    """The level at which each flow is decided: that of its pot's row of the regime, or of its service."""
    regimes = inputs.frame(schema.REGIMES)
    rows = pot_table(regimes, regime)[["position", "source", "year"]]
    stated = rows.assign(level=regimes["Decided at"].reindex(rows["position"]).to_numpy())
    distinct = flows[["year", "source", "service"]].drop_duplicates()
    joined = distinct.merge(stated[["source", "year", "level"]], on=["source", "year"], how="left", validate="m:1")
    own = pd.Series(value_by_year(inputs, "service", "Level", joined), index=joined.index, dtype=object)
    level = joined["level"].where(joined["level"] != schema.SERVICE_LEVEL, own).fillna(UNSTATED)
    found = dict(zip(_keys(joined), texts(level.astype(str)), strict=True))
    return [found[key] for key in _keys(flows)]


def _keys(flows: pd.DataFrame) -> Iterable[tuple[str, str, str]]:
    return zip(*(texts(flows[name]) for name in ("year", "source", "service")), strict=True)


def _links(result: Result, frames: Mapping[str, pd.DataFrame]) -> list[Link]:
    """Every link of a scenario, before small nodes are added together."""
    inputs = result.inputs
    flows, accounts = (frame[frame["scenario"] == result.scenario] for frame in (frames["flows"], frames["sources"]))
    sector_of = _lookup(inputs, schema.PROVIDERS, "Provider", "Sector")
    moved = pd.DataFrame(
        {
            "holder": value_by_year(inputs, "source", "Holder", flows),
            "pot": flows["pot"].to_numpy(),
            "level": decided_at(inputs, result.regime, flows),
            "sector": _named(flows["provider"], sector_of),
            "place": flows["place"].to_numpy(),
            "pence": pence_of(flows["amount"]),
            "fee": (flows["fee"] * flows["amount"]).to_numpy(dtype=float),
        }
    )
    last = accounts["year"] == inputs.years[-1]
    leaving = pd.DataFrame(
        {
            "holder": value_by_year(inputs, "source", "Holder", accounts),
            "pot": accounts["pot"].to_numpy(),
            CONTRACTS: pence_of(accounts["contract_cost"]),
            CARRIED: np.where(last, pence_of(accounts["carried_out"]), 0),
        }
    )
    links = [*_first_links(moved, leaving)]
    for (pot, level), pence in _sums(moved, ["pot", "level"], "pence"):
        links.append(Link(Node(POT, False, pot), Node(LEVEL, False, level), pence, level))
    for what in (CONTRACTS, CARRIED):
        for (pot,), pence in _sums(leaving, ["pot"], what):
            links.append(Link(Node(POT, False, pot), Node(LEVEL, True, what), pence))
    links += _last_links(moved)
    return [link for link in links if link.pence]


def _named(names: pd.Series[str], lookup: Mapping[str, str]) -> list[str]:
    """The value of each name in `lookup`, or the name itself where it has none, so that no money is dropped."""
    return [lookup.get(name, name) for name in texts(names)]


def _sums(frame: pd.DataFrame, keys: list[str], what: str) -> list[tuple[tuple[str, ...], int]]:
    """The sum of a column of pence by labels, in the order of their first rows."""
    sums = frame.groupby(keys, sort=False)[what].sum().reset_index()
    labels = zip(*(sums[key] for key in keys), strict=True)
    return [(tuple(map(str, label)), int(pence)) for label, pence in zip(labels, sums[what], strict=True)]


def _lookup(inputs: Inputs, sheet: str, key: str, value: str) -> dict[str, str]:
    frame = inputs.frame(sheet)
    return dict(zip(frame[key], frame[value], strict=True))


def _first_links(moved: pd.DataFrame, leaving: pd.DataFrame) -> list[Link]:
    """From holders to pots: money spent, and money that leaves the pot otherwise. Holders in the workbook's order."""
    both = pd.concat(
        [moved[["holder", "pot", "pence"]], leaving.assign(pence=leaving[CONTRACTS] + leaving[CARRIED])],
        ignore_index=True,
    )
    rank = {holder: n for n, holder in enumerate(dict.fromkeys(leaving["holder"]))}
    ordered = sorted(_sums(both, ["holder", "pot"], "pence"), key=lambda item: rank[item[0][0]])
    return [Link(Node(HOLDER, False, holder), Node(POT, False, pot), pence) for (holder, pot), pence in ordered]


def _last_links(moved: pd.DataFrame) -> list[Link]:
    """From levels by sectors to places the money delivered, and to `Fees` the fees, which add up to their total."""
    sums = moved.groupby(["level", "sector", "place"], sort=True)[["pence", "fee"]].sum().reset_index()
    fees = largest_remainder(sums["fee"].to_numpy(dtype=float), to_pence(float(sums["fee"].sum())))
    sums = sums.assign(fee=fees, net=sums["pence"] - fees)
    links = []
    for (level, sector), pence in _sums(sums, ["level", "sector"], "net"):
        links.append(Link(Node(LEVEL, False, level), Node(SECTOR, False, sector), pence, level))
    for (level,), fee in _sums(sums, ["level"], "fee"):
        links.append(Link(Node(LEVEL, False, level), Node(SECTOR, True, FEES), fee, level))
    for (sector, place), pence in _sums(sums, ["sector", "place"], "net"):
        links.append(Link(Node(SECTOR, False, sector), Node(PLACE, False, place), pence))
    return links


def _sizes(links: Sequence[Link]) -> dict[Node, float]:
    """The share of all the scenario's money at each node."""
    total = sum(link.pence for link in links if link.start.column == HOLDER)
    sizes: dict[Node, float] = {}
    for link in links:
        for node in (link.start, link.end):
            if node.column == HOLDER or node == link.end:
                sizes[node] = sizes.get(node, 0.0) + link.pence / max(total, 1)
    return sizes


def _small(sizes: Sequence[tuple[Node, float]]) -> set[Node]:
    """The nodes to be added together: too small in every scenario, or beyond the largest of their column."""
    largest: dict[Node, float] = {}
    for node, size in sizes:
        if not node.leaves:
            largest[node] = max(size, largest.get(node, 0.0))
    small: set[Node] = set()
    for column in range(len(COLUMNS)):
        own = sorted((node for node in largest if node.column == column), key=lambda n: (-largest[n], n.name))
        beyond = {node for rank, node in enumerate(own) if largest[node] < SMALL or rank >= MOST}
        small |= beyond if len(beyond) > 1 else set()
    return small


def _folded(scenario: str, links: Sequence[Link], small: set[Node]) -> MoneyFlow:
    """The same money with the small nodes of each column as one; no penny is dropped."""
    members: dict[int, list[str]] = {}
    for link in links:
        for node in (link.start, link.end):
            if node in small and node.name not in members.setdefault(node.column, []):
                members[node.column].append(node.name)
    others = {column: Node(column, False, OTHER, len(names)) for column, names in members.items()}
    sums: dict[tuple[Node, Node, str], int] = {}
    for link in links:
        start, end = (others[node.column] if node in small else node for node in (link.start, link.end))
        sums[start, end, link.level] = sums.get((start, end, link.level), 0) + link.pence
    folded = {others[column]: tuple(names) for column, names in members.items()}
    return MoneyFlow(scenario, tuple(Link(s, e, pence, level) for (s, e, level), pence in sums.items()), folded)
