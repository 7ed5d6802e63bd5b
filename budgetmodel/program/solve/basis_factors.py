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
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_bipartite_matching
from scipy.sparse.linalg import splu

from budgetmodel.contract.arrays import Array, Index

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
    """The inverse of a square matrix, as parts that are solved one after the other.

    It serves right sides that are 0 in all equations but those asked for: `unknowns` are those that they can move, and
    all others stay where they are and are left out.
    """

    unknowns: Index
    size: int
    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, matrix: Any, asked: Index) -> Inverse:
        """Factor what a regular matrix of scipy, stored by row, needs for right sides of the equations `asked`.

        Raises RuntimeError where the matrix has no inverse.
        """
        pivot = maximum_bipartite_matching(matrix, perm_type="column").astype(np.int64)
        equations = _reached(matrix[:, pivot], asked)
        unknowns = np.sort(pivot[equations])
        matched = matrix[equations][:, pivot[equations]]
        _, block = connected_components(matched, connection="strong")
        needs = matched.tocoo()
        if (block[needs.col] > block[needs.row]).any():  # blocks are numbered so that each needs earlier ones only;
            block = np.zeros_like(block)  # should scipy ever number them otherwise, all are one
        core = np.bincount(block).argmax() if len(block) else 0
        parts: list[_Part] = []
        for inside in (block < core, block == core, block > core):
            rows = equations[inside]
            if len(rows):
                own, columns = matrix[rows], pivot[rows]
                factors = splu(own[:, columns].tocsc(), permc_spec=ORDERING, diag_pivot_thresh=THRESHOLD)
                before = np.concatenate([np.zeros(0, dtype=np.int64), *(part.columns for part in parts)])
                others = own[:, unknowns[before]]
                parts.append(_Part(rows, np.searchsorted(unknowns, columns), factors, before, others))
        return cls(unknowns, matrix.shape[0], tuple(parts))

    def of_rows(self, numbers: Index) -> Array:
        """Columns of the inverse, (unknowns, columns): what one more on the right of each equation changes.

        They must be among those asked for.
        """
        right = np.zeros((self.size, len(numbers)))
        right[numbers, np.arange(len(numbers))] = 1.0
        return self.solve(right)

    def solve(self, right: Array) -> Array:
        """What the unknowns are, (unknowns, ...), for right sides of the equations asked for, (equations, ...)."""
        found = np.zeros((len(self.unknowns), *right.shape[1:]))
        for part in self.parts:
            found[part.columns] = part.factors.solve(right[part.rows] - part.others @ found[part.before])
        return found


def _reached(matched: Any, asked: Index) -> Index:
    """The equations that hang on those asked for; equation i is the one that settles unknown i."""
    size = matched.shape[0]
    needs = matched.tocoo()
    # one more node leads to all that are asked for; an unknown leads to the equations in which it occurs
    leads = np.concatenate([needs.col, np.full(len(asked), size)]), np.concatenate([needs.row, asked])
    graph = sparse.csr_array((np.ones(len(leads[0])), leads), shape=(size + 1, size + 1))
    found = breadth_first_order(graph, size, return_predecessors=False)
    return np.sort(found[found < size]).astype(np.int64)
