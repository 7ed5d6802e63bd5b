"""What surrounds the tables and may mislead: hidden and merged cells, links, macros, stale sums, stray content."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.schema import Column, Kind, Sheet
from budgetmodel.contract.tables import NoStoredValue, Table
from budgetmodel.excel.read.cells import Block, SheetCells, column_letter, column_number
from budgetmodel.excel.read.formulas import never_calculated, stale_sums, sums
from budgetmodel.excel.read.package import Outline

MANY_SHEETS = 60
MANY_ROWS = 100_000
BLANK_ROWS = 10_000
"""Formatted blank rows under a table that are worth a word."""

FAR_ROWS, FAR_COLUMNS = 100, 20
"""Content further than this below or right of a table is no note beside it."""

LISTED = 20
"""Cells that one message lists."""

NUMBERS = {Kind.NUMBER, Kind.MONEY, Kind.PERCENT}

_LINK = re.compile(r"(?<![\w\]\[,])'?\[(\d{1,4})\](?=[^\],])")


def around_table(table: Table, cells: SheetCells) -> list[Issue]:
    """What hides in, or lies far from, a table."""
    return [*_hidden(table, cells), *_size(table, cells)]


def around_book(book: Outline, file: str, sheets: Sequence[SheetCells]) -> list[Issue]:
    """What the workbook as a whole should be looked at for; `sheets` are those with a table."""
    issues = []
    if book.macros:
        fix = "Nothing to do; save it as .xlsx to be rid of them."
        issues.append(_warning("MACROS", "", file, "the workbook holds macros; they were not run", "no macros", fix))
    if len(book.sheets) > MANY_SHEETS:
        found = f"the workbook has {len(book.sheets)} sheets"
        fix = "Keep the sheets of the contract and what feeds them."
        issues.append(_warning("BIG_FILE", "", file, found, f"{MANY_SHEETS} sheets or fewer", fix))
    if book.iterates:
        found = "iterative calculation is on, which hides circular formulas; values are as stored"
        fix = "Switch it off (File, Options, Formulas) and mend the circle."
        issues.append(_warning("CIRCULAR", "", file, found, "formulas that do not lead back to themselves", fix))
    for name in book.connections:
        found = f"the workbook has the data connection '{name[:80]}'; it was not followed, values are as stored"
        issues.append(_warning("EXT_LINK", "", file, found, "values of its own", "Replace it by values."))
    issues += _links(book, file, sheets)
    for sheet in sheets:
        issues += _stale(sheet)
    return issues


def fill_merged(table: Table, sheet: Sheet, cells: SheetCells) -> tuple[Table, list[Issue]]:
    """The table with merged labels filled down, and a word on each block; merged figures are an error.

    Of a merged block Excel keeps only the first cell; the others are blank, and blank may mean `all` or a default.
    """
    columns = {column_number(table.letters[name]): name for name in table.values}
    values = {name: list(column) for name, column in table.values.items()}
    issues: list[Issue] = []
    for merged in cells.merged:
        inside = range(bisect_left(table.rows, merged.top), bisect_right(table.rows, merged.bottom))
        name = columns.get(merged.left)
        covered = [columns[n] for n in range(merged.left, merged.right + 1) if n in columns]
        if merged.top <= table.header_row or not inside or name is None:
            continue
        first = inside[0]
        value = values[name][first] if table.rows[first] == merged.top else None
        contract = next((column for column in sheet.columns if column.name == name), None)
        if value is None:
            continue
        if len(inside) > 1 and _may_fill(contract, value):
            for position in inside[1:]:
                values[name][position] = value
            found = f"the merged cells {merged.text} were read as '{value}' in each of {len(inside)} rows"
            issues.append(_merged("repaired", sheet, table, merged, found))
        elif len(inside) > 1 and contract is not None:
            found = f"the cells {merged.text} are merged; Excel keeps one figure for {len(inside)} rows"
            issues.append(_merged("error", sheet, table, merged, found))
        if len(covered) > 1:
            found = f"the cells {merged.text} are merged; the value was read in the column '{name}' only"
            issues.append(_merged("warning", sheet, table, merged, found))
    if not issues:
        return table, []
    filled = {name: tuple(column) for name, column in values.items()}
    return replace(table, values=Frozen(filled)), issues


def with_formulas_uncalculated(book: Outline, sheets: Sequence[SheetCells]) -> list[SheetCells]:
    """The sheets, with every stored 0 of a formula taken for what it is when no formula was ever calculated.

    Programs that write workbooks store 0 with each formula until Excel has opened the file. A book is taken for one
    of those when all its formulas hold 0 or nothing, it lacks the order of calculation that Excel keeps, and either
    asks for a first calculation or stores 0 for a sum that is not.
    """
    with_formulas = [sheet for sheet in sheets if sheet.formulas]
    if book.calculated or not with_formulas or not all(never_calculated(sheet) for sheet in with_formulas):
        return list(sheets)
    known = sum(1 for sheet in with_formulas for _ in sums(sheet))
    wrong = any(True for sheet in with_formulas for _ in stale_sums(sheet))
    all_right = not wrong and known == sum(len(sheet.formulas) for sheet in with_formulas)
    if not wrong and (all_right or not book.recalculate):
        return list(sheets)
    return [_without_zeros(sheet) for sheet in sheets]


def _without_zeros(sheet: SheetCells) -> SheetCells:
    rows = [
        (
            number,
            {
                column: NoStoredValue(sheet.formulas[number, column].text)
                if (number, column) in sheet.formulas and value == 0
                else value
                for column, value in row.items()
            },
        )
        for number, row in sheet.rows
    ]
    return replace(sheet, rows=tuple(rows))


def _may_fill(column: Column | None, value: object) -> bool:
    """Whether a merged value may be repeated in each row: a label may, a figure never."""
    return isinstance(value, str) and (column is None or column.kind not in NUMBERS)


def _merged(severity: str, sheet: Sheet, table: Table, merged: Block, found: str) -> Issue:
    where = f"{column_letter(merged.left)}{merged.top}"
    fix = "Unmerge the cells and type the value in every row."
    if severity == "error":
        return Issue("MERGED", "error", table.sheet, where, found, "a figure in every row", fix)
    if severity == "repaired":
        return Issue("MERGED", "repaired", table.sheet, where, found, "a value in every row", fix)
    return _warning("MERGED", sheet.name, where, found, "a value in every cell", fix)


def _hidden(table: Table, cells: SheetCells) -> Iterator[Issue]:
    if cells.state != "visible":
        words = "very hidden (Excel's own menu does not show it)" if cells.state == "veryHidden" else "hidden"
        found, fix = f"the sheet is {words}; it was read all the same", "Show it and check it, or take it out."
        yield _warning("HIDDEN_SHEET", table.sheet, "", found, "a sheet that shows", fix)
    hidden = set(cells.hidden_rows)
    rows = [row for row in table.rows if row in hidden]
    if rows:
        found = f"{_counted(len(rows), 'row')} hidden ({_ranges(rows)}); read all the same"
        fix = "Show them (clear the filter, or unhide) and check them, or delete them."
        first = min(table.letters.values(), key=column_number)
        where = ",".join(f"{first}{row}" for row in rows[:LISTED])
        yield _warning("HIDDEN_ROWS", table.sheet, where, found, "rows that show", fix)
    extra = set(table.extra)
    names = [name for name in table.values if name not in extra and _is_hidden(table.letters[name], cells)]
    if names:
        listed = ", ".join(f"'{name}'" for name in names)
        found = f"{_counted(len(names), 'column')} hidden ({listed}); read all the same"
        where = ",".join(f"{table.letters[name]}{table.header_row}" for name in names)
        fix = "Show them (unhide) and check them."
        yield _warning("HIDDEN_ROWS", table.sheet, where, found, "columns that show", fix)


def _is_hidden(letters: str, cells: SheetCells) -> bool:
    number = column_number(letters)
    return any(first <= number <= last for first, last in cells.hidden_columns)


def _size(table: Table, cells: SheetCells) -> Iterator[Issue]:
    if len(table.rows) > MANY_ROWS:
        found = f"the table has {len(table.rows):,} rows"
        fix = "Check that it is meant to be this long; reading and checking it takes a while."
        yield _warning("BIG_FILE", table.sheet, "", found, f"{MANY_ROWS:,} rows or fewer", fix)
    last = max(table.rows, default=table.header_row)
    filled = cells.rows[-1][0] if cells.rows else last
    if cells.last_row > filled + BLANK_ROWS:
        found = f"the sheet reports {cells.last_row:,} rows, but its data ends at row {filled:,}"
        fix = "Delete the blank rows below the data, which carry formats only, and save."
        yield _warning("BIG_FILE", table.sheet, "", found, "no formatted blank rows", fix)
    right = max((column_number(letters) for letters in table.letters.values()), default=0)
    far = list(_far(cells, last + FAR_ROWS, right + FAR_COLUMNS))
    if far:
        found = f"content far outside the table was ignored: {table.sheet}!{', '.join(far[:3])}"
        if len(far) > 3:
            found += f" and {len(far) - 3} more"
        fix = "Clear it, unless it was meant to be read."
        yield _warning("BIG_FILE", table.sheet, ",".join(far[:LISTED]), found, "nothing beside or under the table", fix)


def _far(cells: SheetCells, last_row: int, last_column: int) -> Iterator[str]:
    for number, row in cells.rows:
        if number > last_row or max(row) > last_column:
            for column in row:
                if number > last_row or column > last_column:
                    yield f"{column_letter(column)}{number}"


def _links(book: Outline, file: str, sheets: Sequence[SheetCells]) -> Iterator[Issue]:
    """One warning for each file that formulas read, at the cells that read it as far as they are input."""
    used: dict[int, list[tuple[str, str]]] = {}
    if book.links:
        for sheet in sheets:
            for (row, column), formula in sheet.formulas.items():
                for number in {int(number) for number in _LINK.findall(formula.text)}:
                    used.setdefault(number, []).append((sheet.name, f"{column_letter(column)}{row}"))
    for number, target in book.links.items():
        found = f"the workbook takes values from '{unquote(target)[-80:]}'; they are as last stored"
        cells = used.get(number, [])
        name = cells[0][0] if cells else ""
        where = ",".join(cell for sheet, cell in cells[:LISTED] if sheet == name) if cells else file
        fix = "Replace the links by values (Data, Edit Links, Break Link), or check that they are up to date."
        yield _warning("EXT_LINK", name, where, found, "values of its own", fix)


def _stale(sheet: SheetCells) -> Iterator[Issue]:
    for count, (row, column, stored, total) in enumerate(stale_sums(sheet)):
        if count == LISTED:
            return
        text = sheet.formulas[row, column].text
        found = f"the stored value {stored:.15g} is not the sum of its cells, {total:.15g} ({text[:40]})"
        fix = "Open the file in Excel, press F9 and save."
        yield _warning("STALE_CACHE", sheet.name, f"{column_letter(column)}{row}", found, "a sum that is one", fix)


def _warning(code: str, sheet: str, cell: str, found: str, expected: str, fix: str) -> Issue:
    return Issue(code, "warning", sheet, cell, found, expected, fix)


def _counted(count: int, what: str) -> str:
    return f"1 {what} is" if count == 1 else f"{count:,} {what}s are"


def _ranges(rows: Iterable[int]) -> str:
    """Row numbers in words: `7-9, 15`."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return ", ".join(words[:LISTED]) + (" and more" if len(words) > LISTED else "")
