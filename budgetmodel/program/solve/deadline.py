"""The time that the solves of one program may take: set as the solver's limit, and checked with the clock."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import monotonic

from budgetmodel.contract.issues import SolverFailed


class OutOfTime(SolverFailed):
    """The time limit was reached before an optimum was proved: no other way of solving is tried after it."""


@dataclass(frozen=True)
class Deadline:
    """When the solves of a program must have ended; `limit` is what they had, in seconds, and None sets no end."""

    limit: float | None = None
    end: float = inf

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """So many seconds from now."""
        return cls(seconds, inf if seconds is None else monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; infinity without a limit."""
        return max(self.end - monotonic(), 0.0)

    def keep(self, *, stopped: bool = False) -> None:
        """Raise OutOfTime when no time is left, or when a solver reports that it `stopped` for it."""
        if self.limit is not None and (stopped or self.left <= 0.0):
            raise OutOfTime(
                f"No optimum was proved within the time limit of {self.limit:g} seconds. "
                "Allow more with --time-limit (time_limit in Python), or set no limit."
            )


NEVER = Deadline()
"""No limit."""
