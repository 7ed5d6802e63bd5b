"""A clash between rules and money in words: the sums, the gap, the largest contributors and their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.issues import Issue, Severity
from budgetmodel.contract.measures import MEASURES, Pace
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import in_pounds
from budgetmodel.inputs.reachable_money import paid_at_home
from budgetmodel.program.build.rules import Groups
from budgetmodel.program.build.structure import Setting
from budgetmodel.program.infeasible.rule_bounds import Row

NAMED = 5
"""The largest contributors that a message names."""


@dataclass(frozen=True)
class Clash:
    """One thing that cannot be, in words; `lead` is how its message begins: `{}` is replaced by the scenarios."""

    code: str
    sheet: str
    cell: str
    found: str
    expected: str
    fix: str
    lead: str = "{} cannot be met: "

    def issue(self, scenarios: Sequence[str], severity: Severity = "warning") -> Issue:
        """The clash as an issue of these scenarios."""
        names = ", ".join(f"'{name}'" for name in scenarios)
        who = f"Scenario{'s' if len(scenarios) > 1 else ''} {names}"
        return Issue(
            self.code, severity, self.sheet, self.cell, self.lead.format(who) + self.found, self.expected, self.fix
        )


@dataclass(frozen=True)
class Claim:
    """Some sources, a run of years, how much is too much, and the rows behind it; `asked` and `has` are their sums."""

    sources: Mask
    first: int
    last: int
    gap: float
    asked: float
    has: float
    rows: tuple[Row, ...]


def carried_in(setting: Setting) -> Array:
    """The most that each source may carry into each year."""
    carry = setting.source_carry
    return np.concatenate([np.zeros((len(carry), 1)), carry[:, :-1]], axis=1)


def short_of_money(setting: Setting, claims: Sequence[Claim], code: str) -> Clash:
    """Floors above the money of some sources; `claims` are those of the same sources, worst first."""
    worst = claims[0]
    rows = sorted(worst.rows, key=lambda row: -row.value)
    when = _when(setting, worst)
    had = _money(setting, worst, carried_in(setting)[:, worst.first], "plus at most {} carried in")
    sums = f"{in_pounds(worst.asked)} against {in_pounds(worst.has)} ({had})"
    fix = f"Lower these floors by {in_pounds(worst.gap)} in all, make one a should rule, or add money in Funding."
    if not worst.sources.any():
        found = f"must floors ask for {in_pounds(worst.asked)} in {when} where no source may spend"
        fix = "Narrow the rule, or widen the home or lawful places and services of a source."
    elif _all(setting, worst):
        found = f"must floors need {in_pounds(worst.gap)} more than all sources together can pay in {when}: {sums}"
    else:
        what = "must floors that only" if code == "FLOOR_SUM_GT_POT" else "ring-fences on"
        pay = " can pay" if code == "FLOOR_SUM_GT_POT" else ""
        found = f"{what} {_who(setting, worst)}{pay} need {in_pounds(worst.gap)} more than it has in {when}: {sums}"
    found += _also(setting, claims) + f". {_list(setting, rows, 'floor')}"
    sheet, cell = row_cells(setting, rows[:NAMED])
    return Clash(code, sheet, cell, found, "floors that the money can pay", fix)


def nowhere_to_go(setting: Setting, claims: Sequence[Claim]) -> Clash:
    """Money of some sources above the ceilings on all that it reaches; `claims` as in `short_of_money`."""
    worst = claims[0]
    rows = sorted(worst.rows, key=lambda row: -row.value)
    had = _money(setting, worst, -setting.source_carry[:, worst.last], "less at most {} carried forward")
    found = (
        f"{in_pounds(worst.gap)} of {_who(setting, worst)} has nowhere to go in {_when(setting, worst)}: "
        f"{in_pounds(worst.asked)} must be spent ({had}), and ceilings let {in_pounds(worst.has)} in"
        f"{_also(setting, claims)}. {_list(setting, rows, 'ceiling')}"
    )
    sheet, cell = row_cells(setting, rows[:NAMED])
    fix = f"Raise a ceiling by {in_pounds(worst.gap)}, widen what the money may reach, or allow carry forward."
    outgrown = _outgrown(setting, worst)
    if outgrown:
        [follows] = [measure.name for measure in MEASURES if measure.pace is Pace.REACHABLE]
        found += f". {outgrown}"
        fix = f"Let these ceilings follow the money that may reach them: type the Measure '{follows}'. Or: {fix}"
    return Clash("CEIL_SUM_LT_POT", sheet, cell, found, "room for all the money", fix)


def _outgrown(setting: Setting, claim: Claim) -> str:
    """That the money grows faster than all money, where ceilings on it follow average growth; nothing where not."""
    bound = [row for row in claim.rows if row.layer.rule.measure.pace is Pace.AVERAGE]
    amounts = setting.source_funding[claim.sources].sum(axis=0)
    paid = paid_at_home(setting.inputs, setting.lines)[claim.sources].sum()
    before = np.concatenate([[paid], amounts[:-1]])
    grows = np.where(before > 0, amounts / np.where(before > 0, before, 1.0) - 1, -np.inf)
    year = claim.first + int((grows - setting.growth)[claim.first : claim.last + 1].argmax())
    average = float(setting.growth[year])
    if not bound or grows[year] <= average:
        return ""
    rules = list(dict.fromkeys(row.layer.rule.name for row in bound))
    names = ", ".join(f"'{rule}'" for rule in rules)
    cells = _funding_cells(setting, claim.sources, year)
    verb = "follow" if len(rules) > 1 else "follows"
    return (
        f"{names} {verb} average growth, {average:.1%} in {setting.inputs.years[year]}, and this money grows by "
        f"{grows[year]:.1%} ({cells})"
    )


def _funding_cells(setting: Setting, sources: Mask, year: int) -> str:
    """The cells of the amounts of some sources in a year, the first few."""
    inputs = setting.inputs
    names = {name for name, inside in zip(inputs.sources, sources, strict=True) if inside}
    cells = [
        inputs.cell(schema.FUNDING, position, "Amount")
        for position, row in records(inputs.frame(schema.FUNDING))
        if row["Source"] in names and row["Year"] == inputs.years[year]
    ]
    more = f" and {len(cells) - NAMED} more" if len(cells) > NAMED else ""
    return ", ".join(cells[:NAMED]) + more


def _money(setting: Setting, claim: Claim, carried: Array, words: str) -> str:
    years = slice(claim.first, claim.last + 1)
    parts = [f"funding {in_pounds(float(setting.source_funding[claim.sources, years].sum()))}"]
    cost = float(setting.source_cost[claim.sources, years].sum())
    if cost > 0:
        parts.append(f"less contract costs {in_pounds(cost)}")
    moved = abs(float(carried[claim.sources].sum()))
    if moved > 0:
        parts.append(words.format(in_pounds(moved)))
    return ", ".join(parts)


def _all(setting: Setting, claim: Claim) -> bool:
    funded = setting.source_funding.any(axis=1)
    return int(funded.sum()) > 1 and not (funded & ~claim.sources).any()


def _who(setting: Setting, claim: Claim) -> str:
    """The sources in words: one by name, a pot by its name, all, or the first few."""
    funded = setting.source_funding.any(axis=1)
    if _all(setting, claim):
        return "the money of all sources together"
    names = [n for n, inside in zip(setting.inputs.sources, claim.sources & funded, strict=True) if inside]
    for pot in dict.fromkeys(setting.pots[:, claim.first]):
        if len(names) > 1 and not (((setting.pots[:, claim.first] == pot) ^ claim.sources) & funded).any():
            return f"the pot '{pot}'"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return "the money of " + ", ".join(f"'{name}'" for name in names[:3]) + more


def _when(setting: Setting, claim: Claim) -> str:
    years = setting.inputs.years
    return years[claim.first] if claim.first == claim.last else f"{years[claim.first]} to {years[claim.last]} together"


def _also(setting: Setting, claims: Sequence[Claim]) -> str:
    other = [f"{in_pounds(claim.gap)} in {_when(setting, claim)}" for claim in claims[1:]]
    return f"; also {', '.join(other)}" if other else ""


def _list(setting: Setting, rows: Sequence[Row], what: str) -> str:
    named = ", ".join(row_words(setting, row) for row in rows[:NAMED])
    count = f"{NAMED} largest {what}s" if len(rows) > NAMED else what if len(rows) == 1 else f"{what}s"
    return f"The {count}: {named}"


def row_words(setting: Setting, row: Row) -> str:
    """A row by the name of its rule, its members, its figure and its cell, and the change that set it."""
    rule = row.layer.rule
    names = member_names(setting, row.layer.groups, int(row.layer.code[row.row]))
    address = setting.inputs.tables[schema.RULES].address(rule.position, "Value")
    where = address.text
    if address.change and address.change != where:
        where += f", set by {address.change}"
    return f"'{rule.name}'{' ' if names else ''}{', '.join(names)} {in_pounds(row.value)} ({where})"


def member_names(setting: Setting, groups: Groups, group: int) -> list[str]:
    """The members that a row of a rule is for, by name."""
    return [setting.inputs.members(d)[int(groups.member(d)[group])] for d in groups.dimensions]


def rule_address(setting: Setting, position: int) -> tuple[str, str]:
    """The sheet and cell of a rule's Value."""
    sheet, _, cell = setting.inputs.cell(schema.RULES, position, "Value").rpartition("!")
    return sheet, cell


def row_cells(setting: Setting, rows: Sequence[Row]) -> tuple[str, str]:
    """The sheet of the first row's cell, and the cells of all rows on that sheet."""
    places = [rule_address(setting, row.layer.rule.position) for row in rows]
    return places[0][0], ",".join(dict.fromkeys(cell for sheet, cell in places if sheet == places[0][0]))
