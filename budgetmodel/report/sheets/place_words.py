"""The sentences on the sheet of a place: its money, its need, the level of decision, binding rules, helpful changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from budgetmodel.comparison.headline_words import place_sentence
from budgetmodel.contract import schema
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import pounds
from budgetmodel.explain.words import paragraph
from budgetmodel.report.sheets.narrative_sheet import Paragraph
from budgetmodel.report.sheets.place_background import Background, by_weight

RULES_NAMED, PRICES_LISTED, LARGEST = 8, 3, 3
"""Most rules that are named, prices that are listed, and programmes or services that are listed."""

SMALLEST = 0.05
"""£m: less is shown as £0.0m."""

NOT_KNOWN: Mapping[str, float] = MappingProxyType({})


def paragraphs_of_place(background: Background, place: str, own: pd.DataFrame) -> list[Paragraph]:
    """The sentences, in parts."""
    why = background.material.waterfalls.get(background.result.scenario)
    paragraphs = [Paragraph(f"What {place} gets", tuple(_gets(background, place, own)))]
    paragraphs.append(Paragraph("Against its need", tuple(_needs(background, place))))
    if why is not None:
        paragraphs.append(Paragraph("Why, and what would change it", (paragraph(why, place),)))
    else:
        paragraphs.append(Paragraph("What held it, and what would change it", tuple(_binding(background, place))))
    return paragraphs


def _gets(background: Background, place: str, own: pd.DataFrame) -> list[str]:
    """Money in the first and last year, compared with the year before and the do-minimum; the largest programmes."""
    years, scenario = background.years, background.result.scenario
    amount, minimum, before = (background.by_year(own, name) for name in ("amount", "do_minimum", "baseline"))
    first = f"{pounds(amount[0])} in {years[0]}"
    course = first if len(years) == 1 else f"{first} and {pounds(amount[-1])} in {years[-1]}"
    whole = "" if len(years) == 1 else f", {pounds(sum(amount))} over the {len(years)} years"
    sentences = [
        f"Under the scenario '{scenario}' it gets {course}{whole}. In the year before, {pounds(before[0])} was spent "
        f"on it, {_compared(amount[0], before[0], 'in its first year the plan gives')}.",
        "If everybody kept today's share of the money (the do-minimum), it would get "
        f"{pounds(sum(minimum))}; {_compared(sum(amount), sum(minimum), 'the plan gives')}.",
    ]
    sums = own.groupby("Programme", sort=False, observed=True)["amount"].sum()
    sums = sums.sort_values(ascending=False, kind="stable")
    named = [f"{name} ({_part(value / sums.sum())})" for name, value in sums.iloc[:LARGEST].items() if value > 0]
    if len(sums) > 1 and named:
        sentences.append(f"Most of it goes to {_and(named)}.")
    sentences += _decided(background, place)
    return [place_sentence(background.found, place), *sentences]


def _decided(background: Background, place: str) -> list[str]:
    frame = background.decided
    sums = frame[frame["place"] == place].groupby("decided", sort=False, observed=True)["amount"].sum()
    if not len(sums) or not sums.sum():
        return []
    where = {schema.SERVICE_LEVEL: "at the level that runs each service"}
    named = {str(name): where.get(str(name), f"at the level '{name}'") for name in sums.index}
    if len(sums) == 1:
        return [f"All of it is decided {named[str(sums.index[0])]}."]
    shares = [f"{_part(value / sums.sum())} {named[str(name)]}" for name, value in sums.items()]
    return [f"It is decided {_and(shares)}."]


def _part(share: float) -> str:
    """A share in whole per cent; a share above 0 is never shown as 0%, one below 1 never as 100%."""
    return "less than 1%" if 0 < share < 0.005 else "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _compared(amount: float, base: float, who: str) -> str:
    """Words for the difference of two amounts, £m."""
    gap = amount - base
    if abs(gap) < SMALLEST:
        return f"{who} the same"
    share = f" ({abs(gap) / base:.1%})" if base > 0 else ""
    return f"{who} {pounds(abs(gap))}{share} {'more' if gap > 0 else 'less'}"


def _needs(background: Background, place: str) -> list[str]:
    """The distance from its fair share in the last year, component by component."""
    frame = background.material.frame(background.result.scenario, "places")
    last = background.years[-1]
    own = frame[(frame["place"] == place) & (frame["year"] == last) & (frame["target"] > 0)].set_index("component")
    ordered = [name for name in by_weight(background.result) if name in own.index]
    if not ordered:
        return ["It has no need in any component of the target, so there is no fair share to measure it by."]
    main = {str(name): float(own[name].loc[ordered[0]]) for name in ("target", "amount", "distance")}
    distances = dict(zip(own.index, own["distance"].astype(float), strict=True))
    sentences = [
        f"A fair share is money in proportion to need. In {last} its fair share of '{ordered[0]}' is "
        f"{pounds(main['target'])}; it gets {pounds(main['amount'])}, "
        f"that is {_from_share(main['distance'])}."
    ]
    if len(ordered) > 1:
        parts = [f"{_from_share(distances[name])} for '{name}'" for name in ordered[1:]]
        sentences.append(f"Of the other things that the plan makes more equal, it is {_and(parts)}.")
    return sentences


def _from_share(distance: float) -> str:
    if abs(distance) < SMALLEST / 100:
        return "at its fair share"
    return f"{abs(distance):.1%} {'more' if distance > 0 else 'less'} than its fair share"


def _binding(background: Background, place: str) -> list[str]:
    """The rules that bind here, and the largest prices of their rows."""
    bound = background.bound_in(place)
    common = background.common
    elsewhere = f"{common} rule{'s' if common != 1 else ''} that speak{'' if common != 1 else 's'} of the whole system "
    sentences = []
    if bound.empty:
        sentences.append(f"No rule that speaks of {place} alone stands at its limit.")
    else:
        names = [f"'{rule}' ({cell})" for rule, cell in dict.fromkeys(zip(bound["rule"], bound["cell"], strict=True))]
        more = f" and {len(names) - RULES_NAMED} more" if len(names) > RULES_NAMED else ""
        listed = _and(names[:RULES_NAMED]) + more
        where = "the last rows of the table say" if background.listed else "the sheet Rules and prices says"
        sentences.append(f"What it gets stands at the limit of {listed}; {where} when.")
    if common:
        sentences.append(f"{elsewhere}stand{'' if common != 1 else 's'} at their limits too: see Rules and prices.")
    away = {year: background.away[place, year] for year in background.years if (place, year) in background.away}
    if bound.empty and not common:
        return sentences
    return [*sentences, *worth(bound, background.result.answer.objective, place, away)]


def worth(
    bound: pd.DataFrame, objective: Objective = USUAL, place: str = "", away: Mapping[str, float] = NOT_KNOWN
) -> list[str]:
    """A sentence on the effect of £1m more or less in each of the limits of the largest prices.

    Limits of one rule and year with the same price share a sentence. Where the price is above 0, a lower limit makes
    the plan fairer. `away` is the distance of the place from its fair share by year: where the limit is of all its
    money, the sentence says what it brings the place.
    """
    priced = bound[bound["price"].abs() > 0]
    sizes = -priced["price"].abs().to_numpy(dtype=float)
    parts = (priced["service"] != "").to_numpy() & bool(away)  # of a place, limits of all its money come first
    order = np.lexsort((sizes, parts))
    alike: dict[tuple[str, str, bool, str], list[str]] = {}
    for _, row in records(priced.iloc[order]):
        price = float(str(row["price"]))
        key = (str(row["rule"]), str(row["year"]), price > 0, _size(abs(price)))
        alike.setdefault(key, []).append(str(row["service"]))
    sentences = []
    for (rule, year, less, size), services in list(alike.items())[:PRICES_LISTED]:
        named = [name for name in services if name]
        more = len(named) - LARGEST
        listed = f"{', '.join(named[:LARGEST])} and {more} more services" if more > 1 else _one_of(named)
        whose = f", for {listed}," if named else ""
        distance = away.get(year, 0.0)
        if not named and (distance > 0 if less else distance < 0):
            falls = f"the {objective.noun} of the whole plan would fall by {objective.figure.format(size)}"
            sentences.append(
                f"£1m {'less' if less else 'more'} in the limit of '{rule}' in {year} would bring {place} £1m nearer "
                f"to its fair share; {falls}."
            )
            continue
        sentences.append(
            f"£1m {'less' if less else 'more'} in the limit of '{rule}' in {year}{whose} would make the whole plan "
            f"fairer: the {objective.noun} would fall by {objective.figure.format(size)}."
        )
    return sentences or [f"A small change of those limits would leave the {objective.noun} as it is."]


def _size(price: float) -> str:
    """A price in two decimals, a smaller one in as many as show its first digit."""
    return f"{price:.2f}" if price >= 0.005 else f"{price:.1g}"


def _one_of(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
