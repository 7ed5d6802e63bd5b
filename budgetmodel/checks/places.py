"""Places that are none: the whole system, somebody else's, a body since merged; and names read under an alias."""

from __future__ import annotations

import re

import numpy as np

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.typed import Typed, setting_text
from budgetmodel.contract import schema
from budgetmodel.contract.schema import Column, Kind, fold
from budgetmodel.contract.selectors import Members, parts
from budgetmodel.contract.tables import records
from budgetmodel.knowledge.facts import Fact, facts, places_of, system_names

ENOUGH_PLACES = 5
"""From so many places on, one whose need is the sum of the others' is no coincidence."""

_NOT = re.compile(r"^not\s+", re.IGNORECASE)


def check_places(typed: Typed) -> None:
    """Warnings about the rows of Places, and repairs of names that were read under an alias."""
    _aliases_used(typed)
    if not typed.has(schema.PLACES):
        return
    code, name = setting_text(typed, "System code"), setting_text(typed, "System")
    names = system_names(code, name)
    named = _system_as_place(typed, names)
    _total_as_place(typed, named)
    _city_region(typed, names, fold(name))
    _extra(typed, code, named)
    _merged(typed)


def _aliases_used(typed: Typed) -> None:
    """One repair per column: which alias was read as which name, and how often aliases were used."""
    for sheet in schema.SHEETS:
        table = typed.tables.get(sheet.name)
        for column in sheet.columns:
            members = typed.members[schema.PLACES]
            if table is None or column.refers != schema.PLACES:
                continue
            used = _aliases(table.column(column.name), column, members)
            if used:
                first, alias, name = used[0]
                others = len({position for position, _, _ in used}) - 1
                more = f", and {others} more {'cells name' if others > 1 else 'cell names'} an alias" if others else ""
                found = f"'{alias}' was read as '{name}'{more}"
                finding = Finding("PLACE_ALIAS", found, f"'{name}'", f"Type '{name}', or leave it.", "repaired")
                typed.report(finding, sheet.name, first, column.name)


def _aliases(values: tuple[object, ...], column: Column, members: Members) -> list[tuple[int, str, str]]:
    """Position, alias and name of every part of a column's cells that is known by another name."""
    known: dict[str, list[tuple[str, str]]] = {}
    result = []
    for position, value in enumerate(values):
        if not isinstance(value, str):
            continue
        if value not in known:
            words = parts(value) if column.kind is Kind.SELECTOR else [value.strip()]
            bare = [word if members.find(word) else _NOT.sub("", word) for word in words]
            pairs = [(word, members.find(word)) for word in bare]
            known[value] = [(word, name) for word, name in pairs if name is not None and fold(word) != fold(name)]
        result += [(position, word, name) for word, name in known[value]]
    return result


def _system_as_place(typed: Typed, names: tuple[str, ...]) -> set[int]:
    """The rows of Places that bear the system's name; one place alone may be the system."""
    frame = typed.frames[schema.PLACES]
    if len(frame) < 2:
        return set()
    rows = [at for at, row in records(frame) if row["Place"] is not None and fold(row["Place"]) in names]
    for at in rows:
        place = str(frame.at[at, "Place"])
        found = f"'{place}' is the whole system, and stands among {len(frame) - 1} other places"
        _report_total(typed, at, found)
    return set(rows)


def _report_total(typed: Typed, position: int, found: str) -> None:
    fix = "Take its row out here and wherever it is named; a total is not a place."
    typed.report(Finding("TOTAL_AS_PLACE", found, "places only", fix, "warning"), schema.PLACES, position, "Place")


def _total_as_place(typed: Typed, named: set[int]) -> None:
    """A place whose need is the sum of all others' on every measure, and so is its spending.

    One such measure may be chance (needs of 1, 2 and 3): two that differ in their proportions, or many places, are not.
    """
    places = [str(place) for place in typed.members[schema.PLACES].names]
    needs, baseline = typed.frames[schema.NEEDS], typed.frames[schema.BASELINE]
    profiles: dict[str, dict[str, float]] = {}
    for measure, place, value in zip(needs["Need measure"], needs["Place"], needs["Value"], strict=True):
        if measure is not None and place is not None and isinstance(value, float):
            profiles.setdefault(fold(measure), {})[place] = value
    if len(places) < 3 or not profiles or any(len(values) < len(places) for values in profiles.values()):
        return
    spent = baseline.dropna(subset=["Place", "Amount"]).groupby("Place")["Amount"].sum()
    measured = [np.array([values.get(place, np.nan) for place in places]) for values in profiles.values()]
    if any(np.isnan(values).any() or values.sum() <= 0 for values in measured):
        return
    money = np.array([float(spent.get(place, 0.0)) for place in places])
    for position, place in enumerate(typed.frames[schema.PLACES]["Place"]):
        if position in named or place not in places:
            continue
        at = places.index(place)
        seen = [*measured, money] if money[at] > 0 else measured
        shares = np.array([values / values.sum() for values in seen])
        chance = len(places) < ENOUGH_PLACES and np.allclose(shares, shares[0], rtol=1e-6)
        if np.allclose(shares[:, at], 0.5, rtol=1e-6) and not chance:
            _report_total(typed, position, f"what '{place}' needs is the sum of all other places on every measure")


def _city_region(typed: Typed, names: tuple[str, ...], own: str) -> None:
    """A place whose other names include the system's: money of the whole would be read as the place's."""
    for at, row in records(typed.frames[schema.PLACES]):
        if row["Place"] is None or row["Also known as"] is None or len(typed.frames[schema.PLACES]) < 2:
            continue
        for alias in parts(str(row["Also known as"])):
            if fold(alias) in names and fold(row["Place"]) != own:
                found = f"'{alias}' is a name of the whole system, not of '{row['Place']}'"
                finding = Finding(
                    "PLACE_CITY_REGION", found, f"names of '{row['Place']}' alone", "Delete that name.", "warning"
                )
                typed.report(finding, schema.PLACES, at, "Also known as")


def _extra(typed: Typed, code: str, named: set[int]) -> None:
    """A place outside a system whose places are known; only where most of them are there by name."""
    frame = typed.frames[schema.PLACES]
    known = places_of(code, typed.members[schema.PLACES].names)
    if not known:
        return
    theirs = {fold(fact[column]) for fact in known for column in ("place", "ons_code", "sub_icb_code")}
    theirs |= {fold(fact["code"]) for fact in facts("predecessors")}
    for at, row in records(frame):
        own = {fold(str(row[name])) for name in ("Place", "Code", "Sub-ICB code") if row[name] is not None}
        aliases = {fold(alias) for alias in parts(str(row["Also known as"] or ""))}
        if row["Place"] is None or at in named or (own | aliases) & theirs:
            continue
        found = f"'{row['Place']}' is not one of the {len(known)} places of the system {code}"
        fix = "Nothing to do, if the workbook plans for it too; else correct its name or code."
        expected = f"one of: {', '.join(fact['place'] for fact in known)}"
        typed.report(Finding("PLACE_EXTRA", found, expected, fix, "warning"), schema.PLACES, at, "Place")


def _merged(typed: Typed) -> None:
    """Codes of bodies that were merged: beside their successor they count its people twice, and later they are gone."""
    frame = typed.frames[schema.PLACES]
    by_code = {fold(fact["code"]): fact for fact in facts("predecessors")}
    here: dict[str, object] = {}
    for place, code in zip(frame["Place"], frame["Sub-ICB code"], strict=True):
        if code is not None:
            here.setdefault(fold(str(code)), place)
    years = [year for year in typed.frames[schema.YEARS]["Year"] if year is not None]
    for position, code in enumerate(frame["Sub-ICB code"]):
        fact = None if code is None else by_code.get(fold(str(code)))
        if fact is None:
            continue
        found = _merger(fact, here, years)
        if found is not None:
            fix = f"Add the former bodies up into one place with the code {fact['successor']}."
            finding = Finding("PLACE_SPLIT", found, f"the code {fact['successor']}", fix, "warning")
            typed.report(finding, schema.PLACES, position, "Sub-ICB code")


def _merger(fact: Fact, here: dict[str, object], years: list[str]) -> str | None:
    what = f"{fact['code']} ({fact['name']}) became part of {fact['successor']} in {fact['first_year']}"
    successor = here.get(fold(fact["successor"]))
    if successor is not None:
        return f"{what}, which is here too as '{successor}': its people are counted twice"
    if years and max(years) >= fact["first_year"]:
        return f"{what}, and the plan runs to {max(years)}"
    return None
