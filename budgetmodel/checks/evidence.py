"""Needs and indicators that do not measure alike: periods, bases of counting, and what is known of an indicator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from budgetmodel.checks.cells import Finding, words
from budgetmodel.checks.rules import Basis
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.schema import BASELINE_KEY, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import is_year, pounds, start_year
from budgetmodel.knowledge.facts import Fact, facts, says

COUNTED = ("registered", "resident")
"""The bases that count the same people in two ways."""

HOMES = ("Home places", "Home services")

_SPAN = re.compile(r"\b(\d{4})\s*(?:-|\u2013|to)\s*(\d{4}|\d{2})\b")
_FINANCIAL = re.compile(r"\b(\d{4})[/\-\u2013](\d{2})\b")
_CALENDAR = re.compile(r"\b(\d{4})\b")


def check_evidence(typed: Typed) -> None:
    """Warnings about what Needs and Indicators measure; none of them stops a run."""
    _period_kinds(typed, schema.NEEDS, "Need measure")
    _period_kinds(typed, schema.INDICATORS, "Indicator")
    _basis_of_a_measure(typed)
    uses = list(_uses(typed))
    _basis_of_components(typed, uses)
    _basis_of_money(typed, uses)
    _indicators(typed)


def period(text: object) -> tuple[str, int] | None:
    """The kind of a period (calendar, financial or pooled) and the year in which it begins; None when it is neither.

    >>> period("2015/16"), period("2015"), period("2015 to 2017"), period("2018-20"), period("each year")
    (('financial', 2015), ('calendar', 2015), ('pooled', 2015), ('pooled', 2018), None)
    >>> period("2018-19")
    ('financial', 2018)
    """
    plain = words(text) if text is not None else ""
    for match in _FINANCIAL.finditer(plain):
        if (int(match[1]) + 1) % 100 == int(match[2]):
            return "financial", int(match[1])
    span = _SPAN.search(plain)
    if span is not None:
        return "pooled", int(span[1])
    year = _CALENDAR.search(plain)
    return None if year is None else ("calendar", int(year[1]))


def _period_kinds(typed: Typed, sheet: str, column: str) -> None:
    """Within a measure or an indicator, calendar, financial and pooled years are not mixed."""
    first: dict[str, tuple[str, int]] = {}
    reported: set[tuple[str, str]] = set()
    frame = typed.frames[sheet]
    known = {text: period(text) for text in set(frame["Period"])}
    for at, (name, stated) in enumerate(zip(frame[column], frame["Period"], strict=True)):
        found = known[stated]
        if found is None or name is None:
            continue
        key = fold(str(name))
        kind, position = first.setdefault(key, (found[0], at))
        if kind != found[0] and (key, found[0]) not in reported:
            reported.add((key, found[0]))
            other = typed.tables[sheet].address(position, "Period")
            what = f"'{name}' has a {found[0]} period, '{words(stated)}'; {other.cell} has a {kind} one"
            fix = "Use figures of one kind of year, so that places are compared over the same time."
            pooled = sheet == schema.INDICATORS and "pooled" in (kind, found[0])
            finding = Finding(
                "IND_YEAR" if pooled else "YEAR_CALENDAR", what, f"{kind} periods throughout", fix, "warning"
            )
            typed.report(finding, sheet, at, "Period")


def _basis_of_a_measure(typed: Typed) -> None:
    first: dict[str, tuple[str, int]] = {}
    needs = typed.frames[schema.NEEDS]
    for at, (measure, stated) in enumerate(zip(needs["Need measure"], needs["Basis"], strict=True)):
        if measure is None or stated is None:
            continue
        basis, position = first.setdefault(fold(measure), (stated, at))
        if basis != stated:
            other = typed.tables[schema.NEEDS].address(position, "Basis")
            what = f"'{measure}' is {stated} here and {basis} in {other.cell}"
            fix = "Use one basis for every place of a measure."
            typed.report(Finding("DENOM_MIX", what, f"'{basis}'", fix, "warning"), schema.NEEDS, at, "Basis")


@dataclass(frozen=True)
class Use:
    """A need measure at work: the cell that names it, its basis of counting, and the money it is compared with."""

    sheet: str
    position: int
    column: str
    name: str
    measure: str
    basis: str
    places: tuple[str, ...]
    services: tuple[str, ...]
    sources: tuple[str, ...]


def _uses(typed: Typed) -> Iterator[Use]:
    """Components, place keys and rules per head whose measure counts registered or resident people throughout."""
    bases: dict[str, set[str]] = {}
    needs = typed.frames[schema.NEEDS]
    for measure, basis in dict.fromkeys(zip(needs["Need measure"], needs["Basis"], strict=True)):
        if measure is not None and basis is not None:
            bases.setdefault(fold(measure), set()).add(basis)
    every = (typed.members[schema.PLACES].names, typed.members[schema.SOURCES].names)

    def use(sheet: str, at: int, column: str, name: object, measure: object, *to: tuple[str, ...]) -> Iterator[Use]:
        basis = bases.get(fold(str(measure)), set())
        if len(basis) == 1 and basis <= set(COUNTED):
            yield Use(sheet, at, column, str(name), str(measure), next(iter(basis)), *to)

    for at, row in records(typed.frames[schema.TARGET]):
        if isinstance(row["Services"], Selection):
            to = (every[0], row["Services"].members, every[1])
            yield from use(schema.TARGET, at, "Need measure", row["Component"], row["Need measure"], *to)
    for at, row in records(typed.frames[schema.SERVICES]):
        if row["Place key"] is not None and fold(row["Place key"]) != BASELINE_KEY and row["Service"] is not None:
            to = (every[0], (row["Service"],), every[1])
            yield from use(schema.SERVICES, at, "Place key", row["Service"], row["Place key"], *to)
    for at, row in records(typed.frames[schema.RULES]):
        chosen = [row[name] for name in ("Places", "Services", "Sources")]
        if isinstance(row["Of"], Basis) and row["Of"].name and all(isinstance(c, Selection) for c in chosen):
            yield from use(schema.RULES, at, "Of", row["Rule"], row["Of"].name, *(c.members for c in chosen))


def _basis_of_components(typed: Typed, uses: list[Use]) -> None:
    """Two components that hold the same services against registered and against resident people."""
    components = [use for use in uses if use.sheet == schema.TARGET]
    for one, two in combinations(components, 2):
        both = [service for service in two.services if service in set(one.services)]
        if one.basis != two.basis and both:
            what = (
                f"'{two.name}' counts {two.basis} people, and '{one.name}' {one.basis} people, "
                f"for the same services ({len(both)}, '{both[0]}' among them)"
            )
            fix = "Use measures of one basis, or check that both are meant."
            finding = Finding("DENOM_MIX", what, f"a measure of {one.basis} people", fix, "warning")
            typed.report(finding, schema.TARGET, two.position, two.column)


def _basis_of_money(typed: Typed, uses: list[Use]) -> None:
    """Money of bodies that all serve one kind of people, compared with a count of the other kind."""
    rows = [row for _, row in records(typed.frames[schema.SOURCES])]
    if any(row["Holder"] is None or not isinstance(row[h], Selection) for row in rows for h in HOMES):
        return
    sources = [(row["Source"], _basis_of_holder(row["Holder"]), *(set(row[h].members) for h in HOMES)) for row in rows]
    for use in uses:
        payers = {
            basis
            for source, basis, places, services in sources
            if source in use.sources and places & set(use.places) and services & set(use.services)
        }
        if len(payers) == 1 and (due := next(iter(payers))) is not None and due != use.basis:
            what = f"'{use.measure}' counts {use.basis} people, but only bodies that serve {due} people pay here"
            expected = f"a need measure of {due} people for '{use.name}'"
            fix = f"Use one, or check that {use.basis} is meant.{_effect(typed, use, due)}"
            typed.report(Finding("GEO_BASIS", what, expected, fix, "warning"), use.sheet, use.position, use.column)


def _basis_of_holder(holder: object) -> str | None:
    """Whom a holder serves by the words of its name; None when they say nothing, or both."""
    found = {fact["basis"] for fact in facts("holders") if fact["word"] in re.findall(r"\w+", fold(str(holder)))}
    return next(iter(found)) if len(found) == 1 else None


def _effect(typed: Typed, use: Use, due: str) -> str:
    """How much the choice of basis moves, where the workbook has one measure of the other basis."""
    needs, baseline = typed.frames[schema.NEEDS], typed.frames[schema.BASELINE]
    others = {fold(str(name)) for name in needs.loc[needs["Basis"] == due, "Need measure"]}
    inside = baseline["Service"].isin(use.services) & baseline["Place"].isin(use.places)
    money = float(baseline.loc[inside, "Amount"].sum())
    if len(others) != 1 or money <= 0:
        return ""
    shares = [_shares(needs, measure, use.places) for measure in (fold(use.measure), next(iter(others)))]
    if any(share is None for share in shares):
        return ""
    moved = np.abs(np.asarray(shares[0]) - np.asarray(shares[1])) * money
    most = int(moved.argmax())
    return f" It moves {pounds(float(moved[most]))} for '{use.places[most]}', of {pounds(money)}."


def _shares(needs: pd.DataFrame, measure: str, places: tuple[str, ...]) -> list[float] | None:
    rows = needs[[name is not None and fold(str(name)) == measure for name in needs["Need measure"]]]
    value = {place: v for place, v in zip(rows["Place"], rows["Value"], strict=True) if isinstance(v, float)}
    total = sum(value.get(place, 0.0) for place in places)
    return [value[place] / total for place in places] if total > 0 and set(places) <= set(value) else None


def _indicators(typed: Typed) -> None:
    """Direction, range, scale and breaks of the indicators that the dictionary knows."""
    frame = typed.frames[schema.INDICATORS]
    rows: dict[str, list[tuple[int, dict[str, object]]]] = {}
    for at, row in records(frame):
        if row["Indicator"] is not None:
            rows.setdefault(fold(row["Indicator"]), []).append((at, row))
    for members in rows.values():
        fact = _known(str(members[0][1]["Indicator"]))
        if fact is None:
            continue
        for at, row in members:
            _direction(typed, fact, at, row)
        if fact["units"]:
            _ranges(typed, fact, members)
        if fact["break_year"]:
            _break(typed, fact, members)


def _known(indicator: str) -> Fact | None:
    for fact in facts("indicators"):
        if says(indicator, fact["words"]):
            return None if says(indicator, fact["unless"]) else fact
    return None


def _direction(typed: Typed, fact: Fact, at: int, row: dict[str, object]) -> None:
    if row["Better"] is not None and row["Better"] != fact["better"]:
        what = f"'{row['Indicator']}' says that {row['Better']} is better"
        finding = Finding("IND_DIRECTION", what, f"'{fact['better']}'", f"Type {fact['better']}.", "warning")
        typed.report(finding, schema.INDICATORS, at, "Better")


def _ranges(typed: Typed, fact: Fact, members: list[tuple[int, dict[str, object]]]) -> None:
    """Values, in the dictionary's unit, are plausible; a percentage may be 65 or 0.65, but not both by turns."""
    percent = says("%", fact["units"])
    low, high = float(fact["low"]), float(fact["high"])
    unit = fact["units"].split(";")[0]
    known = {fold(word) for word in fact["units"].split(";")}
    mine = [(at, row) for at, row in members if row["Unit"] is not None and fold(str(row["Unit"])) in known]
    values = [row["Value"] for _, row in mine if isinstance(row["Value"], float)]
    shares = percent and bool(values) and sum(value <= 1.0 for value in values) > len(values) / 2
    scale = 100.0 if shares else 1.0
    for at, row in mine:
        for column in ("Value", "Benchmark"):
            value = row[column]
            if isinstance(value, float) and not low <= value * scale <= high:
                what = f"{value:g} is no plausible figure for '{row['Indicator']}'"
                expected = f"{low / scale:g} to {high / scale:g} {'as a share' if shares else unit}"
                fix = "Check the figure, its unit, and that all rows have the same scale."
                finding = Finding("IND_RANGE", what, expected, fix, "warning")
                typed.report(finding, schema.INDICATORS, at, column)


def break_between(indicator: str, before: str, after: str) -> str:
    """The year in which an indicator's definition is known to have changed, where it is between two periods; or blank.

    >>> break_between("School readiness (good level of development)", "2018/19", "2021/22")
    '2021/22'
    >>> break_between("School readiness (good level of development)", "2016/17", "2018/19")
    ''
    """
    fact = _known(indicator)
    year = "" if fact is None else fact["break_year"]
    sides = [_is_after(text, year) for text in (before, after)] if year else []
    return year if sides == [False, True] else ""


def _is_after(text: object, year: str) -> bool | None:
    """Whether a period is of a changed definition; school year 2021/22 is calendar 2022. None where nobody can say."""
    first = start_year(year) if is_year(year) else int(year)
    found = period(text)
    return None if found is None or found[0] == "pooled" else found[1] - (found[0] == "calendar") >= first


def _break(typed: Typed, fact: Fact, members: list[tuple[int, dict[str, object]]]) -> None:
    """Figures from before and after a change of definition."""
    sides: dict[bool, int] = {}
    for at, row in members:
        after = _is_after(row["Period"], fact["break_year"])
        if after is not None:
            sides.setdefault(after, at)
    if len(sides) == 2:
        other = typed.tables[schema.INDICATORS].address(sides[False], "Period")
        what = f"'{members[0][1]['Indicator']}' changed in {fact['break_year']}; {other.cell} is from before"
        fix = "Use one side of the change, or give the two sides names of their own."
        finding = Finding("IND_YEAR", what, f"periods on one side of {fact['break_year']}", fix, "warning")
        typed.report(finding, schema.INDICATORS, sides[True], "Period")
