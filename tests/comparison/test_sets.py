"""Comparison sets: what must be shared, what may differ, and the cells that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.comparison.sets import set_differences, sets
from tests.comparison.books import split_and_pooled
from tests.support.builder import Book
from tests.support.types import SolveAll


def with_what_if(*changes: dict[str, object]) -> Book:
    """A third scenario, Dearer: Pooled with changes."""
    book = split_and_pooled().add("Scenarios", Scenario="Dearer", Regime="Pooled", Based_on="Pooled")
    for change in changes:
        book.change("Dearer", **change)  # type: ignore[arg-type]  # the cells of a change
    return book


MONEY = {"table": "Funding", "change": "set", "Where": "Source=North money", "Field": "Amount", "Value": 70}
CONTRACT = {"table": "Contracts", "change": "multiply", "Where": "Regime=Pooled", "Field": "Fee", "Value": 2}
NOTE = {"table": "Rules", "change": "set", "Field": "Authority", "Value": "another letter"}


def test_regimes_over_the_same_tables_are_one_set(solve_all: SolveAll) -> None:
    results = solve_all(with_what_if())
    assert set(sets(results).values()) == {"Split"}
    assert bm.comparison_set(results) == ("Split", "Pooled", "Dearer")
    assert len(set_differences(results)) == 0


def test_other_contracts_and_other_notes_do_not_break_a_set(solve_all: SolveAll) -> None:
    book = with_what_if(CONTRACT, NOTE).rule("Floor", "amount", "at least", 1)
    book.set("Contracts", Fee=0.01)
    results = solve_all(book)
    assert len(results["Dearer"].changes) == 2  # both changes were made
    assert set(sets(results).values()) == {"Split"}


def test_other_money_is_refused_with_the_cells(solve_all: SolveAll) -> None:
    floor = {"table": "Rules", "change": "append", "Where": "Rule=More; Measure=amount; Limit=at least; Strength=must"}
    book = with_what_if(MONEY, {**floor, "Field": "Value", "Value": 5}).rule("Floor", "amount", "at least", 1)
    results = solve_all(book)
    assert sets(results) == {"Split": "Split", "Pooled": "Split", "Dearer": "Dearer"}
    with pytest.raises(bm.InputErrors) as refused:
        bm.comparison_set(results)
    issues = {issue.where: issue for issue in refused.value.issues}
    amount = f"Funding!{book.cell('Funding', 0, 'Amount')}"
    appended = f"Changes!{book.cell('Changes', 1, 'Change')}"
    assert set(issues) == {amount, appended}
    assert issues[amount].found == "'Dearer' has 70 for Amount of North money, 2025/26"
    assert issues[amount].expected == "what 'Split' has: 60"
    assert "More" in issues[appended].found
    assert all(issue.code == "SETS_DIFFER" for issue in refused.value.issues)


def test_a_change_taken_back_by_a_child_is_no_difference(solve_all: SolveAll) -> None:
    # Dearer sets 70, its child Back sets 60 again: the tables are those of Split, whatever was changed on the way.
    book = with_what_if(MONEY).add("Scenarios", Scenario="Back", Regime="Pooled", Based_on="Dearer")
    book.change("Back", "Funding", "set", Where="Source=North money", Field="Amount", Value=60)
    results = solve_all(book)
    assert sets(results)["Back"] == "Split"
    assert set(set_differences(results)["scenario"]) == {"Dearer"}


def test_what_ifs_over_the_same_other_tables_are_a_set_of_their_own(solve_all: SolveAll) -> None:
    book = with_what_if(MONEY).add("Scenarios", Scenario="Dearer split", Regime="Split")
    book.change("Dearer split", "Funding", "add", Where="Source=North money", Field="Amount", Value=10)
    assert sets(solve_all(book)) == {"Split": "Split", "Pooled": "Split", "Dearer": "Dearer", "Dearer split": "Dearer"}


def test_the_run_ranks_within_sets_and_lists_the_cells_of_the_others(tmp_path: Path) -> None:
    budget = bm.read(with_what_if(MONEY).save(tmp_path / "in.xlsx"))
    comparison = bm.compare(bm.solve_all(budget), budget)
    table = comparison.frames["comparison_set"].set_index("scenario")
    assert list(table["set"]) == ["Split", "Split", "Dearer"]
    assert list(table["differing_cells"]) == [0, 0, 1]
    assert list(table["rank"].fillna(0)) == [2, 1, 0]
    assert set(comparison.frames["walls"]["scenario"]) == {"Pooled"}
    equal = comparison.metrics[comparison.metrics["metric"] == "index_at_equal_costs"]
    assert list(equal["scenario"]) == ["Split", "Pooled"]


def test_another_unit_or_order_is_the_same_set_and_another_baseline_is_not(solve_all: SolveAll) -> None:
    plain = solve_all(split_and_pooled())["Split"]
    for layout in ({"money_unit": "£k"}, {"shuffle": 3}):
        assert bm.comparison_set({"one": plain, "other": solve_all(split_and_pooled(), **layout)["Pooled"]})
    book = split_and_pooled().set("Baseline", row=0, Amount=61)
    with pytest.raises(bm.InputErrors, match="Baseline!D5: 'other' has 61 for Amount of North, Care, Trust"):
        bm.comparison_set({"one": plain, "other": solve_all(book)["Pooled"]})
