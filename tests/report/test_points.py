"""The 48 points: every one is held, and docs/forty_eight_points.md says how."""

from __future__ import annotations

from pathlib import Path

import pytest

from budgetmodel.excel.template.input_workbook import blank_tables, write_input
from budgetmodel.report import write_results
from budgetmodel.report.sheets.sheet_names import sheet_names
from tests.report.pointcheck import Book
from tests.report.points import POINTS, Point, as_markdown
from tests.report.samples import solved

ROOT = Path(__file__).parents[2]
KINDS = {"T": "the input template", "R": "the results workbook"}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Book]:
    folder = tmp_path_factory.mktemp("points")
    results, comparison = solved("several")
    places = tuple(sheet_names(results["Split"].inputs.places, []).values())
    template = write_input(blank_tables(), folder / "template.xlsx")
    written = write_results(results, folder / "results.xlsx", comparison)[0]
    return {"T": Book(template, "T", header=4), "R": Book(written, "R", places)}


HELD = [(point, kind) for point in POINTS for kind in point.of if point.checks]


@pytest.mark.parametrize("point, kind", HELD, ids=[f"{point.number}{kind}" for point, kind in HELD])
def test_a_point_holds(books: dict[str, Book], point: Point, kind: str) -> None:
    for check in point.checks:
        check(books[kind])


def test_every_point_is_there_once_and_held_somehow() -> None:
    assert [point.number for point in POINTS] == list(range(1, 49))
    assert {point.of for point in POINTS} <= {"T", "R", "TR"}
    assert all(point.checks or point.tests for point in POINTS)


def test_tests_that_hold_a_point_exist() -> None:
    for point in POINTS:
        for test in point.tests:
            file, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test


def test_the_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs" / "forty_eight_points.md").read_text(encoding="utf-8") == as_markdown(), (
        "run python -m docs.make_forty_eight_points"
    )
