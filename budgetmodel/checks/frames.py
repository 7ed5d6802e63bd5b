"""Tables of cells -> typed frames: every cell read by its column's kind, every name resolved, every key unique."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from budgetmodel.checks.cells import Finding, Parsed, did_you_mean, number, parse, respelt, words
from budgetmodel.checks.loose_rows import labels_left_out
from budgetmodel.checks.number_text import is_placeholder, names_nothing
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import MADE, IssueList, Severity
from budgetmodel.contract.measures import MEASURE, MONEY, POUNDS
from budgetmodel.contract.schema import (
    DIMENSIONS,
    SHEET,
    Column,
    Kind,
    Sheet,
    fold,
    fold_heading,
    heading_unit,
    setting_named,
)
from budgetmodel.contract.selectors import Members, Selection, SelectorError, nearest, parts, select, with_tidy_years
from budgetmodel.contract.tables import Address, Table, Tables
from budgetmodel.contract.units import DEFAULT_UNIT, MILLIONS_PER_UNIT, NOT_UNDERSTOOD, money_named, money_unit
from budgetmodel.knowledge.facts import unknown_place

DUPLICATE_CODES = {schema.PLACES: "PLACE_DUP", schema.SCENARIOS: "DUP_SCENARIO"}

SUGGESTED = 200
"""Different unknown names of a column that get a "did you mean"; more of them are a column that was pasted wrongly."""


@dataclass
class Typed:
    """The typed frames so far, the members of each naming sheet, and the issues found; grows during the checks.

    `wrong` has the positions of the rows of each sheet in which an error was found; `spoilt` are the sheets with so
    many that only some of them are looked at further. `stated` are the settings of About, once one was asked for.
    """

    tables: Tables
    frames: dict[str, pd.DataFrame]
    members: dict[str, Members]
    issues: IssueList
    wrong: dict[str, set[int]] = field(default_factory=dict)
    spoilt: frozenset[str] = frozenset()
    stated: dict[str, tuple[int, object]] = field(default_factory=dict)

    def report(self, finding: Finding, sheet: str, position: int, column: str) -> None:
        """Record a finding at a cell."""
        if finding.severity == "error":
            self.wrong.setdefault(sheet, set()).add(position)
        if self.issues.room(finding.code, finding.severity, sheet, column):
            table = self.tables.get(sheet)
            address = Address(sheet, "") if table is None else table.address(position, column)
            self.issues.made.append(finding.at(address))

    def has(self, *sheets: str) -> bool:
        """Whether these sheets are there, and right enough, to be checked against each other."""
        return all(sheet in self.tables and sheet not in self.spoilt for sheet in sheets)

    def leave_out_most_wrong_rows(self) -> None:
        """Keep `MADE` wrong rows of a sheet that has more: what else is wrong with the others is not asked.

        The other sheets are not held against it either, since they would be blamed for what it lacks.
        """
        spoilt = {sheet: sorted(rows)[MADE:] for sheet, rows in self.wrong.items() if len(rows) > MADE}
        for sheet, gone in spoilt.items():
            self.frames[sheet] = self.frames[sheet].drop(index=gone).reset_index(drop=True)
        left = {sheet: self.tables[sheet].without(gone) for sheet, gone in spoilt.items()}
        self.tables, self.spoilt = Frozen({**self.tables, **left}), self.spoilt | spoilt.keys()
        self.wrong, self.stated = {}, {}


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
    _scale_money(typed)
    return typed


def mostly_wrong(tables: Tables) -> frozenset[str]:
    """The sheets, folded, in which more than half of the rows hold an error, and `MADE` of them at least.

    Rows with a blank that must be filled are left aside: what merged cells say of them may stand further down the file.
    """
    whole = Frozen({name: _whole_rows(table) for name, table in tables.items()})
    wrong = type_tables(whole).wrong
    return frozenset(fold(n) for n, rows in wrong.items() if len(rows) > MADE and 2 * len(rows) > len(whole[n]))


def _whole_rows(table: Table) -> Table:
    due = [table.values[c.name] for c in SHEET[table.sheet].columns if c.must_be_filled and c.name in table.values]
    return table.without(at for at in range(len(table)) if any(values[at] is None for values in due))


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
        cells = {
            member: {fold(part): part for part in parts(words(value))}
            for member, value in zip(frame[key], values, strict=True)
            if member is not None and value is not None
        }
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
    for position, values in enumerate(zip(*(frame[name] for name in sheet.key), strict=True)):
        if any(value is None for value, must in zip(values, needed, strict=True) if must):
            continue
        key = tuple(folded[value] for value in values)
        if key in first:
            other = typed.tables[sheet.name].address(first[key], sheet.key[0])
            shown = ", ".join(str(value) for value in values if value is not None)
            found = f"'{shown}' stands already in {other.text}"
            code = DUPLICATE_CODES.get(sheet.name, "DUPLICATE_ROW")
            finding = Finding(
                code, found, f"one row per {sheet.row_of}", "Delete or correct one of them; rows are not added up."
            )
            typed.report(finding, sheet.name, position, sheet.key[0])
        else:
            first[key] = position


def _as_key(sheet: Sheet, text: str) -> str:
    """The form of a name by which rows are compared; a setting is the same one with a unit in brackets."""
    return (setting_named(text) if sheet.name == schema.ABOUT else None) or fold(text)


def _scale_money(typed: Typed) -> None:
    """Money columns become £m; a unit in a heading that contradicts About is an error."""
    unit = workbook_unit(typed)
    _check_unit_of_setting(unit, typed)
    for sheet in schema.SHEETS:
        table = typed.tables.get(sheet.name)
        for column in sheet.columns:
            if table is not None and column.name in table.headings:
                _check_heading_unit(table, sheet, column, unit, typed)
            if column.kind is Kind.MONEY:
                amounts = [_millions(value, unit) for value in typed.frames[sheet.name][column.name]]
                typed.frames[sheet.name][column.name] = pd.Series(amounts, dtype=float)


def _millions(value: object, unit: str) -> float:
    return value * MILLIONS_PER_UNIT[unit] if isinstance(value, float) else float("nan")


def workbook_unit(typed: Typed) -> str:
    """The money unit of About; £m when it has none. A unit that is none of ours is an issue."""
    found = setting(typed, schema.MONEY_UNIT)
    if found is None:
        return DEFAULT_UNIT
    position, value = found
    unit = money_unit(str(value))
    if unit is None:
        units = ", ".join(MILLIONS_PER_UNIT)
        finding = Finding("UNIT_UNKNOWN", f"'{value}' is no money unit", f"one of: {units}", "Type £m, £k or £.")
        if finding.at(typed.tables[schema.ABOUT].address(position, "Value")) not in typed.issues:
            typed.report(finding, schema.ABOUT, position, "Value")
    return unit or DEFAULT_UNIT


def _units_due(sheet: Sheet, column: Column, unit: str, typed: Typed) -> tuple[str, ...]:
    """The money units that a heading may name alone, the best one first; nothing for a column without money."""
    if (sheet.name, column.name) == (schema.RULES, "Value"):
        named = typed.frames[schema.RULES]["Measure"]
        units = {MEASURE[name].unit for name in named if name in MEASURE}
        return (unit, POUNDS.sign) if POUNDS in units and MONEY not in units else (unit,)
    due = unit if column.kind is Kind.MONEY else money_unit(column.unit)
    return () if due is None else (due,)


def _check_heading_unit(table: Table, sheet: Sheet, column: Column, unit: str, typed: Typed) -> None:
    due = _units_due(sheet, column, unit, typed)
    if not due:
        return
    stated = heading_unit(table.headings[column.name])
    found = _contradiction(stated, due, money=column.kind is Kind.MONEY)
    if found is not None:
        about = "" if money_unit(column.unit) and column.kind is not Kind.MONEY else ", or change 'Money unit' in About"
        finding = Finding("UNIT_SCALE", f"the heading {found}", due[0], f"Write '{column.name} ({due[0]})'{about}.")
        typed.issues.append(finding.at(table.header_address(column.name)))


def _contradiction(text: str, due: tuple[str, ...], *, money: bool) -> str | None:
    """What is wrong with a unit in brackets: it names another money unit than is due, or none that is known.

    Where not all is `money`, there may be several units, each for its own rows.
    """
    stated = money_named(text, surely_money=money)
    if not stated or (len(stated) == 1 and stated <= set(due)) or (not money and len(stated) > 1):
        return None
    if len(stated) > 1 or NOT_UNDERSTOOD in stated:
        return f"says '{text}', which names no one unit of money; the money is in {due[0]}"
    return f"says {text}, but the money is in {due[0]}"


def _check_unit_of_setting(unit: str, typed: Typed) -> None:
    """A label such as `Money unit (£k)` that has another unit than its value, or has it in the value's stead."""
    for position, label, _ in _about(typed):
        found = _contradiction(heading_unit(label), (unit,), money=False)
        if setting_named(label) == schema.MONEY_UNIT and found is not None:
            fix = f"Write '{schema.MONEY_UNIT}' alone, and the unit as its value."
            typed.report(Finding("UNIT_SCALE", f"the setting {found}", unit, fix), schema.ABOUT, position, "Setting")


def settings(typed: Typed) -> dict[str, str]:
    """The settings of About by their contract names, percentages as shares (`0.035`); unknown ones are warned of."""
    result: dict[str, str] = {}
    unit, unused = workbook_unit(typed), 0
    for position, label, value in _about(typed):
        name = setting_named(label)
        if name is None:
            finding = _unused_setting(label, value, unit, suggest=unused < SUGGESTED)
            typed.report(finding, schema.ABOUT, position, "Setting")
            unused += 1
        elif value is not None:
            read = number(value)[0] if name in schema.RATE_SETTINGS else None
            text = words(value if read is None else read)
            result[name] = fold(text) if name in schema.YES_NO_SETTINGS else text
    return result


def _unused_setting(label: str, value: object, unit: str, *, suggest: bool) -> Finding:
    """What to say of a setting outside the contract: an error when it may have been meant for another money unit."""
    found, expected = f"the setting '{label}' is not used", "a setting of the contract"
    stated = money_named(words(value), surely_money=True) if value is not None else frozenset()
    if stated - {unit} and (
        nearest(label, (schema.MONEY_UNIT,)) or not {"unit", "units"}.isdisjoint(fold(label).split())
    ):
        found = f"{found}: it says {words(value)}, but money is read in {unit}"
        return Finding("SETTING_UNUSED", found, f"'{schema.MONEY_UNIT}'", f"Rename it to '{schema.MONEY_UNIT}'.")
    fix = "Nothing to do, unless it was meant to be read."
    fix = did_you_mean(label, schema.SETTINGS, fix) if suggest else fix
    return Finding("SETTING_UNUSED", found, expected, fix, "warning")


def setting(typed: Typed, name: str) -> tuple[int, object] | None:
    """The position and value of a setting of About; None when it is absent or blank."""
    if not typed.stated:
        for position, label, value in _about(typed):
            named = setting_named(label)
            if named is not None and value is not None:
                typed.stated.setdefault(named, (position, value))
    return typed.stated.get(name)


def _about(typed: Typed) -> Iterator[tuple[int, str, object]]:
    """The position, label and value of each row of About that has a label."""
    about = typed.frames[schema.ABOUT]
    for position, (label, value) in enumerate(zip(about["Setting"], about["Value"], strict=True)):
        if label is not None:
            yield position, str(label), value


def setting_text(typed: Typed, name: str) -> str:
    """The text of a setting of About; empty when it is absent or blank."""
    found = setting(typed, name)
    return "" if found is None else words(found[1])
