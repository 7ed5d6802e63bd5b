"""The sliders that a scenario may have: its rules, the weights of its target, its sources and its contract costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from budgetmodel.checks.cells import number
from budgetmodel.contract import schema
from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import Table
from budgetmodel.results import Result
from budgetmodel.whatif.slider import MOST_SLIDERS, Slider, around

CONTRACT_COST = "contract cost"
WEIGHT_OF = "weight of "
FUNDING_SPAN, FUNDING_STEP = 0.1, 0.01
"""How far a source's money is moved either way, as a factor, and in which steps."""
COST_MOST, COST_STEP = 3.0, 0.1
"""How many times today's cost contracts may cost, and in which steps."""
GRAMMAR = "=;|"
"""Signs that the grammar of Where keeps for itself: what has one in its name cannot be picked by it."""


def candidates(result: Result) -> tuple[Slider, ...]:
    """Every slider of a scenario with the range that nobody asked for, in the order of the sheets."""
    found = (*_rules(result), *_weights(result), *_sources(result), *_contracts(result))
    return tuple(each for each in found if each.below + each.above > 0)


def chosen(result: Result, words: str) -> tuple[Slider, ...]:
    """The sliders that `words` names, separated by semicolons; the highest prices first where it names none.

    Raises BadCommand for a name that is none, with the nearest, and for more than can be shown.
    """
    every = candidates(result)
    names = [part.strip() for part in words.split(";") if part.strip()]
    if not names:
        usual = [each for each in every if each.table != schema.FUNDING]  # seldom a straight line: by name only
        return tuple(sorted(usual, key=lambda each: -_weight(result, each)))[:MOST_SLIDERS]
    if len(names) > MOST_SLIDERS:
        raise BadCommand(f"{len(names)} sliders are more than a page can have. Name {MOST_SLIDERS} at most.")
    known = {fold(each.name): each for each in every}
    for name in names:
        if fold(name) not in known:
            raise BadCommand(f"There is nothing to move called '{name}'. {near(name, [each.name for each in every])}")
    return tuple(known[name] for name in dict.fromkeys(map(fold, names)))


def _table(result: Result, sheet: str) -> Table:
    return result.inputs.tables[sheet]


def _rules(result: Result) -> Iterator[Slider]:
    table = _table(result, schema.RULES)
    for at, (name, measure) in enumerate(zip(table.column("Rule"), table.column("Measure"), strict=True)):
        value = number(table.column("Value")[at])[0]
        known = MEASURE.get(fold(str(measure)))
        if not isinstance(value, float) or known is None or not _plain(name):
            continue
        percent = known.unit.sign == "%"
        low, high, step = around(value, positive=not percent)
        of = f"{measure}, {table.column('Limit')[at]}"
        sign = "" if percent else known.unit.sign
        yield Slider(str(name), schema.RULES, f"Rule={name}", "Value", "set", value, low, high, step, percent, sign, of)


def _weights(result: Result) -> Iterator[Slider]:
    table = _table(result, schema.TARGET)
    if len(table) < 2:  # the only weight counts all, whatever it is
        return
    for at, name in enumerate(table.column("Component")):
        value = number(table.column("Weight")[at])[0]
        if isinstance(value, float) and _plain(name):
            _, high, step = around(value, positive=True)
            of, where = "weight of the component in the target", f"Component={name}"
            yield Slider(
                f"{WEIGHT_OF}{name}", schema.TARGET, where, "Weight", "set", value, step, high, step, False, "", of
            )


def _sources(result: Result) -> Iterator[Slider]:
    for name, money in zip(result.inputs.sources, result.inputs.funding.sum(axis=1), strict=True):
        if money > 0 and _plain(name):
            least, most, of = 1.0 - FUNDING_SPAN, 1.0 + FUNDING_SPAN, "of the source's money"
            where = f"Source={name}"
            yield Slider(
                name, schema.FUNDING, where, "Amount", "multiply", 1.0, least, most, FUNDING_STEP, True, "", of
            )


def _contracts(result: Result) -> Iterator[Slider]:
    regime = result.regime
    if result.answer.structure.source_cost.any() and _plain(regime):
        field, of, where = "Cost per contract", "of today's cost of a contract", f"Regime={regime}"
        yield Slider(
            CONTRACT_COST, schema.CONTRACTS, where, field, "multiply", 1.0, 0.0, COST_MOST, COST_STEP, True, "", of
        )


def _plain(name: object) -> bool:
    return isinstance(name, str) and bool(name) and not set(name) & set(GRAMMAR)


def _weight(result: Result, slider: Slider) -> float:
    """About what the objective may move by over the slider's range, by the prices of the objective's stage."""
    program, stage = result.answer.program, result.answer.objective_stage
    dual = np.abs(stage.outcome.row_dual[: len(program.lower)])
    rows = program.rows.iloc[: len(dual)]
    limit = np.where(np.isfinite(program.lower), program.lower, program.upper)[: len(dual)]
    money = dual * np.abs(np.where(np.isfinite(limit), limit, 0.0))
    if slider.table == schema.RULES:
        mine = (rows["rule"] == slider.name).to_numpy()
        return float(money[mine].sum() * _relative(slider))
    if slider.table == schema.CONTRACTS:
        return float(np.inf)  # what regimes differ in
    return stage.value * 0.1


def _relative(slider: Slider) -> float:
    return (slider.most - slider.least) / (1.0 if slider.percent else max(abs(slider.published), 1e-12))
