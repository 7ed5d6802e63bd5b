"""Mutants of small good workbooks through `check` and `run`: refused in words or read, never a traceback or a hang.

    python -m tests.fuzz [--check N] [--run N] [--seed N]

A mutant is a good workbook in which cells hold what people and programs put there: another type, another row's or
column's value, nothing, a huge or tiny number, NaN, a date, an error, endless or strange text; and in which rows and
columns are doubled, moved or gone. The seed of a mutant makes it again. Prints how many ended how; ends with 1 when one
ended otherwise than with an exit code of the contract.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time
from xml.sax.saxutils import escape

import openpyxl

import budgetmodel as bm
from budgetmodel.contract.issues import BudgetError, InputErrors
from budgetmodel.excel.read.cells import column_letter

SECONDS = 5.0
"""Processor seconds that a check may take."""

SECONDS_RUN = 60.0
"""The same of a run."""

Cell = tuple[str, str]
"""What a cell's XML says: its type and its value. `n` is a number, `inlineStr` text, `e` an error, `b` a boolean."""

VALUES: tuple[Cell, ...] = (
    *(
        ("n", number)
        for number in ("0", "-1", "1", "1E308", "1E-300", "-1E12", "1E15", "5E-324", "0.1", "100", "45748")
    ),
    *(("n", number) for number in ("NaN", "INF", "-Infinity", "1E309", "1_000", "1,5", "")),
    *(("b", "1"), ("b", "0"), ("b", "maybe"), ("e", "#REF!"), ("e", "#N/A"), ("e", "#DIV/0!"), ("d", "2026-04-01")),
    *(("d", "9999-99-99"), ("s", "0"), ("s", "99999"), ("str", "x"), ("zz", "1")),
    *(
        ("inlineStr", text)
        for text in ("", " ", "all", "All; not all", "not Bury", ";", "=", "|", "a=b", "2025/26", "-")
    ),
    *(("inlineStr", text) for text in ("1e3", "£5m", "(5)", "5%", "1.234,5", "n/a", "TRUE", "=1+1", "@SUM(A1)", "-1%")),
    *(("inlineStr", text) for text in ("\U0001f3e5\U0001f468\u200d\u2695\ufe0f", "\u05d1\u05e8\u05d9", "\u202eyruB")),
    *(
        ("inlineStr", text)
        for text in ("_x0007_Bury", "_x000D_\n", "Bu\u200bry", "\ufeffBury", "e\u0301", "\u00a0Bury\u00a0")
    ),
    *(("inlineStr", text) for text in ("x" * 32_767, "y; " * 10_000, "2025/26 onwards", "2026/27 to 2025/26", "Total")),
    *(("inlineStr", text) for text in ("../../x", "CON", "a" * 300, "'", '"', "<script>", "&amp;", "\\", "%s", "{0}")),
)
"""What a mutated cell may hold."""

Rows = list[list[Cell | None]]


@dataclass(frozen=True)
class Ending:
    """How one mutant ended: its seed, the exit code of the contract, or what went wrong, and processor seconds."""

    seed: int
    code: int
    wrong: str
    seconds: float


@cache
def good_books() -> tuple[Mapping[str, tuple[tuple[Cell | None, ...], ...]], ...]:
    """The cells of the good workbooks by sheet: one of two places, one with something of everything."""
    from tests.checks.test_faults import good_book
    from tests.support.builder import two_places

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for book in (two_places(), good_book()):
            file = openpyxl.load_workbook(book.save(Path(folder) / "good.xlsx"))
            found.append({
                page.title: tuple(tuple(map(_cell, row)) for row in page.iter_rows(values_only=True))
                for page in file.worksheets
            })  # fmt: skip
    return tuple(found)


def _cell(value: object) -> Cell | None:
    if value is None:
        return None
    return ("n", repr(value)) if isinstance(value, int | float) else ("inlineStr", str(value))


def mutant(seed: int) -> bytes:
    """The workbook that a seed makes."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    sheets = {name: [list(row) for row in rows] for name, rows in chance.choice(good_books()).items()}
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        name = chance.choice([name for name, rows in sheets.items() if rows])
        chance.choice(CHANGES)(sheets[name], chance)
    if chance.random() < 0.03:
        del sheets[chance.choice(list(sheets))]
    return packed(sheets)


def _at(rows: Rows, chance: random.Random) -> tuple[int, int]:
    """A cell, mostly a filled one."""
    filled = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell is not None]
    return chance.choice(filled) if filled else (0, 0)


def _typed(rows: Rows, chance: random.Random) -> None:
    row, column = _at(rows, chance)
    if rows[row]:
        rows[row][column] = chance.choice(VALUES)


def _blanked(rows: Rows, chance: random.Random) -> None:
    row, column = _at(rows, chance)
    if rows[row]:
        rows[row][column] = None


def _swapped(rows: Rows, chance: random.Random) -> None:
    (row, column), (other, to) = _at(rows, chance), _at(rows, chance)
    if rows[row] and rows[other]:
        rows[row][column], rows[other][to] = rows[other][to], rows[row][column]


def _scaled(rows: Rows, chance: random.Random) -> None:
    numbers = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell and cell[0] == "n"]
    if numbers:
        row, column = chance.choice(numbers)
        cell = rows[row][column]
        factor = chance.choice((1e-9, 1e-3, -1.0, 0.0, 100.0, 1e3, 1e6, 1e9))
        if cell is not None and cell[1].replace(".", "", 1).lstrip("-").isdigit():
            rows[row][column] = ("n", repr(float(cell[1]) * factor))


def _row_doubled(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(len(rows))
    rows[at:at] = [list(rows[at])] * chance.choice((1, 1, 3, 50))


def _row_gone(rows: Rows, chance: random.Random) -> None:
    del rows[chance.randrange(len(rows))]


def _row_moved(rows: Rows, chance: random.Random) -> None:
    rows.insert(chance.randrange(len(rows)), rows.pop(chance.randrange(len(rows))))


def _column_gone(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(max(map(len, rows), default=0) or 1)
    for row in rows:
        del row[at : at + 1]


def _column_doubled(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(max(map(len, rows), default=0) or 1)
    for row in rows:
        row[at:at] = row[at : at + 1]


def _column_filled(rows: Rows, chance: random.Random) -> None:
    at, value = chance.randrange(max(map(len, rows), default=0) or 1), chance.choice(VALUES)
    for row in rows[4:]:
        if at < len(row):
            row[at] = value


CHANGES: tuple[Callable[[Rows, random.Random], None], ...] = (
    *(_typed, _typed, _typed, _typed, _blanked, _swapped, _scaled, _scaled),
    *(_row_doubled, _row_gone, _row_moved, _column_gone, _column_doubled, _column_filled),
)
"""What is done to a sheet; cells are changed most often."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(sheets: Mapping[str, Iterable[Iterable[Cell | None]]]) -> bytes:
    """A workbook of these cells, written as they are, right or wrong."""
    import io

    buffer = io.BytesIO()
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, start=1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in enumerate(sheets, start=1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for number, rows in enumerate(sheets.values(), start=1):
            body = "".join(
                f'<row r="{r}">{"".join(_xml(c, r, cell) for c, cell in enumerate(row, start=1) if cell)}</row>'
                for r, row in enumerate(rows, start=1)
            )
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    return buffer.getvalue()


def _xml(column: int, row: int, cell: Cell) -> str:
    kind, value = cell
    inside = f"<is><t>{escape(value)}</t></is>" if kind == "inlineStr" else f"<v>{escape(value)}</v>"
    return f'<c r="{column_letter(column)}{row}" t="{kind}">{inside}</c>'


def checked(seed: int, folder: Path) -> Ending:
    """How `check` of a mutant ended."""

    def check(path: Path) -> int:
        issues = bm.check(path)
        for issue in issues:
            if not issue.where or any(sign < " " for sign in issue.sentence):
                raise AssertionError(f"no sentence: {issue.sentence[:200]!r}")
        return InputErrors.exit_code if any(issue.severity == "error" for issue in issues) else 0

    return _ended(seed, folder, check, SECONDS)


def run(seed: int, folder: Path) -> Ending:
    """How `run` of a mutant ended, with all its files."""

    def write(path: Path) -> int:
        return bm.run(path, folder=folder / "out", publish=True).exit_code

    return _ended(seed, folder, write, SECONDS_RUN)


def _ended(seed: int, folder: Path, job: Callable[[Path], int], limit: float) -> Ending:
    path = folder / "mutant.xlsx"
    path.write_bytes(mutant(seed))
    start = process_time()
    code, wrong = 1, ""
    try:
        code = job(path)
    except BudgetError as told:
        code = told.exit_code
    except Exception:  # whatever it is, it is what is looked for
        wrong = traceback.format_exc()
    seconds = process_time() - start
    if not wrong and code not in (0, 3, 4, 5, 6):
        wrong = f"exit code {code}"
    if not wrong and seconds > limit:
        wrong = f"{seconds:.1f} s"
    return Ending(seed, code, wrong, seconds)


def main() -> int:
    """Try the mutants and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=int, default=3_000, help="mutants through check")
    parser.add_argument("--run", type=int, default=300, help="mutants through run")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    failed = 0
    for name, count, job in (("check", options.check, checked), ("run", options.run, run)):
        codes: Counter[int] = Counter()
        slowest = 0.0
        for seed in range(options.seed, options.seed + count):
            with tempfile.TemporaryDirectory() as folder:
                ending = job(seed, Path(folder))
            codes[ending.code] += 1
            slowest = max(slowest, ending.seconds)
            if ending.wrong:
                failed += 1
                print(f"{name}, seed {seed}: {ending.wrong}", flush=True)
        ended = ", ".join(f"{number} with {code}" for code, number in sorted(codes.items()))
        print(f"{name}: {count} mutants, {ended}; slowest {slowest:.1f} s", flush=True)
    print("no mutant ended otherwise" if not failed else f"{failed} ended otherwise")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
