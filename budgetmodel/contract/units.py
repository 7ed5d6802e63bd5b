"""Pounds, thousands, millions and pence; financial years. The only place where a unit of money is converted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Array

PENCE_PER_MILLION = 100_000_000
"""Pence in £1m: money inside is £m, published money is whole pence."""

PENNY_DECIMALS = 8
"""Decimals of £1m that are a penny."""

MILLIONS_PER_UNIT = {"£": 1e-6, "£k": 1e-3, "£m": 1.0}
"""What one unit of each `Money unit` of the About sheet is worth in £m."""

DEFAULT_UNIT = "£m"
"""The money unit of a workbook that states none."""

NOT_UNDERSTOOD = "?"
"""The unit of money given for words that we do not know."""

MILLIONS_PER_THOUSAND = MILLIONS_PER_UNIT["£k"]
MILLIONS_PER_POUND = MILLIONS_PER_UNIT["£"]

_YEAR = re.compile(r"^(\d{4})/(\d{2})$")
_FY = r"(?:F\.?Y\.?|financial year|fiscal year|year)[ :]*"
_ONE_YEAR = re.compile(rf"^(?:(?:{_FY})?((?:19|20)\d{{2}})|{_FY}['\u2019]?(\d{{2}}))$", re.IGNORECASE)
_BETWEEN = r"/\\\u2044\u2215\u29f8\uff0f\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d_"
"""What stands between the two years: strokes and dashes of all kinds."""

_LOOSE_YEAR = re.compile(
    rf"^(?:{_FY})?['\u2019]?(\d{{4}}|\d{{2}})\s*[{_BETWEEN}]\s*['\u2019]?(\d{{4}}|\d{{2}})(?: ?FY)?$", re.IGNORECASE
)
_SIX_DIGITS = re.compile(r"^((?:19|20)\d{2}) ?[.,]?(\d{2})$")
_LAST_CENTURY = 70
"""Two digits from this on are a year of the 1900s."""


_SCALES = {
    "k": r"k|1?000s?|thousands?",
    "m": r"mm?|mn|mln|mil|mio|millions?",
    "bn": r"b|bn|billions?",
    "hundred": r"hundreds?",
    "tn": r"tn|trillions?",
}
_SCALE = "(?:" + "|".join(f"(?P<{unit}>{words})" for unit, words in _SCALES.items()) + ")"
_POUND = r"(?:£|gbp|pounds?(?: sterling)?)"
_UNIT_NAMED = (
    re.compile(rf"{_POUND} ?(?:in )?{_SCALE}(?![a-z0-9])"),  # £m, GBP millions, £ in thousands
    re.compile(rf"(?<![a-z0-9]){_SCALE} ?(?:of )?{_POUND}(?![a-z])"),  # millions of pounds
    re.compile(rf"{_POUND}(?![a-z0-9])"),
)
_SCALE_NAMED = re.compile(rf"(?<![a-z0-9/-])(?!b\b){_SCALE}(?![a-z0-9/-])")  # an (a) or (b) may be a footnote's
_MONEY_LIKE = re.compile(r"[£$€]|gbp|usd|eur|pound")


def _plain_unit(text: str) -> str:
    """A unit in small letters, without the sign before the thousands of £'000, £,000 and £1,000."""
    return " ".join(re.sub(r"['’]|(?<=[\d£]),(?=\d)", "", unicodedata.normalize("NFKC", text).casefold()).split())


def _unit_of(match: re.Match[str]) -> str:
    return f"£{next((unit for unit, words in match.groupdict().items() if words), '')}"


def money_unit(text: str) -> str | None:
    """The money unit that `text` is (`£`, `£k` or `£m`), or None; `£000` and `£'000` mean £k.

    >>> money_unit(" £000 "), money_unit("£M"), money_unit("GBP thousands"), money_unit("$m"), money_unit("£bn")
    ('£k', '£m', '£k', None, None)
    """
    plain = _plain_unit(text)
    whole = next((match for pattern in _UNIT_NAMED if (match := pattern.fullmatch(plain))), None)
    unit = None if whole is None else _unit_of(whole)
    return unit if unit in MILLIONS_PER_UNIT else None


def money_named(text: str, *, surely_money: bool = False) -> frozenset[str]:
    """Every unit of money that a text speaks of; NOT_UNDERSTOOD when it speaks of money in words we do not know.

    Where it is `surely_money` that is spoken of, a scale needs no pound sign.

    >>> sorted(money_named("£m, cash")), sorted(money_named("£bn")), sorted(money_named("£k, or £ per head"))
    (['£m'], ['£bn'], ['£', '£k'])
    >>> money_named("thousands"), money_named("thousands", surely_money=True), money_named("£ounces")
    (frozenset(), frozenset({'£k'}), frozenset({'?'}))
    """
    rest, found = _plain_unit(text), set[str]()
    for pattern in _UNIT_NAMED:
        found |= {_unit_of(match) for match in pattern.finditer(rest)}
        rest = pattern.sub(" ; ", rest)
    if surely_money and found <= {"£"}:
        found |= {_unit_of(match) for match in _SCALE_NAMED.finditer(rest)}
    return frozenset(found | ({NOT_UNDERSTOOD} if _MONEY_LIKE.search(rest) else set()))


def is_year(text: str) -> bool:
    """Whether `text` is a financial year in the contract's form.

    >>> is_year("2025/26"), is_year("2025/27"), is_year("2025-26")
    (True, False, False)
    """
    match = _YEAR.match(text)
    return match is not None and (int(match[1]) + 1) % 100 == int(match[2])


def tidy_year(text: str) -> str | None:
    """A financial year written another way, in the contract's form; None if it is not clearly one.

    >>> tidy_year("2025-26"), tidy_year("25/26"), tidy_year("2025/2026"), tidy_year("2025"), tidy_year("2025/2126")
    ('2025/26', '2025/26', '2025/26', None, None)
    """
    match = _LOOSE_YEAR.match(" ".join(text.split()))
    return None if match is None else _year_of(match[1], match[2])


def _year_of(first: str, last: str) -> str | None:
    """The financial year from one calendar year, of two or four digits, to another; None unless it is the next."""
    start = int(first) if len(first) == 4 else int(first) + (1900 if int(first) >= _LAST_CENTURY else 2000)
    follows = int(last) == start + 1 if len(last) == 4 else int(last) == (start + 1) % 100
    return f"{start}/{(start + 1) % 100:02d}" if follows else None


def years_meant(text: str) -> tuple[str, ...]:
    """The financial years that a single calendar year, or six digits, may mean; none when `text` is no such year.

    >>> years_meant("FY25"), years_meant("2025"), years_meant("25"), years_meant("202526")
    (('2024/25', '2025/26'), ('2024/25', '2025/26'), (), ('2025/26',))
    """
    six = _SIX_DIGITS.match(text.strip())  # 201112 is December 2011, too
    whole = None if six is None else _year_of(six[1], six[2])
    match = _ONE_YEAR.match(text.strip())
    if match is None:
        return () if whole is None else (whole,)
    year = int(match[1]) if match[1] else 2000 + int(match[2])
    return tuple(f"{start}/{(start + 1) % 100:02d}" for start in (year - 1, year))


def year_of_quotient(number: float) -> str | None:
    """The financial year that a spreadsheet worked out as a division; None if the number is no such quotient.

    >>> year_of_quotient(0.96), year_of_quotient(2024 / 25), year_of_quotient(0.5)
    ('2024/25', '2024/25', '2001/02')
    """
    for start in (*range(99), *range(1900, 2100)):
        end = (start + 1) % 100
        if end and abs(number - start / end) < 1e-6:
            return tidy_year(f"{start:02d}/{end:02d}")
    return None


def start_year(year: str) -> int:
    """The calendar year in which the financial year begins.

    >>> start_year("2025/26")
    2025
    """
    return int(year[:4])


def to_pence(millions: float) -> int:
    """£m as whole pence.

    >>> to_pence(6000.0)
    600000000000
    """
    return round(millions * PENCE_PER_MILLION)


def from_pence(pence: NDArray[np.int64]) -> Array:
    """Whole pence as £m; shape is kept."""
    return np.asarray(pence, dtype=np.float64) / PENCE_PER_MILLION


def largest_remainder(amounts: Array, total: int) -> NDArray[np.int64]:
    """Round `amounts` (£m, shape (n,), >= 0) to whole pence that sum to `total` pence exactly.

    Every amount is first scaled so that the sum is `total`, then floored; the pence left over go to the largest
    remainders (Hamilton's method). Ties go to the earlier row, so callers sort rows by their labels first.

    Raises ValueError when money is due and there is no amount to carry it.

    >>> largest_remainder(np.array([1.0, 1.0, 1.0]), 100).tolist()
    [34, 33, 33]
    """
    positive = np.maximum(np.asarray(amounts, dtype=np.float64), 0.0)
    whole = float(positive.sum())
    if whole <= 0.0:
        if total != 0:
            raise ValueError(f"{total} pence have no amount to be shared over")
        return np.zeros(len(positive), dtype=np.int64)
    exact = positive * (total / whole)
    pence = np.floor(exact).astype(np.int64)
    left = int(total - pence.sum())
    # Flooring leaves at most one penny a row; floating point may leave one penny too many.
    order = np.argsort(-(exact - pence), kind="stable") if left > 0 else np.argsort(exact - pence, kind="stable")
    steps = order[: abs(left)] if left > 0 else order[pence[order] > 0][: abs(left)]
    pence[steps] += 1 if left > 0 else -1
    return pence


def rounded(value: float, decimals: int) -> float:
    """A figure rounded for reading as spreadsheets do: halves of its first 15 digits go away from 0.

    Python rounds what is stored, in which 42.5% is as near to 42% as to 43%: a sentence and a cell would differ.

    >>> rounded(0.425, 2), rounded(-38.15, 1), rounded(2.5, 0), rounded(float("nan"), 1)
    (0.43, -38.2, 3.0, nan)
    """
    if not isfinite(value):
        return value
    step = Decimal(1).scaleb(-decimals)
    return float(Decimal(f"{value:.15g}").quantize(step, ROUND_HALF_UP))


def pounds(millions: float, decimals: int = 1) -> str:
    """£m for reading, negatives in brackets.

    >>> pounds(1234.56), pounds(-2.04)
    ('£1,234.6m', '(£2.0m)')
    """
    size = rounded(abs(millions), decimals)
    text = f"£{size:,.{decimals}f}m"
    return f"({text})" if millions < 0 and size else text


def in_pounds(millions: float) -> str:
    """Money as people say it: £m, or pounds where £m would show as nothing, or pence where pounds would.

    >>> in_pounds(12.34), in_pounds(0.0123456), in_pounds(1.23e-6), in_pounds(2e-8), in_pounds(2e-9)
    ('£12.3m', '£12,346', '£1.23', '2p', '0.2p')
    """
    size, penny = abs(millions), 1 / PENCE_PER_MILLION
    if size >= 0.1 or millions == 0:
        return pounds(millions)
    if size >= 99.995 * MILLIONS_PER_POUND:
        return f"£{millions / MILLIONS_PER_POUND:,.0f}"
    if size >= 0.995 * MILLIONS_PER_POUND:
        return f"£{millions / MILLIONS_PER_POUND:,.2f}"
    pence = millions / penny
    return f"{pence:.0f}p" if size >= 0.95 * penny else f"{pence:.1g}p"


def consecutive(years: Sequence[str]) -> bool:
    """Whether the years follow one another without gaps."""
    starts = [start_year(year) for year in years]
    return all(later - earlier == 1 for earlier, later in pairwise(starts))
