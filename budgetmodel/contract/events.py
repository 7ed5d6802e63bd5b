"""Events: what a run has come to, as its listeners receive it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from budgetmodel.contract.status import FAILED, INFEASIBLE, NOT_MET

READING, SOLVING, COMPARING, EXPLAINING, WRITING = "reading", "solving", "comparing", "explaining", "writing"
"""The steps of a run."""

SOLVED, REMEMBERED = "solved", "remembered"
ENDS = (SOLVED, REMEMBERED, NOT_MET, INFEASIBLE, FAILED)
"""How a scenario ends."""

SAME, AHEAD, OTHER = "unchanged", "re-solved", "another program"
"""What a first look finds of a scenario that was solved before the workbook was changed."""

Kind = Literal["step", "stage", "looked", "ended", "notice"]


@dataclass(frozen=True)
class Event:
    """Something that a run has come to.

    - `step`: the run has come to `stage`: reading, solving, comparing, explaining or writing. Solving and comparing
      count what they have done: `number` of `of` scenarios, or re-solves.
    - `stage`: `scenario`, the `number`th of `of`, has come to `stage`: building, shortfall, index, turnover, spread or
      proof; or, while explaining, to what is being worked out.
    - `looked`: `scenario` was looked at before it is solved, from its answer of a run before (`Job.earlier`). Its
      inputs are unchanged; or it was re-solved, and `words` has the figures that are proved; or it is another program,
      of which nothing is known yet. Places' money is not among these figures: later stages decide it.
    - `ended`: so does a scenario that is done: solved, remembered, not met, infeasible or failed. `words` is its answer
      in a line, blank where it has none.
    - `notice`: `words` is a sentence about the files that will be replaced.

    `seconds` have gone since the run began. `left` are the likely seconds until it ends, None when nothing is known of
    what is left; with `at_least`, a part of it has never been seen and is not counted. How they are worked out:
    `answers.durations`.
    """

    kind: Kind
    stage: str
    scenario: str = ""
    number: int = 0
    of: int = 0
    seconds: float = 0.0
    left: float | None = None
    at_least: bool = False
    words: str = ""


Listener = Callable[[Event], object]
"""Called with one event at a time, in their order, perhaps from several threads. What it raises ends the run."""
