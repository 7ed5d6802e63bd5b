"""Which money may go where: pots, reach, the lines that may be funded, and the contract row that governs each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.schema import EACH_POT, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.budget import Budget

Mask = NDArray[np.bool_]


def pot_table(regimes: pd.DataFrame, regime: str) -> pd.DataFrame:
    """A row per source, year and pot of the regime, from its first row that says so; columns as `pot_rows`."""
    return pot_rows(regimes, regime).drop_duplicates(["source", "year", "pot"], ignore_index=True)


def pot_rows(regimes: pd.DataFrame, regime: str) -> pd.DataFrame:
    """A row per row of the regime, source and year: `position`, `source`, `year`, `pot`."""
    rows = regimes[regimes["Regime"] == regime]
    rows_of = [
        (position, source, year, source if fold(str(row["Pot"])) == EACH_POT else row["Pot"])
        for position, row in records(rows)
        if isinstance(row["Sources"], Selection) and isinstance(row["Years"], Selection)
        for source in row["Sources"].members
        for year in row["Years"].members
    ]
    return pd.DataFrame(rows_of, columns=["position", "source", "year", "pot"])


def pots(budget: Budget, regime: str) -> NDArray[np.object_]:
    """The pot of every source in every year: shape (sources, years)."""
    wide = pot_table(budget.frame(schema.REGIMES), regime).pivot(index="source", columns="year", values="pot")
    return wide.reindex(index=list(budget.sources), columns=list(budget.years)).to_numpy(dtype=object)


def masks(selections: Sequence[object], members: Sequence[str]) -> Mask:
    """Selections as a boolean array: shape (selections, members)."""
    index = {name: i for i, name in enumerate(members)}
    mask = np.zeros((len(selections), len(members)), dtype=bool)
    for row, selection in enumerate(selections):
        if isinstance(selection, Selection):
            mask[row, [index[name] for name in selection.members]] = True
    return mask


@dataclass(frozen=True)
class Reach:
    """Where the money of each source may go in each year.

    `places` has shape (sources, years, places) and `services` (sources, years, services); `home_places` and
    `home_services` are the sources' own homes, without years.
    """

    places: Mask
    services: Mask
    home_places: Mask
    home_services: Mask


def reach(budget: Budget, pots_of: NDArray[np.object_]) -> Reach:
    """Home of any source of the pot, as far as the source's own law allows (model.md, section 1).

    `pots_of` has shape (sources, years), as `pots` returns it.
    """
    sources = budget.frame(schema.SOURCES)
    home_places = masks(list(sources["Home places"]), budget.places)
    home_services = masks(list(sources["Home services"]), budget.services)
    lawful_places = masks(list(sources["Lawful places"]), budget.places)
    lawful_services = masks(list(sources["Lawful services"]), budget.services)
    count, years = pots_of.shape
    places = np.zeros((count, years, len(budget.places)), dtype=bool)
    services = np.zeros((count, years, len(budget.services)), dtype=bool)
    for t in range(years):
        for pot in dict.fromkeys(pots_of[:, t]):
            inside = pots_of[:, t] == pot
            places[inside, t] = home_places[inside].any(axis=0) & lawful_places[inside]
            services[inside, t] = home_services[inside].any(axis=0) & lawful_services[inside]
    return Reach(places, services, home_places, home_services)


def lines(budget: Budget) -> pd.DataFrame:
    """Every (place, service, provider) that may be funded, by index, with its Baseline in £m (0 if only provided).

    A row per line with the integer columns `place`, `service`, `provider` and `baseline`, in the order of the sheets.
    """
    baseline = budget.frame(schema.BASELINE)
    index = {dimension: _index(budget.members(dimension)) for dimension in ("place", "service", "provider")}
    spent = pd.DataFrame(
        {
            "place": baseline["Place"].map(index["place"]).astype(int),
            "service": baseline["Service"].map(index["service"]).astype(int),
            "provider": baseline["Provider"].map(index["provider"]).astype(int),
            "baseline": baseline["Amount"].astype(float),
        }
    )
    provided = [
        (index["place"][p], index["service"][v], index["provider"][j], 0.0)
        for _, row in records(budget.frame(schema.PROVISION))
        for p in row["Places"].members
        for v in row["Services"].members
        for j in row["Providers"].members
    ]
    supply = pd.DataFrame(provided, columns=["place", "service", "provider", "baseline"])
    both = pd.concat([spent, supply.astype(spent.dtypes.to_dict())], ignore_index=True)
    keys = ["place", "service", "provider"]
    return both.groupby(keys, as_index=False, sort=True)[["baseline"]].sum()


def contract_rows(budget: Budget, regime: str) -> NDArray[np.int64]:
    """For every service and provider the position of the first Contracts row that matches; -1 where none does.

    Shape (services, providers).
    """
    contracts = budget.frame(schema.CONTRACTS)
    rows = contracts[contracts["Regime"] == regime]
    result = np.full((len(budget.services), len(budget.providers)), -1, dtype=np.int64)
    services = masks(list(rows["Services"]), budget.services)
    providers = masks(list(rows["Providers"]), budget.providers)
    for number, position in reversed(list(enumerate(rows.index))):
        result[np.ix_(services[number], providers[number])] = position
    return result


def counterparties(budget: Budget) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For every provider whom a contract is with: when counted by provider, and when counted by lead group."""
    groups = budget.frame(schema.PROVIDERS)["Lead group"]
    by_group = tuple(
        name if group is None else str(group) for name, group in zip(budget.providers, groups, strict=True)
    )
    return budget.providers, by_group


def _index(members: Sequence[str]) -> dict[str, int]:
    return {name: position for position, name in enumerate(members)}
