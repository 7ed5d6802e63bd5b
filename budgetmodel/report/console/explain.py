"""The lines of `explain`: a place's steps as a table and a paragraph, or a rule's rows, prices, winners and losers.

Plain characters, 80 columns.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from budgetmodel.contract.tables import records
from budgetmodel.explain.waterfall import ALL_YEARS
from budgetmodel.explain.without import KEEP, RULE
from budgetmodel.explain.words import SMALLEST, paragraph, step_label
from budgetmodel.report.console.line import WIDTH, console_line
from budgetmodel.report.console.prices import explanation_lines

if TYPE_CHECKING:
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.results import Result

FIGURE = 11
"""Characters of a column of £m."""

LEAST_LABEL = 34
"""Characters that the names of steps and rows need at least."""

UNSEEN = 5e-4
"""£m: a smaller step is printed as 0.000; such rules share a line."""

ROWS_SHOWN = 12
"""Most rows of a rule on the console; the rest is counted."""


def scenario_lines(explained: Explanation) -> list[str]:
    """The whole scenario: headroom first, then ranked prices, freedom, and weights where they were asked for."""
    return [console_line(line) for line in explanation_lines(explained)]


def scenario_records(explained: Explanation) -> dict[str, object]:
    """An explanation for `--json`."""
    return {"first": list(explained.first), **{name: json_records(frame) for name, frame in explained.frames.items()}}


def place_lines(why: Waterfall, place: str) -> list[str]:
    """The steps of a place (£m), all years and each year as far as the columns fit, and the paragraph."""
    steps = why.steps[why.steps["place"] == place]
    scenario, years = str(steps["scenario"].iloc[0]), list(dict.fromkeys(steps["year"]))
    room = (WIDTH - LEAST_LABEL) // FIGURE
    shown = years if len(years) <= room else [ALL_YEARS]
    shown = [ALL_YEARS] if len(years) == 2 else shown  # a single year is all years
    wide = steps.pivot(index="step", columns="year", values="amount")[shown]
    labels = [step_label(str(row["kind"]), str(row["rule"])) for _, row in records(steps[steps["year"] == ALL_YEARS])]
    headings = ["All years" if year == ALL_YEARS and len(years) > 2 else year or years[-1] for year in shown]
    lines = [f"{place} in scenario {scenario}: why it got this (£m)", _row("", headings)]
    figures = wide.to_numpy(dtype=float)
    is_rule = steps.loc[steps["year"] == ALL_YEARS, "kind"].isin((RULE, KEEP)).to_numpy()
    still = is_rule & (np.abs(figures) < UNSEEN).all(axis=1)
    lines += [_row(label, [_money(v) for v in figures[n]]) for n, label in enumerate(labels) if not still[n]]
    if still.any():
        lines.append(_row(f"Rules that move nothing: {still.sum()}", [_money(v) for v in figures[still].sum(axis=0)]))
    lines.append(_row("Allocation", [_money(value) for value in figures.sum(axis=0)]))
    if len(years) > 2 and shown == [ALL_YEARS]:
        lines.append("Every year is told by --json, and by run --explain in the results.")
    return [console_line(line) for line in [*lines, "", *_wrapped(paragraph(why, place)), *_notes(why)]]


def rule_lines(result: Result, rule: str, effect: pd.DataFrame) -> list[str]:
    """A rule's rows with activity, limit and price, and the places that gain and lose by it.

    `effect` has year (blank for all years), place and amount (£m): the plan less the plan without the rule.
    """
    rows = rule_rows(result, rule)
    binding = rows[rows["binding"].astype(bool)]
    cell = f" ({rows['cell'].iloc[0]})" if len(rows) else ""
    lines = [f"'{rule}'{cell} in scenario {result.scenario}"]
    if rows.empty:
        return [console_line(line) for line in [*lines, "It asks nothing: no money reaches what it selects."]]
    kind = f" It is a '{rows['strength'].iloc[0]}' rule."
    count = f"{len(rows)} rows" if len(rows) > 1 else "1 row"
    number = str(len(binding)) if len(binding) else "none"
    bind = f"{number} of them bind{'s' if len(binding) == 1 else ''}"
    if len(rows) == 1:
        bind = "it binds" if len(binding) else "it does not bind"
    lines.append(f"{count}; {bind}.{kind}")
    lines.append(_row("Row", ["Spent £m", "Limit £m", "Slack £m"]) + "  Price")
    order = rows.assign(size=rows["price"].abs()).sort_values(["binding", "size"], ascending=False, kind="stable")
    lines += [_rule_row(row) for _, row in records(order.iloc[:ROWS_SHOWN])]
    if len(rows) > ROWS_SHOWN:
        lines.append(f"... and {len(rows) - ROWS_SHOWN} more: see rules.csv")
    noun = result.answer.objective.noun
    lines += _wrapped(f"Price: what £1m more of the limit adds to the {noun} (lower is fairer), for small steps.")
    return [console_line(line) for line in [*lines, "", *_gains(rule, effect)]]


def rule_rows(result: Result, rule: str) -> pd.DataFrame:
    """A rule's rows of the `rules` frame."""
    rules = result.frames["rules"]
    return rules[rules["rule"] == rule]


def place_records(why: Waterfall, place: str) -> dict[str, object]:
    """A place's explanation for `--json`: tidy records, £m."""
    frames = {"waterfall": why.steps, "standing": why.standing, "helps": why.helps}
    own = {name: json_records(frame[frame["place"] == place]) for name, frame in frames.items()}
    notes = {"without_effect": list(why.idle), "without_answer": list(why.unanswered)}
    return {"place": place, **own, "paragraph": paragraph(why, place), **notes}


def rule_records(result: Result, rule: str, effect: pd.DataFrame) -> dict[str, object]:
    """A rule's explanation for `--json`."""
    return {"rule": rule, "rows": json_records(rule_rows(result, rule)), "effect": json_records(effect)}


def json_records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as records for JSON, with None for NaN."""
    return [
        {str(name): None if isinstance(value, float) and isnan(value) else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _gains(rule: str, effect: pd.DataFrame) -> list[str]:
    """The places that get more and less because of a rule, all years together."""
    if effect.empty:
        return _wrapped(f"Without '{rule}' there is no answer to compare with.")
    total = effect[effect["year"] == ALL_YEARS].set_index("place")["amount"]
    moved = total[total.abs() >= SMALLEST]
    if moved.empty:
        return _wrapped(f"Without '{rule}' no place would get £0.1m more or less, all years together.")
    lines = [f"What '{rule}' gives or takes: the plan less the plan without it (£m)"]
    ranked = moved.sort_values(ascending=False, kind="stable")
    return [
        *lines,
        *(
            _row(str(place), [_money(amount)])
            for place, amount in zip(ranked.index, ranked.to_numpy(dtype=float), strict=True)
        ),
    ]


def _rule_row(row: dict[str, object]) -> str:
    figures = [_money(float(str(row[name]))) for name in ("activity", "limit", "slack")]
    return f"{_row(_members(row), figures)}  {_price(row)}"


def _members(row: dict[str, object]) -> str:
    """The year and members of a row of the `rules` frame."""
    names = ("year", "place", "service", "provider", "component", "source")
    return ", ".join(str(row[name]) for name in names if row[name])


def _price(row: dict[str, object]) -> str:
    """A price, or its range where one is known."""
    low, high, price = (float(str(row[name])) for name in ("price_low", "price_high", "price"))
    if isnan(price):
        return ""
    if not isnan(low) and not isnan(high) and abs(high - low) > 1e-6:
        return f"{low:.4g} to {high:.4g}"
    return f"{price:.4g}" if price else ("none" if row["binding"] else "")


def _notes(why: Waterfall) -> list[str]:
    notes = []
    if why.unanswered:
        listed = ", ".join(f"'{key}'" for key in why.unanswered)
        notes = ["", *_wrapped(f"Without {listed} there is no answer; what it does is in the interaction.")]
    return notes


def _row(label: str, figures: Sequence[str], *, wide: bool = False) -> str:
    """A label and figures; the label leaves room for four figures unless it may be `wide`."""
    width = WIDTH - FIGURE * (len(figures) if wide else max(len(figures), 4))
    cut = label if len(label) <= width else f"{label[: width - 3]}..."
    return f"{cut:<{width}}" + "".join(f"{figure:>{FIGURE}}" for figure in figures)


def _money(value: float) -> str:
    """£m with thousands separators and three decimals; without a minus before 0.

    >>> _money(-0.0001), _money(1234.5678)
    ('0.000', '1,234.568')
    """
    return f"{round(value, 3) + 0.0:,.3f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=True)
