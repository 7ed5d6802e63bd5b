"""What if: changes from Python and in words are the same as rows of Changes, on top of every scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.api import with_changes
from budgetmodel.comparison import net_changes
from budgetmodel.contract.issues import BadCommand, errors
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.report.console.run import summary
from budgetmodel.scenarios.budget import selected
from budgetmodel.scenarios.set_grammar import read_sets, row_of
from tests.scenarios.test_scenarios import amounts, base_book
from tests.support.builder import two_places
from tests.support.random_books import random_book
from tests.support.types import Read


def after(budget: bm.Budget, scenario: str = "More") -> bm.Budget:
    """The budget of a scenario, which must be sound."""
    changed, issues = budget.inputs_of(scenario)
    assert changed is not None, issues
    return changed


def cells(budget: bm.Budget) -> dict[str, dict[str, tuple[object, ...]]]:
    """Every cell of every table but Changes."""
    return {name: dict(table.values) for name, table in budget.tables.items() if name != "Changes"}


# ---- the same change three ways ------------------------------------------------------------------------

CAP = "Rule=Cap; Places=North; South; Each=place; Measure=growth; Limit=at most; Strength=should"
SAME: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"table": "Funding", "field": "Amount", "where": {"Year": "2025/26"}, "to": 120},
        {"Table": "Funding", "Change": "set", "Where": "Year=2025/26", "Field": "Amount", "Value": 120},
        "Funding.Amount[Year=2025/26] = 120",
    ),
    (
        {"table": "Rules", "field": "Value", "where": "Rule=Pace", "to": "6%"},
        {"Table": "Rules", "Change": "set", "Where": "Rule=Pace", "Field": "Value", "Value": "6%"},
        "Rules.Value[Rule=Pace] = 6%",
    ),
    (
        {"table": "Places", "field": "Equity weight", "where": {"Place": ["North", "the South"]}, "to": 2},
        {"Table": "Places", "Change": "set", "Where": "Place=North | The south", "Field": "Equity weight", "Value": 2},
        "Places.Equity weight[Place='North' | 'Southshire'] = '2'",
    ),
    (
        {"table": "Baseline", "field": "Amount", "where": {"Amount": 6.0}, "add": -1.5},
        {"Table": "Baseline", "Change": "add", "Where": "Amount=6", "Field": "Amount", "Value": -1.5},
        "Baseline.Amount (£m)[Amount=6] -= 1.5",
    ),
    (
        {"table": "Funding", "field": "Amount", "multiply": np.float64(1.1)},
        {"Table": "Funding", "Change": "multiply", "Field": "Amount", "Value": 1.1},
        "Funding.Amount *= 1.1",
    ),
    (
        {"table": "Rules", "remove": True, "where": {"Measure": "relative growth"}},
        {"Table": "Rules", "Change": "remove", "Where": "Measure=relative growth"},
        "remove Rules[Measure=relative growth]",
    ),
    (
        {
            "table": "Rules",
            "append": {
                "Rule": "Cap",
                "Places": "North; South",
                "Each": "place",
                "Measure": "growth",
                "Limit": "at most",
                "Strength": "should",
                "Value": 0.06,
            },
        },
        {"Table": "Rules", "Change": "append", "Where": CAP, "Field": "Value", "Value": 0.06},
        f'append Rules[{CAP}; Value="6%"]',
    ),
]


@pytest.mark.parametrize("keywords, row, sentence", SAME)
def test_a_change_is_the_same_from_python_in_words_and_as_a_row(
    read: Read, keywords: dict[str, Any], row: dict[str, Any], sentence: str
) -> None:
    as_row = after(read(base_book().add("Changes", Scenario="More", **row)))
    base = read(base_book())
    from_python = after(base.changed(**keywords, reason="test", owner="finance"))
    in_words = after(with_changes(base, [sentence]))
    assert len(as_row.ledger)
    assert cells(as_row) == cells(from_python) == cells(in_words)
    assert cells(as_row) != cells(base)
    kept = [name for name in as_row.ledger if name != "change_cell"]
    pd.testing.assert_frame_equal(as_row.ledger[kept], from_python.ledger[kept])
    pd.testing.assert_frame_equal(as_row.ledger[kept[:3]], in_words.ledger[kept[:3]])
    assert set(from_python.ledger["change_cell"]) == {"changed() 1"}
    assert set(in_words.ledger["change_cell"]) == {"--set 1"}
    assert set(in_words.ledger["reason"]) == {f"what if: {sentence}"}


@pytest.mark.parametrize("seed", range(4))
def test_a_change_on_top_is_a_last_child(tmp_path: Path, seed: int) -> None:
    # Whatever the scenario itself changes, a change on top of it is a child scenario with that one row.
    book = random_book(seed, "tiny")
    parent = book["Scenarios"][-1]
    book.add("Scenarios", Scenario="Child", Based_on=parent["Scenario"], Regime=parent["Regime"])
    plain = bm.read(book.save(tmp_path / "plain.xlsx"))
    row = {"Where": f"Year={book['Years'][0]['Year']}", "Field": "Amount", "Value": 1.01}
    child = bm.read(book.change("Child", "Funding", "multiply", **row).save(tmp_path / "child.xlsx"))
    on_top = plain.changed("Funding", field="Amount", where=row["Where"], multiply=1.01)
    assert cells(after(on_top, parent["Scenario"])) == cells(after(child, "Child"))
    assert list(after(on_top, parent["Scenario"]).ledger["new"]) == list(after(child, "Child").ledger["new"])


# ---- on top of scenarios, one after the other ------------------------------------------------------------


def test_calls_are_made_in_order_and_each_may_overrule_the_one_before(read: Read) -> None:
    base = read(base_book())
    to = {"field": "Amount", "where": {"Year": "2025/26"}}
    assert amounts(after(base.changed("Funding", to=120, **to).changed("Funding", multiply=2, **to))) == [240, 100]
    assert amounts(after(base.changed("Funding", multiply=2, **to).changed("Funding", to=120, **to))) == [120, 100]
    chain = after(base.changed("Funding", to=120, **to).changed("Funding", to=130, **to))
    assert [tuple(row) for row in chain.ledger[["old", "new", "change_cell"]].to_numpy()] == [
        ("100", "120", "changed() 1"),
        ("120", "130", "changed() 2"),
    ]


def test_a_change_overrules_the_scenario_and_leaves_the_budget_and_its_reference_alone(read: Read) -> None:
    base = read(base_book().change("More", "Baseline", "set", Where="Amount=60", Field="Amount", Value=90))
    changed = base.changed("Baseline", field="Amount", where={"Place": "North", "Service": "Care"}, to=70)
    assert amounts(after(changed), "Baseline") == [70, 40, 6, 4]
    assert amounts(changed, "Baseline") == amounts(base, "Baseline") == [60, 40, 6, 4]
    assert reference_gaps(changed) == reference_gaps(base)
    assert (base.what_if, len(changed.what_if)) == ((), 1)


def test_the_sets_of_one_command_may_not_hit_one_cell(read: Read) -> None:
    with pytest.raises(bm.InputErrors) as caught:
        with_changes(read(base_book()), ["Rules.Value[Rule=Pace] = 1%", "Rules.Value *= 2"])
    [issue] = errors(caught.value.issues)
    assert (issue.code, issue.where) == ("CHANGE_TWICE", "--set 2")
    assert "--set 1" in issue.found
    assert "Rules!" in issue.found


def test_steps_that_only_hold_together_may_be_chained(read: Read) -> None:
    # A place without a need is refused; what counts is the whole chain when it is solved.
    half = read(base_book()).changed("Places", append={"Place": "East"})
    budget, issues = half.inputs_of("More")
    assert budget is None
    assert {issue.code for issue in errors(issues)} == {"PLACE_MISSING"}
    assert all("(after changed() 1)" in issue.found for issue in errors(issues))
    need = {"Need measure": "Population", "Place": "East", "Basis": "registered", "Value": 500}
    assert after(half.changed("Needs", append=need)).places == ("North", "South", "East")


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keywords, code, where, says",
    [
        ({"table": "Rulse", "remove": True}, "CHANGE_TABLE", "changed() 1", "'Rules'"),
        ({"table": "About", "field": "Value", "to": 1}, "CHANGE_TABLE", "changed() 1", "'About'"),
        ({"table": "Rules", "field": "Vallue", "to": 1}, "CHANGE_FIELD", "changed() 1", "'Value'"),
        (
            {"table": "Rules", "field": "Value", "where": {"Rule": "Paces"}, "to": 1},
            "CHANGE_NO_ROW",
            "changed() 1",
            "'Pace'",
        ),
        ({"table": "Rules", "field": "Value", "where": "Pace", "to": 1}, "CHANGE_WHERE", "changed() 1", "column=value"),
        ({"table": "Rules", "field": "Rule", "add": 1}, "CHANGE_NOT_NUMBER", "changed() 1", "'Floor'"),
        ({"table": "Funding", "field": "Amount", "add": "some"}, "NOT_A_NUMBER", "changed() 1", "some"),
        ({"table": "Funding", "field": "Amount", "to": 1, "unit": "£k"}, "UNIT_SCALE", "changed() 1", "£m"),
        ({"table": "Funding", "field": "Amount", "to": "£5m"}, "CURRENCY", "Funding!C5", "(set by changed() 1)"),
        ({"table": "Funding", "field": "Amount", "to": -5}, "NEG_BUDGET", "Funding!C5", "(set by changed() 1)"),
        ({"table": "Rules", "field": "Value", "to": "lots"}, "NOT_A_NUMBER", "Rules!K5", "(set by changed() 1)"),
        (
            {"table": "Funding", "append": {"Source": "Cora", "Year": "2025/26", "Amount": 1}},
            "SOURCE_UNKNOWN",
            "changed() 1",
            "'Core'",
        ),
    ],
)
def test_what_no_scenario_can_take_is_refused_at_once(
    read: Read, keywords: dict[str, Any], code: str, where: str, says: str
) -> None:
    with pytest.raises(bm.InputErrors) as caught:
        read(base_book()).changed(**keywords)
    issue = errors(caught.value.issues)[0]
    assert (issue.code, issue.where) == (code, where)
    assert says in issue.sentence


def test_what_one_scenario_lacks_is_said_when_that_is_asked_for(read: Read) -> None:
    where = "Rule=Late; Each=place; Measure=growth; Limit=at most; Strength=must"
    base = read(base_book().change("More", "Rules", "append", Where=where, Field="Value", Value=0.1))
    sentence = "Rules.Value[Rule=Late] = 20%"
    assert list(after(with_changes(base, [sentence], scenarios=["More"])).frame("Rules")["Value"])[-1] == 0.2
    changed = base.changed("Rules", field="Value", where={"Rule": "Late"}, to=0.2)
    with pytest.raises(bm.InputErrors, match=r"changed\(\) 1: no row of 'Rules' has Rule = Late"):
        bm.solve(changed, "Base")
    with pytest.raises(bm.InputErrors, match=r"--set 1: no row of 'Rules' has Rule = Late"):
        with_changes(base, [sentence])


def test_every_wrong_set_is_reported_at_once(read: Read) -> None:
    with pytest.raises(bm.InputErrors) as caught:
        with_changes(read(base_book()), ["Rool.Value = 1", "Rules.Vallue = 1", "remove Rules[Rule=Paces]"])
    assert [(issue.code, issue.where) for issue in errors(caught.value.issues)] == [
        ("CHANGE_TABLE", "--set 1"),
        ("CHANGE_FIELD", "--set 2"),
        ("CHANGE_NO_ROW", "--set 3"),
    ]


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"field": "Value", "to": 1, "add": 1},
        {"append": {"Rule": "X"}, "where": "Rule=Pace"},
        {"remove": True, "field": "Value"},
        {"field": "Value", "to": object()},
        {"field": "Value", "to": 1, "where": {"Rule": []}},
    ],
)
def test_keywords_that_say_no_change_are_type_errors(keywords: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        row_of("changed() 1", "Rules", **keywords)


# ---- the grammar of --set ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence, expected",
    [
        ("Rules.Value[Rule=Pace ceiling] = 6%", ("Rules", "set", "Rule=Pace ceiling", "Value", "6%")),
        ("Rules.Value[Rule=Pace]=6%", ("Rules", "set", "Rule=Pace", "Value", "6%")),
        ("Places.Equity weight *= 2", ("Places", "multiply", "", "Equity weight", "2")),
        ("Funding.Amount[] += 3", ("Funding", "add", "", "Amount", "3")),
        ("Funding.Amount -= 3", ("Funding", "add", "", "Amount", "-3")),
        ("Funding.Amount -= -3", ("Funding", "add", "", "Amount", "3")),
        ('Rules.Of[Rule=A] = "services=B"', ("Rules", "set", "Rule=A", "Of", "services=B")),
        ("Rules.Of = services=B", ("Rules", "set", "", "Of", "services=B")),
        ("Rules.Weight = ''", ("Rules", "set", "", "Weight", None)),
        (
            "Baseline.Amount[Service=A [old] care; Place=B] = 3",
            ("Baseline", "set", "Service=A [old] care; Place=B", "Amount", "3"),
        ),
        ("Rules.Value[Services='A; B' | C] = 1", ("Rules", "set", "Services=A; B | C", "Value", "1")),
        ("Services.Tags[Service=Children's care] = x", ("Services", "set", "Service=Children's care", "Tags", "x")),
        ("REMOVE Rules", ("Rules", "remove", "", "", None)),
        (
            "append Funding[Source=A; Year=2026/27; Amount=5]",
            ("Funding", "append", "Source=A; Year=2026/27; Amount=5", "", None),
        ),
    ],
)
def test_changes_in_words(sentence: str, expected: tuple[object, ...]) -> None:
    [row] = read_sets([sentence])
    assert (row.table, row.change, row.where, row.field, row.value) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        *("", "hello", "Rules", "Rules.Value", "Rules = 5", "Rules.Value[Rule=X]", "Rules.Value[Rule=X] 5"),
        *("Rules.Value[Pace] = 5", "Rules.Value[Rule=X = 5", "Rules.Value[Rule=X] =", "append Rules", "append Rules[]"),
        *("remove Rules[Pace]", ".Value = 3", "Rules.Value[=3] = 5"),
    ],
)
def test_words_that_cannot_be_read_are_a_usage_error_in_one_sentence(sentence: str) -> None:
    with pytest.raises(BadCommand) as caught:
        read_sets(["Rules.Value = 1", sentence], {})
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(f"--set 2 '{sentence}': ")
    assert "\n" not in str(caught.value)


# ---- results -----------------------------------------------------------------------------------------


def test_results_carry_the_change_and_the_comparison_begins_with_it(read: Read) -> None:
    # 60 and 40 of 100; at most 10% growth lets South have 44, so North has 56: ratios 1.12 and 0.88 instead of
    # 1.2 and 0.8, an index of 0.24 / 0.4 = 60.
    base = read(two_places().add("Scenarios", Scenario="More", Regime="Split"))
    pace = {"Rule": "Pace", "Each": "place", "Measure": "growth", "Limit": "at most", "Strength": "must", "Value": 0.1}
    results = bm.solve_all(base.changed("Rules", append=pace, reason="slower", owner="Ann"))
    assert [result.metric("index") for result in results.values()] == pytest.approx([60, 60], abs=1e-6)
    row = results["More"].changes.iloc[0]
    assert (row["cell"], row["change_cell"], row["reason"], row["owner"]) == ("Rules", "changed() 1", "slower", "Ann")
    comparison = bm.compare(results)
    lines = summary(results, comparison, [], {}, 1.0)
    assert [line[:9] for line in lines[2:4]] == ["Inputs   ", "Answer   "]
    assert lines[2].startswith("Inputs   all: Rules, new row (changed() 1) none -> Rule=Pace")


def test_changes_to_one_cell_come_to_one(read: Read) -> None:
    budget = read(base_book()).changed("Funding", field="Amount", where="Year=2025/26", to=90)
    ledger = after(budget.changed("Funding", field="Amount", multiply=2)).ledger
    ledger.insert(0, "scenario", "More")
    assert [(old, new) for _, old, new in net_changes(ledger, "More")] == [("100", "180"), ("100", "200")]
    undone = after(budget.changed("Funding", field="Amount", to=100)).ledger
    undone.insert(0, "scenario", "More")
    assert net_changes(undone, "More") == []


def test_without_packs_a_run_solves_what_is_asked_for(read: Read) -> None:
    budget = read(base_book())
    assert (selected(budget, ["More"]), selected(budget, None)) == (("More",), ("Base", "More"))
