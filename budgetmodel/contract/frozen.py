"""Read-only containers that can be pickled, and records whose tables and arrays cannot be changed from outside.

pandas tables have no read-only state, so a table is handed out as a copy: what a user does to it stays with the user.
A full copy, because `frame["a"].array` of a shallow one still writes into the table behind it. `MappingProxyType` is
read-only, but can be neither pickled nor copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from typing import Any, NoReturn, TypeVar

import numpy as np
import pandas as pd

from budgetmodel.contract.nearest_name import UnknownName

K = TypeVar("K")
V = TypeVar("V")
C = TypeVar("C", bound=type)


class Frozen(dict[K, V]):
    """A mapping that cannot be changed; `dict(frozen)` gives one that can.

    >>> names = Frozen({"a": 1})
    >>> names["a"] = 2
    Traceback (most recent call last):
    TypeError: This mapping cannot be changed; dict(...) makes one that can.
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Say that nothing can be changed here."""
        raise TypeError("This mapping cannot be changed; dict(...) makes one that can.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none, since it can be changed
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Frozen[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)

    def __copy__(self) -> Frozen[K, V]:
        return self


class Frames(Mapping[str, pd.DataFrame]):
    """Tables by name, read-only: every access gives a copy of the table, which is the user's own.

    KeyError for a name that is none gives the name that was likely meant; `of` is what a table is called there.
    """

    __slots__ = ("_frames", "_of")

    def __init__(self, frames: Mapping[str, pd.DataFrame], of: str = "table") -> None:
        # A full copy brings the columns of one type together, so that the copies handed out cost next to nothing.
        self._frames = {name: frame.copy() for name, frame in frames.items()}
        self._of = of

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            raise UnknownName(self._of, name, self._frames)
        return self._frames[name].copy()

    def __contains__(self, name: object) -> bool:
        return name in self._frames

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __repr__(self) -> str:
        return f"Frames({rows_of(self)})"

    def rows(self) -> dict[str, int]:
        """How many rows every table has."""
        return {name: len(frame) for name, frame in self._frames.items()}

    def with_frames(self, changed: Mapping[str, pd.DataFrame]) -> Frames:
        """The same tables with some of them replaced or added."""
        result = Frames(changed, self._of)
        result._frames = {**self._frames, **result._frames}  # its own are never handed out, so they can be shared
        return result


def rows_of(frames: Frames, names: Iterable[str] | None = None) -> str:
    """Tables with their rows, on one line."""
    rows = frames.rows()
    return ", ".join(f"{name} ({rows[name]:,})" for name in names or rows)


class _HandedOut:
    """A table of a record: a copy goes out each time."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, record: Any, owner: type | None = None) -> Any:
        if record is None:
            return self
        try:
            return record.__dict__[self.name].copy()
        except KeyError:
            raise AttributeError(self.name) from None

    def __set__(self, record: Any, frame: pd.DataFrame) -> None:
        record.__dict__[self.name] = frame.copy() if isinstance(frame, pd.DataFrame) else frame


def read_only(record: C) -> C:
    """Decorate a frozen dataclass, from outside: nothing that its fields hold can be changed either.

    Its tables are handed out as copies, its arrays are read-only, its mappings are Frozen (of tables: Frames). It can
    be pickled; a copy of it is the record itself.
    """
    types = {each.name: str(each.type) for each in fields(record)}
    for name, kind in types.items():
        if kind == "pd.DataFrame":
            setattr(record, name, _HandedOut(name))
    begin = record.__init__  # type: ignore[misc]  # the one that dataclass made

    @wraps(begin)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # takes the place of the one made
        begin(self, *args, **kwargs)
        __setstate__(self, self.__dict__)

    def __getstate__(self: Any) -> dict[str, Any]:  # noqa: N807  # what is cached is worked out again
        return {name: self.__dict__[name] for name in types}

    def __setstate__(self: Any, state: dict[str, Any]) -> None:  # noqa: N807  # arrays come out of a pickle writeable
        self.__dict__.update({name: _frozen(state[name], kind) for name, kind in types.items()})

    for method in (__init__, __getstate__, __setstate__):
        setattr(record, method.__name__, method)
    record.__copy__ = lambda self: self  # type: ignore[attr-defined]  # what cannot change needs no second one
    record.__deepcopy__ = lambda self, _: self  # type: ignore[attr-defined]
    return record


def _frozen(value: Any, kind: str = "") -> Any:
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, Mapping) and not isinstance(value, Frozen | Frames):
        if kind == "Frames" or kind.endswith(", pd.DataFrame]"):
            return Frames(value)
        return Frozen({key: _frozen(each) for key, each in value.items()})
    return value
