"""Selectors: "Bury; Bolton", "programme: Mental health", "all; not CAR-T", "2026/27 onwards"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from budgetmodel.contract.schema import fold, fold_heading
from budgetmodel.contract.units import tidy_year, years_meant

SEPARATOR = ";"
FORBIDDEN = (";", "|", "=")
"""Characters that separate, and so may not be part of a name."""

ALL = "all"

MANY_NAMES = 1_000
"""Names among which every one is compared with a misspelt one."""

NAME_LENGTH = 500
"""Characters of a text that are compared with names."""

_NOT = re.compile(r"^not\s+(.+)$", re.IGNORECASE)
_ONWARDS = re.compile(r"^(.+?)\s+onwards$", re.IGNORECASE)
_RANGE = re.compile(r"^(.+?)\s+to\s+(.+)$", re.IGNORECASE)
_LIKE_ONWARDS = re.compile(
    r"^(?:(?:from|since)\s+(.+?)(?:\s+on(?:wards?)?)?|(.+?)(?:\s*\+|\s+(?:on|onward|and (?:after|later|onwards?))))$",
    re.IGNORECASE,
)
"""How people say `2026/27 onwards` in other words."""

_LIKE_TO = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]+|\buntil\b|\btill\b|\bthrough\b|\bto\b)\s*", re.IGNORECASE)
"""What people put between two years instead of `to`."""

_LIKE_SEPARATOR = re.compile(r"\s*(?:[,&|+]|\band\b)\s*", re.IGNORECASE)
"""What people put between two members instead of a semicolon."""


class SelectorError(ValueError):
    """A part of a selector that selects nothing; `suggestions` are the nearest names."""

    def __init__(self, part: str, reason: str, suggestions: Sequence[str] = ()) -> None:
        """Carry the part, why it fails and what may have been meant."""
        self.part = part
        self.reason = reason
        self.suggestions = tuple(suggestions)
        super().__init__(f"'{part}' {reason}")


@dataclass(frozen=True)
class Selection:
    """What a selector cell selects: members in the order of their sheet, and whether the cell was blank."""

    members: tuple[str, ...]
    blank: bool = False


@dataclass(frozen=True)
class Members:
    """The members of a dimension as selectors see them.

    `names` in sheet order; `known_as` maps folded names and aliases to the name; `attributes` maps a folded
    column heading to, per member, the values of its cell: folded, and as they are written. `suggests` is off where
    so many names are unknown that looking for the nearest of each would take minutes.
    """

    dimension: str
    names: tuple[str, ...]
    known_as: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Mapping[str, str]]]
    ordered: bool = False
    suggests: bool = True

    def find(self, text: str) -> str | None:
        """The member of that name or alias, or None; never a guess. A year may be written as `tidy_year` reads it."""
        name = self.known_as.get(fold(text))
        return self.known_as.get(tidy_year(text) or "") if name is None and self.ordered else name

    def suggest(self, text: str) -> tuple[str, ...]:
        """The nearest names, for a message; none where that is not asked for."""
        if not self.suggests:
            return ()
        meant = [year for year in years_meant(text) if year in self.names] if self.ordered else []
        return tuple(meant) or nearest(text, self.names, self.known_as)


def nearest(text: str, names: Sequence[str], known_as: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Up to three names that look like `text`, nearest first.

    >>> nearest("Bolten", ["Bury", "Bolton"])
    ('Bolton',)
    """
    table = known_as if known_as is not None else {fold(name): name for name in names}
    folded = fold(text[:NAME_LENGTH])
    known = list(table)
    if len(known) > MANY_NAMES:  # of so many only those that begin alike
        known = [name for name in known if name[:1] == folded[:1]][:MANY_NAMES]
    close = get_close_matches(folded, known, n=5, cutoff=0.6)
    return tuple(dict.fromkeys(table[key] for key in close))[:3]


def parts(text: str) -> list[str]:
    """The `;`-separated parts of a cell, trimmed, without empty ones."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def with_tidy_years(text: str) -> str:
    """A selector of years with each year in the contract's form; what is no year stays as it is.

    >>> with_tidy_years("2025\u201326; 26/27 onwards"), with_tidy_years("all; not 2025-26 to 2026-27")
    ('2025/26; 2026/27 onwards', 'all; not 2025/26 to 2026/27')
    """
    return f"{SEPARATOR} ".join(_tidy_part(part) for part in parts(text))


def _tidy_part(word: str) -> str:
    negation = _NOT.match(word)
    if negation:
        return f"not {_tidy_part(negation[1])}"
    onwards, between = _ONWARDS.match(word), _RANGE.match(word)
    if onwards:
        return f"{tidy_year(onwards[1]) or onwards[1]} onwards"
    if between:
        return " to ".join(tidy_year(year) or year for year in between.groups())
    return tidy_year(word) or word


def conditions(where: str) -> list[tuple[str, list[str]]]:
    """What a `Where` asks for, as (column, values); a part without `=` continues the value before it.

    Raises SelectorError when a part names no column.

    >>> conditions("Services=A; B; Place=Bury | Bolton")
    [('Services', ['A; B']), ('Place', ['Bury', 'Bolton'])]
    """
    texts: list[list[str]] = []
    if where.strip() and not parts(where):
        raise SelectorError(where.strip(), "names no column; a blank cell picks every row")
    for part in parts(where):
        heading, equals, value = part.partition("=")
        if equals and heading.strip():
            texts.append([heading.strip(), value.strip()])
        elif texts and not equals:
            texts[-1][1] = f"{texts[-1][1]}; {part}"
        else:
            raise SelectorError(part, "names no column")
    return [(heading, [option.strip() for option in value.split("|")]) for heading, value in texts]


def select(text: str | None, members: Members, *, suggest: bool = True) -> Selection:
    """The members that a selector cell selects; union first, then exceptions.

    Raises SelectorError when a part, exceptions included, selects nothing, or when nothing is left.
    """
    members = members if suggest else replace(members, suggests=False)
    words = parts(text) if text is not None else []
    if not words:
        if text is not None and text.strip():
            raise SelectorError(text.strip(), "names nothing; a blank cell means all")
        return Selection(members.names, blank=True)
    chosen: set[str] = set()
    excepted: set[str] = set()
    positive = False
    for word in words:
        negation = _NOT.match(word) if members.find(word) is None else None
        if negation:
            excepted.update(_part(negation[1], members))
        else:
            positive = True
            chosen.update(_part(word, members))
    kept = (chosen if positive else set(members.names)) - excepted
    if not kept:
        raise SelectorError(SEPARATOR.join(words), "selects nothing after its exceptions")
    return Selection(tuple(name for name in members.names if name in kept))


def _part(word: str, members: Members) -> Sequence[str]:
    name = members.find(word)
    if name is not None:
        return (name,)
    if fold(word) == ALL:
        return members.names
    if members.ordered:
        span = _span(word, members)
        if span is not None:
            return span
    heading, colon, value = word.partition(":")
    if colon:
        return _by_attribute(word, heading, value, members)
    meant = _said_otherwise(word, members)
    raise SelectorError(word, f"is no {members.dimension} of this workbook", meant or members.suggest(word))


def _said_otherwise(word: str, members: Members) -> tuple[str, ...]:
    """What a part means that says it in other words than the grammar's: several members by commas, a span by a dash."""
    several = [members.find(part) for part in _LIKE_SEPARATOR.split(word)]
    if len(several) > 1 and None not in several:
        return (f"{SEPARATOR} ".join(map(str, several)),)
    onwards = _LIKE_ONWARDS.match(word) if members.ordered else None
    first = members.find(onwards[1] or onwards[2]) if onwards else None
    if first is not None:
        return (f"{first} onwards",)
    for between in _LIKE_TO.finditer(word) if members.ordered else ():
        ends = (members.find(word[: between.start()]), members.find(word[between.end() :]))
        if None not in ends:
            return (f"{ends[0]} to {ends[1]}",)
    return ()


def _span(word: str, members: Members) -> Sequence[str] | None:
    between = _RANGE.match(word)
    match = _ONWARDS.match(word) or between
    if match is None:
        return None
    ends = []
    for end in match.groups():
        found = members.find(end)
        if found is None:
            meant = [word.replace(end, name, 1) for name in members.suggest(end)]
            raise SelectorError(word, f"speaks of '{end}', which is no {members.dimension} of this workbook", meant)
        ends.append(members.names.index(found))
    stop = ends[1] if between else len(members.names) - 1
    if stop < ends[0]:
        raise SelectorError(word, "ends before it begins")
    return members.names[ends[0] : stop + 1]


def _by_attribute(word: str, heading: str, value: str, members: Members) -> Sequence[str]:
    key = fold_heading(heading)
    column = next((c for c in (key, f"{key}s", key.removesuffix("s")) if c in members.attributes), None)
    if column is None:
        near = nearest(heading, list(members.attributes)) if members.suggests else ()
        meant = [f"{known}: {value.strip()}" for known in near]
        reason = f"is no {members.dimension}, and the sheet has no column '{heading.strip()}'"
        raise SelectorError(word, reason, (*members.suggest(word), *meant)[:3])
    cells = members.attributes[column]
    wanted = fold(value)
    found = [name for name in members.names if wanted in cells.get(name, {})]
    if not found:
        present = {folded: written for values in cells.values() for folded, written in values.items()}
        if not present:
            raise SelectorError(word, f"matches no {members.dimension}: the column '{heading.strip()}' is blank")
        near = nearest(value, list(present), present) if members.suggests else ()
        meant = [f"{heading.strip()}: {written}" for written in near]
        raise SelectorError(word, f"matches no {members.dimension}", meant)
    return found
