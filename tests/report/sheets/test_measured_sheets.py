"""Sheets of real terms, success measures and what carries the answer: what a reader sees on them."""

from __future__ import annotations

import pandas as pd
import pytest

from budgetmodel.contract.frames import result_table
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.carrying import (
    best_sentence,
    by_effect,
    carrying_sentences,
    effects_page,
    pull_page,
    warnings,
)
from budgetmodel.report.sheets.indicators import NO_EFFECT, indicator_lines, indicator_pages, place_paragraphs
from budgetmodel.report.sheets.real_terms import real_terms_page, real_terms_pages
from budgetmodel.results import Result
from tests.metrics import test_pull
from tests.metrics.books import results_of
from tests.metrics.test_indicators import five_places
from tests.metrics.test_real_terms import solved as in_real_terms
from tests.metrics.test_real_terms import two_years
from tests.support.figures import near


@pytest.fixture(scope="module")
def with_indicators() -> Result:
    return results_of(five_places())["Base"]


def shown(page: Page, row: int, *headings: str) -> list[object]:
    return [page.values(heading)[row] for heading in headings]


def test_the_plan_comes_first_and_shrinking_services_have_a_sheet() -> None:
    page, shrinking = real_terms_pages(in_real_terms().frames)
    names = ("Whose", "Year", "Growth, cash (%)", "Growth after uplift (%)", "Saving (£m)")
    real = near(1.04 / 1.092 - 1, 1e-9)
    assert shown(page, 0, *names) == ["All", "Whole plan", near(0.04, 1e-9), real, near(5, 1e-8)]
    assert shown(shrinking, 0, "Service", "Short of its cost (£m)") == ["Wards", near(3.52, 1e-8)]
    assert "cash only" not in page.note


def test_without_an_uplift_the_columns_say_cash_only() -> None:
    book = two_years()
    book["Years"][1]["Cost uplift"] = None
    [page] = real_terms_pages(results_of(book)["Base"].frames)
    assert shown(page, 0, "Growth after uplift (%)", "Growth after uplift less efficiency (%)") == ["cash only"] * 2
    assert "no Cost uplift for every year" in page.note
    formulas = next(c for c in page.columns if c.heading == "Growth after uplift (%)").formulas()
    assert formulas[0] is None
    assert formulas[1] == '=IF(G7="","",(1+G7)/(1+H7)-1)'


def test_without_an_efficiency_the_column_says_so() -> None:
    frame = in_real_terms().real_terms
    nothing = {"net_uplift": float("nan"), "net_growth": float("nan"), "basis": "uplift only"}
    page = real_terms_page(frame.assign(**nothing))
    assert set(page.values("Growth after uplift less efficiency (%)")) == {"no efficiency"}


def test_a_long_table_has_the_whole_plan_only() -> None:
    frame = in_real_terms().real_terms
    page = real_terms_page(pd.concat([frame] * (1 + 20_000 // len(frame) * 5), ignore_index=True))
    assert set(page.values("Year")) == {"Whole plan"}
    assert "real_terms.csv" in page.note


def test_the_board_reads_three_lines_and_no_claim(with_indicators: Result) -> None:
    lines = indicator_lines(with_indicators)
    assert lines[0] == (  # the one with money linked comes first
        "Smoking (2017): 20.0% over all places; the benchmark is 18.0%; 3 of 5 places are worse; 13.5 lower at the "
        "least deprived end than at the most deprived. Money for 'Overall': £100.0m before, £110.0m in 2025/26."
    )
    assert lines[1].startswith("Ready (2016/17): 30.0% over all places; from 10.0% (Elm) to 50.0% (Ash)")
    assert indicator_lines(with_indicators, most=1) == lines[:1]
    assert "no effect of the allocation" in NO_EFFECT


def test_a_place_stands_among_the_others(with_indicators: Result) -> None:
    [paragraph] = place_paragraphs(with_indicators, "Beech")
    assert paragraph.sentences == (
        "It is number 2 of 5 places by deprivation (1 is the most deprived), in the group Inner.",
        "Smoking (2017): 23.0%, 5.0 worse than its benchmark of 18.0%; 1 of the other 4 places is worse. It gets "
        "£22.0m for 'Overall' in 2025/26.",
        "Ready (2016/17): 40.0%; 3 of the other 4 places are worse.",
        NO_EFFECT,
    )
    assert place_paragraphs(in_real_terms(), "North") == []


def test_places_are_listed_by_deprivation_then_groups(with_indicators: Result) -> None:
    summary, places = indicator_pages(with_indicators.frames)
    assert summary.values("Last year: Base (£m)")[1] == near(110, 1e-8)
    latest = [n for n, period in enumerate(places.values("Period")) if period == "2017"]
    whose = [places.values("Place or group")[n] for n in latest]
    assert whose == ["Ash", "Beech", "Cedar", "Dale", "Elm", "Inner", "Outer"]
    assert all(page.note.startswith(NO_EFFECT) for page in (summary, places))


def test_equal_indicators_of_several_scenarios_are_one_row(with_indicators: Result) -> None:
    frames = {
        name: pd.concat([frame, frame.assign(scenario="Other")], ignore_index=True)
        for name, frame in with_indicators.frames.items()
    }
    summary, places = indicator_pages(frames)
    assert summary.rows == 2
    assert summary.values("Last year: Other (£m)")[1] == near(110, 1e-8)
    assert places.rows == 5 + 15 + 4


def test_weights_at_work_warn_and_name_the_best_index() -> None:
    frame = test_pull.solved().pull
    metrics = pd.DataFrame({"metric": ["best_index"], "group": [""], "value": [0.84]})
    page = pull_page(frame, metrics)
    assert page.values("At work over stated (times)")[1] == near(100 / 28, 1e-9)
    assert "could reach is 0.8." in page.note
    assert warnings(frame)[0].startswith("'Playing' pulls 3.6 times its stated weight")
    assert best_sentence(metrics.iloc[:0]) == ""


def test_assumptions_that_move_the_answer_most_come_first() -> None:
    rows = [
        ("S", "fee", "Fees", "", "1%", "", "", 0.5, 0.9, 0.9, 30.0, 0.0, -2.0, "in no equation"),
        ("S", "fee", "Fees", "", "1%", "", "", 2.0, 0.9, 0.9, 30.0, 0.0, 4.0, "in no equation"),
        ("S", "weight", "A", "", "1", "", "", 0.5, 0.92, 0.96, 28.0, -2.0, 0.0, "solved again"),
        ("S", "weight", "A", "", "1", "", "", 2.0, 0.7, 0.7, 31.0, 1.0, 0.0, "solved again"),
        ("S", "ceiling", "C", "", "2%", "", "", 0.5, *[float("nan")] * 4, 0.0, "no answer"),
        ("S", "ceiling", "C", "", "2%", "", "", 2.0, 0.9, 0.9, 30.0, 0.0, 0.0, "solved again"),
    ]
    frame = result_table("assumptions_effect", rows)
    assert by_effect(frame)["name"].tolist() == ["C", "C", "A", "A", "Fees", "Fees"]
    assert effects_page(frame).values("Outcome")[0] == "no answer"
    assert carrying_sentences(frame, "S", 3) == [
        "Ceiling: C (2%). Half of it leaves no answer; double of it closes 90% of the gap (index +0.00).",
        "Weight: A (1). Half of it closes 92% to 96% of the gap (index -2.00); double of it closes 70% of the gap "
        "(index +1.00).",
        "Fee: Fees (1%). Half of it closes 90% of the gap (index +0.00, costs £2.0m less); double of it closes 90% of "
        "the gap (index +0.00, costs £4.0m more).",
    ]
