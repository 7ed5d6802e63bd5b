"""What the 48 points ask, as checks of a written workbook: read with openpyxl and as plain XML."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import openpyxl
from openpyxl.utils import range_boundaries

from budgetmodel.contract import schema
from budgetmodel.excel.write.styles import NUMBER_FORMATS
from budgetmodel.metrics.real_terms import CASH_ONLY
from budgetmodel.report.sheets.real_terms import NO_EFFICIENCY

FREE_FORM = ("Decision", "Cover", "Dashboard")
"""Sheets that hold several tables, or none."""

DESIGN = (
    *("Decision", "Cover", "Dashboard", "By place", "", "Comparison", "Checks", "Assumptions and changes"),
    *("Allocation", "Places", "Flows", "Rules and prices", "Inequality measures", "Provenance"),
)
"""The order of the design; "" stands for the sheets of places."""

LONGEST, CRITERIA = 80, 4
"""Characters of a formula, and labels that a sum over another sheet may look at."""

SUM_BY_LABELS = re.compile(r"=-?SUMIFS\((?P<ranges>[^()]*(?:LEFT\([^()]*\))?)\)")
SUM_OF_SUMS = re.compile(r"=SUMPRODUCT\(SUMIF\([^()]*\)\)")
"""What may be longer: one sum, whose arguments are nothing but ranges and the labels sought."""

UNITLESS = {"Number", "Rank", "Difference", "Expected", "Actual", "Tolerance", "Value", "Line"}
"""Headings of figures whose unit stands in a column beside them, or that count rows."""

COUNTED = r"[Ii]ndex|[Pp]oints|[Rr]ank|[Nn]umber|[Yy]ears|times|ratio|from|to|[Oo]rder"
"""Words that name what is counted, where a heading has no brackets."""


@dataclass(frozen=True)
class Book:
    """A workbook: `kind` is T (input template) or R (results); `places` are the sheets of places."""

    path: Path
    kind: str
    places: tuple[str, ...] = ()
    header: int = field(default=5)

    @cached_property
    def book(self) -> openpyxl.Workbook:
        return openpyxl.load_workbook(self.path)

    @cached_property
    def values(self) -> openpyxl.Workbook:
        return openpyxl.load_workbook(self.path, data_only=True)

    @cached_property
    def parts(self) -> dict[str, str]:
        with zipfile.ZipFile(io.BytesIO(self.path.read_bytes())) as archive:
            return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}

    @property
    def tabled(self) -> list[openpyxl.worksheet.worksheet.Worksheet]:
        """The sheets that hold a table."""
        return [sheet for sheet in self.book if sheet.tables]

    def words(self, name: str) -> str:
        return " ".join(str(c.value) for row in self.values[name].iter_rows() for c in row if c.value is not None)

    def column(self, name: str, heading: str) -> list[object]:
        """The stored values under a heading of the table of a sheet."""
        sheet = self.values[name]
        [table] = sheet.tables.values()
        left, top, right, bottom = range_boundaries(table.ref)
        at = next(n for n in range(left, right + 1) if sheet.cell(top, n).value == heading)
        return [sheet.cell(row, at).value for row in range(top + 1, bottom + 1)]


def bounds(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[tuple[str, int, int, int, int]]:
    return [(table.name, *range_boundaries(table.ref)) for table in sheet.tables.values()]


def cover_first(b: Book) -> None:
    front = b.book.worksheets[0]
    assert front.title == ("Cover" if b.kind == "T" else "Decision")
    for sheet in (front, b.book["Cover"]):
        assert sheet["A1"].font.size >= 16
        assert sheet["A2"].value
    if b.kind == "R":
        for word in ("Status:", "Prepared by:", "Approved by:", "Use until:"):
            assert word in b.words("Decision"), word
    for word in ("Status", "Prepared by" if b.kind == "T" else "Owner", "Use until" if b.kind == "T" else "use until"):
        assert word in b.words("Cover"), word


def links_both_ways(b: Book) -> None:
    linked = {c.hyperlink.location for row in b.book["Cover"] for c in row if c.hyperlink}
    targets = {location.rpartition("!")[0].strip("'") for location in linked}
    others = [sheet for sheet in b.book if sheet.title not in ("Cover", schema.LISTS)]
    assert targets == {sheet.title for sheet in others if sheet.sheet_state == "visible"}
    for sheet in others:
        assert sheet["A3"].hyperlink.location.startswith("'Cover'"), sheet.title
    for sheet in b.book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink:
                    assert cell.hyperlink.location.rpartition("!")[0].strip("'") in b.book.sheetnames


def fixed_order(b: Book) -> None:
    names = b.book.sheetnames
    if b.kind == "T":
        assert names == ["Cover", "Guide", *(sheet.name for sheet in schema.SHEETS), schema.LISTS]
        return
    wanted = [name for slot in DESIGN for name in ((slot,) if slot else b.places)]
    assert [name for name in names if name in wanted] == wanted


def sheet_names_safe(b: Book) -> None:
    names = b.book.sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name) <= 31
        assert re.fullmatch(r"[\w ]+", name)
        assert name == name.strip()
        assert name.casefold() != "history"


def nothing_hidden(b: Book) -> None:
    named = b.words("Cover")
    for sheet in b.book:
        if sheet.title == schema.LISTS:
            continue  # what the drop-down lists of Changes choose from: nothing to read or type
        assert sheet.sheet_state == "visible" or (b.kind == "R" and sheet.title in named), sheet.title
        assert not [n for n, row in sheet.row_dimensions.items() if row.hidden]
        if b.kind == "R" and (sheet.title == "Dashboard" or sheet.title in b.places):
            continue  # what sentences and charts are made of stands in hidden columns at its side
        assert not [n for n, column in sheet.column_dimensions.items() if column.hidden]


def nothing_foreign(b: Book) -> None:
    for sheet in b.book:
        assert sheet["A1"].value
    for name, text in b.parts.items():
        assert not re.search(r"vbaProject|externalLink|activeX|connections", name), name
        if name.endswith(".rels"):
            assert 'TargetMode="External"' not in text, name


def one_table(b: Book) -> None:
    for sheet in b.book:
        if sheet.title in (*FREE_FORM, "Guide", schema.LISTS):
            continue
        found = bounds(sheet)
        if b.kind == "R" and not found:
            assert sheet.max_row <= b.header  # nothing to show
            continue
        [(_, left, top, right, bottom)] = found
        assert left == 1
        assert top == b.header or sheet.title in b.places
        assert sheet.title in b.places or sheet.max_column <= max(right, 8)
        if b.kind == "R":
            assert sheet.max_row == bottom, sheet.title


def opens_on_cover(b: Book) -> None:
    assert b.book.active is b.book.worksheets[0]
    for sheet in b.book:
        assert sheet.sheet_view.zoomScale in (None, 100)
    views = [sheet.sheet_view.selection[0].sqref for sheet in b.book if not sheet.freeze_panes]
    assert {str(view) for view in views} <= {"A1"}


def tables_described(b: Book) -> None:
    texts = [text for name, text in b.parts.items() if name.startswith("xl/tables/table")]
    assert len(texts) >= 9
    for text in texts:
        assert re.search(r'displayName="tbl\w+"', text)
        assert re.search(r'altTextSummary="[^"]+"|altText="[^"]+"', text) or "tableStyleInfo" in text
    for sheet in b.tabled:
        for _, left, top, _, _ in bounds(sheet):
            [table] = [t for t in sheet.tables.values() if range_boundaries(t.ref)[:2] == (left, top)]
            shown = [sheet.cell(top, left + n).value for n in range(len(table.tableColumns))]
            assert shown == [column.name for column in table.tableColumns]


def headings_unique(b: Book) -> None:
    for sheet in b.tabled:
        for _, left, top, right, _ in bounds(sheet):
            names = [str(sheet.cell(top, n).value) for n in range(left, right + 1)]
            assert len({name.casefold() for name in names}) == len(names)
            assert not [name for name in names if "\n" in name or not name.strip() or name == "None"], sheet.title


def nothing_merged(b: Book) -> None:
    assert not [sheet.title for sheet in b.book if sheet.merged_cells.ranges]


def no_blank_rows(b: Book) -> None:
    if b.kind == "T":
        assert "Blank is never 0" in b.words("Guide")
        return
    for sheet in b.tabled:
        for _, left, top, right, bottom in bounds(sheet):
            for row in range(top + 1, bottom + 1):
                assert any(sheet.cell(row, n).value is not None for n in range(left, right + 1)), (sheet.title, row)


def keys_come_first(b: Book) -> None:
    order = ("Scenario", "Year", "Place")
    for sheet in b.tabled if b.kind == "R" else ():
        for _, left, top, right, _ in bounds(sheet):
            names = [sheet.cell(top, n).value for n in range(left, right + 1)]
            at = [names.index(name) for name in order if name in names]
            assert at == sorted(at), sheet.title


def columns_wide_enough(b: Book) -> None:
    """The longest figure of a column as it is shown, and the longest word of its heading, fit its width."""
    for sheet in b.tabled if b.kind == "R" else ():
        for _, left, top, right, bottom in bounds(sheet):
            for n in range(left, right + 1):
                width = width_of(sheet, n)
                heading = str(sheet.cell(top, n).value)
                assert max(map(len, heading.split())) <= width + 1, (sheet.title, heading)
                for row in range(top + 1, bottom + 1):
                    cell, value = sheet.cell(row, n), b.values[sheet.title].cell(row, n).value
                    if isinstance(value, int | float) and cell.number_format != "General":
                        assert len(shown(float(value), cell.number_format)) <= width, (sheet.title, cell.coordinate)


def width_of(sheet: openpyxl.worksheet.worksheet.Worksheet, number: int) -> float:
    """The width of a column; neighbours of one width are kept as one."""
    return next(d.width for d in sheet.column_dimensions.values() if d.min <= number <= d.max)


def shown(value: float, pattern: str) -> str:
    """A figure as one of our formats shows it."""
    first = pattern.split(";")[0].replace("_)", "")
    percent, decimals = "%" in first, len(first.partition(".")[2].rstrip("%"))
    text = f"{abs(value) * (100 if percent else 1):,.{decimals}f}{'%' if percent else ''}"
    return f"({text})" if value < 0 else text


SAID_INSTEAD = {CASH_ONLY, NO_EFFICIENCY}
"""Words in the place of a figure that an input does not give."""


def no_numbers_as_text(b: Book) -> None:
    if b.kind == "T":
        return
    for sheet in b.tabled:
        for _, left, top, right, bottom in bounds(sheet):
            for n in range(left, right + 1):
                if not str(sheet.cell(top, n).value).endswith(("(£m)", "(%)", "(£)")):
                    continue
                found = [sheet.cell(row, n) for row in range(top + 1, bottom + 1)]
                words = [str(cell.value) for cell in found if cell.data_type not in {"n", "f"}]
                assert not [text for text in words if text not in SAID_INSTEAD], (sheet.title, sheet.cell(top, n).value)


def units_in_headings(b: Book) -> None:
    if b.kind == "T":
        for sheet in schema.SHEETS:
            for column in sheet.columns:
                if column.kind in (schema.Kind.MONEY, schema.Kind.PERCENT):
                    assert column.unit, column.name
        return
    for sheet in b.tabled:
        if sheet.title in b.places or "Unit" in {cell.value for cell in sheet[b.header]}:
            continue  # the unit stands in each row
        for _, left, top, right, bottom in bounds(sheet):
            for n in range(left, right + 1):
                heading = str(sheet.cell(top, n).value)
                cells = [b.values[sheet.title].cell(row, n) for row in range(top + 1, bottom + 1)]
                figures = [cell for cell in cells if isinstance(cell.value, int | float)]
                if figures and "(" not in heading and heading not in UNITLESS:
                    assert re.search(COUNTED, heading), (sheet.title, heading)


def no_scaling_formats(b: Book) -> None:
    """No format shows a figure a thousand times smaller than it is."""
    assert not [pattern for pattern in formats_of(b) if re.search(r",+(?=[;_)\"]|$)", pattern.split(";")[0])]


def formats_of(b: Book) -> set[str]:
    return {cell.number_format for sheet in b.book for row in sheet.iter_rows() for cell in row}


def brackets(b: Book) -> None:
    ours = set(NUMBER_FORMATS.values())
    for pattern in formats_of(b) & ours:
        assert "E+" not in pattern
        if pattern.startswith("#,##0") and ";" in pattern and not pattern.split(";")[1].startswith("-"):
            assert pattern.split(";")[1].startswith("("), pattern
    assert formats_of(b) <= ours | {"General", "@"}, formats_of(b) - ours


def no_red_formats(b: Book) -> None:
    assert not [pattern for pattern in formats_of(b) if "[" in pattern]


def sign_stated(b: Book) -> None:
    assert "A plus is more money than the do-minimum" in b.words("Allocation")


def years_are_text(b: Book) -> None:
    if b.kind == "R":
        assert all(re.fullmatch(r"\d{4}/\d{2}", str(year)) for year in b.column("Allocation", "Year"))
    assert not [c for s in b.book for row in s.iter_rows() for c in row if c.is_date and c.value is not None]


def rounding_stated(b: Book) -> None:
    assert "may differ in the last digit" in b.words("Cover")


def named_styles(b: Book) -> None:
    assert b.book["Baseline"]["D5"].style == "Input"
    assert "Yellow, blue text" in b.words("Guide")


def inputs_once(b: Book) -> None:
    """A figure of a key stands in one sheet: no two sheets of the contract share a column of figures."""
    figures = [
        (column.name, sheet.key)
        for sheet in schema.SHEETS
        for column in sheet.columns
        if column.kind is schema.Kind.MONEY
    ]
    assert len(set(figures)) == len(figures) == 3  # funding by source and year, Baseline by place, cost of a regime


def source_and_status(b: Book) -> None:
    for sheet in schema.SHEETS:
        headings = [c.value for c in b.book[sheet.name][4] if c.value]
        assert "Status" in headings, sheet.name
        assert {"Source", "Source of figure"} & set(headings), sheet.name


def sunset_asked(b: Book) -> None:
    assert "Use until" in [row[0].value for row in b.book["About"].iter_rows(min_row=5)]


def scenarios_are_overrides(b: Book) -> None:
    headings = [c.value for c in b.book["Scenarios"][4]]
    assert headings[:3] == ["Scenario", "Based on", "Regime"]
    rules = b.book["Scenarios"].data_validations.dataValidation
    assert any("A5" in rule.sqref and rule.showErrorMessage for rule in rules)


def derived_are_formulas(b: Book) -> None:
    def kinds(name: str, heading: str) -> set[str]:
        sheet = b.book[name]
        [(_, left, top, right, bottom)] = bounds(sheet)
        at = next(n for n in range(left, right + 1) if sheet.cell(top, n).value == heading)
        return {sheet.cell(row, at).data_type for row in range(top + 1, bottom + 1)}

    assert kinds("Allocation", "Allocation (£m)") == {"n"}
    assert kinds("Allocation", "Change on do-minimum (£m)") == {"f"}
    assert kinds("Places", "Distance after (%)") == {"f"}
    assert kinds("Money", "Delivered (£m)") == {"f"}
    assert kinds("Checks", "Difference") == kinds("Checks", "Result") == {"f"}
    for place in b.places:
        [(_, _, top, right, _)] = bounds(b.book[place])
        assert b.book[place].cell(top + 1, right).data_type == "f"


def formulas(b: Book) -> list[tuple[str, str, str]]:
    return [
        (sheet.title, cell.coordinate, str(getattr(cell.value, "text", cell.value)))
        for sheet in b.book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def formulas_carry_values(b: Book) -> None:
    found = formulas(b)
    assert len(found) > 500
    for name, cell, _ in found:
        part = b.values[name][cell].value
        assert part is not None or b.parts, (name, cell)


def formulas_plain(b: Book) -> None:
    for name, cell, text in formulas(b):
        assert not re.search(r"\b(OFFSET|INDIRECT|NOW|TODAY|RAND\w*)\(", text), (name, cell, text)
        assert not re.search(r"\$?[A-Z]+:\$?[A-Z]+", re.sub(r"\$?[A-Z]+\$?\d+", "", text)), (name, cell, text)
        assert "_xlfn" not in text
        assert text.count("IF(") - len(re.findall(r"(COUNTIFS?|SUMIFS?)\(", text)) <= 1, (name, cell, text)
        sums = SUM_BY_LABELS.fullmatch(text)
        if sums:
            assert sums["ranges"].count(",") <= 2 * CRITERIA + ("LEFT" in text), (name, cell, text)
        elif not SUM_OF_SUMS.fullmatch(text):
            assert len(text) <= LONGEST, (name, cell, len(text), text)


def one_formula_per_column(b: Book) -> None:
    """Down a column of these, formulas differ in the number of their own row only."""
    for name, heading in (
        ("Allocation", "Change on do-minimum (£m)"),
        ("Allocation", "Change on do-minimum (%)"),
        ("Money", "Delivered (£m)"),
        ("Checks", "Difference"),
        ("Checks", "Result"),
    ):
        sheet = b.book[name]
        [(_, left, top, right, bottom)] = bounds(sheet)
        at = next(n for n in range(left, right + 1) if sheet.cell(top, n).value == heading)
        shapes = {
            re.sub(rf"(?<=[A-Z]){row}\b", "#", str(sheet.cell(row, at).value)) for row in range(top + 1, bottom + 1)
        }
        assert len(shapes) == 1, (name, heading, shapes)


CHECKED = (
    "Spending, contract costs and carry use up the funding",
    "The allocation adds up to the flows",
    "Each place gets what flows to it",
    "Each service gets what flows to it",
    "Each provider is paid what flows to it",
    "Each source spends what it has",
    "Ring-fences of law: money beyond lawful places and services",
    "No amount is negative",
    "What is carried in is what the year before carried out",
    "The do-minimum grows as the funding does",
    "The index is proved the lowest possible",
    "The index comes out of the amounts on the sheets",
    "The shortfall is proved the least possible",
    "Money across organisations is proved the least possible",
    "Whole pence move no more than a penny a flow across organisations",
    "Every must rule holds in whole pence",
    "Provenance tells the input that was read",
)
"""What must be checked at least."""


def checks_complete(b: Book) -> None:
    assert set(CHECKED) <= {str(value) for value in b.column("Checks", "Check")}
    assert any("is kept" in str(value) for value in b.column("Checks", "Check"))
    for heading in ("Expected", "Actual", "Difference", "Tolerance", "Unit", "Look at"):
        assert None not in b.column("Checks", heading), heading
    assert set(b.column("Checks", "Result")) == {"PASS"}


def master_check(b: Book) -> None:
    assert b.book.defined_names["master_check"].attr_text == "Cover!$B$4"
    assert b.values["Cover"]["B4"].value == "ALL CHECKS PASS"
    assert b.book["Cover"]["B4"].data_type == "f"


def no_errors(b: Book) -> None:
    assert not [c for s in b.values for row in s.iter_rows() for c in row if c.data_type == "e"]


PROVED = (
    *("input", "input SHA-256", "sheet Rules SHA-256", "budgetmodel version", "git commit", "python version"),
    *("highspy version", "solver", "solver options", "command", "scenarios of the workbook", "objective", "status"),
    *("warnings", "index proved to within"),
)
"""Facts that repeat a run."""


def provenance_complete(b: Book) -> None:
    facts = {str(value) for value in b.column("Provenance", "Fact")}
    assert set(PROVED) <= facts
    assert not [fact for fact in facts if re.search(r"seconds|duration|time\b", fact)]


def limits_and_sign_off(b: Book) -> None:
    words = b.words("Cover")
    assert "No claim is made about health outcomes" in words
    for role in ("Analyst", "Assurer", "Approver"):
        [cell] = [row[0] for row in b.book["Cover"].iter_rows() if str(row[0].value).startswith(f"{role}:")]
        look = b.book["Cover"].cell(cell.row, 2)
        assert (look.style, look.value, look.protection.locked) == ("Input", None, False)


def properties(b: Book) -> None:
    facts = b.book.properties
    assert facts.title
    assert facts.subject.endswith("of budgetmodel")
    assert facts.creator == "budgetmodel"
    assert facts.language == "en-GB"
    assert facts.lastModifiedBy in (None, "", "budgetmodel")


def charts_described(b: Book) -> None:
    charts = [text for name, text in b.parts.items() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    drawings = "".join(text for name, text in b.parts.items() if name.startswith("xl/drawings/drawing"))
    described = re.findall(r'<xdr:cNvPr[^>]*descr="([^"]{20,})"', drawings)
    assert len(described) == len(charts) > 0
    for text in charts:
        assert "<c:title>" in text
        assert text.count("<c:title>") >= 2
        for sheet in re.findall(r"<c:f>'?([^'!<]+)'?!", text):
            assert sheet in b.book.sheetnames


def print_setup(b: Book) -> None:
    for sheet in b.book:
        if sheet.title == schema.LISTS:
            continue  # hidden: it is never printed
        way = "portrait" if sheet.title == "Decision" else "landscape"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == (way, 9)
        if sheet.title not in FREE_FORM:
            assert sheet.page_setup.fitToWidth in (1, None)
            assert sheet.print_title_rows


def nothing_to_repair(b: Book) -> None:
    names = [name for sheet in b.book for name in sheet.tables]
    assert len({name.casefold() for name in names}) == len(names)
    for sheet in b.book:
        links = sum(1 for row in sheet.iter_rows() for cell in row if cell.hyperlink)
        assert links <= 65_530
        for row in sheet.iter_rows():
            for cell in row:
                assert len(str(cell.value)) <= 32_767
    for name in b.book.defined_names:
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+", name)
    assert "_xlfn" not in "".join(text for name, text in b.parts.items() if name.startswith("xl/worksheets/"))
