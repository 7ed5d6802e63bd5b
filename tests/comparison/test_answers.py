"""Questions, scorecard and representation: figures of the runs, held against the right scenario, said with care."""

from __future__ import annotations

import pytest

import budgetmodel as bm
from budgetmodel.comparison import Comparison, compare
from budgetmodel.comparison.figures import verdict
from budgetmodel.comparison.question_frames import ANSWERS, answers
from budgetmodel.knowledge.facts import facts
from budgetmodel.metrics.catalogue import catalogue
from budgetmodel.report.page import Page
from budgetmodel.report.sheets import measures_sheet as measured
from budgetmodel.report.sheets.comparison import comparison_page
from budgetmodel.results import Result
from tests.metrics.books import results_of, two_sides
from tests.support.builder import Book


def three_regimes() -> Book:
    """The pooled book with two more scenarios: `Dear`, whose contracts cost twice as much, and `Dearer`, four times.

    Their contracts cost £2m and £4m a year instead of £1m, so that Support in the South has £1m and £3m less.
    """
    book = two_sides()
    book.remove("Rules", {"Rule": "Support in South, 2025/26"}).remove("Rules", {"Rule": "Support in South, 2026/27"})
    for name, cost in (("Dear", 1000), ("Dearer", 2000)):
        for row in list(book.rows("Regimes", {"Regime": "Pooled"})):
            book.add("Regimes", {**row, "Regime": name})
        for row in list(book.rows("Contracts", {"Regime": "Pooled"})):
            book.add("Contracts", {**row, "Regime": name, "Cost per contract": cost})
        book.add("Scenarios", Scenario=name, Regime=name)
    return book


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Result], Comparison]:
    book = three_regimes()
    book.set("Scenarios", where={"Scenario": "Dear"}, **{"Engagement question": "2; 4"})
    book.set("Scenarios", where={"Scenario": "Dearer"}, **{"Engagement question": 2})
    results = results_of(book)
    return results, compare(results)


def test_the_workbook_says_which_scenarios_answer(made: tuple[dict[str, Result], Comparison]) -> None:
    frame = answers(*made)["questions"]
    told = {number: list(dict.fromkeys(own["scenario"])) for number, own in frame.groupby("number")}
    everybody = ["Pooled", "Dear", "Dearer"]
    assert told == {1: everybody, 2: ["Dear", "Dearer"], 3: everybody, 4: ["Dear"]}
    assert set(frame.loc[(frame["number"] == 2) & (frame["scenario"] == "Dearer"), "against"]) == {"Dear"}


def test_a_figure_is_that_of_the_run_beside_that_of_the_first(made: tuple[dict[str, Result], Comparison]) -> None:
    # Contracts cost £2m and £4m in each of two years; fees are £1.04m in both: 5.04 and 9.04, and dearer is worse.
    frame = answers(*made)["questions"]
    chosen = (frame["number"] == 2) & (frame["metric"] == "transaction_cost") & (frame["scenario"] == "Dearer")
    [row] = frame[chosen].to_dict("records")
    assert (row["value"], row["value_against"]) == pytest.approx((9.04, 5.04))
    assert row["verdict"] == "worse"
    assert row["says"] == "Dearer: £9.0m; Dear: £5.0m (worse)"


def test_a_sum_up_counts_what_it_sums_up(made: tuple[dict[str, Result], Comparison]) -> None:
    frame = answers(*made)["questions"]
    own = frame[(frame["number"] == 2) & (frame["scenario"] == "Dearer")]
    counts = own["verdict"].value_counts()
    [says] = own.loc[own["metric"] == "", "says"]
    better, worse, level = (int(counts.get(word, 0)) for word in ("better", "worse", "level"))
    assert worse >= 1
    assert f"of {better + worse + level} figures" in says
    assert f"{better} are better, {worse} worse and {level} level" in says


def test_scenarios_with_other_tables_are_not_judged() -> None:
    book = three_regimes().change("Dear", "Funding", "multiply", Field="Amount", Value=1.01)
    results = results_of(book)
    frame = answers(results, compare(results))["questions"]
    assert not frame.loc[frame["scenario"] == "Dear", "verdict"].any()
    assert frame.loc[frame["scenario"] == "Dearer", "verdict"].any()


def test_a_question_that_was_not_asked_is_an_input_error(tmp_path) -> None:  # type: ignore[no-untyped-def]  # a path
    book = two_sides().set("Scenarios", **{"Engagement question": "1; 7"})
    with pytest.raises(bm.InputErrors, match="numbers from 1 to 4") as caught:
        bm.read(book.save(tmp_path / "in.xlsx"))
    [issue] = [each for each in caught.value.issues if each.severity == "error"]
    assert (issue.code, issue.cell) == ("QUESTION_UNKNOWN", book.cell("Scenarios", 0, "Engagement question"))


def test_what_questions_ask_for_is_in_the_catalogue() -> None:
    for question in facts("engagement"):
        for part in question["figures"].split(";"):
            assert part.strip().partition("|")[0] in catalogue(), part
    asked = [question["question"] for question in facts("engagement")]
    assert len(asked) == 4


def test_every_aim_has_measures_and_every_measure_a_known_aim(made: tuple[dict[str, Result], Comparison]) -> None:
    aims = {aim["aim"] for aim in facts("aims")}
    assert {record.aim for record in catalogue().values()} - {""} == aims
    frame = answers(*made)["scorecard"]
    assert list(dict.fromkeys(frame["aim"])) == [aim["label"] for aim in facts("aims")]
    row = frame[(frame["metric"] == "contract_cost") & (frame["scenario"] == "Dearer")].iloc[0]
    assert (row["value"], row["change_on_first"], row["verdict"]) == (8.0, 6.0, "worse")  # 4 x 2 against 1 x 2


def test_representation_is_of_the_run(made: tuple[dict[str, Result], Comparison]) -> None:
    # Pooled: Charity has 104 of 208 over both years, against 40 of 100 in the Baseline.
    frame = answers(*made)["representation"].set_index(["scenario", "sector"])
    row = frame.loc[("Pooled", "VCSE")]
    assert (row["baseline_share"], row["share"], row["change_in_share"]) == pytest.approx((0.4, 0.5, 0.1))
    assert (row["growth"], row["share_of_growth"]) == pytest.approx((24.0, 3.0))


def pages_of(results: dict[str, Result], comparison: Comparison) -> list[Page]:
    """Every page of measures."""
    frames = answers(results, comparison)
    return [
        comparison_page(results, comparison),
        measured.organisations_page(results, comparison.metrics),
        measured.questions_page(list(results), frames["questions"]),
        measured.scorecard_page(list(results), frames["scorecard"]),
        measured.representation_page(frames["representation"]),
        measured.measures_page(frames["measures"]),
    ]


def test_nothing_speaks_of_what_is_not_measured(made: tuple[dict[str, Result], Comparison]) -> None:
    results, comparison = made
    pages = pages_of(results, comparison)
    words = [page.name + page.purpose + page.note for page in pages]
    words += [str(value) for page in pages for column in page.columns for value in column.values]
    told = " ".join(words).casefold()
    assert "need met" in told
    assert "outcome" not in told
    assert "health gain" not in told


def test_pages_add_up_and_show_every_scenario(made: tuple[dict[str, Result], Comparison]) -> None:
    results, comparison = made
    frames = answers(results, comparison)
    pages = {page.name: page for page in pages_of(results, comparison)}
    organisations = pages["Organisations"]
    measures, names = organisations.values("Measure"), organisations.values("Organisation")
    for scenario, result in results.items():
        at = next(n for n, pair in enumerate(zip(measures, names, strict=True)) if pair == ("Income", "All"))
        assert organisations.values(scenario)[at] == pytest.approx(result.metric("spent"))
    assert list(frames) == list(ANSWERS)
    assert len(pages["Measures"].columns[0].values) == len(catalogue())


@pytest.mark.parametrize(
    "metric, value, against, expected",
    [
        ("index", 30.0, 40.0, "better"),
        ("index", 40.00001, 40.0, "level"),
        ("delivered", 10.0, 11.0, "worse"),
        ("delivered", 11.0, 11.0005, "level"),
        ("crossing", 5.0, 1.0, ""),
    ],
)
def test_verdicts_follow_the_catalogue(metric: str, value: float, against: float, expected: str) -> None:
    assert verdict(catalogue()[metric], value, against) == expected
