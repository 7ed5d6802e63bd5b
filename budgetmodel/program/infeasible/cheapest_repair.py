"""The cheapest change that makes a scenario feasible: which rules give way, by how much, and to which Value."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil, floor
from types import MappingProxyType

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.infeasibility import AS_CHEAP, CHEAPEST_OF
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.units import MILLIONS_PER_POUND
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.program.infeasible.elastic import CARRY, SLACK, Core, Elastic, Limit, Way, core_of, is_feasible
from budgetmodel.program.infeasible.irreducible import MISSED
from budgetmodel.program.infeasible.value_slopes import bound_of

ALTERNATIVES = 3
"""At most so many other ways of the same cost are listed."""

PRECISE = 9
"""Decimals that a figure has at most."""

NOISE = 1e-6
"""A last decimal is not given up for less than this part of it: a solver's rounding."""

WITHIN = 1e-6
"""£m: an allocation that misses every row by less than a pound meets them."""

COARSE = 0.1
"""A new Value is rounded away from the old one by no more than this part of the change."""

ROUNDS = 8
"""Rounds in which a way is spread over its rows; two are enough as a rule."""

PLACE_KEY_COLUMN = "Place key"

PERCENT, POUNDS, AMOUNT = "%", "£", "£m"
SCALES = MappingProxyType({PERCENT: (100.0, 1), POUNDS: (1 / MILLIONS_PER_POUND, 2), AMOUNT: (1.0, 1)})
"""By unit: the factor from a figure of the frames to the one shown, and its least number of decimals."""


@dataclass(frozen=True)
class Step:
    """One cell to change: the rows that give way there, by how much in all (£m), and the new value.

    `sheet`, `position` and `column` give the place; `old` and `value` are in the units of the budget's frames, None for
    a blank cell. `unit` and `decimals` are those in which they are shown. `also` lists other rows of the sheet that
    change alike.
    """

    constraint: str
    rows: Index
    amount: float
    sheet: str
    position: int
    column: str
    old: object
    value: object
    unit: str = AMOUNT
    decimals: int = 1
    also: tuple[int, ...] = ()

    @property
    def lowers(self) -> bool:
        """Whether the new figure is below the old one."""
        return isinstance(self.value, float) and isinstance(self.old, float) and self.value < self.old


@dataclass(frozen=True)
class WayOut:
    """A complete way out: all its steps are needed together; `proved` when the changed tables were shown feasible."""

    kind: str
    steps: tuple[Step, ...]
    way: Way
    proved: bool

    @property
    def cost(self) -> float:
        """What gives way in all, £m."""
        return float(sum(step.amount for step in self.steps))


def cheapest(core: Core) -> Way | None:
    """The least £m of giving way: of rules alone where that is enough, else of rules once money and keys gave least.

    Where money and place keys or carry forward would do alike, money gives way last.
    """
    elastic = Elastic.of(core.program, core.unit)
    way = elastic.least(np.where(core.rule, 1.0, np.inf))
    if way is not None:
        return way
    return _in_turn(core, (core.unit & ~core.rule, core.rule, _money(core)), np.zeros(len(core.unit), dtype=bool))


def _by_money(core: Core) -> Way | None:
    """The least £m of money, keys and carry forward with every rule as it is; None where that is not enough."""
    return _in_turn(core, (core.unit & ~core.rule, _money(core)), core.rule)


def _money(core: Core) -> Mask:
    return (core.rows["constraint"] == BALANCE.name).to_numpy()


def _in_turn(core: Core, kinds: tuple[Mask, ...], closed: Mask) -> Way | None:
    """The least giving way of the first kind of rows, at that of the second, and so on; closed rows never give way."""
    elastic = Elastic.of(core.program, core.unit)
    held: tuple[Limit, ...] = ()
    way: Way | None = None
    for kind in kinds:
        way = elastic.least(np.where(closed, np.inf, kind.astype(float)), held)
        if way is None:
            return None
        held = (*held, Limit(kind.astype(float), way.cost * (1 + SLACK) + SLACK))
    return way


def ways_out(
    structure: Structure, core: Core, basis: Callable[[Array], Array], first: Way, *, even: bool = True
) -> tuple[WayOut, ...]:
    """The cheapest way out, others of the same cost, and one by money alone where that is possible.

    `first` is the cheapest, `basis` what `basis_of` gives. Ways that the changed tables do not bear out are left out.
    When not `even`, each is what the solver's vertex gives, at the same cost.
    """

    def published(way: Way, kind: str = "") -> WayOut:
        return _published(structure, core, basis, _spread(core, basis, way) if even else way, kind)

    ruled = not (core.unit & ~core.rule & (np.abs(first.give) > MISSED)).any()
    found = [published(first)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        money = pool.submit(_by_money, core) if ruled else None
        for way in _as_cheap(core, first, ruled=ruled):
            found.append(published(way, AS_CHEAP))
        other = money.result() if money is not None else None
    if other is not None:
        found.append(published(other))
    distinct: dict[tuple[object, ...], WayOut] = {}
    for out in found:
        key = tuple(sorted((step.sheet, step.position, step.column) for step in out.steps))
        if out is found[0] or out.proved:
            distinct.setdefault(key, out)
    return tuple(distinct.values())


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
    for own in dict.fromkeys(cell[core.rule & (np.abs(first.give) > MISSED)]):
        forbidden = {own}
        while len(found) < ALTERNATIVES and (able & ~np.isin(cell, list(forbidden))).any():
            closed = np.isin(cell, list(forbidden))
            way = elastic.least(np.where(core.rule & ~closed, 1.0, np.inf))
            if way is None or way.cost > first.cost + MISSED:
                break
            found.append(way)
            used = set(cell[core.rule & (np.abs(way.give) > MISSED)])
            forbidden |= used - set(cell[core.rule & (np.abs(first.give) > MISSED)]) or used
    return found


# ---- from giving way to Values --------------------------------------------------------------------------


def _published(structure: Structure, core: Core, basis: Callable[[Array], Array], way: Way, kind: str) -> WayOut:
    """A way as steps, proved by the changed tables."""
    steps = _steps(structure, core, basis(way.x), way)
    return WayOut(kind or _kind(steps), steps, way, _proof(structure, core, steps, way))


def _spread(core: Core, basis: Callable[[Array], Array], way: Way) -> Way:
    """The same cost with the smallest change of Values: one Value speaks for all rows of its rule.

    A vertex takes all from one row; its rule's Value would then fall further than it must. What a Value is multiplied
    by may change with the allocation (growth on a year that is itself shared out), so it is spread again from where the
    last round ended, as long as the Values change less.
    """
    standing = core.unit & ~core.rule & (np.abs(way.give) > MISSED)
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
    gave = np.flatnonzero(core.rule & (np.abs(way.give) > MISSED))
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
    gave = core.rule & (np.abs(way.give) > MISSED)
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


def _steps(structure: Structure, core: Core, slope: Array, way: Way) -> tuple[Step, ...]:
    """The cells to change, in the order of the program's rows: rules first."""
    gave = pd.DataFrame({"row": np.flatnonzero(np.abs(way.give) > MISSED)})
    gave = gave.join(core.rows[["constraint", "cell", "purse", "year", "service"]], on="row")
    steps: list[Step] = []
    keyed = gave.assign(
        purse=gave["purse"].where(gave["constraint"] == BALANCE.name, -1),
        year=gave["year"].where(gave["constraint"].isin([BALANCE.name, CARRY.name]), -1),
    )
    for _, members in keyed.groupby(["constraint", "cell", "purse", "year"], sort=False):
        constraint, cell, purse, year = members[["constraint", "cell", "purse", "year"]].iloc[0].tolist()
        rows = members["row"].to_numpy(dtype=np.int64)
        if constraint == BALANCE.name:
            steps.extend(_money_steps(structure, way, rows, purse, year))
        elif constraint == CARRY.name:
            steps.append(_carry_step(structure, core, way, rows))
        elif constraint == PLACE_KEY.name:
            steps.append(_key_step(structure, way, rows, str(members["service"].iloc[0])))
        else:
            steps.append(_rule_step(structure, core, slope, way, rows, cell))
    return tuple(sorted(steps, key=lambda step: step.sheet != schema.RULES))


def _amount(way: Way, rows: Index) -> float:
    return float(np.abs(way.give[rows]).sum())


def _rule_step(structure: Structure, core: Core, slope: Array, way: Way, rows: Index, cell: str) -> Step:
    inputs = structure.inputs
    frame = inputs.frame(schema.RULES)
    position = next(p for p in frame.index.tolist() if inputs.cell(schema.RULES, p, "Value") == cell)
    rule = frame.loc[position]
    old, amount = float(rule["Value"]), _amount(way, rows)
    unit = MEASURE[str(rule["Measure"])].unit.sign
    slack = core.program.activity(way.x) - bound_of(core.program)
    exactly = rule["Limit"] == "exactly"
    given_way = np.flatnonzero(core.rule & (core.rows["cell"] == cell).to_numpy()) if exactly else rows
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = old + slack[given_way] / slope[given_way]
    if not np.isfinite(wanted).all() or (exactly and np.ptp(wanted) >= MISSED):
        # No figure would do: of an exact rule, one cannot be what several rows come to.
        measure, strength = str(rule["Measure"]), str(rule["Strength"])
        return Step(measure, rows, amount, schema.RULES, position, "Strength", strength, "should")
    if exactly:
        value, decimals = float(wanted[0]), PRECISE
    else:
        down = rule["Limit"] == "at least"
        exact = float(wanted.min() if down else wanted.max())
        value, decimals = rounded_away(old, exact, unit, down=down)
    return Step(str(rule["Measure"]), rows, amount, schema.RULES, position, "Value", old, value, unit, decimals)


def rounded_away(old: float, exact: float, unit: str, *, down: bool) -> tuple[float, int]:
    """A figure a little beyond `exact`, as few decimals as come close to it in its unit; with their number.

    >>> rounded_away(0.044, 0.0317384, "%", down=True)
    (0.031, 1)
    """
    scale, fewest = SCALES[unit]
    for decimals in range(fewest, PRECISE):
        tens = 10.0**decimals
        shown = exact * scale * tens
        figure = (floor(shown + NOISE) if down else ceil(shown - NOISE)) / tens
        if abs(figure / scale - exact) <= COARSE * abs(exact - old):
            break
    return round(figure / scale, 15), decimals


def _money_steps(structure: Structure, way: Way, rows: Index, purse: int, year: int) -> list[Step]:
    """More in Funding where money is short, less where it has nowhere to go: at the purse's largest sources."""
    inputs, amount = structure.inputs, _amount(way, rows)
    frame = inputs.frame(schema.FUNDING)
    names = [n for n, u in zip(inputs.sources, structure.purse_of, strict=True) if u == purse]
    own = frame[frame["Source"].isin(names) & (frame["Year"] == inputs.years[year])]
    if not len(own):
        position = inputs.sources.index(names[0])
        return [Step(BALANCE.name, rows, amount, schema.SOURCES, position, "Source", names[0], names[0])]
    more = float(way.give[rows].sum()) < 0
    steps: list[Step] = []
    amounts = own["Amount"].astype(float).sort_values(ascending=False, kind="stable")
    for position, old in zip(amounts.index.tolist(), amounts.tolist(), strict=True):
        own_part = amount if more else min(amount, old)
        if own_part > MISSED:
            value, decimals = rounded_away(old, old + own_part if more else old - own_part, AMOUNT, down=not more)
            value = max(value, 0.0)
            steps.append(
                Step(BALANCE.name, rows, own_part, schema.FUNDING, position, "Amount", old, value, AMOUNT, decimals)
            )
            amount -= own_part
    return steps


def _carry_step(structure: Structure, core: Core, way: Way, rows: Index) -> Step:
    inputs, row = structure.inputs, core.rows.iloc[int(rows[0])]
    purse, year = int(row["purse"]), int(row["year"])
    frame = inputs.frame(schema.SOURCES)
    own = [n for n, u in enumerate(structure.purse_of.tolist()) if u == purse]
    old, amount = float(frame["Carry forward"].iloc[own[0]]), _amount(way, rows)
    exact = old + amount / float(structure.funding[purse, year])
    value, decimals = rounded_away(old, exact, PERCENT, down=False)
    return Step(
        CARRY.name, rows, amount, schema.SOURCES, own[0], "Carry forward", old, value, PERCENT, decimals, tuple(own[1:])
    )


def _key_step(structure: Structure, way: Way, rows: Index, service: str) -> Step:
    position = structure.inputs.services.index(service)
    key = structure.inputs.frame(schema.SERVICES)[PLACE_KEY_COLUMN].iloc[position]
    return Step(PLACE_KEY.name, rows, _amount(way, rows), schema.SERVICES, position, PLACE_KEY_COLUMN, key, None)


# ---- proof ----------------------------------------------------------------------------------------------


def changed(inputs: Inputs, steps: tuple[Step, ...]) -> Inputs:
    """The budget with the steps taken."""
    frames: dict[str, pd.DataFrame] = {}
    for step in steps:
        frame = frames[step.sheet] if step.sheet in frames else inputs.frame(step.sheet)
        places = frame.index.isin([step.position, *step.also])
        values = [step.value if here else old for here, old in zip(places, frame[step.column], strict=True)]
        kind = frame[step.column].dtype if pd.api.types.is_numeric_dtype(frame[step.column]) else object
        frame[step.column] = pd.Series(values, index=frame.index, dtype=kind)  # left to pandas, a blank becomes NaN
        frames[step.sheet] = frame
    return inputs.with_frames(frames)


def _proof(structure: Structure, core: Core, steps: tuple[Step, ...], way: Way) -> bool:
    """Whether the changed tables are feasible: the way's own allocation meets every row, or a solve finds another."""
    inputs = changed(structure.inputs, steps)
    if (inputs.funding.sum(axis=0) <= 0).any():
        return False  # without any money there is no do-minimum to compare with
    ruled = all(step.sheet == schema.RULES for step in steps)
    again = replace(structure, inputs=inputs) if ruled else build_structure(inputs, structure.regime, {})
    program = core_of(again, assemble(again, turnover_stage=False)[0])
    if ruled and all(step.column == "Value" for step in steps):
        full = np.zeros(int(max(core.column.max(), program.column.max())) + 1)
        full[core.column] = way.x
        activity = program.program.activity(full[program.column])
        if np.maximum(program.program.lower - activity, activity - program.program.upper).max(initial=0.0) < WITHIN:
            return True
    return is_feasible(program.program)
