"""From giving way to cells: which Value, amount, share or key changes, from what to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from types import MappingProxyType

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.units import MILLIONS_PER_POUND, PENNY_DECIMALS
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.elastic import CARRY, MISSED, NOTHING, Core, Way
from budgetmodel.program.infeasible.value_slopes import bound_of

PRECISE = 9
"""Decimals that the figure of an exact rule is given with."""

NOISE = 1e-6
"""A last decimal is not given up for less than this part of it: a solver's rounding."""

COARSE = 0.1
"""A new Value is rounded away from the old one by no more than this part of the change."""

PLACE_KEY_COLUMN = "Place key"
"""The column of Services that a step may clear."""

PERCENT, POUNDS, AMOUNT = "%", "£", "£m"
SCALES = MappingProxyType({PERCENT: (100.0, 1), POUNDS: (1 / MILLIONS_PER_POUND, 2), AMOUNT: (1.0, 1)})
"""By unit: the factor from a figure of the frames to the one shown, and its least number of decimals."""


FINEST = MappingProxyType({PERCENT: 10, POUNDS: 4, AMOUNT: PENNY_DECIMALS})
"""By unit: the decimals that a new figure has at most."""


@dataclass(frozen=True, eq=False)
class Step:
    """One cell to change: the rows that give way there, the least £m by which they must, and the new value.

    `sheet`, `position` and `column` give the place; `old` and `value` are in the units of the budget's frames, None for
    a blank cell. `unit` and `decimals` are those in which they are shown. `also` lists other rows of the sheet that
    change alike. An `exact` value may not be moved. `limit` is whether the value is the limit: nearer to the old one
    by one in its last decimal, nothing is feasible. `given` is the least £m by which the rows give way at the new
    value, which speaks for all of them; not known unless a way changes rules alone.
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
    exact: bool = False
    limit: bool = False
    given: float = float("nan")

    @property
    def moves(self) -> bool:
        """Whether the new figure may be anywhere between the old one and where it is."""
        return isinstance(self.value, float) and isinstance(self.old, float) and not self.exact

    @property
    def lowers(self) -> bool:
        """Whether the new figure is below the old one."""
        return isinstance(self.value, float) and isinstance(self.old, float) and self.value < self.old


def steps_of(structure: Structure, core: Core, slope: Array, way: Way) -> tuple[Step, ...]:
    """The cells to change, in the order of the program's rows: rules first."""
    gave = pd.DataFrame({"row": np.flatnonzero(way.gave)})
    gave = gave.join(core.rows[["constraint", "cell", "purse", "year", "service"]], on="row")
    steps: list[Step] = []
    keyed = gave.assign(
        purse=gave["purse"].where(gave["constraint"] == BALANCE.name, -1),
        year=gave["year"].where(gave["constraint"] == BALANCE.name, -1),
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
    measure = str(rule["Measure"])
    return Step(measure, rows, amount, schema.RULES, position, "Value", old, value, unit, decimals, exact=exactly)


def rounded_away(old: float, exact: float, unit: str, *, down: bool) -> tuple[float, int]:
    """A figure a little beyond `exact`, as few decimals as come close to it in its unit; with their number.

    >>> rounded_away(0.044, 0.0317384, "%", down=True)
    (0.031, 1)
    """
    scale, fewest = SCALES[unit]
    for decimals in range(fewest, FINEST[unit] + 1):
        tens = 10.0**decimals
        shown = exact * scale * tens
        figure = (floor(shown + NOISE) if down else ceil(shown - NOISE)) / tens
        if abs(figure / scale - exact) <= COARSE * abs(exact - old):
            break
    return round(figure / scale, 15), decimals


def figures(step: Step) -> tuple[float, float]:
    """The old and the new value of a step that moves; raises TypeError for one without figures."""
    if not (isinstance(step.old, float) and isinstance(step.value, float)):
        raise TypeError(f"{step.sheet}, {step.column}: no figure")
    return step.old, step.value


def nearer_by(step: Step, number: int) -> Step | None:
    """The step with a value nearer to the old one by so many in its last decimal; None when that is the old one.

    >>> step = Step("growth", np.zeros(0), 1.0, "Rules", 0, "Value", 0.0, -0.143, PERCENT, 1)
    >>> nearer_by(step, 1).value
    -0.142
    """
    old, value = figures(step)
    one = 10.0**-step.decimals / SCALES[step.unit][0]
    nearer = round(value + number * (one if step.lowers else -one), 15)
    between = old - nearer > one * NOISE if step.lowers else nearer - old > one * NOISE
    return replace(step, value=nearer) if between else None


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
        if own_part > NOTHING:
            value, decimals = rounded_away(old, old + own_part if more else old - own_part, AMOUNT, down=not more)
            value = max(value, 0.0)
            steps.append(
                Step(BALANCE.name, rows, own_part, schema.FUNDING, position, "Amount", old, value, AMOUNT, decimals)
            )
            amount -= own_part
    return steps


def _carry_step(structure: Structure, core: Core, way: Way, rows: Index) -> Step:
    """One share for all years in which more must be carried."""
    inputs, found = structure.inputs, core.rows.iloc[rows]
    purse = int(found["purse"].iloc[0])
    frame = inputs.frame(schema.SOURCES)
    own = [n for n, u in enumerate(structure.purse_of.tolist()) if u == purse]
    old = float(frame["Carry forward"].iloc[own[0]])
    more = np.abs(way.give[rows]) / structure.funding[purse, found["year"].to_numpy(dtype=np.int64)]
    value, decimals = rounded_away(old, old + float(more.max()), PERCENT, down=False)
    amount = _amount(way, rows)
    return Step(
        CARRY.name, rows, amount, schema.SOURCES, own[0], "Carry forward", old, value, PERCENT, decimals, tuple(own[1:])
    )


def _key_step(structure: Structure, way: Way, rows: Index, service: str) -> Step:
    position = structure.inputs.services.index(service)
    key = structure.inputs.frame(schema.SERVICES)[PLACE_KEY_COLUMN].iloc[position]
    return Step(PLACE_KEY.name, rows, _amount(way, rows), schema.SERVICES, position, PLACE_KEY_COLUMN, key, None)


def changed(inputs: Inputs, steps: Sequence[Step]) -> Inputs:
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
