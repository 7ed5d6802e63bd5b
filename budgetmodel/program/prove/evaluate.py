"""What an allocation does to every rule, place key and component: computed from the tables, never from the program.

This is the independent side of the certificate: it reads the Budget and a frame of flows, groups and adds up by
label, and shares no code with the blocks that built the program. Of a measure it reads the record (its base,
what is added to Value), but not `Measure.factor`: it works that out on its own, so that a wrong factor is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.measures import MEASURE, Base, Measure, Of, Pace
from budgetmodel.contract.schema import BASELINE_KEY
from budgetmodel.contract.tables import records
from budgetmodel.inequality import gap, gap_weights
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.need import need_by_place, shares
from budgetmodel.program.prove.reachable import Reached, growth_of_reachable_money

Chosen = Mapping[str, Sequence[str]]
"""The members that are looked at, by dimension."""

Rows = Mapping[str, NDArray[Any]]
"""Rows of an evaluation by column."""

SPENDING = ("place", "service", "provider")
DIMENSIONS = ("source", *SPENDING)
COLUMNS = (
    "constraint", "rule", "cell", "year", "source", "place", "service", "provider", "component",
    "strength", "weight", "kind", "activity", "limit", "slack", "flows",
)  # fmt: skip
"""A row of an evaluation: `slack` is negative by the shortfall; `flows` counts the flows behind both sides."""


@dataclass(frozen=True)
class Money:
    """Money by label, as codes: `codes` gives each item's position in each dimension, `year` its year; £m."""

    codes: Mapping[str, Index]
    year: Index
    amount: Array


@dataclass(frozen=True)
class Spending:
    """Flows and Baseline of one budget, ready to be selected from."""

    inputs: Inputs
    flows: Money
    baseline: Money

    @classmethod
    def of(cls, inputs: Inputs, flows: pd.DataFrame) -> Spending:
        """From a frame with `year`, `source`, `place`, `service`, `provider` and `amount` (£m)."""
        baseline = inputs.frame(schema.BASELINE).rename(columns=str.lower)
        years = _codes(flows["year"], inputs.years)
        return cls(
            inputs,
            Money(
                {d: _codes(flows[d], inputs.members(d)) for d in DIMENSIONS},
                years,
                flows["amount"].to_numpy(dtype=float),
            ),
            Money(
                {d: _codes(baseline[d], inputs.members(d)) for d in SPENDING},
                np.zeros(len(baseline), dtype=np.int64),
                baseline["amount"].to_numpy(dtype=float),
            ),
        )

    def by(self, chosen: Chosen, each: Sequence[str]) -> tuple[Array, Array]:
        """What the selection spends, and its number of flows: shape (combinations of Each members, years)."""
        years = len(self.inputs.years)
        group, kept = self._grouped(self.flows, chosen, each, DIMENSIONS)
        cell = group * years + self.flows.year[kept]
        shape = (_count(chosen, each), years)
        size = shape[0] * years
        spent = np.bincount(cell, weights=self.flows.amount[kept], minlength=size).reshape(shape)
        count = np.bincount(cell, minlength=size).reshape(shape)
        return np.asarray(spent, dtype=np.float64), np.asarray(count, dtype=np.float64)

    @cached_property
    def reached(self) -> Reached:
        """The money that may reach each line: worked out once for all rules that ask."""
        return Reached.of(self.inputs)

    def before(self, chosen: Chosen, each: Sequence[str]) -> Array:
        """The Baseline of the selection, by combination of Each members."""
        group, kept = self._grouped(self.baseline, chosen, each, SPENDING)
        sums = np.bincount(group, weights=self.baseline.amount[kept], minlength=_count(chosen, each))
        return np.asarray(sums, dtype=np.float64)

    def _grouped(
        self, money: Money, chosen: Chosen, each: Sequence[str], dimensions: Sequence[str]
    ) -> tuple[Index, Index]:
        inside = np.ones(len(money.amount), dtype=bool)
        position = {}
        for dimension in dimensions:
            members = self.inputs.members(dimension)
            if chosen[dimension] == members:
                position[dimension] = np.arange(len(members))
                continue
            order = {name: n for n, name in enumerate(chosen[dimension])}
            position[dimension] = np.array([order.get(name, -1) for name in members], dtype=np.int64)
            inside &= position[dimension][money.codes[dimension]] >= 0
        kept = np.flatnonzero(inside)
        group = np.zeros(len(kept), dtype=np.int64)
        for dimension in each:
            group = group * len(chosen[dimension]) + position[dimension][money.codes[dimension][kept]]
        return group, kept


def evaluate(spending: Spending) -> pd.DataFrame:
    """Every keep row and rule row with its activity, limit and slack in £m; columns as in COLUMNS.

    Rows in which nothing is spent and nothing is asked are left out.
    """
    pieces = [
        *_keep_rows(spending),
        *(_rule_rows(spending, at, rule) for at, rule in records(spending.inputs.frame(schema.RULES))),
    ]
    if not pieces:
        return pd.DataFrame(columns=list(COLUMNS))
    # One frame at the end: a frame per rule takes longer than all else here.
    return pd.DataFrame({name: np.concatenate([piece[name] for piece in pieces]) for name in COLUMNS})


def place_key_residuals(spending: Spending) -> pd.DataFrame:
    """How far each service with a place key is from its fixed shares: a row per service, place and year, £m."""
    inputs = spending.inputs
    pieces = []
    for at, row in records(inputs.frame(schema.SERVICES)):
        if row["Place key"] is None:
            continue
        chosen = _everything(inputs) | {"service": (row["Service"],)}
        spent, _ = spending.by(chosen, ("place",))
        share = _key_share(spending, row["Place key"], chosen)
        residual = np.abs(spent - np.outer(share, spent.sum(axis=0)))
        cell = inputs.cell(schema.SERVICES, at, "Place key")
        pieces.append(pd.DataFrame({"service": row["Service"], "cell": cell, "residual": residual.ravel()}))
    columns = ["service", "cell", "residual"]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=columns)


def _key_share(spending: Spending, key: str, chosen: Chosen) -> Array:
    if key == BASELINE_KEY:
        return shares(spending.before(chosen, ("place",)))
    return shares(_need(spending.inputs, key))


def component_frame(spending: Spending) -> pd.DataFrame:
    """Per component, year and place: `amount` and `target` (£m), `weight` in the gap and `need_share`."""
    inputs = spending.inputs
    equity = inputs.frame(schema.PLACES)["Equity weight"].to_numpy(dtype=float)
    places, years = len(inputs.places), len(inputs.years)
    pieces = []
    for _, row in records(inputs.frame(schema.TARGET)):
        chosen = _everything(inputs) | {"service": row["Services"].members}
        spent, _ = spending.by(chosen, ("place",))
        need = shares(_need(inputs, row["Need measure"]))
        target = np.outer(need, _do_minimum(spending, chosen, ())[0])
        pieces.append(
            pd.DataFrame(
                {
                    "component": row["Component"],
                    "year": np.repeat(np.array(inputs.years, dtype=object), places),
                    "place": np.tile(np.array(inputs.places, dtype=object), years),
                    "amount": spent.T.ravel(),
                    "target": target.T.ravel(),
                    "weight": np.tile(gap_weights(need, equity), years),
                    "need_share": np.tile(need, years),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def gaps(components: pd.DataFrame) -> pd.DataFrame:
    """G per component and year, from a frame as `component_frame` gives it: index component, columns year."""
    counted = components[components["need_share"] > 0]
    ratio, weight = (counted["amount"] / counted["target"]).to_numpy(), counted["weight"].to_numpy()
    groups = counted.groupby(["component", "year"], sort=False)
    number = groups.ngroup().to_numpy()
    first = counted.drop_duplicates(["component", "year"])
    values = [gap(ratio[number == n], weight[number == n]) for n in range(len(first))]
    series = pd.Series(values, index=pd.MultiIndex.from_frame(first[["component", "year"]]))
    return series.unstack("year").reindex(list(dict.fromkeys(components["component"])))


def _rule_rows(spending: Spending, at: int, rule: Mapping[str, Any]) -> Rows:
    inputs = spending.inputs
    chosen: dict[str, Sequence[str]] = {d: rule[f"{d.capitalize()}s"].members for d in DIMENSIONS}
    each = tuple(rule["Each"])
    measure = MEASURE[rule["Measure"]]
    if measure.of is Of.COMPONENT and rule["Services"].blank:
        chosen["service"] = _component_row(inputs, rule["Of"].name)["Services"].members
    if measure.base is Base.ALL_SPENDING:
        activity, limit, count = _moved(spending, _times(spending, measure, rule["Value"], chosen, ()), chosen, each)
        each = ()
    else:
        activity, count = spending.by(chosen, each)
        limit, basis = _limit(spending, rule, chosen, each, activity)
        count = count + basis
    years = np.array([year in set(rule["Years"].members) for year in inputs.years])
    described = {
        "constraint": measure.name,
        "rule": rule["Rule"],
        "cell": inputs.cell(schema.RULES, at, "Value"),
        "strength": rule["Strength"],
        "weight": rule["Weight"],
        "kind": rule["Limit"],
        "component": "",
    }
    return _rows(inputs, (activity, limit, count), years, chosen, each, described)


def _limit(
    spending: Spending, rule: Mapping[str, Any], chosen: Chosen, each: tuple[str, ...], activity: Array
) -> tuple[Array, Array]:
    """The limit of each row in £m, and how many flows it is summed from: both of the shape of `activity`."""
    inputs, measure = spending.inputs, MEASURE[rule["Measure"]]
    times, none = _times(spending, measure, rule["Value"], chosen, each), np.zeros_like(activity)
    if measure.base is Base.MONEY:
        return none + times, none
    if measure.base is Base.YEAR_BEFORE:
        return np.column_stack([spending.before(chosen, each), activity[:, :-1]]) * times, none + 1.0
    if measure.base is Base.BASELINE:
        return none + times * spending.before(chosen, each)[:, None], none
    if measure.base is Base.DO_MINIMUM:
        return times * _do_minimum(spending, chosen, each), none
    if measure.base is Base.OTHER_SPENDING:
        basis, count = _other_spending(spending, rule, chosen, each)
        return times * basis, count
    if measure.base is Base.NEED:
        return none + times * _over_places(inputs, _need(inputs, rule["Of"].name)[:, None], chosen, each), none
    if measure.base is Base.FAIR_SHARE:
        component = _component_row(inputs, rule["Of"].name)
        everything = _everything(inputs) | {"service": component["Services"].members}
        total = _do_minimum(spending, everything, ())[0]
        target = np.outer(shares(_need(inputs, component["Need measure"])), total)
        return none + times * _over_places(inputs, target, chosen, each), none
    raise ValueError(f"no evaluation is known for the base {measure.base}")


def _times(spending: Spending, measure: Measure, value: float, chosen: Chosen, each: tuple[str, ...]) -> Array:
    """What a measure multiplies its base by, by year or by row and year: worked out here, not read from the record."""
    inputs = spending.inputs
    times = np.full(len(inputs.years), float(value))
    if measure.is_relative:
        times += 1
    if measure.pace is Pace.AVERAGE:
        times += inputs.growth
    if measure.pace is Pace.REACHABLE:
        times = times + growth_of_reachable_money(spending.reached, inputs, chosen, each)
    if measure.adds_uplift:
        uplift = [0.0 if pd.isna(each) else float(each) for each in inputs.frame(schema.YEARS)["Cost uplift"]]
        times *= [1 + each for each in uplift]
    return times


def _other_spending(
    spending: Spending, rule: Mapping[str, Any], chosen: Chosen, each: tuple[str, ...]
) -> tuple[Array, Array]:
    """What the Of selection spends: for each row that of its own members of the dimensions that Of does not name."""
    named = {dimension: selection.members for dimension, selection in rule["Of"].selections}
    kept = tuple(d for d in each if d not in named)
    basis, count = spending.by({**chosen, **named}, kept)
    member = _members(chosen, each, np.arange(_count(chosen, each)))
    own = np.zeros(_count(chosen, each), dtype=np.int64)
    for dimension in kept:
        own = own * len(chosen[dimension]) + member[dimension]
    return basis[own], count[own]


def _moved(spending: Spending, times: Array, chosen: Chosen, each: tuple[str, ...]) -> tuple[Array, Array, Array]:
    spent, count = spending.by(chosen, each)
    gained = np.maximum(spent - _do_minimum(spending, chosen, each), 0.0)
    gained, allowed, count = (a.sum(axis=0, keepdims=True) for a in (gained, spent * times, count * 2))
    return gained, allowed, count


def _keep_rows(spending: Spending) -> Iterator[Rows]:
    inputs = spending.inputs
    for heading, kind in (("Keep at least", "at least"), ("Keep at most", "at most")):
        for at, row in records(inputs.frame(schema.TARGET)):
            factor = float(row[heading])
            if not np.isfinite(factor) or (kind == "at least" and factor <= 0):
                continue
            chosen = _everything(inputs) | {"service": row["Services"].members}
            spent, count = spending.by(chosen, ())
            described = {
                "constraint": heading.lower(),
                "rule": f"{heading}: {row['Component']}",
                "cell": inputs.cell(schema.TARGET, at, heading),
                "strength": "should",
                "weight": 1.0,
                "kind": kind,
                "component": row["Component"],
            }
            limit = factor * _do_minimum(spending, chosen, ())
            yield _rows(inputs, (spent, limit, count), np.ones(len(inputs.years), dtype=bool), chosen, (), described)


def _rows(
    inputs: Inputs,
    figures: tuple[Array, Array, Array],
    years: Mask,
    chosen: Chosen,
    each: tuple[str, ...],
    described: Mapping[str, Any],
) -> Rows:
    """A row per combination and year in which something is spent or asked, with its labels."""
    activity, limit, count = figures
    group, year = np.nonzero(((activity != 0) | (limit != 0)) & years)
    member = _members(chosen, each, group)
    apart = activity[group, year] - limit[group, year]
    labelled = {
        dimension: np.array(chosen[dimension], dtype=object)[member[dimension]] if dimension in member else ""
        for dimension in DIMENSIONS
    }
    alike = {
        name: np.full(len(group), value, dtype=object if isinstance(value, str) else None)
        for name, value in {**described, **labelled}.items()
        if not isinstance(value, np.ndarray)
    }
    return {
        **{name: value for name, value in labelled.items() if isinstance(value, np.ndarray)},
        **alike,
        "year": np.array(inputs.years, dtype=object)[year],
        "activity": activity[group, year],
        "limit": limit[group, year],
        "flows": count[group, year],
        "slack": {"at least": apart, "at most": -apart, "exactly": -np.abs(apart)}[str(described["kind"])],
    }


def _do_minimum(spending: Spending, chosen: Chosen, each: tuple[str, ...]) -> Array:
    factor = spending.inputs.funding.sum(axis=0) / spending.baseline.amount.sum()
    return np.asarray(np.outer(spending.before(chosen, each), factor))


def _over_places(inputs: Inputs, by_place: Array, chosen: Chosen, each: tuple[str, ...]) -> Array:
    """A figure by place for each row: its own place's, or the sum over the chosen places."""
    position = [inputs.places.index(name) for name in chosen["place"]]
    if "place" not in each:
        return np.asarray(by_place[position].sum(axis=0, keepdims=True))
    own = _members(chosen, each, np.arange(_count(chosen, each)))["place"]
    return np.asarray(by_place[np.array(position)[own]])


def _need(inputs: Inputs, measure: str) -> Array:
    return need_by_place(inputs.frame(schema.NEEDS), measure, inputs.places)


def _component_row(inputs: Inputs, name: str) -> Mapping[str, Any]:
    return next(row for _, row in records(inputs.frame(schema.TARGET)) if row["Component"] == name)


def _everything(inputs: Inputs) -> dict[str, Sequence[str]]:
    return {dimension: inputs.members(dimension) for dimension in DIMENSIONS}


def _codes(labels: pd.Series[Any], members: Sequence[str]) -> Index:
    """The position of each label among the members; raises KeyError for one that is none of them."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        which, found = labels.cat.codes.to_numpy(), labels.cat.categories
    else:
        which, found = pd.factorize(labels)
    order = {name: n for n, name in enumerate(members)}
    return np.array([order[label] for label in found], dtype=np.int64)[which]


def _shape(chosen: Chosen, each: Sequence[str]) -> tuple[int, ...]:
    return tuple(len(chosen[d]) for d in each)


def _members(chosen: Chosen, each: Sequence[str], group: Index) -> dict[str, Index]:
    """For each combination, its member's position in each dimension."""
    return dict(zip(each, np.unravel_index(group, _shape(chosen, each)), strict=True)) if each else {}


def _count(chosen: Chosen, each: Sequence[str]) -> int:
    return prod(_shape(chosen, each))
