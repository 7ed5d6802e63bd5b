"""What a solve gives and takes: outcomes with their prices, and bases of vertices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frozen import read_only

Statuses = NDArray[np.int8]

Status = Literal["optimal", "infeasible", "unbounded", "failed"]


AT_LOWER, BASIC, AT_UPPER, FREE, NONBASIC = range(5)
"""HiGHS's status of a column or row in a basis, as small numbers."""


@read_only
@dataclass(frozen=True)
class Basis:
    """The basis of a vertex: the status of every column and row."""

    columns: Statuses
    rows: Statuses


@read_only
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
