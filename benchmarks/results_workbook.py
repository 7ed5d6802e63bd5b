"""Writing the results workbook and its evidence beside xlsxwriter writing the same cells and charts bare, in turn.

    python benchmarks/results_workbook.py [WORKBOOK] [--memory FOLDER] [--rounds N]

The calls that our report would make of xlsxwriter are recorded once, with their arguments: a recorded sheet takes cell
by cell, where our own take columns. The bare run makes those calls again on a new workbook and worksheets of
xlsxwriter's own: the cells, formats, tables and charts are the same, and the parts of the two files are compared. What
is left is what our report itself costs (frames to pages, formulas, widths and styles), less what it saves by writing
columns at once. Aim: within 2. The time is that of the processor, so that a busy machine does not blur it.
"""

from __future__ import annotations

import argparse
import gc
import io
import statistics
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import xlsxwriter
from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from budgetmodel import api
from budgetmodel.comparison import compare
from budgetmodel.comparison.question_frames import answers
from budgetmodel.excel.write.fast_sheet import Changes, FastSheet
from budgetmodel.excel.write.named_styles import changes
from budgetmodel.excel.write.styles import NAMED_STYLES
from budgetmodel.report import workbook as report
from budgetmodel.report.tables import gather

EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"
EDITIONS = (report.WORKING, report.EVIDENCE)
MADE = (Worksheet, Chart, Format)
"""What a workbook makes: the recorded calls name them by number."""


class Tape:
    """Calls in order: (number of the object, method, arguments); an argument that a workbook made is a number too."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str, tuple[Any, ...], dict[str, Any]]] = []
        self.options = {"in_memory": True, "strings_to_urls": False}
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}

    def number(self, thing: Any) -> int:
        """The number of an object, given when it is first seen."""
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = len(self.objects)
            self.objects.append(thing)
        return self.numbers[id(thing)]


class Reference:
    """An argument that the workbook made."""

    def __init__(self, number: int) -> None:
        self.number = number


class Recorder:
    """Stands before an object of xlsxwriter, notes each call and passes it on."""

    def __init__(self, tape: Tape, thing: Any) -> None:
        self.__dict__.update(tape=tape, thing=thing)
        tape.number(thing)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.thing, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            tape = self.tape
            noted = (tuple(noted_of(tape, v) for v in given), {k: noted_of(tape, v) for k, v in named.items()})
            result = found(*(bare(v) for v in given), **{k: bare(v) for k, v in named.items()})
            made = isinstance(result, MADE)
            known = made and id(result) in tape.numbers
            tape.calls.append((tape.number(self.thing), name, *noted))
            if made and not known:
                tape.number(result)
            return Recorder(tape, result) if made else result

        return call


def noted_of(tape: Tape, value: Any) -> Any:
    """An argument as it is noted: what the workbook made by its number; containers are copied.

    The kind of our worksheets is left out, so that xlsxwriter makes its own.
    """
    if value is FastSheet:
        return None
    if isinstance(value, Recorder):
        return Reference(tape.number(value.thing))
    if isinstance(value, dict):
        return {key: noted_of(tape, held) for key, held in value.items()}
    if isinstance(value, list):
        return [noted_of(tape, held) for held in value]
    return value


def bare(value: Any) -> Any:
    """An argument as xlsxwriter takes it."""
    if isinstance(value, Recorder):
        return value.thing
    if isinstance(value, dict):
        return {key: bare(held) for key, held in value.items()}
    if isinstance(value, list):
        return [bare(held) for held in value]
    return value


def record(write: Callable[[], bytes]) -> Tape:
    """The calls of xlsxwriter that a writer of workbooks makes."""
    tape, own = Tape(), report.new_workbook

    def opened(stream: Any, _: Changes, **__: object) -> Recorder:
        return Recorder(tape, xlsxwriter.Workbook(stream, tape.options))

    report.new_workbook = opened  # type: ignore[assignment]  # it stands in for the function
    try:
        write()
    finally:
        report.new_workbook = own
    return tape


def restored(objects: list[Any], value: Any) -> Any:
    """A noted argument with the objects of this run."""
    if isinstance(value, Reference):
        return objects[value.number]
    if isinstance(value, dict):
        return {key: restored(objects, held) for key, held in value.items()}
    if isinstance(value, list):
        return [restored(objects, held) for held in value]
    return value


def prepared(tape: Tape) -> list[tuple[int, str, tuple[Any, ...], dict[str, Any], bool]]:
    """The calls, with whether any argument has to be restored: most have plain ones and a format."""
    return [(*call, any(isinstance(v, dict | list) for v in (*call[2], *call[3].values()))) for call in tape.calls]


def replay(options: dict[str, Any], calls: list[tuple[int, str, tuple[Any, ...], dict[str, Any], bool]]) -> bytes:
    """Make the calls again on a new workbook, as a bare script would."""
    stream = io.BytesIO()
    objects: list[Any] = [xlsxwriter.Workbook(stream, options)]
    known = {id(objects[0])}
    for number, method, given, named, deep in calls:
        if deep or named:
            given = tuple(restored(objects, value) for value in given)
            named = {key: restored(objects, value) for key, value in named.items()}
        else:
            given = tuple(objects[value.number] if type(value) is Reference else value for value in given)
        result = getattr(objects[number], method)(*given, **named)
        if isinstance(result, MADE) and id(result) not in known:
            known.add(id(result))
            objects.append(result)
    return stream.getvalue()


def parts(content: bytes, changed: Changes) -> dict[str, str]:
    """The parts of a workbook by name, some of them changed as our own are."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: changed[name](text) if name in changed else text for name, text in found.items()}


def timed(step: Callable[[], list[bytes]]) -> tuple[float, list[bytes]]:
    """Processor seconds of a step, and what it gave."""
    gc.collect()
    start = process_time()
    result = step()
    return process_time() - start, result


def main() -> None:
    """Write both ways in turn and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--memory", type=Path, help="a results folder whose remembered solves are used")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    budget = api.read(options.workbook)
    results = api.solve_all(budget, memory=options.memory)
    comparison = compare(results, budget, memory=options.memory)
    frames = gather(results, {}) | answers(results, comparison)

    def ours() -> list[bytes]:
        material = report.material_of(results, frames, comparison)
        return [report.workbook_bytes(material, edition) for edition in EDITIONS]

    noted = report.material_of(results, frames, comparison)
    tapes = [record(partial(report.workbook_bytes, noted, edition)) for edition in EDITIONS]
    calls = [(tape.options, prepared(tape)) for tape in tapes]

    def bare_ones() -> list[bytes]:
        return [replay(*each) for each in calls]

    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(options.rounds):
        took, written = timed(ours)
        seconds["ours"].append(took)
        took, again = timed(bare_ones)
        seconds["bare"].append(took)
    pairs = zip(again, written, strict=True)
    same = all(parts(bare, changes(NAMED_STYLES)) == parts(own, {}) for bare, own in pairs)
    cells = sum(method.startswith("write_") for tape in tapes for _, method, *_ in tape.calls)
    size, alike = sum(map(len, written)), "the same" if same else "NOT the same"
    print(f"{options.workbook.name}: {len(results)} scenarios, {cells} cells, {size:,} bytes, {alike} both ways")
    for name, values in seconds.items():
        print(
            f"{name}: {statistics.median(values):.2f} s of the processor (min {min(values):.2f}, max {max(values):.2f})"
        )
    print(f"ours / bare xlsxwriter: {statistics.median(seconds['ours']) / statistics.median(seconds['bare']):.2f}")


if __name__ == "__main__":
    main()
