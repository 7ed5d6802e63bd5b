"""Rows that somebody put among the data: a total without a label, a section heading; and labels that a pivot left out.

Each is one error that says what it is, in place of an error for every blank cell of it: whoever fills those in doubles
the money.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from budgetmodel.checks.cells import Finding, number, words
from budgetmodel.checks.totals import EXACT, SUMMED, Reading, Sum, TotalRow
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.schema import Kind, Sheet
from budgetmodel.contract.tables import Address, Table, Tables

LABELS_LEFT_OUT = 3
"""So many blank labels below others are those of a pasted pivot; fewer are cells that were forgotten."""

LISTED = 200
"""Cells that one message lists."""

WORK = 2_000_000
"""Rows that are added up, all totals without a label together, before the rest are left to other checks."""

DELETE_OR_LABEL = "Delete it, or label it Total."


@dataclass(frozen=True)
class Loose:
    """A row of a sheet that is no data, and what there is to say of it."""

    position: int
    issue: Issue


def untouched(table: Table) -> Iterator[int]:
    """The rows that are as the workbook has them: what a scenario or a pack writes is meant."""
    edited = {position for position, _ in table.changed} | table.appended.keys() | table.joined.keys()
    return (position for position in range(len(table)) if position not in edited)


# ---- totals without a label --------------------------------------------------------------------------------


def unlabelled_totals(sheet: Sheet, table: Table, tables: Tables) -> list[Loose]:
    """The rows without all their labels whose figure is the sum of rows that have them."""
    summed = next((summed for summed in SUMMED if summed.sheet == sheet.name), None)
    if summed is None or summed.amount not in table.values or not any(None in table.column(c) for c in summed.labels):
        return []
    reading = Reading(summed, table, tables)
    candidates = [row for position in untouched(table) if (row := _candidate(reading, position)) is not None]
    at = {row.position for row in candidates}
    data = [position for position in range(len(table)) if position not in at]
    found, block = [], 0
    for row in candidates[: max(1, WORK // max(1, len(table)))]:
        match = _sum_of(reading, row, data, block)
        if match is not None:
            found.append(Loose(row.position, _unlabelled(reading, row, match)))
            block = row.position
    return found


def _candidate(reading: Reading, position: int) -> TotalRow | None:
    """A row with a figure and blank labels; None when a label of it is no member, or nothing of it is blank."""
    stated = number(reading.table.column(reading.summed.amount)[position], percent=False)[0]
    cells = {column: reading.table.column(column)[position] for column in reading.summed.labels}
    blank = [column for column, value in cells.items() if value is None]
    if not blank or not isinstance(stated, float) or stated == 0:
        return None
    members = {column: reading.find(column, words(value)) for column, value in cells.items() if value is not None}
    if None in members.values():
        return None
    of = {column: frozenset([str(name)]) for column, name in members.items()}
    return TotalRow(position, blank[0], "", sure=False, stated=stated, of=of)


def _sum_of(reading: Reading, row: TotalRow, data: Sequence[int], block: int) -> tuple[Sum, str] | None:
    """The rows that a figure is the sum of, and where they stand: the block above, all above, or the whole column."""
    inside = list(data)
    for column, names in row.of.items():
        some = {position for name in names for position in reading.rows_of[column].get(name, ())}
        inside = [position for position in inside if position in some]
    above = bisect_left(inside, row.position)
    spans = {
        "above": tuple(inside[bisect_left(inside, block) : above]),
        "of the sheet above": tuple(inside[:above]),
        "of the sheet": tuple(inside),
        "below": tuple(inside[above:]),
    }
    least = 2 if row.of else 1
    for where, positions in spans.items():
        values = [reading.amounts[position] for position in positions]
        if len(positions) < least or None in values:
            continue
        rows = Sum(positions, sum(value for value in values if value is not None))
        agrees = rows.value is not None and abs(rows.value - row.stated) <= reading.tolerance(row, rows)
        if agrees and (len(positions) > 1 or len(positions) == len(data)):
            return rows, where
    return None


def _unlabelled(reading: Reading, row: TotalRow, match: tuple[Sum, str]) -> Issue:
    rows, where = match
    count = len(rows.positions)
    named = " and ".join(f"'{words(reading.table.column(column)[row.position])}'" for column in row.of)
    of = f" of {named}" if named else ""
    blank = [column.lower() for column in reading.summed.labels if column not in row.of]
    nearly = "" if abs((rows.value or 0.0) - row.stated) <= EXACT * max(1.0, abs(row.stated)) else "nearly "
    found = (
        f"{reading.shown(row.stated)} without a {' or '.join(blank)} is {nearly}the sum of the "
        f"{f'{count} rows' if count > 1 else 'row'}{of} {where}"
    )
    labels = ", ".join(column.lower() for column in reading.summed.labels)
    finding = Finding("SUBTOTAL_ROW", found, f"a {labels} in every row of data", DELETE_OR_LABEL)
    return finding.at(reading.table.address(row.position, reading.summed.amount))


# ---- rows with nothing but a heading, or a figure --------------------------------------------------------------


def rows_alone(sheet: Sheet, table: Table, keep: Callable[[str], bool]) -> list[Loose]:
    """The rows that hold a text alone, or figures alone, where several cells must be filled.

    `keep` is whether a name is one that other sheets speak of: its row is data that somebody has still to fill in.
    """
    due = [column for column in sheet.columns if column.must_be_filled and column.name in table.values]
    if len(due) < 2:
        return []
    names = list(table.letters)
    columns = [table.column(name) for name in names]
    found = []
    for position in untouched(table):
        if (position, "") in table.origins:  # a figure of a grid, which has its row's names, or is told of them
            continue
        filled = [
            (name, values[position])
            for name, values in zip(names, columns, strict=True)
            if values[position] is not None
        ]
        if len(filled) > 1 and any(isinstance(value, str) for _, value in filled):
            continue  # what most rows are: told apart at once
        if not all(isinstance(value, str | int | float) and not isinstance(value, bool) for _, value in filled):
            continue
        name, value = filled[0]
        contract = next((column for column in sheet.columns if column.name == name), None)
        missing = [column.name for column in due if column.name not in dict(filled)]
        if contract is None or not missing or (contract.kind is Kind.NAME and keep(words(value))):
            continue
        found.append(Loose(position, _alone(sheet, table.address(position, name), value, missing)))
    return found


def _alone(sheet: Sheet, where: Address, value: object, missing: Sequence[str]) -> Issue:
    shown = words(value)[:40]
    rest = f"{', '.join(missing[:-1])} and {missing[-1]}" if len(missing) > 1 else missing[0]
    if isinstance(value, str):
        found = f"'{shown}' stands alone in its row, as the heading of a section does"
        fix = f"Delete the row, or fill in {rest}."
    else:
        found = f"{shown} stands in a row without labels, as a total does"
        fix = f"{DELETE_OR_LABEL[:-1]}, or fill in {rest}."
    return Finding("BLANK_VS_ZERO", found, f"one row per {sheet.row_of}", fix).at(where)


# ---- labels that a pivot leaves out ------------------------------------------------------------------------------


def labels_left_out(table: Table, sheet: Sheet) -> Mapping[str, tuple[Issue, frozenset[int]]]:
    """The columns whose labels stand in the first row of each group alone: what to say of it, and the blank rows."""
    found = {}
    edited = None
    for column in sheet.columns:
        free = column.kind is Kind.TEXT and bool(column.one_name_in)
        if (
            not column.must_be_filled
            or column.name not in table.values
            or not (column.kind in (Kind.MEMBER, Kind.YEAR) or free)
        ):
            continue
        values = table.column(column.name)
        if None not in values:
            continue
        edited = set(range(len(table))) - set(untouched(table)) if edited is None else edited
        across = {position for position, _ in table.origins}
        blank = [at for at, value in enumerate(values) if value is None and at not in edited and at not in across]
        if len(blank) < LABELS_LEFT_OUT:
            continue
        letter = table.letters[column.name]
        cells = ",".join(f"{letter}{table.rows[position]}" for position in blank[:LISTED])
        text = (
            f"{len(blank)} rows have no {column.name.lower()}, as in a pasted PivotTable, which names each group once"
        )
        fix = "In the PivotTable choose 'Repeat all item labels' and paste it again, or fill the labels down."
        finding = Finding("BLANK_VS_ZERO", text, f"a {column.name.lower()} in every row", fix)
        found[column.name] = finding.at(Address(table.sheet, cells)), frozenset(blank)
    return found
