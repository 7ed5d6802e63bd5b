"""Money in the unit that About states becomes £m; a heading that says another unit is an error."""

from __future__ import annotations

import pandas as pd

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.typed import Typed, about_rows, setting
from budgetmodel.contract import schema
from budgetmodel.contract.measures import MEASURE, MONEY, POUNDS
from budgetmodel.contract.schema import Column, Kind, Sheet, heading_unit, setting_named
from budgetmodel.contract.tables import Table
from budgetmodel.contract.units import DEFAULT_UNIT, MILLIONS_PER_UNIT, NOT_UNDERSTOOD, money_named, money_unit


def scale_money(typed: Typed) -> None:
    """Money columns become £m; a unit in a heading that contradicts About is an error."""
    unit = workbook_unit(typed)
    _check_unit_of_setting(unit, typed)
    for sheet in schema.SHEETS:
        table = typed.tables.get(sheet.name)
        for column in sheet.columns:
            if table is not None and column.name in table.headings:
                _check_heading_unit(table, sheet, column, unit, typed)
            if column.kind is Kind.MONEY:
                amounts = [_millions(value, unit) for value in typed.frames[sheet.name][column.name]]
                typed.frames[sheet.name][column.name] = pd.Series(amounts, dtype=float)


def _millions(value: object, unit: str) -> float:
    return value * MILLIONS_PER_UNIT[unit] if isinstance(value, float) else float("nan")


def workbook_unit(typed: Typed) -> str:
    """The money unit of About; £m when it has none. A unit that is none of ours is an issue."""
    found = setting(typed, schema.MONEY_UNIT)
    if found is None:
        return DEFAULT_UNIT
    position, value = found
    unit = money_unit(str(value))
    if unit is None:
        units = ", ".join(MILLIONS_PER_UNIT)
        finding = Finding("UNIT_UNKNOWN", f"'{value}' is no money unit", f"one of: {units}", "Type £m, £k or £.")
        if finding.at(typed.tables[schema.ABOUT].address(position, "Value")) not in typed.issues:
            typed.report(finding, schema.ABOUT, position, "Value")
    return unit or DEFAULT_UNIT


def _units_due(sheet: Sheet, column: Column, unit: str, typed: Typed) -> tuple[str, ...]:
    """The money units that a heading may name alone, the best one first; nothing for a column without money."""
    if (sheet.name, column.name) == (schema.RULES, "Value"):
        named = typed.frames[schema.RULES]["Measure"]
        units = {MEASURE[name].unit for name in named if name in MEASURE}
        return (unit, POUNDS.sign) if POUNDS in units and MONEY not in units else (unit,)
    due = unit if column.kind is Kind.MONEY else money_unit(column.unit)
    return () if due is None else (due,)


def _check_heading_unit(table: Table, sheet: Sheet, column: Column, unit: str, typed: Typed) -> None:
    due = _units_due(sheet, column, unit, typed)
    if not due:
        return
    stated = heading_unit(table.headings[column.name])
    found = _contradiction(stated, due, money=column.kind is Kind.MONEY)
    if found is not None:
        about = "" if money_unit(column.unit) and column.kind is not Kind.MONEY else ", or change 'Money unit' in About"
        finding = Finding("UNIT_SCALE", f"the heading {found}", due[0], f"Write '{column.name} ({due[0]})'{about}.")
        typed.issues.append(finding.at(table.header_address(column.name)))


def _contradiction(text: str, due: tuple[str, ...], *, money: bool) -> str | None:
    """What is wrong with a unit in brackets: it names another money unit than is due, or none that is known.

    Where not all is `money`, there may be several units, each for its own rows.
    """
    stated = money_named(text, surely_money=money)
    if not stated or (len(stated) == 1 and stated <= set(due)) or (not money and len(stated) > 1):
        return None
    if len(stated) > 1 or NOT_UNDERSTOOD in stated:
        return f"says '{text}', which names no one unit of money; the money is in {due[0]}"
    return f"says {text}, but the money is in {due[0]}"


def _check_unit_of_setting(unit: str, typed: Typed) -> None:
    """A label such as `Money unit (£k)` that has another unit than its value, or has it in the value's stead."""
    for position, label, _ in about_rows(typed):
        found = _contradiction(heading_unit(label), (unit,), money=False)
        if setting_named(label) == schema.MONEY_UNIT and found is not None:
            fix = f"Write '{schema.MONEY_UNIT}' alone, and the unit as its value."
            typed.report(Finding("UNIT_SCALE", f"the setting {found}", unit, fix), schema.ABOUT, position, "Setting")
