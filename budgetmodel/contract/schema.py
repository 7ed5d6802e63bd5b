"""Every sheet and column of the input workbook, declared once.

The reader, the checks, the template and the reference page are driven by these records. Sheet and column names
are the contract of `workbook.md` and do not change.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Literal

from budgetmodel.contract.measures import LIMITS, MEASURES
from budgetmodel.contract.objectives import BY_NAME, USUAL
from budgetmodel.contract.objectives import note as objectives_note


class Kind(Enum):
    """What a cell of a column holds, and so how it is read."""

    TEXT = "text"
    NAME = "name"  # names a member of a dimension (or a rule, component, regime, scenario)
    MEMBER = "member"  # refers to a name declared in another sheet
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"  # in the workbook's money unit
    PERCENT = "percent"  # a true percentage: 2% is 0.02
    YEAR = "year"
    SELECTOR = "selector"  # the members that a row is about
    RAW = "raw"  # read later, by a check that knows what the row needs


@dataclass(frozen=True)
class Column:
    """One column: what it holds, whether it must be there, its unit, range and default.

    `choices` are all that may be typed, `other_words` what people type for one of them, which is read as it and logged;
    `suggest` is offered in a list, and anything else may be typed as well.
    `cells` is what a RAW column's cells are made for in our own workbooks; `offers` is what the list of a change is
    made of, as its Table has them: names of rows, columns, years. `one_name_in` is for free names that
    several rows may bear, such as a pot's: the columns of the sheet among which they are one name whatever their case
    and spaces, spelt as it first occurs in the first of them that has it. `shown_only` is for members
    that no equation reads: an unknown one, such as one that a scenario takes away, is warned of and counts as blank.
    `by_year` is whether the rows of one member may differ in it, where its sheet has a row per member and years.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    blank: bool = False
    unit: str = ""
    refers: str = ""
    one_name_in: tuple[str, ...] = ()
    shown_only: bool = False
    choices: tuple[str, ...] = ()
    other_words: tuple[tuple[str, str], ...] = ()
    suggest: tuple[str, ...] = ()
    cells: Literal["any", "text", "number"] = "any"
    offers: Literal["", "rows", "fields", "years"] = ""
    default: object = None
    low: float | None = None
    above: float | None = None
    high: float | None = None
    by_year: bool = False
    note: str = ""
    example: object = ""

    @property
    def heading(self) -> str:
        """The name with its unit, as our own workbooks write it."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def must_be_filled(self) -> bool:
        """Whether a blank cell is an error."""
        return self.required and not self.blank and self.kind is not Kind.SELECTOR

    @property
    def takes_percent(self) -> bool:
        """Whether a number may be written as a percentage: a share, or a weight, which only counts beside others."""
        return self.kind is Kind.PERCENT or (self.kind is Kind.NUMBER and self.above == 0)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its purpose, its columns, and what makes a row unique.

    `pairs` are the columns by which rows of two workbooks are taken for the same one where rows need not be unique;
    `pointed_at` is the column whose name a change's Row gives, where that is not the first of `identity`.
    `ordered` is whether the order of the rows has a meaning.
    """

    name: str
    row_of: str
    columns: tuple[Column, ...]
    purpose: str
    key: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    pointed_at: str = ""
    ordered: bool = False
    optional: bool = False
    rows_needed: bool = True

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that distinguish one row from another: the key, or else `pairs`."""
        return self.key or self.pairs

    @property
    def row_column(self) -> Column:
        """The column in which a change's Row is looked for."""
        return self.column(self.pointed_at or self.identity[0])

    @property
    def year_column(self) -> Column | None:
        """The column in which a change's Year is looked for; None where a row is of no one year."""
        return next((column for column in self.columns if column.kind is Kind.YEAR), None)

    @property
    def beside_row(self) -> tuple[Column, ...]:
        """The columns by which rows of one Row and Year still differ: a change that gives a Row must settle them."""
        named = (self.row_column, self.year_column)
        return tuple(column for column in map(self.column, self.identity) if column not in named)

    @property
    def dated(self) -> bool:
        """Whether a member may have several rows, each for some of the years: those of its column `Years`."""
        return any(column.by_year for column in self.columns)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """The columns that must be in the header."""
        return tuple(column for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


ABOUT, YEARS, PLACES, NEEDS, SERVICES, PROVIDERS = "About", "Years", "Places", "Needs", "Services", "Providers"
SOURCES, FUNDING, BASELINE, PROVISION, TARGET = "Sources", "Funding", "Baseline", "Provision", "Target"
RULES, REGIMES, CONTRACTS, INDICATORS = "Rules", "Regimes", "Contracts", "Indicators"
REGIME_COSTS, CONVERGENCE = "Regime costs", "Convergence"
SCENARIOS, CHANGES = "Scenarios", "Changes"

OWN_SHEETS = COVER, GUIDE = "Cover", "Guide"
"""Sheets of our own workbooks that hold nothing to be read."""

LISTS = "Lists"
"""The hidden sheet behind drop-downs that follow another cell; nothing is read of it either."""

NO_REASON = "no reason given"
"""The reason of a change that states none."""

_CHANGE_WORDS = (
    *((words, "set") for words in ("set to", "sets", "change to", "=")),
    *((words, "add") for words in ("add to", "increase by", "plus", "+", "+=")),
    *((words, "multiply") for words in ("multiply by", "times", "scale", "scale by", "x", "*", "*=")),
    *((words, "remove") for words in ("remove row", "remove rows", "delete", "delete row", "delete rows", "drop")),
    *((words, "append") for words in ("append row", "add row", "add a row", "new row", "new", "insert", "insert row")),
)
"""What people type for a change."""

UNCHANGEABLE = (ABOUT, SCENARIOS, CHANGES)
"""Sheets that a scenario may not change."""

CHANGEABLE = (
    *(YEARS, PLACES, NEEDS, SERVICES, PROVIDERS, SOURCES, FUNDING, BASELINE),
    *(PROVISION, TARGET, RULES, REGIMES, CONTRACTS, REGIME_COSTS, INDICATORS, CONVERGENCE),
)
"""Sheets that a scenario may change."""

DIMENSIONS = {
    "year": (YEARS, "Year"),
    "place": (PLACES, "Place"),
    "service": (SERVICES, "Service"),
    "provider": (PROVIDERS, "Provider"),
    "source": (SOURCES, "Source"),
}
"""The dimensions of the model: the sheet and column that name their members."""

SELECTED_NAMES = frozenset(column for _, column in DIMENSIONS.values())
"""Columns that name what selectors speak of: nothing may be named `all` there."""

EACH = tuple(name for name in DIMENSIONS if name != "year")
"""The dimensions that a rule may make one constraint per member of; it makes one per year anyway."""


NONE = "none"
"""The word that switches `Keep at most` off."""

BASELINE_KEY = "baseline"
"""The place key that shares a service's money as the Baseline does."""

SERVICE_LEVEL = "service level"
"""Of a source whose money is decided at the level of each service."""

EACH_POT = "each"
"""The pot name that gives every source a pot of its own."""

POOLED, ALIGNED, IN_VIEW = "pooled", "aligned", "in view"
GRADES = (POOLED, ALIGNED, IN_VIEW)
"""How far a source is in a pool: in the fund, managed together in a ledger of its own, or only shown beside it."""

DELAY_COST_RATE, OVERSPEND_TESTED = "Delay cost rate", "Overspend tested"
RATE_SETTINGS = (DELAY_COST_RATE, OVERSPEND_TESTED)
"""The settings of About that hold a percentage."""

ENGAGEMENT_QUESTIONS = "Engagement questions"
"""The setting of About that asks for the sheets of the 2020 engagement exercise; blank = no."""

YES, NO = "yes", "no"
ROW = "Row"
"""The column of Changes that names the row that is changed, and how a Where may name that column of any table."""

RUN = "Run"
"""The column of Scenarios that says whether a scenario is solved when none is asked for by name."""

YES_NO_SETTINGS = (ENGAGEMENT_QUESTIONS,)
"""The settings of About that hold yes or no."""

MONEY_UNIT = "Money unit"
"""The setting of About that decides how every amount is read."""

SETTINGS = (
    "Title",
    "System",
    "System code",
    MONEY_UNIT,
    "Price basis",
    "Prepared by",
    "Approved by",
    "Status",
    "Use until",
    *RATE_SETTINGS,
    *YES_NO_SETTINGS,
    "Template version",
)

TEMPLATE_VERSION = "1.0"
"""The version of this contract, as `Template version` in About states it."""

STATUSES = ("published", "derived", "illustrative")

_UPLIFTED = ", ".join(measure.name for measure in MEASURES if measure.adds_uplift)

_UPLIFT_NOTE = f"For rules on {_UPLIFTED} (blank = 0), growth in real terms and savings (blank = cash only)"

YEARS_OF_ROW = "Years"
"""The column of Services and Sources that says of which years a row speaks, where a member has several."""

_SOURCE = Column("Source", note="Where the figure is from")
_SOURCE_OF_FIGURE = Column("Source of figure", note="Where the figure is from")
_STATUS = Column("Status", Kind.CHOICE, choices=STATUSES, note="published, derived or illustrative")


def _named(name: str, **more: object) -> Column:
    return Column(name, Kind.NAME, required=True, **more)  # type: ignore[arg-type]  # keyword pass-through


def _free_name(name: str, **more: object) -> Column:
    """A name that is declared nowhere: rows that bear the same one belong together."""
    return Column(name, one_name_in=(name,), **more)  # type: ignore[arg-type]  # keyword pass-through


def _member(name: str, refers: str, *, required: bool = True, note: str = "", shown_only: bool = False) -> Column:
    return Column(name, Kind.MEMBER, required=required, refers=refers, note=note, shown_only=shown_only)


def _selector(name: str, refers: str, *, required: bool = False, note: str = "") -> Column:
    return Column(
        name, Kind.SELECTOR, required=required, refers=refers, note=note or f"Which {refers.lower()}; blank = all"
    )


def _choice(name: str, *choices: str, note: str = "") -> Column:
    return Column(name, Kind.CHOICE, required=True, choices=choices, note=note)


def _dated(*columns: Column) -> tuple[Column, ...]:
    """Columns in which the rows of one member may differ by year."""
    return tuple(replace(column, by_year=True) for column in columns)


def _years_of_row(may: str) -> Column:
    return Column(
        YEARS_OF_ROW,
        Kind.SELECTOR,
        refers=YEARS,
        note=f"Blank = all. A row per period where something changes: {may} may differ; the rows cover each year once",
    )


def _share(name: str, note: str) -> Column:
    """A share that may be left blank: then it is not reported."""
    return Column(name, Kind.PERCENT, unit="%", low=0.0, high=1.0, note=note)


def _rate(name: str, default: float, note: str, high: float = 1.0) -> Column:
    """A share with a default; the note says it."""
    words = f"{note}; blank = {default:.1%}"
    return Column(name, Kind.PERCENT, unit="%", low=0.0, high=high, default=default, note=words)


def _growth_rate(name: str, default: float, note: str) -> Column:
    """The same for growth, which may be below 0."""
    return replace(_rate(name, default, note), low=-1.0)


def _weight(name: str, note: str) -> Column:
    return Column(name, Kind.NUMBER, default=1.0, above=0.0, note=note)


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        ABOUT,
        "setting",
        (
            Column("Setting", required=True, suggest=SETTINGS, example="Money unit"),
            Column("Value", Kind.RAW, required=True, blank=True, cells="text", example="£m"),
            _SOURCE,
            _STATUS,
        ),
        "What this workbook is, who stands behind it, and its money unit.",
        key=("Setting",),
        rows_needed=False,
    ),
    Sheet(
        YEARS,
        "year, in order, no gaps",
        (
            Column("Year", Kind.YEAR, required=True, note="Financial year as text", example="2016/17"),
            _weight("Weight", "What the year counts for in the index"),
            Column("Cost uplift", Kind.PERCENT, unit="%", note=_UPLIFT_NOTE),
            Column(
                "Efficiency",
                Kind.PERCENT,
                unit="%",
                note="For growth after uplift less efficiency and savings asked; changes no equation",
            ),
            _SOURCE,
            _STATUS,
        ),
        "The financial years of the plan, first year first.",
        key=("Year",),
    ),
    Sheet(
        PLACES,
        "place",
        (
            _named("Place", example="Bury"),
            Column("Code", unit="ONS", note="ONS code, as text", example="E08000002"),
            Column("Sub-ICB code", note="Three characters, as text", example="00V"),
            Column("Also known as", note="Other names, separated by ;"),
            _free_name("Group", note="Places are compared by it too; changes no equation"),
            Column(
                "Deprivation score",
                Kind.NUMBER,
                note="Higher = more deprived; orders places for slope indices; changes no equation",
            ),
            _weight("Equity weight", "Multiplies the place's need in the index"),
            _SOURCE,
            _STATUS,
        ),
        "The places among which the money is shared.",
        key=("Place",),
    ),
    Sheet(
        NEEDS,
        "need measure and place",
        (
            _free_name("Need measure", required=True, example="Core weighted population"),
            _member("Place", PLACES),
            Column("Value", Kind.NUMBER, required=True, low=0.0, note="Need of the place, in the measure's own unit"),
            _choice("Basis", "registered", "resident", "weighted", "count"),
            Column("Period", note="The period the value is of"),
            _SOURCE,
            _STATUS,
        ),
        "What each place needs, by measure.",
        pairs=("Need measure", "Place"),
        pointed_at="Place",
    ),
    Sheet(
        SERVICES,
        "service",
        (
            _named("Service", example="Lung health checks"),
            _free_name("Programme", required=True, example="Cancer"),
            *_dated(
                _choice("Level", "neighbourhood", "place", "system", "national", note="Reported; changes no equation"),
                _choice("Delegation", "own", "delegated", "retained", note="Reported; changes no equation"),
            ),
            Column(
                "Place key",
                refers=NEEDS,
                suggest=(BASELINE_KEY,),
                note="A need measure or `baseline`: fixed shares among places; blank = free",
            ),
            Column("Tags", note="Separated by ;", example="MHIS; prevention"),
            _years_of_row("Level, Delegation and Notes"),
            *_dated(Column("Notes"), _SOURCE, _STATUS),
        ),
        "What the money buys.",
        key=("Service",),
    ),
    Sheet(
        PROVIDERS,
        "provider",
        (
            _named("Provider", example="The Christie"),
            Column("Code", unit="ODS", note="ODS code, as text", example="RBV"),
            _choice(
                "Sector",
                "acute",
                "mental health",
                "community",
                "ambulance",
                "primary care",
                "council",
                "social care",
                "VCSE",
                "independent",
            ),
            Column(
                "Lead group",
                one_name_in=("Provider", "Lead group"),  # a group called like a provider is one party with it
                note="The group through which a lead provider contract runs",
            ),
            _share(
                "Variable cost share",
                "The part of its costs that goes when income goes; the rest is left stranded. Blank = not reported",
            ),
            _share(
                "Passed on share",
                "For the lead of a group: the part of its group's money, less fee, that it passes on. "
                "Blank = see the flows",
            ),
            _SOURCE,
            _STATUS,
        ),
        "Who is paid to deliver.",
        key=("Provider",),
    ),
    Sheet(
        SOURCES,
        "funding stream",
        (
            _named("Source", example="NHS core, Bury"),
            *_dated(
                _free_name("Holder", required=True, example="NHS Bury CCG"),
                _choice("Kind", "recurrent", "non-recurrent", note="Reported; changes no equation"),
                _selector("Home places", PLACES, required=True, note="Where the holder buys alone"),
                _selector("Home services", SERVICES, required=True, note="What the holder buys alone"),
                _selector("Lawful places", PLACES, required=True, note="The widest the money may reach when pooled"),
                _selector(
                    "Lawful services", SERVICES, required=True, note="The widest the money may reach when pooled"
                ),
            ),
            Column(
                "Carry forward",
                Kind.PERCENT,
                unit="max % of the year's amount",
                default=0.0,
                low=0.0,
                high=1.0,
            ),
            *_dated(
                Column("Authority", note="The rule or agreement behind it"),
                Column(
                    "Grade",
                    Kind.CHOICE,
                    choices=GRADES,
                    note="pooled = in the fund; aligned = managed together, own ledger; in view = shown, never moved. "
                    "Blank = as the pots of Regimes have it",
                ),
                Column("Host", note="The holder that hosts the pool. Blank = not reported"),
            ),
            _share(
                "Partner share",
                "Its part of an overspend of the pool; the parts of a pool make 100%. "
                "Blank = of what is left, in proportion to its amount",
            ),
            _years_of_row("Holder, Kind, Home, Lawful, Authority, Grade and Host"),
            *_dated(_SOURCE_OF_FIGURE, _STATUS),
        ),
        "Where the money comes from, and how far it may go.",
        key=("Source",),
    ),
    Sheet(
        FUNDING,
        "source and year",
        (
            _member("Source", SOURCES),
            Column("Year", Kind.YEAR, required=True, refers=YEARS, example="2016/17"),
            Column("Amount", Kind.MONEY, required=True, low=0.0, unit="£m"),
            _SOURCE_OF_FIGURE,
            _STATUS,
        ),
        "How much each source brings in each year.",
        key=("Source", "Year"),
    ),
    Sheet(
        BASELINE,
        "place, service, provider",
        (
            _member("Place", PLACES),
            _member("Service", SERVICES),
            _member("Provider", PROVIDERS),
            Column("Amount", Kind.MONEY, required=True, low=0.0, unit="£m"),
            _SOURCE_OF_FIGURE,
            _STATUS,
        ),
        "Spending in the year before the first year.",
        key=("Place", "Service", "Provider"),
    ),
    Sheet(
        PROVISION,
        "allowed supply beyond the baseline",
        (
            _selector("Places", PLACES, required=True),
            _selector("Services", SERVICES, required=True),
            _selector("Providers", PROVIDERS, required=True),
            _SOURCE,
            _STATUS,
        ),
        "Who may begin to provide what, where, beyond the Baseline.",
        pairs=("Places", "Services", "Providers"),
        pointed_at="Services",
        optional=True,
        rows_needed=False,
    ),
    Sheet(
        TARGET,
        "component of the inequality target",
        (
            _named("Component", example="Overall fair share"),
            Column("Need measure", required=True, refers=NEEDS),
            _selector("Services", SERVICES, required=True),
            Column("Weight", Kind.NUMBER, required=True, above=0.0, note="Shown as share of the sum"),
            Column(
                "Keep at least",
                Kind.PERCENT,
                unit="% of the do-minimum total",
                default=0.99,
                low=0.0,
                note="Blank = 99%, 0 = off",
            ),
            Column(
                "Keep at most",
                Kind.PERCENT,
                unit="% of the do-minimum total",
                default=1.05,
                low=0.0,
                choices=(NONE,),
                note="Blank = 105%, none = off",
            ),
            Column("Why"),
            _SOURCE,
            _STATUS,
        ),
        "What is to be made more equal, against which need, and how much each part counts.",
        key=("Component",),
    ),
    Sheet(
        RULES,
        "rule",
        (
            _named("Rule", example="Mental Health Investment Standard"),
            _selector("Years", YEARS),
            _selector("Places", PLACES),
            _selector("Services", SERVICES),
            _selector("Sources", SOURCES),
            _selector("Providers", PROVIDERS),
            Column(
                "Each",
                Kind.RAW,
                suggest=EACH,
                cells="text",
                note="One constraint per member of these, separated by commas; blank = one sum",
                example="place, service",
            ),
            Column("Measure", Kind.CHOICE, required=True, choices=tuple(measure.name for measure in MEASURES)),
            Column("Of", Kind.RAW, cells="text", note="What the Measure compares with", example="providers=all"),
            Column("Limit", Kind.CHOICE, required=True, choices=LIMITS),
            Column("Value", Kind.RAW, required=True, cells="number", note="In the unit of the Measure; 2% is 0.02"),
            Column("Strength", Kind.CHOICE, required=True, choices=("must", "should")),
            _weight("Weight", "For should: what £1m of shortfall counts"),
            Column("Authority"),
            _SOURCE,
            _STATUS,
        ),
        "What the allocation must, or should, keep to.",
        key=("Rule",),
        rows_needed=False,
    ),
    Sheet(
        REGIMES,
        "regime and group of sources",
        (
            _named("Regime", example="Pooled", one_name_in=("Regime",)),
            _selector("Sources", SOURCES, required=True),
            _free_name("Pot", required=True, suggest=(EACH_POT,), note="`each` = a pot per source, else a name"),
            _choice("Decided at", SERVICE_LEVEL, "place", "system", "national", note="Reported; changes no equation"),
            _selector("Years", YEARS, note="Blank = all years"),
            _SOURCE,
            _STATUS,
        ),
        "Which sources share a pot, in which years.",
        pairs=("Regime", "Sources", "Years"),
    ),
    Sheet(
        CONTRACTS,
        "kind of contract, first matching row wins",
        (
            _member("Regime", REGIMES),
            _selector("Services", SERVICES),
            _selector("Providers", PROVIDERS),
            _choice("Form", "block", "activity", "lead provider", "section 75", "grant"),
            Column("Fee", Kind.PERCENT, required=True, unit="%", low=0.0, high=1.0),
            Column("Cost per contract", Kind.NUMBER, required=True, unit="£k", low=0.0),
            Column("Days to pay", Kind.NUMBER, required=True, low=0.0, note="Reported; changes no equation"),
            _choice("Counted by", "provider", "lead group"),
            _SOURCE,
            _STATUS,
        ),
        "What it costs to move money under each regime.",
        pairs=("Regime", "Services", "Providers"),
        ordered=True,
    ),
    Sheet(
        REGIME_COSTS,
        "regime and payer",
        (
            _member("Regime", REGIMES),
            Column(
                "One-off cost",
                Kind.MONEY,
                required=True,
                low=0.0,
                unit="£m",
                note="What it costs once to set the regime up: legal work, systems, exits",
            ),
            Column(
                "Phase-in by year",
                Kind.RAW,
                cells="text",
                note="The part of the cost that falls in each year, first year first; the parts make 100%. "
                "Blank = all in the first year",
                example="25%; 35%; 40%",
            ),
            Column("Payer", note="The holder that pays. Blank = not reported"),
            _SOURCE_OF_FIGURE,
            _STATUS,
        ),
        "What it costs once to set a regime up, when, and who pays.",
        key=("Regime", "Payer"),
        optional=True,
        rows_needed=False,
    ),
    Sheet(
        INDICATORS,
        "indicator, place, period",
        (
            _free_name("Indicator", required=True, example="Life expectancy at birth, male"),
            _member("Place", PLACES),
            Column("Period", required=True, blank=True),
            Column("Value", Kind.NUMBER, required=True),
            Column("Unit", required=True),
            _choice("Better", "higher", "lower"),
            Column(
                "Benchmark", Kind.NUMBER, note="The figure it is held against, such as England's of the same period"
            ),
            Column("Definition", note="The version of the definition; where it changes, the trend is broken"),
            _member(
                "Component",
                TARGET,
                required=False,
                note="The component whose money is shown beside it; blank = none",
                shown_only=True,
            ),
            _SOURCE,
            _STATUS,
        ),
        "Outcomes by place, reported beside the answer.",
        key=("Indicator", "Place", "Period"),
        optional=True,
        rows_needed=False,
    ),
    Sheet(
        CONVERGENCE,
        "convergence rule",
        (
            _named("Policy", example="Ramp of 2025/26"),
            _choice(
                "Kind",
                "ramp",
                "floors",
                note="ramp = base growth and a capped part of the distance from target; "
                "floors = a least growth for everybody, and the rest by what is missing",
            ),
            _member(
                "Component",
                TARGET,
                required=False,
                note="Whose money and need are meant; blank = the component that weighs most",
            ),
            Column(
                "Driver",
                Kind.CHOICE,
                choices=("closing", "opening"),
                default="closing",
                note="Ramp: the distance "
                "after base growth on the year's target (closing) or before the year (opening); blank = closing",
            ),
            _rate("Slope over", 0.2, "Ramp: part of the distance that a place over its target loses in a year"),
            _rate("Cap over", 0.005, "Ramp: most that it loses, of its grown money"),
            _rate("Slope under", 0.2, "Ramp: part of the distance that a place under its target gains in a year"),
            _rate("Cap under", 0.005, "Ramp: most that it gains, of its grown money"),
            _rate("Scope share", 1.0, "Ramp: share of the money that converges"),
            _growth_rate("Least growth", 0.02, "Floors: growth that every place has at least"),
            _growth_rate("Least growth far over", 0.01, "Floors: the same far over target"),
            _rate("Falls from", 0.05, "Floors: distance over target from which the least growth falls", 10.0),
            _rate("Falls to", 0.10, "Floors: distance over target at which it has fallen", 10.0),
            _rate("Most under", 0.05, "Floors: nobody ends further under target"),
            Column(
                "Rounding",
                Kind.NUMBER,
                unit="£k",
                default=0.0,
                low=0.0,
                note="What places get is rounded to so much; blank = 0, not rounded",
            ),
            _SOURCE,
            _STATUS,
        ),
        "Rules by which places come to their targets, for scenarios with the objective convergence: NAME.",
        key=("Policy",),
        optional=True,
        rows_needed=False,
    ),
    Sheet(
        SCENARIOS,
        "scenario",
        (
            _named("Scenario", example="Pooled"),
            _member("Based on", SCENARIOS, required=False, note="Another scenario; blank = the workbook as it stands"),
            replace(_member("Regime", REGIMES, note="Blank = that of Based on"), blank=True),
            Column("Objective", default=USUAL.name, suggest=tuple(BY_NAME), note=objectives_note()),
            Column(
                "Tolerance",
                Kind.NUMBER,
                default=0.0,
                low=0.0,
                note="Points of index (another objective: its unit) that a plan which changes least may give up; "
                "blank = 0: the best",
                example="1",
            ),
            Column(
                RUN,
                Kind.CHOICE,
                choices=(YES, NO),
                default=YES,
                note="no = neither solved nor reported, unless it is asked for by name; others may be based on it. "
                "Blank = yes",
            ),
            Column("Purpose"),
            Column("Owner"),
            Column(
                "Engagement question",
                note="Numbers of the questions of the 2020 engagement exercise that it answers, separated by ;; "
                "the first scenario of a question is what the others are held against. Blank throughout = all answer",
                example="1; 2",
            ),
            _SOURCE,
            _STATUS,
        ),
        "What is solved.",
        key=("Scenario",),
    ),
    Sheet(
        CHANGES,
        "change a scenario makes",
        (
            _member("Scenario", SCENARIOS),
            Column("Table", required=True, choices=CHANGEABLE, note="The sheet that is changed"),
            Column(
                ROW,
                Kind.RAW,
                cells="text",
                offers="rows",
                note="The row that is changed, by its name in the sheet of Table; blank = see Where",
                example="Core",
            ),
            Column(
                "Year",
                Kind.RAW,
                cells="text",
                offers="years",
                note="Of a Table with a column Year: the year that is changed; blank = every year",
                example="2026/27",
            ),
            Column(
                "Where",
                Kind.RAW,
                cells="text",
                note="What Row and Year do not say: column = value | value; ... picks rows; all blank = every row",
                example="Service=Hospital",
            ),
            Column(
                "Field",
                Kind.RAW,
                required=True,
                blank=True,
                cells="text",
                offers="fields",
                note="The column that is changed",
            ),
            replace(_choice("Change", "set", "add", "multiply", "remove", "append"), other_words=_CHANGE_WORDS),
            Column("Value", Kind.RAW, note="The new value, amount or factor"),
            Column("Unit", note="A check, never a scale"),
            Column("Reason", required=True, blank=True, default=NO_REASON, note=f"Blank = {NO_REASON}"),
            Column("Owner"),
            _SOURCE,
            _STATUS,
        ),
        "What each scenario changes in the tables above.",
        pairs=("Scenario", "Table", ROW, "Year", "Where", "Field", "Change"),
        ordered=True,
        optional=True,
        rows_needed=False,
    ),
)

SHEET = {sheet.name: sheet for sheet in SHEETS}
"""The sheets by name, in the order of the contract."""


@dataclass(frozen=True)
class Grid:
    """An optional sheet that gives a table across: a row per `down`, a column per member of `across`, `value` within.

    `beside` are columns of the table that may stand in a row of the grid and hold for all its figures.
    """

    name: str
    table: str
    down: tuple[str, ...]
    across: str
    value: str
    purpose: str
    beside: tuple[str, ...] = ("Source of figure", "Status")

    @property
    def as_sheet(self) -> Sheet:
        """The columns that are looked for by name; every other heading is a member of `across`."""
        of = SHEET[self.table]
        columns = (*map(of.column, self.down), *(replace(of.column(name), required=False) for name in self.beside))
        return Sheet(self.name, f"{' and '.join(self.down).lower()}", columns, self.purpose, optional=True)


GRIDS = (
    Grid(
        "Baseline grid",
        BASELINE,
        ("Place", "Provider"),
        "Service",
        "Amount",
        "Baseline across: a row per place and provider, a column per service. Blank = no such spending.",
    ),
    Grid(
        "Funding grid",
        FUNDING,
        ("Source",),
        "Year",
        "Amount",
        "Funding across: a row per source, a column per year. Blank = no money that year.",
    ),
)
"""Sheets that give a table across, beside or instead of its own sheet; never both for one row of it."""

_BRACKET = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*$")
_NOTE_IN_BRACKETS = re.compile(
    r"\s*(?:\[(?:notes?:?\s*)?(?:[a-z]?\d{1,3}|[a-z])(?:\s*[,;&]\s*(?:note\s*)?\d{1,3})*\]|\((?:notes?:?\s*)?\d{1,2}\)"
    r"|[(\[](?:see )?(?:foot)?notes?\s*\w{0,3}[)\]])\s*",
    re.IGNORECASE,
)
"""A mark of a note: `[note 1]`, as the Government Analysis Function asks for, `[1]`, `[r]`, `(note 2)`, `(1)`."""

_MARKS = "*:;.,\u2020\u2021\u00a7#^~!?\uff1a\uff0a\u2217"
_RAISED = re.compile("[\u00b9\u00b2\u00b3\u2070-\u2079\u00aa\u00ba\u1d43-\u1d5b\u2460-\u2473]+")
"""Raised figures and letters, and figures in circles, which are the marks of notes."""


def fold(text: str) -> str:
    """A name as it is compared: normal form, single spaces, no case.

    >>> fold("  Wigan  Borough ") == fold("WIGAN BOROUGH")
    True
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.split()).casefold()


@lru_cache(maxsize=4096)
def fold_heading(text: str) -> str:
    """A column heading as it is compared: the unit in brackets and the marks of notes are left out.

    >>> fold_heading("Amount (£m)"), fold_heading("Fee (%) "), fold_heading("Amount* (£m) [note 1]"), fold_heading("*")
    ('amount', 'fee', 'amount', '*')
    """
    name = _heading(text)[0]
    return fold(name) or fold(text)


def _heading(text: str) -> tuple[str, tuple[str, ...]]:
    """The name in a heading, without marks of notes, and what stands in brackets behind it, such as the unit."""
    rest = _RAISED.sub("", _NOTE_IN_BRACKETS.sub(" ", " ".join(text.split()))).strip(f" {_MARKS}")
    behind: list[str] = []
    while (match := _BRACKET.search(rest)) is not None and match.start() > 0:
        behind.append(match[1].strip())
        rest = rest[: match.start()].rstrip(f" {_MARKS}")
    return rest, tuple(reversed(behind))


def setting_named(text: str) -> str | None:
    """The setting of About that a label names, as a heading names a column; None when it names none.

    >>> setting_named("money unit (£, £k or £m)"), setting_named("Money units")
    ('Money unit', None)
    """
    return _SETTING_NAMED.get(fold_heading(text))


def heading_unit(text: str) -> str:
    """The unit in brackets at the end of a heading, or nothing.

    >>> heading_unit("Amount (£k)"), heading_unit("Amount* [£k] [note 2]"), heading_unit("Amount (cash) (£m)")
    ('£k', '£k', 'cash, £m')
    """
    return ", ".join(_heading(text)[1])


_SETTING_NAMED = {fold(name): name for name in SETTINGS}
