"""The Rules sheet as constraints: every measure by its base, Each, must and should, all through one grammar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.checks.rules import Basis
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index, Mask
from budgetmodel.contract.measures import MEASURE, MEASURES, Base, Measure, Of, Pace, Rates
from budgetmodel.contract.objectives import SHORTFALL
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.need import need_by_place
from budgetmodel.program.build.layout import Layout, labels
from budgetmodel.program.build.model import Block, Constraint, Labels
from budgetmodel.program.build.structure import Setting, Structure
from budgetmodel.program.build.totals import LINE_DIMENSIONS as LINE_DIMENSIONS
from budgetmodel.program.build.totals import SPEND as SPEND
from budgetmodel.program.build.totals import Chosen, Spend, make_totals, spending
from budgetmodel.program.build.totals import Groups as Groups

REMEDY = "Change its Value, narrow it, or make it a should rule"

RULE = {measure.name: Constraint(measure.name, measure.meaning, "£m", remedy=REMEDY) for measure in MEASURES}
"""The constraint of every measure; its rows are in £m whatever its Value is in."""


@dataclass(frozen=True)
class Rule:
    """One row of the Rules sheet, with selections as boolean arrays by dimension."""

    name: str
    position: int
    measure: Measure
    limit: str
    value: float
    must: bool
    weight: float
    each: tuple[str, ...]
    of: Basis
    years: Index
    chosen: Mapping[str, Mask]

    def groups(self) -> Groups:
        """The members that the rule has a row for."""
        return Groups(self.each, tuple(np.flatnonzero(self.chosen[d]) for d in self.each))


def read_rules(setting: Setting) -> list[Rule]:
    """The rules of the budget, ready to be expanded; a fair share that names no services is on its component's."""
    inputs = setting.inputs
    result = []
    for position, row in records(inputs.frame(schema.RULES)):
        chosen = {
            dimension: _mask(row[f"{dimension.capitalize()}s"], inputs.members(dimension))
            for dimension in (*LINE_DIMENSIONS, "source")
        }
        measure = MEASURE[row["Measure"]]
        if measure.of is Of.COMPONENT and row["Services"].blank:
            chosen["service"] = setting.components[_component(setting, row["Of"].name)].services
        years = _mask(row["Years"], inputs.years)
        result.append(
            Rule(
                name=str(row["Rule"]),
                position=position,
                measure=measure,
                limit=str(row["Limit"]),
                value=float(row["Value"]),
                must=row["Strength"] == "must",
                weight=float(row["Weight"]),
                each=tuple(row["Each"]),
                of=row["Of"],
                years=np.flatnonzero(years),
                chosen=chosen,
            )
        )
    return result


def rates_of(s: Setting, rule: Rule, groups: Groups) -> Rates:
    """What the years add to the rule's rows, one per group of `groups`.

    What may reach a row is looked at only where the measure follows it.
    """
    if rule.measure.pace is not Pace.REACHABLE:
        return s.rates
    line = {d: s.lines[d].to_numpy() for d in LINE_DIMENSIONS}
    inside = np.flatnonzero(np.logical_and.reduce([rule.chosen[d][line[d]] for d in LINE_DIMENSIONS]))
    row = np.full(len(s.lines), -1, dtype=np.int64)
    row[inside] = groups.code({d: line[d][inside] for d in LINE_DIMENSIONS})
    return s.rates_of_rows(row, groups.count)


def factors(s: Setting, rule: Rule, groups: Groups) -> Array:
    """What the base of each of the rule's rows is multiplied by: shape (groups, years)."""
    factor = rule.measure.factor(rule.value, rates_of(s, rule, groups))
    return np.broadcast_to(factor, (groups.count, s.years))


def rule_blocks(layout: Layout, rules: Iterable[Rule]) -> list[Block]:
    """A block per rule."""
    return [_rule_block(layout, rule) for rule in rules]


def rule_totals(layout: Layout, rules: Iterable[Rule]) -> None:
    """Make the totals that rules look at, before anything else can use them."""
    wanted: list[tuple[Chosen, Groups]] = []
    for rule in rules:
        wanted.append((rule.chosen, rule.groups()))
        if rule.measure.base is Base.OTHER_SPENDING:
            chosen, outer, _ = basis_of(layout.structure, rule, rule.groups())
            wanted.append((chosen, outer))
    make_totals(layout, wanted)


def _mask(selection: object, members: tuple[str, ...]) -> Mask:
    chosen = set(selection.members) if isinstance(selection, Selection) else set()
    return np.array([name in chosen for name in members], dtype=bool)


def _rule_block(layout: Layout, rule: Rule) -> Block:
    structure = layout.structure
    if rule.measure.base is Base.ALL_SPENDING:
        return _moved(layout, rule)
    groups = rule.groups()
    spend = spending(layout, rule.chosen, groups)
    years = len(rule.years)
    year_row = np.full(structure.years, -1, dtype=np.int64)
    year_row[rule.years] = np.arange(years)
    inside = year_row[spend.year] >= 0
    # Row of group g in the rule's n-th year: g x years + n.
    pieces = [(spend.group[inside] * years + year_row[spend.year[inside]], spend.column[inside], np.ones(inside.sum()))]
    limit = np.zeros((groups.count, years))
    if rule.measure.base is Base.YEAR_BEFORE:
        _growth(structure, rule, groups, spend, year_row, pieces, limit)
    elif rule.measure.base is Base.OTHER_SPENDING:
        pieces += _share(layout, rule, groups, year_row)
    else:
        limit[:] = fixed_limit(structure, rule, groups, spend.baseline)
    return _finished(layout, rule, groups, pieces, limit)


def _growth(
    s: Structure,
    rule: Rule,
    groups: Groups,
    spend: Spend,
    year_row: Index,
    pieces: list[tuple[Index, Index, Array]],
    limit: Array,
) -> None:
    """Rows spend - factor x the same spend a year before; the Baseline before the first year."""
    factor = factors(s, rule, groups)
    following = np.append(year_row[1:], -1)
    inside = following[spend.year] >= 0
    row = spend.group[inside] * limit.shape[1] + following[spend.year[inside]]
    pieces.append((row, spend.column[inside], -factor[spend.group[inside], spend.year[inside] + 1]))
    if year_row[0] >= 0:
        limit[:, year_row[0]] = factor[:, 0] * spend.baseline


def fixed_limit(s: Setting, rule: Rule, groups: Groups, baseline: Array) -> Array:
    """The limit of measures whose base is data: shape (groups, years of the rule), or broadcasting to it, £m.

    `baseline` is what each group spent in the Baseline.
    """
    return factors(s, rule, groups)[:, rule.years] * _fixed_base(s, rule, groups, baseline)


def _fixed_base(s: Setting, rule: Rule, groups: Groups, baseline: Array) -> Array:
    """What the factor of such a measure multiplies: £m, or need, broadcasting to (groups, years of the rule)."""
    if rule.measure.base is Base.MONEY:
        return np.ones((1, 1))
    if rule.measure.base is Base.BASELINE:
        return baseline[:, None]
    if rule.measure.base is Base.DO_MINIMUM:
        return np.outer(baseline, s.minimum.sum(axis=0)[rule.years] / s.lines["baseline"].sum())
    if rule.measure.base is Base.NEED:
        need = need_by_place(s.inputs.frame(schema.NEEDS), rule.of.name, s.inputs.places)
        return _over_places(rule, groups, need[:, None])
    if rule.measure.base is Base.FAIR_SHARE:
        return _over_places(rule, groups, s.components[_component(s, rule.of.name)].target[:, rule.years])
    raise ValueError(f"no limit is known beforehand for the base {rule.measure.base}")


def _over_places(rule: Rule, groups: Groups, by_place: Array) -> Array:
    """A figure by place for each group: its own place's, or the sum over the rule's places."""
    if "place" in groups.dimensions:
        return np.asarray(by_place[groups.member("place")])
    return np.asarray(by_place[rule.chosen["place"]].sum(axis=0)[None, :])


def _component(s: Setting, name: str) -> int:
    return next(k for k, component in enumerate(s.components) if component.name == name)


def basis_of(setting: Setting, rule: Rule, groups: Groups) -> tuple[Chosen, Groups, tuple[str, ...]]:
    """What a share is a share of: the selection, its groups, and the dimensions in which they are the rule's."""
    named = {dimension: _mask(sel, setting.inputs.members(dimension)) for dimension, sel in rule.of.selections}
    kept = tuple(d for d in groups.dimensions if d not in named)
    return {**rule.chosen, **named}, Groups(kept, tuple(np.flatnonzero(rule.chosen[d]) for d in kept)), kept


def _share(layout: Layout, rule: Rule, groups: Groups, year_row: Index) -> list[tuple[Index, Index, Array]]:
    """- factor x the spending of the Of selection; dimensions that Of does not name are those of the rule."""
    chosen, outer, kept = basis_of(layout.structure, rule, groups)
    basis = spending(layout, chosen, outer)
    years = int((year_row >= 0).sum())
    inside = year_row[basis.year] >= 0
    factor = factors(layout.structure, rule, groups)[:, rule.years]
    basis_row = basis.group[inside] * years + year_row[basis.year[inside]]
    column = basis.column[inside]
    if outer.dimensions == groups.dimensions:
        return [(basis_row, column, -factor[basis_row // years, basis_row % years])]
    # Several groups are a share of one basis: every group's row takes the columns of its basis.
    own = outer.code({d: groups.member(d) for d in kept}) if kept else np.zeros(groups.count, dtype=np.int64)
    bases = pd.DataFrame({"basis": basis_row // years, "n": basis_row % years, "column": column})
    rows = pd.DataFrame({"group": np.arange(groups.count), "basis": own}).merge(bases, on="basis", validate="m:m")
    group, n = rows["group"].to_numpy(), rows["n"].to_numpy()
    return [(group * years + n, rows["column"].to_numpy(), -factor[group, n])]


def _moved(layout: Layout, rule: Rule) -> Block:
    """Σ over the members of what they get above their do-minimum <= factor x the selection's spending."""
    s = layout.structure
    members = rule.groups()
    spend = spending(layout, rule.chosen, members)
    years = len(rule.years)
    year_row = np.full(s.years, -1, dtype=np.int64)
    year_row[rule.years] = np.arange(years)
    inside = year_row[spend.year] >= 0
    member_row = spend.group[inside] * years + year_row[spend.year[inside]]
    minimum = np.outer(spend.baseline, s.minimum.sum(axis=0)[rule.years] / s.lines["baseline"].sum())
    gain = layout.assembly.columns("moved", members.count * years)
    every = np.arange(len(gain))
    layout.assembly.add(
        Block(
            RULE[rule.measure.name],
            labels(len(gain), strength="definition"),
            np.concatenate([every, member_row]),
            np.concatenate([gain, spend.column[inside]]),
            np.concatenate([np.ones(len(gain)), -np.ones(len(member_row))]),
            -minimum.ravel(),
            np.full(len(gain), np.inf),
        )
    )
    whole = Groups((), ())
    pieces = [
        (every % years, gain, np.ones(len(gain))),
        (member_row % years, spend.column[inside], -factors(s, rule, whole)[0, rule.years][member_row % years]),
    ]
    return _finished(layout, rule, whole, pieces, np.zeros((1, years)))


def _finished(
    layout: Layout, rule: Rule, groups: Groups, pieces: list[tuple[Index, Index, Array]], limit: Array
) -> Block:
    """Shortfall columns, bounds and labels; rows that nothing reaches and that hold anyway are left out."""
    years = len(rule.years)
    row = np.concatenate([p[0] for p in pieces])
    column = np.concatenate([p[1] for p in pieces])
    value = np.concatenate([p[2] for p in pieces])
    bound = limit.ravel()
    filled = np.zeros(len(bound), dtype=bool)
    filled[row] = True
    broken = {"at least": bound > 0, "at most": bound < 0, "exactly": bound != 0}[rule.limit]
    kept = np.flatnonzero(filled | broken)
    row, bound = np.searchsorted(kept, row), bound[kept]
    if not rule.must:
        every = np.arange(len(kept))
        for sign in {"at least": (1.0,), "at most": (-1.0,), "exactly": (1.0, -1.0)}[rule.limit]:
            short = layout.assembly.columns("rule shortfall", len(kept))
            layout.assembly.cost(SHORTFALL.cost, short, rule.weight)
            row, column = np.concatenate([row, every]), np.concatenate([column, short])
            value = np.concatenate([value, np.full(len(kept), sign)])
    infinite = np.full(len(kept), np.inf)
    return Block(
        RULE[rule.measure.name],
        _rule_labels(layout.structure, rule, groups, kept, years),
        row,
        column,
        value,
        -infinite if rule.limit == "at most" else bound,
        infinite if rule.limit == "at least" else bound,
    )


def _rule_labels(s: Structure, rule: Rule, groups: Groups, kept: Index, years: int) -> Labels:
    members: dict[str, object] = {}
    for dimension in groups.dimensions:
        names = np.array(s.inputs.members(dimension), dtype=object)
        members[dimension] = names[groups.member(dimension)[kept // years]]
    return labels(
        len(kept),
        rule=rule.name,
        cell=s.inputs.cell(schema.RULES, rule.position, "Value"),
        year=rule.years[kept % years],
        strength="must" if rule.must else "should",
        **members,
    )
