"""The results workbook as bytes: the cover, then the sheets that `contents.py` lists."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from budgetmodel.comparison import Comparison
from budgetmodel.contract.issues import BudgetError
from budgetmodel.excel.is_results import RESULTS_SUBJECT
from budgetmodel.excel.write.fast_sheet import FastSheet, new_workbook
from budgetmodel.excel.write.named_styles import changes
from budgetmodel.excel.write.styles import NAMED_STYLES, TABS, Formats
from budgetmodel.excel.write.styles import created as creation_date
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.report.contents import CONTENTS
from budgetmodel.report.dashboard import decision
from budgetmodel.report.edition import Edition
from budgetmodel.report.evidence import write_front
from budgetmodel.report.material import DECIDE, EVIDENCE_FILE, Material, WorkbookSheet
from budgetmodel.report.page import CONSTANTS, COVER
from budgetmodel.report.sheets.cover import PLAIN_TITLE, write_cover
from budgetmodel.report.shown import NONE_MET, none_met
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result

PROPERTY_LIMIT = 255
"""Most characters of a document property."""


FIRST = decision.NAME
"""The sheet that stands before the cover, where there is one."""

WORKING = Edition(FastSheet, fills=True, front=write_cover, contents=CONTENTS)
"""The working edition."""

EVIDENCE = Edition(FastSheet, fills=True, front=write_front, contents=CONTENTS, file=EVIDENCE_FILE, live=False)
"""The long tables as values, in a workbook of their own: nothing in either refers to the other."""

NO_FAILURES: Mapping[str, BudgetError] = MappingProxyType({})
NO_WATERFALLS: Mapping[str, Waterfall] = MappingProxyType({})


def material_of(
    results: Mapping[str, Result],
    frames: Frames,
    comparison: Comparison,
    failures: Mapping[str, BudgetError] = NO_FAILURES,
    waterfalls: Mapping[str, Waterfall] = NO_WATERFALLS,
    created: datetime | None = None,
    edition: Edition = WORKING,
) -> Material:
    """The material of an edition; `frames` has the rows of all scenarios."""
    return Material(results, frames, comparison, failures, waterfalls, created or creation_date(), edition.contents)


def _said_first(sheet: WorkbookSheet) -> WorkbookSheet:
    """A sheet that begins its purpose with the fact that no scenario is met."""
    record: Any = sheet  # every class of sheets is a dataclass, which their protocol cannot say
    said: WorkbookSheet = replace(record, purpose=f"{NONE_MET} {sheet.purpose}")
    return said


def workbook_bytes(material: Material, edition: Edition = WORKING, *, fast: bool = True) -> bytes:
    """The results workbook of an edition, from the material of that edition; `fast` is that of `new_workbook`."""
    stream = io.BytesIO()
    book = new_workbook(stream, changes(NAMED_STYLES), fast=fast)
    settings = next((result.inputs.settings for result in material.results.values()), {})
    properties = {
        "title": str(settings.get("Title") or PLAIN_TITLE)[:PROPERTY_LIMIT],
        "subject": RESULTS_SUBJECT,
        "author": "budgetmodel",
        "company": str(settings.get("System") or "")[:PROPERTY_LIMIT],
        "created": material.created,
    }
    book.set_properties(properties)
    for name, value in CONSTANTS.items():
        book.define_name(name, f"={value}")
    formats = Formats(book, fills=edition.fills)
    placed = edition.sheets(material)
    tabs = [(COVER, DECIDE.name, False), *((each.name, each.level.name, each.hidden) for each in placed)]
    for name, level, hidden in sorted(tabs, key=lambda tab: tab[0] != FIRST):
        tab = book.add_worksheet(name, edition.worksheet)
        tab.set_tab_color(TABS[level])
        if hidden:
            tab.hide()
    edition.front(book, formats, placed, material)
    for each in placed:
        (_said_first(each.sheet) if none_met(material.results) else each.sheet).write(book, formats)
    book.close()
    return stream.getvalue()
