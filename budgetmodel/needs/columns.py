"""Which column of a practice file is which: the table `knowledge/practice_columns.csv` of accepted spellings.

A heading is compared by its letters and digits, or without the digits, which are years ("pop 2022/23", "CCG21");
failing that by its words ("Weighted population - general and acute"). Of several columns for one field the first
spelling of the table that has a value anywhere is taken, and what was taken for what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.schema import fold
from budgetmodel.knowledge.facts import facts

WEIGHTED = frozenset(("wp", "weighted"))
"""A heading that is recognised by its words has one of these, where the field is a weighted population."""

OTHER_FIGURES = frozenset(
    (
        *("index", "indices", "share", "rate", "target", "growth", "rank", "distance", "allocation", "percent"),
        *("ratio", "per", "hospital", "hchs", "change", "difference"),
    )
)
"""A heading with one of these words is not one of the populations that are looked for."""

PRACTICE, REGISTERED = "practice_code", "registered"

_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*[/_-]\s*(?:20)?(\d\d)(?!\d)")


@dataclass(frozen=True)
class Field:
    """One thing that a practice file says: its name, label (the need measure, for populations), basis and spellings."""

    name: str
    label: str
    basis: str
    spellings: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """A column that was taken for a field: its position (from 0), its heading as it stands, how it was recognised."""

    field: str
    position: int
    heading: str
    how: str


@cache
def fields() -> Mapping[str, Field]:
    """Every field by name, in the order of the table."""
    return {
        row["field"]: Field(
            row["field"],
            row["label"],
            row["basis"],
            tuple(row["spellings"].split(";")),
            tuple(phrase for phrase in row["words"].split(";") if phrase),
        )
        for row in facts("practice_columns")
    }


def populations() -> tuple[Field, ...]:
    """The fields that are populations: registered first, then each weighted one."""
    return tuple(field for field in fields().values() if field.basis)


def year_in(text: str) -> str | None:
    """The financial year that a heading or a file's name states, as Years has it.

    >>> year_in("pop 2022/23"), year_in("2024_2025.csv"), year_in("GP_wp_202425"), year_in("Patients")
    ('2022/23', '2024/25', '2024/25', None)
    """
    found = _YEAR.search(text) or re.search(r"(?<!\d)(20\d\d)(\d\d)(?!\d)", text)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        return None
    return f"{found[1]}/{found[2]}"


def recognised(
    headings: Sequence[str], filled: Sequence[bool], asked: Mapping[str, str] | None = None, period: str | None = None
) -> dict[str, Taken]:
    """The column of each field: field -> Taken. `filled` says which columns have any value.

    `asked` names headings by field (its name or label) and goes before everything. Where equal spellings stand in
    several columns, that of the year `period` is taken. Raises BadCommand, with the headings, where two columns of one
    population remain, or `asked` names what is not there.
    """
    taken = _asked(headings, asked or {})
    free = [
        n for n in range(len(headings)) if headings[n].strip() and n not in {one.position for one in taken.values()}
    ]
    exact = {n: _letters(headings[n]) for n in free}
    claimed = {spelling for field in fields().values() for spelling in field.spellings}
    for field in fields().values():
        if field.name in taken:
            continue
        for spelling in field.spellings:
            here = [n for n in free if exact[n] == spelling]
            here = here or [n for n in free if exact[n] not in claimed and re.sub(r"\d", "", exact[n]) == spelling]
            here = [n for n in here if filled[n]]
            if here:
                position = _one(field, here, headings, period)
                taken[field.name] = Taken(field.name, position, headings[position].strip(), "spelling")
                break
    return _by_words(headings, filled, taken, period)


def _by_words(
    headings: Sequence[str], filled: Sequence[bool], taken: dict[str, Taken], period: str | None
) -> dict[str, Taken]:
    """The fields that no spelling gave, by the longest phrase in a heading that no spelling claims."""
    used = {one.position for one in taken.values()}
    found: dict[str, list[int]] = {}
    for n, heading in enumerate(headings):
        if n in used or not filled[n] or _spelt(heading):
            continue
        words = re.findall("[a-z]+", fold(heading))
        if OTHER_FIGURES & set(words) or "%" in heading:
            continue
        text = f" {' '.join(words)} "
        best = max(
            (
                (_length(text, phrase), field.name)
                for field in fields().values()
                for phrase in field.phrases
                if field.basis != "weighted" or WEIGHTED & set(words)
            ),
            default=(0, ""),
        )
        if best[0]:
            found.setdefault(best[1], []).append(n)
    for name, here in found.items():
        if name not in taken:
            position = _one(fields()[name], here, headings, period)
            taken[name] = Taken(name, position, headings[position].strip(), "words")
    return {name: taken[name] for name in fields() if name in taken}


def _length(text: str, phrase: str) -> int:
    pattern = ".*".join(f"(?<![a-z]){re.escape(part)}(?![a-z])" for part in phrase.split("*"))
    return len(phrase) if re.search(pattern, text) else 0


def _spelt(heading: str) -> bool:
    letters = _letters(heading)
    either = {letters, re.sub(r"\d", "", letters)}
    return any(either & set(field.spellings) for field in fields().values())


def _one(field: Field, here: Sequence[int], headings: Sequence[str], period: str | None) -> int:
    if len(here) > 1 and period:
        here = [n for n in here if year_in(headings[n]) == period] or here
    if len(here) > 1 and (field.basis or field.name == PRACTICE):
        names = ", ".join(f"'{headings[n].strip()}'" for n in here)
        raise BadCommand(
            f"{len(here)} columns may be '{field.label}': {names}. Say which, as in "
            f'--column "{field.label}={headings[here[0]].strip()}", or name their year with --period.'
        )
    return here[0]


def _asked(headings: Sequence[str], asked: Mapping[str, str]) -> dict[str, Taken]:
    taken: dict[str, Taken] = {}
    names = {
        fold(word): name for name, field in fields().items() for word in (name, name.replace("_", " "), field.label)
    }
    for of, heading in asked.items():
        if fold(of) not in names:
            raise BadCommand(f"There is no field '{of}'. {near(of, [field.label for field in fields().values()])}")
        here = [n for n, own in enumerate(headings) if fold(own) == fold(heading)]
        if not here:
            raise BadCommand(
                f"No column is headed '{heading}'. {near(heading, [own for own in headings if own.strip()])}"
            )
        taken[names[fold(of)]] = Taken(names[fold(of)], here[0], headings[here[0]].strip(), "asked for")
    return taken


def _letters(text: str) -> str:
    return re.sub("[^a-z0-9]", "", fold(text))
