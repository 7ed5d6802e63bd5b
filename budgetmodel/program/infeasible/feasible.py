"""Whether a scenario can be met at all, found out without solving it: what a check of the workbook says beforehand.

Only the rows that decide it are looked at (`elastic.core_of`), with nothing to minimise, so that it takes a small part
of the time of an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from math import inf
from os import cpu_count
from threading import Lock

import numpy as np

from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.issues import Infeasible, SolverFailed
from budgetmodel.contract.status import CAN, CANNOT, NOT_TRIED
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.conflict import explain
from budgetmodel.program.infeasible.elastic import NOTHING, SIMPLEX_UP_TO, Core, core_of, to_the_penny
from budgetmodel.program.infeasible.farkas import proof_of
from budgetmodel.program.solve.deadline import NEVER, Deadline
from budgetmodel.program.solve.live import LiveModel

SECONDS = 5.0
"""What a check may take for this by default, for all scenarios together, on a machine that does nothing else."""

PER_NONZERO = 17e-6
"""Seconds of one processor that a non-zero takes, about: 1.1 for the 67,000 of the worked example."""

PATIENCE = 12.0
"""So many times SECONDS of the clock are waited for on a machine that is busy or slow."""


@dataclass(frozen=True)
class Verdict:
    """What is known of a scenario: CAN, CANNOT or NOT_TRIED; and why it cannot be met, where that was looked for."""

    status: str
    explanation: Infeasibility | None = None

    @property
    def way_out(self) -> str:
        """The way out that a run would apply, in words; blank where none was looked for or is proved."""
        way = None if self.explanation is None else self.explanation.way_to_apply
        return "" if way is None else way.words


def verdicts(
    structures: Mapping[str, Callable[[], Structure]], known: Container[str] = (), *, in_full: bool = False
) -> dict[str, Verdict]:
    """Whether each scenario can be met, in their order; `structures` makes the arrays of each.

    Those that are `known` to be impossible are not solved. Scenarios are looked at side by side for SECONDS at most:
    which of them that is enough for is worked out from the size of their programs, so that it does not depend on
    what else the machine does. `in_full` looks at all, and for a way out of each. Scenarios with the same rows share a
    verdict. Of small programs the way out is looked for in any case. What a solver calls impossible is CANNOT where
    prices prove it (Farkas), and NOT_TRIED where they do not.
    """
    processors = max(1, cpu_count() or 1)
    begun = _Begun(inf if in_full else SECONDS * processors, NEVER if in_full else Deadline.after(PATIENCE * SECONDS))

    def one(name: str) -> Verdict:
        if begun.deadline.left <= 0:
            return Verdict(NOT_TRIED)
        structure = structures[name]()
        try:
            program, _ = assemble(structure, turnover_stage=False)
        except Infeasible:  # a convergence rule that asks for more than there is
            return Verdict(CANNOT)
        core = core_of(structure, program)
        deciding = replace(core, program=to_the_penny(core))
        in_words = in_full or _is_small(deciding.program)
        status = CANNOT if name in known else begun.status(deciding, proved=not in_words)
        if status != CANNOT or not in_words:
            return Verdict(status)
        try:
            return Verdict(CANNOT, explain(structure, program)[1])
        except SolverFailed:  # it cannot be proved, as its figures are too far apart in size: a run says so
            return Verdict(NOT_TRIED)

    with ThreadPoolExecutor(max_workers=processors) as pool:
        return dict(zip(structures, pool.map(one, structures), strict=True))


@dataclass
class _Begun:
    """What was begun: `left` are the likely processor seconds for more, `alike` the answers by rows."""

    left: float
    deadline: Deadline
    alike: dict[bytes, Future[str]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def status(self, core: Core, *, proved: bool) -> str:
        """CAN, CANNOT, or NOT_TRIED where there is no time; rows that are being looked at already are waited for.

        `proved` has CANNOT be proved by prices, and NOT_TRIED where it is not.
        """
        program = core.program
        rows = _fingerprint(program)
        with self.lock:
            own = self.alike.get(rows)
            if own is None:
                self.left -= PER_NONZERO * program.shape[2]
                if self.left < 0:
                    return NOT_TRIED
                mine = self.alike[rows] = Future()
        if own is not None:
            return own.result()
        try:
            found = _status(program, self.deadline)
            unproved = proved and found == CANNOT and proof_of(core, None) <= NOTHING
            mine.set_result(NOT_TRIED if unproved else found)
        except BaseException as failure:
            mine.set_exception(failure)
        return mine.result()


def _status(program: Program, deadline: Deadline) -> str:
    live = LiveModel.of(program, np.zeros(len(program.low)), deadline)
    try:
        outcome = live.solve("simplex") if _is_small(program) else live.solve("ipx", "interior")  # no vertex is needed
        if outcome.status not in ("optimal", "infeasible"):
            outcome = live.solve("ipx" if _is_small(program) else "simplex")
    except SolverFailed:  # out of time among them
        return NOT_TRIED
    return {"optimal": CAN, "infeasible": CANNOT}.get(outcome.status, NOT_TRIED)


def _is_small(program: Program) -> bool:
    return program.shape[2] <= SIMPLEX_UP_TO


def _fingerprint(program: Program) -> bytes:
    total = hashlib.sha256()
    for part in ("low", "high", "lower", "upper", "start", "index", "value"):
        total.update(np.ascontiguousarray(getattr(program, part)).tobytes())
    return total.digest()
