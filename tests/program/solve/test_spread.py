"""The last freedom: two ways of settling it give one answer; a reduced convex program has the optimum of the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import budgetmodel as bm
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.arrays import Array
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.solve import convex, last_stage, stages
from budgetmodel.program.solve.quadratic import Convex
from budgetmodel.program.solve.reduction import Reduced, reduced
from budgetmodel.program.solve.solver import by_active_set
from tests.support.random_books import random_book


def written(
    rows: list[list[float]], limits: list[tuple[float, float]], linear: list[float], low: float = 0.0
) -> Convex:
    """A convex program of dense rows; the Hessian is 2 where there is a linear cost, and 0 where there is none."""
    dense = np.array(rows, dtype=float)
    row, column = np.nonzero(dense)
    cost = np.array(linear, dtype=float)
    return Convex(
        linear=cost,
        diagonal=np.where(cost != 0, 2.0, 0.0),
        low=np.zeros(len(cost)),
        high=np.full(len(cost), np.inf),
        lower=np.array([float(lower) for lower, _ in limits]),
        upper=np.array([float(upper) for _, upper in limits]),
        start=np.searchsorted(row, np.arange(len(rows) + 1)),
        index=column,
        value=dense[row, column],
    )


def optimum(small: Reduced) -> Array:
    """The columns of the large program at the optimum of the small one."""
    x = by_active_set(small.convex)
    assert x is not None
    return small.restored(x)


def test_columns_that_are_multiples_become_one() -> None:
    # y = 2x, x + y + z = 12, least (x - 1)² + (y - 4)² + (z - 6)², each less its constant.
    # z = 12 - 3x: (x - 1)² + 4(x - 2)² + 9(2 - x)² is least at 2(x - 1) + 26(x - 2) = 0: x = 54/28.
    whole = written([[-2, 1, 0], [1, 1, 1]], [(0, 0), (12, 12)], [-2, -8, -12])
    small = reduced(whole)
    assert len(small.convex.low) < 3
    np.testing.assert_allclose(optimum(small), [54 / 28, 108 / 28, 12 - 162 / 28], atol=1e-7)


def test_slack_columns_come_back_with_values_that_fit_their_rows() -> None:
    # x + s = 5 with s >= 0 without a cost; least (x - 7)²: x = 5, s = 0. With (x - 3)²: x = 3, s = 2.
    for wanted, x, s in ((7.0, 5.0, 0.0), (3.0, 3.0, 2.0)):
        small = reduced(written([[1, 1]], [(5, 5)], [-2 * wanted, 0.0]))
        assert len(small.convex.low) == 1
        np.testing.assert_allclose(optimum(small), [x, s], atol=1e-7)


def test_a_row_that_holds_at_one_end_only_settles_its_columns() -> None:
    # x + y <= 0 leaves nothing but 0 and 0; z is free of them: least (z - 3)² is at 3.
    small = reduced(written([[1, 1, 0], [0, 0, 1]], [(-np.inf, 0), (1, np.inf)], [-2, -2, -6]))
    assert len(small.convex.low) == 1
    np.testing.assert_allclose(optimum(small), [0, 0, 3], atol=1e-7)


@pytest.mark.parametrize("case", [(2, "tiny"), (4, "tiny"), (8, "tiny")])
def test_the_way_of_large_programs_ends_in_the_same_lines(
    case: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stages approached together and solved by interior point: lines agree to £1k."""
    budget = bm.read(random_book(*case).save(tmp_path / "book.xlsx"))
    structure, _ = scenario_structure(budget, budget.scenarios[0])
    program, layout = assemble(structure)
    lines = layout.line[layout.line >= 0]
    usual = stages.solve_stages(program, layout)
    monkeypatch.setattr(stages, "SIMPLEX_UP_TO", -1)
    other = stages.solve_stages(program, layout)
    np.testing.assert_allclose(other.x[lines], usual.x[lines], atol=1e-3)
    assert program.missed(other.x) < 1e-6


@pytest.mark.parametrize("hurt", [lambda *_, **__: None, lambda whole, *_, **__: whole.low + 1.0])
def test_in_doubt_another_way_finds_the_same_answer(
    hurt: Callable[..., Array | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Convex solvers that find nothing, or something that breaks rows, cost time and not the answer."""
    budget = bm.read(random_book(2, "tiny").save(tmp_path / "book.xlsx"))
    structure, _ = scenario_structure(budget, budget.scenarios[0])
    program, layout = assemble(structure)
    lines = layout.line[layout.line >= 0]
    usual = stages.solve_stages(program, layout)
    for solver in ("by_interior_point", "by_active_set"):
        monkeypatch.setattr(convex, solver, hurt)
        found = stages.solve_stages(program, layout)
        np.testing.assert_allclose(found.x[lines], usual.x[lines], atol=1e-3)


def test_what_is_not_proved_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = bm.read(random_book(2, "tiny").save(tmp_path / "book.xlsx"))
    for solver in ("by_interior_point", "by_active_set"):
        monkeypatch.setattr(convex, solver, lambda *_, **__: None)
    monkeypatch.setattr(last_stage, "by_vertices", lambda *_: None)
    with pytest.raises(bm.SolverFailed, match="would be one of several"):
        bm.solve(budget, budget.scenarios[0])
