"""The cells of a sheet as the workbook holds them: addresses, formulas, merged blocks, and text made clean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from budgetmodel.contract.issues import Issue
from budgetmodel.excel.read.package import MARK

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
TEXT_LIMIT = 32_767
"""Characters that Excel holds in a cell."""

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LINE = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    f"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff{MARK}\ufffe\uffff]"
)
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")

Cells = Mapping[int, object]
"""The filled cells of a row by column number."""


@dataclass(frozen=True)
class Formula:
    """A formula as it was typed, and how far below and right of there this cell stands (shared formulas)."""

    text: str
    down: int = 0
    right: int = 0


@dataclass(frozen=True)
class Block:
    """A rectangle of cells, all four bounds included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def text(self) -> str:
        """The block as Excel writes it: `A5:A10`."""
        return f"{column_letter(self.left)}{self.top}:{column_letter(self.right)}{self.bottom}"


@dataclass(frozen=True)
class SheetCells:
    """The filled cells of one sheet: for each Excel row its cells by column number, empty rows left out.

    `formulas` are by (row, column). `hidden_rows` are filled rows that do not show, `hidden_columns` pairs of first and
    last column. `last_row` is the last row the file mentions, filled or not. `issues` are about the cells;
    a sheet that is not `whole` could not be read and has no rows. Of one that is `cut` only the first rows were read.
    """

    name: str
    rows: tuple[tuple[int, Cells], ...]
    state: str = "visible"
    formulas: Mapping[tuple[int, int], Formula] = field(default_factory=lambda: MappingProxyType({}))
    merged: tuple[Block, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    last_row: int = 0
    issues: tuple[Issue, ...] = ()
    whole: bool = True
    cut: bool = False


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


def column_number(letters: str) -> int:
    """The number of a column.

    >>> column_number("A"), column_number("AB")
    (1, 28)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def block(text: str) -> Block | None:
    """The rectangle that a reference such as `A5:$B$10` or `C3` names; None when it names none."""
    corners = [_REFERENCE.fullmatch(corner) for corner in text.split(":")]
    if not 1 <= len(corners) <= 2 or any(corner is None for corner in corners):
        return None
    columns = sorted(column_number(corner[1]) for corner in corners if corner)
    rows = sorted(int(corner[2]) for corner in corners if corner)
    if columns[-1] > LAST_COLUMN or not 0 < rows[0] <= rows[-1] <= LAST_ROW:
        return None
    return Block(rows[0], columns[0], rows[-1], columns[-1])


def clean_text(text: str) -> str:
    """A cell's text without the characters that neither show nor belong there; Excel's `_x000D_` is undone.

    >>> clean_text("Bu_x0001_ry"), clean_text("_x005F_x0041_")
    ('Bury', '_x0041_')
    """
    return _INVISIBLE.sub("", _LINE.sub(" ", plain_text(text)))[:TEXT_LIMIT]


def plain_text(text: str) -> str:
    """The text with Excel's `_x000D_` undone."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
