"""Scenarios asked by choosing from the drop-downs of Changes: each list follows its Table, and the check is clean."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

import budgetmodel as bm
from budgetmodel.contract import schema
from budgetmodel.excel.template.input_workbook import write_input
from tests.checks.test_faults import good_book

FIVE = [
    # table, row, year, field, change, value: as somebody would choose who has read nothing
    ("Funding", "Core", "2026/27", "Amount", "multiply", 0.97),
    ("Rules", "Floor", None, "Value", "set", -0.1),
    ("Years", "2026/27", None, "Weight", "set", 2),
    ("Target", "Young", None, "Weight", "set", 3),
    ("Places", "Bury", None, "Equity weight", "set", 1.2),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good book in the template's form, its rows of Changes taken out."""
    tables = {sheet: pd.DataFrame(rows) for sheet, rows in good_book().items() if rows and sheet != schema.CHANGES}
    return write_input(tables, tmp_path_factory.mktemp("lists") / "in.xlsx")


def column(page: Worksheet, heading: str) -> int:
    return next(cell.column for cell in page[4] if str(cell.value) == heading)


def offered(book: openpyxl.Workbook, heading: str, row: int) -> list[object]:
    """What the list of a cell of Changes offers: its rule with the Table of its row put in, as Excel would."""
    page = book[schema.CHANGES]
    cell = page.cell(row, column(page, heading))
    [rule] = [each for each in page.data_validations.dataValidation if cell.coordinate in each.sqref]
    if rule.formula1.startswith('"'):
        return list(rule.formula1.strip('"').split(","))
    source = rule.formula1
    made = re.search(r'INDIRECT\("(\w+_of_)"&SUBSTITUTE\(\$([A-Z]+)5," ","_"\)\)', source)
    if made is not None:
        name = made[1] + str(page[f"{made[2]}{row}"].value).replace(" ", "_")
        source = book.defined_names[name].attr_text
    sheet, _, area = source.lstrip("=").rpartition("!")
    left, top, _, bottom = range_boundaries(area.replace("$", ""))
    cells = (book[sheet.strip("'")].cell(at, left).value for at in range(top, bottom + 1))
    return [value for value in cells if value is not None]


def choose(book: openpyxl.Workbook, heading: str, row: int, value: object) -> None:
    assert value in offered(book, heading, row), f"{heading} does not offer {value}"
    page = book[schema.CHANGES]
    page.cell(row, column(page, heading), value)


def test_five_scenarios_typed_from_the_lists_run_at_the_first_check(path: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(path)
    page, scenarios = book[schema.CHANGES], book[schema.SCENARIOS]
    for number, (table, row_name, year, field, change, value) in enumerate(FIVE):
        at, name = 5 + number, f"Question {number + 1}"
        scenarios.cell(7 + number, column(scenarios, "Scenario"), name)
        scenarios.cell(7 + number, column(scenarios, "Based on"), "Pooled")
        choose(book, "Scenario", at, name)
        choose(book, "Table", at, table)
        choose(book, schema.ROW, at, row_name)
        if year is not None:
            choose(book, "Year", at, year)
        choose(book, "Field", at, field)
        choose(book, "Change", at, change)
        page.cell(at, column(page, "Value"), value)
    book.save(tmp_path / "asked.xlsx")
    budget = bm.read(tmp_path / "asked.xlsx")
    assert {issue.code for issue in budget.issues} == {"CHANGE_NO_REASON"}  # a warning: nobody was asked for one
    for number, (*_, value) in enumerate(FIVE):
        inputs, _ = budget.inputs_of(f"Question {number + 1}")
        assert inputs is not None
        assert len(inputs.ledger) == 1
        assert float(inputs.ledger["new"].iloc[0]) == pytest.approx(98.94 if number == 0 else value)


def test_the_lists_follow_renamed_members(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["Sources"]["A5"] = "Core allocation"
    page = book[schema.CHANGES]
    page.cell(5, column(page, "Table"), "Funding")
    assert offered(book, schema.ROW, 5) == ["Core allocation", "National", "Grant"]
    page.cell(5, column(page, "Table"), "Regime costs")
    assert "One-off cost" in offered(book, "Field", 5)


def test_every_table_has_its_two_lists_on_a_hidden_sheet(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    assert book[schema.LISTS].sheet_state == "hidden"
    names = {f"{kind}_of_{table.replace(' ', '_')}" for kind in ("Rows", "Fields") for table in schema.CHANGEABLE}
    assert names <= set(book.defined_names)
