"""Conflict sets: must rows that cannot all hold, of which each is needed for that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.infeasible.elastic import NOTHING, Core, Elastic, Way, solved
from budgetmodel.program.solve.live import LiveModel

CONFLICTS = 5
"""At most so many independent conflicts are looked for."""

PRICED = 1e-7
"""A dual that is smaller counts as 0."""


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
    so beside all of them.
    """
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
