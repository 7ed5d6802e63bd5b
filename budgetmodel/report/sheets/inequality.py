"""The sheet Inequality measures: the index recomputed by formulas from the amounts on the sheets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.inequality import SMALLEST_REFERENCE
from budgetmodel.report.page import CONSTANTS, DO_MINIMUM_INDEX, Page, PageColumn
from budgetmodel.report.sheets.places import GAP_PART
from budgetmodel.results import Result

NAME = "Inequality measures"
ROUNDING_ERROR = 1e-9
"""Points by which sums of the same parts in another order may differ."""

YEAR_POINTS, POINTS = "Points of the year's index", "Points of the index"


def inequality_page(results: Mapping[str, Result], places: Page) -> Page:
    """Each component and year: its gap from the pairs of places, its share of the reference, its points of the index.

    The sum of `POINTS` over a scenario is its index, that of `YEAR_POINTS` over a scenario and year the year's index.
    """
    rows = pd.concat([_rows(result) for result in results.values()], ignore_index=True)
    keys = ["Scenario", "Year", "Component"]
    parts = pd.DataFrame({name: list(places.values(name)) for name in (*keys, GAP_PART)})
    gaps = parts.groupby(keys, sort=False)[GAP_PART].sum()
    rows["gap"] = gaps.reindex(pd.MultiIndex.from_frame(rows[["scenario", "year", "component"]])).to_numpy(dtype=float)
    share = rows["gap"] / rows["reference"]
    year_points = CONSTANTS[DO_MINIMUM_INDEX] * rows["component_weight"] * share
    live = places.total_where(GAP_PART, {"Scenario": "$A{r}", "Year": "$B{r}", "Component": "$C{r}"})
    columns = (
        PageColumn("Scenario", "text", rows["scenario"].tolist()),
        PageColumn("Year", "text", rows["year"].tolist()),
        PageColumn("Component", "text", rows["component"].tolist()),
        PageColumn("Gap (ratio)", "gap", rows["gap"].tolist(), live),
        PageColumn(f"Reference gap, at least {SMALLEST_REFERENCE} (ratio)", "gap", rows["reference"].tolist()),
        PageColumn("Gap against the reference (%)", "percent", share.tolist(), "=D{r}/E{r}"),
        PageColumn("Weight of the component (%)", "percent", rows["component_weight"].tolist()),
        PageColumn("Weight of the year (%)", "percent", rows["year_weight"].tolist()),
        PageColumn(YEAR_POINTS, "index", year_points.tolist(), f"=F{{r}}*G{{r}}*{DO_MINIMUM_INDEX}"),
        PageColumn(POINTS, "index", (year_points * rows["year_weight"]).tolist(), "=H{r}*I{r}"),
    )
    purpose = (
        "The fair-share gap index out of the amounts: the gap between every two places' funding-to-target ratios, "
        "weighted by need, against that of the do-minimum. The points of a scenario add up to its index."
    )
    return Page(NAME, purpose, columns, table="tblInequality", frozen=3)


def _rows(result: Result) -> pd.DataFrame:
    """Year by component: the reference and the weights. Labels are those of the `places` frame."""
    structure = result.answer.structure
    places = result.frames["places"]
    years, components = (list(dict.fromkeys(places[name])) for name in ("year", "component"))
    reference = np.maximum(structure.reference, SMALLEST_REFERENCE)
    return pd.DataFrame(
        {
            "scenario": result.scenario,
            "year": np.repeat(np.array(years, dtype=object), len(components)),
            "component": np.tile(np.array(components, dtype=object), len(years)),
            "reference": reference.T.ravel(),
            "component_weight": np.tile(structure.component_weights, len(years)),
            "year_weight": np.repeat(structure.inputs.year_weights, len(components)),
        }
    )


def index_sum(inequality: Page, scenario: str, reference: str) -> tuple[str, float]:
    """The formula for the index of the scenario named in the cell `reference`, and its value for `scenario`."""
    named = zip(inequality.values("Scenario"), inequality.values(POINTS), strict=True)
    return inequality.total_where(POINTS, {"Scenario": reference}), sum(v for name, v in named if name == scenario)


def index_by_pennies(result: Result) -> float:
    """Points by which the index of an allocation in whole pence may differ from the proved one.

    The gap of a component in a year is a mean of differences of the places' ratios of money to target. It changes by at
    most the largest change of a ratio: a penny for every flow that counts there, over the place's target.
    """
    structure = result.answer.structure
    pairs = [
        (row["Component"], service)
        for _, row in records(result.inputs.frame(schema.TARGET))
        for service in row["Services"].members
    ]
    services = pd.DataFrame(pairs, columns=["component", "service"])
    keys = ["component", "year", "place"]
    lines = result.frames["flows"].groupby(["year", "place", "service"]).size().rename("lines").reset_index()
    counted = services.merge(lines, on="service", validate="m:m").groupby(keys)["lines"].sum().reset_index()
    frame = result.frames["places"].merge(counted, how="left", on=keys, validate="1:1")
    frame = frame[frame["target"] > 0]
    moved = (frame["lines"].fillna(0.0) / PENCE_PER_MILLION / frame["target"]).rename("moved")
    largest = moved.groupby([frame["component"], frame["year"]]).max().unstack().fillna(0.0)
    components = list(dict.fromkeys(result.frames["places"]["component"]))
    ratios = largest.reindex(index=components, columns=list(result.inputs.years), fill_value=0.0).to_numpy(dtype=float)
    weights = np.outer(structure.component_weights, structure.inputs.year_weights)
    reference = np.maximum(structure.reference, SMALLEST_REFERENCE)
    return CONSTANTS[DO_MINIMUM_INDEX] * float((weights * ratios / reference).sum()) + ROUNDING_ERROR
