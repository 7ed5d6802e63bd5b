"""How much of the money is published, derived and illustrative, in pounds: rows say less, as a row may be a penny."""

from __future__ import annotations

from dataclasses import dataclass

from budgetmodel.contract import schema
from budgetmodel.contract.units import pounds
from budgetmodel.inputs.inputs import Inputs

UNSTATED = "not stated"


@dataclass(frozen=True)
class MoneyStatus:
    """A sheet's money, £m, by status, in the order of the contract; statuses without money are left out."""

    sheet: str
    what: str
    amounts: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        """All of it, £m."""
        return sum(amount for _, amount in self.amounts)

    @property
    def words(self) -> str:
        """In a sentence, such as `Funding, all years (£31,451.3m): 3% derived, 97% illustrative`."""
        whole = self.total
        shares = ", ".join(f"{_share(amount / whole)} {status}" for status, amount in self.amounts) if whole else "none"
        none = "" if any(status == schema.STATUSES[0] for status, _ in self.amounts) else f", none {schema.STATUSES[0]}"
        return f"{self.what} ({pounds(whole)}): {shares}{none}."


def money_status(inputs: Inputs) -> tuple[MoneyStatus, ...]:
    """The money of Funding (all years) and of the Baseline (one year) by status."""
    sheets = ((schema.FUNDING, "Funding, all years"), (schema.BASELINE, "Today's spending"))
    found = []
    for sheet, what in sheets:
        frame = inputs.frame(sheet)
        known = [str(status) if status in schema.STATUSES else UNSTATED for status in frame["Status"]]
        sums = frame["Amount"].astype(float).groupby(known).sum()
        order = [name for name in (*schema.STATUSES, UNSTATED) if name in sums and sums[name] > 0]
        found.append(MoneyStatus(sheet, what, tuple((name, float(sums[name])) for name in order)))
    return tuple(found)


def _share(share: float) -> str:
    """A whole percentage; a part is never 0% or 100%."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"
