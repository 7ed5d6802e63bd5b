"""The sheet Largest prices: the rules whose limits change the objective most, by scenario."""

from __future__ import annotations

import pandas as pd

from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.pages import BALANCE
from budgetmodel.report.sheets.table_columns import column, columns_of
from budgetmodel.report.tables import Frames, units_of

NAME = "Largest prices"
SHOWN = 8
"""Most rules that are listed of each scenario."""

LONGEST = 100
"""Most characters of a rule's label in the chart."""

LINE, NUMBER, RULE, PRICE = "Line", "Number", "Rule and where it is dearest", "price"


def largest_prices_page(frames: Frames) -> Page:
    """The row of each rule with its largest price, in order of price; prices are the solver's, so they are values."""
    found, used = largest_prices(frames["rules"]), units_of(frames)
    columns = (
        PageColumn(LINE, "count", list(range(1, len(found) + 1))),
        column("rules", found, "scenario"),
        PageColumn(NUMBER, "count", found["number"].tolist()),
        PageColumn(RULE, "text", found["label"].tolist()),
        *columns_of("rules", found, "cell", "strength", "limit"),
        PageColumn(f"Change in {used.noun} for £1m more ({used.short})", PRICE, found["price"].tolist()),
        PageColumn("In full, where the chart shortens it", "text", found["full"].tolist()),
    )
    purpose = (
        f"The {SHOWN} rules of each scenario whose limit moves the {used.noun} most, each at its dearest row: what £1m "
        f"more of the limit adds to the {used.noun}. Minus is fairer. Every row is on the sheet of rules and prices."
    )
    return Page(NAME, purpose, columns, table="tblLargestPrices", frozen=4)


def price_heading(page: Page) -> str:
    """The heading of the column of prices, which names their unit."""
    return next(each.heading for each in page.columns if each.kind == PRICE)


def largest_prices(rules: pd.DataFrame) -> pd.DataFrame:
    """The `SHOWN` largest prices of each scenario, one row per rule: scenario, number, label, cell, limit, price."""
    priced = rules[(rules["rule"] != BALANCE) & rules["price"].notna() & (rules["price"] != 0)]
    ranked = priced.assign(size=priced["price"].abs().astype(float).round(9))
    ranked = ranked.sort_values("size", ascending=False, kind="stable")
    own = ranked.drop_duplicates(["scenario", "rule"]).groupby("scenario", sort=False).head(SHOWN)
    order = {name: n for n, name in enumerate(dict.fromkeys(rules["scenario"]))}
    own = own.assign(position=own["scenario"].map(order)).sort_values("position", kind="stable")
    own["number"] = own.groupby("scenario").cumcount() + 1
    where = zip(*(own[name] for name in ("rule", "place", "service", "provider", "year")), strict=True)
    labels = [_label(rule, [str(part) for part in parts if part]) for rule, *parts in where]
    own["label"], own["full"] = ([pair[n] for pair in labels] for n in range(2))
    return own.reset_index(drop=True)


def _label(rule: str, parts: list[str]) -> tuple[str, str]:
    """The rule, the members of its row with the largest price, and the year, cut before the year to fit the chart.

    The second text is the full label where it was cut, else blank.
    """
    year = f", {parts[-1]}" if parts else ""
    text = f"{rule}: {', '.join(parts[:-1])}" if parts[:-1] else rule
    room = LONGEST - len(year)
    whole = len(text) <= room
    return (text if whole else f"{text[: room - 3]}...") + year, "" if whole else text + year
