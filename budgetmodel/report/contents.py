"""The contents of the results workbook: every sheet after the cover, in order, and when it is shown.

To add a sheet, add a line: its name, a function from the Material to a sheet (or several), and perhaps `when`.
"""

from __future__ import annotations

from collections.abc import Callable

from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard import sheet as dashboard
from budgetmodel.report.material import Entry, Material
from budgetmodel.report.sheets import pages as build
from budgetmodel.report.sheets import reasons
from budgetmodel.report.sheets.assumptions import assumptions_page
from budgetmodel.report.sheets.carrying import PULL, carrying_pages
from budgetmodel.report.sheets.checks import checks_page
from budgetmodel.report.sheets.comparison import comparison_page
from budgetmodel.report.sheets.conflicts import breaches_page, conflict_pages
from budgetmodel.report.sheets.indicators import INDICATORS, indicator_pages
from budgetmodel.report.sheets.inequality import inequality_page
from budgetmodel.report.sheets.largest_prices import largest_prices_page
from budgetmodel.report.sheets.measures_sheet import measure_pages
from budgetmodel.report.sheets.money_sheet import money_page
from budgetmodel.report.sheets.organisations import INCOMES, LEADS, POOLS, incomes_page, leads_page, pools_page
from budgetmodel.report.sheets.place import place_sheets
from budgetmodel.report.sheets.places import components_page, places_page
from budgetmodel.report.sheets.problems import problems_page
from budgetmodel.report.sheets.real_terms import REAL_TERMS, real_terms_pages
from budgetmodel.report.sheets.walls import wall_pages
from budgetmodel.report.sheets.why import steps_page, words_page


def always(_: Material) -> bool:
    """Shown even when nothing was solved."""
    return True


def breached(material: Material) -> bool:
    """Shown when a scenario is not met."""
    return "breaches" in material.frames


def explained(material: Material) -> bool:
    """Shown when the run was made with --explain."""
    return bool(material.results and material.waterfalls)


def rows(frame: str) -> Callable[[Material], bool]:
    """Shown when there are rows of the frame."""
    return lambda material: bool(material.results) and len(material.frames[frame]) > 0


def unlisted(material: Material) -> bool:
    """Shown when the allocation is too long for its sheet."""
    return bool(material.results) and not material.page("Allocation").rows


CONTENTS: tuple[Entry, ...] = (
    Entry("Dashboard", dashboard.dashboard),
    Entry("Breaches", lambda m: breaches_page(m.frames), breached),
    Entry("Conflicts", lambda m: conflict_pages(m.frames), always),
    Entry("Allocation", lambda m: build.allocation_page(m.frames, m.results)),
    Entry(
        "By place",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "place", "By place", "All places"),
    ),
    Entry(
        "By service",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "service", "By service", "All services"),
    ),
    Entry("Places", lambda m: places_page(m.results, m.frames, m.page("Allocation"), m.page("Components"))),
    Entry("Components", lambda m: components_page(m.results)),
    Entry("Comparison", lambda m: comparison_page(m.results, m.comparison)),
    Entry("Split and pooled", lambda m: wall_pages(m.frames)),
    Entry("Measures", lambda m: measure_pages(m.results, m.comparison, m.frames)),
    Entry("Money", lambda m: money_page(m.results, m.page("Flows"))),
    Entry("Flows", lambda m: build.flows_page(m.results, m.frames)),
    Entry("Contracts", lambda m: build.contracts_page(m.frames)),
    Entry(LEADS, lambda m: leads_page(m.frames), rows("leads")),
    Entry(POOLS, lambda m: pools_page(m.frames), rows("pools")),
    Entry(INCOMES, lambda m: incomes_page(m.frames)),
    Entry(REAL_TERMS, lambda m: real_terms_pages(m.frames)),
    Entry(INDICATORS, lambda m: indicator_pages(m.frames), rows("success_measures")),
    Entry(PULL, lambda m: carrying_pages(m.frames, m.comparison.metrics)),
    Entry("Rules and prices", lambda m: build.rules_page(m.frames)),
    Entry("Reasons", lambda m: reasons.reason_pages(m.frames)),
    Entry("Why", lambda m: words_page(m.waterfalls, m.page("Why steps"), m.page("Allocation")), explained),
    Entry("Why steps", lambda m: steps_page(m.frames["waterfall"]), explained),
    Entry("Largest prices", lambda m: largest_prices_page(m.frames)),
    Entry("Programmes", lambda m: build.programmes_page(m.frames, m.results), unlisted),
    Entry(chart_tables.PLACES, dashboard.places_page),
    Entry(chart_tables.ORDER, lambda m: chart_tables.order_page(m.page(chart_tables.PLACES))),
    Entry(chart_tables.PROGRAMMES, dashboard.programmes_page),
    Entry(chart_tables.STEPS, dashboard.steps_page),
    Entry(
        chart_tables.CURVE, lambda m: chart_tables.curve_page(m.page(chart_tables.PLACES), m.page(chart_tables.ORDER))
    ),
    Entry("A sheet for each place", place_sheets),
    Entry("Inequality measures", lambda m: inequality_page(m.results, m.page("Places"))),
    Entry("Checks", checks_page),
    Entry("Assumptions and changes", assumptions_page),
    Entry("Problems", lambda m: problems_page(m.frames), always),
    Entry("Provenance", lambda m: build.provenance_page(m.frames)),
)
"""The entries in the order of the tabs."""
