"""The program as labelled columns and rows with a sparse matrix. Blocks are added; nothing is solved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.frozen import read_only

LABELS = ("year", "source", "place", "service", "provider", "component")
"""The label columns that every row of the program may carry: the year by index, the others by name."""


@dataclass(frozen=True)
class Constraint:
    """What the rows of one kind say of themselves.

    `name` labels the rows; `unit` is theirs. The page of constraints prints `label`, why there is such a constraint
    (`reason`) and what makes room (`remedy`); an infeasible run prints the remedy too. A definition has no remedy.
    """

    name: str
    label: str
    unit: str
    reason: str = ""
    remedy: str = ""


Labels = dict[str, NDArray[Any]]
"""Labels of rows by column: arrays, made a frame once for the whole program."""


@dataclass(frozen=True)
class Block:
    """Rows of one constraint.

    `labels` has an entry per constraint row in every column; `row`, `column`, `value` are the non-zeros (row numbers
    within the block); `lower` and `upper` bound each row's activity, in £m unless the constraint gives another unit.
    """

    constraint: Constraint
    labels: Labels
    row: Index
    column: Index
    value: Array
    lower: Array
    upper: Array


@read_only
@dataclass(frozen=True)
class Cut:
    """A row added to a program while it is being solved: lower <= value @ x[index] <= upper."""

    index: Index
    value: Array
    lower: float
    upper: float


@read_only
@dataclass(frozen=True)
class Program:
    """A finished program: minimise `costs[stage] @ x` subject to `lower <= A x <= upper`, `low <= x <= high`.

    `rows` labels every row (`constraint`, `cell`, `rule`, labels of LABELS); A is stored by row: the non-zeros of row
    i are `index[start[i]:start[i+1]]` and `value[...]`. `groups` maps the name of a group of columns to its numbers.
    """

    kinds: NDArray[np.object_]
    low: Array
    high: Array
    costs: dict[str, Array]
    rows: pd.DataFrame
    lower: Array
    upper: Array
    start: Index
    index: Index
    value: Array
    groups: dict[str, Index]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns, non-zeros."""
        return len(self.lower), len(self.low), len(self.value)

    def before(self, kind: str) -> Program:
        """The program without a kind of column that was added last, and without the rows added with it."""
        columns = int(self.groups[kind].min()) if len(self.groups.get(kind, ())) else len(self.low)
        beyond = self.index >= columns
        owner = np.repeat(np.arange(len(self.lower)), np.diff(self.start))
        rows = int(owner[beyond].min()) if beyond.any() else len(self.lower)
        end = self.start[rows]
        return replace(
            self,
            kinds=self.kinds[:columns],
            low=self.low[:columns],
            high=self.high[:columns],
            costs={name: cost[:columns] for name, cost in self.costs.items()},
            groups={name: group for name, group in self.groups.items() if name != kind},
            rows=self.rows.iloc[:rows],
            lower=self.lower[:rows],
            upper=self.upper[:rows],
            start=self.start[: rows + 1],
            index=self.index[:end],
            value=self.value[:end],
        )

    def activity(self, x: Array) -> Array:
        """A x: shape (rows,)."""
        filled = np.flatnonzero(np.diff(self.start) > 0)  # reduceat has no notion of an empty row
        result = np.zeros(len(self.lower))
        if len(filled):
            result[filled] = np.add.reduceat(self.value * x[self.index], self.start[filled])
        return result

    def missed(self, x: Array) -> float:
        """By how much x misses the worst row or bound, in the row's unit."""
        activity = self.activity(x)
        rows = np.maximum(self.lower - activity, activity - self.upper).max(initial=0.0)
        return float(max(rows, np.maximum(self.low - x, x - self.high).max(initial=0.0)))

    def transposed(self, y: Array) -> Array:
        """A' y: shape (columns,)."""
        owner = np.repeat(np.arange(len(self.lower)), np.diff(self.start))
        sums = np.bincount(self.index, weights=self.value * y[owner], minlength=len(self.low))
        return np.asarray(sums, dtype=np.float64)


@dataclass
class Assembly:
    """A program in the making: columns and blocks are appended, then `finish` freezes it."""

    low: list[Array] = field(default_factory=list)
    high: list[Array] = field(default_factory=list)
    kinds: list[NDArray[np.object_]] = field(default_factory=list)
    costs: dict[str, list[tuple[Index, Array]]] = field(default_factory=dict)
    groups: dict[str, list[Index]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    size: int = 0

    def columns(self, kind: str, count: int, low: float | Array = 0.0, high: float | Array = np.inf) -> Index:
        """Add `count` columns of a kind; returns their numbers."""
        numbers = np.arange(self.size, self.size + count)
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), (count,)))
        self.kinds.append(np.full(count, kind, dtype=object))
        self.groups.setdefault(kind, []).append(numbers)
        self.size += count
        return numbers

    def cost(self, stage: str, columns: Index, cost: Array | float) -> None:
        """Give columns a cost in a stage."""
        spread = np.broadcast_to(np.asarray(cost, dtype=float), (len(columns),))
        self.costs.setdefault(stage, []).append((columns, spread))

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        self.blocks.append(block)

    def finish(self, stages: Sequence[str]) -> Program:
        """The finished program, with a cost vector for each stage."""
        counts = [len(block.lower) for block in self.blocks]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        row = _joined([block.row + offset for block, offset in zip(self.blocks, offsets, strict=False)])
        column = _joined([block.column for block in self.blocks])
        value = np.concatenate([block.value for block in self.blocks])
        row, column, value = summed(row, column, value)
        return Program(
            kinds=np.concatenate(self.kinds),
            low=np.concatenate(self.low),
            high=np.concatenate(self.high),
            costs={stage: self._cost_vector(stage) for stage in stages},
            rows=pd.DataFrame(stacked([_labelled(block) for block in self.blocks])),
            lower=np.concatenate([block.lower for block in self.blocks]),
            upper=np.concatenate([block.upper for block in self.blocks]),
            start=np.searchsorted(row, np.arange(offsets[-1] + 1)),
            index=column,
            value=value,
            groups={kind: np.concatenate(numbers) for kind, numbers in self.groups.items()},
        )

    def _cost_vector(self, stage: str) -> Array:
        costs = np.zeros(self.size)
        for columns, cost in self.costs.get(stage, []):
            np.add.at(costs, columns, cost)
        return costs


def _joined(pieces: Sequence[Index]) -> Index:
    return np.concatenate(pieces).astype(np.int64)


def summed(row: Index, column: Index, value: Array) -> tuple[Index, Index, Array]:
    """Non-zeros sorted by row and column, those of one place added up."""
    order = np.lexsort((column, row))
    row, column, value = row[order], column[order], value[order]
    fresh = np.ones(len(row), dtype=bool)
    fresh[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    if len(row) == 0:
        return row, column, value
    starts = np.flatnonzero(fresh)
    total = np.add.reduceat(value, starts)
    kept = total != 0.0
    return row[starts][kept], column[starts][kept], total[kept]


def stacked(pieces: Sequence[Labels]) -> Labels:
    """Labels of several pieces, one after the other; all have the columns of the first."""
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _labelled(block: Block) -> Labels:
    return {**block.labels, "constraint": np.full(len(block.lower), block.constraint.name, dtype=object)}
