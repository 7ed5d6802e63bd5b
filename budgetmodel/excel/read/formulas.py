"""Formulas without a formula engine: plain sums are worked out from the stored values, to see whether those agree."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from budgetmodel.contract.tables import NoStoredValue
from budgetmodel.excel.read.cells import LAST_COLUMN, LAST_ROW, Block, Formula, SheetCells, block, column_letter

LOOK_AT = 1_000_000
"""Cells that are looked up for one sheet; running totals of a long column would look at the square of it."""

CLOSE = 1e-9
"""A stored sum may differ from its parts by this share of them: Excel's own rounding is finer."""

_SUM = re.compile(r"=SUM\(([^()]*)\)", re.IGNORECASE)
_PLUS = re.compile(r"=\+?([^+()\-*/^&=<>,;:%!\"']+(?:\+[^+()\-*/^&=<>,;:%!\"']+)+)")
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")


def stale_sums(sheet: SheetCells) -> Iterator[tuple[int, int, float, float]]:
    """Row and column of each plain sum whose stored value is not the sum of its parts; the stored value and the sum."""
    for row, column, stored, total, size in sums(sheet):
        if abs(stored - total) > CLOSE * (1 + size):
            yield row, column, stored, total


def sums(sheet: SheetCells) -> Iterator[tuple[int, int, float, float, float]]:
    """Each `=SUM(...)` and `=A1+B1` of cells of this sheet: row, column, stored value, true sum, sum of sizes."""
    rows = dict(sheet.rows)
    numbers = [number for number, _ in sheet.rows]
    inputs = LOOK_AT
    for (row, column), formula in sheet.formulas.items():
        stored = rows.get(row, {}).get(column)
        if isinstance(stored, bool) or not isinstance(stored, int | float):
            continue
        found = _parts(formula)
        if found is None:
            continue
        blocks, only_numbers = found
        values: list[float] = []
        for part in blocks:
            between = numbers[bisect_left(numbers, part.top) : bisect_right(numbers, part.bottom)]
            inputs -= 1 + len(between) * (1 + part.right - part.left)
            if inputs < 0:
                return
            if part.top <= row <= part.bottom and part.left <= column <= part.right:
                break  # a circle
            held = [rows[n].get(c) for n in between for c in range(part.left, part.right + 1)]
            if not all(_adds(value, only_numbers) for value in held):
                break
            values += [float(v) for v in held if isinstance(v, int | float) and not isinstance(v, bool)]
        else:
            yield row, column, float(stored), sum(values), sum(map(abs, values))


def _adds(value: object, only_numbers: bool) -> bool:
    """Whether it is plain what a cell adds to a sum: SUM passes over text, + does not."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return True
    return isinstance(value, str) and not only_numbers


def _parts(formula: Formula) -> tuple[list[Block], bool] | None:
    """The cells that a plain sum adds, and whether each must be a number; None when it is anything else."""
    text = formula.text.replace(" ", "")
    total, plus = _SUM.fullmatch(text), _PLUS.fullmatch(text)
    if total is not None:
        parts, only_numbers = total[1].split(","), False
    elif plus is not None:
        parts, only_numbers = plus[1].split("+"), True
    else:
        return None
    blocks = [_moved(part, formula) for part in parts]
    return None if None in blocks else ([found for found in blocks if found is not None], only_numbers)


def _moved(reference: str, formula: Formula) -> Block | None:
    """The block a reference names, moved as the shared formula it belongs to was."""
    if not (formula.down or formula.right):
        return block(reference)
    corners = []
    for corner in reference.split(":"):
        match = _CORNER.fullmatch(corner)
        found = block(corner)
        if match is None or found is None:
            return None
        column = found.left + (0 if match[1] else formula.right)
        row = found.top + (0 if match[3] else formula.down)
        if not 0 < column <= LAST_COLUMN or not 0 < row <= LAST_ROW:
            return None
        corners.append(f"{column_letter(column)}{row}")
    return block(":".join(corners))


def never_calculated(sheet: SheetCells) -> bool:
    """Whether every formula of a sheet is stored with 0 or with nothing."""
    rows = dict(sheet.rows)
    stored = [rows.get(row, {}).get(column) for row, column in sheet.formulas]
    return all(value is None or isinstance(value, NoStoredValue) or value in (0, "") for value in stored)
