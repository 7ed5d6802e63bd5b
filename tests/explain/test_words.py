"""The paragraph of a place: every figure is one of the waterfall, in correct English."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.explain.waterfall import Waterfall, waterfall
from budgetmodel.explain.words import paragraph, paragraphs
from tests.support.builder import Book, two_places, with_years


def told(book: Book, folder: Path) -> dict[str, str]:
    budget = bm.read(book.save(folder / "in.xlsx"))
    return paragraphs(waterfall(bm.solve(budget, "Base").answer))


def test_one_year_one_rule(tmp_path: Path) -> None:
    # South: 40 with average growth, 50 its share, 44 with a ceiling of 10%.
    words = told(two_places().rule("Pace", "change", "at most", 0.1, Places="South"), tmp_path)
    assert words["South"] == (
        "South has 50.0% of the need in 'Overall'; in 2025/26 its fair share of that money is £50.0m. "
        "The do-minimum (today's pattern with average growth) would give it £40.0m, 20.0% under its fair share; "
        "this plan gives it £44.0m, 12.0% under its fair share. That is £4.0m (10.0%) more than the do-minimum. "
        "Step by step from the do-minimum: fair shares alone, in one pot and without rules, give £10.0m; "
        "'Pace' takes £6.0m. It is 12.0% off its fair share. "
        "The change that would help most: without 'Pace' it would get £6.0m more and be 0.0% off."
    )
    assert "'Pace' gives £6.0m" in words["North"]
    assert "That is £4.0m (6.7%) less than the do-minimum." in words["North"]  # 56 after 60


def test_several_years_and_nothing_in_the_way(tmp_path: Path) -> None:
    words = told(with_years(two_places(), 3), tmp_path)["South"]
    assert "over the 3 years 2025/26 to 2027/28 its fair share of that money is £150.0m" in words
    assert words.endswith("fair shares alone, in one pot and without rules, give £30.0m. It is at its fair share.")


def test_a_place_without_need(tmp_path: Path) -> None:
    book = two_places().set("Needs", where={"Place": "South"}, Value=0)
    words = told(book.rule("Floor", "change", "at least", 0, Places="South"), tmp_path)["South"]
    assert words.startswith(
        "South has no need in any component of the target, so there is no fair share to measure it by. "
        "In 2025/26 it gets £40.0m in all, the same as its do-minimum of £40.0m."
    )
    assert "off its fair share" not in words
    assert "nearer" not in words


def made(**amounts: float) -> Waterfall:
    """A waterfall of one place with these steps: kind, or the name of a rule."""
    kinds = {"do_minimum": "do-minimum", "fair_share": "fair share", "walls": "walls", "costs": "contract costs",
             "overlap": "overlap", "interaction": "interaction"}  # fmt: skip
    frame = pd.DataFrame(
        {
            "scenario": "Base",
            "year": "",
            "place": "Bury",
            "step": range(len(amounts)),
            "kind": [kinds.get(name, "rule") for name in amounts],
            "rule": ["" if name in kinds else name for name in amounts],
            "cell": "",
            "amount": list(amounts.values()),
        }
    )
    frame["after"] = frame["amount"].cumsum()
    standing = pd.DataFrame(
        {
            "scenario": "Base",
            "year": ["", "", "2025/26", "2025/26"],
            "place": "Bury",
            "component": ["Overall", "Children", "Overall", "Children"],
            "weight": [0.75, 0.25, 0.75, 0.25],
            "need_share": [0.1, 0.0, 0.1, 0.0],
            "target": [10.0, 0.0, 10.0, 0.0],
            "do_minimum": [8.0, 1.0, 8.0, 1.0],
            "amount": [11.0, 1.0, 11.0, 1.0],
            "distance_before": [-0.2, float("nan"), -0.2, float("nan")],
            "distance": [0.1, float("nan"), 0.1, float("nan")],
        }
    )
    places = pd.DataFrame({"scenario": ["Base"], "place": ["Bury"], "far": [0.1]})
    helps = pd.DataFrame(columns=["scenario", "place", "rank", "kind", "rule", "cell", "amount", "far", "far_without"])
    return Waterfall(frame, standing, places, helps)


def test_many_rules_the_largest_are_named_and_the_rest_summed() -> None:
    why = made(do_minimum=20.0, fair_share=-3.0, A=1.0, B=-2.0, C=0.5, D=-4.0, E=0.25, F=0.25, overlap=3.0, walls=-1.0,
               costs=-0.01, interaction=2.0)  # fmt: skip
    assert paragraph(why, "Bury") == (
        "Bury has 10.0% of the need in 'Overall'; in 2025/26 its fair share of that money is £10.0m. "
        "The do-minimum (today's pattern with average growth) would give it £8.0m, 20.0% under its fair share; "
        "this plan gives it £11.0m, 10.0% over its fair share. "
        "Over all services it gets £17.0m, £3.0m (15.0%) less than its do-minimum of £20.0m. "
        "It has no need in 'Children', and so no fair share of that. "
        "Step by step from the do-minimum: fair shares alone, in one pot and without rules, take £3.0m; "
        "'D' takes £4.0m; 'B' takes £2.0m; 'A' gives £1.0m; 'C' gives £0.5m; "
        "the 2 other rules that may bind give £0.5m; the walls between pots take £1.0m; "
        "rules only together, one standing in for another, give £3.0m; the interaction of all these gives £2.0m; "
        "contract costs change nothing worth £0.1m. "
        "No single rule, wall or cost, taken away, would bring it even 0.1% nearer to its fair share."
    )


@pytest.mark.parametrize(
    "amounts, words",
    [
        ({"A": 0.01}, "give £1.0m; the rule that may bind changes nothing worth £0.1m."),
        ({"A": 2.0, "B": 0.01}, "'A' gives £2.0m; the other rule that may bind changes nothing worth £0.1m."),
        ({"A": 0.0, "walls": 0.0}, "the rule that may bind and the walls between pots change nothing worth £0.1m."),
        ({"costs": -0.3}, "contract costs take £0.3m."),
    ],
)
def test_one_and_many(amounts: dict[str, float], words: str) -> None:
    assert words in paragraph(made(do_minimum=20.0, fair_share=1.0, **amounts, interaction=0.0), "Bury")
