"""Results -> files: the results workbook, the HTML report, the CSV tables and the manifest; and the console's lines."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from budgetmodel.comparison import Comparison
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.comparison.since import Since
    from budgetmodel.contract.issues import BudgetError
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.results import Result
    from budgetmodel.whatif import WhatIf

NO_FAILURES: Mapping[str, BudgetError] = MappingProxyType({})
NO_WATERFALLS: Mapping[str, Waterfall] = MappingProxyType({})
NO_EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({})

RESULTS = "results.xlsx"
"""The file name of the results workbook of a run."""

EVIDENCE_ENDING, PUBLISHED_ENDING = "_evidence.xlsx", "_published.xlsx"
"""The ends of the file names of the evidence workbook and of the published edition."""


def workbook_names(results: str) -> dict[tuple[str, bool], str]:
    """The file names of the workbooks of a run whose results workbook has this name, by file and published or not."""
    stem = results[: -len(".xlsx")]
    evidence = f"{stem}{EVIDENCE_ENDING}"
    return {
        ("results", False): results,
        ("evidence", False): evidence,
        ("results", True): f"{stem}{PUBLISHED_ENDING}",
        ("evidence", True): f"{evidence[: -len('.xlsx')]}{PUBLISHED_ENDING}",
    }


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch garbage collection off inside the block.

    Writing makes hundreds of thousands of cells that all exist until the file is made; collections that search them
    and all results take a tenth of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@uncollected()
def write_results(
    results: Mapping[str, Result],
    path: str | Path,
    comparison: Comparison | None = None,
    failures: Mapping[str, BudgetError] = NO_FAILURES,
    waterfalls: Mapping[str, Waterfall] = NO_WATERFALLS,
    explanations: Mapping[str, Explanation] = NO_EXPLANATIONS,
    *,
    since: Since | None = None,
    one_for_all: OneForAll | None = None,
    created: datetime | None = None,
    publish: bool = False,
    board: bool = False,
    whatif: WhatIf | None = None,
    told: Callable[[str], None] = lambda _: None,
    fast: bool = True,
) -> list[Path]:
    """Write the results workbook at `path` (.xlsx), and the HTML report and tables beside it; returns their paths.

    In the same folder: the long tables as NAME_evidence.xlsx, report.html, every frame as CSV, and manifest.json, which
    names the files of this run.

    `failures` are the scenarios that have no result, or one of status `not met`, with the reason; the workbook lists
    them, and pages call an answer that is not met `not met: NAME`. With `waterfalls` it
    explains every place's allocation, and `waterfall.csv` has the steps; with `explanations`, headroom, prices,
    freedom and weights have sheets and CSV files too. Without, those of an earlier run are removed.

    `since` is what changed since the last run into the folder (`comparison.since`): pages say it, `since_last_run.csv`
    has it, and `input_cells.csv` keeps the input for the next run. The published edition says nothing of it.

    `one_for_all` is the change with which all scenarios can be met that cannot: the sheet Ways out has it too.

    With `publish` there are two more workbooks, `NAME_published.xlsx` and `NAME_evidence_published.xlsx`: the edition
    that follows the Analysis Function's rules for published spreadsheets. Without, those of an earlier run are removed,
    since their figures would be others.

    With `board` there is a board pack of two A4 pages: board.html, and board.pdf where a browser or LibreOffice is at
    hand; `told` is called with a sentence where none is. Without, one of an earlier run is removed.

    With `whatif` there is whatif.html, the page that solves these scenarios again where no Python is; `told` is called
    with a sentence where the solver for the browser is not on this machine. Without, one of an earlier run is removed.

    The files are a set: a failure, even a killed run, leaves all old or all new ones (`files.sets`). Equal
    inputs give equal bytes (of a PDF, what prints it decides); when not `fast`, the workbooks are written by
    xlsxwriter's public calls alone, which gives the same bytes. `created` is the date written into
    the workbook (2000-01-01, or SOURCE_DATE_EPOCH).

    Raises FileTrouble when a file cannot be written, when one of them is an input of these results, and when `path`
    does not end in .xlsx; TypeError when `results` is not a mapping of results; ValueError when there is nothing to
    write, and when the frames of a result are not those that its certificate proves.
    """
    from budgetmodel import browser_solver
    from budgetmodel.comparison import compare
    from budgetmodel.comparison.question_frames import answers
    from budgetmodel.contract.issues import FileTrouble
    from budgetmodel.excel.is_results import is_results
    from budgetmodel.files.sets import write_files
    from budgetmodel.report.html.board import FILE as BOARD
    from budgetmodel.report.html.board import PRINTED, board_bytes
    from budgetmodel.report.html.document import FILE, report_bytes
    from budgetmodel.report.manifest import MANIFEST, as_written, manifest_bytes, with_results_id
    from budgetmodel.report.printed import as_pdf
    from budgetmodel.report.protect_inputs import refuse_inputs
    from budgetmodel.report.published import PUBLISHED, PUBLISHED_EVIDENCE
    from budgetmodel.report.sheets.why import waterfall_frame
    from budgetmodel.report.shown import renamed_frames, shown
    from budgetmodel.report.tables import (
        breach_tables,
        csv_tables,
        explanation_tables,
        gather,
        infeasibility_tables,
        left_over,
    )
    from budgetmodel.report.whatif.page import FILE as WHAT_IF
    from budgetmodel.report.whatif.page import what_if_bytes
    from budgetmodel.report.workbook import EVIDENCE, WORKING, material_of, workbook_bytes
    from budgetmodel.results import check_mapping, check_unchanged

    check_mapping(results)
    if not results and not failures:
        raise ValueError("There are no results to write. Solve a scenario first, or hand over the failures.")
    check_unchanged(results)
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise FileTrouble(f"'{path}' does not end in .xlsx. Name an Excel workbook.")
    comparison = compare(results) if comparison is None else comparison
    frames = gather(results, failures) | infeasibility_tables(failures, one_for_all) | breach_tables(results)
    frames |= explanation_tables(explanations)
    frames |= {name: frame for name, frame in comparison.frames.items() if len(frame)}
    frames |= answers(results, comparison)
    if waterfalls:
        frames["waterfall"] = waterfall_frame(waterfalls)
    if since is not None:
        frames |= since.tables
    tables, frames = with_results_id(frames, csv_tables(frames))
    seen = shown(results, comparison, failures, waterfalls)
    named = {**renamed_frames(frames, seen.names), **(answers(seen.results, seen.comparison) if seen.names else {})}
    made = seen.results, named, seen.comparison, seen.failures, seen.waterfalls, created
    material = material_of(*made)
    names = {key: path.with_name(name) for key, name in workbook_names(path.name).items()}
    contents = {
        names[edition.file, False]: workbook_bytes(material, edition, fast=fast) for edition in (WORKING, EVIDENCE)
    }
    if publish:
        edited = material_of(*made, PUBLISHED)
        contents |= {
            names[edition.file, True]: workbook_bytes(edited, edition, fast=fast)
            for edition in (PUBLISHED, PUBLISHED_EVIDENCE)
        }
    contents[path.with_name(FILE)] = report_bytes(material)
    packs = path.with_name(BOARD), path.with_name(PRINTED)
    if board:
        contents[packs[0]] = board_bytes(material)
        printed, why = as_pdf(contents[packs[0]])
        if printed is not None:
            contents[packs[1]] = printed
        else:
            told(why)
    asked_again = path.with_name(WHAT_IF)
    if whatif is not None and whatif.scenarios:
        solver = browser_solver.found()
        if solver is not None:
            contents[asked_again] = what_if_bytes(whatif, solver)
        else:
            told(browser_solver.MISSING)
    contents |= {path.with_name(f"{name}.csv"): text for name, text in tables.items()}
    contents[path.with_name(MANIFEST)] = manifest_bytes({each.name: text for each, text in contents.items()}, frames)
    outdated = [each for each in names.values() if each not in contents and is_results(each)]
    outdated += left_over(path, frames)
    outdated += [pack for pack in (*packs, asked_again) if pack not in contents and as_written(path.parent, pack.name)]
    refuse_inputs([*contents, *outdated], results)
    return write_files(contents, remove=outdated)
