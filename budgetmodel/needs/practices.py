"""A practice file as published (xlsx or csv) as one table, with everything that is odd about it said."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from budgetmodel.contract.issues import BadCommand, FileTrouble, InputErrors, Issue
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.schema import fold
from budgetmodel.excel.read import guard
from budgetmodel.excel.read.cells import column_letter
from budgetmodel.files.disk import read_regular
from budgetmodel.needs.columns import PRACTICE, REGISTERED, Taken, fields, populations, recognised, year_in

AT_MOST = 1 << 28
"""Bytes of a practice file: England's monthly files have some millions."""

LOOK_FOR_HEADER = 40
"""The header is sought in this many rows."""

BLANKS = frozenset(("", "-", "..", ".", "n/a", "na", "#n/a", "nan", "null", "none", "*", "\u2013"))
"""What tables write where there is no figure."""

TOTALS = frozenset(("total", "england", "grand total", "england total", "sum"))
"""Rows that are no practice but the sum of the others."""

LISTED = 8
"""Practices that a sentence names; the rest is counted."""

Row = Sequence[Any]


@dataclass(frozen=True)
class Practices:
    """A practice file: a row per practice (text fields, populations as numbers), and what was read how."""

    name: str
    frame: pd.DataFrame
    taken: tuple[Taken, ...]
    issues: tuple[Issue, ...]
    period: str


def read_practices(
    source: str | Path | pd.DataFrame,
    *,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    period: str | None = None,
    coded: bool = True,
) -> Practices:
    """Read a practice file; `coded` False reads a table of totals, such as England's, that has no practice codes.

    Raises FileTrouble and InputErrors for a file that cannot be read or has no practice table, and BadCommand where
    sheet or columns must be named.
    """
    grids, name = _grids(source)
    title, header, rows, taken = _table(grids, name, sheet, columns, period, coded)
    place = title or name
    issues: list[Issue] = []
    frame = pd.DataFrame({one.field: [_cell(row, one.position) for row in rows] for one in taken.values()})
    frame["row"] = range(header + 2, header + 2 + len(rows))
    frame = frame[[any(str(cell).strip() for cell in row if cell is not None) for row in rows]].reset_index(drop=True)
    for field in fields().values():
        if field.name in frame and not field.basis:
            frame[field.name] = [_text(cell) for cell in frame[field.name]]
    if coded:
        frame = _codes(frame, place, taken, issues)
    frame = _numbers(frame, place, taken, issues)
    if coded:
        frame = _once(frame, place, taken, issues)
    missing = [field.label for field in populations() if field.name not in taken]
    if missing and coded:
        found = f"there is no column for {_some(missing)}"
        fix = 'Nothing to do, if the file has none; else name it: --column "LABEL=HEADING".'
        issues.append(
            Issue("NEED_COLUMN", "warning", place, "", found, "every population of the table of spellings", fix)
        )
    stated = _period(period, taken, name, title, issues, place)
    return Practices(name, frame, tuple(taken.values()), tuple(issues), stated)


def read_rows(path: str | Path) -> list[tuple[str, ...]]:
    """The cells of the first sheet of a small table (xlsx or csv) as text, rows without any left out."""
    grids, _ = _grids(path)
    rows = next(iter(grids.values()))
    return [row for row in (tuple(_text(cell) for cell in row) for row in rows) if any(row)]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: the first eight, and how many more."""
    return _some(list(dict.fromkeys(names)))


def _grids(source: str | Path | pd.DataFrame) -> tuple[dict[str, list[Row]], str]:
    """The cells of every sheet, by its name ('' for a csv file), and the file's name."""
    if isinstance(source, pd.DataFrame):
        cells = source.astype(object).where(source.notna(), None)
        return {
            "": [tuple(str(name) for name in source.columns), *cells.itertuples(index=False, name=None)]
        }, "the table"
    path = Path(source)
    if path.suffix.casefold() in (".csv", ".tsv", ".txt"):
        try:
            return {"": _csv(read_regular(path, AT_MOST), path.name)}, path.name
        except OSError as error:
            guard.refuse_unreadable(path)  # says it better, where there is no such file
            raise FileTrouble(f"'{path}' cannot be read: {error.strerror or error}.") from error
    content = guard.read_bytes(path)
    guard.admit(content, path.name)
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that openpyxl does not know: values are all we want
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        grids: dict[str, list[Row]] = {
            page.title: [tuple(row) for row in page.iter_rows(values_only=True)] for page in book.worksheets
        }
    book.close()
    return grids, path.name


def _csv(content: bytes, name: str) -> list[Row]:
    if b"\x00" in content:
        raise InputErrors([_issue(name, "this is no text file", "a csv file", "Save it again as CSV UTF-8.")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what Excel writes as plain CSV in Western Europe
    head = text[:20_000]
    delimiter = max((",", ";", "\t", "|"), key=head.count)
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        found = f"it cannot be read as CSV ({error})"
        raise InputErrors([_issue(name, found, "a csv file", "Check its quotation marks.")]) from error


def _table(
    grids: Mapping[str, Sequence[Row]],
    name: str,
    sheet: str | None,
    columns: Mapping[str, str] | None,
    period: str | None,
    coded: bool,
) -> tuple[str, int, list[Row], dict[str, Taken]]:
    """The sheet with the practices, the row of its header (from 0), its rows, and its columns."""
    if sheet is not None:
        here = [title for title in grids if fold(title) == fold(sheet)]
        if not here:
            raise BadCommand(f"'{name}' has no sheet '{sheet}'. {near(sheet, grids)}")
        grids = {here[0]: grids[here[0]]}
    found: dict[str, tuple[int, dict[str, Taken]]] = {}
    trouble: BadCommand | None = None
    for title, rows in grids.items():
        try:
            at, taken = _header(rows, columns, period)
        except BadCommand as error:
            trouble = error
            continue
        if REGISTERED in taken and (PRACTICE in taken or not coded) and len(_weighted(taken)):
            found[title] = at, taken
    if not found:
        if trouble is not None:
            raise trouble
        what = (
            "the headings of a practice file were not found: practice code, registered population, weighted populations"
        )
        fix = 'Name columns that are spelt otherwise: --column "Registered population=HEADING".'
        raise InputErrors([_issue(name, what, "NHS England's practice file as published", fix)])
    most = max(len(taken) for _, taken in found.values())
    best = [title for title, (_, taken) in found.items() if len(taken) == most]
    if len(best) > 1 and period:
        best = [title for title in best if year_in(title) == period] or best
    if len(best) > 1:
        raise BadCommand(f"'{name}' has {len(best)} sheets of practices: {', '.join(best)}. Choose one with --sheet.")
    at, taken = found[best[0]]
    return best[0], at, list(grids[best[0]][at + 1 :]), taken


def _header(rows: Sequence[Row], columns: Mapping[str, str] | None, period: str | None) -> tuple[int, dict[str, Taken]]:
    """The row that names the most fields, and what they are."""
    most, at = 0, 0
    for n, row in enumerate(rows[:LOOK_FOR_HEADER]):
        headings = [cell.strip() if isinstance(cell, str) else "" for cell in row]
        if sum(map(bool, headings)) <= max(most, 2):
            continue
        try:
            count = len(recognised(headings, [True] * len(headings)))
        except BadCommand:  # one field twice: which of the two is asked once the header is found
            count = most + 1
        if count > most:
            most, at = count, n
    if not rows:
        return 0, {}
    below = rows[at + 1 :]
    filled = [any(_text(_cell(row, n)).casefold() not in BLANKS for row in below) for n in range(len(rows[at]))]
    return at, recognised([_text(cell) for cell in rows[at]], filled, columns, period)


def _weighted(taken: Mapping[str, Taken]) -> list[str]:
    return [name for name in taken if fields()[name].basis == "weighted"]


def _codes(frame: pd.DataFrame, sheet: str, taken: Mapping[str, Taken], issues: list[Issue]) -> pd.DataFrame:
    """Practice codes in capitals without spaces; rows without one, and rows of totals, left out and said."""
    frame = frame.assign(practice_code=[re.sub(r"\s", "", code).upper() for code in frame[PRACTICE]])
    names = frame["practice_name"] if "practice_name" in frame else frame[PRACTICE]
    total = [
        fold(code) in TOTALS or (not code and fold(name) in TOTALS)
        for code, name in zip(frame[PRACTICE], names, strict=True)
    ]
    blank = (frame[PRACTICE] == "") & ~pd.Series(total, index=frame.index, dtype=bool)
    for rows, code, severity, found, fix in (
        (frame["row"][total], "NEED_TOTAL_ROW", "repaired", "a row of totals", "Nothing to do."),
        (
            frame["row"][blank],
            "NEED_NO_CODE",
            "warning",
            "a row has no practice code",
            "It is left out: type its code.",
        ),
    ):
        cells = ",".join(_address(taken, PRACTICE, int(row)) for row in rows)
        if cells:
            issues.append(Issue(code, severity, sheet, cells, found, "a practice in each row", fix))  # type: ignore[arg-type]  # both severities are of the contract
    return frame[~(pd.Series(total, index=frame.index, dtype=bool) | blank)].reset_index(drop=True)


def _numbers(frame: pd.DataFrame, sheet: str, taken: Mapping[str, Taken], issues: list[Issue]) -> pd.DataFrame:
    """Populations as numbers: blanks and zeros are said and count nothing; what is no number stops."""
    bad: list[Issue] = []
    for field in populations():
        if field.name not in frame:
            continue
        values: list[float] = []
        told: dict[str, list[str]] = {"blank": [], "zero": []}
        for row, cell in zip(frame["row"], frame[field.name], strict=True):
            value = _number(cell)
            address = _address(taken, field.name, int(row))
            if value is None:
                told["blank"].append(address)
            elif value == 0:
                told["zero"].append(address)
            elif not 0 < value < float("inf"):
                words = f"'{_text(cell)}' is no population"
                fix = "Correct it, or blank it: a blank counts nothing and is reported."
                bad.append(Issue("NEED_NUMBER", "error", sheet, address, words, "a number of 0 or above", fix))
            values.append(value or 0.0)
        frame[field.name] = pd.Series(values, index=frame.index, dtype=float)
        for what, code in (("blank", "NEED_BLANK"), ("zero", "NEED_ZERO")):
            if told[what]:
                have = "practice has" if len(told[what]) == 1 else "practices have"
                found = f"{len(told[what])} {have} a {what} '{field.label}'"
                fix = (
                    "It is counted as 0, never as 1: see whether the practice is new, closed or without such patients."
                )
                issues.append(Issue(code, "warning", sheet, ",".join(told[what]), found, "a population", fix))
    if bad:
        raise InputErrors([*bad, *issues])
    return frame


def _once(frame: pd.DataFrame, sheet: str, taken: Mapping[str, Taken], issues: list[Issue]) -> pd.DataFrame:
    """Each practice once: a row that is repeated counts once; one that is repeated with other figures stops."""
    again = frame[PRACTICE].duplicated(keep=False)
    same = frame.drop(columns="row").duplicated(keep="first")
    for severity, rows, found, fix in (
        ("warning", frame[same], "stands twice with the same figures", "It is counted once; delete one row."),
        ("error", frame[again & ~same], "stands twice with unequal figures", "Delete the row that is out of date."),
    ):
        codes = rows[PRACTICE] if severity == "warning" else rows[PRACTICE][rows[PRACTICE].duplicated(keep=False)]
        if len(codes):
            cells = ",".join(_address(taken, PRACTICE, int(row)) for row in frame["row"][codes.index])
            words = f"practice {listed(list(codes))} {found}"
            issues.append(Issue("NEED_DUPLICATE", severity, sheet, cells, words, "each practice once", fix))  # type: ignore[arg-type]  # both severities are of the contract
    if any(issue.severity == "error" for issue in issues):
        raise InputErrors(issues)
    return frame[~same].reset_index(drop=True)


def _period(
    asked: str | None, taken: Mapping[str, Taken], name: str, sheet: str, issues: list[Issue], place: str
) -> str:
    """The year that the populations are of: as asked, or as heading and file agree; blank where they do not."""
    if asked is not None:
        return asked
    heading = year_in(taken[REGISTERED].heading)
    named = year_in(sheet) or year_in(Path(name).stem)
    if heading and named and heading != named:
        cell = _address(taken, REGISTERED, 1)
        found = f"the heading '{taken[REGISTERED].heading}' says {heading} and the name of the file or sheet {named}"
        issues.append(
            Issue(
                "NEED_PERIOD", "warning", place, cell, found, "one year", "Period is left blank: say it with --period."
            )
        )
        return ""
    return heading or named or ""


def _issue(name: str, found: str, expected: str, fix: str) -> Issue:
    return Issue("NEED_FILE", "error", "", name, found, expected, fix)


def _address(taken: Mapping[str, Taken], field: str, row: int) -> str:
    return f"{column_letter(taken[field].position + 1)}{row}"


def _cell(row: Row, position: int) -> Any:
    return row[position] if position < len(row) else None


def _text(cell: Any) -> str:
    if cell is None or cell != cell:
        return ""
    return " ".join(str(cell).split())


def _number(cell: Any) -> float | None:
    """A number; None for a blank; NaN for anything else."""
    text = _text(cell)
    if text.casefold() in BLANKS:
        return None
    if isinstance(cell, bool):
        return float("nan")
    try:
        return float(text.replace(",", "").replace(" ", ""))
    except ValueError:
        return float("nan")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"
