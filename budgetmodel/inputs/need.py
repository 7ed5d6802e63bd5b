"""Need shares, do-minimum and fair-share targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array


def need_by_place(needs: pd.DataFrame, measure: str, places: Sequence[str]) -> Array:
    """The need of every place on one measure, in the measure's own unit: shape (places,).

    `needs` is the typed Needs sheet. Raises ValueError when a place has no row.
    """
    rows = zip(needs["Need measure"], needs["Place"], needs["Value"], strict=True)
    by_name = {place: value for of, place, value in rows if of == measure}
    values = np.array([by_name.get(place, np.nan) for place in places], dtype=float)
    if np.isnan(values).any():
        raise ValueError(f"need measure {measure!r} lacks a place")
    return values


def shares(values: Array) -> Array:
    """Values as shares of their sum: n of model.md, section 3.

    >>> shares(np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    return np.asarray(values / values.sum())


def do_minimum(baseline: Array, funding: Array) -> Array:
    """X0 = Baseline x (total funding of the year / total Baseline): shape (lines, years), £m.

    `baseline` has shape (lines,), `funding` (years,).

    >>> do_minimum(np.array([1.0, 3.0]), np.array([8.0])).tolist()
    [[2.0], [6.0]]
    """
    return np.asarray(np.outer(baseline, funding / baseline.sum()))


def targets(need_shares: Array, component_total: Array) -> Array:
    """T = need share x the do-minimum of the component's services: shape (places, years), £m.

    `need_shares` has shape (places,), `component_total` (years,).
    """
    return np.asarray(np.outer(need_shares, component_total))


def relative_need_index(weighted: float, registered: float, all_weighted: float, all_registered: float) -> float:
    """(WP / GP of a place) / (WP / GP of the area it is compared with); 1 = the area's need per head, no unit.

    NaN where the place has nobody registered or the area has no weighted population. Source: NHS England, ICB place
    based allocation tool.

    >>> relative_need_index(110.0, 100.0, 1050.0, 1000.0) == 1.1 / 1.05
    True
    """
    if not (registered > 0 and all_weighted > 0 and all_registered > 0):
        return float("nan")
    return (weighted / registered) / (all_weighted / all_registered)
