"""Two input workbooks side by side: what changed is listed by its key, and what means the same is not."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.contract.schema import SHEETS
from budgetmodel.scenarios.difference import COLUMNS, ORDER, SHOWN, WIDTH
from tests.checks.test_faults import good_book
from tests.support.builder import Book


def changes(folder: Path, old: Book, new: Book) -> list[dict[str, object]]:
    frame = bm.diff(old.save(folder / "old.xlsx"), new.save(folder / "new.xlsx"))
    assert list(frame.columns) == list(COLUMNS)
    return frame.to_dict("records")


def edited(folder: Path, sheet: str, cell: str, value: object, name: str = "edited.xlsx") -> tuple[Path, Path]:
    """The good book, and a copy with one cell typed over."""
    old = good_book().save(folder / "good.xlsx")
    book = openpyxl.load_workbook(old)
    book[sheet][cell].value = value
    book.save(folder / name)
    return old, folder / name


def test_every_sheet_says_what_names_its_rows():
    assert all(sheet.identity for sheet in SHEETS)
    assert all(sheet.column(name) for sheet in SHEETS for name in sheet.identity)


def test_a_workbook_does_not_differ_from_itself(tmp_path):
    assert changes(tmp_path, good_book(), good_book()) == []


@pytest.mark.parametrize("sheet", [s.name for s in SHEETS if not s.ordered and s.name != "Years"])
def test_the_order_of_rows_does_not_count(tmp_path, sheet):
    book = good_book()
    book[sheet] = list(reversed(book[sheet]))
    assert changes(tmp_path, good_book(), book) == []


def test_a_changed_figure_is_found_with_both_cells(tmp_path):
    old, new = good_book(), good_book()
    new["Baseline"] = [new["Baseline"][-1], *new["Baseline"][:-1]]  # every row one lower
    new["Baseline"][1]["Amount"] = 20
    [found] = changes(tmp_path, old, new)
    assert found == {
        "sheet": "Baseline",
        "kind": "changed",
        "key": "Bury, Hospital, Royal Trust",
        "column": "Amount",
        "old_cell": old.cell("Baseline", row=0, column="Amount"),
        "new_cell": new.cell("Baseline", row=1, column="Amount"),
        "old": 18.0,  # 9 x 2, of good_book
        "new": 20.0,
    }


def test_added_and_removed_rows_are_named_by_their_key(tmp_path):
    new = good_book()
    gone = new["Funding"].pop(0)
    new.add("Years", Year="2027/28", Weight=1)
    found = changes(tmp_path, good_book(), new)
    assert [(c["sheet"], c["kind"], c["key"]) for c in found] == [
        ("Years", "added", "2027/28"),
        ("Funding", "removed", f"{gone['Source']}, {gone['Year']}"),
    ]
    added, removed = found
    assert (added["old_cell"], added["new_cell"], added["old"]) == ("", new.cell("Years", 2, "Year"), None)
    assert (removed["old_cell"], removed["new_cell"], removed["new"]) == (
        good_book().cell("Funding", 0, "Source"), "", None,
    )  # fmt: skip
    assert "Amount = 100" in str(removed["old"])


@pytest.mark.parametrize("unit", ["£k", "£"])
def test_another_unit_of_money_is_one_change_of_a_setting(tmp_path, unit):
    old = good_book().save(tmp_path / "m.xlsx")
    new = good_book().save(tmp_path / "k.xlsx", money_unit=unit)
    found = bm.diff(old, new).to_dict("records")
    assert {(c["sheet"], c["key"]) for c in found if c["sheet"] == "About"} == {("About", "Money unit")}
    assert [c for c in found if c["sheet"] in ("Funding", "Baseline")] == []


SAME = [
    ("Contracts", "Fee", 0.02, "2%"),
    ("Funding", "Amount", 1200, "1,200"),
    ("Rules", "Value", 0.05, "5%"),
    ("Years", "Weight", 1, None),
    ("Target", "Keep at least", None, 0.99),
    ("Baseline", "Place", "Wigan", "WIGAN, west "),
    ("Sources", "Lawful services", "all; not CAR-T", "not car-t ;  ALL"),
    ("Rules", "Places", "all", None),
    ("Years", "Year", "2025/26", "2025-26"),
    ("Provision", "Providers", "Royal Trust; Helping Hands", "Helping Hands; Royal Trust"),
]


@pytest.mark.parametrize("sheet, column, old, new", SAME)
def test_what_means_the_same_is_no_difference(tmp_path, sheet, column, old, new):
    books = [good_book(), good_book()]
    for book, value in zip(books, (old, new), strict=True):
        book[sheet][0][column] = value
    assert changes(tmp_path, *books) == []


OTHER = [
    ("Contracts", "Fee", 0.02, 2e-4),
    ("Places", "Code", "01", "1"),
    ("Rules", "Value", 0.05, 5),
    ("Years", "Weight", 2, None),
    ("Target", "Keep at most", "none", None),
    ("Sources", "Lawful services", "all; not CAR-T", "all"),
    ("Services", "Notes", "old", "Old"),
]


@pytest.mark.parametrize("sheet, column, old, new", OTHER)
def test_what_means_something_else_is_one_change(tmp_path, sheet, column, old, new):
    books = [good_book(), good_book()]
    for book, value in zip(books, (old, new), strict=True):
        book[sheet][0][column] = value
    [found] = changes(tmp_path, *books)
    assert (found["sheet"], found["kind"], found["column"]) == (sheet, "changed", column)


def test_rows_that_need_no_key_are_paired_by_what_they_select(tmp_path):
    new = good_book()
    new["Contracts"][1]["Days to pay"] = 99
    [found] = changes(tmp_path, good_book(), new)
    assert (found["key"], found["column"], found["new"]) == ("Pooled, Hospital, Royal Trust", "Days to pay", 99.0)


def test_doubled_rows_are_paired_one_by_one(tmp_path):
    old, new = good_book(), good_book()
    for book in (old, new):
        book["Contracts"].append(dict(book["Contracts"][-1]))
    new["Contracts"][-1]["Fee"] = 0.5
    [found] = changes(tmp_path, old, new)
    assert (found["column"], found["new"]) == ("Fee", 0.5)


def test_the_order_of_contracts_counts(tmp_path):
    new = good_book()
    rows = new["Contracts"]
    rows[1], rows[2] = rows[2], rows[1]  # now the general row wins
    [found] = changes(tmp_path, good_book(), new)
    assert (found["sheet"], found["column"]) == ("Contracts", ORDER)
    assert found["old"] == "Pooled, Hospital, Royal Trust"
    assert found["new"] == "Pooled, all, all"


def test_settings_and_own_columns_are_compared(tmp_path):
    old, new = edited(tmp_path, "Places", "M4", "Our column")
    header = openpyxl.load_workbook(old)["Places"]
    assert header["A4"].value == "Place"
    book = openpyxl.load_workbook(new)
    book["Places"]["M5"].value = "x"
    titles = [cell for cell in book["About"]["A"] if cell.value == "Title"]
    book["About"].cell(titles[0].row, 2).value = "Another title"
    book.save(new)
    found = bm.diff(old, new).to_dict("records")
    assert [(c["sheet"], c["key"], c["column"], c["old_cell"], c["new"]) for c in found] == [
        ("About", "Title", "Value", f"B{titles[0].row}", "Another title"),
        ("Places", "Bury", "Our column", "", "x"),
    ]


@pytest.mark.parametrize("value", ["lots", "#REF!", "n/a", True, None])
def test_workbooks_with_problems_are_compared_as_far_as_they_read(tmp_path, value):
    column = good_book().cell("Baseline", row=0, column="Amount")
    old, new = edited(tmp_path, "Baseline", column, value)
    assert bm.check(new)
    [found] = bm.diff(old, new).to_dict("records")
    assert (found["old_cell"], found["old"]) == (column, 18.0)
    assert found["new"] == (None if value is None else str(value).upper() if value is True else value)


def test_a_missing_sheet_is_rows_removed(tmp_path):
    new = good_book()
    rows = len(new["Provision"])
    del new["Provision"]
    assert [c["kind"] for c in changes(tmp_path, good_book(), new)] == ["removed"] * rows


# ---- the command ---------------------------------------------------------------------------------------


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout


def test_the_command_prints_a_list_that_fits_a_console(tmp_path):
    new = good_book()
    for row in new["Baseline"]:
        row["Amount"] *= 1.5
    new["Contracts"][0]["Fee"] = 0.025
    for n in range(60):
        new.add("Services", Service=f"A service with quite a long name and a number, {n}")
    files = good_book().save(tmp_path / "old.xlsx"), new.save(tmp_path / "new.xlsx")
    code, out = run("diff", *files)
    lines = out.splitlines()
    assert code == 0
    assert len(lines) == SHOWN + 1
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == "old.xlsx -> new.xlsx: 10 changed, 60 added, 0 removed."
    assert lines[-2].startswith("... and ")
    assert run("diff", files[0], files[0]) == (0, "old.xlsx and old.xlsx: no difference.\n")


def test_the_command_writes_figures_as_people_do(tmp_path):
    new = good_book()
    new["Contracts"][0]["Fee"] = 0.025
    new["Funding"][0]["Amount"] = 101.5
    new["Rules"].pop()
    code, out = run("diff", good_book().save(tmp_path / "old.xlsx"), new.save(tmp_path / "new.xlsx"))
    assert code == 0
    assert "Core, 2025/26, Amount: £100m -> £101.5m" in out
    assert "Fee: 0% -> 2.5%" in out
    assert "- Rules!" in out


def test_json_is_one_object_and_blank_is_null(tmp_path):
    new = good_book()
    new["Services"][0]["Notes"] = "new"
    code, out = run("diff", good_book().save(tmp_path / "old.xlsx"), new.save(tmp_path / "new.xlsx"), "--json")
    said = json.loads(out)
    assert code == 0
    assert list(said) == ["changes"]
    [change] = said["changes"]
    assert list(change) == list(COLUMNS)
    assert (change["old"], change["new"], change["key"]) == (None, "new", "Hospital")


def test_a_file_that_is_no_workbook_is_an_input_problem(tmp_path):
    (tmp_path / "no.xlsx").write_text("no")
    good = good_book().save(tmp_path / "good.xlsx")
    assert run("diff", good, tmp_path / "no.xlsx")[0] == 3
    with pytest.raises(bm.FileTrouble):
        bm.diff(good, tmp_path / "missing.xlsx")
