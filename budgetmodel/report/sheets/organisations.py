"""Sheets of organisations: money through lead providers, pools of partners, provider income."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract.schema import GRADES
from budgetmodel.contract.units import pounds
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.pages import CHANGE_SHARE, FLOW_LIMIT
from budgetmodel.report.sheets.table_columns import column, columns_of, heading
from budgetmodel.report.tables import Frames

LEADS, POOLS, INCOMES, TAILS = "Lead providers", "Pools", "Provider income", "Money that ends"

LEAD_RULE = (
    "After the fee, a provider with a Passed on share passes that share on; one without passes on all that flows to it "
    "as a member; the provider that bears the group's name keeps all."
)
POOL_RULE = (
    "A pool is a pot of several holders; aligned money and money in view are never added to it. An overspend falls by "
    "Partner share; who has none takes what the others leave, by contribution."
)
INCOME_RULE = (
    "Stranded cost is a loss on the do-minimum times 1 less the variable cost share. Transition money is what "
    "non-recurrent sources spend where they may pay the provider: a claim on money that the plan spends otherwise."
)

TAIL_RULE = (
    "A source ends with the last year in which it spends money, where it has no Funding after that. Nobody pays what "
    "is spent less on a service in a place in the next year, as far as sources that end paid for it."
)


def leads_page(frames: Frames) -> Page:
    """The money of each lead group: received, fee, kept and passed on."""
    frame, note = frames["leads"], LEAD_RULE
    names = ["year", "pot", "lead_group", "provider"]
    money = ("in", "fee", "kept", "passed_on")
    if len(frame) > FLOW_LIMIT:
        names = ["year", "lead_group"]
        note = f"{note} There are {len(frame):,} rows: pots and providers are added together; all are in leads.csv."
        frame = frame.groupby(["scenario", *names], sort=False)[list(money)].sum().reset_index()
    columns = [*columns_of("leads", frame, "scenario", *names, *money)]
    out = (frame["fee"] + frame["kept"] + frame["passed_on"]).tolist()
    first, last = (_letter(columns, heading("leads", name)) for name in (money[1], money[-1]))
    columns.append(PageColumn("Comes out (£m)", "money3", out, f"=SUM({first}{{r}}:{last}{{r}})"))
    purpose = "Money that passes through a lead provider to its group: the fee, what is kept and what is passed on."
    return Page(LEADS, purpose, tuple(columns), note=note, table="tblLeads", frozen=2)


def pools_page(frames: Frames) -> Page:
    """The contributions to each pool by grade, and the shares of an overspend."""
    frame, more = _listed(frames["pools"], "pools")
    by_grade = [
        PageColumn(
            f"{grade.capitalize()} (£m)",
            "money3",
            frame["contribution"].astype(float).where(frame["grade"] == grade).tolist(),
        )
        for grade in GRADES
    ]
    columns = (
        *columns_of("pools", frame, "scenario", "year", "pot", "holder", "source", "grade"),
        *by_grade,
        column("pools", frame, "share", "percent2"),
        *columns_of("pools", frame, "overspend_borne", "host"),
    )
    purpose = "What each partner puts into a pool of several holders, and what it bears if the pool overspends."
    return Page(POOLS, purpose, columns, note=f"{POOL_RULE}{more}", table="tblPools", frozen=2)


def tails_page(frames: Frames) -> Page:
    """What sources that end before the plan does paid for, and what of it nobody pays in the year after."""
    frame, more = _listed(frames["tails"], "tails")
    unpaid = frame["unpaid"].astype(float).groupby(frame["scenario"], sort=False).sum()
    totals = " ".join(f"{scenario}: nobody pays {pounds(float(amount))} of it." for scenario, amount in unpaid.items())
    columns = (
        *columns_of("tails", frame, "scenario", "year", "source", "place", "service", "paid", "taken_over"),
        column("tails", frame, "unpaid", formula="=F{r}-G{r}"),
    )
    purpose = "Spending of the last year of a source that ends, and what of it nobody pays in the next year: its tail."
    return Page(TAILS, purpose, columns, note=f"{TAIL_RULE} {totals}{more}".strip(), table="tblTails", frozen=3)


def incomes_page(frames: Frames) -> Page:
    """Provider income compared with the do-minimum and the Baseline, and stranded cost."""
    frame, more = _listed(frames["incomes"], "incomes")
    minimum = frame["do_minimum"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(minimum > 0, frame["change"].to_numpy(dtype=float) / minimum, np.nan)
    columns = (
        *columns_of("incomes", frame, "scenario", "year", "provider", "sector", "income", "do_minimum"),
        column("incomes", frame, "change", formula="=E{r}-F{r}"),
        PageColumn(CHANGE_SHARE, "percent", share.tolist(), '=IF(F{r}=0,"",G{r}/F{r})'),
        column("incomes", frame, "baseline"),
        column("incomes", frame, "change_on_baseline", formula="=E{r}-I{r}"),
        *columns_of("incomes", frame, "variable_cost_share", "stranded", "covered"),
        column("incomes", frame, "unfunded", formula='=IF(L{r}="","",L{r}-M{r})'),
    )
    purpose = (
        "What each provider gets, against the do-minimum and the Baseline, and what a loss of income leaves unpaid."
    )
    return Page(INCOMES, purpose, columns, note=f"{INCOME_RULE}{more}", table="tblIncomes", frozen=3)


def _listed(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, str]:
    """The rows for a sheet, none beyond FLOW_LIMIT, and a note that names the CSV file with all of them."""
    if len(frame) <= FLOW_LIMIT:
        return frame, ""
    return frame.iloc[:0], f" All {len(frame):,} rows are in {name}.csv."


def _letter(columns: list[PageColumn], head: str) -> str:
    return Page("", "", tuple(columns)).letter(head)
