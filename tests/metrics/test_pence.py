"""Every view of the money adds up to the total, to the penny, in all and in every year."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from budgetmodel.contract.units import to_pence
from budgetmodel.metrics.shape import member_and_year
from budgetmodel.results import Result
from tests.metrics.books import by_hand
from tests.report.samples import solved

VIEWS = {
    "place_spent": "spent",
    "holder_spent": "spent",
    "provider_income": "spent",
    "sector_spent": "spent",
    "decided": "spent",
    "kind_spent": "spent",
    "place_delivered": "delivered",
    "holder_delivered": "delivered",
    "holder_contract_cost": "contract_cost",
    "holder_fees": "fees",
    "holder_transaction_cost": "transaction_cost",
    "holder_crossing": "crossing_organisations",
    "place_crossing": "crossing_organisations",
}
"""Each view of members, and the figure of all that it adds up to."""

CHANGES = ("place_change", "provider_change", "sector_change")
"""Views whose sum is the change of all money on the do-minimum, which is all funding of the year."""


def books() -> Iterator[Result]:
    yield by_hand()
    for name in ("two", "several"):
        yield from solved(name)[0].values()


def sums(metrics: pd.DataFrame, metric: str, years: tuple[str, ...]) -> dict[str, int]:
    """The pence of a view, over all its members, by year; blank for all years."""
    result: dict[str, int] = {}
    rows = metrics[metrics["metric"] == metric]
    for group, value in zip(rows["group"], rows["value"], strict=True):
        _, year = member_and_year(group, years)
        result[year] = result.get(year, 0) + to_pence(value)
    return result


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_adds_up(view: str) -> None:
    for result in books():
        metrics, years = result.frames["metrics"], result.budget.years
        rows = metrics[metrics["metric"] == VIEWS[view]]
        whole = {group: to_pence(value) for group, value in zip(rows["group"], rows["value"], strict=True)}
        assert sums(metrics, view, years) == whole, result.scenario
        assert whole[""] == sum(whole[year] for year in years)


@pytest.mark.parametrize("view", CHANGES)
def test_changes_add_up(view: str) -> None:
    for result in books():
        metrics, years = result.frames["metrics"], result.budget.years
        spent = sums(metrics, "place_spent", years)
        found = sums(metrics, view, years)
        funding = [to_pence(float(total)) for total in result.budget.funding.sum(axis=0)]
        assert found == {"": spent[""] - sum(funding)} | {
            year: spent[year] - total for year, total in zip(years, funding, strict=True)
        }


def test_what_is_gained_less_what_is_lost_is_the_change() -> None:
    for result in books():
        metrics, years = result.frames["metrics"], result.budget.years
        change = sums(metrics, "place_change", years)
        for year, expected in change.items():
            assert to_pence(result.metric("gained", year)) - to_pence(result.metric("lost", year)) == expected


def test_what_waits_adds_up_in_every_year() -> None:
    for result in books():
        waiting = sums(result.frames["metrics"], "provider_waiting", result.budget.years)
        for year in result.budget.years:
            assert waiting[year] == to_pence(result.metric("working_capital", year))


def test_shares_of_money_add_up_to_the_whole() -> None:
    for result in books():
        metrics = result.frames["metrics"]
        for metric in ("sector_share", "sector_baseline_share", "decided_share", "kind_share"):
            rows = metrics[metrics["metric"] == metric]
            for year in ("", *result.budget.years):
                at = [member_and_year(group, result.budget.years)[1] == year for group in rows["group"]]
                assert rows.loc[at, "value"].sum() == pytest.approx(1.0, abs=1e-12), (metric, year)
