"""What a user's objects have in common: equal and hashable by content, and a short card for prompts and notebooks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

LISTED = 6
"""Names that a card lists of a dimension before it gives the number of the others."""

WIDTH = 140
"""Characters of a value on a card."""

SHORT = 12
"""Digits of a hash on a card."""


def content_hash(*parts: object) -> str:
    """The SHA-256 of values, tables and records, whatever made them: equal content, equal hash.

    A whole number and the same number with a decimal point are one value, except in columns of one type.
    """
    digest = hashlib.sha256()
    for piece in _pieces(parts):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _pieces(value: object) -> Iterator[bytes]:
    """A value in its canonical form: first what kind it is, then what it holds."""
    if isinstance(value, pd.DataFrame):
        yield b"table %d" % len(value)
        yield from _pieces(() if isinstance(value.index, pd.RangeIndex) else tuple(value.index))
        for place, name in enumerate(value.columns):
            yield from _pieces(name)
            yield from _column(value.iloc[:, place])
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype.kind} {value.shape}".encode()
        yield from _pieces(tuple(value.ravel())) if value.dtype.hasobject else (value.tobytes(),)
    elif isinstance(value, Mapping):
        yield b"mapping %d" % len(value)
        for key in sorted(value, key=repr):
            yield from _pieces(key)
            yield from _pieces(value[key])
    elif isinstance(value, tuple | list):
        yield b"sequence %d" % len(value)
        if any(isinstance(each, _NESTED) or is_dataclass(each) for each in value):
            for each in value:
                yield from _pieces(each)
        else:
            yield "\x1f".join(map(_plain, value)).encode("utf-8", "surrogatepass")
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__.encode()
        for each in fields(value):
            yield from _pieces(getattr(value, each.name))
    else:
        yield _plain(value).encode("utf-8", "surrogatepass")


_NESTED = (tuple, list, Mapping, np.ndarray, pd.DataFrame)


def _column(column: pd.Series[Any]) -> Iterator[bytes]:
    """A column of a table: numbers by their bytes, text by its different values and where each occurs."""
    if column.dtype.kind in "bif" and isinstance(column.dtype, np.dtype):
        yield from _pieces(column.to_numpy())
    elif isinstance(column.dtype, pd.StringDtype):
        places, texts = pd.factorize(column)
        yield from _pieces(places.astype(np.int32))
        yield from _pieces(tuple(texts))
    else:
        yield from _pieces(tuple(column))


def _plain(value: object) -> str:
    """A value as text that no other value has; numbers by their value."""
    if isinstance(value, int | float | np.integer) and not isinstance(value, bool):
        return repr(float(value))
    return repr(value)


class Content:
    """Base of the frozen records that users hold: equal and hashable by content, shown in a few lines.

    A subclass is a dataclass without `eq` and `repr`, and defines what its card shows.
    """

    @cached_property
    def content_hash(self) -> str:
        """The SHA-256 of everything in it that counts: see `_content`."""
        return content_hash(type(self).__name__, *self._content())

    def _content(self) -> tuple[object, ...]:
        """What the content hash covers: every field, unless a subclass defines otherwise."""
        return tuple(getattr(self, each.name) for each in fields(self))  # type: ignore[arg-type]  # subclasses are

    def _origin(self) -> tuple[object, ...]:
        """What equal objects share beside their content: where it came from."""
        return ()

    def _card(self) -> tuple[str, Mapping[str, object]]:
        """The title of the card, and its entries by name."""
        return type(self).__name__, {}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, Content):
            return NotImplemented
        return self._origin() == other._origin() and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.content_hash))

    def __repr__(self) -> str:
        title, facts = self._card()
        width = max(map(len, facts), default=0)
        return "\n".join([title, *(f"  {name:<{width}}  {_short(fact)}" for name, fact in facts.items())])

    def _repr_html_(self) -> str:
        """The card as a table for notebooks; names of a workbook are text there, never markup."""
        title, facts = self._card()
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(_short(fact))}</td></tr>'
            for name, fact in facts.items()
        )
        return f'<table><caption style="text-align:left">{escape(title)}</caption><tbody>{rows}</tbody></table>'


def _short(fact: object) -> str:
    """A fact on one line of bounded length."""
    text = " ".join(str(fact).split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def counted(names: tuple[str, ...]) -> str:
    """How many there are, and the first of them.

    >>> counted(("Bolton", "Bury"))
    '2: Bolton, Bury'
    """
    more = "" if len(names) <= LISTED else f", and {len(names) - LISTED} more"
    return f"{len(names)}: {', '.join(names[:LISTED])}{more}" if names else "0"
