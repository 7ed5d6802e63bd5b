"""The report as one file: a head with a content security policy against any loading, landmarks, contents, sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from budgetmodel.report.html import carrying, decision, evidence, flows, indicators, opening, places, real_terms, since
from budgetmodel.report.html.head import digest, head
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.style import style_sheet
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.material import Material as Sheets
from budgetmodel.report.sheets.cover import PLAIN_TITLE, master_check

FILE = "report.html"
"""The report's file name, in the folder of the results workbook."""


@dataclass(frozen=True)
class Section:
    """A part of the report: its anchor, its heading, and its content."""

    key: str
    heading: str
    content: Markup


PARTS = (
    ("decision", "The decision on one page", decision.decision),
    ("answer", "The answer", opening.answer),
    ("since", "What changed since the last run", since.since),
    ("ranking", "Ranking at equal contract costs", opening.ranking),
    ("comparison", "The scenarios side by side", opening.side_by_side),
    ("money", "Where the money goes", flows.money),
    ("winners", "More or less than keeping today's share", places.winners),
    ("distance", "Distance from target, before and after", places.distance),
    ("real-terms", "Real terms and savings", real_terms.real_terms),
    ("indicators", "Success measures beside the money", indicators.indicators),
    ("rules", "What bound, and what it costs", evidence.rules),
    ("rests", "What the answer rests on", carrying.carrying),
    ("more", "More tables of this run", evidence.more),
    ("places", "Place by place", places.place_by_place),
    ("limits", "What the figures do not show", evidence.limits),
    ("provenance", "Where the figures come from", evidence.provenance),
)
"""The sections in order: anchor, heading, and a function from the material to the content, or None to leave it out."""


def report_material(sheets: Sheets) -> ReportMaterial:
    """The material of the report, from that of the results workbook, so that both have the same figures."""
    places = sheets.page("Places") if sheets.results else None
    return ReportMaterial(
        sheets.results,
        sheets.frames,
        sheets.comparison,
        sheets.failures,
        checks_verdict(sheets),
        sheets.waterfalls,
        places,
    )


def report_bytes(sheets: Sheets) -> bytes:
    """The report as UTF-8: one file, no script, no address of another file; equal inputs give equal bytes."""
    material = report_material(sheets)
    found = [(key, heading, make(material)) for key, heading, make in PARTS]
    sections = [Section(key, heading, content) for key, heading, content in found if content is not None]
    return page(material, sections).encode("utf-8")


def checks_verdict(sheets: Sheets) -> str:
    """The verdict of the workbook's master check."""
    return master_check(sheets.page("Checks") if sheets.results else None)[1]


def page(material: ReportMaterial, sections: Sequence[Section], *, navigation: bool = True) -> str:
    """The document with these sections; without `navigation` it has no list of them and is made for print.

    The list stands after the first section, so that a reader meets the answer first.
    """
    title = str(material.settings.get("Title") or PLAIN_TITLE)
    style = style_sheet()
    policy = f"default-src 'none'; style-src {digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    links = [element("li", element("a", section.heading, href=f"#{section.key}")) for section in sections]
    main = [
        element(
            "section",
            element("h2", section.heading, id=f"{section.key}-heading"),
            section.content,
            id=section.key,
            aria_labelledby=f"{section.key}-heading",
        )
        for section in sections
    ]
    contents = [element("nav", element("h2", "Contents"), element("ol", *links), aria_label="Contents")] * navigation
    body = element(
        "body",
        element("a", "Skip to the answer", class_="skip", href="#main"),
        element("header", element("div", element("h1", title), opening.subtitle(material), class_="inner")),
        element("main", join([*main[:1], *contents, *main[1:]], "\n"), id="main", class_="inner", tabindex=-1),
        *([element("footer", element("div", evidence.closing(material), class_="inner"))] * navigation),
    )
    document = element("html", head(title, style, policy), body, lang="en-GB")
    return f"<!DOCTYPE html>\n{document}\n"
