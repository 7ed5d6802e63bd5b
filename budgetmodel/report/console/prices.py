"""An explanation as lines for the console: headroom first, prices, freedom and weights; plain text, 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from budgetmodel.contract.objectives import USUAL, Objective, of_row, units
from budgetmodel.contract.tables import records
from budgetmodel.explain.exchange import sentence as exchanged
from budgetmodel.explain.frontier import sentence
from budgetmodel.report.console.assumptions import assumption_lines
from budgetmodel.report.console.line import WIDTH, console_line

if TYPE_CHECKING:
    from budgetmodel.explain.explanation import Explanation

SHOWN = 12
"""Most prices that are listed; the rest is counted."""

ENDING = 3
"""Number of prices that are named as those that end first."""

LEAST_FREEDOM = 0.001
"""£m: places that could move by less are not listed."""


def explanation_lines(explained: Explanation) -> list[str]:
    """All parts of an explanation, headroom first."""
    blocks = []
    if "headroom" in explained.frames:
        blocks.append(headroom_lines(explained.headroom, explained.first))
    if "frontier" in explained.frames and len(explained.frontier):
        blocks.append(frontier_lines(explained.frontier))
    if "exchange" in explained.frames and (words := exchanged(explained.exchange)):
        blocks.append(_wrapped(words))
    if "prices" in explained.frames:
        blocks.append(price_lines(explained.prices, explained.objective))
    if "freedom" in explained.frames:
        blocks.append(freedom_lines(explained.freedom, explained.objective))
    if "weights" in explained.frames:
        blocks.append(weight_lines(explained.weights))
    if "assumptions_effect" in explained.frames and len(explained.assumptions_effect):
        blocks.append(assumption_lines(explained.assumptions_effect))
    return [line for block in blocks for line in [*block, ""]][:-1]


def headroom_lines(frame: pd.DataFrame, first: Sequence[str] = ()) -> list[str]:
    """Average growth less guaranteed floor (shares); `first` are sentences on why nothing can converge."""
    lines = [line for text in first for line in _wrapped(f"NOTHING CAN CONVERGE. {text}")]
    known = frame.dropna(subset=["headroom"])
    if known.empty:
        return [*lines, "Headroom: no floor guarantees a place its growth, so none stands in the way."]
    lines.append("Headroom: average growth less the growth that floors guarantee")
    lines.append(f"{'Year':<8} {'Growth':>7} {'Floor':>7} {'Room':>7}  Furthest from its share: years at this pace")
    for year, rows in known.groupby("year", sort=False):
        tightest = rows.iloc[int(rows["headroom"].to_numpy(dtype=float).argmin())]
        figures = " ".join(f"{float(tightest[name]):>+7.1%}" for name in ("average_growth", "floor", "headroom"))
        lines.append(f"{year:<8} {figures}  {_furthest(rows)}")
    return [console_line(line) for line in lines]


def frontier_lines(frame: pd.DataFrame) -> list[str]:
    """What plans that give up points of index spare, and the sentence about two points."""
    lines = ["Fairness against change: plans that change least, so many points above best"]
    lines.append("Points  Index  Always at floor, ceiling   Moved £m  Largest real fall, rise")
    for _, row in records(frame.dropna(subset=["index"])):
        held = f"{int(row['always_at_floor']):>15} {int(row['always_at_ceiling']):>9}"
        extremes = [row[name] for name in ("largest_fall", "largest_rise")]
        growth = " ".join(f"{growth:+.1%}" for growth in extremes if not pd.isna(growth))
        lines.append(f"{row['tolerance']:>6g} {row['index']:>6.1f} {held} {row['moved']:>10,.1f}  {growth}")
    words = sentence(frame)
    return [console_line(line) for line in [*lines, *(_wrapped(words) if words else [])]]


def _furthest(rows: pd.DataFrame) -> str:
    known = rows.dropna(subset=["distance"])
    if known.empty:
        return ""
    row = known.iloc[int(known["distance"].abs().to_numpy(dtype=float).argmax())]
    years = float(row["years_to_target"])
    return f"{row['place']} {float(row['distance']):+.1%}: {'never' if np.isinf(years) else f'{years:.1f}'}"


def price_lines(frame: pd.DataFrame, objective: Objective = USUAL) -> list[str]:
    """The price of one step of each figure, the largest first; the prices that end first; why a price is harmful."""
    priced = frame[frame["rank"].notna()].sort_values("rank")
    if priced.empty:
        return _wrapped(f"Prices: none; a step of any rule or source leaves the {objective.noun} as it is.")
    lines = _wrapped(f"Prices: what one step of a figure does to the {objective.noun} (minus is fairer)")
    for _, row in records(priced.iloc[:SHOWN]):
        lines += _wrapped(f"{int(row['rank'])}. {row['cell']} {_named(row)}: {row['words']}")
    if len(priced) > SHOWN:
        lines.append(f"... and {len(priced) - SHOWN} more")
    ending = "; ".join(_named(row) for _, row in records(priced.sort_values("ends").iloc[:ENDING]))
    lines += _wrapped(f"These end first: {ending}.")
    harmful = priced[priced["why"].fillna("") != ""]
    for _, row in records(harmful.iloc[:1]):
        lines += _wrapped(f"Why more of {_named(row)} raises the {objective.noun}: {row['why']}")
    return [console_line(line) for line in lines]


def _named(row: dict[str, object]) -> str:
    return f"{row['name']} {row['year']}".strip()


def freedom_lines(frame: pd.DataFrame, objective: Objective = USUAL) -> list[str]:
    """The range of each place's allocation (£m), all years together, at the same shortfall and objective."""
    together = frame[frame["year"] == ""]
    width = together["most"] - together["least"]
    free = together.loc[width[width >= LEAST_FREEDOM].sort_values(ascending=False, kind="stable").index]
    if free.empty:
        return _wrapped(f"Freedom: none; at this shortfall and {objective.noun} every place gets what it gets.")
    lines = _wrapped(f"Freedom: what places could get at the same shortfall and {objective.noun}, all years (£m)")
    lines.append(f"{'Place':<30} {'Least':>14} {'Gets':>14} {'Most':>14}")
    for _, row in records(free):
        figures = " ".join(f"{float(row[name]):14,.3f}" for name in ("least", "amount", "most"))
        lines.append(f"{str(row['place'])[:30]:<30} {figures}")
    if len(free) < len(together):
        lines.append(f"The other {len(together) - len(free)} cannot move by £1,000.")
    return [console_line(line) for line in lines]


def weight_lines(frame: pd.DataFrame) -> list[str]:
    """The objective of every scenario, and whether its rank changes, with each component's weight changed."""
    noun = units(of_row(row) for _, row in records(frame)).noun
    lines = _wrapped(f"Weights: the {noun}, and the rank among the scenarios, with a component's weight")
    lines.append("changed and all solved again")
    for scenario, rows in frame.groupby("scenario", sort=False):
        own, *changed = [row for _, row in records(rows)]
        rank = int(str(own["rank"]))
        lines += _wrapped(f"{scenario}: {of_row(own).noun} {_value(own)}, rank {rank}")
        for component in dict.fromkeys(str(row["component"]) for row in changed):
            values = ", ".join(_weighed(row, rank) for row in changed if row["component"] == component)
            lines += _wrapped(f"{component}: {values}")
    return [console_line(line) for line in lines]


def _weighed(row: dict[str, object], rank: int) -> str:
    moved = f" (rank {row['rank']})" if row["rank"] != rank else ""
    return f"{float(str(row['factor'])) - 1:+.0%} {_value(row)}{moved}"


def _value(row: dict[str, object]) -> str:
    objective = of_row(row)
    return objective.told(float(str(row[objective.metric])), 2)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDTH, subsequent_indent="    ", break_long_words=True)
