"""Plain tables -> an input workbook that a finance director can fill in: styles, lists, units, print set-up.

Everything about a column comes from `schema.py`: its heading, what may be typed and what is said when it is wrong.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from budgetmodel import schema
from budgetmodel.schema import SHEET, SHEETS, Column, Kind, Sheet, fold_heading, heading_unit
from budgetmodel.workbook.files import write_files
from budgetmodel.workbook.styles import (
    TITLE_POINTS,
    Formats,
    created,
    fitted,
    header_height,
    input_number,
    number_width,
    page_setup,
    row_height,
    text_width,
)

TITLE_ROW, PURPOSE_ROW, LINK_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2, 3, 4
"""Where things stand on every sheet, counted from 0."""

EMPTY_ROWS, EMPTY_WIDTH = 12, 14.0
"""Rows offered where a table has none yet, and the least width of its columns."""

SPARE_ROWS = 500
"""Rows below a table that already check what is typed into them."""

FROZEN_WIDTH = 70.0
"""Characters that frozen key columns may take."""

LONGEST_TEXT = 52.0
LIST_LIMIT = 255
"""Characters that Excel allows in a list written into a cell's rule."""

MESSAGE_LIMIT = 255
TITLE_LIMIT = 32
LARGEST = 1e12

PERCENT_MEASURES = tuple(measure for measure in schema.MEASURES if measure not in ("amount", "per head"))
"""Rules whose Value is a percentage."""

TEXT_KINDS = (Kind.TEXT, Kind.NAME, Kind.MEMBER, Kind.CHOICE, Kind.YEAR, Kind.SELECTOR)


@dataclass(frozen=True)
class Field:
    """One column of one sheet as it is written: its heading, and the contract's record of it (None for an extra)."""

    heading: str
    column: Column
    values: tuple[object, ...]
    extra: bool = False

    @property
    def is_text(self) -> bool:
        """Whether cells hold text whatever they look like."""
        return self.column.kind in TEXT_KINDS

    @property
    def numbers(self) -> list[float]:
        """The figures among the values."""
        return [value for value in self.values if isinstance(value, int | float)]

    @property
    def style(self) -> str:
        """The number format of the column."""
        if self.is_text:
            return "text"
        return "input percent" if self.column.kind is Kind.PERCENT else input_number(self.numbers)

    @property
    def width(self) -> float:
        """Characters that the column would like to have."""
        texts = [str(value) for value in self.values if isinstance(value, str)]
        wide = text_width(texts, self.heading, longest=LONGEST_TEXT)
        wide = wide if self.values else max(wide, EMPTY_WIDTH)
        largest = max((abs(number) for number in self.numbers), default=0.0)
        return wide if self.is_text else max(wide, number_width(largest, self.style, self.heading))


def write_input(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write the input workbook at `path` (.xlsx); equal tables give equal bytes.

    `tables` holds a frame per sheet, columns named as the contract does, units included; cells are text, numbers in
    the unit of their heading (2% is 0.02), or None for blank. Sheets that are left out are written empty. Raises
    FileTrouble when the file cannot be written and ValueError when a number is not finite.
    """
    path = Path(path)
    return write_files({path: input_bytes(tables)})[0]


def input_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """The workbook that `write_input` writes, as bytes."""
    unknown = [name for name in tables if name not in SHEET]
    if unknown:
        raise ValueError(f"no sheets of the contract: {', '.join(unknown)}")
    written = {sheet.name: _fields(sheet, tables.get(sheet.name)) for sheet in SHEETS}
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    formats = Formats(book)
    title = _setting(tables, "Title") or "Input workbook"
    book.set_properties({"title": title[:LIST_LIMIT], "subject": "Input of budgetmodel", "created": created()})
    for sheet in SHEETS:
        _write_sheet(book, formats, sheet, written)
    book.close()
    return stream.getvalue()


def _setting(tables: Mapping[str, pd.DataFrame], name: str) -> str:
    about = tables.get(schema.ABOUT)
    if about is None or not {"Setting", "Value"} <= set(about.columns):
        return ""
    values = [str(value) for setting, value in zip(about["Setting"], about["Value"], strict=True) if setting == name]
    return values[0] if values else ""


def _fields(sheet: Sheet, frame: pd.DataFrame | None) -> list[Field]:
    """The columns of the contract in its order, each with its values, then columns that are the workbook's own."""
    frame = pd.DataFrame() if frame is None else frame
    given = {fold_heading(str(name)): str(name) for name in frame.columns}
    known = {fold_heading(column.name) for column in sheet.columns}
    fields = []
    for column in sheet.columns:
        name = given.get(fold_heading(column.name))
        values = tuple(_plain(value) for value in frame[name]) if name is not None else (None,) * len(frame)
        unit = heading_unit(name) if name is not None else ""
        fields.append(Field(f"{column.name} ({unit})" if unit else column.heading, column, values))
    extras = [name for key, name in given.items() if key not in known]
    fields += [Field(name, Column(name, Kind.RAW), tuple(map(_plain, frame[name])), extra=True) for name in extras]
    return fields


def _plain(value: Any) -> object:
    """A cell as text, int, float or None; raises ValueError for a number that no workbook can hold."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value or None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a number that a workbook can hold")
    return int(number) if number.is_integer() and abs(number) < LARGEST else number


def _write_sheet(book: Any, formats: Formats, sheet: Sheet, written: Mapping[str, list[Field]]) -> None:
    fields = written[sheet.name]
    rows = max((len(field.values) for field in fields), default=0)
    last = FIRST_ROW + max(rows, EMPTY_ROWS if not rows else 1) - 1
    page = book.add_worksheet(sheet.name)
    page.set_row(TITLE_ROW, TITLE_POINTS)
    page.write_string(TITLE_ROW, 0, sheet.name, formats.title())
    purpose = f"{sheet.purpose} One row per {sheet.row_of}. Yellow cells with blue text are for you to fill in."
    page.write_string(PURPOSE_ROW, 0, purpose, formats.purpose())
    if sheet.name != schema.ABOUT:
        page.write_url(LINK_ROW, 0, f"internal:'{schema.ABOUT}'!A1", formats.link(), string="Back to About")
    widths = fitted([field.width for field in fields], [field.is_text for field in fields])
    for offset in range(rows):
        values = [(field.values[offset], width) for field, width in zip(fields, widths, strict=True)]
        page.set_row(FIRST_ROW + offset, row_height([(v, w) for v, w in values if isinstance(v, str)]))
    for number, (field, width) in enumerate(zip(fields, widths, strict=True)):
        page.set_column(number, number, width)
        _write_cells(page, formats, number, field, last, _styles_of(sheet, field, fields))
        _validate(page, number, field, written, last)
    columns = [{"header": field.heading, "header_format": formats.input_header()} for field in fields]
    table = {
        "name": f"tbl{sheet.name}",
        "style": None,
        "columns": columns,
        "description": f"{sheet.name}: one row per {sheet.row_of}",
    }
    page.add_table(HEADER_ROW, 0, last, len(fields) - 1, table)
    page.set_row(HEADER_ROW, header_height([(f.heading, w) for f, w in zip(fields, widths, strict=True)]))
    page.freeze_panes(FIRST_ROW, _frozen(sheet, widths))
    page_setup(page, HEADER_ROW)


def _frozen(sheet: Sheet, widths: Sequence[float]) -> int:
    """How many leading key columns stay in view, as far as there is room for them."""
    keys = 0
    for column in sheet.columns:
        if column.name not in sheet.key and keys:
            break
        keys += 1
        if column.name not in sheet.key:
            break
    while keys > 1 and sum(widths[:keys]) > FROZEN_WIDTH:
        keys -= 1
    return keys


def _styles_of(sheet: Sheet, field: Field, fields: Sequence[Field]) -> Sequence[str]:
    """The number format of each row; the Value of a rule follows its Measure."""
    if sheet.name == schema.RULES and field.column.name == "Value":
        measures = next(f.values for f in fields if f.column.name == "Measure")
        return ["input percent" if measure in PERCENT_MEASURES else field.style for measure in measures]
    return [field.style] * len(field.values)


def _write_cells(page: Any, formats: Formats, number: int, field: Field, last: int, styles: Sequence[str]) -> None:
    for offset in range(last - FIRST_ROW + 1):
        value = field.values[offset] if offset < len(field.values) else None
        style = styles[offset] if offset < len(styles) else field.style
        wrap = isinstance(value, str)
        row = FIRST_ROW + offset
        if value is None:
            page.write_blank(row, number, None, formats.input(style))
        elif isinstance(value, str) or field.is_text:
            page.write_string(row, number, str(value), formats.input(style, wrap=wrap))
        else:
            page.write_number(row, number, value, formats.input(style))


def _validate(page: Any, number: int, field: Field, written: Mapping[str, list[Field]], last: int) -> None:
    """What may be typed into a column, said before (a note) and after (a refusal that names the fix)."""
    rule = {} if field.extra else _rule(field.column, number, written)
    note = _note(field.column)
    if not rule and not note:
        return
    fix = rule.pop("fix", "")
    options: dict[str, object] = {"validate": "any", **rule}
    if note:
        options |= {"input_title": field.column.name[:TITLE_LIMIT], "input_message": note[:MESSAGE_LIMIT]}
    if fix:
        options |= {"error_title": f"{field.column.name}"[:TITLE_LIMIT], "error_message": str(fix)[:MESSAGE_LIMIT]}
    page.data_validation(FIRST_ROW, number, last + SPARE_ROWS, number, options)


def _rule(column: Column, number: int, written: Mapping[str, list[Field]]) -> dict[str, Any]:
    """The validation of a column, with the sentence that goes with a refusal under `fix`."""
    if column.kind is Kind.MEMBER or (column.kind is Kind.YEAR and column.refers):
        source = _names_range(column.refers, written)
        return {
            "validate": "list",
            "source": source,
            "fix": f"Choose a name from the list, or add it to {column.refers} first.",
        }
    if column.kind is Kind.YEAR:
        cell = f"{xlsxwriter.utility.xl_col_to_name(number)}{FIRST_ROW + 1}"
        formula = f'=AND(LEN({cell})=7,MID({cell},5,1)="/")'
        return {"validate": "custom", "value": formula, "fix": "Type the financial year as text: 2025/26."}
    if column.kind is Kind.CHOICE:
        return _choice_rule(column)
    if column.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT):
        return _number_rule(column, number)
    return {}


def _choice_rule(column: Column) -> dict[str, Any]:
    """A list of the choices; one too long for Excel is left to the check."""
    listed = ", ".join(column.choices)
    if len(",".join(column.choices)) > LIST_LIMIT:
        return {}
    return {"validate": "list", "source": list(column.choices), "fix": f"Choose one of: {listed}."}


def _number_rule(column: Column, number: int) -> dict[str, Any]:
    """The range of a figure: at least `low`, more than `above`, at most `high`; words that stand for one are let in."""
    words = f", or type {' or '.join(column.choices)}" if column.choices else ""
    hint = " (2% is 0.02 or 2%)" if column.kind is Kind.PERCENT else ""
    fix = f"Type a number{hint}{_range_words(column)}{words}."
    low = column.low if column.low is not None else column.above
    if column.choices:
        cell = f"{xlsxwriter.utility.xl_col_to_name(number)}{FIRST_ROW + 1}"
        allowed = ",".join(f'{cell}="{word}"' for word in column.choices)
        bound = f",{cell}>={column.low:g}" if column.low is not None else ""
        return {"validate": "custom", "value": f"=OR({allowed},AND(ISNUMBER({cell}){bound}))", "fix": fix}
    if low is None and column.high is None:
        return {"validate": "decimal", "criteria": "between", "minimum": -LARGEST, "maximum": LARGEST, "fix": fix}
    if column.high is not None:
        return {"validate": "decimal", "criteria": "between", "minimum": low or 0, "maximum": column.high, "fix": fix}
    return {"validate": "decimal", "criteria": ">" if column.above is not None else ">=", "value": low, "fix": fix}


def _range_words(column: Column) -> str:
    parts = [f"more than {column.above:g}"] if column.above is not None else []
    parts += [f"at least {column.low:g}"] if column.low is not None else []
    parts += [f"at most {column.high:g}"] if column.high is not None else []
    return f", {' and '.join(parts)}" if parts else ""


def _note(column: Column) -> str:
    """What is said when a cell is chosen: the contract's note, what blank means, an example."""
    parts = [column.note] if column.note else []
    if column.kind is Kind.SELECTOR:
        parts.append("Separate with ; and except with not: all; not Name. An attribute: tag: Name.")
    if column.default is not None and "blank" not in column.note.casefold():
        shown = (
            f"{column.default:.0%}"
            if column.kind is Kind.PERCENT
            else f"{column.default:g}"
            if isinstance(column.default, float)
            else column.default
        )
        parts.append(f"Blank = {shown}")
    if column.example:
        parts.append(f"Example: {column.example}")
    return ". ".join(part.rstrip(".") for part in parts) + ("." if parts else "")


def _names_range(sheet_name: str, written: Mapping[str, list[Field]]) -> str:
    """The cells that name the members of a sheet: its first NAME or YEAR column."""
    for number, field in enumerate(written[sheet_name]):
        if field.column.kind in (Kind.NAME, Kind.YEAR):
            rows = max(len(field.values), 1)
            letter = xlsxwriter.utility.xl_col_to_name(number)
            return f"='{sheet_name}'!${letter}${FIRST_ROW + 1}:${letter}${FIRST_ROW + rows}"
    raise ValueError(f"{sheet_name} names no members")
