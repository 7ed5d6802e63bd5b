"""Prices of what a user can change: every rule's Value, every source's amount, keep bands and carry forward."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.units import pounds
from budgetmodel.explain.price_figures import Figure, figures, move_of
from budgetmodel.explain.sensitivity import NOTHING, STEP, Face, Move, Slope

KINDS = ("rule", "keep", "carry", "source")
"""The kinds of figure that have a price, in the order in which they are worked out."""

WALK, SHORT_WALK = 30, 3
"""Further bases that are tried at either end of a price's range, in small and in large programs."""

WORTH_TELLING = 5e-4
"""£m of each £1m that a place must get to be named."""

NO_EFFECT = 1e-6
"""A step that changes the objective by no more has no effect worth a word: the shortfall is held with a slack."""

KINK = 1e-3
"""Prices to the left and right that differ by a smaller share of themselves are given as one."""

EVERY_POINT = 100
"""Percentage points that are as good as no end."""

NAMED = 3
"""Places and limits that a reason names at most."""


def price_list(
    answer: Answer,
    rules: pd.DataFrame,
    kinds: Collection[str] = KINDS,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """A row per figure of the workbook: what one step of it does to the objective; columns as in the table `prices`.

    Of rules, keep bands and carry forward the shortfall is held. Of a source (kind `source`, by year) the price is
    that of the whole effect of its Funding cell: more money also raises the do-minimum, the targets, keep bands, carry
    limits and average growth, and the shortfall follows to its new least, by `shortfall_price` £m a step. The price of
    money alone, all else standing still, is that of its source balance in the `rules` frame.

    `one_step`, `value`, `valid_from` and `valid_to` are in the units of the cell (shares, £m, £ per unit of need).
    `price_low` is the price of a step less, `price_high` of a step more, `price` the latter, or the former where no
    more is possible; NaN where no allocation keeps every must row (and the shortfall, where it is held), and in all
    three where a change of the figure would make other rows of the program. The range is where `price_low` below the
    value, and `price_high` above it, hold at least; where coefficients change, to the first order. `rank` orders by
    what one step is worth, `ends` by which price ends first, in steps. `rules` is the `rules` frame of the result.
    """
    face = Face(answer)
    walk = WALK if face.small else SHORT_WALK
    rows: list[dict[str, object]] = []
    known: dict[tuple[object, ...], _Priced | None] = {}
    wanted = [figure for figure in figures(answer.structure.inputs) if figure.kind in kinds]
    for figure in sorted(wanted, key=lambda figure: KINDS.index(figure.kind)):
        progress(f"price of {figure.name}{' ' if figure.year else ''}{figure.year}")
        twins = _twins(face, figure)
        if twins not in known:
            known[twins] = _priced(face, figure, walk, rules)
        rows.append(_row(figure, known[twins], answer.objective))
    frame = pd.DataFrame(rows, columns=[name for name in FRAME["prices"].own if name not in ("rank", "ends")])
    room = np.minimum(frame["valid_to"] - frame["value"], frame["value"] - frame["valid_from"]) / frame["one_step"]
    priced = frame["price"].abs() > NO_EFFECT
    frame["rank"] = frame["price"].abs().where(priced).rank(method="first", ascending=False)
    frame["ends"] = room.where(priced).rank(method="first")
    return frame[list(FRAME["prices"].own)].sort_values(["rank"], kind="stable", na_position="last", ignore_index=True)


@dataclass(frozen=True)
class _Priced:
    """How objective and least shortfall follow a figure, per step, and why more money raises the objective."""

    slope: Slope
    shortfall: float
    exact: bool
    why: str


def _twins(face: Face, figure: Figure) -> tuple[object, ...]:
    """What figures of one price share: money of one purse and year is the same to the program, whoever brings it."""
    structure = face.answer.structure
    if figure.kind == "source":
        return figure.kind, figure.year, int(structure.purse_of[structure.inputs.sources.index(figure.name)])
    return figure.kind, figure.sheet, figure.position, figure.column


def _priced(face: Face, figure: Figure, walk: int, rules: pd.DataFrame) -> _Priced | None:
    """None where a change of the figure would make other rows of the program."""
    move = move_of(face, figure)
    if move is None:
        return None
    far = float(face.answer.structure.funding.sum()) / max(face.effect(move), 1e-12)
    slope = face.slopes([move], walk, far)[0]
    raises = figure.kind == "source" and slope.high > NO_EFFECT
    why = _why(face, figure, move, rules) if raises else ""
    return _Priced(slope, face.shortfall_slope(move), face.small and not move.bends, why)


def _row(figure: Figure, priced: _Priced | None, objective: Objective) -> dict[str, object]:
    figure_columns: dict[str, object] = {
        "kind": figure.kind,
        "name": figure.name,
        "cell": figure.cell,
        "year": figure.year,
        "unit": figure.unit,
        "one_step": figure.step * figure.shown,
        "value": figure.value * figure.shown,
    }
    if priced is None:
        return figure_columns | {
            "words": "Not priced: a change of this figure makes other rows of the program.",
            "why": "",
        }
    slope = priced.slope
    base, step = figure.value * figure.shown, figure.step * figure.shown
    return figure_columns | {
        "price": slope.price,
        "price_low": slope.low,
        "price_high": slope.high,
        "valid_from": max(base + slope.start * step, 0.0) if figure.kind == "source" else base + slope.start * step,
        "valid_to": base + slope.end * step,
        "shortfall_price": priced.shortfall,
        "words": words(figure, slope, priced.shortfall, exact=priced.exact, objective=objective),
        "why": priced.why,
    }


# ---- words ---------------------------------------------------------------------------------------------


def words(
    figure: Figure, slope: Slope, shortfall: float = 0.0, *, exact: bool = True, objective: Objective = USUAL
) -> str:
    """A price as a sentence: direction, size and range, both sides where they differ.

    `shortfall` is what one step adds to the least shortfall, £m; without `exact` the range is a least one.
    """
    if np.isnan(slope.high) and np.isnan(slope.low):
        return "Neither more nor less is possible with every must row kept and the shortfall held."
    less = f"{_step(figure, 'less')} here {_effect(-slope.low, objective)}{_room(figure, -slope.start, exact)}"
    more = f"{_step(figure, 'more')} here {_effect(slope.high, objective)}{_room(figure, slope.end, exact)}"
    if np.isnan(slope.high):
        return f"{less}; more {_impossible(shortfall)}."
    if np.isnan(slope.low):
        return f"{more}; less {_impossible(-shortfall)}."
    if abs(slope.low - slope.high) <= KINK * max(abs(slope.low), abs(slope.high)) + NOTHING:
        return f"{more}."
    return f"{more}; {less.replace(' here', '', 1)}."


def _impossible(shortfall: float) -> str:
    if shortfall > NOTHING:
        return f"would add {pounds(shortfall, 2)} a step to the shortfall"
    return "would leave a must row that cannot hold"


def _step(figure: Figure, word: str) -> str:
    if figure.unit == "percentage point":
        return f"1 percentage point {word}"
    return f"£1m {word}" if figure.unit == "£1m" else f"£1 {word} per unit of need"


def _effect(change: float, objective: Objective) -> str:
    if abs(change) <= NO_EFFECT:
        return f"leaves the {objective.noun} as it is"
    size = f"{abs(change):.3f}" if abs(change) >= 5e-4 else f"{abs(change):.1g}"
    return f"{'raises' if change > 0 else 'lowers'} the {objective.noun} by {objective.figure.format(size)}"


def _room(figure: Figure, steps: float, exact: bool) -> str:
    """How far a price holds, in the unit of the figure; empty for a range as large as all the money."""
    if figure.unit == "percentage point":
        room = "" if steps >= EVERY_POINT else f"{steps:.2g} points"
    elif figure.unit == "£1m":
        room = pounds(steps * figure.step) if steps * figure.step >= 0.1 else f"£{steps * figure.step * 1e6:,.0f}"
    else:
        room = f"£{steps:,.2f}"
    return f", true for {'' if exact else 'at least '}the next {room}" if room else ""


def _why(face: Face, figure: Figure, move: Move, rules: pd.DataFrame) -> str:
    """Where £1m more goes when it raises the objective, and which limits keep it from places below their share."""
    structure = face.answer.structure
    inputs = structure.inputs
    year = inputs.years.index(figure.year)
    gets = _gains(face, move)[:, year]
    weightiest = max(structure.components, key=lambda component: component.weight)
    spend = face.vertex.x[face.layout.ratio[structure.components.index(weightiest), :, year]]
    share = np.where(weightiest.need_shares > 0, spend - 1.0, np.nan)
    order = [int(p) for p in np.argsort(-gets, kind="stable") if gets[p] > WORTH_TELLING][:NAMED]
    places = ", ".join(f"{pounds(gets[p], 2)} to {inputs.places[p]} ({_against(share[p])})" for p in order)
    text = f"All money must be spent: of £1m more in {figure.year}, {places or 'no place gets a share'}"
    walls = rules[
        (rules["year"] == figure.year)
        & (rules["strength"] == "must")
        & (rules["price"] < 0)
        & rules["place"].isin([n for n, over in zip(inputs.places, share, strict=True) if over < 0])
    ]
    if len(walls):
        named = walls.sort_values("price", kind="stable").drop_duplicates(["rule", "place"])[:NAMED]
        limits = ", ".join(f"'{rule}' of {place}" for rule, place in zip(named["rule"], named["place"], strict=True))
        text += f"; places below their share are kept from it by {limits}"
    return f"{text}."


def _against(over: float) -> str:
    if np.isnan(over):
        return "without a share"
    return f"{abs(over):.1%} {'above' if over >= 0 else 'below'} its share"


def _gains(face: Face, move: Move) -> Array:
    """How every place's money follows one step of a move, at the optimum just above: shape (places, years), £m."""
    structure = face.answer.structure
    by = STEP / max(face.effect(move), 1e-12)
    with face.moved(move, by) as outcome:
        at = face.standing(outcome, by * face.activity_of(move, outcome.x))
        change = face.change(move, at)
    columns = np.zeros(len(face.program.low))
    columns[at.column[at.own]] = change[at.own]
    result = np.zeros((len(structure.inputs.places), structure.years))
    number, year = np.nonzero(face.layout.line >= 0)
    np.add.at(result, (structure.lines["place"].to_numpy()[number], year), columns[face.layout.line[number, year]])
    return result
