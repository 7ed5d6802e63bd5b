"""The end of the report: binding rules and their prices, further tables, limitations, and provenance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract.frames import FRAME, ColumnType, FrameColumn
from budgetmodel.metrics.ringfences import BINDING
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, folded, page_table, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets import pages as build
from budgetmodel.report.sheets.cover import limitations
from budgetmodel.report.tables import units_of

RULES_SHOWN = 15
"""Most rules that are listed of a scenario: those missed most, then those of the highest price."""

FRAME_ROWS = 60
"""Most rows of a further table in the report."""


def rules(material: ReportMaterial) -> Markup | None:
    """Per scenario the rules that bind or are missed, how often, and the highest price of £1m of their limit."""
    if not material.results:
        return None
    units = units_of(material.frames)
    words = (
        f"A rule binds where money would move if its limit were another. The price says by how many {units.price} the "
        "answer would change if the limit were £1m higher (in brackets: it would become fairer); it holds for small "
        "changes, on the row of the rule where it is highest. A rule that binds at a price of 0 stands in nobody's way."
    )
    parts = [element("p", words)]
    for name in material.results:
        rows = _rules_of(material.of("rules", name))
        headings = (
            Heading("Rule"),
            Heading("Cell"),
            Heading("Strength"),
            Heading("Rows", "count"),
            Heading("Rows that bind", "count"),
            Heading("Missed by (\u00a3m)", "money2"),
            Heading(f"Highest price ({units.price} for \u00a31m)", "price"),
            Heading("Where that is"),
        )
        shown = table(f"Rules that bind or are missed: {name}", headings, rows[:RULES_SHOWN])
        left = len(rows) - RULES_SHOWN
        more = element("p", f"{left} more rules bind: the sheet Rules has them.", class_="note") if left > 0 else ""
        parts.append(
            folded(
                f"{name}: {len(rows)} {'rule binds or is' if len(rows) == 1 else 'rules bind or are'} missed",
                shown,
                more,
            )
        )
    return join(parts)


def _rules_of(frame: pd.DataFrame) -> list[list[object]]:
    """A row per rule of one scenario: the most missed first, then by price; money that must be spent is not a rule."""
    frame = frame[frame["rule"] != build.BALANCE]
    missed = (-frame["slack"]).clip(lower=0).where((frame["strength"] == "should") & (frame["slack"] < -BINDING), 0.0)
    frame = frame.assign(missed=missed, size=frame["price"].abs().fillna(0.0))
    rows: list[tuple[float, float, list[object]]] = []
    group = frame.groupby(["rule", "cell"], sort=False).ngroup().to_numpy()
    amount, binds, size = (frame[name].to_numpy(dtype=float) for name in ("missed", "binding", "size"))
    for own in np.split(np.argsort(group, kind="stable"), np.flatnonzero(np.diff(np.sort(group))) + 1):
        short, binding = float(amount[own].sum()), int(binds[own].sum())
        if not binding and short <= 0:
            continue
        highest = frame.iloc[own[size[own].argmax()]]
        rule, cell = highest["rule"], highest["cell"]
        named = [str(highest[d]) for d in ("year", "place", "service", "provider", "source", "component") if highest[d]]
        price, where = float(highest["price"]), ", ".join(named) if highest["size"] > 0 else ""
        rows.append(
            (short, float(highest["size"]), [rule, cell, highest["strength"], len(own), binding, short, price, where])
        )
    return [row for _, _, row in sorted(rows, key=lambda row: (-round(row[0], 8), -round(row[1], 12)))]


SHOWN_ELSEWHERE = frozenset(
    {
        "allocation",
        "flows",
        "sources",
        "places",
        "rules",
        "metrics",
        "contracts",
        "changes",
        "issues",
        "run",
        "real_terms",
    }
    | {"indicators", "success_measures", "indicator_groups", "pull", "assumptions_effect"}
)
"""Frames that other sections or the workbook's own sheets show."""


def more(material: ReportMaterial) -> Markup | None:
    """Every other table of the run, unchanged; a new frame needs no entry here."""
    parts = []
    for name, frame in material.frames.items():
        if name in SHOWN_ELSEWHERE or not len(frame):
            continue
        title = name.replace("_", " ").capitalize()
        headings = [Heading(*_heading(FRAME[name].column(str(column)), frame[column])) for column in frame.columns]
        rows = [list(row) for row in frame.head(FRAME_ROWS).itertuples(index=False)]
        cut = f"The first {FRAME_ROWS} of {len(frame):,} rows; all of them are in {name}.csv."
        note = element("p", cut, class_="note") if len(frame) > FRAME_ROWS else ""
        parts.append(
            folded(
                f"{title} ({len(frame):,} {'row' if len(frame) == 1 else 'rows'})", table(title, headings, rows), note
            )
        )
    return join(parts) if parts else None


def _heading(record: FrameColumn, column: pd.Series) -> tuple[str, str]:
    """A column's heading with its unit, and the kind of its figures."""
    words, values = record.name.replace("_", " ").capitalize(), column.infer_objects()
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return words, "text"
    return (f"{words} (\u00a3m)", "money3") if record.type is ColumnType.MONEY else (words, "price")


def limits(material: ReportMaterial) -> Markup:
    """The limitations of the figures, as a list."""
    sentences = [
        *limitations(material.settings, material.results),
        "Pictures of the money add all years together; the tables beside the workbook have every year by itself.",
        "Who wins and loses is told against the do-minimum, which gives everybody the same growth; it is no forecast.",
    ]
    return element("ol", *(element("li", sentence) for sentence in sentences))


def provenance(material: ReportMaterial) -> Markup | None:
    """Input, versions, solver and proof."""
    if not material.results:
        return None
    rows: list[list[object]] = []
    units = units_of(material.frames)
    for name, result in material.results.items():
        proof = result.certificate
        pounds = f"{proof.worst_residual * 1e6:.6f}", f"{proof.shortfall_gap * 1e6:.2f}"
        rows.append([name, *pounds, f"{proof.gap:.1e}", f"{proof.crossing_gap * 1e6:.2f}"])
    headings = (
        Heading("Scenario"),
        Heading("Worst must rule missed by (\u00a3)"),
        Heading("Shortfall proved to within (\u00a3)"),
        Heading(f"{units.noun.capitalize()} proved to within ({units.short})"),
        Heading("Money across organisations proved to within (\u00a3)"),
    )
    words = (
        "Every answer was proved after it was solved: the rules were checked again from the tables, and bounds show "
        "how much better any other allocation could be at most."
    )
    facts = page_table(build.provenance_page(material.frames), "What made these results")
    return join([element("p", words), table("The proof", headings, rows), folded("What made these results", facts)])


def closing(material: ReportMaterial) -> Markup:
    """The foot of the page."""
    first = material.first
    if first is None:
        return element("p", "Made by budgetmodel.")
    facts = f"Made by budgetmodel from {first.inputs.name}, SHA-256 {first.inputs.sha256}."
    return element("p", facts, " The figures are those of results.xlsx and of the CSV tables beside it.")
