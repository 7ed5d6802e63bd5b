"""Pools of several holders: contributions by grade, and the shares of an overspend.

A pool is a pot with sources of more than one holder; its scope may change from year to year. Money in it is pooled
unless the source's Grade is aligned (managed together, in a ledger of its own) or in view. Aligned money and money in
view are listed whatever their pot, and never added to pooled money.

The tested overspend is a share of the pooled money. Partners bear it by Partner share; sources without one share the
rest in proportion to their contributions, so all in proportion to contributions where none has a share. In a pool of
only some of the partners the shares are scaled to 100%; where they sum to 0%, contributions replace them. Aligned money
bears only an overspend of its own ledger; money in view bears none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.schema import ALIGNED, GRADES, POOLED
from budgetmodel.contract.units import PENCE_PER_MILLION, largest_remainder
from budgetmodel.inputs.regime_terms import overspend_tested, several
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, codes, joined, money_by_member, money_by_year, wide


def pools(facts: Facts) -> pd.DataFrame:
    """The frame `pools`: a row per year and source in a pool; money in £m, `share` of the pool's overspend.

    `overspend_borne` is missing where About states no overspend to test, and for money in view.
    """
    pence = pool_pence(facts)
    money = {name: pence[name] / PENCE_PER_MILLION for name in ("contribution", "overspend_borne")}
    return pence.assign(**money)


def pool_money(facts: Facts) -> Rows:
    """Money pooled, aligned and in view by year (£m); each holder's contribution and part of an overspend (£m)."""
    pence, years = pool_pence(facts), facts.years
    if pence.empty:
        return joined([])
    by_grade = wide(pence, "grade", "contribution", GRADES, years)
    pieces = [
        money_by_year(f"pool_{grade.replace(' ', '_')}", years, by_grade.values[n]) for n, grade in enumerate(GRADES)
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
    """The columns of `pools` with money in whole pence; `overspend_borne` is a float, missing where there is none."""
    terms, sources = facts.inputs.frame(schema.SOURCES), facts.sources
    number = codes(sources["source"], facts.inputs.sources)
    at = number, codes(sources["year"], facts.years)
    graded = facts.inputs.by_year(schema.SOURCES, "Grade")[at]
    grade = np.where(pd.notna(graded), graded, POOLED)
    host, stated = (
        facts.inputs.by_year(schema.SOURCES, "Host")[at],
        terms["Partner share"].to_numpy(dtype=float)[number],
    )
    holder, amount = sources["holder"].to_numpy(dtype=object), sources["funding"].to_numpy(dtype=np.int64)
    rate = overspend_tested(facts.inputs)
    pots: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(sources["year"], sources["pot"], strict=True)):
        pots.setdefault(key, []).append(row)
    shown: list[int] = []
    share, borne, hosts = (
        np.full(len(sources), np.nan),
        np.full(len(sources), np.nan),
        np.full(len(sources), "", dtype=object),
    )
    for own in pots.values():
        partners = several(list(holder[own]))
        rows = [row for row in own if partners or grade[row] != POOLED]
        share[rows], borne[rows] = _borne(amount[rows], grade[rows], stated[rows], rate)
        hosts[rows] = "; ".join(dict.fromkeys(str(name) for name in host[rows] if name is not None))
        shown += rows
    text = sources[["year", "pot", "holder", "source"]].astype(object)
    every = text.assign(grade=grade, contribution=amount, share=share, overspend_borne=borne, host=hosts)
    return every.iloc[shown].reset_index(drop=True)[list(FRAME["pools"].own)]


def _borne(
    amount: NDArray[np.int64], grade: NDArray[np.object_], stated: Array, rate: float | None
) -> tuple[Array, Array]:
    """For sources of one pot and year: shares of an overspend, and each one's part of the tested one, in pence."""
    pooled, aligned = grade == POOLED, grade == ALIGNED
    share, borne = np.full(len(amount), np.nan), np.full(len(amount), np.nan)
    share[pooled] = partner_shares(stated[pooled], amount[pooled].astype(float))
    if rate is not None:
        over = int(np.floor(int(amount[pooled].sum()) * rate + 0.5))
        borne[pooled] = largest_remainder(share[pooled], over) if over else 0
        borne[aligned] = np.floor(amount[aligned] * rate + 0.5)
    return share, borne


def partner_shares(stated: Array, amounts: Array) -> Array:
    """Shares of an overspend that sum to 1: as stated, the rest split in proportion to the other sources' amounts.

    `stated` is NaN where a source states none; all shares are 0 when the amounts that would set them are 0.

    >>> partner_shares(np.array([0.6, np.nan, np.nan]), np.array([50.0, 30.0, 10.0])).round(12).tolist()
    [0.6, 0.3, 0.1]
    """
    blank = np.isnan(stated)
    shares = np.where(blank, 0.0, stated)
    of_blank = amounts[blank].sum()
    if of_blank > 0:
        shares[blank] = max(1.0 - float(shares.sum()), 0.0) * amounts[blank] / of_blank
    if shares.sum() <= 0:  # every stated share in this pool is 0: as if none were stated
        shares = amounts
    return shares / shares.sum() if shares.sum() > 0 else shares
