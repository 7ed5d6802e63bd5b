"""How long the checks take: the worked example after reading, and a workbook of 50,000 Baseline rows as a whole.

    python benchmarks/checks.py [--rounds N] [--rows N]

Prints median seconds, the ratio to plain openpyxl reading the same cells, and the largest memory that a process took
which did nothing but check the large workbook. The aims: checks of the example in 1 s after reading; the large
workbook in 15 s and 1 GB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from openpyxl import load_workbook

from budgetmodel import api
from budgetmodel.excel.read.workbook import read_workbook
from budgetmodel.excel.template.input_workbook import write_input

EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"
PLACES, SERVICES, YEARS = 100, 50, 5
"""Members of the large workbook; it has as many providers as its rows need."""

SECONDS_EXAMPLE, SECONDS_LARGE, MEGABYTES_LARGE = 1.0, 15.0, 1024.0

ALONE = """
import json, sys, time
from budgetmodel import api
start = time.perf_counter()
issues = api.check(sys.argv[1])
seconds = time.perf_counter() - start
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
except ImportError:  # Windows has no such count
    peak = float("nan")
print(json.dumps([seconds, peak, len(issues), time.process_time()]))
"""
"""A process that only checks: its seconds, largest memory in MB, number of issues and processor seconds."""


def large_tables(rows: int) -> dict[str, pd.DataFrame]:
    """The sheets of a valid workbook with that many Baseline rows: many places, services, providers and sources."""
    years = [f"{year}/{(year + 1) % 100:02d}" for year in range(2025, 2025 + YEARS)]
    places = [f"Place {n:03d}" for n in range(PLACES)]
    services = [f"Service {n:03d}" for n in range(SERVICES)]
    providers = [f"Provider {n:03d}" for n in range(-(-rows // (PLACES * SERVICES)))]
    spending = list(islice(product(places, services, providers), rows))
    everything = {"Home services": "all; not Service 049", "Lawful services": "all; not Service 049"}
    sources: list[dict[str, object]] = [
        {"Source": f"Core, {p}", "Home places": p, "Lawful places": "all", "Kind": "recurrent", **everything}
        for p in places
    ]
    national = {"Home places": "all", "Lawful places": "all", "Home services": "all", "Lawful services": "all"}
    sources.append({"Source": "National", "Kind": "recurrent", **national})
    holders = [{"Holder": "ICB", **row} for row in sources]
    rule = {"Limit": "at least", "Strength": "must"}
    contract = {"Form": "block", "Cost per contract (£k)": 50, "Days to pay": 30, "Counted by": "provider"}
    sheets: dict[str, list[dict[str, object]]] = {
        "About": [{"Setting": "Title", "Value": "Large"}, {"Setting": "Money unit", "Value": "£m"}],
        "Years": [{"Year": year} for year in years],
        "Places": [{"Place": place, "Also known as": f"{place} CCG"} for place in places],
        "Needs": [
            {"Need measure": m, "Place": p, "Value": 1000 + n, "Basis": "weighted"}
            for m in ("Population", "Children", "Older people")
            for n, p in enumerate(places)
        ],
        "Services": [
            {"Service": s, "Programme": f"Programme {n % 7}", "Level": "place", "Delegation": "own"}
            for n, s in enumerate(services)
        ],
        "Providers": [{"Provider": provider, "Sector": "acute"} for provider in providers],
        "Sources": holders,
        "Funding": [
            {"Source": row["Source"], "Year": year, "Amount (£m)": 60.0} for row in sources for year in years
        ],
        "Baseline": [
            {"Place": p, "Service": s, "Provider": j, "Amount (£m)": round(0.05 + n % 97 / 1000, 3)}
            for n, (p, s, j) in enumerate(spending)
        ],
        "Target": [{"Component": "Overall", "Need measure": "Population", "Services": "all", "Weight": 1}],
        "Rules": [
            {"Rule": "Floor", "Each": "place", "Measure": "growth", "Value": -0.02, **rule},
            {"Rule": "Stable", "Each": "provider", "Measure": "change", "Value": -0.1, **rule},
            {"Rule": "Pace", "Each": "place", "Measure": "growth", "Value": 0.2, **rule, "Limit": "at most"},
        ],
        "Regimes": [
            {"Regime": "Split", "Sources": "all", "Pot": "each", "Decided at": "place"},
            {"Regime": "Pooled", "Sources": "all", "Pot": "The pool", "Decided at": "system"},
        ],
        "Contracts": [{"Regime": regime, "Fee (%)": 0.001, **contract} for regime in ("Split", "Pooled")],
        "Scenarios": [
            {"Scenario": "Split", "Regime": "Split"},
            {"Scenario": "Pooled", "Regime": "Pooled"},
            {"Scenario": "More", "Regime": "Pooled", "Based on": "Pooled"},
        ],
        "Changes": [
            {"Scenario": "More", "Table": "Baseline", "Where": "Place=Place 001", "Field": "Amount",
             "Change": "multiply", "Value": 1.01, "Reason": "A scenario that changes many cells"},
        ],
    }  # fmt: skip
    return {name: pd.DataFrame(lines) for name, lines in sheets.items()}


def bare_read(path: Path) -> int:
    """Openpyxl reading every cell: the least that reading with addresses can cost."""
    book = load_workbook(path, read_only=True, data_only=True)
    return sum(1 for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None)


def median(job: Callable[[], Any], rounds: int) -> float:
    """Median seconds of a job."""
    took = []
    for _ in range(rounds):
        start = perf_counter()
        job()
        took.append(perf_counter() - start)
    return statistics.median(took)


def alone(path: Path) -> tuple[float, float, int, float]:
    """Seconds, largest MB, issues and processor seconds (start included) of a process that only checks the workbook."""
    done = subprocess.run([sys.executable, "-c", ALONE, str(path)], capture_output=True, text=True, check=True)  # noqa: S603  # our own interpreter
    seconds, peak, issues, processor = json.loads(done.stdout)
    return float(seconds), float(peak), int(issues), float(processor)


def verdict(value: float, aim: float) -> str:
    """Whether an aim is met, in words."""
    return "met" if value <= aim else "MISSED"


def main() -> None:
    """Time both workbooks and print seconds, ratios and whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=50_000)
    options = parser.parse_args()
    read = median(lambda: read_workbook(EXAMPLE), options.rounds)
    whole = median(lambda: api.check(EXAMPLE), options.rounds)
    bare = median(lambda: bare_read(EXAMPLE), options.rounds)
    checks = max(whole - read, 0.0)
    print(f"{EXAMPLE.name}")
    print(f"  plain openpyxl {bare:8.2f} s")
    print(f"  read           {read:8.2f} s   {read / bare:.2f} of plain openpyxl")
    print(f"  checks         {checks:8.2f} s   aim {SECONDS_EXAMPLE:.0f} s after reading: "
          f"{verdict(checks, SECONDS_EXAMPLE)}")  # fmt: skip
    print(f"  together       {whole:8.2f} s   {whole / bare:.2f} of plain openpyxl")
    with tempfile.TemporaryDirectory() as folder:
        path = write_input(large_tables(options.rows), Path(folder) / "large.xlsx")
        bare = median(lambda: bare_read(path), 1)
        read = median(lambda: read_workbook(path), 1)
        runs = [alone(path) for _ in range(options.rounds)]
        print(f"{options.rows:,} Baseline rows, {path.stat().st_size / 1024**2:.1f} MB, {runs[0][2]} issues")
    seconds, peak = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
    print(f"  plain openpyxl {bare:8.2f} s")
    print(f"  read           {read:8.2f} s   {read / bare:.2f} of plain openpyxl")
    print(f"  read and check {seconds:8.2f} s   {seconds / bare:.2f} of plain openpyxl; "
          f"aim {SECONDS_LARGE:.0f} s: {verdict(seconds, SECONDS_LARGE)}")  # fmt: skip
    busy = statistics.median(run[3] for run in runs)
    print(f"  processor      {busy:8.2f} s   with the start; less than the seconds above when the machine is shared")
    print(f"  memory         {peak:8.0f} MB  aim {MEGABYTES_LARGE:.0f} MB: {verdict(peak, MEGABYTES_LARGE)}")


if __name__ == "__main__":
    main()
