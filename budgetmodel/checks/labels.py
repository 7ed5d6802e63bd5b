"""Labels that Excel or time has spoilt: codes turned into numbers, headings of another year, names like formulas."""

from __future__ import annotations

import datetime as dt
import re

from budgetmodel.checks.cells import CODE_COLUMNS, Finding, words
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.schema import Kind
from budgetmodel.contract.units import start_year, tidy_year

CODE_LENGTH = {"Sub-ICB code": 3}
"""How many characters a code has, where all have the same number."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins with one of these is a formula to a program that opens a CSV file."""

_FOUR = r"(?:19|20)\d{2}"
_YEAR_IN_HEADING = re.compile(rf"(?<![\d/])({_FOUR} ?[/\u2013-] ?(?:{_FOUR}|\d{{2}})|\d{{2}}/\d{{2}})(?![\d/])")
"""Two digits only with a stroke between: "18-19" is an age as well."""

_SCIENTIFIC = re.compile(r"^\d+(?:\.\d+)?E\+\d+$", re.IGNORECASE)


def check_labels(typed: Typed) -> None:
    """Warn of codes, headings and names that look spoilt; none of them changes an equation."""
    for sheet in schema.SHEETS:
        table = typed.tables.get(sheet.name)
        if table is None:
            continue
        for column in sheet.columns:
            if column.name in CODE_COLUMNS:
                _codes(typed, sheet.name, column.name)
            if column.kind is Kind.NAME or (column.kind is Kind.TEXT and column.required and not column.refers):
                _formula_like(typed, sheet.name, column.name)
        for heading in table.headings:
            _stale(typed, sheet.name, heading)


def _codes(typed: Typed, sheet: str, column: str) -> None:
    for position, value in enumerate(typed.tables[sheet].column(column)):
        finding = code_finding(value, CODE_LENGTH.get(column, 0))
        if finding is not None:
            typed.report(finding, sheet, position, column)


def code_finding(value: object, length: int = 0) -> Finding | None:
    """What Excel made of a code of `length` characters (0 = any); None when the cell holds text or nothing."""
    expected = f"a code of {length} characters, as text" if length else "a code, as text"
    again = "Format the cell as text and type the code"
    if isinstance(value, dt.date | dt.time):
        guess = _code_of_date(value) if length else ""
        fix = f"{again}, {guess} if so meant." if guess else f"{again} again."
        return Finding("TEXT_AS_DATE", f"Excel turned the code into a date, {words(value)}", expected, fix, "warning")
    if isinstance(value, str):
        if _SCIENTIFIC.match(value.strip()) is None:
            return None
        shown, number = value.strip(), float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        shown, number = words(value), float(value)
    else:
        return None
    scientific = _code_of_number(number, length)
    if scientific or isinstance(value, str):
        found = f"{shown} is a number; a code such as {scientific or '1E5'} becomes one when it is typed as a number"
        fix = f"{again}, {scientific} if so meant." if scientific else f"{again} again."
        return Finding("SCI_NOTATION", found, expected, fix, "warning")
    padded = f"{int(number):0{length}d}" if length and number.is_integer() and number >= 0 else ""
    guess = f", {padded} if so meant" if len(padded) == length and padded != shown else " again"
    found = f"the code is stored as the number {shown}, which keeps no leading zeros and no letters"
    return Finding("LEADING_ZERO", found, expected, f"{again}{guess}.", "warning")


def _code_of_number(number: float, length: int) -> str:
    """The code with an E in it that a number came from: 100000 was 1E5, 1400000 was 14E5."""
    if number < 1000 or not number.is_integer():
        return ""
    digits = str(int(number))
    head = digits.rstrip("0")
    code = f"{head}E{len(digits) - len(head)}"
    if len(head) == len(digits) or len(head) > 2:
        return ""
    return code if not length or len(code) <= length + 1 else ""


def _code_of_date(value: dt.date | dt.time) -> str:
    """The code that a date came from, such as 01D for 1 December; nothing when several months have the initial."""
    initial = {2: "F", 9: "S", 10: "O", 11: "N", 12: "D"}
    if not isinstance(value, dt.date) or value.month not in initial:
        return ""
    return f"{value.day:02d}{initial[value.month]}"


def _formula_like(typed: Typed, sheet: str, column: str) -> None:
    for position, value in enumerate(typed.tables[sheet].column(column)):
        if isinstance(value, str) and value.startswith(FORMULA_SIGNS) and len(value.strip()) > 1:
            sign = {"\t": "a tab", "\r": "a line break"}.get(value[0], f"'{value[0]}'")
            found = f"'{value[:40].strip()}' begins with {sign}, as a formula does; it is kept as text"
            fix = "Begin it with a letter or a digit."
            typed.report(
                Finding("FORMULA_INJECTION", found, "a name that is plain text", fix, "warning"),
                sheet,
                position,
                column,
            )


def _stale(typed: Typed, sheet: str, column: str) -> None:
    """A heading that carries a financial year that is neither the workbook's nor the one before."""
    years = typed.members[schema.YEARS].names
    table = typed.tables[sheet]
    heading = table.headings[column]
    stated = [tidy_year(match) for match in _YEAR_IN_HEADING.findall(heading)]
    if not years or not any(stated):
        return
    before = start_year(years[0]) - 1
    allowed = {*years, f"{before}/{(before + 1) % 100:02d}"}
    stale = [year for year in stated if year is not None and year not in allowed]
    if stale:
        found = f"the heading '{heading}' speaks of {stale[0]}"
        expected = f"a year of this workbook, {years[0]} to {years[-1]}, or the one before"
        fix = "Check that the column is of this workbook, and correct the year in the heading."
        typed.issues.append(Finding("HEADER_STALE", found, expected, fix, "warning").at(table.header_address(column)))
