"""Members with several rows, each for some of the years: which row speaks of which year.

One place for it. `Inputs.frame` has a row per member, that of the first year, with what may not differ; whatever may
differ by year is read with `Inputs.by_year`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Index
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.schema import YEARS_OF_ROW
from budgetmodel.contract.selectors import Selection


@read_only
@dataclass(frozen=True, eq=False)
class DatedRows:
    """The rows of a sheet in which a member may have several: `rows`, shape (members, years), is the row of each year.

    `frame` is the typed frame of all rows, indexed by position.
    """

    frame: pd.DataFrame
    rows: Index

    def by_year(self, column: str) -> NDArray[np.object_]:
        """A column, of each member in each year: shape (members, years)."""
        values: NDArray[np.object_] = self.frame[column].to_numpy(dtype=object)[self.rows]
        return values

    def of_members(self) -> pd.DataFrame:
        """A row per member, that of the first year, indexed by the number of the member."""
        return self.frame.iloc[self.rows[:, 0]].reset_index(drop=True)


def dated_rows(frame: pd.DataFrame, key: str, members: Sequence[str], years: Sequence[str]) -> DatedRows | None:
    """The rows of a sheet by member and year; None where each member has one row, which is of all years."""
    if len(frame) == len(members):
        return None
    member, year = ({name: at for at, name in enumerate(names)} for names in (members, years))
    rows = np.full((len(members), len(years)), -1, dtype=np.int64)
    for position, (name, selection) in enumerate(zip(frame[key], frame[YEARS_OF_ROW], strict=True)):
        if isinstance(selection, Selection):
            rows[member[name], [year[t] for t in selection.members]] = position
    return DatedRows(frame, rows)
