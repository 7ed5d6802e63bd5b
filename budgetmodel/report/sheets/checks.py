"""Every check as a row of formulas: expected, actual, difference, tolerance, PASS or FAIL, and where to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.excel.write.styles import number_width
from budgetmodel.program.prove.certificate import CROSSING_TOLERANCE, GAP_TOLERANCE, RESIDUAL_TOLERANCE
from budgetmodel.report.material import Material
from budgetmodel.report.page import FIRST_ROW, Page, PageColumn
from budgetmodel.report.sheets.inequality import NAME as INEQUALITY
from budgetmodel.report.sheets.inequality import POINTS, index_by_pennies, index_sum
from budgetmodel.report.sheets.money_sheet import DUE, FUNDING, HALF_PENNY, INTO, OUT, SPENT
from budgetmodel.report.sheets.pages import ALLOCATED, AMOUNT, BALANCE, MINIMUM
from budgetmodel.results import Result

RESULT = "Result"
HASH = "input SHA-256"
"""The key of the hash of the input in the `run` frame."""

PAID, SLACK = "Paid, all years (£m)", "Slack (£m)"

Figure = float | str


@dataclass(frozen=True)
class CheckRow:
    """One check. `live` are the formulas of the expected and the actual figure; `where` is the cell it links to."""

    what: str
    scenario: str
    of: str
    expected: Figure
    actual: Figure
    tolerance: float
    year: str = ""
    unit: str = "£m"
    live: tuple[str | None, str | None] = (None, None)
    where: str = ""

    @property
    def difference(self) -> float:
        """Actual less expected; of texts 0 when they are equal and 1 when they are not."""
        if isinstance(self.expected, str) or isinstance(self.actual, str):
            return float(self.expected != self.actual)
        return self.actual - self.expected


@dataclass
class Checks:
    """The rows of the sheet while they are collected; in formulas `{r}` is replaced by the row's number."""

    rows: list[CheckRow] = field(default_factory=list)

    def add(self, row: CheckRow) -> None:
        """Add a check."""
        self.rows.append(row)


def checks_page(material: Material) -> Page:
    """Every check of every scenario; those of money first, then rules, years, proof, input."""
    checks = Checks()
    _year_checks(checks, material)
    for result in material.results.values():
        _allocation_checks(checks, result, material)
    for result in material.results.values():
        _certificate_checks(checks, result)
    for result in material.results.values():
        _index_check(checks, result, material)
    for result in material.results.values():
        _input_checks(checks, result, material)
    _negative_check(checks, material)
    for result in material.results.values():
        _member_checks(checks, result, material)
        _contract_checks(checks, result, material)
        _component_checks(checks, result, material)
    for result in material.results.values():
        _rule_checks(checks, result, material)
        _lawful_checks(checks, result, material)
        _source_checks(checks, result, material)
    return _page(checks.rows)


def first_cell(page: Page, heading: str, row: int = 0) -> str:
    """The reference to a cell of a page, for links and formulas."""
    return f"{page.link}!{page.letter(heading)}{FIRST_ROW + row + 1}"


def _year_checks(checks: Checks, material: Material) -> None:
    """Each year: spending equals money due; carried in equals carried out before; the do-minimum equals the funding."""
    money, allocation = material.page("Money"), material.page("Allocation")
    names, years = money.values("Scenario"), money.values("Year")
    for n, (scenario, year) in enumerate(zip(names, years, strict=True)):
        cells = {heading: first_cell(money, heading, n) for heading in (DUE, SPENT, INTO, FUNDING)}
        words = "Spending, contract costs and carry use up the funding"
        checks.add(
            CheckRow(
                words,
                scenario,
                "all sources",
                money.values(DUE)[n],
                money.values(SPENT)[n],
                HALF_PENNY,
                year,
                live=(f"={cells[DUE]}", f"={cells[SPENT]}"),
                where=cells[SPENT],
            )
        )
    for n, (one, two) in enumerate(pairwise(names)):
        if one != two:
            continue
        out, into = first_cell(money, OUT, n), first_cell(money, INTO, n + 1)
        checks.add(
            CheckRow(
                "What is carried in is what the year before carried out",
                two,
                "all sources",
                money.values(OUT)[n],
                money.values(INTO)[n + 1],
                HALF_PENNY,
                years[n + 1],
                live=(f"={out}", f"={into}"),
                where=into,
            )
        )
    where = {"Scenario": "$B{r}", "Year": "$C{r}"}
    actual = allocation.total_where(MINIMUM, where) if allocation.rows else None
    for n, (scenario, year) in enumerate(zip(names, years, strict=True)):
        frame = material.frame(scenario, "allocation")
        checks.add(
            CheckRow(
                "The do-minimum grows as the funding does",
                scenario,
                "all places and services",
                money.values(FUNDING)[n],
                float(frame.loc[frame["year"] == year, "do_minimum"].sum()),
                HALF_PENNY,
                year,
                live=(f"={first_cell(money, FUNDING, n)}", actual),
                where=first_cell(allocation, MINIMUM),
            )
        )


def _allocation_checks(checks: Checks, result: Result, material: Material) -> None:
    allocation, money = material.page("Allocation"), material.page("Money")
    spent = material.frame(result.scenario, "flows").groupby("year", observed=True)["amount"].sum()
    allocated = material.frame(result.scenario, "allocation").groupby("year", observed=True)["amount"].sum()
    where = {"Scenario": "$B{r}", "Year": "$C{r}"}
    actual = allocation.total_where(ALLOCATED, where) if allocation.rows else None
    for year in result.inputs.years:
        checks.add(
            CheckRow(
                "The allocation adds up to the flows",
                result.scenario,
                "all places and services",
                float(spent.get(year, 0.0)),
                float(allocated.get(year, 0.0)),
                HALF_PENNY,
                year,
                live=(money.total_where(SPENT, where), actual),
                where=first_cell(allocation, ALLOCATED),
            )
        )


def _certificate_checks(checks: Checks, result: Result) -> None:
    """The proof: the findings of the certificate compared with its tolerances."""
    proof, name = result.certificate, result.scenario
    pennies = missed_by_pennies(result)
    shortfall = GAP_TOLERANCE * max(1.0, abs(proof.shortfall))
    objective = proof.objective
    value = GAP_TOLERANCE * max(1.0, abs(proof.least))
    unit = objective.unit or "index"
    where = "Provenance!A1"
    rows: list[tuple[str, str, float, float, float, str]] = [
        ("Every must rule holds", proof.worst_row, 0.0, proof.worst_residual, RESIDUAL_TOLERANCE, "£m"),
        ("Every must rule holds in whole pence", "all must rules", 0.0, proof.worst_residual_rounded, pennies, "£m"),
        (
            "The shortfall is proved the least possible",
            "proved bound",
            proof.shortfall_bound,
            proof.shortfall,
            shortfall,
            "£m",
        ),
        (f"The {objective.noun} is proved the lowest possible", "proved bound", proof.bound, proof.least, value, unit),
        (
            "Money across organisations is proved the least possible",
            "proved bound",
            proof.crossing_bound,
            proof.crossing,
            CROSSING_TOLERANCE,
            "£m",
        ),
        (
            "Whole pence move no more than a penny a flow across organisations",
            "all flows",
            proof.crossing,
            result.metric("crossing_organisations"),
            (len(result.frames["flows"]) + 1) / PENCE_PER_MILLION,
            "£m",
        ),
    ]
    if proof.tolerance:
        words = f"The plan's {objective.noun} is within the scenario's tolerance of the lowest"
        of = f"at most {proof.tolerance:g} above {proof.best:.4f}"
        rows.append((words, of, 0.0, proof.above, value, unit))
    for words, of, expected, actual, tolerance, unit in rows:
        checks.add(CheckRow(words, name, of, expected, actual, tolerance, unit=unit, where=where))


def _index_check(checks: Checks, result: Result, material: Material) -> None:
    """The index recomputed by formulas from the amounts on the sheets, compared with the proved one."""
    page = material.page(INEQUALITY)
    live, found = index_sum(page, result.scenario, "$B{r}")
    words, of = "The index comes out of the amounts on the sheets", "all components and years"
    where, tolerance = first_cell(page, POINTS), index_by_pennies(result)
    proved = result.certificate.index
    checks.add(
        CheckRow(words, result.scenario, of, proved, found, tolerance, unit="index", live=(None, live), where=where)
    )


def missed_by_pennies(result: Result) -> float:
    """£m by which a row may miss its limit because of rounding to whole pence: a penny for each flow of a year."""
    size = len(result.frames["flows"]) / max(len(result.inputs.years), 1)
    return float(RESIDUAL_TOLERANCE + (size + 1) / PENCE_PER_MILLION)


def _input_checks(checks: Checks, result: Result, material: Material) -> None:
    """The hash of the input that was read, compared with the one on the sheet Provenance."""
    page = material.page("Provenance")
    facts, owners = list(page.values("Fact")), list(page.values("Scenario"))
    at = [n for n, fact in enumerate(facts) if fact == HASH and owners[n] in ("all", result.scenario)]
    stated = str(page.values("Value")[at[0]]) if at else "not told"
    cell = first_cell(page, "Value", at[0]) if at else ""
    words = "Provenance tells the input that was read"
    live = (None, f"={cell}" if cell else None)
    checks.add(
        CheckRow(words, result.scenario, HASH, result.inputs.sha256, stated, 0.0, unit="text", live=live, where=cell)
    )


def _negative_check(checks: Checks, material: Material) -> None:
    allocation = material.page("Allocation")
    frames = [result.frames[name] for result in material.results.values() for name in ("allocation", "flows")]
    negative = float(sum((frame["amount"] < 0).sum() for frame in frames))
    live = f'=COUNTIF({allocation.cells(ALLOCATED)},"<0")' if allocation.rows else None
    words, of = "No amount is negative", "all places and services"
    where = first_cell(allocation, ALLOCATED)
    checks.add(CheckRow(words, "all", of, 0.0, negative, 0.0, unit="cells", live=(None, live), where=where))


def _member_checks(checks: Checks, result: Result, material: Material) -> None:
    """Each place and service, all years: its flows compared with its allocation; each provider: its listed flows."""
    allocation, flows = material.page("Allocation"), material.page("Flows")
    spent, allocated = (material.frame(result.scenario, name) for name in ("flows", "allocation"))
    listed = {column.heading for column in flows.columns} if flows.rows else set()
    for dimension, words in (
        ("place", "Each place gets what flows to it"),
        ("service", "Each service gets what flows to it"),
        ("provider", "Each provider is paid what flows to it"),
    ):
        heading = dimension.capitalize()
        live_flows = _by_member(flows, AMOUNT, heading) if heading in listed else None
        expected = spent.groupby(dimension, observed=True)["amount"].sum()
        if dimension == "provider":
            if live_flows is None:
                continue  # the sheet adds providers together; the contracts are checked as one sum
            actual, live = expected, _pair(None, live_flows)
            where = first_cell(flows, AMOUNT)
        else:
            actual = allocated.groupby(dimension, observed=True)["amount"].sum()
            live = _pair(live_flows, _by_member(allocation, ALLOCATED, heading) if allocation.rows else None)
            where = first_cell(allocation, ALLOCATED)
        for member in dict.fromkeys([*expected.index, *actual.index]):
            sums = (float(expected.get(member, 0.0)), float(actual.get(member, 0.0)))
            checks.add(CheckRow(words, result.scenario, str(member), *sums, HALF_PENNY, live=live, where=where))


def _pair(expected: str | None, actual: str | None) -> tuple[str | None, str | None]:
    return expected, actual


def _by_member(page: Page, heading: str, member: str) -> str:
    """A formula for the sum of a member of a scenario, all years."""
    return page.total_where(heading, {"Scenario": "$B{r}", member: "$D{r}"})


def _contract_checks(checks: Checks, result: Result, material: Material) -> None:
    """The money paid through contracts equals the money spent."""
    contracts, money = material.page("Contracts"), material.page("Money")
    if not contracts.rows:
        return
    where = {"Scenario": "$B{r}"}
    checks.add(
        CheckRow(
            "Contracts pay what is spent",
            result.scenario,
            "all providers",
            float(result.frames["flows"]["amount"].sum()),
            float(result.frames["contracts"]["amount"].sum()),
            HALF_PENNY,
            live=(money.total_where(SPENT, where), contracts.total_where(PAID, where)),
            where=first_cell(contracts, PAID),
        )
    )


def _component_checks(checks: Checks, result: Result, material: Material) -> None:
    places = material.page("Places")
    allocation, frame = (material.frame(result.scenario, name) for name in ("allocation", "places"))
    found = frame.groupby(["component", "year"], observed=True)["amount"].sum()
    live = places.total_where(ALLOCATED, {"Scenario": "$B{r}", "Component": "$D{r}", "Year": "$C{r}"})
    for _, row in records(result.inputs.frame(schema.TARGET)):
        counted = allocation[allocation["service"].isin(row["Services"].members)]
        inside = counted.groupby("year", observed=True)["amount"].sum()
        for year in result.inputs.years:
            checks.add(
                CheckRow(
                    "Places of a component add up to its services",
                    result.scenario,
                    str(row["Component"]),
                    float(inside.get(year, 0.0)),
                    float(found.get((row["Component"], year), 0.0)),
                    HALF_PENNY,
                    year,
                    live=(None, live),
                    where=first_cell(places, ALLOCATED),
                )
            )


def _rule_checks(checks: Checks, result: Result, material: Material) -> None:
    """Each must rule: the money by which its rows miss, which is at most the effect of rounding to whole pence."""
    page, rules = material.page("Rules and prices"), material.frame(result.scenario, "rules")
    must = rules[(rules["strength"] == "must") & (rules["rule"] != BALANCE)]
    kinds = dict(zip(*(result.inputs.frame(schema.RULES)[name] for name in ("Rule", "Limit")), strict=True))
    where = {"Scenario": "$B{r}", "Rule": "$D{r}", "Strength": '"must"', SLACK: '"<0"'}
    live = f"=-{_missed(page, where)}" if page.rows else None
    pennies = missed_by_pennies(result)
    for rule, rows in must.groupby("rule", sort=False, observed=True)["slack"]:
        slack = rows.to_numpy(dtype=float)
        kind = kinds.get(rule, "")
        name = {"at least": "Floor", "at most": "Ceiling", "exactly": "Ring-fence"}.get(str(kind), "Rule")
        checks.add(
            CheckRow(
                f"{name} is kept: money that misses it",
                result.scenario,
                str(rule),
                0.0,
                float(-np.minimum(slack, 0.0).sum()),
                pennies * len(rows),
                live=(None, live),
                where=first_cell(page, SLACK),
            )
        )


def _missed(page: Page, where: dict[str, str]) -> str:
    """The sum of the negative slack of a rule's rows; sheets may leave out rows with slack above 0."""
    named = {name: reference for name, reference in where.items() if name != SLACK}
    formula = page.total_where(SLACK, named)
    if formula.startswith("=SUMIFS("):
        return f"{formula[1:-1]},{page.cells(SLACK)},{where[SLACK]})"
    return f"SUMPRODUCT(({page.cells(SLACK)}<0)*{formula.removeprefix('=SUMPRODUCT(')[:-1]})"


def _lawful_checks(checks: Checks, result: Result, material: Material) -> None:
    """Ring-fences of law: no source pays for a place or service beyond those that its money may reach."""
    flows, page = material.frame(result.scenario, "flows"), material.page("Flows")
    inputs = result.inputs
    places, services = (inputs.by_year(schema.SOURCES, f"Lawful {what}") for what in ("places", "services"))
    lawful = {
        (source, year): (set(places[s, t].members), set(services[s, t].members))
        for s, source in enumerate(inputs.sources)
        for t, year in enumerate(inputs.years)
    }
    spent = flows.groupby(["source", "year", "place", "service"], observed=True)["amount"].sum().reset_index()
    beyond = sum(
        amount
        for source, year, place, service, amount in zip(*(spent[name].tolist() for name in spent.columns), strict=True)
        if (source, year) in lawful and (place not in lawful[source, year][0] or service not in lawful[source, year][1])
    )
    words = "Ring-fences of law: money beyond lawful places and services"
    where = first_cell(page, AMOUNT)
    checks.add(CheckRow(words, result.scenario, "all sources", 0.0, float(beyond), HALF_PENNY, where=where))


def _source_checks(checks: Checks, result: Result, material: Material) -> None:
    """Each source and year: the balance row's limit compared with the flows of that source."""
    inputs, flows = result.inputs, material.page("Flows")
    names = {inputs.cell(schema.SOURCES, n, "Source"): source for n, source in enumerate(inputs.sources)}
    rules = material.frame(result.scenario, "rules")
    spent = material.frame(result.scenario, "flows").groupby(["source", "year"], observed=True)["amount"].sum()
    live = flows.total_where(AMOUNT, {"Scenario": "$B{r}", "Source": "$D{r}", "Year": "$C{r}"}) if flows.rows else None
    balances = rules[(rules["rule"] == BALANCE) & rules["cell"].isin(names)]
    for cell, year, limit in zip(balances["cell"], balances["year"], balances["limit"], strict=True):
        checks.add(
            CheckRow(
                "Each source spends what it has",
                result.scenario,
                names[cell],
                float(limit),
                float(spent.get((names[cell], year), 0.0)),
                HALF_PENNY,
                str(year),
                live=(None, live),
                where=first_cell(flows, AMOUNT),
            )
        )


def _page(rows: list[CheckRow]) -> Page:
    frame = pd.DataFrame({"number": range(1, len(rows) + 1)})
    formulas = [
        tuple(text.format(r=FIRST_ROW + n + 1) if text is not None else None for text in row.live)
        for n, row in enumerate(rows)
    ]
    figures = [abs(f) for row in rows for f in (row.expected, row.actual) if not isinstance(f, str)]
    width = max(WIDTH, number_width(max(figures, default=0.0), "pence", "Expected"))
    kinds = ["answer" if isinstance(row.expected, str) else "pence" for row in rows]
    verdicts = ["PASS" if abs(row.difference) <= row.tolerance else "FAIL" for row in rows]
    return Page(
        "Checks",
        "Everything adds up, to the penny, and every proof holds: expected and actual, and how far apart they may be.",
        (
            PageColumn("Check", "text", [row.what for row in rows]),
            PageColumn("Scenario", "text", [row.scenario for row in rows]),
            PageColumn("Year", "text", [row.year for row in rows]),
            PageColumn("Of", "text", [row.of for row in rows]),
            PageColumn("Unit", "text", [row.unit for row in rows]),
            PageColumn(
                "Expected", "pence", [row.expected for row in rows], [live[0] for live in formulas], kinds, width
            ),
            PageColumn("Actual", "pence", [row.actual for row in rows], [live[1] for live in formulas], kinds, width),
            PageColumn("Difference", "pence", [row.difference for row in rows], DIFFERENCE),
            PageColumn("Tolerance", "tolerance", [row.tolerance for row in rows]),
            PageColumn(RESULT, "text", verdicts, '=IF(ABS(H{r})<=I{r},"PASS","FAIL")'),
            PageColumn("Number", "count", frame["number"].tolist()),
            PageColumn("Look at", "link", [row.where for row in rows]),
        ),
        table="tblChecks",
        frozen=0,
        marked=RESULT,
    )


DIFFERENCE = "=IF(ISNUMBER(F{r}),G{r}-F{r},1-EXACT(F{r},G{r}))"
"""The difference of figures; for texts 0 when they are equal, else 1."""

WIDTH = 20.0
"""Least width of a figure, in characters; a hash is wrapped."""
