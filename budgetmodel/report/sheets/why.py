"""The sheets that explain each place's allocation: the steps as a table, and a paragraph per place."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.contract.frames import below
from budgetmodel.contract.tables import records
from budgetmodel.explain.waterfall import ALL_YEARS, Waterfall
from budgetmodel.explain.words import paragraphs, step_label
from budgetmodel.report.page import FIRST_ROW, Page, PageColumn
from budgetmodel.report.sheets.pages import ALLOCATED
from budgetmodel.report.sheets.table_columns import column, columns_of, heading

STEP_LIMIT = 20_000
"""Most rows of the sheet; with more it shows only all years together."""

TOGETHER = "All years"
"""The text on the sheets for the blank year of the frame: no criterion of SUMIFS matches a blank cell."""

STEP_AMOUNT = heading("waterfall", "amount")


def waterfall_frame(waterfalls: Mapping[str, Waterfall]) -> pd.DataFrame:
    """The steps of all scenarios, as in waterfall.csv."""
    return below("waterfall", [why.steps for why in waterfalls.values()])


def steps_page(frame: pd.DataFrame) -> Page:
    """Every step of every place, by year and in all; the sum after each step is a formula."""
    shown, note = frame, ""
    if len(frame) > STEP_LIMIT:
        shown = frame[frame["year"] == ALL_YEARS].iloc[:STEP_LIMIT]
        note = f"{len(frame):,} rows: shown are all years together; every year is in waterfall.csv."
    labels = [step_label(str(row["kind"]), str(row["rule"])) for _, row in records(shown)]
    rows = range(FIRST_ROW + 1, FIRST_ROW + 1 + len(shown))
    after = [f"=G{r}" if step == 0 else f"=H{r - 1}+G{r}" for r, step in zip(rows, shown["step"], strict=True)]
    columns = (
        column("waterfall", shown, "scenario"),
        PageColumn("Year", "text", [year or TOGETHER for year in shown["year"]]),
        *columns_of("waterfall", shown, "place", "step"),
        PageColumn("What", "words", labels),
        column("waterfall", shown, "cell", "words"),
        column("waterfall", shown, "amount"),
        column("waterfall", shown, "after", formula=after),
    )
    purpose = (
        "From what each place would get with average growth (the do-minimum) to what it gets. A rule's step is the "
        "allocation less the one without that rule; what causes do only together is the overlap and the interaction."
    )
    return Page("Why steps", purpose, columns, note=note, table="tblWhySteps", frozen=3)


def words_page(waterfalls: Mapping[str, Waterfall], steps: Page, allocation: Page) -> Page:
    """A paragraph per scenario and place, with the check that its steps sum to its allocation."""
    texts = [(name, place, text) for name, why in waterfalls.items() for place, text in paragraphs(why).items()]
    ends = pd.concat([why.steps for why in waterfalls.values()])
    totals = ends[ends["year"] == ALL_YEARS].groupby(["scenario", "place"])["amount"].sum()
    amounts = [float(totals[name, place]) for name, place, _ in texts]
    of_place = {"Scenario": "$A{r}", "Place": "$B{r}"}
    live = allocation.rows > 0
    columns = (
        PageColumn("Scenario", "text", [name for name, _, _ in texts]),
        PageColumn("Place", "text", [place for _, place, _ in texts]),
        PageColumn("Why", "words", [text for _, _, text in texts], width=100.0),
        PageColumn(ALLOCATED, "money3", amounts, allocation.total_where(ALLOCATED, of_place) if live else None),
        PageColumn(
            "Sum of its steps (£m)",
            "money3",
            amounts,
            steps.total_where(STEP_AMOUNT, {**of_place, "Year": f'"{TOGETHER}"'}),
        ),
        PageColumn("Difference (£m)", "money3", [0.0] * len(texts), "=ROUND(D{r}-E{r},6)"),
    )
    purpose = "Why each place gets what it gets, all years together, in words made of the figures of Why steps."
    return Page("Why", purpose, columns, table="tblWhy", frozen=2)
