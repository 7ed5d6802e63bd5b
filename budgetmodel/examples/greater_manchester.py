"""Greater Manchester's £6bn of April 2016, as the sheets of an input workbook.

The folder `greater_manchester` in the folder of this file has the example as text tables that a person can read and
review. Most of them are one sheet, row for row. Needs, indicators and funding are stored wide (a column per place
or year) and made long here. The Baseline, some 850 rows, is not typed but computed from five tables:

- `baseline_services`: what each service cost in the year before the first (£m), the stream that paid for it
  and the key that spreads it over places;
- `baseline_streams`: by which figures a stream's money was shared among places, and which history tilts it;
- `baseline_keys`: those figures, and the histories, a row per key and a column per place (the need measures
  of `needs` serve as keys too);
- `baseline_places`: who fills each role (main hospital, community services, ...) in a place;
- `baseline_providers`: how a service is split among roles and named providers.

Everything is a pure function over frames. Money is in £m and published to £0.001m; percentages are true
fractions.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from budgetmodel.contract.schema import SHEET, SHEETS

PARTS = 1000
"""Parts of £1m to which the Baseline is rounded."""

EVERYWHERE = "all"
"""The place of a provider split that applies in every place without rows of its own."""

FITTING_ROUNDS = 200
FITTED = 1e-9

_CODES = {"Code (ONS)": str, "Sub-ICB code": str, "Code (ODS)": str, "Template version": str}


def tables() -> dict[str, pd.DataFrame]:
    """Every sheet of the worked example, by name, in the order of the contract.

    Columns are those of the contract, units included; cells are plain values (text, numbers, None for blank).
    """
    made = {
        "Needs": long_needs(read("needs"), _places()),
        "Funding": long_funding(read("funding"), _years()),
        "Baseline": baseline(),
        "Indicators": long_indicators(read("indicators"), _places()),
    }
    return {
        sheet.name: blanks_as_none(made[sheet.name] if sheet.name in made else read(_file(sheet.name)))
        for sheet in SHEETS
    }


@cache
def _read(name: str) -> pd.DataFrame:
    path = files("budgetmodel.examples") / "greater_manchester" / f"{name}.csv"
    with path.open("rb") as text:
        return pd.read_csv(text, dtype=_CODES, keep_default_na=False, na_values=[""], encoding="utf-8")


def read(name: str) -> pd.DataFrame:
    """One text table of the folder, as a frame of its own; codes stay text, blank cells are missing."""
    return _read(name).copy()


def _file(sheet: str) -> str:
    return sheet.lower().replace(" ", "_")


def _places() -> list[str]:
    return [str(place) for place in read("places")["Place"]]


def _years() -> list[str]:
    return [str(year) for year in read("years")["Year"]]


def blanks_as_none(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with None for every missing value, as the writer of cells needs it."""
    return frame.astype(object).where(frame.notna(), None)


def long_needs(wide: pd.DataFrame, places: list[str]) -> pd.DataFrame:
    """Needs with a row per measure and place, from a row per measure and a column per place."""
    return _long(wide, places, "Need measure", "Place", "Value")[
        ["Need measure", "Place", "Value", "Basis", "Period", "Source", "Status"]
    ]


def long_funding(wide: pd.DataFrame, years: list[str]) -> pd.DataFrame:
    """Funding (£m) with a row per source and year, from a column per year; a blank is no row."""
    long = _long(wide, years, "Source", "Year", "Amount (£m)")
    return long[["Source", "Year", "Amount (£m)", "Source of figure", "Status"]]


def long_indicators(wide: pd.DataFrame, places: list[str]) -> pd.DataFrame:
    """Indicators with a row per indicator and place, from a column per place."""
    long = _long(wide, places, "Indicator", "Place", "Value")
    long = long.assign(Definition=None)
    return long[[column.name for column in SHEET["Indicators"].columns]]


def _long(wide: pd.DataFrame, columns: list[str], key: str, name: str, value: str) -> pd.DataFrame:
    kept = [column for column in wide.columns if column not in columns]
    long = wide.melt(id_vars=kept, value_vars=columns, var_name=name, value_name=value).dropna(subset=[value])
    order = {label: position for position, label in enumerate(wide[key])}
    return long.sort_values(key, key=lambda names: names.map(order), kind="stable").reset_index(drop=True)


def baseline() -> pd.DataFrame:
    """The Baseline sheet: spending (£m) by place, service and provider in the year before the first year."""
    needs = read("needs").set_index("Need measure")
    own = read("baseline_keys").set_index("Key")
    places = _places()
    spending = place_spending(
        read("baseline_services"),
        read("baseline_streams"),
        pd.concat([needs[places], own[places]]).astype(float),
        read("services").set_index("Service")["Place key"],
    )
    splits = provider_splits(read("baseline_providers"), read("baseline_places"))
    cells = provider_cells(spending, splits)
    cells["Source of figure"] = "Made from the example's service totals, place keys and provider splits"
    cells["Status"] = "illustrative"
    return cells


def place_spending(
    services: pd.DataFrame, streams: pd.DataFrame, keys: pd.DataFrame, place_key: pd.Series[str]
) -> pd.DataFrame:
    """Spending (£m) of each service (row) in each place (column).

    A service with a place key follows its own key exactly. The others of a stream start from their own keys
    and are fitted in turn, by service and by place, until every service has its total and every place its
    share of the stream's money: the stream's key, tilted by its history.
    """
    shares = keys.div(keys.sum(axis=1), axis=0)
    amounts = services.set_index("Service")["Amount (£m)"].astype(float)
    spread = shares.loc[services["Spread by"]].set_axis(amounts.index).mul(amounts, axis=0)
    keyed = set(place_key.dropna().index)
    fitting = streams.dropna(subset=["Shared by"])
    for stream, key, history in zip(fitting["Stream"], fitting["Shared by"], fitting["History"], strict=True):
        paid = list(services.loc[services["Stream"] == stream, "Service"])
        free = [service for service in paid if service not in keyed]
        fixed = [service for service in paid if service in keyed]
        weight = keys.loc[key] * (1.0 + (keys.loc[history] if history in keys.index else 0.0))
        wanted = weight / weight.sum() * amounts[paid].sum() - spread.loc[fixed].sum()
        spread.loc[free] = fitted(spread.loc[free], amounts[free], wanted)
    return spread


def fitted(seed: pd.DataFrame, row_totals: pd.Series[float], column_totals: pd.Series[float]) -> pd.DataFrame:
    """The seed scaled by rows and columns in turn until its totals are the wanted ones (£m).

    Raises ValueError when the totals do not agree or the fitting does not settle.
    """
    table = seed
    for _ in range(FITTING_ROUNDS):
        table = table.mul(column_totals / table.sum(), axis=1)
        table = table.mul(row_totals / table.sum(axis=1), axis=0)
        if (table.sum() - column_totals).abs().max() < FITTED:
            return table
    raise ValueError("the totals by service and by place cannot be fitted together")


def provider_splits(shares: pd.DataFrame, roles: pd.DataFrame) -> pd.DataFrame:
    """Share of each provider by service and place: columns Service, Place, Provider, Share (fractions of 1).

    Rows of a place replace the rows for all places; a role is filled by the place's own provider.
    Raises ValueError when the shares of a service and place do not sum to 1.
    """
    general = shares[shares["Place"] == EVERYWHERE].drop(columns="Place").merge(roles[["Place"]], how="cross")
    special = shares[shares["Place"] != EVERYWHERE]
    replaced = pd.MultiIndex.from_frame(special[["Service", "Place"]])
    kept = general[~pd.MultiIndex.from_frame(general[["Service", "Place"]]).isin(replaced)]
    split = pd.concat([kept, special])[["Service", "Place", "Provider", "Share (%)"]]
    filled = roles.drop(columns=["Source", "Status"]).melt("Place", var_name="Provider", value_name="Named")
    split = split.merge(filled, on=["Place", "Provider"], how="left")
    split["Provider"] = split["Named"].fillna(split["Provider"])
    named = split.rename(columns={"Share (%)": "Share"}).groupby(["Service", "Place", "Provider"], sort=False)
    summed = named["Share"].sum().reset_index()
    whole = summed.groupby(["Service", "Place"])["Share"].sum()
    if (whole - 1.0).abs().max() > FITTED:
        raise ValueError(f"provider shares do not sum to 1: {whole[(whole - 1.0).abs() > FITTED].to_dict()}")
    return summed


def provider_cells(spending: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """Baseline rows, Amount (£m) to £0.001m, every service summing exactly to its total.

    The units left by rounding are added to the service's cells with the largest remainders, the first on a tie.
    """
    places = list(spending.columns)
    amounts = spending.rename_axis("Service").reset_index().melt("Service", places, "Place", "Spending")
    cells = amounts.merge(splits, on=["Service", "Place"], how="left", validate="one_to_many")
    exact = cells["Spending"] * cells["Share"] * PARTS
    whole = pd.Series(np.floor(exact + FITTED), cells.index)
    service = cells["Service"]
    left = (exact.groupby(service).transform("sum") - whole.groupby(service).transform("sum")).round()
    rank = (whole - exact).groupby(service).rank(method="first")
    cells["Amount (£m)"] = (whole + (rank <= left)) / PARTS
    kept = cells[cells["Amount (£m)"] > 0]
    return kept[["Place", "Service", "Provider", "Amount (£m)"]].reset_index(drop=True)
