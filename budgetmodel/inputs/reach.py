"""Which money may go where: pots, reach, the lines that may be funded, and the contract row that governs each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Mask
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.schema import EACH_POT, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs


def pot_table(regimes: pd.DataFrame, regime: str) -> pd.DataFrame:
    """A row per source, year and pot of the regime, from the first row that has it; columns as `pot_rows`."""
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


def pots(inputs: Inputs, regime: str) -> NDArray[np.object_]:
    """The pot of every source in every year: shape (sources, years)."""
    wide = pot_table(inputs.frame(schema.REGIMES), regime).pivot(index="source", columns="year", values="pot")
    return wide.reindex(index=list(inputs.sources), columns=list(inputs.years)).to_numpy(dtype=object)


def masks(selections: Sequence[object], members: Sequence[str]) -> Mask:
    """Selections as a boolean array: shape (selections, members)."""
    index = {name: i for i, name in enumerate(members)}
    mask = np.zeros((len(selections), len(members)), dtype=bool)
    for row, selection in enumerate(selections):
        if isinstance(selection, Selection):
            mask[row, [index[name] for name in selection.members]] = True
    return mask


@read_only
@dataclass(frozen=True)
class Reach:
    """Where the money of each source may go in each year.

    `places` has shape (sources, years, places) and `services` (sources, years, services); `home_places` and
    `home_services`, of the same shapes, are the sources' own homes.
    """

    places: Mask
    services: Mask
    home_places: Mask
    home_services: Mask


def reach(inputs: Inputs, pots_of: NDArray[np.object_]) -> Reach:
    """Home of any source of the pot, as far as the source's own law allows (model.md, section 1).

    `pots_of` has shape (sources, years), as `pots` returns it.
    """
    home_places, home_services = (reach_by_year(inputs, f"Home {what}") for what in ("places", "services"))
    lawful_places, lawful_services = (reach_by_year(inputs, f"Lawful {what}") for what in ("places", "services"))
    count, years = pots_of.shape
    places = np.zeros((count, years, len(inputs.places)), dtype=bool)
    services = np.zeros((count, years, len(inputs.services)), dtype=bool)
    for t in range(years):
        for pot in dict.fromkeys(pots_of[:, t]):
            inside = pots_of[:, t] == pot
            places[inside, t] = home_places[inside, t].any(axis=0) & lawful_places[inside, t]
            services[inside, t] = home_services[inside, t].any(axis=0) & lawful_services[inside, t]
    return Reach(places, services, home_places, home_services)


def reach_by_year(inputs: Inputs, column: str) -> Mask:
    """A home or lawful column of Sources: shape (sources, years, places) or (sources, years, services)."""
    members = inputs.places if column.endswith("places") else inputs.services
    selected = inputs.by_year(schema.SOURCES, column)
    return masks(list(selected.ravel()), members).reshape(*selected.shape, len(members))


def value_by_year(inputs: Inputs, dimension: str, column: str, rows: pd.DataFrame) -> list[str]:
    """A column of Services or Sources for rows with a `year` and a `service` or `source`; a blank is empty."""
    sheet, members = schema.DIMENSIONS[dimension][0], inputs.members(dimension)
    at = (
        pd.Index(members).get_indexer(pd.Index(rows[dimension])),
        pd.Index(inputs.years).get_indexer(pd.Index(rows["year"])),
    )
    return ["" if value is None else str(value) for value in inputs.by_year(sheet, column)[at]]


def holders(inputs: Inputs) -> tuple[str, ...]:
    """Every holder of a source in some year, in the order of Sources."""
    return tuple(dict.fromkeys(str(name) for name in inputs.by_year(schema.SOURCES, "Holder").ravel()))


def holder_homes(inputs: Inputs, may: Reach, year: int) -> dict[str, Mask]:
    """For each of `holders`, where one of its sources is at home in a year: shape (places, services).

    A source is at home at a place and service together; an organisation wherever one of its sources is.
    """
    home = {name: np.zeros((len(inputs.places), len(inputs.services)), dtype=bool) for name in holders(inputs)}
    for s, holder in enumerate(inputs.by_year(schema.SOURCES, "Holder")[:, year]):
        home[str(holder)] |= np.outer(may.home_places[s, year], may.home_services[s, year])
    return home


def crosses(inputs: Inputs, may: Reach, year: int) -> Mask:
    """Whether a source's money crosses organisations in a year: shape (sources, places, services).

    It does where no source of its holder is at home. The metric and the stage that decides who pays read this alike.
    """
    home = holder_homes(inputs, may, year)
    return np.stack([~home[str(holder)] for holder in inputs.by_year(schema.SOURCES, "Holder")[:, year]])


def lines(inputs: Inputs) -> pd.DataFrame:
    """Every (place, service, provider) that may be funded, by index, with its Baseline in £m (0 if only provided).

    A row per line with the integer columns `place`, `service`, `provider` and `baseline`, in the order of the sheets.
    """
    baseline = inputs.frame(schema.BASELINE)
    index = {dimension: _index(inputs.members(dimension)) for dimension in ("place", "service", "provider")}
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
        for _, row in records(inputs.frame(schema.PROVISION))
        for p in row["Places"].members
        for v in row["Services"].members
        for j in row["Providers"].members
    ]
    supply = pd.DataFrame(provided, columns=["place", "service", "provider", "baseline"])
    both = pd.concat([spent, supply.astype(spent.dtypes.to_dict())], ignore_index=True)
    keys = ["place", "service", "provider"]
    return both.groupby(keys, as_index=False, sort=True)[["baseline"]].sum()


def contract_rows(inputs: Inputs, regime: str) -> NDArray[np.int64]:
    """For every service and provider the position of the first Contracts row that matches; -1 where none does.

    Shape (services, providers).
    """
    contracts = inputs.frame(schema.CONTRACTS)
    rows = contracts[contracts["Regime"] == regime]
    result = np.full((len(inputs.services), len(inputs.providers)), -1, dtype=np.int64)
    services = masks(list(rows["Services"]), inputs.services)
    providers = masks(list(rows["Providers"]), inputs.providers)
    for number, position in reversed(list(enumerate(rows.index))):
        result[np.ix_(services[number], providers[number])] = position
    return result


def counterparties(inputs: Inputs) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For every provider whom a contract is with: when counted by provider, and when counted by lead group."""
    groups = inputs.frame(schema.PROVIDERS)["Lead group"]
    by_group = tuple(
        name if group is None else str(group) for name, group in zip(inputs.providers, groups, strict=True)
    )
    return inputs.providers, by_group


def _index(members: Sequence[str]) -> dict[str, int]:
    return {name: position for position, name in enumerate(members)}
