"""The input workbook as it is written: tables come back, cells are checked as the contract says, bytes are fixed."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from budgetmodel import api
from budgetmodel.contract import schema
from budgetmodel.contract.issues import errors
from budgetmodel.contract.schema import SHEETS, Kind
from budgetmodel.examples import NAME
from budgetmodel.examples.__main__ import main
from budgetmodel.examples.greater_manchester import tables
from budgetmodel.excel.template.input_workbook import blank_tables, input_bytes, write_input
from budgetmodel.excel.template.layout import FIRST_ROW, HEADER_ROW, ROOM
from tests.support.builder import two_places

COMMITTED = Path(__file__).parents[3] / "inputs" / NAME


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return tables()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, frames: dict[str, pd.DataFrame]) -> Path:
    return write_input(frames, tmp_path_factory.mktemp("input") / "input.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def small() -> dict[str, pd.DataFrame]:
    """The tables of the smallest whole book, headings as the contract writes them."""
    result = {}
    for sheet, rows in two_places().items():
        frame = pd.DataFrame(rows)
        result[sheet] = frame.rename(columns={c.name: c.heading for c in schema.SHEET[sheet].columns})
    return result


def test_the_committed_example_is_made_from_its_tables(frames):
    assert COMMITTED.read_bytes() == input_bytes(frames), "run: python -m budgetmodel.examples inputs"


def test_the_example_reads_without_errors(path):
    assert not errors(api.check(path))


def test_sheets_stand_in_the_order_of_the_contract(book):
    assert book.sheetnames == [*schema.OWN_SHEETS, *(sheet.name for sheet in SHEETS), schema.LISTS]


@pytest.mark.parametrize("sheet", [sheet.name for sheet in SHEETS])
def test_every_cell_comes_back(book, frames, sheet):
    page, frame = book[sheet], frames[sheet]
    headings = [cell.value for cell in page[HEADER_ROW + 1]]
    assert set(frame.columns) <= set(headings)
    for name in frame.columns:
        column = headings.index(name) + 1
        found = [page.cell(FIRST_ROW + 1 + n, column).value for n in range(len(frame))]
        assert [None if value is None else str(value) for value in found] == [
            None if value is None else str(_as_written(value)) for value in frame[name]
        ]


def _as_written(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_sheet_looks_like_an_input(book, sheet):
    page = book[sheet.name]
    assert page["A1"].value == sheet.name
    assert page["A2"].value.startswith(sheet.purpose)
    assert page.freeze_panes.endswith(str(FIRST_ROW + 1))
    assert page.print_title_rows == f"${HEADER_ROW + 1}:${HEADER_ROW + 1}"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert list(page.tables) == [f"tbl{sheet.name}".replace(" ", "")]
    cell = page.cell(FIRST_ROW + 1, 1)
    assert cell.fill.fgColor.rgb == "FFFFF2CC"
    assert cell.font.color.rgb == "FF0000FF"
    assert not cell.protection.locked
    assert page["A3"].hyperlink.location == "'Cover'!A1"


def validation(book: openpyxl.Workbook, sheet: str, column: str):
    page = book[sheet]
    number = next(n for n, c in enumerate(page[HEADER_ROW + 1], start=1) if c.value.startswith(column))
    cell = page.cell(FIRST_ROW + 1, number).coordinate
    return next((rule for rule in page.data_validations.dataValidation if cell in rule.sqref), None)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_columns_are_checked_as_they_are_declared(book, sheet):
    for column in sheet.columns:
        rule = validation(book, sheet.name, column.name)
        if column.kind in (Kind.MEMBER, Kind.CHOICE):
            assert rule.type == "list", column.name
        elif column.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT):
            assert rule.type == ("custom" if column.choices or column.above is not None else "decimal"), column.name
        if rule is not None and rule.showErrorMessage:
            assert rule.error, column.name
            assert rule.errorStyle in (None, "stop")


def test_lists_name_the_members_of_their_sheet(book, frames):
    rule = validation(book, "Baseline", "Place")
    assert rule.formula1 == f"'Places'!$A$5:$A${4 + len(frames['Places']) + ROOM}"
    assert validation(book, "Funding", "Year").formula1 == f"'Years'!$A$5:$A${4 + len(frames['Years']) + ROOM}"


def test_codes_and_years_are_text_and_percentages_look_like_it(book):
    assert book["Years"]["A5"].number_format == "@"
    assert book["Places"]["C5"].number_format == "@"
    assert "%" in book["Contracts"]["E5"].number_format
    rules = book["Rules"]
    value, measure = (next(c.column for c in rules[5 - 1] if c.value == name) for name in ("Value", "Measure"))
    for row in range(5, rules.max_row + 1):
        percent = rules.cell(row, measure).value not in ("amount", "per head")
        assert ("%" in rules.cell(row, value).number_format) == percent


def test_equal_tables_give_equal_bytes(frames):
    assert input_bytes(frames) == input_bytes(frames)


def test_a_small_book_reads_and_solves(tmp_path):
    path = write_input(small(), tmp_path / "new" / "small.xlsx")
    assert not errors(api.check(path))
    assert api.solve(api.read(path), "Base").metric("index") == pytest.approx(0, abs=1e-6)


def test_no_tables_at_all_give_an_empty_template(tmp_path):
    path = write_input({}, tmp_path / "empty.xlsx")
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book["Baseline"][5 - 1]] == [c.heading for c in schema.SHEET["Baseline"].columns]
    assert book["Changes"].tables["tblChanges"].ref == f"A4:M{4 + ROOM}"


def test_names_that_look_like_formulas_stay_text(tmp_path):
    samples = ["=1+1", "{=1}", "+1", "-1", "@x", "http://example.org", "internal:About!A1"]
    made = small()
    made["Services"] = pd.concat([made["Services"]] * len(samples), ignore_index=True)
    made["Services"]["Notes"] = samples
    page = openpyxl.load_workbook(write_input(made, tmp_path / "hostile.xlsx"))["Services"]
    column = next(cell.column for cell in page[5 - 1] if cell.value == "Notes")
    cells = [page.cell(5 + n, column) for n in range(len(samples))]
    assert [cell.value for cell in cells] == samples
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)


def test_extra_columns_are_kept(tmp_path):
    made = small()
    made["Places"]["Our own note"] = ["x", "y"]
    page = openpyxl.load_workbook(write_input(made, tmp_path / "extra.xlsx"))["Places"]
    assert [cell.value for cell in page[5 - 1]][-1] == "Our own note"


def test_the_unit_of_a_heading_is_kept(tmp_path):
    made = small()
    made["Funding"] = made["Funding"].rename(columns={"Amount (£m)": "Amount (£k)"})
    page = openpyxl.load_workbook(write_input(made, tmp_path / "thousands.xlsx"))["Funding"]
    assert page["C4"].value == "Amount (£k)"


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(tmp_path, value):
    made = small()
    made["Funding"]["Amount (£m)"] = [value]
    with pytest.raises(ValueError, match="not a number"):
        write_input(made, tmp_path / "bad.xlsx")
    assert not list(tmp_path.iterdir())


def test_an_unknown_sheet_is_refused():
    with pytest.raises(ValueError, match="Basline"):
        input_bytes({"Basline": pd.DataFrame()})


def test_the_module_writes_the_example(tmp_path, capsys):
    assert main([str(tmp_path / "here")]) == 0
    assert (tmp_path / "here" / NAME).exists()
    assert main([]) == 2
    (tmp_path / "file").write_bytes(b"")
    assert main([str(tmp_path / "file")]) == 5
    assert "not a folder" in capsys.readouterr().err


def test_what_a_blank_workbook_says_has_room(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_input(blank_tables(), tmp_path / "blank.xlsx"), data_only=True)
    title = "Greater Manchester: £6bn for health and care"
    assert book["About"].column_dimensions["B"].width >= len(title)
    for sheet, column in (("Funding", "D"), ("Baseline", "E")):
        words = book[sheet][f"{column}3"].value
        assert words.startswith("First year's funding less Baseline")
        assert book[sheet].column_dimensions[column].width >= 0.95 * len(words)
