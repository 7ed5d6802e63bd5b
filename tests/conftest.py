"""Fixtures that tests of every folder share. Plain helpers are in tests/support."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import budgetmodel as bm
from budgetmodel.browser_solver import ELSEWHERE
from tests.support.builder import Book
from tests.support.types import Read, Solve, SolveAll


@pytest.fixture(scope="session", autouse=True)
def no_browser_solver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of tests write no whatif.html, which costs programs of its own; those about it have the solver again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ELSEWHERE, str(tmp_path_factory.getbasetemp() / "no solver"))
        yield


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Save a book in a file of its own, in a layout if one is named, and read it."""
    number = count(1)

    def run(book: Book, **layout: Any) -> bm.Budget:
        return bm.read(book.save(tmp_path / f"book {next(number)}.xlsx", **layout))

    return run


@pytest.fixture
def solve(read: Read) -> Solve:
    """Save a book, read it and solve a scenario of it."""

    def run(book: Book, scenario: str = "Base", solver: str = "highs", **layout: Any) -> bm.Result:
        return bm.solve(read(book, **layout), scenario, solver=solver)

    return run


@pytest.fixture
def solve_all(read: Read) -> SolveAll:
    """Save a book, read it and solve all its scenarios."""

    def run(book: Book, **layout: Any) -> dict[str, bm.Result]:
        return bm.solve_all(read(book, **layout))

    return run
