"""Needs as a file of their own: a csv of the rows, or a workbook of Needs, indices, practices and columns."""

from __future__ import annotations

import io
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.contract.schema import NEEDS
from budgetmodel.files.sets import write_files
from budgetmodel.needs.places import Need


def refuse_output(path: str | Path) -> None:
    """Raise FileTrouble unless `path` is a new .csv or .xlsx file."""
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise FileTrouble(f"'{path}' ends in neither .csv nor .xlsx. Name one of these.")
    if path.exists() or path.is_symlink():
        raise FileTrouble(f"'{path}' exists already. Name a new file.")


def write_output(found: Need, path: str | Path) -> Path:
    """Write the needs at `path`: .csv has the rows of Needs, .xlsx a sheet for each frame of `Need` as well."""
    refuse_output(path)
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return write_files({path: found.needs.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")})[0]
    import pandas as pd

    stream = io.BytesIO()
    pages = {NEEDS: found.needs, "Indices": found.indices, "Practices": found.practices, "Columns": found.columns}
    with pd.ExcelWriter(stream, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}) as book:
        for name, frame in pages.items():
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            for n, column in enumerate(frame.columns):
                book.sheets[name].set_column(n, n, max(12, min(60, len(str(column)) + 4)))
    return write_files({path: stream.getvalue()})[0]
