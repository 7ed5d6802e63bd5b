"""The cells of the Decision page, from top to bottom, with their formulas; its workings stand below what is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from budgetmodel.comparison.by_place import PlaceLine
from budgetmodel.report.dashboard.blocks import DashboardCell, DashboardLayout
from budgetmodel.report.dashboard.decision_workings import BASE, COMPARED, Workings, workings
from budgetmodel.report.page import FIRST_ROW, HEADER_ROW, Page, text_of
from budgetmodel.report.sheets import headlines as data
from budgetmodel.report.sheets.cover import MASTER_CHECK, master_check
from budgetmodel.report.sheets.decision_paper import CASH_ONLY, Paper

WIDTHS = (25.0, 11.5, 11.5, 10.5, 10.5, 11.5, 12.5, 12.5, 13.0)
"""Widths of the columns, in characters."""

LINE = 150
"""Characters of a line of text over all columns."""

PLACES = 30
"""Most places in the table; with more, those whose money differs most, on either side."""

OWN, OTHER, GAP = 6, 7, 8
"""Columns of the compared scenario, of the one it is compared with, and of their difference."""

ROOM_POINTS, HEADING_POINTS, SENTENCE_POINTS = 6.0, 18.0, 19.0
"""Heights of the rows above headings, of headings, and of the sentence."""

BULLET = "\u2022 "


@dataclass
class Laid:
    """What is laid out: cells, rows of other heights (points), the yellow cells, and where the page ends."""

    layout: DashboardLayout
    choices: list[tuple[str, str]] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    check_row: int = 0
    last_row: int = 0


@dataclass(frozen=True)
class FigureLine:
    """A line of figures: its key, label, column of the sheet Headlines, kind, and whether the do-minimum has it."""

    key: str
    label: str
    heading: str
    kind: str
    of_minimum: bool = False


def laid_out(paper: Paper, pages: Mapping[str, Page]) -> Laid:
    """Every cell of the page, with the workings below it."""
    laid = Laid(DashboardLayout())
    listed = shown_places(paper)
    lines = figure_lines(paper)
    sentence = HEADER_ROW + 4
    figures = sentence + len(paper.clauses) + 1
    table = figures + len(lines) + 3
    row = _words(laid, table + len(listed) + 3, paper)
    laid.last_row = _closing(laid, row, paper, pages["Checks"])
    below = workings(laid.layout, laid.last_row + 3, paper, pages)
    _choices(laid, HEADER_ROW, paper, pages[data.HEADLINES], below)
    cells = _figures(laid.layout, figures, lines, paper, pages[data.HEADLINES], below)
    _places(laid.layout, table, listed, paper, pages[data.PLACES_COMPARED], below)
    _pair(laid, table + len(listed) + 2, below)
    for n, (words, formula) in enumerate(below.clauses(cells)):
        laid.layout.put(sentence + n, 0, words, "sentence", formula)
        laid.heights[sentence + n] = SENTENCE_POINTS
    return laid


def shown_places(paper: Paper) -> list[PlaceLine]:
    """The places of the table in their order; of many, those whose money differs most on either side."""
    places = list(paper.found.places)
    if len(places) <= PLACES:
        return places
    ordered = sorted(places, key=lambda line: -line.difference)
    return [*ordered[: PLACES // 2], *ordered[-(PLACES // 2) :]]


def figure_lines(paper: Paper) -> list[FigureLine]:
    """The lines of figures of both scenarios."""
    found = paper.found
    worst = f"'{found.line.worst.component}'" if found.line.worst is not None else "the main component"
    return [
        FigureLine("closed", f"Share of the gap closed by {found.year} (%)", data.CLOSED, "percent", of_minimum=True),
        FigureLine("index", "Fair-share gap index, all years (points; today's pattern 100, equal shares 0)", data.INDEX,
                   "mean", of_minimum=True),
        FigureLine("shortfall", "Missed of what should hold, weighted (£m)", data.SHORTFALL, "money"),
        FigureLine("worst", f"Place furthest under its fair share of {worst}, {found.year} (%)", data.WORST_DISTANCE,
                   "percent"),
        FigureLine("place", "Which place that is", data.WORST, "right"),
        FigureLine("contracts", "What contracts cost, all years (£m)", data.CONTRACTS, "money"),
        FigureLine("fees", "Fees, all years (£m)", data.FEES, "money"),
        FigureLine("one_off", "One-off cost (£m)", data.ONE_OFF, "money"),
    ]  # fmt: skip


def _choices(laid: Laid, row: int, paper: Paper, page: Page, below: Workings) -> None:
    """The two yellow cells."""
    layout, found = laid.layout, paper.found
    layout.headers.append((row, 0, ["Choose", "Shown (input)", "", ""]))
    names = page.cells("Scenario")
    solved = names.replace(f"${FIRST_ROW + 1}:", f"${FIRST_ROW + 2}:")
    cells = (
        (COMPARED, "Compared", found.compared, solved, below.own_line, 1),
        (BASE, "Against", found.base, names, below.base_line, 0),
    )
    for n, (name, label, value, source, line, least) in enumerate(cells, start=1):
        layout.put(row + n, 0, label)
        layout.lists.append((layout.put(row + n, 1, value, "input"), source))
        laid.choices.append((name, label))
        for column in (2, 3):
            layout.put(row + n, column, None, "input")
        live = f'=IF({line}>{least},"","Choose from the list.")'
        layout.put(row + n, 4, "", "note", live)


def _figures(
    layout: DashboardLayout, row: int, lines: Sequence[FigureLine], paper: Paper, page: Page, below: Workings
) -> dict[tuple[str, int], DashboardCell]:
    """The figures of both scenarios beside one another, and the money that is freed; cells by key and column."""
    found = paper.found
    cells: dict[tuple[str, int], DashboardCell] = {}
    layout.headers.append((row, 0, ["In figures", "", "", "", "", "", "Compared", "Against", "Difference"]))
    scenarios = list(page.values("Scenario"))
    for n, line in enumerate(lines, start=1):
        r = row + n
        layout.put(r, 0, line.label)
        for column in range(1, OWN):
            layout.put(r, column, None)
        values = page.values(line.heading)
        for column, name, at in ((OWN, found.compared, below.own_line), (OTHER, found.base, below.base_line)):
            value = values[scenarios.index(name)]
            formula = f"=INDEX({page.cells(line.heading)},{at})"
            is_minimum = column == OTHER and found.base not in found.lines
            if column == OTHER and not line.of_minimum:
                formula = f'=IF({at}=1,"",{formula.removeprefix("=")})'
            blank = "" if is_minimum and not line.of_minimum else 0.0
            shown = blank if value != value or value == "" else value
            cells[line.key, column] = layout.put(r, column, shown, line.kind, formula)
        own, other = (cells[line.key, column].value for column in (OWN, OTHER))
        if line.kind == "right":
            layout.put(r, GAP, None)
            continue
        gap = "" if other == "" else float(own) - float(other)
        cells[line.key, GAP] = layout.put(r, GAP, gap, line.kind, f'=IF(H{r + 1}="","",G{r + 1}-H{r + 1})')
    bottom = row + len(lines) + 1
    layout.put(bottom, 0, "Money freed, net of one-off cost, all years (£m)", "text total")
    for column in range(1, GAP):
        layout.put(bottom, column, None, "text total")
    parts = [cells[key, GAP] for key in ("contracts", "fees", "one_off")]
    freed = "" if found.released is None else -sum(float(cell.value) for cell in parts)
    formula = f'=IF({below.base_line}=1,"",-SUM({parts[0].at}:{parts[-1].at}))'
    cells["released", GAP] = layout.put(bottom, GAP, freed, "money total", formula)
    return cells


def _places(
    layout: DashboardLayout, row: int, listed: Sequence[PlaceLine], paper: Paper, page: Page, below: Workings
) -> None:
    """The table of places, with all of them in its last row."""
    found = paper.found
    headings = ["Place", "Today (£m)", f"{found.year} (£m)", "Growth, cash (%)", "Growth, real (%)",
                f"Fair share {found.year} (£m)", "Distance before (%)", "Distance after (%)",
                "More or less, all years (£m)"]  # fmt: skip
    layout.headers.append((row, 0, headings))
    for n, line in enumerate(listed, start=1):
        r = row + n + 1
        where = {"Scenario": COMPARED, "Place": f"$A{r}"}
        layout.put(row + n, 0, line.place)
        sums = [
            (1, line.today, data.TODAY, "money"),
            (2, line.last, data.LAST, "money"),
            (5, line.fair, data.FAIR, "money"),
            (6, line.before, data.AWAY_BEFORE, "percent"),
            (7, line.after, data.AWAY_AFTER, "percent"),
        ]
        for column, value, heading, kind in sums:
            known = value == value
            formula = page.total_where(heading, where) if known else None
            layout.put(row + n, column, value if known else "n/a", kind if known else "right", formula)
        _growth(layout, row + n, line.growth, line.real, below)
        layout.put(row + n, 8, line.difference, "money", f"={below.differences[line.place].at}")
    _everybody(layout, row + len(listed) + 1, found.places, page, below, cut=len(listed) < len(found.places))


def _growth(layout: DashboardLayout, row: int, cash: float, real: float, below: Workings, more: str = "") -> None:
    """Growth from today to the last year, in cash and in real terms."""
    r = row + 1
    shown = cash if cash == cash else ""
    layout.put(row, 3, shown, f"percent{more}", f'=IF(B{r}=0,"",C{r}/B{r}-1)')
    if below.cost_rise is None:
        layout.put(row, 4, CASH_ONLY, f"right{more}")
        return
    shown = real if real == real else ""
    layout.put(row, 4, shown, f"percent{more}", f'=IF(D{r}="","",(1+D{r})/(1+{below.cost_rise.at})-1)')


def _everybody(
    layout: DashboardLayout, row: int, places: Sequence[PlaceLine], page: Page, below: Workings, *, cut: bool
) -> None:
    """The last row: all places."""
    layout.put(row, 0, f"All {len(places):,} places, most not shown" if cut else "All places", "text total")
    sums = {1: (data.TODAY, "today"), 2: (data.LAST, "last"), 5: (data.FAIR, "fair")}
    known = {name: [v for p in places if (v := getattr(p, name)) == v] for _, name in sums.values()}
    for column, (heading, name) in sums.items():
        layout.put(row, column, sum(known[name]), "money total", page.total_where(heading, {"Scenario": COMPARED}))
    today, last = sum(known["today"]), sum(known["last"])
    cash = last / today - 1 if today else float("nan")
    rise = float(below.cost_rise.value) if below.cost_rise is not None else float("nan")
    _growth(layout, row, cash, (1 + cash) / (1 + rise) - 1, below, " total")
    for column in (6, 7):
        layout.put(row, column, None, "text total")
    cells = list(below.differences.values())
    layout.put(row, 8, sum(float(c.value) for c in cells), "money total", f"=SUM({cells[0].at}:{cells[-1].at})")


def _pair(laid: Laid, row: int, below: Workings) -> None:
    """A warning where the yellow cells have another pair than the one that the sentences below speak of."""
    laid.layout.put(row, 0, "", "note", below.other_pair)


def _words(laid: Laid, row: int, paper: Paper) -> int:
    """The parts in sentences; returns the next free row."""
    parts = [
        ("Not met", paper.unmet),
        ("What walls do", paper.walls),
        (f"To decide: {paper.pair}", paper.decide),
        ("It depends on", paper.depends),
        ("What would change our mind", paper.mind),
        ("Success measures, beside the money: not an effect of it", paper.indicators),
        ("Reading the table", paper.notes),
    ]
    for heading, sentences in parts:
        if sentences:
            row = _part(laid, row, heading, sentences)
    return row


def _part(laid: Laid, row: int, heading: str, sentences: Sequence[str]) -> int:
    row = _heading(laid, row, heading)
    for sentence in sentences:
        for n, line in enumerate(wrap(text_of(sentence), LINE, break_on_hyphens=False)):
            row += 1
            laid.layout.put(row, 0, f"{'   ' if n else BULLET}{line}", "lines")
    return row + 1


def _heading(laid: Laid, row: int, heading: str) -> int:
    """A heading with a little room above it; returns its row."""
    laid.heights[row] = ROOM_POINTS
    laid.layout.headings.append((row + 1, 0, heading))
    laid.heights[row + 1] = HEADING_POINTS
    return row + 1


def _closing(laid: Laid, row: int, paper: Paper, checks: Page) -> int:
    """Checks, the status of the money, and who answers for it; returns the last row."""
    row = _heading(laid, row, "Checks, status and who answers for it")
    laid.check_row = row + 1
    laid.layout.put(row + 1, 0, "Master check")
    laid.layout.put(row + 1, 1, master_check(checks)[1], "verdict", f"={MASTER_CHECK}")
    row += 2
    people = ". ".join(f"{label}: {text.rstrip('.')}" for label, text in paper.people) + "."
    for text in (*paper.status, people):
        for n, line in enumerate(wrap(text_of(text), LINE, break_on_hyphens=False)):
            laid.layout.put(row, 0, f"{'   ' if n else BULLET}{line}", "lines")
            row += 1
    return row - 1
