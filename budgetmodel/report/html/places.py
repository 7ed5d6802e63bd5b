"""The sections about places: winners and losers, distance from target, and one part for each place."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.comparison.headline import main_component
from budgetmodel.comparison.headline_words import place_sentence
from budgetmodel.contract.units import PENCE_PER_MILLION, pounds
from budgetmodel.explain.words import paragraphs
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, figure_with_table, folded, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.pictures.bars import Change, bars, changes, reach_of
from budgetmodel.report.pictures.bars import finding as change_finding
from budgetmodel.report.pictures.bars import folded as together
from budgetmodel.report.pictures.distance import Distance, common_ends, drawn, marked, overlaid
from budgetmodel.report.pictures.distance import findings as distance_findings
from budgetmodel.report.pictures.frame import signed
from budgetmodel.report.sheets.pages import AFTER, BEFORE
from budgetmodel.results import Result

PLACES_SHOWN = 60
"""Most places for which the report has a part each; with more, the workbook and the tables have them."""

MOVES = 12
"""Most services that are listed of a place: those whose money changes most."""

BOUND = 6
"""Most binding rules that are named of a place and scenario."""


def winners(material: ReportMaterial) -> Markup | None:
    """A picture per scenario of each place's change on the do-minimum."""
    if not material.results:
        return None
    listed = {name: changes(material.of("allocation", name)) for name in material.results}
    ends = reach_of([together(own) for own in listed.values()])
    words = (
        "What each place gets over all years, less what it would get if everybody kept the share of the Baseline (the "
        "do-minimum). A bar to the right is more, to the left is less than keeping today's share, whose money may grow "
        "all the same; the scale is the same for all scenarios."
    )
    parts = [element("p", words)]
    for n, (name, own) in enumerate(listed.items()):
        picture = element("div", bars(name, together(own), ends, f"change-{n + 1}"), class_="bars")
        rows: list[list[object]] = [[each.label, each.pence / PENCE_PER_MILLION] for each in own]
        figures = table(
            f"Change on the do-minimum: {name}", (Heading("Place"), Heading("All years (\u00a3m)", "money3")), rows
        )
        parts += [
            element("h3", name, id=f"winners-{n + 1}"),
            figure_with_table(
                f"More or less than keeping today's share: {name}", picture, change_finding(own), figures, _folding(own)
            ),
        ]
    return join(parts)


def _folding(own: list[Change]) -> str:
    added = sum(each.added for each in together(own))
    return (
        f"The {added} places between the largest gains and losses are added together in the picture." if added else ""
    )


def distance(material: ReportMaterial) -> Markup | None:
    """One picture of all scenarios: distance from target in the last year, with the do-minimum and by scenario."""
    if not material.results:
        return None
    found = {name: distances_of(material, result) for name, result in material.results.items()}
    first = next(iter(material.results.values()))
    what = f"{main_component(first)}, {first.inputs.years[-1]}"
    alike = {
        name: own for name, own in found.items()
        if (main_component(material.results[name]), material.results[name].inputs.years[-1])
        == (main_component(first), first.inputs.years[-1])
    }  # fmt: skip
    nearest = next(iter(alike.values()))
    places = [each.place for each in drawn(nearest)]
    shown = [[each for each in own if each.place in places] for own in alike.values()]
    words = (
        "How far each place's money is from its fair share in the last year, on the weightiest component of the "
        "target. The ring is the do-minimum, a mark each scenario; the nearer to 0, the fairer."
    )
    picture = element("div", overlaid(what, alike, places, common_ends(shown), "distance-1"), class_="bars")
    headings = [Heading("Place"), Heading("Do-minimum (%)", "percent2")]
    headings += [Heading(f"{name} (%)", "percent2") for name in alike]
    after = {name: {each.place: each.after for each in own} for name, own in alike.items()}
    rows: list[list[object]] = [
        [each.place, each.before, *(own.get(each.place) for own in after.values())]
        for each in drawn(nearest, len(nearest))
    ]
    figures = table(f"Distance from target, {what}", headings, rows)
    left = len(nearest) - len(places)
    note = f"The picture leaves out the {left} places nearest to their target; the table has all." if left else ""
    others = [name for name in found if name not in alike]
    note += f" Not in the picture, as they measure something else: {', '.join(others)}." if others else ""
    shown_as = figure_with_table("Distance from target", picture, distance_findings(alike), figures, note.strip())
    return join([element("p", words), _marks(list(alike)), shown_as])


def _marks(names: list[str]) -> Markup:
    """The key of the picture: the ring of the do-minimum, and the mark of each scenario."""
    ring = element("circle", class_="before", cx=7, cy=7, r=5)
    entries = [("do-minimum", ring), *((name, marked(n, 7.0, 7.0)) for n, name in enumerate(names))]
    keys = [
        element("li", element("svg", mark, width=14, height=14, aria_hidden="true"), name) for name, mark in entries
    ]
    return element("ul", *keys, class_="key")


def distances_of(material: ReportMaterial, result: Result) -> list[Distance]:
    """The distances of one scenario's places that have a target, in the order of the sheet."""
    sheet = material.places
    if sheet is None:
        return []
    headings = ("Scenario", "Year", "Place", "Component", BEFORE, AFTER)
    year, what = result.inputs.years[-1], main_component(result)
    rows = zip(*(sheet.values(heading) for heading in headings), strict=True)
    return [
        Distance(str(place), float(before), float(after))
        for scenario, y, place, component, before, after in rows
        if (scenario, y, component) == (result.scenario, year, what) and before == before and after == after
    ]


def place_by_place(material: ReportMaterial) -> Markup | None:
    """A part for each place: its money by scenario, the services that change most, the rules that bind it."""
    first = material.first
    if first is None:
        return None
    listed = list(
        dict.fromkeys(place for name in material.results for place in material.of("allocation", name)["place"])
    )
    if len(listed) > PLACES_SHOWN:
        words = (
            f"There are {len(listed):,} places: the sheet By place of the workbook and the table allocation.csv have "
            "every one of them."
        )
        return element("p", words)
    frame = material.frames["allocation"]
    amounts = _amounts(frame)
    by_place = {
        name: {each.place: each for each in distances_of(material, result)} for name, result in material.results.items()
    }
    bound = _bound(material)
    why = {name: paragraphs(why) for name, why in material.waterfalls.items()}
    parts = []
    for place in listed:
        worth = place_sentence(material.found, place) if material.found is not None else ""
        content = [
            *([element("p", worth)] if worth else []),
            _place_table(material, place, amounts, by_place),
            _moves(material, place, frame[frame["place"] == place]),
            *_rules(material, place, bound),
            *(element("p", f"{name}: {own[place]}") for name, own in why.items() if place in own),
        ]
        parts.append(folded(_summary(material, place, amounts), *content))
    lead = element("p", "What each place gets, what changes in it, and which rules stand in its way. Open a place.")
    return join([lead, *parts])


Amounts = Mapping[tuple[str, str], tuple[float, float]]
"""Allocation and change on the do-minimum over all years (£m) by place and scenario."""


def _amounts(allocation: pd.DataFrame) -> Amounts:
    sums = allocation.groupby(["place", "scenario"], sort=False)[["amount", "change"]].sum().reset_index()
    keys = zip(sums["place"], sums["scenario"], strict=True)
    return dict(zip(keys, zip(sums["amount"], sums["change"], strict=True), strict=True))


def _summary(material: ReportMaterial, place: str, amounts: Amounts) -> str:
    """One line: the least and largest change of the place over the scenarios."""
    found = [amounts[place, name][1] for name in material.results if (place, name) in amounts]
    low, high = (signed(pounds(abs(value)), round(value, 1)) for value in (min(found), max(found)))
    return f"{place}: {low if low == high else f'{low} to {high}'} against the do-minimum"


def _place_table(
    material: ReportMaterial, place: str, amounts: Amounts, by_place: dict[str, dict[str, Distance]]
) -> Markup:
    rows: list[list[object]] = []
    for name in material.results:
        if (place, name) not in amounts:
            continue
        amount, change = amounts[place, name]
        share = change / (amount - change) if amount > change else None
        own = by_place[name].get(place)
        rows.append([name, amount, change, share, own.before if own else None, own.after if own else None])
    headings = (
        Heading("Scenario"),
        Heading("All years (\u00a3m)", "money"),
        Heading("Change on do-minimum (\u00a3m)", "money"),
        Heading("Change (%)", "percent"),
        Heading("From target before, last year (%)", "percent"),
        Heading("From target after, last year (%)", "percent"),
    )
    return table(f"{place}: money and distance from target", headings, rows)


def _moves(material: ReportMaterial, place: str, rows: pd.DataFrame) -> Markup:
    """The services whose money changes most in any scenario, and the sum of the others, so that columns add up."""
    wide = rows.pivot_table(index="service", columns="scenario", values="change", aggfunc="sum", sort=False)
    wide = wide.reindex(columns=[name for name in material.results if name in wide.columns])
    order = wide.abs().max(axis=1).sort_values(ascending=False, kind="stable").index
    shown, rest = order[:MOVES], order[MOVES:]
    body: list[list[object]] = [[service, *wide.loc[service].tolist()] for service in shown]
    if len(rest):
        body.append([f"All other services ({len(rest)})", *wide.loc[rest].sum().tolist()])
    body.append(["All services", *wide.sum().tolist()])
    headings = (Heading("Service"), *(Heading(f"{name} (\u00a3m)", "money2") for name in wide.columns))
    return table(f"{place}: services that change most against the do-minimum, all years", headings, body, total=True)


def _bound(material: ReportMaterial) -> dict[tuple[str, str], list[str]]:
    """The rules that bind a place, by place and scenario: those with the highest price first."""
    rules = material.frames["rules"]
    tight = rules[rules["binding"] & (rules["place"] != "")]
    highest = tight.assign(price=tight["price"].abs().fillna(0.0))
    sums = highest.groupby(["place", "scenario", "rule"], sort=False)["price"].max().reset_index()
    ordered = sums.sort_values("price", ascending=False, kind="stable")
    found: dict[tuple[str, str], list[str]] = {}
    for place, scenario, rule in zip(ordered["place"], ordered["scenario"], ordered["rule"], strict=True):
        found.setdefault((str(place), str(scenario)), []).append(str(rule))
    return found


def _rules(material: ReportMaterial, place: str, bound: dict[tuple[str, str], list[str]]) -> list[Markup]:
    rows: list[list[object]] = []
    for name in material.results:
        rules = bound.get((place, name), [])
        more = f" and {len(rules) - BOUND} more" if len(rules) > BOUND else ""
        rows.append([name, f"{'; '.join(rules[:BOUND])}{more}" if rules else "no rule of this place binds"])
    headings = (Heading("Scenario"), Heading("Rules that bind here, the dearest first"))
    return [table(f"{place}: rules that bind", headings, rows)]
