"""What each place gets under the scenario of the Dashboard less that which the Decision page compares with."""

from __future__ import annotations

from collections.abc import Mapping

from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard.blocks import DashboardLayout, DashboardTable, table
from budgetmodel.report.dashboard.decision_workings import BASE
from budgetmodel.report.page import Page
from budgetmodel.report.sheets import headlines as data

HEADING = "Money of the scenario shown, less the scenario that the Decision page compares with, all years"
OWN, MINIMUM, OTHER, GAP = "Shown (£m)", "Today's share (£m)", "Compared with (£m)", "More or less (£m)"
LAST, GROWTH = "Last year (£m)", "Growth, cash (%)"
"""The headings of the table."""


def against(layout: DashboardLayout, row: int, pages: Mapping[str, Page], scenario: str, base: str) -> DashboardTable:
    """A row per place, beside the growth of its own money: less than another scenario gives is no fall."""
    page, minimum = pages[data.PLACES_COMPARED], pages[data.HEADLINES].cell("Scenario", 0)
    places = list(dict.fromkeys(page.values("Place")))
    figures = {
        heading: dict(zip(zip(page.values("Scenario"), page.values("Place"), strict=True), values, strict=True))
        for heading in (data.ALL_YEARS, data.MINIMUM_ALL, data.TODAY, data.LAST)
        for values in (page.values(heading),)
    }
    headings = {"Place": 0, "Today (£m)": 1, LAST: 2, GROWTH: 3, OWN: 4, MINIMUM: 5, OTHER: 6, GAP: 7}
    rows = []
    for n, place in enumerate(places):
        r = row + 2 + n
        shown = {"Scenario": chart_tables.SCENARIO, "Place": f"$A{r}"}
        today, last, own, least = (
            float(figures[heading].get((scenario, place), 0.0))
            for heading in (data.TODAY, data.LAST, data.ALL_YEARS, data.MINIMUM_ALL)
        )
        other = float(figures[data.ALL_YEARS].get((base, place), 0.0))
        has_minimum = base not in set(page.values("Scenario"))
        rows.append(
            [
                (place, "text", None),
                (today, "money", page.total_where(data.TODAY, shown)),
                (last, "money", page.total_where(data.LAST, shown)),
                (last / today - 1 if today else "", "percent", f'=IF(B{r}=0,"",C{r}/B{r}-1)'),
                (own, "money", page.total_where(data.ALL_YEARS, shown)),
                (least, "money", page.total_where(data.MINIMUM_ALL, shown)),
                (other, "money", page.total_where(data.ALL_YEARS, {"Scenario": BASE, "Place": f"$A{r}"})),
                (own - (least if has_minimum else other), "money", f"=E{r}-IF({BASE}={minimum},F{r},G{r})"),
            ]
        )
    return table(layout, row, headings, rows)
