"""Changes in words: the grammar of `--set` and the keywords of `Budget.changed`, as rows like those of Changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.selectors import SelectorError, conditions, parts
from budgetmodel.contract.tables import Table
from budgetmodel.scenarios.change_row import KEEP, WHAT_IF, ChangeRow
from budgetmodel.scenarios.changes import names_sheet
from budgetmodel.scenarios.picking import where_meant

CHANGED = "changed()"
"""How the calls of `changed` are named in messages and in the ledger, with a number."""

SET = "--set"
"""How the changes of a command line are named, with a number."""

EXAMPLE = 'Write it as "Rules.Value[Rule=Pace ceiling] = 6%".'

OPERATIONS = {"=": "set", "+=": "add", "-=": "add", "*=": "multiply"}

_ROWS = re.compile(r"^\s*(remove|append)\s+(\w+(?: +\w+)*)\s*(?:\[(.*)\])?\s*$", re.IGNORECASE | re.DOTALL)
_OPERATOR = re.compile(r"\s*([-+*]?=)(.*)$", re.DOTALL)
_QUOTED = re.compile(r"""^(["'])(.*)\1$""", re.DOTALL)


class Unreadable(BadCommand):
    """A change in words that does not follow the grammar; the message names what is wrong with it."""


def row_of(
    label: str,
    table: str,
    *,
    field: str = "",
    where: Mapping[str, object] | str | None = None,
    to: object = KEEP,
    add: object = None,
    multiply: object = None,
    remove: bool = False,
    append: Mapping[str, object] | None = None,
    unit: str = "",
    reason: str = WHAT_IF,
    owner: str = "",
) -> ChangeRow:
    """A change as the keywords of `Budget.changed` say it; raises TypeError unless they say exactly one."""
    given = {
        "to": to is not KEEP,
        "add": add is not None,
        "multiply": multiply is not None,
        "remove": remove,
        "append": append is not None,
    }
    if sum(given.values()) != 1:
        names_given = ", ".join(name for name, present in given.items() if present) or "none"
        raise TypeError(f"changed() takes one of to, add, multiply, remove and append; it was given {names_given}")
    change = next(name for name, present in given.items() if present).replace("to", "set")
    if append is not None and (where is not None or field):
        raise TypeError("changed() takes a new row from append alone, without where and field")
    if remove and field:
        raise TypeError("changed() removes whole rows: leave out field, or set it to=None to blank a column")
    value = {"set": to, "add": add, "multiply": multiply}.get(change)
    picked = where if append is None else append
    text = picked if isinstance(picked, str) else _where(picked or {})
    return ChangeRow(table, change, text, field, _plain(value), unit, reason, owner, label)


def _where(picked: Mapping[str, object]) -> str:
    """`{"Place": ["Bury", "Bolton"], "Year": "2026/27"}` in the sheet's grammar.

    >>> _where({"Place": ["Bury", "Bolton"], "Value": 0.02})
    'Place=Bury | Bolton; Value=0.02'
    """
    pieces = []
    for column, value in picked.items():
        several = value if isinstance(value, Sequence | Set) and not isinstance(value, str) else (value,)
        options = [_text(each) for each in several]
        if not options:
            raise TypeError(f"where: no value is given for '{column}'")
        pieces.append(f"{column}={' | '.join(options)}")
    return "; ".join(pieces)


def _text(value: object) -> str:
    plain = _plain(value)
    return "" if plain is None else repr(plain) if isinstance(plain, float) else str(plain)


def _plain(value: object) -> object:
    """A value as a cell may hold it; numpy's numbers become Python's. Raises TypeError for anything else."""
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a cell holds text or a number, not {type(value).__name__}")


def read_sets(sentences: Sequence[str], tables: Mapping[str, Table] | None = None) -> tuple[ChangeRow, ...]:
    """The changes of a command line, in order; raises Unreadable with one sentence for the first that is unclear.

    Brackets that name no column are told when the tables of the workbook are known: they say which column is meant.
    """
    rows = tuple(_read(sentence, f"{SET} {number}") for number, sentence in enumerate(sentences, start=1))
    for row, sentence in zip(rows, sentences, strict=True) if tables is not None else ():
        try:
            conditions(row.where)
        except SelectorError as error:
            table = next((table for name, table in (tables or {}).items() if names_sheet(row.table, name)), None)
            meant = "" if table is None else where_meant(row.where, table)
            right = f"Type {meant}" if meant else "Write the brackets as [Column=value; Column=value | value]"
            raise Unreadable(f"{row.label} '{sentence}': {error}. {right}.") from None
    return rows


def _read(sentence: str, label: str) -> ChangeRow:
    """One change in words.

    >>> _read("Rules.Value[Rule=Pace ceiling] = 6%", "--set 1").value
    '6%'
    """
    try:
        whole = _ROWS.match(sentence)
        if whole is not None:
            where = _unquoted(whole[3] or "")
            if whole[1].lower() == "append" and not where:
                raise Unreadable("the new row has no values: write append Table[Column=value; ...]")
            return ChangeRow(whole[2], whole[1].lower(), where, reason=_reason(sentence), label=label)
        return _edit(sentence, label)
    except Unreadable as unclear:
        raise Unreadable(f"{label} '{sentence}': {unclear}") from None


def _edit(sentence: str, label: str) -> ChangeRow:
    target, where, operator, text = _pieces(sentence)
    table, dot, column = (piece.strip() for piece in target.partition("."))
    if not (table and dot and column):
        raise Unreadable(f"the beginning names no sheet and column. {EXAMPLE}")
    text = text.strip()
    if not text:
        raise Unreadable(f"""nothing stands after '{operator}'. Write "" for a blank cell.""")
    quoted = _QUOTED.match(text)
    value = quoted[2] if quoted else text
    if operator == "-=":
        value = value[1:].strip() if value.startswith("-") else f"-{value.removeprefix('+').strip()}"
    change = OPERATIONS[operator]
    return ChangeRow(table, change, _unquoted(where), column, value or None, reason=_reason(sentence), label=label)


def _pieces(sentence: str) -> tuple[str, str, str, str]:
    """The sheet and column, what the brackets hold, the operator and the value."""
    bracket, equals = sentence.find("["), sentence.find("=")
    if bracket < 0 or 0 <= equals < bracket:
        found = re.match(r"^([^=]*?)\s*([-+*]?=)(.*)$", sentence, re.DOTALL)
        if found is None:
            raise Unreadable(f"there is no = in it. {EXAMPLE}")
        return found[1], "", found[2], found[3]
    for end in (at for at, sign in enumerate(sentence) if sign == "]" and at > bracket):
        found = _OPERATOR.match(sentence[end + 1 :])
        if found is not None:
            return sentence[:bracket], sentence[bracket + 1 : end], found[1], found[2]
    raise Unreadable(f"after the brackets comes none of =, +=, -= and *=. {EXAMPLE}")


def _unquoted(where: str) -> str:
    """What the brackets hold, without quotes around values; a part that names no column stays as it is."""
    try:
        picked = conditions(where)
    except SelectorError:
        return "; ".join(" | ".join(_bare(option.strip()) for option in part.split("|")) for part in parts(where))
    return "; ".join(f"{column}={' | '.join(map(_bare, options))}" for column, options in picked)


def _bare(option: str) -> str:
    quoted = _QUOTED.match(option)
    return quoted[2] if quoted else option


def _reason(sentence: str) -> str:
    return f"{WHAT_IF}: {' '.join(sentence.split())}"
