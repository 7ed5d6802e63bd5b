"""The rows of Needs written into a copy of a workbook; the workbook itself is read once and never written to."""

from __future__ import annotations

from copy import copy as twin
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from budgetmodel.contract.issues import FileTrouble, InputErrors, Issue
from budgetmodel.contract.schema import NEEDS, PLACES, fold
from budgetmodel.contract.tables import Table
from budgetmodel.excel.changed_copy import refuse_copy, write_copy
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.needs.places import Need
from budgetmodel.needs.practices import listed

if TYPE_CHECKING:
    from openpyxl import Workbook

MEASURE, PLACE = "Need measure", "Place"


def write_into(found: Need, workbook: str | Path, copy: str | Path) -> tuple[Path, tuple[Issue, ...]]:
    """Write a copy of `workbook` at `copy` (.xlsx, new) with the needs in its sheet Needs; its path and warnings.

    A measure and place that the sheet has gets the new value; the others are added below it; every other row stays. A
    place is the workbook's by its name or code. Raises InputErrors when a place is not in the workbook's Places or one
    of its places has no practice, FileTrouble when the copy exists or cannot be made.
    """
    source, target = Path(workbook), Path(copy)
    refuse_copy(source, target)
    found_in = read_workbook(source)
    tables = found_in.tables
    table = tables.get(NEEDS)
    if table is None:
        raise FileTrouble(f"'{source.name}' has no sheet '{NEEDS}' with headings to write below.")
    rows, issues = _own_names(found.needs, tables.get(PLACES), source.name)

    def write(book: Workbook) -> None:
        page = next(sheet for sheet in book.worksheets if fold(sheet.title) == fold(table.sheet))
        _write(page, table, rows, source.name)

    return write_copy(source, target, write, found_in.sha256), issues


def _own_names(needs: pd.DataFrame, places: Table | None, name: str) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """The rows with the workbook's own names of places; those of places that it lacks are left out and said."""
    own: dict[str, str] = {}
    for column in ("Also known as", "Sub-ICB code", "Code", PLACE):  # the last word is the name's
        if places is not None and column in places.values:
            for place, text in zip(places.values[PLACE], places.values[column], strict=True):
                words = str(text or "").split(";") if column == "Also known as" else [str(text or "")]
                own |= {fold(word): str(place) for word in words if word.strip() and str(place or "").strip()}
    wanted = list(dict.fromkeys(own.values()))
    found = {place: own.get(fold(place)) for place in needs[PLACE].unique()}
    lacking = [place for place in wanted if place not in found.values()]
    extra = [str(place) for place, known in found.items() if known is None]
    if lacking:
        fix = f"Group the practices by the workbook's places. Left over: {listed(extra)}." if extra else "See --by."
        text = f"no practice is in {listed(lacking)}"
        raise InputErrors(
            [Issue("NEED_NO_PLACE", "error", PLACES, "", text, f"practices in each place of {name}", fix)]
        )
    issues: tuple[Issue, ...] = ()
    if extra:
        text = f"{listed(extra)} {'is' if len(extra) == 1 else 'are'} not in the workbook"
        fix = "Its people are left out: add the place, or give its practices another one in a mapping file."
        issues = (Issue("NEED_NO_PLACE", "warning", PLACES, "", text, f"a place of {name}", fix),)
    rows = needs.assign(**{PLACE: needs[PLACE].map(found)}).dropna(subset=[PLACE])
    order = {place: n for n, place in enumerate(wanted)}
    measures = {measure: n for n, measure in enumerate(dict.fromkeys(rows[MEASURE]))}
    at = [(measures[m], order[p]) for m, p in zip(rows[MEASURE], rows[PLACE], strict=True)]
    return rows.iloc[sorted(range(len(rows)), key=at.__getitem__)], issues


def _write(page: Any, table: Table, rows: pd.DataFrame, name: str) -> None:
    """Set the cells: in the row that has measure and place already, or in a new one below the table."""
    known = {
        (fold(str(measure)), fold(str(place))): row
        for row, measure, place in zip(table.rows, table.values[MEASURE], table.values[PLACE], strict=True)
    }
    below = max(table.rows, default=table.header_row) + 1
    letters = {column: letter for column, letter in table.letters.items() if column in rows}
    new = [row for row in rows.to_dict("records") if (fold(row[MEASURE]), fold(row[PLACE])) not in known]
    for number in range(below, below + len(new)):
        full = [f"{letter}{number}" for letter in letters.values() if page[f"{letter}{number}"].value is not None]
        if full:
            raise FileTrouble(f"'{name}' has something in {page.title}!{full[0]}, where rows are to be added: move it.")
    for record in rows.to_dict("records"):
        number = known.get((fold(record[MEASURE]), fold(record[PLACE])), below)
        for column, letter in letters.items():
            cell = page[f"{letter}{number}"]
            cell.value = record[column]
            if isinstance(record[column], str):
                cell.data_type = "s"  # a place named "=1" is a name
            if number == below and number > table.header_row + 1:
                cell._style = twin(page[f"{letter}{number - 1}"]._style)
        below += number == below
    for listed_table in page.tables.values():
        start, _, end = listed_table.ref.partition(":")
        last = int("".join(c for c in end if c.isdigit()))
        if int("".join(c for c in start if c.isdigit())) == table.header_row and last < below - 1:
            listed_table.ref = f"{start}:{''.join(c for c in end if c.isalpha())}{below - 1}"
            if listed_table.autoFilter is not None:
                listed_table.autoFilter.ref = listed_table.ref
