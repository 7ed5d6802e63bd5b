"""Who pays, year by year: from the columns of a solved program to its flows by source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.inputs.reach import crosses
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.rules import Rule
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.payers.alike import NO_MONEY, classes
from budgetmodel.program.payers.source_rows import SourceRows, line_marks, rules_of_sources, source_rows
from budgetmodel.program.payers.start import Start, start_of
from budgetmodel.program.payers.year import Pairs, Prices, decide_year

WORTH_A_STAGE = 1e-9
"""£m: should rows that are missed by less together are kept."""


@dataclass(frozen=True)
class Payers:
    """Who pays what: `year`, `source`, `line` and `amount` (£m) have an element per flow.

    `carried` is what sources carry out of each year, (sources, years), £m. `prices` prove the least crossing of each
    year; their classes are those of `group`, (lines,).
    """

    year: Index
    source: Index
    line: Index
    amount: Array
    carried: Array
    group: Index
    prices: tuple[Prices, ...]


@dataclass(frozen=True)
class Book:
    """What is the same in every year: `group` is the class of each line, `lines` a line of each class.

    `crosses` and `home` are by year, source and class.
    """

    structure: Structure
    start: Start
    rules: list[Rule]
    group: Index
    lines: Index
    crosses: Mask
    home: Mask


def who_pays(layout: Layout, x: Array, *, alike: bool = True) -> Payers:
    """Decide who pays for what a solution gives to lines, so that sources spend what they have to spend.

    As little money as can be crosses organisations. Then, year by year, as little as can be has another payer than the
    year before, and as much as can be is paid by sources at home; what is still free is shared in proportion to what
    lines get and sources spend. Every rule that sees sources is kept, and should rules are missed by no more than they
    have to be. With `alike` off lines that cannot be
    told apart are decided one by one, which takes longer and comes to the same.

    Raises SolverFailed when a stage ends without an optimum.
    """
    structure, start = layout.structure, start_of(layout, x)
    rules = rules_of_sources(structure)
    group = classes(structure, start.totals, line_marks(structure, rules), alike=alike)
    lines = np.unique(group, return_index=True)[1]
    place, service = (structure.lines[name].to_numpy()[lines] for name in ("place", "service"))
    may = structure.reach
    away = np.stack([crosses(structure.inputs, may, t)[:, place, service] for t in range(structure.years)])
    home = np.stack([may.home_places[:, t][:, place] & may.home_services[:, t][:, service] for t in range(len(away))])
    book = Book(structure, start, rules, group, lines, away, home)
    return _flows(book, *_years(book))


def _years(book: Book) -> tuple[list[Array], list[Prices]]:
    """Year by year, what each source pays for each class, (sources, classes), £m, and what proves it."""
    paid: list[Array] = []
    prices = []
    for year in range(book.structure.years):
        due = np.zeros(len(book.lines))
        np.add.at(due, book.group, book.start.totals[:, year])
        reach = _reach(book, year)
        pairs = _pairs(book, year, due, reach)
        before = _before(book, year, due, reach, paid)
        amount, proof = decide_year(pairs, before[pairs.source, pairs.group])
        found = np.zeros(reach.shape)
        found[pairs.source, pairs.group] = amount
        paid.append(found)
        prices.append(proof)
    return paid, prices


def _reach(book: Book, year: int) -> Mask:
    """Which source may pay for which class: shape (sources, classes)."""
    place, service = (book.structure.lines[name].to_numpy()[book.lines] for name in ("place", "service"))
    may = book.structure.reach
    reach: Mask = may.places[:, year][:, place] & may.services[:, year][:, service]
    return reach


def _pairs(book: Book, year: int, due: Array, reach: Mask) -> Pairs:
    spends = book.start.budgets[:, year]
    source, group = np.nonzero(reach & (due > 0) & (spends > 0)[:, None])
    pairs = source.astype(np.int64), group.astype(np.int64)
    return Pairs(*pairs, book.crosses[year][pairs], ~book.home[year][pairs], due, spends, _rows(book, year, *pairs))


def _rows(book: Book, year: int, source: Index, group: Index) -> SourceRows:
    """The rules that see sources, with what the start keeps of them and what of them it has to miss."""
    rows = source_rows(book.structure, book.rules, year, source, book.lines[group])
    start = book.start
    at = np.full((len(start.budgets), len(book.lines)), -1, dtype=np.int64)
    at[source, group] = np.arange(len(source))
    own = start.year == year
    pair = at[start.source[own], book.group[start.line[own]]]
    amounts = np.zeros(len(source))
    np.add.at(amounts, pair, start.amount[own])
    return rows.kept_as_by(amounts, may_miss=rows.short(amounts) > WORTH_A_STAGE)


def _before(book: Book, year: int, due: Array, reach: Mask, paid: list[Array]) -> Array:
    """What each source would pay for each class if nothing changed: shape (sources, classes), £m.

    The shares of the year before; where there was no money, those at home pay by what they have to spend, and where
    nobody is at home, those that may.
    """
    spends = book.start.budgets[:, year][:, None]
    home = book.home[year] & reach & (spends > 0)
    payers = np.where(home.any(axis=0), home, reach) * spends
    if year:
        known = book.start.totals[book.lines, year - 1] > NO_MONEY
        payers = np.where(known, paid[-1], payers)
    whole = payers.sum(axis=0)
    return np.asarray(payers * np.divide(due, whole, out=np.zeros_like(due), where=whole > 0))


def _flows(book: Book, paid: list[Array], prices: list[Prices]) -> Payers:
    """Every line is paid for in the shares of its class."""
    totals = book.start.totals
    due = np.stack(paid).sum(axis=1, keepdims=True)
    share = np.divide(np.stack(paid), due, out=np.zeros_like(np.stack(paid)), where=due > 0)
    amounts = share[:, :, book.group] * totals.T[:, None, :]
    year, source, line = np.nonzero(amounts > 0)
    amount = amounts[year, source, line]
    return Payers(year, source, line, amount, book.start.carried, book.group, tuple(prices))
