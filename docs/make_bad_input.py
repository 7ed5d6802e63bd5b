"""Makes docs/bad_input.md: the ten commonest mistakes, made in the worked example, and what `check` says of each.

    python -m docs.make_bad_input [--check]

Run it in the root of the repository. Each mistake is typed into a copy of the worked example, the copy is saved again
by LibreOffice where there is one, as a user's would be, and `budgetmodel check` is run on it. `--check` writes nothing
and exits with 1 when the document is no longer what the program says.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from typer.testing import CliRunner

from budgetmodel.cli import app
from budgetmodel.schema import fold_heading

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "inputs" / "greater_manchester.xlsx"
DOCUMENT = ROOT / "docs" / "bad_input.md"
SOFFICE_SECONDS = 280

INTRODUCTION = """# Ten mistakes, and what the check says

Written by `python -m docs.make_bad_input`, which makes each mistake in a copy of `inputs/greater_manchester.xlsx`,
saves it as a user would and runs `budgetmodel check` on it; a test holds this page to what the program says today.

Everything is found in one pass, in the words of the workbook: the cell, what was found, what was expected and what to
type instead. An error stops a run (exit code 3); a warning or a repair is noted in the results. `--json` lists every
cell, and `--annotate COPY.xlsx` writes a copy of the workbook with the cells in colour and a list with links. The
workbook itself is never written to.
"""


@dataclass(frozen=True)
class Mistake:
    """One mistake: the file it is saved as, a title, what was typed where, and how it is made in an openpyxl book."""

    file: str
    title: str
    story: str
    make: Callable[[Any], None]


def cell(book: Any, sheet: str, heading: str, row: int) -> Any:
    """A cell of a table by its heading and the number of its row, counted from 1."""
    page = book[sheet]
    for line in page.iter_rows(min_row=1, max_row=20):
        for found in line:
            if isinstance(found.value, str) and fold_heading(found.value) == fold_heading(heading) and found.row > 2:
                return page.cell(found.row + row, found.column)
    raise KeyError(f"{sheet} has no column {heading}")


def typed(sheet: str, heading: str, row: int, value: object) -> Callable[[Any], None]:
    """Type a value into a cell."""

    def make(book: Any) -> None:
        cell(book, sheet, heading, row).value = value

    return make


def with_date(book: Any) -> None:
    """What Excel makes of 4/2016 in a cell that is not formatted as text."""
    where = cell(book, "Funding", "Year", 3)
    where.value = dt.datetime(2016, 4, 1)  # noqa: DTZ001  # Excel knows no time zones
    where.number_format = "mmm-yy"


def pasted_twice(book: Any) -> None:
    """The second row of the Baseline pasted over the ninth."""
    page = book["Baseline"]
    first = cell(book, "Baseline", "Place", 2).row
    for column in range(1, page.max_column + 1):
        page.cell(first + 7, column).value = page.cell(first, column).value


def with_total(book: Any) -> None:
    """A line of totals under the Baseline."""
    place, amount = cell(book, "Baseline", "Place", 1), cell(book, "Baseline", "Amount", 1)
    page = book["Baseline"]
    last = max(row for row in range(place.row, page.max_row + 1) if page.cell(row, place.column).value is not None)
    figures = [page.cell(row, amount.column).value for row in range(amount.row, last + 1)]
    page.cell(last + 1, place.column).value = "Total"
    page.cell(last + 1, amount.column).value = round(sum(f for f in figures if isinstance(f, int | float)), 3)


def renamed_heading(book: Any) -> None:
    """A heading of the target, misspelt."""
    cell(book, "Target", "Weight", 0).value = "Wieght"


MISTAKES = (
    Mistake(
        "name.xlsx",
        "A name misspelt",
        "In Baseline, the third row's Place is typed `Boltn`.",
        typed("Baseline", "Place", 3, "Boltn"),
    ),
    Mistake(
        "letter.xlsx",
        "A letter in a figure",
        "In Baseline, the fourth row's Amount is typed `12.5OO`, with the letter O.",
        typed("Baseline", "Amount", 4, "12.5OO"),
    ),
    Mistake(
        "blank.xlsx",
        "A figure deleted",
        "In Baseline, the fifth row's Amount is left blank.",
        typed("Baseline", "Amount", 5, None),
    ),
    Mistake(
        "placeholder.xlsx",
        "A figure still to come",
        "In Needs, the second row's Value is typed `TBC`.",
        typed("Needs", "Value", 2, "TBC"),
    ),
    Mistake(
        "currency.xlsx",
        "A pound sign and a unit",
        "In Funding, the first row's Amount is typed `£405m`.",
        typed("Funding", "Amount", 1, "£405m"),
    ),
    Mistake(
        "percent.xlsx",
        "A percentage as a whole number",
        "In Contracts, the second row's Fee is typed 2, for 2%.",
        typed("Contracts", "Fee", 2, 2),
    ),
    Mistake(
        "date.xlsx",
        "A year turned into a date",
        "In Funding, Excel made a date of the third row's Year.",
        with_date,
    ),
    Mistake(
        "twice.xlsx",
        "A row pasted twice",
        "In Baseline, the second row is pasted over the ninth.",
        pasted_twice,
    ),
    Mistake(
        "total.xlsx",
        "A total under the table",
        "Under the last row of Baseline stands `Total` and the sum.",
        with_total,
    ),
    Mistake(
        "heading.xlsx",
        "A heading misspelt",
        "In Target, the heading `Weight` is typed `Wieght`.",
        renamed_heading,
    ),
)


def all_at_once(book: Any) -> None:
    """Every mistake in one workbook."""
    for mistake in MISTAKES:
        mistake.make(book)


EVERYTHING = Mistake("everything.xlsx", "All ten at once", "Nothing hides anything else.", all_at_once)


def document(*, libreoffice: bool) -> str:
    """The whole page, made anew; `libreoffice` saves the workbooks again with it first."""
    told = (*MISTAKES, EVERYTHING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for mistake in told:
            book = load_workbook(EXAMPLE)
            mistake.make(book)
            book.save(folder / mistake.file)
        if libreoffice:
            folder = saved_again([folder / mistake.file for mistake in told], folder / "again")
        parts = [INTRODUCTION]
        for number, mistake in enumerate(told, start=1):
            title = mistake.title if mistake is EVERYTHING else f"{number}. {mistake.title}"
            parts.append(f"## {title}\n\n{mistake.story}\n\n```console\n{transcript(folder, mistake.file)}\n```\n")
    return "\n".join(parts)


def saved_again(files: Sequence[Path], folder: Path) -> Path:
    """The workbooks opened and saved by LibreOffice, in another folder."""
    command = [
        str(shutil.which("soffice")),
        f"-env:UserInstallation={(folder.parent / 'profile').as_uri()}",
        *("--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder)),
        *map(str, files),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=SOFFICE_SECONDS)  # noqa: S603  # a program of this machine
    return folder


def transcript(folder: Path, file: str) -> str:
    """What a user sees on typing the command, and the exit code."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, ["check", file])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return f"$ budgetmodel check {file}\n{done.output.rstrip()}\n$ echo $?\n{done.exit_code}"


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    options = parser.parse_args()
    made = document(libreoffice=shutil.which("soffice") is not None)
    if options.check:
        sys.exit(0 if made == DOCUMENT.read_text(encoding="utf-8") else f"{DOCUMENT} is out of date: make it again.")
    DOCUMENT.write_text(made, encoding="utf-8", newline="\n")
    print(f"Wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
