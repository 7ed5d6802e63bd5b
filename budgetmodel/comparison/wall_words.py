"""What walls between pots do, in sentences from the two-by-two, and where a regime cannot matter, why it cannot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.comparison.headline_words import joined
from budgetmodel.comparison.sets import NEARLY
from budgetmodel.comparison.walls import GAIN, GAIN_COSTS, GAIN_WALLS, OPTIMAL
from budgetmodel.contract import schema
from budgetmodel.contract.objectives import Objective
from budgetmodel.contract.units import pounds
from budgetmodel.results import Result

MOST_OF_IT = 0.8
"""A scenario that has this share of the gain at equal costs already is named as the step that gives it."""

Frames = Mapping[str, pd.DataFrame]


def wall_sentences(results: Mapping[str, Result], frames: Frames, base: str, compared: str) -> list[str]:
    """What of the gain is walls and what costs, which scenario has most of it already, and where none can be.

    Empty where the two were not compared: they are then not of one set, or the base is not the first of it.
    """
    walls, sets = frames.get("walls"), frames.get("comparison_set")
    if walls is None or sets is None or compared not in results:
        return []
    own = walls[(walls["scenario"] == compared) & (walls["against"] == base)].set_index("part")
    if not len(own):
        return []
    objective = results[compared].answer.objective
    found = _parts(own, objective, base, compared)
    mates = sets[sets["set"] == base].set_index("scenario")
    found += _first_step(mates, objective, base, compared)
    return [*found, *cannot_matter(results, mates, objective, base)]


def _parts(own: pd.DataFrame, objective: Objective, base: str, compared: str) -> list[str]:
    """The gain of the two-by-two, split into walls and costs."""
    gains = own[objective.metric]
    walls, costs, whole = (float(gains[part]) for part in (GAIN_WALLS, GAIN_COSTS, GAIN))
    if str(own["status"][GAIN_WALLS]) != OPTIMAL or np.isnan([walls, costs, whole]).any():
        return []
    if abs(whole) <= NEARLY:
        return [f"'{compared}' is as near to {objective.aim} as '{base}', to within what pages show."]
    nearer = "nearer to" if whole > 0 else "further from"
    return [
        f"Of the {_amount(objective, abs(whole))} by which '{compared}' is {nearer} {objective.aim} than '{base}', "
        f"{_part(objective, walls, whole)} come from moving walls between pots and "
        f"{_part(objective, costs, whole)} from what contracts cost."
    ]


def _part(objective: Objective, part: float, whole: float) -> str:
    """A part of the whole, with a minus where it goes the other way."""
    value = part if whole > 0 else -part
    shown = objective.told(abs(value), 1)
    return f"\u2212{shown}" if value < 0 and shown.strip("£m0.,") else shown


def _amount(objective: Objective, value: float) -> str:
    return f"{objective.told(value, 1)} points" if objective.is_index else objective.told(value, 1)


def _first_step(mates: pd.DataFrame, objective: Objective, base: str, compared: str) -> list[str]:
    """The scenario that has most of the gain at equal costs already, and what the compared one adds to it."""
    level = mates[objective.equal_costs_metric].astype(float)
    short = mates["shortfall_at_equal_costs"].astype(float)
    gain = level[base] - level
    whole = float(gain[compared])
    others = [n for n in mates.index if n not in (base, compared) and NEARLY < gain[n] < whole]
    if not others or not np.isfinite(whole):
        return []
    step = next((n for n in others if gain[n] >= MOST_OF_IT * whole), max(others, key=lambda n: float(gain[n])))
    adds = whole - float(gain[step])
    rules = float(short[step] - short[compared])
    also = f", and {pounds(rules)} less of what should hold is missed (weighted)" if rules > NEARLY else ""
    return [
        f"At equal costs '{step}' alone gives {objective.told(float(gain[step]), 1)} of {_amount(objective, whole)}; "
        f"'{compared}' adds {objective.told(adds, 1) if adds > NEARLY else 'less than 0.1'}{also}."
    ]


def cannot_matter(results: Mapping[str, Result], mates: pd.DataFrame, objective: Objective, base: str) -> list[str]:
    """A sentence for each scenario that is level with an earlier one at equal costs because it cannot be otherwise."""
    sentences = []
    names = [str(name) for name in mates.index if name in results and name != base]
    level = mates[objective.equal_costs_metric].astype(float)
    for n, name in enumerate(names):
        if results[name].regime in {results[other].regime for other in names[:n]}:
            continue
        for other in names[:n]:
            if not abs(level[name] - level[other]) <= NEARLY:
                continue
            why = _why_level(results[name], results[other])
            if why:
                sentences.append(why)
                break
    return sentences


def _why_level(own: Result, other: Result) -> str:
    """Why two scenarios over the same tables are level at equal costs; blank where nothing says that they must be."""
    mine, theirs = own.answer.structure, other.answer.structure
    if _together(mine.pots, theirs.pots):
        return (
            f"'{own.scenario}' cannot differ from '{other.scenario}' at equal costs: the same sources share each pot, "
            "and the level at which a pot is decided enters no equation."
        )
    moved = _moved(own, other)
    keyed = _keyed(own)
    lawful = dict(zip(own.inputs.sources, own.inputs.by_year(schema.SOURCES, "Lawful services"), strict=True))
    fixed = [source for source in moved if all(set(services.members) <= keyed for services in lawful[source])]
    if not fixed:
        return ""
    return (
        f"'{own.scenario}' can hardly differ from '{other.scenario}' in fairness: what changes pots with it, "
        f"{joined([repr(name) for name in fixed], 3)}, pays only for services whose place key fixes each place's share."
    )


def _together(one: NDArray[np.object_], other: NDArray[np.object_]) -> bool:
    """Whether the same sources share pots in every year, whatever the pots are called."""
    if one.shape != other.shape:
        return False
    return all((_same_pot(one[:, t]) == _same_pot(other[:, t])).all() for t in range(one.shape[1]))


def _same_pot(pots: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.asarray(pots[:, None] == pots[None, :], dtype=bool)


def _moved(own: Result, other: Result) -> list[str]:
    """The sources that share their pot with others than before in some year."""
    mine, theirs = own.answer.structure.pots, other.answer.structure.pots
    if mine.shape != theirs.shape:
        return []
    changed = np.zeros(len(mine), dtype=bool)
    for t in range(mine.shape[1]):
        changed |= (_same_pot(mine[:, t]) != _same_pot(theirs[:, t])).any(axis=1)
    return [source for source, moved in zip(own.inputs.sources, changed, strict=True) if moved]


def _keyed(result: Result) -> set[str]:
    """The services whose place key fixes each place's share."""
    services = result.inputs.frame(schema.SERVICES)
    return {str(s) for s, key in zip(services["Service"], services["Place key"], strict=True) if key is not None}
