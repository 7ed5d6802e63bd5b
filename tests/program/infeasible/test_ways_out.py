"""Ways out ask for no more than is needed, are named as what they are, and can be applied as they are told."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.comparison.one_for_all import one_for_all
from budgetmodel.contract.infeasibility import Infeasibility, WayOut
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.infeasible.elastic import core_of
from budgetmodel.report.console.conflicts import conflict_lines, one_for_all_lines
from tests.program.infeasible.test_conflict import least_giving_way
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near

CASES = Path(__file__).parent / "cases"


def explained(budget: bm.Budget, scenario: str) -> Infeasibility:
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, scenario)
    assert caught.value.explanation is not None
    return caught.value.explanation


def met(budget: bm.Budget, scenario: str) -> bool:
    """Whether the must rows of the changed workbook leave anything to within a pound, by scipy."""
    structure, _ = scenario_structure(budget, scenario)
    core = core_of(structure, assemble(structure, turnover_stage=False)[0])
    return least_giving_way(core, core.unit.astype(float)) < 1e-6


def with_value(budget: bm.Budget, rule: str, value: float) -> bm.Budget:
    return budget.changed("Rules", field="Value", where={"Rule": rule}, to=value)


def of_rules(found: Infeasibility) -> WayOut:
    return next(way for way in found.ways if way.of_rules)


def two_services() -> Book:
    """£120m where a growth floor of 0% in every place and service asks for £140m.

    Care is shared by its key, as much in North as in South: where North has 60, so has South, with a floor of 40.
    """
    book = two_places().add("Services", Service="Aid").set("Services", row=0, Place_key="Population")
    book.spend("North", "Aid", "Trust", 10).spend("South", "Aid", "Trust", 10)
    book.remove("Funding").fund("Core", [120])
    return book.rule("Floor", "growth", "at least", 0, Each="place, service")


def test_a_value_for_all_rows_is_lowered_no_further_than_all_rows_need(tmp_path: Path) -> None:
    # 60 + 60 + 10 + 10 = 140 under a floor of v: 140 (1 + v) <= 120, so v = -1/7 = -14.2857%: -14.3% is told, not the
    # -16.7% by which one row alone would make room. At it 60 x 0.143 + 2 x 1.43 = £11.44m give way.
    budget = bm.read(two_services().save(tmp_path / "in.xlsx"))
    way = of_rules(explained(budget, "Base"))
    [step] = way.steps
    assert step.new == pytest.approx(-0.143, abs=1e-12)
    assert "from 0% to -14.3% or less" in step.words
    assert "£11.4m" in step.words
    assert met(with_value(budget, "Floor", -0.143), "Base")
    assert not met(with_value(budget, "Floor", -0.142), "Base")


@pytest.mark.parametrize(
    "case,scenario,rule,enough,too_little",
    [("s6", "Split", "R5 growth at least", 0.044, 0.046), ("s13", "Committee", "Line floor", -0.241, -0.239)],
)
def test_values_of_random_books_are_the_limits(
    case: str, scenario: str, rule: str, enough: float, too_little: float
) -> None:
    # Both sides were found by solving the changed workbook; told were -3.5% and -36.9%.
    budget = bm.read(CASES / f"{case}.xlsx")
    way = of_rules(explained(budget, scenario))
    step = next(step for step in way.steps if step.rule == rule)
    assert step.new == pytest.approx(enough, abs=1e-12)
    assert met(budget.with_way_out(way), scenario)
    assert not met(with_value(budget.with_way_out(way), rule, too_little), scenario)


def test_a_step_that_is_not_needed_is_not_told() -> None:
    # Told was to lower "Line floor" to -6.2% as well.
    budget = bm.read(CASES / "s10.xlsx")
    way = of_rules(explained(budget, "Split"))
    assert [(step.rule, step.field, step.new) for step in way.steps] == [
        ("R2 fair share exactly", "Strength", "should")
    ]
    assert met(budget.with_way_out(way), "Split")


def test_every_step_is_needed_and_every_limit_is_one() -> None:
    for case, scenario in (("s6", "Pooled"), ("s13", "Pooled")):
        budget = bm.read(CASES / f"{case}.xlsx")
        for way in explained(budget, scenario).ways:
            assert way.proved
            assert met(budget.with_way_out(way), scenario)
            for step in way.steps:
                others = WayOut(scenario, 1, "", True, tuple(each for each in way.steps if each is not step))
                assert not met(budget.with_way_out(others), scenario)


# ---- which is the cheapest ------------------------------------------------------------------------------


def test_the_cheapest_of_all_is_first_and_named_as_what_it_is(tmp_path: Path) -> None:
    # 101 and 102 are asked for where there are 100: rules give way by 1 + 2, money by 2.
    book = two_places().rule("North floor", "amount", "at least", 101).rule("North also", "growth", "at least", 0.02)
    found = explained(bm.read(book.save(tmp_path / "in.xlsx")), "Base")
    assert [(way.kind, round(way.cost, 6)) for way in found.ways] == [
        ("cheapest change of money", 2.0),
        ("cheapest change of rules", 3.0),
    ]
    assert found.ways[0].steps[0].words.startswith("Cheapest change of money, £2.0m: raise Funding!")
    assert found.way_to_apply == found.ways[1]


def test_nobody_is_told_to_hand_money_back_where_a_rule_can_change(tmp_path: Path) -> None:
    # At most 90 of 100 may be spent: 10 have nowhere to go.
    book = two_places().rule("Cap", "amount", "at most", 90)
    found = explained(bm.read(book.save(tmp_path / "in.xlsx")), "Base")
    assert [way.kind for way in found.ways] == ["cheapest change of rules"]
    assert found.ways[0].steps[0].new == pytest.approx(100)


def test_money_that_nothing_may_spend_is_said_to_be_handed_back(tmp_path: Path) -> None:
    book = two_places().add("Services", Service="Cure")
    book.add("Sources", Source="Grant", Home_services="Cure", Lawful_services="Cure").fund("Grant", [5])
    [way] = explained(bm.read(book.save(tmp_path / "in.xlsx")), "Base").ways
    assert "hand back £5.0m of 'Grant', which nothing may spend" in way.words


# ---- figures, pennies and proof -------------------------------------------------------------------------


def test_figures_of_a_way_out_differ(tmp_path: Path) -> None:
    # Floors of 0% on £100.002m, £100m of money; told was "from £100.m to £100.002m".
    book = two_places().set("Baseline", row=0, Amount=60.002).rule("Floor", "growth", "at least", 0)
    found = explained(bm.read(book.save(tmp_path / "in.xlsx")), "Base")
    assert any("from £100.0m to £100.002m" in way.words for way in found.ways)


def all_of_it(more: float) -> Book:
    """The second year's money must all be spent, and £`more` beyond it."""
    book = with_years(two_places(), 2).remove("Funding").fund("Core", [2200.0957433, 2285.0957433])
    return book.rule("Whole", "amount", "at least", 2285.0957433 + more / 1e6, Years="2026/27")


@pytest.mark.parametrize("more", [0, 0.0002, -0.0002, 0.001, 0.002, 0.005, 0.01])
def test_a_penny_is_not_a_conflict(more: float, tmp_path: Path) -> None:
    result = bm.solve(bm.read(all_of_it(more).save(tmp_path / "in.xlsx")), "Base")
    assert result.allocation["amount"].sum() == pytest.approx(2200.0957433 + 2285.0957433, abs=1e-8)
    told = list(result.issues.loc[lambda found: found["code"] == "ROOM_IN_PENCE", "fix"])
    assert all("2p of room" in words for words in told)
    assert told or more <= 0.001  # to the solver it was met as it stands, or it was solved with room and says so


@pytest.mark.parametrize("more,words", [(0.02, "2p"), (0.05, "5p"), (1, "£1.00"), (2500, "£2,500")])
def test_more_than_a_penny_is_told_with_a_way_out(more: float, words: str, tmp_path: Path) -> None:
    budget = bm.read(all_of_it(more).save(tmp_path / "in.xlsx"))
    found = explained(budget, "Base")
    text = "\n".join(conflict_lines(found))
    assert f"needs {words} more" in text
    asked, has = (sentence.partition("£")[2].partition("m ")[0] for sentence in found.conflicts["words"])
    assert asked != has
    assert "£0 " not in text
    assert found.ways
    for way in found.ways:
        told = way.words.rpartition(", from ")[2].split(" to ")
        assert told[0] != told[1].removesuffix(" or less").removesuffix(" or more")
        assert met(budget.with_way_out(way), "Base")


@pytest.mark.parametrize("decimals", [2, 4, 6, 8])
def test_growth_of_all_money_cut_to_few_decimals_has_an_answer_or_a_way_out(decimals: int, tmp_path: Path) -> None:
    # "All grow 5%" on £1,234.56789123m, with the money cut: short by pounds, pence or nothing.
    base = 1234.56789123
    cut = int(base * 1.05 * 10**decimals) / 10**decimals
    book = two_places().set("Baseline", row=0, Amount=base - 40).remove("Funding").fund("Core", [cut])
    budget = bm.read(book.rule("Grow", "growth", "at least", 0.05).save(tmp_path / "in.xlsx"))
    if base * 1.05 - cut <= 1e-8:
        bm.solve(budget, "Base")
        return
    found = explained(budget, "Base")
    assert found.proof == pytest.approx(base * 1.05 - cut, abs=1e-9)
    assert all(met(budget.with_way_out(way), "Base") for way in found.ways)


def test_that_nothing_is_feasible_is_proved_and_said(tmp_path: Path) -> None:
    # 140 of 120, where the least that must give way is 10 (the floor of one place's S, which the key doubles).
    found = explained(bm.read(two_services().save(tmp_path / "in.xlsx")), "Base")
    assert found.proof == pytest.approx(10, abs=1e-6)
    assert set(found.conflicts["proved_gap"]) == {found.proof}
    assert "Proved: the must rows together ask for £10.0m more than there is." in conflict_lines(found)


def four_places(need: float) -> Book:
    """Four places with a floor of 0% growth and 5% more money: the growth of each can be 0."""
    book = Book().add("Years", Year="2025/26").add("Services", Service="Care").add("Providers", Provider="Trust")
    for place, spent in (("A", 20), ("B", 25), ("C", 30), ("D", 35)):
        book.add("Places", Place=place).spend(place, "Care", "Trust", spent)
    book.need("Population", {"A": 1e5, "B": 1e5, "C": 1e5, "D": need})
    book.add("Sources", Source="Core").fund("Core", [110 * 1.05]).add(
        "Target", Component="All", Need_measure="Population"
    )
    book.add("Regimes", Regime="One").add("Contracts", Regime="One").add("Scenarios", Scenario="Base", Regime="One")
    return book.rule("Floor", "growth", "at least", 0, Each="place")


@pytest.mark.parametrize("need", [1, 1e-6, 1e-8])
def test_a_need_next_to_nothing_does_not_look_infeasible(need: float, tmp_path: Path) -> None:
    # D keeps its 35 and C its 30; A and B share the rest alike: 115.5 - 65 = 50.5.
    budget = bm.read(four_places(need).save(tmp_path / "in.xlsx"))
    assert any(issue.code == "NEED_TINY" for issue in budget.issues) == (need < 0.07)
    amounts = bm.solve(budget, "Base").allocation["amount"]
    assert amounts.to_numpy() == pytest.approx([25.25, 25.25, 30, 35], abs=1e-6)


def test_what_the_solver_cannot_tell_is_not_called_infeasible(tmp_path: Path) -> None:
    budget = bm.read(four_places(1e-12).save(tmp_path / "in.xlsx"))
    with pytest.raises(bm.SolverFailed, match="can be met, but the solver finds no answer"):
        bm.solve(budget, "Base")


# ---- one value for all ----------------------------------------------------------------------------------


def test_one_value_with_which_all_scenarios_can_be_met(tmp_path: Path) -> None:
    # 100 were spent. Base has 97 and Poor 95: growth of -3% and of -5% can be had; -5% does for both.
    book = two_places().remove("Funding").fund("Core", [97]).rule("Floor", "growth", "at least", 0, Each="place")
    book.add("Scenarios", Scenario="Poor", Based_on="Base", Regime=book["Scenarios"][0]["Regime"])
    book.change("Poor", "Funding", "set", Where="Source=Core", Field="Amount", Value=95)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    one = one_for_all(budget, [explained(budget, name) for name in ("Base", "Poor")])
    assert one is not None
    assert one.sets == ('--set "Rules.Value[Rule=Floor] = -5%"',)
    assert one.asked == ((-0.03, -0.05),)
    assert one.changes == (
        {"Table": "Rules", "Where": "Rule=Floor", "Field": "Value", "Change": "set", "Value": -0.05},
    )
    assert any("all 2 scenarios" in line for line in one_for_all_lines(one))
    outcome = bm.run(tmp_path / "in.xlsx", folder=tmp_path / "out")
    listed = pd.read_csv(next(path for path in outcome.files if path.name == "remedies.csv"))
    listed = listed[listed["alternative"] == "one for all"]
    assert list(listed["scenario"]) == ["Base", "Poor"]
    assert list(listed["new_value"]) == [near(-0.05)] * 2
    page = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx")["Ways out"]
    assert [row for row in page.iter_rows(values_only=True) if "one for all" in row]
    loosened = budget.with_way_out(one.way)
    assert met(loosened, "Base")
    assert met(loosened, "Poor")
    assert not met(with_value(budget, "Floor", -0.049), "Poor")
