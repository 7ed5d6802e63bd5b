"""The XML of a sheet -> cells with their values, in one pass."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from budgetmodel.contract.issues import Issue
from budgetmodel.contract.tables import ErrorCell, NoStoredValue, ShownAsPercent, Unreadable
from budgetmodel.excel.read import guard
from budgetmodel.excel.read.cells import (
    LAST_COLUMN,
    LAST_ROW,
    TEXT_LIMIT,
    Block,
    Formula,
    SheetCells,
    block,
    clean_text,
    column_letter,
    column_number,
    plain_text,
)
from budgetmodel.excel.read.package import Damaged, Package, SheetPart, local, truth
from budgetmodel.excel.read.shared_xml import Shared, read_twice

PROBLEM_LIMIT = 50
"""Cells with damaged addresses or characters that are listed for one sheet."""

FEW_BLANKS = 500
"""A piece with fewer empty tags is not worth shortening."""

MERGES = 60_000
"""Merged blocks of a sheet that are looked for although not all its rows are."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BLANK_CELLS = re.compile(rb'(?:<c r="[A-Z]+[0-9]+"[^<>/]*/>)+')
_BLANK_ROWS = re.compile(rb'(?:<row r="[0-9]+"[^<>/]*(?:/>|>(?:<c r="[A-Z]+[0-9]+"[^<>/]*/>)*</row>))+')

_MERGED = re.compile(rb'<(?:[A-Za-z]\w*:)?mergeCell\s[^<>]*?ref="([A-Z0-9:]{2,30})"')

INFINITE = float("inf")


def read_cells(package: Package, sheet: SheetPart, shared: Shared, most_rows: int = LAST_ROW) -> SheetCells:
    """The cells of a sheet, as far as `most_rows`; raises Damaged when its part is missing or no XML."""
    if not package.has(sheet.part):
        raise Damaged("the file lacks its cells")
    return read_twice(lambda clean: _cells(package, sheet, shared, clean, most_rows))


class _Enough(Exception):
    """As many rows as are asked for have been read."""


def _cells(package: Package, sheet: SheetPart, shared: Shared, clean: bool, most_rows: int) -> SheetCells:
    reader = _Reader(sheet, shared, most_rows)
    try:
        package.parse(sheet.part, reader.start, reader.end, reader.text, squeeze=_without_blanks, clean=clean)
    except _Enough:
        # Merged cells are listed after the rows; without them, the labels that they cover would look left out.
        merged = (block(found[1].decode()) for found in package.find(sheet.part, _MERGED, most=MERGES))
        reader.merged += [each for each in merged if each is not None and each.top <= reader.last_row]
        return replace(reader.result(), cut=True)
    return reader.result()


def _without_blanks(piece: bytes) -> bytes:
    """A piece of a sheet with each run of empty formatted rows or cells shortened to its last."""
    if piece.count(b"/>") < FEW_BLANKS or b"<![CDATA[" in piece or b"<!--" in piece:
        return piece
    piece = _BLANK_ROWS.sub(lambda run: run[0][run[0].rfind(b"<row ") :], piece)
    return _BLANK_CELLS.sub(lambda run: run[0][run[0].rfind(b"<c ") :], piece)


class _Reader:
    """Collects the cells of one sheet while its part is parsed."""

    def __init__(self, sheet: SheetPart, shared: Shared, most_rows: int) -> None:
        self.sheet, self.shared, self.most_rows, self.telling = sheet, shared, most_rows, shared.telling
        self.rows: dict[int, dict[int, object]] = {}
        self.formulas: dict[tuple[int, int], Formula] = {}
        self.masters: dict[str, tuple[int, int, str]] = {}
        self.merged: list[Block] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self.issues: list[Issue] = []
        self.columns: dict[str, int] = {}
        self.cleaned: dict[str, str] = {}
        self.begun = False
        self.cell_tag, self.value_tag = "c", "v"
        self.starts = {
            "row": self._start_row,
            "f": self._start_formula,
            "is": self._start_inline,
            "t": self._start_run,
            "rPh": self._start_phonetic,
            "mergeCell": self._start_merge,
            "col": self._start_columns,
        }
        self.ends = {
            "v": self._end_value,
            "c": self._end_cell,
            "f": self._end_formula,
            "is": self._end_inline,
            "t": self._end_run,
            "rPh": self._end_phonetic,
        }
        self.last_row = self.row = self.column = 0
        self.row_text = ""
        self.filled: dict[int, object] = {}
        self.attributes: Mapping[str, str] = {}
        self.formula: Mapping[str, str] | None = None
        self.has_value = self.in_inline = self.in_phonetic = False
        self.taking = False
        self.inline: str | None = None
        self.length = 0
        self.parts: list[str] = []
        self.value = self.formula_text = ""

    # ---- called by the parser --------------------------------------------------------------------

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag begins."""
        if tag == self.cell_tag:  # nearly all tags are these two
            self.attributes, self.formula, self.has_value, self.value = attributes, None, False, ""
            self.parts, self.length, self.inline = [], 0, None
            return
        if tag == self.value_tag:
            if self.has_value:
                self._damaged(f"cell {self.attributes.get('r', '')[:40]} has two values")
            self.has_value = self.taking = True
            self.parts, self.length = [], 0
            return
        handler = self.starts.get(tag)
        if handler is not None:
            handler(attributes)
        elif not self.begun:  # the root; others than Excel may write its prefix before every name
            self.begun = True
            prefix = tag[: -len(local(tag))]
            self.cell_tag, self.value_tag = f"{prefix}c", f"{prefix}v"
            self.starts = {prefix + name: handler for name, handler in self.starts.items()}
            self.ends = {prefix + name: handler for name, handler in self.ends.items()}

    def end(self, tag: str) -> None:
        """A tag ends."""
        handler = self.ends.get(tag)
        if handler is not None:
            handler()

    def text(self, data: str) -> None:
        """Text, of which only that of values and formulas is kept."""
        if self.taking and self.length <= TEXT_LIMIT:
            self.parts.append(data)
            self.length += len(data)

    def result(self) -> SheetCells:
        """What was collected."""
        filled = {number: cells for number, cells in self.rows.items() if cells}
        return SheetCells(
            self.sheet.name,
            tuple(sorted(filled.items(), key=lambda row: row[0])),
            self.sheet.state,
            MappingProxyType(self.formulas),
            tuple(self.merged),
            tuple(sorted(self.hidden_rows & filled.keys())),
            tuple(self.hidden_columns),
            self.last_row,
            tuple(self.issues),
        )

    # ---- rows and cells ----------------------------------------------------------------------------

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        if len(self.rows) > self.most_rows:
            raise _Enough
        number = attributes.get("r", "")
        self.row = int(number) if _is_count(number) else self.row + 1
        self.column, self.row_text = 0, str(self.row)
        if (number and self.row_text != number) or not 0 < self.row <= LAST_ROW:
            self._damaged(f"a row is numbered '{number[:40]}'")
        self.last_row = max(self.last_row, self.row)
        if self.rows.get(self.row):
            self._damaged(f"row {self.row} stands twice in the file")
        self.filled = self.rows.setdefault(self.row, {})
        if truth(attributes.get("hidden")):
            self.hidden_rows.add(self.row)

    def _start_formula(self, attributes: Mapping[str, str]) -> None:
        self.formula = attributes
        self._take()

    def _end_formula(self) -> None:
        self.formula_text, self.taking = "".join(self.parts), False

    def _start_inline(self, _: Mapping[str, str]) -> None:
        """The text in the cell itself: where a `<v>` stands beside it, before or after, this is what Excel shows."""
        self.in_inline = True
        self.parts, self.length = [], 0

    def _end_inline(self) -> None:
        self.inline, self.in_inline = "".join(self.parts), False

    def _start_run(self, _: Mapping[str, str]) -> None:
        self.taking = self.in_inline and not self.in_phonetic

    def _end_run(self) -> None:
        self.taking = False

    def _start_phonetic(self, _: Mapping[str, str]) -> None:
        self.in_phonetic = True

    def _end_phonetic(self) -> None:
        self.in_phonetic = False

    def _start_merge(self, attributes: Mapping[str, str]) -> None:
        merged = block(attributes.get("ref", ""))
        if merged is not None:
            self.merged.append(merged)

    def _start_columns(self, attributes: Mapping[str, str]) -> None:
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if truth(attributes.get("hidden")) and _is_count(first) and _is_count(last):
            self.hidden_columns.append((int(first), int(last)))

    def _take(self) -> None:
        self.taking = True
        self.parts, self.length = [], 0

    def _end_value(self) -> None:
        self.value, self.taking = "".join(self.parts), False

    def _end_cell(self) -> None:
        kind = self.attributes.get("t", "n")
        if self.inline is not None and (kind == "inlineStr" or not self.has_value):
            self.value = self.inline
        self._place()
        stored: object = None
        if self.formula is not None:
            stored = self._formula(kind)
        elif self.value:
            stored = self._stored(kind)
        if stored is not None and not (isinstance(stored, str) and not stored.strip()):
            if self.column in self.filled:
                self._damaged(f"cell {self._address()} stands twice in the file")
            self.filled[self.column] = stored

    def _place(self) -> None:
        """The column of the cell, from its address or by counting."""
        address = self.attributes.get("r")
        if address is None:
            self.column += 1
            return
        row = self.row_text
        letters = address[: -len(row)] if address.endswith(row) else ""
        column = self.columns.get(letters)
        if column is None:
            plain = letters.isascii() and letters.isalpha() and len(letters) <= 3
            column = self.columns[letters] = column_number(letters) if plain else 0
        if not 0 < column <= LAST_COLUMN:
            self._damaged(f"a cell in row {self.row} has the address '{address[:40]}'")
            return
        self.column = column

    def _formula(self, kind: str) -> object:
        """The value stored with a formula; a formula without one is not a blank."""
        formula = self.formula or {}
        shared = formula.get("si", "") if formula.get("t") == "shared" else ""
        if shared and self.formula_text:
            self.masters[shared] = (self.row, self.column, self.formula_text)
        row, column, text = self.masters.get(shared, (self.row, self.column, self.formula_text))
        self.formulas[self.row, self.column] = Formula(f"={text}", self.row - row, self.column - column)
        if self.value or (self.has_value and kind == "str"):
            return self._stored(kind)
        return NoStoredValue(f"={text}")

    def _stored(self, kind: str) -> object:
        """The value of a cell that has one, by its type."""
        value = self.value
        if kind == "n":
            return self._number(value.strip())
        if kind == "s":
            return self._clean(self._shared_text(value))
        if kind in {"str", "inlineStr"}:
            return self._clean(value)
        if kind == "b":
            plain = value.strip().casefold()
            return plain in {"1", "true"} if plain in {"0", "1", "true", "false"} else Unreadable(value)
        if kind == "e":
            return ErrorCell(value)
        return _iso_date(value) if kind == "d" else Unreadable(value)

    def _number(self, text: str) -> object:
        number: int | float
        if text.isdigit() and text.isascii() and len(text) < 18:
            number = int(text)
        elif _NUMBER.fullmatch(text) is not None:
            number = int(text) if len(text) < 18 and text.lstrip("+-").isdigit() else float(text)
        else:
            return Unreadable(text) if text else None
        if abs(number) == INFINITE:
            return Unreadable(text)
        style = self.attributes.get("s", "0")
        if style not in self.telling:
            return number
        return self._date(number, style) if style in self.shared.dates else ShownAsPercent(number)

    def _date(self, number: float, style: str) -> object:
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        epoch = MAC_EPOCH if self.shared.from_1904 else WINDOWS_EPOCH
        try:
            return from_excel(number, epoch, timedelta=style in self.shared.durations)
        except (OverflowError, ValueError):
            return ErrorCell("########")  # what Excel shows for a date before 1900 or after 9999

    def _shared_text(self, value: str) -> str:
        number = value.strip()
        if _is_count(number) and int(number) < len(self.shared.texts):
            return self.shared.texts[int(number)]
        self._damaged(f"cell {self._address()} names the text number '{value[:40]}', which the file lacks")
        return ""

    def _clean(self, text: str) -> str:
        cleaned = self.cleaned.get(text)
        if cleaned is None:
            cleaned = self.cleaned[text] = clean_text(text)
        if cleaned != text and cleaned != plain_text(text) and len(self.issues) < PROBLEM_LIMIT:
            found = f"the text holds invisible control characters; it was read as '{cleaned[:40]}'"
            if len(text) > TEXT_LIMIT:
                found = f"the text is longer than Excel's {TEXT_LIMIT:,} characters; the rest was left out"
            fix = "Type the text again, without copying it."
            where = self._address()
            self.issues.append(
                Issue("CONTROL_CHARACTER", "warning", self.sheet.name, where, found, "text that shows", fix)
            )
        return cleaned

    def _address(self) -> str:
        return f"{column_letter(self.column)}{self.row}"

    def _damaged(self, found: str) -> None:
        if len(self.issues) < PROBLEM_LIMIT:
            words = "rows and cells as Excel numbers them"
            self.issues.append(Issue("DAMAGED", "error", self.sheet.name, "", found, words, guard.SAVE_AGAIN))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _iso_date(value: str) -> object:
    """A date or time as strict workbooks write it, in text."""
    for read in (dt.datetime.fromisoformat, dt.time.fromisoformat):
        try:
            return read(value.strip()).replace(tzinfo=None)
        except ValueError:
            continue
    return Unreadable(value)
