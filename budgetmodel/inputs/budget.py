"""Budget: the checked tables of a workbook and their dimensions, frozen. Everything downstream reads this."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.tables import Address, Tables, records

LEDGER_COLUMNS = ("cell", "old", "new", "change_cell", "reason", "owner")
"""The columns of a scenario's ledger of changes."""

WHAT_IF = "what if"
"""The reason of a change that was given none."""

KEEP: Any = object()
"""Stands for a value that was not given: None is one, a blank cell."""


@dataclass(frozen=True)
class ChangeRow:
    """One change: a row of the Changes sheet or of a pack, a `--set`, or a call of `changed`.

    `label` names it in messages and in the ledger: `Changes!F6`, `--set 2`, `changed() 1`. `cells` gives the address
    of each of its columns; what does not stand in a sheet has none.
    """

    table: str
    change: str
    where: str = ""
    field: str = ""
    value: object = None
    unit: str = ""
    reason: str = WHAT_IF
    owner: str = ""
    label: str = ""
    cells: Mapping[str, Address] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def address(self, column: str) -> Address:
        """Where the change says what its column says."""
        return self.cells.get(column, Address("", self.label))


@dataclass(frozen=True)
class PackFile:
    """A scenario pack that was joined to a workbook: its file, the file's SHA-256, and the scenarios it brought."""

    name: str
    sha256: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Budget:
    """A workbook that passed every check.

    `frames` holds one typed frame per sheet, with the columns of the contract (without units), one row per row of
    the sheet, indexed by position; money is £m, percentages are shares. Selector columns hold
    `selectors.Selection`. `tables` are the cells behind it. `scenario` is empty for the workbook as it stands;
    otherwise `ledger` lists every cell that the scenario changed. `issues` holds what was found in the workbook and
    in all its scenarios; `of_scenarios` says which of them are about scenarios only, by scenario.

    `what_if` are changes on top of every scenario, each inner tuple like one more child: it may overrule what came
    before, but two of its own rows may not hit one cell. They leave `tables` and `frames` as they are, and so the
    reference of the index. `packs` are the scenario packs whose scenarios were joined to the workbook's.
    """

    name: str
    sha256: str
    tables: Tables
    frames: Mapping[str, pd.DataFrame]
    settings: Mapping[str, str]
    years: tuple[str, ...]
    places: tuple[str, ...]
    services: tuple[str, ...]
    providers: tuple[str, ...]
    sources: tuple[str, ...]
    issues: tuple[Issue, ...] = ()
    of_scenarios: Mapping[str, tuple[Issue, ...]] = field(default_factory=lambda: MappingProxyType({}))
    scenario: str = ""
    ledger: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LEDGER_COLUMNS)))
    what_if: tuple[tuple[ChangeRow, ...], ...] = ()
    packs: tuple[PackFile, ...] = ()

    def changed(
        self,
        table: str,
        *,
        field: str = "",
        where: Mapping[str, object] | str | None = None,
        to: object = KEEP,
        add: object = None,
        multiply: object = None,
        remove: bool = False,
        append: Mapping[str, object] | None = None,
        unit: str = "",
        reason: str = WHAT_IF,
        owner: str = "",
    ) -> Budget:
        """A budget in which every scenario has one more change; this one stays as it is.

        Exactly one of the five operations of the Changes sheet: `to` sets the column `field` to a value (None blanks
        it), `add` adds an amount, `multiply` takes a factor, `remove=True` removes the rows, `append` gives a new row
        as column -> value. `where` picks rows: column -> value or list of values, or text in the sheet's own grammar,
        `"Place=Bury | Bolton; Year=2026/27"`; without it, every row. Values are those of a cell: £ in the
        workbook's money unit, 6% as 0.06 or "6%". Calls may be chained; a later one may overrule an earlier one.

            budget.changed("Rules", field="Value", where={"Rule": "Pace ceiling"}, to=0.06)
            budget.changed("Funding", field="Amount", where={"Source": "Core"}, multiply=0.97)
            budget.changed("Rules", remove=True, where={"Measure": "moved"})
            budget.changed("Funding", append={"Source": "Core", "Year": "2026/27", "Amount": 5})

        Raises InputErrors, with the change and the base cell named, when no scenario can take the change; what is
        wrong in one scenario only is raised when that is solved. Raises TypeError for none or several operations.
        """
        from budgetmodel.scenarios.apply import changed

        return changed(
            self,
            table,
            field=field,
            where=where,
            to=to,
            add=add,
            multiply=multiply,
            remove=remove,
            append=append,
            unit=unit,
            reason=reason,
            owner=owner,
        )

    def frame(self, sheet: str) -> pd.DataFrame:
        """The typed frame of a sheet."""
        return self.frames[sheet]

    def cell(self, sheet: str, position: int, column: str) -> str:
        """The address behind a value, as `Rules!K14`."""
        return self.tables[sheet].address(position, column).text

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios, in the order of their sheet."""
        return tuple(self.frames[schema.SCENARIOS]["Scenario"])

    @property
    def regimes(self) -> tuple[str, ...]:
        """The names of the regimes, in the order of their sheet."""
        return tuple(dict.fromkeys(self.frames[schema.REGIMES]["Regime"]))

    def scenario_row(self, scenario: str) -> Mapping[str, Any]:
        """A scenario's row of the Scenarios sheet; KeyError when there is none of that name."""
        for _, row in records(self.frames[schema.SCENARIOS]):
            if row["Scenario"] == scenario:
                return MappingProxyType(row)
        raise KeyError(scenario)

    def issues_of(self, scenario: str) -> tuple[Issue, ...]:
        """The issues that matter to a scenario: those of the workbook as it stands and its own, not those of others."""
        others = {issue for issues in self.of_scenarios.values() for issue in issues}
        others.difference_update(self.of_scenarios.get(scenario, ()))
        return tuple(issue for issue in self.issues if issue not in others)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The members of `year`, `place`, `service`, `provider` or `source`, in sheet order."""
        return {
            "year": self.years,
            "place": self.places,
            "service": self.services,
            "provider": self.providers,
            "source": self.sources,
        }[dimension]

    @cached_property
    def funding(self) -> NDArray[np.float64]:
        """What each source brings in each year: shape (sources, years), £m; no row means no money."""
        frame = self.frames[schema.FUNDING]
        wide = frame.pivot(index="Source", columns="Year", values="Amount")
        amounts = wide.reindex(index=list(self.sources), columns=list(self.years)).fillna(0.0).to_numpy(dtype=float)
        amounts.flags.writeable = False  # every caller gets this one
        return amounts

    @cached_property
    def growth(self) -> NDArray[np.float64]:
        """Average growth of all funding, by year; the first year against the total Baseline."""
        totals = self.funding.sum(axis=0)
        before = np.concatenate([[self.frames[schema.BASELINE]["Amount"].sum()], totals[:-1]])
        growth = np.asarray(totals / before - 1.0)
        growth.flags.writeable = False
        return growth

    @property
    def year_weights(self) -> NDArray[np.float64]:
        """δ: the weights of the years, scaled to sum 1."""
        weights = self.frames[schema.YEARS]["Weight"].to_numpy(dtype=float)
        return np.asarray(weights / weights.sum())
