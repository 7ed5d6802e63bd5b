"""One cell at a time: from what Excel holds to a typed value, or to an issue with what to type instead."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

from budgetmodel.checks.number_text import PLAIN, is_placeholder, names_nothing, number_of
from budgetmodel.contract.issues import Issue, Severity
from budgetmodel.contract.schema import SELECTED_NAMES, YEARS, Column, Kind, fold
from budgetmodel.contract.selectors import ALL, FORBIDDEN, nearest
from budgetmodel.contract.tables import Address, ErrorCell, NoStoredValue, ShownAsPercent, Unreadable
from budgetmodel.contract.units import is_year, tidy_year, year_of_quotient, years_meant

NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY, Kind.PERCENT})
"""What a blank cell could be taken for zero in."""

LARGEST = 1e12
"""No figure of a health system is larger, in any unit."""

DATE_NUMBERS = range(32874, 58441)
"""What Excel stores for the days from 1990 to 2059."""

CODE_COLUMNS = ("Code", "Sub-ICB code")
"""Columns of codes, which describe a place or provider and change no equation."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a value, without its address."""

    code: str
    found: str
    expected: str
    fix: str
    severity: Severity = "error"

    def at(self, address: Address) -> Issue:
        """The finding at an address; a changed value names the change too."""
        words = self.found
        if address.change and address.change != address.text:
            words = f"{self.found} (set by {address.change})"
        return Issue(self.code, self.severity, address.sheet, address.cell, words, self.expected, self.fix)


Parsed = tuple[object, Finding | None]


def respelt(raw: object, name: str) -> Finding:
    """The repair of a name or choice that was read as it is spelt elsewhere: other spaces or another case."""
    return Finding("WHITESPACE_CASE", f"'{raw}' was read as '{name}'", f"'{name}'", f"Type '{name}'.", "repaired")


def parse(value: object, column: Column, *, suggest: bool = True) -> Parsed:
    """The typed value of a cell and what there is to say about it; a value that cannot be used becomes None.

    `suggest` looks for the choice that was meant, which takes longer than all the rest.
    """
    if isinstance(value, ErrorCell):
        fix = "Mend the formula, or type the value."
        return None, Finding("XL_ERROR", f"the cell shows {value.text}", _expected(column), fix)
    if isinstance(value, NoStoredValue):
        found = f"the formula {_quoted(value.formula)} was saved without its result"
        return None, Finding("NO_CACHED_VALUE", found, _expected(column), "Open the file in Excel, press F9 and save.")
    if isinstance(value, Unreadable):
        return None, _unreadable(value, column)
    if value is None:
        if column.must_be_filled:
            fix = f"Type {_expected(column)}{'; blank is not zero' if column.kind in NUMBERS else ''}."
            return None, Finding("BLANK_VS_ZERO", "the cell is blank", _expected(column), fix)
        return column.default, None
    if column.kind is Kind.CHOICE:
        return _choice(value, column, suggest=suggest)
    return _PARSERS[column.kind](value, column)


def _unreadable(value: Unreadable, column: Column) -> Finding:
    found = f"the file holds {_quoted(value.text)} where a number should stand"
    code = "OUT_OF_RANGE" if value.text.isascii() and PLAIN.fullmatch(value.text) else "NOT_A_NUMBER"
    return Finding(code, found, _expected(column), f"Type {_expected(column)}.")


def number(value: object, expected: str = "a number", *, percent: bool = True) -> Parsed:
    """A number, read from a number cell or, with a repair to log, from text that is plainly one.

    `percent` is whether a text such as `5%` may be meant; where money or a count is due it is none.
    """
    if isinstance(value, bool):
        return None, Finding("NOT_A_NUMBER", f"the cell holds {str(value).upper()}", expected, "Type a number.")
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > LARGEST:
            return None, Finding("OUT_OF_RANGE", f"{value} is not a usable number", expected, "Type the right number.")
        return float(value), None
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        fix = "Format the cell as a number and type it again."
        return None, Finding("NOT_A_NUMBER", f"the cell holds a date, {value}", expected, fix)
    return _number_from_text(str(value), expected, percent=percent)


def _number_from_text(text: str, expected: str, *, percent: bool) -> Parsed:
    read = number_of(text)
    if read.value is None:
        return None, Finding(read.code, f"{_quoted(text)} {read.words}", expected, read.fix)
    if read.percent and not percent:
        found = f"{_quoted(text)} is a percentage, which is neither money nor a count"
        return None, Finding("PCT_UNEXPECTED", found, expected, f"Type {expected}.")
    if not math.isfinite(read.value) or abs(read.value) > LARGEST:
        return None, Finding("OUT_OF_RANGE", f"{_quoted(text)} is too large", expected, "Type the right number.")
    code = "NEG_BRACKETS" if read.bracketed else "TEXT_NUMBER"
    found = f"{_quoted(text)} is text; it was read as {read.value:.15g}"
    return read.value, Finding(code, found, expected, f"Type {read.value:.15g} as a number.", "repaired")


def words(value: object) -> str:
    """A cell as text: trimmed, single spaces; whole numbers without a decimal point."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return " ".join(str(value).split())


def choice_named(text: str, choices: tuple[str, ...]) -> str | None:
    """The choice that `text` names, whatever its case; None when it names none."""
    folded = fold(text)
    return next((choice for choice in choices if fold(choice) == folded), None)


def one_of(
    text: str, choices: tuple[str, ...], code: str = "CHOICE_UNKNOWN", *, suggest: bool = True
) -> tuple[str | None, Finding | None]:
    """The choice that `text` names, whatever its case; or the finding, with the nearest if it is to `suggest` it."""
    choice = choice_named(text, choices)
    if choice is not None:
        return choice, None
    allowed = ", ".join(choices)
    fix = did_you_mean(text, choices) if suggest else "Choose from the list."
    return None, Finding(code, f"{_quoted(text)} is not one of the choices", f"one of: {allowed}", fix)


def did_you_mean(text: str, names: tuple[str, ...], otherwise: str = "Choose from the list.") -> str:
    """The suggestion of a message: the nearest names, or what else to do."""
    near = nearest(text, names)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else otherwise


def _text(value: object, column: Column) -> Parsed:
    if isinstance(value, dt.date | dt.time):
        fix = "Format the cell as text and type it again."
        if column.name in CODE_COLUMNS:
            return None, None  # checks.labels reports what became of the code
        if column.name not in {"Period", "Value"}:
            found = f"Excel turned the text into a date, {words(value)}"
            return None, Finding("TEXT_AS_DATE", found, _expected(column), fix)
    text = words(value)
    if column.one_name_in and not column.must_be_filled and names_nothing(text):  # or all that bear it are one group
        found = f"{_quoted(text)} was read as a blank cell: it says that there is no {column.name.lower()}"
        return None, Finding("PLACEHOLDER", found, "a name, or a blank cell", "Clear the cell.", "repaired")
    return text, None


def _name(value: object, column: Column) -> Parsed:
    text, finding = _text(value, column)
    if not isinstance(text, str):
        return text, finding
    bad = [sign for sign in FORBIDDEN if sign in text]
    if bad:
        found = f"the name {_quoted(text)} holds '{bad[0]}', which separates names elsewhere"
        return None, Finding("NAME_FORBIDDEN", found, f"a name without {' '.join(FORBIDDEN)}", "Choose another name.")
    if fold(text) == ALL and column.name in SELECTED_NAMES:
        return None, Finding(
            "NAME_FORBIDDEN", "the name 'all' means every member", "another name", "Choose another name."
        )
    if isinstance(value, str) and value != text:
        found = f"{_quoted(value)} has stray spaces; it was read as '{text}'"
        return text, Finding("WHITESPACE_CASE", found, _expected(column), f"Type '{text}'.", "repaired")
    return text, None


def _choice(value: object, column: Column, *, suggest: bool) -> Parsed:
    if column.name == "Status":  # a note on the figure: a slip here must not stop a run
        choice, finding = one_of(words(value), column.choices, "STATUS_UNKNOWN", suggest=suggest)
        if finding is not None:
            finding = Finding(finding.code, finding.found, finding.expected, finding.fix, "warning")
    else:
        choice, finding = one_of(words(value), column.choices, suggest=suggest)
    if choice is None:
        choice = next((meant for other, meant in column.other_words if other == fold(words(value))), None)
    if finding is not None and not column.must_be_filled and is_placeholder(words(value)):
        finding = replace(finding, fix="Choose from the list, or leave the cell blank.")
    return choice, respelt(value, choice) if choice is not None and value != choice else finding


def _year(value: object, column: Column) -> Parsed:
    as_date = _not_as_date(value, column)
    if as_date is not None:
        return None, as_date
    text = words(value)
    if is_year(text):
        stray = isinstance(value, str) and value != text
        return text, respelt(value, text) if stray else None
    tidy = tidy_year(text) if isinstance(value, str) else None
    if tidy is None:
        meant = " or ".join(years_meant(text))
        fix = f"Type the year that is meant, {meant}." if meant else "Type it as text, such as 2025/26."
        return None, Finding("YEAR_FORMAT", f"{_quoted(text)} is not a financial year", _expected(column), fix)
    found = f"{_quoted(text)} was read as {tidy}"
    return tidy, Finding("YEAR_FORMAT", found, _expected(column), f"Type {tidy}.", "repaired")


def _selector(value: object, column: Column) -> Parsed:
    finding = _not_as_date(value, column) if column.refers == YEARS else None
    return (None, finding) if finding is not None else _text(value, column)


def _not_as_date(value: object, column: Column) -> Finding | None:
    """What to say of a date, or of a number that was one, where a financial year is due."""
    as_date = _year_as_date(value)
    if as_date is None:
        return None
    found, guess = as_date
    fix = f"Format the cell as text and type {guess}, if so meant." if guess else "Type it as text, 2025/26."
    return Finding("YEAR_AS_DATE", found, _expected(column), fix)


def _year_as_date(value: object) -> tuple[str, str] | None:
    """What Excel made of a financial year, and the year that was probably typed ("" when it is not known)."""
    if isinstance(value, dt.date):
        typed = sorted((value.day, value.month))  # 04/05 is 4 May or 5 April
        guess = f"20{typed[0]:02d}/{typed[1]:02d}" if typed[1] - typed[0] == 1 else ""
        if (value.day, value.month) == (1, 4):
            guess = f"{value.year}/{(value.year + 1) % 100:02d}"
        return f"Excel turned the financial year into a date, {words(value)}", guess
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value in DATE_NUMBERS:
        return f"{value:.15g} looks like the number that Excel stores for a date", ""
    quotient = year_of_quotient(value)
    return None if quotient is None else (f"Excel worked out the financial year as a division, {value:.15g}", quotient)


def _number(value: object, column: Column) -> Parsed:
    if column.choices and isinstance(value, str):
        choice = choice_named(value, column.choices)
        if choice is not None:
            return choice, respelt(value, choice) if value != choice else None
    result, finding = number(value, _expected(column), percent=column.takes_percent)
    if not isinstance(result, float):
        if finding is not None and finding.code == "PLACEHOLDER" and not column.must_be_filled:
            finding = replace(finding, fix=f"{finding.fix.removesuffix('.')}, or leave the cell blank.")
        return result, finding
    if isinstance(value, ShownAsPercent) and column.kind is Kind.MONEY:
        found = f"the cell shows a percentage, {value * 100:,.10g}%; it was read as {result:,.10g}"
        fix = "Type the amount, and give the cell a number's format."
        finding = Finding("PCT_UNEXPECTED", found, _expected(column), fix, "warning")
    shown = f"{result:.15g}" if finding is None else f"{_quoted(str(value))}, read as {result:.15g},"
    outside = _outside(result, shown, column)
    return (None, outside) if outside is not None else (result, finding)


def _outside(value: float, shown: str, column: Column) -> Finding | None:
    if column.above is not None and value <= column.above:
        return Finding(
            "WEIGHT_NOT_POSITIVE", f"{shown} is not above {column.above:g}", _expected(column), "Type a larger number."
        )
    if column.low is not None and value < column.low:
        if column.kind is Kind.MONEY:
            return Finding(
                "NEG_BUDGET", f"{shown} is negative money", _expected(column), "Type an amount of 0 or more."
            )
        return Finding("OUT_OF_RANGE", f"{shown} is below {column.low:g}", _expected(column), "Type the right number.")
    if column.high is not None and value > column.high:
        fix = "2% is 0.02: type a true percentage." if column.kind is Kind.PERCENT else "Type the right number."
        code = "PCT_SCALE" if column.kind is Kind.PERCENT else "OUT_OF_RANGE"
        return Finding(code, f"{shown} is above {column.high:g}", _expected(column), fix)
    return None


def _raw(value: object, column: Column) -> Parsed:
    return (words(value) if isinstance(value, str) else value), None


def _quoted(text: str) -> str:
    return f"'{text[:40]}'" if len(text) <= 40 else f"'{text[:39]}\u2026'"


def _expected(column: Column) -> str:
    if column.kind in NUMBERS:
        return _expected_number(column)
    if column.kind is Kind.YEAR:
        return "a financial year as text, such as 2025/26"
    if column.kind is Kind.CHOICE:
        return f"one of: {', '.join(column.choices)}"
    return f"a {column.name.lower()}"


def _expected_number(column: Column) -> str:
    kinds = {Kind.MONEY: "an amount of money", Kind.PERCENT: "a percentage such as 2% (0.02)", Kind.NUMBER: "a number"}
    bounds = []
    if column.above is not None:
        bounds.append(f"above {column.above:g}")
    if column.low is not None and column.high is not None:
        bounds.append(f"from {column.low:g} to {column.high:g}")
    elif column.low is not None:
        bounds.append(f"of {column.low:g} or more")
    return " ".join([kinds[column.kind], *bounds])


_PARSERS = {
    Kind.TEXT: _text,
    Kind.NAME: _name,
    Kind.MEMBER: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.PERCENT: _number,
    Kind.YEAR: _year,
    Kind.SELECTOR: _selector,
    Kind.RAW: _raw,
}
