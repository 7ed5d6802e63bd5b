"""The tables that the charts of the Dashboard draw: they follow its yellow cells by formula. Money is £m."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.contract.arrays import Array
from budgetmodel.report.page import (
    CONSTANTS,
    DO_MINIMUM_INDEX,
    FIRST_ROW,
    ORDER_DECIMALS,
    SCENARIO_SHOWN,
    Page,
    PageColumn,
)
from budgetmodel.report.sheets.pages import AFTER, ALLOCATED, BEFORE, CHANGE, CHANGE_SHARE, MINIMUM, PROGRAMME, TARGET

SCENARIO, YEAR, PLACE, COMPONENT = SCENARIO_SHOWN, "year_shown", "place_shown", "component_shown"
"""The names of the yellow cells."""

PROGRAMMES, PLACES, ORDER = "Chart programmes", "Chart places", "Chart order"
CURVE, STEPS = "Chart curve", "Chart steps"
"""The names of the sheets."""

ROUNDING_ERROR = 2.0**-48
"""LibreOffice treats figures that differ by at most this share as equal; Excel's tolerance is not smaller."""

FOLLOWS = "It follows the yellow cells of the Dashboard; the charts there are drawn from it."
DASHBOARD = "Dashboard"
TOP = FIRST_ROW + 1

GAINS, LOSES = "More than today's share (£m)", "Less than today's share (£m)"
ORDERS = ("Order by change", "Order by distance before", "Order by distance after")
LINES = ("Line by change (number)", "Line by distance before (number)", "Line by distance after (number)")
NEED_SHARE = "Share of need (%)"
MONEY_SHARES = ("Share of do-minimum (%)", "Share of allocation (%)")
SORTED_CHANGE, SORTED_SHARE = "Change on do-minimum, by change (£m)", "Change on do-minimum, by change (%)"
BY_CHANGE, BY_DISTANCE = "Place, by change", "Place, by distance before"
SORTED_BEFORE, SORTED_AFTER = "Before: do-minimum (%)", "After: allocation (%)"
NEED, MONEY = "Need, added up (%)", "Money, added up (%)"
UNDER, AREA = "After: allocation (% points)", "Twice the area under it (share)"
NEED_BEFORE, MONEY_BEFORE = "Need, added up, before (%)", "Money, added up, before (%)"
UNDER_BEFORE, AREA_BEFORE = "Before: do-minimum (% points)", "Twice the area under it, before (share)"
LABEL, STEP = "Step", "Step (£m)"
BASE, TOTAL = "Base, not drawn (£m)", "Total (£m)"
MORE, MORE_BELOW, LESS_BELOW, LESS = "More (£m)", "More, below 0 (£m)", "Less, below 0 (£m)", "Less (£m)"
START, END = "Do-minimum", "Allocation"


@dataclass(frozen=True)
class Selected:
    """The values of the yellow cells: a scenario, a year, a place and a component of the target."""

    scenario: str
    year: str
    place: str
    component: str


def programmes_page(amounts: Page, shown: Selected) -> Page:
    """Place by programme, of the scenario and year shown; `amounts` has places and programmes in £m."""
    frame = pd.DataFrame({name: list(amounts.values(name)) for name in ("Scenario", "Year", "Place", PROGRAMME)})
    places, programmes = (list(dict.fromkeys(frame[name])) for name in ("Place", PROGRAMME))
    chosen = (frame["Scenario"] == shown.scenario) & (frame["Year"] == shown.year)
    order = pd.MultiIndex.from_product([places, programmes], names=["Place", PROGRAMME])

    def found(heading: str) -> Array:
        values = frame.assign(value=list(amounts.values(heading)))[chosen]
        sums = values.groupby(["Place", PROGRAMME])["value"].sum().reindex(order, fill_value=0.0)
        return sums.to_numpy(dtype=float)

    before, after = found(MINIMUM), found(ALLOCATED)
    change = difference(after, before)
    where = {"Scenario": SCENARIO, "Year": YEAR, "Place": "$A{r}", PROGRAMME: "$B{r}"}
    columns = (
        PageColumn("Place", "text", [place for place, _ in order]),
        PageColumn(PROGRAMME, "text", [programme for _, programme in order]),
        PageColumn(MINIMUM, "money3", before.tolist(), amounts.total_where(MINIMUM, where)),
        PageColumn(ALLOCATED, "money3", after.tolist(), amounts.total_where(ALLOCATED, where)),
        PageColumn(CHANGE, "money3", change.tolist(), "=D{r}-C{r}"),
        PageColumn(CHANGE_SHARE, "percent", _share(change, before), _live_share("E{r}/C{r}", "C{r}")),
    )
    purpose = f"What each place gets for each programme, and the change on the do-minimum. {FOLLOWS}"
    return Page(PROGRAMMES, purpose, columns, table="tblChartProgrammes", frozen=2)


def difference(one: Array, other: Array) -> Array:
    """`one` less `other` as spreadsheets subtract: a difference within ROUNDING_ERROR is 0."""
    gap = one - other
    return np.where(np.abs(gap) <= ROUNDING_ERROR * np.abs(one), 0.0, gap)


def _share(part: Array, whole: Array) -> list[float | None]:
    """Shares, rounded as their formulas are: of equal ones the first is the first for spreadsheets too."""
    return [_rounded(p / w) if w else None for p, w in zip(part, whole, strict=True)]


def _live_share(share: str, whole: str) -> str:
    """The formula of a share that is blank where its whole is 0."""
    return f'=IF({whole}=0,"",ROUND({share},{ORDER_DECIMALS}))'


def _rounded(value: float) -> float:
    return round(float(value), CONSTANTS[ORDER_DECIMALS])


def places_page(programmes: Page, places: Page, shown: Selected) -> Page:
    """Each place's change (£m) and distance from target (share), and its rank by each."""
    names = list(dict.fromkeys(programmes.values("Place")))
    end = FIRST_ROW + len(names)
    before, after = (_by_place(programmes, names, heading) for heading in (MINIMUM, ALLOCATED))
    change = difference(after, before)
    target, own_before, own_after = _of_component(places, names, shown)
    distances = [_distance(own, target) for own in (own_before, own_after)]
    keys = [change.tolist(), *([0.0 if v is None else v for v in own] for own in distances)]
    orders = [_order(own, largest=n == 0) for n, own in enumerate(keys)]
    at = {"Scenario": SCENARIO, "Year": YEAR, "Place": "$A{r}", "Component": COMPONENT}
    of_place = {"Place": "$A{r}"}
    columns = (
        PageColumn("Place", "text", names),
        PageColumn(MINIMUM, "money", before.tolist(), programmes.total_where(MINIMUM, of_place)),
        PageColumn(ALLOCATED, "money", after.tolist(), programmes.total_where(ALLOCATED, of_place)),
        PageColumn(CHANGE, "money", change.tolist(), "=C{r}-B{r}"),
        PageColumn(CHANGE_SHARE, "percent", _share(change, before), _live_share("D{r}/B{r}", "B{r}")),
        PageColumn(TARGET, "money", target.tolist(), places.total_where(TARGET, at)),
        PageColumn("Do-minimum of the component (£m)", "money", own_before.tolist(), places.total_where(MINIMUM, at)),
        PageColumn("Allocation of the component (£m)", "money", own_after.tolist(), places.total_where(ALLOCATED, at)),
        PageColumn(BEFORE, "percent", distances[0], _live_share("G{r}/F{r}-1", "F{r}")),
        PageColumn(AFTER, "percent", distances[1], _live_share("H{r}/F{r}-1", "F{r}")),
        PageColumn(ORDERS[0], "count", orders[0], _rank("Q", end, largest=True)),
        PageColumn(ORDERS[1], "count", orders[1], _rank("R", end)),
        PageColumn(ORDERS[2], "count", orders[2], _rank("S", end)),
        PageColumn(NEED_SHARE, "percent", _part(target, target), f"=IF(F{{r}}=0,0,F{{r}}/SUM(F${TOP}:F${end}))"),
        PageColumn(MONEY_SHARES[0], "percent", _part(own_before, target), _counted("G", end)),
        PageColumn(MONEY_SHARES[1], "percent", _part(own_after, target), _counted("H", end)),
        *(
            PageColumn(
                f"{heading} to order by ({unit})", "gap", [round(v, CONSTANTS[ORDER_DECIMALS]) for v in own], formula
            )
            for heading, unit, own, formula in (
                ("Change", "£m", keys[0], f"=ROUND(D{{r}},{ORDER_DECIMALS})"),
                ("Distance before", "share", keys[1], f"=IF(F{{r}}=0,0,ROUND(I{{r}},{ORDER_DECIMALS}))"),
                ("Distance after", "share", keys[2], f"=IF(F{{r}}=0,0,ROUND(J{{r}},{ORDER_DECIMALS}))"),
            )
        ),
    )
    purpose = f"Each place's change, its distance from the component's target, and its order by each. {FOLLOWS}"
    return Page(PLACES, purpose, columns, table="tblChartPlaces", frozen=1)


def _part(own: Array, target: Array) -> list[float]:
    """Each place's share of the sum over the places with a target; 0 where that sum is 0."""
    counted = np.where(target > 0, own, 0.0)
    whole = float(counted.sum())
    return [float(value) for value in (counted / whole if whole else counted)]


def _counted(letter: str, end: int) -> str:
    """The formula of a place's share of the money of all places that have a target."""
    whole = f'SUMIF(F${TOP}:F${end},">0",{letter}${TOP}:{letter}${end})'
    return f"=IF(F{{r}}*{letter}{{r}}=0,0,{letter}{{r}}/{whole})"


def order_page(places: Page) -> Page:
    """The places sorted by change, and by distance before; the lines of `places` by distance after."""
    numbers = list(range(1, places.rows + 1))
    lines = [[list(places.values(heading)).index(n) + 1 for n in numbers] for heading in ORDERS]

    def sorted_by(n: int, heading: str) -> list[Any]:
        return [places.values(heading)[line - 1] for line in lines[n]]

    def line(n: int) -> PageColumn:
        return PageColumn(LINES[n], "count", lines[n], f"=MATCH($A{{r}},{places.cells(ORDERS[n])},0)")

    def picked(n: int, heading: str) -> str:
        return f"INDEX({places.cells(heading)},${'BGK'[n]}{{r}})"

    change = [float(v) for v in sorted_by(0, CHANGE)]
    columns = (
        PageColumn("Number", "count", numbers),
        line(0),
        PageColumn(BY_CHANGE, "text", sorted_by(0, "Place"), f"={picked(0, 'Place')}"),
        PageColumn(GAINS, "money", [max(0.0, v) for v in change], f"=MAX(0,{picked(0, CHANGE)})"),
        PageColumn(LOSES, "money", [min(0.0, v) for v in change], f"=MIN(0,{picked(0, CHANGE)})"),
        PageColumn(SORTED_SHARE, "percent", sorted_by(0, CHANGE_SHARE), f"={picked(0, CHANGE_SHARE)}"),
        line(1),
        PageColumn(BY_DISTANCE, "text", sorted_by(1, "Place"), f"={picked(1, 'Place')}"),
        PageColumn(SORTED_BEFORE, "percent", sorted_by(1, BEFORE), f"={picked(1, BEFORE)}"),
        PageColumn(SORTED_AFTER, "percent", sorted_by(1, AFTER), f"={picked(1, AFTER)}"),
        line(2),
        PageColumn(SORTED_CHANGE, "money", change, f"={picked(0, CHANGE)}"),
    )
    purpose = f"The places in order: who gains most first, and who stands furthest under target first. {FOLLOWS}"
    return Page(ORDER, purpose, columns, table="tblChartOrder", frozen=1)


def _by_place(programmes: Page, names: list[str], heading: str) -> Array:
    frame = pd.DataFrame({"place": list(programmes.values("Place")), "value": list(programmes.values(heading))})
    return frame.groupby("place")["value"].sum().reindex(names).to_numpy(dtype=float)


def _of_component(places: Page, names: list[str], shown: Selected) -> tuple[Array, Array, Array]:
    """Target, do-minimum and allocation (£m) of the component shown: shape (places,) each."""
    keys = {"Scenario": shown.scenario, "Year": shown.year, "Component": shown.component}
    frame = pd.DataFrame({name: list(places.values(name)) for name in (*keys, "Place", TARGET, MINIMUM, ALLOCATED)})
    for heading, wanted in keys.items():
        frame = frame[frame[heading] == wanted]
    own = frame.set_index("Place").reindex(names)[[TARGET, MINIMUM, ALLOCATED]].fillna(0.0)
    return tuple(own[name].to_numpy(dtype=float) for name in (TARGET, MINIMUM, ALLOCATED))  # type: ignore[return-value]


def _distance(amount: Array, target: Array) -> list[float | None]:
    """Amount / target - 1; None where there is no target."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(target > 0, amount / target, np.nan)
    return [None if np.isnan(away) else _rounded(away) for away in difference(ratio, np.ones_like(ratio))]


def _order(values: Sequence[float], *, largest: bool = False) -> list[int]:
    """The rank of each value, from 1; equal values in their own order."""
    sign = -1.0 if largest else 1.0
    ranked = sorted(range(len(values)), key=lambda n: (sign * round(values[n], CONSTANTS[ORDER_DECIMALS]), n))
    return [ranked.index(n) + 1 for n in range(len(values))]


def _rank(letter: str, end: int, *, largest: bool = False) -> str:
    """The formula of the rank of a row's figure, smallest or largest first; equal figures in their own order."""
    cells, own = f"{letter}${TOP}:{letter}${end}", f"{letter}{{r}}"
    sign = ">" if largest else "<"
    return f"=1+SUMPRODUCT(({cells}{sign}{own})+({cells}={own})*(ROW({cells})<ROW({own})))"


def curve_page(places: Page, order: Page) -> Page:
    """Cumulative need and cumulative money, from the place that gets least for its need to the one that gets most.

    For the allocation and for the do-minimum, each in its own order; a place without need counts in neither.
    """
    after = _curve(places, order, "ABCDE", LINES[2], MONEY_SHARES[1])
    before = _curve(places, order, "FGHIJ", LINES[1], MONEY_SHARES[0])
    headings = (("Up to and with", NEED, MONEY, UNDER, AREA),
                ("Up to and with, before", NEED_BEFORE, MONEY_BEFORE, UNDER_BEFORE, AREA_BEFORE))  # fmt: skip
    kinds = ("text", "percent", "percent", "percent2", "gap")
    columns = tuple(
        PageColumn(heading, kind, values, formulas)
        for named, made in zip(headings, (after, before), strict=True)
        for heading, kind, (values, formulas) in zip(named, kinds, made, strict=True)
    )
    purpose = f"Money against need, both added up from the place with the least money for its need. {FOLLOWS}"
    return Page(CURVE, purpose, columns, table="tblChartCurve", frozen=1)


def _curve(
    places: Page, order: Page, letters: str, line: str, money_share: str
) -> list[tuple[Sequence[object], str | Sequence[str | None]]]:
    """Names, need, money, money less need, and twice the area under each piece: values with formulas."""
    sequence = [int(n) - 1 for n in order.values(line)]
    x, y = (
        np.concatenate([[0.0], np.cumsum(np.array(places.values(heading), dtype=float)[sequence])])
        for heading in (NEED_SHARE, money_share)
    )
    need, money = letters[1], letters[2]
    rows = range(TOP + 1, TOP + 1 + len(sequence))

    def pick(heading: str, r: int) -> str:
        return f"INDEX({places.cells(heading)},{order.link}!${order.letter(line)}{r - 1})"

    def added(letter: str, heading: str) -> list[str | None]:
        return [None, *(f"={letter}{r - 1}+{pick(heading, r)}" for r in rows)]

    names = ["(start)", *(str(places.values("Place")[n]) for n in sequence)]
    area = np.concatenate([[0.0], np.diff(x) * (y[1:] + y[:-1])])
    areas = [None, *(f"=({need}{r}-{need}{r - 1})*({money}{r}+{money}{r - 1})" for r in rows)]
    return [
        (names, [None, *("=" + pick("Place", r) for r in rows)]),
        (x.tolist(), added(need, NEED_SHARE)),
        (y.tolist(), added(money, money_share)),
        (difference(y, x).tolist(), f"={money}{{r}}-{need}{{r}}"),
        (area.tolist(), areas),
    ]


def concentration(curve: Page, heading: str = AREA) -> tuple[str, float]:
    """The concentration index, 0 to 100: the formula without its =, and its value."""
    value = CONSTANTS[DO_MINIMUM_INDEX] * (1.0 - float(sum(curve.values(heading))))
    return f"(1-SUM({curve.cells(heading)}))*{DO_MINIMUM_INDEX}", value


def steps_page(programmes: Page, shown: Selected) -> Page:
    """From the do-minimum of the place shown to its allocation, a step per programme; the steps add up.

    Both ends are bars from 0; each step floats where the one before it ended. The parts of a bar above and below 0 are
    separate series.
    """
    names = list(dict.fromkeys(programmes.values(PROGRAMME)))
    own = [n for n, place in enumerate(programmes.values("Place")) if place == shown.place]
    before, after, change = (
        np.array(programmes.values(heading), dtype=float)[own] for heading in (MINIMUM, ALLOCATED, CHANGE)
    )
    start, end = float(before.sum()), float(after.sum())
    to = np.cumsum(change)
    last = FIRST_ROW + len(names) + 2
    rows = range(TOP + 1, last)
    at = {"Place": PLACE, PROGRAMME: "$B{r}"}
    totals = [programmes.total_where(heading, {"Place": PLACE}) for heading in (MINIMUM, ALLOCATED)]
    step_rows = [programmes.total_where(CHANGE, at).format(r=r) for r in rows]
    kinds = [START, *names, END]
    amounts = [start, *change.tolist(), end]
    totalled = [start, *(start + to).tolist(), end]
    came_from = [0.0, *totalled[:-2], 0.0]
    came_to = totalled
    sizes = [bars(a, b, step=0 < n < last - TOP) for n, (a, b) in enumerate(zip(came_from, came_to, strict=True))]
    forms = [TOTAL_FORMAT, *[LABEL_FORMAT] * len(names), TOTAL_FORMAT]
    labels = [f'=B{r}&" "&{figure_text(f"C{r}", form)}' for r, form in enumerate(forms, start=TOP)]
    words = [formatted(value, form) for value, form in zip(amounts, forms, strict=True)]
    columns = [
        PageColumn(LABEL, "text", [f"{k} {w}" for k, w in zip(kinds, words, strict=True)], labels),
        PageColumn("What", "text", kinds),
        PageColumn("Amount or change (£m)", "money3", amounts, [totals[0], *step_rows, totals[1]]),
        PageColumn("Comes to (£m)", "money3", totalled, [f"=C{TOP}", *(f"=D{r - 1}+C{r}" for r in rows), f"=C{last}"]),
        PageColumn("Bar from (£m)", "money3", came_from, [None, *(f"=D{r - 1}" for r in rows), None]),
        PageColumn("Bar to (£m)", "money3", came_to, "=D{r}"),
    ]
    for n, (heading, formula) in enumerate(BARS.items()):
        ends = [f"=F{TOP}", f"=F{last}"] if heading == TOTAL else [None, None]
        formulas = [ends[0], *(formula.format(r=r) if formula else None for r in rows), ends[1]]
        columns.append(PageColumn(heading, "money3", [size[n] for size in sizes], formulas))
    purpose = f"What makes up the change of the place shown, programme by programme. {FOLLOWS}"
    return Page(STEPS, purpose, tuple(columns), table="tblChartSteps", frozen=1)


LABEL_FORMAT, TOTAL_FORMAT = "+£0.0\\m;-£0.0\\m;£0.0\\m", "£#,##0.0\\m"
SHARE_FORMAT = "+0.0%;-0.0%;0.0%"
"""Number formats of figures inside words: changes of £m with a sign, amounts of £m, shares."""


def figure_text(cell: str, form: str) -> str:
    """The formula (without its =) of a figure inside words: rounded first, so that a 0 has no sign."""
    return f'TEXT(ROUND({cell},{_digits(form)}),"{form}")'


def _digits(form: str) -> int:
    """The decimals of the value that a format shows."""
    first = form.partition(";")[0]
    return _decimals(first) + (2 if "%" in first else 0)


def _decimals(pattern: str) -> int:
    """The decimals that a pattern shows."""
    found = re.search(r"\.(0+)", pattern)
    return len(found[1]) if found else 0


def formatted(value: float, form: str) -> str:
    """A figure as `figure_text` shows it: `form` has one pattern, or three for more, less and 0.

    >>> formatted(1.25, "+0.0;(0.0);0.0"), formatted(-0.0125, "+0.0%;(0.0%);0.0%"), formatted(1234.25, "#,##0.0")
    ('+1.3', '(1.3%)', '1,234.3')
    >>> formatted(33.2, LABEL_FORMAT), formatted(-0.5, LABEL_FORMAT), formatted(531.84, TOTAL_FORMAT)
    ('+£33.2m', '-£0.5m', '£531.8m')
    >>> formatted(-0.0004, "+0.0%;(0.0%);0.0%"), formatted(0.958, "0%"), formatted(8, "0")
    ('0.0%', '96%', '8')
    """
    more, less, none = (form.split(";") * 3)[:3] if ";" not in form else form.split(";")
    decimals = _decimals(more)
    scale = 10.0 ** _digits(form)
    whole = float(np.floor(abs(value) * scale + 0.5))  # halves go up, as in spreadsheets
    pattern = none if not whole else more if value > 0 else less
    text = f"{whole / 10.0**decimals:,.{decimals}f}"
    text = text if "," in pattern else text.replace(",", "")
    sign = "-" if value < 0 and whole and not set("(-") & set(pattern) else ""
    digits = f"0.{'0' * decimals}" if decimals else "0"
    return sign + pattern.replace("#,##", "").replace(digits, text).replace("\\", "")


BARS: Mapping[str, str] = {
    BASE: "=MAX(0,MIN(E{r},F{r}))+MIN(0,MAX(E{r},F{r}))",
    MORE: "=MAX(0,MAX(0,F{r})-MAX(0,E{r}))",
    MORE_BELOW: "=MIN(0,MIN(0,E{r})-MIN(0,F{r}))",
    LESS_BELOW: "=MIN(0,MIN(0,F{r})-MIN(0,E{r}))",
    LESS: "=MAX(0,MAX(0,E{r})-MAX(0,F{r}))",
    TOTAL: "",
}
"""The series of each step from E to F: the invisible base, the rise, the fall; and the bars of both ends.

A bar that crosses 0 is drawn in two parts, as charts stack values above 0 and values below 0 separately.
"""


def bars(a: float, b: float, *, step: bool) -> tuple[float, ...]:
    """The six figures of a bar of a waterfall from `a` to `b`, in the order of BARS; an end shows `b` alone."""
    if not step:
        return (0.0, 0.0, 0.0, 0.0, 0.0, b)
    return (
        max(0.0, min(a, b)) + min(0.0, max(a, b)),
        max(0.0, max(0.0, b) - max(0.0, a)),
        min(0.0, min(0.0, a) - min(0.0, b)),
        min(0.0, min(0.0, b) - min(0.0, a)),
        max(0.0, max(0.0, a) - max(0.0, b)),
        0.0,
    )
