"""Result: the tidy frames of one solved scenario. It cannot be built without a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.content import SHORT, Content, content_hash
from budgetmodel.contract.frames import SOLVED, names_of, result_table
from budgetmodel.contract.frozen import Frames, read_only, rows_of
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.nearest_name import UnknownName, no_attribute
from budgetmodel.contract.result_frames import ResultFrames
from budgetmodel.contract.status import NOT_MET, OPTIMAL, shown_name
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.infeasible.before_solving import NO_HEADROOM
from budgetmodel.program.prove.certificate import Certificate, Proof
from budgetmodel.program.prove.solution import Pennies
from budgetmodel.solved_tables import solved_tables

FRAMES = names_of(SOLVED)
"""The frames of a result, as they are written to CSV."""

DIGITS = 12
"""Decimals of the figures of a summary; what is beyond is rounding."""

DO_MINIMUM = "Do-minimum"
"""The name under which the do-minimum is reported as a scenario of its own."""

REMEMBERED, YES, NO = "remembered", "yes", "no"
"""The key of the `run` frame that records whether a scenario was looked up instead of solved, and two of its values."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Result(ResultFrames, Content):
    """One solved and proved scenario.

    `frames` holds the tables named in FRAMES, each with `scenario` as its first column; money is £m to the penny.
    `certificate` is the proof, `answer` the solved program, from which explanations are made. Build it with
    `result_of`, which takes a certificate and nothing less.

    Nothing in it can be changed: every frame that is asked for is a copy. `seal` is the hash of the frames that the
    certificate is about; `write_results` refuses others. Results are equal when their scenario, frames and inputs are.

    `status` is `optimal`, or `not met`: no allocation keeps the must rows of the scenario, `inputs` are its tables with
    the cheapest way out applied, which the certificate is about, and `breaches` says what that misses.
    """

    scenario: str
    regime: str
    inputs: Inputs
    certificate: Certificate
    frames: Frames
    answer: Answer
    status: str = OPTIMAL
    seal: str = ""

    def __post_init__(self) -> None:
        """Refuse to exist without proof."""
        if not isinstance(self.certificate, Certificate):
            raise TypeError("a Result needs the Certificate of a proved optimum")

    if not TYPE_CHECKING:  # a type checker is to refuse a name that is none

        def __getattr__(self, name: str) -> NoReturn:
            """Say which name was likely meant."""
            raise no_attribute(self, name)

    @property
    def is_met(self) -> bool:
        """Whether the scenario is answered as it is asked, without a way out."""
        return self.status != NOT_MET

    @property
    def shown_name(self) -> str:
        """The name by which pages and the console speak of this answer: `not met: NAME` where it is that."""
        return shown_name(self.scenario, self.status)

    @property
    def unchanged(self) -> bool:
        """Whether the frames are those that the certificate was made with."""
        return self.seal == seal_of(self.frames)

    def metric(self, name: str, group: str = "") -> float:
        """One figure of the `metrics` frame; KeyError with the nearest name for a metric or a group that is none."""
        if (name, group) not in self._figures:
            groups = [known for metric, known in self._figures if metric == name]
            if groups:
                raise UnknownName(f"group of the metric '{name}'", group, groups)
            raise UnknownName("metric", name, dict.fromkeys(known for known, _ in self._figures))
        return self._figures[name, group]

    @cached_property
    def _figures(self) -> Mapping[tuple[str, str], float]:
        """The figures of the `metrics` frame by metric and group; of several the first."""
        metrics = self.frames["metrics"]
        own = metrics.loc[metrics["scenario"] == self.scenario, ["metric", "group", "value"]].iloc[::-1]
        names, groups, values = (own[column].to_numpy(dtype=object).tolist() for column in own.columns)
        return dict(zip(zip(names, groups, strict=True), map(float, values), strict=True))

    def note(self, key: str) -> str:
        """One value of the `run` frame; empty when it has no such key."""
        run = self.frames["run"]
        found = run.loc[run["key"] == key, "value"]
        return str(found.iloc[0]) if len(found) else ""

    @property
    def can_converge(self) -> bool:
        """Whether floors leave headroom in every year; where not, nothing converges, and reports say so first."""
        return bool((self.frames["issues"]["code"] != NO_HEADROOM).all())

    def summary(self) -> dict[str, object]:
        """The figures of `run --json`, the value of the scenario's objective among them: money in £m."""
        names = ("index", self.answer.objective.metric, "shortfall", "delivered", "transaction_cost", "contracts")
        figures = {name: round(self.metric(name), DIGITS) + 0.0 for name in names}  # no -1e-13, and no -0.0
        return {"scenario": self.scenario, "status": self.status, **figures}

    def to_pulp(self, stage: str = "") -> Any:
        """The linear program of a stage as a `pulp.LpProblem`: to look at, to write as LP or MPS, to solve elsewhere.

        By default it is the stage of the scenario's objective, whose optimum is the published value; the row that holds
        the shortfall at its least is in it (`cut...`). `stage="shortfall"` gives the stage before. Money is in £m.
        Columns are named x0, x1, ... and rows r0, r1, ...; a problem is built at each call and is the caller's own.

        Raises ValueError for a stage that is none of these.
        """
        return self.answer.to_pulp(stage)

    def _content(self) -> tuple[object, ...]:
        return self.scenario, self.regime, self.status, self.certificate, seal_of(self.frames), self.inputs.content_hash

    def _card(self) -> tuple[str, Mapping[str, object]]:
        proof, half = self.certificate, len(FRAMES) // 2 + 1
        return f"Result of scenario {self.scenario!r} of {self.inputs.name!r}", {
            "content": self.content_hash[:SHORT],
            "regime": self.regime,
            "status": self.status,
            proof.objective.value_label: f"{proof.value:.4f}, proved to within {proof.gap:.1e}",
            **({} if proof.objective.is_index else {"index": f"{proof.index:.4f}"}),
            "shortfall": f"£{proof.shortfall:,.4f}m, proved to within £{proof.shortfall_gap:.1e}m",
            "worst row": f"{proof.worst_row or 'none'}, £{proof.worst_residual:.1e}m",
            "frames (rows)": rows_of(self.frames, FRAMES[:half]),
            "": rows_of(self.frames, FRAMES[half:]),
        }


def seal_of(frames: Mapping[str, pd.DataFrame]) -> str:
    """The hash of a result's frames, as they are published."""
    return content_hash(frames)


def result_of(
    scenario: str,
    answer: Answer,
    pennies: Pennies,
    proof: Proof,
    notes: Mapping[str, object],
    issues: tuple[Issue, ...],
    missed: pd.DataFrame | None = None,
) -> Result:
    """The frames of a certified solution.

    `notes` are added to the `run` frame; `issues` are the warnings and repairs to report with the answer. `missed` is
    the table `breaches` of an answer with a way out applied, whose status is `not met`.
    """
    status = OPTIMAL if missed is None else NOT_MET
    structure = answer.structure
    rows = solved_tables(answer, pennies, proof, {**notes, "status": status}, issues)
    labelled = {name: result_table(name, own, scenario) for name, own in rows.items()}
    if missed is not None:
        labelled["breaches"] = missed
    made = Frames(labelled, "frame")
    parts = structure.inputs, proof.certificate, made, answer, status, seal_of(made)
    return Result(scenario, structure.regime, *parts)


def check_mapping(results: object) -> None:
    """Raise TypeError unless results come as `solve_all` returns them."""
    if not isinstance(results, Mapping):
        how = ""
        if isinstance(results, Result):
            how = " One Result goes in as {result.scenario: result}."
        elif isinstance(results, list | tuple) and results and all(isinstance(each, Result) for each in results):
            how = " Several go in as {result.scenario: result for result in results}."
        raise TypeError(f"Results are a mapping, scenario -> Result, as solve_all returns.{how}")
    for name, each in results.items():
        if not isinstance(each, Result):
            raise TypeError(f"'{name}' is a {type(each).__name__}, not a Result: what solve and solve_all return.")


def check_unchanged(results: Mapping[str, Result]) -> None:
    """Raise ValueError when the frames of a result are not those that its certificate was made with."""
    for name, result in results.items():
        if not result.unchanged:
            raise ValueError(
                f"The frames of the result '{name}' are not those that its certificate proves, so they are not "
                "written. Solve the scenario again, and change copies of its frames only."
            )
