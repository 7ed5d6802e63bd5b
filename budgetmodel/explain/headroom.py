"""Headroom: how much faster the money grows than what is guaranteed, and how long the way to fair shares then is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.measures import Base
from budgetmodel.program.build.components import component_spend
from budgetmodel.program.build.rules import LINE_DIMENSIONS, Groups, Rule, rates_of, read_rules
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.before_solving import no_headroom
from budgetmodel.program.infeasible.rule_bounds import bounds

EVEN = 1e-9
"""Headroom that is smaller is none."""


def headroom(structure: Structure) -> pd.DataFrame:
    """Per year and place: average growth, the growth that must floors guarantee it, and what lies between them.

    `floor` is the largest of the must floors (at least, exactly) with Each place that cover all of the place's money,
    as growth on the year before at the do-minimum's pace; NaN where none guarantees anything. `headroom` is average
    growth less floor. `distance` is how far the do-minimum is from the fair-share target on the weightiest component;
    `years_to_target` is distance / headroom: the years that the place needs if the money of places above their share
    grows by no more than its floor; infinite without headroom, NaN where no floor binds.
    """
    inputs = structure.inputs
    floors, by = _floors(structure)
    growth = np.broadcast_to(structure.growth, floors.shape)
    room = growth - floors
    distance = np.broadcast_to(_distance(structure)[:, None], floors.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        years = np.where(room > EVEN, np.abs(distance) / room, np.where(np.abs(distance) > EVEN, np.inf, 0.0))
    years = np.where(np.isnan(room) | np.isnan(distance), np.nan, years)
    names = np.array([str(name) for name in inputs.frame(schema.RULES)["Rule"]] + [""], dtype=object)
    cells = [inputs.cell(schema.RULES, n, "Value") for n in range(len(names) - 1)]
    place, year = (axis.ravel() for axis in np.indices(floors.shape))
    order = np.lexsort((place, year))
    frame = pd.DataFrame(
        {
            "year": np.array(inputs.years, dtype=object)[year],
            "place": np.array(inputs.places, dtype=object)[place],
            "average_growth": growth.ravel(),
            "floor": floors.ravel(),
            "headroom": room.ravel(),
            "distance": distance.ravel(),
            "years_to_target": years.ravel(),
            "rule": names[by.ravel()],
            "cell": np.array([*cells, ""], dtype=object)[by.ravel()],
        }
    )
    return frame.iloc[order].reset_index(drop=True)


def no_convergence(structure: Structure) -> tuple[str, ...]:
    """What to say first when a floor takes all the growth there is: nothing can converge. Empty when some is left."""
    found = no_headroom(structure, bounds(structure))
    return tuple(clash.issue([structure.inputs.scenario]).sentence for clash in found)


def _floors(structure: Structure) -> tuple[Array, NDArray[np.int64]]:
    """The guaranteed growth of every place and year, and the rule behind it (-1: none): shape (places, years)."""
    shape = (len(structure.inputs.places), structure.years)
    floors, by = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int64)
    for rule in _place_floors(structure):
        covered = _covered(structure, rule)
        for t in rule.years.tolist():
            growth = _guaranteed(structure, rule, t)
            better = covered & ~(floors[:, t] >= growth) & ~np.isnan(growth)
            floors[better, t], by[better, t] = growth[better], rule.position
    return floors, by


def _place_floors(structure: Structure) -> Iterator[Rule]:
    for rule in read_rules(structure):
        if rule.must and rule.limit != "at most" and "place" in rule.each and rule.measure.base.is_own_past:
            yield rule


def _covered(structure: Structure, rule: Rule) -> Mask:
    """The places all of whose Baseline a rule speaks of."""
    lines = structure.lines
    inside = np.logical_and.reduce([rule.chosen[d][lines[d].to_numpy()] for d in LINE_DIMENSIONS])
    outside = ~inside & (lines["baseline"].to_numpy(dtype=float) > 0)
    left_out = np.bincount(lines["place"].to_numpy()[outside], minlength=len(structure.inputs.places)) > 0
    return rule.chosen["place"] & ~left_out


def _guaranteed(structure: Structure, rule: Rule, year: int) -> Array:
    """A floor as growth on the year before, when everybody grew by the average until then: shape (places,)."""
    average = float(structure.growth[year])
    groups = rule.groups()
    rates = rates_of(structure, rule, groups).at(year)
    relative = rule.measure.growth(rule.value, rates)
    factor = _by_place(structure, rule, groups, rule.measure.factor(rule.value, rates))
    if rule.measure.base is Base.YEAR_BEFORE:
        return _by_place(structure, rule, groups, relative)
    if rule.measure.base is Base.DO_MINIMUM:
        return factor * (1 + average) - 1
    return factor / float(np.prod(1 + structure.growth[:year])) - 1


def _by_place(structure: Structure, rule: Rule, groups: Groups, figure: Array) -> Array:
    """A figure of a rule's rows by place: the mean of its rows, each counted by its Baseline. Shape (places,)."""
    places = len(structure.inputs.places)
    if figure.ndim == 0:
        return np.full(places, float(figure))
    line = {d: structure.lines[d].to_numpy() for d in LINE_DIMENSIONS}
    inside = np.flatnonzero(np.logical_and.reduce([rule.chosen[d][line[d]] for d in LINE_DIMENSIONS]))
    own = figure[groups.code({d: line[d][inside] for d in LINE_DIMENSIONS})]
    weight = structure.lines["baseline"].to_numpy(dtype=float)[inside]
    spent = np.bincount(line["place"][inside], weights=weight, minlength=places)
    sums = np.bincount(line["place"][inside], weights=weight * own, minlength=places)
    return np.where(spent > 0, sums / np.where(spent > 0, spent, 1.0), np.nan)


def _distance(structure: Structure) -> Array:
    """How far every place's do-minimum is from its target on the weightiest component; NaN without a need."""
    k = int(structure.component_weights.argmax())
    component = structure.components[k]
    spend = component_spend(structure.components, structure.lines, structure.minimum)[k, :, 0]
    target = component.target[:, 0]
    return np.where(target > 0, spend / np.where(target > 0, target, 1.0) - 1.0, np.nan)
