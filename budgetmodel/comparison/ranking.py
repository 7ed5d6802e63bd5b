"""Scenarios of one comparison set ranked at equal contract costs; the effects of walls and of costs; break-evens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, takewhile
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from budgetmodel.answers.by_metric import by_metric
from budgetmodel.comparison.breakeven import break_even, one_off
from budgetmodel.comparison.sets import better, nearly_level, ranked_better, set_differences, sets
from budgetmodel.comparison.walls import (
    COSTS_ONLY,
    INFEASIBLE,
    WALLS_ONLY,
    WallCorner,
    corner,
    two_by_two,
)
from budgetmodel.comparison.why_behind import narrower_sources, what_holds_back
from budgetmodel.contract.frames import below, result_table
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.objectives import Objective
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.contract.units import PENNY_DECIMALS
from budgetmodel.metrics.catalogue import with_units
from budgetmodel.results import Result
from budgetmodel.side_by_side import side_by_side

BREAK_EVEN = "break-even"

Job = Callable[[], Any]

Progress = Callable[[int, int], None]
"""Called with how many re-solves are done, and of how many."""


class Pair(NamedTuple):
    """A re-solve of a scenario against the first of its set: WALLS_ONLY, COSTS_ONLY or BREAK_EVEN."""

    name: str
    first: str
    what: str


NOTHING_ELSE: Mapping[str, Job] = MappingProxyType({})
NOTHING_FOUND: Mapping[Pair, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Ranking:
    """`frames` are those of the part COMPARED of the result tables; `metrics` has the columns of a result's metrics."""

    frames: Mapping[str, pd.DataFrame]
    metrics: pd.DataFrame
    more: Mapping[str, Any]


def ready(
    order: Sequence[str], done: Mapping[str, Result | None], options: Options = DEFAULT_OPTIONS
) -> dict[Pair, Job]:
    """The re-solves of a ranking that can begin when so many scenarios are done, with their jobs.

    `order` has the names of all scenarios that are being solved, in the order of the sheet; `done` has None for one
    without an answer. The first of a set is known when all scenarios above it are done.
    """
    known = list(takewhile(lambda name: name in done, order))
    in_order = dict.fromkeys((*known, *done))
    solved = {name: result for name in in_order if (result := done[name]) is not None}
    return {pair: job for pair, job in _jobs(solved, options).items() if pair.first in known}


def _jobs(results: Mapping[str, Result], options: Options) -> dict[Pair, Job]:
    """The re-solves of a ranking: two corners and the break-evens of every scenario but the firsts of sets."""
    rivals = {name: first for name, first in sets(results).items() if name != first}
    jobs: dict[Pair, Job] = {}
    for name, first in rivals.items():
        own, base = results[name], results[first]
        jobs[Pair(name, first, WALLS_ONLY)] = partial(corner, own, base, options)
        jobs[Pair(name, first, COSTS_ONLY)] = partial(corner, base, own, options)
        jobs[Pair(name, first, BREAK_EVEN)] = partial(break_even, own, base, options)
    return jobs


def ranked(
    results: Mapping[str, Result],
    options: Options = DEFAULT_OPTIONS,
    *,
    also: Mapping[str, Job] = NOTHING_ELSE,
    found: Mapping[Pair, Any] = NOTHING_FOUND,
    progress: Progress = lambda _, __: None,
) -> Ranking:
    """Rank the scenarios of each comparison set, at the contract costs of its first scenario.

    The figures come from re-solves, in parallel with the jobs of `also`, whose answers are in `more`; those in `found`
    are not made again (see `ready`). `progress` is called with how many are done, and of how many. Scenarios of
    different sets are never ranked against each other. Raises SolverFailed when a figure is not proved.
    """
    of = sets(results)
    rivals = {name: first for name, first in of.items() if name != first}
    needed = _jobs(results, options)
    missing = {str(pair): job for pair, job in needed.items() if pair not in found}
    jobs = {**{f"also {name}": job for name, job in also.items()}, **missing}
    made = count(1)

    def one(key: str) -> Any:
        answer = jobs[key]()
        progress(next(made), len(jobs))
        return answer

    answers = dict(zip(jobs, side_by_side(one, list(jobs), threads=options.threads), strict=True))
    done = {pair: found[pair] if pair in found else answers[str(pair)] for pair in needed}
    corners: dict[tuple[str, str], WallCorner] = {(name, name): corner(own, own) for name, own in results.items()}
    for name, first in rivals.items():
        corners[name, first] = done[Pair(name, first, WALLS_ONLY)]
        corners[first, name] = done[Pair(name, first, COSTS_ONLY)]
    equal = {name: corners[name, first] for name, first in of.items()}
    differences = set_differences(results)
    objectives = {name: result.answer.objective for name, result in results.items()}
    table = _table(results, of, equal, differences)
    frames = {
        "comparison_set": table,
        "set_differences": differences,
        "walls": below("walls", [two_by_two(name, first, corners, objectives[name]) for name, first in rivals.items()]),
        "breakeven": below("breakeven", [done[Pair(*pair, BREAK_EVEN)] for pair in rivals.items()]),
        "behind": below("behind", [_behind(results, table, name, first) for name, first in rivals.items()]),
    }
    more = {name: answers[f"also {name}"] for name in also}
    met = {name: level for name, level in equal.items() if results[name].is_met}
    return Ranking(Frozen(frames), _metrics(met, of, objectives), Frozen(more))


def _table(
    results: Mapping[str, Result], of: Mapping[str, str], equal: Mapping[str, WallCorner], differences: pd.DataFrame
) -> pd.DataFrame:
    """A row per scenario, in their order: its set, its rank in it, and the effect of its own contract costs."""
    rows = []
    for name, result in results.items():
        first = results[of[name]]
        own, level = result.metric(result.answer.objective.metric), equal[name]
        mates = [equal[other] for other, home in of.items() if home == of[name] and equal[other].status != INFEASIBLE]
        ranks = level.status != INFEASIBLE and len(mates) > 1
        saved = first.metric("transaction_cost") - result.metric("transaction_cost")
        once = one_off(result)
        rows.append(
            {
                "scenario": name,
                "regime": result.regime,
                "set": of[name],
                "differing_cells": int((differences["scenario"] == name).sum()),
                "rank": 1 + sum(ranked_better(mate.figures, level.figures) > 0 for mate in mates)
                if ranks
                else float("nan"),
                "nearly_level": "; ".join(_nearly_level(name, of, equal)),
                "shortfall_at_equal_costs": level.shortfall,
                "index_at_equal_costs": level.value,
                "released": round(saved - (once or 0.0) + (one_off(first) or 0.0), PENNY_DECIMALS),
                "one_off": float("nan") if once is None else once,
                "shortfall": result.metric("shortfall"),
                "index": own,
                "costs_change_index": own - level.value,
            }
        )
    frame = result_table("comparison_set", rows)
    by_objective = by_metric("comparison_set", frame, [result.answer.objective for result in results.values()])
    return by_objective.assign(index=[result.metric("index") for result in results.values()])


def _nearly_level(name: str, of: Mapping[str, str], equal: Mapping[str, WallCorner]) -> list[str]:
    """The scenarios of a scenario's set that are told from it by less than pages show."""
    own = equal[name]
    mates = [mate for mate, home in of.items() if home == of[name] and mate != name]
    both = [mate for mate in mates if INFEASIBLE not in (own.status, equal[mate].status)]
    return [mate for mate in both if nearly_level(own.figures, equal[mate].figures)]


def _behind(results: Mapping[str, Result], table: pd.DataFrame, name: str, first: str) -> pd.DataFrame:
    rows = {str(row["scenario"]): row for row in table.to_dict("records")}
    mine, theirs = rows[name], rows[first]
    objective = results[name].answer.objective
    level, base = ((row["shortfall_at_equal_costs"], row[objective.equal_costs_metric]) for row in (mine, theirs))
    lead = -1 if level[1] != level[1] else better(level, base)
    as_short = better((level[0], 0.0), (mine["shortfall"], 0.0)) == 0
    return what_holds_back(
        name,
        first,
        results[name].frames["rules"],
        lead=lead,
        released=mine["released"],
        raised=mine[f"costs_change_{objective.metric}"] if as_short else 0.0,
        narrower=narrower_sources(results[name], results[first]) if lead <= 0 else (),
        objective=objective,
    )


def _metrics(
    equal: Mapping[str, WallCorner], of: Mapping[str, str], objectives: Mapping[str, Objective]
) -> pd.DataFrame:
    """Shortfall and objective at equal contract costs: of the first scenario, and of all in sets of two or more.

    `equal` has those that are met: the others are compared with nobody.
    """
    homes = list(of.values())
    kept = {name: each for name, each in equal.items() if each.status != INFEASIBLE}
    records = [
        (name, metric, "", value)
        for number, (name, each) in enumerate(kept.items())
        if number == 0 or homes.count(of[name]) > 1
        for metric, value in (
            ("shortfall_at_equal_costs", each.shortfall),
            (objectives[name].equal_costs_metric, each.value),
        )
    ]
    return with_units(pd.DataFrame(records, columns=["scenario", "metric", "group", "value"]))
