"""What xlsxwriter does for every cell, with less work: the bytes of the file are those that xlsxwriter itself writes.

What a cell is like inside is learnt from one that xlsxwriter has made, and whatever is not a plain number, text,
formula or blank is left to it. `tests/excel/write/test_fast_sheet.py` compares the bytes of both.

The fast way uses names that xlsxwriter keeps to itself. `new_workbook` decides whether they are what they were when
this was tested; where they are not, xlsxwriter's public calls give the same bytes, more slowly.
"""

from __future__ import annotations

import inspect
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import xlsxwriter
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

TESTED = ("3.3.0", "3.3.1")
"""Versions of xlsxwriter that the fast way was tested with; another one takes the plain way until it is added here."""

OPTIONS = {"in_memory": True, "strings_to_urls": False}
"""How xlsxwriter makes our workbooks."""

CELLS = {
    "String": ("string", "format"),
    "Number": ("number", "format"),
    "Formula": ("formula", "format", "value"),
    "Blank": ("format",),
}
"""The fields of the cells that are written here, by kind, as xlsxwriter names them."""

ATTRIBUTES = ("str_table", "dim_colmin", "dim_colmax", "row_spans", "comments", "fh")
"""What the fast way reads and sets of a worksheet besides its table of cells."""

LONG = 16_000
"""Characters of a text up to which nobody need count whether Excel takes it."""

LAST_COLUMN = 16_383
"""Excel's last column, counted from 0."""

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
"""What a formula that fails comes to."""

_FUNCTION = re.compile(r"[A-Z][A-Z0-9.]*\(")

Changes = Mapping[str, Callable[[str], str]]
"""What is done to the text of parts of the file, by their names."""


class _Letters(dict[int, str]):
    """How the cells of a column begin, with its letter; made when they are first asked for."""

    def __missing__(self, column: int) -> str:
        self[column] = f'<c r="{xl_col_to_name(column)}'
        return self[column]


class _Styles(dict[Any, str]):
    """Formats as cells refer to them, numbered when they are first asked for, as xlsxwriter numbers them."""

    def __missing__(self, style: Any) -> str:
        self[style] = f'" s="{style._get_xf_index()}"'
        return self[style]


class FastSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter is untyped
    """A worksheet that takes the cells of a column at once, and writes each cell in one go.

    XlsxWriter searches every formula for sixty names of newer functions, which takes a quarter of the time of writing
    tens of thousands of them; here every set of functions is looked at once.
    """

    table: Any
    dim_colmax: Any

    def __init__(self) -> None:
        super().__init__()
        self._as_they_are: dict[tuple[frozenset[str], bool], bool] = {}
        self._plain: set[frozenset[str]] = set()
        self._kinds: dict[str, type[tuple[Any, ...]]] = {}
        self._letters, self._styles = _Letters(), _Styles()
        self._endings: dict[int, str] = {}  # of texts and blanks, which many cells share, by their identity

    def fill(
        self, row: int, column: int, values: Iterable[Any], styles: Iterable[Any], formulas: Iterable[str | None]
    ) -> None:
        """Write the cells of a column downwards from `row`: a text, a number, or nothing where a value is None.

        A cell with a formula keeps its value as what the formula comes to. Numbers are finite.
        """
        table, kinds, new = self.table, self._kinds, tuple.__new__
        texts: dict[tuple[str, Any], Any] = {}  # the same text in the same style is the same cell
        blanks: dict[Any, Any] = {}
        at = row - 1
        for at, value, style, formula in zip(count(row), values, styles, formulas, strict=False):
            if formula is not None:
                if formula[0] == "=" and formula[-1] != "}" and frozenset(_FUNCTION.findall(formula)) in self._plain:
                    table[at][column] = new(kinds["Formula"], (formula[1:], style, value))
                    continue
            elif value is None:
                if style and "Blank" in kinds:
                    blanks[style] = table[at][column] = blanks.get(style) or new(kinds["Blank"], (style,))
                    continue
            elif isinstance(value, str):
                if (value, style) in texts:
                    table[at][column] = texts[value, style]
                    self.str_table.count += 1
                    continue
                if "String" in kinds and len(value) <= LONG:
                    cell = new(kinds["String"], (self.str_table._get_shared_string_index(value), style))
                    table[at][column] = texts[value, style] = cell
                    continue
            elif "Number" in kinds:
                table[at][column] = new(kinds["Number"], (value, style))
                continue
            self._write(at, column, value, style, formula)
        if at >= row:
            self._check_dimensions(row, column)
            self._check_dimensions(at, column)

    def _write(self, row: int, column: int, value: Any, style: Any, formula: str | None) -> None:
        """Write a cell as xlsxwriter does, and learn from it what its kind is like."""
        if formula is not None:
            self.write_formula(row, column, formula, style, value)
        elif value is None:
            self.write_blank(row, column, None, style)
        elif isinstance(value, str):
            self.write_string(row, column, value, style)
        else:
            self.write_number(row, column, value, style)
        cell = self.table[row].get(column)
        kind = type(cell).__name__
        if kind in CELLS:
            self._kinds[kind] = type(cell)
        if kind == "Formula" and formula is not None and formula == f"={cell[0]}":
            self._plain.add(frozenset(_FUNCTION.findall(formula)))

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        """The formula as it stands in the file."""
        key = frozenset(_FUNCTION.findall(formula)), expand_future_functions
        if key not in self._as_they_are:
            names = " ".join(sorted(key[0]))
            self._as_they_are[key] = super()._prepare_formula(names, expand_future_functions) == names
        if self._as_they_are[key] and not formula.startswith("{") and not formula.endswith("}"):
            return formula.removeprefix("=")
        return str(super()._prepare_formula(formula, expand_future_functions))

    def _write_rows(self) -> None:
        """Write all rows; each is given to xlsxwriter as one cell, the first, that stands for all of its cells."""
        if self.comments:
            super()._write_rows()
            return
        table, last = self.table, self.dim_colmax
        self.table = defaultdict(dict, {row: {self.dim_colmin: _Line(cells)} for row, cells in table.items() if cells})
        self.dim_colmax = self.dim_colmin
        try:
            super()._write_rows()
        finally:
            self.table, self.dim_colmax = table, last

    def _calculate_spans(self) -> None:
        """The first and last column of every 16 rows, which Excel reads faster for."""
        if self.comments:
            super()._calculate_spans()
            return
        columns: dict[int, tuple[int, int]] = {}
        for row, cells in self.table.items():
            for line in cells.values():  # there is one at most
                low, high = columns.get(row // 16, (LAST_COLUMN, 0))
                columns[row // 16] = min(low, *line.cells), max(high, *line.cells)
        self.row_spans = {block: f"{low + 1}:{high + 1}" for block, (low, high) in columns.items()}

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        """The cells of a row as they stand in the file."""
        if not isinstance(cell, _Line):
            super()._write_cell(row, col, cell)
            return
        letters, styles, endings = self._letters, self._styles, self._endings
        number = str(row + 1)
        parts: list[str] = []
        for column in sorted(cell.cells):
            found = cell.cells[column]
            ending = endings.get(id(found))
            if ending is not None:
                parts.append(letters[column] + number + ending)
                continue
            kind = type(found).__name__
            if kind not in CELLS or not found.format:  # it may have the style of its row or column
                self.fh.write("".join(parts))
                parts.clear()
                super()._write_cell(row, column, found)
                continue
            begin = letters[column] + number
            if kind == "Number":
                parts.append(f"{begin}{styles[found.format]}><v>{found[0]:.16G}</v></c>")
            elif kind == "Formula":
                kind_of, shown = _result(found.value)
                ending = f"{styles[found.format]}{kind_of}><f>{_escaped(found[0])}</f><v>{shown}</v></c>"
                parts.append(begin + ending)
            else:
                ending = f' t="s"><v>{found[0]}</v></c>' if kind == "String" else "/>"
                endings[id(found)] = styles[found.format] + ending
                parts.append(begin + endings[id(found)])
        self.fh.write("".join(parts))


@dataclass(frozen=True, slots=True)
class _Line:
    """All the cells of a row, by column."""

    cells: Mapping[int, Any]


def _result(value: Any) -> tuple[str, Any]:
    """What a formula comes to: its kind as an attribute, and how it is written."""
    if isinstance(value, bool):
        return ' t="b"', int(value)
    if not isinstance(value, str):
        return "", value
    if value in ERRORS:
        return ' t="e"', value
    return ' t="str"' if value else "", _escaped(value)


def _escaped(text: str) -> str:
    """Text as it stands between tags."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def new_workbook(stream: io.BytesIO, changes: Changes, *, fast: bool = True) -> Workbook:
    """An empty workbook that goes into `stream` when it is closed, with parts of it changed before they are packed.

    It takes `FastSheet` as a kind of worksheet. When not `fast`, or with an xlsxwriter that the fast way was not tested
    with, such a worksheet is xlsxwriter's own: the bytes are the same, and writing them takes about twice as long.
    """
    return FastBook(stream, changes) if fast and _is_as_tested() else PlainBook(stream, changes)


def _is_as_tested() -> bool:
    """Whether xlsxwriter is of a tested version, and what the fast way uses of its inside has the shape expected."""
    if xlsxwriter.__version__ not in TESTED:
        return False
    book = Workbook(io.BytesIO(), OPTIONS)
    sheet, style = book.add_worksheet(), book.add_format()
    sheet.write_string(0, 0, "a", style)
    sheet.write_number(0, 1, 1.0, style)
    sheet.write_formula(0, 2, "=A1", style, "a")
    sheet.write_blank(0, 3, None, style)
    cells = getattr(sheet, "table", {}).get(0, {}).values()
    packager = book._get_packager() if hasattr(book, "_get_packager") else None
    methods = (
        (packager, "_create_package", ()),
        (getattr(book, "str_table", None), "_get_shared_string_index", ("string",)),
        (style, "_get_xf_index", ()),
        (sheet, "_prepare_formula", ("formula", "expand_future_functions")),
        (sheet, "_check_dimensions", ("row", "col", "ignore_row", "ignore_col")),
        (sheet, "_calculate_spans", ()),
        (sheet, "_write_rows", ()),
        (sheet, "_write_cell", ("row", "col", "cell")),
    )
    return (
        {type(cell).__name__: getattr(cell, "_fields", ()) for cell in cells} == CELLS
        and all(hasattr(sheet, name) for name in ATTRIBUTES)
        and all(_parameters(owner, name) == expected for owner, name, expected in methods)
    )


def _parameters(owner: object, name: str) -> tuple[str, ...] | None:
    """The names of the parameters of a method; None where there is no such method."""
    method = getattr(owner, name, None)
    return tuple(inspect.signature(method).parameters) if callable(method) else None


class FastBook(Workbook):  # type: ignore[misc]  # xlsxwriter is untyped
    """A workbook some of whose parts are changed before they are packed, which spares packing all of it twice."""

    def __init__(self, stream: io.BytesIO, changes: Changes) -> None:
        super().__init__(stream, OPTIONS)
        self._changes = changes

    def _get_packager(self) -> Any:
        """What makes the parts, and changes some: each part is its text, its name, and whether it is not text."""
        packager = super()._get_packager()
        create, changes = packager._create_package, self._changes

        def changed() -> list[tuple[Any, str, bool]]:
            return [
                (io.StringIO(changes[name](content.getvalue())) if name in changes else content, name, binary)
                for content, name, binary in create()
            ]

        packager._create_package = changed
        return packager


class PlainBook(Workbook):  # type: ignore[misc]  # xlsxwriter is untyped
    """The same workbook by xlsxwriter's public calls alone: packed by xlsxwriter, then again with parts changed."""

    def __init__(self, stream: io.BytesIO, changes: Changes) -> None:
        self._unchanged, self._stream, self._changes = io.BytesIO(), stream, changes
        super().__init__(self._unchanged, OPTIONS)

    def add_worksheet(self, name: str | None = None, worksheet_class: type[Worksheet] | None = None) -> Worksheet:
        """Add a worksheet, one of xlsxwriter's own in place of a fast one."""
        return super().add_worksheet(name, None if worksheet_class is FastSheet else worksheet_class)

    def close(self) -> None:
        """Write the workbook into its stream."""
        super().close()
        with zipfile.ZipFile(self._unchanged) as packed, zipfile.ZipFile(self._stream, "w") as again:
            for part in packed.infolist():
                content = packed.read(part)
                if part.filename in self._changes:
                    content = self._changes[part.filename](content.decode("utf-8")).encode("utf-8")
                again.writestr(part, content)
