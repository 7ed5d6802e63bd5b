"""What About and Scenarios promise: template version, how long the file may be used, prices, scenario names."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from budgetmodel.checks.cells import Finding, parse, words
from budgetmodel.checks.typed import Typed, setting, setting_text
from budgetmodel.contract import schema
from budgetmodel.contract.schema import TEMPLATE_VERSION, Column, Kind, fold
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import is_year, start_year

SHEET_NAME_LIMIT = 31
"""Characters of a sheet's name in Excel."""

_UNFIT = re.compile(r"[\[\]:*?/\\]")
_VERSION = re.compile(r"^v?\s*(\d{1,4}(?:\.\d{1,4}){0,3})$", re.IGNORECASE)
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d")
_MONTHS = ("%B %Y", "%b %Y", "%Y-%m")
_YEAR_PRICES = re.compile(r"\b(\d{4}/\d{2})\s+prices\b", re.IGNORECASE)
_REAL = re.compile(r"\b(real terms|constant prices|(?:at|in) real prices)\b", re.IGNORECASE)
_CASH = re.compile(r"\b(cash terms|cash prices|nominal terms|current prices)\b", re.IGNORECASE)
_BROUGHT_OVER = re.compile(r"\b(uprat|inflat|deflat|convert|rebas|adjust|brought|from)", re.IGNORECASE)


def check_about(typed: Typed, today: dt.date) -> None:
    """Issues of About's settings and of the scenarios' names; `today` decides whether the file is out of date."""
    _version(typed)
    _sunset(typed, today)
    _prices(typed)
    _yes_or_no(typed)
    _scenario_names(typed)


def version_of(text: str) -> tuple[int, ...] | None:
    """A version as numbers that compare; trailing zeros do not count. None when it cannot be read.

    >>> version_of("1.0") == version_of("v1"), version_of("1.10") > version_of("1.9"), version_of("new")
    (True, True, None)
    """
    match = _VERSION.match(text.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _version(typed: Typed) -> None:
    found = setting(typed, "Template version")
    if found is None:
        return
    position, value = found
    text, ours = words(value), version_of(TEMPLATE_VERSION)
    theirs = version_of(text)
    if theirs is not None and ours is not None and theirs == ours:
        return
    if theirs is None:
        what = f"'{text}' is no template version"
    elif ours is not None and theirs > ours:
        what = f"the template version {text} is newer than {TEMPLATE_VERSION}, which this program knows"
    else:
        what = f"the template version {text} is older than {TEMPLATE_VERSION}"
    fix = f"Update the program, or copy the figures into a template of version {TEMPLATE_VERSION}."
    finding = Finding("VERSION_MISMATCH", what, f"version {TEMPLATE_VERSION}", fix, "warning")
    typed.report(finding, schema.ABOUT, position, "Value")


def _yes_or_no(typed: Typed) -> None:
    """Settings that are neither yes nor no; other letter cases are read and need no word."""
    for name in schema.YES_NO_SETTINGS:
        found = setting(typed, name)
        if found is None:
            continue
        position, value = found
        _, finding = parse(value, Column("Value", Kind.CHOICE, choices=(schema.YES, schema.NO)))
        if finding is not None and finding.severity != "repaired":
            typed.report(finding, schema.ABOUT, position, "Value")


def last_day(value: object) -> dt.date | None:
    """The last day that a `Use until` cell means: a date, a month or a financial year; None when it cannot be read.

    >>> last_day("31/03/2027"), last_day("2026/27"), last_day("February 2027"), last_day("next year")
    (datetime.date(2027, 3, 31), datetime.date(2027, 3, 31), datetime.date(2027, 2, 28), None)
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = words(value)
    if is_year(text):
        return dt.date(start_year(text) + 1, 3, 31)
    for form in (*_DAYS, *_MONTHS):
        try:
            day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            continue
        if form in _MONTHS:
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        return day
    return None


def _sunset(typed: Typed, today: dt.date) -> None:
    found = setting(typed, "Use until")
    if found is None:
        return
    position, value = found
    until = last_day(value)
    if until is None:
        what = f"'{words(value)}' cannot be read as a date"
        finding = Finding("SUNSET", what, "a date such as 2027-03-31", "Type the date as 2027-03-31.", "warning")
    elif until < today:
        what = f"the workbook was to be used until {until.isoformat()}, which has passed"
        fix = "Bring its figures up to date, then type a new date."
        finding = Finding("SUNSET", what, "a date that is still to come", fix, "warning")
    else:
        return
    typed.report(finding, schema.ABOUT, position, "Value")


def _prices(typed: Typed) -> None:
    """A figure whose note names other prices than About does. About itself has cash, real, or the prices of a year."""
    stated = setting_text(typed, "Price basis")
    if not stated:
        return
    for sheet in (schema.FUNDING, schema.BASELINE):
        notes = typed.frames[sheet]["Source of figure"]
        first: dict[str, int] = {}
        count: dict[str, int] = {}
        for position, note in enumerate(notes):
            clash = None if note is None else _clash(stated, str(note))
            if clash is not None:
                first.setdefault(clash, position)
                count[clash] = count.get(clash, 0) + 1
        for clash, position in first.items():
            more = f" (and {count[clash] - 1} more rows)" if count[clash] > 1 else ""
            what = f"the figure is in {clash}{more}, but About says '{stated}'"
            fix = "Convert the figure, and say so in its note; or correct 'Price basis' in About."
            finding = Finding("PRICE_BASIS", what, f"figures in '{stated}'", fix, "warning")
            typed.report(finding, sheet, position, "Source of figure")


def _clash(stated: str, note: str) -> str | None:
    """The prices that a note names, when they are others than those stated."""
    if _BROUGHT_OVER.search(note):
        return None
    years = set(_YEAR_PRICES.findall(note))
    in_cash, in_real = says_cash(stated), says_real(stated)
    base = set(re.findall(r"\b\d{4}/\d{2}\b", stated)) if in_real and not in_cash else set()
    if years and ((in_cash and not in_real) or (base and not years <= base)):
        return f"{', '.join(sorted(years))} prices"
    if in_cash and not in_real and _REAL.search(note):
        return "real terms"
    if in_real and not in_cash and _CASH.search(note):
        return "cash"
    return None


def says_cash(text: str) -> bool:
    """Whether a price basis speaks of cash.

    >>> says_cash("Cash, 2016/17 to 2020/21"), says_cash("2025/26 prices")
    (True, False)
    """
    return re.search(r"\b(cash|nominal|current prices)\b", text, re.IGNORECASE) is not None


def says_real(text: str) -> bool:
    """Whether a price basis speaks of real terms, or of the prices of one year.

    >>> says_real("2025/26 prices"), says_real("real terms"), says_real("cash")
    (True, True, False)
    """
    return re.search(r"\b(real|constant|\d{4}/\d{2} prices)\b", text, re.IGNORECASE) is not None


def _scenario_names(typed: Typed) -> None:
    """Names that a sheet or a file cannot bear, and names that become one when they are cut to fit."""
    short: dict[str, str] = {}
    for at, row in records(typed.frames[schema.SCENARIOS]):
        name = row["Scenario"]
        if name is None:
            continue
        fit = fold(" ".join(_UNFIT.sub(" ", str(name)).split())[:SHEET_NAME_LIMIT])
        other = short.setdefault(fit, name)
        if fold(other) != fold(name):
            what = f"'{name}' and '{other}' are the same once cut to a sheet's or file's name"
        elif len(str(name)) > SHEET_NAME_LIMIT:
            what = f"'{name}' has {len(str(name))} characters"
        elif (sign := _UNFIT.search(str(name))) is not None:
            what = f"'{name}' holds '{sign[0]}', which a sheet or file cannot bear"
        else:
            continue
        expected = f"at most {SHEET_NAME_LIMIT} characters, without [ ] : * ? / \\, and unlike the others"
        finding = Finding("NAME_CLASH", what, expected, "Shorten it, or drop the signs.", "warning")
        typed.report(finding, schema.SCENARIOS, at, "Scenario")
