"""The sheets of explanations: headroom, prices, freedom, and the answers at other weights."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan

import pandas as pd

from budgetmodel.contract.objectives import Units
from budgetmodel.explain.exchange import sentence as exchanged
from budgetmodel.explain.frontier import sentence
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of, of_objectives
from budgetmodel.report.tables import units_of

ALL_YEARS = "All years"
"""The text on the sheets for the blank year of a frame."""


def reason_pages(frames: Mapping[str, pd.DataFrame]) -> list[Page]:
    """A sheet for each frame of explanations in `frames`."""
    build = {
        "headroom": headroom_page,
        "frontier": frontier_page,
        "exchange": exchange_page,
        "prices": prices_page,
        "freedom": freedom_page,
        "weights": weights_page,
    }
    used = units_of(frames)
    return [page(frames[name], used) for name, page in build.items() if name in frames]


def headroom_page(frame: pd.DataFrame, _: Units) -> Page:
    """Average growth less the growth that floors guarantee, and the years that a place needs at that pace."""
    frame = frame.assign(years_to_target=frame["years_to_target"].replace(inf, nan))  # a sheet holds no infinity
    columns = (
        *columns_of("headroom", frame, "scenario", "year", "place"),
        column("headroom", frame, "average_growth", "percent2"),
        column("headroom", frame, "floor", "percent2"),
        column("headroom", frame, "headroom", "percent2", formula='=IF(E{r}="","",D{r}-E{r})'),
        *columns_of("headroom", frame, "distance", "years_to_target"),
        column("headroom", frame, "rule", "words"),
        column("headroom", frame, "cell"),
    )
    purpose = (
        "How fast places can come nearer to their shares: average growth less what must floors guarantee every place. "
        "Without headroom nothing can converge, and there is no number of years."
    )
    return Page("Headroom", purpose, columns, table="tblHeadroom", frozen=3)


def frontier_page(frame: pd.DataFrame, _: Units) -> Page:
    """What plans that give up a few points of index spare places and services."""
    names = ("scenario", "tolerance", "index", "always_at_floor", "always_at_ceiling", "at_floor", "at_ceiling")
    columns = (
        *columns_of("frontier", frame, *names),
        *columns_of("frontier", frame, "moved", "largest_fall", "fall_of", "largest_rise", "rise_of"),
    )
    told = [f"{name}: {words}" for name, own in frame.groupby("scenario", sort=False) if (words := sentence(own))]
    purpose = (
        "What giving up some fairness spares: the plan that changes least within so many points of the best index. "
        "A scenario takes one of them when its Tolerance says so."
    )
    return Page("Frontier", purpose, columns, note=" ".join(told), table="tblFrontier", frozen=2)


def exchange_page(frame: pd.DataFrame, _: Units) -> Page:
    """What £1m of weighted shortfall buys in the index, and what a point of index costs in shortfall."""
    names = ("scenario", "shortfall", "best", "price", "holds_for", "for_a_million", "for_a_point", "raised_by")
    told = [f"{name}: {words}" for name, own in frame.groupby("scenario", sort=False) if (words := exchanged(own))]
    purpose = (
        "The shortfall of should rules comes before the index at any price. This is the price: what allowing more "
        "shortfall would do to the index, and what a lower index would cost in shortfall. Where no figure says how "
        "far it is true, it is true however far."
    )
    columns = columns_of("exchange", frame.replace(inf, nan), *names)  # a sheet holds no infinity
    return Page("Shortfall and index", purpose, columns, note=" ".join(told), table="tblExchange", frozen=1)


def prices_page(frame: pd.DataFrame, used: Units) -> Page:
    """The effect on the objective of one step of every figure that can be changed, the largest first."""
    columns = (
        *columns_of("prices", frame, "scenario", "rank"),
        column("prices", frame, "name", "words"),
        *columns_of("prices", frame, "year", "cell", "unit", "value"),
        column("prices", frame, "price", "index", used=used),
        column("prices", frame, "price_low", "index", used=used),
        column("prices", frame, "price_high", "index", used=used),
        *columns_of("prices", frame, "valid_from", "valid_to", "ends"),
        column("prices", frame, "words", "words"),
        column("prices", frame, "why", "words", used=used),
    )
    purpose = (
        f"What one step of a figure adds to the {used.noun} (less is fairer), ranked by its worth. Left and right "
        "differ where the answer has a kink; a price is true between two values of its cell."
    )
    return Page("Prices", purpose, columns, table="tblPrices", frozen=3)


def freedom_page(frame: pd.DataFrame, used: Units) -> Page:
    """The least and most that each place could get at the same shortfall and objective."""
    shown = frame.assign(year=[year or ALL_YEARS for year in frame["year"]])
    columns = (
        *columns_of("freedom", shown, "scenario", "year", "place"),
        column("freedom", shown, "least", "money3"),
        column("freedom", shown, "amount"),
        column("freedom", shown, "most", "money3"),
        PageColumn("Freedom (£m)", "money3", (shown["most"] - shown["least"]).tolist(), "=F{r}-D{r}"),
    )
    purpose = (
        f"How far each place could move at the same shortfall and the same {used.noun}, with every must rule kept."
    )
    return Page("Freedom", purpose, columns, table="tblFreedom", frozen=3)


def weights_page(frame: pd.DataFrame, _: Units) -> Page:
    """The objective and the ranking of the scenarios when a component weighs half as much, or half as much again."""
    columns = (
        *columns_of("weights", frame, "component", "factor", "scenario", "rank", "index", "same_allocation"),
        *of_objectives("weights", frame),
    )
    purpose = "Whether the ranking of the scenarios hangs on the weights: every component at half, and at 1.5."
    return Page("Weights", purpose, columns, table="tblWeights", frozen=3)
