"""The standing constraints, whatever the objective: money balances, lines, place keys, keep bands, ratios, turnover."""

from __future__ import annotations

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.contract.schema import BASELINE_KEY
from budgetmodel.inputs.need import need_by_place, shares
from budgetmodel.program.build.layout import Layout as Layout
from budgetmodel.program.build.layout import labels as labels
from budgetmodel.program.build.model import Block, Constraint, Labels, stacked
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.build.totals import Groups, parts, spending

BALANCE = Constraint(
    "source balance",
    "All money of the source is spent",
    "£m",
    "An index that can be improved by not spending is worthless",
    "Raise a ceiling, widen what the money may reach, or allow carry forward",
)
LINE = Constraint("line", "What a line gets is the sum of its flows", "£m")
PLACE_KEY = Constraint(
    "place key",
    "The service's money is shared among places in fixed proportion",
    "£m",
    "System and national services follow an agreed key",
    "Clear the place key, or let the money reach every place",
)
KEEP_LEAST = Constraint(
    "keep at least",
    "The component's spending stays near its do-minimum",
    "£m",
    "Without it an index improves by contraction",
    "Lower 'Keep at least' of the component",
)
KEEP_MOST = Constraint(
    "keep at most",
    "The component's spending stays near its do-minimum",
    "£m",
    "Without it money runs to whatever is linked to most components",
    "Raise 'Keep at most' of the component",
)
RATIO = Constraint("ratio", "Funding-to-need ratio of a place", "£m")
TURN = Constraint("turnover", "Change of a line against average growth", "£m")


def balance(layout: Layout) -> Block:
    """Σ flows + carried out - carried in = amount - contract costs, per purse and year."""
    s = layout.structure
    shape = (s.purses, s.years)
    year, purse = s.flows["year"].to_numpy(), s.flows["purse"].to_numpy()
    row = [np.ravel_multi_index((purse, year), shape)]
    column, value = [layout.flow], [np.ones(len(layout.flow))]
    out_purse, out_year = np.nonzero(layout.carry >= 0)
    carried = layout.carry[out_purse, out_year]
    row += [np.ravel_multi_index((out_purse, out_year), shape), np.ravel_multi_index((out_purse, out_year + 1), shape)]
    column += [carried, carried]
    value += [np.ones(len(carried)), -np.ones(len(carried))]
    due = (s.funding - s.cost).ravel()
    used = np.unique(np.concatenate(row))
    kept = np.union1d(used, np.flatnonzero(due != 0))
    renumber = np.searchsorted(kept, np.concatenate(row))
    names = purse_names(s)
    first = [int(np.flatnonzero(s.purse_of == purse)[0]) for purse in range(s.purses)]
    row_labels = labels(
        len(kept),
        year=kept % s.years,
        source=[names[k // s.years] for k in kept],
        cell=[s.inputs.cell(schema.SOURCES, first[k // s.years], "Source") for k in kept],
        strength="must",
    )
    return Block(BALANCE, row_labels, renumber, np.concatenate(column), np.concatenate(value), due[kept], due[kept])


def purse_names(s: Structure) -> list[str]:
    """Each purse by the names of its sources."""
    return [
        ", ".join(n for n, u in zip(s.inputs.sources, s.purse_of, strict=True) if u == purse)
        for purse in range(s.purses)
    ]


def line_totals(layout: Layout) -> Block:
    """A line's column is the sum of its flows."""
    number, year = np.nonzero(layout.line >= 0)
    own = layout.line[number, year]
    position = np.full(layout.line.shape, -1, dtype=np.int64)
    position[number, year] = np.arange(len(own))
    flows = layout.structure.flows
    row = position[flows["line"].to_numpy(), flows["year"].to_numpy()]
    zero = np.zeros(len(own))
    return Block(
        LINE,
        labels(len(own), year=year),
        np.concatenate([np.arange(len(own)), row]),
        np.concatenate([own, layout.flow]),
        np.concatenate([np.ones(len(own)), -np.ones(len(row))]),
        zero,
        zero,
    )


def place_keys(layout: Layout) -> Block:
    """X[p,v,t] = key share of p x Σ_p X[p,v,t], for every service with a place key, place and year."""
    s = layout.structure
    frame = s.inputs.frame(schema.SERVICES)
    pieces: list[tuple[Index, Index, Array]] = []
    names: list[Labels] = []
    count = 0
    places, years = len(s.inputs.places), s.years
    every = Groups(("place",), (np.arange(places),))
    for v, key in enumerate(frame["Place key"]):
        if key is None:
            continue
        share = _key_shares(s, v, str(key))
        chosen = {"service": np.arange(len(s.inputs.services)) == v}
        own = parts(layout, chosen, every)
        whole = spending(layout, chosen, Groups((), ()))
        # Row (p, t): own spending - share of p x all spending.
        pieces.append((count + own.group * years + own.year, own.column, np.ones(len(own.column))))
        rows = count + np.add.outer(np.arange(places) * years, whole.year)
        pieces.append((rows.ravel(), np.tile(whole.column, places), -np.repeat(share, len(whole.column))))
        names.append(
            labels(
                places * years,
                year=np.tile(np.arange(years), places),
                place=np.repeat(np.array(s.inputs.places, dtype=object), years),
                service=s.inputs.services[v],
                cell=s.inputs.cell(schema.SERVICES, v, "Place key"),
                strength="must",
            )
        )
        count += places * years
    return block_of(PLACE_KEY, names, pieces, np.zeros(count), np.zeros(count))


def _key_shares(s: Structure, service: int, key: str) -> Array:
    if key == BASELINE_KEY:
        inside = s.lines["service"].to_numpy() == service
        spent = np.zeros(len(s.inputs.places))
        np.add.at(spent, s.lines["place"].to_numpy()[inside], s.lines["baseline"].to_numpy(dtype=float)[inside])
        return shares(spent)
    return shares(need_by_place(s.inputs.frame(schema.NEEDS), key, s.inputs.places))


def keep_bands(layout: Layout) -> list[Block]:
    """Built-in should rows of weight 1: a component's spending stays within its band around the do-minimum."""
    s = layout.structure
    blocks = []
    for constraint, sign, which, heading in (
        (KEEP_LEAST, 1.0, 0, "Keep at least"),
        (KEEP_MOST, -1.0, 1, "Keep at most"),
    ):
        active = [c for c in s.components if (np.isfinite(c.keep[which]) if which else c.keep[which] > 0)]
        pieces: list[tuple[Index, Index, Array]] = []
        names = []
        for number, component in enumerate(active):
            spend = spending(layout, {"service": component.services}, Groups((), ()))
            pieces.append((number * s.years + spend.year, spend.column, np.ones(len(spend.column))))
            names.append(
                labels(
                    s.years,
                    year=np.arange(s.years),
                    component=component.name,
                    cell=s.inputs.cell(schema.TARGET, component.position, heading),
                    strength="should",
                )
            )
        count = len(active) * s.years
        limit = np.concatenate([c.total * c.keep[which] for c in active]) if active else np.zeros(0)
        short = layout.assembly.columns("keep shortfall", count)
        layout.assembly.cost(SHORTFALL.cost, short, 1.0)
        pieces.append((np.arange(count), short, np.full(count, sign)))
        lower = limit if which == 0 else np.full(count, -np.inf)
        upper = np.full(count, np.inf) if which == 0 else limit
        blocks.append(block_of(constraint, names, pieces, lower, upper))
    return blocks


def ratios(layout: Layout) -> Block:
    """Σ linked spending - T x r = 0, for every component, place with a need, and year."""
    s = layout.structure
    component, place, year = np.nonzero(layout.ratio >= 0)
    own = layout.ratio[component, place, year]
    position = np.full(layout.ratio.shape, -1, dtype=np.int64)
    position[component, place, year] = np.arange(len(own))
    target = np.stack([c.target for c in s.components])
    row, column, value = [np.arange(len(own))], [own], [-target[component, place, year]]
    for k, c in enumerate(s.components):
        counted = c.need_shares > 0
        by_place = Groups(("place",), (np.flatnonzero(counted),))
        spend = parts(layout, {"service": c.services, "place": counted}, by_place)
        row.append(position[k, by_place.member("place")[spend.group], spend.year])
        column.append(spend.column)
        value.append(np.ones(len(spend.column)))
    zero = np.zeros(len(own))
    names = labels(
        len(own),
        year=year,
        place=np.array(s.inputs.places, dtype=object)[place],
        component=np.array([c.name for c in s.components], dtype=object)[component],
    )
    return Block(RATIO, names, np.concatenate(row), np.concatenate(column), np.concatenate(value), zero, zero)


def turnover(layout: Layout) -> Block:
    """Rows up - down = X[t] - (1 + average growth) X[t-1], Baseline before the first year; stage 3 minimises both."""
    s = layout.structure
    count = len(s.lines) * s.years
    up = layout.assembly.columns(TURNOVER.name, count)
    down = layout.assembly.columns(TURNOVER.name, count)
    layout.assembly.cost(TURNOVER.cost, up, 1.0)
    layout.assembly.cost(TURNOVER.cost, down, 1.0)
    every = np.arange(count)
    number, year = np.nonzero(layout.line >= 0)
    own = layout.line[number, year]
    earlier = year < s.years - 1
    base = np.zeros((len(s.lines), s.years))
    base[:, 0] = (1 + s.growth[0]) * s.lines["baseline"].to_numpy(dtype=float)
    next_row = number[earlier] * s.years + year[earlier] + 1
    pieces = [
        (every, up, -np.ones(count)),
        (every, down, np.ones(count)),
        (number * s.years + year, own, np.ones(len(own))),
        (next_row, own[earlier], -(1 + s.growth[year[earlier] + 1])),
    ]
    return block_of(TURN, [labels(count)], pieces, base.ravel(), base.ravel())


def block_of(
    constraint: Constraint,
    names: list[Labels],
    pieces: list[tuple[Index, Index, Array]],
    lower: Array,
    upper: Array,
) -> Block:
    """A block from pieces of (row, column, value)."""
    nothing = np.zeros(0, dtype=np.int64)
    return Block(
        constraint,
        stacked(names) if names else labels(0),
        np.concatenate([row for row, _, _ in pieces]) if pieces else nothing,
        np.concatenate([column for _, column, _ in pieces]) if pieces else nothing,
        np.concatenate([value for _, _, value in pieces]) if pieces else np.zeros(0),
        lower,
        upper,
    )
