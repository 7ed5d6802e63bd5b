"""Tables of what a run keeps for the next one into its folder, and of what changed since the last one."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import SINCE, by_row, count, scenario_named, text, unit
from budgetmodel.contract.frames.record import Frame

RUN, CELL, SETTING, SCENARIO, SUMMARY, HEADLINE, PLACE, REASON = (
    *("run", "cell", "setting", "scenario", "summary", "headline", "place", "why"),
)
"""What a row of `since_last_run` is about, in the order of the rows."""

INPUT_CELLS = Frame(
    "input_cells",
    SINCE,
    "A filled cell of the input workbook, or a heading, as the run read it.",
    ("sheet", "cell"),
    (
        text("sheet", "The sheet."),
        text("cell", "Its address, as `K14`."),
        count("row", "Its row on the sheet."),
        text("column", "The column's name, without its unit."),
        text(
            "kind",
            "`heading`, `own heading` (a column that the contract lacks), `number`, `text`, `yes or no`, `date`.",
        ),
        text("value", "What it holds; numbers with all their digits."),
    ),
)

SINCE_LAST_RUN = Frame(
    "since_last_run",
    SINCE,
    "Something that differs from the last run into the folder that was another: what went in, and what came out.",
    (),
    (
        scenario_named("scenario", "The scenario it is of; blank for all."),
        text(
            "what",
            f"`{RUN}` (which run it is compared with), `{CELL}`, `{SETTING}`, `{SCENARIO}` (added, removed, or without "
            f"an answer), `{SUMMARY}` (a scenario's figures in a sentence), `{HEADLINE}` (a metric), `{PLACE}` (its "
            f"money over all years), `{REASON}`.",
            "What differs",
        ),
        text("sheet", "The sheet of a cell."),
        text("cell", "The cell's address now."),
        text("old_cell", "Its address in the last run.", "Cell then"),
        text("key", "What names the row, the setting, the metric or the place.", "Row, setting, metric or place"),
        text("column", "The column of a cell; blank for a whole row."),
        text("old", "What it was.", "Old"),
        text("new", "What it is.", "New"),
        by_row("before", "The figure of the last run.", "Last run"),
        by_row("after", "The figure now.", "Now"),
        by_row("change", "Now less the last run.", "Change"),
        unit,
        text("words", "All of it in a sentence.", "In words"),
    ),
)

SINCE_FRAMES = (INPUT_CELLS, SINCE_LAST_RUN)
