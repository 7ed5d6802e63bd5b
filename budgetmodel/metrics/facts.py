"""The data of every measure: one solved scenario by label, in whole pence, built once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.units import PENCE_PER_MILLION, largest_remainder, to_pence
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import counterparties, pot_table
from budgetmodel.metrics.shape import codes
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.prove.certificate import Measures
from budgetmodel.program.prove.solution import Pennies, named

LEVELS = schema.SHEET[schema.SERVICES].column("Level").choices
"""The levels of decision, most local first. Regimes may also leave the decision at the level of each service."""

DELEGATIONS = schema.SHEET[schema.SERVICES].column("Delegation").choices

LINE_KEYS = ("place", "service", "provider")
"""The key of a line."""

LEAD_GROUP = "lead group"
"""The value of the column `Counted by` of Contracts for contracts that are counted by lead group."""


@dataclass(frozen=True)
class Facts:
    """One solved scenario as frames.

    `measures` are those of the proved solution before rounding. The frames have money in whole pence (int64), labels
    as ordered categories in the order of the sheets:

    - `flows`: a row per published flow. Keys `year`, `source`, `pot`, `place`, `service`, `provider`; money `pence`
      and `fee_pence`; of the contract `days_to_pay`; of the source `holder`, `kind`; of the service `level`,
      `delegation`; of the provider `sector`, `lead_group`; `decided_at` (a level: `service level` is replaced by the
      service's own); `crosses` (whether the money is outside its source's home); and by number the year `t`, source
      `s` and line `line` of the structure.
    - `lines`: a row per year and line that may be funded: `year`, `place`, `service`, `provider`, `delegation`,
      `sector`, and in pence `minimum` (the do-minimum of the year) and `baseline` (spending in the year before the
      first year).
    - `sources`: a row per year and source: `year`, `source`, `holder`, `kind`, `pot`, `decided_at` (as the regime
      states it), and in pence `funding`, `cost` (of contracts), `carried_in`, `carried_out`, `spent`.
    """

    structure: Structure
    pennies: Pennies
    measures: Measures
    flows: pd.DataFrame
    lines: pd.DataFrame
    sources: pd.DataFrame

    @property
    def inputs(self) -> Inputs:
        """The tables of the scenario."""
        return self.structure.inputs

    @property
    def years(self) -> tuple[str, ...]:
        """The years, first year first."""
        return self.inputs.years


def facts_of(structure: Structure, pennies: Pennies, measures: Measures) -> Facts:
    """The facts of a solved scenario; `measures` are those of its proof before rounding."""
    sources = _sources(structure, pennies)
    flows = _flows(structure, pennies, sources)
    return Facts(structure, pennies, measures, flows, _lines(structure), sources)


def _numbered(members: Sequence[str], numbers: NDArray[np.int64]) -> pd.Categorical[Any]:
    """Labels as ordered categories, from the number of each."""
    return pd.Categorical.from_codes(numbers, categories=pd.Index(members), ordered=True)


def _sources(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """A row per year and source, with its holder, pot and money."""
    inputs = s.inputs
    years, names = len(inputs.years), len(inputs.sources)
    t, n = np.repeat(np.arange(years), names), np.tile(np.arange(names), years)
    carried_in = np.concatenate([np.zeros((names, 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    regimes = inputs.frame(schema.REGIMES)
    pots = pot_table(regimes, s.regime)
    decided = np.full((names, years), "", dtype=object)
    at = codes(pots["source"], inputs.sources), codes(pots["year"], inputs.years)
    decided[at] = regimes["Decided at"].loc[pots["position"]].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "year": _numbered(inputs.years, t),
            "source": _numbered(inputs.sources, n),
            "funding": pennies.funding[n, t],
            "cost": pennies.cost[n, t],
            "carried_in": carried_in[n, t],
            "carried_out": pennies.carried[n, t],
            "spent": (pennies.funding - pennies.cost + carried_in - pennies.carried)[n, t],
            "decided_at": pd.Categorical(decided[n, t]),
            "pot": pd.Categorical(s.pots[n, t]),
            "holder": pd.Categorical(inputs.by_year(schema.SOURCES, "Holder")[n, t]),
            "kind": pd.Categorical(inputs.by_year(schema.SOURCES, "Kind")[n, t]),
        }
    )


def _flows(s: Structure, pennies: Pennies, sources: pd.DataFrame) -> pd.DataFrame:
    """A row per published flow, with every label by which measures group."""
    inputs, published = s.inputs, pennies.flows
    t, n, line = (published[name].to_numpy(dtype=np.int64) for name in ("t", "s", "line"))
    place, service, provider = (s.lines[name].to_numpy(dtype=np.int64)[line] for name in LINE_KEYS)
    row = t * len(inputs.sources) + n  # of the frame of sources
    providers = inputs.frame(schema.PROVIDERS)
    of_source, of_service = (
        codes(sources["decided_at"], LEVELS)[row],
        _codes_by_year(inputs, "Level", LEVELS)[service, t],
    )
    return pd.DataFrame(
        {
            "t": t,
            "s": n,
            "line": line,
            "pence": published["pence"].to_numpy(),
            "fee_pence": _fee_pence(published),
            "days_to_pay": published["days_to_pay"].to_numpy(),
            "year": _numbered(inputs.years, t),
            "source": _numbered(inputs.sources, n),
            "place": _numbered(inputs.places, place),
            "service": _numbered(inputs.services, service),
            "provider": _numbered(inputs.providers, provider),
            "crosses": ~(s.reach.home_places[n, t, place] & s.reach.home_services[n, t, service]),
            **{name: named(sources[name], row) for name in ("pot", "holder", "kind")},
            "level": _numbered(LEVELS, of_service),
            "delegation": _delegation(inputs, service, t),
            "sector": named(providers["Sector"], provider),
            "lead_group": named(_lead_groups(inputs), provider),
            "decided_at": _numbered(LEVELS, np.where(of_source < 0, of_service, of_source)),
        }
    )


def _fee_pence(flows: pd.DataFrame) -> NDArray[np.int64]:
    """Fees in whole pence: each year's total, split over its flows by largest remainder."""
    exact = (flows["fee"] * flows["pence"]).to_numpy(dtype=float) / PENCE_PER_MILLION
    return by_year_in_pence(exact, flows["t"].to_numpy())


def by_year_in_pence(exact: Array, t: NDArray[np.int64]) -> NDArray[np.int64]:
    """Amounts (£m) in whole pence: each year's total, split over the year's amounts by largest remainder."""
    result = np.zeros(len(exact), dtype=np.int64)
    for year in np.unique(t):
        at = np.flatnonzero(t == year)
        result[at] = largest_remainder(exact[at], to_pence(float(exact[at].sum())))
    return result


def _lines(s: Structure) -> pd.DataFrame:
    """A row per year and line; do-minimum and Baseline in pence add up to each year's total."""
    inputs, count, years = s.inputs, len(s.lines), s.years
    before = s.lines["baseline"].to_numpy(dtype=float)
    minimum = [largest_remainder(s.minimum[:, t], to_pence(float(s.minimum[:, t].sum()))) for t in range(years)]
    place, service, provider = (np.tile(s.lines[name].to_numpy(dtype=np.int64), years) for name in LINE_KEYS)
    return pd.DataFrame(
        {
            "year": _numbered(inputs.years, np.repeat(np.arange(years), count)),
            "place": _numbered(inputs.places, place),
            "service": _numbered(inputs.services, service),
            "provider": _numbered(inputs.providers, provider),
            "minimum": np.concatenate(minimum),
            "baseline": np.tile(largest_remainder(before, to_pence(float(before.sum()))), years),
            "delegation": _delegation(inputs, service, np.repeat(np.arange(years), count)),
            "sector": named(inputs.frame(schema.PROVIDERS)["Sector"], provider),
        }
    )


def _delegation(inputs: Inputs, service: NDArray[np.int64], t: NDArray[np.int64]) -> pd.Categorical[Any]:
    """The delegation of services in years, both by number, as categories in the order of the alphabet."""
    words = sorted(DELEGATIONS)
    numbers = _codes_by_year(inputs, "Delegation", words)[service, t]
    kept = np.unique(_codes_by_year(inputs, "Delegation", words))
    return pd.Categorical.from_codes(np.searchsorted(kept, numbers), categories=pd.Index([words[k] for k in kept]))


def _codes_by_year(inputs: Inputs, column: str, choices: Sequence[str]) -> NDArray[np.int64]:
    """A column of Services as numbers of its choices: shape (services, years)."""
    values = inputs.by_year(schema.SERVICES, column)
    return codes(pd.Series(values.ravel(), dtype=object), choices).reshape(values.shape)


def _lead_groups(inputs: Inputs) -> list[str]:
    """The lead group of each provider; one without a group counts as itself."""
    _, by_group = counterparties(inputs)
    return list(by_group)
