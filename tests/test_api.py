"""The Python interface as analysts are told to use it: the names, what they return, and that they agree."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import BudgetError
from tests.support.builder import two_places


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_places().save(tmp_path_factory.mktemp("api") / "two.xlsx")


def test_the_calls_of_the_readme(workbook: Path, tmp_path: Path) -> None:
    budget = bm.read(workbook)
    [scenario] = budget.scenarios
    one = bm.solve(budget, scenario)
    results = bm.solve_all(budget)
    metrics = bm.compare(results).metrics
    files = bm.write_results(results, tmp_path / "out.xlsx")
    assert bm.check(workbook) == []
    assert list(results) == [scenario]
    assert one.metric("index") == pytest.approx(0.0, abs=1e-9)
    assert list(metrics.columns) == ["scenario", "metric", "group", "value", "unit", "better"]
    assert {file.name for file in files} >= {"out.xlsx", "allocation.csv", "run.csv"}


def test_what_is_no_name_and_no_mapping_is_refused_in_a_sentence(workbook: Path, tmp_path: Path) -> None:
    budget = bm.read(workbook)
    [scenario] = budget.scenarios
    with pytest.raises(TypeError, match=f"A scenario is asked for by its name, not by None: {scenario}"):
        bm.solve(budget, None)  # type: ignore[arg-type]
    result = bm.solve(budget, scenario)
    with pytest.raises(TypeError, match=r"as solve_all returns\. One Result goes in as \{result\.scenario: result\}"):
        bm.compare(result)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Results are a mapping"):
        bm.write_results(result, tmp_path / "out.xlsx")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Several go in as \{result\.scenario: result for result in results\}"):
        bm.write_results([result], tmp_path / "out.xlsx")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="There are no results to write"):
        bm.write_results({}, tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_every_public_name_can_be_fetched() -> None:
    for name in bm.__all__:
        assert callable(getattr(bm, name)) or name == "__version__", name


def test_an_unknown_scenario_is_an_input_error_with_a_suggestion(workbook: Path) -> None:
    budget = bm.read(workbook)
    with pytest.raises(bm.InputErrors, match="Did you mean"):
        bm.solve(budget, budget.scenarios[0] + "x")


def test_a_result_cannot_be_made_without_a_certificate(workbook: Path) -> None:
    budget = bm.read(workbook)
    with pytest.raises(TypeError, match="Certificate"):
        bm.Result("Base", "Split", budget, None, {}, None)


def test_one_place_has_index_0(tmp_path: Path) -> None:
    # With one place there is nobody to be unequal to: G = 0, and the index is 0 / 0.001 = 0.
    book = two_places()
    for sheet in ("Places", "Needs", "Baseline", "Indicators"):
        book[sheet] = [row for row in book[sheet] if row.get("Place") != "South"]
    result = bm.solve_all(bm.read(book.save(tmp_path / "one.xlsx")))
    [only] = result.values()
    assert only.metric("index") == 0.0
    assert only.frames["allocation"]["amount"].sum() == pytest.approx(100.0, abs=1e-9)


def test_what_is_said_of_a_scenario_stays_with_it(tmp_path: Path) -> None:
    # Floors of 30 + 40 = £70m. Less has £60m, so that they cannot be met; Again is based on it and has £100m again.
    book = two_places().set("Services", row=0, Status="guessed")
    book.rule("North floor", "amount", "at least", 30, Places="North")
    book.rule("South floor", "amount", "at least", 40, Places="South")
    book.add("Scenarios", Scenario="Less", Regime="Split")
    book.add("Scenarios", Scenario="Again", Regime="Split", Based_on="Less")
    book.change("Less", "Years", "set", Field="Weight", Value=1)  # as it is
    book.change("Less", "Funding", "set", Field="Amount", Value=60)
    book.change("Again", "Funding", "set", Field="Amount", Value=100)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    everything = ["STATUS_UNKNOWN", "FLOOR_SUM_GT_POT", "CHANGE_NO_EFFECT"]
    assert [issue.code for issue in budget.issues] == everything
    told = [issue.code for issue in bm.check(tmp_path / "in.xlsx")]
    assert [code for code in told if code != "NOT_MET"] == everything
    assert told.count("NOT_MET") == 1
    failures: dict[str, BudgetError] = {}
    results = bm.solve_all(budget, failures=failures)
    assert list(failures) == ["Less"]
    assert list(results["Base"].issues["code"]) == ["STATUS_UNKNOWN"]
    assert list(results["Again"].issues["code"]) == ["STATUS_UNKNOWN", "CHANGE_NO_EFFECT"]
    assert [issue.code for issue in budget.issues_of("Less")] == everything


def test_what_is_said_of_several_scenarios_goes_with_each(tmp_path: Path) -> None:
    # A floor of 0% growth on £100m when there are £100m: nothing is left to share out, in Base and Same alike. More
    # has £110m.
    book = two_places().rule("Floor", "growth", "at least", 0, Each="place")
    for scenario in ("Same", "More"):
        book.add("Scenarios", Scenario=scenario, Regime="Split")
    book.change("More", "Funding", "set", Field="Amount", Value=110)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    assert [issue.code for issue in budget.issues] == ["NO_HEADROOM"]
    for scenario, told in (("Base", 1), ("Same", 1), ("More", 0)):
        assert len(budget.issues_of(scenario)) == told
        assert list(bm.solve(budget, scenario).issues["code"]).count("NO_HEADROOM") == told
