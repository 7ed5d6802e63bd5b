"""Scenarios: what the rows of Changes do to the tables, what the ledger keeps, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.scenarios.apply import lineage
from tests.support.builder import Book, two_places, with_years

Run = Callable[..., bm.Budget]


def base_book() -> Book:
    """Two places (South is also Southshire), two services, two years; scenario More is based on Base."""
    book = with_years(two_places(), 2).set("Places", row=1, Also_known_as="Southshire; The south")
    book.add("Services", Service="Cure", Tags="new")
    book.spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4)
    book.rule("Floor", "change", "at least", -0.5, Services="Care; Cure", Each="place")
    book.rule("Pace", "relative growth", "at most", 0.02, Each="place", Strength="should", Weight=None)
    book.rule("Floor 2", "change", "at least", -0.6)
    return book.add("Scenarios", Scenario="More", Regime="Split", Based_on="Base")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Save a book, read it, and apply a scenario."""

    def apply(book: Book, scenario: str = "More") -> bm.Budget:
        budget, issues = bm.read(book.save(tmp_path / "in.xlsx")).inputs_of(scenario)
        assert budget is not None, issues
        return budget

    return apply


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[Book], list[Issue]]:
    """Save a book that must be refused, and list its errors."""

    def check(book: Book) -> list[Issue]:
        path = book.save(tmp_path / "in.xlsx")
        with pytest.raises(bm.InputErrors) as caught:
            bm.read(path)
        assert list(caught.value.issues) == bm.check(path)
        return list(errors(caught.value.issues))

    return check


def amounts(budget: bm.Budget, sheet: str = "Funding") -> list[float]:
    return list(budget.frame(sheet)["Amount"].round(9))


def ledger(budget: bm.Budget) -> list[tuple[str, ...]]:
    return list(budget.ledger.itertuples(index=False, name=None))


# ---- the five operations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change,value,expected",
    [
        ("set", 120, [120, 100]),
        ("add", -2.5, [97.5, 100]),  # 100 - 2.5
        ("multiply", 1.1, [110, 100]),  # 100 x 1.1
    ],
)
def test_cells_are_changed(run: Run, change: str, value: float, expected: list[float]) -> None:
    book = base_book().change("More", "Funding", change, Where="Year=2025/26", Field="Amount", Value=value)
    book.set("Changes", row=0, Reason="new grant", Owner="Ann")
    budget = run(book)
    assert amounts(budget) == expected
    change_cell = f"Changes!{book.cell('Changes', 0, 'Change')}"
    cell = f"Funding!{book.cell('Funding', 0, 'Amount')}"
    assert ledger(budget) == [(cell, "100", f"{expected[0]:g}", change_cell, "new grant", "Ann")]
    assert (budget.scenario, amounts(run(book, "Base"))) == ("More", [100, 100])


def test_rows_are_removed(run: Run) -> None:
    book = base_book().change("More", "Rules", "remove", Where="Rule=Pace")
    budget = run(book)
    assert list(budget.frame("Rules")["Rule"]) == ["Floor", "Floor 2"]
    [(cell, old, new, change_cell, *_)] = ledger(budget)
    assert (cell, new) == (f"Rules!{book.cell('Rules', 1, 'Rule')}", "")
    assert "Rule=Pace" in old
    assert "Value=0.02" in old
    assert change_cell == f"Changes!{book.cell('Changes', 0, 'Change')}"


def test_rows_are_appended(run: Run) -> None:
    where = "Rule=Cap; Places=North; South; Each=place; Measure=growth; Limit=at most; Strength=should"
    book = base_book().change("More", "Rules", "append", Where=where, Field="Value", Value="6%")
    rule = run(book).frame("Rules").iloc[-1]
    assert (rule["Rule"], rule["Places"].members, rule["Each"]) == ("Cap", ("North", "South"), ("place",))
    assert (rule["Value"], rule["Weight"]) == (0.06, 1)  # what is not given takes its default
    [(cell, old, new, *_)] = ledger(run(book))
    assert (cell, old) == ("Rules", "")
    assert "Rule=Cap" in new


def test_append_without_a_field_takes_everything_from_where(run: Run) -> None:
    book = base_book().change("More", "Provision", "append", Where="Places=all; Services=Cure; Providers=Trust")
    assert len(run(book).frame("Provision")) == 1


def test_set_to_a_blank_gives_the_default(run: Run) -> None:
    book = base_book().set("Places", Equity_weight=3)
    book.change("More", "Places", "set", Where="Place=North", Field="Equity weight", Value=None)
    budget = run(book)
    assert list(budget.frame("Places")["Equity weight"]) == [1, 3]
    assert ledger(budget)[0][1:3] == ("3", "")


def test_a_blank_cell_is_multiplied_as_its_default(run: Run) -> None:
    # Pace has no weight of its own, which means 1.
    book = base_book().change("More", "Rules", "multiply", Where="Rule=Pace", Field="Weight", Value=2)
    assert list(run(book).frame("Rules")["Weight"]) == [1, 2, 1]


# ---- Where -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where,hit",
    [
        (None, [0, 1, 2, 3]),  # blank = every row
        ("Place=North", [0, 2]),
        ("place = NORTH ", [0, 2]),
        ("Place=Southshire", [1, 3]),  # aliases are known
        ("Place=North | the South", [0, 1, 2, 3]),
        ("Place=North; Service=Cure", [2]),
        ("Place=North | South; Service=Cure", [2, 3]),
        ("Amount=60", [0]),
        ("Amount=60.0 | 4", [0, 3]),
        ("Amount (£m)=6", [2]),  # a unit in the heading is ignored
        ("Source of figure=test  Figures", [0, 1, 2, 3]),
    ],
)
def test_where_picks_rows(run: Run, where: str | None, hit: list[int]) -> None:
    book = base_book().change("More", "Baseline", "set", Where=where, Field="Amount", Value=7)
    before = [60.0, 40.0, 6.0, 4.0]
    assert amounts(run(book), "Baseline") == [7 if row in hit else value for row, value in enumerate(before)]


def test_where_compares_a_selector_as_text_and_a_part_without_equals_continues(run: Run) -> None:
    book = base_book().change("More", "Rules", "set", Where="services=care;CURE; Each=place", Field="Value", Value=-0.1)
    assert list(run(book).frame("Rules")["Value"]) == [-0.1, 0.02, -0.6]


def test_where_compares_percentages_as_numbers(run: Run) -> None:
    book = base_book().change("More", "Rules", "set", Where="Value=2%", Field="Value", Value=0.03)
    assert list(run(book).frame("Rules")["Value"]) == [-0.5, 0.03, -0.6]


def test_where_may_name_a_column_of_the_users_own(run: Run) -> None:
    book = base_book().set("Baseline", row=3, Ward="East")
    book.change("More", "Baseline", "set", Where="Ward=east", Field="Amount", Value=9)
    assert amounts(run(book), "Baseline") == [60, 40, 6, 9]


# ---- inheritance -------------------------------------------------------------------------------------


def test_parents_come_first_then_own_rows_from_top_to_bottom(run: Run, tmp_path: Path) -> None:
    book = base_book().add("Scenarios", Scenario="Most", Regime="Split", Based_on="More")
    # The child's row stands above its parent's: what counts is who inherits from whom.
    book.change("Most", "Funding", "add", Where="Year=2025/26", Field="Amount", Value=5)
    book.change("More", "Funding", "multiply", Where="Year=2025/26", Field="Amount", Value=1.1)
    book.change("Base", "Funding", "set", Field="Amount", Value=200)
    assert amounts(run(book, "Base")) == [200, 200]
    assert amounts(run(book, "More")) == [220, 200]  # 200 x 1.1
    most = run(book, "Most")
    assert amounts(most) == [225, 200]  # 200 x 1.1 + 5
    assert [row[1:3] for row in ledger(most)] == [("100", "200"), ("100", "200"), ("200", "220"), ("220", "225")]
    assert lineage(bm.read(tmp_path / "in.xlsx").inputs, "Most") == ("Base", "More", "Most")


def test_a_child_may_overrule_its_parent(run: Run) -> None:
    book = base_book().change("Base", "Funding", "set", Where="Year=2025/26", Field="Amount", Value=110)
    book.change("More", "Funding", "set", Where="Year=2025/26", Field="Amount", Value=90)
    assert amounts(run(book)) == [90, 100]


def test_a_child_may_change_or_remove_what_its_parent_appended(run: Run) -> None:
    where = "Places=all; Services=Cure; Providers=Trust"
    book = base_book().change("Base", "Provision", "append", Where=where)
    book.change("More", "Provision", "set", Where="Services=Cure", Field="Places", Value="South")
    assert run(book).frame("Provision")["Places"].iloc[0].members == ("South",)
    book.set("Changes", row=1, Change="remove", Field=None, Value=None)
    assert run(book).frame("Provision").empty


def test_rows_appended_and_removed_before_do_not_shift_addresses(run: Run) -> None:
    book = base_book().change("Base", "Baseline", "remove", Where="Place=North; Service=Care")
    book.change("More", "Baseline", "set", Where="Amount=6", Field="Amount", Value=8)
    assert ledger(run(book))[-1][0] == f"Baseline!{book.cell('Baseline', 2, 'Amount')}"


# ---- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells,code,column,says",
    [
        ({"Where": "Source=Cora"}, "CHANGE_NO_ROW", "Where", "'Core'"),
        ({"Where": "Source=Core; Year=2031/32"}, "CHANGE_NO_ROW", "Where", "2031/32"),
        ({"Where": "Source=Core; Year=2025/27"}, "CHANGE_NO_ROW", "Where", "'2025/26'"),
        ({"Where": "Sauce=Core"}, "CHANGE_FIELD", "Where", "'Source'"),
        ({"Where": "Core"}, "CHANGE_WHERE", "Where", "column=value"),
        ({"Field": "Amonut"}, "CHANGE_FIELD", "Field", "'Amount'"),
        ({"Field": None}, "BLANK_VS_ZERO", "Field", "column"),
        ({"Table": "Fundings"}, "CHANGE_TABLE", "Table", "'Funding'"),
        ({"Table": "About", "Field": "Value"}, "CHANGE_TABLE", "Table", "'About'"),
        ({"Table": "Scenarios", "Field": "Regime"}, "CHANGE_TABLE", "Table", "'Scenarios'"),
        ({"Table": "Changes", "Field": "Value"}, "CHANGE_TABLE", "Table", "'Changes'"),
        ({"Unit": "£k"}, "UNIT_SCALE", "Unit", "£m"),
        ({"Unit": "%"}, "UNIT_SCALE", "Unit", "£m"),
        ({"Value": "more", "Change": "add"}, "NOT_A_NUMBER", "Value", "more"),
        ({"Value": None, "Change": "multiply"}, "BLANK_VS_ZERO", "Value", "multiply"),
        ({"Field": "Source", "Change": "add"}, "CHANGE_NOT_NUMBER", "Where", "'Core'"),
        ({"Change": "append", "Where": "Source=Core | Core", "Field": None}, "CHANGE_WHERE", "Where", "two values"),
        ({"Change": "append", "Where": None, "Field": None}, "CHANGE_WHERE", "Where", "no values"),
        ({"Unit": "£bn"}, "UNIT_SCALE", "Unit", "£m"),
        ({"Unit": "£ thousands"}, "UNIT_SCALE", "Unit", "£m"),
        ({"Table": "Rules", "Field": "Value", "Unit": "£m"}, "UNIT_SCALE", "Unit", "%"),
        ({"Table": "Places", "Field": "Code", "Change": "add"}, "CHANGE_NOT_NUMBER", "Where", "'set'"),
        ({"Change": "append", "Where": "Source=Core", "Field": None}, "BLANK_VS_ZERO", "Field", "Value is for"),
        ({"Change": "append", "Where": "Amount=5"}, "CHANGE_WHERE", "Field", "once"),
        ({"Change": "append", "Where": "Year=1; Year=2"}, "CHANGE_WHERE", "Where", "two values"),
        ({"Where": "Source=Nobody at all"}, "CHANGE_NO_ROW", "Where", "There is 'Core'"),
        ({"Change": "replace"}, "CHOICE_UNKNOWN", "Change", "multiply"),
        ({"Scenario": "Moore"}, "SCENARIO_UNKNOWN", "Scenario", "'More'"),
        ({"Where": "Core; 2025/26"}, "CHANGE_WHERE", "Where", "Type Source=Core; Year=2025/26."),
    ],
)
def test_changes_that_cannot_be_made(
    refused: Callable[[Book], list[Issue]], cells: dict[str, object], code: str, column: str, says: str
) -> None:
    book = base_book().change("More", "Funding", "set", Field="Amount", Value=5).set("Changes", row=0, **cells)
    [issue] = refused(book)
    assert (issue.code, issue.sheet, issue.cell) == (code, "Changes", book.cell("Changes", 0, column))
    assert says in f"{issue.found} {issue.expected} {issue.fix}"


def test_every_wrong_change_is_reported_at_once(refused: Callable[[Book], list[Issue]]) -> None:
    book = base_book().change("More", "Funding", "set", Where="Source=Cora", Field="Amount", Value=5)
    book.change("Base", "Rules", "set", Field="Vallue", Value=5).change("More", "Rool", "remove")
    assert [issue.code for issue in refused(book)] == ["CHANGE_NO_ROW", "CHANGE_FIELD", "CHANGE_TABLE"]


def test_every_fault_of_a_change_is_told_at_once_with_what_to_type(refused: Callable[[Book], list[Issue]]) -> None:
    # What a newcomer types, with a fault in another sheet that stops the changes from being made at all.
    book = base_book().change("More", "Funding", "sett", Where="Core", Field="Amuont", Value=5)
    book.set("Needs", row=0, Value="many")
    found = {(issue.sheet, issue.code): issue for issue in refused(book)}
    assert set(found) == {("Needs", "NOT_A_NUMBER"), *(("Changes", code) for code in WRONG)}
    assert found["Changes", "CHANGE_WHERE"].fix == "Type Source=Core."
    assert "'Amount'" in found["Changes", "CHANGE_FIELD"].fix


WRONG = ("CHANGE_WHERE", "CHANGE_FIELD", "CHOICE_UNKNOWN")


def test_near_misses_are_read_and_logged(tmp_path: Path) -> None:
    book = base_book().rule("Own floor", "change", "at least", -0.1, Each="place")
    book.change("More", "Rule", "Set to", Where="Rule=Own floor", Field="Value (%)", Value="-20%", Reason=None)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    inputs, _ = budget.inputs_of("More")
    assert inputs is not None
    assert list(inputs.frame("Rules")["Value"])[-1] == -0.2
    assert [(i.code, i.severity) for i in budget.issues if i.sheet == "Changes"] == [
        ("WHITESPACE_CASE", "repaired"),
        ("WHITESPACE_CASE", "repaired"),
        ("CHANGE_NO_REASON", "warning"),
    ]
    assert list(inputs.ledger["reason"]) == ["no reason given"]


def test_a_blank_regime_is_that_of_the_scenario_it_is_based_on(tmp_path: Path) -> None:
    book = base_book()
    regime = book["Scenarios"][0]["Regime"]
    book.add("Scenarios", Scenario="Third", Based_on=book["Scenarios"][0]["Scenario"], Regime=None)
    book.add("Scenarios", Scenario="Fourth", Based_on="Third", Regime=None)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    assert [budget.scenario_row(name)["Regime"] for name in ("Third", "Fourth")] == [regime, regime]


@pytest.mark.parametrize("second", [90, 110])
def test_two_rows_of_one_scenario_may_not_hit_one_cell(refused: Callable[[Book], list[Issue]], second: float) -> None:
    book = base_book().change("More", "Funding", "set", Where="Year=2025/26", Field="Amount", Value=110)
    book.change("More", "Funding", "set", Field="Amount", Value=second)
    [issue] = refused(book)
    assert (issue.code, issue.cell) == ("CHANGE_TWICE", book.cell("Changes", 1, "Where"))
    assert f"Changes!{book.cell('Changes', 0, 'Change')}" in issue.found
    assert f"Funding!{book.cell('Funding', 0, 'Amount')}" in issue.found


def test_a_value_among_several_that_matches_nothing_is_warned_of(tmp_path: Path) -> None:
    book = base_book().change("More", "Baseline", "set", Where="Place=North | Suoth", Field="Amount", Value=9)
    [issue] = bm.check(book.save(tmp_path / "in.xlsx"))
    assert (issue.code, issue.severity, issue.cell) == ("CHANGE_NO_ROW", "warning", book.cell("Changes", 0, "Where"))
    assert "'South'" in issue.fix
    book.set("Changes", row=0, Where="Place=North; Service=Care | all")  # both ways to say every member
    assert bm.check(book.save(tmp_path / "in.xlsx")) == []


def test_another_name_of_a_place_is_no_other_name_of_anything_else(run: Run) -> None:
    book = base_book().add("Providers", Provider="Southshire").spend("North", "Care", "Southshire", 5)
    book.change("More", "Baseline", "set", Where="Provider=Southshire", Field="Amount", Value=8)
    assert amounts(run(book), "Baseline") == [60, 40, 6, 4, 8]


def test_another_name_of_a_place_counts_inside_a_selector(run: Run) -> None:
    book = base_book().set("Rules", row=0, Places="North; South")
    book.change("More", "Rules", "set", Where="Places=North; The south", Field="Value", Value=-0.4)
    assert list(run(book).frame("Rules")["Value"]) == [-0.4, 0.02, -0.6]


def test_two_rows_may_change_different_cells_of_one_row(run: Run) -> None:
    book = base_book().change("More", "Rules", "set", Where="Rule=Pace", Field="Value", Value=0.01)
    book.change("More", "Rules", "set", Where="Rule=Pace", Field="Weight", Value=4)
    assert len(run(book).ledger) == 2


def test_a_row_that_is_changed_and_removed_is_hit_twice(refused: Callable[[Book], list[Issue]]) -> None:
    book = base_book().change("More", "Rules", "set", Where="Rule=Pace", Field="Value", Value=0.01)
    book.change("More", "Rules", "remove", Where="Rule=Pace")
    assert [issue.code for issue in refused(book)] == ["CHANGE_TWICE"]


@pytest.mark.parametrize("gone", ["Floor", "Floor 2"])
def test_a_cell_that_the_scenario_itself_appended_is_hit_twice_also_when_rows_above_it_go(
    refused: Callable[[Book], list[Issue]], gone: str
) -> None:
    book = base_book()
    for name in ("Y", "Z"):
        where = f"Rule={name}; Measure=change; Limit=at least; Strength=must; Value=-0.7"
        book.change("More", "Rules", "append", Where=where)
    book.change("More", "Rules", "remove", Where=f"Rule={gone}")
    book.change("More", "Rules", "set", Where="Rule=Z", Field="Value", Value=-0.6)
    [issue] = refused(book)
    assert (issue.code, issue.cell) == ("CHANGE_TWICE", book.cell("Changes", 3, "Where"))


def test_rows_appended_by_one_scenario_are_told_apart(run: Run) -> None:
    book = base_book()
    for name in ("Y", "Z"):
        book.change(
            "More", "Rules", "append", Where=f"Rule={name}; Measure=change; Limit=at least; Strength=must; Value=0"
        )
    book.change("More", "Rules", "set", Where="Rule=Y", Field="Places", Value="North")
    book.change("More", "Rules", "set", Where="Rule=Z", Field="Places", Value="South")
    assert [rule.members for rule in run(book).frame("Rules")["Places"][-2:]] == [("North",), ("South",)]


# ---- sheets that the workbook lacks ----------------------------------------------------------------------

APPENDED = [
    ("Provision", "Places=all; Services=Cure; Providers=Trust"),
    ("Indicators", "Indicator=Wait; Place=North; Period=2025; Value=5; Unit=weeks; Better=lower"),
    ("Regime costs", "Regime=Split; One-off cost=2"),
]


@pytest.mark.parametrize("sheet, where", APPENDED)
@pytest.mark.parametrize("unit", ["£m", "£k"])
def test_an_optional_sheet_that_is_not_there_is_an_empty_one(tmp_path: Path, sheet: str, where: str, unit: str) -> None:
    book = base_book().change("More", sheet, "append", Where=where)
    path = book.save(tmp_path / "in.xlsx", omit=(sheet,), money_unit=unit)
    assert [issue for issue in bm.check(path) if issue.severity == "error"] == []
    budget, _ = bm.read(path).inputs_of("More")
    assert budget is not None
    assert len(budget.frame(sheet)) == 1
    assert list(bm.solve(bm.read(path), "More").changes["cell"]) == [sheet]


@pytest.mark.parametrize("change", ["set", "remove"])
def test_an_optional_sheet_that_is_not_there_has_no_row_to_change(tmp_path: Path, change: str) -> None:
    cells = {"Field": "Places", "Value": "North"} if change == "set" else {}
    book = base_book().change("More", "Provision", change, Where="Services=Cure", **cells)
    [issue] = errors(bm.check(book.save(tmp_path / "in.xlsx", omit=("Provision",))))
    assert (issue.code, issue.cell) == ("CHANGE_NO_ROW", book.cell("Changes", 0, "Where"))
    assert "'Provision' has no rows" in issue.found


def test_a_row_for_a_sheet_that_is_not_there_lacks_nothing(tmp_path: Path) -> None:
    book = base_book().change("More", "Regime costs", "append", Where="Regime=Split")
    [issue] = errors(bm.check(book.save(tmp_path / "in.xlsx", omit=("Regime costs",))))
    assert issue.code == "BLANK_VS_ZERO"


def test_a_change_without_effect_is_warned_of(tmp_path: Path) -> None:
    book = base_book().change("More", "Funding", "set", Field="Amount", Value=100)
    path = book.save(tmp_path / "in.xlsx")
    [issue] = bm.check(path)
    assert (issue.code, issue.severity) == ("CHANGE_NO_EFFECT", "warning")
    assert (issue.sheet, issue.cell) == ("Changes", book.cell("Changes", 0, "Value"))
    assert f"Funding!{book.cell('Funding', 0, 'Amount')} is 100" in issue.found
    assert bm.read(path).inputs_of("More")[0] is not None


# ---- units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value,unit", [(0.02, "%"), ("2%", "%"), ("2%", None), (0.02, None), (0.02, "per cent")])
def test_two_per_cent_is_two_hundredths_whatever_the_unit_says(run: Run, value: object, unit: str | None) -> None:
    book = base_book().change("More", "Contracts", "set", Field="Fee", Value=value, Unit=unit)
    assert list(run(book).frame("Contracts")["Fee"]) == [0.02]


def test_two_is_two_hundred_per_cent_whatever_the_unit_says(refused: Callable[[Book], list[Issue]]) -> None:
    book = base_book().change("More", "Contracts", "set", Field="Fee", Value=2, Unit="%")
    assert [issue.code for issue in refused(book)] == ["PCT_SCALE"]


def test_money_is_in_the_unit_of_the_workbook(tmp_path: Path) -> None:
    book = base_book().change("More", "Funding", "add", Where="Year=2025/26", Field="Amount", Value=1.5, Unit="£k")
    path = book.save(tmp_path / "in.xlsx", "thousands")  # writes 1500, in £k
    budget, _ = bm.read(path).inputs_of("More")
    assert budget is not None
    assert amounts(budget) == [101.5, 100]


# ---- the checks run again ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sheet,field,value,code,column",
    [
        ("Funding", "Amount", -5, "NEG_BUDGET", "Amount"),
        ("Rules", "Measure", "grwoth", "CHOICE_UNKNOWN", "Measure"),
        ("Baseline", "Provider", "Trsut", "PROVIDER_UNKNOWN", "Provider"),
        ("Contracts", "Services", "Cure", "NO_CONTRACT", "Services"),
        ("Sources", "Lawful places", "South", "HOME_NOT_LAWFUL", "Home places"),
        ("Target", "Weight", 0, "WEIGHT_NOT_POSITIVE", "Weight"),
    ],
)
def test_a_message_about_a_changed_value_names_its_cell_and_the_change(
    refused: Callable[[Book], list[Issue]], sheet: str, field: str, value: object, code: str, column: str
) -> None:
    book = base_book().change("More", sheet, "set", Field=field, Value=value)
    found = [issue for issue in refused(book) if issue.code == code]
    assert (found[0].sheet, found[0].cell) == (sheet, book.cell(sheet, 0, column))
    assert f"Changes!{book.cell('Changes', 0, 'Change')}" in found[0].found


def test_a_message_that_only_the_changes_bring_about_names_them(refused: Callable[[Book], list[Issue]]) -> None:
    # The Baseline's row is as it was; what is wrong with it is that its provider is gone.
    book = base_book().add("Providers", Provider="Spare").spend("South", "Cure", "Spare", 1)
    book.change("More", "Providers", "remove", Where="Provider=Spare")
    [issue] = refused(book)
    assert (issue.code, issue.cell) == ("PROVIDER_UNKNOWN", book.cell("Baseline", 4, "Provider"))
    assert f"(after Changes!{book.cell('Changes', 0, 'Change')})" in issue.found


def test_a_message_about_an_appended_row_names_the_change(refused: Callable[[Book], list[Issue]]) -> None:
    where = "Place=Nroth; Service=Care; Provider=Trust"
    book = base_book().change("More", "Baseline", "append", Where=where, Field="Amount", Value=3)
    [issue] = refused(book)
    assert (issue.code, issue.sheet, issue.cell) == ("PLACE_UNKNOWN", "Changes", book.cell("Changes", 0, "Change"))
    assert "'North'" in issue.fix


def test_an_appended_row_may_not_stand_twice(refused: Callable[[Book], list[Issue]]) -> None:
    where = "Place=North; Service=Care; Provider=Trust"
    book = base_book().change("More", "Baseline", "append", Where=where, Field="Amount", Value=3)
    [issue] = refused(book)
    assert (issue.code, issue.sheet) == ("DUPLICATE_ROW", "Changes")
    assert f"Baseline!{book.cell('Baseline', 0, 'Place')}" in issue.found


def test_an_appended_row_needs_what_every_row_needs(refused: Callable[[Book], list[Issue]]) -> None:
    book = base_book().change("More", "Baseline", "append", Where="Place=North; Service=Cure; Provider=Trust")
    assert {issue.code for issue in refused(book)} >= {"BLANK_VS_ZERO"}


def test_a_scenario_may_mend_what_it_breaks_but_not_leave_it_broken(run: Run) -> None:
    # A new place needs a need: one append without the other would be refused.
    book = base_book().change("More", "Places", "append", Field="Place", Value="East")
    more = "Need measure=Population; Place=East; Basis=registered"
    book.change("More", "Needs", "append", Where=more, Field="Value", Value=500)
    assert run(book).places == ("North", "South", "East")


# ---- results -----------------------------------------------------------------------------------------


def test_the_result_carries_the_ledger(tmp_path: Path) -> None:
    book = base_book().change("More", "Funding", "multiply", Where="Year=2026/27", Field="Amount", Value=1.5)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    result = bm.solve(budget, "More")
    assert list(result.changes.columns) == ["scenario", "cell", "old", "new", "change_cell", "reason", "owner"]
    row = result.changes.iloc[0]
    assert (row["scenario"], row["old"], row["new"]) == ("More", "100", "150")
    assert (row["cell"], row["change_cell"]) == (
        f"Funding!{book.cell('Funding', 1, 'Amount')}",
        f"Changes!{book.cell('Changes', 0, 'Change')}",
    )
    assert result.metric("spent") == 250
    assert bm.solve(budget, "Base").changes.empty
