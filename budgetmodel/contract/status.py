"""What became of a scenario: the words of JSON and tables, and the name by which pages speak of its answer."""

from __future__ import annotations

OPTIMAL, NOT_MET, INFEASIBLE, FAILED = "optimal", "not met", "infeasible", "failed"
"""The status of a scenario.

`not met`: no allocation keeps its must rows as they are asked; its answer is that of its tables with the cheapest way
out applied. `infeasible`: the same without an answer.
"""

CAN, CANNOT, NOT_TRIED = "can be met", "cannot be met", "not tried"
"""What a check knows of a scenario before it is solved."""


def shown_name(scenario: str, status: str) -> str:
    """The name of an answer on pages, sheets and the console: that of its scenario, marked where it is not met.

    >>> shown_name("Split", OPTIMAL), shown_name("Split", NOT_MET)
    ('Split', 'not met: Split')
    """
    return f"{NOT_MET}: {scenario}" if status == NOT_MET else scenario
