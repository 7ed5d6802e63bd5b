"""What a selection spends, as columns: made once, shared by whatever looks at it, and added up from finer ones.

A total that is written as the sum of lines makes long rows, and most totals of a program hold the same lines again and
again. So the finest are made first, and a coarser one is the sum of the finest that fit: a place is the sum of its
services, not of its lines. It is the same program with half its non-zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.program.build.layout import LINE_DIMENSIONS as LINE_DIMENSIONS
from budgetmodel.program.build.layout import Layout, labels
from budgetmodel.program.build.model import Block, Constraint

Chosen = Mapping[str, Mask]
"""Which members are looked at, by dimension; a dimension that is not named is looked at whole."""

SPEND = Constraint("spend", "What a rule's selection spends", "£m")


@dataclass(frozen=True)
class Groups:
    """The members that a rule has a row for: their number and, by Each dimension, the member of each group."""

    dimensions: tuple[str, ...]
    members: tuple[Index, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of members in each dimension."""
        return tuple(len(members) for members in self.members)

    @property
    def count(self) -> int:
        """The number of groups."""
        return prod(self.shape)

    def member(self, dimension: str) -> Index:
        """For every group, its member of a dimension."""
        axis = self.dimensions.index(dimension)
        return self.members[axis][np.unravel_index(np.arange(self.count), self.shape)[axis]]

    def code(self, values: Mapping[str, Index]) -> Index:
        """The group of every item, given the item's member in each dimension; members must be chosen ones."""
        if not self.dimensions:
            return np.zeros(len(next(iter(values.values()))), dtype=np.int64)
        axes = [np.searchsorted(m, values[d]) for d, m in zip(self.dimensions, self.members, strict=True)]
        return np.ravel_multi_index(axes, self.shape).astype(np.int64)


@dataclass(frozen=True)
class Spend:
    """Items that count as spending: the group, year and column of each; and the group's Baseline, £m."""

    group: Index
    year: Index
    column: Index
    baseline: Array


@dataclass(frozen=True)
class Total:
    """What each group of a selection spends, as it was made; `grouped` are the members of its groups."""

    chosen: Chosen
    groups: Groups
    spend: Spend
    grouped: Chosen


def make_totals(layout: Layout, wanted: Iterable[tuple[Chosen, Groups]]) -> None:
    """Make the totals of selections, those of most groups first, so that coarser ones can be their sums."""
    for chosen, groups in sorted(wanted, key=lambda want: -want[1].count):
        spending(layout, chosen, groups)


def spending(layout: Layout, chosen: Chosen, groups: Groups) -> Spend:
    """What each group spends, one column per group and year; whoever asks for the same gets the same columns."""
    chosen = _whole(layout, chosen)
    key = (groups.dimensions, tuple(chosen[d].tobytes() for d in (*LINE_DIMENSIONS, "source")))
    known = layout.totals.get(key)
    if isinstance(known, Total):
        return known.spend
    items = parts(layout, chosen, groups)
    years = layout.structure.years
    filled, own = np.unique(items.group * years + items.year, return_inverse=True)
    spend = items
    if len(filled) < len(own):
        total = layout.assembly.columns("spend", len(filled))
        zero = np.zeros(len(total))
        layout.assembly.add(
            Block(
                SPEND,
                labels(len(total), strength="definition"),
                np.concatenate([np.arange(len(total)), own]),
                np.concatenate([total, items.column]),
                np.concatenate([np.ones(len(total)), -np.ones(len(own))]),
                zero,
                zero,
            )
        )
        spend = Spend(filled // years, filled % years, total, items.baseline)
    layout.totals[key] = Total(chosen, groups, spend, _grouped(groups, chosen))
    return spend


def parts(layout: Layout, chosen: Chosen, groups: Groups) -> Spend:
    """The fewest columns that make up the spending of each group: totals made before, lines, or flows.

    Flows where single sources are looked at.
    """
    chosen = _whole(layout, chosen)
    s = layout.structure
    line = layout.member
    inside = np.logical_and.reduce([chosen[d][line[d]] for d in LINE_DIMENSIONS])
    baseline = np.zeros(groups.count)
    if "source" in groups.dimensions or not chosen["source"].all():
        if "source" not in groups.dimensions:
            _add_baseline(layout, groups, np.flatnonzero(inside), baseline)
        flows = s.flows
        number, purse = flows["line"].to_numpy(), flows["purse"].to_numpy()
        # No rule treats the sources of one purse differently, so the first of them is used for all.
        first = np.array([int(np.flatnonzero(s.purse_of == u)[0]) for u in range(s.purses)])
        take = np.flatnonzero(inside[number] & chosen["source"][first[purse]])
        values = {d: line[d][number[take]] for d in LINE_DIMENSIONS} | {"source": first[purse[take]]}
        return Spend(groups.code(values), flows["year"].to_numpy()[take], layout.flow[take], baseline)
    kept = np.flatnonzero(inside)
    code = _add_baseline(layout, groups, kept, baseline)
    number, year = np.nonzero(layout.line[kept] >= 0)
    best = Spend(code[number], year, layout.line[kept][number, year], baseline)
    for total in layout.totals.values():
        if isinstance(total, Total) and _divides(total, chosen, groups):
            items = _regrouped(total, chosen, groups, baseline)
            best = items if len(items.column) < len(best.column) else best
    return best


def _add_baseline(layout: Layout, groups: Groups, kept: Index, baseline: Array) -> Index:
    """The group of each line that is kept; their Baseline is added to the groups'."""
    code = groups.code({d: layout.member[d][kept] for d in LINE_DIMENSIONS})
    np.add.at(baseline, code, layout.baseline[kept])
    return code


def _divides(total: Total, chosen: Chosen, groups: Groups) -> bool:
    """Whether the groups of a total that are chosen add up to what is chosen, and each lies in one group of it."""
    own = total.groups.dimensions
    if "source" in own or not set(groups.dimensions) <= set(own) or not total.chosen["source"].all():
        return False
    for d in LINE_DIMENSIONS:
        apart = chosen[d] > total.grouped[d] if d in own else chosen[d] != total.chosen[d]
        if apart.any():
            return False
    return True


def _grouped(groups: Groups, chosen: Chosen) -> Chosen:
    """For each dimension of some groups, which of its members they are."""
    result = {d: np.zeros(len(chosen[d]), dtype=bool) for d in groups.dimensions}
    for dimension, members in zip(groups.dimensions, groups.members, strict=True):
        result[dimension][members] = True
    return result


def _regrouped(total: Total, chosen: Chosen, groups: Groups, baseline: Array) -> Spend:
    """The columns of a total that are chosen, by other groups."""
    own = total.groups
    member = {d: own.member(d)[total.spend.group] for d in own.dimensions}
    inside = np.ones(len(total.spend.group), dtype=bool)
    for dimension, of in member.items():
        inside &= chosen[dimension][of]
    year = total.spend.year[inside]
    values = {d: of[inside] for d, of in member.items()} or {"": year}
    return Spend(groups.code(values), year, total.spend.column[inside], baseline)


def _whole(layout: Layout, chosen: Chosen) -> Chosen:
    """The selection with every dimension named."""
    members = layout.structure.inputs.members
    return {d: chosen[d] if d in chosen else np.ones(len(members(d)), dtype=bool) for d in (*LINE_DIMENSIONS, "source")}
