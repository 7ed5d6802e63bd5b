"""The look of every workbook we write: the only place with colours, number formats and widths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from os import environ
from typing import Any

HEADER_FILL = "#005EB8"
TEXT = "#212B32"
WHITE = "#FFFFFF"
INPUT_FILL = "#FFF2CC"
INPUT_TEXT = "#0000FF"
LINE = "#D8DDE0"
TOTAL_FILL = "#E8EDEE"
CALCULATED_FILL = "#DDEBF7"
GOOD_TEXT = "#00603A"
BAD_TEXT = "#C00000"
BAD_FILL = "#FCE4E4"
LINK = "#005EB8"

SEVERITY_FILL = {"error": "#F6B8B8", "warning": "#FFD08A", "repaired": "#CDE8D6"}
"""The colour of a cell with a problem; a word beside it or a comment says the same."""

CHART = {
    "more": "#12436D",
    "less": "#75808A",
    "before": "#28A197",
    "after": "#12436D",
    "chosen": "#12436D",
    "other": "#28A197",
    "total": "#3D3D3D",
    "even": "#3D3D3D",
}
"""Colours of what charts draw, of the Analysis Function's palette: at least 3 to 1 on white; place, label, line or
marker says the same a second time."""

TABS = {"Decide": "#12436D", "Places": "#28A197", "Evidence": "#801650", "Workings": "#A8A8A8"}
"""Colours of tabs by the level of their sheets; the cover names the level of each sheet in words."""

SCALE = ("#F4B98A", "#FFFFFF", "#9CC3EC")
"""Least, 0 and most of a heat map; the dark text on them has more than 7 to 1, and every cell shows its figure."""

NAMED_STYLES = {INPUT_FILL: ("Input", 20), CALCULATED_FILL: ("Calculation", 22)}
"""Fills whose cells carry a named style in the input workbook: its name, and Excel's number of it."""

HEADING: dict[str, object] = {
    "bold": True,
    "font_color": WHITE,
    "bg_color": HEADER_FILL,
    "text_wrap": True,
    "valign": "vcenter",
    "border": 1,
    "border_color": WHITE,
}
"""A column heading: white on NHS blue."""

NUMBER_FORMATS = {
    "money": "#,##0.0_);(#,##0.0);0.0_)",
    "money2": "#,##0.00_);(#,##0.00);0.00_)",
    "money3": "#,##0.000_);(#,##0.000);0.000_)",
    "pence": "#,##0.00000000_);(#,##0.00000000);0.00000000_)",
    "tolerance": "0.000000000_)",
    "percent": "0.0%_);(0.0%);0.0%_)",
    "percent2": "0.00%_);(0.00%);0.00%_)",
    "percent4": "0.0000%_);(0.0000%);0.0000%_)",
    "index": "0.00_);(0.00);0.00_)",
    "price": "0.0000_);(0.0000);0.0000_)",
    "gap": "0.000000_);(0.000000);0.000000_)",
    "count": "#,##0_);(#,##0);0_)",
    "mean": "#,##0.0_);(#,##0.0);0.0_)",
    "pounds": "#,##0_);(#,##0);0_)",
    "general": "General",
    "input 0": "#,##0_);-#,##0_)",
    "input 1": "#,##0.0_);-#,##0.0_)",
    "input 2": "#,##0.00_);-#,##0.00_)",
    "input 3": "#,##0.000_);-#,##0.000_)",
    "input 6": "#,##0.000000_);-#,##0.000000_)",
    "input percent": "0.0##%_);-0.0##%_)",
    "text": "@",
}
"""Number formats by what a figure is; negatives stand in brackets. `money` is £m, `pounds` is £."""

MINIMUM, MAXIMUM = 7.0, 66.0
"""Bounds of a column's width, in characters."""

FILTER_BUTTON = 3.5
"""Characters that the button of a table's heading hides."""

PAGE = 160.0
"""Characters that an A4 page in landscape holds beside one another at a size that can be read."""

CHARACTER = 0.75
"""Width of an average character of our font, in Excel's unit of width (the width of a 0)."""

TITLE_POINTS = 24.0
"""Points of the row that holds a sheet's title."""

LINE_POINTS = 13.2
"""Points of one line of text in a row."""

ROW_POINTS = 15.0
"""Points of a row that holds one line."""

BESIDE_FIGURES: dict[str, object] = {"indent": 1, "align": "left"}
"""How text stands that follows a column of figures, so that the two do not read as one."""

INDENT = 1.5
"""Characters that the indent takes."""

A4 = 9
"""Excel's number of the paper size."""

CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""When our files say that they were made, so that equal inputs give equal bytes."""


def created() -> datetime:
    """The date written into a file: that of SOURCE_DATE_EPOCH (seconds since 1970) when it is set."""
    seconds = environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(seconds), tz=UTC) if seconds.isdigit() else CREATED


class Formats:
    """The cell formats of one workbook, made when they are first asked for.

    `cell("money")`, `cell("text", bold=True)`: a number format by name, and what is different.
    """

    def __init__(self, book: Any, *, fills: bool = True) -> None:
        """For one xlsxwriter workbook; without `fills` no cell has a background, and headings are dark on white."""
        self._book = book
        self._fills = fills
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}
        self._noughts: dict[str, Any] = {}

    def _format(self, **properties: object) -> Any:
        base: dict[str, object] = {"font_name": "Arial", "font_size": 10, "font_color": TEXT, "valign": "top"}
        wanted = self._plainer({**base, **properties})
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]

    def _plainer(self, wanted: dict[str, object]) -> dict[str, object]:
        """The properties, without a background where there is to be none; white text needs one."""
        if self._fills or "bg_color" not in wanted:
            return wanted
        less = {name: value for name, value in wanted.items() if name != "bg_color"}
        return {**less, "font_color": TEXT} if less["font_color"] == WHITE else less

    def cell(self, kind: str = "general", **more: object) -> Any:
        """A cell of a table: the number format `kind`, a thin line under it."""
        return self._format(num_format=NUMBER_FORMATS[kind], bottom=1, bottom_color=LINE, **more)

    def words(self, **more: object) -> Any:
        """Wrapped text in a table."""
        return self.cell("general", text_wrap=True, **more)

    def total(self, kind: str = "general", **more: object) -> Any:
        """A cell of a total row."""
        return self._total(NUMBER_FORMATS[kind], **more)

    def _total(self, shown: str, **more: object) -> Any:
        return self._format(num_format=shown, bold=True, bg_color=TOTAL_FILL, top=1, bottom=1, **more)

    def nought_cell(self, kind: str, *, total: bool = False) -> Any:
        """A cell of a table, or of a total row, that shows its figure as 0, whatever it is."""
        shown = _as_nought(kind)
        return self._total(shown) if total else self._format(num_format=shown, bottom=1, bottom_color=LINE)

    def header(self, *, right: bool = False, **more: object) -> Any:
        """A column heading: white on NHS blue, over text to the left, over figures to the right."""
        return self._format(**{**HEADING, "align": "right" if right else "left", **more})

    def input_header(self, *, locked: bool = True) -> Any:
        """A column heading of the input workbook."""
        return self._format(**HEADING, locked=locked)

    def calculated(self, kind: str = "general", **more: object) -> Any:
        """A live total of the input workbook: light blue, locked."""
        return self._format(num_format=NUMBER_FORMATS[kind], bg_color=CALCULATED_FILL, **more)

    def unlocked(self) -> Any:
        """A cell beside the inputs that anything may be typed into."""
        return self._format(locked=False)

    def input(self, kind: str, *, wrap: bool = False) -> Any:
        """A cell to be filled in: light yellow, blue, unlocked."""
        return self._format(
            num_format=NUMBER_FORMATS[kind],
            bg_color=INPUT_FILL,
            font_color=INPUT_TEXT,
            locked=False,
            text_wrap=wrap,
            border=1,
            border_color=LINE,
        )

    def title(self) -> Any:
        """The title in A1."""
        return self._format(bold=True, font_size=16, font_color=HEADER_FILL)

    def heading(self) -> Any:
        """A heading inside a page."""
        return self._format(bold=True, font_size=12, font_color=HEADER_FILL)

    def purpose(self) -> Any:
        """The line that says what a sheet is for."""
        return self._format(italic=True)

    def plain(self, **more: object) -> Any:
        """Text outside tables."""
        return self._format(**more)

    def link(self, **more: object) -> Any:
        """A link inside the workbook."""
        return self._format(font_color=LINK, underline=1, **more)

    def verdict(self) -> Any:
        """The master check."""
        return self._format(bold=True, font_size=12)

    def warning(self) -> Any:
        """Words that something needs attention."""
        return self._format(bold=True, font_color=BAD_TEXT)

    def passed(self) -> Any:
        """Set on cells that say PASS, by condition."""
        return self._book.add_format({"font_color": GOOD_TEXT, "bold": True})

    def severity(self, name: str) -> Any:
        """Set on cells that name a severity, by condition."""
        return self._book.add_format({"bg_color": SEVERITY_FILL[name]})

    def nought(self, kind: str) -> Any:
        """Set by condition on a negative figure that `kind` rounds to 0: it is shown as 0, without brackets."""
        if kind not in self._noughts:
            self._noughts[kind] = self._book.add_format({"num_format": _as_nought(kind)})
        return self._noughts[kind]

    def failed(self) -> Any:
        """Set on cells that say FAIL, by condition."""
        return self._book.add_format({"font_color": BAD_TEXT, "bg_color": BAD_FILL, "bold": True})


def _as_nought(kind: str) -> str:
    """The number format that shows every figure as `kind` shows 0."""
    zero = NUMBER_FORMATS[kind].split(";")[-1]
    return f"{zero};{zero};{zero}"


@cache
def half_digit(kind: str) -> float | None:
    """Half of the last digit that a format shows, in the unit of the cell; None where it does not round.

    >>> half_digit("money"), half_digit("percent"), half_digit("count"), half_digit("general")
    (0.05, 0.0005, 0.5, None)
    """
    parts = NUMBER_FORMATS[kind].split(";")
    if len(parts) != len(("more", "less", "none")):
        return None
    decimals = len(parts[2].partition(".")[2].removesuffix("_)").removesuffix("%"))
    return float(f"5e-{decimals + 1 + (2 if '%' in parts[2] else 0)}")


def text_width(texts: Iterable[str], heading: str, *, longest: float = MAXIMUM, button: bool = True) -> float:
    """The width of a column of text, in characters: its longest cell, and its heading over at most three lines."""
    cells = max((len(text) for text in texts), default=0)
    return max(min(cells * 0.95 + 1.5, longest), _heading_width(heading, button), MINIMUM)


def number_width(largest: float, kind: str, heading: str, *, button: bool = True) -> float:
    """The width of a column of figures: its largest figure as the format shows it, and its heading."""
    pattern = NUMBER_FORMATS[kind].split(";", maxsplit=1)[0].replace("_)", "")
    percent = "%" in pattern
    shown = abs(largest) * (100 if percent else 1)
    whole = math.floor(math.log10(shown)) + 1 if shown >= 1 else 1
    decimals = len(pattern.split(".")[1].rstrip("%")) + 1 if "." in pattern else 0
    figure = whole + whole // 3 + decimals + (2 if percent else 0) + 3.5
    return max(min(figure, MAXIMUM), _heading_width(heading, button), MINIMUM)


def fitted(widths: Sequence[float], wraps: Sequence[bool], *, page: float = PAGE, least: float = 18.0) -> list[float]:
    """The widths, the widest wrapping columns made narrower until the page holds all, as far as they can be."""
    result = list(widths)
    while sum(result) > page:
        widest = max((n for n, wrap in enumerate(wraps) if wrap), key=lambda n: result[n], default=None)
        if widest is None or result[widest] <= least:
            break
        result[widest] -= min(1.0, result[widest] - least)
    return result


def input_number(values: Iterable[float]) -> str:
    """The number format of a column of inputs: as many decimals as its figures have, up to six."""
    decimals = max((_decimals(value) for value in values), default=0)
    return f"input {next(shown for shown in (0, 1, 2, 3, 6) if decimals <= shown)}"


def _decimals(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _heading_width(heading: str, button: bool) -> float:
    """Wide enough for the longest word, and for the whole in three lines, beside the filter button."""
    words = heading.split()
    longest = max((len(word) for word in words), default=0)
    return max(longest, len(heading) / 2.2) * 0.98 + (FILTER_BUTTON if button else 1.0)


def header_height(headings: Iterable[tuple[str, float]], *, button: bool = True) -> float:
    """Points that a header row needs: (heading, width of its column) for each column."""
    return row_height(((heading, width - (FILTER_BUTTON / 2 if button else 0.0)) for heading, width in headings)) + 3.0


def row_height(cells: Iterable[tuple[str, float]]) -> float:
    """Points that a row of wrapped texts needs: (text, width of its column) for each."""
    return 2.0 + LINE_POINTS * max((_lines(text, width) for text, width in cells), default=1)


def _lines(text: str, width: float) -> int:
    """The lines that a text takes when it is wrapped at `width` characters, each of its own lines for itself."""
    return sum(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(text: str, width: float) -> int:
    width = (width - 1.0) / CHARACTER
    if len(text) <= width:
        return 1
    lines, used = 1, 0.0
    for word in text.split():
        size = float(len(word))
        if used and used + 1 + size > width:
            lines, used = lines + 1, 0.0
        used += size + (1 if used else 0)
        while used > width:
            lines, used = lines + 1, used - max(width, 1.0)
    return lines


def page_setup(sheet: Any, header_row: int | None, *, one_page: bool = False) -> None:
    """No gridlines; A4 landscape, one page wide, the header repeated, file name and page number in the footer."""
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 1 if one_page else 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&8&F&R&8Page &P of &N")
    if header_row is not None:
        sheet.repeat_rows(header_row)


def dashboard_setup(sheet: Any, breaks: Sequence[int]) -> None:
    """A4 landscape, one page wide, with page breaks above the rows `breaks`: no chart may be cut."""
    page_setup(sheet, None)
    sheet.set_h_pagebreaks(list(breaks))


def two_sided_scale(limit: str) -> dict[str, object]:
    """The colours of a heat map: white is 0, and both ends stand at the figure in the cell `limit`."""
    low, middle, high = SCALE
    return {
        "type": "3_color_scale",
        "min_color": low,
        "mid_color": middle,
        "max_color": high,
        "min_type": "formula",
        "mid_type": "num",
        "max_type": "formula",
        "min_value": f"=-{limit}",
        "mid_value": 0,
        "max_value": f"={limit}",
    }


def chart_font(*, bold: bool = False, size: float = 9, **more: object) -> dict[str, object]:
    """The letters of a chart."""
    return {"name": "Arial", "size": size, "bold": bold, "color": TEXT, **more}
