"""Sheets of measures: by organisation, question, aim and sector; and the catalogue of measures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from budgetmodel.comparison.figures import groups_of_all_years, table
from budgetmodel.comparison.scorecard import REPRESENTATION_CAUTION
from budgetmodel.contract.schema import fold
from budgetmodel.excel.write.styles import text_width
from budgetmodel.knowledge.facts import facts
from budgetmodel.metrics.catalogue import Metric, catalogue
from budgetmodel.report.page import FIRST_ROW, Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of
from budgetmodel.results import Result

SHOWN = {
    "£m": ("£m", "money"),
    "share": ("%", "percent"),
    "index": ("points", "index"),
    "£ per head": ("£ per head", "money2"),
    "levels": ("levels", "index"),
    "ratio": ("ratio", "price"),
}
"""The name of a unit on a sheet, and the kind of its figures; other units are counts, which may be means."""

ORGANISATIONS = ("holder", "host", "payer", "provider", "lead group")
"""The kinds of organisation that a group of the catalogue may name."""

WIDTH, LABEL_WIDTH, MEASURE_WIDTH, WORDS_WIDTH = 13.5, 34.0, 54.0, 44.0
"""Widths in characters: a scenario's column, the first label (at most), the measures, and sentences."""


@dataclass(frozen=True)
class MeasureRow:
    """A row of a sheet with a column per scenario: labels, unit, values, and formulas if it is a total."""

    labels: tuple[str, ...]
    unit: str = ""
    better: str = ""
    values: Sequence[float | None] = ()
    formulas: Sequence[str | None] = ()
    total: bool = False
    end: str = ""


def organisations_page(results: Mapping[str, Result], metrics: pd.DataFrame) -> Page:
    """The measures of every holder, host, payer, lead group and provider, all years together, with totals."""
    scenarios, found = list(results), table(metrics)
    years = next(iter(results.values())).inputs.years
    rows: list[MeasureRow] = []
    for record in catalogue().values():
        kind = next((word for word in re.split(", | or ", record.group) if word in ORGANISATIONS), "")
        members = [group for group in groups_of_all_years(metrics, record.metric, years) if group] if kind else []
        labels = (kind.capitalize(), record.label)
        rows += [_figures((*labels, member), record, member, scenarios, found) for member in members]
        if members and record.unit == "£m":
            rows.append(_total((*labels, "All"), record, rows[-len(members) :], len(rows)))
    purpose = "What each organisation holds, pays for contracts and receives, all years together; each measure adds up."
    return _page(
        "Organisations", purpose, ("Kind", "Measure", "Organisation"), scenarios, rows, "tblOrganisations", repeat=True
    )


def questions_page(scenarios: Sequence[str], frame: pd.DataFrame) -> Page:
    """The four questions: what each asks of the figures, the sums, and the figures."""
    rows: list[MeasureRow] = []
    for number, own in frame.groupby("number", sort=True):
        first, sums, figures = own.iloc[0], own[own["metric"] == ""], own[own["metric"] != ""]
        label = f"Question {number}"
        rows.append(MeasureRow((label, str(first["question"]))))
        rows.append(MeasureRow((label, f"What the figures say of it: {first['asks']}.")))
        rows += [MeasureRow((label, str(says))) for says in sums["says"]]
        rows += _answer_rows(label, scenarios, figures)
        rows.append(MeasureRow((label, f"To bear in mind: {first['caution']}")))
    purpose = (
        "The questions of the 2020 engagement exercise on integrated care, answered by figures of all years together. "
        "The first scenario of a question is what the others are held against."
    )
    return _page("Four questions", purpose, ("Question", "Measure"), scenarios, rows, "tblQuestions", ends="Caution")


def scorecard_page(scenarios: Sequence[str], frame: pd.DataFrame) -> Page:
    """The four aims of integrated care with the measures of each."""
    rows: list[MeasureRow] = []
    for aim in facts("aims"):
        own = frame[frame["aim"] == aim["label"]]
        rows.append(MeasureRow((aim["label"], f"{aim['measured']}."), end=aim["caution"]))
        rows += _answer_rows(aim["label"], scenarios, own)
    purpose = (
        "The four aims of integrated care, and the measures that speak to each: a guide to the figures, not a score."
    )
    return _page("Scorecard", purpose, ("Aim", "Measure"), scenarios, rows, "tblScorecard", ends="Caution")


def representation_page(frame: pd.DataFrame) -> Page:
    """Each sector's share of money and of growth, by scenario."""
    columns = (
        *columns_of("representation", frame, "scenario", "sector", "baseline_share", "share"),
        column("representation", frame, "change_in_share", "percent2", formula="=D{r}-C{r}"),
        column("representation", frame, "growth", "money"),
        *columns_of("representation", frame, "growth_pct", "share_of_growth"),
    )
    purpose = "Whose money it is, and whose growth: the share of each sector, all years together."
    return Page("Representation", purpose, columns, note=REPRESENTATION_CAUTION, table="tblRepresentation", frozen=2)


def measures_page(frame: pd.DataFrame) -> Page:
    """The catalogue: every measure with its unit, its direction, and how it is counted."""
    columns = (
        column("measures", frame, "section"),
        column("measures", frame, "label", "words", width=30.0),
        PageColumn("Unit", "text", [SHOWN.get(unit, (unit, ""))[0] for unit in frame["unit"]]),
        column("measures", frame, "better"),
        column("measures", frame, "rule", "words", width=54.0),
        column("measures", frame, "caution", "words", width=34.0),
        column("measures", frame, "metric"),
        column("measures", frame, "group", "words", width=20.0),
    )
    purpose = "Every measure of these results: its unit, which direction is better, and how it is counted."
    return Page("Measures", purpose, columns, table="tblMeasures")


def _answer_rows(heading: str, scenarios: Sequence[str], frame: pd.DataFrame) -> list[MeasureRow]:
    """A row under a heading per metric and group of answers; a metric's caution is on its first row only."""
    rows, cautioned = [], set()
    for (metric, label, unit, better), figures in frame.groupby(["metric", "label", "unit", "better"], sort=False):
        values = dict(zip(figures["scenario"], figures["value"], strict=True))
        shown = [float(values[name]) if name in values else None for name in scenarios]
        caution = "" if metric in cautioned else str(figures["caution"].iloc[0])
        cautioned.add(metric)
        rows.append(MeasureRow((heading, str(label)), str(unit), str(better), shown, end=caution))
    return rows


def _figures(
    labels: tuple[str, ...],
    record: Metric,
    group: str,
    scenarios: Sequence[str],
    found: Mapping[tuple[str, str, str], float],
) -> MeasureRow:
    """The figures of one metric and group, scenario by scenario."""
    values = [found.get((name, record.metric, group)) for name in scenarios]
    return MeasureRow(labels, record.unit, record.better, values, end=record.caution)


def _total(labels: tuple[str, ...], record: Metric, members: Sequence[MeasureRow], at: int) -> MeasureRow:
    """The sum over the members in the rows directly above row `at`, as formulas."""
    first, last = FIRST_ROW + at - len(members) + 1, FIRST_ROW + at
    columns = list(zip(*(member.values for member in members), strict=True))
    letters = [xl_col_to_name(len(labels) + 2 + n) for n in range(len(columns))]
    reported = [any(value is not None for value in own) for own in columns]
    formulas = [
        f"=SUM({letter}{first}:{letter}{last})" if known else None
        for letter, known in zip(letters, reported, strict=True)
    ]
    values = [
        sum(value for value in own if value is not None) if known else None
        for own, known in zip(columns, reported, strict=True)
    ]
    return MeasureRow(labels, record.unit, record.better, values, formulas, total=True)


def shown_unit(unit: str, values: Sequence[float | None]) -> tuple[str, str]:
    """The name of a unit, and the kind of figures in it: counts that are all whole have no decimals."""
    whole = all(value is None or value != value or float(value).is_integer() for value in values)
    return SHOWN.get(unit, (unit, "count" if whole else "mean"))


def _page(
    name: str,
    purpose: str,
    headings: tuple[str, ...],
    scenarios: Sequence[str],
    rows: Sequence[MeasureRow],
    table_name: str,
    *,
    repeat: bool = False,
    ends: str = "",
) -> Page:
    """A sheet with a column per scenario; with `repeat` labels are short, `ends` names a last column of words."""
    shown = [shown_unit(row.unit, row.values) for row in rows]
    first = text_width((row.labels[0] for row in rows), headings[0], longest=LABEL_WIDTH)
    widths = [None] * len(headings) if repeat else [first, *[MEASURE_WIDTH] * (len(headings) - 1)]
    columns = [
        PageColumn(heading, "words", [row.labels[n] for row in rows], width=width)
        for n, (heading, width) in enumerate(zip(headings, widths, strict=True))
    ]
    columns.append(PageColumn("Unit", "text", [unit for unit, _ in shown]))
    columns.append(PageColumn("Better", "text", [row.better for row in rows]))
    kinds = [kind for _, kind in shown]
    taken = {fold(heading) for heading in (*headings, "Unit", "Better", ends)}
    for n, scenario in enumerate(scenarios):
        values = [row.values[n] if row.values else None for row in rows]
        formulas = [row.formulas[n] if row.formulas else None for row in rows]
        heading = f"{scenario} (scenario)" if fold(scenario) in taken else scenario
        columns.append(PageColumn(heading, "index", values, formulas, kinds, WIDTH))
    if ends:
        columns.append(PageColumn(ends, "words", [row.end for row in rows], width=WORDS_WIDTH))
    totals = frozenset(n for n, row in enumerate(rows) if row.total)
    return Page(name, purpose, tuple(columns), table=table_name, totals=totals, frozen=len(headings))
