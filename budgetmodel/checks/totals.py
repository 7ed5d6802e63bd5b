"""Total and sub-total rows: recognised, left out of the data, and used to check it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from budgetmodel.checks.cells import Finding, number, words
from budgetmodel.contract import schema
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.schema import SHEET, fold, setting_named
from budgetmodel.contract.selectors import nearest, parts
from budgetmodel.contract.tables import Table, Tables
from budgetmodel.contract.units import DEFAULT_UNIT, MILLIONS_PER_UNIT, money_unit, tidy_year

TOTAL_WORDS = ("total", "totals", "sub-total", "sub-totals", "subtotal", "subtotals", "sub total", "sub totals")
"""A label that is one of these, or ends in one, names a sum of rows."""

BEFORE_TOTAL = ("grand", "overall", "combined", "column")
"""Words that may precede `total` without naming what it is of."""

AFTER_TOTAL = ("amount", "funding", "spend", "spending", "budget", "baseline", "all", "places", "services", "sources")
"""Words that may follow `total` without naming what it is of."""

PERHAPS_TOTAL = ("all", "overall", "sum", "all places", "all services", "all providers", "all sources", "all years")
"""Labels of a total only where the number agrees; so is the name of the system."""

KILO_POUND = 0.001
"""£1k in £m: stated totals are never held to less."""

EXACT = 1e-9
"""Relative difference that is mere floating point."""


@dataclass(frozen=True)
class Summed:
    """A sheet whose rows people add up: its number, and the columns where a total may be named.

    `free` maps a column of free text to the column that must be blank (or a total too) for a total word in it to
    count: a need measure may well be called "Total population".
    """

    sheet: str
    amount: str
    labels: tuple[str, ...]
    free: Mapping[str, str] = field(default_factory=dict)


SUMMED = (
    Summed(schema.NEEDS, "Value", ("Place", "Need measure"), {"Need measure": "Place"}),
    Summed(schema.FUNDING, "Amount", ("Source", "Year")),
    Summed(schema.BASELINE, "Amount", ("Place", "Service", "Provider")),
    Summed(schema.TARGET, "Weight", ("Component",), {"Component": "Need measure"}),
)


@dataclass(frozen=True)
class Label:
    """A total's label: whether it is one whatever its number, and the members it is of (None = all)."""

    text: str
    sure: bool
    members: frozenset[str] | None = None


@dataclass(frozen=True)
class TotalRow:
    """A row that states a sum: its figure, and of which rows it is the sum (column -> members)."""

    position: int
    column: str
    label: str
    sure: bool
    stated: float
    of: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Sum:
    """The rows that a total may be of, and what they add up to (None when one of them is no number)."""

    positions: tuple[int, ...]
    value: float | None


def leave_out_totals(tables: Tables) -> tuple[dict[str, Table], list[Issue]]:
    """The tables without their total rows, and what there is to say about each.

    A total is a row that would be an error as data (its label is no member) and holds a number. One that is surely a
    total is checked against the rows; one that is only perhaps a total is left out where its number agrees, and is
    otherwise left in, to be reported for what is wrong with it as data. Rows that a scenario changed are data.
    """
    kept = dict(tables)
    issues: list[Issue] = []
    for summed in SUMMED:
        if summed.sheet in tables and summed.amount in tables[summed.sheet].values:
            reading = Reading(summed, tables[summed.sheet], tables)
            gone = [row.position for row in reading.totals if reading.settle(row, issues)]
            kept[summed.sheet] = tables[summed.sheet].without(gone) if gone else tables[summed.sheet]
    return kept, issues


@dataclass
class Reading:
    """One sheet while its totals are sought."""

    summed: Summed
    table: Table
    tables: Tables

    def __post_init__(self) -> None:
        self.names = {column: self._names(column) for column in self.summed.labels}
        self.groups = {column: self._groups(column) for column in self.summed.labels}
        self.system = _system_names(self.tables)

    def _names(self, column: str) -> dict[str, str]:
        """Folded names and aliases of the members of a column -> name; for free text, its own values."""
        naming, key = _naming(self.summed.sheet, column)
        if not naming:
            texts = [words(value) for value in self.table.column(column) if isinstance(value, str)]
            return {fold(text): fold(text) for text in texts if _split(text) is None}
        return member_names(self.tables, naming, key)

    def _groups(self, column: str) -> dict[str, frozenset[str]]:
        """Folded attributes of members, such as a programme -> the members that have it."""
        naming, key = _naming(self.summed.sheet, column)
        table = self.tables.get(naming)
        found: dict[str, set[str]] = {}
        for attribute, values in table.values.items() if table is not None else ():
            if attribute == key:
                continue
            for name, value in zip(table.column(key), values, strict=True) if table is not None else ():
                for part in parts(value) if isinstance(value, str) and name is not None else ():
                    found.setdefault(fold(part), set()).add(words(name))
        return {value: frozenset(names) for value, names in found.items()}

    def find(self, column: str, text: str) -> str | None:
        """The member of that name, or None."""
        return self.names[column].get(fold(text)) or self.names[column].get(tidy_year(text) or "")

    def label(self, column: str, value: object) -> Label | None:
        """The value as a total's label, or None when it is a member or something else."""
        if not isinstance(value, str):
            return None
        text = words(value)
        free = column in self.summed.free
        if not free and self.find(column, text) is not None:
            return None
        split = _split(text)
        if split is None:
            perhaps = fold(text) in PERHAPS_TOTAL or fold(text) in self.system
            return Label(text, sure=False) if perhaps and not free else None
        if not split:
            return Label(text, sure=True)
        # A service may be called "Total knee replacement": a misspelling of it is no total.
        if any(_split(name) is not None for name in nearest(text, list(self.names[column].values()))):
            return None
        for members in (self.find(column, split), self.groups[column].get(split)):
            if members is not None:
                return Label(text, True, frozenset([members]) if isinstance(members, str) else members)
        return Label(text, sure=split in self.system)

    @cached_property
    def totals(self) -> list[TotalRow]:
        """Every row that is a total, or perhaps one, from top to bottom."""
        labels = {c: {v: self.label(c, v) for v in set(self.table.column(c))} for c in self.summed.labels}
        if not any(any(of.values()) for of in labels.values()):
            return []
        edited = {position for position, _ in self.table.changed} | set(self.table.appended)
        rows = zip(*(self.table.column(column) for column in self.summed.labels), strict=True)
        found: list[TotalRow] = []
        for position, values in enumerate(rows):
            cells = dict(zip(self.summed.labels, values, strict=True))
            named = {c: label for c, v in cells.items() if (label := labels[c][v]) is not None}
            if named and position not in edited:
                row = self._total(position, cells, named)
                found += [] if row is None else [row]
        return found

    def _total(self, position: int, cells: Mapping[str, object], named: dict[str, Label]) -> TotalRow | None:
        for column, partner in self.summed.free.items():
            if column in named and partner not in named and self.table.column(partner)[position] is not None:
                del named[column]
        stated, _ = number(self.table.column(self.summed.amount)[position], percent=False)
        if not named or not isinstance(stated, float):
            return None
        of: dict[str, frozenset[str]] = {c: label.members for c, label in named.items() if label.members is not None}
        for column, value in cells.items():
            if value is None or column in named:
                continue
            member = self.find(column, words(value))
            if member is None:
                return None  # neither a member nor a total: a fault that is reported as such
            of[column] = frozenset([member])
        column, label = next(iter(named.items()))
        return TotalRow(position, column, label.text, all(label.sure for label in named.values()), stated, of)

    @cached_property
    def data(self) -> list[int]:
        """The rows that are no totals."""
        at = {row.position for row in self.totals}
        return [position for position in range(len(self.table)) if position not in at]

    @cached_property
    def rows_of(self) -> dict[str, dict[str, list[int]]]:
        """Column -> member -> the data rows that name it."""
        result: dict[str, dict[str, list[int]]] = {}
        for column in self.summed.labels:
            values = self.table.column(column)
            known = {value: self.find(column, words(value)) for value in set(values) if value is not None}
            result[column] = {}
            for position in self.data:
                member = known.get(values[position])
                if member is not None:
                    result[column].setdefault(member, []).append(position)
        return result

    @cached_property
    def amounts(self) -> list[float | None]:
        """The number of each row, None where it is none."""
        values = (number(value, percent=False)[0] for value in self.table.column(self.summed.amount))
        return [value if isinstance(value, float) else None for value in values]

    def sums(self, total: TotalRow) -> list[Sum]:
        """What the total may be of: the block above it, everything above it, the whole column."""
        block = max((row.position for row in self.totals if row.position < total.position), default=-1)
        inside = self.data
        for column, names in total.of.items():
            some = {position for name in names for position in self.rows_of[column].get(name, ())}
            inside = sorted(some) if inside is self.data else [position for position in inside if position in some]
        above = bisect_left(inside, total.position)
        spans = (inside[bisect_left(inside, block) : above], inside[:above], inside)
        return [self._sum(positions) for positions in dict.fromkeys(map(tuple, spans)) if positions]

    def _sum(self, positions: tuple[int, ...]) -> Sum:
        values = [self.amounts[position] for position in positions]
        return Sum(positions, None if None in values else sum(value for value in values if value is not None))

    def settle(self, total: TotalRow, issues: list[Issue]) -> bool:
        """Whether the row is left out; what there is to say about it is added to `issues`."""
        sums = self.sums(total)
        known = [(s, s.value) for s in sums if s.value is not None and (total.sure or len(s.positions) > 1)]
        nearest_sum = min(known, key=lambda pair: abs(pair[1] - total.stated), default=None)
        if nearest_sum is None:
            if not total.sure or not sums:
                return False
            self._report(issues, total, "some of its rows have no number yet, so it was not checked")
            return True
        rows, value = nearest_sum
        gap, tolerance = total.stated - value, self.tolerance(total, rows)
        if not total.sure and abs(gap) > tolerance:
            return False
        count = len(rows.positions)
        if abs(gap) <= EXACT * max(1.0, abs(value)):
            self._report(issues, total, f"it agrees with its {count} rows")
            return True
        verdict = "it differs by a rounding" if abs(gap) <= tolerance else "it does not agree"
        self._report(issues, total, f"{verdict}: see {self.table.address(total.position, self.summed.amount).cell}")
        sentence = (
            f"the total says {self.shown(total.stated)}, but the {count} rows add up to {self.shown(value)}: "
            f"a difference of {self.shown(gap)}"
        )
        expected = f"a total that agrees to within {self.shown(tolerance)}"
        if abs(gap) <= tolerance:
            finding = Finding("TOT_ROUNDING", sentence, expected, "Nothing to do: it is a rounding.", "repaired")
        else:
            sentence += f"; {self._suspects(rows.positions, abs(gap), tolerance)}"
            fix = f"Correct the rows, or type {self.plain(value)} as the total."
            finding = Finding("TOT_MISMATCH", sentence, expected, fix)
        issues.append(finding.at(self.table.address(total.position, self.summed.amount)))
        return True

    def _report(self, issues: list[Issue], total: TotalRow, verdict: str) -> None:
        expected = f"one row per {SHEET[self.summed.sheet].row_of}"
        found = f"'{total.label}' is a total, not a row of data, and was left out; {verdict}"
        finding = Finding("SUBTOTAL_ROW", found, expected, "Nothing to do, or delete the row.", "repaired")
        issues.append(finding.at(self.table.address(total.position, total.column)))

    def _suspects(self, positions: Sequence[int], gap: float, tolerance: float) -> str:
        """The rows to look at first: one that holds just the difference, or else the largest."""
        values = {position: self.amounts[position] or 0.0 for position in positions}
        just = [p for p, value in values.items() if value and abs(abs(value) - gap) <= min(tolerance, 0.01 * gap)]
        largest = just[:3] or sorted(values, key=lambda position: -abs(values[position]))[:3]
        cells = [f"{self.table.address(p, self.summed.amount).cell} ({self.shown(values[p])})" for p in largest]
        return f"{'just that stands in' if just else 'the largest are'} {', '.join(cells)}"

    def tolerance(self, total: TotalRow, rows: Sum) -> float:
        """Half a unit of the last decimal shown per row, and £1k at least where the numbers are money."""
        values = [total.stated, *(self.amounts[position] or 0.0 for position in rows.positions)]
        per_row = 0.5 * 10.0 ** -max(map(_decimals, values))
        least = KILO_POUND / MILLIONS_PER_UNIT[self.unit] if self.unit else 0.0
        return max(least, per_row * len(rows.positions)) * (1 + EXACT)

    @cached_property
    def unit(self) -> str:
        """The workbook's money unit where the sheet holds money; nothing elsewhere."""
        money = SHEET[self.summed.sheet].column(self.summed.amount).kind is schema.Kind.MONEY
        return unit_of(self.tables) if money else ""

    def plain(self, value: float) -> str:
        """A number as it is typed, without the noise of floating point."""
        return f"{round(value, 6):.15g}"

    def shown(self, value: float) -> str:
        """A number with its unit, as it is read."""
        text = f"{abs(round(value, 6)):,.6f}".rstrip("0").rstrip(".")
        sign = "-" if value < 0 else ""
        return f"{sign}£{text}{self.unit.removeprefix('£')}" if self.unit else f"{sign}{text}"


def member_names(tables: Tables, naming: str, key: str) -> dict[str, str]:
    """Folded names and aliases of the members that a sheet names -> name."""
    table = tables.get(naming)
    if table is None:
        return {}
    found: dict[str, str] = {}
    for name, aliases in zip(table.column(key), table.column("Also known as"), strict=True):
        if name is not None:
            found[fold(words(name))] = words(name)
            for alias in parts(aliases) if isinstance(aliases, str) else ():
                found.setdefault(fold(alias), words(name))
    return found


def _naming(sheet: str, column: str) -> tuple[str, str]:
    """The sheet and column that name the members of a column; nothing for free text."""
    refers = SHEET[sheet].column(column).refers
    return next(((naming, key) for naming, key in schema.DIMENSIONS.values() if naming == refers), ("", ""))


_LAST = re.compile(rf"^(.*?)[\s,:\u2013-]*\b({'|'.join(sorted(TOTAL_WORDS, key=len, reverse=True))})$")
_FIRST = re.compile(rf"^({'|'.join(sorted(TOTAL_WORDS, key=len, reverse=True))})\b[\s,:\u2013-]+(?:for |of |in )?(.+)$")


def _split(text: str) -> str | None:
    """What a total is of ("" = it does not say); None when the text has no total word at its start or end.

    >>> _split("Grand Total:"), _split("Bury sub-total"), _split("Total for Bury"), _split("Bury")
    ('', 'bury', 'bury', None)
    """
    plain = fold(text).strip(" :.*")
    last = _LAST.match(plain)
    if last is not None:
        return "" if last[1] in BEFORE_TOTAL else last[1]
    first = _FIRST.match(plain)
    if first is None:
        return None
    return "" if all(word in AFTER_TOTAL for word in first[2].split()) else first[2]


def unit_of(tables: Tables) -> str:
    """The money unit of tables that are still to be checked; the default when About names none that is known."""
    return next(_about(tables, schema.MONEY_UNIT, money_unit), DEFAULT_UNIT)


def _about(tables: Tables, setting: str, read: Callable[[str], str | None] = words) -> Iterator[str]:
    table = tables.get(schema.ABOUT)
    if table is None:
        return
    for name, value in zip(table.column("Setting"), table.column("Value"), strict=True):
        if isinstance(name, str) and setting_named(name) == setting and isinstance(value, str):
            found = read(value)
            if found:
                yield found


def _system_names(tables: Tables) -> frozenset[str]:
    """The system's name and code, folded."""
    return frozenset(fold(text) for setting in ("System", "System code") for text in _about(tables, setting))


def _decimals(value: float) -> int:
    """The decimals that a number is written with, six at most."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])
