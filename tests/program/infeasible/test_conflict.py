"""Why nothing is feasible: the sets of rows in conflict, the cheapest change in pounds, and that both are right."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.sparse

import budgetmodel as bm
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract import schema
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.program.build import rules
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.structure import build_structure
from budgetmodel.program.infeasible.cheapest_repair import cheapest
from budgetmodel.program.infeasible.elastic import CARRY, Core, core_of
from budgetmodel.program.infeasible.irreducible import conflicts
from budgetmodel.report.console.conflicts import conflict_lines
from budgetmodel.scenarios.budget import Budget
from tests.program.build.test_golden_lp import registered
from tests.support.builder import Book, two_places, with_years
from tests.support.random_books import random_book

DEFINITIONS = (
    *("line", "ratio", "gap", "distance", "by the rule", "turnover", "spend"),
    *("keep at least", "keep at most"),
)
"""What can never be the cause: definitions, and rows that are should rows always."""


def explanation(book: Book, path: Path, scenario: str = "Base") -> Infeasibility:
    budget = bm.read(book.save(path / "in.xlsx"))
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, scenario)
    found = caught.value.explanation
    assert found is not None
    assert tuple(found.conflicts.columns) == FRAME["conflicts"].names
    assert tuple(found.remedies.columns) == FRAME["remedies"].names
    return found


def value_cell(book: Book, row: int = 0) -> str:
    return f"Rules!{book.cell('Rules', row, 'Value')}"


# ---- each constraint alone ------------------------------------------------------------------------------


def ruled(measure: str, limit: str, value: float, **cells: str) -> Book:
    """100 this year as last year, for 2,000 people: 60 in North, 40 in South."""
    return two_places().rule("Culprit", measure, limit, value, **cells)


def walled() -> Book:
    """The key shares 50 : 50, the walls of the two sources 60 : 40."""
    book = two_places().remove("Sources").remove("Funding").set("Services", Place_key="Population")
    for place, amount in (("North", 60), ("South", 40)):
        book.add("Sources", Source=f"{place} core", Home_places=place, Lawful_places=place)
        book.fund(f"{place} core", [amount])
    return book


def late() -> Book:
    """All but 1 comes in the first year, 10% of it may be carried: 10.9 can be spent in the second, 15 must be."""
    book = with_years(two_places(), 2).remove("Funding").fund("Core", [99, 1]).set("Sources", Carry_forward=0.1)
    return book.rule("Late floor", "amount", "at least", 15, Years="2026/27")


def homeless() -> Book:
    """A grant of 5 for a service that nobody provides."""
    book = two_places().add("Services", Service="Cure")
    return book.add("Sources", Source="Grant", Home_services="Cure", Lawful_services="Cure").fund("Grant", [5])


CAUSES: dict[str, Book] = {
    "amount": ruled("amount", "at least", 101),
    "growth": ruled("growth", "at least", 0.01),
    "relative growth": ruled("relative growth", "at least", 0.01),
    "growth of reachable money": ruled("growth of reachable money", "at least", 0.01),
    "real growth": ruled("real growth", "at least", 0).set("Years", Cost_uplift=0.01),
    "change": ruled("change", "at least", 0.01),
    "do-minimum": ruled("do-minimum", "at least", 0.01),
    "share": ruled("share", "at most", 0.5, Of="places=all"),
    "per head": ruled("per head", "at least", 50_500, Of="Population"),
    "fair share": ruled("fair share", "at least", 0.01, Of="Overall"),
    "moved": ruled("moved", "at most", 0.05, Each="place").rule("South", "amount", "at least", 50, Places="South"),
    "place key": walled(),
    "source balance": homeless(),
    "carry forward": late(),
}
"""A book for every constraint that can be the cause, in which it is."""

MISSES = {"share": 50.0, "moved": 4.5, "place key": 10.0, "source balance": 5.0, "carry forward": 4.1}
"""£m that give way by hand; 1 for the others: 101 against 100.

The 101 are also 1% more than 100, 100 with costs that rise by 1%, or £50,500 for each of 2,000.

A whole that is at most half of itself misses by 50 of 100. To bring South from 40 to 50, 10 must move where 5% of 110
may: nothing in that conflict says that there are but 100. Shares of half against 60 and 40 miss by 10. In the second
year there are 15 against 1 and the 9.9 carried.
"""


def test_every_registered_constraint_has_a_cause_or_is_a_definition() -> None:
    names = {constraint.name for constraint in registered()} | {CARRY.name}
    assert set(CAUSES) | set(DEFINITIONS) == names
    assert not set(CAUSES) & set(DEFINITIONS)
    assert set(rules.RULE) <= set(CAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_each_constraint_is_named_when_it_is_the_cause(tmp_path: Path, name: str) -> None:
    book = CAUSES[name].copy()
    found = explanation(book, tmp_path)
    own = found.conflicts[found.conflicts["constraint"] == name]
    assert len(own)
    if name in rules.RULE:
        assert set(own["cell"]) == {value_cell(book)}
        assert set(own["rule"]) == {"Culprit"}
        assert "Culprit" in " ".join(own["words"])
    assert found.conflicts["gap"].iloc[0] == pytest.approx(MISSES.get(name, 1.0), abs=1e-5)
    assert found.remedies["proved"].all()


@pytest.mark.parametrize("name", CAUSES)
def test_without_it_there_is_an_answer(tmp_path: Path, name: str) -> None:
    # So that it alone is the cause.
    book = CAUSES[name].copy()
    if name in rules.RULE:
        book.remove("Rules", where={"Rule": "Culprit"})
    elif name == "place key":
        book.set("Services", Place_key=None)
    elif name == "carry forward":
        book.set("Sources", Carry_forward=0.2)
    else:
        book.remove("Funding", where={"Source": "Grant"})
    bm.solve(bm.read(book.save(tmp_path / "in.xlsx")), "Base")


# ---- worked by hand -------------------------------------------------------------------------------------


def floors() -> Book:
    """North wants 70 and South 40 of 100."""
    book = two_places().rule("North floor", "amount", "at least", 70, Places="North")
    return book.rule("South floor", "amount", "at least", 40, Places="South")


def test_floors_above_the_money_in_one_sentence_and_three_ways_out(tmp_path: Path) -> None:
    book = floors()
    found = explanation(book, tmp_path)
    north, south, money = value_cell(book, 0), value_cell(book, 1), f"Funding!{book.cell('Funding', 0, 'Amount')}"
    assert set(found.conflicts["cell"]) == {north, south, money}
    assert list(found.conflicts["headline"].unique()) == [
        f'{north} "North floor" and {south} "South floor" need £10.0m more than {money} can pay'
    ]
    told = found.remedies.set_index("cell")
    assert set(told.index) == {north, south, money}
    assert told["amount"].to_numpy() == pytest.approx(10)
    assert told["new_value"].to_dict() == {north: 60.0, south: 30.0, money: 110.0}
    assert set(told.loc[[north, south], "alternative"]) == {"cheapest change of rules", "as cheap"}
    assert told.loc[money, "alternative"] == "cheapest change of money"
    assert any("by £10.0m, from £70.0m to £60.0m or less" in words for words in found.remedies["words"])


def test_only_ways_of_the_least_cost_are_told(tmp_path: Path) -> None:
    # North gets at most 45, with floors of 50 and 47. Raising the ceiling to 50 costs 5; so does raising it to 47 and
    # lowering the floor of 50 by 3. Lowering both floors to 45 costs 5 + 2.
    book = two_places().rule("Cap", "amount", "at most", 45, Places="North")
    book.rule("Floor", "amount", "at least", 50, Places="North")
    book.rule("Per head", "per head", "at least", 47_000, Places="North", Of="Population")
    found = explanation(book, tmp_path)
    ways = [
        dict(zip(steps["cell"], steps["new_value"].astype(float).round(6), strict=True))
        for _, steps in found.remedies.groupby("remedy")
    ]
    cap, floor = value_cell(book, 0), value_cell(book, 1)
    assert {cap: 50.0} in ways
    assert all(way in ({cap: 50.0}, {cap: 47.0, floor: 47.0}) for way in ways)
    assert found.remedies.groupby("remedy")["amount"].sum().to_numpy() == pytest.approx(5)


def test_one_value_for_all_places_falls_as_little_as_it_can(tmp_path: Path) -> None:
    # 4.4% on 60 and on 40 is 104.4 of 100: 0% in both, not 4.4% in one and less than nothing in the other.
    book = ruled("growth", "at least", 0.044, Each="place")
    found = explanation(book, tmp_path)
    rule = found.remedies.iloc[0]
    assert (rule["cell"], rule["amount"], rule["new_value"]) == (value_cell(book), pytest.approx(4.4), pytest.approx(0))
    assert "from 4.4% to 0% or less" in rule["words"]


@pytest.mark.parametrize("asked", [0.9, 0.3, 0.05])
def test_a_value_on_a_year_that_is_shared_out_itself_falls_as_little_as_it_can(asked: float, tmp_path: Path) -> None:
    # 100 in each year, 60 and 40 before: floors come to 100 (1 + asked) in the first year, and in the second, whoever
    # has what in the first: 100 x asked are missed in each, and growth of 0 in every place and year is enough.
    book = with_years(two_places(), 2, growth=0.0)
    book.rule("Floor", "growth", "at least", asked, Each="place")
    rule = explanation(book, tmp_path).remedies.iloc[0]
    assert (rule["amount"], rule["new_value"]) == (pytest.approx(200 * asked), pytest.approx(0, abs=1e-9))


def test_a_percentage_is_told_as_the_value_that_would_do(tmp_path: Path) -> None:
    # There are 103.15 of 100: growth of 3.15% can be had, and 3.1% is the round figure under it.
    book = ruled("growth", "at least", 0.044).remove("Funding").fund("Core", [103.15])
    rule = explanation(book, tmp_path).remedies.iloc[0]
    assert rule["amount"] == pytest.approx(1.25)
    assert rule["new_value"] == pytest.approx(0.031)
    assert "to 3.1% or less" in rule["words"]


def test_pounds_per_head_are_told_in_pounds_and_money_in_the_books_unit(tmp_path: Path) -> None:
    # £50,500 for each of 2,000 people is 101 of 100: £50,000 can be had.
    rule = explanation(CAUSES["per head"].copy(), tmp_path).remedies.iloc[0]
    assert rule["new_value"] == pytest.approx(50_000)
    assert "£50,000.00 or less" in rule["words"]
    book = ruled("amount", "at least", 101)
    budget = bm.read(book.save(tmp_path / "pounds.xlsx", layout="pounds"))
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, "Base")
    assert caught.value.explanation is not None
    assert caught.value.explanation.remedies["new_value"].iloc[0] == pytest.approx(100_000_000)


def test_contract_costs_above_the_money(tmp_path: Path) -> None:
    # One contract of £101m, £100m to pay it from: no rule is to blame, £1m more is needed.
    book = two_places().set("Contracts", Cost_per_contract=101_000)
    found = explanation(book, tmp_path)
    [row] = found.remedies.itertuples()
    assert (row.cell, row.amount, row.new_value) == ("Funding!" + book.cell("Funding", 0, "Amount"), 1.0, 101.0)
    assert "contract costs" in found.conflicts["headline"].iloc[0]


def test_a_place_key_against_walls_is_cleared(tmp_path: Path) -> None:
    # 50 : 50 against 60 : 40: each place misses its half by 10. Taking 20 from North would cost as much.
    book = walled()
    [row] = explanation(book, tmp_path).remedies.itertuples()
    assert (row.cell, row.new_value) == (f"Services!{book.cell('Services', 0, 'Place key')}", "")
    assert row.amount == pytest.approx(20)


def test_a_way_out_that_clears_one_of_several_place_keys_is_told(tmp_path: Path) -> None:
    book = two_places().set("Funding", row=0, Amount=140)
    for service in ("Aid", "Help"):
        book.add("Services", Service=service, Place_key="Population")
        book.spend("North", service, "Trust", 10).spend("South", service, "Trust", 10)
    book.rule("Aid in North", "amount", "at least", 15, Places="North", Services="Aid")
    book.rule("Aid in South", "amount", "at most", 10, Places="South", Services="Aid")
    found = explanation(book, tmp_path)
    key = f"Services!{book.cell('Services', 1, 'Place key')}"
    assert key in found.conflicts["cell"].to_list()
    assert found.remedies["proved"].all()


def test_a_rule_that_is_typed_on_the_command_line_has_no_sheet(tmp_path: Path) -> None:
    budget = bm.read(two_places().save(tmp_path / "in.xlsx"))
    for place, value in (("North", 70), ("South", 60)):
        row = {"Rule": place, "Places": place, "Measure": "amount", "Limit": "at least", "Strength": "must"}
        budget = budget.changed("Rules", append=row | {"Value": value, "Authority": "x"})
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, "Base")
    assert caught.value.explanation is not None
    assert "!" not in caught.value.explanation.remedies["words"].iloc[0].partition('"')[0]


def test_carry_forward_that_is_too_small_is_told_as_the_share_that_would_do(tmp_path: Path) -> None:
    # Of 99 in the first year 14 must be carried: 14.14%, 14.2% rounded up. Or the floor of 15 falls to 10.9.
    book = late()
    found = explanation(book, tmp_path).remedies.set_index("cell")
    assert found.loc[value_cell(book), "new_value"] == pytest.approx(10.9)
    carry = f"Sources!{book.cell('Sources', 0, 'Carry forward')}"
    assert found.loc[carry, "alternative"] == "cheapest change of money"
    assert found.loc[carry, "new_value"] == pytest.approx(0.142)


def test_independent_conflicts_are_all_listed(tmp_path: Path) -> None:
    # Two walls: a floor of 61 on 60 in North, a floor of 42 on 40 in South. 1 and 2 are missing, apart from each other.
    book = walled().set("Services", Place_key=None)
    book.rule("North floor", "amount", "at least", 61, Places="North")
    book.rule("South floor", "amount", "at least", 42, Places="South")
    found = explanation(book, tmp_path)
    gaps = found.conflicts.groupby("conflict")["gap"].first()
    assert sorted(gaps.round(6)) == [1.0, 2.0]
    first = found.remedies[found.remedies["remedy"] == 1]
    assert dict(zip(first["cell"], first["amount"].round(6), strict=True)) == {
        value_cell(book, 0): 1.0,
        value_cell(book, 1): 2.0,
    }
    assert "Conflict 2" in "\n".join(conflict_lines(found))


def test_an_exact_rule_with_one_row_is_told_the_exact_figure_and_one_with_two_becomes_a_wish(tmp_path: Path) -> None:
    book = ruled("amount", "exactly", 103.25)
    assert explanation(book, tmp_path).remedies["new_value"].iloc[0] == pytest.approx(100)
    book = ruled("amount", "exactly", 55, Each="place")  # 55 + 55 of 100; 50 each would do, and so one figure does
    assert explanation(book, tmp_path).remedies["new_value"].iloc[0] == pytest.approx(50)
    book.rule("North", "amount", "at least", 55, Places="North")  # 55 and 45: no one figure is both
    found = explanation(book, tmp_path).remedies
    assert found.loc[found["remedy"] == 1, "new_value"].iloc[0] in ("should", 50.0)
    assert found["proved"].all()


def test_a_value_that_a_scenario_sets_names_its_change(tmp_path: Path) -> None:
    book = two_places().rule("Floor", "amount", "at least", 90)
    book.add("Scenarios", Scenario="Dear", Regime="Split")
    book.change("Dear", "Rules", "set", Where="Rule=Floor", Field="Value", Value=120)
    found = explanation(book, tmp_path, "Dear")
    change = f"Changes!{book.cell('Changes', 0, 'Change')}"
    assert (found.scenario, found.remedies["change_cell"].iloc[0]) == ("Dear", change)
    assert change in found.remedies["words"].iloc[0]


def test_lines_fit_a_console_of_eighty_columns(tmp_path: Path) -> None:
    book = floors()
    book.set("Rules", row=0, Rule="The floor of the North that " + "goes on and " * 12 + "ends")
    for short in (False, True):
        lines = conflict_lines(explanation(book, tmp_path), short=short)
        assert max(map(len, lines)) <= 80
        assert any("£10.0m more than Funding!" in " ".join(lines[n : n + 2]) for n in range(len(lines)))


# ---- properties on random books -------------------------------------------------------------------------


def pressed(seed: int, size: str) -> Book:
    """A random book with floors and ceilings that ask a few per cent too much."""
    rng, book = random.Random(f"press {seed}"), random_book(seed, size)  # noqa: S311  # a seed, not a secret
    places = [row["Place"] for row in book["Places"]]
    for n in range(rng.randint(1, 3)):
        measure = rng.choice(["growth", "change", "do-minimum", "relative growth"])
        limit = rng.choice(["at least", "at most"])
        cells: dict[str, str | None] = {"Each": rng.choice([None, "place", "service", "place, service"])}
        cells["Places"] = rng.choice([None, rng.choice(places)])
        book.rule(f"Press {n}", measure, limit, rng.choice([0.08, 0.12]) * (1 if limit == "at least" else -1), **cells)
    if rng.random() < 0.4:
        book.set("Contracts", Cost_per_contract=500)
    return book


@cache
def cores(seed: int, size: str) -> list[tuple[Core, Infeasibility, Budget]]:
    """The cores and explanations of the infeasible scenarios of a pressed book."""
    with tempfile.TemporaryDirectory() as folder:
        budget = bm.read(pressed(seed, size).save(Path(folder) / "in.xlsx"))
    found = []
    for scenario in budget.scenarios[:2]:
        structure, _ = scenario_structure(budget, scenario)
        program, _ = assemble(structure)
        core = core_of(structure, program)
        if least_giving_way(core, core.unit.astype(float)) > 1e-5:
            with pytest.raises(bm.Infeasible) as caught:
                bm.solve(budget, scenario)
            assert caught.value.explanation is not None
            found.append((core, caught.value.explanation, structure.inputs))
    return found


def least_giving_way(core: Core, price: np.ndarray) -> float:
    """The least Σ price x giving way by scipy: an independent solve; infinite where nothing is enough."""
    program = core.program
    rows, columns = len(program.lower), len(program.low)
    matrix = scipy.sparse.csr_matrix((program.value, program.index, program.start), shape=(rows, columns))
    finite = np.isfinite(price)
    open_rows = np.flatnonzero(core.unit & finite)
    extra = scipy.sparse.csr_matrix(
        (np.ones(len(open_rows)), (open_rows, np.arange(len(open_rows)))), shape=(rows, len(open_rows))
    )
    whole = scipy.sparse.hstack([matrix, extra, -extra]).tocsr()
    cost = np.concatenate([np.zeros(columns), price[open_rows], price[open_rows]])
    low, high = np.isfinite(program.lower), np.isfinite(program.upper)
    result = scipy.optimize.linprog(
        cost,
        A_ub=scipy.sparse.vstack([-whole[low], whole[high]]),
        b_ub=np.concatenate([-program.lower[low], program.upper[high]]),
        bounds=[(0, None)] * len(cost),
        method="highs-ds",
    )
    return float(result.fun) if result.status == 0 else np.inf


QUICK = [("tiny", seed) for seed in range(1, 6)]
SLOW = [("tiny", seed) for seed in range(6, 41)] + [("small", seed) for seed in range(1, 13)]


@pytest.mark.parametrize("size,seed", [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
def test_conflicts_are_irreducible_and_no_way_out_is_cheaper(size: str, seed: int) -> None:
    for core, found, _ in cores(seed, size):
        first = cheapest(core)
        assert first is not None
        for conflict in conflicts(core, first):
            inside = np.zeros(len(core.unit), dtype=bool)
            inside[conflict.rows] = True
            # Rows outside the set give way for nothing: the set alone must cost something ...
            assert least_giving_way(core, inside.astype(float)) > 1e-7
            for row in conflict.rows:  # ... and without any one row nothing, while the others may not give way
                price = np.where(inside, np.inf, 0.0)
                price[row] = 0.0
                assert least_giving_way(core, price) < 1e-6
        standing = core.unit & ~core.rule
        least = least_giving_way(core, np.where(core.rule, 1.0, np.inf))
        cost = found.remedies.loc[found.remedies["remedy"] == 1, "amount"].sum()
        if np.isfinite(least):
            fewer = "with more cells" in found.remedies["words"].iloc[0]
            assert cost > least if fewer else cost == pytest.approx(least, abs=1e-6, rel=0.005)
        else:
            structure = found.remedies["cell"].str.startswith(("Funding!", "Sources!", "Services!"))
            given = found.remedies.loc[structure & (found.remedies["remedy"] == 1), "amount"].sum()
            assert given == pytest.approx(least_giving_way(core, standing.astype(float)), abs=1e-6)


@pytest.mark.parametrize("size,seed", [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
def test_typing_the_new_values_makes_the_scenario_feasible(size: str, seed: int) -> None:
    for _, found, budget in cores(seed, size):
        for _, steps in found.remedies[found.remedies["proved"]].groupby("remedy"):
            frames = dict(budget.frames)
            for step in steps.itertuples():
                sheet, column, position = where(budget, str(step.cell), str(step.rule))
                frame = frames[sheet].copy()
                values = frame[column].tolist()
                scale = 1e-6 if column == "Value" and frame["Measure"].iloc[position] == "per head" else 1.0
                values[position] = step.new_value * scale if isinstance(step.new_value, float) else None
                frames[sheet] = frame.assign(**{column: pd.Series(values, index=frame.index)})
            changed = replace(budget, frames=MappingProxyType(frames))
            structure = build_structure(changed, str(budget.scenario_row(budget.scenario)["Regime"]), {})
            core = core_of(structure, assemble(structure, turnover_stage=False)[0])
            assert least_giving_way(core, core.unit.astype(float)) < 1e-6


def where(budget: Budget, cell: str, rule: str) -> tuple[str, str, int]:
    """The sheet, column and position that a cell stands for."""
    for sheet, columns in (
        (schema.RULES, ("Value",)),
        (schema.FUNDING, ("Amount",)),
        (schema.SOURCES, ("Carry forward",)),
        (schema.SERVICES, ("Place key",)),
    ):
        for column in columns:
            for position in range(len(budget.frame(sheet))):
                if budget.cell(sheet, position, column) == cell:
                    return sheet, column, position
    raise AssertionError(f"no cell {cell} for {rule}")


def test_the_pressed_books_are_infeasible() -> None:
    # So that the properties cannot hold by silence.
    found = [each for seed in range(1, 6) for each in cores(seed, "tiny")]
    assert len(found) >= 5
    assert {kind for _, each, _ in found for kind in each.remedies["alternative"]} >= {
        "cheapest change of rules",
        "as cheap",
    }
