"""The contents of the results workbooks: every sheet after the cover, in order, its level, and when there is one.

To add a sheet, add a line: its name, a function from the Material to a sheet (or several), its level and its files,
and perhaps `when`. Sheets that a formula reads, or that read another, stand in results.xlsx; long tables for whoever
looks closer in the evidence workbook, as values. Those in both are hidden in results.xlsx.
"""

from __future__ import annotations

from collections.abc import Callable

from budgetmodel.contract import schema
from budgetmodel.report.dashboard import chart_tables, decision
from budgetmodel.report.dashboard import sheet as dashboard
from budgetmodel.report.material import BOTH, DECIDE, EVIDENCE_FILE, PLACES, WORKINGS, Entry, Material
from budgetmodel.report.sheets import headlines, reasons
from budgetmodel.report.sheets import measures_sheet as measured
from budgetmodel.report.sheets import pages as build
from budgetmodel.report.sheets.assumptions import assumptions_page
from budgetmodel.report.sheets.carrying import PULL, carrying_pages
from budgetmodel.report.sheets.checks import checks_page
from budgetmodel.report.sheets.comparison import comparison_page
from budgetmodel.report.sheets.conflicts import breaches_page, conflict_pages
from budgetmodel.report.sheets.indicators import INDICATORS, indicator_pages
from budgetmodel.report.sheets.inequality import inequality_page
from budgetmodel.report.sheets.largest_prices import largest_prices_page
from budgetmodel.report.sheets.money_sheet import money_page
from budgetmodel.report.sheets.organisations import (
    INCOMES,
    LEADS,
    POOLS,
    TAILS,
    incomes_page,
    leads_page,
    pools_page,
    tails_page,
)
from budgetmodel.report.sheets.place import place_sheets
from budgetmodel.report.sheets.places import components_page, places_page
from budgetmodel.report.sheets.problems import problems_page
from budgetmodel.report.sheets.real_terms import REAL_TERMS, real_terms_pages
from budgetmodel.report.sheets.since import NAME as SINCE_LAST_RUN
from budgetmodel.report.sheets.since import has_since, since_page
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


def asked(material: Material) -> bool:
    """Shown when the workbook asks for the sheets of the 2020 engagement exercise."""
    first = next(iter(material.results.values()), None)
    return first is not None and first.inputs.settings.get(schema.ENGAGEMENT_QUESTIONS) == schema.YES


def nothing_failed(material: Material) -> bool:
    """Hidden unless a scenario has no answer, and the cover sends the reader there."""
    return bool(material.results) and not material.failures


LONG = (EVIDENCE_FILE,)
"""The files of tables that no formula reads."""

CONTENTS: tuple[Entry, ...] = (
    # Decide
    Entry(decision.NAME, decision.decision, level=DECIDE),
    Entry("Dashboard", dashboard.dashboard, level=DECIDE),
    Entry("Breaches", lambda m: breaches_page(m.frames), breached, DECIDE),
    Entry("Conflicts", lambda m: conflict_pages(m.frames), always, DECIDE),
    Entry(
        "By place",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "place", "By place", "All places"),
        level=DECIDE,
    ),
    # Places
    Entry("A sheet for each place", place_sheets, level=PLACES),
    # Evidence
    Entry("Comparison", lambda m: comparison_page(m.results, m.comparison)),
    Entry("Checks", checks_page, files=BOTH),
    Entry("Assumptions and changes", assumptions_page),
    Entry(INDICATORS, lambda m: indicator_pages(m.frames), rows("success_measures"), files=LONG),
    Entry(SINCE_LAST_RUN, lambda m: since_page(m.frames), lambda m: has_since(m.frames)),
    Entry("Four questions", lambda m: measured.questions_page(list(m.results), m.frames["questions"]), asked),
    Entry("Scorecard", lambda m: measured.scorecard_page(list(m.results), m.frames["scorecard"]), asked),
    Entry("Representation", lambda m: measured.representation_page(m.frames["representation"]), asked),
    Entry("Problems", lambda m: problems_page(m.frames), always, files=BOTH, hidden=nothing_failed),
    # Evidence in its own file
    Entry(
        "By service",
        lambda m: build.summary_page(m.frames, m.page("Allocation"), "service", "By service", "All services"),
        files=LONG,
    ),
    Entry("Split against pooled", lambda m: wall_pages(m.frames), files=LONG),
    Entry("Organisations", lambda m: measured.organisations_page(m.results, m.comparison.metrics), files=LONG),
    Entry(LEADS, lambda m: leads_page(m.frames), rows("leads"), files=LONG),
    Entry(POOLS, lambda m: pools_page(m.frames), rows("pools"), files=LONG),
    Entry(TAILS, lambda m: tails_page(m.frames), rows("tails"), files=LONG),
    Entry(INCOMES, lambda m: incomes_page(m.frames), files=LONG),
    Entry(PULL, lambda m: carrying_pages(m.frames, m.comparison.metrics), files=LONG),
    Entry("Reasons", lambda m: reasons.reason_pages(m.frames), files=LONG),
    Entry("Why", lambda m: words_page(m.waterfalls, m.page("Why steps"), m.page("Allocation")), explained, files=LONG),
    Entry("Why steps", lambda m: steps_page(m.frames["waterfall"]), explained, files=LONG),
    Entry("Measures", lambda m: measured.measures_page(m.frames["measures"]), files=LONG),
    # What formulas read
    Entry(headlines.HEADLINES, headlines.headlines_page, level=WORKINGS, files=BOTH),
    Entry(headlines.PLACES_COMPARED, headlines.places_compared_page, level=WORKINGS, files=BOTH),
    Entry("Allocation", lambda m: build.allocation_page(m.frames, m.results), level=WORKINGS, files=BOTH),
    Entry(
        "Places",
        lambda m: places_page(m.results, m.frames, m.page("Allocation"), m.page("Components")),
        level=WORKINGS,
        files=BOTH,
    ),
    Entry("Components", lambda m: components_page(m.results), level=WORKINGS, files=BOTH),
    Entry("Money", lambda m: money_page(m.results, m.page("Flows")), level=WORKINGS, files=BOTH),
    Entry("Flows", lambda m: build.flows_page(m.results, m.frames), level=WORKINGS, files=BOTH),
    Entry("Contracts", lambda m: build.contracts_page(m.frames), level=WORKINGS, files=BOTH),
    Entry(REAL_TERMS, lambda m: real_terms_pages(m.frames), level=WORKINGS, files=BOTH),
    Entry("Rules and prices", lambda m: build.rules_page(m.frames), level=WORKINGS, files=BOTH),
    Entry("Largest prices", lambda m: largest_prices_page(m.frames), level=WORKINGS, files=BOTH),
    Entry("Inequality measures", lambda m: inequality_page(m.results, m.page("Places")), level=WORKINGS, files=BOTH),
    Entry("Programmes", lambda m: build.programmes_page(m.frames, m.results), unlisted, WORKINGS),
    Entry("Provenance", lambda m: build.provenance_page(m.frames), level=WORKINGS, files=BOTH),
    # What charts read
    Entry(chart_tables.PLACES, dashboard.places_page, level=WORKINGS),
    Entry(chart_tables.ORDER, lambda m: chart_tables.order_page(m.page(chart_tables.PLACES)), level=WORKINGS),
    Entry(chart_tables.PROGRAMMES, dashboard.programmes_page, level=WORKINGS),
    Entry(chart_tables.STEPS, dashboard.steps_page, level=WORKINGS),
    Entry(
        chart_tables.CURVE,
        lambda m: dashboard.lorenz_page(m.page(chart_tables.PLACES), m.page(chart_tables.ORDER)),
        level=WORKINGS,
        files=BOTH,
    ),
)
"""The entries in the order of the tabs."""
