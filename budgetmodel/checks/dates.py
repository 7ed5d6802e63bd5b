"""Members with several rows, each for some of the years: each year once, and nothing but what may differ differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from budgetmodel.checks.cells import Finding, words
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.schema import DIMENSIONS, SHEET, YEARS_OF_ROW, Sheet, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.inputs.dated import DatedRows, dated_rows

DATED = tuple((dimension, SHEET[sheet]) for dimension, (sheet, _) in DIMENSIONS.items() if SHEET[sheet].dated)
"""Each dimension whose sheet may have several rows per member, with the sheet."""


def check_dates(typed: Typed) -> None:
    """Errors of years that a member has twice or not at all, and of columns that may not differ by year."""
    for dimension, sheet in DATED:
        if not typed.has(sheet.name, schema.YEARS) or YEARS_OF_ROW not in typed.tables[sheet.name].values:
            continue
        for rows in _rows_of_members(typed, sheet):
            _each_year_once(typed, dimension, sheet, rows)
            if len(rows) > 1:
                _same_elsewhere(typed, dimension, sheet, rows)


def rows_by_year(typed: Typed) -> Mapping[str, DatedRows]:
    """The rows of each sheet in which a member has several; tables without errors only."""
    found = {}
    for _, sheet in DATED:
        members, years = typed.members[sheet.name].names, typed.members[schema.YEARS].names
        rows = dated_rows(typed.frames[sheet.name], sheet.key[0], members, years)
        if rows is not None:
            found[sheet.name] = rows
    return Frozen(found)


def speaks_of(typed: Typed, sheet: str, position: int, year: str) -> bool:
    """Whether a row speaks of a year; one whose years could not be read does."""
    years: object = typed.frames[sheet][YEARS_OF_ROW].tolist()[position]
    return not isinstance(years, Selection) or year in years.members


def _rows_of_members(typed: Typed, sheet: Sheet) -> Iterator[list[int]]:
    """The positions of the rows of each member; several rows without any years were reported as duplicates."""
    rows: dict[str, list[int]] = {}
    frame, stated = typed.frames[sheet.name], typed.tables[sheet.name].column(YEARS_OF_ROW)
    for position, name in enumerate(frame[sheet.key[0]]):
        if name is not None:
            rows.setdefault(fold(str(name)), []).append(position)
    for positions in rows.values():
        if any(stated[position] is not None for position in positions):
            yield positions


def _each_year_once(typed: Typed, dimension: str, sheet: Sheet, rows: Sequence[int]) -> None:
    frame, table = typed.frames[sheet.name], typed.tables[sheet.name]
    name = frame[sheet.key[0]][rows[0]]
    years_of = {position: frame[YEARS_OF_ROW][position] for position in rows}
    if not all(isinstance(years, Selection) for years in years_of.values()):  # an error of its own
        return
    cells = {position: table.address(position, YEARS_OF_ROW).text for position in rows}
    expected = f"each year in exactly one row of a {dimension}"
    first: dict[str, int] = {}
    for position in rows:
        twice = [year for year in years_of[position].members if year in first]
        if twice:
            other = first[twice[0]]
            blank = next((at for at in (position, other) if years_of[at].blank), None)
            found = f"'{name}' has {', '.join(twice)} here and in {cells[other]}"
            fix = "Take the years out of one of the two."
            if blank is not None:
                found = f"{found}; {cells[blank]} is blank, which means all years"
                fix = f"Type in {cells[blank]} the years that no other row of it has, or delete that row."
            typed.report(Finding("YEARS_OVERLAP", found, expected, fix), sheet.name, position, YEARS_OF_ROW)
        for year in years_of[position].members:
            first.setdefault(year, position)
    missing = [year for year in typed.members[schema.YEARS].names if year not in first]
    if missing:
        found = f"no row of '{name}' ({', '.join(cells.values())}) is for {', '.join(missing)}"
        fix = "Add the years to one of its rows."
        if sheet.name == schema.SOURCES:
            fix = "Add the years to one of its rows; a source that ends keeps its row, and has no Funding."
        typed.report(Finding("YEARS_GAP", found, expected, fix), sheet.name, rows[-1], YEARS_OF_ROW)


def _same_elsewhere(typed: Typed, dimension: str, sheet: Sheet, rows: Sequence[int]) -> None:
    """Names and what is not by year are the same in every row of a member; a blank differs from a value."""
    frame, table = typed.frames[sheet.name], typed.tables[sheet.name]
    may = ", ".join(column.name for column in sheet.columns if column.by_year)
    for column in sheet.columns:
        if column.by_year or column.name == YEARS_OF_ROW:
            continue
        one = frame[column.name][rows[0]]
        for position in rows[1:]:
            value = frame[column.name][position]
            same = value == one if column.name in sheet.key else fold(_shown(value)) == fold(_shown(one))
            if not same:
                address = table.address(rows[0], column.name).text
                found = f"{_shown(value)} here, but {_shown(one)} in {address}, another row of the {dimension}"
                expected = f"the same {column.name} in each of its rows; only {may} may differ by year"
                finding = Finding("YEARS_DIFFER", found, expected, "Type the same in both cells.")
                typed.report(finding, sheet.name, position, column.name)


def _shown(value: object) -> str:
    return "blank" if value is None else f"'{words(value)}'"
