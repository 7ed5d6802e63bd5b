"""Rows of a sheet that are no data, totals and notes under a table: left out before typing, and logged."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace

from budgetmodel.checks.cells import Finding, words
from budgetmodel.checks.loose_rows import rows_alone, unlabelled_totals
from budgetmodel.checks.totals import leave_out_totals, member_names
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.schema import SHEETS, Kind, Sheet, fold
from budgetmodel.contract.selectors import nearest, parts
from budgetmodel.contract.tables import Table, Tables

NOTE_WORDS = ("source", "sources", "note", "notes", "nb", "n.b", "footnote", "footnotes", "caveat", "caveats", "key")
"""Text that begins with one of these and a colon or full stop is a note."""

NOTE_SIGNS = ("*", "\u2020", "\u2021", "\u00a7", "\u00a9")
"""Signs that a note begins with: asterisk, daggers, section, copyright."""

SENTENCE = 6
"""So many words, alone in a row where a member is due, are a sentence."""

TOLD = 200
"""Rows of a sheet that have an error of their own as no data; one more counts the rest."""

NEVER = (schema.ABOUT, schema.PROVISION)
"""Sheets where a row with one filled cell means something."""

_NOTE = re.compile(rf"^(?:{'|'.join(map(re.escape, NOTE_WORDS))})\s*[:.\u2013-]")
_NUMBERED = re.compile(r"^(?:\[\w{1,2}\]|\(\w{1,2}\)|\d{1,2}[.)])\s")


def leave_out(tables: Tables) -> tuple[Tables, list[Issue]]:
    """The tables without totals, trailing notes and headings of sections, and what there is to say of each such row."""
    kept, issues = leave_out_totals(tables)
    known: set[str] = set()
    for naming, key in schema.DIMENSIONS.values():
        known |= {name for name in member_names(tables, naming, key) if not _marked(name)}
    namers = {naming for naming, _ in schema.DIMENSIONS.values()}
    # The sheets that name members come last: what other sheets speak of there is data, but their notes are not.
    for sheet in sorted(SHEETS, key=lambda sheet: sheet.name in namers):
        if sheet.name in kept and sheet.name not in NEVER:
            table = kept[sheet.name]
            gone = _trailing_notes(sheet, table, known, kept)
            issues += [_left_out(table, position) for position in gone]
            kept[sheet.name] = table.without(gone) if gone else table
    for sheet in SHEETS:
        if sheet.name in kept and sheet.name not in NEVER:
            kept[sheet.name] = _without_loose(sheet, kept, issues)
    return Frozen(kept), issues


def _without_loose(sheet: Sheet, tables: Tables, issues: list[Issue]) -> Table:
    """The table without rows of which one error says that they are no data, which is added to `issues`."""
    table = tables[sheet.name]
    spoken: list[frozenset[str]] = []

    def is_spoken_of(name: str) -> bool:
        if not spoken:
            spoken.append(_spoken(sheet, tables))
        return fold(name) in spoken[0]

    loose = {row.position: row.issue for row in unlabelled_totals(sheet, table, tables)}
    for row in rows_alone(sheet, table, is_spoken_of):
        loose.setdefault(row.position, row.issue)
    told = list(loose.values())
    issues += told[:TOLD]
    if len(told) > TOLD:
        rest = told[TOLD]
        issues.append(replace(rest, found=f"{rest.found}; so do, or nearly so, {len(told) - TOLD - 1:,} rows more"))
    return table.without(loose) if loose else table


def _spoken(sheet: Sheet, tables: Tables) -> frozenset[str]:
    """The names, folded, by which other sheets speak of this sheet's members."""
    values = {
        value
        for other in SHEETS
        if other.name in tables
        for column in other.columns
        if column.refers == sheet.name
        for value in tables[other.name].column(column.name)
        if isinstance(value, str)
    }
    return frozenset(fold(part) for value in values for part in parts(value))


def _marked(text: str) -> bool:
    """Whether a text is marked as a note by its own words or signs."""
    return _NOTE.match(fold(text)) is not None or text.startswith(NOTE_SIGNS)


def _trailing_notes(sheet: Sheet, table: Table, known: Set[str], tables: Tables) -> list[int]:
    """The rows under the last data row that are notes."""
    edited = {position for position, _ in (*table.changed, *table.origins)} | set(table.appended)
    gone: list[int] = []
    for position in reversed(range(len(table))):
        if position in edited or not _is_note(sheet, table, position, known, tables):
            break
        gone.append(position)
    return gone


def _filled(table: Table, position: int) -> list[str]:
    """The filled columns of a row, from left to right."""
    names = sorted(table.letters, key=lambda name: (len(table.letters[name]), table.letters[name]))
    return [name for name in names if table.column(name)[position] is not None]


def _is_note(sheet: Sheet, table: Table, position: int, known: Set[str], tables: Tables) -> bool:
    filled = _filled(table, position)
    if not 1 <= len(filled) <= 2 or not all(isinstance(table.column(name)[position], str) for name in filled):
        return False
    column = next((c for c in sheet.columns if c.name == filled[0]), None)
    text = words(table.column(filled[0])[position])
    if column is None or not column.required or fold(text.strip("".join(NOTE_SIGNS))) in known:
        return False
    marked = _marked(text)
    due = [c for c in sheet.columns if c.must_be_filled and c.name not in filled]
    if not due:  # the row would do as data: only a marked note that nothing speaks of is none
        return marked and len(filled) == 1 and column.kind is Kind.NAME and not _spoken_of(text, sheet, tables)
    if marked:
        return True
    if len(filled) > 1 or column.kind not in (Kind.MEMBER, Kind.YEAR):
        return False
    sentence = len(text.split()) >= SENTENCE and not nearest(text, tuple(known))
    return sentence or _NUMBERED.match(text) is not None


def _spoken_of(text: str, sheet: Sheet, tables: Tables) -> bool:
    """Whether another sheet names this member of the sheet."""
    return any(
        isinstance(value, str) and fold(value) == fold(text)
        for other in SHEETS
        if other.name in tables
        for column in other.columns
        if column.refers == sheet.name
        for value in tables[other.name].column(column.name)
    )


def _left_out(table: Table, position: int) -> Issue:
    column = _filled(table, position)[0]
    text = words(table.column(column)[position])
    shown = text if len(text) <= 40 else f"{text[:39]}\u2026"
    found = f"'{shown}' is a note under the table, not a row of it, and was left out"
    fix = "Nothing to do, or move it above the headings."
    finding = Finding("TRAILING_NOTE", found, "nothing under the table", fix, "repaired")
    return finding.at(table.address(position, column))
