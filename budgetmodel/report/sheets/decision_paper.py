"""The Decision page as a record: its sentences and lists. The sheet, the report and the board pack show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from budgetmodel.comparison.breakeven import CONTRACT, FEE, ONE_OFF
from budgetmodel.comparison.headline import Headline, main_component
from budgetmodel.comparison.headline_words import (
    NAMED,
    break_even_clause,
    breakeven_rows,
    change_of_mind,
    closes,
    joined,
    one_sentence,
    percent,
    places_words,
    released_words,
    signed_percent,
    today_or,
)
from budgetmodel.comparison.money_status import money_status
from budgetmodel.comparison.wall_words import wall_sentences
from budgetmodel.contract import schema
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import in_pounds, pounds
from budgetmodel.report.sheets.carrying import EFFECTS_TABLE, carrying_sentences
from budgetmodel.report.sheets.indicators import indicator_lines
from budgetmodel.report.shown import misses
from budgetmodel.report.tables import Frames
from budgetmodel.results import Result

BALANCE = "source balance"
"""The rule of a row that says no more than the money of a source can be spent."""

LEAST_EFFECT = 0.005
"""Points of index, or £m: a smaller effect would be shown as 0.00."""

ASSUMPTIONS, INDICATOR_LINES = 5, 3
"""Most assumptions and most indicators on the page."""

CASH_ONLY = "cash only"
"""What stands in the place of growth in real terms where a Cost uplift is blank."""


@dataclass(frozen=True)
class Paper:
    """The Decision page. Lists of sentences may be empty; `people` are settings of About with their labels.

    `clauses` is `sentence` part by part, for a page that cannot wrap a line.
    """

    found: Headline
    sentence: str
    clauses: tuple[str, ...]
    unmet: tuple[str, ...]
    walls: tuple[str, ...]
    decide: tuple[str, ...]
    depends: tuple[str, ...]
    mind: tuple[str, ...]
    indicators: tuple[str, ...]
    status: tuple[str, ...]
    people: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def pair(self) -> str:
        """The two that are compared, as a heading has them."""
        return f"'{self.found.compared}' against {today_or(self.found.base, self.found)}"


def paper_of(results: Mapping[str, Result], frames: Frames, found: Headline | None) -> Paper | None:
    """The Decision page of the pair of scenarios of a headline; None where nothing was solved."""
    if found is None:
        return None
    own = results[found.compared]
    turns = breakeven_rows(frames.get("breakeven"), found.compared, found.base)
    return Paper(
        found=found,
        sentence=one_sentence(found, frames.get("breakeven")),
        clauses=tuple(_clauses(found, break_even_clause(turns))),
        unmet=tuple(
            f"{name}. {misses(results[name])}"
            for name in dict.fromkeys((found.compared, found.base))
            if name in results and not results[name].is_met
        ),
        walls=tuple(wall_sentences(results, frames, found.base, found.compared)),
        decide=tuple(_decide(own, found)),
        depends=tuple(_depends(own, turns, frames)),
        mind=tuple(change_of_mind(turns)),
        indicators=indicator_lines(own, INDICATOR_LINES),
        status=tuple(each.words for each in money_status(own.inputs)),
        people=tuple(_people(own.inputs.settings)),
        notes=tuple(_notes(own, found)),
    )


def _clauses(found: Headline, turn: str) -> list[str]:
    versus = f" ({today_or(found.base, found)}: {percent(found.base_line.closed)})" if found.base in found.lines else ""
    freed = released_words(found.released)
    parts = [places_words(found), closes(found.line.closed, found.year) + versus]
    return [*parts, *([freed] if freed else []), *([turn] if freed and turn else [])]


def _decide(own: Result, found: Headline) -> list[str]:
    """What is to be decided, and who gets less and must be spoken with."""
    first = own.inputs.years[0]
    row = own.inputs.scenario_row(own.inputs.scenario) if own.inputs.scenarios else {}
    purpose = str(row.get("Purpose") or "").strip().rstrip(".")
    instead = f" in place of {today_or(found.base, found)}"
    said = [f"Whether to adopt '{found.compared}'{instead} from {first}{f': {purpose}' if purpose else ''}."]
    level = [name for name in found.leaders if name != found.compared]
    if found.compared in found.leaders and level:
        names = joined([f"'{name}'" for name in level])
        also = "It is" if len(level) == 1 else "They are"
        said.append(f"Whether it is to be {names} instead. {also} as near to fair shares: other reasons decide.")
    less = found.less[:NAMED]
    if less:
        told = [f"{each.place} ({_money(each.difference)}; its own money {_change(each.growth)})" for each in less]
        told += [f"{len(found.less) - NAMED} more"] if len(found.less) > NAMED else []
        than = f"get less than {today_or(found.base, found)} gives"
        said.append(f"On what terms the places go along that {than}: {joined(told, len(told))}.")
    return said


def _money(millions: float) -> str:
    return f"\u2212{pounds(-millions)}" if millions < 0 else f"+{pounds(millions)}"


def _change(growth: float) -> str:
    return f"{signed_percent(growth)} in cash" if growth == growth else "new"


def _depends(own: Result, turns: Mapping[str, Mapping[str, object]], frames: Frames) -> list[str]:
    """What the answer rests on: the assumptions that carry it where they were worked out, else costs and prices."""
    carrying = carrying_sentences(frames.get(EFFECTS_TABLE), own.scenario, ASSUMPTIONS)
    if carrying:
        return carrying
    found = []
    contract, fee, once = (turns.get(name, {}).get("now") for name in (CONTRACT, FEE, ONE_OFF))
    if contract is not None and float(str(contract)) > 0:
        found.append(f"A contract costs £{float(str(contract)):,.0f}k a year on average.")
    if fee is not None and float(str(fee)) > 0:
        found.append(f"Fees take {float(str(fee)):.2%} of the money.")
    if once is not None and float(str(once)) > 0:
        found.append(f"The change costs {pounds(float(str(once)))} once.")
    return [*found, *_priced(own)][:ASSUMPTIONS]


def _priced(own: Result) -> list[str]:
    """The limits that hold back most fairness: one sentence per rule, by what at most £1m of it would do.

    A price holds for as far as its range goes; what lies beyond is not promised.
    """
    rules, objective = own.frames["rules"], own.answer.objective
    bound = rules[rules["binding"].astype(bool) & (rules["cell"] != "") & rules["price"].notna()]
    ends = np.where(bound["price"] < 0, bound["valid_to"] - bound["limit"], bound["limit"] - bound["valid_from"])
    room = np.clip(np.nan_to_num(ends.astype(float), nan=0.0, posinf=1.0), 0.0, 1.0)
    effect = bound["price"].abs().to_numpy(dtype=float) * room
    order = np.argsort(-effect, kind="stable")
    first = bound.assign(room=room, effect=effect).iloc[order].drop_duplicates(["rule", "cell"])
    first = first[(first["rule"] != BALANCE) | ~first["rule"].duplicated()]  # of the pots, the one that does most
    found = []
    for _, row in records(first[first["effect"] > LEAST_EFFECT]):
        where = ", ".join(str(row[name]) for name in ("place", "service", "year") if row[name])
        amount = objective.amount.format(f"{float(str(row['effect'])):.2f}")
        way = "higher" if float(str(row["price"])) < 0 else "lower"
        size = in_pounds(float(str(row["room"])))
        if row["rule"] == BALANCE:
            way = "more" if way == "higher" else "less"
            found.append(
                f"The money of '{row['source']}' ({row['cell']}) stays as it is in {row['year']}. {size} {way} of it "
                f"would lower the {objective.noun} by {amount}."
            )
            continue
        found.append(
            f"'{row['rule']}' ({row['cell']}) stays as it is{f' for {where}' if where else ''}. {size} {way}, it would "
            f"lower the {objective.noun} by {amount}."
        )
    return found


def _people(settings: Mapping[str, str]) -> list[tuple[str, str]]:
    labels = {"Prepared by": "Prepared by", "Approved by": "Approved by", "Use until": "Use until", "Status": "Status"}
    return [(label, _first(str(settings.get(name) or "not stated"))) for name, label in labels.items()]


def _first(text: str) -> str:
    """The first sentence of a setting: the Cover has all of it."""
    return text.strip().partition(". ")[0].rstrip(".")


def _notes(own: Result, found: Headline) -> list[str]:
    """How to read the table."""
    component, year = main_component(own), found.year
    target = own.inputs.frame(schema.TARGET)
    services = next(row for name, row in zip(target["Component"], target["Services"], strict=True) if name == component)
    some = len(services.members) < len(own.inputs.services)
    of = f"'{component}', which counts {len(services.members)} of {len(own.inputs.services)} services"
    whole = of if some else f"'{component}'"
    said = f"Fair share is money in line with need, of {whole}, in {year}; below it in brackets."
    before = f"Before: with today's shares (the do-minimum) in {year}. After: under '{found.compared}'."
    real = "Real is after the Cost uplift of every year." if found.has_uplift else f"Growth is in cash: {_blank(own)}."
    return [f"{said} {before} {real}"]


def _blank(own: Result) -> str:
    years = own.inputs.frame(schema.YEARS)
    missing = [str(year) for year, rate in zip(years["Year"], years["Cost uplift"].isna(), strict=True) if rate]
    return f"Years has no Cost uplift for {joined(missing, 3)}"
