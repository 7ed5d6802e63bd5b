"""The sheet Since last run: which inputs differ from those of the last run, and what that did."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from budgetmodel.report.page import Page
from budgetmodel.report.sheets.table_columns import column, columns_of
from budgetmodel.report.tables import Frames

NAME = "Since last run"

FIGURES = ("before", "after", "change")

LOOKS = {"£m": "money3", "share": "percent2", "index": "index"}
"""The kind of a figure by its unit."""

WORDS_WIDTH = 70.0
"""Width of the sentences in characters."""

ROWS = 2000
"""Most rows on the sheet; the CSV table has all of them."""


def since_page(frames: Frames) -> Page:
    """The sheet Since last run, from the table `since_last_run`."""
    whole = frames["since_last_run"]
    frame = whole.head(ROWS)
    looks = [LOOKS.get(str(unit), "general") for unit in frame["unit"]]
    figures = frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), None) for name in FIGURES})
    columns = (
        *columns_of("since_last_run", frame, "what", "scenario", "sheet", "cell", "old_cell"),
        *(column("since_last_run", frame, name, "words") for name in ("key", "column", "old", "new")),
        *(replace(column("since_last_run", figures, name), kinds=looks) for name in FIGURES),
        column("since_last_run", frame, "unit"),
        column("since_last_run", frame, "words", "words", width=WORDS_WIDTH),
    )
    cut = f" The first {ROWS:,} of {len(whole):,} rows; since_last_run.csv has all." if len(whole) > ROWS else ""
    purpose = (
        "What differs from the last run into this folder that was another: cells and settings first, then what that "
        f"did to each scenario's headlines and to the money of each place over all years, and why.{cut}"
    )
    return Page(NAME, purpose, columns, table="tblSinceLastRun", frozen=2)


def has_since(frames: Frames) -> bool:
    """Whether there was an earlier run that was another."""
    return "since_last_run" in frames and len(frames["since_last_run"]) > 0


def since_rows(frames: Frames) -> pd.DataFrame | None:
    """The table `since_last_run`; None where there was no earlier run that was another."""
    return frames["since_last_run"] if has_since(frames) else None
