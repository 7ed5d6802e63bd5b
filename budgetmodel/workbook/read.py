"""Excel -> tables of cells, each value with its address. Nothing is interpreted here beyond finding the headers."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from budgetmodel.issues import InputErrors, Issue
from budgetmodel.schema import OWN_SHEETS, SHEETS, Sheet, fold, fold_heading
from budgetmodel.selectors import nearest
from budgetmodel.tables import ErrorCell, NoStoredValue, Table, Tables
from budgetmodel.workbook import guard

if TYPE_CHECKING:
    from openpyxl import Workbook

LOOK_FOR_HEADER = 200
"""The header is sought in this many filled rows."""

LIKENESS = 0.85
"""A heading this like a missing column's name is taken for its misspelling."""


@dataclass(frozen=True)
class SheetCells:
    """The filled cells of one sheet: for each Excel row its cells by column number, empty rows left out."""

    name: str
    rows: tuple[tuple[int, Mapping[int, object]], ...]


@dataclass(frozen=True)
class ReadWorkbook:
    """What a file holds: its tables, what is wrong with their shape, and the file's name and SHA-256."""

    name: str
    sha256: str
    tables: Tables
    issues: tuple[Issue, ...]


def read_workbook(path: str | Path) -> ReadWorkbook:
    """Read an input workbook into tables of cells.

    Raises FileTrouble when the file cannot be read and InputErrors when it is no workbook at all. Missing and
    misspelt sheets and columns are in `issues`.
    """
    path = Path(path)
    content = guard.read_bytes(path)
    guard.admit(content, path.name)
    sheets = _cells(content, path.name)
    issues: list[Issue] = []
    tables: dict[str, Table] = {}
    for sheet, found in _match_sheets(sheets, issues, path.name):
        table = _table(sheet, found, issues)
        if table is not None:
            tables[sheet.name] = table
    return ReadWorkbook(path.name, hashlib.sha256(content).hexdigest(), MappingProxyType(tables), tuple(issues))


def _cells(content: bytes, name: str) -> list[SheetCells]:
    """Every filled cell of every sheet; formulas by their stored value."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of charts and validations it leaves out; we need cells only
        try:
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
            sheets = [_sheet_cells(worksheet) for worksheet in book.worksheets]
            if any(_has_formula(sheet) for sheet in sheets):
                stored = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
                sheets = _with_stored_values(sheets, stored)
        except MemoryError:
            raise
        except Exception:  # the reader raises nine kinds of exception on damaged files
            found, fix = "the workbook is damaged: its sheets cannot be read", "Open it in Excel and save it again."
            issue = Issue("DAMAGED", "error", "", name, found, "an Excel workbook (.xlsx)", fix)
            raise InputErrors([issue]) from None
    return sheets


def _sheet_cells(worksheet: Any) -> SheetCells:
    worksheet.reset_dimensions()  # the declared size is not believed
    rows: list[tuple[int, Mapping[int, object]]] = []
    for row in worksheet.iter_rows():
        filled = {cell.column: _value(cell) for cell in row if cell.value is not None}
        filled = {column: value for column, value in filled.items() if not _is_blank(value)}
        if filled:
            number = next(cell.row for cell in row if cell.value is not None)
            rows.append((number, filled))
    return SheetCells(worksheet.title, tuple(rows))


def _value(cell: Any) -> object:
    if cell.data_type == "e":
        return ErrorCell(str(cell.value))
    if cell.data_type == "f":
        return NoStoredValue(str(getattr(cell.value, "text", cell.value)))
    return cell.value


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _has_formula(sheet: SheetCells) -> bool:
    """Whether the sheet's table holds formulas; totals above the headings and sheets of ours are not read."""
    if fold(sheet.name) in map(fold, OWN_SHEETS):
        return False
    contract = next((known for known in SHEETS if fold(known.name) == fold(sheet.name)), None)
    header = None if contract is None else _find_header(contract, sheet)
    whole = contract is not None and header is not None and _required(contract) <= _headings(header[1])
    first = header[0] if whole and header is not None else 0
    return any(isinstance(v, NoStoredValue) for number, row in sheet.rows if number >= first for v in row.values())


def _with_stored_values(sheets: Sequence[SheetCells], book: Workbook) -> list[SheetCells]:
    """Formulas replaced by the values stored with them; one without a stored value stays a NoStoredValue."""
    result = []
    for sheet, worksheet in zip(sheets, book.worksheets, strict=True):
        if not _has_formula(sheet):
            result.append(sheet)
            continue
        stored = dict(_sheet_cells(worksheet).rows)
        rows = [
            (
                number,
                {
                    column: stored.get(number, {}).get(column, value) if isinstance(value, NoStoredValue) else value
                    for column, value in row.items()
                },
            )
            for number, row in sheet.rows
        ]
        result.append(SheetCells(sheet.name, tuple(rows)))
    return result


def _match_sheets(sheets: Sequence[SheetCells], issues: list[Issue], file: str) -> Iterator[tuple[Sheet, SheetCells]]:
    """Each sheet of the contract with its cells, in the contract's order; missing and unknown ones are issues."""
    present: dict[str, SheetCells] = {}
    for cells in sheets:
        present.setdefault(fold(cells.name), cells)
    known = {fold(name) for name in (*(sheet.name for sheet in SHEETS), *OWN_SHEETS)}
    spare = [cells.name for key, cells in present.items() if key not in known]
    taken: set[str] = set()
    for sheet in SHEETS:
        cells_found = present.get(fold(sheet.name))
        if cells_found is not None:
            yield sheet, cells_found
            continue
        alike = nearest_heading(sheet.name, [name for name in spare if name not in taken])
        taken.update(alike[:1])
        if alike:
            found, fix = f"there is no sheet '{sheet.name}', but one '{alike[0]}'", f"Rename it to '{sheet.name}'."
            issues.append(Issue("SHEET_MISSING", "error", alike[0], "", found, f"a sheet '{sheet.name}'", fix))
        elif not sheet.optional:
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


def nearest_heading(wanted: str, present: Sequence[str]) -> tuple[str, ...]:
    """The names so like `wanted` that they are taken for its misspelling, nearest first.

    >>> nearest_heading("Baseline", ["Basline", "Notes"])
    ('Basline',)
    """
    from difflib import SequenceMatcher

    likeness = {n: SequenceMatcher(None, fold_heading(wanted), fold_heading(n)).ratio() for n in present}
    near = [name for name in present if likeness[name] >= LIKENESS]
    return tuple(sorted(near, key=lambda name: -likeness[name]))


def _table(sheet: Sheet, cells: SheetCells, issues: list[Issue]) -> Table | None:
    header = _find_header(sheet, cells)
    if header is None:
        names = ", ".join(column.name for column in sheet.required_columns)
        found, fix = "no row holds the column headings", f"Put the headings in one row: {names}."
        issues.append(Issue("HEADER_SHIFT", "error", cells.name, "A1", found, f"the columns {names}", fix))
        return None
    number, headings = header
    numbers, extra = _match_columns(sheet, number, headings, issues)
    placed = {**{name: column for column, name in numbers.items()}, **extra}
    data = [(row, values) for row, values in cells.rows if row > number and any(c in values for c in numbers)]
    return Table(
        sheet=sheet.name,
        header_row=number,
        letters=MappingProxyType({name: column_letter(column) for name, column in placed.items()}),
        headings=MappingProxyType({name: str(headings[column]) for name, column in placed.items()}),
        rows=tuple(row for row, _ in data),
        values=MappingProxyType(
            {name: tuple(values.get(column) for _, values in data) for name, column in placed.items()}
        ),
        extra=tuple(extra),
    )


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
    sheet: Sheet, number: int, headings: Mapping[int, object], issues: list[Issue]
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
        if alike:
            misspelt.add(alike[0])
            where = f"{column_letter(extra[alike[0]])}{number}"
            words, fix = (
                f"there is no column '{column.name}', but one '{alike[0]}'",
                f"Rename it to '{column.heading}'.",
            )
            issues.append(Issue("COL_RENAMED", "error", sheet.name, where, words, f"'{column.heading}'", fix))
        elif column.required:
            guesses = nearest(column.name, list(extra))
            hint = f" Did you mean '{guesses[0]}'?" if guesses else ""
            words, fix = f"the column '{column.name}' is missing", f"Add a column '{column.heading}'.{hint}"
            where = f"{column_letter(extra[guesses[0]])}{number}" if guesses else f"A{number}"
            issues.append(Issue("COL_RENAMED", "error", sheet.name, where, words, f"'{column.heading}'", fix))
    for heading, position in extra.items():
        if heading not in misspelt:
            words = f"the column '{heading}' is not used"
            fix = "Nothing to do, unless it was meant to be read."
            where = f"{column_letter(position)}{number}"
            issues.append(Issue("COL_UNUSED", "warning", sheet.name, where, words, "the columns of the contract", fix))
    return found, extra


def column_letter(number: int) -> str:
    """The letters of a column number.

    >>> column_letter(1), column_letter(28)
    ('A', 'AB')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
