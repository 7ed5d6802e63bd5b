"""A marked copy of a user's workbook: every cell with a problem in colour, with a comment, and a sheet that lists them.

The user's own file is read once and never opened for writing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from budgetmodel.contract.issues import SEVERITIES, Issue
from budgetmodel.contract.schema import fold
from budgetmodel.excel.changed_copy import write_copy
from budgetmodel.excel.problem_rows import HEADINGS, SHEET, addresses, listed, meaning
from budgetmodel.excel.read import guard
from budgetmodel.excel.write.styles import (
    HEADER_FILL,
    LINK,
    SEVERITY_FILL,
    TEXT,
    TITLE_POINTS,
    WHITE,
    header_height,
    row_height,
)
from budgetmodel.files.disk import read_regular

if TYPE_CHECKING:
    from openpyxl import Workbook

AUTHOR = "budgetmodel"
MARK = "-- budgetmodel check --"
"""The first line of what we write into a comment; what stands before it is the user's."""

PURPOSE = "What was found in this workbook, cell by cell. This is a marked copy: the original is as it was."
HEADER_ROW = 5
WIDTHS = (20.0, 11.0, 22.0, 50.0, 36.0, 50.0)
"""Characters of each column of the sheet."""

COMMENTED = 10_000
"""Cells with a comment; Excel slows down over more of them. All the others are coloured and listed."""

COMMENT_LIMIT = 2_000
RANGE_LIMIT = 1_000
"""Characters of a comment, and cells of one range that are marked."""

LINK_LIMIT = 60_000
COMMENT_WIDTH, COMMENT_LINE, COMMENT_LETTERS = 360, 18, 52
"""Points of a comment's box and of a line in it, and letters to a line."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def file_hash(path: Path) -> str:
    """The SHA-256 of a file as it is now; blank where it cannot be read, which is told where it is read next."""
    try:
        return hashlib.sha256(read_regular(path, guard.FILE_LIMIT)).hexdigest()
    except OSError:
        return ""


def annotate(source: str | Path, copy: str | Path, issues: Sequence[Issue], sha256: str = "") -> Path:
    """Write a copy of the workbook `source` at `copy` (.xlsx, new) with every issue marked; returns its path.

    Each cell that an issue names is coloured by severity and carries a comment with code, found, expected and fix; a
    first sheet `Problems` lists all of them with links. Formulas and formats stay as far as openpyxl keeps them;
    formulas come without stored values, which Excel computes when it opens the copy. Marks of an earlier copy go.

    `sha256` is that of the workbook in which the issues were found, if it is known.

    Raises FileTrouble and InputErrors as `write_copy` does.
    """
    source = Path(source)

    def mark(book: Workbook) -> None:
        theirs = [issue for issue in issues if issue.sheet != SHEET] if _remove_earlier(book) else issues
        sheets = {fold(sheet.title): sheet.title for sheet in book.worksheets}
        left = _mark_cells(book, theirs, sheets)
        _list_problems(book, theirs, sheets, source.name, left)

    return write_copy(source, Path(copy), mark, sha256)


def _remove_earlier(book: Workbook) -> bool:
    """Take our own marks off a workbook that is itself a marked copy; whether it was one."""
    earlier = [sheet for sheet in book.worksheets if sheet.title == SHEET and sheet["A2"].value == PURPOSE]
    if not earlier:
        return False
    book.remove(earlier[0])
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and MARK in cell.comment.text:
                    _unmark(cell)
    return True


def _unmark(cell: Any) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    own = cell.comment.text.partition(MARK)[0].strip()
    author = cell.comment.author
    cell.comment = Comment(own, author) if own else None
    cell.fill = PatternFill()


def _mark_cells(book: Workbook, issues: Iterable[Issue], sheets: Mapping[str, str]) -> int:
    """Colour the cells and comment on them; returns how many had to do without a comment."""
    from openpyxl.styles import PatternFill

    fills = {name: PatternFill("solid", fgColor=colour.lstrip("#")) for name, colour in SEVERITY_FILL.items()}
    found: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        title = sheets.get(fold(issue.sheet), "")
        for address in addresses(issue) if title else []:
            for cell in _cells(book[title], address):
                found.setdefault((title, cell), []).append(issue)
    ranked = sorted(found.items(), key=lambda item: _rank(item[1]))
    for number, ((title, address), told) in enumerate(ranked):
        cell = book[title][address]
        cell.fill = fills[SEVERITIES[_rank(told)]]
        if number < COMMENTED:
            cell.comment = _comment(cell.comment, told)
    return max(len(ranked) - COMMENTED, 0)


def _rank(issues: Iterable[Issue]) -> int:
    return min(SEVERITIES.index(issue.severity) for issue in issues)


def _cells(sheet: Any, address: str) -> list[str]:
    """The cells of an address, merged ones by their first cell; only the first of a very large range."""
    from openpyxl.cell.cell import MergedCell
    from openpyxl.utils.cell import get_column_letter, range_boundaries

    left, top, right, bottom = (int(bound or 0) for bound in range_boundaries(address))
    if (right - left + 1) * (bottom - top + 1) > RANGE_LIMIT:
        right, bottom = left, top
    names = []
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            name = f"{get_column_letter(column)}{row}"
            if isinstance(sheet[name], MergedCell):
                name = next(area.coord.partition(":")[0] for area in sheet.merged_cells.ranges if name in area)
            names.append(name)
    return list(dict.fromkeys(names))


def _comment(own: Any, issues: Iterable[Issue]) -> Any:
    """Ours, after what the user's own comment says."""
    from openpyxl.comments import Comment

    said = [f"{i.code} ({i.severity})\nFound: {i.found}\nExpected: {i.expected}\nType: {i.fix}" for i in issues]
    text = _plain("\n\n".join([MARK, *dict.fromkeys(said)]))
    text = text if len(text) <= COMMENT_LIMIT else f"{text[: COMMENT_LIMIT - 3]}..."
    author = AUTHOR
    if own is not None:
        text, author = f"{own.text.rstrip()}\n\n{text}", own.author or AUTHOR
    lines = sum(1 + len(line) // COMMENT_LETTERS for line in text.splitlines())
    return Comment(text, author, height=COMMENT_LINE * (lines + 1), width=COMMENT_WIDTH)


def _list_problems(book: Workbook, issues: Sequence[Issue], sheets: Mapping[str, str], name: str, left: int) -> None:
    """Put the sheet that lists everything first, with a link to each cell."""
    from openpyxl.styles import Alignment, Font, PatternFill

    title = SHEET if fold(SHEET) not in sheets else f"{SHEET} ({AUTHOR})"
    sheet = book.create_sheet(title, 0)
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet  # else Excel would type into all of them at once
    book.active = 0
    rows = listed(issues)
    note = f"{name}: {meaning(issues)}"
    note += f" {left:,} of the coloured cells have no comment: see the list." if left else ""
    texts = ((SHEET, 16, True), (PURPOSE, 10, False), (note, 10, False))
    for number, (text, size, bold) in enumerate(texts, start=1):
        _write(sheet.cell(number, 1), text)
        sheet.cell(number, 1).font = Font("Arial", size, bold=bold, color=(HEADER_FILL if bold else TEXT).lstrip("#"))
    sheet.row_dimensions[1].height = TITLE_POINTS
    headings = [heading for _, heading in HEADINGS]
    for number, (heading, width) in enumerate(zip(headings, WIDTHS, strict=True), start=1):
        cell = sheet.cell(HEADER_ROW, number, heading)
        cell.font = Font("Arial", 10, bold=True, color=WHITE.lstrip("#"))
        cell.fill = PatternFill("solid", fgColor=HEADER_FILL.lstrip("#"))
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.row_dimensions[HEADER_ROW].height = header_height(list(zip(headings, WIDTHS, strict=True)))
    fills = {name: PatternFill("solid", fgColor=colour.lstrip("#")) for name, colour in SEVERITY_FILL.items()}
    plain, link = (
        Font("Arial", 10, color=TEXT.lstrip("#")),
        Font("Arial", 10, color=LINK.lstrip("#"), underline="single"),
    )
    wrapped = Alignment(wrap_text=True, vertical="top")
    for at, issue in enumerate(rows, start=HEADER_ROW + 1):
        values = [_short(str(getattr(issue, field))) for field, _ in HEADINGS]
        for number, text in enumerate(values, start=1):
            cell = sheet.cell(at, number)
            _write(cell, text)
            cell.font, cell.alignment = plain, wrapped
        sheet.cell(at, 2).fill = fills[issue.severity]
        target = sheets.get(fold(issue.sheet)) if issue.sheet else None
        if target and at < LINK_LIMIT:
            _link(sheet.cell(at, 3), target, (addresses(issue) or ["A1"])[0])
            sheet.cell(at, 3).font = link
        sheet.row_dimensions[at].height = row_height(list(zip(values, WIDTHS, strict=True)))
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 1)
    sheet.auto_filter.ref = f"A{HEADER_ROW}:F{HEADER_ROW + max(len(rows), 1)}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"


def _link(cell: Any, title: str, address: str) -> None:
    """Make a cell a link to a cell of another sheet."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    quoted = title.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{address}", display=cell.value)


def _write(cell: Any, text: str) -> None:
    """Write text as text, whatever it looks like."""
    cell.value = _plain(text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(FORMULA_SIGNS)


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _short(text: str) -> str:
    return text if len(text) <= COMMENT_LIMIT else f"{text[: COMMENT_LIMIT - 3]}..."
