"""A time limit ends a solve, inside a solver too, and what comes late is not believed."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

import budgetmodel as bm
from budgetmodel.program.solve.deadline import Deadline, OutOfTime
from budgetmodel.program.solve.live import LiveModel
from tests.cli.test_cli import answer, book, command
from tests.job.test_job import files
from tests.support.builder import two_places


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return book().save(tmp_path / "in.xlsx")


def test_a_time_limit_that_is_reached_is_a_solver_failure(workbook: Path, tmp_path: Path) -> None:
    budget = bm.read(workbook)
    with pytest.raises(bm.SolverFailed, match=r"^No optimum was proved within the time limit of 1e-06 seconds\."):
        bm.solve(budget, "Slow", time_limit=1e-6)
    assert bm.solve(budget, "Slow", time_limit=60).metric("index") == pytest.approx(60)
    bm.run(workbook, folder=tmp_path / "out")
    before = files(tmp_path / "out")
    done = command("run", workbook, "-o", "out", "--fresh", "--time-limit", "0.000001", "--json", folder=tmp_path)
    assert done.returncode == 6
    assert [row["status"] for row in answer(done)["scenarios"]] == ["failed", "failed"]
    assert "Allow more with --time-limit" in answer(done)["error"]
    assert files(tmp_path / "out") == before


def test_a_solver_is_stopped_inside_a_solve(tmp_path: Path) -> None:
    # 600 places that all want the same money in other proportions: more than a tenth of a second of simplex.
    random = np.random.default_rng(1)
    program = bm.solve(bm.read(two_places().save(tmp_path / "in.xlsx")), "Base").answer.program
    rows, columns = 600, 900
    value = random.random(rows * columns)
    wide = dataclasses.replace(
        program,
        low=np.zeros(columns), high=np.full(columns, 10.0), lower=np.ones(rows), upper=np.full(rows, np.inf),
        start=np.arange(rows + 1) * columns, index=np.tile(np.arange(columns), rows), value=value,
    )  # fmt: skip
    cost = random.random(columns)
    limited, whole = LiveModel.of(wide, cost, Deadline.after(0.02)), LiveModel.of(wide, cost)
    with pytest.raises(OutOfTime):
        limited.solve("simplex")
    assert whole.solve("simplex").status == "optimal"
    assert steps(limited) < steps(whole)


def steps(live: LiveModel) -> int:
    """The steps of the simplex method that the last solve took."""
    return int(live.model.getInfo().simplex_iteration_count)


def test_a_word_of_the_solver_that_comes_too_late_is_not_taken() -> None:
    deadline = Deadline.after(1e-9)
    time.sleep(0.001)
    with pytest.raises(OutOfTime):
        deadline.keep()
    with pytest.raises(OutOfTime):
        Deadline.after(1000).keep(stopped=True)
    Deadline.after(None).keep()
