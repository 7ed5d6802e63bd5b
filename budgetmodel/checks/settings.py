"""The settings of About: read by their contract names, unknown ones warned of."""

from __future__ import annotations

from budgetmodel.checks.cells import Finding, did_you_mean, number, words
from budgetmodel.checks.frames import SUGGESTED
from budgetmodel.checks.money_units import workbook_unit
from budgetmodel.checks.typed import Typed, about_rows
from budgetmodel.contract import schema
from budgetmodel.contract.schema import fold, setting_named
from budgetmodel.contract.selectors import nearest
from budgetmodel.contract.units import money_named


def settings(typed: Typed) -> dict[str, str]:
    """The settings of About by their contract names, percentages as shares (`0.035`); unknown ones are warned of."""
    result: dict[str, str] = {}
    unit, unused = workbook_unit(typed), 0
    for position, label, value in about_rows(typed):
        name = setting_named(label)
        if name is None:
            finding = _unused_setting(label, value, unit, suggest=unused < SUGGESTED)
            typed.report(finding, schema.ABOUT, position, "Setting")
            unused += 1
        elif value is not None:
            read = number(value)[0] if name in schema.RATE_SETTINGS else None
            text = words(value if read is None else read)
            result[name] = fold(text) if name in schema.YES_NO_SETTINGS else text
    return result


def _unused_setting(label: str, value: object, unit: str, *, suggest: bool) -> Finding:
    """What to say of a setting outside the contract: an error when it may have been meant for another money unit."""
    found, expected = f"the setting '{label}' is not used", "a setting of the contract"
    stated = money_named(words(value), surely_money=True) if value is not None else frozenset()
    if stated - {unit} and (
        nearest(label, (schema.MONEY_UNIT,)) or not {"unit", "units"}.isdisjoint(fold(label).split())
    ):
        found = f"{found}: it says {words(value)}, but money is read in {unit}"
        return Finding("SETTING_UNUSED", found, f"'{schema.MONEY_UNIT}'", f"Rename it to '{schema.MONEY_UNIT}'.")
    fix = "Nothing to do, unless it was meant to be read."
    fix = did_you_mean(label, schema.SETTINGS, fix) if suggest else fix
    return Finding("SETTING_UNUSED", found, expected, fix, "warning")
