"""The Comparison sheet: one row per measure, one column per scenario, differences in the inputs first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from budgetmodel.comparison import Comparison, net_changes
from budgetmodel.comparison.figures import table
from budgetmodel.contract.objectives import OBJECTIVES
from budgetmodel.contract.schema import fold
from budgetmodel.metrics.catalogue import catalogue_of
from budgetmodel.report.page import FIRST_ROW, Page, PageColumn
from budgetmodel.report.sheets.measures_sheet import shown_unit
from budgetmodel.results import Result

LISTED_CHANGES = 40
"""Most changed cells that the comparison lists; the sheet Assumptions and changes has all of them."""

WIDTH, MEASURE_WIDTH = 13.5, 46.0
"""Widths of a scenario's column and of the measures, in characters."""

HEADINGS = ("Section", "Measure", "Unit", "Better")
LABELS = len(HEADINGS)
"""Columns before the first scenario."""


@dataclass(frozen=True)
class ComparisonLine:
    """A metric of the comparison; `groups` is blank (all years), `years`, or `each` (every group that it has)."""

    section: str
    metric: str
    label: str
    kind: str
    groups: str = ""


WORST, WORST_PLACE = "worst_distance", "worst_place"
"""The metrics of the largest distance under target (share), and of its component, place and year."""

LINES = (
    ComparisonLine("Fairness", "index", "Fair-share gap index (do-minimum = 100)", "index"),
    ComparisonLine("Fairness", "index_at_equal_costs", "Index at equal contract costs", "index"),
    ComparisonLine("Fairness", "best_index", "Lowest index if no rule stood in the way", "index"),
    *(
        ComparisonLine("Fairness", metric, f"{objective.title.capitalize()}{words}", objective.kind)
        for objective in OBJECTIVES
        if not objective.is_index
        for metric, words in ((objective.metric, ""), (objective.equal_costs_metric, " at equal contract costs"))
    ),
    ComparisonLine("Fairness by year", "index", "Index", "index", "years"),
    ComparisonLine("Fairness by component", "component_gap", "Gap as a share of the reference gap", "percent", "each"),
    ComparisonLine("Rules missed", "shortfall", "Weighted shortfall on should rules", "money"),
    ComparisonLine("Rules missed", "keep_shortfall", "of which keep rows", "money"),
    ComparisonLine("Rules missed", "shortfall_at_equal_costs", "Weighted shortfall at equal contract costs", "money"),
    ComparisonLine("Money, all years", "spent", "Spent", "money"),
    ComparisonLine("Money, all years", "delivered", "Delivered after fees", "money"),
    ComparisonLine("Money, all years", "transaction_cost", "Transaction cost", "money"),
    ComparisonLine("Money, all years", "fees", "of which fees", "money"),
    ComparisonLine("Money, all years", "contract_cost", "of which contract costs", "money"),
    ComparisonLine("Money, all years", "carried_forward", "Carried forward, sum over years", "money"),
    ComparisonLine("Money, all years", "crossing", "Spent outside its source's home", "money"),
    ComparisonLine("Contracts", "contracts", "Contracts, mean per year", "mean"),
    ComparisonLine("Contracts", "pots", "Pots, mean per year", "mean"),
    ComparisonLine("Places", WORST, "Furthest under target, any component, place and year", "percent"),
    ComparisonLine("Places", "places_under_5pct", "Places more than 5% under, last year", "count", "each"),
    ComparisonLine("Places", "places_under_2.5pct", "Places more than 2.5% under, last year", "count", "each"),
)
"""The metrics of the comparison, in the order of the sheet."""


@dataclass(frozen=True)
class ComparisonRow:
    """A row of the sheet: labels, a value per scenario, the kind of the figures, and formulas if they are derived."""

    section: str
    measure: str
    unit: str
    better: str
    kind: str
    values: Sequence[object]
    formulas: Sequence[str | None] | None = None


def comparison_page(results: Mapping[str, Result], comparison: Comparison) -> Page:
    """Scenarios side by side, the do-minimum first."""
    scenarios = _scenarios(results, comparison)
    rows = _input_rows(results, comparison, scenarios)
    for line in LINES:
        rows += _metric_rows(comparison.metrics, line, scenarios)
        if line.metric == WORST:
            rows.append(_where_row(comparison.metrics, scenarios))
        if line == LINES[0]:
            rows += _change_row(rows, scenarios, results)
    rows += _other_measures(comparison.metrics, scenarios)
    rows += _saving_row(rows, scenarios, results)
    columns = [
        PageColumn("Section", "text", [row.section for row in rows]),
        PageColumn("Measure", "words", [row.measure for row in rows], width=MEASURE_WIDTH),
        PageColumn("Unit", "text", [row.unit for row in rows]),
        PageColumn("Better", "text", [row.better for row in rows]),
    ]
    for n, scenario in enumerate(scenarios):
        formulas = [row.formulas[n] if row.formulas is not None else None for row in rows]
        kinds = [row.kind for row in rows]
        values = [row.values[n] for row in rows]
        columns.append(PageColumn(_heading(scenario), "index", values, formulas, kinds, WIDTH))
    purpose = (
        "The scenarios side by side, every measure of all years together. What differs in their inputs comes first; a "
        "lower index is fairer. The sheet Measures of the evidence workbook says how each is counted."
    )
    return Page("Comparison", purpose, tuple(columns), table="tblComparison", frozen=2)


def _other_measures(metrics: pd.DataFrame, scenarios: Sequence[str]) -> list[ComparisonRow]:
    """The measures of the catalogue, all years together, that no line above shows; section by section."""
    found = table(metrics)
    shown = {line.metric for line in LINES if line.groups != "years"} | {WORST_PLACE}
    whole = {metric for _, metric, group in found if group == ""}
    rest = [record for record in catalogue_of(metrics["metric"]) if record.metric in whole - shown]
    sections = list(dict.fromkeys(record.section for record in rest))
    rows = []
    for record in sorted(rest, key=lambda record: sections.index(record.section)):
        values = [found.get((name, record.metric, "")) for name in scenarios]
        unit, kind = shown_unit(record.unit, values)
        rows.append(ComparisonRow(record.section, record.label, unit, record.better, kind, values))
    return rows


def metric_cell(page: Page, metric: str, scenario: str) -> str | None:
    """The reference to a scenario's metric over all years, for formulas on other sheets; None when not shown."""
    label = next((line.label for line in LINES if line.metric == metric and not line.groups), "")
    measures, names = list(page.values("Measure")), [column.heading for column in page.columns]
    if label not in measures or _heading(scenario) not in names[LABELS:]:
        return None
    letter = xl_col_to_name(names.index(_heading(scenario), LABELS))
    return f"{page.link}!${letter}${FIRST_ROW + measures.index(label) + 1}"


def _scenarios(results: Mapping[str, Result], comparison: Comparison) -> list[str]:
    """The reference first (it is in the metrics but not a result), then the results in order."""
    reference = [str(name) for name in comparison.metrics["scenario"].unique() if name not in results]
    return [*reference, *results]


def _heading(scenario: str) -> str:
    """The heading of a scenario's column, made different from the headings of the labels."""
    return f"{scenario} (scenario)" if fold(scenario) in map(fold, HEADINGS) else scenario


def _input_rows(results: Mapping[str, Result], comparison: Comparison, scenarios: Sequence[str]) -> list[ComparisonRow]:
    """The differences in the inputs: regime and every changed cell."""
    section = "What differs in the inputs"
    regimes = [results[name].regime if name in results else "" for name in scenarios]
    rows = [ComparisonRow(section, "Regime", "", "", "answer", regimes)]
    changes = comparison.differences
    if not len(changes):
        return [
            *rows,
            ComparisonRow(section, "Changed input cells", "cells", "", "count", _counts(results, scenarios, changes)),
        ]
    rows.append(
        ComparisonRow(section, "Changed input cells", "cells", "", "count", _counts(results, scenarios, changes))
    )
    net = {name: {cell: (old, new) for cell, old, new in net_changes(changes, name)} for name in results}
    cells = list(dict.fromkeys(cell for own in net.values() for cell in own))
    for cell in cells[:LISTED_CHANGES]:
        old = next(own[cell][0] for own in net.values() if cell in own)
        values = [net[name].get(cell, ("", f"{old} (unchanged)"))[1] if name in results else "" for name in scenarios]
        rows.append(ComparisonRow(section, f"Cell {cell}", "", "", "answer", values))
    if len(cells) > LISTED_CHANGES:
        more = f"{len(cells) - LISTED_CHANGES} more cells: see the sheet Assumptions and changes"
        rows.append(ComparisonRow(section, more, "", "", "answer", [""] * len(scenarios)))
    return rows


def _counts(results: Mapping[str, Result], scenarios: Sequence[str], changes: pd.DataFrame) -> list[object]:
    counts = changes["scenario"].value_counts() if len(changes) else pd.Series(dtype=int)
    return [int(counts.get(name, 0)) if name in results else None for name in scenarios]


def _metric_rows(metrics: pd.DataFrame, line: ComparisonLine, scenarios: Sequence[str]) -> list[ComparisonRow]:
    """The rows of one metric: one, or one per group; none when no scenario has it."""
    found = metrics[metrics["metric"] == line.metric]
    groups = [str(group) for group in found["group"].unique()]
    wanted = [g for g in groups if (g == "") == (line.groups == "")]
    rows = []
    for group in wanted:
        of_group = found[found["group"] == group]
        values = dict(zip(of_group["scenario"], of_group["value"], strict=True))
        label = f"{line.label}: {group}" if group else line.label
        unit = {"share": "%", "index": "points"}.get(str(of_group["unit"].iloc[0]), str(of_group["unit"].iloc[0]))
        better = str(of_group["better"].iloc[0])
        shown = [float(values[name]) if name in values else None for name in scenarios]
        rows.append(ComparisonRow(line.section, label, unit, better, line.kind, shown))
    return rows


def _where_row(metrics: pd.DataFrame, scenarios: Sequence[str]) -> ComparisonRow:
    """The component, place and year of the place furthest under target; the first of equals."""
    found = metrics[metrics["metric"] == WORST_PLACE]
    where = []
    for scenario in scenarios:
        own = found[found["scenario"] == scenario].iloc[1:]  # all years together come first, without a year
        where.append(str(own["group"].iloc[int(own["value"].to_numpy(dtype=float).argmin())]) if len(own) else "")
    return ComparisonRow("Places", "Which component, place and year that is", "", "", "answer", where)


def _change_row(
    rows: Sequence[ComparisonRow], scenarios: Sequence[str], results: Mapping[str, Result]
) -> list[ComparisonRow]:
    """The index less that of the do-minimum, as formulas."""
    reference = next((n for n, name in enumerate(scenarios) if name not in results), None)
    if reference is None:
        return []
    at, index = FIRST_ROW + len(rows), [float(str(value)) for value in rows[-1].values]
    letters = [xl_col_to_name(LABELS + n) for n in range(len(scenarios))]
    formulas = [f"={letter}{at}-{letters[reference]}{at}" for letter in letters]
    values = [value - index[reference] for value in index]
    label = f"Index, change on {scenarios[reference]}"
    return [ComparisonRow(rows[-1].section, label, "points", "lower", "index", values, formulas)]


def _saving_row(
    rows: Sequence[ComparisonRow], scenarios: Sequence[str], results: Mapping[str, Result]
) -> list[ComparisonRow]:
    """The transaction cost of the first scenario less that of each, £m, as formulas."""
    at = next((n for n, row in enumerate(rows) if row.measure == "Transaction cost"), None)
    if at is None or len(results) < 2:
        return []
    first = scenarios.index(next(iter(results)))
    costs = [value if isinstance(value, float) else None for value in rows[at].values]
    base = costs[first] or 0.0
    letters = [xl_col_to_name(LABELS + n) for n in range(len(scenarios))]
    row = FIRST_ROW + at + 1
    own = [f"={letters[first]}{row}-{letter}{row}" for letter in letters]
    formulas = [formula if cost is not None else None for formula, cost in zip(own, costs, strict=True)]
    values = [base - cost if cost is not None else None for cost in costs]
    label = f"Transaction cost saved against {scenarios[first]}, before one-off cost"
    return [ComparisonRow("Released", label, "£m", "higher", "money", values, formulas)]
