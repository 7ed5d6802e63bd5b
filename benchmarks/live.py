"""Many small changes to one scenario: re-solved live, beside building everything anew and rebuilding in PuLP.

    python benchmarks/live.py [WORKBOOK] [--scenario NAME] [--count 200] [--sample 5] [--seed 1]

Every variant alters amounts, limits or weights of the scenario; which ones, a seed decides. Each is solved from its
changed tables to its proved shortfall and index by ours (`answers/resolve.py`). For a sample, spread over the list,
two other ways take their turn right after it: ours without a start, and a PuLP problem built and solved anew for each
of the two stages, with HiGHS by interior point, which is the faster of its choices for this program.
All three start from the same changed tables, one at a time, on one thread; the checks of the tables count for all.
Seconds are the processor's, so that other programs on the machine do not count.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pulp

from budgetmodel import api
from budgetmodel.answers.resolve import Resolved, resolve, solve_afresh
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.components import reference_gaps
from budgetmodel.program.build.model import Cut
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.solve.solver import pulp_problem
from budgetmodel.program.solve.stages import ABSOLUTE_SLACK, RELATIVE_SLACK
from budgetmodel.scenarios.budget import Budget

EXAMPLE = Path(__file__).parent.parent / "inputs" / "greater_manchester.xlsx"

SHARES = ("growth", "relative growth", "change", "do-minimum", "share", "fair share", "moved")
"""Measures whose Value is a share."""

LIVE, NOTHING, PULP = "ours, live", "ours, from nothing", "PuLP, rebuilt"

Change = dict[str, Any]
"""The keywords of `Budget.changed`."""


def funding(budget: Budget, rng: random.Random) -> Change:
    """One source's amount of one year, up to 1% up or down."""
    frame = budget.frame(schema.FUNDING)
    row = frame[frame["Amount"] > 0].iloc[rng.randrange(int((frame["Amount"] > 0).sum()))]
    where = {"Source": row["Source"], "Year": row["Year"]}
    return {"table": "Funding", "where": where, "field": "Amount", "multiply": rng.uniform(0.99, 1.01)}


def limit(budget: Budget, rng: random.Random) -> Change:
    """One rule's limit: up to half a percentage point, or 2% of a rule in £."""
    rules = [row for _, row in records(budget.frame(schema.RULES))]
    rule = rng.choice(rules)
    share = rule["Measure"] in SHARES
    by = {"add": rng.uniform(-0.005, 0.005)} if share else {"multiply": rng.uniform(0.98, 1.02)}
    return {"table": "Rules", "where": {"Rule": rule["Rule"]}, "field": "Value", **by}


def band(budget: Budget, rng: random.Random) -> Change:
    """How far a component's spending may fall or rise, half a percentage point wider or narrower."""
    field = rng.choice(("Keep at least", "Keep at most"))
    where = {"Component": rng.choice(list(budget.frame(schema.TARGET)["Component"]))}
    return {"table": "Target", "where": where, "field": field, "add": rng.uniform(-0.005, 0.005)}


def component_weight(budget: Budget, rng: random.Random) -> Change:
    """A component's weight, halved to doubled."""
    where = {"Component": rng.choice(list(budget.frame(schema.TARGET)["Component"]))}
    return {"table": "Target", "where": where, "field": "Weight", "multiply": rng.uniform(0.5, 2)}


def year_weight(budget: Budget, rng: random.Random) -> Change:
    """A year's weight, halved to doubled."""
    where = {"Year": rng.choice(budget.years)}
    return {"table": "Years", "where": where, "field": "Weight", "multiply": rng.uniform(0.5, 2)}


def equity_weight(budget: Budget, rng: random.Random) -> Change:
    """A place's equity weight, up to 10% up or down."""
    where = {"Place": rng.choice(budget.places)}
    return {"table": "Places", "where": where, "field": "Equity weight", "multiply": rng.uniform(0.9, 1.1)}


KINDS: Mapping[str, tuple[Callable[[Budget, random.Random], Change], ...]] = {
    "amounts": (funding,),
    "limits": (limit, limit, band),
    "weights": (component_weight, year_weight, equity_weight),
}


def by_pulp(structure: Structure) -> tuple[str, float, float]:
    """Status, shortfall and index as a PuLP script has them: the problem built and solved, twice."""
    program, _ = assemble(structure, turnover_stage=False)
    values: list[float] = []
    held: list[Cut] = []
    for stage in structure.objective.leading:
        cost = program.costs[stage.cost]
        problem, _ = pulp_problem(program, cost, held)
        problem.solve(pulp.HiGHS(msg=False, threads=1, solver="ipx"))
        if problem.status != 1:
            return "infeasible", float("nan"), float("nan")
        values.append(float(pulp.value(problem.objective)))
        columns = np.flatnonzero(cost)
        held.append(Cut(columns, cost[columns], -np.inf, values[-1] * (1 + RELATIVE_SLACK) + ABSOLUTE_SLACK))
    return "optimal", values[0], values[1]


class Clock:
    """Processor seconds of each step: other programs on the machine do not count."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def time(self, step: str, job: Callable[[], Any]) -> Any:
        """Run a job, note what it took, return what it gave."""
        start = process_time()
        result = job()
        self.note(step, process_time() - start)
        return result

    def note(self, step: str, took: float) -> None:
        """Note the seconds of a step."""
        self.seconds.setdefault(step, []).append(took)

    def line(self, step: str) -> str:
        """One line on a step."""
        took = self.seconds[step]
        return (
            f"{step:46s} median {statistics.median(took):7.3f} s  mean {statistics.mean(took):7.3f}"
            f"  max {max(took):7.3f}  ({len(took)})"
        )


def each_variant(
    budget: Budget, scenario: str, base: Resolved, options: argparse.Namespace, clock: Clock, sample: Clock
) -> tuple[list[Resolved], float]:
    """Every variant live, and a sample of them in the two other ways; how far apart the figures are at most."""
    rng = random.Random(options.seed)  # noqa: S311  # no secrets here
    kinds = list(KINDS)
    sampled = {int(n) for n in np.linspace(0, options.count - 1, options.sample)}
    reference = reference_gaps(budget)
    found: list[Resolved] = []
    worst = 0.0
    for number in range(options.count):
        kind = kinds[number % len(kinds)]
        change = rng.choice(KINDS[kind])(budget, rng)
        variant = clock.time("stating the change (in no total)", partial(budget.changed, **change))
        own, _ = clock.time("  tables to arrays", partial(scenario_structure, variant, scenario, reference))
        resolved = clock.time("  program, solve, proof", partial(resolve, base.start, own))
        arrays = clock.seconds["  tables to arrays"][-1]
        took = arrays + clock.seconds["  program, solve, proof"][-1]
        for step in (LIVE, f"  {LIVE}: {kind}"):
            clock.note(step, took)
        found.append(resolved)
        if number in sampled:
            sample.note(LIVE, took)
            worst = max(worst, in_turn(own, resolved, arrays, sample))
    return found, worst


def in_turn(own: Structure, resolved: Resolved, arrays: float, sample: Clock) -> float:
    """One variant in the two other ways; how far their figures are from ours at most."""
    fresh = sample.time(NOTHING, partial(solve_afresh, own))
    status, shortfall, index = sample.time(PULP, partial(by_pulp, own))
    for other in (NOTHING, PULP):
        sample.seconds[other][-1] += arrays
    if not resolved.status == fresh.status == status:
        raise SystemExit(f"they disagree: {resolved.status}, {fresh.status}, {status}")
    if status != "optimal":
        return 0.0
    figures = [(fresh.shortfall, fresh.value), (shortfall, index)]
    return max(max(abs(resolved.shortfall - s), abs(resolved.value - i)) for s, i in figures)


def main() -> None:
    """Run it and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--scenario")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--sample", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    budget = api.read(options.workbook)
    scenario = options.scenario or budget.scenarios[0]
    reference = reference_gaps(budget)
    clock = Clock()
    structure, _ = scenario_structure(budget, scenario, reference)
    base = clock.time("the scenario as it stands, from nothing", lambda: solve_afresh(structure))
    sample = Clock()
    found, worst = each_variant(budget, scenario, base, options, clock, sample)
    rows, columns, nonzeros = base.program.shape
    print(f"{options.workbook.name}, {scenario}: {rows} rows, {columns} columns, {nonzeros} non-zeros")
    for step in clock.seconds:
        print(clock.line(step))
    live = sum(resolved.live for resolved in found)
    infeasible = sum(resolved.status != "optimal" for resolved in found)
    print(f"{live} of {len(found)} from the base's basis; {infeasible} infeasible")
    print(f"in turn, on a sample of {options.sample} (figures at most {worst:.1e} apart):")
    for step in sample.seconds:
        print(sample.line(step))
    ours = clock.seconds[LIVE]
    for other in (NOTHING, PULP):
        theirs = sample.seconds[other]
        print(
            f"{other} / {LIVE}: {statistics.median(theirs) / statistics.median(ours):.1f} (medians), "
            f"{statistics.mean(theirs) / statistics.mean(ours):.1f} (means)"
        )


if __name__ == "__main__":
    main()
