"""Plain tables -> an input workbook that a finance director can fill in: styles, lists, units, print set-up.

Everything about a column comes from `contract/schema.py`: its heading, what may be typed, and what a wrong value says.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.contract.measures import MEASURES
from budgetmodel.contract.schema import COVER, GUIDE, SHEET, SHEETS, Kind, Sheet
from budgetmodel.contract.units import MILLIONS_PER_UNIT
from budgetmodel.excel.template.cover import Live, live_totals, write_cover
from budgetmodel.excel.template.guide import SETTINGS, write_guide
from budgetmodel.excel.template.layout import (
    EMPTY_ROWS,
    FIRST_ROW,
    HEADER_ROW,
    LAST_ROW,
    LINK_ROW,
    PURPOSE_ROW,
    SETTING_WIDTH,
    TITLE_ROW,
    Field,
    Written,
    fields_of,
    rows_of,
    setting,
    table_end,
    table_name,
)
from budgetmodel.excel.template.lists import write_lists
from budgetmodel.excel.template.validation import LIST_LIMIT, validation
from budgetmodel.excel.write.fast_sheet import new_workbook
from budgetmodel.excel.write.named_styles import changes
from budgetmodel.excel.write.styles import (
    NAMED_STYLES,
    TITLE_POINTS,
    Formats,
    created,
    fitted,
    header_height,
    number_width,
    page_setup,
    row_height,
    text_width,
)
from budgetmodel.files.sets import refuse_unwritable, write_files

FROZEN_WIDTH = 70.0
"""Characters that frozen key columns may take."""

LAST_COLUMN = 16_383
"""Excel's last column, counted from 0."""

ALLOWED = dict.fromkeys(
    (
        *("format_cells", "format_columns", "format_rows", "insert_columns", "insert_rows", "insert_hyperlinks"),
        *("delete_columns", "delete_rows", "sort", "autofilter", "pivot_tables"),
    ),
    True,
)
"""What protection leaves free: it is there against slips in headings and totals."""

PERCENT_MEASURES = tuple(measure.name for measure in MEASURES if measure.unit.is_percent)
"""Rules whose Value is a percentage."""


def blank_tables() -> dict[str, pd.DataFrame]:
    """The tables of a workbook to be filled in: the settings by name, no rows elsewhere."""
    known = {"Money unit": "£m", "Template version": schema.TEMPLATE_VERSION}
    names = list(schema.SETTINGS)
    return {schema.ABOUT: pd.DataFrame({"Setting": names, "Value": [known.get(name) for name in names]})}


def write_new(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """As `write_input`, but never over a file that is there: FileTrouble says so."""
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise FileTrouble(f"'{path}' does not end in .xlsx. Name a new Excel workbook, such as '{path.stem}.xlsx'.")
    if path.exists() or path.is_symlink():
        raise FileTrouble(f"'{path}' exists already. Name a new file.")
    refuse_unwritable(path.parent, path.name)
    return write_input(tables, path)


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
    written = {sheet.name: fields_of(sheet, tables.get(sheet.name)) for sheet in SHEETS}
    stream = io.BytesIO()
    book = new_workbook(stream, changes(NAMED_STYLES))
    formats = Formats(book)
    title = setting(written, "Title") or "Input workbook"
    facts = {"title": title[:LIST_LIMIT], "subject": "Input of budgetmodel", "author": "budgetmodel"}
    book.set_properties({**facts, "created": created()})
    cover, guide = book.add_worksheet(COVER), book.add_worksheet(GUIDE)
    write_cover(cover, formats, written)
    write_guide(guide, formats)
    for sheet in SHEETS:
        _write_sheet(book, formats, sheet, written)
    write_lists(book, written)
    for page in book.worksheets():
        page.protect("", ALLOWED)
    cover.activate()
    cover.set_first_sheet()
    book.close()
    return stream.getvalue()


def _write_sheet(book: Any, formats: Formats, sheet: Sheet, written: Written) -> None:
    fields = written[sheet.name]
    rows = rows_of(fields)
    drawn = FIRST_ROW + (rows or EMPTY_ROWS) - 1
    page = book.add_worksheet(sheet.name)
    page.set_row(TITLE_ROW, TITLE_POINTS)
    page.write_string(TITLE_ROW, 0, sheet.name, formats.title())
    purpose = f"{sheet.purpose} One row per {sheet.row_of}. Yellow cells with blue text are for you to fill in."
    page.write_string(PURPOSE_ROW, 0, purpose, formats.purpose())
    page.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", formats.link(), string=f"Back to {COVER}")
    wanted = _with_totals(fields, live_totals(written, sheet.name))
    if sheet.name == schema.ABOUT:
        wanted = [max(w, SETTING_WIDTH) if f.column.name == "Value" else w for f, w in zip(fields, wanted, strict=True)]
    widths = fitted(wanted, [field.is_text for field in fields])
    for offset in range(rows):
        values = [(field.values[offset], width) for field, width in zip(fields, widths, strict=True)]
        page.set_row(FIRST_ROW + offset, row_height([(v, w) for v, w in values if isinstance(v, str)]))
    page.set_column(len(fields), LAST_COLUMN, None, formats.unlocked())
    for number, (field, width) in enumerate(zip(fields, widths, strict=True)):
        page.set_column(number, number, width, formats.input(field.blank_style, wrap=field.is_text))
        for row in (TITLE_ROW, PURPOSE_ROW, LINK_ROW):  # else they would take the look of the column
            if number:
                page.write_blank(row, number, None, formats.plain())
        _write_cells(page, formats, number, field, drawn, _styles_of(sheet, field, fields))
        rule = validation(sheet, number, written)
        if (sheet.name, field.column.name) == (schema.ABOUT, "Value"):
            _explain_settings(page, number, fields[0].values)
        elif rule:
            page.data_validation(FIRST_ROW, number, LAST_ROW - 1, number, rule)
    _write_totals(page, formats, fields, live_totals(written, sheet.name))
    _write_table(page, formats, sheet, fields)
    page.set_row(HEADER_ROW, header_height([(f.heading, w) for f, w in zip(fields, widths, strict=True)]))
    page.freeze_panes(FIRST_ROW, _frozen(sheet, widths))
    page_setup(page, HEADER_ROW)


def _write_table(page: Any, formats: Formats, sheet: Sheet, fields: Sequence[Field]) -> None:
    """The Excel table; headings with a unit of money may be typed over, since About may change it."""
    looks = [formats.input_header(locked=field.column.kind is not Kind.MONEY) for field in fields]
    table = {
        "name": table_name(sheet.name),
        "style": None,
        "columns": [{"header": f.heading, "header_format": look} for f, look in zip(fields, looks, strict=True)],
        "description": f"{sheet.name}: one row per {sheet.row_of}",
    }
    page.add_table(HEADER_ROW, 0, table_end(list(fields)) - 1, len(fields) - 1, table)


def _with_totals(fields: Sequence[Field], totals: Mapping[str, tuple[str, Live]]) -> list[float]:
    """The widths that the columns would like, those with a total above them wide enough for it."""
    widths = [field.width for field in fields]
    for number, field in enumerate(fields):
        label, live = totals.get(field.column.name, ("", None))
        if live is not None and isinstance(live.value, float):
            widths[number] = max(widths[number], number_width(live.value, "money3", "", button=False))
            widths[number - 1] = max(widths[number - 1], text_width([label], "", button=False))
        elif live is not None:
            widths[number] = max(widths[number], text_width([str(live.value)], "", button=False))
    return widths


def _write_totals(page: Any, formats: Formats, fields: Sequence[Field], totals: Mapping[str, tuple[str, Live]]) -> None:
    """Live totals in the row of the link: the words in the column before, the figure above its own column."""
    for number, field in enumerate(fields):
        label, live = totals.get(field.column.name, ("", None))
        if live is None:
            continue
        kind = "money3" if isinstance(live.value, float) else "general"
        page.write_formula(LINK_ROW, number, live.formula, formats.calculated(kind), live.value)
        if label:
            page.write_string(LINK_ROW, number - 1, label, formats.calculated("text", align="right"))


def _explain_settings(page: Any, number: int, names: Sequence[object]) -> None:
    """What each setting of About is, said at its value; units of money, and yes or no, are lists."""
    for offset, name in enumerate(names):
        if name not in SETTINGS:
            continue
        words, example = SETTINGS[str(name)]
        note = f"{words} Example: {example}" if example else words
        options: dict[str, Any] = {"validate": "any", "show_error": False, "input_title": name, "input_message": note}
        known = _choices_of_setting(str(name))
        if known:
            fix = f"Choose one of: {', '.join(known)}."
            listed = {"validate": "list", "source": known, "show_error": True}
            options |= {**listed, "error_title": name, "error_message": fix}
        page.data_validation(FIRST_ROW + offset, number, FIRST_ROW + offset, number, options)


def _choices_of_setting(name: str) -> list[str]:
    """What a setting may be, where it is one of a few words."""
    if name == schema.MONEY_UNIT:
        return list(MILLIONS_PER_UNIT)
    return [schema.YES, schema.NO] if name in schema.YES_NO_SETTINGS else []


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
        style = styles[offset] if offset < len(styles) and value is not None else field.blank_style
        wrap = isinstance(value, str)
        row = FIRST_ROW + offset
        if value is None:
            page.write_blank(row, number, None, formats.input(style, wrap=field.is_text))
        elif isinstance(value, str) or field.is_text:
            page.write_string(row, number, str(value), formats.input(style, wrap=wrap))
        else:
            page.write_number(row, number, value, formats.input(style))
