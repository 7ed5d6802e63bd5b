"""What single sheets say in words and units, from small frames made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from budgetmodel.comparison.breakeven import EXACT, SHARE, TURNS
from budgetmodel.contract.frames import FRAME
from budgetmodel.metrics.catalogue import catalogue_of
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.comparison import comparison_page
from budgetmodel.report.sheets.largest_prices import LONGEST, largest_prices
from budgetmodel.report.sheets.place_words import worth
from budgetmodel.report.sheets.table_columns import INDEX_UNITS
from budgetmodel.report.sheets.walls import break_even_page, ranking_page
from tests.report.samples import solved


def headings(page: Page) -> list[str]:
    return [column.heading for column in page.columns]


def test_break_even_tells_what_is_left_in_pounds_and_both_sides_apart() -> None:
    """£0.01890641m is £18,906.41; a fee of 0.4867% and one of 0.4868% must not both read 0.49%."""
    row = dict.fromkeys(FRAME["breakeven"].names, float("nan"))
    row |= {"scenario": "Pooled", "against": "Split", "measure": "fee", "unit": SHARE, "status": TURNS, "how": EXACT}
    row |= {"now": 0.0021, "released_now": 87.9, "value": 0.0048676, "below": 0.004867, "above": 0.004868}
    row |= {"released_below": 0.01890641, "released_above": -0.01263453}
    page = break_even_page(pd.DataFrame([row]), INDEX_UNITS)
    assert list(page.values("Released just below (£)")) == [18906.41]
    assert list(page.values("Released just above (£)")) == [-12634.53]
    below = next(column for column in page.columns if column.heading == "Just below (%)")
    assert below.kind_of(0) == "percent4"
    assert not [heading for heading in headings(page) if "£k" in heading]  # a column for every unit that there is
    assert list(page.values("In words")) == [
        "'Pooled' releases money against 'Split' up to a fee of 0.49% of the money; today it is 0.21% of the money."
    ]
    assert not {"Weighted shortfall just above (£m)", "Index just above (points)"} & set(
        headings(page)
    )  # no figure in them
    assert list(page.values("Status")) == ["found: beyond it nothing is released"]


def test_the_furthest_under_target_of_all_says_which_component_place_and_year_it_is() -> None:
    results, comparison = solved("two")
    page = comparison_page(results, comparison)
    measures = list(page.values("Measure"))
    at = measures.index("Furthest under target, any component, place and year")
    assert measures[at + 1] == "Which component, place and year that is"
    for scenario, result in results.items():
        worst = float(page.values(scenario)[at])
        where = tuple(page.values(scenario)[at + 1].split(", "))
        rows = result.frames["places"].set_index(["component", "place", "year"])["distance"]
        assert rows[where] == pytest.approx(worst) == pytest.approx(rows.min())


def test_weighted_money_and_net_money_say_so_in_the_headings() -> None:
    results, comparison = solved("several")
    page = comparison_page(results, comparison)
    assert {"Weighted shortfall on should rules", "Weighted shortfall at equal contract costs"} <= set(
        page.values("Measure")
    )
    [saved] = [words for words in page.values("Measure") if words.startswith("Transaction cost saved")]
    assert saved.endswith(", before one-off cost")
    ranking = headings(ranking_page(comparison.frames["comparison_set"], INDEX_UNITS))
    assert "Released, net of one-off cost, all years (£m)" in ranking
    assert [words for words in ranking if "hortfall" in words and not words.startswith("Weighted")] == []


def test_limits_that_are_worth_the_same_share_a_sentence() -> None:
    """Four rows, the dearest first: two of one rule and year at 0.771, then one floor, then one whose price is 0."""
    bound = pd.DataFrame(
        [
            ("Ceiling", "2016/17", "Stop smoking", -0.7712),
            ("Ceiling", "2016/17", "Sexual health", -0.7711),
            ("Floor", "2017/18", "", 0.25),
            ("Floor", "2018/19", "", 0.0),
        ],
        columns=["rule", "year", "service", "price"],
    )
    assert worth(bound) == [
        "£1m more in the limit of 'Ceiling' in 2016/17, for Stop smoking or Sexual health, would make the whole plan "
        "fairer: the index would fall by 0.77.",
        "£1m less in the limit of 'Floor' in 2017/18 would make the whole plan fairer: the index would fall by 0.25.",
    ]
    many = bound.iloc[[0] * 5].assign(service=["A", "B", "C", "D", "E"])
    assert "for A, B, C and 2 more services, would" in worth(many)[0]
    assert worth(bound.iloc[3:]) == ["A small change of those limits would leave the index as it is."]


def test_comparison_shows_every_measure_of_all_years_once_section_by_section() -> None:
    results, comparison = solved("several")
    page = comparison_page(results, comparison)
    assert headings(page)[4:] == ["Do-minimum", *results]
    sections, measures = list(page.values("Section")), list(page.values("Measure"))
    assert len(set(zip(sections, measures, strict=True))) == len(measures)
    starts = [name for n, name in enumerate(sections) if n == 0 or sections[n - 1] != name]
    assert starts.index("Fairness") < starts.index("Money, all years") < starts.index("Decisions")
    kinds = dict(zip(measures, page.columns[-1].kinds or (), strict=True))
    assert kinds["Contracts, mean per year"] == "mean"
    assert kinds["Boundaries that money crosses"] == "count"
    whole = set(comparison.metrics[comparison.metrics["group"] == ""]["metric"])
    shown = {record.label for record in catalogue_of(comparison.metrics["metric"]) if record.metric in whole}
    assert shown - set(measures) <= {"Fair-share gap index (do-minimum = 100)", "Contracts", "Pots", "Carried forward",
                     "Furthest under target, any component, place and year"}  # fmt: skip


@pytest.mark.parametrize(
    "service, cut", [("Maternity", False), ("A very long name of a service of many words " * 2, True)]
)
def test_a_rule_that_the_chart_shortens_stands_in_full(service: str, cut: bool) -> None:
    rule = {"scenario": "Pooled", "rule": "Place and service floor", "place": "Stockport", "service": service}
    rules = pd.DataFrame([{**rule, "provider": "", "year": "2016/17", "cell": "Rules!K12", "price": 1.5}])
    own = largest_prices(rules).iloc[0]
    whole = f"Place and service floor: Stockport, {service}, 2016/17"
    assert len(own["label"]) <= LONGEST
    assert own["full"] == (whole if cut else "")
    assert (own["label"] == whole) is not cut
