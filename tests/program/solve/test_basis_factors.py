"""Columns of an inverse against numpy's own, for matrices that fall apart and matrices that do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from budgetmodel.program.solve.basis_factors import Inverse


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
        np.tril(np.ones((5, 5))),
        _sparse(60, 1, 0.5),  # falls apart
        _sparse(200, 2, 1.2),  # a core, with equations before and after it
        _sparse(30, 3, 30.0),  # nothing but core
        np.array([[1e-12, 1.0], [1.0, 1.0]]),  # a pivot that is tiny beside its column swallows digits
    ],
    ids=["two", "triangle", "falls apart", "a core", "all core", "tiny pivot"],
)
def test_columns_are_those_of_the_inverse(matrix: np.ndarray) -> None:
    numbers = np.arange(0, len(matrix), 2)
    inverse = Inverse.of(sparse.csr_array(matrix), numbers)
    found = np.zeros((len(matrix), len(numbers)))
    found[inverse.unknowns] = inverse.of_rows(numbers)  # all others stay where they are
    assert found == pytest.approx(np.linalg.inv(matrix)[:, numbers], abs=1e-10)


def test_what_hangs_together_is_factored_apart_from_the_rest() -> None:
    parts = Inverse.of(sparse.csr_array(_sparse(200, 2, 1.2)), np.arange(200)).parts
    assert len(parts) == 3
    assert sum(len(part.rows) for part in parts) == 200


def test_a_column_by_hand() -> None:
    # 2x = b, x + 4y = c: of b = 1 and c = 0 comes x = 1/2, y = -1/8
    matrix = sparse.csr_array(np.array([[2.0, 0.0], [1.0, 4.0]]))
    inverse = Inverse.of(matrix, np.array([0]))
    assert inverse.of_rows(np.array([0])).ravel().tolist() == [0.5, -0.125]


def test_what_nothing_asked_for_can_move_is_left_out() -> None:
    # 2x = b, x + 4y = c: c moves y alone, which is then 1/4
    matrix = sparse.csr_array(np.array([[2.0, 0.0], [1.0, 4.0]]))
    inverse = Inverse.of(matrix, np.array([1]))
    assert inverse.unknowns.tolist() == [1]
    assert inverse.of_rows(np.array([1])).tolist() == [[0.25]]


def test_any_right_side_is_solved() -> None:
    matrix, random = _sparse(200, 2, 1.2), np.random.default_rng(5)
    inverse, right = Inverse.of(sparse.csr_array(matrix), np.arange(200)), random.normal(size=200)
    assert matrix @ inverse.solve(right) == pytest.approx(right, abs=1e-10)
