"""Money in and money out by year, as live formulas: the sheet Money."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.pages import AMOUNT
from budgetmodel.results import Result

HALF_PENNY = 0.5 / PENCE_PER_MILLION
"""£m: the tolerance of sums, less than a penny."""

DUE, SPENT = "To be spent (£m)", "Spent (£m)"
FUNDING, INTO, COSTS, OUT = "Funding (£m)", "Carried in (£m)", "Contract costs (£m)", "Carried out (£m)"


def money_page(results: Mapping[str, Result], flows: Page) -> Page:
    """Sources and uses of money by scenario and year."""
    rows = pd.concat([_year_money(result) for result in results.values()], ignore_index=True)
    live = flows.total_where(AMOUNT, {"Scenario": "$A{r}", "Year": "$B{r}"}) if flows.rows else None
    due = rows["funding"] + rows["into"] - rows["cost"] - rows["out"]
    columns = (
        PageColumn("Scenario", "text", rows["scenario"].tolist()),
        PageColumn("Year", "text", rows["year"].tolist()),
        PageColumn(FUNDING, "money3", rows["funding"].tolist()),
        PageColumn(INTO, "money3", rows["into"].tolist()),
        PageColumn(COSTS, "money3", rows["cost"].tolist()),
        PageColumn(OUT, "money3", rows["out"].tolist()),
        PageColumn(DUE, "money3", due.tolist(), "=C{r}+D{r}-E{r}-F{r}"),
        PageColumn(SPENT, "money3", rows["spent"].tolist(), live),
        PageColumn("Fees (£m)", "money3", rows["fees"].tolist()),
        PageColumn("Delivered (£m)", "money3", (rows["spent"] - rows["fees"]).tolist(), "=H{r}-I{r}"),
    )
    purpose = "All the money of each year: what comes in, what contracts cost, what is carried over and what is spent."
    return Page("Money", purpose, columns, table="tblMoney", frozen=2)


def _year_money(result: Result) -> pd.DataFrame:
    inputs, metrics = result.inputs, result.frames["metrics"]
    years = list(inputs.years)

    def by_year(metric: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        rows = metrics[metrics["metric"] == metric].set_index("group")["value"]
        return rows.reindex(years).to_numpy(dtype=float)

    out = by_year("carried_forward")
    return pd.DataFrame(
        {
            "scenario": result.scenario,
            "year": years,
            "funding": inputs.funding.sum(axis=0),
            "into": np.concatenate([[0.0], out[:-1]]),
            "cost": by_year("contract_cost"),
            "out": out,
            "spent": result.frames["flows"].groupby("year")["amount"].sum().reindex(years).to_numpy(dtype=float),
            "fees": by_year("fees"),
        }
    )
