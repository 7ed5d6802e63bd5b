"""The Decision page of the report and of the board pack: one sentence, the places, what is to be decided."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.comparison.headline import Headline
from budgetmodel.comparison.headline_words import percent, released_parts, shown_index, today_or
from budgetmodel.contract.units import pounds
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.opening import warnings_of
from budgetmodel.report.html.tables import Heading, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets.decision_paper import CASH_ONLY, Paper, paper_of
from budgetmodel.report.shown import NONE_MET, none_met

PLACES_SHOWN = 30
"""Most places in the table; with more, those whose money differs most, on either side."""


def decision(material: ReportMaterial) -> Markup | None:
    """The Decision page; None when nothing was solved."""
    paper = paper_of(material.results, material.frames, material.found)
    return None if paper is None else content(paper, material)


def content(paper: Paper, material: ReportMaterial) -> Markup:
    """The page of a paper: its sentence, four figures, the table of places, and its lists."""
    none = [NONE_MET] if none_met(material.results) else []
    first = list(dict.fromkeys((*none, *paper.unmet, *warnings_of(material))))
    lists = [
        ("To decide", paper.decide),
        ("It depends on", paper.depends),
        ("What would change our mind", paper.mind),
        ("What walls do", paper.walls),
        ("Success measures, beside the money: not an effect of it", paper.indicators),
        ("Checks, status and who answers for it", _status(paper, material)),
    ]
    parts = [
        *(element("p", words, class_="warn") for words in first),
        element("p", paper.sentence, class_="lead"),
        figures(paper.found),
        places(paper),
        *(element("p", words, class_="note") for words in paper.notes),
        element("div", *(_listed(heading, words) for heading, words in lists if words), class_="parts"),
    ]
    return join(parts)


def figures(found: Headline) -> Markup:
    """The headline figures of both scenarios, a card each."""
    own, base = found.line, found.base_line
    other = today_or(found.base, found)
    cards = [
        (percent(own.closed), f"of the gap closed by {found.year}; {other}: {percent(base.closed)}"),
        (
            shown_index(own.index),
            f"fair-share gap index (today's pattern 100, equal 0); {other}: {shown_index(base.index)}",
        ),
    ]
    if found.released is not None:
        freed = found.released
        cards.append((pounds(freed.net), f"freed net of one-off cost against {other} (£m: {released_parts(freed)})"))
    if own.worst is not None:
        cards.append((own.worst.place, own.worst.words.removeprefix(f"{own.worst.place}, ")))
    items = (element("li", element("b", big), element("span", small)) for big, small in cards)
    return element("ul", *items, class_="cards")


def places(paper: Paper) -> Markup:
    """The table of places, all of them in its last row."""
    found = paper.found
    shown = list(found.places)
    if len(shown) > PLACES_SHOWN:
        ordered = sorted(shown, key=lambda line: -line.difference)
        shown = [*ordered[: PLACES_SHOWN // 2], *ordered[-(PLACES_SHOWN // 2) :]]
    rows: list[list[object]] = []
    for line in shown:
        real = line.real if found.has_uplift else CASH_ONLY
        rows.append([line.place, line.today, line.last, line.growth, real, line.fair, line.before, line.after,
                     line.difference])  # fmt: skip
    today, last = (sum(getattr(line, name) for line in found.places) for name in ("today", "last"))
    growth = last / today - 1 if today else None
    fair = sum(line.fair for line in found.places if line.fair == line.fair)
    after: str | float | None = CASH_ONLY if not found.has_uplift else _real(paper, growth)
    name = "All places" if len(shown) == len(found.places) else f"All {len(found.places)} places, most not shown"
    rows.append([name, today, last, growth, after, fair, None, None, sum(line.difference for line in found.places)])
    return table(_caption(found), _headings(found), rows, total=True)


def _real(paper: Paper, growth: float | None) -> float | None:
    """Growth of all places in real terms: the rise in costs is that of any place that grows."""
    known = [line for line in paper.found.places if line.real == line.real and line.real > -1]
    return None if growth is None or not known else (1 + growth) / ((1 + known[0].growth) / (1 + known[0].real)) - 1


def _caption(found: Headline) -> str:
    return f"What each place gets under {found.compared}, against need and against {today_or(found.base, found)}"


def _headings(found: Headline) -> Sequence[Heading]:
    base = found.base if found.base in found.lines else "today's shares"
    return (
        Heading("Place"),
        Heading("Today (\u00a3m)", "money"),
        Heading(f"{found.year} (\u00a3m)", "money"),
        Heading("Growth, cash", "percent"),
        Heading("Growth, real", "percent"),
        Heading(f"Fair share {found.year} (\u00a3m)", "money"),
        Heading("Distance before", "percent"),
        Heading("Distance after", "percent"),
        Heading(f"{found.compared} less {base}, all years (\u00a3m)", "money"),
    )


def _status(paper: Paper, material: ReportMaterial) -> tuple[str, ...]:
    people = ". ".join(f"{label}: {text.rstrip('.')}" for label, text in paper.people)
    return (f"{material.checks.capitalize()}.", *paper.status, f"{people}.")


def _listed(heading: str, words: Sequence[str]) -> Markup:
    items = (element("li", each) for each in words)
    return element("div", element("h3", heading), element("ul", *items))
