"""The cheapest changes that make a scenario feasible: which cells, and what that costs in pounds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.infeasibility import AS_CHEAP, CHEAPEST_OF
from budgetmodel.program.build.constraints import BALANCE
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.elastic import MISSED, SLACK, Core, Elastic, Limit, Way
from budgetmodel.program.infeasible.steps import NOISE, PLACE_KEY_COLUMN, Step, steps_of
from budgetmodel.program.infeasible.tight import Trials, in_pounds_of, tightened

ALTERNATIVES = 3
"""At most so many other ways of the same cost are listed."""

ROUNDS = 8
"""Rounds in which a way is spread over its rows; two are enough as a rule."""


@dataclass(frozen=True)
class WayOut:
    """A complete way out: all its steps are needed together; `proved` when the changed tables were shown feasible.

    `least` is what it cost, £m, before steps were dropped that are not needed: fewer cells may cost more.
    """

    kind: str
    steps: tuple[Step, ...]
    way: Way
    proved: bool
    least: float = float("nan")

    @property
    def cost(self) -> float:
        """What gives way in all, £m."""
        return float(sum(step.amount for step in self.steps))


def cheapest(core: Core) -> Way | None:
    """The least £m of giving way: of rules alone where that is enough, else of rules once money and keys gave least.

    Where money and place keys or carry forward would do alike, money gives way last. Money is handed back only where
    nothing else is possible.
    """
    elastic = Elastic.of(core.program, core.unit)
    way = elastic.least(np.where(core.rule, 1.0, np.inf))
    if way is not None:
        return way
    kinds, closed = (core.unit & ~core.rule, core.rule, _money(core)), np.zeros(len(core.unit), dtype=bool)
    return _in_turn(core, kinds, closed, spent=True) or _in_turn(core, kinds, closed, spent=False)


def _by_money(core: Core) -> Way | None:
    """The least £m of money, keys and carry forward with every rule as it is, all money spent; None: not enough."""
    return _in_turn(core, (core.unit & ~core.rule, _money(core)), core.rule, spent=True)


def _money(core: Core) -> Mask:
    return (core.rows["constraint"] == BALANCE.name).to_numpy()


def _in_turn(core: Core, kinds: tuple[Mask, ...], closed: Mask, *, spent: bool) -> Way | None:
    """The least giving way of the first kind of rows, at that of the second, and so on; closed rows never give way.

    When `spent`, no money may be left over.
    """
    elastic = Elastic.of(core.program, core.unit)
    held: tuple[Limit, ...] = ()
    way: Way | None = None
    for kind in kinds:
        way = elastic.least(np.where(closed, np.inf, kind.astype(float)), held, _money(core) if spent else None)
        if way is None:
            return None
        held = (*held, Limit(kind.astype(float), way.cost * (1 + SLACK) + SLACK))
    return way


def ways_out(
    structure: Structure, core: Core, basis: Callable[[Array], Array], first: Way, *, even: bool = True
) -> tuple[WayOut, ...]:
    """The cheapest way out by rules, others of the same cost, and one by money alone where that is possible.

    The cheapest of all is first. `first` is the way that `cheapest` finds, `basis` what `basis_of` gives. Ways that the
    changed tables do not bear out are left out. When not `even`, each begins at what the solver's vertex gives.
    """
    trials, of_money = Trials(structure), Trials(structure)  # their bases are far from each other

    def published(way: Way, trials: Trials = trials) -> WayOut:
        return _published(trials, core, basis, way, even=even)

    ruled = not (core.unit & ~core.rule & first.gave).any()
    with ThreadPoolExecutor(max_workers=2) as pool:
        money = pool.submit(_by_money, core) if ruled else None
        found = [published(first)]
        found += [published(way) for way in _as_cheap(core, first, ruled=ruled)]
        other = money.result() if money is not None else None
    if other is not None:
        found.append(published(other, of_money))
    distinct: dict[tuple[object, ...], WayOut] = {}
    for out in found:
        key = tuple(sorted((step.sheet, step.position, step.column) for step in out.steps))
        distinct.setdefault(key, out)
    return _cheapest_first(list(distinct.values()))


def _cheapest_first(found: list[WayOut]) -> tuple[WayOut, ...]:
    """The proved ways in the order of their cost, or the first of all when none is proved.

    Of the changes of rules, those as cheap as the cheapest stand behind it; the others are left out: where a step was
    not needed, what is left may cost more.
    """
    proved = [out for out in found if out.proved]
    if not proved:
        return tuple(found[:1])
    ruled = sorted((out for out in proved if _of_rules(out)), key=lambda out: out.cost)
    ruled = [out for out in ruled if out.cost - ruled[0].cost <= MISSED]
    of_rules = [replace(out, kind=AS_CHEAP if number else _kind(out.steps)) for number, out in enumerate(ruled)]
    others = [out for out in proved if not _of_rules(out)]
    dearer = [out for out in others if not ruled or out.cost >= ruled[0].cost]
    cheaper = [out for out in others if out not in dearer]
    return (*cheaper, *of_rules, *dearer)


def _of_rules(out: WayOut) -> bool:
    return all(step.sheet == schema.RULES for step in out.steps)


def _kind(steps: tuple[Step, ...]) -> str:
    """What a way out is called: by what it changes."""
    keys = any(step.column == PLACE_KEY_COLUMN for step in steps)
    money = any(step.sheet in (schema.FUNDING, schema.SOURCES) for step in steps)
    rules = any(step.sheet == schema.RULES for step in steps)
    changed = [word for word, there in (("money", money), ("place keys", keys), ("rules", rules)) if there]
    return CHEAPEST_OF.format(" and ".join(changed))


def _as_cheap(core: Core, first: Way, *, ruled: bool) -> list[Way]:
    """Other ways of the same cost: what gave way is forbidden to, cell by cell, and the cost is looked at again.

    Only rows whose dual is the whole price may give way at the least cost; without any beside the forbidden ones
    nothing need be solved.
    """
    if not ruled:
        return []
    cell = core.rows["cell"].to_numpy()
    able = core.rule & (np.abs(first.dual) > 1 - MISSED)
    elastic = Elastic.of(core.program, core.unit)
    found: list[Way] = []
    for own in dict.fromkeys(cell[core.rule & first.gave]):
        forbidden = {own}
        while len(found) < ALTERNATIVES and (able & ~np.isin(cell, list(forbidden))).any():
            closed = np.isin(cell, list(forbidden))
            way = elastic.least(np.where(core.rule & ~closed, 1.0, np.inf))
            if way is None or way.cost > first.cost + MISSED:
                break
            found.append(way)
            used = set(cell[core.rule & way.gave])
            forbidden |= used - set(cell[core.rule & first.gave]) or used
    return found


# ---- from giving way to Values --------------------------------------------------------------------------


def _published(trials: Trials, core: Core, basis: Callable[[Array], Array], way: Way, *, even: bool) -> WayOut:
    """A way as steps that ask for no more than is needed, proved by the changed tables."""
    structure = trials.structure
    steps = steps_of(structure, core, basis(way.x), way)
    if even and not _cut_alone(steps):
        way = _spread(core, basis, way)
        steps = steps_of(structure, core, basis(way.x), way)
    found = tightened(trials, steps)
    if found is None:
        return WayOut(_kind(steps), steps, way, proved=False)
    least = way.cost
    way, found = in_pounds_of(structure, core, way, found)
    return WayOut(_kind(found), found, way, proved=True, least=least)


def _cut_alone(steps: tuple[Step, ...]) -> bool:
    """Whether cutting a single figure back leaves nothing to spread."""
    return len(steps) == 1 and steps[0].moves


def _spread(core: Core, basis: Callable[[Array], Array], way: Way) -> Way:
    """The same cost with the smallest change of Values: one Value speaks for all rows of its rule.

    A vertex takes all from one row; its rule's Value would then fall further than it must. What a Value is multiplied
    by may change with the allocation (growth on a year that is itself shared out), so it is spread again from where the
    last round ended, as long as the Values change less.
    """
    standing = core.unit & ~core.rule & way.gave
    held = tuple(
        Limit(rows.astype(float), float(np.abs(way.give[rows]).sum()) * (1 + SLACK) + SLACK)
        for rows in (core.rule, standing)
        if rows.any()
    )
    best, least = way, _change_of_values(core, basis(way.x), way)
    for _ in range(ROUNDS):
        again = _spread_once(core, basis(best.x), best, standing, held)
        if again is None:
            break
        change = _change_of_values(core, basis(again.x), again)
        if not change < least * (1 - NOISE):
            break
        best, least = again, change
    return best


def _change_of_values(core: Core, slope: Array, way: Way) -> float:
    """By how much the Values of all rules change together: the furthest row of each counts, times its mean slope."""
    gave = np.flatnonzero(core.rule & way.gave)
    if not (slope[gave] > 0).all():
        return float("inf")
    rows = pd.DataFrame({"cell": core.rows["cell"].to_numpy()[gave], "slope": slope[gave]})
    rows["step"] = np.abs(way.give[gave]) / slope[gave]
    by_cell = rows.groupby("cell", sort=False)
    return float((by_cell["step"].max() * by_cell["slope"].mean()).sum())


def _spread_once(core: Core, slope: Array, way: Way, standing: Mask, held: tuple[Limit, ...]) -> Way | None:
    """One round, with what Values are multiplied by as it is; None where there is nothing to spread, or no way.

    `standing` are the other rows that give way, `held` what all may give in all.
    """
    gave = core.rule & way.gave
    cell = core.rows["cell"].to_numpy()
    open_rows = core.rule & np.isin(cell, list(set(cell[gave]))) & (np.nan_to_num(slope) > 0)
    cells = list(dict.fromkeys(cell[open_rows]))
    if int(open_rows.sum()) == len(cells) or not (gave <= open_rows).all():
        return None
    number = {name: n for n, name in enumerate(cells)}
    group = np.array([number.get(name, -1) if tied else -1 for name, tied in zip(cell, open_rows, strict=True)])
    mean = np.array([slope[group == n].mean() for n in range(len(cells))])
    again = Elastic.of(core.program, core.unit).evenest(open_rows | standing, group, slope, mean, held)
    return None if again is None else replace(again, cost=way.cost, dual=way.dual)
