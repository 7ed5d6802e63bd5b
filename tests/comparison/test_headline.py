"""The headline: who comes nearest, what that closes and frees, what each place gets, and why walls matter or not."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.comparison import Comparison, compare
from budgetmodel.comparison.headline import Headline, headline
from budgetmodel.comparison.headline_frames import headline_frames
from budgetmodel.comparison.headline_words import (
    breakeven_rows,
    change_of_mind,
    one_sentence,
    others_words,
    place_sentence,
    winner_words,
)
from budgetmodel.comparison.leaders import leaders
from budgetmodel.comparison.money_status import money_status
from budgetmodel.comparison.wall_words import wall_sentences
from budgetmodel.results import Result
from tests.comparison.books import split_and_pooled
from tests.support.builder import Book
from tests.support.figures import near


def _solved(book: Book, folder: Path) -> tuple[dict[str, Result], Comparison]:
    budget = bm.read(book.save(folder / "book.xlsx"))
    results = bm.solve_all(budget)
    return results, compare(results, budget)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Result], Comparison]:
    """North and South need the same. Split: 60 - 1 and 40 - 1; Pooled: 100 - 0.5, shared alike; twice under two names.

    Uplift of 4% in the one year; half of the money of the Baseline is published.
    """
    book = split_and_pooled()
    book.set("Years", Cost_uplift=0.04)
    book.add("Regimes", Regime="One board", Sources="all", Pot="Joint", Decided_at="system")
    book.add("Contracts", Regime="One board", Cost_per_contract=500)
    book.add("Scenarios", Scenario="Joint board", Regime="One board")
    book.set("Baseline", 0, Status="published")
    return _solved(book, tmp_path_factory.mktemp("headline"))


@pytest.fixture(scope="module")
def found(two: tuple[dict[str, Result], Comparison]) -> Headline:
    """The headline of the two places."""
    made = headline(*two)
    assert made is not None
    return made


def test_the_best_is_compared_with_the_first_and_a_tie_has_no_winner(two, found: Headline) -> None:
    assert (found.compared, found.base) == ("Pooled", "Split")
    assert found.leaders == ("Pooled", "Joint board") == leaders(two[0])
    assert winner_words(found).startswith(
        "'Pooled' and 'Joint board' come nearest to fair shares, level with one another: each closes 100% of the gap"
    )
    # Split leaves 59 and 39 of the 60 and 40 that today's pattern gives: the same gap of 20, which is 0% closed
    assert others_words(found) == "The others: 'Split' 0%."


def test_share_of_the_gap_money_freed_and_places_by_hand(found: Headline) -> None:
    assert found.line.closed == near(1.0, 1e-6)
    assert found.base_line.closed == near(0.0, 1e-6)
    assert found.released is not None
    assert (found.released.contracts, found.released.fees, found.released.one_off) == (near(1.5), 0.0, 0.0)
    assert found.released.net == near(1.5)  # two contracts at £1m less one at £0.5m
    north, south = found.places
    assert (north.today, north.last, north.difference) == (near(60.0), near(49.75), near(49.75 - 59))
    assert (south.today, south.last, south.difference) == (near(40.0), near(49.75), near(49.75 - 39))
    assert south.growth == near(49.75 / 40 - 1)
    assert south.real == near(49.75 / 40 / 1.04 - 1)
    assert south.fair == near(50.0)  # half of all funding
    assert [line.place for line in found.more] == ["South"]
    assert [line.place for line in found.less] == ["North"]


def test_less_than_the_other_scenario_is_said_beside_growth_and_never_as_a_loss(found: Headline) -> None:
    assert place_sentence(found, "South") == (
        "'Pooled' is worth £10.8m to South in 2025/26, compared with 'Split'. Its money grows from £40.0m today to "
        "£49.8m in 2025/26 (+24.4%, +19.6% after rising costs)."
    )
    assert "gives North £9.3m less than 'Split'" in place_sentence(found, "North")
    assert "lose" not in place_sentence(found, "North")


def test_the_one_sentence_has_places_gap_money_and_break_even(two, found: Headline) -> None:
    # one contract breaks even at the £2m that Split pays
    assert one_sentence(found, two[1].frames["breakeven"]) == (
        "'Pooled' gives 1 of 2 places more and 1 less than 'Split' in 2025/26, closes 100% of the gap by 2025/26 "
        "('Split': 0%), frees £1.5m net of one-off cost and would free none if a contract cost £2,000k (now £500k)."
    )
    rows = breakeven_rows(two[1].frames["breakeven"], "Pooled", "Split")
    assert change_of_mind(rows)[0] == (
        "A contract that costs more than £2,000k a year (now £500k): then no money is freed."
    )


def test_walls_in_a_sentence_and_why_another_board_cannot_matter(two, found: Headline) -> None:
    said = wall_sentences(two[0], two[1].frames, "Split", "Pooled")
    assert said[0].startswith("Of the 100.0 points by which 'Pooled' is nearer to fair shares than 'Split', ")
    assert said[-1] == (
        "'Joint board' cannot differ from 'Pooled' at equal costs: the same sources share each pot, and the level at "
        "which a pot is decided enters no equation."
    )


def test_any_scenario_may_stand_against_any_other(two) -> None:
    other = headline(*two, base="Pooled", compared="Joint board")
    assert other is not None
    assert [line.difference for line in other.places] == [near(0.0), near(0.0)]
    assert one_sentence(other).startswith("'Joint board' gives every place the same as 'Pooled' in 2025/26, ")
    first = headline(*two, compared="Split")
    assert first is not None
    assert first.base == "Do-minimum"  # the first of its set has nobody else to stand against
    assert first.released is None


def test_worst_place_has_component_and_year(found: Headline) -> None:
    assert found.base_line.worst is not None
    # 39 of a fair share of 50
    assert found.base_line.worst.words == "South, 22.0% under its fair share of 'Overall' in 2025/26"


def test_one_scenario_is_compared_with_keeping_todays_shares(two) -> None:
    results, comparison = {"Pooled": two[0]["Pooled"]}, two[1]
    alone = headline(results, compare(results))
    assert alone is not None
    assert one_sentence(alone) == (
        "'Pooled' gives 1 of 2 places more and 1 less than keeping today's shares in 2025/26 and closes 100% of the "
        "gap by 2025/26."
    )
    assert headline({}, comparison) is None


def test_the_tables_hold_the_same_figures(two, found: Headline) -> None:
    frames = headline_frames(*two)
    row = frames["headlines"].set_index("scenario").loc["Pooled"]
    assert (row["against"], row["released"], row["nearest"]) == ("Split", found.released.net, True)
    places = frames["by_place"].set_index(["scenario", "place"])
    assert places.loc[("Pooled", "South"), "less_against"] == found.more[0].difference


def test_status_counts_pounds_and_not_rows(two) -> None:
    funding, today = money_status(two[0]["Split"].inputs)
    assert funding.words == "Funding, all years (£100.0m): 100% illustrative, none published."
    assert today.words == "Today's spending (£100.0m): 60% published, 40% illustrative."
