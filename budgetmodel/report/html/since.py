"""The section of the report on what changed since the last run into the folder."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from budgetmodel.comparison.since import brief
from budgetmodel.contract.frames.since import CELL, HEADLINE, PLACE, SETTING
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, figure, folded, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets.since import LOOKS, since_rows

ROWS = 200
"""Most rows of a table; the CSV table has all of them."""


def since(material: ReportMaterial) -> Markup | None:
    """The sentences, then what differs, the headlines and the money of places as tables; None for a first run."""
    rows = since_rows(material.frames)
    if rows is None:
        return None
    first, *others = brief(rows)
    parts = [element("p", first, class_="lead"), element("ul", *(element("li", words) for words in others))]
    differs = rows[rows["what"].isin((CELL, SETTING))]
    where = [f"{sheet}!{cell}" if sheet else "" for sheet, cell in zip(differs["sheet"], differs["cell"], strict=True)]
    columns = (
        differs["key"].tolist(),
        differs["column"].tolist(),
        where,
        differs["old"].tolist(),
        differs["new"].tolist(),
    )
    cells = list(zip(*columns, strict=True))[:ROWS]
    if cells:
        what = "Cells and settings that differ"
        headings = [Heading(words) for words in ("Row or setting", "Column", "Cell", "Old", "New")]
        parts.append(folded(f"{what} ({len(differs):,})", table(what, headings, cells)))
    parts += _figures(
        rows[rows["what"] == HEADLINE], "Headlines of each scenario, last run and now", "column", "Figure"
    )
    parts += _figures(rows[rows["what"] == PLACE], "Money of each place over all years (£m)", "key", "Place")
    return join(parts)


def _figures(rows: pd.DataFrame, caption: str, named: str, heading: str) -> Sequence[Markup]:
    """A folded table of figures: what it is of, the scenario, last run, now, change; none without rows."""
    if not len(rows):
        return ()
    shown = rows.head(ROWS)
    kinds = [LOOKS.get(str(unit), "mean") for unit in shown["unit"]]
    columns = (
        Heading(heading),
        Heading("Scenario"),
        *(Heading(text, "money") for text in ("Last run", "Now", "Change")),
    )
    records = zip(*(shown[name] for name in (named, "scenario", "before", "after", "change")), kinds, strict=True)
    lines = [(what, who, *(figure(value, kind) for value in values)) for what, who, *values, kind in records]
    return (folded(caption, table(caption, columns, lines)),)
