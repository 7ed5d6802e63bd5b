"""The problem list as a sheet of results, and as a separate workbook when a run is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from budgetmodel.contract.issues import FIELDS, SEVERITIES, Issue
from budgetmodel.excel.is_results import PROBLEMS_SUBJECT
from budgetmodel.excel.problem_rows import HEADINGS, LISTED, SHEET, listed, meaning
from budgetmodel.excel.write.styles import Formats, created
from budgetmodel.files.sets import write_files
from budgetmodel.report.page import Page, PageColumn, write_page
from budgetmodel.report.tables import Frames

FILE = "problems.xlsx"
"""The file name of the list of a refused run, in the folder of its results."""

KINDS = {"code": "text", "severity": "text", "where": "words", "found": "words", "expected": "words", "fix": "words"}


def problems_page(frames: Frames) -> Page:
    """Warnings and repairs of a run, and the reasons of failures; an issue that scenarios share has one row."""
    frame = frames["issues"].astype(str)
    scenarios = dict.fromkeys([*frames["run"]["scenario"].astype(str), *frame["scenario"]])
    rows: dict[Issue, dict[str, None]] = {}
    for scenario, *fields in frame[["scenario", *FIELDS]].itertuples(index=False):
        rows.setdefault(Issue(*fields), {})[scenario] = None
    scenario_names = ["all" if len(names) == len(scenarios) > 1 else ", ".join(names) for names in rows.values()]
    issues = list(rows)
    note = "" if len(issues) <= LISTED else f"All {len(frame):,} rows are in issues.csv."
    columns = (*_columns(issues[:LISTED]), PageColumn("Scenario", "words", scenario_names[:LISTED]))
    purpose = "What was noted, repaired or refused in the input, and what to type instead."
    return Page(SHEET, purpose, columns, note=note, table="tblProblems", marked="Severity", marks=SEVERITIES)


def _columns(issues: Sequence[Issue]) -> tuple[PageColumn, ...]:
    return tuple(
        PageColumn(heading, KINDS[field], [str(getattr(issue, field)) for issue in issues])
        for field, heading in HEADINGS
    )


def problems_bytes(issues: Sequence[Issue], name: str) -> bytes:
    """A workbook of one sheet that lists every problem of the input workbook `name`; equal lists give equal bytes."""
    mark = "To see them in the workbook itself: budgetmodel check WORKBOOK --annotate COPY.xlsx"
    page = Page(
        SHEET,
        "What keeps the workbook from being run, cell by cell, and what to type instead.",
        _columns(listed(issues)),
        note=f"{name}: {meaning(issues)} {mark}",
        table="tblProblems",
        marked="Severity",
        marks=SEVERITIES,
        back="",
    )
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"title": SHEET, "subject": PROBLEMS_SUBJECT, "author": "budgetmodel", "created": created()})
    book.add_worksheet(SHEET)
    write_page(book, Formats(book), page)
    book.close()
    return stream.getvalue()


def write_problems(issues: Sequence[Issue], folder: Path, name: str) -> Path:
    """Write `problems.xlsx` into a folder of results, which stay unchanged; returns its path.

    Raises FileTrouble when it cannot be written.
    """
    return write_files({folder / FILE: problems_bytes(issues, name)})[0]


def remove_problems(folder: Path) -> None:
    """Remove the list of an earlier, refused run, which is outdated. A file of that name by others stays."""
    path = folder / FILE
    try:
        with zipfile.ZipFile(path) as archive:
            is_list = PROBLEMS_SUBJECT.encode() in archive.read("docProps/core.xml")
        if is_list:
            path.unlink()
    except (OSError, KeyError, zipfile.BadZipFile):
        return  # there is none, it is no such list, or it is open in Excel: the results are written all the same
