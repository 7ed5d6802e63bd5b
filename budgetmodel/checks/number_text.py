"""Text that stands where a number is due: read only where one number can be meant, else refused with what is odd in it.

Two rules hold throughout. What is read is the number itself, never a near one; and where it is refused, the message
names the sign that is in the way and offers no other number than the one that stands there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from budgetmodel.contract.schema import fold

MEANINGS = {
    "not available": ("[x]", "x", "..", "...", "\u2026", ".", "n/a", "n.a.", "na", "#n/a", "not available", "missing"),
    "not applicable": ("[z]", "z", "not applicable"),
    "kept confidential": (
        *("[c]", "c", "[d]", "[s]", "suppressed", "[suppressed]", "supp", "confidential", "redacted", "withheld"),
        *("disclosive", "*", "**", "***", "[*]"),
    ),
    "too small to show": ("[low]", "~", "0~", "negligible", "[negligible]"),
    "too unreliable to show": ("[u]", "u", "unreliable", "[unreliable]"),
    "not recorded": ("[w]", "[m]", "[y]", "none recorded", "not recorded", "not collected", "not known", "n/k", "nk"),
}
"""The shorthand of official statistics for a figure that is not there, by what it means (Government Analysis Function,
"Symbols in tables", and what bodies used before)."""

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""Hyphens, dashes and the minus sign."""

PLACEHOLDERS = frozenset(
    (
        *("-", "--", "---", ":", "?", "??", "???", "#", "/", "nil", "none", "null", "nan", "na", "blank", "(blank)"),
        *("tbc", "tba", "tbd", "tbc.", "pending", "unknown", "awaited", "awaiting", "to follow", "to be confirmed"),
        *("[tbc]", "(tbc)", "n/a", "x", "\u2020", "\u2021", "xx", "xxx"),
        *(sign for signs in MEANINGS.values() for sign in signs),
    )
)
"""What people write where a figure, or a choice, is missing; folded."""

NO_NAME = frozenset({"none", "nil", "null", "nan", "na", "tbc", "tbd", "tba", "blank", "not applicable"})
"""Words that say in the place of a name that there is none; folded."""

_MEANING = {sign: meaning for meaning, signs in MEANINGS.items() for sign in signs}

MINUS = "\u2212"
SPACES = {
    " ": "a space",
    "\u00a0": "a no-break space",
    "\u202f": "a narrow no-break space",
    "\u2009": "a thin space",
    "\u2007": "a figure space",
    "\t": "a tab",
    "\n": "a line break",
    "\r": "a line break",
}
SIGNS = {
    ",": "a comma",
    ".": "a point",
    "_": "an underscore",
    **dict.fromkeys("'\u2018\u2019\u02bc\u2032`\u00b4", "an apostrophe"),
    **dict.fromkeys("\u00b7\u2027\u22c5", "a raised point"),
    "\u066b": "an Arabic decimal sign",
    "\u066c": "an Arabic thousands sign",
}
"""What people and programs put between the digits of a number."""

NEVER_BETWEEN = frozenset(f'+*/:;|()[]{{}}%=<>^&#@!?~\\"{DASHES}')
"""Signs that make more than one number, or no number, of the digits around them."""

HARD_SPACES = "\u00a0\u202f\u2009\u2007"
"""Spaces that nobody types but a program that parts thousands."""

PLAIN = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?")
_HARD_SPACED = re.compile(f"[+-]?[1-9][0-9]{{0,2}}(?:[{HARD_SPACES}][0-9]{{3}})+(?:\\.[0-9]*)?")
_SPACES_AS_COMMAS = str.maketrans(dict.fromkeys(HARD_SPACES, ","))
_CONTINENTAL = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3},[0-9]{1,2}|[0-9]+,[0-9]{4,}|0,[0-9]+)")
_LETTERS = re.compile(r"[+-]?[0-9OolI,.]+")
_LESS = re.compile(r"(?:<=?|>=?|\u2264|\u2265|less than|under|over|more than|fewer than)\s*[0-9]", re.IGNORECASE)
_PER_CENT = re.compile(r"\s*(?:per ?cent|pct\.?|p\.?c\.?|percentage points?)$", re.IGNORECASE)
_MARKED = re.compile(
    r"(?P<number>[-+(]?[0-9][0-9,.]*\)?%?)\s*(?P<mark>[*\u2020\u2021\u00a7#^~\u00b9\u00b2\u00b3\u2070-\u2079]+"
    r"|\[[^\[\]]{1,12}\]|\((?:[a-zA-Z]{1,3}|note ?[0-9]*|[0-9]{1,2})\)|[prfec])",
    re.IGNORECASE,
)
_SCALED = re.compile(
    r"[-+(]?[0-9][0-9,.]*\)?\s*(?P<scale>k|m|mn|bn|b|tn|thousands?|millions?|billions?|hundreds?|000s)", re.IGNORECASE
)


@dataclass(frozen=True)
class Text:
    """What was made of a text: the number, or the code, the words and what to do; `bracketed` and `percent` say how."""

    value: float | None = None
    code: str = ""
    words: str = ""
    fix: str = ""
    percent: bool = False
    bracketed: bool = False


def is_placeholder(text: str) -> bool:
    """Whether a text stands for something that is missing.

    >>> [is_placeholder(text) for text in (" N/A ", "[x]", "\u2014", "£ -", "None", "Bury")]
    [True, True, True, True, True, False]
    """
    plain = fold(text)
    return plain in PLACEHOLDERS or (bool(plain) and not plain.strip(f"{DASHES} ")) or _is_account_zero(plain)


def names_nothing(text: str) -> bool:
    """Whether a text in the place of a name says that there is none; a letter alone may be a name.

    >>> names_nothing("n/a"), names_nothing("-"), names_nothing("C")
    (True, True, False)
    """
    return fold(text) in NO_NAME or (is_placeholder(text) and not text.strip().isalpha())


def _is_account_zero(plain: str) -> bool:
    """Whether a text is a dash behind or before a sign of currency, as accounts show zero."""
    if plain.isascii() and "$" not in plain:  # nearly all texts: no other sign of currency is among these letters
        return False
    rest = "".join(sign for sign in plain if unicodedata.category(sign) != "Sc")
    return rest != plain and not rest.strip(f"{DASHES} ()") and any(sign in DASHES for sign in rest)


def number_of(text: str) -> Text:
    """The number that a text is, or why it is none.

    >>> number_of("1,234.5").value, number_of("(1,234)").value, number_of("5%").value, number_of("1\u00a0234").value
    (1234.5, -1234.0, 0.05, 1234.0)
    >>> number_of("1 234").words, number_of("12,34,567").words
    ('has a space between its digits', 'has commas that do not part thousands')
    """
    plain = _western(text).strip()
    plain = plain[1:].lstrip() if plain.startswith(("'", "\u2019")) else plain
    bracketed = plain.startswith("(") and plain.endswith((")", ")%", ") %"))
    percent = plain.endswith(("%", "%)"))
    body = plain.removesuffix("%").rstrip() if percent else plain
    if bracketed:
        body = body.removesuffix(")").removeprefix("(").strip()
        body = body.removesuffix("%").rstrip() if percent else body
    if body.startswith(MINUS):
        body = f"-{body[1:]}"
    if _HARD_SPACED.fullmatch(body):
        body = body.translate(_SPACES_AS_COMMAS)
    if PLAIN.fullmatch(body) and any(sign.isdecimal() for sign in body):
        if bracketed and body.startswith(("-", "+")):
            return Text(code="NOT_A_NUMBER", words="has brackets and a sign", fix="Type it with a minus sign alone.")
        value = float(body.replace(",", "")) / (100.0 if percent else 1.0)
        return Text(-value if bracketed else value, percent=percent, bracketed=bracketed)
    return _missing(text) or _with_sign_of_money(text) or _oddly_parted(body) or _with_words(plain)


def _western(text: str) -> str:
    """The text with digits, percent and plus signs of other scripts and widths as ours; nothing else is changed."""
    if text.isascii():
        return text
    return "".join(_western_sign(sign) for sign in text)


def _western_sign(sign: str) -> str:
    if unicodedata.category(sign) == "Nd":
        return str(unicodedata.decimal(sign))
    return {"\uff05": "%", "\ufe6a": "%", "\u066a": "%", "\uff0b": "+", "\uff08": "(", "\uff09": ")"}.get(sign, sign)


def _missing(text: str) -> Text | None:
    """What stands for a figure that is not there."""
    plain = fold(text)
    if _is_account_zero(plain):
        fix = "Type 0 if nothing is meant, else the figure."
        return Text(code="PLACEHOLDER", words="is a dash, as accounts show zero, and holds no number", fix=fix)
    if plain in _MEANING:
        return Text(code="PLACEHOLDER", words=f"stands for a figure that is {_MEANING[plain]}", fix="Type the figure.")
    if is_placeholder(text):
        return Text(code="PLACEHOLDER", words="stands for a missing figure", fix="Type the figure.")
    if _LESS.match(plain):
        fix = "Type the figure, or your own estimate of it."
        return Text(code="PLACEHOLDER", words="gives a bound, not the figure", fix=fix)
    if re.fullmatch(r"\[[^\[\]]{1,20}\]", plain):
        return Text(code="PLACEHOLDER", words="is a note in a figure's stead", fix="Type the figure.")
    return None


def _with_sign_of_money(text: str) -> Text | None:
    if not any(unicodedata.category(sign) == "Sc" for sign in text):
        return None
    if not any(sign.isdecimal() for sign in text):
        return Text(code="PLACEHOLDER", words="has a sign of currency and no number", fix="Type the figure.")
    return Text(code="CURRENCY", words="carries a currency", fix="Type the bare number.")


def _oddly_parted(body: str) -> Text | None:
    """Digits with something between them that is not, or not surely, what parts thousands and decimals."""
    digits = body.lstrip("+-")
    between = [sign for sign in digits if not sign.isdecimal()]
    if not between or not digits[0].isdecimal() or not digits[-1].isdecimal() or not all(map(_parts, between)):
        return _like_letters(body)
    if _CONTINENTAL.fullmatch(body):
        return Text(code="LOCALE_DECIMAL", words="has a decimal comma", fix="Type it with a point before the decimals.")
    kinds = list(dict.fromkeys(between))
    inner = dict.fromkeys(_named(sign) for sign in kinds if sign not in {",", "."})
    if inner:
        words = f"has {' and '.join(inner)} between its digits"
    elif len(kinds) > 1:
        words = "has commas and points that do not part thousands and decimals"
    elif kinds == ["."]:
        words = "has several points"
    else:
        words = f"has {'commas that do' if len(between) > 1 else 'a comma that does'} not part thousands"
    return Text(code="NUMBER_PARTED", words=words, fix="Type its digits with nothing between them but a decimal point.")


def _parts(sign: str) -> bool:
    """Whether a sign may stand between the digits of one number."""
    return sign in SIGNS or (sign not in NEVER_BETWEEN and not sign.isalnum() and unicodedata.category(sign) != "Sc")


def _named(sign: str) -> str:
    """A sign in words."""
    other = "a wide space" if unicodedata.category(sign) == "Zs" else f"the sign '{sign}'"
    return SPACES.get(sign) or SIGNS.get(sign) or other


def _like_letters(body: str) -> Text | None:
    """Digits with letters like digits among them, O for 0 and l for 1; nothing else may be odd in it."""
    if not _LETTERS.fullmatch(body) or not any(sign.isdecimal() for sign in body):
        return None
    guess = re.sub("[lI]", "1", re.sub("[Oo]", "0", body))
    if not PLAIN.fullmatch(guess):
        return None
    guess = guess.replace(",", "")
    return Text(code="OCR_NUMBER", words="has letters in it", fix=f"Type {guess}, if so meant.")


def _with_words(plain: str) -> Text:
    """What else stands with, or for, a number: a mark, a scale, a sign at the wrong end, or words alone."""
    marked = _MARKED.fullmatch(plain)
    if _PER_CENT.search(plain) and plain[:1].isdecimal():
        return Text(code="NOT_A_NUMBER", words="has the percentage in words", fix="Type the percentage with a % sign.")
    if marked is not None:
        fix = "Type the number alone, without the mark."
        return Text(code="NOT_A_NUMBER", words=f"carries the mark '{marked['mark']}'", fix=fix)
    scaled = _SCALED.fullmatch(plain)
    if scaled is not None:
        fix = "Type the number alone, in the column's own unit."
        return Text(code="NOT_A_NUMBER", words=f"carries the scale '{scaled['scale']}'", fix=fix)
    if plain[-1:] in DASHES and PLAIN.fullmatch(plain[:-1].rstrip()) and plain[:1].isdecimal():
        fix = "Type the minus sign before the number."
        return Text(code="NOT_A_NUMBER", words="has its minus sign at the end", fix=fix)
    if plain[:1] in DASHES and PLAIN.fullmatch(plain[1:].strip()) and plain[-1:].isdecimal():
        fix = "Type a minus sign right before the number, if it is negative."
        return Text(code="NOT_A_NUMBER", words="begins with a dash", fix=fix)
    return Text(code="NOT_A_NUMBER", words="is text", fix="Type a number.")
