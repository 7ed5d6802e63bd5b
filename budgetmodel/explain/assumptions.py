"""The assumptions that carry the answer: each halved and doubled, and all solved again up to the objective.

Contract costs, fees and the one-off cost of the scenario's regime; the weight of every component; every must rule that
is a ceiling; and the history: how far each place's Baseline is from its fair share of the weightiest component. That is
halved or doubled with the total of the Baseline, and each place's split of it, kept. The index of each is exact: a
re-solve with its proof, from the published answer's basis. Several allocations may have that index, and which of them
would be published is not settled by it; of the share of the gap that is closed by the last year, the range over all of
them is given.

Money is what the scenario's contracts, fees and one-off cost would come to over all years, less what they do. Fees are
those of the published flows at other rates; they and the one-off cost enter no equation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.answers.resolve import resolve, start_of
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Mask
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.measures import MEASURE, Measure
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import records
from budgetmodel.explain.closed_range import NOT_KNOWN, closed, closed_range
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.need import need_by_place, shares
from budgetmodel.inputs.regime_terms import one_off
from budgetmodel.program.build.structure import Structure, at_costs_times, build_structure

FACTORS = (0.5, 2.0)
"""What an assumption is multiplied with."""

CONTRACT_COST, FEE, ONE_OFF, WEIGHT, CEILING, HISTORY = (
    "contract cost",
    "fee",
    "one-off cost",
    "weight",
    "ceiling",
    "history",
)
"""Kinds of assumptions."""

SOLVED, UNTOUCHED, NO_ANSWER, UNPROVED = "solved again", "in no equation", "no answer", "not proved"
"""How the index of a row was come by."""

Change = Callable[[float], Structure | None]
"""The structure with an assumption times a factor; None where it is in no equation."""


@dataclass(frozen=True)
class Assumption:
    """One assumption: where it stands, its value in words, its source and status, and what a factor does.

    `money` is what the factor adds to contract costs, fees and one-off cost of all years, £m.
    """

    kind: str
    name: str
    cell: str
    value: str
    source: str
    status: str
    change: Change
    money: Callable[[float], float]


def assumptions_effect(
    answer: Answer,
    flows: pd.DataFrame,
    options: Options = DEFAULT_OPTIONS,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The frame `assumptions_effect`: a row per assumption and factor.

    `flows` are the published flows. No rows where something else than the index is minimised.
    """
    if not answer.objective.is_index:
        return pd.DataFrame(columns=list(FRAME["assumptions_effect"].own))
    start, base = start_of(answer), answer.values[1]
    published = closed(answer.structure, answer.layout.amounts(answer.solved.x))
    rows = []
    for each in assumptions(answer.structure, flows):
        for factor in FACTORS:
            progress(f"{each.kind}: {each.name} x {factor:g}")
            structure = each.change(factor)
            found, outcome, span = base, UNTOUCHED, (published, published)
            if structure is not None:
                try:
                    resolved = resolve(start, structure, options)
                    span = closed_range(resolved)
                    found, outcome = resolved.value, SOLVED if resolved.status == "optimal" else NO_ANSWER
                except SolverFailed:
                    found, outcome, span = float("nan"), UNPROVED, NOT_KNOWN
            described = each.kind, each.name, each.cell, each.value, each.source, each.status
            rows.append((*described, factor, *span, found, found - base, each.money(factor), outcome))
    return pd.DataFrame(rows, columns=list(FRAME["assumptions_effect"].own))


def assumptions(s: Structure, flows: pd.DataFrame) -> list[Assumption]:
    """The assumptions of a scenario that are other than nothing."""
    return [*_of_contracts(s, flows), *_of_one_off(s), *_of_weights(s), *_of_ceilings(s), *_of_history(s)]


def _of_contracts(s: Structure, flows: pd.DataFrame) -> Iterator[Assumption]:
    inputs, frame = s.inputs, s.inputs.frame(schema.CONTRACTS)
    own = (frame["Regime"] == s.regime).to_numpy()
    cost, fee = (frame[name].to_numpy(dtype=np.float64)[own] for name in ("Cost per contract", "Fee"))
    total = float(s.source_cost.sum())
    if total > 0:
        yield Assumption(
            CONTRACT_COST, f"Cost per contract, {s.regime}", _cells(inputs, schema.CONTRACTS, own, "Cost per contract"),
            f"{_span(cost, '£{:,.0f}k')} a contract, £{total:,.1f}m in all", *_evidence(frame[own], "Source"),
            lambda times: at_costs_times(s, times), lambda times: total * (times - 1.0),
        )  # fmt: skip
    amount, rate = flows["amount"].to_numpy(dtype=float), flows["fee"].to_numpy(dtype=float)
    if (fee > 0).any():
        yield Assumption(
            FEE, f"Fees, {s.regime}", _cells(inputs, schema.CONTRACTS, own, "Fee"),
            f"{_span(fee, '{:.1%}')}, £{float(amount @ rate):,.1f}m in all", *_evidence(frame[own], "Source"),
            lambda _: None, lambda times: float(amount @ (np.minimum(rate * times, 1.0) - rate)),
        )  # fmt: skip


def _of_one_off(s: Structure) -> Iterator[Assumption]:
    frame = s.inputs.frame(schema.REGIME_COSTS)
    own, total = (frame["Regime"] == s.regime).to_numpy(), float(one_off(s.inputs, s.regime).sum())
    if total > 0:
        yield Assumption(
            ONE_OFF, f"One-off cost, {s.regime}", _cells(s.inputs, schema.REGIME_COSTS, own, "One-off cost"),
            f"£{total:,.1f}m", *_evidence(frame[own], "Source of figure"),
            lambda _: None, lambda times: total * (times - 1.0),
        )  # fmt: skip


def _of_weights(s: Structure) -> Iterator[Assumption]:
    frame = s.inputs.frame(schema.TARGET)
    for at, row in records(frame) if len(frame) > 1 else ():
        change = _times(s, schema.TARGET, at, "Weight")
        yield Assumption(
            WEIGHT, str(row["Component"]), s.inputs.cell(schema.TARGET, at, "Weight"), f"{float(row['Weight']):g}",
            _text(row["Source"]), _text(row["Status"]), change, lambda _: 0.0,
        )  # fmt: skip


def _of_ceilings(s: Structure) -> Iterator[Assumption]:
    for at, row in records(s.inputs.frame(schema.RULES)):
        if row["Limit"] == "at most" and row["Strength"] == "must" and float(row["Value"]) != 0:
            yield Assumption(
                CEILING, str(row["Rule"]), s.inputs.cell(schema.RULES, at, "Value"),
                f"{row['Measure']} at most {_limit(MEASURE[str(row['Measure'])], float(row['Value']))}",
                _text(row["Source"]) or _text(row["Authority"]), _text(row["Status"]),
                _times(s, schema.RULES, at, "Value"), lambda _: 0.0,
            )  # fmt: skip


def _limit(measure: Measure, value: float) -> str:
    """The Value of a rule as it is typed, with its unit."""
    unit = measure.unit
    if unit.is_percent:
        return f"{value * 100.0:g}%"
    return f"\u00a3{value / unit.scale:,.6g}{unit.sign[1:]}"


def _of_history(s: Structure) -> Iterator[Assumption]:
    inputs, frame = s.inputs, s.inputs.frame(schema.BASELINE)
    far = distances(inputs)
    if not len(far) or not np.nanmax(np.abs(far)) > 0:
        return
    most, least = int(np.nanargmax(far)), int(np.nanargmin(far))
    span = f"{far[least]:+.1%} ({inputs.places[least]}) to {far[most]:+.1%} ({inputs.places[most]})"
    yield Assumption(
        HISTORY, "How far places' Baseline is from their fair share", schema.BASELINE, span,
        *_evidence(frame, "Source of figure"), lambda times: _built(s, with_history(inputs, times)), lambda _: 0.0,
    )  # fmt: skip


def distances(inputs: Inputs) -> Array:
    """How far each place's Baseline is from its need's share of it, by the weightiest component: shape (places,).

    The component's need measure, the whole Baseline: a place without need has NaN.
    """
    target = inputs.frame(schema.TARGET)
    measure = str(target["Need measure"].iloc[int(target["Weight"].astype(float).to_numpy().argmax())])
    need = shares(need_by_place(inputs.frame(schema.NEEDS), measure, inputs.places))
    frame = inputs.frame(schema.BASELINE)
    spent = frame.groupby("Place")["Amount"].sum().reindex(list(inputs.places), fill_value=0.0).to_numpy(dtype=float)
    fair = need * spent.sum()
    return np.asarray(np.divide(spent, fair, out=np.full(len(fair), np.nan), where=fair > 0) - 1.0)


def with_history(inputs: Inputs, times: float) -> Inputs:
    """Inputs whose places are `times` as far from their share of the Baseline; its total stays as it is.

    A place's amounts are all multiplied with (1 + times x d) / (1 + d), d its distance, and at least 0.
    """
    far = distances(inputs)
    factor = np.divide(np.maximum(1.0 + times * far, 0.0), 1.0 + far, out=np.ones_like(far), where=1.0 + far > 0)
    of_place = dict(zip(inputs.places, np.nan_to_num(factor, nan=1.0), strict=True))
    frame = inputs.frame(schema.BASELINE)
    amount = frame["Amount"].astype(float)
    changed = amount * frame["Place"].map(of_place).astype(float)
    return inputs.with_frames({schema.BASELINE: frame.assign(Amount=changed * (amount.sum() / changed.sum()))})


def _times(s: Structure, sheet: str, position: int, column: str) -> Change:
    """A figure of a sheet times a factor, in all the arrays that follow from it."""

    def change(times: float) -> Structure:
        frame = s.inputs.frame(sheet)
        values = [value if at != position else float(value) * times for at, value in frame[column].items()]
        return _built(s, s.inputs.with_frames({sheet: frame.assign(**{column: pd.Series(values, index=frame.index)})}))

    return change


def _built(s: Structure, inputs: Inputs) -> Structure:
    """The arrays of changed tables under the same regime, measured against the same reference gaps."""
    return build_structure(inputs, s.regime, _reference(s))


def _reference(s: Structure) -> Mapping[tuple[str, str], float]:
    return {
        (fold(component.name), year): float(s.reference[k, t])
        for k, component in enumerate(s.components)
        for t, year in enumerate(s.inputs.years)
    }


def _cells(inputs: Inputs, sheet: str, own: Mask, column: str) -> str:
    """The cells of a column in some rows: the first, and how many more."""
    at = np.flatnonzero(own)
    more = f" and {len(at) - 1} more" if len(at) > 1 else ""
    return f"{inputs.cell(sheet, int(inputs.frame(sheet).index[at[0]]), column)}{more}"


def _span(values: Array, pattern: str) -> str:
    low, high = pattern.format(values.min()), pattern.format(values.max())
    return low if low == high else f"{low} to {high}"


def _evidence(rows: pd.DataFrame, source: str) -> tuple[str, str]:
    """The most frequent source of some rows, and their statuses with the number of rows of each."""
    sources = Counter(_text(text) for text in rows[source] if _text(text))
    statuses = Counter(_text(text) or "not stated" for text in rows["Status"])
    told = (
        next(iter(statuses)) if len(statuses) == 1 else ", ".join(f"{n:,} {name}" for name, n in statuses.most_common())
    )
    return (sources.most_common(1)[0][0] if sources else ""), told


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
