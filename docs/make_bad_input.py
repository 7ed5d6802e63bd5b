"""Makes docs/bad_input.md: the ten commonest mistakes, made in the worked example, and what `check` says of each.

The table of other people's files at its end is from `docs/kinds_of_files.py`.

    python -m docs.make_bad_input [--check]

Run it in the root of the repository. Each mistake is typed into the worked example in LibreOffice itself, which saves
it as a user's would be, or by openpyxl where there is no LibreOffice; then `budgetmodel check` is run on it. `--check`
writes nothing and exits with 1 when the document is no longer what the program says.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from typer.testing import CliRunner

from budgetmodel.cli import app
from budgetmodel.contract.schema import fold_heading
from docs import kinds_of_files
from docs.by_hand import Pasted, Step, Typed, carry_out, carry_out_in_libreoffice

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "inputs" / "greater_manchester.xlsx"
DOCUMENT = ROOT / "docs" / "bad_input.md"

INTRODUCTION = """# Ten mistakes, and what the check says

Written by `python -m docs.make_bad_input`, which opens `inputs/greater_manchester.xlsx` in LibreOffice, types each
mistake there, saves a copy and runs `budgetmodel check` on it; a test holds this page to what the program says today.

Everything is found in one pass, in the words of the workbook: the cell, what was found, what was expected and what to
type instead. An error stops a run (exit code 3); a warning or a repair is noted in the results. `--json` lists every
cell, and `--annotate COPY.xlsx` writes a copy of the workbook with the cells in colour and a list with links. The
workbook itself is never written to.
"""


@dataclass(frozen=True)
class Mistake:
    """One mistake: the file it is saved as, a title, what was typed where, and its steps in a workbook."""

    file: str
    title: str
    story: str
    steps: Callable[[Any], list[Step]]


def cell(book: Any, sheet: str, heading: str, row: int) -> Any:
    """A cell of a table by its heading and the number of its row, counted from 1; 0 is the heading."""
    page = book[sheet]
    for line in page.iter_rows(min_row=1, max_row=20):
        for found in line:
            if isinstance(found.value, str) and fold_heading(found.value) == fold_heading(heading) and found.row > 2:
                return page.cell(found.row + row, found.column)
    raise KeyError(f"{sheet} has no column {heading}")


def typed(sheet: str, heading: str, row: int, keys: str, value: object = None) -> Callable[[Any], list[Step]]:
    """Type keys into a cell, which holds them as text or as the `value` given; no keys delete what it holds."""
    held = value if value is not None else keys or None
    return lambda book: [Typed(sheet, cell(book, sheet, heading, row).coordinate, keys, held)]


def with_date(book: Any) -> list[Step]:
    """A date typed into a cell that is no longer formatted as text."""
    where = cell(book, "Funding", "Year", 3).coordinate
    return [Typed("Funding", where, "2016-04-01", dt.datetime(2016, 4, 1), "yyyy-mm-dd")]  # noqa: DTZ001  # Excel knows no time zones


def pasted_twice(book: Any) -> list[Step]:
    """The second row of the Baseline pasted over the ninth."""
    row, last = cell(book, "Baseline", "Place", 2).row, cell(book, "Baseline", "Status", 2).coordinate
    return [Pasted("Baseline", f"A{row}:{last}", f"A{row + 7}")]


def with_total(book: Any) -> list[Step]:
    """A line of totals under the Baseline."""
    place, amount = cell(book, "Baseline", "Place", 1), cell(book, "Baseline", "Amount", 1)
    page = book["Baseline"]
    last = max(row for row in range(place.row, page.max_row + 1) if page.cell(row, place.column).value is not None)
    figures = [page.cell(row, amount.column).value for row in range(amount.row, last + 1)]
    total = round(sum(f for f in figures if isinstance(f, int | float)), 3)
    label, figure = page.cell(last + 1, place.column).coordinate, page.cell(last + 1, amount.column).coordinate
    return [Typed("Baseline", label, "Total", "Total"), Typed("Baseline", figure, f"{total:.3f}", total)]


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
        typed("Baseline", "Amount", 5, ""),
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
        typed("Contracts", "Fee", 2, "2", 2),
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
        typed("Target", "Weight", 0, "Wieght"),
    ),
)


def all_at_once(book: Any) -> list[Step]:
    """Every mistake in one workbook, each found where the original has it."""
    return [step for mistake in MISTAKES for step in mistake.steps(book)]


EVERYTHING = Mistake("everything.xlsx", "All ten at once", "Nothing hides anything else.", all_at_once)


def document(*, libreoffice: bool) -> str:
    """The whole page, made anew; the mistakes are made in LibreOffice itself, or else by openpyxl."""
    told = (*MISTAKES, EVERYTHING)
    original = load_workbook(EXAMPLE)
    steps = {mistake.file: mistake.steps(original) for mistake in told}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if libreoffice:
            carry_out_in_libreoffice(EXAMPLE, steps, folder)
        else:
            for file, taken in steps.items():
                book = load_workbook(EXAMPLE)
                carry_out(book, taken)
                book.save(folder / file)
        parts = [INTRODUCTION]
        for number, mistake in enumerate(told, start=1):
            title = mistake.title if mistake is EVERYTHING else f"{number}. {mistake.title}"
            parts.append(f"## {title}\n\n{mistake.story}\n\n```console\n{transcript(folder, mistake.file)}\n```\n")
        parts.append(kinds_of_files.table(EXAMPLE, folder, cell))
    return "\n".join(parts)


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
