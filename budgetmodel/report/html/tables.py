"""Tables and figures of the report: captions, scopes and units; wide tables scroll inside their own region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from budgetmodel.contract.units import rounded
from budgetmodel.report.markup import Markup, element
from budgetmodel.report.page import TEXT_KINDS, Page

DECIMALS = {"money": 1, "money2": 2, "money3": 3, "index": 2, "price": 4, "count": 0, "mean": 1, "pounds": 0}
PERCENT_DECIMALS = {"percent": 1, "percent2": 2}
NONE = "n/a"
"""The text of a cell without a figure: a screen reader skips an empty cell."""

PAGE_ROWS = 200
"""Most rows of a workbook's sheet in the report."""


@dataclass(frozen=True)
class Heading:
    """A column's heading, with its unit, and the kind of its cells (a kind of `figure`, or text)."""

    text: str
    kind: str = "text"


def figure(value: object, kind: str) -> str:
    """A figure in the format of its kind: money in £m to one decimal, negatives in brackets, shares as percentages.

    >>> figure(-1234.56, "money"), figure(0.0213, "percent"), figure(None, "money"), figure("Bury", "text")
    ('(1,234.6)', '2.1%', 'n/a', 'Bury')
    """
    if isinstance(value, str):
        return value or NONE
    if value is None or not isfinite(float(value)):  # type: ignore[arg-type]  # not a text, so a number
        return NONE
    number = float(value)  # type: ignore[arg-type]  # as above
    if kind in PERCENT_DECIMALS:
        size = rounded(abs(number), PERCENT_DECIMALS[kind] + 2)
        text = f"{size:.{PERCENT_DECIMALS[kind]}%}"
    else:
        decimals = DECIMALS.get(kind, 2)
        size = rounded(abs(number), decimals)
        text = f"{size:,.{decimals}f}"
    return f"({text})" if number < 0 and size else text


def table(
    caption: str, headings: Sequence[Heading], rows: Sequence[Sequence[object]], *, total: bool = False
) -> Markup:
    """A table in a region of its own; the first cell of a row names it. `total` marks the last row."""
    head = element("tr", *(element("th", h.text, scope="col", class_=_side(h.kind)) for h in headings))
    body = []
    for n, row in enumerate(rows):
        cells = [_cell(value, headings[at], first=at == 0) for at, value in enumerate(row)]
        body.append(element("tr", *cells, class_="total" if total and n == len(rows) - 1 else None))
    inner = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    return wide(caption, inner)


CHOICES = 24
"""Most contents among which a reader can choose: there is a rule of style for each."""


def wide(label: str, *children: object) -> Markup:
    """A region that scrolls separately, by touch, mouse or keyboard."""
    return element("div", *children, class_="wide", role="group", tabindex=0, aria_label=label)


def _cell(value: object, heading: Heading, *, first: bool) -> Markup:
    content = value if isinstance(value, Markup) else figure(value, heading.kind)
    if first:
        return element("th", content, scope="row")
    return element("td", content, class_=_side(heading.kind))


def _side(kind: str) -> str | None:
    return "figure" if kind in DECIMALS or kind in PERCENT_DECIMALS else None


def page_table(page: Page, caption: str, start: int = 0) -> Markup:
    """A sheet of the workbook as a table, from column `start` on; beyond PAGE_ROWS it is cut, with a note."""
    columns = page.columns[start:]
    headings = [Heading(column.heading, "text" if column.kind in TEXT_KINDS else column.kind) for column in columns]
    rows: list[list[object]] = []
    for n in range(min(page.rows, PAGE_ROWS)):
        rows.append([figure(column.values[n], column.kind_of(n)) for column in columns])
    shown = table(caption, headings, rows)
    if page.rows <= PAGE_ROWS:
        return shown
    return Markup(shown + element("p", f"The first {PAGE_ROWS} of {page.rows:,} rows; the workbook has all of them."))


def folded(summary: str, *children: object, class_: str | None = None) -> Markup:
    """Content that a reader opens under its summary; it needs no script."""
    return element("details", element("summary", summary), *children, class_=class_)


def figure_with_table(title: str, picture: Markup, words: str, figures: Markup, note: str = "") -> Markup:
    """A picture in a region that scrolls, its finding in words below it, and the same figures as a table."""
    caption = element("figcaption", words, *([" ", note] if note else []))
    return element("figure", wide(title, picture), caption, folded("The same figures as a table", figures))


def chosen(legend: str, group: str, choices: Sequence[tuple[str, Markup]]) -> Markup:
    """Contents of which one is shown, chosen by buttons; it needs no script, and without styles all are shown.

    The style sheet knows the first CHOICES; any beyond are always shown. One alone has no buttons.
    """
    if len(choices) == 1:
        return choices[0][1]
    buttons: list[Markup] = []
    for n, (name, _) in enumerate(choices[:CHOICES], start=1):
        key = f"{group}-choice-{n}"
        mark = {"checked": "checked"} if n == 1 else {}
        buttons.append(element("input", type="radio", name=group, id=key, **mark))
        buttons.append(element("label", name, for_=key))
    contents = [element("div", content, class_="choice") for _, content in choices]
    return element("div", element("p", legend, class_="note"), *buttons, *contents, class_="choose", role="group",
                   aria_label=legend)  # fmt: skip
