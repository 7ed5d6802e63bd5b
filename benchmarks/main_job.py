"""The main job, step by step, beside the bare libraries doing the same amount of work, in turn on this machine.

    python benchmarks/main_job.py [WORKBOOK] [--scenario NAME] [--rounds N] [--script]

Prints the median seconds of each step and the ratios: reading beside openpyxl reading the cells, solving beside
highspy given the finished arrays, writing beside xlsxwriter writing the cells. `--script` adds an idiomatic
PuLP + pandas script of the same model: a dictionary of variables, one lpSum per row, the problem rebuilt for each
stage, and results written with DataFrame.to_excel.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pulp
import xlsxwriter
from openpyxl import load_workbook

from budgetmodel import api
from budgetmodel.comparison import compare
from budgetmodel.program.assemble import assemble
from budgetmodel.program.constraints import INDEX, SHORTFALL
from budgetmodel.program.model import Program
from budgetmodel.program.solver import pulp_problem
from budgetmodel.program.stages import solve_index, solve_stages
from budgetmodel.report import write_results

READ, BARE_READ = "read and check", "  bare openpyxl"
BARE_SOLVE = "  bare highspy, shortfall and index"
WRITE, BARE_WRITE = "write results", "  bare xlsxwriter, the cells of the tables"
SCRIPT = "PuLP + pandas script, two stages"

EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a step takes, and what it returns."""
    start = perf_counter()
    result = step()
    return perf_counter() - start, result


def processor_seconds() -> float:
    """Processor time so far, of this process and of those it started: a busy machine does not change it much."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def bare_read(path: Path) -> int:
    """Openpyxl reading every cell: the least that reading with addresses can cost."""
    book = load_workbook(path, read_only=True, data_only=True)
    return sum(1 for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None)


def bare_solve(core: Program) -> float:
    """Highspy given the finished arrays: the shortfall, then the index with the shortfall held, by interior point."""
    model = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("solver", "ipx")):
        model.setOptionValue(option, value)
    rows, columns, nonzeros = core.shape
    model.passModel(
        columns, rows, nonzeros, 2, 1, 0.0, core.costs[SHORTFALL], core.low, core.high, core.lower, core.upper,
        core.start.astype(np.int32), core.index.astype(np.int32), core.value, np.zeros(columns, dtype=np.int32),
    )  # fmt: skip
    model.run()
    value = model.getInfo().objective_function_value
    short = np.flatnonzero(core.costs[SHORTFALL])
    if len(short):
        model.addRow(
            -np.inf, value * (1 + 1e-7) + 1e-7, len(short), short.astype(np.int32), core.costs[SHORTFALL][short]
        )
    model.changeColsCost(columns, np.arange(columns, dtype=np.int32), core.costs[INDEX])
    model.run()
    return float(model.getInfo().objective_function_value)


def bare_write(frames: list[pd.DataFrame], path: Path) -> int:
    """Xlsxwriter writing the same cells, one call each."""
    cells = 0
    with xlsxwriter.Workbook(str(path)) as book:
        for frame in frames:
            sheet = book.add_worksheet()
            for c, name in enumerate(frame.columns):
                values = frame[name].tolist()
                number = pd.api.types.is_numeric_dtype(frame[name])
                for r, value in enumerate(values):
                    if number and np.isfinite(value):
                        sheet.write_number(r, c, value)
                    elif not number:
                        sheet.write_string(r, c, str(value))
                cells += len(values)
    return cells


def script(path: Path, scenario: str, core: Program, out: Path) -> float:
    """What an analyst would write: pandas reads the sheets, PuLP gets one lpSum per row and is rebuilt per stage."""
    sheets = pd.read_excel(path, sheet_name=None, header=3)
    held: list[tuple[np.ndarray[Any, Any], float]] = []
    index = float("nan")
    for stage in (SHORTFALL, INDEX):
        problem = pulp.LpProblem(f"{scenario}".replace(" ", "_"), pulp.LpMinimize)
        bounds = enumerate(zip(core.low, core.high, strict=True))
        x = {j: problem.add_variable(f"x{j}", low, None if np.isinf(high) else high) for j, (low, high) in bounds}
        cost = core.costs[stage]
        problem += pulp.lpSum(cost[j] * x[j] for j in np.flatnonzero(cost))
        for i in range(len(core.lower)):
            span = range(core.start[i], core.start[i + 1])
            row = pulp.lpSum(core.value[n] * x[core.index[n]] for n in span)
            if core.lower[i] == core.upper[i]:
                problem += row == core.lower[i]
            elif np.isinf(core.upper[i]):
                problem += row >= core.lower[i]
            else:
                problem += row <= core.upper[i]
        for weights, limit in held:
            problem += pulp.lpSum(weights[j] * x[j] for j in np.flatnonzero(weights)) <= limit
        problem.solve(pulp.HiGHS(msg=False, threads=1, solver="ipx"))
        index = float(pulp.value(problem.objective))
        held.append((cost, index * (1 + 1e-7) + 1e-7))
        values = pd.Series({j: variable.varValue for j, variable in x.items()})
    frame = pd.DataFrame({"column": values.index, "amount": values.to_numpy()})
    frame.to_excel(out, index=False)
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


def one_round(clock: Clock, path: Path, scenario: str, folder: Path, with_script: bool) -> Program:
    """Every step once, ours and the bare libraries' in turn."""
    budget = clock.time(READ, partial(api.read, path))
    clock.time(BARE_READ, partial(bare_read, path))
    structure, _ = clock.time("structure", partial(api.scenario_structure, budget, scenario))
    program, layout = clock.time("build the program", partial(assemble, structure))
    core, core_layout = assemble(structure, turnover_stage=False)
    clock.time("  build the PuLP problem", partial(pulp_problem, core, core.costs[SHORTFALL]))
    marks: list[tuple[str, float, float]] = []
    solve_stages(program, layout, progress=lambda name: marks.append((name, perf_counter(), processor_seconds())))
    marks.append(("end", perf_counter(), processor_seconds()))
    for (name, start, used), (_, end, used_then) in pairwise(marks):
        clock.note(f"solve: {name}", end - start)
        clock.note(f"  processor: {name}", used_then - used)
    clock.note("  processor: all stages", marks[-1][2] - marks[0][2])
    clock.time("solve: shortfall and index alone", partial(solve_index, core, core_layout))
    bare = clock.time(BARE_SOLVE, partial(bare_solve, core))
    result = clock.time("one scenario, proved and in pence", partial(api.solve, budget, scenario))
    results = {scenario: result}
    files = clock.time(WRITE, partial(write_results, results, folder / "results.xlsx", compare(results)))
    tables = [file for file in files if file.suffix == ".csv" and file.stem != "rules"]
    frames = [pd.read_csv(file, keep_default_na=False) for file in tables]
    clock.time(BARE_WRITE, partial(bare_write, frames, folder / "bare.xlsx"))
    if with_script:
        other = clock.time(SCRIPT, partial(script, path, scenario, core, folder / "script.xlsx"))
        print(f"index: ours {result.metric('index'):.7f}, bare {bare:.7f}, script {other:.7f}")
    return program


def main() -> None:
    """Run the steps in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--scenario")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--script", action="store_true")
    options = parser.parse_args()
    scenario = options.scenario or api.read(options.workbook).scenarios[0]
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            program = one_round(clock, options.workbook, scenario, Path(folder), options.script)
    rows, columns, nonzeros = program.shape
    print(f"{options.workbook.name}, {scenario}: {rows} rows, {columns} columns, {nonzeros} non-zeros")
    for step, values in clock.seconds.items():
        print(f"{step:42s} {clock.median(step):8.2f} s   (min {min(values):.2f}, max {max(values):.2f})")
    ours = clock.median("solve: shortfall") + clock.median("solve: index")
    bare = clock.median(BARE_SOLVE)
    print(f"read and check / bare openpyxl       {clock.median(READ) / clock.median(BARE_READ):.2f}")
    print(f"stages 1 and 2 / bare highspy        {ours / bare:.2f}, overhead {ours - bare:.2f} s")
    print(f"write / bare xlsxwriter              {clock.median(WRITE) / clock.median(BARE_WRITE):.2f}")
    if options.script:
        whole = clock.median(READ) + ours + clock.median(WRITE)
        print(f"PuLP + pandas script / ours, 2 stages {clock.median(SCRIPT) / whole:.2f}")


if __name__ == "__main__":
    main()
