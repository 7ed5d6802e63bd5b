"""Why a regime does not lead, or why its savings raise its objective: the rows responsible, in words, with cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from budgetmodel.comparison.sets import CLOSE
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.units import pounds
from budgetmodel.results import Result

NOT_AHEAD, SAVINGS_RAISE = "does not lead at equal contract costs", "what it saves raises its {}"
"""The two findings; the second names the objective."""

BALANCE = "source balance"
"""The name in the `rules` frame of the rows by which all money of a source is spent."""

LISTED = 5
"""Rows of a kind that are named; the rest is counted."""

NAMED = 4
"""Places or years that a sentence names."""


def what_holds_back(
    scenario: str,
    against: str,
    rules: pd.DataFrame,
    *,
    lead: int,
    released: float,
    raised: float,
    narrower: Sequence[str],
    objective: Objective = USUAL,
) -> pd.DataFrame:
    """Why a scenario does not lead, or why its savings raise its objective: a row per finding.

    `rules` is the scenario's `rules` frame. `lead` is 1 when it leads at equal contract costs, 0 when the two are
    level and -1 when it is behind. `released` is what it saves in transaction cost (£m) and `raised` by how much its
    own contract costs raise its objective above that at equal costs. `narrower` are the sources whose money reaches
    fewer places or services under it. The frame is empty when there is nothing to explain.
    """
    own = rules[rules["scenario"] == scenario] if "scenario" in rules else rules
    found: list[dict[str, object]] = []
    lost, raises = lead <= 0, SAVINGS_RAISE.format(objective.noun)
    ceiling, floor, money = (partial(each, objective=objective) for each in (_ceiling, _floor, _money))
    if lost:
        how = "is level with" if lead == 0 else "is behind"
        found.append(_finding(NOT_AHEAD, "", "", np.nan, f"{scenario} {how} {against} at equal contract costs."))
        found += [_reach(name, scenario, against) for name in narrower]
        found += _rows(own[own["price"] < -CLOSE], NOT_AHEAD, ceiling)
        found += _rows(own[(own["price"] > CLOSE) & (own["rule"] != BALANCE)], NOT_AHEAD, floor)
    if raised > CLOSE and released > 0:
        change = objective.amount.format(f"{raised:.4f}")
        words = (
            f"{scenario} saves {pounds(released)} in transaction cost, and ends {change} higher in the "
            f"{objective.noun} than at the contract costs of {against}: ceilings send the money to places above their "
            "share."
        )
        found.append(_finding(raises, "", "", raised / released, words))
        found += _rows(own[(own["price"] > CLOSE) & (own["rule"] == BALANCE)], raises, money)
        if not lost:
            found += _rows(own[own["price"] < -CLOSE], raises, ceiling)
    rows = [{"scenario": scenario, "against": against} | each for each in found]
    return result_table("behind", rows)


def narrower_sources(own: Result, first: Result) -> list[str]:
    """The sources whose money reaches fewer places or services under a scenario's pots than under the first's."""
    mine, theirs = own.answer.structure.reach, first.answer.structure.reach
    lost = (theirs.places & ~mine.places).any(axis=(1, 2)) | (theirs.services & ~mine.services).any(axis=(1, 2))
    return [name for name, less in zip(own.inputs.sources, np.asarray(lost), strict=True) if less]


def _finding(finding: str, cell: str, rule: str, price: float, words: str) -> dict[str, object]:
    return {"finding": finding, "cell": cell, "rule": rule, "price": price, "words": words}


def _reach(source: str, scenario: str, against: str) -> dict[str, object]:
    words = f"The money of '{source}' reaches less under {scenario} than under {against}."
    return _finding(NOT_AHEAD, "", source, np.nan, words)


def _rows(rows: pd.DataFrame, finding: str, sentence: object) -> list[dict[str, object]]:
    """A finding per rule and cell, the largest price first; those not listed are counted."""
    if not len(rows):
        return []
    grouped = [
        (rule, cell, float(group["price"].iloc[int(group["price"].abs().to_numpy().argmax())]), group)
        for rule, cell, group in _groups(rows)
    ]
    ranked = sorted(grouped, key=lambda each: -abs(each[2]))
    findings = [_finding(finding, cell, rule, price, sentence(rule, cell, price, group))  # type: ignore[operator]  # a function
            for rule, cell, price, group in ranked[:LISTED]]  # fmt: skip
    if len(ranked) > LISTED:
        words = f"{len(ranked) - LISTED} more rules weigh less: see the sheet Rules, column Price."
        findings.append(_finding(finding, "", "", np.nan, words))
    return findings


def _groups(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Rows of one rule and cell together; source balances of sources that share a purse together, with all cells."""
    money = rows["rule"] == BALANCE
    found = [
        (str(rule), str(cell), group) for (rule, cell), group in rows[~money].groupby(["rule", "cell"], sort=False)
    ]
    for _, group in rows[money].groupby("source", sort=False):
        found.append((BALANCE, _cells(group["cell"]), group))
    return found


def _cells(values: pd.Series) -> str:
    """The first NAMED cells, and how many more there are."""
    names = [str(name) for name in dict.fromkeys(values)]
    short = [names[0], *(name.rpartition("!")[2] for name in names[1:NAMED])]
    return ", ".join(short) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _size(objective: Objective, change: float) -> str:
    return objective.figure.format(f"{change:.4f}")


def _ceiling(rule: str, cell: str, price: float, group: pd.DataFrame, *, objective: Objective) -> str:
    return (
        f"{cell}: '{rule}' holds money back{_where(group)}; £1m more room would lower the {objective.noun} by up to "
        f"{_size(objective, -price)}."
    )


def _floor(rule: str, cell: str, price: float, group: pd.DataFrame, *, objective: Objective) -> str:
    return (
        f"{cell}: '{rule}' ties money down{_where(group)}; £1m less of it would lower the {objective.noun} by up to "
        f"{_size(objective, price)}."
    )


def _money(_: str, cell: str, price: float, group: pd.DataFrame, *, objective: Objective) -> str:
    count, years = group["cell"].nunique(), _listed(group["year"])
    whose = f"'{group['source'].iloc[0]}'" if count == 1 else f"the {count} sources in one purse"
    return (
        f"{cell}: £1m more of {whose} in {years} raises the {objective.noun} by up to {_size(objective, price)}: "
        "ceilings leave it only to places above their share."
    )


def _where(group: pd.DataFrame) -> str:
    parts = [_listed(group[name]) for name in ("place", "service", "provider", "source")]
    members = ", ".join(part for part in parts if part)
    years = _listed(group["year"])
    return f"{f' for {members}' if members else ''}{f' in {years}' if years else ''}"


def _listed(values: pd.Series) -> str:
    names = [str(name) for name in dict.fromkeys(values) if str(name)]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{'; '.join(names[:NAMED])}{more}"
