"""What a scenario cannot meet, by arithmetic alone: floors against money, ceilings against money, no headroom.

Nothing is solved. A claim is made only where it is certain; what needs the whole program is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.measures import Base
from budgetmodel.contract.units import in_pounds
from budgetmodel.program.build.rules import Groups, Rule, rates_of
from budgetmodel.program.build.structure import Setting
from budgetmodel.program.infeasible.before_solving_words import (
    Claim,
    Clash,
    carried_in,
    member_names,
    nowhere_to_go,
    row_cells,
    row_words,
    rule_address,
    short_of_money,
)
from budgetmodel.program.infeasible.payers import distinct, holders, payers, reached_lines
from budgetmodel.program.infeasible.rule_bounds import Bounds, Layer, Row, covering_ceilings, disjoint_floors

CERTAIN = 1e-4
"""£m: sums that clash by less than £100 are left to the program."""

EVEN = 1e-9
"""Growth that is above a floor by less is not above it."""

CLAIMS = 6
"""At most so many clashes of one kind are listed, worst first."""

ENDLESS = 1e15
"""£m, more than any budget: means no limit where sums are compared."""

CLASHES = ("FLOOR_GT_CEIL", "FLOOR_SUM_GT_POT", "RING_GT_SOURCE", "CEIL_SUM_LT_POT")
"""The codes of what no allocation can meet."""

NO_HEADROOM = "NO_HEADROOM"
"""The code of floors that take all the growth there is: nothing can converge."""


def clashes(setting: Setting, known: Bounds) -> tuple[Clash, ...]:
    """What arithmetic alone shows that no allocation can meet, for one scenario and all its years.

    `known` are the bounds that follow from its rules.
    """
    return (
        *_floors_above_ceilings(setting, known),
        *_floors_on_nothing(setting, known),
        *_floors_above_money(setting, known),
        *_ceilings_below_money(setting, known),
    )


def no_headroom(setting: Setting, known: Bounds) -> tuple[Clash, ...]:
    """The years in which a floor guarantees every place all the growth there is, so that no place can catch up."""
    if len(setting.inputs.places) < 2:
        return ()
    least, most = _least_money(setting).sum(axis=0), _most_money(setting).sum(axis=0)
    baseline = float(setting.lines["baseline"].sum())
    years_of: dict[tuple[int, str], list[str]] = {}
    for layer in known.layers:
        rule = layer.rule
        if rule.limit == "at most" or "place" not in rule.each or (layer.group < 0).any():
            continue
        if rule.measure.base not in (Base.YEAR_BEFORE, Base.BASELINE):  # the do-minimum grows as the money does
            continue
        for year in rule.years.tolist():
            on_baseline = year == 0 or rule.measure.base is Base.BASELINE
            before = baseline if on_baseline else float(least[year - 1])
            if before <= 0:
                continue
            # Of rows with growth of their own the least: every place has that.
            floor = float(rule.measure.growth(rule.value, rates_of(setting, rule, layer.groups).at(year)).min())
            headroom = float(most[year]) / before - 1 - floor
            if headroom <= EVEN:
                since = "since the Baseline" if on_baseline else "on the year before"
                words = (
                    f"'{rule.name}' guarantees every place {floor:.1%} {since} in {{}}, when the money to spend "
                    f"grows by {headroom + floor:.1%}: no convergence possible (headroom {headroom + 0.0:.1%})"
                )
                years_of.setdefault((rule.position, words.replace("-0.0%", "0.0%")), []).append(
                    setting.inputs.years[year]
                )
    result = []
    for (position, words), years in years_of.items():
        sheet, cell = rule_address(setting, position)
        found = words.format(", ".join(years))
        fix = "Lower its Value, if places are to come nearer to their shares."
        result.append(Clash(NO_HEADROOM, sheet, cell, found, "a floor under the average growth", fix, "{}: "))
    return tuple(result)


# ---- floors against ceilings ---------------------------------------------------------------------------


def _floors_above_ceilings(setting: Setting, known: Bounds) -> Iterator[Clash]:
    """Rows that select the same money, one asking for more than the other allows: a clash per pair of rules."""
    if not len(known.floor):
        return
    gap = known.floor - known.ceiling
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for selection, year in np.argwhere(gap > CERTAIN).tolist():
        by = int(known.floor_by[selection, year]), int(known.ceiling_by[selection, year])
        pairs.setdefault(by, []).append((selection, year))
    for (low, high), where in list(pairs.items())[:CLAIMS]:
        selection, year = max(where, key=lambda at: float(gap[at]))
        floor, ceiling = (
            Row(layer, int(np.flatnonzero(layer.selection == selection)[0]), year, float(value[selection, year]))
            for layer, value in ((known.layers[low], known.floor), (known.layers[high], known.ceiling))
        )
        more = f", and {len(where) - 1} more such rows" if len(where) > 1 else ""
        apart = in_pounds(float(gap[selection, year]))
        found = (
            f"must floor {row_words(setting, floor)} is above must ceiling {row_words(setting, ceiling)} on the same "
            f"money in {setting.inputs.years[year]}: {apart} apart{more}"
        )
        sheet, cell = row_cells(setting, [floor, ceiling])
        fix = f"Lower the floor or raise the ceiling by {apart}, or make one a should rule."
        yield Clash("FLOOR_GT_CEIL", sheet, cell, found, "a floor that is not above its ceiling", fix)


def _floors_on_nothing(setting: Setting, known: Bounds) -> Iterator[Clash]:
    """Floors on selections that have no line at all: nothing can be spent there."""
    by_rule: dict[int, list[tuple[Rule, Groups, int, int, float]]] = {}
    for claim in known.nowhere:
        by_rule.setdefault(claim[0].position, []).append(claim)
    for position, claims in list(by_rule.items())[:CLAIMS]:
        rule, groups, group, year, value = max(claims, key=lambda claim: claim[4])
        who = "".join(f" {name}" for name in member_names(setting, groups, group))
        more = f", and {len(claims) - 1} more such rows" if len(claims) > 1 else ""
        found = (
            f"must rule '{rule.name}'{who} asks for {in_pounds(value)} in {setting.inputs.years[year]} where neither "
            f"the Baseline nor Provision has a row that could be paid{more}"
        )
        sheet, cell = rule_address(setting, position)
        fix = "Narrow the rule, or add the supply to Provision."
        yield Clash("FLOOR_SUM_GT_POT", sheet, cell, found, "a floor on something that can be bought", fix)


# ---- money ---------------------------------------------------------------------------------------------


def _net(setting: Setting) -> Array:
    """What is left of each source's amount after contract costs: shape (sources, years), £m."""
    return setting.source_funding - setting.source_cost


def _most_money(setting: Setting) -> Array:
    return _net(setting) + carried_in(setting)


def _least_money(setting: Setting) -> Array:
    return _net(setting) - setting.source_carry


def _windows(much: Array, little: Array, before: Array, after: Array) -> list[tuple[int, int]]:
    """Runs of years in which `much` is above `little`, both summed: the shortest first.

    Money carried forward counts once in a run: `before` by its first year is added to `little`, `after` by its last
    is taken from `much`.
    """
    years = len(much)
    runs = np.array([(a, a + length) for length in range(years) for a in range(years - length)])
    year = np.arange(years)
    inside = ((year >= runs[:, :1]) & (year <= runs[:, 1:])).astype(float)
    above = inside @ np.minimum(much, ENDLESS) - after[runs[:, 1]] > (
        inside @ np.minimum(little, ENDLESS) + before[runs[:, 0]] + CERTAIN
    )
    return [(int(first), int(last)) for first, last in runs[above]]


def _holds(claims: Sequence[Claim], first: int, last: int) -> bool:
    return any(first <= claim.first and claim.last <= last for claim in claims)


def _without_echoes(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims by sources, the fewest sources first; one whose sources hold those of an earlier claim adds nothing."""
    kept: list[list[Claim]] = []
    for claim in sorted(claims, key=lambda claim: (int(claim.sources.sum()), claim.last - claim.first, -claim.gap)):
        same = [group for group in kept if (group[0].sources == claim.sources).all()]
        echo = any((group[0].sources <= claim.sources).all() and group[0].sources.any() for group in kept)
        if same:
            same[0].append(claim)
        elif not echo:
            kept.append([claim])
    worst = sorted(kept, key=lambda group: -max(claim.gap for claim in group))
    return [sorted(group, key=lambda claim: -claim.gap) for group in worst[:CLAIMS]]


def _floors_above_money(setting: Setting, known: Bounds) -> Iterator[Clash]:
    """Floors on what only some sources may pay for, above what those have.

    The test is Hall's: floors that share no line, and whose lines only these sources reach, cannot ask for more than
    the sources bring. With ring-fences the money looked at is that of the ring-fenced sources alone.
    """
    floors = [layer for layer in known.layers if layer.rule.limit != "at most"]
    every = np.ones(len(setting.inputs.sources), dtype=bool)
    reached, net, carried = reached_lines(setting), _net(setting), carried_in(setting)
    for mask in distinct([every, *(layer.sources for layer in floors)]):
        usable = [layer for layer in floors if (layer.sources <= mask).all()]
        if not usable:
            continue
        fenced = reached.within(mask)
        screen = _spread(setting, usable, known.floor, np.maximum, 0.0)
        claims = []
        for sources in payers(setting, fenced, mask):
            inside = fenced.by_none_but(sources)
            upper = np.array([screen[lines, t].sum() for t, lines in enumerate(inside)])

            def floors_of(t: int, inside: Sequence[Mask] = inside, usable: Sequence[Layer] = usable) -> list[Row]:
                return disjoint_floors(known, usable, inside[t], t)

            claims += _too_much(sources, upper, net[sources].sum(axis=0), carried[sources].sum(axis=0), floors_of)
        for group in _without_echoes(claims):
            yield short_of_money(setting, group, "FLOOR_SUM_GT_POT" if mask.all() else "RING_GT_SOURCE")


def _too_much(
    sources: Mask, upper: Array, net: Array, carried: Array, floors_of: Callable[[int], list[Row]]
) -> list[Claim]:
    """The runs of years in which the floors ask for more than the sources have.

    By year, £m: `upper` is never under the floors, `net` is what the sources bring, `carried` what they may carry in.
    """
    rows: dict[int, list[Row]] = {}
    claims: list[Claim] = []
    for first, last in _windows(upper, net, carried, np.zeros(len(net))):
        has = float(net[first : last + 1].sum() + carried[first])
        if _holds(claims, first, last):
            continue
        years = range(first, last + 1)
        for t in years:
            if t not in rows:
                rows[t] = floors_of(t)
        chosen = [row for t in years for row in rows[t]]
        asked = sum(row.value for row in chosen)
        if chosen and asked > max(has, 0.0) + CERTAIN:
            claims.append(Claim(sources, first, last, asked - has, asked, has, tuple(chosen)))
    return claims


def _ceilings_below_money(setting: Setting, known: Bounds) -> Iterator[Clash]:
    """Money that must be spent where ceilings, which together cover all that it reaches, let less in."""
    ceilings = [layer for layer in known.layers if layer.rule.limit != "at least"]
    every = np.ones(len(setting.inputs.sources), dtype=bool)
    reached, net, carried = reached_lines(setting), _net(setting), setting.source_carry
    claims: list[Claim] = []
    for mask in distinct([every, *(layer.sources for layer in ceilings)]):
        usable = [layer for layer in ceilings if (mask <= layer.sources).all()]
        if not usable:
            continue
        fenced = reached.within(mask)
        screen = _spread(setting, usable, known.ceiling, np.minimum, np.inf)
        for sources in holders(setting, fenced, mask):
            inside = fenced.by_some_of(sources)
            lower = np.array([screen[lines, t].sum() for t, lines in enumerate(inside)])

            def ceilings_on(
                t: int, inside: Sequence[Mask] = inside, usable: Sequence[Layer] = usable
            ) -> list[Row] | None:
                return covering_ceilings(known, usable, inside[t], t)

            claims += _left_over(sources, lower, net[sources].sum(axis=0), carried[sources].sum(axis=0), ceilings_on)
    for group in _without_echoes(claims):
        yield nowhere_to_go(setting, group)


def _left_over(
    sources: Mask, lower: Array, net: Array, carried: Array, ceilings_on: Callable[[int], list[Row] | None]
) -> list[Claim]:
    """The runs of years in which the sources must spend more than the ceilings let in.

    By year, £m: `lower` is never above the ceilings, `net` is what the sources bring, `carried` what they may carry
    out.
    """
    covers: dict[int, list[Row] | None] = {}
    claims: list[Claim] = []
    for first, last in _windows(net, lower, np.zeros(len(net)), carried):
        has = float(net[first : last + 1].sum() - carried[last])
        if _holds(claims, first, last):
            continue
        years = range(first, last + 1)
        for t in years:
            if t not in covers:
                covers[t] = ceilings_on(t)
        found = [covers[t] for t in years]
        rows = [row for cover in found if cover is not None for row in cover]
        room = sum(row.value for row in rows)
        if rows and all(cover is not None for cover in found) and has > room + CERTAIN:
            claims.append(Claim(sources, first, last, has - room, has, room, tuple(rows)))
    return claims


def _spread(setting: Setting, layers: Sequence[Layer], figure: Array, tighter: np.ufunc, nothing: float) -> Array:
    """An allocation that keeps every row: each line gets its Baseline share of the tightest of its rows.

    Shape (lines, years). What floors (or ceilings) add up to is never more (or less), however they are combined, so
    where this fits the money there is no clash to look for.
    """
    baseline = setting.lines["baseline"].to_numpy(dtype=float)
    result: Array = np.full((len(baseline), setting.years), nothing)
    for layer in layers:
        inside = np.flatnonzero(layer.group >= 0)
        row = layer.group[inside]
        total = layer.baseline[row]
        share = np.where(total > 0, baseline[inside] / np.where(total > 0, total, 1.0), 1.0 / layer.size[row])
        value = figure[layer.selection[row]]
        limited = np.isfinite(value)
        portion = np.where(limited, np.where(limited, value, 0.0) * share[:, None], nothing)
        held: Array = tighter(result[inside], portion)
        result[inside] = held
    return result
