"""Sentences that follow the yellow cells: short formulas that join pieces, each in a cell of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard.blocks import DashboardLayout

LONGEST = 80
"""Most characters of a formula, so that it stays readable."""

HEADING, HEADERS = "Pieces that the sentences and titles are made of", ["Chart", "Piece", ""]


@dataclass(frozen=True)
class LiveWords:
    """Words (or a line number) with the formula, without its =, that returns them.

    `{line}` in the formula is replaced by the cell of `line`. A `named` formula is a name of the workbook, and needs no
    cell.
    """

    formula: str
    words: str | int
    line: LiveWords | None = None
    named: bool = False


@dataclass(frozen=True)
class Sentence:
    """Fixed words of this program and live words. Where the condition `unless` is true, the text is `instead`."""

    parts: tuple[str | LiveWords, ...]
    unless: str = ""
    instead: str = ""
    begins_instead: bool = False

    @property
    def words(self) -> str:
        """The text before a reader changes a yellow cell: `instead` where the sentence `begins_instead`."""
        if self.begins_instead:
            return self.instead
        return "".join(str(part.words) if isinstance(part, LiveWords) else part for part in self.parts)


def join(*parts: str | LiveWords) -> Sentence:
    """Words and live words as one sentence; plain text is of this program, never of an input."""
    return Sentence(parts)


def figure(formula: str, value: float, form: str, line: LiveWords | None = None) -> LiveWords:
    """A figure inside words."""
    return LiveWords(chart_tables.figure_text(formula, form), chart_tables.formatted(value, form), line)


@dataclass
class Pieces:
    """The cells of the pieces on the Dashboard, added from row `row` on (counted from 0) when a formula needs them.

    They stand in `column` and the two after it.
    """

    layout: DashboardLayout
    row: int
    column: int = 0
    known: dict[tuple[str, str | int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the headings."""
        self.layout.headings.append((self.row, self.column, HEADING))
        self.layout.headers.append((self.row + 1, self.column, HEADERS))
        self.row += 2

    def formula(self, chart: str, sentence: Sentence) -> str:
        """The formula of a sentence, with its =; while it is longer than LONGEST, its longest words move to a cell."""
        parts = [part if isinstance(part, str) else self._of(chart, part) for part in sentence.parts]
        literals = [isinstance(part, str) for part in sentence.parts]
        other = self._cell(chart, sentence.instead, None) if sentence.unless else ""
        while len(formula := _joined(parts, literals, sentence.unless, other)) > LONGEST and any(literals):
            longest = max((n for n, own in enumerate(literals) if own), key=lambda n: len(parts[n]))
            parts[longest], literals[longest] = self._cell(chart, parts[longest], None), False
        return formula

    def _of(self, chart: str, live: LiveWords) -> str:
        """The reference to live words in a formula."""
        if live.named:
            return live.formula
        line = self._of(chart, live.line) if live.line is not None else ""
        return self._cell(chart, live.words, "=" + live.formula.replace("{line}", line))

    def _cell(self, chart: str, words: str | int, formula: str | None) -> str:
        key = (formula or "", words)
        if key not in self.known:
            self.layout.put(self.row, self.column, chart)
            kind = "count" if isinstance(words, int) else "text"
            self.known[key] = self.layout.put(self.row, self.column + 1, words, kind, formula).at.replace("$", "")
            self.layout.put(self.row, self.column + 2, None)
            self.row += 1
        return self.known[key]


def _joined(parts: Sequence[str], literals: Sequence[bool], unless: str, other: str) -> str:
    words = "&".join(f'"{part}"' if literal else part for part, literal in zip(parts, literals, strict=True))
    return f"=IF({unless},{other},{words})" if unless else f"={words}"
