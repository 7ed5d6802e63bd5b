"""Which scenarios come nearest to what they aim at: one order and one tolerance for every page that names a winner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from budgetmodel.comparison.sets import nearly_level, ranked_better
from budgetmodel.contract.objectives import rivals
from budgetmodel.results import Result


def is_met(results: Mapping[str, Result]) -> dict[str, Result]:
    """The results of scenarios that are met; all of them where none is, since something must be shown."""
    met = {name: result for name, result in results.items() if result.is_met}
    return met or dict(results)


def rivals_of(results: Mapping[str, Result]) -> dict[str, Result]:
    """The results that are ranked with one another: those with the objective of the first, and met where any is."""
    met = is_met(results)
    return {name: met[name] for name in rivals({name: r.answer.objective for name, r in met.items()})}


def leaders(results: Mapping[str, Result]) -> tuple[str, ...]:
    """The scenarios that come nearest, each at its own costs: the best first, then those that are level with it.

    The order is that of the ranking: the weighted shortfall, where £0.05m of it tells two apart, then the objective.
    Scenarios are level when both differ by at most `sets.NEARLY`, which is less than pages show: no winner is named by
    0.02 points. Empty where nothing was solved.
    """
    figures = {name: _figures(result) for name, result in rivals_of(results).items()}
    if not figures:
        return ()
    best = reduce(lambda one, other: other if ranked_better(figures[other], figures[one]) > 0 else one, figures)
    level = [name for name, own in figures.items() if name != best and nearly_level(own, figures[best])]
    return best, *level


def are_level(one: Result, other: Result) -> bool:
    """Whether two scenarios with one objective differ by no more than pages show."""
    return one.answer.objective == other.answer.objective and nearly_level(_figures(one), _figures(other))


def _figures(result: Result) -> tuple[float, float]:
    return result.metric("shortfall"), result.metric(result.answer.objective.metric)
