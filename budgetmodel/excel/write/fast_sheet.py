"""What xlsxwriter does for every cell, with less work: the bytes of the file are those that xlsxwriter itself writes.

What a cell is like inside is learnt from one that xlsxwriter has made, and whatever is not a plain number, text,
formula or blank is left to it. `tests/excel/write/test_fast_sheet.py` holds the bytes of both together.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.packager import Packager
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

LONG = 16_000
"""Characters of a text up to which nobody need count whether Excel takes it."""

PLAIN = ("String", "Number", "Formula", "Blank")
"""Kinds of cells, as xlsxwriter calls them, that are written here."""

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
        if kind in PLAIN:
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
            if kind not in PLAIN or not found.format:  # it may have the style of its row or column
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


class FastBook(Workbook):  # type: ignore[misc]  # xlsxwriter is untyped
    """A workbook some of whose parts are changed before they are packed, which spares packing all of it twice."""

    def __init__(self, stream: io.BytesIO, changes: Changes) -> None:
        super().__init__(stream, {"in_memory": True, "strings_to_urls": False})
        self._changes = changes

    def _get_packager(self) -> Packager:
        """What makes the parts."""
        return _Changing(self._changes)


class _Changing(Packager):  # type: ignore[misc]  # xlsxwriter is untyped
    """Makes the parts, and changes some."""

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self._changes = changes

    def _create_package(self) -> list[tuple[Any, str, bool]]:
        """Every part: its text, its name, and whether it is not text."""
        return [
            (io.StringIO(self._changes[name](content.getvalue())) if name in self._changes else content, name, binary)
            for content, name, binary in super()._create_package()
        ]
