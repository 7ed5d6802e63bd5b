"""Inputs: the checked tables of one scenario and their dimensions. Checks make them; all that follows reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.content import SHORT, Content, counted
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.frozen import Frames, Frozen, read_only
from budgetmodel.contract.measures import Rates
from budgetmodel.contract.nearest_name import UnknownName
from budgetmodel.contract.tables import Tables, records
from budgetmodel.inputs.dated import DatedRows

DIMENSIONS = ("years", "places", "services", "providers", "sources")
"""The fields that hold the members of a dimension."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Inputs(Content):
    """The tables of one scenario, or of the unchanged workbook, after every check.

    `frames` holds one typed frame per sheet, with the columns of the contract (without units), one row per row of
    the sheet, indexed by position; money is £m, percentages are shares. Selector columns hold
    `selectors.Selection`. Where members of Services or Sources have several rows, each for some of the years, the
    frame has a row per member, that of the first year; `dated` has every row, and `by_year` reads the year's own.
    `tables` are the cells behind it. `scenario` is empty for the unchanged workbook;
    otherwise `ledger` lists every cell that the scenario changed. `name` and `sha256` are those of the file.

    Nothing in it can be changed: every frame that is asked for is a copy. Inputs are equal when their tables are, with
    their addresses, and their file; `content_hash` covers the tables only.
    """

    name: str
    sha256: str
    tables: Tables
    frames: Frames
    settings: Mapping[str, str]
    years: tuple[str, ...]
    places: tuple[str, ...]
    services: tuple[str, ...]
    providers: tuple[str, ...]
    sources: tuple[str, ...]
    dated: Mapping[str, DatedRows] = field(default_factory=lambda: Frozen({}))
    scenario: str = ""
    ledger: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(FRAME["changes"].own)))

    def frame(self, sheet: str) -> pd.DataFrame:
        """The typed frame of a sheet, a copy; KeyError with the nearest name when there is no such sheet."""
        return self.frames[sheet]

    def with_frames(self, changed: Mapping[str, pd.DataFrame]) -> Inputs:
        """Inputs with other frames; the cells behind them stay what they were."""
        return replace(self, frames=self.frames.with_frames(changed))

    def cell(self, sheet: str, position: int, column: str) -> str:
        """The address behind a value, as `Rules!K14`."""
        return self.tables[sheet].address(self.row_of(sheet, position), column).text

    def row_of(self, sheet: str, position: int, year: int = 0) -> int:
        """The row of the sheet behind a row of its frame; of a member with several rows that of the year."""
        return int(self.dated[sheet].rows[position, year]) if sheet in self.dated else position

    def rows_of(self, sheet: str, position: int) -> tuple[int, ...]:
        """Every row of the sheet behind a row of its frame: those of a member with several rows, by year."""
        return tuple(dict.fromkeys(self.row_of(sheet, position, year) for year in range(len(self.years))))

    def by_year(self, sheet: str, column: str) -> NDArray[np.object_]:
        """A column of Services or Sources, of each member in each year: shape (members, years)."""
        if sheet in self.dated:
            return self.dated[sheet].by_year(column)
        values = self.frames[sheet][column].to_numpy(dtype=object)
        return np.repeat(values[:, None], len(self.years), axis=1)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios, in the order of their sheet."""
        return tuple(self.frames[schema.SCENARIOS]["Scenario"])

    @property
    def to_run(self) -> tuple[str, ...]:
        """The scenarios that are solved where none is asked for by name: those whose Run is not `no`."""
        frame = self.frames[schema.SCENARIOS]
        return tuple(frame["Scenario"][frame[schema.RUN] != schema.NO])

    @property
    def regimes(self) -> tuple[str, ...]:
        """The names of the regimes, in the order of their sheet."""
        return tuple(dict.fromkeys(self.frames[schema.REGIMES]["Regime"]))

    def scenario_row(self, scenario: str) -> Mapping[str, Any]:
        """A scenario's row of the Scenarios sheet; KeyError with the nearest name when there is none of that name."""
        for _, row in records(self.frames[schema.SCENARIOS]):
            if row["Scenario"] == scenario:
                return Frozen(row)
        raise UnknownName("scenario", scenario, self.scenarios)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The members of `year`, `place`, `service`, `provider` or `source`, in sheet order; KeyError for others."""
        known = {
            "year": self.years,
            "place": self.places,
            "service": self.services,
            "provider": self.providers,
            "source": self.sources,
        }
        if dimension not in known:
            raise UnknownName("dimension", dimension, known)
        return known[dimension]

    @cached_property
    def funding(self) -> Array:
        """What each source brings in each year: shape (sources, years), £m; no row means no money."""
        frame = self.frames[schema.FUNDING]
        wide = frame.pivot(index="Source", columns="Year", values="Amount")
        amounts = wide.reindex(index=list(self.sources), columns=list(self.years)).fillna(0.0).to_numpy(dtype=float)
        amounts.flags.writeable = False  # every caller gets this one
        return amounts

    @cached_property
    def growth(self) -> Array:
        """Average growth of all funding, by year; the first year against the total Baseline."""
        totals = self.funding.sum(axis=0)
        before = np.concatenate([[self.frames[schema.BASELINE]["Amount"].sum()], totals[:-1]])
        growth = np.asarray(totals / before - 1.0)
        growth.flags.writeable = False
        return growth

    @property
    def rates(self) -> Rates:
        """What the years add to the measures of rules: average growth, and Cost uplift, a blank one as 0."""
        uplift = self.frames[schema.YEARS]["Cost uplift"].astype(float).fillna(0.0)
        return Rates(self.growth, np.asarray(uplift, dtype=np.float64))

    @property
    def year_weights(self) -> Array:
        """δ: the weights of the years, scaled to sum 1."""
        weights = self.frames[schema.YEARS]["Weight"].to_numpy(dtype=float)
        return np.asarray(weights / weights.sum())

    def _content(self) -> tuple[object, ...]:
        names = ("scenario", "tables", "frames", "settings", "ledger", *DIMENSIONS)
        return tuple(getattr(self, name) for name in names)

    def _origin(self) -> tuple[object, ...]:
        return self.name, self.sha256

    def _card(self) -> tuple[str, Mapping[str, object]]:
        title = f"Inputs of {self.name!r}" + (f", scenario {self.scenario!r}" if self.scenario else " as it stands")
        return title, {
            "content": self.content_hash[:SHORT],
            "file SHA-256": self.sha256[:SHORT],
            **{name: counted(getattr(self, name)) for name in DIMENSIONS},
            "regimes": counted(self.regimes),
            "frames": counted(tuple(self.frames)),
            "changed cells": len(self.ledger),
        }
