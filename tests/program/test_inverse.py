"""Columns of an inverse against numpy's own, for matrices that fall apart and matrices that do not."""

from __future__ import annotations

import numpy as np
import pytest

from budgetmodel.program.inverse import Entries, Inverse


def _entries(matrix: np.ndarray) -> Entries:
    row, column = np.nonzero(matrix)
    return Entries(row, column, matrix[row, column])


def _sparse(size: int, seed: int, each: float) -> np.ndarray:
    """A matrix that has an inverse: a shuffled diagonal, and so many further entries a row."""
    random = np.random.default_rng(seed)
    matrix = np.where(random.random((size, size)) < each / size, random.normal(size=(size, size)), 0.0)
    matrix[np.arange(size), random.permutation(size)] += 3.0
    return matrix


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[2.0, 0.0], [1.0, 4.0]]),  # one equation after the other
        _sparse(60, 1, 0.5),  # falls apart
        _sparse(200, 2, 3.0),  # leaves a core
        _sparse(30, 3, 30.0),  # nothing but core
    ],
    ids=["two", "falls apart", "a core", "all core"],
)
def test_columns_are_those_of_the_inverse(matrix: np.ndarray) -> None:
    size = len(matrix)
    numbers = np.arange(0, size, 2)
    found, filled = Inverse.of(_entries(matrix), size).of_rows(numbers)
    assert found == pytest.approx(np.linalg.inv(matrix)[:, numbers], abs=1e-10)
    assert not found[~filled].any()


def test_a_dense_matrix_is_left_to_the_solver_and_a_triangle_is_not() -> None:
    dense, triangle = _sparse(30, 3, 30.0), np.tril(np.ones((5, 5)))
    assert len(Inverse.of(_entries(dense), 30).rows) == 30
    assert Inverse.of(_entries(triangle), 5).core is None


def test_a_column_by_hand() -> None:
    # 2x = b, x + 4y = c: of b = 1 and c = 0 comes x = 1/2, y = -1/8
    matrix = np.array([[2.0, 0.0], [1.0, 4.0]])
    found, _ = Inverse.of(_entries(matrix), 2).of_rows(np.array([0]))
    assert found.ravel().tolist() == [0.5, -0.125]


def test_a_pivot_that_is_tiny_beside_its_column_is_not_taken() -> None:
    # 1e-12 x + y = 1, x + y = 2: what x is worth in the first equation would swallow the digits of y
    matrix = np.array([[1e-12, 1.0], [1.0, 1.0]])
    found, _ = Inverse.of(_entries(matrix), 2).of_rows(np.array([0, 1]))
    assert found == pytest.approx(np.linalg.inv(matrix), abs=1e-10)


def test_where_elimination_misses_an_equation_all_is_left_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = _sparse(60, 1, 0.5)
    assert len(Inverse.of(_entries(matrix), 60).rows) < 60
    monkeypatch.setattr("budgetmodel.program.inverse.MISSED", -1.0)
    whole = Inverse.of(_entries(matrix), 60)
    assert len(whole.rows) == 60
    assert whole.of_rows(np.arange(60))[0] == pytest.approx(np.linalg.inv(matrix), abs=1e-10)
