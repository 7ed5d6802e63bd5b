"""A run that fails, is killed or interrupted at the n-th call of writing its results, as whole commands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

posix = pytest.mark.skipif(
    os.name != "posix", reason="fork is a matter of POSIX; tests/files/test_sets.py has the rest"
)


def sweep(every: int, *kinds: str) -> str:
    """The table of a sweep; it ends with 1 and a line for each fault."""
    arguments = [sys.executable, "-m", "tests.files.sweep", str(every), os.devnull, *kinds]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@posix
def test_a_few_calls_of_a_run_lose_nothing():
    said = sweep(120, "SIGKILL", "SIGINT", "EIO from there on")
    calls = int(said.split(" calls")[0])
    assert calls > 100
    assert said.count("\n| SIGINT |") == 1


@posix
@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_no_call_of_a_run_loses_anything():
    said = sweep(1)
    assert said.count(" | 0 |\n") + said.endswith(" | 0 |") >= 12  # the kinds
