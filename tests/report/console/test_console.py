"""The last lines of a run: few, narrow, plain, and true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Infeasible, Issue, SolverFailed, grouped
from budgetmodel.report.console.line import console_line
from budgetmodel.report.console.run import issue_lines, summary, verdict_lines
from tests.report.samples import solved
from tests.support.builder import two_places

FILES = [Path("outputs") / ("very " * 20 + "long") / "results.xlsx", *(Path(f"{n}.csv") for n in range(9))]


def check_lines(lines: list[str]) -> None:
    assert 1 <= len(lines) <= 15
    assert max(map(len, lines)) <= 80
    assert "\n" not in "".join(lines)
    "".join(lines).encode("cp1252")


@pytest.mark.parametrize("name", ["two", "several"])
def test_a_summary_fits_and_names_every_scenario(name):
    results, comparison = solved(name)
    lines = summary(results, comparison, FILES, {}, 12.3)
    check_lines(lines)
    for scenario, result in results.items():
        line = next(line for line in lines if line.startswith(scenario))
        assert f"{result.metric('index') + 0.0:.2f}".lstrip("-") in line
    assert any(line.startswith("Do-minimum") and "100.00" in line for line in lines)


def test_the_legend_says_what_the_worst_place_is_of_and_that_the_shortfall_is_weighted():
    results, comparison = solved("two")
    [legend] = [line for line in summary(results, comparison, FILES, {}, 1.0) if line.startswith("Short£m")]
    first = next(iter(results.values())).inputs
    assert legend.startswith("Short£m  rules missed x weight; worst place: '")
    assert legend.endswith(f"', {first.years[-1]}")
    assert f"'{first.frames['Target']['Component'].iloc[0]}'" in legend


def test_many_scenarios_are_counted():
    results, comparison = solved("several")
    first = next(iter(results.values()))
    many = {f"Scenario {n}": first for n in range(30)}
    lines = summary(many, comparison, FILES, {"Lost": Infeasible("Lost", [])}, 1.0)
    check_lines(lines)
    assert any("more: see the sheet Comparison" in line for line in lines)


def test_a_run_without_an_answer_says_so():
    lines = summary({}, None, [], {f"Lost {n}": Infeasible("Lost", []) for n in range(40)}, 1.0)
    check_lines(lines)
    assert lines[0] == "No scenario has an answer (40 infeasible, 1.0 s)."
    assert "infeasible" in lines[1]


def test_what_is_infeasible_has_not_failed():
    failures = {"A": Infeasible("A", []), "B": SolverFailed("No optimum was proved."), "C": Infeasible("C", [])}
    assert summary({}, None, [], failures, 1.0)[0] == "No scenario has an answer (2 infeasible, 1 failed, 1.0 s)."


def test_plain_lines_hold_nothing_a_console_cannot_show():
    assert console_line("a\x1b[31m\u4e2d\U0001f600 £") == "a [31m?? £"


def issue(code: str, sheet: str, cell: str, severity: str = "error", found: str = "blank") -> Issue:
    return Issue(code, severity, sheet, cell, found, "a number", "Type one.")  # type: ignore[arg-type]


def test_issues_are_grouped_in_sheet_order():
    issues = [issue("BLANK", "Baseline", f"D{n}") for n in range(5, 50)] + [issue("BLANK", "Years", "B5", "warning")]
    lines = issue_lines(issues, 18)
    assert lines[0].startswith("warning  Years!B5") or lines[0].startswith("warning Years!B5")
    assert "45 cells" in " ".join(lines)
    assert max(map(len, lines)) <= 80


def test_many_blank_cells_of_a_column_are_one_sentence():
    issues = [issue("BLANK_VS_ZERO", "Baseline", f"D{n}", found="the cell is blank") for n in range(5, 42)]
    text = " ".join(" ".join(issue_lines(issues, 18)).split())
    assert text.startswith("ERROR 37 cells in Baseline column D are blank: D5, D6, D7, D8, D9, ...; expected a number.")


def test_errors_come_before_warnings_when_not_all_fit():
    issues = [issue(f"NOTE_{n}", "Years", f"B{n}", "warning") for n in range(30)]
    issues += [issue(f"STOP_{n}", "Rules", f"K{n + 5}", found="very wrong " * 10) for n in range(4)]
    lines = issue_lines(issues, 12)
    text = " ".join(lines)
    assert len(lines) <= 12
    assert all(f"[STOP_{n}]" in text for n in range(4))
    assert "expected" not in text  # for want of room
    assert lines[-1].startswith("... and more: ")
    shown = text.count("[NOTE_")
    assert f"{30 - shown} kinds of warning ({30 - shown} cells)" in lines[-1]


def test_the_verdict_counts_every_severity():
    issues = [issue("A", "Rules", "K5"), issue("B", "Rules", "K6", "warning"), issue("B", "Rules", "K7", "warning")]
    lines = verdict_lines(issues, "in.xlsx")
    assert lines[0] == "in.xlsx: 1 error, 2 warnings, 0 repairs: a run is refused."
    assert verdict_lines(issues[1:], "in.xlsx")[0].startswith("in.xlsx: No problems that stop a run; 0 errors, 2 w")
    assert verdict_lines([], "in.xlsx") == ["in.xlsx: No problems: ready to run."]
    assert max(map(len, verdict_lines(issues, "very " * 30 + "long.xlsx"))) <= 80


def test_the_verdict_says_that_like_ones_are_told_as_one():
    issues = [issue("A", "Rules", "K7,K5", "warning", found=f"Scenario '{name}' cannot be met") for name in "AB"]
    lines = verdict_lines(issues, "in.xlsx")
    assert lines[1] == "Like ones stand together: 2 are told as 1."
    assert not any(line.startswith("Like ones") for line in verdict_lines(issues[:1], "in.xlsx"))


def test_a_warning_and_an_error_of_one_code_and_column_are_one_error():
    """The contract: one issue per code, sheet and column."""
    issues = [issue("A", "Rules", "K7", "warning", found="slightly"), issue("A", "Rules", "K5", found="badly")]
    [one] = grouped(issues)
    assert (one.severity, one.cell, one.found) == ("error", "K7,K5", "badly (and 1 more like it)")
    assert len(grouped([*issues, issue("A", "Rules", "C5")])) == 2


def test_cells_with_other_remedies_are_not_told_the_first_one_is_theirs():
    issues = [replace(issue("A", "Rules", f"K{n}"), fix=f"Did you mean '{n}'?") for n in (5, 6)]
    assert "Did you mean '5'? The other cells need their own." in " ".join(" ".join(issue_lines(issues, 18)).split())


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 18])
def test_issues_fill_at_most_a_screen_and_the_rest_is_counted(limit):
    issues = [issue(f"CODE_{n}", "Baseline", f"D{n}", found="very wrong " * 20) for n in range(5, 50)]
    lines = issue_lines(issues, limit)
    assert len(lines) <= max(limit, 2)
    assert "more" in lines[-1]


def test_no_issues_need_no_lines():
    assert issue_lines([], 18) == []


def test_no_headroom_is_said_first(tmp_path):
    """A floor of 2% when the money grows by 2%: 102 of 100."""
    book = two_places().set("Funding", Amount=102).rule("Floor", "growth", "at least", 0.02, Each="place")
    results = bm.solve_all(bm.read(book.save(tmp_path / "in.xlsx")))
    lines = summary(results, None, FILES, {}, 1.0)
    check_lines(lines)
    assert lines[0] == "NO HEADROOM: nothing can converge where floors take all growth: Base"
    book = two_places().set("Funding", Amount=102).rule("Floor", "growth", "at least", 0.01, Each="place")
    results = bm.solve_all(bm.read(book.save(tmp_path / "in.xlsx")))
    assert not any("HEADROOM" in line for line in summary(results, None, FILES, {}, 1.0))
