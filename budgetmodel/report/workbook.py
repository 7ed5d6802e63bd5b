"""The results workbook as bytes: which sheets there are and in which order."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime

import xlsxwriter

from budgetmodel.comparison import Comparison
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.issues import BudgetError
from budgetmodel.report import pages as build
from budgetmodel.report.comparison import comparison_page
from budgetmodel.report.conflicts import conflict_pages
from budgetmodel.report.cover import PLAIN_TITLE, write_cover
from budgetmodel.report.page import COVER, Page, write_page
from budgetmodel.report.problems import problems_page
from budgetmodel.report.proof import checks_page, money_page
from budgetmodel.report.reasons import reason_pages
from budgetmodel.report.tables import Frames
from budgetmodel.report.walls import wall_pages
from budgetmodel.report.why import why_pages
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
) -> bytes:
    """The results workbook; `frames` holds the rows of all scenarios."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False})
    settings = next((result.budget.settings for result in results.values()), {})
    properties = {
        "title": str(settings.get("Title") or PLAIN_TITLE)[:PROPERTY_LIMIT],
        "subject": "Results of budgetmodel",
        "author": "budgetmodel",
        "company": str(settings.get("System") or "")[:PROPERTY_LIMIT],
        "created": created or creation_date(),
    }
    book.set_properties(properties)
    formats = Formats(book)
    pages = all_pages(results, frames, comparison, waterfalls)
    for name in (COVER, *(page.name for page in pages)):
        book.add_worksheet(name)
    write_cover(book, formats, pages, results, comparison, failures)
    for page in pages:
        write_page(book, formats, page)
    book.close()
    return stream.getvalue()


def all_pages(
    results: Mapping[str, Result], frames: Frames, comparison: Comparison, waterfalls: Mapping[str, Waterfall]
) -> list[Page]:
    """Every sheet after the cover; without results only what is known of the failures."""
    if not results:
        return [*conflict_pages(frames), problems_page(frames)]
    allocation = build.allocation_page(frames)
    flows = build.flows_page(frames)
    places = build.places_page(results, frames)
    money = money_page(results, flows)
    return [
        comparison_page(results, comparison),
        *wall_pages(frames),
        *conflict_pages(frames),
        build.summary_page(frames, allocation, "place", "By place", "All places"),
        build.summary_page(frames, allocation, "service", "By service", "All services"),
        *(why_pages(waterfalls, frames["waterfall"], allocation) if waterfalls else ()),
        *reason_pages(frames),
        allocation,
        places,
        money,
        flows,
        build.rules_page(frames),
        build.contracts_page(frames),
        checks_page(results, money, allocation, flows, places),
        build.changes_page(frames),
        problems_page(frames),
        build.provenance_page(frames),
    ]
