"""The rules that see which source pays, as rows over flows by source.

Sources of one purse are alike to every rule, but sources of one pot need not be: these rows hold when flows move from
one source to another. No measure that sees sources looks at another year (`contract.measures`), so a year has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.measures import LEAST, MOST, Base
from budgetmodel.program.build.layout import LINE_DIMENSIONS
from budgetmodel.program.build.rules import Rule, basis_of, factors, fixed_limit, read_rules
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.build.totals import Chosen, Groups

SAME_YEAR = (Base.MONEY, Base.NEED, Base.OTHER_SPENDING)
"""What such a rule may compare spending with: data that no line's own past is part of, or spending of the same year."""


@dataclass(frozen=True)
class SourceRows:
    """Rows `lower <= matrix @ amounts <= upper` over some flows, £m; a should row has its weight, a must row 0."""

    matrix: Any
    lower: Array
    upper: Array
    weight: Array

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.lower)

    def missed(self, amounts: Array) -> Array:
        """By how much each row is missed, £m: shape (rows,)."""
        activity: Array = np.asarray(self.matrix @ amounts, dtype=np.float64)
        missed: Array = np.maximum(np.maximum(self.lower - activity, activity - self.upper), 0.0)
        return missed

    def short(self, amounts: Array) -> float:
        """By how much the should rows are missed together, weighted, £m."""
        return float(self.weight @ self.missed(amounts))

    def kept_as_by(self, amounts: Array, *, may_miss: bool) -> SourceRows:
        """The rows with limits no tighter than these amounts keep them: the last digits of a solve are no miss.

        Should rows stay as they are where they `may_miss`; otherwise they must hold as others do.
        """
        activity = self.matrix @ amounts
        weight = self.weight if may_miss else np.zeros_like(self.weight)
        must = weight == 0
        lower = np.where(must, np.minimum(self.lower, activity), self.lower)
        upper = np.where(must, np.maximum(self.upper, activity), self.upper)
        return SourceRows(self.matrix, lower, upper, weight)


def rules_of_sources(structure: Structure) -> list[Rule]:
    """The rules that tell sources apart: by their selection, a row for each source, or what they are a share of.

    Raises ValueError for a measure whose rows are not known here.
    """
    found = [rule for rule in read_rules(structure) if rule.measure.sees_sources and _tells_apart(structure, rule)]
    for rule in found:
        if rule.measure.base not in SAME_YEAR:
            raise ValueError(f"the measure {rule.measure.name} sees sources, but who pays has no rows for it")
    return found


def _tells_apart(structure: Structure, rule: Rule) -> bool:
    if "source" in rule.each or not rule.chosen["source"].all():
        return True
    if rule.measure.base is not Base.OTHER_SPENDING:
        return False
    chosen, _, _ = basis_of(structure, rule, rule.groups())
    return not chosen["source"].all()


def line_marks(structure: Structure, rules: list[Rule]) -> Index:
    """What these rules see of each line: shape (lines, marks); lines with equal marks are alike to them."""
    marks = []
    for rule in rules:
        for chosen, groups in _looked_at(structure, rule):
            named = [d for d in groups.dimensions if d in LINE_DIMENSIONS]
            axes = Groups(tuple(named), tuple(groups.members[groups.dimensions.index(d)] for d in named))
            marks.append(_groups_of_items(chosen, axes, _members(structure, np.arange(len(structure.lines)))))
    return np.stack(marks, axis=1) if marks else np.zeros((len(structure.lines), 0), dtype=np.int64)


def source_rows(structure: Structure, rules: list[Rule], year: int, source: Index, line: Index) -> SourceRows:
    """The rows of a year over flows given by source and line; `rules` are those of `rules_of_sources`."""
    items = {**_members(structure, line), "source": source}
    matrices, lower, upper, weight = [sparse.csr_array((0, len(source)))], [], [], []
    for rule in rules:
        if year not in rule.years:
            continue
        groups = rule.groups()
        (chosen, _), *of = _looked_at(structure, rule)
        matrix = _sums(_groups_of_items(chosen, groups, items), groups.count)
        if of:
            basis, outer = of[0]
            own = outer.code({d: groups.member(d) for d in outer.dimensions}) if outer.dimensions else None
            sums = _sums(_groups_of_items(basis, outer, items), outer.count)
            rows = np.zeros(groups.count, dtype=np.int64) if own is None else own
            matrix = matrix - sparse.diags_array(factors(structure, rule, groups)[:, year]) @ sums[rows]
            limit = np.zeros(groups.count)
        else:
            at = int(np.flatnonzero(rule.years == year)[0])
            wide = np.zeros((groups.count, len(rule.years)))
            limit = (wide + fixed_limit(structure, rule, groups, np.zeros(groups.count)))[:, at]
        matrices.append(matrix)
        lower.append(np.full(groups.count, -np.inf) if rule.limit == MOST else limit)
        upper.append(np.full(groups.count, np.inf) if rule.limit == LEAST else limit)
        weight.append(np.full(groups.count, 0.0 if rule.must else rule.weight))
    none = [np.zeros(0)]
    found = sparse.vstack(matrices, format="csr")
    return SourceRows(found, *(np.concatenate(none + each) for each in (lower, upper, weight)))


def _looked_at(structure: Structure, rule: Rule) -> list[tuple[Chosen, Groups]]:
    """The selections that a rule adds up, with their groups: its own, and that of which it is a share."""
    groups = rule.groups()
    if rule.measure.base is not Base.OTHER_SPENDING:
        return [(rule.chosen, groups)]
    chosen, outer, _ = basis_of(structure, rule, groups)
    return [(rule.chosen, groups), (chosen, outer)]


def _members(structure: Structure, line: Index) -> dict[str, Index]:
    return {d: structure.lines[d].to_numpy(dtype=np.int64)[line] for d in LINE_DIMENSIONS}


def _groups_of_items(chosen: Chosen, groups: Groups, items: Mapping[str, Index]) -> Index:
    """The group of each item, -1 where it is not chosen: shape (items,)."""
    inside = np.logical_and.reduce([chosen[d][member] for d, member in items.items()])
    found = np.full(len(inside), -1, dtype=np.int64)
    found[inside] = groups.code({d: member[inside] for d, member in items.items()})
    return found


def _sums(group: Index, count: int) -> Any:
    """The matrix that adds items up by group: shape (groups, items); those of group -1 are left out."""
    item = np.flatnonzero(group >= 0)
    return sparse.csr_array((np.ones(len(item)), (group[item], item)), shape=(count, len(group)))
