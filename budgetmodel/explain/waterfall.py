"""Why did this place get this? From its do-minimum to its allocation in steps that add up to the penny.

With A the allocation, X0 the do-minimum and F the answer that fair shares alone would give (no rules, one pot, no
contract costs), a place's steps are

    X0, then F - X0, then A - A(without it) for every rule that matters, then the overlap: what all rules do at once
    beyond the sum of these, then A - A(without it) for the walls between pots and for the contract costs, then the
    interaction: whatever is left to A.

Rules overlap where one replaces another: without either the other binds, and none of them moves much alone. Keep
rows count as rules. A(without r) keeps everything but r; without walls, all money is in one pot and contracts cost
what they cost; without costs, pots stay. Every allocation is rounded to pence as results are, so over all places and
years every step sums to 0 but the costs' own, which sums to minus the costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.content import SHORT, Content, counted
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.frozen import read_only
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.contract.units import from_pence, largest_remainder, to_pence
from budgetmodel.explain.without import ALL_RULES, FREE, Cause, Money, all_rules, causes, matters, money, without
from budgetmodel.program.build.components import Component, component_spend
from budgetmodel.program.build.structure import Structure

Pence = NDArray[np.int64]

START, OVERLAP, INTERACTION = "do-minimum", "overlap", "interaction"
"""The kinds of the steps that are no cause's own: the first, what rules do only together, and the last."""

ALL_YEARS = ""
"""The year of rows that hold all years together, as in `metrics`."""

HELPS = 3
"""Changes named for each place."""

NOTICED = 5e-4
"""A change that brings a place less than 0.05 percentage points nearer to its fair share is no help."""

Job = Callable[[str], Money | None]
Run = Callable[[Job, Sequence[str]], list[Money | None]]
"""Runs a job for each name, perhaps several at once: `side_by_side`."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Waterfall(Content):
    """Why every place of a scenario got what it got.

    The frames are result tables (docs/result_tables.md). `steps` (`waterfall`): a row per year, place and step, year
    blank = all years; `amount` and `after`, the sum so far, are £m to the penny. `standing`: need share, target (£m)
    and distance from it (a share) of every place and component. `places` (`distances`): how far each place is from its
    fair share over all components and years (`far`, below). `helps`: the changes that bring a place nearest to its
    fair share, with `far` now and without the rule, and what the place would get more (£m, all years).
    `idle` are rules that are proved not to matter; `unanswered` are causes without which there is no answer.
    """

    steps: pd.DataFrame
    standing: pd.DataFrame
    places: pd.DataFrame
    helps: pd.DataFrame
    idle: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    def _card(self) -> tuple[str, Mapping[str, object]]:
        places = tuple(dict.fromkeys(str(name) for name in self.steps["place"]))
        scenarios = dict.fromkeys(str(name) for name in self.steps["scenario"])
        return f"Waterfall of scenario {', '.join(map(repr, scenarios))}", {
            "content": self.content_hash[:SHORT],
            "places": counted(places),
            "steps": counted(tuple(dict.fromkeys(str(name) for name in self.steps["step"]))),
            "idle rules": counted(self.idle),
            "unanswered": counted(self.unanswered),
        }


def one_by_one(job: Job, names: Sequence[str]) -> list[Money | None]:
    """Run a job for each name, one after the other."""
    return [job(name) for name in names]


def waterfall(
    answer: Answer,
    options: Options = DEFAULT_OPTIONS,
    *,
    run: Run = one_by_one,
    progress: Callable[[str], None] = lambda _: None,
) -> Waterfall:
    """The steps of every place of a solved scenario.

    Each cause costs a solve; with `by="measure"` in `options` rules of one measure and limit are one cause. `progress`
    is called with the cause that is solved without. Raises SolverFailed when such an answer is not proved.
    """
    found = causes(answer, options.by)
    relevant = [cause for cause in found if matters(answer, cause)]
    own = money(answer.structure, answer.layout, answer.solved.x)
    every = all_rules(found)
    together = [every] if every is not None and any(cause.rows is not None for cause in relevant) else []
    asked = {cause.key: cause for cause in (Cause(FREE), *together, *relevant)}

    def job(key: str) -> Money | None:
        progress(key)
        return without(answer, asked[key], options)

    solved = dict(zip(asked, run(job, list(asked)), strict=True))
    answered = [(cause, other) for cause in relevant if (other := solved[cause.key]) is not None]
    return Waterfall(
        steps=_steps(answer.structure, own, solved, answered),
        standing=standing(answer.structure, own),
        places=_far(answer.structure, own),
        helps=_helps(answer.structure, own, answered),
        idle=tuple(cause.name for cause in found if cause.key not in asked),
        unanswered=tuple(key for key, other in solved.items() if other is None),
    )


def effect(answer: Answer, cause: Cause, options: Options = DEFAULT_OPTIONS) -> pd.DataFrame:
    """What one cause gives each place: year, place, `amount` (£m); year blank = all years; empty when no answer."""
    s = answer.structure
    own = money(s, answer.layout, answer.solved.x)
    other = without(answer, cause, options) if matters(answer, cause) else own
    if other is None:
        return result_table("effect", ())
    return result_table("effect", _by_year_and_place(s, own.total - other.total))


def do_minimum_pence(structure: Structure) -> Pence:
    """X0 by place and year in whole pence, by largest remainder to the year's funding; shape (places, years)."""
    places = structure.inputs.places
    exact = np.zeros((len(places), structure.years))
    np.add.at(exact, structure.lines["place"].to_numpy(), structure.minimum)
    by_label = np.argsort(np.array(places, dtype=object), kind="stable")
    result = np.zeros(exact.shape, dtype=np.int64)
    for t in range(structure.years):
        total = sum(to_pence(float(amount)) for amount in structure.source_funding[:, t])
        result[by_label, t] = largest_remainder(exact[by_label, t], total)
    return result


def _steps(
    s: Structure, own: Money, solved: Mapping[str, Money | None], answered: list[tuple[Cause, Money]]
) -> pd.DataFrame:
    """Every step by year and place: the frame `waterfall`."""
    start, free, unruled = do_minimum_pence(s), solved[FREE], solved.get(ALL_RULES)
    listed: list[tuple[Cause, Pence]] = [(Cause(START), start)]
    listed.append((Cause(FREE), free.total - start if free is not None else np.zeros_like(start)))
    rules = [(cause, own.total - other.total) for cause, other in answered if cause.rows is not None]
    listed += rules
    if unruled is not None:
        alone = np.add.reduce([amount for _, amount in rules]) if rules else np.zeros_like(start)
        listed.append((Cause(OVERLAP), own.total - unruled.total - alone))
    listed += [(cause, own.total - other.total) for cause, other in answered if cause.rows is None]
    listed.append((Cause(INTERACTION), own.total - np.add.reduce([amount for _, amount in listed])))
    after = np.cumsum([amount for _, amount in listed], axis=0)
    pieces = [
        _by_year_and_place(s, amount).assign(
            scenario=s.inputs.scenario,
            step=number,
            kind=cause.kind,
            rule=cause.name,
            cell=cause.cell,
            after=_by_year_and_place(s, after[number])["amount"],
        )
        for number, (cause, amount) in enumerate(listed)
    ]
    steps = pd.concat(pieces).sort_index(kind="stable")  # pieces share an index: a row per year and place
    return result_table("waterfall", steps)


def _by_year_and_place(s: Structure, pence: Pence) -> pd.DataFrame:
    """Pence of shape (places, years) as rows of £m: all years first, then each."""
    years, places = (ALL_YEARS, *s.inputs.years), s.inputs.places
    both = np.concatenate([pence.sum(axis=1, keepdims=True), pence], axis=1)
    return pd.DataFrame(
        {
            "year": np.repeat(np.array(years, dtype=object), len(places)),
            "place": np.tile(np.array(places, dtype=object), len(years)),
            "amount": from_pence(both.T.ravel()),
        }
    )


def standing(s: Structure, own: Money) -> pd.DataFrame:
    """Need share, target, do-minimum, allocation and distance of every place and component, by year and in all.

    A place without need in a component has no target there, and no distance.
    """
    minimum = component_spend(s.components, s.lines, s.minimum)
    pieces = []
    for k, component in enumerate(s.components):
        for t, year in enumerate((ALL_YEARS, *s.inputs.years)):
            inside = slice(None) if year == ALL_YEARS else slice(t - 1, t)
            target = component.target[:, inside].sum(axis=1)
            before, amount = minimum[k][:, inside].sum(axis=1), from_pence(own.linked[k][:, inside].sum(axis=1))
            pieces.append(
                pd.DataFrame(
                    {
                        "scenario": s.inputs.scenario,
                        "year": year,
                        "place": list(s.inputs.places),
                        "component": component.name,
                        "weight": component.weight,
                        "need_share": component.need_shares,
                        "target": target,
                        "do_minimum": before,
                        "amount": amount,
                        "distance_before": _distance(before, target),
                        "distance": _distance(amount, target),
                    }
                )
            )
    return result_table("standing", pd.concat(pieces))


def _distance(amount: Array, target: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(target > 0, amount / target - 1, np.nan)


def far(components: tuple[Component, ...], year_weights: Array, linked: Pence) -> Array:
    """How far each place is from its fair share: Σ δ_t Σ ω_k |X / T - 1|; shape (places,), a share.

    Over the components in which the place has a need, their weights scaled to sum 1; NaN where it has none.
    """
    total, weight = np.zeros(linked.shape[1]), np.zeros(linked.shape[1])
    for k, component in enumerate(components):
        needed = component.need_shares > 0
        ratio = from_pence(linked[k, needed]) / component.target[needed]
        total[needed] += component.weight * (np.abs(ratio - 1) @ year_weights)
        weight[needed] += component.weight
    with np.errstate(invalid="ignore"):
        return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)


def _far(s: Structure, own: Money) -> pd.DataFrame:
    distance = far(s.components, s.inputs.year_weights, own.linked)
    return result_table("distances", {"place": list(s.inputs.places), "far": distance}, s.inputs.scenario)


def _helps(s: Structure, own: Money, answered: list[tuple[Cause, Money]]) -> pd.DataFrame:
    """For each place the three causes whose removal brings it nearest to its fair share.

    The whole rule is taken away, not one step of it: at a vertex a place's share of one step is not unique and holds
    only as far as the next row, while an answer without the rule is one answer.
    """
    weights = s.inputs.year_weights
    now = far(s.components, weights, own.linked)
    rows = []
    for cause, other in answered:
        then = far(s.components, weights, other.linked)
        more = from_pence((other.total - own.total).sum(axis=1))
        rows.append(
            pd.DataFrame(
                {
                    "scenario": s.inputs.scenario,
                    "place": list(s.inputs.places),
                    "kind": cause.kind,
                    "rule": cause.name,
                    "cell": cause.cell,
                    "amount": more,
                    "far": now,
                    "far_without": then,
                    "nearer": now - then,
                }
            )
        )
    if not rows:
        return result_table("helps", ())
    every = pd.concat(rows, ignore_index=True)
    every["place"] = pd.Categorical(every["place"], categories=list(s.inputs.places))
    useful = every[every["nearer"] >= NOTICED].sort_values(["place", "nearer"], ascending=[True, False], kind="stable")
    useful = useful.assign(place=useful["place"].astype(object))
    useful["rank"] = useful.groupby("place", sort=False).cumcount() + 1
    return result_table("helps", useful[useful["rank"] <= HELPS])
