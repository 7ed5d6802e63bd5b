"""What a workbook may say of organisations: hosts, grades, shares, one-off costs; every slip is found at its cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.inputs.regime_terms import delay_cost_rate, one_off, one_off_by_payer, overspend_tested
from tests.checks.test_faults import Check, Fault, assert_found, check, fault, good_book, only, repaired, warned
from tests.support.builder import Book

__all__ = ["check"]  # the fixture


def with_terms(book: Book) -> Book:
    """The good book with everything that may be said of organisations: one pool of the ICB and the council."""
    book.set("Providers", where={"Provider": "Royal Trust"}, **{"Variable cost share": 0.4})
    book.set("Providers", where={"Provider": "Helping Hands"}, **{"Variable cost share": 0.7, "Passed on share": 0.25})
    book.set("Sources", where={"Source": "Core"}, Grade="pooled", Host="Council", **{"Partner share": 0.6})
    book.set("Sources", where={"Source": "Grant"}, Grade="pooled", Host="Council", **{"Partner share": 0.4})
    book.set("Sources", where={"Source": "National"}, Grade="in view", Host="NHS England")
    book.add("Regime costs", {"One-off cost": 8, "Phase-in by year": "60%; 40%"}, Regime="Pooled", Payer="ICB")
    book.add("Regime costs", {"One-off cost": 1}, Regime="Pooled", Payer="Council")
    rates = {"Slope over": 0.2, "Cap over": 0.005, "Slope under": 0.2, "Cap under": 0.005, "Scope share": 1}
    floors = {"Least growth": 0, "Least growth far over": 0, "Falls from": 0.05, "Falls to": 0.1, "Most under": 0.2}
    named = {"Policy": "Ramp", "Kind": "ramp", "Component": "Overall", "Driver": "closing", "Rounding": 1}
    book.add("Convergence", {**named, **rates, **floors})
    return book.about("Delay cost rate", "3.5%").about("Overspend tested", 0.05)


ROWS = [row["Setting"] for row in with_terms(good_book())["About"]]
RATES = {name: ROWS.index(name) for name in ("Delay cost rate", "Overspend tested")}

FAULTS = [
    fault("PCT_SCALE", "Providers.Variable cost share", 0, 40, "0.02"),
    fault("OUT_OF_RANGE", "Providers.Variable cost share", 0, -0.1),
    fault("NOT_A_NUMBER", "Providers.Variable cost share", 0, "most"),
    fault("PCT_SCALE", "Providers.Passed on share", 1, 1.1),
    fault("PLACEHOLDER", "Providers.Passed on share", 1, "tbc"),
    warned("PASSED_ON_UNUSED", "Providers.Passed on share", 0, 0.5, "'Royal Trust'"),
    fault("CHOICE_UNKNOWN", "Sources.Grade", 0, "poold", "'pooled'"),
    fault("IN_VIEW_MOVES", "Sources.Grade", 0, "in view", "'The pool' (regime 'Pooled', 2025/26)"),
    fault("IN_VIEW_MOVES", "Sources.Lawful services", 1, "all", "home services", at=("Sources", 1, "Grade")),
    fault("ALIGNED_MOVES", "Sources.Grade", 2, "aligned", "'The pool'"),
    fault("HOLDER_UNKNOWN", "Sources.Host", 0, "Counsil", "'Council'"),
    warned("POOL_HOSTS", "Sources.Host", 2, "icb", "Council and ICB", at=("Sources", 0, "Host")),
    fault("RISK_SHARE_SUM", "Sources.Partner share", 0, 0.55, "make 95.0%"),
    fault("RISK_SHARE_SUM", "Sources.Partner share", 0, 0.601, "make 100.1%"),
    fault("PCT_SCALE", "Sources.Partner share", 0, 60),
    fault("REGIME_UNKNOWN", "Regime costs.Regime", 0, "Poolde", "'Pooled'"),
    fault("DUPLICATE_ROW", "Regime costs.Payer", 1, "icb", "Regime costs!", at=("Regime costs", 1, "Regime")),
    fault("HOLDER_UNKNOWN", "Regime costs.Payer", 0, "NHS Englnd", "'NHS England'"),
    repaired("WHITESPACE_CASE", "Sources.Host", 0, "COUNCIL", "'Council'"),
    repaired("WHITESPACE_CASE", "Regime costs.Payer", 0, "icb", "'ICB'"),
    fault("NEG_BUDGET", "Regime costs.One-off cost", 0, -8),
    fault("BLANK_VS_ZERO", "Regime costs.One-off cost", 0, None),
    fault("PHASE_IN", "Regime costs.Phase-in by year", 0, "100%", "2 years"),
    fault("PHASE_IN", "Regime costs.Phase-in by year", 0, "50%; 30%; 20%", "3 shares"),
    fault("PHASE_IN", "Regime costs.Phase-in by year", 0, "60%; the rest", "'the rest'"),
    fault("PHASE_IN", "Regime costs.Phase-in by year", 0, "120%; -20%", "'120%'"),
    fault("SHARE_SUM", "Regime costs.Phase-in by year", 0, "60%; 30%", "90.0%"),
    fault("SHARE_SUM", "Regime costs.Phase-in by year", 0, "60%; 100%", "type 0.6; 0.4"),  # running totals
    fault("PCT_SCALE", "About.Value", RATES["Delay cost rate"], 3.5, "above 1"),
    fault("NOT_A_NUMBER", "About.Value", RATES["Delay cost rate"], "base rate", "'base rate'"),
    fault("OUT_OF_RANGE", "About.Value", RATES["Overspend tested"], "-5%"),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Path]:
    book = with_terms(good_book())
    return book, book.save(tmp_path_factory.mktemp("good") / "good.xlsx")


def test_the_good_book_has_nothing_to_report(good: tuple[Book, Path]) -> None:
    assert bm.check(good[1]) == []


@pytest.mark.parametrize("planted", FAULTS, ids=str)
def test_a_fault_is_found_at_its_cell(good: tuple[Book, Path], tmp_path: Path, planted: Fault) -> None:
    assert_found(planted, *good, tmp_path)


def codes(issues: list[Issue]) -> set[str]:
    return {issue.code for issue in issues}


# ---- what is read ------------------------------------------------------------------------------------------


def test_terms_are_read(good: tuple[Book, Path]) -> None:
    budget = bm.read(good[1])
    assert delay_cost_rate(budget) == 0.035
    assert overspend_tested(budget) == 0.05
    by_payer = one_off_by_payer(budget, "Pooled")
    assert {payer: list(years) for payer, years in by_payer.items()} == {
        "ICB": [pytest.approx(8 * 0.6), pytest.approx(8 * 0.4)],
        "Council": [1.0, 0.0],  # a blank phase-in is all in the first year
    }
    assert one_off(budget, "Pooled") == pytest.approx(np.array([4.8 + 1, 3.2]))
    assert list(one_off(budget, "Split")) == [0, 0]


def test_a_workbook_that_says_nothing_of_them(tmp_path: Path) -> None:
    path = good_book().save(tmp_path / "in.xlsx", omit=("Regime costs",))
    budget = bm.read(path)
    assert (delay_cost_rate(budget), overspend_tested(budget)) == (None, None)
    assert list(one_off(budget, "Pooled")) == [0, 0]


@pytest.mark.parametrize("unit,factor", [("thousands", 1000), ("pounds", 1_000_000)])
def test_one_off_costs_are_in_the_money_unit(tmp_path: Path, unit: str, factor: int) -> None:
    path = with_terms(good_book()).save(tmp_path / "in.xlsx", layout=unit)
    assert bm.read(path).tables["Regime costs"].column("One-off cost")[0] == 8 * factor
    assert one_off(bm.read(path), "Pooled") == pytest.approx(np.array([5.8, 3.2]))


def test_a_scenario_may_change_them(tmp_path: Path) -> None:
    book = with_terms(good_book())
    book.change("Pooled", "Regime costs", "multiply", Where="Payer=ICB", Field="One-off cost", Value=2)
    book.change("Pooled", "Regime costs", "set", Where="Payer=Council", Field="Phase-in by year", Value="0%; 100%")
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    assert list(one_off(budget, "Pooled")) == pytest.approx([5.8, 3.2])  # the workbook as it stands
    changed, issues = budget.inputs_of("Pooled")
    assert changed is not None, issues
    assert list(one_off(changed, "Pooled")) == pytest.approx([8 * 2 * 0.6, 8 * 2 * 0.4 + 1])


def test_a_change_that_makes_money_in_view_move_is_refused(check: Check) -> None:
    book = with_terms(good_book())
    book.change("Pooled", "Sources", "set", Where="Source=Core", Field="Grade", Value="in view")
    issue = only(check(book), "IN_VIEW_MOVES")
    assert (issue.severity, issue.sheet) == ("error", "Sources")
    assert issue.cell == book.cell("Sources", 0, "Grade")
    assert "Changes!" in issue.found


# ---- pools --------------------------------------------------------------------------------------------------


def test_a_pool_without_a_host_is_told_of_only_where_hosts_are_named(check: Check) -> None:
    book = with_terms(good_book()).set("Sources", where={"Grade": "pooled"}, Host=None)
    issue = only(check(book), "POOL_NO_HOST")
    assert (issue.severity, issue.cell) == ("warning", book.cell("Sources", 0, "Host"))
    assert check(book.set("Sources", Host=None)) == []


def test_aligned_money_may_share_a_pot_while_law_keeps_it_at_home(check: Check) -> None:
    book = with_terms(good_book()).set("Sources", where={"Source": "Grant"}, Grade="aligned")
    book.set("Sources", where={"Source": "Grant"}, **{"Lawful places": "Bury", "Lawful services": "tag: prevention"})
    book.set("Sources", **{"Partner share": None})
    assert check(book) == []


def test_aligned_money_in_a_pot_of_its_own_may_have_a_wider_law(check: Check) -> None:
    book = with_terms(good_book()).set("Sources", where={"Source": "Grant"}, Grade="aligned")
    book.set("Sources", **{"Partner share": None})
    book.set("Regimes", where={"Pot": "The pool"}, Sources="Core")
    book.set("Regimes", where={"Regime": "Pooled", "Pot": "each"}, Sources="National; Grant")
    assert errors(check(book)) == ()


def test_sources_without_a_share_take_what_the_others_leave(check: Check) -> None:
    # 60% for the ICB; the council states none and takes the rest. More than 100% leaves nothing to take.
    book = with_terms(good_book()).set("Sources", where={"Source": "Grant"}, **{"Partner share": None})
    assert check(book) == []
    book.set("Sources", where={"Source": "Core"}, **{"Partner share": 1})
    assert check(book) == []


def test_shares_are_those_of_the_largest_pool(check: Check) -> None:
    # ICB 50%, council 30%, NHS England 20%. A regime that pools only the first two is part of the larger pool.
    book = with_terms(good_book())
    for source, share in (("Core", 0.5), ("Grant", 0.3), ("National", 0.2)):
        book.set("Sources", where={"Source": source}, Grade="pooled", Host="Council", **{"Partner share": share})
    assert codes(check(book)) == {"RISK_SHARE_SUM"}  # 80% in the only pool there is
    book.add("Regimes", Regime="Everything", Sources="all", Pot="One")
    book.add("Contracts", Regime="Everything", Services="all", Providers="all")
    assert errors(check(book)) == ()
    book.set("Sources", where={"Source": "National"}, **{"Partner share": 0.1})
    issue = only(check(book), "RISK_SHARE_SUM")
    assert "'One'" in issue.found
    assert "90.0%" in issue.found
