"""The catalogue of metrics: the label, unit, direction, counting rule and caution of each.

It is the only record of units and directions, and of the counting rules that reports print.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from budgetmodel.contract.objectives import OBJECTIVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "catalogue.csv"

DIRECTIONS = ("higher", "lower", "")
"""The directions that may be better; blank where neither is."""


@dataclass(frozen=True)
class Metric:
    """One metric: its name in the frames, and its label, section, unit and direction in reports.

    `group` states what the metric's groups are, `rule` how it is counted, in a sentence; `caution` is the warning that
    reports print with it, `aim` its aim of integrated care. Both may be empty.
    """

    metric: str
    label: str
    section: str
    unit: str
    better: str
    group: str
    rule: str
    caution: str
    aim: str


@cache
def catalogue() -> Mapping[str, Metric]:
    """Every metric by name, in the order of the catalogue."""
    text = files("budgetmodel.metrics").joinpath(FILE).read_text(encoding="utf-8")
    return MappingProxyType({row["metric"]: Metric(**row) for row in csv.DictReader(text.splitlines())})


@cache
def of_objectives() -> Mapping[str, Metric]:
    """The value of every objective that is not in the catalogue itself, also at equal contract costs, by metric.

    Only scenarios with the objective have it.
    """
    found: dict[str, Metric] = {}
    for objective in OBJECTIVES:
        if objective.metric in catalogue():
            continue
        label = objective.title.capitalize()
        common = {"section": "Fairness", "unit": objective.unit, "better": "lower", "group": "blank", "aim": ""}
        caution = f"Only scenarios with the objective {objective.name} have it. It ignores {objective.ignores}."
        of_equal = (
            f"The {objective.noun} of the scenario's own pots with the contracts, fees and contract costs of the first "
            "scenario's regime; solved for apart."
        )
        for metric, named, rule in (
            (objective.metric, label, objective.formula),
            (objective.equal_costs_metric, f"{label} at equal contract costs", of_equal),
        ):
            found[metric] = Metric(metric=metric, label=named, rule=rule, caution=caution, **common)
    return MappingProxyType(found)


def catalogue_of(metrics: Iterable[str]) -> list[Metric]:
    """The catalogue, followed by the records of objectives' values that are among `metrics`."""
    names = set(metrics)
    return [*catalogue().values(), *(record for name, record in of_objectives().items() if name in names)]


def with_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with a column `metric`, and after their own columns the `unit` and `better` of the catalogue.

    Raises KeyError, naming them, for metrics that the catalogue lacks.
    """
    known = {**catalogue(), **of_objectives()}
    names = rows["metric"].tolist()
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise KeyError(f"no record in {FILE} for: {', '.join(unknown)}")
    return rows.assign(unit=[known[name].unit for name in names], better=[known[name].better for name in names])
