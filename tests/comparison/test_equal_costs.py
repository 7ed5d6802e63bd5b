"""One regime's pots with the contracts and costs of another: re-solved from what is solved already."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.answers.values import index_at_equal_costs
from budgetmodel.comparison import compare
from budgetmodel.comparison.walls import INFEASIBLE, corner
from budgetmodel.contract.options import Options
from budgetmodel.program.build.structure import at_equal_costs
from tests.program.test_hand import walled
from tests.support.builder import Book, two_places
from tests.support.random_books import random_book
from tests.support.types import Read

Values = tuple[float, float] | None


def costly(split: float, pool: float) -> Book:
    """North has 60 and South 40, in two pots or in one; a contract costs £m `split` or `pool`.

    The index is 100 x the difference of the two places / 20: it is 60 - 40 in the do-minimum.
    """
    book = walled().set("Contracts", where={"Regime": "Split"}, Cost_per_contract=1000 * split, Fee=0.01)
    return book.set("Contracts", where={"Regime": "Pool"}, Cost_per_contract=1000 * pool, Fee=0.03)


def crossed(results: dict[str, bm.Result], pots: str, contracts: str, memory: Path | None = None) -> Values:
    found = corner(results[pots], results[contracts], Options(memory=memory))
    return None if found.status == INFEASIBLE else found.figures


def test_pots_and_contracts_two_by_two(read: Read) -> None:
    book = costly(split=10, pool=10).rule("Floor", "amount", "at least", 48, Places="North")
    budget = read(book)
    results = api.solve_all(budget)
    found = {(pots, contracts): crossed(results, pots, contracts) for pots in results for contracts in results}
    # Split's two contracts cost 10 for each place; Pool's single one is charged 60 : 40. Of the component's
    # do-minimum of 100 at least 99 should be kept: 80 is 19 short, 90 is 9 short.
    assert found["Base", "Base"] == pytest.approx((19, 100), abs=1e-6)  # 50 and 30
    assert found["Base", "Pool"] == pytest.approx((9, 90), abs=1e-6)  # 54 and 36
    assert found["Pool", "Base"] == pytest.approx((19, 80), abs=1e-6)  # 80 in all: 48 and 32
    assert found["Pool", "Pool"] == pytest.approx((9, 30), abs=1e-6)  # 90 in all: 48 and 42


def test_a_shortfall_is_counted_at_the_other_costs(read: Read) -> None:
    # Pool leaves 90, and 85 for North is met. Split's contracts leave 80: North is 5 short, and 80 in all is 19 short
    # of the 99 to be kept. 80 and 0 is index 400.
    book = costly(split=10, pool=10).rule("Floor", "amount", "at least", 85, Places="North", Strength="should")
    assert crossed(api.solve_all(read(book)), "Pool", "Base") == pytest.approx((24, 400), abs=1e-4)


def test_what_the_other_costs_leave_no_money_for_is_none(read: Read) -> None:
    # Split's own contracts leave North 59; Pool's contract of 30, charged 60 : 40, leaves it 42.
    book = costly(split=1, pool=30).rule("Floor", "amount", "at least", 50, Places="North")
    assert crossed(api.solve_all(read(book)), "Base", "Pool") is None


def test_the_fees_are_those_of_the_other_contracts(read: Read) -> None:
    budget = read(costly(split=10, pool=10))
    split, pool = (scenario_structure(budget, name)[0] for name in ("Base", "Pool"))
    mixed = at_equal_costs(pool, split)
    assert set(mixed.fee) == {0.01}
    assert (mixed.contracts.tolist(), mixed.cost.sum()) == ([2], 20)
    assert mixed.purses == pool.purses


def test_contracts_of_another_workbook_are_refused(read: Read) -> None:
    one, _ = scenario_structure(read(costly(10, 10)), "Pool")
    other, _ = scenario_structure(read(two_places()), "Base")
    with pytest.raises(ValueError, match="sources differ"):
        at_equal_costs(one, other)


def test_with_a_memory_the_figures_are_the_same_to_the_last_digit(read: Read, tmp_path: Path) -> None:
    budget = read(random_book(7, "tiny"))
    results = api.solve_all(budget)
    first = next(iter(results))
    without, kept, known = (
        [crossed(results, name, first, memory) for name in results]
        for memory in (None, tmp_path / "out", tmp_path / "out")
    )
    assert without == kept == known


def test_the_comparison_ranks_at_the_costs_of_the_first(read: Read) -> None:
    budget = read(costly(split=10, pool=10).rule("Floor", "amount", "at least", 48, Places="North"))
    table = compare(api.solve_all(budget), budget).table(("index", "index_at_equal_costs"))
    assert table.loc["Base"].tolist() == pytest.approx([100, 100], abs=1e-6)
    assert table.loc["Pool"].tolist() == pytest.approx([30, 80], abs=1e-6)


@pytest.mark.parametrize(
    "seed", [7, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 30) if seed != 7)]
)
def test_random_books_give_what_solving_afresh_gives(seed: int, read: Read) -> None:
    budget = read(random_book(seed, "tiny"))
    failures: dict[str, bm.BudgetError] = {}
    results = api.solve_all(budget, failures=failures)
    same = [name for name, result in results.items() if result.frames["changes"].empty]
    for pots, contracts in permutations(same, 2):
        found = crossed(results, pots, contracts)
        expected = index_at_equal_costs(budget, pots, contracts)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert found == pytest.approx(expected, abs=1e-6, rel=1e-6)
