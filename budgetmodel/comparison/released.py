"""The money that each scenario releases to the front line against the first of its comparison set, as metrics."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.comparison.figures import table
from budgetmodel.metrics.catalogue import with_units
from budgetmodel.results import Result

STRANDED = "cost_stranded"


def released_metrics(results: Mapping[str, Result], sets: pd.DataFrame) -> pd.DataFrame:
    """The metrics `released` and, where stranded cost is reported for both, `released_after_stranded`, £m.

    `sets` is the frame `comparison_set`. A scenario alone in its set has no row.
    """
    rows: list[tuple[str, str, str, float]] = []
    sizes = sets["set"].value_counts()
    for name, first, released in zip(sets["scenario"], sets["set"], sets["released"], strict=True):
        if sizes[first] < 2:
            continue
        rows.append((name, "released", "", float(released)))
        own, other = (table(results[each].frames["metrics"]).get((each, STRANDED, "")) for each in (name, first))
        if own is not None and other is not None:
            rows.append((name, "released_after_stranded", "", float(released) - (own - other)))
    return with_units(pd.DataFrame(rows, columns=["scenario", "metric", "group", "value"]))
