"""Targets of areas and distances from them: what a share of need is worth in money.

target of an area = its share of the weighted population x the quantum; distance = money / target - 1. Source: NHS
England, technical guide to allocation formulae and convergence; verified on the published allocations of 2025/26.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.schema import fold
from budgetmodel.inputs.convergence import distance
from budgetmodel.knowledge.facts import facts
from budgetmodel.needs.columns import REGISTERED, fields
from budgetmodel.needs.places import Need

Stream = Literal["core", "primary medical"]
OVERALL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "core": ("core_overall", ("general_acute", "community", "mental_health", "maternity", "prescribing")),
    "primary medical": ("primary_medical_overall", ("primary_medical_need",)),
}
"""The published overall weighted population of a stream, and the needs that it is made of."""

HEALTH_INEQUALITIES = "health_inequalities"
WEIGHTS = (0.0, 0.10, 0.15)
"""The weights of health inequalities that are compared."""

PER_HEAD = 1e6
"""£ in £m."""


@dataclass(frozen=True)
class Block:
    """A part of the money with its own need: £m, weights of components (sum 1), and columns of cost indices."""

    amount: float
    weights: Mapping[str, float]
    cost_indices: tuple[str, ...] = ()


def national_target(
    areas: pd.DataFrame, blocks: Sequence[Block], *, health_inequalities: float = 0.10
) -> pd.Series[float]:
    """Target of every row, £m; all rows together get the blocks' amounts.

    target_i = sum over blocks of amount x ((1 - h) H + h AM)_i x cost indices_i / the same summed over all rows, where
    H = sum of weight x component and AM is the column `health_inequalities` (avoidable mortality). `areas` has a row
    for each area or practice of the whole (England), components as weighted populations, cost indices (MFF, EACA) as
    ratios. Raises ValueError where a column is missing or has blanks, or weights do not sum to 1.
    """
    _weight(health_inequalities)
    needed = [name for block in blocks for name in (*block.weights, *block.cost_indices)]
    for name in dict.fromkeys([*needed, HEALTH_INEQUALITIES]):
        if name not in areas:
            raise ValueError(f"The areas have no column '{name}'. {near(name, map(str, areas.columns))}")
        if not np.isfinite(areas[name].to_numpy(dtype=float)).all():
            raise ValueError(f"The column '{name}' has blanks or cells that are no number.")
    total = np.zeros(len(areas))
    for block in blocks:
        if abs(sum(block.weights.values()) - 1) > 1e-6:
            raise ValueError(f"The weights of a block sum to {sum(block.weights.values()):g}, not to 1.")
        need = _mixed(areas, block.weights)
        people = (1 - health_inequalities) * need + health_inequalities * areas[HEALTH_INEQUALITIES].to_numpy(float)
        for name in block.cost_indices:
            people = people * areas[name].to_numpy(dtype=float)
        total += block.amount * people / people.sum()
    return pd.Series(total, index=areas.index, name="target")


def targets(
    areas: Need | pd.DataFrame,
    quantum: float,
    *,
    stream: Stream = "core",
    health_inequalities: float | None = None,
    mix: Mapping[str, float] | None = None,
    cost: Mapping[str, float] | None = None,
    baseline: Mapping[str, float] | None = None,
    closing: Mapping[str, float] | None = None,
    closing_quantum: float | None = None,
    residents: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Targets of areas of one whole that shares `quantum` (£m), and distances from them; a row per area.

    `areas` is what `need` gives, or a frame with the columns `place` and the fields of a practice file (registered,
    general_acute, ..., core_overall). `health_inequalities` is the weight of avoidable mortality: blank = that of the
    published formula (10% core, 15% primary medical), with which the published overall weighted population is used as
    it is. Another weight mixes the components by `mix` (blank = the table `knowledge/need_mix.csv`) and keeps what the
    published overall population holds besides, its cost factor; `cost` (place -> factor) goes in its place.
    `baseline` and `closing` are money by place, £m, for opening and closing distance; the closing target is the same
    share of `closing_quantum` (blank = the sum of `closing`). `residents` gives £ per resident head.

    Columns: place, registered, resident, population (weighted), share, target, baseline, opening_distance, closing,
    closing_target, closing_distance, per_registered, per_resident. Money is £m, £ per head of the target.
    """
    frame = _areas(areas)
    people = _population(frame, stream, health_inequalities, mix, cost)
    share = people / people.sum()
    found = pd.DataFrame({"place": frame.index, "registered": frame[REGISTERED].to_numpy(dtype=float)})
    found["resident"] = _by_place(residents, frame, "residents")
    found["population"], found["share"], found["target"] = people, share, quantum * share
    found["baseline"] = _by_place(baseline, frame, "baseline")
    found["opening_distance"] = distance(found["baseline"], found["target"])
    found["closing"] = _by_place(closing, frame, "closing")
    later = closing_quantum if closing_quantum is not None else float(found["closing"].sum(min_count=1))
    found["closing_target"] = later * share
    found["closing_distance"] = distance(found["closing"], found["closing_target"])
    for head in ("registered", "resident"):
        found[f"per_{head}"] = PER_HEAD * found["target"] / found[head].where(found[head] > 0)
    return found


def targets_by_weight(
    areas: Need | pd.DataFrame,
    quantum: float,
    *,
    weights: Sequence[float] = WEIGHTS,
    stream: Stream = "core",
    mix: Mapping[str, float] | None = None,
    cost: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """What each place gains or loses as the health-inequalities weight goes from one of `weights` to the next.

    Columns: place, health_inequalities, target (£m), change (£m, from the weight before; the first has none), share.
    The changes of one weight sum to 0.
    """
    pieces, before = [], None
    for weight in weights:
        one = targets(areas, quantum, stream=stream, health_inequalities=weight, mix=mix, cost=cost)
        one = one.assign(health_inequalities=weight, change=np.nan if before is None else one["target"] - before)
        before = one["target"]
        pieces.append(one[["place", "health_inequalities", "target", "change", "share"]])
    return pd.concat(pieces, ignore_index=True)


def targets_by_geography(before: Need, after: Need, quantum: float, *, stream: Stream = "core") -> pd.DataFrame:
    """What moves when the same practices are grouped otherwise, such as by council instead of sub-ICB location.

    A row for each pair of a place before and a place after that have practices in common: before, after, practices,
    registered, amount (£m of `quantum` that those practices' need is worth), same (whether these two are each other's
    largest part). The gain of a place is what comes in less what leaves: sum of `amount` by `after` less by `before`,
    over the rows that are not the same. Raises BadCommand where the two have no practices in common.
    """
    overall = OVERALL[_stream(stream)][0]
    one = before.practices[["practice_code", "place", REGISTERED, overall]].rename(columns={"place": "before"})
    two = after.practices[["practice_code", "place"]].rename(columns={"place": "after"})
    both = one.merge(two, on="practice_code", validate="one_to_one")
    both = both[(both["before"] != "") & (both["after"] != "")]
    if both.empty:
        raise BadCommand("The two groupings have no practices in common.")
    both["amount"] = quantum * both[overall] / both[overall].sum()
    keys = ["before", "after"]
    moved = both.groupby(keys, as_index=False).agg(
        practices=("practice_code", "size"), registered=(REGISTERED, "sum"), amount=("amount", "sum")
    )
    largest = [moved["amount"] == moved.groupby(key)["amount"].transform("max") for key in keys]
    return moved.assign(same=largest[0] & largest[1])


def _areas(areas: Need | pd.DataFrame) -> pd.DataFrame:
    """A row per place, a column per field."""
    if isinstance(areas, Need):
        inside = areas.practices[areas.practices["place"] != ""]
        return inside.drop(columns="practice_code").groupby("place").sum()
    if "place" not in areas:
        raise BadCommand("The frame of areas has no column 'place'.")
    if areas["place"].duplicated().any():
        raise BadCommand(f"A place stands twice: '{areas['place'][areas['place'].duplicated()].iloc[0]}'.")
    if REGISTERED not in areas:
        raise BadCommand(f"The frame of areas has no column '{REGISTERED}'.")
    return areas.set_index("place")


def _population(
    frame: pd.DataFrame,
    stream: str,
    health_inequalities: float | None,
    mix: Mapping[str, float] | None,
    cost: Mapping[str, float] | None,
) -> Array:
    """The weighted population of each place: as published, or mixed anew."""
    overall, parts = OVERALL[_stream(stream)]
    if health_inequalities is None and mix is None and cost is None:
        _have(frame, (overall,))
        return frame[overall].to_numpy(dtype=float)
    known = [row for row in facts("need_mix") if row["field"] in parts]
    usual = float(known[0][HEALTH_INEQUALITIES])
    weight = _weight(usual if health_inequalities is None else health_inequalities)
    weights = dict(mix) if mix is not None else {row["field"]: float(row["weight"]) for row in known}
    _have(frame, (*weights, HEALTH_INEQUALITIES))
    if not sum(weights.values()) > 0:
        raise BadCommand("The weights of the mix sum to nothing.")
    scaled = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    need, avoidable = _mixed(frame, scaled), frame[HEALTH_INEQUALITIES].to_numpy(dtype=float)
    if cost is not None:
        factor = _by_place(cost, frame, "cost").to_numpy()
        if np.isnan(factor).any():
            lacking = ", ".join(map(str, frame.index[np.isnan(factor)]))
            raise BadCommand(f"These places have no cost index: {lacking}.")
    elif overall in frame:  # what the published population holds besides its components
        usually = (1 - usual) * need + usual * avoidable
        factor = np.divide(frame[overall].to_numpy(float), usually, out=np.ones(len(frame)), where=usually > 0)
    else:
        factor = np.ones(len(frame))
    return np.asarray(factor * ((1 - weight) * need + weight * avoidable))


def _mixed(frame: pd.DataFrame, weights: Mapping[str, float]) -> Array:
    return np.asarray(sum(weight * frame[name].to_numpy(dtype=float) for name, weight in weights.items()))


def _have(frame: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [fields()[name].label if name in fields() else name for name in names if name not in frame]
    if missing:
        raise BadCommand(f"The practice file has no {', '.join(missing)}; choose another stream, or give a mix.")


def _stream(name: str) -> str:
    if name not in OVERALL:
        raise BadCommand(f"There is no stream '{name}'. {near(name, OVERALL)}")
    return name


def _weight(weight: float) -> float:
    if not 0 <= weight <= 1:
        raise BadCommand(f"The health-inequalities weight is {weight:g}; it is a share from 0 to 1 (10% is 0.1).")
    return weight


def _by_place(given: Mapping[str, float] | None, frame: pd.DataFrame, what: str) -> pd.Series[float]:
    """Figures in the order of the places, NaN where none is given; a place that is none is refused."""
    values = {fold(str(place)): float(value) for place, value in (given or {}).items()}
    known = {fold(str(place)) for place in frame.index}
    strange = [str(place) for place in (given or {}) if fold(str(place)) not in known]
    if strange:
        raise BadCommand(f"'{strange[0]}' in {what} is no place here. {near(strange[0], map(str, frame.index))}")
    return pd.Series([values.get(fold(str(place)), float("nan")) for place in frame.index], dtype=float)
