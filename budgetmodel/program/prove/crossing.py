"""The money that crosses organisations, and a proved lower bound of it: line by line, from the tables."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.inputs.reach import crosses
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.payers.decide import Payers
from budgetmodel.program.payers.source_rows import rules_of_sources, source_rows


def least_crossing(structure: Structure, paid: Payers) -> tuple[float, float]:
    """What crosses organisations in all years, £m, and how low it could be at most.

    Lines and sources keep their money, the rules that see sources are kept as they are kept now, and should rules among
    them are missed by no more than they are missed now.
    """
    place, service = (structure.lines[name].to_numpy() for name in ("place", "service"))
    years = [
        _year(structure, paid, year, crosses(structure.inputs, structure.reach, year)[:, place, service])
        for year in range(structure.years)
    ]
    found, bounds = (sum(each) for each in zip(*years, strict=True))
    return float(found), max(float(bounds), 0.0)


def _year(structure: Structure, paid: Payers, year: int, away: Mask) -> tuple[float, float]:
    """The crossing of a year and its bound, £m; `away` is by source and line.

    For any prices of lines, sources and rows, Σ price x limit + Σ (crosses - prices) x bound bounds the crossing from
    below: what an amount costs beyond its prices counts only where it is negative, and then with the most it can be.
    """
    own = paid.year == year
    amounts = np.zeros(away.shape)
    np.add.at(amounts, (paid.source[own], paid.line[own]), paid.amount[own])
    due, spends = amounts.sum(axis=0), amounts.sum(axis=1)
    prices, may = paid.prices[year], structure.reach
    place, service = (structure.lines[name].to_numpy() for name in ("place", "service"))
    source, line = np.nonzero(may.places[:, year][:, place] & may.services[:, year][:, service])
    spent = amounts[source, line]
    missing = prices.missed < 0
    rows = source_rows(structure, rules_of_sources(structure), year, source, line).kept_as_by(spent, may_miss=missing)
    of_line, of_source = prices.group[paid.group], prices.source
    of_row = np.where(np.isfinite(np.where(prices.rows > 0, rows.lower, rows.upper)), prices.rows, 0.0)
    beyond = away[source, line] - of_line[line] - of_source[source] - rows.matrix.T @ of_row
    most = np.minimum(due[line], spends[source])
    bound = of_line @ due + of_source @ spends + float((np.minimum(beyond, 0.0) * most).sum())
    limits = np.where(of_row > 0, rows.lower, rows.upper)
    bound += float(of_row[of_row != 0] @ limits[of_row != 0])
    if missing:
        bound += _of_what_is_missed(of_row, rows.weight, prices.missed, rows.short(spent))
    return float((away * amounts).sum()), float(bound)


def _of_what_is_missed(of_row: Array, weight: Array, price: float, short: float) -> float:
    """What should rows add to the bound: they may be missed by `short` together, weighted, £m, at a price below 0."""
    should = weight > 0
    beyond = -price * weight[should] - np.abs(of_row[should])
    return price * short + float((np.minimum(beyond, 0.0) * short / weight[should]).sum())
