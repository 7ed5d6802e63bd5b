"""The sheets of explanations: headroom, prices, freedom, and the answers at other weights."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan

import pandas as pd

from budgetmodel.contract.objectives import Units
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of, of_objectives
from budgetmodel.report.tables import units_of

ALL_YEARS = "All years"
"""The text on the sheets for the blank year of a frame."""


def reason_pages(frames: Mapping[str, pd.DataFrame]) -> list[Page]:
    """A sheet for each frame of explanations in `frames`."""
    build = {"headroom": headroom_page, "prices": prices_page, "freedom": freedom_page, "weights": weights_page}
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
