"""Explanation: prices, headroom, freedom and weights of a solved scenario in one object, worked out when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.content import SHORT, Content
from budgetmodel.contract.frames import EXPLAINED, names_of, result_table
from budgetmodel.contract.frozen import Frames, read_only, rows_of
from budgetmodel.contract.nearest_name import near, no_attribute
from budgetmodel.contract.objectives import USUAL, Objective
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.explain import assumptions as assumed
from budgetmodel.explain import exchange as swapped
from budgetmodel.explain import freedom as free
from budgetmodel.explain import frontier as fronts
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


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Content):
    """Why a scenario's answer is what it is.

    `first` holds the sentences to read before all else: that nothing can converge, when a floor takes all the growth.
    `frames` holds the parts that were asked for (see PARTS), each with `scenario` as its first column. Prices, freedom
    and weights are those of `objective`.
    """

    scenario: str
    first: tuple[str, ...]
    frames: Frames
    objective: Objective = USUAL

    @property
    def headroom(self) -> pd.DataFrame:
        """A row per year and place: average growth, the floor under it, and what is left between, as shares."""
        return self._part("headroom")

    @property
    def frontier(self) -> pd.DataFrame:
        """A row per tolerance, points of index: what a plan that gives up so much changes less."""
        return self._part("frontier")

    @property
    def exchange(self) -> pd.DataFrame:
        """A row: what £1m more of weighted shortfall adds to the objective, and what a point less costs, £m."""
        return self._part("exchange")

    @property
    def prices(self) -> pd.DataFrame:
        """A row per figure of the workbook: what one step of it does to the index, and how far that holds.

        `one_step`, `value`, `valid_from` and `valid_to` are in the units of the cell; `price` is points of the index.
        """
        return self._part("prices")

    @property
    def freedom(self) -> pd.DataFrame:
        """A row per place and year (blank: all): what it gets, and the least and most at this index, £m."""
        return self._part("freedom")

    @property
    def weights(self) -> pd.DataFrame:
        """A row per scenario, component and factor on its weight: the index, solved again, and the rank."""
        return self._part("weights")

    @property
    def assumptions_effect(self) -> pd.DataFrame:
        """A row per assumption and factor: the index with it halved or doubled, and the change of costs in £m."""
        return self._part("assumptions_effect")

    def _part(self, name: str) -> pd.DataFrame:
        if name not in self.frames:
            raise AttributeError(name)
        return self.frames[name]

    if not TYPE_CHECKING:  # a type checker is to refuse a name that is none

        def __getattr__(self, name: str) -> NoReturn:
            """Say which part was not asked for, or which name was likely meant."""
            if name in PARTS:
                raise AttributeError(f"This explanation was made without '{name}'. Ask for it with parts=['{name}'].")
            raise no_attribute(self, name)

    def _card(self) -> tuple[str, Mapping[str, object]]:
        return f"Explanation of scenario {self.scenario!r}", {
            "content": self.content_hash[:SHORT],
            "frames (rows)": rows_of(self.frames),
            **{f"first {n}": words for n, words in enumerate(self.first[:3], start=1)},
        }


def explanation(
    result: Solved,
    results: Mapping[str, Solved] | None = None,
    *,
    parts: Collection[str] = PARTS,
    options: Options = DEFAULT_OPTIONS,
    progress: Callable[[str], None] = lambda _: None,
) -> Explanation:
    """Explain a solved scenario; `results` are the scenarios that it is ranked among when weights change.

    The frontier costs a convex solve for every tolerance (its plans are remembered where `options` have a memory),
    prices a few warm solves for every rule and every source and year, freedom two for every place and year, weights
    two for every component and scenario, assumptions two for each. Raises ValueError for a part that is none, and
    SolverFailed when one of the solves ends without an optimum.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise ValueError(f"There is no part {unknown[0]!r} of an explanation. {near(unknown[0], PARTS)}")
    answer = result.answer
    frames: dict[str, pd.DataFrame] = {}
    if "headroom" in parts:
        frames["headroom"] = room.headroom(answer.structure)
    if "frontier" in parts:
        frames["frontier"] = fronts.frontier(answer, options, progress=progress)
    if "exchange" in parts:
        frames["exchange"] = swapped.exchange(answer, options, progress)
    if "prices" in parts:
        frames["prices"] = priced.price_list(answer, result.frames["rules"], progress=progress)
    if "freedom" in parts:
        frames["freedom"] = free.freedom(answer, result.frames["allocation"], progress=progress)
    if "assumptions_effect" in parts:
        flows = result.frames["flows"]
        frames["assumptions_effect"] = assumed.assumptions_effect(answer, flows, options, progress)
    frames = {name: result_table(name, frame, result.scenario) for name, frame in frames.items()}
    if "weights" in parts:
        answers = {result.scenario: answer} | {name: other.answer for name, other in (results or {}).items()}
        frames["weights"] = weighed.weights(answers, progress=lambda scenario, step: progress(f"{scenario}: {step}"))
    frames_of_parts = Frames(frames, "part")
    return Explanation(result.scenario, room.no_convergence(answer.structure), frames_of_parts, answer.objective)
