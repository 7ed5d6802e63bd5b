"""Result tables: every frame that a user gets has the columns, dtypes and key of its record, whatever the book."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.comparison import Comparison
from budgetmodel.comparison.question_frames import answers
from budgetmodel.contract.frames import FRAME, FRAMES, ColumnType, as_markdown, below, result_table
from budgetmodel.contract.issues import BudgetError
from budgetmodel.explain.without import causes
from budgetmodel.report.tables import csv_tables, gather, infeasibility_tables
from budgetmodel.results import FRAMES as OF_A_RESULT
from budgetmodel.results import Result
from tests.support.builder import two_places
from tests.support.organisations import with_terms
from tests.support.random_books import random_book

DOCS = Path(__file__).parents[1] / "docs"

FAST = [("tiny", 66, False, 1), ("tiny", 15, True, 1)]
SEEDS = [*(("tiny", seed) for seed in range(1, 16)), ("small", 7), ("small", 12)]
SLOW = [(size, seed, seed % 2 == 0, 99) for size, seed in SEEDS]
BOOKS = [*FAST, *(pytest.param(*book, marks=pytest.mark.slow) for book in SLOW)]
"""Size, seed, whether organisations have terms, and how many scenarios are explained.

No scenario of tiny 66 has an answer; of tiny 15 one has."""

Named = tuple[str, pd.DataFrame]


def tables_of(size: str, seed: int, *, terms: bool, explained: int) -> Iterator[Named]:
    """Every frame that can be got of a random book, with the name of its record; so many scenarios are explained."""
    book = with_terms(random_book(seed, size), seed) if terms else random_book(seed, size)
    with tempfile.TemporaryDirectory() as folder:
        budget = bm.read(book.save(Path(folder) / "in.xlsx"))
    failures: dict[str, BudgetError] = {}
    results = api.solve_all(budget, failures=failures)
    comparison = bm.compare(results, budget)
    for result in results.values():
        yield from result.frames.items()
    yield from gather(results, failures).items()
    yield from infeasibility_tables(failures).items()
    yield from of_comparison(results, comparison)
    for result in list(results.values())[:explained]:
        yield from of_explanation(result)


def of_comparison(results: dict[str, Result], comparison: Comparison) -> Iterator[Named]:
    yield "metrics", comparison.metrics
    yield "changes", comparison.differences
    yield from comparison.frames.items()
    yield from answers(results, comparison).items()


def of_explanation(result: Result) -> Iterator[Named]:
    yield from bm.explanation(result).frames.items()
    why = api.why(result)
    yield from {"waterfall": why.steps, "standing": why.standing, "distances": why.places, "helps": why.helps}.items()
    for cause in causes(result.answer)[:1]:
        yield "effect", api.rule_effect(result, cause.name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("size, seed, terms, explained", BOOKS)
def test_every_frame_is_as_its_record_says(size, seed, terms, explained):
    for name, frame in tables_of(size, seed, terms=terms, explained=explained):
        record = FRAME[name]
        assert tuple(frame.columns) == record.names, name
        found = {column: str(dtype) for column, dtype in frame.dtypes.items()}
        assert found == {column.name: column.dtype for column in record.columns}, name
        if record.key:
            twice = frame[frame.duplicated(list(record.key), keep=False)]
            assert twice.empty, f"{name}: {twice[list(record.key)].head()}"
        texts = [column.name for column in record.columns if column.type is ColumnType.TEXT]
        assert not frame[texts].isna().any(axis=None), name


@pytest.mark.parametrize("record", FRAMES, ids=lambda record: record.name)
def test_a_table_without_rows_has_the_same_dtypes(record):
    empty = result_table(record.name, ())
    assert tuple(empty.columns) == record.names
    assert [str(dtype) for dtype in empty.dtypes] == [column.dtype for column in record.columns]
    pd.testing.assert_frame_equal(below(record.name, []), empty)
    pd.testing.assert_frame_equal(below(record.name, [empty, empty]), empty)


@pytest.mark.parametrize("record", FRAMES, ids=lambda record: record.name)
def test_a_record_says_what_its_table_holds(record):
    assert len(set(record.names)) == len(record.names)
    assert set(record.key) <= set(record.names)
    assert record.row.endswith(".")
    assert all(column.note.endswith(".") for column in record.columns)
    told = [column for column in record.columns if column.type not in (ColumnType.TEXT, ColumnType.FLAG)]
    assert all(column.unit for column in told)
    by_row = [column.name for column in record.columns if column.type is ColumnType.BY_ROW]
    assert "unit" in record.names or not by_row


def test_tables_have_names_of_their_own():
    assert len(FRAME) == len(FRAMES)


def test_solved_books_hold_every_table_of_a_result():
    expected = (
        *("allocation", "flows", "sources", "places", "rules", "metrics", "contracts"),
        *("leads", "incomes", "pools", "tails", "changes", "issues", "run"),
        *("real_terms", "shrinking", "pull", "success_measures", "indicators", "indicator_groups"),
    )
    assert expected == OF_A_RESULT


def test_units_are_got_by_column():
    assert bm.units("allocation") == {
        "amount": "£m",
        "do_minimum": "£m",
        "baseline": "£m",
        "change": "£m",
        "change_pct": "share",
    }
    with pytest.raises(KeyError, match="There is no result table 'alocation'"):
        bm.units("alocation")


def test_rows_may_come_as_records_tuples_columns_or_a_frame():
    expected = result_table("effect", [{"year": "", "place": "North", "amount": 2}])
    assert str(expected["amount"].dtype) == "float64"
    columns = {"amount": [2.0], "place": ["North"], "year": [""]}
    for rows in ([("", "North", 2)], columns, pd.DataFrame(columns)):
        pd.testing.assert_frame_equal(result_table("effect", rows), expected)


def test_the_scenario_is_put_in_front():
    frame = result_table("distances", {"place": ["North", "South"], "far": [0.1, 0.2]}, "Base")
    assert frame.to_dict("list") == {"scenario": ["Base", "Base"], "place": ["North", "South"], "far": [0.1, 0.2]}


def test_other_columns_are_refused():
    with pytest.raises(ValueError, match=r"The table effect has the columns \['year', 'place', 'amount'\]"):
        result_table("effect", pd.DataFrame({"year": [""], "place": ["North"], "money": [1.0]}))
    with pytest.raises(ValueError, match="The table effect has no column money"):
        result_table("effect", [{"year": "", "place": "North", "amount": 1.0, "money": 1.0}])


def test_numbers_do_not_pass_for_text():
    with pytest.raises(TypeError, match="The column place of the table effect holds text, not integer"):
        result_table("effect", {"year": [""], "place": [7], "amount": [1.0]})


def test_money_is_written_to_the_penny_and_other_figures_in_full():
    """A third of £1m is 0.33333333 to the penny (8 decimals of £1m) and has 12 decimals elsewhere."""
    third = 1 / 3
    rows = {
        "freedom": [("Base", "", "North", third, third, third)],
        "metrics": [("Base", "money", "", third, "£m", ""), ("Base", "part", "", third, "share", "")],
    }
    tables = csv_tables({name: result_table(name, own) for name, own in rows.items()})
    assert tables["freedom"].decode().splitlines()[1] == "Base,,North,0.33333333,0.333333333333,0.333333333333"
    assert tables["metrics"].decode().splitlines()[1:] == [
        "Base,money,,0.33333333,£m,",
        "Base,part,,0.333333333333,share,",
    ]


def test_the_page_of_result_tables_is_current():
    page = (DOCS / "result_tables.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "run python docs/make_result_tables.py"


def test_a_rule_that_asks_nothing_names_its_cell_and_strength(solve):
    """A provider with a Baseline of 0 gets at least 0%, and gets 0: the proof has no row of such a rule to look at."""
    book = two_places().add("Providers", Provider="New")
    book.add("Baseline", Place="North", Service="Care", Provider="New", Amount=0)
    book.rule("Some to the new", "share", "at least", 0.0, Each="place", Providers="New", Of="providers=all")
    rules = solve(book).rules
    own = rules[rules["rule"] == "Some to the new"]
    assert own[["place", "activity", "strength"]].to_numpy().tolist() == [
        ["North", 0.0, "must"],
        ["South", 0.0, "must"],
    ]
    assert own["cell"].str.fullmatch(r"Rules![A-Z]\d+").all()
