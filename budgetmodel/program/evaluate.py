"""What an allocation does to every rule, place key and component: computed from the tables, never from the program.

This is the independent side of the certificate: it reads the Budget and a frame of flows, groups and adds up by
label, and shares no code with the blocks that built the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel import schema
from budgetmodel.budget import Budget
from budgetmodel.inequality import gap, gap_weights
from budgetmodel.need import need_by_place, shares
from budgetmodel.schema import BASELINE_KEY
from budgetmodel.tables import records

SPENDING = ("place", "service", "provider")
DIMENSIONS = ("source", *SPENDING)
COLUMNS = (
    "constraint", "rule", "cell", "year", "source", "place", "service", "provider", "component",
    "strength", "weight", "kind", "activity", "limit", "slack", "flows",
)  # fmt: skip
"""A row of an evaluation: `slack` is negative by the shortfall; `flows` counts the flows behind both sides."""


@dataclass(frozen=True)
class Spending:
    """Flows and Baseline of one budget, ready to be selected from: labels in `place`, `service`, ..., £m in `amount`."""

    budget: Budget
    flows: pd.DataFrame
    baseline: pd.DataFrame

    @classmethod
    def of(cls, budget: Budget, flows: pd.DataFrame) -> Spending:
        """From a frame with `year`, `source`, `place`, `service`, `provider` and `amount` (£m)."""
        baseline = budget.frame(schema.BASELINE).rename(columns=str.lower)[[*SPENDING, "amount"]]
        return cls(budget, flows, baseline)

    def by(self, chosen: Mapping[str, Sequence[str]], each: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What the selection spends, and its number of flows: a row per combination of Each members, a column per year."""
        picked = self.flows[_inside(self.flows, chosen, DIMENSIONS)]
        return self._wide(picked, chosen, each, "sum"), self._wide(picked, chosen, each, "size")

    def before(self, chosen: Mapping[str, Sequence[str]], each: Sequence[str]) -> pd.Series[float]:
        """The Baseline of the selection, by combination of Each members."""
        picked = self.baseline[_inside(self.baseline, chosen, SPENDING)]
        rows = _combinations(chosen, each)
        if not each:
            return pd.Series([picked["amount"].sum()], index=rows)
        sums = picked.groupby(list(each), observed=True)["amount"].sum()
        sums.index = pd.MultiIndex.from_tuples(_tuples(sums.index), names=list(each)) if len(sums) else rows[:0]
        return sums.reindex(rows, fill_value=0.0)

    def _wide(
        self, picked: pd.DataFrame, chosen: Mapping[str, Sequence[str]], each: Sequence[str], how: str
    ) -> pd.DataFrame:
        rows = _combinations(chosen, each)
        years = list(self.budget.years)
        grouped = picked.groupby([*each, "year"], observed=True)["amount"]
        values = grouped.sum() if how == "sum" else grouped.size()
        if not len(values):
            return pd.DataFrame(0.0, index=rows, columns=years)
        wide = values.unstack("year") if each else values.to_frame().T
        wide.index = pd.MultiIndex.from_tuples(_tuples(wide.index) if each else [("",)], names=rows.names)
        return wide.reindex(index=rows, columns=years).fillna(0.0).astype(float)


def evaluate(budget: Budget, flows: pd.DataFrame) -> pd.DataFrame:
    """Every keep row and rule row with its activity, limit and slack in £m; columns as in COLUMNS.

    Rows that no flow reaches and that hold at zero are left out.
    """
    spending = Spending.of(budget, flows)
    pieces = [
        _keep_rows(spending),
        *(_rule_rows(spending, at, rule) for at, rule in records(budget.frame(schema.RULES))),
    ]
    return pd.concat([piece[list(COLUMNS)] for piece in pieces], ignore_index=True)


def place_key_residuals(budget: Budget, flows: pd.DataFrame) -> pd.DataFrame:
    """How far each service with a place key is from its fixed shares: a row per service, place and year, £m."""
    spending = Spending.of(budget, flows)
    pieces = []
    for at, row in records(budget.frame(schema.SERVICES)):
        if row["Place key"] is None:
            continue
        chosen = _everything(budget) | {"service": (row["Service"],)}
        spent, _ = spending.by(chosen, ("place",))
        share = _key_share(spending, row, chosen)
        due = pd.DataFrame(np.outer(share, spent.sum(axis=0)), index=spent.index, columns=spent.columns)
        residual = (spent - due).abs().stack().rename("residual").reset_index()
        residual.columns = ["place", "year", "residual"]
        pieces.append(residual.assign(service=row["Service"], cell=budget.cell(schema.SERVICES, at, "Place key")))
    columns = ["place", "year", "residual", "service", "cell"]
    return pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)


def _key_share(spending: Spending, row: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]) -> np.ndarray[Any, Any]:
    if row["Place key"] == BASELINE_KEY:
        return shares(spending.before(chosen, ("place",)).to_numpy(dtype=float))
    budget = spending.budget
    return shares(need_by_place(budget.frame(schema.NEEDS), row["Place key"], budget.places))


def component_frame(budget: Budget, flows: pd.DataFrame) -> pd.DataFrame:
    """Per component, place and year: `amount` and `target` (£m), `weight` in the gap and `need_share`."""
    spending = Spending.of(budget, flows)
    equity = budget.frame(schema.PLACES)["Equity weight"].to_numpy(dtype=float)
    pieces = []
    for _, row in records(budget.frame(schema.TARGET)):
        chosen = _everything(budget) | {"service": row["Services"].members}
        spent, _ = spending.by(chosen, ("place",))
        need = shares(need_by_place(budget.frame(schema.NEEDS), row["Need measure"], budget.places))
        total = _do_minimum_total(spending, chosen)
        weight = gap_weights(need, equity)
        for t, year in enumerate(budget.years):
            pieces.append(
                pd.DataFrame(
                    {
                        "component": row["Component"],
                        "year": year,
                        "place": list(budget.places),
                        "amount": spent[year].to_numpy(),
                        "target": need * total[t],
                        "weight": weight,
                        "need_share": need,
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True)


def gaps(components: pd.DataFrame) -> pd.DataFrame:
    """G per component and year, from a frame as `component_frame` gives it: index component, columns year."""
    counted = components[components["need_share"] > 0]
    values = {
        key: gap((group["amount"] / group["target"]).to_numpy(), group["weight"].to_numpy())
        for key, group in counted.groupby(["component", "year"], sort=False)
    }
    series = pd.Series(values)
    series.index = pd.MultiIndex.from_tuples(list(values), names=["component", "year"])
    return series.unstack("year").reindex(list(dict.fromkeys(components["component"])))


def _rule_rows(spending: Spending, at: int, rule: Mapping[str, Any]) -> pd.DataFrame:
    budget = spending.budget
    chosen = {d: rule[f"{d.capitalize()}s"].members for d in DIMENSIONS}
    each = tuple(rule["Each"])
    measure = rule["Measure"]
    if measure == "fair share" and rule["Services"].blank:
        chosen["service"] = _component_row(budget, rule["Of"].name)["Services"].members
    if measure == "moved":
        activity, limit, count = _moved(spending, rule, chosen, each)
        each = ()
    else:
        activity, count = spending.by(chosen, each)
        limit, basis = _limit(spending, rule, chosen, each, activity)
        count = count + basis
    years = [year for year in budget.years if year in set(rule["Years"].members)]
    frame = _long(activity[years], limit[years], count[years], each)
    sign = {"at least": 1.0, "at most": -1.0}.get(rule["Limit"])
    apart = frame["activity"] - frame["limit"]
    frame["slack"] = -apart.abs() if sign is None else sign * apart
    vacuous = (frame["activity"] == 0) & (frame["limit"] == 0)
    return _described(
        frame[~vacuous],
        constraint=measure,
        rule=rule["Rule"],
        cell=budget.cell(schema.RULES, at, "Value"),
        strength=rule["Strength"],
        weight=rule["Weight"],
        kind=rule["Limit"],
    )


def _limit(
    spending: Spending,
    rule: Mapping[str, Any],
    chosen: Mapping[str, Sequence[str]],
    each: tuple[str, ...],
    activity: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The limit of each row in £m, and how many flows stand behind it."""
    budget, value = spending.budget, rule["Value"]
    none = activity * 0.0
    measure = rule["Measure"]
    if measure == "amount":
        return none + value, none
    if measure in ("growth", "relative growth"):
        factor = 1 + value + (budget.growth if measure == "relative growth" else np.zeros(len(budget.years)))
        earlier = activity.shift(1, axis=1)
        earlier[budget.years[0]] = spending.before(chosen, each)
        return earlier * factor, none + 1.0
    if measure == "change":
        return none.add(spending.before(chosen, each), axis=0) * (1 + value), none
    if measure == "do-minimum":
        return _do_minimum(spending, chosen, each) * (1 + value), none
    if measure == "share":
        return _share_limit(spending, rule, chosen, each, none)
    if measure == "per head":
        need = pd.Series(need_by_place(budget.frame(schema.NEEDS), rule["Of"].name, budget.places), index=budget.places)
        by_place = pd.DataFrame({year: need for year in budget.years})
        return _places_sum(by_place, chosen, each, none) * value, none
    component = _component_row(budget, rule["Of"].name)
    need_share = shares(need_by_place(budget.frame(schema.NEEDS), component["Need measure"], budget.places))
    total = _do_minimum_total(spending, _everything(budget) | {"service": component["Services"].members})
    target = pd.DataFrame(np.outer(need_share, total), index=budget.places, columns=budget.years)
    return _places_sum(target, chosen, each, none) * (1 + value), none


def _share_limit(
    spending: Spending,
    rule: Mapping[str, Any],
    chosen: Mapping[str, Sequence[str]],
    each: tuple[str, ...],
    none: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    named = {dimension: selection.members for dimension, selection in rule["Of"].selections}
    kept = tuple(d for d in each if d not in named)
    basis, count = spending.by({**chosen, **named}, kept)
    if kept == each:
        return basis * rule["Value"], count
    keys = [tuple(key[each.index(d)] for d in kept) if kept else ("",) for key in _tuples(none.index)]
    spread = pd.MultiIndex.from_tuples(keys, names=basis.index.names)
    limit, counts = basis.reindex(spread), count.reindex(spread)
    limit.index = counts.index = none.index
    return limit * rule["Value"], counts


def _moved(
    spending: Spending, rule: Mapping[str, Any], chosen: Mapping[str, Sequence[str]], each: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    spent, count = spending.by(chosen, each)
    gained = (spent - _do_minimum(spending, chosen, each)).clip(lower=0.0)
    whole = _combinations(chosen, ())
    rows = [pd.DataFrame([frame.sum(axis=0)], index=whole) for frame in (gained, spent * rule["Value"], count * 2)]
    return rows[0], rows[1], rows[2]


def _keep_rows(spending: Spending) -> pd.DataFrame:
    budget = spending.budget
    pieces = []
    for constraint, heading, kind in (
        ("keep at least", "Keep at least", "at least"),
        ("keep at most", "Keep at most", "at most"),
    ):
        for at, row in records(budget.frame(schema.TARGET)):
            factor = float(row[heading])
            if not np.isfinite(factor) or (kind == "at least" and factor <= 0):
                continue
            chosen = _everything(budget) | {"service": row["Services"].members}
            spent, count = spending.by(chosen, ())
            limit = spent * 0.0 + _do_minimum_total(spending, chosen) * factor
            frame = _long(spent, limit, count, ())
            apart = frame["activity"] - frame["limit"]
            frame["slack"] = apart if kind == "at least" else -apart
            described = _described(
                frame,
                constraint=constraint,
                rule=f"{heading}: {row['Component']}",
                cell=budget.cell(schema.TARGET, at, heading),
                strength="should",
                weight=1.0,
                kind=kind,
                component=row["Component"],
            )
            pieces.append(described)
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(COLUMNS))


def _long(activity: pd.DataFrame, limit: pd.DataFrame, count: pd.DataFrame, each: tuple[str, ...]) -> pd.DataFrame:
    """A row per combination and year, with the members of each dimension in columns."""
    years = len(activity.columns)
    frame = pd.DataFrame(
        {
            "year": np.tile(np.array(activity.columns, dtype=object), len(activity)),
            "activity": activity.to_numpy(dtype=float).ravel(),
            "limit": limit.to_numpy(dtype=float).ravel(),
            "flows": count.to_numpy(dtype=float).ravel(),
        }
    )
    for level, dimension in enumerate(each):
        frame[dimension] = np.repeat(np.array(activity.index.get_level_values(level), dtype=object), years)
    return frame


def _described(frame: pd.DataFrame, **labels: object) -> pd.DataFrame:
    blank = {name: "" for name in ("source", "place", "service", "provider", "component") if name not in frame}
    return frame.assign(**{**blank, **labels})


def _do_minimum(spending: Spending, chosen: Mapping[str, Sequence[str]], each: tuple[str, ...]) -> pd.DataFrame:
    factor = spending.budget.funding.sum(axis=0) / spending.baseline["amount"].sum()
    before = spending.before(chosen, each)
    return pd.DataFrame(np.outer(before.to_numpy(), factor), index=before.index, columns=list(spending.budget.years))


def _do_minimum_total(spending: Spending, chosen: Mapping[str, Sequence[str]]) -> np.ndarray[Any, Any]:
    return _do_minimum(spending, chosen, ()).to_numpy()[0]


def _places_sum(
    by_place: pd.DataFrame, chosen: Mapping[str, Sequence[str]], each: tuple[str, ...], none: pd.DataFrame
) -> pd.DataFrame:
    if "place" in each:
        own = by_place.loc[list(none.index.get_level_values(each.index("place")))]
        return pd.DataFrame(own.to_numpy(dtype=float), index=none.index, columns=none.columns)
    return none + by_place.loc[list(chosen["place"])].sum(axis=0).to_numpy(dtype=float)


def _component_row(budget: Budget, name: str) -> Mapping[str, Any]:
    return next(row for _, row in records(budget.frame(schema.TARGET)) if row["Component"] == name)


def _everything(budget: Budget) -> dict[str, Sequence[str]]:
    return {dimension: budget.members(dimension) for dimension in DIMENSIONS}


def _inside(frame: pd.DataFrame, chosen: Mapping[str, Sequence[str]], dimensions: Iterable[str]) -> pd.Series[bool]:
    inside = pd.Series(True, index=frame.index)
    for dimension in dimensions:
        inside &= frame[dimension].isin(chosen[dimension])
    return inside


def _combinations(chosen: Mapping[str, Sequence[str]], each: Sequence[str]) -> pd.MultiIndex:
    if not each:
        return pd.MultiIndex.from_tuples([("",)], names=["all"])
    return pd.MultiIndex.from_product([list(chosen[d]) for d in each], names=list(each))


def _tuples(index: pd.Index[Any]) -> list[tuple[Any, ...]]:
    return [key if isinstance(key, tuple) else (key,) for key in index]
