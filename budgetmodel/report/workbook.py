"""The results workbook as bytes: the cover, then the sheets that `contents.py` lists."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import xlsxwriter

from budgetmodel.comparison import Comparison
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.issues import BudgetError
from budgetmodel.report.contents import CONTENTS
from budgetmodel.report.cover import PLAIN_TITLE, write_cover
from budgetmodel.report.material import Entry, Material
from budgetmodel.report.page import COVER, ResultSheet
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result
from budgetmodel.workbook.styles import Formats
from budgetmodel.workbook.styles import created as creation_date

PROPERTY_LIMIT = 255
"""Characters of a document property."""


def workbook_bytes(
    results: Mapping[str, Result],
    frames: Frames,
    comparison: Comparison,
    failures: Mapping[str, BudgetError],
    waterfalls: Mapping[str, Waterfall],
    created: datetime | None = None,
    contents: Sequence[Entry] = CONTENTS,
) -> bytes:
    """The results workbook; `frames` holds the rows of all scenarios."""
    made = created or creation_date()
    material = Material(results, frames, comparison, failures, waterfalls, made, contents)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    settings = next((result.budget.settings for result in results.values()), {})
    properties = {
        "title": str(settings.get("Title") or PLAIN_TITLE)[:PROPERTY_LIMIT],
        "subject": "Results of budgetmodel",
        "author": "budgetmodel",
        "company": str(settings.get("System") or "")[:PROPERTY_LIMIT],
        "created": made,
    }
    book.set_properties(properties)
    formats = Formats(book)
    sheets = material.sheets()
    for name in (COVER, *(sheet.name for sheet in sheets)):
        book.add_worksheet(name, ResultSheet)
    write_cover(book, formats, sheets, material)
    for sheet in sheets:
        sheet.write(book, formats)
    book.close()
    return stream.getvalue()
