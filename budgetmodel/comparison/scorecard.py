"""The scorecard by the four aims of integrated care, and the sectors' shares of money: the representation view."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from budgetmodel.comparison.figures import groups_of_all_years, named, table, verdict
from budgetmodel.comparison.sets import sets
from budgetmodel.contract.frames import result_table
from budgetmodel.knowledge.facts import facts
from budgetmodel.metrics.catalogue import catalogue
from budgetmodel.results import Result

REPRESENTATION_CAUTION = (
    "A share of money is not a share of say: seats and votes are not in the workbook. A provider has one sector here, "
    "whatever else it does; and all years are taken together."
)


def scorecard(results: Mapping[str, Result], metrics: pd.DataFrame) -> pd.DataFrame:
    """Every metric of an aim, by scenario, in the order of the aims and the catalogue.

    `metrics` is the frame of a Comparison. All figures are of all years, or of the years that their metric covers.
    """
    if not results:
        return result_table("scorecard", ())
    home, found = sets(results), table(metrics)
    years = next(iter(results.values())).inputs.years
    rows = []
    for aim in facts("aims"):
        for record in (each for each in catalogue().values() if each.aim == aim["aim"]):
            groups = groups_of_all_years(metrics, record.metric, years)
            for group in [""] if "" in groups else groups:
                for scenario in results:
                    value = found.get((scenario, record.metric, group))
                    if value is None:
                        continue
                    against = home[scenario] if home[scenario] != scenario else ""
                    other = found.get((against, record.metric, group))
                    rows.append(
                        {
                            "scenario": scenario,
                            "aim": aim["label"],
                            "metric": record.metric,
                            "group": group,
                            "label": named(record, group),
                            "value": value,
                            "unit": record.unit,
                            "better": record.better,
                            "against": against,
                            "change_on_first": float("nan") if other is None else value - other,
                            "verdict": "" if other is None else verdict(record, value, other),
                            "caution": record.caution,
                        }
                    )
    return result_table("scorecard", rows)


def representation(results: Mapping[str, Result], metrics: pd.DataFrame) -> pd.DataFrame:
    """Each sector's share of money and of growth (fractions of 1), by scenario, all years together.

    `share_of_growth` is missing where all money does not grow.
    """
    found, missing = table(metrics), float("nan")
    rows = []
    for scenario, result in results.items():
        for sector in groups_of_all_years(result.frames["metrics"], "sector_spent", result.inputs.years):
            before, share, growth, pct, of_growth = (
                found.get((scenario, f"sector_{name}", sector), missing)
                for name in ("baseline_share", "share", "growth", "growth_pct", "share_of_growth")
            )
            rows.append((scenario, sector, before, share, share - before, growth, pct, of_growth))
    return result_table("representation", rows)
