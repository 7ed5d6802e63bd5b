"""A run in which one scenario fails and one cannot be met: tables, pages and console are whole for the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.report.console.run import summary
from tests.cli.test_cli import book

ANSWERED = ["Base", "Slow"]
GAVE_UP = "No optimum was proved within the time limit of 1 seconds. Allow more with --time-limit."
OWN = ("run", "issues", "conflicts", "remedies", "input_cells")
"""Tables that name the scenarios without an answer, or the folder."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[bm.Outcome, bm.Outcome, list[bm.Event]]:
    """Base and Slow with Late, for which the solver gives up, and Much, which asks 0.2 more of all; then they alone."""
    home = tmp_path_factory.mktemp("some fail")
    made = book().add("Scenarios", Scenario="Late", Based_on="Base", Regime="Split")
    made.add("Scenarios", Scenario="Much", Based_on="Base", Regime="Split")
    where = "Rule=Much; Each=place; Measure=change; Limit=at least; Strength=must"
    path = made.change("Much", "Rules", "append", Where=where, Field="Value", Value=0.2).save(home / "in.xlsx")
    solve, events = api.solve, []

    def failing(budget: bm.Budget, scenario: str, *rest: Any, **how: Any) -> bm.Result:
        if scenario == "Late":
            raise bm.SolverFailed(GAVE_UP)
        return solve(budget, scenario, *rest, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "solve", failing)
        some = bm.run(path, folder=home / "some", breach=False, on_event=events.append)
    return some, bm.run(path, ANSWERED, folder=home / "alone", breach=False), events


def folder(outcome: bm.Outcome) -> Path:
    return outcome.files[0].parent


def test_each_end_is_told_with_the_answers_there_are(ran) -> None:
    ends = {event.scenario: (event.stage, event.words) for event in ran[2] if event.kind == "ended"}
    assert ends["Late"] == ("failed", "")
    assert ends["Much"] == ("infeasible", "")
    # Slow: South 44 of its fair 50, North 56: 12 of the 20 by which they differ today.
    assert ends["Slow"] == ("solved", "share of the gap left 60.00 of 100, closed by 2025/26 40%")
    assert ran[0].exit_code == 6


def test_every_table_has_all_of_the_others(ran) -> None:
    some, alone = folder(ran[0]), folder(ran[1])
    tables = {path.name for path in alone.glob("*.csv")}
    assert tables <= {path.name for path in some.glob("*.csv")}
    for name in sorted(tables - {f"{own}.csv" for own in OWN}):
        assert (some / name).read_bytes() == (alone / name).read_bytes(), name
    issues = pd.read_csv(some / "issues.csv", keep_default_na=False)
    assert set(issues.loc[issues["severity"] == "error", "scenario"]) == {"Late", "Much"}
    assert set(pd.read_csv(some / "conflicts.csv")["scenario"]) == {"Much"}


def test_every_sheet_and_section_is_there(ran) -> None:
    some, alone = (load_workbook(folder(outcome) / "results.xlsx") for outcome in ran[:2])
    assert set(some.sheetnames) - set(alone.sheetnames) == {"Conflicts", "Ways out"}
    assert set(alone.sheetnames) <= set(some.sheetnames)
    for name in set(alone.sheetnames) - {"Cover", "Problems", "Provenance", "Checks"}:
        shown, expected = ([[c.value for c in row] for row in book[name].iter_rows()] for book in (some, alone))
        assert shown == expected, name
    cover = " ".join(str(cell.value) for row in some["Cover"].iter_rows() for cell in row if cell.value)
    assert "ALL CHECKS PASS" in cover
    assert f"Failed: {GAVE_UP}" in cover
    sections = [re.findall(r'<section[^>]* id="(\w+)"', (folder(o) / "report.html").read_text()) for o in ran[:2]]
    assert sections[0] == sections[1] != []
    report = (folder(ran[0]) / "report.html").read_text()
    assert GAVE_UP in report
    assert "Much" in report


def test_the_console_has_a_line_for_each_of_the_four(ran) -> None:
    outcome = ran[0]
    lines = summary(outcome.results, outcome.comparison, outcome.files, outcome.failures, outcome.seconds)
    begins = {line.split()[0] for line in lines}
    assert {"Base", "Slow", "Late", "Much", "Proof", "Wrote", "Open"} <= begins
    assert next(line for line in lines if line.startswith("Late")).endswith("failed: no answer")
    assert next(line for line in lines if line.startswith("Much")).endswith("infeasible: no answer")


def test_the_next_run_says_that_they_have_an_answer_now(ran) -> None:
    before = folder(ran[0])
    outcome = bm.run(before.parent / "in.xlsx", folder=before, breach=False)
    assert outcome.since is not None
    said = outcome.since.words("scenario")
    assert said == ["'Late' has an answer that meets it; in the last run it had no answer, as the solver gave up."]
