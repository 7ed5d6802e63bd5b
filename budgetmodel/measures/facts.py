"""What every measure is taken from: one solved scenario by label, in whole pence, built once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel import schema
from budgetmodel.budget import Budget
from budgetmodel.money import PENCE_PER_MILLION, largest_remainder, to_pence
from budgetmodel.program.certificate import Measures
from budgetmodel.program.solution import Pennies
from budgetmodel.program.structure import Structure
from budgetmodel.reach import counterparties, pot_table

SERVICE_LEVEL = "service level"
"""The word of Regimes that leaves the decision at the level of each service."""

LEAD_GROUP = "lead group"
"""The word of Contracts for contracts that are counted by lead group."""


@dataclass(frozen=True)
class Facts:
    """One solved scenario, ready to be measured.

    `measures` are those of the proved solution before rounding. The frames hold money in whole pence (int64), labels
    as ordered categories in the order of the sheets:

    - `flows`: a row per published flow. Keys `year`, `source`, `pot`, `place`, `service`, `provider`; money `pence`
      and `fee_pence`; of the contract `fee` (share), `form`, `days_to_pay`, `counterparty`; of the source `holder`,
      `kind`; of the service `programme`, `level`, `delegation`; of the provider `sector`, `lead_group`; `decided_at`
      (a level: `service level` is replaced by the service's own); `outside_place`, `outside_service` and `crosses`
      (whether the money is outside its source's home).
    - `lines`: a row per year and line that may be funded: `year`, `place`, `service`, `provider`, `programme`,
      `level`, `delegation`, `sector`, `lead_group`, and in pence `minimum` (the do-minimum of the year) and `baseline`
      (spending in the year before the first year).
    - `sources`: a row per year and source: `year`, `source`, `holder`, `kind`, `pot`, `decided_at` (as the regime
      says it), and in pence `funding`, `cost` (of contracts), `carried_in`, `carried_out`, `spent`.
    """

    structure: Structure
    pennies: Pennies
    measures: Measures
    flows: pd.DataFrame
    lines: pd.DataFrame
    sources: pd.DataFrame

    @property
    def budget(self) -> Budget:
        """The tables of the scenario."""
        return self.structure.budget

    @property
    def years(self) -> tuple[str, ...]:
        """The years, first year first."""
        return self.budget.years


def facts_of(structure: Structure, pennies: Pennies, measures: Measures) -> Facts:
    """The facts of a solved scenario; `measures` are those of its proof before rounding."""
    sources = _sources(structure, pennies)
    flows = _flows(structure, pennies, sources)
    return Facts(structure, pennies, measures, flows, _lines(structure), sources)


def _categories(budget: Budget, dimension: str, labels: Any) -> Any:
    """Labels as ordered categories, in the order of the sheet."""
    return pd.Categorical(labels, categories=list(budget.members(dimension)), ordered=True)


def _sources(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """A row per year and source, with its holder, pot and money."""
    budget = s.budget
    years, names = len(budget.years), len(budget.sources)
    carried_in = np.concatenate([np.zeros((names, 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    frame = pd.DataFrame(
        {
            "year": np.repeat(np.array(budget.years, dtype=object), names),
            "source": np.tile(np.array(budget.sources, dtype=object), years),
            "funding": pennies.funding.T.ravel(),
            "cost": pennies.cost.T.ravel(),
            "carried_in": carried_in.T.ravel(),
            "carried_out": pennies.carried.T.ravel(),
        }
    )
    frame["spent"] = frame["funding"] - frame["cost"] + frame["carried_in"] - frame["carried_out"]
    regimes = budget.frame(schema.REGIMES)
    pots = pot_table(regimes, s.regime)
    pots["decided_at"] = pots["position"].map(regimes["Decided at"])
    frame = frame.merge(pots.drop(columns="position"), on=["source", "year"], how="left", validate="1:1")
    frame["pot"] = s.pots.T.ravel()
    described = _columns(budget, schema.SOURCES, {"Source": "source", "Holder": "holder", "Kind": "kind"})
    frame = frame.merge(described, on="source", how="left", validate="m:1")
    return frame.assign(
        year=_categories(budget, "year", frame["year"]), source=_categories(budget, "source", frame["source"])
    )


def _flows(s: Structure, pennies: Pennies, sources: pd.DataFrame) -> pd.DataFrame:
    """Published flows with everything that measures group by."""
    budget = s.budget
    frame = pennies.flows.drop(columns="amount")
    frame["fee_pence"] = _fee_pence(frame)
    source, line = frame["s"].to_numpy(), frame["line"].to_numpy()
    place, service, provider = (s.lines[name].to_numpy()[line] for name in ("place", "service", "provider"))
    outside_place = ~s.reach.home_places[source, place]
    outside_service = ~s.reach.home_services[source, service]
    frame = frame.assign(
        outside_place=outside_place,
        outside_service=outside_service,
        crosses=outside_place | outside_service,
        counterparty=_counterparties(s)[service, provider],
        **{d: _categories(budget, d, frame[d]) for d in ("year", "source", "place", "service", "provider")},
    )
    told = sources[["year", "source", "holder", "kind", "decided_at"]]
    frame = frame.merge(told, on=["year", "source"], how="left", validate="m:1")
    frame = frame.merge(_services(budget), on="service", how="left", validate="m:1")
    frame = frame.merge(_providers(budget), on="provider", how="left", validate="m:1")
    own = frame["decided_at"] == SERVICE_LEVEL
    frame["decided_at"] = frame["decided_at"].where(~own, frame["level"])
    return frame


def _fee_pence(flows: pd.DataFrame) -> NDArray[np.int64]:
    """Fees in whole pence: each year's total, shared over its flows by largest remainder."""
    exact = (flows["fee"] * flows["pence"]).to_numpy(dtype=float) / PENCE_PER_MILLION
    result = np.zeros(len(flows), dtype=np.int64)
    for at in flows.groupby("t", sort=True).indices.values():
        result[at] = largest_remainder(exact[at], to_pence(float(exact[at].sum())))
    return result


def _lines(s: Structure) -> pd.DataFrame:
    """Every line in every year with its do-minimum and Baseline in pence that add up to each year's total."""
    budget, count, years = s.budget, len(s.lines), s.years
    before = s.lines["baseline"].to_numpy(dtype=float)
    minimum = [largest_remainder(s.minimum[:, t], to_pence(float(s.minimum[:, t].sum()))) for t in range(years)]
    labels = {d: np.array(budget.members(d), dtype=object) for d in ("year", "place", "service", "provider")}
    frame = pd.DataFrame(
        {
            "year": _categories(budget, "year", np.repeat(labels["year"], count)),
            **{
                d: _categories(budget, d, np.tile(labels[d][s.lines[d].to_numpy()], years))
                for d in ("place", "service", "provider")
            },
            "minimum": np.concatenate(minimum),
            "baseline": np.tile(largest_remainder(before, to_pence(float(before.sum()))), years),
        }
    )
    frame = frame.merge(_services(budget), on="service", how="left", validate="m:1")
    return frame.merge(_providers(budget), on="provider", how="left", validate="m:1")


def _services(budget: Budget) -> pd.DataFrame:
    names = {"Service": "service", "Programme": "programme", "Level": "level", "Delegation": "delegation"}
    frame = _columns(budget, schema.SERVICES, names)
    return frame.assign(service=_categories(budget, "service", frame["service"]))


def _providers(budget: Budget) -> pd.DataFrame:
    """Each provider with its sector and lead group; one without a group counts as itself."""
    _, by_group = counterparties(budget)
    frame = _columns(budget, schema.PROVIDERS, {"Provider": "provider", "Sector": "sector"})
    return frame.assign(provider=_categories(budget, "provider", frame["provider"]), lead_group=list(by_group))


def _columns(budget: Budget, sheet: str, names: dict[str, str]) -> pd.DataFrame:
    return budget.frame(sheet)[list(names)].rename(columns=names).reset_index(drop=True)


def _counterparties(s: Structure) -> NDArray[np.object_]:
    """Whom the contract of a service and provider is with: shape (services, providers)."""
    grouped = (s.budget.frame(schema.CONTRACTS)["Counted by"] == LEAD_GROUP).to_numpy()[s.contract_row]
    by_provider, by_group = (np.array(names, dtype=object) for names in counterparties(s.budget))
    return np.where(grouped, by_group[None, :], by_provider[None, :])
