"""Row and Year of a change: what they pick, what is refused, and the same in --set, packs and Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract import schema
from tests.support.builder import Book, two_places, with_years


def book_of_changes() -> Book:
    """Two places (South is also Southshire), two services, two years; a scenario of its own for each change."""
    book = with_years(two_places(), 2).set("Places", row=1, Also_known_as="Southshire")
    book.add("Services", Service="Cure", Tags="new")
    book.spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4)
    return book.rule("Floor", "change", "at least", -0.5, Each="place")


def changed(book: Book, tmp_path: Path, **cells: object) -> tuple[bm.Budget, list[tuple[str, str]]]:
    """The budget, and the cells that one more row of Changes changes with their new values."""
    book.change("Base", **cells)  # type: ignore[arg-type]  # a table and a change are among the cells
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    inputs, issues = budget.inputs_of("Base")
    assert inputs is not None, issues
    return budget, list(zip(inputs.ledger["cell"], inputs.ledger["new"], strict=True))


def test_row_and_year_pick_one_cell(tmp_path: Path) -> None:
    book = book_of_changes()
    source = book["Funding"][0]["Source"]
    _, made = changed(
        book, tmp_path, table="Funding", change="set", Row=source, Year="2026-27", Field="Amount", Value=7
    )
    assert made == [(f"Funding!{book.cell('Funding', 1, 'Amount')}", "7")]


def test_a_blank_year_is_every_year_and_where_may_repeat_what_row_says(tmp_path: Path) -> None:
    book = book_of_changes()
    source = book["Funding"][0]["Source"]
    where = {"Row": source.upper(), "Where": f"Source={source}"}
    _, made = changed(book, tmp_path, table="Funding", change="set", Field="Amount", Value=7, **where)
    assert [new for _, new in made] == ["7", "7"]


def test_row_knows_other_names_of_places_and_where_says_which_row(tmp_path: Path) -> None:
    book = book_of_changes()
    picks = {"Row": "Southshire", "Where": "Service=Cure"}
    _, made = changed(book, tmp_path, table="Baseline", change="set", Field="Amount", Value=5, **picks)
    assert made == [(f"Baseline!{book.cell('Baseline', 3, 'Amount')}", "5")]


REFUSED = [
    ({"Row": "South"}, "Row", "'South' is in 2 rows of 'Baseline', which differ in Service", "Service=Cure"),
    ({"Row": "Suoth"}, "Row", "no row of 'Baseline' has Place = Suoth", "'South'"),
    ({"Row": "South", "Year": "2026/27"}, "Year", "'Baseline' has no year", "Leave Year blank"),
    ({"Row": "South", "Where": "Place=North"}, "Row", "Place=North", "Say it once"),
]


def test_what_row_and_year_cannot_say_is_told_at_their_cells(tmp_path: Path) -> None:
    book = book_of_changes()
    for number, (cells, *_) in enumerate(REFUSED):
        book.add("Scenarios", Scenario=f"S{number}", Regime="Split")
        book.change(f"S{number}", "Baseline", "set", Field="Amount", Value=5, **cells)
    told = {issue.where: issue for issue in bm.check(book.save(tmp_path / "in.xlsx")) if issue.severity == "error"}
    assert len(told) == len(REFUSED)
    for number, (cells, column, found, fix) in enumerate(REFUSED):
        issue = told[f"Changes!{book.cell('Changes', number, column)}"]
        assert found in issue.found
        assert fix in issue.fix
        if "Where" in cells:  # both cells are named
            assert f"Changes!{book.cell('Changes', number, 'Where')}" in issue.found


def test_a_new_row_takes_its_name_and_year_from_row_and_year(tmp_path: Path) -> None:
    book = book_of_changes()
    book.add("Sources", Source="Grant").fund("Grant", [5])
    cells = {"Row": "Grant", "Year": "2026/27", "Field": "Amount", "Value": 40}
    budget, _ = changed(book, tmp_path, table="Funding", change="append", **cells)
    inputs, _ = budget.inputs_of("Base")
    assert inputs is not None
    assert inputs.funding[1].tolist() == [5.0, 40.0]


def test_set_packs_and_python_take_row_too(tmp_path: Path) -> None:
    book = book_of_changes()
    path = book.save(tmp_path / "in.xlsx")
    source = book["Funding"][0]["Source"]
    pack = tmp_path / "pack.csv"
    pack.write_text(
        f"Scenario,Regime,Table,Row,Year,Field,Change,Value\nP,Split,Funding,{source},2026/27,Amount,set,9\n"
    )
    budget = bm.read(path, packs=[pack])
    of_pack, _ = budget.inputs_of("P")
    in_python, _ = budget.changed("Funding", field="Amount", where={"Row": source}, to=8).inputs_of("Base")
    in_words, _ = bm.reading.with_changes(budget, [f"Funding.Amount[Row={source}; Year=2026/27] = 9"]).inputs_of("Base")
    assert of_pack is not None
    assert in_python is not None
    assert in_words is not None
    assert of_pack.funding[0].tolist() == in_words.funding[0].tolist() == [100.0, 9.0]
    assert in_python.funding[0].tolist() == [8.0, 8.0]


@pytest.mark.parametrize("name", schema.CHANGEABLE)
def test_every_table_has_a_column_that_row_names(name: str) -> None:
    sheet = schema.SHEET[name]
    assert sheet.row_column in sheet.columns
    assert sheet.row_column not in sheet.beside_row
