"""What results of all 42 systems of England cost to write and to open: time, memory, and LibreOffice's load time.

    python benchmarks/large_results.py [--systems 42] [--allocation-rows N]

Nothing is solved: the frames of 42 systems with ten places each, 40 services, 5 years and 5 scenarios are made up
through the types that the report takes, written as a run writes them, and the workbook is opened in LibreOffice, which
writes its first sheet as CSV. Seconds are processor seconds, so that a busy machine does not count; LibreOffice's own
start is measured with an empty workbook and taken off. `--allocation-rows` writes the workbook with another limit of
rows on the sheet Allocation: the limits in `budgetmodel/report/sheets/pages.py` were set from this. Aim: 10 s to open.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from budgetmodel import api
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.comparison import Comparison
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.objectives import GINI
from budgetmodel.excel.template.input_workbook import write_input
from budgetmodel.program.prove.certificate import Certificate
from budgetmodel.report import write_results
from budgetmodel.report.sheets import pages
from budgetmodel.results import FRAMES, Result
from budgetmodel.scenarios.budget import Budget

PLACES, SERVICES, YEARS = 10, 40, 5
"""Places of a system, services, years."""

SCENARIOS = {"Split": "Split", "Half": "Split", "Pooled": "Pooled", "More": "Pooled", "Most": "Pooled"}
"""Scenarios and their regimes."""

AIM = 10.0
"""Seconds that LibreOffice may take to open the workbook."""

SECTORS = ("acute", "mental health", "community", "social care", "primary care")


def tables(systems: int) -> dict[str, pd.DataFrame]:
    """The sheets of a valid workbook of that many systems: a source each, a provider per sector each."""
    years = [f"{year}/{(year + 1) % 100:02d}" for year in range(2025, 2025 + YEARS)]
    names = [f"System {n:02d}" for n in range(systems)]
    places = [f"{name} place {n}" for name in names for n in range(PLACES)]
    services = [f"Service {n:02d}" for n in range(SERVICES)]
    contract = {"Form": "block", "Cost per contract (£k)": 50, "Days to pay": 30, "Counted by": "provider"}
    everywhere = {"Lawful places": "all", "Home services": "all", "Lawful services": "all", "Kind": "recurrent"}
    sheets: dict[str, list[dict[str, object]]] = {
        "About": [{"Setting": "Title", "Value": "England"}, {"Setting": "Money unit", "Value": "£m"}],
        "Years": [{"Year": year} for year in years],
        "Places": [{"Place": place} for place in places],
        "Needs": [
            {"Need measure": "Population", "Place": p, "Value": 1000 + n, "Basis": "weighted"}
            for n, p in enumerate(places)
        ],
        "Services": [
            {"Service": s, "Programme": f"Programme {n % 7}", "Level": "place", "Delegation": "own"}
            for n, s in enumerate(services)
        ],
        "Providers": [{"Provider": f"{name} {sector}", "Sector": sector} for name in names for sector in SECTORS],
        "Sources": [
            {
                "Source": f"{name} core",
                "Holder": f"ICB {name}",
                "Home places": "; ".join(places[n * PLACES : (n + 1) * PLACES]),
                **everywhere,
            }
            for n, name in enumerate(names)
        ],
        "Funding": [{"Source": f"{name} core", "Year": year, "Amount (£m)": 420.0} for name in names for year in years],
        "Baseline": [
            {"Place": p, "Service": s, "Provider": f"{p[:9]} {SECTORS[n % len(SECTORS)]}", "Amount (£m)": 1.0}
            for p in places
            for n, s in enumerate(services)
        ],
        "Target": [{"Component": "Overall", "Need measure": "Population", "Services": "all", "Weight": 1}],
        "Rules": [
            {"Rule": "Floor", "Each": "place", "Measure": "growth", "Limit": "at least", "Value": -0.02,
             "Strength": "must"},
        ],
        "Regimes": [
            {"Regime": "Split", "Sources": "all", "Pot": "each", "Decided at": "place"},
            {"Regime": "Pooled", "Sources": "all", "Pot": "The pool", "Decided at": "system"},
        ],
        "Contracts": [{"Regime": regime, "Fee (%)": 0.001, **contract} for regime in ("Split", "Pooled")],
        "Scenarios": [{"Scenario": name, "Regime": regime} for name, regime in SCENARIOS.items()],
    }  # fmt: skip
    return {name: pd.DataFrame(lines) for name, lines in sheets.items()}


def made_up(budget: Budget, scenario: str, regime: str, seed: int) -> Result:
    """A result whose money adds up to the penny and whose figures mean nothing."""
    rng = np.random.default_rng(seed)
    years = list(budget.years)
    base = budget.frame("Baseline").rename(columns=str.lower)[["place", "service", "provider"]]
    lines = pd.concat([base.assign(year=year) for year in years], ignore_index=True)
    pence = rng.integers(90_000_000, 110_000_000, len(lines))
    system = lines["place"].str[:9]
    source = system + " core"
    flows = lines.assign(
        source=source,
        pot=source if regime == "Split" else "The pool",
        amount=pence / 1e8,
        fee=0.001,
        form="block",
        days_to_pay=30.0,
    )
    allocation = lines[["year", "place", "service"]].assign(amount=pence / 1e8, do_minimum=1.0, baseline=1.0)
    allocation["change"] = allocation["amount"] - 1.0
    allocation["change_pct"] = allocation["change"]
    spent = flows.groupby(["year", "source", "pot"], sort=False)["amount"].sum().reset_index(name="spent")
    sources = spent.assign(funding=spent["spent"], carried_in=0.0, contract_cost=0.0, carried_out=0.0)
    got = allocation.groupby(["year", "place"], sort=False)["amount"].sum().reset_index()
    places = got.assign(component="Overall", target=float(SERVICES))
    places["ratio"] = places["amount"] / SERVICES
    places["distance"] = places["ratio"] - 1
    places = places.assign(per_head_registered=float("nan"), per_head_resident=float("nan"))
    frames = {
        "allocation": allocation,
        "flows": flows,
        "sources": sources,
        "places": places,
        "rules": _rules(lines, rng),
        "metrics": _metrics(flows, years, seed),
        "contracts": pd.DataFrame(
            {"pot": "The pool", "counterparty": list(budget.providers), "form": "block", "flows": 1, "amount": 1.0,
             "cost": 0.0}
        ),
        "run": pd.DataFrame({"key": ["input", "status"], "value": [budget.name, "optimal"]}),
    }  # fmt: skip
    frames = {name: result_table(name, frames.get(name, ()), scenario) for name in FRAMES}
    certificate = Certificate(0.0, "none", 0.0, 0.0, 0.0, 50.0, GINI, 50.0, 50.0, 50.0, 0.0, 50.0, 0.0, 0.0)
    answer: Any = SimpleNamespace(structure=scenario_structure(budget, scenario)[0])  # nothing was solved
    return Result(scenario, regime, budget.inputs, certificate, MappingProxyType(frames), answer)


def _rules(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A floor for every place, service and year, a third of which bind."""
    count = len(lines)
    binding = rng.random(count) < 1 / 3
    return pd.DataFrame(
        {
            "rule": "Place and service floor", "cell": "Rules!K5", "year": lines["year"], "source": "",
            "place": lines["place"], "service": lines["service"], "provider": "", "component": "", "strength": "must",
            "activity": 1.0, "limit": 1.0, "slack": np.where(binding, 0.0, 0.5), "binding": binding,
            "price": np.where(binding, rng.random(count), 0.0), "price_low": np.nan, "price_high": np.nan,
            "valid_from": np.nan, "valid_to": np.nan, "shortfall_price": 0.0,
        }
    )  # fmt: skip


def _metrics(flows: pd.DataFrame, years: list[str], seed: int) -> pd.DataFrame:
    spent = flows.groupby("year")["amount"].sum().reindex(years).to_numpy()
    by_year = {"spent": spent, "fees": spent * 0.001, "contract_cost": spent * 0, "carried_forward": spent * 0}
    by_year |= {"delivered": spent * 0.999, "transaction_cost": spent * 0.001, "shortfall": spent * 0}
    rows = [("index", "", 50.0 - seed, "index", "lower"), ("contracts", "", 210.0, "contracts", "lower")]
    for name, values in by_year.items():
        rows.append((name, "", float(values.sum()), "£m", "lower"))
        rows += [(name, year, float(value), "£m", "lower") for year, value in zip(years, values, strict=True)]
    return pd.DataFrame(rows, columns=["metric", "group", "value", "unit", "better"])


def load_seconds(path: Path, folder: Path) -> tuple[float, float]:
    """Processor seconds and seconds that LibreOffice takes to open a workbook and write its first sheet as CSV."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    command = [
        *("soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"),
        *("--convert-to", "csv", "--outdir", str(folder / "opened"), str(path)),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=600)  # noqa: S603  # found on the path
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return busy, perf_counter() - start


def write(systems: int, folder: Path) -> None:
    """Write the results into a folder; prints seconds, memory and rows as JSON."""
    budget = api.read(write_input(tables(systems), folder / "england.xlsx"))
    results = {name: made_up(budget, name, regime, seed) for seed, (name, regime) in enumerate(SCENARIOS.items())}
    metrics = pd.concat([result.frames["metrics"] for result in results.values()], ignore_index=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = perf_counter(), process_time()
    files = write_results(results, folder / "results.xlsx", Comparison(metrics, pd.DataFrame()))
    rows = {name: sum(len(result.frames[name]) for result in results.values()) for name in ("allocation", "flows")}
    told = {
        "seconds": process_time() - busy,
        "wall": perf_counter() - start,
        "before": before / 1024,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": rows,
        "bytes": {file.name: file.stat().st_size for file in files},
    }
    print(json.dumps(told))


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=int, default=42)
    parser.add_argument("--allocation-rows", type=int, default=pages.ALLOCATION_LIMIT)
    parser.add_argument("--writing-in", type=Path, help=argparse.SUPPRESS)  # a process of its own, for its memory
    options = parser.parse_args()
    pages.ALLOCATION_LIMIT = options.allocation_rows
    if options.writing_in:
        write(options.systems, options.writing_in)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = [sys.executable, __file__, "--systems", str(options.systems), "--writing-in", name]
        own += ["--allocation-rows", str(options.allocation_rows)]
        done = subprocess.run(own, capture_output=True, text=True, check=True)  # noqa: S603  # our own interpreter
        told = json.loads(done.stdout)
        size = told["bytes"]
        listed = ", ".join(f"{count:,} rows of {what}" for what, count in told["rows"].items())
        print(f"{options.systems} systems, {len(SCENARIOS)} scenarios: {listed}")
        print(f"  write all      {told['seconds']:8.1f} s processor, {told['wall']:.1f} s")
        print(f"  memory         {told['peak']:8.0f} MB, of which {told['before']:.0f} MB were there before")
        print(f"  results.xlsx   {size['results.xlsx'] / 1e6:8.1f} MB; report.html {size['report.html'] / 1e6:.1f} MB; "
              f"tables {sum(n for name, n in size.items() if name.endswith('.csv')) / 1e6:.0f} MB")  # fmt: skip
        if shutil.which("soffice") is None:
            print("  LibreOffice is not installed: not opened")
            return
        empty = folder / "empty.xlsx"
        xlsxwriter.Workbook(empty).close()
        load_seconds(empty, folder)  # makes the profile
        bare = load_seconds(empty, folder)
        full = load_seconds(folder / "results.xlsx", folder)
        took, verdict = full[0] - bare[0], "met" if full[0] - bare[0] <= AIM else "MISSED"
        print(f"  LibreOffice    {took:8.1f} s processor to open it ({full[1] - bare[1]:.1f} s), beside {bare[0]:.1f} "
              f"s to start; aim {AIM:.0f} s: {verdict}")  # fmt: skip


if __name__ == "__main__":
    main()
