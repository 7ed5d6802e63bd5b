"""Tables of cells -> typed frames: every cell read by its column's kind, every name resolved, every key unique."""

from __future__ import annotations

from typing import Any

import pandas as pd

from budgetmodel.checks.cells import Finding, Parsed, parse, respelt, words
from budgetmodel.checks.loose_rows import labels_left_out
from budgetmodel.checks.money_units import scale_money
from budgetmodel.checks.number_text import is_placeholder, names_nothing
from budgetmodel.checks.typed import Typed, setting_text
from budgetmodel.contract import schema
from budgetmodel.contract.issues import MADE, IssueList, Severity
from budgetmodel.contract.schema import (
    DIMENSIONS,
    Column,
    Kind,
    Sheet,
    fold,
    fold_heading,
    setting_named,
)
from budgetmodel.contract.selectors import Members, Selection, SelectorError, parts, select, with_tidy_years
from budgetmodel.contract.tables import Address, Table, Tables
from budgetmodel.knowledge.facts import unknown_place

DUPLICATE_CODES = {schema.PLACES: "PLACE_DUP", schema.SCENARIOS: "DUP_SCENARIO"}

SUGGESTED = 200
"""Different unknown names of a column that get a "did you mean"; more of them are a column that was pasted wrongly."""


def type_tables(tables: Tables) -> Typed:
    """Read every cell of every table; problems are collected, never raised."""
    typed = Typed(tables, {}, {}, IssueList())
    for sheet in schema.SHEETS:
        table = tables.get(sheet.name)
        typed.frames[sheet.name] = _empty(sheet) if table is None else _typed_cells(table, sheet, typed)
    _one_spelling(typed)
    for dimension, (sheet_name, column) in DIMENSIONS.items():
        typed.members[sheet_name] = _members(typed, dimension, sheet_name, column)
    for sheet_name, column in (
        (schema.REGIMES, "Regime"),
        (schema.SCENARIOS, "Scenario"),
        (schema.TARGET, "Component"),
    ):
        names = tuple(dict.fromkeys(n for n in typed.frames[sheet_name][column] if n is not None))
        typed.members[sheet_name] = Members(column.lower(), names, {fold(n): n for n in names}, {})
    for sheet in schema.SHEETS:
        if sheet.name in tables:
            _resolve(sheet, typed)
            _check_keys(sheet, typed)
            if sheet.rows_needed and not len(tables[sheet.name]):
                finding = Finding("NO_ROWS", "the sheet has no rows", f"a row per {sheet.row_of}", "Fill the sheet.")
                typed.issues.append(finding.at(Address(sheet.name, "")))
    scale_money(typed)
    return typed


def mostly_wrong(tables: Tables) -> frozenset[str]:
    """The sheets, folded, in which more than half of the rows hold an error, and `MADE` of them at least."""
    wrong = type_tables(tables).wrong
    return frozenset(fold(n) for n, rows in wrong.items() if len(rows) > MADE and 2 * len(rows) > len(tables[n]))


def _empty(sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame({column.name: pd.Series(dtype=object) for column in sheet.columns})


def _typed_cells(table: Table, sheet: Sheet, typed: Typed) -> pd.DataFrame:
    data: dict[str, pd.Series[Any]] = {}
    left_out = labels_left_out(table, sheet)
    typed.issues.extend(issue for issue, _ in left_out.values())
    for column in sheet.columns:
        told = left_out[column.name][1] if column.name in left_out else frozenset[int]()
        values: list[object] = []
        seen: dict[tuple[type, object], Parsed] = {}  # most cells of a long column repeat
        unread = 0
        for position, raw in enumerate(table.column(column.name)):
            if (type(raw), raw) not in seen:
                seen[type(raw), raw] = parse(raw, column, suggest=unread < SUGGESTED)
                unread += seen[type(raw), raw][1] is not None
            value, finding = seen[type(raw), raw]
            # A missing column was reported once, and so were the labels that a pivot leaves out.
            if finding is not None and column.name in table.values and position not in told:
                typed.report(finding, sheet.name, position, column.name)
            values.append(value)
        data[column.name] = pd.Series(values, dtype=object)
    return pd.DataFrame(data)


def _one_spelling(typed: Typed) -> None:
    """Free names that differ in case or spaces only become one name, and the other spellings are logged."""
    for sheet in schema.SHEETS:
        table, frame = typed.tables.get(sheet.name), typed.frames[sheet.name]
        for column in sheet.columns:
            if table is None or not column.one_name_in:
                continue
            spelt: dict[str, str] = {}
            for name in (str(name) for other in column.one_name_in for name in frame[other] if name is not None):
                spelt.setdefault(fold(name), name)
            for position, (text, raw) in enumerate(zip(frame[column.name], table.column(column.name), strict=True)):
                if text is None or fold(str(text)) in column.suggest:  # a keyword is no name
                    continue
                name = spelt[fold(str(text))]
                # Stray spaces of a NAME were reported when its cell was read.
                as_typed = raw if isinstance(raw, str) and column.kind is not Kind.NAME else text
                if as_typed != name:
                    typed.report(respelt(as_typed, name), sheet.name, position, column.name)
                    frame.at[position, column.name] = name


def _members(typed: Typed, dimension: str, sheet_name: str, column: str) -> Members:
    """The members of a dimension; aliases of places must be nobody else's name."""
    frame = typed.frames[sheet_name]
    names = tuple(dict.fromkeys(name for name in frame[column] if name is not None))
    known = {fold(name): name for name in names}
    if "Also known as" in frame:
        for position, (name, aliases) in enumerate(zip(frame[column], frame["Also known as"], strict=True)):
            for alias in parts(aliases) if aliases is not None and name is not None else []:
                if names_nothing(alias):
                    continue
                holder = known.setdefault(fold(alias), name)
                if holder != name:
                    found = f"'{alias}' is also a name of '{holder}'"
                    finding = Finding("ALIAS_CLASH", found, "a name of one place only", "Delete it in one of the rows.")
                    typed.report(finding, sheet_name, position, "Also known as")
    return Members(dimension, names, known, _attributes(typed, sheet_name, column), ordered=dimension == "year")


def _attributes(typed: Typed, sheet_name: str, key: str) -> dict[str, dict[str, dict[str, str]]]:
    """For each column of a naming sheet, extra ones too, the values of each member's cell: folded, and as written."""
    frame = typed.frames[sheet_name]
    table = typed.tables.get(sheet_name)
    columns: dict[str, list[object]] = {name: list(frame[name]) for name in map(str, frame.columns)}
    for name in table.extra if table is not None else ():
        columns[name] = list(table.column(name)) if table is not None else []
    result: dict[str, dict[str, dict[str, str]]] = {}
    for name, values in columns.items():
        cells: dict[str, dict[str, str]] = {}
        for member, value in zip(frame[key], values, strict=True):  # of several rows of a member: what any of them has
            if member is not None and value is not None:
                cells.setdefault(member, {}).update({fold(part): part for part in parts(words(value))})
        if cells or (table is not None and name in table.letters):
            result[fold_heading(name)] = cells
    return result


def _resolve(sheet: Sheet, typed: Typed) -> None:
    """Names of other sheets' members become those members; selectors become selections."""
    frame = typed.frames[sheet.name]
    for column in sheet.columns:
        if column.refers not in typed.members or not typed.has(column.refers):
            continue
        members = typed.members[column.refers]
        if column.kind is Kind.SELECTOR:
            frame[column.name] = _selections(frame, sheet, column, members, typed)
        elif column.kind in {Kind.MEMBER, Kind.YEAR}:
            frame[column.name] = _names(frame, sheet, column, members, typed)


def _names(frame: pd.DataFrame, sheet: Sheet, column: Column, members: Members, typed: Typed) -> pd.Series[Any]:
    """The members that a column names; each different cell is looked up once."""
    seen: dict[tuple[object, object], tuple[str | None, Finding | None]] = {}
    result: list[str | None] = []
    unknown = 0
    for position, cell in enumerate(zip(frame[column.name], typed.tables[sheet.name].column(column.name), strict=True)):
        if cell not in seen:
            seen[cell] = _member(*cell, column, members, typed, suggest=unknown < SUGGESTED)
            unknown += cell[0] is not None and seen[cell][0] is None
        name, finding = seen[cell]
        if finding is not None:
            typed.report(finding, sheet.name, position, column.name)
        result.append(name)
    return pd.Series(result, dtype=object, index=frame.index)


def _member(
    value: object, raw: object, column: Column, members: Members, typed: Typed, *, suggest: bool
) -> tuple[str | None, Finding | None]:
    """The member that a value names, `raw` being what the cell holds, and what there is to say about it."""
    if value is None:
        return None, None
    name = members.find(str(value))
    if name is None:
        known = f"a {members.dimension} of the sheet '{column.refers}'"
        explained = _explained(members, str(value), typed) if suggest else ""
        fix = explained or (_suggestion(members, str(value)) if suggest else _no_suggestion(members))
        if is_placeholder(str(value)) and not explained:
            blank = "" if column.must_be_filled else ", or leave the cell blank"
            fix = f"Type a {members.dimension} as it stands in its own sheet{blank}."
        severity: Severity = "warning" if column.shown_only else "error"
        return None, Finding(_unknown(members), f"'{value}' is no {members.dimension}", known, fix, severity)
    if isinstance(raw, str) and raw != name and fold(raw) == fold(name):
        return name, respelt(raw, name)
    return name, None


def _selections(frame: pd.DataFrame, sheet: Sheet, column: Column, members: Members, typed: Typed) -> pd.Series[Any]:
    seen: dict[object, Selection | Finding] = {}
    result: list[Selection | None] = []
    unknown = 0
    for position, text in enumerate(frame[column.name]):
        if text not in seen:
            seen[text] = _select(text, members, typed, suggest=unknown < SUGGESTED)
            unknown += isinstance(seen[text], Finding)
        selection = seen[text]
        if isinstance(selection, Finding):
            typed.report(selection, sheet.name, position, column.name)
            result.append(None)
        else:
            if members.ordered and text is not None:
                _log_years(str(text), sheet, position, column, typed)
            result.append(selection)
    return pd.Series(result, dtype=object, index=frame.index)


def _log_years(text: str, sheet: Sheet, position: int, column: Column, typed: Typed) -> None:
    """The repair of years in a selector that are written another way."""
    tidy = with_tidy_years(text)
    if fold(tidy) != fold("; ".join(parts(text))):
        finding = Finding("YEAR_FORMAT", f"'{text}' was read as {tidy}", f"'{tidy}'", f"Type {tidy}.", "repaired")
        typed.report(finding, sheet.name, position, column.name)


def _select(text: object, members: Members, typed: Typed, *, suggest: bool) -> Selection | Finding:
    try:
        return select(None if text is None else str(text), members, suggest=suggest)
    except SelectorError as error:
        return selector_finding(error, members, _explained(members, error.part, typed) if suggest else "")


def selector_finding(error: SelectorError, members: Members, known_fix: str = "") -> Finding:
    """What to say of a selector part that selects nothing; `known_fix` goes before any suggestion."""
    unknown = error.reason.startswith("is no") and ":" not in error.part
    code = _unknown(members) if unknown else "SELECTOR_EMPTY"
    if known_fix:
        fix = known_fix
    elif is_placeholder(error.part):
        fix = f"Name a {members.dimension}, or leave it blank for all."
    elif error.suggestions:
        fix = f"Did you mean {' or '.join(repr(name) for name in error.suggestions)}?"
    else:
        fix = f"Name a {members.dimension}, or an attribute such as 'column: value'."
    return Finding(code, str(error), f"one or more {members.dimension}s, separated by ;", fix)


def _explained(members: Members, text: str, typed: Typed) -> str:
    """What to do about a name that is no place but plainly something else; empty when nobody knows."""
    if members.dimension != "place":
        return ""
    return unknown_place(text, members, setting_text(typed, "System code"), setting_text(typed, "System")) or ""


def _unknown(members: Members) -> str:
    return f"{members.dimension.upper()}_UNKNOWN"


def _suggestion(members: Members, text: str) -> str:
    near = members.suggest(text)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return _no_suggestion(members)


def _no_suggestion(members: Members) -> str:
    return f"Type a {members.dimension} as it stands in its own sheet, or add it there."


def _check_keys(sheet: Sheet, typed: Typed) -> None:
    """No two rows may have the same key; names are compared whatever their case."""
    if not sheet.key:
        return
    frame = typed.frames[sheet.name]
    first: dict[tuple[str, ...], int] = {}
    folded = {value: _as_key(sheet, str(value)) for name in sheet.key for value in set(frame[name])}
    needed = [sheet.column(name).must_be_filled for name in sheet.key]
    by_year = _with_years(sheet, typed)
    for position, values in enumerate(zip(*(frame[name] for name in sheet.key), strict=True)):
        if any(value is None for value, must in zip(values, needed, strict=True) if must):
            continue
        key = tuple(folded[value] for value in values)
        if key[0] in by_year:  # whether they have each year once is another check
            continue
        if key in first:
            table = typed.tables[sheet.name]
            other = table.row_address(first[key], sheet.key[0])
            shown = ", ".join(str(value) for value in values if value is not None)
            found = f"'{shown}' stands already in {other.text}"
            code = DUPLICATE_CODES.get(sheet.name, "DUPLICATE_ROW")
            finding = Finding(
                code, found, f"one row per {sheet.row_of}", "Delete or correct one of them; rows are not added up."
            )
            across = (position, "") in table.origins
            typed.report(finding, sheet.name, position, "" if across else sheet.key[0])
        else:
            first[key] = position


def _with_years(sheet: Sheet, typed: Typed) -> set[str]:
    """The members, folded, of which some row states the years that it is for."""
    if not sheet.dated:
        return set()
    years, names = typed.tables[sheet.name].column(schema.YEARS_OF_ROW), typed.frames[sheet.name][sheet.key[0]]
    return {fold(str(name)) for name, text in zip(names, years, strict=True) if name is not None and text is not None}


def _as_key(sheet: Sheet, text: str) -> str:
    """The form of a name by which rows are compared; a setting is the same one with a unit in brackets."""
    return (setting_named(text) if sheet.name == schema.ABOUT else None) or fold(text)
