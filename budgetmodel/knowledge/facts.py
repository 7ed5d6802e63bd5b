"""Facts about the health system that a workbook does not hold: CSV tables with their source on every row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from budgetmodel.contract.schema import fold
from budgetmodel.contract.selectors import Members

Fact = Mapping[str, str]
"""A row of a table, by column; `source` says where it is from."""


@cache
def facts(name: str) -> tuple[Fact, ...]:
    """The rows of a table of `budgetmodel/knowledge`, such as `predecessors`; FileNotFoundError when there is none."""
    text = (files("budgetmodel.knowledge") / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


def says(text: object, phrases: str) -> bool:
    """Whether a text holds one of the `;`-separated phrases; `*` in a phrase stands for any words between.

    >>> says("Obesity in reception (%)", "year 6*obes; obes*reception"), says(None, "obes"), says("Obesity", "")
    (True, False, False)
    """
    words = "" if text is None else fold(str(text))
    return any(_holds(words, phrase) for phrase in phrases.split(";") if phrase.strip())


def _holds(text: str, phrase: str) -> bool:
    at = 0
    for part in phrase.split("*"):
        word = part.casefold().lstrip()
        found = text.find(word, at)
        if found < 0:
            return False
        at = found + len(word)
    return True


def places_of(code: str, here: Iterable[str]) -> tuple[Fact, ...]:
    """The known places of the system of that code; none when fewer than half of them are among the names `here`.

    A workbook may bear a system's code and yet have places of its own making: then nothing is known of them.
    """
    known = tuple(fact for fact in facts("places") if fold(fact["system_code"]) == fold(code))
    named = {fold(name) for name in here} & {fold(fact["place"]) for fact in known}
    return known if 2 * len(named) > len(known) else ()


def system_names(code: str, name: str) -> tuple[str, ...]:
    """Every name of a whole system: the workbook's own, and those known for its code; folded, the own name first."""
    known = [fact["name"] for fact in facts("systems") if fold(fact["system_code"]) == fold(code)]
    return tuple(dict.fromkeys(fold(word) for word in [name, *known] if word.strip()))


def unknown_place(text: str, members: Members, code: str, name: str) -> str | None:
    """What to type for a place that is no member but is plainly something else; None when nobody knows."""
    if fold(text) in system_names(code, name):
        return "That is the whole system: leave the row out, or name a place (in a selector type all)."
    fact = next(
        (fact for fact in facts("predecessors") if fold(text) in (fold(fact["code"]), fold(fact["name"]))), None
    )
    if fact is not None:
        return f"It became part of {fact['successor']} in {fact['first_year']}: add the former bodies up into one row."
    halves = [members.find(half) for half in re.split(r"\s+and\s+|\s*&\s*|\s*/\s*|\s*\+\s*", text)]
    if len(halves) > 1 and all(halves):
        return f"Those are {len(halves)} places: give each a row of its own, {' and '.join(map(repr, halves))}."
    return None
