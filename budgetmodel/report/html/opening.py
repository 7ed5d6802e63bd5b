"""The beginning of the report: the answer, its checks, and the ranking of the scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.comparison.crossing import crossing_sentence, foremost
from budgetmodel.comparison.headline_words import others_words, percent, shown_index, winner_words, worst_words
from budgetmodel.comparison.leaders import is_met, rivals_of
from budgetmodel.comparison.sets import nearly_level
from budgetmodel.contract.issues import Infeasible
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.units import pounds
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, folded, page_table, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.sheets.comparison import comparison_page
from budgetmodel.report.sheets.cover import NO_RANKING, SETTINGS, not_ranked
from budgetmodel.report.shown import NONE_MET, none_met, not_met_words

SOUND = "ALL CHECKS PASS"
"""The verdict of the master check when every check passes."""


def subtitle(material: ReportMaterial) -> Markup:
    """The lines under the title: size of the system, years, money (£m), price basis and status."""
    first = material.first
    if first is None:
        return element("p", "No scenario has an answer.")
    inputs = first.inputs
    years = inputs.years[0] if len(inputs.years) == 1 else f"{inputs.years[0]} to {inputs.years[-1]}"
    size = (
        f"{len(inputs.places)} places, {len(inputs.services)} services, {years}, "
        f"{pounds(float(inputs.funding[:, 0].sum()))} in {inputs.years[0]}"
    )
    basis = material.settings.get("Price basis")
    status = str(material.settings.get("Status") or "").partition(". ")[0].rstrip(".")
    unmet = NONE_MET if none_met(material.results) else ""
    lines = [unmet, size, f"Price basis: {basis}" if basis else "", f"Status: {status}" if status else ""]
    return join(element("p", line) for line in lines if line)


def answer(material: ReportMaterial) -> Markup:
    """The answer in a few sentences, the master facts, and a line per scenario."""
    warnings = [element("p", words, class_="warn") for words in warnings_of(material)]
    sentences = headline(material)
    lead = [element("p", words, class_="lead" if n == 0 else None) for n, words in enumerate(sentences)]
    parts = [*warnings, *lead]
    if material.results:
        parts += [_cards(material), _scenarios(material)]
    return join([*parts, _facts(material)])


def headline(material: ReportMaterial) -> list[str]:
    """The summary in sentences: who comes nearest, transaction costs, money across organisations, rules missed."""
    if not material.results:
        return ["Nothing was solved. The reasons stand above, and in full on the Problems sheet of the workbook."]
    if none_met(material.results):
        return [f"{NONE_MET} {NO_RANKING}"]
    names = list(is_met(material.results))
    crossing = foremost(material.results)
    across = [crossing_sentence(material.results[crossing])] if crossing else []
    found = material.found
    assert found is not None  # noqa: S101  # there are results
    nearest = f"{winner_words(found, _objective(material))} {others_words(found)}".strip()
    worst = worst_words(found)
    told = [f"{nearest}{not_ranked(material.results)}", *([worst] if worst else [])]
    return [*told, *_costs(material, names), *across, _missed(material, names)]


def _objective(material: ReportMaterial) -> Objective:
    """The objective of the scenarios that are ranked: that of the first of them."""
    first = next(iter(rivals_of(material.results).values()), None)
    return USUAL if first is None else first.answer.objective


def _costs(material: ReportMaterial, names: Sequence[str]) -> list[str]:
    cost = {name: material.results[name].metric("transaction_cost") for name in names}
    cheapest = min(names, key=lambda name: (round(cost[name], 8), names.index(name)))
    if len(names) < 2 or cheapest == names[0]:
        return [f"{cheapest} spends {pounds(cost[cheapest])} on fees and contracts over all years."]
    saved = cost[names[0]] - cost[cheapest]
    return [
        f"{cheapest} spends least on fees and contracts: {pounds(cost[cheapest])} over all years, {pounds(saved)} less "
        f"than {names[0]}. That money reaches providers instead; by itself it says nothing about fairness."
    ]


def _missed(material: ReportMaterial, names: Sequence[str]) -> str:
    missed = {name: material.results[name].metric("shortfall") for name in names}
    short = [f"{name} by {pounds(missed[name])}" for name in names if round(missed[name], 6) > 0]
    if not short:
        where = "every scenario" if len(names) == len(material.results) else "every scenario that is met"
        return f"Every should rule is met in {where}."
    met = [name for name in names if round(missed[name], 6) <= 0]
    tail = f"; {', '.join(met)} {'meets' if len(met) == 1 else 'meet'} them all" if met else ""
    of_them = "any scenario" if len(names) == len(material.results) else "any of these"
    return f"Should rules are missed: {', '.join(short)}{tail}. No must rule is missed in {of_them}."


def warnings_of(material: ReportMaterial) -> list[str]:
    """What must be said before any figure: what is not met, checks that fail, scenarios without an answer."""
    words = not_met_words(material.results)
    stuck = [name for name, result in material.results.items() if not result.can_converge]
    if stuck:
        words.append(f"No headroom in {', '.join(stuck)}: floors take all the growth of some year; nothing converges.")
    if material.results and material.checks != SOUND:
        words.append(f"{material.checks}: the Checks sheet of the workbook says which. Do not use these figures.")
    for name, failure in material.failures.items():
        kind = "no allocation meets every must rule" if isinstance(failure, Infeasible) else "failed"
        words.append(f"{name}: {kind}. {str(failure).strip().partition(chr(10))[0]}")
    return words


def _cards(material: ReportMaterial) -> Markup:
    """Four figures: who comes nearest, what that closes, the money that is freed, and the master check."""
    found = material.found
    assert found is not None  # noqa: S101  # only called when something was solved
    best, passed = found.lines[found.leaders[0]], material.checks == SOUND
    answers = [
        (element("b", ", ".join(found.leaders)), f"nearest to {_objective(material).aim}"),
        (element("b", percent(best.closed)), f"of the gap closed by {found.year}; index {shown_index(best.index)}"),
    ]
    if found.released is not None:
        what = f"freed net of one-off cost: {found.compared} against {found.base}"
        answers.append((element("b", pounds(found.released.net)), what))
    if none_met(material.results):
        answers = [(element("b", "None", class_="bad"), "of the scenarios can be met as it is asked")]
    check = (
        element("b", material.checks.capitalize(), class_="good" if passed else "bad"),
        "master check of the workbook",
    )
    return element(
        "ul", *(element("li", big, element("span", small)) for big, small in (*answers, check)), class_="cards"
    )


def _scenarios(material: ReportMaterial) -> Markup:
    found = material.found
    assert found is not None  # noqa: S101  # only called when something was solved
    index = material.metric("index")
    rows: list[list[object]] = [
        [name, "", 0.0, value, *[None] * 5, ""] for name, value in index.items() if name not in material.results
    ]
    for name, result in material.results.items():
        line = found.lines[name]
        figures = [result.metric(metric) for metric in ("shortfall", "delivered", "transaction_cost", "contracts")]
        worst = (line.worst.distance, line.worst.place) if line.worst else (None, "")
        rows.append([name, result.regime, line.closed, line.index, *figures, *worst])
    of = f"of '{found.line.worst.component}', {found.year}" if found.line.worst else "last year"
    headings = (
        Heading("Scenario"),
        Heading("Regime"),
        Heading(f"Share of the gap closed by {found.year}", "percent"),
        Heading("Index (do-minimum = 100)", "index"),
        Heading("Weighted shortfall on should rules (\u00a3m)", "money"),
        Heading("Delivered after fees, all years (\u00a3m)", "money"),
        Heading("Transaction cost, all years (\u00a3m)", "money"),
        Heading("Contracts, mean per year", "mean"),
        Heading(f"Furthest under its fair share {of}", "percent"),
        Heading("Which place"),
    )
    return table("The scenarios", headings, rows)


def _facts(material: ReportMaterial) -> Markup:
    facts = [(name, material.settings[name]) for name in SETTINGS if material.settings.get(name)]
    return element("dl", *(part for k, v in facts for part in (element("dt", k), element("dd", v))))


def ranked(material: ReportMaterial) -> list[tuple[str, float, float]]:
    """Scenarios by shortfall, then objective, at equal contract costs where these were solved: name, shortfall, value.

    Scenarios with another objective than the first are left out: they are not ranked with it.
    """
    objective, rivals = _objective(material), rivals_of(material.results)
    shortfall, value = material.metric("shortfall_at_equal_costs"), material.metric(objective.equal_costs_metric)
    rows = [(name, shortfall[name], value[name]) for name in rivals if name in shortfall and name in value]
    if not rows:
        rows = [(name, r.metric("shortfall"), r.metric(objective.metric)) for name, r in rivals.items()]
    order = {name: n for n, name in enumerate(material.results)}
    return sorted(rows, key=lambda row: (round(row[1], 6), round(row[2], 6), order[row[0]]))


def ranking(material: ReportMaterial) -> Markup | None:
    """The ranking at equal contract costs; None when that was not solved."""
    objective = _objective(material)
    rivals = rivals_of(material.results)
    if not material.metric(objective.equal_costs_metric) or len(rivals) < 2 or none_met(material.results):
        return None
    rows: list[list[object]] = []
    own = material.metric(objective.metric)
    place = 0
    ordered = ranked(material)
    for n, (name, shortfall, value) in enumerate(ordered):
        level = n and nearly_level((shortfall, value), ordered[n - 1][1:])
        place = place if level else n + 1
        rows.append([name, place, shortfall, value, own[name], own[name] - value])
    label = objective.value_label[:1].upper() + objective.value_label[1:]
    headings = (
        Heading("Scenario"),
        Heading("Rank", "count"),
        Heading("Weighted shortfall at equal costs (\u00a3m)", "money"),
        Heading(f"{label} at equal costs", objective.kind),
        Heading(f"{label} with its own costs", objective.kind),
        Heading(f"What its own costs do ({objective.short})", objective.kind),
    )
    first = next(iter(rivals))
    words = (
        f"Every regime is charged what {first} pays for contracts, so that only the walls between pots differ. Least "
        f"shortfall on should rules comes first, then the lowest {objective.noun}. A regime that is cheaper can end "
        f"with a higher {objective.noun} than at equal costs: ceilings may send what it saves to places that are above "
        "their share already."
    )
    best = material.metric("best_index")
    lowest = f" If no rule stood in the way, the lowest index would be {min(best.values()):.2f}." if best else ""
    return join([element("p", words + lowest), table("Ranking at equal contract costs", headings, rows)])


def side_by_side(material: ReportMaterial) -> Markup | None:
    """Every measure of the Comparison sheet; what differs in the inputs comes first."""
    if not material.results:
        return None
    sheet = comparison_page(material.results, material.comparison)
    changed = len(material.comparison.differences)
    first = (
        f"{changed} cells differ between the scenarios' inputs; they come first in the table."
        if changed
        else "The scenarios share every input; only their regimes (pots and contracts) differ."
    )
    measures = page_table(sheet, "Every measure, scenario by scenario", start=1)
    return join([element("p", first), folded("Every measure, scenario by scenario", measures)])
