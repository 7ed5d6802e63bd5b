"""The sheets of what carries the answer: the pull of components, and assumptions halved and doubled."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from budgetmodel.comparison.headline_words import closes, percent
from budgetmodel.contract.units import pounds
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.table_columns import column, columns_of

PULL, EFFECTS = "Pull of components", "Assumption effects"
"""The names of the two sheets."""

EFFECTS_TABLE = "assumptions_effect"

PULL_RULE = (
    "£1m of the component's services is moved from its place most over its fair share (do-minimum) to the one most "
    "under. Weight at work is its part of what that does to all."
)
SMALLEST_COST = 0.05
"""£m: smaller changes of costs are not told in a sentence."""

EFFECTS_RULE = (
    "Each is halved and doubled with all others as they are, and solved again, exactly. Several allocations may have "
    "the lowest index: the share of the gap closed by the last year is the least and the most of them. A point of the "
    "index is 1% of the gap, all years together; costs are contracts, fees and one-off cost of all years."
)


def pull_page(frame: pd.DataFrame, metrics: pd.DataFrame) -> Page:
    """The weights at work beside the stated ones, with the lowest index that could be reached at all in the note.

    `metrics` are those of the comparison.
    """
    columns = (
        *columns_of("pull", frame, "scenario", "year", "component", "weight", "from_place", "to_place", "pull"),
        column("pull", frame, "pull_share"),
        column("pull", frame, "times", "mean", formula='=IF(H{r}="","",H{r}/D{r})'),
        *columns_of("pull", frame, "amount", "amount_share"),
        column("pull", frame, "warning", "words"),
    )
    purpose = "The weights that are really at work: what £1m moved does to each component, beside its stated weight."
    notes = (PULL_RULE, best_sentence(metrics))
    return Page(PULL, purpose, columns, note=" ".join(note for note in notes if note), table="tblPull", frozen=3)


def best_sentence(metrics: pd.DataFrame) -> str:
    """The lowest index that could be reached at all; blank where it is not known."""
    best = metrics.loc[(metrics["metric"] == "best_index") & (metrics["group"] == ""), "value"].dropna()
    if not len(best):
        return ""
    return f"The lowest index that one pot without any rule or contract cost could reach is {best.iloc[0]:.1f}."


def warnings(frame: pd.DataFrame) -> list[str]:
    """A sentence for each component that pulls many times its stated weight in the first year it does so."""
    marked = frame[frame["warning"] != ""].drop_duplicates("component")
    return [f"{row['warning']} ({row['year']})." for _, row in marked.iterrows()]


def effects_page(frame: pd.DataFrame) -> Page:
    """The assumptions of every scenario halved and doubled, those that move the index most first."""
    rows = by_effect(frame)
    names = ("scenario", "kind", "name", "value", "factor")
    columns = (
        *columns_of(EFFECTS_TABLE, rows, *names[:2]),
        column(EFFECTS_TABLE, rows, "name", "words"),
        column(EFFECTS_TABLE, rows, "value", "words"),
        column(EFFECTS_TABLE, rows, "factor", "mean"),
        *columns_of(EFFECTS_TABLE, rows, "closed_least", "closed_most", "index", "index_change"),
        column(EFFECTS_TABLE, rows, "money_change", "money"),
        column(EFFECTS_TABLE, rows, "outcome"),
        column(EFFECTS_TABLE, rows, "cell"),
        column(EFFECTS_TABLE, rows, "source", "words"),
        column(EFFECTS_TABLE, rows, "status"),
    )
    purpose = (
        "What the answer rests on: each assumption halved and doubled, and what that does to the gap closed, the index "
        "and costs."
    )
    return Page(EFFECTS, purpose, columns, note=EFFECTS_RULE, table="tblEffects", frozen=3)


def carrying_sentences(frame: pd.DataFrame | None, scenario: str, most: int) -> list[str]:
    """A sentence for each of the assumptions that move a scenario's answer most; none where none was solved."""
    if frame is None or not len(frame):
        return []
    rows = by_effect(frame[frame["scenario"] == scenario])
    by_name = rows.groupby(["kind", "name"], sort=False)
    return [_carried(str(kind), str(name), own) for (kind, name), own in list(by_name)[:most]]


def _carried(kind: str, name: str, own: pd.DataFrame) -> str:
    told = [f"{'half' if row['factor'] < 1 else 'double'} of it {_effect(row)}" for row in own.to_dict("records")]
    return f"{kind[:1].upper()}{kind[1:]}: {name} ({own['value'].iloc[0]}). {_sentence('; '.join(told))}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _effect(row: Mapping[Hashable, object]) -> str:
    """What a factor does, in words: the share of the gap closed, the index, and costs."""
    change, money = float(str(row["index_change"])), float(str(row["money_change"]))
    if np.isnan(change):
        return NO_FIGURE[str(row["outcome"])]
    costs = f", costs {pounds(abs(money))} {'more' if money > 0 else 'less'}" if abs(money) >= SMALLEST_COST else ""
    gap = closed_words(float(str(row["closed_least"])), float(str(row["closed_most"])))
    return f"{gap} (index {change:+.2f}{costs})"


NO_FIGURE = {"no answer": "leaves no answer", "not proved": "has no proved answer"}
"""What is said of a factor without a figure."""


def closed_words(least: float, most: float) -> str:
    """The share of the gap that is closed, where it has a range both ends.

    >>> closed_words(0.951, 0.954), closed_words(0.92, 0.96), closed_words(-0.2, -0.1)
    ('closes 95% of the gap', 'closes 92% to 96% of the gap', 'widens the gap by 10% to 20%')
    """
    low, high = percent(least), percent(most)
    if low == high:
        return closes(least, "").removesuffix(" by ")
    if most < 0 and high != "0%":
        return f"widens the gap by {percent(-most)} to {percent(-least)}"
    return f"closes {low} to {high} of the gap"


def by_effect(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each scenario, assumptions without an answer first, then by what they move the index, then costs."""
    lost = frame["outcome"].isin(["no answer", "not proved"]).to_numpy()
    size = np.where(lost, np.inf, frame["index_change"].abs().round(9).to_numpy(dtype=float))
    scenario = frame["scenario"].map({name: n for n, name in enumerate(dict.fromkeys(frame["scenario"]))})
    ranked = frame.assign(order=scenario, size=size, cost=frame["money_change"].abs())
    keys = ["scenario", "kind", "name"]
    ranked["size"] = ranked.groupby(keys, sort=False)["size"].transform("max")
    ranked["cost"] = ranked.groupby(keys, sort=False)["cost"].transform("max")
    ordered = ranked.sort_values(["order", "size", "cost"], ascending=[True, False, False], kind="stable")
    return ordered.drop(columns=["order", "size", "cost"]).reset_index(drop=True)


def carrying_pages(frames: Mapping[str, pd.DataFrame], metrics: pd.DataFrame) -> list[Page]:
    """The sheet of pulls, and that of assumptions where they were solved for."""
    pages = [pull_page(frames["pull"], metrics)]
    return [*pages, effects_page(frames[EFFECTS_TABLE])] if len(frames.get(EFFECTS_TABLE, ())) else pages
