"""The growth of the money that may reach the rows of a rule, worked out from the tables by label.

The independent side of `inputs.reachable_money`, which says what is computed: pots, homes, law and lines are read from
the sheets here, and joined as tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs

LINE = ["place", "service", "provider"]
POT_OF_ITS_OWN = "each"


@dataclass(frozen=True)
class Reached:
    """The lines of a budget, which of them each source may reach by year, and the money of sources.

    `by_year` has a frame with source, line and baseline for each year; `money` the Baseline that each source pays, and
    then its amount of each year, £m.
    """

    lines: pd.DataFrame
    by_year: tuple[pd.DataFrame, ...]
    money: tuple[pd.Series[float], ...]

    @classmethod
    def of(cls, inputs: Inputs) -> Reached:
        """Of a scenario's tables, under its regime."""
        lines = _lines(inputs)
        by_year = tuple(_reach(inputs, year, _pots(inputs, year), lines) for year in inputs.years)
        return cls(lines, by_year, (_paid(inputs, lines), *(_amounts(inputs, year) for year in inputs.years)))


def growth_of_reachable_money(
    reached: Reached, inputs: Inputs, chosen: Mapping[str, Sequence[str]], each: Sequence[str]
) -> Array:
    """By combination of the members of Each and by year: shape (combinations, years), a share."""
    lines = reached.lines
    rows = pd.MultiIndex.from_product([chosen[d] for d in each], names=list(each)) if each else None
    selected = lines[np.logical_and.reduce([lines[d].isin(chosen[d]) for d in LINE])]
    row = np.zeros(len(selected), dtype=np.int64) if rows is None else _position(rows, selected, each)
    growth = np.tile(inputs.growth, (1 if rows is None else len(rows), 1))
    count = len(growth)
    row_of = np.full(len(lines), -1, dtype=np.int64)
    row_of[selected["line"].to_numpy()] = row
    for number, (of_year, last, amount) in enumerate(
        zip(reached.by_year, reached.money[:-1], reached.money[1:], strict=True)
    ):
        source, names = pd.factorize(of_year["source"])
        place = row_of[of_year["line"].to_numpy()]
        baseline = np.where(place >= 0, of_year["baseline"].to_numpy(), 0.0)
        cells = np.bincount(source * count + np.maximum(place, 0), baseline, len(names) * count)
        part = cells.reshape(len(names), count)
        whole = np.bincount(source, of_year["baseline"].to_numpy(), len(names))
        part = np.divide(part, whole[:, None], out=np.zeros_like(part), where=whole[:, None] > 0)
        before, now = (money.reindex(names).fillna(0.0).to_numpy() @ part for money in (last, amount))
        known = before > 0
        growth[known, number] = now[known] / before[known] - 1
    return growth


def _position(rows: pd.MultiIndex, selected: pd.DataFrame, each: Sequence[str]) -> Array:
    return np.asarray(rows.get_indexer(pd.MultiIndex.from_frame(selected[list(each)])))


def _lines(inputs: Inputs) -> pd.DataFrame:
    """Every place, service and provider of Baseline and Provision, with its number and its Baseline in £m."""
    spent = inputs.frame(schema.BASELINE).rename(columns=str.lower)[[*LINE, "amount"]]
    supplied = [
        (place, service, provider, 0.0)
        for _, row in records(inputs.frame(schema.PROVISION))
        for place in row["Places"].members
        for service in row["Services"].members
        for provider in row["Providers"].members
    ]
    both = [tuple(line) for line in spent.itertuples(index=False)] + supplied
    frame = pd.DataFrame(both, columns=[*LINE, "baseline"]).astype({"baseline": float})
    return frame.groupby(LINE, as_index=False)[["baseline"]].sum().rename_axis("line").reset_index()


def _amounts(inputs: Inputs, year: str) -> pd.Series[float]:
    frame = inputs.frame(schema.FUNDING)
    return frame[frame["Year"] == year].set_index("Source")["Amount"].astype(float)


def _where(inputs: Inputs, kind: str, year: str) -> pd.DataFrame:
    """A row per source, place and service of its `Home` or `Lawful` columns in a year."""
    t = inputs.years.index(year)
    columns = [inputs.by_year(schema.SOURCES, f"{kind} {what}")[:, t] for what in ("places", "services")]
    found = [
        (source, place, service)
        for source, places, services in zip(inputs.sources, *columns, strict=True)
        for place in places.members
        for service in services.members
    ]
    return pd.DataFrame(found, columns=["source", "place", "service"])


def _paid(inputs: Inputs, lines: pd.DataFrame) -> pd.Series[float]:
    """What each source pays of the Baseline at home, £m: index source."""
    at_home = lines.merge(_where(inputs, "Home", inputs.years[0]), on=["place", "service"], validate="m:m")
    amount = at_home["source"].map(_amounts(inputs, inputs.years[0])).fillna(0.0)
    home = at_home.groupby("source")["baseline"].transform("sum")
    at_home["spread"] = (amount * at_home["baseline"] / home).where(home > 0, 0.0)
    total = at_home.groupby("line")["spread"].transform("sum")
    share = (at_home["spread"] / total).where(total > 0, 0.0)
    return at_home.assign(paid=share * at_home["baseline"]).groupby("source")["paid"].sum()


def _pots(inputs: Inputs, year: str) -> pd.Series[str]:
    """The pot of every source in a year under the scenario's regime."""
    regime = inputs.scenario_row(inputs.scenario)["Regime"]
    frame = inputs.frame(schema.REGIMES)
    pot: dict[str, str] = {}
    for _, row in records(frame[frame["Regime"] == regime]):
        if year in row["Years"].members:
            for source in row["Sources"].members:
                own = str(row["Pot"]).strip().casefold() == POT_OF_ITS_OWN
                pot.setdefault(source, f"of {source}" if own else f"pot {row['Pot']}")
    return pd.Series(pot, dtype=object)


def _reach(inputs: Inputs, year: str, pot: pd.Series[str], lines: pd.DataFrame) -> pd.DataFrame:
    """The lines that each source may reach in a year, with their Baseline: columns source, line and baseline.

    Its lawful places at which some source of its pot is at home, and its lawful services likewise.
    """
    law = _where(inputs, "Lawful", year).assign(pot=lambda frame: frame["source"].map(pot))
    home = _where(inputs, "Home", year).assign(pot=lambda frame: frame["source"].map(pot))
    for dimension in ("place", "service"):
        law = law.merge(home[["pot", dimension]].drop_duplicates(), on=["pot", dimension], validate="m:1")
    reached = law.merge(lines[["place", "service", "line", "baseline"]], on=["place", "service"], validate="m:m")
    return reached[["source", "line", "baseline"]]
