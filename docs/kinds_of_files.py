"""The table of docs/bad_input.md: kinds of cells, rows and files that people bring, and what is said of each today.

Every kind is planted by openpyxl in one copy of the worked example, or is a file of its own, and checked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from budgetmodel.excel.is_results import RESULTS_SUBJECT

INTRODUCTION = """## Other people's files

What is read is what is meant, to the last digit, or it is refused at its cell; it is never another number. Each line
stands for its kind: other signs, sheets and columns are told in the same words. All but the files stood in one copy of
the worked example.

| Kind | What stands there | What is said |
|---|---|---|
"""

Find = Callable[[Any, str, str, int], Any]
"""The cell of a sheet by its heading and row."""


@dataclass(frozen=True)
class Kind:
    """What is typed into a cell of the worked example; `shown` is how the page writes it."""

    name: str
    sheet: str
    heading: str
    row: int
    value: object
    shown: str = ""


CELLS = (
    Kind("Spaces between digits", "Funding", "Amount", 1, "1 234"),
    Kind("The same with decimals", "Funding", "Amount", 2, "1 234,5"),
    Kind(
        "No-break and narrow spaces",
        "Funding",
        "Amount",
        3,
        "405\u202f123.5",
        "405 123.5, with a narrow no-break space",
    ),
    Kind("Other groupings", "Funding", "Amount", 4, "12,34,567"),
    Kind("Apostrophes", "Funding", "Amount", 5, "1'234"),
    Kind("Decimal commas", "Funding", "Amount", 6, "0,123"),
    Kind("A percentage where money is due", "Funding", "Amount", 7, "5%"),
    Kind("A dash that shows zero", "Funding", "Amount", 8, "£ -"),
    Kind("Shorthand of official statistics", "Needs", "Value", 2, "[c]"),
    Kind("Shorthand of official statistics", "Needs", "Value", 3, ".."),
    Kind("A bound", "Needs", "Value", 4, "<5"),
    Kind("A mark behind a figure", "Needs", "Value", 5, "677 [r]"),
    Kind("Years in other words", "Rules", "Years", 1, "2017\u201318 onwards"),
    Kind("A span of years by a dash", "Rules", "Years", 2, "2017/18 - 2018/19"),
    Kind("A placeholder in a selector", "Rules", "Places", 3, "n/a"),
    Kind("Members by commas", "Rules", "Places", 4, "Bury, Bolton"),
    Kind("Marks on a heading", "Target", "Weight", 0, "Weight* [note 1]"),
)


def table(example: Path, folder: Path, find: Find) -> str:
    """The rows of the table; `folder` takes the files that are checked."""
    rows = [*_planted(example, folder / "kinds.xlsx", find), *_files(example, folder)]
    return INTRODUCTION + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _planted(example: Path, path: Path, find: Find) -> list[tuple[str, str, str]]:
    book = load_workbook(example)
    where: list[tuple[str, str, str, str]] = []
    for kind in CELLS:
        cell = find(book, kind.sheet, kind.heading, kind.row)
        cell.value = kind.value
        where.append((kind.name, kind.shown or str(kind.value), kind.sheet, cell.coordinate))
    amount, last = find(book, "Baseline", "Amount", 1), book["Baseline"].max_row
    figures = [book["Baseline"].cell(row, amount.column).value for row in range(amount.row, last + 1)]
    total = book["Baseline"].cell(last + 1, amount.column, round(sum(figures), 6))
    where.append(("A total without a label", "the sum, under the amounts", "Baseline", total.coordinate))
    contracts = book["Contracts"]
    section = contracts.cell(contracts.max_row + 1, find(book, "Contracts", "Regime", 1).column, "Section 2")
    where.append(("A heading of a section among the rows", "Section 2", "Contracts", section.coordinate))
    blank = [find(book, "Indicators", "Indicator", row) for row in range(2, 7)]
    for cell in blank:
        cell.value = None
    where.append(("A pasted pivot", "a label in the first row of its group alone", "Indicators", blank[0].coordinate))
    book.save(path)
    issues = bm.check(path)
    return [(name, f"`{shown}`" if name in _NAMES else shown, _said(issues, *at)) for name, shown, *at in where]


_NAMES = frozenset(kind.name for kind in CELLS if not kind.shown)


def _said(issues: list[Issue], sheet: str, cell: str) -> str:
    found = [issue for issue in issues if issue.sheet == sheet and cell in issue.cell.split(",")]
    return " ".join(_words(issue) for issue in found) or "nothing: it is read"


def _words(issue: Issue) -> str:
    return f"{issue.severity}: {issue.found}. {issue.fix}".replace("|", "\\|")


def _files(example: Path, folder: Path) -> list[tuple[str, str, str]]:
    windows = folder / "windows.xlsx"
    with zipfile.ZipFile(example) as old, zipfile.ZipFile(windows, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename.replace("/", "\\"), old.read(part))
    other = Workbook()
    other.active.title = "Sheet1"
    other.save(folder / "other.xlsx")
    results = Workbook()
    results.properties.subject = RESULTS_SUBJECT
    results.active.title = "Provenance"
    results.active.append(["input", "all", "greater_manchester.xlsx"])
    results.save(folder / "results.xlsx")
    stopped = [issue for issue in bm.check(windows) if issue.severity == "error"]
    said = {path: " ".join(map(_words, bm.check(folder / path))) for path in ("other.xlsx", "results.xlsx")}
    read = " ".join(map(_words, stopped)) or "nothing: it is read"
    return [
        ("Windows paths", "the parts are called `xl\\workbook.xml`", read),
        ("Another workbook", "`other.xlsx`, with a sheet `Sheet1`", said["other.xlsx"]),
        ("Our own results", "`results.xlsx`", said["results.xlsx"]),
    ]
