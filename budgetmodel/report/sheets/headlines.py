"""The sheets Headlines and Places compared: the figures of the Decision page, for every scenario."""

from __future__ import annotations

from math import nan

import pandas as pd

from budgetmodel.comparison.headline import minimum_name
from budgetmodel.report.material import Material
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.pages import ALLOCATED
from budgetmodel.report.sheets.table_columns import column, columns_of, heading

HEADLINES, PLACES_COMPARED = "Headlines", "Places compared"
"""The names of the sheets."""

CLOSED, INDEX, SHORTFALL = (heading("headlines", name) for name in ("gap_closed", "index", "shortfall"))
CONTRACTS, FEES, ONE_OFF = (heading("headlines", name) for name in ("contract_cost", "fees", "one_off"))
WORST, WORST_DISTANCE = (heading("headlines", name) for name in ("worst_place", "worst_distance"))
TODAY, LAST, FAIR = (heading("by_place", name) for name in ("today", "last_year", "fair_share"))
AWAY_BEFORE, AWAY_AFTER = (heading("by_place", name) for name in ("before", "after"))
GROWTH, REAL = (heading("by_place", name) for name in ("growth", "growth_real"))
BREAK_EVEN, COST_RISE, AGAINST = (heading("headlines", name) for name in ("break_even", "cost_rise", "against"))
ALL_YEARS, MINIMUM_ALL, LESS = (heading("by_place", name) for name in ("amount", "do_minimum", "less_against"))


def headlines_page(material: Material) -> Page:
    """A row per scenario, the do-minimum first: what the Decision page looks up."""
    frame = _with_minimum(material)
    columns = (
        *columns_of("headlines", frame, "scenario", "against", "regime", "year", "gap_closed", "index"),
        column("headlines", frame, "shortfall", "money"),
        PageColumn(heading("headlines", "nearest"), "text", ["yes" if own else "no" for own in frame["nearest"]]),
        *columns_of("headlines", frame, "component", "worst_place", "worst_distance"),
        *(column("headlines", frame, name, "money") for name in ("contract_cost", "fees", "one_off")),
        *(column("headlines", frame, name, "money") for name in ("contracts_saved", "fees_saved", "one_off_more")),
        column("headlines", frame, "released", "money", formula='=IF(O{r}="","",O{r}+P{r}-Q{r})'),
        column("headlines", frame, "break_even", "words", width=44.0),
        *columns_of("headlines", frame, "cost_rise", "places_more", "places_less"),
    )
    purpose = "The headline of every scenario against the first of its set; the first itself against the do-minimum."
    return Page(HEADLINES, purpose, columns, table="tblHeadlines", frozen=1)


def _with_minimum(material: Material) -> pd.DataFrame:
    """The table `headlines` with the do-minimum as its first row, which closes nothing and has no contracts."""
    frame = material.frames["headlines"]
    minimum = minimum_name(material.results, material.comparison)
    lines = material.found.lines if material.found is not None else {}
    reference = material.comparison.metrics
    own = reference[(reference["scenario"] == minimum) & (reference["metric"] == "index") & (reference["group"] == "")][
        "value"
    ]
    first = {name: "" if frame[name].dtype == "str" else nan for name in frame.columns}
    first |= {"scenario": minimum, "year": frame["year"].iloc[0], "index": float(own.iloc[0]) if len(own) else 100.0}
    any_gap = any(line.closed == line.closed for line in lines.values())
    first |= {"gap_closed": 0.0 if any_gap else nan, "nearest": False, "places_more": 0, "places_less": 0}
    return pd.concat([pd.DataFrame([first]), frame], ignore_index=True)


def places_compared_page(material: Material) -> Page:
    """A row per scenario and place: today, the last year, its fair share, growth, and the difference to another."""
    frame, allocation = material.frames["by_place"], material.page("Allocation")
    where = {"Scenario": "$A{r}", "Place": "$C{r}"}
    all_years = allocation.total_where(ALLOCATED, where) if allocation.rows else None
    last = allocation.total_where(ALLOCATED, where | {"Year": "$B{r}"}) if allocation.rows else None
    columns = (
        *columns_of("by_place", frame, "scenario", "year", "place", "against", "component"),
        column("by_place", frame, "today", "money"),
        column("by_place", frame, "last_year", "money", formula=last),
        column("by_place", frame, "growth", formula='=IF(F{r}=0,"",G{r}/F{r}-1)'),
        column("by_place", frame, "growth_real"),
        column("by_place", frame, "fair_share", "money"),
        *columns_of("by_place", frame, "before", "after"),
        column("by_place", frame, "amount", "money", formula=all_years),
        *(column("by_place", frame, name, "money") for name in ("do_minimum", "amount_against")),
        column("by_place", frame, "less_against", "money", formula="=M{r}-O{r}"),
    )
    purpose = "What each place gets under each scenario: today, last year, fair share, growth, and against another."
    note = "" if _has_real(frame) else "Growth is in cash only: a Cost uplift of Years is blank, so none is made up."
    return Page(PLACES_COMPARED, purpose, columns, note=note, table="tblPlacesCompared", frozen=3)


def _has_real(frame: pd.DataFrame) -> bool:
    return bool(frame["growth_real"].notna().any())
