"""Growth after uplift and efficiency, and savings, worked by hand."""

from __future__ import annotations

from functools import cache

import pandas as pd

from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.metrics.test_stranded import losing_book
from tests.support.builder import Book
from tests.support.figures import near

PENNY = 1e-8


def two_years() -> Book:
    """North has Wards at A 60, Clinics at B 30 and at C 10 in the Baseline; 100 to spend in the first year, 104 then.

    Rules: A has 61 and then 62, B 27 and then 27, C the rest, 12 and then 15. Uplift 5% and 4%, efficiency 2% and 1%.
    """
    book = losing_book().set("Funding", Amount=100)
    book["Years"][0].update({"Cost uplift": 0.05, "Efficiency": 0.02})
    book.add("Years", {"Cost uplift": 0.04, "Efficiency": 0.01}, Year="2026/27")
    book["Funding"].append({**book["Funding"][0], "Year": "2026/27", "Amount": 104})
    book["Rules"].clear()
    for name, amounts in (("A", (61, 62)), ("B", (27, 27))):
        for year, amount in zip(("2025/26", "2026/27"), amounts, strict=True):
            book.rule(f"{name} {year}", "amount", "exactly", amount, Providers=name, Years=year)
    return book.set("Places", Group="East").set("Places", **{"Deprivation score": 30})


@cache
def solved() -> Result:
    return results_of(two_years())["Base"]


def figures_of(by: str, member: str, year: str) -> dict[str, object]:
    frame = solved().real_terms
    [found] = frame[(frame["by"] == by) & (frame["member"] == member) & (frame["year"] == year)].to_dict("records")
    return found


def figures(by: str, member: str, year: str, *names: str) -> list[float]:
    found = figures_of(by, member, year)
    return [float(found[name]) for name in names]  # type: ignore[arg-type]  # figures of a frame


def test_growth_in_cash_after_uplift_and_after_uplift_less_efficiency() -> None:
    # A: 61 on 60 is 1.6667% in cash; against prices 5% up 61 / 63 - 1, against 3% up 61 / 61.8 - 1
    names = ("before", "amount", "growth", "real_growth", "net_growth", "cost")
    assert figures("provider", "A", "2025/26", *names) == near([60, 61, 1 / 60, 61 / 63 - 1, 61 / 61.8 - 1, 63], 1e-9)
    # the second year stands on the first: 62 on 61, at prices 4% and net 3% up
    assert figures("provider", "A", "2026/27", "before", "real_growth", "net_growth") == near(
        [61, 62 / (61 * 1.04) - 1, 62 / (61 * 1.03) - 1], 1e-9
    )


def test_saving_is_the_cost_of_last_years_activity_less_the_money_given() -> None:
    # A: 60 x 1.05 - 61 = 2.00, of which efficiency asks 60 x 2% = 1.20; the rest is beyond it
    names = ("saving", "by_efficiency", "beyond_efficiency")
    assert figures("provider", "A", "2025/26", *names) == near([2.0, 1.2, 0.8], PENNY)
    # then 61 x 1.04 - 62 = 1.44, of which 0.61; the plan needs both years' savings
    assert figures("provider", "A", "2026/27", *names) == near([1.44, 0.61, 0.83], PENNY)
    assert figures("provider", "A", "", *names) == near([3.44, 1.81, 1.63], PENNY)
    # B: 30 x 1.05 - 27 = 4.50, and 27 x 1.04 - 27 = 1.08; C grows by 20% and 25% and need find nothing
    assert figures("provider", "B", "", "saving") == near([5.58], PENNY)
    assert figures("provider", "C", "", *names) == near([0, 0, 0], PENNY)
    assert [solved().metric("provider_saving", group) for group in ("", "2025/26", "A", "A, 2026/27")] == near(
        [9.02, 6.5, 3.44, 1.44], PENNY
    )


def test_saving_within_what_efficiency_asks_is_none_beyond_it() -> None:
    # all money: 100 x 1.05 - 100 = 5 of which 2; then 100 x 1.04 - 104 = 0. The place has the same money.
    names = ("saving", "by_efficiency", "beyond_efficiency")
    for by, member in (("all", "All"), ("place", "North"), ("group", "East")):
        assert figures(by, member, "2025/26", *names) == near([5, 2, 3], PENNY)
        assert figures(by, member, "2026/27", *names) == near([0, 0, 0], PENNY)
    assert solved().metric("place_saving", "North") == near(5, PENNY)


def test_the_plan_is_its_last_year_against_the_baseline_at_compounded_prices() -> None:
    # uplift 1.05 x 1.04 - 1 = 9.2%, less efficiency 1.03 x 1.03 - 1 = 6.09%
    names = ("before", "amount", "growth", "uplift", "net_uplift", "real_growth", "net_growth")
    wanted = [100, 104, 0.04, 0.092, 0.0609, 1.04 / 1.092 - 1, 1.04 / 1.0609 - 1]
    assert figures("all", "All", "", *names) == near(wanted, 1e-9)
    assert figures_of("sector", "acute", "")["basis"] == "uplift and efficiency"


def test_cells_that_shrink_in_real_terms_are_listed_and_counted() -> None:
    # Wards: 60 x 1.092 = 65.52 against 62; Clinics: 40 x 1.092 = 43.68 against 27 + 15 = 42
    listed = solved().shrinking
    assert listed[["place", "service"]].to_numpy().tolist() == [["North", "Wards"], ["North", "Clinics"]]
    assert listed["short"].tolist() == near([3.52, 1.68], PENNY)
    assert listed["real_growth"].tolist() == near([62 / 65.52 - 1, 42 / 43.68 - 1], 1e-9)
    # Clinics: 39 of 42 in the first year, 42 of 39 x 1.04 = 40.56 in the second; Wards: 61 of 63, 62 of 63.44
    assert listed["years"].tolist() == [2, 1]
    counted = {group: solved().metric("cells_shrinking", group) for group in ("", "2025/26", "2026/27")}
    assert counted == {"": 2, "2025/26": 2, "2026/27": 1}
    assert [solved().metric("cells_shrinking_money", group) for group in ("", "2026/27")] == near([100, 61], PENNY)


def test_without_an_uplift_growth_is_in_cash_and_nothing_is_made_up() -> None:
    book = two_years()
    book["Years"][1]["Cost uplift"] = None
    result = results_of(book)["Base"]
    frame = result.real_terms.set_index(["by", "member", "year"])
    assert frame["basis"].groupby("year").first().to_dict() == {
        "": "cash only", "2025/26": "uplift and efficiency", "2026/27": "cash only",
    }  # fmt: skip
    worked_out = ["uplift", "real_growth", "net_growth", "cost", "saving", "by_efficiency", "beyond_efficiency"]
    for year in ("", "2026/27"):
        assert frame.loc[("all", "All", year), worked_out].isna().all()
        assert pd.notna(frame.loc[("all", "All", year), "growth"])
    assert frame.loc[("all", "All", "2025/26"), "saving"] == near(5, PENNY)
    assert result.shrinking.empty
    assert not {"provider_saving", "cells_shrinking"} & set(result.metrics["metric"])


def test_without_an_efficiency_there_is_no_growth_after_it() -> None:
    book = two_years()
    for year in book["Years"]:
        year["Efficiency"] = None
    frame = results_of(book)["Base"].real_terms
    own = frame[(frame["by"] == "all") & (frame["year"] == "2025/26")].iloc[0]
    assert own["basis"] == "uplift only"
    assert own["saving"] == near(5, PENNY)
    assert own[["net_uplift", "net_growth", "by_efficiency", "beyond_efficiency"]].isna().all()


def test_money_from_nothing_has_no_growth() -> None:
    book = two_years().add("Services", Service="New")
    book.add("Provision", Places="all", Services="New", Providers="C")
    book.rule("New", "amount", "exactly", 3, Services="New")
    frame = results_of(book)["Base"].real_terms
    own = frame[(frame["member"] == "New") & (frame["year"] == "2025/26")].iloc[0]
    assert pd.isna(own["growth"])
    assert [own["amount"], own["saving"]] == near([3, 0], PENNY)
