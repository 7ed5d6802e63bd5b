"""Rules on growth that hold in a way their authors may not expect: on a base of zero, without a floor or an uplift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.reachable import LINE_DIMENSIONS, reached_lines, regimes_in_use
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.measures import MEASURE, Base, Measure, Of, Pace
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import Reach, lines, masks, pots, reach
from budgetmodel.inputs.reachable_money import reachable_growth, reachable_money

SHOWN = 3
"""Members that a message names."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class _Rule:
    """A rule and, of each line, the combination of Each members that it counts in; -1 where the rule is silent."""

    row: Mapping[str, Any]
    each: tuple[str, ...]
    cell: Codes
    years: tuple[int, ...]

    @property
    def measure(self) -> Measure:
        return MEASURE[self.row["Measure"]]

    @property
    def year_on_year(self) -> bool:
        return self.measure.base is Base.YEAR_BEFORE


def warn_of_growth(inputs: Inputs, typed: Typed) -> None:
    """Warnings of limits on growth that mean 0, of growth from nothing, and of wishes that cutting would grant."""
    line = lines(inputs)
    line = line.assign(reached=reached_lines(inputs, line))
    rules = {at: _rule(inputs, line, row) for at, row in records(inputs.frame(schema.RULES))}
    reaches: dict[str, Reach] = {}
    if any(rule.measure.pace is Pace.REACHABLE for rule in rules.values()):
        reaches = {regime: reach(inputs, pots(inputs, regime)) for regime in regimes_in_use(inputs)}
    floors = [(rule, _above_zero(inputs, line, rule, reaches)) for rule in rules.values() if _is_floor(rule)]
    for at, rule in rules.items():
        if rule.measure.base.is_own_past and rule.row["Limit"] in ("at most", "exactly"):
            _warn_zero_base(inputs, typed, line, at, rule)
        wish = rule.row["Strength"] == "should" and rule.row["Limit"] in ("at least", "exactly")
        if wish and rule.year_on_year:
            _warn_no_floor(inputs, typed, line, at, rule, floors)
        if rule.measure.pace is Pace.REACHABLE:
            _warn_no_money_before(inputs, typed, line, at, rule, reaches)
    _warn_no_uplift(inputs, typed, [rule for rule in rules.values() if rule.measure.adds_uplift])


def _rule(inputs: Inputs, line: pd.DataFrame, row: Mapping[str, Any]) -> _Rule:
    each = tuple(dimension for dimension in LINE_DIMENSIONS if dimension in row["Each"])
    cell, inside = np.zeros(len(line), dtype=np.int64), np.ones(len(line), dtype=bool)
    for dimension in LINE_DIMENSIONS:
        members, member = inputs.members(dimension), line[dimension].to_numpy()
        inside &= masks([_selection(inputs, row, dimension)], members)[0][member]
        if dimension in each:
            cell = cell * len(members) + member
    years = tuple(inputs.years.index(year) for year in row["Years"].members)
    return _Rule(row, each, np.where(inside, cell, -1), years)


def _selection(inputs: Inputs, row: Mapping[str, Any], dimension: str) -> Selection:
    """What a rule selects; a fair share that names no services is of its component's."""
    selection: Selection = row[f"{dimension.capitalize()}s"]
    if dimension == "service" and selection.blank and MEASURE[row["Measure"]].of is Of.COMPONENT:
        target = inputs.frame(schema.TARGET)
        of_component: Selection = target.loc[target["Component"] == row["Of"].name, "Services"].iloc[0]
        return of_component
    return selection


def _warn_zero_base(inputs: Inputs, typed: Typed, line: pd.DataFrame, position: int, rule: _Rule) -> None:
    """A limit on growth from nothing means 0, also for what money could reach without it."""
    if rule.year_on_year and 0 not in rule.years:
        return  # its basis is never the Baseline
    cells, spent = _baseline(line, rule.cell)
    zero = cells[(spent <= 0) & np.isin(cells, rule.cell[line["reached"]])]
    if not len(zero):
        return
    held = "holds spending there at 0" if rule.row["Strength"] == "must" else "asks for 0 there"
    found = (
        f"the Baseline is 0{_for_members(inputs, line, rule, zero)}, "
        f"so '{rule.row['Measure']} {rule.row['Limit']}' {held}"
    )
    fix = "Leave them out of the rule, if that is not meant."
    finding = Finding("ZERO_BASE", found, "spending to grow from", fix, "warning")
    typed.report(finding, schema.RULES, position, "Measure")


def _warn_no_floor(
    inputs: Inputs,
    typed: Typed,
    line: pd.DataFrame,
    position: int,
    rule: _Rule,
    floors: Sequence[tuple[_Rule, frozenset[int]]],
) -> None:
    """What the rule looks at must be held up in the years before its own; the Baseline is as it is.

    Each of `floors` has the years in which it asks for something.
    """
    before = [year - 1 for year in rule.years if year > 0]
    cells = np.unique(rule.cell[(rule.cell >= 0) & line["reached"]])
    if not before or not len(cells):
        return
    under = [(floor, years, _held_up(line, floor, rule)) for floor, years in floors]
    loose: set[int] = set()
    held: set[int] = set()
    for year in range(max(before) + 1):
        # A floor on the year before holds nothing up if that may be cut itself.
        held = {
            cell
            for floor, years, of_rule in under
            if year in floor.years and year in years
            for cell in of_rule
            if not floor.year_on_year or year == 0 or cell in held
        }
        if year in before:
            loose |= set(cells.tolist()) - held
    if loose:
        members = _for_members(inputs, line, rule, np.array(sorted(loose), dtype=np.int64))
        found = f"nothing holds the year before up{members}: the growth can be had by cutting it"
        fix = "Add one, or use 'change' or 'do-minimum'."
        finding = Finding("GROWTH_NO_FLOOR", found, "a must floor on the same spending", fix, "warning")
        typed.report(finding, schema.RULES, position, "Measure")


def _warn_no_money_before(
    inputs: Inputs, typed: Typed, line: pd.DataFrame, position: int, rule: _Rule, reaches: Mapping[str, Reach]
) -> None:
    """Money that may reach a row in a year where none may the year before: there is nothing that it grows from."""
    cells, row = _rows(rule)
    for regime, may in reaches.items():
        before, now = reachable_money(inputs, line, may, row, len(cells))
        years = [year for year in rule.years if ((before[:, year] <= 0) & (now[:, year] > 0)).any()]
        if not years:
            continue
        year = years[0]
        new = cells[(before[:, year] <= 0) & (now[:, year] > 0)]
        found = (
            f"under regime '{regime}' money comes in {', '.join(inputs.years[year] for year in years)}"
            f"{_for_members(inputs, line, rule, new)} where none may be spent the year before: "
            f"'{rule.row['Measure']}' has nothing to grow from and takes average growth there"
        )
        fix = "Leave that year or those members out of the rule, if that is not meant."
        finding = Finding("NO_MONEY_BEFORE", found, "money of the year before that may reach it", fix, "warning")
        typed.report(finding, schema.RULES, position, "Measure")
        return


def _rows(rule: _Rule) -> tuple[Codes, Codes]:
    """The rule's combinations that have a line, and of every line the number of its own; -1 where it is silent."""
    cells, row = np.unique(rule.cell, return_inverse=True)
    silent = int(cells[:1].sum() < 0)  # lines that the rule is silent on come first
    return cells[silent:], np.asarray(row - silent, dtype=np.int64)


def _warn_no_uplift(inputs: Inputs, typed: Typed, rules: Sequence[_Rule]) -> None:
    """One warning of every year without a Cost uplift that rules multiply by: there they are rules on cash."""
    blank = inputs.frame(schema.YEARS)["Cost uplift"].isna()
    years = [year for year in sorted({year for rule in rules for year in rule.years}) if blank.iloc[year]]
    if not years:
        return
    named = [f"'{rule.row['Rule']}'" for rule in rules if not set(years).isdisjoint(rule.years)]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    which = ", ".join(inputs.years[year] for year in years)
    found = f"the Cost uplift of {which} is blank: it counts as 0 in {', '.join(named[:SHOWN])}{more}"
    fix = "Type it in the column 'Cost uplift' of Years, or 0% if costs do not rise."
    finding = Finding("COST_UPLIFT_BLANK", found, "the rise in costs of the year", fix, "warning")
    issues = [finding.at(typed.tables[schema.YEARS].address(year, "Cost uplift")) for year in years]
    typed.issues.append(replace(issues[0], cell=",".join(issue.cell for issue in issues)))


def _is_floor(rule: _Rule) -> bool:
    return rule.row["Strength"] == "must" and rule.row["Limit"] in ("at least", "exactly")


def _above_zero(inputs: Inputs, line: pd.DataFrame, floor: _Rule, reaches: Mapping[str, Reach]) -> frozenset[int]:
    """The years in which a floor asks for more than nothing, in each of its rows and under each regime."""
    rates = [inputs.rates]
    if floor.measure.pace is Pace.REACHABLE:
        cells, row = _rows(floor)
        growths = [reachable_growth(inputs, line, may, row, len(cells)) for may in reaches.values()]
        rates = [replace(rates[0], reachable=growth) for growth in growths]
    value = float(floor.row["Value"])
    years = range(len(inputs.years))
    return frozenset(
        year for year in years if all(bool((floor.measure.factor(value, own.at(year)) > 0).all()) for own in rates)
    )


def _held_up(line: pd.DataFrame, floor: _Rule, rule: _Rule) -> set[int]:
    """The combinations of a rule that have one of a floor's within them: a floor on more may be met beside them."""
    floored = floor.cell >= 0
    cells, number = np.unique(floor.cell[floored], return_inverse=True)
    least, most = np.full(len(cells), np.iinfo(np.int64).max), np.full(len(cells), -1)
    np.minimum.at(least, number, rule.cell[floored])
    np.maximum.at(most, number, rule.cell[floored])
    within = (least == most) & (least >= 0)
    if floor.measure.base.is_own_past:  # year on year, in the first year
        within &= _baseline(line, floor.cell)[1] > 0
    return set(least[within].tolist())


def _baseline(line: pd.DataFrame, cell: Codes) -> tuple[Codes, Array]:
    """The combinations that a line counts in, and the Baseline of each, £m."""
    cells, number = np.unique(cell[cell >= 0], return_inverse=True)
    weights = line["baseline"].to_numpy(dtype=float)[cell >= 0]
    return cells, np.bincount(number, weights=weights, minlength=len(cells)).astype(float)


def _for_members(inputs: Inputs, line: pd.DataFrame, rule: _Rule, cells: Codes) -> str:
    """Some of a rule's combinations by name, and how many more; nothing for a rule that is one sum."""
    if not rule.each:
        return ""
    first = {int(cell): at for at, cell in reversed(list(enumerate(rule.cell)))}
    names = [
        "'" + ", ".join(inputs.members(d)[int(line[d].iloc[first[int(cell)]])] for d in rule.each) + "'"
        for cell in cells[:SHOWN]
    ]
    more = f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    return f" for {'; '.join(names)}{more}"
