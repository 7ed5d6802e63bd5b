"""A result hands out its linear program as a PuLP problem, whose optimum is the published figure."""

from __future__ import annotations

from pathlib import Path

import pulp
import pytest

import budgetmodel as bm
from budgetmodel.contract.objectives import BY_NAME
from tests.support.builder import Book, two_places
from tests.support.random_books import random_book
from tests.support.types import Read, Solve


def optimum(problem: pulp.LpProblem) -> float:
    """The least of a problem, solved by PuLP alone."""
    problem.solve(pulp.HiGHS(msg=False))
    return float(problem.objective.value())


def short() -> Book:
    """North and South spend 60 and 40 of equal need; South should get 70, which North's must floor of 60 forbids."""
    book = two_places().rule("Floor", "amount", "at least", 60, Places="North")
    return book.rule("Wish", "amount", "at least", 70, Places="South", Strength="should")


@pytest.mark.parametrize("objective", BY_NAME)
def test_the_problem_has_the_published_optimum_with_the_shortfall_held(solve: Solve, objective: str) -> None:
    # 100 of money: North 60, South 40 is all there can be. South is 30 short of 70.
    result = solve(short().set("Scenarios", Objective=objective))
    assert optimum(result.to_pulp("shortfall")) == pytest.approx(30.0, abs=1e-6)
    assert optimum(result.to_pulp()) == pytest.approx(result.certificate.value, abs=1e-5)


@pytest.mark.parametrize("seed", [2, 5])
def test_the_problem_of_a_random_book_has_the_published_optimum(read: Read, seed: int) -> None:
    budget = read(random_book(seed, "tiny"))
    failures: dict[str, bm.BudgetError] = {}
    results = bm.solve_all(budget, failures=failures)
    assert results
    for result in results.values():
        assert optimum(result.to_pulp()) == pytest.approx(result.certificate.value, abs=1e-5, rel=1e-6)


def test_the_problem_is_written_as_lp(solve: Solve, tmp_path: Path) -> None:
    problem = solve(short()).to_pulp()
    problem.writeLP(str(tmp_path / "book.lp"))
    assert "cut0" in (tmp_path / "book.lp").read_text(encoding="utf-8")


def test_a_stage_that_is_none_is_named_with_the_near_one(solve: Solve) -> None:
    with pytest.raises(ValueError, match=r"no stage 'indx' to hand out\. Did you mean 'index'\?"):
        solve(short()).to_pulp("indx")
