"""What a comparison solves again can begin while other scenarios are still being solved, and changes no figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.comparison import compare
from budgetmodel.comparison.ranking import ready
from budgetmodel.side_by_side import side_by_side
from tests.support.random_books import random_book


@pytest.fixture
def budget(tmp_path: Path) -> bm.Budget:
    return bm.read(random_book(7, "tiny").save(tmp_path / "book.xlsx"))


def test_the_figures_are_those_of_a_comparison_made_afterwards(budget: bm.Budget) -> None:
    results = api.solve_all(budget)
    found = {pair: job() for pair, job in ready(budget.scenarios, results).items()}
    before, after = compare(results, budget, found=found), compare(results, budget)
    assert found
    pd.testing.assert_frame_equal(before.metrics, after.metrics)
    assert list(before.frames) == list(after.frames)
    for name, frame in before.frames.items():
        pd.testing.assert_frame_equal(frame, after.frames[name])


def test_nothing_is_compared_with_a_first_that_may_still_change(budget: bm.Budget) -> None:
    results = api.solve_all(budget)
    first, *others = results
    late = {name: results[name] for name in others}
    assert ready(tuple(results), late) == {}  # the first is not done: whom the others are compared with is not known
    assert ready(tuple(results), {**late, first: results[first]})


def test_a_first_that_fails_leaves_its_place_to_the_next(budget: bm.Budget) -> None:
    results = api.solve_all(budget)
    first, second, *_ = results
    pairs = ready(tuple(results), {**results, first: None})
    assert {pair.first for pair in pairs} <= {name for name in results if name != first}
    assert second in {pair.first for pair in pairs}


def test_jobs_asked_for_on_the_way_are_done_when_all_is(tmp_path: Path) -> None:
    done: list[str] = []
    found = side_by_side(str.upper, ["a", "b"], lambda known: [lambda: done.append("".join(sorted(known)))])
    assert found == ["A", "B"]
    assert sorted(done)[-1] == "ab"
    assert len(done) == 2


def test_the_first_name_that_fails_is_the_one_that_is_told() -> None:
    def fails(name: str) -> str:
        raise ValueError(name)

    with pytest.raises(ValueError, match=r"^a$"):
        side_by_side(fails, ["a", "b", "c"])


def test_an_interrupt_leaves_what_has_not_begun() -> None:
    begun: list[str] = []

    def job(name: str) -> None:
        begun.append(name)
        sleep(0.05)

    def interrupt(_: object) -> list[Callable[[], object]]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(job, [str(n) for n in range(400)], interrupt)
    assert len(begun) < 400
