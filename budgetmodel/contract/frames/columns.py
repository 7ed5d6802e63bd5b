"""Columns that several tables share, and the makers of columns by what they hold."""

from __future__ import annotations

from functools import partial

from budgetmodel.contract.frames.record import ColumnType, FrameColumn, ObjectiveColumn
from budgetmodel.contract.objectives import OBJECTIVES

SOLVED, INFEASIBLE, BREACHED, COMPARED, ASKED, SINCE, EXPLAINED, WATERFALL, WHY = (
    "a solved scenario",
    "an infeasible scenario",
    "the answer of a scenario that is not met",
    "the comparison at equal contract costs",
    "the questions and aims",
    "a run after another into the same folder",
    "an explanation (--explain)",
    "the steps of places (--explain)",
    "why a place got this (explain)",
)
"""The parts of a run that make tables."""

OTHER_OBJECTIVE = " (of a scenario with another objective: to that, in its unit)"
"""Words added to a price's description: prices are derivatives of what the scenario minimises."""

POINTS, PER_MILLION, PER_STEP = "index points", "index points for £1m", "index points for one step"


def _column(kind: ColumnType, unit: str, name: str, note: str, heading: str = "") -> FrameColumn:
    return FrameColumn(name, kind, note, unit, heading)


text = partial(_column, ColumnType.TEXT, "")
flag = partial(_column, ColumnType.FLAG, "")
count = partial(_column, ColumnType.COUNT, "number")
rank = partial(_column, ColumnType.RANK, "number")
money = partial(_column, ColumnType.MONEY, "£m")
million = partial(_column, ColumnType.NUMBER, "£m")
"""£m of the solver's own figures, which are not whole pence."""
share = partial(_column, ColumnType.SHARE, "share")
index = partial(_column, ColumnType.INDEX, POINTS)
by_row = partial(_column, ColumnType.BY_ROW, "see `unit`")


def scenario_named(name: str, note: str, heading: str = "") -> FrameColumn:
    """A text that names a scenario."""
    return FrameColumn(name, ColumnType.TEXT, note, "", heading, names_scenario=True)


def number(name: str, unit: str, note: str, heading: str = "") -> FrameColumn:
    """A number in a unit of its own."""
    return FrameColumn(name, ColumnType.NUMBER, note, unit, heading)


def price(name: str, unit: str, note: str, heading: str = "") -> FrameColumn:
    """What a step changes."""
    return FrameColumn(name, ColumnType.PRICE, note, unit, heading)


def of_objectives(instead_of: str, name: str, heading: str) -> tuple[ObjectiveColumn, ...]:
    """What every objective besides the index puts in the place of an index; `{}` is its metric, noun and unit."""
    return tuple(
        ObjectiveColumn(
            name.format(each.metric),
            ColumnType.NUMBER,
            f"In place of `{instead_of}`, of scenarios with the objective {each.name}; only there where one is.",
            each.unit,
            _sentence(heading.format(each.noun)) + f" ({each.short})",
            metric=each.metric,
            instead_of=instead_of,
        )
        for each in OBJECTIVES
        if not each.is_index
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


scenario = scenario_named("scenario", "The scenario's name.")
year = text("year", "The financial year.")
year_or_all = text("year", "The financial year; blank = all years together.")
place = text("place", "The place.")
service = text("service", "The service.")
provider = text("provider", "The provider.")
source = text("source", "The source of money.")
pot = text("pot", "The pot that the money is decided on in.")
component = text("component", "The component of the target.")
against = scenario_named("against", "The first scenario of the comparison set, which it is compared with.")
rule_cell = text("cell", "The cell of the workbook behind it, as `Rules!K14`.")
direction = text("better", "`higher` or `lower`; blank where neither is better.")
unit = text("unit", "The unit of the row's figures.")
caution = text("caution", "What must be said beside the figure.", "Caution")
