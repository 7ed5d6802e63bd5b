"""The catalogue of problems and the code agree: nothing is reported that it lacks, nothing in it goes untested."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import budgetmodel
from budgetmodel.checks.catalogue import as_markdown, cases, checked

PACKAGE = Path(budgetmodel.__file__).parent
TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
BY_DIMENSION = {f"{name}_UNKNOWN" for name in ("YEAR", "PLACE", "SERVICE", "PROVIDER", "SOURCE")}


def reported() -> Iterator[tuple[str, str]]:
    """Each code that the package makes an Issue or a Finding of, with its module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"Finding", "Issue"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and str(node.args[0].value).isupper()
            ):
                yield str(node.args[0].value), path.name


def constants(folder: Path, but: str) -> set[str]:
    """Every text that stands in the Python files of a folder."""
    return {
        word
        for path in folder.rglob("*.py")
        if path.name != but
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in node.value.split()
    }


def test_every_code_that_is_reported_is_in_the_catalogue() -> None:
    unknown = {f"{code} in {module}" for code, module in reported() if code not in checked()}
    assert not unknown


def test_every_checked_case_is_reported_somewhere() -> None:
    missing = set(checked()) - constants(PACKAGE, "catalogue.py") - BY_DIMENSION
    assert not missing


def test_every_checked_case_has_a_test() -> None:
    missing = set(checked()) - constants(TESTS, Path(__file__).name)
    assert not missing


def test_all_eighty_five_cases_are_there_and_those_not_checked_say_why() -> None:
    assert {case.number for case in cases()} == set(range(86))
    assert all(case.severities or case.status for case in cases())
    assert all(case.looks_like and case.what_to_do for case in cases())
    assert len({case.code for case in cases()}) == len(cases())


def test_the_page_of_problems_is_made_from_the_catalogue() -> None:
    assert (DOCS / "problems.md").read_text(encoding="utf-8") == as_markdown(), "run python docs/make_problems.py"
