"""How long the parts of a run took, beside the remembered answers, and how long the rest of one will likely take.

Likely seconds are worked out so. A part is taken to last as long as in the last run into the same folder: each step
(reading, solving, comparing, explaining, writing), and while scenarios are being solved each stage of each of them.
Until its first stage shows which, a scenario is taken to be remembered when the inputs are those of the last run, and
to be solved when they are not. A scenario that the folder does not know takes as long per non-zero of its program as
those that this run has solved. Scenarios are solved side by side: what is left of them is the longest of them, or their
sum shared among the threads, whichever is more. A step that no run has seen goes on as it began where it counts what it
has done, and otherwise is not known.

Nothing here decides what is solved, and no result holds a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from budgetmodel.contract.events import SOLVING
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.files.disk import read_json
from budgetmodel.files.sets import write_files

FOLDER = ".budgetmodel"
"""The folder of what is remembered, within that of the results."""

FILE = "durations.json"
"""The name of what is remembered of times."""

FORMAT = 1

AT_MOST = 10_000_000
"""Bytes of that file that are read: 500 scenarios have a fortieth of it."""

SCENARIOS = 500
"""Scenarios that are kept; beyond them, those of the earliest runs go."""

BUILDING, PROOF = "building", "proof"
"""A scenario's first stage, and its last; a remembered one has no others."""

Stages = Mapping[str, float]
"""Seconds by stage, in their order."""


@dataclass(frozen=True)
class Known:
    """A scenario as the last run met it: seconds by stage, non-zeros of its program, and a hash of what went in.

    `remembered` are the stages of a run that had its answer already; either is empty when it was not seen.
    """

    solved: Stages = field(default_factory=dict)
    remembered: Stages = field(default_factory=dict)
    size: int = 0
    inputs: str = ""


@dataclass(frozen=True)
class Durations:
    """What earlier runs into a folder took: scenarios by name, and seconds by step."""

    scenarios: Mapping[str, Known] = field(default_factory=dict)
    steps: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def beside(cls, results: Path) -> Durations:
        """Those of a folder of results; none when there are none that can be read."""
        try:
            document = read_json(results / FOLDER / FILE, AT_MOST)
            if document["format"] != FORMAT:
                return cls()
            scenarios = {str(name): _known(own) for name, own in document["scenarios"].items()}
            return cls(scenarios, _seconds(document["steps"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return cls()

    def joined(self, later: Durations) -> Durations:
        """These and what a later run saw, which counts where both know something; the latest come last."""
        scenarios = dict(self.scenarios)
        for name, own in later.scenarios.items():
            was = scenarios.pop(name, Known())
            scenarios[name] = Known(
                own.solved or was.solved, own.remembered or was.remembered, own.size or was.size, own.inputs
            )
        kept = dict(list(scenarios.items())[-SCENARIOS:])
        return Durations(kept, {**self.steps, **later.steps})

    def keep(self, results: Path) -> None:
        """Write them beside the remembered answers; a run is as good without."""
        document = {
            "format": FORMAT,
            "steps": _rounded(self.steps),
            "scenarios": {
                name: {
                    "inputs": own.inputs,
                    "size": own.size,
                    "solved": _rounded(own.solved),
                    "remembered": _rounded(own.remembered),
                }
                for name, own in self.scenarios.items()
            },
        }
        with suppress(FileTrouble):
            write_files({results / FOLDER / FILE: json.dumps(document, indent=1, ensure_ascii=False).encode()})


def _known(document: Mapping[str, Any]) -> Known:
    return Known(
        _seconds(document["solved"]), _seconds(document["remembered"]), int(document["size"]), str(document["inputs"])
    )


def _seconds(of_parts: Mapping[str, Any]) -> Stages:
    return {str(name): max(float(seconds), 0.0) for name, seconds in of_parts.items()}


def _rounded(seconds: Stages) -> dict[str, float]:
    return {name: round(value, 3) for name, value in seconds.items()}


@dataclass
class _Scenario:
    """A scenario on its way: when its stages began, in order, and when it ended."""

    began: dict[str, float] = field(default_factory=dict)
    ended: float | None = None

    @property
    def stage(self) -> str:
        return next(reversed(self.began), "")

    @property
    def solved(self) -> bool:
        """Whether it was seen to be solved, not remembered."""
        return not self.began.keys() <= {BUILDING, PROOF}

    def took(self) -> dict[str, float]:
        """Seconds by stage, when it has ended."""
        ends = [*list(self.began.values())[1:], self.ended or 0.0]
        return {stage: end - began for (stage, began), end in zip(self.began.items(), ends, strict=True)}


class Pace:
    """How far a run is, compared with what earlier ones took; its times are seconds since the run began."""

    def __init__(self, known: Durations, steps: Sequence[str], clock: Callable[[], float]) -> None:
        """`steps` are those of this run, in order; `clock` gives the seconds since it began."""
        self.known, self.steps, self.clock = known, tuple(steps), clock
        self.began: dict[str, float] = {}
        self.share = 0.0
        self.scenarios: dict[str, _Scenario] = {}
        self.inputs: Mapping[str, str] = {}
        self.sizes: Mapping[str, int] = {}
        self.threads, self.fresh = 1, False

    @property
    def step(self) -> str:
        """The step that is being done."""
        return next(reversed(self.began), "")

    def begin(self, step: str, share: float = 0.0) -> None:
        """A step begins, or such a share of it is done."""
        self.began.setdefault(step, self.clock())
        self.share = share

    def solving(self, inputs: Mapping[str, str], sizes: Mapping[str, int], *, threads: int, fresh: bool) -> None:
        """Scenarios begin: `inputs` has a hash of what goes into each; `sizes` is filled as programs are built."""
        self.begin(SOLVING)
        self.inputs, self.sizes, self.threads, self.fresh = inputs, sizes, threads, fresh
        self.scenarios = {name: _Scenario() for name in inputs}

    def stage(self, scenario: str, stage: str) -> None:
        """A scenario has come to a stage."""
        self.scenarios[scenario].began.setdefault(stage, self.clock())

    def end(self, scenario: str) -> None:
        """A scenario has ended, in whatever way."""
        self.scenarios[scenario].ended = self.clock()

    def left(self) -> tuple[float | None, bool]:
        """The likely seconds that are left, None when nothing is known; and whether something unknown is left too."""
        at = self.steps.index(self.step)
        parts = [self._of_step(), *(self.known.steps.get(step) for step in self.steps[at + 1 :])]
        seen = [part for part in parts if part is not None]
        return (sum(seen) if seen else None), len(seen) < len(parts)

    def durations(self) -> Durations:
        """What this run took up to now; of scenarios, those that have an answer."""
        ends = [*list(self.began.values())[1:], self.clock()]
        steps = {step: end - began for (step, began), end in zip(self.began.items(), ends, strict=True)}
        scenarios = {}
        for name, own in self.scenarios.items():
            if own.ended is not None and PROOF in own.began:
                took, size = own.took(), self.sizes.get(name, 0)
                known = Known(solved=took) if own.solved else Known(remembered=took)
                scenarios[name] = replace(known, size=size, inputs=self.inputs[name])
        return Durations(scenarios, steps)

    def _of_step(self) -> float | None:
        """What is left of the step that is being done."""
        if self.step == SOLVING:
            return self._of_scenarios()
        gone = self.clock() - self.began[self.step]
        if self.step in self.known.steps:
            return max(self.known.steps[self.step] - gone, 0.0)
        return gone / self.share * (1.0 - self.share) if self.share else None

    def _of_scenarios(self) -> float | None:
        left = [self._of(name, own) for name, own in self.scenarios.items() if own.ended is None]
        known = [seconds for seconds in left if seconds is not None]
        return max([sum(known) / self.threads, *known], default=0.0) if len(known) == len(left) else None

    def _of(self, name: str, own: _Scenario) -> float | None:
        """What is left of a scenario."""
        known = self.known.scenarios.get(name, Known())
        stages = self._expected(name, own, known)
        if not stages:
            return self._by_size(name, own, known)
        if not own.began:
            return sum(stages.values())
        names = list(stages)
        later = names[names.index(own.stage) + 1 :] if own.stage in stages else []
        gone = self.clock() - own.began[own.stage]
        return max(stages.get(own.stage, 0.0) - gone, 0.0) + sum(stages[stage] for stage in later)

    def _expected(self, name: str, own: _Scenario, known: Known) -> Stages:
        """The seconds of a scenario's stages, as the folder knows them."""
        alike = not self.fresh and self.inputs[name] == known.inputs
        if own.solved or (own.stage != PROOF and not alike):
            return known.solved
        return known.remembered or {stage: known.solved[stage] for stage in (BUILDING, PROOF) if stage in known.solved}

    def _by_size(self, name: str, own: _Scenario, known: Known) -> float | None:
        """What is left of a scenario that the folder does not know, by the size of its program."""
        done = {other: each for other, each in self.scenarios.items() if each.ended is not None and each.solved}
        sizes = [self.sizes.get(other, 0) for other in done]
        if not sizes or not all(sizes):
            return None
        rate = sum(sum(each.took().values()) for each in done.values()) / sum(sizes)
        size = self.sizes.get(name) or known.size or sum(sizes) / len(sizes)
        gone = self.clock() - next(iter(own.began.values())) if own.began else 0.0
        return max(rate * size - gone, 0.0)
