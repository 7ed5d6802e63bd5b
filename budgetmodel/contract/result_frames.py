"""The frames of a result as properties: what a row is and in which units, where a reader and an editor look for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract.frames import result_table
from budgetmodel.contract.frozen import Frames
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.units import PENCE_PER_MILLION, from_pence

ALLOCATED = ("year", "place", "service")
"""The dimensions of the frame `allocation`."""

FLOWING = ("year", "source", "pot", "place", "service", "provider", "form")
"""The dimensions of the frame `flows`."""


class ResultFrames:
    """A result's frames by name. Every one begins with the column `scenario`, and is a copy: the user's own."""

    frames: Frames

    @property
    def allocation(self) -> pd.DataFrame:
        """A row per year, place and service: `amount`, `do_minimum`, `baseline`, `change` in £m, `change_pct` a share.

        `change` and `change_pct` are against the do-minimum. `amount` sums to all money spent, fees included.
        """
        return self.frames["allocation"]

    @property
    def flows(self) -> pd.DataFrame:
        """A row per year, source, pot, place, service and provider that money flows between.

        `amount` is £m to the penny, `fee` the share of it that the contract takes, `form` the contract's form,
        `days_to_pay` in days. Its amounts sum to those of `allocation`.
        """
        return self.frames["flows"]

    @property
    def sources(self) -> pd.DataFrame:
        """A row per year and source: `funding` + `carried_in` = `contract_cost` + `carried_out` + `spent`, £m."""
        return self.frames["sources"]

    @property
    def places(self) -> pd.DataFrame:
        """A row per year, place and COMPONENT of the target: several rows per place, whose services may overlap.

        So sums and means over its rows are not what a place gets; that is `spend("place")`. `amount` and `target` are
        £m, `ratio` is amount / target, `distance` is ratio - 1, `per_head_registered` and `per_head_resident` are £.
        """
        return self.frames["places"]

    @property
    def rules(self) -> pd.DataFrame:
        """A row per row of a rule, keep band and source balance.

        `activity`, `limit` and `slack` are £m; `price`, `price_low` and `price_high` are points of the index per £1m
        more of the limit, `valid_from` and `valid_to` the limits between which they hold (£m), `shortfall_price` £m of
        shortfall per £1m. Of a row that does not bind the price is 0 and the figures beside it are blank.
        """
        return self.frames["rules"]

    @property
    def metrics(self) -> pd.DataFrame:
        """A row per metric and group (blank: all): `value` in its `unit`; `better` is higher or lower."""
        return self.frames["metrics"]

    @property
    def contracts(self) -> pd.DataFrame:
        """A row per pot and provider or lead group, all years: `form`, `flows`, `amount` and `cost` in £m."""
        return self.frames["contracts"]

    @property
    def leads(self) -> pd.DataFrame:
        """A row per year, pot, lead group and provider: `in` = `fee` + `kept` + `passed_on`, £m."""
        return self.frames["leads"]

    @property
    def incomes(self) -> pd.DataFrame:
        """A row per year and provider: `income` and what it is compared with, £m; `variable_cost_share` is a share."""
        return self.frames["incomes"]

    @property
    def pools(self) -> pd.DataFrame:
        """A row per year and source in a pool: `contribution` and `overspend_borne` in £m, `share` a share."""
        return self.frames["pools"]

    @property
    def tails(self) -> pd.DataFrame:
        """A row per source that ends, place and service: `paid` in its last year = `taken_over` + `unpaid`, £m."""
        return self.frames["tails"]

    @property
    def real_terms(self) -> pd.DataFrame:
        """A row per place, group, service, provider, sector or all, and year: growth, and saving in £m."""
        return self.frames["real_terms"]

    @property
    def shrinking(self) -> pd.DataFrame:
        """A row per place and service whose last year buys less than its Baseline: `short` in £m."""
        return self.frames["shrinking"]

    @property
    def pull(self) -> pd.DataFrame:
        """A row per year and component: what £1m moved does to the index beside the component's stated weight."""
        return self.frames["pull"]

    @property
    def success_measures(self) -> pd.DataFrame:
        """A row per indicator: its last period over all places, its slope index, and the money linked to it."""
        return self.frames["success_measures"]

    @property
    def indicators(self) -> pd.DataFrame:
        """A row per indicator, place and period: `value`, `gap` to the benchmark, `change`, in the row's `unit`."""
        return self.frames["indicators"]

    @property
    def indicator_groups(self) -> pd.DataFrame:
        """A row per indicator and Group of places: the mean of its last period."""
        return self.frames["indicator_groups"]

    @property
    def changes(self) -> pd.DataFrame:
        """A row per cell that the scenario changed: `cell`, `old`, `new`, `change_cell`, `reason`, `owner`."""
        return self.frames["changes"]

    @property
    def issues(self) -> pd.DataFrame:
        """A row per warning and repair: `code`, `severity`, `sheet`, `cell`, `found`, `expected`, `fix`."""
        return self.frames["issues"]

    @property
    def run(self) -> pd.DataFrame:
        """A row per `key` with its `value`: hashes of the inputs, versions, proof, status, command."""
        return self.frames["run"]

    @property
    def breaches(self) -> pd.DataFrame:
        """A row per must row of the workbook that an answer of status `not met` does not keep; else no rows.

        `asks`, `gives` and `short` are £m; `value` is what the cell says and `given` where the row would hold, both in
        `unit`. `words` says it in a sentence. Row by row, since a rule may miss by more in one year than in another.
        """
        return self.frames["breaches"] if "breaches" in self.frames else result_table("breaches", ())

    def spend(self, by: str | Sequence[str] = ("place", "year")) -> pd.DataFrame:
        """What is spent by one or more dimensions: a row per combination, `scenario`, the dimensions, `amount` in £m.

        Dimensions: `year`, `place`, `service` (then summed from `allocation`), and `source`, `pot`, `provider`, `form`
        (then from `flows`). Rows are in the order of `by`, members as they first come in the frame. Amounts are whole
        pence, fees are included, and whatever the dimensions, they sum to the same total; `by=()` gives that.

        Raises ValueError for a dimension that is none or comes twice.
        """
        dimensions = [by] if isinstance(by, str) else list(by)
        for name in dimensions:
            if name not in FLOWING:
                raise ValueError(f"There is no dimension {name!r} to sum by. {near(name, FLOWING)}")
        if len(set(dimensions)) < len(dimensions):
            raise ValueError(f"A dimension comes twice in {', '.join(dimensions)}. Name each once.")
        frame = self.frames["allocation" if set(dimensions) <= set(ALLOCATED) else "flows"]
        pence = np.rint(frame["amount"].to_numpy(dtype=float) * PENCE_PER_MILLION).astype(np.int64)
        frame = frame.assign(pence=pence)
        keys = ["scenario", *dimensions]
        kinds = {name: pd.CategoricalDtype(frame[name].drop_duplicates()) for name in dimensions}
        sums = frame.astype(kinds).groupby(keys, observed=True)["pence"].sum().reset_index()
        sums = sums.astype({name: frame[name].dtype for name in dimensions})
        amount = from_pence(sums["pence"].to_numpy())
        return sums.drop(columns="pence").assign(amount=amount)
