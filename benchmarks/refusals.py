"""What a refusal costs: workbooks with wrong rows, merges, shared formulas and headings without end.

    python benchmarks/refusals.py [--only WORDS] [--limit SECONDS]

Each workbook is a small good one in which one sheet is replaced. It is checked in a process of its own, its start
included. Prints processor seconds, the largest memory, the issues made and the problems that they are listed as. The
aims: 5 s and 512 MB for every one. `--limit` ends a check after so many processor seconds.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from budgetmodel.contract.schema import SHEETS, Kind, Sheet
from budgetmodel.excel.read.cells import column_letter
from budgetmodel.excel.template.input_workbook import write_input

SECONDS, MEGABYTES = 5.0, 512.0

ROWS = 20_000
"""Rows of a sheet that is filled with wrong ones."""

ALONE = """
import json, resource, sys
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
from budgetmodel import api
from budgetmodel.contract.issues import grouped
issues = api.check(sys.argv[1])
problems = len(grouped(issues))
used = resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
print(json.dumps([used.ru_utime + used.ru_stime, peak, len(issues), problems]))
"""
"""A process that only checks: processor seconds with its start, largest memory in MB, issues, problems."""

Cells = Sequence[object]
Make = Callable[[Mapping[str, bytes]], dict[str, bytes]]


def good_parts() -> dict[str, bytes]:
    """The parts of a small good workbook: two places, a service, a provider, a source, a regime, a scenario."""
    lawful = {"Home places": "all", "Home services": "all", "Lawful places": "all", "Lawful services": "all"}
    tables: dict[str, list[dict[str, object]]] = {
        "About": [{"Setting": "Money unit", "Value": "£m"}],
        "Years": [{"Year": "2026/27"}],
        "Places": [{"Place": "Bury"}, {"Place": "Bolton"}],
        "Needs": [
            {"Need measure": "Population", "Place": place, "Value": value, "Basis": "registered"}
            for place, value in (("Bury", 190_000), ("Bolton", 290_000))
        ],
        "Services": [{"Service": "Hospital", "Level": "place", "Delegation": "own"}],
        "Providers": [{"Provider": "Trust", "Sector": "acute"}],
        "Sources": [{"Source": "Core", "Holder": "ICB", "Kind": "recurrent", **lawful}],
        "Funding": [{"Source": "Core", "Year": "2026/27", "Amount (£m)": 100}],
        "Baseline": [
            {"Place": place, "Service": "Hospital", "Provider": "Trust", "Amount (£m)": amount}
            for place, amount in (("Bury", 40), ("Bolton", 60))
        ],
        "Target": [{"Component": "Overall", "Need measure": "Population", "Services": "all", "Weight": 1}],
        "Regimes": [{"Regime": "Pooled", "Sources": "all", "Pot": "The pool", "Decided at": "system"}],
        "Scenarios": [{"Scenario": "Pooled", "Regime": "Pooled"}],
    }
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:
        path = write_input({name: pd.DataFrame(rows) for name, rows in tables.items()}, Path(folder) / "good.xlsx")
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A workbook of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sheet_part(parts: Mapping[str, bytes], sheet: str) -> str:
    """The part of a sheet, by its name in the list of sheets."""
    import re

    listed = re.findall(r'<sheet name="([^"]*)"[^>]*r:id="rId(\d+)"', parts["xl/workbook.xml"].decode())
    return f"xl/worksheets/sheet{dict(listed)[sheet]}.xml"


def cell(address: str, value: object) -> str:
    """One cell as XML, texts inline."""
    if isinstance(value, str):
        return f'<c r="{address}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return "" if value is None else f'<c r="{address}"><v>{value}</v></c>'


def sheet_xml(rows: Iterator[Cells], after: str = "") -> bytes:
    """A sheet of these rows from row 1 on; `after` follows the rows."""
    letters: list[str] = []
    text = io.StringIO()
    text.write('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
    for number, values in enumerate(rows, start=1):
        while len(letters) < len(values):
            letters.append(column_letter(len(letters) + 1))
        text.write(f'<row r="{number}">')
        text.writelines(cell(f"{letter}{number}", value) for letter, value in zip(letters, values, strict=False))
        text.write("</row>")
    text.write(f"</sheetData>{after}</worksheet>")
    return text.getvalue().encode()


def replaced(sheet: str, rows: Callable[[], Iterator[Cells]], after: str = "") -> Make:
    """The good workbook with a sheet that holds these rows."""
    return lambda parts: {**parts, sheet_part(parts, sheet): sheet_xml(rows(), after)}


def filled(sheet: Sheet, count: int, value: Callable[[int, str, Kind], object]) -> Callable[[], Iterator[Cells]]:
    """Rows of a sheet under its headings, each value worked out from row, column and the column's kind."""

    def rows() -> Iterator[Cells]:
        yield [column.name for column in sheet.columns]
        for number in range(count):
            yield [value(number, column.name, column.kind) for column in sheet.columns]

    return rows


def all_different(number: int, column: str, _: Kind) -> object:
    """A wrong text that no other cell has."""
    return f"{column} {number} wrong"


def all_alike(_: int, column: str, __: Kind) -> object:
    """A wrong text, the same in every row."""
    return f"{column} wrong"


def nearly(number: int, column: str, kind: Kind) -> object:
    """What a careless copy holds: names that nearly exist, numbers as words, and selectors with a slip."""
    if kind in (Kind.MONEY, Kind.NUMBER, Kind.PERCENT):
        return -float(number + 1)
    names = {"Place": "Burry", "Service": "Hospitale", "Provider": "Trusts", "Source": "Cores", "Regime": "Pooledd"}
    name = next((name for start, name in names.items() if column.startswith(start)), "Pooledd")
    return f"{name} {number}" if kind is not Kind.SELECTOR else f"all; not {name} {number}"


def repeated(_: int, column: str, kind: Kind) -> object:
    """A right row, once more: every row after the first is a duplicate."""
    right = {"Place": "Bury", "Service": "Hospital", "Provider": "Trust", "Source": "Core", "Regime": "Pooled"}
    if kind in (Kind.MONEY, Kind.NUMBER, Kind.PERCENT):
        return 1
    known = next((name for start, name in right.items() if column.startswith(start)), None)
    return known or {"Year": "2026/27", "Years": "all", "Basis": "registered", "Limit": "at least"}.get(column, "x")


def merges(count: int) -> str:
    """So many merged blocks, each over two rows of column A."""
    blocks = "".join(f'<mergeCell ref="A{2 + 2 * n}:A{3 + 2 * n}"/>' for n in range(count))
    return f'<mergeCells count="{count}">{blocks}</mergeCells>'


def merged_rows() -> Iterator[Cells]:
    """Rows of Baseline that merged labels cover in pairs."""
    yield ["Place", "Service", "Provider", "Amount"]
    for number in range(120_000):
        yield ["Bury" if number % 2 == 0 else None, "Hospital", "Trust", 1]


def shared_formulas(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """60,000 cells of Funding, each a sum of one shared formula."""
    head = "".join(cell(f"{letter}1", name) for letter, name in zip("ABC", ("Source", "Year", "Amount"), strict=True))
    first = '<row r="2"><c r="C2"><f t="shared" ref="C2:C60001" si="0">SUM(A$2:B2)</f><v>1</v></c></row>'
    rest = "".join(f'<row r="{n}"><c r="C{n}"><f t="shared" si="0"/><v>1</v></c></row>' for n in range(3, 60_002))
    start = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    body = f'{start}<row r="1">{head}</row>{first}{rest}</sheetData></worksheet>'
    return {**parts, sheet_part(parts, "Funding"): body.encode()}


def headings(count: int) -> Callable[[], Iterator[Cells]]:
    """A row of so many headings, each of its own."""
    return lambda: iter([["Source", "Yeer", "Amount", *(f"Heading {n}" for n in range(count - 3))], ["Core", "x", 1]])


def needs(count: int) -> Callable[[], Iterator[Cells]]:
    """Rows of Needs with a measure of their own each."""

    def rows() -> Iterator[Cells]:
        yield ["Need measure", "Place", "Value", "Basis"]
        for number in range(count):
            yield [f"Measure {number}", "Bury", number, "registered"]

    return rows


def one_column(count: int, value: object) -> Callable[[], Iterator[Cells]]:
    """So many rows of which one cell is filled."""

    def rows() -> Iterator[Cells]:
        yield ["Place", "Service", "Provider", "Amount"]
        for _ in range(count):
            yield [value]

    return rows


def cases() -> dict[str, Make]:
    """What is measured, by its words."""
    by_name = {sheet.name: sheet for sheet in SHEETS}
    found: dict[str, Make] = {"the good workbook": dict}
    for count in (2_000, 100_000):
        found[f"{count:,} wrong rows of Regimes"] = replaced(
            "Regimes", filled(by_name["Regimes"], count, all_different)
        )
    found["100,000 rows of Needs"] = replaced("Needs", needs(100_000))
    for sheet in SHEETS:
        for words, kind in (
            ("different", all_different),
            ("alike", all_alike),
            ("nearly", nearly),
            ("repeated", repeated),
        ):
            found[f"{sheet.name}: {ROWS:,} wrong rows, {words}"] = replaced(sheet.name, filled(sheet, ROWS, kind))
    found["60,000 merges"] = replaced("Baseline", merged_rows, merges(60_000))
    found["60,000 shared formulas"] = shared_formulas
    found["16,000 headings"] = replaced("Funding", headings(16_000))
    found["a million rows of one name"] = replaced("Baseline", one_column(999_000, "Bury"))
    found["a million rows of one number"] = replaced("Baseline", one_column(999_000, 1))
    return found


def measured(path: Path, limit: int) -> tuple[float, float, int, int] | None:
    """Processor seconds, largest MB, issues and problems of a process that checks the file; None when it was ended."""
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", ALONE, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        if "Error" in done.stderr:
            print(done.stderr, file=sys.stderr)
        return None
    seconds, peak, issues, problems = json.loads(done.stdout)
    return float(seconds), float(peak), int(issues), int(problems)


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose words hold this")
    parser.add_argument("--limit", type=int, default=30, help="processor seconds after which a check is ended")
    options = parser.parse_args()
    parts = good_parts()
    missed = 0
    print(f"{'':44} {'MB':>6} {'seconds':>8} {'memory MB':>10} {'issues':>8} {'problems':>8}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.xlsx"
        for words, make in cases().items():
            if options.only.casefold() not in words.casefold():
                continue
            path.write_bytes(packed(make(parts)))
            size = path.stat().st_size / 1024**2
            found = measured(path, options.limit)
            if found is None:
                missed += 1
                print(f"{words:44} {size:6.2f}   ended after {options.limit} s", flush=True)
                continue
            seconds, peak, issues, problems = found
            late = seconds > SECONDS or peak > MEGABYTES
            missed += late
            mark = "  MISSED" if late else ""
            print(f"{words:44} {size:6.2f} {seconds:8.2f} {peak:10.0f} {issues:8,} {problems:8,}{mark}", flush=True)
    print(f"aims of {SECONDS:.0f} s and {MEGABYTES:.0f} MB missed by {missed}")


if __name__ == "__main__":
    main()
