"""The part of a program that decides whether anything is feasible, and how its rows can be made to give way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY, RATIO, TURN, labels, purse_names
from budgetmodel.program.build.model import Constraint, Cut, Program, summed
from budgetmodel.program.build.objectives import OBJECTIVE_ROWS
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Outcome

CARRY = Constraint(
    "carry forward",
    "The most that a source may carry into the next year",
    "£m",
    "Money of a year is meant for that year",
    "Raise Carry forward, or move the money between the years",
)
"""The limits of the carry columns: rows here, so that a conflict can name them."""

STRUCTURE = (BALANCE.name, PLACE_KEY.name, CARRY.name)
"""What gives way only where no rule can make room: money, keys and carry forward."""

REPORTING = (RATIO.name, *OBJECTIVE_ROWS, TURN.name)
"""Rows that only measure: columns of their own make them hold whatever is spent."""

SIMPLEX_UP_TO = 15_000
"""Non-zeros up to which dual simplex is the faster here; an interior point with crossover beyond."""

SLACK = 1e-9
"""£m: what an earlier minimum may be missed by when it is held."""

MISSED = 1e-6
"""£m: a row that gives way by less than a pound holds, unless all that gives way is of that size."""

SMALL, NOTHING = 1e-3, 1e-10
"""A row that gives way by less than this part of the largest, or by less than so many £m, holds."""

PENNY = 1 / PENCE_PER_MILLION
"""£m: a must limit that is missed by no more than a penny is met. Money is paid in pence."""


@dataclass(frozen=True)
class Core:
    """The rows on which feasibility hangs: must rows, definitions, and the limits of carry forward as rows.

    `unit` marks the rows that a user can change, the others are definitions. `program.rows` has the column `purse`
    (-1 for none) beside the labels. `column` gives each column's number in the whole program; all columns are at least
    0 and have no other bound. `defining` is the definition row of each column, -1 for none.
    """

    program: Program
    unit: Mask
    column: Index
    defining: Index

    @property
    def rows(self) -> pd.DataFrame:
        """The labels of the rows."""
        return self.program.rows

    @property
    def rule(self) -> Mask:
        """Which rows are those of rules."""
        return self.unit & ~self.rows["constraint"].isin(STRUCTURE).to_numpy()

    def part(self, units: Index) -> tuple[Program, Index]:
        """A small program that is feasible exactly if these units can all hold; with the rows of the sorted units.

        Definitions that are equations are put in place of their columns, others are rows; columns with the same
        coefficients become one. Definitions of other columns cannot matter: they hold whatever their parts are.
        """
        program = self.program
        rows = np.sort(units)
        while True:
            row, column, value = self._expanded(rows)
            needed = self.defining[column]
            more = np.union1d(rows, needed[needed >= 0])
            if len(more) == len(rows):
                break
            rows = more
        row, column, value, count = _merged(np.searchsorted(rows, row), column, value)
        program = replace(
            program,
            kinds=np.full(count, "spending", dtype=object),
            low=np.zeros(count),
            high=np.full(count, np.inf),
            rows=program.rows.iloc[rows],
            lower=program.lower[rows],
            upper=program.upper[rows],
            start=np.searchsorted(row, np.arange(len(rows) + 1)),
            index=column,
            value=value,
        )
        return program, np.searchsorted(rows, np.sort(units))

    def _expanded(self, rows: Index) -> tuple[Index, Index, Array]:
        """The non-zeros of some rows (row, column, value), without columns that an equation defines."""
        start, index, value = self.program.start, self.program.index, self.program.value
        equation = self.program.lower == self.program.upper
        count = np.diff(start)[rows]
        at = _runs(start[rows], count)
        row, column, factor = np.repeat(rows, count), index[at], value[at]
        while True:
            by = self.defining[column]
            out = (by >= 0) & equation[by] & (by != row)
            if not out.any():
                return row, column, factor
            count = np.diff(start)[by[out]]
            at = _runs(start[by[out]], count)
            own = index[at] == np.repeat(column[out], count)
            row = np.concatenate([row[~out], np.repeat(row[out], count)[~own]])
            factor = np.concatenate([factor[~out], (-value[at] * np.repeat(factor[out], count))[~own]])
            column = np.concatenate([column[~out], index[at][~own]])


def _runs(start: Index, count: Index) -> Index:
    """Every number of the runs that begin at `start` and are `count` long."""
    before = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)
    return np.repeat(start - before, count) + np.arange(int(count.sum()))


def _merged(row: Index, column: Index, value: Array) -> tuple[Index, Index, Array, int]:
    """The non-zeros of a matrix, sorted by row, with columns of the same coefficients as one; how many there are."""
    row, column, value = summed(row, column, value)
    order = np.lexsort((row, column))
    row, column, value = row[order], column[order], value[order]
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    ends = np.append(starts, len(column))[1:]
    number: dict[tuple[bytes, bytes], int] = {}
    rounded = np.round(value, 12)
    kept = np.zeros(len(column), dtype=bool)
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        key = row[first:last].tobytes(), rounded[first:last].tobytes()
        if key not in number:
            number[key] = len(number)
            kept[first:last] = True
            column[first:last] = number[key]
    return *summed(row[kept], column[kept], value[kept]), len(number)


def core_of(structure: Structure, program: Program) -> Core:
    """The rows of a program that may make it infeasible."""
    rows = program.rows
    kept = np.flatnonzero((rows["strength"] != "should") & ~rows["constraint"].isin(REPORTING))
    names = purse_names(structure)
    number = {name: purse for purse, name in enumerate(names)}
    whole, column = _only(_with_carry_rows(structure, program, names), np.append(kept, _carry_rows(program)))
    frame = whole.rows
    money = frame["constraint"].isin([BALANCE.name, CARRY.name])
    whole = replace(
        whole,
        rows=frame.assign(purse=frame["source"].map(number).where(money, -1).fillna(-1).astype(int)),
        high=np.full(len(whole.high), np.inf),
    )
    unit = (frame["strength"] == "must").to_numpy()
    owner = np.repeat(np.arange(len(unit)), np.diff(whole.start))
    defines = ~unit[owner] & (whole.value == 1.0)
    defining = np.full(len(whole.low), -1, dtype=np.int64)
    defining[whole.index[defines]] = owner[defines]
    return Core(whole, unit, column, defining)


def _carry_rows(program: Program) -> Index:
    return len(program.lower) + np.arange(len(program.groups.get("carry", ())))


def _with_carry_rows(structure: Structure, program: Program, names: list[str]) -> Program:
    """The program with a row `carried <= limit` for every carry column."""
    purse, year = np.nonzero(structure.carry_limit > 0)
    count = len(purse)
    first = [int(np.flatnonzero(structure.purse_of == u)[0]) for u in purse]
    named = labels(
        count,
        year=year,
        source=[names[u] for u in purse],
        cell=[structure.inputs.cell(schema.SOURCES, source, "Carry forward") for source in first],
        strength="must",
    )
    frame = pd.DataFrame(named).assign(constraint=CARRY.name)
    return replace(
        program,
        rows=pd.concat([program.rows, frame], ignore_index=True) if count else program.rows,
        lower=np.append(program.lower, np.full(count, -np.inf)),
        upper=np.append(program.upper, structure.carry_limit[purse, year]),
        start=np.append(program.start, program.start[-1] + 1 + np.arange(count)),
        index=np.append(program.index, program.groups.get("carry", np.zeros(0, dtype=np.int64))),
        value=np.append(program.value, np.ones(count)),
    )


def _only(program: Program, rows: Index) -> tuple[Program, Index]:
    """The program with some rows and the columns in them; with the number that each column had."""
    owner = np.repeat(np.arange(len(program.lower)), np.diff(program.start))
    kept = np.zeros(len(program.lower), dtype=bool)
    kept[rows] = True
    inside = kept[owner]
    columns, index = np.unique(program.index[inside], return_inverse=True)
    part = replace(
        program,
        kinds=program.kinds[columns],
        low=program.low[columns],
        high=program.high[columns],
        costs={},
        rows=program.rows.iloc[rows].reset_index(drop=True),
        lower=program.lower[rows],
        upper=program.upper[rows],
        start=np.append(0, np.cumsum(np.diff(program.start)[rows])).astype(np.int64),
        index=index.astype(np.int64),
        value=program.value[inside],
        groups={},
    )
    return part, columns.astype(np.int64)


@dataclass(frozen=True)
class Way:
    """A way out: `x` (columns), what each row gives way by (£m; positive under its limit, negative over), its price.

    `dual` is by row; it is not 0 for a row that takes part in the conflict.
    """

    x: Array
    give: Array
    cost: float
    dual: Array

    @property
    def gave(self) -> Mask:
        """Which rows give way."""
        most = float(np.abs(self.give).max(initial=0.0))
        return np.asarray(np.abs(self.give) > min(MISSED, max(SMALL * most, NOTHING)))


@dataclass(frozen=True)
class Limit:
    """An earlier minimum to be held: Σ price x giving way <= most."""

    price: Array
    most: float


@dataclass(frozen=True)
class Elastic:
    """A program whose unit rows may give way, each side of a row with a column of its own."""

    program: Program
    owner: Index
    sign: Array
    size: int

    @classmethod
    def of(cls, program: Program, unit: Mask) -> Elastic:
        """Of the program of a core, or of a part of it."""
        up = np.flatnonzero(unit & np.isfinite(program.lower))
        down = np.flatnonzero(unit & np.isfinite(program.upper))
        owner, size = np.concatenate([up, down]), len(program.low)
        sign = np.concatenate([np.ones(len(up)), -np.ones(len(down))])
        row = np.concatenate([np.repeat(np.arange(len(program.lower)), np.diff(program.start)), owner])
        column = np.concatenate([program.index, size + np.arange(len(owner))])
        order = np.lexsort((column, row))
        wide = replace(
            program,
            kinds=np.concatenate([program.kinds, np.full(len(owner), "gives way", dtype=object)]),
            low=np.concatenate([program.low, np.zeros(len(owner))]),
            high=np.concatenate([program.high, np.full(len(owner), np.inf)]),
            start=np.searchsorted(row[order], np.arange(len(program.lower) + 1)),
            index=column[order],
            value=np.concatenate([program.value, sign])[order],
        )
        return cls(wide, owner, sign, size)

    def least(self, price: Array, held: tuple[Limit, ...] = (), full: Mask | None = None) -> Way | None:
        """The cheapest way out: `price` is by row, what giving way by £1m costs, infinite where it may not.

        `full` rows may not stay under their lower limit. None when there is none, or the solver finds none.
        """
        own = price[self.owner]
        own = own if full is None else np.where(full[self.owner] & (self.sign > 0), np.inf, own)
        high = np.concatenate([self.program.high[: self.size], np.where(np.isfinite(own), np.inf, 0.0)])
        cost = np.concatenate([np.zeros(self.size), np.where(np.isfinite(own), own, 0.0)])
        return self._solve(replace(self.program, high=high), cost, held)

    def evenest(
        self, open_rows: Mask, group: Index, slope: Array, weight: Array, held: tuple[Limit, ...]
    ) -> Way | None:
        """A way out in which only `open_rows` give way, each by no more than slope x the step of its group.

        Σ weight x step is least; a row without a group (-1) gives way as it likes. Groups are numbered from 0.
        """
        program, rows = self.program, len(self.program.lower)
        tied = np.flatnonzero(open_rows[self.owner] & (group[self.owner] >= 0))
        count, columns = len(weight), len(program.low)
        pairs = np.column_stack([self.size + tied, columns + group[self.owner[tied]]])
        values = np.column_stack([np.ones(len(tied)), -slope[self.owner[tied]]])
        own = np.where(open_rows[self.owner], np.inf, 0.0)
        wide = replace(
            program,
            kinds=np.append(program.kinds, np.full(count, "step", dtype=object)),
            low=np.append(program.low, np.zeros(count)),
            high=np.concatenate([program.high[: self.size], own, np.full(count, np.inf)]),
            lower=np.append(program.lower, np.full(len(tied), -np.inf)),
            upper=np.append(program.upper, np.zeros(len(tied))),
            start=np.append(program.start, program.start[-1] + 2 * (1 + np.arange(len(tied)))),
            index=np.append(program.index, pairs.ravel()),
            value=np.append(program.value, values.ravel()),
        )
        return self._solve(wide, np.concatenate([np.zeros(columns), weight]), held, rows)

    def _solve(self, program: Program, cost: Array, held: tuple[Limit, ...], rows: int | None = None) -> Way | None:
        rows = len(program.lower) if rows is None else rows
        live = LiveModel.of(program, cost)
        for limit in held:
            each = limit.price[self.owner]
            inside = np.flatnonzero(each > 0)
            live.add(Cut(self.size + inside, each[inside], -np.inf, limit.most))
        outcome = solved(live)
        if outcome.status != "optimal":
            return None
        gave = outcome.x[self.size : self.size + len(self.owner)]
        give = np.zeros(rows)
        np.add.at(give, self.owner, gave * self.sign)
        return Way(outcome.x[: self.size], give, outcome.objective, outcome.row_dual[:rows])


def solved(live: LiveModel) -> Outcome:
    """Solve to a vertex with whichever algorithm suits the size."""
    if live.program.shape[2] > SIMPLEX_UP_TO:
        outcome = live.solve("ipx")
        if outcome.status in ("optimal", "infeasible"):
            return outcome
    return live.solve("simplex")


def to_the_penny(core: Core, pennies: float = 1.0) -> Program:
    """The rows of a core with the must limits of rules looser by a penny each; tighter, but for equations, below 0."""
    program = core.program
    open_rows = core.rule & ((program.lower < program.upper) | (pennies > 0))
    loose = np.where(open_rows, PENNY * pennies, 0.0)
    return replace(program, lower=program.lower - loose, upper=program.upper + loose)


def is_feasible(program: Program) -> bool:
    """Whether anything meets every row."""
    return solved(LiveModel.of(program, np.zeros(len(program.low)))).status == "optimal"
