"""The data of the sheets of results. Each sheet is made once; a sheet may ask for any other by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import pandas as pd

from budgetmodel.comparison import Comparison
from budgetmodel.comparison.headline import Headline, headline
from budgetmodel.contract.issues import BudgetError
from budgetmodel.excel.write.styles import Formats
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.report.page import Page, insist_finite
from budgetmodel.report.tables import Frames, coded
from budgetmodel.results import Result


class WorkbookSheet(Protocol):
    """A sheet of results: `Page`, and any other class with a name, a purpose and a method `write`."""

    @property
    def name(self) -> str:
        """The name on its tab, at most 31 characters."""

    @property
    def purpose(self) -> str:
        """What it shows, as a sentence of the contents."""

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name, which exists already."""


RESULTS, EVIDENCE_FILE = "results", "evidence"
"""The workbooks of a run: the one with formulas, and the one with the long tables as values."""

BOTH = (RESULTS, EVIDENCE_FILE)


@dataclass(frozen=True)
class Level:
    """For whom sheets are: the name, the colour of their tabs (of `styles.TABS`), and whether results.xlsx hides them.

    A hidden sheet holds what formulas read. It is a copy that is visible in the evidence workbook, or feeds a chart.
    """

    name: str
    says: str
    hidden: bool = False


DECIDE = Level("Decide", "what is to be decided, and how the scenarios compare")
PLACES = Level("Places", "a sheet for each place")
EVIDENCE = Level("Evidence", "what the figures rest on")
WORKINGS = Level("Workings", "what formulas read; hidden", hidden=True)
LEVELS = (DECIDE, PLACES, EVIDENCE, WORKINGS)
"""The levels in the order of the tabs."""


@dataclass(frozen=True)
class Entry:
    """A line of the contents: a name, the function that makes the sheet or sheets, and when there are any.

    `level` says for whom they are, `files` in which workbooks they stand, `hidden` whether results.xlsx hides
    them where that is not for the level to say.
    """

    name: str
    make: Callable[[Material], WorkbookSheet | Sequence[WorkbookSheet]]
    when: Callable[[Material], bool] = lambda material: bool(material.results)
    level: Level = EVIDENCE
    files: tuple[str, ...] = (RESULTS,)
    hidden: Callable[[Material], bool] | None = None

    def hides(self, material: Material) -> bool:
        """Whether results.xlsx hides its sheets."""
        return self.level.hidden if self.hidden is None else self.hidden(material)


@dataclass(frozen=True)
class Placed:
    """A sheet in a workbook: its level, and whether it is hidden there."""

    sheet: WorkbookSheet
    level: Level
    hidden: bool = False

    @property
    def name(self) -> str:
        """The name on its tab."""
        return self.sheet.name

    @property
    def purpose(self) -> str:
        """What it shows."""
        return self.sheet.purpose


@dataclass(frozen=True)
class Material:
    """Everything that the sheets show. `frames` has the rows of all scenarios; `created` is the date of the file.

    `entries` are the contents of the workbook in order. A sheet that refers to another asks for it with `page`,
    whatever their order: each is made once, when it is first asked for.
    """

    results: Mapping[str, Result]
    frames: Frames
    comparison: Comparison
    failures: Mapping[str, BudgetError]
    waterfalls: Mapping[str, Waterfall]
    created: datetime
    entries: Sequence[Entry]
    made: dict[str, tuple[WorkbookSheet, ...]] = field(default_factory=dict)
    coded: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def found(self) -> Headline | None:
        """The headline of the run; None when nothing was solved."""
        return headline(self.results, self.comparison)

    def frame(self, scenario: str, name: str) -> pd.DataFrame:
        """A frame of a result with its texts as categories (`tables.coded`), made when it is first asked for."""
        if (scenario, name) not in self.coded:
            self.coded[scenario, name] = coded(self.results[scenario].frames[name])
        return self.coded[scenario, name]

    def sheets(self, file: str, *, hide: bool) -> tuple[Placed, ...]:
        """The sheets of one of the workbooks, in order; without `hide` none is hidden."""
        return tuple(
            Placed(sheet, entry.level, hide and entry.hides(self))
            for entry in self.entries
            if file in entry.files
            for sheet in self.of(entry.name)
        )

    def of(self, name: str) -> tuple[WorkbookSheet, ...]:
        """The sheets of an entry; none when it is not shown.

        Raises KeyError when there is no such entry, ValueError when a figure of a page is infinite.
        """
        if name not in self.made:
            entry = {entry.name: entry for entry in self.entries}[name]
            found = entry.make(self) if entry.when(self) else ()
            self.made[name] = tuple(found) if isinstance(found, Sequence) else (found,)
            for sheet in self.made[name]:
                if isinstance(sheet, Page):
                    insist_finite(sheet)
        return self.made[name]

    def page(self, name: str) -> Page:
        """The page of an entry that makes one; KeyError when it is not shown."""
        for sheet in self.of(name):
            if isinstance(sheet, Page):
                return sheet
        raise KeyError(name)
