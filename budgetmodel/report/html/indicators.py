"""The section of the report on success measures: the board's sentences, all indicators, and every place's figures."""

from __future__ import annotations

from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import folded, page_table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets.indicators import NO_EFFECT, indicator_lines, indicator_pages


def indicators(material: ReportMaterial) -> Markup | None:
    """Sentences of the leading indicators, then the two tables; None where the workbook has no indicators."""
    first = material.first
    if first is None or not len(material.frames["success_measures"]):
        return None
    lines = element("ul", *(element("li", line) for line in indicator_lines(first)))
    pages = indicator_pages(material.frames)
    tables = [folded(page.name, element("p", page.purpose), page_table(page, page.name)) for page in pages]
    return join([element("p", f"{NO_EFFECT} Money is that of '{first.scenario}'."), lines, *tables])
