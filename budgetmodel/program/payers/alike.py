"""Lines that stage 5 cannot tell apart, taken together: a handful of classes, however many lines there are.

Nothing is lost. The sums of a class are all that the least crossing sees. A change of payer is least, and flows are
nearest to proportion, where every line of a class is paid by the same sources in the same shares: both costs are
convex, and the mean of the ways to pay for its lines keeps every limit that each of them keeps.
"""

from __future__ import annotations

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.program.build.structure import Structure

NO_MONEY = 1e-6
"""£m: a line with less in a year than a pound, which is rounding, has no payer that the year after could change."""


def classes(structure: Structure, totals: Array, marks: Index, *, alike: bool = True) -> Index:
    """The class of each line, shape (lines,); with `alike` off every line is its own.

    `totals` is what lines get, (lines, years), £m; `marks`, (lines, marks), is what rules see of them.
    """
    if not alike:
        return np.arange(len(totals), dtype=np.int64)
    may, lines = structure.reach, structure.lines
    place = _kinds(np.concatenate([may.places, may.home_places]).reshape(-1, may.places.shape[2]).T)
    service = _kinds(np.concatenate([may.services, may.home_services]).reshape(-1, may.services.shape[2]).T)
    told = [place[lines["place"].to_numpy()], service[lines["service"].to_numpy()]]
    return _kinds(np.column_stack([*told, totals > NO_MONEY, marks]))


def _kinds(rows: Index) -> Index:
    """The number of each row among the different ones: shape (rows,)."""
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
