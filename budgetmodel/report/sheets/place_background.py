"""The data that the sheets of all places share: their scenario, and the tables and sheets they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from budgetmodel.comparison.headline import Headline, headline
from budgetmodel.comparison.leaders import leaders
from budgetmodel.contract import schema
from budgetmodel.inputs.reach import value_by_year
from budgetmodel.report.material import Material
from budgetmodel.report.page import Page
from budgetmodel.report.sheets.pages import BEFORE, NO_PROGRAMME, deciders, programmes
from budgetmodel.report.tables import coded, texts
from budgetmodel.results import Result


def leading(results: Mapping[str, Result]) -> str:
    """The scenario that comes nearest: the best of those that are level."""
    return leaders(results)[0]


@dataclass(frozen=True)
class Background:
    """The data that the sheets of all places share: the material, and the result of their scenario.

    `listed` is whether the rules that bind in it are rows of the sheets' tables.
    """

    material: Material
    result: Result
    listed: bool = True

    @property
    def years(self) -> tuple[str, ...]:
        """The years of the plan."""
        return self.result.inputs.years

    @property
    def allocation(self) -> Page:
        """The sheet Allocation."""
        return self.material.page("Allocation")

    @cached_property
    def found(self) -> Headline:
        """The headline of the scenario, against the one that it is compared with."""
        material, scenario = self.material, self.result.scenario
        found = material.found
        if found is not None and found.compared != scenario:
            found = headline(material.results, material.comparison, compared=scenario, lines=found.lines)
        assert found is not None  # noqa: S101  # there are results
        return found

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The allocation of the scenario with the programme and level of each service."""
        scenario = self.result.scenario
        known, lines = programmes({scenario: self.result}), self.result.frames["allocation"]
        named = [known.get((scenario, service), NO_PROGRAMME) for service in texts(lines["service"])]
        lines = lines.assign(Programme=named, Level=value_by_year(self.result.inputs, "service", "Level", lines))
        return coded(lines[["year", "place", "amount", "do_minimum", "baseline", "Programme", "Level"]])

    @cached_property
    def decided(self) -> pd.DataFrame:
        """Amounts by year, place and level of decision, £m."""
        flows = self.result.frames["flows"][["year", "source", "place", "amount"]].merge(
            deciders(self.result), on=["year", "source"], how="left", validate="m:1"
        )
        return coded(
            flows.groupby(["year", "place", "decided"], sort=False, observed=True)["amount"].sum().reset_index()
        )

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Every level at which money is decided in any scenario."""
        found = [str(level) for result in self.material.results.values() for level in deciders(result)["decided"]]
        return tuple(dict.fromkeys(found))

    @cached_property
    def away(self) -> Mapping[tuple[str, str], float]:
        """The distance from fair share by place and year, on a component of the largest weight that counts everything.

        Empty where it leaves services out: £1m of a place's money need not be £1m of it then.
        """
        target = self.result.inputs.frame(schema.TARGET)
        name = by_weight(self.result)[0]
        counted = set(target.loc[target["Component"] == name, "Services"].iloc[0].members)
        if counted != set(self.result.inputs.services):
            return {}
        frame = self.result.frames["places"]
        own = frame[frame["component"] == name]
        return dict(zip(zip(own["place"], own["year"], strict=True), own["distance"].astype(float), strict=True))

    @cached_property
    def before(self) -> Mapping[tuple[str, str, str, str], float]:
        """The distance from target with the do-minimum, by scenario, year, place and component."""
        page = self.material.page("Places")
        keys = zip(*(page.values(name) for name in ("Scenario", "Year", "Place", "Component")), strict=True)
        return dict(zip(keys, page.values(BEFORE), strict=True))

    @cached_property
    def bound(self) -> pd.DataFrame:
        """The rows of rules that bind."""
        rules = self.material.frame(self.result.scenario, "rules")
        columns = ["rule", "cell", "year", "source", "place", "service", "activity", "price"]
        return rules.loc[rules["binding"].astype(bool), columns]

    @cached_property
    def common(self) -> int:
        """The number of binding rules without place or source: those of the whole system."""
        return int(self.bound.loc[(self.bound["place"] == "") & (self.bound["source"] == ""), "rule"].nunique())

    def of_place(self, place: str) -> pd.DataFrame:
        """The lines of a place."""
        return self.lines[self.lines["place"] == place]

    def by_year(self, frame: pd.DataFrame, column: str = "amount") -> list[float]:
        """A column summed by year, £m: adjacent rows of a year at once, which is ten times as quick as pandas."""
        sums, years = dict.fromkeys(self.years, 0.0), texts(frame["year"])
        starts = [n for n, year in enumerate(years) if n == 0 or year != years[n - 1]]
        values = np.nan_to_num(frame[column].to_numpy(dtype=float))
        for start, total in zip(starts, np.add.reduceat(values, starts) if starts else [], strict=True):
            sums[years[start]] += float(total)
        return list(sums.values())

    def bound_in(self, place: str) -> pd.DataFrame:
        """Rows of rules of a place that bind: rule, cell, year, activity, price."""
        return self.bound[self.bound["place"] == place]


def by_weight(result: Result) -> list[str]:
    """The components of the target, the largest weight first."""
    target = result.inputs.frame(schema.TARGET)
    weights = target["Weight"].astype(float).to_numpy()
    return [str(target["Component"].iloc[n]) for n in np.argsort(-weights, kind="stable")]
