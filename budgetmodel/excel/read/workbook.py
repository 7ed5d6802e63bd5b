"""Excel -> tables of cells, each value with its address. Nothing is interpreted here beyond finding the headers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from budgetmodel.checks.frames import mostly_wrong
from budgetmodel.checks.grids import unfolded
from budgetmodel.checks.totals import unit_of
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Issue, IssueList
from budgetmodel.contract.schema import (
    ABOUT,
    CHANGES,
    DIMENSIONS,
    LISTS,
    OWN_SHEETS,
    REGIMES,
    RULES,
    SCENARIOS,
    SHEET,
    SHEETS,
    TARGET,
    Kind,
    Sheet,
    fold,
    fold_heading,
)
from budgetmodel.contract.selectors import nearest
from budgetmodel.contract.tables import Table, Tables
from budgetmodel.contract.units import DEFAULT_UNIT
from budgetmodel.excel.read import guard
from budgetmodel.excel.read.cells import LAST_ROW, SheetCells, column_letter
from budgetmodel.excel.read.grids import grids_of, read_grids
from budgetmodel.excel.read.likeness import nearest_heading
from budgetmodel.excel.read.package import Damaged, Outline, Package, SheetPart, TooBig, outline
from budgetmodel.excel.read.shared_xml import Shared, read_shared
from budgetmodel.excel.read.sheet_xml import read_cells
from budgetmodel.excel.read.surroundings import around_book, around_table, fill_merged, with_formulas_uncalculated
from budgetmodel.excel.read.wrong_book import refuse_wrong_book

LOOK_FOR_HEADER = 200
"""The header is sought in this many filled rows."""

FIRST_LOOK, MEMBERS = 2_000, 10_000
"""Rows of a sheet that are looked at first, so that a file of wrong rows is refused for them; of a sheet of `NAMING`,
whose names the others use, all rows are, and more than these are refused."""

NAMING = frozenset(map(fold, (ABOUT, TARGET, REGIMES, SCENARIOS, *(sheet for sheet, _ in DIMENSIONS.values()))))
"""Sheets of which no workbook has thousands of rows, by their folded names."""

AT_ONCE = 100_000
"""Values of a workbook that are read although a sheet of it is refused for its first rows."""

SPEAK_OF_ANY_SHEET = ((RULES, "Of"), (CHANGES, "Where"), (CHANGES, "Value"))
"""Columns whose cells may hold selectors of any dimension, or the headings of any table."""


_PARTS, _SIGNS = re.compile("[;/]"), re.compile("[:=]")


@dataclass(frozen=True)
class ReadWorkbook:
    """What a file holds: its tables, what is wrong with their shape, and the file's name and SHA-256."""

    name: str
    sha256: str
    tables: Tables
    issues: tuple[Issue, ...]


def read_workbook(path: str | Path, contract: Sequence[Sheet] = SHEETS) -> ReadWorkbook:
    """Read an input workbook into tables of cells; `contract` are the sheets that are looked for.

    Raises FileTrouble when the file cannot be read and InputErrors when it is no workbook at all. Missing and
    misspelt sheets and columns, and what may mislead around the tables, are in `issues`.
    """
    path = Path(path)
    content = guard.read_bytes(path)
    guard.admit(content, path.name)
    book, sheets = _book(content, path.name, contract)
    issues = IssueList()
    tables: dict[str, Table] = {}
    read: list[SheetCells] = []
    unit = DEFAULT_UNIT
    for sheet, found in _match_sheets(sheets, issues, path.name, contract):
        issues.extend(found.issues)
        table = table_of(sheet, found, issues, unit) if found.whole else None
        if table is not None:
            tables[sheet.name], notes = fill_merged(table, sheet, found)
            issues.extend((*notes, *around_table(tables[sheet.name], found)))
            read.append(found)
            unit = unit_of(tables) if sheet.name == ABOUT else unit
    grids = read_grids(sheets, grids_of(contract), table_of, issues)
    used = _spoken_of(tables)
    issues.extend(around_book(book, path.name, read))
    told = [issue for issue in issues.told() if issue.code != "COL_UNUSED" or (issue.sheet, issue.cell) not in used]
    return ReadWorkbook(path.name, hashlib.sha256(content).hexdigest(), unfolded({**tables, **grids}), tuple(told))


def _book(content: bytes, name: str, contract: Sequence[Sheet]) -> tuple[Outline, list[SheetCells]]:
    """What the workbook says of itself, and its sheets; only those of the contract with their cells."""
    try:
        package = Package(content)
        book = outline(package)
        refuse_wrong_book(package, book, name, contract, lambda sheet: _alone(package, sheet, book))
        wanted = {fold(sheet.name) for sheet in contract} | {fold(grid.name) for grid in grids_of(contract)}
        values = package.expect([book.strings, *(sheet.part for sheet in book.sheets if fold(sheet.name) in wanted)])
        shared = read_shared(package, book)
        listed = [sheet for sheet in book.sheets if sheet.kind == "worksheet"]
        sheets = [_sheet(package, sheet, shared, wanted, _first_rows(sheet.name)) for sheet in listed]
        if any(sheet.cut for sheet in sheets):
            sheets = _beyond_the_first(sheets, contract, lambda at: _sheet(package, listed[at], shared, wanted), values)
        return book, with_formulas_uncalculated(book, sheets)
    except Damaged as error:
        raise guard.refused(name, ("DAMAGED", f"the workbook is damaged: {error}", guard.SAVE_AGAIN)) from None
    except TooBig:
        found = "the workbook holds more than a million figures, texts or other parts"
        raise guard.refused(name, ("BIG_FILE", found, "Clear what is not needed, and save it again.")) from None
    except MemoryError:
        found = "the workbook needs more memory than this computer has free"
        raise guard.refused(name, ("BIG_FILE", found, "Clear what is not needed, and save it again.")) from None


def _first_rows(sheet: str) -> int:
    """How many rows of a sheet are looked at before the others are."""
    return MEMBERS if fold(sheet) in NAMING else FIRST_LOOK


def _beyond_the_first(
    first: Sequence[SheetCells], contract: Sequence[Sheet], in_full: Callable[[int], SheetCells], values: int
) -> list[SheetCells]:
    """The sheets read in full where the first rows are right; else those that are wrong as far as they were looked at.

    Beside a wrong one, the others are read while they are few; otherwise nothing is said of them.
    """
    endless = {fold(sheet.name) for sheet in first if sheet.cut} & NAMING
    spoilt = mostly_wrong(_tables([sheet for sheet in first if fold(sheet.name) not in endless], contract))
    few = values <= AT_ONCE or not (endless or spoilt)
    read = []
    for at, sheet in enumerate(first):
        if fold(sheet.name) in endless:
            read.append(_not_looked_at(sheet.name, (_endless(sheet.name),)))
        elif not sheet.cut:
            read.append(sheet)
        elif fold(sheet.name) in spoilt:
            read.append(_cut_short(sheet))
        else:
            read.append(in_full(at) if few else _not_looked_at(sheet.name))
    return read


def _not_looked_at(name: str, issues: tuple[Issue, ...] = ()) -> SheetCells:
    """A sheet of which nothing is said but these issues, and against which no other is held."""
    return SheetCells(name, (), issues=issues, whole=False)


def _alone(package: Package, sheet: SheetPart, book: Outline) -> SheetCells:
    """One sheet of a workbook of which no other is read."""
    package.expect([book.strings, sheet.part])
    return _sheet(package, sheet, read_shared(package, book), {fold(sheet.name)})


def _tables(sheets: Sequence[SheetCells], contract: Sequence[Sheet]) -> Tables:
    """The tables of sheets as far as they are read, whatever is wrong with their shape."""
    present = {fold(cells.name): cells for cells in sheets if cells.rows}
    found = {}
    for sheet in contract:
        cells = present.get(fold(sheet.name))
        table = table_of(sheet, cells, IssueList()) if cells is not None else None
        if cells is not None and table is not None:
            found[sheet.name] = fill_merged(table, sheet, cells)[0]
    return Frozen(found)


def _endless(sheet: str) -> Issue:
    """What to say of a sheet with more rows than there are members of anything."""
    found = f"the sheet has over {MEMBERS:,} rows; it was not looked at"
    fix = "Delete the rows that do not belong there."
    return Issue("BIG_FILE", "error", sheet, "", found, f"{MEMBERS:,} rows at most", fix)


def _cut_short(cells: SheetCells) -> SheetCells:
    """A sheet of which only the first rows were looked at, with the issue that says so."""
    found = f"more than half of the first {FIRST_LOOK:,} rows are wrong; the rows below were not looked at"
    fix = "Mend these rows first: the others are likely wrong in the same way."
    issue = Issue("BIG_FILE", "error", cells.name, "", found, "rows that can be read", fix)
    return replace(cells, issues=(*cells.issues, issue))


def _sheet(
    package: Package, sheet: SheetPart, shared: Shared, wanted: Set[str], most_rows: int = LAST_ROW
) -> SheetCells:
    """One sheet; its cells are read when it is of the contract, and a damaged one is an issue of its own."""
    if fold(sheet.name) not in wanted:
        return SheetCells(sheet.name, ())
    try:
        return read_cells(package, sheet, shared, most_rows)
    except Damaged as error:
        found = f"the sheet is damaged: {error}"
        issue = Issue("DAMAGED", "error", sheet.name, "", found, "a sheet that can be read", guard.SAVE_AGAIN)
        return SheetCells(sheet.name, (), issues=(issue,), whole=False)


def _match_sheets(
    sheets: Sequence[SheetCells], issues: IssueList, file: str, contract: Sequence[Sheet]
) -> Iterator[tuple[Sheet, SheetCells]]:
    """Each sheet of the contract with its cells, in the contract's order; missing and unknown ones are issues."""
    present: dict[str, SheetCells] = {}
    for cells in sheets:
        present.setdefault(fold(cells.name), cells)
    grids = grids_of(contract)
    known = {fold(name) for name in (*(sheet.name for sheet in contract), *OWN_SHEETS, LISTS)}
    known |= {fold(grid.name) for grid in grids}
    across = {grid.table for grid in grids if fold(grid.name) in present}
    spare = [cells.name for key, cells in present.items() if key not in known]
    taken: set[str] = set()
    for sheet in contract:
        cells_found = present.get(fold(sheet.name))
        if cells_found is not None:
            yield sheet, cells_found
            continue
        alike = nearest_heading(sheet.name, [name for name in spare if name not in taken])
        taken.update(alike[:1])
        if alike:
            found, fix = f"there is no sheet '{sheet.name}', but one '{alike[0]}'", f"Rename it to '{sheet.name}'."
            issues.append(Issue("SHEET_MISSING", "error", alike[0], "", found, f"a sheet '{sheet.name}'", fix))
        elif not sheet.optional and sheet.name not in across:
            found = f"there is no sheet '{sheet.name}' (one row per {sheet.row_of})"
            fix = f"Add the sheet '{sheet.name}'."
            issues.append(
                Issue("SHEET_MISSING", "error", sheet.name, "", found, f"a sheet '{sheet.name}' in {file}", fix)
            )
    for name in spare:
        if name not in taken:
            found = f"the sheet '{name}' is not used"
            fix = "Nothing to do, unless it was meant to be read."
            issues.append(Issue("SHEET_UNUSED", "warning", name, "", found, "the sheets of the contract", fix))


def table_of(sheet: Sheet, cells: SheetCells, issues: IssueList, unit: str = DEFAULT_UNIT) -> Table | None:
    """The rows under the headings of a sheet; None, and an issue, when no row holds the headings.

    `unit` is the money unit in which a missing column is asked for.
    """
    header = _find_header(sheet, cells)
    if header is None:
        names = ", ".join(column.name for column in sheet.required_columns)
        found, fix = "no row holds the column headings", f"Put the headings in one row: {names}."
        issues.append(Issue("HEADER_SHIFT", "error", cells.name, "A1", found, f"the columns {names}", fix))
        return None
    number, headings = header
    numbers, extra = _match_columns(sheet, number, headings, issues, unit)
    placed = {**{name: column for column, name in numbers.items()}, **extra}
    data = [(row, values) for row, values in cells.rows if row > number and any(c in values for c in numbers)]
    return Table(
        sheet=sheet.name,
        header_row=number,
        letters=Frozen({name: column_letter(column) for name, column in placed.items()}),
        headings=Frozen({name: str(headings[column]) for name, column in placed.items()}),
        rows=tuple(row for row, _ in data),
        values=Frozen({name: tuple(values.get(column) for _, values in data) for name, column in placed.items()}),
        extra=tuple(extra),
    )


def _spoken_of(tables: Tables) -> set[tuple[str, str]]:
    """Sheet and cell of the headings of extra columns that a selector, an `Of` or a change goes by."""
    texts: dict[str, set[str]] = {}  # by the sheet that they speak of; "" = any
    for name, table in tables.items():
        for column in SHEET[name].columns if name in SHEET else ():
            anywhere = (name, column.name) in SPEAK_OF_ANY_SHEET
            if column.kind is Kind.SELECTOR or anywhere:
                words = {fold(value) for value in table.column(column.name) if isinstance(value, str)}
                texts.setdefault("" if anywhere else column.refers, set()).update(words)
    spoken = {of: {head for text in words for head in _heads(text)} for of, words in texts.items()}
    return {
        (name, table.header_address(heading).cell)
        for name, table in tables.items()
        for heading in table.extra
        if any(fold_heading(heading).removesuffix("s") in spoken.get(of, ()) for of in (name, ""))
    }


def _heads(text: str) -> Iterator[str]:
    """What a selector or a change names before a colon or an equals sign, without a plural's s."""
    for part in _PARTS.split(text):
        for head in _SIGNS.split(part)[:-1]:
            yield head.rpartition(" not ")[2].strip().removeprefix("not ").strip().removesuffix("s")


def _find_header(sheet: Sheet, cells: SheetCells) -> tuple[int, Mapping[int, object]] | None:
    """The first row with every required column; when there is none, the one with most of them."""
    required = _required(sheet)
    every = {fold_heading(column.name) for column in sheet.columns}
    best: tuple[int, int, tuple[int, Mapping[int, object]]] | None = None
    for number, row in cells.rows[:LOOK_FOR_HEADER]:
        headings = _headings(row)
        score = (len(required & headings), len(every & headings))
        if score[0] == len(required):
            return number, row
        if score[1] > 0 and (best is None or score > best[:2]):
            best = (*score, (number, row))
    return best[2] if best is not None else None


def _required(sheet: Sheet) -> set[str]:
    return {fold_heading(column.name) for column in sheet.required_columns}


def _headings(row: Mapping[int, object]) -> set[str]:
    return {fold_heading(value) for value in row.values() if isinstance(value, str)}


def _match_columns(
    sheet: Sheet, number: int, headings: Mapping[int, object], issues: IssueList, unit: str
) -> tuple[dict[int, str], dict[str, int]]:
    """Column numbers with their contract names, and the extra columns by heading."""
    wanted = {fold_heading(column.name): column for column in sheet.columns}
    found: dict[int, str] = {}
    extra: dict[str, int] = {}
    for position, value in headings.items():
        where = f"{column_letter(position)}{number}"
        column = wanted.get(fold_heading(value)) if isinstance(value, str) else None
        if column is None:
            extra.setdefault(str(value), position)
        elif column.name in found.values():
            words = f"the column '{column.name}' stands twice"
            issues.append(
                Issue("COL_DUP", "error", sheet.name, where, words, "each column once", "Delete one of them.")
            )
        else:
            found[position] = column.name
    misspelt: set[str] = set()
    for column in sheet.columns:
        if column.name in found.values():
            continue
        alike = nearest_heading(column.name, [heading for heading in extra if heading not in misspelt])
        heading = f"{column.name} ({unit})" if column.kind is Kind.MONEY else column.heading
        if alike:
            misspelt.add(alike[0])
            where = f"{column_letter(extra[alike[0]])}{number}"
            words, fix = (
                f"there is no column '{column.name}', but one '{alike[0]}'",
                f"Rename it to '{heading}'.",
            )
            issues.append(Issue("COL_RENAMED", "error", sheet.name, where, words, f"'{heading}'", fix))
        elif column.required:
            guesses = nearest(column.name, [heading for heading in extra if heading not in misspelt])
            misspelt.update(guesses[:1])  # told once: as what may be the missing one
            hint = f" Did you mean '{guesses[0]}'?" if guesses else ""
            words, fix = f"the column '{column.name}' is missing", f"Add a column '{heading}'.{hint}"
            where = f"{column_letter(extra[guesses[0]])}{number}" if guesses else f"A{number}"
            issues.append(Issue("COL_RENAMED", "error", sheet.name, where, words, f"'{heading}'", fix))
    for heading, position in extra.items():
        if heading not in misspelt:
            words = f"the column '{heading}' is not used"
            fix = "Nothing to do, unless it was meant to be read."
            where = f"{column_letter(position)}{number}"
            issues.append(Issue("COL_UNUSED", "warning", sheet.name, where, words, "the columns of the contract", fix))
    return found, extra
