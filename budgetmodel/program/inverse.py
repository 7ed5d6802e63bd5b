"""Columns of the inverse of a basis, many at once.

HiGHS gives a column of the inverse as a Python list as long as the program, and making the list takes ten times as long
as the column. So the basis is factored here, by scipy. A basis is nearly triangular: put into blocks of equations that
hang together, it has one block of a few thousand and thousands of blocks of one. What comes before that core, the core
and what comes after it are factored each for itself: a twentieth of the non-zeros of factoring all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching
from scipy.sparse.linalg import splu

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ORDERING, THRESHOLD = "MMD_AT_PLUS_A", 0.1
"""Of equations, and the least size of a pivot beside the largest of its column: half the non-zeros of scipy's own."""


@dataclass(frozen=True)
class _Part:
    """Equations `rows` for the unknowns `columns`, factored; `others` are their coefficients of those `before`."""

    rows: Index
    columns: Index
    factors: Any
    before: Index
    others: Any


@dataclass(frozen=True)
class Inverse:
    """The inverse of a square matrix, as parts that are solved one after the other."""

    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, matrix: Any) -> Inverse:
        """Factor a regular matrix of scipy, stored by row."""
        columns = maximum_bipartite_matching(matrix, perm_type="column").astype(np.int64)
        matched = matrix[:, columns]
        _, block = connected_components(matched, connection="strong")  # numbered so that each needs earlier ones only
        core = np.bincount(block).argmax()
        parts: list[_Part] = []
        for inside in (block < core, block == core, block > core):
            rows = np.flatnonzero(inside)
            if len(rows):
                own = matrix[rows]
                factors = splu(own[:, columns[rows]].tocsc(), permc_spec=ORDERING, diag_pivot_thresh=THRESHOLD)
                before = np.concatenate([np.zeros(0, dtype=np.int64), *(part.columns for part in parts)])
                parts.append(_Part(rows, columns[rows], factors, before, own[:, before]))
        return cls(tuple(parts))

    def of_rows(self, numbers: Index) -> Array:
        """Some columns of the inverse, (unknowns, columns): what one more on the right of each equation changes."""
        size = sum(len(part.rows) for part in self.parts)
        right = np.zeros((size, len(numbers)))
        right[numbers, np.arange(len(numbers))] = 1.0
        found = np.zeros_like(right)
        for part in self.parts:
            found[part.columns] = part.factors.solve(right[part.rows] - part.others @ found[part.before])
        return found
