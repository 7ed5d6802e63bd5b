"""The results workbook as bytes: the cover, then the sheets that `contents.py` lists."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import xlsxwriter

from budgetmodel.comparison import Comparison
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.issues import BudgetError
from budgetmodel.report.contents import CONTENTS
from budgetmodel.report.cover import PLAIN_TITLE, write_cover
from budgetmodel.report.edition import Edition
from budgetmodel.report.material import Material
from budgetmodel.report.page import CONSTANTS, COVER, ResultSheet
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result
from budgetmodel.workbook.named_styles import finished
from budgetmodel.workbook.styles import NAMED_STYLES, Formats
from budgetmodel.workbook.styles import created as creation_date

PROPERTY_LIMIT = 255
"""Characters of a document property."""


SUBJECT = "Results of budgetmodel"
"""The property by which we know a workbook of ours again."""

WORKING = Edition(ResultSheet, fills=True, front=write_cover, contents=CONTENTS)
"""The edition to work with."""


def workbook_bytes(
    results: Mapping[str, Result],
    frames: Frames,
    comparison: Comparison,
    failures: Mapping[str, BudgetError],
    waterfalls: Mapping[str, Waterfall],
    created: datetime | None = None,
    edition: Edition = WORKING,
) -> bytes:
    """The results workbook; `frames` holds the rows of all scenarios."""
    made = created or creation_date()
    material = Material(results, frames, comparison, failures, waterfalls, made, edition.contents)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    settings = next((result.budget.settings for result in results.values()), {})
    properties = {
        "title": str(settings.get("Title") or PLAIN_TITLE)[:PROPERTY_LIMIT],
        "subject": SUBJECT,
        "author": "budgetmodel",
        "company": str(settings.get("System") or "")[:PROPERTY_LIMIT],
        "created": made,
    }
    book.set_properties(properties)
    for name, value in CONSTANTS.items():
        book.define_name(name, f"={value}")
    formats = Formats(book, fills=edition.fills)
    sheets = material.sheets()
    for name in (COVER, *(sheet.name for sheet in sheets)):
        book.add_worksheet(name, edition.worksheet)
    edition.front(book, formats, sheets, material)
    for sheet in sheets:
        sheet.write(book, formats)
    book.close()
    return finished(stream.getvalue(), NAMED_STYLES)


def is_results(path: Path) -> bool:
    """Whether a file is a workbook of results that a run wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return SUBJECT.encode() in archive.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False  # there is none, or it is somebody else's
