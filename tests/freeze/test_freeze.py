"""A user gets what the golden hashes were made of: files, tables, sheets, pages, words and exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.freeze import golden
from tests.freeze.compare import differences, hashes
from tests.freeze.neutral import ROOT

HOW_TO_LOOK = """
To see the lines that differ, write what an earlier commit gives and compare:
    git worktree add ../before COMMIT
    (cd ../before && {python} -m tests.freeze write ../frozen_before)
    {python} -m tests.freeze write ../frozen_after
    {python} -m tests.freeze compare ../frozen_before ../frozen_after
If what changed is meant to change: {python} -m tests.freeze golden
"""


@pytest.mark.slow
@pytest.mark.timeout(3600)  # two processes for minutes, and longer where other tests run beside it
def test_everything_that_a_user_gets_is_as_it_was(tmp_path: Path) -> None:
    made_with, before = golden.kept()
    if made_with != golden.made_with():
        pytest.skip(f"last digits may differ: the golden hashes were made with {made_with}")
    words = [sys.executable, "-m", "tests.freeze", "write", str(tmp_path / "frozen")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = differences(before, hashes(tmp_path / "frozen"))
    told = "\n".join(f"{how}: {name}" for name, how in found.items())
    assert not found, f"{told}\n{HOW_TO_LOOK.format(python=sys.executable)}"
