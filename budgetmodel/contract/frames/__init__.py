"""Every result table as one record, and the functions that make frames of the records.

The CSV writer, JSON, the sheets of the workbook, the report and docs/result_tables.md read the records. To add a
table, add its record to the file of its part and a function that makes its rows with `result_table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from budgetmodel.contract.frames.columns import ASKED, BREACHED, EXPLAINED, INFEASIBLE, SINCE, SOLVED
from budgetmodel.contract.frames.compared import COMPARED_FRAMES
from budgetmodel.contract.frames.explained import EXPLAINED_FRAMES
from budgetmodel.contract.frames.headline import HEADLINE_FRAMES
from budgetmodel.contract.frames.measured import MEASURED_FRAMES
from budgetmodel.contract.frames.record import MEANINGS, ColumnType, Frame, FrameColumn, Rows, framed, stacked
from budgetmodel.contract.frames.since import SINCE_FRAMES
from budgetmodel.contract.frames.solved import SOLVED_FRAMES

__all__ = [
    "ASKED",
    "BREACHED",
    "EXPLAINED",
    "FILES",
    "FRAME",
    "FRAMES",
    "INFEASIBLE",
    "SINCE",
    "SOLVED",
    "ColumnType",
    "Frame",
    "FrameColumn",
    "Rows",
    "as_markdown",
    "below",
    "names_of",
    "result_table",
    "units",
]

FRAMES: tuple[Frame, ...] = (
    *SOLVED_FRAMES,
    *MEASURED_FRAMES,
    *COMPARED_FRAMES,
    *HEADLINE_FRAMES,
    *SINCE_FRAMES,
    *EXPLAINED_FRAMES,
)
"""Every result table, in the order of docs/result_tables.md."""

FRAME: Mapping[str, Frame] = MappingProxyType({frame.name: frame for frame in FRAMES})
"""The records by name."""

FILES: Mapping[str, Frame] = MappingProxyType({frame.name: frame for frame in FRAMES if frame.file})
"""The records of the tables that runs write as CSV files."""


def names_of(part: str) -> tuple[str, ...]:
    """The names of the tables that a part of a run makes, in order."""
    return tuple(frame.name for frame in FRAMES if frame.part == part)


def result_table(name: str, rows: Rows, scenario: str | None = None) -> pd.DataFrame:
    """Rows as the result table of that name, with the columns and dtypes of its record: see `record.framed`."""
    return framed(FRAME[name], rows, scenario)


def below(name: str, pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the result table of that name below one another; an empty frame of it when there are none."""
    return stacked(FRAME[name], pieces)


def units(table: str) -> dict[str, str]:
    """The units of a result table's columns, by column; text and flags have none.

    Raises KeyError for a name that is none of FRAMES.

    >>> units("contracts")
    {'flows': 'number', 'amount': '£m', 'cost': '£m'}
    """
    if table not in FRAME:
        raise KeyError(f"There is no result table '{table}'. Choose from: {', '.join(FRAME)}.")
    return dict(FRAME[table].units)


def as_markdown() -> str:
    """Every result table as docs/result_tables.md: what a row is, its key, and its columns."""
    lines = [
        "# Result tables",
        "",
        "Written by `docs/make_result_tables.py` from the records in `budgetmodel/contract/frames/`. A run writes each",
        "table as a CSV file beside the results workbook; in Python they are frames: `result.frames[NAME]`,",
        "`comparison.frames[NAME]`, `explanation.frames[NAME]`. Columns stand in this order and have these types in",
        "every frame, also in one without rows. `budgetmodel.units(NAME)` gives the units of a table by column.",
        "",
        "## Types of columns",
        "",
        "| Type | dtype | What it holds |",
        "|---|---|---|",
        *(f"| {each} | {FrameColumn('', each, '').dtype} | {meaning} |" for each, meaning in MEANINGS.items()),
    ]
    for part in dict.fromkeys(frame.part for frame in FRAMES):
        lines += ["", f"## Tables of {part}"]
        for frame in (each for each in FRAMES if each.part == part):
            lines += ["", f"### {frame.name}", "", *_page(frame)]
    return "\n".join([*lines, ""])


def _page(frame: Frame) -> list[str]:
    key = ", ".join(f"`{name}`" for name in frame.key)
    where = "" if frame.file else " No CSV file holds it."
    return [
        f"A row: {frame.row[:1].lower()}{frame.row[1:]}{where}",
        "",
        f"Rows are named by {key}." if key else "Rows have no key: they are read in their order.",
        "",
        "| Column | Type | Unit | Meaning |",
        "|---|---|---|---|",
        *(f"| `{each.name}` | {each.type} | {each.unit} | {each.note} |" for each in (*frame.columns, *frame.optional)),
    ]
