"""Conflict sets: must rows that cannot all hold, of which each is needed for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.build.model import Program
from budgetmodel.program.infeasible.elastic import NOTHING, SIMPLEX_UP_TO, Core, Elastic, Way, solved
from budgetmodel.program.solve.live import LiveModel

CONFLICTS = 5
"""At most so many independent conflicts are looked for."""

PRICED = 1e-7
"""A dual that is smaller counts as 0."""

SMALLEST_PRICE = 1e-9
"""The same where prices of all rows add up to 1."""


@dataclass(frozen=True)
class Conflict:
    """Rows of a core that cannot all hold; without any one of them the others can.

    `gap` is the least £m by which they must give way together; `side` is 1 for rows that ask for too much and -1 for
    rows that let too little in.
    """

    rows: Index
    gap: float
    side: Array


def conflicts(core: Core, first: Way) -> tuple[Conflict, ...]:
    """Independent conflicts, CONFLICTS at most: no rule is in two of them.

    `first` is a way out at a price: the rows that have a dual in it cannot all hold, which is where the search begins.
    What was found is put out of the way (the whole rules in it, or its rows when there are none), and what is left is
    looked at again.
    """
    found: list[Conflict] = []
    relaxed = np.zeros(len(core.unit), dtype=bool)
    elastic = Elastic.of(core.program, core.unit)
    seed = _suspects(core, first, relaxed)
    while len(found) < CONFLICTS:
        if not len(seed) or _holds(core, seed):
            way = elastic.least(np.where(relaxed, 0.0, 1.0))
            if way is None or way.cost <= NOTHING:
                break
            seed = _suspects(core, way, relaxed)
        rows = irreducible(core, seed)
        if not len(rows):
            break
        found.append(_conflict(core, rows))
        relaxed[_whole_rules(core, rows)] = True
        seed = seed[~relaxed[seed]]
    return tuple(found)


def irreducible(core: Core, units: Index) -> Index:
    """Units among these that cannot all hold, though they can without any one; none when these can hold.

    HiGHS finds a set, which is irreducible beside the bounds and definitions it chose; taking away row by row makes it
    so beside all of them. Among thousands of units it takes minutes for that: one linear program finds tens of them
    that cannot all hold, which is where it begins.
    """
    part, inside = core.part(units)
    if part.shape[2] > SIMPLEX_UP_TO:
        fewer = np.sort(units)[_of_one_price(part, inside)]
        if len(fewer) and not _holds(core, fewer):
            units = fewer
            part, inside = core.part(units)
    live = LiveModel.of(part, np.zeros(len(part.low)))
    if solved(live).status != "infeasible":
        return units[:0]
    chosen = np.intersect1d(live.conflict_rows(), inside)
    named = np.sort(units)[np.searchsorted(inside, chosen)]
    kept = named if len(named) and not _holds(core, named) else np.sort(units)
    part, inside = core.part(kept)
    needed = np.ones(len(kept), dtype=bool)
    live = LiveModel.of(part, np.zeros(len(part.low)))
    for number, row in enumerate(inside.tolist()):
        before = live.bounds
        live.relax_rows(np.array([row]))
        if solved(live).status == "infeasible":
            needed[number] = False
        else:
            live.reopen(before)
    return kept[needed]


def _of_one_price(part: Program, inside: Index) -> Index:
    """Few of the rows `inside` that cannot all hold, as places in it: those with a price where all give way alike.

    One amount, by which each of the rows may be missed, is minimised. Its prices are a vertex of the rays that prove
    that nothing is feasible, so hardly a row has one that could do without (Gleeson and Ryan, "Identifying minimally
    infeasible subsystems of inequalities", ORSA Journal on Computing 2 (1990)). None where no vertex is found.
    """
    unit = np.zeros(len(part.lower), dtype=bool)
    unit[inside] = True
    sides = (
        np.flatnonzero(~unit),
        np.flatnonzero(unit & np.isfinite(part.lower)),
        np.flatnonzero(unit & np.isfinite(part.upper)),
    )
    still, least, most = sides
    rows = np.concatenate(sides)
    count = len(part.low)
    own = sparse.csr_array((part.value, part.index, part.start), shape=(len(part.lower), count))
    amount = np.concatenate([np.zeros(len(still)), np.ones(len(least)), -np.ones(len(most))])
    matrix = sparse.csr_array(sparse.hstack([own[rows], amount[:, None]], format="csr"))
    program = replace(
        part,
        kinds=np.append(part.kinds, "amount"),
        low=np.append(part.low, 0.0),
        high=np.append(part.high, np.inf),
        rows=part.rows.iloc[rows],
        lower=np.concatenate([part.lower[still], part.lower[least], np.full(len(most), -np.inf)]),
        upper=np.concatenate([part.upper[still], np.full(len(least), np.inf), part.upper[most]]),
        start=matrix.indptr.astype(np.int64),
        index=matrix.indices.astype(np.int64),
        value=matrix.data,
    )
    outcome = solved(LiveModel.of(program, np.append(np.zeros(count), 1.0)))
    if outcome.status != "optimal":
        return inside[:0]
    priced = np.unique(rows[np.abs(outcome.row_dual) > SMALLEST_PRICE])
    return np.flatnonzero(np.isin(inside, priced))


def _holds(core: Core, units: Index) -> bool:
    part, _ = core.part(units)
    return solved(LiveModel.of(part, np.zeros(len(part.low)))).status != "infeasible"


def _suspects(core: Core, way: Way, relaxed: Mask) -> Index:
    """The rows with a dual, which together cannot hold; all rows when rounding hides which they are."""
    open_rows = core.unit & ~relaxed
    seed = np.flatnonzero(open_rows & (np.abs(way.dual) > PRICED))
    return seed if len(seed) and not _holds(core, seed) else np.flatnonzero(open_rows)


def _whole_rules(core: Core, rows: Index) -> Index:
    """All rows of the rules among these; these rows themselves when no rule is."""
    ruled = rows[core.rule[rows]]
    if not len(ruled):
        return rows
    cell = core.rows["cell"]
    return np.flatnonzero(core.rule & cell.isin(cell.iloc[ruled]).to_numpy())


def _conflict(core: Core, rows: Index) -> Conflict:
    part, inside = core.part(rows)
    unit = np.zeros(len(part.lower), dtype=bool)
    unit[inside] = True
    way = Elastic.of(part, unit).least(unit.astype(float))
    if way is None:
        return Conflict(rows, float("nan"), np.zeros(len(rows)))
    return Conflict(rows, way.cost, np.sign(way.dual[inside]))
