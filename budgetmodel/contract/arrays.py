"""Arrays by what they hold, as annotations name them; the meaning of the axes is documented where an array is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Numbers: amounts, shares, prices."""

Index = NDArray[np.int64]
"""Whole numbers that point at rows or columns of another array."""

Mask = NDArray[np.bool_]
"""True for the elements that are meant."""
