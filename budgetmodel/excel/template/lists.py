"""The hidden sheet behind drop-downs that follow another cell, and the names by which they find their list.

A list that depends on a cell is a name made of that cell's text: `Rows_of_Funding` are the names of sources,
`Fields_of_Funding` the columns of Funding. Excel and LibreOffice find them by INDIRECT, without macros.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_col_to_name

from budgetmodel.contract.schema import CHANGEABLE, LISTS, SHEET, Kind, Sheet
from budgetmodel.excel.template.layout import FIRST_ROW, Written, letter_of, names_of, table_end

PREFIX = {"rows": "Rows_of_", "fields": "Fields_of_"}


def named(offers: str, table: str) -> str:
    """The name of a table's list, which may hold no space.

    >>> named("rows", "Regime costs")
    'Rows_of_Regime_costs'
    """
    return f"{PREFIX[offers]}{table.replace(' ', '_')}"


def write_lists(book: Any, written: Written) -> None:
    """Write the columns of every table that a change may name onto a hidden sheet, and define the names."""
    page = book.add_worksheet(LISTS)
    page.hide()
    for number, name in enumerate(CHANGEABLE):
        fields = [field.column.name for field in written[name] if not field.extra]
        page.write_column(0, number, [name, *fields])
        letter = xl_col_to_name(number)
        book.define_name(named("fields", name), f"={LISTS}!${letter}$2:${letter}${len(fields) + 1}")
        book.define_name(named("rows", name), _rows(written, SHEET[name]))


def _rows(written: Written, sheet: Sheet) -> str:
    """The cells with the names of a table's rows: where they are declared, or as they stand in the table."""
    column = sheet.row_column
    if column.kind is Kind.MEMBER and column.refers in SHEET:
        return names_of(written, column.refers)
    letter = letter_of(written, sheet.name, column.name)
    return f"='{sheet.name}'!${letter}${FIRST_ROW + 1}:${letter}${table_end(written[sheet.name])}"
