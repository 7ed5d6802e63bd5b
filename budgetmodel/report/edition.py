"""An edition of a results workbook: the same pages, with its own class of worksheet, fills, front and contents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.material import EVIDENCE_FILE, RESULTS, Entry, Material, Placed, WorkbookSheet
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.narrative_sheet import Narrative

PRINTED = 40
"""Rows that are printed of a sheet that the evidence workbook prints in full: they fit one page."""

IN_SHORT = "Printed is the first page; the evidence workbook prints all {rows:,} rows, and has the sheets linked to."


@dataclass(frozen=True)
class Edition:
    """The class of its worksheets, whether cells have fills, the function that writes its front, and its contents.

    `file` is the workbook of a run that it is of; `live` whether its cells hold formulas, and the sheets that they read
    are hidden.
    """

    worksheet: type[Any]
    fills: bool
    front: Callable[[Any, Formats, Sequence[Placed], Material], None]
    contents: tuple[Entry, ...]
    file: str = RESULTS
    live: bool = True

    def sheets(self, material: Material) -> tuple[Placed, ...]:
        """Its sheets after the front, in order."""
        found = material.sheets(self.file, hide=self.live)
        if not self.live:
            return tuple(replace(each, sheet=as_values(each.sheet)) for each in found)
        twice = {each.name for each in material.sheets(EVIDENCE_FILE, hide=False)}
        short = [each.name for each in found if not each.hidden and each.name in twice]
        return tuple(replace(each, sheet=in_short(each.sheet)) if each.name in short else each for each in found)


def in_short(sheet: WorkbookSheet) -> WorkbookSheet:
    """A sheet that prints one page, since the evidence workbook has it too and prints all of it."""
    if not isinstance(sheet, Page) or sheet.rows <= PRINTED:
        return sheet
    return replace(sheet, printed=PRINTED, note=f"{sheet.note} {IN_SHORT.format(rows=sheet.rows)}".strip())


def as_values(sheet: WorkbookSheet) -> WorkbookSheet:
    """A sheet whose figures are the results of its formulas; it has no chart that would follow them."""
    if isinstance(sheet, Narrative):
        return replace(sheet, follows="", chart=None)
    if not isinstance(sheet, Page):
        return sheet
    return replace(sheet, columns=tuple(replace(column, formula=None) for column in sheet.columns))
