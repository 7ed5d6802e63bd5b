"""The rule grammar: Each, Of and Value read by Measure, and the combinations that mean nothing refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from budgetmodel.checks.cells import Finding, did_you_mean, number
from budgetmodel.checks.frames import selector_finding
from budgetmodel.checks.money_units import workbook_unit
from budgetmodel.checks.number_text import is_placeholder
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.measures import MEASURE, MONEY, Measure, Of
from budgetmodel.contract.schema import DIMENSIONS, fold
from budgetmodel.contract.selectors import Selection, SelectorError, nearest, select
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import MILLIONS_PER_UNIT

EACH_DIMENSIONS = ("place", "service", "provider", "source")

READ = ("Each", "Of", "Value")
"""The columns that are read by a rule's Measure."""

_OF_SEPARATOR = re.compile(r"\s*//\s*")
_OF_JOINED = re.compile(rf"\s*(?:[;,/&|+]|\band\b)\s*(?=(?:{'|'.join(EACH_DIMENSIONS)})s?\s*=)", re.IGNORECASE)
"""What people put between two dimensions of `Of` instead of ` // `."""

_EACH_JOINED = re.compile(r"\s*(?:[;/&|+]|\band\b)\s*", re.IGNORECASE)
"""What people put between two dimensions of `Each` instead of a comma."""


@dataclass(frozen=True)
class Basis:
    """What `Of` names: a need measure, a component, or the selections that a share is of, by dimension."""

    name: str = ""
    selections: tuple[tuple[str, Selection], ...] = ()


def read_rules(typed: Typed) -> None:
    """Put `Each` (tuple of dimensions), `Of` (Basis) and `Value` (£m, share or £m per unit of need) in place."""
    frame = typed.frames[schema.RULES]
    rows = records(frame)
    read: dict[str, list[object]] = {name: [row[name] for _, row in rows] for name in READ}
    for number_of_row, (at, row) in enumerate(rows):
        measure = MEASURE.get(str(row["Measure"]))
        row["Each"] = _each(typed, at, row["Each"])
        if measure is not None:
            row["Of"] = _of(typed, at, measure, row["Of"])
            row["Value"] = _value(typed, at, measure, row["Value"])
            _combination(typed, at, measure, row)
        for name in READ:
            read[name][number_of_row] = row[name]
    for name, values in read.items():
        frame[name] = pd.Series(values, dtype=object, index=frame.index)


def _each(typed: Typed, position: int, text: object) -> tuple[str, ...]:
    if text is None:
        return ()
    known = {fold(form): d for d in EACH_DIMENSIONS for form in (d, f"{d}s")}
    result: list[str] = []
    for word in str(text).split(","):
        if not word.strip():
            continue
        dimension = known.get(fold(word))
        if dimension is None:
            allowed = ", ".join(EACH_DIMENSIONS)
            joined = [known.get(fold(part)) for part in _EACH_JOINED.split(word.strip())]
            fix = did_you_mean(word.strip(), EACH_DIMENSIONS, f"Choose from {allowed}, separated by commas.")
            if is_placeholder(word):
                fix = f"Choose from {allowed}, or leave the cell blank for one sum."
            if None not in joined:
                fix = f"Separate them by commas: {', '.join(map(str, joined))}."
            finding = Finding("EACH_UNKNOWN", f"'{word.strip()}' is no dimension for Each", allowed, fix)
            typed.report(finding, schema.RULES, position, "Each")
        elif dimension not in result:
            result.append(dimension)
    return tuple(result)


def _of(typed: Typed, position: int, measure: Measure, text: object) -> Basis:
    if measure.of is Of.NEED:
        return _of_name(typed, position, text, schema.NEEDS, "Need measure", "NEED_UNKNOWN")
    if measure.of is Of.COMPONENT:
        return _of_name(typed, position, text, schema.TARGET, "Component", "COMPONENT_UNKNOWN")
    if measure.of is Of.SELECTIONS:
        return _of_share(typed, position, text)
    if text is not None:
        found = f"'{text}' is not used by the measure '{measure.name}'"
        finding = Finding("OF_UNUSED", found, "a blank cell", "Clear the cell, or choose another Measure.", "warning")
        typed.report(finding, schema.RULES, position, "Of")
    return Basis()


def _of_name(typed: Typed, position: int, text: object, sheet: str, column: str, code: str) -> Basis:
    names = {fold(name): name for name in typed.frames[sheet][column] if name is not None}
    what = f"a {column.lower()} of the sheet '{sheet}'"
    if text is None:
        finding = Finding("BLANK_VS_ZERO", "the cell is blank", what, "Name what the Measure compares with.")
        typed.report(finding, schema.RULES, position, "Of")
        return Basis()
    if fold(str(text)) not in names:
        fix = did_you_mean(str(text), tuple(names.values()), f"Choose {what}.")
        finding = Finding(code, f"'{text}' is no {column.lower()}", what, fix)
        if typed.has(sheet):
            typed.report(finding, schema.RULES, position, "Of")
        return Basis()
    return Basis(names[fold(str(text))])


def _of_share(typed: Typed, position: int, text: object) -> Basis:
    example = "such as services=all or services=all // providers=all"
    if text is None:
        finding = Finding("BLANK_VS_ZERO", "the cell is blank", example, "Say what the share is of.")
        typed.report(finding, schema.RULES, position, "Of")
        return Basis()
    selections: dict[str, Selection] = {}
    for part in _OF_SEPARATOR.split(str(text)):
        heading, equals, selector = part.partition("=")
        dimension = {fold(f): d for d in EACH_DIMENSIONS for f in (d, f"{d}s")}.get(fold(heading))
        if not equals or dimension is None or dimension in selections:
            near = nearest(heading.strip(), EACH_DIMENSIONS)
            fix = f"Did you mean '{near[0]}s={selector.strip() or 'all'}'?" if near else f"Write it {example}."
            finding = Finding("OF_FORMAT", f"'{part.strip()}' does not say what the share is of", example, fix)
            typed.report(finding, schema.RULES, position, "Of")
            continue
        if _OF_JOINED.search(selector) is not None:
            fix = f"Put // between the two: {_OF_JOINED.sub(' // ', part.strip())}."
            finding = Finding("OF_FORMAT", f"'{part.strip()}' does not part its dimensions by //", example, fix)
            typed.report(finding, schema.RULES, position, "Of")
            continue
        if not typed.has(DIMENSIONS[dimension][0]):  # that its sheet cannot be read was said there
            continue
        members = typed.members[DIMENSIONS[dimension][0]]
        try:
            selections[dimension] = select(selector, members)
        except SelectorError as error:
            typed.report(selector_finding(error, members), schema.RULES, position, "Of")
    return Basis(selections=tuple(selections.items()))


def _value(typed: Typed, position: int, measure: Measure, raw: object) -> float | None:
    if raw is None:
        return None
    expected = measure.unit.typed.format(money=workbook_unit(typed))
    value, finding = number(raw, expected, percent=measure.unit.is_percent)
    if finding is not None:
        typed.report(finding, schema.RULES, position, "Value")
    if not isinstance(value, float):
        return None
    if measure.unit is MONEY:
        if value < 0:
            finding = Finding("NEG_BUDGET", f"{value:.15g} is negative money", expected, "Type an amount of 0 or more.")
            typed.report(finding, schema.RULES, position, "Value")
        return value * MILLIONS_PER_UNIT[workbook_unit(typed)]
    return value * measure.unit.scale


def _combination(typed: Typed, position: int, measure: Measure, rule: Mapping[str, Any]) -> None:
    """What a measure cannot be combined with."""
    each = rule["Each"]
    if not measure.sees_sources:
        sources = rule["Sources"]
        every = typed.members[schema.SOURCES].names
        if isinstance(sources, Selection) and sources.members != every:
            found = f"'{measure.name}' cannot look at single sources"
            finding = Finding(
                "RULE_SOURCES", found, "all, or a blank cell", "The Baseline has no sources: clear the cell."
            )
            typed.report(finding, schema.RULES, position, "Sources")
        if isinstance(each, tuple) and "source" in each:
            found = f"'{measure.name}' cannot be for each source"
            finding = Finding(
                "RULE_SOURCES", found, "place, service or provider", "The Baseline has no sources: take it out."
            )
            typed.report(finding, schema.RULES, position, "Each")
    if rule["Limit"] not in (None, *measure.limits):
        allowed = " or ".join(measure.limits)
        found = f"'{measure.name}' cannot be {rule['Limit']}"
        typed.report(Finding("MOVED_LIMIT", found, allowed, f"Type '{allowed}'."), schema.RULES, position, "Limit")
    if measure.each_required and not each:
        found, fix = f"'{measure.name}' needs Each", "Say between which members money moves."
        typed.report(Finding("MOVED_EACH", found, "such as service", fix), schema.RULES, position, "Each")
