"""Slips of the keyboard in money: a unit mixed up, a digit too many, a block copied, signs the wrong way round."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from budgetmodel.checks.cells import Finding, number, words
from budgetmodel.checks.money_units import workbook_unit
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.units import MILLIONS_PER_UNIT, pounds

UNIT_STEPS = (1_000.0, 1_000_000.0)
"""What a unit mixed up makes of an amount: £k for £m, £ for £m."""

NEAR = 3.0
"""A ratio within this factor of a unit's step is taken for it."""

ALIKE = 10.0
"""Neighbours that differ by no more than this factor are alike enough to judge another by."""

OUT_OF_COLUMN = 30.0
"""An amount is out of line only if it is also this far from the median of its column."""

ENVELOPE = (1.0, 20_000.0)
"""What a health and care system spends in a year, £m: one step outside it shows which sheet's unit is wrong."""

JUMP = 5.0
"""A source that grows or shrinks by more than this factor in a year is questioned."""

COPIED_SOURCES, COPIED_SERVICES = 3, 4
"""So many equal amounts, and no other, are a copied block."""

NEGATIVES = 3
"""So many negative amounts, and half of a column, are a convention of signs and not a slip."""

MONEY_SHEETS = (schema.FUNDING, schema.BASELINE)


@dataclass(frozen=True)
class Amount:
    """An amount of Funding or Baseline in £m, and its row."""

    position: int
    value: float


@dataclass(frozen=True)
class Mixed:
    """What there is to say of an amount in another unit, and the rows that it was compared with."""

    finding: Finding
    others: tuple[int, ...]


def check_slips(typed: Typed, scenario: bool = False) -> None:
    """Warn of money that looks mistyped. In a `scenario` only what its changes touch is judged again."""
    for sheet in MONEY_SHEETS:
        _signs(typed, sheet)
    funding, baseline = _funding(typed), _baseline(typed)
    mixed = {**_mixed_funding(typed, funding), **_mixed_baseline(typed, baseline)}
    for (sheet, position), found in mixed.items():
        if not scenario or _moved_apart(typed, sheet, [position, *found.others]):
            typed.report(found.finding, sheet, position, "Amount")
    _jumps(typed, funding, {position for sheet, position in mixed if sheet == schema.FUNDING}, scenario)
    if not scenario:  # the sums change with every scenario, and a flat settlement may be one's purpose
        _unit_of_sheets(typed, set(mixed))
        _copied_year(typed, funding)
        _copied_place(typed, baseline)


def _moved_apart(typed: Typed, sheet: str, positions: Sequence[int]) -> bool:
    """Whether a scenario changed some of these amounts and not others; else the check of the workbook reported them."""
    return len({typed.tables[sheet].address(position, "Amount").change for position in positions}) > 1


def _shown(typed: Typed, sheet: str, position: int) -> str:
    """An amount as its cell has it, with the workbook's unit."""
    unit = workbook_unit(typed)
    value, _ = number(typed.tables[sheet].column("Amount")[position], percent=False)
    text = f"{value:,.10g}" if isinstance(value, float) else words(value)
    return f"£{text}{unit.removeprefix('£')}"


# ---- what there is to compare ------------------------------------------------------------------------------


def _funding(typed: Typed) -> dict[str, dict[str, Amount]]:
    """Source -> year -> amount; of repeated rows the first."""
    frame = typed.frames[schema.FUNDING]
    found: dict[str, dict[str, Amount]] = {}
    for position, (source, year, value) in enumerate(zip(frame["Source"], frame["Year"], frame["Amount"], strict=True)):
        if source is not None and year is not None and not math.isnan(value):
            found.setdefault(source, {}).setdefault(year, Amount(position, value))
    return found


def _baseline(typed: Typed) -> dict[str, dict[str, list[Amount]]]:
    """Service -> place -> its amounts."""
    frame = typed.frames[schema.BASELINE]
    found: dict[str, dict[str, list[Amount]]] = {}
    for position, (service, place, value) in enumerate(
        zip(frame["Service"], frame["Place"], frame["Amount"], strict=True)
    ):
        if service is not None and place is not None and not math.isnan(value):
            found.setdefault(service, {}).setdefault(place, []).append(Amount(position, value))
    return found


def _people(typed: Typed) -> Mapping[str, float]:
    """The people of each place by the first measure that counts them everywhere; 1 each when none does."""
    frame = typed.frames[schema.NEEDS]
    places = typed.members[schema.PLACES].names
    counts: dict[str, dict[str, float]] = {}
    for measure, place, value, basis in zip(
        *(frame[c] for c in ("Need measure", "Place", "Value", "Basis")), strict=True
    ):
        if basis in ("registered", "resident") and isinstance(value, float) and value > 0 and place is not None:
            counts.setdefault(measure, {})[place] = value
    whole = [people for people in counts.values() if set(people) == set(places)]
    return whole[0] if whole else dict.fromkeys(places, 1.0)


def _log_median(values: Sequence[float]) -> float:
    """The median on a scale of ratios, so that of two values it lies at neither."""
    return math.exp(median(math.log(value) for value in values))


def unit_step(ratio: float) -> float | None:
    """The step of a unit (1,000 or 1,000,000) that a ratio is near, either way; None when it is near none.

    >>> unit_step(980.0), unit_step(0.0011), unit_step(40.0)
    (1000.0, 1000.0, None)
    """
    if ratio <= 0:
        return None
    size = max(ratio, 1 / ratio)
    return next((step for step in UNIT_STEPS if step / NEAR <= size <= step * NEAR), None)


# ---- signs -------------------------------------------------------------------------------------------------


def _signs(typed: Typed, sheet: str) -> None:
    """Spending written as negative numbers all through: one cause behind many NEG_BUDGET."""
    table = typed.tables.get(sheet)
    if table is None or "Amount" not in table.values:
        return
    values = [
        value
        for raw in table.column("Amount")
        if isinstance(value := number(raw, percent=False)[0], float) and value != 0
    ]
    negative = sum(value < 0 for value in values)
    if negative >= NEGATIVES and 2 * negative >= len(values):
        found = (
            f"{negative} of {len(values)} amounts are negative, as in a ledger that shows spending or income as minus"
        )
        fix = "Type the amounts without the minus sign."
        finding = Finding("NEG_SIGN_CONVENTION", found, "money as positive numbers", fix)
        typed.issues.append(finding.at(table.header_address("Amount")))


# ---- units -------------------------------------------------------------------------------------------------


def _mixed(amount: Amount, middle: float, rate: float, others: Sequence[float]) -> float | None:
    """The step by which an amount is out of line with its column's `middle`, and its rate with others; or None.

    The rate is what is compared: the amount itself, or per head. Others that are not alike are not used.
    """
    if not others or max(others) > ALIKE * min(others):
        return None
    ratio = rate / _log_median(others)
    step = unit_step(ratio)
    away = amount.value / middle if ratio > 1 else middle / amount.value
    return step if step is not None and away >= OUT_OF_COLUMN else None


def _mixed_finding(shown: str, ratio: float, step: float, others: str) -> Finding:
    size = f"about {step:,.0f} times" if ratio > 1 else f"about {step:,.0f} times smaller than"
    fix = f"If it is in another unit, {'divide' if ratio > 1 else 'multiply'} it by {step:,.0f}."
    return Finding("UNIT_MIXED", f"{shown} is {size} {others}", "one unit in the whole column", fix, "warning")


def _mixed_funding(typed: Typed, funding: Mapping[str, Mapping[str, Amount]]) -> dict[tuple[str, int], Mixed]:
    """Amounts of a source out of line with its other years by the step of a unit."""
    everything = [a.value for years in funding.values() for a in years.values() if a.value > 0]
    middle = _log_median(everything) if everything else 1.0
    found: dict[tuple[str, int], Mixed] = {}
    for source, years in funding.items():
        amounts = [amount for amount in years.values() if amount.value > 0]
        for amount in amounts:
            others = [other.value for other in amounts if other is not amount]
            step = _mixed(amount, middle, amount.value, others)
            if step is not None:
                ratio = amount.value / _log_median(others)
                shown = _shown(typed, schema.FUNDING, amount.position)
                words_ = f"what '{source}' has in other years"
                rest = tuple(other.position for other in amounts if other is not amount)
                found[schema.FUNDING, amount.position] = Mixed(_mixed_finding(shown, ratio, step, words_), rest)
    return found


def _mixed_baseline(
    typed: Typed, baseline: Mapping[str, Mapping[str, Sequence[Amount]]]
) -> dict[tuple[str, int], Mixed]:
    """What a place spends on a service, per head, out of line with all other places by the step of a unit."""
    people = _people(typed)
    amounts = [a.value for places in baseline.values() for rows in places.values() for a in rows if a.value > 0]
    middle = _log_median(amounts) if amounts else 1.0
    found: dict[tuple[str, int], Mixed] = {}
    for service, places in baseline.items():
        totals = {place: sum(row.value for row in rows) for place, rows in places.items()}
        heads = {place: total / people[place] for place, total in totals.items() if total > 0 and place in people}
        # With all others alike, only the least and the greatest can be out of line.
        extremes = {min(heads, key=lambda p: heads[p]), max(heads, key=lambda p: heads[p])} if len(heads) > 2 else ()
        for place in sorted(extremes):
            head = heads[place]
            others = [other for name, other in heads.items() if name != place]
            rows = [row for row in places[place] if row.value > 0]
            ratio = head / _log_median(others)
            suspects = rows if ratio < 1 else [max(rows, key=lambda row: row.value)]
            for row in suspects:
                step = _mixed(row, middle, head, others)
                if step is not None:
                    shown = _shown(typed, schema.BASELINE, row.position)
                    words_ = f"what other places spend on '{service}' for their people"
                    rest = tuple(other.position for rows_ in places.values() for other in rows_ if other is not row)
                    found[schema.BASELINE, row.position] = Mixed(_mixed_finding(shown, ratio, step, words_), rest)
    return found


def _unit_of_sheets(typed: Typed, mixed: set[tuple[str, int]]) -> None:
    """Funding of every year against the Baseline: a ratio near 1,000 or 1,000,000 is a unit mixed up."""
    frames = {sheet: typed.frames[sheet].drop(index=[p for s, p in mixed if s == sheet]) for sheet in MONEY_SHEETS}
    base = float(frames[schema.BASELINE]["Amount"].sum())
    by_year = frames[schema.FUNDING].dropna(subset=["Year"]).groupby("Year", sort=False)["Amount"].sum()
    totals = [float(total) for total in by_year if total > 0]
    if base <= 0 or not totals or not typed.has(*MONEY_SHEETS):
        return
    steps = {unit_step(total / base) for total in totals}
    step = steps.pop()
    if steps or step is None:
        return
    first = totals[0]
    sums = {schema.FUNDING: first, schema.BASELINE: base}
    outside = [sheet for sheet, total in sums.items() if not ENVELOPE[0] <= total <= ENVELOPE[1]]
    wrong = outside[0] if len(outside) == 1 else max(sums, key=lambda sheet: sums[sheet])
    other = next(sheet for sheet in MONEY_SHEETS if sheet != wrong)
    size, mend = ("larger", "divide") if sums[wrong] > sums[other] else ("smaller", "multiply")
    found = (
        f"{wrong} adds up to {_sum(sums[wrong])} a year, about {step:,.0f} times {size} than {other} "
        f"with {_sum(sums[other])}"
    )
    unit = workbook_unit(typed)
    fix = f"Look whether its amounts are in {unit}: if not, {mend} them by {step:,.0f}, or check 'Money unit' in About."
    finding = Finding("UNIT_SCALE", found, f"both sheets in {unit}", fix, "warning")
    typed.issues.append(finding.at(typed.tables[wrong].header_address("Amount")))


def _sum(millions: float) -> str:
    return pounds(millions) if millions >= ENVELOPE[0] else f"£{millions / MILLIONS_PER_UNIT['£']:,.0f}"


# ---- years and blocks ------------------------------------------------------------------------------------------


def _jumps(typed: Typed, funding: Mapping[str, Mapping[str, Amount]], mixed: set[int], scenario: bool) -> None:
    """A source that changes fivefold from one year to the next; a change back to where it was is not reported again."""
    names = typed.members[schema.YEARS].names
    for source, years in funding.items():
        reported_from: str | None = None
        for before, after in pairwise(names):
            if before not in years or after not in years:
                continue
            old, new = years[before], years[after]
            if {old.position, new.position} & mixed or not _jumped(old.value, new.value):
                reported_from = None
                continue
            back = reported_from is not None and not _jumped(years[reported_from].value, new.value)
            reported_from = None if back else before
            if not back and (not scenario or _moved_apart(typed, schema.FUNDING, [old.position, new.position])):
                shown, was = (_shown(typed, schema.FUNDING, amount.position) for amount in (new, old))
                found = f"'{source}' goes from {was} in {before} to {shown} in {after}"
                expected = f"a change of less than {JUMP:g} times"
                fix = "A typing error, a digit too many or too few? Leave it if it is meant."
                finding = Finding("OUTLIER_YOY", found, expected, fix, "warning")
                typed.report(finding, schema.FUNDING, new.position, "Amount")


def _jumped(old: float, new: float) -> bool:
    return old > 0 and new > 0 and max(old / new, new / old) > JUMP


def _copied_year(typed: Typed, funding: Mapping[str, Mapping[str, Amount]]) -> None:
    """Two years in which every source has just the same."""
    for before, after in pairwise(typed.members[schema.YEARS].names):
        pairs = [(years.get(before), years.get(after)) for years in funding.values()]
        some = [(old, new) for old, new in pairs if old is not None or new is not None]
        same = [new for old, new in some if old is not None and new is not None and old.value == new.value > 0]
        if len(same) >= COPIED_SOURCES and len(same) == len(some):
            found = f"all {len(same)} sources have the same amounts in {after} as in {before}"
            fix = "Type the amounts of the year, unless the money is the same."
            finding = Finding("COPY_BLOCK", found, "amounts of the year itself", fix, "warning")
            typed.report(finding, schema.FUNDING, min(new.position for new in same), "Amount")


def _copied_place(typed: Typed, baseline: Mapping[str, Mapping[str, Sequence[Amount]]]) -> None:
    """Places that spend just the same on every service."""
    spending: dict[str, list[tuple[str, float]]] = {}
    first: dict[str, int] = {}
    for service, places in baseline.items():
        for place, rows in places.items():
            spending.setdefault(place, []).extend((service, row.value) for row in rows if row.value > 0)
            first[place] = min(first.get(place, rows[0].position), *(row.position for row in rows))
    for places_alike in _alike(spending):
        original, *copies = sorted(places_alike, key=lambda place: first[place])
        count = len({service for service, _ in spending[original]})
        others = f" and {len(copies) - 1} more places" if len(copies) > 1 else ""
        found = f"'{copies[0]}'{others} spends just what '{original}' does on all {count} services"
        fix = "Type the place's own amounts, unless they are the same."
        finding = Finding("COPY_BLOCK", found, "amounts of the place itself", fix, "warning")
        typed.report(finding, schema.BASELINE, first[copies[0]], "Amount")


def _alike(spending: Mapping[str, Sequence[tuple[str, float]]]) -> Iterator[list[str]]:
    groups: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for place, lines in spending.items():
        if len({service for service, _ in lines}) >= COPIED_SERVICES:
            groups.setdefault(tuple(sorted(lines)), []).append(place)
    yield from (places for places in groups.values() if len(places) > 1)
