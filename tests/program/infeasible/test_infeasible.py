"""Must rules that cannot all hold: what is said, with cells and amounts, and that the other scenarios go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue
from tests.support.builder import Book, two_places


def explained(book: Book, path: Path, scenario: str = "Base") -> tuple[Issue, ...]:
    """Solve a scenario that has no answer; returns its explanation."""
    budget = bm.read(book.save(path / "in.xlsx"))
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, scenario)
    assert caught.value.scenario == scenario
    assert caught.value.exit_code == 4
    for issue in caught.value.issues:
        assert issue.severity == "error"
        assert issue.sentence in str(caught.value)
    return caught.value.issues


def cells(issues: tuple[Issue, ...]) -> set[str]:
    return {f"{issue.sheet}!{cell}" for issue in issues for cell in issue.cell.split(",")}


def floors() -> Book:
    """North wants 70 and South 40 of 100; a scenario Mild asks for 30 in South."""
    book = two_places().rule("North floor", "amount", "at least", 70, Places="North")
    book.rule("South floor", "amount", "at least", 40, Places="South")
    book.add("Scenarios", Scenario="Mild", Regime="Split")
    return book.change("Mild", "Rules", "set", Where="Rule=South floor", Field="Value", Value=30)


def test_floors_above_the_money_are_named_with_their_cells(tmp_path: Path) -> None:
    book = floors()
    issues = explained(book, tmp_path)
    rules = {f"Rules!{book.cell('Rules', row, 'Value')}" for row in (0, 1)}
    assert cells(issues) >= rules
    assert cells(issues) - rules <= {f"Sources!{book.cell('Sources', 0, 'Source')}"}  # the money that is not enough
    said = " ".join(issue.found for issue in issues)
    assert "North floor" in said
    assert "South floor" in said
    assert "£10.0" in said  # 70 + 40 - 100


def test_a_row_that_misses_money_and_one_that_only_stands_in_its_way_bear_their_codes(tmp_path: Path) -> None:
    codes = {issue.code for issue in explained(floors(), tmp_path)}
    assert "INFEASIBLE" in codes  # £10.0m of the two floors is missed, whichever gives way
    assert codes <= {"INFEASIBLE", "INFEASIBLE_WITH", "FLOOR_SUM_GT_POT"}


def test_a_rule_that_has_nothing_to_do_with_it_is_not_named(tmp_path: Path) -> None:
    book = floors().rule("Innocent", "amount", "at most", 90, Places="North")
    book.rule("Wish", "amount", "at least", 200, Places="South", Strength="should")
    said = " ".join(issue.found for issue in explained(book, tmp_path))
    assert "Innocent" not in said
    assert "Wish" not in said


def test_ceilings_that_leave_money_nowhere_to_go_say_how_much(tmp_path: Path) -> None:
    # 45 + 40 may be spent of 100: 15 are left over.
    book = two_places().rule("North cap", "amount", "at most", 45, Places="North")
    book.rule("South cap", "amount", "at most", 40, Places="South")
    issues = explained(book, tmp_path)
    assert cells(issues) >= {f"Rules!{book.cell('Rules', row, 'Value')}" for row in (0, 1)}
    said = " ".join(issue.sentence for issue in issues)
    assert "£15.0" in said
    assert "must all be spent" in said


def test_money_that_has_nowhere_to_go_at_all(tmp_path: Path) -> None:
    # The grant is for a service that nobody provides.
    book = two_places().add("Services", Service="Cure")
    book.add("Sources", Source="Grant", Home_services="Cure", Lawful_services="Cure").fund("Grant", [5])
    [issue] = explained(book, tmp_path)
    assert cells((issue,)) == {f"Sources!{book.cell('Sources', 1, 'Source')}"}
    assert "£5.0m of the money of Grant" in issue.found
    assert "nowhere to go" in issue.found


def test_contract_costs_above_the_money(tmp_path: Path) -> None:
    # One contract of £101m, £100m to pay it from.
    issues = explained(two_places().set("Contracts", Cost_per_contract=101_000), tmp_path)
    assert "£1.0m" in " ".join(issue.found for issue in issues)
    assert any("contract" in issue.sentence for issue in issues)


def test_a_ring_fence_larger_than_its_source(tmp_path: Path) -> None:
    book = two_places().add("Sources", Source="Grant").fund("Grant", [5])
    book.rule("Ring-fence", "amount", "at least", 8, Sources="Grant", Places="South")
    issues = explained(book, tmp_path)
    assert f"Rules!{book.cell('Rules', 0, 'Value')}" in cells(issues)
    assert "£3.0" in " ".join(issue.found for issue in issues)


def test_a_floor_that_no_money_can_reach(tmp_path: Path) -> None:
    # All money stays in South.
    book = two_places().set("Sources", Home_places="South", Lawful_places="South")
    book.rule("Floor", "amount", "at least", 1, Places="North")
    assert cells(explained(book, tmp_path)) == {f"Rules!{book.cell('Rules', 0, 'Value')}"}


def test_a_place_key_that_cannot_hold(tmp_path: Path) -> None:
    # The key shares 50 : 50, the walls 60 : 40.
    book = two_places().remove("Sources").remove("Funding").set("Services", Place_key="Population")
    for place, amount in (("North", 60), ("South", 40)):
        book.add("Sources", Source=f"{place} core", Home_places=place, Lawful_places=place).fund(
            f"{place} core", [amount]
        )
    issues = explained(book, tmp_path)
    assert cells(issues) & {f"Services!{book.cell('Services', 0, 'Place key')}", *sources(book)}


def sources(book: Book) -> set[str]:
    return {f"Sources!{book.cell('Sources', row, 'Source')}" for row in range(len(book["Sources"]))}


@pytest.mark.parametrize(
    "measure,limit,value,cells_",
    [
        ("amount", "at least", 101, {}),
        ("growth", "at least", 0.01, {}),
        ("relative growth", "at least", 0.01, {}),
        ("change", "at least", 0.01, {}),
        ("do-minimum", "at least", 0.01, {}),
        ("share", "at most", 0.5, {"Of": "places=all"}),
        ("per head", "at least", 50_001, {"Of": "Population"}),
        ("fair share", "at least", 0.01, {"Of": "Overall"}),
    ],
)
def test_every_measure_can_be_the_culprit_and_is_named(
    tmp_path: Path, measure: str, limit: str, value: float, cells_: dict[str, str]
) -> None:
    # There are 100, as last year, for 2,000 people: nothing can ask for more, or for half of itself.
    book = two_places().rule("Culprit", measure, limit, value, **cells_)
    assert f"Rules!{book.cell('Rules', 0, 'Value')}" in cells(explained(book, tmp_path))


def test_moved_can_be_the_culprit(tmp_path: Path) -> None:
    book = two_places().rule("Culprit", "moved", "at most", 0.05, Each="place")
    book.rule("South", "amount", "at least", 50, Places="South")  # 10 moved, where 5 may
    assert cells(explained(book, tmp_path)) >= {f"Rules!{book.cell('Rules', row, 'Value')}" for row in (0, 1)}


def test_the_other_scenarios_are_still_solved(tmp_path: Path) -> None:
    budget = bm.read(floors().save(tmp_path / "in.xlsx"))
    failures: dict[str, bm.Infeasible] = {}
    results = bm.solve_all(budget, failures=failures)  # type: ignore[arg-type]  # only Infeasible is to be met
    assert {name: result.status for name, result in results.items()} == {"Base": "not met", "Mild": "optimal"}
    assert results["Mild"].metric("spent") == 100
    assert list(failures) == ["Base"]
    assert isinstance(failures["Base"], bm.Infeasible)
    with pytest.raises(bm.Infeasible):
        bm.solve_all(budget)


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "budgetmodel", "run", str(path), "-o", str(path.parent / "out"), *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=path.parent)


def test_the_command_line_says_so_in_one_json_object(tmp_path: Path) -> None:
    book = floors()
    done = run(book.save(tmp_path / "in.xlsx"), "--json", "--no-breach")
    assert done.returncode == 4, done.stderr
    answer = json.loads(done.stdout)
    base, mild = answer["scenarios"]
    figures = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
    assert base == {"scenario": "Base", "status": "infeasible", **dict.fromkeys(figures)}
    assert (mild["scenario"], mild["status"], mild["delivered"]) == ("Mild", "optimal", 100)
    assert answer["files"]
    [told] = answer["explanations"]
    assert told["scenario"] == "Base"
    assert {row["cell"] for row in told["conflicts"]} >= {f"Rules!{book.cell('Rules', row, 'Value')}" for row in (0, 1)}
    assert {row["amount"] for row in told["remedies"]} == {10.0}  # 70 + 40 - 100
    assert {"conflicts.csv", "remedies.csv"} <= {Path(name).name for name in answer["files"]}
    named = {f"{issue['sheet']}!{cell}" for issue in answer["issues"] for cell in issue["cell"].split(",")}
    assert f"Rules!{book.cell('Rules', 0, 'Value')}" in named


def test_nothing_is_written_when_nothing_is_solved(tmp_path: Path) -> None:
    path = floors().save(tmp_path / "in.xlsx")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.xlsx").write_text("the last good result")
    done = run(path, "--scenario", "Base", "--json", "--no-breach")
    assert done.returncode == 4, done.stderr
    answer = json.loads(done.stdout)
    assert ([row["status"] for row in answer["scenarios"]], answer["files"]) == (["infeasible"], [])
    assert (tmp_path / "out" / "results.xlsx").read_text() == "the last good result"


def test_people_read_which_rules_and_cells(tmp_path: Path) -> None:
    book = floors()
    done = run(book.save(tmp_path / "in.xlsx"), "--scenario", "Base")
    assert done.returncode == 4
    assert f"Rules!{book.cell('Rules', 0, 'Value')}" in done.stderr + done.stdout
    assert "need £10.0m more than" in " ".join(done.stderr.split())
    assert max(map(len, done.stderr.splitlines())) <= 80
    assert "Traceback" not in done.stderr + done.stdout
