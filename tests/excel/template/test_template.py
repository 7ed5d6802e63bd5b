"""The template as it is handed out: what may be typed, what is said, what is counted, and what comes back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.checks.cells import LARGEST, parse
from budgetmodel.cli import app
from budgetmodel.contract import schema
from budgetmodel.contract.measures import MEASURES
from budgetmodel.contract.schema import OWN_SHEETS, SHEETS, Column, Kind
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.excel.template.guide import HEADINGS, SETTINGS, guide_lines
from budgetmodel.excel.template.input_workbook import blank_tables, input_bytes, write_input
from budgetmodel.excel.template.layout import FIRST_ROW, HEADER_ROW, LAST_ROW, LINK_ROW, ROOM, fields_of
from budgetmodel.excel.template.validation import LIST_LIMIT, NUMERIC, TITLE_LIMIT, note_of, rule_of
from tests.checks.test_faults import good_book
from tests.report.samples import SOFFICE, recalculated

COMMITTED = Path(__file__).parents[3] / "inputs" / "greater_manchester.xlsx"
needs_soffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
BLANK = {sheet.name: fields_of(sheet, blank_tables().get(sheet.name)) for sheet in SHEETS}


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_input(blank_tables(), tmp_path_factory.mktemp("template") / "blank.xlsx")


@pytest.fixture(scope="module")
def book(blank: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(blank)


# ---- what may be typed is what the checks accept ------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """Something typed into the first row of a column; `beside` are other cells of the sheet."""

    sheet: str
    number: int
    value: object
    beside: tuple[tuple[str, object], ...] = ()

    @property
    def column(self) -> Column:
        return schema.SHEET[self.sheet].columns[self.number]

    @property
    def rule(self) -> dict[str, object]:
        return rule_of(schema.SHEET[self.sheet], self.number, BLANK)

    def __str__(self) -> str:
        return f"{self.sheet}.{self.column.name}={self.value}"


def candidates(column: Column) -> list[object]:
    """Values at, just inside and just outside of everything that a column declares."""
    if column.kind in NUMERIC:
        bounds = [b for b in (column.low, column.above, column.high, LARGEST) if b is not None]
        near = [b + step * max(abs(b), 1.0) for b in bounds for step in (-1e-6, 0.0, 1e-6)]
        return [*near, -LARGEST, -LARGEST * 1.001, 0, 0.5, *column.choices, *(f"{c}x" for c in column.choices), "x"]
    if column.kind is Kind.CHOICE:
        return [*column.choices, "x", column.choices[0] + "x", " ".join(column.choices)]
    if column.kind is Kind.YEAR and not column.refers:
        good = ["2025/26", "1999/00", "2099/00", "0999/00"]
        return [*good, "2025/27", "2025/25", "2025-26", "25/26", "2025/2026", "2025", "1e03/01", "abcd/ef", "2025/2a"]
    if column.kind is Kind.NAME:
        spaced = [" ALL "] if column.name in schema.SELECTED_NAMES else []  # elsewhere a repair, as of any name
        return ["Bury", "Wigan, west", "a;b", "a|b", "a=b", "all", "All", *spaced, "not all", "*", "7"]
    return []


TYPED = [
    Typed(sheet.name, number, value)
    for sheet in SHEETS
    for number, column in enumerate(sheet.columns)
    for value in candidates(column)
]
CUSTOM = [typed for typed in TYPED if typed.rule["validate"] == "custom"]


def accepted(typed: Typed) -> bool:
    """Whether the checks take the value as it stands, without a word."""
    return parse(typed.value, typed.column)[1] is None


def allowed(typed: Typed) -> bool:
    """Whether Excel lets a value be typed under a rule that is no formula."""
    rule = typed.rule
    if rule["validate"] == "list":
        return typed.value in rule["source"]  # type: ignore[operator]  # our inline lists are lists
    assert (rule["validate"], rule["criteria"]) == ("decimal", "between")
    if isinstance(typed.value, str):
        return False
    return rule["minimum"] <= typed.value <= rule["maximum"]  # type: ignore[operator]


@pytest.mark.parametrize("typed", [t for t in TYPED if t.rule["validate"] != "custom"], ids=str)
def test_what_may_be_typed_is_what_is_accepted(typed):
    assert allowed(typed) == accepted(typed)


def evaluated(cases: list[Typed], folder: Path) -> list[bool]:
    """What LibreOffice makes of the formula of each rule, its value typed into the first row; an error refuses."""
    book = openpyxl.Workbook()
    book.active.title = "Needs"
    book["Needs"]["A5"] = "Population"
    for n, typed in enumerate(cases):
        page = book.create_sheet(f"S{n}")
        cell = page.cell(FIRST_ROW + 1, typed.number + 1, typed.value)
        cell.data_type = "s" if isinstance(typed.value, str) else "n"
        for where, value in typed.beside:
            page[where] = value
        page["AZ1"] = str(typed.rule["value"])
    path = folder / "rules.xlsx"
    book.save(path)
    [done] = recalculated([path], folder)
    result = openpyxl.load_workbook(done, data_only=True)
    return [result[f"S{n}"]["AZ1"].value is True for n in range(len(cases))]


@needs_soffice
def test_what_a_formula_lets_be_typed_is_what_is_accepted(tmp_path):
    assert {t.column.kind for t in CUSTOM} == {Kind.NAME, Kind.YEAR, Kind.NUMBER, Kind.PERCENT}
    said = evaluated(CUSTOM, tmp_path)
    assert [str(t) for t, yes in zip(CUSTOM, said, strict=True) if yes != accepted(t)] == []


@needs_soffice
def test_keys_stand_once_and_need_measures_are_known(tmp_path):
    def at(sheet: str, column: str, value: object, *beside: tuple[str, object]) -> Typed:
        names = [c.name for c in schema.SHEET[sheet].columns]
        return Typed(sheet, names.index(column), value, beside)

    cases = {
        at("Places", "Place", "Bury", ("A6", "Bolton")): True,
        at("Places", "Place", "Bury", ("A9", "BURY")): False,
        at("Places", "Place", "B*", ("A9", "Bury")): True,  # a star is no pattern
        at("Years", "Year", "2025/26", ("A6", "2026/27")): True,
        at("Years", "Year", "2025/26", ("A6", "2025/26")): False,
        at("Regimes", "Regime", "Pooled", ("A6", "Pooled")): True,  # a regime has several rows
        at("Target", "Need measure", "Population"): True,
        at("Target", "Need measure", "Populatoin"): False,
        at("Services", "Place key", "baseline"): True,
        at("Services", "Place key", "population"): True,
        at("Services", "Place key", "basline"): False,
    }
    said = dict(zip(map(str, cases), evaluated(list(cases), tmp_path), strict=True))
    assert said == {str(typed): wanted for typed, wanted in cases.items()}


def test_every_bounded_column_is_tried_on_both_sides():
    for sheet in SHEETS:
        for number, column in enumerate(sheet.columns):
            if column.kind in NUMERIC or column.kind is Kind.CHOICE:
                tried = {accepted(t) for t in TYPED if (t.sheet, t.number) == (sheet.name, number)}
                assert tried == {True, False}, (sheet.name, column.name)


def test_numbers_of_rules_are_numbers():
    number = [c.name for c in schema.SHEET["Rules"].columns].index("Value")
    assert rule_of(schema.SHEET["Rules"], number, BLANK)["validate"] == "decimal"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_column_says_what_it_wants_and_no_word_is_cut(sheet):
    for number, column in enumerate(sheet.columns):
        rule = rule_of(sheet, number, BLANK)
        assert 0 < len(note_of(column)) <= LIST_LIMIT, column.name
        assert len(column.name) <= TITLE_LIMIT
        assert len(str(rule.get("fix", ""))) <= LIST_LIMIT, column.name
        assert len(str(rule.get("value", ""))) <= LIST_LIMIT, column.name
        if rule.get("fix"):
            assert re.match(r"(Type|Choose) ", str(rule["fix"])), column.name
        elif rule:
            assert rule["validate"] == "list"  # offers members, refuses nothing: a selector may be written
    assert all(len(f"{words} Example: {example}") <= LIST_LIMIT for words, example in SETTINGS.values())


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_file_carries_one_rule_for_every_input_cell(book, sheet):
    page = book[sheet.name]
    rules = page.data_validations.dataValidation
    for number in range(1, len(sheet.columns) + 1):
        cell = page.cell(FIRST_ROW + 1, number).coordinate
        [rule] = [rule for rule in rules if cell in rule.sqref]
        assert rule.prompt
        assert rule.promptTitle
        stops = rule.type in ("decimal", "custom") or (rule.type == "list" and rule.showErrorMessage)
        assert bool(rule.error) == stops
        if sheet.name != "About":
            assert page.cell(LAST_ROW, number).coordinate in rule.sqref


def test_lists_follow_the_names_with_room_to_grow(book):
    rules = {r.formula1 for s in SHEETS for r in book[s.name].data_validations.dataValidation if r.type == "list"}
    ranges = {rule for rule in rules if "!" in rule}
    naming = ("Years", "Places", "Services", "Providers", "Sources", "Regimes", "Target", "Scenarios")
    assert ranges == {f"'{sheet}'!$A$5:$A${FIRST_ROW + ROOM}" for sheet in naming}
    for rule in rules - ranges:
        assert len(rule) <= LIST_LIMIT


# ---- the look of it -----------------------------------------------------------------------------------


def test_cover_and_guide_come_first_and_are_not_read(blank, book):
    assert book.sheetnames[:2] == list(OWN_SHEETS)
    assert book.active.title == "Cover"
    assert {i.code for i in bm.check(blank)} == {"NO_ROWS"}
    assert {i.sheet for i in bm.check(blank)} == {s.name for s in SHEETS if s.rows_needed}
    assert bm.check(COMMITTED) == []


def test_every_sheet_is_linked_from_the_cover_and_back(book):
    links = {cell.value: cell.hyperlink.location for row in book["Cover"] for cell in row if cell.hyperlink}
    for name in (*(sheet.name for sheet in SHEETS), "Guide"):
        assert links.get(name) == f"'{name}'!A1"
        assert book[name].cell(LINK_ROW + 1, 1).hyperlink.location == "'Cover'!A1"


def test_the_guide_tells_of_every_sheet_column_setting_and_measure(book):
    page = book["Guide"]
    rows = [tuple(cell.value or "" for cell in row) for row in page.iter_rows(min_row=HEADER_ROW + 2)]
    assert rows == [line.cells for line in guide_lines()]
    assert tuple(cell.value for cell in page[HEADER_ROW + 1]) == HEADINGS
    told = {row[:2] for row in rows}
    for sheet in SHEETS:
        assert {(sheet.name, column.name) for column in sheet.columns} <= told
    assert {("About", f"Setting: {name}") for name in schema.SETTINGS} <= told
    assert {("Rules", f"Measure: {measure.name}") for measure in MEASURES} <= told
    assert set(SETTINGS) == set(schema.SETTINGS)
    for row in rows:
        assert row[2], row


def test_the_guide_says_what_a_blank_counts_as(book):
    rows = {(r[0].value, r[1].value): r for r in book["Guide"].iter_rows(min_row=HEADER_ROW + 2)}
    blank_means = HEADINGS.index("If blank")
    assert rows["Target", "Keep at most"][blank_means].value == "counts as 105%"
    assert rows["Years", "Weight"][blank_means].value == "counts as 1"
    assert rows["Baseline", "Amount"][blank_means].value == "an error"
    assert rows["Rules", "Places"][blank_means].value == "all"


def test_inputs_are_free_headings_and_totals_are_not(book):
    for page in book:
        assert page.protection.sheet
        assert not page.protection.password
        assert not page.protection.autoFilter  # openpyxl: False = not forbidden
        assert not page.protection.sort
        assert not page.protection.insertRows
    for sheet in SHEETS:
        page = book[sheet.name]
        assert not page.cell(FIRST_ROW + 1, 1).protection.locked
        assert page["A1"].protection.locked
        money = [
            c.column for c in page[HEADER_ROW + 1] if c.value and c.value.startswith(("Amount (", "One-off cost ("))
        ]
        for cell in page[HEADER_ROW + 1][: len(sheet.columns)]:
            assert cell.protection.locked == (cell.column not in money)  # About may change the unit of money
        assert not page.column_dimensions["A"].protection.locked  # rows below those that are drawn
    assert book["Funding"]["C3"].protection.locked


def test_inputs_carry_a_named_style(blank):
    with zipfile.ZipFile(blank) as archive:
        styles = archive.read("xl/styles.xml").decode()
        core = archive.read("docProps/core.xml").decode()
    named = dict(re.findall(r'<cellStyle name="([^"]+)" xfId="(\d+)"', styles))
    assert named == {"Normal": "0", "Input": "1", "Calculation": "2"}
    assert "<dc:language>en-GB</dc:language>" in core
    assert re.findall(r"<dc:creator>(.*?)</dc:creator>", core) == ["budgetmodel"]
    page = openpyxl.load_workbook(blank)
    assert page["Baseline"]["D5"].style == "Input"
    assert page["Baseline"]["D3"].style == "Calculation"
    assert page["Baseline"]["A4"].style == "Normal"


@pytest.mark.parametrize("path", ["blank", "example"])
def test_bytes_are_fixed_and_the_file_is_whole(blank, path):
    content = input_bytes(blank_tables()) if path == "blank" else COMMITTED.read_bytes()
    if path == "blank":
        assert content == blank.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_percentages_and_codes_keep_what_is_typed(book):
    style = {
        (s.name, c.name): book[s.name].cell(5, n).number_format for s in SHEETS for n, c in enumerate(s.columns, 1)
    }
    assert style["Places", "Code"] == style["Years", "Year"] == style["About", "Value"] == "@"
    assert "%" in style["Contracts", "Fee"]
    assert style["Rules", "Value"] == style["Changes", "Value"] == "General"  # 5 must not become 5%


# ---- filled in by hand --------------------------------------------------------------------------------


def filled(blank: Path, path: Path) -> Path:
    """The template with the good book typed into it, heading by heading, as a person does."""
    source = openpyxl.load_workbook(good_book().save(path.with_name("good.xlsx")))
    target = openpyxl.load_workbook(blank)
    for sheet in SHEETS:
        if sheet.name == "About" or sheet.name not in source.sheetnames:
            continue
        cells = {str(c.value).partition(" (")[0]: c.column for c in source[sheet.name][HEADER_ROW + 1] if c.value}
        page = target[sheet.name]
        for heading in page[HEADER_ROW + 1]:
            column = cells.get(str(heading.value).partition(" (")[0])
            if column is not None:
                for row in range(FIRST_ROW + 1, source[sheet.name].max_row + 1):
                    page.cell(row, heading.column).value = source[sheet.name].cell(row, column).value
    for row in target["About"].iter_rows(min_row=FIRST_ROW + 1):
        if row[0].value == "System":
            row[1].value = "Three places"
    target.save(path)
    return path


@pytest.fixture(scope="module")
def typed_in(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(blank, tmp_path_factory.mktemp("filled") / "filled.xlsx")


def test_what_is_typed_in_comes_back(typed_in):
    wanted = read_workbook(typed_in.with_name("good.xlsx"))
    found = read_workbook(typed_in)
    assert found.issues == ()
    for sheet in SHEETS:
        if sheet.name in wanted.tables and sheet.name != "About":
            for column in sheet.columns:
                values = (tables[sheet.name].column(column.name) for tables in (found.tables, wanted.tables))
                assert next(values) == next(values), (sheet.name, column.name)
    frame = bm.diff(typed_in.with_name("good.xlsx"), typed_in)
    assert set(frame["sheet"]) <= {"About"}
    assert bm.check(typed_in) == []
    assert bm.read(typed_in).settings["System"] == "Three places"


@pytest.fixture(scope="module")
def opened(typed_in: Path, blank: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, openpyxl.Workbook]:
    """The filled, the blank and the worked example as LibreOffice saves them, every formula computed anew."""
    files = [typed_in, blank, COMMITTED]
    done = recalculated(files, tmp_path_factory.mktemp("opened"))
    return {a.stem: openpyxl.load_workbook(b, data_only=True) for a, b in zip(files, done, strict=True)}


@needs_soffice
def test_live_totals_follow_what_is_typed(opened):
    book = opened["filled"]
    cover = {row[0].value: row for row in book["Cover"].iter_rows() if row[0].value}
    # good_book: needs 2 + 4 + 3 = 9, spent at 9 + 2 + 1 = 12 each: 108
    assert book["Baseline"]["D3"].value == pytest.approx(108)
    assert cover["Year before"][2].value == pytest.approx(108)
    # sources: 100 + 10 + 5 = 115, then 102 + 10 + 5 = 117
    assert book["Funding"]["C3"].value == pytest.approx(232)
    assert (cover["2025/26"][2].value, cover["2026/27"][2].value) == (pytest.approx(115), pytest.approx(117))
    assert cover["2025/26"][3].value == pytest.approx(115 / 108 - 1)
    assert cover["2026/27"][3].value == pytest.approx(117 / 115 - 1)
    assert cover["Difference"][2].value == pytest.approx(7)
    assert book["Funding"]["D3"].value == book["Baseline"]["E3"].value == "First year's funding less Baseline: 7.0"
    assert book["Target"]["D3"].value == pytest.approx(4)
    assert cover["System"][1].value == "Three places"
    assert (cover["Baseline"][3].value, cover["Places"][3].value, cover["Changes"][3].value) == (9, 3, 1)


@needs_soffice
@pytest.mark.parametrize("name", ["blank", "greater_manchester"])
def test_totals_are_stored_as_they_calculate(opened, blank, name):
    path = blank if name == "blank" else COMMITTED
    formulas, stored = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    count = 0
    for page in formulas:
        for row in page.iter_rows(max_row=60):
            for cell in row:
                if cell.data_type != "f":
                    continue
                count += 1
                was, now = (b[page.title][cell.coordinate].value for b in (stored, opened[name]))
                assert (now or 0) == (pytest.approx(was) if isinstance(was, float) else (was or 0)), cell
    assert count > 60


@needs_soffice
def test_no_cell_shows_an_error(opened):
    for book in opened.values():
        assert not [c for page in book for row in page.iter_rows() for c in row if str(c.value).startswith("#")]


@needs_soffice
def test_lists_still_point_at_their_sheets_after_libreoffice(opened):
    rules = [r for r in opened["filled"]["Baseline"].data_validations.dataValidation if r.type == "list"]
    assert any("Places" in r.formula1 for r in rules)


# ---- the command --------------------------------------------------------------------------------------


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, bm.FileTrouble):
        return done.exception.exit_code, str(done.exception)
    return done.exit_code, done.stdout


def test_the_command_writes_the_blank_and_the_example(tmp_path, blank):
    assert run("template", tmp_path / "mine.xlsx")[0] == 0
    assert (tmp_path / "mine.xlsx").read_bytes() == blank.read_bytes()
    code, out = run("template", tmp_path / "new" / "gm.xlsx", "--example", "--json")
    assert (code, json.loads(out)) == (0, {"files": [str(tmp_path / "new" / "gm.xlsx")]})
    assert (tmp_path / "new" / "gm.xlsx").read_bytes() == COMMITTED.read_bytes()


def test_the_command_never_overwrites(tmp_path):
    there = tmp_path / "there.xlsx"
    there.write_text("mine")
    code, out = run("template", there)
    assert (code, there.read_text()) == (5, "mine")
    assert "exists already" in out
    assert out.count("\n") == 0
    assert run("template", tmp_path / "there.xls")[0] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["there.xlsx"]


def test_a_blank_template_is_told_what_to_fill(tmp_path):
    run("template", tmp_path / "mine.xlsx")
    code, out = run("check", tmp_path / "mine.xlsx")
    assert code == 3
    assert "Places: the sheet has no rows" in out
    assert "12 errors" in out


def test_a_table_has_room_for_more_rows(book):
    for sheet in SHEETS:
        [table] = book[sheet.name].tables.values()
        first, last = table.ref.split(":")
        assert (first, int(re.sub(r"\D", "", last))) == (
            "A4",
            FIRST_ROW + ROOM + (len(schema.SETTINGS) if sheet.name == "About" else 0),
        )
        assert column_index_from_string(re.sub(r"\d", "", last)) == len(sheet.columns)
