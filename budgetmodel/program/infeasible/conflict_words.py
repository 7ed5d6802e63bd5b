"""Conflicts and ways out as frames, in the words and cells of the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.checks.cells import words
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.infeasibility import AS_CHEAP
from budgetmodel.contract.schema import SHEET
from budgetmodel.contract.units import MILLIONS_PER_POUND, MILLIONS_PER_UNIT, in_pounds, money_unit, pounds
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.build.rules import rates_of, read_rules
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.cheapest_repair import WayOut
from budgetmodel.program.infeasible.elastic import CARRY, STRUCTURE, Core, Way
from budgetmodel.program.infeasible.figures import told_apart
from budgetmodel.program.infeasible.irreducible import Conflict
from budgetmodel.program.infeasible.steps import AMOUNT, PERCENT, POUNDS, Step
from budgetmodel.program.infeasible.value_slopes import bound_of

NAMED = 3
"""So many rules, cells or sources are named in a sentence; the rest is counted."""

AS_MUCH = "Or, for as much: "
"""How the first sentence of a way out begins that costs as much as the one before it."""

SEEN = 0.1
"""£m: a gap under this is not seen in figures of one decimal."""

ALIKE = 0.005
"""What gives way is told twice where one Value for all rows lets go of more than needed by this part of it."""


def conflict_frame(
    structure: Structure, core: Core, sets: Sequence[Conflict], shown: tuple[Way, Array] | None, proof: float
) -> pd.DataFrame:
    """A row per must row of every conflict set; the table `conflicts`.

    `proof` is the proved gap, £m. `shown` is the allocation at which activity and limit are evaluated, with the basis
    of each row's limit there.
    """
    rows: list[dict[str, object]] = []
    if shown is not None:
        for number, conflict in enumerate(sets, start=1):
            activity, limit = _figures(structure, core, conflict, *shown)
            each = zip(conflict.rows, conflict.side, limit, strict=True)
            figures = [_row_words(structure, core, *of, conflict.gap) for of in each]
            headline = _headline(structure, core, conflict)
            for at, (row, asked) in enumerate(zip(conflict.rows.tolist(), figures, strict=True)):
                labels = core.rows.iloc[row]
                rows.append(
                    {
                        **{
                            d: str(labels[d])
                            for d in ("constraint", "place", "service", "provider", "source", "strength")
                        },
                        "scenario": structure.inputs.scenario,
                        "conflict": number,
                        "headline": headline,
                        "gap": conflict.gap,
                        "rule": str(labels["rule"]) or str(labels["constraint"]),
                        "cell": ",".join(_cells(structure, labels)),
                        "year": structure.inputs.years[int(labels["year"])],
                        "activity": activity[at],
                        "limit": limit[at],
                        "words": asked,
                        "proved_gap": proof,
                    }
                )
    rows.sort(key=lambda row: (row["conflict"], row["constraint"] in STRUCTURE))  # rules first: they are decisions
    return result_table("conflicts", rows)


def remedy_frame(structure: Structure, core: Core, ways: Sequence[WayOut]) -> pd.DataFrame:
    """A row per cell to change; the table `remedies`. The rows of one remedy are needed together."""
    rows: list[dict[str, object]] = []
    for number, out in enumerate(ways, start=1):
        for at, step in enumerate(out.steps):
            address = structure.inputs.tables[step.sheet].address(step.position, step.column)
            labels = core.rows.iloc[int(step.rows[0])]
            told = _step_words(structure, core, step)
            lead = _lead(out) if at == 0 else "and "
            rows.append(
                {
                    "scenario": structure.inputs.scenario,
                    "remedy": number,
                    "alternative": out.kind,
                    "rule": str(labels["rule"]) or str(labels["constraint"]),
                    "cell": f"{address.sheet}!{address.cell}",
                    "change_cell": address.change,
                    "amount": step.amount,
                    "old_value": _typed(structure, step, step.old),
                    "new_value": _typed(structure, step, step.value),
                    "proved": out.proved,
                    "words": f"{lead}{told[:1].lower()}{told[1:]}",
                    **_as_change(structure, core, step),
                }
            )
    return result_table("remedies", rows)


def _lead(out: WayOut) -> str:
    """How a way out is named: as what it changes, with its cost."""
    if out.kind == AS_CHEAP:
        return AS_MUCH
    ruled = all(step.sheet == schema.RULES for step in out.steps)
    dearer = ruled and out.cost > out.least * (1 + ALIKE)
    fewer = f" ({in_pounds(out.least)} with more cells)" if dearer else ""
    return f"{out.kind[:1].upper()}{out.kind[1:]}, {in_pounds(out.cost)}{fewer}: "


def _as_change(structure: Structure, core: Core, step: Step) -> dict[str, str]:
    """A step as a row of the sheet Changes, but for its Value: the row is picked by the key of its sheet."""
    inputs = structure.inputs
    if step.column == "Source":  # the source has no Funding in that year
        year = inputs.years[int(core.rows["year"].iloc[int(step.rows[0])])]
        money = {"Source": str(step.value), "Year": year, "Amount": _typed(structure, step, step.amount)}
        return {"table": schema.FUNDING, "change": "append", "where": _where(money), "field": "", "unit": ""}
    table, rows = inputs.tables[step.sheet], [inputs.row_of(step.sheet, at) for at in (step.position, *step.also)]
    key = {name: " | ".join(words(table.column(name)[row]) for row in rows) for name in SHEET[step.sheet].key}
    return {"table": step.sheet, "change": "set", "where": _where(key), "field": step.column} | {
        "unit": PERCENT if step.unit == PERCENT and isinstance(step.value, float) else ""
    }


def _where(values: Mapping[str, object]) -> str:
    return "; ".join(f"{name}={value}" for name, value in values.items())


def _typed(structure: Structure, step: Step, value: object) -> object:
    """A value as it is typed into its cell: in the workbook's own unit."""
    if not isinstance(value, float):
        return "" if value is None else value
    unit = money_unit(str(structure.inputs.settings.get(schema.MONEY_UNIT, ""))) or AMOUNT
    scale = {AMOUNT: MILLIONS_PER_UNIT[unit], POUNDS: MILLIONS_PER_POUND, PERCENT: 1.0}[step.unit]
    return round(value / scale, 12)


# ---- rows -----------------------------------------------------------------------------------------------


def _figures(structure: Structure, core: Core, conflict: Conflict, way: Way, slope: Array) -> tuple[Array, Array]:
    """What the rows spend and what they ask, £m, at the cheapest way out."""
    program, rows = core.program, conflict.rows
    bound = bound_of(program)[rows]
    apart = program.activity(way.x)[rows] - bound
    frame = structure.inputs.frame(schema.RULES)
    limit = bound.copy()
    for at, row in enumerate(rows.tolist()):
        labels = core.rows.iloc[row]
        if core.rule[row]:
            position = _rule_position(structure, str(labels["cell"]))
            value = frame["Value"].astype(float)[position]
            limit[at] = (value + _offset(structure, position, labels)) * slope[row]
    return limit + apart, limit


def _offset(structure: Structure, position: int, labels: pd.Series[Any]) -> float:
    """What the measure of a rule adds to its Value in the row with these labels."""
    rule = next(rule for rule in read_rules(structure) if rule.position == position)
    groups, inputs = rule.groups(), structure.inputs
    rates = rates_of(structure, rule, groups).at(int(labels["year"]))
    offset = np.broadcast_to(rule.measure.offset(rates), groups.count)
    # A rule without Each, and one that looks at its members together, has one row.
    members = {d: np.array([inputs.members(d).index(str(labels[d]))]) for d in groups.dimensions if labels[d]}
    return float(offset[groups.code(members)[0] if members else 0])


def _rule_position(structure: Structure, cell: str) -> int:
    inputs = structure.inputs
    positions: list[int] = inputs.frame(schema.RULES).index.tolist()
    return next(p for p in positions if inputs.cell(schema.RULES, p, "Value") == cell)


def _members(labels: pd.Series[Any]) -> str:
    names = [str(labels[d]) for d in ("place", "service", "provider", "source") if labels[d]]
    return f" ({', '.join(names)})" if names else ""


def _row_words(structure: Structure, core: Core, row: int, side: float, limit: float, gap: float) -> str:
    """One row of a conflict as a sentence; its figure has the digits in which the conflict's gap is seen."""
    asked = in_pounds(limit) if not 0 < gap < SEEN else pounds(limit, -floor(log10(gap)))
    labels = core.rows.iloc[int(row)]
    year = structure.inputs.years[int(labels["year"])]
    least = "at least" if side > 0 else "at most"
    if labels["constraint"] == BALANCE.name:
        verdict = "all of which must be spent" if side > 0 else "and no more"
        if limit < 0:
            return f"{_sources(structure, int(labels['purse']))}: contract costs are above the money of {year}"
        return f"{_sources(structure, int(labels['purse']))}: {asked} to spend in {year}, {verdict}"
    if labels["constraint"] == PLACE_KEY.name:
        return f"the place key of '{labels['service']}' fixes the share of {labels['place']} in {year}"
    if labels["constraint"] == CARRY.name:
        return f"{_sources(structure, int(labels['purse']))}: at most {asked} may be carried out of {year}"
    return f"'{labels['rule']}'{_members(labels)} asks for {least} {asked} in {year}"


def _sources(structure: Structure, purse: int) -> str:
    names = [n for n, u in zip(structure.inputs.sources, structure.purse_of, strict=True) if u == purse]
    return _listed(f"'{name}'" for name in names)


def _cells(structure: Structure, labels: pd.Series[Any]) -> list[str]:
    """The cells that a row rests on: of a balance the Funding of its year, else the row's own."""
    inputs = structure.inputs
    if labels["constraint"] == BALANCE.name:
        frame = inputs.frame(schema.FUNDING)
        purse = int(labels["purse"])
        names = [n for n, u in zip(inputs.sources, structure.purse_of, strict=True) if u == purse]
        own = frame[frame["Source"].isin(names) & (frame["Year"] == inputs.years[int(labels["year"])])]
        if len(own):
            return [inputs.cell(schema.FUNDING, position, "Amount") for position in own.index.tolist()]
    return [str(labels["cell"])]


def _listed(names: Iterable[str]) -> str:
    """Names as people list them, at most NAMED of them: `a, b and 4 more`."""
    every = list(dict.fromkeys(names))
    shown = every[:NAMED] if len(every) <= NAMED + 1 else every[: NAMED - 1]
    shown = every if len(every) == NAMED + 1 else shown
    more = len(every) - len(shown)
    last = f"{more} more" if more else shown.pop() if len(shown) > 1 else ""
    return f"{', '.join(shown)} and {last}" if last else ", ".join(shown)


# ---- sentences ------------------------------------------------------------------------------------------


def _headline(structure: Structure, core: Core, conflict: Conflict) -> str:
    """A conflict in one sentence: what asks for how much more than what can give."""
    labels = core.rows.iloc[conflict.rows]
    kind, side, gap = labels["constraint"].to_numpy(), conflict.side, in_pounds(conflict.gap)
    ruled = core.rule[conflict.rows]
    name = [_name(structure, core, row) for row in conflict.rows.tolist()]

    def these(chosen: Mask) -> list[str]:
        return [name[n] for n in np.flatnonzero(chosen)]

    floors, ceilings = these(ruled & (side > 0)), these(ruled & (side < 0))
    scarce, due = these((kind == BALANCE.name) & (side < 0)), these((kind == BALANCE.name) & (side >= 0))
    keys, carried = these(kind == PLACE_KEY.name), these(kind == CARRY.name)
    held = [*keys, *carried]
    if floors and scarce:
        verb = "needs" if len(set(floors)) == 1 else "need"
        clash_words = f"{_listed(floors)} {verb} {gap} more than {_listed(scarce)} can pay"
        held = [*ceilings, *due, *held]
    elif ceilings and due:
        clash_words = f"{gap} of {_listed(due)} has nowhere to go under {_listed(ceilings)}"
        held = [*floors, *scarce, *held]
    elif scarce and not due:
        clash_words = f"contract costs take {gap} more than {_listed(scarce)} brings"
        held = [*ceilings, *held]
    elif due and not floors and not ceilings and not scarce:
        clash_words = f"{gap} of {_listed(due)} has nowhere to go"
    else:
        verb = "cannot hold" if len(set(name)) == 1 else "cannot all hold"
        clash_words, held = f"{_listed([*floors, *ceilings, *due, *scarce, *held])} {verb}: they are {gap} apart", []
    return clash_words + (f", with {_listed(held)}" if held else "")


def _name(structure: Structure, core: Core, row: int) -> str:
    labels = core.rows.iloc[row]
    cells = _cells(structure, labels)
    if labels["constraint"] == BALANCE.name:
        return _listed(cells)
    if labels["constraint"] == PLACE_KEY.name:
        return f"{cells[0]} (the place key of '{labels['service']}')"
    if labels["constraint"] == CARRY.name:
        return f"{cells[0]} (carry forward)"
    return f'{cells[0]} "{labels["rule"]}"'


def _step_words(structure: Structure, core: Core, step: Step) -> str:
    """What to do at one cell, and how much gives way by it."""
    address = structure.inputs.tables[step.sheet].address(step.position, step.column)
    where = address.text
    where += f" (set by {address.change})" if address.change and address.change != where else ""
    labels = core.rows.iloc[int(step.rows[0])]
    amount = in_pounds(step.amount)
    if step.column == "Strength":
        return f'Make "{labels["rule"]}" ({where}) a should rule: it misses by {amount}'
    if step.column == "Place key":
        return f"Clear the place key of '{labels['service']}' ({where}): it misses by {amount}"
    if step.column == "Source":
        return (
            f"Find {amount} for {_sources(structure, int(labels['purse']))} ({where}), which has no Funding that year"
        )
    verb, bound = ("Lower", " or less") if step.lowers else ("Raise", " or more")
    bound = bound if step.limit else ""
    old, new = _told(step)
    if labels["constraint"] == BALANCE.name and step.lowers:
        back = f"Hand back {amount} of {_sources(structure, int(labels['purse']))}, which nothing may spend"
        return f"{back}: lower {where} from {old} to {new}{bound}"
    if labels["constraint"] == BALANCE.name:
        return f"{verb} {where} by {amount}, from {old} to {new}{bound}"
    name = f' "{labels["rule"]}"' if labels["rule"] else " (carry forward)"
    if step.unit == AMOUNT and len(step.rows) == 1:
        return f"{verb} {where}{name} by {amount}, from {old} to {new}{bound}"
    return f"{verb} {where}{name} from {old} to {new}{bound}, which gives way by {_given(step)}"


def _given(step: Step) -> str:
    """What gives way at one cell; twice where one Value for all its rows lets go of more than the least."""
    several = f" over {len(step.rows)} rows" if len(step.rows) > 1 else ""
    if not step.given > step.amount * (1 + ALIKE):
        return f"{in_pounds(step.amount)}{several}"
    return f"{in_pounds(step.given)}{several} (row by row, {in_pounds(step.amount)} would do)"


def _told(step: Step) -> tuple[str, ...]:
    """The old and the new figure, with digits enough to differ."""
    if not (isinstance(step.old, float) and isinstance(step.value, float)):
        return str(step.old), str(step.value)
    return told_apart((step.old, step.value), step.unit, step.decimals)
