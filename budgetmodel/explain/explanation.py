"""Explanation: prices, headroom, freedom and weights of a solved scenario in one object, worked out when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.frames import EXPLAINED, names_of, result_table
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.explain import freedom as free
from budgetmodel.explain import headroom as room
from budgetmodel.explain import prices as priced
from budgetmodel.explain import weights as weighed

PARTS = names_of(EXPLAINED)
"""What an explanation may hold: each but the first costs solves."""


class Solved(Protocol):
    """What is explained: a solved scenario with its frames; `results.Result` is one."""

    @property
    def scenario(self) -> str:
        """The scenario's name."""

    @property
    def answer(self) -> Answer:
        """The solved program."""

    @property
    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The tidy frames."""


@dataclass(frozen=True)
class Explanation:
    """Why a scenario's answer is what it is.

    `first` holds the sentences to read before all else: that nothing can converge, when a floor takes all the growth.
    `frames` holds the parts that were asked for (see PARTS), each with `scenario` as its first column. Prices, freedom
    and weights are those of `objective`.
    """

    scenario: str
    first: tuple[str, ...]
    frames: Mapping[str, pd.DataFrame]
    objective: Objective = USUAL

    def __getattr__(self, name: str) -> pd.DataFrame:
        """The frames by name: `explained.prices`, `explained.headroom`, ..."""
        frames = self.__dict__.get("frames", {})
        if name in frames:
            return frames[name]  # type: ignore[no-any-return]  # frames holds frames
        raise AttributeError(name)


def explanation(
    result: Solved,
    results: Mapping[str, Solved] | None = None,
    *,
    parts: Collection[str] = PARTS,
    progress: Callable[[str], None] = lambda _: None,
) -> Explanation:
    """Explain a solved scenario; `results` are the scenarios that it is ranked among when weights change.

    Prices cost a few warm solves for every rule and every source and year, freedom two for every place and year,
    weights two for every component and scenario. Raises ValueError for a part that is none, and SolverFailed when one
    of the solves ends without an optimum.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise ValueError(f"no such part: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    answer = result.answer
    frames: dict[str, pd.DataFrame] = {}
    if "headroom" in parts:
        frames["headroom"] = room.headroom(answer.structure)
    if "prices" in parts:
        frames["prices"] = priced.price_list(answer, result.frames["rules"], progress=progress)
    if "freedom" in parts:
        frames["freedom"] = free.freedom(answer, result.frames["allocation"], progress=progress)
    frames = {name: result_table(name, frame, result.scenario) for name, frame in frames.items()}
    if "weights" in parts:
        answers = {result.scenario: answer} | {name: other.answer for name, other in (results or {}).items()}
        frames["weights"] = weighed.weights(answers, progress=lambda scenario, step: progress(f"{scenario}: {step}"))
    return Explanation(result.scenario, room.no_convergence(answer.structure), frames, answer.objective)
