"""The headline in sentences: one wording for every page, the console and the board pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import pandas as pd

from budgetmodel.comparison.breakeven import CONTRACT, FEE, LASTS, ONE_OFF, TURNS
from budgetmodel.comparison.headline import Headline, Released
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.units import pounds, rounded

NAMED = 6
"""Most scenarios or places that a sentence names; the rest is counted."""

NO_GAP = "there is no gap to close"

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def joined(names: Sequence[str], limit: int = NAMED) -> str:
    """Names in a sentence: `A, B and C`, or `A, B and 4 more`."""
    listed = [*names[: limit - 1], f"{len(names) - limit + 1} more"] if len(names) > limit else list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def percent(share: float) -> str:
    """A share of the gap as a whole percentage; `n/a` without a gap.

    >>> percent(0.962), percent(0.0), percent(-0.04), percent(-0.001), percent(float("nan"))
    ('96%', '0%', '-4%', '0%', 'n/a')
    """
    return f"{rounded(share, 2) + 0.0:.0%}" if isfinite(share) else "n/a"


def closes(share: float, year: str) -> str:
    """What becomes of the gap: `closes 96% of the gap by 2020/21`, or widens it."""
    if not isfinite(share):
        return f"has no gap to close by {year}"
    if share < 0 and percent(share) != "0%":
        return f"widens the gap by {percent(-share)} by {year}"
    return f"closes {percent(share)} of the gap by {year}"


def winner_words(found: Headline, objective: Objective = USUAL) -> str:
    """Who comes nearest, with ties named as ties, the share of the gap that is closed, and the index after it.

    `objective` is what they minimise: where that is not the index, its own value stands before both.
    """
    names, best = found.leaders, found.lines[found.leaders[0]]
    index = f"fair-share gap index {shown_index(best.index)}, where 100 is today's pattern and 0 equal shares"
    value = "" if objective.is_index else f"{objective.title} {objective.told(found.values[names[0]], 1)}, "
    does = closes(best.closed, found.year)
    if found.rivals == 1:
        return f"'{names[0]}' {does} ({value}{index})."
    if len(names) == 1:
        return f"'{names[0]}' comes nearest to {objective.aim}: it {does} ({value}{index})."
    listed = joined([f"'{name}'" for name in names])
    return f"{listed} come nearest to {objective.aim}, level with one another: each {does} ({value}{index})."


def shown_index(index: float) -> str:
    """The index on front pages: one decimal, and no minus before 0.

    >>> shown_index(33.9078), shown_index(-1e-9)
    ('33.9', '0.0')
    """
    return f"{rounded(index, 1) + 0.0:.1f}"


def worst_words(found: Headline) -> str:
    """The place furthest under its fair share under the one that is compared, with component and year."""
    worst = found.line.worst
    return "" if worst is None else f"Furthest behind under '{found.compared}': {worst.words}."


def others_words(found: Headline) -> str:
    """The share of the gap that the other scenarios close; empty where there are none, or too many to list."""
    others = [line for name, line in found.lines.items() if name not in found.leaders]
    if not 0 < len(others) <= NAMED:
        return ""
    return "The others: " + ", ".join(f"'{line.name}' {percent(line.closed)}" for line in others) + "."


def places_words(found: Headline) -> str:
    """In how many places there is more and in how many less than the base gives; what is left gets the same."""
    more, less, whole = len(found.more), len(found.less), len(found.places)
    base, when = today_or(found.base, found), over_years(found.years)
    if not more and not less:
        return f"gives every place the same as {base} {when}"
    return f"gives {more} of {whole} places more and {less} less than {base} {when}"


def over_years(years: Sequence[str]) -> str:
    """All years in words: `over five years`, or `in 2025/26`.

    >>> over_years(["2025/26", "2026/27"]), over_years(["2025/26"])
    ('over two years', 'in 2025/26')
    """
    count = len(years)
    return f"in {years[0]}" if count == 1 else f"over {COUNTS[count] if count < len(COUNTS) else count} years"


def today_or(name: str, found: Headline) -> str:
    """The base in a sentence: the name of a scenario, or what the do-minimum is."""
    return f"'{name}'" if name in found.lines else "keeping today's shares"


def released_words(freed: Released | None) -> str:
    """The money that is freed as one number; empty against the do-minimum."""
    if freed is None:
        return ""
    if not rounded(freed.net, 1):
        return "frees no money net of one-off cost"
    return f"{'costs' if freed.net < 0 else 'frees'} {pounds(abs(freed.net))} net of one-off cost"


def released_parts(freed: Released) -> str:
    """The parts that the one number is the sum of, £m."""
    return f"contracts {plus(freed.contracts)}, fees {plus(freed.fees)}, one-off cost {plus(-freed.one_off)}"


def plus(millions: float) -> str:
    """A part of a sum of money, £m, with its sign; less stands in brackets.

    >>> plus(163.94), plus(-8.0), plus(0.01)
    ('+163.9', '(8.0)', '0.0')
    """
    shown = f"{rounded(abs(millions), 1):,.1f}"
    return shown if not shown.strip("0.,") else f"+{shown}" if millions > 0 else f"({shown})"


def one_sentence(found: Headline, breakeven: pd.DataFrame | None = None) -> str:
    """The whole answer in one sentence: places, share of the gap, money freed, and its break-even."""
    own, base = found.line, found.base_line
    versus = f" ({today_or(found.base, found)}: {percent(base.closed)})" if found.base in found.lines else ""
    parts = [places_words(found), closes(own.closed, found.year) + versus]
    freed = released_words(found.released)
    turn = break_even_clause(breakeven_rows(breakeven, found.compared, found.base)) if freed else ""
    parts += [freed] if freed else []
    parts += [turn] if turn else []
    return f"'{found.compared}' {joined(parts)}."


Rows = Mapping[str, Mapping[str, object]]


def breakeven_rows(frame: pd.DataFrame | None, scenario: str, base: str) -> dict[str, dict[str, object]]:
    """The break-evens of a scenario against a base, by measure; none where these two were not compared."""
    if frame is None or not len(frame):
        return {}
    own = frame[(frame["scenario"] == scenario) & (frame["against"] == base)]
    return {str(row["measure"]): {str(k): v for k, v in row.items()} for row in own.to_dict("records")}


def break_even_clause(rows: Rows) -> str:
    """The break-even in the one sentence; empty without one."""
    row = rows.get(CONTRACT, {})
    if row.get("status") == TURNS:
        return f"would free none if a contract cost £{_number(row['value'])}k (now £{_number(row['now'])}k)"
    if row.get("status") == LASTS:
        return f"would still free some if a contract cost £{_number(row['below'])}k (now £{_number(row['now'])}k)"
    return ""


def change_of_mind(rows: Rows) -> list[str]:
    """What would change our mind: a sentence per break-even, each in one unit."""
    found = []
    contract, fee, once = (rows.get(name, {}) for name in (CONTRACT, FEE, ONE_OFF))
    if contract.get("status") == TURNS:
        found.append(
            f"A contract that costs more than £{_number(contract['value'])}k a year (now £{_number(contract['now'])}k)"
            ": then no money is freed."
        )
    elif contract.get("status") == LASTS:
        found.append(
            f"Not the cost of contracts: money is freed up to £{_number(contract['below'])}k a contract and year "
            f"(now £{_number(contract['now'])}k), and above it the rules cannot be kept."
        )
    if fee.get("status") == TURNS and _share(fee["value"]) != _share(fee["now"]):
        found.append(
            f"Fees of more than {_share(fee['value'])} of the money (now {_share(fee['now'])}): then none is freed."
        )
    if once.get("status") == TURNS and rounded(float(str(once["value"])), 1) > 0:
        now = f" (now {pounds(float(str(once['now'])))})" if _known(once["now"]) else " (none is stated)"
        found.append(f"A one-off cost of more than {pounds(float(str(once['value'])))}{now}.")
    lead = next((row for name, row in rows.items() if name not in (CONTRACT, FEE, ONE_OFF)), {})
    if lead.get("status") == TURNS:
        found.append(f"A contract cost of £{_number(lead['value'])}k: there it no longer comes nearer to fair shares.")
    return found


def _known(value: object) -> bool:
    return value is not None and isfinite(float(str(value)))


def _number(value: object) -> str:
    return f"{float(str(value)):,.0f}"


def _share(value: object) -> str:
    return f"{float(str(value)):.2%}"


def place_sentence(found: Headline, place: str) -> str:
    """What the compared scenario is worth to a place against the base, beside its growth; empty for an unknown place.

    `'Pooled' is worth £37.4m to Tameside over five years against 'Split'. Its money grows from ... to ... (+21.0%).`
    """
    line = next((each for each in found.places if each.place == place), None)
    if line is None or not isfinite(line.difference):
        return ""
    base = today_or(found.base, found)
    when = over_years(found.years)
    size = pounds(abs(line.difference))
    if line in found.more:
        worth = f"'{found.compared}' is worth {size} to {place} {when}, compared with {base}."
    elif line in found.less:
        worth = f"'{found.compared}' gives {place} {size} less than {base} {when}."
    else:
        worth = f"'{found.compared}' and {base} give {place} the same {when}."
    return f"{worth} {growth_words(line.today, line.last, line.growth, line.real, found.year)}"


def growth_words(today: float, last: float, growth: float, real: float, year: str) -> str:
    """How a place's money grows from today to the last year, in cash and in real terms."""
    if not isfinite(growth):
        return f"It gets {pounds(last)} in {year}; today nothing is spent on it."
    grows = "grows" if last >= today else "falls"
    after = f", {signed_percent(real)} after rising costs" if isfinite(real) else ", cash only"
    course = f"from {pounds(today)} today to {pounds(last)} in {year}"
    return f"Its money {grows} {course} ({signed_percent(growth)}{after})."


def signed_percent(share: float) -> str:
    """A change with its sign.

    >>> signed_percent(0.0964), signed_percent(-0.01), signed_percent(0.0001)
    ('+9.6%', '\u22121.0%', '0.0%')
    """
    shown = f"{rounded(abs(share), 3):.1%}"
    return shown if not shown.strip("0.%") else f"{'+' if share > 0 else chr(0x2212)}{shown}"
