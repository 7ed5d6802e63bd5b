"""The workings of the Decision page: the lines that its formulas look up, money of all years, and its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from budgetmodel.comparison.headline import LEAST_MONEY
from budgetmodel.comparison.headline_words import over_years, today_or
from budgetmodel.report.dashboard.blocks import DashboardCell, DashboardLayout
from budgetmodel.report.dashboard.live_sentences import LiveWords, Pieces, Sentence, figure
from budgetmodel.report.page import FIRST_ROW, Page
from budgetmodel.report.sheets import headlines as data
from budgetmodel.report.sheets.decision_paper import Paper

COMPARED, BASE = "compared_shown", "base_shown"
"""The names of the yellow cells."""

WHOLE, COUNT = "0%", "0"
"""Formats of the figures in the sentence."""

NET = r"£#,##0.0\m;;\n\o \m\o\n\e\y"
"""£m; no money where that rounds to 0."""

GAP, OWN, OTHER = 8, 6, 7
"""The columns of the page in which figures stand."""

SENTENCE = "Sentence"

Cells = Mapping[tuple[str, int], DashboardCell]


@dataclass(frozen=True)
class Workings:
    """The workings: cells with the lines of both scenarios, each place's difference, how many differ, rise in costs.

    `cost_rise` is None where a Cost uplift is blank; `other_pair` is the formula of the warning about another pair.
    """

    paper: Paper
    page: Page
    layout: DashboardLayout
    own_line: str
    base_line: str
    differences: Mapping[str, DashboardCell]
    differ: str
    cost_rise: DashboardCell | None
    other_pair: str
    next_row: int

    def clauses(self, cells: Cells) -> list[tuple[str, str]]:
        """The sentence, clause by clause: its words, and the formula by which they follow the yellow cells."""
        pieces = Pieces(self.layout, self.next_row)
        sentences = [self._places(), self._closes(cells), self._freed(cells), self._turn()]
        found = []
        for sentence, is_instead in sentences[: len(self.paper.clauses)]:
            words = sentence.instead if is_instead else sentence.words
            found.append((words, pieces.formula(SENTENCE, sentence)))
        return found

    @property
    def base(self) -> LiveWords:
        """The scenario compared with, in words."""
        formula = f"""IF({self.base_line}=1,"keeping today's shares","'"&{BASE}&"'")"""
        return LiveWords(formula, today_or(self.paper.found.base, self.paper.found))

    def _places(self) -> tuple[Sentence, bool]:
        found = self.paper.found
        listed = list(self.differences.values())
        cells = f"{listed[0].at}:{listed[-1].at}"
        more, less = f'COUNTIF({cells},">={LEAST_MONEY}")', f'COUNTIF({cells},"<=-{LEAST_MONEY}")'
        parts = (
            "'", LiveWords(COMPARED, found.compared, named=True), "' gives ", figure(more, len(found.more), COUNT),
            f" of {len(found.places)} places more and ", figure(less, len(found.less), COUNT), " less than ", self.base,
            f" {over_years(found.years)}",
        )  # fmt: skip
        same = f"Every place gets the same under both {over_years(found.years)}"
        return Sentence(parts, f"{self.differ}=0", same), not found.more and not found.less

    def _closes(self, cells: Cells) -> tuple[Sentence, bool]:
        found = self.paper.found
        own, other = (cells["closed", column] for column in (OWN, OTHER))
        less = f"ROUND({own.at},2)<0"
        widens = round(float(own.value), 2) < 0
        parts = (
            LiveWords(f'IF({less},"widens the gap by ","closes ")', "widens the gap by " if widens else "closes "),
            figure(f"ABS({own.at})", abs(float(own.value)), WHOLE),
            LiveWords(f'IF({less}," by "," of the gap by ")', " by " if widens else " of the gap by "),
            f"{found.year} (", self.base, ": ", figure(other.at, float(other.value), WHOLE), ")",
        )  # fmt: skip
        return Sentence(parts), False

    def _freed(self, cells: Cells) -> tuple[Sentence, bool]:
        net = cells["released", GAP]
        amount = float(net.value or 0.0)
        costs = round(amount, 1) < 0
        words = LiveWords(f'IF(ROUND(N({net.at}),1)<0,"costs ","frees ")', "costs " if costs else "frees ")
        size = figure(f"ABS(N({net.at}))", abs(amount), NET)
        parts: list[str | LiveWords] = [words, size, " net of one-off cost"]
        return Sentence(tuple(parts), f"{self.base_line}=1", " "), net.value == ""

    def _turn(self) -> tuple[Sentence, bool]:
        """The break-even of the compared scenario against the first of its set; a blank against any other."""
        found, page = self.paper.found, self.page
        at = list(page.values("Scenario")).index(found.compared)
        against = page.values(data.AGAINST)[at]
        words = LiveWords(f'INDEX({page.cells(data.BREAK_EVEN)},{self.own_line})&""', page.values(data.BREAK_EVEN)[at])
        its = f"INDEX({page.cells(data.AGAINST)},{self.own_line})"
        return Sentence((words,), f"{its}<>{BASE}", " "), against != found.base


def workings(layout: DashboardLayout, row: int, paper: Paper, pages: Mapping[str, Page]) -> Workings:
    """Write the workings from a row on, under a heading."""
    page, found = pages[data.HEADLINES], paper.found
    layout.headings.append((row, 0, "Workings of this page, not printed"))
    scenarios, source = list(page.values("Scenario")), page.cells("Scenario")
    lines = []
    for n, (label, name, value) in enumerate(
        (("Line, compared", COMPARED, found.compared), ("Line, against", BASE, found.base)), start=1
    ):
        layout.put(row + n, 0, label)
        formula = f"=SUMPRODUCT(({source}={name})*ROW({source}))-{FIRST_ROW}"
        lines.append(layout.put(row + n, 1, scenarios.index(value) + 1, "count", formula).at)
    rise = None
    if found.has_uplift:
        layout.put(row + 3, 0, "Rise in costs (%)")
        value = page.values(data.COST_RISE)[scenarios.index(found.compared)]
        rise = layout.put(row + 3, 1, value, "percent", f"=INDEX({page.cells(data.COST_RISE)},{lines[0]})")
    words = f"The figures above follow the yellow cells; the sentences below speak of {paper.pair}."
    pair = [layout.put(row + 4 + n, 1, text) for n, text in enumerate((found.compared, found.base, words))]
    for n, label in enumerate(("Sentences: compared", "Sentences: against", "Else said")):
        layout.put(row + 4 + n, 0, label)
    other = f'=IF(AND({COMPARED}={pair[0].at},{BASE}={pair[1].at}),"",{pair[2].at})'
    differences = _differences(layout, row + 8, paper, pages[data.PLACES_COMPARED], lines[1])
    last = row + 9 + len(found.places)
    layout.put(last, 0, "Places that differ")
    cells = list(differences.values())
    counted = f"=SUMPRODUCT(--(ABS({cells[0].at}:{cells[-1].at})>={LEAST_MONEY}))"
    differ = layout.put(last, 1, len(found.more) + len(found.less), "count", counted).at
    own_line, base_line = lines
    return Workings(paper, page, layout, own_line, base_line, differences, differ, rise, other, last + 2)


def _differences(
    layout: DashboardLayout, row: int, paper: Paper, page: Page, base_line: str
) -> dict[str, DashboardCell]:
    """The money of all years of every place under both scenarios; the cell with the difference, by place."""
    is_minimum = paper.found.base not in paper.found.lines
    headings = ["Place", "Compared (£m)", "Today's share (£m)", "Scenario (£m)", "Against (£m)", "Less (£m)"]
    layout.headers.append((row, 0, headings))
    cells = {}
    for n, line in enumerate(paper.found.places, start=1):
        r = row + n + 1
        where = {"Scenario": COMPARED, "Place": f"$A{r}"}
        layout.put(row + n, 0, line.place)
        layout.put(row + n, 1, line.amount, "money", page.total_where(data.ALL_YEARS, where))
        layout.put(row + n, 2, line.minimum, "money", page.total_where(data.MINIMUM_ALL, where))
        other = page.total_where(data.ALL_YEARS, where | {"Scenario": BASE})
        layout.put(row + n, 3, 0.0 if is_minimum else line.other, "money", other)
        layout.put(row + n, 4, line.other, "money", f"=IF({base_line}=1,C{r},D{r})")
        cells[line.place] = layout.put(row + n, 5, line.amount - line.other, "money", f"=B{r}-E{r}")
    return cells
