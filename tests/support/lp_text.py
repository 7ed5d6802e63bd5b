"""A program as text that people can read and compare: objectives, rows and bounds, with labels for every column."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from budgetmodel.program.build.constraints import Layout
from budgetmodel.program.build.model import Program

ROW_LABELS = ("year", "source", "place", "service", "provider", "component")


def lp_text(program: Program, layout: Layout, constraint: str | None = None) -> str:
    """The whole program, or the rows of one constraint and what their columns cost."""
    names = column_names(program, layout)
    rows = [i for i, name in enumerate(program.rows["constraint"]) if constraint in (None, name)]
    used = {int(j) for i in rows for j in program.index[program.start[i] : program.start[i + 1]]}
    columns = used if constraint else set(range(len(names)))
    lines = []
    for stage, cost in program.costs.items():
        terms = [(float(cost[j]), names[j]) for j in np.flatnonzero(cost) if int(j) in columns]
        lines.append(f"minimise {stage}: {expression(terms)}")
    lines.append("")
    lines += [line for i in rows for line in row_lines(program, layout, names, i)]
    bounds = [bound(program, names, j) for j in sorted(columns)]
    lines += ["", *(text for text in bounds if text)] if any(bounds) else []
    return "\n".join(lines).strip() + "\n"


def row_lines(program: Program, layout: Layout, names: list[str], i: int) -> list[str]:
    """A row: what it is of, then what it says."""
    row = program.rows.iloc[i]
    of = dict(row)
    of["year"] = layout.structure.inputs.years[of["year"]] if of["year"] >= 0 else ""
    where = ", ".join(str(of[label]) for label in ROW_LABELS if of[label])
    rule = " ".join(str(of[label]) for label in ("strength", "rule", "cell") if of[label])
    title = f"{row['constraint']} ({where})" + (f" {rule}" if rule else "")
    span = range(program.start[i], program.start[i + 1])
    terms = expression((float(program.value[n]), names[program.index[n]]) for n in span)
    return [f"{title}:", f"    {terms} {limits(program.lower[i], program.upper[i])}"]


def limits(lower: float, upper: float) -> str:
    """What a row is held to."""
    if lower == upper:
        return f"= {number(lower)}"
    if np.isinf(lower):
        return f"<= {number(upper)}"
    return f">= {number(lower)}" if np.isinf(upper) else f"in {number(lower)} .. {number(upper)}"


def bound(program: Program, names: list[str], j: int) -> str:
    """The bounds of a column; nothing when they are the usual 0 and infinity."""
    low, high = program.low[j], program.high[j]
    if (low, high) == (0.0, np.inf):
        return ""
    return f"{number(low)} <= {names[j]} <= {number(high)}"


def expression(terms: Iterable[tuple[float, str]]) -> str:
    """Terms with their signs; nothing is 0."""
    parts = []
    for value, name in terms:
        size = "" if abs(value) == 1 else f"{number(abs(value))} "
        parts.append(f"{'-' if value < 0 else '+'} {size}{name}")
    return " ".join(parts).removeprefix("+ ") or "0"


def number(value: float) -> str:
    """Ten significant digits, without a negative zero."""
    return f"{value + 0.0:.10g}"


def column_names(program: Program, layout: Layout) -> list[str]:
    """A name for every column: members where it has them, else its number within its kind."""
    s = layout.structure
    budget = s.inputs
    names = [""] * len(program.low)
    for kind, columns in program.groups.items():
        for number_, j in enumerate(columns, start=1):
            names[j] = f"{kind.replace(' ', '_')}[{number_}]"
    lines = [
        f"{budget.places[p]} {budget.services[v]} {budget.providers[j]}"
        for p, v, j in s.lines[["place", "service", "provider"]].itertuples(index=False, name=None)
    ]
    purses = ["+".join(np.array(budget.sources)[s.purse_of == u]) for u in range(s.purses)]
    for j, flow in zip(layout.flow, s.flows.itertuples(index=False), strict=True):
        names[j] = f"flow[{budget.years[flow.year]} {purses[flow.purse]} {lines[flow.line]}]"
    for table, kind, members in ((layout.carry, "carry", purses), (layout.line, "line", lines)):
        for (member, year), j in np.ndenumerate(table):
            if j >= 0:
                names[j] = f"{kind}[{budget.years[year]} {members[member]}]"
    for (k, p, year), j in np.ndenumerate(layout.ratio):
        if j >= 0:
            names[j] = f"ratio[{budget.years[year]} {budget.places[p]} {s.components[k].name}]"
    assert len(set(names)) == len(names)
    return names
