"""The sheet Assumptions and changes: the assumptions behind the figures, and every input that a scenario changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from budgetmodel.contract import schema
from budgetmodel.contract.schema import setting_named
from budgetmodel.contract.tables import records
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.report.material import Material
from budgetmodel.report.page import Page, PageColumn

ALL = "all"
STATUS, UNSTATED = "Status", "not stated"

HEADINGS = {
    "kind": ("Kind", "text"),
    "scenario": ("Scenario", "text"),
    "cell": ("Cell", "text"),
    "what": ("What", "words"),
    "old": ("Value before a change", "words"),
    "new": ("Value used", "words"),
    "by": ("Changed by", "text"),
    "reason": ("Reason or source", "words"),
    "owner": ("Owner or status", "words"),
}

WIDTHS = {"what": 42.0, "old": 16.0, "new": 40.0, "reason": 40.0}
"""Widths of the columns of sentences, in characters."""


@dataclass(frozen=True)
class AssumptionRow:
    """A row: an assumption that all scenarios share, or a change that one makes."""

    kind: str
    scenario: str
    cell: str
    what: str
    old: str
    new: str
    by: str = ""
    reason: str = ""
    owner: str = ""


def assumptions_page(material: Material) -> Page:
    """Settings, weights of years, target, statuses of rows; then the changes, scenario by scenario."""
    inputs = next(iter(material.results.values())).inputs
    lines = [*_settings(inputs), *_years(inputs), *_target(inputs), *_statuses(inputs), *_changes(material)]
    columns = tuple(
        PageColumn(heading, kind, [getattr(line, name) for line in lines], width=WIDTHS.get(name))
        for name, (heading, kind) in ((f.name, HEADINGS[f.name]) for f in fields(AssumptionRow))
    )
    purpose = "What these results rest on, with the cell of each assumption; and every input that a scenario changes."
    return Page("Assumptions and changes", purpose, columns, table="tblAssumptions", frozen=3)


def _assumption(cell: str, what: str, value: object, reason: object = "", owner: object = "") -> AssumptionRow:
    shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return AssumptionRow("assumption", ALL, cell, what, "", shown, "", _text(reason), _text(owner))


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _settings(inputs: Inputs) -> Iterator[AssumptionRow]:
    table = inputs.tables.get(schema.ABOUT)
    names = [setting_named(str(name)) for name in table.column("Setting")] if table is not None else []
    for name, value in inputs.settings.items():
        cell = inputs.cell(schema.ABOUT, names.index(name), "Value") if name in names else ""
        yield _assumption(cell, f"About: {name}", value)


def _years(inputs: Inputs) -> Iterator[AssumptionRow]:
    for at, row in records(inputs.frame(schema.YEARS)):
        cell = inputs.cell(schema.YEARS, at, "Weight")
        what = f"What {row['Year']} counts for in the index (weight)"
        source = f"The row's source: {row['Source']}" if _text(row["Source"]) else ""
        yield _assumption(cell, what, row["Weight"], source, row[STATUS])


def _target(inputs: Inputs) -> Iterator[AssumptionRow]:
    for at, row in records(inputs.frame(schema.TARGET)):
        what = f"Target, '{row['Component']}' by need '{row['Need measure']}'"
        for column, words in (
            ("Weight", "weight"),
            ("Keep at least", "keep at least"),
            ("Keep at most", "keep at most"),
        ):
            value = row[column]
            share = f"{value:.1%} of the do-minimum" if column != "Weight" and isinstance(value, float) else value
            cell = inputs.cell(schema.TARGET, at, column)
            yield _assumption(cell, f"{what}: {words}", share, row["Why"] or row["Source"], row[STATUS])


def _statuses(inputs: Inputs) -> Iterator[AssumptionRow]:
    """The number of rows of each sheet by status: published, derived, illustrative, not stated."""
    for sheet in schema.SHEETS:
        if STATUS not in [column.name for column in sheet.columns] or sheet.name not in inputs.frames:
            continue
        frame = inputs.frame(sheet.name)
        if frame.empty or STATUS not in frame:
            continue
        counts = Counter(str(value) if value in schema.STATUSES else UNSTATED for value in frame[STATUS])
        counted = ", ".join(f"{counts[name]:,} {name}" for name in (*schema.STATUSES, UNSTATED) if counts[name])
        yield _assumption(sheet.name, f"Where the {len(frame):,} rows of {sheet.name} are from", counted)


def _changes(material: Material) -> Iterator[AssumptionRow]:
    frame = material.frames["changes"].astype(str)
    for _, row in records(frame):
        names = ("scenario", "cell", "old", "new", "change_cell", "reason", "owner")
        scenario, cell, old, new, by, reason, owner = (str(row[name]) for name in names)
        yield AssumptionRow("change", scenario, cell, f"Changed in '{scenario}'", old, new, by, reason, owner)
