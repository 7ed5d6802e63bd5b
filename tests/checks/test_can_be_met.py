"""What a check says of scenarios that cannot be met: found without solving them, and never called ready to run."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.excel.annotate import annotate
from tests.cli.test_cli import answer, book, command
from tests.support.builder import Book, two_places

READY = "No problems that stop a run"


def split() -> Book:
    """Three scenarios, two of which ask for 20% more in each place: 72 + 48 of 100."""
    made = book().add("Scenarios", Scenario="Slower", Based_on="Base", Regime="Split")
    where = "Rule=Much; Each=place; Measure=change; Limit=at least; Strength=must"
    for name in ("Slow", "Slower"):
        made.change(name, "Rules", "append", Where=where, Field="Value", Value=0.2)
    return made


def unseen() -> Book:
    """What sums alone do not show: each place has its own money, 60 and 40, and the key shares half and half."""
    made = two_places().remove("Sources").remove("Funding").set("Services", Place_key="Population")
    for place, amount in (("North", 60), ("South", 40)):
        made.add("Sources", Source=f"{place} core", Home_places=place, Lawful_places=place)
        made.fund(f"{place} core", [amount])
    return made


def test_some_that_cannot_be_met_are_named_and_the_others_run(tmp_path: Path) -> None:
    done = command("check", split().save(tmp_path / "in.xlsx"), folder=tmp_path)
    assert done.returncode == 0
    assert "2 of 3 scenarios cannot be met: Slow, Slower; the others run." in done.stdout
    assert READY not in done.stdout
    assert "lower Changes!" in done.stdout  # the way out: cheap to find here
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_none_that_can_be_met_ends_with_exit_code_4(tmp_path: Path) -> None:
    path = book().rule("Floor", "change", "at least", 0.3, Each="place").save(tmp_path / "in.xlsx")
    done = command("check", path, folder=tmp_path)
    assert done.returncode == 4
    assert "None of 2 scenarios can be met" in done.stdout
    assert READY not in done.stdout


def test_json_keeps_its_issues_and_adds_the_scenarios(tmp_path: Path) -> None:
    done = command("check", split().save(tmp_path / "in.xlsx"), "--json", folder=tmp_path)
    said = answer(done)
    assert done.returncode == 0
    assert [(each["scenario"], each["status"]) for each in said["scenarios"]] == [
        ("Base", "can be met"),
        ("Slow", "cannot be met"),
        ("Slower", "cannot be met"),
    ]
    assert [bool(each["way_out"]) for each in said["scenarios"]] == [False, True, True]
    [issue] = [issue for issue in said["issues"] if issue["code"] == "NOT_MET"]
    assert (issue["severity"], issue["sheet"]) == ("warning", "Scenarios")


def test_what_sums_do_not_show_is_found_by_solving(tmp_path: Path) -> None:
    made = unseen()
    issues = bm.check(made.save(tmp_path / "in.xlsx"))
    assert [(issue.code, issue.severity) for issue in issues] == [("NOT_MET", "warning")]
    assert issues[0].where == f"Scenarios!{made.cell('Scenarios', 0, 'Scenario')}"
    assert "Place key" in issues[0].fix or "place key" in issues[0].fix


def test_it_is_in_the_marked_copy(tmp_path: Path) -> None:
    path = unseen().save(tmp_path / "in.xlsx")
    annotate(path, tmp_path / "copy.xlsx", bm.check(path))
    assert (tmp_path / "copy.xlsx").is_file()


def test_a_workbook_with_errors_says_nothing_of_its_scenarios(tmp_path: Path) -> None:
    path = unseen().set("Baseline", row=0, Amount="lots").save(tmp_path / "in.xlsx")
    done = command("check", path, "--json", folder=tmp_path)
    assert (done.returncode, list(answer(done))) == (3, ["issues"])


def test_a_change_in_words_is_judged_with_it(tmp_path: Path) -> None:
    path = book().rule("Floor", "change", "at least", -0.1, Each="place").save(tmp_path / "in.xlsx")
    assert bm.check(path) == []
    assert "NOT_MET" in {issue.code for issue in bm.check(path, ["Rules.Value[Rule=Floor] = 3%"])}


def test_scenarios_that_there_is_no_time_for_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = unseen().save(tmp_path / "in.xlsx")
    monkeypatch.setattr("budgetmodel.program.infeasible.feasible.SECONDS", 0.0)
    assert bm.check(path) == []
    assert [issue.code for issue in bm.check(path, solve=True)] == ["NOT_MET"]


@pytest.mark.parametrize("proved, codes", [(True, ["NOT_MET"]), (False, [])])
def test_a_large_scenario_cannot_be_met_only_where_prices_prove_it(
    proved: bool, codes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = unseen().save(tmp_path / "in.xlsx")
    monkeypatch.setattr("budgetmodel.program.infeasible.feasible.SIMPLEX_UP_TO", 0)
    if not proved:
        monkeypatch.setattr("budgetmodel.program.infeasible.feasible.proof_of", lambda *_: 0.0)
    assert [issue.code for issue in bm.check(path)] == codes


@pytest.mark.parametrize("value", [-1.0, -2.0])
def test_minus_one_in_a_cell_of_percentages_is_questioned(tmp_path: Path, value: float) -> None:
    made = two_places().rule("Floor", "change", "at least", value, Each="place")
    [issue] = bm.check(made.save(tmp_path / "in.xlsx"))
    assert (issue.code, issue.where) == ("PCT_SCALE", f"Rules!{made.cell('Rules', 0, 'Value')}")
    assert f"type {value:g}% or {value / 100:g}" in issue.fix
    assert bm.check(made.set("Rules", Value=-0.99).save(tmp_path / "less.xlsx")) == []


@pytest.mark.parametrize("sheet,column", [("Services", "Service"), ("Places", "Place")])
def test_what_no_row_of_baseline_or_provision_names_gets_nothing_and_is_told(
    tmp_path: Path, sheet: str, column: str
) -> None:
    made = two_places().add(sheet, **{column: "Newcomer"})
    if sheet == "Places":
        made.need("Population", {"Newcomer": 500})
    found = {issue.code: issue for issue in bm.check(made.save(tmp_path / "in.xlsx"))}
    assert found["NO_SUPPLY"].where == f"{sheet}!{made.cell(sheet, len(made[sheet]) - 1, column)}"
    assert "'Newcomer' has no row of Baseline or Provision, so it gets £0" in found["NO_SUPPLY"].found
    made.add("Provision", Places="Newcomer" if sheet == "Places" else "all",
             Services="Newcomer" if sheet == "Services" else "all", Providers="Trust")  # fmt: skip
    assert "NO_SUPPLY" not in {issue.code for issue in bm.check(made.save(tmp_path / "supplied.xlsx"))}


def test_what_a_new_place_still_needs_is_one_message(tmp_path: Path) -> None:
    made = two_places().set("Sources", row=0, Home_places="not Newtown").add("Places", Place="Newtown")
    found = {issue.code: issue for issue in bm.check(made.save(tmp_path / "in.xlsx"))}
    assert found["NO_SUPPLY"].fix == (
        "Add its rows of Baseline or Provision, and a row of Needs for 'Population' and a source of Sources whose "
        "'Home places' include it; or take it out."
    )
