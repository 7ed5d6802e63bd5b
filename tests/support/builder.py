"""Write a contract workbook in a test with few words.

    book = two_places()
    book.add("Rules", Rule="Floor", Each="place", Measure="change", Limit="at least", Value=-0.02)
    book.set("Funding", where={"Year": "2025/26"}, Amount=120)
    path = book.save(tmp_path / "in.xlsx")
    book.cell("Rules", row=0, column="Value")        # 'K5': where that figure stands in the saved file

A `Book` is a dict of sheet -> list of row dicts. Rows are keyed by column names without their unit ("Amount",
"Fee"); keyword arguments may write an underscore for a space (`Need_measure="Population"`). Row numbers count
from 0, as list indices do. Money is in £m in a Book whatever unit it is saved in; percentages are true (2% is
0.02).
"""

from __future__ import annotations

import copy
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

Row = dict[str, Any]

#: Sheet -> purpose and headers as the template prints them when money is in £m.
SHEETS: dict[str, tuple[str, list[str]]] = {
    "About": ("What this workbook is", ["Setting", "Value"]),
    "Years": ("The years, in order", ["Year", "Weight", "Cost uplift (%)", "Efficiency (%)"]),
    "Places": (
        "The places",
        [
            "Place",
            "Code (ONS)",
            "Sub-ICB code",
            "Also known as",
            "Group",
            "Deprivation score",
            "Equity weight",
        ],
    ),
    "Needs": (
        "What each place needs",
        ["Need measure", "Place", "Value", "Basis", "Period", "Source", "Status"],
    ),
    "Services": (
        "The services",
        ["Service", "Programme", "Level", "Delegation", "Place key", "Tags", "Notes", "Years"],
    ),
    "Providers": ("Who provides", ["Provider", "Code (ODS)", "Sector", "Lead group"]),
    "Sources": (
        "Where the money comes from",
        [
            "Source",
            "Holder",
            "Kind",
            "Home places",
            "Home services",
            "Lawful places",
            "Lawful services",
            "Carry forward (%)",
            "Authority",
            "Years",
        ],
    ),
    "Funding": (
        "How much money, by source and year",
        ["Source", "Year", "Amount (£m)", "Source of figure", "Status"],
    ),
    "Baseline": (
        "Spending in the year before the first year",
        ["Place", "Service", "Provider", "Amount (£m)", "Source of figure", "Status"],
    ),
    "Provision": ("Supply allowed beyond the baseline", ["Places", "Services", "Providers"]),
    "Target": (
        "The inequality target",
        ["Component", "Need measure", "Services", "Weight", "Keep at least (%)", "Keep at most (%)", "Why"],
    ),
    "Rules": (
        "What must and should hold",
        [
            "Rule",
            "Years",
            "Places",
            "Services",
            "Sources",
            "Providers",
            "Each",
            "Measure",
            "Of",
            "Limit",
            "Value",
            "Strength",
            "Weight",
            "Authority",
        ],
    ),
    "Regimes": (
        "Which sources share a pot, under each regime",
        ["Regime", "Sources", "Pot", "Decided at", "Years"],
    ),
    "Contracts": (
        "Kinds of contract; the first matching row wins",
        [
            "Regime",
            "Services",
            "Providers",
            "Form",
            "Fee (%)",
            "Cost per contract (£k)",
            "Days to pay",
            "Counted by",
        ],
    ),
    "Regime costs": (
        "What it costs once to set a regime up",
        ["Regime", "One-off cost (£m)", "Phase-in by year", "Payer"],
    ),
    "Indicators": (
        "Outcomes, reported",
        ["Indicator", "Place", "Period", "Value", "Unit", "Better", "Benchmark", "Definition", "Component", "Source"],
    ),
    "Convergence": (
        "Rules by which places come to their targets",
        [
            "Policy",
            "Kind",
            "Component",
            "Driver",
            "Slope over (%)",
            "Cap over (%)",
            "Slope under (%)",
            "Cap under (%)",
            "Scope share (%)",
            "Least growth (%)",
            "Least growth far over (%)",
            "Falls from (%)",
            "Falls to (%)",
            "Most under (%)",
            "Rounding (£k)",
        ],
    ),
    "Scenarios": (
        "The scenarios",
        ["Scenario", "Based on", "Regime", "Objective", "Purpose", "Owner"],
    ),
    "Changes": (
        "What each scenario changes",
        ["Scenario", "Table", "Where", "Field", "Change", "Value", "Unit", "Reason", "Owner"],
    ),
}

#: Values `Book.add` fills in when the caller leaves them out.
DEFAULTS: dict[str, Row] = {
    "Needs": {"Basis": "registered", "Period": "2024", "Source": "test figures", "Status": "illustrative"},
    "Services": {"Programme": "General", "Level": "place", "Delegation": "own"},
    "Providers": {"Sector": "acute"},
    "Sources": {
        "Holder": "ICB",
        "Kind": "recurrent",
        "Home places": "all",
        "Home services": "all",
        "Lawful places": "all",
        "Lawful services": "all",
        "Authority": "test",
    },
    "Funding": {"Source of figure": "test figures", "Status": "illustrative"},
    "Baseline": {"Source of figure": "test figures", "Status": "illustrative"},
    "Target": {"Services": "all", "Weight": 1, "Why": "test"},
    "Rules": {"Strength": "must", "Authority": "test"},
    "Regimes": {"Sources": "all", "Pot": "each", "Decided at": "system"},
    "Contracts": {
        "Services": "all",
        "Providers": "all",
        "Form": "block",
        "Fee": 0,
        "Cost per contract": 0,
        "Days to pay": 30,
        "Counted by": "provider",
    },
    "Indicators": {"Period": "2024", "Unit": "years", "Better": "higher"},
    "Scenarios": {"Objective": "gini", "Purpose": "test", "Owner": "finance"},
    "Changes": {"Reason": "test", "Owner": "finance"},
}

ABOUT: Row = {
    "Title": "Test budget",
    "System": "Test system",
    "System code": "QOP",
    "Price basis": "cash",
    "Prepared by": "Finance",
    "Approved by": "Director of finance",
    "Status": "illustrative",
    "Use until": "2030-03-31",
    "Template version": "1",
}

#: How many of each unit make £1m.
PER_MILLION = {"£": 1_000_000, "£k": 1_000, "£m": 1}
#: Sheets whose order of rows carries meaning and that a shuffle therefore leaves alone.
ORDERED = ("About", "Years", "Contracts", "Scenarios", "Changes")
_PERCENT = re.compile(r"\(%\)$")


def plain(column: str) -> str:
    """A column name without its unit, trimmed and case folded, underscores read as spaces."""
    name = re.sub(r"\s*\([^)]*\)\s*$", "", column.replace("_", " "))
    return " ".join(name.split()).casefold()


def unitless(header: str) -> str:
    """The key of a column in a row dict: the header without its unit."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", header).strip()


@dataclass
class Layout:
    """How a book is put on sheets.

    `header_row` and `first_column` move every table (`moved` moves single ones: sheet -> (row, column));
    `shuffle` is a seed that shuffles rows (of sheets without a meaningful order) and columns; `money_unit` is
    £, £k or £m; `units` prints units in headers; `extra` adds unused columns (sheet -> {header: value});
    `omit` leaves sheets out; `rename` prints other names ("Sheet" or "Sheet.Column" -> name).
    """

    header_row: int = 4
    first_column: int = 1
    moved: dict[str, tuple[int, int]] = field(default_factory=dict)
    shuffle: int | None = None
    money_unit: str = "£m"
    units: bool = True
    extra: dict[str, Row] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)


#: Layouts by name, for `Book.save(path, layout="moved")`.
LAYOUTS: dict[str, Layout] = {
    "template": Layout(),
    "moved": Layout(header_row=9, first_column=3),
    "shuffled": Layout(shuffle=1),
    "pounds": Layout(money_unit="£"),
    "thousands": Layout(money_unit="£k"),
    "bare": Layout(header_row=1, units=False),
}


class Book(dict[str, list[Row]]):
    """The rows of a workbook: sheet -> list of row dicts. All sheets are there at once, empty but About."""

    def __init__(self) -> None:
        super().__init__({sheet: [] for sheet in SHEETS})
        self.layout: Layout = LAYOUTS["template"]
        for setting, value in ABOUT.items():
            self["About"].append({"Setting": setting, "Value": value})

    # ---- writing rows ----------------------------------------------------------------------------

    def column(self, sheet: str, name: str) -> str:
        """The row key that a loosely written column name means; unknown names stay as they are."""
        for header in SHEETS.get(sheet, ("", []))[1]:
            if plain(header) == plain(name):
                return unitless(header)
        return name

    def _cells(self, sheet: str, cells: Row) -> Row:
        return {self.column(sheet, name): value for name, value in cells.items()}

    def add(self, sheet: str, cells: Row | None = None, **more: Any) -> Book:
        """Append one row; what is not given takes the default of its sheet. Returns the book."""
        row = dict(DEFAULTS.get(sheet, {}))
        row.update(self._cells(sheet, {**(cells or {}), **more}))
        number = len(self[sheet]) + 1
        if sheet == "Places":
            row.setdefault("Code", f"E08{number:06d}")
            row.setdefault("Sub-ICB code", f"{number:02d}T")
        if sheet == "Providers":
            row.setdefault("Code", f"R{number:02d}")
        if sheet == "Rules":
            row.setdefault("Rule", f"Rule {number}")
        self[sheet].append(row)
        return self

    def rows(self, sheet: str, where: Row | None = None) -> list[Row]:
        """The row dicts (not copies) of a sheet whose cells equal `where`."""
        wanted = self._cells(sheet, where or {})
        return [row for row in self[sheet] if all(row.get(name) == value for name, value in wanted.items())]

    def set(self, sheet: str, row: int | None = None, where: Row | None = None, **cells: Any) -> Book:
        """Overwrite cells of one row (by index), of the rows `where` picks, or of all. None blanks a cell."""
        picked = [self[sheet][row]] if row is not None else self.rows(sheet, where)
        if not picked:
            raise KeyError(f"no row of {sheet} has {where}")
        for each in picked:
            each.update(self._cells(sheet, cells))
        return self

    def remove(self, sheet: str, where: Row | None = None) -> Book:
        """Delete the rows that `where` picks (all rows when it is not given)."""
        gone = [id(row) for row in self.rows(sheet, where)]
        self[sheet][:] = [row for row in self[sheet] if id(row) not in gone]
        return self

    def about(self, setting: str, value: Any) -> Book:
        """Set one line of About."""
        for row in self["About"]:
            if plain(row["Setting"]) == plain(setting):
                row["Value"] = value
                return self
        return self.add("About", Setting=setting, Value=value)

    def need(self, measure: str, values: dict[str, float], **cells: Any) -> Book:
        """Add one need measure: place -> value."""
        for place, value in values.items():
            self.add("Needs", {"Need measure": measure, "Place": place, "Value": value}, **cells)
        return self

    def fund(self, source: str, amounts: dict[str, float] | list[float]) -> Book:
        """Add the funding of a source: year -> £m, or a list in the order of Years."""
        if isinstance(amounts, list):
            amounts = dict(zip([row["Year"] for row in self["Years"]], amounts, strict=False))
        for year, amount in amounts.items():
            self.add("Funding", Source=source, Year=year, Amount=amount)
        return self

    def spend(self, place: str, service: str, provider: str, amount: float) -> Book:
        """Add one line of the Baseline."""
        return self.add("Baseline", Place=place, Service=service, Provider=provider, Amount=amount)

    def rule(self, name: str, measure: str, limit: str, value: float, **cells: Any) -> Book:
        """Add a rule, must unless told otherwise."""
        return self.add("Rules", Rule=name, Measure=measure, Limit=limit, Value=value, **cells)

    def change(self, scenario: str, table: str, change: str, **cells: Any) -> Book:
        """Add a row of Changes: `book.change("More", "Funding", "multiply", Field="Amount", Value=1.1)`."""
        return self.add("Changes", Scenario=scenario, Table=table, Change=change, **cells)

    def copy(self) -> Book:
        """A deep copy."""
        return copy.deepcopy(self)

    # ---- putting it on sheets --------------------------------------------------------------------

    def save(self, path: str | Path, layout: str | Layout = "template", **options: Any) -> Path:
        """Write the workbook and remember its layout for `cell`. Options overrule fields of the layout."""
        chosen = copy.deepcopy(LAYOUTS[layout] if isinstance(layout, str) else layout)
        for name, value in options.items():
            if not hasattr(chosen, name):
                raise TypeError(f"a layout has no {name!r}")
            setattr(chosen, name, value)
        self.layout = chosen
        file = Workbook()
        file.remove(file.active)
        for sheet in self:
            if sheet not in chosen.omit:
                self._write(file, sheet)
        path = Path(path)
        file.save(path)
        return path

    def cell(self, sheet: str, row: int, column: str) -> str:
        """Address ('C7') of a column in a data row (index; -1 is the header) in the last saved layout."""
        top, _ = self._corner(sheet)
        line = top if row == -1 else top + 1 + self._row_order(sheet).index(row % len(self._printed(sheet)))
        return f"{self._letter(sheet, column)}{line}"

    def header(self, sheet: str, column: str) -> str:
        """The printed header of a column in the last saved layout."""
        for header in self._headers(sheet):
            if plain(header) == plain(column):
                return self._print_header(sheet, header)
        raise KeyError(f"{sheet} has no column {column!r}")

    def _letter(self, sheet: str, column: str) -> str:
        _, left = self._corner(sheet)
        names = [plain(header) for header in self._headers(sheet)]
        if plain(column) not in names:
            raise KeyError(f"{sheet} has no column {column!r}")
        return get_column_letter(left + names.index(plain(column)))

    def _corner(self, sheet: str) -> tuple[int, int]:
        return self.layout.moved.get(sheet, (self.layout.header_row, self.layout.first_column))

    def _printed(self, sheet: str) -> list[Row]:
        rows = self[sheet]
        stated = any(plain(str(row.get("Setting"))).startswith("money unit") for row in rows)
        if sheet == "About" and not stated:
            return [*rows, {"Setting": "Money unit", "Value": self.layout.money_unit}]
        return rows

    def _headers(self, sheet: str) -> list[str]:
        headers = list(SHEETS[sheet][1]) if sheet in SHEETS else []
        known = {plain(header) for header in headers}
        for row in [*self[sheet], self.layout.extra.get(sheet, {})]:
            for name in row:
                if plain(name) not in known:
                    headers.append(name)
                    known.add(plain(name))
        if self.layout.shuffle is not None:
            random.Random(f"{self.layout.shuffle} columns of {sheet}").shuffle(headers)  # noqa: S311
        return headers

    def _row_order(self, sheet: str) -> list[int]:
        order = list(range(len(self._printed(sheet))))
        if self.layout.shuffle is not None and sheet not in ORDERED:
            random.Random(f"{self.layout.shuffle} rows of {sheet}").shuffle(order)  # noqa: S311
        return order

    def _print_header(self, sheet: str, header: str) -> str:
        renamed = self.layout.rename.get(f"{sheet}.{unitless(header)}")
        if renamed is not None:
            return renamed
        if header.endswith("(£m)"):
            header = header.replace("(£m)", f"({self.layout.money_unit})")
        return header if self.layout.units else unitless(header)

    def _in_unit(self, sheet: str, key: str, row: Row) -> Any:
        """A cell in the money unit of the layout."""
        value = row.get(key)
        factor = PER_MILLION.get(self.layout.money_unit, 1)
        if factor == 1:
            return value
        if sheet == "Changes" and key == "Where" and isinstance(value, str):
            return self._where_in_unit(row, value, factor)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return round(value * factor, 6) if self._is_money(sheet, key, row) else value

    def _is_money(self, sheet: str, key: str, row: Row) -> bool:
        if key in ("Amount", "One-off cost"):
            return sheet in ("Funding", "Baseline", "Regime costs")
        if sheet == "Rules" and key == "Value":
            return plain(str(row.get("Measure"))) == "amount"
        if sheet == "Changes" and key == "Value" and row.get("Change") in ("set", "add", "append"):
            table, name = row.get("Table"), plain(str(row.get("Field")))
            if table == "Rules" and name == "value":
                return self._names_amount_rule(str(row.get("Where")))
            return table in ("Funding", "Baseline") and name == "amount"
        return False

    def _names_amount_rule(self, where: str) -> bool:
        if re.search(r"Measure\s*=\s*amount\b", where):
            return True
        named = re.search(r"Rule\s*=\s*([^;]+)", where)
        wanted = {plain(part) for part in named.group(1).split("|")} if named else set()
        return any(plain(r["Rule"]) in wanted and r.get("Measure") == "amount" for r in self["Rules"])

    @staticmethod
    def _where_in_unit(row: Row, where: str, factor: int) -> str:
        money = "Amount" if row.get("Table") in ("Funding", "Baseline") else None
        if row.get("Table") == "Rules" and re.search(r"Measure\s*=\s*amount\b", where):
            money = "Value"
        if money is None:
            return where
        pattern = rf"(\b{money}\s*=\s*)([-0-9.]+)"
        return re.sub(pattern, lambda m: f"{m.group(1)}{round(float(m.group(2)) * factor, 6):.10g}", where)

    def _write(self, file: Workbook, sheet: str) -> None:
        page = file.create_sheet(self.layout.rename.get(sheet, sheet))
        top, left = self._corner(sheet)
        if top > 1:
            page["A1"] = sheet
        if top > 2:
            page["A2"] = SHEETS.get(sheet, ("Extra sheet", []))[0]
        rows = self._printed(sheet)
        extra = self.layout.extra.get(sheet, {})
        for across, header in enumerate(self._headers(sheet)):
            key = unitless(header) if sheet in SHEETS and header in SHEETS[sheet][1] else header
            page.cell(top, left + across, self._print_header(sheet, header))
            for down, index in enumerate(self._row_order(sheet)):
                row = rows[index]
                value = self._in_unit(sheet, key, row) if key in row else extra.get(key)
                if value is None:
                    continue
                cell = page.cell(top + 1 + down, left + across, value)
                if isinstance(value, str):
                    if not value.startswith("="):
                        cell.data_type = "s"
                    if key == "Year":
                        cell.number_format = "@"
                elif _PERCENT.search(header):
                    cell.number_format = "0.0%"


def two_places() -> Book:
    """The smallest whole book: 2 places, 1 service, 1 provider, 1 source, 1 year, 1 regime, 1 scenario.

    North and South need the same, spent 60 and 40, and have 100 to spend: the do-minimum repeats 60 and 40
    (index 100), the optimum is 50 and 50 (index 0).
    """
    book = Book()
    book.add("Years", Year="2025/26", Weight=1)
    for place in ("North", "South"):
        book.add("Places", Place=place)
    book.need("Population", {"North": 1000, "South": 1000})
    book.add("Services", Service="Care")
    book.add("Providers", Provider="Trust")
    book.add("Sources", Source="Core")
    book.fund("Core", [100])
    book.spend("North", "Care", "Trust", 60)
    book.spend("South", "Care", "Trust", 40)
    book.add("Target", Component="Overall", Need_measure="Population", Services="all", Weight=1)
    book.add("Regimes", Regime="Split", Sources="all", Pot="each")
    book.add("Contracts", Regime="Split")
    for place, value in (("North", 80.1), ("South", 78.4)):
        book.add("Indicators", Indicator="Life expectancy", Place=place, Value=value)
    book.add("Scenarios", Scenario="Base", Regime="Split")
    return book


def loose(book: Book) -> Book:
    """Without keep rows, so that only the rules of the test count."""
    return book.set("Target", Keep_at_least=0, Keep_at_most="none")


def with_years(book: Book, years: int, growth: float = 0.0) -> Book:
    """Make the book last `years` years: each source's first amount grows by `growth` a year."""
    first = int(str(book["Years"][0]["Year"])[:4])
    labels = [f"{first + i}/{(first + i + 1) % 100:02d}" for i in range(years)]
    weights = book["Years"][0].get("Weight", 1)
    book["Years"][:] = []
    for label in labels:
        book.add("Years", Year=label, Weight=weights)
    start = {row["Source"]: row["Amount"] for row in book["Funding"] if row["Year"] == labels[0]}
    book["Funding"][:] = []
    for source, amount in start.items():
        book.fund(source, [amount * (1 + growth) ** i for i in range(years)])
    return book
