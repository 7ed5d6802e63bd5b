"""Objectives: what a scenario minimises once the shortfall is least. One record each, read by checks and reports alike.

A scenario is solved in stages (model.md, section 5): the shortfall, what its objective minimises, then turnover. An
objective of the design that is not built has its name here, so that it is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Hold = Literal["value", "face"]
"""How a stage's result is kept for the stages that follow.

`value`: at value x (1 + 1e-7) + 1e-7, as in the design for the shortfall, so that everybody who checks the next stage
keeps it alike. `face`: exactly, by the prices of the stage, which describe its optimal face.
"""


@dataclass(frozen=True)
class Stage:
    """One linear stage: `cost` names the cost vector of the program that it minimises, `hold` is how it is kept."""

    name: str
    cost: str
    hold: Hold


SHORTFALL = Stage("shortfall", "shortfall", "value")
"""The weighted shortfall of should rows, £m: the first stage of every scenario."""

TURNOVER = Stage("turnover", "turnover", "face")
"""The change of lines from year to year, £m: the last linear stage of every scenario."""

INDEX_METRIC = "index"
"""The metric of the fair-share gap index, which every scenario publishes, whatever its objective."""


@dataclass(frozen=True)
class Objective:
    """What a scenario minimises after the shortfall, and what must be known of it.

    `name` is what `Scenarios!Objective` holds. `title` names the measure in full, `noun` and `a_noun` within a sentence
    ("lowers the NOUN by", "A NOUN of"). `aim` is what the best scenario comes nearest to. `scale`, `brief` and `anchor`
    explain a value: in words, in brackets, and by what is fixed. `stage` minimises it; `metric` is the name of its
    value in the `metrics` frame, `unit` the unit of that value ("" for the index, which is on a scale of 100), `price`
    the unit of its prices, `figure` how an amount of it is written, `amount` the same with its unit in words, and
    `kind` how workbooks format it. `words` is a sentence for Cover and report, `formula` the measure for the catalogue
    of metrics. `exact`: whether the linear program minimises the measure itself, not an approximation. `unique`:
    whether one allocation alone has the least value. `ignores` names what it does not see.
    """

    name: str
    title: str
    noun: str
    a_noun: str
    aim: str
    scale: str
    brief: str
    anchor: str
    stage: Stage
    metric: str
    unit: str
    price: str
    figure: str
    amount: str
    kind: str
    words: str
    formula: str
    exact: bool
    unique: bool
    ignores: str

    @property
    def leading(self) -> tuple[Stage, ...]:
        """The stages up to and with the objective's own, in order: those with a proved bound."""
        return SHORTFALL, self.stage

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every linear stage, in order."""
        return *self.leading, TURNOVER

    @property
    def is_index(self) -> bool:
        """Whether the fair-share gap index itself is what is minimised."""
        return self.metric == INDEX_METRIC

    @property
    def short(self) -> str:
        """The unit in the heading of a column: `points` of the index."""
        return self.unit or "points"

    @property
    def value_label(self) -> str:
        """The value with its unit, as `index` or `weighted distance (£m)`."""
        return f"{self.noun} ({self.unit})" if self.unit else self.noun

    @property
    def proved_label(self) -> str:
        """What the `run` frame calls the distance between value and proved bound."""
        return f"{self.noun} proved to within ({self.unit})" if self.unit else f"{self.noun} proved to within"

    @property
    def equal_costs_metric(self) -> str:
        """The name of its value at equal contract costs, in the metrics of a comparison."""
        return f"{self.metric}_at_equal_costs"

    def told(self, value: float, decimals: int) -> str:
        """A value as it is written: `43.21`, or `£12.34m`; 0 without a minus."""
        return self.figure.format(f"{round(value, decimals) + 0.0:,.{decimals}f}")

    @property
    def honest(self) -> str:
        """A sentence: exact or not, unique or not, and what it ignores."""
        exact = "exact" if self.exact else "not exact: the linear program approximates it"
        unique = (
            "unique: one allocation alone has the least value"
            if self.unique
            else "not unique: several allocations may have the least value, and turnover and spread choose among them"
        )
        return f"Objective {self.name} ({self.title}) is {exact}; it is {unique}. It ignores {self.ignores}."


GINI = Objective(
    name="gini",
    title="fair-share gap index",
    noun="index",
    a_noun="an index",
    aim="fair shares",
    scale="where 100 is the do-minimum and 0 is equality",
    brief="(do-minimum 100, equality 0)",
    anchor="100 is the do-minimum",
    stage=Stage("index", "index", "face"),
    metric=INDEX_METRIC,
    unit="",
    price="index points",
    figure="{}",
    amount="{} points",
    kind="index",
    words="Optimised for the fair-share gap index: must rules hold, the shortfall on should rules is least, and then "
    "the index is lowest. 100 is the do-minimum, 0 is equality.",
    formula="100 times the weighted mean gap between every two places' ratios of money to target, as a share of the "
    "same gap of the do-minimum, by component and year.",
    exact=True,
    unique=False,
    ignores="how far places are from target where all are equally far",
)
"""The fair-share gap index (model.md, section 4)."""

L1 = Objective(
    name="l1",
    title="weighted distance from target",
    noun="weighted distance",
    a_noun="a weighted distance",
    aim="targets",
    scale="where 0 is every place at its target",
    brief="(0: every place at its target)",
    anchor="0 is every place at its target",
    stage=Stage("distance", "distance", "face"),
    metric="weighted_distance",
    unit="£m",
    price="£m of weighted distance",
    figure="£{}m",
    amount="£{}m",
    kind="money3",
    words="Optimised for the weighted distance from target: must rules hold, the shortfall on should rules is least, "
    "and then the sum of what places are above and below their fair-share targets is lowest, in £m.",
    formula="What places spend above or below their fair-share target on the services of a component, in £m, times "
    "the place's equity weight (its mean by need is 1), the component weight and the year weight (each adds up to 1), "
    "added up.",
    exact=True,
    unique=False,
    ignores="how the distance is spread: £10m under target in one place counts as £1m under target in ten",
)
"""The weighted distance from target (model.md, section 4): `program.build.distance` has the formula with its units."""

CONVERGENCE = Objective(
    name="convergence",
    title="distance from the convergence rule",
    noun="distance from the rule",
    a_noun="a distance from the rule",
    aim="the convergence rule",
    scale="where 0 is every place getting what the rule gives it",
    brief="(0: every place gets what the rule gives)",
    anchor="0 is every place getting what the rule gives it",
    stage=Stage("by the rule", "by the rule", "face"),
    metric="distance_from_rule",
    unit="£m",
    price="£m of distance from the rule",
    figure="£{}m",
    amount="£{}m",
    kind="money3",
    words="Shared by a convergence rule, not optimised for fair shares: must rules hold, the shortfall on should rules "
    "is least, and then every place gets what the rule of the sheet Convergence gives it, year after year, or comes as "
    "near to it as those rules let it. The index is what that comes to, and not the lowest there is.",
    formula="What places spend above or below their share by the convergence rule, in £m, on the services of the "
    "rule's component, times the year weight (adds up to 1), added up. 0 where the rule is met.",
    exact=True,
    unique=False,
    ignores="need beyond what the rule makes of the distance from target, and who is off the rule where must rules "
    "stand against it",
)
"""By a rule of the sheet Convergence: `program.build.by_rule` has the formula with its units."""

OBJECTIVES: tuple[Objective, ...] = (GINI, L1, CONVERGENCE)
"""Every objective that is built. `Scenarios!Objective` takes their names, and no others."""

USUAL = GINI
"""The objective of a scenario that names none."""

BY_NAME: Mapping[str, Objective] = MappingProxyType({objective.name: objective for objective in OBJECTIVES})
"""Every built objective by its name."""

STAGES: Mapping[str, Stage] = MappingProxyType({stage.name: stage for each in OBJECTIVES for stage in each.stages})
"""Every stage of every built objective by its name."""

NAMES = ("gini", "l1", "convergence", "shortfall", "banded", "minimax", "leximin", "owa", "atkinson", "kolm")
"""The names of the contract, built or not."""

FAMILIES = ("sii", "gap")
"""Outcome objectives of the contract, `sii:NAME` and `gap:NAME`: none is built."""


RULE_AFTER = ":"
"""Between `convergence` and the name of a row of the sheet Convergence."""


def split(text: str) -> tuple[str, str]:
    """The objective that a cell names and the convergence rule behind it, `` for none.

    >>> split("convergence: Slow"), split("gini")
    (('convergence', 'Slow'), ('gini', ''))
    """
    name, _, rule = text.partition(RULE_AFTER)
    return (" ".join(name.split()).casefold(), " ".join(rule.split()))


def asked_for(text: str) -> Objective:
    """The objective of a checked cell of `Scenarios!Objective`; KeyError where none is built under that name."""
    name, rule = split(text)
    return CONVERGENCE if name == CONVERGENCE.name and rule else BY_NAME[text]


def tidy(text: str) -> str:
    """A cell's objective as it is kept: without case, the name of a convergence rule as typed."""
    name, rule = split(text)
    return f"{name}{RULE_AFTER} {rule}" if rule and name == CONVERGENCE.name else " ".join(text.split()).casefold()


def is_known(name: str) -> bool:
    """Whether the contract knows an objective, built or not; `name` is folded."""
    return name in NAMES or name.partition(":")[0] in FAMILIES


def note() -> str:
    """The input workbook's note on the column: `gini = the fair-share gap index`."""
    built = "; ".join(f"{objective.name} = the {objective.title}" for objective in OBJECTIVES)
    return f"{built}. convergence: NAME = by that row of the sheet Convergence; without a name the ramp of 2025/26"


def value_words(objective: Objective, value: float, bound: float) -> str:
    """The value and proved bound of an objective that is not the usual one, as a sentence; nothing of the usual one."""
    if objective == USUAL:
        return ""
    figures = objective.told(value, 2), objective.told(bound, 2)
    return f"Objective {objective.name}: {objective.title} {figures[0]}, proved to be at least {figures[1]}."


def rivals(used: Mapping[str, Objective]) -> list[str]:
    """The scenarios that are ranked among one another in words: those with the objective of the first."""
    first = next(iter(used.values()), USUAL)
    return [scenario for scenario, objective in used.items() if objective == first]


def notes(objective: Objective) -> dict[str, str]:
    """What the `run` frame adds for an objective that is not the usual one; empty for the usual one."""
    return {} if objective == USUAL else {"objective in words": objective.words, "objective, to know": objective.honest}


@dataclass(frozen=True)
class Units:
    """How a table of several scenarios names what they minimise: `index`, its price `index points`, its unit `points`.

    Where scenarios have several objectives, each word has all of them, with `or` between.
    """

    noun: str
    price: str
    short: str


def units(used: Iterable[Objective]) -> Units:
    """The units of scenarios with these objectives; of none, those of the usual one."""
    distinct = list(dict.fromkeys(used)) or [USUAL]
    nouns, prices, shorts = zip(*((each.noun, each.price, each.short) for each in distinct), strict=True)
    return Units(*(" or ".join(dict.fromkeys(words)) for words in (nouns, prices, shorts)))


def of_row(row: Mapping[Any, Any]) -> Objective:
    """The objective whose value a row of a table has: that of the first of whose metrics the column is not blank."""
    return next(each for each in OBJECTIVES if each.metric in row and row[each.metric] == row[each.metric])


def sentences(used: Mapping[str, Objective]) -> list[str]:
    """What Cover and report print of the objectives of scenarios, given by the scenario's name.

    Where every scenario has the usual objective, its sentence alone. Where another was asked for, for each objective
    its scenarios, whether it is exact and unique, and what it ignores; and a sentence on what is not ranked.
    """
    distinct = list(dict.fromkeys(used.values()))
    if distinct in ([], [USUAL]):
        return [USUAL.words]
    lines = []
    for objective in distinct:
        whose = ", ".join(scenario for scenario, own in used.items() if own == objective)
        lines += [f"{whose}: {objective.words}", objective.honest]
    if any(not objective.is_index for objective in distinct):
        lines.append(
            "The fair-share gap index is published for every scenario. Only scenarios with the objective "
            f"{USUAL.name} have the lowest index; of the others it is what their allocation comes to."
        )
    if len(distinct) > 1:
        lines.append("Scenarios are ranked among those with the same objective only.")
    return lines
