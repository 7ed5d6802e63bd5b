"""The four questions of the 2020 engagement exercise, each answered by figures of these runs.

`knowledge/engagement.csv` lists the questions and the figures that answer them; the column `Engagement question` of
the sheet Scenarios names the questions that a scenario answers. A question that no scenario names is answered by all
of them. The other scenarios of a question are compared with its first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from budgetmodel.checks.engagement import numbers
from budgetmodel.comparison.figures import (
    BETTER,
    LEVEL,
    WORSE,
    groups_of_all_years,
    in_words,
    named,
    table,
    verdict,
)
from budgetmodel.comparison.sets import sets
from budgetmodel.contract.frames import result_table
from budgetmodel.knowledge.facts import Fact, facts
from budgetmodel.metrics.catalogue import catalogue
from budgetmodel.results import Result

EVERY = "*"
"""In place of a group: every group of a metric."""

OTHER_TABLES = (
    "They do not share their tables (see the differences in the inputs): the figures stand beside each other only."
)


def questions(results: Mapping[str, Result], metrics: pd.DataFrame) -> pd.DataFrame:
    """Every question with the figures that answer it: a row per scenario and figure.

    `metrics` is the frame of a Comparison. All figures are of all years together.
    """
    if not results:
        return result_table("questions", ())
    home, found = sets(results), table(metrics)
    rows: list[dict[str, object]] = []
    for question in facts("engagement"):
        answering = _answering(results, int(question["number"]))
        first = answering[0]
        asked = _figures(question, metrics, results[first].inputs.years)
        for scenario in answering:
            against = first if scenario != first else ""
            other_tables = bool(against) and home[scenario] != home[first]
            own = [_row(question, scenario, against, each, found, other_tables) for each in asked]
            figure_rows = [row for row in own if row is not None]
            rows += [_sum_up(question, scenario, against, figure_rows, other_tables), *figure_rows]
    return result_table("questions", rows)


def _answering(results: Mapping[str, Result], number: int) -> list[str]:
    """The scenarios that the workbook names for a question, or all of them."""
    stated = {
        name: numbers(result.inputs.scenario_row(result.inputs.scenario)["Engagement question"])
        for name, result in results.items()
    }
    return [name for name, own in stated.items() if number in own] or list(results)


def _figures(question: Fact, metrics: pd.DataFrame, years: Sequence[str]) -> list[tuple[str, str]]:
    """The metrics and groups that a question asks for, as far as these runs have them."""
    asked = []
    for part in question["figures"].split(";"):
        metric, _, group = part.strip().partition("|")
        groups = groups_of_all_years(metrics, metric, years) if group == EVERY else [group]
        asked += [(metric, each) for each in groups]
    return asked


def _row(
    question: Fact,
    scenario: str,
    against: str,
    asked: tuple[str, str],
    found: Mapping[tuple[str, str, str], float],
    other_tables: bool,
) -> dict[str, object] | None:
    """One figure of a scenario and that of the first; None when the scenario does not have it."""
    record, group = catalogue()[asked[0]], asked[1]
    value = found.get((scenario, *asked))
    if value is None:
        return None
    other = found.get((against, *asked)) if against else None
    judged = "" if other is None or other_tables else verdict(record, value, other)
    beside = "" if other is None else f"; {against}: {in_words(other, record.unit)}"
    return {
        **_asked(question, scenario, against),
        "metric": record.metric,
        "group": group,
        "label": named(record, group),
        "value": value,
        "value_against": float("nan") if other is None else other,
        "unit": record.unit,
        "better": record.better,
        "verdict": judged,
        "says": f"{scenario}: {in_words(value, record.unit)}{beside}" + (f" ({judged})" if judged else ""),
        "caution": record.caution,
    }


def _sum_up(
    question: Fact, scenario: str, against: str, figure_rows: Sequence[Mapping[str, object]], other_tables: bool
) -> dict[str, object]:
    """How many of a scenario's figures are better, worse and level, unweighted."""
    counts = {word: sum(row["verdict"] == word for row in figure_rows) for word in (BETTER, WORSE, LEVEL)}
    judged = sum(counts.values())
    if not against:
        says = f"{scenario} is what the others are held against."
    elif other_tables:
        says = f"{scenario} beside {against}. {OTHER_TABLES}"
    elif not judged:
        says = f"{scenario} against {against}: {len(figure_rows)} figures, none of which has a better direction."
    else:
        says = (
            f"{scenario} against {against}: of {judged} figures that have a better direction, {counts[BETTER]} are "
            f"better, {counts[WORSE]} worse and {counts[LEVEL]} level; {len(figure_rows) - judged} have none."
        )
    empty = {"metric": "", "group": "", "label": "", "unit": "", "better": "", "verdict": ""}
    figures = {"value": float("nan"), "value_against": float("nan")}
    return {**_asked(question, scenario, against), **empty, **figures, "says": says, "caution": question["caution"]}


def _asked(question: Fact, scenario: str, against: str) -> dict[str, object]:
    return {
        "scenario": scenario,
        "number": int(question["number"]),
        "question": question["question"],
        "asks": question["asks"],
        "against": against,
    }
