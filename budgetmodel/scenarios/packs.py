"""Scenario packs: files that hold Scenarios and Changes only, joined to any workbook."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from budgetmodel.checks import check_tables
from budgetmodel.checks.cells import Finding, did_you_mean, words
from budgetmodel.contract import schema
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import InputErrors, Issue, IssueList, distinct, errors
from budgetmodel.contract.schema import SHEET, Column, Sheet, fold
from budgetmodel.contract.tables import Table, Tables
from budgetmodel.excel.read import guard
from budgetmodel.excel.read.cells import SheetCells, clean_text
from budgetmodel.excel.read.workbook import read_workbook, table_of
from budgetmodel.scenarios.budget import Budget, PackFile

ROWS_LIMIT, COLUMNS_LIMIT = 100_000, 200
"""Rows and columns of a CSV pack; a real one has a few dozen."""

A_PACK = "a scenario pack, .csv in UTF-8 or .xlsx"
SAVE_PACK = "Open it in Excel and save it as 'Excel Workbook (.xlsx)'; if it is a CSV file, let its name end in .csv."
SAVE_UTF8 = "Open it in Excel and save it as 'CSV UTF-8 (Comma delimited) (.csv)'."

SCENARIO_COLUMNS = ("Based on", "Regime", "Objective", "Tolerance", schema.RUN, "Purpose")
"""The columns of a CSV pack about a scenario, read from the scenario's first row."""

CHANGE_COLUMNS = ("Table", schema.ROW, "Year", "Where", "Field", "Change", "Value", "Unit")
"""The columns of a CSV pack about a change; a row without any of them only declares its scenario."""

INHERITED = ("Regime", "Objective", "Tolerance")
"""What a pack may leave blank: it is that of the scenario that the pack's is based on."""


def _optional(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(replace(column, required=column.name == "Scenario") for column in columns)


def _csv_columns() -> tuple[Column, ...]:
    both = {column.name: column for name in (schema.CHANGES, schema.SCENARIOS) for column in SHEET[name].columns}
    return _optional(tuple(both.values()))


PACK_SHEETS = (
    replace(SHEET[schema.SCENARIOS], columns=_optional(SHEET[schema.SCENARIOS].columns)),
    SHEET[schema.CHANGES],
)
"""The sheets of a pack that is a workbook: only the scenario's name must be there."""

PACK_CSV = Sheet("pack", "change", _csv_columns(), "Scenarios and their changes, a row per change.")
"""The columns of a pack that is a CSV file."""


@dataclass(frozen=True)
class Pack:
    """What a pack's file holds; the tables know the file's name, so that every address names it."""

    name: str
    sha256: str
    scenarios: Table
    changes: Table


def read_pack(path: str | Path) -> tuple[Pack | None, tuple[Issue, ...]]:
    """Read a pack: a workbook with the sheets Scenarios and Changes, or a CSV file with a row per change.

    The columns of a CSV pack are those of the two sheets; those about a scenario are read from its first row. Returns
    None instead of the pack when its shape is wrong. Raises FileTrouble when the file cannot be read and InputErrors
    when it is neither.
    """
    path = Path(path)
    return _read_csv(path) if path.suffix.lower() == ".csv" else _read_xlsx(path)


def _read_xlsx(path: Path) -> tuple[Pack | None, tuple[Issue, ...]]:
    try:
        found = read_workbook(path, PACK_SHEETS)
    except InputErrors as refused:
        raise InputErrors(
            replace(issue, expected=A_PACK, fix=SAVE_PACK if issue.fix == guard.SAVE_AS else issue.fix)
            for issue in refused.issues
        ) from None
    book = f"[{path.name}]"
    issues = tuple(replace(issue, sheet=f"{book}{issue.sheet}") if issue.sheet else issue for issue in found.issues)
    if errors(issues) or schema.SCENARIOS not in found.tables:
        return None, issues
    tables = {name: replace(table, sheet=f"{book}{name}") for name, table in found.tables.items()}
    scenarios = tables[schema.SCENARIOS]
    changes = tables.get(schema.CHANGES) or _empty(f"{book}{schema.CHANGES}")
    return Pack(path.name, found.sha256, scenarios, changes), issues


def _empty(sheet: str) -> Table:
    return Table(sheet, 1, Frozen({}), Frozen({}), (), Frozen({}))


def _read_csv(path: Path) -> tuple[Pack | None, tuple[Issue, ...]]:
    content = guard.read_bytes(path)
    rows = _csv_rows(content, path.name)
    cells = tuple(
        (number, {at: text for at, value in enumerate(row, start=1) if (text := clean_text(value).strip())})
        for number, row in enumerate(rows, start=1)
    )
    shape = IssueList()
    filled = tuple((number, row) for number, row in cells if row)
    table = table_of(PACK_CSV, SheetCells(path.name, filled), shape)
    issues = [replace(issue, sheet=path.name) for issue in shape.told()]
    if table is None or errors(issues):
        return None, tuple(issues)
    table = replace(table, sheet=path.name)
    first = _first_rows(table)
    issues += [finding for at in range(len(table)) for finding in _clashes(table, at, first)]
    others = set(range(len(table))) - set(first.values())
    declared = {at for at in range(len(table)) if all(table.column(name)[at] is None for name in CHANGE_COLUMNS)}
    pack = Pack(path.name, hashlib.sha256(content).hexdigest(), table.without(others), table.without(declared))
    return (None if errors(issues) else pack), tuple(issues)


def _csv_rows(content: bytes, name: str) -> list[list[str]]:
    """The rows of a CSV file; raises InputErrors when it is none."""
    for start, what in ((b"PK", "this is a workbook or a zip archive"), (b"\xd0\xcf\x11\xe0", "this is a workbook")):
        if content.startswith(start):
            raise _refused(name, "WRONG_TYPE", f"{what}, whatever its name says", "Name a .csv file, or rename it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(name, "WRONG_TYPE", f"line {line} is not in UTF-8", SAVE_UTF8) from None
    if "\x00" in text:
        raise _refused(name, "WRONG_TYPE", "this is not a text file", SAVE_UTF8)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(row)
            if len(rows) > ROWS_LIMIT or len(row) > COLUMNS_LIMIT:
                found = f"the file has more than {ROWS_LIMIT:,} rows or {COLUMNS_LIMIT} columns"
                raise _refused(name, "BIG_FILE", found, "Clear what is not needed.")
    except csv.Error as error:
        found = f"row {len(rows) + 1} cannot be read as CSV ({error})"
        raise _refused(name, "DAMAGED", found, "Check its quotation marks.") from None
    return rows


def _refused(name: str, code: str, found: str, fix: str) -> InputErrors:
    return InputErrors([Issue(code, "error", "", name, found, A_PACK, fix)])


def _first_rows(table: Table) -> dict[str, int]:
    """The position of each scenario's first row, by folded name."""
    first: dict[str, int] = {}
    for at, name in enumerate(table.column("Scenario")):
        if name is not None:
            first.setdefault(fold(words(name)), at)
    return first


def _clashes(table: Table, at: int, first: Mapping[str, int]) -> list[Issue]:
    """The columns in which a later row of a CSV pack differs from the first one of its scenario."""
    name = table.column("Scenario")[at]
    if name is None:
        return []
    found = []
    start = first[fold(words(name))]
    for column in SCENARIO_COLUMNS:
        value, due = table.column(column)[at], table.column(column)[start]
        if value is not None and (due is None or fold(words(value)) != fold(words(due))):
            shown = "blank" if due is None else f"'{words(due)}'"
            answers = f"'{words(value)}', but {shown} in {table.address(start, column).text}"
            fix = "Say it in the scenario's first row, and leave it blank below."
            finding = Finding("PACK_CLASH", f"'{words(name)}' is said to have '{column}' {answers}", "one answer", fix)
            found.append(finding.at(table.address(at, column)))
    return found


def with_packs(base: Budget, paths: Sequence[str | Path]) -> Budget:
    """The workbook with the scenarios of packs joined to its own, checked as rows of its own sheets are.

    A pack's scenario without `Based on` and `Regime` is made once for each scenario of the workbook, based on it and
    named `SCENARIO OF THE PACK (SCENARIO OF THE WORKBOOK)`; so is one that is based on such a scenario. Warnings are
    added to the budget's issues.

    Raises FileTrouble when a file cannot be read, and InputErrors with every problem of all packs, each with the
    pack's name and cell.
    """
    issues: list[Issue] = []
    packs: list[Pack] = []
    for path in paths:
        try:
            pack, found = read_pack(path)
        except InputErrors as refused:
            pack, found = None, refused.issues
        issues += found
        packs += [pack] if pack is not None else []
    if errors(issues):
        raise InputErrors(issues)
    tables: Tables = base.tables
    brought = {name for file in base.packs for name in file.scenarios}
    files = list(base.packs)
    explained: set[tuple[str, str, str]] = set()
    for pack in packs:
        plan = _Plan(base, pack, tuple(name for name in base.scenarios if name not in brought))
        tables = plan.joined(tables)
        files.append(PackFile(pack.name, pack.sha256, plan.names))
        issues += plan.issues
        explained |= plan.explained
    inputs, checked = check_tables(tables, base.name, base.sha256)
    known = {*base.issues, *issues}
    explained |= {(issue.code, issue.sheet, issue.cell) for issue in issues}
    new = [issue for issue in checked if issue not in known]
    issues += [issue for issue in new if (issue.code, issue.sheet, issue.cell) not in explained]
    if inputs is None or errors(issues):
        raise InputErrors(distinct(issues))
    return Budget(inputs, issues=distinct((*base.issues, *issues)), what_if=base.what_if, packs=tuple(files))


class _Plan:
    """The rows that a pack adds to Scenarios and Changes."""

    def __init__(self, base: Budget, pack: Pack, own: tuple[str, ...]) -> None:
        """`own` are the scenarios of the workbook itself."""
        self.pack = pack
        self.workbook = own
        self.known = {fold(name): base.scenario_row(name) for name in base.scenarios}
        self.first = _first_rows(pack.scenarios)
        self.issues: list[Issue] = []
        self.explained: set[tuple[str, str, str]] = set()  # what checks say of it that helps nobody
        self.rows = [row for at in range(len(pack.scenarios)) for row in self._scenario_rows(at)]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the scenarios that are made."""
        return tuple(words(values["Scenario"]) for _, values in self.rows if values["Scenario"] is not None)

    def joined(self, tables: Tables) -> Tables:
        """The tables with the pack's rows."""
        made: dict[str, list[str]] = {}
        for at, values in self.rows:
            name = self._cell(at, "Scenario")
            made.setdefault("" if name is None else fold(name), []).append(words(values["Scenario"] or ""))
        changes = []
        for at, cell in enumerate(self.pack.changes.column("Scenario")):
            names: Sequence[object] = made.get(fold(words(cell)), [cell]) if cell is not None else [None]
            changes += [(at, {"Scenario": each}) for each in names]
        current = tables.get(schema.CHANGES) or _empty(schema.CHANGES)
        return Frozen(
            {
                **tables,
                schema.SCENARIOS: tables[schema.SCENARIOS].with_rows_of(self.pack.scenarios, self.rows),
                schema.CHANGES: _complete(current.with_rows_of(self.pack.changes, changes)),
            }
        )

    def _scenario_rows(self, at: int) -> list[tuple[int, dict[str, object]]]:
        """A pack's scenario as rows of Scenarios: one, or one for each scenario of the workbook."""
        name, base = self._cell(at, "Scenario"), self._cell(at, "Based on")
        if name is None or not self._everywhere(at, ()):
            return [(at, {"Scenario": name, **self._inherited(at, base, ())})]
        rows = []
        address = self.pack.scenarios.address(at, "Scenario")
        self.explained |= {("NAME_CLASH", address.sheet, address.cell)}  # nobody can shorten the names made here
        for own in self.workbook:
            parent = own if base is None else f"{base} ({own})"
            values = {"Scenario": f"{name} ({own})", "Based on": parent, **self._inherited(at, own, ())}
            rows.append((at, {schema.RUN: self._cell(at, schema.RUN) or self.known[fold(own)][schema.RUN], **values}))
        return rows

    def _everywhere(self, at: int, seen: tuple[int, ...]) -> bool:
        """Whether a pack's scenario is made for each scenario of the workbook."""
        base = self._cell(at, "Based on")
        if base is None:
            return self._cell(at, "Regime") is None
        parent = self.first.get(fold(base))
        return parent is not None and parent not in (*seen, at) and self._everywhere(parent, (*seen, at))

    def _inherited(self, at: int, base: str | None, seen: tuple[int, ...]) -> dict[str, object]:
        """Regime and objective, from the chain of scenarios where the pack leaves them blank.

        `base` is the scenario of the workbook, or the content of 'Based on' when it is not made for each of those.
        """
        values: dict[str, object] = {column: self._cell(at, column) for column in INHERITED}
        above: Mapping[str, object] = {}
        stated = self._cell(at, "Based on")
        parent = self.first.get(fold(stated)) if stated is not None else None
        if parent is not None and parent not in (*seen, at):
            step = base if self._everywhere(parent, ()) else self._cell(parent, "Based on")
            above = self._inherited(parent, step, (*seen, at))
        elif base is not None:
            above = self.known.get(fold(base), {})
        values = {column: above.get(column) if value is None else value for column, value in values.items()}
        if values["Regime"] is None and stated is not None:
            self._no_parent(at, stated)
        return values

    def _no_parent(self, at: int, stated: str) -> None:
        brought = tuple(words(name) for name in self.pack.scenarios.column("Scenario") if name is not None)
        names = (*(str(row["Scenario"]) for row in self.known.values()), *brought)
        found = f"'{stated}' is no scenario to take the regime from"
        fix = did_you_mean(stated, names, "Name a scenario of the workbook or the pack, or give the Regime.")
        finding = Finding("SCENARIO_UNKNOWN", found, "a scenario of the workbook or of the pack", fix)
        self.issues.append(finding.at(self.pack.scenarios.address(at, "Based on")))
        regime = self.pack.scenarios.address(at, "Regime")
        self.explained |= {("BLANK_VS_ZERO", regime.sheet, regime.cell)}

    def _cell(self, at: int, column: str) -> str | None:
        value = self.pack.scenarios.column(column)[at]
        text = "" if value is None else words(value)
        return text or None


def _complete(table: Table) -> Table:
    """A Changes table with a heading for every column of the contract: packs may leave columns out."""
    names = {column.name: column.name for column in SHEET[schema.CHANGES].columns}
    return replace(table, headings=Frozen({**names, **table.headings}))
