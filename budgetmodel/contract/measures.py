"""Every measure of a rule, a record each: what its Value is, what it is compared with, and how that is worked out.

Checks, slips, growth warnings, headroom, conflict figures, prices, the guide, the template and the reference page read
these records; none of them knows a measure by its name. To add a measure, add its record to `MEASURES`. Where its base
is a new one, `program.build.rules` needs its rows and `program.prove.evaluate` its own evaluation; for a base that is
there, both read the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Array
from budgetmodel.contract.units import MILLIONS_PER_POUND

LEAST, MOST, EXACTLY = "at least", "at most", "exactly"
LIMITS = (LEAST, MOST, EXACTLY)
"""What a rule's Limit may be."""


@dataclass(frozen=True)
class ValueUnit:
    """The unit of a rule's Value.

    `words` is the unit as the reference page has it, `sign` as a figure bears it. `typed` is what a cell should hold;
    `{money}` in it is the workbook's money unit. `scale` is what 1 in the cell is in the typed frame (money is scaled
    by the workbook's unit before). A price is of one `step`, which is `step_size` in the typed frame.
    """

    words: str
    sign: str
    typed: str
    step: str
    step_size: float
    scale: float = 1.0

    @property
    def is_percent(self) -> bool:
        """Whether a Value of 2% is 0.02."""
        return self.sign == "%"


MONEY = ValueUnit("the money unit", "£m", "an amount in {money}", "£1m", 1.0)
PERCENT = ValueUnit("%", "%", "a percentage such as 2% (0.02)", "percentage point", 0.01)
POINTS = ValueUnit("% points", "%", PERCENT.typed, PERCENT.step, PERCENT.step_size)
POUNDS = ValueUnit(
    "£ per unit of need", "£", "pounds per unit of need", "£1 per unit of need", MILLIONS_PER_POUND, MILLIONS_PER_POUND
)


class Of(Enum):
    """What the column `Of` names."""

    NOTHING = "-"
    NEED = "a need measure"
    COMPONENT = "a component of the target"
    SELECTIONS = "selections, such as `services=all // providers=all`"


class Base(Enum):
    """What a rule's spending is compared with: Value, or 1 + Value, is multiplied by this."""

    MONEY = "£1m"
    YEAR_BEFORE = "the same spending a year before (the Baseline before the first year)"
    BASELINE = "the same spending in the Baseline"
    DO_MINIMUM = "the same spending in the do-minimum"
    NEED = "the need of the places"
    FAIR_SHARE = "the places' fair-share target on the whole component"
    OTHER_SPENDING = "the spending of the `Of` selection"
    ALL_SPENDING = "the selection's spending"

    @property
    def is_data(self) -> bool:
        """Whether it is known before anything is solved."""
        return self not in (Base.YEAR_BEFORE, Base.OTHER_SPENDING, Base.ALL_SPENDING)

    @property
    def is_own_past(self) -> bool:
        """Whether it is what the selection spends without a change: 0 where the Baseline is 0."""
        return self in (Base.YEAR_BEFORE, Base.BASELINE, Base.DO_MINIMUM)


class Pace(Enum):
    """What growth a measure adds to Value, in the words of the reference page."""

    NONE = ""
    AVERAGE = "average growth of all funding that year"
    REACHABLE = "growth that year of the money that may reach the selection"


@dataclass(frozen=True)
class Rates:
    """What the years add to measures, as shares: by year, shape (years,), or of one year, a scalar array.

    `growth` is the average growth of all funding, `uplift` the Cost uplift of Years, 0 where that is blank.
    `reachable` is the growth of the money that may reach a rule's rows: shape (rows, years), or (rows,) of one year;
    None where the rows are not known.
    """

    growth: Array
    uplift: Array
    reachable: Array | None = None

    def at(self, years: int | NDArray[np.int64]) -> Rates:
        """The rates of one year, or of some, by index."""
        reachable = None if self.reachable is None else np.asarray(self.reachable[..., years])
        return Rates(np.asarray(self.growth[years]), np.asarray(self.uplift[years]), reachable)

    def of(self, pace: Pace) -> Array:
        """The growth that a pace adds, by year, or by row and year; ValueError where the rows are not known."""
        if pace is Pace.NONE:
            return np.zeros_like(self.growth)
        if pace is Pace.AVERAGE:
            return self.growth
        if self.reachable is None:
            raise ValueError("the growth of reachable money is that of a rule's rows, which are not given")
        return self.reachable


@dataclass(frozen=True)
class Measure:
    """One measure of the Rules sheet: `spend >= factor x base` for at least, `<=` for at most, `=` for exactly.

    `meaning`, `defined` (what needs a definition, if anything does) and `example` are the guide's words. `is_relative`
    is whether Value is added to 1: 5% means 5% more than the base. `pace` is the growth of the year that is added to
    that, of all funding or of the money that may reach the selection; `adds_uplift` multiplies it by 1 + the Cost
    uplift of the year. `sees_sources` is whether a rule may select single sources. A Value above `suspect`, or of
    -1 and below, is questioned as a slip of a hundred; None where any Value may be meant.
    """

    name: str
    meaning: str
    example: str
    unit: ValueUnit
    base: Base
    of: Of = Of.NOTHING
    is_relative: bool = False
    pace: Pace = Pace.NONE
    adds_uplift: bool = False
    sees_sources: bool = False
    each_required: bool = False
    limits: tuple[str, ...] = LIMITS
    defined: str = ""
    suspect: float | None = None

    def factor(self, value: float, rates: Rates) -> Array:
        """What the base is multiplied by: Value, or 1 + Value (+ growth), times 1 + Cost uplift if it is added.

        `value` is in the units of the typed frame: £m, a share, or £m per unit of need. By year, or by row and year
        where the growth is that of reachable money.
        """
        result = (1 + value if self.is_relative else value) + rates.of(self.pace)
        return np.asarray(result * (1 + rates.uplift) if self.adds_uplift else result)

    def offset(self, rates: Rates) -> Array:
        """What is added to Value before it is multiplied: `factor` is (Value + offset) x what Value counts."""
        return np.asarray((1.0 if self.is_relative else 0.0) + rates.of(self.pace))

    def growth(self, value: float, rates: Rates) -> Array:
        """By what share of its base a relative measure's limit is above that: `factor` - 1 without its rounding."""
        own = value + rates.of(self.pace)
        return np.asarray(own + (1 + own) * rates.uplift if self.adds_uplift else own)

    @property
    def constraint(self) -> str:
        """The constraint in words, for at least: `spending >= (1 + Value) x the same spending in the Baseline`."""
        left = "spending"
        if self.base is Base.ALL_SPENDING:
            left = "the sum over Each of what a member gets above its do-minimum"
        factor = "Value"
        if self.is_relative:
            factor = f"(1 {f'+ {self.pace.value} ' if self.pace is not Pace.NONE else ''}+ Value)"
        if self.adds_uplift:
            factor += " x (1 + Cost uplift of the year)"
        sign = "<=" if self.limits == (MOST,) else ">="
        return f"{left} {sign} {factor}" + ("" if self.base is Base.MONEY else f" x {self.base.value}")


MEASURES = (
    Measure(
        "amount",
        "The spending itself, in the money unit.",
        "Sources = Core, amount, at least, 5",
        MONEY,
        Base.MONEY,
        sees_sources=True,
    ),
    Measure(
        "growth",
        "Against the same spending a year before.",
        "Services = tag: MHIS, growth, at least, 4.4%",
        PERCENT,
        Base.YEAR_BEFORE,
        is_relative=True,
        suspect=1.0,
    ),
    Measure(
        "relative growth",
        "Growth beyond the average growth of all funding, in % points.",
        "Each = place, relative growth, at most, 2.5%",
        POINTS,
        Base.YEAR_BEFORE,
        is_relative=True,
        pace=Pace.AVERAGE,
        suspect=1.0,
    ),
    Measure(
        "growth of reachable money",
        "Growth beyond that of the money that may reach the selection, in % points.",
        "Each = service, growth of reachable money, at most, 2.5%",
        POINTS,
        Base.YEAR_BEFORE,
        is_relative=True,
        pace=Pace.REACHABLE,
        defined=(
            "Money that may reach the selection: of every source as much of its amount as the selection has of the "
            "Baseline that the source may reach under the scenario's regime. Its growth is that of the sum. Before the "
            "first year a source's amount is what it pays of the Baseline at home, where sources share a home in "
            "proportion to their amounts spread over all of it. Average growth where no money was there before."
        ),
        suspect=1.0,
    ),
    Measure(
        "real growth",
        "Growth beyond the Cost uplift of the year in Years; a blank one counts as 0.",
        "Services = General practice, real growth, at least, 1%",
        PERCENT,
        Base.YEAR_BEFORE,
        is_relative=True,
        adds_uplift=True,
        suspect=1.0,
    ),
    Measure(
        "change",
        "Against the same spending in the Baseline.",
        "Each = service, change, at least, -10%",
        PERCENT,
        Base.BASELINE,
        is_relative=True,
        suspect=1.0,
    ),
    Measure(
        "do-minimum",
        "Against the same spending if everybody kept the share of the Baseline.",
        "Each = provider, do-minimum, at least, -3%",
        PERCENT,
        Base.DO_MINIMUM,
        is_relative=True,
        suspect=1.0,
    ),
    Measure(
        "share",
        "As a share of the spending that Of selects.",
        "Providers = sector: VCSE, share, Of = providers=all, at least, 2%",
        PERCENT,
        Base.OTHER_SPENDING,
        Of.SELECTIONS,
        sees_sources=True,
        suspect=20.0,  # a share may pass 1 when it is of another service
    ),
    Measure(
        "per head",
        "£ per unit of the need measure in Of, whatever the money unit.",
        "Services = Running costs, per head, Of = Population, at most, 18.76",
        POUNDS,
        Base.NEED,
        Of.NEED,
        sees_sources=True,
    ),
    Measure(
        "fair share",
        "Against the selected places' fair share of the component in Of.",
        "Each = place, fair share, Of = Overall fair share, at least, -5%, should",
        PERCENT,
        Base.FAIR_SHARE,
        Of.COMPONENT,
        is_relative=True,
        suspect=1.0,
    ),
    Measure(
        "moved",
        "What members of Each get above their do-minimum, as a share of all; at most only.",
        "Each = service, moved, at most, 1%",
        PERCENT,
        Base.ALL_SPENDING,
        each_required=True,
        limits=(MOST,),
        suspect=1.0,
    ),
)
"""Every measure, in the order of the drop-down list and the guide."""

MEASURE = MappingProxyType({measure.name: measure for measure in MEASURES})
"""The measures by name."""
