"""A scenario that cannot be met is answered with its way out, and marked wherever its answer is spoken of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from tests.cli.test_cli import FIGURES, answer, book, command
from tests.support.builder import Book
from tests.support.figures import near

MARK = "not met: Slow"
NONE = "No scenario can be met as it is asked"


def mixed() -> Book:
    """Base can be met; Slow asks for 20% more in each place: 72 + 48 of 100."""
    where = "Rule=Much; Each=place; Measure=change; Limit=at least; Strength=must"
    return book().change("Slow", "Rules", "append", Where=where, Field="Value", Value=0.2)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bm.Outcome]:
    folder = tmp_path_factory.mktemp("mixed")
    outcome = bm.run(mixed().save(folder / "in.xlsx"), folder=folder / "out", explain=True)
    return folder, outcome


@pytest.fixture(scope="module")
def none(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bm.Outcome]:
    """Neither scenario can be met: the floor of 30% needs 130 of 100."""
    folder = tmp_path_factory.mktemp("none")
    made = book().rule("Floor", "change", "at least", 0.3, Each="place")
    return folder, bm.run(made.save(folder / "in.xlsx"), folder=folder / "out", publish=True)


def texts(path: Path) -> dict[str, list[str]]:
    """Every text of a workbook, by sheet."""
    workbook = openpyxl.load_workbook(path)
    return {
        sheet.title: [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
        for sheet in workbook
    }


# ---- what a run gives --------------------------------------------------------------------------------------


def test_it_is_among_the_results_and_among_the_failures(ran: tuple[Path, bm.Outcome]) -> None:
    outcome = ran[1]
    assert list(outcome.results) == ["Base", "Slow"]
    assert [result.status for result in outcome.results.values()] == ["optimal", "not met"]
    failure = outcome.failures["Slow"]
    assert isinstance(failure, bm.Infeasible)
    assert failure.answer == outcome.results["Slow"]
    assert outcome.exit_code == 4


def test_tables_have_its_own_name_its_status_and_what_it_misses(ran: tuple[Path, bm.Outcome]) -> None:
    out = ran[0] / "out"
    run = pd.read_csv(out / "run.csv")
    assert run.loc[run["key"] == "status", ["scenario", "value"]].to_numpy().tolist() == [
        ["Base", "optimal"],
        ["Slow", "not met"],
    ]
    missed = pd.read_csv(out / "breaches.csv")
    assert missed[["scenario", "place", "asks", "gives", "short"]].to_numpy().tolist() == [
        ["Slow", "North", 72, 60, 12],
        ["Slow", "South", 48, 40, 8],
    ]
    assert set(pd.read_csv(out / "allocation.csv")["scenario"]) == {"Base", "Slow"}


def test_every_sheet_that_names_its_answer_marks_it(ran: tuple[Path, bm.Outcome]) -> None:
    unmarked = re.compile(r"(?<!not met: )(?<!^met: )\bSlow\b")  # long sentences stand in pieces
    found = texts(ran[0] / "out" / "results_evidence.xlsx") | texts(ran[0] / "out" / "results.xlsx")
    named = {sheet for sheet, own in found.items() if any("Slow" in text for text in own)}
    assert {"Cover", "Breaches", "Allocation", "Comparison", "Places", "Checks", "Why", "Ranking"} <= named
    facts = ("Problems", "Provenance")  # what was found in the workbook is about the scenario, not about its answer
    for sheet in named - set(facts):
        assert not [text for text in found[sheet] if unmarked.search(text)], sheet
    assert any('misses "Much" (Changes!E6) by £20.0m in 2 rows' in text for text in found["Cover"])


def test_the_page_marks_it_everywhere(ran: tuple[Path, bm.Outcome]) -> None:
    page = (ran[0] / "out" / "report.html").read_text(encoding="utf-8")
    assert MARK in page
    lines = re.findall(r"[^<>]*(?<!not met: )\bSlow\b[^<>]*", page)
    assert not [line for line in lines if line.strip() not in ("Base, Slow",)], lines  # the workbook's list of names
    assert "&#x27;Base&#x27; closes" in page  # and no ranking with it


def test_it_is_never_ranked(ran: tuple[Path, bm.Outcome]) -> None:
    # With a floor of 0% Slow has the shortfall 0 of Base; a lower index would not make it win either.
    comparison = ran[1].comparison
    table = comparison.frames["comparison_set"].set_index("scenario")
    assert table.loc["Slow", "set"] == "Slow"
    assert table["rank"].isna().all()
    equal = comparison.metrics[comparison.metrics["metric"] == "index_at_equal_costs"]
    assert equal["scenario"].tolist() == ["Base"]
    assert len(comparison.frames["set_differences"])


def test_an_answer_that_is_not_met_leads_nowhere_though_its_index_is_the_lower_one(tmp_path: Path) -> None:
    # Free is met: the ceiling of 4% leaves South at 41.6, an index above 80. Odd asks for 60 + 41 of 100 in fixed
    # amounts; without them its way out reaches 50 and 50 or near it.
    made = book().remove("Changes").rule("Pace", "change", "at most", 0.04, Places="South")
    made.change("Slow", "Rules", "remove", Where="Rule=Pace")
    made.change("Slow", "Rules", "append", Where="Rule=Odd; Measure=amount; Limit=at least; Strength=must",
                Field="Value", Value=101)  # fmt: skip
    outcome = bm.run(made.save(tmp_path / "in.xlsx"), folder=tmp_path / "out")
    assert outcome.results["Slow"].metric("index") == near(0, 1e-4)
    assert outcome.results["Base"].metric("index") > 50
    cover = texts(tmp_path / "out" / "results.xlsx")["Cover"]
    assert [text for text in cover if text.startswith("'Base' closes ")]
    assert [text for text in cover if f"Not ranked, as the answer keeps other rules than were asked: '{MARK}'" in text]


# ---- none is met -------------------------------------------------------------------------------------------


def test_where_none_is_met_every_sheet_and_the_page_say_so_first(none: tuple[Path, bm.Outcome]) -> None:
    folder, outcome = none
    assert [result.status for result in outcome.results.values()] == ["not met", "not met"]
    names = ("results.xlsx", "results_evidence.xlsx", "results_published.xlsx", "results_evidence_published.xlsx")
    for name in names:
        for sheet, own in texts(folder / "out" / name).items():
            first = " ".join(own[:3])
            assert NONE in first or sheet == "Notes", (name, sheet, first)
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index(NONE) < page.index("<nav")
    assert "comes nearest" not in page
    assert "comes nearest" not in " ".join(texts(folder / "out" / "results.xlsx")["Cover"])


# ---- commands ----------------------------------------------------------------------------------------------


def test_json_has_its_figures_its_status_and_its_breaches(ran: tuple[Path, bm.Outcome], tmp_path: Path) -> None:
    done = command("run", ran[0] / "in.xlsx", "--json", "-o", tmp_path / "out", folder=tmp_path)
    said = answer(done)
    assert done.returncode == 4
    assert [(each["scenario"], each["status"]) for each in said["scenarios"]] == [
        ("Base", "optimal"),
        ("Slow", "not met"),
    ]
    assert said["scenarios"][1]["delivered"] == near(100)
    assert [each["scenario"] for each in said["breaches"]] == ["Slow"]
    assert [row["short"] for row in said["breaches"][0]["breaches"]] == near([12, 8])
    assert [each["scenario"] for each in said["explanations"]] == ["Slow"]
    assert json.dumps(said, allow_nan=False)


def test_the_console_says_what_is_missed_before_any_figure(ran: tuple[Path, bm.Outcome], tmp_path: Path) -> None:
    done = command("run", ran[0] / "in.xlsx", "-o", ran[0] / "out", folder=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 4
    assert lines[0].startswith("NOT MET: 1 of 2 scenarios")
    assert [line for line in lines if line.startswith(MARK)]
    assert f"Reported as '{MARK}'." in done.stderr
    assert "by £20.0m in 2 rows" in done.stderr
    assert "Slow: not met" in done.stderr
    assert "Remembered" in done.stderr  # Base and the answer of Slow alike
    assert max(map(len, lines)) <= 80


@pytest.fixture(scope="module")
def silent(ran: tuple[Path, bm.Outcome]) -> tuple[dict[str, Any], Path]:
    out = ran[0] / "silent"
    done = command("run", ran[0] / "in.xlsx", "--no-breach", "--json", "-o", out, folder=ran[0])
    assert done.returncode == 4
    return answer(done), out


def test_no_breach_publishes_nothing_for_it(silent: tuple[dict[str, Any], Path]) -> None:
    said, out = silent
    assert said["scenarios"][1] == {"scenario": "Slow", "status": "infeasible", **dict.fromkeys(FIGURES)}
    assert "breaches" not in said
    assert not (out / "breaches.csv").exists()
    assert set(pd.read_csv(out / "allocation.csv")["scenario"]) == {"Base"}


def test_runs_side_by_side_mark_it_and_rank_it_with_nobody(
    ran: tuple[Path, bm.Outcome], silent: tuple[dict[str, Any], Path]
) -> None:
    done = command("compare", ran[0] / "out", silent[1], folder=ran[0])
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith(f"out: {MARK}")]
    assert line.split()[-1] == "2"  # a set of its own
    said = answer(command("compare", ran[0] / "out", silent[1], "--json", folder=ran[0]))
    assert [run["not_met"] for run in said["runs"]] == [["Slow"], []]


def test_explain_says_why_a_place_got_what_it_got_in_such_an_answer(ran: tuple[Path, bm.Outcome]) -> None:
    done = command("explain", ran[0] / "in.xlsx", "--scenario", "Slow", "North", folder=ran[0])
    assert done.returncode == 4
    assert f"North in scenario {MARK}" in done.stdout
    said = answer(command("explain", ran[0] / "in.xlsx", "--scenario", "Slow", "North", "--json", folder=ran[0]))
    assert (said["scenario"], said["status"]) == ("Slow", "not met")


# ---- Python ------------------------------------------------------------------------------------------------


def test_solve_raises_and_the_error_has_the_answer(ran: tuple[Path, bm.Outcome]) -> None:
    budget = bm.read(ran[0] / "in.xlsx")
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, "Slow", memory=ran[0] / "out")
    assert isinstance(caught.value.answer, bm.Result)
    assert caught.value.answer.note("remembered") == "yes"
    assert caught.value.answer.allocation.equals(ran[1].results["Slow"].allocation)
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, "Slow", breach=False)
    assert (caught.value.answer, caught.value.unanswered) == (None, "")


def test_solve_all_raises_without_a_place_for_failures(ran: tuple[Path, bm.Outcome]) -> None:
    budget = bm.read(ran[0] / "in.xlsx")
    with pytest.raises(bm.Infeasible):
        bm.solve_all(budget)
    failures: dict[str, bm.BudgetError] = {}
    assert list(bm.solve_all(budget, failures=failures, breach=False)) == ["Base"]
    assert list(failures) == ["Slow"]


def test_results_that_are_met_have_no_breaches(ran: tuple[Path, bm.Outcome]) -> None:
    base = ran[1].results["Base"]
    assert len(base.breaches) == 0
    assert list(base.breaches.columns) == list(ran[1].results["Slow"].breaches.columns)
