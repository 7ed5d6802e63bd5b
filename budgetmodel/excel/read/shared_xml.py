"""What all sheets of a workbook share: the texts, and which styles make more of a number than a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from budgetmodel.excel.read.cells import TEXT_LIMIT
from budgetmodel.excel.read.package import Outline, Package, Unclean, local

_LITERAL = re.compile(r'"[^"]*"|\\.')
"""What a number format shows as it stands: text in quotes, and a sign after a backslash."""

T = TypeVar("T")


@dataclass(frozen=True)
class Shared:
    """What all sheets share: the texts, and the styles that make a number a date, a duration or a percentage."""

    texts: Sequence[str] = ()
    dates: frozenset[str] = frozenset()
    durations: frozenset[str] = frozenset()
    percents: frozenset[str] = frozenset()
    from_1904: bool = False

    @cached_property
    def telling(self) -> frozenset[str]:
        """The styles that make more of a number than a number."""
        return self.dates | self.percents


def read_shared(package: Package, outline: Outline) -> Shared:
    """The texts and date styles of a workbook; raises Damaged when they cannot be read."""
    texts = read_twice(lambda clean: _texts(package, outline.strings, clean)) if package.has(outline.strings) else []
    codes = _number_formats(package, outline.styles) if package.has(outline.styles) else []
    return Shared(texts, *_telling_styles(codes), outline.from_1904)


def read_twice(read: Callable[[bool], T]) -> T:
    """What `read` returns; called again, to clean first, when characters stand in its way."""
    try:
        return read(False)
    except Unclean:
        return read(True)


def _texts(package: Package, part: str, clean: bool) -> list[str]:
    """The shared texts: the runs of each joined, phonetic guides left out."""
    texts: list[str] = []
    runs: list[str] = []
    state: dict[str, int] = {"in": False, "phonetic": False, "length": 0}

    def start(tag: str, _: Mapping[str, str]) -> None:
        name = local(tag)
        if name == "si":
            runs.clear()
            state["length"] = 0
        elif name == "rPh":
            state["phonetic"] = True
        elif name == "t":
            state["in"] = not state["phonetic"]

    def end(tag: str) -> None:
        name = local(tag)
        if name == "si":
            texts.append("".join(runs))
        elif name == "rPh":
            state["phonetic"] = False
        elif name == "t":
            state["in"] = False

    def text(data: str) -> None:
        if state["in"] and state["length"] <= TEXT_LIMIT:
            runs.append(data)
            state["length"] += len(data)

    package.parse(part, start, end, text, clean=clean)
    return texts


def _number_formats(package: Package, part: str) -> list[str | None]:
    """The number format of each style, None where it has none that is known."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    custom: dict[str, str] = {}
    styles: list[str] = []
    within = {"cellXfs": False}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if name in within:
            within[name] = True
        elif name == "numFmt":
            custom.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", "")[:255])
        elif name == "xf" and within["cellXfs"]:
            styles.append(attributes.get("numFmtId", "0"))

    def end(tag: str) -> None:
        if local(tag) in within:
            within[local(tag)] = False

    package.parse(part, start, end)
    built_in = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    return [custom.get(style, built_in.get(style)) for style in styles]


def _telling_styles(codes: Sequence[str | None]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The numbers of the styles that show a number as a date, a duration (a date, too) and a percentage."""
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format

    dates = frozenset(str(number) for number, code in enumerate(codes) if is_date_format(code))
    durations = frozenset(number for number in dates if is_timedelta_format(codes[int(number)]))
    percents = (str(number) for number, code in enumerate(codes) if code and "%" in _LITERAL.sub("", code))
    return dates, durations, frozenset(percents) - dates
