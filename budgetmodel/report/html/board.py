"""The board pack: two A4 pages made for print. The first is the decision, the second three charts of it."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.comparison.headline import Headline, main_component
from budgetmodel.comparison.headline_words import closes, percent, places_words, plus, today_or
from budgetmodel.report.html.decision import content
from budgetmodel.report.html.document import Section, page, report_material
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.places import distances_of
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.material import Material as Sheets
from budgetmodel.report.pictures.distance import common_ends, drawn, finding, overlaid
from budgetmodel.report.pictures.frame import LEFT_ARROW, RIGHT_ARROW
from budgetmodel.report.pictures.signed_bars import Bar, signed_bars
from budgetmodel.report.sheets.decision_paper import paper_of

FILE, PRINTED = "board.html", "board.pdf"
"""The pack's file names, in the folder of the results workbook."""

SHOWN = 20
"""Most bars or places of a chart; with more, those at either end."""


def board_bytes(sheets: Sheets) -> bytes:
    """The pack as UTF-8: one file, no script, nothing loaded; equal inputs give equal bytes."""
    material = report_material(sheets)
    paper = paper_of(material.results, material.frames, material.found)
    if paper is None:
        return page(material, [], navigation=False).encode("utf-8")
    sections = [
        Section("decision", "The decision on one page", content(paper, material)),
        Section("charts", f"{paper.pair} in three charts", charts(material, paper.found)),
    ]
    return page(material, sections, navigation=False).encode("utf-8")


def charts(material: ReportMaterial, found: Headline) -> Markup:
    """What each place gets more or less, how far each is from its fair share, and what the scenarios come to."""
    return join(_figure(*parts) for parts in (_worth(found), _distance(material, found), _closed(found)))


def _figure(title: str, unit: str, picture: Markup) -> Markup:
    """A chart under its finding and its unit."""
    return element("figure", element("h3", title), element("p", unit, class_="note"), picture)


def _worth(found: Headline) -> tuple[str, str, Markup]:
    lines = sorted(found.places, key=lambda line: -line.difference)
    shown = _ends(lines)
    bars = [Bar(line.place, line.difference, plus(line.difference)) for line in shown]
    base = today_or(found.base, found)
    title = f"{found.compared} {places_words(found)}"
    unit = f"Money of all years under {found.compared} less that under {base}, £m"
    scale = f"less {LEFT_ARROW} {base} {RIGHT_ARROW} more"
    return title, unit, signed_bars(title, unit, scale, bars, "board-worth")


def _distance(material: ReportMaterial, found: Headline) -> tuple[str, str, Markup]:
    """The distances before and after: a mark for the compared scenario, and one for the base where it is one."""
    what = f"{main_component(material.results[found.compared])}, {found.year}"
    listed = {
        name: distances_of(material, material.results[name])
        for name in (found.compared, found.base)
        if name in material.results
    }
    shown = drawn(listed[found.compared], SHOWN)
    places = [each.place for each in shown]
    kept = {name: [each for each in own if each.place in places] for name, own in listed.items()}
    marks = f"Ring: with today's shares. Circle: {found.compared}"
    marks += f". Square: {found.base}" if found.base in listed else ""
    ends = common_ends(list(kept.values()))
    return (
        finding(shown),
        f"Distance from fair share, {what}. {marks}",
        overlaid(what, kept, places, ends, "board-distance"),
    )


def _closed(found: Headline) -> tuple[str, str, Markup]:
    lines = [line for line in found.lines.values() if line.closed == line.closed]
    bars = [Bar(line.name, line.closed, percent(line.closed), main=line.nearest) for line in _ends(lines)]
    title = f"{found.compared} {closes(found.line.closed, found.year)}"
    unit = f"Share of the gap between places that is closed by {found.year}, %"
    return title, unit, signed_bars(title, unit, "0%", bars, "board-closed")


def _ends(lines: Sequence[object]) -> list:  # type: ignore[type-arg]  # of whatever was given
    return list(lines) if len(lines) <= SHOWN else [*lines[: SHOWN // 2], *lines[-(SHOWN // 2) :]]
