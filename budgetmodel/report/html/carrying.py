"""The section of the report on what carries the answer: weights at work, and assumptions halved and doubled."""

from __future__ import annotations

import pandas as pd

from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, folded, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets.carrying import (
    EFFECTS_RULE,
    EFFECTS_TABLE,
    PULL_RULE,
    best_sentence,
    by_effect,
    closed_words,
    warnings,
)

ASSUMPTIONS_SHOWN = 10
"""Most assumptions that are listed of a scenario: those that move the index most."""


def carrying(material: ReportMaterial) -> Markup | None:
    """The pull of components in the first year with its warnings; effects of assumptions where they are solved for."""
    first = material.first
    if first is None:
        return None
    frame = material.of("pull", first.scenario)
    year = first.inputs.years[0]
    told = [*warnings(frame), best_sentence(material.comparison.metrics)]
    parts: list[Markup] = [element("p", PULL_RULE), *(element("p", sentence) for sentence in told if sentence)]
    headings = (
        Heading("Component"),
        Heading("Stated weight (%)", "percent"),
        Heading("Weight at work (%)", "percent"),
        Heading("Year's index for \u00a31m moved (points)", "index"),
        Heading("From"),
        Heading("To"),
        Heading("Its do-minimum (\u00a3m)", "money"),
    )
    names = ["component", "weight", "pull_share", "pull", "from_place", "to_place", "amount"]
    rows = [list(row) for row in frame.loc[frame["year"] == year, names].itertuples(index=False)]
    parts.append(folded(f"Weights at work in {year}", table(f"Weights at work, {year}", headings, rows)))
    effects = material.frames.get(EFFECTS_TABLE)
    if effects is not None and len(effects):
        parts += [element("p", EFFECTS_RULE), *(_effects(name, own) for name, own in _by_scenario(effects))]
    return join(parts)


def _by_scenario(effects: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), own) for name, own in by_effect(effects).groupby("scenario", sort=False)]


def _effects(name: str, own: pd.DataFrame) -> Markup:
    """One row per assumption: the index and costs at half and at double."""
    said = [closed_words(*ends) for ends in zip(own["closed_least"], own["closed_most"], strict=True)]
    wide = own.assign(closed=said).pivot(
        index=["kind", "name", "value", "status"], columns="factor", values=["closed", "index_change", "money_change"]
    )
    wide = wide.reindex(pd.MultiIndex.from_frame(own[["kind", "name", "value", "status"]].drop_duplicates()))
    rows: list[list[object]] = []
    factors = sorted(own["factor"].unique())
    for at, values in list(wide.iterrows())[:ASSUMPTIONS_SHOWN]:
        key = [str(part) for part in at] if isinstance(at, tuple) else [str(at)]
        figures = [values[column, factor] for factor in factors for column in _FIGURES]
        rows.append([f"{key[0]}: {key[1]}", *key[2:], *figures])
    times = [f"x {factor:g}" for factor in factors]
    headings = (
        Heading("Assumption"),
        Heading("Value"),
        Heading("Status"),
        *(
            Heading(f"{words} {each}{f' ({unit})' if unit else ''}", kind)
            for each in times
            for words, unit, kind in (("Gap", "", "text"), ("Index", "points", "index"), ("Costs", "\u00a3m", "money"))
        ),
    )
    return folded(f"{name}: the assumptions that move the answer most", table(f"Assumptions: {name}", headings, rows))


_FIGURES = ("closed", "index_change", "money_change")
