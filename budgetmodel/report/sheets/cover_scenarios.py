"""The Cover's table of scenarios: status, purpose, and headline figures as references to the sheets that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.comparison import Comparison
from budgetmodel.contract.issues import BudgetError, Infeasible
from budgetmodel.contract.objectives import value_words
from budgetmodel.excel.write.styles import Formats, header_height, row_height
from budgetmodel.report.material import Material
from budgetmodel.report.page import Page, text_of, write_cell
from budgetmodel.report.sheets import headlines
from budgetmodel.report.sheets.comparison import metric_cell
from budgetmodel.report.sheets.headlines import HEADLINES
from budgetmodel.report.shown import misses
from budgetmodel.results import Result

COMPARISON = "Comparison"

FIGURES = (
    (HEADLINES, "gap_closed", headlines.CLOSED, "percent"),
    (HEADLINES, "index", headlines.INDEX, "index"),
    (HEADLINES, "shortfall", headlines.SHORTFALL, "money"),
    (COMPARISON, "transaction_cost", "Transaction cost, all years (£m)", "money"),
    (COMPARISON, "contracts", "Contracts, mean per year (number)", "mean"),
    (HEADLINES, "worst_distance", "Place furthest under its fair share, {of} (%)", "percent"),
)
"""The headline figures of a scenario: sheet that has them, metric or column there, heading with the unit, and kind.

`{of}` is the component of largest weight and the last year.
"""


@dataclass(frozen=True)
class ScenarioLine:
    """A line of the table: name, words, and headline figures (with the cell that has each) in the order of FIGURES."""

    name: str
    words: str
    figures: tuple[tuple[float | None, str | None], ...] = ((None, None),) * len(FIGURES)


def write_scenarios(sheet: Any, formats: Formats, row: int, widths: Sequence[float], material: Material) -> int:
    """Write the table, its figures as references to other sheets; returns the next free row."""
    headings = ("Scenario", "Status and purpose", *(heading for heading, _ in _headings(material)))
    for number, heading in enumerate(headings):
        sheet.write_string(row, number, text_of(heading), formats.header(right=number > 1))
    sheet.set_row(row, header_height(list(zip(headings, widths, strict=False)), button=False))
    kinds = [kind for *_, kind in FIGURES]
    for line in _lines(material):
        row += 1
        sheet.write_string(row, 0, text_of(line.name), formats.words(bold=True))
        sheet.write_string(row, 1, text_of(line.words), formats.words())
        for number, ((value, cell), kind) in enumerate(zip(line.figures, kinds, strict=True), start=2):
            write_cell(sheet, row, number, value, formats.cell(kind), f"={cell}" if cell else None)
        sheet.set_row(row, row_height([(line.name, widths[0]), (line.words, widths[1])]))
    return row + 1


def _headings(material: Material) -> list[tuple[str, str]]:
    """The heading and kind of every figure."""
    found = material.found
    worst = found.line.worst if found is not None else None
    of = f"'{worst.component}' in {worst.year}" if worst is not None else "last year"
    return [(heading.format(of=of), kind) for _, _, heading, kind in FIGURES]


def _lines(material: Material) -> list[ScenarioLine]:
    results = material.results
    lines = []
    if results:
        names = [str(name) for name in material.page(HEADLINES).values("Scenario")]
        lines = [ScenarioLine(name, _words(results.get(name)), _figures(material, name)) for name in names]
    for name, failure in material.failures.items():
        kind = "Infeasible" if isinstance(failure, Infeasible) else "Failed"
        lines.append(ScenarioLine(name, f"{kind}: {_first_line(failure)} The Problems sheet says why."))
    return lines


def _figures(material: Material, name: str) -> tuple[tuple[float | None, str | None], ...]:
    """The figures of a scenario, each with its cell."""
    own, behind = material.page(HEADLINES), material.page(COMPARISON)
    found: list[tuple[float | None, str | None]] = []
    for sheet, metric, heading, _ in FIGURES:
        if sheet == HEADLINES:
            found.append(_on_headlines(own, headlines.WORST_DISTANCE if "{of}" in heading else heading, name))
            continue
        value = _by_scenario(material.comparison, metric).get(name)
        found.append((value, None if value is None else metric_cell(behind, metric, name)))
    return tuple(found)


def _on_headlines(page: Page, heading: str, name: str) -> tuple[float | None, str | None]:
    at = list(page.values("Scenario")).index(name)
    value = float(page.values(heading)[at])
    return (value, page.cell(heading, at)) if value == value else (None, None)


def _by_scenario(comparison: Comparison, metric: str) -> Mapping[str, float]:
    """A metric over all years, by scenario."""
    rows = comparison.metrics[(comparison.metrics["metric"] == metric) & (comparison.metrics["group"] == "")]
    return {str(name): float(value) for name, value in zip(rows["scenario"], rows["value"], strict=True)}


def _words(result: Result | None) -> str:
    if result is None:
        return "The reference: everybody keeps the share of the Baseline."
    inputs, proof = result.inputs, result.certificate
    purpose = inputs.scenario_row(inputs.scenario).get("Purpose") if inputs.scenarios else None
    status = "Optimal and proved."
    if not result.is_met:
        status = f"Not met. {misses(result)} With it, optimal and proved."
    parts = (
        f"{status} Regime: {result.regime}.",
        value_words(proof.objective, proof.value, proof.bound),
        str(purpose or ""),
    )
    return " ".join(part for part in parts if part).strip()


def _first_line(failure: BudgetError) -> str:
    return str(failure).strip().partition("\n")[0]
