"""The material of the report, and the figures that several of its sections look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from budgetmodel.comparison import Comparison
from budgetmodel.comparison.headline import Headline, headline
from budgetmodel.contract.issues import BudgetError
from budgetmodel.explain.waterfall import Waterfall
from budgetmodel.report.page import Page
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result


@dataclass(frozen=True)
class ReportMaterial:
    """A run: its results, the frames of all scenarios, their comparison, and the scenarios without an answer.

    `checks` is the verdict of the workbook's checks. `waterfalls` is empty unless asked for; `places` is the workbook's
    sheet of that name, which has the distance from target before and after.
    """

    results: Mapping[str, Result]
    frames: Frames
    comparison: Comparison
    failures: Mapping[str, BudgetError]
    checks: str
    waterfalls: Mapping[str, Waterfall] = field(default_factory=lambda: MappingProxyType({}))
    places: Page | None = None

    @cached_property
    def found(self) -> Headline | None:
        """The headline of the run; None when nothing was solved."""
        return headline(self.results, self.comparison)

    @property
    def first(self) -> Result | None:
        """The first result of the workbook, with which the others are compared; None when nothing was solved."""
        return next(iter(self.results.values()), None)

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of the sheet About, by name."""
        return self.first.inputs.settings if self.first is not None else {}

    def metric(self, name: str) -> dict[str, float]:
        """A metric over all years, by scenario, including the do-minimum where it has the metric."""
        metrics = self.comparison.metrics
        rows = metrics[(metrics["metric"] == name) & (metrics["group"] == "")]
        return {str(scenario): float(value) for scenario, value in zip(rows["scenario"], rows["value"], strict=True)}

    def of(self, frame: str, scenario: str) -> pd.DataFrame:
        """A scenario's rows of a frame."""
        rows = self.frames[frame]
        return rows[rows["scenario"] == scenario]
