"""Provider income and stranded cost, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book
from tests.support.figures import near

POUND = 1e-6


def losing_book(fund: float = 0.0, **home: object) -> Book:
    """One place; the Baseline gives A 60, B 30 and C 10. A rule gives C 25, which costs A 12 and B 3.

    Of the 100 to spend, `fund` comes from a non-recurrent source with the given home.
    """
    book = Book()
    book.add("Years", Year="2025/26").add("Places", Place="North").need("Population", {"North": 1000})
    for service in ("Wards", "Clinics"):
        book.add("Services", Service=service)
    for name, share in (("A", 0.4), ("B", None), ("C", 0.9)):
        book.add("Providers", {"Variable cost share": share}, Provider=name)
    book.add("Sources", Source="Core").fund("Core", [100 - fund])
    if fund:
        book.add("Sources", Source="Fund", Kind="non-recurrent", **home).fund("Fund", [fund])
    book.spend("North", "Wards", "A", 60).spend("North", "Clinics", "B", 30).spend("North", "Clinics", "C", 10)
    book.rule("C", "amount", "exactly", 25, Providers="C")
    book.rule("B", "amount", "exactly", 27, Providers="B")
    book.add("Target", {"Keep at least": 0, "Keep at most": "none"}, Component="Overall", Need_measure="Population")
    book.add("Regimes", Regime="Split").add("Contracts", Regime="Split")
    return book.add("Scenarios", Scenario="Base", Regime="Split")


def solved(book: Book) -> Result:
    return results_of(book)["Base"]


def figures(frame: pd.DataFrame, provider: str, *names: str) -> list[float]:
    [row] = frame[frame["provider"] == provider].to_dict("records")
    return [float(row[name]) for name in names]


def test_income_and_its_changes() -> None:
    book = losing_book().set("Funding", Amount=110)  # 10% more: the do-minimum is 66, 33 and 11
    frame = solved(book).incomes
    names = ("income", "do_minimum", "baseline", "change", "change_on_baseline")
    assert figures(frame, "A", *names) == near([110 - 25 - 27, 66, 60, 58 - 66, 58 - 60], POUND)
    assert figures(frame, "B", *names) == near([27, 33, 30, -6, -3], POUND)
    assert figures(frame, "C", *names) == near([25, 11, 10, 14, 15], POUND)
    assert list(frame["sector"]) == ["acute"] * 3


def test_a_loss_leaves_what_is_not_variable() -> None:
    result = solved(losing_book())
    costs = ("stranded", "covered", "unfunded")
    # A gets 100 - 25 - 27 = 48 instead of 60: it loses 12, of which 60% stays, 7.2; nothing pays for it.
    assert figures(result.incomes, "A", *costs) == near([7.2, 0, 7.2], POUND)
    assert figures(result.incomes, "B", *costs) == near([np.nan, np.nan, np.nan], POUND)  # no share, nothing reported
    assert figures(result.incomes, "C", *costs) == near([0, 0, 0], POUND)  # it gains
    for group in ("", "2025/26", "A", "A, 2025/26"):
        assert result.metric("cost_stranded", group) == pytest.approx(7.2, abs=POUND)
        assert result.metric("cost_unfunded", group) == pytest.approx(7.2, abs=POUND)
    assert result.metric("cost_covered") == 0
    stated = set(result.metrics.loc[result.metrics["metric"] == "cost_stranded", "group"])
    assert "B" not in stated


def test_non_recurrent_money_is_set_against_it() -> None:
    frame = solved(losing_book(5)).incomes
    assert figures(frame, "A", "stranded", "covered", "unfunded") == near([7.2, 5, 2.2], POUND)
    frame = solved(losing_book(9)).incomes
    assert figures(frame, "A", "stranded", "covered", "unfunded") == near([7.2, 7.2, 0], POUND)


def test_money_that_may_not_go_to_the_provider_pays_for_nothing() -> None:
    # A works on wards, the fund is for clinics.
    home = {"Home_services": "Clinics", "Lawful_services": "Clinics"}
    frame = solved(losing_book(9, **home)).incomes
    assert figures(frame, "A", "stranded", "covered", "unfunded") == near([7.2, 0, 7.2], POUND)


def test_recurrent_money_pays_for_nothing() -> None:
    frame = solved(losing_book(9).set("Sources", Kind="recurrent")).incomes
    assert figures(frame, "A", "covered") == near([0], POUND)


def test_what_is_not_enough_is_shared_in_proportion() -> None:
    book = losing_book(4).set("Providers", where={"Provider": "B"}, **{"Variable cost share": 0.2})
    frame = solved(book).incomes
    # A 12 x 0.6 = 7.2, B 3 x 0.8 = 2.4: of 4, A gets 7.2 / 9.6 and B 2.4 / 9.6.
    assert figures(frame, "A", "stranded", "covered", "unfunded") == near([7.2, 3, 4.2], POUND)
    assert figures(frame, "B", "stranded", "covered", "unfunded") == near([2.4, 1, 1.4], POUND)


def test_a_second_fund_pays_what_the_first_left() -> None:
    book = losing_book(4).add("Sources", Source="Other", Kind="non-recurrent").fund("Other", [2])
    book.set("Funding", where={"Source": "Core"}, Amount=94)
    assert figures(solved(book).incomes, "A", "covered", "unfunded") == near([6, 1.2], POUND)


def test_without_shares_nothing_is_reported() -> None:
    result = solved(losing_book(5).set("Providers", **{"Variable cost share": None}))
    assert result.incomes[["stranded", "covered", "unfunded"]].isna().all(axis=None)
    assert not result.metrics["metric"].str.startswith("cost_").any()
