"""The sheets of success measures, and the sentences about them: for the board, and for a place."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.contract.units import pounds
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.narrative_sheet import Paragraph
from budgetmodel.report.sheets.pages import FLOW_LIMIT
from budgetmodel.report.sheets.table_columns import column, columns_of, heading
from budgetmodel.results import Result

INDICATORS, BY_PLACE = "Indicators", "Indicators by place"
"""The names of the two sheets."""

TABLE, PLACES_TABLE, GROUPS_TABLE = "success_measures", "indicators", "indicator_groups"

NO_EFFECT = "Figures of their own time, beside the money: no effect of the allocation on them is claimed."

LINES = 3
"""Indicators of which the board's page speaks."""

LISTED = 4
"""Most indicators of which a place's sheet speaks."""


def indicator_pages(frames: Mapping[str, pd.DataFrame]) -> list[Page]:
    """The sheets Indicators and Indicators by place."""
    return [indicators_page(frames[TABLE]), by_place_page(frames[PLACES_TABLE], frames[GROUPS_TABLE])]


def indicators_page(frame: pd.DataFrame) -> Page:
    """A row per indicator: all places against the benchmark, the slope by deprivation, and the money linked to it."""
    shared = [name for name in frame.columns if name not in ("scenario", "amount")]
    rows = frame[shared].drop_duplicates(ignore_index=True)
    key = rows.assign(row=rows.index)
    at = frame.merge(key, on=shared, how="left", validate="m:1")["row"]
    money, named = [], heading(TABLE, "amount").removesuffix(" (\u00a3m)")
    for scenario in dict.fromkeys(frame["scenario"]):
        own = frame.loc[frame["scenario"] == scenario, "amount"].set_axis(at[frame["scenario"] == scenario])
        title = f"{named}: {scenario} (\u00a3m)"
        money.append(PageColumn(title, "money", own.reindex(rows.index).tolist()))
    columns = (
        column(TABLE, rows, "indicator"),
        *columns_of(TABLE, rows, "period", "unit", "better"),
        *(column(TABLE, rows, name, "mean") for name in ("mean", "benchmark")),
        column(TABLE, rows, "worse", "count"),
        *columns_of(TABLE, rows, "worst_place", "best_place"),
        column(TABLE, rows, "slope_index", "mean"),
        column(TABLE, rows, "since"),
        column(TABLE, rows, "trend", "mean"),
        column(TABLE, rows, "breaks", "words"),
        column(TABLE, rows, "component"),
        column(TABLE, rows, "before", "money"),
        *money,
        column(TABLE, rows, "method", "words"),
    )
    purpose = (
        "Success measures of the system: the last figures against their benchmark, by deprivation, and the money that "
        "is linked to them."
    )
    note = (
        f"{NO_EFFECT} Figures are in the row's unit. The slope index is the least deprived end less the most deprived, "
        "by the line through the places."
    )
    return Page(INDICATORS, purpose, columns, note=note, table="tblIndicators", frozen=1)


def by_place_page(places: pd.DataFrame, groups: pd.DataFrame) -> Page:
    """A row per indicator, place and period, the most deprived place first, then a row per group of places."""
    own = places.drop(columns=["scenario", "latest"]).drop_duplicates(ignore_index=True)
    order = own.assign(first=own["indicator"].map({name: n for n, name in enumerate(own["indicator"].unique())}))
    order = order.sort_values(["first", "deprivation"], ascending=[True, False], kind="stable", na_position="last")
    rows = order.drop(columns="first").assign(by="place")
    more = groups.drop(columns=["scenario", "places"]).drop_duplicates(ignore_index=True)
    rows = pd.concat([rows, more.assign(by="group", place=more["group"])], ignore_index=True)
    note = NO_EFFECT
    if len(rows) > FLOW_LIMIT:
        note, rows = f"{note} All {len(rows):,} rows are in {PLACES_TABLE}.csv.", rows.iloc[:0]
    texts = ["unit", "better", "side", "broken", "group"]
    rows = rows.assign(**{name: rows[name].fillna("") for name in texts})
    columns = (
        column(PLACES_TABLE, rows, "indicator"),
        PageColumn("By", "text", rows["by"].tolist()),
        PageColumn("Place or group", "text", rows["place"].tolist()),
        *columns_of(PLACES_TABLE, rows, "group"),
        column(PLACES_TABLE, rows, "deprivation", "mean"),
        *columns_of(PLACES_TABLE, rows, "period", "unit", "better"),
        *(column(PLACES_TABLE, rows, name, "mean") for name in ("value", "benchmark", "gap")),
        column(PLACES_TABLE, rows, "side"),
        column(PLACES_TABLE, rows, "change", "mean"),
        column(PLACES_TABLE, rows, "broken", "words"),
    )
    purpose = "Success measures place by place, the most deprived first, and by group of places (means by people)."
    return Page(BY_PLACE, purpose, columns, note=note, table="tblIndicatorsByPlace", frozen=3)


def indicator_lines(result: Result, most: int = LINES) -> tuple[str, ...]:
    """Sentences about at most so many indicators, for the board's page: of every component's first, then of others.

    None where the workbook has no indicators. Print NO_EFFECT beside them.
    """
    frame = result.frames[TABLE]
    first = frame[(frame["component"] != "") & ~frame["component"].duplicated()]
    chosen = [*first.index, *frame.index.difference(first.index, sort=False)][:most]
    return tuple(_line(frame.loc[n], result.inputs.years[-1]) for n in chosen)


def _line(row: pd.Series, year: str) -> str:
    words = f"{row['indicator']} ({row['period']}): "
    level = f"{figure(row['mean'], row['unit'])} over all places" if pd.notna(row["mean"]) else ""
    if pd.notna(row["benchmark"]):
        against = f"the benchmark is {figure(row['benchmark'], row['unit'])}"
        worse = f"{row['worse']:.0f} of {row['places']} places are worse"
        words += "; ".join(part for part in (level, against, worse) if part)
    else:
        span = f"from {figure(row['worst'], row['unit'])} ({row['worst_place']}) to "
        words += "; ".join(
            part for part in (level, f"{span}{figure(row['best'], row['unit'])} ({row['best_place']})") if part
        )
    if pd.notna(row["slope_index"]):
        more = "higher" if row["slope_index"] > 0 else "lower"
        words += f"; {abs(row['slope_index']):.1f} {more} at the least deprived end than at the most deprived"
    if pd.notna(row["amount"]):
        words += f". Money for '{row['component']}': {pounds(row['before'])} before, {pounds(row['amount'])} in {year}"
    return f"{words}."


def figure(value: float, unit: str) -> str:
    """A figure with its unit.

    >>> figure(25.04, "%"), figure(79.5, "years")
    ('25.0%', '79.5 years')
    """
    return f"{value:,.1f}%" if unit in ("%", "per cent", "percent") else f"{value:,.1f} {unit}".rstrip()


def place_paragraphs(result: Result, place: str) -> list[Paragraph]:
    """The success measures of a place against their benchmark and the other places; none without indicators."""
    frame = result.frames[PLACES_TABLE]
    latest = frame[frame["latest"]]
    own = latest[latest["place"] == place]
    if own.empty:
        return []
    linked = result.frames[TABLE].set_index("indicator")["component"]
    ordered = own.assign(linked=own["indicator"].map(linked) != "").sort_values(
        "linked", ascending=False, kind="stable"
    )
    shown = ordered[:LISTED]
    components = shown["indicator"].map(linked).tolist()
    last = {component: n for n, component in enumerate(components)}  # its money is told once, after all of its measures
    sentences = [
        _of_place(row, latest[latest["indicator"] == row["indicator"]])
        + (_money(result, place, components[n]) if last[components[n]] == n else "")
        for n, (_, row) in enumerate(shown.iterrows())
    ]
    where = _standing(result, place, own.iloc[0])
    more = f"The sheet {BY_PLACE} has all {len(own)}." if len(own) > LISTED else ""
    return [
        Paragraph("Success measures beside the money", tuple(s for s in (*where, *sentences, more, NO_EFFECT) if s))
    ]


def _of_place(row: pd.Series, others: pd.DataFrame) -> str:
    words = f"{row['indicator']} ({row['period']}): {figure(row['value'], row['unit'])}"
    if row["side"] in ("better", "worse"):
        words += f", {abs(row['gap']):.1f} {row['side']} than its benchmark of {figure(row['benchmark'], row['unit'])}"
    elif row["side"]:
        words += ", as its benchmark"
    higher = others["value"] > row["value"]
    lower = others["value"] < row["value"]
    worse = int((lower if row["better"] == "higher" else higher).sum())
    rest = len(others) - 1
    if rest == 1:
        return f"{words}; the other place is {'worse' if worse else 'not worse'}."
    return (
        f"{words}; {worse} of the other {rest} places {'is' if worse == 1 else 'are'} worse." if rest else f"{words}."
    )


def _money(result: Result, place: str, component: str) -> str:
    """What the place gets for a component in the last year; blank without one."""
    frame, year = result.frames["places"], result.inputs.years[-1]
    own = frame[(frame["place"] == place) & (frame["component"] == component) & (frame["year"] == year)]
    return f" It gets {pounds(own['amount'].iloc[0])} for '{component}' in {year}." if len(own) else ""


def _standing(result: Result, place: str, row: pd.Series) -> list[str]:
    """The place's deprivation among all places, and its group."""
    scores = result.frames[PLACES_TABLE].drop_duplicates("place").set_index("place")["deprivation"].dropna()
    if place not in scores:
        return []
    rank = int((scores > scores[place]).sum()) + 1
    group = f", in the group {row['group']}" if row["group"] else ""
    return [f"It is number {rank} of {len(scores)} places by deprivation (1 is the most deprived){group}."]
