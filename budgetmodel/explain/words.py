"""Why a place got what it got, in plain English: one paragraph per place, made of the figures of a Waterfall only."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from budgetmodel.contract.tables import records
from budgetmodel.contract.units import pounds
from budgetmodel.explain.waterfall import ALL_YEARS, INTERACTION, NOTICED, OVERLAP, START, Waterfall
from budgetmodel.explain.without import COSTS, FREE, KEEP, RULE, WALLS

RULES_NAMED = 4
"""Rules that a paragraph names, the largest first; the rest are summed."""

SMALLEST = 0.05
"""£m: less is £0.0m in the text, and named no one's doing."""

SAME = 5e-4
"""A distance that reads 0.0%."""

LABELS = {
    START: "Do-minimum (average growth)",
    FREE: "Fair shares: one pot, no rules",
    OVERLAP: "Rules only together",
    WALLS: "Walls between pots",
    COSTS: "Contract costs",
    INTERACTION: "Interaction of all these",
}
"""What a step is called in tables; rules go by their own names."""

WHO = {WALLS: "the walls between pots", COSTS: "contract costs"}
MIXED = {
    OVERLAP: "rules only together, one standing in for another,",
    INTERACTION: "the interaction of all these",
}
"""What causes other than rules are called in a sentence; the mixed ones are left out when they are nothing."""


def step_label(kind: str, rule: str) -> str:
    """The name of a step in a table.

    >>> step_label("rule", "Pace"), step_label("walls", "")
    ('Rule: Pace', 'Walls between pots')
    """
    return {RULE: f"Rule: {rule}", KEEP: rule}.get(kind) or LABELS[kind]


def paragraph(why: Waterfall, place: str) -> str:
    """One paragraph on a place, all years together: its position, the steps to it, and what would help it most."""
    standing = why.standing[why.standing["place"] == place]
    steps = why.steps[(why.steps["place"] == place) & (why.steps["year"] == ALL_YEARS)]
    helps = why.helps[why.helps["place"] == place]
    far = float(why.places.loc[why.places["place"] == place, "far"].iloc[0])
    years = [year for year in dict.fromkeys(standing["year"]) if year != ALL_YEARS]
    together = standing[standing["year"] == ALL_YEARS]
    sentences = [*_stand(place, together, steps, years), _course(steps), _help(helps, far, averaged=len(standing) > 2)]
    return " ".join(sentence for sentence in sentences if sentence)


def paragraphs(why: Waterfall) -> dict[str, str]:
    """A paragraph for every place, in the order of the sheet."""
    return {str(place): paragraph(why, str(place)) for place in why.places["place"]}


def _stand(place: str, standing: pd.DataFrame, steps: pd.DataFrame, years: Sequence[str]) -> list[str]:
    """Need share, target, do-minimum and allocation on the weightiest component with a need; then everything."""
    needed = standing[standing["need_share"] > 0]
    start, got = float(steps["amount"].iloc[0]), float(steps["after"].iloc[-1])
    if needed.empty:
        whole = f"{place} has no need in any component of the target, so there is no fair share to measure it by."
        return [whole, f"{_span(years)} it gets {pounds(got)} in all, {_against(got, start)}."]
    main = needed.iloc[int(needed["weight"].to_numpy(dtype=float).argmax())]
    before, amount = float(main["do_minimum"]), float(main["amount"])
    sentences = [
        f"{place} has {_percent(main['need_share'])} of the need in '{main['component']}'; "
        f"{_span(years).lower()} its fair share of that money is {pounds(main['target'])}.",
        f"The do-minimum (today's pattern with average growth) would give it {pounds(before)}, "
        f"{_from_share(main['distance_before'])}; this plan gives it {pounds(amount)}, "
        f"{_from_share(main['distance'])}.",
    ]
    if abs(got - amount) < SMALLEST and abs(start - before) < SMALLEST:
        sentences.append(f"That is {_against(got, start, named=False)}.")
    else:
        sentences.append(f"Over all services it gets {pounds(got)}, {_against(got, start)}.")
    others = needed[needed["component"] != main["component"]]
    if len(others) and others["distance"].abs().max() >= SAME:
        worst = others.loc[others["distance"].abs().idxmax()]
        which = "In the other component" if len(others) == 1 else "Of the other components it is furthest off in"
        sentences.append(f"{which} '{worst['component']}'{' it is' if len(others) == 1 else ':'} "
                         f"{_from_share(worst['distance'])}.")  # fmt: skip
    none = [f"'{name}'" for name in standing.loc[standing["need_share"] <= 0, "component"]]
    return [*sentences, f"It has no need in {_listed(none, 'or')}, and so no fair share of that." if none else ""]


def _course(steps: pd.DataFrame) -> str:
    """The steps from the do-minimum to the allocation, as one sentence."""
    kinds = steps["kind"]
    rules = steps[kinds.isin((RULE, KEEP))]
    large = rules[rules["amount"].abs() >= SMALLEST]
    named = large.loc[large["amount"].abs().sort_values(ascending=False, kind="stable").index[:RULES_NAMED]]
    causes = [("fair shares alone, in one pot and without rules,", _sum(steps[kinds == FREE]), True)]
    causes += [(f"'{row['rule']}'", float(row["amount"]), False) for _, row in records(named)]
    causes += _others(rules.drop(index=named.index), bool(len(named)))
    causes += [(who, _sum(steps[kinds == kind]), True) for kind, who in WHO.items() if (kinds == kind).any()]
    mixed = [(who, _sum(steps[kinds == kind]), kind == OVERLAP) for kind, who in MIXED.items()]
    moving = [cause for cause in (*causes, *mixed) if abs(cause[1]) >= SMALLEST]
    quiet = [(who.rstrip(","), several) for who, amount, several in causes if abs(amount) < SMALLEST]
    clauses = [f"{who} {_moves(amount, several=several)}" for who, amount, several in moving]
    if quiet:
        verb = "change" if len(quiet) > 1 or quiet[0][1] else "changes"
        clauses.append(f"{_listed([who for who, _ in quiet], 'and')} {verb} nothing worth £0.1m")
    return f"Step by step from the do-minimum: {'; '.join(clauses)}."


def _others(rest: pd.DataFrame, after_named: bool) -> list[tuple[str, float, bool]]:
    """The rules that are not named, as one: who they are, what they do, and whether they are several."""
    if rest.empty:
        return []
    other = "other " if after_named else ""
    who = f"the {other}rule that may bind" if len(rest) == 1 else f"the {len(rest)} {other}rules that may bind"
    return [(who, _sum(rest), len(rest) > 1)]


def _help(helps: pd.DataFrame, far: float, *, averaged: bool) -> str:
    """The changes that would bring the place nearest to its fair share, each on its own."""
    if far != far:
        return ""
    if helps.empty:
        if far < NOTICED:
            return "It is at its fair share."
        return "No single rule, wall or cost, taken away, would bring it even 0.1% nearer to its fair share."
    options = [
        f"without {_taken(str(row['kind']), str(row['rule']))} it would get {_more(float(row['amount']))} "
        f"and be {_percent(row['far_without'])} off"
        for _, row in records(helps)
    ]
    how = "The change that would help most" if len(options) == 1 else "The changes that would help most, each alone"
    mean = "On average over components and years it is" if averaged else "It is"
    return f"{mean} {_percent(far)} off its fair share. {how}: {_ands(options)}."


def _taken(kind: str, rule: str) -> str:
    return WHO.get(kind, f"'{rule}'")


def _more(amount: float) -> str:
    if abs(amount) < SMALLEST:
        return "the same money in all"
    return f"{pounds(abs(amount))} {'more' if amount > 0 else 'less'}"


def _moves(amount: float, *, several: bool) -> str:
    """What a step does; `several` is the grammatical number of who does it: costs take, a rule takes."""
    s = "" if several else "s"
    return f"give{s} {pounds(amount)}" if amount > 0 else f"take{s} {pounds(-amount)}"


def _against(got: float, start: float, *, named: bool = True) -> str:
    """Allocation against do-minimum, in £m and per cent."""
    minimum = f"its do-minimum of {pounds(start)}" if named else "the do-minimum"
    if abs(got - start) < SMALLEST:
        return f"the same as {minimum}"
    share = f" ({_percent(abs(got / start - 1))})" if start > 0 else ""
    return f"{pounds(abs(got - start))}{share} {'more' if got > start else 'less'} than {minimum}"


def _from_share(distance: float) -> str:
    if abs(distance) < SAME:
        return "at its fair share"
    return f"{_percent(abs(distance))} {'over' if distance > 0 else 'under'} its fair share"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _span(years: Sequence[str]) -> str:
    return f"In {years[0]}" if len(years) == 1 else f"Over the {len(years)} years {years[0]} to {years[-1]}"


def _sum(rows: pd.DataFrame) -> float:
    return float(rows["amount"].sum())


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _ands(options: Sequence[str]) -> str:
    return options[0] if len(options) == 1 else f"{'; '.join(options[:-1])}; and {options[-1]}"
