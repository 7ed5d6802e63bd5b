"""One change at a time: the rows that it picks, the cells that it sets, and the issues that it raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from budgetmodel.checks.cells import Finding, did_you_mean, number, parse, respelt, words
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import IssueList
from budgetmodel.contract.measures import MEASURE, MONEY
from budgetmodel.contract.schema import CHANGEABLE, SHEET, UNCHANGEABLE, Column, Kind, Sheet, fold, fold_heading
from budgetmodel.contract.selectors import ALL, nearest, parts, with_tidy_years
from budgetmodel.contract.tables import Table
from budgetmodel.contract.units import DEFAULT_UNIT, money_named, money_unit, tidy_year
from budgetmodel.scenarios.change_row import ChangeRow
from budgetmodel.scenarios.picking import PICKING, Refused, column_named, one_row_meant, picked, refuse_ambiguous

NUMERIC = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)

PERCENT = "%"
PERCENT_WORDS = (PERCENT, "percent", "per cent", "% points", "percentage points")
EVERY_MEMBER = ("", ALL)
"""How a selector cell is written for every member: a Where may offer both and need not find both."""

LABELS_SHOWN = 5
"""Labels of a sheet that a message lists."""


@dataclass
class Run:
    """Tables as they change, and what was noted on the way. Lives for one scenario only.

    `own` holds the cells that the level at work has hit, with the change that did: set it to {} before each scenario
    of a lineage. `settings` are those of About.
    """

    tables: dict[str, Table]
    settings: Mapping[str, str]
    issues: IssueList = field(default_factory=IssueList)
    ledger: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)

    def apply(self, row: ChangeRow) -> None:
        """Make one change, or record everything for which it cannot be made."""
        try:
            sheet = self._sheet(row)
            {"remove": self._remove, "append": self._append}.get(row.change, self._edit)(row, sheet)
        except Refused as refusal:
            blame = schema.ROW if refusal.column == "Where" and row.row and not row.where else refusal.column
            self.issues.append(refusal.finding.at(row.address(blame)))
            self.look(row, but=refusal.column)

    def look(self, row: ChangeRow, but: str = "") -> None:
        """Record what is wrong with each part of a change as it is typed, one column of Changes left out."""
        try:
            sheet = self._sheet(row)
        except Refused as refusal:
            near = nearest(row.table, CHANGEABLE)
            if but != refusal.column:
                self.issues.append(refusal.finding.at(row.address(refusal.column)))
            if not near or any(fold(row.table) == fold(name) for name in SHEET):
                return
            sheet = SHEET[near[0]]  # what else is wrong is told of the sheet that was likely meant
        for columns, part in ((PICKING, self._look_at_where), (("Field",), self._look_at_field)):
            try:
                part(row, sheet)
            except Refused as refusal:
                if but not in columns:
                    self.issues.append(refusal.finding.at(row.address(refusal.column)))

    def _look_at_where(self, row: ChangeRow, sheet: Sheet) -> None:
        """Whether Where can be read and names columns; which rows it picks depends on the changes before."""
        picked(row, sheet, self.tables.get(sheet.name))

    def _look_at_field(self, row: ChangeRow, sheet: Sheet) -> None:
        """Whether Field names a column, and Value is what that column may hold."""
        if row.change in ("remove", "append"):
            return
        if not row.field:
            raise Refused(_no_field("Say which column changes."), "Field")
        column = column_named(row.field, sheet, "Field")
        if row.change in ("add", "multiply"):
            _amount(row)
        elif column.kind in NUMERIC and row.value is not None:
            _, finding = parse(row.value, column)
            if finding is not None and finding.severity == "error":
                raise Refused(finding, "Value")

    def _sheet(self, row: ChangeRow) -> Sheet:
        for name in SHEET:
            if names_sheet(row.table, name):
                if fold(name) != fold(row.table):
                    self.issues.append(respelt(row.table, name).at(row.address("Table")))
                if name in UNCHANGEABLE:
                    found = f"a scenario may not change the sheet '{name}'"
                    raise Refused(Finding("CHANGE_TABLE", found, "another sheet", "Remove this change."), "Table")
                if SHEET[name].optional:
                    self.tables.setdefault(name, empty_table(SHEET[name]))
                if name in self.tables:
                    return SHEET[name]
                found = f"the workbook has no sheet '{name}'"
                raise Refused(Finding("CHANGE_TABLE", found, "a sheet of the workbook", "Add the sheet."), "Table")
        fix = did_you_mean(row.table, CHANGEABLE, f"Choose from {', '.join(CHANGEABLE)}.")
        raise Refused(Finding("CHANGE_TABLE", f"'{row.table}' is no sheet", "a sheet's name", fix), "Table")

    # ---- set, add, multiply ------------------------------------------------------------------------------

    def _edit(self, row: ChangeRow, sheet: Sheet) -> None:
        if not row.field:
            raise Refused(_no_field("Say which column changes."), "Field")
        column = column_named(row.field, sheet, "Field")
        table = self.tables[sheet.name]
        positions = self._matching(row, sheet)
        one_row_meant(row, sheet, column, table, positions)
        for measure in dict.fromkeys(_measure(table, position) for position in positions):
            self._check_unit(row, sheet, column, measure)
        edits: dict[tuple[int, str], tuple[object, str]] = {}
        for position in positions:
            cell = _cell(table, position, column.name)
            self._hit(row, cell)
            old = table.column(column.name)[position]
            percent = self._takes_percent(sheet, column, _measure(table, position))
            new = _changed(row, column, old, cell, percent=percent)
            if not _same(old, new):
                edits[(position, column.name)] = (new, row.label)
                self._record(row, cell, "" if old is None else words(old), "" if new is None else words(new))
        if not edits:
            self._warn_no_effect(row, table, column, positions)
        self.tables[sheet.name] = table.edited(edits)

    def _check_unit(self, row: ChangeRow, sheet: Sheet, column: Column, measure: str) -> None:
        """The unit is a check and never a scale: one that contradicts the column is refused."""
        if not row.unit or row.change == "multiply":
            return
        due = self._unit(sheet, column, measure)
        percent = fold(row.unit) in PERCENT_WORDS
        stated = {PERCENT} if percent else set() if PERCENT in row.unit else money_named(row.unit)
        if due and stated - {due}:
            found = f"the unit is {row.unit}, but '{column.name}' is in {due}"
            raise Refused(Finding("UNIT_SCALE", found, due, "Give the value in the column's own unit."), "Unit")

    def _unit(self, sheet: Sheet, column: Column, measure: str) -> str:
        """The unit of a column's values, as far as it is money or a percentage."""
        money = money_unit(self.settings.get(schema.MONEY_UNIT, DEFAULT_UNIT)) or ""
        if (sheet.name, column.name) == (schema.RULES, "Value"):
            if not measure or measure not in MEASURE:
                return PERCENT if measure else ""
            return money if MEASURE[measure].unit is MONEY else MEASURE[measure].unit.sign
        return {Kind.MONEY: money, Kind.PERCENT: PERCENT}.get(column.kind) or money_unit(column.unit) or ""

    def _takes_percent(self, sheet: Sheet, column: Column, measure: str) -> bool:
        """Whether `5%` is a value of this column; of a column read later it is, unless it holds money."""
        if column.kind is not Kind.RAW:
            return column.takes_percent
        return self._unit(sheet, column, measure) in (PERCENT, "")

    def _warn_no_effect(self, row: ChangeRow, table: Table, column: Column, positions: Sequence[int]) -> None:
        first = positions[0]
        value = table.column(column.name)[first]
        state = "is blank" if value is None else f"is {words(value)}"
        more = f", and so do {len(positions) - 1} more" if len(positions) > 1 else ""
        found = f"the change has no effect: {table.address(first, column.name).text} {state} and stays so{more}"
        fix = "Correct the value, or remove the change."
        finding = Finding("CHANGE_NO_EFFECT", found, "a change that has an effect", fix, "warning")
        self.issues.append(finding.at(row.address("Value")))

    # ---- remove, append ----------------------------------------------------------------------------------

    def _remove(self, row: ChangeRow, sheet: Sheet) -> None:
        table = self.tables[sheet.name]
        positions = self._matching(row, sheet)
        for position in positions:
            shown = {name: table.column(name)[position] for name in table.values}
            for name in shown:
                self._hit(row, _cell(table, position, name))
            old = "; ".join(f"{name}={words(value)}" for name, value in shown.items() if value is not None)
            self._record(row, _cell(table, position, sheet.columns[0].name), old, "")
        self.tables[sheet.name] = table.without(positions)

    def _append(self, row: ChangeRow, sheet: Sheet) -> None:
        values: dict[str, object] = {}
        for column, options, _ in picked(row, sheet, self.tables.get(sheet.name), extra=False):
            if len(options) > 1 or column.name in values:
                found = f"'{' | '.join(options)}' gives two values for '{column.name}'"
                finding = Finding("CHANGE_WHERE", found, "one value", "A new row has one value a column.")
                raise Refused(finding, "Where")
            values[column.name] = options[0] or None
        if row.field:
            column = column_named(row.field, sheet, "Field")
            if column.name in values:
                found = f"'{column.name}' stands in Where too"
                fix = "Give it once: in Where, or as Field and Value."
                raise Refused(Finding("CHANGE_WHERE", found, "one value a column", fix), "Field")
            values[column.name] = row.value
        if not values:
            finding = Finding("CHANGE_WHERE", "the new row has no values", "column=value; ...", "Fill in 'Where'.")
            raise Refused(finding, "Where")
        if row.value is not None and not row.field:
            raise Refused(_no_field("Say which column the Value is for."), "Field")
        measure = fold(words(values.get("Measure") or ""))
        if row.field:
            self._check_unit(row, sheet, column_named(row.field, sheet, "Field"), measure)
        for column in (sheet.column(name) for name in values):
            percent = self._takes_percent(sheet, column, measure)
            values[column.name] = _typed_value(values[column.name], column, percent=percent)
        table = self.tables[sheet.name]
        self.tables[sheet.name] = table.with_row(values, row.label)
        shown = "; ".join(f"{name}={words(value)}" for name, value in values.items() if value is not None)
        for name in values:
            self._hit(row, _cell(self.tables[sheet.name], len(table), name))
        self._record(row, sheet.name, "", shown)

    # ---- Where -------------------------------------------------------------------------------------------

    def _matching(self, row: ChangeRow, sheet: Sheet) -> list[int]:
        """The rows that `Where` picks; every row when it is blank."""
        table = self.tables[sheet.name]
        positions = list(range(len(table)))
        if not positions:
            finding = Finding("CHANGE_NO_ROW", f"'{sheet.name}' has no rows", "a row to change", "Use append.")
            raise Refused(finding, "Where")
        for column, options, blame in picked(row, sheet, table):
            cells = table.column(column.name)
            aliases = self._aliases() if schema.PLACES in (column.refers, sheet.name) else {}
            wanted = {option: _comparable(option, column, aliases) for option in options}
            alike = {(type(cell), cell): _comparable(cell, column, aliases) for cell in cells}  # most cells repeat
            kept = [i for i in positions if alike[type(cells[i]), cells[i]] in wanted.values()]
            if not kept:
                raise Refused(_no_row(sheet, column, options, [cells[i] for i in positions]), blame)
            for option in options:
                if wanted[option] not in EVERY_MEMBER and wanted[option] not in alike.values():
                    finding = _no_row(sheet, column, [option], cells)
                    warning = Finding(finding.code, finding.found, finding.expected, finding.fix, "warning")
                    self.issues.append(warning.at(row.address(blame)))
            positions = kept
        if row.row:
            refuse_ambiguous(row, sheet, table, positions)
        return positions

    def _aliases(self) -> dict[str, str]:
        """The other names of places, folded -> the place's name, folded."""
        table = self.tables[schema.PLACES]
        return {
            fold(alias): fold(words(place))
            for place, cell in zip(table.column("Place"), table.column("Also known as"), strict=True)
            if place is not None
            for alias in (parts(words(cell)) if cell is not None else [])
        }

    # ---- what is kept of it ------------------------------------------------------------------------------

    def _hit(self, row: ChangeRow, cell: str) -> None:
        other = self.own.setdefault(cell, row.label)
        if other != row.label:
            found = f"{other} of the same scenario changes {cell.partition('#')[0]} too"
            fix = "Keep one of the two; a scenario based on this one may overrule it."
            raise Refused(Finding("CHANGE_TWICE", found, "one change per cell", fix), "Where")

    def _record(self, row: ChangeRow, cell: str, old: str, new: str) -> None:
        self.ledger.append((cell.partition("#")[0], old, new, row.label, row.reason, row.owner))


def empty_table(sheet: Sheet) -> Table:
    """The table read for an absent optional sheet: every column and no row."""
    names = {column.name: column.name for column in sheet.columns}
    return Table(
        sheet=sheet.name,
        header_row=0,
        letters=Frozen({}),
        headings=Frozen(names),
        rows=(),
        values=Frozen(dict.fromkeys(names, ())),
    )


def names_sheet(text: str, name: str) -> bool:
    """Whether a text names a sheet, be it with a unit in brackets, or as one of its rows: `Rule` for Rules."""
    typed, sheet = fold_heading(text), fold(name)
    return typed in (sheet, sheet.removesuffix("s"))


def _no_field(fix: str) -> Finding:
    return Finding("BLANK_VS_ZERO", "the cell is blank", "a column's name", fix)


def _amount(row: ChangeRow, *, percent: bool = True) -> float:
    """What an add or a multiply adds or multiplies by; raises Refused when it is no number."""
    if row.value is None:
        finding = Finding("BLANK_VS_ZERO", "the cell is blank", "a number", f"Say what to {row.change}.")
        raise Refused(finding, "Value")
    by, finding_of_value = number(row.value, percent=percent)
    if not isinstance(by, float):
        finding = finding_of_value or Finding("NOT_A_NUMBER", "no number", "a number", "Type a number.")
        raise Refused(finding, "Value")
    return by


def _no_row(sheet: Sheet, column: Column, options: Sequence[str], cells: Sequence[object]) -> Finding:
    """No row has any of these values; the labels that come nearest, or those there are."""
    present = tuple(dict.fromkeys(words(cell) for cell in cells if cell is not None))
    near = tuple(dict.fromkeys(name for option in options for name in nearest(option, present)))
    if near:
        fix = f"Did you mean {' or '.join(repr(name) for name in near)}?"
    elif len(present) <= LABELS_SHOWN:
        fix = f"There is {', '.join(repr(name) for name in present) or 'only blank'}."
    else:
        fix = "Check the row's labels."
    found = f"no row of '{sheet.name}' has {column.name} = {' | '.join(options)}"
    return Finding("CHANGE_NO_ROW", found, "a label of that sheet", fix)


def _comparable(value: object, column: Column, aliases: Mapping[str, str]) -> str:
    """A cell's text as `Where` compares it: trimmed, case folded, other names of places known."""
    if value is None:
        return ""
    if column.kind in NUMERIC or column.kind is Kind.RAW:
        parsed, _ = number(value)
        if isinstance(parsed, float):
            return f"{parsed:.12g}"
    text = words(value)
    if column.kind is Kind.YEAR:
        return tidy_year(text) or fold(text)
    if column.refers == schema.YEARS:
        text = with_tidy_years(text)
    return "; ".join(aliases.get(fold(part), fold(part)) for part in parts(text))


def _changed(row: ChangeRow, column: Column, old: object, cell: str, *, percent: bool) -> object:
    """The new value of a cell; `percent` is whether it may be given, or added to, as a percentage."""
    if row.change == "set":
        return _typed_value(row.value, column, percent=percent)
    by = _amount(row, percent=percent or row.change == "multiply")
    numeric = column.kind in NUMERIC or column.kind is Kind.RAW
    was = (column.default if old is None else number(old)[0]) if numeric else None
    if not isinstance(was, float):
        shown = "blank" if old is None else f"'{words(old)}'"
        found = f"{cell.partition('#')[0]} is {shown}: nothing to {row.change}"
        fix = "Use 'set', or choose other rows."
        raise Refused(Finding("CHANGE_NOT_NUMBER", found, "a number there", fix), "Where")
    return was + by if row.change == "add" else was * by


def _measure(table: Table, position: int) -> str:
    """What a rule measures; nothing for a row of another sheet."""
    value = table.column("Measure")[position] if "Measure" in table.values else None
    return "" if value is None else fold(words(value))


def _cell(table: Table, position: int, column: str) -> str:
    """The address of a cell; those of an appended row, which share one, have their column after a '#'.

    Not by the row's position, which moves when rows above it are removed: a change appends one row, so its address,
    which is the row's, and the column are enough.
    """
    mark = f"#{column}" if position in table.appended else ""
    return f"{table.address(position, column).text}{mark}"


def _typed_value(value: object, column: Column, *, percent: bool) -> object:
    """A value as a cell of that column would hold it: numbers as numbers, so that `6%` in a list is 0.06.

    What is no number of the column, such as `6%` where money is due, stays text, and is refused as such.
    """
    if isinstance(value, str) and (column.kind in NUMERIC or column.kind is Kind.RAW):
        parsed, _ = number(value, percent=percent)
        return parsed if isinstance(parsed, float) else value
    return value


def _same(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return float(old) == float(new)
    return (None if old is None else words(old)) == (None if new is None else words(new))
