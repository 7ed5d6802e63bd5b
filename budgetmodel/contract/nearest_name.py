"""The name that was likely meant, for the errors of the Python interface."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LISTED = 12
"""Names that a message lists where none is near."""


def near(name: object, names: Iterable[str]) -> str:
    """What to do about a name that is none: the nearest name, or the names there are.

    >>> near("alocation", ["allocation", "flows"])
    "Did you mean 'allocation'?"
    >>> near("x", ["allocation", "flows"])
    'Choose from: allocation, flows.'
    """
    known = list(names)
    folded = {each.casefold(): each for each in reversed(known)}
    close = get_close_matches(str(name).casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{folded[close[0]]}'?"
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return f"Choose from: {', '.join(known[:LISTED])}{more}." if known else "There is none."


def no_attribute(thing: object, name: str) -> AttributeError:
    """The error for an attribute that is none, with the public name that is nearest."""
    kind = type(thing).__name__
    if name.startswith("_"):  # asked for by protocols, which look and go on
        return AttributeError(f"'{kind}' object has no attribute '{name}'")
    known = [each for each in dir(type(thing)) if not each.startswith("_")]
    fields = [each for each in getattr(type(thing), "__dataclass_fields__", ()) if each not in known]
    # With no object, Python does not add a suggestion of its own to this one.
    return AttributeError(f"A {kind} has no '{name}'. {near(name, [*fields, *known])}", name=name, obj=None)


class UnknownName(KeyError):
    """A KeyError whose message is a sentence: what was asked for is not there, and what may have been meant."""

    def __init__(self, kind: str, name: object, names: Iterable[str]) -> None:
        """Carry the kind of thing that was asked for, the name given, and the names there are."""
        self.kind, self.name, self.names = kind, name, tuple(names)
        super().__init__(f"There is no {kind} {name!r}. {near(name, self.names)}")

    def __str__(self) -> str:
        """The sentence; a KeyError would put it in quotation marks."""
        return str(self.args[0])

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, object, tuple[str, ...]]]:
        return type(self), (self.kind, self.name, self.names)
