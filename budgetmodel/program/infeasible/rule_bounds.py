"""Must rules as plain figures: the least and the most that each selection may spend in a year, before any program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.measures import Base, Pace
from budgetmodel.program.build.rules import LINE_DIMENSIONS, Groups, Rule, factors, fixed_limit, read_rules
from budgetmodel.program.build.structure import Setting


@dataclass(frozen=True)
class Layer:
    """Rows of one must rule on the money of the same sources: no two of them share a line.

    `group` gives the row of every line, -1 outside the rule; of every row `code` is its group in the rule's Each,
    `size` the number of its lines, `baseline` their Baseline and `selection` the number of what it selects: rows of
    different rules that select the same lines and sources have the same number. `factor` is what its base is
    multiplied by, shape (rows, years). `number` is the layer's own.
    """

    rule: Rule
    groups: Groups
    sources: Mask
    group: Index
    code: Index
    size: Index
    baseline: Array
    limit: Array
    selection: Index
    factor: Array
    number: int = -1


@dataclass(frozen=True)
class Bounds:
    """The bounds that must rules set on each selection: arrays of shape (selections, years), £m.

    `floor` is 0 and `ceiling` infinite where no rule sets one; `floor_by` and `ceiling_by` give the layer that sets it,
    -1 for none. `nowhere` lists floors on selections without any line: rule, groups, group, year, £m.
    """

    layers: tuple[Layer, ...]
    floor: Array
    ceiling: Array
    floor_by: Index
    ceiling_by: Index
    nowhere: tuple[tuple[Rule, Groups, int, int, float], ...]

    @property
    def of_regime(self) -> bool:
        """Whether they are other bounds under another regime: where a rule follows the money that may reach it."""
        return any(layer.rule.measure.pace is Pace.REACHABLE for layer in self.layers)


@dataclass(frozen=True)
class Row:
    """One row of a layer in a year, with its figure in £m."""

    layer: Layer
    row: int
    year: int
    value: float


def bounds(setting: Setting) -> Bounds:
    """The floors and ceilings that follow from must rules alone, growth on growth included.

    A growth floor of 2% on a selection of which at least £50m must be spent the year before is a floor of £51m.
    """
    layers: list[Layer] = []
    nowhere: list[tuple[Rule, Groups, int, int, float]] = []
    line = {d: setting.lines[d].to_numpy() for d in LINE_DIMENSIONS}
    for rule in read_rules(setting):
        if rule.must and (rule.measure.base.is_data or _on_year_before(rule)):
            found, empty = _layers(setting, rule, line)
            layers += found
            nowhere += empty
    layers, count = _numbered(layers, len(setting.lines))
    floor, ceiling = np.zeros((count, setting.years)), np.full((count, setting.years), np.inf)
    floor_by, ceiling_by = (np.full((count, setting.years), -1, dtype=np.int64) for _ in range(2))
    for year in range(setting.years):
        for number, layer in enumerate(layers):
            at = np.flatnonzero(layer.rule.years == year)
            if not len(at):
                continue
            rows, rule = layer.selection, layer.rule
            lower = upper = layer.limit[:, at[0]]
            if _on_year_before(rule):
                factor = layer.factor[:, year]
                lower = factor * (layer.baseline if year == 0 else floor[rows, year - 1])
                most = np.where(factor == 0, 0.0, layer.baseline if year == 0 else ceiling[rows, year - 1])
                # Less than nothing of the year before says nothing of this one beforehand.
                lower, upper = np.where(factor < 0, 0.0, lower), np.where(factor < 0, np.inf, factor * most)
            if rule.limit != "at most":
                better = rows[lower > floor[rows, year]]
                floor[rows, year] = np.maximum(floor[rows, year], lower)
                floor_by[better, year] = number
            if rule.limit != "at least":
                better = rows[upper < ceiling[rows, year]]
                ceiling[rows, year] = np.maximum(np.minimum(ceiling[rows, year], upper), 0.0)
                ceiling_by[better, year] = number
    return Bounds(tuple(layers), floor, ceiling, floor_by, ceiling_by, tuple(nowhere))


def _on_year_before(rule: Rule) -> bool:
    """Whether the limit is known once the year before is; that of a share is other spending, which is not."""
    return rule.measure.base is Base.YEAR_BEFORE


def _layers(
    setting: Setting, rule: Rule, line: dict[str, Index]
) -> tuple[list[Layer], list[tuple[Rule, Groups, int, int, float]]]:
    """The layers of a rule, one per source when it is for each source; and its floors on nothing."""
    groups = rule.groups()
    factor = factors(setting, rule, groups)
    kept = np.flatnonzero(np.logical_and.reduce([rule.chosen[d][line[d]] for d in LINE_DIMENSIONS]))
    spent = setting.lines["baseline"].to_numpy(dtype=float)[kept]
    if "source" in rule.each:
        one = np.eye(len(setting.inputs.sources), dtype=bool)
        masks = [one[s] for s in np.flatnonzero(rule.chosen["source"])]
    else:
        masks = [rule.chosen["source"]]
    codes = [groups.code(_values(line, kept, mask)) if rule.each else np.zeros(len(kept), np.int64) for mask in masks]
    baseline = np.zeros(groups.count)
    for code in codes:
        np.add.at(baseline, code, spent)
    limit = np.zeros((groups.count, len(rule.years)))
    if rule.measure.base.is_data:
        limit[:] = fixed_limit(setting, rule, groups, baseline)
    layers = []
    filled = np.zeros(groups.count, dtype=bool)
    for mask, code in zip(masks, codes, strict=True):
        present, local, size = np.unique(code, return_inverse=True, return_counts=True)
        filled[present] = True
        group = np.full(len(setting.lines), -1, dtype=np.int64)
        group[kept] = local
        none = np.zeros(0, np.int64)
        layers.append(
            Layer(rule, groups, mask, group, present, size, baseline[present], limit[present], none, factor[present])
        )
    if rule.limit == "at most":
        return layers, []
    empty = np.argwhere((limit > 0) & ~filled[:, None])
    return layers, [(rule, groups, int(g), int(rule.years[n]), float(limit[g, n])) for g, n in empty]


def _values(line: dict[str, Index], kept: Index, mask: Mask) -> dict[str, Index]:
    values = {d: line[d][kept] for d in LINE_DIMENSIONS}
    return values | {"source": np.full(len(kept), int(np.flatnonzero(mask)[0]), dtype=np.int64)}


def _numbered(layers: Sequence[Layer], lines: int) -> tuple[list[Layer], int]:
    """The layers with selections numbered, and how many there are.

    Selections are distinguished by the sum of random 64-bit marks of their lines: two different ones of a thousand
    have the same sum with a chance of 1 in 10^13.
    """
    if not layers:
        return [], 0
    mark = np.random.default_rng(0).integers(0, 2**63, lines, dtype=np.uint64)
    known: dict[bytes, int] = {}
    keys = []
    for layer in layers:
        total = np.zeros(len(layer.code), dtype=np.uint64)
        inside = layer.group >= 0
        np.add.at(total, layer.group[inside], mark[inside])
        sources = np.full(len(total), known.setdefault(layer.sources.tobytes(), len(known)), dtype=np.uint64)
        keys.append(np.column_stack([total, layer.size.astype(np.uint64), sources]))
    _, number = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    number = number.reshape(-1).astype(np.int64)
    ends = np.cumsum([len(layer.code) for layer in layers])
    numbers = np.split(number, ends[:-1])
    done = [replace(layer, selection=own, number=n) for n, (layer, own) in enumerate(zip(layers, numbers, strict=True))]
    return done, int(number.max(initial=-1)) + 1


def disjoint_floors(known: Bounds, layers: Iterable[Layer], inside: Mask, year: int) -> list[Row]:
    """Floors within some lines that share no line, chosen to add up to as much as a short search finds.

    `inside` has shape (lines,). Their sum must be spent on those lines.
    """
    lines = np.flatnonzero(inside)
    chosen = _Chosen(np.arange(len(lines)), np.zeros(len(lines)))
    for layer in sorted(layers, key=lambda layer: -len(layer.code)):
        group = layer.group[lines]
        whole = np.bincount(group[group >= 0], minlength=len(layer.code)) == layer.size
        own_bound = known.floor_by[layer.selection, year] == layer.number
        value = np.where(whole & own_bound, known.floor[layer.selection, year], 0.0)
        group = np.where((group >= 0) & (value[group] > 0), group, -1)
        if (group < 0).all():
            continue
        took = chosen.swap(layer, group, value, better=np.greater)
        taken = np.bincount(group[group >= 0], weights=chosen.value_of_lines()[group >= 0] > 0, minlength=len(value))
        free = (group >= 0) & (taken[group] == 0) & ~took
        chosen.put(layer, group, value, free)
    return chosen.rows(year)


def covering_ceilings(known: Bounds, layers: Iterable[Layer], inside: Mask, year: int) -> list[Row] | None:
    """Ceilings that together cover some lines, chosen to add up to as little as a short search finds.

    No more than their sum can be spent on those lines. None when some line is under no ceiling.
    """
    lines = np.flatnonzero(inside)
    chosen = _Chosen(np.arange(len(lines)), np.full(len(lines), np.inf))
    for layer in sorted(layers, key=lambda layer: -len(layer.code)):
        group = layer.group[lines]
        own_bound = known.ceiling_by[layer.selection, year] == layer.number
        value = np.where(own_bound, known.ceiling[layer.selection, year], np.inf)
        group = np.where((group >= 0) & np.isfinite(value[group]), group, -1)
        if (group < 0).all():
            continue
        chosen.swap(layer, group, value, better=np.less)
        open_ended = (group >= 0) & np.isinf(chosen.value_of_lines())
        chosen.put(layer, group, value, open_ended)
    return None if np.isinf(chosen.value_of_lines()).any() else chosen.rows(year)


@dataclass
class _Chosen:
    """A partition of lines into rows that grows better as layers are tried; `top` is the part of each line."""

    top: Index
    value: Array
    tried: list[tuple[int, Layer, Index]] = field(default_factory=list)

    def value_of_lines(self) -> Array:
        """The figure of the part that each line is in."""
        return np.asarray(self.value[self.top])

    def swap(self, layer: Layer, group: Index, value: Array, better: np.ufunc) -> Mask:
        """Where rows of the layer, in stead of all parts that they touch, are better: take them. Which lines took."""
        label = _connected(self.top, group)
        parts, first = np.unique(self.top, return_index=True)
        old = np.bincount(label[first], weights=self.value[parts], minlength=len(label))
        rows, first = np.unique(group, return_index=True)
        new = np.zeros(len(label))
        np.add.at(new, label[first[rows >= 0]], value[rows[rows >= 0]])
        if better is np.less:  # a line outside the layer is under no ceiling of it
            new[label[group < 0]] = np.inf
        took: Mask = better(new, old)[label]
        self.put(layer, group, value, took)
        return took

    def put(self, layer: Layer, group: Index, value: Array, where: Mask) -> None:
        """Make the layer's rows the parts of these lines; a line of no row becomes a part of its own without floor."""
        if not where.any():
            return
        start = len(self.value)
        outside = np.flatnonzero(where & (group < 0))
        self.value = np.concatenate([self.value, value, np.zeros(len(outside))])
        self.top = self.top.copy()
        inside = where & (group >= 0)
        self.top[inside] = start + group[inside]
        self.top[outside] = start + len(value) + np.arange(len(outside))
        self.tried.append((start, layer, np.arange(len(value))))

    def rows(self, year: int) -> list[Row]:
        """The rows chosen, largest first."""
        parts = set(np.unique(self.top).tolist())
        rows = [
            Row(layer, int(row), year, float(self.value[start + row]))
            for start, layer, numbers in self.tried
            for row in numbers.tolist()
            if start + row in parts
        ]
        return sorted(rows, key=lambda row: -row.value)


def _connected(one: Index, other: Index) -> Index:
    """The lines that two partitions connect: the smallest line of each line's component. -1 in `other` is no part."""
    label = np.arange(len(one), dtype=np.int64)
    _, one = np.unique(one, return_inverse=True)
    alone = other.max(initial=-1) + 1 + np.arange(len(other))
    _, other = np.unique(np.where(other < 0, alone, other), return_inverse=True)
    while True:
        before = label
        for part in (one, other):
            least = np.full(len(label), len(label), dtype=np.int64)
            np.minimum.at(least, part, label)
            label = least[part]
        if (label == before).all():
            return label
