"""Results -> files: the results workbook, the CSV tables beside it, and the lines on the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from budgetmodel.comparison import Comparison
    from budgetmodel.issues import BudgetError
    from budgetmodel.results import Result

NO_FAILURES: Mapping[str, BudgetError] = MappingProxyType({})


def write_results(
    results: Mapping[str, Result],
    path: str | Path,
    comparison: Comparison | None = None,
    failures: Mapping[str, BudgetError] = NO_FAILURES,
    *,
    created: datetime | None = None,
) -> list[Path]:
    """Write the results workbook at `path` (.xlsx) and every frame as CSV in the same folder; returns what was written.

    `failures` are the scenarios that have no result, with the reason; the workbook tells of them. All files are
    prepared before the first is put in place: a failure leaves earlier results whole. Equal inputs give equal bytes;
    `created` is the date written into the workbook (2000-01-01, or SOURCE_DATE_EPOCH).

    Raises FileTrouble when a file cannot be written or `path` does not end in .xlsx.
    """
    from budgetmodel.comparison import compare
    from budgetmodel.issues import FileTrouble
    from budgetmodel.report.tables import csv_tables, explained, gather, no_explanations
    from budgetmodel.report.workbook import workbook_bytes
    from budgetmodel.workbook.files import write_files

    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise FileTrouble(f"'{path}' does not end in .xlsx. Name an Excel workbook.")
    comparison = compare(results) if comparison is None else comparison
    frames = gather(results, failures) | explained(failures)
    contents = {path: workbook_bytes(results, frames, comparison, failures, created)}
    tables = csv_tables(frames | {name: frame for name, frame in no_explanations().items() if name not in frames})
    contents |= {
        path.with_name(f"{name}.csv"): text
        for name, text in tables.items()
        if name in frames or path.with_name(f"{name}.csv").exists()  # an earlier run's conflicts are emptied
    }
    return write_files(contents)
