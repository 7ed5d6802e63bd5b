"""Pools of several holders: who contributes, in which grade, and who bears an overspend.

A pool is a pot with sources of more than one holder; its scope may change from year to year. Money in it is pooled
unless the source's Grade says that it is aligned (managed together, in a ledger of its own). Aligned money and money
in view are listed whatever their pot, and never added to what is pooled.

The overspend that is tested is a share of what is pooled. Partners bear it by Partner share; sources without one take
what the others leave, in proportion to their contributions, so in proportion to contributions where nobody has one.
In a pool of only some of the partners the shares are scaled to 100%; where these make 0%, contributions count.
Aligned money bears an overspend of its own ledger alone; money in view takes no part.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel import schema
from budgetmodel.measures.facts import Facts
from budgetmodel.measures.shape import joined, money_by_member, money_by_year, wide
from budgetmodel.money import PENCE_PER_MILLION, largest_remainder
from budgetmodel.schema import ALIGNED, GRADES, POOLED, fold
from budgetmodel.terms import overspend_tested

COLUMNS = ("year", "pot", "holder", "source", "grade", "contribution", "share", "overspend_borne", "host")


def pools(facts: Facts) -> pd.DataFrame:
    """The frame `pools`: COLUMNS, a row per year and source in a pool; money in £m, `share` of the pool's overspend.

    `overspend_borne` is missing where About states no overspend to test, and for money in view.
    """
    pence = pool_pence(facts)
    money = {name: pence[name] / PENCE_PER_MILLION for name in ("contribution", "overspend_borne")}
    return pence.assign(**money)[list(COLUMNS)]


def pool_money(facts: Facts) -> pd.DataFrame:
    """What is pooled, aligned and in view by year, and what each holder puts into pools and bears of an overspend."""
    pence, years = pool_pence(facts), facts.years
    if pence.empty:
        return joined([])
    by_grade = wide(pence, "grade", "contribution", GRADES, years)
    pieces = [
        money_by_year(f"pool_{grade.replace(' ', '_')}", years, by_grade.loc[grade].to_numpy()) for grade in GRADES
    ]
    pooled = pence[pence["grade"] == POOLED]
    members = list(dict.fromkeys(pooled["holder"]))
    pieces.append(money_by_member("pool_contribution", wide(pooled, "holder", "contribution", members, years)))
    borne = pence.dropna(subset=["overspend_borne"])
    if len(borne):
        borne = borne.assign(overspend_borne=borne["overspend_borne"].astype(np.int64))
        partners = list(dict.fromkeys(borne["holder"]))
        pieces.append(money_by_member("overspend_borne", wide(borne, "holder", "overspend_borne", partners, years)))
    return joined(pieces)


def pool_pence(facts: Facts) -> pd.DataFrame:
    """COLUMNS with money in whole pence; `overspend_borne` is a float, missing where there is none."""
    terms = facts.budget.frame(schema.SOURCES)[["Source", "Grade", "Host", "Partner share"]]
    named = {"Source": "source", "Grade": "grade", "Host": "host", "Partner share": "stated"}
    rows = facts.sources.assign(
        source=facts.sources["source"].astype(object), year=facts.sources["year"].astype(object)
    )
    rows = rows.merge(terms.rename(columns=named), on="source", how="left", validate="m:1")
    rows["grade"] = rows["grade"].where(rows["grade"].notna(), POOLED)
    rate = overspend_tested(facts.budget)
    holders = rows["holder"].map(lambda name: fold(str(name)))
    partners = holders.groupby([rows["year"], rows["pot"]]).transform("nunique")
    shown = rows[(partners > 1) | (rows["grade"] != POOLED)]
    pieces = [_pool(members, rate) for _, members in shown.groupby(["year", "pot"], sort=False)]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(COLUMNS))


def _pool(members: pd.DataFrame, rate: float | None) -> pd.DataFrame:
    """The rows of one pot and year with what each source bears of the overspend that is tested."""
    amount = members["funding"].to_numpy(dtype=np.int64)
    grade = members["grade"].to_numpy(dtype=object)
    pooled, aligned = grade == POOLED, grade == ALIGNED
    share = np.full(len(members), np.nan)
    share[pooled] = partner_shares(members["stated"].to_numpy(dtype=float)[pooled], amount[pooled].astype(float))
    borne = np.full(len(members), np.nan)
    if rate is not None:
        over = int(np.floor(int(amount[pooled].sum()) * rate + 0.5))
        if over:
            borne[pooled] = largest_remainder(share[pooled], over)
        else:
            borne[pooled] = 0
        borne[aligned] = np.floor(amount[aligned] * rate + 0.5)
    hosts = list(dict.fromkeys(str(host) for host in members["host"].dropna()))
    return members.assign(contribution=amount, share=share, overspend_borne=borne, host="; ".join(hosts))[list(COLUMNS)]


def partner_shares(stated: NDArray[np.float64], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of an overspend that make 1: as stated, the others what these leave, in proportion to their amounts.

    `stated` is not a number where a source states none; zeros throughout when there is nothing to go by.

    >>> partner_shares(np.array([0.6, np.nan, np.nan]), np.array([50.0, 30.0, 10.0])).round(12).tolist()
    [0.6, 0.3, 0.1]
    """
    blank = np.isnan(stated)
    shares = np.where(blank, 0.0, stated)
    of_blank = amounts[blank].sum()
    if of_blank > 0:
        shares[blank] = max(1.0 - float(shares.sum()), 0.0) * amounts[blank] / of_blank
    if shares.sum() <= 0:  # of the partners in this pool nobody bears anything: as if nobody had said
        shares = amounts
    return shares / shares.sum() if shares.sum() > 0 else shares
