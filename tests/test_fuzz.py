"""Mutants of small good workbooks through `check` and `run`: each ends in words, with a code of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import checked, mutant, run


@pytest.mark.parametrize(
    "seeds",
    [pytest.param(range(60), id="60"), pytest.param(range(60, 3_000), id="3000", marks=pytest.mark.slow)],
)
def test_mutants_are_checked_in_words(seeds: range, tmp_path: Path) -> None:
    endings = [checked(seed, tmp_path) for seed in seeds]
    assert [ending for ending in endings if ending.wrong] == []
    codes = [ending.code for ending in endings]
    assert {0, 3} <= set(codes)  # some are refused and some are read: the mutants are neither harmless nor all dead


@pytest.mark.parametrize(
    "seeds", [pytest.param(range(3), id="3"), pytest.param(range(3, 300), id="300", marks=pytest.mark.slow)]
)
def test_mutants_are_run_in_words(seeds: range, tmp_path: Path) -> None:
    assert [ending for seed in seeds if (ending := run(seed, tmp_path)).wrong] == []


def test_a_seed_makes_its_mutant_again() -> None:
    assert mutant(7) == mutant(7) != mutant(8)
