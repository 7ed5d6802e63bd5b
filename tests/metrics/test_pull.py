"""The weights at work, worked by hand."""

from __future__ import annotations

from functools import cache

import pandas as pd

from budgetmodel.results import Result
from tests.metrics.books import results_of
from tests.support.builder import Book, loose, two_places
from tests.support.figures import near


def two_components() -> Book:
    """North and South need the same and have 100: Care 54 and 36, Play 6 and 4. Overall weighs 0.8, Play alone 0.2."""
    book = loose(two_places()).add("Services", Service="Play")
    book["Baseline"].clear()
    for place, care, play in (("North", 54, 6), ("South", 36, 4)):
        book.spend(place, "Care", "Trust", care).spend(place, "Play", "Trust", play)
    book.set("Target", Weight=0.8)
    return book.add("Target", {"Keep at least": 0, "Keep at most": "none"}, Component="Playing",
        Need_measure="Population", Services="Play", Weight=0.2)  # fmt: skip


@cache
def solved() -> Result:
    return results_of(two_components())["Base"]


def test_pull_of_a_million_beside_the_stated_weight() -> None:
    # Overall: ratios 1.2 and 0.8, G0 = 0.25 x 0.4 = 0.1. £1m changes both by 0.02: G falls by 0.25 x 0.04 = 0.01, a
    # tenth, so 100 x 0.8 x 0.1 = 8 points. Playing: of targets 5, £1m changes ratios by 0.2: all of G0, 20 points.
    overall, playing = (row for _, row in solved().pull.iterrows())
    assert overall[["from_place", "to_place", "year"]].tolist() == ["North", "South", "2025/26"]
    assert overall[["pull", "weight", "pull_share", "times", "amount", "amount_share"]].tolist() == near(
        [-8, 0.8, 8 / 28, 8 / 28 / 0.8, 100, 1], 1e-9
    )
    assert playing[["pull", "pull_share", "times", "amount_share"]].tolist() == near(
        [-20, 20 / 28, 100 / 28, 0.1], 1e-9
    )
    assert overall["warning"] == ""
    assert playing["warning"] == (
        "'Playing' pulls 3.6 times its stated weight: 71% at work against 20% stated, on £10.0m"
    )


def test_less_than_a_million_is_moved_where_that_reaches_the_target() -> None:
    # A tenth of the money: North is £1m over, £0.1m of Play. The points for £1m are ten times those above.
    book = two_components()
    for sheet in ("Baseline", "Funding"):
        for row in book[sheet]:
            row["Amount"] = float(row["Amount"]) / 10
    assert results_of(book)["Base"].pull["pull"].tolist() == near([-80, -200], 1e-7)


def test_a_component_at_its_target_does_not_pull() -> None:
    book = two_components()
    for row in book["Baseline"]:
        row["Amount"] = {"Care": 45, "Play": {"North": 6, "South": 4}[row["Place"]]}[row["Service"]]  # type: ignore[index]
    frame: pd.DataFrame = results_of(book)["Base"].pull
    assert frame["pull"].iloc[0] != 0  # Play is a part of all money
    book = two_components()
    for row in book["Baseline"]:
        row["Amount"] = {"Care": 45, "Play": 5}[row["Service"]]
    frame = results_of(book)["Base"].pull
    assert frame["pull"].tolist() == [0, 0]
    assert frame["from_place"].tolist() == ["", ""]
    assert frame["pull_share"].isna().all()
