"""What a solve gives and takes: outcomes with their prices, bases of vertices, rows added on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Statuses = NDArray[np.int8]

Status = Literal["optimal", "infeasible", "unbounded", "failed"]


@dataclass(frozen=True)
class Basis:
    """The basis of a vertex: HiGHS's status of every column and row.

    As small numbers: 0 at the lower bound, 1 basic, 2 at the upper bound, 3 free, 4 nonbasic.
    """

    columns: Statuses
    rows: Statuses


@dataclass(frozen=True)
class Outcome:
    """What a solve gave: status, columns, row duals, reduced costs and objective. Values only when optimal.

    `basis` is that of the vertex; None where the solve did not end at one.
    """

    status: Status
    x: Array
    row_dual: Array
    reduced: Array
    objective: float
    detail: str = ""
    basis: Basis | None = None


@dataclass(frozen=True)
class Cut:
    """A row added to a program while it is being solved: lower <= value @ x[index] <= upper."""

    index: Index
    value: Array
    lower: float
    upper: float
