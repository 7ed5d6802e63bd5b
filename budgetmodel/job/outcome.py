"""What a run came to, and what refuses one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from budgetmodel.contract.issues import BudgetError, InputErrors, Issue

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.comparison import Comparison
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.comparison.since import Since
    from budgetmodel.results import Result


class Refused(InputErrors):
    """A run was refused for what is wrong with its inputs; earlier results are unchanged.

    `files` holds the list of problems that was written; where that could not be, `trouble` is the reason.
    """

    def __init__(self, issues: Sequence[Issue], files: tuple[Path, ...], trouble: str) -> None:
        """Carry the issues and what became of their list."""
        self.files, self.trouble = files, trouble
        super().__init__(issues)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with all that it carries."""
        return type(self), (self.issues, self.files, self.trouble)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    `scenarios` are those that were asked for, in the order of the sheet; each is in `results`, or in
    `failures` with its Infeasible or SolverFailed, or in both: then no allocation meets it, and its result, of status
    `not met`, is the answer with its cheapest way out applied. `comparison` is of those in `results`. `files` were
    written, the results workbook first; none when no scenario has a result: earlier ones are unchanged. `issues` are
    the warnings and repairs of the workbook. `seconds` is how long it took, and makes no outcome unlike another.
    `one_for_all` is the change with which every scenario can be met that cannot, where there are two or more and one
    such change is proved to do. `since` is what changed since the last good run into the folder. `content` is the
    content hash of the budget: that of the tables and changes, not of the file.
    """

    scenarios: tuple[str, ...]
    results: Mapping[str, Result]
    failures: Mapping[str, BudgetError]
    comparison: Comparison
    files: tuple[Path, ...]
    issues: tuple[Issue, ...]
    seconds: float = field(compare=False)
    one_for_all: OneForAll | None = None
    since: Since | None = field(default=None, compare=False)
    content: str = ""

    def __post_init__(self) -> None:
        """The mappings cannot be changed."""
        from budgetmodel.contract.frozen import Frozen

        for name in ("results", "failures"):
            object.__setattr__(self, name, Frozen(getattr(self, name)))

    def __repr__(self) -> str:
        """In a line: what there is, not all that is in it."""
        where = f" in {self.files[0].parent}" if self.files else ""
        return (
            f"Outcome({len(self.results)} results, {len(self.failures)} failures, {len(self.files)} files{where}, "
            f"{self.seconds:.1f} s)"
        )

    @property
    def exit_code(self) -> int:
        """What the command ends with: 0, or the highest code of a failure."""
        return max((failure.exit_code for failure in self.failures.values()), default=0)
