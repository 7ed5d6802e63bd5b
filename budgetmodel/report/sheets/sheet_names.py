"""Unique names of sheets for members of a workbook, made of their letters and digits, by Excel's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NAME_LIMIT = 31
"""Most characters of a sheet's name."""

RESERVED = ("history",)
"""Names that Excel reserves, in lower case."""

_UNSAFE = re.compile(r"[^\w ]|_")


def sheet_names(members: Sequence[str], taken: Iterable[str], otherwise: str = "Place") -> dict[str, str]:
    """A sheet's name for every member: letters, digits and spaces only, at most 31, unique whatever the case.

    A name that is taken, or that an earlier member has, gets a number; one without letters becomes
    `otherwise`. Equal members in equal order give equal names.

    >>> sheet_names(["St. Helens", "A/B", "a b", "???", "x" * 40], ["Checks"])["a b"]
    'a b 2'
    """
    used = {name.casefold() for name in (*taken, *RESERVED)}
    names = {}
    for member in members:
        plain = " ".join(_UNSAFE.sub(" ", member.replace("&", " and ")).split())
        name = _free(plain[:NAME_LIMIT].strip() or otherwise, used)
        used.add(name.casefold())
        names[member] = name
    return names


def _free(name: str, used: set[str]) -> str:
    """The name, or the name with the first number that is free, cut so that both fit."""
    found, number = name, 1
    while found.casefold() in used:
        number += 1
        end = f" {number}"
        found = name[: NAME_LIMIT - len(end)].strip() + end
    return found
