"""Pools of several holders, worked by hand: grades kept apart, scope by year, who bears an overspend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from budgetmodel.metrics.pools import partner_shares
from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book
from tests.support.figures import near

NAN = float("nan")
EXACT = 1e-9


def pooled_book(overspend: object = "5%") -> Book:
    """One place. Core 60 (ICB) and Social care 30 (council) share a pot from 2026/27; Public health 10 is in view."""
    book = Book()
    book.add("Years", Year="2025/26").add("Years", Year="2026/27")
    book.add("Places", Place="North").need("Population", {"North": 1000})
    book.add("Services", Service="Care").add("Services", Service="Prevention").add("Providers", Provider="Trust")
    here = {"Home_services": "Care", "Lawful_services": "Care"}
    own = {"Home_services": "Prevention", "Lawful_services": "Prevention"}
    book.add("Sources", here, Source="Core", Grade="pooled", Host="Council").fund("Core", [60, 60])
    book.add("Sources", here, Source="Social care", Holder="Council").fund("Social care", [30, 30])
    book.add("Sources", own, Source="Public health", Holder="Council", Grade="in view")
    book.fund("Public health", [10, 12])
    book.spend("North", "Care", "Trust", 90).spend("North", "Prevention", "Trust", 10)
    book.add("Target", Component="Overall", Need_measure="Population")
    book.add("Regimes", Regime="Later", Sources="Core; Social care", Pot="each", Years="2025/26")
    book.add("Regimes", Regime="Later", Sources="Core; Social care", Pot="Joint", Years="2026/27 onwards")
    book.add("Regimes", Regime="Later", Sources="Public health", Pot="each")
    book.add("Contracts", Regime="Later")
    if overspend is not None:
        book.about("Overspend tested", overspend)
    return book.add("Scenarios", Scenario="Base", Regime="Later")


def shares(book: Book, **stated: float) -> Book:
    for source, share in stated.items():
        book.set("Sources", where={"Source": source.replace("_", " ")}, **{"Partner share": share})
    return book


def solved(book: Book) -> Result:
    return results_of(book)["Base"]


def rows(frame: pd.DataFrame, year: str, *names: str) -> dict[str, list[object]]:
    return {row["source"]: [row[name] for name in names] for row in frame[frame["year"] == year].to_dict("records")}


def test_contributions_follow_the_scope_of_the_pool_by_year() -> None:
    result = solved(pooled_book())
    before = rows(result.pools, "2025/26", "pot", "holder", "grade", "contribution")
    after = rows(result.pools, "2026/27", "pot", "holder", "grade", "contribution")
    assert before == {"Public health": ["Public health", "Council", "in view", 10]}  # shown, in no pool
    assert after == {
        "Core": ["Joint", "ICB", "pooled", 60],
        "Social care": ["Joint", "Council", "pooled", 30],  # a blank grade is what the pot makes it
        "Public health": ["Public health", "Council", "in view", 12],
    }
    assert [result.metric("pool_pooled", group) for group in ("", "2025/26", "2026/27")] == [90, 0, 90]
    assert [result.metric("pool_in_view", group) for group in ("", "2025/26", "2026/27")] == [22, 10, 12]
    assert result.metric("pool_aligned") == 0
    assert [result.metric("pool_contribution", holder) for holder in ("ICB", "Council")] == [60, 30]


def test_money_in_view_does_not_move() -> None:
    flows = solved(pooled_book()).flows
    ours = flows[flows["source"] == "Public health"]
    assert set(ours["service"]) == {"Prevention"}
    assert set(flows.loc[flows["service"] == "Prevention", "source"]) == {"Public health"}


def test_an_overspend_is_borne_by_partner_share() -> None:
    result = solved(shares(pooled_book(), Core=0.7, Social_care=0.3))
    # 5% of 90 = 4.5: 70% is 3.15, 30% is 1.35. Money in view takes no part.
    assert rows(result.pools, "2026/27", "share", "overspend_borne") == {
        "Core": near([0.7, 3.15], EXACT),
        "Social care": near([0.3, 1.35], EXACT),
        "Public health": near([NAN, NAN], EXACT),
    }
    assert result.metric("overspend_borne", "ICB") == pytest.approx(3.15)
    assert result.metric("overspend_borne", "Council, 2026/27") == pytest.approx(1.35)


def test_without_shares_contributions_decide() -> None:
    # 60 and 30 of 90: two thirds of 4.5 is 3, one third is 1.5.
    found = rows(solved(pooled_book()).pools, "2026/27", "share", "overspend_borne")
    assert found["Core"] == near([60 / 90, 3], EXACT)
    assert found["Social care"] == near([30 / 90, 1.5], EXACT)


def test_who_has_no_share_takes_the_rest() -> None:
    found = rows(solved(shares(pooled_book(), Core=0.9)).pools, "2026/27", "share", "overspend_borne")
    assert found["Core"] == near([0.9, 4.05], EXACT)
    assert found["Social care"] == near([0.1, 0.45], EXACT)


def test_without_an_overspend_to_test_none_is_shown() -> None:
    result = solved(pooled_book(None))
    assert result.pools["overspend_borne"].isna().all()
    assert not (result.metrics["metric"] == "overspend_borne").any()
    assert rows(result.pools, "2026/27", "share")["Core"] == near([60 / 90], EXACT)


def test_the_host_of_one_source_is_the_pool_s() -> None:
    hosts = rows(solved(pooled_book()).pools, "2026/27", "host")
    assert hosts == {"Core": ["Council"], "Social care": ["Council"], "Public health": [""]}


def test_aligned_money_is_kept_apart_and_bears_its_own() -> None:
    book = pooled_book().set("Sources", where={"Source": "Social care"}, Grade="aligned")
    result = solved(book)
    found = rows(result.pools, "2026/27", "pot", "grade", "share", "overspend_borne")
    # Core alone is pooled: 5% of 60 = 3. The council bears 5% of its 30 = 1.5 in its own ledger.
    assert found["Core"] == ["Joint", "pooled", near(1, EXACT), near(3, EXACT)]
    assert found["Social care"] == ["Joint", "aligned", near(NAN, EXACT), near(1.5, EXACT)]
    assert [result.metric(f"pool_{grade}", "2026/27") for grade in ("pooled", "aligned", "in_view")] == [60, 30, 12]


def test_a_pot_of_one_holder_is_no_pool() -> None:
    book = pooled_book().set("Sources", Holder="Council")
    assert set(solved(book).pools["grade"]) == {"in view"}


@pytest.mark.parametrize(
    "stated,amounts,expected",
    [
        ((NAN, NAN), (30, 10), (0.75, 0.25)),
        ((0.6, 0.4), (30, 10), (0.6, 0.4)),
        ((0.6, NAN, NAN), (50, 30, 10), (0.6, 0.3, 0.1)),
        ((1, NAN), (50, 30), (1, 0)),
        ((0.5, 0.3), (1, 1), (0.625, 0.375)),  # a part of a larger pool: scaled
        ((0, 0), (30, 10), (0.75, 0.25)),  # who bears all is in another pool: contributions
        ((0.5, NAN), (10, 0), (1, 0)),  # nobody to take the rest
        ((NAN, NAN), (0, 0), (0, 0)),  # a year without money
    ],
)
def test_shares_of_partners(stated: tuple[float, ...], amounts: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert list(partner_shares(np.array(stated), np.array(amounts, dtype=float))) == pytest.approx(list(expected))
