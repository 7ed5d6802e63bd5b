"""Which questions of the 2020 engagement exercise a scenario answers: numbers of `knowledge/engagement.csv`."""

from __future__ import annotations

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.knowledge.facts import facts

COLUMN = "Engagement question"


def numbers(stated: object) -> tuple[int, ...]:
    """The questions that a cell names; what is no number of a question is left out.

    >>> numbers("1; 2"), numbers(3), numbers(None), numbers("all")
    ((1, 2), (3,), (), ())
    """
    known = {fact["number"]: int(fact["number"]) for fact in facts("engagement")}
    return tuple(known[part] for part in _parts(stated) if part in known)


def check_engagement(typed: Typed) -> None:
    """Issues of scenarios that name a question which was not asked."""
    asked = [fact["number"] for fact in facts("engagement")]
    for position, stated in typed.frames[schema.SCENARIOS][COLUMN].items():
        unknown = [part for part in _parts(stated) if part not in asked]
        if unknown:
            expected = f"numbers from {asked[0]} to {asked[-1]}, separated by ;"
            finding = Finding("QUESTION_UNKNOWN", f"'{unknown[0]}'", expected, "Type 1; 2, or leave the cell blank.")
            typed.report(finding, schema.SCENARIOS, int(str(position)), COLUMN)


def _parts(stated: object) -> list[str]:
    return [] if stated is None else [part.strip() for part in str(stated).split(";") if part.strip()]
