"""A sheet of results as a record (columns of values and formulas), and the functions that write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from math import inf, isinf
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from budgetmodel.contract.units import MILLIONS_PER_POUND
from budgetmodel.excel.write.fast_sheet import FastSheet
from budgetmodel.excel.write.styles import (
    BESIDE_FIGURES,
    INDENT,
    ROW_POINTS,
    TITLE_POINTS,
    Formats,
    fitted,
    half_digit,
    header_height,
    number_width,
    page_setup,
    row_height,
    text_width,
)
from budgetmodel.report.negative_zero import fixed, holds_values, missing, show_negative_zero_as_zero

TITLE_ROW, PURPOSE_ROW, LINK_ROW, NOTE_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2, 3, 4, 5
"""The rows of title, purpose, link, note, headings and first data on every sheet of results, counted from 0."""

COVER = "Cover"
TEXT_KINDS = ("text", "words", "answer", "link")
"""Text on one line, wrapped text, wrapped text among figures, and a link to a cell of the workbook."""
CELL_LIMIT = 32_767
"""Characters that Excel allows in a cell."""

POUNDS_PER_MILLION, DO_MINIMUM_INDEX, ORDER_DECIMALS = "POUNDS_PER_MILLION", "DO_MINIMUM_INDEX", "ORDER_DECIMALS"
"""The names of constants in formulas."""

SCENARIO_SHOWN = "scenario_shown"
"""The name of the yellow cell of the Dashboard that chooses the scenario; sheets of places follow it too."""

CONSTANTS = {POUNDS_PER_MILLION: round(1 / MILLIONS_PER_POUND), DO_MINIMUM_INDEX: 100, ORDER_DECIMALS: 9}
"""The values of these names in the workbook. Figures that agree to `ORDER_DECIMALS` decimals rank as equal."""

ONE_PAGE = 56 * 15.0
"""Height in points of the rows that fit on one printed page."""

VERDICTS = ("FAIL", "PASS")
"""The verdicts of a check."""

WILD = ("*", "?", "~")
OPERATORS = ("=", "<", ">")
BLANKS = "A blank cell means that there is no such figure."


@dataclass(frozen=True)
class PageColumn:
    """One column: a heading with its unit, the kind of its figures, and its values.

    `kind` names a number format of the styles, or is one of TEXT_KINDS; `kinds` replaces it row by row. `formula` is
    one formula for every row with `{r}` for the row's number, or a list of formulas; the values are then its results,
    and are stored in the cell for programs that do not recalculate.
    """

    heading: str
    kind: str
    values: Sequence[Any]
    formula: str | Sequence[str | None] | None = None
    kinds: Sequence[str] | None = None
    width: float | None = None

    def kind_of(self, offset: int) -> str:
        """The kind of a row's figure."""
        return self.kinds[offset] if self.kinds is not None else self.kind

    def formula_of(self, offset: int) -> str | None:
        """The formula of a row, if it has one."""
        if self.formula is None:
            return None
        if isinstance(self.formula, str):
            return self.formula.format(r=FIRST_ROW + offset + 1)
        return self.formula[offset]

    def formulas(self) -> Sequence[str | None]:
        """The formula of every row, if it has one."""
        if self.formula is None:
            return [None] * len(self.values)
        if isinstance(self.formula, str):
            return [self.formula.format(r=FIRST_ROW + n) for n in range(1, len(self.values) + 1)]
        return self.formula

    @property
    def is_text(self) -> bool:
        """Whether the whole column is text."""
        return self.kind in TEXT_KINDS and self.kinds is None


@dataclass(frozen=True)
class Page:
    """One sheet with one table. `table` is its name in Excel (blank: a plain range); `totals` are rows in bold.

    `marked` is the column in which the words `marks` are coloured; `back` is the target of the link back; `frozen` is
    the number of columns that stay visible. With `printed`, so many rows are printed, the first ones; else all are.
    """

    name: str
    purpose: str
    columns: tuple[PageColumn, ...]
    note: str = ""
    table: str = ""
    totals: frozenset[int] = frozenset()
    frozen: int = 1
    marked: str = ""
    marks: tuple[str, ...] = VERDICTS
    back: str = COVER
    printed: int = 0

    def write(self, book: Any, formats: Formats) -> None:
        """Write it into the worksheet of its name."""
        write_page(book, formats, self)

    @property
    def rows(self) -> int:
        """The number of rows of the table."""
        return len(self.columns[0].values) if self.columns else 0

    @property
    def link(self) -> str:
        """The sheet's name as formulas write it."""
        return quoted(self.name)

    def letter(self, heading: str) -> str:
        """The letter of a column."""
        return str(xl_col_to_name([column.heading for column in self.columns].index(heading)))

    def cells(self, heading: str) -> str:
        """All cells of a column, for formulas on any sheet."""
        letter = self.letter(heading)
        return f"{self.link}!${letter}${FIRST_ROW + 1}:${letter}${FIRST_ROW + max(self.rows, 1)}"

    def cell(self, heading: str, row: int) -> str:
        """A cell of a column, its row counted from 0 within the table, for formulas on any sheet."""
        return f"{self.link}!${self.letter(heading)}${FIRST_ROW + row + 1}"

    def span(self, letter: str, first: int, last: int) -> str:
        """Cells of a column from row to row, for formulas on any sheet."""
        return f"{self.link}!${letter}${first}:${letter}${last}"

    def values(self, heading: str) -> Sequence[Any]:
        """The values of a column."""
        return next(column.values for column in self.columns if column.heading == heading)

    def total_where(self, heading: str, where: Mapping[str, str]) -> str:
        """A formula for the sum of a column over the rows whose columns equal the cells that `where` refers to.

        Names that SUMIFS would read as a pattern (`*`, `<`, ...) are compared with SUMPRODUCT instead.
        """
        if any(_pattern(str(value)) for name in where for value in set(self.values(name))):
            tests = "*".join(f"({self.cells(name)}={reference})" for name, reference in where.items())
            return f"=SUMPRODUCT({tests}*{self.cells(heading)})"
        tests = ",".join(f"{self.cells(name)},{reference}" for name, reference in where.items())
        return f"=SUMIFS({self.cells(heading)},{tests})"


def quoted(name: str) -> str:
    """A sheet's name as formulas write it.

    >>> quoted("Checks"), quoted("By place"), quoted("King's")
    ('Checks', "'By place'", "'King''s'")
    """
    return name if name.isascii() and name.isalpha() else "'{}'".format(name.replace("'", "''"))


def literal(text: str) -> str:
    """The criterion by which SUMIF finds exactly this text, which it could read as a pattern or a comparison.

    >>> literal("Dental"), literal("A*E?"), literal(">65")
    ('Dental', '=A~*E~?', '=>65')
    """
    if not _pattern(text):
        return text
    return "=" + "".join(f"~{sign}" if sign in WILD else sign for sign in text)


def _pattern(text: str) -> bool:
    return text.startswith(OPERATORS) or any(sign in text for sign in WILD)


def write_page(book: Any, formats: Formats, page: Page) -> None:
    """Write one sheet: title, purpose, link back, note if any, and the table.

    Raises ValueError when a figure is infinite.
    """
    insist_finite(page)
    sheet = book.get_worksheet_by_name(page.name)
    numbers = [column for column in page.columns if not column.is_text]
    blanks = any(None in blanks_as_none(column.values) for column in numbers)
    on_blanks = note_on_blanks(sheet) if blanks else ""
    parts = (page.note, on_blanks, "" if page.rows or page.note else "There are none.")
    note = " ".join(part for part in parts if part)
    sheet.set_row(TITLE_ROW, TITLE_POINTS)
    sheet.write_string(TITLE_ROW, 0, page.name, formats.title())
    sheet.write_string(PURPOSE_ROW, 0, page.purpose, formats.purpose())
    if page.back:
        sheet.write_url(LINK_ROW, 0, f"internal:'{page.back}'!A1", formats.link(), string=f"Back to {page.back}")
    if note:
        sheet.write_string(NOTE_ROW, 0, note, formats.plain())
    widths = _widths(page)
    looks = [_look(page, number) for number in range(len(page.columns))]
    headers = [formats.header(right=not c.is_text, **look) for c, look in zip(page.columns, looks, strict=True)]
    for number, (column, width) in enumerate(zip(page.columns, widths, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(HEADER_ROW, number, column.heading, headers[number])
    sheet.set_row(HEADER_ROW, header_height([(c.heading, w) for c, w in zip(page.columns, widths, strict=True)]))
    height = _row_heights(sheet, page, widths)
    for number, column in enumerate(page.columns):
        _write_column(sheet, formats, number, column, page.totals, looks[number])
        _show_negative_zeros_as_zero(sheet, formats, number, column)
    if page.table and page.rows:
        headed = [{"header": c.heading, "header_format": look} for c, look in zip(page.columns, headers, strict=True)]
        options = {"name": page.table, "style": None, "columns": headed, "description": page.purpose}
        sheet.add_table(HEADER_ROW, 0, FIRST_ROW + page.rows - 1, len(page.columns) - 1, options)
    if page.marked and page.rows:
        at = [column.heading for column in page.columns].index(page.marked)
        mark(sheet, formats, FIRST_ROW, at, page.rows, page.marks)
    sheet.freeze_panes(FIRST_ROW, page.frozen)
    page_setup(sheet, HEADER_ROW, one_page=height <= ONE_PAGE)
    if page.printed and page.columns:
        sheet.print_area(0, 0, HEADER_ROW + page.printed, len(page.columns) - 1)


def note_on_blanks(sheet: Any) -> str:
    """The note on missing figures: a worksheet may show them by other means than blank cells."""
    return str(getattr(sheet, "note_on_blanks", BLANKS))


def _look(page: Page, number: int) -> dict[str, object]:
    """The format options of a column of text to the right of a column of figures; else none."""
    after_figures = number > 0 and page.columns[number].is_text and not page.columns[number - 1].is_text
    return BESIDE_FIGURES if after_figures else {}


def _show_negative_zeros_as_zero(sheet: Any, formats: Formats, number: int, column: PageColumn) -> None:
    """Show negative figures that round to 0 as 0, without brackets.

    Columns of values without such figures need no rule; formulas may result in one when an input is changed.
    """
    if column.is_text:
        return
    for kind, first, last in _runs(column):
        half = half_digit(kind)
        if half is None:
            continue
        live = column.formula is not None and any(column.formula_of(n) for n in range(first, last + 1))
        values = column.values[first : last + 1]
        if live or any(isinstance(value, float) and -half < value < 0 for value in values):
            show_negative_zero_as_zero(sheet, formats, kind, (FIRST_ROW + first, number, FIRST_ROW + last, number))


def _runs(column: PageColumn) -> list[tuple[str, int, int]]:
    """The kind, the first and the last row of each run of adjacent figures of one kind."""
    if not len(column.values):
        return []
    if column.kinds is None:
        return [(column.kind, 0, len(column.values) - 1)]
    starts = [n for n, kind in enumerate(column.kinds) if n == 0 or kind != column.kinds[n - 1]]
    ends = [*(n - 1 for n in starts[1:]), len(column.kinds) - 1]
    runs = [(column.kinds[first], first, last) for first, last in zip(starts, ends, strict=True)]
    return [run for run in runs if run[0] not in TEXT_KINDS]


def insist_finite(page: Page) -> None:
    """Raise ValueError when a figure is infinite, with sheet, row and column."""
    for column in page.columns:
        infinite = inf in column.values or -inf in column.values
        for offset, value in enumerate(column.values if infinite else ()):
            if isinstance(value, float) and isinf(value):
                row = FIRST_ROW + offset + 1
                raise ValueError(f"{page.name}, row {row}, {column.heading}: an infinite figure cannot be written")


def mark(sheet: Any, formats: Formats, row: int, column: int, rows: int = 1, words: Sequence[str] = VERDICTS) -> None:
    """Colour cells that contain a verdict or a severity, so that colour only repeats the word."""
    for word in words:
        style = {"FAIL": formats.failed, "PASS": formats.passed}.get(word, partial(formats.severity, word))()
        rule = {"type": "text", "criteria": "containing", "value": word, "format": style}
        sheet.conditional_format(row, column, row + rows - 1, column, rule)


def blanks_as_none(values: Sequence[Any]) -> list[Any]:
    """Figures and texts, with None for each that is missing."""
    return [None if value is None or value != value or value == "" else value for value in values]


def text_of(value: object) -> str:
    """Text that Excel accepts in a cell: no lone surrogates, at most CELL_LIMIT characters."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 3] + "..."


def _widths(page: Page) -> list[float]:
    button = bool(page.table)
    wanted = [_width(column, button) + (INDENT if _look(page, n) else 0.0) for n, column in enumerate(page.columns)]
    return fitted(wanted, [column.kind == "words" and column.width is None for column in page.columns])


def _width(column: PageColumn, button: bool) -> float:
    if column.width is not None:
        return column.width
    texts = {value for value in column.values if isinstance(value, str)}
    width = text_width(texts, column.heading, button=button)
    if column.is_text:
        return width
    largest: dict[str, float] = {}
    kinds = repeat(column.kind) if column.kinds is None else column.kinds
    for kind, value in zip(kinds, column.values, strict=False):
        if isinstance(value, float | int) and abs(value) > largest.get(kind, -1.0):
            largest[kind] = abs(value)
    return max([width, *(number_width(size, kind, column.heading, button=button) for kind, size in largest.items())])


def _row_heights(sheet: Any, page: Page, widths: Sequence[float]) -> float:
    """Set row heights for wrapped text, as not every program does so itself. Returns the height of all rows, points."""
    kinds = [{c.kind, *(c.kinds or ())} for c in page.columns]
    wrapped = [(c, w) for c, w, k in zip(page.columns, widths, kinds, strict=True) if k & {"words", "answer"}]
    if not wrapped:
        return page.rows * ROW_POINTS
    total = 0.0
    for offset in range(page.rows):
        height = row_height([(c.values[offset], w) for c, w in wrapped if isinstance(c.values[offset], str)])
        sheet.set_row(FIRST_ROW + offset, height)
        total += height
    return total


def _write_column(
    sheet: Any, formats: Formats, number: int, column: PageColumn, totals: frozenset[int], look: dict[str, object]
) -> None:
    kinds = dict.fromkeys([column.kind, *(column.kinds or ())])  # in order: equal inputs give equal bytes
    styles = {(kind, False): cell_format(formats, kind, **look) for kind in kinds}
    styles |= {
        (kind, True): formats.total("general" if kind in TEXT_KINDS else kind, **look) for kind, _ in list(styles)
    }
    if isinstance(sheet, FastSheet) and "link" not in kinds:
        looks = [styles[column.kind, False]] * len(column.values)
        if column.kinds is not None or totals:
            looks = [styles[column.kind_of(offset), offset in totals] for offset in range(len(column.values))]
        write_cells(sheet, FIRST_ROW, number, column.values, looks, column.formulas())
        return
    values_only = holds_values(sheet)
    for offset, value in enumerate(column.values):
        kind = column.kind_of(offset)
        style = styles[kind, offset in totals]
        if values_only and kind not in TEXT_KINDS:
            style = fixed(formats, kind, value, total=offset in totals) or style
        if kind == "link" and value:
            sheet.write_url(FIRST_ROW + offset, number, f"internal:{value}", style, string=str(value))
            continue
        write_cell(sheet, FIRST_ROW + offset, number, value, style, column.formula_of(offset))


def cell_format(formats: Formats, kind: str, **more: object) -> Any:
    """The format of a figure or text in a table."""
    if kind == "link":
        return formats.link(**more)
    if kind == "words":
        return formats.words(**more)
    if kind == "answer":
        return formats.words(align="right")
    return formats.cell("general" if kind == "text" else kind, **more)


def write_cell(sheet: Any, row: int, column: int, value: object, style: Any, formula: str | None = None) -> None:
    """Write a text, a number or a formula with its result; a missing figure is a blank cell."""
    if formula is not None:
        shown = "" if missing(value) else text_of(value) if isinstance(value, str) else value
        sheet.write_formula(row, column, formula, style, shown)
    elif missing(value):
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, text_of(value), style)
    else:
        sheet.write_number(row, column, value, style)


def write_cells(
    sheet: FastSheet,
    row: int,
    column: int,
    values: Sequence[Any],
    styles: Sequence[Any],
    formulas: Sequence[str | None],
) -> None:
    """Write the cells of a column from a row on, each as `write_cell` does."""
    texts = {value: text_of(value) for value in {value for value in values if isinstance(value, str)}}
    shown = [texts.get(value, value) for value in blanks_as_none(values)]
    if any(formulas):
        pairs = zip(shown, formulas, strict=True)
        shown = ["" if value is None and formula is not None else value for value, formula in pairs]
    sheet.fill(row, column, shown, styles, formulas)
