"""What the program is about, as arrays: lines, purses, flows, contract costs, do-minimum and target.

Everything here is data preparation: no variable and no constraint is made yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.measures import MEASURES, Rates
from budgetmodel.contract.objectives import USUAL, Objective, asked_for
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import MILLIONS_PER_THOUSAND
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.need import do_minimum
from budgetmodel.inputs.reach import Reach, contract_rows, counterparties, lines, pots, reach
from budgetmodel.inputs.reachable_money import reachable_growth
from budgetmodel.program.build.components import Component, components_of, reference_of


@read_only
@dataclass(frozen=True)
class Setting:
    """The setting of a scenario, before any flow is laid out: enough for the arithmetic that needs no program.

    `lines`: a row per (place, service, provider) that may be funded, by index, with its Baseline. `minimum` is the
    do-minimum X0, shape (lines, years), £m. `pots`, `source_funding` and `source_cost` are by source and year;
    `contract_list` has a row per year, pot and counterparty. `objective` is what the scenario minimises after the
    shortfall, and `tolerance` how much of it, in its own unit, may be given up for a plan that changes least; for the
    unchanged workbook they are the usual one and 0.
    """

    inputs: Inputs
    regime: str
    objective: Objective
    tolerance: float
    lines: pd.DataFrame
    minimum: Array
    growth: Array
    pots: NDArray[np.object_]
    reach: Reach
    source_funding: Array
    source_cost: Array
    contract_row: Index
    contract_list: pd.DataFrame
    components: tuple[Component, ...]

    @property
    def years(self) -> int:
        """The number of years."""
        return len(self.inputs.years)

    @property
    def rates(self) -> Rates:
        """What the years add to the measures of rules, by year."""
        return Rates(self.growth, self.inputs.rates.uplift)

    def rates_of_rows(self, row: Index, rows: int) -> Rates:
        """The same, with the growth of the money that may reach some rows; `row` is that of every line, -1 for none."""
        reachable = reachable_growth(self.inputs, self.lines, self.reach, row, rows)
        return replace(self.rates, reachable=reachable)

    @property
    def source_carry(self) -> Array:
        """The most that each source may carry out of each year: shape (sources, years), £m; nothing out of the last."""
        limits = self.inputs.frame(schema.SOURCES)["Carry forward"].to_numpy(dtype=float)
        carry: Array = self.source_funding * limits[:, None]
        carry[:, -1] = 0.0
        return carry


@read_only
@dataclass(frozen=True)
class Structure(Setting):
    """The arrays behind a program.

    `purse_of` gives the purse of each source; `funding`, `cost` and `carry_limit` are by purse and year, £m. `flows`:
    a row per permitted flow of a purse with money, by index: `year`, `purse`, `line`. `fee` is per flow. `contracts`
    counts by year.
    """

    purse_of: Index
    funding: Array
    cost: Array
    carry_limit: Array
    flows: pd.DataFrame
    fee: Array
    contracts: Index
    reference: Array

    @property
    def purses(self) -> int:
        """The number of purses."""
        return len(self.funding)

    @property
    def component_weights(self) -> Array:
        """ω: shape (components,), sums to 1."""
        return np.array([component.weight for component in self.components])


def setting_of(inputs: Inputs, regime: str, *, one_pot: bool = False, like: Setting | None = None) -> Setting:
    """The setting of a scenario under a regime; with `one_pot` there is a single pot without contract costs.

    `like` is the setting of another regime over the same tables: what no regime changes is taken from it.
    """
    line = lines(inputs) if like is None else like.lines
    pots_of = pots(inputs, regime)
    if one_pot:
        pots_of = np.full_like(pots_of, "one pot")
    may = reach(inputs, pots_of)
    funding = inputs.funding if like is None else like.source_funding
    contract_row = contract_rows(inputs, regime)
    contract_list = _contracts(inputs, pots_of, may, line, contract_row, funding > 0)
    source_cost = _source_cost(contract_list, pots_of, funding)
    minimum = do_minimum(line["baseline"].to_numpy(dtype=float), funding.sum(axis=0)) if like is None else like.minimum
    return Setting(
        inputs=inputs,
        regime=regime,
        objective=objective_of(inputs),
        tolerance=tolerance_of(inputs),
        lines=line,
        minimum=minimum,
        growth=inputs.growth if like is None else like.growth,
        pots=pots_of,
        reach=may,
        source_funding=funding,
        source_cost=np.zeros_like(source_cost) if one_pot else source_cost,
        contract_row=contract_row,
        contract_list=contract_list,
        components=components_of(inputs, line, minimum) if like is None else like.components,
    )


def objective_of(inputs: Inputs) -> Objective:
    """The objective of the scenario behind some tables; for the unchanged workbook, the usual one."""
    return asked_for(str(inputs.scenario_row(inputs.scenario)["Objective"])) if inputs.scenario else USUAL


def tolerance_of(inputs: Inputs) -> float:
    """How much of its objective a scenario may give up, in the objective's unit; 0 for the unchanged workbook."""
    return float(inputs.scenario_row(inputs.scenario)["Tolerance"]) if inputs.scenario else 0.0


def build_structure(
    inputs: Inputs,
    regime: str,
    reference: Mapping[tuple[str, str], float],
    *,
    one_pot: bool = False,
) -> Structure:
    """Prepare the arrays of one scenario.

    `reference` holds G0 of the unchanged workbook, by component name and year; what it lacks is taken from
    this scenario's own do-minimum. With `one_pot` there is a single pot without contract costs: what no regime can
    beat.
    """
    base = setting_of(inputs, regime, one_pot=one_pot)
    line, funding = base.lines, base.source_funding
    limits = inputs.frame(schema.SOURCES)["Carry forward"].to_numpy(dtype=float)
    purse_of = _purses(inputs, base.pots, limits)
    first = np.array([int(np.flatnonzero(purse_of == u)[0]) for u in range(purse_of.max() + 1)])
    purse_funding = _by_purse(purse_of) @ funding
    carry_limit = purse_funding * limits[first][:, None]
    carry_limit[:, -1] = 0.0
    flows = _flows(line, base.reach, first, purse_funding, carry_limit)
    return Structure(
        **{part.name: getattr(base, part.name) for part in fields(base)},
        purse_of=purse_of,
        funding=purse_funding,
        cost=_by_purse(purse_of) @ base.source_cost,
        carry_limit=carry_limit,
        flows=flows,
        fee=_fees(base, line, flows),
        contracts=_contracts_by_year(base),
        reference=reference_of(base.components, reference, inputs, line, base.minimum),
    )


def at_equal_costs(structure: Structure, other: Structure) -> Structure:
    """A scenario with its own pots and rules, but the contracts, their costs and their fees of another scenario.

    Contract costs stay with the sources that the other scenario charges; only right-hand sides of the program differ.
    Raises ValueError unless both have the same years, sources, services and providers.
    """
    for dimension in ("year", "source", "service", "provider"):
        if structure.inputs.members(dimension) != other.inputs.members(dimension):
            raise ValueError(f"contracts are of another workbook: the {dimension}s differ")
    return replace(
        structure,
        contract_row=other.contract_row,
        contract_list=other.contract_list,
        source_cost=other.source_cost,
        cost=_by_purse(structure.purse_of) @ other.source_cost,
        fee=_fees(other, structure.lines, structure.flows),
        contracts=other.contracts,
    )


def at_costs_times(structure: Structure, multiple: float) -> Structure:
    """A scenario in which every contract costs a multiple of what it does; only right-hand sides differ."""
    source_cost = structure.source_cost * multiple
    return replace(
        structure,
        contract_list=structure.contract_list.assign(cost=structure.contract_list["cost"] * multiple),
        source_cost=source_cost,
        cost=_by_purse(structure.purse_of) @ source_cost,
    )


def _by_purse(purse_of: Index) -> Array:
    """What adds sources up to purses: shape (purses, sources)."""
    matrix = np.zeros((purse_of.max() + 1, len(purse_of)))
    matrix[purse_of, np.arange(len(purse_of))] = 1.0
    return matrix


def _fees(terms: Setting, line: pd.DataFrame, flows: pd.DataFrame) -> Array:
    """The fee of each flow by the contracts of `terms`, as a share: shape (flows,)."""
    fees = terms.inputs.frame(schema.CONTRACTS)["Fee"].to_numpy(dtype=float)
    service, provider = (line[name].to_numpy()[flows["line"].to_numpy()] for name in ("service", "provider"))
    return np.asarray(fees[terms.contract_row[service, provider]])


def _contracts_by_year(base: Setting) -> Index:
    years = base.contract_list["year"].to_numpy(dtype=int)
    return np.bincount(years, minlength=base.years).astype(np.int64)


def _purses(inputs: Inputs, pots_of: NDArray[np.object_], limits: Array) -> Index:
    """The purse of each source: same pot in every year, same law, same carry limit, and the same to every rule."""
    lawful = [inputs.by_year(schema.SOURCES, f"Lawful {what}") for what in ("places", "services")]
    rules = inputs.frame(schema.RULES)
    names = inputs.sources
    told_apart: list[tuple[bool | int, ...]] = [() for _ in names]
    sees_sources = [measure.name for measure in MEASURES if measure.sees_sources]
    for _, rule in records(rules[rules["Measure"].isin(sees_sources)]):
        selected = set(rule["Sources"].members)
        of_sources = [selection for dimension, selection in rule["Of"].selections if dimension == "source"]
        for s, name in enumerate(names):
            marks: tuple[bool | int, ...] = (name in selected,)
            if "source" in rule["Each"] and name in selected:
                marks += (s,)
            marks += tuple(name in selection.members for selection in of_sources)
            told_apart[s] += marks
    keys: dict[object, int] = {}
    purse = []
    for s in range(len(names)):
        key = (
            tuple(pots_of[s]),
            tuple(selection.members for column in lawful for selection in column[s]),
            limits[s],
            told_apart[s],
        )
        purse.append(keys.setdefault(key, len(keys)))
    return np.array(purse, dtype=np.int64)


def _flows(line: pd.DataFrame, may: Reach, first: Index, funding: Array, carry_limit: Array) -> pd.DataFrame:
    """A row per flow that a purse may make in a year in which it can have money; the rest would be 0 anyway."""
    carried_in = np.concatenate([np.zeros((len(first), 1)), carry_limit[:, :-1]], axis=1)
    has_money = (funding > 0) | (carried_in > 0)
    place, service = line["place"].to_numpy(), line["service"].to_numpy()
    open_to = may.places[first][:, :, place] & may.services[first][:, :, service] & has_money[:, :, None]
    purse, year, number = np.nonzero(open_to)
    flows = pd.DataFrame({"year": year, "purse": purse, "line": number})
    return flows.sort_values(["year", "purse", "line"], ignore_index=True)


def _contracts(
    inputs: Inputs,
    pots_of: NDArray[np.object_],
    may: Reach,
    line: pd.DataFrame,
    contract_row: Index,
    funded: Mask,
) -> pd.DataFrame:
    """A row per year, pot and counterparty that permitted flows of sources with an amount need.

    Columns `year` (index), `pot`, `counterparty`, `form` and `cost` (£m): a pair with several forms is one
    contract, at its dearest. `flows` counts the lines behind it.
    """
    frame = inputs.frame(schema.CONTRACTS)
    cost = frame["Cost per contract"].to_numpy(dtype=float) * MILLIONS_PER_THOUSAND
    by_provider, by_group = counterparties(inputs)
    counted_by_group = (frame["Counted by"] == "lead group").to_numpy()
    place, service, provider = (line[name].to_numpy() for name in ("place", "service", "provider"))
    row = contract_row[service, provider]
    names = np.where(
        counted_by_group[row], np.array(by_group, dtype=object)[provider], np.array(by_provider, dtype=object)[provider]
    )
    asked: list[tuple[int, object]] = []
    needed: list[Index] = []
    for t in range(len(inputs.years)):
        for pot in dict.fromkeys(pots_of[:, t]):
            inside = (pots_of[:, t] == pot) & funded[:, t]
            asked.append((t, pot))
            needed.append(
                np.flatnonzero((may.places[inside, t][:, place] & may.services[inside, t][:, service]).any(axis=0))
            )
    count = [len(numbers) for numbers in needed]
    number = np.concatenate(needed)
    flows = pd.DataFrame(
        {
            "year": np.repeat(np.array([t for t, _ in asked], dtype=np.int64), count),
            "pot": np.repeat(np.array([pot for _, pot in asked], dtype=object), count),
            "counterparty": names[number],
            "form": frame["Form"].to_numpy()[row[number]],
            "cost": cost[row[number]],
            "row": row[number],
        }
    )
    ranked = flows.sort_values(["year", "cost", "row"], ascending=[True, False, True], kind="stable")
    keys = ["year", "pot", "counterparty"]
    dearest = ranked.drop_duplicates(keys).assign(flows=ranked.groupby(keys, sort=False).size().to_numpy())
    return dearest[[*keys, "form", "cost", "flows"]].sort_values(keys, ignore_index=True)


def _source_cost(contract_list: pd.DataFrame, pots_of: NDArray[np.object_], funding: Array) -> Array:
    """Contract costs charged to the pot's sources in proportion to their amounts: shape (sources, years), £m."""
    cost = np.zeros_like(funding)
    totals = contract_list.groupby(["year", "pot"], as_index=False)[["cost"]].sum()
    for t, pot, total in zip(totals["year"], totals["pot"], totals["cost"], strict=True):
        inside = pots_of[:, int(t)] == pot
        amounts = funding[inside, int(t)]
        cost[inside, int(t)] = total * amounts / amounts.sum()
    return cost
