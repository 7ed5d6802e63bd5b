"""How tests look up a figure and say how near it must be."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest


def near(value: object, within: float = 2e-6, rel: float = 0.0) -> Any:
    """What equals `value` (a number, or a list or dict of them) to `within`: £2 where it is in £m; NaN equals NaN.

    `rel` allows a part of the value more where that is larger.
    """
    return pytest.approx(value, abs=within, rel=rel, nan_ok=True)


def row(frame: pd.DataFrame, **labels: str) -> pd.Series[Any]:
    """The one row whose columns hold these labels, as in `row(result.rules, rule="Pace", place="South")`."""
    for column, label in labels.items():
        frame = frame[frame[column] == label]
    assert len(frame) == 1, f"{len(frame)} rows with {labels}"
    return frame.iloc[0]
