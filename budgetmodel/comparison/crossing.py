"""What a scenario needs to move across organisations, and over which wall most of it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.units import PENNY_DECIMALS, pounds
from budgetmodel.inputs.reach import crosses, holder_homes, holders
from budgetmodel.results import Result

NAMED = 2
"""Organisations at home that a sentence names; more are counted."""


LEVEL = 0.01
"""Scenarios are level in what crosses where they differ by less than this share of the most."""


@dataclass(frozen=True)
class Wall:
    """The wall over which most money goes: from a holder to where only others are at home, £m in all years.

    `amount` goes over it; `most` of that is for one service in one place.
    """

    holder: str
    homes: tuple[str, ...]
    amount: float
    service: str
    place: str
    most: float


def needed(result: Result) -> tuple[float, Wall] | None:
    """The money that crosses organisations in a scenario, £m in all years, with its largest wall; None for none.

    Stage 5 makes it the least that the allocation needs, so that every part of it is there for a reason.
    """
    over = _crossing(result)
    if not len(over):
        return None
    (holder, homes), amount = _largest(over, ["holder", "homes"])
    inside = over[(over["holder"] == holder) & (over["homes"] == homes)]
    (service, place), most = _largest(inside, ["service", "place"])
    return float(over["amount"].sum()), Wall(holder, homes, amount, service, place, most)


def foremost(results: Mapping[str, Result]) -> str:
    """The scenario in which most money needs to cross organisations; empty where none does.

    Those that are within LEVEL of the most are level, and the first of them is meant.
    """
    crossing = {name: result.metric("crossing_organisations") for name, result in results.items()}
    most = max(crossing.values(), default=0.0)
    return next((name for name, value in crossing.items() if value >= (1 - LEVEL) * most), "") if most > 0 else ""


def crossing_sentence(result: Result) -> str:
    """What the scenario needs to move across organisations, and over which wall most of it goes, in a sentence or two.

    Empty where nothing crosses.
    """
    found = needed(result)
    if found is None:
        return ""
    total, wall = found
    years = result.inputs.years
    when = f"over {len(years)} years" if len(years) > 1 else f"in {years[0]}"
    some = "" if round(wall.most, 1) == round(wall.amount, 1) else f", {pounds(wall.most)} of it"
    return (
        f"{result.scenario} needs {pounds(total)} to cross organisations {when}; with less its allocation cannot be "
        f"paid for. Most over one wall is {pounds(wall.amount)} of {wall.holder}'s money where {_at_home(wall)} at home"
        f"{some}: {wall.service} in {wall.place}."
    )


def crossing_line(result: Result) -> str:
    """The money and its largest wall in a few words, names last; empty where nothing crosses."""
    found = needed(result)
    if found is None:
        return ""
    total, wall = found
    others = f" +{len(wall.homes) - 1}" if len(wall.homes) > 1 else ""
    home = wall.homes[0] if wall.homes else "where nobody is at home"
    return f"{result.scenario} {pounds(total)}: {pounds(wall.amount)} {wall.holder} to {home}{others}"


def _at_home(wall: Wall) -> str:
    if not wall.homes:
        return "nobody is"
    named = list(wall.homes[:NAMED])
    if len(wall.homes) > NAMED:
        named.append(f"{len(wall.homes) - NAMED} more")
    return f"only {named[0]} is" if len(named) == 1 else f"only {', '.join(named[:-1])} and {named[-1]} are"


def _crossing(result: Result) -> pd.DataFrame:
    """The flows that cross organisations: `holder`, `homes` (who is at home there), `service`, `place`, `amount`."""
    structure, flows = result.answer.structure, result.frames["flows"]
    inputs, may = structure.inputs, structure.reach
    at = {
        d: pd.Index(inputs.members(d)).get_indexer(pd.Index(flows[d])) for d in ("year", "source", "place", "service")
    }
    names, holder_of = holders(inputs), inputs.by_year(schema.SOURCES, "Holder")
    away, homes = np.zeros(len(flows), dtype=bool), np.empty(len(flows), dtype=object)
    for year in range(len(inputs.years)):
        own = np.flatnonzero(at["year"] == year)
        away[own] = crosses(inputs, may, year)[tuple(at[d][own] for d in ("source", "place", "service"))]
        at_home = np.stack(list(holder_homes(inputs, may, year).values()))
        for row in own[away[own]]:
            there = np.flatnonzero(at_home[:, at["place"][row], at["service"][row]])
            homes[row] = tuple(names[k] for k in there)
    outside = np.flatnonzero(away)
    over = flows.iloc[outside]
    return pd.DataFrame(
        {
            "holder": holder_of[at["source"][outside], at["year"][outside]],
            "homes": list(homes[outside]),
            "service": over["service"].to_numpy(dtype=object),
            "place": over["place"].to_numpy(dtype=object),
            "amount": over["amount"].to_numpy(dtype=float),
        }
    )


def _largest(over: pd.DataFrame, by: list[str]) -> tuple[Any, float]:
    """The labels of the group with most money, and its amount, £m; of equal ones the first by name."""
    sums = over.groupby(by, sort=True)["amount"].sum().round(PENNY_DECIMALS)
    at = int(sums.to_numpy(dtype=float).argmax())
    return sums.index[at], float(sums.iloc[at])
