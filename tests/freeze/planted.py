"""What `check` says of every fault that the tests plant, and what a refused run leaves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import openpyxl

from tests.checks import test_columns, test_faults, test_organisations, test_rows
from tests.checks.test_faults import Fault, good_book
from tests.freeze.desk import Desk
from tests.support.builder import SHEETS, Book, plain

LISTS = ("every", "planted", "organisations", "here")
"""The lists of planted faults, by name."""

OF_FIGURES = ("source", "source of figure", "status")
"""Columns that say where figures are from; the good book leaves many blank, and they are filled in."""

GIVEN = {"Status": "illustrative", "Engagement question": "1"}
"""What stands in columns that a good book leaves out; "the test" in any other."""


def everything_said() -> tuple[Book, dict[str, dict[str, object]]]:
    """The good book with terms of organisations, and values for the columns that it leaves out."""
    book = test_organisations.with_terms(good_book())
    book.change("Pooled", "Funding", "add", Where="Source=Grant; Year=2026/27", Field="Amount", Value=0.5, Unit="£m")
    extra: dict[str, dict[str, object]] = {}
    for fault in test_columns.HERE:
        name, rows = plain(fault.column), book[fault.sheet]
        printed = {plain(heading) for heading in (*SHEETS[fault.sheet][1], *(key for row in rows for key in row))}
        filled = {plain(key) for row in rows for key, value in row.items() if value is not None}
        if name not in printed or (name in OF_FIGURES and name not in filled):
            extra.setdefault(fault.sheet, {})[fault.column] = GIVEN.get(fault.column, "the test")
    return book, extra


def freeze_faults(desk: Desk, name: str) -> None:
    """The faults of one list of the tests, each in a good book of its own."""
    extra: dict[str, dict[str, object]] = {}
    faults: Iterable[Fault]
    if name == "here":
        (book, extra), faults = everything_said(), test_columns.HERE
    elif name == "organisations":
        book, faults = test_organisations.with_terms(good_book()), test_organisations.FAULTS
    else:
        book, faults = good_book(), {"every": test_faults.EVERY, "planted": test_rows.PLANTED}[name]
    path = book.save("good.xlsx", extra=extra)
    desk.command("good", "check", "good.xlsx")
    lines = []
    for number, fault in enumerate(faults, start=1):
        _plant(path, book, [fault], Path("spoilt.xlsx"))
        lines += _said(desk, f"{number} {fault}")
    desk.keep("faults.txt", "".join(lines))


def freeze_refused(desk: Desk) -> None:
    """Renamed columns, layouts that mean the same, and a workbook of many faults: checked, marked and run."""
    lines = []
    for column, typed in test_columns.SLIPS_OF_COLUMNS:
        test_organisations.with_terms(good_book()).save("spoilt.xlsx", rename={column: typed})
        lines += _said(desk, f"{column} renamed to {typed}")
    for layout in ("moved", "shuffled", "bare", "pounds", "thousands"):
        good_book().set("Funding", row=1, Amount=-1).save("spoilt.xlsx", layout=layout)
        lines += _said(desk, f"a negative amount, layout {layout}")
    for sheets in (("Funding", "Regimes"), ("Indicators", "Changes", "Provision"), tuple(SHEETS)[1:]):
        good_book().save("spoilt.xlsx", omit=sheets)
        lines += _said(desk, f"without {', '.join(sheets)}")
    desk.keep("columns_and_sheets.txt", "".join(lines))

    book = good_book()
    path = book.save("good.xlsx")
    many = [fault for fault in test_faults.EVERY if fault.row == 0 and not fault.also]
    _plant(path, book, many, Path("many.xlsx"))
    desk.command("many_check", "check", "many.xlsx", "--annotate", "marked.xlsx")
    desk.file(Path("marked.xlsx"), "marked.xlsx")
    desk.command("many_check_json", "check", "many.xlsx", "--json")
    desk.command("many_run", "run", "many.xlsx")
    desk.command("many_run_json", "run", "many.xlsx", "--json")
    desk.files(Path("outputs/many"), "many")
    desk.command("many_explain", "explain", "many.xlsx", "--scenario", "Split")
    Path("notes.xlsx").write_text("not a workbook", encoding="utf-8")
    for name in ("notes.xlsx", "nowhere.xlsx", "."):
        desk.command(f"refused_{name}", "check", name)
        desk.command(f"refused_{name}_json", "run", name, "--json")


def _said(desk: Desk, title: str) -> list[str]:
    """What `check` says of spoilt.xlsx; every line begins with the title, so that one line tells what differs."""
    said = desk.answer("check", "spoilt.xlsx") + desk.answer("check", "spoilt.xlsx", "--json")
    return [f"{title} | {line}\n" for line in said.splitlines()]


def _plant(path: Path, book: Book, faults: Iterable[Fault], spoilt: Path) -> None:
    """A copy of a saved book with faults typed into it; the last one wins a cell."""
    file = openpyxl.load_workbook(path)
    for fault in faults:
        file[fault.sheet][book.cell(fault.sheet, fault.row, fault.column)].value = fault.value
    file.save(spoilt)
