"""Money in, money out, and every check of it as live formulas: the Money and Checks sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from budgetmodel import schema
from budgetmodel.money import PENCE_PER_MILLION
from budgetmodel.program.certificate import GAP_TOLERANCE, RESIDUAL_TOLERANCE
from budgetmodel.report.page import FIRST_ROW, Column, Page
from budgetmodel.report.pages import ALLOCATED, AMOUNT, BALANCE
from budgetmodel.results import Result
from budgetmodel.tables import records

HALF_PENNY = 0.5 / PENCE_PER_MILLION
"""£m: sums must agree to less than a penny."""

DUE, SPENT = "To be spent (£m)", "Spent (£m)"
RESULT = "Result"


def money_page(results: Mapping[str, Result], flows: Page) -> Page:
    """Sources and uses of money by scenario and year."""
    rows = pd.concat([_year_money(result) for result in results.values()], ignore_index=True)
    live = flows.total_where(AMOUNT, {"Scenario": "$A{r}", "Year": "$B{r}"}) if flows.rows else None
    due = rows["funding"] + rows["into"] - rows["cost"] - rows["out"]
    columns = (
        Column("Scenario", "text", rows["scenario"].tolist()),
        Column("Year", "text", rows["year"].tolist()),
        Column("Funding (£m)", "money3", rows["funding"].tolist()),
        Column("Carried in (£m)", "money3", rows["into"].tolist()),
        Column("Contract costs (£m)", "money3", rows["cost"].tolist()),
        Column("Carried out (£m)", "money3", rows["out"].tolist()),
        Column(DUE, "money3", due.tolist(), "=C{r}+D{r}-E{r}-F{r}"),
        Column(SPENT, "money3", rows["spent"].tolist(), live),
        Column("Fees (£m)", "money3", rows["fees"].tolist()),
        Column("Delivered (£m)", "money3", (rows["spent"] - rows["fees"]).tolist(), "=H{r}-I{r}"),
    )
    purpose = "All the money of each year: what comes in, what contracts cost, what is carried over and what is spent."
    return Page("Money", purpose, columns, table="tblMoney", frozen=2)


def _year_money(result: Result) -> pd.DataFrame:
    budget, metrics = result.budget, result.frames["metrics"]
    years = list(budget.years)

    def by_year(metric: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        rows = metrics[metrics["metric"] == metric].set_index("group")["value"]
        return rows.reindex(years).to_numpy(dtype=float)

    out = by_year("carried_forward")
    return pd.DataFrame(
        {
            "scenario": result.scenario,
            "year": years,
            "funding": budget.funding.sum(axis=0),
            "into": np.concatenate([[0.0], out[:-1]]),
            "cost": by_year("contract_cost"),
            "out": out,
            "spent": result.frames["flows"].groupby("year")["amount"].sum().reindex(years).to_numpy(dtype=float),
            "fees": by_year("fees"),
        }
    )


@dataclass
class Checks:
    """The rows of the Checks sheet as they are collected."""

    rows: list[tuple[object, ...]] = field(default_factory=list)

    def add(
        self,
        what: str,
        scenario: str,
        of: str,
        expected: float,
        actual: float,
        tolerance: float,
        *,
        year: str = "",
        unit: str = "£m",
        formulas: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """One check; `formulas` are those of the expected and the actual figure, with `{r}` for the row."""
        row = FIRST_ROW + len(self.rows) + 1
        live = tuple(f.format(r=row) if f is not None else None for f in formulas)
        self.rows.append((what, scenario, year, of, unit, expected, actual, tolerance, live))


def checks_page(results: Mapping[str, Result], money: Page, allocation: Page, flows: Page, places: Page) -> Page:
    """Every check: what, expected, actual, difference, tolerance, PASS or FAIL."""
    checks = Checks()
    for n, (scenario, year) in enumerate(zip(money.values("Scenario"), money.values("Year"), strict=True)):
        row = FIRST_ROW + n + 1
        due, spent = (f"={money.link}!{money.letter(heading)}{row}" for heading in (DUE, SPENT))
        expected, actual = money.values(DUE)[n], money.values(SPENT)[n]
        words = "Spending, contract costs and carry use up the funding"
        checks.add(words, scenario, "all sources", expected, actual, HALF_PENNY, year=year, formulas=(due, spent))
    for result in results.values():
        _allocation_checks(checks, result, allocation, money)
    for result in results.values():
        _certificate_checks(checks, result)
    _negative_check(checks, results, allocation)
    for result in results.values():
        _place_checks(checks, result, places)
    for result in results.values():
        _source_checks(checks, result, flows)
    return _page(checks)


def _allocation_checks(checks: Checks, result: Result, allocation: Page, money: Page) -> None:
    spent = result.frames["flows"].groupby("year")["amount"].sum()
    allocated = result.frames["allocation"].groupby("year")["amount"].sum()
    where = {"Scenario": "$B{r}", "Year": "$C{r}"}
    actual = allocation.total_where(ALLOCATED, where) if allocation.rows else None
    for year in result.budget.years:
        checks.add(
            "The allocation adds up to the flows",
            result.scenario,
            "all places and services",
            float(spent.get(year, 0.0)),
            float(allocated.get(year, 0.0)),
            HALF_PENNY,
            year=year,
            formulas=(money.total_where(SPENT, where), actual),
        )


def _negative_check(checks: Checks, results: Mapping[str, Result], allocation: Page) -> None:
    frames = [result.frames[name] for result in results.values() for name in ("allocation", "flows")]
    negative = float(sum((frame["amount"] < 0).sum() for frame in frames))
    live = f'=COUNTIF({allocation.cells(ALLOCATED)},"<0")' if allocation.rows else None
    words = "No amount is negative"
    checks.add(words, "all", "all places and services", 0.0, negative, 0.0, unit="cells", formulas=(None, live))


def _certificate_checks(checks: Checks, result: Result) -> None:
    """The proof: what the certificate found against what it allows."""
    proof, name = result.certificate, result.scenario
    size = len(result.frames["flows"]) / max(len(result.budget.years), 1)
    pennies = RESIDUAL_TOLERANCE + (size + 1) / PENCE_PER_MILLION
    checks.add("Every must rule holds", name, proof.worst_row, 0.0, proof.worst_residual, RESIDUAL_TOLERANCE)
    words = "Every must rule holds in whole pence"
    checks.add(words, name, "all must rules", 0.0, proof.worst_residual_rounded, pennies)
    allowed = GAP_TOLERANCE * max(1.0, abs(proof.shortfall))
    words = "The shortfall is proved the least possible"
    checks.add(words, name, "proved bound", proof.shortfall_bound, proof.shortfall, allowed)
    allowed = GAP_TOLERANCE * max(1.0, abs(proof.index))
    words = "The index is proved the lowest possible"
    checks.add(words, name, "proved bound", proof.index_bound, proof.index, allowed, unit="index")


def _place_checks(checks: Checks, result: Result, places: Page) -> None:
    allocation, places_frame = result.frames["allocation"], result.frames["places"]
    found = places_frame.groupby(["component", "year"])["amount"].sum()
    live = places.total_where(ALLOCATED, {"Scenario": "$B{r}", "Component": "$D{r}", "Year": "$C{r}"})
    for _, row in records(result.budget.frame(schema.TARGET)):
        inside = allocation[allocation["service"].isin(row["Services"].members)].groupby("year")["amount"].sum()
        for year in result.budget.years:
            checks.add(
                "Places of a component add up to its services",
                result.scenario,
                row["Component"],
                float(inside.get(year, 0.0)),
                float(found.get((row["Component"], year), 0.0)),
                HALF_PENNY,
                year=year,
                formulas=(None, live),
            )


def _source_checks(checks: Checks, result: Result, flows: Page) -> None:
    """Each source and year: the balance row's limit against the flows of that source."""
    budget = result.budget
    names = {budget.cell(schema.SOURCES, n, "Source"): source for n, source in enumerate(budget.sources)}
    rules = result.frames["rules"]
    spent = result.frames["flows"].groupby(["source", "year"])["amount"].sum()
    live = flows.total_where(AMOUNT, {"Scenario": "$B{r}", "Source": "$D{r}", "Year": "$C{r}"}) if flows.rows else None
    balances = rules[(rules["rule"] == BALANCE) & rules["cell"].isin(names)]
    for cell, year, limit in zip(balances["cell"], balances["year"], balances["limit"], strict=True):
        checks.add(
            "Each source spends what it has",
            result.scenario,
            names[cell],
            float(limit),
            float(spent.get((names[cell], year), 0.0)),
            HALF_PENNY,
            year=year,
            formulas=(None, live),
        )


def _page(checks: Checks) -> Page:
    columns = list(zip(*checks.rows, strict=True)) if checks.rows else [()] * 9
    what, scenario, year, of, unit, expected, actual, tolerance, live = (list(values) for values in columns)
    apart = [a - e for a, e in zip(actual, expected, strict=True)]
    verdicts = ["PASS" if abs(d) <= t else "FAIL" for d, t in zip(apart, tolerance, strict=True)]
    return Page(
        "Checks",
        "Everything adds up, to the penny; each figure is a formula that follows when a figure is changed.",
        (
            Column("Check", "text", what),
            Column("Scenario", "text", scenario),
            Column("Year", "text", year),
            Column("Of", "text", of),
            Column("Unit", "text", unit),
            Column("Expected", "pence", expected, [pair[0] for pair in live]),
            Column("Actual", "pence", actual, [pair[1] for pair in live]),
            Column("Difference", "pence", apart, "=G{r}-F{r}"),
            Column("Tolerance", "tolerance", tolerance),
            Column(RESULT, "text", verdicts, '=IF(ABS(H{r})<=I{r},"PASS","FAIL")'),
        ),
        table="tblChecks",
        frozen=0,
        marked=RESULT,
    )
