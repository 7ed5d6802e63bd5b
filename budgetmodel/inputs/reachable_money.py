"""How fast the money grows that may reach what a rule selects: the pace of the measure `growth of reachable money`.

Were every source spread over all the lines that it may reach, in proportion to their Baseline, so much would come to
the lines of a selection:

    money of the year = Σ over sources of amount x (Baseline of the selection's lines in its reach)
                                                  / (Baseline of all lines in its reach)

Its growth is that sum over the same sum with the amounts of the year before: the same sources, reach and lines in both.
A source that may reach nothing but the selection counts in full, a fund for the whole system with the selection's part
of it. Counted in full everywhere, a fund that ends would lower the limits of a small place by more than the place's
own money can make good: on the worked example to -6.8% in a year in which everything grows by 2.4%.

The Baseline is not by source. Before the first year a source's amount is the Baseline that it pays at home: were its
amount of the first year spread over its home in proportion to the Baseline, some would come to every line there; the
Baseline of a line is paid by the sources at home there in proportion to that.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import Reach, masks

TINY = 1e-12
"""£m: what is divided by instead of 0, where what is divided is 0 too."""


def paid_at_home(inputs: Inputs, line: pd.DataFrame) -> Array:
    """What each source is taken to pay of the Baseline: shape (sources,), £m.

    `line` is a frame as `inputs.reach.lines` gives it. A line without a source at home that has money in the first
    year is paid by nobody.
    """
    sources = inputs.frame(schema.SOURCES)
    place, service = line["place"].to_numpy(), line["service"].to_numpy()
    at_home = masks(list(sources["Home places"]), inputs.places)[:, place]
    at_home &= masks(list(sources["Home services"]), inputs.services)[:, service]
    home = at_home * line["baseline"].to_numpy(dtype=float)
    spread = home * (inputs.funding[:, 0] / np.maximum(home.sum(axis=1), TINY))[:, None]
    total = spread.sum(axis=0)
    return np.asarray(spread @ (home.max(axis=0) / np.where(total > 0, total, 1.0)))


def reachable_money(inputs: Inputs, line: pd.DataFrame, may: Reach, row: Index, rows: int) -> tuple[Array, Array]:
    """The money that may reach each row, in the year before and in the year: each of shape (rows, years), £m.

    `row` is the row of every line, -1 for none; `may` is the reach of a regime. Where nothing of the year before may
    reach a row, its first figure is 0.
    """
    before, now = np.zeros((rows, len(inputs.years))), np.zeros((rows, len(inputs.years)))
    inside = np.flatnonzero(row >= 0)
    if not len(inside):
        return before, now
    inside = inside[np.argsort(row[inside], kind="stable")]
    present, start = np.unique(row[inside], return_index=True)
    place, service = line["place"].to_numpy(), line["service"].to_numpy()
    baseline, last = line["baseline"].to_numpy(dtype=float), paid_at_home(inputs, line)
    for t in range(len(inputs.years)):
        reached = (may.places[:, t][:, place] & may.services[:, t][:, service]) * baseline
        part = np.add.reduceat(reached[:, inside], start, axis=1) / np.maximum(reached.sum(axis=1), TINY)[:, None]
        before[present, t], now[present, t] = last @ part, inputs.funding[:, t] @ part
        last = inputs.funding[:, t]
    return before, now


def reachable_growth(inputs: Inputs, line: pd.DataFrame, may: Reach, row: Index, rows: int) -> Array:
    """The growth of the money that may reach each row: shape (rows, years), a share; arguments as `reachable_money`.

    Average growth of all funding where nothing of the year before may reach it: there is nothing to grow from.
    """
    before, now = reachable_money(inputs, line, may, row, rows)
    known = before > 0
    return np.where(known, now / np.where(known, before, 1.0) - 1.0, inputs.growth)
