"""Percentages that are allowed but look a hundred times too large: 5 where 5% was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.rules import Basis
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.schema import Kind
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records

SUSPECT = {
    (schema.YEARS, "Cost uplift"): 0.5,
    (schema.YEARS, "Efficiency"): 0.5,
    (schema.CONTRACTS, "Fee"): 0.25,
    (schema.TARGET, "Keep at least"): 1.5,
    (schema.TARGET, "Keep at most"): 20.0,
}
"""A percentage that reaches this, either way, is questioned: 0.5 is 50%. `Keep at most` may be set high to be off."""

SHARE_OF_ALL = 1.5
"""A share of a selection that holds the rule's own can never pass 1."""


NOTHING_LEFT = -1.0
"""A Value of -1 takes everything away, as -100% does: a floor with it protects nothing, where -1% was likely meant."""


def check_percents(typed: Typed) -> None:
    """Warn of percentages that look a hundred times too large."""
    for sheet in schema.SHEETS:
        for column in sheet.columns:
            limit = SUSPECT.get((sheet.name, column.name), float("inf"))
            for position, value in (
                enumerate(typed.frames[sheet.name][column.name]) if column.kind is Kind.PERCENT else ()
            ):
                if (
                    isinstance(value, float)
                    and abs(value) < float("inf")
                    and (abs(value) >= limit or value <= NOTHING_LEFT)
                ):
                    typed.report(_finding(value), sheet.name, position, column.name)
    for position, rule in records(typed.frames[schema.RULES]):
        value, most = rule["Value"], _rule_limit(rule)
        if isinstance(value, float) and most is not None and (value > most or value <= NOTHING_LEFT):
            typed.report(_finding(value), schema.RULES, position, "Value")


def _rule_limit(rule: Mapping[str, Any]) -> float | None:
    """What a rule's Value is questioned above: its measure's, or less where it is a share of a whole."""
    measure = MEASURE.get(str(rule["Measure"]))
    if measure is None:
        return None
    of = rule["Of"]
    if isinstance(of, Basis) and of.selections:
        inside = all(
            isinstance(rule[f"{dimension.capitalize()}s"], Selection)
            and set(rule[f"{dimension.capitalize()}s"].members) <= set(selection.members)
            for dimension, selection in of.selections
        )
        return SHARE_OF_ALL if inside else measure.suspect
    return measure.suspect


def _finding(value: float) -> Finding:
    found = f"{value:.15g} means {value * 100:,.10g}%"
    fix = f"If {value:.10g}% was meant, type {value:.10g}% or {value / 100:.10g}; else leave it."
    return Finding("PCT_SCALE", found, "a true percentage: 2% is 0.02", fix, "warning")
