"""A workbook plus a scenario's changes: the changed tables and the ledger of what was changed, why and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from budgetmodel import schema
from budgetmodel.budget import LEDGER_COLUMNS, Budget
from budgetmodel.checks import check_tables
from budgetmodel.checks.cells import Finding, did_you_mean, number, words
from budgetmodel.issues import Issue, errors
from budgetmodel.money import money_unit
from budgetmodel.schema import SHEET, UNCHANGEABLE, Column, Kind, Sheet, fold, fold_heading
from budgetmodel.selectors import nearest, parts
from budgetmodel.tables import Table, records

NUMERIC = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)
PERCENT_WORDS = ("%", "percent", "per cent", "% points", "percentage points")


def scenario_budget(base: Budget, scenario: str) -> tuple[Budget | None, tuple[Issue, ...]]:
    """The budget of a scenario: parents' changes first, then its own rows from top to bottom.

    `base` is the workbook as it stands. Returns None instead of a budget when a change is wrong, or when the changed
    tables do not pass the checks; the issues name the base cell and the change.
    """
    run = _Run(base, dict(base.tables))
    for ancestor in lineage(base, scenario):
        run.own = {}
        for row in _change_rows(base, ancestor):
            run.apply(row)
    if errors(run.issues):
        return None, tuple(run.issues)
    if not run.ledger:
        return replace(base, scenario=scenario), tuple(run.issues)
    ledger = pd.DataFrame(run.ledger, columns=list(LEDGER_COLUMNS))
    budget, issues = check_tables(MappingProxyType(run.tables), base.name, base.sha256, ledger, scenario)
    return budget, (*run.issues, *issues)


def lineage(base: Budget, scenario: str) -> tuple[str, ...]:
    """A scenario and those it is based on, the oldest first."""
    chain = [scenario]
    while (parent := base.scenario_row(chain[-1])["Based on"]) is not None:
        chain.append(parent)
    return tuple(reversed(chain))


@dataclass(frozen=True)
class ChangeRow:
    """One row of the Changes sheet, with the addresses that messages need."""

    position: int
    table: str
    where: str
    field: str
    change: str
    value: object
    unit: str
    reason: str
    owner: str
    cell: str


def _change_rows(base: Budget, scenario: str) -> list[ChangeRow]:
    frame = base.frame(schema.CHANGES)
    rows = []
    for at, row in records(frame[frame["Scenario"] == scenario]):
        text = {name: "" if row[name] is None else words(row[name]) for name in ("Where", "Field", "Unit", "Owner")}
        rows.append(
            ChangeRow(
                at,
                str(row["Table"]),
                text["Where"],
                text["Field"],
                str(row["Change"]),
                row["Value"],
                text["Unit"],
                str(row["Reason"]),
                text["Owner"],
                base.cell(schema.CHANGES, at, "Change"),
            )
        )
    return rows


class _Refused(Exception):
    """A change that cannot be made: the finding and the column of the Changes sheet to blame."""

    def __init__(self, finding: Finding, column: str) -> None:
        super().__init__(finding.found)
        self.finding = finding
        self.column = column


@dataclass
class _Run:
    """The tables as they change, and what was noted on the way. Lives for one scenario only."""

    base: Budget
    tables: dict[str, Table]
    issues: list[Issue] = field(default_factory=list)
    ledger: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)  # cells hit by the scenario's own rows -> change

    def apply(self, row: ChangeRow) -> None:
        try:
            sheet = self._sheet(row)
            self._check_unit(row, sheet)
            {"remove": self._remove, "append": self._append}.get(row.change, self._edit)(row, sheet)
        except _Refused as refusal:
            address = self.base.tables[schema.CHANGES].address(row.position, refusal.column)
            self.issues.append(refusal.finding.at(address))

    def _sheet(self, row: ChangeRow) -> Sheet:
        changeable = tuple(name for name in SHEET if name not in UNCHANGEABLE)
        for name in SHEET:
            if fold(name) == fold(row.table):
                if name in UNCHANGEABLE:
                    found = f"a scenario may not change the sheet '{name}'"
                    raise _Refused(Finding("CHANGE_TABLE", found, "another sheet", "Remove this row."), "Table")
                if name in self.tables:
                    return SHEET[name]
                found = f"the workbook has no sheet '{name}'"
                raise _Refused(Finding("CHANGE_TABLE", found, "a sheet of the workbook", "Add the sheet."), "Table")
        fix = did_you_mean(row.table, changeable, f"Choose from {', '.join(changeable)}.")
        raise _Refused(Finding("CHANGE_TABLE", f"'{row.table}' is no sheet", "a sheet's name", fix), "Table")

    def _check_unit(self, row: ChangeRow, sheet: Sheet) -> None:
        """The unit is a check and never a scale: one that contradicts the column is refused."""
        if not row.unit or not row.field or row.change == "multiply":
            return
        column = _column(row.field, sheet, "Field")
        unit = money_unit(row.unit)
        is_percent = fold(row.unit) in PERCENT_WORDS
        due = (
            money_unit(self.base.settings.get("Money unit", "£m"))
            if column.kind is Kind.MONEY
            else money_unit(column.unit)
        )
        wrong = (unit is not None and due is not None and unit != due) or (
            unit is not None and column.kind is Kind.PERCENT
        )
        if wrong or (is_percent and (due is not None)):
            found = f"the unit is {row.unit}, but '{column.name}' is in {due or column.unit}"
            fix = "Give the value in the column's own unit."
            raise _Refused(Finding("UNIT_SCALE", found, str(due or column.unit), fix), "Unit")

    def _edit(self, row: ChangeRow, sheet: Sheet) -> None:
        if not row.field:
            raise _Refused(
                Finding("BLANK_VS_ZERO", "the cell is blank", "a column's name", "Say which column changes."), "Field"
            )
        column = _column(row.field, sheet, "Field")
        table = self.tables[sheet.name]
        edits: dict[tuple[int, str], tuple[object, str]] = {}
        for position in self._matching(row, sheet):
            cell = self._base_cell(table, position, column.name)
            self._hit(row, cell)
            old = table.column(column.name)[position]
            new = self._changed(row, column, old, cell)
            if not _same(old, new):
                edits[(position, column.name)] = (new, row.cell)
                self._record(row, cell, "" if old is None else words(old), "" if new is None else words(new))
        if not edits:
            self._warn_no_effect(row)
        self.tables[sheet.name] = table.edited(edits)

    def _changed(self, row: ChangeRow, column: Column, old: object, cell: str) -> object:
        if row.change == "set":
            return _typed_value(row.value, column)
        if row.value is None:
            raise _Refused(
                Finding("BLANK_VS_ZERO", "the cell is blank", "a number", f"Say what to {row.change}."), "Value"
            )
        by, finding = number(row.value)
        if not isinstance(by, float):
            raise _Refused(finding or Finding("NOT_A_NUMBER", "no number", "a number", "Type a number."), "Value")
        was = column.default if old is None else number(old)[0]
        if not isinstance(was, float):
            shown = "blank" if old is None else f"'{words(old)}'"
            found = f"{cell} is {shown}: nothing to {row.change}"
            raise _Refused(
                Finding("CHANGE_NOT_NUMBER", found, "a number there", "Use 'set', or choose other rows."), "Where"
            )
        return was + by if row.change == "add" else was * by

    def _remove(self, row: ChangeRow, sheet: Sheet) -> None:
        table = self.tables[sheet.name]
        positions = self._matching(row, sheet)
        for position in positions:
            shown = {name: table.column(name)[position] for name in table.values}
            for name in shown:
                self._hit(row, self._base_cell(table, position, name))
            old = "; ".join(f"{name}={words(value)}" for name, value in shown.items() if value is not None)
            self._record(row, self._base_cell(table, position, sheet.columns[0].name), old, "")
        self.tables[sheet.name] = table.without(positions)

    def _append(self, row: ChangeRow, sheet: Sheet) -> None:
        values: dict[str, object] = {}
        for heading, options in _conditions(row.where):
            column = _column(heading, sheet, "Where")
            if len(options) > 1:
                found = f"'{' | '.join(options)}' gives two values for '{column.name}'"
                raise _Refused(
                    Finding("CHANGE_WHERE", found, "one value", "A new row has one value a column."), "Where"
                )
            values[column.name] = _typed_value(options[0] or None, column)
        if row.field:
            column = _column(row.field, sheet, "Field")
            values[column.name] = _typed_value(row.value, column)
        if not values:
            raise _Refused(
                Finding("CHANGE_WHERE", "the new row has no values", "column=value; ...", "Fill in 'Where'."), "Where"
            )
        table = self.tables[sheet.name]
        self.tables[sheet.name] = table.with_row(values, row.cell)
        shown = "; ".join(f"{name}={words(value)}" for name, value in values.items() if value is not None)
        for name in values:
            self._hit(row, self._base_cell(self.tables[sheet.name], len(table), name))
        self._record(row, sheet.name, "", shown)

    def _matching(self, row: ChangeRow, sheet: Sheet) -> list[int]:
        """The rows that `Where` picks; every row when it is blank."""
        table = self.tables[sheet.name]
        positions = list(range(len(table)))
        for heading, options in _conditions(row.where):
            column = _column(heading, sheet, "Where", table)
            cells = table.column(column.name)
            wanted = {self._comparable(option, column) for option in options}
            alike = {(type(cell), cell): self._comparable(cell, column) for cell in cells}  # most cells repeat
            kept = [i for i in positions if alike[type(cells[i]), cells[i]] in wanted]
            if not kept:
                present = tuple(dict.fromkeys(words(cells[i]) for i in positions if cells[i] is not None))
                near = nearest(options[0], present)
                fix = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else "Check the row's labels."
                found = f"no row of '{sheet.name}' has {column.name} = {' | '.join(options)}"
                raise _Refused(Finding("CHANGE_NO_ROW", found, "a label of that sheet", fix), "Where")
            positions = kept
        if not positions:
            raise _Refused(
                Finding("CHANGE_NO_ROW", f"'{sheet.name}' has no rows", "a row to change", "Use append."), "Where"
            )
        return positions

    def _comparable(self, value: object, column: Column) -> str:
        """A cell's text as `Where` compares it: trimmed, case folded, aliases of members known."""
        if value is None:
            return ""
        if column.kind in NUMERIC or column.kind is Kind.RAW:
            parsed, _ = number(value)
            if isinstance(parsed, float):
                return f"{parsed:.12g}"
        text = "; ".join(fold(part) for part in parts(words(value)))
        return self._aliases.get(text, text)

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        frame = self.base.frame(schema.PLACES)
        return {
            fold(alias): fold(place)
            for place, cell in zip(frame["Place"], frame["Also known as"], strict=True)
            for alias in (parts(cell) if cell is not None else [])
        }

    def _base_cell(self, table: Table, position: int, column: str) -> str:
        address = table.address(position, column)
        mark = f"#{position}.{column}" if position in table.appended else ""
        return f"{address.sheet}!{address.cell}{mark}"

    def _hit(self, row: ChangeRow, cell: str) -> None:
        other = self.own.setdefault(cell, row.cell)
        if other != row.cell:
            found = f"{other} of the same scenario changes {cell.partition('#')[0]} too"
            fix = "Keep one of the two; a scenario based on this one may overrule it."
            raise _Refused(Finding("CHANGE_TWICE", found, "one change per cell", fix), "Where")

    def _record(self, row: ChangeRow, cell: str, old: str, new: str) -> None:
        self.ledger.append((cell.partition("#")[0], old, new, row.cell, row.reason, row.owner))

    def _warn_no_effect(self, row: ChangeRow) -> None:
        address = self.base.tables[schema.CHANGES].address(row.position, "Value")
        finding = Finding(
            "CHANGE_NO_EFFECT",
            "the change leaves every cell as it is",
            "a change that has an effect",
            "Correct the value, or remove the row.",
            "warning",
        )
        self.issues.append(finding.at(address))


def _column(heading: str, sheet: Sheet, blame: str, table: Table | None = None) -> Column:
    """The column of that heading; extra columns of the workbook may pick rows too."""
    for column in sheet.columns:
        if fold_heading(column.name) == fold_heading(heading):
            return column
    for extra in table.extra if table is not None else ():
        if fold_heading(extra) == fold_heading(heading):
            return Column(extra, Kind.TEXT)
    names = tuple(column.name for column in sheet.columns)
    fix = did_you_mean(heading, names, f"Choose from {', '.join(names)}.")
    raise _Refused(
        Finding("CHANGE_FIELD", f"'{sheet.name}' has no column '{heading}'", "a column of that sheet", fix), blame
    )


def _conditions(where: str) -> list[tuple[str, list[str]]]:
    """`Place=Bury | Bolton; Year=2026/27` as (column, values); a part without `=` continues the value before it.

    >>> _conditions("Services=A; B; Place=Bury | Bolton")
    [('Services', ['A; B']), ('Place', ['Bury', 'Bolton'])]
    """
    texts: list[list[str]] = []
    for part in parts(where):
        heading, equals, value = part.partition("=")
        if equals:
            texts.append([heading.strip(), value.strip()])
        elif texts:
            texts[-1][1] = f"{texts[-1][1]}; {part}"
        else:
            found = f"'{part}' names no column"
            raise _Refused(Finding("CHANGE_WHERE", found, "column = value; ...", "Write it as column=value."), "Where")
    return [(heading, [option.strip() for option in value.split("|")]) for heading, value in texts]


def _typed_value(value: object, column: Column) -> object:
    """A value as a cell of that column would hold it: numbers as numbers, so that `6%` in a list is 0.06."""
    if isinstance(value, str) and (column.kind in NUMERIC or column.kind is Kind.RAW):
        parsed, _ = number(value)
        return parsed if isinstance(parsed, float) else value
    return value


def _same(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return float(old) == float(new)
    return (None if old is None else words(old)) == (None if new is None else words(new))
