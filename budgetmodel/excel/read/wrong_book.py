"""A workbook that is plainly no input: our own results, a scenario pack, or another book. One message says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from budgetmodel.contract.issues import InputErrors, Issue
from budgetmodel.contract.schema import CHANGES, SCENARIOS, Sheet, fold
from budgetmodel.excel.is_results import PROBLEMS_SUBJECT, RESULTS_SUBJECT
from budgetmodel.excel.read.cells import SheetCells
from budgetmodel.excel.read.likeness import nearest_heading
from budgetmodel.excel.read.package import Outline, Package, SheetPart, local

NEED_SHEETS = 4
"""A contract of fewer sheets that must be there is that of a pack, where each missing one is named."""

PROVENANCE, COVER = "Provenance", "Cover"
"""The sheets of results that name their input."""

INPUT = "input"
"""What stands before the input's name there."""

CORE = "docProps/core.xml"
SHOWN = 4
"""Sheets that a message lists."""

TEMPLATE = "'budgetmodel template FILE' makes one."
NAME_IT = "Name the input workbook itself."

Read = Callable[[SheetPart], SheetCells]


def refuse_wrong_book(package: Package, book: Outline, name: str, contract: Sequence[Sheet], read: Read) -> None:
    """Raise InputErrors with one issue when a workbook is plainly no input; `read` reads a sheet's cells.

    It is none when fewer than a quarter of the sheets that must be there are, or it says that we made it as results.
    """
    wanted = {fold(sheet.name): sheet.name for sheet in contract if not sheet.optional}
    listed = {fold(sheet.name): sheet for sheet in book.sheets}
    here = [known for key, known in wanted.items() if key in listed]
    if len(here) == len(wanted):
        return
    subject = _subject(package)
    if subject == RESULTS_SUBJECT:
        raise _refused("WRONG_TYPE", name, *_results(listed, read))
    if subject == PROBLEMS_SUBJECT:
        found = "this is the list of problems that a refused run wrote, not an input workbook"
        raise _refused("WRONG_TYPE", name, found, NAME_IT)
    nearly = [known for known in wanted.values() if known not in here and nearest_heading(known, list(listed))]
    if len(wanted) < NEED_SHEETS or 4 * (len(here) + len(nearly)) >= len(wanted):
        return  # each missing one is named
    if fold(SCENARIOS) in listed and {fold(SCENARIOS), fold(CHANGES)} >= listed.keys():
        found = "this is a scenario pack, with the sheets Scenarios and Changes alone"
        raise _refused("WRONG_TYPE", name, found, f"{NAME_IT} The pack goes with it: --pack {name}.")
    raise _refused("SHEET_MISSING", name, _others(listed.values(), here, wanted), f"Is this the input? {TEMPLATE}")


def _results(listed: dict[str, SheetPart], read: Read) -> tuple[str, str]:
    """What to say of our own results, with the name of the input that they are made from."""
    for sheet in (PROVENANCE, COVER):
        part = listed.get(fold(sheet))
        for _, row in read(part).rows if part is not None else ():
            cells = [cell for _, cell in sorted(row.items()) if isinstance(cell, str)]
            if len(cells) > 1 and fold(cells[0]) == INPUT:
                made = cells[-1][:200]
                found = f"these are results of budgetmodel, made from '{made}', not an input workbook"
                return found, f"Name '{made}' instead."
    return "these are results of budgetmodel, not an input workbook", NAME_IT


def _others(sheets: Collection[SheetPart], here: Sequence[str], wanted: dict[str, str]) -> str:
    """What a book holds that has none, or nearly none, of the sheets that must be there."""
    names = [f"'{sheet.name[:40]}'" for sheet in sheets if wanted.get(fold(sheet.name)) not in here]
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    needed = f"{', '.join(list(wanted.values())[:SHOWN])} and {len(wanted) - SHOWN} more"
    of_contract = f"only {', '.join(here)}" if here else "none"
    return f"of the sheets of an input ({needed}) {of_contract} is here{f', but {shown}' if names else ''}"


def _subject(package: Package) -> str:
    """The subject that the workbook's properties state; empty when they state none."""
    texts: list[str] = []
    within = {"subject": False}

    def start(tag: str, _: object) -> None:
        within["subject"] = local(tag) == "subject"

    def end(_: str) -> None:
        within["subject"] = False

    def text(data: str) -> None:
        if within["subject"]:
            texts.append(data)

    if package.has(CORE):
        package.parse(CORE, start, end, text)
    return "".join(texts)[:200].strip()


def _refused(code: str, name: str, found: str, fix: str) -> InputErrors:
    return InputErrors([Issue(code, "error", "", name, found, "an input workbook", fix)])
