"""The sheets of results, each a plain function from frames to a Page. Money is £m."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.metrics.ringfences import BINDING
from budgetmodel.report.page import FIRST_ROW, HEADER_ROW, Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of, heading
from budgetmodel.report.tables import Frames, units_of
from budgetmodel.results import Result

FLOW_LIMIT = 50_000
RULE_LIMIT = 20_000
ALLOCATION_LIMIT = 120_000
"""Most rows of a sheet; with more it shows fewer rows and names the CSV file that has all of them."""

ALLOCATED, MINIMUM = heading("allocation", "amount"), heading("allocation", "do_minimum")
CHANGE, CHANGE_SHARE = heading("allocation", "change"), heading("allocation", "change_pct")
BASELINE, TARGET = heading("allocation", "baseline"), heading("places", "target")
BEFORE, AFTER = "Distance before (%)", "Distance after (%)"
AMOUNT = heading("flows", "amount")
PROGRAMME, NO_PROGRAMME = "Programme", "No programme"
"""The heading of a service's programme, and the text for a service without one."""

LEVEL, DECIDED = "Level", "Decided at"
BALANCE = "source balance"
"""The name of the rows by which all money of a source is spent."""

RULE_WIDTH, FOR_WIDTH = 26.0, 36.0
"""Widths in characters of a rule's name and of a row's members: most fit on one line."""

YEAR_LETTERS = 7
"""Characters of a financial year, with which headings such as `2025/26 (£m)` begin."""

SIGN = "A plus is more money than the do-minimum gives; the do-minimum gives everybody the same growth."


def programmes(results: Mapping[str, Result]) -> dict[tuple[str, str], str]:
    """The programme of each service, by scenario and service."""
    return {
        (name, str(row["Service"])): str(row["Programme"] or NO_PROGRAMME)
        for name, result in results.items()
        for _, row in records(result.inputs.frame(schema.SERVICES))
    }


def allocation_page(frames: Frames, results: Mapping[str, Result]) -> Page:
    """Every place, service and year, per scenario, with the programme and level of the service."""
    frame = frames["allocation"]
    listed = len(frame) <= ALLOCATION_LIMIT
    shown = frame if listed else frame.iloc[:0]
    known = programmes(results)
    keys = zip(shown["scenario"], shown["service"], strict=True)
    columns = (
        *columns_of("allocation", shown, "scenario", "year", "place", "service", "amount", "do_minimum", "baseline"),
        column("allocation", shown, "change", formula="=E{r}-F{r}"),
        column("allocation", shown, "change_pct", formula='=IF(F{r}=0,"",H{r}/F{r})'),
        PageColumn(PROGRAMME, "text", [known.get(key, NO_PROGRAMME) for key in keys]),
        PageColumn(LEVEL, "text", _levels(results, shown)),
    )
    note = "" if listed else f"All {len(frame):,} rows are in allocation.csv."
    purpose = f"What each place gets for each service in each year. {SIGN}"
    return Page("Allocation", purpose, columns, note=note, table="tblAllocation", frozen=4)


def programmes_page(frames: Frames, results: Mapping[str, Result]) -> Page:
    """Every place and programme by year, for results whose allocation is too long for a sheet."""
    frame = frames["allocation"]
    known = programmes(results)
    keys = zip(frame["scenario"], frame["service"], strict=True)
    named = frame.assign(programme=[known.get(key, NO_PROGRAMME) for key in keys])
    groups = named.groupby(["scenario", "year", "place", "programme"], sort=False, as_index=False)
    sums = groups[["amount", "do_minimum"]].sum()
    columns = (
        *columns_of("allocation", sums, "scenario", "year", "place"),
        PageColumn(PROGRAMME, "text", sums["programme"].tolist()),
        *columns_of("allocation", sums, "amount", "do_minimum"),
        PageColumn(CHANGE, "money3", (sums["amount"] - sums["do_minimum"]).tolist(), "=E{r}-F{r}"),
    )
    purpose = f"What each place gets for each programme in each year; allocation.csv has every service. {SIGN}"
    return Page("Programmes", purpose, columns, table="tblProgrammes", frozen=4)


def _levels(results: Mapping[str, Result], frame: pd.DataFrame) -> list[str]:
    """The level of each row's service, from the sheet Services of its scenario."""
    known = {
        (name, service, year): str(level)
        for name, result in results.items()
        for service, levels in zip(result.inputs.services, result.inputs.by_year(schema.SERVICES, "Level"), strict=True)
        for year, level in zip(result.inputs.years, levels, strict=True)
    }
    return [known.get(key, "") for key in zip(frame["scenario"], frame["service"], frame["year"], strict=True)]


def deciders(result: Result) -> pd.DataFrame:
    """The level at which the money of each source is decided in each year, by the regime: year, source, decided."""
    regimes = result.inputs.frame(schema.REGIMES)
    own = regimes[regimes["Regime"] == result.regime]
    rows = [
        {"year": year, "source": source, "decided": str(row["Decided at"])}
        for _, row in records(own)
        for year in row["Years"].members
        for source in row["Sources"].members
    ]
    found = pd.DataFrame(rows, columns=["year", "source", "decided"])
    return found.drop_duplicates(["year", "source"], ignore_index=True)


def summary_page(frames: Frames, allocation: Page, dimension: str, name: str, everything: str) -> Page:
    """The members of a dimension by scenario and year: money, and change on the do-minimum."""
    frame = frames["allocation"]
    years = list(dict.fromkeys(frame["year"]))
    keys = ["scenario", dimension]
    order = pd.MultiIndex.from_frame(frame[keys].drop_duplicates())
    wide = {
        value: frame.pivot_table(index=keys, columns="year", values=value, aggfunc="sum").reindex(order)[years]
        for value in ("amount", "change")
    }
    blocks = _with_totals(order, everything)
    labels = [order[at] if at is not None else (scenario, everything) for scenario, at, _ in blocks]
    heading = dimension.capitalize()
    columns = [
        PageColumn("Scenario", "text", [scenario for scenario, _ in labels]),
        PageColumn(heading, "text", [member for _, member in labels]),
    ]
    live = allocation.rows > 0
    for value, title, total in (("amount", "{} (£m)", ALLOCATED), ("change", "{} change (£m)", CHANGE)):
        for year in years:
            at = len(columns)
            letter = _letter(at)
            values = _stacked(wide[value][year], blocks)
            where = {"Scenario": "$A{r}", heading: "$B{r}", "Year": f"LEFT({letter}${HEADER_ROW + 1},{YEAR_LETTERS})"}
            rows = allocation.total_where(total, where) if live else None
            columns.append(PageColumn(title.format(year), "money", values, _formulas(rows, blocks, letter)))
    for step, year in enumerate(years):
        money, change = columns[2 + step], columns[2 + len(years) + step]
        got, more = _letter(2 + step), _letter(2 + len(years) + step)
        shares = [c / (m - c) if m - c > 0 else None for m, c in zip(money.values, change.values, strict=True)]
        formula = f'=IF({got}{{r}}={more}{{r}},"",{more}{{r}}/({got}{{r}}-{more}{{r}}))'
        columns.append(PageColumn(f"{year} change (%)", "percent", shares, formula))
    totals = frozenset(n for n, (_, at, _) in enumerate(blocks) if at is None)
    purpose = f"Each {dimension} by year, all {'services' if dimension == 'place' else 'places'} together. {SIGN}"
    return Page(name, purpose, tuple(columns), table=f"tblBy{heading}", totals=totals, frozen=2)


def _letter(number: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(number))


def _with_totals(order: pd.MultiIndex, everything: str) -> list[tuple[str, int | None, tuple[int, int]]]:
    """(scenario, position or None for its total, first and last row that the total sums) for every row."""
    scenarios = order.get_level_values(0)
    blocks: list[tuple[str, int | None, tuple[int, int]]] = []
    for scenario in dict.fromkeys(scenarios):
        members = np.flatnonzero(scenarios == scenario)
        first = len(blocks) + FIRST_ROW + 1
        blocks += [(str(scenario), int(at), (0, 0)) for at in members]
        blocks.append((str(scenario), None, (first, first + len(members) - 1)))
    return blocks


def _stacked(values: pd.Series[float], blocks: Sequence[tuple[str, int | None, tuple[int, int]]]) -> list[float]:
    found = values.to_numpy(dtype=float)
    result: list[float] = []
    for _, at, (first, last) in blocks:
        total = sum(result[first - FIRST_ROW - 1 : last - FIRST_ROW])
        result.append(float(found[at]) if at is not None else float(total))
    return result


def _formulas(
    row: str | None, blocks: Sequence[tuple[str, int | None, tuple[int, int]]], letter: str
) -> list[str | None]:
    """The formula of each row: `row` for members, a sum for totals."""
    formulas: list[str | None] = []
    for offset, (_, at, (first, last)) in enumerate(blocks):
        own = row.format(r=FIRST_ROW + 1 + offset) if row is not None else None
        formulas.append(f"=SUM({letter}{first}:{letter}{last})" if at is None else own)
    return formulas


def flows_page(results: Mapping[str, Result], frames: Frames) -> Page:
    """Every flow of money; when there are too many, the flows of all services and providers added together."""
    frame, note = frames["flows"], ""
    dimensions = ["year", "source", "pot", "place", "service", "provider"]
    if len(frame) > FLOW_LIMIT:
        dimensions = dimensions[:4]
        note = (
            f"There are {len(frame):,} flows: this sheet adds services and providers together. "
            "Every single flow, with its fee and contract form, is in flows.csv."
        )
        frame = frame.groupby(["scenario", *dimensions], sort=False)["amount"].sum().reset_index()
        if len(frame) > FLOW_LIMIT:
            frame, note = frame.iloc[:0], f"All {len(frames['flows']):,} flows are in flows.csv."
    columns = [*columns_of("flows", frame, "scenario", *dimensions, "amount")]
    if "fee" in frame:
        columns += [
            column("flows", frame, "fee", "percent2"),
            PageColumn("Fee (£m)", "money3", (frame["fee"] * frame["amount"]).tolist(), "=H{r}*I{r}"),
            column("flows", frame, "form"),
            column("flows", frame, "days_to_pay", "count"),
        ]
    decided = pd.concat([deciders(r).assign(scenario=name) for name, r in results.items()], ignore_index=True)
    levels = frame[["scenario", "year", "source"]].merge(decided, how="left", validate="m:1")["decided"]
    columns.append(PageColumn(DECIDED, "text", levels.fillna("").tolist()))
    purpose = "Where the money comes from and where it goes. A pot is what is decided on together."
    return Page("Flows", purpose, tuple(columns), note=note, table="tblFlows", frozen=2)


def rules_page(frames: Frames) -> Page:
    """Rules, keep rows and source balances: activity, limit, slack, price."""
    frame = frames["rules"]
    if frame["price"].notna().any():
        frame = frame[frame["price"].notna() | (frame["slack"] < 0)]
    note = ""
    if len(frame) > RULE_LIMIT:
        note = f"{len(frame):,} rows: shown are those that bind or are missed; all of them are in rules.csv."
        frame = frame[frame["binding"] | (frame["slack"] < -BINDING)]
    missed = (frame["strength"] == "should") & (frame["slack"] < -BINDING)
    below = (frame["slack"] < 0) & (frame["rule"] != BALANCE)  # the checks add these up: none may be left out
    order = np.select([missed | below, frame["rule"] == BALANCE], [0, 2], 1)
    frame = frame.iloc[np.argsort(order, kind="stable")].iloc[:RULE_LIMIT]
    shortfall = (-frame["slack"]).clip(lower=0).where(frame["strength"] == "should", 0.0)
    used = units_of(frames)
    named = zip(*(frame[name] for name in ("place", "service", "provider", "component")), strict=True)
    members = [", ".join(name for name in names if name) for names in named]
    columns = (
        column("rules", frame, "scenario"),
        column("rules", frame, "rule", "words", width=RULE_WIDTH),
        *columns_of("rules", frame, "cell", "year"),
        PageColumn(
            "For", "words", [f"{m or s}" for m, s in zip(members, frame["source"], strict=True)], width=FOR_WIDTH
        ),
        *columns_of("rules", frame, "strength", "activity", "limit", "slack"),
        PageColumn("Shortfall (£m)", "money3", shortfall.tolist(), '=IF(F{r}="should",MAX(0,-I{r}),0)'),
        PageColumn("Binds", "text", np.where(frame["binding"], "binds", "").tolist()),
        *columns_of("rules", frame, "price", "shortfall_price", "price_low", "price_high", used=used),
        column("rules", frame, "valid_from", "money3"),
        column("rules", frame, "valid_to", "money3"),
    )
    purpose = (
        "What each rule asks, what is spent, and what £1m more of its limit would change. "
        "A price holds at least while the limit stays between 'Holds from' and 'Holds to'. Where the price of £1m less "
        "or of £1m more stands alone, no allocation keeps all must rows and the shortfall on the other side."
    )
    return Page("Rules and prices", purpose, columns, note=note, table="tblRules", frozen=2)


def contracts_page(frames: Frames) -> Page:
    """Contracts by pot and counterparty, all years together."""
    frame = frames["contracts"]
    columns = (*columns_of("contracts", frame, "scenario", "pot", "counterparty", "form", "flows", "amount", "cost"),)
    purpose = "With whom each pot has a contract, what is paid through it, and what the contract itself costs."
    return Page("Contracts", purpose, columns, table="tblContracts", frozen=3)


def provenance_page(frames: Frames) -> Page:
    """Input, versions, solver and proof; a fact that all scenarios share has one row."""
    run = frames["run"]
    alike = run.groupby("key", sort=False)["value"].nunique() == 1
    several = run["scenario"].nunique() > 1
    shared = run["key"].map(alike) & several
    general = run[shared].drop_duplicates("key").assign(scenario="all")
    frame = pd.concat([general, run[~shared]], ignore_index=True)
    columns = (
        *columns_of("run", frame, "key", "scenario"),
        column("run", frame, "value", "words"),
    )
    purpose = "The input, the versions, the solver and the proof behind every figure."
    return Page("Provenance", purpose, columns, table="tblProvenance")
