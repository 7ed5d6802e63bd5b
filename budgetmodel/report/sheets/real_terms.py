"""The sheets of real terms: growth and savings, and the places' services that shrink; rows of them for a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from budgetmodel.metrics.real_terms import BOTH, CASH_ONLY
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.narrative_sheet import SCENARIO_CELL, TITLE_CELL, YearRow
from budgetmodel.report.sheets.pages import FLOW_LIMIT
from budgetmodel.report.sheets.place_background import Background
from budgetmodel.report.sheets.table_columns import column, columns_of, heading

REAL_TERMS, SHRINKING = "Real terms", "Shrinking services"
"""The names of the two sheets."""

TABLE = "real_terms"
WHOLE_PLAN = "Whole plan"
"""The text on the sheets for the blank year of the frame: the last year against the Baseline."""

NO_EFFICIENCY = "no efficiency"
"""What stands in place of a figure after efficiency where the sheet Years has none."""

RULE = (
    "A saving is the activity of the year before at the year's prices, less the money given; a plan's is the sum of "
    "its years. Money that moves with patients looks like one where it leaves."
)
UNGIVEN = "Years has no Cost uplift for every year: 'cash only'."


def real_terms_pages(frames: Mapping[str, pd.DataFrame]) -> list[Page]:
    """The sheet Real terms, and the list of shrinking services where there are any."""
    pages = [real_terms_page(frames[TABLE])]
    return [*pages, shrinking_page(frames["shrinking"])] if len(frames["shrinking"]) else pages


def real_terms_page(frame: pd.DataFrame) -> Page:
    """Growth of everybody's money in cash, after uplift and after uplift less efficiency; the saving to be found."""
    more = ""
    if len(frame) > FLOW_LIMIT:
        more = f" Only the whole plan is listed; all {len(frame):,} rows are in {TABLE}.csv."
        frame = frame[frame["year"] == ""]
    frame = frame.assign(year=frame["year"].replace("", WHOLE_PLAN))
    real = '=IF(G{r}="","",(1+G{r})/(1+H{r})-1)'
    net = '=IF(G{r}="","",(1+G{r})/(1+I{r})-1)'
    columns = (
        *columns_of(TABLE, frame, "scenario", "by", "member", "year", "before", "amount"),
        column(TABLE, frame, "growth", formula='=IF(E{r}=0,"",F{r}/E{r}-1)'),
        *(column(TABLE, frame, name, "percent2") for name in ("uplift", "net_uplift")),
        _after(frame, "real_growth", "uplift", real),
        _after(frame, "net_growth", "net_uplift", net),
        *columns_of(TABLE, frame, "cost", "saving", "by_efficiency"),
        column(TABLE, frame, "beyond_efficiency", formula='=IF(N{r}="","",M{r}-N{r})'),
        column(TABLE, frame, "basis"),
    )
    ungiven = f" {UNGIVEN}" if (frame["basis"] == CASH_ONLY).any() else ""
    purpose = (
        "Whether money grows by more than prices: growth in cash, after cost uplift, and after uplift less efficiency; "
        "and the saving that each provider and place must find."
    )
    return Page(REAL_TERMS, purpose, columns, note=f"{RULE}{ungiven}{more}", table="tblRealTerms", frozen=3)


def _after(frame: pd.DataFrame, name: str, needs: str, formula: str) -> PageColumn:
    """A growth after prices: a formula, or the words that say why there is none."""
    given = frame[needs].notna().tolist()
    why = [CASH_ONLY if basis == CASH_ONLY else NO_EFFICIENCY for basis in frame["basis"]]
    values = [value if yes else word for value, yes, word in zip(frame[name], given, why, strict=True)]
    rows = range(6, 6 + len(values))
    formulas = [formula.format(r=row) if yes else None for row, yes in zip(rows, given, strict=True)]
    return PageColumn(heading(TABLE, name), "percent", values, formulas)


def shrinking_page(frame: pd.DataFrame) -> Page:
    """The places' services whose last year buys less than their Baseline, the largest sum first."""
    more = ""
    if len(frame) > FLOW_LIMIT:
        more, frame = f"All {len(frame):,} rows are in shrinking.csv.", frame.iloc[:0]
    columns = (
        *columns_of("shrinking", frame, "scenario", "place", "service", "baseline", "amount"),
        column("shrinking", frame, "growth", formula='=IF(D{r}=0,"",E{r}/D{r}-1)'),
        *columns_of("shrinking", frame, "real_growth", "short", "years"),
    )
    purpose = (
        "Places' services that have less in the last year than their Baseline with the cost uplift of all years; "
        "against prices, not against need."
    )
    return Page(SHRINKING, purpose, columns, note=more, table="tblShrinking", frozen=3)


def real_rows(background: Background, place: str) -> list[YearRow]:
    """The rows of a place's sheet: growth on the year before after uplift, and after efficiency; the saving.

    One row in words where the sheet Years gives no Cost uplift.
    """
    frame = background.material.frame(background.result.scenario, TABLE)
    own = frame[(frame["by"] == "place") & (frame["member"] == place)].set_index("year")
    years = [*background.years, ""]
    shown = {
        "growth": ("Growth on the year before, cash (%)", "percent"),
        "real_growth": ("The same after cost uplift (%)", "percent"),
        "net_growth": ("After uplift less efficiency (%)", "percent"),
        "saving": ("Saving to find (\u00a3m)", "money"),
    }
    rows = []
    for name, (figure, kind) in shown.items():
        values = tuple(None if pd.isna(value) else float(value) for value in own.loc[years, name])
        if any(value is not None for value in values):
            formulas = _live(background, name, values)
            rows.append(YearRow("In real terms", _what(own["basis"].tolist()), figure, kind, values, formulas))
    return rows


def _what(basis: Sequence[str]) -> str:
    return "All services" if all(each == BOTH for each in basis) else f"All services, {min(basis)}"


def _live(background: Background, name: str, values: Sequence[float | None]) -> tuple[str | None, ...]:
    """The formulas that look a row's figures up on the sheet Real terms; None for a figure that is missing."""
    page = background.material.page(REAL_TERMS)
    listed = set(page.values(heading(TABLE, "year")))
    by = {"Scenario": SCENARIO_CELL, "By": '"place"', "Whose": TITLE_CELL}
    year_cells = [*("{year}" for _ in background.years), f'"{WHOLE_PLAN}"']
    names = [*background.years, WHOLE_PLAN]
    return tuple(
        page.total_where(heading(TABLE, name), {**by, "Year": cell}) if value is not None and year in listed else None
        for value, cell, year in zip(values, year_cells, names, strict=True)
    )
