"""The main job, step by step, beside the bare libraries doing the same amount of work, in turn on this machine.

    python benchmarks/main_job.py [WORKBOOK] [--scenario NAME] [--rounds N] [--script]

Prints the median seconds of each step and the ratios: reading beside openpyxl reading the cells, solving beside
highspy given the finished arrays, writing beside xlsxwriter writing the cells. `--script` adds an idiomatic
PuLP + pandas script of the same model: a dictionary of variables, one lpSum per row, the problem rebuilt for each
stage, and results written with DataFrame.to_excel.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
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
from budgetmodel.compare import compare
from budgetmodel.program.assemble import assemble
from budgetmodel.program.constraints import INDEX, SHORTFALL
from budgetmodel.program.model import Program
from budgetmodel.program.solver import pulp_problem
from budgetmodel.program.stages import solve_stages
from budgetmodel.report import write_results

BARE_WRITE = "  bare xlsxwriter, the cells of the tables"
EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a step takes, and what it returns."""
    start = perf_counter()
    result = step()
    return perf_counter() - start, result


def bare_read(path: Path) -> int:
    """openpyxl reading every cell: the least that reading with addresses can cost."""
    book = load_workbook(path, read_only=True, data_only=True)
    return sum(1 for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None)


def bare_solve(program: Program) -> float:
    """highspy given the finished arrays: the shortfall, then the index with the shortfall held, by interior point."""
    core = program.before("turnover")
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
        model.addRow(-np.inf, value * (1 + 1e-7) + 1e-7, len(short), short.astype(np.int32), core.costs[SHORTFALL][short])
    model.changeColsCost(columns, np.arange(columns, dtype=np.int32), core.costs[INDEX])
    model.run()
    return float(model.getInfo().objective_function_value)


def bare_write(frames: list[pd.DataFrame], path: Path) -> int:
    """xlsxwriter writing the same cells, one call each."""
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


def script(path: Path, scenario: str, program: Program, out: Path) -> float:
    """What an analyst would write: pandas reads the sheets, PuLP gets one lpSum per row and is rebuilt per stage."""
    sheets = pd.read_excel(path, sheet_name=None, header=3)
    core = program.before("turnover")
    held: list[tuple[np.ndarray[Any, Any], float]] = []
    index = float("nan")
    for stage in (SHORTFALL, INDEX):
        problem = pulp.LpProblem(f"{scenario}".replace(" ", "_"), pulp.LpMinimize)
        x = {j: problem.add_variable(f"x{j}", low, None if np.isinf(high) else high) for j, (low, high) in enumerate(zip(core.low, core.high, strict=True))}
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


def main() -> None:
    """Run the steps in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--scenario")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--script", action="store_true")
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {}

    def note(step: str, took: float) -> None:
        seconds.setdefault(step, []).append(took)

    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            took, budget = timed(lambda: api.read(options.workbook))
            note("read and check", took)
            note("  bare openpyxl", timed(lambda: bare_read(options.workbook))[0])
            scenario = options.scenario or budget.scenarios[0]
            took, (structure, _) = timed(lambda: api.scenario_structure(budget, scenario))
            took_program, (program, layout) = timed(lambda: assemble(structure))
            note("build", took + took_program)
            note("  PuLP problem alone", timed(lambda: pulp_problem(program.before("turnover"), program.costs[SHORTFALL]))[0])
            marks: list[tuple[str, float]] = []
            timed(lambda: solve_stages(program, layout, progress=lambda name: marks.append((name, perf_counter()))))
            marks.append(("end", perf_counter()))
            for (name, start), (_, end) in zip(marks, marks[1:], strict=False):
                note(f"solve: {name}", end - start)
            took, index = timed(lambda: bare_solve(program))
            note("  bare highspy, shortfall and index", took)
            took, result = timed(lambda: api.solve(budget, scenario))
            note("solve, prove and publish one scenario", took)
            results = {scenario: result}
            took, files = timed(lambda: write_results(results, Path(folder) / "results.xlsx", compare(results)))
            note("write results", took)
            frames = [pd.read_csv(file, keep_default_na=False) for file in files if file.suffix == ".csv" and file.stem != "rules"]
            note(BARE_WRITE, timed(lambda: bare_write(frames, Path(folder) / "bare.xlsx"))[0])
            if options.script:
                took, other = timed(lambda: script(options.workbook, scenario, program, Path(folder) / "script.xlsx"))
                note("PuLP + pandas script, two stages", took)
                print(f"index: ours {result.metric('index'):.7f}, bare {index:.7f}, script {other:.7f}")
    print(f"{options.workbook.name}, {scenario}: {program.shape[0]} rows, {program.shape[1]} columns, {program.shape[2]} non-zeros")
    middle = {step: statistics.median(values) for step, values in seconds.items()}
    for step, value in middle.items():
        print(f"{step:42s} {value:8.2f} s   (min {min(seconds[step]):.2f}, max {max(seconds[step]):.2f})")
    ours = middle["solve: shortfall"] + middle["solve: index"]
    bare = middle["  bare highspy, shortfall and index"]
    print(f"read / bare {middle['read and check'] / middle['  bare openpyxl']:.2f}")
    print(f"stages 1 and 2 / bare highspy {ours / bare:.2f}; overhead {ours - bare:.2f} s")
    print(f"write / bare xlsxwriter {middle['write results'] / middle[BARE_WRITE]:.2f}")



if __name__ == "__main__":
    main()
