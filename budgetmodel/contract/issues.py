"""Issue, and the errors that carry issues: what is wrong, at which cell, and what to type instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from budgetmodel.contract.infeasibility import Infeasibility
    from budgetmodel.contract.result_frames import ResultFrames

Severity = Literal["error", "warning", "repaired"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "repaired")
"""Worst first."""

MADE = 300
"""Issues of one code, severity, sheet and column that are made; a column pasted wrongly has any number of them."""

MADE_IN_SHEET = 1_500
"""The same of one code, severity and sheet, in all its columns."""


@dataclass(frozen=True)
class Issue:
    """One problem, or one logged repair, at one cell.

    `code` is stable. `sheet` and `cell` say where (`cell` may list several addresses, comma-separated, and is
    empty when the whole sheet or file is meant). `found`, `expected` and `fix` are plain words. `more` is how many
    like it were counted and not made, which `found` says at its end.
    """

    code: str
    severity: Severity
    sheet: str
    cell: str
    found: str
    expected: str
    fix: str
    more: int = 0

    @property
    def where(self) -> str:
        """The address as a finance person writes it: `Baseline!F17`."""
        if not self.sheet:
            return self.cell or "the workbook"
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    @property
    def sentence(self) -> str:
        """Where, what was found, what was expected and what to do, as one line."""
        return f"{self.where}: {self.found}; expected {self.expected}. {self.fix}"

    def as_dict(self) -> dict[str, str]:
        """The fields by name, for JSON and frames."""
        return {field: str(getattr(self, field)) for field in FIELDS}


FIELDS = tuple(field.name for field in fields(Issue) if field.name != "more")
"""The fields of an issue, in the order of the `issues` frame and of `check --json`."""


ANY = "*"
"""Stands for every column of a sheet."""


@dataclass
class IssueList:
    """Issues while they are found: `MADE` of a code, severity, sheet and column are kept, the rest is counted.

    So what a refusal costs, in time and memory, does not grow with the number of wrong rows.
    """

    made: list[Issue] = field(default_factory=list)
    _places: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    _counts: dict[tuple[str, str, str, str], int] = field(default_factory=dict)

    def room(self, code: str, severity: str, sheet: str, column: str) -> bool:
        """Whether the issue that is at hand is to be made; one that is not is counted."""
        return self._counted(MADE, code, severity, sheet, column) and self._counted(
            MADE_IN_SHEET, code, severity, sheet, ANY
        )

    def _counted(self, most: int, *key: str) -> bool:
        code, severity, sheet, column = key
        of = code, severity, sheet, column
        count = self._counts[of] = self._counts.get(of, 0) + 1
        if count == 1:
            self._places[of] = len(self.made)
        return count <= most

    def append(self, issue: Issue) -> None:
        """Add an issue, or count it."""
        if self.room(issue.code, issue.severity, issue.sheet, _column(issue)):
            self.made.append(issue)

    def extend(self, issues: Iterable[Issue]) -> None:
        """Add issues, or count them."""
        for issue in issues:
            self.append(issue)

    def __iter__(self) -> Iterator[Issue]:
        """The issues that were made."""
        return iter(self.made)

    def told(self) -> tuple[Issue, ...]:
        """The issues that were made; the first of a kind says how many more there are."""
        told = list(self.made)
        for key, count in self._counts.items():
            more = count - (MADE_IN_SHEET if key[-1] == ANY else MADE)
            if more > 0 and self._places[key] < len(told):
                at = self._places[key]
                told[at] = _with_more(told[at], more)
        return tuple(told)


def _with_more(issue: Issue, more: int) -> Issue:
    """The issue with so many more like it, beside those that it has already."""
    words = issue.found.removesuffix(_counted(issue.more))
    return replace(issue, found=f"{words}{_counted(issue.more + more)}", more=issue.more + more)


def _counted(more: int) -> str:
    return f" (and {more:,} more rows like it)" if more else ""


def _column(issue: Issue) -> str:
    """The letters of the column in which an issue's first cell is."""
    return "".join(c for c in issue.cell.split(",", maxsplit=1)[0] if c.isalpha())


def errors(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Only the issues that stop a run."""
    return tuple(issue for issue in issues if issue.severity == "error")


def distinct(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each issue once, in order: several scenarios may meet the same problem of the workbook."""
    return tuple(dict.fromkeys(issues))


def grouped(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """One issue per code, sheet and column, as severe as the severest; `cell` lists every address, comma-separated."""
    groups: dict[tuple[str, str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault((issue.code, issue.sheet, _column(issue)), []).append(issue)
    return tuple(_merged(members) for members in groups.values())


def _merged(members: Sequence[Issue]) -> Issue:
    cells = dict.fromkeys(cell for issue in members for cell in issue.cell.split(",") if cell)
    ranked = sorted(members, key=lambda issue: SEVERITIES.index(issue.severity))
    found = list(dict.fromkeys(issue.found.removesuffix(_counted(issue.more)) for issue in ranked))
    words = found[0] if len(found) == 1 else f"{found[0]} (and {len(found) - 1} more like it)"
    more = sum(issue.more for issue in ranked)
    fix = ranked[0].fix
    fix = fix if all(issue.fix == fix for issue in ranked) else f"{fix} The other cells need their own."
    return replace(ranked[0], cell=",".join(cells), found=f"{words}{_counted(more)}", fix=fix, more=more)


class BudgetError(Exception):
    """A failure that has a plain explanation; `exit_code` is what the command line returns."""

    exit_code = 1


class BadCommand(BudgetError, ValueError):
    """A command, a change in words or a value of an option that cannot be used; the message gives the right form."""

    exit_code = 2


class InputErrors(BudgetError, ValueError):
    """The workbook has problems; `issues` holds every one of them, warnings included. A ValueError, too."""

    exit_code = 3

    def __init__(self, issues: Iterable[Issue]) -> None:
        """Carry `issues`; the message lists the ones that stop the run."""
        self.issues = tuple(issues)
        super().__init__("\n".join(issue.sentence for issue in errors(self.issues)))

    def __reduce__(self) -> tuple[type[InputErrors], tuple[tuple[Issue, ...]]]:
        """Pickle by the issues: the message is made from them."""
        return type(self), (self.issues,)


class Infeasible(BudgetError):
    """No allocation meets every `must` rule; `issues` names the rows in conflict as far as they are known.

    `explanation` holds the conflict sets and the ways out as frames; None when there is none. `answer` is the Result
    with the cheapest way out applied, of status `not met`, whose frame `breaches` says what it misses; None where it
    was not asked for (`Options.breach`), or where there is none: `unanswered` then says why, in a sentence.
    """

    exit_code = 4

    def __init__(
        self,
        scenario: str,
        issues: Iterable[Issue],
        explanation: Infeasibility | None = None,
        answer: ResultFrames | None = None,
        unanswered: str = "",
    ) -> None:
        """Carry the scenario's name, its explanation, and its answer with the way out applied."""
        self.scenario = scenario
        self.explanation = explanation
        self.answer = answer
        self.unanswered = unanswered
        self.issues = tuple(issues)
        lines = [f"Scenario '{scenario}': no allocation meets every must rule."]
        super().__init__("\n".join(lines + [issue.sentence for issue in self.issues]))

    def __reduce__(self) -> tuple[type[Infeasible], tuple[object, ...]]:
        """Pickle by what it carries: the message is made from that."""
        return type(self), (self.scenario, self.issues, self.explanation, self.answer, self.unanswered)


class SolverFailed(BudgetError):
    """The solver stopped without a proved optimum."""

    exit_code = 6


class FileTrouble(BudgetError, OSError):
    """A file or folder cannot be read or written: missing, locked, full or read-only. An OSError, too."""

    exit_code = 5
