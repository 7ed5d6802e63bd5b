"""The main job, step by step, beside the bare libraries doing the same amount of work, in turn on this machine.

    python benchmarks/main_job.py [WORKBOOK] [--scenario NAME]... [--rounds N] [--script] [--command]

Prints, for every scenario, the median seconds of each step, and the ratios: reading beside openpyxl reading the cells,
the stages beside highspy and Clarabel given the finished arrays of each, writing beside xlsxwriter and csv writing the
same cells. What is beside the solve is everything but HiGHS and Clarabel at work: arrays, the PuLP problem, handing
over, faces and their reduction, proof, pence, prices and tables.

`--script` adds an idiomatic PuLP + pandas script: pandas reads the sheets, a dictionary of variables, one lpSum per
row, the problem rebuilt for each stage, the same tables written with DataFrame.to_excel and to_csv. It is spared the
work of making the coefficients and the figures of the tables; it has neither spread nor proof nor prices. It is timed
twice: with PuLP's HiGHS as it comes, and as somebody would write it who knows that interior point is faster here.
`--command` runs the whole command, all scenarios, in a process of its own, and `--help` beside it.

Seconds of steps are the processor's, so that other programs on the machine do not count; those of commands are given
both ways. The bare libraries keep to the optimal face of the index by its prices, as we do: held by its value, as the
script holds it, the face has no interior to speak of, and the turnover takes from 5 to 27 seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import highspy
import numpy as np
import pandas as pd
import pulp
import xlsxwriter
from clarabel import DefaultSolver
from openpyxl import load_workbook

from budgetmodel import api, results
from budgetmodel.comparison import compare
from budgetmodel.contract.objectives import GINI
from budgetmodel.explain.row_prices import row_prices
from budgetmodel.program.build.model import Program
from budgetmodel.program.solve import convex
from budgetmodel.program.solve.quadratic import Convex, by_interior_point
from budgetmodel.report import write_results
from budgetmodel.results import Result

READ, BARE_READ = "read and check", "  bare openpyxl, the cells"
BUILD, REST = "arrays and program", "proof, pence, prices and tables"
PRICES = "  of which prices and how far they hold"
BESIDE = "beside the solve, all of it"
SHORTFALL, INDEX, TURNOVER = (stage.name for stage in GINI.stages)
LINEAR, LAST = (SHORTFALL, INDEX, TURNOVER), "spread"
SOLVE, BARE_SOLVE = "solve: {}", "  bare highspy, the three linear stages"
BARE_LAST = "  bare Clarabel, the last stage"
WRITE, BARE_WRITE = "write results", "  bare xlsxwriter and csv, the same cells"
SCRIPT, KNOWING = "PuLP + pandas script, as it comes", "PuLP + pandas script, interior point chosen"
AIMS = {"whole": 1.5, "script": 3.0, "overhead": 0.3, "help": 0.4, "memory": 1024.0}
"""Times the bare libraries, times as fast as the script, seconds a scenario, seconds, MB."""

EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds that a step takes, and what it returns."""
    start = processor_seconds()
    result = step()
    return processor_seconds() - start, result


def processor_seconds() -> float:
    """Processor time so far, of this process and of those it started: a busy machine does not change it much."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def bare_read(path: Path) -> int:
    """Openpyxl reading every cell: the least that reading with addresses can cost."""
    book = load_workbook(path, read_only=True, data_only=True)
    return sum(1 for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None)


def bare_solve(program: Program) -> float:
    """Highspy given the finished arrays: each stage by interior point, on what the stages before left; the index."""
    core = program.before(TURNOVER)
    model = _given(core)
    shortfall = _run(model, core.costs[SHORTFALL])
    columns = np.flatnonzero(core.costs[SHORTFALL])
    if len(columns):
        limit = shortfall * (1 + 1e-7) + 1e-7
        model.addRow(-np.inf, limit, len(columns), columns.astype(np.int32), core.costs[SHORTFALL][columns])
    index = _run(model, core.costs[INDEX])
    wide = _given(program)  # the columns of the turnover would only slow the stages before
    _narrow(wide, core, model.getSolution())
    _run(wide, program.costs[TURNOVER])
    return index


def _run(model: Any, cost: Any) -> float:
    model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
    model.clearSolver()  # with the basis of the stage before HiGHS would leave out presolve, which is far slower
    model.run()
    return float(model.getInfo().objective_function_value)


def _narrow(model: Any, core: Program, solution: Any) -> None:
    """Close the bounds that have a price: what is left is the optimal face."""
    x, reduced = np.array(solution.col_value), np.array(solution.col_dual)
    rows = len(core.lower)
    activity, price = np.array(solution.row_value)[:rows], np.array(solution.row_dual)[:rows]
    columns, priced = np.flatnonzero(np.abs(reduced) > 1e-9), np.flatnonzero(np.abs(price) > 1e-9)
    model.changeColsBounds(len(columns), columns.astype(np.int32), x[columns], x[columns])
    model.changeRowsBounds(len(priced), priced.astype(np.int32), activity[priced], activity[priced])


def _given(program: Program) -> Any:
    model = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("solver", "ipx")):
        model.setOptionValue(option, value)
    rows, columns, nonzeros = program.shape
    model.passModel(
        columns, rows, nonzeros, 2, 1, 0.0, np.zeros(columns), program.low, program.high, program.lower, program.upper,
        program.start.astype(np.int32), program.index.astype(np.int32), program.value,
        np.zeros(columns, dtype=np.int32),
    )  # fmt: skip
    return model


Cells = list[tuple[str, list[list[Any]]]]
"""Sheets by name, row by row; formulas begin with "="."""


def cells_of(path: Path) -> Cells:
    """Every cell of a workbook."""
    book = load_workbook(path, read_only=True)
    return [(sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]


def bare_write(sheets: Cells, tables: list[list[list[str]]], folder: Path) -> int:
    """Xlsxwriter writing the same cells, one call each, without formats; csv writing the same tables."""
    cells = 0
    with xlsxwriter.Workbook(str(folder / "bare.xlsx"), {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if value is None:
                        continue
                    cells += 1
                    if isinstance(value, int | float):
                        sheet.write_number(r, c, value)
                    elif str(value).startswith("="):
                        sheet.write_formula(r, c, value)
                    else:
                        sheet.write_string(r, c, str(value))
    for number, table in enumerate(tables):
        with (folder / f"bare{number}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(table)
    return cells


def script(path: Path, result: Result, folder: Path, **solver: Any) -> float:
    """What an analyst would write: pandas reads and writes, PuLP gets one lpSum per row and is rebuilt per stage."""
    scenario, whole = result.scenario, result.answer.program
    sheets = pd.read_excel(path, sheet_name=None, header=3)
    held: list[tuple[np.ndarray[Any, Any], float]] = []
    index = float("nan")
    for stage in LINEAR:
        program = whole if stage == TURNOVER else whole.before(TURNOVER)
        problem = pulp.LpProblem(f"{scenario}".replace(" ", "_"), pulp.LpMinimize)
        bounds = enumerate(zip(program.low, program.high, strict=True))
        x = {j: problem.add_variable(f"x{j}", low, None if np.isinf(high) else high) for j, (low, high) in bounds}
        cost = program.costs[stage]
        problem += pulp.lpSum(cost[j] * x[j] for j in np.flatnonzero(cost))
        for i in range(len(program.lower)):
            span = range(program.start[i], program.start[i + 1])
            row = pulp.lpSum(program.value[n] * x[program.index[n]] for n in span)
            if program.lower[i] == program.upper[i]:
                problem += row == program.lower[i]
            elif np.isinf(program.upper[i]):
                problem += row >= program.lower[i]
            else:
                problem += row <= program.upper[i]
        for weights, limit in held:
            problem += pulp.lpSum(weights[j] * x[j] for j in np.flatnonzero(weights)) <= limit
        problem.solve(pulp.HiGHS(msg=False, threads=1, **solver))
        reached = float(pulp.value(problem.objective))
        index = reached if stage == INDEX else index
        held.append((cost, reached * (1 + 1e-7) + 1e-7))
        values = pd.Series({j: variable.varValue for j, variable in x.items()})
    tables = {**result.frames, "columns": pd.DataFrame({"column": values.index, "amount": values.to_numpy()})}
    with pd.ExcelWriter(folder / "script.xlsx", engine="xlsxwriter") as book:
        for name, table in tables.items():
            table.to_excel(book, sheet_name=name, index=False)
            table.to_csv(folder / f"script_{name}.csv", index=False)
    del sheets
    return index


class Clock:
    """Collects the seconds of each step over the rounds."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def time(self, step: str, job: Callable[[], Any]) -> Any:
        """Run a job, note what it took, return what it gave."""
        took, result = timed(job)
        self.note(step, took)
        return result

    def note(self, step: str, took: float) -> None:
        """Note the seconds of a step."""
        self.seconds.setdefault(step, []).append(took)

    def median(self, step: str) -> float:
        """The median seconds of a step."""
        return statistics.median(self.seconds[step])


class Solvers:
    """The seconds that HiGHS and Clarabel are at work."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, with its seconds added."""

        def run(*given: Any) -> Any:
            start = process_time()  # finer than the system's ticks: HiGHS is at work for hundredths of a second
            result = work(*given)
            self.seconds += process_time() - start
            return result

        return run

    def clarabel(self, *program: Any) -> Any:
        """A Clarabel solver whose solving is timed."""
        return SimpleNamespace(solve=self.timed(DefaultSolver(*program).solve))


def one_round(clock: Clock, path: Path, scenario: str, folder: Path, with_script: bool) -> Program:
    """Every step once, ours and the bare libraries' in turn."""
    budget = clock.time(READ, partial(api.read, path))
    clock.time(BARE_READ, partial(bare_read, path))
    marks: list[tuple[str, float]] = []
    given: list[Convex] = []
    solvers = Solvers()
    with (
        patch.object(
            convex, "by_interior_point", lambda each, *rest: given.append(each) or by_interior_point(each, *rest)
        ),
        patch.object(results, "row_prices", lambda *these: clock.time(PRICES, partial(row_prices, *these))),
        patch.object(highspy.Highs, "run", solvers.timed(highspy.Highs.run)),
        patch("clarabel.DefaultSolver", solvers.clarabel),
    ):
        took, result = timed(
            partial(api.solve, budget, scenario, progress=lambda name: marks.append((name, processor_seconds())))
        )
    clock.note(BESIDE, took - solvers.seconds)
    marks.append(("end", processor_seconds()))
    for (name, start), (_, end) in pairwise(marks):
        clock.note({"building": BUILD, "proof": REST}.get(name, SOLVE.format(name)), end - start)
    program = result.answer.program
    bare = clock.time(BARE_SOLVE, partial(bare_solve, program))
    clock.time(BARE_LAST, lambda: [by_interior_point(each) for each in given])
    found = {scenario: result}
    files = clock.time(WRITE, partial(write_results, found, folder / "results.xlsx", compare(found)))
    sheets = cells_of(folder / "results.xlsx")
    tables = [list(csv.reader(file.open(encoding="utf-8", newline=""))) for file in files if file.suffix == ".csv"]
    clock.time(BARE_WRITE, partial(bare_write, sheets, tables, folder))
    if with_script:
        plain = clock.time(SCRIPT, partial(script, path, result, folder))
        knowing = clock.time(KNOWING, partial(script, path, result, folder, solver="ipx"))
        print(f"index: ours {result.metric('index'):.7f}, bare {bare:.7f}, scripts {plain:.7f} and {knowing:.7f}")
    return program


def command(*words: str) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MB of a command of ours; MB are NaN where the system does not tell."""
    start, before = perf_counter(), os.times()
    subprocess.run([sys.executable, "-m", "budgetmodel", *words], check=True, capture_output=True)  # noqa: S603  # ours
    wall, after = perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    try:
        import resource  # not on Windows
    except ImportError:
        return wall, cpu, float("nan")
    return wall, cpu, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Run the steps in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--scenario", action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--script", action="store_true")
    parser.add_argument("--command", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for scenario in options.scenario or api.read(options.workbook).scenarios:
            clock = Clock()
            for _ in range(options.rounds):
                program = one_round(clock, options.workbook, scenario, Path(folder), options.script)
            rows, columns, nonzeros = program.shape
            print(f"\n{options.workbook.name}, {scenario}: {rows} rows, {columns} columns, {nonzeros} non-zeros")
            print_steps(clock, options.script)
        if options.command:
            wall, cpu, _ = command("--help")
            print(
                f"\n--help                                 {wall:.2f} s ({cpu:.2f} s of processor; aim {AIMS['help']})"
            )
            wall, cpu, peak = command("run", str(options.workbook), "-o", folder, "--fresh")
            print(f"budgetmodel run, all scenarios         {wall:.1f} s ({cpu:.1f} s of processor)")
            print(f"  peak memory                          {peak:.0f} MB (aim {AIMS['memory']:.0f})")


def print_steps(clock: Clock, with_script: bool) -> None:
    """The seconds of every step, and the ratios with their aims."""
    for step, values in clock.seconds.items():
        print(f"{step:46s} {clock.median(step):8.2f} s   (min {min(values):.2f}, max {max(values):.2f})")
    linear = sum(clock.median(SOLVE.format(stage)) for stage in LINEAR)
    solved = linear + clock.median(SOLVE.format(LAST))
    overhead = clock.median(BUILD) + clock.median(REST)
    bare = [clock.median(step) for step in (BARE_READ, BARE_SOLVE, BARE_LAST, BARE_WRITE)]
    whole = clock.median(READ) + solved + overhead + clock.median(WRITE)
    print(f"read and check / bare                  {clock.median(READ) / bare[0]:.2f}")
    print(f"three linear stages / bare             {linear / bare[1]:.2f}")
    print(f"last stage / bare                      {clock.median(SOLVE.format(LAST)) / bare[2]:.2f}")
    print(f"write / bare                           {clock.median(WRITE) / bare[3]:.2f}")
    print(f"beside the solve                       {clock.median(BESIDE):.2f} s (aim {AIMS['overhead']})")
    print(f"whole job, one scenario / bare         {whole / sum(bare):.2f} (aim {AIMS['whole']})")
    if with_script:
        alike = clock.median(READ) + clock.median(BUILD) + linear
        for name in (SCRIPT, KNOWING):
            print(f"{name}: / whole job {clock.median(name) / whole:.2f} (aim {AIMS['script']})")
        print(f"  its solves alike: / read, program, linear stages {clock.median(KNOWING) / alike:.2f}")


if __name__ == "__main__":
    main()
