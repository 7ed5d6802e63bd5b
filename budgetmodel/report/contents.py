"""The contents of the results workbook: every sheet after the cover, in order, and when it is shown.

To add a sheet, add a line: its name, a function from the Material to a sheet (or several), and perhaps `when`.
"""

from __future__ import annotations

from collections.abc import Callable

from budgetmodel.report import pages as build
from budgetmodel.report import reasons
from budgetmodel.report.comparison import comparison_page
from budgetmodel.report.conflicts import conflict_pages
from budgetmodel.report.material import Entry, Material
from budgetmodel.report.organisations import INCOMES, LEADS, POOLS, incomes_page, leads_page, pools_page
from budgetmodel.report.problems import problems_page
from budgetmodel.report.proof import checks_page, money_page
from budgetmodel.report.split import split_pages
from budgetmodel.report.walls import wall_pages
from budgetmodel.report.why import steps_page, words_page


def always(_: Material) -> bool:
    """Shown even when nothing was solved."""
    return True


def explained(material: Material) -> bool:
    """Shown when the run was asked for reasons."""
    return bool(material.results and material.waterfalls)


def rows(frame: str) -> Callable[[Material], bool]:
    """Shown when there are rows of the frame."""
    return lambda material: bool(material.results) and len(material.frames[frame]) > 0


CONTENTS: tuple[Entry, ...] = (
    Entry("Conflicts", lambda m: conflict_pages(m.frames), always),
    Entry("Allocation", lambda m: build.allocation_page(m.frames)),
    Entry(
        "By place",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "place", "By place", "All places"),
    ),
    Entry(
        "By service",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "service", "By service", "All services"),
    ),
    Entry("Places", lambda m: build.places_page(m.results, m.frames)),
    Entry("Comparison", lambda m: comparison_page(m.results, m.comparison)),
    Entry("Split and pooled", lambda m: wall_pages(m.frames)),
    Entry("Measures", lambda m: split_pages(m.results, m.comparison, m.frames)),
    Entry("Money", lambda m: money_page(m.results, m.page("Flows"))),
    Entry("Flows", lambda m: build.flows_page(m.frames)),
    Entry("Contracts", lambda m: build.contracts_page(m.frames)),
    Entry(LEADS, lambda m: leads_page(m.frames), rows("leads")),
    Entry(POOLS, lambda m: pools_page(m.frames), rows("pools")),
    Entry(INCOMES, lambda m: incomes_page(m.frames)),
    Entry("Rules and prices", lambda m: build.rules_page(m.frames)),
    Entry("Reasons", lambda m: reasons.reason_pages(m.frames)),
    Entry("Why", lambda m: words_page(m.waterfalls, m.page("Why steps"), m.page("Allocation")), explained),
    Entry("Why steps", lambda m: steps_page(m.frames["waterfall"]), explained),
    Entry(
        "Checks",
        lambda m: checks_page(m.results, m.page("Money"), m.page("Allocation"), m.page("Flows"), m.page("Places")),
    ),
    Entry("Assumptions and changes", lambda m: build.changes_page(m.frames)),
    Entry("Problems", lambda m: problems_page(m.frames), always),
    Entry("Provenance", lambda m: build.provenance_page(m.frames)),
)
"""In the order of the tabs. The design's sheets come in its order; what stands beside them, where a reader looks."""
