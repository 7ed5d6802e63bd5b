"""The helpers that all tests share: one of each, and what they let pass."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest

from tests.support.figures import near, row

TESTS = Path(__file__).parents[1]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in TESTS.rglob("*.py")}


def test_near_is_within_two_pounds_unless_told_otherwise() -> None:
    assert near(50) == 50.0000015
    assert near(50) != 50.0000025
    assert near([1, float("nan")]) == [1.000001, float("nan")]
    assert near(50, 1e-9) != 50.00000001
    assert near(1000, rel=1e-6) == 1000.0009


def test_row_is_the_only_one() -> None:
    frame = pd.DataFrame({"rule": ["Pace", "Pace", "Floor"], "place": ["North", "South", "all"], "price": [1, 2, 3]})
    assert row(frame, rule="Pace", place="South")["price"] == 2
    with pytest.raises(AssertionError, match="2 rows with"):
        row(frame, rule="Pace")


def test_each_shared_helper_is_defined_once() -> None:
    found = [
        (node.name, path.relative_to(TESTS).as_posix())
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in {"near", "row", "read", "solve", "solve_all"}
    ]
    own = {("read", "support/oracle.py"), ("solve", "support/oracle.py"), ("solve", "answers/test_memory.py")}
    assert set(found) - own == {
        ("near", "support/figures.py"),
        ("row", "support/figures.py"),
        ("read", "conftest.py"),
        ("solve", "conftest.py"),
        ("solve_all", "conftest.py"),
    }


def test_no_test_imports_a_private_name() -> None:
    private = [
        (path.relative_to(TESTS).as_posix(), name.name)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name.startswith("_")
    ]
    assert private == []
