"""The sheets of explanations: headroom, prices, freedom left, and what other weights would do."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.report.page import Column, Page
from budgetmodel.report.sheets.pages import column

ALL_YEARS = "All years"
"""How the sheets write the blank year of a frame."""


def reason_pages(frames: Mapping[str, pd.DataFrame]) -> list[Page]:
    """A sheet per frame of explanations that there is."""
    build = {"headroom": headroom_page, "prices": prices_page, "freedom": freedom_page, "weights": weights_page}
    return [page(frames[name]) for name, page in build.items() if name in frames]


def headroom_page(frame: pd.DataFrame) -> Page:
    """Average growth less the growth that floors guarantee, and the years that a place needs at that pace."""
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "year", "Year", "text"),
        column(frame, "place", "Place", "text"),
        column(frame, "average_growth", "Average growth (%)", "percent2"),
        column(frame, "floor", "Guaranteed by floors (%)", "percent2"),
        column(frame, "headroom", "Headroom (% points)", "percent2", '=IF(E{r}="","",D{r}-E{r})'),
        column(frame, "distance", "Do-minimum against its share (%)", "percent"),
        column(frame, "years_to_target", "Years to its share at this pace", "general"),
        column(frame, "rule", "Floor", "words"),
        column(frame, "cell", "Cell", "text"),
    )
    purpose = (
        "How fast places can come nearer to their shares: average growth less what must floors guarantee every place. "
        "Without headroom nothing can converge."
    )
    return Page("Headroom", purpose, columns, table="tblHeadroom", frozen=3)


def prices_page(frame: pd.DataFrame) -> Page:
    """What one step of every figure that can be changed does to the index, the worthiest first."""
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "rank", "Rank", "count"),
        column(frame, "name", "What", "words"),
        column(frame, "year", "Year", "text"),
        column(frame, "cell", "Cell", "text"),
        column(frame, "unit", "One step", "text"),
        column(frame, "value", "Its value now (unit of its cell)", "general"),
        column(frame, "price", "Index for one step more", "index"),
        column(frame, "price_low", "Index for the last step (left)", "index"),
        column(frame, "price_high", "Index for the next step (right)", "index"),
        column(frame, "valid_from", "True from", "general"),
        column(frame, "valid_to", "True to", "general"),
        column(frame, "ends", "Ends as number", "count"),
        column(frame, "words", "In words", "words"),
        column(frame, "why", "Why more money raises the index", "words"),
    )
    purpose = (
        "What one step of a figure adds to the index (less is fairer), ranked by its worth. Left and right differ "
        "where the answer has a kink; a price is true between two values of its cell."
    )
    return Page("Prices", purpose, columns, table="tblPrices", frozen=3)


def freedom_page(frame: pd.DataFrame) -> Page:
    """The least and most that each place could get at the same shortfall and index."""
    shown = frame.assign(year=[year or ALL_YEARS for year in frame["year"]])
    columns = (
        column(shown, "scenario", "Scenario", "text"),
        column(shown, "year", "Year", "text"),
        column(shown, "place", "Place", "text"),
        column(shown, "least", "Least (£m)", "money3"),
        column(shown, "amount", "Gets (£m)", "money3"),
        column(shown, "most", "Most (£m)", "money3"),
        Column("Freedom (£m)", "money3", (shown["most"] - shown["least"]).tolist(), "=F{r}-D{r}"),
    )
    purpose = "How far each place could move at the same shortfall and the same index, with every must rule kept."
    return Page("Freedom", purpose, columns, table="tblFreedom", frozen=3)


def weights_page(frame: pd.DataFrame) -> Page:
    """The index and the ranking of the scenarios when a component weighs half as much, or half as much again."""
    columns = (
        column(frame, "component", "Component", "text"),
        column(frame, "factor", "Its weight times", "general"),
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "rank", "Rank", "count"),
        column(frame, "index", "Index, solved again", "index"),
        column(frame, "same_allocation", "Index of the published allocation", "index"),
    )
    purpose = "Whether the ranking of the scenarios hangs on the weights: every component at half, and at 1.5."
    return Page("Weights", purpose, columns, table="tblWeights", frozen=3)
