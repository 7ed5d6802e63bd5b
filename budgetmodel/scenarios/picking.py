"""Which rows a change speaks of: its Row, its Year and its Where, as conditions on columns of the table."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.checks.cells import Finding, did_you_mean, words
from budgetmodel.contract.schema import ROW, YEARS_OF_ROW, Column, Kind, Sheet, fold, fold_heading
from budgetmodel.contract.selectors import SelectorError, conditions, parts
from budgetmodel.contract.tables import Table
from budgetmodel.contract.units import tidy_year
from budgetmodel.scenarios.change_row import ChangeRow

PICKING = (ROW, "Year", "Where")
"""The columns of Changes that say which rows are changed."""

SHOWN = 3
"""Values that a message offers."""

Condition = tuple[Column, list[str], str]
"""A column of the table, the values that it may have, and the column of Changes that says so."""


class Refused(Exception):
    """A change that cannot be made: the finding and the column of the Changes sheet to blame."""

    def __init__(self, finding: Finding, column: str) -> None:
        """Carry the finding and the column."""
        super().__init__(finding.found)
        self.finding = finding
        self.column = column


def picked(row: ChangeRow, sheet: Sheet, table: Table | None, *, extra: bool = True) -> list[Condition]:
    """The conditions of a change's Where, then those of its Row and Year that Where does not say as well.

    `extra` lets columns that are the workbook's own pick rows. Raises Refused for a column that is none, a Year where
    the table has none, and a Row or Year that says another thing than Where.
    """
    own = table if extra else None
    found = [(column_named(name, sheet, "Where", own), values, "Where") for name, values in _conditions(row, table)]
    for column, text, blame in ((sheet.row_column, row.row, ROW), (sheet.year_column, row.year, "Year")):
        if not text:
            continue
        if column is None:
            fix = f"Leave Year blank; '{sheet.name}' is changed for all years alike."
            raise Refused(Finding("CHANGE_WHERE", f"'{sheet.name}' has no year", "no Year for this Table", fix), blame)
        values = [value.strip() for value in text.split("|")]
        said = [(other, cell) for known, other, cell in found if known == column]
        if not said:
            found.append((column, values, blame))
        elif _alike(values, column) != _alike(said[0][0], column):
            other, where = said[0]
            what = f"'{text}', but {row.address(where).text} says {column.name}={' | '.join(other)}"
            raise Refused(Finding("CHANGE_WHERE", what, "one answer", "Say it once, and leave the other blank."), blame)
    return found


def _alike(values: Sequence[str], column: Column) -> set[str]:
    years = column.kind is Kind.YEAR
    return {(tidy_year(value) if years else None) or fold(value) for value in values}


def refuse_ambiguous(row: ChangeRow, sheet: Sheet, table: Table, positions: Sequence[int]) -> None:
    """Raise Refused where rows of one Row differ in what else names a row, with what to add to Where."""
    for column in sheet.beside_row:
        cells = dict.fromkeys(table.column(column.name)[at] for at in positions)
        names = [words(cell) for cell in cells if cell is not None]
        if len(cells) > 1 and names:
            offered = " or ".join(f"{column.name}={name}" for name in names[:SHOWN])
            found = f"'{row.row}' is in {len(positions)} rows of '{sheet.name}', which differ in {column.name}"
            every = f"{sheet.row_column.name}={row.row}"
            fix = f"Add {offered} to Where; for all of them leave {ROW} blank and type {every} in Where."
            raise Refused(Finding("CHANGE_WHERE", found, "one row a year", fix), ROW)


def column_named(heading: str, sheet: Sheet, blame: str, table: Table | None = None) -> Column:
    """The column of that heading; extra columns of the workbook may pick rows too. Raises Refused for no column."""
    for column in sheet.columns:
        if fold_heading(column.name) == fold_heading(heading):
            return column
    for extra in table.extra if table is not None else ():
        if fold_heading(extra) == fold_heading(heading):
            return Column(extra, Kind.TEXT)
    if fold_heading(heading) == fold_heading(ROW):
        return sheet.row_column
    names = tuple(column.name for column in sheet.columns)
    fix = did_you_mean(heading, names, f"Choose from {', '.join(names)}.")
    finding = Finding("CHANGE_FIELD", f"'{sheet.name}' has no column '{heading}'", "a column of that sheet", fix)
    raise Refused(finding, blame)


def _conditions(row: ChangeRow, table: Table | None) -> list[tuple[str, list[str]]]:
    """What Where asks for; where it holds the labels of a row instead, the refusal has the text to type."""
    try:
        return conditions(row.where)
    except SelectorError as error:
        meant = "" if table is None else where_meant(row.where, table)
        fix = f"Type {meant}." if meant else "Write it as column=value."
        raise Refused(Finding("CHANGE_WHERE", str(error), "column=value", fix), "Where") from None


def where_meant(where: str, table: Table) -> str:
    """`Place ceiling; 2026/27` as `Rule=Place ceiling; Year=2026/27`; nothing when a part is no label of the table."""
    found = []
    for part in parts(where):
        if "=" in part:
            found.append(part)
            continue
        options = [option.strip() for option in part.split("|")]
        column = next((name for name in table.values if all(_holds(table, name, option) for option in options)), None)
        if column is None:
            return ""
        found.append(f"{column}={' | '.join(options)}")
    return "; ".join(found)


def _holds(table: Table, column: str, text: str) -> bool:
    folded = fold(text)
    return any(isinstance(value, str) and fold(value) == folded for value in table.column(column))


def one_row_meant(row: ChangeRow, sheet: Sheet, column: Column, table: Table, positions: Sequence[int]) -> None:
    """Where says which years are meant when it picks several rows of one member, which differ by year.

    Raises Refused with what to type. What may not differ by year is changed in all of them together.
    """
    if not column.by_year or any(fold_heading(h) == fold(YEARS_OF_ROW) for h, _ in _conditions(row, table)):
        return
    rows: dict[str, list[int]] = {}
    for position in positions:
        rows.setdefault(fold(words(table.column(sheet.key[0])[position])), []).append(position)
    several = next((own for own in rows.values() if len(own) > 1), None)
    years = [table.column(YEARS_OF_ROW)[at] for at in several or ()]
    if several is None or None in years:  # rows without years are duplicates, an error of their own
        return
    first, *others = (words(year) for year in years)
    name, where = words(table.column(sheet.key[0])[several[0]]), f"{row.where}; " if row.where else ""
    found = f"'{name}' has a row for {' and one for '.join([first, *others])}, and Where does not say which"
    fix = f"Type {where}Years={first}, or for all of them {where}Years={' | '.join([first, *others])}."
    raise Refused(Finding("CHANGE_WHERE", found, "the Years of the rows that are meant", fix), "Where")
