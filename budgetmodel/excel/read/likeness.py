"""Names of sheets and columns so like a name of the contract that they are taken for its misspelling."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.contract.schema import fold_heading

LIKENESS = 0.85
"""A heading this like a missing column's name is taken for its misspelling."""

SLIP_LENGTH = 4
"""In a name of so many letters one slip of the keyboard is taken for a misspelling, too."""

OTHER_WORDS = frozenset(
    (
        *("cost", "post", "most", "lost", "ghost"),  # not Host
        *("reach", "beach", "teach"),  # not Each
        *("core", "mode", "node", "cone", "cove"),  # not Code
        *("trade", "grace"),  # not Grade
        *("payee", "player", "layer", "prayer", "pager"),  # not Payer
        *("height", "freight"),  # not Weight
        *("valve", "unity", "unite", "there", "here", "were"),  # not Value, Unit, Where
        *("bears", "tears", "votes", "noted", "nodes", "tabs", "taps", "bags", "statue", "croup"),
    )
)
"""Words one letter from a column of the contract that are words of their own: whoever writes one means it."""


def nearest_heading(wanted: str, present: Sequence[str]) -> tuple[str, ...]:
    """The names so like `wanted` that they are taken for its misspelling, nearest first.

    >>> nearest_heading("Baseline", ["Basline", "Notes"]), nearest_heading("Host", ["Hots", "Cost"])
    (('Basline',), ('Hots',))
    """
    from difflib import SequenceMatcher

    right = fold_heading(wanted)
    folded = {name: typed for name in present if (typed := fold_heading(name)) not in OTHER_WORDS}
    quick = SequenceMatcher(None, "", right)  # what it was given second it remembers
    likeness: dict[str, float] = {}
    for name, typed in folded.items():
        quick.set_seq1(typed)
        if _one_slip(right, typed) or (quick.real_quick_ratio() >= LIKENESS and quick.quick_ratio() >= LIKENESS):
            likeness[name] = SequenceMatcher(None, right, typed).ratio()
    near = [name for name, like in likeness.items() if like >= LIKENESS or _one_slip(right, folded[name])]
    return tuple(sorted(near, key=lambda name: -likeness[name]))


def _one_slip(wanted: str, typed: str) -> bool:
    """Whether `typed` is `wanted` with one letter wrong, missing or too many, or two neighbours swapped."""
    if len(wanted) < SLIP_LENGTH or abs(len(wanted) - len(typed)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(wanted, typed, strict=False)) if a != b), None)
    if start is None:  # a letter at the end, or the same name
        return True
    ours, theirs = wanted[start:], typed[start:]
    swapped = ours[:2] == theirs[1::-1] and ours[2:] == theirs[2:]
    return swapped or theirs in (ours[1:], theirs[0] + ours, theirs[0] + ours[1:])
