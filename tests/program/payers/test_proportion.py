"""Sharing in proportion: by hand, and against Clarabel's interior point method on random programs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from budgetmodel.program.payers.proportion import Sharing, shared
from budgetmodel.program.solve.quadratic import Convex, by_interior_point


def transport(due: list[float], spends: list[float], **bounds: np.ndarray) -> Sharing:
    """Every source may pay for everything: amounts in the order source by source."""
    sources, lines = len(spends), len(due)
    rows = np.vstack([np.kron(np.ones(sources), np.eye(lines)), np.kron(np.eye(sources), np.ones(lines))])
    return Sharing(
        weight=np.kron(spends, due),
        low=bounds.get("low", np.zeros(sources * lines)),
        high=bounds.get("high", np.full(sources * lines, np.inf)),
        rows=sparse.csr_array(rows),
        right=np.array([*due, *spends]),
        equal=np.ones(sources + lines, dtype=bool),
    )


def test_without_bounds_everybody_pays_in_proportion() -> None:
    # Sources of 60 and 40 pay 25 and 75: 60% and 40% of each.
    assert shared(transport([25, 75], [60, 40])) == pytest.approx([15, 45, 10, 30], abs=1e-12)


def test_what_a_bound_holds_back_is_paid_by_others() -> None:
    # The first source may pay 5 of the first line at most; the other pays the rest of it, 20, and 20 of the second.
    high = np.array([5, np.inf, np.inf, np.inf])
    assert shared(transport([25, 75], [60, 40], high=high)) == pytest.approx([5, 55, 20, 20], abs=1e-12)


def test_rows_that_no_amounts_keep_have_no_answer() -> None:
    assert shared(transport([25, 75], [60, 39])) is None


def random_program(seed: int) -> Sharing:
    """A transport program that has an answer, with amounts over six powers of ten, bounds and rows of its own."""
    rng = np.random.default_rng(seed)
    sources, lines = int(rng.integers(2, 12)), int(rng.integers(2, 25))
    may = rng.random((sources, lines)) < rng.choice([0.2, 0.4, 0.8])
    may[rng.integers(0, sources, lines), np.arange(lines)] = True
    source, line = np.nonzero(may)
    paid = np.exp(rng.normal(0, 3, len(source))) * (rng.random(len(source)) < 0.6)
    due, spends = (np.bincount(at, paid, count) for at, count in ((line, lines), (source, sources)))
    kept = (due[line] > 0) & (spends[source] > 0)
    source, line, paid = source[kept], line[kept], paid[kept]
    count = len(paid)
    low = np.where(rng.random(count) < 0.1, paid * rng.random(count), 0.0)
    high = np.where(rng.random(count) < 0.1, paid * (1 + rng.random(count)), np.inf)
    more = int(rng.integers(0, 3))
    rules = (rng.random((more, count)) < 0.3) * rng.choice([1.0, -0.4], (more, count))
    every = np.arange(count)
    sums = [
        sparse.csr_array((np.ones(count), (at, every)), shape=(n, count))
        for at, n in ((line, lines), (source, sources))
    ]
    return Sharing(
        weight=due[line] * spends[source],
        low=low,
        high=high,
        rows=sparse.vstack([*sums, sparse.csr_array(rules)], format="csr"),
        right=np.concatenate([due, spends, rules @ paid - rng.choice([0.0, 1.0], more)]),
        equal=np.arange(lines + sources + more) < lines + sources,
    )


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_nearer_to_proportion(seed: int) -> None:
    sharing = random_program(seed)
    found = shared(sharing)
    assert found is not None
    off = sharing.rows @ found - sharing.right
    scale = float(np.abs(sharing.right).sum())
    assert np.abs(off[sharing.equal]).max() <= 1e-12 * scale
    assert off.min() >= -1e-12 * scale
    assert (found >= sharing.low).all()
    assert (found <= sharing.high).all()
    upper = np.where(sharing.equal, sharing.right, np.inf)
    rows = sharing.rows
    arrays = np.zeros(len(found)), 1 / sharing.weight, sharing.low, sharing.high, sharing.right, upper
    other = by_interior_point(Convex(*arrays, rows.indptr, rows.indices, rows.data))
    assert other is not None
    assert found == pytest.approx(other, abs=1e-5 * scale)
    assert (found**2 / sharing.weight).sum() <= (other**2 / sharing.weight).sum() * (1 + 1e-7) + 1e-9
