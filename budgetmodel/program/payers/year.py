"""One year of stage 5: least money across organisations, least change of payer, most paid at home, then in proportion.

Columns are the pairs of a source and a class of lines that it may pay for. What each class gets and each source spends
is held with equality, and the rules that see sources are rows. A stage is held by the prices of its optimum, which
close what no optimum uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.program.build.model import Program
from budgetmodel.program.payers.proportion import Sharing, shared
from budgetmodel.program.payers.source_rows import SourceRows
from budgetmodel.program.solve.live import DUAL_TOLERANCE, LiveModel
from budgetmodel.program.solve.outcome import Outcome

MISSED, CROSSING = "money missed by rules that see sources", "money across organisations"
CHANGE, OUTSIDE = "change of payer", "money outside its source's own home"
"""What is minimised in turn; the first only where such a rule is missed."""


@dataclass(frozen=True)
class Pairs:
    """Who may pay for what in one year: an element per source and class of lines with money.

    `crosses` is whether the money crosses organisations, `outside` whether it leaves its source's own home. `due` is
    what each class gets, (classes,), and `spends` what each source spends, (sources,), £m. `rows` are the rules that
    see sources, over the pairs; where they have a weight they may be missed.
    """

    source: Index
    group: Index
    crosses: Mask
    outside: Mask
    due: Array
    spends: Array
    rows: SourceRows


@dataclass(frozen=True)
class Prices:
    """Prices that prove the least crossing of a year: of each class, each source and each row of rules on sources.

    `missed` is the price, at most 0, of what the should rows among them are missed by, weighted.
    """

    group: Array
    source: Array
    rows: Array
    missed: float


def decide_year(pairs: Pairs, before: Array) -> tuple[Array, Prices]:
    """What each pair pays, £m, and the prices that prove the crossing; `before` is what it would pay without a change.

    Raises SolverFailed when a stage ends without an optimum.
    """
    if not len(pairs.source):  # nobody spends anything
        group, source, rows = (np.zeros(len(of)) for of in (pairs.due, pairs.spends, pairs.rows.lower))
        return np.zeros(0), Prices(group, source, rows, 0.0)
    program, short = _program(pairs), _may_be_short(pairs.rows)
    model = LiveModel.of(program, np.zeros(program.shape[1]))
    missed = None
    if len(short):
        missed = _least(model, MISSED)
        model.stay_optimal(missed)
    crossing = _least(model, CROSSING)
    model.stay_optimal(crossing)
    change = LiveModel.of(_in_two(pairs, model, before), np.zeros(program.shape[1] + len(before)))
    for what in (CHANGE, OUTSIDE):
        change.stay_optimal(_least(change, what))
    paid = shared(_sharing(pairs, change))
    if paid is None:
        raise SolverFailed("Who pays could not be shared in proportion: no exact answer was found. Not published.")
    return np.maximum(paid, 0.0), _prices(pairs, crossing, missed)


def _may_be_short(rows: SourceRows) -> Index:
    """For each limit that may be missed its row, and -1 - its row for an upper limit."""
    below = np.flatnonzero((rows.weight > 0) & np.isfinite(rows.lower))
    above = np.flatnonzero((rows.weight > 0) & np.isfinite(rows.upper))
    return np.concatenate([below, -1 - above])


def _row_of(short: Index) -> tuple[Index, Array]:
    """The row of each limit that may be missed, and the sign with which what it is missed by counts there."""
    return np.where(short >= 0, short, -1 - short), np.where(short >= 0, 1.0, -1.0)


def _program(pairs: Pairs) -> Program:
    """The columns of a year, pairs first and then what limits are missed by, with the costs of MISSED and CROSSING."""
    short = _may_be_short(pairs.rows)
    row, _ = _row_of(short)
    free = np.full(len(pairs.source) + len(short), np.inf)
    return _as_program(
        _matrix(pairs, copies=1),
        (np.zeros(len(free)), free),
        (
            np.concatenate([pairs.due, pairs.spends, pairs.rows.lower]),
            np.concatenate([pairs.due, pairs.spends, pairs.rows.upper]),
        ),
        {
            MISSED: np.concatenate([np.zeros(len(pairs.source)), pairs.rows.weight[row]]),
            CROSSING: np.concatenate([pairs.crosses.astype(np.float64), np.zeros(len(short))]),
        },
    )


def _in_two(pairs: Pairs, model: LiveModel, before: Array) -> Program:
    """The program narrowed to the least crossing, each pair in two: up to what it paid before, and what is beyond."""
    count = len(before)
    low, high = model.low, model.high
    outside, none = pairs.outside.astype(np.float64), np.zeros(len(low) - count)
    return _as_program(
        _matrix(pairs, copies=2),
        (np.append(np.zeros(count), low), np.append(np.minimum(before, high[:count]), high)),
        (model.lower, model.upper),
        {
            CHANGE: np.concatenate([np.zeros(count), np.ones(count), none]),
            OUTSIDE: np.concatenate([outside, outside, none]),
        },
    )


def _matrix(pairs: Pairs, copies: int) -> Any:
    """Classes, then sources, then rules, over so many copies of the pairs and what limits are missed by."""
    count = np.arange(len(pairs.source))
    ones = np.ones(len(count))
    groups = sparse.csr_array((ones, (pairs.group, count)), shape=(len(pairs.due), len(count)))
    sources = sparse.csr_array((ones, (pairs.source, count)), shape=(len(pairs.spends), len(count)))
    own = sparse.vstack([groups, sources, pairs.rows.matrix], format="csr")
    row, sign = _row_of(_may_be_short(pairs.rows))
    first = len(pairs.due) + len(pairs.spends)
    short = sparse.csr_array((sign, (first + row, np.arange(len(row)))), shape=(own.shape[0], len(row)))
    return sparse.hstack([own] * copies + [short], format="csr")


def _as_program(
    matrix: Any, bounds: tuple[Array, Array], limits: tuple[Array, Array], costs: dict[str, Array]
) -> Program:
    """A program without labels."""
    return Program(
        kinds=np.full(matrix.shape[1], "", dtype=object),
        low=bounds[0],
        high=bounds[1],
        costs=costs,
        rows=pd.DataFrame(index=range(matrix.shape[0])),
        lower=limits[0],
        upper=limits[1],
        start=matrix.indptr.astype(np.int64),
        index=matrix.indices.astype(np.int64),
        value=matrix.data,
        groups={},
    )


def _least(model: LiveModel, what: str) -> Outcome:
    """The optimum of one of the stages; raises SolverFailed where there is none."""
    model.set_cost(model.program.costs[what])
    outcome = model.solve("simplex")
    if outcome.status != "optimal":
        raise SolverFailed(f"Who pays: the least {what} ended without an optimum ({outcome.detail}). Not published.")
    return outcome


def _sharing(pairs: Pairs, change: LiveModel) -> Sharing:
    """What the stages before have left open, to be shared in proportion to what lines get and sources spend.

    What limits are missed by has no cost of its own any more: it widens its row by as much as it may be.
    """
    count, rows = len(pairs.source), pairs.rows
    low, high = (bound[:count] + bound[count : 2 * count] for bound in (change.low, change.high))
    first = len(pairs.due) + len(pairs.spends)
    lower, upper = change.lower[first:].copy(), change.upper[first:].copy()
    row, sign = _row_of(_may_be_short(rows))
    least, most = change.low[2 * count :], change.high[2 * count :]
    np.subtract.at(lower, row, np.where(sign > 0, most, -least))
    np.subtract.at(upper, row, np.where(sign > 0, least, -most))
    equal = upper <= lower
    below, above = np.flatnonzero(~equal & np.isfinite(lower)), np.flatnonzero(~equal & np.isfinite(upper))
    pairs_only = _matrix(pairs, copies=1)[:, :count]
    rules = pairs_only[first:]
    every = [pairs_only[:first], rules[equal], rules[below], -rules[above]]
    right = np.concatenate([pairs.due, pairs.spends, lower[equal], lower[below], -upper[above]])
    return Sharing(
        weight=pairs.due[pairs.group] * pairs.spends[pairs.source],
        low=low,
        high=high,
        rows=sparse.vstack(every, format="csr"),
        right=right,
        equal=np.arange(len(right)) < first + int(equal.sum()),
    )


def _prices(pairs: Pairs, crossing: Outcome, missed: Outcome | None) -> Prices:
    """The prices of the least crossing, where need be with those of the least missed so that both together prove it.

    What the least missed closes may have any price in the crossing; so many times its own price there makes up for it.
    """
    groups, both = len(pairs.due), len(pairs.due) + len(pairs.spends)
    price, times = crossing.row_dual, 0.0
    if missed is not None:
        rows = np.append(np.zeros(both, dtype=bool), np.abs(missed.row_dual[both:]) > DUAL_TOLERANCE)
        columns = missed.reduced > DUAL_TOLERANCE
        short_of = np.append(-price[rows] / missed.row_dual[rows], -crossing.reduced[columns] / missed.reduced[columns])
        times = float(short_of.max(initial=0.0))
        price = price + times * missed.row_dual
    return Prices(price[:groups], price[groups:both], price[both:], -times)
